//! Host functions of all kinds, called in all ways, answered in three: by a linker with closures that see nothing but their arguments, by one with
//! closures that see their caller, and by an embedder's own loop. It makes no difference to anything: results, fuel, statistics, and the
//! bytes of a snapshot at every pause, however handlers are found and whatever the portions of fuel.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicU32, Ordering};

use wrt_compiler::OptLevel;
use wrt_vm::{
    Caller, Config, Engine, Error, ExternRef, Func, HostError, IntoHostFunc, Limits, Linker,
    Module, Outcome, Snapshot, SnapshotOptions, Stats, Tag, Trap, TypedFunc, ValType, valtype,
};

const GUEST: &str = r#"(module
  (type $two (func (param i32 i64) (result i64)))
  (import "env" "nothing" (func $nothing))
  (import "env" "give" (func $give (result i32)))
  (import "env" "take" (func $take (param f64)))
  (import "env" "two" (func $two (type $two)))
  (import "env" "floats" (func $floats (param f32 f64 f32) (result f64 f32)))
  (import "env" "vector" (func $vector (param v128 i32) (result i32 v128)))
  (import "env" "count" (func $count (param funcref externref) (result i32)))
  (import "env" "many" (func $many
    (param i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64)
    (result i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64)))
  (import "env" "host" (func $host (param i32) (result i32)))
  (tag $e (export "e") (param i32))
  (memory (export "memory") 1 4)
  (table $t 4 funcref)
  (elem (i32.const 1) func $two $nothing)
  (elem declare func $two)
  (func $tail (param i32 i64) (result i64) (return_call $two (local.get 0) (local.get 1)))
  (func $tail_indirect (param i32 i64) (result i64)
    (return_call_indirect $t (type $two) (local.get 0) (local.get 1) (i32.const 1)))
  (func $tail_ref (param i32 i64) (result i64)
    (return_call_ref $two (local.get 0) (local.get 1) (ref.func $two)))
  (func $all (param $i i32) (param $sum i64) (result i64)
    (call $nothing)
    (call_indirect $t (i32.const 2))
    (call $take (f64.convert_i32_s (call $give)))
    (local.set $sum (call $two (local.get $i) (local.get $sum)))
    (local.set $sum (call_indirect $t (type $two) (local.get $i) (local.get $sum) (i32.const 1)))
    (local.set $sum (call_ref $two (local.get $i) (local.get $sum) (ref.func $two)))
    (local.set $sum (call $tail (local.get $i) (local.get $sum)))
    (local.set $sum (call $tail_indirect (local.get $i) (local.get $sum)))
    (local.set $sum (call $tail_ref (local.get $i) (local.get $sum)))
    (call $floats (f32.convert_i32_s (local.get $i)) (f64.convert_i64_s (local.get $sum)) (f32.const 0.5))
    (local.set $i (i32.trunc_sat_f32_s))
    (local.set $sum (i64.add (i64.trunc_sat_f64_s) (local.get $sum)))
    (call $vector (i64x2.splat (local.get $sum)) (local.get $i))
    (local.set $sum (i64x2.extract_lane 1))
    (local.set $i (i32.add (local.get $i)))
    (local.set $i (i32.add (local.get $i) (call $count (ref.func $two) (ref.null extern))))
    (call $many (local.get $i) (local.get $sum) (i32.const 2) (i64.const 3) (i32.const 4) (i64.const 5)
      (i32.const 6) (i64.const 7) (i32.const 8) (i64.const 9) (local.get $i) (local.get $sum))
    (local.set $sum (i64.sub (local.get $sum)))
    (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop)
    (local.set $sum (i64.xor (local.get $sum)))
    (i64.add (i64.extend_i32_s) (local.get $sum)))
  (func (export "run") (param $n i32) (result i64) (local $sum i64)
    (loop $turn
      (local.set $sum (call $all (local.get $n) (local.get $sum)))
      (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "tail") (param i32) (result i32) (return_call $host (local.get 0)))
  (func (export "ask") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $e $caught)
        (i32.add (i32.mul (call $give) (i32.const 1000)) (call $host (local.get 0))))))
  (func (export "spin") (param $n i32) (result i32)
    (loop $turn
      (drop (call $give))
      (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (call $give) (memory.size))))"#;

