//! Constant expressions, and the segments of data, which hold them.
//!
//! Operators that make a struct or an array of the values on the stack come out as a new one that is then filled, one field or element
//! after the other: so the depth of the stack does not depend on how many there are.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the validator accepts few operators here"
)]

use super::decode::heap_type;
use super::features::provisional;
use super::{ConstExpr, ConstOp, Data, DataMode, ValidModule};
use crate::error::Error;
use wasmparser::{DataKind, Operator};
use wrt_format::image::types::CONST_STACK_DEPTH;

impl<'a> ValidModule<'a> {
    pub(super) fn decode_data(&self, data: &wasmparser::Data<'a>) -> Result<Data<'a>, Error> {
        let mode = match &data.kind {
            DataKind::Passive => DataMode::Passive,
            DataKind::Active {
                memory_index,
                offset_expr,
            } => DataMode::Active {
                mem: *memory_index,
                offset: self.const_expr(offset_expr)?,
            },
        };
        Ok(Data {
            mode,
            bytes: data.data,
        })
    }

    /// Decodes an expression.
    pub(super) fn const_expr(&self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Error> {
        let mut stack: Vec<Value> = Vec::new();
        for op in expr.get_operators_reader().into_iter_with_offsets() {
            let (op, offset) = op.map_err(|error| provisional(&error))?;
            if matches!(op, Operator::End) {
                continue;
            }
            let value = match self.made(&op, &mut stack) {
                Some(value) => value,
                None => plain(&op, &mut stack).map_err(|error| error.at(offset))?,
            };
            if value.depth > CONST_STACK_DEPTH {
                let limit = CONST_STACK_DEPTH as u64;
                return Err(Error::too_large("depth of a constant expression", limit).at(offset));
            }
            stack.push(value);
        }
        Ok(stack.pop().map_or_else(Vec::new, |value| value.ops))
    }

    /// The value of an operator that makes a struct or array, if it is one.
    fn made(&self, op: &Operator<'_>, stack: &mut Vec<Value>) -> Option<Value> {
        Some(match *op {
            Operator::StructNew { struct_type_index } => {
                let fields = self.types[struct_type_index as usize].fields.len();
                let values = pop_n(stack, fields);
                let new = Value::of(ConstOp::StructNew(struct_type_index));
                (0..).zip(values).fold(new, |object, (field, value)| {
                    object.then(value, ConstOp::StructSet(field))
                })
            }
            Operator::StructNewDefault { struct_type_index } => {
                Value::of(ConstOp::StructNew(struct_type_index))
            }
            Operator::ArrayNew { array_type_index } => {
                let (len, value) = (pop(stack), pop(stack));
                len.with(ConstOp::ArrayNew(array_type_index))
                    .then(value, ConstOp::ArrayFill)
            }
            Operator::ArrayNewDefault { array_type_index } => {
                pop(stack).with(ConstOp::ArrayNew(array_type_index))
            }
            Operator::ArrayNewFixed {
                array_type_index,
                array_size,
            } => {
                let values = pop_n(stack, array_size as usize);
                let len = Value::of(ConstOp::Const(array_size.into()));
                let new = len.with(ConstOp::ArrayNew(array_type_index));
                (0..).zip(values).fold(new, |array, (at, value)| {
                    array.then(value, ConstOp::ArraySet(at))
                })
            }
            _ => return None,
        })
    }
}

/// A value on the stack: the operators that compute it, and how deep their stack gets.
struct Value {
    ops: ConstExpr,
    depth: usize,
}

impl Value {
    fn of(op: ConstOp) -> Self {
        Self {
            ops: vec![op],
            depth: 1,
        }
    }

    /// What `op` makes of it.
    fn with(mut self, op: ConstOp) -> Self {
        self.ops.push(op);
        self
    }

    /// What `op` makes of it and a value on top.
    fn then(mut self, top: Self, op: ConstOp) -> Self {
        self.depth = self.depth.max(1 + top.depth);
        self.ops.extend(top.ops);
        self.with(op)
    }
}

/// The validator has proved that it is there.
fn pop(stack: &mut Vec<Value>) -> Value {
    stack.pop().expect("a valid expression has its operands")
}

fn pop_n(stack: &mut Vec<Value>, n: usize) -> Vec<Value> {
    stack.split_off(stack.len() - n)
}

/// The value of any other operator.
fn plain(op: &Operator<'_>, stack: &mut Vec<Value>) -> Result<Value, Error> {
    let mut binary = |op| {
        let (rhs, lhs) = (pop(stack), pop(stack));
        Ok(lhs.then(rhs, op))
    };
    let op = match *op {
        Operator::I32Add => return binary(ConstOp::I32Add),
        Operator::I32Sub => return binary(ConstOp::I32Sub),
        Operator::I32Mul => return binary(ConstOp::I32Mul),
        Operator::I64Add => return binary(ConstOp::I64Add),
        Operator::I64Sub => return binary(ConstOp::I64Sub),
        Operator::I64Mul => return binary(ConstOp::I64Mul),
        Operator::RefI31 => return Ok(pop(stack).with(ConstOp::RefI31)),
        Operator::AnyConvertExtern => return Ok(pop(stack).with(ConstOp::AnyConvertExtern)),
        Operator::ExternConvertAny => return Ok(pop(stack).with(ConstOp::ExternConvertAny)),
        Operator::V128Const { value } => {
            let bits = value.i128().cast_unsigned();
            let [low, high] =
                [bits as u64, (bits >> 64) as u64].map(|half| Value::of(ConstOp::Const(half)));
            return Ok(low.then(high, ConstOp::V128));
        }
        Operator::I32Const { value } => ConstOp::Const(u64::from(value.cast_unsigned())),
        Operator::I64Const { value } => ConstOp::Const(value.cast_unsigned()),
        Operator::F32Const { value } => ConstOp::Const(u64::from(value.bits())),
        Operator::F64Const { value } => ConstOp::Const(value.bits()),
        Operator::RefNull { hty } => {
            heap_type(hty)?;
            ConstOp::Const(0)
        }
        Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
        _ => return Err(Error::internal("an operator that is not constant")),
    };
    Ok(Value::of(op))
}
