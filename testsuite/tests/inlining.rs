//! Programs of small functions that call each other, at every level, whole and in small slices of fuel: what is put in the place of calls may
//! not be seen. Results, memory, fuel and, at a trap, the backtrace with its places in the module are the same.
//!
//! `WRT_PROGRAMS=N` sets the number of random programs (default 150), `WRT_SEED=N` the first seed.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use core::fmt::Write as _;

use wrt_cli::load::Aligned;
use wrt_compiler::{OptLevel, Options};
use wrt_format::verify::VerifiedImage;
use wrt_testsuite::{image, image_with};
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome, Trap};

/// Fuel of a call.
const FUEL: u64 = 30_000;
/// Slots of the stack: more than that fuel can fill, so that no level runs out of it.
const STACK_SLOTS: u32 = 4 << 20;

/// How a call ends.
#[derive(Clone, Debug, PartialEq)]
enum End {
    Done(Vec<u64>),
    Trap(Trap),
    Exception,
}

/// What one call did.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    end: End,
    fuel: u64,
    memory: Vec<u8>,
    /// Functions, and byte offsets in the module.
    frames: Vec<(u32, Option<u32>)>,
}

/// In whose code each frame is, innermost first.
type Codes = Vec<u32>;

/// Calls `run(a, b)`; none if the fuel is too little.
fn seen(image: &Aligned, args: [u64; 2], slice: u64) -> Option<Seen> {
    run(image, args, slice).map(|(seen, _)| seen)
}

fn run(image: &Aligned, args: [u64; 2], slice: u64) -> Option<(Seen, Codes)> {
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    module.validate().unwrap();
    let mut config = Config::default();
    config.stack_slots = STACK_SLOTS;
    let mut engine = Engine::new(config).unwrap();
    let outcome = module.instantiate(&mut engine, &[]).unwrap();
    assert_eq!(outcome, Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Func(run)) = instance.export(&engine, "run") else {
        panic!("no function");
    };
    let before = engine.fuel_used();
    let mut granted = slice.min(FUEL);
    engine.set_fuel(granted);
    let mut outcome = engine.execute(instance, run, &args).unwrap();
    while outcome == Outcome::OutOfFuel && granted < FUEL {
        engine.add_fuel(slice);
        granted += slice;
        outcome = engine.resume().unwrap();
    }
    let end = match outcome {
        Outcome::Done => End::Done(engine.results().to_vec()),
        Outcome::Trap(trap) => End::Trap(trap),
        Outcome::Exception(_) => End::Exception,
        Outcome::OutOfFuel => return None,
        Outcome::HostCall(_) | Outcome::Yield | Outcome::Wait(_) => {
            panic!("{outcome:?}")
        }
    };
    let frames = engine.backtrace();
    let frames = frames
        .map(|frame| (frame.func, frame.wasm_offset))
        .collect();
    let codes = engine.backtrace().map(|frame| frame.runs_in).collect();
    let Some(Extern::Memory(memory)) = instance.export(&engine, "memory") else {
        panic!("no memory");
    };
    let seen = Seen {
        end,
        fuel: engine.fuel_used() - before,
        memory: engine.memory(memory).unwrap()[..256].to_vec(),
        frames,
    };
    Some((seen, codes))
}

/// Functions of `image` that have others in the place of calls: by the places of their code.
fn copies(image: &Aligned) -> usize {
    let verified = VerifiedImage::verify(image.bytes(), &Limits::DEFAULT);
    let module = verified.unwrap().module(0);
    let funcs = 0..module.func_count();
    let inlined = funcs.filter(|&func| {
        let words = 0..module.func(func).words;
        words
            .into_iter()
            .any(|word| module.positions(func, word).count() > 1)
    });
    inlined.count()
}

/// xorshift64 (Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// How many functions a program has; each has two parameters and one local, and what it calls may be itself.
const FUNCS: u64 = 7;

/// An expression.
fn expr(random: &mut Random, depth: u64) -> String {
    if depth == 0 {
        return match random.below(3) {
            0 => format!("(i32.const {})", random.below(9) as i64 - 3),
            _ => format!("(local.get {})", random.below(3)),
        };
    }
    let inner = |random: &mut Random| {
        let less = 1 + random.below(depth);
        expr(random, depth - less)
    };
    let (a, b) = (inner(random), inner(random));
    match random.below(16) {
        0..=3 => {
            let op = ["add", "sub", "xor", "mul"][random.below(4) as usize];
            format!("(i32.{op} {a} {b})")
        }
        4 => format!("(i32.lt_s {a} {b})"),
        5 => {
            let op = ["div_s", "rem_u"][random.below(2) as usize];
            format!(
                "(i32.{op} {a} (i32.or {b} (i32.const {})))",
                random.below(2)
            )
        }
        6 => format!("(i32.load8_u (i32.and {a} (i32.const 255)))"),
        7 => format!("(i32.load (i32.xor {a} (i32.const 64)))"),
        8 => format!("(select {a} {b} (local.get 2))"),
        9 => format!("(if (result i32) {a} (then {b}) (else (i32.const 5)))"),
        10 => {
            let leaves = ["return", "throw $t"][random.below(2) as usize];
            format!("(if (result i32) {a} (then ({leaves} {b})) (else (local.get 0)))")
        }
        11 => format!(
            "(block $h (result i32)
               (try_table (result i32) (catch $t $h) (call $f{} {a} {b})))",
            random.below(FUNCS)
        ),
        _ => format!("(call $f{} {a} {b})", random.below(FUNCS)),
    }
}

