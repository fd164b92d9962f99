//! The machine's registers, by value, and what handlers do with them.
//!
//! Handlers are safe code. What makes these methods safe to call is that a [`State`] is only made by the two cores, from a context
//! that satisfies C1 and C2, and that handlers name operands by their place in the instruction table:
//! - R1: `pc` is an instruction of verified code (verifier: opcode, length, labels, no falling through). So its words, and the word that
//!   follows a `Next` instruction, may be read.
//! - R2: slot operands are below the frame size, and the frame lies in the stack (verifier: slot rules; stack check of calls). So
//!   `fp[operand]` may be read and written; for `Results` and `Window` operands likewise.
//! - R3: `fp[-1]` is a return word, written by a call or by the start of an activation: guest code cannot name that slot
//!   (verifier: windows start at 1). It is the byte offset in the code of the last word of a call, which says `base` and `dst` (`window_at`).
//!   Where the bottom frame of a run returns to, it is the end of the run's record: no return word, but a slot too.
//! - R4: `mem` is the start of memory 0 (M1), and accesses of each size below `mem_end` are inside; both are reloaded after every slow path. A
//!   directly threaded handler has `mem` from `mem_bits`, which only [`State::from_ctx`] sets, or from the context.
//! - R5: labels lead to `fuel` instructions of the same function, and a conditional branch is followed by one (verifier: label rules).
//! - R6: pool, global, table, memory, type and function operands are in range (verifier: index rules), so the context's arrays have
//!   them (S1).
//! - R7: `entries[f]` is 0 or the `enter` of a verified function (S2).
//! - R8: an accumulator operand names the slot that the instruction before has written, which wrote the accumulator too (verifier:
//!   accumulator rule). Nothing unsafe relies on it; without it, results would depend on the core.
//! - R9: where registers are many, `return_word` is the word at `fp[-1]`. Calls set it when they write the slot, returns read that of the frame that
//!   they go back to, and whatever begins a run or goes on with one reads it ([`State::recall_return_word`]); nothing else changes `fp`.

use wrt_format::isa::Place;
use wrt_format::trap::Trap;

use super::control::long_at;
use super::ctx::{Ctx, SlowFn, Stop};
use super::memory::Memory;
#[cfg(all(wrt_tail6, not(debug_assertions)))]
use super::tail::spare;

/// How a handler ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ctl {
    /// On to the next instruction.
    Next,
    /// `pc` has been set.
    Jump,
    /// As [`Self::Jump`], by a conditional branch that is taken.
    Taken,
    /// The guest traps at this instruction.
    Trap(Trap),
    /// The run is left at this instruction.
    Exit(Stop),
    /// `pc` is a block's `fuel` whose cost has been debited but is not there.
    OutOfFuel,
    /// As above, but the cost is this and `pc` is at the call: nothing else of the call has been done.
    Refund(u32),
    /// The rest is done by a slow path, from this instruction on.
    Slow(SlowFn),
}

/// The registers.
#[derive(Debug)]
pub(crate) struct State {
    /// The instruction.
    pub(super) pc: *const u16,
    /// First slot of the frame.
    pub(super) fp: *mut u64,
    /// First byte of memory 0.
    pub(super) mem: *mut u8,
    /// Where the handler of the instruction at address 0 would be (D2); anything in a handler that is not directly threaded.
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) origin: *mut u8,
    /// Whether the handler is directly threaded: no register, since a handler knows.
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) is_direct: bool,
    /// The operand that the handler takes from an accumulator, and from which, or 0: no register, since a handler knows (`tail/forward.rs`).
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) forwarded: u8,
    /// What the accumulator held that the handler takes an operand from, when it began.
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    pub(super) taken: u64,
    /// Whether memory 0 has 64-bit addresses: no register, since a handler knows.
    #[cfg(feature = "memory64")]
    pub(super) is_wide: bool,
    /// Fuel left. In the context where registers are few.
    #[cfg(not(wrt_tail4))]
    pub(super) fuel: i64,
    /// The integer accumulator: what the instruction before has written, see R8. Not where registers are few.
    #[cfg(not(wrt_tail4))]
    pub(super) acc: u64,
    /// The f64 accumulator, likewise.
    #[cfg(not(wrt_tail4))]
    pub(super) facc64: f64,
    /// The f32 accumulator, likewise.
    #[cfg(not(wrt_tail4))]
    pub(super) facc32: f32,
    /// The return word of the running function (R9), as the bits of a float: registers for integers are all taken.
    #[cfg(not(wrt_tail4))]
    pub(super) return_word: f64,
    /// The address in `mem` for handlers whose register for it leads to the next handler: a load less for each access.
    #[cfg(all(wrt_tail6, not(debug_assertions)))]
    pub(super) mem_bits: spare::Spare,
    /// Everything else.
    pub(super) ctx: *mut Ctx,
}

