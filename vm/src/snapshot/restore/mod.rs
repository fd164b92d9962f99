//! Making an engine of a snapshot.
//!
//! Input: a new engine, a snapshot from anywhere, the modules of its images. Output: an engine that goes on where the other one stood, or an
//! error that says what is wrong.
//!
//! Invariants: no number of the snapshot is believed. Nothing is allocated over the engine's budgets, and nothing in proportion to a number
//! that is not backed by bytes of the snapshot or by a budget; time is linear in the snapshot, the images, and the size of the memories. Until
//! everything has been checked the engine has no run, so nothing of it can be executed; on an error it is gone.
//!
//! The order is that in which things depend on each other: types; host functions; instance by instance, each preceded by what the host had
//! made before it, with memories and tables at once of the size that they had, since imports are checked against that; values; what is
//! collected; stacks.

mod frames;
mod instances;
mod parts;
mod threads;
mod values;

use core::fmt;

use wrt_format::isa::HALT_STUB;
use wrt_format::snapshot::{Ancestors, ChainFault, Kind, PAGE_BYTES, Snapshot};

use super::NONE;
use crate::engine::Engine;
use crate::error::{Budget, Error};
use crate::module::Module;
use crate::outcome::Instance;
use crate::raw::buf::Buf;
use crate::raw::parts::Sort;
use parts::Part;

/// Where the instruction behind the stub of bottom frames is.
pub(super) const HALT: u32 = HALT_STUB + 1;

/// Why an engine could not be restored.
#[derive(Debug)]
#[non_exhaustive]
pub enum RestoreError {
    /// The engine has been used already.
    NotNew,
    /// A section contradicts another one, the images, or itself.
    Invalid {
        /// The section.
        section: Kind,
        /// What is wrong in it.
        what: &'static str,
    },
    /// The module of an instance is not among those given.
    MissingModule {
        /// Number of the instance.
        instance: u32,
        /// The id of its image, of [`ModuleView::image_id`](wrt_format::image::ModuleView::image_id).
        image: [u8; 32],
        /// Number of the module in that image.
        module: u32,
    },
    /// The snapshots that it is based on are missing, or others are given.
    Ancestors(ChainFault),
    /// The snapshot has more of something than this engine's budgets allow, an import does not fit, or a function that is at work breaks
    /// a rule of the format.
    Engine(Error),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNew => f.write_str("the engine is not a new one"),
            Self::Invalid { section, what } => {
                write!(
                    f,
                    "invalid snapshot: section {} is wrong: {what}",
                    section.name()
                )
            }
            Self::MissingModule {
                instance,
                image,
                module,
            } => {
                let [a, b, c, d, ..] = *image;
                write!(
                    f,
                    "instance {instance} is of module {module} of image {a:02x}{b:02x}{c:02x}{d:02x}.., which was not given"
                )
            }
            Self::Ancestors(fault) => write!(f, "{fault}"),
            Self::Engine(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for RestoreError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Engine(error) => Some(error),
            Self::NotNew
            | Self::Invalid { .. }
            | Self::MissingModule { .. }
            | Self::Ancestors(_) => None,
        }
    }
}

impl<E: Into<Error>> From<E> for RestoreError {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}

type Result<T> = core::result::Result<T, RestoreError>;

/// The error that something in a section is wrong.
const fn invalid(section: Kind, what: &'static str) -> RestoreError {
    RestoreError::Invalid { section, what }
}

/// Passes only if the condition holds.
fn ensure(condition: bool, section: Kind, what: &'static str) -> Result<()> {
    if condition {
        Ok(())
    } else {
        Err(invalid(section, what))
    }
}

