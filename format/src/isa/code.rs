//! Encoding and decoding of single instructions, driven by the table.

use super::family::{fits_opcode, to_bits, to_value};
use super::{Control, Field, MAX_WORDS, Op, Place, Role, label_words};

/// An operand value does not fit its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// The instruction.
    pub op: Op,
    /// Index of the operand.
    pub field: u8,
    /// The value that does not fit.
    pub value: i64,
}

/// Encodes `op` with `operands` (one value per field, in order) into its words; those behind [`super::OpInfo::words`] are 0.
///
/// # Errors
/// When an operand does not fit its field: 8 to 32 bits, signed or unsigned as its role says.
///
/// # Panics
/// When the number of operands is not that of the table.
pub fn encode(op: Op, operands: &[i64]) -> Result<[u16; MAX_WORDS], EncodeError> {
    let info = op.info();
    assert_eq!(
        operands.len(),
        info.fields.len(),
        "operands of {}",
        info.name
    );
    let mut words = [0; MAX_WORDS];
    words[0] = op as u16;
    for (i, (field, &value)) in info.fields.iter().zip(operands).enumerate() {
        if !set_field(&mut words, field, value) {
            return Err(EncodeError {
                op,
                field: i as u8,
                value,
            });
        }
    }
    Ok(words)
}

/// Whether a field has room for `value`: 8 to 32 bits, signed or unsigned as its role says.
#[must_use]
pub fn fits(field: &Field, value: i64) -> bool {
    if let Some(fits) = fits_opcode(field, value) {
        return fits;
    }
    let bits = u32::from(field.place.bits);
    let range = if field.role.is_signed() {
        -(1i64 << (bits - 1))..(1i64 << (bits - 1))
    } else {
        0..(1i64 << bits)
    };
    range.contains(&value)
}

/// Puts `value` into its field of an instruction's words. False, and no change, when it does not fit or there are no such words.
#[must_use]
pub fn set_field(words: &mut [u16], field: &Field, value: i64) -> bool {
    let bits = u32::from(field.place.bits);
    let (at, shift) = (field.place.word(), field.place.shift());
    let count = (shift + bits).div_ceil(16) as usize;
    let Some(words) = words.get_mut(at..at + count) else {
        return false;
    };
    if !fits(field, value) {
        return false;
    }
    let mask = (1u64 << bits) - 1;
    let value = to_bits(field, value);
    for (i, word) in words.iter_mut().enumerate() {
        let of = |bits: u64| ((bits << shift) >> (16 * i)) as u16;
        *word = *word & !of(mask) | of(value as u64 & mask);
    }
    true
}

/// The value of `field` in an instruction's words, sign-extended if its role is signed; what is not there counts as 0.
#[must_use]
pub fn field_value(words: &[u16], field: &Field) -> i64 {
    let at = field.place.word();
    let word = |i: usize| words.get(at + i).copied().unwrap_or(0);
    let bits = pair(word(0), word(1)) >> field.place.shift();
    // To the top, and back with or without the sign.
    let unused = 32 - u32::from(field.place.bits);
    let bits = if field.role.is_signed() {
        i64::from((bits << unused) as i32 >> unused)
    } else {
        i64::from(bits << unused >> unused)
    };
    to_value(field, bits)
}

/// A 32-bit operand of its two words.
#[must_use]
pub const fn pair(low: u16, high: u16) -> u32 {
    low as u32 | (high as u32) << 16
}

/// The operand that says how many labels a branch table has, if the instruction has one behind it.
#[must_use]
pub fn table_of(op: Op) -> Option<&'static Field> {
    let info = op.info();
    if info.control != Control::Table {
        return None;
    }
    let mut fields = info.fields.iter();
    fields.find(|field| field.role == Role::TargetCount)
}

/// The two words of a label of a branch table, relative to the `br_table` instruction.
#[must_use]
pub const fn table_label(label: i32) -> [u16; 2] {
    [label as u16, (label >> 16) as u16]
}

/// The instructions of code in host order: the place of each, its opcode, and its words, those of a branch table included. What is no
/// opcode comes as an instruction of one word without an opcode.
pub fn instructions(words: &[u16]) -> impl Iterator<Item = (usize, Option<Op>, &[u16])> {
    instructions_of(words, |word| word)
}

/// The same for words as they lie in an image, which are little-endian.
pub fn instructions_le(words: &[u16]) -> impl Iterator<Item = (usize, Option<Op>, &[u16])> {
    instructions_of(words, u16::from_le)
}

/// The same for code whose words `native` makes numbers of.
pub(crate) fn instructions_of(
    words: &[u16],
    native: impl Fn(u16) -> u16,
) -> impl Iterator<Item = (usize, Option<Op>, &[u16])> {
    let mut at = 0_usize;
    core::iter::from_fn(move || {
        let rest = words.get(at..)?;
        let op = Op::from_number(native(*rest.first()?));
        let mut len = op.map_or(1, |op| usize::from(op.info().words));
        if let Some(count) = op.and_then(table_of) {
            let word = |i: usize| rest.get(count.place.word() + i).copied().map(&native);
            let words = [0, 1].map(|i| word(i).unwrap_or(0));
            let at = Place {
                byte: 0,
                ..count.place
            };
            let n = field_value(
                &words,
                &Field {
                    place: at,
                    ..*count
                },
            );
            let targets = (n as usize).saturating_add(1);
            len = len.saturating_add(targets.saturating_mul(label_words(count.place)));
        }
        let place = at;
        at = at.saturating_add(len);
        Some((place, op, rest.get(..len).unwrap_or(rest)))
    })
}

/// The words that an instruction can have, in host order, from where it begins in an image, whose words are little-endian; zeros behind
/// the last of `words`.
#[must_use]
#[inline]
pub fn words_le(words: &[u16]) -> [u16; MAX_WORDS] {
    let mut own = [0; MAX_WORDS];
    for (own, word) in own.iter_mut().zip(words) {
        *own = u16::from_le(*word);
    }
    own
}

/// Where the bottom frame of a run returns to: the site of its `stub_call`, behind which is `halt`.
pub const HALT_STUB: u32 = 1;
/// Where a callee entered from another instance returns to: as above, and behind it is `leave`.
pub const LEAVE_STUB: u32 = 4;
/// Words that every code section starts with, before the first function: two stubs, each a `stub_call` (window and results) and the
/// instruction that a return arrives at.
pub const PROLOGUE: [u16; 6] = [
    Op::StubCall as u16,
    0x0001,
    Op::Halt as u16,
    Op::StubCall as u16,
    0x0102,
    Op::Leave as u16,
];
