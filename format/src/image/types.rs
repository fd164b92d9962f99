//! Types shared by the reader and the writer of images.

/// Value types, numbered as in the Wasm binary format.
pub mod val {
    /// 32-bit integer.
    pub const I32: u8 = 0x7f;
    /// 64-bit integer.
    pub const I64: u8 = 0x7e;
    /// 32-bit float.
    pub const F32: u8 = 0x7d;
    /// 64-bit float.
    pub const F64: u8 = 0x7c;
    /// Reference to a function, or null.
    pub const FUNCREF: u8 = 0x70;
    /// Reference to a thing of the host, or null.
    pub const EXTERNREF: u8 = 0x6f;

    /// Whether `ty` is one of the value types above.
    #[must_use]
    pub const fn is_valid(ty: u8) -> bool {
        matches!(ty, I32 | I64 | F32 | F64) || is_ref(ty)
    }

    /// Whether `ty` is a reference type.
    #[must_use]
    pub const fn is_ref(ty: u8) -> bool {
        matches!(ty, FUNCREF | EXTERNREF)
    }
}

/// Log2 of the size of an ordinary Wasm page.
pub const PAGE_LOG2: u8 = 16;

/// Type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// Reference type of the elements, see [`val`].
    pub elem: u8,
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
    /// Value type, see [`val`].
    pub ty: u8,
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
        }
    }
}

/// One operator of a constant expression, which computes on a stack of slots and leaves one.
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
}

/// Greatest depth of the stack of a constant expression.
pub const CONST_STACK_DEPTH: usize = 16;
