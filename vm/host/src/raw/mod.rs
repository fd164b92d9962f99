//! What needs the operating system's memory calls.

mod file;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;
#[cfg(target_os = "linux")]
mod touched;

pub(crate) use file::{map_file, map_private};
#[cfg(target_os = "linux")]
pub(crate) use touched::Touched;
