//! The section table: 64-byte entries that say where each part of the image lies.
//!
//! Entries ascend by file offset and, what the writer makes the same order, by [`Section::order`]; so no two entries describe the
//! same thing and one pass finds everything.

/// What a section holds. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum Kind {
    /// The metadata of all modules, an rkyv archive of [`super::root::Root`].
    Root = 1,
    /// Function records, see [`super::RawFuncRecord`].
    Func = 2,
    /// Code words.
    Code = 3,
    /// The constant pool: 64-bit words.
    Const = 4,
    /// Initial contents of a part of a memory, page-aligned, to be mapped copy-on-write.
    DataCow = 5,
    /// Bytes of data segments.
    Data = 6,
    /// Function indices of element segments: 32-bit words.
    Elem = 7,
    /// Exports sorted by the hash of their names: pairs of 32-bit words.
    ExportIndex = 8,
    /// Places of the operands in CODE that look like the opcode `fuel`: 32-bit words.
    Decoys = 9,
    /// Where exceptions are caught, see [`super::RawHandler`].
    Handlers = 10,
    /// Function names. Optional.
    Names = 14,
    /// Wasm byte offsets of code words. Optional.
    Lines = 16,
}

impl Kind {
    /// The kind of this number, if this release knows it.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Root),
            2 => Some(Self::Func),
            3 => Some(Self::Code),
            4 => Some(Self::Const),
            5 => Some(Self::DataCow),
            6 => Some(Self::Data),
            7 => Some(Self::Elem),
            8 => Some(Self::ExportIndex),
            9 => Some(Self::Decoys),
            10 => Some(Self::Handlers),
            14 => Some(Self::Names),
            16 => Some(Self::Lines),
            _ => None,
        }
    }

    /// Bytes of one element: [`Section::len`] is this times [`Section::count`]. None where the kind lays out its bytes itself.
    #[must_use]
    pub const fn element_bytes(self) -> Option<u64> {
        match self {
            Self::Root | Self::Data | Self::DataCow => Some(1),
            Self::Func => Some(super::func::RECORD_LEN as u64),
            Self::Code => Some(2),
            Self::Const | Self::ExportIndex => Some(8),
            Self::Elem | Self::Decoys => Some(4),
            Self::Handlers => Some(16),
            Self::Names | Self::Lines => None,
        }
    }

    /// Log2 of the alignment in the file.
    #[must_use]
    pub const fn align_log2(self) -> u8 {
        match self {
            Self::DataCow => super::header::COW_ALIGN_LOG2,
            Self::Root
            | Self::Func
            | Self::Code
            | Self::Const
            | Self::Data
            | Self::Elem
            | Self::ExportIndex
            | Self::Decoys
            | Self::Handlers
            | Self::Names
            | Self::Lines => 4,
        }
    }

    /// Whether an image can do without it: it may be stripped, and a reader that does not know it skips it.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Names | Self::Lines)
    }
}

/// Flag: a runner that does not know the section's kind must refuse the image.
pub const REQUIRED: u16 = 1;
/// Flag: mapped copy-on-write.
pub const COW: u16 = 4;
/// Bytes of an entry.
pub const ENTRY_LEN: u32 = 64;

/// One entry in native byte order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Number of a [`Kind`].
    pub kind: u16,
    /// [`REQUIRED`], [`COW`].
    pub flags: u16,
    /// Log2 of the alignment in the file.
    pub align_log2: u8,
    /// Zero.
    pub reserved: u8,
    /// Number of the module it belongs to; 0 for ROOT.
    pub index: u16,
    /// Byte offset in the image.
    pub offset: u32,
    /// Bytes in the image.
    pub len: u32,
    /// Bytes in memory; the same as `len`.
    pub mem_len: u32,
    /// Elements.
    pub count: u32,
    /// DATA-COW: index of the memory among the defined ones. Else 0.
    pub aux0: u32,
    /// DATA-COW: offset in the memory, in units of 4 KiB. Else 0.
    pub aux1: u32,
    /// SHA-256 of the section's bytes.
    pub hash: [u8; 32],
}

impl Section {
    /// Decodes one entry.
    #[must_use]
    pub fn parse(entry: &[u8; ENTRY_LEN as usize]) -> Self {
        let [k0, k1, f0, f1, align_log2, reserved, i0, i1, rest @ ..] = *entry;
        let word = |i: usize| {
            let bytes = rest.as_chunks::<4>().0.get(i).copied();
            u32::from_le_bytes(bytes.unwrap_or_default())
        };
        Self {
            kind: u16::from_le_bytes([k0, k1]),
            flags: u16::from_le_bytes([f0, f1]),
            align_log2,
            reserved,
            index: u16::from_le_bytes([i0, i1]),
            offset: word(0),
            len: word(1),
            mem_len: word(2),
            count: word(3),
            aux0: word(4),
            aux1: word(5),
            hash: rest.last_chunk().copied().unwrap_or_default(),
        }
    }

    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; ENTRY_LEN as usize] {
        let mut out = [0; ENTRY_LEN as usize];
        let head = [
            self.offset,
            self.len,
            self.mem_len,
            self.count,
            self.aux0,
            self.aux1,
        ];
        let fields = (self.kind.to_le_bytes().into_iter())
            .chain(self.flags.to_le_bytes())
            .chain([self.align_log2, self.reserved])
            .chain(self.index.to_le_bytes())
            .chain(head.into_iter().flat_map(u32::to_le_bytes))
            .chain(self.hash);
        for (to, from) in out.iter_mut().zip(fields) {
            *to = from;
        }
        out
    }

    /// What entries ascend by, strictly: copy-on-write sections after the others; by module; by kind; by place in the memories.
    #[must_use]
    pub const fn order(&self) -> (bool, u16, u16, u32, u32) {
        let cow = self.kind == Kind::DataCow as u16;
        (cow, self.index, self.kind, self.aux0, self.aux1)
    }

    /// The section's bytes in its image; empty when it is not inside.
    #[must_use]
    pub fn bytes<'a>(&self, image: &'a [u8]) -> &'a [u8] {
        let start = self.offset as usize;
        let end = start.saturating_add(self.len as usize);
        image.get(start..end).unwrap_or_default()
    }
}

/// The section table of an image.
#[derive(Clone, Copy, Debug)]
pub struct SectionTable<'a>(pub(crate) &'a [[u8; ENTRY_LEN as usize]]);

impl<'a> SectionTable<'a> {
    /// All entries in order.
    pub fn iter(self) -> impl Iterator<Item = Section> + Clone + 'a {
        self.0.iter().map(Section::parse)
    }

    /// Number of entries.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive() {
        let section = Section {
            kind: 0x0102,
            flags: 0x0304,
            align_log2: 5,
            reserved: 6,
            index: 0x0708,
            offset: 0x1011_1213,
            len: 0x2021_2223,
            mem_len: 0x3031_3233,
            count: 0x4041_4243,
            aux0: 0x5051_5253,
            aux1: 0x6061_6263,
            hash: *b"0123456789abcdefghijklmnopqrstuv",
        };
        let bytes = section.encode();
        assert_eq!(Section::parse(&bytes), section);
        assert_eq!(bytes[..8], [2, 1, 4, 3, 5, 6, 8, 7]);
        assert_eq!(bytes[32..], section.hash);
    }
}
