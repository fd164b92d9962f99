//! Host calls that are answered without leaving the run for good.
//!
//! Input: a run that has been left for a host function, and whoever may answer. Output: whether the run goes on behind the call.
//! Invariants: while the host function works, the store says of the run what it says of any that waits for the host: registers, fuel and
//! status. So nothing of a run is lost with a host function that panics, and one that ends otherwise than with results is answered as any
//! other host call. What answers has the stack and nothing else of the store, so all that the machine had loaded is still so.

use wrt_format::isa::window_at;

use crate::raw::store::{RunState, Status, Store};

/// Whoever answers host calls of functions that see nothing of the engine.
pub(crate) trait Answers {
    /// Calls host function `host`, whose arguments are at slot `args` of the stack, and writes its results to slot `results`. False, and the
    /// stack is as it was, if it is not such a function, or gives no results.
    fn answer(&mut self, host: u32, stack: &mut [u64], args: usize, results: usize) -> bool;
}

/// Answers nothing: every host call leaves the run.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Answers for Nobody {
    #[inline]
    fn answer(&mut self, _: u32, _: &mut [u64], _: usize, _: usize) -> bool {
        false
    }
}

/// Host calls during one run.
#[derive(Debug)]
pub(crate) struct Serving<'a, A> {
    answers: &'a mut A,
    /// Fuel of the engine when the run began.
    fuel: i64,
    /// What of it the run was given.
    grant: i64,
    /// What of that was left at the last call that was answered.
    answered_at: Option<i64>,
}

impl<'a, A: Answers> Serving<'a, A> {
    /// For a run that begins with `grant` of the store's fuel.
    pub(crate) const fn new(answers: &'a mut A, store: &Store<'_>, grant: i64) -> Self {
        Self {
            answers,
            fuel: store.fuel,
            grant,
            answered_at: None,
        }
    }

    /// Answers the host call that the run has been left for with so much of its fuel. False if it waits for another answer.
    #[inline]
    pub(crate) fn answer(&mut self, store: &mut Store<'_>, left: i64) -> bool {
        // An answer begins a new time slice.
        if store.slice.is_some() {
            return false;
        }
        self.account(store, left);
        store.run.status = Status::HostCall;
        let RunState { callee, window, .. } = store.run;
        let Some(to) = results_at(store) else {
            return false;
        };
        let stack = store.stack_mut();
        if !self.answers.answer(callee, stack, window as usize, to) {
            return false;
        }
        store.run.pc += 1;
        store.run.status = Status::Ready;
        self.answered_at = Some(left);
        true
    }

    /// Takes from the store's fuel what the run has used, so much of it being left.
    #[inline]
    pub(crate) const fn account(&self, store: &mut Store<'_>, left: i64) {
        store.fuel = self.fuel - (self.grant - left);
    }

    /// Fuel used since the last answer, of which so much is left; since the beginning, and `before` more, if there was none.
    pub(crate) const fn used_since(&self, before: i64, left: i64) -> i64 {
        match self.answered_at {
            Some(at) => at - left,
            None => before.saturating_add(self.grant - left),
        }
    }
}

/// Where on the stack the results of the pending host call go.
#[inline]
pub(super) fn results_at(store: &Store<'_>) -> Option<usize> {
    let run = &store.run;
    let code = store.instance(run.instance)?.module().code();
    let (_, dst) = window_at(code, run.pc as usize)?;
    Some(run.fp as usize + usize::from(dst))
}
