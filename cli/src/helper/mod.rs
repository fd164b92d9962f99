//! Help with snapshots: what takes time is done by further threads, if it is much.
//!
//! Input: an engine whose snapshot is taken. Output: the snapshot, the same bytes as without. Invariants: memory is lent, not copied; what
//! waits is bounded; where there are no threads, everything is done by the one that asks.

mod comparing;
mod hashing;

use std::sync::OnceLock;
use std::thread::{Scope, available_parallelism};

use wrt_vm::{Compared, Engine, Helper, Sink, SnapshotError, SnapshotId, SnapshotOptions};

use hashing::Hashing;

/// Takes a snapshot as [`Engine::snapshot`] does.
///
/// # Errors
/// Those of [`Engine::snapshot`].
pub(crate) fn snapshot<S: Sink>(
    engine: &Engine<'_>,
    sink: &mut S,
    options: &SnapshotOptions<'_>,
) -> Result<SnapshotId, SnapshotError<S::Error>> {
    if is_alone() {
        return engine.snapshot(sink, options);
    }
    helped(engine, sink, options)
}

fn helped<S: Sink>(
    engine: &Engine<'_>,
    sink: &mut S,
    options: &SnapshotOptions<'_>,
) -> Result<SnapshotId, SnapshotError<S::Error>> {
    std::thread::scope(|scope| {
        let hashing = Hashing::default();
        engine.snapshot_with(sink, options, &mut Threads { scope, hashing })
    })
}

/// Two threads, one that hashes and one that compares, each from when there is enough for it to do.
struct Threads<'s, 'env, 'e> {
    scope: &'s Scope<'s, 'env>,
    hashing: Hashing<'s, 'e>,
}

impl<'s, 'e: 's> Helper<'e> for Threads<'s, '_, 'e> {
    type Known = comparing::Known;

    fn memory(&mut self, compared: Compared<'e>) -> Self::Known {
        comparing::start(self.scope, compared)
    }

    fn hash(&mut self, bytes: &'e [u8]) {
        self.hashing.update(self.scope, bytes);
    }

    fn finish(&mut self) -> [u8; 32] {
        core::mem::take(&mut self.hashing).finish()
    }
}

/// Whether there is no other processor, so that a thread would only add to the work. It is asked for once, since to know takes reading files.
fn is_alone() -> bool {
    static IS_ALONE: OnceLock<bool> = OnceLock::new();
    *IS_ALONE.get_or_init(|| available_parallelism().is_ok_and(|it| it.get() == 1))
}

#[cfg(feature = "compile")]
#[cfg(test)]
mod tests;
