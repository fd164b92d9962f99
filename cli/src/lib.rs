//! The commands `wrtc`, which compiles, and `wrtd`, which runs, as a library: the binaries only call [`cmd`].
//!
//! Without the feature `compile` there is no compiler here, no `wrtc`, and `wrtd` takes images only.
#![forbid(unsafe_code)]

#[cfg(feature = "compile")]
pub mod build;
mod chain;
pub mod cmd;
#[cfg(feature = "compile")]
pub mod counts;
#[cfg(feature = "debug")]
mod debug;
mod envelope;
mod helper;
pub mod load;
#[cfg(feature = "compile")]
mod preinit;
mod progress;
mod replace;
pub mod snapshot_file;
pub mod status;
mod tape;
pub mod wasi;
#[cfg(feature = "compile")]
pub mod wast;
