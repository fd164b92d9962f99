//! `wrtc compile --canonical-nans`: every operator that leaves the bits of a NaN to the machine.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, run, wrtc};

/// Operands: locals 0 and 1 are NaN with a payload, local 2 four of them.
const OPERANDS: &str = "(local f32 f64 v128)
    (local.set 0 (f32.const nan:0x123456)) (local.set 1 (f64.const nan:0x123456))
    (local.set 2 (v128.const i32x4 0x7f912345 0xff812345 0x7f800001 0xffffffff))";
const ONE: [&str; 5] = ["ceil", "floor", "trunc", "nearest", "sqrt"];
const TWO: [&str; 6] = ["add", "sub", "mul", "div", "min", "max"];
const THREE: [&str; 2] = ["relaxed_madd", "relaxed_nmadd"];

/// Name, type of the result's bits, expression.
type Function = (String, &'static str, String);

/// The operators on one float.
fn scalar() -> Vec<Function> {
    let mut out = Vec::new();
    for (float, int, local) in [("f32", "i32", 0), ("f64", "i64", 1)] {
        let mut add = |op: &str, operands: &str| {
            let name = format!("{float}.{op}");
            let body =
                format!("({int}.reinterpret_{float} ({name} (local.get {local}) {operands}))");
            out.push((name, int, body));
        };
        ONE.iter().for_each(|op| add(op, ""));
        let second = format!("({float}.const 1)");
        TWO.iter().for_each(|op| add(op, &second));
    }
    let demote = "(i32.reinterpret_f32 (f32.demote_f64 (local.get 1)))";
    let promote = "(i64.reinterpret_f64 (f64.promote_f32 (local.get 0)))";
    out.push(("f32.demote_f64".to_owned(), "i32", demote.to_owned()));
    out.push(("f64.promote_f32".to_owned(), "i64", promote.to_owned()));
    out
}

/// The operators on vectors of floats; of the result the second lane.
fn vector() -> Vec<Function> {
    let mut out = Vec::new();
    for (shape, int, lanes) in [("f32x4", "i32", "i32x4"), ("f64x2", "i64", "i64x2")] {
        let mut add = |op: &str, count: usize| {
            let (name, operands) = (format!("{shape}.{op}"), "(local.get 2)".repeat(count));
            let body = format!("({lanes}.extract_lane 1 ({name} {operands}))");
            out.push((name, int, body));
        };
        ONE.iter().for_each(|op| add(op, 1));
        TWO.iter().for_each(|op| add(op, 2));
        THREE.iter().for_each(|op| add(op, 3));
    }
    let demote = "(i32x4.extract_lane 1 (f32x4.demote_f64x2_zero (v128.const i64x2 1 -1)))";
    let promote = "(i64x2.extract_lane 1 (f64x2.promote_low_f32x4 (local.get 2)))";
    out.push(("f32x4.demote".to_owned(), "i32", demote.to_owned()));
    out.push(("f64x2.promote".to_owned(), "i64", promote.to_owned()));
    out
}

#[test]
fn canonical_nans_are_the_same_on_every_machine() {
    let dir = Dir::new("canonical_nans");
    let functions = [scalar(), vector()].concat();
    let texts = functions.iter().map(|(name, ty, body)| {
        format!("(func (export \"{name}\") (result {ty}) {OPERANDS} {body})\n")
    });
    let text = format!("(module {})", texts.collect::<String>());
    let wat = dir.file("nan.wat", text);
    let wat = wat.to_str().unwrap();
    for level in ["-O0", "-O2"] {
        let image = dir.path().join(format!("nan{level}.wrtb"));
        let plain = dir.path().join(format!("plain{level}.wrtb"));
        let to = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let compiled = wrtc(&["compile", "--canonical-nans", level, wat, "-o", &to(&image)]);
        assert_eq!(compiled.status, 0, "{}", compiled.stderr);
        assert_eq!(wrtc(&["compile", level, wat, "-o", &to(&plain)]).status, 0);
        let mut chosen = 0;
        for (name, ty, _) in &functions {
            let bits = |image| run(image, &["--invoke", name]).stdout.trim().to_owned();
            let canonical = match *ty {
                "i32" => 0x7fc0_0000_u32.to_string(),
                _ => 0x7ff8_0000_0000_0000_u64.to_string(),
            };
            assert_eq!(bits(&image), canonical, "{name} at {level}");
            chosen += usize::from(bits(&plain) != canonical);
        }
        let fuel = |image| {
            let ran = run(image, &["--stats", "--invoke", "f64.div"]);
            let mut lines = ran.stderr.lines();
            lines
                .find(|line| line.starts_with("fuel_used"))
                .map(str::to_owned)
        };
        assert_eq!(fuel(&image), fuel(&plain));
        assert!(fuel(&image).is_some());
        // This machine keeps payloads, so without the flag the test would fail.
        assert!(
            chosen > 20 || !cfg!(target_arch = "x86_64"),
            "{chosen} of {}",
            functions.len()
        );
    }
}
