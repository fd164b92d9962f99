//! What the compiler accepts of WebAssembly, and how a refusal is worded: a module that uses a feature beyond that is told its name,
//! a module that no feature would make valid is told the rule it breaks.
//!
//! The validator runs with the [`Features`] that the caller accepts and its errors come out as provisional ones. [`explain`] then settles the
//! one error that is reported, by validating the whole module again with every feature on; that costs time only for modules that are refused.

use crate::error::{Error, ErrorKind};
use core::fmt;
use wasmparser::{Validator, WasmFeatures};

/// What every module may use, so that nothing names it: reference types, once a feature brings them, are not held back.
const BASE: WasmFeatures = WasmFeatures::GC_TYPES;

/// A feature that a caller of the compiler can accept or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name, after the proposal that brought it.
    pub name: &'static str,
    /// The version of WebAssembly that it is part of, from 1; 0 for proposals that are part of none yet, or never will be.
    pub version: u8,
    bits: WasmFeatures,
    /// Features that it is of no use without.
    needs: WasmFeatures,
}

const fn feature(
    name: &'static str,
    version: u8,
    bits: WasmFeatures,
    needs: WasmFeatures,
) -> Feature {
    Feature {
        name,
        version,
        bits,
        needs,
    }
}

const NONE: WasmFeatures = WasmFeatures::empty();

/// All features that the compiler knows how to translate, each behind those that it needs.
pub const FEATURES: &[Feature] = &[
    feature("floats", 1, WasmFeatures::FLOATS, NONE),
    feature("mutable-global", 1, WasmFeatures::MUTABLE_GLOBAL, NONE),
    feature("sign-extension", 2, WasmFeatures::SIGN_EXTENSION, NONE),
    feature(
        "nontrapping-float-to-int",
        2,
        WasmFeatures::SATURATING_FLOAT_TO_INT,
        WasmFeatures::FLOATS,
    ),
    feature("multi-value", 2, WasmFeatures::MULTI_VALUE, NONE),
    feature("bulk-memory", 2, WasmFeatures::BULK_MEMORY, NONE),
    feature("reference-types", 2, WasmFeatures::REFERENCE_TYPES, NONE),
    feature("simd", 2, WasmFeatures::SIMD, NONE),
    feature(
        "relaxed-simd",
        3,
        WasmFeatures::RELAXED_SIMD,
        WasmFeatures::SIMD,
    ),
    feature("tail-call", 3, WasmFeatures::TAIL_CALL, NONE),
    feature("extended-const", 3, WasmFeatures::EXTENDED_CONST, NONE),
    feature("multi-memory", 3, WasmFeatures::MULTI_MEMORY, NONE),
    feature("memory64", 3, WasmFeatures::MEMORY64, NONE),
    feature(
        "function-references",
        3,
        WasmFeatures::FUNCTION_REFERENCES,
        WasmFeatures::REFERENCE_TYPES,
    ),
    feature(
        "gc",
        3,
        WasmFeatures::GC,
        WasmFeatures::FUNCTION_REFERENCES.union(WasmFeatures::REFERENCE_TYPES),
    ),
    feature(
        "exceptions",
        3,
        WasmFeatures::EXCEPTIONS,
        WasmFeatures::REFERENCE_TYPES,
    ),
    feature(
        "legacy-exceptions",
        0,
        WasmFeatures::LEGACY_EXCEPTIONS,
        WasmFeatures::EXCEPTIONS.union(WasmFeatures::REFERENCE_TYPES),
    ),
    feature("threads", 0, WasmFeatures::THREADS, NONE),
    feature(
        "custom-page-sizes",
        0,
        WasmFeatures::CUSTOM_PAGE_SIZES,
        NONE,
    ),
    feature("wide-arithmetic", 0, WasmFeatures::WIDE_ARITHMETIC, NONE),
    feature("compact-imports", 0, WasmFeatures::COMPACT_IMPORTS, NONE),
];

/// The features that a compilation accepts. By default all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Features(pub(super) WasmFeatures);

impl Features {
    /// All of [`FEATURES`].
    pub const ALL: Self = {
        let (mut bits, mut at) = (BASE, 0);
        while at < FEATURES.len() {
            bits = bits.union(FEATURES[at].bits);
            at += 1;
        }
        Self(bits)
    };

