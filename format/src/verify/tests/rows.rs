//! The metadata: rows that the writer does not write. What is found in the archive of the rich image is replaced.

use super::super::VerifyErrorKind as Kind;
use super::{Limits, align, find, verify_all, write};
use crate::image::root::NONE;
use crate::image::section::Kind as SectionKind;
use crate::image::write::tests::rich;

/// Changes bytes of the ROOT archive of the rich image that hold `from`, the `nth` time they do.
fn with_root(nth: usize, from: &[u8], to: &[u8]) -> Result<(), Kind> {
    let mut bytes = align(&write(&rich()).unwrap());
    let root = find(&bytes, SectionKind::Root).1;
    let (start, end) = (root.offset as usize, (root.offset + root.len) as usize);
    let found = bytes[start..end].windows(from.len()).enumerate();
    let at = found
        .filter(|(_, window)| *window == from)
        .nth(nth)
        .unwrap()
        .0
        + start;
    bytes[at..at + to.len()].copy_from_slice(to);
    verify_all(&bytes, &Limits::DEFAULT)
}

#[test]
fn names_and_lists_in_the_archive() {
    // Names of the rich module: "rich", "env", "a", "g", and so on: the name "a" is at 7, one byte long.
    let name = |start: u32, len: u32| [start, len].map(u32::to_le_bytes).as_flattened().to_vec();
    assert_eq!(with_root(0, &name(7, 1), &name(7, 1)), Ok(()));
    assert_eq!(
        with_root(0, &name(7, 1), &name(70, 100)),
        Err(Kind::BadName)
    );
    assert_eq!(
        with_root(0, &name(7, 1), &name(u32::MAX, 2)),
        Err(Kind::BadName)
    );
    // Half of the two bytes of "é".
    assert_eq!(with_root(0, &name(11, 2), &name(11, 1)), Err(Kind::BadName));
    assert_eq!(with_root(0, "é".as_bytes(), &[0xff]), Err(Kind::BadRoot));
    // Imports by kind: functions 0 and 3, table 2, globals 1 and 4.
    let by_kind = [0u32, 3, 2, 1, 4].map(u32::to_le_bytes);
    let swapped = [3u32, 0, 2, 1, 4].map(u32::to_le_bytes);
    let found = with_root(0, by_kind.as_flattened(), swapped.as_flattened());
    assert_eq!(found, Err(Kind::BadImport));
    let counts = [2u32, 1, 0, 2, 0].map(u32::to_le_bytes);
    for wrong in [
        [3, 1, 0, 2, 0],
        [2, 0, 0, 3, 0],
        [2, 1, 0, u32::MAX, 0],
        [2, 1, 0, 1, 1],
        [0, 0, 0, 0, 0],
    ] {
        let wrong = wrong.map(u32::to_le_bytes);
        let found = with_root(0, counts.as_flattened(), wrong.as_flattened());
        assert_eq!(found, Err(Kind::BadImport), "{wrong:?}");
    }
    // A name for a module that has none must be empty.
    let none = [NONE, 0].map(u32::to_le_bytes);
    let some = [NONE, 1].map(u32::to_le_bytes);
    assert_eq!(
        with_root(0, none.as_flattened(), some.as_flattened()),
        Err(Kind::BadName)
    );
}

