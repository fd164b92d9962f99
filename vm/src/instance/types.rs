//! Types of what is imported and exported: whether one fits another, and how they read.
//!
//! Input: types from images and from the engine. Output: yes or no, and texts in the words of the text format.
//! Invariants: matching is that of the specification ("External type matching"): functions may be of a subtype; tables and memories
//! must be equal but for limits, which may be narrower than asked for; mutable globals must be equal, others may be of a subtype.

use crate::error::Error;
use crate::val::ValType;
use core::fmt;
use wrt_format::image::types::PAGE_LOG2;
use wrt_format::image::types::{GlobalType, MemoryType, TableType};

/// Checks that these are value types of an engine that has `count` types.
pub(crate) fn check_valtypes(types: &[ValType], count: u32) -> Result<(), Error> {
    if types.iter().all(|&ty| ty.is_valid(count)) {
        Ok(())
    } else {
        Err(Error::Invalid("value type"))
    }
}

/// Whether a table that has `len` elements now, and is of type `given`, may be imported as `asked`.
pub(crate) fn table_matches(asked: &TableType, given: &TableType, len: u64) -> bool {
    asked.elem == given.elem
        && asked.is64 == given.is64
        && limits_match((asked.min, asked.max), (len, given.max))
}

/// Whether a memory that has `pages` pages now, and is of type `given`, may be imported as `asked`.
pub(crate) fn memory_matches(asked: &MemoryType, given: &MemoryType, pages: u64) -> bool {
    asked.is64 == given.is64
        && asked.shared == given.shared
        && asked.page_log2 == given.page_log2
        && limits_match((asked.min, asked.max), (pages, given.max))
}

fn limits_match(asked: (u64, Option<u64>), given: (u64, Option<u64>)) -> bool {
    given.0 >= asked.0
        && match (asked.1, given.1) {
            (None, _) => true,
            (Some(asked), Some(given)) => given <= asked,
            (Some(_), None) => false,
        }
}

/// A type as text, in the words of the text format.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TypeText<'a> {
    /// A function: types of its parameters and results.
    Func(&'a [ValType], &'a [ValType]),
    /// A table, and the elements it has now, or must have.
    Table(TableType, u64),
    /// A memory, and the pages it has now, or must have.
    Memory(MemoryType, u64),
    /// A global.
    Global(GlobalType),
    /// A tag: types of what its exceptions carry.
    Tag(&'a [ValType]),
    /// Nothing of that name.
    #[cfg(feature = "alloc")]
    Nothing,
    /// A handle that leads nowhere.
    Unknown,
}

impl fmt::Display for TypeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Func(params, results) => write_func(f, "func", params, results),
            Self::Tag(params) => write_func(f, "tag", params, &[]),
            Self::Table(ty, min) => {
                f.write_str("(table")?;
                write_limits(f, ty.is64, *min, ty.max)?;
                write!(f, " {})", ty.elem)
            }
            Self::Memory(ty, min) => {
                f.write_str("(memory")?;
                write_limits(f, ty.is64, *min, ty.max)?;
                if ty.shared {
                    f.write_str(" shared")?;
                }
                if ty.page_log2 != PAGE_LOG2 {
                    write!(f, " (pagesize {})", 1_u128 << ty.page_log2.min(127))?;
                }
                f.write_str(")")
            }
            Self::Global(ty) if ty.mutable => write!(f, "(global (mut {}))", ty.ty),
            Self::Global(ty) => write!(f, "(global {})", ty.ty),
            #[cfg(feature = "alloc")]
            Self::Nothing => f.write_str("nothing"),
            Self::Unknown => f.write_str("a handle of another engine"),
        }
    }
}

fn write_func(
    f: &mut fmt::Formatter<'_>,
    kind: &str,
    params: &[ValType],
    results: &[ValType],
) -> fmt::Result {
    write!(f, "({kind}")?;
    for (word, types) in [("param", params), ("result", results)] {
        if !types.is_empty() {
            write!(f, " ({word}")?;
            for &ty in types {
                write!(f, " {ty}")?;
            }
            f.write_str(")")?;
        }
    }
    f.write_str(")")
}

fn write_limits(f: &mut fmt::Formatter<'_>, is64: bool, min: u64, max: Option<u64>) -> fmt::Result {
    f.write_str(if is64 { " i64 " } else { " " })?;
    match max {
        Some(max) => write!(f, "{min} {max}"),
        None => write!(f, "{min}"),
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use wrt_format::image::types::val;

    #[test]
    fn types_read_as_in_the_text_format() {
        let func = TypeText::Func(&[val::I32, val::F64], &[val::FUNCREF]).to_string();
        assert_eq!(func, "(func (param i32 f64) (result funcref))");
        assert_eq!(TypeText::Func(&[], &[]).to_string(), "(func)");
        assert_eq!(TypeText::Tag(&[val::I32]).to_string(), "(tag (param i32))");
        let memory = MemoryType {
            is64: true,
            shared: true,
            page_log2: 0,
            min: 1,
            max: Some(2),
        };
        let memory = TypeText::Memory(memory, 1).to_string();
        assert_eq!(memory, "(memory i64 1 2 shared (pagesize 1))");
        let table = TableType {
            elem: val::EXTERNREF,
            is64: false,
            min: 3,
            max: None,
        };
        assert_eq!(TypeText::Table(table, 5).to_string(), "(table 5 externref)");
        let global = GlobalType {
            ty: val::I64,
            mutable: true,
        };
        assert_eq!(TypeText::Global(global).to_string(), "(global (mut i64))");
    }

    #[test]
    fn limits_may_only_be_narrower() {
        for (asked, given, fits) in [
            ((1, None), (1, None), true),
            ((2, None), (1, None), false),
            ((1, Some(2)), (1, None), false),
            ((1, Some(2)), (1, Some(3)), false),
            ((1, Some(2)), (2, Some(2)), true),
            ((0, None), (5, Some(9)), true),
        ] {
            assert_eq!(limits_match(asked, given), fits, "{asked:?} {given:?}");
        }
    }
}
