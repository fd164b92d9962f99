//! Holes: parts of PAGES that are zero, and that its hash leaves out.
//!
//! Input: the section HOLES. Output: where the holes are. Invariants: they ascend, none is empty, none is outside of PAGES, and two are never one
//! beside the other, so that there is one way to say it.

use core::ops::Range;

use super::{PAGE_BYTES, Reader};

/// Bytes of a row: the first page of PAGES that is in the hole, and how many are.
const ROW_BYTES: usize = 16;

/// Rows that are sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holes<'a>(&'a [u8]);

impl<'a> Holes<'a> {
    pub(super) const NONE: Self = Self(&[]);

    /// Of the section, and the bytes of PAGES. None if a row is not sound.
    pub(super) fn read(section: &'a [u8], pages_len: usize) -> Option<Self> {
        let pages = (pages_len / PAGE_BYTES) as u64;
        let mut rows = Reader::new(section);
        let mut end = None;
        while rows.left() > 0 {
            let [first, count] = rows.u64s()?;
            let behind = end.is_none_or(|end| end < first);
            let next = first.checked_add(count).filter(|&next| next <= pages)?;
            end = (behind && count > 0).then_some(Some(next))?;
        }
        Some(Self(section))
    }

    /// Where in PAGES they are.
    pub(super) fn byte_ranges(self) -> impl Iterator<Item = Range<usize>> + 'a {
        let rows = self.0.as_chunks::<ROW_BYTES>().0.iter();
        rows.filter_map(|row| {
            let [first, count] = Reader::new(row).u64s()?;
            let start = first as usize * PAGE_BYTES;
            Some(start..start + count as usize * PAGE_BYTES)
        })
    }
}
