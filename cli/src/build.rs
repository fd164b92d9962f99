//! From a `.wasm` or `.wat` file to a compiled module.
//!
//! Input: a path or the bytes of a module. Output: the compiler's result. Text is translated first; its errors say line and column.

use std::path::Path;

use wrt_compiler::{Compiled, FEATURES, Features, OptLevel, Options, Profile};
use wrt_format::image::header::MAGIC;

use crate::load;
use crate::progress::Progress;
use crate::status::{Failure, Status};

/// How to compile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Optimisation.
    pub opt_level: OptLevel,
    /// Compile for debugging, at the lowest level of optimisation.
    pub debug: bool,
    /// Leave names and positions out.
    pub strip: bool,
    /// What the module may use.
    pub features: Features,
    /// Let arithmetic give the same NaN on every machine.
    pub canonical_nans: bool,
    /// What to add to Wasm offsets.
    pub offset_shift: i64,
    /// Let the compiler check its own work.
    pub check: bool,
}

/// Reads a module in binary or as text, `-` being standard input; gives it in binary.
///
/// # Errors
/// The file cannot be read, or holds no module.
pub fn read_module(path: &Path) -> Result<Vec<u8>, Failure> {
    parse_module(&load::read(path)?)
}

/// A module in binary or as text, in binary.
///
/// # Errors
/// It is no module: what it is instead, if that can be told, or where its text is wrong.
pub fn parse_module(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let invalid = |text: &str| Err(Failure::new(Status::Invalid, text));
    if bytes.starts_with(&MAGIC) {
        return invalid("this is a WRT image already, not a WebAssembly module");
    }
    if bytes.is_empty() {
        return invalid("the file is empty");
    }
    if core::str::from_utf8(bytes).is_err() && !bytes.starts_with(b"\0asm") {
        return invalid("this is neither a binary WebAssembly module nor text");
    }
    match wat::parse_bytes(bytes) {
        Ok(wasm) => Ok(wasm.into_owned()),
        Err(error) => invalid(&one_line(&error.to_string())),
    }
}

/// Compiles a binary module, with a progress bar if it takes long.
///
/// # Errors
/// Those of the compiler.
pub fn compile(wasm: &[u8], settings: &Settings) -> Result<Compiled, Failure> {
    compile_by(wasm, settings, None)
}

/// The same by a profile, if there is one.
///
/// # Errors
/// Those of the compiler.
pub fn compile_by(
    wasm: &[u8],
    settings: &Settings,
    profile: Option<&Profile>,
) -> Result<Compiled, Failure> {
    let bar = Progress::new("compiling");
    let progress = |progress: wrt_compiler::Progress| {
        bar.set(progress.done.into(), progress.total.into());
    };
    let options = Options {
        opt_level: settings.opt_level,
        debug: settings.debug,
        strip: settings.strip,
        features: settings.features,
        canonical_nans: settings.canonical_nans,
        offset_shift: settings.offset_shift,
        profile,
        check: settings.check,
        progress: Some(&progress),
    };
    Ok(wrt_compiler::compile(wasm, &options)?)
}

/// The optimisation level of a digit on the command line.
///
/// # Errors
/// It is none of 0, 1 and 2.
pub fn opt_level(text: &str) -> Result<OptLevel, String> {
    match text {
        "0" => Ok(OptLevel::O0),
        "1" => Ok(OptLevel::O1),
        "2" => Ok(OptLevel::O2),
        _ => Err("the levels are 0, 1 and 2".to_owned()),
    }
}

/// The features of a list on the command line: see [`Features::parse`].
///
/// # Errors
/// A name is none: the accepted ones.
pub fn features(list: &str) -> Result<Features, String> {
    Features::parse(list).map_err(|item| {
        let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
        format!(
            "there is no feature {item:?}: the features are {}, and for several of them wasm1, wasm2, wasm3, all",
            names.join(", ")
        )
    })
}

/// The message and the place of a text error, of which the library makes a drawing over several lines.
fn one_line(error: &str) -> String {
    let mut lines = error.lines().map(str::trim);
    let message = lines.next().unwrap_or_default();
    let place = lines.find_map(|line| line.strip_prefix("--> "));
    let place = place.map(|place| place.trim_start_matches("<anon>:"));
    place.map_or_else(
        || message.to_owned(),
        |place| format!("{message} (line {place})"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_errors_fit_a_line() {
        let error = wat::parse_str("(module\n  (func (i32.cnst 1)))").unwrap_err();
        assert_eq!(
            one_line(&error.to_string()),
            "unknown operator or unexpected token (line 2:10)"
        );
    }
}
