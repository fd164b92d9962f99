//! Runs: outcomes, fuel, host calls as data, nesting, and what happens to calls at the wrong moment.

use crate::fixture::*;
use wrt_format::isa::Op;
use wrt_vm::{Config, Engine, Error, Func, HostFunc, Instance, Misuse, Outcome, Trap};

fn accounts_balance(engine: &Engine<'_>) {
    let stats = engine.stats();
    assert_eq!(stats.fuel_used + stats.fuel_remaining, stats.fuel_granted);
    assert_eq!(stats.fuel_used, engine.fuel_used());
    assert_eq!(stats.fuel_remaining, engine.remaining_fuel());
}

#[test]
fn a_call_returns_and_costs_its_operators() {
    let image = Spec::new().func("add", &[I32, I32], &[I32], add()).image();
    let mut engine = engine(100);
    let instance = instance(&mut engine, &image.module(), &[]);
    assert_eq!(call(&mut engine, instance, "add", &[2, 0xffff_ffff]), [1]);
    assert_eq!(engine.fuel_used(), 3);
    accounts_balance(&engine);
    let stats = engine.stats();
    assert_eq!((stats.executions, stats.instances, stats.traps), (1, 1, 0));
}

#[test]
fn one_run_in_slices_of_one_equals_one_run() {
    let image = Spec::new()
        .func("count", &[I32], &[I32], count_down())
        .image();
    let mut whole = engine(1_000_000);
    let module = image.module();
    let one = instance(&mut whole, &module, &[]);
    assert_eq!(call(&mut whole, one, "count", &[50]), [7]);
    assert_eq!(whole.fuel_used(), 2 + 50 * 5 + 1);

    let mut sliced = engine(0);
    let two = instance(&mut sliced, &module, &[]);
    let count = func(&sliced, two, "count");
    let mut outcome = sliced.execute(two, count, &[50]).unwrap();
    let mut pauses = 0;
    while outcome == Outcome::OutOfFuel {
        accounts_balance(&sliced);
        pauses += 1;
        sliced.add_fuel(1);
        outcome = sliced.resume().unwrap();
    }
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(sliced.results(), [7]);
    assert_eq!(sliced.fuel_used(), whole.fuel_used());
    assert_eq!(sliced.remaining_fuel(), 0);
    assert_eq!(pauses, sliced.stats().pauses);
    assert_eq!(pauses, sliced.fuel_used());
}

#[test]
fn used_and_remaining_make_up_what_was_granted() {
    let image = Spec::new()
        .func("count", &[I32], &[I32], count_down())
        .image();
    let mut engine = engine(0);
    let instance = instance(&mut engine, &image.module(), &[]);
    let count = func(&engine, instance, "count");
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut expected = 0;
    for _ in 0..300 {
        let rounds = 1 + next(20);
        let mut outcome = engine.execute(instance, count, &[rounds]).unwrap();
        while outcome == Outcome::OutOfFuel {
            accounts_balance(&engine);
            if next(8) == 0 {
                // Setting replaces what is left, and still nothing is lost from the account.
                let used = engine.fuel_used();
                engine.set_fuel(next(40));
                assert_eq!(engine.fuel_used(), used);
            } else {
                engine.add_fuel(next(30));
            }
            accounts_balance(&engine);
            outcome = engine.resume().unwrap();
        }
        assert_eq!(outcome, Outcome::Done);
        expected += 2 + rounds * 5 + 1;
        assert_eq!(engine.fuel_used(), expected);
    }
    engine.set_fuel(u64::MAX);
    engine.add_fuel(u64::MAX);
    assert!(engine.remaining_fuel() > 1 << 62);
    accounts_balance(&engine);
}

#[test]
fn a_trap_ends_the_run_and_says_where() {
    let code = Code::enter(3, 3)
        .op(Op::I32DivU, &[2, 0, 1])
        .op(Op::Ret1, &[2]);
    let image = Spec::new().func("div", &[I32, I32], &[I32], code).image();
    let mut engine = engine(100);
    let instance = instance(&mut engine, &image.module(), &[]);
    let div = func(&engine, instance, "div");
    let outcome = engine.execute(instance, div, &[1, 0]).unwrap();
    assert_eq!(outcome, Outcome::Trap(Trap::IntegerDivideByZero));
    let frames: Vec<_> = engine.backtrace().collect();
    assert_eq!(frames.len(), 1);
    assert_eq!(
        (frames[0].instance, frames[0].func, frames[0].word),
        (instance, 0, 2)
    );
    assert!(matches!(
        engine.resume(),
        Err(Error::Misuse(Misuse::NothingPaused))
    ));
    assert_eq!(engine.stats().traps, 1);
    assert_eq!(call(&mut engine, instance, "div", &[6, 3]), [2]);
    accounts_balance(&engine);
}

