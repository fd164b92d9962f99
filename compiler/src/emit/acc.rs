//! Accumulator forms: where an instruction reads the slot that the one before it has written, it takes the form that finds the value
//! in the accumulator. Which forms there are is read off the instruction table: `i32_add_acc_lhs` is `i32_add` with `lhs` there.

use std::collections::HashMap;
use std::sync::LazyLock;

use wrt_format::isa::{ALL, OP_LIMIT, Op, Role};

use super::blocks::{Block, End, Inst};
use super::short;

/// The forms of one plain instruction: the operand that the accumulator holds, and what the instruction before must define it as.
type Forms = Vec<(usize, Role, Op)>;

/// By opcode number of the plain instruction.
static FORMS: LazyLock<Vec<Forms>> = LazyLock::new(|| {
    let by_name: HashMap<&str, Op> = ALL.iter().map(|op| (op.info().name, *op)).collect();
    let mut forms = vec![Forms::new(); OP_LIMIT];
    // Short forms are chosen later.
    for &op in ALL.iter().filter(|op| !short::is_form(**op)) {
        let info = op.info();
        for (operand, field) in info.fields.iter().enumerate() {
            let plain = by_name.get(plain_name(info.name));
            if let (Some(definition), Some(&plain)) = (field.role.defined_by(), plain) {
                forms[plain as usize].push((operand, definition, op));
            }
        }
    }
    forms
});

/// By opcode number of a form, the plain instruction. Other instructions have none.
static PLAIN: LazyLock<Vec<Option<Op>>> = LazyLock::new(|| {
    let mut plain = vec![None; OP_LIMIT];
    for &op in ALL {
        for &(_, _, form) in &FORMS[op as usize] {
            plain[form as usize] = Some(op);
        }
    }
    plain
});

/// The name of the plain form of an accumulator form; any other name as it is.
fn plain_name(name: &str) -> &str {
    let split = name
        .rsplit_once("_acc_")
        .or_else(|| name.rsplit_once("_facc_"));
    split.map_or(name, |(plain, _)| plain)
}

/// The slot that an instruction leaves in an accumulator, and the role that says in which.
pub(super) fn left(op: Op, fields: &[i64; 6]) -> Option<(Role, i64)> {
    let operands = op.info().fields.iter().zip(fields);
    let in_acc = |role| matches!(role, Role::DefAcc | Role::DefF32 | Role::DefF64);
    operands
        .into_iter()
        .find(|(field, _)| in_acc(field.role))
        .map(|(field, &slot)| (field.role, slot))
}

/// The form of an instruction behind one that leaves `before` in an accumulator.
fn form(op: Op, fields: &[i64; 6], before: Option<(Role, i64)>) -> Op {
    let Some((role, slot)) = before else {
        return op;
    };
    let fits = |(operand, definition, _): &&(usize, Role, Op)| {
        *definition == role && fields[*operand] == slot
    };
    FORMS[op as usize]
        .iter()
        .find(fits)
        .map_or(op, |&(_, _, form)| form)
}

/// Gives each instruction the form that its place allows.
pub(super) fn run(blocks: &mut [Block]) {
    for block in blocks {
        let mut before = None;
        let mut choose = |op: &mut Op, fields: &[i64; 6]| {
            *op = form(*op, fields, before);
            before = left(*op, fields);
        };
        for inst in &mut block.body {
            choose(&mut inst.op, &inst.fields);
        }
        match &mut block.end {
            End::Cond(branch, ..) => choose(&mut branch.op, &branch.fields),
            End::Table(Inst { op, fields, .. }, _) | End::Leave(Inst { op, fields, .. }) => {
                choose(op, fields);
            }
            End::Next(_) => {}
        }
    }
}

/// The plain form of an instruction.
pub(super) fn plain(op: Op) -> Op {
    PLAIN[op as usize].unwrap_or(op)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_belongs_to_a_plain_instruction_with_the_same_operands() {
        let mut count = 0;
        for &op in ALL.iter().filter(|op| !short::is_form(**op)) {
            let info = op.info();
            let operand = info
                .fields
                .iter()
                .position(|it| it.role.defined_by().is_some());
            let Some(operand) = operand else {
                assert_eq!(plain(op), op);
                continue;
            };
            count += 1;
            let base = plain(op).info();
            assert_ne!(base.op, op, "{}", info.name);
            assert!(
                info.name
                    .ends_with(&format!("acc_{}", info.fields[operand].name)),
                "{}",
                info.name
            );
            assert_eq!(
                (info.control, info.charge, info.formula),
                (base.control, base.charge, base.formula)
            );
            for (i, (a, b)) in info.fields.iter().zip(base.fields).enumerate() {
                let expected = if i == operand { Role::Use } else { a.role };
                assert_eq!(
                    (a.name, a.place, expected),
                    (b.name, b.place, b.role),
                    "{}",
                    info.name
                );
            }
        }
        assert!(count > 150, "{count}");
    }

    #[test]
    fn the_form_depends_on_the_slot_and_the_accumulator() {
        let fields = [3, 1, 2, 0, 0, 0];
        let of = |before| form(Op::I32Sub, &fields, before);
        assert_eq!(of(None), Op::I32Sub);
        assert_eq!(of(Some((Role::DefAcc, 1))), Op::I32SubAccLhs);
        assert_eq!(of(Some((Role::DefAcc, 2))), Op::I32SubAccRhs);
        assert_eq!(of(Some((Role::DefAcc, 3))), Op::I32Sub);
        assert_eq!(of(Some((Role::DefF64, 1))), Op::I32Sub);
        let store = |role| form(Op::Store64, &[7, 8, 0, 0, 0, 0], Some((role, 8)));
        assert_eq!(store(Role::DefF64), Op::Store64FaccSrc);
        assert_eq!(store(Role::DefAcc), Op::Store64AccSrc);
        assert_eq!(store(Role::DefF32), Op::Store64);
        // The index of a call, which is its third operand or its fifth.
        let call = |op, fields| form(op, &fields, Some((Role::DefAcc, 9)));
        assert_eq!(
            call(Op::CallIndirectZero, [4, 0, 9, 1, 0, 0]),
            Op::CallIndirectZeroAccIndex
        );
        assert_eq!(
            call(Op::CallIndirectZero, [4, 9, 0, 1, 0, 0]),
            Op::CallIndirectZero
        );
        assert_eq!(
            call(Op::MovThenCallIndirectZero, [4, 0, 4, 1, 9, 1]),
            Op::MovThenCallIndirectZeroAccIndex
        );
        assert_eq!(
            call(Op::ConstThenCallIndirectZero, [4, 0, 4, 1, 9, 1]),
            Op::ConstThenCallIndirectZeroAccIndex
        );
    }
}
