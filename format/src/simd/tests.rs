//! What is written in an unobvious form to become vector instructions, against the obvious one; and the order of lanes.

use super::*;
use crate::num;

/// Vectors with edge values of all types in all lanes, and many others.
fn vectors() -> impl Iterator<Item = V128> + Clone {
    const EDGES: [u64; 12] = [
        0,
        u64::MAX,
        0x8080_8080_8080_8080,
        0x7f7f_7f7f_7f7f_7f7f,
        0x8000_8000_8000_8000,
        0x7fff_7fff_7fff_7fff,
        0x8000_0000_8000_0000,
        0x8000_0000_0000_0000,
        0x7fc0_0000_ffc0_0000,
        0x7fa0_0001_7f80_0000,
        0x7ff0_0000_0000_0001,
        0x3f80_0000_bf80_0000,
    ];
    let mut state = 1u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let edges = EDGES.iter().flat_map(|&a| EDGES.map(|b| [a, b]));
    let edges: alloc::vec::Vec<_> = edges.collect();
    let others: alloc::vec::Vec<_> = (0..200).map(|_| [random(), random()]).collect();
    edges.into_iter().chain(others).map(V128::from_u64x2)
}

#[test]
fn lanes_are_in_the_order_of_memory() {
    let bytes: [u8; 16] = core::array::from_fn(|i| i as u8);
    let a = V128::from_bytes(bytes);
    assert_eq!(a.to_u16x8()[1], 0x0302);
    assert_eq!(a.to_u32x4()[3], 0x0f0e_0d0c);
    assert_eq!(a.to_u64x2()[0], 0x0706_0504_0302_0100);
    for back in [
        V128::from_i8x16(a.to_i8x16()),
        V128::from_i16x8(a.to_i16x8()),
        V128::from_f32x4(a.to_f32x4()),
        V128::from_f64x2(a.to_f64x2()),
    ] {
        assert_eq!(back.to_bytes(), bytes);
    }
}

#[test]
fn masks_are_the_signs() {
    fn signs(lanes: impl IntoIterator<Item = bool>) -> u32 {
        let lanes = lanes.into_iter().enumerate();
        lanes.fold(0, |mask, (i, negative)| mask | u32::from(negative) << i)
    }
    for a in vectors() {
        assert_eq!(i8x16_bitmask(a), signs(a.to_i8x16().map(|it| it < 0)));
        assert_eq!(i16x8_bitmask(a), signs(a.to_i16x8().map(|it| it < 0)));
        assert_eq!(i32x4_bitmask(a), signs(a.to_i32x4().map(|it| it < 0)));
        assert_eq!(i64x2_bitmask(a), signs(a.to_i64x2().map(|it| it < 0)));
    }
}

#[test]
fn least_and_greatest_floats_are_those_of_scalars() {
    for a in vectors() {
        for b in vectors().step_by(7) {
            let each32 = |f: fn(f32, f32) -> f32| {
                zip(a.to_f32x4(), b.to_f32x4(), 0, |a, b| f(a, b).to_bits())
            };
            assert_eq!(f32x4_min(a, b).to_u32x4(), each32(num::f32_min));
            assert_eq!(f32x4_max(a, b).to_u32x4(), each32(num::f32_max));
            let each64 = |f: fn(f64, f64) -> f64| {
                zip(a.to_f64x2(), b.to_f64x2(), 0, |a, b| f(a, b).to_bits())
            };
            assert_eq!(f64x2_min(a, b).to_u64x2(), each64(num::f64_min));
            assert_eq!(f64x2_max(a, b).to_u64x2(), each64(num::f64_max));
        }
    }
}

#[test]
fn dot_products_and_permutations() {
    for a in vectors() {
        for b in vectors().step_by(5) {
            let (x, y) = (a.to_i16x8(), b.to_i16x8());
            let product = |i: usize| i32::from(x[i]) * i32::from(y[i]);
            let dot = core::array::from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1)));
            assert_eq!(i32x4_dot_i16x8_s(a, b).to_i32x4(), dot);
            let (from, lanes) = (a.to_u8x16(), b.to_u8x16());
            let one = |lane: u8| from.get(usize::from(lane)).copied().unwrap_or(0);
            assert_eq!(i8x16_swizzle(a, b).to_u8x16(), lanes.map(one));
            let both = [from, lanes];
            let two = |lane: u8| both.as_flattened()[usize::from(lane % 32)];
            assert_eq!(i8x16_shuffle(a, b, b).to_u8x16(), lanes.map(two));
        }
    }
}
