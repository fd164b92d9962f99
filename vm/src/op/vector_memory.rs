//! Loads and stores of vectors, in the forms of `memory.rs`.

use super::memory::{OUT, indexed, wrapped};
use crate::raw::lanes::{self as simd, V128};
use crate::raw::state::Ctl;

macro_rules! loads {
    ($($bytes:literal, |$value:ident| $vector:expr; $near:ident $far:ident $wrap:ident $index:ident $mem:ident;)*) => { handlers! {$(
        fn $near(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.half(at::offset)));
            loads!(@finish s, at, s.load::<$bytes>(ea), |$value| $vector)
        }
        fn $far(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load::<$bytes>(ea), |$value| $vector)
        }
        fn $wrap(s, at) {
            let ea = s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset)));
            loads!(@finish s, at, s.load::<$bytes>(ea), |$value| $vector)
        }
        fn $index(s, at) {
            let ea = s.beyond(indexed(s, s.address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
            loads!(@finish s, at, s.load::<$bytes>(ea), |$value| $vector)
        }
        fn $mem(s, at) {
            let bytes = s.load_any::<$bytes>(at::mem, at::addr, s.imm_u32(at::offset));
            loads!(@finish s, at, bytes, |$value| $vector)
        }
    )*} };
    (@finish $s:ident, $at:ident, $bytes:expr, |$value:ident| $vector:expr) => {
        match $bytes {
            Some($value) => {
                $s.set128($at::dst, $vector);
                Ctl::Next
            }
            None => OUT,
        }
    };
}

/// Eight bytes as the lower half of a vector.
#[inline(always)]
const fn low(bytes: [u8; 8]) -> V128 {
    V128::from_u64x2([u64::from_le_bytes(bytes), 0])
}

loads! {
    16, |v| V128::from_bytes(v); load128 load128_far load128_wrap load128_index load128_mem;
    1, |v| simd::i8x16_splat(u64::from(v[0])); load8_splat load8_splat_far load8_splat_wrap load8_splat_index load8_splat_mem;
    2, |v| simd::i16x8_splat(u64::from(u16::from_le_bytes(v))); load16_splat load16_splat_far load16_splat_wrap load16_splat_index load16_splat_mem;
    4, |v| simd::i32x4_splat(u64::from(u32::from_le_bytes(v))); load32_splat load32_splat_far load32_splat_wrap load32_splat_index load32_splat_mem;
    8, |v| simd::i64x2_splat(u64::from_le_bytes(v)); load64_splat load64_splat_far load64_splat_wrap load64_splat_index load64_splat_mem;
    8, |v| simd::widen_i8_s(v); load8x8_s load8x8_s_far load8x8_s_wrap load8x8_s_index load8x8_s_mem;
    8, |v| simd::widen_i8_u(v); load8x8_u load8x8_u_far load8x8_u_wrap load8x8_u_index load8x8_u_mem;
    8, |v| simd::widen_i16_s(v); load16x4_s load16x4_s_far load16x4_s_wrap load16x4_s_index load16x4_s_mem;
    8, |v| simd::widen_i16_u(v); load16x4_u load16x4_u_far load16x4_u_wrap load16x4_u_index load16x4_u_mem;
    8, |v| simd::widen_i32_s(v); load32x2_s load32x2_s_far load32x2_s_wrap load32x2_s_index load32x2_s_mem;
    8, |v| simd::widen_i32_u(v); load32x2_u load32x2_u_far load32x2_u_wrap load32x2_u_index load32x2_u_mem;
    4, |v| V128::from_u64x2([u64::from(u32::from_le_bytes(v)), 0]); load32_zero load32_zero_far load32_zero_wrap load32_zero_index load32_zero_mem;
    8, |v| low(v); load64_zero load64_zero_far load64_zero_wrap load64_zero_index load64_zero_mem;
}

handlers! {
    fn store128(s, at) {
        let ea = s.beyond(s.address(at::addr), u64::from(s.half(at::offset)));
        if s.store(ea, s.get128(at::src).to_bytes()) { Ctl::Next } else { OUT }
    }
    fn store128_far(s, at) {
        let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
        if s.store(ea, s.get128(at::src).to_bytes()) { Ctl::Next } else { OUT }
    }
    fn store128_wrap(s, at) {
        let ea = s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset)));
        if s.store(ea, s.get128(at::src).to_bytes()) { Ctl::Next } else { OUT }
    }
    fn store128_index(s, at) {
        let ea = s.beyond(indexed(s, s.address(at::addr), s.address(at::index), at::shift), u64::from(s.imm_u32(at::offset)));
        if s.store(ea, s.get128(at::src).to_bytes()) { Ctl::Next } else { OUT }
    }
    fn store128_mem(s, at) {
        let bytes = s.get128(at::src).to_bytes();
        if s.store_any(at::mem, at::addr, s.imm_u32(at::offset), bytes) { Ctl::Next } else { OUT }
    }
}
