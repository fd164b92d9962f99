//! Images from files.
//!
//! Input: a path. Output: [`MappedImage`], whose bytes are aligned as an image must be.
//! Invariants: only regular files are opened; the length is fixed when the file is opened.

use crate::raw;
use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::path::Path;

/// The bytes of an image file, mapped into memory.
#[derive(Debug)]
pub struct MappedImage {
    map: Mmap,
    len: usize,
    /// The file whose bytes the map shows, for mapping parts of it again. `None` for a private copy.
    file: Option<File>,
    immutable: bool,
}

impl MappedImage {
    /// Maps a file, privately and read-only: opening takes microseconds whatever its size, and its pages are read when first used.
    ///
    /// The file must not be written to or truncated while it is mapped: what the verifier has accepted would no longer be what runs.
    /// Replacing it by renaming another file over it is fine. Where others may write to it, use [`MappedImage::read`].
    /// [`MappedImage::is_immutable`] says whether the operating system guarantees it.
    ///
    /// # Errors
    /// Those of opening and mapping; `InvalidInput` when it is not a regular file, or is empty.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let (file, len) = open_regular(path.as_ref())?;
        let (map, immutable) = raw::map_file(&file, len)?;
        Ok(Self {
            map,
            len,
            file: Some(file),
            immutable,
        })
    }

    /// Reads a file into memory of its own: nothing that happens to the file afterwards matters.
    ///
    /// # Errors
    /// Those of opening and reading; `InvalidInput` when it is not a regular file, or is empty.
    pub fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        let (file, len) = open_regular(path.as_ref())?;
        Ok(Self {
            map: raw::map_private(&file, len)?,
            len,
            file: None,
            immutable: true,
        })
    }

    /// The bytes, aligned to a page.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.map.get(..self.len).unwrap_or(&self.map)
    }

    /// Whether nothing can change the bytes: a private copy, or a file that the operating system seals.
    #[must_use]
    pub const fn is_immutable(&self) -> bool {
        self.immutable
    }

    /// The file, if the bytes are a map of it.
    pub(crate) const fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }
}

impl AsRef<[u8]> for MappedImage {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

const NOT_REGULAR: &str = "an image must be a regular file";

fn open_regular(path: &Path) -> io::Result<(File, usize)> {
    let file = open_at_once(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(invalid(NOT_REGULAR));
    }
    let len = usize::try_from(meta.len()).map_err(|_| invalid("the image is too large to map"))?;
    if len == 0 {
        return Err(invalid("the image is empty"));
    }
    Ok((file, len))
}

/// Opens a file for reading, without waiting for the other end if it is a pipe.
#[cfg(target_os = "linux")]
fn open_at_once(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(open(path, flags, Mode::empty())?.into())
}

/// Opens a file for reading, if it is a regular one: opening a pipe would wait for its other end.
#[cfg(not(target_os = "linux"))]
fn open_at_once(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(invalid(NOT_REGULAR));
    }
    File::open(path)
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
