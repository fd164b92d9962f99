//! Exceptions between host and guest: plain answers to host calls, typed host functions, and what is refused.

use crate::fixture::*;
use wrt_format::image::types::ExternKind;
use wrt_format::image::{Clause, Handler};
use wrt_format::isa::Op;
use wrt_vm::{
    Caller, Engine, Entity, Error, Extern, HostError, Instance, Linker, Misuse, Outcome, Tag,
};

/// `run(i64) -> i64` calls import 0 with its argument and gives what that returns. If it throws tag 0 (`e`, of an i64), it gives 100 more
/// than that carries; if anything else, -1. `out(i64)` does the same without catching; `boom(i64)` throws `e`.
fn module() -> Spec {
    let mut run = Code::enter(6, 3)
        .op(Op::Mov, &[3, 0])
        .op(Op::CallImportShort, &[3, 1, 0]);
    let site = run.here() as u32 - 1;
    run = run.op(Op::Ret1, &[1]);
    let values = run.here() as u32;
    run = run
        .op(Op::Fuel, &[2])
        .op(Op::I64AddImm, &[1, 3, 100])
        .op(Op::Ret1, &[1]);
    let others = run.here() as u32;
    run = run
        .op(Op::Fuel, &[1])
        .op(Op::ConstPool, &[1, 0])
        .op(Op::Ret1, &[1]);
    let row = |block, tag| Handler {
        first: site,
        last: site,
        block,
        clause: Clause {
            tag,
            with_ref: false,
        },
    };
    let rows = vec![row(values, Some(0)), row(others, None)];
    let mut spec = Spec::new().import_func("host", "f", &[I64], &[I64]);
    spec.0.pool = vec![u64::MAX];
    let ty = spec.ty(&[I64], &[]);
    spec.0.tags.push(ty);
    spec.0.handlers = vec![rows];
    let boom = Code::enter(3, 1)
        .op(Op::Mov, &[2, 0])
        .op(Op::Throw, &[2, 0, 0, 0]);
    spec.func("run", &[I64], &[I64], run)
        .func("boom", &[I64], &[I64], boom)
        .func("out", &[I64], &[I64], call_import(0, 1, 1))
        .exported("e", ExternKind::Tag, 0)
}

