//! Single rules whose effect golden texts do not show well.

use super::super::{fold, simplify};
use super::eval;
use super::{OptLevel, alone, func_of, runs, same};
use crate::ir::{BinaryOp, UnaryOp, build, check};
use core::fmt::Write;

#[test]
fn traps_and_nans_are_not_folded() {
    assert_eq!(fold::binary(BinaryOp::I32DivS, 1, 0), None);
    assert_eq!(
        fold::binary(BinaryOp::I32DivS, 0x8000_0000, 0xffff_ffff),
        None
    );
    assert_eq!(
        fold::binary(BinaryOp::I32RemS, 0x8000_0000, 0xffff_ffff),
        Some(0)
    );
    assert_eq!(fold::binary(BinaryOp::I64DivU, 1, 0), None);
    assert_eq!(fold::binary(BinaryOp::F64Div, 0, 0), None);
    assert_eq!(
        fold::binary(
            BinaryOp::F64Sub,
            f64::INFINITY.to_bits(),
            f64::INFINITY.to_bits()
        ),
        None
    );
    assert_eq!(fold::unary(UnaryOp::I32TruncF64S, 3e9f64.to_bits()), None);
    assert_eq!(
        fold::unary(UnaryOp::F32Sqrt, u64::from((-1f32).to_bits())),
        None
    );
}

#[test]
fn results_fill_slots_as_the_machine_has_them() {
    assert_eq!(fold::binary(BinaryOp::I32Sub, 0, 1), Some(0xffff_ffff));
    assert_eq!(fold::binary(BinaryOp::I32Shl, 1, 33), Some(2));
    assert_eq!(
        fold::binary(BinaryOp::I64ShrS, 1 << 63, 127),
        Some(u64::MAX)
    );
    assert_eq!(fold::unary(UnaryOp::I32Extend8S, 0x80), Some(0xffff_ff80));
    assert_eq!(
        fold::unary(UnaryOp::I64ExtendI32S, 0x8000_0000),
        Some(0xffff_ffff_8000_0000)
    );
    assert_eq!(
        fold::unary(UnaryOp::I32TruncF64S, (-1.9f64).to_bits()),
        Some(0xffff_ffff)
    );
    assert_eq!(
        fold::unary(UnaryOp::I32TruncSatF64U, (-1.9f64).to_bits()),
        Some(0)
    );
    assert_eq!(
        fold::binary(
            BinaryOp::F32Add,
            u64::from(1f32.to_bits()),
            u64::from(2f32.to_bits())
        ),
        Some(u64::from(3f32.to_bits()))
    );
    // The sign of a NaN is a bit like any other.
    assert_eq!(fold::unary(UnaryOp::F32Neg, 0x7fc0_0001), Some(0xffc0_0001));
}

/// What a value looks like before an operator is applied to it: `$x` is the argument.
const SHAPES: &[(&str, &[&str])] = &[
    (
        "i32",
        &[
            "$x",
            "(i32.and $x (i32.const 255))",
            "(i32.shr_u $x (i32.const 24))",
            "(i32.add $x (i32.const 100))",
            "(i32.shl $x (i32.const 8))",
            "(i32.eqz $x)",
            "(i32.xor $x (i32.const -1))",
            "(i32.wrap_i64 (i64.add (i64.extend_i32_s $x) (i64.const 7)))",
            "(i32.extend8_s (i32.and $x (i32.const 0x1ff)))",
        ],
    ),
    (
        "i64",
        &[
            "(i64.extend_i32_u $x)",
            "(i64.extend_i32_s $x)",
            "(i64.shl (i64.extend_i32_u $x) (i64.const 24))",
            "(i64.mul (i64.extend_i32_s $x) (i64.const 0x123456789))",
            "(i64.shr_s (i64.shl (i64.extend_i32_u $x) (i64.const 48)) (i64.const 48))",
        ],
    ),
];

const OPS: &[&str] = &[
    "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s",
    "shr_u", "rotl", "rotr", "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s",
    "ge_u",
];

const CONSTS: &[&str] = &[
    "0",
    "1",
    "2",
    "8",
    "24",
    "31",
    "32",
    "33",
    "63",
    "99",
    "100",
    "107",
    "127",
    "128",
    "254",
    "255",
    "256",
    "0x7fffffff",
    "0x80000000",
    "0xffffffff",
    "-1",
    "-128",
];

