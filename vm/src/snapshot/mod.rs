//! Snapshots: the whole state of an engine between two runs, as bytes that any machine with the same images can go on from.
//!
//! Input: an engine, wherever its runs stand, and a [`Sink`]; or a [`Snapshot`], the modules of its images, and a new engine. Output: bytes,
//! or the engine as it was. The format is `format/SNAPSHOT.md`; the container is read and written in `wrt_format`.
//!
//! Invariants: taking a snapshot changes nothing and allocates nothing; what cannot be captured is refused before the first byte is
//! written; a snapshot has no address, nothing of the host's word size, byte order or pages, and nothing of the core; what is restored is
//! checked as if an enemy had written it (`restore`), and fuel and limits are the host's.
//!
//! - `save`: writing. `memories`: of memories. `pages`: what their pages are. `helper`: other threads.
//! - `restore`: reading, in the order in which things depend on each other. `restore/frames`: the stacks.

mod helper;
mod memories;
mod pages;
mod restore;
mod save;

pub use helper::{Compared, Helper};
pub use restore::RestoreError;
pub use save::{SnapshotError, SnapshotId, SnapshotOptions};
pub use wrt_format::snapshot::{
    ChainFault, Fault, HOST_SECTIONS, Kind as SectionKind, MAX_ANCESTORS, Sink, Snapshot,
};

/// No number.
const NONE: u32 = u32::MAX;

/// Codes of [`Status`](crate::raw::store::Status) in a snapshot.
mod status {
    use crate::raw::store::Status;

    pub(super) const fn code(status: Status) -> u32 {
        match status {
            Status::Idle => 0,
            Status::Starting => 1,
            Status::Ready => 2,
            Status::HostCall => 3,
            Status::Waiting => 4,
            Status::Throwing => 5,
            Status::Trapped => 6,
        }
    }

    pub(super) const fn from_code(code: u32) -> Option<Status> {
        match code {
            0 => Some(Status::Idle),
            1 => Some(Status::Starting),
            2 => Some(Status::Ready),
            3 => Some(Status::HostCall),
            4 => Some(Status::Waiting),
            5 => Some(Status::Throwing),
            6 => Some(Status::Trapped),
            _ => None,
        }
    }
}
