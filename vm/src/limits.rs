//! How much an engine may use. Every budget is checked before anything is allocated.
//!
//! Input: [`Config`], made with its defaults and changed by the embedder. Output: the numbers the engine's store obeys.
//! Invariants: a configuration is only a set of upper bounds; no value of it can make the machine unsafe.

pub use wrt_format::verify::Limits;

/// Budgets of an engine. The defaults suit a host with some hundred megabytes; a small device sets all of them.
///
/// ```
/// let config = wrt_vm::Config::default().with_stack_slots(4096).with_memory_pages(16);
/// assert_eq!(config.stack_slots, 4096);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Slots of the stack, of 8 bytes each. A run that needs more traps with "call stack exhausted". Default 131072 (1 MiB).
    pub stack_slots: u32,
    /// Bytes that everything the engine owns may take together: stack, instances, tables, and memories, unless a
    /// [`MemoryProvider`](crate::MemoryProvider) supplies these. With [`Engine::with_memory`](crate::Engine::with_memory) the slice
    /// is the bound as well. In optimised builds for x86-64, AArch64 and RISC-V of 64 bits every engine has a handler table of up to
    /// 16 KiB in it. Default 4 GiB on a 64-bit machine, 64 MiB on a smaller one.
    pub memory_budget_bytes: usize,
    /// Instances an engine may hold. Default 1000.
    pub max_instances: u32,
    /// Pages, of 64 KiB each, that all linear memories together may reach; growing beyond gives -1 to the guest. Default 65536 (4 GiB).
    pub max_memory_pages: u64,
    /// Elements that all tables together may reach; growing beyond gives -1 to the guest. Default 10,000,000.
    pub max_table_elems: u64,
    /// Bytes that things which are collected may take together, exceptions among them. Where more than 7/8 of it would be in use after
    /// a collection, allocating is a trap, "out of memory": so the time that collecting takes for each byte is bounded. Default 1 GiB on a 64-bit machine, 16 MiB
    /// on a smaller one; nothing is taken before it is needed.
    pub heap_bytes: u64,
    /// Collect garbage before everything that is allocated on the heap: slow, but a reference that is held where it should not be is then
    /// found out at once. Default false.
    pub collect_eagerly: bool,
    /// Runs that may nest: a host function that calls the guest again while its own call is pending. Default 64.
    pub max_nesting: u32,
    /// Guest threads, the first one included. Each has a stack of its own size; at most as many wait at one time. Default 1000.
    pub max_threads: u32,
    /// Verify all functions of a module when it is instantiated instead of each one before its first call. Default false.
    pub eager_verification: bool,
    /// Fuel that runs of the engine use before its instances are threaded directly; `None` is never. When a function is verified, the
    /// addresses of its handlers are then noted in memory of the engine, and taken from there instead of being looked up by opcode: runs take a sixth
    /// less time, and all else is as without, results, fuel, traps and snapshots. It costs four bytes for each byte of code, once for all
    /// instances of a module, and leaves less of [`Config::memory_budget_bytes`] for them; pages for functions that never run are not touched. A module for which there is no
    /// room goes without. Short runs do not earn what that takes, hence the fuel: [`Config::DIRECT_THREADING_AFTER`] suits most.
    /// Only in an optimised build with the feature `direct-threading`, for x86-64, AArch64 or RISC-V of 64 bits; elsewhere it
    /// says nothing. Default `None`.
    pub direct_threading: Option<u64>,
}

impl Config {
    /// Fuel after which direct threading pays: about a millisecond, of which it would have saved 50 microseconds. Making room for it takes about ten and
    /// the handlers of verified functions a few nanoseconds for each instruction.
    pub const DIRECT_THREADING_AFTER: u64 = 1 << 20;

    /// The documented defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            stack_slots: 1 << 17,
            memory_budget_bytes: if usize::BITS >= 64 {
                (1_u64 << 32) as usize
            } else {
                64 << 20
            },
            max_instances: 1000,
            max_memory_pages: 1 << 16,
            max_table_elems: 10_000_000,
            heap_bytes: if usize::BITS >= 64 { 1 << 30 } else { 16 << 20 },
            collect_eagerly: false,
            max_nesting: 64,
            max_threads: 1000,
            eager_verification: false,
            direct_threading: None,
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident $field:ident: $ty:ty;)*) => {
        impl Config {
            $($(#[$doc])*
            #[must_use]
            pub const fn $name(mut self, $field: $ty) -> Self {
                self.$field = $field;
                self
            })*
        }
    };
}

setters! {
    /// Sets [`Config::stack_slots`].
    with_stack_slots stack_slots: u32;
    /// Sets [`Config::memory_budget_bytes`].
    with_memory_budget memory_budget_bytes: usize;
    /// Sets [`Config::max_instances`].
    with_instances max_instances: u32;
    /// Sets [`Config::max_memory_pages`].
    with_memory_pages max_memory_pages: u64;
    /// Sets [`Config::max_table_elems`].
    with_table_elems max_table_elems: u64;
    /// Sets [`Config::heap_bytes`].
    with_heap_bytes heap_bytes: u64;
    /// Sets [`Config::collect_eagerly`].
    with_eager_collection collect_eagerly: bool;
    /// Sets [`Config::max_nesting`].
    with_nesting max_nesting: u32;
    /// Sets [`Config::max_threads`].
    with_threads max_threads: u32;
    /// Sets [`Config::eager_verification`].
    with_eager_verification eager_verification: bool;
    /// Sets [`Config::direct_threading`].
    with_direct_threading direct_threading: Option<u64>;
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
