//! What the caller of the compiler says and gets.

use crate::opt::OptLevel;
use crate::profile::Profile;
use crate::wasm::Features;
use core::fmt;

/// How far compilation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Functions compiled.
    pub done: u32,
    /// Functions in all.
    pub total: u32,
}

/// How to compile.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// Optimisation.
    pub opt_level: OptLevel,
    /// Whether to compile for debugging: without optimisation, whatever [`Self::opt_level`] says, so that the machine can be paused before each operator,
    /// with the values of locals in the frame, and with what a debugger wants to know in the image. Results and traps are those of every level, and so is the
    /// fuel that is used, but for what comes behind a trap or a thrown exception in its block and is not paid for.
    pub debug: bool,
    /// Whether names and positions in the Wasm module are left out of the image.
    pub strip: bool,
    /// What modules may use.
    pub features: Features,
    /// Whether arithmetic gives the same NaN on every machine, the canonical one, at the price of two more instructions for each operator
    /// on floats. Otherwise the bits of a NaN are the machine's, as WebAssembly allows.
    pub canonical_nans: bool,
    /// What to add to all positions in the Wasm module: if it was derived from another, how far its code is before the other's, in bytes.
    pub offset_shift: i64,
    /// How often the operators of the module ran: what runs often is laid out and translated for time, the rest for bytes. Results, traps and fuel stay
    /// the same. Not used when compiling for debugging.
    pub profile: Option<&'a Profile>,
    /// Whether the compiler checks its own work after every stage: slow, for tests.
    pub check: bool,
    /// Called after every function, from any thread, in no order.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("opt_level", &self.opt_level)
            .field("debug", &self.debug)
            .field("strip", &self.strip)
            .field("features", &self.features)
            .field("canonical_nans", &self.canonical_nans)
            .field("offset_shift", &self.offset_shift)
            .field("profile", &self.profile.is_some())
            .field("check", &self.check)
            .field("progress", &self.progress.is_some())
            .finish()
    }
}

/// A compiled module.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The image.
    pub image: Vec<u8>,
    /// What compilation counted.
    pub report: Report,
}

/// What compilation counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Bytes of the Wasm module.
    pub wasm_bytes: u64,
    /// Bytes of the image.
    pub image_bytes: u64,
    /// Defined functions.
    pub functions: u64,
    /// Instructions of the IR when it was built.
    pub ir_insts_built: u64,
    /// Instructions of the IR after optimisation.
    pub ir_insts: u64,
    /// Blocks of the IR after optimisation.
    pub ir_blocks: u64,
    /// Functions that ran, going by the profile.
    pub profiled_functions: u64,
    /// Blocks of the IR after optimisation that ran, going by the profile.
    pub profiled_blocks: u64,
    /// Those of them that ran often enough to be hot.
    pub hot_blocks: u64,
    /// Words of code, 2 bytes each.
    pub words: u64,
    /// Slots of the largest frame.
    pub max_frame_slots: u64,
    /// Bytes of the module's DWARF, when it is compiled for debugging.
    pub dwarf_bytes: u64,
    /// Defined functions that the symbol file describes by that DWARF, and not by names alone.
    pub dwarf_functions: u64,
}

impl Report {
    /// Adds what another part counted.
    #[must_use]
    pub(crate) fn plus(self, other: &Self) -> Self {
        Self {
            wasm_bytes: self.wasm_bytes + other.wasm_bytes,
            image_bytes: self.image_bytes + other.image_bytes,
            functions: self.functions + other.functions,
            ir_insts_built: self.ir_insts_built + other.ir_insts_built,
            ir_insts: self.ir_insts + other.ir_insts,
            ir_blocks: self.ir_blocks + other.ir_blocks,
            profiled_functions: self.profiled_functions + other.profiled_functions,
            profiled_blocks: self.profiled_blocks + other.profiled_blocks,
            hot_blocks: self.hot_blocks + other.hot_blocks,
            words: self.words + other.words,
            max_frame_slots: self.max_frame_slots.max(other.max_frame_slots),
            dwarf_bytes: self.dwarf_bytes + other.dwarf_bytes,
            dwarf_functions: self.dwarf_functions + other.dwarf_functions,
        }
    }
}
