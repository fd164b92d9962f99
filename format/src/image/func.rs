//! Records of the FUNC section: one per defined function, plain little-endian data that the VM reads in place.

use bytemuck::{Pod, Zeroable};

/// One record as it lies in the image. Every field is little-endian whatever the machine: read it through the accessors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct RawFuncRecord {
    /// First word of the function in the CODE section, counted from its start. The function ends where the next one begins.
    pub code_word: u32,
    /// Index of its type.
    pub type_idx: u32,
    /// Frame size in slots.
    pub frame: u16,
    /// Slots of the parameters, as its type says.
    pub params: u16,
    /// Slots of the results, as its type says.
    pub results: u16,
    /// Slots behind the parameters that hold references to collected things, and nothing else.
    pub refs: u16,
}

/// Bytes of a record.
pub(crate) const RECORD_LEN: u32 = 16;

const _: () =
    assert!(size_of::<RawFuncRecord>() == RECORD_LEN as usize && align_of::<RawFuncRecord>() == 4);

/// What is known of a function, in native byte order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FuncRecord {
    /// First word of the function in the CODE section, counted from its start.
    pub code_word: u32,
    /// Words of the function, at least 1 once it is verified.
    pub words: u32,
    /// Index of its type.
    pub type_idx: u32,
    /// Frame size in slots, 1..=32767 once the function is verified.
    pub frame: u16,
    /// Slots of the parameters.
    pub params: u16,
    /// Slots of the results.
    pub results: u16,
    /// Slots behind the parameters that hold references to collected things, and nothing else.
    pub refs: u16,
}

impl FuncRecord {
    /// The record as it lies in the image.
    #[must_use]
    pub const fn encode(&self) -> RawFuncRecord {
        RawFuncRecord {
            code_word: self.code_word.to_le(),
            type_idx: self.type_idx.to_le(),
            frame: self.frame.to_le(),
            params: self.params.to_le(),
            results: self.results.to_le(),
            refs: self.refs.to_le(),
        }
    }
}
