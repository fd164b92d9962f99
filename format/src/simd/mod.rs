//! The semantics of WebAssembly's vector operators (spec 4.3, and the relaxed ones with one result each): pure functions on [`V128`], named
//! after the rows of the instruction table, used by the machine's handlers.
//!
//! Written as loops over lanes, in the forms that the compiler turns into vector instructions: one definition for all machines.
//!
//! Invariants:
//! - Lane 0 has the lowest bytes, each lane is little-endian, whatever the machine.
//! - A NaN that `min`, `max`, rounding and `sqrt` make is the canonical one, as in [`crate::num`].
//! - Nothing here panics, calls, or branches on lanes where that can be helped: handlers stay straight code.

mod convert;
mod float;
mod int;
mod lanes;
#[cfg(test)]
mod tests;

pub use convert::*;
pub use float::*;
pub use int::*;
pub use lanes::*;

/// 128 bits, as 16 bytes in the order of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct V128([u8; 16]);

macro_rules! views {
    ($($ty:ty, $count:literal, $to:ident, $from:ident;)*) => {
        impl V128 {
            $(
                /// The lanes.
                #[inline(always)]
                #[must_use]
                pub const fn $to(self) -> [$ty; $count] {
                    let (chunks, _) = self.0.as_chunks::<{ 16 / $count }>();
                    let mut lanes = [0 as $ty; $count];
                    let mut i = 0;
                    while i < $count {
                        lanes[i] = <$ty>::from_le_bytes(chunks[i]);
                        i += 1;
                    }
                    lanes
                }

                /// From its lanes.
                #[inline(always)]
                #[must_use]
                pub const fn $from(lanes: [$ty; $count]) -> Self {
                    let mut bytes = [0; 16];
                    let (chunks, _) = bytes.as_chunks_mut::<{ 16 / $count }>();
                    let mut i = 0;
                    while i < $count {
                        chunks[i] = lanes[i].to_le_bytes();
                        i += 1;
                    }
                    Self(bytes)
                }
            )*
        }
    };
}

views! {
    i8, 16, to_i8x16, from_i8x16;
    u8, 16, to_u8x16, from_u8x16;
    i16, 8, to_i16x8, from_i16x8;
    u16, 8, to_u16x8, from_u16x8;
    i32, 4, to_i32x4, from_i32x4;
    u32, 4, to_u32x4, from_u32x4;
    i64, 2, to_i64x2, from_i64x2;
    u64, 2, to_u64x2, from_u64x2;
    f32, 4, to_f32x4, from_f32x4;
    f64, 2, to_f64x2, from_f64x2;
}

impl V128 {
    /// From its bytes in the order of memory.
    #[inline(always)]
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes in the order of memory.
    #[inline(always)]
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// The lanes that `f` makes of each lane.
#[inline(always)]
fn map<A: Copy, B: Copy, const N: usize>(a: [A; N], zero: B, f: impl Fn(A) -> B) -> [B; N] {
    let mut out = [zero; N];
    for i in 0..N {
        out[i] = f(a[i]);
    }
    out
}

/// The lanes that `f` makes of each two lanes of one number.
#[inline(always)]
fn zip<A: Copy, B: Copy, const N: usize>(
    a: [A; N],
    b: [A; N],
    zero: B,
    f: impl Fn(A, A) -> B,
) -> [B; N] {
    let mut out = [zero; N];
    for i in 0..N {
        out[i] = f(a[i], b[i]);
    }
    out
}
