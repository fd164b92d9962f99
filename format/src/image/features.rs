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
/// 128-bit vectors. Relaxed vector operators need no more than this: they are lowered to the same instructions.
pub const SIMD: u64 = 1 << 8;
/// Reserved: relaxed vector instructions whose results depend on the machine.
pub const RELAXED_SIMD: u64 = 1 << 9;
/// Exceptions. So far their tags: defined, imported and exported.
pub const EXCEPTIONS: u64 = 1 << 10;
/// Typed function references: reference types beyond `funcref` and `externref`, declared subtypes, recursive groups of types.
pub const FUNCTION_REFERENCES: u64 = 1 << 11;
/// Reserved: garbage-collected types.
pub const GC: u64 = 1 << 12;
/// Reserved: shared memories and atomics.
pub const THREADS: u64 = 1 << 13;
/// Reserved: stack switching.
pub const STACK_SWITCHING: u64 = 1 << 14;

/// The bits this release of the format can describe. A runner may support fewer: [`crate::verify::Limits::features`].
pub const KNOWN: u64 = TAIL_CALL
    | MULTI_MEMORY
    | MEMORY64
    | EXTENDED_CONST
    | CUSTOM_PAGE_SIZES
    | SIMD
    | EXCEPTIONS
    | FUNCTION_REFERENCES;
