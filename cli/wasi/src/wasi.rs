//! The state of one guest's WASI world, and the one entry point through which the guest changes it.
//!
//! State machine: a `Wasi` is live from `WasiBuilder::build` until it is dropped; `proc_exit` is only reported, the embedder ends
//! the guest. All state but the open host handles is plain data.

use core::ops::Range;
use std::io;

use crate::abi::Abi;
use crate::clock::ClockState;
use crate::errno::Errno;
use crate::fds::{Fd, FdKind, FdState, FdTable};
use crate::fileids::FileIds;
use crate::func::{WasiFunc, dispatch};
use crate::mem::Memory;
use crate::random::Random;
use crate::stdio::Stdio;

/// What a WASI call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The call returns: this goes into its `i32` result, 0 for success. (`proc_exit` has no result and never returns.)
    Errno(u16),
    /// The guest asked to end with this exit code.
    Exit(u32),
}

impl From<Result<(), Errno>> for Step {
    fn from(result: Result<(), Errno>) -> Self {
        Self::Errno(result.err().unwrap_or(Errno::SUCCESS).0)
    }
}

/// The WASI world of one guest: its arguments, environment, descriptors, clocks and random source.
#[derive(Debug)]
pub struct Wasi {
    pub(crate) args: Vec<String>,
    /// Each is `NAME=value`.
    pub(crate) env: Vec<String>,
    pub(crate) fds: FdTable,
    pub(crate) stdio: Stdio,
    pub(crate) clock: ClockState,
    pub(crate) random: Random,
    pub(crate) files: FileIds,
    /// The layout of the call being done.
    pub(crate) abi: Abi,
    /// Whether calls that sleep return at once, and say how long their caller sleeps.
    pub(crate) parks: bool,
    /// For how many nanoseconds the caller of the last call sleeps, if it parks.
    pub(crate) parked: Option<u64>,
}

impl Wasi {
    /// Does one call of a guest that imports from `wasi_snapshot_preview1`.
    ///
    /// `memory` is the guest's memory, `args` holds one slot per parameter, an `i32` in the low half of its slot.
    pub fn call(&mut self, func: WasiFunc, memory: &mut [u8], args: &[u64]) -> Step {
        self.call_as(Abi::Preview1, func, memory, args)
    }

    /// As [`Wasi::call`], for a guest that imports from the module that `abi` stands for.
    pub fn call_as(&mut self, abi: Abi, func: WasiFunc, memory: &mut [u8], args: &[u64]) -> Step {
        self.abi = abi;
        dispatch(self, &mut Memory::new(memory), func, args)
    }

    /// As [`Wasi::call_as`], and says where in memory something may have been written.
    pub fn call_noting(
        &mut self,
        abi: Abi,
        func: WasiFunc,
        memory: &mut [u8],
        args: &[u64],
    ) -> (Step, Vec<Range<usize>>) {
        self.abi = abi;
        let mut memory = Memory::noting(memory);
        let step = dispatch(self, &mut memory, func, args);
        (step, memory.writes())
    }

    /// From now on a call that only waits for time returns at once, with all that it gives when the time is over, and leaves it to the embedder
    /// to let its caller sleep ([`Wasi::take_parked`]) while other threads of the guest go on. Clocks do not move by it: see
    /// [`Wasi::drive_clock`].
    pub const fn park_sleepers(&mut self) {
        self.parks = true;
    }

    /// For how many nanoseconds the caller of the last call is to sleep before 0 is returned to it.
    #[must_use]
    pub const fn parked(&self) -> Option<u64> {
        self.parked
    }

    /// The same, once.
    #[must_use]
    pub const fn take_parked(&mut self) -> Option<u64> {
        self.parked.take()
    }

    /// Lets the caller of a call that was answered elsewhere sleep for `ns` nanoseconds.
    pub const fn park(&mut self, ns: u64) {
        self.parked = Some(ns);
    }

    /// Whether the guest's clocks are virtual: time that it waits takes none of the host's.
    #[must_use]
    pub fn has_virtual_clocks(&self) -> bool {
        self.clock.is_virtual()
    }

    /// What a descriptor stands for; none if it is not open.
    #[must_use]
    pub fn kind_of(&self, fd: u32) -> Option<FdKind> {
        self.fds.get(fd).ok().map(Fd::kind)
    }

    /// Writes out what the guest has written to its standard output and the host has buffered. Done by itself at exit, in
    /// `poll_oneoff`, before a read of standard input, and when the `Wasi` is dropped.
    ///
    /// # Errors
    /// The error of the underlying stream.
    pub fn flush(&mut self) -> io::Result<()> {
        self.stdio.flush()
    }

    /// Lets virtual clocks go on to `ns` nanoseconds of the host's counting, in addition to what the guest has waited; an earlier time
    /// changes nothing. Without effect on the host's clocks.
    pub fn drive_clock(&mut self, ns: u64) {
        self.clock.drive(ns);
    }

    /// The open descriptors in ascending order, as plain data.
    #[must_use]
    pub fn fd_states(&self) -> Vec<FdState> {
        self.fds.states()
    }
}

impl Drop for Wasi {
    fn drop(&mut self) {
        // Nobody is left to tell about a stream that cannot be written any more.
        drop(self.stdio.flush());
    }
}
