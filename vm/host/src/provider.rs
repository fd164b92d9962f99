//! Where linear memories lie, and which image files their initial contents can be mapped from.
//!
//! Input: images. Output: [`MmapProvider`], whose memories `raw` makes. Invariants: the images are borrowed, so each stays mapped where it
//! is; contents that are part of none of them are copied.

use crate::image::MappedImage;
#[cfg(target_os = "linux")]
use crate::raw::Touched;
use std::fs::File;

/// A [`MemoryProvider`](wrt_vm::MemoryProvider) on virtual memory: a memory reserves up to 4 GiB of addresses and grows in place without
/// being copied; the initial data of images made known to it is mapped copy-on-write from their files, so that starting costs nothing
/// for pages that are never used, and writes never reach the file.
///
/// On systems other than Linux it leaves every memory to the engine.
#[derive(Debug, Default)]
pub struct MmapProvider<'i> {
    images: Vec<&'i MappedImage>,
    /// What the system knows of the pages of its regions.
    #[cfg(target_os = "linux")]
    pub(crate) touched: Touched,
}

impl<'i> MmapProvider<'i> {
    /// Without images: memories are reserved, initial data is copied.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            images: Vec::new(),
            #[cfg(target_os = "linux")]
            touched: Touched::new(),
        }
    }

    /// Lets initial data of this image be mapped instead of copied. Changes nothing for images that were read instead of mapped.
    #[must_use]
    pub fn with_image(mut self, image: &'i MappedImage) -> Self {
        self.images.push(image);
        self
    }

    /// The file that these bytes are a map of, and their place in it.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "only mapped memories ask")
    )]
    pub(crate) fn source(&self, contents: &[u8]) -> Option<(&'i File, u64)> {
        let range = contents.as_ptr_range();
        self.images.iter().find_map(|image| {
            let all = image.bytes().as_ptr_range();
            let inside = all.start <= range.start && range.end <= all.end;
            let place = range.start.addr().checked_sub(all.start.addr())?;
            image
                .file()
                .filter(|_| inside)
                .map(|file| (file, place as u64))
        })
    }
}
