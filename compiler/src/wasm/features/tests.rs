//! For each feature a module that uses it: accepted with it, refused by its name and place without.

use super::{FEATURES, Features};
use crate::error::{Error, ErrorKind};
use crate::options::Options;

/// Feature, a module that needs it and none that builds on it, and the first bytes of what needs it.
const USES: &[(&str, &str, &[u8])] = &[
    ("floats", "(func (drop (f32.const 0)))", &[0x43]),
    (
        "mutable-global",
        "(global (export \"g\") (mut i32) (i32.const 0))",
        &[],
    ),
    (
        "sign-extension",
        "(func (drop (i32.extend8_s (i32.const 0))))",
        &[0xc0],
    ),
    (
        "nontrapping-float-to-int",
        "(func (drop (i32.trunc_sat_f32_s (f32.const 0))))",
        &[0xfc, 0x00],
    ),
    ("multi-value", "(type (func (result i32 i32)))", &[]),
    (
        "bulk-memory",
        "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
        &[0xfc, 0x0b],
    ),
    (
        "reference-types",
        "(func (drop (ref.is_null (ref.null func))))",
        &[0xd0],
    ),
    (
        "simd",
        "(func (drop (i8x16.splat (i32.const 0))))",
        &[0xfd, 0x0f],
    ),
    (
        "relaxed-simd",
        "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
        &[0xfd, 0x80, 0x02],
    ),
    ("tail-call", "(func (return_call 0))", &[0x12]),
    (
        "extended-const",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        &[0x6a],
    ),
    ("multi-memory", "(memory 1) (memory 1)", &[]),
    ("memory64", "(memory i64 1)", &[0x04]),
    (
        "function-references",
        "(type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))",
        &[0x60],
    ),
    (
        "gc",
        "(type $s (struct)) (func (drop (struct.new $s)))",
        &[0x5f],
    ),
    ("exceptions", "(tag) (func (throw 0))", &[]),
    (
        "legacy-exceptions",
        "(func try catch_all end)",
        &[0x06, 0x40],
    ),
    ("threads", "(memory 1 1 shared)", &[]),
    ("custom-page-sizes", "(memory 1 (pagesize 1))", &[]),
    (
        "wide-arithmetic",
        "(func (param i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 0)))",
        &[0xfc, 0x16],
    ),
    (
        "compact-imports",
        "(import \"m\" (item \"f\" (func)) (item \"g\" (func)))",
        &[0x7f],
    ),
];

fn compile(wasm: &[u8], features: Features) -> Result<(), Error> {
    let options = Options {
        features,
        ..Options::default()
    };
    crate::compile(wasm, &options).map(drop)
}

/// All features but `name` and what needs it.
fn without(name: &str) -> Features {
    Features::parse(&format!("-{name}")).unwrap()
}

#[test]
fn what_needs_a_feature_is_refused_by_its_name_without_it() {
    let names: Vec<_> = USES.iter().map(|&(name, ..)| name).collect();
    let all: Vec<_> = FEATURES.iter().map(|feature| feature.name).collect();
    assert_eq!(names, all);
    for &(name, fields, bytes) in USES {
        let wasm = wat::parse_str(format!("(module {fields})")).unwrap();
        compile(&wasm, Features::ALL).unwrap();
        // By itself a name brings what it needs.
        compile(
            &wasm,
            Features::parse(&format!("multi-value,{name}")).unwrap(),
        )
        .unwrap_or_else(|error| panic!("{name}: {error}"));
        let error = compile(&wasm, without(name)).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unsupported(name), "{error}");
        let offset = error.offset().unwrap() as usize;
        let text = format!("{name} is not among the accepted features");
        assert!(error.to_string().starts_with(&text), "{error}");
        assert!(wasm[offset..].starts_with(bytes), "{error}: {wasm:02x?}");
    }
}

#[test]
fn what_no_feature_would_make_valid_is_invalid_whatever_is_accepted() {
    let wasm = wat::parse_str("(module (func (result i32) (return_call 0) (drop)) (func (drop)))")
        .unwrap();
    for features in [Features::ALL, Features::of_version(1)] {
        let error = compile(&wasm, features).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Invalid, "{error}");
    }
}

#[test]
fn lists_of_names() {
    let parse = |list: &str| Features::parse(list).unwrap();
    let count = |features: Features| FEATURES.iter().filter(|it| features.contains(it)).count();
    assert_eq!(parse("all"), Features::ALL);
    assert_eq!(parse("-gc,gc"), Features::ALL);
    assert_eq!(count(Features::ALL), FEATURES.len());
    assert_eq!(count(parse("wasm1")), 2);
    assert_eq!(count(parse("wasm2")), 8);
    assert_eq!(count(parse("wasm3")), 16);
    assert_eq!(
        format!("{:?}", parse("gc, threads,-floats")),
        r#"{"mutable-global", "reference-types", "function-references", "gc", "threads"}"#
    );
    // What is taken away takes with it what needs it.
    let gone = count(Features::ALL) - count(parse("-reference-types"));
    assert_eq!(gone, 5);
    assert_eq!(count(parse("wasm2,-simd")), 7);
    for wrong in ["", "simd,", "simd,-nothing", "-all", "wasm4"] {
        assert!(Features::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Features::parse("simd,wasm"), Err("wasm".to_owned()));
}
