//! Hashing the pages of a snapshot while others are compared and written.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use sha2::{Digest as _, Sha256};

/// Pages, or parts of some, with which a thread begins. Fewer are hashed without one. Measured: with 100 a thread makes it slower, with 270 a file takes as long
/// as without.
const FIRST: usize = 256;
/// Pages that go to it together from then on.
const BATCH: usize = 64;
/// Batches that wait at most: a gigabyte of pages, and megabytes of lists.
const WAITING: usize = 1 << 12;

type Batch<'e> = Vec<&'e [u8]>;

/// SHA-256 of bytes that are lent.
#[derive(Default)]
pub(super) struct Hashing<'s, 'e> {
    /// What is not hashed yet, and has not been handed on.
    batch: Batch<'e>,
    place: Place<'s, 'e>,
}

/// Who hashes.
#[derive(Default)]
enum Place<'s, 'e> {
    /// Whoever asks for the hash, unless more comes.
    #[default]
    Undecided,
    /// This thread: there is no other.
    Here(Sha256),
    /// Another one.
    There(SyncSender<Batch<'e>>, ScopedJoinHandle<'s, [u8; 32]>),
}

impl<'s, 'e: 's> Hashing<'s, 'e> {
    /// The bytes that come next.
    pub(super) fn update(&mut self, scope: &'s Scope<'s, '_>, bytes: &'e [u8]) {
        self.batch.push(bytes);
        let is_first = matches!(self.place, Place::Undecided);
        if self.batch.len() < if is_first { FIRST } else { BATCH } {
            return;
        }
        let batch = core::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        if is_first {
            self.place = start(scope);
        }
        self.place.take(batch);
    }

    /// The hash of all of them.
    pub(super) fn finish(mut self) -> [u8; 32] {
        self.place.take(self.batch);
        match self.place {
            Place::Undecided => Sha256::new().finalize().into(),
            Place::Here(hash) => hash.finalize().into(),
            Place::There(to, thread) => {
                drop(to);
                let hash = thread.join();
                hash.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
        }
    }
}

impl<'e> Place<'_, 'e> {
    fn take(&mut self, batch: Batch<'e>) {
        if let Place::Undecided = self {
            *self = Place::Here(Sha256::new());
        }
        match self {
            Place::Undecided => {}
            Place::Here(hash) => update(hash, batch),
            // A thread that takes no more has panicked, which shows when it is joined.
            Place::There(to, _) => drop(to.send(batch)),
        }
    }
}

fn start<'s, 'e: 's>(scope: &'s Scope<'s, '_>) -> Place<'s, 'e> {
    let (to, batches) = sync_channel::<Batch<'e>>(WAITING);
    let thread = Builder::new().name("hash".to_owned());
    let thread = thread.spawn_scoped(scope, || {
        let mut hash = Sha256::new();
        batches.into_iter().for_each(|it| update(&mut hash, it));
        hash.finalize().into()
    });
    match thread {
        Ok(thread) => Place::There(to, thread),
        Err(_) => Place::Here(Sha256::new()),
    }
}

fn update(hash: &mut Sha256, batch: Batch<'_>) {
    batch.into_iter().for_each(|bytes| hash.update(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_pieces_has_the_hash_of_all_of_them() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| (at % 251) as u8).collect();
        for pieces in [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + 5 * BATCH, 1601] {
            let mut expected = Sha256::new();
            let hash = std::thread::scope(|scope| {
                let mut hashing = Hashing::default();
                for piece in bytes.chunks(61).take(pieces) {
                    expected.update(piece);
                    hashing.update(scope, piece);
                }
                let with_thread = matches!(hashing.place, Place::There(..));
                assert_eq!(with_thread, pieces >= FIRST, "{pieces}");
                hashing.finish()
            });
            assert_eq!(hash, <[u8; 32]>::from(expected.finalize()), "{pieces}");
        }
    }

    #[test]
    fn without_a_thread_it_is_the_same() {
        let bytes = [7; 1000];
        let mut place = Place::Undecided;
        for piece in bytes.chunks(99) {
            place.take(vec![piece]);
        }
        let hashing = Hashing {
            batch: vec![&bytes[..5]],
            place,
        };
        let expected = Sha256::new().chain_update(bytes).chain_update([7; 5]);
        assert_eq!(hashing.finish(), <[u8; 32]>::from(expected.finalize()));
    }

    #[test]
    fn a_hash_that_nobody_asks_for_does_not_keep_the_thread() {
        let bytes = [1; 10];
        std::thread::scope(|scope| {
            let mut hashing = Hashing::default();
            (0..FIRST + BATCH).for_each(|_| hashing.update(scope, &bytes));
        });
    }
}
