//! Counts of executed instructions and entered blocks by their place in the code of one module, for finding what is worth making faster.
//!
//! Input: a module's code. Output: a count per code word; those of opcodes say how often the instruction ran; and another for each `fuel` that
//! begins a block, which says how often the block has been paid for and begun: once for each time, however often the run is left or an instruction
//! goes on where it was. Only the loop core counts, and only in builds with the feature `profile`: the cores of other builds have nothing of it.
//!
//! Invariants: K1: `counts` and `entries` have an element per word of the counted code, which is told by its address and never read, and are only
//! used through the context while a run has the store (C1).

use alloc::vec;
use alloc::vec::Vec;
use core::ptr;

use super::store::Store;

/// Counts of one module, in all of its instances.
#[derive(Debug)]
pub(crate) struct Profile {
    /// Address of the code.
    code: usize,
    counts: Vec<u64>,
    entries: Vec<u64>,
}

impl Profile {
    /// Nothing counted yet, of this code.
    pub(crate) fn new(code: &[u16]) -> Self {
        Self {
            code: code.as_ptr().addr(),
            counts: vec![0; code.len()],
            entries: vec![0; code.len()],
        }
    }

    /// A count of instructions per code word.
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// A count of entered blocks per code word.
    pub(crate) fn entries(&self) -> &[u64] {
        &self.entries
    }
}

/// What the loop core needs of a [`Profile`].
#[derive(Debug)]
pub(super) struct Counted {
    code: usize,
    counts: *mut u64,
    entries: *mut u64,
    len: usize,
}

impl Counted {
    /// Counts nothing.
    pub(super) const NONE: Self = Self {
        code: 0,
        counts: ptr::null_mut(),
        entries: ptr::null_mut(),
        len: 0,
    };

    /// Counts what the store's profile asks for.
    pub(super) fn of(store: &mut Store<'_>) -> Self {
        let Some(profile) = &mut store.profile else {
            return Self::NONE;
        };
        Self {
            code: profile.code,
            counts: profile.counts.as_mut_ptr(),
            entries: profile.entries.as_mut_ptr(),
            len: profile.counts.len().min(profile.entries.len()),
        }
    }

    /// Counts the instruction at `pc`, if it is of the counted code.
    #[inline(always)]
    pub(super) fn add(&self, pc: *const u16) {
        let word = pc.addr().wrapping_sub(self.code) / 2;
        if word < self.len {
            // SAFETY: K1, and the word has just been compared with the length.
            unsafe { *self.counts.add(word) += 1 };
        }
    }

    /// Counts the block whose `fuel` is at `pc`, if it is of the counted code.
    #[inline(always)]
    pub(super) fn enter(&self, pc: *const u16) {
        let word = pc.addr().wrapping_sub(self.code) / 2;
        if word < self.len {
            // SAFETY: as above.
            unsafe { *self.entries.add(word) += 1 };
        }
    }
}
