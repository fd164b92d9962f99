//! Operators that one instruction does together: two of arithmetic, a comparison and a choice or branch. Each computes what the
//! instructions that it takes the place of compute one after the other.

use wrt_format::num;

use super::cmp::{narrow, real};
use super::int::{widen32, widen64};
use crate::raw::float::f64_from;
use crate::raw::state::Ctl;

/// Two operators on three slots: the plain form, then those with `a` and with `c` in the accumulator.
macro_rules! chain {
    ($($get:ident $acc:ident $set:ident { $($name:ident [$by_a:ident] [$($by_c:ident)?] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::a), s.$get(at::b), s.$get(at::c)));
            Ctl::Next
        }
        fn $by_a(s, at) {
            s.$set(at::dst, $operation(s.$acc(at::a), s.$get(at::b), s.$get(at::c)));
            Ctl::Next
        }
        $(fn $by_c(s, at) {
            s.$set(at::dst, $operation(s.$get(at::a), s.$get(at::b), s.$acc(at::c)));
            Ctl::Next
        })?
    )*)*} };
}

chain! {
    get_f64 acc_f64 set_f64 {
        f64_add_add [f64_add_add_acc_a] [f64_add_add_acc_c] = |a: f64, b: f64, c: f64| a + b + c;
        f64_add_sub [f64_add_sub_acc_a] [f64_add_sub_acc_c] = |a: f64, b: f64, c: f64| a + b - c;
        f64_sub_add [f64_sub_add_acc_a] [f64_sub_add_acc_c] = |a: f64, b: f64, c: f64| a - b + c;
        f64_sub_sub [f64_sub_sub_acc_a] [f64_sub_sub_acc_c] = |a: f64, b: f64, c: f64| a - b - c;
        f64_mul_mul [f64_mul_mul_acc_a] [f64_mul_mul_acc_c] = |a: f64, b: f64, c: f64| a * b * c;
    }
    get32 acc32 set32 {
        i32_add_add [i32_add_add_acc_a] [] = |a: u32, b: u32, c: u32| a.wrapping_add(b).wrapping_add(c);
        i32_xor_xor [i32_xor_xor_acc_a] [] = |a, b, c| a ^ b ^ c;
        i32_and_xor [i32_and_xor_acc_a] [i32_and_xor_acc_c] = |a, b, c| (a & b) ^ c;
        i32_xor_mul [i32_xor_mul_acc_a] [i32_xor_mul_acc_c] = |a: u32, b: u32, c: u32| (a ^ b).wrapping_mul(c);
        i32_xor_and [i32_xor_and_acc_a] [i32_xor_and_acc_c] = |a, b, c| (a ^ b) & c;
        i32_and_add [i32_and_add_acc_a] [i32_and_add_acc_c] = |a: u32, b: u32, c: u32| (a & b).wrapping_add(c);
        i32_and_or [i32_and_or_acc_a] [i32_and_or_acc_c] = |a, b, c| (a & b) | c;
    }
    get64 acc64 set64 {
        i64_add_add [i64_add_add_acc_a] [] = |a: u64, b: u64, c: u64| a.wrapping_add(b).wrapping_add(c);
        i64_xor_xor [i64_xor_xor_acc_a] [] = |a, b, c| a ^ b ^ c;
        i64_and_xor [i64_and_xor_acc_a] [i64_and_xor_acc_c] = |a, b, c| (a & b) ^ c;
        i64_xor_mul [i64_xor_mul_acc_a] [i64_xor_mul_acc_c] = |a: u64, b: u64, c: u64| (a ^ b).wrapping_mul(c);
        i64_and_and [i64_and_and_acc_a] [] = |a, b, c| a & b & c;
        i64_and_or [i64_and_or_acc_a] [] = |a, b, c| (a & b) | c;
        i64_or_and [i64_or_and_acc_a] [] = |a, b, c| (a | b) & c;
    }
}

