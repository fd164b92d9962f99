//! Code words to text, by the roles of the operands. Anything can be printed: words that are no instruction come out as `.word`.
//!
//! Words are taken as they lie in an image, little-endian. Slots are `s3`, the two slots of a v128 by the first one `v3`, labels `@17`:
//! the word number in the function.

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use core::fmt::{Result, Write};

use super::{Field, Op, OpInfo, Role, field_value, label_words, pair, table_of, words_le};
use crate::trap::Trap;

/// Prints all instructions of a function, one a line, each after its word number.
///
/// # Errors
/// When `out` fails.
pub fn function(out: &mut dyn Write, words: &[u16]) -> Result {
    let mut at = 0;
    while at < words.len() {
        write!(out, "{at:5}  ")?;
        at = instruction(out, words, at)?.max(at.saturating_add(1));
        writeln!(out)?;
    }
    Ok(())
}

/// Prints the instruction at word `at` of a function; gives the word behind it.
///
/// # Errors
/// When `out` fails.
pub fn instruction(
    out: &mut dyn Write,
    words: &[u16],
    at: usize,
) -> core::result::Result<usize, core::fmt::Error> {
    let rest = words.get(at..).unwrap_or_default();
    let own = words_le(rest);
    let Some(&first) = rest.first() else {
        return Ok(at);
    };
    let first = u16::from_le(first);
    let info = Op::from_number(first).map(Op::info);
    let whole = |info: &&OpInfo| usize::from(info.words) <= rest.len();
    let Some(info) = info.filter(whole) else {
        write!(out, ".word {first:#06x}")?;
        return Ok(at.saturating_add(1));
    };
    out.write_str(info.name)?;
    let mut separator = " ";
    for field in info.fields {
        out.write_str(separator)?;
        operand(out, field, field_value(&own, field), at)?;
        separator = ", ";
    }
    let mut next = usize::from(info.words);
    if let Some(count) = table_of(info.op) {
        let words = label_words(count.place);
        for _ in 0..=field_value(&own, count) {
            let target = rest.get(next..).and_then(|rest| rest.get(..words));
            let target = match target {
                Some(&[near]) => i64::from(u16::from_le(near) as i16),
                Some(&[low, high]) => i64::from(pair(u16::from_le(low), u16::from_le(high)) as i32),
                Some(_) | None => break,
            };
            out.write_str(", ")?;
            label(out, target, at)?;
            next = next.saturating_add(words);
        }
    }
    Ok(at.saturating_add(next))
}

fn label(out: &mut dyn Write, distance: i64, at: usize) -> Result {
    write!(out, "@{}", (at as i64).saturating_add(distance))
}

