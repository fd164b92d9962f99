//! Running: from a function reference and arguments to an [`Exit`].
//!
//! Input: a store with instances. Output: frames on its stack, and the reason for which a run was left.
//! Invariant: between two runs the whole state is plain data in the store: no frame of the host is alive.
//!
//! - `activation`: starting, running, answering host calls, dropping.
//! - `machine`: the checked view of the machine that slow paths work on.
//! - `serving`: host calls that are answered on the spot.
//! - `frames`: backtraces. `unwind`: exceptions. `consts`: constant expressions.

mod activation;
pub(crate) mod consts;
pub(crate) mod frames;
pub(crate) mod machine;
pub(crate) mod serving;
#[cfg(test)]
mod tests;
pub(crate) mod unwind;

pub(crate) use activation::{
    Exit, RECORD_SLOTS, Refused, Target, drop_activation, finish_host_call, outer, outer_of,
    rethrow_host_call, run, start_target, target, throw_host_call, trap_host_call,
};
pub(crate) use frames::{frames, frames_on};
