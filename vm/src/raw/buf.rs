//! A growable array in an [`Arena`], of items without destructors.
//!
//! Invariants:
//! - B1: `ptr` is a block of the arena for `capacity` items, or dangling with capacity 0.
//! - B2: the first `len` items are initialised, `len <= capacity`.
//! - B3: a buffer is only used with the arena that it was grown in, and that arena outlives it: both are fields of one store.

use core::ptr::NonNull;

use super::arena::{Arena, OutOfMemory};

/// A growable array. It has no destructor: the arena frees everything at once, or [`Buf::release`] one buffer.
#[derive(Debug)]
pub(crate) struct Buf<T> {
    pub(super) ptr: NonNull<T>,
    pub(super) len: usize,
    capacity: usize,
}

// SAFETY: a buffer owns its items like a `Vec` does.
unsafe impl<T: Send> Send for Buf<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Buf<T> {}

/// Words of a block for so many items.
const fn words<T>(items: usize) -> Option<usize> {
    match items.checked_mul(size_of::<T>()) {
        Some(bytes) => Some(bytes.div_ceil(8)),
        None => None,
    }
}

impl<T> Buf<T> {
    const FITS: () =
        assert!(align_of::<T>() <= 8 && size_of::<T>() > 0 && !core::mem::needs_drop::<T>());

    /// An empty buffer.
    pub(crate) const fn new() -> Self {
        let () = Self::FITS;
        Self {
            ptr: NonNull::dangling(),
            len: 0,
            capacity: 0,
        }
    }

    /// An empty buffer with room for `capacity` items, of which no page is touched.
    pub(crate) fn with_room(arena: &mut Arena<'_>, capacity: usize) -> Result<Self, OutOfMemory> {
        let mut buf = Self::new();
        if capacity > 0 {
            let want = words::<T>(capacity).ok_or(OutOfMemory)?;
            (buf.ptr, buf.capacity) = (arena.take_unset(want)?.cast(), capacity);
        }
        Ok(buf)
    }

    /// Number of items that there is room for without asking the arena.
    pub(crate) const fn room(&self) -> usize {
        self.capacity
    }

    /// Number of items.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Address of the first item.
    pub(crate) const fn as_ptr(&self) -> *mut T {
        self.ptr.as_ptr()
    }

