//! Guest threads: their stacks and activations while another one has its turn, and the list of those that wait.
//!
//! The thread whose turn it is has its stack and its activation in the store itself, where the machine finds them; the others lie in
//! [`Parked`]. Changing threads exchanges the two. Everything is plain data.
//!
//! Invariants:
//! - T1: `threads` is empty as long as there is only thread 0. Then it has a place for every number given out; that of the present
//!   thread is vacant: it has no stack. S3 holds for each stack: it is never reallocated.
//! - T2: a thread is in `waiters` exactly when the status of its activation is `Waiting`, and once. So the list is never longer than
//!   the number of threads, for which it has room as soon as there is a shared memory.
//! - T3: `waiters` is in the order in which they began to wait.

use wrt_format::isa::field;
use wrt_format::trap::Trap;

use super::arena::OutOfMemory;
use super::buf::Buf;
use super::store::{RunState, Status, Store};

/// What a `memory.atomic.wait` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitResult {
    /// It was notified.
    Notified = 0,
    /// The memory held another value; it has not waited.
    #[cfg(feature = "atomics")]
    NotEqual = 1,
    /// The time is over.
    TimedOut = 2,
}

/// What an engine keeps of the runs of one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// Runs that have not ended.
    pub(crate) depth: u32,
    /// First slot and number of the last run's results.
    pub(crate) results: (usize, usize),
    /// Tag, first slot and number of the values of the exception that the last run has ended with.
    pub(crate) thrown: Option<(u32, usize, usize)>,
    /// The host's answer to a pending call, to be reported when the run is resumed.
    pub(crate) host_trap: Option<Trap>,
    /// Fuel used of a time slice that a pause for want of fuel has interrupted.
    pub(crate) slice_used: i64,
}

/// A thread whose turn it is not.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) exists: bool,
    pub(super) stack: Buf<u64>,
    pub(super) run: RunState,
    pub(super) session: Session,
}

impl Parked {
    const VACANT: Self = Self {
        exists: false,
        stack: Buf::new(),
        run: RunState::IDLE,
        session: Session {
            depth: 0,
            results: (0, 0),
            thrown: None,
            host_trap: None,
            slice_used: 0,
        },
    };
}

/// A thread that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    /// Number of the thread.
    pub(crate) thread: u32,
    /// Number of the memory.
    pub(crate) memory: u32,
    /// Effective address in it.
    pub(crate) address: u64,
    /// When it gives up, in nanoseconds of the engine's clock.
    pub(crate) deadline: Option<u64>,
}

/// Threads and turns.
impl Store<'_> {
    /// The thread whose turn it is.
    pub(crate) const fn thread(&self) -> u32 {
        self.thread
    }

    /// Number of threads.
    pub(crate) fn thread_count(&self) -> u32 {
        let existing = self.threads.as_slice().iter().filter(|it| it.exists);
        (existing.count() as u32).max(1)
    }

    /// One more than the greatest number of a thread.
    pub(crate) const fn thread_limit(&self) -> u32 {
        if self.threads.len() == 0 {
            1
        } else {
            self.threads.len() as u32
        }
    }

    /// Adds a thread with a stack of its own and nothing to do; gives its number, the lowest that is free.
    pub(crate) fn add_thread(&mut self, stack_slots: u32) -> Result<u32, OutOfMemory> {
        let count = self.thread_count() as usize + 1;
        self.waiters.reserve_exact(&mut self.arena, count)?;
        if self.threads.len() == 0 {
            self.threads.reserve_exact(&mut self.arena, 4)?;
            self.threads.push(&mut self.arena, Parked::VACANT)?;
            self.threads.as_mut_slice()[0].exists = true;
        }
        let vacant = self.threads.as_slice().iter().position(|it| !it.exists);
        if vacant.is_none() {
            self.threads.reserve_for_push(&mut self.arena)?;
        }
        let stack = Buf::with_room(&mut self.arena, stack_slots as usize)?;
        let new = Parked {
            exists: true,
            stack,
            ..Parked::VACANT
        };
        match vacant {
            Some(number) => {
                self.threads.as_mut_slice()[number] = new;
                Ok(number as u32)
            }
            None => {
                self.threads.push(&mut self.arena, new)?;
                Ok(self.threads.len() as u32 - 1)
            }
        }
    }

    /// Whether there is a thread of this number.
    pub(crate) fn has_thread(&self, thread: u32) -> bool {
        let parked = self.threads.as_slice().get(thread as usize);
        thread == self.thread || parked.is_some_and(|it| it.exists)
    }

    /// Gives a thread the turn. False, and nothing has changed, if there is no such thread.
    pub(crate) fn switch_thread(&mut self, thread: u32) -> bool {
        if thread == self.thread || !self.has_thread(thread) {
            return thread == self.thread;
        }
        let threads = self.threads.as_mut_slice();
        let next = &mut threads[thread as usize];
        core::mem::swap(&mut self.stack, &mut next.stack);
        core::mem::swap(&mut self.run, &mut next.run);
        core::mem::swap(&mut self.session, &mut next.session);
        // What the thread before has left is in the place of the next one: T1.
        threads.swap(thread as usize, self.thread as usize);
        self.thread = thread;
        true
    }

    /// Takes a thread away, whatever it does; its stack is given back. False, and nothing has changed, if it has the turn or there is
    /// no such thread.
    pub(crate) fn remove_thread(&mut self, thread: u32) -> bool {
        if thread == self.thread || !self.has_thread(thread) {
            return false;
        }
        self.stop_waiting(thread);
        let gone = core::mem::replace(
            &mut self.threads.as_mut_slice()[thread as usize],
            Parked::VACANT,
        );
        let mut stack = gone.stack;
        stack.release(&mut self.arena);
        true
    }

    /// The stacks and innermost activations of all threads.
    pub(crate) fn activations(&self) -> impl Iterator<Item = (&[u64], RunState)> {
        core::iter::once((self.stack(), self.run)).chain(self.parked_activations())
    }

    /// The same without the thread that has the turn.
    pub(crate) fn parked_activations(&self) -> impl Iterator<Item = (&[u64], RunState)> {
        let existing = self.threads.as_slice().iter().filter(|it| it.exists);
        // The vacant place of the present thread has no stack.
        existing.map(|parked| (parked.stack.as_slice(), parked.run))
    }

    /// The innermost activation of a thread that exists, and what is kept of its runs.
    pub(crate) fn run_of(&self, thread: u32) -> Option<(&RunState, &Session)> {
        if thread == self.thread {
            return Some((&self.run, &self.session));
        }
        let parked = self.threads.as_slice().get(thread as usize);
        let parked = parked.filter(|parked| parked.exists);
        parked.map(|parked| (&parked.run, &parked.session))
    }
}

