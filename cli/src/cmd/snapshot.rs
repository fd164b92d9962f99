//! `wrtd snapshot`: what a snapshot holds, and in what two differ.
//!
//! Input: snapshots, and the image, which says what frames are called. Output: text or one JSON object on standard output.
//! Invariants: what is shown was restored, by the same checks as for going on; nothing of the guest runs.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wrt_vm::{
    Config, Engine, Global, HOST_SECTIONS, Limits, Memory, Module, SectionKind, Snapshot,
    SnapshotOptions, Table,
};
use wrt_wasi::FdKind;

use super::print;
use super::run::keep::{RECORD_SECTION, Record, SealArgs, WASI_SECTION};
use super::run::resume::restoring;
use crate::chain::{Chain, Check};
use crate::envelope::Key;
use crate::load::Image;
use crate::snapshot_file;
use crate::status::{Failure, Status};

/// Bytes of a memory that are compared at a time.
const PAGE_BYTES: usize = 4096;
/// Frames of a thread that are shown.
const FRAMES: usize = 40;

/// What to do with snapshots.
#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotCommand {
    /// Show what a snapshot holds: sections, statistics, memories, what the guest has open, threads with their frames.
    Inspect(InspectArgs),
    /// Show in what two snapshots of one image differ: sections, pages of memories, tables, globals. The exit status is 0 if they are
    /// equal and 1 if they are not.
    Diff(DiffArgs),
    /// Write an incremental snapshot as one that stands alone.
    Flatten(FlattenArgs),
}

/// Arguments of `wrtd snapshot inspect`.
#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// The snapshot.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The image, if it is no longer where it was.
    #[arg(long, value_name = "IMG")]
    image: Option<PathBuf>,

    /// Where the snapshots are that FILE is based on, if they are no longer where they were.
    #[arg(long, value_name = "DIR")]
    parents: Option<PathBuf>,

    /// The file with the key of snapshots that are encrypted.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Arguments of `wrtd snapshot flatten`.
#[derive(Args, Debug)]
pub(crate) struct FlattenArgs {
    /// The snapshot.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Where the new one goes.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// The image, if it is no longer where it was.
    #[arg(long, value_name = "IMG")]
    image: Option<PathBuf>,

    /// Where the snapshots are that FILE is based on, if they are no longer where they were.
    #[arg(long, value_name = "DIR")]
    parents: Option<PathBuf>,

    #[command(flatten)]
    seal: SealArgs,
}

/// Arguments of `wrtd snapshot diff`.
#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// One snapshot.
    #[arg(value_name = "A")]
    a: PathBuf,

    /// The other one.
    #[arg(value_name = "B")]
    b: PathBuf,

    /// The image, if it is no longer where it was.
    #[arg(long, value_name = "IMG")]
    image: Option<PathBuf>,

    /// The file with the key of snapshots that are encrypted.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs a command.
pub(crate) fn run(command: &SnapshotCommand) -> Result<u8, Failure> {
    match command {
        SnapshotCommand::Inspect(args) => {
            let key = args.key.as_deref().map(Key::read).transpose()?;
            let chain = Chain::open(&args.file, args.parents.as_deref(), key.as_ref())?;
            let all = chain.snapshots(Check::All)?;
            let image = image_of(&args.file, &all, args.image.as_deref())?;
            let engine = restored(&args.file, &all, &image)?;
            let mut description = describe(&all[0], engine)?;
            let parents = chain.paths().skip(1).map(|path| path.display().to_string());
            description["based_on"] = parents.collect();
            show(&description, args.json)?;
            Ok(0)
        }
        SnapshotCommand::Diff(args) => {
            let key = args.key.as_deref().map(Key::read).transpose()?;
            let open = |path| Chain::open(path, None, key.as_ref());
            let chains = [open(&args.a)?, open(&args.b)?];
            let a = chains[0].snapshots(Check::All)?;
            let b = chains[1].snapshots(Check::All)?;
            let image = image_of(&args.a, &a, args.image.as_deref())?;
            let engines = (
                restored(&args.a, &a, &image)?,
                restored(&args.b, &b, &image)?,
            );
            let differences = differences((&a[0], &engines.0), (&b[0], &engines.1));
            show(&differences, args.json)?;
            Ok(u8::from(differences["equal"] == false))
        }
        SnapshotCommand::Flatten(args) => flatten(args),
    }
}