    /// The items.
    pub(crate) const fn as_slice(&self) -> &[T] {
        // SAFETY: B1, B2.
        unsafe { core::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }

    /// The items.
    pub(crate) const fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: B1, B2, and the buffer is borrowed uniquely.
        unsafe { core::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }

    /// Makes room for exactly `capacity` items, if there is less.
    pub(crate) fn reserve_exact(
        &mut self,
        arena: &mut Arena<'_>,
        capacity: usize,
    ) -> Result<(), OutOfMemory> {
        if capacity <= self.capacity {
            return Ok(());
        }
        let want = words::<T>(capacity).ok_or(OutOfMemory)?;
        let block = if self.capacity == 0 {
            arena.take(want)?
        } else {
            let had = words::<T>(self.capacity).ok_or(OutOfMemory)?;
            // SAFETY: B1, B3; the old pointer is replaced below.
            unsafe { arena.grow(self.ptr.cast(), had, want)? }
        };
        self.ptr = block.cast();
        self.capacity = capacity;
        Ok(())
    }

    /// Makes sure that the next [`Self::push`] does not fail. Room doubles while the arena allows it.
    pub(crate) fn reserve_for_push(&mut self, arena: &mut Arena<'_>) -> Result<(), OutOfMemory> {
        if self.len < self.capacity {
            return Ok(());
        }
        let more = self.capacity.checked_mul(2).ok_or(OutOfMemory)?.max(4);
        self.reserve_exact(arena, more)
            .or_else(|_| self.reserve_exact(arena, self.len + 1))
    }

    /// Appends an item.
    pub(crate) fn push(&mut self, arena: &mut Arena<'_>, item: T) -> Result<(), OutOfMemory> {
        self.reserve_for_push(arena)?;
        // SAFETY: B1 and `len < capacity`.
        unsafe { self.ptr.add(self.len).write(item) };
        self.len += 1;
        Ok(())
    }

    /// Appends an item if there is room without asking the arena; whether there was.
    #[inline(always)]
    pub(crate) fn push_at_hand(&mut self, item: T) -> bool {
        if self.len >= self.capacity {
            return false;
        }
        // SAFETY: B1 and `len < capacity`.
        unsafe { self.ptr.add(self.len).write(item) };
        self.len += 1;
        true
    }

    /// Forgets the items from `len` on; the room is kept.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Gives the room back.
    pub(crate) fn release(&mut self, arena: &mut Arena<'_>) {
        if let Some(had) = words::<T>(self.capacity)
            && self.capacity != 0
        {
            // SAFETY: B1, B3; the pointer is replaced below.
            unsafe { arena.give_back(self.ptr.cast(), had) };
        }
        *self = Self::new();
    }
}

#[cfg(all(wrt_direct, not(debug_assertions)))]
impl<T> Buf<core::mem::MaybeUninit<T>> {
    /// A buffer of `len` items that are yet to be written: no page of it is touched.
    pub(super) fn unset(arena: &mut Arena<'_>, len: usize) -> Result<Self, OutOfMemory> {
        let mut buf = Self::with_room(arena, len)?;
        // There is nothing that such an item has to be initialised to (B2).
        buf.len = len;
        Ok(buf)
    }
}

impl<T: Copy> Buf<T> {
    /// Appends items.
    pub(crate) fn extend(&mut self, arena: &mut Arena<'_>, items: &[T]) -> Result<(), OutOfMemory> {
        let len = self.len.checked_add(items.len()).ok_or(OutOfMemory)?;
        self.reserve_exact(arena, len)?;
        // SAFETY: B1: there is room for `len` items; by A1 no safe slice overlaps the part beyond the old length.
        unsafe {
            self.ptr
                .add(self.len)
                .as_ptr()
                .copy_from_nonoverlapping(items.as_ptr(), items.len())
        };
        self.len = len;
        Ok(())
    }

    /// Makes the buffer `len` items long; new ones are copies of `item`. The room is exact.
    pub(crate) fn resize(
        &mut self,
        arena: &mut Arena<'_>,
        len: usize,
        item: T,
    ) -> Result<(), OutOfMemory> {
        self.reserve_exact(arena, len)?;
        for at in self.len..len {
            // SAFETY: B1 and `at < len <= capacity`.
            unsafe { self.ptr.add(at).write(item) };
        }
        self.len = len;
        Ok(())
    }
}

impl Buf<u64> {
    /// A buffer of `len` zeros. Unlike [`Self::resize`] it touches no page that the arena gives zeroed.
    pub(crate) fn zeroed(arena: &mut Arena<'_>, len: usize) -> Result<Self, OutOfMemory> {
        let mut buf = Self::new();
        buf.reserve_exact(arena, len)?;
        // The arena gives zeroed blocks, and zero is a number (B2).
        buf.len = len;
        Ok(buf)
    }

