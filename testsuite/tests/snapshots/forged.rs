//! One number of a snapshot changed, hashes right: each check is the one that finds it.

use super::world::{Hops, World, compiled, config, taken};
use wrt_compiler::OptLevel;
use wrt_format::snapshot::{Kind, Snapshot, Writer};
use wrt_vm::{Engine, Extern, Module, Outcome, RestoreError};

/// Recursion, a host function, something collected, a table, a wait.
const MODULE: &str = r#"(module
    (import "env" "f" (func $f (param i32 i64) (result i32)))
    (import "env" "g" (global (mut i64)))
    (import "env" "t" (tag $t (param i64)))
    (type $node (struct (field $n (mut i32)) (field $next (mut (ref null $node)))))
    (type $bytes (array (mut i16)))
    (memory (export "m") 1 2) (memory $shared 1 1 shared)
    (table (export "t") 2 4 funcref)
    (global $list (mut (ref null $node)) (ref.null $node))
    (global $bytes (mut (ref null $bytes)) (ref.null $bytes))
    (func $deep (export "deep") (param $n i32) (result i32)
        (i32.store (local.get $n) (i32.const -1))
        (global.set $list (struct.new $node (local.get $n) (global.get $list)))
        (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
        (i32.add (local.get $n) (call $deep (i32.sub (local.get $n) (i32.const 1)))))
    (func (export "ask") (param $n i32) (result i32)
        (global.set $bytes (array.new $bytes (i32.const 3) (i32.const 5)))
        (i32.add (local.get $n) (call $f (i32.const 3) (i64.const 4))))
    (func (export "wait") (param $n i32) (result i32)
        (memory.atomic.wait32 $shared (i32.const 8) (i32.const 0) (i64.const -1))))"#;

type Sections = Vec<(u32, Vec<u8>)>;

struct Case<'m> {
    sections: Sections,
    module: Module<'m>,
}

/// A function of the module, paused for want of fuel, by the host, or waiting.
fn paused<'m>(image: &'m wrt_cli::load::Aligned, name: &str, fuel: u64) -> Case<'m> {
    let mut world = World::new(image.bytes(), config(), Hops::Never, 100);
    let instance = world.instantiate();
    let Some(Extern::Func(func)) = world.engine.export(instance, name) else {
        panic!("no function");
    };
    world.engine.set_fuel(fuel);
    let outcome = world.engine.execute(instance, func, &[9]).unwrap();
    assert_ne!(outcome, Outcome::Done);
    let bytes = taken(&world.engine);
    let snapshot = Snapshot::parse(&bytes).unwrap();
    let sections = snapshot.sections();
    Case {
        sections: sections
            .map(|entry| (entry.kind, snapshot.numbered(entry.kind).unwrap().to_vec()))
            .collect(),
        module: world.module,
    }
}

impl Case<'_> {
    fn section(&self, kind: Kind) -> &[u8] {
        let found = self.sections.iter().find(|(own, _)| *own == kind as u32);
        &found.unwrap().1
    }

    fn u32(&self, kind: Kind, at: usize) -> u32 {
        let bytes = self.section(kind)[at..].first_chunk().unwrap();
        u32::from_le_bytes(*bytes)
    }

    /// What restoring says once a section has these bytes from a place on.
    fn with(&self, kind: Kind, at: usize, bytes: &[u8]) -> Result<(), (Kind, &'static str)> {
        let mut sections = self.sections.clone();
        let section = sections.iter_mut().find(|(own, _)| *own == kind as u32);
        section.unwrap().1[at..at + bytes.len()].copy_from_slice(bytes);
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, 0).unwrap();
        for (kind, contents) in &sections {
            assert!(writer.section(*kind).unwrap());
            writer.bytes(contents).unwrap();
        }
        writer.finish().unwrap();
        let snapshot = Snapshot::parse(&bytes).unwrap();
        let engine = Engine::new(config()).unwrap();
        match engine.restored(&snapshot, &[self.module]) {
            Ok(_) => Ok(()),
            Err(RestoreError::Invalid { section, what }) => Err((section, what)),
            Err(other) => panic!("{other}"),
        }
    }

    #[track_caller]
    fn finds(&self, kind: Kind, at: usize, value: u32, what: &'static str) {
        assert_eq!(self.with(kind, at, &value.to_le_bytes()), Err((kind, what)));
    }

    #[track_caller]
    fn finds64(&self, kind: Kind, at: usize, value: u64, what: &'static str) {
        assert_eq!(self.with(kind, at, &value.to_le_bytes()), Err((kind, what)));
    }
}

