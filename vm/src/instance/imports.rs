//! Whether what is given fits what a module imports.
//!
//! Input: a module and one handle per import. Output: nothing, or the first import that does not fit.
//! Invariants: looks only, changes nothing; every handle is checked to exist before anything is asked of it.

use super::types::{TypeText, memory_matches, table_matches};
use crate::error::{Error, ImportError, ImportMismatch};
use crate::outcome::Extern;
use crate::raw::instance::engine_type;
use crate::raw::store::Store;
use wrt_format::image::types::{ExternType, TableType};
use wrt_format::image::{ImportView, ModuleView};

/// Checks all imports of a module whose types have the engine-wide numbers `types`.
pub(crate) fn check(
    store: &Store<'_>,
    module: &ModuleView<'_>,
    types: &[u32],
    given: &[Extern],
) -> Result<(), Error> {
    let expected = module.import_count() as usize;
    if given.len() != expected {
        return Err(Error::ImportCount {
            expected,
            got: given.len(),
        });
    }
    for (index, (import, item)) in module.imports().zip(given).enumerate() {
        if let Some((mismatch, got)) = mismatch(store, types, &import, *item) {
            return Err(error(module, index, mismatch, got));
        }
    }
    Ok(())
}

/// In what `item` does not fit the import, and what it is instead.
fn mismatch<'s>(
    store: &'s Store<'_>,
    types: &[u32],
    import: &ImportView<'_>,
    item: Extern,
) -> Option<(ImportMismatch, TypeText<'s>)> {
    let Some(got) = describe(store, item) else {
        return Some((ImportMismatch::Handle, TypeText::Unknown));
    };
    let (mismatch, fits) = match (import.ty, got) {
        (ExternType::Func(idx), TypeText::Func(..)) => {
            let own = func_type(store, item);
            let asked = types.get(idx as usize);
            let fits =
                (own.zip(asked)).is_some_and(|(own, asked)| store.types.matches(own, *asked));
            (ImportMismatch::FuncType, fits)
        }
        (ExternType::Table(asked), TypeText::Table(ty, len)) => {
            let elem = engine_type(types, asked.elem);
            let fits = table_matches(&TableType { elem, ..asked }, &ty, len);
            (ImportMismatch::TableType, fits)
        }
        (ExternType::Memory(asked), TypeText::Memory(ty, pages)) => (
            ImportMismatch::MemoryType,
            memory_matches(&asked, &ty, pages),
        ),
        (ExternType::Global(asked), TypeText::Global(ty)) => {
            let wanted = engine_type(types, asked.ty);
            let fits = asked.mutable == ty.mutable
                && match asked.mutable {
                    true => wanted == ty.ty,
                    false => store.types.val_matches(ty.ty, wanted),
                };
            (ImportMismatch::GlobalType, fits)
        }
        (ExternType::Tag(idx), TypeText::Tag(_)) => {
            // Tags are equal or different: there is no matching of a subtype.
            let own = match item {
                Extern::Tag(tag) => store.tag_type(tag.number()),
                Extern::Func(_) | Extern::Table(_) | Extern::Memory(_) | Extern::Global(_) => None,
            };
            let fits = own.is_some() && own == types.get(idx as usize).copied();
            (ImportMismatch::TagType, fits)
        }
        (
            ExternType::Func(_)
            | ExternType::Table(_)
            | ExternType::Memory(_)
            | ExternType::Global(_)
            | ExternType::Tag(_),
            _,
        ) => (ImportMismatch::Kind, false),
    };
    (!fits).then_some((mismatch, got))
}

/// Engine-wide number of the type of a function.
fn func_type(store: &Store<'_>, item: Extern) -> Option<u32> {
    let Extern::Func(func) = item else {
        return None;
    };
    store.callee_type(store.callee(func.bits())?)
}

/// The type of something in the engine; `None` when it is not there.
pub(crate) fn describe<'s>(store: &'s Store<'_>, item: Extern) -> Option<TypeText<'s>> {
    Some(match item {
        Extern::Func(func) => {
            let callee = store.callee(func.bits())?;
            let sig = store.func_sig(store.callee_type(callee)?)?;
            TypeText::Func(sig.params, sig.results)
        }
        Extern::Table(table) => {
            let table = store.table(table.number())?;
            TypeText::Table(table.ty(), table.elems().len() as u64)
        }
        Extern::Memory(memory) => {
            let memory = store.memory(memory.number())?;
            TypeText::Memory(memory.ty(), memory.pages())
        }
        Extern::Global(global) => TypeText::Global(store.global_type(global.number())?),
        Extern::Tag(tag) => TypeText::Tag(store.func_sig(store.tag_type(tag.number())?)?.params),
    })
}

/// The error for import number `index` of a module.
#[cold]
pub(crate) fn error(
    module: &ModuleView<'_>,
    index: usize,
    mismatch: ImportMismatch,
    got: TypeText<'_>,
) -> Error {
    #[cfg(not(feature = "alloc"))]
    let _ = (module, got);
    Error::Import(ImportError {
        index,
        mismatch,
        #[cfg(feature = "alloc")]
        detail: detail(module, index, got),
    })
}

#[cfg(feature = "alloc")]
fn detail(
    module: &ModuleView<'_>,
    index: usize,
    got: TypeText<'_>,
) -> alloc::boxed::Box<crate::error::ImportDetail> {
    use alloc::string::ToString;

    let import = module.imports().nth(index);
    let (name, field, expected) = match &import {
        Some(import) => {
            let expected = match import.ty {
                ExternType::Func(idx) => {
                    let ty = module.func_type(idx);
                    TypeText::Func(ty.params, ty.results)
                }
                ExternType::Table(ty) => TypeText::Table(ty, ty.min),
                ExternType::Memory(ty) => TypeText::Memory(ty, ty.min),
                ExternType::Global(ty) => TypeText::Global(ty),
                ExternType::Tag(idx) => TypeText::Tag(module.func_type(idx).params),
            };
            (import.module, import.name, expected)
        }
        None => ("", "", TypeText::Nothing),
    };
    alloc::boxed::Box::new(crate::error::ImportDetail {
        module: name.to_string(),
        name: field.to_string(),
        expected: expected.to_string(),
        got: got.to_string(),
    })
}