impl State {
    /// The registers as saved in a context.
    #[inline(always)]
    pub(super) fn from_ctx(ctx: *mut Ctx) -> Self {
        // SAFETY: the cores pass the context of the run (C1).
        let saved = unsafe { &*ctx };
        #[cfg_attr(wrt_tail4, expect(unused_mut, reason = "there is no accumulator"))]
        let mut state = Self {
            pc: saved.pc,
            fp: saved.fp,
            mem: saved.mem,
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            origin: saved.origin,
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            is_direct: false,
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            forwarded: 0,
            #[cfg(all(wrt_direct, not(debug_assertions)))]
            taken: 0,
            #[cfg(feature = "memory64")]
            is_wide: saved.is_wide,
            #[cfg(not(wrt_tail4))]
            fuel: saved.fuel,
            #[cfg(not(wrt_tail4))]
            acc: 0,
            #[cfg(not(wrt_tail4))]
            facc64: 0.0,
            #[cfg(not(wrt_tail4))]
            facc32: 0.0,
            #[cfg(not(wrt_tail4))]
            return_word: 0.0,
            #[cfg(all(wrt_tail6, not(debug_assertions)))]
            mem_bits: spare::from_address(saved.mem),
            ctx,
        };
        #[cfg(not(wrt_tail4))]
        {
            state.acc = state.acc_at_start();
        }
        state
    }

    /// Reads `mem` from the context.
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    #[inline(always)]
    pub(super) fn read_mem(&mut self) {
        self.mem = self.context().mem;
    }

    /// Saves what a slow path or the end of the run needs.
    #[inline(always)]
    pub(super) fn save(&self) {
        // SAFETY: C1.
        let saved = unsafe { &mut *self.ctx };
        saved.pc = self.pc;
        saved.fp = self.fp;
        #[cfg(not(wrt_tail4))]
        {
            saved.fuel = self.fuel;
        }
    }

    /// Goes `words` words on.
    #[inline(always)]
    pub(super) fn advance(&mut self, words: usize) {
        self.pc = self.pc.wrapping_add(words);
        #[cfg(feature = "checked")]
        self.context().assert_pc(self.pc);
    }

    #[inline(always)]
    pub(super) fn context(&self) -> &Ctx {
        // SAFETY: C1; the reference does not outlive the handler.
        unsafe { &*self.ctx }
    }

    /// The instruction's opcode.
    #[inline(always)]
    pub(super) fn opcode(&self) -> u16 {
        // SAFETY: R1.
        u16::from_le(unsafe { *self.pc })
    }

    /// Operand of 8 bits.
    #[inline(always)]
    fn byte(&self, at: Place) -> u8 {
        // SAFETY: R1. The byte lies in the stream as the format says, whatever the order of bytes in the machine's words.
        unsafe { *self.pc.cast::<u8>().add(usize::from(at.byte)) }
    }

    /// Operand of 8 or 16 bits.
    #[inline(always)]
    pub(crate) fn half(&self, at: Place) -> u16 {
        if at.bits == 8 {
            return self.byte(at).into();
        }
        // SAFETY: R1.
        u16::from_le(unsafe { *self.pc.add(at.word()) })
    }

