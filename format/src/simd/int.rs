//! Bits and integers, lane by lane; results as wide as the operands, or half or twice as wide.

use super::{V128, map, zip};

/// All bits turned.
#[inline(always)]
#[must_use]
pub fn v128_not(a: V128) -> V128 {
    V128::from_u64x2(map(a.to_u64x2(), 0, |a| !a))
}

macro_rules! bitwise {
    ($($(#[$doc:meta])* $name:ident |$a:ident, $b:ident| $e:expr;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128, b: V128) -> V128 {
            V128::from_u64x2(zip(a.to_u64x2(), b.to_u64x2(), 0, |$a, $b| $e))
        }
    )*};
}

bitwise! {
    /// Bits of both.
    v128_and |a, b| a & b;
    /// Bits of the first that the second has not.
    v128_andnot |a, b| a & !b;
    /// Bits of either.
    v128_or |a, b| a | b;
    /// Bits of exactly one.
    v128_xor |a, b| a ^ b;
}

/// Bits of `a` where `mask` has a bit, else of `b`.
#[inline(always)]
#[must_use]
pub fn v128_bitselect(a: V128, b: V128, mask: V128) -> V128 {
    v128_or(v128_and(a, mask), v128_andnot(b, mask))
}

/// 1 if any bit is set, else 0.
#[inline(always)]
#[must_use]
pub fn v128_any_true(a: V128) -> u32 {
    let [low, high] = a.to_u64x2();
    u32::from(low | high != 0)
}

macro_rules! per_type {
    ($signed:ty, $unsigned:ty, $bits:literal, $to_s:ident, $from_s:ident, $to_u:ident, $from_u:ident;
     $abs:ident $neg:ident $shl:ident $shr_s:ident $shr_u:ident $add:ident $sub:ident $eq:ident $ne:ident $lt_s:ident $le_s:ident
     $all_true:ident) => {
        /// Absolute value of each lane; the least number stays.
        #[inline(always)]
        #[must_use]
        pub fn $abs(a: V128) -> V128 {
            V128::$from_s(map(a.$to_s(), 0, <$signed>::wrapping_abs))
        }

        /// Negative of each lane.
        #[inline(always)]
        #[must_use]
        pub fn $neg(a: V128) -> V128 {
            V128::$from_s(map(a.$to_s(), 0, <$signed>::wrapping_neg))
        }

        /// Each lane shifted left, by the distance modulo the width.
        #[inline(always)]
        #[must_use]
        pub fn $shl(a: V128, distance: u32) -> V128 {
            let distance = distance % $bits;
            V128::$from_u(map(a.$to_u(), 0, |a| a << distance))
        }

        /// Each lane shifted right with its sign, by the distance modulo the width.
        #[inline(always)]
        #[must_use]
        pub fn $shr_s(a: V128, distance: u32) -> V128 {
            let distance = distance % $bits;
            V128::$from_s(map(a.$to_s(), 0, |a| a >> distance))
        }

        /// Each lane shifted right, by the distance modulo the width.
        #[inline(always)]
        #[must_use]
        pub fn $shr_u(a: V128, distance: u32) -> V128 {
            let distance = distance % $bits;
            V128::$from_u(map(a.$to_u(), 0, |a| a >> distance))
        }

        /// Sums, wrapping.
        #[inline(always)]
        #[must_use]
        pub fn $add(a: V128, b: V128) -> V128 {
            V128::$from_u(zip(a.$to_u(), b.$to_u(), 0, <$unsigned>::wrapping_add))
        }

        /// Differences, wrapping.
        #[inline(always)]
        #[must_use]
        pub fn $sub(a: V128, b: V128) -> V128 {
            V128::$from_u(zip(a.$to_u(), b.$to_u(), 0, <$unsigned>::wrapping_sub))
        }

        /// All bits of the lanes that are equal.
        #[inline(always)]
        #[must_use]
        pub fn $eq(a: V128, b: V128) -> V128 {
            V128::$from_s(zip(a.$to_s(), b.$to_s(), 0, |a, b| {
                -<$signed>::from(a == b)
            }))
        }

        /// All bits of the lanes that differ.
        #[inline(always)]
        #[must_use]
        pub fn $ne(a: V128, b: V128) -> V128 {
            V128::$from_s(zip(a.$to_s(), b.$to_s(), 0, |a, b| {
                -<$signed>::from(a != b)
            }))
        }

        /// All bits of the lanes whose first number is less, signed.
        #[inline(always)]
        #[must_use]
        pub fn $lt_s(a: V128, b: V128) -> V128 {
            V128::$from_s(zip(a.$to_s(), b.$to_s(), 0, |a, b| -<$signed>::from(a < b)))
        }

        /// All bits of the lanes whose first number is not greater, signed.
        #[inline(always)]
        #[must_use]
        pub fn $le_s(a: V128, b: V128) -> V128 {
            V128::$from_s(zip(a.$to_s(), b.$to_s(), 0, |a, b| {
                -<$signed>::from(a <= b)
            }))
        }

        /// 1 if no lane is 0, else 0.
        #[inline(always)]
        #[must_use]
        pub fn $all_true(a: V128) -> u32 {
            u32::from(a.$to_u().iter().fold(true, |all, &lane| all & (lane != 0)))
        }
    };
}