fn compiled() -> wrt_cli::load::Aligned {
    let wasm = wat::parse_str(GUEST).unwrap();
    wrt_testsuite::image(&wasm, OptLevel::O2, true).unwrap()
}

fn two(i: i32, sum: i64) -> i64 {
    sum.wrapping_mul(31).wrapping_add(i64::from(i))
}

fn floats(a: f32, b: f64, c: f32) -> (f64, f32) {
    (b.rem_euclid(1000.0) + f64::from(c), a - c)
}

fn vector(v: u128, i: i32) -> (i32, u128) {
    (i ^ v as i32, v.rotate_left(9) ^ i as u128)
}

type Many = (i32, i64, i32, i64, i32, i64, i32, i64, i32, i64, i32, i64);

#[expect(clippy::too_many_arguments, reason = "that is the point")]
fn many(
    a: i32,
    b: i64,
    c: i32,
    d: i64,
    e: i32,
    f: i64,
    g: i32,
    h: i64,
    i: i32,
    j: i64,
    k: i32,
    l: i64,
) -> Many {
    (k, l, a, b, c, d, e, f, g, h, i, j.wrapping_sub(b))
}

/// Who answers host calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    Plainly,
    ByCaller,
    Alone,
}

const ALL: [Answered; 3] = [Answered::Plainly, Answered::ByCaller, Answered::Alone];

/// A linker whose functions see their caller or not. `host` is `asked`, which sees it in any case unless it is given.
fn linker<M>(answered: Answered, host: impl IntoHostFunc<u32, M>) -> Linker<u32> {
    let mut linker = Linker::new();
    macro_rules! define {
        ($($name:literal ($($arg:ident: $ty:ty),*) $body:expr;)*) => {$(
            if answered == Answered::Plainly {
                linker.wrap("env", $name, move |$($arg: $ty),*| $body).unwrap();
            } else {
                linker.wrap("env", $name, move |_: Caller<'_, '_, u32>, $($arg: $ty),*| $body).unwrap();
            }
        )*};
    }
    define! {
        "nothing" () ();
        "give" () 7_i32;
        "take" (value: f64) assert!(value > 0.0);
        "two" (i: i32, sum: i64) two(i, sum);
        "floats" (a: f32, b: f64, c: f32) floats(a, b, c);
        "vector" (v: u128, i: i32) vector(v, i);
        "count" (f: Option<Func>, x: Option<ExternRef>) i32::from(f.is_some()) + 2 * i32::from(x.is_some());
    }
    if answered == Answered::Plainly {
        linker.wrap("env", "many", many).unwrap();
    } else {
        // With a caller there would be thirteen.
        let types: [ValType; 12] = core::array::from_fn(|i| [valtype::I32, valtype::I64][i % 2]);
        let call = |_: Caller<'_, '_, u32>, args: &[u64], results: &mut [u64]| {
            let moved = [10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8];
            for (to, from) in results.iter_mut().zip(moved) {
                *to = args[from];
            }
            results[11] = args[9].wrapping_sub(args[1]);
            Ok(())
        };
        linker.func("env", "many", &types, &types, call).unwrap();
    }
    linker.wrap("env", "host", host).unwrap();
    linker
}

/// A host function that is never called.
fn uncalled(_: i32) -> i32 {
    unreachable!("nobody calls it")
}

fn engine<'m>(direct: Option<u64>, fuel: u64) -> Engine<'m> {
    let config = Config::default().with_direct_threading(direct);
    let mut engine = Engine::new(config).unwrap();
    engine.set_fuel(fuel);
    engine
}

fn taken(engine: &Engine<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = engine
        .snapshot(&mut bytes, &SnapshotOptions::default())
        .unwrap();
    bytes
}

