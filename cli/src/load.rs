//! From a path to the bytes of an image: mapped from an image file, read from a pipe, or compiled in memory from a module.
//!
//! Input: a path; `-` is standard input. Output: [`Image`].
//! Invariants: the bytes lie at an address that is a multiple of 16, as the verifier demands.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use wrt_host::{MappedImage, MmapProvider};
use wrt_vm::{Limits, Module};

use crate::status::{Failure, Status};

/// The path that stands for standard input.
pub const STDIN: &str = "-";
/// The first bytes of a binary Wasm module.
const WASM_MAGIC: &[u8; 4] = b"\0asm";
/// Bytes of a file that are looked at to tell a module from an image.
const HEAD_BYTES: u64 = 256;
/// Where an image must lie.
const ALIGN: usize = 16;

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Run,
    #[cfg(any(feature = "debug", feature = "compile"))]
    Debug,
}

/// An image in memory.
#[derive(Debug)]
pub enum Image {
    /// Mapped from its file.
    Mapped(MappedImage),
    /// Read from a pipe, or compiled just now.
    Copied(Aligned),
}

impl Image {
    /// The image in the file at `path`, or of the module in it.
    ///
    /// # Errors
    /// The file cannot be read; it holds a module and does not compile, or there is no compiler in this build. Whether the bytes are
    /// an image is for the verifier to say.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::load(path, Purpose::Run).map_err(|failure| failure.at(path.display()))
    }

    /// The same for debugging: a module is compiled for that.
    ///
    /// # Errors
    /// As of [`Self::open`].
    #[cfg(any(feature = "debug", feature = "compile"))]
    pub fn open_for_debugging(path: &Path) -> Result<Self, Failure> {
        Self::load(path, Purpose::Debug).map_err(|failure| failure.at(path.display()))
    }

    fn load(path: &Path, purpose: Purpose) -> Result<Self, Failure> {
        if is_stream(path)? {
            let bytes = read(path)?;
            if is_module(path, &bytes) {
                return compile(&bytes, purpose).map(Self::Copied);
            }
            return Ok(Self::Copied(Aligned::new(&bytes)));
        }
        let mut head = Vec::new();
        File::open(path)
            .and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head))
            .map_err(io)?;
        if is_module(path, &head) {
            return compile(&read(path)?, purpose).map(Self::Copied);
        }
        if head.is_empty() {
            return Err(Failure::new(Status::NotAnImage, "the file is empty"));
        }
        MappedImage::open(path).map(Self::Mapped).map_err(io)
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(image) => image.bytes(),
            Self::Copied(image) => image.bytes(),
        }
    }

    /// A provider of memories that maps from this image what it can.
    pub(crate) fn known_to<'i>(&'i self, provider: MmapProvider<'i>) -> MmapProvider<'i> {
        match self {
            Self::Mapped(mapped) => provider.with_image(mapped),
            Self::Copied(_) => provider,
        }
    }

    /// The module that the machine runs, verified; an error names the image by its place.
    pub(crate) fn module(&self, place: &Path) -> Result<Module<'_>, Failure> {
        Module::load_from_binary(self.bytes(), &Limits::default())
            .map_err(|error| Failure::from(error).at(place.display()))
    }
}

/// All bytes of a file, or of standard input for [`STDIN`].
///
/// # Errors
/// It cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() != OsStr::new(STDIN) {
        return std::fs::read(path).map_err(io);
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(io)?;
    Ok(bytes)
}

fn io(error: std::io::Error) -> Failure {
    Failure::new(Status::Io, error.to_string())
}

/// Whether it can only be read from front to end, once: standard input, a pipe, a terminal.
fn is_stream(path: &Path) -> Result<bool, Failure> {
    if path.as_os_str() == OsStr::new(STDIN) {
        return Ok(true);
    }
    let kind = std::fs::metadata(path).map_err(io)?.file_type();
    Ok(!kind.is_file() && !kind.is_dir())
}

/// Whether the file holds a Wasm module: in binary, or as text going by its name or its first character.
fn is_module(path: &Path, head: &[u8]) -> bool {
    path.extension().is_some_and(|extension| extension == "wat")
        || head.starts_with(WASM_MAGIC)
        || head.trim_ascii_start().starts_with(b"(")
        || head.trim_ascii_start().starts_with(b";;")
}

#[cfg(feature = "compile")]
fn compile(module: &[u8], purpose: Purpose) -> Result<Aligned, Failure> {
    use crate::build::Settings;
    let wasm = crate::build::parse_module(module)?;
    let settings = match purpose {
        Purpose::Run => Settings::default(),
        Purpose::Debug => Settings {
            opt_level: wrt_compiler::OptLevel::O0,
            debug: true,
            ..Settings::default()
        },
    };
    crate::build::compile(&wasm, &settings).map(|compiled| Aligned::new(&compiled.image))
}

#[cfg(not(feature = "compile"))]
fn compile(_: &[u8], _: Purpose) -> Result<Aligned, Failure> {
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
