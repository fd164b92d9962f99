//! Emission: from allocated code to the words of one function.
//!
//! Input: [`VCode`] and its [`Allocated`]. Output: [`Code`], which satisfies the verifier's rules for words: it starts with `enter`,
//! labels lead to `fuel` instructions, one follows each conditional branch, backward branches cost fuel, and the last instruction is
//! a terminator. Only indices into the constant pool are left open, until the pool of the whole module is known.
//!
//! Blocks that do nothing are skipped, branches to the next block are left out, and a block that is only fallen into becomes part of
//! the one before it, which then costs the sum of both. Labels are short where they reach, and instructions where their operands fit.

mod acc;
mod blocks;
mod encode;
mod flow;
mod handlers;
mod inlined;
mod pairs;
mod short;
#[cfg(test)]
pub(crate) mod tests;
mod vectors;

use wrt_format::image::Handler;
use wrt_format::image::around::Around;
use wrt_format::image::write::InlinedSpec;
use wrt_format::isa::{Op, field_value, set_field};

use crate::error::Error;
use crate::lower::vcode::VCode;
use crate::regalloc::Allocated;
pub(crate) use inlined::{around, inlined};

/// The code of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The words, in host order.
    pub words: Vec<u16>,
    /// Slots of the frame, 1..=32767.
    pub frame: u16,
    /// Slots behind the parameters that the collector looks at.
    pub refs: u16,
    /// Word index and byte offset in the Wasm module of block starts and of instructions that may trap or call, ascending.
    pub lines: Vec<(u32, u32)>,
    /// Calls in copies of callees, ascending by site; words count from the function's first.
    pub around: Vec<Around>,
    /// What stands in the place of calls; the second halves of `lines` are positions.
    pub inlined: InlinedSpec,
    /// Word index of the `fuel` of each step, and byte offset in the Wasm module of its operator, ascending.
    pub steps: Vec<(u32, u32)>,
    /// First slot of the homes of locals, in code for debugging.
    pub homes: Option<u16>,
    /// The function's own constants. [`Code::relocate`] makes the indices into it indices into the module's pool.
    pub pool: Vec<u64>,
    /// Where exceptions are caught, ascending by site; words count from the function's first.
    pub handlers: Vec<Handler>,
    /// Indices of the `const_pool`, `const_pool_short` and `v128_const` instructions in `words`.
    pub pool_words: Vec<u32>,
}

impl Code {
    /// Replaces the pool index of every instruction that has one by `place(constants)`, where its one constant is, or its two one after
    /// the other; and empties the function's own pool.
    ///
    /// # Errors
    /// `TooLarge` for more constants than an instruction can tell apart; internal, if an index is out of range.
    pub fn relocate(&mut self, mut place: impl FnMut(&[u64]) -> u32) -> Result<(), Error> {
        for &at in &self.pool_words {
            let words = &mut self.words[at as usize..];
            let op = words.first().copied().and_then(Op::from_number);
            let Some((op, [_, index])) = op.map(|op| (op, op.info().fields)) else {
                return Err(Error::internal("what takes constants has other operands"));
            };
            let first = field_value(words, index) as usize;
            let count = if op == Op::V128Const { 2 } else { 1 };
            let Some(constants) = self.pool.get(first..first + count) else {
                return Err(Error::internal("a constant is not in the pool"));
            };
            if !set_field(words, index, place(constants).into()) {
                return Err(Error::too_large("constants", 1 << index.place.bits));
            }
        }
        self.pool_words.clear();
        self.pool.clear();
        Ok(())
    }
}

/// Emits a function.
///
/// # Errors
/// `TooLarge` for sums of fuel or distances beyond 32 bits; internal if the code breaks an invariant.
pub fn emit(code: &VCode, allocated: &Allocated) -> Result<Code, Error> {
    let mut blocks = blocks::resolve(code, allocated);
    flow::thread(&mut blocks);
    let mut order = flow::reachable(&blocks);
    let emitted = flow::merge(&mut blocks, &mut order)
        .and_then(|()| flow::arrange(&mut blocks, order))
        .and_then(|order| {
            if !blocks::is_stepped(&blocks) {
                pairs::run(&mut blocks);
            }
            acc::run(&mut blocks);
            encode::function(&mut blocks, order, allocated.frame)
        });
    match emitted {
        Ok(mut emitted) => {
            emitted.pool.clone_from(&code.pool);
            emitted.homes = allocated.homes;
            emitted.refs = blocks::roots(code, allocated);
            Ok(emitted)
        }
        Err(error) => Err(error.in_func(code.func_idx, None)),
    }
}
