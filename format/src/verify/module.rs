//! The metadata: every range, number and name means something, and all of it is within the limits.

use core::cell::Cell;

use super::error::VerifyErrorKind as Kind;
use super::{Limits, VerifiedImage, VerifyError, const_expr};
use crate::image::around;
use crate::image::features;
use crate::image::func::RawFuncRecord;
use crate::image::header::{Budgets, COW_ALIGN_LOG2};
use crate::image::root::{
    DataRow, ElemRow, ExternRow, GlobalRow, NONE, RootModule, Span, TableRow, Wide, data_bits,
    elem_bits, global_flag,
};
use crate::image::section;
use crate::image::subtype::{TypeSpace, val_matches};
use crate::image::types::{
    Composite, ExternKind, ExternType, HeapType, MemoryType, PAGE_LOG2, TableType, ValType, val,
};
use crate::image::view::ModuleView;
use crate::isa::PROLOGUE;

pub(super) type Result<T> = core::result::Result<T, VerifyError>;
pub(super) type Checked<T> = core::result::Result<T, Kind>;

pub(super) fn ensure(condition: bool, kind: Kind) -> Checked<()> {
    if condition { Ok(()) } else { Err(kind) }
}

/// What all modules together ask for.
#[derive(Default)]
struct Totals {
    types: u64,
    imports: u64,
    exports: u64,
    functions: u64,
    tables: u64,
    table_elems: u64,
    memories: u64,
    memory_bytes: u64,
    globals: u64,
    segments: u64,
    min_mem_64k: u64,
    max_mem_64k: u64,
}

/// Checks the metadata of all modules, and that the header's budgets are theirs.
pub(super) fn check_image(image: &VerifiedImage<'_>, limits: &Limits) -> Result<()> {
    let root_offset = image.table.iter().next().map_or(0, |root| root.offset);
    let at_root = |kind| VerifyError::new(kind, root_offset);
    let modules = image.root.modules.len();
    ensure(modules <= limits.modules as usize, Kind::OverBudget).map_err(at_root)?;
    if let Some(stray) = (image.table.iter()).find(|section| usize::from(section.index) >= modules)
    {
        return Err(VerifyError::new(Kind::BadSection, stray.offset));
    }
    let mut totals = Totals::default();
    // Cheap counts of everything come first, so that nothing is looked at that is over the limits anyway.
    for module in image.root.modules.iter() {
        totals.count(module);
    }
    totals.check_counts(limits).map_err(at_root)?;
    for i in 0..modules as u32 {
        let checker = Checker::new(image.module(i));
        checker.check(image.header.required_features, &mut totals)?;
    }
    totals.check_sizes(limits).map_err(at_root)?;
    let budgets = totals.budgets(image.header.budgets.max_frame_slots);
    if budgets != image.header.budgets {
        return Err(VerifyError::new(Kind::BadBudgets, 44));
    }
    Ok(())
}

impl Totals {
    fn count(&mut self, module: &RootModule) {
        let add = |total: &mut u64, count: usize| *total = total.saturating_add(count as u64);
        add(&mut self.types, module.types.len());
        add(&mut self.types, module.tags().len());
        add(&mut self.imports, module.imports.len());
        add(&mut self.exports, module.exports.len());
        add(&mut self.tables, module.tables.len());
        add(&mut self.memories, module.memories.len());
        add(&mut self.globals, module.globals.len());
        add(&mut self.segments, module.elems.len());
        add(&mut self.segments, module.datas.len());
    }

    fn check_counts(&self, limits: &Limits) -> Checked<()> {
        let within = self.types <= u64::from(limits.types)
            && self.imports <= u64::from(limits.imports)
            && self.exports <= u64::from(limits.exports)
            && self.tables <= u64::from(limits.tables)
            && self.memories <= u64::from(limits.memories)
            && self.globals <= u64::from(limits.globals)
            && self.segments <= u64::from(limits.segments);
        ensure(within, Kind::OverBudget)
    }

    fn check_sizes(&self, limits: &Limits) -> Checked<()> {
        let within = self.functions <= u64::from(limits.functions)
            && self.table_elems <= limits.table_elems
            && self.memory_bytes <= limits.memory_bytes;
        ensure(within, Kind::OverBudget)
    }

