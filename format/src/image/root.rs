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
use rkyv::rend::{u16_le, u32_le, u64_le};
use rkyv::string::ArchivedString;
use rkyv::vec::ArchivedVec;
use rkyv::{Archived, Portable};

use super::types::{
    ConstOp, ExternKind, ExternType, FieldType, GlobalType, MemoryType, TableType, ValType,
};

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
    /// `params` fields from `start` in [`RootModule::fields`].
    TypeRow 20 {
        /// First parameter in `type_vals`, or first field in `fields`.
        start: u32_le,
        /// Number of parameters or fields; 1 for arrays.
        params: u16_le,
        /// Number of results. Of structs: their size in units of 8 bytes. Of arrays: 0.
        results: u16_le,
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
        /// An [`ExternKind`].
        kind: u8,
        /// Memory: log2 of the page size.
        page_log2: u8,
        /// See [`flag`].
        flags: u16_le,
        /// Function, tag: index of its type. Global, table: bytes of the value or element type.
        type_word: u32_le,
        /// Table and memory: least size.
        min: u64_le,
        /// Table and memory: greatest size, 0 where there is none.
        max: u64_le,
    }
    /// An import.
    ImportRow 40 {
        /// Module name.
        module: Span,
        /// Name in the module.
        name: Span,
        /// What is imported.
        ty: ExternRow,
    }
    /// A defined table or global.
    DefRow 32 {
        /// Its type.
        ty: ExternRow,
        /// Constant expression in [`RootModule::ops`]. Empty: null, for tables only.
        init: Span,
    }
    /// An export.
    ExportRow 16 {
        /// Name.
        name: Span,
        /// An [`ExternKind`].
        kind: u32_le,
        /// Index in the index space of its kind.
        index: u32_le,
    }
    /// An element segment.
    ElemRow 28 {
        /// Reference type of the items.
        ty: ValType,
        /// 0 passive, 1 active, 2 declared.
        mode: u16_le,
        /// 0: `items` is a range of the ELEM section; 1: of [`RootModule::exprs`].
        items_kind: u16_le,
        /// Active: table index. Else 0.
        table: u32_le,
        /// Active: constant expression. Else empty.
        offset: Span,
        /// Where the items are.
        items: Span,
    }
    /// A data segment.
    DataRow 24 {
        /// 0 passive, 1 active.
        mode: u32_le,
        /// Active: memory index. Else 0.
        mem: u32_le,
        /// Active: constant expression. Else empty.
        offset: Span,
        /// Range of the DATA section.
        bytes: Span,
    }
    /// One operator of a constant expression.
    OpRow 16 {
        /// Number of the [`ConstOp`], in the order declared there.
        op: u32_le,
        /// `GlobalGet`, `RefFunc`, `StructNew`, `StructSet`, `ArrayNew`, `ArraySet`: the index. Else 0.
        index: u32_le,
        /// `Const`: the bits. Else 0.
        bits: u64_le,
    }
}

/// Bits of [`TypeRow::flags`].
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
    pub features: u64_le,
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
    /// Function types; no two recursive groups are equal.
    pub types: ArchivedVec<TypeRow>,
    /// Imports in the module's order.
    pub imports: ArchivedVec<ImportRow>,
    /// Numbers of the imports by kind, in the order of [`RootModule::import_counts`], ascending within a kind.
    pub imports_by_kind: ArchivedVec<u32_le>,
    /// Defined tables.
    pub tables: ArchivedVec<DefRow>,
    /// Defined memories.
    pub memories: ArchivedVec<ExternRow>,
    /// Defined globals.
    pub globals: ArchivedVec<DefRow>,
    /// Exports in the module's order.
    pub exports: ArchivedVec<ExportRow>,
    /// Element segments.
    pub elems: ArchivedVec<ElemRow>,
    /// Data segments.
    pub datas: ArchivedVec<DataRow>,
    /// Items of element segments that are constant expressions, as ranges of `ops`.
    pub exprs: ArchivedVec<Span>,
    /// Operators of all constant expressions.
    pub ops: ArchivedVec<OpRow>,
    /// Defined tags: index of the type of each.
    pub tags: ArchivedVec<u32_le>,
    /// Fields of the types of structs and arrays.
    pub fields: ArchivedVec<FieldRow>,
}

const _: () = assert!(size_of::<Root>() == 8 && size_of::<RootModule>() == 160);

impl FieldRow {
    /// The field it describes.
    #[must_use]
    pub const fn decode(&self) -> FieldType {
        FieldType {
            ty: self.ty,
            mutable: self.mutable.to_native() == 1,
        }
    }

    /// Describes a field.
    #[must_use]
    pub fn encode(field: FieldType) -> Self {
        Self {
            ty: field.ty,
            mutable: u32::from(field.mutable).into(),
        }
    }
}

impl Span {
    /// The range it is, or an empty one past the end if it overflows.
    #[must_use]
    pub fn range(self) -> core::ops::Range<usize> {
        let start = self.start.to_native() as usize;
        match start.checked_add(self.len.to_native() as usize) {
            Some(end) => start..end,
            None => usize::MAX..usize::MAX,
        }
    }

    /// The elements of `all` in the range, if it is inside.
    #[must_use]
    pub fn of<T>(self, all: &[T]) -> Option<&[T]> {
        all.get(self.range())
    }
}

