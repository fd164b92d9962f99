//! Putting sections together: order, alignment, hashes, section table, header.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::cow::{self, Run};
use super::debug;
use super::metadata::{self, RootBuilder};
use super::side;
use super::spec::{
    ConstExpr, ElemItems, FuncTypeSpec, ImageSpec, ImportSpec, ModuleSpec, WriteError,
};
use crate::image::features;
use crate::image::func::{RawFuncRecord, Signature};
use crate::image::header::{self, Budgets, HEADER_LEN, Header};
use crate::image::items::SubType;
use crate::image::section::{self, Kind, Section, SectionTable, UNIT_LEN, root_hash};
use crate::image::types::{Composite, ConstOp, ExternKind, ExternType, PAGE_LOG2, ValType, val};
use crate::isa::{Control, ISA_ID, PROLOGUE, instructions};

/// A section and its bytes.
type Part = (Section, Vec<u8>);

/// Writes an image.
///
/// # Errors
/// When it is too large for the format. Whether it means anything is not checked.
pub fn write(spec: &ImageSpec) -> Result<Vec<u8>, WriteError> {
    let mut root = RootBuilder {
        modules: Vec::with_capacity(spec.modules.len()),
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut required = 0;
    for (index, module) in spec.modules.iter().enumerate() {
        let index = u16::try_from(index).map_err(|_| WriteError::TooLarge)?;
        let features = module.features | features_of(module);
        required |= features;
        let (flattened, runs) = cow::flatten(module);
        let mut elems = Vec::new();
        let metadata = metadata::module(module, &flattened, features, &mut elems)?;
        root.modules.push(metadata);
        parts.extend(sections(module, index, &flattened, &elems)?);
        parts.extend(runs.into_iter().map(|run| cow_section(index, run)));
    }
    parts.push(section(Kind::Root, 0, root.to_bytes()?));
    parts.retain(|(section, bytes)| section.kind == Kind::Code as u8 || !bytes.is_empty());
    parts.sort_by_key(|(section, _)| section.order());
    let header = Header {
        major: header::MAJOR,
        minor: header::MINOR,
        isa_id: ISA_ID,
        required_features: required,
        min_runner: header::RUNNER_VERSION as u16,
        budgets: budgets(spec),
        hash_alg: header::HASH_SHA256,
        page_align_log2: header::COW_ALIGN_LOG2,
        word_log2: 1,
        build_id: spec.build_id,
        ..Header::default()
    };
    assemble(header, parts)
}

fn section(kind: Kind, index: u16, bytes: Vec<u8>) -> Part {
    let flags = if kind.is_optional() {
        0
    } else {
        section::REQUIRED
    };
    let section = Section {
        kind: kind as u8,
        flags,
        align_log2: kind.align_log2(),
        index,
        len: bytes.len() as u32,
        ..Section::default()
    };
    (section, bytes)
}

fn cow_section(index: u16, run: Run) -> Part {
    let (mut section, bytes) = section(Kind::DataCow, index, run.bytes);
    let page = (run.address >> header::COW_ALIGN_LOG2) as u32;
    section.place = Some((run.memory, page));
    (section, bytes)
}

fn words_to_bytes(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// Appends the code of a function.
fn put_words(out: &mut Vec<u8>, words: &[u16]) {
    out.reserve(words.len() * 2);
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

/// What the records of functions of a type say of it.
fn signature(module: &ModuleSpec, type_idx: u32) -> Result<Signature, WriteError> {
    let ty = module.types.get(type_idx as usize);
    let slots = |vals: &[ValType]| {
        u16::try_from(val::slot_count(vals)).map_err(|_| WriteError::TooManySlots)
    };
    Ok(Signature::new(
        type_idx,
        slots(ty.map_or(&[], |ty| &ty.params))?,
        slots(ty.map_or(&[], |ty| &ty.results))?,
    ))
}

/// All sections of a module but ROOT and DATA-COW; some may be empty.
fn sections(
    module: &ModuleSpec,
    index: u16,
    flattened: &[bool],
    elems: &[u32],
) -> Result<Vec<Part>, WriteError> {
    let mut code: Vec<u8> = PROLOGUE.into_iter().flat_map(u16::to_le_bytes).collect();
    let mut decoys = Vec::new();
    let mut handlers = Vec::new();
    let mut around = Vec::new();
    let mut records = Vec::new();
    let mut refs = Vec::new();
    for (i, func) in module.funcs.iter().enumerate() {
        let word = |value: usize| u32::try_from(value).map_err(|_| WriteError::TooLarge);
        let start = word(code.len() / 2)?;
        let record = RawFuncRecord::new(start, signature(module, func.type_idx)?);
        records.extend_from_slice(bytemuck::bytes_of(&record));
        refs.push(func.refs);
        decoys.extend(side::decoys(&func.code).map(|at| start + at));
        let rows = module.handlers.get(i).map_or(&[][..], Vec::as_slice);
        for row in rows.iter().map(|row| row.moved(start).encode()) {
            handlers.extend_from_slice(bytemuck::bytes_of(&row));
        }
        let rows = module.around.get(i).map_or(&[][..], Vec::as_slice);
        around.extend((rows.iter()).flat_map(|row| row.moved(start).encode().to_le_bytes()));
        put_words(&mut code, &func.code);
    }
    if refs.iter().all(|&refs| refs == 0) {
        refs.clear();
    }
    let of_functions = |import: &&ImportSpec| import.ty.kind() == ExternKind::Func;
    let imported = module.imports.iter().filter(of_functions).count();
    let datas = module.datas.iter().zip(flattened);
    let kept = datas.filter(|&(_, &flattened)| !flattened);
    let data = kept
        .flat_map(|(data, _)| data.bytes.iter().copied())
        .collect();
    Ok([
        (Kind::Func, records),
        (Kind::Code, code),
        (
            Kind::Refs,
            refs.into_iter().flat_map(u16::to_le_bytes).collect(),
        ),
        (Kind::Const, words_to_bytes(module.pool.iter().copied())),
        (Kind::Data, data),
        (
            Kind::Elem,
            elems.iter().flat_map(|word| word.to_le_bytes()).collect(),
        ),
        (
            Kind::Decoys,
            decoys.into_iter().flat_map(u32::to_le_bytes).collect(),
        ),
        (Kind::Handlers, handlers),
        (Kind::Around, around),
        (Kind::ExportIndex, side::export_index(&module.exports)?),
        (
            Kind::Names,
            side::names(&module.func_names, imported + module.funcs.len())?,
        ),
        (Kind::Lines, side::lines(&module.lines, &module.funcs)?),
        (Kind::Debug, debug::section(module)?),
        (Kind::Inlined, side::inlined(&module.inlined)?),
    ]
    .into_iter()
    .map(|(kind, bytes)| section(kind, index, bytes))
    .collect())
}

/// Images of this size have the hashes of their sections one by one, so that a device can check what it is about to use.
const HASHES_FROM: usize = 64 << 10;

/// Lays out the sections behind header and table.
fn assemble(mut header: Header, mut parts: Vec<Part>) -> Result<Vec<u8>, WriteError> {
    let sum = parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    // The image is not longer than that.
    let padding = parts
        .iter()
        .map(|(section, _)| 1usize << section.align_log2)
        .sum::<usize>();
    if sum + padding + (parts.len() + 8) * 64 > header::MAX_IMAGE_LEN as usize {
        return Err(WriteError::TooLarge);
    }
    let digests = parts.iter().map(|(_, bytes)| Sha256::digest(bytes).into());
    let digests: Vec<[u8; 32]> = digests.collect();
    if sum >= HASHES_FROM {
        parts.push(section(Kind::Hashes, 0, digests.concat()));
        parts.sort_by_key(|(section, _)| section.order());
    }
    let entries = parts.iter().flat_map(|(section, _)| section.encode());
    let mut out = alloc::vec![0; HEADER_LEN as usize];
    out.extend(entries);
    header.table_units = (out.len() as u32 - HEADER_LEN) / UNIT_LEN;
    let table_end = out.len();
    for (section, bytes) in parts {
        out.resize(out.len().next_multiple_of(1 << section.align_log2), 0);
        out.extend_from_slice(&bytes);
    }
    header.total_len = out.len() as u32;
    let table = SectionTable::of(&out, header.table_units).ok_or(WriteError::TooLarge)?;
    header.hash = root_hash(table, digests.into_iter());
    let encoded = header.encode(&out[HEADER_LEN as usize..table_end]);
    out[..HEADER_LEN as usize].copy_from_slice(&encoded);
    Ok(out)
}

/// What all modules together ask for at least, by the rules of `FORMAT.md`.
fn budgets(spec: &ImageSpec) -> Budgets {
    let word = |total: u64| u32::try_from(total).unwrap_or(u32::MAX);
    let modules = || spec.modules.iter();
    let sum = |values: &mut dyn Iterator<Item = u64>| word(values.fold(0, u64::saturating_add));
    let units = |pages: u64, page_log2: u8| {
        let bytes = u128::from(pages) << page_log2.min(63);
        u64::try_from(bytes.div_ceil(1 << 16)).unwrap_or(u64::MAX)
    };
    let memories = || modules().flat_map(|module| &module.memories);
    let frames = modules()
        .flat_map(|module| &module.funcs)
        .map(|func| func.frame);
    Budgets {
        max_frame_slots: frames.max().unwrap_or(0).into(),
        min_mem_64k: sum(&mut memories().map(|ty| units(ty.min, ty.page_log2))),
        max_mem_64k: sum(&mut memories().map(|ty| match ty.max {
            Some(max) => units(max, ty.page_log2),
            None => u64::MAX,
        })),
        table_elems: sum(&mut modules()
            .flat_map(|module| &module.tables)
            .map(|table| table.ty.min)),
        globals: sum(&mut modules().map(|module| module.globals.len() as u64)),
    }
}

/// The features that can be seen from a module's parts.
fn features_of(module: &ModuleSpec) -> u64 {
    let imports = module.imports.iter().map(|import| import.ty);
    let tables = module
        .tables
        .iter()
        .map(|table| ExternType::Table(table.ty));
    let memories = module.memories.iter().copied().map(ExternType::Memory);
    let tags = module.tags.iter().copied().map(ExternType::Tag);
    let mut found = 0;
    let mut memory_count = 0;
    for ty in imports.chain(tables).chain(memories).chain(tags) {
        match ty {
            ExternType::Table(ty) if ty.is64 => found |= features::MEMORY64,
            ExternType::Memory(ty) => {
                memory_count += 1;
                found |= if ty.is64 { features::MEMORY64 } else { 0 };
                found |= if ty.shared { features::THREADS } else { 0 };
                found |= match ty.page_log2 {
                    PAGE_LOG2 => 0,
                    _ => features::CUSTOM_PAGE_SIZES,
                };
            }
            ExternType::Tag(_) => found |= features::EXCEPTIONS,
            ExternType::Func(_) | ExternType::Table(_) | ExternType::Global(_) => {}
        }
    }
    found |= if is_collected(module) {
        features::GC
    } else {
        0
    };
    found |= if memory_count > 1 {
        features::MULTI_MEMORY
    } else {
        0
    };
    if has_typed_references(module) {
        found |= features::FUNCTION_REFERENCES;
    }
    let globals = module
        .imports
        .iter()
        .filter(|import| import.ty.kind() == ExternKind::Global);
    let imported_globals = globals.count() as u32;
    let extended = |op: &ConstOp| match op {
        ConstOp::Const(_) | ConstOp::RefFunc(_) | ConstOp::V128 => false,
        ConstOp::GlobalGet(i) => *i >= imported_globals,
        ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => true,
        ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => true,
        ConstOp::RefI31
        | ConstOp::StructNew(_)
        | ConstOp::StructSet(_)
        | ConstOp::ArrayNew(_)
        | ConstOp::ArrayFill
        | ConstOp::ArraySet(_)
        | ConstOp::AnyConvertExtern
        | ConstOp::ExternConvertAny => false,
    };
    found |= if exprs(module).any(|expr| expr.0.iter().any(extended)) {
        features::EXTENDED_CONST
    } else {
        0
    };
    let catches = module.handlers.iter().any(|rows| !rows.is_empty());
    if catches || vals(module).any(ValType::is_exn) {
        found |= features::EXCEPTIONS;
    }
    found | features_of_code(module) | features_of_values(module)
}

/// The features that can be seen from a module's instructions.
fn features_of_code(module: &ModuleSpec) -> u64 {
    let ops = module.funcs.iter().flat_map(|func| {
        let ops = instructions(&func.code);
        ops.filter_map(|(_, op, _)| op)
    });
    ops.map(|op| op.info()).fold(0, |found, info| {
        let tail_call = info.control == Control::TailCall;
        let vector = info.fields.iter().any(|field| field.role.is_pair());
        found
            | info.feature() & features::EXCEPTIONS
            | (if tail_call { features::TAIL_CALL } else { 0 })
            | (if vector { features::SIMD } else { 0 })
            | info.feature()
    })
}

/// The features that can be seen from the types of values that go in and out of a module and its functions.
fn features_of_values(module: &ModuleSpec) -> u64 {
    let types = module.types.iter();
    let of_types = types.flat_map(|ty| ty.params.iter().chain(&ty.results).copied());
    let of_globals = module.globals.iter().map(|global| global.ty.ty);
    let of_imports = module.imports.iter().filter_map(|import| match import.ty {
        ExternType::Global(ty) => Some(ty.ty),
        ExternType::Func(_) | ExternType::Table(_) | ExternType::Memory(_) | ExternType::Tag(_) => {
            None
        }
    });
    let of_fields = module.types.iter().flat_map(|ty| &ty.fields);
    let of_fields = of_fields.map(|field| field.ty);
    let mut all = of_types
        .chain(of_globals)
        .chain(of_imports)
        .chain(of_fields);
    if all.any(|ty| ty == val::V128) {
        features::SIMD
    } else {
        0
    }
}

/// All value types that a module names outside of its functions.
fn vals(module: &ModuleSpec) -> impl Iterator<Item = ValType> {
    let fields = module.types.iter().flat_map(|ty| &ty.fields);
    let fields = fields.map(|field| field.ty);
    let vals = module
        .types
        .iter()
        .flat_map(|ty| ty.params.iter().chain(&ty.results));
    let imports = module.imports.iter().filter_map(|import| match import.ty {
        ExternType::Table(ty) => Some(ty.elem),
        ExternType::Global(ty) => Some(ty.ty),
        ExternType::Func(_) | ExternType::Memory(_) | ExternType::Tag(_) => None,
    });
    vals.copied()
        .chain(imports)
        .chain(fields)
        .chain(module.tables.iter().map(|table| table.ty.elem))
        .chain(module.globals.iter().map(|global| global.ty.ty))
        .chain(module.elems.iter().map(|elem| elem.ty))
}

/// Whether a module has types, operators or instructions of garbage collection.
fn is_collected(module: &ModuleSpec) -> bool {
    let mut ops = module.funcs.iter().flat_map(|func| {
        let ops = instructions(&func.code);
        ops.filter_map(|(_, op, _)| op)
    });
    let mut types = module.types.iter();
    types.any(|ty| ty.composite != Composite::Func)
        || vals(module).any(|ty| ty.as_ref().is_some_and(|(heap, _)| heap.is_collected()))
        || ops.any(|op| op.info().feature() == features::GC)
        || exprs(module).any(|expr| expr.0.iter().any(|op| op.is_collected()))
}

/// Whether a type is one that Wasm 2.0 does not have.
fn has_typed_references(module: &ModuleSpec) -> bool {
    let declared = |ty: &FuncTypeSpec| ty.sub != SubType::default();
    let mut ops = module.funcs.iter().flat_map(|func| {
        let ops = instructions(&func.code);
        ops.filter_map(|(_, op, _)| op)
    });
    let typed =
        |ty: ValType| ty.is_ref() && ty != val::FUNCREF && ty != val::EXTERNREF && !ty.is_exn();
    vals(module).any(typed)
        || module.types.iter().any(declared)
        || ops.any(|op| op.info().feature() == features::FUNCTION_REFERENCES)
}

/// All constant expressions of a module.
fn exprs(module: &ModuleSpec) -> impl Iterator<Item = &ConstExpr> {
    use super::spec::{DataMode, ElemMode};
    let tables = module.tables.iter().filter_map(|table| table.init.as_ref());
    let globals = module.globals.iter().map(|global| &global.init);
    let elem_offsets = module.elems.iter().filter_map(|elem| match &elem.mode {
        ElemMode::Active { offset, .. } => Some(offset),
        ElemMode::Passive | ElemMode::Declared => None,
    });
    let data_offsets = module.datas.iter().filter_map(|data| match &data.mode {
        DataMode::Active { offset, .. } => Some(offset),
        DataMode::Passive => None,
    });
    let items = module.elems.iter().flat_map(|elem| match &elem.items {
        ElemItems::Funcs(_) => &[][..],
        ElemItems::Exprs(exprs) => exprs.as_slice(),
    });
    tables
        .chain(globals)
        .chain(elem_offsets)
        .chain(data_offsets)
        .chain(items)
}
