//! `wrtc compile --preinit`: runs a module's beginning at build time, so that no device has to.
//!
//! Input: a module, and what to run of it. Output: the module as it is afterwards: memories, tables and globals are what the run has made
//! of them, and its start function is gone. Like Wizer's, but the state is read from this project's own machine, metered by fuel.
//!
//! Invariants: the guest sees nothing of the build machine: functions of the host fail unless they are allowed by name, and those that are
//! run as under `wrtd run --deterministic`, without arguments, environment or files. So the same module gives the same image. What an image
//! cannot hold is refused by name before anything is written.

mod rewrite;

use std::path::Path;

use wrt_host::MmapProvider;
use wrt_vm::{
    Config, Engine, ExternKind, ExternType, Func, HostError, Instance, Limits, Linker, Module, Val,
};
use wrt_wasi::{Clock, STABLE_TIME_NS, Wasi, WasiBuilder};

use crate::build::{self, Settings};
use crate::cmd::{Guest, Keep};
use crate::load::Aligned;
use crate::status::{Failure, Status};
use rewrite::{State, Value};

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// An export without parameters and results, called after the start function; nobody can call it afterwards.
    pub(crate) export: Option<String>,
    /// Fuel that both may use.
    pub(crate) fuel: u64,
    /// Functions of the host that may be called, by name.
    pub(crate) allow: Vec<String>,
}

/// A module whose beginning has been run.
#[derive(Debug)]
pub(crate) struct Preinitialised {
    pub(crate) wasm: Vec<u8>,
    /// Bytes that its code is further on than in the module it comes from.
    pub(crate) shift: i64,
    pub(crate) fuel_used: u64,
}

/// What failures of ours begin with.
const FLAG: &str = "--preinit: ";

fn refused(what: impl core::fmt::Display) -> Failure {
    Failure::new(Status::Usage, format!("{FLAG}{what}"))
}

/// Runs the beginning.
pub(crate) fn run(
    wasm: &[u8],
    settings: &Settings,
    request: &Request,
) -> Result<Preinitialised, Failure> {
    let compiled = build::compile(wasm, settings)?;
    let image = Aligned::new(&compiled.image);
    let module = Module::load_from_binary(image.bytes(), &Limits::default())?;
    check_imports(&module)?;
    let provider = MmapProvider::new();
    let mut engine = Engine::with_provider(Config::new().with_threads(1), &provider)?;
    engine.set_fuel(request.fuel);
    let wasi = WasiBuilder::new()
        .inherit_output()
        .random_seed(0)
        .clock(Clock::Virtual {
            realtime_ns: STABLE_TIME_NS,
            monotonic_ns: 0,
            step_ns: 0,
        })
        .build();
    let wasi = wasi.map_err(|error| Failure::new(Status::Internal, error.to_string()))?;
    let linker = linker(&module, &request.allow)?;
    let mut guest = Guest::new(engine, module, wasi, None, Path::new(""), Keep::default())?;
    guest.linker = linker;
    let prepared = guest.prepare(request.export.as_deref());
    prepared.map_err(|failure| match failure.message.starts_with(FLAG) {
        // What a function of the host says comes back as an error of the host's; here it is the user's to decide.
        true => refused(&failure.message[FLAG.len()..]),
        false => failure,
    })?;
    let state = state(&guest.engine, &guest.module, request)?;
    let (wasm, shift) = rewrite::rewrite(wasm, &state)
        .map_err(|error| Failure::new(Status::Internal, error.to_string()))?;
    Ok(Preinitialised {
        wasm,
        shift,
        fuel_used: guest.engine.fuel_used(),
    })
}

/// What is imported has its state elsewhere.
fn check_imports(module: &Module<'_>) -> Result<(), Failure> {
    let other = |import: &wrt_vm::ImportView<'_>| !matches!(import.ty, ExternType::Func(_));
    match module.imports().find(other) {
        None => Ok(()),
        Some(import) => Err(refused(format!(
            "the module imports {:?} {:?}, which is no function: its state would not be in the image",
            import.module, import.name
        ))),
    }
}

