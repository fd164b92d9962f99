//! Budgets: what a runner is ready to load.

use crate::image::features;

/// Upper bounds that an image is compared with before anything is allocated for it. Sums are over all modules of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the image.
    pub image_bytes: u64,
    /// Entries of the section table.
    pub sections: u32,
    /// Modules.
    pub modules: u32,
    /// Function types and tags.
    pub types: u32,
    /// Imports.
    pub imports: u32,
    /// Exports.
    pub exports: u32,
    /// Defined functions.
    pub functions: u32,
    /// Slots of the largest frame.
    pub frame_slots: u32,
    /// Defined tables.
    pub tables: u32,
    /// Initial elements of the defined tables.
    pub table_elems: u64,
    /// Defined memories.
    pub memories: u32,
    /// Initial bytes of the defined memories.
    pub memory_bytes: u64,
    /// Defined globals.
    pub globals: u32,
    /// Element and data segments.
    pub segments: u32,
    /// Features that the runner has, see [`features`].
    pub features: u64,
}

impl Limits {
    /// What an ordinary host is ready to load.
    pub const DEFAULT: Self = Self {
        image_bytes: i32::MAX as u64,
        sections: 65_536,
        modules: 1_000,
        types: 1_000_000,
        imports: 1_000_000,
        exports: 1_000_000,
        functions: 1_000_000,
        frame_slots: 32_767,
        tables: 100_000,
        table_elems: 10_000_000,
        memories: 1_000,
        memory_bytes: 1 << 32,
        globals: 1_000_000,
        segments: 200_000,
        features: features::KNOWN,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