#[test]
fn host_calls_are_data() {
    let image = Spec::new()
        .import_func("host", "f", &[I32, I64], &[I32])
        .func("run", &[I32, I64], &[I32], call_import(0, 2, 1))
        .image();
    let mut engine = engine(100);
    let host = engine.new_host_func(&[I32, I64], &[I32]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let run = func(&engine, instance, "run");
    let Outcome::HostCall(request) = engine.execute(instance, run, &[5, 1 << 40]).unwrap() else {
        panic!("no host call");
    };
    assert_eq!(
        (request.host, request.instance, request.import),
        (host, instance, 0)
    );
    assert_eq!(engine.host_args(), [5, 1 << 40]);
    assert_eq!(engine.pending_host_call(), Some(request));
    // It waits: resuming without an answer, or answering wrongly, changes nothing.
    assert!(matches!(
        engine.resume(),
        Err(Error::Misuse(Misuse::HostCallPending))
    ));
    let wrong = engine.host_return(&[]);
    assert!(matches!(
        wrong,
        Err(Error::ResultCount {
            expected: 1,
            got: 0
        })
    ));
    engine.host_return(&[77]).unwrap();
    assert!(matches!(
        engine.host_return(&[77]),
        Err(Error::Misuse(Misuse::NoHostCall))
    ));
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [77]);
    assert_eq!(engine.stats().host_calls, 1);

    let _ = engine.execute(instance, run, &[0, 0]).unwrap();
    engine.host_trap(Trap::Unreachable).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Trap(Trap::Unreachable));
    assert!(matches!(
        engine.host_trap(Trap::Unreachable),
        Err(Error::Misuse(Misuse::NoHostCall))
    ));
}

