//! Initial contents of an instance, in the order of the specification: globals, tables, memories, element segments, data segments.
//!
//! Input: a new instance, complete but empty. Output: the instance filled, or the trap of the first active segment that does not fit, or of
//! a struct or array for which there is no memory.
//! Invariants: a segment is written whole or not at all; what was written before a trap stays. No step costs fuel: all are bounded by
//! the size of the image and the budgets.

use crate::exec::consts::{eval, eval_halves, item};
use crate::outcome::Trap;
use crate::raw::arena::OutOfMemory;
use crate::raw::store::Store;
use wrt_format::image::{DataMode, ElemItems, ElemMode, ElemView, ModuleView};

/// Fills an instance of `module`.
pub(crate) fn fill(
    store: &mut Store<'_>,
    instance: u32,
    module: &ModuleView<'_>,
) -> Result<(), Trap> {
    globals(store, instance, module)?;
    tables(store, instance, module)?;
    elem_values(store, instance, module)?;
    mapped_data(store, instance, module);
    (0..module.elem_count()).try_for_each(|i| elem(store, instance, module, i))?;
    (0..module.data_count()).try_for_each(|i| data(store, instance, module, i))
}

/// Each global may use those before it.
fn globals(store: &mut Store<'_>, instance: u32, module: &ModuleView<'_>) -> Result<(), Trap> {
    for (global, index) in module.globals().zip(module.imported_globals()..) {
        let value = eval_halves(store, instance, global.init).map_err(out_of_memory)?;
        if let Some(number) = store.instance(instance).and_then(|i| i.global(index)) {
            store.set_global(number, value);
        }
    }
    Ok(())
}

fn tables(store: &mut Store<'_>, instance: u32, module: &ModuleView<'_>) -> Result<(), Trap> {
    for (table, index) in module.tables().zip(module.imported_tables()..) {
        let Some(init) = table.init else { continue };
        let value = eval(store, instance, init).map_err(out_of_memory)?;
        let number = store.instance(instance).and_then(|i| i.table(index));
        if let Some(table) = number.and_then(|n| store.table_mut(n)) {
            table.elems_mut().fill(value);
        }
    }
    Ok(())
}

/// Items of element segments that may be things of the heap.
fn elem_values(store: &mut Store<'_>, instance: u32, module: &ModuleView<'_>) -> Result<(), Trap> {
    for i in 0..module.elem_count() {
        let Some(ElemItems::Exprs(exprs)) = module.elem(i).map(|elem| elem.items) else {
            continue;
        };
        let data = store.instance(instance);
        if data.and_then(|data| data.elem_value(i, 0)).is_none() {
            continue;
        }
        for at in 0..exprs.len() {
            let value = eval(store, instance, exprs.expr(at)).map_err(out_of_memory)?;
            if let Some(data) = store.instance_mut(instance) {
                data.set_elem_value(i, at, value);
            }
        }
    }
    Ok(())
}

/// There is no memory for a struct or array.
const fn out_of_memory(_: OutOfMemory) -> Trap {
    Trap::OutOfMemory
}

/// Contents that the compiler has laid out to be mapped. The verifier has established that they fit.
fn mapped_data(store: &mut Store<'_>, instance: u32, module: &ModuleView<'_>) {
    for defined in 0..module.memory_count() {
        let index = module.imported_memories() + defined;
        let number = store.instance(instance).and_then(|i| i.memory(index));
        let Some(memory) = number.and_then(|n| store.memory_mut(n)) else {
            continue;
        };
        for run in module.cow_runs(defined) {
            // Placing fails only outside the memory.
            let _ = memory.place(run.memory_offset, run.bytes);
        }
    }
}

fn elem(store: &mut Store<'_>, instance: u32, module: &ModuleView<'_>, i: u32) -> Result<(), Trap> {
    let Some(segment) = module.elem(i) else {
        return Ok(());
    };
    match segment.mode {
        ElemMode::Passive => return Ok(()),
        ElemMode::Declared => {}
        ElemMode::Active { table, offset } => {
            let offset = eval(store, instance, offset).map_err(out_of_memory)?;
            let number = store.instance(instance).and_then(|data| data.table(table));
            write_elems(
                store,
                instance,
                &segment,
                (number.unwrap_or(u32::MAX), i),
                offset,
            )?;
        }
    }
    if let Some(data) = store.instance_mut(instance) {
        data.drop_elem(i);
    }
    Ok(())
}

fn write_elems(
    store: &mut Store<'_>,
    instance: u32,
    segment: &ElemView<'_>,
    (table, i): (u32, u32),
    offset: u64,
) -> Result<(), Trap> {
    let room = store
        .table(table)
        .map_or(0, |table| table.elems().len() as u64);
    let end = offset.checked_add(u64::from(segment.len()));
    if end.is_none_or(|end| end > room) {
        return Err(Trap::TableOutOfBounds);
    }
    for item_idx in 0..segment.len() {
        let value = item(store, instance, i, segment.items, item_idx);
        // Fits a usize: it is below the table's length.
        let at = offset as usize + item_idx as usize;
        if let Some(elem) = store
            .table_mut(table)
            .and_then(|t| t.elems_mut().get_mut(at))
        {
            *elem = value;
        }
    }
    Ok(())
}

fn data(store: &mut Store<'_>, instance: u32, module: &ModuleView<'_>, i: u32) -> Result<(), Trap> {
    let Some(segment) = module.data(i) else {
        return Ok(());
    };
    let DataMode::Active { mem, offset } = segment.mode else {
        return Ok(());
    };
    let offset = eval(store, instance, offset).map_err(out_of_memory)?;
    let number = store.instance(instance).and_then(|data| data.memory(mem));
    let memory = number.and_then(|n| store.memory_mut(n));
    let room = memory.and_then(|memory| {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(segment.bytes.len())?;
        memory.bytes_mut().get_mut(start..end)
    });
    room.ok_or(Trap::MemoryOutOfBounds)?
        .copy_from_slice(segment.bytes);
    if let Some(data) = store.instance_mut(instance) {
        data.drop_data(i);
    }
    Ok(())
}
