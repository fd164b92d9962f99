//! Speed of the compiler at -O2 by size of the module: linear means the same speed at every size.
//!
//! Speed is bytes of Wasm per second of CPU time of the whole process, all of its threads together: what one core does. The minimum
//! over the rounds counts.

use std::path::Path;
use std::time::Instant;

use wrt_compiler::Options;

use crate::args;
use crate::generate;
use crate::runtime::process_seconds;

const MB: usize = 1_000_000;
/// Sizes that are measured when none are named.
const DEFAULT_MB: &[usize] = &[1, 10, 60];

/// Prints a line per module. Arguments: `[--rounds N] [MB|FILE ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut modules = args.to_vec();
    let rounds = args::number(&mut modules, "--rounds", 3)?;
    if modules.is_empty() {
        modules = DEFAULT_MB.iter().map(usize::to_string).collect();
    }
    println!(
        "{:20} {:>10} {:>9} {:>9} {:>9} {:>14} {:>7}",
        "module", "wasm MB", "functions", "CPU s", "wall s", "MB/s and core", "image/"
    );
    for module in &modules {
        let (name, wasm) = match module.parse::<usize>() {
            Ok(megabytes) => ("generated".to_owned(), generate::of_bytes(megabytes * MB)?),
            Err(_) => read(Path::new(module))?,
        };
        measure(&name, &wasm, rounds).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<(String, Vec<u8>), String> {
    let wasm = wrt_cli::build::read_module(path);
    let wasm = wasm.map_err(|failure| format!("{}: {failure}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok((name.into_owned(), wasm))
}

fn measure(name: &str, wasm: &[u8], rounds: usize) -> Result<(), String> {
    let (mut cpu, mut wall) = (f64::INFINITY, f64::INFINITY);
    let mut report = None;
    for _ in 0..rounds {
        let (start_cpu, start) = (process_seconds(), Instant::now());
        let compiled = wrt_compiler::compile(wasm, &Options::default());
        let (end_cpu, elapsed) = (process_seconds(), start.elapsed());
        report = Some(compiled.map_err(|error| error.to_string())?.report);
        cpu = cpu.min(end_cpu - start_cpu);
        wall = wall.min(elapsed.as_secs_f64());
    }
    let report = report.ok_or("no rounds")?;
    let megabytes = wasm.len() as f64 / MB as f64;
    println!(
        "{name:20} {megabytes:10.2} {:>9} {cpu:9.3} {wall:9.3} {:14.2} {:7.2}",
        report.functions,
        megabytes / cpu,
        report.image_bytes as f64 / wasm.len() as f64
    );
    Ok(())
}
