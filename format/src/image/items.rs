//! What a module is made of, each item borrowed from the image's bytes.

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use super::root::{OpRow, Span};
use super::types::{ConstOp, ExternKind, ExternType, GlobalType, TableType, ValType};

/// A function type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FuncTypeView<'a> {
    /// Types of the parameters.
    pub params: &'a [ValType],
    /// Types of the results.
    pub results: &'a [ValType],
}

/// How a type is declared, beside what it is (spec, 2.3.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SubType {
    /// Its declared supertype, a lower index.
    pub supertype: Option<u32>,
    /// Whether it may have subtypes.
    pub open: bool,
    /// Place in its recursive group, whose types lie one behind the other: 0 begins a new one.
    pub in_group: u32,
}

/// An import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportView<'a> {
    /// Module name.
    pub module: &'a str,
    /// Name in that module.
    pub name: &'a str,
    /// What is imported.
    pub ty: ExternType,
}

/// An export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportView<'a> {
    /// Name.
    pub name: &'a str,
    /// Kind of thing.
    pub kind: ExternKind,
    /// Index in the index space of its kind.
    pub index: u32,
}

/// A constant expression.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConstExprView<'a> {
    /// The bits, if it is that constant and nothing else.
    pub(crate) constant: Option<u64>,
    /// The operators otherwise.
    pub(crate) rows: &'a [OpRow],
}

/// A defined table.
#[derive(Clone, Copy, Debug)]
pub struct TableView<'a> {
    /// Its type.
    pub ty: TableType,
    /// Initial value of the elements; none is null.
    pub init: Option<ConstExprView<'a>>,
}

/// A defined global.
#[derive(Clone, Copy, Debug)]
pub struct GlobalView<'a> {
    /// Its type.
    pub ty: GlobalType,
    /// Initial value.
    pub init: ConstExprView<'a>,
}

/// What happens to an element segment at instantiation.
#[derive(Clone, Copy, Debug)]
pub enum ElemMode<'a> {
    /// Nothing: for `table_init`.
    Passive,
    /// It is dropped: it only declares references.
    Declared,
    /// It is written to a table and dropped.
    Active {
        /// Index in the table index space.
        table: u32,
        /// First index in the table.
        offset: ConstExprView<'a>,
    },
}

/// Items of an element segment.
#[derive(Clone, Copy, Debug)]
pub enum ElemItems<'a> {
    /// Functions by index in the function index space, little-endian words as they lie in the image.
    Funcs(&'a [u32]),
    /// Constant expressions.
    Exprs(ExprsView<'a>),
}

/// Constant expressions of an element segment.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExprsView<'a> {
    pub(crate) spans: &'a [Span],
    pub(crate) ops: &'a [OpRow],
}

/// An element segment.
#[derive(Clone, Copy, Debug)]
pub struct ElemView<'a> {
    /// What happens to it at instantiation.
    pub mode: ElemMode<'a>,
    /// Reference type of the items.
    pub ty: ValType,
    /// The items.
    pub items: ElemItems<'a>,
}

/// What happens to a data segment at instantiation.
#[derive(Clone, Copy, Debug)]
pub enum DataMode<'a> {
    /// Nothing: for `memory_init`.
    Passive,
    /// It is written to a memory and dropped.
    Active {
        /// Index in the memory index space.
        mem: u32,
        /// First address.
        offset: ConstExprView<'a>,
    },
}

/// A data segment.
#[derive(Clone, Copy, Debug)]
pub struct DataView<'a> {
    /// What happens to it at instantiation.
    pub mode: DataMode<'a>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Initial contents of a part of a defined memory. All of a multiple of 4 KiB, inside the memory's initial size, and disjoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CowRun<'a> {
    /// First address in the memory.
    pub memory_offset: u64,
    /// Contents.
    pub bytes: &'a [u8],
    /// Where the contents lie in the image, for mapping them from its file.
    pub file_offset: u32,
}

impl<'a> ConstExprView<'a> {
    /// A constant.
    pub(crate) const fn of_bits(bits: u64) -> Self {
        Self {
            constant: Some(bits),
            rows: &[],
        }
    }

    /// Operators.
    pub(crate) const fn of_rows(rows: &'a [OpRow]) -> Self {
        Self {
            constant: None,
            rows,
        }
    }

    /// The operators in order.
    pub fn ops(self) -> impl Iterator<Item = ConstOp> + 'a {
        let constant = self.constant.map(ConstOp::Const);
        let rows = self.rows.iter().filter_map(OpRow::decode);
        constant.into_iter().chain(rows)
    }

    /// The slot bits, if the expression is a single constant.
    #[must_use]
    pub fn as_const(self) -> Option<u64> {
        let mut ops = self.ops();
        let (first, second) = (ops.next()?, ops.next());
        match first {
            ConstOp::Const(bits) if second.is_none() => Some(bits),
            ConstOp::Const(_)
            | ConstOp::GlobalGet(_)
            | ConstOp::RefFunc(_)
            | ConstOp::I32Add
            | ConstOp::I32Sub
            | ConstOp::I32Mul
            | ConstOp::I64Add
            | ConstOp::I64Sub
            | ConstOp::I64Mul
            | ConstOp::V128
            | ConstOp::RefI31
            | ConstOp::StructNew(_)
            | ConstOp::StructSet(_)
            | ConstOp::ArrayNew(_)
            | ConstOp::ArrayFill
            | ConstOp::ArraySet(_)
            | ConstOp::AnyConvertExtern
            | ConstOp::ExternConvertAny => None,
        }
    }
}

impl<'a> ExprsView<'a> {
    /// Number of expressions.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.spans.len() as u32
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.spans.is_empty()
    }

    /// Expression number `i`.
    #[must_use]
    pub fn expr(self, i: u32) -> ConstExprView<'a> {
        let span = self.spans.get(i as usize).copied().unwrap_or_default();
        ConstExprView::of_rows(span.of(self.ops).unwrap_or_default())
    }
}

impl ElemView<'_> {
    /// Number of items.
    #[must_use]
    pub const fn len(&self) -> u32 {
        match self.items {
            ElemItems::Funcs(items) => items.len() as u32,
            ElemItems::Exprs(items) => items.len(),
        }
    }

    /// Whether there is no item.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
