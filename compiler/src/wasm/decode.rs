//! From bytes to [`ValidModule`]: one pass over the sections, each validated and then copied into plain data. Function bodies are
//! only delimited here; see [`super::body`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators and sections belong to refused features, and new ones may come"
)]

use super::features::{ACCEPTED, explain, provisional};
use super::{
    ConstExpr, ConstOp, Data, DataMode, Elem, ElemItems, ElemMode, Export, ExternKind, ExternType,
    FuncType, GlobalType, Import, MemoryType, TableType, ValidModule,
};
use crate::error::Error;
use crate::ir::Type;
use std::collections::HashMap;
use wasmparser::{
    CompositeInnerType, DataKind, ElementItems, ElementKind, ExternalKind, KnownCustom, Name,
    Operator, Parser, Payload, TypeRef, ValType, ValidPayload, Validator,
};

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
    if wasm.starts_with(COMPONENT_HEADER) {
        return Err(Error::unsupported("component", 0));
    }
    if wasm.len() as u64 > MAX_MODULE_BYTES {
        return Err(Error::too_large("module bytes", MAX_MODULE_BYTES));
    }
    decode(wasm).map_err(|error| explain(wasm, error))
}

fn decode(wasm: &[u8]) -> Result<ValidModule<'_>, Error> {
    let mut module = empty(wasm);
    let mut validator = Validator::new_with_features(ACCEPTED);
    let mut parser = Parser::new(0);
    parser.set_features(ACCEPTED);
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
    module.canonical_types = canonicalise(&module.types);
    Ok(module)
}

fn empty(wasm: &[u8]) -> ValidModule<'_> {
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
        global_inits: Vec::new(),
        exports: Vec::new(),
        elems: Vec::new(),
        datas: Vec::new(),
        start: None,
        module_name: None,
        func_names: Vec::new(),
        canonical_types: Vec::new(),
        bodies: Vec::new(),
        resources: None,
        features: ACCEPTED,
    }
}

/// For each type the first index of an equal one.
fn canonicalise(types: &[FuncType]) -> Vec<u32> {
    let mut first = HashMap::with_capacity(types.len());
    types
        .iter()
        .enumerate()
        .map(|(idx, ty)| *first.entry(ty).or_insert(idx as u32))
        .collect()
}

impl<'a> ValidModule<'a> {
    /// Copies a section that the validator has accepted.
    fn section(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(reader) => {
                for group in items(reader)? {
                    for ty in group.into_types() {
                        self.types.push(func_type(&ty.composite_type.inner)?);
                    }
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    self.import(&import.map_err(|error| provisional(&error))?)?;
                }
            }
            Payload::FunctionSection(reader) => self.funcs.extend(items(reader)?),
            Payload::TableSection(reader) => {
                for table in items(reader)? {
                    self.tables.push(table_type(&table.ty)?);
                }
            }
            Payload::MemorySection(reader) => {
                self.memories.extend(items(reader)?.iter().map(memory_type));
            }
            Payload::GlobalSection(reader) => {
                for global in items(reader)? {
                    self.globals.push(global_type(&global.ty)?);
                    self.global_inits.push(const_expr(&global.init_expr)?);
                }
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
                for elem in items(reader)? {
                    self.elems.push(decode_elem(elem)?);
                }
            }
            Payload::DataSection(reader) => {
                for data in items(reader)? {
                    self.datas.push(decode_data(&data)?);
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    // A malformed name section says nothing about the module: what could be read of it is dropped.
                    if self.names(names).is_err() {
                        self.module_name = None;
                        self.func_names.clear();
                    }
                }
            }
            // The rest carries nothing beyond what the validator has looked at; sections of refused features do not come here.
            _ => {}
        }
        Ok(())
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
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => return Err(unexpected("import")),
        };
        self.imports.push(Import {
            module: import.module,
            name: import.name,
            ty,
        });
        Ok(())
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

