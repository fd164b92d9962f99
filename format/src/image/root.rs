//! The ROOT section: the metadata of all modules of an image, an rkyv 0.8 archive read in place.
//!
//! The archived types are written by hand, so that their layout is frozen here and not by what a derive makes of other types. They
//! hold nothing but [`ArchivedVec`], [`ArchivedString`] and rows of plain numbers, which bytecheck checks in time that does not
//! depend on the length. What the numbers mean is checked in `crate::verify`; until then any number may be anything.

#![cfg_attr(
    any(feature = "write", test),
    expect(
        missing_debug_implementations,
        reason = "the derive for writing makes types without it"
    )
)]

use rkyv::bytecheck::CheckBytes;
use rkyv::rend::{u16_le, u32_le};
use rkyv::string::ArchivedString;
use rkyv::vec::ArchivedVec;
use rkyv::{Archived, Portable};

use super::types::ValType;

// The archive's pointers are 32 bits wide whatever features other crates enable.
const _: () = assert!(size_of::<Archived<usize>>() == 4);
const _: () = assert!(size_of::<ArchivedVec<u8>>() == 8 && size_of::<ArchivedString>() == 8);

/// Stands for "none" where an index or a start is expected.
pub const NONE: u32 = u32::MAX;

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident $size:literal { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Portable, CheckBytes)]
            #[cfg_attr(any(feature = "write", test), derive(rkyv::Archive, rkyv::Serialize))]
            #[cfg_attr(any(feature = "write", test), rkyv(as = Self))]
            #[bytecheck(crate = rkyv::bytecheck)]
            #[repr(C)]
            pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }
            // Without padding, so that an archive has no bytes that are not written.
            const _: () = assert!(size_of::<$name>() == $size && 0 $(+ size_of::<$ty>())* == $size);
        )*
    };
}

rows! {
    /// A range of a vector or string of the module.
    Span 8 {
        /// First element.
        start: u32_le,
        /// Elements.
        len: u32_le,
    }
    /// A type. A function type: `params` value types from `start` in [`RootModule::type_vals`], then `results`. Of structs or arrays:
    /// `params` fields from `start` in [`RootMore::fields`].
    TypeRow 8 {
        /// First parameter in `type_vals`, or first field in `fields`.
        start: u32_le,
        /// Number of parameters or fields; 1 for arrays.
        params: u16_le,
        /// Number of results. Of structs: their size in units of 8 bytes. Of arrays: 0.
        results: u16_le,
    }
    /// How a type is declared, where any of the module's types is more than a function type by itself.
    SubRow 12 {
        /// Declared supertype, a lower index, or [`NONE`].
        supertype: u32_le,
        /// Place in its recursive group, whose types lie one behind the other: 0 begins a new one.
        in_group: u32_le,
        /// See [`type_flag`].
        flags: u16_le,
        /// Number of supertypes, one above the other.
        depth: u16_le,
    }
    /// A field of structs, or the elements of arrays.
    FieldRow 8 {
        /// Its type: a value type, or one of the packed types.
        ty: ValType,
        /// 1: it may be set; 0: it may not.
        mutable: u32_le,
    }
    /// A type of a thing that can be imported. Fields that its kind does not need are 0.
    ExternRow 24 {
        /// An [`ExternKind`](super::types::ExternKind).
        kind: u8,
        /// Memory: log2 of the page size.
        page_log2: u8,
        /// See [`flag`].
        flags: u16_le,
        /// Function, tag: index of its type. Global, table: bytes of the value or element type.
        type_word: u32_le,
        /// Table and memory: least size.
        min: Wide,
        /// Table and memory: greatest size, 0 where there is none.
        max: Wide,
    }
    /// A number of 64 bits at an address that is a multiple of 4.
    Wide 8 {
        /// Lower half.
        low: u32_le,
        /// Upper half.
        high: u32_le,
    }
    /// A kind and an index.
    Item 4 {
        /// The [`ExternKind`](super::types::ExternKind) in the upper three bits, the index in the others.
        word: u32_le,
    }
    /// An import.
    ImportRow 20 {
        /// Module name.
        module: Span,
        /// Name in the module.
        name: Span,
        /// What is imported. Function, tag: index of its type. Else index in [`RootMore::import_types`].
        what: Item,
    }
    /// A defined table.
    TableRow 32 {
        /// Its type.
        ty: ExternRow,
        /// Constant expression in [`RootModule::ops`]. Empty: null.
        init: Span,
    }
    /// A defined global.
    GlobalRow 16 {
        /// Its type.
        ty: ValType,
        /// See [`global_flag`].
        flags: u32_le,
        /// Its initial value: the bits of a constant, or with [`global_flag::EXPR`] the first and number of operators in
        /// [`RootModule::ops`].
        init: Wide,
    }
    /// An export.
    ExportRow 12 {
        /// Name.
        name: Span,
        /// What is exported, by its index in the index space of its kind.
        what: Item,
    }
    /// An element segment.
    ElemRow 24 {
        /// Reference type of the items.
        ty: ValType,
        /// See [`elem_bits`].
        how: u32_le,
        /// Active: offset, the bits of a constant, or with [`elem_bits::EXPR`] operators. Else 0.
        offset: Wide,
        /// Where the items are.
        items: Span,
    }
    /// A data segment.
    DataRow 20 {
        /// See [`data_bits`].
        how: u32_le,
        /// Active: offset, the bits of a constant, or with [`data_bits::EXPR`] operators. Else 0.
        offset: Wide,
        /// Range of the DATA section.
        bytes: Span,
    }
    /// One operator of a constant expression.
    OpRow 12 {
        /// Number of the [`ConstOp`](super::types::ConstOp), in the order declared there.
        op: u32_le,
        /// `Const`: the bits. `GlobalGet`, `RefFunc`, `StructNew`, `StructSet`, `ArrayNew`, `ArraySet`: the index. Else 0.
        operand: Wide,
    }
}

