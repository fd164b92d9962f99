//! The guest's clocks: the host's, or virtual ones, for runs that must repeat.
//!
//! All times are nanoseconds. The monotonic clock starts at 0 when the `Wasi` is built; the CPU clocks are the host process's.

use core::time::Duration;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::abi::clockid;
use crate::errno::Errno;

/// Which clocks the guest sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The host's clocks.
    #[default]
    Host,
    /// Clocks that the guest moves: each reading moves them on by `step_ns`, and waiting takes no time but moves them on by
    /// what was waited for. Beside it `Wasi::drive_clock` does.
    Virtual {
        /// The wall clock in nanoseconds since 1970.
        realtime_ns: u64,
        /// The monotonic clock and the CPU clocks, in nanoseconds.
        monotonic_ns: u64,
        /// How far a reading moves both, in nanoseconds.
        step_ns: u64,
    },
}

/// The clocks of a running guest.
#[derive(Debug)]
pub(crate) struct ClockState {
    clock: Clock,
    start: Instant,
    /// Up to where virtual clocks have been driven.
    driven_ns: u64,
    /// What the host's monotonic clock had come to when this state was restored.
    offset_ns: u64,
}

impl ClockState {
    /// How many numbers say all of it.
    pub(crate) const NUMBERS: usize = 5;

    /// All of it as numbers: whether the clocks are virtual, their times and step, up to where they have been driven; or the monotonic time of
    /// the host's, which goes on from there.
    pub(crate) fn numbers(&self) -> [u64; Self::NUMBERS] {
        match self.clock {
            Clock::Host => [0, 0, self.monotonic(), 0, self.driven_ns],
            Clock::Virtual {
                realtime_ns,
                monotonic_ns,
                step_ns,
            } => [1, realtime_ns, monotonic_ns, step_ns, self.driven_ns],
        }
    }

    pub(crate) fn from_numbers(numbers: [u64; Self::NUMBERS]) -> Self {
        let [is_virtual, realtime_ns, monotonic_ns, step_ns, driven_ns] = numbers;
        let clock = Clock::Virtual {
            realtime_ns,
            monotonic_ns,
            step_ns,
        };
        let clock = if is_virtual == 0 { Clock::Host } else { clock };
        Self {
            driven_ns,
            offset_ns: monotonic_ns,
            ..Self::new(clock)
        }
    }

    /// The host's monotonic clock.
    fn monotonic(&self) -> u64 {
        self.offset_ns.saturating_add(nanos(self.start.elapsed()))
    }

    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            start: Instant::now(),
            driven_ns: 0,
            offset_ns: 0,
        }
    }

    /// Whether waiting passes no host time.
    pub(crate) fn is_virtual(&self) -> bool {
        self.clock != Clock::Host
    }

    /// Lets virtual clocks go on to `ns` of the host's counting.
    pub(crate) fn drive(&mut self, ns: u64) {
        let passed = ns.saturating_sub(self.driven_ns);
        self.driven_ns = self.driven_ns.max(ns);
        if self.is_virtual() {
            self.sleep(passed);
        }
    }

    /// The time on clock `id`.
    pub(crate) fn now(&mut self, id: u32) -> Result<u64, Errno> {
        if id > clockid::THREAD_CPUTIME {
            return Err(Errno::INVAL);
        }
        if let Clock::Virtual {
            realtime_ns,
            monotonic_ns,
            step_ns,
        } = &mut self.clock
        {
            let now = if id == clockid::REALTIME {
                *realtime_ns
            } else {
                *monotonic_ns
            };
            *realtime_ns = realtime_ns.saturating_add(*step_ns);
            *monotonic_ns = monotonic_ns.saturating_add(*step_ns);
            return Ok(now);
        }
        match id {
            clockid::REALTIME => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                since.map(nanos).map_err(|_| Errno::OVERFLOW)
            }
            clockid::MONOTONIC => Ok(self.monotonic()),
            _ => Ok(self.cpu_time(id)),
        }
    }

    /// The resolution of clock `id`.
    pub(crate) fn resolution(&self, id: u32) -> Result<u64, Errno> {
        if id > clockid::THREAD_CPUTIME {
            return Err(Errno::INVAL);
        }
        Ok(match self.clock {
            Clock::Host => host_resolution(id),
            Clock::Virtual { step_ns, .. } => step_ns.max(1),
        })
    }

    /// Lets `ns` pass.
    pub(crate) fn sleep(&mut self, ns: u64) {
        match &mut self.clock {
            Clock::Host => std::thread::sleep(Duration::from_nanos(ns)),
            Clock::Virtual {
                realtime_ns,
                monotonic_ns,
                ..
            } => {
                *realtime_ns = realtime_ns.saturating_add(ns);
                *monotonic_ns = monotonic_ns.saturating_add(ns);
            }
        }
    }

    #[cfg(unix)]
    #[expect(
        clippy::unused_self,
        reason = "other systems have no CPU clocks here and use the start time"
    )]
    fn cpu_time(&self, id: u32) -> u64 {
        let time = rustix::time::clock_gettime(host_clock(id));
        timespec_nanos(&time)
    }

    #[cfg(not(unix))]
    fn cpu_time(&self, _: u32) -> u64 {
        nanos(self.start.elapsed())
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(unix)]
fn host_clock(id: u32) -> rustix::time::ClockId {
    use rustix::time::ClockId;
    match id {
        clockid::REALTIME => ClockId::Realtime,
        clockid::MONOTONIC => ClockId::Monotonic,
        clockid::PROCESS_CPUTIME => ClockId::ProcessCPUTime,
        _ => ClockId::ThreadCPUTime,
    }
}

#[cfg(unix)]
fn timespec_nanos(time: &rustix::time::Timespec) -> u64 {
    let secs = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    secs.saturating_mul(1_000_000_000).saturating_add(nanos)
}

#[cfg(unix)]
fn host_resolution(id: u32) -> u64 {
    timespec_nanos(&rustix::time::clock_getres(host_clock(id))).max(1)
}

#[cfg(not(unix))]
fn host_resolution(_: u32) -> u64 {
    100
}