/// A Wasm value type as a type of the IR.
pub(crate) fn value_type(ty: ValType) -> Result<Type, Error> {
    match ty {
        ValType::I32 => Ok(Type::I32),
        ValType::I64 => Ok(Type::I64),
        ValType::F32 => Ok(Type::F32),
        ValType::F64 => Ok(Type::F64),
        ValType::V128 => Err(unexpected("value type")),
        ValType::Ref(ty) => ref_type(ty),
    }
}

fn ref_type(ty: wasmparser::RefType) -> Result<Type, Error> {
    if ty == wasmparser::RefType::FUNCREF {
        Ok(Type::FuncRef)
    } else if ty == wasmparser::RefType::EXTERNREF {
        Ok(Type::ExternRef)
    } else {
        Err(unexpected("reference type"))
    }
}

fn func_type(ty: &CompositeInnerType) -> Result<FuncType, Error> {
    let CompositeInnerType::Func(ty) = ty else {
        return Err(unexpected("type definition"));
    };
    let types = |types: &[ValType]| {
        let types = types.iter().map(|&ty| value_type(ty));
        types.collect::<Result<Vec<_>, _>>()
    };
    Ok(FuncType {
        params: types(ty.params())?,
        results: types(ty.results())?,
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

fn extern_kind(kind: ExternalKind) -> Result<ExternKind, Error> {
    match kind {
        ExternalKind::Func => Ok(ExternKind::Func),
        ExternalKind::Table => Ok(ExternKind::Table),
        ExternalKind::Memory => Ok(ExternKind::Memory),
        ExternalKind::Global => Ok(ExternKind::Global),
        ExternalKind::Tag | ExternalKind::FuncExact => Err(unexpected("export")),
    }
}

fn decode_elem(elem: wasmparser::Element<'_>) -> Result<Elem, Error> {
    let mode = match elem.kind {
        ElementKind::Passive => ElemMode::Passive,
        ElementKind::Declared => ElemMode::Declared,
        ElementKind::Active {
            table_index,
            offset_expr,
        } => ElemMode::Active {
            table: table_index.unwrap_or(0),
            offset: const_expr(&offset_expr)?,
        },
    };
    let (ty, items) = match elem.items {
        ElementItems::Functions(funcs) => (Type::FuncRef, ElemItems::Funcs(items(funcs)?)),
        ElementItems::Expressions(ty, exprs) => {
            let exprs = items(exprs)?;
            let exprs = exprs.iter().map(const_expr).collect::<Result<_, _>>();
            (ref_type(ty)?, ElemItems::Exprs(exprs?))
        }
    };
    Ok(Elem { ty, mode, items })
}

fn decode_data<'a>(data: &wasmparser::Data<'a>) -> Result<Data<'a>, Error> {
    let mode = match &data.kind {
        DataKind::Passive => DataMode::Passive,
        DataKind::Active {
            memory_index,
            offset_expr,
        } => DataMode::Active {
            mem: *memory_index,
            offset: const_expr(offset_expr)?,
        },
    };
    Ok(Data {
        mode,
        bytes: data.data,
    })
}

fn const_expr(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Error> {
    let mut ops = Vec::new();
    for op in expr.get_operators_reader() {
        ops.push(match op.map_err(|error| provisional(&error))? {
            Operator::I32Const { value } => ConstOp::Const(u64::from(value.cast_unsigned())),
            Operator::I64Const { value } => ConstOp::Const(value.cast_unsigned()),
            Operator::F32Const { value } => ConstOp::Const(u64::from(value.bits())),
            Operator::F64Const { value } => ConstOp::Const(value.bits()),
            Operator::RefNull { .. } => ConstOp::Const(0),
            Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
            Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
            Operator::I32Add => ConstOp::I32Add,
            Operator::I32Sub => ConstOp::I32Sub,
            Operator::I32Mul => ConstOp::I32Mul,
            Operator::I64Add => ConstOp::I64Add,
            Operator::I64Sub => ConstOp::I64Sub,
            Operator::I64Mul => ConstOp::I64Mul,
            Operator::End => continue,
            _ => return Err(unexpected("constant expression")),
        });
    }
    Ok(ops)
}
