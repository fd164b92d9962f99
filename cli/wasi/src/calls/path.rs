//! Names in directories: create, remove, rename, link.
//!
//! cap-std resolves every path beneath its directory; a path that would leave it is refused with [`Errno::PERM`].

use std::io;

use cap_fs_ext::MetadataExt as _;
use cap_std::fs::Dir;

use crate::abi::{SYMLINK_FOLLOW, rights};
use crate::errno::Errno;
use crate::fileids::FileIds;
use crate::mem::Memory;
use crate::wasi::Wasi;

pub(crate) fn path_create_directory(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_bytes: u32,
) -> Result<(), Errno> {
    let dir = wasi.fds.dir(fd, rights::PATH_CREATE_DIRECTORY)?;
    Ok(dir.create_dir(mem.path(path, path_bytes)?)?)
}

pub(crate) fn path_remove_directory(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_bytes: u32,
) -> Result<(), Errno> {
    let dir = wasi.fds.dir(fd, rights::PATH_REMOVE_DIRECTORY)?;
    let path = mem.path(path, path_bytes)?;
    // A slash at the end says that it is a directory, which it must be in any case.
    let name = path.trim_end_matches('/');
    let name = if name.is_empty() { path } else { name };
    removing(dir, name, &mut wasi.files, || dir.remove_dir(name))
}

pub(crate) fn path_unlink_file(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_bytes: u32,
) -> Result<(), Errno> {
    let dir = wasi.fds.dir(fd, rights::PATH_UNLINK_FILE)?;
    let path = mem.path(path, path_bytes)?;
    removing(dir, path, &mut wasi.files, || dir.remove_file(path))
}

/// Does what takes the name `path` from a file, if there is one.
fn removing(
    dir: &Dir,
    path: &str,
    files: &mut FileIds,
    remove: impl FnOnce() -> io::Result<()>,
) -> Result<(), Errno> {
    let metadata = match files.are_stable() {
        true => dir.symlink_metadata(path).ok(),
        false => None,
    };
    remove()?;
    if let Some(metadata) = metadata {
        files.forget(&metadata);
    }
    Ok(())
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of the WASI function"
)]
pub(crate) fn path_rename(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    old_fd: u32,
    old_path: u32,
    old_bytes: u32,
    new_fd: u32,
    new_path: u32,
    new_bytes: u32,
) -> Result<(), Errno> {
    let old_dir = wasi.fds.dir(old_fd, rights::PATH_RENAME_SOURCE)?;
    let new_dir = wasi.fds.dir(new_fd, rights::PATH_RENAME_TARGET)?;
    let old_path = mem.path(old_path, old_bytes)?;
    let new_path = mem.path(new_path, new_bytes)?;
    // Two names of one file stay as they are.
    let same = |path: &str, dir: &Dir| {
        dir.symlink_metadata(path)
            .ok()
            .map(|it| (it.dev(), it.ino()))
    };
    if wasi.files.are_stable() && same(old_path, old_dir) == same(new_path, new_dir) {
        return Ok(old_dir.rename(old_path, new_dir, new_path)?);
    }
    removing(new_dir, new_path, &mut wasi.files, || {
        old_dir.rename(old_path, new_dir, new_path)
    })
}

/// Links to the file itself; a symbolic link in the last component is never followed, and asking for that is an error.
#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of the WASI function"
)]
pub(crate) fn path_link(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    old_fd: u32,
    lookup: u32,
    old_path: u32,
    old_bytes: u32,
    new_fd: u32,
    new_path: u32,
    new_bytes: u32,
) -> Result<(), Errno> {
    let old_dir = wasi.fds.dir(old_fd, rights::PATH_LINK_SOURCE)?;
    let new_dir = wasi.fds.dir(new_fd, rights::PATH_LINK_TARGET)?;
    if lookup & SYMLINK_FOLLOW != 0 {
        return Err(Errno::INVAL);
    }
    let old_path = mem.path(old_path, old_bytes)?;
    Ok(old_dir.hard_link(old_path, new_dir, mem.path(new_path, new_bytes)?)?)
}

pub(crate) fn path_symlink(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    target: u32,
    target_bytes: u32,
    fd: u32,
    path: u32,
    path_bytes: u32,
) -> Result<(), Errno> {
    let dir = wasi.fds.dir(fd, rights::PATH_SYMLINK)?;
    let target = mem.path(target, target_bytes)?;
    let path = mem.path(path, path_bytes)?;
    // A link may dangle or point anywhere beneath; following it is checked at use. An absolute target could never be followed.
    Ok(cap_fs_ext::DirExt::symlink(dir, target, path)?)
}

/// Gives as much of the link's target as fits.
#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of the WASI function"
)]
pub(crate) fn path_readlink(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_bytes: u32,
    buf: u32,
    buf_bytes: u32,
    used: u32,
) -> Result<(), Errno> {
    let dir = wasi.fds.dir(fd, rights::PATH_READLINK)?;
    let target = dir.read_link(mem.path(path, path_bytes)?)?;
    let target = target.to_str().ok_or(Errno::ILSEQ)?;
    let len = target.len().min(buf_bytes as usize);
    mem.check(used, 4)?;
    mem.write(buf, target.as_bytes().get(..len).unwrap_or_default())?;
    mem.write_u32(used, len as u32)
}
