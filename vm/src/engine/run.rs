//! Starting, continuing and ending runs.
//!
//! Input: functions with arguments, answers to host calls. Output: outcomes.
//! Invariants: a run that has trapped keeps its frames, for a backtrace, until something else is asked of the engine; it counts as ended
//! from the moment its trap has been reported. Slots given by the host are made what their types say before a guest sees them.

use super::Engine;
use crate::error::{Budget, Entity, Error, Misuse};
use crate::exec::serving::{Answers, Nobody};
use crate::exec::{self, Exit, Refused, Target};
use crate::outcome::{Func, HostCall, HostFunc, Instance, Outcome, Trap};
use crate::raw::instance::{Callee, host_ref};
use crate::raw::store::{RunState, Status};
use crate::val::{ValType, narrowed, valtype};
use wrt_format::isa::{Op, Place, field, pair, site_word};

/// A frame of a run: where a function of a guest stands. Where the compiler has put functions in the place of calls, a frame on the stack is several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The instance whose function it is.
    pub instance: Instance,
    /// Index of the function in its module, imports first.
    pub func: u32,
    /// Index of the function in whose code it is: another one if `func` has been put in the place of a call there.
    pub runs_in: u32,
    /// Word in that code: the instruction that has trapped or waits.
    pub word: u32,
    /// Byte offset in the Wasm binary that it comes from, if the image knows.
    pub wasm_offset: Option<u32>,
}

/// Most slots that are put right in a copy on the way: more results must be right.
pub(super) const FEW_SLOTS: usize = 16;

