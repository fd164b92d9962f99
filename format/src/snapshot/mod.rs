//! The container of a snapshot (`.wrts`): header, sections, and behind them the table that describes them. `SNAPSHOT.md` is the byte-level
//! description of it and of what the machine puts into the sections.
//!
//! Input: bytes from anywhere, or sections one after the other. Output: [`Snapshot`], whose sections are in range and undamaged, or bytes for
//! a [`Sink`]. Invariants: writing goes forwards only and allocates nothing, which is why the table stands at the end; reading borrows; all
//! numbers are little-endian, and none depends on the machine. A `Snapshot` says nothing about what its sections mean: whoever restores it
//! believes no number in it.

mod ancestors;
mod holes;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use ancestors::{Ancestors, ChainFault, Content, MAX_ANCESTORS};
pub use read::{Fault, Reader, Snapshot};
pub use write::{Sink, Writer};

/// The first bytes of every snapshot: not text, and damaged by any transfer that alters line ends.
pub const MAGIC: [u8; 8] = [0x89, b'W', b'R', b'T', b'S', 0x0d, 0x0a, 0x1a];
/// What the trailer begins with: a snapshot that lacks it was cut off.
pub const END_MAGIC: [u8; 8] = *b"WRTS-end";
/// Major version. A reader refuses any other.
pub const MAJOR: u16 = 1;
/// Minor version. A reader accepts any: what is new and matters to it is in a section that it does not know. 1 has brought HOLES.
pub const MINOR: u16 = 1;
/// Bytes of the header.
pub const HEADER_LEN: usize = 64;
/// Bytes of an entry of the section table.
pub const ENTRY_LEN: usize = 64;
/// Bytes of the trailer.
pub const TRAILER_LEN: usize = 64;
/// Sections that a snapshot has at most.
pub const MAX_SECTIONS: usize = 24;
/// Bytes of a page, whatever the pages of the host and of the memory: what is left out or stored of a linear memory.
pub const PAGE_BYTES: usize = 4096;
/// Log2 of the alignment in the file of PAGES when it is so long that mapping pays, so that hosts with pages of up to 64 KiB can map it.
pub const MAPPED_ALIGN_LOG2: u32 = 16;
/// Bytes of PAGES from which on that alignment is used; below it is that of the other sections.
pub const MAPPED_FROM: u64 = 1 << 20;
/// Log2 of the alignment in the file of all other sections.
pub const ALIGN_LOG2: u32 = 3;

/// Whether all bytes are 0. Blocks of a few cache lines at a time, so that the compiler makes vector code of it and a page with contents is left
/// early.
#[must_use]
pub fn is_zero(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<256>();
    let zero = |bytes: &[u8]| bytes.iter().fold(0, |all, &byte| all | byte) == 0;
    blocks.iter().all(|block| zero(block)) && zero(rest)
}

/// What a section holds. The numbers are part of the format; sections stand in their order, each at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Kind {
    /// Counts, statistics, fuel, the clock.
    Engine = 1,
    /// Types of the host functions.
    Hosts = 2,
    /// For each instance its image, its types, what it imports, dropped segments.
    Instances = 3,
    /// Types of the tags that the host has made.
    Tags = 4,
    /// For each memory its size and what its pages are.
    Memories = 5,
    /// For each table its elements.
    Tables = 6,
    /// For each global its value.
    Globals = 7,
    /// What is collected: objects, handles, references that the host keeps.
    Heap = 8,
    /// For each guest thread where it stands and its stack; who waits.
    Threads = 9,
    /// The id of the snapshot that this one is based on, if it is incremental.
    Parent = 10,
    /// Where in PAGES there are holes, if there are any.
    Holes = 11,
    /// Contents of the pages that are stored.
    Pages = 0xffff,
}

impl Kind {
    /// The kind of this number, if it is one of the machine's.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Engine),
            2 => Some(Self::Hosts),
            3 => Some(Self::Instances),
            4 => Some(Self::Tags),
            5 => Some(Self::Memories),
            6 => Some(Self::Tables),
            7 => Some(Self::Globals),
            8 => Some(Self::Heap),
            9 => Some(Self::Threads),
            10 => Some(Self::Parent),
            11 => Some(Self::Holes),
            0xffff => Some(Self::Pages),
            _ => None,
        }
    }

    /// Its name in texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Engine => "ENGINE",
            Self::Hosts => "HOSTS",
            Self::Instances => "INSTANCES",
            Self::Tags => "TAGS",
            Self::Memories => "MEMORIES",
            Self::Tables => "TABLES",
            Self::Globals => "GLOBALS",
            Self::Heap => "HEAP",
            Self::Threads => "THREADS",
            Self::Parent => "PARENT",
            Self::Holes => "HOLES",
            Self::Pages => "PAGES",
        }
    }
}

/// Numbers of the sections that belong to the host: its files, its clocks. The machine hands them on as they are.
pub const HOST_SECTIONS: core::ops::Range<u32> = 0x8000..0xffff;

/// What a run of pages of a linear memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PageKind {
    /// All bytes are 0; nothing is stored.
    Zero = 0,
    /// As in the image's copy-on-write data for this place; nothing is stored.
    Image = 1,
    /// Stored in PAGES.
    Stored = 2,
    /// As in the memory of the same number in the snapshot that this one is based on.
    Parent = 3,
    /// All bytes are 0, and PAGES has room for them, a hole, so that what lies around it can be mapped together.
    Hole = 4,
}

impl PageKind {
    /// The kind of this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Zero),
            1 => Some(Self::Image),
            2 => Some(Self::Stored),
            3 => Some(Self::Parent),
            4 => Some(Self::Hole),
            _ => None,
        }
    }
}

/// An entry of the section table, in native byte order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Number of a [`Kind`], or one of [`HOST_SECTIONS`].
    pub kind: u32,
    /// Log2 of the alignment in the file.
    pub align_log2: u32,
    /// Byte offset in the snapshot.
    pub offset: u64,
    /// Bytes.
    pub len: u64,
    /// SHA-256 of the section's bytes, but for holes.
    pub hash: [u8; 32],
}

impl Entry {
    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; ENTRY_LEN] {
        let mut out = [0; ENTRY_LEN];
        let fields = (self.kind.to_le_bytes().into_iter())
            .chain(self.align_log2.to_le_bytes())
            .chain(self.offset.to_le_bytes())
            .chain(self.len.to_le_bytes())
            .chain([0; 8])
            .chain(self.hash);
        for (to, from) in out.iter_mut().zip(fields) {
            *to = from;
        }
        out
    }

    /// Decodes an entry; none if a byte that must be 0 is not.
    #[must_use]
    pub fn parse(bytes: &[u8; ENTRY_LEN]) -> Option<Self> {
        let mut fields = Reader::new(bytes);
        let entry = Self {
            kind: fields.u32()?,
            align_log2: fields.u32()?,
            offset: fields.u64()?,
            len: fields.u64()?,
            hash: {
                let reserved = fields.u64()?;
                if reserved != 0 {
                    return None;
                }
                *fields.take(32)?.first_chunk()?
            },
        };
        Some(entry)
    }
}
