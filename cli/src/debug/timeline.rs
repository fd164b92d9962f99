//! A guest's time: forward by doing, backward by snapshots and doing again.
//!
//! Input: a guest that has not begun, what to stop at. Output: [`Stop`], and the guest as it is there. A position is the fuel used; the guest stands before
//! a step, or has ended. Invariants: the same position is the same state, however it was come to; the host is asked everything once (`log`); what is
//! changed from outside is where time begins anew.
//!
//! ```text
//!   moment          moment       present      frontier
//!   |---------------|------------^------------|- - - -
//!      going back: restore the moment before, go on to the position      beyond the frontier the host is asked
//! ```

use core::time::Duration;
use std::time::Instant;

use wrt_vm::{Config, Engine, Instance, MemoryProvider, PauseAt, SnapshotOptions};

use super::moments::{Moment, Moments};
use super::steps::Steps;
use super::watch::Watches;
use crate::cmd::stepwise::{Ending, Place, Ran, Stepwise};
use crate::snapshot_file;
use crate::status::{Failure, Status};

/// Fuel between two looks at the clock, and at whether somebody wants to interrupt: a millisecond or two.
const CHUNK: u64 = 1 << 17;
/// How much longer the guest runs between two snapshots than taking one takes.
const SHARE: u32 = 20;
/// Fuel before a position within which the step before it is looked for first.
const WINDOW: u64 = 64;

/// Where no guest comes: further than an engine counts.
const FOREVER: u64 = 1 << 60;
/// The guest's instance: there is one.
pub(super) const INSTANCE: Instance = Instance::from_number(0);

/// Why the guest stands where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// At the next step, or the one before.
    Step,
    /// At a breakpoint.
    Break,
    /// What is watched at this address has changed, or will be changed by the step that the guest stands before when time goes backward.
    Watch(u64),
    /// It has ended.
    End(Ending),
    /// At the first position that is remembered.
    Beginning,
    /// Somebody wants it to stop.
    Interrupted,
}

/// A state of the past.
struct Saved {
    snapshot: Vec<u8>,
    place: Place,
    /// Calls of the host before it.
    calls: usize,
}

/// What new engines are made of.
#[derive(Clone, Copy)]
pub(super) struct Maker<'m> {
    pub(super) provider: &'m dyn MemoryProvider,
    pub(super) config: Config,
}

/// Asks whether to interrupt.
pub(super) type Interrupt<'i> = &'i mut dyn FnMut() -> bool;

/// A guest in its time.
pub(super) struct Timeline<'m> {
    pub(super) machine: Stepwise<'m>,
    pub(super) steps: Steps<'m>,
    maker: Maker<'m>,
    moments: Moments<Saved>,
    breaks: Vec<u32>,
    pub(super) watches: Watches,
    /// The furthest position so far.
    frontier: u64,
    /// How the guest has ended, if it stands at its end.
    ended: Option<Ending>,
    /// Whether something was changed from outside since the last snapshot.
    changed: bool,
    /// Positions of steps, one right after the other: so that going on backward by steps needs no search each time.
    recent: Vec<u64>,
    /// When the last snapshot was taken, and how long that took.
    last_taken: (Instant, Duration),
}

impl<'m> Timeline<'m> {
    /// Takes a guest to its first step. Snapshots of its past take so many bytes.
    pub(super) fn begin(
        machine: Stepwise<'m>,
        steps: Steps<'m>,
        maker: Maker<'m>,
        budget: usize,
    ) -> Result<Self, Failure> {
        let mut timeline = Self {
            machine,
            steps,
            maker,
            moments: Moments::new(budget),
            breaks: Vec::new(),
            watches: Watches::default(),
            frontier: 0,
            ended: None,
            changed: false,
            recent: Vec::new(),
            last_taken: (Instant::now(), Duration::ZERO),
        };
        timeline.prepare();
        timeline.portion(FOREVER, PauseAt::Steps, false)?;
        if timeline.ended.is_none() {
            timeline.take()?;
        }
        Ok(timeline)
    }

    /// Tells a new engine where the steps and breakpoints are.
    fn prepare(&mut self) {
        let engine = &mut self.machine.guest.engine;
        let words = self.steps.words();
        engine.set_steps(INSTANCE, words, self.steps.all());
        engine.set_breaks(words, self.breaks.iter().copied());
    }

    /// The fuel used.
    pub(super) fn position(&self) -> u64 {
        self.machine.guest.engine.fuel_used()
    }

    /// The furthest position so far.
    pub(super) const fn frontier(&self) -> u64 {
        self.frontier
    }

    /// How the guest has ended, if it stands at its end.
    pub(super) const fn ended(&self) -> Option<Ending> {
        self.ended
    }

