//! Where everything that the machine owns comes from: memory handed over by the embedder, or the global allocator with a budget.
//!
//! Input: a slice of words, or a number of bytes. Output: zeroed, 8-byte aligned blocks. Nothing panics when memory is short.
//!
//! Invariants:
//! - A1: a block handed out is disjoint from every other block handed out and from the arena's own bookkeeping, and stays in place
//!   until it is given back or grown.
//! - A2: the words of a fixed arena belong to it alone for `'m` (it was made from a unique borrow), so they may be read and written
//!   as long as it lives.
//! - A3: the free blocks of a fixed arena are listed in ascending order, no two of them touch, each holds its size in words in its
//!   first word and the index of the next free block (or [`NIL`]) in its second. Every size is even, so that a free block always
//!   holds both.
//! - A4: every block of a heap arena is preceded by a [`Header`] that links it into the list of all blocks and has its layout.

use core::marker::PhantomData;
use core::ptr::NonNull;

/// The memory budget is spent, or the allocator has none left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

/// No free block follows.
const NIL: usize = usize::MAX;

/// Source of all memory of one engine.
#[derive(Debug)]
pub(crate) struct Arena<'m> {
    source: Source,
    /// Bytes that may still be taken.
    left: usize,
    /// Bytes taken.
    used: usize,
    /// Most bytes ever taken at once.
    peak: usize,
    borrow: PhantomData<&'m mut [u64]>,
}

#[derive(Debug)]
enum Source {
    /// Words of the embedder: the first word, and the index of the first free block.
    Fixed { base: NonNull<u64>, free: usize },
    /// The global allocator: the most recent block.
    #[cfg(feature = "alloc")]
    Heap { last: Option<NonNull<Header>> },
}

/// What precedes each block of a heap arena. Its size keeps the block aligned to 16 bytes.
#[cfg(feature = "alloc")]
#[derive(Debug)]
#[repr(C, align(16))]
struct Header {
    older: Option<NonNull<Self>>,
    newer: Option<NonNull<Self>>,
    /// Bytes of the block, the header included.
    bytes: usize,
}

// SAFETY: by A2 and A4 an arena owns all that its pointers reach, and has no interior mutability.
unsafe impl Send for Arena<'_> {}
// SAFETY: as above; `&Arena` only reads plain numbers.
unsafe impl Sync for Arena<'_> {}

/// Words that a block of so many words takes, see A3.
const fn rounded(words: usize) -> Option<usize> {
    if words == 0 {
        Some(2)
    } else {
        words.checked_next_multiple_of(2)
    }
}

impl<'m> Arena<'m> {
    /// An arena over words of the embedder, which are cleared.
    pub(crate) fn fixed(words: &'m mut [u64]) -> Self {
        words.fill(0);
        let even = words.len() & !1;
        let free = if let [size, next, ..] = words {
            *size = even as u64;
            *next = NIL as u64;
            0
        } else {
            NIL
        };
        Self {
            left: even.saturating_mul(8),
            used: 0,
            peak: 0,
            source: Source::Fixed {
                base: NonNull::from(words).cast(),
                free,
            },
            borrow: PhantomData,
        }
    }

    /// An arena that takes up to `budget` bytes from the global allocator.
    #[cfg(feature = "alloc")]
    pub(crate) const fn heap(budget: usize) -> Self {
        Self {
            source: Source::Heap { last: None },
            left: budget,
            used: 0,
            peak: 0,
            borrow: PhantomData,
        }
    }

    /// Bytes taken now.
    pub(crate) const fn used_bytes(&self) -> usize {
        self.used
    }

    /// Most bytes taken at once.
    pub(crate) const fn peak_bytes(&self) -> usize {
        self.peak
    }

    /// Bytes that may still be taken.
    #[cfg(test)]
    pub(crate) const fn left_bytes(&self) -> usize {
        self.left
    }

