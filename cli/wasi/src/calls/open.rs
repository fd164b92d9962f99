//! `path_open`.
//!
//! The rights asked for decide how the host file is opened: for reading with `fd_read`, for writing with `fd_write`. These two
//! must be among the rights that the directory hands on; the others are cut down to those, and to what applies to the kind of file
//! that is found.

use std::io;

use cap_fs_ext::{
    DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsMaybeDirExt as _,
    OpenOptionsSyncExt as _,
};
use cap_std::fs::{Dir, File, Metadata, OpenOptions};

use super::fdstat::sync_rights;
use super::filestat::filetype_from;
use crate::abi::{SYMLINK_FOLLOW, fdflags, oflags, rights};
use crate::errno::Errno;
use crate::fds::{Fd, Handle, OpenDir, OpenFile, joined};
use crate::mem::Memory;
use crate::wasi::Wasi;

/// What the guest asks for.
struct Request {
    follow: bool,
    oflags: u32,
    base: u64,
    fdflags: u16,
}

impl Request {
    fn has(&self, oflag: u32) -> bool {
        self.oflags & oflag != 0
    }

    /// The rights on the directory that opening like this takes.
    fn directory_rights(&self) -> u64 {
        let create = if self.has(oflags::CREAT) {
            rights::PATH_CREATE_FILE
        } else {
            0
        };
        let truncate = if self.has(oflags::TRUNC) {
            rights::PATH_FILESTAT_SET_SIZE
        } else {
            0
        };
        rights::PATH_OPEN | create | truncate
    }

    /// The rights that the opened file must be able to get.
    fn needed_rights(&self) -> u64 {
        let access = if self.has(oflags::DIRECTORY) {
            0
        } else {
            rights::FD_READ | rights::FD_WRITE
        };
        self.base & access | sync_rights(self.fdflags)
    }

    fn open(&self, dir: &Dir, path: &str) -> io::Result<Handle> {
        if self.has(oflags::DIRECTORY) {
            let dir = if self.follow {
                dir.open_dir(path)?
            } else {
                dir.open_dir_nofollow(path)?
            };
            return Ok(Handle::Dir(OpenDir { dir, listing: None }));
        }
        let file = self.open_file(dir, path)?.into_std();
        let metadata = Metadata::from_file(&file)?;
        if metadata.is_dir() {
            if self.has(oflags::CREAT) {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            let dir = Dir::from_std_file(file);
            return Ok(Handle::Dir(OpenDir { dir, listing: None }));
        }
        let filetype = filetype_from(metadata.file_type());
        Ok(Handle::File(OpenFile { file, filetype }))
    }

    fn open_file(&self, dir: &Dir, path: &str) -> io::Result<File> {
        let write = self.base & rights::FD_WRITE != 0 || self.has(oflags::TRUNC);
        let read = self.base & rights::FD_READ != 0 || !write;
        let follow = if self.follow {
            FollowSymlinks::Yes
        } else {
            FollowSymlinks::No
        };
        let mut options = OpenOptions::new();
        options
            .read(read)
            .write(write)
            .truncate(self.has(oflags::TRUNC));
        options
            .maybe_dir(true)
            .nonblock(self.fdflags & fdflags::NONBLOCK != 0)
            .follow(follow);
        if !self.has(oflags::CREAT) {
            return dir.open_with(path, &options);
        }
        if self.has(oflags::EXCL) {
            return dir.open_with(path, options.write(true).create_new(true));
        }
        if !write {
            // The host wants write access for creating. A file that is there may be one that can only be read.
            match dir.open_with(path, &options) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => return result,
            }
        }
        dir.open_with(path, options.write(true).create(true))
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of the WASI function"
)]
pub(crate) fn path_open(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_bytes: u32,
    flags: u32,
    base: u64,
    inheriting: u64,
    fdflags: u32,
    opened: u32,
) -> Result<(), Errno> {
    let follow = lookup & SYMLINK_FOLLOW != 0;
    let fdflags = u16::try_from(fdflags)
        .ok()
        .filter(|bits| bits & !fdflags::ALL == 0);
    let request = Request {
        follow,
        oflags: flags,
        base,
        fdflags: fdflags.ok_or(Errno::INVAL)?,
    };
    let dir = wasi.fds.dir(fd, request.directory_rights())?;
    let makes = oflags::CREAT | oflags::EXCL | oflags::TRUNC;
    if flags & !oflags::ALL != 0 || request.has(oflags::DIRECTORY) && request.has(makes) {
        return Err(Errno::INVAL);
    }
    let path = mem.path(path, path_bytes)?;
    mem.check(opened, 4)?;
    let parent = wasi.fds.get(fd)?;
    if request.needed_rights() & !parent.inheriting != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    wasi.fds.check_room()?;
    let handle = request.open(dir, path)?;
    let applicable = if matches!(handle, Handle::Dir(_)) {
        rights::DIR
    } else {
        rights::FILE
    };
    let new = Fd {
        handle,
        path: joined(&parent.path, path),
        preopen: false,
        offset: 0,
        flags: request.fdflags,
        base: base & parent.inheriting & applicable,
        inheriting: inheriting & parent.inheriting,
    };
    let number = wasi.fds.insert(new)?;
    mem.write_u32(opened, number)
}
