//! Comparisons: `R[dst] := lhs op rhs` as 0 or 1, and the branches that take the comparison with them.

use super::int::{widen32, widen64};
use crate::raw::state::Ctl;

macro_rules! relation {
    ($($module:ident: $unsigned:ty, $signed:ty;)*) => {$(
        /// Relations between integers of one width.
        pub(super) mod $module {
            relation!(@functions $unsigned;
                eq = |a, b| a == b; ne = |a, b| a != b;
                lt_u = |a, b| a < b; le_u = |a, b| a <= b; gt_u = |a, b| a > b; ge_u = |a, b| a >= b;
                lt_s = |a, b| (a as $signed) < b as $signed; le_s = |a, b| (a as $signed) <= b as $signed;
                gt_s = |a, b| (a as $signed) > b as $signed; ge_s = |a, b| (a as $signed) >= b as $signed;
                and_nz = |a, b| a & b != 0; and_z = |a, b| a & b == 0;
            );
        }
    )*};
    (@functions $type:ty; $($name:ident = |$a:ident, $b:ident| $body:expr;)*) => {$(
        #[inline(always)]
        pub(in crate::op) const fn $name($a: $type, $b: $type) -> bool { $body }
    )*};
}
relation! {
    narrow: u32, i32;
    wide: u64, i64;
}

/// Relations between floats; false where an operand is NaN, but for `ne` and the negated ones.
pub(super) mod real {
    macro_rules! float {
        ($($name:ident = |$a:ident, $b:ident| $body:expr;)*) => {$(
            #[inline(always)]
            #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "true with a NaN, which the other relation is not")]
            pub(in crate::op) fn $name<T: PartialOrd>($a: T, $b: T) -> bool { $body }
        )*};
    }
    float! { nlt = |a, b| !(a < b); nle = |a, b| !(a <= b); }
    macro_rules! plain {
        ($($name:ident = |$a:ident, $b:ident| $body:expr;)*) => {$(
            #[inline(always)]
            pub(in crate::op) fn $name<T: PartialOrd>($a: T, $b: T) -> bool { $body }
        )*};
    }
    plain! { eq = |a, b| a == b; ne = |a, b| a != b; lt = |a, b| a < b; le = |a, b| a <= b; }
}

macro_rules! compare {
    ($($get:ident { $($name:ident = $relation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.set32(at::dst, u32::from($relation(s.$get(at::lhs), s.$get(at::rhs))));
            Ctl::Next
        }
    )*)*} };
}

compare! {
    get32 {
        i32_eq = narrow::eq; i32_ne = narrow::ne; i32_lt_s = narrow::lt_s; i32_lt_u = narrow::lt_u;
        i32_le_s = narrow::le_s; i32_le_u = narrow::le_u;
    }
    get64 {
        i64_eq = wide::eq; i64_ne = wide::ne; i64_lt_s = wide::lt_s; i64_lt_u = wide::lt_u;
        i64_le_s = wide::le_s; i64_le_u = wide::le_u;
    }
    get_f32 {
        f32_eq = real::eq; f32_ne = real::ne; f32_lt = real::lt; f32_le = real::le;
    }
    get_f64 {
        f64_eq = real::eq; f64_ne = real::ne; f64_lt = real::lt; f64_le = real::le;
    }
}

/// A comparison with an immediate: its plain form, then that with `lhs` in the accumulator.
macro_rules! compare_imm {
    ($($get:ident $acc:ident $widen:ident { $($name:ident [$($lhs:ident)?] = $relation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            s.set32(at::dst, u32::from($relation(s.$get(at::lhs), $widen(s.imm_s16(at::imm)))));
            Ctl::Next
        }
        $(fn $lhs(s, at) {
            s.set32(at::dst, u32::from($relation(s.$acc(at::lhs), $widen(s.imm_s16(at::imm)))));
            Ctl::Next
        })?
    )*)*} };
}

compare_imm! {
    get32 acc32 widen32 {
        i32_eq_imm [i32_eq_imm_acc_lhs] = narrow::eq; i32_ne_imm [i32_ne_imm_acc_lhs] = narrow::ne; i32_lt_s_imm [i32_lt_s_imm_acc_lhs] = narrow::lt_s; i32_lt_u_imm [i32_lt_u_imm_acc_lhs] = narrow::lt_u;
        i32_le_s_imm [] = narrow::le_s; i32_le_u_imm [] = narrow::le_u; i32_gt_s_imm [] = narrow::gt_s; i32_gt_u_imm [] = narrow::gt_u;
        i32_ge_s_imm [] = narrow::ge_s; i32_ge_u_imm [] = narrow::ge_u;
    }
    get64 acc64 widen64 {
        i64_eq_imm [] = wide::eq; i64_ne_imm [] = wide::ne; i64_lt_s_imm [] = wide::lt_s; i64_lt_u_imm [] = wide::lt_u;
        i64_le_s_imm [] = wide::le_s; i64_le_u_imm [] = wide::le_u; i64_gt_s_imm [] = wide::gt_s; i64_gt_u_imm [] = wide::gt_u;
        i64_ge_s_imm [] = wide::ge_s; i64_ge_u_imm [] = wide::ge_u;
    }
}

