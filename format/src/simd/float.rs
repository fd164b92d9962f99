//! Float arithmetic, lane by lane, with the semantics of [`crate::num`].
//!
//! `abs` and `neg` work on bits: they keep the payload of a NaN.

use super::{V128, map, zip};
use crate::num;

macro_rules! per_type {
    ($float:ty, $bits:ty, $int:ty, $to:ident, $from:ident, $to_bits:ident, $from_bits:ident;
     $abs:ident $neg:ident $sqrt:ident $ceil:ident $floor:ident $trunc:ident $nearest:ident
     $add:ident $sub:ident $mul:ident $div:ident $min:ident $max:ident $pmin:ident $pmax:ident
     $eq:ident $ne:ident $lt:ident $le:ident $mul_add:ident $sub_mul:ident;
     $num_sqrt:ident $num_ceil:ident $num_floor:ident $num_trunc:ident $num_nearest:ident) => {
        /// Without signs.
        #[inline(always)]
        #[must_use]
        pub fn $abs(a: V128) -> V128 {
            V128::$from_bits(map(a.$to_bits(), 0, |a| a & (<$bits>::MAX >> 1)))
        }

        /// With the signs turned.
        #[inline(always)]
        #[must_use]
        pub fn $neg(a: V128) -> V128 {
            V128::$from_bits(map(a.$to_bits(), 0, |a| a ^ !(<$bits>::MAX >> 1)))
        }

        per_type! { @unary $to $from
            /// Square roots.
            $sqrt $num_sqrt;
            /// Rounded up.
            $ceil $num_ceil;
            /// Rounded down.
            $floor $num_floor;
            /// Rounded towards zero.
            $trunc $num_trunc;
            /// Rounded to the nearest integer, ties to even.
            $nearest $num_nearest;
        }

        per_type! { @binary $to $from
            /// Sums.
            $add |a, b| a + b;
            /// Differences.
            $sub |a, b| a - b;
            /// Products.
            $mul |a, b| a * b;
            /// Quotients.
            $div |a, b| a / b;
            /// `b` where it is less than `a`, else `a`.
            $pmin |a, b| if b < a { b } else { a };
            /// `b` where it is greater than `a`, else `a`.
            $pmax |a, b| if a < b { b } else { a };
        }

        /// The lesser numbers; the canonical NaN where there is a NaN; -0 before 0.
        #[inline(always)]
        #[must_use]
        pub fn $min(a: V128, b: V128) -> V128 {
            // Both orders differ only in equal numbers and NaNs: zeros of either sign give the one with a sign, equal bits themselves.
            let (x, y) = ($pmin(a, b), $pmin(b, a));
            canonical_or!($bits, $float, $to_bits, $from_bits, $ne, a, b, super::v128_or(x, y))
        }

        /// The greater numbers; the canonical NaN where there is a NaN; 0 before -0.
        #[inline(always)]
        #[must_use]
        pub fn $max(a: V128, b: V128) -> V128 {
            let (x, y) = ($pmax(a, b), $pmax(b, a));
            canonical_or!($bits, $float, $to_bits, $from_bits, $ne, a, b, super::v128_and(x, y))
        }

        per_type! { @compare $bits, $to $from_bits
            /// All bits of the lanes that are equal.
            $eq |a, b| a == b;
            /// All bits of the lanes that are not equal.
            $ne |a, b| a != b;
            /// All bits of the lanes whose first number is less.
            $lt |a, b| a < b;
            /// All bits of the lanes whose first number is less or equal.
            $le |a, b| a <= b;
        }

        /// `a * b + c`, rounded after each operation: `relaxed_madd`.
        #[inline(always)]
        #[must_use]
        pub fn $mul_add(a: V128, b: V128, c: V128) -> V128 {
            $add($mul(a, b), c)
        }

        /// `c - a * b`, rounded after each operation: `relaxed_nmadd`.
        #[inline(always)]
        #[must_use]
        pub fn $sub_mul(a: V128, b: V128, c: V128) -> V128 {
            $sub(c, $mul(a, b))
        }
    };
    (@unary $to:ident $from:ident $($(#[$doc:meta])* $name:ident $num:ident;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128) -> V128 {
            V128::$from(map(a.$to(), 0.0, num::$num))
        }
    )*};
    (@binary $to:ident $from:ident $($(#[$doc:meta])* $name:ident |$a:ident, $b:ident| $e:expr;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128, b: V128) -> V128 {
            V128::$from(zip(a.$to(), b.$to(), 0.0, |$a, $b| $e))
        }
    )*};
    (@compare $bits:ty, $to:ident $from:ident $($(#[$doc:meta])* $name:ident |$a:ident, $b:ident| $e:expr;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128, b: V128) -> V128 {
            V128::$from(zip(a.$to(), b.$to(), 0, |$a, $b| <$bits>::from($e).wrapping_neg()))
        }
    )*};
}

/// `$otherwise` where neither operand is a NaN, else the canonical NaN.
macro_rules! canonical_or {
    ($bits:ty, $float:ty, $to_bits:ident, $from_bits:ident, $ne:ident, $a:ident, $b:ident, $otherwise:expr) => {{
        const NAN: V128 = V128::$from_bits([CANONICAL as $bits << (<$bits>::BITS - 16); 16 / size_of::<$bits>()]);
        /// Sign, exponent and the first bits of the fraction of the canonical NaN, as far as 16 bits go.
        const CANONICAL: u16 = if <$bits>::BITS == 32 { 0x7fc0 } else { 0x7ff8 };
        let nan = super::v128_or($ne($a, $a), $ne($b, $b));
        super::v128_bitselect(NAN, $otherwise, nan)
    }};
}

per_type!(
    f32, u32, i32, to_f32x4, from_f32x4, to_u32x4, from_u32x4;
    f32x4_abs f32x4_neg f32x4_sqrt f32x4_ceil f32x4_floor f32x4_trunc f32x4_nearest
    f32x4_add f32x4_sub f32x4_mul f32x4_div f32x4_min f32x4_max f32x4_pmin f32x4_pmax
    f32x4_eq f32x4_ne f32x4_lt f32x4_le f32x4_mul_add f32x4_sub_mul;
    f32_sqrt f32_ceil f32_floor f32_trunc f32_nearest
);
per_type!(
    f64, u64, i64, to_f64x2, from_f64x2, to_u64x2, from_u64x2;
    f64x2_abs f64x2_neg f64x2_sqrt f64x2_ceil f64x2_floor f64x2_trunc f64x2_nearest
    f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_min f64x2_max f64x2_pmin f64x2_pmax
    f64x2_eq f64x2_ne f64x2_lt f64x2_le f64x2_mul_add f64x2_sub_mul;
    f64_sqrt f64_ceil f64_floor f64_trunc f64_nearest
);
