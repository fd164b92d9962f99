//! Writing a snapshot.
//!
//! Input: an engine between two calls. Output: the sections of `SNAPSHOT.md`, in order.
//! Invariants: nothing of the engine changes; what cannot be captured is refused before anything is written; of each stack only what can
//! still be read is written, so that what a deep recursion has left behind costs nothing.

use core::fmt;

use wrt_format::image::types::{GlobalType, TableType, ValType};
use wrt_format::isa::PROLOGUE;
use wrt_format::snapshot::{Ancestors, ChainFault, HOST_SECTIONS, Kind, Sink, Snapshot, Writer};

use super::helper::{Helper, Nobody};
use super::pages::Notes;
use super::{NONE, status};
use crate::engine::Engine;
use crate::raw::instance::InstData;
use crate::raw::parts::Sort;
use crate::raw::store::{RunState, Status, Store};
use crate::raw::threads::Session;

/// What goes into a snapshot besides the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnapshotOptions<'a> {
    /// Whether to go on when the host has ever given the guest a reference to something of its own (an `externref` that is not null). The
    /// snapshot then has the host's numbers as they are, and the host sees to it that they mean the same where it is restored. Without,
    /// such an engine is refused.
    pub host_references: bool,
    /// Sections of the host, by ascending number in [`HOST_SECTIONS`].
    pub sections: &'a [(u32, &'a [u8])],
    /// Snapshots that the new one is to be based on: earlier ones of this guest, the nearest first, down to one that stands alone. Pages that
    /// they have are not stored again; to restore it takes all of them. None makes a snapshot that stands alone.
    pub parents: &'a [Snapshot<'a>],
    /// Whether zeros between stored pages get room, as holes, by [`Sink::zeros`]: what is in use then lies as it does in memory, and back ends that map files need one
    /// mapping for it. The snapshot is as long as what it spans, up to 257 times what it holds, and says the same.
    pub holes: bool,
}

/// What tells a snapshot from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    /// SHA-256 of all that is in it.
    pub id: [u8; 32],
    /// Its length in bytes.
    pub bytes: u64,
}

/// Why there is no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError<E> {
    /// The guest holds references to things of the host, see [`SnapshotOptions::host_references`]. Nothing was written.
    HostReferences,
    /// The sections of the host are out of order, not in their range, or too many. Nothing was written.
    HostSections,
    /// The snapshots that it was to be based on are no chain, see [`SnapshotOptions::parents`]. Nothing was written.
    Parents(ChainFault),
    /// The sink takes no more: what it has got is no snapshot.
    Sink(E),
}

impl<E> From<E> for SnapshotError<E> {
    fn from(error: E) -> Self {
        Self::Sink(error)
    }
}

