//! Operators that move lanes: into vectors, out of them, and around in them; and masks of lanes.

use super::V128;

/// The lanes of `a` that `b` numbers; 0 for numbers from 16 on.
#[inline(always)]
#[must_use]
pub fn i8x16_swizzle(a: V128, b: V128) -> V128 {
    let a = a.to_u8x16();
    // Numbers beyond 15 get their top bit set without branches; then that bit alone decides.
    let lanes = b.to_u8x16().map(|lane| lane.saturating_add(0x70));
    V128::from_u8x16(lanes.map(|lane| {
        let kept = (lane >> 7).wrapping_sub(1);
        a[usize::from(lane & 15)] & kept
    }))
}

/// The lanes of `a`, then of `b`, that `lanes` numbers, modulo 32.
#[inline(always)]
#[must_use]
pub fn i8x16_shuffle(a: V128, b: V128, lanes: V128) -> V128 {
    let mut all = [0; 32];
    all[..16].copy_from_slice(&a.to_u8x16());
    all[16..].copy_from_slice(&b.to_u8x16());
    V128::from_u8x16(lanes.to_u8x16().map(|lane| all[usize::from(lane & 31)]))
}

macro_rules! per_type {
    ($ty:ty, $to:ident, $from:ident, $count:literal; $splat:ident $replace:ident) => {
        /// A vector whose lanes all are the low bits of `value`.
        #[inline(always)]
        #[must_use]
        pub fn $splat(value: u64) -> V128 {
            V128::$from([value as $ty; $count])
        }

        /// `a` with the low bits of `value` in a lane, whose number counts modulo the number of lanes.
        #[inline(always)]
        #[must_use]
        pub fn $replace(a: V128, value: u64, lane: u16) -> V128 {
            let mut lanes = a.$to();
            lanes[usize::from(lane) % $count] = value as $ty;
            V128::$from(lanes)
        }
    };
}

per_type!(u8, to_u8x16, from_u8x16, 16; i8x16_splat i8x16_replace_lane);
per_type!(u16, to_u16x8, from_u16x8, 8; i16x8_splat i16x8_replace_lane);
per_type!(u32, to_u32x4, from_u32x4, 4; i32x4_splat i32x4_replace_lane);
per_type!(u64, to_u64x2, from_u64x2, 2; i64x2_splat i64x2_replace_lane);

macro_rules! extract {
    ($($name:ident $to:ident, $count:literal, |$lane:ident| $slot:expr;)*) => {$(
        /// The slot with a lane, whose number counts modulo the number of lanes. A lane below 32 bits becomes an i32.
        #[inline(always)]
        #[must_use]
        pub fn $name(a: V128, lane: u16) -> u64 {
            let $lane = a.$to()[usize::from(lane) % $count];
            $slot
        }
    )*};
}

extract! {
    i8x16_extract_lane_s to_i8x16, 16, |lane| u64::from(i32::from(lane) as u32);
    i8x16_extract_lane_u to_u8x16, 16, |lane| u64::from(lane);
    i16x8_extract_lane_s to_i16x8, 8, |lane| u64::from(i32::from(lane) as u32);
    i16x8_extract_lane_u to_u16x8, 8, |lane| u64::from(lane);
    i32x4_extract_lane to_u32x4, 4, |lane| u64::from(lane);
    i64x2_extract_lane to_u64x2, 2, |lane| lane;
}

/// The signs of the lanes of `width` bits: a multiplication brings those of a half together at the top, and no other bit there.
#[inline(always)]
fn gather(a: V128, signs: u64, width: u32, factor: u64) -> u32 {
    let count = 64 / width;
    let half = |bits: u64| {
        let ones = (bits & signs) >> (width - 1);
        (ones.wrapping_mul(factor) >> (64 - width)) as u32 & ((1 << count) - 1)
    };
    let [low, high] = a.to_u64x2();
    half(low) | half(high) << count
}

/// A bit for each lane: its sign.
#[inline(always)]
#[must_use]
pub fn i8x16_bitmask(a: V128) -> u32 {
    // Bit 8 i times 2^(56 - 7 i) is bit 56 + i.
    gather(a, 0x8080_8080_8080_8080, 8, 0x0102_0408_1020_4080)
}

/// A bit for each lane: its sign.
#[inline(always)]
#[must_use]
pub fn i16x8_bitmask(a: V128) -> u32 {
    // Bit 16 i times 2^(48 - 15 i) is bit 48 + i.
    gather(a, 0x8000_8000_8000_8000, 16, 0x0001_0002_0004_0008)
}

/// A bit for each lane: its sign.
#[inline(always)]
#[must_use]
pub fn i32x4_bitmask(a: V128) -> u32 {
    let [a, b, c, d] = a.to_u32x4().map(|lane| lane >> 31);
    a | b << 1 | c << 2 | d << 3
}

/// A bit for each lane: its sign.
#[inline(always)]
#[must_use]
pub fn i64x2_bitmask(a: V128) -> u32 {
    let [low, high] = a.to_u64x2().map(|lane| (lane >> 63) as u32);
    low | high << 1
}