fn statement(random: &mut Random, depth: u64) -> String {
    let value = expr(random, depth);
    match random.below(8) {
        0..=2 => format!("(local.set {} {value})", random.below(3)),
        3 => format!("(i32.store8 (i32.and {value} (i32.const 127)) (local.get 1))"),
        4 => format!("(if {value} (then (return (local.get 0))))"),
        5 => format!("(if (i32.eq {value} (i32.const 5)) (then unreachable))"),
        6 => format!(
            "(block $b (br_if $b {value}) (local.set 0 {}))",
            expr(random, 1)
        ),
        _ => format!(
            "(local.set 2 (i32.const {})) (loop $l (local.set 1 {value})
               (br_if $l (i32.gt_s (local.tee 2 (i32.sub (local.get 2) (i32.const 1))) (i32.const 0))))",
            1 + random.below(4)
        ),
    }
}

fn program(seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut text = String::from("(module (tag $t (param i32)) (memory (export \"memory\") 1)\n");
    for func in 0..FUNCS {
        let tiny = func % 3 != 0;
        write!(
            text,
            "(func $f{func} (param i32 i32) (result i32) (local i32)"
        )
        .unwrap();
        for _ in 0..if tiny {
            random.below(2)
        } else {
            1 + random.below(4)
        } {
            let depth = if tiny { 1 } else { 3 };
            write!(text, "\n  {}", statement(&mut random, depth)).unwrap();
        }
        let depth = if tiny { 2 } else { 4 };
        writeln!(text, "\n  {})", expr(&mut random, depth)).unwrap();
    }
    text.push_str("(export \"run\" (func $f0)))");
    text
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |it| it.parse().unwrap())
}

#[test]
fn nothing_of_inlining_can_be_seen() {
    let (mut ends, mut traps, mut thrown, mut deep, mut inlined) = (0, 0, 0, 0, 0);
    let first = number("WRT_SEED", 1);
    for seed in first..first + number("WRT_PROGRAMS", 150) {
        let text = program(seed);
        let wasm = wat::parse_str(&text).unwrap();
        let levels = [OptLevel::O0, OptLevel::O1, OptLevel::O2];
        let images = levels.map(|level| image(&wasm, level, true).unwrap());
        inlined += copies(&images[2]);
        assert_eq!((copies(&images[0]), copies(&images[1])), (0, 0));
        for args in [[0, 1], [5, 3], [0xffff_ffff, 200]] {
            let expected = seen(&images[0], args, FUEL);
            for (image, slice) in [(0, 7), (1, FUEL), (2, FUEL), (2, 7), (2, 1)] {
                let found = seen(&images[image], args, slice);
                let what = format!("seed {seed}, {args:?}, level {image}, slices of {slice}");
                assert_eq!(found, expected, "{what}:\n{text}");
            }
            if let Some(seen) = expected {
                ends += 1;
                traps += usize::from(matches!(seen.end, End::Trap(_)));
                thrown += usize::from(seen.end == End::Exception);
                deep += usize::from(seen.frames.len() > 1);
            }
        }
    }
    if number("WRT_PROGRAMS", 150) >= 150 {
        assert!(
            ends > 200 && traps > 60 && thrown > 20 && deep > 40 && inlined > 100,
            "{ends} {traps} {thrown} {deep} {inlined}"
        );
    }
}

const NESTED: &str = r#"
(module
  (memory (export "memory") 1)
  (func $load (param i32) (result i32) (i32.load (local.get 0)))
  (func $twice (param i32) (result i32) (i32.add (call $load (local.get 0)) (i32.const 1)))
  (func $around (param i32) (result i32) (i32.mul (call $twice (local.get 0)) (i32.const 3)))
  (func (export "run") (param i32 i32) (result i32)
    (loop $l (br_if $l (call $around (local.get 0))))
    (i32.const 0)))
"#;

