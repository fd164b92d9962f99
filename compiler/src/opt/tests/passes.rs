//! What is saved between passes: runs that would find nothing, and graphs that still hold.

use super::random::{self, Random};
use super::{Passes, alone, func_of};
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Edge, Func, Terminator};
use core::cell::Cell;

thread_local! {
    /// How often [`quiet`] has run.
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

fn quiet(_: &mut Func, _: &Cfg) -> bool {
    RUNS.set(RUNS.get() + 1);
    false
}

/// Lets the entry go round for ever.
fn spin(func: &mut Func, _: &Cfg) -> bool {
    let block = func.new_block();
    let around = Edge {
        block,
        args: Vec::new(),
    };
    func.block_mut(Func::ENTRY).terminator = Terminator::Br(around.clone());
    func.block_mut(block).terminator = Terminator::Br(around);
    func.block_mut(block).cost = 1;
    true
}

#[test]
fn what_finds_nothing_runs_again_behind_a_change_only() {
    let mut func = func_of("(module (func (param i32)))");
    let mut passes = Passes::new(&func, false);
    let runs = |passes: &mut Passes, func: &mut Func| {
        assert!(!passes.run(func, ("quiet", quiet)));
        RUNS.get()
    };
    assert_eq!(runs(&mut passes, &mut func), 1);
    assert_eq!(runs(&mut passes, &mut func), 1);
    assert!(passes.run(&mut func, ("spin", spin)));
    assert_eq!(runs(&mut passes, &mut func), 2);
    passes.changed();
    assert_eq!(runs(&mut passes, &mut func), 3);
    assert_eq!(runs(&mut passes, &mut func), 3);
}

#[test]
fn graphs_are_those_of_the_function_as_it_is() {
    let mut func = func_of("(module (func (param i32)))");
    let mut passes = Passes::new(&func, true);
    let before = passes.graph(&func).clone();
    assert!(before.holds(&func) && before.loops().all().is_empty());
    passes.run(&mut func, ("spin", spin));
    let after = passes.graph(&func);
    assert_eq!(after.succs(Func::ENTRY), [Block(1)]);
    assert_eq!(after.loops().all().len(), 1);
    assert!(after.holds(&func) && !before.holds(&func));
}

#[test]
fn one_run_removes_all_that_is_dead() {
    let mut changed = 0;
    for seed in 5000..5100 {
        let mut func = func_of(&random::module(&mut Random::new(seed)));
        alone(crate::opt::simplify::run, &mut func);
        changed += u32::from(alone(crate::opt::dce::run, &mut func));
        assert!(!alone(crate::opt::dce::run, &mut func), "{seed}: {func}");
    }
    assert!(changed > 50, "{changed}");
}