    /// Operand of 8 or 16 bits, of the opcode or behind it: an offset. It is worked out beside the address that it is added to.
    #[inline(always)]
    pub(crate) fn offset(&self, at: Place) -> u64 {
        match at.counted() {
            // 32 bits wide, so that the compiler does not put the subtraction behind the addition.
            Some(own) => {
                let steps = u32::from(self.byte(at)) << own.shift;
                steps.wrapping_sub(u32::from(own.zero) << own.shift).into()
            }
            None => self.half(at).into(),
        }
    }

    /// Operand of 8 or 16 bits, of the opcode or behind it: a slot. Its address takes the number that the opcode's byte begins with into its
    /// displacement.
    #[inline(always)]
    fn slot_number(&self, at: Place) -> usize {
        match at.counted() {
            Some(own) => usize::from(self.byte(at)).wrapping_sub(own.zero.into()),
            None => self.half(at).into(),
        }
    }

    /// Operand of 8 or 16 bits: a signed immediate.
    #[inline(always)]
    pub(crate) fn imm_s16(&self, at: Place) -> i16 {
        if let Some(own) = at.counted() {
            return i16::from(self.byte(at)) - i16::from(own.zero);
        }
        if at.bits == 8 {
            return (self.byte(at) as i8).into();
        }
        self.half(at) as i16
    }

    /// Operand of 24 or 32 bits: two words, of which the low byte may be another's.
    #[inline(always)]
    fn long(&self, at: Place) -> u32 {
        // SAFETY: R1.
        unsafe { long_at(self.pc, at.word()) }
    }

    /// Operand of any width.
    #[inline(always)]
    pub(crate) fn imm_u32(&self, at: Place) -> u32 {
        match at.bits {
            8 | 16 => self.half(at).into(),
            24 => self.long(at) >> 8,
            _ => self.long(at),
        }
    }

    /// Operand of any width but 24 bits: a signed immediate.
    #[inline(always)]
    pub(crate) fn imm_s32(&self, at: Place) -> i32 {
        match at.bits {
            8 | 16 => self.imm_s16(at).into(),
            _ => self.long(at) as i32,
        }
    }

    /// Frame size of the function that the instruction is in.
    #[cfg(feature = "checked")]
    pub(super) fn frame_here(&self) -> usize {
        let word = (self.pc.addr() - self.context().code.addr()) / 2;
        self.context().frame_at(word as u32)
    }

    /// Address of the slot that operand `at` names.
    #[inline(always)]
    pub(super) fn slot_address(&self, at: Place) -> *mut u64 {
        self.address_of(self.slot_number(at))
    }

    /// Address of a slot of the frame.
    #[inline(always)]
    pub(super) fn address_of(&self, slot: usize) -> *mut u64 {
        #[cfg(feature = "checked")]
        {
            let frame = self.frame_here();
            assert!(slot < frame, "slot {slot} of a frame of {frame}");
            self.context().assert_frame(self.fp, frame);
        }
        // SAFETY: R2.
        unsafe { self.fp.add(slot) }
    }

    /// The slot that operand `at` names.
    #[inline(always)]
    pub(crate) fn get64(&self, at: Place) -> u64 {
        if let Some(value) = self.accumulated(at) {
            return value;
        }
        // SAFETY: R2.
        unsafe { *self.slot_address(at) }
    }

    /// Low half of the slot that operand `at` names.
    #[inline(always)]
    pub(crate) fn get32(&self, at: Place) -> u32 {
        self.get64(at) as u32
    }

    /// The slot that operand `at` names, as a float.
    #[inline(always)]
    pub(crate) fn get_f32(&self, at: Place) -> f32 {
        f32::from_bits(self.get32(at))
    }

    /// The slot that operand `at` names, as a float.
    #[inline(always)]
    pub(crate) fn get_f64(&self, at: Place) -> f64 {
        f64::from_bits(self.get64(at))
    }

    /// Writes the slot that operand `at` names.
    #[inline(always)]
    fn write(&mut self, at: Place, value: u64) {
        // SAFETY: R2.
        unsafe { *self.slot_address(at) = value }
    }