impl Engine<'_> {
    /// Starts a run of `func` and lets it go until something happens. `args` has one slot per parameter: an i32 or f32 in the low half,
    /// the high half being ignored; references as handles, 0 for null; a v128 takes two, its low half first.
    ///
    /// While a host call is pending the new run nests above it; the outer one goes on when the new one has ended and the host call has
    /// been answered. `func` may be a function of any instance; a host function is called on behalf of `instance`.
    ///
    /// A stack too small for the arguments is a trap as any deep recursion is.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such instance or function, or an argument is a function reference that leads nowhere;
    /// [`Error::ArgumentCount`]; [`Error::Misuse`] while a run is paused; [`Error::Budget`] when runs nest too deep.
    pub fn execute(
        &mut self,
        instance: Instance,
        func: Func,
        args: &[u64],
    ) -> Result<Outcome, Error> {
        if self.store.instance(instance.number()).is_none() {
            return Err(Error::Unknown(Entity::Instance));
        }
        self.check_startable()?;
        let target = exec::target(&self.store, func.bits());
        let target = target.ok_or(Error::Unknown(Entity::Func))?;
        let exit = self.execute_target(instance, target, args, &mut Nobody)?;
        self.outcome_of(exit)
    }

    /// Starts a run of a function that has been looked up, and lets it go. Host calls that are answered by `answers` do not end it.
    fn execute_target(
        &mut self,
        instance: Instance,
        target: Target,
        args: &[u64],
        answers: &mut impl Answers,
    ) -> Result<Exit, Error> {
        let sig = self.store.func_sig(target.ty).unwrap_or_default();
        let expected = sig.param_slots();
        if expected != args.len() {
            return Err(Error::ArgumentCount {
                expected,
                got: args.len(),
            });
        }
        if sig.has_refs {
            self.check_refs(sig.params, args)?;
        }
        match exec::start_target(&mut self.store, instance.number(), target, args) {
            Ok(()) => {}
            Err(Refused::Stack) => return Ok(Exit::NotStarted(Trap::StackOverflow)),
            Err(Refused::NoFunction | Refused::Arity) => return Err(Error::Unknown(Entity::Func)),
            Err(Refused::Status) => return Err(Misuse::RunPaused.into()),
        }
        self.executions += 1;
        self.store.session.depth += 1;
        match target.callee {
            Callee::Host(_) => Ok(Exit::HostCall),
            Callee::Guest { .. } => Ok(self.go(answers)?),
        }
    }

    /// Puts an instance back to how it was when it was made, and runs its start function: globals and tables that it defines, dropped segments; active
    /// segments are written again. What it imports, its functions and the places of what it defines stay the same, so that whoever still refers
    /// to them meets the instance as it is then. So a host that has no more use for an instance makes another one of the same module without new
    /// memory, as for a thread that begins after others have ended.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such instance; [`Error::Misuse`] when it defines a memory, which would have to be cleared, or while a
    /// run is paused.
    pub fn renew(&mut self, instance: Instance) -> Result<Outcome, Error> {
        crate::instance::renew(self, instance.number())
    }

    /// As [`Engine::execute`], in the function's own instance; a host function is called on behalf of the last instance made.
    ///
    /// # Errors
    /// Those of [`Engine::execute`].
    pub fn execute_func(&mut self, func: Func, args: &[u64]) -> Result<Outcome, Error> {
        let exit = self.execute_func_with(func, args, &mut Nobody)?;
        self.outcome_of(exit)
    }

    /// The same without an outcome made of it; host calls that are answered by `answers` do not end it.
    pub(crate) fn execute_func_with(
        &mut self,
        func: Func,
        args: &[u64],
        answers: &mut impl Answers,
    ) -> Result<Exit, Error> {
        let Some(target) = exec::target(&self.store, func.bits()) else {
            return Err(Error::Unknown(Entity::Func));
        };
        let instance = match target.callee {
            Callee::Guest { instance, .. } => Instance(instance),
            Callee::Host(_) => self.last_instance.unwrap_or(Instance(0)),
        };
        if self.store.instance(instance.number()).is_none() {
            return Err(Error::Unknown(Entity::Instance));
        }
        self.check_startable()?;
        self.execute_target(instance, target, args, answers)
    }

    /// Continues the innermost run: after [`Outcome::OutOfFuel`] or [`Outcome::Yield`], when its host call has been answered, or when
    /// it has been woken after [`Outcome::Wait`].
    ///
    /// # Errors
    /// [`Error::Misuse`] when no run is paused, its host call waits for an answer, or it still waits for a notification.
    pub fn resume(&mut self) -> Result<Outcome, Error> {
        let exit = self.go_on(&mut Nobody)?;
        self.outcome_of(exit)
    }

    /// The same without an outcome made of it; host calls that are answered by `answers` do not end it.
    pub(crate) fn go_on(&mut self, answers: &mut impl Answers) -> Result<Exit, Misuse> {
        if let Some(trap) = self.store.session.host_trap.take() {
            return Ok(Exit::Trap(trap));
        }
        self.settle();
        match self.store.run.status {
            Status::Starting | Status::Ready | Status::Throwing => self.go(answers),
            Status::HostCall => Err(Misuse::HostCallPending),
            Status::Waiting => Err(Misuse::Waiting),
            Status::Idle | Status::Trapped => Err(Misuse::NothingPaused),
        }
    }

    /// Ends the innermost run, wherever it is: its frames are dropped, what it has written stays. The run in whose host call it was
    /// nested waits for its answer again. Nothing happens when there is no run.
    pub fn cancel(&mut self) {
        if self.store.session.depth == 0 {
            return;
        }
        // A run that the host has made trap is still the innermost one: it has not been told yet.
        if self.store.session.host_trap.take().is_none() {
            self.settle();
        }
        exec::drop_activation(&mut self.store);
        self.store.session.depth -= 1;
        self.store.session.results = (0, 0);
    }

    /// Runs that have not ended, nested ones included.
    #[must_use]
    pub const fn nesting(&self) -> u32 {
        self.store.session.depth
    }

    /// The results of the run that is done, one slot each or two for a v128, until the next call that changes the engine. Empty otherwise.
    #[must_use]
    pub fn results(&self) -> &[u64] {
        let (first, count) = self.store.session.results;
        self.store
            .stack()
            .get(first..first + count)
            .unwrap_or_default()
    }

    /// The host call that waits for an answer.
    #[must_use]
    #[inline]
    pub fn pending_host_call(&self) -> Option<HostCall> {
        let run = self.waiting()?;
        Some(HostCall {
            host: HostFunc(run.callee),
            instance: Instance(run.instance),
            import: self.import_called(&run).unwrap_or(u32::MAX),
        })
    }

    /// The arguments of the host call that waits for an answer, one slot each or two for a v128. Empty when none does.
    #[must_use]
    pub fn host_args(&self) -> &[u64] {
        let args = self.waiting().and_then(|run| {
            let sig = self.store.func_sig(self.store.host_type(run.callee)?)?;
            let first = run.window as usize;
            self.store.stack().get(first..first + sig.param_slots())
        });
        args.unwrap_or_default()
    }

    /// Answers the host call with its results, in slots like the arguments of [`Engine::execute`]. Then resume.
    ///
    /// # Errors
    /// [`Error::Misuse`] when no host call waits; [`Error::ResultCount`]; [`Error::Unknown`] when a function reference leads nowhere.
    pub fn host_return(&mut self, results: &[u64]) -> Result<(), Error> {
        let run = self.waiting().ok_or(Misuse::NoHostCall)?;
        self.settle();
        let sig = self
            .store
            .host_type(run.callee)
            .and_then(|ty| self.store.func_sig(ty))
            .unwrap_or_default();
        let expected = sig.result_slots();
        if expected != results.len() {
            return Err(Error::ResultCount {
                expected,
                got: results.len(),
            });
        }
        if sig.has_refs {
            self.check_refs(sig.results, results)?;
        }
        let is_right = |(ty, &slot): (ValType, &u64)| narrowed(ty, slot) == slot;
        if results.len() > FEW_SLOTS && !valtype::slot_types(sig.results).zip(results).all(is_right)
        {
            return Err(Error::Invalid("result: an i32 or f32 beyond 32 bits"));
        }
        let finished = exec::finish_host_call(&mut self.store, results);
        self.store.session.results = (0, 0);
        match finished {
            Ok(()) => Ok(()),
            Err(Refused::Stack) => self.host_trap(Trap::StackOverflow),
            Err(Refused::NoFunction | Refused::Arity | Refused::Status) => {
                Err(Misuse::NoHostCall.into())
            }
        }
    }

    /// Answers the host call with a trap at the guest's call. Then resume, which reports it.
    ///
    /// # Errors
    /// [`Error::Misuse`] when no host call waits.
    pub fn host_trap(&mut self, trap: Trap) -> Result<(), Error> {
        if self.waiting().is_none() {
            return Err(Misuse::NoHostCall.into());
        }
        self.settle();
        if exec::trap_host_call(&mut self.store).is_err() {
            return Err(Misuse::NoHostCall.into());
        }
        self.store.session.host_trap = Some(trap);
        Ok(())
    }

    /// Where the run stands that is paused, or has ended in a trap or with an exception, innermost frame first, followed by the runs it is nested in. After a trap, until
    /// something else is asked of the engine.
    pub fn backtrace(&self) -> impl Iterator<Item = Frame> + '_ {
        let known = exec::frames(&self.store).filter_map(|frame| {
            let module = self.store.instance(frame.instance)?.module();
            Some((module, frame))
        });
        known.flat_map(|(module, frame)| {
            let positions = module.positions(frame.func, frame.word);
            positions.map(move |position| Frame {
                instance: Instance(frame.instance),
                func: module.imported_funcs() + position.func,
                runs_in: module.imported_funcs() + frame.func,
                word: frame.word,
                wasm_offset: position.offset,
            })
        })
    }

    /// The instance made last.
    #[must_use]
    pub const fn last_instance(&self) -> Option<Instance> {
        self.last_instance
    }

    pub(crate) const fn set_last_instance(&mut self, instance: Instance) {
        self.last_instance = Some(instance);
    }

    /// Whether a run may be started now: none is paused, or one waits for the host.
    pub(crate) fn check_startable(&mut self) -> Result<(), Error> {
        if self.store.session.host_trap.is_some() {
            return Err(Misuse::RunPaused.into());
        }
        self.settle();
        match self.store.run.status {
            Status::Idle | Status::Trapped => {}
            Status::HostCall if self.store.session.depth < self.config.max_nesting => {}
            Status::HostCall => return Err(Budget::Nesting.into()),
            Status::Starting | Status::Ready | Status::Waiting | Status::Throwing => {
                return Err(Misuse::RunPaused.into());
            }
        }
        self.store.session.results = (0, 0);
        Ok(())
    }

    /// A trap of something that is no run: nothing was started.
    pub(crate) const fn trapped_outside_runs(&mut self, trap: Trap) -> Outcome {
        self.traps += 1;
        Outcome::Trap(trap)
    }

    fn go(&mut self, answers: &mut impl Answers) -> Result<Exit, Misuse> {
        self.store.session.results = (0, 0);
        exec::run(&mut self.store, answers).map_err(|_| Misuse::NothingPaused)
    }

    /// Notes that a run is done: what the embedder is told of it.
    #[inline]
    pub(crate) const fn note_done(&mut self) {
        self.store.session.depth = self.store.session.depth.saturating_sub(1);
    }

    /// What the embedder is told of how a run was left. Never an error: so an outcome is made where it is handed on, and not copied.
    pub(crate) fn outcome_of(&mut self, exit: Exit) -> Result<Outcome, Error> {
        Ok(match exit {
            Exit::Done => {
                self.note_done();
                Outcome::Done
            }
            Exit::NotStarted(trap) => self.trapped_outside_runs(trap),
            Exit::Trap(trap) => self.ended_in(trap),
            Exit::Exception => self.ended_with_exception(),
            Exit::OutOfFuel => Outcome::OutOfFuel,
            Exit::Yield => Outcome::Yield,
            Exit::Wait => match self.waits_for(self.thread()) {
                Some(wait) => Outcome::Wait(wait),
                None => self.ended_in(Trap::InvalidReference),
            },
            Exit::HostCall => match self.pending_host_call() {
                Some(call) => Outcome::HostCall(call),
                None => self.ended_in(Trap::InvalidReference),
            },
        })
    }

    /// The host function that a run waits for that has just been left for it, and the instance that calls it.
    #[cfg(feature = "alloc")]
    pub(crate) const fn called(&self) -> (HostFunc, Instance) {
        let run = &self.store.run;
        (HostFunc(run.callee), Instance(run.instance))
    }

    /// As [`Self::host_return`], of results that are what their types say and no references. False, and nothing has changed, if that has to see to it.
    #[cfg(feature = "alloc")]
    pub(crate) fn host_return_exact(&mut self, results: &[u64]) -> bool {
        let is_done = exec::finish_host_call(&mut self.store, results).is_ok();
        if is_done {
            self.store.session.results = (0, 0);
        }
        is_done
    }

    fn ended_in(&mut self, trap: Trap) -> Outcome {
        self.store.session.depth = self.store.session.depth.saturating_sub(1);
        self.traps += 1;
        Outcome::Trap(trap)
    }

    /// Drops the frames of a run whose trap has been reported.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.store.run.status == Status::Trapped && self.store.session.host_trap.is_none() {
            exec::drop_activation(&mut self.store);
        }
    }

    /// The run that waits for the host: the innermost one that has not ended.
    #[inline(always)]
    pub(super) fn waiting(&self) -> Option<RunState> {
        let run = match self.store.run.status {
            Status::Trapped if self.store.session.host_trap.is_none() => exec::outer(&self.store)?,
            Status::Trapped
            | Status::Idle
            | Status::Starting
            | Status::Ready
            | Status::Waiting
            | Status::Throwing
            | Status::HostCall => self.store.run,
        };
        (run.status == Status::HostCall).then_some(run)
    }

    /// Index of the imported function that a pending host call names, if the call does.
    fn import_called(&self, run: &RunState) -> Option<u32> {
        let code = self.store.instance(run.instance)?.module().code();
        // The place is that of the last word. What lies before it may be another call, which only looks like a call of an import.
        let ending = |op: Op, base: Place, func: Place| {
            let at = (run.pc as usize).checked_sub(site_word(base))?;
            let word = |i: usize| code.get(at + i).copied().map(u16::from_le);
            let low = word(func.word())?;
            let high = if func.bits == 32 {
                word(func.word() + 1)?
            } else {
                0
            };
            (word(0)? == op as u16).then_some(pair(low, high))
        };
        let last = code.get(run.pc as usize).copied().map(u16::from_le)?;
        let func = if last & 0xff == 0 {
            use field::call_import as at;
            ending(Op::CallImport, at::base, at::func)
        } else {
            use field::call_import_short as at;
            ending(Op::CallImportShort, at::base, at::func)
        }?;
        let imported = func < self.store.instance(run.instance)?.module().imported_funcs();
        let handle = self.store.func_handle(run.instance, func)?;
        (imported && handle == host_ref(run.callee)).then_some(func)
    }

    /// References must be of their type, and those to functions lead somewhere.
    pub(super) fn check_refs(&self, types: &[ValType], slots: &[u64]) -> Result<(), Error> {
        if !types.iter().any(|ty| ty.is_ref()) {
            return Ok(());
        }
        for (ty, &slot) in valtype::slot_types(types).zip(slots) {
            if ty.is_ref() {
                self.checked_slot(ty, slot)?;
            }
        }
        Ok(())
    }
}

/// The first slots without what is beyond their types.
#[inline]
pub(super) fn narrowed_copy(types: &[ValType], slots: &[u64]) -> [u64; FEW_SLOTS] {
    let mut copy = [0; FEW_SLOTS];
    // Without vectors each type has one slot.
    if types.len() == slots.len() {
        for ((to, &ty), &slot) in copy.iter_mut().zip(types).zip(slots) {
            *to = narrowed(ty, slot);
        }
        return copy;
    }
    let types = valtype::slot_types(types);
    for ((to, ty), &slot) in copy.iter_mut().zip(types).zip(slots) {
        *to = narrowed(ty, slot);
    }
    copy
}
