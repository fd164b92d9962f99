//! Types shared by the reader and the writer of images.

use rkyv::Portable;
use rkyv::bytecheck::CheckBytes;

/// A value type (spec, 2.3.5): four bytes, equal exactly when the types are.
///
/// | bytes | type |
/// |---|---|
/// | `code 0 0 0` | a number, or a nullable reference to an abstract heap type, by its byte in the Wasm binary |
/// | `63 i i i` | nullable reference to the defined type `i`, little-endian |
/// | `64 i i i` | reference to the defined type `i`, never null |
/// | `65 code 0 0` | reference to the abstract heap type of this byte, never null |
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Portable, CheckBytes)]
#[cfg_attr(any(feature = "write", test), derive(rkyv::Archive, rkyv::Serialize))]
#[cfg_attr(any(feature = "write", test), rkyv(as = Self))]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(C)]
pub struct ValType {
    code: u8,
    heap: [u8; 3],
}

/// Code of a nullable reference to a defined type.
const REF_NULL: u8 = 0x63;
/// Code of a reference to a defined type that is never null.
const REF: u8 = 0x64;
/// Code of a reference to an abstract heap type that is never null.
const REF_ABSTRACT: u8 = 0x65;
/// Types that a module can define at most; the Wasm JavaScript API allows 1,000,000.
pub const MAX_TYPES: u32 = 1 << 20;
/// The most parameters, and the most results, of a function type: the limit that implementations have agreed on (JavaScript interface, section
/// "Implementation-defined Limits"). It bounds what the check of one call costs.
pub const MAX_TYPE_VALUES: u16 = 1000;

/// What a reference refers to (spec, 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Nothing: the least function type.
    NoFunc,
    /// Any thing of the host.
    Extern,
    /// Nothing: the least external type.
    NoExtern,
    /// Anything but functions, and things of the host that were not converted.
    Any,
    /// What can be compared: i31, structs, arrays.
    Eq,
    /// An integer of 31 bits.
    I31,
    /// Any struct.
    Struct,
    /// Any array.
    Array,
    /// Nothing: the least type below any.
    None,
    /// Any exception.
    Exn,
    /// Nothing: the least type of exceptions.
    NoExn,
    /// A thing of the type of this index.
    Defined(u32),
}

impl HeapType {
    /// Its byte in the Wasm binary, if it is abstract.
    const fn code(self) -> Option<u8> {
        match self {
            Self::Func => Some(0x70),
            Self::NoFunc => Some(0x73),
            Self::Extern => Some(0x6f),
            Self::NoExtern => Some(0x72),
            Self::Any => Some(0x6e),
            Self::Eq => Some(0x6d),
            Self::I31 => Some(0x6c),
            Self::Struct => Some(0x6b),
            Self::Array => Some(0x6a),
            Self::None => Some(0x71),
            Self::Exn => Some(0x69),
            Self::NoExn => Some(0x74),
            Self::Defined(_) => None,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            0x70 => Some(Self::Func),
            0x73 => Some(Self::NoFunc),
            0x6f => Some(Self::Extern),
            0x72 => Some(Self::NoExtern),
            0x6e => Some(Self::Any),
            0x6d => Some(Self::Eq),
            0x6c => Some(Self::I31),
            0x6b => Some(Self::Struct),
            0x6a => Some(Self::Array),
            0x71 => Some(Self::None),
            0x69 => Some(Self::Exn),
            0x74 => Some(Self::NoExn),
            _ => None,
        }
    }
}

impl HeapType {
    /// Whether it is one of the abstract types above structs, arrays and i31.
    #[must_use]
    pub const fn is_collected(self) -> bool {
        matches!(
            self,
            Self::Any | Self::Eq | Self::I31 | Self::Struct | Self::Array | Self::None
        )
    }
}

impl ConstOp {
    /// Whether it is about structs, arrays and i31.
    #[must_use]
    pub const fn is_collected(self) -> bool {
        match self {
            Self::Const(_)
            | Self::GlobalGet(_)
            | Self::RefFunc(_)
            | Self::I32Add
            | Self::I32Sub
            | Self::I32Mul
            | Self::I64Add
            | Self::I64Sub
            | Self::I64Mul
            | Self::V128 => false,
            Self::RefI31
            | Self::StructNew(_)
            | Self::StructSet(_)
            | Self::ArrayNew(_)
            | Self::ArrayFill
            | Self::ArraySet(_)
            | Self::AnyConvertExtern
            | Self::ExternConvertAny => true,
        }
    }
}

