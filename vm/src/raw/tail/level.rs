//! Handlers of vector instructions, and of a few others, for processors that have more instructions than the build may rely on, and which of them this one has.
//!
//! The handlers have the bodies of the others, compiled once more with AVX2, which takes fewer host instructions for most of them, and own ones
//! where no body becomes the right instruction: lanes chosen by numbers, floats rounded to integers, alone or as lanes. Bits are counted by POPCNT. Which set a board gets is decided when it is set up; results are the
//! same bit for bit, but for payloads of NaNs that arithmetic gives, which are the processor's on every level.
//!
//! T1: a handler of a level is only in the table of a board of that level, and only [`level`] gives one above [`Level::Base`] outside of tests.

use core::arch::x86_64::{
    __cpuid, __cpuid_count, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _MM_FROUND_TO_NEG_INF,
    _MM_FROUND_TO_POS_INF, _MM_FROUND_TO_ZERO, _mm_add_epi8, _mm_adds_epu8, _mm_and_si128,
    _mm_blendv_epi8, _mm_castpd_si128, _mm_castps_si128, _mm_castsi128_pd, _mm_castsi128_ps,
    _mm_cmpeq_epi16, _mm_cmpunord_pd, _mm_cmpunord_ps, _mm_mulhrs_epi16, _mm_or_si128,
    _mm_round_pd, _mm_round_ps, _mm_set1_epi8, _mm_set1_epi16, _mm_set1_epi32, _mm_set1_epi64x,
    _mm_shuffle_epi8, _mm_sub_epi8, _mm_xor_si128, _xgetbv,
};
use core::sync::atomic::{AtomicU8, Ordering};

use super::*;
use crate::raw::lanes::{i8x16_shr_u, machine, v128_and, vector};
use wrt_format::simd::V128;

/// Instructions that handlers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// SSE2.
    Base = 1,
    /// SSSE3 too.
    Ssse3 = 2,
    /// AVX2 too, and what comes before it, and POPCNT.
    Avx2 = 3,
}

/// The level of this processor, under its operating system.
pub(crate) fn level() -> Level {
    /// 0: not known yet. Asking the processor may take microseconds in a virtual machine.
    static LEVEL: AtomicU8 = AtomicU8::new(0);
    match LEVEL.load(Ordering::Relaxed) {
        1 => Level::Base,
        2 => Level::Ssse3,
        3 => Level::Avx2,
        _ => {
            let level = detect();
            LEVEL.store(level as u8, Ordering::Relaxed);
            level
        }
    }
}

/// Asks the processor (Intel SDM volume 2, CPUID; volume 1, 14.3 and 14.7.1).
fn detect() -> Level {
    #[target_feature(enable = "xsave")]
    fn enabled_state() -> u64 {
        // SAFETY: the caller has seen that the operating system lets it be read.
        unsafe { _xgetbv(0) }
    }
    const SSSE3: u32 = 1 << 9;
    const OS_XSAVE: u32 = 1 << 27;
    const AVX: u32 = 1 << 28;
    const POPCNT: u32 = 1 << 23;
    const AVX2: u32 = 1 << 5;
    /// Registers of 128 and of 256 bits are kept.
    const VECTORS: u64 = 6;
    let (leaves, first) = (__cpuid(0).eax, __cpuid(1).ecx);
    if first & SSSE3 == 0 {
        return Level::Base;
    }
    let avx = first & (OS_XSAVE | AVX | POPCNT) == OS_XSAVE | AVX | POPCNT
        // SAFETY: `OS_XSAVE` says that there is XSAVE.
        && unsafe { enabled_state() } & VECTORS == VECTORS;
    if avx && leaves >= 7 && __cpuid_count(7, 0).ebx & AVX2 != 0 {
        Level::Avx2
    } else {
        Level::Ssse3
    }
}

