//! What x86-64's own vector instructions, SSE2, do. Relies on L1 of `lanes`.

use core::arch::x86_64::{
    __m128i, _mm_castsi128_pd, _mm_castsi128_ps, _mm_cmpgt_epi8, _mm_cmpgt_epi16, _mm_cmpgt_epi32,
    _mm_cvtsi32_si128, _mm_cvtsi64_si128, _mm_movemask_epi8, _mm_movemask_pd, _mm_movemask_ps,
    _mm_or_si128, _mm_packs_epi16, _mm_setzero_si128, _mm_sll_epi32, _mm_sll_epi64, _mm_srl_epi32,
    _mm_srl_epi64, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi32,
};
use wrt_format::simd::V128;

/// The machine's vector.
#[inline(always)]
pub(in crate::raw) fn machine(a: V128) -> __m128i {
    // SAFETY: L1.
    unsafe { core::mem::transmute::<[u8; 16], __m128i>(a.to_bytes()) }
}

/// The vector that the machine's is.
#[inline(always)]
pub(in crate::raw) fn vector(a: __m128i) -> V128 {
    // SAFETY: L1.
    V128::from_bytes(unsafe { core::mem::transmute::<__m128i, [u8; 16]>(a) })
}

/// A bit for each lane: its sign.
#[inline(always)]
pub(crate) fn i8x16_bitmask(a: V128) -> u32 {
    // SAFETY: the target has SSE2.
    unsafe { _mm_movemask_epi8(machine(a)) as u32 }
}

/// A bit for each lane: its sign.
#[inline(always)]
pub(crate) fn i16x8_bitmask(a: V128) -> u32 {
    // Saturation keeps the signs.
    // SAFETY: the target has SSE2.
    unsafe { _mm_movemask_epi8(_mm_packs_epi16(machine(a), _mm_setzero_si128())) as u32 }
}

/// A bit for each lane: its sign.
#[inline(always)]
pub(crate) fn i32x4_bitmask(a: V128) -> u32 {
    // SAFETY: the target has SSE2.
    unsafe { _mm_movemask_ps(_mm_castsi128_ps(machine(a))) as u32 }
}

/// A bit for each lane: its sign.
#[inline(always)]
pub(crate) fn i64x2_bitmask(a: V128) -> u32 {
    // SAFETY: the target has SSE2.
    unsafe { _mm_movemask_pd(_mm_castsi128_pd(machine(a))) as u32 }
}

/// Each lane rotated left, by the distance modulo the width. The compiler would take rotations apart, lane by lane.
#[inline(always)]
pub(crate) fn i32x4_rotl(a: V128, distance: u32) -> V128 {
    let distance = (distance % 32) as i32;
    // SAFETY: the target has SSE2.
    unsafe {
        let left = _mm_sll_epi32(machine(a), _mm_cvtsi32_si128(distance));
        // A shift by the whole width gives 0.
        let right = _mm_srl_epi32(machine(a), _mm_cvtsi32_si128(32 - distance));
        vector(_mm_or_si128(left, right))
    }
}

/// Each lane rotated left, by the distance modulo the width.
#[inline(always)]
pub(crate) fn i64x2_rotl(a: V128, distance: u32) -> V128 {
    let distance = (distance % 64) as i32;
    // SAFETY: the target has SSE2.
    unsafe {
        let left = _mm_sll_epi64(machine(a), _mm_cvtsi32_si128(distance));
        let right = _mm_srl_epi64(machine(a), _mm_cvtsi32_si128(64 - distance));
        vector(_mm_or_si128(left, right))
    }
}

macro_rules! widened {
    ($($signed:ident $unsigned:ident $unpack:ident $greater:ident;)*) => {$(
        /// The lanes of eight bytes, twice as wide, signed.
        #[inline(always)]
        pub(crate) fn $signed(bytes: [u8; 8]) -> V128 {
            // SAFETY: the target has SSE2.
            unsafe {
                let half = _mm_cvtsi64_si128(i64::from_le_bytes(bytes));
                vector($unpack(half, $greater(_mm_setzero_si128(), half)))
            }
        }

        /// The lanes of eight bytes, twice as wide.
        #[inline(always)]
        pub(crate) fn $unsigned(bytes: [u8; 8]) -> V128 {
            // SAFETY: the target has SSE2.
            unsafe {
                let half = _mm_cvtsi64_si128(i64::from_le_bytes(bytes));
                vector($unpack(half, _mm_setzero_si128()))
            }
        }
    )*};
}

widened! {
    widen_i8_s widen_i8_u _mm_unpacklo_epi8 _mm_cmpgt_epi8;
    widen_i16_s widen_i16_u _mm_unpacklo_epi16 _mm_cmpgt_epi16;
    widen_i32_s widen_i32_u _mm_unpacklo_epi32 _mm_cmpgt_epi32;
}
