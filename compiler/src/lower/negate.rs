//! The opposite of a conditional branch.

use super::vcode::VInst;
use wrt_format::isa::Op;

/// Conditional branches and their opposites, each pair once; `true` where the two operands also change places (not a < b is b <= a).
const OPPOSITES: &[(Op, Op, bool)] = &[
    (Op::BrNz, Op::BrZ, false),
    (Op::Br64Nz, Op::Br64Z, false),
    (Op::BrI32Eq, Op::BrI32Ne, false),
    (Op::BrI32LtS, Op::BrI32LeS, true),
    (Op::BrI32LtU, Op::BrI32LeU, true),
    (Op::BrI32EqImm, Op::BrI32NeImm, false),
    (Op::BrI32LtSImm, Op::BrI32GeSImm, false),
    (Op::BrI32LtUImm, Op::BrI32GeUImm, false),
    (Op::BrI32LeSImm, Op::BrI32GtSImm, false),
    (Op::BrI32LeUImm, Op::BrI32GtUImm, false),
    (Op::BrI32AndNz, Op::BrI32AndZ, false),
    (Op::BrI32AndNzImm, Op::BrI32AndZImm, false),
    (Op::BrI64Eq, Op::BrI64Ne, false),
    (Op::BrI64LtS, Op::BrI64LeS, true),
    (Op::BrI64LtU, Op::BrI64LeU, true),
    (Op::BrI64EqImm, Op::BrI64NeImm, false),
    (Op::BrI64LtSImm, Op::BrI64GeSImm, false),
    (Op::BrI64LtUImm, Op::BrI64GeUImm, false),
    (Op::BrI64LeSImm, Op::BrI64GtSImm, false),
    (Op::BrI64LeUImm, Op::BrI64GtUImm, false),
    (Op::BrI64AndNz, Op::BrI64AndZ, false),
    (Op::BrI64AndNzImm, Op::BrI64AndZImm, false),
    (Op::BrF32Eq, Op::BrF32Ne, false),
    (Op::BrF32Lt, Op::BrF32Nlt, false),
    (Op::BrF32Le, Op::BrF32Nle, false),
    (Op::BrF64Eq, Op::BrF64Ne, false),
    (Op::BrF64Lt, Op::BrF64Nlt, false),
    (Op::BrF64Le, Op::BrF64Nle, false),
    (Op::BrI32AddEqImm, Op::BrI32AddNeImm, false),
    (Op::BrI32AddLtSImm, Op::BrI32AddGeSImm, false),
    (Op::BrI32AddLtUImm, Op::BrI32AddGeUImm, false),
    (Op::BrI32AddLeSImm, Op::BrI32AddGtSImm, false),
    (Op::BrI32AddLeUImm, Op::BrI32AddGtUImm, false),
    (Op::BrLoad8UEqImm, Op::BrLoad8UNeImm, false),
    (Op::BrV128AnyTrue, Op::BrV128NoneTrue, false),
    (Op::BrI8x16AllTrue, Op::BrI8x16NotAllTrue, false),
    (Op::BrI8x16BitmaskNz, Op::BrI8x16BitmaskZ, false),
    (Op::BrI8x16EqBitmaskNz, Op::BrI8x16EqBitmaskZ, false),
    (Op::BrLoad32EqImm, Op::BrLoad32NeImm, false),
    (Op::BrLoad32Eq, Op::BrLoad32Ne, false),
    (Op::BrLoad32LtS, Op::BrLoad32GeS, false),
    (Op::BrLoad32LeS, Op::BrLoad32GtS, false),
    (Op::BrLoad32LtU, Op::BrLoad32GeU, false),
    (Op::BrLoad32LeU, Op::BrLoad32GtU, false),
    (Op::BrLoad8UWrapEq, Op::BrLoad8UWrapNe, false),
    (Op::BrLoad8UIndexEq, Op::BrLoad8UIndexNe, false),
    (Op::BrF64AddLt, Op::BrF64AddNlt, false),
    (Op::BrF64AddLe, Op::BrF64AddNle, false),
    (Op::BrRefTest, Op::BrRefNtest, false),
    (Op::BrRefTestNull, Op::BrRefNtestNull, false),
    (Op::BrRefTestKind, Op::BrRefNtestKind, false),
];

