//! What each instruction does: one function per row of the instruction table, by family, in safe code.
//!
//! A handler works on the registers by value ([`State`]) and says how it ends ([`Ctl`]). Both cores are made of these same bodies,
//! inlined. Operands are named by their place in the table, so that a handler and its row cannot disagree. A handler that is longer
//! than a few machine instructions hands over to a slow path: a plain function over the checked view of the machine.
//!
//! Rules that keep a handler a jump: no destructors, no closures that capture, nothing whose address is taken, no call that is not
//! inlined; compare the file header of `raw/tail.rs`.

/// Defines handlers. `$s` is the machine's state, `$at` the module of the operands' places. Short forms have the same body as the
/// instruction that they are of: `fn mov | mov_short(s, at)`.
macro_rules! handlers {
    ($($(#[$meta:meta])* fn $name:ident $(| $short:ident)* ($s:ident, $at:ident) $body:block)*) => {$(
        handlers! { @one $(#[$meta])* fn $name($s, $at) $body }
        $(handlers! { @one fn $short($s, $at) $body })*
    )*};
    (@one $(#[$meta:meta])* fn $name:ident($s:ident, $at:ident) $body:block) => {
        $(#[$meta])*
        // Without optimisation inlining only makes the loop core's stack frame huge.
        #[cfg_attr(not(debug_assertions), inline(always))]
        pub(crate) fn $name($s: &mut crate::raw::state::State) -> crate::raw::state::Ctl {
            #[allow(unused_imports, reason = "some instructions have no operands")]
            use wrt_format::isa::field::$name as $at;
            $body
        }
    };
}

#[cfg(feature = "gc")]
mod array;
#[cfg(feature = "atomics")]
mod atomic;
mod branch;
mod bulk;
mod call;
mod cmp;
mod compound;
mod convert;
mod exception;
mod float;
mod fused;
mod fused_load;
mod fused_memory;
mod int;
mod memory;
mod misc;
#[cfg(feature = "gc")]
mod object;
mod pairs;
mod table;
#[cfg(feature = "simd")]
mod vector;
#[cfg(feature = "simd")]
mod vector_fused;
#[cfg(feature = "simd")]
mod vector_memory;
#[cfg(feature = "simd")]
mod vector_more;

#[cfg(feature = "gc")]
pub(crate) use array::*;
#[cfg(feature = "atomics")]
pub(crate) use atomic::*;
pub(crate) use branch::*;
pub(crate) use bulk::*;
pub(crate) use call::*;
pub(crate) use cmp::*;
pub(crate) use compound::*;
pub(crate) use convert::*;
pub(crate) use exception::*;
pub(crate) use float::*;
pub(crate) use fused::*;
pub(crate) use fused_load::*;
pub(crate) use fused_memory::*;
pub(crate) use int::*;
pub(crate) use memory::*;
pub(crate) use misc::*;
#[cfg(feature = "gc")]
pub(crate) use object::*;
pub(crate) use pairs::*;
pub(crate) use table::*;
#[cfg(feature = "simd")]
pub(crate) use vector::*;
#[cfg(feature = "simd")]
pub(crate) use vector_fused::*;
#[cfg(feature = "simd")]
pub(crate) use vector_memory::*;
#[cfg(feature = "simd")]
pub(crate) use vector_more::*;
