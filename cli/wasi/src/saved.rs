//! What the bytes of a guest's WASI world say, before anything is opened again.
//!
//! Input: bytes from anywhere. Output: plain data. Invariants: nothing is allocated that the bytes do not hold; what is cut off, or of another
//! version, or followed by something, is an error.

use crate::abi::fdflags;
use crate::clock::ClockState;
use crate::fds::{Entry, FdKind, FdState};
use crate::met;
use crate::random::Random;
use crate::state::{Result, StateError, refused};

/// Version of the bytes.
pub(crate) const VERSION: u32 = 2;
/// In place of a number of entries: there are none yet.
pub(crate) const NO_LISTING: u32 = u32::MAX;

/// What a descriptor is, in the bytes.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Stdin = 0,
    Stdout = 1,
    Stderr = 2,
    File = 3,
    Preopen = 4,
    Dir = 5,
}

/// A descriptor.
pub(crate) struct SavedFd {
    pub(crate) state: FdState,
    /// Bytes of a file.
    pub(crate) len: u64,
    /// Entries of a directory, if reading it has begun.
    pub(crate) listing: Option<Vec<Entry>>,
}

/// All of it.
pub(crate) struct Saved {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) random: Random,
    pub(crate) clock: [u64; ClockState::NUMBERS],
    /// None if the guest sees the host's numbers of files.
    pub(crate) met: Option<met::Rows>,
    /// Of standard input.
    pub(crate) bytes_read: u64,
    pub(crate) fds: Vec<SavedFd>,
}

/// The descriptors of a guest whose [`Wasi::state`](crate::Wasi::state) these bytes are, by ascending numbers. Nothing is opened.
///
/// # Errors
/// [`StateError`], if the bytes are no such state.
pub fn saved_descriptors(state: &[u8]) -> core::result::Result<Vec<FdState>, StateError> {
    let saved = Saved::read(state)?;
    Ok(saved.fds.into_iter().map(|fd| fd.state).collect())
}

impl Saved {
    pub(crate) fn read(state: &[u8]) -> Result<Self> {
        let mut state = In(state);
        if state.u32()? != VERSION {
            return refused("the state of WASI is of another version");
        }
        let (args, env) = (state.texts()?, state.texts()?);
        let random = match (state.u32()?, state.u64()?) {
            (0, _) => Random::System,
            (_, position) => Random::Seeded(position),
        };
        let mut clock = [0; ClockState::NUMBERS];
        for number in &mut clock {
            *number = state.u64()?;
        }
        let saved = Self {
            args,
            env,
            random,
            clock,
            met: met::read(&mut state)?,
            bytes_read: state.u64()?,
            fds: (0..state.u32()?)
                .map(|_| descriptor(&mut state))
                .collect::<Result<_>>()?,
        };
        if !state.0.is_empty() {
            return refused("bytes follow the state of WASI");
        }
        Ok(saved)
    }
}

fn descriptor(state: &mut In<'_>) -> Result<SavedFd> {
    const KINDS: [Kind; 6] = [
        Kind::Stdin,
        Kind::Stdout,
        Kind::Stderr,
        Kind::File,
        Kind::Preopen,
        Kind::Dir,
    ];
    let fd = state.u32()?;
    let Some(saved) = KINDS.get(state.u32()? as usize) else {
        return refused("the state of WASI has a descriptor of an unknown kind");
    };
    let (kind, preopen) = match saved {
        Kind::Stdin => (FdKind::Stdin, false),
        Kind::Stdout => (FdKind::Stdout, false),
        Kind::Stderr => (FdKind::Stderr, false),
        Kind::File => (FdKind::File, false),
        Kind::Preopen => (FdKind::Dir, true),
        Kind::Dir => (FdKind::Dir, false),
    };
    let state_of_fd = FdState {
        fd,
        kind,
        path: state.text()?,
        preopen,
        offset: state.u64()?,
        flags: state.u32()? as u16 & fdflags::ALL,
        rights_base: state.u64()?,
        rights_inheriting: state.u64()?,
    };
    let (mut len, mut listing) = (0, None);
    match kind {
        FdKind::Stdin | FdKind::Stdout | FdKind::Stderr => {}
        FdKind::File => len = state.u64()?,
        FdKind::Dir => listing = read_listing(state)?,
    }
    Ok(SavedFd {
        state: state_of_fd,
        len,
        listing,
    })
}

fn read_listing(state: &mut In<'_>) -> Result<Option<Vec<Entry>>> {
    let count = state.u32()?;
    if count == NO_LISTING {
        return Ok(None);
    }
    let entries = (0..count).map(|_| {
        Ok(Entry {
            name: state.text()?,
            ino: state.u64()?,
            filetype: state.u32()? as u8,
        })
    });
    entries.collect::<Result<_>>().map(Some)
}

/// Numbers and strings, one behind the other, to be read.
pub(crate) struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        match self.0.split_at_checked(len) {
            Some((taken, rest)) => {
                self.0 = rest;
                Ok(taken)
            }
            None => refused("the state of WASI is cut off"),
        }
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        let bytes = self.take(4)?.first_chunk().copied();
        Ok(u32::from_le_bytes(bytes.unwrap_or_default()))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        let bytes = self.take(8)?.first_chunk().copied();
        Ok(u64::from_le_bytes(bytes.unwrap_or_default()))
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        let len = self.u32()? as usize;
        match core::str::from_utf8(self.take(len)?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => refused("the state of WASI has a string that is none"),
        }
    }

    fn texts(&mut self) -> Result<Vec<String>> {
        (0..self.u32()?).map(|_| self.text()).collect()
    }
}
