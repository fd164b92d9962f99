//! What x86-64's own vector instructions, SSE2, do. Relies on L1 of `lanes`.

use core::arch::x86_64::*;
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

macro_rules! extremes {
    ($($min:ident $max:ident $to:ident $from:ident $set:ident $nan:expr,
       $lesser:ident $greater:ident $or:ident $and:ident $andnot:ident $unordered:ident;)*) => {$(
        /// The lesser numbers; the canonical NaN where there is a NaN; -0 before 0.
        #[inline(always)]
        pub(crate) fn $min(a: V128, b: V128) -> V128 {
            // SAFETY: the target has SSE2.
            unsafe {
                let (a, b) = ($to(machine(a)), $to(machine(b)));
                // Both orders differ only in equal numbers and NaNs.
                let least = $or($lesser(a, b), $lesser(b, a));
                let nan = $unordered(a, b);
                vector($from($or($and(nan, $set($nan)), $andnot(nan, least))))
            }
        }

        /// The greater numbers; the canonical NaN where there is a NaN; 0 before -0.
        #[inline(always)]
        pub(crate) fn $max(a: V128, b: V128) -> V128 {
            // SAFETY: the target has SSE2.
            unsafe {
                let (a, b) = ($to(machine(a)), $to(machine(b)));
                let most = $and($greater(a, b), $greater(b, a));
                let nan = $unordered(a, b);
                vector($from($or($and(nan, $set($nan)), $andnot(nan, most))))
            }
        }
    )*};
}

extremes! {
    f32x4_min f32x4_max _mm_castsi128_ps _mm_castps_si128 _mm_set1_ps f32::from_bits(0x7fc0_0000),
        _mm_min_ps _mm_max_ps _mm_or_ps _mm_and_ps _mm_andnot_ps _mm_cmpunord_ps;
    f64x2_min f64x2_max _mm_castsi128_pd _mm_castpd_si128 _mm_set1_pd f64::from_bits(0x7ff8 << 48),
        _mm_min_pd _mm_max_pd _mm_or_pd _mm_and_pd _mm_andnot_pd _mm_cmpunord_pd;
}

/// 2 to the power of 31: the least float that no i32 is.
const LIMIT: f32 = 2_147_483_648.0;

/// Each float as a signed integer, rounded towards zero, saturated; 0 for NaN.
#[inline(always)]
pub(crate) fn i32x4_trunc_sat_f32x4_s(a: V128) -> V128 {
    // SAFETY: the target has SSE2.
    unsafe {
        let a = _mm_castsi128_ps(machine(a));
        let number = _mm_and_ps(a, _mm_cmpord_ps(a, a));
        // Too large or too small gives the least integer, all of whose bits differ from those of the greatest.
        let large = _mm_castps_si128(_mm_cmpge_ps(number, _mm_set1_ps(LIMIT)));
        vector(_mm_xor_si128(_mm_cvttps_epi32(number), large))
    }
}

/// Each float as an unsigned integer, rounded towards zero, saturated; 0 for NaN.
#[inline(always)]
pub(crate) fn i32x4_trunc_sat_f32x4_u(a: V128) -> V128 {
    // SAFETY: the target has SSE2.
    unsafe {
        // Of a NaN and 0 the second operand is the greater one.
        let number = _mm_max_ps(_mm_castsi128_ps(machine(a)), _mm_setzero_ps());
        let above = _mm_sub_ps(number, _mm_set1_ps(LIMIT));
        let large = _mm_castps_si128(_mm_cmpge_ps(above, _mm_set1_ps(LIMIT)));
        // What there is above 2^31, at most 2^31 - 1; below it less than 0, which counts as 0.
        let rest = _mm_xor_si128(_mm_cvttps_epi32(above), large);
        let rest = _mm_and_si128(rest, _mm_cmpgt_epi32(rest, _mm_setzero_si128()));
        // From 2^31 on this is the least integer: 2^31 without a sign.
        vector(_mm_add_epi32(_mm_cvttps_epi32(number), rest))
    }
}
