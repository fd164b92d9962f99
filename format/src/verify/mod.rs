//! The verifier: from any bytes to a [`VerifiedImage`], the only thing from which a runner takes modules.
//!
//! [`VerifiedImage::verify`] checks the container and all metadata, in time that does not depend on the amount of code;
//! [`crate::image::ModuleView::verify_func`] checks one function body, so that it can be done when the function is first called.
//! Neither allocates, panics or trusts anything: bytes from anywhere give an image or an error.
//!
//! The rules are those of `FORMAT.md`; each has its own [`VerifyErrorKind`].

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod const_expr;
mod container;
mod error;
mod func;
mod handlers;
mod limits;
mod module;
mod rules;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests;
mod types;

use sha2::{Digest, Sha256};

use crate::image::header::Header;
use crate::image::root::{Root, RootModule};
use crate::image::section::{Kind, SectionTable};
use crate::image::view::{ModuleView, Parts};

pub use error::{Class, VerifyError, VerifyErrorKind};
pub use limits::Limits;

/// An image whose container and metadata are verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedImage<'a> {
    bytes: &'a [u8],
    header: Header,
    table: SectionTable<'a>,
    root: &'a Root,
    first: &'a RootModule,
}

impl<'a> VerifiedImage<'a> {
    /// Verifies everything but function bodies. `bytes` must be the whole image, at an address that is a multiple of 16.
    ///
    /// # Errors
    /// When a rule is broken, or the image asks for more than `limits`.
    pub fn verify(bytes: &'a [u8], limits: &Limits) -> Result<Self, VerifyError> {
        let (header, table) = container::check(bytes, limits)?;
        let (root, first) = container::root(bytes, table)?;
        let image = Self {
            bytes,
            header,
            table,
            root,
            first,
        };
        module::check_image(&image, limits)?;
        Ok(image)
    }

    /// Verifies everything, function bodies included.
    ///
    /// # Errors
    /// When a rule is broken, or the image asks for more than `limits`.
    pub fn verify_all(bytes: &'a [u8], limits: &Limits) -> Result<Self, VerifyError> {
        let image = Self::verify(bytes, limits)?;
        for i in 0..image.modules() {
            let module = image.module(i);
            for func in 0..module.func_count() {
                module.verify_func(func)?;
            }
        }
        Ok(image)
    }

    /// Compares the sections with their hashes. Safety does not depend on it: it tells damage, not malice.
    ///
    /// # Errors
    /// When a hash is wrong.
    pub fn check_hashes(&self) -> Result<(), VerifyError> {
        for section in self.table.iter() {
            let hash: [u8; 32] = Sha256::digest(section.bytes(self.bytes)).into();
            if hash != section.hash {
                return Err(VerifyError::new(
                    VerifyErrorKind::HashMismatch,
                    section.offset,
                ));
            }
        }
        Ok(())
    }

    /// The image's bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The section table.
    #[must_use]
    pub const fn sections(&self) -> SectionTable<'a> {
        self.table
    }

    /// Number of modules, at least 1.
    #[must_use]
    pub fn modules(&self) -> u32 {
        self.root.modules.len() as u32
    }

    /// Module `i`; the last one when there are fewer. Looks through the section table, so keep the view.
    #[must_use]
    pub fn module(&self, i: u32) -> ModuleView<'a> {
        let index = i.min(self.modules().saturating_sub(1));
        let modules = &self.root.modules;
        ModuleView {
            image: self.bytes,
            table: self.table,
            root: modules.get(index as usize).unwrap_or(self.first),
            index: index as u16,
            max_frame: self.header.budgets.max_frame_slots,
            parts: self.parts(index as u16),
        }
    }

    fn parts(&self, index: u16) -> Parts<'a> {
        let mut parts = Parts::default();
        for section in self.table.iter().filter(|section| section.index == index) {
            let bytes = section.bytes(self.bytes);
            let Some(kind) = Kind::from_number(section.kind) else {
                continue;
            };
            match kind {
                Kind::Func => {
                    parts.funcs = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                    parts.funcs_offset = section.offset;
                }
                Kind::Code => {
                    parts.code = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                    parts.code_offset = section.offset;
                }
                Kind::Const => parts.pool = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::Data => parts.data = bytes,
                Kind::Elem => parts.elems = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::Decoys => parts.decoys = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::Handlers => {
                    parts.handlers = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                }
                Kind::ExportIndex => {
                    parts.export_index = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                }
                Kind::Names => parts.names = bytes,
                Kind::Lines => parts.lines = bytes,
                Kind::Root | Kind::DataCow => {}
            }
        }
        parts
    }
}
