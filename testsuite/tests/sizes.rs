//! The ratchet of image sizes: how many bytes the images of the programs have, in `testsuite/counts/sizes.txt`.
//!
//! Input: the programs, compiled at the default level. Output: which image has grown by more than a hundredth and a few bytes. `BLESS=1`
//! writes the file instead; it is for whoever has made images smaller, or has a reason for larger ones.

use core::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wrt_compiler::{Options, compile};

/// Bytes by which an image may grow beyond a hundredth.
const SLACK: usize = 16;

/// The modules in `testsuite/programs`, by name.
fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let entries = fs::read_dir(folder).expect("the folder of programs");
    let entries = entries.map(|entry| entry.expect("an entry").path());
    let is_module = |path: &PathBuf| path.extension().is_some_and(|it| it == "wasm");
    let mut files: Vec<PathBuf> = entries.filter(is_module).collect();
    files.sort();
    files
}

#[test]
fn images_do_not_grow() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts/sizes.txt");
    let bless = std::env::var_os("BLESS").is_some();
    let before = fs::read_to_string(&path).unwrap_or_default();
    let recorded = |name: &str| {
        let mut lines = before.lines().filter_map(|line| line.split_once(' '));
        let (_, bytes) = lines.find(|(it, _)| *it == name)?;
        bytes.trim().parse::<usize>().ok()
    };
    let (mut now, mut grown) = (String::new(), Vec::new());
    for file in programs() {
        let name = file.file_stem().unwrap().to_string_lossy();
        let wasm = fs::read(&file).unwrap();
        let bytes = compile(&wasm, &Options::default()).unwrap().image.len();
        writeln!(now, "{name:16} {bytes:>7}").unwrap();
        match recorded(&name) {
            Some(old) if bytes <= old + old / 100 + SLACK => {}
            old => grown.push(format!("{name}: {bytes} bytes, {old:?} before")),
        }
    }
    if bless {
        return fs::write(&path, now).unwrap();
    }
    assert!(
        grown.is_empty(),
        "larger images, see BLESS=1:\n{}",
        grown.join("\n")
    );
}
