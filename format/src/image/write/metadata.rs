//! The ROOT archive: from the descriptions of modules to rows, and from rows to bytes.

use alloc::string::String;
use alloc::vec::Vec;

use rkyv::rancor::Failure;
use rkyv::rend::u32_le;
use rkyv::{Archive, Serialize};

use super::ExternSpec;
use super::spec::{ConstExpr, DataMode, ElemItems, ElemMode, FuncTypeSpec, ModuleSpec, WriteError};
use crate::image::items::SubType;
use crate::image::root::{
    DataRow, ElemRow, ExportRow, ExternRow, FieldRow, GlobalRow, ImportRow, Item, NONE, OpRow,
    Root, RootModule, RootMore, Span, SubRow, TableRow, TypeRow, Wide, data_bits, elem_bits,
    global_flag, type_flag,
};
use crate::image::types::{Composite, ConstOp, ExternKind, ValType, place_field};

/// What archives as a [`Root`].
#[derive(Archive, Serialize)]
#[rkyv(as = Root)]
pub(super) struct RootBuilder {
    pub(super) modules: Vec<RootModuleBuilder>,
}

/// What archives as a [`RootModule`]; the fields are those.
#[derive(Archive, Serialize, Default)]
#[rkyv(as = RootModule)]
pub(super) struct RootModuleBuilder {
    pub(super) features: Wide,
    name: Span,
    start: u32_le,
    import_counts: [u32_le; 5],
    strings: String,
    type_vals: Vec<ValType>,
    types: Vec<TypeRow>,
    imports: Vec<ImportRow>,
    tables: Vec<TableRow>,
    memories: Vec<ExternRow>,
    globals: Vec<GlobalRow>,
    exports: Vec<ExportRow>,
    elems: Vec<ElemRow>,
    pub(super) datas: Vec<DataRow>,
    more: Vec<RootMoreBuilder>,
}

/// What archives as a [`RootMore`]; the fields are those.
#[derive(Archive, Serialize, Default, PartialEq)]
#[rkyv(as = RootMore)]
struct RootMoreBuilder {
    imports_by_kind: Vec<u32_le>,
    import_types: Vec<ExternRow>,
    exprs: Vec<Span>,
    ops: Vec<OpRow>,
    tags: Vec<u32_le>,
    subs: Vec<SubRow>,
    fields: Vec<FieldRow>,
}

impl RootBuilder {
    /// The archive's bytes.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let bytes = rkyv::api::high::to_bytes::<Failure>(self);
        bytes
            .map(|bytes| bytes.to_vec())
            .map_err(|_| WriteError::Archive)
    }
}

fn word(value: usize) -> Result<u32, WriteError> {
    u32::try_from(value).map_err(|_| WriteError::TooLarge)
}

fn span(start: usize, len: usize) -> Result<Span, WriteError> {
    Ok(Span {
        start: word(start)?.into(),
        len: word(len)?.into(),
    })
}

/// Describes a module. `flattened` says which data segments are in copy-on-write sections; `elems` takes the words of the ELEM section.
pub(super) fn module(
    spec: &ModuleSpec,
    flattened: &[bool],
    features: u64,
    elems: &mut Vec<u32>,
) -> Result<RootModuleBuilder, WriteError> {
    let mut out = RootModuleBuilder {
        features: features.into(),
        start: spec.start.unwrap_or(NONE).into(),
        ..RootModuleBuilder::default()
    };
    out.name = match &spec.module_name {
        Some(name) => out.string(name)?,
        None => Span {
            start: NONE.into(),
            len: 0.into(),
        },
    };
    let mut more = RootMoreBuilder::default();
    out.put_types(spec, &mut more)?;
    out.put_imports(spec, &mut more)?;
    for table in &spec.tables {
        let init = match &table.init {
            Some(init) => more.expr(init)?,
            None => Span::default(),
        };
        let ty = ExternRow::encode(&ExternSpec::Table(table.ty));
        out.tables.push(TableRow { ty, init });
    }
    let memories = spec.memories.iter().copied().map(ExternSpec::Memory);
    out.memories = memories.map(|ty| ExternRow::encode(&ty)).collect();
    for global in &spec.globals {
        let (init, is_expr) = more.value(&global.init)?;
        let bit = |set: bool, flag: u32| if set { flag } else { 0 };
        let flags = bit(global.ty.mutable, global_flag::MUTABLE) | bit(is_expr, global_flag::EXPR);
        out.globals.push(GlobalRow {
            ty: global.ty.ty,
            flags: flags.into(),
            init,
        });
    }
    for export in &spec.exports {
        let name = out.string(&export.name)?;
        let what = item(export.kind, export.index)?;
        out.exports.push(ExportRow { name, what });
    }
    more.tags = spec.tags.iter().map(|&tag| tag.into()).collect();
    out.put_elems(spec, elems, &mut more)?;
    out.put_datas(spec, flattened, &mut more)?;
    if more != RootMoreBuilder::default() {
        out.more.push(more);
    }
    Ok(out)
}

