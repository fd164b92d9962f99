//! Instructions that have many opcodes, because an operand is part of the opcode: words that are one, and what such an operand says.
//!
//! - `fuel` is -cost in the low byte of a word. A branch reads that byte where it goes to, sign-extended, and nothing else of the word.
//!   Words of operands rarely look like one of these: where they are two slots, the higher one is 194 or above and the other one is 7, or they
//!   are 0 and 3. Those that do are listed in DECOYS.
//! - `br_short` has its label in the low byte, sign-extended. It is not 0, since that is no block.
//! - `enter` is a word with the top bit set; the others are the frame size. It is the one instruction that no handler table has room for: it
//!   is never executed.

use super::Op;
use super::operand::{Field, Role};

/// Greatest cost of a block that its `fuel` can say; `fuel_more` says the rest.
pub const MAX_BLOCK_COST: u32 = 62;

/// `fuel` of cost 0.
const FREE: u16 = 0x0300;
/// `fuel` of the greatest cost; the numbers above go down to 1.
const DEAREST: u16 = Op::Fuel as u16 - MAX_BLOCK_COST as u16 + 1;

/// Opcodes of rows that have more than the number in the table: first, last, and whose they are.
pub const FAMILIES: &[(u16, u16, Op)] = &[
    (FREE, FREE, Op::Fuel),
    (FREE + 1, Op::BrShort as u16, Op::BrShort),
    (DEAREST, Op::Fuel as u16, Op::Fuel),
];

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
    if matches!(field.role, Role::Frame) {
        value | ENTER as i64
    } else if !matches!(field.role, Role::BlockCost) {
        value
    } else if value == 0 {
        FREE as i64
    } else {
        Op::Fuel as i64 + 1 - value
    }
}

/// The value of an operand whose bits are these.
pub(super) const fn to_value(field: &Field, bits: i64) -> i64 {
    if matches!(field.role, Role::Frame) {
        bits & !(ENTER as i64)
    } else if matches!(field.role, Role::BlockCost) {
        -(bits as i8 as i64)
    } else {
        bits
    }
}

/// The least and the greatest value of an operand that is part of its opcode, if it is other than its width says.
pub(super) const fn range(field: &Field) -> Option<(i64, i64)> {
    if matches!(field.role, Role::Frame) {
        Some((0, ENTER as i64 - 1))
    } else if matches!(field.role, Role::BlockCost) {
        Some((0, MAX_BLOCK_COST as i64))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{encode, field_value};

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
