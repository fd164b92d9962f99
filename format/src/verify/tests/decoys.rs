//! DECOYS: every operand that looks like `fuel` is listed, nothing else is, and no label leads to one.

use alloc::vec::Vec;

use super::super::VerifyErrorKind as Kind;
use super::{FRAME, Harness, error_of, find, rich_module, verify_all};
use crate::image::section::Kind as SectionKind;
use crate::image::write::tests::code;
use crate::image::write::{FuncSpec, ImageSpec, ModuleSpec, align, write};
use crate::isa::{Op, table_label};
use crate::verify::Limits;

/// An immediate that looks like `fuel`, and the one that looks like a `fuel` without cost.
const DECOY: i64 = Op::Fuel as i64;
const FREE: i64 = 0x0300;
const ENTER: (Op, &[i64]) = (Op::Enter, &[FRAME as i64, 1]);

/// A module whose last function has three decoys, at words 4, 5 and 9, before a branch at word 10.
fn with_decoys(label: i64) -> ModuleSpec {
    let mut module = rich_module();
    module.funcs.push(FuncSpec {
        type_idx: 1,
        frame: FRAME,
        refs: 0,
        code: code(&[
            ENTER,
            (Op::ConstU32, &[0, DECOY << 16 | FREE]),
            (Op::I32AddImm, &[0, 1, DECOY]),
            (Op::Br, &[label]),
            (Op::Fuel, &[1]),
            (Op::Trap, &[0]),
        ]),
    });
    module
}

#[test]
fn labels_do_not_lead_to_decoys() {
    assert_eq!(error_of(with_decoys(2)), Ok(()));
    for label in [-6, -5, -1] {
        assert_eq!(error_of(with_decoys(label)), Err(Kind::BadLabel), "{label}");
    }
}

#[test]
fn decoys_are_those_that_are_listed() {
    let bytes = write(&ImageSpec {
        modules: [with_decoys(2)].into(),
        build_id: 0,
    });
    let bytes = align(&bytes.unwrap());
    let section = find(&bytes, SectionKind::Decoys).1;
    assert_eq!(section.len, 4 * 3);
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Ok(()));
    // None is missing, none is another word or another function's, and they ascend.
    for (entry, change) in [
        (0, 1),
        (0, 4),
        (0, -9),
        (1, -1),
        (1, 1),
        (2, 1),
        (2, 1000),
        (2, -5),
    ] {
        let mut bytes = bytes.clone();
        let at = section.offset as usize + 4 * entry;
        let place = &mut bytes[at..at + 4];
        let old = i32::from_le_bytes(place.try_into().unwrap());
        place.copy_from_slice(&(old + change).to_le_bytes());
        let found = verify_all(&bytes, &Limits::DEFAULT);
        assert_eq!(found, Err(Kind::BadDecoys), "{entry} {change}");
    }
}

#[test]
fn every_word_of_operands_and_tables_counts() {
    // The image of the harness lists none.
    let check = |words: &[u16]| Harness::rich().check(words);
    for (op, operands) in [
        (Op::ConstU16, &[0, DECOY][..]),
        (Op::ConstPool, &[0, DECOY]),
        (Op::ConstU16, &[0, FREE]),
        (Op::ConstU16, &[0, DECOY - 61]),
        // A slot of 0 and one of 3 in a word.
        (Op::Mov2Short, &[0, 0, 0, 3]),
        (Op::Load32Far, &[0, 0, DECOY << 16]),
        (Op::Load32Index, &[0, 0, 0, 0, DECOY]),
    ] {
        let words = code(&[ENTER, (op, operands), (Op::Trap, &[0])]);
        assert_eq!(check(&words), Err(Kind::BadDecoys), "{op:?}");
    }
    for label in [DECOY, DECOY << 16, FREE] {
        let mut words: Vec<u16> = code(&[ENTER, (Op::Fuel, &[1]), (Op::BrTable, &[0, 0])]);
        words.extend(table_label(label as i32));
        words.extend(code(&[(Op::Fuel, &[1]), (Op::Trap, &[0])]));
        assert_eq!(check(&words), Err(Kind::BadDecoys), "{label:#x}");
    }
}
