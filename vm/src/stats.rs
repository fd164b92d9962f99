//! What an engine has used so far.
//!
//! Output: [`Stats`], a plain copy. Invariants: the counters only grow; `fuel_used + fuel_remaining == fuel_granted` whenever the
//! machine is not running; peaks are at least the current values.

/// An engine's counters since it was made. All are exact, and none costs anything per instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Fuel given. Setting the fuel counts as giving, or taking back, the difference to what was left.
    pub fuel_granted: u64,
    /// Fuel used by all runs, in units of one Wasm operator.
    pub fuel_used: u64,
    /// Fuel left.
    pub fuel_remaining: u64,
    /// Runs started by the host, start functions included.
    pub executions: u64,
    /// Times a run has paused for want of fuel or at the end of its time slice.
    pub pauses: u64,
    /// Calls of host functions by guests.
    pub host_calls: u64,
    /// Calls from one instance to another.
    pub cross_calls: u64,
    /// Runs, and instantiations, that have ended in a trap.
    pub traps: u64,
    /// Instances made.
    pub instances: u32,
    /// Functions verified, before their first call or ahead of it.
    pub verified_funcs: u64,
    /// Times a memory or table has grown.
    pub grows: u64,
    /// Bytes of all linear memories now.
    pub memory_bytes: u64,
    /// Most bytes of all linear memories together.
    pub peak_memory_bytes: u64,
    /// Slots of the stack of the thread that has the turn, 8 bytes each.
    pub stack_slots: u64,
    /// Most slots of that stack in use, rounded up to the next multiple of a few dozen.
    pub peak_stack_slots: u64,
    /// Bytes of the engine's budget in use: stack, instances, tables, memories.
    pub used_bytes: u64,
    /// Most bytes of the budget in use.
    pub peak_used_bytes: u64,
    /// Things that are collected, reachable or not: exceptions.
    pub heap_objects: u64,
    /// Bytes that they take.
    pub heap_bytes: u64,
    /// Collections of garbage.
    pub collections: u64,
}
