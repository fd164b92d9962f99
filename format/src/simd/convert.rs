//! Conversions between integers and floats, and between floats.

use super::{V128, map};

/// Each float as a signed integer, rounded towards zero, saturated; 0 for NaN.
#[inline(always)]
#[must_use]
pub fn i32x4_trunc_sat_f32x4_s(a: V128) -> V128 {
    V128::from_i32x4(map(a.to_f32x4(), 0, |a| a as i32))
}

/// Each float as an unsigned integer, rounded towards zero, saturated; 0 for NaN.
#[inline(always)]
#[must_use]
pub fn i32x4_trunc_sat_f32x4_u(a: V128) -> V128 {
    V128::from_u32x4(map(a.to_f32x4(), 0, |a| a as u32))
}

/// The floats as signed integers, rounded towards zero, saturated, 0 for NaN; then zeros.
#[inline(always)]
#[must_use]
pub fn i32x4_trunc_sat_f64x2_s_zero(a: V128) -> V128 {
    let [low, high] = a.to_f64x2();
    V128::from_i32x4([low as i32, high as i32, 0, 0])
}

/// The floats as unsigned integers, rounded towards zero, saturated, 0 for NaN; then zeros.
#[inline(always)]
#[must_use]
pub fn i32x4_trunc_sat_f64x2_u_zero(a: V128) -> V128 {
    let [low, high] = a.to_f64x2();
    V128::from_u32x4([low as u32, high as u32, 0, 0])
}

/// Each signed integer as a float, rounded to the nearest.
#[inline(always)]
#[must_use]
pub fn f32x4_convert_i32x4_s(a: V128) -> V128 {
    V128::from_f32x4(map(a.to_i32x4(), 0.0, |a| a as f32))
}

/// Each unsigned integer as a float, rounded to the nearest.
#[inline(always)]
#[must_use]
pub fn f32x4_convert_i32x4_u(a: V128) -> V128 {
    V128::from_f32x4(map(a.to_u32x4(), 0.0, |a| a as f32))
}

/// The lower two signed integers as floats.
#[inline(always)]
#[must_use]
pub fn f64x2_convert_low_i32x4_s(a: V128) -> V128 {
    let [a, b, ..] = a.to_i32x4();
    V128::from_f64x2([f64::from(a), f64::from(b)])
}

/// The lower two unsigned integers as floats.
#[inline(always)]
#[must_use]
pub fn f64x2_convert_low_i32x4_u(a: V128) -> V128 {
    let [a, b, ..] = a.to_u32x4();
    V128::from_f64x2([f64::from(a), f64::from(b)])
}

/// The floats, rounded to the nearest of half the width; then zeros.
#[inline(always)]
#[must_use]
pub fn f32x4_demote_f64x2_zero(a: V128) -> V128 {
    let [low, high] = a.to_f64x2();
    V128::from_f32x4([low as f32, high as f32, 0.0, 0.0])
}

/// The lower two floats.
#[inline(always)]
#[must_use]
pub fn f64x2_promote_low_f32x4(a: V128) -> V128 {
    let [a, b, ..] = a.to_f32x4();
    V128::from_f64x2([f64::from(a), f64::from(b)])
}