per_type!(
    i8, u8, 8, to_i8x16, from_i8x16, to_u8x16, from_u8x16; i8x16_abs i8x16_neg i8x16_shl i8x16_shr_s i8x16_shr_u i8x16_add
    i8x16_sub i8x16_eq i8x16_ne i8x16_lt_s i8x16_le_s i8x16_all_true
);
per_type!(
    i16, u16, 16, to_i16x8, from_i16x8, to_u16x8, from_u16x8; i16x8_abs i16x8_neg i16x8_shl i16x8_shr_s i16x8_shr_u i16x8_add
    i16x8_sub i16x8_eq i16x8_ne i16x8_lt_s i16x8_le_s i16x8_all_true
);
per_type!(
    i32, u32, 32, to_i32x4, from_i32x4, to_u32x4, from_u32x4; i32x4_abs i32x4_neg i32x4_shl i32x4_shr_s i32x4_shr_u i32x4_add
    i32x4_sub i32x4_eq i32x4_ne i32x4_lt_s i32x4_le_s i32x4_all_true
);
per_type!(
    i64, u64, 64, to_i64x2, from_i64x2, to_u64x2, from_u64x2; i64x2_abs i64x2_neg i64x2_shl i64x2_shr_s i64x2_shr_u i64x2_add
    i64x2_sub i64x2_eq i64x2_ne i64x2_lt_s i64x2_le_s i64x2_all_true
);

/// Each lane rotated left, by the distance modulo the width.
#[inline(always)]
#[must_use]
pub fn i32x4_rotl(a: V128, distance: u32) -> V128 {
    v128_or(
        i32x4_shl(a, distance),
        i32x4_shr_u(a, distance.wrapping_neg()),
    )
}

/// Each lane rotated left, by the distance modulo the width.
#[inline(always)]
#[must_use]
pub fn i64x2_rotl(a: V128, distance: u32) -> V128 {
    v128_or(
        i64x2_shl(a, distance),
        i64x2_shr_u(a, distance.wrapping_neg()),
    )
}

