//! What is written is found, and hostile sections are read without harm.

use alloc::vec;
use alloc::vec::Vec;

use super::map::*;
use super::{Debug, Home};
use crate::image::section::Kind;
use crate::image::types::ExternType;
use crate::image::types::{ValType, val};
use crate::image::write::tests::code;
use crate::image::write::{
    DebugSpec, FuncSpec, FuncTypeSpec, ImageSpec, ImportSpec, ModuleSpec, align, write,
};
use crate::isa::Op;
use crate::verify::{Limits, VerifiedImage};

const fn home(slot: u32, ty: ValType) -> Home {
    Home { slot, ty }
}

/// Three functions behind an imported one; the second has neither steps nor locals.
fn spec() -> ModuleSpec {
    let func = |words: &[(Op, &[i64])]| FuncSpec {
        type_idx: 0,
        frame: 9,
        refs: 0,
        code: code(words),
    };
    let plain = func(&[(Op::Enter, &[9, 0]), (Op::Ret, &[])]);
    ModuleSpec {
        types: vec![FuncTypeSpec::default()],
        imports: vec![ImportSpec {
            module: "env".into(),
            name: "f".into(),
            ty: ExternType::Func(0),
        }],
        funcs: vec![plain.clone(), plain.clone(), plain],
        debug: Some(DebugSpec {
            steps: vec![vec![(1, 300), (2, 100)], vec![], vec![(0, 400), (2, 100)]],
            homes: vec![
                vec![home(4, val::I32), home(5, val::V128)],
                vec![],
                vec![home(70_000, val::FUNCREF)],
            ],
            symbols: b"\x7fELF".to_vec(),
        }),
        ..ModuleSpec::default()
    }
}

fn image(module: ModuleSpec) -> Vec<u8> {
    write(&ImageSpec {
        modules: vec![module],
        build_id: 0,
    })
    .unwrap()
}

#[test]
fn what_is_written_is_found() {
    let bytes = align(&image(spec()));
    let image = VerifiedImage::verify_all(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    let debug = module.debug().unwrap();
    let starts = [0, 1, 2].map(|i| module.func(i).code_word);
    assert_eq!(debug.step_count(), 4);
    let steps: Vec<_> = (0..5).map_while(|i| debug.step(i)).collect();
    let expected = [
        (starts[0] + 1, 300),
        (starts[0] + 2, 100),
        (starts[2], 400),
        (starts[2] + 2, 100),
    ];
    assert_eq!(steps, expected);
    for (word, offset) in expected {
        assert_eq!(debug.operator_at(word), Some(offset));
    }
    assert_eq!(
        [0, starts[0], 99].map(|word| debug.operator_at(word)),
        [None; 3]
    );
    // At or behind: of two the one that comes first in the code.
    let step_of = [0, 100, 101, 300, 301, 400, 401].map(|offset| debug.step_of(offset));
    let words = [1, 1, 0, 0, 2, 2].map(|i| Some(expected[i].0));
    assert_eq!(step_of[..6], words);
    assert_eq!(step_of[6], None);
    let words_of = |offset| debug.words_of(offset).collect::<Vec<_>>();
    assert_eq!(words_of(100), [expected[1].0, expected[3].0]);
    assert_eq!(words_of(400), [expected[2].0]);
    assert_eq!(words_of(101).len(), 0);
    let homes = |func| debug.homes(func).collect::<Vec<_>>();
    assert_eq!(homes(0), []);
    assert_eq!(homes(1), [home(4, val::I32), home(5, val::V128)]);
    assert_eq!(homes(2), []);
    assert_eq!(homes(3), [home(70_000, val::FUNCREF)]);
    assert_eq!(homes(4), []);
    assert_eq!(debug.symbols(), Some(&b"\x7fELF"[..]));
}

/// The section is left out where it is not asked for, and a runner that does not know it need not.
#[test]
fn it_is_optional() {
    let bytes = align(&image(ModuleSpec {
        debug: None,
        ..spec()
    }));
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    assert!(image.module(0).debug().is_none());
    assert!(Kind::Debug.is_optional());
    assert_eq!(Kind::from_number(21), Some(Kind::Debug));
}

/// Everything that can be read.
fn read(section: &[u8]) -> Vec<u32> {
    let Some(debug) = Debug::parse(section, 1) else {
        return vec![];
    };
    let mut seen = vec![debug.step_count()];
    for number in (0..12).chain([90, 100, 300, 400, u32::MAX]) {
        let step = debug.step(number).map(|(word, offset)| [word, offset]);
        seen.extend(step.into_iter().flatten());
        seen.extend(debug.operator_at(number));
        seen.extend(debug.step_of(number));
        seen.extend(debug.words_of(number));
        let homes = debug.homes(number);
        seen.extend(homes.map(|home| home.slot ^ u32::from_le_bytes(home.ty.to_bytes())));
    }
    let symbols = debug.symbols().unwrap_or_default();
    seen.extend(symbols.iter().copied().map(u32::from));
    seen
}

/// The section of [`spec`].
fn section() -> Vec<u8> {
    let bytes = align(&image(spec()));
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let mut sections = image.sections().iter();
    let debug = sections.find(|section| section.kind == Kind::Debug as u8);
    debug.unwrap().bytes(&bytes).to_vec()
}

#[test]
fn hostile_sections_are_read_without_harm() {
    let whole = section();
    let symbols = 4;
    for len in 0..whole.len() {
        let cut = Debug::parse(&whole[..len], 1);
        assert_eq!(cut.is_some(), len >= whole.len() - symbols, "{len}");
    }
    let mut changed = 0;
    for at in 0..whole.len() {
        for value in [0, 1, 2, 0x7f, 0x80, 0xff] {
            let mut section = whole.clone();
            section[at] = value;
            changed += usize::from(read(&section) != read(&whole));
        }
    }
    assert!(changed > 50, "{changed}");
    for counts in [[u32::MAX; 3], [0, u32::MAX, 0], [0, 0, u32::MAX]] {
        let mut section = whole.clone();
        section[..12].copy_from_slice(counts.map(u32::to_le_bytes).as_flattened());
        assert!(Debug::parse(&section, 1).is_none());
    }
}

#[test]
fn addresses() {
    assert_eq!(wasm_offset(code_address(77)), Some(77));
    assert_eq!(wasm_offset(CODE_BASE - 1), None);
    assert_eq!(wasm_offset(CODE_BASE + (1 << 32)), None);
    assert_eq!(global_address(3), 0x3000_0000_0030);
    assert_eq!(frame_address(2), 0x6fff_ffe0_0000);
    assert_eq!(local_offset(2), -64);
    // Frames are not so deep that they meet globals, nor so wide that they meet each other.
    assert!(frame_address(1 << 24) > global_address(u32::MAX));
    assert!(local_offset(50_000).unsigned_abs() < FRAME_BYTES);
}
