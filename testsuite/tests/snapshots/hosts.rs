//! Host functions that have the types of what imports them: structs and arrays of a module's own among their parameters.

use super::world::{compiled, config, restored, taken};
use wrt_compiler::OptLevel;
use wrt_vm::{Engine, Error, HostError, ImportMismatch, Limits, Linker, Module, Outcome};

/// Asks the host for the length of an array, by a function whose type is one of a recursive group, and for an array.
const ASKS: &str = r#"(module
    (rec (type $bytes (array (mut i8)))
         (type $measure (func (param (ref null $bytes)) (result i32))))
    (import "env" "value" (func $length (type $measure)))
    (import "env" "made" (func $made (param i32) (result (ref null $bytes))))
    (func (export "run") (param i32) (result i32)
        (i32.add
            (call $length (array.new_default $bytes (local.get 0)))
            (array.len (call $made (local.get 0)))))
    (func (export "make") (param i32) (result (ref $bytes))
        (array.new_default $bytes (local.get 0))))"#;

/// Another type for a function of the same name.
const OTHER: &str = r#"(module
    (import "env" "value" (func $f (param i64 i64) (result i64)))
    (func (export "run") (param i64) (result i64) (call $f (local.get 0) (i64.const 2))))"#;

fn linker() -> Linker<u32> {
    let mut linker = Linker::new();
    let value = |mut caller: wrt_vm::Caller<'_, '_, u32>, args: &[u64], results: &mut [u64]| {
        *caller.data_mut() += 1;
        if caller.remaining_fuel() == 0 {
            return Err(HostError::Pending);
        }
        results[0] = args.len() as u64 * 100 + u64::from(args[0] != 0);
        Ok(())
    };
    linker.func_as_imported("env", "value", value).unwrap();
    let made = |mut caller: wrt_vm::Caller<'_, '_, u32>, args: &[u64], results: &mut [u64]| {
        let make = caller.exported_func("make")?;
        assert_eq!(caller.call(make, args)?, Outcome::Done);
        results.copy_from_slice(caller.results());
        Ok(())
    };
    linker.func_as_imported("env", "made", made).unwrap();
    linker
}

fn call(linker: &Linker<u32>, engine: &mut Engine<'_>, instance: u32, arg: u64) -> u64 {
    let instance = wrt_vm::Instance::from_number(instance);
    let Some(wrt_vm::Extern::Func(run)) = engine.export(instance, "run") else {
        panic!("no function");
    };
    let outcome = linker.call(engine, &mut 0, run, &[arg]).unwrap();
    assert_eq!(outcome, Outcome::Done);
    engine.results()[0]
}

#[test]
fn a_host_function_has_the_type_of_each_import() {
    let images = [ASKS, OTHER].map(|text| compiled(text.as_bytes(), OptLevel::O2));
    let modules =
        (images.each_ref()).map(|i| Module::load_from_binary(i.bytes(), &Limits::default()));
    let [asks, other] = modules.map(Result::unwrap);
    let mut linker = linker();
    let mut engine = Engine::new(config()).unwrap();
    engine.set_fuel(10_000);
    for module in [&asks, &other, &asks] {
        let done = linker.instantiate(&mut engine, &mut 0, module).unwrap();
        assert_eq!(done, Outcome::Done);
    }
    // One for each type, not for each import.
    let next = engine.new_host_func(&[], &[]).unwrap();
    assert_eq!(next.number(), 3);
    for (instance, expected) in [(0, 101 + 7), (1, 201), (2, 101 + 7)] {
        assert_eq!(call(&linker, &mut engine, instance, 7), expected);
    }
    // And in an engine that was restored, where the types are the module's again.
    let bytes = taken(&engine);
    let mut engine = restored(&bytes, config(), &[asks, other]);
    engine.set_fuel(10_000);
    linker.adopt(&mut engine).unwrap();
    for (instance, expected) in [(0, 101 + 7), (1, 201), (2, 101 + 7)] {
        assert_eq!(call(&linker, &mut engine, instance, 7), expected);
    }
}

#[test]
fn types_alone_do_not_make_the_type_of_a_group() {
    let image = compiled(ASKS.as_bytes(), OptLevel::O2);
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = Engine::new(config()).unwrap();
    let fitting = [0, 1].map(|import| engine.new_host_func_for(&module, import).unwrap());
    let view = engine.func_type(fitting[0].func()).unwrap();
    let (params, results) = (view.params.to_vec(), view.results.to_vec());
    let alone = engine.new_host_func(&params, &results).unwrap();
    let refused = module
        .instantiate(&mut engine, &[alone.into(), fitting[1].into()])
        .unwrap_err();
    assert!(matches!(refused, Error::Import(e) if e.mismatch == ImportMismatch::FuncType));
    let done = module.instantiate(&mut engine, &fitting.map(Into::into));
    assert_eq!(done.unwrap(), Outcome::Done);
    let unknown = engine.new_host_func_for(&module, 2);
    assert!(matches!(unknown, Err(Error::Unknown(_))));
}
