//! The passes together and one by one: random programs before and after, golden texts, and large functions.

mod eval;
mod golden;
mod machines;
mod passes;
mod profiled;
mod random;
mod rules;
mod unroll;

use super::{CHEAP, FULL, LAST, LOOPS, OptLevel, Pass, Passes};
use crate::ir::cfg::Cfg;
use crate::ir::{Func, build, check};
use eval::{End, Run};
use random::Random;

/// Builds the first function of a text module.
fn func_of(wat: &str) -> Func {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let module = crate::wasm::parse(&wasm).unwrap();
    build(&module, 0).unwrap()
}

/// Runs one pass; returns whether it changed anything.
fn alone(pass: fn(&mut Func, &Cfg) -> bool, func: &mut Func) -> bool {
    let cfg = Cfg::new(func);
    pass(func, &cfg)
}

fn lay_out(func: &mut Func) {
    let cfg = Cfg::new(func);
    super::layout::plain(func, &cfg);
}

const ARGS: &[[u64; 2]] = &[
    [8, 8],
    [1, 8],
    [12, 8],
    [0xffff_ffff, 3],
    [64, 0x8000_0000],
    [0, 17],
];

fn runs(func: &Func) -> Vec<Run> {
    ARGS.iter().map(|args| eval::run(func, args)).collect()
}

/// Results, traps, memory, globals, calls with their fuel, and the fuel at the end must be the same.
fn same(before: &[Run], after: &[Run], context: impl Fn() -> String) {
    for (before, after) in before.iter().zip(after) {
        // A run that was given up was so after some number of blocks, and passes may change that number.
        if before.end != End::Limit && after.end != End::Limit {
            assert_eq!(before, after, "{}", context());
        }
    }
}

/// Runs of the first function of a module, which no pass changes.
fn kept_by_every_pass(wat: &str) -> Vec<Run> {
    let mut func = func_of(wat);
    alone(super::merge::canonical, &mut func);
    let before = runs(&func);
    let all = FULL.iter().chain(LOOPS).chain(CHEAP);
    for &(name, pass) in all.chain(LAST) {
        let text = func.clone();
        alone(pass, &mut func);
        lay_out(&mut func);
        let context = || format!("{name}:\n{text}\nbecame\n{func}\nfrom {wat}");
        if let Err(error) = check(&func) {
            panic!("{error}\n{}", context());
        }
        same(&before, &runs(&func), context);
    }
    before
}

#[test]
fn every_pass_keeps_what_can_be_seen() {
    let mut ends = [0; 4];
    for seed in 0..250 {
        for run in kept_by_every_pass(&random::module(&mut Random::new(seed))) {
            ends[match run.end {
                End::Return(_) => 0,
                End::Trap(_) => 1,
                End::Limit => 2,
                End::Throw(..) => 3,
            }] += 1;
        }
    }
    // The programs must be worth the name.
    assert!(ends[0] > 300 && ends[1] > 100 && ends[3] > 50, "{ends:?}");
}

#[test]
fn every_pass_keeps_what_state_machines_do() {
    let mut different = std::collections::HashSet::new();
    for seed in 0..400 {
        let runs = kept_by_every_pass(&machines::module(&mut Random::new(seed)));
        different.extend(runs.into_iter().map(|run| match run.end {
            End::Return(values) => values,
            end @ (End::Trap(_) | End::Throw(..) | End::Limit) => panic!("seed {seed}: {end:?}"),
        }));
    }
    assert!(different.len() > 100, "{}", different.len());
}

#[test]
fn levels_agree() {
    for seed in 1000..1300 {
        let wat = random::module(&mut Random::new(seed));
        let levels = [OptLevel::O0, OptLevel::O1, OptLevel::O2].map(|level| {
            let mut func = func_of(&wat);
            super::run(&mut func, level, true);
            func
        });
        let before = runs(&levels[0]);
        for func in &levels[1..] {
            same(&before, &runs(func), || {
                format!("seed {seed}:\n{func}\n{wat}")
            });
        }
    }
}

#[test]
fn optimising_is_reproducible() {
    for seed in 2000..2040 {
        let wat = random::module(&mut Random::new(seed));
        let text = || {
            let mut func = func_of(&wat);
            super::run(&mut func, OptLevel::O2, false);
            func.to_string()
        };
        assert_eq!(text(), text());
    }
}

/// The blocks that the entry reaches without an exception.
fn without_exceptions(func: &Func) -> Vec<bool> {
    let mut seen = vec![false; func.blocks.len()];
    let mut work = vec![Func::ENTRY];
    while let Some(block) = work.pop() {
        if func.clause(block).is_none() && !core::mem::replace(&mut seen[block.index()], true) {
            let edges = func.block(block).terminator.edges();
            work.extend(edges.map(|edge| edge.block));
        }
    }
    seen
}

/// Behind what everything may jump back to; backward branches in the layout must be loops' back edges, but for those that leave what only
/// exceptions lead to.
#[test]
fn layout_goes_backwards_only_to_loop_headers() {
    for seed in 3000..3100 {
        let mut func = func_of(&random::module(&mut Random::new(seed)));
        super::run(&mut func, OptLevel::O2, false);
        let cfg = Cfg::new(&func);
        let plain = without_exceptions(&func);
        let mut place = vec![0; func.blocks.len()];
        for (i, block) in func.layout.iter().enumerate() {
            place[block.index()] = i;
        }
        for &block in &func.layout {
            for &succ in cfg.succs(block) {
                if place[succ.index()] <= place[block.index()] {
                    let leaves = !plain[block.index()];
                    let back = cfg.dominates(succ, block);
                    assert!(back || leaves, "{block} to {succ}\n{func}");
                    let cost = func.block(block).cost + func.block(succ).cost;
                    assert!(cost > 0, "{block} to {succ} is free\n{func}");
                }
            }
        }
    }
}

#[test]
fn large_functions_take_linear_time() {
    let time = |n: usize| {
        // A chain of tests with a common exit, in a loop, each with some arithmetic and memory.
        let step = "(br_if 1 (i32.eq (local.get 0) (i32.const 70000)))
            (if (i32.lt_u (local.get 0) (local.get 1)) (then (local.set 0 (i32.add (local.get 0) (i32.const 1)))))
            (i32.store (local.get 1) (i32.add (i32.load (local.get 1)) (i32.mul (local.get 0) (i32.const 4))))\n";
        let wat = format!(
            "(module (memory 1) (func (param i32 i32) (block (loop {} (br_if 0 (local.get 0))))))",
            step.repeat(n)
        );
        let mut func = func_of(&wat);
        let start = std::time::Instant::now();
        super::run(&mut func, OptLevel::O2, false);
        start.elapsed().as_secs_f64()
    };
    time(100);
    let (small, large) = (time(1_500), time(12_000));
    // Eight times as large: near-linear is far from the 64 times of a quadratic pass, even on a busy machine.
    assert!(large < small * 32.0 + 0.5, "{small} s and {large} s");
}

/// The pass of this name.
fn pass(name: &str) -> Pass {
    let all = FULL.iter().chain(LOOPS);
    *all.chain(LAST)
        .find(|(each, _)| *each == name)
        .unwrap_or_else(|| panic!("no pass is called {name}"))
}
