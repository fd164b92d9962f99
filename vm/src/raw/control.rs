//! How control moves: blocks, calls and returns. Relies on the invariants of `state.rs`.

use core::hint::cold_path;

#[cfg(not(wrt_tail4))]
use wrt_format::isa::Op;
use wrt_format::isa::{Place, field, frame_of, site_word};

use super::ctx::SlowFn;
use super::foretold;
use super::state::{Ctl, State};

/// Fuel that a block of this cost takes.
#[inline(always)]
pub(crate) const fn debit(cost: u32) -> i64 {
    if cfg!(feature = "no-fuel") {
        0
    } else {
        cost as i64
    }
}

/// What a `fuel` does to the fuel: `gain` is its low byte, minus the cost.
#[inline(always)]
const fn credit(gain: i8) -> i64 {
    if cfg!(feature = "no-fuel") {
        0
    } else {
        gain as i64
    }
}

/// Word `i` from `pc` on.
///
/// # Safety
/// It is a word of the code.
#[inline(always)]
unsafe fn word_at(pc: *const u16, i: usize) -> u16 {
    // SAFETY: the caller's promise.
    u16::from_le(unsafe { *pc.add(i) })
}

/// Words `i` and `i + 1` of an instruction as one number, the low half first.
///
/// # Safety
/// As of [`word_at`], for both words.
#[inline(always)]
pub(super) unsafe fn long_at(pc: *const u16, i: usize) -> u32 {
    // SAFETY: the caller's promise; nothing aligns them.
    u32::from_le(unsafe { pc.add(i).cast::<u32>().read_unaligned() })
}

/// Whether a frame of so many slots at `fp` ends at `mark` or below. `fp` is not above `mark`.
#[inline(always)]
fn fits(fp: *mut u64, frame: usize, mark: *mut u64) -> bool {
    if cfg!(target_pointer_width = "64") {
        // Needs a register less, and no allocation is so near the end of the address space that the sum wraps.
        fp.addr().wrapping_add(frame * 8) <= mark.addr()
    } else {
        frame * 8 <= mark.addr() - fp.addr()
    }
}

/// `min(index, n)`, which nothing behind the branch waits for if it was foretold.
#[inline(always)]
fn target(index: u32, n: u32) -> usize {
    if index < n {
        foretold::target(index)
    } else {
        n as usize
    }
}

/// What a call does first, by the places of the operands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    /// All arguments are in place.
    InPlace,
    /// One is moved.
    Moved { to: Place, src: Place },
    /// One is an immediate.
    Const { to: Place, imm: Place },
    /// One is the sum of an i32 and an immediate.
    Stepped { to: Place, src: Place, imm: Place },
}

/// Calls that read the integer accumulator, and the operand that it is the slot of.
#[cfg(not(wrt_tail4))]
const ACC_CALLS: [(Op, Place); 4] = [
    (
        Op::CallIndirectZeroAccIndex,
        field::call_indirect_zero_acc_index::index,
    ),
    (
        Op::CallIndirectZeroAccIndexShort,
        field::call_indirect_zero_acc_index_short::index,
    ),
    (
        Op::MovThenCallIndirectZeroAccIndex,
        field::mov_then_call_indirect_zero_acc_index::index,
    ),
    (
        Op::ConstThenCallIndirectZeroAccIndex,
        field::const_then_call_indirect_zero_acc_index::index,
    ),
];

impl State {
    #[inline(always)]
    pub(super) fn fuel(&self) -> i64 {
        #[cfg(not(wrt_tail4))]
        return self.fuel;
        #[cfg(wrt_tail4)]
        return self.context().fuel;
    }

    #[inline(always)]
    pub(super) fn set_fuel(&mut self, fuel: i64) {
        #[cfg(not(wrt_tail4))]
        {
            self.fuel = fuel;
        }
        #[cfg(wrt_tail4)]
        // SAFETY: C1.
        unsafe {
            (*self.ctx).fuel = fuel;
        }
    }

