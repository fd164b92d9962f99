//! Selection of vector operators: an instruction each, and several in one where that takes more than a pair of instructions to see:
//! multiplications added to or subtracted from something, shifts by constants, rotations, shuffles of one vector. Pairs are in `fuse`.

use super::cond::Width;
use super::select::Selector;
use crate::ir::{Inst, SimdOp, Type, Value};
use wrt_format::isa::Op;

/// Operators that take in a multiplication, on the right or, if they commute, on either side: what multiplies, and both in one.
const FUSED: [(SimdOp, SimdOp, Op, bool); 4] = [
    (SimdOp::F32x4Add, SimdOp::F32x4Mul, Op::F32x4MulAdd, true),
    (SimdOp::F32x4Sub, SimdOp::F32x4Mul, Op::F32x4SubMul, false),
    (SimdOp::F64x2Add, SimdOp::F64x2Mul, Op::F64x2MulAdd, true),
    (SimdOp::F64x2Sub, SimdOp::F64x2Mul, Op::F64x2SubMul, false),
];

/// Shifts, the width of their lanes and what they are by a constant.
const SHIFTS: [(SimdOp, u64, Op); 9] = [
    (SimdOp::I8x16ShrU, 8, Op::I8x16ShrUImm),
    (SimdOp::I16x8Shl, 16, Op::I16x8ShlImm),
    (SimdOp::I16x8ShrS, 16, Op::I16x8ShrSImm),
    (SimdOp::I16x8ShrU, 16, Op::I16x8ShrUImm),
    (SimdOp::I32x4Shl, 32, Op::I32x4ShlImm),
    (SimdOp::I32x4ShrS, 32, Op::I32x4ShrSImm),
    (SimdOp::I32x4ShrU, 32, Op::I32x4ShrUImm),
    (SimdOp::I64x2Shl, 64, Op::I64x2ShlImm),
    (SimdOp::I64x2ShrU, 64, Op::I64x2ShrUImm),
];

/// What a rotation is made of: shifts to the left and to the right, the width of their lanes, and what does all.
const ROTATIONS: [(SimdOp, SimdOp, u64, Op); 2] = [
    (SimdOp::I32x4Shl, SimdOp::I32x4ShrU, 32, Op::I32x4RotlImm),
    (SimdOp::I64x2Shl, SimdOp::I64x2ShrU, 64, Op::I64x2RotlImm),
];