const INPUTS: &[u64] = &[
    0,
    1,
    2,
    7,
    24,
    99,
    100,
    127,
    128,
    254,
    255,
    256,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ff80,
    0xffff_ff9b,
    0xffff_fffe,
    0xffff_ffff,
];

/// Every integer operator on values of many forms and constants on either side: the rules must not change a bit.
#[test]
fn integer_rules_are_exact() {
    let mut changed = 0;
    for &(ty, shapes) in SHAPES {
        for op in OPS {
            let compares = OPS.iter().position(|other| other == op) >= Some(15);
            let result = if compares { "i32" } else { ty };
            let mut wat = String::from("(module ");
            for shape in shapes {
                let shape = shape.replace("$x", "(local.get 0)");
                for c in CONSTS {
                    let c = format!("({ty}.const {c})");
                    for args in [format!("{shape} {c}"), format!("{c} {shape}")] {
                        let expr = format!("({ty}.{op} {args})");
                        write!(wat, "(func (param i32) (result {result}) {expr})").unwrap();
                    }
                }
            }
            wat.push(')');
            let wasm = wat::parse_str(&wat).unwrap();
            let module = crate::wasm::parse(&wasm).unwrap();
            for body in 0..module.body_count() {
                let before = build(&module, body).unwrap();
                let mut after = before.clone();
                changed += u32::from(alone(simplify::run, &mut after));
                check(&after).unwrap();
                for &input in INPUTS {
                    let (old, new) = (eval::run(&before, &[input]), eval::run(&after, &[input]));
                    assert_eq!(old, new, "{input:#x}\n{before}\nbecame\n{after}");
                }
            }
        }
    }
    assert!(changed > 5000, "{changed}");
}

/// Loops that inversion has to handle with care: values of the header used behind several exits, after the loop, in other loops.
#[test]
fn loops_of_unusual_shape() {
    for body in [
        // Two ways out, and the header's value is used where they meet.
        "(block $out (loop $l
            (br_if $out (i32.gt_u (local.get 0) (i32.const 40)))
            (br_if $out (i32.eq (i32.and (local.get 0) (i32.const 15)) (local.get 1)))
            (local.set 0 (i32.add (local.get 0) (i32.const 3)))
            (br $l)))
         (i32.mul (local.get 0) (i32.const 5)) (i64.const 0)",
        // The exit of one loop is the header of the next.
        "(block $a (loop $l
            (br_if $a (i32.ge_u (local.get 0) (i32.const 64)))
            (local.set 0 (i32.add (local.get 0) (i32.const 9)))
            (br $l)))
         (block $b (loop $l
            (br_if $b (i32.le_u (local.get 0) (i32.const 3)))
            (local.set 0 (i32.shr_u (local.get 0) (i32.const 1)))
            (local.set 1 (i32.add (local.get 1) (local.get 0)))
            (br $l)))
         (i32.add (local.get 0) (local.get 1)) (i64.extend_i32_u (local.get 0))",
        // The header computes what body and exit use.
        "(local i32) (block $a (loop $l
            (local.set 2 (i32.mul (local.get 0) (i32.const 3)))
            (br_if $a (i32.ge_u (local.get 2) (i32.const 100)))
            (local.set 1 (i32.xor (local.get 1) (local.get 2)))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br $l)))
         (i32.add (local.get 2) (local.get 1)) (i64.const 1)",
        // Two counters that change places.
        "(local i32) (block $a (loop $l
            (br_if $a (i32.ge_u (i32.add (local.get 0) (local.get 1)) (i32.const 90)))
            (local.set 2 (local.get 0))
            (local.set 0 (i32.add (local.get 1) (i32.const 7)))
            (local.set 1 (local.get 2))
            (br $l)))
         (i32.sub (local.get 0) (local.get 1)) (i64.const 1)",
    ] {
        let wat = format!("(module (func (param i32 i32) (result i32 i64) {body}))");
        let mut before = func_of(&wat);
        super::super::run(&mut before, OptLevel::O0, true);
        let mut after = func_of(&wat);
        super::super::run(&mut after, OptLevel::O2, true);
        same(&runs(&before), &runs(&after), || {
            format!("{before}\n{after}")
        });
    }
}
