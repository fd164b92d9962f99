//! Instruction selection: optimised IR to instructions of the image over virtual registers.
//!
//! The file `select` walks the function; `inst`, `binary`, `memory` and `branch` hold the patterns,
//! `rows` and `cond` the tables from operators to instructions, `edges` the shape of the result, `uses` what may be folded.

mod binary;
mod branch;
mod cond;
mod edges;
mod info;
mod inst;
mod memory;
mod negate;
mod orient;
mod print;
mod rows;
mod select;
#[cfg(test)]
mod tests;
mod uses;
mod validate;
pub mod vcode;

pub use info::{MemoryInfo, ModuleInfo, TableInfo};
pub use negate::negate;
pub use orient::orient;

use crate::OptLevel;
use crate::ir::Func;
use vcode::VCode;

/// Number of IR instructions and terminators from which on a function is taken to be too large for 16-bit labels, which reach 32767
/// words. An instruction takes two words at most, moves not counted.
pub const FAR_THRESHOLD: usize = 12_000;

/// Selects the instructions of `func`.
///
/// `far` avoids instructions with 16-bit labels; functions over [`FAR_THRESHOLD`] avoid them in any case. At `OptLevel::O0` every
/// IR instruction becomes one of its own; constants that fit become immediates at every level.
#[must_use]
pub fn select(func: &Func, module: &ModuleInfo, level: OptLevel, far: bool) -> VCode {
    let size: usize = func
        .layout
        .iter()
        .map(|&block| func.block(block).insts.len() + 1)
        .sum();
    let code = select::run(
        func,
        module,
        level != OptLevel::O0,
        far || size > FAR_THRESHOLD,
    );
    debug_assert_eq!(vcode::validate(&code), Ok(()), "\n{code}");
    code
}
