//! Which bits of a value can be set: a cheap upper bound, looking a bounded number of instructions back, and through the parameters of
//! blocks.

use crate::ir::cfg::Cfg;
use crate::ir::{BinaryOp, Func, Inst, LoadOp, Type, UnaryOp, Value};

const DEPTH: u32 = 3;
/// Sweeps over the blocks in which the masks of parameters may still grow bit by bit.
const GROWING: usize = 3;
/// Sweeps at most: a function that needs more is left without masks, which keeps this linear.
const SWEEPS: usize = 12;

/// Masks of the parameters of all blocks. They stay true while rules replace values by equal ones.
#[derive(Debug, Default)]
pub(super) struct Masks(Vec<u64>);

impl Masks {
    /// The smallest masks that agree with what every edge passes.
    pub(super) fn new(func: &Func, cfg: &Cfg) -> Self {
        let mut masks = Self(vec![u64::MAX; func.values.len()]);
        for &block in cfg.rpo().iter().filter(|&&block| block != Func::ENTRY) {
            for param in &func.block(block).params {
                masks.0[param.index()] = 0;
            }
        }
        for sweep in 0..SWEEPS {
            let mut changed = false;
            for &block in cfg.rpo() {
                for edge in func.block(block).terminator.edges() {
                    for (param, arg) in func.block(edge.block).params.iter().zip(&edge.args) {
                        let old = masks.0[param.index()];
                        let new = old | possible(func, &masks, *arg);
                        if new != old {
                            changed = true;
                            masks.0[param.index()] = if sweep < GROWING { new } else { u64::MAX };
                        }
                    }
                }
            }
            if !changed {
                return masks;
            }
        }
        Self::default()
    }

    fn of(&self, value: Value) -> u64 {
        self.0.get(value.index()).copied().unwrap_or(u64::MAX)
    }
}

/// A mask outside of which all bits of the slot of `value` are known to be 0.
pub(super) fn possible(func: &Func, masks: &Masks, value: Value) -> u64 {
    at_depth(func, masks, value, DEPTH)
}

/// Two operands at most, and at most [`DEPTH`] levels: 8 steps.
fn at_depth(func: &Func, masks: &Masks, value: Value, depth: u32) -> u64 {
    let all = match func.ty(value) {
        Type::I32 | Type::F32 => u64::from(u32::MAX),
        Type::I64
        | Type::F64
        | Type::V128
        | Type::FuncRef
        | Type::ExternRef
        | Type::AnyRef
        | Type::ExnRef => u64::MAX,
    };
    let Some(idx) = func.def_inst(value) else {
        return masks.of(func.resolve(value)) & all;
    };
    let bound = match func.insts[idx.index()].inst {
        Inst::Const(bits) => bits,
        Inst::RefIsNull(_) => 1,
        Inst::Load { op, .. } => match op {
            LoadOp::I32Load8U | LoadOp::I64Load8U => 0xff,
            LoadOp::I32Load16U | LoadOp::I64Load16U => 0xffff,
            LoadOp::I64Load32U => 0xffff_ffff,
            _ => all,
        },
        Inst::Unary(op, a) if depth > 0 => unary(func, masks, op, a, depth - 1),
        Inst::Binary(op, a, b) if depth > 0 => binary(func, masks, op, (a, b), depth - 1),
        Inst::Select {
            then, otherwise, ..
        } if depth > 0 => {
            at_depth(func, masks, then, depth - 1) | at_depth(func, masks, otherwise, depth - 1)
        }
        _ => all,
    };
    bound & all
}

fn unary(func: &Func, masks: &Masks, op: UnaryOp, a: Value, depth: u32) -> u64 {
    match op {
        UnaryOp::I32Eqz | UnaryOp::I64Eqz => 1,
        UnaryOp::I32Clz | UnaryOp::I32Ctz | UnaryOp::I32Popcnt => 0x3f,
        UnaryOp::I64Clz | UnaryOp::I64Ctz | UnaryOp::I64Popcnt => 0x7f,
        UnaryOp::I64ExtendI32U | UnaryOp::I32WrapI64 => {
            at_depth(func, masks, a, depth) & u64::from(u32::MAX)
        }
        _ => u64::MAX,
    }
}

fn binary(func: &Func, masks: &Masks, op: BinaryOp, (a, b): (Value, Value), depth: u32) -> u64 {
    let bound = |value| at_depth(func, masks, value, depth);
    let shift = || super::constant(func, b);
    match op {
        BinaryOp::I32And | BinaryOp::I64And => bound(a) & bound(b),
        BinaryOp::I32Or | BinaryOp::I64Or | BinaryOp::I32Xor | BinaryOp::I64Xor => {
            bound(a) | bound(b)
        }
        BinaryOp::I32ShrU => shift().map_or(u64::MAX, |c| bound(a) >> (c & 31)),
        BinaryOp::I64ShrU => shift().map_or(u64::MAX, |c| bound(a) >> (c & 63)),
        BinaryOp::I32Shl => shift().map_or(u64::MAX, |c| bound(a) << (c & 31)),
        BinaryOp::I64Shl => shift().map_or(u64::MAX, |c| bound(a) << (c & 63)),
        _ if matches!(op.result_type(), Type::I32) && !matches!(op.operand_type(), Type::I32) => 1,
        _ => match crate::opt::int::split(op) {
            Some((op, _)) if op.inverse().is_some() => 1,
            _ => u64::MAX,
        },
    }
}
