//! Instantiation: from a module and what it imports to an instance with its initial contents.
//!
//! Input: an engine, a module, one handle per import. Output: an outcome; the instance is the engine's last one.
//! Invariants: everything that can be refused is refused before anything is added: imports first, then budgets, then bodies if asked
//! for. After that only the traps of active segments and of the start function remain, which leave the instance in the engine, since
//! tables may hold its functions by then.

pub(crate) mod imports;
mod segments;
pub(crate) mod types;

use crate::engine::Engine;
use crate::error::{Budget, Entity, Error, Misuse};
use crate::limits::Config;
use crate::module::Module;
use crate::outcome::{Extern, Func, Instance, Outcome};
use crate::raw::arena::OutOfMemory;
use crate::raw::buf::Buf;
use crate::raw::instance::{AddError, Imports};
use crate::raw::store::Store;
use wrt_format::image::ModuleView;
use wrt_format::image::types::ExternKind;
use wrt_format::image::types::PAGE_LOG2;

#[cfg(all(test, feature = "gc"))]
pub(crate) use segments::fill as fill_for_test;

/// See [`Module::instantiate`].
pub(crate) fn instantiate<'m>(
    engine: &mut Engine<'m>,
    module: &Module<'m>,
    given: &[Extern],
) -> Result<Outcome, Error> {
    engine.check_startable()?;
    let view = module.view();
    // Types that no instance comes to use may stay: they are the engine's, and equal ones come again.
    let mut types = engine.store.intern_types(view)?;
    let added = check_and_add(engine, module, types.as_slice(), given);
    engine.store.scratch_release(&mut types);
    let number = added?;
    if engine.config.eager_verification {
        engine.store.verify_all(number)?;
    }
    begin(engine, number, view)
}

/// See [`Engine::renew`].
pub(crate) fn renew(engine: &mut Engine<'_>, number: u32) -> Result<Outcome, Error> {
    engine.check_startable()?;
    let data = engine.store.instance_mut(number);
    let data = data.ok_or(Error::Unknown(Entity::Instance))?;
    let view = *data.module();
    if view.memory_count() > 0 {
        return Err(Misuse::OwnMemory.into());
    }
    data.dropped_mut().fill(0);
    for (table, index) in view.tables().zip(view.imported_tables()..) {
        let number = engine.store.instance(number).and_then(|it| it.table(index));
        if let Some(own) = number.and_then(|number| engine.store.table_mut(number)) {
            own.renew(table.ty.min);
        }
    }
    begin(engine, number, &view)
}

/// Gives an instance its initial contents, and runs its start function.
fn begin(engine: &mut Engine<'_>, number: u32, view: &ModuleView<'_>) -> Result<Outcome, Error> {
    if let Err(trap) = segments::fill(&mut engine.store, number, view) {
        return Ok(engine.trapped_outside_runs(trap));
    }
    engine.set_last_instance(Instance(number));
    let start = view
        .start()
        .and_then(|func| engine.store.func_handle(number, func));
    match start.and_then(Func::from_bits) {
        Some(start) => engine.execute_func(start, &[]),
        None => Ok(Outcome::Done),
    }
}

/// Adds an instance, if nothing is to be refused.
pub(crate) fn check_and_add<'m>(
    engine: &mut Engine<'m>,
    module: &Module<'m>,
    types: &[u32],
    given: &[Extern],
) -> Result<u32, Error> {
    let view = module.view();
    imports::check(&engine.store, view, types, given)?;
    check_budgets(&engine.config, &engine.store, view)?;
    if engine.config.eager_verification {
        module.validate()?;
    }
    add(&mut engine.store, view, types, given)
}