    /// Counts `bytes` of memory that another source gives (a memory provider), so that the budget covers them too.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        self.left = self.left.checked_sub(bytes).ok_or(OutOfMemory)?;
        self.used += bytes;
        self.peak = self.peak.max(self.used);
        Ok(())
    }

    /// Gives back what [`Self::charge`] or an allocation took.
    pub(crate) fn refund(&mut self, bytes: usize) {
        self.left += bytes;
        self.used -= bytes;
    }

    /// A zeroed block of `words` words.
    pub(crate) fn take(&mut self, words: usize) -> Result<NonNull<u64>, OutOfMemory> {
        self.block(words, true)
    }

    /// The same with anything in it.
    pub(super) fn take_unset(&mut self, words: usize) -> Result<NonNull<u64>, OutOfMemory> {
        self.block(words, false)
    }

    fn block(&mut self, words: usize, zeroed: bool) -> Result<NonNull<u64>, OutOfMemory> {
        let words = rounded(words).ok_or(OutOfMemory)?;
        let bytes = words.checked_mul(8).ok_or(OutOfMemory)?;
        self.charge(bytes)?;
        let block = match &mut self.source {
            // SAFETY: A2, A3.
            Source::Fixed { base, free } => unsafe { take_fixed(*base, free, words, zeroed) },
            #[cfg(feature = "alloc")]
            Source::Heap { last } => heap::take(last, bytes, zeroed),
        };
        if block.is_none() {
            self.refund(bytes);
        }
        block.ok_or(OutOfMemory)
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `block` was handed out by this arena for `words` words and is not used again.
    pub(crate) unsafe fn give_back(&mut self, block: NonNull<u64>, words: usize) {
        let Some(words) = rounded(words) else { return };
        self.refund(words * 8);
        match &mut self.source {
            // SAFETY: A2, A3, and the caller's promise.
            Source::Fixed { base, free } => unsafe { give_back_fixed(*base, free, block, words) },
            #[cfg(feature = "alloc")]
            // SAFETY: A4 and the caller's promise.
            Source::Heap { last } => unsafe { heap::give_back(last, block) },
        }
    }

    /// Grows a block, in place where possible; the new words are zero. On an error the block is as before.
    ///
    /// # Safety
    /// `block` was handed out by this arena for `old` words, `new >= old`, and after success only the result is used.
    pub(crate) unsafe fn grow(
        &mut self,
        block: NonNull<u64>,
        old: usize,
        new: usize,
    ) -> Result<NonNull<u64>, OutOfMemory> {
        let (had, want) = (
            rounded(old).ok_or(OutOfMemory)?,
            rounded(new).ok_or(OutOfMemory)?,
        );
        if had == want {
            return Ok(block);
        }
        let extra = (want - had).checked_mul(8).ok_or(OutOfMemory)?;
        match &mut self.source {
            Source::Fixed { base, free } => {
                // SAFETY: A2, A3, and the caller's promise.
                if unsafe { extend_fixed(*base, free, block, had, want) } {
                    return self.charge(extra).map(|()| block);
                }
                let moved = self.take(want)?;
                // SAFETY: both blocks are at least `had` words long and, by A1, disjoint.
                unsafe { moved.copy_from_nonoverlapping(block, had) };
                // SAFETY: the caller's promise.
                unsafe { self.give_back(block, old) };
                Ok(moved)
            }
            #[cfg(feature = "alloc")]
            Source::Heap { last } => {
                if self.left < extra {
                    return Err(OutOfMemory);
                }
                // SAFETY: A4 and the caller's promise.
                let moved = unsafe { heap::grow(last, block, want * 8) }.ok_or(OutOfMemory)?;
                self.charge(extra)?;
                Ok(moved)
            }
        }
    }
}

/// Reads word `at` of the arena.
///
/// # Safety
/// `at` is in the arena (A2).
unsafe fn word(base: NonNull<u64>, at: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { base.add(at).read() as usize }
}

/// Writes word `at` of the arena.
///
/// # Safety
/// `at` is in the arena and in no block handed out (A1, A2).
unsafe fn set_word(base: NonNull<u64>, at: usize, value: usize) {
    // SAFETY: the caller's promise.
    unsafe { base.add(at).write(value as u64) }
}

