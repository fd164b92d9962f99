//! A guest that would run for ever is stopped by another thread, and goes on.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc::channel;

use wrt_cli::load::Aligned;
use wrt_host::Interrupt;
use wrt_vm::{Config, Engine, Limits, Linker, Module, Outcome};

/// Calls `started`, then counts in global `n` until it is -1.
const GUEST: &str = r#"(module
  (import "env" "started" (func $started))
  (global $n (export "n") (mut i64) (i64.const 0))
  (func (export "run")
    (call $started)
    (loop (global.set $n (i64.add (global.get $n) (i64.const 1)))
      (br_if 0 (i64.ne (global.get $n) (i64.const -1))))))"#;

#[test]
fn another_thread_stops_a_guest() {
    let compiled = wrt_compiler::compile(&wat::parse_str(GUEST).unwrap(), &Default::default());
    let image = compiled.unwrap().image;
    let image = Aligned::new(&image);
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = Engine::new(Config::default()).unwrap();
    let mut linker = Linker::new();
    let (sender, receiver) = channel();
    linker
        .wrap("env", "started", move || sender.send(()).unwrap())
        .unwrap();
    // Enough for a minute: a guest that nobody stops runs out of it, and the test fails.
    engine.set_fuel(20_000_000_000);
    engine.set_time_slice(Some(10_000));
    assert_eq!(
        linker.instantiate(&mut engine, &mut (), &module).unwrap(),
        Outcome::Done
    );
    let instance = engine.last_instance().unwrap();
    let run = engine.export(instance, "run").unwrap();
    let wrt_vm::Extern::Func(run) = run else {
        panic!("not a function");
    };
    let interrupt = Interrupt::new();
    let other = interrupt.clone();
    let thread = std::thread::spawn(move || {
        receiver.recv().unwrap();
        other.interrupt();
    });
    let outcome = linker.call(&mut engine, &mut (), run, &[]).unwrap();
    let outcome = interrupt.drive(outcome, || linker.resume(&mut engine, &mut ()));
    assert_eq!(outcome.unwrap(), Outcome::Yield);
    thread.join().unwrap();
    assert!(interrupt.is_asked());
    let counted = |engine: &Engine<'_>| match engine.export(instance, "n") {
        Some(wrt_vm::Extern::Global(n)) => engine.global(n).unwrap(),
        _ => panic!("no global"),
    };
    let before = counted(&engine);
    // Asked for once more it does not go on by more than the slice that has begun; let go, it does.
    let outcome = interrupt.drive(Outcome::Yield, || linker.resume(&mut engine, &mut ()));
    assert_eq!(
        (outcome.unwrap(), counted(&engine)),
        (Outcome::Yield, before)
    );
    interrupt.clear();
    let mut slices = 0;
    let outcome = interrupt.drive(Outcome::Yield, || {
        slices += 1;
        if slices == 3 {
            interrupt.interrupt();
        }
        linker.resume(&mut engine, &mut ())
    });
    assert_eq!((outcome.unwrap(), slices), (Outcome::Yield, 3));
    // Ten thousand units of fuel are some 1,400 rounds of seven operators.
    let rounds = counted(&engine) - before;
    assert!((3 * 1200..3 * 1500).contains(&rounds), "{rounds}");
}
