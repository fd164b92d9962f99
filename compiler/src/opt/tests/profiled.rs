//! Compiling by a profile: what counts say of ways and of hot blocks, and that no counts, however wrong, change what a function does.

use super::random::{self, Random};
use super::{ARGS, eval, func_of, runs, same};
use crate::ir::build::build_profiled;
use crate::ir::cfg::Cfg;
use crate::ir::{Func, Terminator};
use crate::opt::{OptLevel, weigh};
use crate::profile::Profile;
use crate::wasm::{BodyAllocs, ValidModule};

/// Byte offsets of the operators of the first function.
pub(super) fn offsets(module: &ValidModule<'_>) -> Vec<u32> {
    let mut allocs = BodyAllocs::default();
    let body = module.validate_body(0, &mut allocs).unwrap();
    let mut ops = body.operators().unwrap();
    let mut offsets = Vec::new();
    while !ops.eof() {
        offsets.push(ops.read_with_offset().unwrap().1 as u32);
    }
    offsets
}

/// Builds the first function of a text module by a profile; `count` says how often each of its operators ran.
pub(super) fn profiled(wat: &str, mut count: impl FnMut(usize) -> u64) -> Func {
    let wasm = wat::parse_str(wat).unwrap();
    let module = crate::wasm::parse(&wasm).unwrap();
    let rows: Vec<(u32, u64)> = (offsets(&module).into_iter().enumerate())
        .map(|(i, offset)| (offset, count(i)))
        .collect();
    let mut profile = Profile::new();
    profile.add(module.body_func_idx(0), &rows).unwrap();
    profile.check(&module, 0).unwrap();
    let mut allocs = BodyAllocs::default();
    let body = module.validate_body(0, &mut allocs).unwrap();
    let hot_from = profile.hot_from(&module, 0);
    build_profiled(
        &module,
        &body,
        profile.counts(module.body_func_idx(0), hot_from, 0),
    )
    .unwrap()
}

/// Counts as no run has them; beside a huge one nothing else is hot.
fn wild(random: &mut Random, huge: bool) -> u64 {
    match random.below(4) {
        0 => 0,
        1 => random.below(3),
        2 => 1 << random.below(40),
        _ if huge => u64::MAX - random.below(2),
        _ => 1 << 39,
    }
}

#[test]
fn no_counts_change_what_can_be_seen() {
    let mut hot = 0;
    for seed in 5000..5200 {
        let wat = random::module(&mut Random::new(seed));
        let mut plain = func_of(&wat);
        crate::opt::run(&mut plain, OptLevel::O0, true);
        let before = runs(&plain);
        let mut random = Random::new(seed);
        let mut func = profiled(&wat, |_| wild(&mut random, seed % 4 == 0));
        crate::opt::run(&mut func, OptLevel::O2, true);
        hot += func
            .layout
            .iter()
            .filter(|&&it| func.heat(it) > Some(0))
            .count();
        same(&before, &runs(&func), || {
            format!("seed {seed}:\n{func}\n{wat}")
        });
    }
    assert!(hot > 300, "{hot}");
}

#[test]
fn code_made_by_any_counts_is_verified() {
    use wrt_format::verify::{Limits, VerifiedImage};
    let mut differ = 0;
    for seed in 6000..6100 {
        let wasm = wat::parse_str(random::module(&mut Random::new(seed))).unwrap();
        let module = crate::wasm::parse(&wasm).unwrap();
        let mut random = Random::new(seed);
        let rows: Vec<_> = offsets(&module)
            .into_iter()
            .map(|offset| (offset, wild(&mut random, seed % 4 == 0)))
            .collect();
        let mut profile = Profile::new();
        profile.add(module.body_func_idx(0), &rows).unwrap();
        let options = crate::Options {
            profile: Some(&profile),
            check: true,
            ..crate::Options::default()
        };
        let guided = crate::compile(&wasm, &options).unwrap();
        let image = wrt_format::image::write::align(&guided.image);
        VerifiedImage::verify_all(&image, &Limits::DEFAULT).unwrap();
        assert_eq!(guided.image, crate::compile(&wasm, &options).unwrap().image);
        let plain = crate::compile(&wasm, &crate::Options::default()).unwrap();
        differ += usize::from(plain.image.len() != guided.image.len());
    }
    assert!(differ > 50, "{differ}");
}