    /// Debits the block whose `fuel` instruction `pc` is, and goes on behind it.
    #[inline(always)]
    pub(crate) fn enter_block(&mut self) -> Ctl {
        self.pc = self.pc.wrapping_add(field::fuel::words);
        if self.pay_for_block() {
            Ctl::Jump
        } else {
            Ctl::OutOfFuel
        }
    }

    /// Debits the block whose `fuel` word is before `pc`; false, and `pc` is that word, if the fuel is not there.
    #[inline(always)]
    fn pay_for_block(&mut self) -> bool {
        let word = self.pc.wrapping_sub(field::fuel::words);
        #[cfg(feature = "checked")]
        {
            self.context().assert_pc(word);
            // SAFETY: it has just been looked at.
            let word = u16::from_le(unsafe { *word });
            assert!(wrt_format::isa::is_fuel(word), "labels lead to blocks");
        }
        // SAFETY: R5.
        let gain = unsafe { *word.cast::<i8>() };
        let fuel = self.fuel() + credit(gain);
        self.set_fuel(fuel);
        if fuel < 0 {
            self.pc = word;
        }
        fuel >= 0
    }

    /// Debits a part of the cost of a block; false, and nothing has changed, if the fuel is not there.
    #[inline(always)]
    pub(crate) fn pay(&mut self, cost: u32) -> bool {
        let fuel = self.fuel() - debit(cost);
        if fuel >= 0 {
            self.set_fuel(fuel);
        }
        fuel >= 0
    }

    /// Takes back the debit of a call.
    #[inline(always)]
    pub(super) fn refund(&mut self, cost: u32) {
        self.set_fuel(self.fuel() + debit(cost));
    }

    /// Takes back the debit of the block that `pc` is at.
    #[inline(always)]
    pub(super) fn undo_debit(&mut self) {
        // SAFETY: R5.
        let gain = unsafe { *self.pc.cast::<i8>() };
        self.set_fuel(self.fuel() - credit(gain));
    }

    /// Goes to the block `label` words from here, by a branch of `words` words.
    #[inline(always)]
    pub(crate) fn branch(&mut self, label: i32, words: usize) -> Ctl {
        if self.go(label, words) {
            Ctl::Jump
        } else {
            Ctl::OutOfFuel
        }
    }

    /// Goes to the block `label` words from here if `taken`, else to the block behind this instruction of `words` words.
    ///
    /// The host branches too, and predicts: computing the place without a branch would make every later instruction wait for the
    /// operands of this one. Each way has its own jump to the next handler, with its distance known.
    #[inline(always)]
    pub(crate) fn branch_if(&mut self, taken: bool, label: i32, words: usize) -> Ctl {
        if taken {
            if self.go(label, words) {
                Ctl::Taken
            } else {
                Ctl::OutOfFuel
            }
        } else {
            self.pc = self.pc.wrapping_add(words);
            self.enter_block()
        }
    }

    /// Sets `pc` behind the `fuel` word of the block `label` words from here, and debits that as [`Self::pay_for_block`] does.
    ///
    /// All that is read there waits for its place: so where there is a word behind that of the opcode, a directly threaded handler finds the
    /// place noted there, by one read in place of one that extends a sign, and an addition of a multiple.
    #[inline(always)]
    fn go(&mut self, label: i32, words: usize) -> bool {
        self.pc = match self.noted(1) {
            Some(noted) if words > 1 => noted,
            Some(_) | None => {
                (self.pc.wrapping_offset(label as isize)).wrapping_add(field::fuel::words)
            }
        };
        self.pay_for_block()
    }

    /// What direct threading notes of the word so many words from here (D3); None in a handler that is not directly threaded.
    #[inline(always)]
    fn noted(&self, words: usize) -> Option<*const u16> {
        #[cfg(all(wrt_direct, not(debug_assertions)))]
        if self.is_direct {
            return Some(super::tail::direct::noted(self, words));
        }
        let _ = words;
        None
    }

