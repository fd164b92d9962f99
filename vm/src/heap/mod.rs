//! The heap of things that are collected: exceptions, structs, arrays. One arena of plain bytes, addressed by 32-bit handles.
//!
//! Input: requests for objects, and roots. Output: references, as slots hold them: [`TAG`] in the upper half, the handle in the lower.
//!
//! An object lies in the arena as its handle (u32), the bytes of its payload (u32), the payload, and padding to a multiple of 8; all
//! numbers are little-endian. The table of handles says where each object is and what: so objects move without anybody noticing, and
//! one look at the table tells whether a slot holds a reference to a thing of the expected type. Free handles are listed in the table.
//!
//! Collection marks what the roots reach and slides it together, so that nothing is ever fragmented and allocation is an addition. Marking
//! needs no stack: objects that are still to be looked at form a list through the word that holds their handle, which is known once they
//! are taken from the list. It takes time in proportion to the roots, what is live, and the arena; it depends on nothing but the
//! heap's contents and the roots, so that two machines in one state do the same.
//!
//! Invariants:
//! - the arena up to `used` is a sequence of whole objects; each of them has one entry in the table, which says where it is, and no other
//!   entry names an object;
//! - the arena from `used` on is zero, so that a new object is;
//! - an object of a type has a payload as the type says: a struct its size, an array a multiple of the size of its elements;
//! - only this module writes the first two numbers of an object; guests write payloads, of which nothing is believed: a reference is looked
//!   up in the table before it is followed, when it is used as when it is marked.

#![cfg_attr(
    not(any(feature = "gc", test)),
    expect(dead_code, reason = "nothing allocates")
)]

mod exception;
mod roots;
mod saved;
#[cfg(test)]
mod tests;

use crate::raw::arena::{Arena, OutOfMemory};
use crate::raw::buf::Buf;
use wrt_format::image::types::Composite;

pub(crate) use saved::HeapError;

/// Upper half of a slot that refers to an object.
pub(crate) const TAG: u32 = u32::MAX - 2;
/// Bytes in front of an object's payload.
pub(crate) const HEADER: usize = 8;
/// Upper half of a slot that is an integer of 31 bits.
pub(crate) const I31_TAG: u32 = u32::MAX - 1;
/// Where a [`What`] has the width of elements.
pub(crate) const WIDTH_SHIFT: u32 = 23;
/// No handle; all handles are below.
const NONE: u32 = 0x7fff_ffff;
/// In the word for an object's handle, during a collection: it is reached.
const MARK: u32 = 1 << 31;
/// Bytes that are allocated at least between two collections, unless the limit is near.
const LEAST_GAP: u64 = 1 << 20;
/// The greatest payload.
const MAX_PAYLOAD: u64 = u32::MAX as u64 - 15;

/// What kind of thing an object is. 0 marks a free handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    /// An exception. Its number is that of a tag, its payload one word of 8 bytes for each slot of what it carries.
    Exception = 1,
    /// A struct. Its number is that of its type.
    Struct = 2,
    /// An array, likewise.
    Array = 3,
}

/// What an object is: its kind in bits 30 and 31, a number of the engine (of a tag or type) in bits 0 to 22, and of an array log2 of the
/// bytes of its elements in bits 23 to 25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct What(pub(crate) u32);

impl What {
    /// A thing of this kind and number; none if the number is too large.
    pub(crate) const fn new(kind: Kind, number: u32) -> Option<Self> {
        if number < 1 << 23 {
            Some(Self((kind as u32) << 30 | number))
        } else {
            None
        }
    }

    /// What objects of a type are, of arrays with elements of this width; none of functions.
    pub(crate) const fn of_type(
        composite: Composite,
        width_log2: u32,
        number: u32,
    ) -> Option<Self> {
        let (kind, width) = match composite {
            Composite::Func => return None,
            Composite::Struct => (Kind::Struct, 0),
            Composite::Array => (Kind::Array, width_log2 << WIDTH_SHIFT),
        };
        match Self::new(kind, number) {
            Some(Self(what)) => Some(Self(what | width)),
            None => None,
        }
    }

