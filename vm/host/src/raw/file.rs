//! Files mapped for reading.
//!
//! Input: an open regular file, and its length. Output: a read-only map of all its bytes, aligned to a page.
//! Invariants:
//!
//! - F1: nobody writes to the file or truncates it while it is mapped. Where the system proves it (a sealed memory file, fs-verity) it
//!   is relied on; elsewhere it is a condition on the embedder, stated by [`MappedImage::open`](crate::MappedImage::open). The private copy of
//!   [`map_private`] does not need it.

use memmap2::{Mmap, MmapMut, MmapOptions};
use std::fs::File;
use std::io::{self, Read};

/// Maps the first `len` bytes of the file, which has as many, privately and read-only; whether its content is proven immutable is the second value.
pub(crate) fn map_file(file: &File, len: usize) -> io::Result<(Mmap, bool)> {
    let mut options = MmapOptions::new();
    options.len(len);
    if let Ok(map) = options.map_if_safe(file) {
        return Ok((map, true));
    }
    // SAFETY: F1: the embedder has been told that the file must not change while it is mapped.
    let map = unsafe { options.map_copy_read_only(file) }?;
    Ok((map, false))
}

/// Reads the first `len` bytes of the file into memory of its own, aligned to a page.
pub(crate) fn map_private(mut file: &File, len: usize) -> io::Result<Mmap> {
    let mut copy = MmapMut::map_anon(len.max(1))?;
    file.read_exact(&mut copy[..len])?;
    copy.make_read_only()
}
