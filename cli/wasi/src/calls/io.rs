//! Reading, writing and seeking.
//!
//! A call moves at most 1 GiB and takes at most [`IOV_MAX`] vectors; all of them are checked before the first byte moves. Files are
//! read and written at the offsets kept in the descriptor table, never at the operating system's.

use core::ops::ControlFlow;
use std::fs::File;
use std::io::{self, Read as _, Write as _};

use crate::abi::{Abi, IOV_MAX, IOVEC_BYTES, fdflags, rights};
use crate::errno::Errno;
use crate::fds::{Handle, OpenFile};
use crate::mem::Memory;
use crate::wasi::Wasi;

/// The most bytes that one call moves; the guest sees a short read or write, which it must be ready for anyway.
const TRANSFER_BYTES: u32 = 1 << 30;

/// Where a seek counts from.
#[derive(Clone, Copy)]
enum Whence {
    Start,
    Current,
    End,
}

/// The vectors of a call, read and checked: each lies in the memory.
fn vectors(mem: &Memory<'_>, iovs: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
    if count > IOV_MAX {
        return Err(Errno::INVAL);
    }
    mem.check(iovs, u64::from(count) * u64::from(IOVEC_BYTES))?;
    let mut room = TRANSFER_BYTES;
    let mut list = Vec::with_capacity(count as usize);
    for index in 0..count {
        let at = iovs.wrapping_add(index * IOVEC_BYTES);
        let (ptr, len) = (mem.u32(at)?, mem.u32(at.wrapping_add(4))?);
        mem.check(ptr, u64::from(len))?;
        let len = len.min(room);
        room -= len;
        if len > 0 {
            list.push((ptr, len));
        }
    }
    Ok(list)
}

/// Runs `step` over the vectors, with the number of bytes done so far, until one is done short. An error counts only if nothing
/// has been done yet; otherwise the guest gets what was done.
fn transfer(
    vectors: &[(u32, u32)],
    mut step: impl FnMut(u32, u32, u32) -> Result<usize, Errno>,
) -> Result<u32, Errno> {
    let mut done = 0_u32;
    let result = vectors
        .iter()
        .try_for_each(|&(ptr, len)| match step(ptr, len, done) {
            Ok(bytes) => {
                done += (bytes as u32).min(len);
                if bytes < len as usize {
                    ControlFlow::Break(None)
                } else {
                    ControlFlow::Continue(())
                }
            }
            Err(errno) => ControlFlow::Break(Some(errno)),
        });
    match result {
        ControlFlow::Break(Some(errno)) if done == 0 => Err(errno),
        ControlFlow::Break(_) | ControlFlow::Continue(()) => Ok(done),
    }
}

/// Does `call` again as long as a signal interrupts it.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map_err(Errno::from),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(unix)]
fn write_at(file: &File, buf: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

#[cfg(windows)]
fn write_at(file: &File, buf: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, buf, offset)
}

fn read_file(open: &OpenFile, buf: &mut [u8], offset: u64) -> Result<usize, Errno> {
    retry(|| {
        if open.seekable() {
            read_at(&open.file, buf, offset)
        } else {
            (&open.file).read(buf)
        }
    })
}

fn write_file(open: &OpenFile, buf: &[u8], offset: u64) -> Result<usize, Errno> {
    retry(|| {
        if open.seekable() {
            write_at(&open.file, buf, offset)
        } else {
            (&open.file).write(buf)
        }
    })
}

/// `offset + done`; the operating system refuses offsets that it cannot represent, a sum past 64 bits is one of them.
fn offset_after(offset: u64, done: u32) -> Result<u64, Errno> {
    offset.checked_add(u64::from(done)).ok_or(Errno::INVAL)
}

pub(crate) fn fd_read(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    nread: u32,
) -> Result<(), Errno> {
    let entry = wasi.fds.get_mut(fd)?;
    let done = match &entry.handle {
        Handle::Stdout | Handle::Stderr | Handle::Dir(_) => return Err(Errno::BADF),
        Handle::Stdin => {
            entry.need(rights::FD_READ)?;
            mem.check(nread, 4)?;
            // One read only: a second one could wait although there is something to return.
            let vectors = vectors(mem, iovs, iovs_count)?;
            transfer(vectors.get(..1).unwrap_or_default(), |ptr, len, _| {
                let buf = mem.slice_mut(ptr, u64::from(len))?;
                retry(|| wasi.stdio.read(buf))
            })?
        }
        Handle::File(open) => {
            entry.need(rights::FD_READ)?;
            mem.check(nread, 4)?;
            let vectors = vectors(mem, iovs, iovs_count)?;
            let offset = entry.offset;
            let done = transfer(&vectors, |ptr, len, done| {
                let at = offset_after(offset, done)?;
                read_file(open, mem.slice_mut(ptr, u64::from(len))?, at)
            })?;
            if open.seekable() {
                entry.offset = offset_after(offset, done)?;
            }
            done
        }
    };
    mem.write_u32(nread, done)
}

