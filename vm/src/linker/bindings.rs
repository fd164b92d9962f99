//! The numbers that a linker's host functions have in engines.
//!
//! Input: definitions, engines, what modules import. Output: host functions of engines, and the definition that serves each.
//! Invariants: a definition with types of its own has one number in an engine; one that has the types of its imports, one for each type.

use super::{Call, Definition, HostDefinition, Linker, Signature};
use crate::engine::{Engine, Identity};
use crate::error::{Error, ImportMismatch};
use crate::instance::imports;
use crate::instance::types::TypeText;
use crate::module::Module;
use crate::outcome::HostFunc;
use crate::raw::instance::Callee;
use alloc::vec::Vec;
use wrt_format::image::types::ExternType;
use wrt_format::image::{ImportView, ModuleView};

/// Numbers of this linker's host functions in one engine.
#[derive(Debug)]
pub(super) struct Binding {
    engine: Identity,
    /// By index into `hosts`; of those that have the types of their imports none.
    numbers: Vec<Option<HostFunc>>,
    /// By number in the engine: index into `hosts`.
    definitions: Vec<Option<usize>>,
    /// By number in the engine: index into `plains`.
    plains: Vec<Option<usize>>,
}

impl Binding {
    /// By number in the engine: which of the closures it is that see nothing of the engine.
    pub(super) fn plains(&self) -> &[Option<usize>] {
        &self.plains
    }
}

impl<T> Linker<T> {
    /// Serves the host functions of an engine that was restored from a snapshot, under the numbers that they have there: each is the one
    /// that is defined by the name under which an instance imports it. Things of an engine that were defined ([`Linker::define`]) play no
    /// part in it: the instances have them.
    ///
    /// # Errors
    /// [`Error::Import`] when a function is not defined, or is of another type; nothing has changed then.
    pub fn adopt(&mut self, engine: &mut Engine<'_>) -> Result<(), Error> {
        let mut matches = Vec::new();
        for number in 0..engine.store.instance_count() {
            for (view, index, import, func) in host_imports(engine, number) {
                let refused = |mismatch, got| Err(imports::error(&view, index, mismatch, got));
                let host = match self.find(import.module, import.name) {
                    Some(Definition::Host(host)) => host,
                    Some(Definition::Extern(_)) => continue,
                    None => return refused(ImportMismatch::Undefined, TypeText::Nothing),
                };
                let Some(def) = self.hosts.get(host) else {
                    continue;
                };
                if let Some(Signature {
                    params, results, ..
                }) = &def.signature
                {
                    let own = engine.store.intern_type(params, results)?;
                    if engine.store.host_type(func.number()) != Some(own) {
                        let got = TypeText::Func(params, results);
                        return refused(ImportMismatch::FuncType, got);
                    }
                }
                matches.push((host, func));
            }
        }
        for (host, number) in matches {
            self.note(engine, host, number);
        }
        Ok(())
    }

    /// The numbers in an engine, which are none as yet if it is a new one.
    fn binding(&mut self, engine: &mut Engine<'_>) -> &mut Binding {
        // Engines that are gone leave nothing behind.
        self.bindings.retain(|b| !b.engine.is_alone());
        let identity = engine.identity();
        let index = self.bindings.iter().position(|b| b.engine == identity);
        let index = index.unwrap_or_else(|| {
            self.bindings.push(Binding {
                engine: identity,
                numbers: Vec::new(),
                definitions: Vec::new(),
                plains: Vec::new(),
            });
            self.bindings.len() - 1
        });
        &mut self.bindings[index]
    }

    /// The number of a host function in an engine, as an import of a module asks for it.
    pub(super) fn bind(
        &mut self,
        engine: &mut Engine<'_>,
        host: usize,
        module: &Module<'_>,
        import: u32,
    ) -> Result<HostFunc, Error> {
        let binding = self.binding(engine);
        if let Some(Some(number)) = binding.numbers.get(host) {
            return Ok(*number);
        }
        let Some(def) = self.hosts.get(host) else {
            return Err(Error::Unknown(crate::error::Entity::HostFunc));
        };
        let func = match &def.signature {
            Some(Signature {
                params, results, ..
            }) => engine.new_host_func(params, results)?,
            None => {
                let ty = engine.import_func_type(module, import)?;
                if let Some(func) = self.of_type(engine, host, ty) {
                    return Ok(func);
                }
                engine.new_host_func_for(module, import)?
            }
        };
        self.note(engine, host, func);
        Ok(func)
    }

    /// The number that a host function has in an engine as a function of this type, if it has one.
    fn of_type(&mut self, engine: &mut Engine<'_>, host: usize, ty: u32) -> Option<HostFunc> {
        let definitions = &self.binding(engine).definitions;
        let numbers = (0..)
            .zip(definitions)
            .filter(|(_, def)| **def == Some(host));
        let mut numbers = numbers.map(|(number, _)| number);
        let found = numbers.find(|&number| engine.store.host_type(number) == Some(ty));
        found.map(HostFunc)
    }

    /// Notes the number of a host function in an engine.
    fn note(&mut self, engine: &mut Engine<'_>, host: usize, func: HostFunc) {
        let def = self.hosts.get(host);
        let fixed = def.is_some_and(|def| def.signature.is_some());
        let plain = match def.map(|def| &def.call) {
            Some(&Call::Plain(index)) => Some(index),
            Some(Call::Caller(_)) | None => None,
        };
        let binding = self.binding(engine);
        if fixed {
            set(&mut binding.numbers, host, Some(func));
        }
        let number = func.number() as usize;
        set(&mut binding.definitions, number, Some(host));
        set(&mut binding.plains, number, plain);
    }

    /// The numbers in an engine, if it has any.
    #[inline]
    pub(super) fn binding_of(&self, engine: &Engine<'_>) -> Option<&Binding> {
        let mut bindings = self.bindings.iter();
        bindings.find(|b| engine.is_identity(&b.engine))
    }

    /// The definition that serves a host function of an engine.
    pub(super) fn definition(
        &self,
        engine: &Engine<'_>,
        host: HostFunc,
    ) -> Option<&HostDefinition<T>> {
        let binding = self.binding_of(engine)?;
        let index = (*binding.definitions.get(host.number() as usize)?)?;
        self.hosts.get(index)
    }
}

/// The imports of an instance that host functions are given for: module, number of the import, the import, the function.
fn host_imports<'m>(
    engine: &Engine<'m>,
    instance: u32,
) -> Vec<(ModuleView<'m>, usize, ImportView<'m>, HostFunc)> {
    let Some(data) = engine.store.instance(instance) else {
        return Vec::new();
    };
    let view = *data.module();
    let is_func = |import: &ImportView<'_>| matches!(import.ty, ExternType::Func(_));
    let funcs = (view.imports().enumerate()).filter(|(_, import)| is_func(import));
    let given = funcs.zip(data.funcs());
    given
        .filter_map(|((index, import), &reference)| {
            let Some(Callee::Host(host)) = engine.store.callee(reference) else {
                return None;
            };
            Some((view, index, import, HostFunc(host)))
        })
        .collect()
}

/// Sets an element, with `None` in all places up to it.
fn set<V: Clone>(list: &mut Vec<Option<V>>, index: usize, value: Option<V>) {
    if list.len() <= index {
        list.resize(index + 1, None);
    }
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
}
