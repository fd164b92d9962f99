//! Hostile input: what must hold for every string of bytes given to the compiler or as an image.
//!
//! Input: bytes, from a fuzzer or from a seed. Output: [`Seen`], what came of them; a panic where the promise is broken. The fuzz
//! targets under `testsuite/fuzz` and the tests in `tests/hostile.rs` both call these functions:
//!
//! - [`image_bytes`]: the bytes are the image;
//! - [`image_mutate`]: the bytes say how a valid image is changed; hashes and checksum are made right again afterwards;
//! - [`image_mutate_threads`]: the same with modules that use atomics, which are run on several guest threads, too;
//! - [`snapshot_bytes`]: the bytes are a snapshot; [`snapshot_mutate`]: they say how a valid one is changed, likewise;
//! - [`wrtc_bytes`]: the bytes are a module, or say how a valid one is changed.
//!
//! Invariants: whatever loads is also run, on both kinds of engine memory.

mod bases;
mod mutate;
mod run;
mod snapshots;
mod turns;

use wrt_cli::load::Aligned;
use wrt_compiler::{OptLevel, Options};
use wrt_format::verify::VerifiedImage;
use wrt_vm::Limits;

pub use run::Seen;

/// Numbers drawn from a string of bytes: each draw takes some of them, and behind their end everything is zero.
#[derive(Clone, Debug)]
pub struct Draw<'a>(&'a [u8]);

impl<'a> Draw<'a> {
    /// Draws from these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all bytes are drawn.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    /// 32 bits.
    pub fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// A number below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        let drawn = if n <= 256 {
            self.byte().into()
        } else {
            self.word() as usize
        };
        drawn % n
    }
}

/// The bytes are an image.
pub fn image_bytes(bytes: &[u8]) -> Seen {
    let aligned = Aligned::new(bytes);
    run::image(aligned.bytes(), &mut Draw::new(bytes))
}

/// The bytes choose a valid image, one of those that the compiler makes, and change it.
pub fn image_mutate(bytes: &[u8]) -> Seen {
    mutated(bases::images(), bytes)
}

/// The same with images of modules that use atomic instructions, which are run on several guest threads, too.
pub fn image_mutate_threads(bytes: &[u8]) -> Seen {
    mutated(bases::images_with_threads(), bytes)
}

/// The bytes are a snapshot.
pub fn snapshot_bytes(bytes: &[u8]) -> Seen {
    snapshots::bytes(bytes)
}

/// The bytes choose a valid snapshot, of a guest that is paused somewhere, and change it. What can be restored is run.
pub fn snapshot_mutate(bytes: &[u8]) -> Seen {
    snapshots::mutated(&mut Draw::new(bytes))
}

fn mutated(base: &[Vec<u8>], bytes: &[u8]) -> Seen {
    let mut draw = Draw::new(bytes);
    let base = &base[draw.below(base.len())];
    let mutant = mutate::image(base, &mut draw);
    let aligned = Aligned::new(&mutant);
    run::image(aligned.bytes(), &mut draw)
}

/// The bytes are a module, or choose a valid one and change it. What compiles must verify, with the right hashes, and is run.
pub fn wrtc_bytes(bytes: &[u8]) -> Seen {
    let mut draw = Draw::new(bytes);
    let opt_level = [OptLevel::O0, OptLevel::O2][draw.below(2)];
    let bases = bases::modules();
    // One more than there are: the bytes themselves.
    let module = match bases.get(draw.below(bases.len() + 1)) {
        Some(base) => mutate::bytes(base, &mut draw),
        None => draw.0.to_vec(),
    };
    let options = Options {
        opt_level,
        check: true,
        ..Options::default()
    };
    let compiled = match wrt_compiler::compile(&module, &options) {
        Ok(compiled) => compiled,
        Err(error) => {
            assert!(
                !matches!(error.kind(), wrt_compiler::ErrorKind::Internal),
                "{error}"
            );
            return Seen::default();
        }
    };
    let aligned = Aligned::new(&compiled.image);
    let everything = Limits {
        memory_bytes: u64::MAX,
        table_elems: u64::MAX,
        ..Limits::default()
    };
    match VerifiedImage::verify_all(aligned.bytes(), &everything) {
        Ok(image) => image.check_hashes().expect("the compiler's own hashes"),
        Err(error) => panic!("the compiler made an image that is refused: {error}"),
    }
    run::image(aligned.bytes(), &mut draw)
}
