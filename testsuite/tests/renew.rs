//! Instances that are put back to how they were when they were made.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use wrt_compiler::OptLevel;
use wrt_testsuite::image;
use wrt_vm::{Config, Engine, Error, Extern, Limits, Linker, Misuse, Module, Outcome};

/// Everything that can change is changed by `spoil`, and seen by `look`: the first seven results are of the instance, the last one is its start
/// function's count of how often it has run, in a memory that it imports.
const CHANGES: &str = r#"(module
    (type $box (struct (field (mut i32))))
    (import "env" "memory" (memory 1))
    (global $plain (mut i32) (i32.const 7))
    (global $long (mut v128) (v128.const i64x2 3 4))
    (global $boxed (mut (ref null $box)) (struct.new $box (i32.const 11)))
    (table $t 2 9 funcref)
    (table $full 3 funcref (ref.func $f))
    (elem (table $t) (i32.const 1) func $f)
    (elem $passive func $f $f)
    (elem $made (ref null $box) (item (struct.new $box (i32.const 13))))
    (table $boxes 1 (ref null $box))
    (data $passive "abc")
    (data (i32.const 64) "xyz")
    (func $f (result i32) (i32.const 99))
    (func $count
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))))
    (start $count)
    (func (export "spoil")
        (global.set $plain (i32.const 8))
        (global.set $long (v128.const i64x2 5 6))
        (struct.set $box 0 (global.get $boxed) (i32.const 12))
        (drop (table.grow $t (ref.null func) (i32.const 5)))
        (table.set $t (i32.const 1) (ref.null func))
        (table.set $full (i32.const 2) (ref.null func))
        (table.init $boxes $made (i32.const 0) (i32.const 0) (i32.const 1))
        (struct.set $box 0 (table.get $boxes (i32.const 0)) (i32.const 14))
        (elem.drop $passive)
        (elem.drop $made)
        (data.drop $passive)
        (i32.store8 (i32.const 64) (i32.const 0)))
    (func (export "look") (result i32 i64 i32 i32 i32 i32 i32 i32)
        (global.get $plain)
        (i64x2.extract_lane 1 (global.get $long))
        (struct.get $box 0 (global.get $boxed))
        (table.size $t)
        (call_indirect $t (result i32) (i32.const 1))
        (call_indirect $full (result i32) (i32.const 2))
        (i32.load8_u (i32.const 64))
        (table.init $full $passive (i32.const 0) (i32.const 0) (i32.const 2))
        (table.init $boxes $made (i32.const 0) (i32.const 0) (i32.const 1))
        (memory.init $passive (i32.const 128) (i32.const 0) (i32.const 3))
        (i32.add (i32.load (i32.const 0)) (struct.get $box 0 (table.get $boxes (i32.const 0))))))"#;

fn slots(engine: &mut Engine<'_>, name: &str) -> (Outcome, Vec<u64>) {
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Func(func)) = engine.export(instance, name) else {
        panic!("no function {name}");
    };
    let outcome = engine.execute(instance, func, &[]).unwrap();
    (outcome, engine.results().to_vec())
}

#[test]
fn a_renewed_instance_is_as_a_new_one() {
    let wasm = wat::parse_str(CHANGES).unwrap();
    for level in [OptLevel::O0, OptLevel::O2] {
        let image = image(&wasm, level, true).unwrap();
        let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
        let mut engine = Engine::new(Config::default()).unwrap();
        engine.set_fuel(100_000);
        let memory = engine
            .new_memory(wrt_format::image::types::MemoryType {
                min: 1,
                max: None,
                is64: false,
                shared: false,
                page_log2: 16,
            })
            .unwrap();
        let mut linker = Linker::new();
        linker.define("env", "memory", memory).unwrap();
        let done = linker.instantiate(&mut engine, &mut (), &module).unwrap();
        assert_eq!(done, Outcome::Done);
        let instance = engine.last_instance().unwrap();
        for round in 1..4 {
            let seen = slots(&mut engine, "look");
            let expected = [7, 4, 11, 2, 99, 99, u64::from(b'x'), 13 + round];
            assert_eq!(seen, (Outcome::Done, expected.to_vec()), "{level:?}");
            assert_eq!(slots(&mut engine, "spoil").0, Outcome::Done);
            assert!(matches!(slots(&mut engine, "look").0, Outcome::Trap(_)));
            let done = linker.renew(&mut engine, &mut (), instance).unwrap();
            assert_eq!(done, Outcome::Done);
        }
        assert_eq!(engine.last_instance(), Some(instance));
    }
}

#[test]
fn a_memory_of_its_own_is_not_cleared() {
    let wasm = wat::parse_str(r#"(module (memory 1) (func (export "f") (loop (br 0))))"#).unwrap();
    let image = image(&wasm, OptLevel::O2, true).unwrap();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = Engine::new(Config::default()).unwrap();
    engine.set_fuel(100);
    let done = module.instantiate(&mut engine, &[]).unwrap();
    assert_eq!(done, Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let refused = engine.renew(instance).unwrap_err();
    assert!(matches!(refused, Error::Misuse(Misuse::OwnMemory)));
    let unknown = engine.renew(wrt_vm::Instance::from_number(7)).unwrap_err();
    assert!(matches!(unknown, Error::Unknown(_)));
    // And not in the middle of a run.
    assert_eq!(slots(&mut engine, "f").0, Outcome::OutOfFuel);
    let paused = engine.renew(instance).unwrap_err();
    assert!(matches!(paused, Error::Misuse(Misuse::RunPaused)));
}