impl ValType {
    /// The type that is one byte in the Wasm binary. Whether there is one, [`Self::is_valid`] says.
    #[must_use]
    pub const fn from_byte(code: u8) -> Self {
        Self { code, heap: [0; 3] }
    }

    /// The type of these bytes. Whether there is one, [`Self::is_valid`] says.
    #[must_use]
    pub const fn from_bytes([code, heap @ ..]: [u8; 4]) -> Self {
        Self { code, heap }
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        let [a, b, c] = self.heap;
        [self.code, a, b, c]
    }

    /// A reference type. The index of a defined type is below 2^24.
    #[must_use]
    pub const fn reference(heap: HeapType, nullable: bool) -> Self {
        match (heap, heap.code(), nullable) {
            (HeapType::Defined(index), _, _) => {
                let [a, b, c, _] = index.to_le_bytes();
                Self {
                    code: if nullable { REF_NULL } else { REF },
                    heap: [a, b, c],
                }
            }
            (_, Some(code), true) => Self::from_byte(code),
            (_, Some(code), false) => Self {
                code: REF_ABSTRACT,
                heap: [code, 0, 0],
            },
            (_, None, _) => Self::from_byte(0),
        }
    }

    /// What it refers to and whether it may be null, if it is a reference type.
    #[must_use]
    pub const fn as_ref(self) -> Option<(HeapType, bool)> {
        let [a, b, c] = self.heap;
        match (self.code, self.heap) {
            (REF_NULL | REF, _) => {
                let index = u32::from_le_bytes([a, b, c, 0]);
                Some((HeapType::Defined(index), self.code == REF_NULL))
            }
            (REF_ABSTRACT, [code, 0, 0]) => match HeapType::from_code(code) {
                Some(heap) => Some((heap, false)),
                None => None,
            },
            (code, [0, 0, 0]) => match HeapType::from_code(code) {
                Some(heap) => Some((heap, true)),
                None => None,
            },
            _ => None,
        }
    }

    /// Whether it is a reference to an exception.
    #[must_use]
    pub const fn is_exn(self) -> bool {
        matches!(self.as_ref(), Some((HeapType::Exn | HeapType::NoExn, _)))
    }

    /// Whether it is a reference type.
    #[must_use]
    #[inline]
    pub const fn is_ref(self) -> bool {
        let is_number = matches!(self, val::I32 | val::I64 | val::F32 | val::F64 | val::V128);
        !is_number && self.as_ref().is_some()
    }

    /// Whether it is a value type, in a module that defines `types` types.
    #[must_use]
    pub const fn is_valid(self, types: u32) -> bool {
        match self.as_ref() {
            Some((HeapType::Defined(index), _)) => index < types,
            Some(_) => true,
            None => {
                matches!(self, val::I32 | val::I64 | val::F32 | val::F64 | val::V128)
            }
        }
    }

    /// Whether it is the type of a field of structs or arrays, in a module that defines `types` types.
    #[must_use]
    pub const fn is_storage(self, types: u32) -> bool {
        matches!(self, val::I8 | val::I16) || self.is_valid(types)
    }

    /// Log2 of the bytes that a field of the type takes.
    #[must_use]
    pub const fn width_log2(self) -> u32 {
        match self {
            val::I8 => 0,
            val::I16 => 1,
            val::I32 | val::F32 => 2,
            val::V128 => 4,
            _ => 3,
        }
    }

    /// The type of the values that a field of the type takes and gives.
    #[must_use]
    pub const fn unpacked(self) -> Self {
        match self {
            val::I8 | val::I16 => val::I32,
            _ => self,
        }
    }

    /// Whether a variable of the type has a value before one is given to it: 0 or null.
    #[must_use]
    pub const fn is_defaultable(self) -> bool {
        match self.as_ref() {
            Some((_, nullable)) => nullable,
            None => true,
        }
    }

