//! What handlers see beside their registers: the running instance's parts as bare pointers, and the bridge to the slow paths.
//!
//! Invariants:
//! - C1: between [`Ctx::load`] and the end of the run the store is borrowed by the run alone, and every pointer here points to what
//!   its comment says, in the store or in the image of the running instance (S1, S4, D2). Whoever may have moved one of them reloads. What
//!   answers a host call on the spot has the stack's slots alone (`exec/serving.rs`), which stay where they are.
//! - C2: `pc` is an instruction of a verified function or of the prologue, inside `code` (S2, verifier rules on labels and on falling
//!   through); `fp` is the first slot of its frame, and the frame lies in the stack below `mark`.
//! - C3: where the six-argument core is used, the store has the memory of one board, set up when the store was made, and the context
//!   in it is used by the run alone.

use core::ptr;

use wrt_format::image::RawFuncRecord;
use wrt_format::trap::Trap;

use super::instance::InstData;
use super::memory::Memory;
use super::store::{Store, Table};
#[cfg(feature = "gc")]
use super::types::TypeRec;
use crate::exec::machine::{Flow, Machine};
#[cfg(feature = "gc")]
use crate::heap::{Entry, Heap};

/// Why the run loop was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The bottom frame of the activation has returned.
    Done,
    /// The fuel (or the slice) does not cover the next block.
    OutOfFuel,
    /// A host function is called.
    HostCall,
    /// The thread waits to be woken.
    Wait,
    /// An exception that nobody catches.
    Exception,
    /// An opcode that the verifier lets through nowhere: the machine itself is wrong.
    Illegal,
    /// The guest trapped.
    Trap(Trap),
}

impl Stop {
    /// The reason as one number that is not 0, to travel in a register.
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::Done => 1,
            Self::OutOfFuel => 2,
            Self::HostCall => 3,
            Self::Illegal => 4,
            Self::Wait => 5,
            Self::Exception => 6,
            Self::Trap(trap) => 0x100 + trap as u32,
        }
    }

    /// The reason of a [`Self::code`]; none for 0.
    pub(super) fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => None,
            1 => Some(Self::Done),
            2 => Some(Self::OutOfFuel),
            3 => Some(Self::HostCall),
            5 => Some(Self::Wait),
            6 => Some(Self::Exception),
            0x100.. => {
                Some(Trap::from_number((code - 0x100) as u16).map_or(Self::Illegal, Self::Trap))
            }
            _ => Some(Self::Illegal),
        }
    }
}

/// A slow path: everything that is too rare or too long for a handler, in safe code over a [`Machine`].
pub(crate) type SlowFn = fn(&mut Machine<'_, '_>) -> Flow;

