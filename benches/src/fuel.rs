//! What metering costs, and what threading by tail calls gains: CPU time of the programs under our own core with fuel, without, and under the
//! core that loops.
//!
//! These are decided when the machine is built (features `no-fuel` and `loop-core`), so this builds the measuring program three times and lets
//! all take turns. The minimum over the rounds counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args;
use crate::measure::Mean;
use crate::programs;
use crate::runtime::cpu_seconds;
use crate::wrt;

/// Calls of each program in one turn.
const CALLS: usize = 5;

/// Seconds by program.
type Times = BTreeMap<String, f64>;

/// The builds: the folder of each in `target`, and its flags.
const BUILDS: [(&str, &[&str]); 3] = [
    ("fuel-on", &[]),
    ("fuel-off", &["--features", "no-fuel"]),
    ("loop", &["--features", "loop-core"]),
];

/// Prints a line per program with the ratios. Arguments: `[--rounds N] [PROGRAM ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut programs = args.to_vec();
    let rounds = args::number(&mut programs, "--rounds", 10)?;
    let mut builds = Vec::new();
    for (folder, flags) in BUILDS {
        builds.push((build(folder, flags)?, Times::new()));
    }
    for _ in 0..rounds {
        for (binary, best) in &mut builds {
            turn(binary, &programs, best)?;
        }
    }
    println!(
        "{:12} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "program", "fuel ms", "free ms", "loop ms", "fuel/free", "loop/fuel"
    );
    let mut means = [Mean::default(); 2];
    for (name, fuel) in &builds[0].1 {
        let [free, looped] = [1, 2].map(|build| builds[build].1.get(name).copied());
        let (free, looped) = free.zip(looped).ok_or("a program without a time")?;
        let ratios = [fuel / free, looped / fuel];
        let [fuel, free, looped] = [*fuel, free, looped].map(|seconds| seconds * 1e3);
        let [metered, threaded] = ratios;
        println!("{name:12} {fuel:10.2} {free:10.2} {looped:10.2} {metered:10.3} {threaded:10.3}");
        for (mean, ratio) in means.iter_mut().zip(ratios) {
            mean.add(ratio);
        }
    }
    let [metered, threaded] = means.map(|mean| mean.value().unwrap_or(f64::NAN));
    println!(
        "{:12} {:>10} {:>10} {:>10} {metered:10.3} {threaded:10.3}",
        "geo. mean", "", "", ""
    );
    Ok(())
}

/// Prints name and seconds of every program under this build. Arguments: `[--rounds N] [PROGRAM ...]`.
pub(crate) fn times(args: &[String]) -> Result<(), String> {
    let mut programs = args.to_vec();
    let rounds = args::number(&mut programs, "--rounds", CALLS)?;
    for case in programs::or_features(&programs)? {
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
