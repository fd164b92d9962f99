//! The WRT compiler: bytes -> validated Wasm -> SSA IR -> optimised IR -> selected code -> frame slots -> bytecode -> image.
//!
//! Input: a binary WebAssembly module. Output: [`Compiled`], which holds the image. The same module and options give the same bytes,
//! whatever the number of threads.
#![forbid(unsafe_code)]

mod callees;
mod debug;
pub mod emit;
pub mod error;
mod hash;
pub mod image;
pub mod ir;
pub mod lower;
pub mod opt;
mod options;
mod pipeline;
mod profile;
pub mod regalloc;
pub mod wasm;

pub use error::{Error, ErrorKind};
pub use opt::OptLevel;
pub use options::{Compiled, Options, Progress, Report};
pub use profile::Profile;
pub use wasm::{FEATURES, Feature, Features};

/// Compiles a module.
///
/// # Errors
/// `Invalid` or `Unsupported` with the place in the module, `TooLarge` if it exceeds what an image can hold. Nothing is archived unless
/// every function is valid.
pub fn compile(wasm: &[u8], options: &Options<'_>) -> Result<Compiled, Error> {
    let opt_level = match options.debug {
        true => OptLevel::O0,
        false => options.opt_level,
    };
    let options = &Options {
        opt_level,
        ..*options
    };
    let module = wasm::parse_with(wasm, options.features)?;
    let functions = pipeline::functions(&module, options)?;
    let mut report = functions.report;
    let image = image::archive(&module, functions.codes, options, &mut report)?;
    report.wasm_bytes = wasm.len() as u64;
    report.image_bytes = image.len() as u64;
    Ok(Compiled { image, report })
}
