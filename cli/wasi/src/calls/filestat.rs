//! Attributes of files: types, sizes, times.

use std::fs::FileTimes;
use std::time::{SystemTime, UNIX_EPOCH};

use cap_fs_ext::{DirExt as _, FileTypeExt as _, MetadataExt as _, SystemTimeSpec};
use cap_std::fs::{FileType, Metadata};

use super::fdstat::filetype_of;
use crate::abi::{Abi, SYMLINK_FOLLOW, filetype, fstflags, rights};
use crate::errno::Errno;
use crate::fds::Handle;
use crate::fileids::{FileIds, STABLE_TIME_NS};
use crate::mem::Memory;
use crate::wasi::Wasi;

/// What a guest learns about a file. Times are nanoseconds since 1970.
#[derive(Debug, Default)]
struct Filestat {
    dev: u64,
    ino: u64,
    filetype: u8,
    nlink: u64,
    size: u64,
    atim: u64,
    mtim: u64,
    ctim: u64,
}

impl Filestat {
    /// Of a file that the guest has come to by this path.
    fn new(metadata: &Metadata, files: &mut FileIds, path: impl FnOnce() -> String) -> Self {
        let known = Self {
            dev: files.device(metadata),
            ino: files.number(metadata, path),
            filetype: filetype_from(metadata.file_type()),
            nlink: 1,
            ..Self::default()
        };
        if files.are_stable() {
            let known = Self {
                atim: STABLE_TIME_NS,
                mtim: STABLE_TIME_NS,
                ctim: STABLE_TIME_NS,
                ..known
            };
            return match metadata.is_dir() {
                true => known,
                false => Self {
                    nlink: metadata.nlink(),
                    size: metadata.len(),
                    ..known
                },
            };
        }
        let modified = metadata
            .modified()
            .ok()
            .map(cap_std::time::SystemTime::into_std);
        let accessed = metadata
            .accessed()
            .ok()
            .map(cap_std::time::SystemTime::into_std);
        Self {
            nlink: metadata.nlink(),
            size: metadata.len(),
            atim: since_1970(accessed),
            mtim: since_1970(modified),
            ctim: changed(metadata),
            ..known
        }
    }

    /// Writes the record in the layout of the guest's version: the older one has a 32-bit link count and no padding around it.
    fn write(&self, mem: &mut Memory<'_>, abi: Abi, at: u32) -> Result<(), Errno> {
        let mut bytes = [0; 64];
        bytes[0..8].copy_from_slice(&self.dev.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.ino.to_le_bytes());
        bytes[16] = self.filetype;
        let tail = match abi {
            Abi::Preview1 => {
                bytes[24..32].copy_from_slice(&self.nlink.to_le_bytes());
                32
            }
            Abi::Unstable => {
                let nlink = u32::try_from(self.nlink).unwrap_or(u32::MAX);
                bytes[20..24].copy_from_slice(&nlink.to_le_bytes());
                24
            }
        };
        for (index, field) in [self.size, self.atim, self.mtim, self.ctim]
            .into_iter()
            .enumerate()
        {
            let at = tail + index * 8;
            bytes[at..at + 8].copy_from_slice(&field.to_le_bytes());
        }
        mem.write(at, &bytes[..tail + 32])
    }
}

/// The WASI number of a file type.
pub(crate) fn filetype_from(kind: FileType) -> u8 {
    if kind.is_file() {
        filetype::REGULAR_FILE
    } else if kind.is_dir() {
        filetype::DIRECTORY
    } else if kind.is_symlink() {
        filetype::SYMBOLIC_LINK
    } else if kind.is_char_device() {
        filetype::CHARACTER_DEVICE
    } else if kind.is_block_device() {
        filetype::BLOCK_DEVICE
    } else if kind.is_socket() {
        filetype::SOCKET_STREAM
    } else {
        filetype::UNKNOWN
    }
}

