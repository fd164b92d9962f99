//! Everything that an engine owns: instances, memories, tables, globals, function types, the stack, and the state of the run.
//!
//! Input: verified modules and what they import. Output: numbers of the things added, valid for the life of the store; nothing is
//! ever removed. Adding is in `instance.rs`, next to the invariants of an instance.
//!
//! Invariants, relied on by handlers (see `state.rs`):
//! - S1: all numbers held by an [`InstData`] are in range for the store, and there are as many of them as the module declares.
//! - S2: `entries[f]` of an instance is 0, or the first word of defined function `f`, and then that function is verified.
//! - S3: the stack is never reallocated. It is as long as what was ever in use of it; what lies behind is not initialised.
//! - S4: items are only appended; their addresses may change only between runs, except that a run may grow memories and tables,
//!   after which it reloads what it holds of them.

use core::sync::atomic::{AtomicBool, Ordering};

use wrt_format::image::ModuleView;
use wrt_format::image::types::{GlobalType, MemoryType, TableType, ValType};

use super::arena::{Arena, OutOfMemory};
use super::buf::Buf;
use super::dispatch::Threading;
use super::instance::InstData;
use super::memory::Memory;
use super::provider::MemoryProvider;
#[cfg(all(wrt_tail6, not(debug_assertions)))]
use super::tail::Board;
use super::threads::{Parked, Session, Waiter};
use super::types::{FuncSig, Types};
use crate::heap::Heap;

/// Upper half of the reference to a host function.
pub(crate) const HOST_INSTANCE: u32 = u32::MAX;
/// The null reference.
pub(crate) const NULL: u64 = 0;
/// The stack's high-water mark moves by so many slots at a time: the check against it is the stack check of a call.
pub(crate) const STACK_STEP: usize = 32;
/// Value of [`RunState::record`] when there is no activation.
pub(crate) const NO_RECORD: u32 = u32::MAX;

/// All that one engine owns.
#[derive(Debug)]
pub(crate) struct Store<'m> {
    /// Where all of it comes from.
    pub(crate) arena: Arena<'m>,
    /// Back end of new memories; none is the arena.
    provider: Option<&'m dyn MemoryProvider>,
    /// Memory of the six-argument core's board (C3).
    #[cfg(all(wrt_tail6, not(debug_assertions)))]
    pub(super) board: Buf<u64>,
    /// Where the handlers of instances' code are, for direct threading (D1).
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) maps: Buf<super::tail::direct::HandlerMap>,
    /// How handlers are found.
    pub(crate) threading: Threading,
    /// Frames of all activations of the present thread. Its room is fixed (S3).
    pub(crate) stack: Buf<u64>,
    /// Things that are collected.
    pub(crate) heap: Heap,
    /// References that the host keeps.
    pub(crate) kept: Buf<u64>,
    pub(super) instances: Buf<InstData<'m>>,
    pub(super) memories: Buf<Memory<'m>>,
    pub(crate) tables: Buf<Table>,
    /// Values of all globals of all instances and of the host; of v128 ones the low halves.
    pub(crate) globals: Buf<u64>,
    /// As many cells more: the high halves of v128 globals, 0 for others. So every global has both, and one number.
    pub(super) globals_high: Buf<u64>,
    global_types: Buf<GlobalType>,
    /// All types.
    pub(crate) types: Types,
    /// Number of the type of each tag.
    pub(super) tags: Buf<u32>,
    /// Type of each host function.
    pub(super) hosts: Buf<u32>,
    /// Most bytes that all memories may have together.
    pub(crate) max_memory_bytes: u64,
    /// Most elements that all tables may have together.
    pub(crate) max_table_elems: u64,
    /// Fuel that is left, never negative between runs.
    pub(crate) fuel: i64,
    /// Fuel that a run may use before it yields; it counts as part of [`Self::fuel`].
    pub(crate) slice: Option<u64>,
    /// What has happened so far.
    pub(crate) counters: Counters,
    /// The present thread's activation, which runs or is paused.
    pub(crate) run: RunState,
    /// Counts of executed instructions, once they are asked for.
    #[cfg(feature = "profile")]
    pub(crate) profile: Option<super::profile::Profile>,
    /// Where a debugger wants runs to pause.
    #[cfg(feature = "debug")]
    pub(crate) stops: Option<super::stops::Stops>,
    /// What the engine keeps of the present thread's runs.
    pub(crate) session: Session,
    /// Number of the present thread.
    pub(super) thread: u32,
    /// The other threads (T1).
    pub(super) threads: Buf<Parked>,
    /// Threads that wait to be notified (T2, T3).
    pub(super) waiters: Buf<Waiter>,
    /// The time that waiting goes by, in nanoseconds.
    pub(crate) clock: u64,
    /// Whether the host has ever handed in a reference to something of its own: then snapshots hold the host's numbers.
    host_refs: AtomicBool,
}