/// First fit from the front of a free block, so that a block often has free words behind it to grow into.
///
/// # Safety
/// A2 and A3 hold; `words` is even and not 0.
unsafe fn take_fixed(
    base: NonNull<u64>,
    free: &mut usize,
    words: usize,
    zeroed: bool,
) -> Option<NonNull<u64>> {
    let (mut before, mut at) = (NIL, *free);
    while at != NIL {
        // SAFETY: A3: `at` is a free block, which starts with its size and the next one.
        let (size, next) = unsafe { (word(base, at), word(base, at + 1)) };
        if size >= words {
            let rest = if size == words { next } else { at + words };
            if size > words {
                // SAFETY: the rest of the free block is at least two words long, since sizes are even.
                unsafe {
                    set_word(base, rest, size - words);
                    set_word(base, rest + 1, next);
                }
            }
            if before == NIL {
                *free = rest;
            } else {
                // SAFETY: `before` is a free block.
                unsafe { set_word(base, before + 1, rest) };
            }
            // SAFETY: `at .. at + words` is inside the arena and is no longer free.
            let block = unsafe { base.add(at) };
            if zeroed {
                // SAFETY: as above.
                unsafe { block.write_bytes(0, words) };
            }
            return Some(block);
        }
        (before, at) = (at, next);
    }
    None
}

/// Puts a block back into the ordered list and joins it with the free blocks that it touches.
///
/// # Safety
/// A2 and A3 hold; `block` was handed out with `words` words.
unsafe fn give_back_fixed(base: NonNull<u64>, free: &mut usize, block: NonNull<u64>, words: usize) {
    // SAFETY: the block lies in the arena.
    let start = unsafe { block.offset_from_unsigned(base) };
    let (mut before, mut next) = (NIL, *free);
    while next != NIL && next < start {
        before = next;
        // SAFETY: `next` is a free block.
        next = unsafe { word(base, next + 1) };
    }
    let (mut size, mut follower) = (words, next);
    if next == start + words {
        // SAFETY: `next` is a free block.
        (size, follower) = unsafe { (words + word(base, next), word(base, next + 1)) };
    }
    let mut at = start;
    if before == NIL {
        *free = start;
    } else {
        // SAFETY: `before` is a free block.
        let before_size = unsafe { word(base, before) };
        if before + before_size == start {
            (at, size) = (before, size + before_size);
        } else {
            // SAFETY: `before` is a free block.
            unsafe { set_word(base, before + 1, start) };
        }
    }
    // SAFETY: `at` starts a free block of at least two words.
    unsafe {
        set_word(base, at, size);
        set_word(base, at + 1, follower);
    }
}

/// Grows a block into the free block right behind it, if there is one that is large enough.
///
/// # Safety
/// A2 and A3 hold; `block` was handed out with `had` words, and `want > had`; both are even.
unsafe fn extend_fixed(
    base: NonNull<u64>,
    free: &mut usize,
    block: NonNull<u64>,
    had: usize,
    want: usize,
) -> bool {
    // SAFETY: the block lies in the arena.
    let end = unsafe { block.offset_from_unsigned(base) } + had;
    let (mut before, mut at) = (NIL, *free);
    while at != NIL && at < end {
        before = at;
        // SAFETY: `at` is a free block.
        at = unsafe { word(base, at + 1) };
    }
    let more = want - had;
    if at != end {
        return false;
    }
    // SAFETY: `at` is a free block.
    let (size, next) = unsafe { (word(base, at), word(base, at + 1)) };
    if size < more {
        return false;
    }
    let rest = if size == more { next } else { end + more };
    if size > more {
        // SAFETY: the rest is at least two words long, since sizes are even.
        unsafe {
            set_word(base, rest, size - more);
            set_word(base, rest + 1, next);
        }
    }
    if before == NIL {
        *free = rest;
    } else {
        // SAFETY: `before` is a free block.
        unsafe { set_word(base, before + 1, rest) };
    }
    // SAFETY: `end .. end + more` was free and now belongs to the block.
    unsafe { base.add(end).write_bytes(0, more) };
    true
}

