//! Rules for operators with two operands. Each keeps the result equal bit for bit for every input.

use super::{Simplifier, Step, bits};
use crate::ir::{BinaryOp, Inst, Value};
use crate::opt::fold;
use crate::opt::int::{IntOp, Width, join, split};

impl Simplifier<'_> {
    pub(super) fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Option<Step> {
        let (ca, cb) = (self.constant(a), self.constant(b));
        if let (Some(ca), Some(cb)) = (ca, cb) {
            return fold::binary(op, ca, cb).map(Step::Const);
        }
        let (int, width) = split(op)?;
        if ca.is_some() {
            // Constants go to the right.
            if int.commutes() {
                return Some(Step::Inst(Inst::Binary(op, b, a)));
            }
            if let Some(swapped) = int.swapped() {
                return Some(Step::Inst(Inst::Binary(join(swapped, width), b, a)));
            }
        }
        if a == b {
            return same_operands(int, a);
        }
        if int.inverse().is_some() {
            return self.compare(int, width, a, b, cb);
        }
        match cb {
            Some(c) => self
                .with_const(int, width, a, b, c)
                .or_else(|| self.reassociate(int, width, a, c)),
            None => self.with_sum(int, width, a, b),
        }
    }

    /// `a op c`, `c` being the constant `b`.
    fn with_const(&mut self, op: IntOp, w: Width, a: Value, b: Value, c: u64) -> Option<Step> {
        let all = w.mask();
        let possible = bits::possible(self.func, self.masks, a);
        Some(match op {
            IntOp::Add | IntOp::Or | IntOp::Xor if c == 0 => Step::Value(a),
            IntOp::Sub => self.with(IntOp::Add, w, a, c.wrapping_neg() & all),
            IntOp::Mul if c == 0 => Step::Value(b),
            IntOp::Mul | IntOp::DivU | IntOp::DivS if c == 1 => Step::Value(a),
            IntOp::Mul if c.is_power_of_two() => {
                self.with(IntOp::Shl, w, a, u64::from(c.trailing_zeros()))
            }
            IntOp::DivU if c.is_power_of_two() => {
                self.with(IntOp::ShrU, w, a, u64::from(c.trailing_zeros()))
            }
            IntOp::RemU if c.is_power_of_two() => self.with(IntOp::And, w, a, c - 1),
            IntOp::RemS if c == 1 || c == all => Step::Const(0),
            IntOp::And if possible & c == 0 => Step::Const(0),
            IntOp::And if possible & !c == 0 => Step::Value(a),
            // Bits that cannot be set need not be masked out; all ones fit an immediate.
            IntOp::Or if c == all => Step::Value(b),
            IntOp::Xor if c == 1 && possible == 1 => {
                Step::Inst(Inst::Unary(crate::ir::UnaryOp::I32Eqz, a))
                    .only_if(matches!(w, Width::W32))?
            }
            IntOp::Shl | IntOp::ShrS | IntOp::ShrU | IntOp::Rotl | IntOp::Rotr => {
                let shift = c % w.bits();
                match op {
                    _ if shift == 0 => Step::Value(a),
                    IntOp::Rotr => self.with(IntOp::Rotl, w, a, w.bits() - shift),
                    _ if shift != c => self.with(op, w, a, shift),
                    IntOp::ShrU if possible >> shift == 0 => Step::Const(0),
                    IntOp::ShrS if possible & w.min_signed() == 0 => {
                        self.with(IntOp::ShrU, w, a, shift)
                    }
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    /// `(x inner c1) op c` with two constants, as one operation where that is the same.
    fn reassociate(&mut self, op: IntOp, w: Width, a: Value, c: u64) -> Option<Step> {
        let (inner, x, y) = self.as_binary(a)?;
        let (inner, inner_width) = split(inner)?;
        let c1 = self.constant(y).filter(|_| inner_width == w)?;
        let all = w.mask();
        Some(match (inner, op) {
            (IntOp::Add, IntOp::Add) => self.with(op, w, x, c.wrapping_add(c1) & all),
            (IntOp::Mul, IntOp::Mul) => self.with(op, w, x, c.wrapping_mul(c1) & all),
            (IntOp::And, IntOp::And) => self.with(op, w, x, c & c1),
            (IntOp::Or, IntOp::Or) => self.with(op, w, x, c | c1),
            (IntOp::Xor, IntOp::Xor) => self.with(op, w, x, c ^ c1),
            (IntOp::Rotl, IntOp::Rotl) => self.with(op, w, x, (c + c1) % w.bits()),
            (IntOp::Shl, IntOp::Shl) | (IntOp::ShrU, IntOp::ShrU) => match c + c1 {
                sum if sum < w.bits() => self.with(op, w, x, sum),
                _ => Step::Const(0),
            },
            (IntOp::ShrS, IntOp::ShrS) => self.with(op, w, x, (c + c1).min(w.bits() - 1)),
            (IntOp::Shl, IntOp::ShrU) if c == c1 => self.with(IntOp::And, w, x, all >> c),
            (IntOp::ShrU | IntOp::ShrS, IntOp::Shl) if c == c1 => {
                self.with(IntOp::And, w, x, (all << c) & all)
            }
            (IntOp::Shl, IntOp::ShrS) if c == c1 => {
                let op = super::unary::sign_extension(w, w.bits() - c)?;
                Step::Inst(Inst::Unary(op, x))
            }
            _ => return None,
        })
    }

    /// Sums and differences that cancel: `(x + y) - y`, `(x - y) + y`, `x + (0 - y)`.
    fn with_sum(&mut self, op: IntOp, w: Width, a: Value, b: Value) -> Option<Step> {
        let of = |this: &Self, value, wanted| {
            let (op, x, y) = this.as_binary(value)?;
            (op == join(wanted, w)).then_some((x, y))
        };
        match op {
            IntOp::Sub => match of(self, a, IntOp::Add) {
                Some((x, y)) if y == b => Some(Step::Value(x)),
                Some((x, y)) if x == b => Some(Step::Value(y)),
                _ => None,
            },
            IntOp::Add => {
                for (sum, other) in [(a, b), (b, a)] {
                    let Some((x, y)) = of(self, sum, IntOp::Sub) else {
                        continue;
                    };
                    if y == other {
                        return Some(Step::Value(x));
                    }
                    if self.constant(x) == Some(0) {
                        return Some(Step::Inst(Inst::Binary(join(IntOp::Sub, w), other, y)));
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// `a op c` with a new constant.
    pub(super) fn with(&mut self, op: IntOp, w: Width, a: Value, c: u64) -> Step {
        let b = self.new_const(w.ty(), c);
        Step::Inst(Inst::Binary(join(op, w), a, b))
    }
}

impl Step {
    fn only_if(self, holds: bool) -> Option<Self> {
        holds.then_some(self)
    }
}

/// `x op x`.
fn same_operands(op: IntOp, x: Value) -> Option<Step> {
    Some(match op {
        IntOp::And | IntOp::Or => Step::Value(x),
        IntOp::Sub | IntOp::Xor => Step::Const(0),
        IntOp::Eq | IntOp::LeS | IntOp::LeU | IntOp::GeS | IntOp::GeU => Step::Const(1),
        IntOp::Ne | IntOp::LtS | IntOp::LtU | IntOp::GtS | IntOp::GtU => Step::Const(0),
        _ => return None,
    })
}
