//! Selection of vector operators: an instruction each, and multiplications added to or subtracted from something in one.

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
        if self.vector_multiply(op, args, dst) {
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
}
