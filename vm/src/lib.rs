//! The WRT virtual machine: runs verified images, metered, bounded and pausable.
//!
//! An [`Engine`] holds a stack, a fuel counter, and the instances of [`Module`]s with what they share. [`Engine::execute`] runs a
//! function until something happens, which its [`Outcome`] says: it is done, has trapped, is out of fuel, or wants something of the host.
//! Pausing is an outcome and not an error; [`Engine::resume`] goes on exactly where the run has stopped. A host call is an outcome
//! too, plain data that can be answered at once or later; a [`Linker`] answers it with a closure.
//!
//! ```
//! use wrt_format::image::write::{ExportSpec, FuncSpec, FuncTypeSpec, ImageSpec, ModuleSpec, write};
//! use wrt_format::image::types::{ExternKind, val::I32};
//! use wrt_format::isa::{Op, encode};
//! use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome};
//!
//! // An image with one function, `add: (i32, i32) -> i32`. In practice the compiler makes it.
//! let words = |op: Op, operands: &[i64]| encode(op, operands).unwrap()[..op.info().words.into()].to_vec();
//! let code = [
//!     words(Op::Enter, &[3, 3]),     // 3 slots; the function costs 3
//!     words(Op::I32Add, &[2, 0, 1]), // slot 2 = slot 0 + slot 1
//!     words(Op::Ret1, &[2]),
//! ];
//! let module = ModuleSpec {
//!     types: vec![FuncTypeSpec { params: vec![I32, I32], results: vec![I32], ..FuncTypeSpec::default() }],
//!     funcs: vec![FuncSpec { type_idx: 0, frame: 3, refs: 0, code: code.concat() }],
//!     exports: vec![ExportSpec { name: "add".into(), kind: ExternKind::Func, index: 0 }],
//!     ..ModuleSpec::default()
//! };
//! let image = write(&ImageSpec { modules: vec![module], build_id: 1 }).unwrap();
//! // An image must lie at an address that is a multiple of 16, as a mapped file does.
//! let mut room = vec![0; image.len() + 16];
//! let start = room.as_ptr().align_offset(16);
//! room[start..start + image.len()].copy_from_slice(&image);
//! let image = &room[start..start + image.len()];
//!
//! let mut engine = Engine::new(Config::default())?;
//! let module = Module::load_from_binary(image, &Limits::default())?;
//! assert_eq!(module.instantiate(&mut engine, &[])?, Outcome::Done);
//! let instance = engine.last_instance().unwrap();
//! let Some(Extern::Func(add)) = instance.export(&engine, "add") else { panic!() };
//!
//! engine.set_fuel(1); // not enough
//! assert_eq!(engine.execute(instance, add, &[2, 40])?, Outcome::OutOfFuel);
//! engine.add_fuel(9);
//! assert_eq!(engine.resume()?, Outcome::Done);
//! assert_eq!(engine.results(), [42]);
//! assert_eq!((engine.fuel_used(), engine.remaining_fuel()), (3, 7));
//! # Ok::<(), wrt_vm::Error>(())
//! ```
//!
//! # Features
//! - `std` (default): `alloc`, and the host's float instructions.
//! - `simd` (default): vector instructions. `atomics` (default): shared memories and atomic instructions. A machine without one refuses
//!   an image that needs it.
//! - `alloc`: [`Engine::new`], which takes its memory from the global allocator; [`Linker`], [`TypedFunc`], [`Caller`]. Without it,
//!   [`Engine::with_memory`] lives in a slice of the embedder's.
//! - `checked`: every raw access is asserted.
//! - `loop-core`: the portable run loop even where the faster one is available.
//! - `direct-threading`: [`Config::direct_threading`], on machines that have it; doubles the handlers.
//! - `debug`: runs pause at steps and breakpoints, and frames show their slots (`Engine::set_steps`).
//! - `no-fuel`: to measure what metering costs; never for production.
#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod engine;
mod error;
mod exec;
mod heap;
mod host;
mod instance;
mod limits;
#[cfg(feature = "alloc")]
mod linker;
mod module;
mod op;
mod outcome;
#[expect(
    unsafe_code,
    reason = "the one home of unsafe code; its files open with their invariants"
)]
mod raw;
mod snapshot;
mod stats;
#[cfg(feature = "alloc")]
mod typed;
mod val;

pub use engine::{Engine, Frame, Turn, Wake};
#[cfg(feature = "debug")]
pub use engine::{PauseAt, Watch};
#[cfg(feature = "alloc")]
pub use error::ImportDetail;
pub use error::{Budget, Entity, Error, ImportError, ImportMismatch, Misuse, VerifyError};
#[cfg(feature = "alloc")]
pub use host::{Caller, HostCode, HostError, HostResult, IntoHostFunc, NoCaller, WithCaller};
pub use host::{MemoryProvider, Region};
pub use limits::{Config, Limits};
#[cfg(feature = "alloc")]
pub use linker::Linker;
pub use module::Module;
pub use outcome::{
    Extern, Func, Global, HostCall, HostFunc, Instance, Memory, Outcome, Table, Tag, Thread, Trap,
    Wait,
};
pub use snapshot::{
    ChainFault, Compared, Fault, HOST_SECTIONS, Helper, MAX_ANCESTORS, RestoreError, SectionKind,
    Sink, Snapshot, SnapshotError, SnapshotId, SnapshotOptions,
};
pub use stats::Stats;
#[cfg(feature = "alloc")]
pub use typed::TypedFunc;
pub use val::{AnyRef, ExternRef, HeapType, Val, ValType, WasmTy, WasmTys, valtype};
pub use wrt_format::image::types::{ExternKind, ExternType, GlobalType, MemoryType, TableType};
pub use wrt_format::image::{ExportView, FuncTypeView as FuncType, ImportView};