/// A kind and an index, which must be below [`Item::LIMIT`].
fn item(kind: ExternKind, index: u32) -> Result<Item, WriteError> {
    match index < Item::LIMIT {
        true => Ok(Item::new(kind, index)),
        false => Err(WriteError::TooLarge),
    }
}

impl RootMoreBuilder {
    fn expr(&mut self, expr: &ConstExpr) -> Result<Span, WriteError> {
        let at = span(self.ops.len(), expr.0.len())?;
        self.ops.extend(expr.0.iter().copied().map(OpRow::encode));
        Ok(at)
    }

    /// A value that is a constant, or the place of its operators, and whether it is the latter.
    fn value(&mut self, expr: &ConstExpr) -> Result<(Wide, bool), WriteError> {
        match expr.0[..] {
            [ConstOp::Const(bits)] => Ok((bits.into(), false)),
            _ => Ok((self.expr(expr)?.into(), true)),
        }
    }

    /// As [`Self::value`], with a bit that says whether it is operators.
    fn offset(&mut self, expr: &ConstExpr, bit: u32) -> Result<(Wide, u32), WriteError> {
        let (value, is_expr) = self.value(expr)?;
        Ok((value, if is_expr { bit } else { 0 }))
    }
}

impl RootModuleBuilder {
    fn string(&mut self, text: &str) -> Result<Span, WriteError> {
        let at = span(self.strings.len(), text.len())?;
        self.strings.push_str(text);
        Ok(at)
    }

    fn put_types(
        &mut self,
        spec: &ModuleSpec,
        more: &mut RootMoreBuilder,
    ) -> Result<(), WriteError> {
        let plain =
            |ty: &FuncTypeSpec| ty.composite == Composite::Func && ty.sub == SubType::default();
        let all_plain = spec.types.iter().all(plain);
        for ty in &spec.types {
            let slots =
                |vals: &[ValType]| u16::try_from(vals.len()).map_err(|_| WriteError::TooManySlots);
            let depth = match ty.sub.supertype {
                Some(supertype) => more.subs.get(supertype as usize).map_or(0, |row| {
                    // A chain too long for the verifier is refused there.
                    row.depth.to_native().saturating_add(1)
                }),
                None => 0,
            };
            let (start, flag) = match ty.composite {
                Composite::Func => (self.type_vals.len(), 0),
                Composite::Struct => (more.fields.len(), type_flag::STRUCT),
                Composite::Array => (more.fields.len(), type_flag::ARRAY),
            };
            let (params, results) = match ty.composite {
                Composite::Func => (slots(&ty.params)?, slots(&ty.results)?),
                Composite::Struct | Composite::Array => {
                    let size = ty.fields.iter();
                    let size = size.fold(0, |bytes, field| place_field(bytes, field.ty).1);
                    let size = if flag == type_flag::STRUCT {
                        size.div_ceil(8)
                    } else {
                        0
                    };
                    let too_many = |_| WriteError::TooManySlots;
                    let count = u16::try_from(ty.fields.len()).map_err(too_many)?;
                    (count, u16::try_from(size).map_err(too_many)?)
                }
            };
            self.types.push(TypeRow {
                start: word(start)?.into(),
                params: params.into(),
                results: results.into(),
            });
            self.type_vals.extend_from_slice(&ty.params);
            self.type_vals.extend_from_slice(&ty.results);
            if all_plain {
                continue;
            }
            more.subs.push(SubRow {
                supertype: ty.sub.supertype.unwrap_or(NONE).into(),
                in_group: ty.sub.in_group.into(),
                flags: (flag | if ty.sub.open { type_flag::OPEN } else { 0 }).into(),
                depth: depth.into(),
            });
            let fields = ty.fields.iter().copied().map(FieldRow::encode);
            more.fields.extend(fields);
        }
        Ok(())
    }