/// A comparison and branch: its plain form, then those with `lhs` and with `rhs` in the accumulator.
macro_rules! branch {
    ($($get:ident $acc:ident { $($name:ident [$($lhs:ident $(| $lhs_short:ident)?)?] [$($rhs:ident)?] = $relation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            let taken = $relation(s.$get(at::lhs), s.$get(at::rhs));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
        $(fn $lhs $(| $lhs_short)? (s, at) {
            let taken = $relation(s.$acc(at::lhs), s.$get(at::rhs));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        })?
        $(fn $rhs(s, at) {
            let taken = $relation(s.$get(at::lhs), s.$acc(at::rhs));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        })?
    )*)*} };
}

branch! {
    get32 acc32 {
        br_i32_eq [br_i32_eq_acc_lhs | br_i32_eq_acc_lhs_short] [] = narrow::eq; br_i32_ne [br_i32_ne_acc_lhs | br_i32_ne_acc_lhs_short] [] = narrow::ne; br_i32_lt_s [br_i32_lt_s_acc_lhs] [br_i32_lt_s_acc_rhs] = narrow::lt_s; br_i32_lt_u [br_i32_lt_u_acc_lhs] [br_i32_lt_u_acc_rhs] = narrow::lt_u;
        br_i32_le_s [br_i32_le_s_acc_lhs] [br_i32_le_s_acc_rhs] = narrow::le_s; br_i32_le_u [br_i32_le_u_acc_lhs] [br_i32_le_u_acc_rhs] = narrow::le_u; br_i32_and_nz [br_i32_and_nz_acc_lhs] [] = narrow::and_nz; br_i32_and_z [br_i32_and_z_acc_lhs] [] = narrow::and_z;
    }
    get64 acc64 {
        br_i64_eq [br_i64_eq_acc_lhs] [] = wide::eq; br_i64_ne [br_i64_ne_acc_lhs] [] = wide::ne; br_i64_lt_s [br_i64_lt_s_acc_lhs] [br_i64_lt_s_acc_rhs] = wide::lt_s; br_i64_lt_u [br_i64_lt_u_acc_lhs] [br_i64_lt_u_acc_rhs] = wide::lt_u;
        br_i64_le_s [br_i64_le_s_acc_lhs] [br_i64_le_s_acc_rhs] = wide::le_s; br_i64_le_u [br_i64_le_u_acc_lhs] [br_i64_le_u_acc_rhs] = wide::le_u; br_i64_and_nz [br_i64_and_nz_acc_lhs] [] = wide::and_nz; br_i64_and_z [br_i64_and_z_acc_lhs] [] = wide::and_z;
    }
    get_f32 acc_f32 {
        br_f32_eq [] [] = real::eq; br_f32_ne [] [] = real::ne; br_f32_lt [br_f32_lt_acc_lhs] [br_f32_lt_acc_rhs] = real::lt; br_f32_le [br_f32_le_acc_lhs] [br_f32_le_acc_rhs] = real::le;
        br_f32_nlt [br_f32_nlt_acc_lhs] [br_f32_nlt_acc_rhs] = real::nlt; br_f32_nle [br_f32_nle_acc_lhs] [br_f32_nle_acc_rhs] = real::nle;
    }
    get_f64 acc_f64 {
        br_f64_eq [] [] = real::eq; br_f64_ne [] [] = real::ne; br_f64_lt [br_f64_lt_acc_lhs] [br_f64_lt_acc_rhs] = real::lt; br_f64_le [br_f64_le_acc_lhs] [br_f64_le_acc_rhs] = real::le;
        br_f64_nlt [br_f64_nlt_acc_lhs] [br_f64_nlt_acc_rhs] = real::nlt; br_f64_nle [br_f64_nle_acc_lhs] [br_f64_nle_acc_rhs] = real::nle;
    }
}

