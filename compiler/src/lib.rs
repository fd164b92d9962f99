//! The WRT compiler: bytes -> validated Wasm -> SSA IR -> optimised IR -> selected code -> frame slots -> bytecode -> image.
#![forbid(unsafe_code)]

pub mod emit;
pub mod error;
pub mod image;
pub mod ir;
pub mod lower;
pub mod opt;
pub mod regalloc;
pub mod wasm;
