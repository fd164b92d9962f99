//! Linear memories.
//!
//! Invariants:
//! - M1: `base` points to `len` initialised bytes that belong to this memory alone, either a block of the store's arena or the
//!   accessible part of a provider's region. They are reached only through `base`: by a borrow of the memory, or by handlers while
//!   the store is lent to a run.
//! - M2: `len` never shrinks, and `len <= max_bytes`.

use core::ops::Range;
use core::ptr::NonNull;

use wrt_format::image::types::MemoryType;

use super::arena::{Arena, OutOfMemory};
use super::provider::{MemoryProvider, Region};

/// Most bytes of any 64-bit memory.
const LIMIT_64: u64 = 1 << 48;

/// A linear memory.
#[derive(Debug)]
pub(crate) struct Memory<'m> {
    /// First byte.
    pub(super) base: NonNull<u8>,
    /// Bytes now, a multiple of the page size.
    pub(super) len: usize,
    /// Which bits of a slot are an address: the low 32, or all of a 64-bit memory.
    pub(super) address_mask: u64,
    /// Bytes that `base` has room for without asking again.
    capacity: usize,
    /// Most bytes ever, from the type and the width of addresses.
    max_bytes: u64,
    /// Its declared type.
    ty: MemoryType,
    /// The back end that the memory lives in; none is the arena.
    provider: Option<&'m dyn MemoryProvider>,
}

// SAFETY: M1: a memory owns its bytes.
unsafe impl Send for Memory<'_> {}
// SAFETY: M1: a shared borrow only reads.
unsafe impl Sync for Memory<'_> {}

impl<'m> Memory<'m> {
    /// A memory of the type's minimum, all zero.
    pub(super) fn new(
        arena: &mut Arena<'_>,
        ty: MemoryType,
        provider: Option<&'m dyn MemoryProvider>,
    ) -> Result<Self, OutOfMemory> {
        let address_limit = if ty.is64 { LIMIT_64 } else { 1 << 32 };
        let pages = ty
            .max
            .unwrap_or(u64::MAX)
            .min(address_limit >> ty.page_log2);
        // A page of one byte cannot number all 2^32 bytes of a 32-bit memory: its size would not fit an i32.
        let pages = if ty.is64 {
            pages
        } else {
            pages.min(u64::from(u32::MAX))
        };
        let max_bytes = (pages << ty.page_log2).min(isize::MAX as u64);
        let len = ty
            .min
            .checked_shl(u32::from(ty.page_log2))
            .unwrap_or(u64::MAX);
        if len > max_bytes || len >> ty.page_log2 != ty.min {
            return Err(OutOfMemory);
        }
        let len = len as usize;
        let mut memory = Self {
            base: NonNull::dangling(),
            len,
            address_mask: if ty.is64 {
                u64::MAX
            } else {
                u64::from(u32::MAX)
            },
            capacity: 0,
            max_bytes,
            ty,
            provider: None,
        };
        if let Some(provider) = provider {
            arena.charge(len)?;
            if let Some(region) = provider.reserve(len, max_bytes as usize) {
                (memory.base, memory.capacity) = (region.base, region.capacity);
                memory.provider = Some(provider);
                return Ok(memory);
            }
            arena.refund(len);
        }
        if len > 0 {
            memory.base = arena.take(len.div_ceil(8))?.cast();
            memory.capacity = len;
        }
        Ok(memory)
    }

    /// Gives the bytes back.
    pub(super) fn release(&mut self, arena: &mut Arena<'_>) {
        if let Some(provider) = self.provider {
            provider.release(self.region());
            arena.refund(self.len);
        } else if self.capacity > 0 {
            // SAFETY: M1: a block of this arena for that many words; the memory is empty from now on.
            unsafe { arena.give_back(self.base.cast(), self.capacity.div_ceil(8)) };
        }
        (self.base, self.len, self.capacity, self.provider) = (NonNull::dangling(), 0, 0, None);
    }

    const fn region(&self) -> Region {
        Region {
            base: self.base,
            capacity: self.capacity,
        }
    }

    /// Its declared type.
    pub(crate) const fn ty(&self) -> MemoryType {
        self.ty
    }

    /// Pages now.
    pub(crate) const fn pages(&self) -> u64 {
        self.len as u64 >> self.ty.page_log2
    }

    /// Bytes now.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The bytes.
    pub(crate) const fn bytes(&self) -> &[u8] {
        // SAFETY: M1.
        unsafe { core::slice::from_raw_parts(self.base.as_ptr(), self.len) }
    }

    /// The bytes.
    pub(crate) const fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: M1, and the memory is borrowed uniquely.
        unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr(), self.len) }
    }

    /// Which of 64 pages of 4096 bytes from an offset on have certainly never been written and are zero.
    pub(crate) fn untouched(&self, offset: usize) -> u64 {
        match self.provider {
            Some(provider) => provider.untouched(self.region(), offset),
            None => 0,
        }
    }

    /// Bytes after growing by `delta` pages, if the type allows that.
    pub(crate) const fn grown_len(&self, delta: u64) -> Option<u64> {
        let room = (self.max_bytes - self.len as u64) >> self.ty.page_log2;
        if delta > room {
            None
        } else {
            Some(self.len as u64 + (delta << self.ty.page_log2))
        }
    }

    /// Grows by `delta` pages of zeros; gives the pages before. On an error nothing has changed.
    pub(super) fn grow(&mut self, arena: &mut Arena<'_>, delta: u64) -> Result<u64, OutOfMemory> {
        let before = self.pages();
        let len = self.grown_len(delta).ok_or(OutOfMemory)? as usize;
        if len == self.len {
            return Ok(before);
        }
        if let Some(provider) = self.provider {
            let extra = len - self.len;
            arena.charge(extra)?;
            if len > self.capacity || !provider.grow(self.region(), self.len, len) {
                arena.refund(extra);
                return Err(OutOfMemory);
            }
        } else if self.capacity == 0 {
            self.base = arena.take(len.div_ceil(8))?.cast();
            self.capacity = len;
        } else {
            let (had, want) = (self.capacity.div_ceil(8), len.div_ceil(8));
            // SAFETY: M1: a block of this arena for `had` words, replaced by the result.
            self.base = unsafe { arena.grow(self.base.cast(), had, want)? }.cast();
            self.capacity = len;
        }
        self.len = len;
        Ok(before)
    }

    /// Puts initial contents in place: mapped from the image where the back end can, else copied. False if they do not fit.
    pub(crate) fn place(&mut self, offset: u64, contents: &[u8]) -> bool {
        let Some(range) = self.range(offset, contents.len()) else {
            return false;
        };
        if !self.map(offset, contents) {
            self.bytes_mut()[range].copy_from_slice(contents);
        }
        true
    }

    /// Has the back end map contents in their place, which is a multiple of 4096. False, and nothing happens, if it cannot or they do not fit.
    pub(crate) fn map(&mut self, offset: u64, contents: &[u8]) -> bool {
        let range = self.range(offset, contents.len());
        let place = self.provider.zip(range);
        place.is_some_and(|(it, range)| it.map(self.region(), range.start, contents))
    }

    /// The bytes from an offset on, if there are so many.
    fn range(&self, offset: u64, len: usize) -> Option<Range<usize>> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(len).filter(|&end| end <= self.len)?;
        Some(start..end)
    }
}