#[test]
fn an_i32_result_of_the_host_is_zero_extended() {
    let image = Spec::new()
        .import_func("host", "f", &[], &[I32])
        .func("run", &[], &[I32], call_import(0, 0, 1))
        .image();
    let mut engine = engine(100);
    let host = engine.new_host_func(&[], &[I32]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let run = func(&engine, instance, "run");
    let _ = engine.execute(instance, run, &[]).unwrap();
    engine.host_return(&[u64::MAX]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [0xffff_ffff]);
}

#[test]
fn the_host_may_call_the_guest_while_its_own_call_is_pending() {
    let image = Spec::new()
        .import_func("host", "f", &[I32], &[I32])
        .func("run", &[I32], &[I32], call_import(0, 1, 1))
        .func("count", &[I32], &[I32], count_down())
        .image();
    let mut engine = engine(0);
    let host = engine.new_host_func(&[I32], &[I32]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let (run, count) = (
        func(&engine, instance, "run"),
        func(&engine, instance, "count"),
    );
    engine.set_fuel(20);
    for depth in 1..=5 {
        let outcome = engine.execute(instance, run, &[depth]).unwrap();
        assert!(matches!(outcome, Outcome::HostCall(_)));
        assert_eq!(u64::from(engine.nesting()), depth);
    }
    // The innermost run pauses, is resumed, and ends, with the others waiting below it.
    assert_eq!(
        engine.execute(instance, count, &[9]).unwrap(),
        Outcome::OutOfFuel
    );
    assert!(matches!(
        engine.execute(instance, count, &[9]),
        Err(Error::Misuse(Misuse::RunPaused))
    ));
    assert!(matches!(
        engine.host_return(&[1]),
        Err(Error::Misuse(Misuse::NoHostCall))
    ));
    engine.add_fuel(100);
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [7]);
    for depth in (1..=5).rev() {
        assert_eq!(engine.host_args(), [depth]);
        engine.host_return(&[depth * 10]).unwrap();
        assert_eq!(engine.resume().unwrap(), Outcome::Done);
        assert_eq!(engine.results(), [depth * 10]);
        assert_eq!(u64::from(engine.nesting()), depth - 1);
    }
    accounts_balance(&engine);
}

#[test]
fn runs_nest_only_so_deep() {
    let image = Spec::new()
        .import_func("host", "f", &[], &[])
        .func("run", &[], &[], call_import(0, 0, 0))
        .image();
    let mut engine = Engine::new(Config::default().with_nesting(3)).unwrap();
    engine.set_fuel(100);
    let host = engine.new_host_func(&[], &[]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let run = func(&engine, instance, "run");
    for _ in 0..3 {
        assert!(matches!(
            engine.execute(instance, run, &[]),
            Ok(Outcome::HostCall(_))
        ));
    }
    assert!(matches!(
        engine.execute(instance, run, &[]),
        Err(Error::Budget(_))
    ));
    // Cancelling frees the way.
    engine.cancel();
    assert!(matches!(
        engine.execute(instance, run, &[]),
        Ok(Outcome::HostCall(_))
    ));
    for _ in 0..3 {
        engine.cancel();
    }
    assert_eq!(engine.nesting(), 0);
    engine.cancel();
}

#[test]
fn a_host_function_may_be_called_by_the_host_itself() {
    let image = Spec::new().memory("", 1, None).image();
    let mut engine = engine(0);
    let host = engine.new_host_func(&[I32], &[I64]).unwrap();
    let alone = engine.execute_func(host.func(), &[4]);
    assert!(
        matches!(alone, Err(Error::Unknown(_))),
        "on behalf of nobody"
    );
    instance(&mut engine, &image.module(), &[]);
    let outcome = engine.execute_func(host.func(), &[4]).unwrap();
    let Outcome::HostCall(request) = outcome else {
        panic!("{outcome}")
    };
    assert_eq!((request.host, request.import), (host, u32::MAX));
    assert_eq!(engine.host_args(), [4]);
    engine.host_return(&[9]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [9]);
}

#[test]
fn misuse_is_an_error() {
    let image = Spec::new().func("add", &[I32, I32], &[I32], add()).image();
    let mut engine = engine(2);
    assert!(matches!(
        engine.resume(),
        Err(Error::Misuse(Misuse::NothingPaused))
    ));
    assert!(matches!(
        engine.host_return(&[]),
        Err(Error::Misuse(Misuse::NoHostCall))
    ));
    assert_eq!((engine.host_args(), engine.results()), (&[][..], &[][..]));
    let instance = instance(&mut engine, &image.module(), &[]);
    let add = func(&engine, instance, "add");
    let few = engine.execute(instance, add, &[1]);
    assert!(matches!(
        few,
        Err(Error::ArgumentCount {
            expected: 2,
            got: 1
        })
    ));
    let unknown = Instance::from_number(1);
    assert!(matches!(
        engine.execute(unknown, add, &[1, 2]),
        Err(Error::Unknown(_))
    ));
    for bits in [
        1,
        1 << 32 | 1,
        2 << 32,
        u64::MAX,
        HostFunc::from_number(0).func().bits(),
    ] {
        let func = Func::from_bits(bits).unwrap();
        assert!(
            matches!(engine.execute(instance, func, &[]), Err(Error::Unknown(_))),
            "{bits:#x}"
        );
    }
    // A run that waits for fuel is not silently replaced.
    assert_eq!(
        engine.execute(instance, add, &[1, 2]).unwrap(),
        Outcome::OutOfFuel
    );
    assert!(matches!(
        engine.execute(instance, add, &[1, 2]),
        Err(Error::Misuse(Misuse::RunPaused))
    ));
    let again = image.module().instantiate(&mut engine, &[]);
    assert!(matches!(again, Err(Error::Misuse(Misuse::RunPaused))));
    engine.add_fuel(1);
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [3]);
}

#[test]
fn deep_recursion_traps() {
    let code = Code::enter(4, 2)
        .op(Op::CallTiny, &[2, 0, 0])
        .op(Op::Ret, &[]);
    let image = Spec::new().func("f", &[], &[], code).image();
    let mut engine = engine(1_000_000);
    let instance = instance(&mut engine, &image.module(), &[]);
    let f = func(&engine, instance, "f");
    let outcome = engine.execute(instance, f, &[]).unwrap();
    assert_eq!(outcome, Outcome::Trap(Trap::StackOverflow));
    assert!(engine.backtrace().count() > 100);
}

#[test]
fn a_nested_trap_leaves_the_outer_run_waiting() {
    let trap = Code::enter(1, 1).op(Op::Trap, &[0]);
    let image = Spec::new()
        .import_func("host", "f", &[I32], &[I32])
        .func("run", &[I32], &[I32], call_import(0, 1, 1))
        .func("trap", &[], &[], trap)
        .image();
    let mut engine = engine(100);
    let host = engine.new_host_func(&[I32], &[I32]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let (run, trap) = (
        func(&engine, instance, "run"),
        func(&engine, instance, "trap"),
    );
    let outer = engine.execute(instance, run, &[5]).unwrap();
    for round in 0..2 {
        let inner = engine.execute(instance, trap, &[]).unwrap();
        assert_eq!(inner, Outcome::Trap(Trap::Unreachable), "round {round}");
        // The trapped frames can be looked at, and the outer run is what waits.
        let funcs: Vec<_> = engine.backtrace().map(|frame| frame.func).collect();
        assert_eq!(funcs, [2, 1]);
        assert_eq!(engine.nesting(), 1);
        assert_eq!(engine.host_args(), [5]);
        assert_eq!(
            engine.pending_host_call().map(Outcome::HostCall),
            Some(outer)
        );
    }
    // A nested run that the host makes trap, and cancels before that has been reported.
    assert!(matches!(
        engine.execute(instance, run, &[6]),
        Ok(Outcome::HostCall(_))
    ));
    engine.host_trap(Trap::HostError).unwrap();
    assert!(matches!(
        engine.execute(instance, run, &[7]),
        Err(Error::Misuse(Misuse::RunPaused))
    ));
    engine.cancel();
    assert_eq!((engine.nesting(), engine.host_args()), (1, &[5][..]));
    engine.host_return(&[8]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [8]);
    assert_eq!(engine.backtrace().count(), 0);
}

#[test]
fn time_slices_yield_and_lose_nothing() {
    let image = Spec::new()
        .func("count", &[I32], &[I32], count_down())
        .image();
    let mut engine = engine(1000);
    let instance = instance(&mut engine, &image.module(), &[]);
    let count = func(&engine, instance, "count");
    engine.set_time_slice(Some(20));
    let mut outcome = engine.execute(instance, count, &[30]).unwrap();
    let mut slices = 0;
    while outcome == Outcome::Yield {
        slices += 1;
        outcome = engine.resume().unwrap();
    }
    assert_eq!((outcome, engine.results()), (Outcome::Done, &[7][..]));
    assert_eq!(engine.fuel_used(), 2 + 30 * 5 + 1);
    assert!((7..=10).contains(&slices), "{slices}");
    accounts_balance(&engine);
}

#[test]
fn engines_can_be_sent_to_other_threads() {
    fn sendable<T: Send + Sync>() {}
    sendable::<Engine<'static>>();
    sendable::<wrt_vm::Linker<core::cell::Cell<u8>>>();
    sendable::<wrt_vm::Module<'static>>();
    sendable::<Error>();
}

#[test]
fn many_arguments_and_results() {
    const MANY: usize = 40;
    let types = [I32; MANY];
    let code = Code::enter(MANY as u16, 1).op(Op::RetN, &[0, MANY as i64]);
    let image = Spec::new().func("echo", &types, &types, code).image();
    let mut engine = engine(100);
    let instance = instance(&mut engine, &image.module(), &[]);
    let args: Vec<u64> = (0..MANY as u64).map(|i| i | 0xdead << 32).collect();
    let expected: Vec<u64> = (0..MANY as u64).collect();
    assert_eq!(call(&mut engine, instance, "echo", &args), expected);
    // Of the host: what is right passes, what is not is refused.
    let host = engine.new_host_func(&types, &types).unwrap();
    assert!(matches!(
        engine.execute_func(host.func(), &args),
        Ok(Outcome::HostCall(_))
    ));
    assert_eq!(engine.host_args(), expected);
    assert!(matches!(engine.host_return(&args), Err(Error::Invalid(_))));
    engine.host_return(&expected).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), expected);
}
