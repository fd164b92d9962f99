//! Guest threads: several stacks over the instances of one engine, which take turns.
//!
//! Input: the embedder's choice of a thread, or none: round robin. Output: a [`Turn`].
//! Invariants: one thread has the turn, and everything else that is asked of the engine (starting, resuming, answering host calls,
//! results, backtraces) is about its runs. Turns change only between calls of the engine, so the order in which threads run depends on
//! nothing but the guest, the fuel slices and the embedder's answers: the same each time.
//!
//! ```text
//!                    switch_to, switch_to_next
//!   has the turn <------------------------------> parked: ready, or waits for the host
//!        |                                           ^
//!        | memory.atomic.wait                        | notify, set_clock, wake
//!        `-----------------------------------> waits (parked or not)
//! ```

use super::Engine;
use crate::error::{Budget, Entity, Error, Misuse};
use crate::outcome::{Memory, Outcome, Thread, Wait};
use crate::raw::store::Status;
use crate::raw::threads::WaitResult;

/// What came of [`Engine::run_turn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a thread may want something"]
pub enum Turn {
    /// A thread has had its turn, and its run came to this.
    Outcome(Outcome),
    /// No thread is ready, and some wait for a notification. Without a deadline only the embedder can wake one: unless it still owes
    /// the answer to a host call of another thread, they are deadlocked. With one, [`Engine::set_clock`] wakes the first.
    Asleep {
        /// When the first of them gives up, in nanoseconds of [`Engine::clock`].
        deadline: Option<u64>,
    },
    /// No thread is ready, and none waits for a notification: all runs have ended, or wait for answers to their host calls.
    Idle,
}

/// How an embedder wakes a thread that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// As a notification does: the wait gives 0.
    Notified,
    /// As if its time were over: the wait gives 2.
    TimedOut,
}

