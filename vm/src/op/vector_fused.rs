//! Vector instructions that do several operators: the single ones' functions one after the other.

use super::memory::{OUT, wrapped};
use super::vector_more::apart;
use crate::raw::lanes::{self as simd, V128};
use crate::raw::state::Ctl;

macro_rules! shift {
    ($($name:ident = $shift:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            s.set128(at::dst, simd::$shift(s.get128(at::src), s.half(at::imm).into()));
            Ctl::Next
        }
    )*} };
}

shift! {
    i8x16_shr_u_imm = i8x16_shr_u;
    i16x8_shl_imm = i16x8_shl;
    i16x8_shr_s_imm = i16x8_shr_s;
    i16x8_shr_u_imm = i16x8_shr_u;
    i32x4_shl_imm = i32x4_shl;
    i32x4_shr_s_imm = i32x4_shr_s;
    i32x4_shr_u_imm = i32x4_shr_u;
    i64x2_shl_imm = i64x2_shl;
    i64x2_shr_u_imm = i64x2_shr_u;
    i32x4_rotl_imm = i32x4_rotl;
    i64x2_rotl_imm = i64x2_rotl;
}

/// A shift of the first operand, then an operator.
macro_rules! shift_then {
    ($($name:ident = $shift:ident, $second:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let shifted = simd::$shift(s.get128(at::a), s.half(at::imm).into());
            let both = simd::$second(shifted, s.get128(at::b));
            s.set128_late(at::dst, both);
            Ctl::Next
        }
    )*} };
}

shift_then! {
    i32x4_shl_imm_and = i32x4_shl, v128_and;
    i32x4_shr_u_imm_and = i32x4_shr_u, v128_and;
    i16x8_shl_imm_add = i16x8_shl, i16x8_add;
    i32x4_shl_imm_add = i32x4_shl, i32x4_add;
}

/// A shift of the first operand, a mask, and what is put beside it.
macro_rules! gather {
    ($($name:ident = $shift:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let shifted = simd::$shift(s.get128(at::a), s.half(at::imm).into());
            let masked = simd::v128_and(shifted, s.get128(at::b));
            let all = simd::v128_or(masked, s.get128(at::c));
            s.set128_late(at::dst, all);
            Ctl::Next
        }
    )*} };
}

gather! {
    i32x4_shl_imm_and_or = i32x4_shl;
    i32x4_shr_u_imm_and_or = i32x4_shr_u;
}

/// Two operators, the second on the result of the first and the third operand.
macro_rules! chain {
    ($($name:ident = $first:ident, $second:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let first = simd::$first(s.get128(at::a), s.get128(at::b));
            let both = simd::$second(first, s.get128(at::c));
            s.set128_late(at::dst, both);
            Ctl::Next
        }
    )*} };
}

chain! {
    i32x4_add_add = i32x4_add, i32x4_add;
    i16x8_add_add = i16x8_add, i16x8_add;
    i16x8_mul_add = i16x8_mul, i16x8_add;
    i32x4_mul_add = i32x4_mul, i32x4_add;
    i32x4_dot_i16x8_add_s = i32x4_dot_i16x8_s, i32x4_add;
    v128_and_or = v128_and, v128_or;
    v128_and_xor = v128_and, v128_xor;
    v128_xor_xor = v128_xor, v128_xor;
    f32x4_add_add = f32x4_add, f32x4_add;
    f32x4_sub_add = f32x4_sub, f32x4_add;
    f64x2_add_add = f64x2_add, f64x2_add;
    f64x2_sub_add = f64x2_sub, f64x2_add;
    v128_or_or = v128_or, v128_or;
    i8x16_add_lt_u = i8x16_add, i8x16_lt_u;
}

/// An operator, then a rotation.
macro_rules! then_rotl {
    ($($name:ident = $rotl:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let first = simd::v128_xor(s.get128(at::a), s.get128(at::b));
            let rotated = simd::$rotl(first, s.half(at::imm).into());
            s.set128_late(at::dst, rotated);
            Ctl::Next
        }
    )*} };
}

then_rotl! {
    i32x4_xor_rotl_imm = i32x4_rotl;
    i64x2_xor_rotl_imm = i64x2_rotl;
}

