//! Conversion of the DWARF of a program in C, and of what nobody means well.

use std::collections::HashMap;

use gimli::read::{self, EndianSlice};
use gimli::{LittleEndian, SectionId};
use wrt_format::image::debug::map::{CODE_BASE, code_address};

use super::super::custom::Custom;
use super::super::places::Places;
use super::*;
use crate::emit::Code;
use crate::options::Options;

/// Built without optimisation, with DWARF 4, and with it, with DWARF 5.
const PROGRAMS: [&[u8]; 2] = [
    include_bytes!("../../../../testsuite/programs/debug_list.wasm"),
    include_bytes!("../../../../testsuite/programs/debug_list_o2.wasm"),
];

/// The code of a module for debugging.
fn codes(module: &crate::wasm::ValidModule<'_>) -> Vec<Code> {
    let options = Options {
        debug: true,
        ..Options::default()
    };
    crate::pipeline::functions(module, &options).unwrap().codes
}

/// Sections of DWARF by name.
type Sections = HashMap<String, Vec<u8>>;

/// The sections that come of these, and what they describe.
fn converted(custom: &Custom<'_>, places: &Places) -> (Sections, Described) {
    let mut out = write::Dwarf::new();
    let described = convert(custom, places, &mut out);
    let mut sections = write::Sections::new(write::EndianVec::new(LittleEndian));
    out.write(&mut sections).unwrap();
    let mut found = HashMap::new();
    sections
        .for_each_mut(|id, bytes| {
            found.insert(id.name().to_owned(), bytes.take());
            Ok::<(), Infallible>(())
        })
        .unwrap();
    (found, described)
}

/// Reads everything; gives all entries as text.
fn text(sections: &Sections) -> Vec<String> {
    let section = |id: SectionId| -> Result<Bytes<'_>, Infallible> {
        let bytes = sections.get(id.name()).map_or(&[][..], Vec::as_slice);
        Ok(EndianSlice::new(bytes, LittleEndian))
    };
    let Ok(dwarf) = read::Dwarf::load(section);
    let mut lines = Vec::new();
    let mut headers = dwarf.units();
    while let Some(header) = headers.next().unwrap() {
        assert_eq!(header.encoding().address_size, 8);
        let unit = dwarf.unit(header).unwrap();
        let unit = unit.unit_ref(&dwarf);
        let mut entries = unit.entries_raw(None).unwrap();
        let mut entry = read::DebuggingInformationEntry::null();
        while !entries.is_empty() {
            if !entries.read_entry(&mut entry).unwrap() {
                continue;
            }
            let mut line = entry.tag().to_string();
            for attr in entry.attrs() {
                let value = attr_text(unit, attr);
                line += &format!(" {}={value}", attr.name());
            }
            lines.push(line);
        }
        if let Some(program) = unit.line_program.clone() {
            let mut rows = program.rows();
            while let Some((_, row)) = rows.next_row().unwrap() {
                let line = row.line().map_or(0, core::num::NonZero::get);
                let end = if row.end_sequence() { " end" } else { "" };
                let offset = row.address() - CODE_BASE;
                lines.push(format!("row {offset:#x} line {line}{end}"));
            }
        }
    }
    lines
}

fn attr_text<'a>(unit: read::UnitRef<'_, Bytes<'a>>, attr: &read::Attribute<Bytes<'a>>) -> String {
    if let Ok(text) = unit.attr_string(attr.value()) {
        return text.to_string_lossy().into_owned();
    }
    match attr.value() {
        read::AttributeValue::Addr(address) => match address.checked_sub(CODE_BASE) {
            Some(offset) => format!("code+{offset:#x}"),
            None => format!("{address:#x}"),
        },
        read::AttributeValue::Exprloc(place) => expression(unit, place),
        read::AttributeValue::Udata(value) => value.to_string(),
        read::AttributeValue::LocationListsRef(offset) => {
            let mut list = unit.locations(offset).unwrap();
            let mut parts = Vec::new();
            while let Some(part) = list.next().unwrap() {
                let at = |address| address - CODE_BASE;
                let (begin, end) = (at(part.range.begin), at(part.range.end));
                parts.push(format!(
                    "{begin:#x}..{end:#x}:{}",
                    expression(unit, part.data)
                ));
            }
            parts.join(" or ")
        }
        _ => "_".to_owned(),
    }
}

