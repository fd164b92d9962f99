//! What metering costs: CPU time of the programs under our own core with fuel over that without.
//!
//! Whether there is fuel is decided when the machine is built (feature `no-fuel`), so this builds the measuring program twice and lets
//! both take turns. The minimum over the rounds counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args;
use crate::programs;
use crate::runtime::cpu_seconds;
use crate::wrt;

/// Calls of each program in one turn.
const CALLS: usize = 5;

/// Seconds by program.
type Times = BTreeMap<String, f64>;

/// Prints a line per program with the ratio. Arguments: `[--rounds N] [PROGRAM ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut programs = args.to_vec();
    let rounds = args::number(&mut programs, "--rounds", 10)?;
    let with = build("fuel-on", &[])?;
    let without = build("fuel-off", &["--features", "no-fuel"])?;
    let (mut with_best, mut without_best) = (Times::new(), Times::new());
    for _ in 0..rounds {
        turn(&with, &programs, &mut with_best)?;
        turn(&without, &programs, &mut without_best)?;
    }
    println!(
        "{:12} {:>10} {:>10} {:>7}",
        "program", "fuel ms", "free ms", "ratio"
    );
    let mut log = 0.0;
    for (name, time) in &with_best {
        let free = without_best.get(name).copied().unwrap_or(f64::NAN);
        println!(
            "{name:12} {:10.2} {:10.2} {:7.3}",
            time * 1e3,
            free * 1e3,
            time / free
        );
        log += (time / free).ln();
    }
    let mean = f64::exp(log / with_best.len().max(1) as f64);
    println!("{:12} {:>10} {:>10} {mean:7.3}", "geo. mean", "", "");
    Ok(())
}

/// Prints name and seconds of every program under this build. Arguments: `[--rounds N] [PROGRAM ...]`.
pub(crate) fn times(args: &[String]) -> Result<(), String> {
    let mut programs = args.to_vec();
    let rounds = args::number(&mut programs, "--rounds", CALLS)?;
    for case in programs::named(&programs)? {
        let mut program = wrt::fuel(&case.wasm)?;
        let mut best = f64::INFINITY;
        for _ in 0..rounds {
            let start = cpu_seconds();
            program.run(case.n)?;
            best = best.min(cpu_seconds() - start);
        }
        println!("{} {best:.9}", case.name);
    }
    Ok(())
}

/// One turn of a build; keeps the lesser times.
fn turn(binary: &Path, programs: &[String], best: &mut Times) -> Result<(), String> {
    let output = Command::new(binary).arg("times").args(programs).output();
    let output = output.map_err(|error| format!("{}: {error}", binary.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (name, seconds) = line.split_once(' ').ok_or("a line without a time")?;
        let seconds: f64 = seconds.parse().map_err(|_| format!("no time: {seconds}"))?;
        let kept = best.entry(name.to_owned()).or_insert(seconds);
        *kept = kept.min(seconds);
    }
    Ok(())
}

/// Builds this program with other features, in a folder of its own.
fn build(folder: &str, flags: &[&str]) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = root.join("target").join(folder);
    eprintln!("building {folder} ...");
    let status = Command::new("cargo")
        .current_dir(&root)
        .args([
            "build",
            "--release",
            "--quiet",
            "-p",
            "wrt-benches",
            "--target-dir",
        ])
        .arg(&target)
        .args(flags)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() {
        Ok(target.join("release/wrt-benches"))
    } else {
        Err(format!("the build {folder} failed"))
    }
}
