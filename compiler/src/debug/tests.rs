//! What an image for debugging says of steps and homes, and that its code keeps to it.

use wrt_format::image::types::val;
use wrt_format::image::view::ModuleView;
use wrt_format::isa::{Op, disasm, field_value};
use wrt_format::verify::{Limits, VerifiedImage};

use crate::options::Options;

/// The image of a module in text, for debugging.
pub(crate) fn image(wat: &str, check: bool) -> (Vec<u8>, wrt_format::image::write::AlignedVec<16>) {
    let wasm = wat::parse_str(wat).unwrap();
    let options = Options {
        debug: true,
        check,
        ..Options::default()
    };
    let compiled = crate::compile(&wasm, &options).unwrap();
    let image = wrt_format::image::write::align(&compiled.image);
    VerifiedImage::verify_all(&image, &Limits::DEFAULT).unwrap();
    (wasm, image)
}

fn with_module(wat: &str, test: impl FnOnce(&[u8], ModuleView<'_>)) {
    let (wasm, image) = image(wat, true);
    let image = VerifiedImage::verify(&image, &Limits::DEFAULT).unwrap();
    test(&wasm, image.module(0));
}

/// All that costs fuel in a module without unreachable code, by offset.
fn costly(wasm: &[u8]) -> Vec<u32> {
    let free = [
        "nop",
        "drop",
        "block",
        "loop",
        "unreachable",
        "return",
        "else",
        "end",
    ];
    let mut offsets = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() else {
            continue;
        };
        for op in body
            .get_operators_reader()
            .unwrap()
            .into_iter_with_offsets()
        {
            let (op, offset) = op.unwrap();
            let name = format!("{op:?}").to_lowercase();
            let name = name.split([' ', '{']).next().unwrap().to_owned();
            if !free.contains(&name.as_str()) {
                offsets.push(offset as u32);
            }
        }
    }
    offsets
}

/// Calls, loops that begin with others, branches of all kinds, arguments of edges, blocks with parameters.
const CONTROL: &str = r#"(module
  (memory 1)
  (table funcref (elem $add))
  (global $g (mut i32) (i32.const 3))
  (type $binary (func (param i32 i32) (result i32)))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func (export "f") (param $n i32) (result i32) (local $i i32) (local $acc i32)
    (loop $outer
      (loop $inner
        nop
        (local.set $acc (call $add (local.get $acc) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $inner (i32.and (local.get $i) (i32.const 3))))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $acc)
    (block (param i32) (result i32)
      (if (param i32) (result i32) (i32.eqz (local.get $n))
        (then (i32.const 1) i32.add)
        (else (drop) (call_indirect (type $binary) (i32.const 1) (i32.const 2) (i32.const 0))))
      (br_if 0 (global.get $g))
      (i32.store (i32.const 8) (local.get $acc))
      (block (param i32) (result i32) (br_table 0 1 (local.get $i)))
      (i32.mul (i32.const 7)))
    (drop) (return (i32.load (i32.const 8))))
)"#;

#[test]
fn each_operator_is_a_step() {
    with_module(CONTROL, |wasm, module| {
        let debug = module.debug().unwrap();
        let mut steps: Vec<_> = (0..debug.step_count())
            .map(|i| debug.step(i).unwrap().1)
            .collect();
        steps.sort_unstable();
        assert_eq!(steps, costly(wasm));
        let mut fuel_words = 0;
        for i in 0..module.func_count() {
            let func = module.func(i);
            let start = func.code_word as usize;
            let code = &module.code()[start..start + func.words as usize];
            for (at, op, words) in wrt_format::isa::instructions(code) {
                let op = op.unwrap();
                let word = (start + at) as u32;
                let cost = |field: usize| field_value(words, &op.info().fields[field]);
                if op == Op::Enter {
                    assert_eq!(cost(1), 0, "a call would pay for a step");
                }
                assert_ne!(op, Op::FuelMore, "a block costs more than one operator");
                let is_step = op.info().name == "fuel" && cost(0) == 1;
                assert!(op.info().name != "fuel" || cost(0) <= 1);
                fuel_words += u32::from(is_step);
                assert_eq!(debug.operator_at(word).is_some(), is_step);
            }
        }
        assert_eq!(fuel_words, debug.step_count());
    });
}

