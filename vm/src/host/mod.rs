//! The host's side: what host functions are, what they see of their caller, and where memories may come from.
//!
//! Input: closures and back ends of the embedder. Output: [`HostError`], [`Caller`], [`IntoHostFunc`], [`MemoryProvider`].
//! Invariants: a host function never runs inside the machine: the run loop has been left with a request that is plain data, and goes on
//! when the answer is there. One that sees nothing of the engine is answered where the run was left, without anything being loaded anew.

mod access;
#[cfg(feature = "alloc")]
mod caller;
#[cfg(feature = "alloc")]
mod wrap;

pub use crate::raw::provider::{MemoryProvider, Region};
#[cfg(feature = "alloc")]
pub use caller::Caller;
#[cfg(feature = "alloc")]
pub(crate) use wrap::{Code, HostClosure, PlainClosure};
#[cfg(feature = "alloc")]
pub use wrap::{HostCode, HostResult, IntoHostFunc, NoCaller, WithCaller};

#[cfg(feature = "alloc")]
use crate::error::Error;
#[cfg(feature = "alloc")]
use crate::outcome::{Outcome, Tag, Trap};
#[cfg(feature = "alloc")]
use alloc::{boxed::Box, vec::Vec};
#[cfg(feature = "alloc")]
use core::fmt;

/// How a host function of a [`Linker`](crate::Linker) ends when it gives no results.
#[cfg(feature = "alloc")]
#[derive(Debug)]
#[non_exhaustive]
pub enum HostError {
    /// The guest traps at its call.
    Trap(Trap),
    /// The guest's call throws an exception: slots as of [`Engine::host_throw`](crate::Engine::host_throw).
    Throw {
        /// Its tag.
        tag: Tag,
        /// Its values.
        values: Vec<u64>,
    },
    /// The guest's call throws the exception that a nested run has just ended with.
    Rethrow,
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
            Self::Throw { tag, .. } => write!(f, "exception of tag {}", tag.number()),
            Self::Rethrow => f.write_str("exception of a nested run"),
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
    /// An exit stays an exit, a trap of a nested run a trap, and its exception an exception; everything else ends the run.
    fn from(error: Error) -> Self {
        match error {
            Error::Exit(code) => Self::Exit(code),
            Error::Host(error) => Self::Other(error),
            Error::Stopped(Outcome::Trap(trap)) => Self::Trap(trap),
            Error::Stopped(Outcome::Exception(_)) => Self::Rethrow,
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
