//! What the verifier checks of each instruction, worked out from the instruction table at compile time.

use super::error::VerifyErrorKind as Kind;
use crate::isa::{Control, Field, INFO, OP_LIMIT, OpInfo, Role};

/// What the verifier checks of one opcode.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// Halfwords of the word and its extension that are slots of the frame.
    pub(super) slots: [u64; 2],
    /// Bits that must be zero: those that no operand takes, and the upper bits of a shift.
    pub(super) zero: [u64; 2],
    /// The table's row.
    pub(super) info: &'static OpInfo,
    /// Words, branch table targets not counted: 1 or 2. 0 where there is no such opcode.
    pub(super) words: u8,
    /// How it passes control on.
    pub(super) control: Control,
    /// Operands that [`super::func`] looks at one by one, a bit for each.
    pub(super) special: u8,
    /// By how much to shift the word that has the label for the label; 0 where there is no label.
    pub(super) label_shift: u8,
    /// Whether the label is in the extension word.
    pub(super) label_in_ext: bool,
    /// Whether it needs memory 0.
    pub(super) memory_zero: bool,
    /// The operand that the instruction before must have left in an accumulator, and as what.
    pub(super) accumulated: Option<(&'static Field, Role)>,
    /// The operand that it leaves in an accumulator.
    pub(super) leaves: Option<&'static Field>,
    /// Whether it is one word that goes on to the next, without special operands.
    pub(super) plain: Plain,
}

/// Whether the masks say all there is to check of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plain {
    /// Yes.
    Always,
    /// Yes, if memory 0 is as it needs it.
    WithMemoryZero,
    /// No.
    Never,
}

/// One rule per opcode number.
pub(super) static RULES: [Rule; OP_LIMIT] = rules();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time only"
)]
const fn rules() -> [Rule; OP_LIMIT] {
    let mut rules = [Rule {
        slots: [0; 2],
        zero: [0; 2],
        info: &INFO[0],
        words: 0,
        control: Control::Ext,
        special: 0,
        label_shift: 0,
        label_in_ext: false,
        memory_zero: false,
        accumulated: None,
        leaves: None,
        plain: Plain::Never,
    }; OP_LIMIT];
    let mut i = 0;
    while i < INFO.len() {
        rules[INFO[i].op as usize] = rule(&INFO[i]);
        i += 1;
    }
    rules
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time only"
)]
const fn rule(info: &'static OpInfo) -> Rule {
    let mut rule = Rule {
        slots: [0; 2],
        zero: [!0xffff, !0xffff],
        info,
        words: info.words,
        control: info.control,
        special: 0,
        label_shift: 0,
        label_in_ext: false,
        memory_zero: info.memory_zero,
        accumulated: None,
        leaves: None,
        plain: Plain::Never,
    };
    let mut i = 0;
    while i < info.fields.len() {
        let field = &info.fields[i];
        let bits: u64 = if field.role.is_wide() {
            0xffff_ffff
        } else {
            0xffff
        };
        if let Some(role) = field.role.defined_by() {
            rule.accumulated = Some((field, role));
        }
        if matches!(field.role, Role::DefAcc | Role::DefF32 | Role::DefF64) {
            rule.leaves = Some(field);
        }
        let shift = 16 * (field.halfword % 4);
        let word = field.halfword as usize / 4;
        rule.zero[word] &= !(bits << shift);
        match check(field.role) {
            Check::Slot => rule.slots[word] |= bits << shift,
            Check::Shift => rule.zero[word] |= 0xfffc << shift,
            Check::Nothing => {}
            Check::Special => rule.special |= 1 << i,
            Check::Label => {
                assert!(
                    bits << shift >> 63 == 1,
                    "a label is the upper end of its word"
                );
                rule.label_shift = shift;
                rule.label_in_ext = word == 1;
            }
        }
        i += 1;
    }
    if matches!(info.control, Control::Next)
        && info.words == 1
        && rule.special == 0
        && rule.accumulated.is_none()
    {
        rule.plain = if info.memory_zero {
            Plain::WithMemoryZero
        } else {
            Plain::Always
        };
    }
    rule
}

enum Check {
    /// Below the frame size.
    Slot,
    /// At most 3.
    Shift,
    /// To a block.
    Label,
    /// Any value will do, or the control kind's rule sees to it.
    Nothing,
    /// By a look at the module.
    Special,
}

const fn check(role: Role) -> Check {
    match role {
        Role::Def
        | Role::DefAcc
        | Role::DefF32
        | Role::DefF64
        | Role::Use
        | Role::Acc
        | Role::AccF32
        | Role::AccF64
        | Role::Mod => Check::Slot,
        Role::Shift => Check::Shift,
        Role::Label16 | Role::Label32 => Check::Label,
        Role::ImmS16
        | Role::ImmU16
        | Role::ImmS32
        | Role::ImmU32
        | Role::Cost
        | Role::Frame
        | Role::TargetCount => Check::Nothing,
        Role::UseSpan
        | Role::Count
        | Role::Window
        | Role::Results
        | Role::TrapCode
        | Role::DefinedFunc
        | Role::ImportFunc
        | Role::Func
        | Role::Type
        | Role::DefinedGlobal
        | Role::ImportGlobal
        | Role::Mem
        | Role::Table
        | Role::Elem
        | Role::Data
        | Role::Const => Check::Special,
    }
}

impl Rule {
    /// Which rule bits that should be zero break.
    #[cold]
    pub(super) fn explain(&self, wrong: [u64; 2]) -> Kind {
        let in_operand = |(wrong, reserved): (u64, u64)| wrong & !reserved != 0;
        if wrong
            .into_iter()
            .zip(self.info.reserved_bits())
            .any(in_operand)
        {
            Kind::BadImmediate
        } else {
            Kind::ReservedBits
        }
    }
}