    /// The same type with the index of a defined type, if it has one, replaced.
    #[must_use]
    #[inline]
    pub fn map_index(self, index: impl FnOnce(u32) -> u32) -> Self {
        let nullable = match self.code {
            REF_NULL => true,
            REF => false,
            _ => return self,
        };
        let [a, b, c] = self.heap;
        let old = u32::from_le_bytes([a, b, c, 0]);
        Self::reference(HeapType::Defined(index(old)), nullable)
    }
}

impl core::fmt::Debug for ValType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// As in the text format; `?` for what is no value type.
impl core::fmt::Display for ValType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Some((heap, nullable)) = self.as_ref() else {
            return f.write_str(match *self {
                val::I32 => "i32",
                val::I64 => "i64",
                val::F32 => "f32",
                val::F64 => "f64",
                val::V128 => "v128",
                val::I8 => "i8",
                val::I16 => "i16",
                _ => "?",
            });
        };
        let (short, name) = match heap {
            HeapType::Func => ("funcref", "func"),
            HeapType::NoFunc => ("nullfuncref", "nofunc"),
            HeapType::Extern => ("externref", "extern"),
            HeapType::NoExtern => ("nullexternref", "noextern"),
            HeapType::Any => ("anyref", "any"),
            HeapType::Eq => ("eqref", "eq"),
            HeapType::I31 => ("i31ref", "i31"),
            HeapType::Struct => ("structref", "struct"),
            HeapType::Array => ("arrayref", "array"),
            HeapType::None => ("nullref", "none"),
            HeapType::Exn => ("exnref", "exn"),
            HeapType::NoExn => ("nullexnref", "noexn"),
            HeapType::Defined(index) => {
                return write!(f, "(ref {}{index})", if nullable { "null " } else { "" });
            }
        };
        if nullable {
            f.write_str(short)
        } else {
            write!(f, "(ref {name})")
        }
    }
}

/// Value types that are one byte in the Wasm binary format.
pub mod val {
    use super::ValType;

    /// 32-bit integer.
    pub const I32: ValType = ValType::from_byte(0x7f);
    /// 64-bit integer.
    pub const I64: ValType = ValType::from_byte(0x7e);
    /// 32-bit float.
    pub const F32: ValType = ValType::from_byte(0x7d);
    /// 64-bit float.
    pub const F64: ValType = ValType::from_byte(0x7c);
    /// 128-bit vector. The only type whose values fill two slots, the low half first.
    pub const V128: ValType = ValType::from_byte(0x7b);
    /// 8-bit integer: only the type of fields, whose values are i32.
    pub const I8: ValType = ValType::from_byte(0x78);
    /// 16-bit integer, likewise.
    pub const I16: ValType = ValType::from_byte(0x77);
    /// Reference to anything but functions and things of the host, or null.
    pub const ANYREF: ValType = ValType::from_byte(0x6e);
    /// Reference to a function, or null.
    pub const FUNCREF: ValType = ValType::from_byte(0x70);
    /// Reference to a thing of the host, or null.
    pub const EXTERNREF: ValType = ValType::from_byte(0x6f);
    /// Reference to an exception, or null.
    pub const EXNREF: ValType = ValType::from_byte(0x69);

    /// Slots that a value of type `ty` fills.
    #[must_use]
    pub const fn slots(ty: ValType) -> usize {
        if matches!(ty, V128) { 2 } else { 1 }
    }

    /// Slots that values of these types fill, one after the other.
    #[must_use]
    #[inline]
    pub const fn slot_count(types: &[ValType]) -> usize {
        let (mut rest, mut count) = (types, 0_usize);
        while let [first, others @ ..] = rest {
            count = count.saturating_add(slots(*first));
            rest = others;
        }
        count
    }

    /// The type of each slot of values of these types: that of a v128 comes twice.
    pub fn slot_types(types: &[ValType]) -> impl Iterator<Item = ValType> + '_ {
        types
            .iter()
            .flat_map(|&ty| core::iter::repeat_n(ty, slots(ty)))
    }
}

/// A field of a struct, or the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    /// Its type: a value type, or [`val::I8`] or [`val::I16`].
    pub ty: ValType,
    /// Whether it may be set.
    pub mutable: bool,
}

