//! Runs the directives of a script in order, in one engine.
//!
//! Input: directives and what their modules compiled to. Output: a [`Verdict`] each. Invariants: no run is left unfinished between
//! two directives; every run has a bounded amount of fuel, so that a script that never ends fails instead.

use std::collections::HashMap;

use wast::token::Id;
use wast::{WastDirective, WastExecute, WastInvoke};
use wrt_host::MmapProvider;
use wrt_vm::{
    Config, Engine, Error, Extern, Func, ImportMismatch, Instance, Limits, Module, Outcome, Val,
    ValType,
};

use super::modules::Built;
use super::threads::{Report, ScriptThread};
use super::{Verdict, error, spectest, values};

/// Fuel of one directive.
const FUEL: u64 = 4_000_000_000;
/// Instances that one script may make.
const INSTANCES: u32 = 1 << 20;

/// The state of a script.
pub(crate) struct Runner<'m> {
    pub(super) engine: Engine<'m>,
    spectest: Vec<(&'static str, Extern)>,
    /// What the script has named, or a thread of it.
    pub(super) scope: Scope,
    definitions: HashMap<Option<String>, &'m Built>,
    pub(super) threads: Vec<ScriptThread<'m>>,
    /// What came of directives in threads.
    pub(super) reports: Vec<Report<'m>>,
}

/// The instances that directives can name.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    registered: HashMap<String, Instance>,
    pub(super) named: HashMap<String, Instance>,
    current: Option<Instance>,
}

/// Why a module was not instantiated.
enum Refused {
    /// Nothing is defined by the name of an import.
    Undefined(String),
    /// Everything else.
    Vm(Error),
    /// It has no image, or the image does not verify.
    NoImage(String),
}

/// What a call, or another thing that scripts execute, came to.
pub(super) struct Executed {
    outcome: Outcome,
    values: Vec<Val>,
}

/// The keyword of a directive.
pub(crate) fn keyword(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::Module(_) => "module",
        WastDirective::ModuleDefinition(_) => "module definition",
        WastDirective::ModuleInstance { .. } => "module instance",
        WastDirective::AssertMalformed { .. } => "assert_malformed",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::AssertInvalid { .. } => "assert_invalid",
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::Register { .. } => "register",
        WastDirective::Invoke(_) => "invoke",
        WastDirective::AssertTrap { .. } => "assert_trap",
        WastDirective::AssertReturn { .. } => "assert_return",
        WastDirective::AssertExhaustion { .. } => "assert_exhaustion",
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable",
        WastDirective::AssertException { .. } => "assert_exception",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
    }
}

/// A call: what it came to first, and the types of its results.
pub(super) type Started = (Result<Outcome, Error>, Vec<ValType>);

impl<'m> Runner<'m> {
    /// With `check`, garbage is collected whenever something is allocated. Instances are soon threaded directly, so that a script runs in both ways.
    pub(crate) fn new(provider: &'m MmapProvider<'m>, check: bool) -> Result<Self, String> {
        let config = Config::default()
            .with_instances(INSTANCES)
            .with_memory_budget(usize::MAX)
            .with_direct_threading(Some(64))
            .with_eager_collection(check);
        let text = |error: Error| error.to_string();
        let mut engine = Engine::with_provider(config, provider).map_err(text)?;
        let spectest = spectest::define(&mut engine).map_err(text)?;
        Ok(Self {
            engine,
            spectest,
            scope: Scope::default(),
            definitions: HashMap::new(),
            threads: Vec::new(),
            reports: Vec::new(),
        })
    }