    /// Goes to target `min(index, n)` of the branch table behind this instruction of `words` words.
    #[inline(always)]
    pub(crate) fn branch_table(&mut self, index: u32, n: u32, words: usize) -> Ctl {
        let at = words + target(index, n) * 2;
        // SAFETY: R1, F1: `n + 1` labels of two words follow.
        self.branch_by(at, |pc| unsafe { long_at(pc, at) } as i32)
    }

    /// The same for labels of one word.
    #[inline(always)]
    pub(crate) fn branch_table_near(&mut self, index: u32, n: u32, words: usize) -> Ctl {
        let at = words + target(index, n);
        // SAFETY: R1, F1: `n + 1` labels of a word follow.
        self.branch_by(at, |pc| (unsafe { word_at(pc, at) } as i16).into())
    }

    /// Goes where the label leads that is `at` words from here.
    #[inline(always)]
    fn branch_by(&mut self, at: usize, label: impl FnOnce(*const u16) -> i32) -> Ctl {
        let Some(noted) = self.noted(at) else {
            return self.branch(label(self.pc), 1);
        };
        self.pc = noted;
        if self.pay_for_block() {
            Ctl::Jump
        } else {
            Ctl::OutOfFuel
        }
    }

    /// First word of defined function `func`, or 0 if it is not verified yet.
    #[inline(always)]
    pub(crate) fn entry(&self, func: u32) -> u32 {
        // SAFETY: R6.
        unsafe { *self.context().entries.add(func as usize) }
    }

    /// First word of defined function `func`, which the direct call at `pc` names; null if it is not verified yet.
    #[inline(always)]
    pub(crate) fn callee(&self, func: u32) -> *const u16 {
        match self.noted(1) {
            Some(noted) => noted,
            None => self.word(self.entry(func)),
        }
    }

    /// The word of this number, or null if it is 0.
    #[inline(always)]
    fn word(&self, entry: u32) -> *const u16 {
        if entry == 0 {
            return core::ptr::null();
        }
        self.context().code.wrapping_add(entry as usize)
    }

    /// Calls the function at `callee`, from one of the methods here, or null; the call's window operand, `base`, says where its frame starts. `slow` does
    /// the same without assuming anything, and decides about everything unusual: `callee` null, or a frame beyond the mark.
    ///
    /// Out of fuel, nothing has happened: the machine pauses at the call.
    #[inline(always)]
    pub(crate) fn call(&mut self, base: Place, callee: *const u16, slow: SlowFn) -> Ctl {
        self.call_with(base, callee, Argument::InPlace, slow)
    }

    /// The same with an argument that is yet to be put in place, which `slow` does too.
    #[inline(always)]
    pub(crate) fn call_with(
        &mut self,
        base: Place,
        callee: *const u16,
        argument: Argument,
        slow: SlowFn,
    ) -> Ctl {
        if callee.is_null() {
            return Ctl::Slow(slow);
        }
        let ctx = self.context();
        let code = ctx.code;
        // SAFETY: R2: a window starts in the frame.
        let fp = unsafe { self.fp.add(usize::from(self.half(base))) };
        // SAFETY: R7.
        let frame = usize::from(frame_of(unsafe { word_at(callee, 0) }));
        if !fits(fp, frame, ctx.mark) {
            return Ctl::Slow(slow);
        }
        // SAFETY: R7.
        let gain = unsafe { *callee.add(field::enter::cost.word()).cast::<i8>() };
        let fuel = self.fuel() + credit(gain);
        self.set_fuel(fuel);
        if fuel < 0 {
            return Ctl::Refund(gain.unsigned_abs().into());
        }
        let site = self.pc.wrapping_add(site_word(base));
        match argument {
            Argument::InPlace => {}
            Argument::Moved { to, src } => self.set64(to, self.get64(src)),
            Argument::Const { to, imm } => self.set64(to, self.imm_u32(imm).into()),
            Argument::Stepped { to, src, imm } => {
                let imm = i32::from(self.imm_s16(imm)) as u32;
                self.set32(to, self.get32(src).wrapping_add(imm));
            }
        }
        let word = (site.addr() - code.addr()) as u64;
        // SAFETY: R2, R3: `base` is at least 1.
        unsafe { *fp.sub(1) = word };
        self.keep_return_word(word);
        self.forget_acc(code.addr() as u64);
        self.fp = fp;
        self.pc = callee.wrapping_add(field::enter::words);
        Ctl::Jump
    }

