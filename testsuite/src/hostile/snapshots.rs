//! Hostile snapshots: valid ones, changed section by section, with hashes made right again; what restores is run.
//!
//! Input: bytes that say how. Output: what came of it. Invariants: a snapshot is refused with an error, or makes an engine that keeps within
//! its budgets, and of which another snapshot can be taken and restored.

use std::sync::OnceLock;

use wrt_cli::load::Aligned;
use wrt_format::snapshot::{Kind, PAGE_BYTES, Reader, Snapshot, Writer};
use wrt_format::verify::VerifiedImage;
use wrt_vm::{Engine, Extern, Limits, Memory, Module, Outcome, SnapshotOptions};

use super::run::{Seen, arguments, check, config, continued, imports};
use super::{Draw, bases, mutate};

/// Snapshots taken of the runs of one image.
const PER_IMAGE: usize = 40;
/// Changes to one snapshot at most.
const CHANGES: usize = 4;

/// A valid snapshot.
struct Base {
    image: &'static Aligned,
    sections: Vec<(u32, Vec<u8>)>,
}

/// Snapshots at pauses of functions of images with a little of everything.
fn all() -> &'static [Base] {
    static IMAGES: OnceLock<Vec<Aligned>> = OnceLock::new();
    static BASES: OnceLock<Vec<Base>> = OnceLock::new();
    BASES.get_or_init(|| {
        let images = IMAGES.get_or_init(|| {
            let all = bases::images().iter().chain(bases::images_with_threads());
            let mut images: Vec<&Vec<u8>> = Vec::new();
            for image in all {
                if !images.contains(&image) {
                    images.push(image);
                }
            }
            images
                .into_iter()
                .map(|image| Aligned::new(image))
                .collect()
        });
        images.iter().flat_map(of_image).collect()
    })
}

fn of_image(image: &'static Aligned) -> Vec<Base> {
    let module = Module::load_from_binary(image.bytes(), &Limits::default());
    let module = module.expect("a valid image");
    let mut engine = Engine::new(config()).expect("there is room");
    let imports = imports(&mut engine, &module).expect("there is room");
    engine.set_fuel(1 << 30);
    let mut bases = Vec::new();
    let _ = module.instantiate(&mut engine, &imports);
    let instance = engine.last_instance().expect("it was made");
    engine.cancel();
    use_here_and_there(&mut engine);
    let (mut turn, mut seed) = (0_usize, [0; 64]);
    for export in module.exports() {
        let Some(Extern::Func(func)) = engine.export(instance, export.name) else {
            continue;
        };
        if engine.nesting() > 0 && turn.is_multiple_of(2) {
            // The run before goes on on a thread of its own.
            if let Ok(thread) = engine.add_thread(500) {
                engine.switch_to(thread).expect("a thread just made");
            }
        }
        engine.cancel();
        seed.fill(turn as u8);
        let types: Vec<_> = engine.func_type(func).expect("it is there").params.to_vec();
        let args = arguments(&types, &mut Draw::new(&seed));
        engine.set_fuel(3);
        let mut outcome = engine.execute(instance, func, &args);
        for step in 0..40 {
            turn += 1;
            if matches!(outcome, Ok(Outcome::Trap(_)) | Err(_)) || step % 5 == 3 {
                bases
                    .extend(taken(&engine, turn % 2 == 1).map(|sections| Base { image, sections }));
            }
            match outcome {
                Ok(Outcome::OutOfFuel | Outcome::Yield) => {
                    engine.add_fuel(2);
                    outcome = engine.resume();
                }
                Ok(_) | Err(_) => break,
            }
        }
        bases.extend(taken(&engine, turn % 2 == 1).map(|sections| Base { image, sections }));
    }
    // Not only the first ones.
    let step = bases.len().div_ceil(PER_IMAGE).max(1);
    bases.into_iter().step_by(step).collect()
}

