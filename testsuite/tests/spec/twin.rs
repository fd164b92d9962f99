//! 64-bit twins of modules: the same module with tables and memories that are indexed by i64.
//!
//! Input: a valid module. Output: a module that does the same, seen from outside, or nothing where there is none.
//!
//! The suite has no 64-bit versions of its files about tables and bulk instructions. So all indices, lengths and sizes are extended and
//! wrapped around the instruction that takes or gives them; operands on top of an index are kept in a local meanwhile. What has no
//! maximum gets the one that a 32-bit table or memory has. Imports from `spectest` stay as they are, and so does what has an active segment
//! whose offset is a global of type i32.

#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "of the many operators and sections, those are named that are changed"
)]

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder, utils};
use wasm_encoder::{self as enc, Instruction, ValType};
use wasmparser::{self as wasm, Operator, Parser, Payload, TypeRef};

/// The largest memory with 32-bit addresses, in pages.
const PAGES: u64 = 1 << 16;
/// The largest table with 32-bit indices.
const ELEMENTS: u64 = u32::MAX as u64;
/// The module whose items the script's host defines.
const HOST: &str = "spectest";
/// Locals for operands, behind those of the function; behind them one for each table.
const KEPT: [ValType; 6] = [
    ValType::I32,
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
];

/// Why there is no twin.
type No = Error<&'static str>;

/// The twin.
pub(crate) fn twin(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let mut maker = Maker::new(wasm).map_err(|error| error.to_string())?;
    let mut module = enc::Module::new();
    let made = maker.parse_core_module(&mut module, Parser::new(0), wasm);
    made.map_err(|error| match error {
        Error::UserError(why) => why.to_owned(),
        other => other.to_string(),
    })?;
    Ok(module.finish())
}

/// What must be known of a module to change its bodies.
#[derive(Default)]
struct Maker {
    /// Whether each memory has 64-bit addresses in the twin.
    memories: Vec<bool>,
    /// The same for tables, with the type of their elements.
    tables: Vec<(bool, wasm::RefType)>,
    /// Parameters of each type; none of a type that is no function.
    params: Vec<u32>,
    /// Types of the defined functions whose bodies are to come.
    funcs: std::vec::IntoIter<u32>,
    /// The number of the next memory and table to be defined.
    next: (u32, u32),
}

