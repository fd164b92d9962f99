//! A module of a verified image, borrowed from the image's bytes.
//!
//! Everything is read in place. The verifier has established that every range and number the metadata holds is meaningful; an
//! index that a caller makes up and that is out of range gives an empty or zero value, never a panic.

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use rkyv::rend::u32_le;
use sha2::{Digest, Sha256};

use super::func::{FuncRecord, RawFuncRecord, Signature};
use super::handler::RawHandler;
use super::header::HEADER_LEN;
pub use super::items::{
    ConstExprView, CowRun, DataMode, DataView, ElemItems, ElemMode, ElemView, ExportView,
    ExprsView, FuncTypeView, GlobalView, ImportView, SubType, TableView,
};
use super::root::{
    FieldRow, ImportRow, NONE, RootModule, Span, SubRow, TypeRow, Wide, data_bits, elem_bits,
    global_flag, type_flag,
};
use super::section::SectionTable;
use super::subtype::TypeSpace;
use super::types::{Composite, ExternKind, ExternType, GlobalType, MemoryType, TableType, val};
use crate::isa::{Op, frame_of};

/// A module of a verified image.
#[derive(Clone, Copy, Debug)]
pub struct ModuleView<'a> {
    pub(crate) image: &'a [u8],
    pub(crate) table: SectionTable<'a>,
    pub(crate) root: &'a RootModule,
    pub(crate) index: u16,
    /// Largest frame, as the header says.
    pub(crate) max_frame: u32,
    pub(crate) parts: Parts<'a>,
}

/// The sections of a module. Words are little-endian as they lie in the image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) funcs: &'a [RawFuncRecord],
    pub(crate) code: &'a [u16],
    pub(crate) refs: &'a [u16],
    pub(crate) decoys: &'a [u32],
    pub(crate) handlers: &'a [RawHandler],
    pub(crate) around: &'a [u32],
    pub(crate) code_offset: u32,
    pub(crate) funcs_offset: u32,
    pub(crate) pool: &'a [u64],
    pub(crate) data: &'a [u8],
    pub(crate) elems: &'a [u32],
    pub(crate) export_index: &'a [u32],
    pub(crate) names: &'a [u8],
    pub(crate) lines: &'a [u8],
    pub(crate) debug: &'a [u8],
    pub(crate) inlined: &'a [u8],
}

impl<'a> ModuleView<'a> {
    /// What tells the module's image from all others: SHA-256 of its header, in which a hash of everything else is.
    #[must_use]
    pub fn image_id(&self) -> [u8; 32] {
        let header = self.image.get(..HEADER_LEN as usize);
        Sha256::digest(header.unwrap_or_default()).into()
    }

    /// Number of the module in its image.
    #[must_use]
    pub const fn module_number(&self) -> u32 {
        self.index as u32
    }

    /// Features that the module needs, see [`super::features`].
    #[must_use]
    pub fn features(&self) -> u64 {
        self.root.features.to_native()
    }

