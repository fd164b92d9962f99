//! What the pages of linear memories are: all zero, as the image has them, as an ancestor has stored them, or something else.
//!
//! Input: the bytes of a memory, the copy-on-write runs of its image, the snapshots that the new one is based on. Output: runs of pages of one kind.
//! Invariants: the same bytes give the same runs, so that a second pass finds what the first one has found, without notes.

use wrt_format::image::ModuleView;
pub(super) use wrt_format::snapshot::PAGE_BYTES;
use wrt_format::snapshot::{Ancestors, Content, PageKind, is_zero};

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

impl Run {
    /// Bytes of all of its pages.
    pub(super) const fn bytes(self) -> u64 {
        self.count as u64 * PAGE_BYTES as u64
    }
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

/// Most pages of a hole: where more are zero it takes another mapping, one for each megabyte at most, and files do not get longer than they
/// need be.
pub(super) const HOLE_PAGES: usize = 256;

/// The same runs, those of zeros being holes that have stored pages on either side and are of `at_most` so many pages.
pub(super) fn with_holes(
    runs: impl Iterator<Item = Run>,
    at_most: usize,
) -> impl Iterator<Item = Run> {
    let mut runs = runs.peekable();
    let mut before = None;
    core::iter::from_fn(move || {
        let mut run = runs.next()?;
        let is_stored = |run: Run| run.kind == PageKind::Stored;
        let between = before.is_some_and(is_stored) && runs.peek().copied().is_some_and(is_stored);
        if run.kind == PageKind::Zero && run.count <= at_most && between {
            run.kind = PageKind::Hole;
        }
        before = Some(run);
        before
    })
}

/// Words of the notes. They are on the stack, and cover the memories that such machines have.
const NOTE_WORDS: usize = if usize::BITS >= 64 { 1024 } else { 32 };

/// Which of the first pages of all memories are stored or holes, so that memories are looked at once, as long as there is room for two bits per page.
#[derive(Debug)]
pub(super) struct Notes {
    stored: [u64; NOTE_WORDS],
    holes: [u64; NOTE_WORDS],
}

impl Notes {
    pub(super) const fn new() -> Self {
        Self {
            stored: [0; NOTE_WORDS],
            holes: [0; NOTE_WORDS],
        }
    }

    /// Notes what a run is of a memory whose first page is this one of all memories.
    pub(super) fn set(&mut self, first: usize, run: Run) {
        let words = match run.kind {
            PageKind::Stored => &mut self.stored,
            PageKind::Hole => &mut self.holes,
            PageKind::Zero | PageKind::Image | PageKind::Parent => return,
        };
        let first = first + run.first;
        for page in first..(first + run.count).min(NOTE_WORDS * 64) {
            if let Some(word) = words.get_mut(page / 64) {
                *word |= 1 << (page % 64);
            }
        }
    }

    /// Which of these pages are stored and which are holes, others being called zero; none if the notes do not cover all of them.
    pub(super) fn kinds(
        &self,
        first: usize,
        count: usize,
    ) -> Option<impl Iterator<Item = PageKind>> {
        let end = first.checked_add(count)?;
        let covered = end <= NOTE_WORDS * 64;
        covered.then(|| {
            (first..end).map(|page| {
                let is_in = |words: &[u64]| {
                    let word = words.get(page / 64).copied().unwrap_or(0);
                    word >> (page % 64) & 1 != 0
                };
                if is_in(&self.stored) {
                    PageKind::Stored
                } else if is_in(&self.holes) {
                    PageKind::Hole
                } else {
                    PageKind::Zero
                }
            })
        })
    }
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
    fn what_is_zero_between_stored_pages_is_a_hole() {
        let run = |count, kind| Run {
            first: 0,
            count,
            kind,
        };
        use PageKind::{Hole, Image, Stored, Zero};
        let kinds = [
            (1, Zero, Zero),
            (1, Stored, Stored),
            (HOLE_PAGES, Zero, Hole),
            (2, Stored, Stored),
            (HOLE_PAGES + 1, Zero, Zero),
            (1, Stored, Stored),
            (1, Zero, Zero),
            (1, Image, Image),
            (1, Zero, Zero),
            (3, Stored, Stored),
            (1, Zero, Hole),
            (1, Stored, Stored),
            (1, Zero, Zero),
        ];
        let runs = kinds.into_iter().map(|(count, kind, _)| run(count, kind));
        assert!(with_holes(runs.clone(), 0).eq(runs.clone()));
        let found = with_holes(runs, HOLE_PAGES);
        let expected = kinds.into_iter().map(|(count, _, kind)| run(count, kind));
        assert!(found.eq(expected));
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
        let run = |first, count, kind| Run { first, count, kind };
        notes.set(60, run(2, 4, PageKind::Stored));
        notes.set(60, run(6, 5, PageKind::Hole));
        notes.set(60, run(11, 9, PageKind::Image));
        let last = NOTE_WORDS * 64;
        notes.set(0, run(last - 1, 3, PageKind::Stored));
        let are = |first, count, wanted| {
            let kinds = notes.kinds(first, count)?;
            Some(kinds.filter(|&kind| kind == wanted).count())
        };
        assert_eq!(are(0, 64, PageKind::Stored), Some(2));
        assert_eq!(are(64, 64, PageKind::Stored), Some(2));
        assert_eq!(are(64, 64, PageKind::Hole), Some(5));
        assert_eq!(are(64, 64, PageKind::Zero), Some(57));
        assert_eq!(are(last - 2, 2, PageKind::Stored), Some(1));
        assert_eq!(are(last - 2, 3, PageKind::Stored), None);
        assert_eq!(are(usize::MAX, 3, PageKind::Stored), None);
    }
}
