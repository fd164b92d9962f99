//! What calls through table 0 lead to, kept beside the table where handlers are directly threaded: so that a call knows its callee by one load
//! from the index.
//!
//! Otherwise the place of the callee waits for the element, and then for the first word of the function that the element refers to. A row has
//! both, for the function that was called last through the element of the same number. A call goes on with what the row says, and compares row
//! and element meanwhile: an element that has changed, another type and an empty row are all found by that, and the slow path does the
//! call and fills the row. So nobody who writes to a table has to know of rows. They are no part of a guest's state: no snapshot has any.
//!
//! Input: calls that took the slow path. Output: [`State::known_callee`].
//!
//! Invariants:
//! - K1: a row is all 0, or has a reference to a function of its instance, a type of the instance's module that the function has, and the function's
//!   first word from `entries`, which is not 0 (S2). [`Store::note_callee`] alone writes there.
//! - K2: `callee_refs` and `callees` of a context point to `callee_count` rows of the running instance (C1), not more than table 0 has elements.

use super::State;
use crate::raw::arena::{Arena, OutOfMemory};
use crate::raw::buf::Buf;
use crate::raw::dispatch::Threading;
use crate::raw::foretold;
use crate::raw::instance::Callee;
use crate::raw::store::{NULL, Store};

/// Most rows of an instance, 1 MiB of them: what a call can have cleared and moved at once, which no fuel pays for.
const MOST: usize = 1 << 16;

/// The function that a reference refers to.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(in crate::raw) struct Known {
    type_idx: u32,
    entry: u32,
}

/// The rows of an instance. Reference and function lie apart, so that the number of the element is the index of both.
#[derive(Debug)]
pub(in crate::raw) struct Callees {
    references: Buf<u64>,
    known: Buf<Known>,
}

impl Callees {
    /// No rows.
    pub(in crate::raw) const NONE: Self = Self {
        references: Buf::new(),
        known: Buf::new(),
    };

    /// References, functions, and how many there are of both.
    pub(in crate::raw) fn parts(&self) -> (*const u64, *const Known, u64) {
        let count = self.references.len().min(self.known.len());
        (self.references.as_ptr(), self.known.as_ptr(), count as u64)
    }

    /// Makes rows for a table of so many elements, if there are fewer: twice as many each time, so that a table that grows by single elements
    /// does not have them moved each time.
    fn reach(&mut self, arena: &mut Arena<'_>, elems: usize) -> Result<(), OutOfMemory> {
        let rows = elems.min(MOST).next_power_of_two();
        if self.known.len() < elems.min(MOST) {
            self.references.resize(arena, rows, NULL)?;
            self.known.resize(arena, rows, Known::default())?;
        }
        Ok(())
    }
}

impl Store<'_> {
    /// Notes that a call by this instance, through element `index` of its table 0, as type `type_idx` of its module, has led to `reference`:
    /// so the function has the type, and if it is the instance's own it has been verified.
    pub(crate) fn note_callee(&mut self, instance: u32, index: u64, type_idx: u32, reference: u64) {
        let Some(Callee::Guest { instance: of, func }) = self.callee(reference) else {
            return;
        };
        let Some(data) = self.instances.as_mut_slice().get_mut(instance as usize) else {
            return;
        };
        let Some(entry) = data.entry(func) else {
            return;
        };
        if of != instance || self.threading != Threading::Direct {
            return;
        }
        let table = data.tables.as_slice().first();
        let table = table.and_then(|&number| self.tables.as_slice().get(number as usize));
        let elems = table.map_or(0, |table| table.elems().len());
        // Without room, and beyond the last, there are no rows: the call takes the slow path.
        if data.callees.reach(&mut self.arena, elems).is_err() {
            return;
        }
        let references = data.callees.references.as_mut_slice();
        let known = data.callees.known.as_mut_slice();
        if let (Some(own), Some(known)) = (
            references.get_mut(index as usize),
            known.get_mut(index as usize),
        ) {
            *own = reference;
            *known = Known { type_idx, entry };
        }
    }
}

impl State {
    /// First word of the function that element `index` of table 0 refers to, if it was called before as type `type_idx` of its module; else
    /// 0.
    #[inline(always)]
    pub(in crate::raw) fn known_callee(&self, index: u64, type_idx: u32) -> u32 {
        let ctx = self.context();
        if index >= ctx.callee_count {
            return 0;
        }
        let index = foretold::element(index);
        // SAFETY: C1, K2, F1: so many elements the table has.
        let reference = unsafe { *ctx.elems.add(index) };
        // SAFETY: K2.
        let own = unsafe { *ctx.callee_refs.add(index) };
        // SAFETY: K2.
        let known = unsafe { *ctx.callees.add(index) };
        // One branch, and no register of the caller's is saved.
        let differs = own ^ reference | u64::from(known.type_idx ^ type_idx);
        if differs == 0 { known.entry } else { 0 }
    }
}