/// The machine outside of its registers.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Ctx {
    /// Next instruction, when a run starts, ends, or takes a slow path.
    pub(super) pc: *const u16,
    /// First slot of the running frame, likewise.
    pub(super) fp: *mut u64,
    /// First byte of memory 0.
    pub(super) mem: *mut u8,
    /// Where the handler of the instruction at address 0 would be (D2); null where the running instance is not directly threaded.
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) origin: *mut u8,
    /// For an access of 1, 2, 4, 8 and 16 bytes the first address of memory 0 that is out of bounds; 0 without a memory.
    pub(super) mem_end: [u64; 5],
    /// Fuel of the run.
    pub(super) fuel: i64,
    /// Code section of the running instance.
    pub(super) code: *const u16,
    /// First word of each defined function, 0 where not verified (S2).
    pub(super) entries: *const u32,
    /// End of the part of the stack that is known to be in use: what the stack check compares with. At most the end of the stack.
    pub(super) mark: *mut u64,
    /// Constant pool.
    pub(super) pool: *const u64,
    /// Cell of the first defined global.
    pub(super) defined_globals: *mut u64,
    /// Cells of all globals.
    pub(super) globals: *mut u64,
    /// The same for the high halves of v128 globals: as many, in the same order.
    #[cfg(feature = "simd")]
    pub(super) globals_high: *mut u64,
    /// Numbers of the instance's globals, imported ones first.
    pub(super) global_map: *const u32,
    /// Records of the defined functions.
    pub(super) funcs: *const RawFuncRecord,
    /// Number of defined functions.
    pub(super) func_count: u32,
    /// Upper half of references to this instance's functions.
    pub(super) tag: u32,
    /// The reference to the first defined function; those to the others follow it.
    pub(super) first_func: u64,
    /// Elements of table 0, and how many there are; 0 without a table.
    pub(super) elems: *const u64,
    pub(super) elem_count: u64,
    /// What calls through table 0 lead to (K2).
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) callee_refs: *const u64,
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) callees: *const super::tail::callees::Known,
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) callee_count: u64,
    /// Why the run ended, see [`Stop::code`].
    #[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
    pub(super) stop: u32,
    /// Whether memory 0 has 64-bit addresses.
    #[cfg(feature = "memory64")]
    pub(super) is_wide: bool,
    /// All tables.
    pub(super) tables: *const Table,
    /// Numbers of the instance's tables.
    pub(super) table_map: *const u32,
    /// All memories.
    pub(super) memories: *const Memory<'static>,
    /// Numbers of the instance's memories.
    pub(super) memory_map: *const u32,
    /// The heap's table of handles, and how many it has.
    #[cfg(feature = "gc")]
    pub(super) handles: *const Entry,
    #[cfg(feature = "gc")]
    pub(super) handle_count: u32,
    /// The heap's arena.
    #[cfg(feature = "gc")]
    pub(super) room: *mut u8,
    /// Engine-wide numbers of the instance's types.
    #[cfg(feature = "gc")]
    pub(super) type_map: *const u32,
    /// All types, and the rows of their supertypes.
    #[cfg(feature = "gc")]
    pub(super) types: *const TypeRec,
    #[cfg(feature = "gc")]
    pub(super) displays: *const u32,
    /// The store. The lifetime is erased: it outlives the run.
    store: *mut Store<'static>,
    /// The handlers by opcode, as wide as the addresses of memory 0.
    #[cfg(all(wrt_tail4, feature = "memory64", not(debug_assertions)))]
    pub(super) table: *const (),
    /// Argument of a cold handler.
    #[cfg(all(wrt_tail4, not(debug_assertions)))]
    pub(super) argument: *const (),
    /// Where the host's stack was when the run was left, for the start-up probe.
    #[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
    pub(super) host_stack: usize,
    /// What to count.
    #[cfg(feature = "profile")]
    pub(super) counted: super::profile::Counted,
    /// Where to pause.
    #[cfg(feature = "debug")]
    pub(super) stopping: super::stops::Stopping,
    /// Function that was looked up last: its first word, its end, its frame.
    #[cfg(feature = "checked")]
    pub(super) frame_cache: core::cell::Cell<(u32, u32, u16)>,
}

impl Ctx {
    /// A context that points nowhere.
    pub(super) const fn empty() -> Self {
        Self {
            pc: ptr::null(),
            fp: ptr::null_mut(),
            mem: ptr::null_mut(),
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            origin: ptr::null_mut(),
            mem_end: [0; 5],
            #[cfg(feature = "memory64")]
            is_wide: false,
            fuel: 0,
            code: ptr::null(),
            entries: ptr::null(),
            mark: ptr::null_mut(),
            pool: ptr::null(),
            defined_globals: ptr::null_mut(),
            globals: ptr::null_mut(),
            #[cfg(feature = "simd")]
            globals_high: ptr::null_mut(),
            global_map: ptr::null(),
            funcs: ptr::null(),
            func_count: 0,
            tag: 0,
            first_func: 0,
            elems: ptr::null(),
            elem_count: 0,
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            callee_refs: ptr::null(),
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            callees: ptr::null(),
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            callee_count: 0,
            #[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
            stop: 0,
            tables: ptr::null(),
            table_map: ptr::null(),
            memories: ptr::null(),
            memory_map: ptr::null(),
            #[cfg(feature = "gc")]
            handles: ptr::null(),
            #[cfg(feature = "gc")]
            handle_count: 0,
            #[cfg(feature = "gc")]
            room: ptr::null_mut(),
            #[cfg(feature = "gc")]
            type_map: ptr::null(),
            #[cfg(feature = "gc")]
            types: ptr::null(),
            #[cfg(feature = "gc")]
            displays: ptr::null(),
            store: ptr::null_mut(),
            #[cfg(all(wrt_tail4, feature = "memory64", not(debug_assertions)))]
            table: ptr::null(),
            #[cfg(all(wrt_tail4, not(debug_assertions)))]
            argument: ptr::null(),
            #[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
            host_stack: 0,
            #[cfg(feature = "profile")]
            counted: super::profile::Counted::NONE,
            #[cfg(feature = "debug")]
            stopping: super::stops::Stopping::NOWHERE,
            #[cfg(feature = "checked")]
            frame_cache: core::cell::Cell::new((0, 0, 0)),
        }
    }

