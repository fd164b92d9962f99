//! The loops that serve host calls.
//!
//! Input: runs that wait for host functions of a linker. Output: what else the runs come to.
//! Invariants: a host function that sees nothing of the engine is answered without the run being left for good ([`Plains`]); any other one,
//! and how one ends that gives no results, is served here, with the run paused.

use super::bindings::Binding;
use super::{Call, HostDefinition, Linker};
use crate::engine::Engine;
use crate::error::{Entity, Error, Misuse};
use crate::exec::Exit;
use crate::exec::serving::Answers;
use crate::host::{Caller, HostError, PlainClosure};
use crate::outcome::{Func, HostFunc, Instance, Outcome};
use crate::val::valtype;
use alloc::vec::Vec;

/// Those of a linker's host functions that see nothing of the engine, as one engine numbers them.
pub(super) struct Plains<'a> {
    closures: &'a [PlainClosure],
    /// By number in the engine: index into `closures`.
    numbers: &'a [Option<usize>],
    /// How the last one that was called has ended, if not with results.
    failed: Option<HostError>,
}

/// Compiled here and not for each type of data.
impl Plains<'_> {
    /// Starts a run and lets it go, answering these functions.
    pub(super) fn execute(
        &mut self,
        engine: &mut Engine<'_>,
        func: Func,
        args: &[u64],
    ) -> Result<Exit, Error> {
        engine.execute_func_with(func, args, self)
    }

    /// Lets a run go on, answering these functions.
    pub(super) fn go_on(&mut self, engine: &mut Engine<'_>) -> Result<Exit, Misuse> {
        engine.go_on(self)
    }
}

impl Answers for Plains<'_> {
    fn answer(&mut self, host: u32, stack: &mut [u64], args: usize, results: usize) -> bool {
        let index = self.numbers.get(host as usize).copied().flatten();
        let Some(closure) = index.and_then(|index| self.closures.get(index)) else {
            return false;
        };
        match closure(stack, args, results) {
            Ok(is_called) => is_called,
            Err(error) => {
                self.failed = Some(error);
                false
            }
        }
    }
}

