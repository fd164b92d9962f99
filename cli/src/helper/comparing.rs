//! Comparing a memory with earlier snapshots from both ends: the engine goes forwards, a thread backwards, chunk by chunk, until they meet.

use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicBool, Ordering};
use std::panic::catch_unwind;
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, Scope};

use wrt_vm::Compared;

/// Less to compare with is left to the engine, which takes a millisecond or two for it.
const THREAD_FROM: usize = 16 << 20;
/// Pages of a chunk at least, and chunks of a memory at most. The engine waits for a part of a chunk where the two meet.
const CHUNK_PAGES: usize = 256;
const MAX_CHUNKS: usize = 64;

/// A part of a memory.
#[derive(Debug, Default)]
struct Chunk {
    /// By whoever looks at it.
    is_taken: AtomicBool,
    /// By the thread, a bit for each page; nothing if it has failed.
    found: OnceLock<Vec<u64>>,
}

impl Chunk {
    /// Whether it was not taken yet.
    fn take(&self) -> bool {
        !self.is_taken.swap(true, Ordering::Relaxed)
    }
}

/// All parts of a memory.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    all: Arc<[Chunk]>,
    /// Pages of each.
    pages: usize,
}

impl Chunks {
    pub(super) fn of(compared: &Compared<'_>) -> Self {
        let pages = compared.pages().div_ceil(MAX_CHUNKS);
        let pages = pages.next_multiple_of(64).max(CHUNK_PAGES);
        let count = compared.pages().div_ceil(pages);
        Self {
            all: (0..count).map(|_| Chunk::default()).collect(),
            pages,
        }
    }

    /// For the engine.
    pub(super) fn front(self) -> Known {
        let mut front = Front {
            chunks: self,
            is_own: true,
        };
        Box::new(move |first| front.known(first))
    }

    #[cfg(all(test, feature = "compile"))]
    pub(super) fn fail(&self) {
        for chunk in &*self.all {
            chunk.take();
            drop(chunk.found.set(Vec::new()));
        }
    }

    #[cfg(all(test, feature = "compile"))]
    pub(super) fn found_nothing(&self) -> bool {
        self.all.iter().all(|chunk| chunk.found.get().is_none())
    }
}

/// What is known of a memory.
pub(super) type Known = Box<dyn FnMut(usize) -> Option<u64>>;

/// Begins to compare.
pub(super) fn start<'s, 'e: 's>(scope: &'s Scope<'s, '_>, compared: Compared<'e>) -> Known {
    if compared.stored_bytes() < THREAD_FROM {
        return Box::new(|_| None);
    }
    let chunks = Chunks::of(&compared);
    let known = chunks.clone().front();
    let thread = Builder::new().name("compare".to_owned());
    match thread.spawn_scoped(scope, move || go_back(compared, &chunks)) {
        Ok(_) => known,
        // Nobody takes anything.
        Err(_) => Box::new(|_| None),
    }
}

/// What the thread does.
pub(super) fn go_back(mut compared: Compared<'_>, chunks: &Chunks) {
    let starts = (0..chunks.all.len()).map(|i| {
        compared.skip_to(i * chunks.pages);
        (i * chunks.pages, compared)
    });
    let starts: Vec<_> = starts.collect();
    for (chunk, (first, mut compared)) in chunks.all.iter().zip(starts).rev() {
        if !chunk.take() {
            return;
        }
        let groups = (first..compared.pages().min(first + chunks.pages)).step_by(64);
        let look = || groups.map(|first| compared.unchanged(first)).collect();
        // Who waits for it must not wait for ever.
        let found = catch_unwind(AssertUnwindSafe(look));
        drop(chunk.found.set(found.unwrap_or_default()));
    }
}

/// The end at which the engine is.
struct Front {
    chunks: Chunks,
    /// Whether the chunk that it is in is not the thread's.
    is_own: bool,
}

impl Front {
    fn known(&mut self, first: usize) -> Option<u64> {
        let chunk = self.chunks.all.get(first / self.chunks.pages)?;
        let group = first % self.chunks.pages / 64;
        if group == 0 {
            self.is_own = chunk.take();
        }
        if self.is_own {
            return None;
        }
        chunk.found.wait().get(group).copied()
    }
}

impl Drop for Front {
    /// Nobody wants to know more.
    fn drop(&mut self) {
        for chunk in &*self.chunks.all {
            chunk.take();
        }
    }
}