impl<E: fmt::Display> fmt::Display for SnapshotError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostReferences => {
                f.write_str("the guest holds references to things of the host (externref)")
            }
            Self::HostSections => f.write_str("the host's sections are out of order"),
            Self::Parents(fault) => write!(f, "{fault}"),
            Self::Sink(error) => write!(f, "{error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for SnapshotError<E> {}

/// Sections of the host that there is room for.
const MAX_HOST_SECTIONS: usize = wrt_format::snapshot::MAX_SECTIONS - 12;

impl Engine<'_> {
    /// Writes a snapshot of everything: instances, memories, tables, globals, what is collected, threads with their stacks wherever their
    /// runs stand, statistics. [`Engine::restored`] makes an engine of it again, here or on another machine.
    ///
    /// It can be taken between any two calls; within a host function of a [`Linker`](crate::Linker) too, whose call is then pending.
    /// Nothing is allocated. Pages of memories that are zero, or as in the image, take no room.
    ///
    /// # Errors
    /// [`SnapshotError`]: when there is something that cannot be captured, or from the sink.
    pub fn snapshot<S: Sink>(
        &self,
        sink: &mut S,
        options: &SnapshotOptions<'_>,
    ) -> Result<SnapshotId, SnapshotError<S::Error>> {
        self.snapshot_helped(sink, options, None::<&mut Nobody>)
    }

    /// As [`Self::snapshot`], the same bytes, with somebody's help.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    pub fn snapshot_with<'e, S: Sink>(
        &'e self,
        sink: &mut S,
        options: &SnapshotOptions<'e>,
        helper: &mut impl Helper<'e>,
    ) -> Result<SnapshotId, SnapshotError<S::Error>> {
        self.snapshot_helped(sink, options, Some(helper))
    }

    fn snapshot_helped<'e, S: Sink>(
        &'e self,
        sink: &mut S,
        options: &SnapshotOptions<'e>,
        mut helper: Option<&mut impl Helper<'e>>,
    ) -> Result<SnapshotId, SnapshotError<S::Error>> {
        if self.store.holds_host_refs() && !options.host_references {
            return Err(SnapshotError::HostReferences);
        }
        let numbers = options.sections.iter().map(|(number, _)| *number);
        if options.sections.len() > MAX_HOST_SECTIONS
            || !numbers.clone().is_sorted_by(|a, b| a < b)
            || !numbers.clone().all(|it| HOST_SECTIONS.contains(&it))
        {
            return Err(SnapshotError::HostSections);
        }
        let parent = options.parents.first().map(Snapshot::id);
        let ancestors = Ancestors::new(parent, options.parents);
        let ancestors = ancestors.map_err(SnapshotError::Parents)?;
        let instances = || (0..).map_while(|number| self.store.instance(number));
        let features = instances().fold(0, |all, data| all | data.module().features());
        let mut save = Save {
            store: &self.store,
            out: Writer::new(sink, features)?,
            ancestors,
            notes: Notes::new(),
            has_holes: options.holes,
            is_hash: false,
        };
        save.engine(self)?;
        save.hosts()?;
        save.instances()?;
        save.tags()?;
        let stored = save.memories(helper.as_deref_mut())?;
        save.tables()?;
        save.globals()?;
        save.heap()?;
        save.threads()?;
        if let Some(id) = parent {
            save.section(Kind::Parent)?;
            save.out.bytes(&id)?;
        }
        save.holes(stored, helper.as_deref_mut())?;
        for (number, bytes) in options.sections {
            save.out.section(*number)?;
            save.out.bytes(bytes)?;
        }
        save.pages(stored, helper)?;
        let (id, bytes) = save.out.finish()?;
        Ok(SnapshotId { id, bytes })
    }
}

/// A sink for bytes of which only the hash is wanted.
struct Nowhere;

impl Sink for Nowhere {
    type Error = core::convert::Infallible;

    fn write(&mut self, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Engine<'_> {
    /// A hash of the state: fuel used, memories, tables, globals, what is collected, where all runs stand, and the results of the last ones. Two
    /// engines with the same images that have done the same have the same hash at the same pause, on all machines, whatever their fuel was
    /// portioned like, and whether or not they were restored from snapshots on the way. Not in it are the slots of frames, some of which
    /// hold what nobody reads again; what differs there shows elsewhere as soon as it is used.
    ///
    /// It costs as much as a snapshot does, and changes and allocates nothing.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        let Ok(hash) = self.hashed();
        hash
    }

    fn hashed(&self) -> Result<[u8; 32], core::convert::Infallible> {
        let mut nowhere = Nowhere;
        let mut save = Save {
            store: &self.store,
            out: Writer::new(&mut nowhere, 0)?,
            ancestors: Ancestors::NONE,
            notes: Notes::new(),
            has_holes: false,
            is_hash: true,
        };
        save.section(Kind::Engine)?;
        save.out.u64s(&[self.fuel_used(), self.store.clock])?;
        save.hosts()?;
        save.instances()?;
        save.tags()?;
        let stored = save.memories(None::<&mut Nobody>)?;
        save.tables()?;
        save.globals()?;
        save.heap()?;
        save.threads()?;
        save.pages(stored, None::<&mut Nobody>)?;
        save.out.digest()
    }
}

/// A snapshot being written.
pub(super) struct Save<'e, 'a, 'm, S: Sink> {
    pub(super) store: &'e Store<'m>,
    pub(super) out: Writer<'a, S>,
    /// Before their first memory.
    pub(super) ancestors: Ancestors<'e>,
    pub(super) notes: Notes,
    /// See [`SnapshotOptions::holes`].
    pub(super) has_holes: bool,
    /// Only the hash of what is written counts, of what is the same whether the engine was restored on the way or not.
    is_hash: bool,
}

pub(super) type Step<S> = Result<(), <S as Sink>::Error>;

