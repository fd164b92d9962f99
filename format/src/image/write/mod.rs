//! Building images: from plain descriptions of modules to bytes. The compiler and tests use it; a runner does not.
//!
//! The output depends on nothing but the description. The writer checks only what it needs to lay the image out; whether the image
//! means anything is for [`crate::verify`] to say.

mod cow;
mod debug;
mod layout;
mod metadata;
mod side;
#[cfg(test)]
mod size_tests;
mod spec;
#[cfg(test)]
pub(crate) mod tests;

pub use rkyv::util::AlignedVec;

pub use super::types::ExternType as ExternSpec;
pub use layout::write;
pub use spec::{
    ConstExpr, DataMode, DataSpec, DebugSpec, ElemItems, ElemMode, ElemSpec, ExportSpec, FuncSpec,
    FuncTypeSpec, GlobalSpec, ImageSpec, ImportSpec, InlinedSpec, ModuleSpec, TableSpec,
    WriteError,
};

/// A copy of an image at an address where it can be read.
#[must_use]
pub fn align(image: &[u8]) -> AlignedVec<16> {
    let mut bytes = AlignedVec::with_capacity(image.len());
    bytes.extend_from_slice(image);
    bytes
}