    /// Runs a directive; `built` is what its module compiled to.
    pub(crate) fn directive(
        &mut self,
        directive: &'m WastDirective<'m>,
        built: Option<&'m Built>,
    ) -> Verdict {
        let result = match directive {
            WastDirective::Module(module) => self.module(built, module.name()),
            WastDirective::ModuleDefinition(module) => self.definition(built, module.name()),
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let definition = self.definitions.get(&module.map(owned)).copied();
                self.module(definition, *instance)
            }
            WastDirective::AssertMalformed { message, .. }
            | WastDirective::AssertMalformedCustom { message, .. }
            | WastDirective::AssertInvalid { message, .. }
            | WastDirective::AssertInvalidCustom { message, .. } => Ok(must_refuse(built, message)),
            WastDirective::Register { name, module, .. } => {
                self.instance(*module).map(|instance| {
                    self.scope.registered.insert((*name).to_owned(), instance);
                    Verdict::Pass
                })
            }
            WastDirective::Invoke(call) | WastDirective::AssertExhaustion { call, .. } => {
                let done = self.invoke(call);
                done.and_then(|done| self.judge(directive, &done))
            }
            WastDirective::AssertTrap { exec, .. }
            | WastDirective::AssertReturn { exec, .. }
            | WastDirective::AssertException { exec, .. } => {
                let done = self.execute(exec, built);
                done.and_then(|done| self.judge(directive, &done))
            }
            WastDirective::AssertUnlinkable { message, .. } => {
                Ok(self.must_not_link(built, message))
            }
            WastDirective::AssertSuspension { .. } => {
                Err("stack switching is not supported".to_owned())
            }
            WastDirective::Thread(thread) => self.start_thread(thread, built),
            WastDirective::Wait { thread, .. } => self.wait(thread.name()),
        };
        result.unwrap_or_else(Verdict::Fail)
    }

    /// Whether what a directive has executed came to what it says.
    pub(super) fn judge(
        &self,
        directive: &WastDirective<'_>,
        done: &Executed,
    ) -> Result<Verdict, String> {
        if let WastDirective::AssertReturn { results, .. } = directive {
            done.done()?;
            let kind = |any| self.engine.heap_type(any);
            return values::compare(&done.values, results, &kind).map(|()| Verdict::Pass);
        }
        if let WastDirective::AssertTrap { message, .. }
        | WastDirective::AssertExhaustion { message, .. } = directive
        {
            return Ok(done.trap(message));
        }
        if let WastDirective::AssertException { .. } = directive {
            return Ok(done.exception());
        }
        done.done()
    }

    /// Instantiates a module, which becomes the current instance.
    fn module(
        &mut self,
        built: Option<&'m Built>,
        name: Option<Id<'_>>,
    ) -> Result<Verdict, String> {
        self.scope.current = None;
        let outcome = self.instantiate(built).map_err(Refused::text)?;
        if outcome != Outcome::Done {
            return Err(outcome.to_string());
        }
        self.scope.current = self.engine.last_instance();
        if let (Some(name), Some(instance)) = (name, self.scope.current) {
            self.scope.named.insert(owned(name), instance);
        }
        Ok(Verdict::Pass)
    }

    fn definition(
        &mut self,
        built: Option<&'m Built>,
        name: Option<Id<'_>>,
    ) -> Result<Verdict, String> {
        load(built).map_err(Refused::text)?;
        if let Some(built) = built {
            self.definitions.insert(name.map(owned), built);
            self.definitions.insert(None, built);
        }
        Ok(Verdict::Pass)
    }

    fn instantiate(&mut self, built: Option<&'m Built>) -> Result<Outcome, Refused> {
        let module = load(built)?;
        let mut imports = Vec::new();
        for import in module.imports() {
            let found = self.import(import.module, import.name);
            let name = || format!("unknown import: {:?} {:?}", import.module, import.name);
            imports.push(found.ok_or_else(|| Refused::Undefined(name()))?);
        }
        self.engine.set_fuel(FUEL);
        let outcome = module.instantiate(&mut self.engine, &imports);
        self.finish(outcome).map_err(Refused::Vm)
    }

    fn import(&self, module: &str, name: &str) -> Option<Extern> {
        if let Some(instance) = self.scope.registered.get(module) {
            return self.engine.export(*instance, name);
        }
        let item = self
            .spectest
            .iter()
            .find(|(item, _)| module == "spectest" && *item == name);
        item.map(|(_, item)| *item)
    }

    /// Serves host calls, and lets the threads of the script run while this one waits, until the run ends.
    fn finish(&mut self, mut outcome: Result<Outcome, Error>) -> Result<Outcome, Error> {
        loop {
            outcome = self.served(outcome);
            match outcome {
                Ok(Outcome::Yield) => {}
                Ok(Outcome::Wait(_)) if self.let_others_run()? => {}
                _ => break,
            }
            outcome = self.engine.resume();
        }
        self.leave_runs();
        outcome
    }

    /// Serves host calls, all of which are of print functions.
    pub(super) fn served(&mut self, mut outcome: Result<Outcome, Error>) -> Result<Outcome, Error> {
        while let Ok(Outcome::HostCall(_)) = outcome {
            self.engine.host_return(&[])?;
            outcome = self.engine.resume();
        }
        outcome
    }

    /// Gives up the runs of this thread that have not ended.
    pub(super) fn leave_runs(&mut self) {
        while self.engine.nesting() > 0 {
            self.engine.cancel();
        }
    }

    pub(super) fn instance(&self, name: Option<Id<'_>>) -> Result<Instance, String> {
        match name {
            Some(name) => {
                let found = self.scope.named.get(name.name()).copied();
                found.ok_or_else(|| format!("there is no instance ${}", name.name()))
            }
            None => self
                .scope
                .current
                .ok_or_else(|| "there is no instance".to_owned()),
        }
    }

    fn execute(
        &mut self,
        exec: &WastExecute<'_>,
        built: Option<&'m Built>,
    ) -> Result<Executed, String> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Wat(_) => {
                let outcome = self.instantiate(built).map_err(Refused::text)?;
                Ok(Executed {
                    outcome,
                    values: Vec::new(),
                })
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(*module)?;
                let Some(Extern::Global(handle)) = self.engine.export(instance, global) else {
                    return Err(format!("there is no global {global:?}"));
                };
                let text = |error: Error| error.to_string();
                let value = self.engine.global_val(handle).map_err(text)?;
                Ok(Executed {
                    outcome: Outcome::Done,
                    values: vec![value],
                })
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Executed, String> {
        let (outcome, types) = self.start(invoke)?;
        let outcome = self.finish(outcome);
        self.executed(outcome, &types)
    }

    /// Starts a call: what it comes to first, and the types of its results.
    pub(super) fn start(&mut self, invoke: &WastInvoke<'_>) -> Result<Started, String> {
        let func = self.func(invoke)?;
        let args: Vec<Val> = (invoke.args.iter())
            .map(values::argument)
            .collect::<Result<_, _>>()?;
        let args: Vec<u64> = args.into_iter().flat_map(Val::to_slots).collect();
        let text = |error: Error| error.to_string();
        let types = self.engine.func_type(func).map_err(text)?.results.to_vec();
        self.engine.set_fuel(FUEL);
        Ok((self.engine.execute_func(func, &args), types))
    }

    /// A call that has ended.
    pub(super) fn executed(
        &self,
        outcome: Result<Outcome, Error>,
        types: &[ValType],
    ) -> Result<Executed, String> {
        Ok(Executed {
            outcome: outcome.map_err(|error| error.to_string())?,
            values: Val::list(types, self.engine.results()).collect(),
        })
    }

    fn func(&self, invoke: &WastInvoke<'_>) -> Result<Func, String> {
        let instance = self.instance(invoke.module)?;
        match self.engine.export(instance, invoke.name) {
            Some(Extern::Func(func)) => Ok(func),
            Some(Extern::Table(_) | Extern::Memory(_) | Extern::Global(_) | Extern::Tag(_))
            | None => Err(format!("there is no function {:?}", invoke.name)),
        }
    }

    fn must_not_link(&mut self, built: Option<&'m Built>, expected: &str) -> Verdict {
        match self.instantiate(built) {
            Ok(outcome) => Verdict::Fail(format!("expected {expected:?}, but it links: {outcome}")),
            Err(Refused::Undefined(_)) => {
                error::same_message(expected, &ImportMismatch::Undefined.to_string())
            }
            Err(Refused::Vm(Error::Import(import))) => {
                error::same_message(expected, &import.mismatch.to_string())
            }
            Err(refused) => Verdict::Fail(format!("expected {expected:?}, got {}", refused.text())),
        }
    }
}