/// Writes to a few pages of all memories, so that there are holes between them.
fn use_here_and_there(engine: &mut Engine<'_>) {
    for number in 0.. {
        let Ok(bytes) = engine.memory_mut(Memory::from_number(number)) else {
            return;
        };
        for page in [1, 5, 6, 12] {
            if let Some(byte) = bytes.get_mut(page * PAGE_BYTES + 9) {
                *byte = 1;
            }
        }
    }
}

fn taken(engine: &Engine<'_>, holes: bool) -> Option<Vec<(u32, Vec<u8>)>> {
    let bytes = bytes_of(engine, holes);
    let snapshot = Snapshot::parse(&bytes).expect("a snapshot just made");
    let sections = snapshot.sections().map(|entry| {
        let bytes = snapshot.numbered(entry.kind).unwrap_or_default();
        (entry.kind, bytes.to_vec())
    });
    Some(sections.collect())
}

fn bytes_of(engine: &Engine<'_>, holes: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = SnapshotOptions {
        host_references: true,
        holes,
        ..SnapshotOptions::default()
    };
    let id = engine.snapshot(&mut bytes, &options);
    id.expect("a list takes everything");
    bytes
}

/// The bytes choose a valid snapshot and change it.
pub(super) fn mutated(draw: &mut Draw<'_>) -> Seen {
    let all = all();
    let base = &all[draw.below(all.len())];
    let mut sections = base.sections.clone();
    for _ in 0..draw.below(CHANGES + 1) {
        change(&mut sections, draw);
    }
    let mut bytes = bytes_of_sections(&sections);
    if draw.below(64) == 1 {
        mutate::field(&mut bytes, draw);
    }
    let image = VerifiedImage::verify(base.image.bytes(), &Limits::default());
    let module = Module::from_image(&image.expect("a valid image"), 0).expect("its module");
    let mut seen = restore(&bytes, &[], &[module]);
    if draw.below(4) == 1
        && let Ok(parent) = Snapshot::parse(&bytes)
        && let Some(child) = child_of(&parent, base, module, draw)
    {
        seen.chained += restore(&child, &[parent], &[module]).restored;
    }
    seen
}

/// A snapshot of the valid base that is based on one that may be changed, and is changed itself.
fn child_of(
    parent: &Snapshot<'_>,
    base: &Base,
    module: Module<'_>,
    draw: &mut Draw<'_>,
) -> Option<Vec<u8>> {
    let valid = bytes_of_sections(&base.sections);
    let snapshot = Snapshot::parse(&valid).expect("a valid snapshot");
    let engine = Engine::new(config()).expect("there is room");
    let engine = engine.restored(&snapshot, &[module]);
    let options = SnapshotOptions {
        host_references: true,
        holes: draw.below(2) == 1,
        parents: core::slice::from_ref(parent),
        ..SnapshotOptions::default()
    };
    let mut bytes = Vec::new();
    let engine = engine.expect("a valid snapshot");
    engine.snapshot(&mut bytes, &options).ok()?;
    let child = Snapshot::parse(&bytes).expect("a snapshot just made");
    let mut sections: Vec<(u32, Vec<u8>)> = child
        .sections()
        .map(|entry| {
            (
                entry.kind,
                child.numbered(entry.kind).unwrap_or_default().to_vec(),
            )
        })
        .collect();
    let memories = Kind::Memories as u32;
    if draw.below(2) == 1
        && let Some((_, rows)) = sections.iter_mut().find(|(kind, _)| *kind == memories)
    {
        mutate::field(rows, draw);
    }
    Some(bytes_of_sections(&sections))
}

fn bytes_of_sections(sections: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, 0).expect("a list takes everything");
    let holes = sections.iter().find(|it| it.0 == Kind::Holes as u32);
    for (kind, contents) in sections {
        let _ = writer.section(*kind);
        let mut rest = &contents[..];
        if *kind == Kind::Pages as u32
            && let Some((_, rows)) = holes
        {
            rest = with_holes(&mut writer, contents, Reader::new(rows));
        }
        let _ = writer.bytes(rest);
    }
    writer.finish().expect("a list takes everything");
    bytes
}