impl<T> Linker<T> {
    /// The host functions that see nothing of the engine.
    #[inline]
    pub(super) fn plains(&self, engine: &Engine<'_>) -> Plains<'_> {
        let binding = self.binding_of(engine);
        Plains {
            closures: &self.plains,
            numbers: binding.map_or(&[], Binding::plains),
            failed: None,
        }
    }

    /// Serves the host call that an outcome may be, and those that follow.
    pub(super) fn drive_from(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        outcome: Outcome,
    ) -> Result<Outcome, Error> {
        let mut plains = self.plains(engine);
        match self.serve_outcome(engine, data, outcome, &mut plains)? {
            Served::Results => {
                let exit = plains.go_on(engine)?;
                let exit = self.drive(engine, data, exit, plains)?;
                engine.outcome_of(exit)
            }
            Served::NotReady => Ok(Outcome::Yield),
            Served::NotOurs => Ok(outcome),
        }
    }

    /// Starts a run of a function and serves its host calls until something else happens.
    #[inline]
    pub(crate) fn run(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        func: Func,
        args: &[u64],
    ) -> Result<Exit, Error> {
        let mut plains = self.plains(engine);
        let exit = plains.execute(engine, func, args)?;
        if exit == Exit::HostCall {
            self.drive(engine, data, exit, plains)
        } else {
            Ok(exit)
        }
    }

    /// Serves host calls until something else happens. No outcome is made of those.
    pub(super) fn drive(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        mut exit: Exit,
        mut plains: Plains<'_>,
    ) -> Result<Exit, Error> {
        while exit == Exit::HostCall {
            let called = engine.called();
            match self.serve_one(engine, data, called, &mut plains)? {
                Served::Results => exit = plains.go_on(engine)?,
                Served::NotReady => return Ok(Exit::Yield),
                Served::NotOurs => break,
            }
        }
        Ok(exit)
    }

    /// Serves the host call that an outcome may be.
    pub(super) fn serve_outcome(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        outcome: Outcome,
        plains: &mut Plains<'_>,
    ) -> Result<Served, Error> {
        let Outcome::HostCall(call) = outcome else {
            return Ok(Served::NotOurs);
        };
        self.serve_one(engine, data, (call.host, call.instance), plains)
    }

    /// Serves one host call, which `plains` may have been asked to answer.
    fn serve_one(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        called: (HostFunc, Instance),
        plains: &mut Plains<'_>,
    ) -> Result<Served, Error> {
        let served = if let Some(error) = plains.failed.take() {
            Err(error)
        } else {
            let Some(definition) = self.definition(engine, called.0) else {
                return Ok(Served::NotOurs);
            };
            match &definition.call {
                Call::Plain(index) => self.serve_plain(engine, *index, definition),
                Call::Caller(_) => self.serve(engine, data, called, definition),
            }
        };
        match served {
            Ok(()) => Ok(Served::Results),
            Err(error) => end_in(engine, error),
        }
    }

    /// Calls a closure that sees nothing of the engine, and hands its results to the guest.
    fn serve_plain(
        &self,
        engine: &mut Engine<'_>,
        index: usize,
        definition: &HostDefinition<T>,
    ) -> Result<(), HostError> {
        let ([params, results], _) = definition.slots().unwrap_or_default();
        let mut slots = Slots::new(params + results);
        let slots = slots.as_mut();
        for (to, from) in slots.iter_mut().zip(engine.host_args()) {
            *to = *from;
        }
        let closure = self.plains.get(index);
        let is_called = closure.map_or(Ok(false), |closure| closure(slots, 0, params))?;
        let results = slots.get(params..).filter(|_| is_called);
        let results = results.ok_or(Error::Unknown(Entity::HostFunc))?;
        Ok(engine.host_return(results)?)
    }

    /// Calls a closure and hands its results to the guest. Runs that it has started and left unfinished are cancelled.
    fn serve(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        (host, instance): (HostFunc, Instance),
        definition: &HostDefinition<T>,
    ) -> Result<(), HostError> {
        let Call::Caller(closure) = &definition.call else {
            return Err(Error::Unknown(Entity::HostFunc).into());
        };
        let ([params, results], is_exact) = match definition.slots() {
            Some(slots) => slots,
            None => {
                let ty = engine.func_type(host.func())?;
                ([ty.params, ty.results].map(valtype::slot_count), false)
            }
        };
        let mut slots = Slots::new(params + results);
        let (args, results) = slots.as_mut().split_at_mut(params);
        for (to, from) in args.iter_mut().zip(engine.host_args()) {
            *to = *from;
        }
        let (thread, nesting) = (engine.thread(), engine.nesting());
        let caller = Caller {
            engine,
            data,
            linker: self,
            instance,
        };
        let result = closure(caller, args, results);
        engine.switch_to(thread)?;
        while engine.nesting() > nesting {
            engine.cancel();
        }
        result?;
        if is_exact && engine.host_return_exact(results) {
            return Ok(());
        }
        Ok(engine.host_return(results)?)
    }
}

/// What has become of a host call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// It has been answered.
    Results,
    /// Its function is not ready.
    NotReady,
    /// Its function is not of this linker.
    NotOurs,
}

/// What becomes of a host call whose function has given no results.
#[cold]
fn end_in(engine: &mut Engine<'_>, error: HostError) -> Result<Served, Error> {
    match error {
        HostError::Trap(trap) => engine.host_trap(trap).map(|()| Served::Results),
        HostError::Throw { tag, values } => {
            let thrown = engine.host_throw(tag, &values);
            thrown.inspect_err(|_| engine.cancel())?;
            Ok(Served::Results)
        }
        HostError::Rethrow => {
            let thrown = engine.host_rethrow();
            thrown.inspect_err(|_| engine.cancel())?;
            Ok(Served::Results)
        }
        HostError::Pending => Ok(Served::NotReady),
        HostError::Exit(code) => {
            engine.cancel();
            Err(Error::Exit(code))
        }
        HostError::Other(error) => {
            engine.cancel();
            Err(Error::Host(error))
        }
    }
}

/// Zeroed slots, on the stack when there are few.
struct Slots {
    few: [u64; Self::FEW],
    many: Vec<u64>,
    len: usize,
}

impl Slots {
    const FEW: usize = 8;

    fn new(len: usize) -> Self {
        let many = if len > Self::FEW {
            alloc::vec![0; len]
        } else {
            Vec::new()
        };
        Self {
            few: [0; Self::FEW],
            many,
            len,
        }
    }

    fn as_mut(&mut self) -> &mut [u64] {
        self.few.get_mut(..self.len).unwrap_or(&mut self.many)
    }
}
