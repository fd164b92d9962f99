//! What a snapshot costs: taking one of a memory of which a part is in use, restoring it, and taking another one that is based on it.
//!
//! Snapshots are taken by what `wrtd` takes them with, threads and all: into memory, into a new file, and into a file that has to be on the disk
//! before it gets its name.
//! Pages that are in use lie scattered, so that no run of them is long, or together, as those of most programs do. Restoring is measured to the
//! point where the guest could go on: from bytes in memory, and from a mapped file, whose pages are then read when they are first used.
//! Medians over the rounds and the best of them, in milliseconds.

use core::convert::Infallible;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use wrt_cli::load::Aligned;
use wrt_cli::snapshot_file;
use wrt_compiler::Options;
use wrt_host::{MappedImage, MmapProvider};
use wrt_vm::{
    Config, Engine, Extern, Limits, Memory, Module, Outcome, Sink, Snapshot, SnapshotOptions,
};

use crate::args;

/// Bytes of a page that is in use or not.
const PAGE_BYTES: usize = 4096;
const STEPS: [&str; 12] = [
    "take",
    "take into a file",
    "take, whole and on the disk",
    "check hashes",
    "restore from memory",
    "restore from file",
    "take into a file with holes",
    "restore from file with holes",
    "take what changed",
    "take what changed into a file",
    "the same, whole and on the disk",
    "restore both from files",
];

/// Which pages are in use.
#[derive(Clone, Copy, Debug)]
struct Layout {
    name: &'static str,
    /// One page of so many.
    step: usize,
    /// The first so many in a hundred.
    percent: usize,
}

