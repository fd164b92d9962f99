//! Names for what modules import, closures for host functions, and loops that serve host calls.
//!
//! Input: definitions by module name and name; modules; functions to call. Output: instances and outcomes.
//! Invariants: a host function of this linker gets its number in an engine when it is first needed there, and keeps it; a host call of
//! a function that the linker does not define is handed to the embedder untouched.

use crate::engine::{Engine, Turn};
use crate::error::{Error, ImportMismatch};
use crate::exec::Exit;
use crate::host::{Caller, HostClosure, HostError, IntoHostFunc, boxed};
use crate::instance::imports;
use crate::instance::types::{self, TypeText};
use crate::module::Module;
use crate::outcome::{Extern, Func, HostCall, HostFunc, Instance, Outcome};
use crate::val::{ValType, valtype};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

mod bindings;

use bindings::Binding;

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
    call: HostClosure<T>,
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
        self.host(module, name, Some(signature), alloc::boxed::Box::new(f))
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
        self.host(module, name, None, alloc::boxed::Box::new(f))
    }

    /// Defines a host function by a closure whose Rust types say its Wasm types; its first parameter may be a [`Caller`].
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
        self.host(module, name, Some(signature), boxed(f))
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
        self.drive(engine, data, outcome)
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
        self.drive(engine, data, outcome)
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
        let outcome = engine.execute_func(func, args)?;
        self.drive(engine, data, outcome)
    }

    /// Continues a paused run; a host function that was not ready is called again.
    ///
    /// # Errors
    /// Those of [`Engine::resume`]; [`Error::Exit`] and [`Error::Host`] when a host function has ended the run.
    pub fn resume(&self, engine: &mut Engine<'_>, data: &mut T) -> Result<Outcome, Error> {
        let outcome = match engine.pending_host_call() {
            Some(call) => Outcome::HostCall(call),
            None => engine.resume()?,
        };
        self.drive(engine, data, outcome)
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
        if let Outcome::HostCall(call) = outcome
            && let Some(host) = self.definition(engine, call.host)
        {
            self.answer(engine, data, (call.host, call.instance), host)?;
            return Ok(Outcome::Yield);
        }
        Ok(outcome)
    }

    fn host(
        &mut self,
        module: &str,
        name: &str,
        signature: Option<Signature>,
        call: HostClosure<T>,
    ) -> Result<&mut Self, Error> {
        self.add(module, name, Definition::Host(self.hosts.len()))?;
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

    /// Serves host calls until something else happens.
    fn drive(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        outcome: Outcome,
    ) -> Result<Outcome, Error> {
        let Outcome::HostCall(HostCall { host, instance, .. }) = outcome else {
            return Ok(outcome);
        };
        let (mut host, mut instance) = (host, instance);
        loop {
            let Some(definition) = self.definition(engine, host) else {
                return Ok(engine.outcome_of(Exit::HostCall));
            };
            if !self.answer(engine, data, (host, instance), definition)? {
                return Ok(Outcome::Yield);
            }
            // No outcome is made of a host call that is served here.
            let exit = engine.go_on()?;
            if exit != Exit::HostCall {
                return Ok(engine.outcome_of(exit));
            }
            (host, instance) = engine.called();
        }
    }

    /// Serves one host call. False if its function is not ready.
    fn answer(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        called: (HostFunc, Instance),
        definition: &HostDefinition<T>,
    ) -> Result<bool, Error> {
        match self.serve(engine, data, called, definition) {
            Ok(()) => Ok(true),
            Err(error) => end_in(engine, error),
        }
    }

    /// Calls the closure and hands its results to the guest. Runs that it has started and left unfinished are cancelled.
    fn serve(
        &self,
        engine: &mut Engine<'_>,
        data: &mut T,
        (host, instance): (HostFunc, Instance),
        definition: &HostDefinition<T>,
    ) -> Result<(), HostError> {
        let ([params, results], is_exact) = match &definition.signature {
            Some(signature) => (signature.slots, signature.is_exact),
            None => {
                let ty = engine.func_type(host.func())?;
                ([ty.params, ty.results].map(valtype::slot_count), false)
            }
        };
        let (mut args, mut results) = (Slots::new(params), Slots::new(results));
        for (to, from) in args.as_mut().iter_mut().zip(engine.host_args()) {
            *to = *from;
        }
        let (thread, nesting) = (engine.thread(), engine.nesting());
        let caller = Caller {
            engine,
            data,
            linker: self,
            instance,
        };
        let result = (definition.call)(caller, args.as_mut(), results.as_mut());
        engine.switch_to(thread)?;
        while engine.nesting() > nesting {
            engine.cancel();
        }
        result?;
        let results = results.as_mut();
        if is_exact && engine.host_return_exact(results) {
            return Ok(());
        }
        Ok(engine.host_return(results)?)
    }
}

/// What becomes of a host call whose function has given no results. False if it is not ready.
#[cold]
fn end_in(engine: &mut Engine<'_>, error: HostError) -> Result<bool, Error> {
    match error {
        HostError::Trap(trap) => engine.host_trap(trap).map(|()| true),
        HostError::Throw { tag, values } => {
            let thrown = engine.host_throw(tag, &values);
            thrown.inspect_err(|_| engine.cancel()).map(|()| true)
        }
        HostError::Rethrow => {
            let thrown = engine.host_rethrow();
            thrown.inspect_err(|_| engine.cancel()).map(|()| true)
        }
        HostError::Pending => Ok(false),
        HostError::Exit(code) => {
            engine.cancel();
            Err(Error::Exit(code))
        }
        HostError::Other(error) => {
            engine.cancel();
            Err(Error::Host(error))
        }
    }
}

/// Zeroed slots, on the stack when there are few.
struct Slots {
    few: [u64; Self::FEW],
    many: Vec<u64>,
    len: usize,
}

impl Slots {
    const FEW: usize = 8;

    fn new(len: usize) -> Self {
        let many = if len > Self::FEW {
            alloc::vec![0; len]
        } else {
            Vec::new()
        };
        Self {
            few: [0; Self::FEW],
            many,
            len,
        }
    }

    fn as_mut(&mut self) -> &mut [u64] {
        self.few.get_mut(..self.len).unwrap_or(&mut self.many)
    }
}
