//! Rules for operators with one operand, and for conditions, of which only zero or not zero matters.

use super::{Simplifier, Step, bits};
use crate::ir::{BinaryOp, Func, Inst, LoadOp, Type, UnaryOp, Value};
use crate::opt::fold;
use crate::opt::int::{IntOp, Width, join, split};

/// The operator that extends the sign of the low `bits` bits, if there is one.
pub(super) const fn sign_extension(w: Width, bits: u64) -> Option<UnaryOp> {
    match (w, bits) {
        (Width::W32, 8) => Some(UnaryOp::I32Extend8S),
        (Width::W32, 16) => Some(UnaryOp::I32Extend16S),
        (Width::W64, 8) => Some(UnaryOp::I64Extend8S),
        (Width::W64, 16) => Some(UnaryOp::I64Extend16S),
        (Width::W64, 32) => Some(UnaryOp::I64Extend32S),
        _ => None,
    }
}

/// A simpler i32 that is zero exactly if `cond` is, or, with `true`, exactly if `cond` is not.
pub(super) fn condition(func: &Func, cond: Value) -> Option<(Value, bool)> {
    match func.insts[func.def_inst(cond)?.index()].inst {
        Inst::Unary(UnaryOp::I32Eqz, a) => Some((a, true)),
        Inst::Binary(BinaryOp::I32Ne, a, b) if super::constant(func, b) == Some(0) => {
            Some((a, false))
        }
        _ => None,
    }
}

