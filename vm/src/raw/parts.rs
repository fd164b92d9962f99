//! The parts of a store as snapshots see them, and how a restored one gets them.
//!
//! Reading gives slices and copies. Writing keeps the invariants of `store.rs` and `threads.rs`: T1 and T2 here; what a run state says of its
//! stack (C2) is established by `snapshot::restore` before it calls [`Store::put_thread`], as `exec` does for a run that it pauses.

use super::arena::OutOfMemory;
use super::buf::Buf;
use super::instance::InstData;
use super::store::{Counters, RunState, Store};
use super::threads::{Session, Waiter};

/// A kind of thing that instances define and import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Tables.
    Table = 0,
    /// Memories.
    Memory = 1,
    /// Globals.
    Global = 2,
    /// Tags.
    Tag = 3,
}

impl Sort {
    /// All, in order.
    pub(crate) const ALL: [Self; 4] = [Self::Table, Self::Memory, Self::Global, Self::Tag];
}

impl InstData<'_> {
    fn list(&self, sort: Sort) -> (&[u32], usize) {
        let module = self.module;
        let (list, imported) = match sort {
            Sort::Table => (&self.tables, module.imported_tables()),
            Sort::Memory => (&self.memories, module.imported_memories()),
            Sort::Global => (&self.globals, module.imported_globals()),
            Sort::Tag => (&self.tags, module.imported_tags()),
        };
        let list = list.as_slice();
        (list, list.len().min(imported as usize))
    }

    /// Numbers of the things that it imports.
    pub(crate) fn imported(&self, sort: Sort) -> &[u32] {
        let (list, imported) = self.list(sort);
        &list[..imported]
    }

    /// Numbers of the things that it defines: one behind the other.
    pub(crate) fn defined(&self, sort: Sort) -> &[u32] {
        let (list, imported) = self.list(sort);
        &list[imported..]
    }

    /// Whether it defines the thing of this number.
    pub(crate) fn defines(&self, sort: Sort, number: u32) -> bool {
        let own = self.defined(sort);
        let place = own.first().and_then(|first| number.checked_sub(*first));
        place.is_some_and(|place| (place as usize) < own.len())
    }

    /// Engine-wide numbers of its types.
    pub(crate) const fn types(&self) -> &[u32] {
        self.types.as_slice()
    }

    /// References to the functions that it imports.
    pub(crate) const fn funcs(&self) -> &[u64] {
        self.funcs.as_slice()
    }

    /// One bit per data segment, then one per element segment: whether it has been dropped.
    pub(crate) const fn dropped(&self) -> &[u64] {
        self.dropped.as_slice()
    }

    /// The same, to change.
    pub(crate) const fn dropped_mut(&mut self) -> &mut [u64] {
        self.dropped.as_mut_slice()
    }

    /// Items of element segments that were worked out, to change.
    pub(crate) const fn elem_values_mut(&mut self) -> &mut [u64] {
        self.elem_values.as_mut_slice()
    }
}

impl Store<'_> {
    /// How many things of a sort there are.
    pub(crate) const fn count(&self, sort: Sort) -> u32 {
        (match sort {
            Sort::Table => self.tables.len(),
            Sort::Memory => self.memories.len(),
            Sort::Global => self.globals.len(),
            Sort::Tag => self.tags.len(),
        }) as u32
    }

    /// How many host functions there are.
    pub(crate) const fn host_count(&self) -> u32 {
        self.hosts.len() as u32
    }

    /// Whether nothing was ever made in it.
    pub(crate) fn is_new(&self) -> bool {
        let empty = Sort::ALL.iter().all(|&sort| self.count(sort) == 0);
        empty
            && self.host_count() == 0
            && self.instance_count() == 0
            && self.types.len() == 0
            && self.thread_limit() == 1
            && self.kept.len() == 0
            && self.run == RunState::IDLE
            && self.counters == Counters::default()
    }

    /// What was ever in use of the stack, the stack's slots, activation and session of a thread, if there is one of this number.
    pub(crate) fn thread_state(&self, thread: u32) -> Option<(&[u64], usize, RunState, Session)> {
        if thread == self.thread {
            return Some((self.stack(), self.stack_room(), self.run, self.session));
        }
        let parked = self.threads.as_slice().get(thread as usize);
        parked.filter(|parked| parked.exists).map(|parked| {
            (
                parked.stack.as_slice(),
                parked.stack.room(),
                parked.run,
                parked.session,
            )
        })
    }

    /// Sets activation and session of the thread that has the turn. The activation must be one that `snapshot::restore` has checked.
    pub(crate) const fn put_thread(&mut self, run: RunState, session: Session) {
        (self.run, self.session) = (run, session);
    }

    /// The threads that wait, in the order in which they began to.
    pub(crate) const fn all_waiters(&self) -> &[Waiter] {
        self.waiters.as_slice()
    }

    /// Appends a thread that waits: one whose activation says so, and that is not in the list (T2).
    pub(crate) fn put_waiter(&mut self, waiter: Waiter) -> Result<(), OutOfMemory> {
        self.reserve_waiters()?;
        self.waiters.push(&mut self.arena, waiter)
    }

    /// A list of so many zeros that the caller gives back to [`Self::scratch_release`].
    pub(crate) fn scratch_u32(&mut self, len: usize) -> Result<Buf<u32>, OutOfMemory> {
        Buf::<u32>::zeroed(&mut self.arena, len)
    }
}