#[test]
fn rows_have_meaning() {
    // The kind, type and flags of the memory with a maximum.
    let memory = [2u8, 16, 4, 0, 0, 0, 0, 0, 4, 0];
    assert_eq!(with_root(0, &memory, &[2, 16, 5, 0]), Err(Kind::BadType));
    assert_eq!(with_root(0, &memory, &[2, 16, 0, 0]), Err(Kind::BadType));
    assert_eq!(with_root(0, &memory, &[0, 16, 4, 0]), Err(Kind::BadType));
    assert_eq!(with_root(0, &memory, &[2, 16, 4, 0, 1]), Err(Kind::BadType));
    // The export of global 5: a kind in the upper three bits.
    let export = (3u32 << 29 | 5).to_le_bytes();
    let kind = (5u32 << 29 | 5).to_le_bytes();
    assert_eq!(with_root(0, &export, &kind), Err(Kind::BadExport));
    // The import of a function of type 1, behind the place of its name.
    let import = [7u32, 1, 1].map(u32::to_le_bytes);
    for (what, expected) in [
        (5 << 29 | 1, Kind::BadType),
        (3 << 29 | 3, Kind::BadType),
        (1 << 29, Kind::BadType),
        (9, Kind::IndexOutOfRange),
    ] {
        let wrong = [7u32, 1, what].map(u32::to_le_bytes);
        let found = with_root(0, import.as_flattened(), wrong.as_flattened());
        assert_eq!(found, Err(expected), "{what:x}");
    }
    // A global: a mutable i32 that begins as 7.
    let global = [0x7f, 1, 7, 0].map(u32::to_le_bytes);
    for (flags, expected) in [(1, Ok(())), (5, Err(Kind::BadType))] {
        let other = [0x7f, flags, 7, 0].map(u32::to_le_bytes);
        let found = with_root(0, global.as_flattened(), other.as_flattened());
        assert_eq!(found, expected, "{flags}");
    }
    // The passive data segment: its bytes are the first 7 of DATA.
    let passive = [0u32, 0, 0, 0, 7].map(u32::to_le_bytes);
    for (at, value, expected) in [
        (0, 2, Kind::BadSegment),
        (0, 4, Kind::BadSegment),
        (1, 1, Kind::BadSegment),
        (2, 1, Kind::BadSegment),
        (4, 100, Kind::BadSegment),
    ] {
        let mut wrong = passive;
        wrong[at] = u32::to_le_bytes(value);
        let found = with_root(0, passive.as_flattened(), wrong.as_flattened());
        assert_eq!(found, Err(expected), "{at}");
    }
    // An operator that there is not, and one with an operand that it does not take.
    let one = [0u32, 1, 0, 3].map(u32::to_le_bytes);
    assert_eq!(with_root(0, one.as_flattened(), one.as_flattened()), Ok(()));
    for wrong in [[18u32, 1, 0, 3], [3, 1, 0, 3], [1, 1, 1, 3]] {
        let wrong = wrong.map(u32::to_le_bytes);
        let found = with_root(0, one.as_flattened(), wrong.as_flattened());
        assert_eq!(found, Err(Kind::BadConstExpr), "{wrong:?}");
    }
}

#[test]
fn segments_of_elements_have_meaning() {
    // The passive segment of two function expressions.
    let row = |how: u32, offset: u32, items: [u32; 2]| {
        let words = [0x70, how, offset, 0, items[0], items[1]].map(u32::to_le_bytes);
        words.as_flattened().to_vec()
    };
    let passive = row(8, 0, [0, 2]);
    assert_eq!(with_root(0, &passive, &passive), Ok(()));
    for (wrong, expected) in [
        (row(8 | 3, 0, [0, 2]), Kind::BadSegment),
        (row(8 | 4, 0, [0, 2]), Kind::BadSegment),
        (row(8 | 16, 0, [0, 2]), Kind::BadSegment),
        (row(8, 1, [0, 2]), Kind::BadSegment),
        (row(8, 0, [2, 9]), Kind::BadSegment),
        (row(0, 0, [2, 9]), Kind::BadSegment),
        (row(8 | 1 | 9 << 4, 0, [0, 2]), Kind::IndexOutOfRange),
    ] {
        assert_eq!(with_root(0, &passive, &wrong), Err(expected));
    }
}

#[test]
fn ranges_do_not_share_what_takes_time_to_check() {
    // The items of the fourth segment, externref constants, become those of the second, which are as many as there are.
    let row = |items: [u32; 2]| {
        let [start, len] = items;
        let words = [0x6f, 8, 0, 0, start, len].map(u32::to_le_bytes);
        words.as_flattened().to_vec()
    };
    let found = with_root(0, &row([2, 1]), &row([0, 1]));
    assert_eq!(found, Ok(()));
    let found = with_root(0, &row([2, 1]), &row([0, 3]));
    assert_eq!(found, Err(Kind::Overlap));
}
