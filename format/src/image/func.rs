//! Records of the FUNC section: one per defined function, plain little-endian data that the VM reads in place.
//!
//! A record says where the function is and of which type. The rest is said elsewhere: the frame's size by the function's first word, the
//! slots of parameters and results by the type, which few calls look at since most are few enough to be in the record too.

use bytemuck::{Pod, Zeroable};

/// One record as it lies in the image. Every field is little-endian whatever the machine: read it through the accessors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct RawFuncRecord {
    /// First word of the function in the CODE section, counted from its start. The function ends where the next one begins.
    pub code_word: u32,
    /// [`Signature`].
    pub signature: u32,
}

/// Bytes of a record.
pub(crate) const RECORD_LEN: u32 = 8;

const _: () =
    assert!(size_of::<RawFuncRecord>() == RECORD_LEN as usize && align_of::<RawFuncRecord>() == 4);

/// The second word of a record: the index of the function's type in the lower 20 bits, then, in 6 bits each, the slots of the parameters and
/// of the results, as the type says, or [`Self::MANY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub u32);

impl Signature {
    /// Stands for this many slots and more.
    pub const MANY: u16 = 63;

    /// That of a type with so many slots.
    #[must_use]
    pub const fn new(type_idx: u32, params: u16, results: u16) -> Self {
        Self(type_idx & 0xf_ffff | Self::few(params) << 20 | Self::few(results) << 26)
    }

    const fn few(slots: u16) -> u32 {
        if slots < Self::MANY {
            slots as u32
        } else {
            Self::MANY as u32
        }
    }

    /// Index of the type.
    #[must_use]
    pub const fn type_idx(self) -> u32 {
        self.0 & 0xf_ffff
    }

    /// Slots of the parameters, at most [`Self::MANY`].
    #[must_use]
    pub const fn params(self) -> u16 {
        (self.0 >> 20) as u16 & Self::MANY
    }

    /// Slots of the results, at most [`Self::MANY`].
    #[must_use]
    pub const fn results(self) -> u16 {
        (self.0 >> 26) as u16
    }
}

impl RawFuncRecord {
    /// The record of a function that begins at this word.
    #[must_use]
    pub const fn new(code_word: u32, signature: Signature) -> Self {
        Self {
            code_word: code_word.to_le(),
            signature: signature.0.to_le(),
        }
    }

    /// The second word.
    #[must_use]
    #[inline(always)]
    pub const fn signature(&self) -> Signature {
        Signature(u32::from_le(self.signature))
    }
}

/// What is known of a function, in native byte order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FuncRecord {
    /// First word of the function in the CODE section, counted from its start.
    pub code_word: u32,
    /// Words of the function, at least 1 once it is verified.
    pub words: u32,
    /// Index of its type.
    pub type_idx: u32,
    /// Frame size in slots, 1..=32767 once the function is verified; 0 where it does not begin with an `enter`.
    pub frame: u16,
    /// Slots of the parameters.
    pub params: u16,
    /// Slots of the results.
    pub results: u16,
    /// Slots behind the parameters that hold references to collected things, and nothing else.
    pub refs: u16,
}
