//! From bytes to [`ValidModule`]: one pass over the sections, each validated and then copied into plain data. Function bodies are
//! only delimited here; see [`super::body`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators and sections belong to refused features, and new ones may come"
)]

use super::features::{Features, explain, provisional};
use super::{
    Elem, ElemItems, ElemMode, Export, ExternKind, ExternType, FuncType, GlobalType, Hint, Import,
    MemoryType, TableType, ValidModule,
};
use crate::error::Error;
use wasmparser::{
    CompositeInnerType, ElementItems, ElementKind, ExternalKind, KnownCustom, Name, Parser,
    Payload, TypeRef, ValidPayload, Validator,
};
use wrt_format::image::SubType;
use wrt_format::image::types::{Composite, FieldType, HeapType, PAGE_LOG2, ValType, val};

/// The first bytes of a component: the magic number, then version 13, layer 1.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Largest module: offsets in it are u32.
const MAX_MODULE_BYTES: u64 = u32::MAX as u64;

/// Decodes a binary module and validates all of it but the function bodies.
///
/// # Errors
/// `Invalid` with the broken rule and its byte offset; `Unsupported` with the feature's name and the offset of its first use;
/// `TooLarge` for modules of 4 GiB.
pub fn parse(wasm: &[u8]) -> Result<ValidModule<'_>, Error> {
    parse_with(wasm, Features::ALL)
}

/// As [`parse`], for modules that use no more than these features.
///
/// # Errors
/// As those of [`parse`].
pub fn parse_with(wasm: &[u8], features: Features) -> Result<ValidModule<'_>, Error> {
    if wasm.starts_with(COMPONENT_HEADER) {
        return Err(Error::unsupported("component", 0));
    }
    if wasm.len() as u64 > MAX_MODULE_BYTES {
        return Err(Error::too_large("module bytes", MAX_MODULE_BYTES));
    }
    decode(wasm, features).map_err(|error| explain(wasm, features, error))
}

fn decode(wasm: &[u8], features: Features) -> Result<ValidModule<'_>, Error> {
    let mut module = empty(wasm, features);
    let mut validator = Validator::new_with_features(features.0);
    let mut parser = Parser::new(0);
    parser.set_features(features.0);
    for payload in parser.parse_all(wasm) {
        let payload = payload.map_err(|error| provisional(&error))?;
        let valid = validator
            .payload(&payload)
            .map_err(|error| provisional(&error))?;
        if let ValidPayload::Func(func, body) = valid {
            module.resources.get_or_insert(func.resources);
            module.bodies.push(body);
        } else {
            module.section(payload)?;
        }
    }
    module.canonical_types = super::groups::canonicalise(&module.types);
    Ok(module)
}

fn empty(wasm: &[u8], features: Features) -> ValidModule<'_> {
    ValidModule {
        wasm,
        types: Vec::new(),
        imports: Vec::new(),
        funcs: Vec::new(),
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        imported_funcs: 0,
        imported_tables: 0,
        imported_memories: 0,
        imported_globals: 0,
        imported_tags: 0,
        table_inits: Vec::new(),
        global_inits: Vec::new(),
        tags: Vec::new(),
        exports: Vec::new(),
        elems: Vec::new(),
        datas: Vec::new(),
        start: None,
        module_name: None,
        func_names: Vec::new(),
        hints: Vec::new(),
        canonical_types: Vec::new(),
        bodies: Vec::new(),
        resources: None,
        features,
    }
}

