//! The one file that gdb can read here: the symbol file of the image.
//!
//! Input: requests of gdb's host I/O. Output: bytes of the section DEBUG. Invariants: no file of the host is opened, whatever is asked for.

use gdbstub::common::Pid;
use gdbstub::target::TargetResult;
use gdbstub::target::ext::exec_file::ExecFile;
use gdbstub::target::ext::host_io::{
    FsKind, HostIo, HostIoClose, HostIoCloseOps, HostIoErrno, HostIoError, HostIoFstat,
    HostIoFstatOps, HostIoOpen, HostIoOpenFlags, HostIoOpenMode, HostIoOpenOps, HostIoPread,
    HostIoPreadOps, HostIoReadlink, HostIoReadlinkOps, HostIoResult, HostIoSetfs, HostIoSetfsOps,
    HostIoStat,
};

use super::target::Target;

/// The descriptor of the symbol file.
const SYMBOLS_FD: u32 = 3;
/// Where in an ELF file of 64 bits the entry point is.
const ENTRY_OFFSET: u64 = 24;
/// Bytes of a block, for whoever asks.
const BLOCK_BYTES: u64 = 4096;

impl<'m> Target<'m> {
    /// The symbol file.
    pub(super) fn symbols(&self) -> Option<&'m [u8]> {
        self.timeline.steps.debug.symbols()
    }

    fn opened(&self, fd: u32) -> Result<&'m [u8], HostIoErrno> {
        let symbols = self.symbols().filter(|_| fd == SYMBOLS_FD);
        symbols.ok_or(HostIoErrno::EBADF)
    }
}

/// Copies from an offset on; gives the number of bytes.
fn copy(from: &[u8], offset: u64, most: usize, to: &mut [u8]) -> usize {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = from.get(start..).unwrap_or_default();
    let count = rest.len().min(most).min(to.len());
    to[..count].copy_from_slice(&rest[..count]);
    count
}

/// Has the entry point of an ELF file of 64 bits be this one, in the part of it that begins at an offset.
fn put_entry(entry: u64, offset: u64, part: &mut [u8]) {
    for (at, byte) in (ENTRY_OFFSET..).zip(entry.to_le_bytes()) {
        let place = at
            .checked_sub(offset)
            .and_then(|at| usize::try_from(at).ok());
        if let Some(place) = place.and_then(|at| part.get_mut(at)) {
            *place = byte;
        }
    }
}

impl ExecFile for Target<'_> {
    fn get_exec_file(
        &self,
        _: Option<Pid>,
        offset: u64,
        length: usize,
        buf: &mut [u8],
    ) -> TargetResult<usize, Self> {
        Ok(copy(self.name.as_bytes(), offset, length, buf))
    }
}

impl HostIo for Target<'_> {
    fn support_open(&mut self) -> Option<HostIoOpenOps<'_, Self>> {
        Some(self)
    }

    fn support_close(&mut self) -> Option<HostIoCloseOps<'_, Self>> {
        Some(self)
    }

    fn support_pread(&mut self) -> Option<HostIoPreadOps<'_, Self>> {
        Some(self)
    }

    fn support_fstat(&mut self) -> Option<HostIoFstatOps<'_, Self>> {
        Some(self)
    }

    fn support_readlink(&mut self) -> Option<HostIoReadlinkOps<'_, Self>> {
        Some(self)
    }

    fn support_setfs(&mut self) -> Option<HostIoSetfsOps<'_, Self>> {
        Some(self)
    }
}

impl HostIoOpen for Target<'_> {
    fn open(
        &mut self,
        filename: &[u8],
        flags: HostIoOpenFlags,
        _: HostIoOpenMode,
    ) -> HostIoResult<u32, Self> {
        if filename != self.name.as_bytes() || self.symbols().is_none() {
            return Err(HostIoError::Errno(HostIoErrno::ENOENT));
        }
        if flags.intersects(HostIoOpenFlags::O_WRONLY | HostIoOpenFlags::O_RDWR) {
            return Err(HostIoError::Errno(HostIoErrno::EROFS));
        }
        Ok(SYMBOLS_FD)
    }
}

impl HostIoClose for Target<'_> {
    fn close(&mut self, fd: u32) -> HostIoResult<(), Self> {
        self.opened(fd).map(|_| ()).map_err(HostIoError::Errno)
    }
}

impl HostIoPread for Target<'_> {
    fn pread(
        &mut self,
        fd: u32,
        count: usize,
        offset: u64,
        buf: &mut [u8],
    ) -> HostIoResult<usize, Self> {
        let symbols = self.opened(fd).map_err(HostIoError::Errno)?;
        let count = copy(symbols, offset, count, buf);
        if let Some(entry) = self.entry {
            put_entry(entry, offset, &mut buf[..count]);
        }
        Ok(count)
    }
}

impl HostIoFstat for Target<'_> {
    fn fstat(&mut self, fd: u32) -> HostIoResult<HostIoStat, Self> {
        let symbols = self.opened(fd).map_err(HostIoError::Errno)?;
        let size = symbols.len() as u64;
        Ok(HostIoStat {
            st_dev: 0,
            st_ino: 0,
            st_mode: HostIoOpenMode::S_IFREG | HostIoOpenMode::S_IRUSR,
            st_nlink: 1,
            st_uid: 0,
            st_gid: 0,
            st_rdev: 0,
            st_size: size,
            st_blksize: BLOCK_BYTES,
            st_blocks: size.div_ceil(512),
            st_atime: 0,
            st_mtime: 0,
            st_ctime: 0,
        })
    }
}

impl HostIoReadlink for Target<'_> {
    fn readlink(&mut self, _: &[u8], _: &mut [u8]) -> HostIoResult<usize, Self> {
        Err(HostIoError::Errno(HostIoErrno::EINVAL))
    }
}

impl HostIoSetfs for Target<'_> {
    fn setfs(&mut self, _: FsKind) -> HostIoResult<(), Self> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_copied() {
        let mut to = [0; 4];
        assert_eq!(copy(b"abcdef", 1, 3, &mut to), 3);
        assert_eq!(&to, b"bcd\0");
        assert_eq!(copy(b"abcdef", 4, usize::MAX, &mut to), 2);
        assert_eq!(copy(b"abcdef", 0, usize::MAX, &mut to), 4);
        assert_eq!(copy(b"abcdef", 6, 3, &mut to), 0);
        assert_eq!(copy(b"abcdef", u64::MAX, 3, &mut to), 0);
    }

    #[test]
    fn the_entry_point_is_put_into_whatever_part_of_the_file() {
        let mut whole = [0xee; 64];
        put_entry(0x0102_0304_0506_0708, 0, &mut whole);
        assert_eq!(whole[24..32], [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!([whole[23], whole[32]], [0xee; 2]);
        for (offset, len) in [(0, 26), (25, 3), (30, 10), (24, 8), (40, 8), (0, 8)] {
            let mut part = vec![0xee; len];
            put_entry(0x0102_0304_0506_0708, offset as u64, &mut part);
            assert_eq!(part, whole[offset..offset + len]);
        }
    }
}