/// An operator with an immediate, then one on its result and a slot.
macro_rules! chain_imm {
    ($($get:ident $acc:ident $set:ident $widen:ident { $($name:ident [$by_a:ident] [$by_c:ident] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.$set(at::dst, $operation(s.$get(at::a), $widen(s.imm_s16(at::imm)), s.$get(at::c)));
            Ctl::Next
        }
        fn $by_a(s, at) {
            s.$set(at::dst, $operation(s.$acc(at::a), $widen(s.imm_s16(at::imm)), s.$get(at::c)));
            Ctl::Next
        }
        fn $by_c(s, at) {
            s.$set(at::dst, $operation(s.$get(at::a), $widen(s.imm_s16(at::imm)), s.$acc(at::c)));
            Ctl::Next
        }
    )*)*} };
}

chain_imm! {
    get32 acc32 set32 widen32 {
        i32_rotl_imm_xor [i32_rotl_imm_xor_acc_a] [i32_rotl_imm_xor_acc_c] = |a, imm, c| num::i32_rotl(a, imm) ^ c;
        i32_shl_imm_xor [i32_shl_imm_xor_acc_a] [i32_shl_imm_xor_acc_c] = |a, imm, c| num::i32_shl(a, imm) ^ c;
        i32_shl_imm_or [i32_shl_imm_or_acc_a] [i32_shl_imm_or_acc_c] = |a, imm, c| num::i32_shl(a, imm) | c;
        i32_shr_u_imm_xor [i32_shr_u_imm_xor_acc_a] [i32_shr_u_imm_xor_acc_c] = |a, imm, c| num::i32_shr_u(a, imm) ^ c;
    }
    get64 acc64 set64 widen64 {
        i64_rotl_imm_xor [i64_rotl_imm_xor_acc_a] [i64_rotl_imm_xor_acc_c] = |a, imm, c| num::i64_rotl(a, imm) ^ c;
        i64_shl_imm_xor [i64_shl_imm_xor_acc_a] [i64_shl_imm_xor_acc_c] = |a, imm, c| num::i64_shl(a, imm) ^ c;
        i64_shl_imm_or [i64_shl_imm_or_acc_a] [i64_shl_imm_or_acc_c] = |a, imm, c| num::i64_shl(a, imm) | c;
        i64_shr_u_imm_xor [i64_shr_u_imm_xor_acc_a] [i64_shr_u_imm_xor_acc_c] = |a, imm, c| num::i64_shr_u(a, imm) ^ c;
    }
}

/// The first operand from a slot or from the accumulator, the rest as given.
macro_rules! first {
    ($($get:ident $acc:ident $set:ident { $($name:ident [$by_a:ident] $operand:ident = |$a:ident, $s:ident, $at:ident| $value:expr;)* })*) => { handlers! {$($(
        fn $name($s, $at) {
            let $a = $s.$get($at::$operand);
            $s.$set($at::dst, $value);
            Ctl::Next
        }
        fn $by_a($s, $at) {
            let $a = $s.$acc($at::$operand);
            $s.$set($at::dst, $value);
            Ctl::Next
        }
    )*)*} };
}

