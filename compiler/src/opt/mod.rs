//! Optimisation: [`run`] makes a function cheaper to run without changing what can be observed: results, traps, memory, calls, and
//! the fuel spent whenever one of these happens.
//!
//! What keeps fuel exact, in every pass: a block's cost is charged when it is entered, so costs stay with their blocks. Only three
//! passes touch them. `merge` adds the costs of two blocks that always run one after the other; `invert` moves a cost over
//! instructions that cannot stop to all that follows; both say why nobody can tell. `branches` skips blocks of cost 0.
//!
//! Every pass is near-linear in the size of the function and none recurses. The order below is the order in which they run.

mod apart;
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
mod repair;
mod simplify;
mod sink;
mod steps;
mod tails;
mod unroll;
mod weigh;

use crate::ir::Func;

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

/// A pass: its name, and what it does; it says whether it changed anything.
type Pass = (&'static str, fn(&mut Func) -> bool);

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
    ("consts", consts::run),
];

/// Optimises `func`, and lays its blocks out; one for debugging is only laid out. `check` holds the function against the invariants of the IR after every pass.
///
/// # Panics
/// With `check`, when a pass breaks an invariant.
pub fn run(func: &mut Func, level: OptLevel, check: bool) {
    run_with(func, level, check, &|_, _| None);
}

/// As [`run`], with what may be put in the place of calls, by index of the function index space.
pub(crate) fn run_with<'c>(
    func: &mut Func,
    level: OptLevel,
    check: bool,
    callee: &dyn Fn(u32, usize) -> Option<&'c inline::Callee>,
) {
    let pass = |func: &mut Func, (name, pass): Pass| {
        let changed = pass(func);
        if check {
            layout::plain(func);
            verify(func, name);
        }
        changed
    };
    // Steps of a debugger are blocks.
    if func.steps {
        layout::plain(func);
        return;
    }
    pass(func, ("merge", merge::canonical));
    weigh::run(func);
    match level {
        OptLevel::O0 => {
            layout::plain(func);
            return;
        }
        OptLevel::O1 => {
            for &cheap in CHEAP {
                pass(func, cheap);
            }
        }
        OptLevel::O2 => {
            layout::plain(func);
            if inline::run(func, callee) {
                weigh::fill(func);
                if check {
                    verify(func, "inline");
                }
            }
            for _ in 0..ROUNDS {
                let mut changed = false;
                for &full in FULL {
                    changed |= pass(func, full);
                }
                if !changed {
                    break;
                }
            }
            for &each in LOOPS {
                pass(func, each);
            }
        }
    }
    for &last in LAST {
        pass(func, last);
    }
    weigh::fill(func);
    layout::run(func);
    if check {
        verify(func, "layout");
    }
}

/// Stops when the pass `name` has left an invariant broken.
fn verify(func: &Func, name: &str) {
    if let Err(error) = crate::ir::check(func) {
        panic!(
            "the pass `{name}` broke function {}: {error}\n{}",
            func.func_idx,
            crate::ir::print(func)
        );
    }
}

#[cfg(test)]
mod tests;