fn expression<'a>(
    unit: read::UnitRef<'_, Bytes<'a>>,
    place: read::Expression<Bytes<'a>>,
) -> String {
    let mut ops = place.operations(unit.encoding());
    let mut all = Vec::new();
    while let Some(op) = ops.next().unwrap() {
        all.push(match op {
            read::Operation::CallFrameCFA => "cfa".to_owned(),
            read::Operation::FrameOffset { offset } => format!("fb{offset:+}"),
            read::Operation::SignedConstant { value } => value.to_string(),
            read::Operation::UnsignedConstant { value } => value.to_string(),
            read::Operation::Plus => "+".to_owned(),
            read::Operation::Deref { size, .. } => format!("deref{size}"),
            read::Operation::StackValue => "value".to_owned(),
            read::Operation::Address { address } => format!("{address:#x}"),
            other => format!("{other:?}"),
        });
    }
    all.join(",")
}

/// The text of a program's DWARF, converted.
fn of_program(wasm: &[u8]) -> (Vec<String>, Described) {
    let module = crate::wasm::parse(wasm).unwrap();
    let custom = Custom::new(wasm);
    let places = Places::new(&module, &codes(&module), custom.code_start);
    let (sections, described) = converted(&custom, &places);
    (text(&sections), described)
}

#[track_caller]
fn has(lines: &[String], part: &str) {
    let found = lines.iter().any(|line| line.contains(part));
    assert!(found, "{part}\n{}", lines.join("\n"));
}

#[test]
fn variables_are_in_frames_and_memory() {
    let (lines, described) = of_program(PROGRAMS[0]);
    let module = crate::wasm::parse(PROGRAMS[0]).unwrap();
    // The address of the source's frame is in a local, of which four bytes count.
    has(&lines, "DW_AT_frame_base=cfa,-");
    has(&lines, "DW_TAG_formal_parameter DW_AT_location=fb+");
    has(&lines, "DW_AT_name=counter");
    has(&lines, "DW_AT_location=0x10000");
    has(&lines, "DW_TAG_pointer_type");
    for line in lines
        .iter()
        .filter(|line| line.starts_with("DW_TAG_pointer"))
    {
        assert!(line.contains("DW_AT_byte_size"), "{line}");
    }
    let mut names: Vec<_> = described.variables.iter().map(|it| it.0.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["counter", "pool", "used"]);
    assert_eq!(described.bodies.len(), module.body_count() as usize);
}

/// With optimisation variables are locals here, constants there, and nowhere in between.
#[test]
fn locals_are_places_in_frames() {
    let (lines, _) = of_program(PROGRAMS[1]);
    has(&lines, ":cfa,-32,+");
    has(&lines, ":0,value");
    assert!(
        !lines.iter().any(|line| line.contains("Wasm")),
        "{lines:#?}"
    );
}

/// Functions begin and lines are where the machine can be paused.
#[test]
fn what_begins_begins_at_a_step() {
    for wasm in PROGRAMS {
        let module = crate::wasm::parse(wasm).unwrap();
        let codes = codes(&module);
        let mut steps: Vec<u32> = codes
            .iter()
            .flat_map(|it| &it.steps)
            .map(|it| it.1)
            .collect();
        steps.sort_unstable();
        let (lines, _) = of_program(wasm);
        let (mut rows, mut ends, mut functions) = (0, 0, 0);
        let number = |text: &str| u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
        for line in &lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["row", at, "line", _, "end"] => {
                    ends += 1;
                    assert!(steps.binary_search(&number(at)).is_err(), "{line}");
                }
                ["row", at, ..] => {
                    rows += 1;
                    steps.binary_search(&number(at)).expect(line);
                }
                ["DW_TAG_subprogram", ..] => {
                    let low = words
                        .iter()
                        .find_map(|it| it.strip_prefix("DW_AT_low_pc=code+"));
                    functions += u32::from(low.is_some());
                    if let Some(low) = low {
                        steps.binary_search(&number(low)).expect(line);
                    }
                }
                _ => {}
            }
        }
        assert!(rows > 20 && ends > 0, "{rows} rows, {ends} ends");
        assert_eq!(functions, module.body_count());
    }
}

