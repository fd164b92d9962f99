//! Writing a snapshot, forwards only.
//!
//! Input: sections one after the other, each in pieces of any size. Output: the bytes, in order, for a [`Sink`].
//! Invariants: nothing is allocated; every byte is hashed once, on its way, but for holes and for those of a section whose hash comes from elsewhere.

use sha2::{Digest, Sha256};

use super::{
    ALIGN_LOG2, END_MAGIC, ENTRY_LEN, Entry, HEADER_LEN, MAGIC, MAJOR, MAX_SECTIONS, MINOR,
    TRAILER_LEN,
};
use crate::isa::ISA_ID;

/// Where the bytes of a snapshot go: a file, flash, a connection. An error ends the snapshot; what was written is none then.
pub trait Sink {
    /// Why it takes no more.
    type Error;

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When it cannot take them.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Takes `count` bytes that are zero: a hole in what is stored, which a new file may leave out. Writes them if it is not overridden.
    ///
    /// # Errors
    /// When it cannot take them.
    fn zeros(&mut self, count: u64) -> Result<(), Self::Error> {
        write_zeros(self, count)
    }
}

#[cfg(any(feature = "write", feature = "std", test))]
impl Sink for alloc::vec::Vec<u8> {
    type Error = core::convert::Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// Bytes that are gathered before they are handed on.
const GATHERED: usize = 1024;
/// Most bytes that are hashed before they are handed on, so that the sink finds them in the cache.
const PIECE: usize = 1 << 15;

/// A snapshot being written.
#[derive(Debug)]
pub struct Writer<'s, S: Sink> {
    sink: &'s mut S,
    /// Bytes so far.
    at: u64,
    entries: [Entry; MAX_SECTIONS],
    count: usize,
    /// Of the open section.
    hash: Sha256,
    /// What takes its place, if it comes from elsewhere.
    given: Option<[u8; 32]>,
    header: [u8; HEADER_LEN],
    gathered: [u8; GATHERED],
    gathered_len: usize,
}

impl<'s, S: Sink> Writer<'s, S> {
    /// Writes the header of a snapshot of modules that need these features of a machine, of [`crate::image::features`].
    ///
    /// # Errors
    /// Those of the sink.
    pub fn new(sink: &'s mut S, features: u64) -> Result<Self, S::Error> {
        let mut header = [0; HEADER_LEN];
        let fields = (MAGIC.into_iter())
            .chain(MAJOR.to_le_bytes())
            .chain(MINOR.to_le_bytes())
            .chain(ISA_ID.to_le_bytes())
            .chain(features.to_le_bytes());
        for (to, from) in header.iter_mut().zip(fields) {
            *to = from;
        }
        sink.write(&header)?;
        Ok(Self {
            sink,
            at: HEADER_LEN as u64,
            entries: [Entry::default(); MAX_SECTIONS],
            count: 0,
            hash: Sha256::new(),
            given: None,
            header,
            gathered: [0; GATHERED],
            gathered_len: 0,
        })
    }