    /// Log2 of the bytes of its elements, if it is an array.
    pub(crate) const fn width_log2(self) -> Option<u32> {
        if self.kind() == Kind::Array as u32 {
            Some(self.0 >> WIDTH_SHIFT & 7)
        } else {
            None
        }
    }

    /// Its kind, as a number.
    pub(crate) const fn kind(self) -> u32 {
        self.0 >> 30
    }

    /// The engine's number of its tag or type.
    pub(crate) const fn number(self) -> u32 {
        self.0 & ((1 << 23) - 1)
    }
}

/// An entry of the table of handles: where the object is, in units of 8 bytes, and what. Of a free one: the next free one, and 0.
pub(crate) type Entry = [u32; 2];

/// Who knows where objects have references.
pub(crate) trait Shapes {
    /// Calls `visit` with the place in the payload, of so many bytes, of each slot that may hold a reference.
    fn each_ref(&self, what: What, len: usize, visit: &mut dyn FnMut(usize));
}

/// The heap.
#[derive(Debug)]
pub(crate) struct Heap {
    /// The arena: its length is the room that there is.
    room: Buf<u8>,
    /// Bytes in use, from its start.
    used: usize,
    entries: Buf<Entry>,
    /// The first free handle, or [`NONE`].
    free: u32,
    /// Entries that are not free.
    objects: u32,
    /// The size at which to collect.
    trigger: u64,
    /// Bytes that objects and table may take.
    limit: u64,
    /// Whether there was no memory for more room since the last collection: then what there is is the limit.
    starved: bool,
    /// Whether to collect before every allocation, which shows whether all roots are found.
    pub(crate) eager: bool,
    /// Handle of the first object that is reached but not looked at.
    grey: u32,
    /// Collections so far.
    collections: u64,
}

/// The `N` bytes at `at`.
fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

impl Heap {
    /// An empty heap that may take `limit` bytes, arena and table of handles together.
    pub(crate) const fn new(limit: u64) -> Self {
        Self {
            room: Buf::new(),
            used: 0,
            entries: Buf::new(),
            free: NONE,
            objects: 0,
            trigger: if limit < LEAST_GAP { limit } else { LEAST_GAP },
            limit,
            starved: false,
            eager: false,
            grey: NONE,
            collections: 0,
        }
    }

    /// Collections so far.
    pub(crate) const fn collections(&self) -> u64 {
        self.collections
    }

    /// Objects that there are, reachable or not.
    pub(crate) const fn objects(&self) -> u32 {
        self.objects
    }

    /// Bytes in use: objects, and their entries in the table.
    pub(crate) const fn used_bytes(&self) -> u64 {
        self.used as u64 + self.objects as u64 * size_of::<Entry>() as u64
    }

    /// Bytes that an object with so many bytes of payload takes, with its entry in the table.
    const fn cost(payload: u64) -> u64 {
        payload.next_multiple_of(8) + HEADER as u64 + size_of::<Entry>() as u64
    }

    /// A new object whose payload is zero, as a slot; without a collection. An error if it is time for one, or if there is no memory.
    pub(crate) fn allocate(
        &mut self,
        arena: &mut Arena<'_>,
        what: What,
        payload: u64,
    ) -> Result<u64, OutOfMemory> {
        // Once collected, the trigger is set for what is wanted now.
        let trigger = self.trigger;
        if self.eager {
            self.trigger = 0;
        }
        if payload > MAX_PAYLOAD || self.used_bytes() + Self::cost(payload) > trigger {
            return Err(OutOfMemory);
        }
        let size = payload.next_multiple_of(8) as usize + HEADER;
        let end = self.used.checked_add(size).ok_or(OutOfMemory)?;
        let place = u32::try_from(self.used / 8).map_err(|_| OutOfMemory)?;
        self.reserve(arena, end)?;
        let handle = self.new_handle(arena)?;
        if let Some(entry) = self.entries.as_mut_slice().get_mut(handle as usize) {
            *entry = [place, what.0];
        }
        self.objects += 1;
        let object = &mut self.room.as_mut_slice()[self.used..end];
        object[..4].copy_from_slice(&handle.to_le_bytes());
        object[4..8].copy_from_slice(&(payload as u32).to_le_bytes());
        self.used = end;
        Ok(u64::from(TAG) << 32 | u64::from(handle))
    }

