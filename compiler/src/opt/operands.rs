//! What the passes ask about instructions and terminators: which values they use, and what may be done with them.
//!
//! The classes, from the most to the least movable:
//! - [`is_value`]: the result depends on the operands alone, so an equal instruction that dominates it can stand in for it; it may
//!   still trap, which [`can_trap`] tells;
//! - [`is_removable`]: has no effect but its result;
//! - [`shows_fuel`]: may trap, call, or charge by itself. When it runs, the fuel spent so far can be seen from outside, so the cost
//!   of a block must not be charged earlier than such an instruction in front of it.

use crate::ir::{BinaryOp, Func, Inst, Terminator, Value, ValueDef};

/// Calls `f` with every operand of `terminator` but the arguments of its edges.
pub(super) fn each_terminator_use(terminator: &Terminator, mut f: impl FnMut(Value)) {
    match terminator {
        Terminator::Br(_) | Terminator::Trap(_) | Terminator::Try { .. } => {}
        Terminator::ThrowRef { exn, .. } => f(*exn),
        Terminator::BrIf { cond: a, .. } | Terminator::BrTable { index: a, .. } => f(*a),
        Terminator::Return(args)
        | Terminator::Throw { args, .. }
        | Terminator::ReturnCall { args, .. } => {
            args.iter().copied().for_each(f);
        }
        Terminator::ReturnCallIndirect { index, args, .. }
        | Terminator::ReturnCallRef {
            callee: index,
            args,
            ..
        } => {
            f(*index);
            args.iter().copied().for_each(f);
        }
    }
}

/// The bits of `value`, if it is a constant.
pub(super) fn constant(func: &Func, value: Value) -> Option<u64> {
    if let Inst::Const(bits) = func.insts[func.def_inst(value)?.index()].inst {
        Some(bits)
    } else {
        None
    }
}

/// Whether the result is a function of the operands alone, if there is one: it may trap instead.
pub(super) const fn is_value(inst: &Inst) -> bool {
    if let Inst::Object { op, .. } = inst {
        return op.is_value();
    }
    matches!(
        inst,
        Inst::Const(_)
            | Inst::Unary(..)
            | Inst::Binary(..)
            | Inst::V128Const(_)
            | Inst::Simd { .. }
            | Inst::Select { .. }
            | Inst::RefIsNull(_)
            | Inst::RefAsNonNull(_)
            | Inst::RefFunc(_)
    )
}

/// Whether the instruction can trap; a division does not if its divisor is a constant that rules it out.
pub(super) fn can_trap(func: &Func, inst: &Inst) -> bool {
    match inst {
        Inst::Unary(op, _) => op.can_trap(),
        Inst::Object { op, .. } => op.can_trap(),
        Inst::Binary(op, _, divisor) if op.can_trap() => match constant(func, *divisor) {
            None | Some(0) => true,
            // The smallest number divided by -1.
            Some(c) => {
                matches!(op, BinaryOp::I32DivS) && c == u64::from(u32::MAX)
                    || matches!(op, BinaryOp::I64DivS) && c == u64::MAX
            }
        },
        Inst::Const(_)
        | Inst::Binary(..)
        | Inst::V128Const(_)
        | Inst::Simd { .. }
        | Inst::Select { .. }
        | Inst::RefIsNull(_)
        | Inst::RefFunc(_)
        | Inst::GlobalGet(_)
        | Inst::GlobalSet(..)
        | Inst::HomeSet(..)
        | Inst::MemorySize(_)
        | Inst::TableSize(_)
        | Inst::Caught(_)
        | Inst::DataDrop(_)
        | Inst::ElemDrop(_)
        | Inst::AtomicFence => false,
        Inst::Load { .. }
        | Inst::Store { .. }
        | Inst::MemoryGrow { .. }
        | Inst::MemoryFill { .. }
        | Inst::MemoryCopy { .. }
        | Inst::MemoryInit { .. }
        | Inst::TableGet { .. }
        | Inst::TableSet { .. }
        | Inst::TableGrow { .. }
        | Inst::TableFill { .. }
        | Inst::TableCopy { .. }
        | Inst::TableInit { .. }
        | Inst::RefAsNonNull(_)
        | Inst::Atomic { .. }
        | Inst::Call { .. }
        | Inst::CallIndirect { .. }
        | Inst::CallRef { .. } => true,
    }
}

/// Whether the instruction has no effect but its result, so that it can go when that is unused.
pub(super) fn is_removable(func: &Func, inst: &Inst) -> bool {
    matches!(
        inst,
        Inst::GlobalGet(_) | Inst::MemorySize(_) | Inst::TableSize(_)
    ) || is_value(inst) && !can_trap(func, inst)
}

/// Whether the fuel that has been charged may be seen from outside when this instruction runs.
pub(super) fn shows_fuel(func: &Func, inst: &Inst) -> bool {
    can_trap(func, inst)
}

/// The value that `value` stands for; the chain of replacements is shortened on the way, so that resolving is near-linear.
pub(super) fn resolve(func: &mut Func, value: Value) -> Value {
    let to = func.resolve(value);
    let mut at = value;
    while let ValueDef::Alias(next) = func.values[at.index()].def {
        func.values[at.index()].def = ValueDef::Alias(to);
        at = next;
    }
    to
}

/// Rewrites every operand to what it stands for, so that no use of a replaced value is left in `func`.
pub(super) fn resolve_all(func: &mut Func) {
    if !core::mem::take(&mut func.replaced) {
        return;
    }
    let targets: Vec<Value> = (0..func.values.len() as u32)
        .map(|i| resolve(func, Value(i)))
        .collect();
    let rewrite = |value: &mut Value| *value = targets[value.index()];
    for data in &mut func.insts {
        data.inst.for_each_use_mut(rewrite);
    }
    for data in &mut func.blocks {
        data.terminator.for_each_use_mut(rewrite);
    }
}
