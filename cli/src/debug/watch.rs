//! What is watched for changes.
//!
//! Input: ranges of the debugger's address space. Output: whether one is other than it was noted. Invariants: what cannot be read any more counts as
//! changed once.

use wrt_format::image::debug::map::CODE_BASE;
use wrt_vm::{Engine, Watch};

use super::space::{Space, frames};
use super::steps::Steps;

/// Bytes that one watch covers at most.
const MAX_BYTES: u64 = 1 << 16;
/// Watches at most.
const MAX_WATCHES: usize = 64;

/// A watched range.
#[derive(Debug)]
struct Watched {
    address: u64,
    len: u64,
    was: Vec<u8>,
}

/// All watched ranges.
#[derive(Debug, Default)]
pub(super) struct Watches(Vec<Watched>);

impl Watches {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one; false if there are too many, or it is too long.
    pub(super) fn add(&mut self, address: u64, len: u64) -> bool {
        if self.0.len() >= MAX_WATCHES || len > MAX_BYTES || address.checked_add(len).is_none() {
            return false;
        }
        let was = Vec::new();
        self.0.push(Watched { address, len, was });
        true
    }

    /// Removes one; false if there is none such.
    pub(super) fn remove(&mut self, address: u64, len: u64) -> bool {
        let is_it = |it: &Watched| (it.address, it.len) == (address, len);
        let found = self.0.iter().position(is_it);
        found.map(|at| self.0.swap_remove(at)).is_some()
    }

    /// Whether all lie in memory, where the machine looks for changes by itself.
    pub(super) fn are_in_memory(&self) -> bool {
        self.0.iter().all(|it| it.address + it.len <= CODE_BASE)
    }

    /// Notes the values as they are, for the machine too.
    pub(super) fn note(&mut self, engine: &mut Engine<'_>, steps: &Steps<'_>) {
        if self.0.is_empty() {
            // There is nothing to watch in a guest without memory, and nothing else fails.
            drop(engine.set_watches(&[]));
            return;
        }
        for i in 0..self.0.len() {
            let value = value_of(&self.0[i], engine, steps);
            self.0[i].was = value;
        }
        if self.are_in_memory() {
            let ranges = self.0.iter().map(|it| Watch {
                range: it.address..it.address + it.len,
            });
            let ranges: Vec<Watch> = ranges.collect();
            // As above: without memory nothing of it can be read, so nothing changes.
            drop(engine.set_watches(&ranges));
        }
    }

    /// The address of one that is other than it was noted.
    pub(super) fn changed(&self, engine: &Engine<'_>, steps: &Steps<'_>) -> Option<u64> {
        let changed = self
            .0
            .iter()
            .find(|it| value_of(it, engine, steps) != it.was);
        changed.map(|it| it.address)
    }
}

/// The bytes that are there now.
fn value_of(watched: &Watched, engine: &Engine<'_>, steps: &Steps<'_>) -> Vec<u8> {
    let needs_frames = watched.address + watched.len > CODE_BASE;
    let frames = if needs_frames {
        frames(engine)
    } else {
        Vec::new()
    };
    let space = Space {
        engine,
        steps,
        frames: &frames,
    };
    let mut bytes = vec![0; watched.len as usize];
    let count = space.read(watched.address, &mut bytes);
    bytes.truncate(count);
    bytes
}
