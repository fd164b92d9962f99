//! Whether an error is the one that a script expects.
//!
//! Scripts give messages of the reference interpreter. Traps and link errors of ours have the same texts, some with more behind them
//! on either side; validation errors have texts of their own and only their kind counts.

use wrt_compiler::ErrorKind;

use super::Verdict;

/// Compares a trap's message with the expected one: one must begin with the other.
pub(crate) fn same_message(expected: &str, got: &str) -> Verdict {
    if expected.starts_with(got) || got.starts_with(expected) {
        Verdict::Pass
    } else {
        Verdict::Fail(format!("expected {expected:?}, got {got:?}"))
    }
}

/// Proposals that are no part of WebAssembly 3.0: a module that needs one is malformed or invalid to the official suite.
const PROPOSALS: &[&str] = &[
    "legacy-exceptions",
    "stack switching",
    "shared-everything threads",
    "memory control",
    "compact-imports",
    "custom descriptors",
    "acquire-release atomics",
    "multibyte array access",
    "an experimental feature",
];

/// A module that must be invalid or malformed was refused. By its kind, is that the reason?
pub(crate) fn refused(error: &wrt_compiler::Error, expected: &str) -> Verdict {
    match error.kind() {
        ErrorKind::Invalid => Verdict::Pass,
        ErrorKind::Unsupported(name) if PROPOSALS.contains(name) => Verdict::Pass,
        ErrorKind::Unsupported(_)
        | ErrorKind::TooLarge(..)
        | ErrorKind::Profile
        | ErrorKind::Internal => Verdict::Fail(format!(
            "expected {expected:?}, got another refusal: {error}"
        )),
    }
}
