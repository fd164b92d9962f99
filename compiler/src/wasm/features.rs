//! What the compiler accepts of WebAssembly, and how a refusal is worded: a module that uses a feature beyond that is told its name,
//! a module that no feature would make valid is told the rule it breaks.
//!
//! The validator runs with [`ACCEPTED`] and its errors come out as provisional ones. [`explain`] then settles the one error that
//! is reported, by validating the whole module again with every feature on; that costs time only for modules that are refused.

use crate::error::{Error, ErrorKind};
use wasmparser::{Validator, WasmFeatures};

/// Wasm 2.0, and tail calls, relaxed SIMD, extended constant expressions, multiple memories, 64-bit memories and tables, typed function
/// references, threads, custom page sizes, wide arithmetic, GC, and exceptions.
pub(super) const ACCEPTED: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::GC)
    .union(WasmFeatures::EXCEPTIONS)
    .union(WasmFeatures::THREADS)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::WIDE_ARITHMETIC);

/// Feature and name, a feature before those that build on it.
const NAMES: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exceptions"),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        "shared-everything threads",
    ),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::COMPACT_IMPORTS, "compact imports"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (
        WasmFeatures::ACQUIRE_RELEASE_ATOMICS,
        "acquire-release atomics",
    ),
    (
        WasmFeatures::MULTIBYTE_ARRAY_ACCESS,
        "multibyte array access",
    ),
    (WasmFeatures::COMPONENT_MODEL, "component"),
];

/// The name for what is refused without being in [`NAMES`].
const UNNAMED: &str = "an experimental feature";

/// The validator's error, taken at its word: unsupported if it names a missing feature, else invalid.
#[cold]
pub(super) fn provisional(error: &wasmparser::Error) -> Error {
    match error.missing_wasm_feature() {
        Some(feature) => Error::unsupported(name(feature), error.offset()),
        None => Error::invalid(error.message(), error.offset()),
    }
}

/// Settles whether the module that gave a [`provisional`] error is unsupported or invalid; other errors stay as they are.
#[cold]
#[must_use]
pub fn explain(wasm: &[u8], error: Error) -> Error {
    let unsupported = match error.kind() {
        ErrorKind::Unsupported("component") => return error,
        ErrorKind::Unsupported(_) => true,
        ErrorKind::Invalid => false,
        ErrorKind::TooLarge(..) | ErrorKind::Internal => return error,
    };
    match (validate(wasm, WasmFeatures::all()), unsupported) {
        (Ok(()), true) | (Err(_), false) => error,
        (Err(other), true) => Error::invalid(other.message(), other.offset()),
        (Ok(()), false) => {
            Error::unsupported(missing(wasm), error.offset().unwrap_or(0)).in_func_of(&error)
        }
    }
}

/// The feature whose absence makes the validator refuse a module, found by trying: the first one that moves the error. Features build
/// on earlier ones, so those stay on.
#[cold]
fn missing(wasm: &[u8]) -> &'static str {
    let Err(base) = validate(wasm, ACCEPTED) else {
        return UNNAMED;
    };
    let mut features = ACCEPTED;
    for &(feature, name) in NAMES {
        features = features.union(feature);
        let moved = validate(wasm, features)
            .err()
            .is_none_or(|error| error.offset() != base.offset());
        if moved {
            return name;
        }
    }
    UNNAMED
}

fn name(feature: WasmFeatures) -> &'static str {
    NAMES
        .iter()
        .find(|(bit, _)| feature.intersects(*bit))
        .map_or(UNNAMED, |(_, name)| name)
}

fn validate(wasm: &[u8], features: WasmFeatures) -> Result<(), wasmparser::Error> {
    Validator::new_with_features(features)
        .validate_all(wasm)
        .map(|_| ())
}
