//! The WRT image: the instruction table, the container, and the verifier that makes an image safe to run; the container of snapshots.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(any(feature = "write", feature = "std", test))]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[macro_use]
pub mod isa;
pub mod image;
pub mod num;
pub mod simd;
pub mod snapshot;
pub mod trap;
pub mod verify;
