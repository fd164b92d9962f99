//! Vector instructions that work on slots: `R[dst] := operation(operands)`, with the semantics of [`wrt_format::simd`]. A v128 lies in two
//! slots.
//!
//! The functions there are named after the instructions, so that this is little more than lists of them by their operands.

use crate::raw::lanes::{self as simd, V128};
use crate::raw::state::Ctl;

macro_rules! unary {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            s.set128(at::dst, simd::$name(s.get128(at::src)));
            Ctl::Next
        }
    )*} };
}

unary! {
    v128_not i8x16_abs i8x16_neg i8x16_popcnt i16x8_abs i16x8_neg i32x4_abs i32x4_neg i64x2_abs i64x2_neg
    i16x8_extend_low_i8x16_s i16x8_extend_low_i8x16_u i16x8_extend_high_i8x16_s i16x8_extend_high_i8x16_u
    i16x8_extadd_pairwise_i8x16_s i16x8_extadd_pairwise_i8x16_u i32x4_extend_low_i16x8_s i32x4_extend_low_i16x8_u
    i32x4_extend_high_i16x8_s i32x4_extend_high_i16x8_u i32x4_extadd_pairwise_i16x8_s i32x4_extadd_pairwise_i16x8_u
    i64x2_extend_low_i32x4_s i64x2_extend_low_i32x4_u i64x2_extend_high_i32x4_s i64x2_extend_high_i32x4_u f32x4_abs
    f32x4_neg f32x4_sqrt f32x4_ceil f32x4_floor f32x4_trunc f32x4_nearest f64x2_abs f64x2_neg f64x2_sqrt f64x2_ceil
    f64x2_floor f64x2_trunc f64x2_nearest i32x4_trunc_sat_f32x4_s i32x4_trunc_sat_f32x4_u i32x4_trunc_sat_f64x2_s_zero
    i32x4_trunc_sat_f64x2_u_zero f32x4_convert_i32x4_s f32x4_convert_i32x4_u f64x2_convert_low_i32x4_s
    f64x2_convert_low_i32x4_u f32x4_demote_f64x2_zero f64x2_promote_low_f32x4
}

macro_rules! binary {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            s.set128(at::dst, simd::$name(s.get128(at::lhs), s.get128(at::rhs)));
            Ctl::Next
        }
    )*} };
}

binary! {
    v128_and v128_andnot v128_or v128_xor i8x16_swizzle i8x16_add i8x16_add_sat_s i8x16_add_sat_u i8x16_sub i8x16_sub_sat_s
    i8x16_sub_sat_u i8x16_min_s i8x16_min_u i8x16_max_s i8x16_max_u i8x16_avgr_u i8x16_eq i8x16_ne i8x16_lt_s i8x16_lt_u
    i8x16_le_s i8x16_le_u i16x8_add i16x8_add_sat_s i16x8_add_sat_u i16x8_sub i16x8_sub_sat_s i16x8_sub_sat_u i16x8_mul
    i16x8_min_s i16x8_min_u i16x8_max_s i16x8_max_u i16x8_avgr_u i16x8_eq i16x8_ne i16x8_lt_s i16x8_lt_u i16x8_le_s
    i16x8_le_u i32x4_add i32x4_sub i32x4_mul i32x4_min_s i32x4_min_u i32x4_max_s i32x4_max_u i32x4_eq i32x4_ne i32x4_lt_s
    i32x4_lt_u i32x4_le_s i32x4_le_u i64x2_add i64x2_sub i64x2_mul i64x2_eq i64x2_ne i64x2_lt_s i64x2_le_s
    i8x16_narrow_i16x8_s i8x16_narrow_i16x8_u i16x8_narrow_i32x4_s i16x8_narrow_i32x4_u i16x8_extmul_low_i8x16_s
    i16x8_extmul_low_i8x16_u i16x8_extmul_high_i8x16_s i16x8_extmul_high_i8x16_u i32x4_extmul_low_i16x8_s
    i32x4_extmul_low_i16x8_u i32x4_extmul_high_i16x8_s i32x4_extmul_high_i16x8_u i64x2_extmul_low_i32x4_s
    i64x2_extmul_low_i32x4_u i64x2_extmul_high_i32x4_s i64x2_extmul_high_i32x4_u i16x8_q15mulr_sat_s i32x4_dot_i16x8_s
    i16x8_dot_i8x16_s f32x4_add f32x4_sub f32x4_mul f32x4_div f32x4_min f32x4_max f32x4_pmin f32x4_pmax f32x4_eq f32x4_ne
    f32x4_lt f32x4_le f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_min f64x2_max f64x2_pmin f64x2_pmax f64x2_eq f64x2_ne
    f64x2_lt f64x2_le
}