/// A generator of numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// The sections of an ELF file.
fn of_elf(elf: &[u8]) -> HashMap<String, Vec<u8>> {
    let word = |at: usize| u64::from_le_bytes(elf[at..at + 8].try_into().unwrap()) as usize;
    let half = |at: usize| usize::from(u16::from_le_bytes(elf[at..at + 2].try_into().unwrap()));
    let (table, count, names) = (word(0x28), half(0x3c), half(0x3e));
    let header = |i: usize| table + i * 64;
    let bytes = |i: usize| &elf[word(header(i) + 24)..][..word(header(i) + 32)];
    let mut found = HashMap::new();
    for i in (1..count).filter(|&i| half(header(i) + 4) != 8) {
        let at = half(header(i));
        let name = bytes(names)[at..].split(|&byte| byte == 0).next().unwrap();
        let name = String::from_utf8(name.to_vec()).unwrap();
        found.insert(name, bytes(i).to_vec());
    }
    found
}

/// Sections with bytes changed at random: there is always a symbol file, and it can be read.
#[test]
fn hostile_sections_do_no_harm() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut less, mut same, mut names_only) = (0, 0, 0);
    for wasm in PROGRAMS {
        let codes = codes(&crate::wasm::parse(wasm).unwrap());
        let lines = |wasm: &[u8]| {
            let module = crate::wasm::parse(wasm).unwrap();
            let elf = super::super::symbols::file(&module, &codes).unwrap().bytes;
            text(&of_elf(&elf))
        };
        let expected = lines(wasm);
        let whole = Custom::new(wasm);
        let mut sections: Vec<_> = whole.dwarf.values().collect();
        sections.sort_by_key(|section| section.as_ptr());
        for _ in 0..2000 {
            let victim = sections[random.below(sections.len())];
            let start = victim.as_ptr().addr() - wasm.as_ptr().addr();
            let mut changed = wasm.to_vec();
            for _ in 0..=random.below(3) {
                let at = start + random.below(victim.len());
                changed[at] = [0, 1, 0x7f, 0x80, 0xff, random.0 as u8][random.below(6)];
            }
            let found = lines(&changed);
            let of_source = found.iter().any(|line| line.contains("=debug_list.c"));
            match found == expected {
                true => same += 1,
                false if of_source => less += 1,
                false => names_only += 1,
            }
        }
    }
    let all = format!("{less} differ, {same} do not, {names_only} have names only");
    assert!(less > 500 && same > 100 && names_only > 10, "{all}");
}

/// A type that an expression names must be a base type or come before it; otherwise all of the module's DWARF is left out.
#[test]
fn what_cannot_be_written_is_left_out() {
    // 1: compile unit; 2: variable with a location; 3: structure.
    let abbrev = [
        1, 0x11, 1, 0, 0, 2, 0x34, 0, 0x02, 0x18, 0, 0, 3, 0x13, 0, 0x0b, 0x0b, 0, 0, 0,
    ];
    // The variable's place is a conversion (DW_OP_convert) to the type behind it, at 0x11.
    let info = [
        17, 0, 0, 0, 5, 0, 1, 4, 0, 0, 0, 0, 1, 2, 2, 0xa8, 0x11, 3, 4, 0, 0,
    ];
    let mut wasm = wat::parse_str("(module (func (export \"f\") (param i32)))").unwrap();
    for (name, bytes) in [(".debug_abbrev", &abbrev[..]), (".debug_info", &info[..])] {
        let mut section = vec![name.len() as u8];
        section.extend(name.bytes());
        section.extend(bytes);
        wasm.extend([0, section.len() as u8]);
        wasm.extend(section);
    }
    let module = crate::wasm::parse(&wasm).unwrap();
    let codes = codes(&module);
    let custom = Custom::new(&wasm);
    let mut out = write::Dwarf::new();
    convert(&custom, &Places::default(), &mut out);
    let mut sections = write::Sections::new(write::EndianVec::new(LittleEndian));
    out.write(&mut sections)
        .expect_err("a type behind the variable");
    let elf = super::super::symbols::file(&module, &codes).unwrap().bytes;
    let lines = text(&of_elf(&elf));
    has(&lines, "DW_TAG_subprogram DW_AT_name=f");
    has(&lines, "DW_AT_name=local0");
    assert!(
        !lines.iter().any(|line| line.contains("Convert")),
        "{lines:#?}"
    );
}

/// The smallest sections with one unit, whose root has a child in a child, so deep.
fn nested(depth: usize) -> (Vec<u8>, Vec<u8>) {
    // 1: compile unit with children; 2: lexical block with children.
    let abbrev = vec![1, 0x11, 1, 0, 0, 2, 0x0b, 1, 0, 0, 0];
    let mut info = vec![0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4, 1];
    info.extend(core::iter::repeat_n(2, depth));
    info.extend(core::iter::repeat_n(0, depth + 1));
    let len = info.len() as u32 - 4;
    info[..4].copy_from_slice(&len.to_le_bytes());
    (abbrev, info)
}

