//! The SSA intermediate representation: its data ([`func`], [`inst`], [`ops`]), how it is made ([`build()`]), printed, and checked.

pub mod atomic;
pub mod build;
pub mod cfg;
pub mod check;
pub mod func;
pub mod inlined;
pub mod inst;
pub mod loops;
mod nan;
pub mod object;
pub mod ops;
pub mod print;
pub mod simd;
pub mod types;

pub use atomic::{AtomicOp, RmwOp};
pub use build::{build, build_body, build_for_debugging};
pub use check::{check, check_in};
pub use func::{
    Block, BlockData, Edge, Func, InstData, InstIdx, Results, Value, ValueData, ValueDef,
};
pub use inlined::Inlined;
pub use inst::{Inst, Terminator};
pub use nan::canonical_nans;
pub use object::{Access, ObjectOp, Target};
pub use ops::{BinaryOp, LoadOp, StoreOp, UnaryOp};
pub use print::print;
pub use simd::SimdOp;
pub use types::Type;
