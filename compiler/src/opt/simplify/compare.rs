//! Rules for integer comparisons.

use super::{Simplifier, Step, bits};
use crate::ir::{Inst, UnaryOp, Value};
use crate::opt::int::{IntOp, Width, join, split};

impl Simplifier<'_> {
    /// `a op b`; `c` is the constant that `b` is, if it is one.
    pub(super) fn compare(
        &mut self,
        op: IntOp,
        w: Width,
        a: Value,
        b: Value,
        c: Option<u64>,
    ) -> Option<Step> {
        if matches!(w, Width::W64)
            && let Some(step) = self.narrow(op, a, b, c)
        {
            return Some(step);
        }
        let c = c?;
        if w == Width::W64
            && op == IntOp::Ne
            && c == 0
            && let Some(low) = self.as_low(a)
        {
            return Some(self.with(IntOp::Ne, Width::W32, low, 0));
        }
        self.at_the_edge(op, w, a, c)
            .or_else(|| self.through(op, w, a, c))
    }

    /// Comparisons with the ends of the range, or outside the range that `a` can be in.
    fn at_the_edge(&mut self, op: IntOp, w: Width, a: Value, c: u64) -> Option<Step> {
        let possible = bits::possible(self.func, self.masks, a);
        let (least, greatest) = (w.min_signed(), w.min_signed() - 1);
        let eqz = match w {
            Width::W32 => UnaryOp::I32Eqz,
            Width::W64 => UnaryOp::I64Eqz,
        };
        Some(match op {
            IntOp::Eq | IntOp::Ne if c & !possible != 0 => Step::Const(u64::from(op == IntOp::Ne)),
            IntOp::Eq if c == 0 => Step::Inst(Inst::Unary(eqz, a)),
            IntOp::Ne if c == 0 && possible == 1 && w == Width::W32 => Step::Value(a),
            IntOp::Eq if c == 1 && possible == 1 && w == Width::W32 => Step::Value(a),
            IntOp::Ne if c == 1 && possible == 1 => Step::Inst(Inst::Unary(eqz, a)),
            IntOp::LtU if c == 0 => Step::Const(0),
            IntOp::GeU if c == 0 => Step::Const(1),
            IntOp::LeU if c == 0 => Step::Inst(Inst::Unary(eqz, a)),
            IntOp::LtU if c == 1 => Step::Inst(Inst::Unary(eqz, a)),
            IntOp::GtU if c == 0 => self.with(IntOp::Ne, w, a, 0),
            IntOp::GeU if c == 1 => self.with(IntOp::Ne, w, a, 0),
            IntOp::LeU if c >= possible => Step::Const(1),
            IntOp::LtU if c > possible => Step::Const(1),
            IntOp::GtU if c >= possible => Step::Const(0),
            IntOp::GeU if c > possible => Step::Const(0),
            IntOp::LtS if c == least => Step::Const(0),
            IntOp::GeS if c == least => Step::Const(1),
            IntOp::GtS if c == greatest => Step::Const(0),
            IntOp::LeS if c == greatest => Step::Const(1),
            // Neither side is negative.
            _ if op.is_signed_compare() && (possible | c) & least == 0 => {
                self.with(op.unsigned(), w, a, c)
            }
            _ => return None,
        })
    }

    /// Equality of a sum, a difference or an exclusive or with a constant.
    fn through(&mut self, op: IntOp, w: Width, a: Value, c: u64) -> Option<Step> {
        if !matches!(op, IntOp::Eq | IntOp::Ne) {
            return None;
        }
        let (inner, x, y) = self.as_binary(a)?;
        let (inner, inner_width) = split(inner)?;
        if inner_width != w || inner.inverse().is_some() {
            return None;
        }
        match (inner, self.constant(y)) {
            (IntOp::Add, Some(c1)) => Some(self.with(op, w, x, c.wrapping_sub(c1) & w.mask())),
            (IntOp::Xor, Some(c1)) => Some(self.with(op, w, x, c ^ c1)),
            (IntOp::Sub | IntOp::Xor, None) if c == 0 => {
                Some(Step::Inst(Inst::Binary(join(op, w), x, y)))
            }
            _ => None,
        }
    }

    /// A 64-bit comparison of extended 32-bit numbers as a 32-bit one.
    fn narrow(&mut self, op: IntOp, a: Value, b: Value, c: Option<u64>) -> Option<Step> {
        let (extension, x) = self.as_unary(a)?;
        let op = match extension {
            UnaryOp::I64ExtendI32U => op.unsigned(),
            UnaryOp::I64ExtendI32S => op,
            _ => return None,
        };
        let w = Width::W32;
        let Some(c) = c else {
            let (other, y) = self.as_unary(b)?;
            // Sign extension keeps the unsigned order as well as the signed one.
            return (other == extension).then(|| Step::Inst(Inst::Binary(join(op, w), x, y)));
        };
        let low = c & w.mask();
        let fits = match extension {
            UnaryOp::I64ExtendI32U => c == low,
            _ => c == i64::from(low as i32) as u64,
        };
        fits.then(|| self.with(op, w, x, low))
    }
}
