//! The table of descriptors: what each number stands for, where it is, and what may be done with it.
//!
//! Invariants: a descriptor's rights only ever shrink; a host handle is reached only through [`FdTable::file`],
//! [`FdTable::dir`] or [`FdTable::get`] with the right that the operation needs. Offsets of files are kept here and not in the
//! operating system, so that the table is plain data beside the handles.

use std::fs::File;
use std::io;

use cap_std::fs::Dir;

use crate::abi::{filetype, rights};
use crate::errno::Errno;

/// What a descriptor stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FdKind {
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file, or something else that is opened as one (a device, a pipe).
    File,
    /// A directory.
    Dir,
}

/// A descriptor as plain data: all that is needed to open it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FdState {
    /// Its number.
    pub fd: u32,
    /// What it stands for.
    pub kind: FdKind,
    /// The guest's path to it: the preopen's name and what was opened below; empty for standard streams.
    pub path: String,
    /// Whether it is a preopened directory.
    pub preopen: bool,
    /// The offset in bytes at which it reads and writes next; 0 for all but files.
    pub offset: u64,
    /// The `fdflags` bits.
    pub flags: u16,
    /// The rights on this descriptor.
    pub rights_base: u64,
    /// The rights that descriptors opened through this one can have.
    pub rights_inheriting: u64,
}

/// The host's side of a descriptor.
#[derive(Debug)]
pub(crate) enum Handle {
    Stdin,
    Stdout,
    Stderr,
    File(OpenFile),
    Dir(OpenDir),
}

/// An open file.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    pub(crate) filetype: u8,
}

impl OpenFile {
    /// Whether it has offsets at all; a pipe or a terminal has not.
    pub(crate) fn seekable(&self) -> bool {
        matches!(
            self.filetype,
            filetype::REGULAR_FILE | filetype::BLOCK_DEVICE
        )
    }
}

/// An open directory.
#[derive(Debug)]
pub(crate) struct OpenDir {
    pub(crate) dir: Dir,
    /// The entries as they were when reading last began at cookie 0, so that cookies mean the same entries afterwards.
    pub(crate) listing: Option<Vec<Entry>>,
}

impl OpenDir {
    /// The directory as a file that takes calls: a preopen's own descriptor may be good for looking up names only.
    pub(crate) fn as_file(&self) -> io::Result<File> {
        Ok(self.dir.open(".")?.into_std())
    }
}

/// One directory entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) ino: u64,
    pub(crate) filetype: u8,
}

/// A descriptor.
#[derive(Debug)]
pub(crate) struct Fd {
    pub(crate) handle: Handle,
    pub(crate) path: String,
    pub(crate) preopen: bool,
    pub(crate) offset: u64,
    pub(crate) flags: u16,
    pub(crate) base: u64,
    pub(crate) inheriting: u64,
}

impl Fd {
    pub(crate) fn stdio(handle: Handle, base: u64) -> Self {
        Self {
            handle,
            path: String::new(),
            preopen: false,
            offset: 0,
            flags: 0,
            base,
            inheriting: 0,
        }
    }

    pub(crate) fn preopen(dir: Dir, path: String, read_only: bool) -> Self {
        let keep = if read_only { !rights::CHANGING } else { !0 };
        Self {
            handle: Handle::Dir(OpenDir { dir, listing: None }),
            path,
            preopen: true,
            offset: 0,
            flags: 0,
            base: rights::DIR & keep,
            inheriting: (rights::DIR | rights::FILE) & keep,
        }
    }

    /// Fails unless all of `rights` are there.
    pub(crate) fn need(&self, rights: u64) -> Result<(), Errno> {
        if self.base & rights == rights {
            Ok(())
        } else {
            Err(Errno::NOTCAPABLE)
        }
    }

    pub(crate) fn kind(&self) -> FdKind {
        match self.handle {
            Handle::Stdin => FdKind::Stdin,
            Handle::Stdout => FdKind::Stdout,
            Handle::Stderr => FdKind::Stderr,
            Handle::File(_) => FdKind::File,
            Handle::Dir(_) => FdKind::Dir,
        }
    }
}

/// The path to what is at `path` below a directory.
pub(crate) fn joined(directory: &str, path: &str) -> String {
    format!("{}/{path}", directory.trim_end_matches('/'))
}

