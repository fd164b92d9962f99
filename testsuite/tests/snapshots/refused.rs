//! What is refused by name: things that cannot be captured, images that are not given, budgets.

use super::world::{Hops, World, compiled, config, restored, taken};
use wrt_compiler::OptLevel;
use wrt_vm::{
    Budget, Config, Engine, Error, Extern, ImportMismatch, Limits, Linker, Module, Outcome,
    RestoreError, SectionKind, Sink, Snapshot, SnapshotError, SnapshotOptions,
};

const ADDS: &str = r#"(module
    (import "env" "f" (func $f (param i32) (result i32)))
    (memory (export "m") 2) (table (export "t") 3 externref)
    (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (call $f (local.get 1)))))"#;

/// A sink that takes so many bytes.
struct Full(usize);

impl Sink for Full {
    type Error = &'static str;

    fn write(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or("full")?;
        Ok(())
    }
}

/// An instance that waits for its host function.
fn paused(image: &[u8]) -> World<'_> {
    let mut world = World::new(image, config(), Hops::Never, 100);
    let instance = world.instantiate();
    let Some(Extern::Func(add)) = world.engine.export(instance, "add") else {
        panic!("no function");
    };
    world.engine.set_fuel(100);
    let outcome = world.engine.execute(instance, add, &[1, 2]).unwrap();
    assert!(matches!(outcome, Outcome::HostCall(_)));
    world
}

fn error(bytes: &[u8], config: Config, modules: &[Module<'_>]) -> RestoreError {
    let snapshot = Snapshot::parse(bytes).unwrap();
    let engine = Engine::new(config).unwrap();
    engine.restored(&snapshot, modules).unwrap_err()
}

#[test]
fn references_to_things_of_the_host_need_the_hosts_word() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let mut world = paused(image.bytes());
    let options = SnapshotOptions::default();
    let mut out = Vec::new();
    world.engine.snapshot(&mut out, &options).unwrap();
    let instance = world.engine.last_instance().unwrap();
    let Some(Extern::Table(table)) = world.engine.export(instance, "t") else {
        panic!("no table");
    };
    world.engine.table_set(table, 1, 0).unwrap();
    world.engine.snapshot(&mut out, &options).unwrap();
    world.engine.table_set(table, 1, 8).unwrap();
    out.clear();
    let refused = world.engine.snapshot(&mut out, &options).unwrap_err();
    assert_eq!(refused, SnapshotError::HostReferences);
    assert!(refused.to_string().contains("externref") && out.is_empty());
    let bytes = taken(&world.engine);
    let engine = restored(&bytes, config(), &[world.module]);
    assert_eq!(engine.table_get(table, 1).unwrap(), 8);
    // It is remembered.
    assert!(engine.snapshot(&mut out, &options).is_err());
}

#[test]
fn the_hosts_sections_are_handed_on() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let world = paused(image.bytes());
    let sections: [(u32, &[u8]); 2] = [(0x8000, b"files"), (0xfffe, b"")];
    let options = SnapshotOptions {
        sections: &sections,
        ..SnapshotOptions::default()
    };
    let mut out = Vec::new();
    let id = world.engine.snapshot(&mut out, &options).unwrap();
    let snapshot = Snapshot::parse(&out).unwrap();
    assert_eq!(snapshot.id(), id.id);
    assert_eq!(snapshot.numbered(0x8000), Some(&b"files"[..]));
    assert_eq!(snapshot.numbered(0xfffe), Some(&b""[..]));
    for wrong in [
        &[(7, &b""[..])][..],
        &[(0x8001, b""), (0x8000, b"")],
        &[(0xffff, b"")],
    ] {
        let options = SnapshotOptions {
            sections: wrong,
            ..SnapshotOptions::default()
        };
        let refused = world.engine.snapshot(&mut Full(0), &options).unwrap_err();
        assert_eq!(refused, SnapshotError::HostSections);
    }
}

#[test]
fn a_sink_that_is_full_ends_it() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let world = paused(image.bytes());
    let len = taken(&world.engine).len();
    let options = SnapshotOptions::default();
    for room in [0, 64, len - 1] {
        let refused = world.engine.snapshot(&mut Full(room), &options);
        assert_eq!(refused.unwrap_err(), SnapshotError::Sink("full"));
    }
    assert!(world.engine.snapshot(&mut Full(len), &options).is_ok());
}

#[test]
fn another_image_is_not_taken_for_it() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let world = paused(image.bytes());
    let bytes = taken(&world.engine);
    let other = compiled(ADDS.as_bytes(), OptLevel::O0);
    let module = Module::load_from_binary(other.bytes(), &Limits::default()).unwrap();
    let error = error(&bytes, config(), &[module]);
    let id = world.module.view().image_id();
    let RestoreError::MissingModule {
        instance: 0,
        image,
        module: 0,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(image, id);
    assert_ne!(module.view().image_id(), id);
}

