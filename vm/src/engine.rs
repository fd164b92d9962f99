//! The engine: what the embedder holds.
//!
//! Input: modules, functions to call, fuel, answers to host calls. Output: outcomes, results, statistics.
//! Invariants: used and remaining fuel always make up what was granted; of nested runs only the innermost one can go on; a call that
//! is refused with an error changes nothing. With several guest threads all of this is about the one that has the turn.
//!
//! ```text
//!              execute                resume
//!   idle ---------------> running <------------- paused: out of fuel, time slice over
//!    ^                     |  |  \------------------^
//!    |  done, trap,        |  |                  host_return, host_trap, host_throw; then resume
//!    \-- exception --------/  |-----------------> waiting for the host: execute nests
//!                             \-----------------> waiting for a notification: paused again when woken
//! ```

#[cfg(feature = "debug")]
mod debug;
mod exception;
mod run;
mod threads;

#[cfg(feature = "debug")]
pub use debug::{PauseAt, Watch};
pub use run::Frame;
pub use threads::{Turn, Wake};

use crate::error::Error;
use crate::heap::Heap;
use crate::instance::max_memory_bytes;
use crate::limits::Config;
use crate::outcome::Instance;
use crate::raw::arena::Arena;
use crate::raw::dispatch::Threading;
use crate::raw::provider::MemoryProvider;
use crate::raw::store::Store;
use crate::stats::Stats;

/// A stackless machine: its stack, its fuel counter, and the instances it runs with all that they share.
///
/// Everything it owns comes from the global allocator, within a budget, or from a slice of the embedder's. It holds no reference into
/// the host's stack: between two calls its state is plain data.
#[derive(Debug)]
pub struct Engine<'m> {
    pub(crate) store: Store<'m>,
    pub(crate) config: Config,
    last_instance: Option<Instance>,
    /// Fuel used and fuel left together.
    granted: u64,
    executions: u64,
    traps: u64,
    #[cfg(feature = "alloc")]
    identity: Option<Identity>,
}

/// Making engines.
impl<'m> Engine<'m> {
    /// An engine whose memory comes from the global allocator, up to the budget of `config`.
    ///
    /// # Errors
    /// [`Error::Budget`] when there is not even room for the stack.
    #[cfg(feature = "alloc")]
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::from_arena(Arena::heap(config.memory_budget_bytes), config, None)
    }

    /// An engine as [`Engine::new`] makes it, whose linear memories come from a back end; they count against the budget too.
    ///
    /// # Errors
    /// [`Error::Budget`] when there is not even room for the stack.
    #[cfg(feature = "alloc")]
    pub fn with_provider(config: Config, provider: &'m dyn MemoryProvider) -> Result<Self, Error> {
        let arena = Arena::heap(config.memory_budget_bytes);
        Self::from_arena(arena, config, Some(provider))
    }

    /// An engine that owns nothing beyond `memory`: its stack, its instances and their linear memories lie there. The words are cleared.
    ///
    /// # Errors
    /// [`Error::Budget`] when there is not even room for the stack.
    pub fn with_memory(memory: &'m mut [u64], config: Config) -> Result<Self, Error> {
        let words = memory.len().min(config.memory_budget_bytes / 8);
        let (memory, _) = memory.split_at_mut(words);
        Self::from_arena(Arena::fixed(memory), config, None)
    }

    fn from_arena(
        arena: Arena<'m>,
        config: Config,
        provider: Option<&'m dyn MemoryProvider>,
    ) -> Result<Self, Error> {
        let mut store = Store::new(arena, config.stack_slots, provider)?;
        store.max_memory_bytes = max_memory_bytes(&config);
        store.max_table_elems = config.max_table_elems;
        store.threading = Threading::after(config.direct_threading);
        store.heap = Heap::new(config.heap_bytes);
        store.heap.eager = config.collect_eagerly;
        Ok(Self {
            store,
            config,
            last_instance: None,
            granted: 0,
            executions: 0,
            traps: 0,
            #[cfg(feature = "alloc")]
            identity: None,
        })
    }
}

/// Most fuel an engine can hold at once.
const MAX_FUEL: u64 = i64::MAX as u64;