fn tag(engine: &Engine<'_>, instance: Instance) -> Tag {
    match instance.export(engine, "e") {
        Some(Extern::Tag(tag)) => tag,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_host_call_is_answered_with_an_exception() {
    let image = module().image();
    let mut engine = engine(1000);
    let host = engine.new_host_func(&[I64], &[I64]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let own = tag(&engine, instance);
    let other = engine.new_tag(&[I32, FUNCREF]).unwrap();
    assert_eq!(engine.tag_types(other).unwrap(), [I32, FUNCREF]);
    let run = func(&engine, instance, "run");
    let early = engine.host_throw(own, &[1]);
    assert!(matches!(early, Err(Error::Misuse(Misuse::NoHostCall))));
    let answers: [(Tag, &[u64], u64); 2] = [(own, &[5], 105), (other, &[1, 0], u64::MAX)];
    for (tag, values, expected) in answers {
        let outcome = engine.execute(instance, run, &[1]).unwrap();
        assert!(matches!(outcome, Outcome::HostCall(_)));
        // What is refused leaves the call waiting.
        let count = engine.host_throw(tag, &[1, 2, 3]);
        let expected_values = values.len();
        assert!(
            matches!(count, Err(Error::ArgumentCount { expected, got: 3 }) if expected == expected_values)
        );
        let nowhere = engine.host_throw(other, &[1, 1 << 40]);
        assert!(matches!(nowhere, Err(Error::Unknown(Entity::Func))));
        let nothing = engine.host_rethrow();
        assert!(matches!(nothing, Err(Error::Misuse(Misuse::NoException))));
        engine.host_throw(tag, values).unwrap();
        let twice = engine.host_throw(tag, values);
        assert!(matches!(twice, Err(Error::Misuse(Misuse::NoHostCall))));
        assert_eq!(engine.resume().unwrap(), Outcome::Done);
        assert_eq!(engine.results(), [expected]);
    }
    let unknown = self::engine(10).tag_types(other).map(<[_]>::len);
    assert!(matches!(unknown, Err(Error::Unknown(Entity::Tag))));
}

/// Nobody catches: the embedder sees tag and values, until it asks for something else.
#[test]
fn what_nobody_catches_is_an_outcome() {
    let image = module().image();
    let mut engine = engine(1000);
    let host = engine.new_host_func(&[I64], &[I64]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let own = tag(&engine, instance);
    assert_eq!(engine.exception(), None);
    let boom = func(&engine, instance, "boom");
    let outcome = engine.execute(instance, boom, &[7]).unwrap();
    assert_eq!(outcome, Outcome::Exception(own));
    assert_eq!(engine.exception(), Some((own, &[7][..])));
    assert_eq!(engine.backtrace().count(), 1);
    // Out of a host call, through a frame that does not catch.
    let out = func(&engine, instance, "out");
    let _ = engine.execute(instance, out, &[7]).unwrap();
    assert_eq!(engine.exception(), None);
    engine.host_throw(own, &[8]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Exception(own));
    assert_eq!(engine.exception(), Some((own, &[8][..])));
    assert_eq!((engine.nesting(), engine.results().len()), (0, 0));
}

/// Runs `run(1)` with this host function, and gives what comes of it.
fn run_with(
    f: impl Fn(&mut Caller<'_, '_, ()>, i64) -> Result<i64, HostError> + Send + Sync + 'static,
) -> (Result<Outcome, Error>, Vec<u64>) {
    let image = module().image();
    let mut linker = Linker::new();
    let wrapped = move |mut caller: Caller<'_, '_, ()>, value: i64| f(&mut caller, value);
    linker.wrap("host", "f", wrapped).unwrap();
    let mut engine = engine(1000);
    let _ = linker
        .instantiate(&mut engine, &mut (), &image.module())
        .unwrap();
    let run = func(&engine, engine.last_instance().unwrap(), "run");
    let outcome = linker.call(&mut engine, &mut (), run, &[1]);
    assert_eq!(engine.nesting(), 0, "nothing is left behind");
    let results = engine.results().to_vec();
    (outcome, results)
}

#[test]
fn host_functions_throw() {
    let (outcome, results) = run_with(|caller, value| {
        let tag = caller.exported_tag("e")?;
        let values = vec![value as u64 + 1];
        Err(HostError::Throw { tag, values })
    });
    assert_eq!((outcome.unwrap(), results), (Outcome::Done, vec![102]));
    let (outcome, _) = run_with(|caller, _| {
        let function = caller.exported_tag("run");
        assert!(matches!(function, Err(Error::NoExport(name)) if &*name == "run"));
        Ok(1)
    });
    assert_eq!(outcome.unwrap(), Outcome::Done);
    let (outcome, _) = run_with(|caller, _| {
        let tag = caller.exported_tag("e")?;
        Err(HostError::Throw {
            tag,
            values: vec![],
        })
    });
    assert!(matches!(
        outcome,
        Err(Error::ArgumentCount {
            expected: 1,
            got: 0
        })
    ));
}

#[test]
fn host_functions_see_what_nested_runs_throw() {
    // Thrown on, it arrives at the outer call; answered, it is gone.
    let (outcome, results) = run_with(|caller, value| {
        let boom = caller.exported_func("boom")?;
        let outcome = caller.call(boom, &[value as u64 + 30])?;
        let tag = caller.exported_tag("e")?;
        assert_eq!(outcome, Outcome::Exception(tag));
        assert_eq!(caller.exception(), Some((tag, &[31][..])));
        Err(HostError::Rethrow)
    });
    assert_eq!((outcome.unwrap(), results), (Outcome::Done, vec![131]));
    let (outcome, results) = run_with(|caller, _| {
        let boom = caller.exported_func("boom")?;
        let _ = caller.call(boom, &[30])?;
        Ok(3)
    });
    assert_eq!((outcome.unwrap(), results), (Outcome::Done, vec![3]));
    let (outcome, _) = run_with(|_, _| Err(HostError::Rethrow));
    assert!(matches!(outcome, Err(Error::Misuse(Misuse::NoException))));
}
