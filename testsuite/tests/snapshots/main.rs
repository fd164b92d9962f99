//! Snapshots: at every pause point of small programs, and at many of larger ones, a guest goes on in an engine that was restored exactly as
//! it would have without.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "whatever a test does not expect is a failure"
)]

mod forged;
mod helped;
mod holes;
mod hosts;
mod incremental;
mod refused;
mod threads;
mod world;

use world::{Hops, Seen, World, compiled, config};
use wrt_compiler::OptLevel;
use wrt_format::isa::{Op, instructions_le};
use wrt_testsuite::programs::PROGRAMS;
use wrt_vm::{Limits, Module};

const RICH: &str = include_str!("../../src/hostile/rich.wat");
const COLLECTED: &str = include_str!("../../src/hostile/collected.wat");

/// A module, and the argument of its `run`.
const FEATURES: [(&str, &[u8], u32); 5] = [
    (
        "gc_trees",
        include_bytes!("../../programs/features/gc_trees.wat"),
        1,
    ),
    (
        "gc_map",
        include_bytes!("../../programs/features/gc_map.wat"),
        1,
    ),
    (
        "simd_blake3",
        include_bytes!("../../programs/simd_blake3.wasm"),
        1,
    ),
    (
        "simd_filter",
        include_bytes!("../../programs/simd_filter.wasm"),
        1,
    ),
    (
        "wide_btree",
        include_bytes!("../../programs/wide_btree.wasm"),
        300,
    ),
];

type Calls = &'static [(&'static str, &'static [u64])];

const RICH_CALLS: Calls = &[
    ("twice", &[21]),
    ("fact", &[6]),
    ("loop", &[5]),
    ("throws", &[13]),
    ("throws", &[6]),
    ("switch", &[0]),
    ("switch", &[3]),
    ("switch", &[1]),
    ("indirect", &[4]),
    ("host", &[7, 9]),
    ("bulk", &[100, 20, 500]),
    ("indirect", &[4]),
    ("grow", &[1]),
    ("pair", &[77, 0x4000_0000_0000_0000]),
    ("floats", &[0x3f80_0000, 0x4010_0000_0000_0000]),
    ("select", &[1, 2, 3]),
    ("refs", &[0]),
    ("many", &[3]),
];

const COLLECTED_CALLS: Calls = &[
    ("chain", &[9]),
    ("wide", &[2, 0x4000_0000_0000_0000]),
    ("small", &[300, 12]),
    ("kind", &[2]),
    ("kind", &[3]),
    ("other", &[1]),
    ("put", &[5, 0]),
    ("bytes", &[3, 4]),
    ("numbers", &[3, 4]),
    ("lists", &[2]),
    ("drop", &[]),
    ("lists", &[2]),
    ("extern", &[8]),
    ("call", &[7]),
    ("tail", &[3, 0]),
    ("exhaust", &[40]),
];

fn run(image: &[u8], calls: Calls, hops: Hops, portion: u64, config: wrt_vm::Config) -> Seen {
    let mut world = World::new(image, config, hops, portion);
    let instance = world.instantiate();
    for (name, args) in calls {
        world.call(instance, name, args);
    }
    world.seen
}

/// The same with hops as without.
#[track_caller]
fn goes_on(wasm: &[u8], calls: Calls, hops: Hops, portion: u64, config: wrt_vm::Config) -> u32 {
    let mut total = 0;
    for level in [OptLevel::O0, OptLevel::O2] {
        let image = compiled(wasm, level);
        let straight = run(image.bytes(), calls, Hops::Never, portion, config);
        let hopping = run(image.bytes(), calls, hops, portion, config);
        assert_eq!(straight, hopping, "{level:?}");
        total += straight.hops;
    }
    total
}

#[test]
fn every_pause_of_a_little_of_everything() {
    let hops = goes_on(RICH.as_bytes(), RICH_CALLS, Hops::Always, 1, config());
    assert!(hops > 300, "{hops}");
}

#[test]
fn every_pause_of_a_little_of_what_is_collected() {
    for eager in [false, true] {
        let config = config().with_eager_collection(eager);
        let hops = goes_on(
            COLLECTED.as_bytes(),
            COLLECTED_CALLS,
            Hops::Always,
            1,
            config,
        );
        assert!(hops > 300, "{hops}");
    }
}

