//! What tells files apart, and when they changed: as the host says, or the same on every machine, for runs that must repeat.
//!
//! Invariants: stable numbers depend only on the order in which the guest meets files. A file that the guest removes loses its number,
//! since the host may give what it was known by to the next new file.

use std::collections::HashMap;

use cap_fs_ext::MetadataExt as _;
use cap_std::fs::Metadata;

/// The time of all files, and when a run that must repeat begins: the start of the year 2000, in nanoseconds since 1970. Some programs
/// take a file from before 1980 for damaged.
pub const STABLE_TIME_NS: u64 = 946_684_800_000_000_000;

/// What a host knows a file by: device and number.
pub(crate) type Key = (u64, u64);

/// A file that the guest has met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    /// The guest's number of it.
    pub(crate) number: u64,
    /// The guest's path by which it was met first.
    pub(crate) path: String,
}

/// How files are numbered.
#[derive(Debug, Default)]
pub(crate) enum FileIds {
    /// By the host's numbers, and with the host's times.
    #[default]
    Host,
    /// By the order in which the guest meets them, from 1, by the host's device and number. Times are [`STABLE_TIME_NS`], and sizes and link counts of
    /// directories, which differ between file systems, are 0 and 1.
    Stable {
        /// The numbers that have been given.
        known: HashMap<Key, Met>,
        /// The last number that was given.
        last: u64,
    },
}

impl FileIds {
    /// Whether what hosts differ in is hidden.
    pub(crate) fn are_stable(&self) -> bool {
        matches!(self, Self::Stable { .. })
    }

    /// The guest's number of a file, which it meets by this path.
    pub(crate) fn number(&mut self, metadata: &Metadata, path: impl FnOnce() -> String) -> u64 {
        match self {
            Self::Host => metadata.ino(),
            Self::Stable { known, last } => {
                let key = (metadata.dev(), metadata.ino());
                let met = known.entry(key).or_insert_with(|| {
                    *last += 1;
                    Met {
                        number: *last,
                        path: path(),
                    }
                });
                met.number
            }
        }
    }

    /// The guest's number of a file's device.
    pub(crate) fn device(&self, metadata: &Metadata) -> u64 {
        match self {
            Self::Host => metadata.dev(),
            Self::Stable { .. } => 0,
        }
    }

    /// The file is about to lose a name; with its last one it is gone.
    pub(crate) fn forget(&mut self, metadata: &Metadata) {
        if let Self::Stable { known, .. } = self
            && (metadata.is_dir() || metadata.nlink() <= 1)
        {
            known.remove(&(metadata.dev(), metadata.ino()));
        }
    }
}
