//! The numeric semantics of WebAssembly (spec 4.3), written once: pure functions used by the VM's handlers and by the compiler's
//! constant folding, so that a folded result equals an executed one bit for bit.
//!
//! Input and output: plain numbers. Integers are unsigned bit patterns, as slots hold them; signedness is in the name.
//!
//! Invariants:
//! - Where this file makes a NaN (`min`, `max`, rounding, `sqrt`) it is the canonical one, positive and quiet, on every machine.
//! - Rounding gives the same bits with and without the feature `std`, and whether or not the target has an instruction for it.
//! - Nothing here panics. A trap is an `Err`.
//!
//! Operators that Rust has with exactly the meaning of Wasm (wrapping addition, comparison, `f64` arithmetic, `as` from integers
//! to floats) are not wrapped here. The NaN bits of float *arithmetic* are the host's: folding it is only right when no NaN results.

use crate::trap::Trap;

macro_rules! integer {
    ($unsigned:ty, $signed:ty, $div_s:ident, $div_u:ident, $rem_s:ident, $rem_u:ident, $shl:ident, $shr_s:ident, $shr_u:ident,
     $rotl:ident, $rotr:ident) => {
        /// Signed quotient, rounded towards zero.
        ///
        /// # Errors
        /// [`Trap::IntegerDivideByZero`]; [`Trap::IntegerOverflow`] for the smallest number divided by -1.
        #[inline(always)]
        pub const fn $div_s(lhs: $unsigned, rhs: $unsigned) -> Result<$unsigned, Trap> {
            let (lhs, rhs) = (lhs as $signed, rhs as $signed);
            if rhs == 0 {
                return Err(Trap::IntegerDivideByZero);
            }
            match lhs.checked_div(rhs) {
                Some(quotient) => Ok(quotient as $unsigned),
                None => Err(Trap::IntegerOverflow),
            }
        }

        /// Unsigned quotient.
        ///
        /// # Errors
        /// [`Trap::IntegerDivideByZero`].
        #[inline(always)]
        pub const fn $div_u(lhs: $unsigned, rhs: $unsigned) -> Result<$unsigned, Trap> {
            match lhs.checked_div(rhs) {
                Some(quotient) => Ok(quotient),
                None => Err(Trap::IntegerDivideByZero),
            }
        }

        /// Signed remainder, with the sign of `lhs`. The smallest number modulo -1 is 0.
        ///
        /// # Errors
        /// [`Trap::IntegerDivideByZero`].
        #[inline(always)]
        pub const fn $rem_s(lhs: $unsigned, rhs: $unsigned) -> Result<$unsigned, Trap> {
            if rhs == 0 {
                return Err(Trap::IntegerDivideByZero);
            }
            Ok((lhs as $signed).wrapping_rem(rhs as $signed) as $unsigned)
        }

        /// Unsigned remainder.
        ///
        /// # Errors
        /// [`Trap::IntegerDivideByZero`].
        #[inline(always)]
        pub const fn $rem_u(lhs: $unsigned, rhs: $unsigned) -> Result<$unsigned, Trap> {
            match lhs.checked_rem(rhs) {
                Some(remainder) => Ok(remainder),
                None => Err(Trap::IntegerDivideByZero),
            }
        }

        /// Shift left by `rhs` modulo the width.
        #[inline(always)]
        #[must_use]
        pub const fn $shl(lhs: $unsigned, rhs: $unsigned) -> $unsigned {
            lhs.wrapping_shl(rhs as u32)
        }

        /// Arithmetic shift right by `rhs` modulo the width.
        #[inline(always)]
        #[must_use]
        pub const fn $shr_s(lhs: $unsigned, rhs: $unsigned) -> $unsigned {
            (lhs as $signed).wrapping_shr(rhs as u32) as $unsigned
        }

        /// Logical shift right by `rhs` modulo the width.
        #[inline(always)]
        #[must_use]
        pub const fn $shr_u(lhs: $unsigned, rhs: $unsigned) -> $unsigned {
            lhs.wrapping_shr(rhs as u32)
        }

        /// Rotation left by `rhs` modulo the width.
        #[inline(always)]
        #[must_use]
        pub const fn $rotl(lhs: $unsigned, rhs: $unsigned) -> $unsigned {
            lhs.rotate_left(rhs as u32 % <$unsigned>::BITS)
        }

        /// Rotation right by `rhs` modulo the width.
        #[inline(always)]
        #[must_use]
        pub const fn $rotr(lhs: $unsigned, rhs: $unsigned) -> $unsigned {
            lhs.rotate_right(rhs as u32 % <$unsigned>::BITS)
        }
    };
}

integer!(
    u32, i32, i32_div_s, i32_div_u, i32_rem_s, i32_rem_u, i32_shl, i32_shr_s, i32_shr_u, i32_rotl,
    i32_rotr
);
integer!(
    u64, i64, i64_div_s, i64_div_u, i64_rem_s, i64_rem_u, i64_shl, i64_shr_s, i64_shr_u, i64_rotl,
    i64_rotr
);

