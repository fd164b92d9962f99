//! Reading a snapshot's container: everything is checked, nothing is copied.

use sha2::{Digest, Sha256};

use super::holes::Holes;
use super::{
    END_MAGIC, ENTRY_LEN, Entry, HEADER_LEN, HOST_SECTIONS, Kind, MAGIC, MAJOR, MAX_SECTIONS,
    TRAILER_LEN, is_zero,
};
use crate::isa::ISA_ID;

/// What is wrong with a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It does not begin as snapshots do.
    NotASnapshot,
    /// Another major version.
    OtherVersion,
    /// It was made with another instruction table.
    OtherIsa,
    /// It has no trailer: it was cut off.
    Truncated,
    /// Bytes follow it.
    TrailingBytes,
    /// A field that must be 0 is not, or the table is not where it must be.
    BadHeader,
    /// The sections are not in order, overlap, or are not in the file.
    BadTable,
    /// A section of the machine is of a kind that this release does not know.
    UnknownSection,
    /// The id is not that of header and table.
    BadId,
    /// A section's contents are not what they were.
    Damaged(u32),
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotASnapshot => "not a snapshot",
            Self::OtherVersion => "a snapshot of another version of the format",
            Self::OtherIsa => "a snapshot of a machine with other instructions",
            Self::Truncated => "the snapshot is cut off",
            Self::TrailingBytes => "bytes follow the snapshot",
            Self::BadHeader => "the snapshot's header or trailer is damaged",
            Self::BadTable => "the snapshot's section table is damaged",
            Self::UnknownSection => "the snapshot has a section that this release does not know",
            Self::BadId => "the snapshot's id is not that of its contents",
            Self::Damaged(kind) => {
                let name = Kind::from_number(*kind).map_or("of the host", Kind::name);
                return write!(f, "the snapshot's section {name} is damaged");
            }
        })
    }
}

/// Reads little-endian fields one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// From the start of these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next bytes, if there are so many.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    /// The next number.
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    /// The next number.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next number.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next number.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// The next `N` numbers.
    pub fn u32s<const N: usize>(&mut self) -> Option<[u32; N]> {
        let mut out = [0; N];
        for value in &mut out {
            *value = self.u32()?;
        }
        Some(out)
    }

    /// The next `N` numbers.
    pub fn u64s<const N: usize>(&mut self) -> Option<[u64; N]> {
        let mut out = [0; N];
        for value in &mut out {
            *value = self.u64()?;
        }
        Some(out)
    }

    /// Bytes that are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.0.len()
    }
}

/// A snapshot whose container is sound.
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    bytes: &'a [u8],
    features: u64,
    entries: [Entry; MAX_SECTIONS],
    count: usize,
    id: [u8; 32],
}

impl core::fmt::Debug for Snapshot<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let entries = self.entries.get(..self.count);
        f.debug_struct("Snapshot")
            .field("bytes", &self.bytes.len())
            .field("features", &self.features)
            .field("entries", &entries.unwrap_or_default())
            .finish_non_exhaustive()
    }
}

