//! Directory listings.
//!
//! Reading from cookie 0 takes a fresh listing, `.` and `..` first and the rest sorted by name; a cookie is the number of entries
//! before the next one in that listing. An entry that does not fit is cut off, and a full buffer tells the guest to come again.

use cap_std::fs::Dir;

use super::filestat::filetype_from;
use crate::abi::{DIRENT_BYTES, filetype, rights};
use crate::errno::Errno;
use crate::fds::{Entry, Fd, Handle, joined};
use crate::fileids::FileIds;
use crate::mem::Memory;
use crate::wasi::Wasi;

/// All entries of a directory with this path. What vanishes while we look is left out.
fn list(dir: &Dir, path: &str, files: &mut FileIds) -> Result<Vec<Entry>, Errno> {
    let own = files.number(&dir.dir_metadata()?, || path.to_owned());
    // The parent may lie outside of what the guest can reach, so `..` has the number of the directory itself, as at a root.
    let dots = [".", ".."].map(|name| Entry {
        name: name.to_owned(),
        ino: own,
        filetype: filetype::DIRECTORY,
    });
    let mut found = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        found.push((entry.file_name().to_string_lossy().into_owned(), metadata));
    }
    // Numbers are given in this order too.
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let entries = found.into_iter().map(|(name, metadata)| Entry {
        ino: files.number(&metadata, || joined(path, &name)),
        name,
        filetype: filetype_from(metadata.file_type()),
    });
    Ok(dots.into_iter().chain(entries).collect())
}

/// The bytes of an entry: the header, in which `next` is the cookie of the entry behind it, and the name.
fn encode(entry: &Entry, next: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DIRENT_BYTES + entry.name.len());
    bytes.extend_from_slice(&next.to_le_bytes());
    bytes.extend_from_slice(&entry.ino.to_le_bytes());
    bytes.extend_from_slice(&(entry.name.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&[entry.filetype, 0, 0, 0]);
    bytes.extend_from_slice(entry.name.as_bytes());
    bytes
}

pub(crate) fn fd_readdir(
    wasi: &mut Wasi,
    mem: &mut Memory<'_>,
    fd: u32,
    buf: u32,
    buf_bytes: u32,
    cookie: u64,
    used: u32,
) -> Result<(), Errno> {
    wasi.fds.dir(fd, rights::FD_READDIR)?;
    let Fd { handle, path, .. } = wasi.fds.get_mut(fd)?;
    let Handle::Dir(open) = handle else {
        return Err(Errno::NOTDIR);
    };
    mem.check(used, 4)?;
    let buffer = mem.slice_mut(buf, u64::from(buf_bytes))?;
    if cookie == 0 || open.listing.is_none() {
        open.listing = Some(list(&open.dir, path, &mut wasi.files)?);
    }
    let listing = open.listing.as_deref().unwrap_or_default();
    let skip = usize::try_from(cookie).unwrap_or(usize::MAX);
    let mut filled = 0;
    for (entry, next) in listing.iter().zip(1_u64..).skip(skip) {
        let bytes = encode(entry, next);
        let len = bytes.len().min(buffer.len() - filled);
        buffer[filled..filled + len].copy_from_slice(&bytes[..len]);
        filled += len;
        if filled == buffer.len() {
            break;
        }
    }
    mem.write_u32(used, filled as u32)
}