/// Answers the pending host call of an embedder's own loop, by the number of the import.
fn answer_alone(engine: &mut Engine<'_>, import: u32) {
    let args = engine.host_args().to_vec();
    let int = |i: usize| args[i] as i32;
    let float = |i: usize| f32::from_bits(args[i] as u32);
    // What is beyond the type is dropped.
    let dirty = |value: i32| u64::from(value as u32) | 0xabcd << 32;
    let results = match import {
        0 | 2 => vec![],
        1 => vec![dirty(7)],
        3 | u32::MAX if args.len() == 2 => vec![two(int(0), args[1] as i64) as u64],
        u32::MAX => vec![],
        4 => {
            let (a, b) = floats(float(0), f64::from_bits(args[1]), float(2));
            vec![a.to_bits(), u64::from(b.to_bits())]
        }
        5 => {
            let v = u128::from(args[0]) | u128::from(args[1]) << 64;
            let (i, v) = vector(v, int(2));
            vec![dirty(i), v as u64, (v >> 64) as u64]
        }
        6 => vec![u64::from(args[0] != 0) + 2 * u64::from(args[1] != 0)],
        7 => {
            let mut results: Vec<u64> = args[10..].to_vec();
            results.extend(&args[..9]);
            results.push(args[9].wrapping_sub(args[1]));
            results
        }
        other => panic!("import {other}"),
    };
    engine.host_return(&results).unwrap();
}

/// What a run came to.
#[derive(Debug, PartialEq)]
struct Came {
    results: Vec<u64>,
    /// Statistics and snapshots at all pauses, and at the end.
    pauses: Vec<(Stats, Vec<u8>)>,
}

/// Runs `run(rounds)` in portions of fuel and slices.
fn run(answered: Answered, direct: Option<u64>, portion: u64, slice: Option<u64>) -> Came {
    let image = compiled();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = engine(direct, 0);
    let mut linker = linker(answered, uncalled);
    let done = linker.instantiate(&mut engine, &mut 0, &module).unwrap();
    assert_eq!(done, Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let run = TypedFunc::<i32, i64>::export(&engine, instance, "run").unwrap();
    engine.set_time_slice(slice);
    let mut pauses = Vec::new();
    let mut outcome = if answered == Answered::Alone {
        engine.execute_func(run.func(), &[6])
    } else {
        linker.call(&mut engine, &mut 0, run.func(), &[6])
    };
    loop {
        match outcome.unwrap() {
            Outcome::Done => break,
            Outcome::HostCall(call) => {
                assert_eq!(answered, Answered::Alone);
                answer_alone(&mut engine, call.import);
            }
            Outcome::OutOfFuel => {
                pauses.push((engine.stats(), taken(&engine)));
                engine.add_fuel(portion);
            }
            Outcome::Yield => pauses.push((engine.stats(), taken(&engine))),
            other @ (Outcome::Trap(_) | Outcome::Exception(_) | Outcome::Wait(_)) => {
                panic!("{other:?}")
            }
        }
        outcome = if answered == Answered::Alone {
            engine.resume()
        } else {
            linker.resume(&mut engine, &mut 0)
        };
    }
    let results = engine.results().to_vec();
    pauses.push((engine.stats(), taken(&engine)));
    Came { results, pauses }
}

/// Without what differs between ways of finding handlers.
fn same(mut came: Came) -> Came {
    for (stats, _) in &mut came.pauses {
        (stats.used_bytes, stats.peak_used_bytes) = (0, 0);
    }
    came
}

#[test]
fn it_makes_no_difference_who_answers() {
    for (portion, slice) in [
        (1_000_000, None),
        (13, None),
        (40, Some(25)),
        (1_000_000, Some(9)),
    ] {
        let expected = same(run(Answered::Alone, None, portion, slice));
        assert_eq!(expected.pauses.last().unwrap().0.host_calls, 6 * 14);
        for (answered, direct) in ALL
            .into_iter()
            .flat_map(|it| [(it, None), (it, Some(0)), (it, Some(300))])
        {
            let came = same(run(answered, direct, portion, slice));
            assert!(
                came == expected,
                "{answered:?}, {direct:?}, portions of {portion}, slices {slice:?}"
            );
        }
    }
}

/// A guest with functions of a linker.
struct Linked<'m> {
    engine: Engine<'m>,
    linker: Linker<u32>,
    data: u32,
}

