//! What can go wrong in using the machine: a bad image, a budget, an import that does not fit, a call at the wrong moment.
//!
//! Output: [`Error`]. Invariants: an error leaves the engine as it was before the call, so the embedder may go on; a trap or a pause of
//! the guest is an [`Outcome`](crate::Outcome) and never an error. The texts name what was expected and what was given.

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, string::String};
use core::fmt;

use crate::outcome::Outcome;
pub use wrt_format::verify::VerifyError;

/// Why a call of the embedder was refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The image breaks a rule of the format.
    Image(VerifyError),
    /// Carrying on would go over a budget; nothing was allocated for it.
    Budget(Budget),
    /// The number of imports given is not that of the module.
    ImportCount {
        /// Imports of the module.
        expected: usize,
        /// Imports given.
        got: usize,
    },
    /// An import does not fit what the module asks for.
    Import(ImportError),
    /// A function takes another number of arguments, counted in slots: two for a v128, else one.
    ArgumentCount {
        /// Slots of the function's parameters.
        expected: usize,
        /// Slots given.
        got: usize,
    },
    /// A host function gives another number of results, counted in slots: two for a v128, else one.
    ResultCount {
        /// Slots of the host function's results.
        expected: usize,
        /// Slots given.
        got: usize,
    },
    /// A handle, or a number of something, that does not exist in this engine.
    Unknown(Entity),
    /// A call at a moment at which it has no meaning.
    Misuse(Misuse),
    /// A type that is none, or a range that holds nothing.
    Invalid(&'static str),
    /// A function has another type than asked for.
    #[cfg(feature = "alloc")]
    FuncType {
        /// The type asked for.
        expected: String,
        /// The type of the function.
        got: String,
    },
    /// An export of this name, and of the kind asked for, is missing.
    #[cfg(feature = "alloc")]
    NoExport(String),
    /// A name is defined twice in a linker.
    #[cfg(feature = "alloc")]
    Duplicate {
        /// Module name.
        module: String,
        /// Name.
        name: String,
    },
    /// A typed call has not come to its end: the guest has trapped or paused. A paused run can be resumed.
    Stopped(Outcome),
    /// A host function has ended the program with this code.
    Exit(i32),
    /// A host function has ended the run with an error of its own.
    #[cfg(feature = "alloc")]
    Host(Box<dyn core::error::Error + Send + Sync>),
}

/// A budget of [`Config`](crate::Config), or of the machine it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// The engine's own memory: the slice it was given, its budget in bytes, or what the allocator has.
    Memory,
    /// [`Config::max_instances`](crate::Config::max_instances).
    Instances,
    /// [`Config::max_memory_pages`](crate::Config::max_memory_pages).
    MemoryPages,
    /// [`Config::max_table_elems`](crate::Config::max_table_elems).
    TableElems,
    /// [`Config::max_nesting`](crate::Config::max_nesting).
    Nesting,
    /// [`Config::max_threads`](crate::Config::max_threads).
    Threads,
}

/// Something that a handle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// An instance.
    Instance,
    /// A function.
    Func,
    /// A host function.
    HostFunc,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag.
    Tag,
    /// An element of a table.
    TableElem,
    /// A function of this index in a module.
    FuncIndex,
    /// A guest thread.
    Thread,
}

/// A call at the wrong moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// `resume` while no run is paused.
    NothingPaused,
    /// `execute` or `instantiate` while a run is paused for want of fuel: resume or cancel it first.
    RunPaused,
    /// An answer while no host call waits for one.
    NoHostCall,
    /// `host_rethrow` while no run nested in the host call has just ended with an exception.
    NoException,
    /// `resume` while a host call still waits for its answer.
    HostCallPending,
    /// Setting a global that is immutable.
    ImmutableGlobal,
    /// `resume` while the run waits for a notification.
    Waiting,
    /// `wake` of a thread that does not wait.
    NotWaiting,
    /// `remove_thread` of the thread that has the turn.
    ThreadHasTurn,
    /// `renew` of an instance that defines a memory.
    OwnMemory,
}

/// An import that does not fit.
#[derive(Debug)]
pub struct ImportError {
    /// Index of the import in its module, all kinds counted.
    pub index: usize,
    /// In what it does not fit.
    pub mismatch: ImportMismatch,
    /// Names and types, for the message.
    #[cfg(feature = "alloc")]
    pub detail: Box<ImportDetail>,
}

