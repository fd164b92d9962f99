//! Constant expressions: initial values of globals and tables, offsets of segments, items of element segments.

use wrt_format::image::types::{CONST_STACK_DEPTH, ConstOp};
use wrt_format::image::{ConstExprView, ElemItems};

use crate::raw::arena::OutOfMemory;
use crate::raw::store::{NULL, Store};
#[cfg(feature = "gc")]
mod collected;

/// The value of a constant expression of an instance, as a slot holds it, which is no v128. The globals that it reads must have their
/// values.
///
/// # Errors
/// When it makes a struct or array for which there is no memory.
pub(crate) fn eval(
    store: &mut Store<'_>,
    instance: u32,
    expr: ConstExprView<'_>,
) -> Result<u64, OutOfMemory> {
    eval_halves(store, instance, expr).map(|[low, _]| low)
}

/// The value of a constant expression of any type by halves, the second of which is 0 unless it is a v128.
///
/// # Errors
/// Those of [`eval`].
pub(crate) fn eval_halves(
    store: &mut Store<'_>,
    instance: u32,
    expr: ConstExprView<'_>,
) -> Result<[u64; 2], OutOfMemory> {
    let mut stack = Stack::default();
    for op in expr.ops() {
        #[cfg(feature = "gc")]
        if op.is_collected() {
            collected::step(store, instance, op, &mut stack)?;
            continue;
        }
        stack.step(store, instance, op);
    }
    Ok(stack.values[0])
}

/// Values that are being worked out.
struct Stack {
    values: [[u64; 2]; CONST_STACK_DEPTH],
    depth: usize,
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            values: [[0; 2]; CONST_STACK_DEPTH],
            depth: 0,
        }
    }
}

impl Stack {
    fn push(&mut self, value: [u64; 2]) {
        if let Some(top) = self.values.get_mut(self.depth) {
            *top = value;
            self.depth += 1;
        }
    }

    /// The verifier has seen that there is one; where there is none it is 0.
    fn pop(&mut self) -> [u64; 2] {
        self.depth = self.depth.saturating_sub(1);
        self.values[self.depth]
    }

    /// Carries out an operator that allocates nothing.
    fn step(&mut self, store: &Store<'_>, instance: u32, op: ConstOp) {
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
                let [rhs, lhs] = [self.pop()[0], self.pop()[0]];
                binary(op, lhs, rhs)
            }
            ConstOp::RefI31
            | ConstOp::StructNew(_)
            | ConstOp::StructSet(_)
            | ConstOp::ArrayNew(_)
            | ConstOp::ArrayFill
            | ConstOp::ArraySet(_)
            | ConstOp::AnyConvertExtern
            | ConstOp::ExternConvertAny => return,
        };
        self.push(value);
    }
}

fn binary(op: ConstOp, lhs: u64, rhs: u64) -> [u64; 2] {
    let (lhs32, rhs32) = (lhs as u32, rhs as u32);
    let low = if op == ConstOp::V128 {
        return [lhs, rhs];
    } else if op == ConstOp::I32Add {
        u64::from(lhs32.wrapping_add(rhs32))
    } else if op == ConstOp::I32Sub {
        u64::from(lhs32.wrapping_sub(rhs32))
    } else if op == ConstOp::I32Mul {
        u64::from(lhs32.wrapping_mul(rhs32))
    } else if op == ConstOp::I64Add {
        lhs.wrapping_add(rhs)
    } else if op == ConstOp::I64Sub {
        lhs.wrapping_sub(rhs)
    } else {
        lhs.wrapping_mul(rhs)
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

/// The reference that item `i` of element segment `segment` of an instance is. Items depend on nothing that can change, so that it does
/// not matter when they are evaluated; but those that may be things of the heap are, once, when the instance is made.
pub(crate) fn item(
    store: &Store<'_>,
    instance: u32,
    segment: u32,
    items: ElemItems<'_>,
    i: u32,
) -> u64 {
    match items {
        ElemItems::Funcs(funcs) => {
            let func = funcs.get(i as usize).map(|&func| u32::from_le(func));
            func.and_then(|func| store.func_handle(instance, func))
                .unwrap_or(NULL)
        }
        ElemItems::Exprs(exprs) => {
            let data = store.instance(instance);
            if let Some(value) = data.and_then(|data| data.elem_value(segment, i)) {
                return value;
            }
            let mut stack = Stack::default();
            for op in exprs.expr(i).ops() {
                stack.step(store, instance, op);
            }
            stack.values[0][0]
        }
    }
}
