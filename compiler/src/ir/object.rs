//! Operators on structs and arrays, and casts. Their operands are values, all else is in the operator: fields are named by their place, so
//! that nothing that follows needs the types of the module.

use wrt_format::image::types::{HeapType, ValType};

/// Where a field or element is, and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// The type of the struct or array, canonical.
    pub type_idx: u32,
    /// Of a struct: the place of the field in bytes. Of an array 0.
    pub offset: u32,
    /// Log2 of its bytes.
    pub width: u32,
    /// Whether a packed one is extended with its sign.
    pub signed: bool,
}

/// An operator. The operands are those of the Wasm operator in order, unless said otherwise. Types are canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectOp {
    /// A new struct of the type, all fields 0 or null: no operand.
    StructNew(u32),
    /// Field of a struct.
    StructGet(Access),
    /// Sets a field: struct, value.
    StructSet(Access),
    /// A new array of the type, all elements 0 or null: length.
    ArrayNew(u32),
    /// A new array of a type, of a data segment: first byte, length.
    ArrayNewData(u32, u32),
    /// A new array of a type, of an element segment: first item, length.
    ArrayNewElem(u32, u32),
    /// Element of an array: array, index.
    ArrayGet(Access),
    /// Sets an element: array, index, value.
    ArraySet(Access),
    /// Number of elements.
    ArrayLen,
    /// Sets elements: array, index, value, length.
    ArrayFill(Access),
    /// Copies elements to an array of the type: array, index, array, index, length.
    ArrayCopy(u32),
    /// Copies elements of a data segment: array, index, first byte, length.
    ArrayInitData(u32),
    /// Copies items of an element segment: array, index, first item, length.
    ArrayInitElem(u32),
    /// 1 if the reference is of the type, else 0.
    RefTest(Target),
    /// The reference itself; traps if it is not of the type.
    RefCast(Target),
}

/// A type that references are tested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The reference type, its index canonical.
    pub ty: ValType,
    /// Whether it is a defined type of functions.
    pub is_func: bool,
}

impl Target {
    /// The defined type, if it is one.
    #[must_use]
    pub const fn defined(self) -> Option<u32> {
        match self.ty.as_ref() {
            Some((HeapType::Defined(index), _)) => Some(index),
            _ => None,
        }
    }
}

impl ObjectOp {
    /// Name as in the Wasm text format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StructNew(_) => "struct.new",
            Self::StructGet(_) => "struct.get",
            Self::StructSet(_) => "struct.set",
            Self::ArrayNew(_) => "array.new",
            Self::ArrayNewData(..) => "array.new_data",
            Self::ArrayNewElem(..) => "array.new_elem",
            Self::ArrayGet(_) => "array.get",
            Self::ArraySet(_) => "array.set",
            Self::ArrayLen => "array.len",
            Self::ArrayFill(_) => "array.fill",
            Self::ArrayCopy(_) => "array.copy",
            Self::ArrayInitData(_) => "array.init_data",
            Self::ArrayInitElem(_) => "array.init_elem",
            Self::RefTest(_) => "ref.test",
            Self::RefCast(_) => "ref.cast",
        }
    }

    /// Whether the result depends on nothing but the operand: what a reference refers to keeps its type and its length.
    #[must_use]
    pub const fn is_value(self) -> bool {
        matches!(self, Self::ArrayLen | Self::RefTest(_) | Self::RefCast(_))
    }

    /// Whether it may pause half-way, or before it has done anything: it charges by size.
    #[must_use]
    pub const fn may_pause(self) -> bool {
        matches!(
            self,
            Self::StructNew(_)
                | Self::ArrayNew(_)
                | Self::ArrayNewData(..)
                | Self::ArrayNewElem(..)
                | Self::ArrayFill(_)
                | Self::ArrayCopy(_)
                | Self::ArrayInitData(_)
                | Self::ArrayInitElem(_)
        )
    }

    /// Whether it can trap.
    #[must_use]
    pub const fn can_trap(self) -> bool {
        !matches!(self, Self::RefTest(_))
    }
}

impl core::fmt::Display for Access {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let sign = if self.signed { "s" } else { "" };
        write!(
            f,
            "{} +{} {sign}{}",
            self.type_idx,
            self.offset,
            8 << self.width
        )
    }
}

impl core::fmt::Display for ObjectOp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::StructNew(ty) | Self::ArrayNew(ty) | Self::ArrayCopy(ty) => write!(f, " {ty}"),
            Self::StructGet(access)
            | Self::StructSet(access)
            | Self::ArrayGet(access)
            | Self::ArraySet(access)
            | Self::ArrayFill(access) => write!(f, " {access}"),
            Self::ArrayNewData(ty, segment) | Self::ArrayNewElem(ty, segment) => {
                write!(f, " {ty} {segment}")
            }
            Self::ArrayInitData(segment) | Self::ArrayInitElem(segment) => write!(f, " {segment}"),
            Self::RefTest(target) | Self::RefCast(target) => write!(f, " {}", target.ty),
            Self::ArrayLen => Ok(()),
        }
    }
}