/// Counts of rare events: nothing is counted per instruction or per ordinary call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Calls that left the machine for a host function.
    pub(crate) host_calls: u64,
    /// Calls and tail calls that went to another instance.
    pub(crate) cross_calls: u64,
    /// Functions verified, on their first call or ahead of it.
    pub(crate) verified_funcs: u64,
    /// `memory.grow` and `table.grow` that succeeded.
    pub(crate) grows: u64,
    /// Pauses for want of fuel, time slices included.
    pub(crate) pauses: u64,
    /// Most bytes that linear memories had at one time.
    pub(crate) peak_memory_bytes: u64,
}

/// The current activation, as plain data. Places are slots of the stack and words of the instance's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunState {
    /// Where it stands.
    pub(crate) status: Status,
    /// Number of the running instance.
    pub(crate) instance: u32,
    /// Word in its code section: the next instruction, or the last word of the call, of a pending host call.
    pub(crate) pc: u32,
    /// First slot of the running frame.
    pub(crate) fp: u32,
    /// First slot of the activation's record, see `exec::activation`, or [`NO_RECORD`].
    pub(crate) record: u32,
    /// The host function that is called, or the defined function that is about to start.
    pub(crate) callee: u32,
    /// First slot of its arguments.
    pub(crate) window: u32,
}

/// Where an activation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// There is no activation.
    Idle,
    /// Started, but not yet in its function.
    Starting,
    /// In a function, paused: it may go on.
    Ready,
    /// It waits for the results of a host function.
    HostCall,
    /// It stands at a `memory.atomic.wait`, and its thread is in the list of waiters.
    Waiting,
    /// An exception comes out of its host call: the tag is the callee, the values are at the window.
    Throwing,
    /// It has ended in a trap, or with an exception; its frames are still there.
    Trapped,
}

impl RunState {
    /// No activation.
    pub(crate) const IDLE: Self = Self {
        status: Status::Idle,
        instance: 0,
        pc: 0,
        fp: 0,
        record: NO_RECORD,
        callee: 0,
        window: 0,
    };
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    /// The elements: references.
    pub(super) elems: Buf<u64>,
    /// Its declared type, in the engine's numbers.
    ty: TableType,
}

impl Table {
    /// Its declared type.
    pub(crate) const fn ty(&self) -> TableType {
        self.ty
    }

    /// The elements: references.
    pub(crate) const fn elems(&self) -> &[u64] {
        self.elems.as_slice()
    }

    /// The elements: references.
    pub(crate) const fn elems_mut(&mut self) -> &mut [u64] {
        self.elems.as_mut_slice()
    }

    /// Makes it as long as it was at first, which is `min` elements, all null.
    pub(crate) fn renew(&mut self, min: u64) {
        self.elems
            .truncate(usize::try_from(min).unwrap_or(usize::MAX));
        self.elems.as_mut_slice().fill(NULL);
    }

    /// Elements after growing by `delta`, if the type and the width of indices allow that.
    pub(crate) fn grown_len(&self, delta: u64) -> Option<usize> {
        let limit = self.ty.max.unwrap_or(u64::MAX).min(u64::from(u32::MAX));
        let len = (self.elems.len() as u64).checked_add(delta)?;
        if len > limit {
            None
        } else {
            usize::try_from(len).ok()
        }
    }
}

