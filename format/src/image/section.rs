//! The section table: says what each part of the image is and how long; where it lies follows from what is before it.
//!
//! The table consists of units of 8 bytes, one for a section and two for one that is copy-on-write. Entries ascend by
//! [`Section::order`]; so no two describe the same thing and one pass finds everything.

use sha2::{Digest, Sha256};

use super::header::HEADER_LEN;

/// What a section holds. The numbers are part of the format: those that are aligned more come first, so that little is left between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The metadata of all modules, an rkyv archive of [`super::root::Root`].
    Root = 1,
    /// The constant pool: 64-bit words.
    Const = 2,
    /// Function records, see [`super::RawFuncRecord`].
    Func = 4,
    /// Function indices of element segments: 32-bit words.
    Elem = 5,
    /// Exports in the order of their names: 32-bit words. Left out where the module's order is that.
    ExportIndex = 6,
    /// Places of the operands in CODE that look like the opcode `fuel`: 32-bit words.
    Decoys = 7,
    /// Where exceptions are caught, see [`super::RawHandler`].
    Handlers = 8,
    /// Calls in copies of callees, and what an exception leaves with them, see [`super::around`]: 32-bit words.
    Around = 9,
    /// Code words.
    Code = 12,
    /// Slots for references to collected things in the frames of functions: 16-bit words.
    Refs = 13,
    /// Bytes of data segments.
    Data = 16,
    /// Function names. Optional.
    Names = 18,
    /// Wasm byte offsets of code words. Optional.
    Lines = 19,
    /// Hashes of the other sections, so that one can be checked without the others. Optional.
    Hashes = 20,
    /// Steps, places of locals and symbols for debuggers, see [`super::debug`]. Optional.
    Debug = 21,
    /// Which functions the compiler has put in the place of calls, see [`super::inlined`]. Optional.
    Inlined = 22,
    /// Initial contents of a part of a memory, page-aligned, to be mapped copy-on-write.
    DataCow = 24,
}

impl Kind {
    /// The kind of this number, if this release knows it.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Root),
            2 => Some(Self::Const),
            4 => Some(Self::Func),
            5 => Some(Self::Elem),
            6 => Some(Self::ExportIndex),
            7 => Some(Self::Decoys),
            8 => Some(Self::Handlers),
            9 => Some(Self::Around),
            12 => Some(Self::Code),
            13 => Some(Self::Refs),
            16 => Some(Self::Data),
            18 => Some(Self::Names),
            19 => Some(Self::Lines),
            20 => Some(Self::Hashes),
            21 => Some(Self::Debug),
            22 => Some(Self::Inlined),
            24 => Some(Self::DataCow),
            _ => None,
        }
    }

    /// Bytes of one element, of which a section is a multiple.
    #[must_use]
    pub const fn element_bytes(self) -> u32 {
        match self {
            Self::Root | Self::Data | Self::Names | Self::Lines | Self::Debug | Self::Inlined => 1,
            Self::Func => super::func::RECORD_LEN,
            Self::Code | Self::Refs => 2,
            Self::Const => 8,
            Self::Elem | Self::Decoys | Self::ExportIndex | Self::Around => 4,
            Self::Handlers => 16,
            Self::Hashes => HASH_LEN,
            Self::DataCow => 1 << super::header::COW_ALIGN_LOG2,
        }
    }

    /// Log2 of the alignment in the file.
    #[must_use]
    pub const fn align_log2(self) -> u8 {
        match self {
            Self::DataCow => super::header::COW_ALIGN_LOG2,
            Self::Const => 3,
            Self::Root
            | Self::Func
            | Self::Elem
            | Self::ExportIndex
            | Self::Decoys
            | Self::Handlers
            | Self::Around => 2,
            Self::Code | Self::Refs => 1,
            Self::Data | Self::Names | Self::Lines | Self::Hashes | Self::Debug | Self::Inlined => {
                0
            }
        }
    }

    /// Whether an image can do without it: it may be stripped, and a reader that does not know it skips it.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(
            self,
            Self::Names | Self::Lines | Self::Hashes | Self::Debug | Self::Inlined
        )
    }
}

/// Flag: a runner that does not know the section's kind must refuse the image.
pub const REQUIRED: u8 = 1;
/// Bytes of a unit of the table.
pub const UNIT_LEN: u32 = 8;
/// Bytes of a hash in HASHES.
pub const HASH_LEN: u32 = 32;

/// A unit of the table.
pub(crate) type Unit = [u8; UNIT_LEN as usize];

/// One entry in native byte order, and where the section lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Number of a [`Kind`].
    pub kind: u8,
    /// [`REQUIRED`].
    pub flags: u8,
    /// Log2 of the alignment in the file, 0 to 15.
    pub align_log2: u8,
    /// Number of the module it belongs to; 0 for ROOT and HASHES.
    pub index: u16,
    /// Byte offset in the image; not in the table.
    pub offset: u32,
    /// Bytes.
    pub len: u32,
    /// DATA-COW: index of the memory among the defined ones, and offset in the memory, in units of 4 KiB; none if the table ends before.
    pub place: Option<(u32, u32)>,
}

