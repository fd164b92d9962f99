//! A section being read: what is missing is an error that names the section.

use wrt_format::image::types::ValType;
use wrt_format::snapshot::{Kind, Reader, Snapshot};

use super::{Result, ensure, invalid};

/// What is left of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) kind: Kind,
    pub(super) fields: Reader<'a>,
}

impl<'a> Part<'a> {
    pub(super) fn of(snapshot: &Snapshot<'a>, kind: Kind) -> Self {
        Self {
            kind,
            fields: Reader::new(snapshot.section(kind)),
        }
    }

    fn found<T>(&self, found: Option<T>) -> Result<T> {
        found.ok_or(invalid(self.kind, "it is cut off"))
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let found = self.fields.take(len);
        self.found(found)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        let found = self.fields.u32();
        self.found(found)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        let found = self.fields.u64();
        self.found(found)
    }

    pub(super) fn u32s<const N: usize>(&mut self) -> Result<[u32; N]> {
        let found = self.fields.u32s();
        self.found(found)
    }

    pub(super) fn u64s<const N: usize>(&mut self) -> Result<[u64; N]> {
        let found = self.fields.u64s();
        self.found(found)
    }

    /// A flag.
    pub(super) fn bool(&mut self) -> Result<bool> {
        let flag = self.u32()?;
        ensure(flag <= 1, self.kind, "a flag")?;
        Ok(flag != 0)
    }

    /// A value type, in the numbers of the snapshot.
    pub(super) fn val_type(&mut self) -> Result<ValType> {
        let found = self.take(4)?.first_chunk().copied();
        self.found(found).map(ValType::from_bytes)
    }

    /// A greatest size, the greatest number being none.
    pub(super) fn max(&mut self) -> Result<Option<u64>> {
        Ok(Some(self.u64()?).filter(|&max| max != u64::MAX))
    }

    /// Fills a list.
    pub(super) fn fill(&mut self, list: &mut [u64]) -> Result<()> {
        let bytes = self.take(list.len().saturating_mul(8))?;
        for (to, from) in list.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *to = u64::from_le_bytes(*from);
        }
        Ok(())
    }

    /// It ends here.
    pub(super) fn end(&self) -> Result<()> {
        ensure(self.fields.left() == 0, self.kind, "its length")
    }
}
