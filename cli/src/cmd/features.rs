//! `wrtc features`: what modules may use.
//!
//! Output: a line for each feature, its name as `--features` takes it, then the version of WebAssembly that it is part of.

use wrt_compiler::FEATURES;

use super::print;
use crate::status::Failure;

/// Runs the command.
pub(crate) fn run() -> Result<u8, Failure> {
    let mut text = String::new();
    for feature in FEATURES {
        let since = match feature.version {
            0 => "proposal".to_owned(),
            version => format!("wasm{version}"),
        };
        text.push_str(&format!("{:<26}{since}\n", feature.name));
    }
    print(&text)?;
    Ok(0)
}
