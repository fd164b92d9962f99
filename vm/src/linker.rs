//! Names for what modules import, closures for host functions, and loops that serve host calls.
//!
//! Input: definitions by module name and name; modules; functions to call. Output: instances and outcomes.
//! Invariants: a host function of this linker gets its number in an engine when it is first needed there, and keeps it; a host call of
//! a function that the linker does not define is handed to the embedder untouched.

use crate::engine::{Engine, Turn};
use crate::error::{Error, ImportMismatch};
use crate::host::{Caller, Code, HostClosure, HostError, IntoHostFunc, PlainClosure};
use crate::instance::imports;
use crate::instance::types::{self, TypeText};
use crate::module::Module;
use crate::outcome::{Extern, Func, Instance, Outcome};
use crate::val::{ValType, valtype};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

mod bindings;
mod serving;

use bindings::Binding;
use serving::Served;

/// Definitions that modules are linked with, and the run loops that serve host calls with closures over `T`, the embedder's data.
///
/// ```
/// use wrt_vm::{Caller, Linker, Trap, HostError};
///
/// struct Log(Vec<i32>);
///
/// let mut linker = Linker::new();
/// linker.wrap("env", "add", |a: i32, b: i32| a.wrapping_add(b))?;
/// linker.wrap("env", "log", |mut caller: Caller<'_, '_, Log>, value: i32| {
///     caller.data_mut().0.push(value);
/// })?;
/// linker.wrap("env", "fail", || -> Result<(), HostError> { Err(Trap::HostError.into()) })?;
/// # Ok::<(), wrt_vm::Error>(())
/// ```
pub struct Linker<T> {
    names: BTreeMap<String, BTreeMap<String, Definition>>,
    hosts: Vec<HostDefinition<T>>,
    /// Those of the host functions that see nothing of the engine.
    plains: Vec<PlainClosure>,
    bindings: Vec<Binding>,
}

/// What a name means.
#[derive(Clone, Copy, Debug)]
enum Definition {
    /// Index into `hosts`.
    Host(usize),
    /// Something of an engine.
    Extern(Extern),
}

struct HostDefinition<T> {
    /// `None`: what the import asks for.
    signature: Option<Signature>,
    call: Call<T>,
}

impl<T> HostDefinition<T> {
    /// The slots of parameters and results, and whether nobody needs to look at the results; `None` if imports say.
    fn slots(&self) -> Option<([usize; 2], bool)> {
        let signature = self.signature.as_ref()?;
        Some((signature.slots, signature.is_exact))
    }
}

enum Call<T> {
    /// Index into `plains`.
    Plain(usize),
    /// A closure that may have its caller.
    Caller(HostClosure<T>),
}

struct Signature {
    params: Vec<ValType>,
    results: Vec<ValType>,
    /// Slots that parameters and results fill.
    slots: [usize; 2],
    /// Whether results are always what their types say, and no references: nobody needs to look at them.
    is_exact: bool,
}

impl Signature {
    /// `typed`: whether the results are Rust values of these types.
    fn new(params: &[ValType], results: &[ValType], typed: bool) -> Self {
        Self {
            params: params.to_vec(),
            results: results.to_vec(),
            slots: [params, results].map(valtype::slot_count),
            is_exact: typed && !results.iter().any(|ty| ty.is_ref()),
        }
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linker")
            .field("names", &self.names)
            .field("bindings", &self.bindings)
            .finish_non_exhaustive()
    }
}