/// A call through table 0 finds its index in the accumulator, and anew in its slot where a run goes on at the call.
#[test]
fn every_pause_at_calls_whose_index_has_just_been_read() {
    const MODULE: &str = r#"(module
        (type $f (func (param i32) (result i32)))
        (memory 1) (data (i32.const 64) "\00\00\00\00\01\00\00\00\00\00\00\00")
        (table funcref (elem $more $less))
        (func $more (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
        (func $less (param i32) (result i32) (i32.sub (local.get 0) (i32.const 5)))
        (func (export "run") (param $n i32) (param $at i32) (result i32)
            (i32.add (call_indirect (type $f) (i32.const 1000) (i32.load (local.get $at)))
                (i32.add (call_indirect (type $f) (local.get $n) (i32.load offset=4 (local.get $at)))
                    (i32.add (local.get $n)
                        (call_indirect (type $f) (i32.mul (local.get $n) (local.get $n))
                            (i32.load offset=8 (local.get $at))))))))"#;
    let image = compiled(MODULE.as_bytes(), OptLevel::O2);
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let code = module.view().code();
    for op in [
        Op::CallIndirectZeroAccIndexShort,
        Op::MovThenCallIndirectZeroAccIndex,
        Op::ConstThenCallIndirectZeroAccIndex,
    ] {
        let mut instructions = instructions_le(code);
        let has = instructions.any(|(_, own, _)| own == Some(op));
        assert!(has, "{}", op.info().name);
    }
    for direct in [None, Some(0)] {
        let config = config().with_direct_threading(direct);
        let calls: Calls = &[("run", &[7, 64]), ("run", &[11, 64])];
        let hops = goes_on(MODULE.as_bytes(), calls, Hops::Always, 1, config);
        assert!(hops > 20, "{hops}");
    }
}

/// Every program, and those of single features, run whole, with hops at random pauses. `WRT_POINTS` says how many in all.
#[test]
fn random_pauses_of_programs() {
    let scalar = PROGRAMS.iter().map(|it| (it.name, it.wasm, it.check.0));
    let programs: Vec<_> = scalar.chain(FEATURES).collect();
    let points: u64 = std::env::var("WRT_POINTS").map_or(300, |n| n.parse().unwrap());
    let each = points.div_ceil(programs.len() as u64 * 2);
    let mut total = 0;
    for (number, (name, program, argument)) in (1_u64..).zip(programs) {
        for level in [OptLevel::O0, OptLevel::O2] {
            let image = compiled(program, level);
            let run = |hops, portion| {
                let config = config().with_stack_slots(1 << 16);
                let mut world = World::new(image.bytes(), config, hops, portion);
                world.seed = Some(number);
                let instance = world.instantiate();
                world.call(instance, "run", &[argument.into()]);
                world.seen
            };
            let whole = run(Hops::Never, 1 << 40);
            // Pauses that hop are one of three.
            let portion = (whole.fuel / (each * 3)).max(1);
            let straight = run(Hops::Never, portion);
            let hopping = run(Hops::Every(3), portion);
            assert_eq!(straight, hopping, "{name} {level:?}");
            assert_eq!(
                (&whole.outcomes, whole.fuel),
                (&straight.outcomes, straight.fuel),
                "{name} {level:?}"
            );
            total += u64::from(straight.hops / 3);
        }
    }
    println!("{total} random pauses");
    assert!(total > points * 9 / 10, "{total}");
}

#[test]
fn the_hash_of_the_state_tells_what_goes_on() {
    let image = compiled(RICH.as_bytes(), OptLevel::O2);
    let states = |portion| run(image.bytes(), RICH_CALLS, Hops::Never, portion, config()).states;
    let [one, other] = [3, 1000].map(states);
    assert_eq!(one, other, "whatever the portions");
    let mut different = one.clone();
    different.dedup();
    assert_eq!(different, one, "and no two calls leave the same");
    let mut world = World::new(image.bytes(), config(), Hops::Never, 10);
    world.instantiate();
    let memory = wrt_vm::Memory::from_number(0);
    let before = world.engine.state_hash();
    world.engine.memory_mut(memory).unwrap()[70] ^= 1;
    assert_ne!(world.engine.state_hash(), before);
    world.engine.memory_mut(memory).unwrap()[70] ^= 1;
    assert_eq!(world.engine.state_hash(), before);
}