first! {
    get_f64 acc_f64 set_f64 {
        // Not a product of two slots, of which the second has just been written.
        f64_square [f64_square_acc_src] src = |a, s, at| a * a;
        f64_add_mul_add [f64_add_mul_add_acc_a] a = |a, s, at| (a + s.get_f64(at::b)) * s.get_f64(at::c) + s.get_f64(at::d);
    }
    get32 acc32 set32 {
        i32_xor_rotl_imm [i32_xor_rotl_imm_acc_a] a = |a, s, at| num::i32_rotl(a ^ s.get32(at::b), widen32(s.imm_s16(at::imm)));
        i32_add_imm_and_imm [i32_add_imm_and_imm_acc_a] a = |a, s, at| a.wrapping_add(widen32(s.imm_s16(at::imm))) & widen32(s.imm_s16(at::mask));
        i32_shr_u_imm_and_imm [i32_shr_u_imm_and_imm_acc_a] a = |a, s, at| num::i32_shr_u(a, widen32(s.imm_s16(at::imm))) & widen32(s.imm_s16(at::mask));
        i32_mul_shr_u_imm [i32_mul_shr_u_imm_acc_a] a = |a, s, at| num::i32_shr_u(a.wrapping_mul(s.get32(at::b)), widen32(s.imm_s16(at::imm)));
        i32_shr_u_imm_add [i32_shr_u_imm_add_acc_a] a = |a, s, at| num::i32_shr_u(a, widen32(s.imm_s16(at::imm))).wrapping_add(s.get32(at::c));
        i32_and_not [i32_and_not_acc_lhs] lhs = |a, s, at| a & !s.get32(at::rhs);
    }
    get64 acc64 set64 {
        i64_xor_rotl_imm [i64_xor_rotl_imm_acc_a] a = |a, s, at| num::i64_rotl(a ^ s.get64(at::b), widen64(s.imm_s16(at::imm)));
        i64_and_not [i64_and_not_acc_lhs] lhs = |a, s, at| a & !s.get64(at::rhs);
    }
}

handlers! {
    fn f64_div_convert_i32_u(s, at) {
        s.set_f64(at::dst, s.get_f64(at::lhs) / f64_from(s.get32(at::src).into()));
        Ctl::Next
    }
    fn f64_div_convert_i32_u_acc_src(s, at) {
        s.set_f64(at::dst, s.get_f64(at::lhs) / f64_from(s.acc32(at::src).into()));
        Ctl::Next
    }
    fn i32_and_not_acc_rhs(s, at) {
        s.set32(at::dst, s.get32(at::lhs) & !s.acc32(at::rhs));
        Ctl::Next
    }
    fn i64_and_not_acc_rhs(s, at) {
        s.set64(at::dst, s.get64(at::lhs) & !s.acc64(at::rhs));
        Ctl::Next
    }
}

macro_rules! choice {
    ($($name:ident = |$s:ident, $at:ident| $cond:expr;)*) => { handlers! {$(
        fn $name($s, $at) {
            $s.choose($at::dst, [$at::a, $at::b], |$s| $cond);
            Ctl::Next
        }
    )*} };
}

choice! {
    select_i32_eq_imm = |s, at| s.get32(at::lhs) == widen32(s.imm_s16(at::imm));
    select_i32_eq_imm_acc_lhs = |s, at| s.acc32(at::lhs) == widen32(s.imm_s16(at::imm));
    select_i32_lt_s = |s, at| narrow::lt_s(s.get32(at::lhs), s.get32(at::rhs));
    select_i32_lt_s_acc_lhs = |s, at| narrow::lt_s(s.acc32(at::lhs), s.get32(at::rhs));
    select_i32_lt_s_acc_rhs = |s, at| narrow::lt_s(s.get32(at::lhs), s.acc32(at::rhs));
    select_i32_lt_u = |s, at| s.get32(at::lhs) < s.get32(at::rhs);
    select_i32_lt_u_acc_lhs = |s, at| s.acc32(at::lhs) < s.get32(at::rhs);
    select_i32_lt_u_acc_rhs = |s, at| s.get32(at::lhs) < s.acc32(at::rhs);
}

/// A branch on the sum of two floats.
macro_rules! branch_sum {
    ($($name:ident [$by_a:ident] = $relation:expr;)*) => { handlers! {$(
        fn $name(s, at) {
            let taken = $relation(s.get_f64(at::a) + s.get_f64(at::b), s.get_f64(at::rhs));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
        fn $by_a(s, at) {
            let taken = $relation(s.acc_f64(at::a) + s.get_f64(at::b), s.get_f64(at::rhs));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
    )*} };
}

branch_sum! {
    br_f64_add_lt [br_f64_add_lt_acc_a] = real::lt;
    br_f64_add_le [br_f64_add_le_acc_a] = real::le;
    br_f64_add_nlt [br_f64_add_nlt_acc_a] = real::nlt;
    br_f64_add_nle [br_f64_add_nle_acc_a] = real::nle;
}