/// Where a local is written, its home is; and before the first step all homes are filled.
#[test]
fn homes_are_written_where_locals_are() {
    let wat = r#"(module (func (param i32 v128) (result i32) (local i64 f32)
      (local.set 2 (i64.const 7))
      (local.set 1 (i32x4.splat (local.get 0)))
      (local.tee 0 (i32.const 9))))"#;
    with_module(wat, |_, module| {
        let homes: Vec<_> = module.debug().unwrap().homes(0).collect();
        let types: Vec<_> = homes.iter().map(|home| home.ty).collect();
        assert_eq!(types, [val::I32, val::V128, val::I64, val::F32]);
        let slots: Vec<_> = homes.iter().map(|home| home.slot).collect();
        assert_eq!(slots, [slots[0], slots[0] + 1, slots[0] + 3, slots[0] + 4]);
        let func = module.func(0);
        assert!(slots[0] >= 3 && slots[3] < u32::from(func.frame));
        let code = &module.code()[func.code_word as usize..];
        let mut text = String::new();
        disasm::function(&mut text, code).unwrap();
        let text: String = text
            .lines()
            .map(|line| line.trim().to_owned() + "\n")
            .collect();
        let expected = "\
            0  enter 10, 0
            2  mov_short s5, s0
            4  v128_mov v6, v1
            7  const_0 s8
            8  const_0 s9
            9  fuel 1
            10  fuel 1
            11  const_u16_short s8, 7
            13  fuel 1
            14  fuel 1
            15  i32x4_splat v3, s0
            18  fuel 1
            19  v128_mov v6, v3
            22  fuel 1
            23  const_u16_short s0, 9
            25  fuel 1
            26  const_u16_short s5, 9
            28  ret1_tiny s0";
        let lines = expected.lines().map(str::trim);
        let expected = lines.collect::<Vec<_>>();
        let found: Vec<_> = text.lines().map(str::trim).collect();
        assert_eq!(found, expected, "\n{text}");
    });
}

/// Too many locals, or too large a frame with their homes: there are none, and all else is as it was.
#[test]
fn homes_have_limits() {
    let homes = |count: usize| {
        let locals = "i64 ".repeat(count);
        let wat = format!("(module (func (result i32) (local {locals}) (i32.const 1)))");
        let mut found = None;
        with_module(&wat, |_, module| {
            let debug = module.debug().unwrap();
            assert!(debug.step_count() > 0);
            found = Some(debug.homes(0).count());
        });
        found.unwrap()
    };
    assert_eq!(homes(1 << 14), 1 << 14);
    assert_eq!(homes((1 << 14) + 1), 0);
    // 8,300 vectors are on the operand stack at a time.
    let push = "local.get 0 i32x4.splat ".repeat(8300);
    let add = "i32x4.add ".repeat(8299);
    let large = |count: usize| {
        let locals = "i64 ".repeat(count);
        format!("(module (func (param i32) (result v128) (local {locals}) {push} {add}))")
    };
    let homes = |count: usize| {
        let image = image(&large(count), false).1;
        let image = VerifiedImage::verify(&image, &Limits::DEFAULT).unwrap();
        image.module(0).debug().unwrap().homes(0).count()
    };
    assert_eq!(homes(16_300), 0);
}

/// The image depends on the options, and only `debug` has the section.
#[test]
fn only_images_for_debugging_have_the_section() {
    let wasm = wat::parse_str("(module (func (result i32) (i32.const 1)))").unwrap();
    let plain = crate::compile(&wasm, &Options::default()).unwrap().image;
    let plain = wrt_format::image::write::align(&plain);
    let plain = VerifiedImage::verify(&plain, &Limits::DEFAULT).unwrap();
    assert!(plain.module(0).debug().is_none());
    let options = Options {
        debug: true,
        ..Options::default()
    };
    let debug = crate::compile(&wasm, &options).unwrap().image;
    let debug = wrt_format::image::write::align(&debug);
    let debug = VerifiedImage::verify(&debug, &Limits::DEFAULT).unwrap();
    assert_ne!(debug.header().build_id, plain.header().build_id);
}
