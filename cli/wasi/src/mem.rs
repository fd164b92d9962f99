//! The guest's memory as WASI calls see it: every pointer and length comes from the guest and is hostile.
//!
//! Input: the bytes of the memory. Output: checked slices and little-endian integers, or [`Errno::FAULT`]. No access here can
//! overflow, and none reaches outside of the slice. Alignment is not demanded.

use core::ops::Range;

use crate::errno::Errno;

/// A guest memory for the length of one call.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    bytes: &'a mut [u8],
    /// What has been written, or lent to be written, if that is to be known.
    writes: Option<Vec<Range<usize>>>,
}

impl<'a> Memory<'a> {
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        let writes = None;
        Self { bytes, writes }
    }

    /// One that notes what is written.
    pub(crate) fn noting(bytes: &'a mut [u8]) -> Self {
        let writes = Some(Vec::new());
        Self { bytes, writes }
    }

    /// Where something may have been written.
    pub(crate) fn writes(self) -> Vec<Range<usize>> {
        self.writes.unwrap_or_default()
    }

    /// The range `ptr .. ptr + len` if all of it lies in the memory.
    fn range(&self, ptr: u32, len: u64) -> Result<Range<usize>, Errno> {
        let end = u64::from(ptr).checked_add(len).ok_or(Errno::FAULT)?;
        if end > self.bytes.len() as u64 {
            return Err(Errno::FAULT);
        }
        Ok(ptr as usize..end as usize)
    }

    /// Fails unless `len` bytes at `ptr` lie in the memory. Calls that change the outside world check their results' places first.
    pub(crate) fn check(&self, ptr: u32, len: u64) -> Result<(), Errno> {
        self.range(ptr, len).map(drop)
    }

    pub(crate) fn slice(&self, ptr: u32, len: u64) -> Result<&[u8], Errno> {
        let range = self.range(ptr, len)?;
        self.bytes.get(range).ok_or(Errno::FAULT)
    }

    pub(crate) fn slice_mut(&mut self, ptr: u32, len: u64) -> Result<&mut [u8], Errno> {
        let range = self.range(ptr, len)?;
        if let Some(writes) = &mut self.writes {
            writes.push(range.clone());
        }
        self.bytes.get_mut(range).ok_or(Errno::FAULT)
    }

    fn array<const N: usize>(&self, ptr: u32) -> Result<[u8; N], Errno> {
        self.slice(ptr, N as u64)?
            .try_into()
            .map_err(|_| Errno::FAULT)
    }

    pub(crate) fn u8(&self, ptr: u32) -> Result<u8, Errno> {
        self.array::<1>(ptr).map(|[byte]| byte)
    }

    pub(crate) fn u16(&self, ptr: u32) -> Result<u16, Errno> {
        self.array(ptr).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&self, ptr: u32) -> Result<u32, Errno> {
        self.array(ptr).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&self, ptr: u32) -> Result<u64, Errno> {
        self.array(ptr).map(u64::from_le_bytes)
    }

    pub(crate) fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Errno> {
        self.slice_mut(ptr, bytes.len() as u64)?
            .copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, ptr: u32, value: u32) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, ptr: u32, value: u64) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// A path argument. Paths are UTF-8 and hold no NUL.
    pub(crate) fn path(&self, ptr: u32, len: u32) -> Result<&str, Errno> {
        let bytes = self.slice(ptr, u64::from(len))?;
        let path = core::str::from_utf8(bytes).map_err(|_| Errno::ILSEQ)?;
        if path.contains('\0') {
            return Err(Errno::INVAL);
        }
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked_without_overflow() {
        let mut bytes = [0; 16];
        let mut mem = Memory::new(&mut bytes);
        assert_eq!(mem.write_u64(8, 0x1122_3344_5566_7788), Ok(()));
        assert_eq!(mem.u16(8), Ok(0x7788));
        assert_eq!(mem.u8(15), Ok(0x11));
        assert_eq!(mem.write_u64(9, 0), Err(Errno::FAULT));
        assert_eq!(mem.u32(u32::MAX), Err(Errno::FAULT));
        assert_eq!(mem.check(0, u64::MAX), Err(Errno::FAULT));
        assert_eq!(mem.check(u32::MAX, u64::MAX), Err(Errno::FAULT));
        assert_eq!(mem.check(16, 0), Ok(()));
        assert_eq!(mem.check(17, 0), Err(Errno::FAULT));
    }

    #[test]
    fn paths_are_utf8_without_nul() {
        let mut bytes = *b"dir/f\0\xff\xfe";
        let mem = Memory::new(&mut bytes);
        assert_eq!(mem.path(0, 5), Ok("dir/f"));
        assert_eq!(mem.path(0, 6), Err(Errno::INVAL));
        assert_eq!(mem.path(6, 2), Err(Errno::ILSEQ));
        assert_eq!(mem.path(0, 0), Err(Errno::NOENT));
        assert_eq!(mem.path(4, 100), Err(Errno::FAULT));
    }
}
