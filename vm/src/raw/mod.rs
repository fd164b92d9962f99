//! All unsafe code of the machine. Each file opens with the invariants it relies on and who establishes them.
//!
//! - `arena`, `buf`: where memory comes from. `provider`, `memory`: linear memories.
//! - `store`, `instance`, `threads`: what an engine owns.
//! - `state`, `control`, `vector`: the registers and what handlers do with them. `ctx`: what lies behind them, and the way to the slow paths.
//! - `profile`: counts of executed instructions.
//! - `tail`, `looped`: the two cores. `dispatch`: the choice between them.

pub(crate) mod arena;
pub(crate) mod buf;
mod control;
pub(crate) mod ctx;
pub(crate) mod dispatch;
pub(crate) mod instance;
mod looped;
pub(crate) mod memory;
#[cfg(feature = "profile")]
pub(crate) mod profile;
pub(crate) mod provider;
pub(crate) mod scratch;
pub(crate) mod state;
pub(crate) mod store;
#[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
mod tail;
pub(crate) mod threads;
pub(crate) mod types;
#[cfg(feature = "simd")]
mod vector;

pub(crate) use control::debit;