impl Selector<'_> {
    /// Selects a constant vector.
    pub(super) fn vector_const(&mut self, bits: u128, result: Value) {
        let dst = self.def(result);
        let index = self.pool_pair(bits);
        self.emit(Op::V128Const, &[dst, index]);
    }

    /// Selects an operator on vectors.
    pub(super) fn vector(&mut self, op: SimdOp, lane: u8, args: [Value; 3], result: Value) {
        let dst = self.def(result);
        if self.vector_multiply(op, args, dst)
            || self.vector_shift(op, args, dst)
            || self.vector_rotation(op, args, dst)
            || self.vector_permutation(op, args, dst)
        {
            return;
        }
        let (row, swapped) = op.row();
        let mut fields = vec![dst];
        for (&ty, arg) in op.operand_types().iter().zip(args) {
            // Instructions read the low half of the slot of an i32.
            let field = match ty {
                Type::I32 => self.narrow_field(arg, Width::W32),
                Type::I64
                | Type::F32
                | Type::F64
                | Type::V128
                | Type::FuncRef
                | Type::ExternRef
                | Type::AnyRef
                | Type::ExnRef => self.field(arg),
            };
            fields.push(field);
        }
        if swapped {
            fields.swap(1, 2);
        }
        if op.has_lane() {
            fields.push(lane.into());
        }
        self.emit(row, &fields);
    }

    /// `a * b + c` and `c - a * b` of floats, each operation rounded by itself.
    fn vector_multiply(&mut self, op: SimdOp, args: [Value; 3], dst: i64) -> bool {
        let found = FUSED.iter().find(|(outer, ..)| *outer == op);
        let Some(&(_, mul, fused, commutes)) = found else {
            return false;
        };
        let [a, b, _] = args;
        let orders = [(b, a), (a, b)];
        for (product, other) in orders.into_iter().take(if commutes { 2 } else { 1 }) {
            if let Some(&Inst::Simd { op, args, .. }) = self.fold(product)
                && op == mul
            {
                let [x, y] = [args[0], args[1]].map(|arg| self.field(arg));
                let other = self.field(other);
                self.emit(fused, &[dst, x, y, other]);
                return true;
            }
        }
        false
    }

    /// A shift by a constant.
    fn vector_shift(&mut self, op: SimdOp, args: [Value; 3], dst: i64) -> bool {
        let [a, distance, _] = args;
        let row = SHIFTS.iter().find(|(shift, ..)| *shift == op);
        let Some((&(_, width, by_constant), distance)) = row.zip(self.const_bits(distance)) else {
            return false;
        };
        let a = self.field(a);
        self.emit(by_constant, &[dst, a, (distance % width) as i64]);
        true
    }

    /// Two shifts of one vector, in opposite directions and together by the width of a lane, put beside each other.
    fn vector_rotation(&mut self, op: SimdOp, args: [Value; 3], dst: i64) -> bool {
        // No bit is in both, so that it does not matter which operator puts them together.
        if !matches!(op, SimdOp::V128Or | SimdOp::V128Xor) {
            return false;
        }
        let [a, b, _] = args;
        for (left, right) in [(a, b), (b, a)] {
            let Some((shl, left)) = self.constant_shift(left) else {
                return false;
            };
            let Some((shr, right)) = self.constant_shift(right) else {
                return false;
            };
            let same = self.root(left.0) == self.root(right.0);
            let row = ROTATIONS.iter().find(|(l, r, width, _)| {
                // A rotation by 0 would be something else: both bits of each.
                (*l, *r) == (shl, shr)
                    && left.1 % width != 0
                    && (left.1 % width + right.1 % width) == *width
            });
            if let Some(&(_, _, width, rotl)) = row.filter(|_| same) {
                let src = self.field(left.0);
                self.emit(rotl, &[dst, src, (left.1 % width) as i64]);
                return true;
            }
        }
        false
    }

    /// A foldable shift by a constant: the operator, what it shifts, and how far.
    fn constant_shift(&self, value: Value) -> Option<(SimdOp, (Value, u64))> {
        let Some(&Inst::Simd { op, args, .. }) = self.fold(value) else {
            return None;
        };
        SHIFTS.iter().find(|(shift, ..)| *shift == op)?;
        Some((op, (args[0], self.const_bits(args[1])?)))
    }

    /// A shuffle of lanes of the first operand alone, or of two that are the same: a rotation of wider lanes if it is one, else a swizzle, for
    /// which no number of a lane is out of range.
    fn vector_permutation(&mut self, op: SimdOp, args: [Value; 3], dst: i64) -> bool {
        let [a, b, lanes] = args;
        let Some(&Inst::V128Const(bits)) =
            self.inst_of(lanes).filter(|_| op == SimdOp::I8x16Shuffle)
        else {
            return false;
        };
        let mut numbers = bits.to_le_bytes();
        if self.fuse && self.root(a) == self.root(b) {
            numbers = numbers.map(|number| number % 16);
            for (width, rotl) in [(4, Op::I32x4RotlImm), (8, Op::I64x2RotlImm)] {
                if let Some(bytes) = rotated_bytes(&numbers, width) {
                    let src = self.field(a);
                    self.emit(rotl, &[dst, src, 8 * bytes]);
                    return true;
                }
            }
        }
        let within = self.fuse && bits.to_le_bytes().iter().all(|&number| number < 16);
        if within {
            let fields = [dst, self.field(a), self.field(lanes)];
            self.emit(Op::I8x16Swizzle, &fields);
        }
        within
    }
}

/// By how many bytes each lane of `width` bytes is rotated to the left, if these numbers of bytes do that and no more.
fn rotated_bytes(numbers: &[u8; 16], width: u8) -> Option<i64> {
    let bytes = width.checked_sub(numbers[0])? % width;
    let is_rotated =
        |(to, &from): (u8, &u8)| from == to / width * width + (to + width - bytes) % width;
    let all = bytes != 0 && (0..).zip(numbers).all(is_rotated);
    all.then_some(bytes.into())
}
