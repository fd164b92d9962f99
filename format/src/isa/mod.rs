//! The instruction set: `ops`, with its parts `acc_ops`, `ref_ops`, `gc_ops`, `fused_ops`, `simd_ops`, `simd_fused_ops`, `simd_more_ops`, `atomic_ops`, `fused_more_ops`, `pair_ops` and `wide_ops`, is the one table, everything else is derived from it.

#[macro_use]
mod ops;
#[macro_use]
mod acc_ops;
#[macro_use]
mod ref_ops;
#[macro_use]
mod gc_ops;
#[macro_use]
mod fused_ops;
#[macro_use]
mod simd_fused_ops;
mod simd_more_ops;
mod simd_ops;
#[macro_use]
mod atomic_ops;
#[macro_use]
mod fused_more_ops;
#[macro_use]
mod pair_ops;
#[macro_use]
mod wide_ops;
mod code;
mod derive;
pub mod disasm;
mod family;
mod identity;
#[cfg(test)]
mod manual;
pub mod operand;

pub(crate) use code::instructions_of;
pub use code::{
    EncodeError, HALT_STUB, LEAVE_STUB, PROLOGUE, encode, field_value, fits, instructions,
    instructions_le, pair, set_field, table_label, table_of, words_le,
};
pub(crate) use derive::INDEX;
pub use derive::{
    ALL, Charge, Control, INFO, OP_LIMIT, Op, OpInfo, field, in_memory_zero, row_number,
};
pub(crate) use family::may_have_fuel;
pub use family::{MAX_BLOCK_COST, OWN, Own, cost_of, frame_of, is_fuel};
pub use identity::{ISA_ID, computes_floats};
pub use operand::{
    Field, MAX_SHIFT, MAX_WORDS, Place, Role, label_words, ref_kind, site_word, window_at,
};
