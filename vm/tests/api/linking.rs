//! The linker: names, closures, their callers, typed functions, and the ways in which host functions end a run.

use crate::fixture::*;
use wrt_format::isa::Op;
use wrt_vm::{Caller, Error, HostError, ImportMismatch, Linker, Misuse, Outcome, Trap, TypedFunc};

/// Imports `env.f: (i32) -> i32` and exports `run`, which calls it, and `count`.
fn guest() -> Image {
    Spec::new()
        .import_func("env", "f", &[I32], &[I32])
        .func("run", &[I32], &[I32], call_import(0, 1, 1))
        .func("count", &[I32], &[I32], count_down())
        .memory("memory", 1, None)
        .image()
}

#[derive(Default)]
struct Data {
    calls: u32,
    ready: bool,
}

#[test]
fn closures_serve_host_calls() {
    let image = guest();
    let mut linker = Linker::new();
    linker
        .wrap(
            "env",
            "f",
            |mut caller: Caller<'_, '_, Data>, value: i32| {
                caller.data_mut().calls += 1;
                let memory = caller.exported_memory("memory").unwrap();
                let (bytes, data) = caller.bytes_and_data(memory).unwrap();
                bytes[0] = data.calls as u8;
                value * 2
            },
        )
        .unwrap();
    let (mut engine, mut data) = (engine(100), Data::default());
    let done = linker
        .instantiate(&mut engine, &mut data, &image.module())
        .unwrap();
    assert_eq!(done, Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let run = func(&engine, instance, "run");
    for round in 1..4 {
        assert_eq!(
            linker.call(&mut engine, &mut data, run, &[21]).unwrap(),
            Outcome::Done
        );
        assert_eq!(engine.results(), [42]);
        assert_eq!(data.calls, round);
    }
    let memory = engine.instance_memory(instance, 0).unwrap();
    assert_eq!(engine.memory(memory).unwrap()[0], 3);
}

#[test]
fn one_linker_serves_several_engines() {
    let image = guest();
    let mut linker = Linker::<()>::new();
    linker.wrap("env", "unused", || 1_i64).unwrap();
    linker.wrap("env", "f", |value: i32| value + 1).unwrap();
    let mut engines = [engine(100), engine(100)];
    // The numbers of host functions differ.
    engines[1].new_host_func(&[], &[]).unwrap();
    for engine in &mut engines {
        let _ = linker
            .instantiate(engine, &mut (), &image.module())
            .unwrap();
        let _ = linker
            .instantiate(engine, &mut (), &image.module())
            .unwrap();
    }
    for engine in &mut engines {
        let run = func(engine, engine.last_instance().unwrap(), "run");
        assert_eq!(
            linker.call(engine, &mut (), run, &[1]).unwrap(),
            Outcome::Done
        );
        assert_eq!(engine.results(), [2]);
    }
}

#[test]
fn undefined_and_duplicate_names() {
    let image = guest();
    let mut linker = Linker::<()>::new();
    let mut engine = engine(100);
    let error = linker
        .instantiate(&mut engine, &mut (), &image.module())
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Import(e) if e.mismatch == ImportMismatch::Undefined));
    assert_eq!(
        text,
        "unknown import \"env\" \"f\": expected (func (param i32) (result i32)), got nothing"
    );
    linker.wrap("env", "f", || {}).unwrap();
    assert!(matches!(
        linker.wrap("env", "f", || {}),
        Err(Error::Duplicate { .. })
    ));
    assert!(linker.is_defined("env", "f") && !linker.is_defined("env", "g"));
    let error = linker
        .instantiate(&mut engine, &mut (), &image.module())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("expected (func (param i32) (result i32)), got (func)"),
        "{error}"
    );
}

#[test]
fn instances_are_linked_by_name() {
    let library = Spec::new()
        .func("f", &[I32], &[I32], Code::enter(2, 1).op(Op::Ret1, &[0]))
        .image();
    let image = guest();
    let mut linker = Linker::<()>::new();
    let mut engine = engine(100);
    let _ = linker
        .instantiate(&mut engine, &mut (), &library.module())
        .unwrap();
    let library = engine.last_instance().unwrap();
    linker.instance(&engine, "env", library).unwrap();
    let _ = linker
        .instantiate(&mut engine, &mut (), &image.module())
        .unwrap();
    let run = func(&engine, engine.last_instance().unwrap(), "run");
    assert_eq!(
        linker.call(&mut engine, &mut (), run, &[5]).unwrap(),
        Outcome::Done
    );
    assert_eq!(engine.results(), [5]);
}

