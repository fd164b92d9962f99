//! Order of operands: an operator that does not care which operand is which gets the one that has just been computed first, where the
//! accumulator forms of emission look for it.

use std::sync::LazyLock;

use super::vcode::{VBlock, VCode, VInst};
use wrt_format::isa::{ALL, OP_LIMIT};

/// By opcode number: the operands that may change places in pairs, read off the formula.
static EXCHANGEABLE: LazyLock<Vec<Vec<(usize, usize)>>> = LazyLock::new(|| {
    let operators = ["+", "*", "&", "|", "^", "==", "!="];
    let all = |a, b| operators.map(|operator| format!("{a} {operator} {b}"));
    let pairs = [("lhs", "rhs"), ("a", "b")].map(|(a, b)| (a, b, all(a, b)));
    let mut out = vec![Vec::new(); OP_LIMIT];
    for &op in ALL {
        let info = op.info();
        let operand = |name: &str| info.fields.iter().position(|it| it.name == name);
        for (a, b, commuting) in &pairs {
            let pair = operand(a).zip(operand(b));
            if pair.is_some() && commuting.iter().any(|it| info.formula.contains(it)) {
                out[op as usize].extend(pair);
            }
        }
        // Integers only: a sum of floats depends on the order.
        let integers = info.name.starts_with('i');
        let sums = ["(a + b) + c", "(a ^ b) ^ c"].iter();
        if integers && sums.into_iter().any(|sum| info.formula.contains(sum)) {
            out[op as usize].extend(operand("a").zip(operand("c")));
        }
    }
    out
});

/// The register that an instruction writes, if it is one.
fn written(inst: &VInst) -> Option<i64> {
    let operands = inst.op.info().fields.iter().zip(inst.fields);
    let mut written = operands.filter(|(field, _)| field.role.is_def());
    match (written.next(), written.next()) {
        (Some((_, vreg)), None) => Some(vreg),
        _ => None,
    }
}

/// Orders the operands of all instructions.
pub fn orient(code: &mut VCode) {
    code.blocks.iter_mut().for_each(run);
}

fn run(block: &mut VBlock) {
    let mut before = None;
    for inst in &mut block.insts {
        for &(a, b) in &EXCHANGEABLE[inst.op as usize] {
            if before == Some(inst.fields[b]) {
                inst.fields.swap(a, b);
            }
        }
        before = written(inst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_format::isa::Op;

    fn inst(op: Op, fields: [i64; 6]) -> VInst {
        VInst {
            op,
            fields,
            args: Vec::new(),
            results: Vec::new(),
            offset: 0,
        }
    }

    #[test]
    fn the_operand_just_computed_comes_first() {
        let first = inst(Op::I32AddImm, [9, 1, 5, 0, 0, 0]);
        let after = |op, fields| {
            let mut block = VBlock {
                insts: vec![first.clone(), inst(op, fields)],
                ..VBlock::default()
            };
            run(&mut block);
            block.insts[1].fields
        };
        assert_eq!(after(Op::I32Add, [2, 1, 9, 0, 0, 0])[..3], [2, 9, 1]);
        assert_eq!(after(Op::I32Add, [2, 9, 1, 0, 0, 0])[..3], [2, 9, 1]);
        assert_eq!(after(Op::I32Sub, [2, 1, 9, 0, 0, 0])[..3], [2, 1, 9]);
        assert_eq!(after(Op::I32MulAdd, [2, 1, 9, 3, 0, 0])[..4], [2, 9, 1, 3]);
        assert_eq!(after(Op::I32AddAdd, [2, 1, 3, 9, 0, 0])[..4], [2, 9, 3, 1]);
        assert_eq!(after(Op::F64AddAdd, [2, 1, 3, 9, 0, 0])[..4], [2, 1, 3, 9]);
        assert_eq!(after(Op::BrI32Eq, [1, 9, 0, 0, 0, 0])[..2], [9, 1]);
        assert_eq!(after(Op::BrI32LtS, [1, 9, 0, 0, 0, 0])[..2], [1, 9]);
    }

    #[test]
    fn what_commutes_is_known_from_the_formulas() {
        let named = |op: &Op| !EXCHANGEABLE[*op as usize].is_empty();
        let exchangeable: Vec<_> = ALL.iter().filter(|op| named(op)).collect();
        assert!(exchangeable.len() > 40);
        // The first of two operators that one instruction does commutes, whatever the second.
        let single = |op: &&Op| !op.info().formula.contains("(a ");
        for op in exchangeable.into_iter().filter(single) {
            let name = op.info().name;
            let ordered = [
                "sub_imm", "shl", "shr", "rot", "div", "rem", "_lt", "_le", "copysign",
            ];
            assert!(!ordered.iter().any(|it| name.contains(it)), "{name}");
        }
    }
}