const LAYOUTS: [Layout; 3] = [
    Layout {
        name: "a tenth in use, one page of ten",
        step: 10,
        percent: 100,
    },
    Layout {
        name: "a tenth in use, together",
        step: 1,
        percent: 10,
    },
    Layout {
        name: "all in use",
        step: 1,
        percent: 100,
    },
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

/// Prints the medians. Arguments: `[--rounds N] [--mb N] [--dirty N]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut rest = args.to_vec();
    let rounds = args::number(&mut rest, "--rounds", 30)?;
    let megabytes = args::number(&mut rest, "--mb", 64)?;
    let dirty_pages = args::number(&mut rest, "--dirty", 2048)?;
    let text = format!(
        r#"(module (memory (export "m") {}) (func (export "f") (loop (br 0))))"#,
        megabytes * 16
    );
    let wasm = wrt_cli::build::parse_module(text.as_bytes()).map_err(|e| e.to_string())?;
    let compiled = wrt_compiler::compile(&wasm, &Options::default()).map_err(|e| e.to_string())?;
    let image = Aligned::new(&compiled.image);
    let folder = std::env::temp_dir();
    let path = |n| folder.join(format!("wrt-benches-{}-{n}.wrts", std::process::id()));
    let paths = [path(0), path(1)];
    for layout in LAYOUTS {
        let mut times: Vec<[f64; STEPS.len()]> = Vec::new();
        let mut bytes = [0; 2];
        for _ in 0..rounds {
            let (round, lens) = round(&image, (layout, dirty_pages), [&paths[0], &paths[1]])?;
            times.push(round);
            bytes = lens;
        }
        println!(
            "{megabytes} MiB, {}: snapshot of {:.2} MB; {dirty_pages} pages written, {:.2} MB more; {rounds} rounds",
            layout.name,
            bytes[0] as f64 / 1e6,
            bytes[1] as f64 / 1e6
        );
        for (step, name) in STEPS.iter().enumerate() {
            let mut column: Vec<f64> = times.iter().map(|steps| steps[step]).collect();
            column.sort_by(f64::total_cmp);
            let (median, best) = (column[column.len() / 2] * 1e3, column[0] * 1e3);
            println!("  {name:33} {median:10.3} ms, best {best:10.3} ms");
        }
    }
    for path in paths {
        std::fs::remove_file(path).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn text<E: core::fmt::Display>(error: E) -> String {
    error.to_string()
}

/// Writes to every `step`th page of the first `pages`.
fn write_pages(memory: &mut [u8], (pages, step): (usize, usize), seed: usize) {
    let pages = memory.chunks_mut(PAGE_BYTES).take(pages);
    for (i, page) in pages.enumerate().step_by(step) {
        for (at, byte) in page.iter_mut().enumerate() {
            *byte = (i * 31 + at * 7 + seed) as u8 | 1;
        }
    }
}

/// An engine with a paused guest, and its memory.
fn paused<'m>(
    module: &Module<'m>,
    provider: &'m MmapProvider<'_>,
    layout: Layout,
) -> Result<(Engine<'m>, Memory), String> {
    let mut engine = Engine::with_provider(Config::default(), provider).map_err(text)?;
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
    let bytes = engine.memory_mut(memory).map_err(text)?;
    let pages = bytes.len() / PAGE_BYTES * layout.percent / 100;
    write_pages(bytes, (pages, layout.step), 0);
    if engine.execute(instance, func, &[]).map_err(text)? != Outcome::OutOfFuel {
        return Err("the guest did not pause".to_owned());
    }
    Ok((engine, memory))
}

/// The times of the steps, one after the other.
struct Times {
    seconds: [f64; STEPS.len()],
    done: usize,
}

impl Times {
    /// The next step is done.
    fn note(&mut self, start: Instant) {
        self.seconds[self.done] = start.elapsed().as_secs_f64();
        self.done += 1;
    }
}

/// Takes a snapshot as `wrtd` does, three times: into memory, into a file that has to be made, and so that it is on the disk.
fn take(
    times: &mut Times,
    engine: &Engine<'_>,
    (room, path): (&mut Room, &Path),
    parents: &[Snapshot<'_>],
) -> Result<(), String> {
    let options = SnapshotOptions {
        parents,
        ..SnapshotOptions::default()
    };
    room.0.clear();
    let start = Instant::now();
    snapshot_file::take(engine, room, &options).map_err(text)?;
    times.note(start);
    into_new_file(times, engine, path, &options)?;
    same_bytes(path, &room.0)?;
    let start = Instant::now();
    snapshot_file::write(path, engine, &options).map_err(text)?;
    times.note(start);
    same_bytes(path, &room.0)
}

/// The same into a file, with room for what is zero in between.
fn take_with_holes(times: &mut Times, engine: &Engine<'_>, path: &Path) -> Result<(), String> {
    let options = SnapshotOptions {
        holes: true,
        ..SnapshotOptions::default()
    };
    into_new_file(times, engine, path, &options)
}

fn into_new_file(
    times: &mut Times,
    engine: &Engine<'_>,
    path: &Path,
    options: &SnapshotOptions<'_>,
) -> Result<(), String> {
    // What may be there is no part of it.
    drop(std::fs::remove_file(path));
    let start = Instant::now();
    let mut file = File::create(path).map_err(text)?;
    snapshot_file::write_to(&mut file, engine, options).map_err(text)?;
    drop(file);
    times.note(start);
    Ok(())
}

/// Restores an engine from mapped files, the first of which is based on the second, and compares its memory.
fn restore(
    times: &mut Times,
    paths: &[&Path],
    module: Module<'_>,
    (engine, memory): (&Engine<'_>, Memory),
) -> Result<(), String> {
    let start = Instant::now();
    let files = paths.iter().map(MappedImage::open);
    let files: Vec<_> = files.collect::<Result<_, _>>().map_err(text)?;
    let mapping = files
        .iter()
        .fold(MmapProvider::new(), MmapProvider::with_image);
    let snapshots = files.iter().map(|it| Snapshot::parse_lazily(it.bytes()));
    let snapshots: Vec<_> = snapshots.collect::<Result<_, _>>().map_err(text)?;
    let (snapshot, ancestors) = snapshots.split_first().ok_or("no snapshot")?;
    let other = Engine::with_provider(Config::default(), &mapping).map_err(text)?;
    let other = other.restored_on(snapshot, ancestors, &[module]);
    let other = other.map_err(text)?;
    times.note(start);
    same((&other, engine), memory)
}

fn round(
    image: &Aligned,
    (layout, dirty_pages): (Layout, usize),
    [path, second_path]: [&Path; 2],
) -> Result<([f64; STEPS.len()], [usize; 2]), String> {
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).map_err(text)?;
    let provider = MmapProvider::new();
    let (mut engine, memory) = paused(&module, &provider, layout)?;
    let len = engine.memory(memory).map_err(text)?.len();
    let room = || {
        let mut room = Room(vec![1; len + (1 << 20)]);
        room.0.clear();
        room
    };
    let (mut first, mut second) = (room(), room());
    let mut times = Times {
        seconds: [0.0; STEPS.len()],
        done: 0,
    };
    take(&mut times, &engine, (&mut first, path), &[])?;
    let start = Instant::now();
    let snapshot = Snapshot::parse(&first.0).map_err(text)?;
    times.note(start);
    let start = Instant::now();
    let other = Engine::with_provider(Config::default(), &provider).map_err(text)?;
    let other = other.restored(&snapshot, &[module]).map_err(text)?;
    times.note(start);
    same((&other, &engine), memory)?;
    drop(other);
    restore(&mut times, &[path], module, (&engine, memory))?;
    take_with_holes(&mut times, &engine, second_path)?;
    restore(&mut times, &[second_path], module, (&engine, memory))?;

    let bytes = engine.memory_mut(memory).map_err(text)?;
    let pages = dirty_pages.min(bytes.len() / PAGE_BYTES);
    write_pages(bytes, (pages, 1), 64);
    let file = MappedImage::open(path).map_err(text)?;
    let parent = Snapshot::parse_lazily(file.bytes()).map_err(text)?;
    let parents = [parent];
    take(&mut times, &engine, (&mut second, second_path), &parents)?;
    restore(&mut times, &[second_path, path], module, (&engine, memory))?;
    Ok((times.seconds, [first.0.len(), second.0.len()]))
}

fn same((one, other): (&Engine<'_>, &Engine<'_>), memory: Memory) -> Result<(), String> {
    if one.memory(memory).map_err(text)? == other.memory(memory).map_err(text)? {
        Ok(())
    } else {
        Err("the memory is another one".to_owned())
    }
}

fn same_bytes(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if std::fs::read(path).map_err(text)? == bytes {
        Ok(())
    } else {
        Err("the file is another one".to_owned())
    }
}