impl Simplifier<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, a: Value) -> Option<Step> {
        if let Some(c) = self.constant(a) {
            return fold::unary(op, c).map(Step::Const);
        }
        match op {
            UnaryOp::I32Eqz => self.eqz(Width::W32, a),
            UnaryOp::I64Eqz => self.eqz(Width::W64, a),
            UnaryOp::I32WrapI64 => self.wrap(a),
            UnaryOp::I64ExtendI32S => self.extend_signed(a),
            UnaryOp::I32Extend8S | UnaryOp::I64Extend8S => self.sign_extend(op, a, 8),
            UnaryOp::I32Extend16S | UnaryOp::I64Extend16S => self.sign_extend(op, a, 16),
            UnaryOp::I64Extend32S => self.sign_extend(op, a, 32),
            _ => self.pair(op, a),
        }
    }

    /// `a == 0`.
    fn eqz(&mut self, w: Width, a: Value) -> Option<Step> {
        if w == Width::W64
            && let Some(low) = self.as_low(a)
        {
            return Some(Step::Inst(Inst::Unary(UnaryOp::I32Eqz, low)));
        }
        if let Some((inner, x)) = self.as_unary(a) {
            return match inner {
                // The operand of the inner one is 0 or 1, or has to be made so.
                UnaryOp::I32Eqz if bits::possible(self.func, self.masks, x) == 1 => {
                    Some(Step::Value(x))
                }
                UnaryOp::I32Eqz => Some(self.with(IntOp::Ne, Width::W32, x, 0)),
                UnaryOp::I64Eqz => Some(self.with(IntOp::Ne, Width::W64, x, 0)),
                UnaryOp::I64ExtendI32U | UnaryOp::I64ExtendI32S if w == Width::W64 => {
                    Some(Step::Inst(Inst::Unary(UnaryOp::I32Eqz, x)))
                }
                _ => None,
            };
        }
        let (op, x, y) = self.as_binary(a)?;
        // Other float comparisons have no inverse: all are false for NaN.
        match op {
            BinaryOp::F32Eq => return Some(Step::Inst(Inst::Binary(BinaryOp::F32Ne, x, y))),
            BinaryOp::F32Ne => return Some(Step::Inst(Inst::Binary(BinaryOp::F32Eq, x, y))),
            BinaryOp::F64Eq => return Some(Step::Inst(Inst::Binary(BinaryOp::F64Ne, x, y))),
            BinaryOp::F64Ne => return Some(Step::Inst(Inst::Binary(BinaryOp::F64Eq, x, y))),
            _ => {}
        }
        let (op, inner_width) = split(op)?;
        if let Some(inverse) = op.inverse() {
            return Some(Step::Inst(Inst::Binary(join(inverse, inner_width), x, y)));
        }
        match op {
            IntOp::Sub | IntOp::Xor => Some(Step::Inst(Inst::Binary(join(IntOp::Eq, w), x, y))),
            IntOp::Add => {
                let c = self.constant(y)?;
                Some(self.with(IntOp::Eq, w, x, c.wrapping_neg() & w.mask()))
            }
            _ => None,
        }
    }

    /// An i32 that is zero exactly if this i64 is: its low half, if the other half is zero, of whose bits those that a mask keeps are masked in it,
    /// since there are more instructions for an i32.
    pub(super) fn as_low(&mut self, a: Value) -> Option<Value> {
        let wrap = |x| Inst::Unary(UnaryOp::I32WrapI64, x);
        if let Some((BinaryOp::I64And, x, y)) = self.as_binary(a)
            && let Some(mask) = self.constant(y)
            && mask <= u64::from(u32::MAX)
        {
            let low = self.new_value(wrap(x), Type::I32);
            let mask = self.new_const(Type::I32, mask);
            return Some(self.new_value(Inst::Binary(BinaryOp::I32And, low, mask), Type::I32));
        }
        let possible = bits::possible(self.func, self.masks, a);
        (possible <= u64::from(u32::MAX)).then(|| self.new_value(wrap(a), Type::I32))
    }

    /// The low 32 bits of an i64.
    fn wrap(&mut self, a: Value) -> Option<Step> {
        if let Some((inner, x)) = self.as_unary(a) {
            return match inner {
                UnaryOp::I64ExtendI32S | UnaryOp::I64ExtendI32U => Some(Step::Value(x)),
                UnaryOp::I64Extend32S => Some(Step::Inst(Inst::Unary(UnaryOp::I32WrapI64, x))),
                _ => None,
            };
        }
        let (op, x, y) = self.as_binary(a)?;
        let (op, _) = split(op)?;
        if op == IntOp::And && self.constant(y)? & 0xffff_ffff == 0xffff_ffff {
            return Some(Step::Inst(Inst::Unary(UnaryOp::I32WrapI64, x)));
        }
        // The low half of the result depends on the low halves of the operands alone.
        if !matches!(
            op,
            IntOp::Add | IntOp::Sub | IntOp::Mul | IntOp::And | IntOp::Or | IntOp::Xor
        ) {
            return None;
        }
        let (x, y) = (self.low_half(x)?, self.low_half(y)?);
        let (x, y) = (self.low_value(x), self.low_value(y));
        Some(Step::Inst(Inst::Binary(join(op, Width::W32), x, y)))
    }

    /// The i32 that an i64 is extended from, or its low half if it is a constant.
    fn low_half(&self, value: Value) -> Option<Result<Value, u64>> {
        if let Some(c) = self.constant(value) {
            return Some(Err(c & 0xffff_ffff));
        }
        match self.as_unary(value)? {
            (UnaryOp::I64ExtendI32S | UnaryOp::I64ExtendI32U, x) => Some(Ok(x)),
            _ => None,
        }
    }

    fn low_value(&mut self, half: Result<Value, u64>) -> Value {
        half.unwrap_or_else(|c| self.new_const(Type::I32, c))
    }

    fn extend_signed(&mut self, a: Value) -> Option<Step> {
        if let Some((UnaryOp::I32WrapI64, x)) = self.as_unary(a) {
            return Some(Step::Inst(Inst::Unary(UnaryOp::I64Extend32S, x)));
        }
        let negative = bits::possible(self.func, self.masks, a) & Width::W32.min_signed();
        (negative == 0).then_some(Step::Inst(Inst::Unary(UnaryOp::I64ExtendI32U, a)))
    }

    /// Sign extension `op` of the low `bits` bits.
    fn sign_extend(&mut self, op: UnaryOp, a: Value, bits: u32) -> Option<Step> {
        let mask = u64::MAX >> (64 - bits);
        if bits::possible(self.func, self.masks, a) & !(mask >> 1) == 0 {
            return Some(Step::Value(a));
        }
        let def = &self.func.insts[self.func.def_inst(a)?.index()].inst;
        match *def {
            Inst::Unary(inner, x) => match inner {
                UnaryOp::I32Extend8S | UnaryOp::I64Extend8S => Some(Step::Value(a)),
                UnaryOp::I32Extend16S | UnaryOp::I64Extend16S if bits >= 16 => Some(Step::Value(a)),
                UnaryOp::I64Extend32S | UnaryOp::I64ExtendI32S if bits == 32 => {
                    Some(Step::Value(a))
                }
                UnaryOp::I32Extend16S | UnaryOp::I64Extend16S | UnaryOp::I64Extend32S => {
                    Some(Step::Inst(Inst::Unary(op, x)))
                }
                UnaryOp::I64ExtendI32U if bits == 32 => {
                    Some(Step::Inst(Inst::Unary(UnaryOp::I64ExtendI32S, x)))
                }
                _ => None,
            },
            Inst::Binary(BinaryOp::I32And | BinaryOp::I64And, x, y) => {
                (self.constant(y)? & mask == mask).then_some(Step::Inst(Inst::Unary(op, x)))
            }
            Inst::Load { op: load, .. } => matches!(
                (load, bits),
                (LoadOp::I32Load8S | LoadOp::I64Load8S, _)
                    | (LoadOp::I32Load16S | LoadOp::I64Load16S, 16 | 32)
                    | (LoadOp::I64Load32S, 32)
            )
            .then_some(Step::Value(a)),
            _ => None,
        }
    }

    /// Operators that undo each other.
    fn pair(&mut self, op: UnaryOp, a: Value) -> Option<Step> {
        let (inner, x) = self.as_unary(a)?;
        match (op, inner) {
            (UnaryOp::I32ReinterpretF32, UnaryOp::F32ReinterpretI32)
            | (UnaryOp::F32ReinterpretI32, UnaryOp::I32ReinterpretF32)
            | (UnaryOp::I64ReinterpretF64, UnaryOp::F64ReinterpretI64)
            | (UnaryOp::F64ReinterpretI64, UnaryOp::I64ReinterpretF64)
            | (UnaryOp::F32Neg, UnaryOp::F32Neg)
            | (UnaryOp::F64Neg, UnaryOp::F64Neg) => Some(Step::Value(x)),
            (UnaryOp::F32Abs, UnaryOp::F32Abs) | (UnaryOp::F64Abs, UnaryOp::F64Abs) => {
                Some(Step::Value(a))
            }
            (UnaryOp::F32Abs, UnaryOp::F32Neg) | (UnaryOp::F64Abs, UnaryOp::F64Neg) => {
                Some(Step::Inst(Inst::Unary(op, x)))
            }
            _ => None,
        }
    }
}
