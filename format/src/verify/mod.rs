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

use crate::image::header::{self, Header};
use crate::image::root::{Root, RootModule};
use crate::image::section::{Kind, Section, SectionTable, root_hash};
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

    /// Compares the image with its hash. Safety does not depend on it: it tells damage, not malice.
    ///
    /// # Errors
    /// When a hash is wrong: that of a section, where the image has those, or else that in the header.
    pub fn check_hashes(&self) -> Result<(), VerifyError> {
        let mut found = Ok(());
        let all_stored = self.hashes();
        let hashes = self.hashed().enumerate().map(|(number, section)| {
            let hash = self.hash_of(&section);
            let stored = all_stored.get(number);
            let right = stored.is_none_or(|stored| *stored == hash);
            found = found.and(ensure_hash(right, section.offset));
            hash
        });
        let root = root_hash(self.table, hashes);
        found?;
        self.check_root(root)
    }

    /// Compares one section with its hash, and the hashes with that in the header; nothing else of the image is read. Where the image
    /// does not have the hashes of its sections one by one, all of it is compared.
    ///
    /// # Errors
    /// When a hash is wrong.
    pub fn check_hash(&self, section: &Section) -> Result<(), VerifyError> {
        let Some(stored) = self.stored_hash(section) else {
            return self.check_hashes();
        };
        let all = self.hashes().iter().copied();
        self.check_root(root_hash(self.table, all))?;
        ensure_hash(self.hash_of(section) == *stored, section.offset)
    }

    fn check_root(&self, hash: [u8; 32]) -> Result<(), VerifyError> {
        ensure_hash(hash == self.header.hash, header::HASH_OFFSET)
    }

    /// The sections that have a hash.
    fn hashed(&self) -> impl Iterator<Item = Section> + 'a {
        let is_hashed = |section: &Section| section.kind != Kind::Hashes as u8;
        self.table.iter().filter(is_hashed)
    }

    /// The hashes of the sections, if the image has them one by one.
    fn hashes(&self) -> &'a [[u8; 32]] {
        let mut sections = self.table.iter();
        let hashes = sections.find(|section| section.kind == Kind::Hashes as u8);
        let bytes = hashes.map_or(&[][..], |section| section.bytes(self.bytes));
        bytes.as_chunks().0
    }

    fn stored_hash(&self, section: &Section) -> Option<&'a [u8; 32]> {
        let number = self.hashed().position(|it| it == *section)?;
        self.hashes().get(number)
    }

    /// The hash of a section's bytes.
    #[must_use]
    pub fn hash_of(&self, section: &Section) -> [u8; 32] {
        Sha256::digest(section.bytes(self.bytes)).into()
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
                Kind::Refs => parts.refs = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::Const => parts.pool = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::Data => parts.data = bytes,
                Kind::Elem => parts.elems = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::Decoys => parts.decoys = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::Handlers => {
                    parts.handlers = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                }
                Kind::Around => parts.around = bytemuck::try_cast_slice(bytes).unwrap_or_default(),
                Kind::ExportIndex => {
                    parts.export_index = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                }
                Kind::Names => parts.names = bytes,
                Kind::Lines => parts.lines = bytes,
                Kind::Debug => parts.debug = bytes,
                Kind::Inlined => parts.inlined = bytes,
                Kind::Root | Kind::Hashes | Kind::DataCow => {}
            }
        }
        parts
    }
}

fn ensure_hash(right: bool, offset: u32) -> Result<(), VerifyError> {
    match right {
        true => Ok(()),
        false => Err(VerifyError::new(VerifyErrorKind::HashMismatch, offset)),
    }
}
