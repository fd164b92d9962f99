//! Stacks: whether a run may go on where a snapshot says that it stands.
//!
//! Input: a stack, a run state, and instances that are complete. Output: how many slots are in use, or an error.
//!
//! This is where it is established what handlers rely on (C2, R1 to R3 of `raw`): from the place where a run stands its frames are walked
//! outwards by their return words, as a return would go and a backtrace does. Each frame's function is verified, each place is an instruction
//! of it, each return word names a call whose window is where the frame above begins and which takes as many results as that one gives; so
//! each frame begins where its record says and lies in the stack; the walk ends at the record of the run, and the next run begins at the record
//! that this one names, below it. A frame is looked at once; a function is gone through once, whatever the number of its frames.
//!
//! What a slot holds is not looked at: references are checked where they are used, and nothing else in a slot is believed.

use wrt_format::image::ModuleView;
use wrt_format::image::types::val;
use wrt_format::isa::{
    Charge, Control, HALT_STUB, LEAVE_STUB, MAX_WORDS, Op, OpInfo, PROLOGUE, Role, field_value,
    instructions_le, site_word, window_at, words_le,
};
use wrt_format::snapshot::Kind;

use super::{HALT, Result, ensure, invalid};
use crate::exec::{RECORD_SLOTS, outer_of};
use crate::raw::buf::Buf;
use crate::raw::store::{NO_RECORD, RunState, Status, Store};

/// The instruction behind the stub of callees from other instances.
const LEAVE: u32 = LEAVE_STUB + 1;

/// Where the instructions begin of functions that have frames: one bit for each word of code of each instance that has some.
pub(super) struct Starts {
    bits: Buf<u64>,
    /// For each instance where its bits begin, in words of `bits`, and 1 more; 0 if it has none yet.
    places: Buf<u32>,
}

/// A place in code that has been found to be one of an instruction or of a call's window operand.
struct Place<'m> {
    module: ModuleView<'m>,
    /// Number of the defined function.
    func: u32,
    /// First word of the instruction that the word belongs to.
    start: u32,
    /// What it is.
    info: &'static OpInfo,
}

/// What is wrong with a stack.
pub(super) const fn wrong(what: &'static str) -> super::RestoreError {
    invalid(Kind::Threads, what)
}

pub(super) fn check(condition: bool, what: &'static str) -> Result<()> {
    ensure(condition, Kind::Threads, what)
}

impl Starts {
    /// For so many instances.
    pub(super) fn new(store: &mut Store<'_>, instances: u32) -> Result<Self> {
        Ok(Self {
            bits: Buf::new(),
            places: store.scratch_u32(instances as usize)?,
        })
    }

    /// Marks the instructions of a function that is verified, unless they are marked, and the instance's first ones if it is new.
    fn mark(&mut self, store: &mut Store<'_>, instance: u32, func: u32) -> Result<()> {
        let data = store.instance(instance).ok_or(wrong("an instance"))?;
        let module = *data.module();
        let words = module.code().len();
        let place = self.places.as_slice()[instance as usize];
        let first = if place == 0 {
            // Then one look at the records tells which function a word belongs to.
            let records = module.func_records();
            let ascending =
                records.is_sorted_by(|a, b| u32::from_le(a.code_word) < u32::from_le(b.code_word));
            check(ascending, "functions that are out of order")?;
            let first = self.bits.len();
            for _ in 0..words.div_ceil(64) {
                store.scratch_push(&mut self.bits, 0)?;
            }
            self.places.as_mut_slice()[instance as usize] = first as u32 + 1;
            first
        } else {
            place as usize - 1
        };
        store.verify_func(instance, func)?;
        let record = module.func(func);
        let bits = &mut self.bits.as_mut_slice()[first..];
        let start = record.code_word as usize;
        if bits[start / 64] >> (start % 64) & 1 == 0 {
            let body = &module.code()[start..start + record.words as usize];
            for (at, _, _) in instructions_le(body) {
                let word = start + at;
                bits[word / 64] |= 1 << (word % 64);
            }
        }
        Ok(())
    }