    /// The header's budgets. Frames are checked with their functions.
    fn budgets(&self, max_frame_slots: u32) -> Budgets {
        let word = |total: u64| u32::try_from(total).unwrap_or(u32::MAX);
        Budgets {
            max_frame_slots,
            min_mem_64k: word(self.min_mem_64k),
            max_mem_64k: word(self.max_mem_64k),
            table_elems: word(self.table_elems),
            globals: word(self.globals),
        }
    }

    fn memory(&mut self, ty: &MemoryType) {
        let bytes = |pages: u64| u128::from(pages) << ty.page_log2;
        let units = |pages: u64| u64::try_from(bytes(pages).div_ceil(1 << 16)).unwrap_or(u64::MAX);
        let min = u64::try_from(bytes(ty.min)).unwrap_or(u64::MAX);
        self.memory_bytes = self.memory_bytes.saturating_add(min);
        self.min_mem_64k = self.min_mem_64k.saturating_add(units(ty.min));
        let max = ty.max.map_or(u64::MAX, units);
        self.max_mem_64k = self.max_mem_64k.saturating_add(max);
    }
}

pub(super) struct Checker<'a> {
    pub(super) module: ModuleView<'a>,
    pub(super) left: Left,
}

/// How much of what ranges may share has not been looked at. No element is looked at more than once on average, so that checking takes
/// time in proportion to the image, however its ranges overlap.
pub(super) struct Left {
    pub(super) vals: Cell<usize>,
    pub(super) fields: Cell<usize>,
    ops: Cell<usize>,
    exprs: Cell<usize>,
    elems: Cell<usize>,
    strings: Cell<usize>,
}

/// Looks at `count` elements.
pub(super) fn spend(left: &Cell<usize>, count: usize) -> Checked<()> {
    let rest = left.get().checked_sub(count).ok_or(Kind::Overlap)?;
    left.set(rest);
    Ok(())
}

impl<'a> Checker<'a> {
    fn new(module: ModuleView<'a>) -> Self {
        let root = module.root;
        let left = Left {
            vals: Cell::new(root.type_vals.len()),
            fields: Cell::new(root.fields().len()),
            ops: Cell::new(root.ops().len()),
            exprs: Cell::new(root.exprs().len()),
            elems: Cell::new(module.parts.elems.len()),
            strings: Cell::new(root.strings.len()),
        };
        Self { module, left }
    }