impl Refused {
    fn text(self) -> String {
        match self {
            Self::Undefined(text) | Self::NoImage(text) => text,
            Self::Vm(error) => error.to_string(),
        }
    }
}

impl Executed {
    fn done(&self) -> Result<Verdict, String> {
        if self.outcome == Outcome::Done {
            Ok(Verdict::Pass)
        } else {
            Err(self.outcome.to_string())
        }
    }

    /// It must have thrown what nobody catches.
    fn exception(&self) -> Verdict {
        if let Outcome::Exception(_) = self.outcome {
            return Verdict::Pass;
        }
        Verdict::Fail(format!("expected an exception, got: {}", self.outcome))
    }

    /// It must have trapped with this message.
    fn trap(&self, expected: &str) -> Verdict {
        if let Outcome::Trap(trap) = self.outcome {
            return error::same_message(expected, trap.message());
        }
        Verdict::Fail(format!(
            "expected the trap {expected:?}, got: {}",
            self.outcome
        ))
    }
}

pub(super) fn owned(id: Id<'_>) -> String {
    id.name().to_owned()
}

/// The module of an image, with all of its functions verified.
fn load(built: Option<&Built>) -> Result<Module<'_>, Refused> {
    match built {
        Some(Built::Image(image)) => {
            let verify = |error: Error| Refused::NoImage(error.to_string());
            // Scripts define memories and tables of all sizes; what cannot be allocated fails when it is instantiated.
            let limits = Limits {
                table_elems: u64::MAX,
                memory_bytes: u64::MAX,
                ..Limits::default()
            };
            let module = Module::load_from_binary(image.bytes(), &limits);
            let module = module.map_err(verify)?;
            module.validate().map_err(verify)?;
            Ok(module)
        }
        Some(Built::Text(error)) => Err(Refused::NoImage(format!(
            "the text does not parse: {error}"
        ))),
        Some(Built::Refused(error)) => Err(Refused::NoImage(error.to_string())),
        Some(Built::NoModule | Built::Thread(_)) => {
            Err(Refused::NoImage("components are not supported".to_owned()))
        }
        None => Err(Refused::NoImage("there is no such module".to_owned())),
    }
}

/// A module that must be malformed or invalid.
fn must_refuse(built: Option<&Built>, expected: &str) -> Verdict {
    match built {
        Some(Built::Text(_)) => Verdict::Text,
        Some(Built::Refused(refused)) => error::refused(refused, expected),
        Some(Built::Image(_)) => Verdict::Fail(format!("expected {expected:?}, but it compiles")),
        Some(Built::NoModule | Built::Thread(_)) | None => {
            Verdict::Fail("components are not supported".to_owned())
        }
    }
}
