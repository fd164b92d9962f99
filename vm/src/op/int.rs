//! Integer arithmetic: `R[dst] := lhs op rhs`. i32 operations read the low half of a slot and write it zero-extended.

use wrt_format::num;

use crate::raw::state::Ctl;

macro_rules! binary {
    ($($get:ident $set:ident { $($name:ident = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::lhs), s.$get(at::rhs)));
            Ctl::Next
        }
    )*)*} };
}

binary! {
    get32 set32 {
        i32_add = u32::wrapping_add;
        i32_sub = u32::wrapping_sub;
        i32_mul = u32::wrapping_mul;
        i32_and = |a, b| a & b;
        i32_or = |a, b| a | b;
        i32_xor = |a, b| a ^ b;
        i32_shl = num::i32_shl;
        i32_shr_s = num::i32_shr_s;
        i32_shr_u = num::i32_shr_u;
        i32_rotl = num::i32_rotl;
        i32_rotr = num::i32_rotr;
    }
    get64 set64 {
        i64_add = u64::wrapping_add;
        i64_sub = u64::wrapping_sub;
        i64_mul = u64::wrapping_mul;
        i64_and = |a, b| a & b;
        i64_or = |a, b| a | b;
        i64_xor = |a, b| a ^ b;
        i64_shl = num::i64_shl;
        i64_shr_s = num::i64_shr_s;
        i64_shr_u = num::i64_shr_u;
        i64_rotl = num::i64_rotl;
        i64_rotr = num::i64_rotr;
    }
}

macro_rules! division {
    ($($get:ident $set:ident: $($name:ident)*;)*) => { handlers! {$($(
        fn $name(s, at) {
            match num::$name(s.$get(at::lhs), s.$get(at::rhs)) {
                Ok(value) => {
                    s.$set(at::dst, value);
                    Ctl::Next
                }
                Err(trap) => Ctl::Trap(trap),
            }
        }
    )*)*} };
}

division! {
    get32 set32: i32_div_s i32_div_u i32_rem_s i32_rem_u;
    get64 set64: i64_div_s i64_div_u i64_rem_s i64_rem_u;
}

macro_rules! immediate {
    ($($get:ident $set:ident $widen:ident { $($name:ident = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::lhs), $widen(s.imm_s16(at::imm))));
            Ctl::Next
        }
    )*)*} };
}

/// An immediate as an i32.
#[inline(always)]
pub(super) const fn widen32(imm: i16) -> u32 {
    imm as i32 as u32
}

/// An immediate as an i64.
#[inline(always)]
pub(super) const fn widen64(imm: i16) -> u64 {
    imm as i64 as u64
}

immediate! {
    get32 set32 widen32 {
        i32_add_imm = u32::wrapping_add;
        i32_mul_imm = u32::wrapping_mul;
        i32_and_imm = |a, b| a & b;
        i32_or_imm = |a, b| a | b;
        i32_xor_imm = |a, b| a ^ b;
        i32_shl_imm = num::i32_shl;
        i32_shr_s_imm = num::i32_shr_s;
        i32_shr_u_imm = num::i32_shr_u;
        i32_rotl_imm = num::i32_rotl;
    }
    get64 set64 widen64 {
        i64_add_imm = u64::wrapping_add;
        i64_mul_imm = u64::wrapping_mul;
        i64_and_imm = |a, b| a & b;
        i64_or_imm = |a, b| a | b;
        i64_xor_imm = |a, b| a ^ b;
        i64_shl_imm = num::i64_shl;
        i64_shr_s_imm = num::i64_shr_s;
        i64_shr_u_imm = num::i64_shr_u;
        i64_rotl_imm = num::i64_rotl;
    }
}

macro_rules! unary {
    ($($get:ident $set:ident { $($name:ident = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::src)));
            Ctl::Next
        }
    )*)*} };
}

unary! {
    get32 set32 {
        i32_clz = u32::leading_zeros;
        i32_ctz = u32::trailing_zeros;
        i32_popcnt = ones32;
        i32_extend8_s = |a: u32| a as i8 as i32 as u32;
        i32_extend16_s = |a: u32| a as i16 as i32 as u32;
    }
    get64 set64 {
        i64_clz = |a: u64| u64::from(a.leading_zeros());
        i64_ctz = |a: u64| u64::from(a.trailing_zeros());
        i64_popcnt = ones64;
        i64_extend8_s = |a: u64| a as i8 as i64 as u64;
        i64_extend16_s = |a: u64| a as i16 as i64 as u64;
        i64_extend32_s = |a: u64| a as i32 as i64 as u64;
    }
}

/// Bits set.
#[inline(always)]
const fn ones32(x: u32) -> u32 {
    x.count_ones()
}

/// Bits set.
#[inline(always)]
const fn ones64(x: u64) -> u64 {
    x.count_ones() as u64
}

macro_rules! fused {
    ($($get:ident $set:ident { $($name:ident = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::a), s.$get(at::b), s.$get(at::c)));
            Ctl::Next
        }
    )*)*} };
}

fused! {
    get32 set32 {
        i32_mul_add = |a: u32, b: u32, c: u32| a.wrapping_mul(b).wrapping_add(c);
    }
    get64 set64 {
        i64_mul_add = |a: u64, b: u64, c: u64| a.wrapping_mul(b).wrapping_add(c);
    }
    get_f32 set_f32 {
        f32_mul_add = |a: f32, b: f32, c: f32| a * b + c;
        f32_mul_sub = |a: f32, b: f32, c: f32| a * b - c;
        f32_sub_mul = |a: f32, b: f32, c: f32| c - a * b;
    }
    get_f64 set_f64 {
        f64_mul_add = |a: f64, b: f64, c: f64| a * b + c;
        f64_mul_sub = |a: f64, b: f64, c: f64| a * b - c;
        f64_sub_mul = |a: f64, b: f64, c: f64| c - a * b;
    }
}

handlers! {
    fn i32_shl_add(s, at) {
        let shifted = s.get32(at::b).wrapping_shl(u32::from(s.half(at::shift)));
        s.set32(at::dst, s.get32(at::a).wrapping_add(shifted));
        Ctl::Next
    }
    fn i64_shl_add(s, at) {
        let shifted = s.get64(at::b).wrapping_shl(u32::from(s.half(at::shift)));
        s.set64(at::dst, s.get64(at::a).wrapping_add(shifted));
        Ctl::Next
    }
}