/// The conditional branch that is taken exactly when `inst` is not; the caller exchanges the targets. None for what is no conditional
/// branch, and for the step-compare-branches, which have no opposites.
#[must_use]
pub fn negate(inst: &VInst) -> Option<VInst> {
    let (op, swap) = OPPOSITES.iter().find_map(|&(a, b, swap)| {
        if inst.op == a {
            Some((b, swap))
        } else if inst.op == b {
            Some((a, swap))
        } else {
            None
        }
    })?;
    let mut opposite = VInst { op, ..inst.clone() };
    if swap {
        opposite.fields.swap(0, 1);
    }
    Some(opposite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_format::isa::{ALL, Control, Role};

    /// Accumulator forms and short forms only come about later.
    fn is_plain(op: Op) -> bool {
        let mut fields = op.info().fields.iter();
        fields.all(|it| it.role.defined_by().is_none())
            && !op.info().name.ends_with("_short")
            && !op.info().name.ends_with("_tiny")
    }

    fn branch(op: Op) -> VInst {
        VInst {
            op,
            fields: [10, 20, 0, 0, 0, 0],
            args: Vec::new(),
            results: Vec::new(),
            offset: 7,
        }
    }

    #[test]
    fn every_conditional_branch_but_the_stepping_ones_has_an_opposite() {
        for &op in ALL.iter().filter(|op| is_plain(**op)) {
            let info = op.info();
            // Those of which it is needed: the label of the others reaches everywhere, or does when they are made two again.
            let far = info.fields.iter().any(|f| f.role == Role::Label32);
            let first = |is: fn(Role) -> bool| info.fields.first().is_some_and(|f| is(f.role));
            let steps = far && first(Role::is_def) || first(Role::is_mod);
            let expected = info.control == Control::CondBranch && !steps;
            assert_eq!(negate(&branch(op)).is_some(), expected, "{}", info.name);
        }
    }

    #[test]
    fn the_opposite_of_the_opposite_is_the_branch_itself() {
        for &op in ALL {
            let inst = branch(op);
            if let Some(opposite) = negate(&inst) {
                assert_ne!(opposite.op, op);
                let back = negate(&opposite).expect("an opposite");
                assert_eq!((back.op, back.fields), (inst.op, inst.fields), "{op:?}");
            }
        }
    }

    #[test]
    fn less_than_becomes_less_or_equal_of_the_other_order() {
        let opposite = negate(&branch(Op::BrI64LtU)).expect("an opposite");
        assert_eq!(opposite.op, Op::BrI64LeU);
        assert_eq!(opposite.fields[..2], [20, 10]);
    }

    /// What each branch does to a pair of integers, read off its formula in the instruction table.
    fn holds(name: &str, a: i64, b: i64) -> bool {
        let unsigned = name.ends_with("_u") || name.ends_with("_u_imm");
        let less = if unsigned {
            (a as u64) < b as u64
        } else {
            a < b
        };
        let test = name.split('_').nth(2).expect("a condition");
        match test {
            "eq" => a == b,
            "ne" => a != b,
            "lt" => less,
            "le" => less || a == b,
            "gt" => !less && a != b,
            "ge" => !less,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn opposites_of_integer_comparisons_hold_exactly_when_they_do_not() {
        for &op in ALL.iter().filter(|op| is_plain(**op)) {
            let name = op.info().name;
            let compares =
                name.starts_with("br_i64_") && !name.contains("_and_") && !name.contains("_add_");
            if !compares {
                continue;
            }
            for (a, b) in [(1, 2), (2, 1), (2, 2), (-1, 1), (1, -1)] {
                let mut inst = branch(op);
                (inst.fields[0], inst.fields[1]) = (a, b);
                let opposite = negate(&inst).expect("an opposite");
                let [x, y, ..] = opposite.fields;
                assert_ne!(
                    holds(name, a, b),
                    holds(opposite.op.info().name, x, y),
                    "{name} {a} {b}"
                );
            }
        }
    }
}