    /// Makes it the context of the store's activation. The store must not be touched but through the context until the run is over.
    pub(super) fn load(&mut self, store: &mut Store<'_>, fuel: i64) {
        self.store = ptr::from_mut(store).cast();
        #[cfg(feature = "profile")]
        {
            self.counted = super::profile::Counted::of(store);
        }
        #[cfg(feature = "debug")]
        {
            self.stopping = super::stops::Stopping::of(store);
        }
        let run = store.run;
        self.switch(store, run.instance);
        self.resume_at(store, run.pc, run.fp, fuel);
    }

    /// Takes over the parts of an instance.
    fn switch(&mut self, store: &Store<'_>, instance: u32) {
        let data: &InstData<'_> = &store.instances.as_slice()[instance as usize];
        let module = data.module();
        self.code = module.code().as_ptr();
        #[cfg(all(wrt_direct, not(debug_assertions)))]
        {
            self.origin = store.origin(data);
        }
        self.entries = data.entries.as_ptr();
        self.pool = module.pool().as_ptr();
        self.globals = store.globals.as_ptr();
        #[cfg(feature = "simd")]
        {
            self.globals_high = store.globals_high.as_ptr();
        }
        self.global_map = data.globals.as_ptr();
        let first = data
            .globals
            .as_slice()
            .get(module.imported_globals() as usize);
        // By S1 the number is in range, so the address stays in the cells.
        self.defined_globals = self
            .globals
            .wrapping_add(first.map_or(0, |&first| first as usize));
        self.funcs = module.func_records().as_ptr();
        self.func_count = module.func_count();
        self.tag = instance + 1;
        self.first_func = u64::from(self.tag) << 32 | u64::from(module.imported_funcs());
        self.tables = store.tables.as_ptr();
        self.table_map = data.tables.as_ptr();
        self.memories = store.memories.as_ptr().cast();
        self.memory_map = data.memories.as_ptr();
        #[cfg(feature = "gc")]
        {
            self.type_map = data.types.as_ptr();
            self.types = store.types.recs.as_ptr();
            self.displays = store.types.displays.as_ptr();
        }
        #[cfg(feature = "checked")]
        self.frame_cache.set((0, 0, 0));
    }

    /// Takes over the place to go on at, and what a slow path may have moved.
    fn resume_at(&mut self, store: &Store<'_>, pc: u32, fp: u32, fuel: i64) {
        let data = &store.instances.as_slice()[self.tag as usize - 1];
        assert!((pc as usize) < data.module.code().len() && fp as usize <= store.stack.len());
        // The assertion keeps both in bounds; that they are an instruction and its frame is C2.
        self.leave_at(store, pc, fp, fuel);
        self.mark = store.stack.as_ptr().wrapping_add(store.stack_mark());
        let table = data.tables.as_slice().first();
        let table = table.and_then(|&number| store.tables.as_slice().get(number as usize));
        (self.elems, self.elem_count) = match table {
            Some(table) => (table.elems.as_ptr().cast_const(), table.elems.len() as u64),
            None => (ptr::null(), 0),
        };
        #[cfg(all(wrt_direct, not(debug_assertions)))]
        {
            let (references, callees, count) = data.callees.parts();
            (self.callee_refs, self.callees) = (references, callees);
            self.callee_count = count.min(self.elem_count);
        }
        #[cfg(feature = "gc")]
        {
            (self.handles, self.handle_count, self.room) = store.heap.parts();
        }
        let memory = data.memories.as_slice().first();
        let memory = memory.and_then(|&number| store.memories.as_slice().get(number as usize));
        let (mem, len) = match memory {
            Some(memory) => (memory.base.as_ptr(), memory.len as u64),
            None => (ptr::NonNull::dangling().as_ptr(), 0),
        };
        #[cfg(feature = "memory64")]
        {
            self.is_wide = memory.is_some_and(|memory| memory.ty().is64);
        }
        self.mem = mem;
        self.mem_end = [
            len,
            len.saturating_sub(1),
            len.saturating_sub(3),
            len.saturating_sub(7),
            len.saturating_sub(15),
        ];
    }

    /// Takes over the place that a run is left at.
    fn leave_at(&mut self, store: &Store<'_>, pc: u32, fp: u32, fuel: i64) {
        self.pc = self.code.wrapping_add(pc as usize);
        self.fp = store.stack.as_ptr().wrapping_add(fp as usize);
        self.fuel = fuel;
    }