impl<'a> Snapshot<'a> {
    /// Checks everything: header, trailer, table, the hashes of all sections, and that holes are zero.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let snapshot = Self::parse_lazily(bytes)?;
        snapshot.check_hash(Kind::Pages)?;
        Ok(snapshot)
    }

    /// The same without looking at PAGES, so that nothing of it is read before it is needed. Safety rests on no hash.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse_lazily(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (header, features) = header(bytes)?;
        let Trailer {
            table,
            count,
            fields,
            id,
        } = trailer(bytes)?;
        let rows = bytes.get(table..bytes.len() - TRAILER_LEN);
        let rows = rows.ok_or(Fault::BadTable)?.as_chunks::<ENTRY_LEN>().0;
        let mut hash = Sha256::new();
        hash.update(header);
        hash.update(rows.as_flattened());
        hash.update(fields);
        if <[u8; 32]>::from(hash.finalize()) != id {
            return Err(Fault::BadId);
        }
        let mut entries = [Entry::default(); MAX_SECTIONS];
        for (entry, row) in entries.iter_mut().zip(rows) {
            *entry = Entry::parse(row).ok_or(Fault::BadTable)?;
        }
        let snapshot = Self {
            bytes,
            features,
            entries,
            count,
            id,
        };
        snapshot.check_places(table as u64)?;
        for entry in snapshot.sections() {
            if entry.kind != Kind::Pages as u32 {
                snapshot.check_entry(&entry)?;
            }
            if entry.kind == Kind::Parent as u32 && entry.len != 32 {
                return Err(Fault::BadTable);
            }
        }
        match snapshot.holes() {
            Some(_) => Ok(snapshot),
            None => Err(Fault::Damaged(Kind::Holes as u32)),
        }
    }

    /// Sections ascend by kind, and lie one behind the other with no more than what alignment asks for between them, all of it zero.
    fn check_places(&self, table: u64) -> Result<(), Fault> {
        let (mut end, mut before) = (HEADER_LEN as u64, 0);
        for entry in self.sections() {
            let known = Kind::from_number(entry.kind).is_some();
            if !known && !HOST_SECTIONS.contains(&entry.kind) {
                return Err(Fault::UnknownSection);
            }
            let start = if entry.align_log2 <= 16 {
                end.next_multiple_of(1 << entry.align_log2)
            } else {
                u64::MAX
            };
            let next = entry.offset.checked_add(entry.len);
            let next = next.filter(|&next| next <= table);
            let Some(next) = next.filter(|_| entry.kind > before && entry.offset == start) else {
                return Err(Fault::BadTable);
            };
            self.check_gap(end, start)?;
            (end, before) = (next, entry.kind);
        }
        if end.next_multiple_of(8) != table {
            return Err(Fault::BadTable);
        }
        self.check_gap(end, table)
    }

    fn check_gap(&self, start: u64, end: u64) -> Result<(), Fault> {
        let gap = self.bytes.get(start as usize..end as usize);
        match gap.is_some_and(is_zero) {
            true => Ok(()),
            false => Err(Fault::BadTable),
        }
    }

    fn check_hash(&self, kind: Kind) -> Result<(), Fault> {
        let entry = self.sections().find(|entry| entry.kind == kind as u32);
        entry.map_or(Ok(()), |entry| self.check_entry(&entry))
    }

    fn check_entry(&self, entry: &Entry) -> Result<(), Fault> {
        let (bytes, damaged) = (self.bytes_of(entry), Fault::Damaged(entry.kind));
        let mut hash = Sha256::new();
        let holes = match entry.kind == Kind::Pages as u32 {
            true => self.holes().ok_or(damaged)?,
            false => Holes::NONE,
        };
        let mut at = 0;
        for hole in holes.byte_ranges() {
            hash.update(bytes.get(at..hole.start).ok_or(damaged)?);
            at = hole.end;
            if !is_zero(bytes.get(hole).ok_or(damaged)?) {
                return Err(damaged);
            }
        }
        hash.update(bytes.get(at..).ok_or(damaged)?);
        match <[u8; 32]>::from(hash.finalize()) == entry.hash {
            true => Ok(()),
            false => Err(damaged),
        }
    }

    /// The holes in PAGES; none if HOLES is not what it should be, which no snapshot is made of.
    fn holes(&self) -> Option<Holes<'a>> {
        Holes::read(self.section(Kind::Holes), self.section(Kind::Pages).len())
    }

    /// Bytes of PAGES that are no holes.
    #[must_use]
    pub fn stored_bytes(&self) -> usize {
        let holes = self.holes().unwrap_or(Holes::NONE);
        let holes = holes.byte_ranges().map(|hole| hole.len()).sum();
        self.section(Kind::Pages).len().saturating_sub(holes)
    }

    /// The snapshot's id: SHA-256 of all that the table says.
    #[must_use]
    pub const fn id(&self) -> [u8; 32] {
        self.id
    }

    /// Features that the modules of its instances need, of [`crate::image::features`]. For information.
    #[must_use]
    pub const fn features(&self) -> u64 {
        self.features
    }

    /// The id of the snapshot that this one is based on; none if it stands alone.
    #[must_use]
    pub fn parent(&self) -> Option<[u8; 32]> {
        self.section(Kind::Parent).first_chunk().copied()
    }

    /// The sections, in order.
    pub fn sections(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries.iter().take(self.count).copied()
    }

    /// Bytes of a section of the machine; none where there is no such section.
    #[must_use]
    pub fn section(&self, kind: Kind) -> &'a [u8] {
        self.numbered(kind as u32).unwrap_or_default()
    }

    /// Bytes of the section of this number, if there is one.
    #[must_use]
    pub fn numbered(&self, kind: u32) -> Option<&'a [u8]> {
        let entry = self.sections().find(|entry| entry.kind == kind)?;
        Some(self.bytes_of(&entry))
    }

    fn bytes_of(&self, entry: &Entry) -> &'a [u8] {
        let start = entry.offset as usize;
        let section = self
            .bytes
            .get(start..start.saturating_add(entry.len as usize));
        section.unwrap_or_default()
    }
}