impl ExternRow {
    /// The type it describes; none when a field has no meaning.
    #[must_use]
    pub fn decode(&self) -> Option<ExternType> {
        let flags = self.flags.to_native();
        let kind = ExternKind::from_number(u32::from(self.kind))?;
        let allowed = match kind {
            ExternKind::Func | ExternKind::Tag => 0,
            ExternKind::Table => flag::IS_64 | flag::HAS_MAX,
            ExternKind::Memory => flag::IS_64 | flag::HAS_MAX | flag::SHARED,
            ExternKind::Global => flag::MUTABLE,
        };
        let limited = matches!(kind, ExternKind::Table | ExternKind::Memory);
        let word = self.type_word.to_native();
        let (min, max) = (self.min.to_native(), self.max.to_native());
        let has_max = flags & flag::HAS_MAX != 0;
        if flags & !allowed != 0
            || (kind == ExternKind::Memory && word != 0)
            || (kind != ExternKind::Memory && self.page_log2 != 0)
            || (!limited && min != 0)
            || (!has_max && max != 0)
        {
            return None;
        }
        let is64 = flags & flag::IS_64 != 0;
        let max = has_max.then_some(max);
        let ty = ValType::from_bytes(word.to_le_bytes());
        Some(match kind {
            ExternKind::Func => ExternType::Func(word),
            ExternKind::Table => ExternType::Table(TableType {
                elem: ty,
                is64,
                min,
                max,
            }),
            ExternKind::Memory => ExternType::Memory(MemoryType {
                is64,
                shared: flags & flag::SHARED != 0,
                page_log2: self.page_log2,
                min,
                max,
            }),
            ExternKind::Tag => ExternType::Tag(word),
            ExternKind::Global => ExternType::Global(GlobalType {
                ty,
                mutable: flags & flag::MUTABLE != 0,
            }),
        })
    }

    /// Describes a type.
    #[must_use]
    pub fn encode(ty: &ExternType) -> Self {
        let bit = |set: bool, flag: u16| if set { flag } else { 0 };
        let of = |ty: ValType| u32::from_le_bytes(ty.to_bytes());
        let (page_log2, flags, word, min, max) = match *ty {
            ExternType::Func(type_idx) | ExternType::Tag(type_idx) => (0, 0, type_idx, 0, None),
            ExternType::Table(t) => (0, bit(t.is64, flag::IS_64), of(t.elem), t.min, t.max),
            ExternType::Memory(m) => {
                let flags = bit(m.is64, flag::IS_64) | bit(m.shared, flag::SHARED);
                (m.page_log2, flags, 0, m.min, m.max)
            }
            ExternType::Global(g) => (0, bit(g.mutable, flag::MUTABLE), of(g.ty), 0, None),
        };
        Self {
            kind: ty.kind() as u8,
            page_log2,
            flags: (flags | bit(max.is_some(), flag::HAS_MAX)).into(),
            type_word: word.into(),
            min: min.into(),
            max: max.unwrap_or(0).into(),
        }
    }
}

impl OpRow {
    /// The operator it describes; none when a field has no meaning.
    #[must_use]
    pub fn decode(&self) -> Option<ConstOp> {
        let (op, index, bits) = (
            self.op.to_native(),
            self.index.to_native(),
            self.bits.to_native(),
        );
        let unused = match op {
            0 => index == 0,
            1 | 2 | 11..=13 | 15 => bits == 0,
            _ => index == 0 && bits == 0,
        };
        if !unused {
            return None;
        }
        match op {
            0 => Some(ConstOp::Const(bits)),
            1 => Some(ConstOp::GlobalGet(index)),
            2 => Some(ConstOp::RefFunc(index)),
            3 => Some(ConstOp::I32Add),
            4 => Some(ConstOp::I32Sub),
            5 => Some(ConstOp::I32Mul),
            6 => Some(ConstOp::I64Add),
            7 => Some(ConstOp::I64Sub),
            8 => Some(ConstOp::I64Mul),
            9 => Some(ConstOp::V128),
            10 => Some(ConstOp::RefI31),
            11 => Some(ConstOp::StructNew(index)),
            12 => Some(ConstOp::StructSet(index)),
            13 => Some(ConstOp::ArrayNew(index)),
            14 => Some(ConstOp::ArrayFill),
            15 => Some(ConstOp::ArraySet(index)),
            16 => Some(ConstOp::AnyConvertExtern),
            17 => Some(ConstOp::ExternConvertAny),
            _ => None,
        }
    }

    /// Describes an operator.
    #[must_use]
    pub fn encode(op: ConstOp) -> Self {
        let (op, index, bits) = match op {
            ConstOp::Const(bits) => (0, 0, bits),
            ConstOp::GlobalGet(index) => (1, index, 0),
            ConstOp::RefFunc(index) => (2, index, 0),
            ConstOp::I32Add => (3, 0, 0),
            ConstOp::I32Sub => (4, 0, 0),
            ConstOp::I32Mul => (5, 0, 0),
            ConstOp::I64Add => (6, 0, 0),
            ConstOp::I64Sub => (7, 0, 0),
            ConstOp::I64Mul => (8, 0, 0),
            ConstOp::V128 => (9, 0, 0),
            ConstOp::RefI31 => (10, 0, 0),
            ConstOp::StructNew(index) => (11, index, 0),
            ConstOp::StructSet(index) => (12, index, 0),
            ConstOp::ArrayNew(index) => (13, index, 0),
            ConstOp::ArrayFill => (14, 0, 0),
            ConstOp::ArraySet(index) => (15, index, 0),
            ConstOp::AnyConvertExtern => (16, 0, 0),
            ConstOp::ExternConvertAny => (17, 0, 0),
        };
        Self {
            op: op.into(),
            index: index.into(),
            bits: bits.into(),
        }
    }
}
