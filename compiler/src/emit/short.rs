//! Short forms: where all operands of an instruction fit, it takes the form that has bytes for some of them. Which forms there are is read
//! off the instruction table: `mov_short` is `mov` with two slots in one word, `load32_tiny` is `load32` with the offset in the opcode. A
//! byte is read like a word, so most cost the machine nothing; those that do are not for loops.

use std::collections::HashMap;
use std::sync::LazyLock;

use wrt_format::isa::{ALL, Field, OP_LIMIT, Op, Role, fits};

/// What the name of a short form ends with; the shortest first.
const SUFFIXES: [&str; 2] = ["_tiny", "_short"];

/// By opcode number, the short forms of an instruction, the shortest first.
static SHORT: LazyLock<Vec<Vec<Op>>> = LazyLock::new(|| {
    let by_name: HashMap<&str, Op> = ALL.iter().map(|op| (op.info().name, *op)).collect();
    let mut short = vec![Vec::new(); OP_LIMIT];
    for suffix in SUFFIXES {
        for &op in ALL {
            let plain = op.info().name.strip_suffix(suffix);
            if let Some(&plain) = plain.and_then(|name| by_name.get(name)) {
                short[plain as usize].push(op);
            }
        }
    }
    short
});

/// The name of the instruction that it is a short form of, if it is one.
fn plain_name(op: Op) -> Option<&'static str> {
    let name = op.info().name;
    SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix))
}

/// Whether it is a short form.
pub(super) fn is_form(op: Op) -> bool {
    plain_name(op).is_some()
}

/// By opcode number: the instruction that it is the short form of; any other as it is.
#[cfg(test)]
static PLAIN: LazyLock<Vec<Option<Op>>> = LazyLock::new(|| {
    let mut plain = vec![None; OP_LIMIT];
    for &op in ALL {
        plain[op as usize].get_or_insert(op);
        for &short in &SHORT[op as usize] {
            plain[short as usize] = Some(op);
        }
    }
    plain
});

/// The instruction that it is the short form of; any other as it is.
#[cfg(test)]
pub(super) fn plain(op: Op) -> Op {
    PLAIN[op as usize].unwrap_or(op)
}

/// What a place allows of short forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The label may be narrower than the plain instruction's. Only when all blocks are laid out is it known whether it reaches.
    pub(super) near: bool,
    /// It is in a loop.
    pub(super) in_loop: bool,
}

/// Whether an operand takes the machine longer than in the plain form: by a shift if it has three bytes, by a subtraction if it is an
/// offset or an immediate in the opcode; a branch of one word has none beside which direct threading could note where it leads. The address of a slot
/// takes the subtraction into its displacement.
fn costs(field: &Field) -> bool {
    let in_opcode = field.place.counted().is_some() && !field.role.is_register();
    field.place.bits == 24 || in_opcode || field.role.is_label() && field.place.byte == 0
}