    /// Sets the slot that operand `at` names, and the accumulator.
    #[inline(always)]
    pub(crate) fn set64(&mut self, at: Place, value: u64) {
        #[cfg(not(wrt_tail4))]
        {
            self.acc = value;
        }
        self.write(at, value);
    }

    /// Sets the slot that operand `at` names, zero-extended, and the accumulator.
    #[inline(always)]
    pub(crate) fn set32(&mut self, at: Place, value: u32) {
        self.set64(at, u64::from(value));
    }

    /// Sets the slot that operand `at` names, and the accumulator.
    #[inline(always)]
    pub(crate) fn set_f32(&mut self, at: Place, value: f32) {
        #[cfg(not(wrt_tail4))]
        {
            self.facc32 = value;
        }
        self.write(at, u64::from(value.to_bits()));
    }

    /// Sets the slot that operand `at` names, and the accumulator.
    #[inline(always)]
    pub(crate) fn set_f64(&mut self, at: Place, value: f64) {
        #[cfg(not(wrt_tail4))]
        {
            self.facc64 = value;
        }
        self.write(at, value.to_bits());
    }

    /// Sets the `n` slots from the one on that operand `at` names to 0. False, and nothing done, if there are more than four: a loop would
    /// become a call.
    #[inline(always)]
    pub(crate) fn clear_slots(&mut self, at: Place, n: u16) -> bool {
        if n == 0 || n > 4 {
            return false;
        }
        let first = self.slot_address(at);
        #[cfg(feature = "checked")]
        assert!(usize::from(self.half(at)) + usize::from(n) <= self.frame_here());
        let mut i = 0;
        while i < 4 {
            if i < n {
                // SAFETY: R2: the span is in the frame.
                unsafe { *first.add(usize::from(i)) = 0 };
            }
            i += 1;
        }
        true
    }

    /// Whether `N` bytes at `at` are in memory 0. `N` is 1, 2, 4, 8 or 16.
    #[inline(always)]
    fn is_inside<const N: usize>(&self, at: u64) -> bool {
        at < self.context().mem_end[const { N.trailing_zeros() as usize }]
    }

