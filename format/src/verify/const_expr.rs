//! Constant expressions: every operator finds operands of its type, and one value of the expected type is left.

use super::error::VerifyErrorKind as Kind;
use crate::image::features;
use crate::image::root::OpRow;
use crate::image::subtype::{TypeSpace, val_matches};
use crate::image::types::{CONST_STACK_DEPTH, Composite, ConstOp, HeapType, ValType, val};
use crate::image::view::ConstExprView;
use crate::image::view::ModuleView;

/// What is known of a value on the stack.
#[derive(Clone, Copy)]
enum Value {
    /// These bits, of whatever type they can be of.
    Bits(u64),
    /// A value of this type.
    Typed(ValType),
}

impl Value {
    fn is(self, module: &ModuleView<'_>, ty: ValType) -> bool {
        match self {
            Self::Typed(own) => val_matches(module, own, ty),
            Self::Bits(bits) => match ty {
                val::I64 | val::F64 => true,
                val::I32 | val::F32 => bits <= u64::from(u32::MAX),
                val::V128 => false,
                // The only reference that a constant can be is null.
                _ => bits == 0 && ty.is_defaultable(),
            },
        }
    }
}

/// Checks `expr`, whose value must be of type `ty`, and which may get the first `globals` globals of the module.
pub(super) fn check(
    module: &ModuleView<'_>,
    expr: ConstExprView<'_>,
    ty: ValType,
    globals: u32,
) -> Result<(), Kind> {
    let mut stack = [Value::Bits(0); CONST_STACK_DEPTH];
    let mut depth = 0usize;
    let constant = expr.constant.map(|bits| Some(ConstOp::Const(bits)));
    for op in constant
        .into_iter()
        .chain(expr.rows.iter().map(OpRow::decode))
    {
        let op = op.ok_or(Kind::BadConstExpr)?;
        if is_extended(module, op) && module.features() & features::EXTENDED_CONST == 0 {
            return Err(Kind::FeatureNotDeclared);
        }
        let pushed = match op {
            ConstOp::Const(bits) => Value::Bits(bits),
            ConstOp::GlobalGet(index) => {
                let global = module.global_type(index).ok_or(Kind::IndexOutOfRange)?;
                if global.mutable || index >= globals {
                    return Err(Kind::BadConstExpr);
                }
                Value::Typed(global.ty)
            }
            ConstOp::RefFunc(index) => {
                let funcs = u64::from(module.imported_funcs());
                if u64::from(index) >= funcs.saturating_add(u64::from(module.func_count())) {
                    return Err(Kind::IndexOutOfRange);
                }
                let ty = HeapType::Defined(module.func_type_idx(index));
                Value::Typed(ValType::reference(ty, false))
            }
            ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => {
                binary(module, &stack, &mut depth, val::I32)?
            }
            ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => {
                binary(module, &stack, &mut depth, val::I64)?
            }
            ConstOp::V128 => {
                binary(module, &stack, &mut depth, val::I64)?;
                Value::Typed(val::V128)
            }
            ConstOp::RefI31
            | ConstOp::StructNew(_)
            | ConstOp::StructSet(_)
            | ConstOp::ArrayNew(_)
            | ConstOp::ArrayFill
            | ConstOp::ArraySet(_)
            | ConstOp::AnyConvertExtern
            | ConstOp::ExternConvertAny => collected(module, op, &stack, &mut depth)?,
        };
        *stack.get_mut(depth).ok_or(Kind::ConstExprDepth)? = pushed;
        depth = depth.saturating_add(1);
    }
    match stack.get(..depth) {
        Some([value]) if value.is(module, ty) => Ok(()),
        Some([_]) => Err(Kind::ConstExprType),
        Some(_) | None => Err(Kind::BadConstExpr),
    }
}

