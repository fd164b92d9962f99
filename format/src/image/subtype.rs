//! Matching of types (spec, 3.3): whether a value of one type may stand where one of another is expected.
//!
//! Input: two types over one space of defined types, a module's or an engine's. Output: yes or no. Invariants: nothing recurses, and
//! the walk up the supertypes has at most [`MAX_DEPTH`] steps, whatever the space says.

use super::types::{HeapType, ValType};

/// Supertypes that a type has at most, one above the other. The Wasm JavaScript API sets the same limit.
pub const MAX_DEPTH: u16 = 63;

/// A space of defined types.
pub trait TypeSpace {
    /// The declared supertype of a type, if it has one.
    fn supertype(&self, index: u32) -> Option<u32>;
}

/// Whether the defined type `sub` is `sup` or one of its subtypes. Equal types have equal indices.
pub fn index_matches(types: &impl TypeSpace, sub: u32, sup: u32) -> bool {
    let mut at = sub;
    for _ in 0..=MAX_DEPTH {
        if at == sup {
            return true;
        }
        match types.supertype(at) {
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}

/// Whether `sub` matches `sup`.
pub fn heap_matches(types: &impl TypeSpace, sub: HeapType, sup: HeapType) -> bool {
    match (sub, sup) {
        (HeapType::Defined(sub), HeapType::Defined(sup)) => index_matches(types, sub, sup),
        // All defined types are function types.
        (HeapType::NoFunc | HeapType::Defined(_) | HeapType::Func, HeapType::Func)
        | (HeapType::NoFunc, HeapType::NoFunc | HeapType::Defined(_))
        | (HeapType::NoExtern | HeapType::Extern, HeapType::Extern)
        | (HeapType::NoExtern, HeapType::NoExtern) => true,
        (
            HeapType::Func
            | HeapType::NoFunc
            | HeapType::Extern
            | HeapType::NoExtern
            | HeapType::Defined(_),
            _,
        ) => false,
    }
}

/// Whether `sub` matches `sup`.
pub fn val_matches(types: &impl TypeSpace, sub: ValType, sup: ValType) -> bool {
    match (sub.as_ref(), sup.as_ref()) {
        (Some((sub, sub_null)), Some((sup, sup_null))) => {
            (sup_null || !sub_null) && heap_matches(types, sub, sup)
        }
        _ => sub == sup,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::types::val;

    /// Each type's supertype.
    struct Space(&'static [Option<u32>]);

    impl TypeSpace for Space {
        fn supertype(&self, index: u32) -> Option<u32> {
            self.0.get(index as usize).copied().flatten()
        }
    }

    #[test]
    fn references_match_as_specified() {
        let types = Space(&[None, Some(0), Some(1), None]);
        let of = |heap, nullable| ValType::reference(heap, nullable);
        let defined = |index| of(HeapType::Defined(index), false);
        for (sub, sup, expected) in [
            (defined(2), defined(0), true),
            (defined(0), defined(2), false),
            (defined(3), defined(0), false),
            (defined(2), val::FUNCREF, true),
            (val::FUNCREF, defined(2), false),
            (of(HeapType::Defined(1), true), defined(1), false),
            (defined(1), of(HeapType::Defined(1), true), true),
            (
                of(HeapType::NoFunc, true),
                of(HeapType::Defined(3), true),
                true,
            ),
            (of(HeapType::NoFunc, true), val::EXTERNREF, false),
            (of(HeapType::NoExtern, true), val::EXTERNREF, true),
            (val::EXTERNREF, of(HeapType::NoExtern, true), false),
            (of(HeapType::Func, false), val::FUNCREF, true),
            (val::FUNCREF, of(HeapType::Func, false), false),
            (val::I32, val::I32, true),
            (val::I32, val::I64, false),
            (val::I32, val::FUNCREF, false),
        ] {
            assert_eq!(val_matches(&types, sub, sup), expected, "{sub} <: {sup}");
        }
    }

    #[test]
    fn a_cycle_of_supertypes_ends() {
        let types = Space(&[Some(1), Some(0), None]);
        assert!(!index_matches(&types, 0, 2));
    }

    #[test]
    fn types_read_as_in_the_text_format() {
        use alloc::string::ToString;
        let of = |heap, nullable| ValType::reference(heap, nullable).to_string();
        assert_eq!(of(HeapType::Defined(70_000), true), "(ref null 70000)");
        assert_eq!(of(HeapType::Defined(3), false), "(ref 3)");
        assert_eq!(of(HeapType::Func, false), "(ref func)");
        assert_eq!(of(HeapType::NoExtern, true), "nullexternref");
        assert_eq!(val::F64.to_string(), "f64");
        assert_eq!(ValType::from_byte(0x40).to_string(), "?");
        assert_eq!(ValType::from_bytes([0x7f, 1, 0, 0]).to_string(), "?");
    }
}
