//! Constant folding: the value of an operator on constants.
//!
//! The meaning of the operators is that of the machine (`wrt_format::num`). Nothing is folded that traps, and no float arithmetic
//! that gives a NaN, because whose bits that NaN has is left to the machine.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one function for each group of operators; the others are the next function's"
)]

use crate::ir::{BinaryOp, UnaryOp};
use wrt_format::num;

/// The 64 bits of the slot for a float, unless it is a NaN.
fn f32_bits(x: f32) -> Option<u64> {
    (!x.is_nan()).then(|| u64::from(x.to_bits()))
}

fn f64_bits(x: f64) -> Option<u64> {
    (!x.is_nan()).then(|| x.to_bits())
}

fn f32_of(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

/// The result of `op` on the slots `a` and `b`, if it can be told.
pub(super) fn binary(op: BinaryOp, a: u64, b: u64) -> Option<u64> {
    fold_i32(op, a as u32, b as u32)
        .or_else(|| fold_i64(op, a, b))
        .or_else(|| fold_f32(op, f32_of(a), f32_of(b)))
        .or_else(|| fold_f64(op, f64::from_bits(a), f64::from_bits(b)))
}

fn fold_i32(op: BinaryOp, a: u32, b: u32) -> Option<u64> {
    let (sa, sb) = (a as i32, b as i32);
    Some(u64::from(match op {
        BinaryOp::I32Add => a.wrapping_add(b),
        BinaryOp::I32Sub => a.wrapping_sub(b),
        BinaryOp::I32Mul => a.wrapping_mul(b),
        BinaryOp::I32DivS => num::i32_div_s(a, b).ok()?,
        BinaryOp::I32DivU => num::i32_div_u(a, b).ok()?,
        BinaryOp::I32RemS => num::i32_rem_s(a, b).ok()?,
        BinaryOp::I32RemU => num::i32_rem_u(a, b).ok()?,
        BinaryOp::I32And => a & b,
        BinaryOp::I32Or => a | b,
        BinaryOp::I32Xor => a ^ b,
        BinaryOp::I32Shl => num::i32_shl(a, b),
        BinaryOp::I32ShrS => num::i32_shr_s(a, b),
        BinaryOp::I32ShrU => num::i32_shr_u(a, b),
        BinaryOp::I32Rotl => num::i32_rotl(a, b),
        BinaryOp::I32Rotr => num::i32_rotr(a, b),
        BinaryOp::I32Eq => u32::from(a == b),
        BinaryOp::I32Ne => u32::from(a != b),
        BinaryOp::I32LtS => u32::from(sa < sb),
        BinaryOp::I32LtU => u32::from(a < b),
        BinaryOp::I32GtS => u32::from(sa > sb),
        BinaryOp::I32GtU => u32::from(a > b),
        BinaryOp::I32LeS => u32::from(sa <= sb),
        BinaryOp::I32LeU => u32::from(a <= b),
        BinaryOp::I32GeS => u32::from(sa >= sb),
        BinaryOp::I32GeU => u32::from(a >= b),
        _ => return None,
    }))
}

fn fold_i64(op: BinaryOp, a: u64, b: u64) -> Option<u64> {
    let (sa, sb) = (a as i64, b as i64);
    Some(match op {
        BinaryOp::I64Add => a.wrapping_add(b),
        BinaryOp::I64Sub => a.wrapping_sub(b),
        BinaryOp::I64Mul => a.wrapping_mul(b),
        BinaryOp::I64DivS => num::i64_div_s(a, b).ok()?,
        BinaryOp::I64DivU => num::i64_div_u(a, b).ok()?,
        BinaryOp::I64RemS => num::i64_rem_s(a, b).ok()?,
        BinaryOp::I64RemU => num::i64_rem_u(a, b).ok()?,
        BinaryOp::I64And => a & b,
        BinaryOp::I64Or => a | b,
        BinaryOp::I64Xor => a ^ b,
        BinaryOp::I64Shl => num::i64_shl(a, b),
        BinaryOp::I64ShrS => num::i64_shr_s(a, b),
        BinaryOp::I64ShrU => num::i64_shr_u(a, b),
        BinaryOp::I64Rotl => num::i64_rotl(a, b),
        BinaryOp::I64Rotr => num::i64_rotr(a, b),
        BinaryOp::I64MulHighS => num::i64_mul_high_s(a, b),
        BinaryOp::I64MulHighU => num::i64_mul_high_u(a, b),
        BinaryOp::I64Eq => u64::from(a == b),
        BinaryOp::I64Ne => u64::from(a != b),
        BinaryOp::I64LtS => u64::from(sa < sb),
        BinaryOp::I64LtU => u64::from(a < b),
        BinaryOp::I64GtS => u64::from(sa > sb),
        BinaryOp::I64GtU => u64::from(a > b),
        BinaryOp::I64LeS => u64::from(sa <= sb),
        BinaryOp::I64LeU => u64::from(a <= b),
        BinaryOp::I64GeS => u64::from(sa >= sb),
        BinaryOp::I64GeU => u64::from(a >= b),
        _ => return None,
    })
}

fn fold_f32(op: BinaryOp, a: f32, b: f32) -> Option<u64> {
    let bool_of = |holds: bool| Some(u64::from(holds));
    match op {
        BinaryOp::F32Add => f32_bits(a + b),
        BinaryOp::F32Sub => f32_bits(a - b),
        BinaryOp::F32Mul => f32_bits(a * b),
        BinaryOp::F32Div => f32_bits(a / b),
        BinaryOp::F32Min => f32_bits(num::f32_min(a, b)),
        BinaryOp::F32Max => f32_bits(num::f32_max(a, b)),
        BinaryOp::F32Copysign => f32_bits(num::f32_copysign(a, b)),
        BinaryOp::F32Eq => bool_of(a == b),
        BinaryOp::F32Ne => bool_of(a != b),
        BinaryOp::F32Lt => bool_of(a < b),
        BinaryOp::F32Gt => bool_of(a > b),
        BinaryOp::F32Le => bool_of(a <= b),
        BinaryOp::F32Ge => bool_of(a >= b),
        _ => None,
    }
}

fn fold_f64(op: BinaryOp, a: f64, b: f64) -> Option<u64> {
    let bool_of = |holds: bool| Some(u64::from(holds));
    match op {
        BinaryOp::F64Add => f64_bits(a + b),
        BinaryOp::F64Sub => f64_bits(a - b),
        BinaryOp::F64Mul => f64_bits(a * b),
        BinaryOp::F64Div => f64_bits(a / b),
        BinaryOp::F64Min => f64_bits(num::f64_min(a, b)),
        BinaryOp::F64Max => f64_bits(num::f64_max(a, b)),
        BinaryOp::F64Copysign => f64_bits(num::f64_copysign(a, b)),
        BinaryOp::F64Eq => bool_of(a == b),
        BinaryOp::F64Ne => bool_of(a != b),
        BinaryOp::F64Lt => bool_of(a < b),
        BinaryOp::F64Gt => bool_of(a > b),
        BinaryOp::F64Le => bool_of(a <= b),
        BinaryOp::F64Ge => bool_of(a >= b),
        _ => None,
    }
}

/// The result of `op` on the slot `a`, if it can be told.
pub(super) fn unary(op: UnaryOp, a: u64) -> Option<u64> {
    unary_int(op, a)
        .or_else(|| unary_float(op, a))
        .or_else(|| truncate(op, a))
        .or_else(|| convert(op, a))
}

fn unary_int(op: UnaryOp, a: u64) -> Option<u64> {
    let low = a as u32;
    Some(match op {
        UnaryOp::I32Clz => u64::from(low.leading_zeros()),
        UnaryOp::I32Ctz => u64::from(low.trailing_zeros()),
        UnaryOp::I32Popcnt => u64::from(low.count_ones()),
        UnaryOp::I32Extend8S => u64::from(i32::from(low as i8) as u32),
        UnaryOp::I32Extend16S => u64::from(i32::from(low as i16) as u32),
        UnaryOp::I32Eqz => u64::from(low == 0),
        UnaryOp::I64Clz => u64::from(a.leading_zeros()),
        UnaryOp::I64Ctz => u64::from(a.trailing_zeros()),
        UnaryOp::I64Popcnt => u64::from(a.count_ones()),
        UnaryOp::I64Extend8S => i64::from(a as i8) as u64,
        UnaryOp::I64Extend16S => i64::from(a as i16) as u64,
        UnaryOp::I64Extend32S | UnaryOp::I64ExtendI32S => i64::from(a as i32) as u64,
        UnaryOp::I64Eqz => u64::from(a == 0),
        UnaryOp::I32WrapI64 | UnaryOp::I64ExtendI32U => u64::from(low),
        UnaryOp::I32ReinterpretF32 | UnaryOp::F32ReinterpretI32 => u64::from(low),
        UnaryOp::I64ReinterpretF64 | UnaryOp::F64ReinterpretI64 => a,
        // Sign changes are defined on the bits, for NaNs too.
        UnaryOp::F32Abs => u64::from(low & 0x7fff_ffff),
        UnaryOp::F32Neg => u64::from(low ^ 0x8000_0000),
        UnaryOp::F64Abs => a & (u64::MAX >> 1),
        UnaryOp::F64Neg => a ^ (1 << 63),
        _ => return None,
    })
}

fn unary_float(op: UnaryOp, a: u64) -> Option<u64> {
    let (x, y) = (f32_of(a), f64::from_bits(a));
    match op {
        UnaryOp::F32Ceil => f32_bits(num::f32_ceil(x)),
        UnaryOp::F32Floor => f32_bits(num::f32_floor(x)),
        UnaryOp::F32Trunc => f32_bits(num::f32_trunc(x)),
        UnaryOp::F32Nearest => f32_bits(num::f32_nearest(x)),
        UnaryOp::F32Sqrt => f32_bits(num::f32_sqrt(x)),
        UnaryOp::F64Ceil => f64_bits(num::f64_ceil(y)),
        UnaryOp::F64Floor => f64_bits(num::f64_floor(y)),
        UnaryOp::F64Trunc => f64_bits(num::f64_trunc(y)),
        UnaryOp::F64Nearest => f64_bits(num::f64_nearest(y)),
        UnaryOp::F64Sqrt => f64_bits(num::f64_sqrt(y)),
        _ => None,
    }
}

fn truncate(op: UnaryOp, a: u64) -> Option<u64> {
    let (x, y) = (f32_of(a), f64::from_bits(a));
    match op {
        UnaryOp::I32TruncF32S => num::i32_trunc_f32_s(x).ok().map(u64::from),
        UnaryOp::I32TruncF32U => num::i32_trunc_f32_u(x).ok().map(u64::from),
        UnaryOp::I32TruncF64S => num::i32_trunc_f64_s(y).ok().map(u64::from),
        UnaryOp::I32TruncF64U => num::i32_trunc_f64_u(y).ok().map(u64::from),
        UnaryOp::I64TruncF32S => num::i64_trunc_f32_s(x).ok(),
        UnaryOp::I64TruncF32U => num::i64_trunc_f32_u(x).ok(),
        UnaryOp::I64TruncF64S => num::i64_trunc_f64_s(y).ok(),
        UnaryOp::I64TruncF64U => num::i64_trunc_f64_u(y).ok(),
        UnaryOp::I32TruncSatF32S => Some(u64::from(num::i32_trunc_sat_f32_s(x))),
        UnaryOp::I32TruncSatF32U => Some(u64::from(num::i32_trunc_sat_f32_u(x))),
        UnaryOp::I32TruncSatF64S => Some(u64::from(num::i32_trunc_sat_f64_s(y))),
        UnaryOp::I32TruncSatF64U => Some(u64::from(num::i32_trunc_sat_f64_u(y))),
        UnaryOp::I64TruncSatF32S => Some(num::i64_trunc_sat_f32_s(x)),
        UnaryOp::I64TruncSatF32U => Some(num::i64_trunc_sat_f32_u(x)),
        UnaryOp::I64TruncSatF64S => Some(num::i64_trunc_sat_f64_s(y)),
        UnaryOp::I64TruncSatF64U => Some(num::i64_trunc_sat_f64_u(y)),
        _ => None,
    }
}

fn convert(op: UnaryOp, a: u64) -> Option<u64> {
    let low = a as u32;
    match op {
        UnaryOp::F32ConvertI32S => f32_bits(low as i32 as f32),
        UnaryOp::F32ConvertI32U => f32_bits(low as f32),
        UnaryOp::F32ConvertI64S => f32_bits(a as i64 as f32),
        UnaryOp::F32ConvertI64U => f32_bits(a as f32),
        UnaryOp::F64ConvertI32S => f64_bits(f64::from(low as i32)),
        UnaryOp::F64ConvertI32U => f64_bits(f64::from(low)),
        UnaryOp::F64ConvertI64S => f64_bits(a as i64 as f64),
        UnaryOp::F64ConvertI64U => f64_bits(a as f64),
        UnaryOp::F32DemoteF64 => f32_bits(f64::from_bits(a) as f32),
        UnaryOp::F64PromoteF32 => f64_bits(f64::from(f32_of(a))),
        _ => None,
    }
}
