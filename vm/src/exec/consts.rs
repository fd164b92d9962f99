//! Constant expressions: initial values of globals and tables, offsets of segments, items of element segments.

use wrt_format::image::types::{CONST_STACK_DEPTH, ConstOp};
use wrt_format::image::{ConstExprView, ElemItems};

use crate::raw::store::{NULL, Store};

/// The value of a constant expression of an instance, as a slot holds it, which is no v128. The globals that it reads must have their
/// values.
pub(crate) fn eval(store: &Store<'_>, instance: u32, expr: ConstExprView<'_>) -> u64 {
    eval_halves(store, instance, expr)[0]
}

/// The value of a constant expression of any type by halves, the second of which is 0 unless it is a v128.
pub(crate) fn eval_halves(store: &Store<'_>, instance: u32, expr: ConstExprView<'_>) -> [u64; 2] {
    let mut stack = [[0_u64; 2]; CONST_STACK_DEPTH];
    let mut depth = 0;
    for op in expr.ops() {
        let value = match op {
            ConstOp::Const(bits) => [bits, 0],
            ConstOp::GlobalGet(global) => {
                let number = store
                    .instance(instance)
                    .and_then(|data| data.global(global));
                number
                    .and_then(|number| store.global(number))
                    .unwrap_or([0; 2])
            }
            ConstOp::RefFunc(func) => [store.func_handle(instance, func).unwrap_or(NULL), 0],
            ConstOp::I32Add
            | ConstOp::I32Sub
            | ConstOp::I32Mul
            | ConstOp::I64Add
            | ConstOp::I64Sub
            | ConstOp::I64Mul
            | ConstOp::V128 => {
                depth = usize::saturating_sub(depth, 2);
                binary(op, stack[depth][0], stack[depth + 1][0])
            }
        };
        if let Some(top) = stack.get_mut(depth) {
            *top = value;
            depth += 1;
        }
    }
    stack[0]
}

fn binary(op: ConstOp, lhs: u64, rhs: u64) -> [u64; 2] {
    let (lhs32, rhs32) = (lhs as u32, rhs as u32);
    let low = match op {
        ConstOp::V128 => return [lhs, rhs],
        ConstOp::I32Add => u64::from(lhs32.wrapping_add(rhs32)),
        ConstOp::I32Sub => u64::from(lhs32.wrapping_sub(rhs32)),
        ConstOp::I32Mul => u64::from(lhs32.wrapping_mul(rhs32)),
        ConstOp::I64Add => lhs.wrapping_add(rhs),
        ConstOp::I64Sub => lhs.wrapping_sub(rhs),
        ConstOp::I64Mul => lhs.wrapping_mul(rhs),
        ConstOp::Const(_) | ConstOp::GlobalGet(_) | ConstOp::RefFunc(_) => 0,
    };
    [low, 0]
}

/// Number of items of an element segment.
pub(crate) const fn items_len(items: ElemItems<'_>) -> u64 {
    match items {
        ElemItems::Funcs(funcs) => funcs.len() as u64,
        ElemItems::Exprs(exprs) => exprs.len() as u64,
    }
}

/// The reference that item `i` of an element segment of an instance is. Items depend on nothing that can change, so that it does not
/// matter when they are evaluated.
pub(crate) fn item(store: &Store<'_>, instance: u32, items: ElemItems<'_>, i: u32) -> u64 {
    match items {
        ElemItems::Funcs(funcs) => {
            let func = funcs.get(i as usize).map(|&func| u32::from_le(func));
            func.and_then(|func| store.func_handle(instance, func))
                .unwrap_or(NULL)
        }
        ElemItems::Exprs(exprs) => eval(store, instance, exprs.expr(i)),
    }
}
