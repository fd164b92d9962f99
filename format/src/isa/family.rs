//! Instructions that have many opcodes, because an operand is part of the opcode: words that are one, and what such an operand says.
//!
//! - `fuel` is -cost in the low byte of a word. A branch reads that byte where it goes to, sign-extended, and nothing else of the word.
//!   Words of operands rarely look like one of these: where they are two slots, the higher one is 194 or above and the other one is 7, or they
//!   are 0 and 3. Those that do are listed in DECOYS.
//! - `br_short` has its label in the low byte, sign-extended. It is not 0, since that is no block.
//! - Others have one of their operands in the low byte, less a number that makes them fit between other opcodes ([`OWN`]): the commonest slots,
//!   offsets and immediates.
//! - `enter` is a word with the top bit set; the others are the frame size. It is the one instruction that no handler table has room for: it
//!   is never executed.

use super::operand::{Field, Role};
use super::{Op, OpInfo};

/// Greatest cost of a block that its `fuel` can say; `fuel_more` says the rest.
pub const MAX_BLOCK_COST: u32 = 62;

/// `fuel` of cost 0.
pub(super) const FREE: u16 = 0x0300;
/// `fuel` of the greatest cost; the numbers above go down to 1.
const DEAREST: u16 = Op::Fuel as u16 - MAX_BLOCK_COST as u16 + 1;

/// How the low byte of an opcode says an operand: the value is the byte less `zero`, shifted to the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The least byte.
    pub first: u8,
    /// The greatest byte.
    pub last: u8,
    /// The byte that says 0.
    pub zero: u8,
    /// How many zeros follow.
    pub shift: u8,
}

const fn own(first: u8, last: u8, zero: u8, shift: u8) -> Own {
    Own {
        first,
        last,
        zero,
        shift,
    }
}

/// The operands that are part of opcodes, by [`super::Place::own`]. Those of `enter`, `fuel` and `br_short` come first: they have signs.
pub const OWN: &[Own] = &[
    own(0, 0, 0, 0),
    own(0, 255, 0, 0),
    // const_1: slots 0 to 18.
    own(0x5d, 0x6f, 0x5d, 0),
    // ret1_tiny: slots 0 to 7.
    own(0x9e, 0xa5, 0x9e, 0),
    // ret1_acc_src_tiny: slots 0 and 1.
    own(0xa6, 0xa7, 0xa6, 0),
    // const_ones: slots 0 to 7.
    own(0xa8, 0xaf, 0xa8, 0),
    // i32_add_imm_acc_lhs_tiny: -16 to 4.
    own(0x0b, 0x1f, 0x1b, 0),
    // load64_tiny: offsets 0 to 184.
    own(0x68, 0x7f, 0x68, 3),
    // store32_tiny: offsets 0 to 124.
    own(0x10, 0x2f, 0x10, 2),
    // store32_acc_src_tiny: offsets 0 to 60.
    own(0x30, 0x3f, 0x30, 2),
    // const_0: slots 0 to 31.
    own(0x43, 0x62, 0x43, 0),
    // load32_tiny: offsets 0 to 188.
    own(0x63, 0x92, 0x63, 2),
    // i32_add_imm_tiny: -16 to 8.
    own(0x93, 0xab, 0xa3, 0),
    // load8_u_tiny: offsets 0 to 19.
    own(0xac, 0xbf, 0xac, 0),
    // load32_acc_addr_tiny: offsets 0 to 60.
    own(0xed, 0xfc, 0xed, 2),
    // store32_imm_tiny: offsets 0 to 60.
    own(0x10, 0x1f, 0x10, 2),
];

/// First and last of the opcodes of a row, those of `enter` and of a `fuel` without cost apart.
pub(super) const fn family_of(info: &OpInfo) -> (u16, u16) {
    let number = info.op as u16;
    if matches!(info.op, Op::Fuel) {
        return (DEAREST, number);
    } else if matches!(info.op, Op::BrShort) {
        return (FREE + 1, number);
    }
    let mut i = 0;
    while i < info.fields.len() {
        if let Some(own) = info.fields[i].place.counted() {
            let page = number & 0xff00;
            assert!(
                number == page | own.first as u16,
                "a row has its first number"
            );
            return (number, page | own.last as u16);
        }
        i += 1;
    }
    (number, number)
}

/// The top bit of `enter`.
pub(super) const ENTER: u16 = 0x8000;

/// Whether a word is the opcode `fuel`.
#[must_use]
pub const fn is_fuel(word: u16) -> bool {
    word == FREE || word >= DEAREST && word <= Op::Fuel as u16
}

/// The cost that a `fuel` says.
#[must_use]
pub const fn cost_of(fuel: u16) -> u32 {
    (fuel as u8).wrapping_neg() as u32
}

/// The frame size that an `enter` says.
#[must_use]
pub const fn frame_of(enter: u16) -> u16 {
    enter & !ENTER
}

/// Whether any of four words, those of which `lanes` has all bits, may be the opcode `fuel`: false if none is; nearly always if one is not.
pub(crate) const fn may_have_fuel(words: u64, lanes: u64) -> bool {
    const ONES: u64 = 0x0001_0001_0001_0001;
    const ALIKE: u16 = 0xffc0;
    assert!(DEAREST & ALIKE == Op::Fuel as u16 & ALIKE);
    // Lanes that do not count are different; a lane is 0 where it is the same.
    let free = words ^ ONES.wrapping_mul(FREE as u64) | !lanes;
    let other = (words & ONES.wrapping_mul(ALIKE as u64))
        ^ ONES.wrapping_mul((DEAREST & ALIKE) as u64)
        | !lanes;
    let zeros = free.wrapping_sub(ONES) & !free | other.wrapping_sub(ONES) & !other;
    zeros & ONES << 15 != 0
}

