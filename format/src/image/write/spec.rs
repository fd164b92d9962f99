//! What the writer is given.

use alloc::string::String;
use alloc::vec::Vec;

use super::ExternSpec;
use crate::image::around::Around;
use crate::image::debug::Home;
use crate::image::handler::Handler;
use crate::image::inlined::Row;
use crate::image::items::SubType;
use crate::image::types::{
    Composite, ConstOp, ExternKind, FieldType, GlobalType, MemoryType, TableType, ValType,
};

/// An image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageSpec {
    /// Its modules, by number.
    pub modules: Vec<ModuleSpec>,
    /// Tells builds apart.
    pub build_id: u64,
}

/// A module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleSpec {
    /// Types; no two recursive groups are equal.
    pub types: Vec<FuncTypeSpec>,
    /// Imports.
    pub imports: Vec<ImportSpec>,
    /// Defined functions.
    pub funcs: Vec<FuncSpec>,
    /// Constant pool.
    pub pool: Vec<u64>,
    /// Defined tables.
    pub tables: Vec<TableSpec>,
    /// Defined memories.
    pub memories: Vec<MemoryType>,
    /// Defined globals.
    pub globals: Vec<GlobalSpec>,
    /// Defined tags: index of the type of each.
    pub tags: Vec<u32>,
    /// Exports.
    pub exports: Vec<ExportSpec>,
    /// Element segments.
    pub elems: Vec<ElemSpec>,
    /// Data segments.
    pub datas: Vec<DataSpec>,
    /// Whether instructions name data segments by their indices. If not, those that end up in copy-on-write sections are left out.
    pub counts_datas: bool,
    /// Start function, in the function index space.
    pub start: Option<u32>,
    /// Names of functions of the function index space, ascending by index.
    pub func_names: Vec<(u32, String)>,
    /// Name of the module.
    pub module_name: Option<String>,
    /// Per defined function: word in the function and Wasm byte offset, ascending by word. Fewer or none are fine.
    pub lines: Vec<Vec<(u32, u32)>>,
    /// Per defined function: the functions that stand in it in the place of calls. Fewer or none are fine.
    pub inlined: Vec<InlinedSpec>,
    /// Per defined function: where exceptions are caught, ascending by site; words count from the function's first. Fewer or none are fine.
    pub handlers: Vec<Vec<Handler>>,
    /// Per defined function: calls in copies of callees, ascending by site; words count from the function's first. Fewer or none are fine.
    pub around: Vec<Vec<Around>>,
    /// What debuggers want to know.
    pub debug: Option<DebugSpec>,
    /// Features that the code needs beyond those that the writer sees itself, see [`crate::image::features`].
    pub features: u64,
}

/// What stands in a function in the place of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InlinedSpec {
    /// The first position that is in a copy.
    pub end: u32,
    /// The copies, in the order of their positions.
    pub copies: Vec<Row>,
}

/// What an image for debugging says beside its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DebugSpec {
    /// Per defined function: the word in the function at which each step begins and the Wasm byte offset of its operator, ascending by word.
    /// Fewer or none are fine.
    pub steps: Vec<Vec<(u32, u32)>>,
    /// Per defined function: where its locals are, in their order. Fewer or none are fine.
    pub homes: Vec<Vec<Home>>,
    /// The symbol file; empty if there is none.
    pub symbols: Vec<u8>,
}

/// A type. Of functions unless `composite` says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FuncTypeSpec {
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

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportSpec {
    /// Module name.
    pub module: String,
    /// Name in that module.
    pub name: String,
    /// What is imported.
    pub ty: ExternSpec,
}

/// A defined function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncSpec {
    /// Index of its type.
    pub type_idx: u32,
    /// Frame size in slots.
    pub frame: u16,
    /// Slots behind the parameters that hold references to collected things, and nothing else.
    pub refs: u16,
    /// Code words in native byte order, starting with `enter`.
    pub code: Vec<u16>,
}

/// A constant expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConstExpr(pub Vec<ConstOp>);

impl ConstExpr {
    /// The expression that is one constant with these slot bits.
    #[must_use]
    pub fn constant(bits: u64) -> Self {
        Self(alloc::vec![ConstOp::Const(bits)])
    }
}

impl From<Vec<ConstOp>> for ConstExpr {
    fn from(ops: Vec<ConstOp>) -> Self {
        Self(ops)
    }
}

/// A defined table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSpec {
    /// Its type.
    pub ty: TableType,
    /// Initial value of the elements; none is null.
    pub init: Option<ConstExpr>,
}

/// A defined global.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalSpec {
    /// Its type.
    pub ty: GlobalType,
    /// Initial value.
    pub init: ConstExpr,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSpec {
    /// Name.
    pub name: String,
    /// Kind of thing.
    pub kind: ExternKind,
    /// Index in the index space of its kind.
    pub index: u32,
}

/// What happens to an element segment at instantiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElemMode {
    /// Nothing: for `table_init`.
    Passive,
    /// It is dropped: it only declares references.
    Declared,
    /// It is written to a table and dropped.
    Active {
        /// Index in the table index space.
        table: u32,
        /// First index in the table.
        offset: ConstExpr,
    },
}

/// Items of an element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElemItems {
    /// Functions, by index in the function index space.
    Funcs(Vec<u32>),
    /// Constant expressions.
    Exprs(Vec<ConstExpr>),
}

/// An element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElemSpec {
    /// What happens to it at instantiation.
    pub mode: ElemMode,
    /// The items.
    pub items: ElemItems,
    /// Reference type of the items.
    pub ty: ValType,
}

/// What happens to a data segment at instantiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataMode {
    /// Nothing: for `memory_init`.
    Passive,
    /// It is written to a memory and dropped.
    Active {
        /// Index in the memory index space.
        mem: u32,
        /// First address.
        offset: ConstExpr,
    },
}

/// A data segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSpec {
    /// What happens to it at instantiation.
    pub mode: DataMode,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why an image cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// The image, or a part of it, has more than 2 GiB or more elements than its fields can count.
    TooLarge,
    /// A function type or frame has more slots than its field can count.
    TooManySlots,
    /// The metadata could not be archived.
    Archive,
}

impl core::fmt::Display for WriteError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the image would be larger than 2 GiB",
            Self::TooManySlots => "a function type has more than 65535 parameters or results",
            Self::Archive => "the metadata cannot be archived",
        })
    }
}

impl core::error::Error for WriteError {}
