//! A module whose beginning is the state that an instance of it had.
//!
//! Input: the module in binary and a [`State`]. Output: the module with that state as its data, elements, globals and sizes, without a
//! start function. Sections that say nothing about state are copied byte by byte, so code is the same, a constant number of bytes further
//! on or back.
//!
//! Indices stay what they are: segments that are used up become empty or declared ones, which is what a used up segment is, and what is
//! there now is written by new segments behind them.

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{
    self as enc, ConstExpr, DataSection, ElementSection, Elements, ExportSection, GlobalSection,
    HeapType, MemorySection, Module, RawSection, RefType, SectionId, TableSection,
};
use wasmparser::{self as wasm, ElementKind, Parser, Payload};

/// Zeros that separate two data segments: a segment takes about that many bytes.
const GAP: usize = 16;
/// Most segments; where there would be more, the gaps between them must be larger. Engines allow 100,000.
const SEGMENTS: usize = 50_000;

/// A value of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    /// A function of the module, or null.
    Func(Option<u32>),
    /// A reference of another kind, which can only be null.
    Null,
}

/// What an instance has become. All lists are in the order of the module, which imports nothing but functions.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) memories: Vec<Vec<u8>>,
    /// Elements: functions of the module, or null.
    pub(super) tables: Vec<Vec<Option<u32>>>,
    pub(super) globals: Vec<Value>,
    pub(super) dropped_data: Vec<bool>,
    pub(super) dropped_elems: Vec<bool>,
    /// An export that nobody is to call again.
    pub(super) hidden_export: Option<String>,
}

type Infallible = Error<core::convert::Infallible>;

/// The module, and how far on its code is.
pub(super) fn rewrite(wasm: &[u8], state: &State) -> Result<(Vec<u8>, i64), Infallible> {
    let mut writer = Writer {
        state,
        out: Module::new(),
        elements: ElementSection::new(),
        data: DataSection::new(),
        table_types: Vec::new(),
        is_64: (Vec::new(), Vec::new()),
        done: false,
    };
    let mut code_at = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::CodeSectionStart {
            unchecked_range, ..
        } = &payload
        {
            code_at = unchecked_range.start;
        }
        writer.payload(payload, wasm)?;
    }
    writer.before_code();
    if !writer.data.is_empty() {
        writer.out.section(&writer.data);
    }
    let out = writer.out.finish();
    let mut shift = 0;
    for payload in Parser::new(0).parse_all(&out) {
        if let Payload::CodeSectionStart {
            unchecked_range, ..
        } = payload?
        {
            shift = unchecked_range.start as i64 - code_at as i64;
        }
    }
    Ok((out, shift))
}

struct Writer<'a> {
    state: &'a State,
    out: Module,
    elements: ElementSection,
    data: DataSection,
    table_types: Vec<enc::TableType>,
    /// Whether memories and tables have 64-bit indices.
    is_64: (Vec<bool>, Vec<bool>),
    /// Whether what stands before the code has been written.
    done: bool,
}