/// Writing recurses, so entries do not lie in each other as deep as one may say.
#[test]
fn nesting_has_a_limit() {
    let (abbrev, info) = nested(1_000_000);
    let custom = Custom {
        dwarf: [(".debug_abbrev", &abbrev[..]), (".debug_info", &info[..])].into(),
        ..Custom::default()
    };
    let (sections, _) = converted(&custom, &Places::default());
    let (abbrev, info) = nested(10);
    let shallow = Custom {
        dwarf: [(".debug_abbrev", &abbrev[..]), (".debug_info", &info[..])].into(),
        ..Custom::default()
    };
    assert_eq!(text(&converted(&shallow, &Places::default()).0).len(), 11);
    assert_eq!(text(&sections).len(), 1_000_001);
}

/// Many units may share what is long; the work is bounded all the same.
#[test]
fn work_has_a_bound() {
    let mut budget = Budget(10);
    assert!(budget.takes(10) && !budget.takes(1));
    assert!(!budget.takes(u64::MAX));
    // 20,000 units of one table of 20,000 abbreviations.
    let mut abbrev = vec![1, 0x11, 0, 0, 0];
    for code in 2..20_000_u32 {
        abbrev.extend([code as u8 & 0x7f | 0x80, (code >> 7) as u8 & 0x7f | 0x80]);
        abbrev.extend([(code >> 14) as u8, 0x0b, 0, 0, 0]);
    }
    abbrev.push(0);
    let mut info = Vec::new();
    for unit in 0..20_000_u32 {
        let offset = if unit % 2 == 0 { 0 } else { 5 + 7 * (unit / 2) };
        info.extend(8_u32.to_le_bytes());
        info.extend(4_u16.to_le_bytes());
        info.extend(offset.to_le_bytes());
        info.extend([4, 1]);
    }
    let custom = Custom {
        dwarf: [(".debug_abbrev", &abbrev[..]), (".debug_info", &info[..])].into(),
        ..Custom::default()
    };
    let start = std::time::Instant::now();
    converted(&custom, &Places::default());
    // A megabyte of entries of one byte, with a hundred thousand attributes of none each.
    let mut abbrev = vec![1, 0x11, 1, 0, 0, 2, 0x34, 0];
    abbrev.extend([0x3f, 0x19].repeat(100_000));
    abbrev.extend([0, 0, 0]);
    let mut info = vec![0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4, 1];
    info.extend(core::iter::repeat_n(2, 1 << 20));
    info.push(0);
    let len = info.len() as u32 - 4;
    info[..4].copy_from_slice(&len.to_le_bytes());
    let custom = Custom {
        dwarf: [(".debug_abbrev", &abbrev[..]), (".debug_info", &info[..])].into(),
        ..Custom::default()
    };
    converted(&custom, &Places::default());
    // Without bounds these are 10^8 abbreviations and 10^11 attributes.
    assert!(start.elapsed().as_secs() < 20);
}

/// A table may have as many attributes for an entry as sensible ones have, and no more.
#[test]
fn attributes_have_a_limit() {
    let table = |count: usize| {
        let mut table = vec![1, 0x11, 1, 0x21, 0x21, 5, 0, 0, 2, 0x34, 0];
        table.extend([0x3f, 0x19].repeat(count));
        table.extend([0, 0, 0]);
        table
    };
    assert!(is_sensible(&table(64)) && !is_sensible(&table(65)));
    assert!(is_sensible(&[]) && is_sensible(&table(64)[..20]));
    assert_eq!([longest(b""), longest(b"ab\0abcd\0c")], [1, 5]);
}

/// What code the linker removed is described no more.
#[test]
fn removed_code_is_nowhere() {
    let places = Places::default();
    assert_eq!(places.begin(0), None);
    let (sections, described) = converted(&Custom::new(PROGRAMS[0]), &places);
    assert!(described.bodies.is_empty());
    let lines = text(&sections);
    has(&lines, "DW_AT_name=push");
    let placed = |line: &String| line.contains("=code+") || line.starts_with("row");
    assert!(!lines.iter().any(placed), "{lines:#?}");
    assert_eq!(code_address(0), CODE_BASE);
}
