//! What the verifier checks of each instruction, worked out from the instruction table at compile time.

use crate::image::features;
use crate::isa::{Control, Field, INDEX, INFO, MAX_SHIFT, Op, OpInfo, Role};

/// What the verifier checks of one opcode.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// Words that are slots of the frame: those of words 0 to 3, and of words 4 to 7, as lanes of 16 bits.
    pub(super) slots: [u64; 2],
    /// Words whose high byte is a slot of the frame, likewise, as the byte shifted down. A low byte is in `slots`.
    pub(super) high_slots: [u64; 2],
    /// What to take from words 0 to 3 before they are slots, likewise: where a slot is part of the opcode.
    pub(super) bias: u64,
    /// Words that are the first of two slots of the frame, likewise.
    pub(super) pairs: [u64; 2],
    /// Bits that must be zero, likewise: the upper bits of a shift or lane.
    pub(super) zero: [u64; 2],
    /// The operands' words, likewise.
    pub(super) operands: [u64; 2],
    /// The table's row.
    pub(super) info: &'static OpInfo,
    /// Words, branch table targets not counted.
    pub(super) words: u8,
    /// How it passes control on.
    pub(super) control: Control,
    /// Operands that [`super::func`] looks at one by one, a bit for each.
    pub(super) special: u8,
    /// The operand that is a label.
    pub(super) label: Option<&'static Field>,
    /// Whether it needs memory 0.
    pub(super) memory_zero: bool,
    /// The operand that the instruction before must have left in an accumulator, and as what.
    pub(super) accumulated: Option<(&'static Field, Role)>,
    /// The operand that it leaves in an accumulator.
    pub(super) leaves: Option<&'static Field>,
    /// Whether it is a vector instruction.
    pub(super) vector: bool,
    /// Whether it computes with floats.
    pub(super) floats: bool,
    /// Whether it is at most four words that go on to the next instruction, without special operands.
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

/// One rule per opcode, in the order of the table: opcode numbers have gaps.
static RULES: [Rule; INFO.len()] = rules();

/// The rule of an opcode.
pub(super) fn rule_of_op(op: Op) -> Option<&'static Rule> {
    rule_of(op as u16)
}

/// The rule of an opcode number, if there is such an opcode. Words of `enter` are not found, and its row is.
#[inline(always)]
pub(super) fn rule_of(number: u16) -> Option<&'static Rule> {
    RULES.get(usize::from(*INDEX.get(usize::from(number))?))
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time only"
)]
const fn rules() -> [Rule; INFO.len()] {
    let mut rules = [rule(&INFO[0]); INFO.len()];
    let mut i = 1;
    while i < INFO.len() {
        rules[i] = rule(&INFO[i]);
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
        high_slots: [0; 2],
        bias: 0,
        pairs: [0; 2],
        zero: [0; 2],
        operands: operand_words(info),
        info,
        words: info.words,
        control: info.control,
        special: 0,
        label: None,
        memory_zero: info.memory_zero,
        accumulated: None,
        leaves: None,
        vector: false,
        floats: info.feature() == features::FLOATS,
        plain: Plain::Never,
    };
    let mut i = 0;
    while i < info.fields.len() {
        let field = &info.fields[i];
        if let Some(role) = field.role.defined_by() {
            rule.accumulated = Some((field, role));
        }
        if matches!(field.role, Role::DefAcc | Role::DefF32 | Role::DefF64) {
            rule.leaves = Some(field);
        }
        let (word, above) = (field.place.word(), field.place.shift());
        let (group, shift) = (word / 4, 16 * (word as u32 % 4) + above);
        let bits = if field.place.bits == 8 { 0xff } else { 0xffff };
        if let (Check::Slot, Some(own)) = (check(field.role), field.place.counted()) {
            rule.bias = own.zero as u64;
        }
        match check(field.role) {
            Check::Slot if above > 0 => rule.high_slots[group] |= bits << (shift - above),
            Check::Slot => rule.slots[group] |= bits << shift,
            Check::Pair => {
                rule.pairs[group] |= 0xffff << shift;
                rule.vector = true;
            }
            Check::Below(count) => rule.zero[group] |= (bits & !(count - 1)) << shift,
            Check::Nothing => {}
            Check::Special => rule.special |= 1 << i,
            Check::Label => rule.label = Some(field),
        }
        i += 1;
    }
    if matches!(info.control, Control::Next)
        && info.words <= 4
        && rule.special == 0
        && rule.accumulated.is_none()
        && (rule.floats || info.feature() == 0)
        && !rule.vector
    {
        rule.plain = if info.memory_zero {
            Plain::WithMemoryZero
        } else {
            Plain::Always
        };
    }
    rule
}

/// The operands' words, as lanes.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time only"
)]
const fn operand_words(info: &OpInfo) -> [u64; 2] {
    let mut lanes = [0; 2];
    // The second word of `enter` is a block.
    let mut word = if matches!(info.control, Control::Enter) {
        info.words
    } else {
        1
    };
    while word < info.words {
        lanes[word as usize / 4] |= 0xffff << (16 * (word % 4));
        word += 1;
    }
    lanes
}

enum Check {
    /// Below the frame size.
    Slot,
    /// Below the frame size, and the next one too.
    Pair,
    /// Below this power of two.
    Below(u64),
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
        Role::Def128 | Role::Use128 | Role::Mod128 => Check::Pair,
        Role::Shift => Check::Below((MAX_SHIFT as u64).wrapping_add(1)),
        Role::Lane16 => Check::Below(16),
        Role::Lane8 => Check::Below(8),
        Role::Lane4 => Check::Below(4),
        Role::Lane2 => Check::Below(2),
        Role::Wide => Check::Below(1),
        Role::RefKinds => Check::Below(32),
        Role::Label16 | Role::Label32 => Check::Label,
        Role::ImmS16
        | Role::ImmU16
        | Role::ImmS32
        | Role::ImmU32
        | Role::BlockCost
        | Role::Cost
        | Role::Frame
        | Role::TargetCount => Check::Nothing,
        Role::UseSpan
        | Role::Count
        | Role::DefSpan
        | Role::SpanLen
        | Role::Window
        | Role::Results
        | Role::TrapCode
        | Role::DefinedFunc
        | Role::NearFunc
        | Role::ImportFunc
        | Role::Func
        | Role::Type
        | Role::CollectedType
        | Role::StructType
        | Role::ArrayType
        | Role::Array8
        | Role::Array16
        | Role::Array32
        | Role::Array64
        | Role::Array128
        | Role::Field8
        | Role::Field16
        | Role::Field32
        | Role::Field64
        | Role::Field128
        | Role::Tag
        | Role::DefinedGlobal
        | Role::ImportGlobal
        | Role::Mem
        | Role::Table
        | Role::Elem
        | Role::Data
        | Role::Const
        | Role::Const128 => Check::Special,
    }
}
