//! Wide arithmetic: numbers of 128 bits in two i64, the low half first. Each operator becomes a few of one result, which the passes
//! know: a half that nobody uses is not computed.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the operators of other proposals are for others"
)]

use super::{Builder, Inst, Type, Value};
use crate::ir::ops::{BinaryOp, UnaryOp};
use wasmparser::Operator;

impl Builder<'_> {
    /// Builds the operator. Whether it was one of these.
    pub(super) fn wide(&mut self, op: &Operator<'_>) -> bool {
        let halves = match *op {
            Operator::I64Add128 => {
                let [a_low, a_high, b_low, b_high] = self.pop_i64s();
                let low = self.i64(BinaryOp::I64Add, a_low, b_low);
                let carry = self.less(low, a_low);
                let high = self.i64(BinaryOp::I64Add, a_high, b_high);
                [low, self.i64(BinaryOp::I64Add, high, carry)]
            }
            Operator::I64Sub128 => {
                let [a_low, a_high, b_low, b_high] = self.pop_i64s();
                let low = self.i64(BinaryOp::I64Sub, a_low, b_low);
                let borrow = self.less(a_low, b_low);
                let high = self.i64(BinaryOp::I64Sub, a_high, b_high);
                [low, self.i64(BinaryOp::I64Sub, high, borrow)]
            }
            Operator::I64MulWideS => self.product(BinaryOp::I64MulHighS),
            Operator::I64MulWideU => self.product(BinaryOp::I64MulHighU),
            _ => return false,
        };
        self.stack.extend(halves);
        true
    }

    fn product(&mut self, high: BinaryOp) -> [Value; 2] {
        let [a, b] = self.pop_i64s();
        [self.i64(BinaryOp::I64Mul, a, b), self.i64(high, a, b)]
    }

    fn pop_i64s<const N: usize>(&mut self) -> [Value; N] {
        let values = self.pop_n(N);
        core::array::from_fn(|i| values[i])
    }

    fn i64(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        self.value(Inst::Binary(op, a, b), Type::I64)
    }

    /// 1 if `a < b`, without sign.
    fn less(&mut self, a: Value, b: Value) -> Value {
        let less = self.value(Inst::Binary(BinaryOp::I64LtU, a, b), Type::I32);
        self.value(Inst::Unary(UnaryOp::I64ExtendI32U, less), Type::I64)
    }
}