    /// The same for a payload that is not large, as long as it takes an addition: if there is a handle and room at hand, and it is not
    /// time for a collection. Otherwise nothing has changed, and [`Self::allocate`] does it.
    #[inline(always)]
    pub(crate) fn allocate_at_hand(&mut self, what: u32, payload: u32) -> Option<u64> {
        let size = (payload as usize).next_multiple_of(8) + HEADER;
        let end = self.used + size;
        let cost = (size + size_of::<Entry>()) as u64;
        if self.eager || self.used_bytes() + cost > self.trigger || end > self.room.len() {
            return None;
        }
        let place = u32::try_from(self.used / 8).ok()?;
        let free = self.free as usize;
        let handle = if let Some(entry) = self.entries.as_mut_slice().get_mut(free)
            && entry[1] == 0
        {
            let next = entry[0];
            *entry = [place, what];
            core::mem::replace(&mut self.free, next)
        } else {
            let handle = self.entries.len() as u32;
            if handle >= NONE || !self.entries.push_at_hand([place, what]) {
                return None;
            }
            handle
        };
        if let Some(header) = self
            .room
            .as_mut_slice()
            .get_mut(self.used..self.used + HEADER)
            && let Ok(header) = <&mut [u8; HEADER]>::try_from(header)
        {
            *header = (u64::from(payload) << 32 | u64::from(handle)).to_le_bytes();
        }
        self.objects += 1;
        self.used = end;
        Some(u64::from(TAG) << 32 | u64::from(handle))
    }

    /// Makes room for `end` bytes; more than that while it is to be had, so that growing takes time in proportion.
    fn reserve(&mut self, arena: &mut Arena<'_>, end: usize) -> Result<(), OutOfMemory> {
        if end <= self.room.len() {
            return Ok(());
        }
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = (self.room.len() * 2).max(4096).min(most).max(end);
        let grown = self.room.extend_zeroed(arena, more);
        let grown = grown.or_else(|_| self.room.extend_zeroed(arena, end));
        self.starved |= grown.is_err();
        grown
    }

    fn new_handle(&mut self, arena: &mut Arena<'_>) -> Result<u32, OutOfMemory> {
        if let Some([next, 0]) = self.entries.as_slice().get(self.free as usize) {
            return Ok(core::mem::replace(&mut self.free, *next));
        }
        let handle = self.entries.len() as u32;
        if handle >= NONE {
            return Err(OutOfMemory);
        }
        let pushed = self.entries.push(arena, [0, 0]);
        self.starved |= pushed.is_err();
        pushed.map(|()| handle)
    }

    /// What a slot refers to: what it is, and where its payload lies in the arena. None for null and for anything that is no reference.
    fn find(&self, slot: u64) -> Option<(What, core::ops::Range<usize>)> {
        if (slot >> 32) as u32 != TAG {
            return None;
        }
        let [place, what] = *self.entries.as_slice().get(slot as u32 as usize)?;
        if what == 0 {
            return None;
        }
        let at = place as usize * 8;
        let len = u32::from_le_bytes(bytes_at(self.room.as_slice(), at + 4)?) as usize;
        Some((What(what), at + HEADER..at + HEADER + len))
    }

    /// What a slot refers to, and its payload.
    pub(crate) fn object(&self, slot: u64) -> Option<(What, &[u8])> {
        let (what, range) = self.find(slot)?;
        Some((what, self.room.as_slice().get(range)?))
    }

    /// The payload of what a slot refers to, to change.
    pub(crate) fn payload_mut(&mut self, slot: u64) -> Option<&mut [u8]> {
        let (_, range) = self.find(slot)?;
        self.room.as_mut_slice().get_mut(range)
    }

    /// Copies `len` bytes of payload from one object to another, or within one, if they are there.
    pub(crate) fn copy(&mut self, to: (u64, usize), from: (u64, usize), len: usize) {
        let (Some((_, target)), Some((_, source))) = (self.find(to.0), self.find(from.0)) else {
            return;
        };
        if to.1.saturating_add(len) <= target.len() && from.1.saturating_add(len) <= source.len() {
            let source = source.start + from.1..source.start + from.1 + len;
            let room = self.room.as_mut_slice();
            room.copy_within(source, target.start + to.1);
        }
    }