/// Fuel and statistics.
impl Engine<'_> {
    /// Sets the fuel that is left; at most 2^63 - 1 is held.
    pub fn set_fuel(&mut self, amount: u64) {
        let used = self.fuel_used();
        let amount = amount.min(MAX_FUEL);
        self.store.fuel = amount as i64;
        self.granted = used.saturating_add(amount);
    }

    /// Adds to the fuel that is left; at most 2^63 - 1 is held.
    pub fn add_fuel(&mut self, amount: u64) {
        self.set_fuel(self.remaining_fuel().saturating_add(amount));
    }

    /// Fuel left.
    #[must_use]
    pub fn remaining_fuel(&self) -> u64 {
        self.store.fuel.max(0) as u64
    }

    /// Fuel used since the engine was made.
    #[must_use]
    pub fn fuel_used(&self) -> u64 {
        self.granted.saturating_sub(self.remaining_fuel())
    }

    /// Uses fuel for work of the host. False, and nothing used, when less is left.
    #[must_use]
    pub fn consume_fuel(&mut self, amount: u64) -> bool {
        let Some(left) = self.remaining_fuel().checked_sub(amount) else {
            return false;
        };
        self.store.fuel = left as i64;
        true
    }

    /// Lets runs pause with [`Outcome::Yield`](crate::Outcome::Yield) when they have used so much fuel at a stretch, so that several
    /// engines or threads can take turns; each resume begins a new stretch, but for one after [`Outcome::OutOfFuel`](crate::Outcome::OutOfFuel),
    /// which goes on with the old one. `None` is without. A block that costs more runs all the same.
    pub const fn set_time_slice(&mut self, fuel: Option<u64>) {
        self.store.slice = fuel;
    }

    /// Counts, from now on, how often each instruction of a module runs, in all of its instances, and how often each block is entered; and forgets
    /// earlier counts. Runs take the loop core then.
    #[cfg(feature = "profile")]
    pub fn count_instructions(&mut self, module: &crate::Module<'_>) {
        self.store.profile = Some(crate::raw::profile::Profile::new(module.view().code()));
    }

    /// How often the instruction at each word of the counted module's code section has run; empty without
    /// [`Engine::count_instructions`]. Words of operands count 0.
    #[cfg(feature = "profile")]
    #[must_use]
    pub fn instruction_counts(&self) -> &[u64] {
        let profile = self.store.profile.as_ref();
        profile.map_or(&[], crate::raw::profile::Profile::counts)
    }

    /// How often the block that the `fuel` at each word of the counted module's code section begins has been entered, which is when it is paid for;
    /// empty without [`Engine::count_instructions`]. It is once however often the run pauses in between or in front of it. What other words have
    /// means nothing; nor does that of the `fuel` at a function's start, which calls pay for.
    #[cfg(feature = "profile")]
    #[must_use]
    pub fn block_counts(&self) -> &[u64] {
        let profile = self.store.profile.as_ref();
        profile.map_or(&[], crate::raw::profile::Profile::entries)
    }

    /// What the engine has used so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counters = self.store.counters;
        let arena = self.store.arena();
        Stats {
            fuel_granted: self.granted,
            fuel_used: self.fuel_used(),
            fuel_remaining: self.remaining_fuel(),
            executions: self.executions,
            pauses: counters.pauses,
            host_calls: counters.host_calls,
            cross_calls: counters.cross_calls,
            traps: self.traps,
            instances: self.store.instance_count(),
            verified_funcs: counters.verified_funcs,
            grows: counters.grows,
            memory_bytes: self.store.memory_bytes(),
            peak_memory_bytes: counters.peak_memory_bytes,
            stack_slots: self.store.stack_room() as u64,
            peak_stack_slots: self.store.stack_mark() as u64,
            used_bytes: arena.used_bytes() as u64,
            peak_used_bytes: arena.peak_bytes() as u64,
            heap_objects: self.store.heap.objects().into(),
            heap_bytes: self.store.heap.used_bytes(),
            collections: self.store.heap.collections(),
        }
    }

    /// Takes over fuel used and counters from a snapshot, in the order of its section ENGINE.
    pub(crate) fn restore_numbers(&mut self, numbers: [u64; 10]) {
        let [
            fuel_used,
            _fuel_left,
            executions,
            traps,
            pauses,
            host_calls,
            cross_calls,
            grows,
            peak_memory_bytes,
            clock,
        ] = numbers;
        self.granted = fuel_used.saturating_add(self.remaining_fuel());
        (self.executions, self.traps) = (executions, traps);
        let counters = &mut self.store.counters;
        (counters.pauses, counters.grows) = (pauses, grows);
        (counters.host_calls, counters.cross_calls) = (host_calls, cross_calls);
        // What memories once were is believed within the budget.
        let peak = peak_memory_bytes.min(self.store.max_memory_bytes);
        counters.peak_memory_bytes = peak;
        self.store.clock = clock;
    }

    /// The budgets it was made with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }
}

#[cfg(all(feature = "alloc", not(target_has_atomic = "ptr")))]
use alloc::rc::Rc as Token;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use alloc::sync::Arc as Token;

/// Tells engines apart, also after they are gone: as long as one of these exists no other engine gets an equal one.
#[cfg(feature = "alloc")]
#[derive(Clone, Debug)]
pub(crate) struct Identity(Token<()>);

#[cfg(feature = "alloc")]
impl Identity {
    /// Whether nobody else holds it: its engine is gone.
    pub(crate) fn is_alone(&self) -> bool {
        Token::strong_count(&self.0) == 1
    }
}

#[cfg(feature = "alloc")]
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        Token::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(feature = "alloc")]
impl Engine<'_> {
    /// The engine's identity, made when it is first asked for.
    pub(crate) fn identity(&mut self) -> Identity {
        self.identity
            .get_or_insert_with(|| Identity(Token::new(())))
            .clone()
    }

    /// Whether this is its identity.
    pub(crate) fn is_identity(&self, identity: &Identity) -> bool {
        self.identity.as_ref() == Some(identity)
    }
}