    /// The instruction that begins at a word or, of which it is an operand, shortly before, in a function of an instance.
    fn find<'m>(&mut self, store: &mut Store<'m>, instance: u32, word: u32) -> Result<Place<'m>> {
        let data = store.instance(instance).ok_or(wrong("an instance"))?;
        let module = *data.module();
        check(
            (PROLOGUE.len()..module.code().len()).contains(&(word as usize)),
            "a place in the code",
        )?;
        let func = module.func_at(word).ok_or(wrong("a place in the code"))?;
        self.mark(store, instance, func)?;
        let first = self.places.as_slice()[instance as usize] as usize - 1;
        let bits = &self.bits.as_slice()[first..];
        let begins = |word: u32| bits[word as usize / 64] >> (word % 64) & 1 != 0;
        let least = word.saturating_sub(MAX_WORDS as u32);
        let start = (least..=word).rev().find(|&word| begins(word));
        let start = start.filter(|&start| start >= module.func(func).code_word);
        let start = start.ok_or(wrong("a place in the code"))?;
        let op = Op::from_number(u16::from_le(module.code()[start as usize]));
        let info = op.ok_or(wrong("a place in the code"))?.info();
        Ok(Place {
            module,
            func,
            start,
            info,
        })
    }

    pub(super) fn release(self, store: &mut Store<'_>) {
        store.scratch_release(&mut { self.bits });
        store.scratch_release(&mut { self.places });
    }
}

impl Place<'_> {
    fn words(&self) -> [u16; MAX_WORDS] {
        let code = self.module.code().get(self.start as usize..);
        words_le(code.unwrap_or_default())
    }

    /// Slots of the results of what the call here calls.
    fn results(&self) -> Option<usize> {
        if self.info.control != Control::Call {
            return None;
        }
        let words = self.words();
        let module = &self.module;
        let ty = self.info.fields.iter().find_map(|field| {
            let (value, role) = (field_value(&words, field) as u32, field.role);
            if role.is_type() {
                Some(value)
            } else if role.is_defined_func() {
                Some(module.func(value).type_idx)
            } else if matches!(role, Role::ImportFunc | Role::Func) {
                Some(module.func_type_idx(value))
            } else {
                None
            }
        });
        Some(val::slot_count(module.func_type(ty?).results))
    }

    /// Whether a run may stand at this instruction: it is one that can find that the fuel does not suffice. Of these calls alone may read an
    /// accumulator: the machine finds what it held in its slot.
    fn may_pause(&self) -> bool {
        let control = match self.info.control {
            Control::Fuel | Control::Call | Control::TailCall | Control::Throw => true,
            Control::Next if self.info.op == Op::FuelMore => true,
            Control::Stub
            | Control::Enter
            | Control::Next
            | Control::Branch
            | Control::CondBranch
            | Control::Table
            | Control::Return
            | Control::Trap => self.info.charge != Charge::Zero,
        };
        control && (self.info.control == Control::Call || !self.reads_accumulator())
    }

    fn reads_accumulator(&self) -> bool {
        let mut fields = self.info.fields.iter();
        fields.any(|field| field.role.defined_by().is_some())
    }

    fn is_wait(&self) -> bool {
        matches!(self.info.op, Op::AtomicWait32 | Op::AtomicWait64)
    }

    /// Whether the host's answer, or a notification, leads behind this instruction.
    fn is_answered(&self) -> bool {
        self.info.control == Control::Call || self.is_wait()
    }
}

/// A walk over the frames of one thread.
pub(super) struct Walk<'a, 'm> {
    pub(super) starts: &'a mut Starts,
    pub(super) store: &'a mut Store<'m>,
    /// What was ever in use of the thread's stack.
    pub(super) stack: &'a [u64],
    /// Slots of all of it.
    pub(super) room: usize,
    /// Slots that are in use by what was found.
    pub(super) used: usize,
}