impl<T> Default for Linker<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Linker<T> {
    /// Without definitions.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            names: BTreeMap::new(),
            hosts: Vec::new(),
            plains: Vec::new(),
            bindings: Vec::new(),
        }
    }

    /// Defines a host function by its types, of [`valtype`](crate::valtype), and a closure over slots. The closure finds the slots
    /// of the arguments, and as many zeroed ones of results to fill in, as the types say: two for a v128, else one.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the name is taken; [`Error::Invalid`] when a byte is no value type.
    pub fn func<F>(
        &mut self,
        module: &str,
        name: &str,
        params: &[ValType],
        results: &[ValType],
        f: F,
    ) -> Result<&mut Self, Error>
    where
        F: for<'a, 'm> Fn(Caller<'a, 'm, T>, &[u64], &mut [u64]) -> Result<(), HostError>
            + Send
            + Sync
            + 'static,
    {
        // Types that engines number mean something in one engine only.
        types::check_valtypes(params, 0)?;
        types::check_valtypes(results, 0)?;
        let signature = Signature::new(params, results, false);
        self.host(
            module,
            name,
            Some(signature),
            Code::Caller(alloc::boxed::Box::new(f)),
        )
    }

    /// Defines a host function that has the type of whatever imports it by this name: see [`Engine::new_host_func_for`]. The closure finds
    /// the slots as [`Linker::func`] says.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the name is taken.
    pub fn func_as_imported<F>(
        &mut self,
        module: &str,
        name: &str,
        f: F,
    ) -> Result<&mut Self, Error>
    where
        F: for<'a, 'm> Fn(Caller<'a, 'm, T>, &[u64], &mut [u64]) -> Result<(), HostError>
            + Send
            + Sync
            + 'static,
    {
        self.host(module, name, None, Code::Caller(alloc::boxed::Box::new(f)))
    }

    /// Defines a host function by a closure whose Rust types say its Wasm types; its first parameter may be a [`Caller`]. Without one, and
    /// without references among its results, calls cost a third: nothing of the engine can change, so the run goes on as it was.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the name is taken.
    pub fn wrap<M, F: IntoHostFunc<T, M>>(
        &mut self,
        module: &str,
        name: &str,
        f: F,
    ) -> Result<&mut Self, Error> {
        let signature = Signature::new(F::PARAMS, F::RESULTS, true);
        self.host(module, name, Some(signature), f.into_code().0)
    }

    /// Defines something that exists in an engine. The linker then serves that engine only.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the name is taken.
    pub fn define(
        &mut self,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self, Error> {
        self.add(module, name, Definition::Extern(item.into()))?;
        Ok(self)
    }

    /// Defines all that an instance exports, under a module name.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when a name is taken, those before it being defined; [`Error::Unknown`] when there is no such instance.
    pub fn instance(
        &mut self,
        engine: &Engine<'_>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self, Error> {
        for (name, item) in engine.exports(instance)? {
            self.add(module, name, Definition::Extern(item))?;
        }
        Ok(self)
    }

    /// Whether something is defined by this name.
    #[must_use]
    pub fn is_defined(&self, module: &str, name: &str) -> bool {
        self.find(module, name).is_some()
    }

    /// Instantiates a module with what it imports by name, and runs its start function, serving its host calls. The instance is
    /// [`Engine::last_instance`]; when the start function pauses, [`Linker::resume`] continues it.
    ///
    /// # Errors
    /// [`Error::Import`] when an import is not defined or does not fit; otherwise those of [`Module::instantiate`] and what host
    /// functions end with.
    pub fn instantiate<'m>(
        &mut self,
        engine: &mut Engine<'m>,
        data: &mut T,
        module: &Module<'m>,
    ) -> Result<Outcome, Error> {
        let mut imports = Vec::new();
        for (index, import) in module.imports().enumerate() {
            let found = self.find(import.module, import.name);
            imports.push(match found {
                Some(Definition::Extern(item)) => item,
                Some(Definition::Host(host)) => {
                    self.bind(engine, host, module, index as u32)?.into()
                }
                None => {
                    let mismatch = ImportMismatch::Undefined;
                    return Err(imports::error(
                        module.view(),
                        index,
                        mismatch,
                        TypeText::Nothing,
                    ));
                }
            });
        }
        let outcome = module.instantiate(engine, &imports)?;
        self.drive_from(engine, data, outcome)
    }

    /// As [`Engine::renew`], serving the host calls of the start function.
    ///
    /// # Errors
    /// Those of [`Engine::renew`], and what host functions end with.
    pub fn renew(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        instance: Instance,
    ) -> Result<Outcome, Error> {
        let outcome = engine.renew(instance)?;
        self.drive_from(engine, data, outcome)
    }

    /// Calls a function and serves its host calls until it is done, traps, runs out of fuel, or a host function is not ready.
    /// Its results are in [`Engine::results`]. A host call of a function that this linker does not define comes out as it is.
    ///
    /// # Errors
    /// Those of [`Engine::execute`]; [`Error::Exit`] and [`Error::Host`] when a host function has ended the run.
    pub fn call(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        func: Func,
        args: &[u64],
    ) -> Result<Outcome, Error> {
        let exit = self.run(engine, data, func, args)?;
        engine.outcome_of(exit)
    }

    /// Continues a paused run; a host function that was not ready is called again.
    ///
    /// # Errors
    /// Those of [`Engine::resume`]; [`Error::Exit`] and [`Error::Host`] when a host function has ended the run.
    pub fn resume(&self, engine: &mut Engine<'_>, data: &mut T) -> Result<Outcome, Error> {
        if let Some(call) = engine.pending_host_call() {
            return self.drive_from(engine, data, Outcome::HostCall(call));
        }
        let mut plains = self.plains(engine);
        let exit = plains.go_on(engine)?;
        let exit = self.drive(engine, data, exit, plains)?;
        engine.outcome_of(exit)
    }

    /// As [`Engine::run_turn`], serving the host call that a turn ends with: the outcome is [`Outcome::Yield`] then. So threads that only
    /// ask the host in a loop do not keep others from running. A thread whose host function is not ready is left out of the turns until
    /// [`Linker::resume`] has called that again.
    ///
    /// # Errors
    /// [`Error::Exit`] and [`Error::Host`] when a host function has ended the run of the thread that has the turn.
    pub fn run_turn(&self, engine: &mut Engine<'_>, data: &mut T) -> Result<Turn, Error> {
        match engine.run_turn()? {
            Turn::Outcome(outcome) => self.end_turn(engine, data, outcome).map(Turn::Outcome),
            turn @ (Turn::Asleep { .. } | Turn::Idle) => Ok(turn),
        }
    }

    /// Continues the turn of a thread that has paused for want of fuel, as [`Linker::run_turn`] would have gone on: so turns do not depend on
    /// how the fuel is portioned.
    ///
    /// # Errors
    /// Those of [`Engine::resume`]; [`Error::Exit`] and [`Error::Host`] when a host function has ended the run.
    pub fn resume_turn(&self, engine: &mut Engine<'_>, data: &mut T) -> Result<Outcome, Error> {
        let outcome = engine.resume()?;
        self.end_turn(engine, data, outcome)
    }

    /// Serves the host call that a turn ends with.
    fn end_turn(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        outcome: Outcome,
    ) -> Result<Outcome, Error> {
        let mut plains = self.plains(engine);
        match self.serve_outcome(engine, data, outcome, &mut plains)? {
            Served::Results | Served::NotReady => Ok(Outcome::Yield),
            Served::NotOurs => Ok(outcome),
        }
    }

    fn host(
        &mut self,
        module: &str,
        name: &str,
        signature: Option<Signature>,
        code: Code<T>,
    ) -> Result<&mut Self, Error> {
        self.add(module, name, Definition::Host(self.hosts.len()))?;
        let call = match code {
            Code::Caller(closure) => Call::Caller(closure),
            Code::Plain(closure) => {
                self.plains.push(closure);
                Call::Plain(self.plains.len() - 1)
            }
        };
        self.hosts.push(HostDefinition { signature, call });
        Ok(self)
    }

    fn add(&mut self, module: &str, name: &str, definition: Definition) -> Result<(), Error> {
        if self.is_defined(module, name) {
            return Err(Error::Duplicate {
                module: module.to_owned(),
                name: name.to_owned(),
            });
        }
        let names = self.names.entry(module.to_owned()).or_default();
        names.insert(name.to_owned(), definition);
        Ok(())
    }

    fn find(&self, module: &str, name: &str) -> Option<Definition> {
        self.names.get(module)?.get(name).copied()
    }
}