    /// Opens a section of this kind, the one before being closed. Kinds must ascend. False, and nothing happens, when there are too many.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn section(&mut self, kind: u32) -> Result<bool, S::Error> {
        self.section_aligned(kind, ALIGN_LOG2)
    }

    /// As [`Self::section`], at a place that is a multiple of `1 << align_log2`.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn section_aligned(&mut self, kind: u32, align_log2: u32) -> Result<bool, S::Error> {
        if self.count == MAX_SECTIONS {
            return Ok(false);
        }
        self.close()?;
        self.align(1 << align_log2)?;
        self.entries[self.count] = Entry {
            kind,
            align_log2,
            offset: self.at,
            ..Entry::default()
        };
        self.count += 1;
        Ok(true)
    }

    /// From here on the open section, of which nothing is written yet, is hashed by somebody else: [`Self::hash_is`] has to say what comes of it.
    pub const fn hash_elsewhere(&mut self) {
        self.given = Some([0; 32]);
    }

    /// The SHA-256 of all bytes of the open section.
    pub const fn hash_is(&mut self, hash: [u8; 32]) {
        self.given = Some(hash);
    }

    /// Bytes of the open section.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        if let Some(room) = (self.gathered)
            .get_mut(self.gathered_len..)
            .and_then(|room| room.get_mut(..bytes.len()))
        {
            room.copy_from_slice(bytes);
            self.gathered_len += bytes.len();
            return Ok(());
        }
        self.flush()?;
        if bytes.len() < GATHERED {
            return self.bytes(bytes);
        }
        self.at += bytes.len() as u64;
        if self.given.is_some() {
            return self.sink.write(bytes);
        }
        // Each piece is in the cache when the sink reads it.
        bytes.chunks(PIECE).try_for_each(|piece| {
            self.hash.update(piece);
            self.sink.write(piece)
        })
    }

    /// A number of the open section.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn u8(&mut self, value: u8) -> Result<(), S::Error> {
        self.bytes(&[value])
    }

    /// A number of the open section.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn u32(&mut self, value: u32) -> Result<(), S::Error> {
        self.bytes(&value.to_le_bytes())
    }

    /// A number of the open section.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn u64(&mut self, value: u64) -> Result<(), S::Error> {
        self.bytes(&value.to_le_bytes())
    }

    /// Numbers of the open section.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn u32s(&mut self, values: &[u32]) -> Result<(), S::Error> {
        values.iter().try_for_each(|&value| self.u32(value))
    }

    /// Numbers of the open section.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn u64s(&mut self, values: &[u64]) -> Result<(), S::Error> {
        values.iter().try_for_each(|&value| self.u64(value))
    }

    /// A hole of so many bytes in the open section: zeros that its hash leaves out.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn hole(&mut self, bytes: u64) -> Result<(), S::Error> {
        self.flush()?;
        self.at += bytes;
        self.sink.zeros(bytes)
    }

    /// Writes table and trailer; gives the snapshot's id and its length in bytes.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> Result<([u8; 32], u64), S::Error> {
        self.close()?;
        self.align(8)?;
        let table = self.at;
        let mut id = Sha256::new();
        id.update(self.header);
        for entry in self.entries.iter().take(self.count) {
            let bytes = entry.encode();
            id.update(bytes);
            self.sink.write(&bytes)?;
        }
        let total = table + (self.count * ENTRY_LEN + TRAILER_LEN) as u64;
        let mut trailer = [0; TRAILER_LEN];
        let fields = (END_MAGIC.into_iter())
            .chain(table.to_le_bytes())
            .chain(total.to_le_bytes())
            .chain((self.count as u64).to_le_bytes());
        for (to, from) in trailer.iter_mut().zip(fields) {
            *to = from;
        }
        let (fields, place) = trailer.split_at_mut(32);
        id.update(&*fields);
        let id: [u8; 32] = id.finalize().into();
        place.copy_from_slice(&id);
        self.sink.write(&trailer)?;
        Ok((id, total))
    }

    /// Ends without a table: SHA-256 of what it would say of the sections, their kinds, lengths and hashes, but for their places.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn digest(mut self) -> Result<[u8; 32], S::Error> {
        self.close()?;
        let mut digest = Sha256::new();
        for entry in self.entries.iter().take(self.count) {
            digest.update(entry.kind.to_le_bytes());
            digest.update(entry.len.to_le_bytes());
            digest.update(entry.hash);
        }
        Ok(digest.finalize().into())
    }

    fn flush(&mut self) -> Result<(), S::Error> {
        let gathered = self.gathered.get(..self.gathered_len).unwrap_or_default();
        self.gathered_len = 0;
        if self.given.is_none() {
            self.hash.update(gathered);
        }
        self.at += gathered.len() as u64;
        self.sink.write(gathered)
    }

    fn close(&mut self) -> Result<(), S::Error> {
        self.flush()?;
        let hash = core::mem::take(&mut self.hash).finalize().into();
        let hash = self.given.take().unwrap_or(hash);
        let open = self.count.checked_sub(1);
        if let Some(entry) = open.and_then(|i| self.entries.get_mut(i)) {
            entry.len = self.at - entry.offset;
            entry.hash = hash;
        }
        Ok(())
    }

    /// Writes zeros up to the next multiple of `align`. They are no hole: a reader looks at them, and a system may read much around a hole.
    fn align(&mut self, align: u64) -> Result<(), S::Error> {
        let left = self.at.next_multiple_of(align) - self.at;
        self.at += left;
        write_zeros(self.sink, left)
    }
}

fn write_zeros<S: Sink + ?Sized>(sink: &mut S, mut count: u64) -> Result<(), S::Error> {
    const ZEROS: [u8; 64] = [0; 64];
    while count > 0 {
        let now = count.min(ZEROS.len() as u64);
        sink.write(ZEROS.get(..now as usize).unwrap_or_default())?;
        count -= now;
    }
    Ok(())
}