    /// What the integer accumulator holds where a run starts: of calls that read it what it held when the run was left there, and that is in
    /// its slot too (R8). Nothing else that a run can start at reads it.
    #[cfg(not(wrt_tail4))]
    pub(super) fn acc_at_start(&self) -> u64 {
        let read = ACC_CALLS
            .iter()
            .find(|(op, _)| self.opcode() == *op as u16)
            .map(|&(_, index)| self.get64(index));
        read.unwrap_or(0)
    }

    /// Leaves any value in the integer accumulator, which nothing reads behind a call or return: so its register is free for what is
    /// needed on the way there, and the handler saves no register of its caller.
    #[inline(always)]
    fn forget_acc(&mut self, value: u64) {
        #[cfg(wrt_tail4)]
        let _ = value;
        #[cfg(not(wrt_tail4))]
        {
            self.acc = value;
        }
    }

    /// Calls the function at word `entry` in place of this one; its `params` arguments are at slot `base`.
    #[inline(always)]
    pub(crate) fn tail_call(&mut self, base: u16, entry: u32, params: u16, slow: SlowFn) -> Ctl {
        if entry == 0 || params > 4 {
            return Ctl::Slow(slow);
        }
        let ctx = self.context();
        // SAFETY: R7.
        let callee = unsafe { ctx.code.add(entry as usize) };
        // SAFETY: R7.
        let frame = usize::from(frame_of(unsafe { word_at(callee, 0) }));
        if !fits(self.fp, frame, ctx.mark) {
            return Ctl::Slow(slow);
        }
        // SAFETY: R7.
        let gain = unsafe { *callee.add(field::enter::cost.word()).cast::<i8>() };
        let fuel = self.fuel() + credit(gain);
        self.set_fuel(fuel);
        if fuel < 0 {
            return Ctl::Refund(gain.unsigned_abs().into());
        }
        // SAFETY: R2: the arguments are in the frame, and `base` is at least 1, so that an ascending copy is right.
        unsafe {
            let from = self.fp.add(usize::from(base));
            if params > 0 {
                *self.fp = *from;
            }
            if params > 1 {
                *self.fp.add(1) = *from.add(1);
            }
            if params > 2 {
                *self.fp.add(2) = *from.add(2);
            }
            if params > 3 {
                *self.fp.add(3) = *from.add(3);
            }
        }
        self.pc = callee.wrapping_add(field::enter::words);
        Ctl::Jump
    }

    /// The return word of this function. It does not wait for a store to be read again, and all that comes behind a return waits for it.
    #[inline(always)]
    fn own_return_word(&self) -> u64 {
        // SAFETY: R3.
        #[cfg(any(wrt_tail4, feature = "checked"))]
        let word = unsafe { *self.fp.sub(1) };
        #[cfg(wrt_tail4)]
        return word;
        #[cfg(not(wrt_tail4))]
        {
            #[cfg(feature = "checked")]
            assert_eq!(self.return_word.to_bits(), word, "the return word is kept");
            self.return_word.to_bits()
        }
    }

    /// Keeps a return word that has been written to its slot.
    #[inline(always)]
    fn keep_return_word(&mut self, word: u64) {
        #[cfg(wrt_tail4)]
        let _ = word;
        #[cfg(not(wrt_tail4))]
        {
            self.return_word = f64::from_bits(word);
        }
    }

    /// Keeps the return word of the frame that `fp` has just been set to.
    #[inline(always)]
    pub(super) fn recall_return_word(&mut self) {
        // SAFETY: R3.
        #[cfg(not(wrt_tail4))]
        self.keep_return_word(unsafe { *self.fp.sub(1) });
    }

