//! Incremental snapshots: what the pages are that a snapshot leaves to the one it is based on.
//!
//! Input: the snapshots that a snapshot is based on, the nearest first. Output: for pages of memories, asked in ascending order, what they hold.
//! Invariants: the ids of the chain fit, so that nothing else is taken for an ancestor; each section is gone through once, forwards; what is
//! wrong in an ancestor is `None`, and nothing is believed of it. Nothing is allocated.

use super::{Kind, PAGE_BYTES, PageKind, Reader, Snapshot};

/// Snapshots that a snapshot is based on at most: its parent, the parent's parent, and so on.
pub const MAX_ANCESTORS: usize = 8;

/// Bytes of the type of a memory that the host has made, in MEMORIES.
const TYPE_BYTES: usize = 24;

/// Why snapshots are no chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainFault {
    /// The snapshot of this id is missing: another one is based on it.
    Missing([u8; 32]),
    /// One more is given than the chain has.
    NotAnAncestor,
    /// There are more than [`MAX_ANCESTORS`].
    TooLong,
}

impl core::fmt::Display for ChainFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Missing(id) => {
                f.write_str("it is based on the snapshot ")?;
                let mut start = id.iter().take(8);
                start.try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str(".., which is not given")
            }
            Self::NotAnAncestor => {
                f.write_str("it is not based on the last of the snapshots that are given")
            }
            Self::TooLong => write!(
                f,
                "it would be based on more than {MAX_ANCESTORS} snapshots, one on the other"
            ),
        }
    }
}

/// What a page of an ancestor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// Zeros.
    Zero,
    /// What the image has there.
    Image,
    /// These bytes, of so many pages as are the same kind of thing.
    Stored(&'a [u8]),
}

/// Where an ancestor has been read to.
#[derive(Clone, Copy, Debug)]
struct Level<'a> {
    rows: Reader<'a>,
    /// Stored pages and holes that are still to come.
    pages_left: &'a [u8],
    /// Bytes of them that are stored.
    stored: usize,
    /// Pages of the present memory.
    pages: u64,
    /// The present run: its first page, the one behind its last, what it is, and its bytes if they are stored.
    start: u64,
    end: u64,
    kind: PageKind,
    bytes: &'a [u8],
}

impl<'a> Level<'a> {
    const EMPTY: Self = Self {
        rows: Reader::new(&[]),
        pages_left: &[],
        stored: 0,
        pages: 0,
        start: 0,
        end: 0,
        kind: PageKind::Zero,
        bytes: &[],
    };

    fn advance(&mut self) -> Option<()> {
        let count = self.rows.u64()?;
        let kind = PageKind::from_number(self.rows.u32()?)?;
        let end = self.end.checked_add(count);
        let end = end.filter(|&end| self.end < end && end <= self.pages)?;
        self.bytes = &[];
        if matches!(kind, PageKind::Stored | PageKind::Hole) {
            let len = usize::try_from(count).ok()?.checked_mul(PAGE_BYTES)?;
            (self.bytes, self.pages_left) = self.pages_left.split_at_checked(len)?;
        }
        if kind == PageKind::Stored {
            self.stored = self.stored.saturating_sub(self.bytes.len());
        }
        (self.start, self.end, self.kind) = (self.end, end, kind);
        Some(())
    }

    /// Goes on to the next memory, behind the last run of the present one.
    fn next_memory(&mut self, made_by_host: bool) -> Option<()> {
        while self.end < self.pages {
            self.advance()?;
        }
        if made_by_host {
            self.rows.take(TYPE_BYTES)?;
        }
        self.pages = self.rows.u64()?.div_ceil(PAGE_BYTES as u64);
        (self.start, self.end) = (0, 0);
        Some(())
    }

    /// Goes on to the run that a page is in.
    fn seek(&mut self, page: u64) -> Option<()> {
        while self.end <= page {
            self.advance()?;
        }
        (self.start <= page).then_some(())
    }
}

/// The pages of a chain of snapshots, memory by memory.
#[derive(Clone, Copy, Debug)]
pub struct Ancestors<'a> {
    levels: [Level<'a>; MAX_ANCESTORS],
    count: usize,
}

impl<'a> Ancestors<'a> {
    /// None.
    pub const NONE: Self = Self {
        levels: [Level::EMPTY; MAX_ANCESTORS],
        count: 0,
    };

    /// Of snapshots each of which is based on the next one, the last on none; `parent` is the id of the first, none if there is to be none.
    ///
    /// # Errors
    /// [`ChainFault`], when they are not that.
    pub fn new(parent: Option<[u8; 32]>, ancestors: &[Snapshot<'a>]) -> Result<Self, ChainFault> {
        let mut levels = [Level::EMPTY; MAX_ANCESTORS];
        if ancestors.len() > MAX_ANCESTORS {
            return Err(ChainFault::TooLong);
        }
        let mut wanted = parent;
        for (level, ancestor) in levels.iter_mut().zip(ancestors) {
            match wanted {
                None => return Err(ChainFault::NotAnAncestor),
                Some(id) if id != ancestor.id() => return Err(ChainFault::Missing(id)),
                Some(_) => {}
            }
            wanted = ancestor.parent();
            level.rows = Reader::new(ancestor.section(Kind::Memories));
            level.pages_left = ancestor.section(Kind::Pages);
            level.stored = ancestor.stored_bytes();
        }
        match wanted {
            Some(_) if ancestors.len() == MAX_ANCESTORS => Err(ChainFault::TooLong),
            Some(id) => Err(ChainFault::Missing(id)),
            None => Ok(Self {
                levels,
                count: ancestors.len(),
            }),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Stored bytes of the present memory and of those behind it.
    #[must_use]
    pub fn stored_bytes(&self) -> usize {
        self.levels.iter().map(|level| level.stored).sum()
    }

    /// Goes on to the next memory, of which it is known whether the host has made it. To be called before the first one too.
    pub fn next_memory(&mut self, made_by_host: bool) {
        for level in self.levels.iter_mut().take(self.count) {
            if level.next_memory(made_by_host).is_none() {
                *level = Level::EMPTY;
            }
        }
    }

    /// What this page of the present memory holds, and of how many pages from it on that is said. Pages are asked in ascending order. None if
    /// the ancestors do not say.
    pub fn find(&mut self, page: u64) -> Option<(Content<'a>, u64)> {
        let mut most = u64::MAX;
        for level in self.levels.iter_mut().take(self.count) {
            level.seek(page)?;
            most = most.min(level.end - page);
            match level.kind {
                PageKind::Parent => {}
                PageKind::Zero | PageKind::Hole => return Some((Content::Zero, most)),
                PageKind::Image => return Some((Content::Image, most)),
                PageKind::Stored => {
                    let at = (page - level.start) as usize * PAGE_BYTES;
                    let bytes = level.bytes.get(at..)?;
                    let bytes = bytes.get(..most as usize * PAGE_BYTES)?;
                    return Some((Content::Stored(bytes), most));
                }
            }
        }
        None
    }
}
