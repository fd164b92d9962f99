//! The WRT virtual machine: runs verified images, metered, bounded and pausable.
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod engine;
mod error;
mod exec;
mod host;
mod instance;
mod limits;
#[cfg(feature = "alloc")]
mod linker;
mod module;
mod op;
mod outcome;
#[expect(
    unsafe_code,
    reason = "the one home of unsafe code; its files open with their invariants"
)]
mod raw;
mod stats;
#[cfg(feature = "alloc")]
mod typed;