    /// `N` bytes of memory 0, or none out of bounds.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        if !self.is_inside::<N>(at) {
            return None;
        }
        // SAFETY: R4: the bytes are in the memory. An array of bytes needs no alignment.
        Some(unsafe { *self.mem.add(at as usize).cast::<[u8; N]>() })
    }

    /// Writes `N` bytes of memory 0. False out of bounds.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, at: u64, bytes: [u8; N]) -> bool {
        if !self.is_inside::<N>(at) {
            return false;
        }
        // SAFETY: R4.
        unsafe { *self.mem.add(at as usize).cast::<[u8; N]>() = bytes };
        true
    }

    /// The memory that operand `mem` names.
    #[inline(always)]
    pub(super) fn memory(&self, mem: Place) -> &Memory<'_> {
        let ctx = self.context();
        // SAFETY: R6.
        let number = unsafe { *ctx.memory_map.add(usize::from(self.half(mem))) };
        // SAFETY: S1 and C1. The fields are read, no reference is kept.
        unsafe { &*ctx.memories.add(number as usize) }
    }

    /// Address of `N` bytes in any memory: the memory named by operand `mem`, the address in the slot that operand `addr` names.
    #[inline(always)]
    fn any_memory<const N: usize>(&self, mem: Place, addr: Place, offset: u32) -> Option<*mut u8> {
        let memory = self.memory(mem);
        let at = (self.get64(addr) & memory.address_mask).checked_add(u64::from(offset))?;
        if at.checked_add(N as u64)? > memory.len as u64 {
            return None;
        }
        // SAFETY: M1.
        Some(unsafe { memory.base.as_ptr().add(at as usize) })
    }

    /// `N` bytes of the memory that operand `mem` names, or none out of bounds.
    #[inline(always)]
    pub(crate) fn load_any<const N: usize>(
        &self,
        mem: Place,
        addr: Place,
        offset: u32,
    ) -> Option<[u8; N]> {
        let at = self.any_memory::<N>(mem, addr, offset)?;
        // SAFETY: M1: `N` bytes in bounds.
        Some(unsafe { *at.cast::<[u8; N]>() })
    }

    /// Writes `N` bytes of the memory that operand `mem` names. False out of bounds.
    #[inline(always)]
    pub(crate) fn store_any<const N: usize>(
        &mut self,
        mem: Place,
        addr: Place,
        offset: u32,
        bytes: [u8; N],
    ) -> bool {
        let Some(at) = self.any_memory::<N>(mem, addr, offset) else {
            return false;
        };
        // SAFETY: M1: `N` bytes in bounds.
        unsafe { *at.cast::<[u8; N]>() = bytes };
        true
    }

    /// Constant `index` of the pool.
    #[inline(always)]
    pub(crate) fn constant(&self, index: u32) -> u64 {
        // SAFETY: R6.
        u64::from_le(unsafe { *self.context().pool.add(index as usize) })
    }

    /// Cell of defined global `index`.
    #[inline(always)]
    pub(super) fn defined_global(&self, index: u32) -> *mut u64 {
        // SAFETY: R6: defined globals have consecutive cells.
        unsafe { self.context().defined_globals.add(index as usize) }
    }

    /// Cell of imported global `index`.
    #[inline(always)]
    pub(super) fn imported_global(&self, index: u32) -> *mut u64 {
        // SAFETY: R6.
        let number = unsafe { *self.context().global_map.add(index as usize) };
        // SAFETY: S1.
        unsafe { self.context().globals.add(number as usize) }
    }

    /// Value of defined global `index`.
    #[inline(always)]
    pub(crate) fn global(&self, index: u32) -> u64 {
        // SAFETY: R6.
        unsafe { *self.defined_global(index) }
    }

    /// Sets defined global `index`.
    #[inline(always)]
    pub(crate) fn set_global(&mut self, index: u32, value: u64) {
        // SAFETY: R6.
        unsafe { *self.defined_global(index) = value }
    }

    /// Value of imported global `index`.
    #[inline(always)]
    pub(crate) fn global_import(&self, index: u32) -> u64 {
        // SAFETY: R6, S1.
        unsafe { *self.imported_global(index) }
    }

    /// Sets imported global `index`.
    #[inline(always)]
    pub(crate) fn set_global_import(&mut self, index: u32, value: u64) {
        // SAFETY: R6, S1.
        unsafe { *self.imported_global(index) = value }
    }

    /// Address of element `index` of the table that operand `table` names, or none out of bounds.
    #[inline(always)]
    fn element(&self, table: Place, index: u64) -> Option<*mut u64> {
        let ctx = self.context();
        // SAFETY: R6.
        let number = unsafe { *ctx.table_map.add(usize::from(self.half(table))) };
        // SAFETY: S1 and C1. The fields are read, no reference is kept.
        let elems = unsafe { &(*ctx.tables.add(number as usize)).elems };
        if index >= elems.len as u64 {
            return None;
        }
        // SAFETY: B1, B2.
        Some(unsafe { elems.ptr.as_ptr().add(index as usize) })
    }

    /// Element `index` of the table that operand `table` names, or none out of bounds.
    #[inline(always)]
    pub(crate) fn table_get(&self, table: Place, index: u64) -> Option<u64> {
        // SAFETY: in bounds.
        self.element(table, index).map(|at| unsafe { *at })
    }

    /// Element `index` of table 0, or none out of bounds.
    #[inline(always)]
    pub(crate) fn first_table_get(&self, index: u64) -> Option<u64> {
        let ctx = self.context();
        if index >= ctx.elem_count {
            return None;
        }
        // SAFETY: C1: in bounds.
        Some(unsafe { *ctx.elems.add(index as usize) })
    }

    /// Sets element `index` of the table that operand `table` names. False out of bounds.
    #[inline(always)]
    pub(crate) fn table_set(&mut self, table: Place, index: u64, value: u64) -> bool {
        let Some(at) = self.element(table, index) else {
            return false;
        };
        // SAFETY: in bounds.
        unsafe { *at = value };
        true
    }
}
