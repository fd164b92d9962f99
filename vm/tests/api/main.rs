//! Tests of the embedder's API, on images made by hand.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "whatever a test does not expect is a failure"
)]

mod fixture;

mod budgets;
mod exceptions;
mod features;
mod imports;
mod instantiation;
mod linking;
mod runs;
mod sharing;
#[cfg(feature = "atomics")]
mod threads;
