//! The 112-byte header at the start of an image. Who signs it signs all of the image, by the hash in it.

use super::crc::crc32;

/// The first bytes of every image: not text, and damaged by any transfer that alters line ends.
pub const MAGIC: [u8; 8] = [0x89, b'W', b'R', b'T', b'B', 0x0d, 0x0a, 0x1a];
/// Major version of the format. A runner refuses any other.
pub const MAJOR: u16 = 2;
/// Minor version of the format. A runner accepts any: what is new is in optional sections.
pub const MINOR: u16 = 0;
/// Bytes of the header.
pub const HEADER_LEN: u32 = 112;
/// Greatest length of an image in bytes.
pub const MAX_IMAGE_LEN: u32 = i32::MAX as u32;
/// Version of the runner that this crate belongs to, compared with [`Header::min_runner`].
pub const RUNNER_VERSION: u32 = 1;
/// Number of SHA-256 in [`Header::hash_alg`].
pub const HASH_SHA256: u8 = 1;
/// Log2 of the alignment of copy-on-write sections, in the file and in the memory.
pub const COW_ALIGN_LOG2: u8 = 12;
/// Byte offset of [`Header::hash`].
pub const HASH_OFFSET: u32 = 72;
/// Byte offset of the checksum, which covers what is before it and the section table.
pub const CRC_OFFSET: u32 = 108;

/// What the image asks for at least, so that a runner can refuse it before it allocates anything. Saturating sums over all modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Largest frame of a function, in slots.
    pub max_frame_slots: u32,
    /// Initial size of the defined memories, in units of 64 KiB, each rounded up.
    pub min_mem_64k: u32,
    /// Greatest size of the defined memories, in units of 64 KiB, each rounded up; `u32::MAX` where one has no maximum.
    pub max_mem_64k: u32,
    /// Initial elements of the defined tables.
    pub table_elems: u32,
    /// Defined globals.
    pub globals: u32,
}

/// The header's fields in native byte order. Magic, lengths known in advance and the checksum are not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
    /// Bytes of the image.
    pub total_len: u32,
    /// Which instruction table the code is for, see [`crate::isa::ISA_ID`].
    pub isa_id: u32,
    /// Units of the section table, see [`super::section`].
    pub table_units: u32,
    /// Features that a runner must have, see [`super::features`].
    pub required_features: u64,
    /// Hardware class; 0 runs everywhere.
    pub hw_class: u32,
    /// Rollback protection: a device refuses less than it has seen.
    pub security_counter: u32,
    /// Host interfaces that a runner must have. None are defined yet.
    pub host_abi: u16,
    /// Least version of the runner.
    pub min_runner: u16,
    /// What it asks for at least.
    pub budgets: Budgets,
    /// Tells builds apart; chosen by the compiler.
    pub build_id: u64,
    /// Hash of the section table and of the sections' hashes, see [`super::section::root_hash`].
    pub hash: [u8; 32],
    /// Algorithm of the hashes.
    pub hash_alg: u8,
    /// Log2 of the alignment of copy-on-write sections.
    pub page_align_log2: u8,
    /// Log2 of the bytes of a code word.
    pub word_log2: u8,
    /// None are defined yet.
    pub flags: u8,
    /// Checksum as found.
    pub crc: u32,
}

/// Reads little-endian fields one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(u8::from_le_bytes)
    }
    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

