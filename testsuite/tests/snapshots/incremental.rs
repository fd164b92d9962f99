//! Incremental snapshots: chains restore to what the last one was taken of, hold only what has changed, and are refused when they are none.

use super::world::{Hops, World, compiled, config, same_sections, taken};
use super::{COLLECTED, COLLECTED_CALLS, Calls, RICH, RICH_CALLS};
use wrt_compiler::OptLevel;
use wrt_format::snapshot::{Kind, PAGE_BYTES, Snapshot, Writer};
use wrt_vm::{
    ChainFault, Engine, MAX_ANCESTORS, Module, RestoreError, SnapshotError, SnapshotOptions,
};

/// Two memories, one of them the host's, and data that is mapped.
const MODULE: &str = r#"(module
    (import "env" "m" (memory $host 1))
    (memory $own (export "own") 20)
    (data (memory $own) (i32.const 4096) "a page of the image")
    (func (export "set") (param $page i32) (param $value i32)
        (i32.store8 $own (i32.mul (local.get $page) (i32.const 4096)) (local.get $value))
        (i32.store8 $host (i32.const 5) (local.get $value)))
    (func (export "fill") (param $page i32) (param $value i32)
        (memory.fill $own (i32.mul (local.get $page) (i32.const 4096)) (local.get $value) (i32.const 4096)))
    (func (export "grow") (param $pages i32)
        (drop (memory.grow $own (local.get $pages)))))"#;

fn world(image: &wrt_cli::load::Aligned) -> (World<'_>, wrt_vm::Instance) {
    let mut world = World::new(image.bytes(), config(), Hops::Never, 1000);
    let instance = world.instantiate();
    world.engine.set_fuel(1 << 40);
    (world, instance)
}

fn based_on(engine: &Engine<'_>, parents: &[Snapshot<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = SnapshotOptions {
        parents,
        ..SnapshotOptions::default()
    };
    engine.snapshot(&mut bytes, &options).unwrap();
    super::helped::is_the_same(engine, &options, &bytes);
    bytes
}

fn restored_on<'m>(
    snapshot: &Snapshot<'_>,
    ancestors: &[Snapshot<'_>],
    module: Module<'m>,
) -> Result<Engine<'m>, RestoreError> {
    let engine = Engine::new(config()).unwrap();
    let mut engine = engine.restored_on(snapshot, ancestors, &[module])?;
    engine.set_fuel(Engine::snapshot_fuel(snapshot).unwrap());
    Ok(engine)
}

fn pages(snapshot: &Snapshot<'_>) -> usize {
    snapshot.section(Kind::Pages).len() / PAGE_BYTES
}

#[test]
fn every_pause_through_a_chain() {
    let programs: [(&str, Calls); 2] = [(RICH, RICH_CALLS), (COLLECTED, COLLECTED_CALLS)];
    for (program, calls) in programs {
        let image = compiled(program.as_bytes(), OptLevel::O2);
        let run = |hops, chain| {
            let mut world = World::new(image.bytes(), config(), hops, 3);
            world.chain = chain;
            let instance = world.instantiate();
            for (name, args) in calls {
                world.call(instance, name, args);
            }
            world.seen
        };
        let seen = run(Hops::Always, Some(Vec::new()));
        assert_eq!(run(Hops::Never, None), seen);
        assert!(seen.hops > 150, "{}", seen.hops);
    }
}

#[test]
fn only_changed_pages_are_stored() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let (mut world, instance) = world(&image);
    for page in 30..60 {
        world.call(instance, "fill", &[page, 7]);
    }
    world.call(instance, "set", &[2, 1]);
    let first = taken(&world.engine);
    let first = Snapshot::parse(&first).unwrap();
    assert_eq!((pages(&first), first.parent()), (33, None));

    // Two pages changed, one changed back, one cleared; the host's as it was.
    for (page, value) in [(31, 9), (33, 7), (2, 0), (1, 5), (2, 1)] {
        world.call(instance, "set", &[page, value]);
    }
    world.call(instance, "fill", &[32, 0]);
    let second = based_on(&world.engine, &[first]);
    let second = Snapshot::parse(&second).unwrap();
    assert_eq!((pages(&second), second.parent()), (2, Some(first.id())));

    // Grown, and something in what is new; what the first one has and the second one has not is not stored again.
    world.call(instance, "grow", &[3]);
    world.call(instance, "set", &[330, 4]);
    world.call(instance, "fill", &[32, 7]);
    let third = based_on(&world.engine, &[second, first]);
    let third = Snapshot::parse(&third).unwrap();
    // The page of zeros is there again, and the host's has changed.
    assert_eq!(pages(&third), 3);

    let whole = taken(&world.engine);
    let engine = restored_on(&third, &[second, first], world.module).unwrap();
    same_sections(&taken(&engine), &whole);
    // Nothing has changed since.
    let fourth = based_on(&engine, &[third, second, first]);
    let fourth = Snapshot::parse(&fourth).unwrap();
    assert_eq!(pages(&fourth), 0);
    let engine = restored_on(&fourth, &[third, second, first], world.module).unwrap();
    same_sections(&taken(&engine), &whole);
}