/// Places in the row of a thread.
mod at {
    pub(super) const LIVE: usize = 12;
    pub(super) const STATUS: usize = 16;
    pub(super) const INSTANCE: usize = 20;
    pub(super) const PC: usize = 24;
    pub(super) const FP: usize = 28;
    pub(super) const RECORD: usize = 32;
    pub(super) const CALLEE: usize = 36;
    pub(super) const WINDOW: usize = 40;
    pub(super) const DEPTH: usize = 44;
    pub(super) const RESULTS: usize = 48;
    pub(super) const TRAP: usize = 56;
    pub(super) const TAG: usize = 60;
    pub(super) const SLICE: usize = 72;
    pub(super) const SLOTS: usize = 80;
}

#[test]
fn where_a_run_stands() {
    for level in [OptLevel::O0, OptLevel::O2] {
        let image = compiled(MODULE.as_bytes(), level);
        let case = paused(&image, "deep", 50);
        let field = |at| case.u32(Kind::Threads, at);
        let finds = |at, value, what| case.finds(Kind::Threads, at, value, what);
        assert_eq!(field(at::STATUS), 2);
        finds(at::STATUS, 7, "a status");
        finds(at::STATUS, 4, "where a run is paused");
        finds(at::INSTANCE, 1, "the instance of a run");
        finds(at::PC, field(at::PC) + 1, "where a run is paused");
        finds(at::PC, u32::MAX, "a place in the code");
        finds(at::PC, 1, "a place in the code");
        finds(at::FP, u32::MAX, "a frame that is larger than the stack");
        finds(at::FP, 0, "a frame outside of the stack");
        finds(at::RECORD, 1, "the record of a run");
        finds(at::RECORD, u32::MAX, "a frame outside of the stack");
        finds(at::DEPTH, 2, "the number of runs");
        finds(at::DEPTH, 65, "runs that nest too deep");
        finds(at::RESULTS, 1 << 30, "results outside of the stack");
        finds(at::TRAP, 0xfffe, "a trap");
        finds(at::TRAP, 1, "an answer to nobody");
        finds(at::TAG, 0, "an exception");
        finds(at::LIVE, 1 << 20, "more slots than the stack has");
        case.finds64(Kind::Threads, at::SLICE, u64::MAX, "the slice used");
        // A run that is said to be idle leaves its count behind.
        finds(at::STATUS, 0, "the number of runs");
        // One that has trapped, and of which nobody has been told.
        finds(at::STATUS, 6, "the number of runs");
    }
}

#[test]
fn return_words() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let case = paused(&image, "deep", 50);
    let fp = case.u32(Kind::Threads, at::FP) as usize;
    assert!(fp > 6, "not the bottom frame");
    let slot = |i: usize| at::SLOTS + 8 * i;
    let word = u64::from(case.u32(Kind::Threads, slot(fp - 1)));
    let finds = |i, value, what| case.finds64(Kind::Threads, slot(i), value, what);
    finds(fp - 1, word + 1, "a return word");
    finds(fp - 1, word | 1 << 40, "a return word");
    finds(fp - 1, word + 2, "a return word that names no call");
    finds(fp - 1, word - 2, "a return word that names no call");
    finds(fp - 1, 2, "where the bottom frame begins");
    let leave = u64::from(wrt_format::isa::LEAVE_STUB) * 2;
    finds(fp - 1, leave, "the results of a call");
    finds(fp - 1, 0, "a place in the code");
    // The bottom frame's, and the number of results that the record says.
    finds(4, 4, "the record of a run");
    finds(2, 2 << 32, "the results of a run");
    // A run outside of it, whose record is not below.
    finds(3, 0, "the record of a run");
}

