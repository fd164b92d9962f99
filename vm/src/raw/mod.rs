//! All unsafe code of the machine. Each file opens with the invariants it relies on and who establishes them.
//!
//! - `arena`, `buf`: where memory comes from. `provider`, `memory`: linear memories.
//! - `store`, `instance`, `threads`: what an engine owns. `parts`: the same as snapshots see it.
//! - `state`, `address`, `control`, `vector`, `object`: the registers and what handlers do with them. `ctx`: what lies behind them, and the way to the slow
//!   paths.
//! - `lanes`: what vector instructions compute, by machine instructions where that pays.
//! - `float`: conversions of integers. `choice`: one of two slots.
//! - `profile`: counts of executed instructions. `stops`: where a debugger wants runs to pause.
//! - `tail`, `looped`: the two cores; `tail::direct`: the first one without looking opcodes up; `tail::callees`: what it calls through table 0.
//!   `dispatch`: the choice between them. `foretold`: indices of branch tables and calls that nothing waits for.

/// Whether this build has the instruction of this name, if the macros below hand it on: those that compute with floats are spread over the
/// table and can be left out one by one.
const fn is_there(name: &str) -> bool {
    cfg!(feature = "floats") || !wrt_format::isa::computes_floats(name)
}

/// Keeps what comes before it and after it as they are: the compiler may neither turn the two ways of a branch into a conditional move
/// nor let them end in one jump.
#[inline(always)]
fn keep_apart() {
    #[cfg(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    ))]
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

/// `$value`, of 64 bits, which the compiler takes for something that it knows nothing of but that it has to be in a register here: so it
/// cannot be read later, or only on some way.
macro_rules! opaque {
    ($value:expr) => {{
        let value = $value;
        #[cfg(any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        ))]
        let value = {
            let mut value = value;
            core::arch::asm!("/* {0} */", inlateout(reg) value, options(nomem, nostack, preserves_flags));
            value
        };
        value
    }};
}

/// Calls `$callback!` with the rows of the instructions that this build has: each of these macros adds a part of the table, or does not.
macro_rules! for_each_own_op {
    ($callback:ident) => {
        with_gc! { [] $callback }
    };
}
#[cfg(feature = "gc")]
macro_rules! with_gc {
    ([] $callback:ident) => {
        with_simd! { [[wrt_format::gc_rows]] $callback }
    };
}
#[cfg(not(feature = "gc"))]
macro_rules! with_gc {
    ([] $callback:ident) => {
        with_simd! { [] $callback }
    };
}
#[cfg(feature = "simd")]
macro_rules! with_simd {
    ([$($parts:tt)*] $callback:ident) => {
        with_atomics! { [$($parts)* [wrt_format::fused_rows] [wrt_format::simd_rows] [wrt_format::simd_fused_rows] [wrt_format::simd_more_rows]] $callback }
    };
}
#[cfg(not(feature = "simd"))]
macro_rules! with_simd {
    ([$($parts:tt)*] $callback:ident) => {
        with_atomics! { [$($parts)* [wrt_format::fused_rows]] $callback }
    };
}
#[cfg(feature = "atomics")]
macro_rules! with_atomics {
    ([$($parts:tt)*] $callback:ident) => {
        wrt_format::scalar_rows! { [$($parts)* [wrt_format::atomic_rows] [wrt_format::fused_more_rows] [wrt_format::pair_rows] [wrt_format::wide_rows] [$callback]] }
    };
}
#[cfg(not(feature = "atomics"))]
macro_rules! with_atomics {
    ([$($parts:tt)*] $callback:ident) => {
        wrt_format::scalar_rows! { [$($parts)* [wrt_format::fused_more_rows] [wrt_format::pair_rows] [wrt_format::wide_rows] [$callback]] }
    };
}

pub(crate) mod acc;
mod address;
pub(crate) mod arena;
pub(crate) mod buf;
mod choice;
pub(crate) mod control;
pub(crate) mod ctx;
pub(crate) mod dispatch;
pub(crate) mod float;
mod foretold;
pub(crate) mod instance;
#[cfg(feature = "simd")]
pub(crate) mod lanes;
mod looped;
pub(crate) mod memory;
#[cfg(feature = "gc")]
mod object;
pub(crate) mod parts;
#[cfg(feature = "profile")]
pub(crate) mod profile;
pub(crate) mod provider;
pub(crate) mod scratch;
pub(crate) mod short;
pub(crate) mod state;
#[cfg(feature = "debug")]
pub(crate) mod stops;
pub(crate) mod store;
#[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions)))]
mod tail;
pub(crate) mod threads;
pub(crate) mod types;
#[cfg(feature = "simd")]
mod vector;

pub(crate) use control::debit;
