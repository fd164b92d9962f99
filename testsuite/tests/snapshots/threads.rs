//! Several guest threads, and several instances that share things.

use super::world::{Hops, World, compiled, config, restored, taken};
use wrt_compiler::OptLevel;
use wrt_vm::{Engine, Extern, Limits, Linker, Module, Outcome, Turn};

const WAITS: &str = r#"(module
    (memory (export "m") 1 1 shared)
    (func (export "wait") (param $at i32) (param $time i64) (result i32)
        (memory.atomic.wait32 (local.get $at) (i32.const 0) (local.get $time)))
    (func (export "count") (param $n i32) (result i32)
        (loop $more
            (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (memory.atomic.notify (i32.const 8) (i32.const 1))))"#;

/// Runs four threads by turns; what became of each turn, and the fuel used.
fn turns(level: OptLevel, hops: Hops) -> (Vec<String>, u64) {
    let image = compiled(WAITS.as_bytes(), level);
    let mut world = World::new(image.bytes(), config(), hops, 1000);
    world.engine.set_fuel(1000);
    let instance = world.instantiate();
    let calls: [(&str, &[u64]); 5] = [
        ("count", &[9]),
        ("wait", &[8, u64::MAX]),
        ("wait", &[8, 500]),
        ("wait", &[16, 100]),
        ("count", &[4]),
    ];
    world.engine.set_time_slice(Some(7));
    let mut log = Vec::new();
    for (i, (name, args)) in calls.into_iter().enumerate() {
        if i > 0 {
            let thread = world.engine.add_thread(64 + i as u32).unwrap();
            world.engine.switch_to(thread).unwrap();
        }
        let Some(Extern::Func(func)) = world.engine.export(instance, name) else {
            panic!("no function {name}");
        };
        log.push(format!("{:?}", world.engine.execute(instance, func, args)));
        world.hop();
        world.engine.set_time_slice(Some(7));
    }
    // A number that nobody has any more, in the middle.
    let thread = world.engine.threads().nth(2).unwrap();
    world.engine.remove_thread(thread).unwrap();
    for _ in 0..60 {
        world.hop();
        world.engine.set_time_slice(Some(7));
        let turn = world.engine.run_turn().unwrap();
        log.push(format!("{:?} {turn:?}", world.engine.thread()));
        match turn {
            Turn::Asleep {
                deadline: Some(deadline),
            } => world.engine.set_clock(deadline),
            Turn::Outcome(_) => {}
            Turn::Asleep { deadline: None } | Turn::Idle => break,
        }
    }
    (log, world.engine.fuel_used())
}

#[test]
fn threads_take_the_same_turns() {
    for level in [OptLevel::O0, OptLevel::O2] {
        let straight = turns(level, Hops::Never);
        assert!(
            straight.0.iter().any(|turn| turn.contains("Asleep")),
            "{straight:#?}"
        );
        assert_eq!(straight.0.last().unwrap(), "Thread(3) Idle");
        assert_eq!(straight, turns(level, Hops::Always));
    }
}

const LIBRARY: &str = r#"(module
    (import "env" "tick" (func $tick (param i32) (result i32)))
    (tag (export "e") (param i64 i32))
    (memory (export "m") 2)
    (table (export "t") 3 funcref)
    (global (export "g") (mut v128) (v128.const i64x2 5 6))
    (elem (i32.const 1) $step)
    (func $step (export "step") (param $n i32) (result i32)
        (i32.store (i32.const 70000) (local.get $n))
        (call $tick (i32.add (local.get $n) (i32.const 1))))
    (func (export "tail") (param $n i32) (result i32) (return_call $tick (local.get $n)))
    (func (export "throw") (param $n i32) (throw 0 (i64.const 7) (local.get $n))))"#;

const USER: &str = r#"(module
    (import "lib" "step" (func $step (param i32) (result i32)))
    (import "lib" "tail" (func $tail (param i32) (result i32)))
    (import "lib" "throw" (func $throw (param i32)))
    (import "lib" "e" (tag $e (param i64 i32)))
    (import "lib" "m" (memory 1))
    (import "lib" "t" (table 2 funcref))
    (import "lib" "g" (global $g (mut v128)))
    (type $unary (func (param i32) (result i32)))
    (func $deep (export "deep") (param $n i32) (result i32)
        (if (i32.eqz (local.get $n)) (then (return (call $tail (i32.const 3)))))
        (global.set $g (i64x2.add (global.get $g) (v128.const i64x2 1 2)))
        (i32.add (call $step (local.get $n))
            (i32.add (call_indirect (type $unary) (local.get $n) (i32.const 1))
                (call $deep (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "away") (param $n i32) (result i32) (return_call $step (local.get $n)))
    (func (export "caught") (param $n i32) (result i32)
        (block $h (result i64 i32)
            (try_table (catch $e $h) (call $throw (local.get $n)))
            (return (i32.const 0)))
        (i32.add (i32.load (i32.const 70000))) (drop) (drop)
        (i32.wrap_i64 (i64x2.extract_lane 1 (global.get $g)))))"#;

/// Two images, instances that share everything, a host function that calls the guest again.
fn linked(level: OptLevel, hops: bool) -> (Vec<Vec<u64>>, Vec<i32>, u64) {
    let images = [
        compiled(LIBRARY.as_bytes(), level),
        compiled(USER.as_bytes(), level),
    ];
    let modules = images
        .each_ref()
        .map(|image| Module::load_from_binary(image.bytes(), &Limits::default()).unwrap());
    let mut linker = Linker::new();
    let tick = |mut caller: wrt_vm::Caller<'_, '_, Vec<i32>>, n: i32| {
        caller.data_mut().push(n);
        n * 3
    };
    linker.wrap("env", "tick", tick).unwrap();
    let mut engine = Engine::new(config()).unwrap();
    let mut log = Vec::new();
    engine.set_fuel(1000);
    let outcome = linker.instantiate(&mut engine, &mut log, &modules[0]);
    assert_eq!(outcome.unwrap(), Outcome::Done);
    let library = engine.last_instance().unwrap();
    linker.instance(&engine, "lib", library).unwrap();
    let outcome = linker.instantiate(&mut engine, &mut log, &modules[1]);
    assert_eq!(outcome.unwrap(), Outcome::Done);
    let user = engine.last_instance().unwrap();
    let mut results = Vec::new();
    for (name, arg) in [("deep", 4), ("away", 5), ("caught", 6)] {
        let Some(Extern::Func(func)) = engine.export(user, name) else {
            panic!("no function {name}");
        };
        engine.set_fuel(1);
        let mut outcome = linker.call(&mut engine, &mut log, func, &[arg]).unwrap();
        while outcome == Outcome::OutOfFuel {
            if hops {
                let (bytes, fuel) = (taken(&engine), engine.remaining_fuel());
                // In another order, and one too many.
                let modules = [modules[1], modules[0], modules[1]];
                engine = restored(&bytes, config(), &modules);
                engine.set_fuel(fuel);
                assert!(taken(&engine) == bytes);
                linker.adopt(&mut engine).unwrap();
            }
            engine.add_fuel(1);
            outcome = linker.resume(&mut engine, &mut log).unwrap();
        }
        assert_eq!(outcome, Outcome::Done);
        results.push(engine.results().to_vec());
    }
    (results, log, engine.fuel_used())
}

#[test]
fn instances_that_share_things_go_on() {
    for level in [OptLevel::O0, OptLevel::O2] {
        let straight = linked(level, false);
        assert_eq!(straight.0[1], [18]);
        assert_eq!(straight, linked(level, true));
    }
}
