//! The peers. Those that take minutes to build, or need more than cargo, are behind features: see README.md.

pub(crate) mod silverfir;
pub(crate) mod tinywasm;
#[cfg(feature = "wamr")]
pub(crate) mod wamr;
#[cfg(feature = "wasm3")]
pub(crate) mod wasm3;
pub(crate) mod wasmi;
#[cfg(feature = "wasmtime")]
pub(crate) mod wasmtime;