/// In what an import does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMismatch {
    /// Nothing of that name is defined.
    Undefined,
    /// It is of another kind.
    Kind,
    /// A function of another type.
    FuncType,
    /// A table of another element type, index width, or outside the limits asked for.
    TableType,
    /// A memory of another index width, page size, or outside the limits asked for.
    MemoryType,
    /// A global of another value type or mutability.
    GlobalType,
    /// A tag of another type.
    TagType,
    /// The handle given does not exist in this engine.
    Handle,
}

/// Names and types of an import that does not fit, as text.
#[cfg(feature = "alloc")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportDetail {
    /// Module name of the import.
    pub module: String,
    /// Name of the import.
    pub name: String,
    /// What the module asks for, in the words of the text format.
    pub expected: String,
    /// What was given.
    pub got: String,
}

impl From<VerifyError> for Error {
    #[cold]
    fn from(error: VerifyError) -> Self {
        Self::Image(error)
    }
}

impl From<Budget> for Error {
    #[cold]
    fn from(budget: Budget) -> Self {
        Self::Budget(budget)
    }
}

impl From<Misuse> for Error {
    #[cold]
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => write!(f, "invalid image: {error}"),
            Self::Budget(budget) => write!(f, "{budget}"),
            Self::ImportCount { expected, got } => {
                write!(f, "the module has {expected} imports, {got} were given")
            }
            Self::Import(error) => write!(f, "{error}"),
            Self::ArgumentCount { expected, got } => {
                write!(
                    f,
                    "the function takes {expected} arguments, {got} were given"
                )
            }
            Self::ResultCount { expected, got } => {
                write!(
                    f,
                    "the host function gives {expected} results, {got} were given"
                )
            }
            Self::Unknown(entity) => write!(f, "no such {entity} in this engine"),
            Self::Misuse(misuse) => write!(f, "{misuse}"),
            Self::Invalid(what) => write!(f, "invalid {what}"),
            #[cfg(feature = "alloc")]
            Self::FuncType { expected, got } => {
                write!(f, "expected a function of type {expected}, got {got}")
            }
            #[cfg(feature = "alloc")]
            Self::NoExport(name) => write!(f, "no such export: \"{name}\""),
            #[cfg(feature = "alloc")]
            Self::Duplicate { module, name } => {
                write!(f, "\"{module}\" \"{name}\" is defined already")
            }
            Self::Stopped(outcome) => write!(f, "{outcome}"),
            Self::Exit(code) => write!(f, "the program has exited with code {code}"),
            #[cfg(feature = "alloc")]
            Self::Host(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "the memory budget of the engine is used up",
            Self::Instances => "the engine holds its largest number of instances",
            Self::MemoryPages => "the memories would be larger than the engine allows",
            Self::TableElems => "the tables would be larger than the engine allows",
            Self::Nesting => "runs nest deeper than the engine allows",
            Self::Threads => "the engine holds its largest number of threads",
        })
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instance => "instance",
            Self::Func => "function",
            Self::HostFunc => "host function",
            Self::Table => "table",
            Self::Memory => "memory",
            Self::Global => "global",
            Self::Tag => "tag",
            Self::TableElem => "table element",
            Self::FuncIndex => "function index",
            Self::Thread => "thread",
        })
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingPaused => "no run is paused",
            Self::RunPaused => "a run is paused: resume or cancel it first",
            Self::NoHostCall => "no host call waits for an answer",
            Self::NoException => "no run has just ended with an exception",
            Self::HostCallPending => "a host call waits for its answer",
            Self::ImmutableGlobal => "the global is immutable",
            Self::Waiting => "the run waits for a notification",
            Self::NotWaiting => "the thread does not wait for a notification",
            Self::OwnMemory => "an instance that defines a memory is not renewed",
            Self::ThreadHasTurn => "the thread has the turn: switch to another one first",
        })
    }
}

impl fmt::Display for ImportMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undefined => "unknown import",
            Self::Kind
            | Self::FuncType
            | Self::TableType
            | Self::MemoryType
            | Self::GlobalType
            | Self::TagType => "incompatible import type",
            Self::Handle => "import of something that is not in this engine",
        })
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "alloc")]
        {
            let ImportDetail {
                module,
                name,
                expected,
                got,
            } = &*self.detail;
            write!(
                f,
                "{} \"{module}\" \"{name}\": expected {expected}, got {got}",
                self.mismatch
            )
        }
        #[cfg(not(feature = "alloc"))]
        write!(f, "{}: import {}", self.mismatch, self.index)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        #[cfg(feature = "alloc")]
        if let Self::Host(error) = self {
            return Some(&**error);
        }
        None
    }
}
