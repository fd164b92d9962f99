//! The Wasm module as the rest of the compiler sees it: decoded, its declarations validated, plain data.
//!
//! Input: the bytes of a binary module. Output: [`ValidModule`], made only by [`parse`], and [`ValidBody`], made only by
//! [`ValidModule::validate_body`].
//!
//! Invariants, established by the validator: every index is in range of its index space, every constant expression has the type
//! that its place demands, and what calls names a function type. A function body may be read only through [`ValidBody`].

mod body;
mod consts;
mod decode;
mod features;
mod groups;
#[cfg(test)]
mod tests;

pub use body::{BodyAllocs, ValidBody};
pub(crate) use body::{Scope, label};
pub(crate) use decode::{heap_type, ref_type, value_type};
pub use decode::{parse, parse_with};
pub use features::{FEATURES, Feature, Features, explain};

use crate::ir::Type;
use core::ops::Range;
use wasmparser::{FunctionBody, ValidatorResources};
use wrt_format::image::SubType;
use wrt_format::image::types::{Composite, FieldType, HeapType, ValType, place_field, val};

/// A type. Of functions unless `composite` says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// What it is a type of.
    pub composite: Composite,
    /// Fields of structs; one, the elements, of arrays.
    pub fields: Vec<FieldType>,
    /// Types of the parameters.
    pub params: Vec<ValType>,
    /// Types of the results.
    pub results: Vec<ValType>,
    /// How it is declared.
    pub sub: SubType,
}

impl FuncType {
    /// Where field `index` of structs lies, in bytes.
    #[must_use]
    pub fn field_offset(&self, index: usize) -> u32 {
        let mut bytes = 0;
        for field in &self.fields[..index] {
            (_, bytes) = place_field(bytes, field.ty);
        }
        place_field(bytes, self.fields[index].ty).0
    }
}

/// The type of the IR for values of this type, in a module with these types: references differ by what their slots mean.
pub(crate) fn ir_type(types: &[FuncType], ty: ValType) -> Type {
    match ty {
        val::I32 | val::I8 | val::I16 => Type::I32,
        val::I64 => Type::I64,
        val::F32 => Type::F32,
        val::F64 => Type::F64,
        val::V128 => Type::V128,
        _ => match ty.as_ref() {
            Some((HeapType::Extern | HeapType::NoExtern, _)) => Type::ExternRef,
            Some((HeapType::Exn | HeapType::NoExn, _)) => Type::ExnRef,
            Some((HeapType::Func | HeapType::NoFunc, _)) | None => Type::FuncRef,
            Some((HeapType::Defined(index), _)) => match types[index as usize].composite {
                Composite::Func => Type::FuncRef,
                Composite::Struct | Composite::Array => Type::AnyRef,
            },
            Some((
                HeapType::Any
                | HeapType::Eq
                | HeapType::I31
                | HeapType::Struct
                | HeapType::Array
                | HeapType::None,
                _,
            )) => Type::AnyRef,
        },
    }
}

/// The type of a table. Sizes in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// Type of the elements: a reference type.
    pub elem: ValType,
    /// Whether indices are i64.
    pub is64: bool,
    /// Size at the start.
    pub min: u64,
    /// Largest size.
    pub max: Option<u64>,
}

/// The type of a memory. Sizes in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Whether addresses are i64.
    pub is64: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// Log2 of the bytes of a page: 16, or 0.
    pub page_log2: u8,
    /// Size at the start.
    pub min: u64,
    /// Largest size.
    pub max: Option<u64>,
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// Type of the value.
    pub ty: ValType,
    /// Whether it can be written.
    pub mutable: bool,
}

/// What an import asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function of the type with this (not canonicalised) index.
    Func(u32),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag of the type with this (not canonicalised) index.
    Tag(u32),
}

/// An import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import<'a> {
    /// Module name.
    pub module: &'a str,
    /// Item name.
    pub name: &'a str,
    /// Type.
    pub ty: ExternType,
}