macro_rules! lane_by_lane {
    ($($to:ident $from:ident { $($(#[$doc:meta])* $name:ident = $e:expr;)* })*) => {$($(
        $(#[$doc])*
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128, b: V128) -> V128 {
            V128::$from(zip(a.$to(), b.$to(), 0, $e))
        }
    )*)*};
}

lane_by_lane! {
    to_i8x16 from_i8x16 {
        /// Sums, saturated.
        i8x16_add_sat_s = i8::saturating_add;
        /// Differences, saturated.
        i8x16_sub_sat_s = i8::saturating_sub;
        /// The lesser numbers.
        i8x16_min_s = |a, b| a.min(b);
        /// The greater numbers.
        i8x16_max_s = |a, b| a.max(b);
    }
    to_u8x16 from_u8x16 {
        /// Sums, saturated.
        i8x16_add_sat_u = u8::saturating_add;
        /// Differences, saturated.
        i8x16_sub_sat_u = u8::saturating_sub;
        /// The lesser numbers.
        i8x16_min_u = |a, b| a.min(b);
        /// The greater numbers.
        i8x16_max_u = |a, b| a.max(b);
        /// Means, rounded up.
        i8x16_avgr_u = |a, b| ((u16::from(a) + u16::from(b) + 1) >> 1) as u8;
        /// All bits of the lanes whose first number is less.
        i8x16_lt_u = |a, b| u8::from(a < b).wrapping_neg();
        /// All bits of the lanes whose first number is not greater.
        i8x16_le_u = |a, b| u8::from(a <= b).wrapping_neg();
    }
    to_i16x8 from_i16x8 {
        /// Sums, saturated.
        i16x8_add_sat_s = i16::saturating_add;
        /// Differences, saturated.
        i16x8_sub_sat_s = i16::saturating_sub;
        /// The lesser numbers.
        i16x8_min_s = |a, b| a.min(b);
        /// The greater numbers.
        i16x8_max_s = |a, b| a.max(b);
        /// Products of fixed-point numbers with 15 fraction bits, rounded, saturated.
        i16x8_q15mulr_sat_s = |a, b| {
            let product = (i32::from(a) * i32::from(b) + 0x4000) >> 15;
            // Only -1 times -1 is too large.
            product.min(i32::from(i16::MAX)) as i16
        };
    }
    to_u16x8 from_u16x8 {
        /// Products, wrapping.
        i16x8_mul = u16::wrapping_mul;
        /// Sums, saturated.
        i16x8_add_sat_u = u16::saturating_add;
        /// Differences, saturated.
        i16x8_sub_sat_u = u16::saturating_sub;
        /// The lesser numbers.
        i16x8_min_u = |a, b| a.min(b);
        /// The greater numbers.
        i16x8_max_u = |a, b| a.max(b);
        /// Means, rounded up.
        i16x8_avgr_u = |a, b| ((u32::from(a) + u32::from(b) + 1) >> 1) as u16;
        /// All bits of the lanes whose first number is less.
        i16x8_lt_u = |a, b| u16::from(a < b).wrapping_neg();
        /// All bits of the lanes whose first number is not greater.
        i16x8_le_u = |a, b| u16::from(a <= b).wrapping_neg();
    }
    to_i32x4 from_i32x4 {
        /// The lesser numbers.
        i32x4_min_s = |a, b| a.min(b);
        /// The greater numbers.
        i32x4_max_s = |a, b| a.max(b);
    }
    to_u32x4 from_u32x4 {
        /// Products, wrapping.
        i32x4_mul = u32::wrapping_mul;
        /// The lesser numbers.
        i32x4_min_u = |a, b| a.min(b);
        /// The greater numbers.
        i32x4_max_u = |a, b| a.max(b);
        /// All bits of the lanes whose first number is less.
        i32x4_lt_u = |a, b| u32::from(a < b).wrapping_neg();
        /// All bits of the lanes whose first number is not greater.
        i32x4_le_u = |a, b| u32::from(a <= b).wrapping_neg();
    }
    to_u64x2 from_u64x2 {
        /// Products, wrapping.
        i64x2_mul = u64::wrapping_mul;
    }
}

/// Number of bits set in each lane.
#[inline(always)]
#[must_use]
pub fn i8x16_popcnt(a: V128) -> V128 {
    V128::from_u8x16(map(a.to_u8x16(), 0, |a| a.count_ones() as u8))
}

macro_rules! narrow {
    ($($name:ident $to:ident $from:ident $wide:ty, $narrow:ty, $half:literal;)*) => {$(
        /// The lanes of `a`, then those of `b`, signed, as numbers half as wide, saturated.
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128, b: V128) -> V128 {
            let (a, b) = (a.$to(), b.$to());
            let narrow = |lane: $wide| lane.clamp(<$narrow>::MIN as $wide, <$narrow>::MAX as $wide) as $narrow;
            let mut out = [0; 2 * $half];
            for i in 0..$half {
                out[i] = narrow(a[i]);
                out[$half + i] = narrow(b[i]);
            }
            V128::$from(out)
        }
    )*};
}

narrow! {
    i8x16_narrow_i16x8_s to_i16x8 from_i8x16 i16, i8, 8;
    i8x16_narrow_i16x8_u to_i16x8 from_u8x16 i16, u8, 8;
    i16x8_narrow_i32x4_s to_i32x4 from_i16x8 i32, i16, 4;
    i16x8_narrow_i32x4_u to_i32x4 from_u16x8 i32, u16, 4;
}

macro_rules! widen {
    ($($to:ident $from:ident $narrow:ty, $wide:ty, $half:literal; $low:ident $high:ident $mul_low:ident $mul_high:ident;)*) => {$(
        /// The lower half of the lanes, as numbers twice as wide.
        #[inline(always)]
        #[must_use]
        pub fn $low(a: V128) -> V128 {
            let a = a.$to();
            V128::$from(core::array::from_fn(|i| <$wide>::from(a[i])))
        }

        /// The upper half of the lanes, as numbers twice as wide.
        #[inline(always)]
        #[must_use]
        pub fn $high(a: V128) -> V128 {
            let a = a.$to();
            V128::$from(core::array::from_fn(|i| <$wide>::from(a[$half + i])))
        }

        /// Products of the lower halves of the lanes, twice as wide.
        #[inline(always)]
        #[must_use]
        pub fn $mul_low(a: V128, b: V128) -> V128 {
            let (a, b) = (a.$to(), b.$to());
            V128::$from(core::array::from_fn(|i| <$wide>::from(a[i]) * <$wide>::from(b[i])))
        }

        /// Products of the upper halves of the lanes, twice as wide.
        #[inline(always)]
        #[must_use]
        pub fn $mul_high(a: V128, b: V128) -> V128 {
            let (a, b) = (a.$to(), b.$to());
            V128::$from(core::array::from_fn(|i| <$wide>::from(a[$half + i]) * <$wide>::from(b[$half + i])))
        }
    )*};
}

widen! {
    to_i8x16 from_i16x8 i8, i16, 8;
    i16x8_extend_low_i8x16_s i16x8_extend_high_i8x16_s i16x8_extmul_low_i8x16_s i16x8_extmul_high_i8x16_s;
    to_u8x16 from_u16x8 u8, u16, 8;
    i16x8_extend_low_i8x16_u i16x8_extend_high_i8x16_u i16x8_extmul_low_i8x16_u i16x8_extmul_high_i8x16_u;
    to_i16x8 from_i32x4 i16, i32, 4;
    i32x4_extend_low_i16x8_s i32x4_extend_high_i16x8_s i32x4_extmul_low_i16x8_s i32x4_extmul_high_i16x8_s;
    to_u16x8 from_u32x4 u16, u32, 4;
    i32x4_extend_low_i16x8_u i32x4_extend_high_i16x8_u i32x4_extmul_low_i16x8_u i32x4_extmul_high_i16x8_u;
    to_i32x4 from_i64x2 i32, i64, 2;
    i64x2_extend_low_i32x4_s i64x2_extend_high_i32x4_s i64x2_extmul_low_i32x4_s i64x2_extmul_high_i32x4_s;
    to_u32x4 from_u64x2 u32, u64, 2;
    i64x2_extend_low_i32x4_u i64x2_extend_high_i32x4_u i64x2_extmul_low_i32x4_u i64x2_extmul_high_i32x4_u;
}

macro_rules! pairwise {
    ($($name:ident $to:ident $from:ident $wide:ty;)*) => {$(
        /// Sums of neighbouring lanes, twice as wide.
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128) -> V128 {
            let a = a.$to();
            V128::$from(core::array::from_fn(|i| <$wide>::from(a[2 * i]) + <$wide>::from(a[2 * i + 1])))
        }
    )*};
}

