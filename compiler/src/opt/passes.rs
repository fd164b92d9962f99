//! Runs passes on one function, without what would be done for nothing: the graph is kept as long as it holds, and a pass that has found nothing to
//! do is not run again until another one has changed something. Most functions come out of the compiler of their source without anything to find,
//! and then that is most of the passes.

use super::{Pass, layout};
use crate::ir::Func;
use crate::ir::cfg::Cfg;

/// Passes that have nothing left to do behind themselves.
const ONCE_IS_ENOUGH: &[&str] = &["dce"];

/// What is known of a function between passes. All that changes it has to be [`Self::run`], or say [`Self::changed`].
pub(super) struct Passes {
    cfg: Cfg,
    /// Whether something has changed since `cfg` was known to hold.
    stale: bool,
    /// The passes that would find nothing.
    quiet: Vec<&'static str>,
    /// Whether to check the function after every pass.
    check: bool,
}

impl Passes {
    /// Nothing has been run on `func` yet.
    pub(super) fn new(func: &Func, check: bool) -> Self {
        Self {
            cfg: Cfg::new(func),
            stale: false,
            quiet: Vec::new(),
            check,
        }
    }

    /// The graph of `func` as it is now.
    pub(super) fn graph(&mut self, func: &Func) -> &Cfg {
        if core::mem::take(&mut self.stale) && !self.cfg.holds(func) {
            self.cfg = Cfg::new(func);
        }
        &self.cfg
    }

    /// The same, when no pass follows.
    pub(super) fn into_graph(mut self, func: &Func) -> Cfg {
        self.graph(func);
        self.cfg
    }

    /// Something else than a pass has changed the function.
    pub(super) fn changed(&mut self) {
        self.stale = true;
        self.quiet.clear();
    }

    /// Runs a pass, unless it would find nothing; returns whether it changed anything.
    ///
    /// # Panics
    /// With `check`, when the pass breaks an invariant, or finds something although it should not.
    pub(super) fn run(&mut self, func: &mut Func, (name, pass): Pass) -> bool {
        if self.quiet.contains(&name) {
            if self.check {
                let mut again = func.clone();
                let changed = pass(&mut again, self.graph(func));
                assert!(
                    !changed && again.to_string() == func.to_string(),
                    "{name} finds more"
                );
            }
            return false;
        }
        let changed = pass(func, self.graph(func));
        if changed {
            self.changed();
        }
        if !changed || ONCE_IS_ENOUGH.contains(&name) {
            self.quiet.push(name);
        }
        self.verify(func, name);
        changed
    }

    /// With `check`, stops if the pass `name` has left an invariant broken.
    pub(super) fn verify(&mut self, func: &mut Func, name: &str) {
        if self.check {
            layout::plain(func, self.graph(func));
            let holds = self.cfg.holds(func);
            assert!(holds, "{name} changed the graph and did not say so");
            verify(func, name);
        }
    }
}

/// Stops when the pass `name` has left an invariant broken.
pub(super) fn verify(func: &Func, name: &str) {
    if let Err(error) = crate::ir::check(func) {
        panic!(
            "the pass `{name}` broke function {}: {error}\n{}",
            func.func_idx,
            crate::ir::print(func)
        );
    }
}