/// All descriptors, by number.
#[derive(Debug)]
pub(crate) struct FdTable {
    fds: Vec<Option<Fd>>,
    /// The most descriptors that may be open: a guest cannot use up the host's.
    limit: usize,
}

impl FdTable {
    pub(crate) fn new(fds: Vec<Fd>, limit: usize) -> Self {
        Self {
            fds: fds.into_iter().map(Some).collect(),
            limit,
        }
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Fd, Errno> {
        self.fds
            .get(fd as usize)
            .and_then(Option::as_ref)
            .ok_or(Errno::BADF)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Fd, Errno> {
        self.fds
            .get_mut(fd as usize)
            .and_then(Option::as_mut)
            .ok_or(Errno::BADF)
    }

    /// The file that `fd` stands for, if its rights allow the operation; [`Errno::BADF`] if it is something else.
    pub(crate) fn file(&self, fd: u32, rights: u64) -> Result<&OpenFile, Errno> {
        let fd = self.get(fd)?;
        match &fd.handle {
            Handle::File(file) => fd.need(rights).map(|()| file),
            Handle::Stdin | Handle::Stdout | Handle::Stderr | Handle::Dir(_) => Err(Errno::BADF),
        }
    }

    /// The directory that `fd` stands for, if its rights allow the operation.
    pub(crate) fn dir(&self, fd: u32, rights: u64) -> Result<&Dir, Errno> {
        let fd = self.get(fd)?;
        match &fd.handle {
            Handle::Dir(open) => fd.need(rights).map(|()| &open.dir),
            Handle::File(_) => Err(Errno::NOTDIR),
            Handle::Stdin | Handle::Stdout | Handle::Stderr => Err(Errno::BADF),
        }
    }

    /// The guest's path to what lies at `path` below a directory.
    pub(crate) fn below(&self, fd: u32, path: &str) -> String {
        let own = self.get(fd).map_or("", |fd| fd.path.as_str());
        joined(own, path)
    }

    /// Whether another descriptor may be opened.
    pub(crate) fn check_room(&self) -> Result<(), Errno> {
        let open = self.fds.iter().flatten().count();
        if open < self.limit {
            Ok(())
        } else {
            Err(Errno::MFILE)
        }
    }

    /// Puts `fd` at the lowest free number.
    pub(crate) fn insert(&mut self, fd: Fd) -> Result<u32, Errno> {
        self.check_room()?;
        let free = self.fds.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.fds.push(None);
            self.fds.len() - 1
        });
        self.fds[index] = Some(fd);
        u32::try_from(index).map_err(|_| Errno::MFILE)
    }

    pub(crate) fn remove(&mut self, fd: u32) -> Result<Fd, Errno> {
        self.fds
            .get_mut(fd as usize)
            .and_then(Option::take)
            .ok_or(Errno::BADF)
    }

    /// Moves `fd` to the number `to`, which is closed first. Both must be open.
    pub(crate) fn renumber(&mut self, fd: u32, to: u32) -> Result<(), Errno> {
        self.get(fd)?;
        self.get(to)?;
        if fd != to {
            self.fds[to as usize] = self.fds[fd as usize].take();
        }
        Ok(())
    }

    /// Puts `fd` at a number that is free. False, and nothing is changed, if it is not, or beyond the limit.
    pub(crate) fn put(&mut self, number: u32, fd: Fd) -> bool {
        let index = number as usize;
        if index >= self.limit || self.fds.get(index).is_some_and(Option::is_some) {
            return false;
        }
        while self.fds.len() <= index {
            self.fds.push(None);
        }
        self.fds[index] = Some(fd);
        true
    }

    /// All open descriptors, in ascending order.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Fd)> {
        let numbered = (0..).zip(&self.fds);
        numbered.filter_map(|(number, fd)| fd.as_ref().map(|fd| (number, fd)))
    }

    pub(crate) fn states(&self) -> Vec<FdState> {
        let numbered = (0..).zip(&self.fds);
        numbered
            .filter_map(|(number, fd)| fd.as_ref().map(|fd| (number, fd)))
            .map(|(number, fd)| FdState {
                fd: number,
                kind: fd.kind(),
                path: fd.path.clone(),
                preopen: fd.preopen,
                offset: fd.offset,
                flags: fd.flags,
                rights_base: fd.base,
                rights_inheriting: fd.inheriting,
            })
            .collect()
    }
}