/// Bits of [`SubRow::flags`].
pub mod type_flag {
    /// It may have subtypes.
    pub const OPEN: u16 = 1;
    /// It is of structs.
    pub const STRUCT: u16 = 2;
    /// It is of arrays.
    pub const ARRAY: u16 = 4;
}

/// Bits of [`ExternRow::flags`].
pub mod flag {
    /// Global: may be set.
    pub const MUTABLE: u16 = 1;
    /// Table, memory: indices or addresses are 64 bits wide.
    pub const IS_64: u16 = 2;
    /// Table, memory: there is a maximum.
    pub const HAS_MAX: u16 = 4;
    /// Memory: shared between threads.
    pub const SHARED: u16 = 8;
}

/// Bits of [`GlobalRow::flags`].
pub mod global_flag {
    /// It may be set.
    pub const MUTABLE: u32 = 1;
    /// Its initial value is operators.
    pub const EXPR: u32 = 2;
}

/// Parts of [`ElemRow::how`].
pub mod elem_bits {
    /// 0 passive, 1 active, 2 declared.
    pub const MODE: u32 = 3;
    /// The offset is operators.
    pub const EXPR: u32 = 4;
    /// `items` is a range of [`super::RootMore::exprs`], not of the ELEM section.
    pub const EXPRS: u32 = 8;
    /// How far the table's index is from the lowest bit.
    pub const TABLE: u32 = 4;
}

/// Parts of [`DataRow::how`].
pub mod data_bits {
    /// It is active.
    pub const ACTIVE: u32 = 1;
    /// The offset is operators.
    pub const EXPR: u32 = 2;
    /// How far the memory's index is from the lowest bit.
    pub const MEM: u32 = 2;
}

/// The archive's root.
#[derive(Debug, Portable, CheckBytes)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(C)]
pub struct Root {
    /// The modules, by number.
    pub modules: ArchivedVec<RootModule>,
}

/// Metadata of one module.
#[derive(Debug, Portable, CheckBytes)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(C)]
pub struct RootModule {
    /// Features that the module needs, see [`super::features`].
    pub features: Wide,
    /// Name of the module in `strings`; `start` is [`NONE`] where it has none.
    pub name: Span,
    /// Start function in the function index space, or [`NONE`].
    pub start: u32_le,
    /// Number of imported functions, tables, memories, globals and tags.
    pub import_counts: [u32_le; 5],
    /// All names but those of functions, one after the other.
    pub strings: ArchivedString,
    /// Value types of the function types.
    pub type_vals: ArchivedVec<ValType>,
    /// Types; no two recursive groups are equal.
    pub types: ArchivedVec<TypeRow>,
    /// Imports in the module's order.
    pub imports: ArchivedVec<ImportRow>,
    /// Defined tables.
    pub tables: ArchivedVec<TableRow>,
    /// Defined memories.
    pub memories: ArchivedVec<ExternRow>,
    /// Defined globals.
    pub globals: ArchivedVec<GlobalRow>,
    /// Exports in the module's order.
    pub exports: ArchivedVec<ExportRow>,
    /// Element segments.
    pub elems: ArchivedVec<ElemRow>,
    /// Data segments.
    pub datas: ArchivedVec<DataRow>,
    /// What few modules have: the first row, or nothing.
    pub more: ArchivedVec<RootMore>,
}

/// Metadata that few modules have.
#[derive(Debug, Portable, CheckBytes)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(C)]
pub struct RootMore {
    /// Numbers of the imports by kind, in the order of [`RootModule::import_counts`], ascending within a kind; empty where the module's
    /// order is that order.
    pub imports_by_kind: ArchivedVec<u32_le>,
    /// Types of imported tables, memories and globals.
    pub import_types: ArchivedVec<ExternRow>,
    /// Items of element segments that are constant expressions, as ranges of `ops`.
    pub exprs: ArchivedVec<Span>,
    /// Operators of all constant expressions.
    pub ops: ArchivedVec<OpRow>,
    /// Defined tags: index of the type of each.
    pub tags: ArchivedVec<u32_le>,
    /// A row for each type, or none: then all types are of functions, each by itself, without supertypes and final.
    pub subs: ArchivedVec<SubRow>,
    /// Fields of the types of structs and arrays.
    pub fields: ArchivedVec<FieldRow>,
}

const _: () = assert!(size_of::<Root>() == 8 && size_of::<RootModule>() == 128);
const _: () = assert!(size_of::<RootMore>() == 56 && align_of::<RootModule>() == 4);

macro_rules! parts_of_more {
    ($($name:ident: $ty:ty,)*) => {
        impl RootModule {
            $(
                #[doc = concat!("See [`RootMore::", stringify!($name), "`].")]
                #[must_use]
                pub fn $name(&self) -> &[$ty] {
                    self.more.first().map_or(&[], |more| more.$name.as_slice())
                }
            )*
        }
    };
}

parts_of_more! {
    imports_by_kind: u32_le,
    import_types: ExternRow,
    exprs: Span,
    ops: OpRow,
    tags: u32_le,
    subs: SubRow,
    fields: FieldRow,
}