fn operand(out: &mut dyn Write, field: &Field, value: i64, at: usize) -> Result {
    match field.role {
        Role::Def
        | Role::DefAcc
        | Role::DefF32
        | Role::DefF64
        | Role::Use
        | Role::Acc
        | Role::AccF32
        | Role::AccF64
        | Role::Mod
        | Role::UseSpan
        | Role::DefSpan
        | Role::Window
        | Role::Results => {
            write!(out, "s{value}")
        }
        Role::Def128 | Role::Use128 | Role::Mod128 => write!(out, "v{value}"),
        Role::Count
        | Role::SpanLen
        | Role::Field8
        | Role::Field16
        | Role::Field32
        | Role::Field64
        | Role::Field128
        | Role::RefKinds
        | Role::Wide
        | Role::ImmS16
        | Role::ImmU16
        | Role::ImmS32
        | Role::ImmU32
        | Role::Shift
        | Role::Lane16
        | Role::Lane8
        | Role::Lane4
        | Role::Lane2
        | Role::TargetCount
        | Role::Frame
        | Role::BlockCost
        | Role::Cost => write!(out, "{value}"),
        Role::Label16 | Role::Label32 => label(out, value, at),
        Role::TrapCode => match Trap::from_number(value as u16) {
            Some(trap) => write!(out, "{trap:?}"),
            None => write!(out, "{value}"),
        },
        Role::DefinedFunc | Role::NearFunc => write!(out, "defined_func[{value}]"),
        Role::ImportFunc => write!(out, "import_func[{value}]"),
        Role::Func => write!(out, "func[{value}]"),
        Role::Type
        | Role::CollectedType
        | Role::StructType
        | Role::ArrayType
        | Role::Array8
        | Role::Array16
        | Role::Array32
        | Role::Array64
        | Role::Array128 => write!(out, "type[{value}]"),
        Role::DefinedGlobal => write!(out, "global[{value}]"),
        Role::ImportGlobal => write!(out, "import_global[{value}]"),
        Role::Mem => write!(out, "mem[{value}]"),
        Role::Table => write!(out, "table[{value}]"),
        Role::Elem => write!(out, "elem[{value}]"),
        Role::Data => write!(out, "data[{value}]"),
        Role::Tag => write!(out, "tag[{value}]"),
        Role::Const | Role::Const128 => write!(out, "pool[{value}]"),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;
    use crate::isa::{ALL, encode, table_label};

    fn text(words: &[u16]) -> String {
        let mut out = String::new();
        let words: Vec<u16> = words.iter().map(|word| word.to_le()).collect();
        function(&mut out, &words).unwrap();
        out
    }

    #[test]
    fn a_function() {
        let mut words = Vec::new();
        let mut put = |op: Op, operands: &[i64]| {
            let encoded = encode(op, operands).unwrap();
            words.extend_from_slice(&encoded[..usize::from(op.info().words)]);
        };
        put(Op::Enter, &[5, 3]);
        put(Op::I32Add, &[3, 1, 2]);
        put(Op::I32AddImm, &[3, 1, -2]);
        put(Op::BrI32LtS, &[1, 2, -4]);
        put(Op::Fuel, &[7]);
        put(Op::CallTiny, &[4, 0, 9]);
        put(Op::Trap, &[0]);
        put(Op::BrTable, &[1, 1]);
        words.extend([table_label(-8), table_label(8)].concat());
        words.push(0x02fd);
        let expected = "    0  enter 5, 3
    2  i32_add s3, s1, s2
    6  i32_add_imm s3, s1, -2
   10  br_i32_lt_s s1, s2, @6
   14  fuel 7
   15  call_tiny s4, s0, defined_func[9]
   18  trap Unreachable
   20  br_table s1, 1, @12, @28
   28  .word 0x02fd
";
        assert_eq!(text(&words), expected);
    }

    #[test]
    fn every_instruction_is_decoded_as_it_was_encoded() {
        for &op in ALL {
            let info = op.info();
            let in_opcode = |field: &Field| {
                let own = field.place.counted()?;
                Some((i64::from(own.last) - i64::from(own.zero)) << own.shift)
            };
            let values: Vec<i64> = (50..)
                .zip(info.fields)
                .map(|(i, field)| in_opcode(field).unwrap_or(i))
                .collect();
            let encoded = encode(op, &values).unwrap();
            for (field, &value) in info.fields.iter().zip(&values) {
                assert_eq!(field_value(&encoded, field), value, "{}", info.name);
            }
            let line = text(&encoded[..usize::from(info.words)]);
            let mut parts = line.trim().split("  ").nth(1).unwrap().splitn(2, ' ');
            assert_eq!(parts.next(), Some(info.name));
            let operands = parts.next().unwrap_or("").split(", ");
            for (shown, value) in operands.zip(&values) {
                let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
                assert_eq!(digits, alloc::format!("{value}"), "{line}");
            }
        }
    }

    #[test]
    fn any_words_can_be_printed() {
        let mut state = 1u64;
        for _ in 0..20_000 {
            let words = [(); 9].map(|()| {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                (state >> 40) as u16 & !0xfe00
            });
            assert!(!text(&words).is_empty());
        }
    }
}