#[test]
fn a_trap_in_copies_has_all_their_frames() {
    let wasm = wat::parse_str(NESTED).unwrap();
    let image = image(&wasm, OptLevel::O2, true).unwrap();
    let (trapped, codes) = run(&image, [0xffff_ffff, 0], FUEL).unwrap();
    assert_eq!(trapped.end, End::Trap(Trap::MemoryOutOfBounds));
    let funcs: Vec<u32> = trapped.frames.iter().map(|(func, _)| *func).collect();
    assert_eq!(funcs, [0, 1, 2, 3]);
    let offsets: Vec<u32> = (trapped.frames.iter()).filter_map(|(_, at)| *at).collect();
    // The operators there are `i32.load` and calls of the function before.
    let operators: Vec<_> = offsets.iter().map(|&at| wasm[at as usize]).collect();
    assert_eq!(operators, [0x28, 0x10, 0x10, 0x10]);
    let called: Vec<_> = offsets[1..]
        .iter()
        .map(|&at| wasm[at as usize + 1])
        .collect();
    assert_eq!(called, [0, 1, 2]);
    // All in the code of the outermost.
    assert_eq!(codes, [3; 4]);
}

/// An exception leaves a function that is put in the place of calls, as it leaves others: leaving one costs 1.
#[test]
fn exceptions_leave_copies_for_the_same_fuel() {
    let text = r#"
(module
  (tag $t)
  (memory (export "memory") 1)
  (func $throws (param i32) (if (local.get 0) (then (throw $t))))
  (func $inner (param i32) (call $throws (local.get 0)))
  (func $outer (param i32) (call $inner (local.get 0)))
  (func $looping (param i32 i32) (result i32)
    (loop $l
      (call $outer (i32.eq (local.get 0) (local.get 1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.const 1))
  (func (export "run") (param i32 i32) (result i32)
    (block $h
      (try_table (catch $t $h) (return (call $looping (local.get 0) (local.get 1)))))
    (call $looping (local.get 0) (i32.const 2))))"#;
    let wasm = wat::parse_str(text).unwrap();
    let images = [OptLevel::O0, OptLevel::O2].map(|level| image(&wasm, level, true).unwrap());
    let around = |image: &Aligned| {
        let verified = VerifiedImage::verify(image.bytes(), &Limits::DEFAULT).unwrap();
        let copies: Vec<u32> = verified.module(0).around().map(|it| it.copies).collect();
        copies
    };
    assert!(around(&images[0]).is_empty());
    assert_eq!(around(&images[1]), [2]);
    let options = Options {
        strip: true,
        ..Options::default()
    };
    let stripped = image_with(&wasm, &options).unwrap();
    // Nothing is thrown, something is caught, something is not.
    for (args, end) in [
        ([3, 9], End::Done(vec![1])),
        ([1, 1], End::Done(vec![1])),
        ([3, 3], End::Exception),
    ] {
        let expected = seen(&images[0], args, FUEL).unwrap();
        assert_eq!(expected.end, end);
        for slice in [FUEL, 5, 1] {
            assert_eq!(seen(&images[1], args, slice).as_ref(), Some(&expected));
            assert_eq!(seen(&stripped, args, slice).unwrap().fuel, expected.fuel);
        }
    }
}

#[test]
fn images_for_debugging_and_stripped_ones_have_no_copies_to_tell_of() {
    let wasm = wat::parse_str(NESTED).unwrap();
    let with = |debug, strip| {
        let options = Options {
            debug,
            strip,
            ..Options::default()
        };
        image_with(&wasm, &options).unwrap()
    };
    assert_eq!(copies(&with(false, false)), 2);
    assert_eq!(copies(&with(true, false)), 0);
    let stripped = with(false, true);
    assert_eq!(copies(&stripped), 0);
    // It traps all the same, in the one function that runs.
    let trapped = seen(&stripped, [0xffff_ffff, 0], FUEL).unwrap();
    assert_eq!(trapped.frames, [(3, None)]);
}

#[test]
fn copies_move_with_the_module_that_the_code_was_derived_from() {
    let wasm = wat::parse_str(NESTED).unwrap();
    let frames = |offset_shift| {
        let options = Options {
            offset_shift,
            ..Options::default()
        };
        let image = image_with(&wasm, &options).unwrap();
        seen(&image, [0xffff_ffff, 0], FUEL).unwrap().frames
    };
    let moved = frames(0).into_iter();
    let moved: Vec<_> = moved
        .map(|(func, at)| (func, at.map(|at| at + 1000)))
        .collect();
    assert_eq!(frames(1000), moved);
}

/// Two functions that call each other, one that calls itself, and a chain: what is copied is bounded.
#[test]
fn images_stay_small() {
    let mut text = String::from("(module (func $f0 (param i32) (result i32) (local.get 0))\n");
    for func in 1..40 {
        let before = func - 1;
        writeln!(
            text,
            "(func $f{func} (param i32) (result i32)
               (i32.add (call $f{before} (local.get 0)) (call $f{before} (i32.const {func}))))"
        )
        .unwrap();
    }
    text.push_str("(export \"run\" (func $f39)))");
    let wasm = wat::parse_str(&text).unwrap();
    let sizes = [OptLevel::O1, OptLevel::O2].map(|level| {
        let image = image(&wasm, level, true).unwrap();
        image.bytes().len()
    });
    assert!(sizes[1] < sizes[0] * 6, "{sizes:?}");
}