/// Writes an incremental snapshot as one that stands alone, the same as if it had been taken so.
fn flatten(args: &FlattenArgs) -> Result<u8, Failure> {
    let seal = args.seal.read()?;
    let chain = Chain::open(&args.file, args.parents.as_deref(), seal.key.as_ref())?;
    let all = chain.snapshots(Check::All)?;
    let image = image_of(&args.file, &all, args.image.as_deref())?;
    let mut engine = restored(&args.file, &all, &image)?;
    engine.set_fuel(Engine::snapshot_fuel(&all[0]).unwrap_or(0));
    let record = Record::parse(&all[0]).map_err(|it| it.at(args.file.display()))?;
    let record = record.standing_alone()?;
    let sections = all[0]
        .sections()
        .filter(|it| HOST_SECTIONS.contains(&it.kind));
    let sections: Vec<(u32, &[u8])> = sections
        .map(|it| match it.kind {
            RECORD_SECTION => (it.kind, &record[..]),
            kind => (kind, all[0].numbered(kind).unwrap_or_default()),
        })
        .collect();
    let options = SnapshotOptions {
        sections: &sections,
        holes: args.seal.sparse,
        ..SnapshotOptions::default()
    };
    snapshot_file::write_sealed(&args.output, &engine, &options, &seal)?;
    Ok(0)
}