/// Handlers by the level that they need, in ascending order.
pub(super) type Sets = [(Level, &'static [(u16, Handler)]); 2];

/// The handlers that a table starts with have these beside them.
pub(super) const SETS: Sets = sets::<ByOpcode>();

/// The same for direct threading.
#[cfg(wrt_direct)]
pub(super) const DIRECT_SETS: Sets = sets::<direct::Direct>();

/// The handlers of a kind by level. For a memory 0 of 64-bit addresses those for SSSE3 are as the others are: none of them works on memory.
const fn sets<K: ssse3::Handlers + avx2::Handlers>() -> Sets {
    [
        (Level::Ssse3, <K as ssse3::Handlers>::ALL),
        (Level::Avx2, <K as avx2::Handlers>::ALL),
    ]
}

/// Puts the handlers of a level into a table.
pub(super) fn patch(table: &mut [Handler; OP_LIMIT], level: Level) {
    for (needed, handlers) in SETS {
        if needed <= level {
            for &(number, handler) in handlers {
                table[usize::from(number)] = handler;
            }
        }
    }
}

/// Bodies with instructions of SSSE3.
mod own {
    use super::*;

    macro_rules! bodies {
        ($(fn $name:ident($s:ident, $at:ident) $body:block)*) => {$(
            #[target_feature(enable = "ssse3")]
            #[inline]
            pub(super) fn $name($s: &mut State) -> Ctl {
                use wrt_format::isa::field::$name as $at;
                $body
            }
        )*};
    }

    bodies! {
        fn i8x16_swizzle(s, at) {
            s.set128(at::dst, swizzle(s.get128(at::lhs), s.get128(at::rhs)));
            Ctl::Next
        }
        fn i8x16_shuffle(s, at) {
            s.set128(at::dst, shuffle(s.get128(at::a), s.get128(at::b), s.get128(at::c)));
            Ctl::Next
        }
        fn i8x16_swizzle_and(s, at) {
            let numbers = v128_and(s.get128(at::a), s.get128(at::b));
            s.set128(at::dst, swizzle(s.get128(at::lhs), numbers));
            Ctl::Next
        }
        fn i8x16_swizzle_shr_u_imm(s, at) {
            let numbers = i8x16_shr_u(s.get128(at::a), s.half(at::imm).into());
            s.set128(at::dst, swizzle(s.get128(at::lhs), numbers));
            Ctl::Next
        }
        fn i16x8_q15mulr_sat_s(s, at) {
            s.set128(at::dst, q15mulr(s.get128(at::lhs), s.get128(at::rhs)));
            Ctl::Next
        }
    }

    /// See [`wrt_format::simd::i8x16_swizzle`].
    #[target_feature(enable = "ssse3")]
    #[inline]
    pub(super) fn swizzle(a: V128, b: V128) -> V128 {
        // A number whose highest bit is set chooses 0: from 16 on that bit is set by the addition.
        let numbers = _mm_adds_epu8(machine(b), _mm_set1_epi8(0x70));
        vector(_mm_shuffle_epi8(machine(a), numbers))
    }

    /// See [`wrt_format::simd::i8x16_shuffle`].
    #[target_feature(enable = "ssse3")]
    #[inline]
    pub(super) fn shuffle(a: V128, b: V128, lanes: V128) -> V128 {
        // In each of both the highest bit is set of the numbers that are the other's.
        let lanes = _mm_and_si128(machine(lanes), _mm_set1_epi8(31));
        let first = _mm_shuffle_epi8(machine(a), _mm_add_epi8(lanes, _mm_set1_epi8(0x70)));
        let second = _mm_shuffle_epi8(machine(b), _mm_sub_epi8(lanes, _mm_set1_epi8(16)));
        vector(_mm_or_si128(first, second))
    }

    /// See [`wrt_format::simd::i16x8_q15mulr_sat_s`].
    #[target_feature(enable = "ssse3")]
    #[inline]
    pub(super) fn q15mulr(a: V128, b: V128) -> V128 {
        // The machine's product of -1 and -1 wraps to -1: nothing else gives that.
        let product = _mm_mulhrs_epi16(machine(a), machine(b));
        let wrapped = _mm_cmpeq_epi16(product, _mm_set1_epi16(i16::MIN));
        vector(_mm_xor_si128(product, wrapped))
    }
}

/// Bodies with instructions of SSE4.1, which whoever has AVX2 has too.
mod rounded {
    use super::*;

    macro_rules! bodies {
        ($round:ident, $canonical:expr, $nans:ident, $vector:ident, $back:ident, $alone:expr, $set:ident, $first:expr; $($name:ident $scalar:ident $lanes:ident = $mode:expr;)*) => {$(
            #[target_feature(enable = "sse4.1")]
            #[inline]
            pub(super) fn $name(s: &mut State) -> Ctl {
                use wrt_format::isa::field::$name as at;
                s.set128(at::dst, $lanes(s.get128(at::src)));
                Ctl::Next
            }

            #[target_feature(enable = "sse4.1")]
            #[inline]
            pub(super) fn $scalar(s: &mut State) -> Ctl {
                use wrt_format::isa::field::$scalar as at;
                let lanes = $lanes($alone(s.get64(at::src)));
                s.$set(at::dst, $first(lanes));
                Ctl::Next
            }

            /// See the definition of this name in [`wrt_format::simd`].
            #[target_feature(enable = "sse4.1")]
            #[inline]
            pub(super) fn $lanes(a: V128) -> V128 {
                let a = $vector(machine(a));
                let nans = $back($nans(a, a));
                let rounded = $back($round::<{ $mode | _MM_FROUND_NO_EXC }>(a));
                vector(_mm_blendv_epi8(rounded, $canonical, nans))
            }
        )*};
    }

    bodies! {
        _mm_round_ps, _mm_set1_epi32(0x7fc0_0000), _mm_cmpunord_ps, _mm_castsi128_ps, _mm_castps_si128,
        |slot: u64| V128::from_u64x2([slot & u64::from(u32::MAX), 0]), set_f32, |lanes: V128| f32::from_bits(lanes.to_u32x4()[0]);
        f32x4_ceil f32_ceil ceil32 = _MM_FROUND_TO_POS_INF;
        f32x4_floor f32_floor floor32 = _MM_FROUND_TO_NEG_INF;
        f32x4_trunc f32_trunc trunc32 = _MM_FROUND_TO_ZERO;
        f32x4_nearest f32_nearest nearest32 = _MM_FROUND_TO_NEAREST_INT;
    }

    bodies! {
        _mm_round_pd, _mm_set1_epi64x(0x7ff8 << 48), _mm_cmpunord_pd, _mm_castsi128_pd, _mm_castpd_si128,
        |slot: u64| V128::from_u64x2([slot, 0]), set_f64, |lanes: V128| f64::from_bits(lanes.to_u64x2()[0]);
        f64x2_ceil f64_ceil ceil64 = _MM_FROUND_TO_POS_INF;
        f64x2_floor f64_floor floor64 = _MM_FROUND_TO_NEG_INF;
        f64x2_trunc f64_trunc trunc64 = _MM_FROUND_TO_ZERO;
        f64x2_nearest f64_nearest nearest64 = _MM_FROUND_TO_NEAREST_INT;
    }
}

macro_rules! set {
    ($features:literal; $($number:tt $name:ident)*) => {
        /// The handlers of a kind that need the level, by row.
        pub(in crate::raw::tail) trait Handlers: Kind + Sized {
            $(handler! {
                #[target_feature(enable = $features)]
                fn $name(state) {
                    carry_out!(state, body, $name)
                }
            })*

            /// By row.
            const ALL: &[(u16, Handler)] = &[$(($number, Self::$name as Handler)),*];
        }
    };
}

mod ssse3 {
    //! The handlers that need the level [`Level::Ssse3`].
    use super::own as body;
    use super::*;
    use wrt_format::isa::Op;

    set! {
        "ssse3";
        (Op::I8x16Swizzle as u16) i8x16_swizzle
        (Op::I8x16Shuffle as u16) i8x16_shuffle
        (Op::I8x16SwizzleAnd as u16) i8x16_swizzle_and
        (Op::I8x16SwizzleShrUImm as u16) i8x16_swizzle_shr_u_imm
        (Op::I16x8Q15MulrSatS as u16) i16x8_q15mulr_sat_s
    }

    impl Handlers for ByOpcode {}

    #[cfg(wrt_direct)]
    impl Handlers for direct::Direct {}
}

pub(super) mod avx2 {
    //! All vector instructions with AVX2, and those that round and count.
    use super::*;
    use wrt_format::isa::Op;

    mod body {
        pub(super) use super::super::own::{
            i8x16_shuffle, i8x16_swizzle, i8x16_swizzle_and, i8x16_swizzle_shr_u_imm,
            i16x8_q15mulr_sat_s,
        };
        pub(super) use super::super::rounded::{
            f32_ceil, f32_floor, f32_nearest, f32_trunc, f32x4_ceil, f32x4_floor, f32x4_nearest,
            f32x4_trunc, f64_ceil, f64_floor, f64_nearest, f64_trunc, f64x2_ceil, f64x2_floor,
            f64x2_nearest, f64x2_trunc,
        };
        pub(super) use crate::op::*;
    }

    macro_rules! rows {
        ($($number:literal $name:ident $variant:ident { $($field:ident: $role:ident),* } $control:ident fuel $charge:ident $formula:literal;)*) => {
            set! {
                "avx2,popcnt";
                (Op::I32Popcnt as u16) i32_popcnt
                (Op::I64Popcnt as u16) i64_popcnt
                (Op::F32Ceil as u16) f32_ceil
                (Op::F32Floor as u16) f32_floor
                (Op::F32Nearest as u16) f32_nearest
                (Op::F32Trunc as u16) f32_trunc
                (Op::F64Ceil as u16) f64_ceil
                (Op::F64Floor as u16) f64_floor
                (Op::F64Nearest as u16) f64_nearest
                (Op::F64Trunc as u16) f64_trunc
                $($number $name)*
            }
        };
    }
    wrt_format::simd_rows! { [[wrt_format::simd_fused_rows] [wrt_format::simd_more_rows] [rows]] }

    impl Handlers for ByOpcode {}

    #[cfg(feature = "memory64")]
    impl Handlers for wide::Wide {}

    #[cfg(wrt_direct)]
    impl Handlers for direct::Direct {}

    #[cfg(all(wrt_direct, feature = "memory64"))]
    impl Handlers for wide::WideDirect {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::lanes::Random;
    use wrt_format::simd;

    #[test]
    fn own_bodies_are_those_of_the_definitions() {
        if level() < Level::Ssse3 {
            return;
        }
        let mut random = Random(5);
        for i in 0..4000 {
            let [mut a, mut b, c]: [V128; 3] = core::array::from_fn(|_| random.vector());
            if i % 8 == 0 {
                [a, b] = [V128::from_i16x8([i16::MIN; 8]); 2];
            }
            // SAFETY: there is SSSE3.
            let got = unsafe {
                (
                    own::swizzle(a, c),
                    own::shuffle(a, b, c),
                    own::q15mulr(a, b),
                )
            };
            assert_eq!(got.0, simd::i8x16_swizzle(a, c), "{a:?} {c:?}");
            assert_eq!(got.1, simd::i8x16_shuffle(a, b, c), "{a:?} {b:?} {c:?}");
            assert_eq!(got.2, simd::i16x8_q15mulr_sat_s(a, b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn floats_are_rounded_as_they_are_defined() {
        if level() < Level::Avx2 {
            return;
        }
        let edges = [
            0.0,
            0.25,
            0.5,
            0.75,
            1.5,
            2.5,
            1e6 + 0.5,
            8_388_607.5,
            1e30,
            4_503_599_627_370_495.5,
            f64::INFINITY,
            f64::NAN,
            1e-310,
        ];
        let singles = edges.map(|edge| {
            let lanes = [
                edge as f32,
                -edge as f32,
                edge as f32 / 3.0,
                -edge as f32 * 7.0,
            ];
            V128::from_u32x4(lanes.map(f32::to_bits))
        });
        let doubles = edges.map(|edge| V128::from_u64x2([edge, -edge].map(f64::to_bits)));
        let mut random = Random(11);
        let some = core::iter::repeat_with(|| random.vector()).take(4000);
        for a in singles.into_iter().chain(doubles).chain(some) {
            // SAFETY: there is SSE4.1.
            let got = unsafe {
                [
                    rounded::ceil32(a),
                    rounded::floor32(a),
                    rounded::trunc32(a),
                    rounded::nearest32(a),
                    rounded::ceil64(a),
                    rounded::floor64(a),
                    rounded::trunc64(a),
                    rounded::nearest64(a),
                ]
            };
            let expected = [
                simd::f32x4_ceil(a),
                simd::f32x4_floor(a),
                simd::f32x4_trunc(a),
                simd::f32x4_nearest(a),
                simd::f64x2_ceil(a),
                simd::f64x2_floor(a),
                simd::f64x2_trunc(a),
                simd::f64x2_nearest(a),
            ];
            assert_eq!(got, expected, "{a:?}");
        }
    }

    #[test]
    fn the_level_is_what_the_library_finds() {
        let level = level();
        assert_eq!(
            level >= Level::Ssse3,
            std::is_x86_feature_detected!("ssse3")
        );
        assert_eq!(level >= Level::Avx2, std::is_x86_feature_detected!("avx2"));
    }
}