impl<'a> Writer<'a> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the sections that say something about state are these"
    )]
    fn payload(&mut self, payload: Payload<'_>, wasm: &[u8]) -> Result<(), Infallible> {
        match payload {
            Payload::TableSection(section) => self.tables(section),
            Payload::MemorySection(section) => self.memories(section),
            Payload::GlobalSection(section) => self.globals(section),
            Payload::ExportSection(section) => self.exports(section),
            Payload::StartSection { .. } => Ok(()),
            Payload::ElementSection(section) => self.old_elements(section),
            Payload::DataCountSection { .. } => {
                self.before_code();
                // How many there are is known only now, since the state is.
                let count = self.state.dropped_data.len() + self.segments().len();
                self.out.section(&enc::DataCountSection {
                    count: count as u32,
                });
                Ok(())
            }
            Payload::DataSection(section) => self.old_data(section),
            Payload::End(_) => {
                self.before_code();
                if self.data.is_empty() {
                    self.new_data();
                }
                Ok(())
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    if id == SectionId::Code as u8 {
                        self.before_code();
                    }
                    let data = wasm.get(range.start as usize..range.end as usize);
                    self.out.section(&RawSection {
                        id,
                        data: data.unwrap_or_default(),
                    });
                }
                Ok(())
            }
        }
    }

    fn tables(&mut self, section: wasm::TableSectionReader<'_>) -> Result<(), Infallible> {
        let mut out = TableSection::new();
        for (table, elements) in section.into_iter().zip(&self.state.tables) {
            let table = table?;
            let mut ty = RoundtripReencoder.table_type(table.ty)?;
            ty.minimum = elements.len() as u64;
            self.is_64.1.push(ty.table64);
            self.table_types.push(ty);
            match table.init {
                // Elements that must be functions are all written; those that need not be begin as null.
                wasm::TableInit::Expr(init) if !ty.element_type.nullable => {
                    out.table_with_init(ty, &RoundtripReencoder.const_expr(init)?)
                }
                wasm::TableInit::Expr(_) | wasm::TableInit::RefNull => out.table(ty),
            };
        }
        self.out.section(&out);
        Ok(())
    }

    fn memories(&mut self, section: wasm::MemorySectionReader<'_>) -> Result<(), Infallible> {
        let mut out = MemorySection::new();
        for (ty, bytes) in section.into_iter().zip(&self.state.memories) {
            let mut ty = RoundtripReencoder.memory_type(ty?)?;
            ty.minimum = bytes.len() as u64 >> ty.page_size_log2.unwrap_or(16);
            self.is_64.0.push(ty.memory64);
            out.memory(ty);
        }
        self.out.section(&out);
        Ok(())
    }

    fn globals(&mut self, section: wasm::GlobalSectionReader<'_>) -> Result<(), Infallible> {
        let mut out = GlobalSection::new();
        for (global, &value) in section.into_iter().zip(&self.state.globals) {
            let global = global?;
            let ty = RoundtripReencoder.global_type(global.ty)?;
            let init = match (ty.mutable, ty.val_type) {
                (true, enc::ValType::Ref(of)) => reference(of.heap_type, value),
                (true, _) => number(value),
                (false, _) => RoundtripReencoder.const_expr(global.init_expr)?,
            };
            out.global(ty, &init);
        }
        self.out.section(&out);
        Ok(())
    }

    fn exports(&mut self, section: wasm::ExportSectionReader<'_>) -> Result<(), Infallible> {
        let mut out = ExportSection::new();
        for export in section {
            let export = export?;
            if Some(export.name) != self.state.hidden_export.as_deref() {
                RoundtripReencoder.parse_export(&mut out, export)?;
            }
        }
        self.out.section(&out);
        Ok(())
    }

    /// Segments that have been used up are as good as declared ones; these keep functions nameable.
    fn old_elements(&mut self, section: wasm::ElementSectionReader<'_>) -> Result<(), Infallible> {
        for (element, &dropped) in section.into_iter().zip(&self.state.dropped_elems) {
            let mut element = element?;
            if dropped {
                element.kind = ElementKind::Declared;
            }
            RoundtripReencoder.parse_element(&mut self.elements, element)?;
        }
        Ok(())
    }

    /// Writes the elements, old ones and those that tables hold now, once.
    fn before_code(&mut self) {
        if core::mem::replace(&mut self.done, true) {
            return;
        }
        for (table, elements) in (0..).zip(&self.state.tables) {
            let (Some(ty), Some(&is_64)) = (
                self.table_types.get(table as usize),
                self.is_64.1.get(table as usize),
            ) else {
                continue;
            };
            let mut at = 0;
            for run in elements.chunk_by(|a, b| a.is_some() == b.is_some()) {
                let funcs: Vec<u32> = run.iter().copied().flatten().collect();
                if !funcs.is_empty() {
                    let offset = start(at, is_64);
                    active(&mut self.elements, table, ty.element_type, &offset, &funcs);
                }
                at += run.len();
            }
        }
        if !self.elements.is_empty() {
            self.out.section(&self.elements);
        }
    }

    fn old_data(&mut self, section: wasm::DataSectionReader<'_>) -> Result<(), Infallible> {
        for (data, &dropped) in section.into_iter().zip(&self.state.dropped_data) {
            let bytes = if dropped { &[] } else { data?.data };
            self.data.passive(bytes.iter().copied());
        }
        self.new_data();
        Ok(())
    }

    fn new_data(&mut self) {
        for (memory, at, bytes) in self.segments() {
            let is_64 = self.is_64.0.get(memory as usize).copied();
            let offset = start(at, is_64.unwrap_or_default());
            self.data.active(memory, &offset, bytes.iter().copied());
        }
    }

    /// Memory, address and contents of what is not zero.
    fn segments(&self) -> Vec<(u32, usize, &'a [u8])> {
        let mut gap = GAP;
        let state = self.state;
        loop {
            let memories = (0..).zip(&state.memories);
            let found: Vec<_> = memories
                .flat_map(|(memory, bytes)| {
                    runs(bytes, gap).map(move |(at, bytes)| (memory, at, bytes))
                })
                .collect();
            if found.len() <= SEGMENTS {
                return found;
            }
            gap *= 2;
        }
    }
}

