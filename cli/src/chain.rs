//! Snapshot files, each opened with those that it is based on.
//!
//! Input: a path. Output: [`Chain`], the files of an incremental snapshot down to one that stands alone. A file says where its parent was: beside
//! it, or elsewhere. Invariants: only ids tell whether the files belong together, which whoever restores them checks; no more files are opened
//! than a snapshot may be based on.

use std::path::{Path, PathBuf};

use wrt_host::{MappedImage, MmapProvider};
use wrt_vm::{ChainFault, Fault, MAX_ANCESTORS, Snapshot};

use crate::cmd::Record;
use crate::envelope::{self, Key};
use crate::status::{Failure, Status};

/// How much of snapshots is looked at before anything is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Everything.
    All,
    /// All but the contents of memory, which are read when they are first used. Damage there is damage of the guest's data, and of nothing
    /// else.
    ButPages,
}

/// A snapshot file.
#[derive(Debug)]
enum Contents {
    /// As it is.
    Mapped(MappedImage),
    /// Out of its envelope.
    Unpacked(Vec<u8>),
}

impl Contents {
    /// Opens a file. With a key it has to be encrypted.
    fn open(path: &Path, key: Option<&Key>) -> Result<Self, Failure> {
        let file = MappedImage::open(path);
        let file = file.map_err(|error| Failure::io(path.display(), &error))?;
        if envelope::is_one(file.bytes()) {
            let unpacked = envelope::unpack(file.bytes(), key).map(Self::Unpacked);
            return unpacked.map_err(|failure| failure.at(path.display()));
        }
        match key {
            Some(_) => Err(envelope::unencrypted().at(path.display())),
            None => Ok(Self::Mapped(file)),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file.bytes(),
            Self::Unpacked(bytes) => bytes,
        }
    }
}

/// The files of a snapshot and of those that it is based on, the nearest first.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    files: Vec<(PathBuf, Contents)>,
}

impl Chain {
    /// Opens a snapshot and those that it is based on; these are looked for in `folder` if it is given.
    pub(crate) fn open(
        path: &Path,
        folder: Option<&Path>,
        key: Option<&Key>,
    ) -> Result<Self, Failure> {
        let mut chain = Self::default();
        let mut next = path.to_path_buf();
        loop {
            let place = next.display();
            let file = Contents::open(&next, key)?;
            let snapshot = Snapshot::parse_lazily(file.bytes());
            let snapshot = snapshot.map_err(|fault| failure_of(fault).at(&place))?;
            let parent = match snapshot.parent() {
                None => None,
                Some(_) => Some(Record::parse(&snapshot).map_err(|it| it.at(&place))?.parent),
            };
            let of = next.clone();
            chain.files.push((next, file));
            let Some(parent) = parent else {
                return Ok(chain);
            };
            if chain.files.len() > MAX_ANCESTORS {
                return Err(not_a_chain(ChainFault::TooLong).at(path.display()));
            }
            let parent = parent.ok_or_else(|| {
                let text = "it is based on another snapshot, and does not say where that was";
                Failure::new(Status::Corrupt, text).at(of.display())
            })?;
            next = match folder {
                Some(folder) => folder.join(parent.file_name().unwrap_or_default()),
                // An absolute path stays what it is.
                None => of.with_file_name("").join(parent),
            };
        }
    }

    /// Whether there is no file.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Puts a file that is based on the others before them.
    pub(crate) fn push(&mut self, path: &Path, key: Option<&Key>) -> Result<(), Failure> {
        let file = Contents::open(path, key)?;
        self.files.insert(0, (path.to_path_buf(), file));
        Ok(())
    }

    /// Where the first file is, as one finds it from a file at `path`.
    pub(crate) fn first_seen_from(&self, path: &Path) -> Option<PathBuf> {
        let (first, _) = self.files.first()?;
        if first.parent() == path.parent() {
            return first.file_name().map(PathBuf::from);
        }
        Some(first.canonicalize().unwrap_or_else(|_| first.clone()))
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// The snapshots in the files.
    pub(crate) fn snapshots(&self, check: Check) -> Result<Vec<Snapshot<'_>>, Failure> {
        let snapshots = self.files.iter().map(|(path, file)| {
            let snapshot = match check {
                Check::All => Snapshot::parse(file.bytes()),
                Check::ButPages => Snapshot::parse_lazily(file.bytes()),
            };
            snapshot.map_err(|fault| failure_of(fault).at(path.display()))
        });
        snapshots.collect()
    }

    /// A provider that maps memories from the files.
    pub(crate) fn provider(&self) -> MmapProvider<'_> {
        let mapped = self.files.iter().filter_map(|(_, file)| match file {
            Contents::Mapped(file) => Some(file),
            Contents::Unpacked(_) => None,
        });
        mapped.fold(MmapProvider::new(), MmapProvider::with_image)
    }
}

/// A fault of a snapshot's container.
pub(crate) fn failure_of(fault: Fault) -> Failure {
    let status = match fault {
        Fault::NotASnapshot => Status::NotAnImage,
        Fault::OtherVersion | Fault::OtherIsa => Status::OtherVersion,
        Fault::Truncated => Status::Truncated,
        Fault::TrailingBytes
        | Fault::BadHeader
        | Fault::BadTable
        | Fault::UnknownSection
        | Fault::BadId
        | Fault::Damaged(_) => Status::Corrupt,
        _ => Status::Corrupt,
    };
    Failure::new(status, fault.to_string())
}

/// A fault of the order of snapshots.
pub(crate) fn not_a_chain(fault: ChainFault) -> Failure {
    Failure::usage(fault.to_string())
}