    /// How many entries the table of handles has.
    #[inline(always)]
    pub(crate) const fn handle_count(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Where the table of handles is, and how many entries it has; where the arena is.
    pub(crate) const fn parts(&self) -> (*const Entry, u32, *mut u8) {
        (
            self.entries.as_ptr(),
            self.entries.len() as u32,
            self.room.as_ptr(),
        )
    }

    /// Marks what a slot refers to, if it is a reference. It need not be.
    pub(crate) fn mark(&mut self, slot: u64) {
        let Some((_, payload)) = self.find(slot) else {
            return;
        };
        let at = payload.start - HEADER;
        let link = self.word(at);
        if link & MARK == 0 {
            self.set_word(at, MARK | self.grey);
            self.grey = slot as u32;
        }
    }

    fn word(&self, at: usize) -> u32 {
        bytes_at(self.room.as_slice(), at).map_or(0, u32::from_le_bytes)
    }

    fn set_word(&mut self, at: usize, word: u32) {
        if let Some(place) = self.room.as_mut_slice().get_mut(at..at + 4) {
            place.copy_from_slice(&word.to_le_bytes());
        }
    }

    /// Marks everything that marked objects lead to.
    fn trace(&mut self, shapes: &impl Shapes) {
        while self.grey != NONE {
            let handle = self.grey;
            let slot = u64::from(TAG) << 32 | u64::from(handle);
            let Some((what, payload)) = self.find(slot) else {
                return;
            };
            let at = payload.start - HEADER;
            self.grey = self.word(at) & !MARK;
            self.set_word(at, MARK | handle);
            shapes.each_ref(what, payload.len(), &mut |offset| {
                if let Some(bytes) = bytes_at(self.room.as_slice(), payload.start + offset) {
                    self.mark(u64::from_le_bytes(bytes));
                }
            });
        }
    }

    /// Slides the marked objects together and frees the handles of the others.
    fn compact(&mut self) {
        let (mut from, mut to) = (0, 0);
        while from < self.used {
            let (word, len) = (self.word(from), self.word(from + 4) as usize);
            let size = len.next_multiple_of(8) + HEADER;
            let handle = word & !MARK;
            let entry = self.entries.as_mut_slice().get_mut(handle as usize);
            if word & MARK != 0 {
                if let Some([place, _]) = entry {
                    *place = (to / 8) as u32;
                }
                self.set_word(from, handle);
                let object = from..from + size;
                self.room.as_mut_slice().copy_within(object, to);
                to += size;
            } else if let Some(entry) = entry {
                *entry = [core::mem::replace(&mut self.free, handle), 0];
                self.objects -= 1;
            }
            from += size;
        }
        if let Some(free) = self.room.as_mut_slice().get_mut(to..self.used) {
            free.fill(0);
        }
        self.used = to;
    }

    /// Frees what is not marked. `shapes` says what marked objects lead to, `roots` how many slots were looked at for roots; `payload` is
    /// the size of the object for which room is needed.
    ///
    /// The next collection comes after as many bytes as are live now, and at least 8 for each root, so that collecting takes a bounded
    /// time for each byte allocated. Near the limit an eighth of it has to be free: an object that would leave less is refused.
    pub(crate) fn collect(&mut self, shapes: &impl Shapes, roots: u64, payload: u64) {
        self.trace(shapes);
        self.compact();
        self.collections += 1;
        let live = self.used_bytes();
        let gap = live.max(roots.saturating_mul(8)).max(LEAST_GAP);
        let wanted = live + Self::cost(payload.min(MAX_PAYLOAD));
        let limit = if core::mem::take(&mut self.starved) {
            self.limit.min(self.room.len() as u64)
        } else {
            self.limit
        };
        self.trigger = if wanted > limit - limit / 8 {
            0
        } else {
            wanted.saturating_add(gap).min(self.limit)
        };
    }

    /// Gives its memory back.
    #[cfg(test)]
    fn release(&mut self, arena: &mut Arena<'_>) {
        self.room.release(arena);
        self.entries.release(arena);
    }
}
