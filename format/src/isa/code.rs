//! Encoding and decoding of single instructions, driven by the table.

use super::{Field, Op, OpInfo};

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

/// Encodes `op` with `operands` (one value per field, in order) into its one or two words; the second is 0 where there is none.
///
/// # Errors
/// When an operand does not fit its field: 16 or 32 bits, signed or unsigned as its role says.
///
/// # Panics
/// When the number of operands is not that of the table.
pub fn encode(op: Op, operands: &[i64]) -> Result<[u64; 2], EncodeError> {
    let info = op.info();
    assert_eq!(
        operands.len(),
        info.fields.len(),
        "operands of {}",
        info.name
    );
    let mut words = [op as u64, if info.words == 2 { Op::Ext as u64 } else { 0 }];
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

/// Puts `value` into its field of an instruction's words. False, and no change, when it does not fit.
#[must_use]
pub fn set_field(words: &mut [u64; 2], field: &Field, value: i64) -> bool {
    let bits = if field.role.is_wide() { 32 } else { 16 };
    let range = if field.role.is_signed() {
        -(1i64 << (bits - 1))..(1i64 << (bits - 1))
    } else {
        0..(1i64 << bits)
    };
    if !range.contains(&value) {
        return false;
    }
    let word = &mut words[usize::from(field.halfword / 4)];
    let shift = u32::from(field.halfword % 4) * 16;
    let mask = ((1u64 << bits) - 1) << shift;
    *word = (*word & !mask) | (((value as u64) << shift) & mask);
    true
}

/// The value of `field` in an instruction's words, sign-extended if its role is signed.
#[must_use]
pub fn field_value(word: u64, ext: u64, field: &Field) -> i64 {
    let from = if field.halfword < 4 { word } else { ext };
    let raw = from >> (u32::from(field.halfword % 4) * 16);
    match (field.role.is_wide(), field.role.is_signed()) {
        (false, false) => i64::from(raw as u16),
        (false, true) => i64::from(raw as u16 as i16),
        (true, false) => i64::from(raw as u32),
        (true, true) => i64::from(raw as u32 as i32),
    }
}

/// An extension word that carries one label of a branch table, relative to the `br_table` word.
#[must_use]
pub fn ext_word(label: i32) -> u64 {
    Op::Ext as u64 | (u64::from(label as u32) << 32)
}

impl OpInfo {
    /// Mask of the halfwords that no operand takes, of each word: they are zero in a valid instruction.
    #[must_use]
    pub fn reserved_bits(&self) -> [u64; 2] {
        let mut mask = [!0xffff_u64, !0xffff_u64];
        for field in self.fields {
            let bits = if field.role.is_wide() {
                0xffff_ffff_u64
            } else {
                0xffff
            };
            mask[usize::from(field.halfword / 4)] &=
                !(bits << (u32::from(field.halfword % 4) * 16));
        }
        mask
    }
}

/// Word offset in the code section where the bottom frame of a run returns to: its `stub_call`, then `halt`.
pub const HALT_STUB: u32 = 0;
/// Word offset in the code section where a callee entered from another instance returns to: its `stub_call`, then `leave`.
pub const LEAVE_STUB: u32 = 3;
/// Words that every code section starts with, before the first function. Each stub is a call word (`base`, `dst`), its extension word,
/// and the instruction that a return arrives at.
pub const PROLOGUE: [u64; 6] = [
    Op::StubCall as u64 | (1 << 16),
    Op::Ext as u64,
    Op::Halt as u64,
    Op::StubCall as u64 | (2 << 16) | (1 << 32),
    Op::Ext as u64,
    Op::Leave as u64,
];