/// `f(n)`: a loop of n turns, in which each fourth goes another way.
const LOOP: &str = r#"(module (func (param i32 i32) (result i32)
    (loop $again
      (if (i32.and (local.get 0) (i32.const 3))
        (then (local.set 1 (i32.add (local.get 1) (i32.const 7))))
        (else (local.set 1 (i32.mul (local.get 1) (i32.const 5)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))"#;

/// Counts of the operators of [`LOOP`]: the loop, the condition, the ways, what is behind.
fn counts(then: u64, otherwise: u64, operator: usize) -> u64 {
    match operator {
        0 => 1,
        1..=4 => then + otherwise,
        5..=8 => then,
        9..=13 => otherwise,
        14..=19 => then + otherwise,
        _ => 1,
    }
}

/// What is said of the branch of `LOOP`'s `if`, and of how often its ways run.
fn weighed(then: u64, otherwise: u64) -> (Option<bool>, Option<u64>, Option<u64>) {
    let mut func = profiled(LOOP, |i| counts(then, otherwise, i));
    super::alone(crate::opt::merge::canonical, &mut func);
    weigh::run(&mut func);
    let cfg = Cfg::new(&func);
    let found = cfg.rpo().iter().find_map(|&block| {
        let data = func.block(block);
        let Terminator::BrIf {
            then, otherwise, ..
        } = &data.terminator
        else {
            return None;
        };
        let count = |block| func.block(block).count;
        Some((data.mostly, count(then.block), count(otherwise.block)))
    });
    found.unwrap()
}

#[test]
fn a_way_that_is_not_hot_is_unlikely() {
    let many = 1 << 40;
    assert_eq!(weighed(many, 3), (Some(true), Some(many), Some(3)));
    assert_eq!(weighed(3, many), (Some(false), Some(3), Some(many)));
    // Both are hot, or nothing ran.
    assert_eq!(weighed(many, many / 3).0, None);
    assert_eq!(weighed(0, 0).0, None);
}

#[test]
fn blocks_without_operators_have_the_counts_of_the_ways_to_them() {
    // The block behind the `block` has no operator that costs anything.
    let wat = r#"(module (func (param i32) (result i32)
      (block $out (br_if $out (local.get 0)) (drop (i32.const 1)) (br_if $out (local.get 0)) (drop (i32.const 1)))
      (return (i32.const 2))))"#;
    let mut func = profiled(wat, |i| {
        [10, 10, 10, 6, 6, 6, 6, 1, 1, 1, 10, 10, 10][i.min(12)]
    });
    weigh::run(&mut func);
    let counts: Vec<_> = func.layout.iter().map(|&it| func.block(it).count).collect();
    assert_eq!(counts, [Some(10), Some(6), Some(1), Some(10)], "{func}");
}

#[test]
fn unlikely_ways_are_behind_everything_and_hints_yield() {
    let hinted = LOOP.replace("(if (", "(@metadata.code.branch_hint \"\\00\") (if (");
    let layout = |then: u64, otherwise: u64| {
        let mut func = profiled(&hinted, |i| counts(then, otherwise, i));
        crate::opt::run(&mut func, OptLevel::O2, true);
        let counts = func.layout.iter().map(|&it| func.block(it).count);
        counts.map(Option::unwrap).collect::<Vec<_>>()
    };
    let many = 1 << 40;
    for counts in [layout(many, 3), layout(3, many)] {
        let seldom = counts.iter().position(|&count| count == 3);
        let often = counts.iter().rposition(|&count| count >= many);
        assert!(seldom.unwrap() > often.unwrap(), "{counts:?}");
    }
    // Without a profile the hint decides.
    let mut func = func_of(&hinted);
    crate::opt::run(&mut func, OptLevel::O2, true);
    assert!(func.hot_from.is_none() && func.to_string().contains("mostly false"));
}

#[test]
fn what_an_evaluator_counts_is_what_copies_add_up_to() {
    // However blocks are copied, joined and moved, those of the loop run as often as they did, within what a copy may lose.
    let mut func = profiled(LOOP, |i| counts(3 << 30, 1 << 30, i));
    crate::opt::run(&mut func, OptLevel::O2, true);
    let ends = func.layout.iter().filter(|&&it| {
        let data = func.block(it);
        matches!(data.terminator, Terminator::BrIf { .. }) && data.cost > 1
    });
    let sum: u64 = ends.map(|&it| func.block(it).count.unwrap()).sum();
    assert!(sum >= 1 << 32, "{sum:#x}\n{func}");
    let mut plain = func_of(LOOP);
    crate::opt::run(&mut plain, OptLevel::O0, true);
    assert_eq!(eval::run(&func, &ARGS[0]), eval::run(&plain, &ARGS[0]));
}