impl<'m> Store<'m> {
    /// An empty store with a stack of `stack_slots` slots.
    pub(crate) fn new(
        mut arena: Arena<'m>,
        stack_slots: u32,
        provider: Option<&'m dyn MemoryProvider>,
    ) -> Result<Self, OutOfMemory> {
        let stack = Buf::with_room(&mut arena, stack_slots as usize)?;
        Ok(Self {
            #[cfg(all(wrt_tail6, not(debug_assertions)))]
            board: {
                let words = size_of::<Board>().div_ceil(8);
                let board = Buf::<u64>::zeroed(&mut arena, words)?;
                // SAFETY: the buffer has the size and alignment of a board.
                unsafe { Board::set_up(board.as_ptr().cast()) };
                board
            },
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            maps: Buf::new(),
            threading: Threading::ByOpcode,
            arena,
            provider,
            stack,
            heap: Heap::new(u64::MAX),
            kept: Buf::new(),
            instances: Buf::new(),
            memories: Buf::new(),
            tables: Buf::new(),
            globals: Buf::new(),
            globals_high: Buf::new(),
            global_types: Buf::new(),
            types: Types::new(),
            tags: Buf::new(),
            hosts: Buf::new(),
            #[cfg(feature = "profile")]
            profile: None,
            #[cfg(feature = "debug")]
            stops: None,
            max_memory_bytes: u64::MAX,
            max_table_elems: u64::MAX,
            fuel: 0,
            slice: None,
            counters: Counters::default(),
            run: RunState::IDLE,
            session: Session::default(),
            thread: 0,
            threads: Buf::new(),
            waiters: Buf::new(),
            clock: 0,
            host_refs: AtomicBool::new(false),
        })
    }