/// The header and the features in it.
fn header(bytes: &[u8]) -> Result<(&[u8; HEADER_LEN], u64), Fault> {
    let start = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if start.len() < 4 || !MAGIC.starts_with(start) {
        return Err(Fault::NotASnapshot);
    }
    let header = bytes.first_chunk::<HEADER_LEN>().ok_or(Fault::Truncated)?;
    let mut fields = Reader::new(&header[MAGIC.len()..]);
    let mut read = || {
        let (major, _minor) = (fields.u16()?, fields.u16()?);
        Some((major, fields.u32()?, fields.u64()?, fields))
    };
    let (major, isa, features, mut rest) = read().ok_or(Fault::Truncated)?;
    if major != MAJOR {
        return Err(Fault::OtherVersion);
    }
    if isa != ISA_ID {
        return Err(Fault::OtherIsa);
    }
    let left = rest.left();
    if rest.take(left).unwrap_or_default().iter().any(|&b| b != 0) {
        return Err(Fault::BadHeader);
    }
    Ok((header, features))
}

struct Trailer {
    /// Where the table begins.
    table: usize,
    /// Entries of the table.
    count: usize,
    /// What the id covers of the trailer.
    fields: [u8; 32],
    id: [u8; 32],
}

fn trailer(bytes: &[u8]) -> Result<Trailer, Fault> {
    let trailer = bytes.last_chunk::<TRAILER_LEN>().ok_or(Fault::Truncated)?;
    let mut fields = Reader::new(trailer);
    let magic = fields.take(8).ok_or(Fault::Truncated)?;
    if magic != END_MAGIC {
        return Err(Fault::Truncated);
    }
    let [table, total, count] = fields.u64s().ok_or(Fault::Truncated)?;
    if total != bytes.len() as u64 {
        return Err(if total < bytes.len() as u64 {
            Fault::TrailingBytes
        } else {
            Fault::Truncated
        });
    }
    if count > MAX_SECTIONS as u64 {
        return Err(Fault::BadTable);
    }
    let len = count * ENTRY_LEN as u64 + TRAILER_LEN as u64;
    if table < HEADER_LEN as u64 || total.checked_sub(len) != Some(table) {
        return Err(Fault::BadTable);
    }
    Ok(Trailer {
        table: table as usize,
        count: count as usize,
        fields: *trailer.first_chunk().ok_or(Fault::Truncated)?,
        id: *trailer.last_chunk().ok_or(Fault::Truncated)?,
    })
}
