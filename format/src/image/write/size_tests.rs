//! What is left out of an image, or said in few bits, is still what it was.

use alloc::vec;
use alloc::vec::Vec;

use super::tests::{MEMORY, code, rich, rich_module};
use super::*;
use crate::image::root::data_bits;
use crate::image::section;
use crate::isa::Op;
use crate::verify::{Limits, VerifiedImage};

#[test]
fn lines_of_every_distance() {
    // Far enough for each number of half bytes, on both sides of where one more begins, and back.
    let steps = [
        0,
        12,
        13,
        28,
        29,
        284,
        285,
        70_000,
        u32::MAX,
        5,
        15,
        16,
        17,
        255,
        256,
    ];
    let back = steps.map(u32::wrapping_neg);
    let steps = [&steps[..], &back, &[i32::MAX as u32, 1 << 31, 0x0fff_ffff]].concat();
    let mut words = code(&[(Op::Enter, &[1, 1])]);
    let (mut lines, mut offset) = (vec![(0, 300)], 300_u32);
    for step in steps {
        offset = offset.wrapping_add(step);
        lines.push((words.len() as u32, offset));
        words.extend(code(&[(Op::Fuel, &[0])]));
    }
    words.push(Op::Ret as u16);
    let module = ModuleSpec {
        types: vec![FuncTypeSpec::default()],
        funcs: vec![FuncSpec {
            type_idx: 0,
            frame: 1,
            refs: 0,
            code: words,
        }],
        lines: vec![lines.clone()],
        ..ModuleSpec::default()
    };
    let image = ImageSpec {
        modules: vec![module],
        build_id: 0,
    };
    let bytes = align(&write(&image).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    for (word, offset) in lines {
        assert_eq!(image.module(0).wasm_offset(0, word), Some(offset), "{word}");
    }
}

/// What a block begins with has the number of the instruction behind it, if that can stop too: a byte each for two of each.
#[test]
fn blocks_share_the_number_of_what_follows() {
    let words = code(&[
        (Op::Enter, &[1, 1]),
        (Op::Load32, &[0, 0, 0]),
        (Op::Fuel, &[1]),
        (Op::Load32, &[0, 0, 0]),
        (Op::Ret, &[]),
    ]);
    let module = |lines: &[(u32, u32)]| ModuleSpec {
        types: vec![FuncTypeSpec::default()],
        memories: vec![MEMORY],
        funcs: vec![FuncSpec {
            type_idx: 0,
            frame: 1,
            refs: 0,
            code: words.clone(),
        }],
        lines: vec![lines.to_vec()],
        ..ModuleSpec::default()
    };
    let bytes = |lines: &[(u32, u32)]| {
        let modules = vec![module(lines)];
        let image = ImageSpec {
            modules,
            build_id: 0,
        };
        align(&write(&image).unwrap())
    };
    let bytes = bytes(&[(0, 7), (6, 9)]);
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let found: Vec<_> = image.module(0).wasm_offsets(0).collect();
    assert_eq!(found, [(0, 7), (2, 7), (6, 9), (7, 9)]);
    let is_lines = |it: &section::Section| it.kind == section::Kind::Lines as u8;
    let lines = image.sections().iter().find(is_lines).unwrap();
    assert_eq!(lines.len, 1 + 2);
}

/// A segment that has been laid out in a copy-on-write section leaves a row only where instructions count segments.
#[test]
fn flattened_segments_are_left_out_where_no_instruction_counts_them() {
    let rows = |counts_datas| {
        let module = ModuleSpec {
            counts_datas,
            ..rich_module()
        };
        let (flattened, _) = cow::flatten(&module);
        assert_eq!(flattened, [true, false, true, false]);
        let mut elems = Vec::new();
        let root = metadata::module(&module, &flattened, 0, &mut elems).unwrap();
        let mode = |row: &crate::image::root::DataRow| row.how.to_native() & data_bits::ACTIVE;
        root.datas.iter().map(mode).collect::<Vec<u32>>()
    };
    assert_eq!(rows(true), [0, 0, 0, 1]);
    assert_eq!(rows(false), [0, 1]);
}

/// Names of functions that there are not do not make NAMES longer.
#[test]
fn names_are_those_of_functions() {
    let (names, beyond) = (rich_module().func_names, "nobody");
    let count = 5;
    let section = |more: &[u32]| {
        let all = more.iter().map(|&func| (func, beyond.into()));
        let all: Vec<_> = names.iter().cloned().chain(all).collect();
        side::names(&all, count).unwrap()
    };
    assert_eq!(section(&[5, 7, u32::MAX]), section(&[]));
    assert_eq!(side::names(&[(5, "f".into())], count), Ok(vec![]));
    // Each behind its length; the second and fourth function have none.
    assert_eq!(section(&[]), b"\x08imported\0\x04main\0\x04pair");
    // What has no name at the end takes no room.
    assert_eq!(side::names(&names[..1], count).unwrap(), b"\x08imported");
}

#[test]
fn small_images_are_small() {
    let spec = ImageSpec {
        modules: vec![ModuleSpec::default()],
        build_id: 0,
    };
    let bytes = write(&spec).unwrap();
    // Header, two entries, an archive of two structs, the stubs.
    assert_eq!(bytes.len(), 112 + 2 * 8 + 136 + 12);
    let bytes = align(&write(&rich()).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let mut end = 0;
    for section in image.sections().iter() {
        let padding = section.offset - end;
        assert!(end == 0 || section.kind == section::Kind::DataCow as u8 || padding < 8);
        end = section.end();
    }
}

/// Parts of NAMES and LINES are found in every group, and nothing behind the last.
#[test]
fn parts_of_many_functions() {
    let words = code(&[(Op::Enter, &[1, 1]), (Op::Ret, &[])]);
    let func = FuncSpec {
        type_idx: 0,
        frame: 1,
        refs: 0,
        code: words,
    };
    let long = "n".repeat(300);
    let name = |i: u32| match i {
        33 | 96 => long.clone(),
        64 => alloc::string::String::new(),
        _ => alloc::format!("f{i}"),
    };
    let module = ModuleSpec {
        types: vec![FuncTypeSpec::default()],
        funcs: vec![func; 100],
        func_names: (0..98).map(|i| (i, name(i))).collect(),
        lines: (0..97).map(|i| vec![(0, i * 1000)]).collect(),
        ..ModuleSpec::default()
    };
    let image = ImageSpec {
        modules: vec![module],
        build_id: 0,
    };
    let bytes = align(&write(&image).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    for i in 0..101 {
        let named = (i < 98 && i != 64).then(|| name(i));
        assert_eq!(module.func_name(i), named.as_deref(), "{i}");
        let line = (i < 97).then_some(i * 1000);
        assert_eq!(module.wasm_offset(i, 0), line, "{i}");
    }
}
