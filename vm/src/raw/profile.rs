//! Counts of executed instructions by their place in the code of one instance, for finding what is worth making faster.
//!
//! Input: an instance. Output: a count per code word; those of opcodes say how often the instruction ran. Only the loop core counts, and
//! only in builds with the feature `profile`: the cores of other builds have nothing of it.
//!
//! Invariants: K1: `counts` has an element per word of `code`, the code section of the counted instance, and is only used through
//! the context while a run has the store (C1).

use alloc::vec;
use alloc::vec::Vec;
use core::ptr;

use super::store::Store;

/// Counts of one instance.
#[derive(Debug)]
pub(crate) struct Profile {
    instance: u32,
    counts: Vec<u64>,
}

impl Profile {
    /// Nothing counted yet, of an instance whose code has so many words.
    pub(crate) fn new(instance: u32, words: usize) -> Self {
        Self {
            instance,
            counts: vec![0; words],
        }
    }

    /// A count per code word.
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }
}

/// What the loop core needs of a [`Profile`].
#[derive(Debug)]
pub(super) struct Counted {
    code: *const u16,
    counts: *mut u64,
    len: usize,
}

impl Counted {
    /// Counts nothing.
    pub(super) const NONE: Self = Self {
        code: ptr::null(),
        counts: ptr::null_mut(),
        len: 0,
    };

    /// Counts what the store's profile asks for.
    pub(super) fn of(store: &mut Store<'_>) -> Self {
        let Some(profile) = &mut store.profile else {
            return Self::NONE;
        };
        let code = store.instances.as_slice()[profile.instance as usize]
            .module
            .code();
        Self {
            code: code.as_ptr(),
            counts: profile.counts.as_mut_ptr(),
            len: profile.counts.len().min(code.len()),
        }
    }

    /// Counts the instruction at `pc`, if it is of the counted instance.
    #[inline(always)]
    pub(super) fn add(&self, pc: *const u16) {
        let word = pc.addr().wrapping_sub(self.code.addr()) / 2;
        if word < self.len {
            // SAFETY: K1, and the word has just been compared with the length.
            unsafe { *self.counts.add(word) += 1 };
        }
    }
}