/// What kind of type a defined one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Composite {
    /// A function type.
    #[default]
    Func,
    /// A type of structs.
    Struct,
    /// A type of arrays.
    Array,
}

/// Where a field of a type lies behind so many bytes of fields: at the next multiple of its size, of 8 for a v128. And the bytes then.
#[must_use]
pub const fn place_field(bytes: u32, ty: ValType) -> (u32, u32) {
    let width = ty.width_log2();
    let align = if width < 3 { 1 << width } else { 8 };
    let offset = bytes.saturating_add(align - 1) & !(align - 1);
    (offset, offset.saturating_add(1 << width))
}

/// Log2 of the size of an ordinary Wasm page.
pub const PAGE_LOG2: u8 = 16;

/// Type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// Reference type of the elements.
    pub elem: ValType,
    /// Whether indices are i64.
    pub is64: bool,
    /// Initial and least number of elements.
    pub min: u64,
    /// Greatest number of elements.
    pub max: Option<u64>,
}

/// Type of a memory. Limits count pages of `1 << page_log2` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Whether addresses are i64.
    pub is64: bool,
    /// Whether threads may share it.
    pub shared: bool,
    /// Log2 of the page size in bytes: 16, or 0 with custom page sizes.
    pub page_log2: u8,
    /// Initial and least size.
    pub min: u64,
    /// Greatest size.
    pub max: Option<u64>,
}

/// Type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Value type.
    pub ty: ValType,
    /// Whether it may be set.
    pub mutable: bool,
}

/// Kinds of things that modules import and export. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExternKind {
    /// A function.
    Func = 0,
    /// A table.
    Table = 1,
    /// A memory.
    Memory = 2,
    /// A global.
    Global = 3,
    /// A tag of exceptions.
    Tag = 4,
}

impl ExternKind {
    /// The kind of this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Func),
            1 => Some(Self::Table),
            2 => Some(Self::Memory),
            3 => Some(Self::Global),
            4 => Some(Self::Tag),
            _ => None,
        }
    }
}

/// Type of an import or export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function; index of its type in the module.
    Func(u32),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag of exceptions; index of its function type in the module, whose parameters are what an exception carries.
    Tag(u32),
}

impl ExternType {
    /// What kind of thing it is the type of.
    #[must_use]
    pub const fn kind(&self) -> ExternKind {
        match self {
            Self::Func(_) => ExternKind::Func,
            Self::Table(_) => ExternKind::Table,
            Self::Memory(_) => ExternKind::Memory,
            Self::Global(_) => ExternKind::Global,
            Self::Tag(_) => ExternKind::Tag,
        }
    }
}

/// One operator of a constant expression, which computes on a stack of values and leaves one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConstOp {
    /// Push these slot bits. An i32 or f32 is zero-extended; a null reference is 0.
    Const(u64),
    /// Push the value of an immutable global, by its index in the global index space: an imported one, or one defined before.
    GlobalGet(u32),
    /// Push a reference to a function, by its index in the function index space.
    RefFunc(u32),
    /// Pop two, push their sum.
    I32Add,
    /// Pop two, push their difference.
    I32Sub,
    /// Pop two, push their product.
    I32Mul,
    /// Pop two, push their sum.
    I64Add,
    /// Pop two, push their difference.
    I64Sub,
    /// Pop two, push their product.
    I64Mul,
    /// Pop the high half of a v128, then its low half; push the v128.
    V128,
    /// Pop an i32, push an i31 of its low bits.
    RefI31,
    /// Push a new struct of the type of this index, all fields 0 or null.
    StructNew(u32),
    /// Pop a value and set the field of this number of the struct on top, which stays.
    StructSet(u32),
    /// Pop an i32, push a new array of so many elements of the type of this index, all 0 or null.
    ArrayNew(u32),
    /// Pop a value and set all elements of the array on top, which stays.
    ArrayFill,
    /// Pop a value and set the element of this number of the array on top, which stays.
    ArraySet(u32),
    /// Make an anyref of the externref on top.
    AnyConvertExtern,
    /// Make an externref of the anyref on top.
    ExternConvertAny,
}

/// Greatest depth of the stack of a constant expression.
pub const CONST_STACK_DEPTH: usize = 64;
