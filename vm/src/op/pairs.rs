//! Pairs of instructions that come one after the other, in one dispatch: what the first writes is written before the second reads.

use super::cmp::narrow;
use super::int::widen32;
use super::memory::OUT;
use crate::raw::state::{Ctl, State};
use wrt_format::isa::Place;

/// Steps two slots, and gives what the second one holds then.
#[inline(always)]
fn step_both(s: &mut State, first: Place, imm0: Place, second: Place, imm: Place) -> u32 {
    s.set32(first, s.get32(first).wrapping_add(widen32(s.imm_s16(imm0))));
    let value = s.get32(second).wrapping_add(widen32(s.imm_s16(imm)));
    s.set32(second, value);
    value
}

handlers! {
    fn i32_add_imm_then_add_imm(s, at) {
        s.set32(at::d0, s.get32(at::s0).wrapping_add(widen32(s.imm_s16(at::imm0))));
        s.set32(at::d1, s.get32(at::s1).wrapping_add(widen32(s.imm_s16(at::imm1))));
        Ctl::Next
    }
    fn mov_then_i32_add_imm(s, at) {
        s.set64(at::d0, s.get64(at::s0));
        s.set32(at::d1, s.get32(at::s1).wrapping_add(widen32(s.imm_s16(at::imm1))));
        Ctl::Next
    }
    fn i32_add_then_add_imm(s, at) {
        s.set32(at::d0, s.get32(at::l0).wrapping_add(s.get32(at::r0)));
        s.set32(at::d1, s.get32(at::s1).wrapping_add(widen32(s.imm_s16(at::imm1))));
        Ctl::Next
    }
    fn i32_add_imm_then_load8_u(s, at) {
        let addr = s.get32(at::s0).wrapping_add(widen32(s.imm_s16(at::imm0)));
        s.set32(at::d0, addr);
        let Some([byte]) = s.load(u64::from(addr) + u64::from(s.half(at::offset))) else { return OUT };
        s.set64(at::dst, byte.into());
        Ctl::Next
    }
    fn i32_add_imm_then_load32(s, at) {
        let addr = s.get32(at::s0).wrapping_add(widen32(s.imm_s16(at::imm0)));
        s.set32(at::d0, addr);
        let Some(bytes) = s.load(u64::from(addr) + u64::from(s.half(at::offset))) else { return OUT };
        s.set32(at::dst, u32::from_le_bytes(bytes));
        Ctl::Next
    }
    fn mov3(s, at) {
        s.set64(at::d0, s.get64(at::s0));
        s.set64(at::d1, s.get64(at::s1));
        s.set64(at::d2, s.get64(at::s2));
        Ctl::Next
    }
    fn br_mov(s, at) {
        s.set64(at::dst, s.get64(at::src));
        s.branch(s.imm_s16(at::label).into(), at::words)
    }
    fn br_mov2(s, at) {
        s.set64(at::d0, s.get64(at::s0));
        s.set64(at::d1, s.get64(at::s1));
        s.branch(s.imm_s16(at::label).into(), at::words)
    }
    fn br_const(s, at) {
        s.set64(at::dst, s.half(at::imm).into());
        s.branch(s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_imm(s, at) {
        s.set32(at::dst, s.get32(at::src).wrapping_add(widen32(s.imm_s16(at::imm))));
        s.branch(s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_add_ne(s, at) {
        s.set32(at::first, s.get32(at::first).wrapping_add(widen32(s.imm_s16(at::imm0))));
        let value = s.get32(at::second).wrapping_add(widen32(s.imm_s16(at::imm)));
        s.set32(at::second, value);
        s.branch_if(value != s.get32(at::limit), s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_add_nz(s, at) {
        s.set32(at::first, s.get32(at::first).wrapping_add(widen32(s.imm_s16(at::imm0))));
        let value = s.get32(at::second).wrapping_add(widen32(s.imm_s16(at::imm)));
        s.set32(at::second, value);
        s.branch_if(value != 0, s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_add_ne_imm(s, at) {
        let value = step_both(s, at::first, at::imm0, at::second, at::imm);
        s.branch_if(value != widen32(s.imm_s16(at::limit)), s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_add_lt_u_imm(s, at) {
        let value = step_both(s, at::first, at::imm0, at::second, at::imm);
        s.branch_if(value < widen32(s.imm_s16(at::limit)), s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_add_lt_s(s, at) {
        let value = step_both(s, at::first, at::imm0, at::second, at::imm);
        s.branch_if(narrow::lt_s(value, s.get32(at::limit)), s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_add_lt_u(s, at) {
        let value = step_both(s, at::first, at::imm0, at::second, at::imm);
        s.branch_if(value < s.get32(at::limit), s.imm_s16(at::label).into(), at::words)
    }
    fn br_i32_add_add_add_nz(s, at) {
        s.set32(at::first, s.get32(at::first).wrapping_add(widen32(s.imm_s16(at::step))));
        let value = step_both(s, at::second, at::step, at::third, at::imm);
        s.branch_if(value != 0, s.imm_s16(at::label).into(), at::words)
    }
    fn ret1_i32_add(s, at) {
        s.ret1(s.get32(at::lhs).wrapping_add(s.get32(at::rhs)).into())
    }
    fn ret1_const(s, at) {
        s.ret1(s.half(at::imm).into())
    }
    fn global_step(s, at) {
        let before = s.global(s.imm_u32(at::global));
        s.set64(at::d0, before);
        let after = (before as u32).wrapping_add(widen32(s.imm_s16(at::imm)));
        s.set32(at::d1, after);
        s.set_global(s.imm_u32(at::global), after.into());
        Ctl::Next
    }
    fn br_table_add(s, at) {
        let index = s.get32(at::src).wrapping_add(widen32(s.imm_s16(at::imm)));
        s.set32(at::dst, index);
        s.branch_table(index, s.imm_u32(at::n), at::words)
    }
    fn br_table_add_short(s, at) {
        let index = s.get32(at::src).wrapping_add(widen32(s.imm_s16(at::imm)));
        s.set32(at::dst, index);
        s.branch_table_near(index, s.imm_u32(at::n), at::words)
    }
    fn br_table_add_acc_src_short(s, at) {
        let index = s.acc32(at::src).wrapping_add(widen32(s.imm_s16(at::imm)));
        s.set32(at::dst, index);
        s.branch_table_near(index, s.imm_u32(at::n), at::words)
    }
    fn br_table_add_acc_src(s, at) {
        let index = s.acc32(at::src).wrapping_add(widen32(s.imm_s16(at::imm)));
        s.set32(at::dst, index);
        s.branch_table(index, s.imm_u32(at::n), at::words)
    }
}

/// A step, a comparison with an immediate, and a branch: the plain form, then that with `src` in the accumulator.
macro_rules! step_imm {
    ($($name:ident [$($by_src:ident)?] = $relation:expr;)*) => { handlers! {$(
        fn $name(s, at) {
            let value = s.get32(at::src).wrapping_add(widen32(s.imm_s16(at::step)));
            s.set32(at::dst, value);
            let taken = $relation(value, widen32(s.imm_s16(at::imm)));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
        $(fn $by_src(s, at) {
            let value = s.acc32(at::src).wrapping_add(widen32(s.imm_s16(at::step)));
            s.set32(at::dst, value);
            let taken = $relation(value, widen32(s.imm_s16(at::imm)));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        })?
    )*} };
}

step_imm! {
    br_i32_add_eq_imm [br_i32_add_eq_imm_acc_src] = narrow::eq;
    br_i32_add_ne_imm [br_i32_add_ne_imm_acc_src] = narrow::ne;
    br_i32_add_lt_s_imm [] = narrow::lt_s;
    br_i32_add_ge_s_imm [] = narrow::ge_s;
    br_i32_add_lt_u_imm [br_i32_add_lt_u_imm_acc_src] = narrow::lt_u;
    br_i32_add_ge_u_imm [br_i32_add_ge_u_imm_acc_src] = narrow::ge_u;
    br_i32_add_le_s_imm [] = narrow::le_s;
    br_i32_add_gt_s_imm [] = narrow::gt_s;
    br_i32_add_le_u_imm [br_i32_add_le_u_imm_acc_src] = narrow::le_u;
    br_i32_add_gt_u_imm [br_i32_add_gt_u_imm_acc_src] = narrow::gt_u;
}

/// A load, a comparison with an immediate, and a branch: the plain form, then that with `addr` in the accumulator.
macro_rules! load_imm {
    ($($raw:ty { $($name:ident [$by_addr:ident] = $relation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.half(at::offset)));
            let Some(bytes) = s.load(ea) else { return OUT };
            let value = u32::from(<$raw>::from_le_bytes(bytes));
            s.set32(at::dst, value);
            let taken = $relation(value, widen32(s.imm_s16(at::imm)));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
        fn $by_addr(s, at) {
            let ea = s.beyond(s.acc_address(at::addr), u64::from(s.half(at::offset)));
            let Some(bytes) = s.load(ea) else { return OUT };
            let value = u32::from(<$raw>::from_le_bytes(bytes));
            s.set32(at::dst, value);
            let taken = $relation(value, widen32(s.imm_s16(at::imm)));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
    )*)*} };
}

/// A load of 32 bits, a comparison with a slot, and a branch.
macro_rules! load_slot {
    ($($name:ident = $relation:expr;)*) => { handlers! {$(
        fn $name(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.half(at::offset)));
            let Some(bytes) = s.load(ea) else { return OUT };
            let value = u32::from_le_bytes(bytes);
            s.set32(at::dst, value);
            let taken = $relation(value, s.get32(at::rhs));
            s.branch_if(taken, i32::from(s.imm_s16(at::label)), at::words)
        }
    )*} };
}

load_slot! {
    br_load32_eq = narrow::eq;
    br_load32_ne = narrow::ne;
    br_load32_lt_s = narrow::lt_s;
    br_load32_ge_s = narrow::ge_s;
    br_load32_le_s = narrow::le_s;
    br_load32_gt_s = narrow::gt_s;
    br_load32_lt_u = narrow::lt_u;
    br_load32_ge_u = narrow::ge_u;
    br_load32_le_u = narrow::le_u;
    br_load32_gt_u = narrow::gt_u;
}

load_imm! {
    u8 {
        br_load8_u_eq_imm [br_load8_u_eq_imm_acc_addr] = narrow::eq;
        br_load8_u_ne_imm [br_load8_u_ne_imm_acc_addr] = narrow::ne;
    }
    u32 {
        br_load32_eq_imm [br_load32_eq_imm_acc_addr] = narrow::eq;
        br_load32_ne_imm [br_load32_ne_imm_acc_addr] = narrow::ne;
    }
}