impl Header {
    /// The fields of the header at the start of `bytes`, unchecked; none when it is shorter than a header or has another magic.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut f = Fields(bytes.get(..HEADER_LEN as usize)?);
        if f.take()? != MAGIC {
            return None;
        }
        // Fields of a struct expression are evaluated in the order written, which is that of the file.
        Some(Self {
            major: f.u16()?,
            minor: f.u16()?,
            total_len: f.u32()?,
            isa_id: f.u32()?,
            table_units: f.u32()?,
            required_features: f.u64()?,
            hw_class: f.u32()?,
            security_counter: f.u32()?,
            host_abi: f.u16()?,
            min_runner: f.u16()?,
            budgets: Budgets {
                max_frame_slots: f.u32()?,
                min_mem_64k: f.u32()?,
                max_mem_64k: f.u32()?,
                table_elems: f.u32()?,
                globals: f.u32()?,
            },
            build_id: f.u64()?,
            hash: f.take()?,
            hash_alg: f.u8()?,
            page_align_log2: f.u8()?,
            word_log2: f.u8()?,
            flags: f.u8()?,
            crc: f.u32()?,
        })
    }

    /// The checksum that belongs into the header at the start of `header`, given the bytes of the section table.
    #[must_use]
    pub fn checksum(header: &[u8], section_table: &[u8]) -> u32 {
        let covered = header.get(..CRC_OFFSET as usize).unwrap_or(header);
        crc32(&[covered, section_table])
    }
}

#[cfg(any(feature = "write", test))]
impl Header {
    /// The header's bytes. The checksum is computed over them and `section_table`; [`Header::crc`] is ignored.
    #[must_use]
    pub fn encode(&self, section_table: &[u8]) -> [u8; HEADER_LEN as usize] {
        let mut bytes = alloc::vec::Vec::with_capacity(HEADER_LEN as usize);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.major.to_le_bytes());
        bytes.extend_from_slice(&self.minor.to_le_bytes());
        for word in [self.total_len, self.isa_id, self.table_units] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&self.required_features.to_le_bytes());
        bytes.extend_from_slice(&self.hw_class.to_le_bytes());
        bytes.extend_from_slice(&self.security_counter.to_le_bytes());
        bytes.extend_from_slice(&self.host_abi.to_le_bytes());
        bytes.extend_from_slice(&self.min_runner.to_le_bytes());
        let b = &self.budgets;
        for word in [
            b.max_frame_slots,
            b.min_mem_64k,
            b.max_mem_64k,
            b.table_elems,
            b.globals,
        ] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&self.build_id.to_le_bytes());
        bytes.extend_from_slice(&self.hash);
        bytes.extend_from_slice(&[
            self.hash_alg,
            self.page_align_log2,
            self.word_log2,
            self.flags,
        ]);
        bytes.extend_from_slice(&Self::checksum(&bytes, section_table).to_le_bytes());
        let mut out = [0; HEADER_LEN as usize];
        out.copy_from_slice(&bytes);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_survives_and_has_its_place() {
        let header = Header {
            major: 0x0102,
            minor: 0x0304,
            total_len: 0x1011_1213,
            isa_id: 0x1c1d_1e1f,
            table_units: 0x1819_1a1b,
            required_features: 0x2021_2223_2425_2627,
            hw_class: 0x2829_2a2b,
            security_counter: 0x2c2d_2e2f,
            host_abi: 0x3031,
            min_runner: 0x3435,
            budgets: Budgets {
                max_frame_slots: 0x3839_3a3b,
                min_mem_64k: 0x4041_4243,
                max_mem_64k: 0x4445_4647,
                table_elems: 0x4849_4a4b,
                globals: 0x4c4d_4e4f,
            },
            build_id: 0x7071_7273_7475_7677,
            hash: *b"0123456789abcdefghijklmnopqrstuv",
            hash_alg: 0x68,
            page_align_log2: 0x6a,
            word_log2: 0x6b,
            flags: 0x6c,
            crc: 0,
        };
        let bytes = header.encode(b"table");
        let read = Header::parse(&bytes).unwrap();
        assert_eq!(Header { crc: 0, ..read }, header);
        assert_eq!(read.crc, crc32(&[&bytes[..108], b"table"]));
        assert_eq!(bytes[12..16], 0x1011_1213_u32.to_le_bytes());
        assert_eq!(bytes[24..32], header.required_features.to_le_bytes());
        assert_eq!(bytes[36..40], header.security_counter.to_le_bytes());
        assert_eq!(bytes[64..72], header.build_id.to_le_bytes());
        assert_eq!(bytes[72..104], header.hash);
        assert_eq!(bytes[104], 0x68);
        assert_eq!(Header::parse(&bytes[..111]), None);
    }
}
