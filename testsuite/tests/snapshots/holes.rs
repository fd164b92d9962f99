//! Snapshots with holes: they say the same as those without, hold nothing more, and what they span is mapped in one piece.

use super::world::{Hops, World, compiled, config, restored, same_sections, taken, taken_with};
use wrt_compiler::OptLevel;
use wrt_format::snapshot::{Kind, PAGE_BYTES, Snapshot};
use wrt_host::{MappedImage, MmapProvider};
use wrt_vm::{Engine, Extern, Instance, SnapshotOptions};

/// Pages 100 to 115 are the image's; a memory whose last page is a part of one.
fn module() -> wrt_cli::load::Aligned {
    let text = MODULE.replace("DATA", &"x".repeat(16 * PAGE_BYTES));
    compiled(text.as_bytes(), OptLevel::O2)
}

const MODULE: &str = r#"(module
    (memory $own (export "own") 80)
    (memory $small (export "small") 41000 (pagesize 1))
    (data (memory $own) (i32.const 409600) "DATA")
    (func (export "set") (param $page i32) (param $value i32)
        (i32.store8 $own (i32.add (i32.mul (local.get $page) (i32.const 4096)) (i32.const 7)) (local.get $value)))
    (func (export "set_small") (param $at i32) (param $value i32)
        (i32.store8 $small (local.get $at) (local.get $value)))
)"#;

/// A guest with these pages in use, and both ends of the small memory.
fn world<'m>(image: &'m wrt_cli::load::Aligned, pages: &[u64]) -> (World<'m>, Instance) {
    let mut world = World::new(image.bytes(), config(), Hops::Never, 1000);
    let instance = world.instantiate();
    world.engine.set_fuel(1 << 40);
    for &page in pages {
        world.call(instance, "set", &[page, page % 250 + 1]);
    }
    for at in [5, 40_990] {
        world.call(instance, "set_small", &[at, 3]);
    }
    (world, instance)
}

/// Between 90 and 120 there are pages of the image; from 600 to 857 there are 256 of zeros, from 857 to 1115 there are 257.
const PAGES: [u64; 9] = [20, 21, 30, 90, 120, 130, 600, 857, 1115];
/// Of all memories: 22 to 29, 31 to 89, 121 to 129, 601 to 856; nine pages between both ends of the small one. From 130 to 600 is too far.
const HOLES: usize = 8 + 59 + 9 + 256 + 9;

#[test]
fn they_say_the_same() {
    let image = module();
    let (world, _) = world(&image, &PAGES);
    let whole = taken(&world.engine);
    let bytes = taken_with(&world.engine, true);
    let [dense, sparse] = [&whole, &bytes].map(|it| Snapshot::parse(it).unwrap());
    let stored = (PAGES.len() + 2) * PAGE_BYTES;
    assert_eq!(dense.section(Kind::Pages).len(), stored);
    assert!(dense.section(Kind::Holes).is_empty());
    assert_eq!(
        sparse.section(Kind::Pages).len(),
        stored + HOLES * PAGE_BYTES
    );
    assert_eq!(sparse.stored_bytes(), stored);
    let hash = |it: &Snapshot<'_>| it.sections().last().unwrap().hash;
    assert_eq!(hash(&dense), hash(&sparse));
    for from in [&whole, &bytes] {
        let mut engine = restored(from, config(), &[world.module]);
        engine.set_fuel(world.engine.remaining_fuel());
        same_sections(&taken(&engine), &whole);
        same_sections(&taken_with(&engine, true), &bytes);
        assert_eq!(engine.state_hash(), world.engine.state_hash());
    }
    // Where nothing lies between pages there is no difference at all.
    let (world, _) = self::world(&image, &[]);
    let engine = &world.engine;
    let small = [5, 40_990].map(|at: usize| at / PAGE_BYTES);
    assert_eq!(small, [0, 10]);
    let both = Snapshot::parse(&bytes).unwrap().section(Kind::Holes).len();
    assert_eq!(both, 5 * 16);
    assert_eq!(
        Snapshot::parse(&taken_with(engine, true))
            .unwrap()
            .section(Kind::Holes)
            .len(),
        16
    );
}

#[test]
fn chains_with_holes() {
    let image = module();
    let (mut world, instance) = world(&image, &PAGES);
    let first = taken_with(&world.engine, true);
    let first = [Snapshot::parse(&first).unwrap()];
    // In a hole of the parent, beside one, and a page that it has stored cleared.
    for (page, value) in [(25, 9), (31, 9), (35, 9), (600, 0)] {
        world.call(instance, "set", &[page, value]);
    }
    let whole = taken(&world.engine);
    for holes in [false, true] {
        let options = SnapshotOptions {
            parents: &first,
            holes,
            ..SnapshotOptions::default()
        };
        let mut second = Vec::new();
        world.engine.snapshot(&mut second, &options).unwrap();
        super::helped::is_the_same(&world.engine, &options, &second);
        let second = Snapshot::parse(&second).unwrap();
        assert_eq!(second.stored_bytes(), 3 * PAGE_BYTES);
        // 32 to 34; 26 to 30 are not all zero.
        let length = if holes { 6 } else { 3 };
        assert_eq!(second.section(Kind::Pages).len(), length * PAGE_BYTES);
        let engine = Engine::new(config()).unwrap();
        let engine = engine.restored_on(&second, &first, &[world.module]);
        let mut engine = engine.unwrap();
        engine.set_fuel(world.engine.remaining_fuel());
        same_sections(&taken(&engine), &whole);
    }
}

/// Maps of a file with this name in this process.
#[cfg(target_os = "linux")]
fn maps_of(name: &str) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.ends_with(name)).count()
}

#[cfg(target_os = "linux")]
#[test]
fn what_has_holes_is_mapped_in_one_piece() {
    let image = module();
    let (mut world, instance) = world(&image, &[]);
    let Some(Extern::Memory(memory)) = world.engine.export(instance, "own") else {
        panic!("no memory");
    };
    let pages = world.engine.memory_mut(memory).unwrap();
    let pages = pages.chunks_mut(PAGE_BYTES).skip(120);
    pages.step_by(3).for_each(|page| page[7] = 1);
    let name = format!("wrt-holes-{}.wrts", std::process::id());
    let path = std::env::temp_dir().join(&name);
    let whole = taken(&world.engine);
    // Its own mapping, the large memory's, and that of the small one, whose hole is long enough to be worth one.
    for (holes, maps) in [(false, 1), (true, 3)] {
        std::fs::write(&path, taken_with(&world.engine, holes)).unwrap();
        let file = MappedImage::open(&path).unwrap();
        let provider = MmapProvider::new().with_image(&file);
        let snapshot = Snapshot::parse_lazily(file.bytes()).unwrap();
        let engine = Engine::with_provider(config(), &provider).unwrap();
        let mut engine = engine.restored(&snapshot, &[world.module]).unwrap();
        engine.set_fuel(world.engine.remaining_fuel());
        assert_eq!(maps_of(&name), maps, "{holes}");
        same_sections(&taken(&engine), &whole);
        // What is written to a hole is the guest's alone.
        let bytes = engine.memory_mut(memory).unwrap();
        assert_eq!(bytes[121 * PAGE_BYTES], 0);
        bytes[121 * PAGE_BYTES] = 77;
        drop(engine);
        let again = MappedImage::open(&path).unwrap();
        assert!(Snapshot::parse(again.bytes()).is_ok());
    }
    std::fs::remove_file(&path).unwrap();
}
