//! What vector instructions compute, as the handlers use it: the definitions of [`wrt_format::simd`], and in place of some of them what
//! machine instructions do that every processor of the target has.
//!
//! Those are the ones that the compiler does not make of loops over lanes: lanes chosen by numbers, masks of signs, the lanes of half a vector
//! made wider. They give the same bits (test below, and `exec::tests::ops` on the whole instructions). Instructions that only some processors
//! of a target have are in `tail/level.rs`.
//!
//! L1: a `V128` and the machine's vector type of 128 bits are plain bits of one size, in the same order of bytes: these targets are
//! little-endian.

pub(crate) use wrt_format::simd::*;

#[cfg(all(
    target_arch = "aarch64",
    target_feature = "neon",
    target_endian = "little"
))]
mod neon;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2;

#[cfg(all(
    target_arch = "aarch64",
    target_feature = "neon",
    target_endian = "little"
))]
pub(crate) use neon::{
    i8x16_bitmask, i8x16_shuffle, i8x16_swizzle, i16x8_bitmask, i32x4_bitmask, widen_i8_s,
    widen_i8_u, widen_i16_s, widen_i16_u, widen_i32_s, widen_i32_u,
};
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(crate) use sse2::{
    f32x4_max, f32x4_min, f64x2_max, f64x2_min, i8x16_bitmask, i16x8_bitmask, i32x4_bitmask,
    i32x4_rotl, i32x4_trunc_sat_f32x4_s, i32x4_trunc_sat_f32x4_u, i64x2_bitmask, i64x2_rotl,
    widen_i8_s, widen_i8_u, widen_i16_s, widen_i16_u, widen_i32_s, widen_i32_u,
};
#[cfg(wrt_levels)]
pub(super) use sse2::{machine, vector};

macro_rules! widened {
    ($($name:ident = $extend:ident;)*) => {$(
        /// The lanes of eight bytes, twice as wide.
        #[cfg(not(any(
            all(target_arch = "x86_64", target_feature = "sse2"),
            all(target_arch = "aarch64", target_feature = "neon", target_endian = "little")
        )))]
        #[inline(always)]
        pub(crate) fn $name(bytes: [u8; 8]) -> V128 {
            $extend(V128::from_u64x2([u64::from_le_bytes(bytes), 0]))
        }
    )*

        #[cfg(test)]
        #[test]
        fn half_a_vector_becomes_wider() {
            let mut random = Random(7);
            for _ in 0..1000 {
                let half = random.next();
                $(assert_eq!(
                    $name(half.to_le_bytes()),
                    wrt_format::simd::$extend(V128::from_u64x2([half, 0])),
                    "{half:x} {}",
                    stringify!($name)
                );)*
            }
        }
    };
}

widened! {
    widen_i8_s = i16x8_extend_low_i8x16_s;
    widen_i8_u = i16x8_extend_low_i8x16_u;
    widen_i16_s = i32x4_extend_low_i16x8_s;
    widen_i16_u = i32x4_extend_low_i16x8_u;
    widen_i32_s = i64x2_extend_low_i32x4_s;
    widen_i32_u = i64x2_extend_low_i32x4_u;
}

/// Numbers for tests, with bytes near 0 and 16 among them.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct Random(pub(super) u64);

#[cfg(test)]
impl Random {
    /// Eight bytes.
    pub(super) fn next(&mut self) -> u64 {
        let mut step = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        };
        let (bits, small) = (step(), step());
        // Every other byte is a number from -16 to 47, many of them lanes.
        u64::from_le_bytes(core::array::from_fn(|i| {
            let byte = bits.to_le_bytes()[i];
            if small >> i & 1 == 0 {
                byte
            } else {
                (byte & 63).wrapping_sub(16)
            }
        }))
    }

    /// A vector.
    pub(super) fn vector(&mut self) -> V128 {
        V128::from_u64x2([self.next(), self.next()])
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, V128};
    use wrt_format::simd;

    #[test]
    fn masks_and_chosen_lanes_are_those_of_the_definitions() {
        let mut random = Random(11);
        for _ in 0..2000 {
            let [a, b, c]: [V128; 3] = core::array::from_fn(|_| random.vector());
            assert_eq!(
                super::i8x16_swizzle(a, b),
                simd::i8x16_swizzle(a, b),
                "{a:?} {b:?}"
            );
            assert_eq!(
                super::i8x16_shuffle(a, b, c),
                simd::i8x16_shuffle(a, b, c),
                "{a:?} {b:?} {c:?}"
            );
            assert_eq!(super::i8x16_bitmask(a), simd::i8x16_bitmask(a), "{a:?}");
            assert_eq!(super::i16x8_bitmask(a), simd::i16x8_bitmask(a), "{a:?}");
            assert_eq!(super::i32x4_bitmask(a), simd::i32x4_bitmask(a), "{a:?}");
            assert_eq!(super::i64x2_bitmask(a), simd::i64x2_bitmask(a), "{a:?}");
            for distance in [0, 1, 7, 31, 32, 33, 63, 64, u32::MAX] {
                let rotated = (
                    super::i32x4_rotl(a, distance),
                    super::i64x2_rotl(a, distance),
                );
                let expected = (
                    V128::from_u32x4(a.to_u32x4().map(|lane| lane.rotate_left(distance % 32))),
                    V128::from_u64x2(a.to_u64x2().map(|lane| lane.rotate_left(distance % 64))),
                );
                assert_eq!(rotated, expected, "{a:?} {distance}");
            }
        }
    }

    #[test]
    fn floats_are_those_of_the_definitions() {
        const SPECIAL: [f32; 14] = [
            0.0,
            -0.0,
            1.5,
            -1.5,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            2_147_483_648.0,
            2_147_483_520.0,
            -2_147_483_648.0,
            4_294_967_296.0,
            4_294_967_040.0,
            -4e9,
            1e-42,
        ];
        let mut random = Random(3);
        let mut lane = || {
            let bits = random.next();
            match bits % 3 {
                0 => f32::from_bits((bits >> 8) as u32),
                1 => (bits >> 32) as f32 / 2.0,
                _ => SPECIAL[(bits >> 8) as usize % SPECIAL.len()],
            }
        };
        for _ in 0..20_000 {
            let [a, b]: [[f32; 4]; 2] = core::array::from_fn(|_| core::array::from_fn(|_| lane()));
            let [wide_a, wide_b] = [a, b].map(|v| V128::from_f64x2([v[0].into(), v[1].into()]));
            let [a, b] = [a, b].map(V128::from_f32x4);
            let got = [
                super::f32x4_min(a, b),
                super::f32x4_max(a, b),
                super::f64x2_min(wide_a, wide_b),
                super::f64x2_max(wide_a, wide_b),
                super::i32x4_trunc_sat_f32x4_s(a),
                super::i32x4_trunc_sat_f32x4_u(a),
            ];
            let expected = [
                simd::f32x4_min(a, b),
                simd::f32x4_max(a, b),
                simd::f64x2_min(wide_a, wide_b),
                simd::f64x2_max(wide_a, wide_b),
                simd::i32x4_trunc_sat_f32x4_s(a),
                simd::i32x4_trunc_sat_f32x4_u(a),
            ];
            assert_eq!(got, expected, "{a:?} {b:?}");
        }
    }
}
