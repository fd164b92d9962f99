//! AROUND: calls that are in copies of callees, and how many functions an exception leaves with them.
//!
//! A frame stands for one function of the source, and for one more for each copy that its call is in (`inlined.rs`). Leaving a function costs
//! fuel, so that must be known in images without INLINED, too, which is only for people. Entries are words that ascend: the *site* of a call,
//! its last word, counted from the start of CODE, in the lower 30 bits, and how many copies it is in, 1 to 4, less one, in the others.
//!
//! That entries are for sites is not checked: whatever they are for, what an exception costs is bounded, and the same in every run.

use core::ops::Range;

use super::view::ModuleView;

/// Copies around one another that an entry can tell.
pub const MAX_AROUND: u32 = 4;
/// Bits of a site: an image is shorter than 2^31 bytes, and a word has two.
const SITE_BITS: u32 = 30;

/// A call in a copy of a callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// The last word of the call, counted from the start of the CODE section or, where the writer is given it, of the function.
    pub site: u32,
    /// Copies that it is in: 1 to [`MAX_AROUND`].
    pub copies: u32,
}

impl Around {
    /// As it lies in the image, in native byte order.
    #[must_use]
    pub const fn encode(&self) -> u32 {
        self.site & SITES | self.copies.wrapping_sub(1) << SITE_BITS
    }

    /// From native byte order.
    #[must_use]
    pub const fn decode(word: u32) -> Self {
        Self {
            site: word & SITES,
            copies: (word >> SITE_BITS).wrapping_add(1),
        }
    }

    /// The same entry with its site moved.
    #[must_use]
    pub const fn moved(&self, by: u32) -> Self {
        Self {
            site: self.site.wrapping_add(by),
            copies: self.copies,
        }
    }
}

const SITES: u32 = (1 << SITE_BITS) - 1;

/// Whether entries as they lie in an image ascend strictly by their sites.
pub(crate) fn ascends(entries: &[u32]) -> bool {
    let site = |&word: &u32| Around::decode(u32::from_le(word)).site as i32;
    // All of them at every load: without a way out in the middle it is vector code, as sites are below 2^30.
    let pairs = entries.iter().zip(entries.iter().skip(1));
    !pairs.fold(false, |falls, (a, b)| falls | (site(a) >= site(b)))
}

impl<'a> ModuleView<'a> {
    /// All entries of AROUND in order.
    pub fn around(&self) -> impl ExactSizeIterator<Item = Around> + use<'a> {
        let entries = self.parts.around.iter();
        entries.map(|&word| Around::decode(u32::from_le(word)))
    }

    /// How many copies of callees the call is in whose last word is word `site` of the code section.
    #[must_use]
    pub fn copies_around(&self, site: u32) -> u32 {
        let entries = self.parts.around;
        let own = |&word: &u32| Around::decode(u32::from_le(word));
        let at = entries.binary_search_by_key(&site, |word| own(word).site);
        let found = at.ok().and_then(|at| entries.get(at));
        found.map_or(0, |word| own(word).copies)
    }

    /// The words around `site` without an entry; empty if it has one.
    pub(super) fn not_around(&self, site: u32) -> Range<u32> {
        let entries = self.parts.around;
        let sites = |at: usize| Some(Around::decode(u32::from_le(*entries.get(at)?)).site);
        let next = entries.partition_point(|&word| Around::decode(u32::from_le(word)).site <= site);
        let before = next.checked_sub(1).and_then(sites);
        if before == Some(site) {
            return 0..0;
        }
        before.map_or(0, |before| before + 1)..sites(next).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive() {
        for site in [0, 6, SITES] {
            for copies in 1..=MAX_AROUND {
                let entry = Around { site, copies };
                assert_eq!(Around::decode(entry.encode()), entry);
            }
        }
        let entry = Around { site: 5, copies: 3 };
        assert_eq!(entry.encode(), 0x8000_0005);
        assert_eq!(entry.moved(6).site, 11);
    }

    #[test]
    fn sites_ascend_whatever_is_around_them() {
        let entries = |sites: &[(u32, u32)]| {
            let words = sites.iter().map(|&(site, copies)| Around { site, copies });
            let words: alloc::vec::Vec<u32> = words.map(|it| it.encode().to_le()).collect();
            ascends(&words)
        };
        assert!(entries(&[]));
        assert!(entries(&[(3, 4), (4, 1), (9, 2)]));
        assert!(!entries(&[(3, 1), (3, 2)]));
        assert!(!entries(&[(4, 1), (3, 4)]));
    }
}
