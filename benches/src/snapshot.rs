//! What a snapshot costs: taking one of a memory of which a part is in use, and restoring it.
//!
//! Pages that are in use lie scattered, so that no run of them is long. Restoring is measured to the point where the guest could go on: from
//! bytes in memory, and from a mapped file, whose pages are then read when they are first used. Medians over the rounds, in milliseconds.

use core::convert::Infallible;
use std::time::Instant;

use wrt_cli::load::Aligned;
use wrt_compiler::Options;
use wrt_host::{MappedImage, MmapProvider};
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome, Sink, Snapshot, SnapshotOptions};

use crate::args;

/// Bytes of a page that is in use or not.
const PAGE_BYTES: usize = 4096;
/// One page of so many is in use.
const SCATTER: usize = 10;
const STEPS: [&str; 5] = [
    "take",
    "check hashes",
    "restore from memory",
    "restore from file",
    "take incl. write",
];

/// A list that is long enough from the start.
struct Room(Vec<u8>);

impl Sink for Room {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Prints the medians. Arguments: `[--rounds N] [--mb N]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut rest = args.to_vec();
    let rounds = args::number(&mut rest, "--rounds", 30)?;
    let megabytes = args::number(&mut rest, "--mb", 64)?;
    let text = format!(
        r#"(module (memory (export "m") {}) (func (export "f") (loop (br 0))))"#,
        megabytes * 16
    );
    let wasm = wrt_cli::build::parse_module(text.as_bytes()).map_err(|e| e.to_string())?;
    let compiled = wrt_compiler::compile(&wasm, &Options::default()).map_err(|e| e.to_string())?;
    let image = Aligned::new(&compiled.image);
    let path = std::env::temp_dir().join(format!("wrt-benches-{}.wrts", std::process::id()));
    let mut times: Vec<[f64; STEPS.len()]> = Vec::new();
    let mut bytes = 0;
    for _ in 0..rounds {
        let (round, len) = round(&image, &path)?;
        times.push(round);
        bytes = len;
    }
    std::fs::remove_file(&path).map_err(|e| e.to_string())?;
    println!(
        "{megabytes} MiB, one page of {SCATTER} in use; snapshot of {:.2} MB, {rounds} rounds",
        bytes as f64 / 1e6
    );
    println!("{:22} {:>10}", "step", "median ms");
    for (step, name) in STEPS.iter().enumerate() {
        let mut column: Vec<f64> = times.iter().map(|steps| steps[step]).collect();
        column.sort_by(f64::total_cmp);
        println!("{name:22} {:10.2}", column[column.len() / 2] * 1e3);
    }
    Ok(())
}

fn round(image: &Aligned, path: &std::path::Path) -> Result<([f64; STEPS.len()], usize), String> {
    let text = |error: wrt_vm::Error| error.to_string();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).map_err(text)?;
    let provider = MmapProvider::new();
    let mut engine = Engine::with_provider(Config::default(), &provider).map_err(text)?;
    engine.set_fuel(100);
    if module.instantiate(&mut engine, &[]).map_err(text)? != Outcome::Done {
        return Err("no instance".to_owned());
    }
    let instance = engine.last_instance().ok_or("no instance")?;
    let (Some(Extern::Memory(memory)), Some(Extern::Func(func))) =
        (engine.export(instance, "m"), engine.export(instance, "f"))
    else {
        return Err("no exports".to_owned());
    };
    let pages = engine.memory_mut(memory).map_err(text)?;
    for (i, page) in pages.chunks_mut(PAGE_BYTES).enumerate().step_by(SCATTER) {
        for (at, byte) in page.iter_mut().enumerate() {
            *byte = (i * 31 + at * 7) as u8 | 1;
        }
    }
    if engine.execute(instance, func, &[]).map_err(text)? != Outcome::OutOfFuel {
        return Err("the guest did not pause".to_owned());
    }
    let options = SnapshotOptions::default();
    let mut room = Room(Vec::with_capacity(
        engine.memory(memory).map_err(text)?.len(),
    ));
    room.0.resize(room.0.capacity(), 1);
    room.0.clear();
    let mut marks = [Instant::now(); 8];
    engine
        .snapshot(&mut room, &options)
        .map_err(|e| e.to_string())?;
    marks[1] = Instant::now();
    let snapshot = Snapshot::parse(&room.0).map_err(|e| e.to_string())?;
    marks[2] = Instant::now();
    let other = Engine::with_provider(Config::default(), &provider).map_err(text)?;
    let other = other
        .restored(&snapshot, &[module])
        .map_err(|e| e.to_string())?;
    marks[3] = Instant::now();
    if other.memory(memory).map_err(text)? != engine.memory(memory).map_err(text)? {
        return Err("the memory is another one".to_owned());
    }
    drop(other);
    std::fs::write(path, &room.0).map_err(|e| e.to_string())?;
    marks[4] = Instant::now();
    let file = MappedImage::open(path).map_err(|e| e.to_string())?;
    let mapping = MmapProvider::new().with_image(&file);
    let snapshot = Snapshot::parse_lazily(file.bytes()).map_err(|e| e.to_string())?;
    let other = Engine::with_provider(Config::default(), &mapping).map_err(text)?;
    let other = other
        .restored(&snapshot, &[module])
        .map_err(|e| e.to_string())?;
    marks[5] = Instant::now();
    drop(other);
    marks[6] = Instant::now();
    room.0.clear();
    engine
        .snapshot(&mut room, &options)
        .map_err(|e| e.to_string())?;
    std::fs::write(path, &room.0).map_err(|e| e.to_string())?;
    marks[7] = Instant::now();
    let took = |from: usize, to: usize| marks[to].duration_since(marks[from]).as_secs_f64();
    let times = [took(0, 1), took(1, 2), took(2, 3), took(4, 5), took(6, 7)];
    Ok((times, room.0.len()))
}