impl Maker {
    fn new(wasm: &[u8]) -> wasm::Result<Self> {
        let mut maker = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            maker.note(payload?)?;
        }
        Ok(maker)
    }

    fn note(&mut self, payload: Payload<'_>) -> wasm::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    let params = group?.into_types().map(|ty| params(&ty));
                    self.params.extend(params);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let is_wide = import.module != HOST;
                    match import.ty {
                        TypeRef::Memory(_) => self.memories.push(is_wide),
                        TypeRef::Table(ty) => self.tables.push((is_wide, ty.element_type)),
                        _ => {}
                    }
                }
                self.next = (self.memories.len() as u32, self.tables.len() as u32);
            }
            Payload::MemorySection(section) => {
                self.memories.extend(section.into_iter().map(|_| true));
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push((true, table?.ty.element_type));
                }
            }
            Payload::FunctionSection(section) => {
                let funcs: wasm::Result<Vec<u32>> = section.into_iter().collect();
                self.funcs = funcs?.into_iter();
            }
            Payload::DataSection(section) => {
                for segment in section {
                    self.note_data(&segment?.kind)?;
                }
            }
            Payload::ElementSection(section) => {
                for segment in section {
                    self.note_element(&segment?.kind)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn note_data(&mut self, kind: &wasm::DataKind<'_>) -> wasm::Result<()> {
        if let wasm::DataKind::Active {
            memory_index,
            offset_expr,
        } = kind
            && constant(offset_expr)?.is_none()
            && let Some(memory) = self.memories.get_mut(*memory_index as usize)
        {
            *memory = false;
        }
        Ok(())
    }

    fn note_element(&mut self, kind: &wasm::ElementKind<'_>) -> wasm::Result<()> {
        if let wasm::ElementKind::Active {
            table_index,
            offset_expr,
        } = kind
            && constant(offset_expr)?.is_none()
            && let Some(table) = self.tables.get_mut(table_index.unwrap_or(0) as usize)
        {
            table.0 = false;
        }
        Ok(())
    }

    fn memory(&self, index: u32) -> bool {
        self.memories.get(index as usize).is_some_and(|&it| it)
    }

    fn table(&self, index: u32) -> bool {
        self.tables.get(index as usize).is_some_and(|it| it.0)
    }

    /// The start of an active segment, as an i64.
    fn offset(&mut self, offset: wasm::ConstExpr<'_>, is_wide: bool) -> Result<enc::ConstExpr, No> {
        if !is_wide {
            return self.const_expr(offset);
        }
        let constant =
            constant(&offset)?.ok_or(Error::UserError("an offset that is no constant"))?;
        Ok(enc::ConstExpr::i64_const(constant.into()))
    }
}

/// Parameters of a type, if it is one of functions.
fn params(ty: &wasm::SubType) -> u32 {
    match &ty.composite_type.inner {
        wasm::CompositeInnerType::Func(ty) => ty.params().len() as u32,
        _ => 0,
    }
}

/// The value of an expression that is a constant. Offsets beyond 2^31 are unsigned.
fn constant(expr: &wasm::ConstExpr<'_>) -> wasm::Result<Option<u32>> {
    let mut operators = expr.get_operators_reader();
    let (value, end) = (operators.read()?, operators.read()?);
    Ok(match (value, end) {
        (Operator::I32Const { value }, Operator::End) => Some(value.cast_unsigned()),
        _ => None,
    })
}

impl Reencode for Maker {
    type Error = &'static str;

    fn memory_type(&mut self, ty: wasm::MemoryType) -> Result<enc::MemoryType, No> {
        let mut ty = RoundtripReencoder.memory_type(ty).map_err(impossible)?;
        if ty.shared || ty.page_size_log2.is_some() || ty.memory64 {
            return Err(Error::UserError("a memory of another kind"));
        }
        ty.memory64 = true;
        ty.maximum = ty.maximum.or(Some(PAGES));
        Ok(ty)
    }

    fn table_type(&mut self, ty: wasm::TableType) -> Result<enc::TableType, No> {
        if ty.table64 {
            return Err(Error::UserError("a table of another kind"));
        }
        let mut ty = utils::table_type(self, ty)?;
        ty.table64 = true;
        ty.maximum = ty.maximum.or(Some(ELEMENTS));
        Ok(ty)
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut enc::MemorySection,
        section: wasm::MemorySectionReader<'_>,
    ) -> Result<(), No> {
        for ty in section {
            let ty = ty?;
            let is_wide = self.memory(self.next.0);
            self.next.0 += 1;
            memories.memory(match is_wide {
                true => self.memory_type(ty)?,
                false => RoundtripReencoder.memory_type(ty).map_err(impossible)?,
            });
        }
        Ok(())
    }

    fn parse_table(
        &mut self,
        tables: &mut enc::TableSection,
        table: wasm::Table<'_>,
    ) -> Result<(), No> {
        let is_wide = self.table(self.next.1);
        self.next.1 += 1;
        match is_wide {
            true => utils::parse_table(self, tables, table),
            false => RoundtripReencoder
                .parse_table(tables, table)
                .map_err(impossible),
        }
    }

    fn parse_import_section(
        &mut self,
        imports: &mut enc::ImportSection,
        section: wasm::ImportSectionReader<'_>,
    ) -> Result<(), No> {
        for import in section.into_imports() {
            self.parse_import(imports, import?)?;
        }
        Ok(())
    }

    fn parse_import(
        &mut self,
        imports: &mut enc::ImportSection,
        import: wasm::Import<'_>,
    ) -> Result<(), No> {
        let declared = RoundtripReencoder
            .entity_type(import.ty)
            .map_err(impossible)?;
        let ty = match (self.entity_type(import.ty)?, declared) {
            _ if import.module == HOST => declared,
            // Its maximum is a demand.
            (enc::EntityType::Memory(ty), enc::EntityType::Memory(declared)) => {
                enc::EntityType::Memory(enc::MemoryType {
                    maximum: declared.maximum,
                    ..ty
                })
            }
            (enc::EntityType::Table(ty), enc::EntityType::Table(declared)) => {
                enc::EntityType::Table(enc::TableType {
                    maximum: declared.maximum,
                    ..ty
                })
            }
            (ty, _) => ty,
        };
        imports.import(import.module, import.name, ty);
        Ok(())
    }

    fn parse_data(&mut self, data: &mut enc::DataSection, datum: wasm::Data<'_>) -> Result<(), No> {
        if let wasm::DataKind::Active {
            memory_index,
            offset_expr,
        } = datum.kind
        {
            let offset = self.offset(offset_expr, self.memory(memory_index))?;
            data.active(memory_index, &offset, datum.data.iter().copied());
            return Ok(());
        }
        utils::parse_data(self, data, datum)
    }

    fn parse_element(
        &mut self,
        elements: &mut enc::ElementSection,
        element: wasm::Element<'_>,
    ) -> Result<(), No> {
        if let wasm::ElementKind::Active {
            table_index,
            offset_expr,
        } = element.kind
        {
            let offset = self.offset(offset_expr, self.table(table_index.unwrap_or(0)))?;
            let items = self.element_items(element.items)?;
            elements.active(table_index, &offset, items);
            return Ok(());
        }
        utils::parse_element(self, elements, element)
    }

    fn parse_function_body(
        &mut self,
        code: &mut enc::CodeSection,
        body: wasm::FunctionBody<'_>,
    ) -> Result<(), No> {
        let ty = self.funcs.next().unwrap_or_default();
        let mut first = self.params.get(ty as usize).copied().unwrap_or_default();
        let mut locals = Vec::new();
        for pair in body.get_locals_reader()? {
            let (count, ty) = pair?;
            first += count;
            locals.push((count, self.val_type(ty)?));
        }
        locals.extend(KEPT.map(|ty| (1, ty)));
        for (_, ty) in self.tables.clone() {
            let nullable = RoundtripReencoder.ref_type(ty).map_err(impossible)?;
            locals.push((
                1,
                ValType::Ref(enc::RefType {
                    nullable: true,
                    ..nullable
                }),
            ));
        }
        let mut out = Body {
            func: enc::Function::new(locals),
            first,
        };
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let op = reader.read()?;
            let instruction = self.instruction(op.clone())?;
            self.operator(&mut out, &op, &instruction)?;
        }
        code.function(&out.func);
        Ok(())
    }
}

