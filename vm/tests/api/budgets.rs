//! Budgets: each of them ends in an error, and never in a panic, however little there is.

use crate::fixture::*;
use wrt_format::image::types::ConstOp;
use wrt_format::isa::Op;
use wrt_vm::{Budget, Config, Engine, Error, Outcome};

/// Bytes at most that the six-argument core's handler table takes in every engine.
const BOARD_BYTES: usize = if cfg!(all(wrt_tail6, not(debug_assertions))) {
    1 << 14
} else {
    0
};

fn budget<T: core::fmt::Debug>(result: Result<T, Error>) -> Budget {
    match result {
        Err(Error::Budget(budget)) => budget,
        other => panic!("{other:?}"),
    }
}

/// A module with something of everything, small enough for a slice.
fn everything() -> Image {
    let mut spec = Spec::new()
        .import_func("host", "f", &[I32], &[I32])
        .func("add", &[I32, I32], &[I32], add())
        .func("run", &[I32], &[I32], call_import(0, 1, 1))
        .table("t", 4, None, Some(vec![ConstOp::RefFunc(1)]))
        .global("g", I32, true, vec![ConstOp::Const(3)])
        .global("h", I32, true, vec![ConstOp::Const(4)])
        .active_elem(0, 1, &[1, 2]);
    // Memories of bytes, so that they fit.
    spec.0.memories.push(wrt_format::image::types::MemoryType {
        page_log2: 0,
        ..memory_type(100, Some(200))
    });
    spec.active_data(0, 5, b"hello").image()
}

/// Does everything that takes memory; the first error ends it.
fn use_everything<'m>(engine: &mut Engine<'m>, image: &'m Image) -> Result<u64, Error> {
    engine.set_fuel(1000);
    let host = engine.new_host_func(&[I32], &[I32])?;
    let module = image.module();
    for _ in 0..2 {
        if module.instantiate(engine, &[host.into()])? != Outcome::Done {
            return Ok(0);
        }
    }
    let instance = engine.last_instance().unwrap();
    let memory = engine.new_memory(wrt_format::image::types::MemoryType {
        page_log2: 0,
        ..memory_type(40, None)
    })?;
    let _ = engine.memory_grow(memory, 10)?;
    let table = engine.new_table(table_type(2, None), 0)?;
    let _ = engine.table_grow(table, 3, 0)?;
    let run = func(engine, instance, "run");
    let outcome = engine.execute(instance, run, &[20])?;
    if !matches!(outcome, Outcome::HostCall(_)) {
        return Ok(0);
    }
    // A nested run, then the answer.
    let add = func(engine, instance, "add");
    let sum = match engine.execute(instance, add, &[20, 22])? {
        Outcome::Done => engine.results()[0],
        Outcome::Trap(_) => 42,
        other => panic!("{other}"),
    };
    engine.host_return(&[sum])?;
    match engine.resume()? {
        Outcome::Done => Ok(engine.results()[0]),
        Outcome::Trap(_) => Ok(0),
        other => panic!("{other}"),
    }
}

#[test]
fn engines_in_slices_of_every_size() {
    let image = everything();
    let config = Config::default().with_stack_slots(64);
    let (mut done, mut refused) = (0, 0);
    for words in 0..700 + BOARD_BYTES / 8 {
        let mut room = vec![u64::MAX; words];
        match Engine::with_memory(&mut room, config) {
            Err(error) => {
                assert_eq!(budget::<()>(Err(error)), Budget::Memory);
                refused += 1;
            }
            Ok(mut engine) => match use_everything(&mut engine, &image) {
                Ok(42) => done += 1,
                Ok(other) => panic!("{words} words: {other}"),
                Err(error) => assert_eq!(budget::<()>(Err(error)), Budget::Memory, "{words} words"),
            },
        }
    }
    assert!(
        refused >= 64 && done > 100,
        "{refused} refused, {done} done"
    );
}

#[test]
fn heap_engines_with_every_budget() {
    let image = everything();
    let mut done = 0;
    for bytes in (0..6000 + BOARD_BYTES).step_by(8) {
        let config = Config::default()
            .with_stack_slots(64)
            .with_memory_budget(bytes);
        match Engine::new(config).and_then(|mut engine| use_everything(&mut engine, &image)) {
            Ok(42) => done += 1,
            Ok(other) => panic!("{bytes} bytes: {other}"),
            Err(error) => assert_eq!(budget::<()>(Err(error)), Budget::Memory, "{bytes} bytes"),
        }
    }
    assert!(done > 50, "{done} done");
}

