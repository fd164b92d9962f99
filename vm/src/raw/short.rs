//! Short fills and copies of memories, done in a handler: what compilers make of small objects and strings. All that is not short, or not inside, or not paid
//! for, is left to the slow path (`op/bulk.rs`), which does the same.
//!
//! Relies on M1 and on the invariants of `state.rs`.

use wrt_format::isa::Place;

use super::memory::Memory;
use super::state::State;

/// Most bytes: what one unit of fuel covers.
pub(crate) const SHORT: u64 = 64;

/// Copies `W` bytes at the start and at the end of `n`, which are `W..=2 * W`. All are read before any is written.
///
/// # Safety
/// `n` bytes may be read at `from` and written at `to`.
#[inline(always)]
unsafe fn copy_ends<const W: usize>(to: *mut u8, from: *const u8, n: usize) {
    let last = n.wrapping_sub(W);
    // SAFETY: the caller's promise; arrays of bytes need no alignment.
    unsafe {
        let head = *from.cast::<[u8; W]>();
        let tail = *from.add(last).cast::<[u8; W]>();
        *to.cast::<[u8; W]>() = head;
        *to.add(last).cast::<[u8; W]>() = tail;
    }
}

/// Copies 1 to [`SHORT`] bytes, which may overlap.
///
/// # Safety
/// `n` bytes may be read at `from` and written at `to`.
#[inline(always)]
unsafe fn copy(to: *mut u8, from: *const u8, n: usize) {
    // SAFETY: the caller's promise, and each width is at most `n`.
    unsafe {
        if n > 32 {
            let (second, third, last) = (16, n.wrapping_sub(32), n.wrapping_sub(16));
            let at = |place| from.add(place).cast::<[u8; 16]>();
            let (a, b, c, d) = (*at(0), *at(second), *at(third), *at(last));
            let at = |place| to.add(place).cast::<[u8; 16]>();
            *at(0) = a;
            *at(second) = b;
            *at(third) = c;
            *at(last) = d;
        } else if n >= 16 {
            copy_ends::<16>(to, from, n);
        } else if n >= 8 {
            copy_ends::<8>(to, from, n);
        } else if n >= 4 {
            copy_ends::<4>(to, from, n);
        } else if n >= 2 {
            copy_ends::<2>(to, from, n);
        } else {
            *to = *from;
        }
    }
}

/// Writes `bytes` at the start and at the end of `n`, which are `W..=2 * W`.
///
/// # Safety
/// `n` bytes may be written at `to`.
#[inline(always)]
unsafe fn fill_ends<const W: usize>(to: *mut u8, bytes: [u8; W], n: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        *to.cast::<[u8; W]>() = bytes;
        *to.add(n.wrapping_sub(W)).cast::<[u8; W]>() = bytes;
    }
}

/// Fills 1 to [`SHORT`] bytes.
///
/// # Safety
/// `n` bytes may be written at `to`.
#[inline(always)]
unsafe fn fill(to: *mut u8, value: u8, n: usize) {
    // SAFETY: the caller's promise, and each width is at most `n`.
    unsafe {
        if n >= 16 {
            fill_ends(to, [value; 16], n);
            if n > 32 {
                fill_ends(to.add(16), [value; 16], n.wrapping_sub(32));
            }
        } else if n >= 8 {
            fill_ends(to, [value; 8], n);
        } else if n >= 4 {
            fill_ends(to, [value; 4], n);
        } else if n >= 2 {
            fill_ends(to, [value; 2], n);
        } else {
            *to = value;
        }
    }
}

/// The address `by` further in a memory with this mask.
#[inline(always)]
const fn advanced(address: u64, by: u64, mask: u64) -> u64 {
    address.wrapping_add(by) & mask
}

impl State {
    /// Fills a short piece of a memory, paid for, and advances the operands. False, and nothing has happened, if that is for the slow path.
    #[inline(always)]
    pub(crate) fn fill_short(&mut self, mem: Place, to: Place, value: Place, n: Place) -> bool {
        let memory = self.memory(mem);
        let mask = memory.address_mask;
        let (at, len) = (self.get64(to) & mask, self.get64(n) & mask);
        let Some(start) = memory.short(at, len) else {
            return false;
        };
        if !self.pay(1) {
            return false;
        }
        // SAFETY: M1: the bytes are inside.
        unsafe { fill(start, self.get64(value) as u8, len as usize) };
        self.set64(to, advanced(at, len, mask));
        self.set64(n, 0);
        true
    }

    /// Copies a short piece of a memory into the same or another one, likewise. Where the slow path goes downwards addresses stay.
    #[inline(always)]
    pub(crate) fn copy_short(&mut self, mems: [Place; 2], [to, from, n]: [Place; 3]) -> bool {
        let [to_memory, from_memory] = mems.map(|mem| self.memory(mem));
        let (to_mask, from_mask) = (to_memory.address_mask, from_memory.address_mask);
        let (target, source) = (self.get64(to) & to_mask, self.get64(from) & from_mask);
        let len = self.get64(n) & to_mask & from_mask;
        let Some((into, out_of)) =
            (to_memory.short(target, len)).zip(from_memory.short(source, len))
        else {
            return false;
        };
        let downwards = core::ptr::eq(to_memory, from_memory) && target > source;
        if !self.pay(1) {
            return false;
        }
        // SAFETY: M1: the bytes are inside.
        unsafe { copy(into, out_of, len as usize) };
        if !downwards {
            self.set64(to, advanced(target, len, to_mask));
            self.set64(from, advanced(source, len, from_mask));
        }
        self.set64(n, 0);
        true
    }
}

impl Memory<'_> {
    /// Where `len` bytes begin, if these are 1 to [`SHORT`] and inside.
    #[inline(always)]
    fn short(&self, at: u64, len: u64) -> Option<*mut u8> {
        let all = self.len as u64;
        // 0 wraps to what is not short.
        if len.wrapping_sub(1) >= SHORT || at > all || len > all - at {
            return None;
        }
        // SAFETY: M1.
        Some(unsafe { self.base.as_ptr().add(at as usize) })
    }
}
