//! Matching of types (spec, 3.3): whether a value of one type may stand where one of another is expected.
//!
//! Input: two types over one space of defined types, a module's or an engine's. Output: yes or no. Invariants: nothing recurses, and
//! the walk up the supertypes has at most [`MAX_DEPTH`] steps, whatever the space says.

use super::types::{Composite, FieldType, HeapType, ValType};

/// Supertypes that a type has at most, one above the other. The Wasm JavaScript API sets the same limit.
pub const MAX_DEPTH: u16 = 63;

/// A space of defined types.
pub trait TypeSpace {
    /// The declared supertype of a type, if it has one.
    fn supertype(&self, index: u32) -> Option<u32>;

    /// What kind of type it is.
    fn composite(&self, index: u32) -> Composite;
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
    if let (HeapType::Defined(sub), HeapType::Defined(sup)) = (sub, sup) {
        return index_matches(types, sub, sup);
    }
    // Otherwise a defined type below goes by its kind alone, and one above has only the least type of its hierarchy below it.
    let below = abstraction(types, sub);
    match sup {
        HeapType::Defined(index) => match types.composite(index) {
            Composite::Func => sub == HeapType::NoFunc,
            Composite::Struct | Composite::Array => sub == HeapType::None,
        },
        HeapType::Func => matches!(below, HeapType::Func | HeapType::NoFunc),
        HeapType::Extern => matches!(below, HeapType::Extern | HeapType::NoExtern),
        HeapType::Any => matches!(
            below,
            HeapType::Any
                | HeapType::Eq
                | HeapType::I31
                | HeapType::Struct
                | HeapType::Array
                | HeapType::None
        ),
        HeapType::Eq => matches!(
            below,
            HeapType::Eq | HeapType::I31 | HeapType::Struct | HeapType::Array | HeapType::None
        ),
        HeapType::I31 | HeapType::Struct | HeapType::Array => {
            below == sup || below == HeapType::None
        }
        HeapType::Exn => matches!(below, HeapType::Exn | HeapType::NoExn),
        HeapType::NoFunc | HeapType::NoExtern | HeapType::NoExn | HeapType::None => sub == sup,
    }
}

/// The least abstract type that a type matches: of a defined one that of its kind.
fn abstraction(types: &impl TypeSpace, heap: HeapType) -> HeapType {
    match heap {
        HeapType::Defined(index) => match types.composite(index) {
            Composite::Func => HeapType::Func,
            Composite::Struct => HeapType::Struct,
            Composite::Array => HeapType::Array,
        },
        HeapType::Func
        | HeapType::NoFunc
        | HeapType::Extern
        | HeapType::NoExtern
        | HeapType::Exn
        | HeapType::NoExn
        | HeapType::Any
        | HeapType::Eq
        | HeapType::I31
        | HeapType::Struct
        | HeapType::Array
        | HeapType::None => heap,
    }
}

/// Whether values of the type may refer to things that a collector of garbage frees. Functions are not among them; things of the host
/// may be structs and arrays that were converted.
pub fn is_traced(types: &impl TypeSpace, ty: ValType) -> bool {
    match ty.as_ref() {
        Some((heap, _)) => {
            let heap = abstraction(types, heap);
            !matches!(heap, HeapType::Func | HeapType::NoFunc)
        }
        None => false,
    }
}

/// Whether a field of type `sub` may stand where one of type `sup` is expected: one that may be set must be of the same type.
pub fn field_matches(types: &impl TypeSpace, sub: FieldType, sup: FieldType) -> bool {
    let fits = if sup.mutable {
        val_matches(types, sup.ty, sub.ty)
    } else {
        true
    };
    sub.mutable == sup.mutable && fits && val_matches(types, sub.ty, sup.ty)
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

        /// Type 4 is of structs, type 5 of arrays.
        fn composite(&self, index: u32) -> Composite {
            match index {
                4 => Composite::Struct,
                5 => Composite::Array,
                _ => Composite::Func,
            }
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
            (of(HeapType::NoExn, true), val::EXNREF, true),
            (val::EXNREF, of(HeapType::NoExn, true), false),
            (val::EXNREF, val::EXTERNREF, false),
            (of(HeapType::NoFunc, true), val::EXNREF, false),
            (of(HeapType::NoExtern, true), val::EXTERNREF, true),
            (val::EXTERNREF, of(HeapType::NoExtern, true), false),
            (of(HeapType::Func, false), val::FUNCREF, true),
            (val::FUNCREF, of(HeapType::Func, false), false),
            (val::I32, val::I32, true),
            (val::I32, val::I64, false),
            (val::I32, val::FUNCREF, false),
            (defined(4), of(HeapType::Struct, false), true),
            (defined(4), of(HeapType::Array, false), false),
            (defined(5), of(HeapType::Array, true), true),
            (defined(5), of(HeapType::Eq, false), true),
            (defined(4), val::ANYREF, true),
            (defined(4), val::FUNCREF, false),
            (defined(3), val::ANYREF, false),
            (of(HeapType::I31, false), of(HeapType::Eq, false), true),
            (of(HeapType::I31, false), of(HeapType::Struct, false), false),
            (of(HeapType::Eq, false), of(HeapType::I31, false), false),
            (val::ANYREF, of(HeapType::Eq, true), false),
            (
                of(HeapType::None, true),
                of(HeapType::Defined(4), true),
                true,
            ),
            (
                of(HeapType::None, true),
                of(HeapType::Defined(3), true),
                false,
            ),
            (of(HeapType::None, true), of(HeapType::I31, true), true),
            (of(HeapType::None, true), val::EXTERNREF, false),
            (
                of(HeapType::NoFunc, true),
                of(HeapType::Defined(4), true),
                false,
            ),
            (of(HeapType::NoExtern, true), val::ANYREF, false),
            (val::I8, val::I8, true),
            (val::I8, val::I32, false),
        ] {
            assert_eq!(val_matches(&types, sub, sup), expected, "{sub} <: {sup}");
        }
    }

    #[test]
    fn what_lives_in_the_heap_is_traced() {
        let types = Space(&[None; 6]);
        let of = |heap| ValType::reference(heap, true);
        for (ty, expected) in [
            (val::I64, false),
            (val::FUNCREF, false),
            (of(HeapType::NoFunc), false),
            (of(HeapType::Defined(0)), false),
            (of(HeapType::Defined(4)), true),
            (of(HeapType::Defined(5)), true),
            (val::EXTERNREF, true),
            (val::ANYREF, true),
            (of(HeapType::I31), true),
            (of(HeapType::None), true),
        ] {
            assert_eq!(is_traced(&types, ty), expected, "{ty}");
        }
    }

    #[test]
    fn fields_match_as_specified() {
        let types = Space(&[None; 6]);
        let field = |ty, mutable| FieldType { ty, mutable };
        let (any, eq) = (val::ANYREF, ValType::reference(HeapType::Eq, true));
        for (sub, sup, expected) in [
            (field(eq, false), field(any, false), true),
            (field(any, false), field(eq, false), false),
            (field(eq, true), field(any, true), false),
            (field(any, true), field(any, true), true),
            (field(any, true), field(any, false), false),
            (field(any, false), field(any, true), false),
            (field(val::I8, true), field(val::I8, true), true),
            (field(val::I8, false), field(val::I16, false), false),
        ] {
            assert_eq!(field_matches(&types, sub, sup), expected, "{sub:?} {sup:?}");
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