impl<'m> Linked<'m> {
    fn new<M>(
        module: &Module<'m>,
        answered: Answered,
        direct: Option<u64>,
        host: impl IntoHostFunc<u32, M>,
    ) -> Self {
        let (mut engine, mut linker) = (engine(direct, 1000), linker(answered, host));
        let done = linker.instantiate(&mut engine, &mut 0, module).unwrap();
        assert_eq!(done, Outcome::Done);
        let data = 0;
        Self {
            engine,
            linker,
            data,
        }
    }

    fn func(&self, name: &str) -> TypedFunc<i32, i32> {
        let instance = self.engine.last_instance().unwrap();
        TypedFunc::export(&self.engine, instance, name).unwrap()
    }

    /// Calls a function, and goes on until it has ended. Everything that shows on the way.
    fn seen(&mut self, name: &str, arg: i32) -> String {
        let func = self.func(name);
        let mut result = func.call(&self.linker, &mut self.engine, &mut self.data, arg);
        let mut seen = String::new();
        for _ in 0..100 {
            let frames: Vec<_> = self.engine.backtrace().collect();
            let mut stats = self.engine.stats();
            (stats.used_bytes, stats.peak_used_bytes) = (0, 0);
            let pending = self.engine.pending_host_call();
            let exception = self.engine.exception();
            seen += &format!("{result:?} {frames:?} {stats:?} {pending:?} {exception:?}\n");
            match result {
                Err(Error::Stopped(Outcome::Yield | Outcome::OutOfFuel)) => {
                    self.engine.add_fuel(400)
                }
                _ => return seen,
            }
            result = func.resume(&self.linker, &mut self.engine, &mut self.data);
        }
        panic!("no end: {seen}");
    }
}

/// Ends in the way of this number.
fn ends(way: i32, calls: &AtomicU32) -> Result<i32, HostError> {
    let before = calls.fetch_add(1, Ordering::Relaxed);
    match way {
        0 => Ok(5),
        1 => Err(Trap::HostError.into()),
        2 if before.is_multiple_of(2) => Err(HostError::Pending),
        2 => Ok(6),
        3 => Err(HostError::Exit(9)),
        4 => Err(HostError::Throw {
            tag: Tag::from_number(0),
            values: vec![77],
        }),
        // Not the tag's values.
        5 => Err(HostError::Throw {
            tag: Tag::from_number(0),
            values: vec![],
        }),
        // No nested run has ended with an exception.
        6 => Err(HostError::Rethrow),
        _ => Err(HostError::new("nothing")),
    }
}

#[test]
fn host_functions_end_alike_whether_they_see_their_caller_or_not() {
    let image = compiled();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    for (direct, slice) in [(None, None), (Some(0), None), (None, Some(100))] {
        let (plain, seeing) = (AtomicU32::new(0), AtomicU32::new(0));
        let plain = move |way: i32| ends(way, &plain);
        let seeing = move |_: Caller<'_, '_, u32>, way: i32| ends(way, &seeing);
        let mut plain = Linked::new(&module, Answered::Plainly, direct, plain);
        let mut seeing = Linked::new(&module, Answered::ByCaller, direct, seeing);
        for guest in [&mut plain, &mut seeing] {
            guest.engine.set_time_slice(slice);
        }
        for (way, name) in (0..8).flat_map(|way| [(way, "ask"), (way, "tail")]) {
            let seen = plain.seen(name, way);
            assert_eq!(seen, seeing.seen(name, way), "{name} {way}");
            let end = match (way, name) {
                (0, "ask") => "Ok(7005)",
                (4, "ask") => "Ok(77)",
                (2, _) => "Stopped(Yield)",
                (1, _) => "HostError",
                (3, _) => "Exit(9)",
                _ => "",
            };
            assert!(seen.contains(end), "{name} {way}: {seen}");
            assert_eq!(plain.engine.nesting(), 0);
        }
    }
}

