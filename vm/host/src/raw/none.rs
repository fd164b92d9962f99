//! The provider on systems where this crate has no mapped memories: it leaves all of them to the engine.
//!
//! Input: any request. Output: no region. Invariants: as no region is ever given, none of the promises of [`MemoryProvider`] is at stake.

use crate::provider::MmapProvider;
use wrt_vm::{MemoryProvider, Region};

// SAFETY: no region is ever given.
unsafe impl MemoryProvider for MmapProvider<'_> {
    fn reserve(&self, _bytes: usize, _max_bytes: usize) -> Option<Region> {
        None
    }

    fn grow(&self, _region: Region, _bytes: usize, _new_bytes: usize) -> bool {
        false
    }

    fn map(&self, _region: Region, _offset: usize, _contents: &[u8]) -> bool {
        false
    }

    fn release(&self, _region: Region) {}
}
