//! Tests of archiving: what is in the image, and that it verifies.

use wrt_format::image::write::align;
use wrt_format::isa::{Op, encode, field_value, instructions};
use wrt_format::verify::{Limits, VerifiedImage};

use super::*;
use crate::OptLevel;
use crate::error::ErrorKind;
use crate::wasm::parse;

const MODULE: &str = r#"(module $m
    (type $a (func (param i32) (result i32)))
    (type $b (func (param i32) (result i32)))
    (type $c (func))
    (import "env" "f" (func $f (type $b)))
    (import "env" "g" (global $g i32))
    (memory 1 3)
    (table 4 funcref)
    (global (mut i64) (i64.const -1))
    (elem (i32.const 1) $one)
    (data (i32.const 8) "hello")
    (export "one" (func $one))
    (func $one (type $b) (local.get 0))
    (func $two (type $c)))"#;

fn words(list: &[(Op, &[i64])]) -> Vec<u16> {
    let encoded = list.iter().flat_map(|(op, operands)| {
        let words = encode(*op, operands).unwrap();
        words[..usize::from(op.info().words)].to_vec()
    });
    encoded.collect()
}

fn code(list: &[(Op, &[i64])], pool: &[u64]) -> Code {
    let words = words(list);
    let pools = instructions(&words).filter(|&(_, op, _)| op == Some(Op::ConstPool));
    let pool_words = pools.map(|(at, ..)| at as u32).collect();
    Code {
        pool_words,
        words,
        frame: 8,
        refs: 0,
        lines: vec![(1, 30)],
        around: Vec::new(),
        inlined: Default::default(),
        steps: vec![],
        homes: None,
        pool: pool.to_vec(),
        handlers: Vec::new(),
    }
}

fn codes() -> Vec<Code> {
    let one: &[(Op, &[i64])] = &[
        (Op::Enter, &[8, 2]),
        (Op::ConstPool, &[1, 1]),
        (Op::ConstPool, &[2, 0]),
        (Op::CallIndirectShort, &[5, 0, 1, 0, 0]),
        (Op::Ret1, &[0]),
    ];
    let two: &[(Op, &[i64])] = &[
        (Op::Enter, &[8, 2]),
        (Op::ConstPool, &[1, 0]),
        (Op::ReturnCallIndirect, &[4, 1, 0, 2]),
    ];
    vec![code(one, &[10, 20]), code(two, &[20])]
}

fn image(options: &Options<'_>) -> Vec<u8> {
    let wasm = wat::parse_str(MODULE).unwrap();
    let module = parse(&wasm).unwrap();
    archive(&module, codes(), options, &mut Report::default()).unwrap()
}

#[test]
fn an_archive_is_verified() {
    let bytes = align(&image(&Options::default()));
    let verified = VerifiedImage::verify_all(&bytes, &Limits::DEFAULT).unwrap();
    let module = verified.module(0);
    assert_eq!(module.func_type_count(), 2);
    assert_eq!(module.import_func_type(0), 0);
    assert_eq!(module.func(0).type_idx, 0);
    assert_eq!(module.func(1).type_idx, 1);
    assert_eq!(module.func(0).frame, 8);
    assert_eq!(module.export("one").map(|(_, index)| index), Some(1));
    assert_eq!(module.func_name(1), Some("one"));
    assert_eq!(module.wasm_offset(0, 10), Some(30));
    assert_eq!(module.features(), features::TAIL_CALL);
}

#[test]
fn constants_and_types_are_shared() {
    let wasm = wat::parse_str(MODULE).unwrap();
    let module = parse(&wasm).unwrap();
    let types = spec::Types::new(&module);
    let indices: Vec<u32> = (0..3).map(|it| types.index(it)).collect();
    assert_eq!(indices, [0, 0, 1]);
    assert_eq!(types.checked_index(3), None);

    let mut pool = Pool::default();
    let [mut one, mut two] = <[Code; 2]>::try_from(codes()).unwrap();
    one.relocate(|it| pool.index(it)).unwrap();
    two.relocate(|it| pool.index(it)).unwrap();
    assert_eq!(pool.values, [20, 10]);
    let index = |words: &[u16]| field_value(words, &Op::ConstPool.info().fields[1]);
    assert_eq!(
        [&one.words[2..], &one.words[6..], &two.words[2..]].map(index),
        [0, 1, 0]
    );

    let named = Named::by(&two.words);
    relocate_types(&mut two.words, &named.types, &types).unwrap();
    let field = &Op::ReturnCallIndirect.info().fields[3];
    assert_eq!(field_value(&two.words[6..], field), 1);
    let mut wrong = words(&[(Op::CallIndirectShort, &[1, 0, 0, 0, 9])]);
    let named = Named::by(&wrong);
    assert!(relocate_types(&mut wrong, &named.types, &types).is_err());
}

#[test]
fn stripping_drops_names_and_lines() {
    let strip = true;
    let whole = image(&Options::default());
    let stripped = image(&Options {
        strip,
        ..Options::default()
    });
    assert!(stripped.len() < whole.len());
    let bytes = align(&stripped);
    let verified = VerifiedImage::verify_all(&bytes, &Limits::DEFAULT).unwrap();
    let module = verified.module(0);
    assert_eq!(
        (module.func_name(1), module.wasm_offset(0, 11)),
        (None, None)
    );
    assert_eq!(module.export("one").map(|(_, index)| index), Some(1));
}

#[test]
fn the_build_id_tells_inputs_and_levels_apart() {
    let id = |wasm: &[u8], opt_level| {
        let options = Options {
            opt_level,
            ..Options::default()
        };
        build_id(wasm, &options)
    };
    assert_eq!(id(b"a", OptLevel::O1), id(b"a", OptLevel::O1));
    assert_ne!(id(b"a", OptLevel::O1), id(b"b", OptLevel::O1));
    assert_ne!(id(b"a", OptLevel::O1), id(b"a", OptLevel::O2));
    assert_eq!(image(&Options::default()), image(&Options::default()));
}

#[test]
fn every_function_needs_code() {
    let wasm = wat::parse_str(MODULE).unwrap();
    let module = parse(&wasm).unwrap();
    let error = archive(
        &module,
        Vec::new(),
        &Options::default(),
        &mut Report::default(),
    )
    .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Internal);
}

/// What instructions do not count needs no row, once its bytes lie in a copy-on-write section.
#[test]
fn data_segments_keep_their_numbers_where_instructions_name_them() {
    let segments = |body: &str| {
        let bytes = "x".repeat(40_000);
        let text = format!(
            "(module (memory 2) (data (i32.const 0) \"{bytes}\") (data (i32.const 40000) \"{bytes}\") (data \"passive\") (func {body}))"
        );
        let wasm = wat::parse_str(text).unwrap();
        let image = crate::compile(&wasm, &Options::default()).unwrap().image;
        let bytes = align(&image);
        let verified = VerifiedImage::verify_all(&bytes, &Limits::DEFAULT).unwrap();
        verified.module(0).data_count()
    };
    assert_eq!(segments(""), 1);
    assert_eq!(segments("data.drop 2"), 3);
    assert_eq!(
        segments("(memory.init 2 (i32.const 0) (i32.const 0) (i32.const 7))"),
        3
    );
}
