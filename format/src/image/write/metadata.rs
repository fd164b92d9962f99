//! The ROOT archive: from the descriptions of modules to rows, and from rows to bytes.

use alloc::string::String;
use alloc::vec::Vec;

use rkyv::rancor::Failure;
use rkyv::rend::{u32_le, u64_le};
use rkyv::{Archive, Serialize};

use super::ExternSpec;
use super::spec::{ConstExpr, DataMode, ElemItems, ElemMode, ModuleSpec, WriteError};
use crate::image::root::{
    DataRow, DefRow, ElemRow, ExportRow, ExternRow, FieldRow, ImportRow, NONE, OpRow, Root,
    RootModule, Span, TypeRow, type_flag,
};
use crate::image::types::{Composite, ValType, place_field};

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
    pub(super) features: u64_le,
    name: Span,
    start: u32_le,
    import_counts: [u32_le; 5],
    strings: String,
    type_vals: Vec<ValType>,
    types: Vec<TypeRow>,
    imports: Vec<ImportRow>,
    imports_by_kind: Vec<u32_le>,
    tables: Vec<DefRow>,
    memories: Vec<ExternRow>,
    globals: Vec<DefRow>,
    exports: Vec<ExportRow>,
    elems: Vec<ElemRow>,
    pub(super) datas: Vec<DataRow>,
    exprs: Vec<Span>,
    ops: Vec<OpRow>,
    tags: Vec<u32_le>,
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
    out.put_types(spec)?;
    out.put_imports(spec)?;
    for table in &spec.tables {
        let init = match &table.init {
            Some(init) => out.expr(init)?,
            None => Span::default(),
        };
        let ty = ExternRow::encode(&ExternSpec::Table(table.ty));
        out.tables.push(DefRow { ty, init });
    }
    let memories = spec.memories.iter().copied().map(ExternSpec::Memory);
    out.memories = memories.map(|ty| ExternRow::encode(&ty)).collect();
    for global in &spec.globals {
        let init = out.expr(&global.init)?;
        let ty = ExternRow::encode(&ExternSpec::Global(global.ty));
        out.globals.push(DefRow { ty, init });
    }
    for export in &spec.exports {
        let name = out.string(&export.name)?;
        out.exports.push(ExportRow {
            name,
            kind: u32::from(export.kind as u8).into(),
            index: export.index.into(),
        });
    }
    out.tags = spec.tags.iter().map(|&tag| tag.into()).collect();
    out.put_elems(spec, elems)?;
    out.put_datas(spec, flattened)?;
    Ok(out)
}

impl RootModuleBuilder {
    fn string(&mut self, text: &str) -> Result<Span, WriteError> {
        let at = span(self.strings.len(), text.len())?;
        self.strings.push_str(text);
        Ok(at)
    }

    fn expr(&mut self, expr: &ConstExpr) -> Result<Span, WriteError> {
        let at = span(self.ops.len(), expr.0.len())?;
        self.ops.extend(expr.0.iter().copied().map(OpRow::encode));
        Ok(at)
    }

    fn put_types(&mut self, spec: &ModuleSpec) -> Result<(), WriteError> {
        for ty in &spec.types {
            let slots =
                |vals: &[ValType]| u16::try_from(vals.len()).map_err(|_| WriteError::TooManySlots);
            let depth = match ty.sub.supertype {
                Some(supertype) => self.types.get(supertype as usize).map_or(0, |row| {
                    // A chain too long for the verifier is refused there.
                    row.depth.to_native().saturating_add(1)
                }),
                None => 0,
            };
            let (start, flag) = match ty.composite {
                Composite::Func => (self.type_vals.len(), 0),
                Composite::Struct => (self.fields.len(), type_flag::STRUCT),
                Composite::Array => (self.fields.len(), type_flag::ARRAY),
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
                supertype: ty.sub.supertype.unwrap_or(NONE).into(),
                in_group: ty.sub.in_group.into(),
                flags: (flag | if ty.sub.open { type_flag::OPEN } else { 0 }).into(),
                depth: depth.into(),
            });
            let fields = ty.fields.iter().copied().map(FieldRow::encode);
            self.fields.extend(fields);
            self.type_vals.extend_from_slice(&ty.params);
            self.type_vals.extend_from_slice(&ty.results);
        }
        Ok(())
    }

    fn put_imports(&mut self, spec: &ModuleSpec) -> Result<(), WriteError> {
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
            let ty = ExternRow::encode(&import.ty);
            self.imports.push(ImportRow { module, name, ty });
            by_kind[import.ty.kind() as usize].push(word(number)?.into());
        }
        for (count, numbers) in self.import_counts.iter_mut().zip(&by_kind) {
            *count = word(numbers.len())?.into();
        }
        self.imports_by_kind = by_kind.concat();
        Ok(())
    }

    fn put_elems(&mut self, spec: &ModuleSpec, words: &mut Vec<u32>) -> Result<(), WriteError> {
        for elem in &spec.elems {
            let (mode, table, offset) = match &elem.mode {
                ElemMode::Passive => (0, 0, Span::default()),
                ElemMode::Active { table, offset } => (1, *table, self.expr(offset)?),
                ElemMode::Declared => (2, 0, Span::default()),
            };
            let (items_kind, items) = match &elem.items {
                ElemItems::Funcs(funcs) => {
                    let at = span(words.len(), funcs.len())?;
                    words.extend_from_slice(funcs);
                    (0, at)
                }
                ElemItems::Exprs(exprs) => {
                    let at = span(self.exprs.len(), exprs.len())?;
                    for expr in exprs {
                        let expr = self.expr(expr)?;
                        self.exprs.push(expr);
                    }
                    (1, at)
                }
            };
            self.elems.push(ElemRow {
                ty: elem.ty,
                mode: mode.into(),
                items_kind: items_kind.into(),
                table: table.into(),
                offset,
                items,
            });
        }
        Ok(())
    }

    fn put_datas(&mut self, spec: &ModuleSpec, flattened: &[bool]) -> Result<(), WriteError> {
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
                DataMode::Active { mem, offset } => DataRow {
                    mode: 1.into(),
                    mem: (*mem).into(),
                    offset: self.expr(offset)?,
                    bytes: span(at, data.bytes.len())?,
                },
            };
            if !flattened {
                at += data.bytes.len();
            }
            self.datas.push(row);
        }
        Ok(())
    }
}
