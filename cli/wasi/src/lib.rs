//! WASI preview 1 on cap-std, independent of the engine that calls it.
//!
//! Input: a guest memory as bytes, a [`WasiFunc`] and its argument slots. Output: a [`Step`], which is either the error code to
//! give to the guest or its exit code. All 46 functions exist. What the guest can reach:
//!   - files and directories under the preopened directories, and no path out of them (cap-std sees to that, symbolic links
//!     included),
//!   - the arguments, environment and standard streams the builder was given,
//!   - clocks and random numbers, which the builder can make deterministic.
//!
//! Every pointer and length from the guest is hostile; a bad one is [`Errno::FAULT`] and never a panic. There are no sockets.
#![forbid(unsafe_code)]

mod abi;
mod builder;
mod calls;
mod clock;
mod errno;
mod fds;
mod fileids;
mod func;
mod mem;
mod met;
mod random;
mod saved;
mod state;
mod stdio;
#[cfg(test)]
mod tests;
mod wasi;

pub use abi::Abi;
pub use builder::{BuildError, WasiBuilder};
pub use clock::Clock;
pub use errno::Errno;
pub use fds::{FdKind, FdState};
pub use fileids::STABLE_TIME_NS;
pub use func::WasiFunc;
pub use saved::saved_descriptors;
pub use state::StateError;
pub use stdio::Capture;
pub use wasi::{Step, Wasi};