    /// Name of the module, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        (self.root.name.start.to_native() != NONE).then(|| self.string(self.root.name))
    }

    /// Number of types.
    #[must_use]
    pub fn func_type_count(&self) -> u32 {
        self.root.types.len() as u32
    }

    /// How type `i` is declared.
    #[must_use]
    pub fn sub_type(&self, i: u32) -> SubType {
        let row = self.root.subs().get(i as usize).copied();
        row.map_or(SubType::default(), |row| SubType {
            supertype: Some(row.supertype.to_native()).filter(|&supertype| supertype != NONE),
            open: row.flags.to_native() & type_flag::OPEN != 0,
            in_group: row.in_group.to_native(),
        })
    }

    /// Fields of type `i` of structs, or the elements of one of arrays. Of a function type none.
    #[must_use]
    pub fn fields(&self, i: u32) -> &'a [FieldRow] {
        let row = self.type_row(i);
        if self.composite(i) == Composite::Func {
            return &[];
        }
        let fields = self.root.fields().get(row.start.to_native() as usize..);
        let fields = fields.and_then(|fields| fields.get(..usize::from(row.params.to_native())));
        fields.unwrap_or_default()
    }

    /// Bytes of the fields of structs of type `i`, a multiple of 8; 0 of other types.
    #[must_use]
    pub fn struct_bytes(&self, i: u32) -> u32 {
        if self.composite(i) != Composite::Struct {
            return 0;
        }
        u32::from(self.type_row(i).results.to_native()).saturating_mul(8)
    }

    fn type_row(&self, i: u32) -> TypeRow {
        self.root.types.get(i as usize).copied().unwrap_or_default()
    }

    /// What an import is, if its row has a meaning.
    pub(crate) fn type_of_import(&self, row: &ImportRow) -> Option<ExternType> {
        let (kind, index) = (row.what.kind()?, row.what.index());
        match kind {
            ExternKind::Func => Some(ExternType::Func(index)),
            ExternKind::Tag => Some(ExternType::Tag(index)),
            ExternKind::Table | ExternKind::Memory | ExternKind::Global => {
                let ty = self.root.import_types().get(index as usize)?.decode()?;
                (ty.kind() == kind).then_some(ty)
            }
        }
    }

    /// Function type `i`; an empty one if it is none. No two types of a module are equal.
    #[must_use]
    pub fn func_type(&self, i: u32) -> FuncTypeView<'a> {
        let row = self.type_row(i);
        if self.composite(i) != Composite::Func {
            return FuncTypeView::default();
        }
        let vals = (self.root.type_vals.get(row.start.to_native() as usize..)).unwrap_or_default();
        let params = usize::from(row.params.to_native());
        let Some((params, rest)) = vals.split_at_checked(params) else {
            return FuncTypeView::default();
        };
        let results = rest.get(..usize::from(row.results.to_native()));
        FuncTypeView {
            params,
            results: results.unwrap_or_default(),
        }
    }

    /// The imports in the module's order.
    pub fn imports(&self) -> impl Iterator<Item = ImportView<'a>> + 'a {
        let view = *self;
        self.root.imports.iter().filter_map(move |row| {
            Some(ImportView {
                module: view.string(row.module),
                name: view.string(row.name),
                ty: view.type_of_import(row)?,
            })
        })
    }

    /// Number of imports of all kinds.
    #[must_use]
    pub fn import_count(&self) -> u32 {
        self.root.imports.len() as u32
    }

    /// Number of imported functions.
    #[must_use]
    #[inline]
    pub fn imported_funcs(&self) -> u32 {
        self.imported(ExternKind::Func)
    }

    /// Number of imported tables.
    #[must_use]
    pub fn imported_tables(&self) -> u32 {
        self.imported(ExternKind::Table)
    }

    /// Number of imported memories.
    #[must_use]
    pub fn imported_memories(&self) -> u32 {
        self.imported(ExternKind::Memory)
    }

    /// Number of imported globals.
    #[must_use]
    pub fn imported_globals(&self) -> u32 {
        self.imported(ExternKind::Global)
    }

    /// Number of imports of a kind.
    #[must_use]
    #[inline]
    pub fn imported(&self, kind: ExternKind) -> u32 {
        let count = self.root.import_counts.get(kind as usize);
        count.map_or(0, |count| count.to_native())
    }

    /// Number of import `i` of a kind among all imports.
    #[must_use]
    pub fn import_number(&self, kind: ExternKind, i: u32) -> Option<u32> {
        if i >= self.imported(kind) {
            return None;
        }
        let before = self.root.import_counts.iter().take(kind as usize);
        let at = before.fold(i, |at, count| at.saturating_add(count.to_native()));
        match self.root.imports_by_kind() {
            [] => Some(at),
            numbers => numbers.get(at as usize).copied().map(u32_le::to_native),
        }
    }

    /// Type of import `i` of a kind.
    #[must_use]
    pub fn import_type(&self, kind: ExternKind, i: u32) -> Option<ExternType> {
        let number = self.import_number(kind, i)?;
        self.type_of_import(self.root.imports.get(number as usize)?)
    }

    /// Index of the type of imported function `i`.
    #[must_use]
    pub fn import_func_type(&self, i: u32) -> u32 {
        match self.import_type(ExternKind::Func, i) {
            Some(ExternType::Func(type_idx)) => type_idx,
            Some(
                ExternType::Table(_)
                | ExternType::Memory(_)
                | ExternType::Global(_)
                | ExternType::Tag(_),
            )
            | None => 0,
        }
    }

    /// Number of defined functions.
    #[must_use]
    pub const fn func_count(&self) -> u32 {
        self.parts.funcs.len() as u32
    }

    /// Record of defined function `i`. Of an unverified function only `type_idx` is in range.
    #[must_use]
    pub fn func(&self, i: u32) -> FuncRecord {
        let Some(record) = self.parts.funcs.get(i as usize) else {
            return FuncRecord::default();
        };
        let start = u32::from_le(record.code_word);
        let next = self.parts.funcs.get((i as usize).saturating_add(1));
        let end = next.map_or(self.parts.code.len() as u32, |next| {
            u32::from_le(next.code_word)
        });
        let signature = record.signature();
        let (params, results) = self.slots_of(signature);
        let first = self.parts.code.get(start as usize).copied();
        let enter = first.map(u16::from_le);
        let enter = enter.filter(|&word| Op::from_number(word) == Some(Op::Enter));
        let refs = self.parts.refs.get(i as usize).copied();
        FuncRecord {
            code_word: start,
            words: end.saturating_sub(start),
            type_idx: signature.type_idx(),
            frame: enter.map_or(0, frame_of),
            params,
            results,
            refs: refs.map_or(0, u16::from_le),
        }
    }

    /// Slots of the parameters and of the results.
    fn slots_of(&self, signature: Signature) -> (u16, u16) {
        let (mut params, mut results) = (signature.params(), signature.results());
        if params == Signature::MANY || results == Signature::MANY {
            let ty = self.func_type(signature.type_idx());
            params = val::slot_count(ty.params) as u16;
            results = val::slot_count(ty.results) as u16;
        }
        (params, results)
    }

    /// Slots of the parameters and of the results of defined function `i`.
    pub(crate) fn func_slots(&self, i: u32) -> (u16, u16) {
        let record = self.parts.funcs.get(i as usize);
        record.map_or((0, 0), |record| self.slots_of(record.signature()))
    }

    /// The defined function that word `word` of the code section belongs to, by the records' order. In a module without handlers that is a
    /// guess unless the function is verified: functions may be in any order there.
    #[must_use]
    pub fn func_at(&self, word: u32) -> Option<u32> {
        let starts_before = |record: &RawFuncRecord| u32::from_le(record.code_word) <= word;
        let behind = self.parts.funcs.partition_point(starts_before);
        let func = behind.checked_sub(1)? as u32;
        let record = self.func(func);
        (word.saturating_sub(record.code_word) < record.words).then_some(func)
    }

    /// Records of all defined functions, in little-endian fields.
    #[must_use]
    pub const fn func_records(&self) -> &'a [RawFuncRecord] {
        self.parts.funcs
    }

    /// Index of the type of defined function `i`.
    #[must_use]
    #[inline]
    pub fn defined_type_idx(&self, i: u32) -> u32 {
        let record = self.parts.funcs.get(i as usize);
        record.map_or(0, |record| record.signature().type_idx())
    }

    /// Index of the type of function `i` of the function index space.
    #[must_use]
    pub fn func_type_idx(&self, i: u32) -> u32 {
        let defined = i.checked_sub(self.imported_funcs());
        defined.map_or_else(|| self.import_func_type(i), |i| self.defined_type_idx(i))
    }

    /// The code section: little-endian words, starting with [`crate::isa::PROLOGUE`].
    #[must_use]
    pub const fn code(&self) -> &'a [u16] {
        self.parts.code
    }

    /// The constant pool: little-endian words.
    #[must_use]
    pub const fn pool(&self) -> &'a [u64] {
        self.parts.pool
    }

    /// Number of defined tables.
    #[must_use]
    pub fn table_count(&self) -> u32 {
        self.root.tables.len() as u32
    }

    /// Defined table `i`.
    #[must_use]
    pub fn table(&self, i: u32) -> Option<TableView<'a>> {
        let row = self.root.tables.get(i as usize)?;
        let Some(ExternType::Table(ty)) = row.ty.decode() else {
            return None;
        };
        let init = self.expr(row.init);
        Some(TableView {
            ty,
            init: (!init.rows.is_empty()).then_some(init),
        })
    }

    /// The defined tables.
    pub fn tables(&self) -> impl Iterator<Item = TableView<'a>> + 'a {
        let view = *self;
        (0..self.table_count()).filter_map(move |i| view.table(i))
    }

    /// Number of defined memories.
    #[must_use]
    pub fn memory_count(&self) -> u32 {
        self.root.memories.len() as u32
    }

    /// Type of defined memory `i`.
    #[must_use]
    pub fn memory(&self, i: u32) -> Option<MemoryType> {
        match self.root.memories.get(i as usize)?.decode()? {
            ExternType::Memory(ty) => Some(ty),
            ExternType::Func(_)
            | ExternType::Table(_)
            | ExternType::Global(_)
            | ExternType::Tag(_) => None,
        }
    }

    /// Types of the defined memories.
    pub fn memories(&self) -> impl Iterator<Item = MemoryType> + 'a {
        let view = *self;
        (0..self.memory_count()).filter_map(move |i| view.memory(i))
    }

    /// Type of memory `i` of the memory index space.
    #[must_use]
    pub fn memory_type(&self, i: u32) -> Option<MemoryType> {
        let Some(defined) = i.checked_sub(self.imported_memories()) else {
            return match self.import_type(ExternKind::Memory, i)? {
                ExternType::Memory(ty) => Some(ty),
                ExternType::Func(_)
                | ExternType::Table(_)
                | ExternType::Global(_)
                | ExternType::Tag(_) => None,
            };
        };
        self.memory(defined)
    }

    /// Type of table `i` of the table index space.
    #[must_use]
    pub fn table_type(&self, i: u32) -> Option<TableType> {
        let Some(defined) = i.checked_sub(self.imported_tables()) else {
            return match self.import_type(ExternKind::Table, i)? {
                ExternType::Table(ty) => Some(ty),
                ExternType::Func(_)
                | ExternType::Memory(_)
                | ExternType::Global(_)
                | ExternType::Tag(_) => None,
            };
        };
        self.table(defined).map(|table| table.ty)
    }

    /// Number of defined globals.
    #[must_use]
    pub fn global_count(&self) -> u32 {
        self.root.globals.len() as u32
    }

    /// Defined global `i`.
    #[must_use]
    pub fn global(&self, i: u32) -> Option<GlobalView<'a>> {
        let row = self.root.globals.get(i as usize)?;
        let flags = row.flags.to_native();
        let ty = GlobalType {
            ty: row.ty,
            mutable: flags & global_flag::MUTABLE != 0,
        };
        let init = self.value(row.init, flags & global_flag::EXPR != 0);
        Some(GlobalView { ty, init })
    }

    /// The defined globals.
    pub fn globals(&self) -> impl Iterator<Item = GlobalView<'a>> + 'a {
        let view = *self;
        (0..self.global_count()).filter_map(move |i| view.global(i))
    }

    /// Type of global `i` of the global index space.
    #[must_use]
    pub fn global_type(&self, i: u32) -> Option<GlobalType> {
        let Some(defined) = i.checked_sub(self.imported_globals()) else {
            return match self.import_type(ExternKind::Global, i)? {
                ExternType::Global(ty) => Some(ty),
                ExternType::Func(_)
                | ExternType::Table(_)
                | ExternType::Memory(_)
                | ExternType::Tag(_) => None,
            };
        };
        self.global(defined).map(|global| global.ty)
    }

    /// Number of imported tags.
    #[must_use]
    pub fn imported_tags(&self) -> u32 {
        self.imported(ExternKind::Tag)
    }

    /// Number of defined tags.
    #[must_use]
    pub fn tag_count(&self) -> u32 {
        self.root.tags().len() as u32
    }

    /// Index of the type of defined tag `i`.
    #[must_use]
    pub fn tag(&self, i: u32) -> Option<u32> {
        let tag = self.root.tags().get(i as usize).copied();
        tag.map(u32_le::to_native)
    }

    /// Index of the type of tag `i` of the tag index space.
    #[must_use]
    pub fn tag_type(&self, i: u32) -> Option<u32> {
        let Some(defined) = i.checked_sub(self.imported_tags()) else {
            return match self.import_type(ExternKind::Tag, i)? {
                ExternType::Tag(type_idx) => Some(type_idx),
                ExternType::Func(_)
                | ExternType::Table(_)
                | ExternType::Memory(_)
                | ExternType::Global(_) => None,
            };
        };
        self.tag(defined)
    }

    /// Number of element segments.
    #[must_use]
    pub fn elem_count(&self) -> u32 {
        self.root.elems.len() as u32
    }

    /// Element segment `i`.
    #[must_use]
    pub fn elem(&self, i: u32) -> Option<ElemView<'a>> {
        let row = self.root.elems.get(i as usize)?;
        let how = row.how.to_native();
        let mode = match how & elem_bits::MODE {
            0 => ElemMode::Passive,
            1 => ElemMode::Active {
                table: how >> elem_bits::TABLE,
                offset: self.value(row.offset, how & elem_bits::EXPR != 0),
            },
            _ => ElemMode::Declared,
        };
        let items = if how & elem_bits::EXPRS == 0 {
            ElemItems::Funcs(row.items.of(self.parts.elems).unwrap_or_default())
        } else {
            ElemItems::Exprs(ExprsView {
                spans: row.items.of(self.root.exprs()).unwrap_or_default(),
                ops: self.root.ops(),
            })
        };
        Some(ElemView {
            mode,
            ty: row.ty,
            items,
        })
    }

    /// Number of data segments.
    #[must_use]
    pub fn data_count(&self) -> u32 {
        self.root.datas.len() as u32
    }

    /// Data segment `i`.
    #[must_use]
    pub fn data(&self, i: u32) -> Option<DataView<'a>> {
        let row = self.root.datas.get(i as usize)?;
        let how = row.how.to_native();
        let mode = match how & data_bits::ACTIVE {
            0 => DataMode::Passive,
            _ => DataMode::Active {
                mem: how >> data_bits::MEM,
                offset: self.value(row.offset, how & data_bits::EXPR != 0),
            },
        };
        Some(DataView {
            mode,
            bytes: row.bytes.of(self.parts.data).unwrap_or_default(),
        })
    }

    /// Start function in the function index space.
    #[must_use]
    pub fn start(&self) -> Option<u32> {
        let start = self.root.start.to_native();
        (start != NONE).then_some(start)
    }

    pub(crate) fn expr(&self, span: Span) -> ConstExprView<'a> {
        ConstExprView::of_rows(span.of(self.root.ops()).unwrap_or_default())
    }

    /// The value that is a constant, or operators.
    pub(crate) fn value(&self, value: Wide, is_expr: bool) -> ConstExprView<'a> {
        if is_expr {
            self.expr(value.span())
        } else {
            ConstExprView::of_bits(value.to_native())
        }
    }

    pub(crate) fn string(&self, span: Span) -> &'a str {
        self.root.strings.get(span.range()).unwrap_or_default()
    }
}

impl TypeSpace for ModuleView<'_> {
    fn supertype(&self, index: u32) -> Option<u32> {
        self.sub_type(index).supertype
    }

    fn composite(&self, index: u32) -> Composite {
        let row = self.root.subs().get(index as usize);
        let flags = row.map_or(0, |row: &SubRow| row.flags.to_native());
        if flags & type_flag::STRUCT != 0 {
            Composite::Struct
        } else if flags & type_flag::ARRAY != 0 {
            Composite::Array
        } else {
            Composite::Func
        }
    }
}