/// High half of the product of two signed numbers (wide arithmetic, `i64.mul_wide_s`).
#[must_use]
#[inline(always)]
pub const fn i64_mul_high_s(a: u64, b: u64) -> u64 {
    // 64 bits times 64 bits fit 128.
    ((a as i64 as i128).wrapping_mul(b as i64 as i128) >> 64) as u64
}

/// High half of the product of two unsigned numbers (wide arithmetic, `i64.mul_wide_u`).
#[must_use]
#[inline(always)]
pub const fn i64_mul_high_u(a: u64, b: u64) -> u64 {
    ((a as u128).wrapping_mul(b as u128) >> 64) as u64
}

/// Whether the target rounds floats in one instruction, so that the standard library's function is inlined to it.
#[cfg(feature = "std")]
const ROUNDS_IN_HARDWARE: bool = cfg!(any(target_feature = "sse4.1", target_arch = "aarch64"));

macro_rules! float {
    ($float:ty, $bits:ty, $int:ty, $mantissa_bits:literal, $sqrt_libm:path, $min:ident, $max:ident, $copysign:ident, $ceil:ident,
     $floor:ident, $trunc:ident, $nearest:ident, $sqrt:ident, $software:ident) => {
        /// The smaller operand; -0 is smaller than +0, and a NaN operand gives the canonical NaN.
        #[inline(always)]
        #[must_use]
        pub fn $min(lhs: $float, rhs: $float) -> $float {
            if lhs < rhs {
                lhs
            } else if rhs < lhs {
                rhs
            } else if lhs == rhs {
                <$float>::from_bits(lhs.to_bits() | rhs.to_bits())
            } else {
                <$float>::from_bits($software::CANONICAL)
            }
        }

        /// The larger operand; +0 is larger than -0, and a NaN operand gives the canonical NaN.
        #[inline(always)]
        #[must_use]
        pub fn $max(lhs: $float, rhs: $float) -> $float {
            if lhs > rhs {
                lhs
            } else if rhs > lhs {
                rhs
            } else if lhs == rhs {
                <$float>::from_bits(lhs.to_bits() & rhs.to_bits())
            } else {
                <$float>::from_bits($software::CANONICAL)
            }
        }

        /// `lhs` with the sign of `rhs`, NaN or not.
        #[inline(always)]
        #[must_use]
        pub const fn $copysign(lhs: $float, rhs: $float) -> $float {
            const SIGN: $bits = 1 << (<$bits>::BITS - 1);
            <$float>::from_bits((lhs.to_bits() & !SIGN) | (rhs.to_bits() & SIGN))
        }

        /// The nearest integer not below `x`.
        #[inline(always)]
        #[must_use]
        pub fn $ceil(x: $float) -> $float {
            #[cfg(feature = "std")]
            if ROUNDS_IN_HARDWARE {
                return $software::canonical(x.ceil());
            }
            $software::ceil(x)
        }

        /// The nearest integer not above `x`.
        #[inline(always)]
        #[must_use]
        pub fn $floor(x: $float) -> $float {
            #[cfg(feature = "std")]
            if ROUNDS_IN_HARDWARE {
                return $software::canonical(x.floor());
            }
            $software::floor(x)
        }

        /// `x` without its fraction.
        #[inline(always)]
        #[must_use]
        pub fn $trunc(x: $float) -> $float {
            #[cfg(feature = "std")]
            if ROUNDS_IN_HARDWARE {
                return $software::canonical(x.trunc());
            }
            $software::trunc(x)
        }

        /// The nearest integer, the even one of two equally near.
        #[inline(always)]
        #[must_use]
        pub fn $nearest(x: $float) -> $float {
            #[cfg(feature = "std")]
            if ROUNDS_IN_HARDWARE {
                return $software::canonical(x.round_ties_even());
            }
            $software::nearest(x)
        }

        /// The square root, correctly rounded; the canonical NaN below zero.
        #[inline(always)]
        #[must_use]
        pub fn $sqrt(x: $float) -> $float {
            #[cfg(feature = "std")]
            let root = x.sqrt();
            #[cfg(not(feature = "std"))]
            let root = $sqrt_libm(x);
            $software::canonical(root)
        }

        /// Rounding without a rounding instruction or a library call: short enough to be inlined into a handler.
        mod $software {
            use super::$copysign;

            /// From here on every number is an integer.
            const ALL_INTEGERS: $float = (1 as $int << $mantissa_bits) as $float;

            const INFINITY: $bits = <$float>::INFINITY.to_bits();
            /// The canonical NaN.
            pub(super) const CANONICAL: $bits = INFINITY | 1 << ($mantissa_bits - 1);

            /// `x`, or the canonical NaN for any NaN. Bit by bit: between floats the optimiser takes all NaNs for equal.
            #[inline(always)]
            pub(super) fn canonical(x: $float) -> $float {
                let bits = x.to_bits();
                let is_nan = bits & <$bits>::MAX >> 1 > INFINITY;
                <$float>::from_bits(if is_nan { CANONICAL } else { bits })
            }

            /// Whether `x` may have a fraction. False for NaN.
            #[inline(always)]
            fn may_have_fraction(x: $float) -> bool {
                $copysign(x, 1.0) < ALL_INTEGERS
            }

            #[inline(always)]
            pub(super) fn ceil(x: $float) -> $float {
                if !may_have_fraction(x) {
                    return canonical(x);
                }
                let whole = (x as $int) as $float;
                $copysign(if whole < x { whole + 1.0 } else { whole }, x)
            }

            #[inline(always)]
            pub(super) fn floor(x: $float) -> $float {
                if !may_have_fraction(x) {
                    return canonical(x);
                }
                let whole = (x as $int) as $float;
                $copysign(if whole > x { whole - 1.0 } else { whole }, x)
            }

            #[inline(always)]
            pub(super) fn trunc(x: $float) -> $float {
                if !may_have_fraction(x) {
                    return canonical(x);
                }
                $copysign((x as $int) as $float, x)
            }

            /// Adding and taking away 2^mantissa leaves the rounding to the addition, which rounds ties to even.
            #[inline(always)]
            pub(super) fn nearest(x: $float) -> $float {
                if !may_have_fraction(x) {
                    return canonical(x);
                }
                $copysign(($copysign(x, 1.0) + ALL_INTEGERS) - ALL_INTEGERS, x)
            }
        }
    };
}