    /// Those that are part of a version of WebAssembly.
    #[must_use]
    pub fn of_version(version: u8) -> Self {
        let part = |it: &&Feature| (1..=version).contains(&it.version);
        let bits = FEATURES.iter().filter(part).map(|it| it.bits);
        Self(bits.fold(BASE, WasmFeatures::union))
    }

    /// The features of a list: names, with commas between them. `wasm1`, `wasm2` and `wasm3` stand for what is part of that version, `all`
    /// for all. A name brings along what it needs, with `-` before it the feature and what needs it are taken away; `floats` and
    /// `mutable-global` are there unless taken away. A list that starts with `-` takes away from all.
    ///
    /// # Errors
    /// The first name that is none.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut features = match list.starts_with('-') {
            true => Self::ALL,
            false => Self::of_version(1),
        };
        for item in list.split(',').map(str::trim) {
            let (name, without) = match item.strip_prefix('-') {
                Some(name) => (name, true),
                None => (item, false),
            };
            let set = match name {
                "wasm1" => Some(Self::of_version(1)),
                "wasm2" => Some(Self::of_version(2)),
                "wasm3" => Some(Self::of_version(3)),
                "all" => Some(Self::ALL),
                _ => None,
            };
            let one = FEATURES.iter().find(|it| it.name == name);
            features.0 = match (set, one) {
                (Some(set), _) if !without => features.0.union(set.0),
                (None, Some(it)) if without => features.0.difference(it.bits),
                (None, Some(it)) => features.0.union(it.bits).union(it.needs),
                _ => return Err(item.to_owned()),
            };
            // What needs something that is gone goes too.
            for it in FEATURES {
                if !features.0.contains(it.needs) {
                    features.0 = features.0.difference(it.bits);
                }
            }
        }
        Ok(features)
    }

    /// Whether a feature is accepted.
    #[must_use]
    pub fn contains(self, feature: &Feature) -> bool {
        self.0.contains(feature.bits)
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::ALL
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted = FEATURES.iter().filter(|it| self.contains(it));
        f.debug_set().entries(accepted.map(|it| it.name)).finish()
    }
}

/// What the compiler does not translate: feature and name, a feature before those that build on it.
const REFUSED: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        "shared-everything threads",
    ),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
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
        Some(feature) => refused(name(feature), error.offset()),
        None => Error::invalid(error.message(), error.offset()),
    }
}

/// The module uses a feature, first at this byte offset, that the compiler cannot translate or the caller does not accept.
#[cold]
fn refused(name: &'static str, offset: u64) -> Error {
    match FEATURES.iter().any(|it| it.name == name) {
        true => Error::not_accepted(name, offset),
        false => Error::unsupported(name, offset),
    }
}

/// Settles whether the module that gave a [`provisional`] error is unsupported or invalid; other errors stay as they are.
#[cold]
#[must_use]
pub fn explain(wasm: &[u8], accepted: Features, error: Error) -> Error {
    let unsupported = match error.kind() {
        ErrorKind::Unsupported("component") => return error,
        ErrorKind::Unsupported(_) => true,
        ErrorKind::Invalid => false,
        ErrorKind::TooLarge(..) | ErrorKind::Profile | ErrorKind::Internal => return error,
    };
    match (validate(wasm, WasmFeatures::all()), unsupported) {
        (Ok(()), true) | (Err(_), false) => error,
        (Err(other), true) => Error::invalid(other.message(), other.offset()),
        (Ok(()), false) => {
            refused(missing(wasm, accepted), error.offset().unwrap_or(0)).in_func_of(&error)
        }
    }
}

/// Features and names, a feature before those that build on it.
fn names() -> impl Iterator<Item = (WasmFeatures, &'static str)> {
    let known = FEATURES.iter().map(|it| (it.bits, it.name));
    known.chain(REFUSED.iter().copied())
}

/// The feature whose absence makes the validator refuse a module, found by trying: the first one that moves the error. Features build
/// on earlier ones, so those stay on.
#[cold]
fn missing(wasm: &[u8], accepted: Features) -> &'static str {
    let Err(base) = validate(wasm, accepted.0) else {
        return UNNAMED;
    };
    let mut features = accepted.0;
    for (feature, name) in names() {
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
    names()
        .find(|(bit, _)| feature.intersects(*bit))
        .map_or(UNNAMED, |(_, name)| name)
}

fn validate(wasm: &[u8], features: WasmFeatures) -> Result<(), wasmparser::Error> {
    Validator::new_with_features(features)
        .validate_all(wasm)
        .map(|_| ())
}

#[cfg(test)]
mod tests;
