//! Integer arithmetic: `R[dst] := lhs op rhs`. i32 operations read the low half of a slot and write it zero-extended.

use wrt_format::num;

use crate::raw::state::Ctl;

/// An operator: its plain form, then those with `lhs` and with `rhs` in the accumulator.
macro_rules! binary {
    ($($get:ident $acc:ident $set:ident { $($name:ident $(| $name_short:ident)? [$($lhs:ident $(| $lhs_short:ident)?)?] [$($rhs:ident)?] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name $(| $name_short)? (s, at) {
            s.$set(at::dst, $operation(s.$get(at::lhs), s.$get(at::rhs)));
            Ctl::Next
        }
        $(fn $lhs $(| $lhs_short)? (s, at) {
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
    get32 acc32 set32 {
        i32_add | i32_add_short [i32_add_acc_lhs | i32_add_acc_lhs_short] [] = u32::wrapping_add;
        i32_sub | i32_sub_short [i32_sub_acc_lhs] [i32_sub_acc_rhs] = u32::wrapping_sub;
        i32_mul [i32_mul_acc_lhs] [] = u32::wrapping_mul;
        i32_and [i32_and_acc_lhs | i32_and_acc_lhs_short] [] = |a, b| a & b;
        i32_or [i32_or_acc_lhs | i32_or_acc_lhs_short] [] = |a, b| a | b;
        i32_xor [i32_xor_acc_lhs] [] = |a, b| a ^ b;
        i32_shl [i32_shl_acc_lhs] [i32_shl_acc_rhs] = num::i32_shl;
        i32_shr_s [i32_shr_s_acc_lhs] [i32_shr_s_acc_rhs] = num::i32_shr_s;
        i32_shr_u [i32_shr_u_acc_lhs] [i32_shr_u_acc_rhs] = num::i32_shr_u;
        i32_rotl [i32_rotl_acc_lhs] [i32_rotl_acc_rhs] = num::i32_rotl;
        i32_rotr [] [] = num::i32_rotr;
    }
    get64 acc64 set64 {
        i64_add [i64_add_acc_lhs] [] = u64::wrapping_add;
        i64_sub [i64_sub_acc_lhs] [i64_sub_acc_rhs] = u64::wrapping_sub;
        i64_mul [i64_mul_acc_lhs] [] = u64::wrapping_mul;
        i64_and [i64_and_acc_lhs | i64_and_acc_lhs_short] [] = |a, b| a & b;
        i64_or [i64_or_acc_lhs] [] = |a, b| a | b;
        i64_xor [i64_xor_acc_lhs] [] = |a, b| a ^ b;
        i64_shl [i64_shl_acc_lhs] [i64_shl_acc_rhs] = num::i64_shl;
        i64_shr_s [i64_shr_s_acc_lhs] [i64_shr_s_acc_rhs] = num::i64_shr_s;
        i64_shr_u [i64_shr_u_acc_lhs] [i64_shr_u_acc_rhs] = num::i64_shr_u;
        i64_rotl [i64_rotl_acc_lhs] [i64_rotl_acc_rhs] = num::i64_rotl;
        i64_rotr [] [] = num::i64_rotr;
        i64_mul_high_s [] [] = num::i64_mul_high_s;
        i64_mul_high_u [] [] = num::i64_mul_high_u;
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

/// An operator with an immediate: its plain form, then that with `lhs` in the accumulator.
macro_rules! immediate {
    ($($get:ident $acc:ident $set:ident $widen:ident { $($name:ident $(| $name_short:ident)* [$($lhs:ident $(| $lhs_short:ident)*)?] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name $(| $name_short)* (s, at) {
            s.$set(at::dst, $operation(s.$get(at::lhs), $widen(s.imm_s16(at::imm))));
            Ctl::Next
        }
        $(fn $lhs $(| $lhs_short)* (s, at) {
            s.$set(at::dst, $operation(s.$acc(at::lhs), $widen(s.imm_s16(at::imm))));
            Ctl::Next
        })?
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
    get32 acc32 set32 widen32 {
        i32_add_imm | i32_add_imm_short | i32_add_imm_tiny [i32_add_imm_acc_lhs | i32_add_imm_acc_lhs_short | i32_add_imm_acc_lhs_tiny] = u32::wrapping_add;
        i32_mul_imm | i32_mul_imm_short [i32_mul_imm_acc_lhs] = u32::wrapping_mul;
        i32_and_imm | i32_and_imm_short [i32_and_imm_acc_lhs | i32_and_imm_acc_lhs_short] = |a, b| a & b;
        i32_or_imm [i32_or_imm_acc_lhs] = |a, b| a | b;
        i32_xor_imm [i32_xor_imm_acc_lhs] = |a, b| a ^ b;
        i32_shl_imm | i32_shl_imm_short [i32_shl_imm_acc_lhs | i32_shl_imm_acc_lhs_short] = num::i32_shl;
        i32_shr_s_imm [i32_shr_s_imm_acc_lhs] = num::i32_shr_s;
        i32_shr_u_imm | i32_shr_u_imm_short [i32_shr_u_imm_acc_lhs] = num::i32_shr_u;
        i32_rotl_imm [i32_rotl_imm_acc_lhs] = num::i32_rotl;
    }
    get64 acc64 set64 widen64 {
        i64_add_imm [i64_add_imm_acc_lhs] = u64::wrapping_add;
        i64_mul_imm [i64_mul_imm_acc_lhs] = u64::wrapping_mul;
        i64_and_imm [i64_and_imm_acc_lhs] = |a, b| a & b;
        i64_or_imm [i64_or_imm_acc_lhs] = |a, b| a | b;
        i64_xor_imm [i64_xor_imm_acc_lhs] = |a, b| a ^ b;
        i64_shl_imm [i64_shl_imm_acc_lhs] = num::i64_shl;
        i64_shr_s_imm [i64_shr_s_imm_acc_lhs] = num::i64_shr_s;
        i64_shr_u_imm [i64_shr_u_imm_acc_lhs] = num::i64_shr_u;
        i64_rotl_imm [i64_rotl_imm_acc_lhs] = num::i64_rotl;
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

/// An operator of three operands: its plain form, then those with `a` and with `c` in the accumulator.
macro_rules! fused {
    ($($get:ident $acc:ident $set:ident { $($name:ident [$($a:ident)?] [$($c:ident)?] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::a), s.$get(at::b), s.$get(at::c)));
            Ctl::Next
        }
        $(fn $a(s, at) {
            s.$set(at::dst, $operation(s.$acc(at::a), s.$get(at::b), s.$get(at::c)));
            Ctl::Next
        })?
        $(fn $c(s, at) {
            s.$set(at::dst, $operation(s.$get(at::a), s.$get(at::b), s.$acc(at::c)));
            Ctl::Next
        })?
    )*)*} };
}

fused! {
    get32 acc32 set32 {
        i32_mul_add [] [] = |a: u32, b: u32, c: u32| a.wrapping_mul(b).wrapping_add(c);
    }
    get64 acc64 set64 {
        i64_mul_add [] [] = |a: u64, b: u64, c: u64| a.wrapping_mul(b).wrapping_add(c);
    }
    get_f32 acc_f32 set_f32 {
        f32_mul_add [f32_mul_add_acc_a] [f32_mul_add_acc_c] = |a: f32, b: f32, c: f32| a * b + c;
        f32_mul_sub [f32_mul_sub_acc_a] [f32_mul_sub_acc_c] = |a: f32, b: f32, c: f32| a * b - c;
        f32_sub_mul [f32_sub_mul_acc_a] [f32_sub_mul_acc_c] = |a: f32, b: f32, c: f32| c - a * b;
    }
    get_f64 acc_f64 set_f64 {
        f64_mul_add [f64_mul_add_acc_a] [f64_mul_add_acc_c] = |a: f64, b: f64, c: f64| a * b + c;
        f64_mul_sub [f64_mul_sub_acc_a] [f64_mul_sub_acc_c] = |a: f64, b: f64, c: f64| a * b - c;
        f64_sub_mul [f64_sub_mul_acc_a] [f64_sub_mul_acc_c] = |a: f64, b: f64, c: f64| c - a * b;
    }
}

macro_rules! shl_add {
    ($($get:ident $acc:ident $set:ident $type:ident { $name:ident $a:ident $b:ident })*) => { handlers! {$(
        fn $name(s, at) {
            let shifted = s.$get(at::b).wrapping_shl(u32::from(s.half(at::shift)));
            s.$set(at::dst, $type::wrapping_add(s.$get(at::a), shifted));
            Ctl::Next
        }
        fn $a(s, at) {
            let shifted = s.$get(at::b).wrapping_shl(u32::from(s.half(at::shift)));
            s.$set(at::dst, $type::wrapping_add(s.$acc(at::a), shifted));
            Ctl::Next
        }
        fn $b(s, at) {
            let shifted = s.$acc(at::b).wrapping_shl(u32::from(s.half(at::shift)));
            s.$set(at::dst, $type::wrapping_add(s.$get(at::a), shifted));
            Ctl::Next
        }
    )*} };
}

shl_add! {
    get32 acc32 set32 u32 { i32_shl_add i32_shl_add_acc_a i32_shl_add_acc_b }
    get64 acc64 set64 u64 { i64_shl_add i64_shl_add_acc_a i64_shl_add_acc_b }
}
