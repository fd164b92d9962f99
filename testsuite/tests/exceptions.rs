//! Programs that throw and catch, compiled at every level and run in one go and in small slices: the same results, the same fuel.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use wrt_compiler::{OptLevel, Options};
use wrt_format::image::write::{AlignedVec, align};
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome, Trap};

const PROGRAM: &str = r#"
(module
  (tag $e (param i64))
  (tag $pair (param exnref i32))
  (table $kept 100 exnref)
  (global $log (mut i64) (i64.const 0))
  (func $throw (param i64) (throw $e (local.get 0)))

  ;; Throws 7 from so many frames further in.
  (func $deep (param i64)
    (if (i64.eqz (local.get 0)) (then (throw $e (i64.const 7))))
    (call $deep (i64.sub (local.get 0) (i64.const 1))))
  (func (export "deep") (param i64) (result i64)
    (block $h (result i64)
      (try_table (catch $e $h) (call $deep (local.get 0)))
      (i64.const -1)))

  ;; Lets go on what it catches, after noting that it was there.
  (func $again (param i64)
    (block $h (result exnref)
      (try_table (catch_all_ref $h) (call $throw (local.get 0)))
      (return))
    (global.set $log (i64.add (global.get $log) (i64.const 1)))
    (throw_ref))
  (func (export "again") (param i64) (result i64)
    (global.set $log (i64.const 0))
    (block $h (result i64)
      (try_table (catch $e $h) (call $again (local.get 0)))
      (i64.const -1))
    (i64.add (i64.mul (i64.const 10)) (global.get $log)))

  ;; Locals have the values in the handler that they had when the call was made.
  (func (export "locals") (param i64) (result i64) (local $i i64)
    (block $h (result i64)
      (try_table (catch $e $h)
        (loop $l
          (local.set $i (i64.add (local.get $i) (i64.const 1)))
          (if (i64.eq (local.get $i) (local.get 0))
            (then (call $throw (i64.mul (local.get $i) (i64.const 100)))))
          (br $l)))
      (unreachable))
    (i64.add (local.get $i)))

  ;; Makes so many exceptions and forgets them.
  (func (export "churn") (param $n i64) (result i64) (local $sum i64) (local $x exnref)
    (loop $l
      (block $h (result i64 exnref)
        (try_table (catch_ref $e $h) (call $throw (local.get $n)))
        (unreachable))
      (local.set $x)
      (local.set $sum (i64.add (local.get $sum)))
      (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $sum))

  ;; The same, but keeps the last hundred and looks at them in the end.
  (func (export "keep") (param $n i64) (result i64) (local $sum i64) (local $i i32)
    (loop $l
      (i32.rem_u (i32.wrap_i64 (local.get $n)) (i32.const 100))
      (block $h (result exnref)
        (try_table (catch_all_ref $h) (call $throw (local.get $n)))
        (unreachable))
      (table.set $kept)
      (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (loop $l
      (block $h (result i64)
        (try_table (catch $e $h) (throw_ref (table.get $kept (local.get $i))))
        (unreachable))
      (local.set $sum (i64.add (local.get $sum)))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (local.get $sum))

  ;; A chain of so many exceptions, each with the one before in it; then walks it.
  (func (export "chain") (param $n i32) (result i64)
    (local $x exnref) (local $v i32) (local $sum i64)
    (loop $l
      (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $pair (local.get $x) (local.get $n)))
        (unreachable))
      (local.set $x)
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $l
      (block $h (result exnref i32)
        (try_table (catch $pair $h) (throw_ref (local.get $x)))
        (unreachable))
      (local.set $v)
      (local.set $x)
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $v))))
      (br_if $l (i32.eqz (ref.is_null (local.get $x)))))
    (local.get $sum))

  ;; Nobody catches what has been caught once.
  (func (export "lost") (param i64) (result i64)
    (call $again (local.get 0))
    (i64.const 0)))
"#;

/// How a call ended, with all fuel that it used.
#[derive(Debug, PartialEq)]
enum End {
    Done(u64),
    Trap(Trap),
    /// The slots of its values.
    Exception(Vec<u64>),
}