/// Runs the guest with this host function; what comes of it, and the engine's nesting afterwards.
fn run_with(
    f: impl Fn(&mut Caller<'_, '_, Data>) -> Result<i32, HostError> + Send + Sync + 'static,
) -> Result<Outcome, Error> {
    let image = guest();
    let mut linker = Linker::new();
    linker
        .wrap(
            "env",
            "f",
            move |mut caller: Caller<'_, '_, Data>, _: i32| f(&mut caller),
        )
        .unwrap();
    let (mut engine, mut data) = (engine(100), Data::default());
    let _ = linker
        .instantiate(&mut engine, &mut data, &image.module())
        .unwrap();
    let run = func(&engine, engine.last_instance().unwrap(), "run");
    let outcome = linker.call(&mut engine, &mut data, run, &[1]);
    assert_eq!(engine.nesting(), 0, "nothing is left behind");
    outcome
}

#[test]
fn host_functions_end_runs() {
    assert_eq!(run_with(|_| Ok(1)).unwrap(), Outcome::Done);
    let trap = run_with(|_| Err(Trap::Unreachable.into())).unwrap();
    assert_eq!(trap, Outcome::Trap(Trap::Unreachable));
    assert!(matches!(
        run_with(|_| Err(HostError::Exit(3))),
        Err(Error::Exit(3))
    ));
    let error = run_with(|_| Err(HostError::new("no such file"))).unwrap_err();
    assert!(matches!(error, Error::Host(_)));
    assert_eq!(error.to_string(), "no such file");
}

#[test]
fn host_functions_call_the_guest_again() {
    let outcome = run_with(|caller| {
        let count = TypedFunc::<i32, i32>::new(caller.engine(), caller.exported_func("count")?)?;
        Ok(count.call_from(caller, 3)? + 1)
    });
    assert_eq!(outcome.unwrap(), Outcome::Done);
    // A nested run that is left unfinished is cancelled.
    let outcome = run_with(|caller| {
        let count = caller.exported_func("count")?;
        assert_eq!(caller.call(count, &[1000])?, Outcome::OutOfFuel);
        caller.engine_mut().add_fuel(100);
        Ok(1)
    });
    assert_eq!(outcome.unwrap(), Outcome::Done);
    // What ends the nested run can end the outer one.
    let outcome = run_with(|caller| {
        let run = caller.exported_func("run")?;
        caller.data_mut().calls += 1;
        if caller.data().calls == 4 {
            return Err(HostError::Exit(9));
        }
        let _ = caller.call(run, &[1])?;
        Ok(1)
    });
    assert!(matches!(outcome, Err(Error::Exit(9))));
}

#[test]
fn a_host_function_that_is_not_ready_is_called_again() {
    let image = guest();
    let mut linker = Linker::new();
    linker
        .wrap(
            "env",
            "f",
            |mut caller: Caller<'_, '_, Data>, value: i32| {
                caller.data_mut().calls += 1;
                if caller.data().ready {
                    Ok(value)
                } else {
                    Err(HostError::Pending)
                }
            },
        )
        .unwrap();
    let (mut engine, mut data) = (engine(100), Data::default());
    let _ = linker
        .instantiate(&mut engine, &mut data, &image.module())
        .unwrap();
    let run = func(&engine, engine.last_instance().unwrap(), "run");
    assert_eq!(
        linker.call(&mut engine, &mut data, run, &[8]).unwrap(),
        Outcome::Yield
    );
    assert_eq!(
        linker.resume(&mut engine, &mut data).unwrap(),
        Outcome::Yield
    );
    data.ready = true;
    assert_eq!(
        linker.resume(&mut engine, &mut data).unwrap(),
        Outcome::Done
    );
    assert_eq!((engine.results(), data.calls), (&[8][..], 3));
    let idle = linker.resume(&mut engine, &mut data);
    assert!(matches!(idle, Err(Error::Misuse(Misuse::NothingPaused))));
}

/// Its types are those of the function that waits, not of the nested run that has trapped.
#[test]
fn a_nested_trap_does_not_hide_the_function_that_is_called_again() {
    let image = Spec::new()
        .import_func("env", "f", &[I32], &[I32])
        .func("run", &[I32], &[I32], call_import(0, 1, 1))
        .func("count", &[I32], &[I32], count_down())
        .func("fail", &[], &[], Code::enter(2, 1).op(Op::Trap, &[0]))
        .image();
    let mut linker = Linker::<Data>::new();
    linker
        .func_as_imported("env", "f", |mut caller, args, results| {
            let fail = caller.exported_func("fail")?;
            assert!(matches!(caller.call(fail, &[])?, Outcome::Trap(_)));
            if !caller.data().ready {
                return Err(HostError::Pending);
            }
            results.copy_from_slice(args);
            Ok(())
        })
        .unwrap();
    let (mut engine, mut data) = (engine(100), Data::default());
    let _ = linker
        .instantiate(&mut engine, &mut data, &image.module())
        .unwrap();
    let run = func(&engine, engine.last_instance().unwrap(), "run");
    let called = linker.call(&mut engine, &mut data, run, &[8]);
    assert_eq!(called.unwrap(), Outcome::Yield);
    data.ready = true;
    let resumed = linker.resume(&mut engine, &mut data);
    assert_eq!(resumed.unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [8]);
}

