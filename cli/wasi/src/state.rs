//! A guest's WASI world as bytes, to be put into a snapshot, and made again from them, on another machine if need be.
//!
//! Input: a [`Wasi`]; or bytes from anywhere and a [`WasiBuilder`] with the directories and streams that the embedder grants anew. Output:
//! bytes; or a `Wasi` that goes on. Arguments, environment, clocks, a seed's position, descriptors with their numbers, rights and offsets, and
//! directory cursors come from the bytes; directories, by the guest's names for them, and streams from the builder.
//!
//! Invariants: what cannot be opened again is refused by name, when the state is taken as when it is restored; a restored descriptor reaches
//! nothing that its directory does not hold, and has no more rights than that grants.

use core::fmt;
use std::io::{self, Read as _};

use cap_fs_ext::{MetadataExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, Metadata, OpenOptions};

use crate::abi::{Abi, fdflags, filetype, rights};
use crate::builder::WasiBuilder;
use crate::calls::filestat::filetype_from;
use crate::clock::ClockState;
use crate::fds::{Entry, Fd, FdKind, FdState, FdTable, Handle, OpenDir, OpenFile};
use crate::met;
use crate::random::Random;
use crate::saved::{Kind, NO_LISTING, Saved, SavedFd, VERSION};
use crate::stdio::Stdio;
use crate::wasi::Wasi;

/// Why a guest's world cannot be captured, or not be restored: one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateError(pub(crate) String);

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for StateError {}

pub(crate) type Result<T> = core::result::Result<T, StateError>;

pub(crate) fn refused<T>(text: impl Into<String>) -> Result<T> {
    Err(StateError(text.into()))
}

/// Numbers and strings, one behind the other.
#[derive(Default)]
pub(crate) struct Out(Vec<u8>);

impl Out {
    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.0.extend(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.u32(texts.len() as u32);
        texts.iter().for_each(|text| self.text(text));
    }
}

/// Of directories by the guest's names for them, the innermost one that a guest's path leads below, and the path from there. The guest may
/// have come another way; whether it came to the same place is checked.
pub(crate) fn below<'p, T>(
    given: impl Iterator<Item = (T, &'p str)>,
    path: &'p str,
) -> Option<(T, &'p str)> {
    let found = given.filter_map(|(it, name)| {
        let rest = path.strip_prefix(name.trim_end_matches('/'))?;
        Some((name.len(), it, rest.strip_prefix('/')?))
    });
    let best = found.max_by_key(|(len, _, _)| *len);
    best.map(|(_, it, rest)| (it, rest))
}

