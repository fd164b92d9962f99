//! From a path to the bytes of an image: mapped from an image file, or compiled in memory from a `.wasm` or `.wat` file.
//!
//! Invariants: the bytes lie at an address that is a multiple of 16, as the verifier demands.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use wrt_host::MappedImage;

use crate::status::{Failure, Status};

/// The first bytes of a binary Wasm module.
const WASM_MAGIC: &[u8; 4] = b"\0asm";
/// Where an image must lie.
const ALIGN: usize = 16;

/// An image in memory.
#[derive(Debug)]
pub enum Image {
    /// Mapped from its file.
    Mapped(MappedImage),
    /// Compiled just now.
    Built(Aligned),
}

impl Image {
    /// The image in the file at `path`, or of the module in it.
    ///
    /// # Errors
    /// The file cannot be read; it holds a module and does not compile, or there is no compiler in this build. Whether the bytes are
    /// an image is for the verifier to say.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let place = path.display();
        if is_module(path).map_err(|error| Failure::io(&place, &error))? {
            return compile(path)
                .map(Self::Built)
                .map_err(|failure| failure.at(&place));
        }
        match MappedImage::open(path) {
            Ok(image) => Ok(Self::Mapped(image)),
            // Nothing can be mapped of an empty file, and it is no image.
            Err(_)
                if std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() == 0) =>
            {
                Err(Failure::new(
                    Status::NotAnImage,
                    format!("{place}: the file is empty"),
                ))
            }
            Err(error) => Err(Failure::io(place, &error)),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(image) => image.bytes(),
            Self::Built(image) => image.bytes(),
        }
    }
}

/// Whether the file holds a Wasm module, in binary or, going by its name, as text.
fn is_module(path: &Path) -> std::io::Result<bool> {
    if path.extension().is_some_and(|extension| extension == "wat") {
        return Ok(true);
    }
    let mut start = Vec::new();
    File::open(path)?
        .take(WASM_MAGIC.len() as u64)
        .read_to_end(&mut start)?;
    Ok(start == WASM_MAGIC)
}

#[cfg(feature = "compile")]
fn compile(path: &Path) -> Result<Aligned, Failure> {
    let wasm = crate::build::read_module(path)?;
    crate::build::compile(&wasm, &crate::build::Settings::default())
        .map(|compiled| Aligned::new(&compiled.image))
}

#[cfg(not(feature = "compile"))]
fn compile(_: &Path) -> Result<Aligned, Failure> {
    let text = "this is a WebAssembly module, and this build of wrtd has no compiler: compile it with wrtc first";
    Err(Failure::new(Status::NotAnImage, text))
}

/// Bytes at an address that is a multiple of 16.
#[derive(Debug)]
pub struct Aligned {
    room: Vec<u8>,
    start: usize,
    len: usize,
}

impl Aligned {
    /// A copy of `bytes`.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let mut room: Vec<u8> = Vec::with_capacity(bytes.len() + ALIGN);
        // The buffer has its capacity from the start and so stays where it is.
        let start = room.as_ptr().align_offset(ALIGN).min(ALIGN);
        room.resize(start, 0);
        room.extend_from_slice(bytes);
        Self {
            room,
            start,
            len: bytes.len(),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.room
            .get(self.start..self.start + self.len)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_aligned() {
        for len in [0, 1, 15, 16, 1000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let aligned = Aligned::new(&bytes);
            assert_eq!(aligned.bytes(), bytes);
            assert_eq!(aligned.bytes().as_ptr() as usize % ALIGN, 0);
        }
    }
}