/// The bits of an operand as they stand in their words, if they are not its value.
pub(super) const fn to_bits(field: &Field, value: i64) -> i64 {
    if let Some(own) = field.place.counted() {
        (value >> own.shift) + own.zero as i64
    } else if matches!(field.role, Role::Frame) {
        value | ENTER as i64
    } else if !matches!(field.role, Role::BlockCost) {
        value
    } else if value == 0 {
        FREE as i64
    } else {
        Op::Fuel as i64 + 1 - value
    }
}

/// The value of an operand whose bits are these, with the sign that its role has.
pub(super) const fn to_value(field: &Field, bits: i64) -> i64 {
    if let Some(own) = field.place.counted() {
        (bits as u8 as i64 - own.zero as i64) << own.shift
    } else if matches!(field.role, Role::Frame) {
        bits & !(ENTER as i64)
    } else if matches!(field.role, Role::BlockCost) {
        -(bits as i8 as i64)
    } else {
        bits
    }
}

/// Whether an operand that is part of its opcode, or of another, can be `value`.
pub(super) const fn fits_opcode(field: &Field, value: i64) -> Option<bool> {
    if let Some(own) = field.place.counted() {
        let byte = to_bits(field, value);
        let whole = value & ((1 << own.shift) - 1) == 0;
        Some(whole && byte >= own.first as i64 && byte <= own.last as i64)
    } else if matches!(field.role, Role::Frame) {
        Some(value >= 0 && value < ENTER as i64)
    } else if matches!(field.role, Role::BlockCost) {
        Some(value >= 0 && value <= MAX_BLOCK_COST as i64)
    } else if field.place.byte == 0 {
        // A label; with 0 the word would be a `fuel`.
        Some(value >= i8::MIN as i64 && value <= i8::MAX as i64 && value != 0)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{INFO, encode, field_value, fits};

    #[test]
    fn words_of_a_family_decode_to_what_they_were_encoded_from() {
        for cost in 0..=i64::from(MAX_BLOCK_COST) {
            let [word, ..] = encode(Op::Fuel, &[cost]).unwrap();
            assert!(is_fuel(word) && may_have_fuel(word.into(), 0xffff));
            assert_eq!(i64::from(word as u8 as i8), -cost);
            assert_eq!(Op::from_number(word), Some(Op::Fuel));
            let [enter, same, ..] = encode(Op::Enter, &[9, cost]).unwrap();
            assert_eq!((enter, same), (0x8009, word));
            let fields = Op::Enter.info().fields;
            assert_eq!(field_value(&[enter, word], &fields[1]), cost);
        }
        for label in [-128, -1, 1, 127] {
            let [word, ..] = encode(Op::BrShort, &[label]).unwrap();
            assert_eq!(Op::from_number(word), Some(Op::BrShort));
            assert_eq!(field_value(&[word], &Op::BrShort.info().fields[0]), label);
        }
        for (op, operand) in INFO
            .iter()
            .flat_map(|info| (0..info.fields.len()).map(|i| (info.op, i)))
        {
            let field = &op.info().fields[operand];
            let Some(own) = field.place.counted() else {
                continue;
            };
            let mut operands = [0; 6];
            for byte in own.first..=own.last {
                operands[operand] = (i64::from(byte) - i64::from(own.zero)) << own.shift;
                let words = encode(op, &operands[..op.info().fields.len()]).unwrap();
                assert_eq!(Op::from_number(words[0]), Some(op));
                assert_eq!(field_value(&words, field), operands[operand], "{op:?}");
            }
            for byte in [i64::from(own.first) - 1, i64::from(own.last) + 1] {
                let value = (byte - i64::from(own.zero)) << own.shift;
                assert!(!fits(field, value), "{op:?} {value}");
            }
            assert!(own.shift == 0 || !fits(field, 1), "{op:?}");
        }
        for frame in [1, 0x7fff] {
            let [word, ..] = encode(Op::Enter, &[frame, 0]).unwrap();
            assert_eq!(Op::from_number(word), Some(Op::Enter));
            assert_eq!(field_value(&[word], &Op::Enter.info().fields[0]), frame);
        }
        assert!(encode(Op::Fuel, &[63]).is_err());
        assert!(encode(Op::Fuel, &[-1]).is_err());
        assert!(encode(Op::BrShort, &[0]).is_err());
        assert!(encode(Op::Enter, &[0x8000, 0]).is_err());
        assert_eq!(Op::from_number(Op::Enter as u16), None, "no word is that");
    }

    #[test]
    fn every_word_is_told_from_fuel() {
        let mut fuels = 0;
        for word in 0..=u16::MAX {
            fuels += u32::from(is_fuel(word));
            assert_eq!(is_fuel(word), Op::from_number(word) == Some(Op::Fuel));
            for shift in [0, 16, 32, 48] {
                let lane = 0xffff << shift;
                let words = u64::from(word) << shift;
                let may = may_have_fuel(words, lane);
                assert!(may || !is_fuel(word), "{word:#x}");
                assert!(
                    is_fuel(word) || !may || word & 0xfffe == 0x07c0,
                    "{word:#x}"
                );
                assert!(!may_have_fuel(words, !lane & 0xffff_ffff_ffff));
            }
        }
        assert_eq!(fuels, MAX_BLOCK_COST + 1);
    }
}
