//! What every measured runtime can do: load a module without imports, and call its export `run: [i32] -> [i32]`.

use rustix::time::{ClockId, clock_gettime};

/// Makes a module ready to run.
pub type Load = fn(wasm: &[u8]) -> Result<Box<dyn Program>, String>;

/// A runtime in one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Runtime {
    /// Name in the table.
    pub name: &'static str,
    /// Makes a module ready to run.
    pub load: Load,
}

/// A loaded module.
pub trait Program {
    /// Calls `run(n)`.
    fn run(&mut self, n: u32) -> Result<u32, String>;
}

/// CPU time of this thread, in seconds.
#[must_use]
pub fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// CPU time of this process, all of its threads together, in seconds.
#[must_use]
pub fn process_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