/// The kind of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternKind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag.
    Tag,
}

/// An export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export<'a> {
    /// Name; all names of a module differ.
    pub name: &'a str,
    /// Kind.
    pub kind: ExternKind,
    /// Index in the index space of its kind.
    pub index: u32,
}

/// One operator of a constant expression, in postfix order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstOp {
    /// A constant, as the 64 bits of its slot (i32 and f32 zero-extended; a null reference is 0).
    Const(u64),
    /// The value of an immutable global.
    GlobalGet(u32),
    /// Reference to a function.
    RefFunc(u32),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
    /// A `v128` of its halves, the low one pushed first.
    V128,
    /// `ref.i31`
    RefI31,
    /// A new struct of a type, all fields 0 or null.
    StructNew(u32),
    /// Sets this field of the struct below to the value on top; the struct stays.
    StructSet(u32),
    /// A new array of a type, of the length on top, all elements 0 or null.
    ArrayNew(u32),
    /// Sets all elements of the array below to the value on top; the array stays.
    ArrayFill,
    /// Sets this element of the array below to the value on top; the array stays.
    ArraySet(u32),
    /// `any.convert_extern`
    AnyConvertExtern,
    /// `extern.convert_any`
    ExternConvertAny,
}

/// A constant expression in postfix order, without its `end`. It leaves one value.
pub type ConstExpr = Vec<ConstOp>;

/// How an element segment is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElemMode {
    /// By `table.init`.
    Passive,
    /// Not at all: it declares functions for `ref.func`.
    Declared,
    /// Written to a table when the module is instantiated.
    Active {
        /// Table index.
        table: u32,
        /// Index of the first element.
        offset: ConstExpr,
    },
}

/// The elements of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElemItems {
    /// References to functions.
    Funcs(Vec<u32>),
    /// Constant expressions.
    Exprs(Vec<ConstExpr>),
}

/// An element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elem {
    /// Type of the elements.
    pub ty: ValType,
    /// Use.
    pub mode: ElemMode,
    /// Elements.
    pub items: ElemItems,
}

/// How a data segment is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataMode {
    /// By `memory.init`.
    Passive,
    /// Written to a memory when the module is instantiated.
    Active {
        /// Memory index.
        mem: u32,
        /// Address of the first byte.
        offset: ConstExpr,
    },
}

/// A data segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data<'a> {
    /// Use.
    pub mode: DataMode,
    /// Contents.
    pub bytes: &'a [u8],
}

/// A hint from the section `metadata.code.branch_hint`. Whether a branch is there is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    /// Index in the function index space.
    pub(crate) func_idx: u32,
    /// Offset in the function's body of the `if` or `br_if`, in bytes.
    pub(crate) offset: u32,
    /// Whether the condition is mostly true.
    pub(crate) taken: bool,
}

