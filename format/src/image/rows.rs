//! What the rows of ROOT mean: from the numbers as they lie there to what they describe, and back.
//!
//! Nothing is trusted: a row whose numbers mean nothing decodes to none.

use super::root::{ExternRow, FieldRow, Item, OpRow, Span, Wide, flag};
use super::types::{
    ConstOp, ExternKind, ExternType, FieldType, GlobalType, MemoryType, TableType, ValType,
};

impl Wide {
    /// The number.
    #[must_use]
    pub const fn to_native(self) -> u64 {
        self.low.to_native() as u64 | (self.high.to_native() as u64) << 32
    }

    /// The range that it is where it is no number.
    #[must_use]
    pub const fn span(self) -> Span {
        Span {
            start: self.low,
            len: self.high,
        }
    }
}

impl From<u64> for Wide {
    fn from(value: u64) -> Self {
        Self {
            low: (value as u32).into(),
            high: ((value >> 32) as u32).into(),
        }
    }
}

impl From<Span> for Wide {
    fn from(span: Span) -> Self {
        Self {
            low: span.start,
            high: span.len,
        }
    }
}

impl Item {
    /// Indices are less.
    pub const LIMIT: u32 = 1 << 29;

    /// The kind, if it is one.
    #[must_use]
    pub fn kind(self) -> Option<ExternKind> {
        ExternKind::from_number(self.word.to_native() >> 29)
    }

    /// The index.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.word.to_native() & (Self::LIMIT - 1)
    }

    /// The item of a kind and an index below [`Self::LIMIT`].
    #[must_use]
    pub fn new(kind: ExternKind, index: u32) -> Self {
        let word = (kind as u32) << 29 | index & (Self::LIMIT - 1);
        Self { word: word.into() }
    }
}

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
        let (op, bits) = (self.op.to_native(), self.operand.to_native());
        let index = self.operand.low.to_native();
        let used = match op {
            0 => true,
            1 | 2 | 11..=13 | 15 => bits == u64::from(index),
            _ => bits == 0,
        };
        if !used {
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
        let (op, operand) = match op {
            ConstOp::Const(bits) => (0, bits),
            ConstOp::GlobalGet(index) => (1, index.into()),
            ConstOp::RefFunc(index) => (2, index.into()),
            ConstOp::I32Add => (3, 0),
            ConstOp::I32Sub => (4, 0),
            ConstOp::I32Mul => (5, 0),
            ConstOp::I64Add => (6, 0),
            ConstOp::I64Sub => (7, 0),
            ConstOp::I64Mul => (8, 0),
            ConstOp::V128 => (9, 0),
            ConstOp::RefI31 => (10, 0),
            ConstOp::StructNew(index) => (11, index.into()),
            ConstOp::StructSet(index) => (12, index.into()),
            ConstOp::ArrayNew(index) => (13, index.into()),
            ConstOp::ArrayFill => (14, 0),
            ConstOp::ArraySet(index) => (15, index.into()),
            ConstOp::AnyConvertExtern => (16, 0),
            ConstOp::ExternConvertAny => (17, 0),
        };
        Self {
            op: op.into(),
            operand: Wide::from(operand),
        }
    }
}
