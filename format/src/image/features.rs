//! Feature bits of an image. A runner refuses an image that needs a bit it does not have.

/// Tail calls (`return_call*`).
pub const TAIL_CALL: u64 = 1 << 0;
/// More than one memory in a module.
pub const MULTI_MEMORY: u64 = 1 << 1;
/// 64-bit memories and tables.
pub const MEMORY64: u64 = 1 << 2;
/// Arithmetic in constant expressions.
pub const EXTENDED_CONST: u64 = 1 << 3;
/// Memories whose page size is not 64 KiB.
pub const CUSTOM_PAGE_SIZES: u64 = 1 << 4;
/// Instructions that compute, compare or convert f32 and f64. Values of these types that are only moved need no more than their bits.
pub const FLOATS: u64 = 1 << 5;
/// 128-bit vectors, of floats too. Relaxed vector operators need no more than this: they are lowered to the same instructions.
pub const SIMD: u64 = 1 << 8;
/// Reserved: relaxed vector instructions whose results depend on the machine.
pub const RELAXED_SIMD: u64 = 1 << 9;
/// Exceptions. So far their tags: defined, imported and exported.
pub const EXCEPTIONS: u64 = 1 << 10;
/// Typed function references: reference types beyond `funcref` and `externref`, declared subtypes, recursive groups of types.
pub const FUNCTION_REFERENCES: u64 = 1 << 11;
/// Structs, arrays, i31: types and instructions of things that are collected.
pub const GC: u64 = 1 << 12;
/// Shared memories, and atomic instructions on any memory.
pub const THREADS: u64 = 1 << 13;
/// Reserved: stack switching.
pub const STACK_SWITCHING: u64 = 1 << 14;

/// The bits this release of the format can describe. A runner may support fewer: [`crate::verify::Limits::features`].
pub const KNOWN: u64 = TAIL_CALL
    | MULTI_MEMORY
    | MEMORY64
    | EXTENDED_CONST
    | CUSTOM_PAGE_SIZES
    | FLOATS
    | SIMD
    | EXCEPTIONS
    | FUNCTION_REFERENCES
    | GC
    | THREADS;

/// The bits with their names, which are those of the proposals where there is one, in ascending order.
pub const NAMES: &[(u64, &str)] = &[
    (TAIL_CALL, "tail-call"),
    (MULTI_MEMORY, "multi-memory"),
    (MEMORY64, "memory64"),
    (EXTENDED_CONST, "extended-const"),
    (CUSTOM_PAGE_SIZES, "custom-page-sizes"),
    (FLOATS, "floats"),
    (SIMD, "simd"),
    (RELAXED_SIMD, "relaxed-simd"),
    (EXCEPTIONS, "exceptions"),
    (FUNCTION_REFERENCES, "function-references"),
    (GC, "gc"),
    (THREADS, "threads"),
    (STACK_SWITCHING, "stack-switching"),
];

/// The name of the lowest of some bits; none for a bit without a meaning, and for no bits.
#[must_use]
pub fn name(bits: u64) -> Option<&'static str> {
    let lowest = bits & bits.wrapping_neg();
    let found = NAMES.iter().find(|(bit, _)| *bit == lowest);
    found.map(|&(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_have_names() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        let named = NAMES.iter().fold(0, |all, (bit, _)| all | bit);
        assert_eq!(named & KNOWN, KNOWN);
        assert_eq!(name(THREADS | STACK_SWITCHING), Some("threads"));
        assert_eq!(name(1 << 40), None);
        assert_eq!(name(0), None);
    }
}