#[test]
fn calls_of_the_host() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let case = paused(&image, "ask", 100);
    let field = |at| case.u32(Kind::Threads, at);
    let finds = |at, value, what| case.finds(Kind::Threads, at, value, what);
    assert_eq!(field(at::STATUS), 3);
    finds(at::CALLEE, 2, "a host function");
    // Another one, which gives nothing.
    finds(at::CALLEE, 0, "the results of a call");
    finds(at::WINDOW, field(at::WINDOW) + 1, "the arguments of a call");
    finds(at::WINDOW, 4095, "arguments outside of the stack");
    finds(
        at::PC,
        field(at::PC) + 1,
        "a return word that names no call",
    );
    finds(at::STATUS, 1, "the place of a run that starts");
    // Throwing a tag that there is needs no more than its values in the stack; one that is none is found.
    assert_eq!(
        case.with(Kind::Threads, at::STATUS, &[5, 0, 0, 0]),
        Err((Kind::Threads, "a tag"))
    );
}

#[test]
fn threads_that_wait() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let case = paused(&image, "wait", 100);
    assert_eq!(case.u32(Kind::Threads, at::STATUS), 4);
    let len = case.section(Kind::Threads).len();
    let finds = |back: usize, value, what| case.finds(Kind::Threads, len - back, value, what);
    finds(32, 1, "who waits");
    finds(28, 2, "where a thread waits");
    finds(16, 2, "a deadline");
    finds(8, 1, "a deadline");
    case.finds(Kind::Threads, at::STATUS, 2, "where a run is paused");
    let engine = |at, value, what| case.finds(Kind::Engine, at, value, what);
    engine(28, 0, "the threads");
    engine(32, 1, "the threads");
    engine(44, 0, "the threads");
    engine(36, 1, "the last instance");
    engine(40, 2, "a flag");
    case.finds64(Kind::Engine, 48, 1 << 63, "a counter");
    engine(24, 1 << 16, "the number of types");
}

#[test]
fn what_is_collected() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let case = paused(&image, "ask", 100);
    let finds = |at, value, what| case.finds(Kind::Heap, at, value, what);
    // One array of five elements of two bytes: numbers, its handle, the object.
    assert_eq!(case.u32(Kind::Heap, 8), 1);
    let what = case.u32(Kind::Heap, 52);
    finds(0, 0, "the number of its objects");
    finds(0, 12, "it is cut off");
    finds(8, 1 << 30, "it is cut off");
    finds(16, 0, "its free handles");
    finds(48, 1, "an object's handle");
    finds(52, 0, "its free handles");
    finds(52, what ^ 1 << 30, "the size of an object");
    finds(52, what | 0xff, "the type of an object");
    finds(56, 1, "an object without a handle");
    finds(60, 9, "the size of an object");
    finds(60, 26, "the number of its objects");
}

#[test]
fn memories_and_tables() {
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let case = paused(&image, "deep", 50);
    let memory = |at, value, what| case.finds(Kind::Memories, at, value, what);
    assert_eq!(case.u32(Kind::Memories, 0), 1 << 16);
    memory(0, 0, "the size of a memory");
    memory(0, (1 << 16) + 4096, "the size of a memory");
    memory(0, 1 << 17, "a run of pages");
    memory(8, 0, "a run of pages");
    memory(8, 17, "a run of pages");
    assert_eq!(
        case.with(Kind::Memories, 8, &[3]),
        Err((Kind::Pages, "its length"))
    );
    memory(16, 5, "a run of pages");
    memory(16, 3, "a page of the parent");
    memory(16, 1, "a page of the image");
    assert_eq!(
        case.with(Kind::Memories, 16, &[0; 4]),
        Err((Kind::Pages, "its length"))
    );
    case.finds(Kind::Tables, 0, 1, "the size of a table");
    case.finds(Kind::Tables, 0, 3, "it is cut off");
    case.finds(Kind::Globals, 0, 0x10, "a value type");
    case.finds(Kind::Globals, 4, 2, "a flag");
    // The first host function's type becomes that of the second one.
    let second = 12 + 4;
    let number = case.u32(Kind::Hosts, second);
    assert_eq!(
        case.with(Kind::Hosts, 0, &[0xff; 4]),
        Err((Kind::Instances, "the number of a type"))
    );
    assert!(case.with(Kind::Hosts, 0, &number.to_le_bytes()).is_err());
    // A module's types, one of which is not the one that it was.
    assert!(
        case.with(Kind::Instances, 52, &u32::MAX.to_le_bytes())
            .is_err()
    );
    case.finds(Kind::Instances, 44, 0, "the number of what it defines");
}
