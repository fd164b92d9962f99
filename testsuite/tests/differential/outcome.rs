//! What one call did, in terms that every engine can be asked for.

use wrt_vm::Trap;

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// Results as slot bits, NaN canonical, references reduced to null or not.
    Done(Vec<u64>),
    /// Message of the official test suite.
    Trap(&'static str),
    /// Number of the tag of an exception that nobody has caught, and its values like results.
    Exception(u32, Vec<u64>),
    OutOfFuel,
    /// The module could not be instantiated, for the reason given.
    Refused(String),
}

/// Whether a limit of ours ended the call: one that is met, or not, according to the level of optimisation.
pub(crate) fn is_limit(end: &End) -> bool {
    const LIMITS: [&str; 2] = [Trap::StackOverflow.message(), Trap::OutOfMemory.message()];
    match end {
        End::OutOfFuel => true,
        End::Trap(message) => LIMITS.contains(message),
        End::Done(_) | End::Exception(..) | End::Refused(_) => false,
    }
}

/// Everything that can be seen after a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) end: End,
    /// Fuel used by the call.
    pub(crate) fuel: u64,
    /// Exported globals, by name, as slot bits.
    pub(crate) globals: Vec<u64>,
    /// Length and hash of every exported memory.
    pub(crate) memories: Vec<(usize, u64)>,
    /// Sizes of the exported tables.
    pub(crate) tables: Vec<u64>,
}

/// The bits of an f32, every NaN the same.
pub(crate) fn canonical_f32(bits: u32) -> u64 {
    u64::from(if f32::from_bits(bits).is_nan() {
        0x7fc0_0000
    } else {
        bits
    })
}

/// The bits of an f64, every NaN the same.
pub(crate) fn canonical_f64(bits: u64) -> u64 {
    if f64::from_bits(bits).is_nan() {
        0x7ff8_0000_0000_0000
    } else {
        bits
    }
}

/// FNV-1a, by words.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        h = (h ^ u64::from_le_bytes(word)).wrapping_mul(0x100_0000_01b3);
    }
    h
}
