//! Linear memories in reserved address space, with initial contents mapped from image files.
//!
//! Input: how large a memory is and may become. Output: regions whose first bytes are readable and writable.
//! Invariants, which make [`MmapProvider`] keep the promises of [`MemoryProvider`]:
//!
//! - L1: the mapping behind a region starts at its base and is [`mapping_len`] of its capacity long; it is made by `reserve`, which has
//!   the system choose an unused range, and ends with `release`. The engine hands back only regions that it was given, each
//!   released once, so nothing outside such a mapping is ever touched.
//! - L2: what the engine has asked for is readable and writable, rounded up to [`GRANULE`], which every page size in use divides;
//!   the rest is not accessible. Anonymous pages are zero when first touched.
//! - L3: a file is mapped only over whole pages of the accessible part, and privately, so that writes never reach the file.

use crate::provider::MmapProvider;
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap, mmap_anonymous, mprotect, munmap};
use wrt_vm::{MemoryProvider, Region};

/// Sizes are rounded up to this.
const GRANULE: usize = 64 << 10;
/// Contents shorter than this are left to the engine to copy: to map them costs more than to copy two pages, and the system has room for so
/// many mappings of a process only. Measured: 3.7 us for a mapping, 1.7 us for each page that is copied from the page cache to a fresh page.
const MAPPED_FROM: usize = 3 << 12;
/// Most bytes reserved for one memory: all that a 32-bit one can have; on 32-bit machines a quarter of the address space.
const RESERVE_MAX: usize = if usize::BITS >= 64 {
    (4_u64 << 30) as usize
} else {
    1 << 30
};

// SAFETY: L1 to L3. Regions do not overlap, since the system gives each a range that is unused.
unsafe impl MemoryProvider for MmapProvider<'_> {
    fn reserve(&self, bytes: usize, max_bytes: usize) -> Option<Region> {
        let need = bytes.checked_next_multiple_of(GRANULE)?;
        let mut want = max_bytes.min(RESERVE_MAX).max(need);
        loop {
            if let Some(region) = reserve_exactly(want) {
                if self.grow(region, 0, bytes) {
                    return Some(region);
                }
                self.release(region);
                return None;
            }
            if want <= need {
                return None;
            }
            want = (want / 2).max(need);
        }
    }

    fn grow(&self, region: Region, bytes: usize, new_bytes: usize) -> bool {
        // What is rounded up is accessible already.
        let (from, to) = (
            bytes.next_multiple_of(GRANULE),
            new_bytes.next_multiple_of(GRANULE),
        );
        if to <= from {
            return true;
        }
        let flags = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: L1: `from .. to` lies in the mapping of the region, whose capacity is a multiple of the granule; nothing refers to it yet.
        unsafe { mprotect(at(region, from), to - from, flags) }.is_ok()
    }

    fn map(&self, region: Region, offset: usize, contents: &[u8]) -> bool {
        let page = rustix::param::page_size();
        let whole = contents.len() - contents.len() % page;
        let Some((file, place)) = self.source(contents) else {
            return false;
        };
        if whole < MAPPED_FROM || !offset.is_multiple_of(page) || !place.is_multiple_of(page as u64)
        {
            return false;
        }
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: L1, L3: the engine asks only for what lies within the accessible part, and nobody uses that at the moment.
        if unsafe { mmap(at(region, offset), whole, prot, flags, file, place) }.is_err() {
            return false;
        }
        self.touched.note_file(region, offset, whole);
        let (rest, to) = (&contents[whole..], at(region, offset + whole).cast());
        // SAFETY: as above; what `contents` is part of is a mapping of its own, apart from the region (L1).
        unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), to, rest.len()) };
        true
    }

    fn untouched(&self, region: Region, offset: usize) -> u64 {
        self.touched.untouched(region, offset)
    }

    fn release(&self, region: Region) {
        self.touched.forget(region);
        // SAFETY: L1: the mapping belongs to the region, which is not used again. An error would only leak address space.
        let _ = unsafe { munmap(at(region, 0), mapping_len(region.capacity)) };
    }
}

/// Bytes of the mapping behind a region of this capacity: a part more than it, so that a stray access behind the end faults.
const fn mapping_len(capacity: usize) -> usize {
    capacity + GRANULE
}

fn reserve_exactly(bytes: usize) -> Option<Region> {
    let capacity = bytes.checked_next_multiple_of(GRANULE)?;
    if capacity > isize::MAX as usize - GRANULE {
        return None;
    }
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a new mapping at a place of the system's choice replaces none (establishes L1).
    let base = unsafe {
        mmap_anonymous(
            ptr::null_mut(),
            mapping_len(capacity),
            ProtFlags::empty(),
            flags,
        )
    };
    Some(Region {
        base: NonNull::new(base.ok()?.cast())?,
        capacity,
    })
}

/// The address `offset` bytes behind the base.
fn at(region: Region, offset: usize) -> *mut c_void {
    region.base.as_ptr().wrapping_add(offset).cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<'a>(region: Region, len: usize) -> &'a mut [u8] {
        // SAFETY: the tests ask for no more than what they made accessible.
        unsafe { core::slice::from_raw_parts_mut(region.base.as_ptr(), len) }
    }

    #[test]
    fn grows_in_place_with_zeros() {
        let provider = MmapProvider::new();
        let region = provider.reserve(1 << 16, 1 << 20).unwrap();
        assert_eq!(region.capacity, 1 << 20);
        bytes(region, 1 << 16).fill(7);
        assert!(provider.grow(region, 1 << 16, 1 << 20));
        assert!(bytes(region, 1 << 16).iter().all(|&b| b == 7));
        assert!(bytes(region, 1 << 20)[1 << 16..].iter().all(|&b| b == 0));
        provider.release(region);
    }

    #[test]
    fn reserves_less_rather_than_nothing() {
        let provider = MmapProvider::new();
        let region = provider.reserve(0, usize::MAX).unwrap();
        assert!(region.capacity <= RESERVE_MAX);
        provider.release(region);
        assert_eq!(provider.reserve(usize::MAX, usize::MAX), None);
        assert_eq!(provider.reserve(usize::MAX - (1 << 20), usize::MAX), None);
    }

    #[test]
    fn only_what_was_never_used_is_untouched() {
        let provider = MmapProvider::new();
        let region = provider.reserve(1 << 20, 1 << 20).unwrap();
        bytes(region, 1 << 20)[5 * 4096 + 17] = 1;
        bytes(region, 1 << 20)[70 * 4096] = 0;
        // Systems without the page map say nothing.
        if std::fs::File::open(super::super::touched::PAGE_MAP).is_ok()
            && rustix::param::page_size() == 4096
        {
            assert_eq!(provider.untouched(region, 0), !(1 << 5));
            assert_eq!(provider.untouched(region, 64 * 4096), !(1 << 6));
            provider.touched.note_file(region, 4096, 2 * 4096);
            assert_eq!(provider.untouched(region, 0), !(1 << 5 | 6));
        }
        provider.release(region);
        let other = provider.reserve(1 << 20, 1 << 20).unwrap();
        assert_eq!(
            provider.untouched(other, 1 << 19) & 1,
            provider.untouched(other, 0) & 1
        );
        provider.release(other);
    }

    #[test]
    fn sizes_that_are_no_multiple_of_a_page() {
        let provider = MmapProvider::new();
        let region = provider.reserve(10, 100_000).unwrap();
        assert_eq!(region.capacity, 2 << 16);
        assert!(provider.grow(region, 10, 70_000));
        assert!(provider.grow(region, 70_000, 100_000));
        bytes(region, 100_000).fill(1);
        provider.release(region);
    }
}