pairwise! {
    i16x8_extadd_pairwise_i8x16_s to_i8x16 from_i16x8 i16;
    i16x8_extadd_pairwise_i8x16_u to_u8x16 from_u16x8 u16;
    i32x4_extadd_pairwise_i16x8_s to_i16x8 from_i32x4 i32;
    i32x4_extadd_pairwise_i16x8_u to_u16x8 from_u32x4 u32;
}

/// Sums of the products of neighbouring lanes, wrapping.
#[inline(always)]
#[must_use]
pub fn i32x4_dot_i16x8_s(a: V128, b: V128) -> V128 {
    // Both numbers of a pair from the 32-bit lane that they make: a form that becomes multiply-and-add instructions.
    let even = |lane: i32| (lane << 16) >> 16;
    let odd = |lane: i32| lane >> 16;
    V128::from_i32x4(zip(a.to_i32x4(), b.to_i32x4(), 0, |a, b| {
        (even(a) * even(b)).wrapping_add(odd(a) * odd(b))
    }))
}

/// Sums of the products of neighbouring lanes, both signed, wrapping: `i16x8.relaxed_dot_i8x16_i7x16_s`.
#[inline(always)]
#[must_use]
pub fn i16x8_dot_i8x16_s(a: V128, b: V128) -> V128 {
    let (a, b) = (a.to_i8x16(), b.to_i8x16());
    let product = |i: usize| i16::from(a[i]) * i16::from(b[i]);
    V128::from_i16x8(core::array::from_fn(|i| {
        product(2 * i).wrapping_add(product(2 * i + 1))
    }))
}

/// Sums of neighbouring lanes of [`i16x8_dot_i8x16_s`], plus `c`, wrapping: `i32x4.relaxed_dot_i8x16_i7x16_add_s`.
#[inline(always)]
#[must_use]
pub fn i32x4_dot_i8x16_add_s(a: V128, b: V128, c: V128) -> V128 {
    i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_dot_i8x16_s(a, b)), c)
}