    /// The number of snapshots, and the bytes that they take.
    pub(super) fn moments(&self) -> (usize, usize) {
        self.moments.size()
    }

    /// Says at which words runs stop, in place of those before.
    pub(super) fn set_breaks(&mut self, breaks: Vec<u32>) {
        self.breaks = breaks;
        self.breaks.sort_unstable();
        let words = self.steps.words();
        let engine = &mut self.machine.guest.engine;
        engine.set_breaks(words, self.breaks.iter().copied());
    }

    /// The word of CODE that the innermost frame is at.
    pub(super) fn word(&self) -> Option<u32> {
        self.machine.guest.engine.places().next()
    }

    fn is_at_step(&self) -> bool {
        self.ended.is_none() && self.word().is_some_and(|word| self.steps.is_step(word))
    }

    fn is_at_break(&self) -> bool {
        let word = self.word();
        word.is_some_and(|word| self.breaks.binary_search(&word).is_ok())
    }

    /// Goes on to a position, or to where it pauses before, or to the guest's end.
    fn portion(&mut self, limit: u64, at: PauseAt, leaves: bool) -> Result<(), Failure> {
        let ran = self.machine.go(limit, at, leaves)?;
        self.ended = match ran {
            Ran::Paused => None,
            Ran::Ended(ending) => Some(ending),
        };
        self.frontier = self.frontier.max(self.position());
        Ok(())
    }

    /// Goes on to a step, if it is in the middle of one.
    fn complete(&mut self) -> Result<(), Failure> {
        if self.ended.is_none() && !self.is_at_step() {
            self.portion(FOREVER, PauseAt::Steps, false)?;
        }
        Ok(())
    }

    /// Takes a snapshot of the present, unless there is one.
    fn take(&mut self) -> Result<(), Failure> {
        let position = self.position();
        if !self.is_at_step() || self.moments.has(position) {
            return Ok(());
        }
        let begun = Instant::now();
        let mut snapshot = Vec::new();
        let engine = &mut self.machine.guest.engine;
        engine.set_fuel(0);
        let taken = snapshot_file::take(engine, &mut snapshot, &SnapshotOptions::default());
        taken.map_err(|error| {
            let text = format!("no snapshot can be taken: {error}");
            Failure::new(Status::Unsupported, text)
        })?;
        let saved = Saved {
            place: self.machine.place(),
            calls: self.machine.with_log(|log| log.at()),
            snapshot,
        };
        let bytes = saved.snapshot.len() + size_of::<Saved>();
        let state = saved;
        self.moments.add(position, Moment { state, bytes });
        let now = Instant::now();
        self.last_taken = (now, now - begun);
        Ok(())
    }

    /// Takes a snapshot if it is time for one.
    fn take_if_due(&mut self) -> Result<(), Failure> {
        let position = self.position();
        let before = self.moments.at_or_before(position);
        if before.is_some_and(|(at, _)| position - at < CHUNK) {
            return Ok(());
        }
        let (last, took) = self.last_taken;
        if last.elapsed() >= took * SHARE {
            self.complete()?;
            self.take()?;
        }
        Ok(())
    }

    /// Has the values noted of what is watched.
    fn note(&mut self) {
        self.watches
            .note(&mut self.machine.guest.engine, &self.steps);
    }

    /// The address of something watched that is another value than noted.
    fn changed(&self) -> Option<u64> {
        self.watches
            .changed(&self.machine.guest.engine, &self.steps)
    }

    /// Before time is gone over: what was changed from outside is where it begins.
    fn settle(&mut self) -> Result<(), Failure> {
        if core::mem::take(&mut self.changed) {
            self.moments.clear();
            self.recent.clear();
            self.take()?;
        }
        Ok(())
    }

    /// One step forward.
    pub(super) fn step(&mut self) -> Result<Stop, Failure> {
        self.settle()?;
        if let Some(ending) = self.ended {
            return Ok(Stop::End(ending));
        }
        self.take_if_due()?;
        self.note();
        self.portion(FOREVER, PauseAt::Steps, true)?;
        if let Some(ending) = self.ended {
            return Ok(Stop::End(ending));
        }
        Ok(match self.changed() {
            Some(address) => Stop::Watch(address),
            None if self.is_at_break() => Stop::Break,
            None => Stop::Step,
        })
    }