#[test]
fn what_is_no_chain_is_refused() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let (mut world, instance) = world(&image);
    world.call(instance, "set", &[3, 1]);
    let first = taken(&world.engine);
    let first = Snapshot::parse(&first).unwrap();
    world.call(instance, "set", &[4, 1]);
    let other = taken(&world.engine);
    let other = Snapshot::parse(&other).unwrap();
    let second = based_on(&world.engine, &[first]);
    let second = Snapshot::parse(&second).unwrap();
    let fault = |snapshot: &Snapshot<'_>, ancestors: &[Snapshot<'_>]| match restored_on(
        snapshot,
        ancestors,
        world.module,
    ) {
        Err(RestoreError::Ancestors(fault)) => {
            assert!(!RestoreError::Ancestors(fault).to_string().is_empty());
            fault
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(&second, &[]), ChainFault::Missing(first.id()));
    assert_eq!(fault(&second, &[other]), ChainFault::Missing(first.id()));
    assert_eq!(fault(&second, &[first, other]), ChainFault::NotAnAncestor);
    assert_eq!(fault(&first, &[other]), ChainFault::NotAnAncestor);
    let refused = |parents: &[Snapshot<'_>]| {
        let options = SnapshotOptions {
            parents,
            ..SnapshotOptions::default()
        };
        let mut bytes = Vec::new();
        match world.engine.snapshot(&mut bytes, &options) {
            Err(SnapshotError::Parents(fault)) => {
                assert!(bytes.is_empty());
                fault
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&[second]), ChainFault::Missing(first.id()));
    assert_eq!(refused(&[second, other]), ChainFault::Missing(first.id()));
    assert_eq!(refused(&[other, first]), ChainFault::NotAnAncestor);

    // As many as there may be, and one more.
    let mut chain = vec![taken(&world.engine)];
    for _ in 0..MAX_ANCESTORS {
        let parents: Vec<_> = chain
            .iter()
            .map(|it| Snapshot::parse(it).unwrap())
            .collect();
        let next = based_on(&world.engine, &parents);
        chain.insert(0, next);
    }
    let all: Vec<_> = chain
        .iter()
        .map(|it| Snapshot::parse(it).unwrap())
        .collect();
    assert_eq!(refused(&all), ChainFault::TooLong);
    let whole = taken(&world.engine);
    let engine = restored_on(&all[0], &all[1..], world.module).unwrap();
    same_sections(&taken(&engine), &whole);
    let mut one_more = all.clone();
    one_more.push(first);
    assert_eq!(fault(&all[0], &one_more[1..]), ChainFault::TooLong);
}

/// The same sections in a new container, one of them changed.
fn forged(snapshot: &Snapshot<'_>, kind: Kind, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, 0).unwrap();
    for entry in snapshot.sections() {
        let mut contents = snapshot.numbered(entry.kind).unwrap().to_vec();
        if entry.kind == kind as u32 {
            change(&mut contents);
        }
        assert!(writer.section(entry.kind).unwrap());
        writer.bytes(&contents).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

#[test]
fn a_parent_that_lacks_a_page_is_refused() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let (mut world, instance) = world(&image);
    world.call(instance, "fill", &[40, 7]);
    let first = taken(&world.engine);
    let first = Snapshot::parse(&first).unwrap();
    let second = based_on(&world.engine, &[first]);
    let second = Snapshot::parse(&second).unwrap();
    let cut = |len: usize| move |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - len);
    let parents = [
        forged(&first, Kind::Memories, cut(12)),
        forged(&first, Kind::Memories, |bytes| {
            // The runs of the second memory, behind the type, size and only run of the first.
            let len = bytes.len();
            bytes[len - 12..len - 4].copy_from_slice(&u64::MAX.to_le_bytes());
        }),
        forged(&first, Kind::Pages, cut(1)),
        forged(&first, Kind::Pages, cut(PAGE_BYTES)),
        forged(&first, Kind::Memories, |bytes| bytes.clear()),
    ];
    for parent in &parents {
        let parent = Snapshot::parse(parent).unwrap();
        let child = forged(&second, Kind::Parent, |id| id.copy_from_slice(&parent.id()));
        let child = Snapshot::parse(&child).unwrap();
        match restored_on(&child, &[parent], world.module) {
            Err(RestoreError::Invalid { section, what }) => {
                assert_eq!((section, what), (Kind::Memories, "a page of the parent"));
            }
            // What is cut off is behind all that the child leaves to the parent.
            Ok(engine) => assert_eq!(engine.fuel_used(), world.engine.fuel_used()),
            Err(other) => panic!("{other}"),
        }
    }
    // Without a parent no page is one of it.
    let alone = forged(&second, Kind::Parent, |id| id.clear());
    assert!(Snapshot::parse(&alone).is_err());
}