/// What `host` asks of the engine: memory grows, a snapshot is taken, a nested run calls the host and runs out of fuel.
fn asks(
    mut caller: Caller<'_, '_, u32>,
    what: i32,
    taken_at: &std::sync::Mutex<Vec<u8>>,
) -> Result<i32, HostError> {
    *caller.data_mut() += 1;
    let memory = caller.exported_memory("memory")?;
    let spin = caller.exported_func("spin")?;
    match what {
        0 => {
            let before = caller.engine_mut().memory_grow(memory, 1)?;
            caller.bytes_mut(memory)?[65536] = 1;
            Ok(before.map_or(-1, |pages| pages as i32))
        }
        1 => {
            *taken_at.lock().unwrap() = taken(caller.engine());
            Ok(40)
        }
        2 => {
            assert_eq!(caller.call(spin, &[5])?, Outcome::Done);
            Ok(caller.results()[0] as i32)
        }
        // Not enough fuel the first time; the run is cancelled, and begins anew when there is more.
        _ if caller.call(spin, &[30])? == Outcome::Done => Ok(caller.results()[0] as i32),
        _ => Err(HostError::Pending),
    }
}

#[test]
fn host_functions_use_the_engine_between_calls_of_others() {
    let image = compiled();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    for direct in [None, Some(0)] {
        let mut all = Vec::new();
        for answered in [Answered::Plainly, Answered::ByCaller] {
            let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
            let to = kept.clone();
            let host = move |caller: Caller<'_, '_, u32>, what: i32| asks(caller, what, &to);
            let mut guest = Linked::new(&module, answered, direct, host);
            let mut seen = vec![];
            for (what, expected) in [
                (2, "Ok(7008)"),
                (0, "Ok(7001)"),
                (2, "Ok(7009)"),
                (1, "Ok(7040)"),
            ] {
                let one = guest.seen("ask", what);
                assert!(one.contains(expected), "{what}: {one}");
                seen.push(one);
            }
            guest.engine.set_fuel(60);
            let one = guest.seen("ask", 3);
            assert!(
                one.contains("Stopped(Yield)") || one.contains("Stopped(OutOfFuel)"),
                "{one}"
            );
            seen.push(one);
            // Where the snapshot was taken the call is pending, and is made again.
            let snapshot = kept.lock().unwrap().clone();
            let engine = engine(direct, 0).restored(
                &Snapshot::parse(&snapshot).unwrap(),
                core::slice::from_ref(&module),
            );
            guest.engine = engine.unwrap();
            guest.linker.adopt(&mut guest.engine).unwrap();
            let outcome = guest.linker.resume(&mut guest.engine, &mut guest.data);
            assert_eq!(
                (outcome.unwrap(), guest.engine.results()),
                (Outcome::Done, &[7040][..])
            );
            seen.push(format!(
                "{:?} {}",
                guest.engine.stats().fuel_used,
                guest.data
            ));
            all.push((seen, snapshot));
        }
        assert!(
            all[0] == all[1],
            "{direct:?}: {:#?}",
            [&all[0].0, &all[1].0]
        );
    }
}

#[test]
fn a_closure_that_panics_leaves_its_call_pending() {
    let image = compiled();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    for direct in [None, Some(0)] {
        let (plain, seeing) = (AtomicU32::new(0), AtomicU32::new(0));
        let panics = |calls: &AtomicU32| {
            if calls.fetch_add(1, Ordering::Relaxed) == 0 {
                std::panic::resume_unwind(Box::new(()));
            }
            3
        };
        let plain = move |_: i32| panics(&plain);
        let seeing = move |_: Caller<'_, '_, u32>, _: i32| panics(&seeing);
        let mut guests = [
            Linked::new(&module, Answered::Plainly, direct, plain),
            Linked::new(&module, Answered::ByCaller, direct, seeing),
        ];
        let seen = guests.each_mut().map(|guest| {
            let ask = guest.func("ask");
            let call = AssertUnwindSafe(|| ask.call(&guest.linker, &mut guest.engine, &mut 0, 1));
            assert!(std::panic::catch_unwind(call).is_err());
            let (pending, args) = (
                guest.engine.pending_host_call(),
                guest.engine.host_args().to_vec(),
            );
            assert_eq!((pending.map(|call| call.import), args), (Some(8), vec![1]));
            let at = taken(&guest.engine);
            let done = ask.resume(&guest.linker, &mut guest.engine, &mut 0);
            assert_eq!(done.unwrap(), 7003);
            (at, guest.engine.stats().fuel_used)
        });
        assert!(seen[0] == seen[1]);
    }
}