impl<S: Sink> Save<'_, '_, '_, S> {
    pub(super) fn section(&mut self, kind: Kind) -> Step<S> {
        self.out.section(kind as u32).map(|_| ())
    }

    fn engine(&mut self, engine: &Engine<'_>) -> Step<S> {
        self.section(Kind::Engine)?;
        let store = self.store;
        let last = engine.last_instance().map_or(NONE, |it| it.number());
        self.out.u32s(&[
            store.instance_count(),
            store.count(Sort::Memory),
            store.count(Sort::Table),
            store.count(Sort::Global),
            store.count(Sort::Tag),
            store.host_count(),
            store.types.len(),
            store.thread_limit(),
            store.thread(),
            last,
            store.holds_host_refs().into(),
            store.thread_count(),
        ])?;
        let stats = engine.stats();
        self.out.u64s(&[
            stats.fuel_used,
            stats.fuel_remaining,
            stats.executions,
            stats.traps,
            stats.pauses,
            stats.host_calls,
            stats.cross_calls,
            stats.grows,
            stats.peak_memory_bytes,
            store.clock,
        ])
    }

    fn hosts(&mut self) -> Step<S> {
        self.section(Kind::Hosts)?;
        for host in 0..self.store.host_count() {
            let ty = self.store.host_type(host).unwrap_or(NONE);
            self.func_type(ty)?;
        }
        Ok(())
    }

    /// A function type of the host: its number, and what it is.
    fn func_type(&mut self, ty: u32) -> Step<S> {
        let sig = self.store.func_sig(ty);
        let (params, results) = sig.map_or((&[][..], &[][..]), |sig| (sig.params, sig.results));
        self.out
            .u32s(&[ty, params.len() as u32, results.len() as u32])?;
        let mut types = params.iter().chain(results);
        types.try_for_each(|ty| self.val_type(*ty))
    }

    pub(super) fn val_type(&mut self, ty: ValType) -> Step<S> {
        self.out.bytes(&ty.to_bytes())
    }

    fn instances(&mut self) -> Step<S> {
        self.section(Kind::Instances)?;
        (0..)
            .map_while(|number| self.store.instance(number))
            .try_for_each(|data| self.instance(data))
    }

    fn instance(&mut self, data: &InstData<'_>) -> Step<S> {
        let module = data.module();
        self.out.bytes(&module.image_id())?;
        self.out.u32(module.module_number())?;
        // The numbers of what it defines follow each other, and are above those of what it imports.
        self.out
            .u32s(&Sort::ALL.map(|sort| data.defined(sort).first().copied().unwrap_or(NONE)))?;
        self.out.u32s(data.types())?;
        self.out.u64s(data.funcs())?;
        for sort in Sort::ALL {
            self.out.u32s(data.imported(sort))?;
        }
        self.out.u64s(data.dropped())?;
        self.out.u64s(data.elem_values())
    }

    /// Whether a thing is an instance's.
    pub(super) fn is_defined(&self, sort: Sort, number: u32) -> bool {
        let mut instances = (0..).map_while(|it| self.store.instance(it));
        instances.any(|data| data.defines(sort, number))
    }

    fn tags(&mut self) -> Step<S> {
        self.section(Kind::Tags)?;
        for tag in 0..self.store.count(Sort::Tag) {
            if !self.is_defined(Sort::Tag, tag) {
                let ty = self.store.tag_type(tag).unwrap_or(NONE);
                self.func_type(ty)?;
            }
        }
        Ok(())
    }

    fn tables(&mut self) -> Step<S> {
        self.section(Kind::Tables)?;
        for number in 0..self.store.count(Sort::Table) {
            let Some(table) = self.store.table(number) else {
                continue;
            };
            if !self.is_defined(Sort::Table, number) {
                let TableType {
                    elem,
                    is64,
                    min,
                    max,
                } = table.ty();
                self.val_type(elem)?;
                self.out.u32(is64.into())?;
                self.out.u64s(&[min, max.unwrap_or(u64::MAX)])?;
            }
            self.out.u64(table.elems().len() as u64)?;
            self.out.u64s(table.elems())?;
        }
        Ok(())
    }

    fn globals(&mut self) -> Step<S> {
        self.section(Kind::Globals)?;
        for number in 0..self.store.count(Sort::Global) {
            if !self.is_defined(Sort::Global, number)
                && let Some(GlobalType { ty, mutable }) = self.store.global_type(number)
            {
                self.val_type(ty)?;
                self.out.u32(mutable.into())?;
            }
            self.out
                .u64s(&self.store.global(number).unwrap_or_default())?;
        }
        Ok(())
    }

    fn heap(&mut self) -> Step<S> {
        self.section(Kind::Heap)?;
        let heap = &self.store.heap;
        self.out.u64s(&heap.saved_numbers())?;
        let (entries, arena) = heap.saved_contents();
        for entry in entries {
            self.out.u32s(entry)?;
        }
        self.out.bytes(arena)?;
        self.out.u64s(self.store.kept.as_slice())
    }

    fn threads(&mut self) -> Step<S> {
        self.section(Kind::Threads)?;
        for thread in 0..self.store.thread_limit() {
            let Some((stack, room, run, session)) = self.store.thread_state(thread) else {
                continue;
            };
            self.thread(thread, stack, room, (run, session))?;
        }
        for waiter in self.store.all_waiters() {
            self.out.u32s(&[waiter.thread, waiter.memory])?;
            let deadline = [
                waiter.deadline.is_some().into(),
                waiter.deadline.unwrap_or(0),
            ];
            self.out.u64(waiter.address)?;
            self.out.u64s(&deadline)?;
        }
        Ok(())
    }

    fn thread(
        &mut self,
        number: u32,
        stack: &[u64],
        room: usize,
        (run, session): (RunState, Session),
    ) -> Step<S> {
        let live = live_slots(self.store, stack, &run, &session);
        self.out.u32s(&[
            number,
            room as u32,
            stack.len() as u32,
            live as u32,
            status::code(run.status),
            run.instance,
            run.pc,
            run.fp,
            run.record,
            run.callee,
            run.window,
            session.depth,
            session.results.0 as u32,
            session.results.1 as u32,
            session.host_trap.map_or(NONE, |trap| trap as u32),
        ])?;
        let thrown = session.thrown.filter(|_| run.status == Status::Trapped);
        let (tag, first, count) = thrown.unwrap_or((NONE, 0, 0));
        self.out.u32s(&[tag, first as u32, count as u32])?;
        self.out.u64(session.slice_used.max(0) as u64)?;
        let slots = match self.is_hash {
            true => {
                let (first, count) = session.results;
                stack.get(first..first.saturating_add(count))
            }
            false => stack.get(..live),
        };
        self.out.u64s(slots.unwrap_or_default())
    }
}

