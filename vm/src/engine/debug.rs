//! What a debugger needs of an engine: runs that pause at steps, at breakpoints and at changes of memory; the slots of frames.
//!
//! Input: the `fuel` words of an instance that are steps, and which of them are breakpoints. Output: pauses at them; frames as slots.
//! Invariants: a pause at a step is one for want of fuel in all but its cause: nothing of the block has happened, it is not paid for, and a snapshot can be
//! taken. A run pauses at most where its fuel words are, whatever is asked for. Runs of engines without steps take no notice.

use core::ops::Range;

use alloc::vec::Vec;

use super::Engine;
use crate::error::Error;
use crate::exec;
use crate::outcome::Instance;
use crate::raw::stops::{At, Stops, Watched, Words};
use crate::raw::store::Status;
use wrt_format::isa::window_at;

/// Where runs pause beside where their fuel ends. The outcome is [`Outcome::OutOfFuel`](crate::Outcome::OutOfFuel) with fuel left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PauseAt {
    /// Nowhere.
    #[default]
    Nowhere,
    /// At each step.
    Steps,
    /// At breakpoints, and at the first step behind a change of what is watched.
    Breaks,
}

/// A range of bytes in memory 0 of the instance, to be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Addresses. What lies behind the memory's end is left out.
    pub range: Range<u64>,
}

/// Pauses for a debugger.
impl Engine<'_> {
    /// Says which blocks of an instance's code are steps: by the places of their `fuel` words in the code section, in words. Others are ignored. The
    /// instance need not exist yet, its module is given by the number of words in its code section. There are no breakpoints then.
    pub fn set_steps(
        &mut self,
        instance: Instance,
        words: usize,
        steps: impl Iterator<Item = u32>,
    ) {
        self.store.stops = Some(Stops {
            instance: instance.number(),
            steps: Words::new(words, steps),
            breaks: Words::new(words, core::iter::empty()),
            watched: Vec::new(),
            at: At::Nowhere,
            leaves: false,
        });
    }

    /// Says which steps are breakpoints, in place of those before. Nothing happens without [`Engine::set_steps`].
    pub fn set_breaks(&mut self, words: usize, breaks: impl Iterator<Item = u32>) {
        if let Some(stops) = &mut self.store.stops {
            stops.breaks = Words::new(words, breaks);
        }
    }

    /// Watches these ranges of memory 0 of the instance with the steps, in place of those before, from what is in them now on. Changes by host functions count.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the instance has no memory.
    pub fn set_watches(&mut self, watches: &[Watch]) -> Result<(), Error> {
        let Some(instance) = self.store.stops.as_ref().map(|stops| stops.instance) else {
            return Ok(());
        };
        let mut watched = Vec::new();
        if !watches.is_empty() {
            let memory = self.instance_memory(Instance(instance), 0)?;
            let bytes = self.memory(memory)?;
            for Watch { range } in watches {
                let start = usize::try_from(range.start).unwrap_or(usize::MAX);
                let end = usize::try_from(range.end).unwrap_or(usize::MAX);
                let was = bytes.get(start..end.min(bytes.len()));
                watched.push(Watched::new(start, was.unwrap_or_default()));
            }
        }
        if let Some(stops) = &mut self.store.stops {
            stops.watched = watched;
        }
        Ok(())
    }

    /// Says where the runs from now on pause. With `leaves` the next run begins at a step and leaves it without pausing there again.
    pub const fn pause_at(&mut self, at: PauseAt, leaves: bool) {
        if let Some(stops) = &mut self.store.stops {
            stops.at = match at {
                PauseAt::Nowhere => At::Nowhere,
                PauseAt::Steps => At::Steps,
                PauseAt::Breaks => At::Breaks,
            };
            stops.leaves = leaves;
        }
    }

    /// As [`Engine::backtrace`], by places in the code section of each frame's instance, in words: the innermost one's is that of the instruction that has trapped or
    /// at which the run has paused, the others' those of the last words of their calls.
    pub fn places(&self) -> impl Iterator<Item = u32> + '_ {
        exec::frames(&self.store).filter_map(|frame| {
            let module = self.store.instance(frame.instance)?.module();
            Some(module.func(frame.func).code_word + frame.word)
        })
    }

    /// The slots of a frame, the innermost being number 0: parameters first. Of a frame that waits for a call those below the callee's. Empty when there is
    /// no such frame.
    #[must_use]
    pub fn frame_slots(&self, frame: usize) -> &[u64] {
        let slots = self.slots_of(frame);
        slots
            .and_then(|range| self.store.stack().get(range))
            .unwrap_or_default()
    }

    fn slots_of(&self, frame: usize) -> Option<Range<usize>> {
        let frame = exec::frames(&self.store).nth(frame)?;
        let module = self.store.instance(frame.instance)?.module();
        let record = module.func(frame.func);
        let run = self.store.run;
        let runs = matches!(run.status, Status::Ready | Status::Trapped) && run.fp == frame.fp;
        let count = if runs {
            record.frame
        } else {
            // The slot below the window has the return word, and above it may be the record of another activation.
            let site = (record.code_word + frame.word) as usize;
            window_at(module.code(), site)?.0.checked_sub(1)?
        };
        let first = frame.fp as usize;
        Some(first..first + usize::from(count))
    }
}