fn is_same(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

impl Wasi {
    /// Everything about this guest's world that is not the embedder's, as bytes for [`WasiBuilder::restore`]. What the guest has printed is
    /// written out first.
    ///
    /// # Errors
    /// [`StateError`] names what could not be opened again: a file that has been removed or replaced since it was opened, a pipe or
    /// device, or a tree that is too large to look in for the files that a guest with [`WasiBuilder::stable_files`] has met.
    pub fn state(&mut self) -> Result<Vec<u8>> {
        if let Err(error) = self.stdio.flush() {
            return refused(format!("standard output: {error}"));
        }
        let mut out = Out::default();
        out.u32(VERSION);
        out.texts(&self.args);
        out.texts(&self.env);
        let (tag, state) = match self.random {
            Random::System => (0, 0),
            Random::Seeded(state) => (1, state),
        };
        out.u32(tag);
        out.u64(state);
        for number in self.clock.numbers() {
            out.u64(number);
        }
        met::write(&self.files, &self.preopens(), &mut out)?;
        out.u64(self.stdio.bytes_read());
        let fds: Vec<_> = self.fds.numbered().collect();
        out.u32(fds.len() as u32);
        for (number, fd) in fds {
            self.descriptor(&mut out, number, fd)?;
        }
        Ok(out.0)
    }

    /// The directories that were given, as far as the guest has not closed them.
    fn preopens(&self) -> Vec<(&Dir, &str)> {
        let preopens = self.fds.numbered().filter_map(|(_, fd)| match &fd.handle {
            Handle::Dir(open) if fd.preopen => Some((&open.dir, fd.path.as_str())),
            Handle::Stdin | Handle::Stdout | Handle::Stderr | Handle::File(_) | Handle::Dir(_) => {
                None
            }
        });
        preopens.collect()
    }

    fn descriptor(&self, out: &mut Out, number: u32, fd: &Fd) -> Result<()> {
        let kind = match &fd.handle {
            Handle::Stdin => Kind::Stdin,
            Handle::Stdout => Kind::Stdout,
            Handle::Stderr => Kind::Stderr,
            Handle::File(_) => Kind::File,
            Handle::Dir(_) if fd.preopen => Kind::Preopen,
            Handle::Dir(_) => Kind::Dir,
        };
        out.u32(number);
        out.u32(kind as u32);
        out.text(&fd.path);
        out.u64(fd.offset);
        out.u32(fd.flags.into());
        out.u64(fd.base);
        out.u64(fd.inheriting);
        match &fd.handle {
            Handle::Stdin | Handle::Stdout | Handle::Stderr => {}
            Handle::File(file) => {
                let path = &fd.path;
                if file.filetype != filetype::REGULAR_FILE {
                    return refused(format!("{path}: a pipe or a device"));
                }
                let own = Metadata::from_file(&file.file);
                let own = own.map_err(|error| StateError(format!("{path}: {error}")))?;
                self.check_there(path, &own, |dir, rest| dir.metadata(rest))?;
                out.u64(own.len());
            }
            Handle::Dir(open) => {
                if !fd.preopen {
                    let path = &fd.path;
                    let own = open.dir.dir_metadata();
                    let own = own.map_err(|error| StateError(format!("{path}: {error}")))?;
                    self.check_there(path, &own, |dir, rest| dir.metadata(rest))?;
                }
                listing(out, open.listing.as_deref());
            }
        }
        Ok(())
    }

    /// Whether the guest's path still leads to what is open.
    fn check_there(
        &self,
        path: &str,
        own: &Metadata,
        look: impl FnOnce(&Dir, &str) -> io::Result<Metadata>,
    ) -> Result<()> {
        let preopens = self.preopens().into_iter();
        let Some((dir, rest)) = below(preopens, path) else {
            return refused(format!("{path}: its directory has been closed"));
        };
        match look(dir, rest) {
            Ok(found) if is_same(&found, own) => Ok(()),
            Ok(_) | Err(_) => refused(format!("{path}: removed or replaced since it was opened")),
        }
    }
}

fn listing(out: &mut Out, entries: Option<&[Entry]>) {
    let Some(entries) = entries else {
        return out.u32(NO_LISTING);
    };
    out.u32(entries.len() as u32);
    for entry in entries {
        out.text(&entry.name);
        out.u64(entry.ino);
        out.u32(entry.filetype.into());
    }
}

impl WasiBuilder {
    /// Makes the `Wasi` of which [`Wasi::state`] gave these bytes. Directories, streams and the limit of descriptors are this builder's; its
    /// arguments, environment, clock, random numbers and way of numbering files do not count.
    ///
    /// A standard input that is a reader is read as far as the guest had read it.
    ///
    /// # Errors
    /// [`StateError`] names a directory that is not given, or a file that is not there, is no file, or is shorter than it was, or longer
    /// though the guest appends to it.
    pub fn restore(self, state: &[u8]) -> Result<Wasi> {
        let saved = Saved::read(state)?;
        let given = self.preopens.iter();
        let given: Vec<_> = given.map(|(dir, name, _)| (dir, name.as_str())).collect();
        let files = met::find(saved.met, &given)?;
        let mut stdio = Stdio::new(self.input, self.output, self.error);
        skip(&mut stdio, saved.bytes_read)?;
        let mut fds = FdTable::new(Vec::new(), self.fd_limit);
        for saved in saved.fds {
            let number = saved.state.fd;
            if !fds.put(number, descriptor(saved, &self.preopens)?) {
                return refused(format!("descriptor {number}: there are too many"));
            }
        }
        Ok(Wasi {
            args: saved.args,
            env: saved.env,
            fds,
            stdio,
            clock: ClockState::from_numbers(saved.clock),
            random: saved.random,
            files,
            abi: Abi::Preview1,
            parks: false,
            parked: None,
        })
    }
}

/// Reads what the guest has read before.
fn skip(stdio: &mut Stdio, bytes: u64) -> Result<()> {
    let mut left = bytes;
    if let Some(reader) = stdio.reader() {
        let skipped = io::copy(&mut reader.take(left), &mut io::sink());
        left -= skipped.unwrap_or(0);
        if left > 0 {
            return refused(format!(
                "standard input is shorter than the {bytes} bytes that the guest has read"
            ));
        }
    }
    stdio.set_bytes_read(bytes);
    Ok(())
}

/// Opens a file again, which had so many bytes, with these rights and flags.
fn file(dir: &Dir, path: &str, len: u64, (base, flags): (u64, u16)) -> io::Result<OpenFile> {
    let metadata = dir.metadata(path)?;
    // Opening a pipe would wait for its other end.
    let filetype = filetype_from(metadata.file_type());
    if filetype != filetype::REGULAR_FILE {
        return Err(io::Error::other("no file any more"));
    }
    let (now, appends) = (metadata.len(), flags & fdflags::APPEND != 0);
    if now < len || appends && now != len {
        let text = format!("{now} bytes long, and had been {len}");
        return Err(io::Error::other(text));
    }
    let write = base & rights::FD_WRITE != 0;
    let mut options = OpenOptions::new();
    options
        .read(base & rights::FD_READ != 0 || !write)
        .write(write)
        .nonblock(flags & fdflags::NONBLOCK != 0);
    let file = dir.open_with(path, &options)?.into_std();
    Ok(OpenFile { file, filetype })
}

/// Opens a descriptor again, in the directories that are given.
fn descriptor(saved: SavedFd, preopens: &[(Dir, String, bool)]) -> Result<Fd> {
    let SavedFd {
        state,
        len,
        listing,
    } = saved;
    let FdState {
        fd: _,
        kind,
        path,
        preopen,
        offset,
        flags,
        rights_base: base,
        rights_inheriting: inheriting,
    } = state;
    let at = |error: &dyn fmt::Display| StateError(format!("{path}: {error}"));
    let named = preopens.iter().find(|(_, name, _)| *name == path);
    let inside = below(preopens.iter().map(|it| (it, it.1.as_str())), &path);
    let granted = if preopen {
        named.map(|it| (it, ""))
    } else {
        inside
    };
    let missing = || at(&"the guest has it open, and its directory is not given");
    let read_only = granted.is_some_and(|((_, _, read_only), _)| *read_only);
    let keep = if read_only { !rights::CHANGING } else { !0 };
    let handle = match kind {
        FdKind::Stdin => Handle::Stdin,
        FdKind::Stdout => Handle::Stdout,
        FdKind::Stderr => Handle::Stderr,
        FdKind::File => {
            let ((dir, ..), rest) = granted.ok_or_else(missing)?;
            let file = file(dir, rest, len, (base & keep, flags));
            Handle::File(file.map_err(|error| at(&error))?)
        }
        FdKind::Dir => {
            let ((dir, ..), rest) = granted.ok_or_else(missing)?;
            let dir = if preopen {
                dir.try_clone()
            } else {
                dir.open_dir(rest)
            };
            let dir = dir.map_err(|error| at(&error))?;
            Handle::Dir(OpenDir { dir, listing })
        }
    };
    let (own, handed_on) = match &handle {
        Handle::Stdin => (rights::STDIN, 0),
        Handle::Stdout | Handle::Stderr => (rights::STDOUT, 0),
        Handle::File(_) => (rights::FILE, rights::DIR | rights::FILE),
        Handle::Dir(_) => (rights::DIR, rights::DIR | rights::FILE),
    };
    Ok(Fd {
        handle,
        preopen,
        path,
        offset,
        flags,
        base: base & own & keep,
        inheriting: inheriting & handed_on & keep,
    })
}