macro_rules! ternary {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            let value = simd::$name(s.get128(at::a), s.get128(at::b), s.get128(at::c));
            s.set128_late(at::dst, value);
            Ctl::Next
        }
    )*} };
}

ternary! {
    v128_bitselect i8x16_shuffle i32x4_dot_i8x16_add_s f32x4_mul_add f32x4_sub_mul f64x2_mul_add f64x2_sub_mul
}

macro_rules! shift {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            s.set128(at::dst, simd::$name(s.get128(at::src), s.get32(at::distance)));
            Ctl::Next
        }
    )*} };
}

shift! {
    i8x16_shl i8x16_shr_s i8x16_shr_u i16x8_shl i16x8_shr_s i16x8_shr_u i32x4_shl i32x4_shr_s i32x4_shr_u i64x2_shl
    i64x2_shr_s i64x2_shr_u
}

macro_rules! test {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            s.set32(at::dst, simd::$name(s.get128(at::src)));
            Ctl::Next
        }
    )*} };
}

test! {
    v128_any_true i8x16_all_true i16x8_all_true i32x4_all_true i64x2_all_true i8x16_bitmask i16x8_bitmask i32x4_bitmask
    i64x2_bitmask
}

macro_rules! splat {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            s.set128(at::dst, simd::$name(s.get64(at::src)));
            Ctl::Next
        }
    )*} };
}

splat! {
    i8x16_splat i16x8_splat i32x4_splat i64x2_splat
}

macro_rules! extract {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            s.set64(at::dst, simd::$name(s.get128(at::src), s.half(at::lane)));
            Ctl::Next
        }
    )*} };
}

extract! {
    i8x16_extract_lane_s i8x16_extract_lane_u i16x8_extract_lane_s i16x8_extract_lane_u i32x4_extract_lane
    i64x2_extract_lane
}

macro_rules! replace {
    ($($name:ident)*) => { handlers! {$(
        fn $name(s, at) {
            let lane = s.half(at::lane);
            s.set128(at::dst, simd::$name(s.get128(at::src), s.get64(at::value), lane));
            Ctl::Next
        }
    )*} };
}

replace! {
    i8x16_replace_lane i16x8_replace_lane i32x4_replace_lane i64x2_replace_lane
}

handlers! {
    fn v128_mov(s, at) {
        s.set128(at::dst, s.get128(at::src));
        Ctl::Next
    }
    fn v128_select(s, at) {
        // No choice between two places of the host's stack.
        let chosen = simd::i64x2_splat(if s.get32(at::cond) != 0 { u64::MAX } else { 0 });
        s.set128_late(at::dst, simd::v128_bitselect(s.get128(at::a), s.get128(at::b), chosen));
        Ctl::Next
    }
    fn v128_const(s, at) {
        let index = s.imm_u32(at::index);
        s.set128(at::dst, V128::from_u64x2([s.constant(index), s.constant(index + 1)]));
        Ctl::Next
    }
    fn v128_global_get(s, at) {
        s.set128(at::dst, s.global128(s.imm_u32(at::global)));
        Ctl::Next
    }
    fn v128_global_set(s, at) {
        s.set_global128(s.imm_u32(at::global), s.get128(at::src));
        Ctl::Next
    }
    fn v128_global_get_import(s, at) {
        s.set128(at::dst, s.global_import128(s.imm_u32(at::global)));
        Ctl::Next
    }
    fn v128_global_set_import(s, at) {
        s.set_global_import128(s.imm_u32(at::global), s.get128(at::src));
        Ctl::Next
    }
}