    /// First word of the function that element `index` of table 0 refers to; null if it may be none of this instance with type `type_idx` of
    /// its module, or is not verified yet.
    #[inline(always)]
    pub(crate) fn first_table_callee(&self, index: u64, type_idx: u32) -> *const u16 {
        #[cfg(all(wrt_direct, not(debug_assertions)))]
        if self.is_direct {
            return self.word(self.known_callee(index, type_idx));
        }
        match self.first_table_get(index) {
            Some(reference) => self.own_callee(reference, type_idx),
            None => core::ptr::null(),
        }
    }

    /// First word of what a reference refers to; null if that may be no function of this instance with type `type_idx` of its module, or is
    /// not verified yet.
    #[inline(always)]
    pub(crate) fn own_callee(&self, reference: u64, type_idx: u32) -> *const u16 {
        match self.own_func(reference, type_idx) {
            Some(func) => self.word(self.entry(func)),
            None => core::ptr::null(),
        }
    }

    /// What a reference refers to, if it is a function of this instance with type `type_idx` of its module: its number among the
    /// defined functions.
    #[inline(always)]
    pub(crate) fn own_func(&self, reference: u64, type_idx: u32) -> Option<u32> {
        let ctx = self.context();
        let func = reference.wrapping_sub(ctx.first_func);
        if func >= u64::from(ctx.func_count) {
            return None;
        }
        let func = func as u32;
        // SAFETY: `func` has just been checked.
        let record = unsafe { &*ctx.funcs.add(func as usize) };
        (record.signature().type_idx() == type_idx).then_some(func)
    }

    /// Number of parameters of defined function `func`, exact if it is small.
    #[inline(always)]
    pub(crate) fn params(&self, func: u32) -> u16 {
        // SAFETY: R6.
        unsafe { &*self.context().funcs.add(func as usize) }
            .signature()
            .params()
    }

    /// Goes back to the caller; gives the address of the slots for the results.
    #[inline(always)]
    fn pop_frame(&mut self) -> *mut u64 {
        let offset = self.own_return_word() as usize;
        // SAFETY: R3: the offset of the last word of a call.
        let site = unsafe { self.context().code.byte_add(offset) };
        // Bytes lie in the stream as the format says. Each has a load of its own: the caller's frame waits for the first one.
        // SAFETY: R3.
        let mut base = usize::from(unsafe { *site.cast::<u8>() });
        // SAFETY: R3.
        let mut dst = usize::from(unsafe { *site.cast::<u8>().add(1) });
        if base == 0 {
            cold_path();
            // SAFETY: R1: a call whose last two bytes name no window has it in the two words before.
            base = unsafe { word_at(site.sub(2), 0) }.into();
            // SAFETY: as above.
            dst = unsafe { word_at(site.sub(1), 0) }.into();
        }
        // SAFETY: R3: the frame was entered by that call.
        self.fp = unsafe { self.fp.sub(base) };
        self.recall_return_word();
        // A call is followed by an instruction (R1).
        self.pc = site.wrapping_add(1);
        // SAFETY: R2, R3: results go into the caller's frame.
        unsafe { self.fp.add(dst) }
    }

    /// Returns nothing.
    #[inline(always)]
    pub(crate) fn ret(&mut self) -> Ctl {
        self.pop_frame();
        Ctl::Jump
    }

    /// Returns one value.
    #[inline(always)]
    pub(crate) fn ret1(&mut self, value: u64) -> Ctl {
        self.forget_acc(value);
        let to = self.pop_frame();
        // SAFETY: R2: the callee's number of results is that of the call's function type.
        unsafe { *to = value };
        Ctl::Jump
    }

    /// Returns two values.
    #[inline(always)]
    pub(crate) fn ret2(&mut self, first: Place) -> Ctl {
        let from = self.slot_address(first);
        // SAFETY: R2: two slots of the span.
        let (a, b) = unsafe { (*from, *from.add(1)) };
        let to = self.pop_frame();
        // SAFETY: R2: as in `ret1`.
        unsafe {
            *to = a;
            *to.add(1) = b;
        }
        Ctl::Jump
    }
}
