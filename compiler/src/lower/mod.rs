//! Instruction selection: optimised IR to instructions of the image over virtual registers.
//!
//! The file `select` walks the function; `inst`, `binary`, `memory` and `branch` hold the patterns,
//! `fuse` joins pairs of what they have selected, `previous` lets counters step in place,
//! `rows` and `cond` the tables from operators to instructions, `edges` the shape of the result, `uses` what may be folded.

mod atomic;
mod binary;
mod branch;
mod cond;
mod edges;
mod fuse;
mod info;
mod inst;
mod memory;
mod negate;
mod object;
mod orient;
mod previous;
mod print;
mod rows;
mod select;
#[cfg(test)]
mod tests;
mod uses;
mod validate;
pub mod vcode;
mod vector;

pub use info::{MemoryInfo, ModuleInfo, TableInfo};
pub use negate::negate;
pub use orient::orient;

use crate::OptLevel;
use crate::ir::Func;
use crate::ir::cfg::Cfg;
use vcode::VCode;

/// Selects the instructions of `func`. At `OptLevel::O0` every IR instruction becomes one of its own; constants that fit become
/// immediates at every level.
#[must_use]
pub fn select(func: &Func, module: &ModuleInfo, level: OptLevel) -> VCode {
    select_with(func, &Cfg::new(func), module, level)
}

/// As [`select`], given the graph of the function.
pub(crate) fn select_with(func: &Func, cfg: &Cfg, module: &ModuleInfo, level: OptLevel) -> VCode {
    let fuses = level != OptLevel::O0;
    let mut code = select::run(func, cfg, module, fuses);
    if fuses {
        fuse::run(&mut code, module.is_wide());
        previous::run(&mut code);
    } else {
        code.renumber();
    }
    debug_assert_eq!(vcode::validate(&code), Ok(()), "\n{code}");
    code
}
