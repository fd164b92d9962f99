//! Handlers of vector instructions for processors that have more instructions than the build may rely on, and which of them this one has.
//!
//! The handlers have the bodies of the others, compiled once more with AVX2, which takes fewer host instructions for most of them, and own ones
//! where no body becomes the right instruction: lanes chosen by numbers. Which set a board gets is decided when it is set up; results are the
//! same bit for bit, but for payloads of NaNs that arithmetic gives, which are the processor's on every level.
//!
//! T1: a handler of a level is only in the table of a board of that level, and only [`level`] gives one above [`Level::Base`] outside of tests.

use core::arch::x86_64::{
    __cpuid, __cpuid_count, _mm_add_epi8, _mm_adds_epu8, _mm_and_si128, _mm_cmpeq_epi16,
    _mm_mulhrs_epi16, _mm_or_si128, _mm_set1_epi8, _mm_set1_epi16, _mm_shuffle_epi8, _mm_sub_epi8,
    _mm_xor_si128, _xgetbv,
};
use core::sync::atomic::{AtomicU8, Ordering};

use super::*;
use crate::raw::lanes::{machine, vector};
use wrt_format::simd::V128;

/// Instructions that handlers of vector instructions may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// SSE2.
    Base = 1,
    /// SSSE3 too.
    Ssse3 = 2,
    /// AVX2 too, and what comes before it.
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
    const AVX2: u32 = 1 << 5;
    /// Registers of 128 and of 256 bits are kept.
    const VECTORS: u64 = 6;
    let (leaves, first) = (__cpuid(0).eax, __cpuid(1).ecx);
    if first & SSSE3 == 0 {
        return Level::Base;
    }
    let avx = first & (OS_XSAVE | AVX) == OS_XSAVE | AVX
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
const SETS: Sets = [(Level::Ssse3, ssse3::ALL), (Level::Avx2, avx2::ALL)];

/// The same for direct threading.
#[cfg(wrt_direct)]
pub(super) const DIRECT_SETS: Sets = [
    (Level::Ssse3, direct_ssse3::ALL),
    (Level::Avx2, direct_avx2::ALL),
];

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

macro_rules! set {
    ($features:literal; $($number:tt $name:ident)*) => {
        $(handler! {
            #[target_feature(enable = $features)]
            fn $name(state) {
                carry_out!(state, body, $name)
            }
        })*
        pub(super) const ALL: &[(u16, Handler)] = &[$(($number, $name as Handler)),*];
    };
}

macro_rules! ssse3 {
    () => {
        use super::*;
        use own as body;
        use wrt_format::isa::Op;
        set! {
            "ssse3";
            (Op::I8x16Swizzle as u16) i8x16_swizzle
            (Op::I8x16Shuffle as u16) i8x16_shuffle
            (Op::I16x8Q15MulrSatS as u16) i16x8_q15mulr_sat_s
        }
    };
}

macro_rules! avx2 {
    () => {
        use super::*;
        mod body {
            pub(super) use super::super::own::{i8x16_shuffle, i8x16_swizzle, i16x8_q15mulr_sat_s};
            pub(super) use crate::op::*;
        }
        wrt_format::simd_rows! { [[wrt_format::simd_fused_rows] [avx2_rows]] }
    };
}

macro_rules! avx2_rows {
    ($($number:literal $name:ident $variant:ident { $($field:ident: $role:ident),* } $control:ident fuel $charge:ident $formula:literal;)*) => {
        set! { "avx2"; $($number $name)* }
    };
}

mod ssse3 {
    //! The handlers that need the level [`Level::Ssse3`]: `tests/handlers.rs` finds them by this module.
    ssse3! {}
}

mod avx2 {
    //! All vector instructions with AVX2: `tests/handlers.rs` finds them by this module.
    avx2! {}
}

#[cfg(wrt_direct)]
mod direct_ssse3 {
    //! As `ssse3`, directly threaded.
    const DIRECT: bool = true;
    ssse3! {}
}

#[cfg(wrt_direct)]
mod direct_avx2 {
    //! As `avx2`, directly threaded.
    const DIRECT: bool = true;
    avx2! {}
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
    fn the_level_is_what_the_library_finds() {
        let level = level();
        assert_eq!(
            level >= Level::Ssse3,
            std::is_x86_feature_detected!("ssse3")
        );
        assert_eq!(level >= Level::Avx2, std::is_x86_feature_detected!("avx2"));
    }
}