/// A module whose declarations are valid. Index spaces hold the imported items first, as Wasm numbers them.
#[derive(Debug)]
pub struct ValidModule<'a> {
    /// The whole module.
    pub wasm: &'a [u8],
    /// The types in the order of the type section; equal ones may occur several times (see [`Self::canonical_type`]).
    pub types: Vec<FuncType>,
    /// Imports in order.
    pub imports: Vec<Import<'a>>,
    /// For each function of the index space its type index, as written.
    pub funcs: Vec<u32>,
    /// Tables of the index space.
    pub tables: Vec<TableType>,
    /// Memories of the index space.
    pub memories: Vec<MemoryType>,
    /// Globals of the index space.
    pub globals: Vec<GlobalType>,
    /// Number of imported functions: the first ones of `funcs`.
    pub imported_funcs: u32,
    /// Number of imported tables.
    pub imported_tables: u32,
    /// Number of imported memories.
    pub imported_memories: u32,
    /// Number of imported globals.
    pub imported_globals: u32,
    /// Number of imported tags.
    pub imported_tags: u32,
    /// Initial value of the elements of each defined table; none is null.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// Initial value of each defined global.
    pub global_inits: Vec<ConstExpr>,
    /// Type of each tag of the index space, as written.
    pub tags: Vec<u32>,
    /// Exports in order.
    pub exports: Vec<Export<'a>>,
    /// Element segments.
    pub elems: Vec<Elem>,
    /// Data segments.
    pub datas: Vec<Data<'a>>,
    /// Start function.
    pub start: Option<u32>,
    /// Name of the module, from the name section.
    pub module_name: Option<&'a str>,
    /// Names of functions, from the name section, by ascending function index; empty if that section is malformed.
    pub func_names: Vec<(u32, &'a str)>,
    /// Branch hints, by ascending function index and offset; empty if their section is malformed.
    pub(crate) hints: Vec<Hint>,
    /// For each type the lowest index of an equal type.
    canonical_types: Vec<u32>,
    /// The undecoded body of each defined function.
    bodies: Vec<FunctionBody<'a>>,
    /// What the validator knows about the module; there if any function is defined.
    resources: Option<ValidatorResources>,
    /// What the validator accepts.
    pub(crate) features: Features,
}

impl<'a> ValidModule<'a> {
    /// The index that stands for all types equal to the type `type_idx`: the lowest one.
    #[must_use]
    pub fn canonical_type(&self, type_idx: u32) -> u32 {
        self.canonical_types[type_idx as usize]
    }

    /// The type of the IR for values of this type.
    pub(crate) fn ir_type(&self, ty: ValType) -> Type {
        ir_type(&self.types, ty)
    }

    /// Types of the parameters of functions of a type, as the IR sees them.
    pub(crate) fn ir_params(&self, ty: &FuncType) -> Vec<Type> {
        ty.params.iter().map(|&ty| self.ir_type(ty)).collect()
    }

    /// Types of their results, as the IR sees them.
    pub(crate) fn ir_results(&self, ty: &FuncType) -> Vec<Type> {
        ty.results.iter().map(|&ty| self.ir_type(ty)).collect()
    }

    /// The type of a function of the index space.
    #[must_use]
    pub fn func_type(&self, func_idx: u32) -> &FuncType {
        &self.types[self.funcs[func_idx as usize] as usize]
    }

    /// The type of a tag of the index space: its parameters are the values that its exceptions carry.
    #[must_use]
    pub fn tag_type(&self, tag: u32) -> &FuncType {
        &self.types[self.tags[tag as usize] as usize]
    }

    /// The name of a function of the index space, if the name section gives one.
    #[must_use]
    pub fn func_name(&self, func_idx: u32) -> Option<&'a str> {
        let at = self
            .func_names
            .binary_search_by_key(&func_idx, |&(idx, _)| idx);
        Some(self.func_names[at.ok()?].1)
    }

    /// What a hint says about the branch at this byte offset in the body of a function.
    pub(crate) fn hint(&self, func_idx: u32, offset: u32) -> Option<bool> {
        let key = |hint: &Hint| (hint.func_idx, hint.offset);
        let at = self.hints.binary_search_by_key(&(func_idx, offset), key);
        Some(self.hints[at.ok()?].taken)
    }

    /// Number of defined functions.
    #[must_use]
    pub fn body_count(&self) -> u32 {
        self.bodies.len() as u32
    }

    /// Byte range in the module of the body (locals and operators) of a defined function.
    #[must_use]
    pub fn body_range(&self, body_idx: u32) -> Range<usize> {
        let range = self.bodies[body_idx as usize].range();
        range.start as usize..range.end as usize
    }

    /// Index in the function index space of a defined function.
    #[must_use]
    pub fn body_func_idx(&self, body_idx: u32) -> u32 {
        self.imported_funcs + body_idx
    }
}