    /// The source of its memory.
    pub(crate) const fn arena(&self) -> &Arena<'m> {
        &self.arena
    }

    /// What was ever in use of the stack, of all activations of the present thread.
    pub(crate) const fn stack(&self) -> &[u64] {
        self.stack.as_slice()
    }

    /// What was ever in use of the stack, of all activations.
    pub(crate) const fn stack_mut(&mut self) -> &mut [u64] {
        self.stack.as_mut_slice()
    }

    /// Slots of the stack, whether they were ever in use or not.
    pub(crate) const fn stack_room(&self) -> usize {
        self.stack.room()
    }

    /// Slots from the bottom of the stack that were ever in use, rounded up to [`STACK_STEP`].
    pub(crate) const fn stack_mark(&self) -> usize {
        self.stack.len()
    }

    /// Whether the host has ever handed in a reference to something of its own.
    pub(crate) fn holds_host_refs(&self) -> bool {
        self.host_refs.load(Ordering::Relaxed)
    }

    /// Notes that it has. By a shared borrow, since it is where references are checked that this shows.
    pub(crate) fn note_host_ref(&self) {
        self.host_refs.store(true, Ordering::Relaxed);
    }

    /// Takes slots up to `end` into use. False, and nothing changed, beyond the end of the stack.
    #[inline]
    pub(crate) fn use_stack(&mut self, end: usize) -> bool {
        use_slots(&mut self.stack, end)
    }

    /// The engine-wide number of a function type of the host: equal types have equal numbers.
    pub(crate) fn intern_type(
        &mut self,
        params: &[ValType],
        results: &[ValType],
    ) -> Result<u32, OutOfMemory> {
        self.types.intern_func(&mut self.arena, params, results)
    }

    /// The engine-wide numbers of all types of a module.
    pub(crate) fn intern_types(
        &mut self,
        module: &ModuleView<'_>,
    ) -> Result<Buf<u32>, OutOfMemory> {
        let mut numbers = Buf::new();
        let interned = (self.types).intern_module(&mut self.arena, module, &mut numbers);
        if interned.is_err() {
            numbers.release(&mut self.arena);
        }
        interned.map(|()| numbers)
    }

    /// Function type number `id`.
    #[inline]
    pub(crate) fn func_sig(&self, id: u32) -> Option<FuncSig<'_>> {
        self.types.func_sig(id)
    }

    /// Adds a host function of type number `ty`.
    pub(crate) fn add_host(&mut self, ty: u32) -> Result<u32, OutOfMemory> {
        self.hosts.push(&mut self.arena, ty)?;
        Ok(self.hosts.len() as u32 - 1)
    }

    /// Type number of a host function.
    pub(crate) fn host_type(&self, host: u32) -> Option<u32> {
        self.hosts.as_slice().get(host as usize).copied()
    }

    /// Adds a memory of its type's minimum, all zero.
    pub(crate) fn add_memory(&mut self, ty: MemoryType) -> Result<u32, OutOfMemory> {
        self.memories.reserve_for_push(&mut self.arena)?;
        let bytes = ty
            .min
            .checked_shl(u32::from(ty.page_log2))
            .ok_or(OutOfMemory)?;
        self.check_memory_budget(bytes)?;
        if ty.shared {
            self.reserve_waiters()?;
        }
        let memory = Memory::new(&mut self.arena, ty, self.provider)?;
        self.memories.push(&mut self.arena, memory)?;
        self.note_memory();
        Ok(self.memories.len() as u32 - 1)
    }

    /// A memory.
    pub(crate) fn memory(&self, memory: u32) -> Option<&Memory<'m>> {
        self.memories.as_slice().get(memory as usize)
    }

    /// A memory.
    pub(crate) fn memory_mut(&mut self, memory: u32) -> Option<&mut Memory<'m>> {
        self.memories.as_mut_slice().get_mut(memory as usize)
    }

    /// Two different memories, the first to be written.
    pub(crate) fn memory_pair(
        &mut self,
        to: u32,
        from: u32,
    ) -> Option<(&mut Memory<'m>, &Memory<'m>)> {
        let all = self.memories.as_mut_slice();
        let [to, from] = all.get_disjoint_mut([to as usize, from as usize]).ok()?;
        Some((to, from))
    }

    /// Bytes that a memory would have after growing by `delta` pages, if its type and the budget allow that.
    pub(crate) fn can_grow_memory(&self, memory: u32, delta: u64) -> Option<u64> {
        let memory = self.memory(memory)?;
        let grown = memory.grown_len(delta)?;
        self.check_memory_budget(grown - memory.len() as u64).ok()?;
        Some(grown)
    }

    /// Grows a memory by `delta` pages of zeros and gives the pages before; on an error nothing has changed.
    pub(crate) fn grow_memory(&mut self, memory: u32, delta: u64) -> Result<u64, OutOfMemory> {
        let memory = self
            .memories
            .as_mut_slice()
            .get_mut(memory as usize)
            .ok_or(OutOfMemory)?;
        let before = memory.grow(&mut self.arena, delta)?;
        self.counters.grows += 1;
        self.note_memory();
        Ok(before)
    }

    /// Bytes of all memories together.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let memories = self.memories.as_slice().iter();
        memories.map(|memory| memory.len() as u64).sum()
    }

    fn check_memory_budget(&self, more: u64) -> Result<(), OutOfMemory> {
        let total = self.memory_bytes().saturating_add(more);
        if total > self.max_memory_bytes {
            return Err(OutOfMemory);
        }
        Ok(())
    }

    fn check_table_budget(&self, more: u64) -> Result<(), OutOfMemory> {
        let tables = self.tables.as_slice().iter();
        let total: u64 = tables.map(|table| table.elems.len() as u64).sum();
        if total.saturating_add(more) > self.max_table_elems {
            return Err(OutOfMemory);
        }
        Ok(())
    }

    fn note_memory(&mut self) {
        let bytes = self.memory_bytes();
        self.counters.peak_memory_bytes = self.counters.peak_memory_bytes.max(bytes);
    }

    /// Adds a table of its type's minimum, all `init`.
    pub(crate) fn add_table(&mut self, ty: TableType, init: u64) -> Result<u32, OutOfMemory> {
        let mut table = Table {
            elems: Buf::new(),
            ty,
        };
        let len = table.grown_len(ty.min).ok_or(OutOfMemory)?;
        self.check_table_budget(ty.min)?;
        self.tables.reserve_for_push(&mut self.arena)?;
        table.elems.resize(&mut self.arena, len, init)?;
        self.tables.push(&mut self.arena, table)?;
        Ok(self.tables.len() as u32 - 1)
    }

    /// A table.
    pub(crate) fn table(&self, table: u32) -> Option<&Table> {
        self.tables.as_slice().get(table as usize)
    }

    /// A table.
    pub(crate) fn table_mut(&mut self, table: u32) -> Option<&mut Table> {
        self.tables.as_mut_slice().get_mut(table as usize)
    }

    /// Two different tables, the first to be written.
    pub(crate) fn table_pair(&mut self, to: u32, from: u32) -> Option<(&mut Table, &Table)> {
        let all = self.tables.as_mut_slice();
        let [to, from] = all.get_disjoint_mut([to as usize, from as usize]).ok()?;
        Some((to, from))
    }

    /// Whether a table's type and the budget allow it to grow by `delta` elements.
    pub(crate) fn can_grow_table(&self, table: u32, delta: u64) -> bool {
        let allowed = self
            .table(table)
            .is_some_and(|table| table.grown_len(delta).is_some());
        allowed && self.check_table_budget(delta).is_ok()
    }

    /// Grows a table by `delta` elements that are `init` and gives the elements before; on an error nothing has changed.
    pub(crate) fn grow_table(
        &mut self,
        table: u32,
        delta: u64,
        init: u64,
    ) -> Result<u64, OutOfMemory> {
        let table = self
            .tables
            .as_mut_slice()
            .get_mut(table as usize)
            .ok_or(OutOfMemory)?;
        let len = table.grown_len(delta).ok_or(OutOfMemory)?;
        let before = table.elems.len() as u64;
        table.elems.resize(&mut self.arena, len, init)?;
        self.counters.grows += 1;
        Ok(before)
    }

    /// Adds a global, whose value is given by halves.
    pub(crate) fn add_global(
        &mut self,
        ty: GlobalType,
        value: [u64; 2],
    ) -> Result<u32, OutOfMemory> {
        // Room for all three first, so that none gets longer than the others.
        self.globals.reserve_for_push(&mut self.arena)?;
        self.globals_high.reserve_for_push(&mut self.arena)?;
        self.global_types.reserve_for_push(&mut self.arena)?;
        self.globals.push(&mut self.arena, value[0])?;
        self.globals_high.push(&mut self.arena, value[1])?;
        self.global_types.push(&mut self.arena, ty)?;
        Ok(self.globals.len() as u32 - 1)
    }

    /// Value of a global, as slots hold it: the second half is 0 unless it is a v128.
    pub(crate) fn global(&self, global: u32) -> Option<[u64; 2]> {
        let low = self.globals.as_slice().get(global as usize)?;
        let high = self.globals_high.as_slice().get(global as usize)?;
        Some([*low, *high])
    }

    /// Sets the value of a global, by halves. False where there is no such global.
    pub(crate) fn set_global(&mut self, global: u32, value: [u64; 2]) -> bool {
        let low = self.globals.as_mut_slice().get_mut(global as usize);
        let high = self.globals_high.as_mut_slice().get_mut(global as usize);
        let (Some(low), Some(high)) = (low, high) else {
            return false;
        };
        [*low, *high] = value;
        true
    }

    /// Type of a global.
    pub(crate) fn global_type(&self, global: u32) -> Option<GlobalType> {
        self.global_types.as_slice().get(global as usize).copied()
    }

    /// Appends a reference to those that the host keeps.
    pub(crate) fn keep(&mut self, slot: u64) -> Result<(), OutOfMemory> {
        self.kept.push(&mut self.arena, slot)
    }

    /// Adds a tag of type number `ty`.
    pub(crate) fn add_tag(&mut self, ty: u32) -> Result<u32, OutOfMemory> {
        self.tags.push(&mut self.arena, ty)?;
        Ok(self.tags.len() as u32 - 1)
    }

    /// Number of the type of a tag.
    pub(crate) fn tag_type(&self, tag: u32) -> Option<u32> {
        self.tags.as_slice().get(tag as usize).copied()
    }

    /// Numbers that the next memory, table, global and tag will have.
    pub(super) const fn next_numbers(&self) -> [usize; 4] {
        [
            self.memories.len(),
            self.tables.len(),
            self.globals.len(),
            self.tags.len(),
        ]
    }

    /// Takes back what was added since [`Self::next_numbers`] gave `numbers`: nothing may hold its numbers.
    pub(super) fn forget_since(&mut self, numbers: [usize; 4]) {
        let [memories, tables, globals, tags] = numbers;
        for memory in &mut self.memories.as_mut_slice()[memories..] {
            memory.release(&mut self.arena);
        }
        for table in &mut self.tables.as_mut_slice()[tables..] {
            table.elems.release(&mut self.arena);
        }
        self.memories.truncate(memories);
        self.tables.truncate(tables);
        self.globals.truncate(globals);
        self.globals_high.truncate(globals);
        self.global_types.truncate(globals);
        self.tags.truncate(tags);
    }
}

/// Takes slots of a stack up to `end` into use, see [`Store::use_stack`].
#[inline]
pub(crate) fn use_slots(stack: &mut Buf<u64>, end: usize) -> bool {
    // What is in use is a whole number of steps, or all.
    end <= stack.len() || lengthen(stack, end)
}

#[cold]
fn lengthen(stack: &mut Buf<u64>, end: usize) -> bool {
    let room = stack.room();
    end <= room && stack.lengthen(end.next_multiple_of(STACK_STEP).min(room))
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        for memory in self.memories.as_mut_slice() {
            memory.release(&mut self.arena);
        }
    }
}
