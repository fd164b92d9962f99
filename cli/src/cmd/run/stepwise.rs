//! A guest that goes forward by portions, for a debugger: its state between two of them is plain data.
//!
//! Input: a guest that has not begun, a position to go to. Output: [`Ran`]. A position in time is the fuel used. Invariants: what the guest does depends on
//! its state and on the answers of the host alone, so from the same state it comes to the same state at the same position; nothing is waited for: what a
//! guest sleeps in `memory.atomic.wait` passes at once, as its clock says.

use std::path::Path;
use std::sync::PoisonError;

use wrt_vm::{Config, Engine, Error, Outcome, PauseAt, Snapshot, Tag, Trap};

pub(crate) use super::guest::Guest;
use super::guest::Phase;
use super::threads;
use crate::debug::Log;
use crate::status::{Failure, Status};
use crate::tape::Tape;

/// What there is to a guest between two portions beside the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    phase: Phase,
    /// Whether what the phase runs has been started.
    started: bool,
    /// Nanoseconds that it has slept.
    slept: u64,
}

/// How a guest ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It returned, or asked to exit with this code.
    Exit(i32),
    /// It trapped. Its frames are there.
    Trap(Trap),
    /// It threw an exception of this tag that nobody has caught. Its frames are there.
    Exception(Tag),
    /// It waits for a notification that nobody can send. Its frames are there.
    Deadlock,
}

/// What a portion has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// A pause: the fuel is used up, or it is at a place to pause at.
    Paused,
    /// The guest has ended.
    Ended(Ending),
}

/// Budgets of the engine: there is one thread.
pub(crate) const fn config() -> Config {
    super::config(None)
}

/// A guest with its place.
pub(crate) struct Stepwise<'m> {
    pub(crate) guest: Guest<'m>,
    place: Place,
    /// What is called in place of `_start`, with the slots of its arguments.
    main: (String, Vec<u64>),
    /// Whether `_initialize` is called before it.
    initialize: bool,
}

impl<'m> Stepwise<'m> {
    /// A guest that has not begun, and calls this export of it or `_start`. Calls of the host go over the tape.
    pub(crate) fn new(
        mut guest: Guest<'m>,
        tape: Tape,
        invoke: Option<(&str, &[String])>,
    ) -> Result<Self, Failure> {
        if guest
            .module
            .imports()
            .any(|it| threads::is_for_threads(&it))
        {
            let text = "the module wants threads, which cannot be debugged";
            return Err(Failure::new(Status::Unsupported, text));
        }
        guest.use_tape(tape)?;
        let main = match invoke {
            Some((name, args)) => (name.to_owned(), guest.slots_of(name, args)?),
            None => {
                guest.slots_of("_start", &[])?;
                ("_start".to_owned(), Vec::new())
            }
        };
        let has_initialize = guest.module.view().export("_initialize").is_some();
        let initialize = invoke.is_some() && main.0 != "_initialize" && has_initialize;
        guest.invoked = invoke.is_some().then(|| main.clone());
        let place = Place {
            phase: Phase::Instantiate,
            started: false,
            slept: 0,
        };
        Ok(Self {
            guest,
            place,
            main,
            initialize,
        })
    }

    /// Goes on until as much fuel has been used in all as `limit` says, or to a place to pause at; with `leaves` the place that it is at is none.
    pub(crate) fn go(&mut self, limit: u64, at: PauseAt, leaves: bool) -> Result<Ran, Failure> {
        let engine = &mut self.guest.engine;
        let used = engine.fuel_used();
        engine.set_fuel(limit.saturating_sub(used));
        engine.pause_at(at, leaves);
        let mut outcome = if self.place.started {
            self.resumed()
        } else {
            self.begun()?
        };
        loop {
            let ending = match outcome {
                Ok(Outcome::OutOfFuel) => return Ok(Ran::Paused),
                Ok(Outcome::Done) => {
                    if !self.next_phase() {
                        return Ok(Ran::Ended(Ending::Exit(0)));
                    }
                    outcome = self.begun()?;
                    continue;
                }
                Ok(Outcome::Wait(_)) if self.woken() => {
                    outcome = self.resumed();
                    continue;
                }
                Ok(Outcome::Wait(_)) => Ending::Deadlock,
                Ok(Outcome::Trap(trap)) => Ending::Trap(trap),
                Ok(Outcome::Exception(tag)) => Ending::Exception(tag),
                Ok(Outcome::HostCall(_) | Outcome::Yield) => {
                    let text = "a host function has no answer";
                    return Err(Failure::new(Status::Internal, text));
                }
                Err(Error::Exit(code)) => Ending::Exit(code),
                Err(error) => return Err(error.into()),
            };
            return Ok(Ran::Ended(ending));
        }
    }