fn since_1970(time: Option<SystemTime>) -> u64 {
    let since = time
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The time of the last change of the file's status.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> u64 {
    use cap_std::fs::MetadataExt;
    let secs = u64::try_from(MetadataExt::ctime(metadata)).unwrap_or(0);
    let nanos = u64::try_from(MetadataExt::ctime_nsec(metadata)).unwrap_or(0);
    secs.saturating_mul(1_000_000_000).saturating_add(nanos)
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> u64 {
    since_1970(
        metadata
            .modified()
            .ok()
            .map(cap_std::time::SystemTime::into_std),
    )
}

pub(crate) fn fd_filestat_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    stat: u32,
) -> Result<(), Errno> {
    let entry = wasi.fds.get(fd)?;
    entry.need(rights::FD_FILESTAT_GET)?;
    let filestat = match &entry.handle {
        Handle::Stdin | Handle::Stdout | Handle::Stderr => Filestat {
            filetype: filetype_of(wasi, entry),
            ..Filestat::default()
        },
        Handle::File(open) => {
            let metadata = Metadata::from_file(&open.file)?;
            Filestat::new(&metadata, &mut wasi.files, || entry.path.clone())
        }
        Handle::Dir(open) => {
            let metadata = open.dir.dir_metadata()?;
            Filestat::new(&metadata, &mut wasi.files, || entry.path.clone())
        }
    };
    filestat.write(mem, wasi.abi, stat)
}

pub(crate) fn path_filestat_get(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_bytes: u32,
    stat: u32,
) -> Result<(), Errno> {
    let dir = wasi.fds.dir(fd, rights::PATH_FILESTAT_GET)?;
    let path = mem.path(path, path_bytes)?;
    let follow = flags & SYMLINK_FOLLOW != 0;
    let metadata = if follow {
        dir.metadata(path)?
    } else {
        dir.symlink_metadata(path)?
    };
    let path = || wasi.fds.below(fd, path);
    Filestat::new(&metadata, &mut wasi.files, path).write(mem, wasi.abi, stat)
}

pub(crate) fn fd_filestat_set_size(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    size: u64,
) -> Result<(), Errno> {
    let open = wasi.fds.file(fd, rights::FD_FILESTAT_SET_SIZE)?;
    Ok(open.file.set_len(size)?)
}

/// The access and modification time to set; `None` leaves a time as it is.
fn times(
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Result<(Option<SystemTime>, Option<SystemTime>), Errno> {
    let one = |value: u64, given: u32, now: u32| match (flags & given != 0, flags & now != 0) {
        (true, true) => Err(Errno::INVAL),
        (true, false) => {
            let time = UNIX_EPOCH.checked_add(core::time::Duration::from_nanos(value));
            time.map(Some).ok_or(Errno::INVAL)
        }
        (false, true) => Ok(Some(SystemTime::now())),
        (false, false) => Ok(None),
    };
    if flags & !fstflags::ALL != 0 {
        return Err(Errno::INVAL);
    }
    let accessed = one(atim, fstflags::ATIM, fstflags::ATIM_NOW)?;
    let modified = one(mtim, fstflags::MTIM, fstflags::MTIM_NOW)?;
    Ok((accessed, modified))
}

pub(crate) fn fd_filestat_set_times(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Result<(), Errno> {
    let (accessed, modified) = times(atim, mtim, flags)?;
    let mut set = FileTimes::new();
    if let Some(time) = accessed {
        set = set.set_accessed(time);
    }
    if let Some(time) = modified {
        set = set.set_modified(time);
    }
    let entry = wasi.fds.get(fd)?;
    match &entry.handle {
        Handle::Stdin | Handle::Stdout | Handle::Stderr => Err(Errno::BADF),
        Handle::File(open) => {
            entry.need(rights::FD_FILESTAT_SET_TIMES)?;
            Ok(open.file.set_times(set)?)
        }
        Handle::Dir(open) => {
            entry.need(rights::FD_FILESTAT_SET_TIMES)?;
            Ok(open.as_file()?.set_times(set)?)
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of the WASI function"
)]
pub(crate) fn path_filestat_set_times(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_bytes: u32,
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Result<(), Errno> {
    let dir = wasi.fds.dir(fd, rights::PATH_FILESTAT_SET_TIMES)?;
    let path = mem.path(path, path_bytes)?;
    let (accessed, modified) = times(atim, mtim, flags)?;
    let spec = |time: Option<SystemTime>| {
        time.map(|time| SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time)))
    };
    if lookup & SYMLINK_FOLLOW != 0 {
        dir.set_times(path, spec(accessed), spec(modified))?;
    } else {
        dir.set_symlink_times(path, spec(accessed), spec(modified))?;
    }
    Ok(())
}
