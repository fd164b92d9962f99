//! Places and changes at which a debugger wants a run to pause.
//!
//! Input: the blocks of one instance that are steps, and which of them are breakpoints; ranges of memory 0. Output: whether a block that a run has just
//! entered is one to pause at. Only the loop core asks, and only in builds with the feature `debug` and in engines that have stops: other
//! runs have nothing of it.
//!
//! Invariants: Z1: `steps` and `breaks` have a bit per word of `code`, the code section of the instance, and are only used through the context
//! while a run has the store (C1). Z2: a run goes back to the `fuel` word of a block only if it has paid that word's cost, which is more than
//! nothing, since the instruction before: so it has gone over that word, whatever the bits say, and C2 holds at it.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::ptr;

use wrt_format::isa::{cost_of, field, is_fuel};

use super::state::State;
use super::store::Store;

/// Bits of a word of a set.
const BITS: usize = 64;

/// A set of code words.
#[derive(Debug, Default)]
pub(crate) struct Words(Vec<u64>);

impl Words {
    /// Of a code section of so many words those that are given; others are left out.
    pub(crate) fn new(len: usize, words: impl Iterator<Item = u32>) -> Self {
        let mut bits = vec![0; len.div_ceil(BITS)];
        for word in words.map(|word| word as usize).filter(|&word| word < len) {
            bits[word / BITS] |= 1 << (word % BITS);
        }
        Self(bits)
    }
}

/// Where runs pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum At {
    /// Nowhere.
    #[default]
    Nowhere,
    /// At each step.
    Steps,
    /// At breakpoints, and at the step behind a change.
    Breaks,
}

/// A range of memory 0, and what was in it.
#[derive(Debug)]
pub(crate) struct Watched {
    start: usize,
    was: Box<[u8]>,
}

impl Watched {
    /// The range as it is.
    pub(crate) fn new(start: usize, was: &[u8]) -> Self {
        let was = was.into();
        Self { start, was }
    }
}

/// What a debugger wants of an engine.
#[derive(Debug)]
pub(crate) struct Stops {
    pub(crate) instance: u32,
    pub(crate) steps: Words,
    pub(crate) breaks: Words,
    pub(crate) watched: Vec<Watched>,
    pub(crate) at: At,
    /// Whether the next run begins at a step that it is not to pause at again.
    pub(crate) leaves: bool,
}

/// What the loop core needs of [`Stops`].
#[derive(Debug)]
pub(super) struct Stopping {
    code: *const u16,
    steps: *const u64,
    stops: *const u64,
    /// Words that the sets have bits for, whole numbers of 64.
    len: usize,
    tag: u32,
    watched: *const Watched,
    watched_count: usize,
    /// The step that the run begins at.
    left: *const u16,
}

impl Stopping {
    /// Stops nowhere.
    pub(super) const NOWHERE: Self = Self {
        code: ptr::null(),
        steps: ptr::null(),
        stops: ptr::null(),
        len: 0,
        tag: 0,
        watched: ptr::null(),
        watched_count: 0,
        left: ptr::null(),
    };

    /// Stops where the store says, for one run.
    pub(super) fn of(store: &mut Store<'_>) -> Self {
        let (run, instances) = (store.run, &store.instances);
        let Some(stops) = &mut store.stops else {
            return Self::NOWHERE;
        };
        let leaves = core::mem::take(&mut stops.leaves);
        let instance = instances.as_slice().get(stops.instance as usize);
        let Some(instance) = instance.filter(|_| stops.at != At::Nowhere) else {
            return Self::NOWHERE;
        };
        let code = instance.module.code();
        let chosen = match stops.at {
            At::Breaks => &stops.breaks.0,
            At::Steps | At::Nowhere => &stops.steps.0,
        };
        let is_here = leaves && run.instance == stops.instance && (run.pc as usize) < code.len();
        let watched = match stops.at {
            At::Breaks => stops.watched.as_slice(),
            At::Steps | At::Nowhere => &[],
        };
        Self {
            code: code.as_ptr(),
            steps: stops.steps.0.as_ptr(),
            stops: chosen.as_ptr(),
            len: stops.steps.0.len().min(chosen.len()) * BITS,
            tag: stops.instance + 1,
            watched: watched.as_ptr(),
            watched_count: watched.len(),
            left: if is_here {
                code.as_ptr().wrapping_add(run.pc as usize)
            } else {
                ptr::null()
            },
        }
    }

    /// The step that the run begins at and does not pause at again, if there is one.
    pub(super) const fn left(&self) -> *const u16 {
        self.left
    }
}

impl State {
    /// Whether to pause at the block that the last instruction has entered: if so, its debit is taken back and `pc` is at its `fuel` word. `before`
    /// is the fuel before that instruction; `left` the step that the run has begun at, until it has left it.
    pub(super) fn stops_here(&mut self, before: i64, left: &mut *const u16) -> bool {
        let ctx = self.context();
        let stopping = &ctx.stopping;
        let fuel = self.pc.wrapping_sub(field::fuel::words);
        if core::mem::replace(left, ptr::null()) == fuel {
            return false;
        }
        let word = fuel.addr().wrapping_sub(stopping.code.addr()) / 2;
        if word >= stopping.len || ctx.tag != stopping.tag {
            return false;
        }
        let (place, bit) = (word / BITS, 1 << (word % BITS));
        // SAFETY: Z1: `word` is below the length.
        if unsafe { *stopping.steps.add(place) } & bit == 0 {
            return false;
        }
        // SAFETY: as above.
        let stops = unsafe { *stopping.stops.add(place) } & bit != 0;
        if !stops && !self.has_changed() {
            return false;
        }
        // SAFETY: Z1: it is a word of the code.
        let opcode = u16::from_le(unsafe { *fuel });
        let paid = before.wrapping_sub(self.fuel());
        if paid <= 0 || !is_fuel(opcode) || paid != i64::from(cost_of(opcode)) {
            return false;
        }
        self.pc = fuel;
        self.undo_debit();
        true
    }

    /// Whether something that is watched has changed since it was noted.
    fn has_changed(&self) -> bool {
        let ctx = self.context();
        (0..ctx.stopping.watched_count).any(|i| {
            // SAFETY: Z1: there are so many.
            let watched = unsafe { &*ctx.stopping.watched.add(i) };
            watched.was.iter().enumerate().any(|(at, &was)| {
                let at = watched.start.checked_add(at);
                let inside = at.filter(|&at| (at as u64) < ctx.mem_end[0]);
                // SAFETY: R4: it has just been compared with the end of memory 0.
                inside.is_some_and(|at| unsafe { *self.mem.add(at) } != was)
            })
        })
    }
}
