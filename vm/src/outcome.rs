//! What a run can come to, and the handles that name things inside an engine.
//!
//! Input: nothing; these are plain values. Output: [`Outcome`], the answer of [`Engine::execute`](crate::Engine::execute) and
//! [`Engine::resume`](crate::Engine::resume), and the handles [`Instance`], [`Func`], [`HostFunc`] and [`Extern`].
//! Invariants: every handle is a number without an address in it, so it can be copied, stored and sent to another machine; a handle is
//! checked each time it is used, so a wrong one is an error and never unsafe.

use core::fmt;

pub use wrt_format::trap::Trap;

/// Why the machine has left its run loop. Only [`Outcome::Done`], [`Outcome::Trap`] and [`Outcome::Exception`] end the run; after the others
/// [`Engine::resume`](crate::Engine::resume) goes on exactly where it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a run may have paused or trapped"]
pub enum Outcome {
    /// The function has returned; its results are in [`Engine::results`](crate::Engine::results).
    Done,
    /// The guest has stopped for good. What it has written stays written.
    Trap(Trap),
    /// The guest has thrown an exception of this tag, or a host function has, and nobody has caught it. What was written stays written; the
    /// exception's values are in [`Engine::exception`](crate::Engine::exception).
    Exception(Tag),
    /// The next block costs more than the fuel left. Nothing of that block has happened. Add fuel and resume.
    OutOfFuel,
    /// The guest calls a host function and waits: read [`Engine::host_args`](crate::Engine::host_args), answer with
    /// [`Engine::host_return`](crate::Engine::host_return), [`Engine::host_trap`](crate::Engine::host_trap) or
    /// [`Engine::host_throw`](crate::Engine::host_throw), then resume.
    HostCall(HostCall),
    /// The time slice of [`Engine::set_time_slice`](crate::Engine::set_time_slice) is over, or, from a [`Linker`](crate::Linker)'s run
    /// loops, a host function is not ready and its call is still pending. Resume when it is this run's turn again.
    Yield,
    /// The guest waits in `memory.atomic.wait` until it is notified: by another thread of the engine, by
    /// [`Engine::notify`](crate::Engine::notify), or by the clock, [`Engine::set_clock`](crate::Engine::set_clock). Resume after that.
    Wait(Wait),
}

/// What a thread waits for: a notification at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The shared memory.
    pub memory: Memory,
    /// Address in it, in bytes.
    pub address: u64,
    /// When it gives up, in nanoseconds of [`Engine::clock`](crate::Engine::clock); never without one.
    pub deadline: Option<u64>,
}

impl Outcome {
    /// Whether the run has ended: it is done, has trapped, or has thrown.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Trap(_) | Self::Exception(_))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Trap(trap) => write!(f, "trap: {trap}"),
            Self::Exception(tag) => write!(f, "uncaught exception of tag {}", tag.0),
            Self::OutOfFuel => f.write_str("out of fuel"),
            Self::HostCall(call) => write!(f, "waiting for host function {}", call.host.0),
            Self::Yield => f.write_str("waiting for its turn"),
            Self::Wait(wait) => write!(
                f,
                "waiting for a notification at address {:#x} of memory {}",
                wait.address, wait.memory.0
            ),
        }
    }
}

/// A guest's request to the host: plain data, so it can be logged, answered later, or replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// The host function that is called.
    pub host: HostFunc,
    /// The instance whose code calls it.
    pub instance: Instance,
    /// Index of the import that names it in the caller's module, counting functions only; `u32::MAX` when the function was reached
    /// through a reference, or called by the host itself.
    pub import: u32,
}

/// Number of an instance in its engine, in order of instantiation, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instance(pub(crate) u32);

impl Instance {
    /// The instance of this number; using one that does not exist is an error.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// Number of a host function in its engine, in order of creation, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostFunc(pub(crate) u32);

impl HostFunc {
    /// The host function of this number; using one that does not exist is an error.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The function, to be called or given to an instance as an import.
    #[must_use]
    pub const fn func(self) -> Func {
        Func(HOST_FUNC | self.0 as u64)
    }
}

/// High half of the handle of a host function.
const HOST_FUNC: u64 = 0xffff_ffff << 32;

/// A function of an engine: the same number that a guest holds as its `funcref`, and never null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Func(pub(crate) u64);

impl Func {
    /// From a `funcref` slot; `None` for the null reference. Using one that names no function is an error.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    /// The `funcref` slot that names it.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The host function it is, if it is one.
    #[must_use]
    pub const fn host(self) -> Option<HostFunc> {
        if self.0 >> 32 == HOST_FUNC >> 32 {
            Some(HostFunc(self.0 as u32))
        } else {
            None
        }
    }

    /// Instance and function index (imports first) of a guest function.
    #[must_use]
    pub const fn origin(self) -> Option<(Instance, u32)> {
        if self.host().is_some() || self.0 >> 32 == 0 {
            None
        } else {
            Some((Instance((self.0 >> 32) as u32 - 1), self.0 as u32))
        }
    }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// The one of this number; using one that does not exist is an error.
            #[must_use]
            pub const fn from_number(number: u32) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn number(self) -> u32 {
                self.0
            }
        }
    )*};
}

handles! {
    /// Number of a memory in its engine, in order of creation, from 0.
    Memory;
    /// Number of a table in its engine, in order of creation, from 0.
    Table;
    /// Number of a global in its engine, in order of creation, from 0.
    Global;
    /// Number of a tag of exceptions in its engine, in order of creation, from 0.
    Tag;
    /// Number of a guest thread in its engine. The first one is 0; a number is free again when its thread is removed.
    Thread;
}

/// Something that an instance exports and another one may import. Handles are engine-wide: two instances that hold the same one share
/// the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extern {
    /// A function, of a guest or of the host.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag of exceptions.
    Tag(Tag),
}

impl From<HostFunc> for Extern {
    fn from(host: HostFunc) -> Self {
        Self::Func(host.func())
    }
}

macro_rules! from_handle {
    ($($name:ident)*) => {$(
        impl From<$name> for Extern {
            fn from(handle: $name) -> Self {
                Self::$name(handle)
            }
        }
    )*};
}

from_handle! { Func Table Memory Global Tag }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_handles_say_where_they_lead() {
        let guest = Func((5 << 32) | 7);
        assert_eq!(guest.origin(), Some((Instance(4), 7)));
        assert_eq!(guest.host(), None);
        let host = HostFunc(3).func();
        assert_eq!(host.host(), Some(HostFunc(3)));
        assert_eq!(host.origin(), None);
        assert_eq!(Func::from_bits(0), None);
        assert_eq!(Func::from_bits(7).and_then(Func::origin), None);
    }
}