/// The parts of a memory that begin and end with something else than zero and hold no `gap` zeros in a row.
fn runs(bytes: &[u8], gap: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let first = at + bytes.get(at..)?.iter().position(|&byte| byte != 0)?;
        let mut end = first;
        let mut next = first;
        while next < bytes.len() && next - end <= gap {
            if bytes.get(next).is_some_and(|&byte| byte != 0) {
                end = next + 1;
            }
            next += 1;
        }
        at = next;
        Some((first, bytes.get(first..end)?))
    })
}

fn start(at: usize, is_64: bool) -> ConstExpr {
    match is_64 {
        true => ConstExpr::i64_const(at as i64),
        false => ConstExpr::i32_const(at as i32),
    }
}

fn active(out: &mut ElementSection, table: u32, ty: RefType, offset: &ConstExpr, funcs: &[u32]) {
    if ty == RefType::FUNCREF {
        let table = (table > 0).then_some(table);
        out.active(table, offset, Elements::Functions(funcs.into()));
        return;
    }
    let items: Vec<ConstExpr> = funcs
        .iter()
        .map(|&func| ConstExpr::ref_func(func))
        .collect();
    out.active(
        Some(table),
        offset,
        Elements::Expressions(ty, items.as_slice().into()),
    );
}

fn reference(heap_type: HeapType, value: Value) -> ConstExpr {
    if let Value::Func(Some(func)) = value {
        return ConstExpr::ref_func(func);
    }
    ConstExpr::ref_null(heap_type)
}

fn number(value: Value) -> ConstExpr {
    match value {
        Value::I32(value) => ConstExpr::i32_const(value),
        Value::I64(value) => ConstExpr::i64_const(value),
        Value::F32(bits) => ConstExpr::f32_const(f32::from_bits(bits).into()),
        Value::F64(bits) => ConstExpr::f64_const(f64::from_bits(bits).into()),
        Value::V128(bits) => ConstExpr::v128_const(bits.cast_signed()),
        Value::Func(_) | Value::Null => ConstExpr::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_leave_out_long_gaps_and_no_more() {
        let mut bytes = vec![0; 100];
        for at in [3, 5, 22, 60, 99] {
            bytes[at] = at as u8;
        }
        let found: Vec<_> = runs(&bytes, 16).map(|(at, run)| (at, run.len())).collect();
        assert_eq!(found, [(3, 20), (60, 1), (99, 1)]);
        let found: Vec<_> = runs(&bytes, 15).map(|(at, run)| (at, run.len())).collect();
        assert_eq!(found, [(3, 3), (22, 1), (60, 1), (99, 1)]);
        assert_eq!(runs(&[0; 50], 16).count(), 0);
        assert_eq!(runs(&[], 16).count(), 0);
    }
}
