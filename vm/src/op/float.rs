//! Float arithmetic: `R[dst] := lhs op rhs`, with the semantics of [`wrt_format::num`]. An f32 is written zero-extended.
//!
//! `abs`, `neg` and `copysign` work on bits: they keep the payload of a NaN.

use wrt_format::num;

use crate::raw::state::Ctl;

/// An operator: its plain form, then those with `lhs` and with `rhs` in the accumulator.
macro_rules! binary {
    ($($get:ident $acc:ident $set:ident { $($name:ident [$($lhs:ident)?] [$($rhs:ident)?] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::lhs), s.$get(at::rhs)));
            Ctl::Next
        }
        $(fn $lhs(s, at) {
            s.$set(at::dst, $operation(s.$acc(at::lhs), s.$get(at::rhs)));
            Ctl::Next
        })?
        $(fn $rhs(s, at) {
            s.$set(at::dst, $operation(s.$get(at::lhs), s.$acc(at::rhs)));
            Ctl::Next
        })?
    )*)*} };
}

binary! {
    get_f32 acc_f32 set_f32 {
        f32_add [f32_add_acc_lhs] [] = |a, b| a + b;
        f32_sub [f32_sub_acc_lhs] [f32_sub_acc_rhs] = |a, b| a - b;
        f32_mul [f32_mul_acc_lhs] [] = |a, b| a * b;
        f32_div [f32_div_acc_lhs] [f32_div_acc_rhs] = |a, b| a / b;
        f32_min [] [] = num::f32_min;
        f32_max [] [] = num::f32_max;
    }
    get32 acc32 set32 {
        f32_copysign [] [] = |a, b| (a & !SIGN_32) | (b & SIGN_32);
    }
    get_f64 acc_f64 set_f64 {
        f64_add [f64_add_acc_lhs] [] = |a, b| a + b;
        f64_sub [f64_sub_acc_lhs] [f64_sub_acc_rhs] = |a, b| a - b;
        f64_mul [f64_mul_acc_lhs] [] = |a, b| a * b;
        f64_div [f64_div_acc_lhs] [f64_div_acc_rhs] = |a, b| a / b;
        f64_min [] [] = num::f64_min;
        f64_max [] [] = num::f64_max;
    }
    get64 acc64 set64 {
        f64_copysign [] [] = |a, b| (a & !SIGN_64) | (b & SIGN_64);
    }
}

const SIGN_32: u32 = 1 << 31;
const SIGN_64: u64 = 1 << 63;

macro_rules! unary {
    ($($get:ident $set:ident { $($name:ident = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::src)));
            Ctl::Next
        }
    )*)*} };
}

unary! {
    get_f32 set_f32 {
        f32_abs = |a: f32| f32::from_bits(a.to_bits() & !SIGN_32);
        f32_neg = |a: f32| f32::from_bits(a.to_bits() ^ SIGN_32);
        f32_ceil = num::f32_ceil;
        f32_floor = num::f32_floor;
        f32_trunc = num::f32_trunc;
        f32_nearest = num::f32_nearest;
        f32_sqrt = num::f32_sqrt;
    }
    get_f64 set_f64 {
        f64_abs = |a: f64| f64::from_bits(a.to_bits() & !SIGN_64);
        f64_neg = |a: f64| f64::from_bits(a.to_bits() ^ SIGN_64);
        f64_ceil = num::f64_ceil;
        f64_floor = num::f64_floor;
        f64_trunc = num::f64_trunc;
        f64_nearest = num::f64_nearest;
        f64_sqrt = num::f64_sqrt;
    }
}
