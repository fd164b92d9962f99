//! Vector instructions that do several operators, as in `simd_more_ops.rs`: the single ones' functions one after the other.

use super::memory::{OUT, step, wrapped};
use crate::raw::lanes::{self as simd, V128};
use crate::raw::state::{Ctl, State};
use wrt_format::isa::Place;

/// `wrap(addr + k + d)`.
#[inline(always)]
pub(super) fn apart(s: &State, addr: Place, k: Place, d: Place) -> u64 {
    s.wrap(wrapped(s, addr, k).wrapping_add(step(s.imm_s16(d))))
}

/// The vector at `wrap(addr + k)`.
#[inline(always)]
fn vector_near(s: &State, addr: Place, k: Place) -> Option<V128> {
    s.load::<16>(wrapped(s, addr, k)).map(V128::from_bytes)
}

/// The vector at `wrap(addr + k + d)`.
#[inline(always)]
fn vector_apart(s: &State, addr: Place, k: Place, d: Place) -> Option<V128> {
    s.load::<16>(apart(s, addr, k, d)).map(V128::from_bytes)
}

/// The vector at `addr + offset`.
#[inline(always)]
fn vector_behind(s: &State, addr: Place, offset: Place) -> Option<V128> {
    let ea = s.beyond(s.address(addr), s.half(offset).into());
    s.load::<16>(ea).map(V128::from_bytes)
}

/// A number in all lanes.
#[inline(always)]
fn number(s: &State, ea: u64) -> Option<V128> {
    let number = u32::from_le_bytes(s.load::<4>(ea)?);
    Some(simd::i32x4_splat(number.into()))
}

handlers! {
    fn load128_twice(s, at) {
        let Some(first) = vector_behind(s, at::addr, at::offset) else { return OUT };
        s.set128(at::d0, first);
        let Some(second) = vector_behind(s, at::addr2, at::offset2) else { return OUT };
        s.set128(at::d1, second);
        Ctl::Next
    }
    fn load128_twice_wrap(s, at) {
        let Some(first) = vector_near(s, at::addr, at::k) else { return OUT };
        s.set128(at::d0, first);
        let Some(second) = vector_apart(s, at::addr2, at::k, at::d) else { return OUT };
        s.set128(at::d1, second);
        Ctl::Next
    }
}

/// `memory * memory + c`.
macro_rules! load2 {
    ($($name:ident = $mul_add:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let Some(a) = vector_near(s, at::addr, at::k) else { return OUT };
            s.set_apart();
            let Some(b) = vector_apart(s, at::addr2, at::k, at::d) else { return OUT };
            let sum = simd::$mul_add(a, b, s.get128_late(at::c));
            s.set128_late(at::dst, sum);
            Ctl::Next
        }
    )*} };
}

load2! {
    f32x4_mul_add_load2 = f32x4_mul_add;
    f64x2_mul_add_load2 = f64x2_mul_add;
}

/// Two products with what is in memory, the second added to the sum with the first.
macro_rules! both {
    ($($name:ident = $mul_add:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let Some(first) = vector_near(s, at::addr, at::k) else { return OUT };
            let sum = simd::$mul_add(s.get128_late(at::a), first, s.get128(at::sum));
            s.set_apart();
            let Some(second) = vector_apart(s, at::addr, at::k, at::d) else { return OUT };
            let sum = simd::$mul_add(s.get128_late(at::b), second, sum);
            s.set128_late(at::sum, sum);
            Ctl::Next
        }
    )*} };
}

both! {
    f32x4_mul_add_load_both = f32x4_mul_add;
    f64x2_mul_add_load_both = f64x2_mul_add;
}

/// Numbers at `addr + k` and the next with the vectors at `to` and 4 bytes behind it.
#[inline(always)]
fn splats(s: &State, [addr, k]: [Place; 2], to: u64, c: Place) -> Option<V128> {
    let from = wrapped(s, addr, k);
    let vector = |ea: u64| s.load::<16>(ea).map(V128::from_bytes);
    let first = number(s, from)?;
    s.set_apart();
    let sum = simd::f32x4_mul_add(first, vector(to)?, s.get128_late(c));
    s.set_apart();
    let second = number(s, s.wrap(from.wrapping_add(4)))?;
    s.set_apart();
    let other = vector(s.wrap(to.wrapping_add(4)))?;
    Some(simd::f32x4_mul_add(second, other, sum))
}

