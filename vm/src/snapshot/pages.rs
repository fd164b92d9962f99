//! What the pages of linear memories are: all zero, as the image has them, as an ancestor has stored them, or something else.
//!
//! Input: the bytes of a memory, the copy-on-write runs of its image, the snapshots that the new one is based on. Output: runs of pages of one kind.
//! Invariants: the same bytes give the same runs, so that a second pass finds what the first one has found, without notes.

use wrt_format::image::ModuleView;
pub(super) use wrt_format::snapshot::PAGE_BYTES;
use wrt_format::snapshot::{Ancestors, Content, PageKind};

use crate::raw::parts::Sort;
use crate::raw::store::Store;

/// Pages of one kind that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// First page.
    pub(super) first: usize,
    /// Number of pages.
    pub(super) count: usize,
    /// What they are.
    pub(super) kind: PageKind,
}

/// The module that defines a memory, and the memory's number among the defined ones.
pub(super) type Owner<'m> = Option<(ModuleView<'m>, u32)>;

/// Who defines a memory; none if the host has made it.
pub(super) fn owner<'m>(store: &Store<'m>, memory: u32) -> Owner<'m> {
    (0..store.instance_count()).find_map(|number| {
        let data = store.instance(number)?;
        let defined = data.defined(Sort::Memory);
        let place = defined.iter().position(|&own| own == memory)?;
        Some((*data.module(), place as u32))
    })
}

/// What the pages of a memory are, in order. `untouched` says of 64 pages from an offset on which have certainly never been written, one bit
/// each, so that they need not be looked at; `known` says of 64 pages from one on what [`unchanged`] does, if somebody has looked already;
/// `ancestors` have come to this memory.
pub(super) fn kinds<'a>(
    bytes: &'a [u8],
    owner: Owner<'a>,
    untouched: impl Fn(usize) -> u64 + 'a,
    mut known: impl FnMut(usize) -> Option<u64> + 'a,
    mut ancestors: Ancestors<'a>,
) -> impl Iterator<Item = PageKind> + 'a {
    let cow = owner.map(|(module, defined)| module.cow_runs(defined));
    let mut cow = cow.into_iter().flatten().peekable();
    let (mut fresh, mut same) = (0, None);
    bytes.chunks(PAGE_BYTES).enumerate().map(move |(i, page)| {
        let start = i as u64 * PAGE_BYTES as u64;
        if i % 64 == 0 {
            fresh = untouched(i * PAGE_BYTES);
            same = known(i);
        }
        while cow
            .next_if(|run| run.memory_offset + run.bytes.len() as u64 <= start)
            .is_some()
        {}
        let own = cow.peek().and_then(|run| {
            let at = usize::try_from(start.checked_sub(run.memory_offset)?).ok()?;
            run.bytes.get(at..at.checked_add(page.len())?)
        });
        if own == Some(page) {
            PageKind::Image
        } else if same.is_some_and(|same| same >> (i % 64) & 1 != 0) {
            PageKind::Parent
        } else if fresh >> (i % 64) & 1 != 0 || is_zero(page) {
            PageKind::Zero
        } else if same.is_none() && is_stored(&mut ancestors, i as u64, page) {
            PageKind::Parent
        } else {
            PageKind::Stored
        }
    })
}

/// Of 64 pages from this one on, a bit for each that an ancestor has stored just so, and that is not zero.
pub(super) fn unchanged(bytes: &[u8], ancestors: &mut Ancestors<'_>, first: usize) -> u64 {
    let pages = bytes.chunks(PAGE_BYTES).enumerate().skip(first).take(64);
    pages.fold(0, |bits, (i, page)| {
        let same = is_stored(ancestors, i as u64, page) && !is_zero(page);
        bits | u64::from(same) << (i - first)
    })
}

/// Whether an ancestor has stored just this.
fn is_stored(ancestors: &mut Ancestors<'_>, number: u64, page: &[u8]) -> bool {
    match ancestors.find(number) {
        Some((Content::Stored(bytes), _)) => bytes.get(..page.len()) == Some(page),
        Some((Content::Zero | Content::Image, _)) | None => false,
    }
}

