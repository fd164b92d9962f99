//! The part of the instruction table for wide arithmetic, see `ops.rs`. What else it needs are additions and comparisons.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! wide_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // The other half of a product of 128 bits is that of `i64_mul`.
            0x07c0 i64_mul_high_s I64MulHighS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64((lhs * rhs) >> 64, signed)";
            0x07c1 i64_mul_high_u I64MulHighU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64((lhs * rhs) >> 64, unsigned)";

            // Blocks. The cost is in the opcode, whose numbers are some that operands rarely have.
            0x07ff fuel Fuel { cost: OwnCost } Fuel fuel Zero "first instruction of a block: fuel -= cost, pause if below zero";
        }
    };
}