handlers! {
    fn i32x4_add_then_xor_rotl_imm(s, at) {
        let sum = simd::i32x4_add(s.get128(at::l0), s.get128(at::r0));
        s.set128(at::d0, sum);
        let both = simd::v128_xor(sum, s.get128(at::b));
        let rotated = simd::i32x4_rotl(both, s.half(at::imm).into());
        s.set128_late(at::dst, rotated);
        Ctl::Next
    }
    fn i32x4_shl_imm_shr_s_imm(s, at) {
        let shifted = simd::i32x4_shl(s.get128(at::a), s.half(at::imm).into());
        s.set128(at::dst, simd::i32x4_shr_s(shifted, s.half(at::imm2).into()));
        Ctl::Next
    }
    fn i8x16_eq_bitmask(s, at) {
        let equal = simd::i8x16_eq(s.get128(at::lhs), s.get128(at::rhs));
        s.set32(at::dst, simd::i8x16_bitmask(equal));
        Ctl::Next
    }
    fn br_v128_any_true(s, at) {
        s.branch_if(simd::v128_any_true(s.get128(at::src)) != 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br_v128_none_true(s, at) {
        s.branch_if(simd::v128_any_true(s.get128(at::src)) == 0, s.imm_s16(at::label).into(), at::words)
    }
}

macro_rules! load {
    ($($name:ident = $bytes:literal, |$loaded:ident| $vector:expr, $second:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let ea = s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset)));
            match s.load::<$bytes>(ea) {
                Some($loaded) => {
                    s.set128(at::dst, simd::$second(s.get128(at::lhs), $vector));
                    Ctl::Next
                }
                None => OUT,
            }
        }
    )*} };
}

load! {
    i16x8_add_load8x8_u_wrap = 8, |bytes| simd::widen_i8_u(bytes), i16x8_add;
    i32x4_add_load_wrap = 16, |bytes| V128::from_bytes(bytes), i32x4_add;
    v128_xor_load_wrap = 16, |bytes| V128::from_bytes(bytes), v128_xor;
    f32x4_add_load_wrap = 16, |bytes| V128::from_bytes(bytes), f32x4_add;
    f32x4_sub_load_wrap = 16, |bytes| V128::from_bytes(bytes), f32x4_sub;
    f32x4_mul_load_wrap = 16, |bytes| V128::from_bytes(bytes), f32x4_mul;
    f64x2_add_load_wrap = 16, |bytes| V128::from_bytes(bytes), f64x2_add;
    f64x2_mul_load_wrap = 16, |bytes| V128::from_bytes(bytes), f64x2_mul;
}

/// `a * memory + c`.
macro_rules! mul_add_load {
    ($($name:ident = $mul_add:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let ea = s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset)));
            match s.load::<16>(ea) {
                Some(bytes) => {
                    let sum = simd::$mul_add(s.get128(at::a), V128::from_bytes(bytes), s.get128(at::c));
                    s.set128_late(at::dst, sum);
                    Ctl::Next
                }
                None => OUT,
            }
        }
    )*} };
}

/// The same at two places, each product added to what is there.
macro_rules! mul_add_load_twice {
    ($($name:ident = $mul_add:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            for (sum, is_second) in [(at::first, false), (at::second, true)] {
                let ea = if is_second { apart(s, at::addr, at::k, at::d) } else { wrapped(s, at::addr, at::k) };
                let Some(bytes) = s.load::<16>(ea) else {
                    return OUT;
                };
                let both = simd::$mul_add(s.get128_late(at::a), V128::from_bytes(bytes), s.get128(sum));
                s.set128_late(sum, both);
            }
            Ctl::Next
        }
    )*} };
}

mul_add_load_twice! {
    f32x4_mul_add_load_twice = f32x4_mul_add;
    f64x2_mul_add_load_twice = f64x2_mul_add;
}

handlers! {
    fn f32x4_mul_add_load_splat(s, at) {
        let Some(number) = s.load::<4>(wrapped(s, at::addr, at::k)) else {
            return OUT;
        };
        let Some(bytes) = s.load::<16>(apart(s, at::addr2, at::k, at::d)) else {
            return OUT;
        };
        let number = simd::i32x4_splat(u32::from_le_bytes(number).into());
        let sum = simd::f32x4_mul_add(number, V128::from_bytes(bytes), s.get128(at::c));
        s.set128_late(at::dst, sum);
        Ctl::Next
    }
}

mul_add_load! {
    f32x4_mul_add_load_wrap = f32x4_mul_add;
    f64x2_mul_add_load_wrap = f64x2_mul_add;
}
