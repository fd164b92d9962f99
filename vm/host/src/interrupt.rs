//! Stopping a guest from another thread.
//!
//! Input: requests from any thread. Output: a run that ends with [`Outcome::Yield`]. Invariants: the machine looks at nothing new while it
//! runs. It pauses at the end of each time slice anyway, and the request is looked at there, so a guest goes on for at most a slice, or
//! one block or portion of a bulk instruction if that costs more.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use wrt_vm::Outcome;

/// A handle that any thread may hold.
///
/// ```
/// use wrt_host::Interrupt;
/// use wrt_vm::{Engine, Linker, Outcome};
///
/// fn run(engine: &mut Engine<'_>, linker: &Linker<()>, interrupt: &Interrupt) -> Result<Outcome, wrt_vm::Error> {
///     engine.set_time_slice(Some(100_000));
///     let outcome = linker.resume(engine, &mut ())?;
///     interrupt.drive(outcome, || linker.resume(engine, &mut ()))
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// A handle that nobody has used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the guest to stop. It stays paused, whole, and may be resumed.
    pub fn interrupt(&self) {
        self.asked.store(true, Ordering::Release);
    }

    /// Whether somebody has asked since the last [`Interrupt::clear`].
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// Takes the request back, before the guest goes on.
    pub fn clear(&self) {
        self.asked.store(false, Ordering::Release);
    }

    /// Goes on after `outcome` as long as it is [`Outcome::Yield`], the end of a time slice, and nobody has asked to stop. So what comes
    /// out is [`Outcome::Yield`] only if somebody has.
    ///
    /// # Errors
    /// Those of `resume`.
    pub fn drive<E>(
        &self,
        mut outcome: Outcome,
        mut resume: impl FnMut() -> Result<Outcome, E>,
    ) -> Result<Outcome, E> {
        while outcome == Outcome::Yield && !self.is_asked() {
            outcome = resume()?;
        }
        Ok(outcome)
    }
}
