//! Edge values, and agreement of the written-out rounding with the independent one of `libm`.

use super::*;

const CANONICAL_32: u32 = 0x7fc0_0000;
const CANONICAL_64: u64 = 0x7ff8_0000_0000_0000;

/// Floats around everything that rounding and conversion treat specially, and pseudo-random bit patterns.
fn floats64() -> impl Iterator<Item = f64> {
    let edges = [
        0.0,
        0.25,
        0.5,
        0.75,
        1.0,
        1.5,
        2.5,
        3.5,
        1e-300,
        5e-324,
        127.5,
        8388607.5,
        8388608.0,
        2147483647.0,
        2147483647.5,
        2147483648.0,
        2147483649.0,
        4294967295.0,
        4294967295.9,
        4294967296.0,
        4503599627370495.5,
        4503599627370496.0,
        4503599627370497.0,
        9007199254740993.0,
        9223372036854774784.0,
        9223372036854775808.0,
        18446744073709549568.0,
        18446744073709551616.0,
        1e300,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let random = core::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    let wild = random.take(20_000).map(f64::from_bits);
    // Exponents where a fraction exists, which few random patterns have.
    let fractional = random
        .take(20_000)
        .map(|bits| f64::from_bits((bits & 0x800f_ffff_ffff_ffff) | ((1000 + bits % 80) << 52)));
    edges
        .into_iter()
        .flat_map(|x| [x, -x])
        .chain(wild)
        .chain(fractional)
}

fn floats32() -> impl Iterator<Item = f32> {
    floats64()
        .map(|x| x as f32)
        .chain(floats64().map(|x| f32::from_bits(x.to_bits() as u32)))
}

fn same64(ours: f64, reference: f64, of: f64) {
    let expected = if reference.is_nan() {
        CANONICAL_64
    } else {
        reference.to_bits()
    };
    assert_eq!(ours.to_bits(), expected, "of {of:?} ({:#x})", of.to_bits());
}

fn same32(ours: f32, reference: f32, of: f32) {
    let expected = if reference.is_nan() {
        CANONICAL_32
    } else {
        reference.to_bits()
    };
    assert_eq!(ours.to_bits(), expected, "of {of:?} ({:#x})", of.to_bits());
}

#[test]
fn rounding_agrees_with_libm() {
    for x in floats64() {
        for (ours, reference) in [
            (f64_ceil(x), libm::ceil(x)),
            (f64_software::ceil(x), libm::ceil(x)),
            (f64_floor(x), libm::floor(x)),
            (f64_software::floor(x), libm::floor(x)),
            (f64_trunc(x), libm::trunc(x)),
            (f64_software::trunc(x), libm::trunc(x)),
            (f64_nearest(x), libm::rint(x)),
            (f64_software::nearest(x), libm::rint(x)),
            (f64_sqrt(x), libm::sqrt(x)),
        ] {
            same64(ours, reference, x);
        }
    }
    for x in floats32() {
        for (ours, reference) in [
            (f32_ceil(x), libm::ceilf(x)),
            (f32_software::ceil(x), libm::ceilf(x)),
            (f32_floor(x), libm::floorf(x)),
            (f32_software::floor(x), libm::floorf(x)),
            (f32_trunc(x), libm::truncf(x)),
            (f32_software::trunc(x), libm::truncf(x)),
            (f32_nearest(x), libm::rintf(x)),
            (f32_software::nearest(x), libm::rintf(x)),
            (f32_sqrt(x), libm::sqrtf(x)),
        ] {
            same32(ours, reference, x);
        }
    }
}

#[cfg(feature = "std")]
#[test]
fn rounding_agrees_with_the_standard_library() {
    for x in floats64() {
        same64(f64_software::ceil(x), x.ceil(), x);
        same64(f64_software::floor(x), x.floor(), x);
        same64(f64_software::trunc(x), x.trunc(), x);
        same64(f64_software::nearest(x), x.round_ties_even(), x);
    }
    for x in floats32() {
        same32(f32_software::ceil(x), x.ceil(), x);
        same32(f32_software::floor(x), x.floor(), x);
        same32(f32_software::trunc(x), x.trunc(), x);
        same32(f32_software::nearest(x), x.round_ties_even(), x);
    }
}

#[test]
fn zeros_keep_their_sign() {
    assert!(f64_ceil(-0.5).is_sign_negative());
    assert!(f64_trunc(-0.5).is_sign_negative());
    assert!(f64_nearest(-0.5).is_sign_negative());
    assert!(f32_floor(-0.0).is_sign_negative());
    assert!(f32_floor(0.5).is_sign_positive());
    assert!(f32_sqrt(-0.0).is_sign_negative());
}

#[test]
fn minimum_and_maximum() {
    assert_eq!(f64_min(-0.0, 0.0).to_bits(), (-0.0_f64).to_bits());
    assert_eq!(f64_min(0.0, -0.0).to_bits(), (-0.0_f64).to_bits());
    assert_eq!(f64_max(-0.0, 0.0).to_bits(), 0);
    assert_eq!(f32_max(0.0, -0.0).to_bits(), 0);
    assert_eq!(f32_min(1.0, 2.0), 1.0);
    assert_eq!(f32_min(2.0, 1.0), 1.0);
    assert_eq!(f32_max(1.0, 2.0), 2.0);
    assert_eq!(f32_max(-1.0, f32::NEG_INFINITY), -1.0);
    let odd_nan = f64::from_bits(0xfff0_0000_0000_0123);
    assert_eq!(f64_min(odd_nan, 1.0).to_bits(), CANONICAL_64);
    assert_eq!(f64_max(1.0, odd_nan).to_bits(), CANONICAL_64);
    assert_eq!(f32_min(1.0, -f32::NAN).to_bits(), CANONICAL_32);
    assert_eq!(f32_max(-f32::NAN, f32::NAN).to_bits(), CANONICAL_32);
}

#[test]
fn copysign_moves_only_the_sign() {
    assert_eq!(f32_copysign(1.5, -0.0), -1.5);
    assert_eq!(f64_copysign(-1.5, 2.0), 1.5);
    let nan = f64::from_bits(0x7ff0_0000_0000_0001);
    assert_eq!(f64_copysign(nan, -1.0).to_bits(), 0xfff0_0000_0000_0001);
}

#[test]
fn division() {
    assert_eq!(i32_div_s(-7_i32 as u32, 2), Ok(-3_i32 as u32));
    assert_eq!(i32_div_s(1, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i32_div_s(0x8000_0000, u32::MAX), Err(Trap::IntegerOverflow));
    assert_eq!(i32_div_u(0x8000_0000, u32::MAX), Ok(0));
    assert_eq!(i32_div_u(1, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i32_rem_s(0x8000_0000, u32::MAX), Ok(0));
    assert_eq!(i32_rem_s(-7_i32 as u32, 2), Ok(-1_i32 as u32));
    assert_eq!(i32_rem_s(1, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i32_rem_u(7, 4), Ok(3));
    assert_eq!(i32_rem_u(7, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i64_div_s(1 << 63, u64::MAX), Err(Trap::IntegerOverflow));
    assert_eq!(i64_div_s(9, -2_i64 as u64), Ok(-4_i64 as u64));
    assert_eq!(i64_div_u(u64::MAX, 2), Ok(u64::MAX / 2));
    assert_eq!(i64_rem_s(1 << 63, u64::MAX), Ok(0));
    assert_eq!(i64_rem_u(9, 0), Err(Trap::IntegerDivideByZero));
}

#[test]
fn shifts_take_the_distance_modulo_the_width() {
    assert_eq!(i32_shl(1, 33), 2);
    assert_eq!(i32_shr_s(0x8000_0000, 63), u32::MAX);
    assert_eq!(i32_shr_u(0x8000_0000, 31 + 32), 1);
    assert_eq!(i32_rotl(0x8000_0001, 33), 3);
    assert_eq!(i32_rotr(3, 1), 0x8000_0001);
    assert_eq!(i64_shl(1, 64 + 63), 1 << 63);
    assert_eq!(i64_shr_s(1 << 63, 127), u64::MAX);
    assert_eq!(i64_shr_u(1 << 63, 127), 1);
    assert_eq!(i64_rotl(1 << 63, 65), 1 | (1 << 63) >> 63);
    assert_eq!(i64_rotr(1, (1 << 32) + 1), 1 << 63);
}

/// Conversions against exact arithmetic in `i128`, for every edge and random float.
#[test]
fn conversions_agree_with_wide_integers() {
    fn expect(x: f64, low: i128, high: i128) -> (Result<i128, Trap>, i128) {
        if x.is_nan() {
            return (Err(Trap::InvalidConversionToInteger), 0);
        }
        let whole = x as i128;
        let trapping = if whole < low || whole > high {
            Err(Trap::IntegerOverflow)
        } else {
            Ok(whole)
        };
        (trapping, whole.clamp(low, high))
    }
    let i32s = (i128::from(i32::MIN), i128::from(i32::MAX));
    let i64s = (i128::from(i64::MIN), i128::from(i64::MAX));
    let u32s = (0, i128::from(u32::MAX));
    let u64s = (0, i128::from(u64::MAX));
    let narrow = |result: (Result<i128, Trap>, i128)| (result.0.map(|v| v as u32), result.1 as u32);
    let wide = |result: (Result<i128, Trap>, i128)| (result.0.map(|v| v as u64), result.1 as u64);
    for x in floats64() {
        assert_eq!(
            (i32_trunc_f64_s(x), i32_trunc_sat_f64_s(x)),
            narrow(expect(x, i32s.0, i32s.1)),
            "{x}"
        );
        assert_eq!(
            (i32_trunc_f64_u(x), i32_trunc_sat_f64_u(x)),
            narrow(expect(x, u32s.0, u32s.1)),
            "{x}"
        );
        assert_eq!(
            (i64_trunc_f64_s(x), i64_trunc_sat_f64_s(x)),
            wide(expect(x, i64s.0, i64s.1)),
            "{x}"
        );
        assert_eq!(
            (i64_trunc_f64_u(x), i64_trunc_sat_f64_u(x)),
            wide(expect(x, u64s.0, u64s.1)),
            "{x}"
        );
    }
    for x in floats32() {
        let w = f64::from(x);
        assert_eq!(
            (i32_trunc_f32_s(x), i32_trunc_sat_f32_s(x)),
            narrow(expect(w, i32s.0, i32s.1)),
            "{x}"
        );
        assert_eq!(
            (i32_trunc_f32_u(x), i32_trunc_sat_f32_u(x)),
            narrow(expect(w, u32s.0, u32s.1)),
            "{x}"
        );
        assert_eq!(
            (i64_trunc_f32_s(x), i64_trunc_sat_f32_s(x)),
            wide(expect(w, i64s.0, i64s.1)),
            "{x}"
        );
        assert_eq!(
            (i64_trunc_f32_u(x), i64_trunc_sat_f32_u(x)),
            wide(expect(w, u64s.0, u64s.1)),
            "{x}"
        );
    }
}