/// Slots from the bottom of a stack that may still be read, by the guest, the host, or a backtrace.
fn live_slots(store: &Store<'_>, stack: &[u64], run: &RunState, session: &Session) -> usize {
    let (first, count) = session.results;
    let mut live = first.saturating_add(count);
    if let Some((_, first, count)) = session.thrown {
        live = live.max(first.saturating_add(count));
    }
    if run.status != Status::Idle {
        if let Some(slots) = window_slots(store, run) {
            live = live.max(run.window as usize + slots);
        }
        live = live.max(run.fp as usize + frame_slots(store, stack, run));
        live = live.max(run.record as usize + crate::exec::RECORD_SLOTS);
    }
    live.min(stack.len())
}

/// Slots of the arguments or values at the window of an activation that has some there.
fn window_slots(store: &Store<'_>, run: &RunState) -> Option<usize> {
    let ty = match run.status {
        Status::HostCall => store.host_type(run.callee),
        Status::Throwing => store.tag_type(run.callee),
        Status::Starting => {
            let data = store.instance(run.instance);
            data.and_then(|data| data.type_id(data.module().func(run.callee).type_idx))
        }
        // What was thrown is in the session.
        Status::Idle | Status::Ready | Status::Waiting | Status::Trapped => None,
    };
    let sig = ty.and_then(|ty| store.func_sig(ty));
    sig.map(|sig| sig.param_slots())
}

/// Slots of the innermost frame.
fn frame_slots(store: &Store<'_>, stack: &[u64], run: &RunState) -> usize {
    let Some(data) = store.instance(run.instance) else {
        return 0;
    };
    let module = data.module();
    if run.pc >= PROLOGUE.len() as u32 {
        let func = module.func_at(run.pc);
        return func.map_or(0, |func| usize::from(module.func(func).frame));
    }
    // At a stub: results, behind the leave frame's first slot if there is one.
    let bottom = stack.get(run.record as usize + 2).copied().unwrap_or(0);
    let leave = stack.get(run.fp as usize).copied().unwrap_or(0);
    let results = if run.pc <= super::restore::HALT {
        bottom
    } else {
        leave
    };
    1 + (results >> 32) as usize
}