impl<'m> Engine<'m> {
    /// Makes an engine of a new one and a snapshot: `modules` are those of its instances' images, in any order; more may be given. Budgets,
    /// time slice, memory provider and the fuel that is left are those of the new engine ([`Engine::snapshot_fuel`] says what was left), so
    /// that nothing in a snapshot can get around them. Host functions have the numbers that they had: see
    /// [`Linker::adopt`](crate::Linker::adopt). Handles of the old engine mean the same in the new one.
    ///
    /// Statistics go on, but for those about this engine's own memory and the number of functions that it has verified.
    ///
    /// # Errors
    /// [`RestoreError`]; the engine is gone then.
    pub fn restored(self, snapshot: &Snapshot<'_>, modules: &[Module<'m>]) -> Result<Self> {
        self.restored_on(snapshot, &[], modules)
    }

    /// The same of an incremental snapshot and those that it is based on: its parent, the parent's parent, and so on, down to one that stands
    /// alone.
    ///
    /// # Errors
    /// [`RestoreError`]; the engine is gone then.
    pub fn restored_on(
        mut self,
        snapshot: &Snapshot<'_>,
        ancestors: &[Snapshot<'_>],
        modules: &[Module<'m>],
    ) -> Result<Self> {
        let ancestors = Ancestors::new(snapshot.parent(), ancestors);
        let ancestors = ancestors.map_err(RestoreError::Ancestors)?;
        if !self.store.is_new() {
            return Err(RestoreError::NotNew);
        }
        let counts = Counts::read(&mut self, snapshot)?;
        let mut restore = Restore {
            engine: self,
            modules,
            counts,
            types: Buf::new(),
            tags: Part::of(snapshot, Kind::Tags),
            memories: Part::of(snapshot, Kind::Memories),
            tables: Part::of(snapshot, Kind::Tables),
            globals: Part::of(snapshot, Kind::Globals),
            pages: snapshot.section(Kind::Pages),
            ancestors,
        };
        restore.all(snapshot)?;
        let Restore {
            mut engine, types, ..
        } = restore;
        engine.store.scratch_release(&mut { types });
        Ok(engine)
    }

    /// The fuel that was left when a snapshot was taken.
    #[must_use]
    pub fn snapshot_fuel(snapshot: &Snapshot<'_>) -> Option<u64> {
        let mut part = Part::of(snapshot, Kind::Engine);
        part.u32s::<COUNTS>().ok()?;
        let [_, left, ..] = part.u64s::<NUMBERS>().ok()?;
        Some(left)
    }
}

/// Numbers of 32 bits in ENGINE.
const COUNTS: usize = 12;
/// Numbers of 64 bits in ENGINE.
const NUMBERS: usize = 10;
/// Greatest value of a counter: none can overflow from there.
const MAX_COUNT: u64 = 1 << 62;

/// What ENGINE says.
#[derive(Clone, Copy, Debug)]
struct Counts {
    instances: u32,
    /// By [`Sort`].
    things: [u32; 4],
    hosts: u32,
    types: u32,
    /// One more than the greatest number of a thread that there was, the thread that has the turn, and the number of threads.
    thread_limit: u32,
    thread: u32,
    threads: u32,
    last_instance: u32,
    host_refs: u32,
}

impl Counts {
    fn read(engine: &mut Engine<'_>, snapshot: &Snapshot<'_>) -> Result<Self> {
        let mut part = Part::of(snapshot, Kind::Engine);
        let [
            instances,
            memories,
            tables,
            globals,
            tags,
            hosts,
            types,
            thread_limit,
            thread,
            last_instance,
            host_refs,
            threads,
        ] = part.u32s::<COUNTS>()?;
        let numbers = part.u64s::<NUMBERS>()?;
        part.end()?;
        // The fuel left is not believed anyway; the clock, which comes last, may stand anywhere.
        let [used, _, counters @ .., _] = &numbers;
        let small = counters.iter().chain([used]).all(|&it| it <= MAX_COUNT);
        ensure(small, Kind::Engine, "a counter")?;
        ensure(host_refs <= 1, Kind::Engine, "a flag")?;
        let last = last_instance == NONE || last_instance < instances;
        ensure(last, Kind::Engine, "the last instance")?;
        if thread_limit > engine.config().max_threads.max(1) {
            return Err(Budget::Threads.into());
        }
        let turns = (1..=thread_limit).contains(&threads) && thread < thread_limit;
        ensure(turns, Kind::Engine, "the threads")?;
        if instances > engine.config().max_instances {
            return Err(Budget::Instances.into());
        }
        engine.restore_numbers(numbers);
        Ok(Self {
            instances,
            things: [tables, memories, globals, tags],
            hosts,
            types,
            thread_limit,
            thread,
            threads,
            last_instance,
            host_refs,
        })
    }

    const fn of(&self, sort: Sort) -> u32 {
        self.things[sort as usize]
    }
}

/// An engine on its way.
struct Restore<'a, 'm> {
    engine: Engine<'m>,
    modules: &'a [Module<'m>],
    counts: Counts,
    /// For each number of a type in the snapshot one more than its number in the engine; 0 where it is not known.
    types: Buf<u32>,
    tags: Part<'a>,
    memories: Part<'a>,
    tables: Part<'a>,
    globals: Part<'a>,
    /// Contents of stored pages that are still to come.
    pages: &'a [u8],
    /// What the pages are that are left to the parent.
    ancestors: Ancestors<'a>,
}

impl<'a> Restore<'a, '_> {
    fn all(&mut self, snapshot: &Snapshot<'_>) -> Result<()> {
        // Counted again while instances are made, and by nobody who is to see it.
        let counters = self.engine.store.counters;
        self.all_types(snapshot)?;
        self.all_hosts(Part::of(snapshot, Kind::Hosts))?;
        self.all_instances(Part::of(snapshot, Kind::Instances))?;
        for sort in Sort::ALL {
            self.things_up_to(sort, self.counts.of(sort))?;
            let own = self.engine.store.count(sort) == self.counts.of(sort);
            ensure(own, Kind::Engine, "the number of things")?;
        }
        for part in [&self.tags, &self.memories, &self.tables, &self.globals] {
            part.end()?;
        }
        ensure(self.pages.is_empty(), Kind::Pages, "its length")?;
        self.heap(Part::of(snapshot, Kind::Heap))?;
        self.all_threads(Part::of(snapshot, Kind::Threads))?;
        let verified = self.engine.store.counters.verified_funcs;
        self.engine.store.counters = counters;
        self.engine.store.counters.verified_funcs = verified;
        if self.counts.host_refs != 0 {
            self.engine.store.note_host_ref();
        }
        if self.counts.last_instance != NONE {
            self.engine
                .set_last_instance(Instance(self.counts.last_instance));
        }
        Ok(())
    }

    /// The next bytes of PAGES.
    fn take_pages(&mut self, count: usize) -> Option<&'a [u8]> {
        let (pages, rest) = self
            .pages
            .split_at_checked(count.checked_mul(PAGE_BYTES)?)?;
        self.pages = rest;
        Some(pages)
    }
}

/// See [`Restore::types`].
fn number_in(types: &[u32], old: u32) -> Option<u32> {
    types.get(old as usize)?.checked_sub(1)
}