/// Guest threads.
impl Engine<'_> {
    /// Adds a thread with a stack of `stack_slots` slots of 8 bytes. It has nothing to do until it has been given the turn and a
    /// function to execute. The engine's first thread, number 0, is there from the beginning.
    ///
    /// # Errors
    /// [`Error::Budget`] when the engine has its largest number of threads, or no memory for the stack.
    pub fn add_thread(&mut self, stack_slots: u32) -> Result<Thread, Error> {
        if self.store.thread_count() >= self.config.max_threads {
            return Err(Budget::Threads.into());
        }
        Ok(Thread(self.store.add_thread(stack_slots)?))
    }

    /// Ends a thread that has not the turn, wherever its runs are, and gives its stack back. Its number may be given out again.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such thread; [`Error::Misuse`] when it has the turn.
    pub fn remove_thread(&mut self, thread: Thread) -> Result<(), Error> {
        if thread == self.thread() {
            return Err(Misuse::ThreadHasTurn.into());
        }
        if self.store.remove_thread(thread.0) {
            Ok(())
        } else {
            Err(Error::Unknown(Entity::Thread))
        }
    }

    /// The thread that has the turn.
    #[must_use]
    pub const fn thread(&self) -> Thread {
        Thread(self.store.thread())
    }

    /// All threads, by ascending number.
    pub fn threads(&self) -> impl Iterator<Item = Thread> + '_ {
        let numbers = 0..self.store.thread_limit();
        numbers
            .filter(|&number| self.store.has_thread(number))
            .map(Thread)
    }

    /// Gives a thread the turn. Costs the same however deep its stack is.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such thread.
    pub fn switch_to(&mut self, thread: Thread) -> Result<(), Error> {
        if self.store.switch_thread(thread.0) {
            Ok(())
        } else {
            Err(Error::Unknown(Entity::Thread))
        }
    }

    /// Gives the turn to the next thread, by number and round and round, that [`Engine::resume`] would continue; the present one comes
    /// last. `None`, and nothing has changed, when there is none.
    pub fn switch_to_next(&mut self) -> Option<Thread> {
        let (now, limit) = (self.store.thread(), self.store.thread_limit());
        let next = (1..=limit)
            .map(|step| (now + step) % limit)
            .find(|&number| self.is_ready(number))?;
        self.store.switch_thread(next).then_some(Thread(next))
    }

    /// Gives the next thread that is ready its turn, round and round: it goes on until its time slice is over
    /// ([`Engine::set_time_slice`]), it waits, or it wants something. It keeps the turn until the next call, so that its host call can be
    /// answered, its results be taken, or fuel be added.
    ///
    /// A scheduler is a loop over it:
    ///
    /// ```
    /// # use wrt_vm::{Config, Engine, Outcome, Turn};
    /// # let mut engine = Engine::new(Config::default())?;
    /// engine.set_time_slice(Some(10_000));
    /// loop {
    ///     match engine.run_turn()? {
    ///         Turn::Outcome(Outcome::Yield | Outcome::Wait(_)) => {}
    ///         Turn::Outcome(_) => { /* the thread has ended, or wants something */ }
    ///         // Nobody has anything to do until then, so time may pass at once.
    ///         Turn::Asleep { deadline: Some(deadline) } => engine.set_clock(deadline),
    ///         Turn::Asleep { deadline: None } | Turn::Idle => break,
    ///     }
    /// }
    /// # Ok::<(), wrt_vm::Error>(())
    /// ```
    ///
    /// # Errors
    /// None that [`Engine::resume`] would not give.
    pub fn run_turn(&mut self) -> Result<Turn, Error> {
        if self.switch_to_next().is_none() {
            return Ok(self.rest());
        }
        self.resume().map(Turn::Outcome)
    }

    /// What a thread waits for, if it is in a `memory.atomic.wait`.
    #[must_use]
    pub fn waits_for(&self, thread: Thread) -> Option<Wait> {
        let waiter = self.store.waiter(thread.0)?;
        Some(Wait {
            memory: Memory(waiter.memory),
            address: waiter.address,
            deadline: waiter.deadline,
        })
    }

    /// Wakes up to `count` threads that wait at an address of a memory, as `memory.atomic.notify` does: first come, first served. Gives
    /// how many.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such memory.
    pub fn notify(&mut self, memory: Memory, address: u64, count: u32) -> Result<u32, Error> {
        if self.store.memory(memory.0).is_none() {
            return Err(Error::Unknown(Entity::Memory));
        }
        Ok(self.store.notify(memory.0, address, count))
    }

    /// Wakes a thread that waits.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such thread; [`Error::Misuse`] when it does not wait.
    pub fn wake(&mut self, thread: Thread, how: Wake) -> Result<(), Error> {
        if !self.store.has_thread(thread.0) {
            return Err(Error::Unknown(Entity::Thread));
        }
        let result = match how {
            Wake::Notified => WaitResult::Notified,
            Wake::TimedOut => WaitResult::TimedOut,
        };
        if self.store.wake(thread.0, result) {
            Ok(())
        } else {
            Err(Misuse::NotWaiting.into())
        }
    }

    /// The time that waiting goes by, in nanoseconds. It stands still until [`Engine::set_clock`] moves it.
    #[must_use]
    pub const fn clock(&self) -> u64 {
        self.store.clock
    }

    /// Sets the clock, and wakes all whose time is over then, those first that have waited longest. Where the time comes from is the
    /// embedder's choice: a real clock, the fuel used, or [`Engine::next_deadline`] whenever all threads are asleep.
    pub fn set_clock(&mut self, nanoseconds: u64) {
        self.store.set_clock(nanoseconds);
    }

    /// When the first of the waiting threads gives up, in nanoseconds of the clock.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        self.store.next_deadline()
    }

    /// Whether [`Engine::resume`] would continue this thread.
    fn is_ready(&self, thread: u32) -> bool {
        self.store.run_of(thread).is_some_and(|(run, session)| {
            session.host_trap.is_some() || matches!(run.status, Status::Starting | Status::Ready)
        })
    }

    /// Why no thread is ready.
    fn rest(&self) -> Turn {
        let mut threads = self.threads();
        if threads.any(|thread| self.store.waiter(thread.0).is_some()) {
            let deadline = self.next_deadline();
            Turn::Asleep { deadline }
        } else {
            Turn::Idle
        }
    }
}
