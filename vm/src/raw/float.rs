//! Integers to floats, without waiting for what a register held before.
//!
//! On x86-64 `cvtsi2sd` writes the low half of its register and keeps the upper one, so it waits for whatever wrote that register last. In a
//! handler that is the accumulator, the last result of any float instruction of the guest: a loop that converts and then sums would run one
//! round after the other. The compiler would put a `xorps` in between if it saw the accumulator being written, which it cannot.
//!
//! Invariants:
//! - F1: the assembly reads and writes registers only.

/// The nearest f64.
#[inline(always)]
pub(crate) fn f64_from(value: i64) -> f64 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        let result;
        // SAFETY: F1.
        unsafe {
            core::arch::asm!(
                "xorps {result}, {result}",
                "cvtsi2sd {result}, {value}",
                result = out(xmm_reg) result,
                value = in(reg) value,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        result
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    {
        value as f64
    }
}

/// The nearest f32.
#[inline(always)]
pub(crate) fn f32_from(value: i64) -> f32 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        let result;
        // SAFETY: F1.
        unsafe {
            core::arch::asm!(
                "xorps {result}, {result}",
                "cvtsi2ss {result}, {value}",
                result = out(xmm_reg) result,
                value = in(reg) value,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        result
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    {
        value as f32
    }
}
