//! Image size over module size, at -O2, with and without what only people read (names and Wasm offsets).

use std::path::{Path, PathBuf};

use wrt_compiler::Options;

/// Prints a line per module. Arguments: more modules; without any the programs of the test suite are measured.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut files: Vec<PathBuf> = args.iter().map(PathBuf::from).collect();
    if files.is_empty() {
        files = programs()?;
    }
    println!(
        "{:20} {:>11} {:>11} {:>6} {:>11} {:>6}",
        "module", "wasm bytes", "image", "ratio", "stripped", "ratio"
    );
    let (mut logs, mut sums) = ([0.0; 2], [0_usize; 3]);
    for file in &files {
        let sizes = sizes(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        line(&name, sizes);
        for (log, image) in logs.iter_mut().zip(&sizes[1..]) {
            *log += (*image as f64 / sizes[0] as f64).ln();
        }
        for (sum, size) in sums.iter_mut().zip(sizes) {
            *sum += size;
        }
    }
    line("all together", sums);
    let [named, stripped] = logs.map(|log| f64::exp(log / files.len() as f64));
    println!(
        "{:20} {:>11} {:>11} {named:6.2} {:>11} {stripped:6.2}",
        "geometric mean", "", "", ""
    );
    Ok(())
}

fn line(name: &str, [wasm, image, stripped]: [usize; 3]) {
    let ratio = |bytes: usize| bytes as f64 / wasm as f64;
    println!(
        "{name:20} {wasm:>11} {image:>11} {:6.2} {stripped:>11} {:6.2}",
        ratio(image),
        ratio(stripped)
    );
}

/// Bytes of the module, its image and its stripped image.
fn sizes(file: &Path) -> Result<[usize; 3], String> {
    let wasm = wrt_cli::build::read_module(file).map_err(|failure| failure.to_string())?;
    let image = |strip| {
        let options = Options {
            strip,
            ..Options::default()
        };
        let compiled = wrt_compiler::compile(&wasm, &options).map_err(|error| error.to_string());
        compiled.map(|compiled| compiled.image.len())
    };
    Ok([wasm.len(), image(false)?, image(true)?])
}

/// The modules in `testsuite/programs`.
fn programs() -> Result<Vec<PathBuf>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testsuite/programs");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .collect();
    files.sort();
    Ok(files)
}
