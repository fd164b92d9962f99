//! Help with a snapshot, for hosts with a processor to spare: most of the work is to hash the pages that are stored, and to compare those that
//! are not with what an earlier snapshot has.
//!
//! Input: what there is to do, as soon as it is known. Output: answers when they are needed. Invariants: the snapshot has the same bytes with and
//! without help. The engine lends its memory out for as long as it is lent to the snapshot itself, so nothing is copied.

use wrt_format::snapshot::Ancestors;

use super::pages;

/// Who helps with a snapshot, on other threads; see [`Engine::snapshot_with`](crate::Engine::snapshot_with).
pub trait Helper<'e> {
    /// Who has looked at a memory: asked of 64 pages from one on, a multiple of 64, it says what [`Compared::unchanged`] does, or None if the engine is
    /// to look itself. Pages are asked in ascending order.
    type Known: FnMut(usize) -> Option<u64> + 'e;

    /// A memory comes next, and there are earlier snapshots to compare it with.
    fn memory(&mut self, compared: Compared<'e>) -> Self::Known;

    /// The bytes that are to be hashed next: a page, or a part of one. All of them come before the first page is written.
    fn hash(&mut self, bytes: &'e [u8]);

    /// SHA-256 of all that was to be hashed. It is asked for once, when all pages are written.
    fn finish(&mut self) -> [u8; 32];
}

/// None: the engine does everything.
pub(super) enum Nobody {}

impl Helper<'_> for Nobody {
    type Known = fn(usize) -> Option<u64>;

    fn memory(&mut self, _: Compared<'_>) -> Self::Known {
        match *self {}
    }

    fn hash(&mut self, _: &[u8]) {
        match *self {}
    }

    fn finish(&mut self) -> [u8; 32] {
        match *self {}
    }
}

/// A memory, and earlier snapshots of it, forwards. Copies go on by themselves.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'e> {
    bytes: &'e [u8],
    ancestors: Ancestors<'e>,
}

impl<'e> Compared<'e> {
    /// Of ancestors that have come to this memory.
    pub(super) const fn new(bytes: &'e [u8], ancestors: Ancestors<'e>) -> Self {
        Self { bytes, ancestors }
    }

    /// The number of pages.
    #[must_use]
    pub const fn pages(&self) -> usize {
        self.bytes.len().div_ceil(pages::PAGE_BYTES)
    }

    /// Bytes that there are to compare with at most.
    #[must_use]
    pub fn stored_bytes(&self) -> usize {
        self.ancestors.stored_bytes()
    }

    /// Goes on to a page, so that a copy need not.
    pub fn skip_to(&mut self, page: usize) {
        self.ancestors.find(page as u64);
    }

    /// Of 64 pages from this one on, a bit for each that is as an earlier snapshot has stored it, and not zero. Pages have to be asked for in
    /// ascending order.
    pub fn unchanged(&mut self, first: usize) -> u64 {
        pages::unchanged(self.bytes, &mut self.ancestors, first)
    }
}