handlers! {
    fn f32x4_mul_add_load_splats(s, at) {
        let to = apart(s, at::addr2, at::k, at::d);
        let Some(sum) = splats(s, [at::addr, at::k], to, at::c) else { return OUT };
        s.set128_late(at::dst, sum);
        Ctl::Next
    }
    fn f32x4_mul_add_load_splats_index(s, at) {
        let to = s.wrap(apart(s, at::addr, at::k, at::d).wrapping_add(s.address(at::base)));
        let Some(sum) = splats(s, [at::addr, at::k], to, at::c) else { return OUT };
        s.set128_late(at::dst, sum);
        Ctl::Next
    }
    fn f32x4_mul_add_load_quad(s, at) {
        let (a, ea) = (s.get128(at::a), s.address(at::addr));
        for (sum, k) in [(at::s0, 0_u32), (at::s1, 16), (at::s2, 32), (at::s3, 48)] {
            let Some(bytes) = s.load::<16>(s.wrap(ea.wrapping_add(k.into()))) else { return OUT };
            let product = simd::f32x4_mul(a, V128::from_bytes(bytes));
            s.set128_late(sum, simd::f32x4_add(product, s.get128_late(sum)));
        }
        Ctl::Next
    }
    fn i32x4_mul_add_loads16x4_s(s, at) {
        let Some(a) = s.load::<8>(wrapped(s, at::addr, at::k)) else { return OUT };
        s.set_apart();
        let Some(b) = s.load::<8>(apart(s, at::addr2, at::k, at::d)) else { return OUT };
        let product = simd::i32x4_mul(simd::widen_i16_s(a), simd::widen_i16_s(b));
        s.set128_late(at::dst, simd::i32x4_add(product, s.get128_late(at::c)));
        Ctl::Next
    }
}

/// `memory += a * memory`.
macro_rules! update {
    ($($name:ident = $mul_add:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let to = wrapped(s, at::addr, at::k);
            let Some(c) = s.load::<16>(to) else { return OUT };
            let Some(b) = vector_apart(s, at::addr2, at::k, at::d) else { return OUT };
            let sum = simd::$mul_add(s.get128(at::a), b, V128::from_bytes(c));
            if s.store(to, sum.to_bytes()) { Ctl::Next } else { OUT }
        }
    )*} };
}

update! {
    f32x4_mul_add_mem = f32x4_mul_add;
    f64x2_mul_add_mem = f64x2_mul_add;
}

handlers! {
    fn f32x4_mul_add_mul_add(s, at) {
        let first = simd::f32x4_mul_add(s.get128(at::a), s.get128(at::b), s.get128(at::c));
        let both = simd::f32x4_mul_add(s.get128_late(at::d), s.get128(at::e), first);
        s.set128_late(at::dst, both);
        Ctl::Next
    }
    fn i8x16_swizzle_and(s, at) {
        let numbers = simd::v128_and(s.get128(at::a), s.get128(at::b));
        s.set128_late(at::dst, simd::i8x16_swizzle(s.get128(at::lhs), numbers));
        Ctl::Next
    }
    fn i8x16_swizzle_shr_u_imm(s, at) {
        let numbers = simd::i8x16_shr_u(s.get128(at::a), s.half(at::imm).into());
        s.set128_late(at::dst, simd::i8x16_swizzle(s.get128(at::lhs), numbers));
        Ctl::Next
    }
    fn i32x4_extend_low_i8x16_u(s, at) {
        s.set128(at::dst, simd::i32x4_extend_low_i16x8_u(simd::i16x8_extend_low_i8x16_u(s.get128(at::src))));
        Ctl::Next
    }
    fn i32x4_extend_low_i8x16_s(s, at) {
        s.set128(at::dst, simd::i32x4_extend_low_i16x8_s(simd::i16x8_extend_low_i8x16_s(s.get128(at::src))));
        Ctl::Next
    }
}

/// Four bytes as the lowest of a vector.
#[inline(always)]
fn lowest(bytes: [u8; 4]) -> V128 {
    V128::from_u64x2([u32::from_le_bytes(bytes).into(), 0])
}

macro_rules! load8x4 {
    ($($name:ident = $first:ident, $second:ident;)*) => { handlers! {$(
        fn $name(s, at) {
            let ea = s.beyond(wrapped(s, at::addr, at::k), u64::from(s.half(at::offset)));
            let Some(bytes) = s.load::<4>(ea) else { return OUT };
            s.set128(at::dst, simd::$second(simd::$first(lowest(bytes))));
            Ctl::Next
        }
    )*} };
}

load8x4! {
    load8x4_u_wrap = i16x8_extend_low_i8x16_u, i32x4_extend_low_i16x8_u;
    load8x4_s_wrap = i16x8_extend_low_i8x16_s, i32x4_extend_low_i16x8_s;
}

/// A test of bytes and a branch, and its opposite.
macro_rules! test {
    ($($name:ident, $opposite:ident = |$s:ident, $at:ident| $holds:expr;)*) => { handlers! {$(
        fn $name($s, $at) {
            let holds: bool = $holds;
            $s.branch_if(holds, $s.imm_s16($at::label).into(), $at::words)
        }
        fn $opposite($s, $at) {
            let holds: bool = $holds;
            $s.branch_if(!holds, $s.imm_s16($at::label).into(), $at::words)
        }
    )*} };
}

test! {
    br_i8x16_all_true, br_i8x16_not_all_true = |s, at| simd::i8x16_all_true(s.get128(at::src)) != 0;
    br_i8x16_bitmask_nz, br_i8x16_bitmask_z = |s, at| {
        let mask = simd::i8x16_bitmask(s.get128(at::src));
        s.set32(at::dst, mask);
        mask != 0
    };
    br_i8x16_eq_bitmask_nz, br_i8x16_eq_bitmask_z = |s, at| {
        let mask = simd::i8x16_bitmask(simd::i8x16_eq(s.get128(at::lhs), s.get128(at::rhs)));
        s.set32(at::dst, mask);
        mask != 0
    };
}
