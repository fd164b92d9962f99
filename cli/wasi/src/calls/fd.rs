//! Descriptors as such: close, renumber, write to disk, reserve and announce ranges.

use crate::abi::rights;
use crate::errno::Errno;
use crate::fds::Handle;
use crate::mem::Memory;
use crate::wasi::Wasi;

/// The highest number of the `advice` argument.
const ADVICE_MAX: u32 = 5;

pub(crate) fn fd_close(wasi: &mut Wasi, _: &mut Memory<'_>, fd: u32) -> Result<(), Errno> {
    let closed = wasi.fds.remove(fd)?;
    if matches!(closed.handle, Handle::Stdout) {
        wasi.stdio.flush()?;
    }
    Ok(())
}

pub(crate) fn fd_renumber(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    to: u32,
) -> Result<(), Errno> {
    wasi.fds.renumber(fd, to)
}

pub(crate) fn fd_datasync(wasi: &mut Wasi, _: &mut Memory<'_>, fd: u32) -> Result<(), Errno> {
    sync(wasi, fd, true)
}

pub(crate) fn fd_sync(wasi: &mut Wasi, _: &mut Memory<'_>, fd: u32) -> Result<(), Errno> {
    sync(wasi, fd, false)
}

fn sync(wasi: &mut Wasi, fd: u32, data_only: bool) -> Result<(), Errno> {
    let entry = wasi.fds.get(fd)?;
    let need = if data_only {
        rights::FD_DATASYNC
    } else {
        rights::FD_SYNC
    };
    match &entry.handle {
        Handle::Stdin => return Err(Errno::BADF),
        Handle::Stdout | Handle::Stderr => {
            entry.need(need)?;
            wasi.stdio.flush()?;
        }
        Handle::File(open) => {
            entry.need(need)?;
            if data_only {
                open.file.sync_data()?
            } else {
                open.file.sync_all()?
            }
        }
        Handle::Dir(open) => {
            entry.need(need)?;
            open.as_file()?.sync_all()?;
        }
    }
    Ok(())
}

pub(crate) fn fd_advise(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
    advice: u32,
) -> Result<(), Errno> {
    let open = wasi.fds.file(fd, rights::FD_ADVISE)?;
    if advice > ADVICE_MAX
        || offset
            .checked_add(len)
            .is_none_or(|end| i64::try_from(end).is_err())
    {
        return Err(Errno::INVAL);
    }
    advise(&open.file, offset, len, advice)
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn advise(file: &std::fs::File, offset: u64, len: u64, advice: u32) -> Result<(), Errno> {
    use rustix::fs::Advice;
    const NUMBERED: [Advice; ADVICE_MAX as usize + 1] = [
        Advice::Normal,
        Advice::Sequential,
        Advice::Random,
        Advice::WillNeed,
        Advice::DontNeed,
        Advice::NoReuse,
    ];
    let advice = NUMBERED.get(advice as usize).copied().ok_or(Errno::INVAL)?;
    // A length of 0 means "to the end", to WASI as to the operating system.
    rustix::fs::fadvise(file, offset, core::num::NonZeroU64::new(len), advice)
        .map_err(|error| std::io::Error::from(error).into())
}

/// Advice is only ever a hint: where the system takes none, it is followed by ignoring it.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn advise(_: &std::fs::File, _: u64, _: u64, _: u32) -> Result<(), Errno> {
    Ok(())
}

/// Makes the file at least `offset + len` bytes long, with space for them where the file system can reserve it.
pub(crate) fn fd_allocate(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
) -> Result<(), Errno> {
    let open = wasi.fds.file(fd, rights::FD_ALLOCATE)?;
    let end = offset
        .checked_add(len)
        .filter(|&end| i64::try_from(end).is_ok());
    let end = end.ok_or(Errno::FBIG)?;
    if len == 0 {
        return Err(Errno::INVAL);
    }
    if !open.seekable() {
        return Err(Errno::SPIPE);
    }
    match reserve(&open.file, offset, len) {
        Err(Errno::NOTSUP | Errno::NOSYS) if open.file.metadata()?.len() < end => {
            Ok(open.file.set_len(end)?)
        }
        Err(Errno::NOTSUP | Errno::NOSYS) => Ok(()),
        result => result,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn reserve(file: &std::fs::File, offset: u64, len: u64) -> Result<(), Errno> {
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), offset, len)
        .map_err(|error| std::io::Error::from(error).into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn reserve(_: &std::fs::File, _: u64, _: u64) -> Result<(), Errno> {
    Err(Errno::NOTSUP)
}