/// The shortest form of an instruction with these operands, if it has one that they fit and that its place allows. One that costs the
/// machine something is not for loops.
pub(super) fn form(op: Op, operands: &[i64], place: Place) -> Option<Op> {
    let fit = |((field, own), &value): ((&Field, &Field), &i64)| {
        // The labels behind a table are as wide as its operand says.
        let is_label = matches!(
            field.role,
            Role::Label16 | Role::Label32 | Role::TargetCount
        );
        fits(field, value)
            && (place.near || !is_label || field.place.bits == own.place.bits)
            && !(place.in_loop && costs(field))
    };
    let fits = |short: &Op| {
        let fields = short.info().fields.iter().zip(op.info().fields);
        fields.zip(operands).all(fit)
    };
    SHORT[op as usize].iter().copied().find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_form_belongs_to_an_instruction_with_the_same_operands() {
        let mut count = 0;
        for &op in ALL {
            let info = op.info();
            let Some(name) = plain_name(op) else {
                continue;
            };
            count += 1;
            let base = plain(op).info();
            assert_eq!(base.name, name);
            assert!(info.words < base.words, "{name}");
            assert_eq!(
                (info.control, info.charge, info.formula),
                (base.control, base.charge, base.formula)
            );
            // What says that others are wide is not needed where they are not.
            let others = base.fields.iter().filter(|it| it.role != Role::Wide);
            assert_eq!(info.fields.len(), others.count(), "{name}");
            for (a, b) in info.fields.iter().zip(base.fields) {
                assert_eq!(a.name, b.name, "{name}");
                // Immediates and labels may be of the other width's role, with the same sign.
                let alike = a.role == b.role
                    || !a.role.is_register() && a.role.is_signed() == b.role.is_signed();
                assert!(alike && a.place.bits <= b.place.bits, "{name} {}", a.name);
            }
        }
        assert!(count > 60, "{count}");
    }

    const COLD: Place = Place {
        near: true,
        in_loop: false,
    };

    #[test]
    fn a_form_is_short_if_all_its_operands_fit() {
        let of = |op, operands: &[i64]| form(op, operands, COLD);
        assert_eq!(of(Op::Mov, &[255, 255]), Some(Op::MovShort));
        assert_eq!(of(Op::Mov, &[256, 0]), None);
        assert_eq!(of(Op::Mov, &[0, 256]), None);
        assert_eq!(of(Op::ConstU32, &[7, 0xff_ffff]), Some(Op::ConstU32Short));
        assert_eq!(of(Op::ConstU32, &[7, 0x100_0000]), None);
        assert_eq!(
            of(Op::Store32Imm, &[1, -128, 65535]),
            Some(Op::Store32ImmShort)
        );
        assert_eq!(of(Op::Store32Imm, &[1, -129, 0]), None);
        assert_eq!(
            of(Op::Load32Wrap, &[1, 2, 255, -128]),
            Some(Op::Load32WrapShort)
        );
        assert_eq!(of(Op::Load32Wrap, &[1, 2, 256, 0]), None);
        assert_eq!(of(Op::I32Mul, &[1, 2, 3]), None);
        assert_eq!(of(Op::Load32, &[1, 2, 188]), Some(Op::Load32Tiny));
        assert_eq!(of(Op::Load32, &[1, 2, 192]), Some(Op::Load32Short));
        assert_eq!(of(Op::Load32, &[1, 2, 2]), Some(Op::Load32Short));
        assert_eq!(of(Op::I32AddImm, &[1, 2, -16]), Some(Op::I32AddImmTiny));
        assert_eq!(of(Op::I32AddImm, &[1, 2, 9]), Some(Op::I32AddImmShort));
        assert_eq!(of(Op::I32AddImm, &[1, 256, 1]), None);
        assert_eq!(of(Op::Ret1, &[7]), Some(Op::Ret1Tiny));
        assert_eq!(of(Op::Ret1, &[8]), None);
        assert_eq!(of(Op::Call, &[255, 255, 0xffff, 0]), Some(Op::CallTiny));
        assert_eq!(of(Op::Call, &[1, 0, 0x1_0000, 0]), Some(Op::CallShort));
        assert_eq!(of(Op::Call, &[256, 0, 0, 0]), None);
        assert_eq!(of(Op::Call, &[1, 256, 0, 0]), None);
        let indirect = of(Op::CallIndirect, &[1, 0, 300, 1, 0xffff, 0]);
        assert_eq!(indirect, Some(Op::CallIndirectShort));
        assert_eq!(of(Op::CallIndirectZero, &[1, 0, 3, 0x1_0000, 0]), None);
    }

    #[test]
    fn a_label_is_narrower_only_where_it_may_be() {
        let far = Place {
            near: false,
            ..COLD
        };
        assert_eq!(form(Op::BrZ, &[1, 0], COLD), Some(Op::BrZShort));
        assert_eq!(form(Op::BrZ, &[1, 0], far), None);
        // Of two words or one, and of one either way.
        let step = |place| form(Op::BrI32AddNe, &[1, 1, 2, 1, 0], place);
        assert_eq!(step(COLD), Some(Op::BrI32AddNeShort));
        assert_eq!(step(far), None);
        let other = form(Op::BrI32EqImm, &[1, 5, 0], far);
        assert_eq!(other, Some(Op::BrI32EqImmShort));
        let table = |n, place| form(Op::BrTable, &[300, n], place);
        assert_eq!(table(0xffff, COLD), Some(Op::BrTableShort));
        assert_eq!(table(0x1_0000, COLD), None);
        assert_eq!(table(3, far), None);
    }

    #[test]
    fn what_costs_something_is_not_for_loops() {
        let hot = Place {
            in_loop: true,
            ..COLD
        };
        let constant = |op, place| form(op, &[7, 5], place);
        assert_eq!(constant(Op::ConstU32, COLD), Some(Op::ConstU32Short));
        assert_eq!(constant(Op::ConstPool, COLD), Some(Op::ConstPoolShort));
        assert_eq!(constant(Op::ConstU32, hot), None);
        assert_eq!(constant(Op::ConstPool, hot), None);
        assert_eq!(constant(Op::ConstU16, hot), Some(Op::ConstU16Short));
        let near = |op, place| form(op, &[1, 2, 4], place);
        for (op, tiny, short) in [
            (Op::Load32, Op::Load32Tiny, Op::Load32Short),
            (Op::I32AddImm, Op::I32AddImmTiny, Op::I32AddImmShort),
        ] {
            assert_eq!(near(op, COLD), Some(tiny));
            assert_eq!(near(op, hot), Some(short));
        }
        assert_eq!(form(Op::Br, &[9], COLD), Some(Op::BrShort));
        assert_eq!(form(Op::Br, &[9], hot), None);
        assert_eq!(form(Op::BrNz, &[1, 9], hot), Some(Op::BrNzShort));
        assert_eq!(form(Op::Ret1, &[1], hot), Some(Op::Ret1Tiny));
    }
}
