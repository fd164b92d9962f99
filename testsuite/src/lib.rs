//! What the tests share: a guest that is compiled, verified and run in one go.
//!
//! Invariants: a guest runs from image bytes through the verifier, never from anything the compiler hands over otherwise.
#![forbid(unsafe_code)]

pub mod features;
pub mod guests;
pub mod hostile;
pub mod programs;

use wrt_cli::load::Aligned;
use wrt_compiler::{OptLevel, Options};

/// Compiles a module, with or without the compiler's self-checks, and puts the image where the verifier wants it.
///
/// # Errors
/// The compiler's message.
pub fn image(wasm: &[u8], opt_level: OptLevel, check: bool) -> Result<Aligned, String> {
    let options = Options {
        opt_level,
        check,
        ..Options::default()
    };
    image_with(wasm, &options)
}

/// The same with options of the caller's.
///
/// # Errors
/// The compiler's message.
pub fn image_with(wasm: &[u8], options: &Options<'_>) -> Result<Aligned, String> {
    let compiled = wrt_compiler::compile(wasm, options).map_err(|e| e.to_string())?;
    Ok(Aligned::new(&compiled.image))
}

/// The examples of README.md, compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
