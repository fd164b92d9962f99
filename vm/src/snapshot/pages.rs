//! What the pages of linear memories are: all zero, as the image has them, or something else.
//!
//! Input: the bytes of a memory and the copy-on-write runs of its image. Output: runs of pages of one kind.
//! Invariants: the same bytes give the same runs, so that a second pass finds what the first one has found, without notes.

use wrt_format::image::ModuleView;
use wrt_format::snapshot::{PAGE_BYTES, PageKind};

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
        Some((data.module(), place as u32))
    })
}

/// The runs of a memory, in order and without gaps.
pub(super) fn runs<'a>(bytes: &'a [u8], owner: Owner<'a>) -> impl Iterator<Item = Run> + 'a {
    let cow = owner.map(|(module, defined)| module.cow_runs(defined));
    let mut cow = cow.into_iter().flatten().peekable();
    let mut pages = bytes.chunks(PAGE_BYTES).enumerate().map(move |(i, page)| {
        let start = i as u64 * PAGE_BYTES as u64;
        while cow
            .next_if(|run| run.memory_offset + run.bytes.len() as u64 <= start)
            .is_some()
        {}
        let own = cow.peek().and_then(|run| {
            let at = usize::try_from(start.checked_sub(run.memory_offset)?).ok()?;
            run.bytes.get(at..at.checked_add(page.len())?)
        });
        let kind = if own == Some(page) {
            PageKind::Image
        } else if is_zero(page) {
            PageKind::Zero
        } else {
            PageKind::Stored
        };
        (i, kind)
    });
    let mut next = pages.next();
    core::iter::from_fn(move || {
        let (first, kind) = next?;
        let mut count = 1;
        loop {
            next = pages.next();
            if next.is_none_or(|(_, other)| other != kind) {
                return Some(Run { first, count, kind });
            }
            count += 1;
        }
    })
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
        let found: Vec<_> = runs(&bytes, None).collect();
        let run = |first, count, kind| Run { first, count, kind };
        let expected = [
            run(0, 1, PageKind::Zero),
            run(1, 2, PageKind::Stored),
            run(3, 3, PageKind::Zero),
            run(6, 1, PageKind::Stored),
        ];
        assert_eq!(found, expected);
        assert_eq!(runs(&[], None).count(), 0);
    }
}