/// The runs of pages of the same kind.
pub(super) fn runs(kinds: impl Iterator<Item = PageKind>) -> impl Iterator<Item = Run> {
    let mut kinds = kinds.enumerate();
    let mut next = kinds.next();
    core::iter::from_fn(move || {
        let (first, kind) = next?;
        let mut count = 1;
        loop {
            next = kinds.next();
            if next.is_none_or(|(_, other)| other != kind) {
                return Some(Run { first, count, kind });
            }
            count += 1;
        }
    })
}

/// Words of the notes. They are on the stack, and cover the memories that such machines have.
const NOTE_WORDS: usize = if usize::BITS >= 64 { 1024 } else { 32 };

/// Which of the first pages of all memories are stored, so that memories are looked at once, as long as there is room for a bit per page.
#[derive(Debug)]
pub(super) struct Notes([u64; NOTE_WORDS]);

impl Notes {
    pub(super) const fn new() -> Self {
        Self([0; NOTE_WORDS])
    }

    /// Notes that pages from this one of all memories on are stored.
    pub(super) fn set(&mut self, first: usize, count: usize) {
        for page in first..(first + count).min(NOTE_WORDS * 64) {
            if let Some(word) = self.0.get_mut(page / 64) {
                *word |= 1 << (page % 64);
            }
        }
    }

    /// Which of these pages are stored; none if the notes do not cover all of them.
    pub(super) fn stored(
        &self,
        first: usize,
        count: usize,
    ) -> Option<impl Iterator<Item = PageKind>> {
        let end = first.checked_add(count)?;
        let covered = end <= NOTE_WORDS * 64;
        covered.then(|| {
            (first..end).map(|page| {
                let word = self.0.get(page / 64).copied().unwrap_or(0);
                let stored = word >> (page % 64) & 1 != 0;
                if stored {
                    PageKind::Stored
                } else {
                    PageKind::Zero
                }
            })
        })
    }
}

/// Whether all bytes are 0. Blocks of a few cache lines at a time, so that the compiler makes vector code of it and a page with
/// contents is left early.
fn is_zero(page: &[u8]) -> bool {
    let (blocks, rest) = page.as_chunks::<256>();
    let zero = |bytes: &[u8]| bytes.iter().fold(0, |all, &byte| all | byte) == 0;
    blocks.iter().all(|block| zero(block)) && zero(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn pages_of_one_kind_are_one_run() {
        let mut bytes = vec![0_u8; 6 * PAGE_BYTES + 100];
        bytes[PAGE_BYTES + 4095] = 1;
        bytes[2 * PAGE_BYTES] = 1;
        bytes[6 * PAGE_BYTES + 99] = 1;
        let found: Vec<_> = runs(kinds(&bytes, None, |_| 0, |_| None, Ancestors::NONE)).collect();
        let run = |first, count, kind| Run { first, count, kind };
        let expected = [
            run(0, 1, PageKind::Zero),
            run(1, 2, PageKind::Stored),
            run(3, 3, PageKind::Zero),
            run(6, 1, PageKind::Stored),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            runs(kinds(&[], None, |_| 0, |_| None, Ancestors::NONE)).count(),
            0
        );
    }

    #[test]
    fn untouched_pages_are_not_looked_at() {
        // They are not zero here, so that it shows.
        let bytes = vec![1_u8; 70 * PAGE_BYTES];
        let untouched = |offset: usize| if offset == 0 { 2 } else { 1 << 3 };
        let found: Vec<_> = kinds(&bytes, None, untouched, |_| None, Ancestors::NONE).collect();
        for (page, kind) in found.into_iter().enumerate() {
            assert_eq!(kind == PageKind::Zero, page == 1 || page == 67, "{page}");
        }
    }

    #[test]
    fn notes_cover_the_first_pages() {
        let mut notes = Notes::new();
        notes.set(62, 4);
        let last = NOTE_WORDS * 64;
        notes.set(last - 1, 3);
        let stored = |first, count| {
            let kinds = notes.stored(first, count)?;
            Some(kinds.filter(|&kind| kind == PageKind::Stored).count())
        };
        assert_eq!(stored(0, 64), Some(2));
        assert_eq!(stored(64, 64), Some(2));
        assert_eq!(stored(last - 2, 2), Some(1));
        assert_eq!(stored(last - 2, 3), None);
        assert_eq!(stored(usize::MAX, 3), None);
    }
}