    /// Makes the buffer `len` items long, new ones being 0, within the room that there is. False, and nothing changed, if that is less.
    pub(crate) fn lengthen(&mut self, len: usize) -> bool {
        if len > self.capacity {
            return false;
        }
        if len > self.len {
            let more = len - self.len;
            // SAFETY: B1: there is room for `len` items; by A1 no safe slice overlaps the part beyond the old length.
            unsafe { self.ptr.add(self.len).as_ptr().write_bytes(0, more) };
            self.len = len;
        }
        true
    }
}

impl Buf<u32> {
    /// A buffer of `len` zeros.
    pub(crate) fn zeroed(arena: &mut Arena<'_>, len: usize) -> Result<Self, OutOfMemory> {
        let mut buf = Self::new();
        buf.reserve_exact(arena, len)?;
        // The arena gives zeroed blocks, and zero is a number (B2).
        buf.len = len;
        Ok(buf)
    }
}

impl Buf<u8> {
    /// Makes the buffer `len` bytes long; new ones are 0. The room is exact.
    pub(crate) fn extend_zeroed(
        &mut self,
        arena: &mut Arena<'_>,
        len: usize,
    ) -> Result<(), OutOfMemory> {
        self.reserve_exact(arena, len)?;
        // The arena gives zeroed memory, and zero is a byte (B2).
        self.len = self.len.max(len);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_survive_growth() {
        let mut words = [0; 200];
        let mut arena = Arena::fixed(&mut words);
        let (mut bytes, mut pairs) = (Buf::<u8>::new(), Buf::<[u32; 2]>::new());
        for i in 0..60_u8 {
            bytes.push(&mut arena, i).unwrap();
            pairs.push(&mut arena, [u32::from(i), 7]).unwrap();
        }
        bytes.extend(&mut arena, &[100, 101]).unwrap();
        assert_eq!(bytes.len(), 62);
        assert_eq!(bytes.as_slice()[60..], [100, 101]);
        // Room has doubled, to 64.
        assert!(bytes.push_at_hand(102) && bytes.push_at_hand(103) && !bytes.push_at_hand(104));
        assert_eq!(bytes.len(), 64);
        assert_eq!(bytes.as_slice()[61..64], [101, 102, 103]);
        for i in 0..60 {
            assert_eq!(bytes.as_slice()[usize::from(i)], i);
            assert_eq!(pairs.as_slice()[usize::from(i)], [u32::from(i), 7]);
        }
        pairs.truncate(1);
        pairs.resize(&mut arena, 3, [9, 9]).unwrap();
        assert_eq!(pairs.as_slice(), [[0, 7], [9, 9], [9, 9]]);
    }

    #[test]
    fn what_is_taken_into_use_is_zero() {
        let mut words = [0; 100];
        let mut arena = Arena::fixed(&mut words);
        let mut used = Buf::<u64>::new();
        used.resize(&mut arena, 50, u64::MAX).unwrap();
        used.release(&mut arena);
        let mut buf = Buf::<u64>::with_room(&mut arena, 50).unwrap();
        assert_eq!((buf.len(), buf.room()), (0, 50));
        assert!(buf.lengthen(20));
        buf.as_mut_slice()[19] = 7;
        assert!(buf.lengthen(10) && buf.lengthen(50) && !buf.lengthen(51));
        assert_eq!(buf.len(), 50);
        let others = buf.as_slice().iter().enumerate().filter(|(i, _)| *i != 19);
        assert!(others.into_iter().all(|(_, &slot)| slot == 0));
        assert_eq!(buf.as_slice()[19], 7);
        assert_eq!(
            Buf::<u64>::with_room(&mut arena, 1000).unwrap_err(),
            OutOfMemory
        );
    }

    #[test]
    fn the_last_item_that_fits_is_taken() {
        let mut words = [0; 10];
        let mut arena = Arena::fixed(&mut words);
        let mut buf = Buf::<u64>::new();
        for i in 0..10 {
            buf.push(&mut arena, i).unwrap();
        }
        assert_eq!(buf.push(&mut arena, 10), Err(OutOfMemory));
        assert_eq!(buf.as_slice().len(), 10);
        buf.release(&mut arena);
        assert_eq!(arena.left_bytes(), 80);
        let mut zeros = Buf::<u64>::zeroed(&mut arena, 6).unwrap();
        assert_eq!(zeros.as_slice(), [0; 6]);
        zeros.resize(&mut arena, 10, 0).unwrap();
        assert_eq!(zeros.as_slice(), [0; 10]);
    }
}