/// Writes pages up to the last hole, which their hash leaves out; what is behind it. Rows that are wrong are refused before a hash counts.
fn with_holes<'a>(
    writer: &mut Writer<'_, Vec<u8>>,
    pages: &'a [u8],
    mut rows: Reader<'_>,
) -> &'a [u8] {
    let mut at = 0;
    while let Some([first, count]) = rows.u64s() {
        let place = |page: u64| (page.saturating_mul(PAGE_BYTES as u64)).min(pages.len() as u64);
        let (start, end) = (place(first), place(first.saturating_add(count)));
        if let Some(stored) = pages.get(at..start as usize) {
            let _ = writer.bytes(stored);
            let _ = writer.hole(end - start);
            at = end as usize;
        }
    }
    &pages[at..]
}

/// Any bytes as a snapshot.
pub(super) fn bytes(bytes: &[u8]) -> Seen {
    restore(bytes, &[], &[])
}

fn change(sections: &mut [(u32, Vec<u8>)], draw: &mut Draw<'_>) {
    // Stacks and the heap are where a mistake would be worst.
    const KINDS: [Kind; 17] = [
        Kind::Threads,
        Kind::Threads,
        Kind::Threads,
        Kind::Threads,
        Kind::Threads,
        Kind::Threads,
        Kind::Heap,
        Kind::Heap,
        Kind::Heap,
        Kind::Instances,
        Kind::Instances,
        Kind::Engine,
        Kind::Memories,
        Kind::Holes,
        Kind::Tables,
        Kind::Globals,
        Kind::Hosts,
    ];
    let kind = KINDS[draw.below(KINDS.len())] as u32;
    let other = {
        let all = all();
        let other = &all[draw.below(all.len())].sections;
        other.iter().find(|(own, _)| *own == kind)
    };
    let Some((_, bytes)) = sections.iter_mut().find(|(own, _)| *own == kind) else {
        return;
    };
    match draw.below(12) {
        0 => {
            let len = bytes.len().saturating_sub(4 * draw.below(6));
            bytes.truncate(len);
        }
        1 => bytes.extend([draw.below(256) as u8; 8]),
        2 => {
            let at = draw.below(bytes.len() / 4 + 1) * 4;
            bytes.splice(at..at, [0; 8]);
        }
        3 => {
            let at = draw.below(bytes.len() / 4 + 1) * 4;
            bytes.drain(at..(at + 8).min(bytes.len()));
        }
        4 => *bytes = other.map(|(_, bytes)| bytes.clone()).unwrap_or_default(),
        5 | 6 if bytes.len() >= 16 => {
            let (to, from) = (draw.below(bytes.len() / 4), draw.below(bytes.len() / 4));
            let len = 4 << draw.below(2);
            let limit = bytes.len() - len;
            let from = (from * 4).min(limit);
            bytes.copy_within(from..from + len, (to * 4).min(limit));
        }
        _ => mutate::field(bytes, draw),
    }
}

/// Restores bytes, if they are a snapshot based on others, and runs what came of it.
fn restore(bytes: &[u8], ancestors: &[Snapshot<'_>], modules: &[Module<'_>]) -> Seen {
    let mut seen = Seen::default();
    let Ok(snapshot) = Snapshot::parse(bytes) else {
        return seen;
    };
    seen.loaded = 1;
    let engine = Engine::new(config()).expect("there is room for a stack");
    let Ok(mut engine) = engine.restored_on(&snapshot, ancestors, modules) else {
        return seen;
    };
    seen.restored = 1;
    seen.holed = u32::from(!snapshot.section(Kind::Holes).is_empty());
    check(&engine);
    let again = bytes_of(&engine, true);
    let snapshot = Snapshot::parse(&again).expect("a snapshot just made");
    let room = Engine::new(config()).expect("there is room for a stack");
    if let Err(error) = room.restored(&snapshot, modules) {
        panic!("what was restored is not restored again: {error}");
    }
    let threads: Vec<_> = engine.threads().collect();
    for thread in threads {
        engine.switch_to(thread).expect("it is there");
        continued(&mut engine, &mut seen);
    }
    seen
}
