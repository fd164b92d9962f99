//! Lists that are needed only while something is being set up, from the store's own memory.
//!
//! Invariants: none of its own; a list is released before the call that made it returns.

use super::arena::OutOfMemory;
use super::buf::Buf;
use super::store::Store;

impl Store<'_> {
    /// Appends to a list.
    pub(crate) fn scratch_push<T>(
        &mut self,
        list: &mut Buf<T>,
        item: T,
    ) -> Result<(), OutOfMemory> {
        list.push(&mut self.arena, item)
    }

    /// Gives a list's room back.
    pub(crate) fn scratch_release<T>(&mut self, list: &mut Buf<T>) {
        list.release(&mut self.arena);
    }
}