#[test]
fn stacks_of_every_size() {
    let image = everything();
    let mut done = 0;
    for slots in 0..64 {
        let config = Config::default().with_stack_slots(slots);
        match Engine::new(config).and_then(|mut engine| use_everything(&mut engine, &image)) {
            Ok(42) => done += 1,
            Ok(0) => {}
            Ok(other) => panic!("{slots} slots: {other}"),
            Err(error) => panic!("{slots} slots: {error}"),
        }
    }
    assert!(done > 10, "{done} done");
}

#[test]
fn instances_pages_and_elements() {
    let image = Spec::new()
        .memory("", 3, None)
        .table("", 30, None, None)
        .image();
    let module = image.module();
    let config = Config::default().with_stack_slots(64);
    let mut engine = Engine::new(config.with_instances(2)).unwrap();
    for _ in 0..2 {
        instance(&mut engine, &module, &[]);
    }
    assert_eq!(
        budget(module.instantiate(&mut engine, &[])),
        Budget::Instances
    );

    let mut engine = Engine::new(config.with_memory_pages(2)).unwrap();
    assert_eq!(
        budget(module.instantiate(&mut engine, &[])),
        Budget::MemoryPages
    );
    assert_eq!(
        budget(engine.new_memory(memory_type(3, None))),
        Budget::MemoryPages
    );
    let memory = engine.new_memory(memory_type(1, None)).unwrap();
    assert_eq!(engine.memory_grow(memory, 2).unwrap(), None);
    assert_eq!(engine.memory_grow(memory, 1).unwrap(), Some(1));

    let mut engine = Engine::new(config.with_table_elems(29)).unwrap();
    assert_eq!(
        budget(module.instantiate(&mut engine, &[])),
        Budget::TableElems
    );
    assert_eq!(
        budget(engine.new_table(table_type(30, None), 0)),
        Budget::TableElems
    );
    let table = engine.new_table(table_type(29, None), 0).unwrap();
    assert_eq!(engine.table_grow(table, 1, 0).unwrap(), None);
}

#[test]
fn a_failed_instantiation_gives_everything_back() {
    let image = Spec::new()
        .memory("", 2, None)
        .memory("", 2, None)
        .global("", I32, true, vec![ConstOp::Const(0)])
        .image();
    let config = Config::default()
        .with_stack_slots(64)
        .with_memory_budget((3 << 16) + BOARD_BYTES);
    let mut engine = Engine::new(config).unwrap();
    for round in 0..10 {
        let before = engine.stats();
        let error = image.module().instantiate(&mut engine, &[]);
        assert_eq!(budget(error), Budget::Memory);
        let after = engine.stats();
        assert_eq!((after.instances, after.memory_bytes), (0, 0));
        // Only the room for lists that the first attempt has made stays.
        assert!(
            round == 0 || after.used_bytes == before.used_bytes,
            "{after:?}"
        );
    }
    assert!(engine.stats().used_bytes < (1 << 13) + BOARD_BYTES as u64);
    engine.new_memory(memory_type(2, None)).unwrap();
}

#[test]
fn growing_by_the_guest_stops_at_the_limits() {
    let grow = Code::enter(2, 2)
        .op(Op::MemoryGrow, &[1, 0, 0])
        .op(Op::Ret1, &[1]);
    let grow_table = Code::enter(3, 3)
        .op(Op::ConstU32, &[1, 0])
        .op(Op::TableGrow, &[2, 0, 1, 0])
        .op(Op::Ret1, &[2]);
    let image = Spec::new()
        .func("grow", &[I32], &[I32], grow)
        .func("grow_table", &[I32], &[I32], grow_table)
        .memory("", 1, None)
        .table("", 10, None, None)
        .image();
    let config = Config::default()
        .with_stack_slots(64)
        .with_memory_pages(3)
        .with_table_elems(20);
    let mut engine = Engine::new(config).unwrap();
    engine.set_fuel(1000);
    let instance = instance(&mut engine, &image.module(), &[]);
    let minus_one = 0xffff_ffff;
    assert_eq!(call(&mut engine, instance, "grow", &[3]), [minus_one]);
    assert_eq!(call(&mut engine, instance, "grow", &[2]), [1]);
    assert_eq!(call(&mut engine, instance, "grow", &[1]), [minus_one]);
    assert_eq!(
        call(&mut engine, instance, "grow_table", &[11]),
        [minus_one]
    );
    assert_eq!(call(&mut engine, instance, "grow_table", &[10]), [10]);
    assert_eq!(engine.stats().grows, 2);
}