fn check_budgets(config: &Config, store: &Store<'_>, view: &ModuleView<'_>) -> Result<(), Error> {
    if store.instance_count() >= config.max_instances {
        return Err(Budget::Instances.into());
    }
    let bytes = view
        .memories()
        .map(|ty| u128::from(ty.min) << ty.page_log2.min(64))
        .sum();
    check_memory(config, store, bytes)?;
    check_table(
        config,
        store,
        view.tables().map(|table| u128::from(table.ty.min)).sum(),
    )
}

/// Whether the engine allows memories of so many bytes more.
pub(crate) fn check_memory(config: &Config, store: &Store<'_>, bytes: u128) -> Result<(), Error> {
    if bytes + u128::from(store.memory_bytes()) > u128::from(max_memory_bytes(config)) {
        return Err(Budget::MemoryPages.into());
    }
    Ok(())
}

/// Whether the engine allows tables of so many elements more.
pub(crate) fn check_table(config: &Config, store: &Store<'_>, elems: u128) -> Result<(), Error> {
    let tables = (0..).map_while(|number| store.table(number));
    let now: u128 = tables.map(|table| table.elems().len() as u128).sum();
    if now + elems > u128::from(config.max_table_elems) {
        return Err(Budget::TableElems.into());
    }
    Ok(())
}

/// Bytes that all memories may reach.
pub(crate) const fn max_memory_bytes(config: &Config) -> u64 {
    config.max_memory_pages.saturating_mul(1 << PAGE_LOG2)
}

/// Numbers of what is imported, by kind, in the order of each index space.
struct Lists {
    funcs: Buf<u64>,
    numbers: [Buf<u32>; 4],
}

fn add<'m>(
    store: &mut Store<'m>,
    view: &ModuleView<'m>,
    types: &[u32],
    given: &[Extern],
) -> Result<u32, Error> {
    let mut lists = Lists {
        funcs: Buf::new(),
        numbers: [const { Buf::new() }; 4],
    };
    let listed = given
        .iter()
        .try_for_each(|item| list(store, &mut lists, *item));
    let added = listed.map_err(AddError::from).and_then(|()| {
        let [tables, memories, globals, tags] = &lists.numbers;
        let imports = Imports {
            funcs: lists.funcs.as_slice(),
            tables: tables.as_slice(),
            memories: memories.as_slice(),
            globals: globals.as_slice(),
            tags: tags.as_slice(),
            types: Some(types),
        };
        store.add_instance(*view, imports)
    });
    store.scratch_release(&mut lists.funcs);
    for list in &mut lists.numbers {
        store.scratch_release(list);
    }
    added.map_err(|error| match error {
        AddError::OutOfMemory => Budget::Memory.into(),
        AddError::Imports => Error::Invalid("imports"),
    })
}

fn list(store: &mut Store<'_>, lists: &mut Lists, item: Extern) -> Result<(), OutOfMemory> {
    let [tables, memories, globals, tags] = &mut lists.numbers;
    match item {
        Extern::Func(func) => store.scratch_push(&mut lists.funcs, func.bits()),
        Extern::Table(table) => store.scratch_push(tables, table.number()),
        Extern::Memory(memory) => store.scratch_push(memories, memory.number()),
        Extern::Global(global) => store.scratch_push(globals, global.number()),
        Extern::Tag(tag) => store.scratch_push(tags, tag.number()),
    }
}

/// What an instance exports as the thing of this kind and index.
pub(crate) fn resolve(
    store: &Store<'_>,
    instance: u32,
    kind: ExternKind,
    index: u32,
) -> Option<Extern> {
    use crate::outcome::{Global, Memory, Table, Tag};

    let data = store.instance(instance)?;
    Some(match kind {
        ExternKind::Func => Extern::Func(Func::from_bits(store.func_handle(instance, index)?)?),
        ExternKind::Table => Extern::Table(Table(data.table(index)?)),
        ExternKind::Memory => Extern::Memory(Memory(data.memory(index)?)),
        ExternKind::Global => Extern::Global(Global(data.global(index)?)),
        ExternKind::Tag => Extern::Tag(Tag(data.tag(index)?)),
    })
}