/// Copying a type has no errors of its own.
fn impossible(error: Error<core::convert::Infallible>) -> No {
    match error {
        Error::ParseError(error) => Error::ParseError(error),
        _ => Error::UserError("a type that cannot be copied"),
    }
}

/// Where an operand is kept: the number of the local behind the function's own.
#[derive(Clone, Copy)]
enum Kept {
    Number(u32),
    Reference(u32, bool),
}

/// A body in the making.
struct Body {
    func: enc::Function,
    /// The first local that is the twin's own.
    first: u32,
}

impl Body {
    fn put(&mut self, instruction: &Instruction<'_>) {
        self.func.instruction(instruction);
    }

    fn extend(&mut self, is_wide: bool) {
        if is_wide {
            self.put(&Instruction::I64ExtendI32U);
        }
    }

    fn keep(&mut self, kept: Kept) {
        let (Kept::Number(local) | Kept::Reference(local, _)) = kept;
        self.put(&Instruction::LocalSet(self.first + local));
    }

    fn take(&mut self, kept: Kept) {
        let (Kept::Number(local) | Kept::Reference(local, _)) = kept;
        self.put(&Instruction::LocalGet(self.first + local));
        if matches!(kept, Kept::Reference(_, false)) {
            self.put(&Instruction::RefAsNonNull);
        }
    }

    /// The operand below one that is kept, extended; then that one again.
    fn under(&mut self, kept: Kept, is_wide: bool) {
        self.keep(kept);
        self.extend(is_wide);
        self.take(kept);
    }

    /// Three operands: extended or not.
    fn three(&mut self, middle: Kept, is_wide: [bool; 3]) {
        self.keep(Kept::Number(1));
        self.keep(middle);
        self.extend(is_wide[0]);
        self.take(middle);
        self.extend(is_wide[1]);
        self.take(Kept::Number(1));
        self.extend(is_wide[2]);
    }
}

impl Maker {
    /// Puts an instruction, with its operands and results extended and wrapped.
    fn operator(
        &self,
        out: &mut Body,
        op: &Operator<'_>,
        same: &Instruction<'_>,
    ) -> Result<(), No> {
        use Operator as O;
        if let Some((memory, stored)) = access(op) {
            match stored {
                Some(kept) => out.under(kept, self.memory(memory)),
                None => out.extend(self.memory(memory)),
            }
            out.put(same);
            return Ok(());
        }
        let element = |table: u32| {
            let nullable = self
                .tables
                .get(table as usize)
                .is_none_or(|it| it.1.is_nullable());
            Kept::Reference(KEPT.len() as u32 + table, nullable)
        };
        let number = Kept::Number(0);
        let mut wraps = false;
        match *op {
            O::MemorySize { mem } => wraps = self.memory(mem),
            O::MemoryGrow { mem } => {
                wraps = self.memory(mem);
                out.extend(wraps);
            }
            O::MemoryFill { mem } => {
                let wide = self.memory(mem);
                out.three(number, [wide, false, wide]);
            }
            O::MemoryInit { mem, .. } => out.three(number, [self.memory(mem), false, false]),
            O::MemoryCopy { dst_mem, src_mem } => {
                let (dst, src) = (self.memory(dst_mem), self.memory(src_mem));
                out.three(number, [dst, src, dst && src]);
            }
            O::TableSize { table } => wraps = self.table(table),
            O::TableGrow { table } => {
                wraps = self.table(table);
                out.extend(wraps);
            }
            O::TableGet { table } => out.extend(self.table(table)),
            O::TableSet { table } => out.under(element(table), self.table(table)),
            O::TableFill { table } => {
                let wide = self.table(table);
                out.three(element(table), [wide, false, wide]);
            }
            O::TableInit { table, .. } => out.three(number, [self.table(table), false, false]),
            O::TableCopy {
                dst_table,
                src_table,
            } => {
                let (dst, src) = (self.table(dst_table), self.table(src_table));
                out.three(number, [dst, src, dst && src]);
            }
            O::CallIndirect { table_index, .. } | O::ReturnCallIndirect { table_index, .. } => {
                out.extend(self.table(table_index));
            }
            _ => {}
        }
        out.put(same);
        if wraps {
            out.put(&Instruction::I32WrapI64);
        }
        Ok(())
    }
}