pub(crate) fn fd_write(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    nwritten: u32,
) -> Result<(), Errno> {
    let entry = wasi.fds.get_mut(fd)?;
    if matches!(entry.handle, Handle::Stdin | Handle::Dir(_)) {
        return Err(Errno::BADF);
    }
    entry.need(rights::FD_WRITE)?;
    mem.check(nwritten, 4)?;
    let vectors = vectors(mem, iovs, iovs_count)?;
    let done = match &entry.handle {
        Handle::File(open) => {
            let append = entry.flags & fdflags::APPEND != 0 && open.seekable();
            let start = if append {
                open.file.metadata()?.len()
            } else {
                entry.offset
            };
            let done = write_vectors(mem, open, &vectors, start, entry.flags)?;
            if open.seekable() {
                entry.offset = offset_after(start, done)?;
            }
            done
        }
        Handle::Stderr => transfer(&vectors, |ptr, len, _| {
            let bytes = mem.slice(ptr, u64::from(len))?;
            wasi.stdio.write_err(bytes)?;
            Ok(bytes.len())
        })?,
        Handle::Stdin | Handle::Stdout | Handle::Dir(_) => transfer(&vectors, |ptr, len, _| {
            let bytes = mem.slice(ptr, u64::from(len))?;
            wasi.stdio.write_out(bytes)?;
            Ok(bytes.len())
        })?,
    };
    mem.write_u32(nwritten, done)
}

/// Writes the vectors to a file from offset `start` on, and to the disk if the descriptor's flags ask for that.
fn write_vectors(
    mem: &Memory<'_>,
    open: &OpenFile,
    vectors: &[(u32, u32)],
    start: u64,
    flags: u16,
) -> Result<u32, Errno> {
    let done = transfer(vectors, |ptr, len, done| {
        let at = offset_after(start, done)?;
        write_file(open, mem.slice(ptr, u64::from(len))?, at)
    })?;
    if flags & fdflags::SYNC != 0 {
        open.file.sync_all()?;
    } else if flags & fdflags::DSYNC != 0 {
        open.file.sync_data()?;
    }
    Ok(done)
}

/// The file of a call that names its own offset.
fn positioned(wasi: &Wasi, fd: u32, right: u64) -> Result<(&OpenFile, u16), Errno> {
    let entry = wasi.fds.get(fd)?;
    if matches!(
        entry.handle,
        Handle::Stdin | Handle::Stdout | Handle::Stderr
    ) {
        return Err(Errno::SPIPE);
    }
    let open = wasi.fds.file(fd, right | rights::FD_SEEK)?;
    if open.seekable() {
        Ok((open, entry.flags))
    } else {
        Err(Errno::SPIPE)
    }
}

pub(crate) fn fd_pread(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    offset: u64,
    nread: u32,
) -> Result<(), Errno> {
    let (open, _) = positioned(wasi, fd, rights::FD_READ)?;
    mem.check(nread, 4)?;
    let vectors = vectors(mem, iovs, iovs_count)?;
    let done = transfer(&vectors, |ptr, len, done| {
        let at = offset_after(offset, done)?;
        read_file(open, mem.slice_mut(ptr, u64::from(len))?, at)
    })?;
    mem.write_u32(nread, done)
}

pub(crate) fn fd_pwrite(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    iovs: u32,
    iovs_count: u32,
    offset: u64,
    nwritten: u32,
) -> Result<(), Errno> {
    let (open, flags) = positioned(wasi, fd, rights::FD_WRITE)?;
    mem.check(nwritten, 4)?;
    let vectors = vectors(mem, iovs, iovs_count)?;
    let done = write_vectors(mem, open, &vectors, offset, flags)?;
    mem.write_u32(nwritten, done)
}

impl Whence {
    fn decode(abi: Abi, number: u32) -> Result<Self, Errno> {
        let order = match abi {
            Abi::Preview1 => [Self::Start, Self::Current, Self::End],
            Abi::Unstable => [Self::Current, Self::End, Self::Start],
        };
        order.get(number as usize).copied().ok_or(Errno::INVAL)
    }
}

pub(crate) fn fd_seek(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    delta: u64,
    whence: u32,
    offset: u32,
) -> Result<(), Errno> {
    let whence = Whence::decode(wasi.abi, whence)?;
    let asks_only = delta == 0 && matches!(whence, Whence::Current);
    let need = if asks_only {
        rights::FD_TELL
    } else {
        rights::FD_TELL | rights::FD_SEEK
    };
    let (open, old) = seekable(wasi, fd, need)?;
    mem.check(offset, 8)?;
    let base = match whence {
        Whence::Start => 0,
        Whence::Current => old,
        Whence::End => open.file.metadata()?.len(),
    };
    let new = base
        .checked_add_signed(delta.cast_signed())
        .ok_or(Errno::INVAL)?;
    if i64::try_from(new).is_err() {
        return Err(Errno::INVAL);
    }
    wasi.fds.get_mut(fd)?.offset = new;
    mem.write_u64(offset, new)
}

pub(crate) fn fd_tell(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    offset: u32,
) -> Result<(), Errno> {
    let (_, at) = seekable(wasi, fd, rights::FD_TELL)?;
    mem.write_u64(offset, at)
}

/// The file and its offset, if it has offsets.
fn seekable(wasi: &Wasi, fd: u32, need: u64) -> Result<(&OpenFile, u64), Errno> {
    let entry = wasi.fds.get(fd)?;
    match &entry.handle {
        Handle::Stdin | Handle::Stdout | Handle::Stderr => Err(Errno::SPIPE),
        Handle::Dir(_) => Err(Errno::BADF),
        Handle::File(open) => {
            entry.need(need)?;
            if open.seekable() {
                Ok((open, entry.offset))
            } else {
                Err(Errno::SPIPE)
            }
        }
    }
}
