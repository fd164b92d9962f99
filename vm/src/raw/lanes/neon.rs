//! What the vector instructions of 64-bit ARM, NEON, do. Relies on L1 of `lanes`.

use core::arch::aarch64::{
    int8x16_t, uint8x16_t, uint8x16x2_t, vaddv_u8, vaddvq_u16, vaddvq_u32, vandq_u8, vandq_u16,
    vandq_u32, vcltzq_s8, vcltzq_s16, vcltzq_s32, vcreate_s8, vcreate_s16, vcreate_s32, vcreate_u8,
    vcreate_u16, vcreate_u32, vdupq_n_u8, vget_high_u8, vget_low_u8, vmovl_s8, vmovl_s16,
    vmovl_s32, vmovl_u8, vmovl_u16, vmovl_u32, vqtbl1q_u8, vqtbl2q_u8, vreinterpretq_s16_u8,
    vreinterpretq_s32_u8, vreinterpretq_u8_s16, vreinterpretq_u8_s32, vreinterpretq_u8_s64,
    vreinterpretq_u8_u16, vreinterpretq_u8_u32, vreinterpretq_u8_u64,
};
use wrt_format::simd::V128;

/// The machine's vector.
#[inline(always)]
fn machine(a: V128) -> uint8x16_t {
    // SAFETY: L1.
    unsafe { core::mem::transmute::<[u8; 16], uint8x16_t>(a.to_bytes()) }
}

/// The vector that the machine's is.
#[inline(always)]
fn vector(a: uint8x16_t) -> V128 {
    // SAFETY: L1.
    V128::from_bytes(unsafe { core::mem::transmute::<uint8x16_t, [u8; 16]>(a) })
}

/// The lanes of `a` that `b` numbers; 0 for numbers from 16 on.
#[inline(always)]
pub(crate) fn i8x16_swizzle(a: V128, b: V128) -> V128 {
    // SAFETY: the target has NEON.
    unsafe { vector(vqtbl1q_u8(machine(a), machine(b))) }
}

/// The lanes of `a`, then of `b`, that `lanes` numbers, modulo 32.
#[inline(always)]
pub(crate) fn i8x16_shuffle(a: V128, b: V128, lanes: V128) -> V128 {
    // SAFETY: the target has NEON.
    unsafe {
        let lanes = vandq_u8(machine(lanes), vdupq_n_u8(31));
        vector(vqtbl2q_u8(uint8x16x2_t(machine(a), machine(b)), lanes))
    }
}

/// A bit for each lane: its sign.
#[inline(always)]
pub(crate) fn i8x16_bitmask(a: V128) -> u32 {
    let bits = V128::from_u64x2([0x8040_2010_0804_0201; 2]);
    // SAFETY: the target has NEON, and L1.
    unsafe {
        let signed = core::mem::transmute::<uint8x16_t, int8x16_t>(machine(a));
        let ones = vandq_u8(vcltzq_s8(signed), machine(bits));
        u32::from(vaddv_u8(vget_low_u8(ones))) | u32::from(vaddv_u8(vget_high_u8(ones))) << 8
    }
}

/// A bit for each lane: its sign.
#[inline(always)]
pub(crate) fn i16x8_bitmask(a: V128) -> u32 {
    let bits = V128::from_u16x8([1, 2, 4, 8, 16, 32, 64, 128]);
    // SAFETY: the target has NEON, and L1.
    unsafe {
        let bits =
            core::mem::transmute::<[u8; 16], core::arch::aarch64::uint16x8_t>(bits.to_bytes());
        let ones = vandq_u16(vcltzq_s16(vreinterpretq_s16_u8(machine(a))), bits);
        vaddvq_u16(ones).into()
    }
}

/// A bit for each lane: its sign.
#[inline(always)]
pub(crate) fn i32x4_bitmask(a: V128) -> u32 {
    let bits = V128::from_u32x4([1, 2, 4, 8]);
    // SAFETY: the target has NEON, and L1.
    unsafe {
        let bits =
            core::mem::transmute::<[u8; 16], core::arch::aarch64::uint32x4_t>(bits.to_bytes());
        let ones = vandq_u32(vcltzq_s32(vreinterpretq_s32_u8(machine(a))), bits);
        vaddvq_u32(ones)
    }
}

macro_rules! widened {
    ($($name:ident $create:ident $widen:ident $bytes:ident;)*) => {$(
        /// The lanes of eight bytes, twice as wide.
        #[inline(always)]
        pub(crate) fn $name(bytes: [u8; 8]) -> V128 {
            // SAFETY: the target has NEON.
            unsafe { vector($bytes($widen($create(u64::from_le_bytes(bytes))))) }
        }
    )*};
}

widened! {
    widen_i8_s vcreate_s8 vmovl_s8 vreinterpretq_u8_s16;
    widen_i8_u vcreate_u8 vmovl_u8 vreinterpretq_u8_u16;
    widen_i16_s vcreate_s16 vmovl_s16 vreinterpretq_u8_s32;
    widen_i16_u vcreate_u16 vmovl_u16 vreinterpretq_u8_u32;
    widen_i32_s vcreate_s32 vmovl_s32 vreinterpretq_u8_s64;
    widen_i32_u vcreate_u32 vmovl_u32 vreinterpretq_u8_u64;
}