/// The memory that a load or store works on, and where what lies above the address is kept.
fn access(op: &Operator<'_>) -> Option<(u32, Option<Kept>)> {
    use Operator as O;
    const I32: Option<Kept> = Some(Kept::Number(0));
    const I64: Option<Kept> = Some(Kept::Number(2));
    const F32: Option<Kept> = Some(Kept::Number(3));
    const F64: Option<Kept> = Some(Kept::Number(4));
    const V128: Option<Kept> = Some(Kept::Number(5));
    let (memarg, kept) = match op {
        O::I32Load { memarg }
        | O::I64Load { memarg }
        | O::F32Load { memarg }
        | O::F64Load { memarg }
        | O::I32Load8S { memarg }
        | O::I32Load8U { memarg }
        | O::I32Load16S { memarg }
        | O::I32Load16U { memarg }
        | O::I64Load8S { memarg }
        | O::I64Load8U { memarg }
        | O::I64Load16S { memarg }
        | O::I64Load16U { memarg }
        | O::I64Load32S { memarg }
        | O::I64Load32U { memarg }
        | O::V128Load { memarg }
        | O::V128Load8x8S { memarg }
        | O::V128Load8x8U { memarg }
        | O::V128Load16x4S { memarg }
        | O::V128Load16x4U { memarg }
        | O::V128Load32x2S { memarg }
        | O::V128Load32x2U { memarg }
        | O::V128Load8Splat { memarg }
        | O::V128Load16Splat { memarg }
        | O::V128Load32Splat { memarg }
        | O::V128Load64Splat { memarg }
        | O::V128Load32Zero { memarg }
        | O::V128Load64Zero { memarg } => (memarg, None),
        O::I32Store { memarg } | O::I32Store8 { memarg } | O::I32Store16 { memarg } => {
            (memarg, I32)
        }
        O::I64Store { memarg }
        | O::I64Store8 { memarg }
        | O::I64Store16 { memarg }
        | O::I64Store32 { memarg } => (memarg, I64),
        O::F32Store { memarg } => (memarg, F32),
        O::F64Store { memarg } => (memarg, F64),
        O::V128Store { memarg }
        | O::V128Load8Lane { memarg, .. }
        | O::V128Load16Lane { memarg, .. }
        | O::V128Load32Lane { memarg, .. }
        | O::V128Load64Lane { memarg, .. }
        | O::V128Store8Lane { memarg, .. }
        | O::V128Store16Lane { memarg, .. }
        | O::V128Store32Lane { memarg, .. }
        | O::V128Store64Lane { memarg, .. } => (memarg, V128),
        _ => return None,
    };
    match memarg.target {
        wasm::MemArgTarget::Memory(memory) => Some((memory, kept)),
        _ => None,
    }
}

#[test]
fn a_twin_is_indexed_by_i64_and_does_the_same() {
    let module = wat::parse_str(
        r#"(module (import "a" "t" (table 1 funcref)) (import "spectest" "table" (table 1 funcref))
            (memory 1) (data (i32.const 8) "x")
            (func (param f64) (result i32)
              (f64.store (i32.const 8) (local.get 0))
              (table.set 0 (i32.const 0) (ref.null func))
              (table.set 1 (i32.const 0) (ref.null func))
              (memory.grow (i32.const 1))))"#,
    );
    let twin = twin(&module.unwrap()).unwrap();
    let text = wasmprinter::print_bytes(twin).unwrap();
    for part in [
        "(table (;0;) i64 1 funcref)",
        "(table (;1;) 1 funcref)",
        "(memory (;0;) i64 1 65536)",
        "(i64.const 8)",
        "i32.wrap_i64",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(text.matches("i64.extend_i32_u").count(), 3, "{text}");
}