/// Waiting.
impl Store<'_> {
    /// Makes room for all threads to wait.
    pub(super) fn reserve_waiters(&mut self) -> Result<(), OutOfMemory> {
        let count = self.thread_count() as usize;
        self.waiters.reserve_exact(&mut self.arena, count)
    }

    /// The present thread waits from now on, as soon as its run has been left.
    #[cfg(feature = "atomics")]
    pub(crate) fn wait(&mut self, memory: u32, address: u64, deadline: Option<u64>) {
        let waiter = Waiter {
            thread: self.thread,
            memory,
            address,
            deadline,
        };
        let pushed = self.waiters.push(&mut self.arena, waiter);
        debug_assert!(pushed.is_ok(), "T2: there is room");
    }

    /// What a thread waits for.
    pub(crate) fn waiter(&self, thread: u32) -> Option<Waiter> {
        let mut waiters = self.waiters.as_slice().iter();
        waiters.find(|waiter| waiter.thread == thread).copied()
    }

    /// Wakes up to `count` of the threads that wait at a place, those first that have waited longest; gives their number.
    pub(crate) fn notify(&mut self, memory: u32, address: u64, count: u32) -> u32 {
        let mut woken = 0;
        self.wake_those(WaitResult::Notified, |waiter| {
            let is_it = woken < count && waiter.memory == memory && waiter.address == address;
            woken += u32::from(is_it);
            is_it
        });
        woken
    }

    /// Wakes one thread. False if it does not wait.
    pub(crate) fn wake(&mut self, thread: u32, result: WaitResult) -> bool {
        let waits = self.waiter(thread).is_some();
        self.wake_those(result, |waiter| waiter.thread == thread);
        waits
    }

    /// Sets the clock and wakes those whose time is over.
    pub(crate) fn set_clock(&mut self, nanoseconds: u64) {
        self.clock = nanoseconds;
        self.wake_those(WaitResult::TimedOut, |waiter| {
            waiter.deadline.is_some_and(|at| at <= nanoseconds)
        });
    }

    /// When the first of the waiting threads gives up.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let waiters = self.waiters.as_slice().iter();
        waiters.filter_map(|waiter| waiter.deadline).min()
    }

    /// Takes a thread from the list without waking it: its activation goes.
    pub(crate) fn stop_waiting(&mut self, thread: u32) {
        self.take_waiters(|waiter| waiter.thread == thread, |_, _| ());
    }

    fn wake_those(&mut self, result: WaitResult, which: impl FnMut(&Waiter) -> bool) {
        self.take_waiters(which, |store, waiter| store.go_on(waiter.thread, result));
    }

    /// Takes some from the list, in its order, which the others keep.
    fn take_waiters(
        &mut self,
        mut which: impl FnMut(&Waiter) -> bool,
        mut taken: impl FnMut(&mut Self, Waiter),
    ) {
        let mut kept = 0;
        for i in 0..self.waiters.len() {
            let waiter = self.waiters.as_slice()[i];
            if which(&waiter) {
                taken(self, waiter);
            } else {
                self.waiters.as_mut_slice()[kept] = waiter;
                kept += 1;
            }
        }
        self.waiters.truncate(kept);
    }

    /// Gives the wait that a thread's activation stands at its result, and puts the activation behind it.
    fn go_on(&mut self, thread: u32, result: WaitResult) {
        use field::atomic_wait32 as at;
        let place = self.run_of(thread).map(|(run, _)| *run);
        let Some(run) = place.filter(|run| run.status == Status::Waiting) else {
            return;
        };
        let code = self.instance(run.instance).map(|it| it.module().code());
        let word = code.and_then(|code| code.get(run.pc as usize + at::dst.word()));
        let (run, stack) = if thread == self.thread {
            (&mut self.run, &mut self.stack)
        } else {
            let parked = &mut self.threads.as_mut_slice()[thread as usize];
            (&mut parked.run, &mut parked.stack)
        };
        let slot = word.map(|&word| run.fp as usize + usize::from(u16::from_le(word)));
        if let Some(slot) = slot.and_then(|slot| stack.as_mut_slice().get_mut(slot)) {
            *slot = result as u64;
        }
        run.pc += at::words as u32;
        run.status = Status::Ready;
    }
}

/// Both waits have their operands in the same places: one function serves both, here and in `op::atomic`.
const _: () = {
    use field::{atomic_wait32 as a, atomic_wait64 as b};
    assert!(a::dst.byte == b::dst.byte && a::addr.byte == b::addr.byte);
    assert!(a::expected.byte == b::expected.byte && a::timeout.byte == b::timeout.byte);
    assert!(a::offset.byte == b::offset.byte && a::mem.byte == b::mem.byte);
    assert!(a::dst.bits == 16 && a::words == b::words);
};