#[test]
fn runs_out_of_fuel_and_goes_on() {
    let image = guest();
    let mut linker = Linker::<()>::new();
    linker.wrap("env", "f", |value: i32| value).unwrap();
    let mut engine = engine(0);
    let _ = linker
        .instantiate(&mut engine, &mut (), &image.module())
        .unwrap();
    let instance = engine.last_instance().unwrap();
    let count = TypedFunc::<u32, i32>::export(&engine, instance, "count").unwrap();
    let mut result = count.call(&linker, &mut engine, &mut (), 4);
    while let Err(Error::Stopped(Outcome::OutOfFuel)) = result {
        engine.add_fuel(2);
        result = count.resume(&linker, &mut engine, &mut ());
    }
    assert_eq!(result.unwrap(), 7);
    // The host makes the guest pay.
    engine.set_fuel(10);
    assert!(engine.consume_fuel(10) && !engine.consume_fuel(1));
}

#[test]
fn typed_functions_are_checked_once() {
    let image = Spec::new()
        .func("add", &[I32, I32], &[I32], add())
        .func(
            "echo",
            &[F64, I64],
            &[F64, I64],
            Code::enter(2, 2).op(Op::RetN, &[0, 2]),
        )
        .func("none", &[], &[], Code::enter(1, 0).op(Op::Ret, &[]))
        .memory("memory", 1, None)
        .image();
    let mut engine = engine(100);
    let instance = instance(&mut engine, &image.module(), &[]);
    let add = TypedFunc::<(i32, i32), i32>::export(&engine, instance, "add").unwrap();
    assert_eq!(add.call_alone(&mut engine, (-5, 3)).unwrap(), -2);
    let echo = TypedFunc::<(f64, u64), (f64, i64)>::export(&engine, instance, "echo").unwrap();
    assert_eq!(
        echo.call_alone(&mut engine, (0.5, u64::MAX)).unwrap(),
        (0.5, -1)
    );
    let none = TypedFunc::<(), ()>::export(&engine, instance, "none").unwrap();
    none.call_alone(&mut engine, ()).unwrap();
    let wrong = TypedFunc::<i32, i32>::export(&engine, instance, "add").unwrap_err();
    let text = "expected a function of type (func (param i32) (result i32)), got (func (param i32 i32) (result i32))";
    assert_eq!(wrong.to_string(), text);
    let missing = TypedFunc::<(), ()>::export(&engine, instance, "memory");
    assert!(matches!(missing, Err(Error::NoExport(name)) if name == "memory"));
}

#[test]
fn host_calls_of_others_come_out() {
    let image = guest();
    let mut linker = Linker::<()>::new();
    let mut engine = engine(100);
    let foreign = engine.new_host_func(&[I32], &[I32]).unwrap();
    linker.define("env", "f", foreign).unwrap();
    let _ = linker
        .instantiate(&mut engine, &mut (), &image.module())
        .unwrap();
    let run = func(&engine, engine.last_instance().unwrap(), "run");
    let outcome = linker.call(&mut engine, &mut (), run, &[5]).unwrap();
    assert!(matches!(outcome, Outcome::HostCall(call) if call.host == foreign));
    engine.host_return(&[6]).unwrap();
    assert_eq!(linker.resume(&mut engine, &mut ()).unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [6]);
}

#[test]
fn closures_over_slots() {
    let image = guest();
    let mut linker = Linker::<()>::new();
    let bad = linker.func(
        "env",
        "bad",
        &[wrt_vm::ValType::from_byte(0x40)],
        &[],
        |_, _, _| Ok(()),
    );
    assert!(matches!(bad, Err(Error::Invalid(_))));
    linker
        .func("env", "f", &[I32], &[I32], |caller, args, results| {
            results[0] = args[0] + u64::from(caller.instance().number());
            Ok(())
        })
        .unwrap();
    let mut engine = engine(100);
    for number in 0..3 {
        let _ = linker
            .instantiate(&mut engine, &mut (), &image.module())
            .unwrap();
        let run = func(&engine, engine.last_instance().unwrap(), "run");
        assert_eq!(
            linker.call(&mut engine, &mut (), run, &[10]).unwrap(),
            Outcome::Done
        );
        assert_eq!(engine.results(), [10 + number]);
    }
}
