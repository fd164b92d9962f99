//! The pairs of vector instructions.

use super::Src::{First, Other, Second, Zero};
use super::{CHAIN, EITHER, NEAR_WRAP, NO_OFFSETS, Rule, WRAP_WRAP, rule, zeros};
use wrt_format::isa::Op;

/// `(a op imm) op b`.
const SHIFTED: &[super::Src] = &[Second(0), First(1), Other, First(2)];
/// `((a op imm) op b) op c`.
const GATHERED: &[super::Src] = &[Second(0), First(1), First(2), Other, First(3)];
/// `a op memory`, in either form of address.
const NEAR: &[super::Src] = &[Second(0), Other, First(1), First(2), Zero];
const WRAP: &[super::Src] = &[Second(0), Other, First(1), First(2), First(3)];
/// `a * memory + c`.
const NEAR_ADD: &[super::Src] = &[Second(0), Other, Second(3), First(1), First(2), Zero];
const WRAP_ADD: &[super::Src] = &[Second(0), Other, Second(3), First(1), First(2), First(3)];

/// In the order in which they are tried.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    // Operands in memory first: nothing else would take those loads.
    rule(Op::Load8x8U, Op::I16x8Add, EITHER, Op::I16x8AddLoad8x8UWrap, NEAR),
    rule(Op::Load8x8UWrap, Op::I16x8Add, EITHER, Op::I16x8AddLoad8x8UWrap, WRAP),
    rule(Op::Load128, Op::I32x4Add, EITHER, Op::I32x4AddLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::I32x4Add, EITHER, Op::I32x4AddLoadWrap, WRAP),
    rule(Op::Load128, Op::V128Xor, EITHER, Op::V128XorLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::V128Xor, EITHER, Op::V128XorLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4Add, EITHER, Op::F32x4AddLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F32x4Add, EITHER, Op::F32x4AddLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4Sub, &[2], Op::F32x4SubLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F32x4Sub, &[2], Op::F32x4SubLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4Mul, EITHER, Op::F32x4MulLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F32x4Mul, EITHER, Op::F32x4MulLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4MulAdd, EITHER, Op::F32x4MulAddLoadWrap, NEAR_ADD),
    rule(Op::Load128Wrap, Op::F32x4MulAdd, EITHER, Op::F32x4MulAddLoadWrap, WRAP_ADD),
    zeros(rule(Op::Load32Splat, Op::F32x4MulAddLoadWrap, &[1], Op::F32x4MulAddLoadSplat, NEAR_WRAP), NO_OFFSETS, &[Second(5)]),
    zeros(rule(Op::Load32SplatWrap, Op::F32x4MulAddLoadWrap, &[1], Op::F32x4MulAddLoadSplat, WRAP_WRAP), NO_OFFSETS, &[First(3), Second(5)]),
    rule(Op::Load128, Op::F64x2Add, EITHER, Op::F64x2AddLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F64x2Add, EITHER, Op::F64x2AddLoadWrap, WRAP),
    rule(Op::Load128, Op::F64x2Mul, EITHER, Op::F64x2MulLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F64x2Mul, EITHER, Op::F64x2MulLoadWrap, WRAP),
    rule(Op::Load128, Op::F64x2MulAdd, EITHER, Op::F64x2MulAddLoadWrap, NEAR_ADD),
    rule(Op::Load128Wrap, Op::F64x2MulAdd, EITHER, Op::F64x2MulAddLoadWrap, WRAP_ADD),
    // Tests.
    rule(Op::I8x16Eq, Op::I8x16Bitmask, &[1], Op::I8x16EqBitmask, &[Second(0), First(1), First(2)]),
    rule(Op::V128AnyTrue, Op::BrNz, &[0], Op::BrV128AnyTrue, &[First(1), Second(1)]),
    rule(Op::V128AnyTrue, Op::BrZ, &[0], Op::BrV128NoneTrue, &[First(1), Second(1)]),
    // Shifts and rotations.
    rule(Op::V128Xor, Op::I32x4RotlImm, &[1], Op::I32x4XorRotlImm, &[Second(0), First(1), First(2), Second(2)]),
    rule(Op::V128Xor, Op::I64x2RotlImm, &[1], Op::I64x2XorRotlImm, &[Second(0), First(1), First(2), Second(2)]),
    rule(Op::I32x4ShlImm, Op::V128And, EITHER, Op::I32x4ShlImmAnd, SHIFTED),
    rule(Op::I32x4ShrUImm, Op::V128And, EITHER, Op::I32x4ShrUImmAnd, SHIFTED),
    rule(Op::I32x4ShlImmAnd, Op::V128Or, EITHER, Op::I32x4ShlImmAndOr, GATHERED),
    rule(Op::I32x4ShrUImmAnd, Op::V128Or, EITHER, Op::I32x4ShrUImmAndOr, GATHERED),
    rule(Op::I16x8ShlImm, Op::I16x8Add, EITHER, Op::I16x8ShlImmAdd, SHIFTED),
    rule(Op::I32x4ShlImm, Op::I32x4Add, EITHER, Op::I32x4ShlImmAdd, SHIFTED),
    rule(Op::I32x4ShlImm, Op::I32x4ShrSImm, &[1], Op::I32x4ShlImmShrSImm, &[Second(0), First(1), First(2), Second(2)]),
    // Products and sums.
    rule(Op::I32x4Mul, Op::I32x4Add, EITHER, Op::I32x4MulAdd, CHAIN),
    rule(Op::I16x8Mul, Op::I16x8Add, EITHER, Op::I16x8MulAdd, CHAIN),
    rule(Op::I32x4DotI16x8S, Op::I32x4Add, EITHER, Op::I32x4DotI16x8AddS, CHAIN),
    rule(Op::I32x4Add, Op::I32x4Add, EITHER, Op::I32x4AddAdd, CHAIN),
    rule(Op::I16x8Add, Op::I16x8Add, EITHER, Op::I16x8AddAdd, CHAIN),
    // Bits.
    rule(Op::V128And, Op::V128Or, EITHER, Op::V128AndOr, CHAIN),
    rule(Op::V128And, Op::V128Xor, EITHER, Op::V128AndXor, CHAIN),
    rule(Op::V128Xor, Op::V128Xor, EITHER, Op::V128XorXor, CHAIN),
];