/// The functions of the host: those of WASI that are allowed, and refusals.
fn linker(module: &Module<'_>, allow: &[String]) -> Result<Linker<Wasi>, Failure> {
    let mut linker = Linker::new();
    crate::wasi::define(&mut linker, None, |name| allow.iter().any(|it| it == name))?;
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty else {
            continue;
        };
        if linker.is_defined(import.module, import.name) {
            continue;
        }
        let ty = module.view().func_type(ty);
        let text = format!(
            "{FLAG}the guest calls {:?} {:?}, which is not allowed (--preinit-allow {})",
            import.module, import.name, import.name
        );
        let (module, name) = (import.module, import.name);
        linker.func(module, name, ty.params, ty.results, move |_, _, _| {
            Err(HostError::new(&text))
        })?;
    }
    Ok(linker)
}

/// Reads what the instance has become.
fn state(engine: &Engine<'_>, module: &Module<'_>, request: &Request) -> Result<State, Failure> {
    let view = module.view();
    let instance = engine.last_instance();
    let instance =
        instance.ok_or_else(|| Failure::new(Status::Internal, "there is no instance"))?;
    let funcs = Funcs::new(engine, instance, view.imported_funcs() + view.func_count());
    let mut state = State {
        hidden_export: request.export.clone(),
        ..State::default()
    };
    for index in 0..view.memory_count() {
        let memory = engine.instance_memory(instance, index)?;
        state.memories.push(engine.memory(memory)?.to_vec());
    }
    for index in 0..view.table_count() {
        let table = engine.instance_table(instance, index)?;
        let ty = engine.table_type(table)?.elem;
        let elements = (0..engine.table_size(table)?).map(|at| {
            let bits = engine.table_get(table, at)?;
            let place = || format!("element {at} of table {index}");
            match Val::from_slot(ty, bits) {
                Some(Val::FuncRef(Some(func))) => funcs.named(func, place),
                _ if bits == 0 => Ok(None),
                _ => Err(holds_reference(&place())),
            }
        });
        state.tables.push(elements.collect::<Result<_, Failure>>()?);
    }
    for index in 0..view.global_count() {
        let global = engine.instance_global(instance, index)?;
        let ty = engine.global_type(global)?;
        let value = match engine.global_val(global)? {
            Val::I32(value) => Value::I32(value),
            Val::I64(value) => Value::I64(value),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(bits) => Value::V128(bits),
            // Immutable ones keep their expressions.
            _ if !ty.mutable => Value::Null,
            Val::FuncRef(Some(func)) => {
                Value::Func(funcs.named(func, || format!("global {index}"))?)
            }
            Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
                Value::Null
            }
            Val::ExternRef(_) | Val::AnyRef(_) | Val::ExnRef(_) => {
                return Err(holds_reference(&format!("global {index}")));
            }
        };
        state.globals.push(value);
    }
    let dropped = |index| engine.data_dropped(instance, index);
    state.dropped_data = (0..view.data_count())
        .map(dropped)
        .collect::<Result<_, _>>()?;
    let dropped = |index| engine.elem_dropped(instance, index);
    state.dropped_elems = (0..view.elem_count())
        .map(dropped)
        .collect::<Result<_, _>>()?;
    Ok(state)
}

fn holds_reference(place: &str) -> Failure {
    refused(format!(
        "{place} holds a reference that an image cannot hold"
    ))
}

/// The functions of the module by their references. An import that stands twice for one function has its first number.
struct Funcs(std::collections::HashMap<u64, u32>);

impl Funcs {
    fn new(engine: &Engine<'_>, instance: Instance, count: u32) -> Self {
        let funcs = (0..count).rev().filter_map(|index| {
            let func = engine.instance_func(instance, index).ok()?;
            Some((func.bits(), index))
        });
        Self(funcs.collect())
    }

    /// The number of a function that is not null.
    fn named(&self, func: Func, place: impl Fn() -> String) -> Result<Option<u32>, Failure> {
        let index = self.0.get(&func.bits()).copied();
        index.map(Some).ok_or_else(|| holds_reference(&place()))
    }
}

/// Whether an export can be run by itself.
pub(crate) fn is_initialiser(module: &Module<'_>, name: &str) -> bool {
    let view = module.view();
    let found = module.exports().find(|export| export.name == name);
    found.is_some_and(|export| {
        export.kind == ExternKind::Func && {
            let ty = view.func_type(view.func_type_idx(export.index));
            ty.params.is_empty() && ty.results.is_empty()
        }
    })
}
