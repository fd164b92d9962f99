//! What is loaded is worked on, or compared, at once: accesses of memory 0 with the operator before or behind them, of which nothing else
//! needs the result; and accesses at addresses that are known.

use wrt_format::isa::Place;
use wrt_format::num;

use super::int::widen32;
use super::memory::{OUT, near, step, summed, wrapped};
use crate::raw::state::{Ctl, State};

/// `wrap(index << shift) + offset`, of an index of 32 bits.
#[inline(always)]
fn placed(s: &State, index: u32, shift: Place, offset: Place) -> u64 {
    s.beyond(s.scale(index.into(), shift), s.imm_u32(offset).into())
}

/// What is computed of a number in memory.
macro_rules! loaded {
    ($($raw:ty { $($name:ident $(| $short:ident)? = |$s:ident, $at:ident, $value:ident| $ea:expr, $result:expr;)* })*) => { handlers! {$($(
        fn $name $(| $short)? ($s, $at) {
            let Some(bytes) = $s.load($ea) else { return OUT };
            let $value = u32::from(<$raw>::from_le_bytes(bytes));
            $s.set32($at::dst, $result);
            Ctl::Next
        }
    )*)*} };
}

loaded! {
    u8 {
        load8_u_sum = |s, at, v| s.wrap(summed(s, at::addr, at::index).wrapping_add(step(s.imm_s32(at::k)))), v;
        load8_u_wrap_shl_imm = |s, at, v| wrapped(s, at::addr, at::k), num::i32_shl(v, widen32(s.imm_s16(at::imm)));
    }
    u32 {
        load32_sum = |s, at, v| s.wrap(summed(s, at::addr, at::index).wrapping_add(step(s.imm_s32(at::k)))), v;
        load32_masked = |s, at, v| placed(s, s.get32(at::index) & widen32(s.imm_s16(at::mask)), at::shift, at::offset), v;
        load32_masked_acc_index = |s, at, v| placed(s, s.acc32(at::index) & widen32(s.imm_s16(at::mask)), at::shift, at::offset), v;
        load32_at | load32_at_short = |s, at, v| s.imm_u32(at::offset).into(), v;
        i32_add_imm_load = |s, at, v| near(s, s.address(at::addr), at::offset), v.wrapping_add(widen32(s.imm_s16(at::imm)));
        i32_add_imm_load_acc_addr = |s, at, v| near(s, s.acc_address(at::addr), at::offset), v.wrapping_add(widen32(s.imm_s16(at::imm)));
    }
}

handlers! {
    fn load64_sum(s, at) {
        let ea = s.wrap(summed(s, at::addr, at::index).wrapping_add(step(s.imm_s32(at::k))));
        let Some(bytes) = s.load(ea) else { return OUT };
        s.set64(at::dst, u64::from_le_bytes(bytes));
        Ctl::Next
    }
}

/// Writes 32 bits.
macro_rules! stored {
    ($($name:ident $(| $short:ident)? = |$s:ident, $at:ident| $ea:expr, $value:expr;)*) => { handlers! {$(
        fn $name $(| $short)? ($s, $at) {
            let value: u32 = $value;
            if $s.store($ea, value.to_le_bytes()) { Ctl::Next } else { OUT }
        }
    )*} };
}

stored! {
    store32_at | store32_at_short = |s, at| s.imm_u32(at::offset).into(), s.get32(at::src);
    store32_at_acc_src = |s, at| s.imm_u32(at::offset).into(), s.acc32(at::src);
    i32_add_imm_store = |s, at| near(s, s.address(at::addr), at::offset), s.get32(at::lhs).wrapping_add(widen32(s.imm_s16(at::imm)));
    i32_add_imm_store_acc_lhs = |s, at| near(s, s.address(at::addr), at::offset), s.acc32(at::lhs).wrapping_add(widen32(s.imm_s16(at::imm)));
}

/// A byte in memory compared with a slot, and a branch.
macro_rules! byte {
    ($($name:ident = |$s:ident, $at:ident| $ea:expr, $equal:literal;)*) => { handlers! {$(
        fn $name($s, $at) {
            let Some([byte]) = $s.load($ea) else { return OUT };
            let taken = (u32::from(byte) == $s.get32($at::rhs)) == $equal;
            $s.branch_if(taken, i32::from($s.imm_s16($at::label)), $at::words)
        }
    )*} };
}

byte! {
    br_load8_u_wrap_eq = |s, at| wrapped(s, at::addr, at::k), true;
    br_load8_u_wrap_ne = |s, at| wrapped(s, at::addr, at::k), false;
    br_load8_u_index_eq = |s, at| summed(s, at::addr, at::index), true;
    br_load8_u_index_ne = |s, at| summed(s, at::addr, at::index), false;
}