float!(
    f32,
    u32,
    i32,
    23,
    libm::sqrtf,
    f32_min,
    f32_max,
    f32_copysign,
    f32_ceil,
    f32_floor,
    f32_trunc,
    f32_nearest,
    f32_sqrt,
    f32_software
);
float!(
    f64,
    u64,
    i64,
    52,
    libm::sqrt,
    f64_min,
    f64_max,
    f64_copysign,
    f64_ceil,
    f64_floor,
    f64_trunc,
    f64_nearest,
    f64_sqrt,
    f64_software
);

/// The trap of a conversion whose operand is out of range.
#[cold]
const fn conversion_trap(is_nan: bool) -> Trap {
    if is_nan {
        Trap::InvalidConversionToInteger
    } else {
        Trap::IntegerOverflow
    }
}

macro_rules! conversion {
    ($($trapping:ident, $saturating:ident: $float:ty => $int:ty as $slot:ty, $low:ident $low_bound:literal, $high_bound:literal;)*) => {
        $(
            /// The integer part of `x`.
            ///
            /// # Errors
            /// [`Trap::InvalidConversionToInteger`] for NaN, [`Trap::IntegerOverflow`] out of range.
            #[inline(always)]
            pub const fn $trapping(x: $float) -> Result<$slot, Trap> {
                if conversion!(@$low x, $low_bound) && x < $high_bound {
                    Ok(x as $int as $slot)
                } else {
                    Err(conversion_trap(x.is_nan()))
                }
            }

            /// The integer part of `x`, the nearest representable number out of range, 0 for NaN.
            #[inline(always)]
            #[must_use]
            pub const fn $saturating(x: $float) -> $slot {
                x as $int as $slot
            }
        )*
    };
    (@above $x:ident, $bound:literal) => { $x > $bound };
    (@from $x:ident, $bound:literal) => { $x >= $bound };
}

// The lower bound is the largest float that is too small (`above`), or the smallest integer where no float lies between it and
// the integer below (`from`).
conversion! {
    i32_trunc_f32_s, i32_trunc_sat_f32_s: f32 => i32 as u32, from -2147483648.0, 2147483648.0;
    i32_trunc_f32_u, i32_trunc_sat_f32_u: f32 => u32 as u32, above -1.0, 4294967296.0;
    i32_trunc_f64_s, i32_trunc_sat_f64_s: f64 => i32 as u32, above -2147483649.0, 2147483648.0;
    i32_trunc_f64_u, i32_trunc_sat_f64_u: f64 => u32 as u32, above -1.0, 4294967296.0;
    i64_trunc_f32_s, i64_trunc_sat_f32_s: f32 => i64 as u64, from -9223372036854775808.0, 9223372036854775808.0;
    i64_trunc_f32_u, i64_trunc_sat_f32_u: f32 => u64 as u64, above -1.0, 18446744073709551616.0;
    i64_trunc_f64_s, i64_trunc_sat_f64_s: f64 => i64 as u64, from -9223372036854775808.0, 9223372036854775808.0;
    i64_trunc_f64_u, i64_trunc_sat_f64_u: f64 => u64 as u64, above -1.0, 18446744073709551616.0;
}

#[cfg(test)]
mod tests;