/// The image of a guest, and where it is.
fn image_of(
    path: &Path,
    all: &[Snapshot<'_>],
    given: Option<&Path>,
) -> Result<(Image, PathBuf), Failure> {
    let place = match given {
        Some(given) => given.to_path_buf(),
        None => {
            let record = Record::parse(&all[0]);
            record.map_err(|failure| failure.at(path.display()))?.image
        }
    };
    Ok((Image::open(&place)?, place))
}

/// The engine of a snapshot, behind which those are that it is based on.
fn restored<'i>(
    path: &Path,
    all: &[Snapshot<'_>],
    (image, place): &'i (Image, PathBuf),
) -> Result<Engine<'i>, Failure> {
    let module = Module::load_from_binary(image.bytes(), &Limits::default())
        .map_err(|error| Failure::from(error).at(place.display()))?;
    let config = Config::new().with_threads(100_001).with_instances(1 << 20);
    let engine = Engine::new(config)?.restored_on(&all[0], &all[1..], &[module]);
    engine.map_err(|error| restoring(error, place).at(path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name_of(kind: u32) -> String {
    SectionKind::from_number(kind).map_or(format!("host {kind:#x}"), |it| it.name().to_owned())
}

fn sections(snapshot: &Snapshot<'_>) -> Vec<Value> {
    let sections = snapshot.sections();
    sections
        .map(|it| json!({ "name": name_of(it.kind), "offset": it.offset, "bytes": it.len, "hash": hex(&it.hash) }))
        .collect()
}

/// The bytes of all memories, by number.
fn memories<'e>(engine: &'e Engine<'_>) -> impl Iterator<Item = &'e [u8]> {
    (0..).map_while(|number| engine.memory(Memory::from_number(number)).ok())
}

/// What the guest has open. A snapshot that was not made by `wrtd` may say nothing of it.
fn handles(snapshot: &Snapshot<'_>) -> Result<Vec<Value>, Failure> {
    let state = snapshot.numbered(WASI_SECTION);
    let open = state.map_or(Ok(Vec::new()), wrt_wasi::saved_descriptors);
    let open = open.map_err(|error| Failure::new(Status::Corrupt, error.to_string()))?;
    let described = open.into_iter().map(|fd| {
        let kind = match fd.kind {
            FdKind::Stdin => "standard input",
            FdKind::Stdout => "standard output",
            FdKind::Stderr => "standard error",
            FdKind::File => "file",
            FdKind::Dir if fd.preopen => "preopened directory",
            FdKind::Dir => "directory",
        };
        let path = (!fd.path.is_empty()).then_some(fd.path);
        let offset = (fd.kind == FdKind::File).then_some(fd.offset);
        json!({
            "fd": fd.fd, "kind": kind, "path": path, "offset": offset, "flags": fd.flags,
            "rights": fd.rights_base, "rights_inheriting": fd.rights_inheriting,
        })
    });
    Ok(described.collect())
}

/// Everything, as the JSON object that is printed.
fn describe(snapshot: &Snapshot<'_>, mut engine: Engine<'_>) -> Result<Value, Failure> {
    let stats = engine.stats();
    let memories: Vec<Value> = memories(&engine)
        .map(|bytes| {
            let used = bytes
                .chunks(PAGE_BYTES)
                .filter(|page| page.iter().any(|&byte| byte != 0));
            json!({ "bytes": bytes.len(), "pages_in_use": used.count() })
        })
        .collect();
    let all: Vec<_> = engine.threads().collect();
    let turn = engine.thread();
    let mut threads = Vec::new();
    for thread in all {
        engine.switch_to(thread)?;
        let state = if engine.pending_host_call().is_some() {
            "waits for the host"
        } else if engine.waits_for(thread).is_some() {
            "waits for a notification"
        } else if engine.nesting() > 0 {
            "paused"
        } else {
            "idle"
        };
        let frames: Vec<Value> = engine
            .backtrace()
            .take(FRAMES)
            .map(|frame| {
                let name = engine.func_name(frame.instance, frame.func);
                json!({ "instance": frame.instance.number(), "function": frame.func, "name": name, "word": frame.word, "wasm_offset": frame.wasm_offset })
            })
            .collect();
        threads.push(json!({
            "number": thread.number(), "has_turn": thread == turn, "state": state,
            "depth": engine.backtrace().count(), "frames": frames,
        }));
    }
    Ok(json!({
        "id": hex(&snapshot.id()),
        "parent": snapshot.parent().map(|id| hex(&id)),
        "sections": sections(snapshot),
        "fuel_used": stats.fuel_used,
        "fuel_left": Engine::snapshot_fuel(snapshot),
        "instances": stats.instances,
        "host_calls": stats.host_calls,
        "pauses": stats.pauses,
        "heap_objects": stats.heap_objects,
        "heap_bytes": stats.heap_bytes,
        "clock": engine.clock(),
        "memories": memories,
        "handles": handles(snapshot)?,
        "threads": threads,
    }))
}

/// In what two snapshots differ.
fn differences(a: (&Snapshot<'_>, &Engine<'_>), b: (&Snapshot<'_>, &Engine<'_>)) -> Value {
    let hashes = |snapshot: &Snapshot<'_>| -> Vec<_> {
        snapshot.sections().map(|it| (it.kind, it.hash)).collect()
    };
    let (one, other) = (hashes(a.0), hashes(b.0));
    let differ = |it: &&(u32, [u8; 32])| !other.contains(it);
    let mut kinds: Vec<u32> = one.iter().filter(differ).map(|it| it.0).collect();
    kinds.extend(
        other
            .iter()
            .map(|it| it.0)
            .filter(|kind| one.iter().all(|it| it.0 != *kind)),
    );
    let pages =
        (memories(a.1).zip(memories(b.1)).enumerate()).filter_map(|(number, (one, two))| {
            let (one_pages, two_pages) = (one.chunks(PAGE_BYTES), two.chunks(PAGE_BYTES));
            let changed: Vec<usize> = one_pages
                .zip(two_pages)
                .enumerate()
                .filter_map(|(page, (one, two))| (one != two).then_some(page))
                .collect();
            let same = changed.is_empty() && one.len() == two.len();
            (!same).then(
                || json!({ "memory": number, "bytes": [one.len(), two.len()], "pages": changed }),
            )
        });
    let pages: Vec<Value> = pages.collect();
    let globals = (0..).map_while(|number| {
        let value = |engine: &Engine<'_>| engine.global_val(Global::from_number(number)).ok();
        Some((number, value(a.1)?.to_string(), value(b.1)?.to_string()))
    });
    let globals = globals.filter(|(_, one, two)| one != two);
    let globals: Vec<Value> = globals
        .map(|(number, one, two)| json!({ "global": number, "values": [one, two] }))
        .collect();
    let tables = (0..).map_while(|number| {
        let table = Table::from_number(number);
        Some((
            table,
            a.1.table_size(table).ok()?,
            b.1.table_size(table).ok()?,
        ))
    });
    let tables: Vec<Value> = tables
        .filter_map(|(table, one, two)| {
            let elem = |engine: &Engine<'_>, i| engine.table_get(table, i).ok();
            let changed: Vec<u64> = (0..one.min(two))
                .filter(|&i| elem(a.1, i) != elem(b.1, i))
                .collect();
            let same = changed.is_empty() && one == two;
            (!same).then(
                || json!({ "table": table.number(), "sizes": [one, two], "elements": changed }),
            )
        })
        .collect();
    json!({
        "equal": a.0.id() == b.0.id(),
        "fuel_used": [a.1.fuel_used(), b.1.fuel_used()],
        "sections": kinds.into_iter().map(name_of).collect::<Vec<_>>(),
        "memories": pages,
        "globals": globals,
        "tables": tables,
    })
}

fn show(value: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return print(&format!("{value}\n"));
    }
    let mut text = String::new();
    lines(&mut text, value);
    print(&text)
}

/// An object as text: a line for each number and string, a line for each item of a list.
fn lines(text: &mut String, value: &Value) {
    let Value::Object(fields) = value else { return };
    for (name, field) in fields {
        let items = field
            .as_array()
            .filter(|it| it.iter().any(Value::is_object));
        let Some(items) = items else {
            text.push_str(&format!("{name:14} {}\n", plain(field)));
            continue;
        };
        text.push_str(&format!("{name}:\n"));
        for item in items {
            text.push_str(&format!("  {}\n", line(item)));
            let frames = item.get("frames").and_then(Value::as_array);
            for frame in frames.into_iter().flatten() {
                text.push_str(&format!("    {}\n", line(frame)));
            }
        }
    }
}

/// An object on one line, without the lists of objects in it.
fn line(value: &Value) -> String {
    let Value::Object(fields) = value else {
        return plain(value);
    };
    let shown = fields
        .iter()
        .filter(|(name, field)| *name != "frames" && !field.is_null());
    let parts: Vec<String> = shown
        .map(|(name, field)| format!("{name} {}", plain(field)))
        .collect();
    parts.join(", ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}