#[test]
fn budgets_are_the_hosts() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let mut world = paused(image.bytes());
    world.engine.add_thread(100).unwrap();
    let bytes = taken(&world.engine);
    let modules = [world.module];
    let budget = |config: Config, expected: Budget| match error(&bytes, config, &modules) {
        RestoreError::Engine(Error::Budget(budget)) => assert_eq!(budget, expected),
        other => panic!("{other}"),
    };
    budget(config().with_instances(0), Budget::Instances);
    budget(config().with_memory_pages(1), Budget::MemoryPages);
    budget(config().with_table_elems(2), Budget::TableElems);
    budget(config().with_threads(1), Budget::Threads);
    budget(config().with_memory_budget(100_000), Budget::Memory);
    let small = error(&bytes, config().with_stack_slots(5), &modules);
    let RestoreError::Invalid { section, .. } = small else {
        panic!("{small}");
    };
    assert_eq!(section, SectionKind::Threads);
    assert!(small.to_string().contains("THREADS"), "{small}");
    let mut used = Engine::new(config()).unwrap();
    used.new_host_func(&[], &[]).unwrap();
    let snapshot = Snapshot::parse(&bytes).unwrap();
    let refused = used.restored(&snapshot, &modules).unwrap_err();
    assert!(matches!(refused, RestoreError::NotNew));
}

#[test]
fn fuel_is_the_hosts_and_used_fuel_goes_on() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let world = paused(image.bytes());
    let bytes = taken(&world.engine);
    let (used, left) = (world.engine.fuel_used(), world.engine.remaining_fuel());
    assert!(used > 0 && left > 0);
    let mut engine = restored(&bytes, config(), &[world.module]);
    assert_eq!((engine.fuel_used(), engine.remaining_fuel()), (used, 0));
    engine.set_fuel(7);
    assert_eq!(engine.stats().fuel_granted, used + 7);
    let mut given = Engine::new(config()).unwrap();
    given.set_fuel(11);
    let snapshot = Snapshot::parse(&bytes).unwrap();
    let given = given.restored(&snapshot, &[world.module]).unwrap();
    assert_eq!((given.fuel_used(), given.remaining_fuel()), (used, 11));
    // However much there was.
    let mut rich = restored(&bytes, config(), &[world.module]);
    rich.set_fuel(u64::MAX);
    let again = restored(&taken(&rich), config(), &[world.module]);
    assert_eq!((again.fuel_used(), again.remaining_fuel()), (used, 0));
}

#[test]
fn a_linker_adopts_by_name_and_type() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let world = paused(image.bytes());
    let bytes = taken(&world.engine);
    let fresh = || {
        let mut engine = restored(&bytes, config(), &[world.module]);
        engine.set_fuel(1000);
        engine
    };
    let mut engine = fresh();
    let mut none = Linker::<()>::new();
    let mismatch = |error: Error| match error {
        Error::Import(error) => error.mismatch,
        other => panic!("{other}"),
    };
    let refused = none.adopt(&mut engine).unwrap_err();
    assert_eq!(mismatch(refused), ImportMismatch::Undefined);
    let mut wrong = Linker::<()>::new();
    wrong.wrap("env", "f", |_: i64| 0_i32).unwrap();
    let refused = wrong.adopt(&mut engine).unwrap_err();
    assert_eq!(mismatch(refused), ImportMismatch::FuncType);
    let mut right = Linker::new();
    right.wrap("env", "g", |_: i64| 0_i32).unwrap();
    right.wrap("env", "f", |n: i32| 10 * n).unwrap();
    right.adopt(&mut engine).unwrap();
    assert_eq!(right.resume(&mut engine, &mut ()).unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [21]);
    // And two engines at once.
    let mut other = fresh();
    right.adopt(&mut other).unwrap();
    assert_eq!(right.resume(&mut other, &mut ()).unwrap(), Outcome::Done);
}

#[test]
fn it_is_the_same_on_a_slice_of_memory() {
    let image = compiled(ADDS.as_bytes(), OptLevel::O2);
    let world = paused(image.bytes());
    let bytes = taken(&world.engine);
    let snapshot = Snapshot::parse(&bytes).unwrap();
    let mut memory = vec![0; 40_000];
    let engine = Engine::with_memory(&mut memory, config()).unwrap();
    let mut engine = engine.restored(&snapshot, &[world.module]).unwrap();
    assert!(taken(&engine) == bytes || engine.remaining_fuel() == 0);
    engine.set_fuel(100);
    assert!(taken(&engine)[64..] != bytes[64..] || engine.remaining_fuel() == 100);
    engine.host_return(&[5]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [6]);
}