    fn put_imports(
        &mut self,
        spec: &ModuleSpec,
        more: &mut RootMoreBuilder,
    ) -> Result<(), WriteError> {
        let mut by_kind = [const { Vec::<u32_le>::new() }; 5];
        // Many imports name the same module one after the other: its name is kept once.
        let mut last: Option<(&str, Span)> = None;
        for (number, import) in spec.imports.iter().enumerate() {
            let module = match last {
                Some((name, at)) if name == import.module => at,
                Some(_) | None => self.string(&import.module)?,
            };
            last = Some((&import.module, module));
            let name = self.string(&import.name)?;
            let kind = import.ty.kind();
            let index = match &import.ty {
                ExternSpec::Func(type_idx) | ExternSpec::Tag(type_idx) => *type_idx,
                ExternSpec::Table(_) | ExternSpec::Memory(_) | ExternSpec::Global(_) => {
                    more.import_types.push(ExternRow::encode(&import.ty));
                    word(more.import_types.len() - 1)?
                }
            };
            let what = item(kind, index)?;
            self.imports.push(ImportRow { module, name, what });
            by_kind[import.ty.kind() as usize].push(word(number)?.into());
        }
        for (count, numbers) in self.import_counts.iter_mut().zip(&by_kind) {
            *count = word(numbers.len())?.into();
        }
        let by_kind = by_kind.concat();
        if !by_kind.is_sorted_by_key(|number| number.to_native()) {
            more.imports_by_kind = by_kind;
        }
        Ok(())
    }

    fn put_elems(
        &mut self,
        spec: &ModuleSpec,
        words: &mut Vec<u32>,
        more: &mut RootMoreBuilder,
    ) -> Result<(), WriteError> {
        for elem in &spec.elems {
            let (mode, offset) = match &elem.mode {
                ElemMode::Passive => (0, Wide::default()),
                ElemMode::Active { table, offset } => {
                    let (offset, is_expr) = more.offset(offset, elem_bits::EXPR)?;
                    (1 | is_expr | table << elem_bits::TABLE, offset)
                }
                ElemMode::Declared => (2, Wide::default()),
            };
            let (kind, items) = match &elem.items {
                ElemItems::Funcs(funcs) => {
                    let at = span(words.len(), funcs.len())?;
                    words.extend_from_slice(funcs);
                    (0, at)
                }
                ElemItems::Exprs(exprs) => {
                    let at = span(more.exprs.len(), exprs.len())?;
                    for expr in exprs {
                        let expr = more.expr(expr)?;
                        more.exprs.push(expr);
                    }
                    (elem_bits::EXPRS, at)
                }
            };
            self.elems.push(ElemRow {
                ty: elem.ty,
                how: (mode | kind).into(),
                offset,
                items,
            });
        }
        Ok(())
    }

    fn put_datas(
        &mut self,
        spec: &ModuleSpec,
        flattened: &[bool],
        more: &mut RootMoreBuilder,
    ) -> Result<(), WriteError> {
        let mut at = 0usize;
        for (data, &flattened) in spec.datas.iter().zip(flattened) {
            if flattened && !spec.counts_datas {
                continue;
            }
            let row = match &data.mode {
                // Its bytes are in a copy-on-write section. What is left is what a dropped segment is: passive and empty.
                _ if flattened => DataRow::default(),
                DataMode::Passive => DataRow {
                    bytes: span(at, data.bytes.len())?,
                    ..DataRow::default()
                },
                DataMode::Active { mem, offset } => {
                    let (offset, is_expr) = more.offset(offset, data_bits::EXPR)?;
                    let how = data_bits::ACTIVE | is_expr | mem << data_bits::MEM;
                    DataRow {
                        how: how.into(),
                        offset,
                        bytes: span(at, data.bytes.len())?,
                    }
                }
            };
            if !flattened {
                at += data.bytes.len();
            }
            self.datas.push(row);
        }
        Ok(())
    }
}