    /// The heap.
    #[cfg(feature = "gc")]
    #[inline(always)]
    pub(super) const fn heap(&self) -> *mut Heap {
        // SAFETY: C1: there is a store.
        unsafe { &raw mut (*self.store).heap }
    }

    /// Word in the code section of the instruction at `pc`.
    pub(super) fn pc_word(&self) -> u32 {
        ((self.pc.addr() - self.code.addr()) / 2) as u32
    }

    /// Takes a slow path from where `pc`, `fp` and `fuel` were saved to. Gives 0 to go on from what is saved now, or a
    /// [`Stop::code`].
    pub(super) fn slow(&mut self, path: SlowFn) -> u32 {
        // SAFETY: C1: the run has the store alone, and no reference into it is alive while handlers run.
        let store = unsafe { &mut *self.store };
        let fp = (self.fp.addr() - store.stack.as_ptr().addr()) / 8;
        let instance = self.tag - 1;
        let mut machine = Machine {
            store,
            pc: self.pc_word(),
            fp: fp as u32,
            fuel: self.fuel,
            instance,
        };
        let flow = path(&mut machine);
        let (pc, stop) = match flow {
            Flow::Next(words) => (machine.pc + words, 0),
            Flow::Jump => (machine.pc, 0),
            Flow::Stop(stop) => (machine.pc, stop.code()),
        };
        let (instance, fp, fuel) = (machine.instance, machine.fp, machine.fuel);
        // SAFETY: as above; `machine` is gone.
        let store = unsafe { &*self.store };
        if instance != self.tag - 1 {
            self.switch(store, instance);
        }
        if stop == 0 {
            self.resume_at(store, pc, fp, fuel);
        } else {
            self.leave_at(store, pc, fp, fuel);
        }
        stop
    }

    /// Writes the place where the run was left back to the store; gives the reason and the fuel left.
    pub(super) fn finish(&self, store: &mut Store<'_>, code: u32) -> (Stop, i64) {
        store.run.instance = self.tag - 1;
        store.run.pc = self.pc_word();
        store.run.fp = ((self.fp.addr() - store.stack.as_ptr().addr()) / 8) as u32;
        (Stop::from_code(code).unwrap_or(Stop::Illegal), self.fuel)
    }

    /// Goes on behind the host call that the run was left for. Its results are in place, and nothing else of the store has changed.
    pub(super) fn go_on(&mut self, store: &mut Store<'_>) {
        self.store = ptr::from_mut(store).cast();
        // A call is followed by an instruction (C2).
        self.pc = self.pc.wrapping_add(1);
    }

    /// Frame size of the first verified function that word `pc` belongs to. Records of functions that are not verified may say anything,
    /// the same words included.
    #[cfg(feature = "checked")]
    pub(super) fn frame_at(&self, pc: u32) -> usize {
        let (start, end, frame) = self.frame_cache.get();
        if (start..end).contains(&pc) {
            return usize::from(frame);
        }
        // SAFETY: C1.
        let store = unsafe { &*self.store };
        let instance = &store.instances.as_slice()[self.tag as usize - 1];
        let module = instance.module;
        for func in (0..module.func_count()).filter(|&func| instance.entry(func).is_some()) {
            let record = module.func(func);
            if (record.code_word..record.code_word + record.words).contains(&pc) {
                self.frame_cache.set((
                    record.code_word,
                    record.code_word + record.words,
                    record.frame,
                ));
                return usize::from(record.frame);
            }
        }
        panic!("word {pc} is in no function");
    }

    /// Asserts that the frame of `size` slots at `fp` lies in the stack.
    #[cfg(feature = "checked")]
    pub(super) fn assert_frame(&self, fp: *const u64, size: usize) {
        // SAFETY: C1.
        let store = unsafe { &*self.store };
        let at = (fp.addr() - store.stack.as_ptr().addr()) / 8;
        assert!(
            fp.addr().is_multiple_of(8) && at >= 1 && at + size <= store.stack.len(),
            "frame in the stack"
        );
    }

    /// Asserts that `pc` is a word of the code.
    #[cfg(feature = "checked")]
    pub(super) fn assert_pc(&self, pc: *const u16) {
        // SAFETY: C1.
        let store = unsafe { &*self.store };
        let words = store.instances.as_slice()[self.tag as usize - 1]
            .module
            .code()
            .len();
        let offset = pc.addr().wrapping_sub(self.code.addr());
        assert!(
            offset.is_multiple_of(2) && offset / 2 < words,
            "pc in the code"
        );
    }
}