    fn resumed(&mut self) -> Result<Outcome, Error> {
        let guest = &mut self.guest;
        guest.linker.resume(&mut guest.engine, &mut guest.wasi)
    }

    /// Begins with the present phase.
    fn begun(&mut self) -> Result<Result<Outcome, Error>, Failure> {
        self.place.started = true;
        let guest = &mut self.guest;
        let (name, args) = match self.place.phase {
            Phase::Instantiate => {
                return match guest.linked() {
                    Err(Error::Import(error)) => Err(guest.undefined(error)),
                    outcome => Ok(outcome),
                };
            }
            Phase::Initialize => ("_initialize", &[][..]),
            Phase::Main => (&*self.main.0, &*self.main.1),
        };
        let func = guest.exported(name)?;
        let (engine, wasi) = (&mut guest.engine, &mut guest.wasi);
        Ok(guest.linker.call(engine, wasi, func, args))
    }

    /// Goes on to the next phase; false if there is none.
    const fn next_phase(&mut self) -> bool {
        self.place.phase = match self.place.phase {
            Phase::Instantiate if self.initialize => Phase::Initialize,
            Phase::Instantiate | Phase::Initialize => Phase::Main,
            Phase::Main => return false,
        };
        self.place.started = false;
        true
    }

    /// Lets time pass until the guest wakes up; false if it never does.
    fn woken(&mut self) -> bool {
        let engine = &mut self.guest.engine;
        let now = engine.fuel_used().saturating_add(self.place.slept);
        engine.set_clock(now);
        let Some(wait) = engine.waits_for(engine.thread()) else {
            return true;
        };
        let Some(deadline) = wait.deadline else {
            return false;
        };
        let asleep = deadline.saturating_sub(engine.clock());
        self.place.slept = self.place.slept.saturating_add(asleep);
        engine.set_clock(deadline);
        true
    }

    /// Where the guest is, beside the engine's state.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// Goes to another moment: a new engine, the state that was taken of one, and the place beside it.
    pub(crate) fn restore(
        &mut self,
        engine: Engine<'m>,
        snapshot: &[u8],
        place: Place,
    ) -> Result<(), Failure> {
        let internal = |text: String| Failure::new(Status::Internal, text);
        let snapshot = Snapshot::parse_lazily(snapshot);
        let snapshot = snapshot.map_err(|fault| internal(fault.to_string()))?;
        let engine = engine.restored(&snapshot, &[self.guest.module]);
        let mut engine = engine.map_err(|error| internal(error.to_string()))?;
        self.guest.linker.adopt(&mut engine)?;
        self.guest.engine = engine;
        self.place = place;
        Ok(())
    }

    /// Has something done with what the host has answered so far.
    pub(crate) fn with_log<T>(&self, act: impl FnOnce(&mut Log) -> T) -> T {
        let Some(tape) = &self.guest.tape else {
            return act(&mut Log::default());
        };
        match &mut *tape.lock().unwrap_or_else(PoisonError::into_inner) {
            Tape::Travel(log) => act(log),
            Tape::Record(_) | Tape::Replay(_) => act(&mut Log::default()),
        }
    }

    /// Writes a snapshot that `wrtd resume` goes on from. Files and streams are as they are now.
    pub(crate) fn write(&mut self, path: &Path) -> Result<(), Failure> {
        self.guest.phase = self.place.phase;
        self.guest.threads.slept = self.place.slept;
        self.guest.engine.set_fuel(0);
        self.guest.write_based(path)
    }

    /// What has been thrown, in words.
    pub(crate) fn uncaught(&self, tag: Tag) -> String {
        self.guest.uncaught(tag)
    }

    /// The results of the export that was called, once it has returned, one a line; nothing of `_start`.
    pub(crate) fn results(&self) -> Result<String, Failure> {
        let Some((name, _)) = &self.guest.invoked else {
            return Ok(String::new());
        };
        let func = self.guest.exported(name)?;
        let engine = &self.guest.engine;
        let ty = engine.func_type(func)?;
        let values = wrt_vm::Val::list(ty.results, engine.results());
        Ok(values.map(|value| format!("{value}\n")).collect())
    }
}