#[cfg(feature = "alloc")]
mod heap;

#[cfg(feature = "alloc")]
impl Drop for Arena<'_> {
    fn drop(&mut self) {
        while let Source::Heap { last: Some(last) } = &self.source {
            // SAFETY: A4: the block goes on behind its header.
            let block = unsafe { last.add(1) }.cast();
            if let Source::Heap { last } = &mut self.source {
                // SAFETY: the block is in the list; with the arena goes everything that could use it.
                unsafe { heap::give_back(last, block) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block that the test holds: its address, its words, and what they are filled with.
    type Held = (NonNull<u64>, usize, u64);

    fn read(held: Held, at: usize) -> u64 {
        assert!(at < held.1);
        // SAFETY: inside the block.
        unsafe { held.0.add(at).read() }
    }

    /// Fills words `from ..` of a block, which are zero.
    fn fill(held: Held, from: usize) {
        for at in from..held.1 {
            assert_eq!(read(held, at), 0);
            // SAFETY: inside the block, as `read` has asserted.
            unsafe { held.0.add(at).write(held.2) };
        }
    }

    fn check(held: Held) {
        assert!((0..held.1).all(|at| read(held, at) == held.2));
    }

    fn give_back(arena: &mut Arena<'_>, held: Held) {
        check(held);
        // SAFETY: a block of this arena, forgotten by the caller.
        unsafe { arena.give_back(held.0, held.1) };
    }

    fn grow(arena: &mut Arena<'_>, held: Held, words: usize) -> Result<Held, OutOfMemory> {
        // SAFETY: a block of this arena, replaced by the result.
        let moved = unsafe { arena.grow(held.0, held.1, words) }?;
        Ok((moved, words, held.2))
    }

    /// Random takes, growths and returns against a model: blocks never overlap, come zeroed, and keep their contents.
    fn exercise(mut arena: Arena<'_>, steps: u64) {
        let mut all: std::vec::Vec<Held> = std::vec::Vec::new();
        let mut random = 0x1234_5678_9abc_def1_u64;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as usize
        };
        let start = arena.left_bytes();
        for step in 1..=steps {
            let words = next() % 40;
            let choice = next() % 3;
            if choice == 0 || all.is_empty() {
                if let Ok(block) = arena.take(words) {
                    fill((block, words, step), 0);
                    all.push((block, words, step));
                }
                continue;
            }
            let at = next() % all.len();
            if choice == 1 {
                let before = all[at];
                if let Ok(after) = grow(&mut arena, before, before.1 + words) {
                    fill(after, before.1);
                    all[at] = after;
                }
            } else {
                give_back(&mut arena, all.swap_remove(at));
            }
        }
        for held in all {
            give_back(&mut arena, held);
        }
        assert_eq!((arena.used_bytes(), arena.left_bytes()), (0, start));
        assert!(arena.peak_bytes() > 0);
        // Everything has been joined again.
        assert!(arena.take(start / 8).is_ok());
    }

    #[test]
    fn fixed_arena() {
        let mut words = std::vec![7; 1001];
        exercise(Arena::fixed(&mut words), 20_000);
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn heap_arena() {
        exercise(Arena::heap(8000), 5_000);
    }

    #[test]
    fn a_block_grows_in_place_when_it_can() {
        let mut words = [0; 64];
        let mut arena = Arena::fixed(&mut words);
        let block = arena.take(10).unwrap();
        assert_eq!(grow(&mut arena, (block, 10, 0), 64), Ok((block, 64, 0)));
        assert_eq!(arena.take(1), Err(OutOfMemory));
    }

    #[test]
    fn tiny_arenas_have_nothing_to_give() {
        assert!(Arena::fixed(&mut []).take(0).is_err());
        assert!(Arena::fixed(&mut [0]).take(1).is_err());
        assert!(Arena::fixed(&mut [0, 0]).take(2).is_ok());
        assert!(Arena::fixed(&mut [0, 0]).take(usize::MAX).is_err());
    }
}