    /// Steps forward as long as the guest is where `inside` says.
    pub(super) fn step_while(
        &mut self,
        interrupted: Interrupt<'_>,
        inside: impl Fn(&Self) -> bool,
    ) -> Result<Stop, Failure> {
        let mut count = 0_u32;
        loop {
            let stop = self.step()?;
            if stop != Stop::Step || !inside(self) {
                return Ok(stop);
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(1 << 14) && interrupted() {
                return Ok(Stop::Interrupted);
            }
        }
    }

    /// Forward to a breakpoint, to a change of what is watched, or to the guest's end.
    pub(super) fn run(&mut self, interrupted: Interrupt<'_>) -> Result<Stop, Failure> {
        self.settle()?;
        if let Some(ending) = self.ended {
            return Ok(Stop::End(ending));
        }
        self.note();
        let stop = self.search(FOREVER, true, interrupted)?;
        Ok(stop.unwrap_or(Stop::Interrupted))
    }

    /// Forward to what is to be stopped at, but no further than the limit: nothing then. `leaves` says that the present step is left first.
    fn search(
        &mut self,
        limit: u64,
        mut leaves: bool,
        interrupted: Interrupt<'_>,
    ) -> Result<Option<Stop>, Failure> {
        let at = if !self.watches.are_in_memory() {
            PauseAt::Steps
        } else if self.breaks.is_empty() && self.watches.is_empty() {
            PauseAt::Nowhere
        } else {
            PauseAt::Breaks
        };
        let mut next_look = self.position();
        loop {
            let before = self.position();
            let end = before.saturating_add(CHUNK).min(limit);
            self.portion(end, at, leaves)?;
            if self.position() == before && (leaves || !self.is_at_step()) {
                self.get_on(before)?;
            }
            if let Some(ending) = self.ended {
                return Ok(Some(Stop::End(ending)));
            }
            leaves = false;
            if self.is_at_step() && self.position() < limit {
                if let Some(address) = self.changed() {
                    return Ok(Some(Stop::Watch(address)));
                }
                if self.is_at_break() {
                    return Ok(Some(Stop::Break));
                }
                leaves = true;
            }
            if self.position() >= limit {
                return Ok(None);
            }
            if self.position() >= next_look {
                next_look = self.position().saturating_add(CHUNK);
                if interrupted() {
                    self.complete()?;
                    let stop = match self.changed() {
                        Some(address) => Stop::Watch(address),
                        None if self.is_at_break() => Stop::Break,
                        None => Stop::Interrupted,
                    };
                    return Ok(Some(stop));
                }
                let before = self.position();
                self.take_if_due()?;
                leaves &= self.position() == before;
            }
        }
    }

    /// Goes to a position that was a step, or where the guest has ended.
    pub(super) fn go_to(&mut self, position: u64) -> Result<(), Failure> {
        self.settle()?;
        let here = self.position();
        let before = self.moments.at_or_before(position).map(|(at, _)| at);
        if here > position || self.ended.is_some() || before.is_some_and(|at| at > here) {
            self.restore(position)?;
        }
        self.advance(position)?;
        if self.position() == position {
            return Ok(());
        }
        let text = format!("the guest was not found at position {position} again");
        Err(Failure::new(Status::Internal, text))
    }

    /// Goes to the first step at or behind a position, further than ever if need be; or to the guest's end.
    pub(super) fn go_near(&mut self, position: u64) -> Result<(), Failure> {
        let position = position.min(FOREVER);
        self.settle()?;
        if position < self.position() || self.ended.is_some() {
            let first = self.first_position();
            self.restore(position.max(first))?;
        }
        self.advance(position)?;
        self.complete()
    }

    /// Goes forward to a position, or to the first step behind it if it is within one, or to the guest's end.
    fn advance(&mut self, position: u64) -> Result<(), Failure> {
        while self.position() < position && self.ended.is_none() {
            let before = self.position();
            let end = before.saturating_add(CHUNK).min(position);
            self.portion(end, PauseAt::Nowhere, false)?;
            if self.position() == before {
                self.get_on(before)?;
            } else if self.position() < position {
                self.take_if_due()?;
            }
        }
        Ok(())
    }

    /// A portion was not enough for what comes next, as for a memory that grows by many pages: it is all of a step then.
    fn get_on(&mut self, before: u64) -> Result<(), Failure> {
        self.complete()?;
        if self.position() > before || self.ended.is_some() {
            return Ok(());
        }
        let text = "the image is not what it says: a step costs more than 1";
        Err(Failure::new(Status::Corrupt, text))
    }

    /// Goes to the last snapshot at or before a position.
    fn restore(&mut self, position: u64) -> Result<(), Failure> {
        let Some((_, saved)) = self.moments.at_or_before(position) else {
            let text = "there is no snapshot so early";
            return Err(Failure::new(Status::Internal, text));
        };
        let Maker { provider, config } = self.maker;
        let mut engine = Engine::with_provider(config, provider)?;
        engine.set_fuel(0);
        self.machine.restore(engine, &saved.snapshot, saved.place)?;
        let calls = saved.calls;
        self.machine.with_log(|log| log.go_to(calls));
        self.ended = None;
        self.prepare();
        Ok(())
    }

    /// The position of the step before a position, if it is remembered.
    fn before(&mut self, position: u64) -> Result<Option<u64>, Failure> {
        let at = self.recent.binary_search(&position).ok();
        if let Some(before) = at.and_then(|at| at.checked_sub(1)) {
            return Ok(self.recent.get(before).copied());
        }
        let mut window = WINDOW;
        loop {
            let Some(last) = position.checked_sub(1) else {
                return Ok(None);
            };
            let Some((first, _)) = self.moments.at_or_before(last) else {
                return Ok(None);
            };
            let from = position.saturating_sub(window).max(first);
            self.restore(from)?;
            self.advance(from)?;
            self.complete()?;
            // So that the steps before that one are near.
            if self.position() < position && self.position() - first > WINDOW {
                self.take()?;
            }
            let mut found = Vec::new();
            while self.ended.is_none() && self.position() < position {
                found.push(self.position());
                self.portion(FOREVER, PauseAt::Steps, true)?;
            }
            if let Some(&last) = found.last() {
                found.push(position);
                self.recent = found;
                return Ok(Some(last));
            }
            window = window.saturating_mul(16);
        }
    }

    /// One step backward.
    pub(super) fn step_back(&mut self) -> Result<Stop, Failure> {
        self.settle()?;
        let here = self.position();
        self.note();
        let Some(position) = self.before(here)? else {
            self.first()?;
            return Ok(Stop::Beginning);
        };
        self.go_to(position)?;
        Ok(match self.changed() {
            Some(address) => Stop::Watch(address),
            None if self.is_at_break() => Stop::Break,
            None => Stop::Step,
        })
    }

    /// Goes to the first position that is remembered.
    fn first(&mut self) -> Result<(), Failure> {
        if self.moments.size().0 == 0 {
            return Ok(());
        }
        self.go_to(self.first_position())
    }

    /// The first position that is remembered.
    fn first_position(&self) -> u64 {
        if self.moments.has(0) {
            0
        } else {
            self.moments.behind(0).unwrap_or(0)
        }
    }

    /// Backward to the last breakpoint before the present, or to before the last change of what is watched.
    pub(super) fn run_back(&mut self, interrupted: Interrupt<'_>) -> Result<Stop, Failure> {
        self.settle()?;
        let mut end = self.position();
        while let Some(last) = end.checked_sub(1) {
            let Some((begin, _)) = self.moments.at_or_before(last) else {
                break;
            };
            let Some(found) = self.last_between(begin, end, interrupted)? else {
                // Nothing stops it behind `end`.
                self.go_to(end)?;
                return Ok(Stop::Interrupted);
            };
            match found {
                (position, Stop::Watch(address)) => {
                    let before = self.before(position)?.unwrap_or(begin);
                    self.go_to(before)?;
                    return Ok(Stop::Watch(address));
                }
                (position, Stop::Break) => {
                    self.go_to(position)?;
                    return Ok(Stop::Break);
                }
                (_, Stop::Step | Stop::End(_) | Stop::Beginning | Stop::Interrupted) => end = begin,
            }
        }
        self.first()?;
        Ok(Stop::Beginning)
    }

    /// The last breakpoint at or behind one position and before another, or the last change up to that, whichever is later; [`Stop::Step`] if there is none.
    /// Nothing if it was interrupted.
    fn last_between(
        &mut self,
        begin: u64,
        end: u64,
        interrupted: Interrupt<'_>,
    ) -> Result<Option<(u64, Stop)>, Failure> {
        self.restore(begin)?;
        let mut found = (begin, Stop::Step);
        if self.is_at_break() {
            found = (begin, Stop::Break);
        }
        loop {
            self.note();
            match self.search(end, true, interrupted)? {
                Some(stop @ (Stop::Watch(_) | Stop::Break)) => found = (self.position(), stop),
                Some(Stop::Interrupted) => return Ok(None),
                Some(Stop::Step | Stop::End(_) | Stop::Beginning) => return Ok(Some(found)),
                None => {
                    // What the last step has changed shows at the end itself.
                    if let Some(address) = self.changed() {
                        found = (end, Stop::Watch(address));
                    }
                    return Ok(Some(found));
                }
            }
        }
    }

    /// Whether what the guest has may be changed here: not in the past of what it has asked of the host, which would have to be undone.
    pub(super) fn may_change(&self) -> bool {
        self.ended.is_none() && self.machine.with_log(|log| log.at() == log.size().0)
    }

    /// Something has been changed from outside: what was before is no longer what leads here, and what was behind will not be.
    pub(super) fn has_changed(&mut self) {
        self.changed = true;
        self.frontier = self.position();
    }
}