impl<'m> Walk<'_, 'm> {
    fn slot(&self, at: usize) -> Result<u64> {
        let slot = self.stack.get(at).copied();
        slot.ok_or(wrong("a frame outside of the stack"))
    }

    /// Takes slots into use.
    fn use_up_to(&mut self, end: usize) -> Result<()> {
        check(end <= self.room, "a frame that is larger than the stack")?;
        self.used = self.used.max(end);
        Ok(())
    }

    /// All activations of the thread, from the innermost one outwards; gives their number.
    pub(super) fn activations(&mut self, mut run: RunState, max: u32) -> Result<u32> {
        let mut count = 0;
        while run.status != Status::Idle {
            count += 1;
            // One that has trapped, and has been reported, does not count.
            check(count <= max.saturating_add(1), "runs that nest too deep")?;
            check(
                self.store.instance(run.instance).is_some(),
                "the instance of a run",
            )?;
            let record = run.record as usize;
            let returns = record.checked_add(RECORD_SLOTS - 1);
            let returns = returns.ok_or(wrong("the record of a run"))?;
            let stub = self.slot(returns)? == u64::from(HALT_STUB) * 2;
            check(stub, "the record of a run")?;
            self.use_up_to(record + RECORD_SLOTS)?;
            self.activation(&run)?;
            let Some(outer) = outer_of(self.stack, run.record) else {
                break;
            };
            // The record lies above all that the call needs which it is nested in.
            let params = self.host_params(&outer)?;
            let above = outer.record != NO_RECORD && outer.window as usize + params <= record;
            check(above, "the record of a run")?;
            run = outer;
        }
        Ok(count)
    }

    fn host_params(&self, run: &RunState) -> Result<usize> {
        let ty = self.store.host_type(run.callee);
        let sig = ty.and_then(|ty| self.store.func_sig(ty));
        Ok(sig.ok_or(wrong("a host function"))?.param_slots())
    }

    /// One activation, down to its record.
    fn activation(&mut self, run: &RunState) -> Result<()> {
        let (fp, pc) = (run.fp as usize, run.pc);
        match run.status {
            Status::Idle => Ok(()),
            Status::Starting => {
                let data = self.store.instance(run.instance);
                let module = data.ok_or(wrong("an instance"))?.module();
                check(run.callee < module.func_count(), "a function")?;
                check(pc == HALT_STUB, "the place of a run that starts")?;
                let ty = module.func_type(module.func(run.callee).type_idx);
                let params = val::slot_count(ty.params);
                self.window(run, params, val::slot_count(ty.results))
            }
            Status::HostCall => {
                let params = self.host_params(run)?;
                let sig = self.store.host_type(run.callee);
                let sig = sig.and_then(|ty| self.store.func_sig(ty));
                let results = sig.map_or(0, |sig| sig.result_slots());
                self.window(run, params, results)
            }
            Status::Throwing => {
                let sig = self.store.tag_type(run.callee);
                let sig = sig.and_then(|ty| self.store.func_sig(ty));
                let values = sig.ok_or(wrong("a tag"))?.param_slots();
                // What is thrown does not return; the number of results is that of the call.
                let results = self.results_at(run)?;
                self.window(run, values, results)
            }
            Status::Ready if pc == HALT || pc == LEAVE => {
                let (stub, base) = if pc == HALT {
                    (HALT_STUB, 1)
                } else {
                    (LEAVE_STUB, 2)
                };
                let at = if pc == HALT {
                    run.record as usize + 2
                } else {
                    fp
                };
                let results = (self.slot(at)? >> 32) as usize;
                self.use_up_to(fp.saturating_add(1 + results))?;
                self.frames(run, stub, fp.saturating_add(base), results)
            }
            Status::Ready | Status::Waiting => {
                let place = self.starts.find(self.store, run.instance, pc)?;
                let may = if run.status == Status::Waiting {
                    place.is_wait()
                } else {
                    place.may_pause() || self.is_behind_answer(run, &place)?
                };
                check(may && place.start == pc, "where a run is paused")?;
                self.frame(run, &place)
            }
            // It does not go on. Its frames are only looked at, by what believes nothing.
            Status::Trapped => Ok(()),
        }
    }

    /// Whether a run that has been answered goes on at this instruction.
    fn is_behind_answer(&mut self, run: &RunState, place: &Place<'_>) -> Result<bool> {
        let first = place.module.func(place.func).code_word;
        if place.start <= first || place.reads_accumulator() {
            return Ok(false);
        }
        let before = self
            .starts
            .find(self.store, run.instance, place.start - 1)?;
        let end = before.start + u32::from(before.info.words);
        Ok(before.is_answered() && end == place.start)
    }

    /// Slots of the results of the call that an activation waits at.
    fn results_at(&mut self, run: &RunState) -> Result<usize> {
        match run.pc {
            HALT_STUB => Ok((self.slot(run.record as usize + 2)? >> 32) as usize),
            LEAVE_STUB => Ok((self.slot(run.fp as usize)? >> 32) as usize),
            site => {
                let place = self.site(run.instance, site)?;
                place.results().ok_or(wrong("a call"))
            }
        }
    }

    /// What waits at a call, with so many slots in its window: a function of the host, or one that has not started.
    fn window(&mut self, run: &RunState, slots: usize, results: usize) -> Result<()> {
        let window = run.window as usize;
        // Arguments are read where they are.
        check(
            window
                .checked_add(slots)
                .is_some_and(|end| end <= self.room),
            "arguments outside of the stack",
        )?;
        self.use_up_to(window + slots)?;
        let base = match run.pc {
            HALT_STUB => 1,
            LEAVE_STUB => 2,
            site => {
                let place = self.site(run.instance, site)?;
                let (base, _) = self.window_at(&place, site)?;
                usize::from(base)
            }
        };
        let own = run.fp as usize + base == window;
        check(own, "the arguments of a call")?;
        self.frames(run, run.pc, window, results)
    }

    /// Where the callee's frame and results are of the call at a site.
    fn window_at(&self, place: &Place<'_>, site: u32) -> Result<(u16, u16)> {
        window_at(place.module.code(), site as usize).ok_or(wrong("a return word"))
    }

    /// The call whose last word this is.
    fn site(&mut self, instance: u32, site: u32) -> Result<Place<'m>> {
        let place = self.starts.find(self.store, instance, site)?;
        let mut fields = place.info.fields.iter();
        let window = fields.find(|field| field.role == Role::Window);
        let at = window.map(|field| place.start as usize + site_word(field.place));
        let is_call = place.info.control == Control::Call && at == Some(site as usize);
        check(is_call, "a return word that names no call")?;
        Ok(place)
    }

    /// The frame of a function that is at work, and all outside of it.
    fn frame(&mut self, run: &RunState, place: &Place<'_>) -> Result<()> {
        let (site, results) = self.return_of(run.fp as usize, place)?;
        self.frames(run, site, run.fp as usize, results)
    }

    /// Where the function of a frame returns to, and how many slots it gives.
    fn return_of(&mut self, fp: usize, place: &Place<'_>) -> Result<(u32, usize)> {
        let record = place.module.func(place.func);
        self.use_up_to(fp.saturating_add(record.frame.into()))?;
        Ok((self.return_word(fp)?, record.results.into()))
    }

    /// What is in the return word below a frame: the last word of a call.
    fn return_word(&self, fp: usize) -> Result<u32> {
        let below = fp.checked_sub(1);
        let word = self.slot(below.ok_or(wrong("a frame outside of the stack"))?)?;
        check(word.is_multiple_of(2), "a return word")?;
        u32::try_from(word / 2).map_err(|_| wrong("a return word"))
    }

    /// Walks from what is at `window`, which will give `results` slots to the call whose last word is `site`, down to the
    /// record of the activation.
    fn frames(
        &mut self,
        run: &RunState,
        mut site: u32,
        mut window: usize,
        mut results: usize,
    ) -> Result<()> {
        let bottom = run.record as usize + RECORD_SLOTS;
        let mut instance = run.instance;
        loop {
            // Each round comes closer to the bottom: a call's window is above its frame's first slot.
            check(window >= bottom, "a frame below the record of its run")?;
            if site == HALT_STUB {
                let asked = (self.slot(run.record as usize + 2)? >> 32) as usize;
                check(window == bottom, "where the bottom frame begins")?;
                return check(results == asked, "the results of a run");
            }
            if site == LEAVE_STUB {
                window -= 2;
                check(window >= bottom, "a frame below the record of its run")?;
                let leave = self.slot(window)?;
                check((leave >> 32) as usize == results, "the results of a call")?;
                (instance, site) = (leave as u32, self.return_word(window)?);
                // A function that returns to a stub is not called from elsewhere by another one.
                check(site >= PROLOGUE.len() as u32, "a return word")?;
            }
            let place = self.site(instance, site)?;
            check(place.results() == Some(results), "the results of a call")?;
            let (base, _) = self.window_at(&place, site)?;
            let fp = window.checked_sub(base.into());
            let fp = fp.filter(|&fp| fp >= bottom);
            window = fp.ok_or(wrong("a frame below the record of its run"))?;
            (site, results) = self.return_of(window, &place)?;
        }
    }
}