/// Calls a function in an engine with a heap of so many bytes, with `slice` fuel at a time.
fn call(image: &[u8], heap_bytes: u64, name: &str, arg: u64, slice: u64) -> (End, u64) {
    let module = Module::load_from_binary(image, &Limits::default()).unwrap();
    module.validate().unwrap();
    let mut engine = Engine::new(Config::default().with_heap_bytes(heap_bytes)).unwrap();
    engine.set_fuel(1000);
    let outcome = module.instantiate(&mut engine, &[]).unwrap();
    assert_eq!(outcome, Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Func(func)) = instance.export(&engine, name) else {
        panic!("no function {name}");
    };
    let mut granted = slice;
    engine.set_fuel(slice);
    let mut outcome = engine.execute(instance, func, &[arg]).unwrap();
    while outcome == Outcome::OutOfFuel {
        engine.add_fuel(slice);
        granted += slice;
        outcome = engine.resume().unwrap();
    }
    let end = match outcome {
        Outcome::Done => End::Done(engine.results()[0]),
        Outcome::Trap(trap) => End::Trap(trap),
        Outcome::Exception(_) => End::Exception(engine.exception().unwrap().1.to_vec()),
        Outcome::OutOfFuel | Outcome::HostCall(_) | Outcome::Yield | Outcome::Wait(_) => {
            panic!("{outcome:?}")
        }
    };
    (end, granted - engine.remaining_fuel())
}

fn images(wat: &str) -> Vec<AlignedVec> {
    let wasm = wat::parse_str(wat).unwrap();
    let levels = [OptLevel::O0, OptLevel::O1, OptLevel::O2];
    let images = levels.into_iter().map(|opt_level| {
        let options = Options {
            opt_level,
            check: true,
            ..Options::default()
        };
        let compiled = wrt_compiler::compile(&wasm, &options).unwrap();
        align(&compiled.image)
    });
    images.collect()
}

/// At every level and in slices of these sizes a call ends like this, for the same fuel.
fn all_end(heap_bytes: u64, name: &str, arg: u64, slices: &[u64], expected: &End) {
    let mut fuel = None;
    for image in images(PROGRAM) {
        for &slice in slices {
            let (end, used) = call(&image, heap_bytes, name, arg, slice);
            assert_eq!(end, *expected, "{name}({arg})");
            assert_eq!(*fuel.get_or_insert(used), used, "{name}({arg}) by {slice}");
        }
    }
}

/// One go, and slices.
const SLICES: &[u64] = &[1 << 40, 1, 7, 64];

/// Few or many, for builds that are slow or not.
const fn times(few: u64, many: u64) -> u64 {
    if cfg!(debug_assertions) { few } else { many }
}

#[test]
fn frames_are_left_and_paid_for() {
    for n in [0, 1, 50, 1000] {
        all_end(1 << 16, "deep", n, SLICES, &End::Done(7));
    }
}

#[test]
fn a_reference_is_thrown_again() {
    all_end(1 << 16, "again", 4, SLICES, &End::Done(41));
    all_end(1 << 16, "lost", 4, SLICES, &End::Exception(vec![4]));
}

#[test]
fn handlers_see_locals_as_they_were() {
    all_end(1 << 16, "locals", 9, SLICES, &End::Done(909));
}

/// What is forgotten makes room: far more exceptions than there is room for.
#[test]
fn forgotten_exceptions_are_collected() {
    let n = times(20_000, 10_000_000);
    let sum = n * (n + 1) / 2;
    all_end(1 << 16, "churn", n, &[1 << 40], &End::Done(sum));
    all_end(1 << 16, "churn", 5000, SLICES, &End::Done(12_502_500));
}

#[test]
fn exceptions_in_a_table_survive_collections() {
    let n = times(20_000, 1_000_000);
    all_end(1 << 16, "keep", n, &[1 << 40, 997], &End::Done(5050));
}

/// References in what exceptions carry are traced; and what is referred to is not collected, however little room there is.
#[test]
fn exceptions_keep_what_they_carry() {
    all_end(
        1 << 20,
        "chain",
        10_000,
        &[1 << 40, 997],
        &End::Done(50_005_000),
    );
    all_end(
        1 << 16,
        "chain",
        10_000,
        &[1 << 40, 997],
        &End::Trap(Trap::OutOfMemory),
    );
}