impl<'a> ValidModule<'a> {
    /// Copies a section that the validator has accepted.
    fn section(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(reader) => {
                each(reader, |item| {
                    self.types.extend(group(item)?);
                    Ok(())
                })?;
            }
            Payload::ImportSection(reader) => {
                for import in reader.into_imports_with_offsets() {
                    let (offset, import) = import.map_err(|error| provisional(&error))?;
                    self.import(&import).map_err(|error| error.at(offset))?;
                }
            }
            Payload::FunctionSection(reader) => self.funcs.extend(items(reader)?),
            Payload::TableSection(reader) => {
                each(reader, |table| {
                    self.tables.push(table_type(&table.ty)?);
                    self.table_inits.push(match &table.init {
                        wasmparser::TableInit::RefNull => None,
                        wasmparser::TableInit::Expr(init) => Some(self.const_expr(init)?),
                    });
                    Ok(())
                })?;
            }
            Payload::MemorySection(reader) => {
                self.memories.extend(items(reader)?.iter().map(memory_type));
            }
            Payload::GlobalSection(reader) => {
                each(reader, |global| {
                    self.globals.push(global_type(&global.ty)?);
                    self.global_inits.push(self.const_expr(&global.init_expr)?);
                    Ok(())
                })?;
            }
            Payload::TagSection(reader) => {
                (self.tags).extend(items(reader)?.iter().map(|ty| ty.func_type_idx));
            }
            Payload::ExportSection(reader) => {
                for export in items(reader)? {
                    self.exports.push(Export {
                        name: export.name,
                        kind: extern_kind(export.kind)?,
                        index: export.index,
                    });
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(reader) => {
                each(reader, |elem| {
                    self.elems.push(self.decode_elem(elem)?);
                    Ok(())
                })?;
            }
            Payload::DataSection(reader) => {
                for data in items(reader)? {
                    self.datas.push(self.decode_data(&data)?);
                }
            }
            Payload::CustomSection(section) => self.custom(&section),
            // The rest carries nothing beyond what the validator has looked at; sections of refused features do not come here.
            _ => {}
        }
        Ok(())
    }

    /// Keeps names and branch hints; a malformed section of these says nothing about the module: what could be read of it is dropped.
    fn custom(&mut self, section: &wasmparser::CustomSectionReader<'a>) {
        match section.as_known() {
            KnownCustom::Name(names) => {
                let read = self.names(names);
                if read.is_err() {
                    self.module_name = None;
                    self.func_names.clear();
                }
            }
            // Hints come before the code, in one section.
            KnownCustom::BranchHints(hints) if self.bodies.is_empty() && self.hints.is_empty() => {
                self.hints = branch_hints(hints).unwrap_or_default();
            }
            _ => {}
        }
    }

    fn import(&mut self, import: &wasmparser::Import<'a>) -> Result<(), Error> {
        let ty = match import.ty {
            TypeRef::Func(ty) => {
                self.funcs.push(ty);
                self.imported_funcs += 1;
                ExternType::Func(ty)
            }
            TypeRef::Table(ty) => {
                let ty = table_type(&ty)?;
                self.tables.push(ty);
                self.imported_tables += 1;
                ExternType::Table(ty)
            }
            TypeRef::Memory(ty) => {
                let ty = memory_type(&ty);
                self.memories.push(ty);
                self.imported_memories += 1;
                ExternType::Memory(ty)
            }
            TypeRef::Global(ty) => {
                let ty = global_type(&ty)?;
                self.globals.push(ty);
                self.imported_globals += 1;
                ExternType::Global(ty)
            }
            TypeRef::Tag(ty) => {
                self.tags.push(ty.func_type_idx);
                self.imported_tags += 1;
                ExternType::Tag(ty.func_type_idx)
            }
            TypeRef::FuncExact(_) => return Err(unexpected("import")),
        };
        self.imports.push(Import {
            module: import.module,
            name: import.name,
            ty,
        });
        Ok(())
    }

    fn decode_elem(&self, elem: wasmparser::Element<'_>) -> Result<Elem, Error> {
        let mode = match elem.kind {
            ElementKind::Passive => ElemMode::Passive,
            ElementKind::Declared => ElemMode::Declared,
            ElementKind::Active {
                table_index,
                offset_expr,
            } => ElemMode::Active {
                table: table_index.unwrap_or(0),
                offset: self.const_expr(&offset_expr)?,
            },
        };
        let (ty, items) = match elem.items {
            ElementItems::Functions(funcs) => {
                // References to functions are never null, but for most tables that says nothing.
                let nullable = match &mode {
                    ElemMode::Active { table, .. } => {
                        self.tables[*table as usize].elem == val::FUNCREF
                    }
                    ElemMode::Passive | ElemMode::Declared => true,
                };
                let ty = ValType::reference(HeapType::Func, nullable);
                (ty, ElemItems::Funcs(items(funcs)?))
            }
            ElementItems::Expressions(ty, exprs) => {
                let exprs = items(exprs)?;
                let exprs = exprs
                    .iter()
                    .map(|expr| self.const_expr(expr))
                    .collect::<Result<_, _>>();
                (ref_type(ty)?, ElemItems::Exprs(exprs?))
            }
        };
        Ok(Elem { ty, mode, items })
    }

    fn names(&mut self, names: wasmparser::NameSectionReader<'a>) -> wasmparser::Result<()> {
        for name in names {
            match name? {
                Name::Module { name, .. } => self.module_name = Some(name),
                Name::Function(map) => {
                    for naming in map {
                        let naming = naming?;
                        self.func_names.push((naming.index, naming.name));
                    }
                }
                // Names of other things are not kept.
                _ => {}
            }
        }
        // Ascending within one subsection; a hostile section may have several.
        if self.func_names.is_sorted_by(|a, b| a.0 < b.0) {
            return Ok(());
        }
        self.func_names.sort_by_key(|&(idx, _)| idx);
        self.func_names.dedup_by_key(|&mut (idx, _)| idx);
        Ok(())
    }
}

/// Calls `f` with each item of a section; its errors are placed at the item.
fn each<'a, T: wasmparser::FromReader<'a>>(
    reader: wasmparser::SectionLimited<'a, T>,
    mut f: impl FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    for item in reader.into_iter_with_offsets() {
        let (offset, item) = item.map_err(|error| provisional(&error))?;
        f(item).map_err(|error| error.at(offset))?;
    }
    Ok(())
}

/// All items of a section. The validator has read them before, so errors do not occur.
fn items<'a, T: wasmparser::FromReader<'a>>(
    reader: wasmparser::SectionLimited<'a, T>,
) -> Result<Vec<T>, Error> {
    reader
        .into_iter()
        .collect::<wasmparser::Result<_>>()
        .map_err(|error| provisional(&error))
}

/// The validator let something pass that [`ACCEPTED`] excludes.
#[cold]
fn unexpected(what: &str) -> Error {
    Error::internal(format!("the validator accepted an unknown {what}"))
}

/// A Wasm value type.
pub(crate) fn value_type(ty: wasmparser::ValType) -> Result<ValType, Error> {
    match ty {
        wasmparser::ValType::I32 => Ok(val::I32),
        wasmparser::ValType::I64 => Ok(val::I64),
        wasmparser::ValType::F32 => Ok(val::F32),
        wasmparser::ValType::F64 => Ok(val::F64),
        wasmparser::ValType::V128 => Ok(val::V128),
        wasmparser::ValType::Ref(ty) => ref_type(ty),
    }
}

/// A Wasm reference type.
pub(crate) fn ref_type(ty: wasmparser::RefType) -> Result<ValType, Error> {
    Ok(ValType::reference(
        heap_type(ty.heap_type())?,
        ty.is_nullable(),
    ))
}

/// What a reference refers to. The error has no offset yet.
pub(crate) fn heap_type(ty: wasmparser::HeapType) -> Result<HeapType, Error> {
    use wasmparser::{AbstractHeapType as Abstract, HeapType as Heap};
    match ty {
        Heap::Concrete(index) => match index.as_module_index() {
            Some(index) => Ok(HeapType::Defined(index)),
            None => Err(unexpected("type index")),
        },
        Heap::Abstract { shared: false, ty } => match ty {
            Abstract::Func => Ok(HeapType::Func),
            Abstract::NoFunc => Ok(HeapType::NoFunc),
            Abstract::Extern => Ok(HeapType::Extern),
            Abstract::NoExtern => Ok(HeapType::NoExtern),
            Abstract::Any => Ok(HeapType::Any),
            Abstract::None => Ok(HeapType::None),
            Abstract::Eq => Ok(HeapType::Eq),
            Abstract::Struct => Ok(HeapType::Struct),
            Abstract::Array => Ok(HeapType::Array),
            Abstract::I31 => Ok(HeapType::I31),
            Abstract::Exn => Ok(HeapType::Exn),
            Abstract::NoExn => Ok(HeapType::NoExn),
            _ => Err(unexpected("heap type")),
        },
        Heap::Abstract { .. } | Heap::Exact(_) => Err(unexpected("heap type")),
    }
}

/// The types of a recursive group.
fn group(group: wasmparser::RecGroup) -> Result<Vec<FuncType>, Error> {
    let define = |(in_group, ty): (u32, wasmparser::SubType)| {
        let supertype = ty.supertype_idxs.first();
        let sub = SubType {
            supertype: supertype.and_then(|index| index.as_module_index()),
            open: !ty.is_final,
            in_group,
        };
        let types = |types: &[wasmparser::ValType]| {
            let types = types.iter().map(|&ty| value_type(ty));
            types.collect::<Result<Vec<_>, _>>()
        };
        let of = |composite, fields| FuncType {
            composite,
            fields,
            sub,
            ..FuncType::default()
        };
        Ok(match &ty.composite_type.inner {
            CompositeInnerType::Func(func) => FuncType {
                params: types(func.params())?,
                results: types(func.results())?,
                ..of(Composite::Func, Vec::new())
            },
            CompositeInnerType::Array(array) => of(Composite::Array, vec![field(&array.0)?]),
            CompositeInnerType::Struct(it) => {
                let fields = it.fields.iter().map(field).collect::<Result<_, _>>();
                of(Composite::Struct, fields?)
            }
            CompositeInnerType::Cont(_) => return Err(unexpected("type")),
        })
    };
    (0..).zip(group.into_types()).map(define).collect()
}

fn field(field: &wasmparser::FieldType) -> Result<FieldType, Error> {
    Ok(FieldType {
        ty: match field.element_type {
            wasmparser::StorageType::I8 => val::I8,
            wasmparser::StorageType::I16 => val::I16,
            wasmparser::StorageType::Val(ty) => value_type(ty)?,
        },
        mutable: field.mutable,
    })
}

fn table_type(ty: &wasmparser::TableType) -> Result<TableType, Error> {
    Ok(TableType {
        elem: ref_type(ty.element_type)?,
        is64: ty.table64,
        min: ty.initial,
        max: ty.maximum,
    })
}

fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        is64: ty.memory64,
        shared: ty.shared,
        page_log2: ty.page_size_log2.map_or(PAGE_LOG2, |log2| log2 as u8),
        min: ty.initial,
        max: ty.maximum,
    }
}

