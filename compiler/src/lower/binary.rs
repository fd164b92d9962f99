//! Patterns of operators with two operands: immediates, comparisons, multiply-add, shift-add, operands loaded from memory.

use super::cond::{Compare, Width};
use super::memory::Addr;
use super::rows::{self, ArithRow, BinaryRow};
use super::select::{Selector, fits16};
use crate::ir::{BinaryOp, InstIdx, Value};
use wrt_format::isa::{MAX_SHIFT, Op};

impl Selector<'_> {
    /// Selects `result = op(a, b)`.
    pub(super) fn binary(&mut self, idx: InstIdx, op: BinaryOp, a: Value, b: Value, result: Value) {
        let dst = self.def(result);
        let row = match rows::binary(op) {
            BinaryRow::Compare(compare) => return self.compare(compare, a, b, dst),
            BinaryRow::Arith(row) => row,
        };
        let width = Width::of(op.operand_type());
        if self.arith_imm(op, &row, width, (a, b), dst) {
            return;
        }
        let fused = self.fuse
            && (self.shift_add(&row, width, (a, b), dst)
                || self.multiply(&row, width, (a, b), dst)
                || self.arith_load(idx, &row, width, (a, b), dst));
        if !fused {
            let (lhs, rhs) = (self.narrow_field(a, width), self.narrow_field(b, width));
            self.emit(row.rr, &[dst, lhs, rhs]);
        }
    }

    /// A comparison into a slot.
    pub(super) fn compare(&mut self, compare: Compare, a: Value, b: Value, dst: i64) {
        let ops = compare.ops();
        let (form, lhs, rhs) = self.compare_form(compare, a, b);
        let op = match form {
            Form::Imm(compare) => compare.ops().slot_imm,
            Form::Slots => ops.slot,
        };
        if let Some(op) = op {
            self.emit(op, &[dst, lhs, rhs]);
        }
    }

    /// How a comparison's operands go into an instruction: with an immediate if one is a fitting constant.
    pub(super) fn compare_form(
        &mut self,
        compare: Compare,
        a: Value,
        b: Value,
    ) -> (Form, i64, i64) {
        if let Some(width) = compare.int_width() {
            if let Some(imm) = self.imm16(b, width) {
                return (Form::Imm(compare), self.narrow_field(a, width), imm);
            }
            if let Some(imm) = self.imm16(a, width) {
                return (
                    Form::Imm(compare.swapped()),
                    self.narrow_field(b, width),
                    imm,
                );
            }
        }
        let (a, b) = if compare.ops().swap { (b, a) } else { (a, b) };
        let width = compare.width();
        (
            Form::Slots,
            self.narrow_field(a, width),
            self.narrow_field(b, width),
        )
    }

    /// The immediate with which `row` can have the constant `value` as its right operand.
    pub(super) fn imm_for(&self, row: &ArithRow, width: Width, value: Value) -> Option<(Op, i64)> {
        let (op, rule) = row.imm?;
        let imm = rule.apply(width.signed(self.const_bits(value)?), width);
        fits16(imm).then_some((op, imm))
    }

    fn arith_imm(
        &mut self,
        op: BinaryOp,
        row: &ArithRow,
        width: Width,
        (a, b): (Value, Value),
        dst: i64,
    ) -> bool {
        let orders = [(a, b), (b, a)];
        for (lhs, rhs) in orders.into_iter().take(if row.commutes { 2 } else { 1 }) {
            if let Some((code, imm)) = self.imm_for(row, width, rhs) {
                let lhs = self.narrow_field(lhs, width);
                self.emit(code, &[dst, lhs, imm]);
                return true;
            }
            if op == BinaryOp::I64And && self.const_bits(rhs) == Some(u64::from(u32::MAX)) {
                let lhs = self.field(lhs);
                self.emit(Op::I64ExtendI32U, &[dst, lhs]);
                return true;
            }
        }
        false
    }

    /// `a + (b << 0..=3)`.
    fn shift_add(
        &mut self,
        row: &ArithRow,
        width: Width,
        (a, b): (Value, Value),
        dst: i64,
    ) -> bool {
        let Some((shl, op)) = row.shl_add else {
            return false;
        };
        for (sum, shifted) in [(a, b), (b, a)] {
            if let Some((index, shift)) = self.fold_shift(shifted, shl, width) {
                let (sum, index) = (
                    self.narrow_field(sum, width),
                    self.narrow_field(index, width),
                );
                self.emit(op, &[dst, sum, index, shift]);
                return true;
            }
        }
        false
    }

    /// `value` as a foldable shift by up to [`MAX_SHIFT`]: what is shifted, and how far.
    pub(super) fn fold_shift(
        &self,
        value: Value,
        shl: BinaryOp,
        width: Width,
    ) -> Option<(Value, i64)> {
        let (index, distance) = self.fold_binary(value, shl)?;
        let shift = self.const_bits(distance)? & u64::from(width.bits() - 1);
        (shift <= MAX_SHIFT.into()).then_some((index, shift as i64))
    }

    /// `a * b + c`, `a * b - c`, `c - a * b`.
    fn multiply(&mut self, row: &ArithRow, width: Width, (a, b): (Value, Value), dst: i64) -> bool {
        let candidates = [
            (row.mul_add, b, a),
            (row.mul_add, a, b),
            (row.mul_sub, a, b),
            (row.sub_mul, b, a),
        ];
        for (pattern, product, other) in candidates {
            let Some((mul, op)) = pattern else { continue };
            let Some((x, y)) = self.fold_binary(product, mul) else {
                continue;
            };
            // A multiplication by an immediate needs no slot for its constant.
            if let BinaryRow::Arith(mul_row) = rows::binary(mul)
                && (self.imm_for(&mul_row, width, x).is_some()
                    || self.imm_for(&mul_row, width, y).is_some())
            {
                continue;
            }
            let [x, y, other] = [x, y, other].map(|value| self.narrow_field(value, width));
            self.emit(op, &[dst, x, y, other]);
            return true;
        }
        false
    }

    /// One operand read from memory by the instruction itself.
    fn arith_load(
        &mut self,
        idx: InstIdx,
        row: &ArithRow,
        width: Width,
        (a, b): (Value, Value),
        dst: i64,
    ) -> bool {
        let Some(op) = row.load else { return false };
        let orders = [(a, b), (b, a)];
        for (lhs, rhs) in orders.into_iter().take(if row.commutes { 2 } else { 1 }) {
            let Some(load) = self.fold_load(rhs, width, idx) else {
                continue;
            };
            // The address has only one form here: a load of its own with a better one is as good, and `fuse` knows some more.
            let scaled = match width {
                Width::W32 => Op::Load32Scaled,
                Width::W64 => Op::Load64Scaled,
            };
            let address = self.address(load.addr, load.offset, Some(scaled));
            let Addr::Slot(addr, offset) = address else {
                continue;
            };
            self.mark_loaded(load);
            let (lhs, addr) = (self.narrow_field(lhs, width), self.field(addr));
            self.emit(op, &[dst, lhs, addr, i64::from(offset)]);
            return true;
        }
        false
    }
}

/// How the right operand of a comparison is given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Both operands in slots, already in the order of the instruction.
    Slots,
    /// The right operand as an immediate, of this comparison.
    Imm(Compare),
}
