//! Operators with operands in memory 0 at addresses of every form, and updates in place.

use wrt_format::isa::Place;

use super::memory::{OUT, indexed, near, step, summed, wrapped};
use crate::raw::state::{Ctl, State};

/// `wrap(addr + k)` for an immediate of 16 bits.
#[inline(always)]
fn stepped(s: &State, addr: Place, k: Place) -> u64 {
    s.wrap(s.address(addr).wrapping_add(step(s.imm_s16(k))))
}

/// What is computed of a number in memory.
macro_rules! loaded {
    ($($set:ident $raw:ty { $($name:ident = |$s:ident, $at:ident, $value:ident| $ea:expr, $result:expr;)* })*) => { handlers! {$($(
        fn $name($s, $at) {
            let Some(bytes) = $s.load($ea) else { return OUT };
            let $value = <$raw>::from_le_bytes(bytes);
            $s.$set($at::dst, $result);
            Ctl::Next
        }
    )*)*} };
}

loaded! {
    set_f64 f64 {
        f64_add_load_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get_f64(at::lhs) + v;
        f64_add_load_wrap_acc_lhs = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.acc_f64(at::lhs) + v;
        f64_sub_load_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get_f64(at::lhs) - v;
        f64_sub_load_wrap_acc_lhs = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.acc_f64(at::lhs) - v;
        f64_mul_load_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get_f64(at::lhs) * v;
        f64_mul_load_wrap_acc_lhs = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.acc_f64(at::lhs) * v;
        f64_mul_add_load = |s, at, v| near(s, s.address(at::addr), at::offset), s.get_f64(at::a) * v + s.get_f64(at::c);
        f64_mul_add_load_acc_a = |s, at, v| near(s, s.address(at::addr), at::offset), s.acc_f64(at::a) * v + s.get_f64(at::c);
        f64_mul_add_load_acc_c = |s, at, v| near(s, s.address(at::addr), at::offset), s.get_f64(at::a) * v + s.acc_f64(at::c);
        f64_mul_add_load_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get_f64(at::a) * v + s.get_f64(at::c);
        f64_mul_add_load_wrap_acc_a = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.acc_f64(at::a) * v + s.get_f64(at::c);
        f64_mul_add_load_wrap_acc_c = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get_f64(at::a) * v + s.acc_f64(at::c);
    }
    set32 u32 {
        i32_add_load_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get32(at::lhs).wrapping_add(v);
        i32_add_load_wrap_acc_lhs = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.acc32(at::lhs).wrapping_add(v);
        i32_add_load_index = |s, at, v| s.beyond(indexed(s, s.address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.get32(at::lhs).wrapping_add(v);
        i32_add_load_index_acc_lhs = |s, at, v| s.beyond(indexed(s, s.address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.acc32(at::lhs).wrapping_add(v);
        i32_add_load_scaled = |s, at, v| s.beyond(s.scale(s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.get32(at::lhs).wrapping_add(v);
        i32_add_load_scaled_acc_lhs = |s, at, v| s.beyond(s.scale(s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.acc32(at::lhs).wrapping_add(v);
        i32_add_load_scaled_acc_index = |s, at, v| s.beyond(s.scale(s.acc_address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.get32(at::lhs).wrapping_add(v);
        i32_xor_load_scaled = |s, at, v| s.beyond(s.scale(s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.get32(at::lhs) ^ v;
        i32_xor_load_scaled_acc_lhs = |s, at, v| s.beyond(s.scale(s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.acc32(at::lhs) ^ v;
        i32_xor_load_scaled_acc_index = |s, at, v| s.beyond(s.scale(s.acc_address(at::index), at::shift), u64::from(s.imm_u32(at::offset))), s.get32(at::lhs) ^ v;
        i32_mul_add_load = |s, at, v| near(s, s.address(at::addr), at::offset), s.get32(at::a).wrapping_mul(v).wrapping_add(s.get32(at::c));
        i32_mul_add_load_acc_a = |s, at, v| near(s, s.address(at::addr), at::offset), s.acc32(at::a).wrapping_mul(v).wrapping_add(s.get32(at::c));
        i32_mul_add_load_acc_c = |s, at, v| near(s, s.address(at::addr), at::offset), s.get32(at::a).wrapping_mul(v).wrapping_add(s.acc32(at::c));
        i32_mul_add_load_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get32(at::a).wrapping_mul(v).wrapping_add(s.get32(at::c));
        i32_mul_add_load_wrap_acc_a = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.acc32(at::a).wrapping_mul(v).wrapping_add(s.get32(at::c));
        i32_mul_add_load_wrap_acc_c = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get32(at::a).wrapping_mul(v).wrapping_add(s.acc32(at::c));
    }
}

/// The product of two numbers in memory, and a sum. Where the first number is, is said for each.
macro_rules! product {
    ($($set:ident $raw:ty { $($name:ident = $place:ident $c:ident, |$x:ident, $y:ident, $sum:ident| $result:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            let Some($x) = s.load($place!(s, at)) else { return OUT };
            let Some($y) = s.load(stepped(s, at::addr2, at::k2)) else { return OUT };
            let ($x, $y) = (<$raw>::from_le_bytes($x), <$raw>::from_le_bytes($y));
            let $sum = s.$c(at::c);
            s.$set(at::dst, $result);
            Ctl::Next
        }
    )*)*} };
}

/// An address and an offset.
macro_rules! at_step {
    ($s:ident, $at:ident) => {
        stepped($s, $at::addr, $at::k)
    };
}

/// The sum of two slots: an array of arrays.
macro_rules! at_sum {
    ($s:ident, $at:ident) => {
        summed($s, $at::addr, $at::index)
    };
}

product! {
    set_f64 f64 {
        f64_mul_add_load2 = at_step get_f64, |x, y, c| x * y + c;
        f64_mul_add_load2_acc_c = at_step acc_f64, |x, y, c| x * y + c;
        f64_mul_add_load2_index = at_sum get_f64, |x, y, c| x * y + c;
        f64_mul_add_load2_index_acc_c = at_sum acc_f64, |x, y, c| x * y + c;
    }
    set32 u32 {
        i32_mul_add_load2 = at_step get32, |x, y, c| x.wrapping_mul(y).wrapping_add(c);
        i32_mul_add_load2_acc_c = at_step acc32, |x, y, c| x.wrapping_mul(y).wrapping_add(c);
        i32_mul_add_load2_index = at_sum get32, |x, y, c| x.wrapping_mul(y).wrapping_add(c);
        i32_mul_add_load2_index_acc_c = at_sum acc32, |x, y, c| x.wrapping_mul(y).wrapping_add(c);
    }
}

handlers! {
    fn load32_store | load32_store_short(s, at) {
        let Some(bytes) = s.load::<4>(near(s, s.address(at::addr), at::offset)) else { return OUT };
        if s.store(near(s, s.address(at::addr2), at::offset2), bytes) { Ctl::Next } else { OUT }
    }
    fn load64_store | load64_store_short(s, at) {
        let Some(bytes) = s.load::<8>(near(s, s.address(at::addr), at::offset)) else { return OUT };
        if s.store(near(s, s.address(at::addr2), at::offset2), bytes) { Ctl::Next } else { OUT }
    }
}

/// A load through a pointer in memory.
macro_rules! through {
    ($($raw:ty { $($name:ident = $get:ident;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            let Some(pointer) = s.load(near(s, s.$get(at::addr), at::offset)) else { return OUT };
            let ea = near(s, u32::from_le_bytes(pointer).into(), at::offset2);
            let Some(bytes) = s.load(ea) else { return OUT };
            s.set64(at::dst, <$raw>::from_le_bytes(bytes).into());
            Ctl::Next
        }
    )*)*} };
}

through! {
    u32 { load32_load32 = address; load32_load32_acc_addr = acc_address; }
    u64 { load32_load64 = address; load32_load64_acc_addr = acc_address; }
}

/// An update in place: the store is in bounds where the load was.
macro_rules! update {
    ($($raw:ty { $($name:ident = |$s:ident, $at:ident, $value:ident| $ea:expr, $result:expr;)* })*) => { handlers! {$($(
        fn $name($s, $at) {
            let ea = $ea;
            let Some(bytes) = $s.load(ea) else { return OUT };
            let $value = <$raw>::from_le_bytes(bytes);
            $s.store(ea, ($result).to_le_bytes());
            Ctl::Next
        }
    )*)*} };
}

update! {
    u32 {
        i32_add_mem = |s, at, v| near(s, s.address(at::addr), at::offset), v.wrapping_add(s.get32(at::rhs));
        i32_add_mem_acc_rhs = |s, at, v| near(s, s.address(at::addr), at::offset), v.wrapping_add(s.acc32(at::rhs));
        i32_sub_mem = |s, at, v| near(s, s.address(at::addr), at::offset), v.wrapping_sub(s.get32(at::rhs));
        i32_sub_mem_acc_rhs = |s, at, v| near(s, s.address(at::addr), at::offset), v.wrapping_sub(s.acc32(at::rhs));
        i32_xor_mem = |s, at, v| near(s, s.address(at::addr), at::offset), v ^ s.get32(at::rhs);
        i32_xor_mem_acc_rhs = |s, at, v| near(s, s.address(at::addr), at::offset), v ^ s.acc32(at::rhs);
    }
    f64 {
        f64_add_mem = |s, at, v| near(s, s.address(at::addr), at::offset), v + s.get_f64(at::rhs);
        f64_add_mem_acc_rhs = |s, at, v| near(s, s.address(at::addr), at::offset), v + s.acc_f64(at::rhs);
        f64_add_mem_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), v + s.get_f64(at::rhs);
        f64_add_mem_wrap_acc_rhs = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), v + s.acc_f64(at::rhs);
        f64_sub_mem = |s, at, v| near(s, s.address(at::addr), at::offset), v - s.get_f64(at::rhs);
        f64_sub_mem_acc_rhs = |s, at, v| near(s, s.address(at::addr), at::offset), v - s.acc_f64(at::rhs);
        f64_sub_mem_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), v - s.get_f64(at::rhs);
        f64_sub_mem_wrap_acc_rhs = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), v - s.acc_f64(at::rhs);
        f64_mul_add_mem = |s, at, v| near(s, s.address(at::addr), at::offset), s.get_f64(at::a) * s.get_f64(at::b) + v;
        f64_mul_add_mem_acc_a = |s, at, v| near(s, s.address(at::addr), at::offset), s.acc_f64(at::a) * s.get_f64(at::b) + v;
        f64_mul_add_mem_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.get_f64(at::a) * s.get_f64(at::b) + v;
        f64_mul_add_mem_wrap_acc_a = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), s.acc_f64(at::a) * s.get_f64(at::b) + v;
        f64_sub_mul_mem = |s, at, v| near(s, s.address(at::addr), at::offset), v - s.get_f64(at::a) * s.get_f64(at::b);
        f64_sub_mul_mem_acc_a = |s, at, v| near(s, s.address(at::addr), at::offset), v - s.acc_f64(at::a) * s.get_f64(at::b);
        f64_sub_mul_mem_wrap = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), v - s.get_f64(at::a) * s.get_f64(at::b);
        f64_sub_mul_mem_wrap_acc_a = |s, at, v| s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset))), v - s.acc_f64(at::a) * s.get_f64(at::b);
    }
}