impl Section {
    fn parse(unit: &Unit) -> Self {
        let [kind, how, i0, i1, len @ ..] = *unit;
        Self {
            kind,
            flags: how & 15,
            align_log2: how >> 4,
            index: u16::from_le_bytes([i0, i1]),
            offset: 0,
            len: u32::from_le_bytes(len),
            place: None,
        }
    }

    /// The bytes of the entry.
    pub fn encode(&self) -> impl Iterator<Item = u8> {
        let how = self.flags | self.align_log2 << 4;
        let place = self.place.map(|(memory, page)| {
            let place = u64::from(memory) | u64::from(page) << 32;
            place.to_le_bytes()
        });
        [self.kind, how]
            .into_iter()
            .chain(self.index.to_le_bytes())
            .chain(self.len.to_le_bytes())
            .chain(place.into_iter().flatten())
    }

    /// What entries ascend by, strictly: copy-on-write sections after the others; by module; by kind; by place in the memories.
    #[must_use]
    pub const fn order(&self) -> (bool, u16, u8, Option<(u32, u32)>) {
        let cow = self.kind == Kind::DataCow as u8;
        (cow, self.index, self.kind, self.place)
    }

    /// The section's bytes in its image; empty when it is not inside.
    #[must_use]
    pub fn bytes<'a>(&self, image: &'a [u8]) -> &'a [u8] {
        let start = self.offset as usize;
        let end = start.saturating_add(self.len as usize);
        image.get(start..end).unwrap_or_default()
    }

    /// Byte behind the section.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.offset.saturating_add(self.len)
    }
}

/// The section table of an image.
#[derive(Clone, Copy, Debug)]
pub struct SectionTable<'a>(pub(crate) &'a [Unit]);

impl<'a> SectionTable<'a> {
    /// The table of so many units behind the header of an image, if it is inside.
    #[must_use]
    pub fn of(image: &'a [u8], units: u32) -> Option<Self> {
        let (all, _) = image.get(HEADER_LEN as usize..)?.as_chunks();
        all.get(..units as usize).map(Self)
    }

    /// All entries in order.
    #[must_use]
    pub fn iter(self) -> Sections<'a> {
        Sections {
            rest: self.0,
            end: HEADER_LEN.saturating_add(self.bytes().len() as u32),
        }
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0.as_flattened()
    }
}

/// The entries of a section table, with the places of the sections: one behind the other.
#[derive(Clone, Debug)]
pub struct Sections<'a> {
    rest: &'a [Unit],
    end: u32,
}

impl Sections<'_> {
    /// Units that are left.
    pub(crate) const fn units_left(&self) -> usize {
        self.rest.len()
    }
}

impl Iterator for Sections<'_> {
    type Item = Section;

    fn next(&mut self) -> Option<Section> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        let mut section = Section::parse(first);
        if section.kind == Kind::DataCow as u8
            && let Some((place, rest)) = rest.split_first()
        {
            self.rest = rest;
            let place = u64::from_le_bytes(*place);
            section.place = Some((place as u32, (place >> 32) as u32));
        }
        let mask = (1_u32 << section.align_log2).wrapping_sub(1);
        section.offset = self.end.saturating_add(mask) & !mask;
        self.end = section.end();
        Some(section)
    }
}

/// The hash in the header: SHA-256 of the section table, followed by the SHA-256 of each section but HASHES. Where that section is, it
/// holds just those, so that it can be checked without looking at the others, and then each of them by itself.
#[must_use]
pub fn root_hash(table: SectionTable<'_>, hashes: impl Iterator<Item = [u8; 32]>) -> [u8; 32] {
    let mut all = Sha256::new();
    all.update(table.bytes());
    for hash in hashes {
        all.update(hash);
    }
    all.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn entries_survive() {
        let plain = Section {
            kind: 4,
            flags: 1,
            align_log2: 5,
            index: 0x0708,
            offset: 160,
            len: 0x21,
            place: None,
        };
        let cow = Section {
            kind: 24,
            flags: 2,
            align_log2: 12,
            index: 0x0102,
            offset: 4096,
            len: 8192,
            place: Some((0x1213_1415, 0x1617_1819)),
        };
        let mut bytes: Vec<u8> = [0; HEADER_LEN as usize].into();
        bytes.extend(plain.encode().chain(cow.encode()));
        assert_eq!(bytes[112..120], [4, 0x51, 8, 7, 0x21, 0, 0, 0]);
        assert_eq!(bytes[128..136], [21, 20, 19, 18, 25, 24, 23, 22]);
        let table = SectionTable::of(&bytes, 3).unwrap();
        assert_eq!(table.iter().collect::<Vec<_>>(), [plain, cow]);
        // Cut off behind the first unit of the second.
        let table = SectionTable::of(&bytes, 2).unwrap();
        assert_eq!(table.iter().last().unwrap().place, None);
        assert!(SectionTable::of(&bytes, 4).is_none());
    }
}