/// Operators about structs, arrays and i31: pops the operands of `op` and gives its value.
fn collected(
    module: &ModuleView<'_>,
    op: ConstOp,
    stack: &[Value],
    depth: &mut usize,
) -> Result<Value, Kind> {
    if module.features() & features::GC == 0 {
        return Err(Kind::FeatureNotDeclared);
    }
    let defined = |index, composite| {
        if index >= module.func_type_count() || module.composite(index) != composite {
            return Err(Kind::IndexOutOfRange);
        }
        let ty = ValType::reference(HeapType::Defined(index), false);
        Ok(Value::Typed(ty))
    };
    match op {
        ConstOp::RefI31 => {
            pop(module, stack, depth, val::I32)?;
            Ok(Value::Typed(ValType::reference(HeapType::I31, false)))
        }
        ConstOp::StructNew(index) => defined(index, Composite::Struct),
        ConstOp::ArrayNew(index) => {
            pop(module, stack, depth, val::I32)?;
            defined(index, Composite::Array)
        }
        ConstOp::StructSet(field) => set(module, stack, depth, Composite::Struct, field),
        // All elements are of the same type.
        ConstOp::ArrayFill | ConstOp::ArraySet(_) => set(module, stack, depth, Composite::Array, 0),
        ConstOp::AnyConvertExtern => convert(module, stack, depth, HeapType::Extern, HeapType::Any),
        ConstOp::ExternConvertAny => convert(module, stack, depth, HeapType::Any, HeapType::Extern),
        ConstOp::Const(_) | ConstOp::GlobalGet(_) | ConstOp::RefFunc(_) => Err(Kind::BadConstExpr),
        ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => Err(Kind::BadConstExpr),
        ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => Err(Kind::BadConstExpr),
        ConstOp::V128 => Err(Kind::BadConstExpr),
    }
}

/// Pops a value of type `ty`.
fn pop(
    module: &ModuleView<'_>,
    stack: &[Value],
    depth: &mut usize,
    ty: ValType,
) -> Result<Value, Kind> {
    *depth = depth.checked_sub(1).ok_or(Kind::BadConstExpr)?;
    let value = stack.get(*depth).copied().ok_or(Kind::BadConstExpr)?;
    if value.is(module, ty) {
        Ok(value)
    } else {
        Err(Kind::ConstExprType)
    }
}

/// Pops a value for field `field` of the struct or array below it, and that.
fn set(
    module: &ModuleView<'_>,
    stack: &[Value],
    depth: &mut usize,
    composite: Composite,
    field: u32,
) -> Result<Value, Kind> {
    let below = depth.checked_sub(2).and_then(|at| stack.get(at).copied());
    let Some(Value::Typed(ty)) = below else {
        return Err(Kind::BadConstExpr);
    };
    let Some((HeapType::Defined(index), false)) = ty.as_ref() else {
        return Err(Kind::ConstExprType);
    };
    if module.composite(index) != composite {
        return Err(Kind::ConstExprType);
    }
    let field = module.fields(index).get(field as usize);
    let field = field.ok_or(Kind::IndexOutOfRange)?;
    pop(module, stack, depth, field.ty.unpacked())?;
    pop(module, stack, depth, ty)
}

/// Pops a reference to `from`, which becomes one to `to` that is null when it was.
fn convert(
    module: &ModuleView<'_>,
    stack: &[Value],
    depth: &mut usize,
    from: HeapType,
    to: HeapType,
) -> Result<Value, Kind> {
    let value = pop(module, stack, depth, ValType::reference(from, true))?;
    let nullable = !value.is(module, ValType::reference(from, false));
    Ok(Value::Typed(ValType::reference(to, nullable)))
}

/// Whether Wasm 2.0 has no such operator in constant expressions.
fn is_extended(module: &ModuleView<'_>, op: ConstOp) -> bool {
    match op {
        ConstOp::Const(_) | ConstOp::RefFunc(_) | ConstOp::V128 => false,
        ConstOp::GlobalGet(index) => index >= module.imported_globals(),
        ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => true,
        ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => true,
        ConstOp::RefI31
        | ConstOp::StructNew(_)
        | ConstOp::StructSet(_)
        | ConstOp::ArrayNew(_)
        | ConstOp::ArrayFill
        | ConstOp::ArraySet(_)
        | ConstOp::AnyConvertExtern
        | ConstOp::ExternConvertAny => false,
    }
}

/// Pops two operands of type `ty`; the result is of the same type.
fn binary(
    module: &ModuleView<'_>,
    stack: &[Value],
    depth: &mut usize,
    ty: ValType,
) -> Result<Value, Kind> {
    let rest = depth.checked_sub(2).ok_or(Kind::BadConstExpr)?;
    let operands = stack.get(rest..*depth).ok_or(Kind::BadConstExpr)?;
    if !operands.iter().all(|operand| operand.is(module, ty)) {
        return Err(Kind::ConstExprType);
    }
    *depth = rest;
    Ok(Value::Typed(ty))
}
