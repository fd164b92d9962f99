//! The host's side: what host functions are, what they see of their caller, and where memories may come from.
//!
//! Input: closures and back ends of the embedder. Output: [`HostError`], [`Caller`], [`IntoHostFunc`], [`MemoryProvider`].
//! Invariants: a host function never runs inside the machine: the run loop has been left with a request that is plain data, and goes on
//! when the answer is there.

mod access;
#[cfg(feature = "alloc")]
mod caller;
#[cfg(feature = "alloc")]
mod wrap;

pub use crate::raw::provider::{MemoryProvider, Region};
#[cfg(feature = "alloc")]
pub use caller::Caller;
#[cfg(feature = "alloc")]
pub(crate) use wrap::{HostClosure, boxed};
#[cfg(feature = "alloc")]
pub use wrap::{HostResult, IntoHostFunc, NoCaller, WithCaller};

#[cfg(feature = "alloc")]
use crate::error::Error;
#[cfg(feature = "alloc")]
use crate::outcome::{Outcome, Trap};
#[cfg(feature = "alloc")]
use alloc::boxed::Box;
#[cfg(feature = "alloc")]
use core::fmt;

/// How a host function of a [`Linker`](crate::Linker) ends when it gives no results.
#[cfg(feature = "alloc")]
#[derive(Debug)]
#[non_exhaustive]
pub enum HostError {
    /// The guest traps at its call.
    Trap(Trap),
    /// The program is over, with this code: the run is cancelled and the embedder gets [`Error::Exit`].
    Exit(i32),
    /// Not ready: the embedder gets [`Outcome::Yield`], and the function is called again, with the same arguments, when the run is
    /// resumed.
    Pending,
    /// The run is cancelled and the embedder gets [`Error::Host`].
    Other(Box<dyn core::error::Error + Send + Sync>),
}

#[cfg(feature = "alloc")]
impl HostError {
    /// An error of this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::Other(text.into())
    }
}

#[cfg(feature = "alloc")]
impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(trap) => write!(f, "{trap}"),
            Self::Exit(code) => write!(f, "exit with code {code}"),
            Self::Pending => f.write_str("not ready"),
            Self::Other(error) => write!(f, "{error}"),
        }
    }
}

#[cfg(feature = "alloc")]
impl core::error::Error for HostError {}

#[cfg(feature = "alloc")]
impl From<Trap> for HostError {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

#[cfg(feature = "alloc")]
impl From<Error> for HostError {
    /// An exit stays an exit and a trap of a nested run a trap; everything else ends the run.
    fn from(error: Error) -> Self {
        match error {
            Error::Exit(code) => Self::Exit(code),
            Error::Host(error) => Self::Other(error),
            Error::Stopped(Outcome::Trap(trap)) => Self::Trap(trap),
            error @ (Error::Image(_)
            | Error::Budget(_)
            | Error::ImportCount { .. }
            | Error::Import(_)
            | Error::ArgumentCount { .. }
            | Error::ResultCount { .. }
            | Error::Unknown(_)
            | Error::Misuse(_)
            | Error::Invalid(_)
            | Error::FuncType { .. }
            | Error::NoExport(_)
            | Error::Duplicate { .. }
            | Error::Stopped(_)) => Self::Other(Box::new(error)),
        }
    }
}
