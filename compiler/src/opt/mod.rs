//! Optimisation: [`run`] makes a function cheaper to run without changing what can be observed: results, traps, memory, calls, and
//! the fuel spent whenever one of these happens.
//!
//! What keeps fuel exact, in every pass: a block's cost is charged when it is entered, so costs stay with their blocks. Only three
//! passes touch them. `merge` adds the costs of two blocks that always run one after the other; `invert` moves a cost over
//! instructions that cannot stop to all that follows; both say why nobody can tell. `branches` skips blocks of cost 0.
//!
//! Every pass is near-linear in the size of the function and none recurses. The order below is the order in which they run.

mod apart;
mod bases;
mod branches;
mod consts;
mod counters;
mod dce;
mod edges;
mod fold;
mod fuse;
mod gvn;
pub(crate) mod inline;
mod int;
mod invert;
mod layout;
mod licm;
mod loads;
mod merge;
mod operands;
mod params;
mod passes;
mod repair;
mod simplify;
mod sink;
mod steps;
mod tails;
mod unroll;
mod weigh;

use crate::ir::Func;
use crate::ir::cfg::Cfg;
use passes::Passes;

/// How much work goes into making code fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptLevel {
    /// Only what correctness needs.
    O0,
    /// The cheap passes, once.
    O1,
    /// All passes.
    #[default]
    O2,
}

/// How often the passes that help each other run at [`OptLevel::O2`].
const ROUNDS: usize = 3;

/// A pass: its name, and what it does, given the graph of the function as it is before; it says whether it changed anything.
type Pass = (&'static str, fn(&mut Func, &Cfg) -> bool);

const CHEAP: &[Pass] = &[
    ("params", params::run),
    ("simplify", simplify::run),
    ("branches", branches::run),
    ("merge", merge::run),
    ("dce", dce::run),
];

const FULL: &[Pass] = &[
    ("params", params::run),
    ("simplify", simplify::run),
    ("params", params::run),
    ("gvn", gvn::run),
    ("loads", loads::run),
    ("branches", branches::run),
    ("merge", merge::run),
    ("dce", dce::run),
];

const LOOPS: &[Pass] = &[
    ("invert", invert::run),
    ("params", params::run),
    ("merge", merge::run),
    ("simplify", simplify::run),
    ("params", params::run),
    ("gvn", gvn::run),
    ("loads", loads::run),
    ("licm", licm::run),
    ("params", params::run),
    ("counters", counters::run),
    ("sink", sink::run),
    ("steps", steps::run),
    ("unroll", unroll::run),
    ("dispatch", tails::dispatch),
    ("params", params::run),
    ("branches", branches::run),
    ("merge", merge::run),
    ("tails", tails::run),
    ("merge", merge::run),
    ("dce", dce::run),
];

/// What prepares for selection.
const LAST: &[Pass] = &[
    ("fuse", fuse::run),
    ("dce", dce::run),
    ("bases", bases::run),
    ("consts", consts::run),
];

/// Optimises `func`, and lays its blocks out; one for debugging is only laid out. `check` holds the function against the invariants of the IR after every pass.
///
/// # Panics
/// With `check`, when a pass breaks an invariant.
pub fn run(func: &mut Func, level: OptLevel, check: bool) {
    run_with(func, level, check, &|_, _| None);
}

/// As [`run`], with what may be put in the place of calls, by index of the function index space. Returns the graph of the result.
pub(crate) fn run_with<'c>(
    func: &mut Func,
    level: OptLevel,
    check: bool,
    callee: &dyn Fn(u32, usize) -> Option<&'c inline::Callee>,
) -> Cfg {
    let mut passes = Passes::new(func, check);
    // Steps of a debugger are blocks.
    if !func.steps {
        passes.run(func, ("canonical", merge::canonical));
        weigh::run(func);
    }
    if func.steps || level == OptLevel::O0 {
        layout::plain(func, passes.graph(func));
        return passes.into_graph(func);
    }
    if level == OptLevel::O1 {
        for &cheap in CHEAP {
            passes.run(func, cheap);
        }
    } else {
        full(func, &mut passes, callee);
    }
    for &last in LAST {
        passes.run(func, last);
    }
    weigh::fill(func);
    layout::run(func, passes.graph(func));
    if check {
        passes::verify(func, "layout");
    }
    passes.into_graph(func)
}

/// What [`OptLevel::O2`] does before [`LAST`].
fn full<'c>(
    func: &mut Func,
    passes: &mut Passes,
    callee: &dyn Fn(u32, usize) -> Option<&'c inline::Callee>,
) {
    layout::plain(func, passes.graph(func));
    if inline::run(func, passes.graph(func), callee) {
        passes.changed();
        weigh::fill(func);
        passes.verify(func, "inline");
    }
    for _ in 0..ROUNDS {
        let mut changed = false;
        for &full in FULL {
            changed |= passes.run(func, full);
        }
        if !changed {
            break;
        }
    }
    for &each in LOOPS {
        passes.run(func, each);
    }
}

#[cfg(test)]
mod tests;
