//! What a descriptor is and may do; preopened directories.

use crate::abi::{fdflags, filetype, rights};
use crate::errno::Errno;
use crate::fds::{Fd, Handle};
use crate::mem::Memory;
use crate::wasi::Wasi;

/// The file type of a descriptor. Standard streams that are no terminals have none, so that guests buffer them.
pub(crate) fn filetype_of(wasi: &Wasi, fd: &Fd) -> u8 {
    let stream = match &fd.handle {
        Handle::Stdin => 0,
        Handle::Stdout => 1,
        Handle::Stderr => 2,
        Handle::File(open) => return open.filetype,
        Handle::Dir(_) => return filetype::DIRECTORY,
    };
    if wasi.stdio.is_terminal(stream) {
        filetype::CHARACTER_DEVICE
    } else {
        filetype::UNKNOWN
    }
}

pub(crate) fn fd_fdstat_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    stat: u32,
) -> Result<(), Errno> {
    let entry = wasi.fds.get(fd)?;
    let mut bytes = [0; 24];
    bytes[0] = filetype_of(wasi, entry);
    bytes[2..4].copy_from_slice(&entry.flags.to_le_bytes());
    bytes[8..16].copy_from_slice(&entry.base.to_le_bytes());
    bytes[16..24].copy_from_slice(&entry.inheriting.to_le_bytes());
    mem.write(stat, &bytes)
}

pub(crate) fn fd_fdstat_set_flags(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    flags: u32,
) -> Result<(), Errno> {
    let entry = wasi.fds.get_mut(fd)?;
    if matches!(entry.handle, Handle::Dir(_)) {
        return Err(Errno::BADF);
    }
    let flags = u16::try_from(flags)
        .ok()
        .filter(|bits| bits & !fdflags::ALL == 0);
    let flags = flags.ok_or(Errno::INVAL)?;
    entry.need(rights::FD_FDSTAT_SET_FLAGS | sync_rights(flags))?;
    entry.flags = flags;
    Ok(())
}

/// The rights that flags for synchronous writing take.
pub(crate) fn sync_rights(flags: u16) -> u64 {
    let data = if flags & fdflags::DSYNC != 0 {
        rights::FD_DATASYNC
    } else {
        0
    };
    let all = if flags & (fdflags::SYNC | fdflags::RSYNC) != 0 {
        rights::FD_SYNC
    } else {
        0
    };
    data | all
}

/// Rights can be given up, never gained.
pub(crate) fn fd_fdstat_set_rights(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result<(), Errno> {
    let entry = wasi.fds.get_mut(fd)?;
    if base & !entry.base != 0 || inheriting & !entry.inheriting != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    entry.base = base;
    entry.inheriting = inheriting;
    Ok(())
}

/// The guest's name of a preopened directory; [`Errno::BADF`] for every other descriptor, which is how guests find the last one.
fn preopen_name(wasi: &Wasi, fd: u32) -> Result<&str, Errno> {
    let entry = wasi.fds.get(fd)?;
    if entry.preopen {
        Ok(&entry.path)
    } else {
        Err(Errno::BADF)
    }
}

pub(crate) fn fd_prestat_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    prestat: u32,
) -> Result<(), Errno> {
    let name_bytes = preopen_name(wasi, fd)?.len() as u32;
    // The tag 0, for a directory, and padding come before the length.
    let mut bytes = [0; 8];
    bytes[4..8].copy_from_slice(&name_bytes.to_le_bytes());
    mem.write(prestat, &bytes)
}

pub(crate) fn fd_prestat_dir_name(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_bytes: u32,
) -> Result<(), Errno> {
    let name = preopen_name(wasi, fd)?;
    if name.len() > path_bytes as usize {
        return Err(Errno::NAMETOOLONG);
    }
    mem.write(path, name.as_bytes())
}