fn global_type(ty: &wasmparser::GlobalType) -> Result<GlobalType, Error> {
    Ok(GlobalType {
        ty: value_type(ty.content_type)?,
        mutable: ty.mutable,
    })
}

/// The hints, if they are in order: functions and offsets ascend.
fn branch_hints(reader: wasmparser::BranchHintSectionReader<'_>) -> Option<Vec<Hint>> {
    let mut hints: Vec<Hint> = Vec::new();
    for func in reader {
        let func = func.ok()?;
        if hints.last().is_some_and(|last| last.func_idx >= func.func) {
            return None;
        }
        for hint in func.hints {
            let hint = hint.ok()?;
            hints.push(Hint {
                func_idx: func.func,
                offset: hint.func_offset,
                taken: hint.taken,
            });
        }
    }
    let key = |hint: &Hint| (hint.func_idx, hint.offset);
    hints.is_sorted_by(|a, b| key(a) < key(b)).then_some(hints)
}

fn extern_kind(kind: ExternalKind) -> Result<ExternKind, Error> {
    match kind {
        ExternalKind::Func => Ok(ExternKind::Func),
        ExternalKind::Table => Ok(ExternKind::Table),
        ExternalKind::Memory => Ok(ExternKind::Memory),
        ExternalKind::Global => Ok(ExternKind::Global),
        ExternalKind::Tag => Ok(ExternKind::Tag),
        ExternalKind::FuncExact => Err(unexpected("export")),
    }
}