    pub(super) fn root(&self) -> &'a RootModule {
        self.module.root
    }

    /// Names the place of `row`, a part of the metadata, in an error.
    pub(super) fn at<T, V>(&self, row: &T, checked: Checked<V>) -> Result<V> {
        checked.map_err(|kind| {
            let from = self.module.image.as_ptr().addr();
            let offset = core::ptr::from_ref(row).addr().saturating_sub(from);
            VerifyError::new(kind, offset as u32)
        })
    }

    fn check(&self, required_features: u64, totals: &mut Totals) -> Result<()> {
        let root = self.root();
        self.at(root, self.check_head(required_features))?;
        self.check_types()?;
        self.check_imports()?;
        self.check_functions()?;
        totals.functions = (totals.functions).saturating_add(u64::from(self.module.func_count()));
        for row in root.tables.iter() {
            self.at(row, self.check_table(row, totals))?;
        }
        for row in root.memories.iter() {
            self.at(row, self.check_memory_row(row, totals))?;
        }
        for (i, row) in root.globals.iter().enumerate() {
            self.at(row, self.check_global_row(i as u32, row))?;
        }
        for row in root.tags() {
            self.at(row, self.check_tag(row.to_native()))?;
        }
        self.check_exports()?;
        for row in root.elems.iter() {
            self.at(row, self.check_elem(row))?;
        }
        for row in root.datas.iter() {
            self.at(row, self.check_data(row))?;
        }
        self.check_cow_runs()?;
        self.at(&root.start, self.check_start())
    }

    /// Features, the module's name, and what every module has.
    fn check_head(&self, required_features: u64) -> Checked<()> {
        let root = self.root();
        let features = root.features.to_native();
        ensure(features & !required_features == 0, Kind::FeatureNotDeclared)?;
        if root.name.start != NONE {
            self.check_name(root.name)?;
        } else {
            ensure(root.name.len == 0, Kind::BadName)?;
        }
        let stubs = self.module.parts.code.get(..PROLOGUE.len());
        let stubs = stubs.ok_or(Kind::MissingSection)?;
        let right = stubs.iter().map(|&word| u16::from_le(word)).eq(PROLOGUE);
        ensure(right, Kind::BadPrologue)?;
        let (_, memories) = self.spaces(ExternKind::Memory);
        ensure(
            memories <= 1 || self.declares(features::MULTI_MEMORY),
            Kind::FeatureNotDeclared,
        )
    }

    pub(super) fn declares(&self, feature: u64) -> bool {
        self.module.features() & feature == feature
    }

    /// Number of imported things of a kind, and of all.
    fn spaces(&self, kind: ExternKind) -> (u32, u32) {
        let defined = match kind {
            ExternKind::Func => self.module.func_count(),
            ExternKind::Table => self.module.table_count(),
            ExternKind::Memory => self.module.memory_count(),
            ExternKind::Global => self.module.global_count(),
            ExternKind::Tag => self.module.tag_count(),
        };
        let imported = self.module.imported(kind);
        (imported, imported.saturating_add(defined))
    }

    fn check_name(&self, name: Span) -> Checked<()> {
        let found = self.root().strings.get(name.range());
        ensure(found.is_some(), Kind::BadName)
    }

    /// Names and types of the imports, and that the list by kind is complete and in order.
    fn check_imports(&self) -> Result<()> {
        let root = self.root();
        let mut seen = [0u32; 5];
        for (number, row) in root.imports.iter().enumerate() {
            let check = || {
                self.check_name(row.module)?;
                self.check_name(row.name)?;
                let ty = self.module.type_of_import(row).ok_or(Kind::BadType)?;
                self.check_extern(&ty)?;
                let seen = seen.get_mut(ty.kind() as usize).ok_or(Kind::BadImport)?;
                let listed = self.module.import_number(ty.kind(), *seen);
                *seen = seen.saturating_add(1);
                ensure(listed == Some(number as u32), Kind::BadImport)
            };
            self.at(row, { check }())?;
        }
        let counts = root.import_counts.iter().map(|count| count.to_native());
        let listed = root.imports_by_kind().len();
        let complete = counts.eq(seen) && (listed == 0 || listed == root.imports.len());
        self.at(&root.import_counts, ensure(complete, Kind::BadImport))
    }

    fn check_extern(&self, ty: &ExternType) -> Checked<()> {
        match ty {
            ExternType::Func(type_idx) => self.check_func(*type_idx),
            ExternType::Table(ty) => self.check_table_type(ty),
            ExternType::Memory(ty) => self.check_memory_type(ty),
            ExternType::Global(ty) => self.check_val(ty.ty),
            ExternType::Tag(type_idx) => self.check_tag(*type_idx),
        }
    }

    fn check_table_type(&self, ty: &TableType) -> Checked<()> {
        self.check_ref(ty.elem)?;
        ensure(
            !ty.is64 || self.declares(features::MEMORY64),
            Kind::FeatureNotDeclared,
        )?;
        let limit = if ty.is64 {
            u64::MAX
        } else {
            u64::from(u32::MAX)
        };
        let max = ty.max.unwrap_or(limit);
        ensure(ty.min <= max && max <= limit, Kind::BadLimits)
    }

    fn check_memory_type(&self, ty: &MemoryType) -> Checked<()> {
        let declared = (!ty.is64 || self.declares(features::MEMORY64))
            && (!ty.shared || self.declares(features::THREADS))
            && (ty.page_log2 == PAGE_LOG2 || self.declares(features::CUSTOM_PAGE_SIZES));
        ensure(declared, Kind::FeatureNotDeclared)?;
        ensure(matches!(ty.page_log2, 0 | PAGE_LOG2), Kind::BadLimits)?;
        ensure(!ty.shared || ty.max.is_some(), Kind::BadLimits)?;
        let space: u128 = if ty.is64 { 1 << 64 } else { 1 << 32 };
        let limit = space >> ty.page_log2;
        let max = ty.max.map_or(limit, u128::from);
        ensure(u128::from(ty.min) <= max && max <= limit, Kind::BadLimits)
    }

    /// Only what is read of a function before it is verified.
    fn check_functions(&self) -> Result<()> {
        let module = &self.module;
        let types = module.func_type_count();
        let records = self.module.parts.funcs;
        let is_func = |type_idx| type_idx < types && module.composite(type_idx) == Composite::Func;
        // The only check at loading that takes time by the number of functions: in most images all types are functions', and then it
        // is a comparison of numbers below 2^20 without a branch, which compilers make vector code of.
        let known = (0..types).all(is_func) && {
            let types = types.min(1 << 20) as i32;
            !records.iter().fold(false, |stray, record: &RawFuncRecord| {
                stray | (record.signature().type_idx() as i32 >= types)
            })
        };
        let stray = |record: &&RawFuncRecord| !is_func(record.signature().type_idx());
        if !known && let Some(record) = records.iter().find(stray) {
            return self.at(record, Err(Kind::BadFuncRecord));
        }
        let refs = module.parts.refs.len();
        let complete = refs == 0 || refs == records.len();
        self.at(self.root(), ensure(complete, Kind::BadFuncRecord))?;
        if let Some(first) = module.parts.around.first() {
            let ascends = around::ascends(module.parts.around);
            self.at(first, ensure(ascends, Kind::BadAround))?;
        }
        let Some(handlers) = self.module.parts.handlers.first() else {
            return Ok(());
        };
        let declared = self.declares(features::EXCEPTIONS);
        self.at(handlers, ensure(declared, Kind::FeatureNotDeclared))?;
        // A site must say whose it is.
        let start = |record: &RawFuncRecord| u32::from_le(record.code_word);
        match records.iter().is_sorted_by_key(start) {
            true => Ok(()),
            false => self.at(handlers, Err(Kind::BadFuncRecord)),
        }
    }

    fn check_expr(&self, span: Span, ty: ValType, globals: u32) -> Checked<()> {
        let ops = span.of(self.root().ops()).ok_or(Kind::BadConstExpr)?;
        spend(&self.left.ops, ops.len())?;
        const_expr::check(&self.module, self.module.expr(span), ty, globals)
    }

    /// Checks a value that is a constant, or operators.
    fn check_value(&self, value: Wide, is_expr: bool, ty: ValType, globals: u32) -> Checked<()> {
        if is_expr {
            return self.check_expr(value.span(), ty, globals);
        }
        const_expr::check(&self.module, self.module.value(value, false), ty, globals)
    }

    /// Checks an expression that may get every global of the module.
    fn check_late_expr(&self, span: Span, ty: ValType) -> Checked<()> {
        self.check_expr(span, ty, self.spaces(ExternKind::Global).1)
    }

    /// Checks an offset into a table or memory, which may get every global of the module.
    fn check_offset(&self, offset: Wide, is_expr: bool, is64: bool) -> Checked<()> {
        let ty = if is64 { val::I64 } else { val::I32 };
        self.check_value(offset, is_expr, ty, self.spaces(ExternKind::Global).1)
    }

    fn check_table(&self, row: &TableRow, totals: &mut Totals) -> Checked<()> {
        let Some(ExternType::Table(ty)) = row.ty.decode() else {
            return Err(Kind::BadType);
        };
        self.check_table_type(&ty)?;
        totals.table_elems = totals.table_elems.saturating_add(ty.min);
        if row.init == Span::default() {
            return ensure(ty.elem.is_defaultable(), Kind::ConstExprType);
        }
        self.check_expr(row.init, ty.elem, self.module.imported_globals())
    }

    fn check_memory_row(&self, row: &ExternRow, totals: &mut Totals) -> Checked<()> {
        let Some(ExternType::Memory(ty)) = row.decode() else {
            return Err(Kind::BadType);
        };
        self.check_memory_type(&ty)?;
        totals.memory(&ty);
        Ok(())
    }

    fn check_global_row(&self, i: u32, row: &GlobalRow) -> Checked<()> {
        let flags = row.flags.to_native();
        let known = flags & !(global_flag::MUTABLE | global_flag::EXPR) == 0;
        ensure(known, Kind::BadType)?;
        self.check_val(row.ty)?;
        let earlier = self.module.imported_globals().saturating_add(i);
        self.check_value(row.init, flags & global_flag::EXPR != 0, row.ty, earlier)
    }

    /// The exports and their index, which is strictly ascending and complete: so the names are unique.
    fn check_exports(&self) -> Result<()> {
        let root = self.root();
        for row in root.exports.iter() {
            let check = || {
                self.check_name(row.name)?;
                spend(&self.left.strings, row.name.range().len())?;
                let kind = row.what.kind().ok_or(Kind::BadExport)?;
                let known = row.what.index() < self.spaces(kind).1;
                ensure(known, Kind::IndexOutOfRange)
            };
            self.at(row, check())?;
        }
        let index = self.module.parts.export_index;
        let complete = index.is_empty() || index.len() == root.exports.len();
        self.at(root, ensure(complete, Kind::BadExportIndex))?;
        let mut last = None;
        for place in 0..root.exports.len() as u32 {
            let name = self.module.export_by_name(place).map(|export| export.name);
            let ascends = name.is_some() && last < name;
            self.at(root, ensure(ascends, Kind::BadExportIndex))?;
            last = name;
        }
        Ok(())
    }

    fn check_elem(&self, row: &ElemRow) -> Checked<()> {
        self.check_ref(row.ty)?;
        let how = row.how.to_native();
        let is_expr = how & elem_bits::EXPR != 0;
        let table = how >> elem_bits::TABLE;
        if how & elem_bits::MODE == 1 {
            let table = self.module.table_type(table);
            let table = table.ok_or(Kind::IndexOutOfRange)?;
            ensure(
                val_matches(&self.module, row.ty, table.elem),
                Kind::TypeMismatch,
            )?;
            self.check_offset(row.offset, is_expr, table.is64)?;
        } else {
            let proper = how & elem_bits::MODE <= 2 && table == 0 && !is_expr;
            ensure(proper && row.offset == Wide::default(), Kind::BadSegment)?;
        }
        match how & elem_bits::EXPRS {
            0 => {
                let funcs = self.spaces(ExternKind::Func).1;
                let items = row
                    .items
                    .of(self.module.parts.elems)
                    .ok_or(Kind::BadSegment)?;
                spend(&self.left.elems, items.len())?;
                let of_funcs = matches!(row.ty.as_ref(), Some((HeapType::Func, _)));
                ensure(of_funcs || items.is_empty(), Kind::TypeMismatch)?;
                let known = items.iter().all(|&func| u32::from_le(func) < funcs);
                ensure(known, Kind::IndexOutOfRange)
            }
            _ => {
                let items = row.items.of(self.root().exprs());
                let items = items.ok_or(Kind::BadSegment)?;
                spend(&self.left.exprs, items.len())?;
                (items.iter()).try_for_each(|&item| self.check_late_expr(item, row.ty))
            }
        }
    }

    fn check_data(&self, row: &DataRow) -> Checked<()> {
        let how = row.how.to_native();
        let is_expr = how & data_bits::EXPR != 0;
        if how & data_bits::ACTIVE == 0 {
            let proper = how == 0 && row.offset == Wide::default();
            ensure(proper, Kind::BadSegment)?;
        } else {
            let memory = self.module.memory_type(how >> data_bits::MEM);
            let memory = memory.ok_or(Kind::IndexOutOfRange)?;
            self.check_offset(row.offset, is_expr, memory.is64)?;
        }
        let bytes = row.bytes.of(self.module.parts.data);
        ensure(bytes.is_some(), Kind::BadSegment)
    }

    /// Runs lie in the initial part of their memory, page-aligned, ascending and disjoint.
    fn check_cow_runs(&self) -> Result<()> {
        let table = self.module.table.iter();
        let runs = table.filter(|section| {
            section.kind == section::Kind::DataCow as u8 && section.index == self.module.index
        });
        let mut end_of_last = (0, 0);
        for run in runs {
            let (number, page) = run.place.unwrap_or_default();
            let start = u64::from(page) << COW_ALIGN_LOG2;
            let end = start.saturating_add(u64::from(run.len));
            let memory = self.module.memory(number);
            let fits = memory.is_some_and(|ty| {
                ty.page_log2 == PAGE_LOG2 && u128::from(end) <= u128::from(ty.min) << PAGE_LOG2
            });
            if !fits || run.len == 0 || end_of_last > (number, start) {
                return Err(VerifyError::new(Kind::BadCowRun, run.offset));
            }
            end_of_last = (number, end);
        }
        Ok(())
    }

    fn check_start(&self) -> Checked<()> {
        let Some(start) = self.module.start() else {
            return Ok(());
        };
        ensure(start < self.spaces(ExternKind::Func).1, Kind::BadStart)?;
        let ty = self.module.func_type(self.module.func_type_idx(start));
        ensure(
            ty.params.is_empty() && ty.results.is_empty(),
            Kind::BadStart,
        )
    }
}