/// A comparison with an immediate and branch: its plain form, then that with `lhs` in the accumulator.
macro_rules! branch_imm {
    ($($get:ident $acc:ident $widen:ident { $($name:ident $(| $name_short:ident)? [$($lhs:ident $(| $lhs_short:ident)?)?] = $relation:expr;)* })*) => { handlers! {$($(
        fn $name $(| $name_short)? (s, at) {
            let taken = $relation(s.$get(at::lhs), $widen(s.imm_s16(at::imm)));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
        $(fn $lhs $(| $lhs_short)? (s, at) {
            let taken = $relation(s.$acc(at::lhs), $widen(s.imm_s16(at::imm)));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        })?
    )*)*} };
}

branch_imm! {
    get32 acc32 widen32 {
        br_i32_eq_imm | br_i32_eq_imm_short [br_i32_eq_imm_acc_lhs | br_i32_eq_imm_acc_lhs_short] = narrow::eq; br_i32_ne_imm | br_i32_ne_imm_short [br_i32_ne_imm_acc_lhs | br_i32_ne_imm_acc_lhs_short] = narrow::ne; br_i32_lt_s_imm [br_i32_lt_s_imm_acc_lhs] = narrow::lt_s; br_i32_lt_u_imm [br_i32_lt_u_imm_acc_lhs] = narrow::lt_u;
        br_i32_le_s_imm [br_i32_le_s_imm_acc_lhs] = narrow::le_s; br_i32_le_u_imm [br_i32_le_u_imm_acc_lhs] = narrow::le_u; br_i32_gt_s_imm | br_i32_gt_s_imm_short [br_i32_gt_s_imm_acc_lhs] = narrow::gt_s;
        br_i32_gt_u_imm [br_i32_gt_u_imm_acc_lhs] = narrow::gt_u; br_i32_ge_s_imm [br_i32_ge_s_imm_acc_lhs] = narrow::ge_s; br_i32_ge_u_imm [br_i32_ge_u_imm_acc_lhs] = narrow::ge_u;
        br_i32_and_nz_imm [br_i32_and_nz_imm_acc_lhs] = narrow::and_nz; br_i32_and_z_imm [br_i32_and_z_imm_acc_lhs] = narrow::and_z;
    }
    get64 acc64 widen64 {
        br_i64_eq_imm [br_i64_eq_imm_acc_lhs] = wide::eq; br_i64_ne_imm [br_i64_ne_imm_acc_lhs] = wide::ne; br_i64_lt_s_imm [br_i64_lt_s_imm_acc_lhs] = wide::lt_s; br_i64_lt_u_imm [br_i64_lt_u_imm_acc_lhs] = wide::lt_u;
        br_i64_le_s_imm [br_i64_le_s_imm_acc_lhs] = wide::le_s; br_i64_le_u_imm [br_i64_le_u_imm_acc_lhs] = wide::le_u; br_i64_gt_s_imm [br_i64_gt_s_imm_acc_lhs] = wide::gt_s;
        br_i64_gt_u_imm [br_i64_gt_u_imm_acc_lhs] = wide::gt_u; br_i64_ge_s_imm [br_i64_ge_s_imm_acc_lhs] = wide::ge_s; br_i64_ge_u_imm [br_i64_ge_u_imm_acc_lhs] = wide::ge_u;
        br_i64_and_nz_imm [br_i64_and_nz_imm_acc_lhs] = wide::and_nz; br_i64_and_z_imm [br_i64_and_z_imm_acc_lhs] = wide::and_z;
    }
}

macro_rules! step {
    ($($get:ident $set:ident $widen:ident $type:ident { $($name:ident $(| $short:ident)? = $relation:expr;)* })*) => { handlers! {$($(
        fn $name $(| $short)? (s, at) {
            // The limit is read before the step is written: they may share a slot.
            let limit = s.$get(at::limit);
            let value = $type::wrapping_add(s.$get(at::src), $widen(s.imm_s16(at::step)));
            s.$set(at::dst, value);
            s.branch_if($relation(value, limit), s.imm_s32(at::label), at::words)
        }
    )*)*} };
}

step! {
    get32 set32 widen32 u32 {
        br_i32_add_ne | br_i32_add_ne_short = narrow::ne; br_i32_add_lt_s = narrow::lt_s; br_i32_add_lt_u = narrow::lt_u;
    }
    get64 set64 widen64 u64 {
        br_i64_add_ne = wide::ne; br_i64_add_lt_s = wide::lt_s; br_i64_add_lt_u = wide::lt_u;
    }
}

handlers! {
    fn br_i32_add_nz | br_i32_add_nz_short(s, at) {
        let value = s.get32(at::src).wrapping_add(widen32(s.imm_s16(at::step)));
        s.set32(at::dst, value);
        s.branch_if(value != 0, s.imm_s32(at::label), at::words)
    }
    fn br_i64_add_nz(s, at) {
        let value = s.get64(at::src).wrapping_add(widen64(s.imm_s16(at::step)));
        s.set64(at::dst, value);
        s.branch_if(value != 0, s.imm_s32(at::label), at::words)
    }
}
