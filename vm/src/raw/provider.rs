//! Where linear memories live when not in the engine's own memory: a back end of the embedder, for example the host's virtual memory.

use core::fmt::Debug;
use core::ptr::NonNull;

/// A range of addresses that a [`MemoryProvider`] has set aside for one linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First address. It never changes while the region is held.
    pub base: NonNull<u8>,
    /// Bytes that the memory can grow to without moving.
    pub capacity: usize,
}

/// A back end for linear memories.
///
/// # Safety
/// For a region that [`reserve`](Self::reserve) has given, until it is given to [`release`](Self::release):
/// - nobody else reads or writes its accessible part: the `bytes` asked for, and after each successful [`grow`](Self::grow) the
///   `new_bytes`; that part can be read and written;
/// - its contents change only by the machine's writes, and by [`map`](Self::map) as described there; bytes that become accessible
///   are zero.
pub unsafe trait MemoryProvider: Debug + Send + Sync {
    /// Sets a region aside, with `bytes` of it accessible and zero. `max_bytes` is what the memory may ever need; the capacity may be
    /// less. `None` makes the engine use its own memory.
    fn reserve(&self, bytes: usize, max_bytes: usize) -> Option<Region>;

    /// Makes `new_bytes` instead of `bytes` accessible. `new_bytes` is at most the capacity. False leaves everything as it is.
    fn grow(&self, region: Region, bytes: usize, new_bytes: usize) -> bool;

    /// Lets the accessible part from `offset` on, as long as `contents`, hold `contents`, without copying them if that is possible.
    /// `contents` is part of an image; a provider that has mapped the image's file knows the place by the address. `offset` is a
    /// multiple of 4096. False leaves everything as it is, and the engine copies.
    fn map(&self, region: Region, offset: usize, contents: &[u8]) -> bool;

    /// Which of 64 pages of 4096 bytes from `offset` on, a multiple of 4096, are zero because nobody has ever touched them: bit 0 is the
    /// first. Only a hint that lets them be skipped without being read: 0 is always right, and what lies behind the accessible part
    /// does not matter.
    fn untouched(&self, region: Region, offset: usize) -> u64 {
        let _ = (region, offset);
        0
    }

    /// Takes a region back.
    fn release(&self, region: Region);
}
