//! Exceptions as objects: what a clause gives that asks for a reference.
//!
//! Input: a tag and the values that an exception carries, as slots. Output: a reference, as a slot, and both again from it.

use super::{Kind, What};
use crate::raw::store::Store;

impl What {
    /// An exception of this tag; none if the tag's number is too large.
    pub(crate) const fn exception(tag: u32) -> Option<Self> {
        Self::new(Kind::Exception, tag)
    }
}

impl Store<'_> {
    /// Tag of the exception that a slot refers to, and the bytes of its values, 8 for each slot. None for null, and for anything else.
    pub(crate) fn exception(&self, slot: u64) -> Option<(u32, &[u8])> {
        let (what, payload) = self.heap.object(slot)?;
        (what.kind() == Kind::Exception as u32).then_some((what.number(), payload))
    }

    /// Fills a new exception with the values that lie on the stack from slot `first` on.
    pub(crate) fn fill_exception(&mut self, slot: u64, first: usize) {
        let Some(payload) = self.heap.payload_mut(slot) else {
            return;
        };
        let values = self.stack.as_slice().get(first..).unwrap_or_default();
        for (bytes, value) in payload.chunks_exact_mut(8).zip(values) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
    }

    /// Writes the values of an exception to the stack, from slot `to` on, as far as the stack goes.
    pub(crate) fn unpack_exception(&mut self, slot: u64, to: usize) {
        let Some((_, payload)) = self.heap.object(slot) else {
            return;
        };
        let room = self.stack.as_mut_slice().get_mut(to..).unwrap_or_default();
        for (value, bytes) in room.iter_mut().zip(payload.as_chunks::<8>().0) {
            *value = u64::from_le_bytes(*bytes);
        }
    }
}
