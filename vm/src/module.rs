//! Modules of verified images.
//!
//! Input: the bytes of an image. Output: [`Module`], which can be instantiated in any engine.
//! Invariants: a `Module` exists only for an image whose header, tables and metadata are verified; a function body is verified before it
//! first runs, or by [`Module::validate`].

use crate::engine::Engine;
use crate::error::Error;
use crate::instance;
use crate::limits::Limits;
use crate::outcome::{Extern, Outcome};
use wrt_format::image::features;
use wrt_format::image::{ExportView, ImportView, ModuleView};
use wrt_format::verify::VerifiedImage;

/// The features that this build of the machine has, of [`features`].
const SUPPORTED: u64 = features::KNOWN
    & !(without_floats() | without_simd() | without_gc() | without_threads() | without_memory64());

const fn without_floats() -> u64 {
    if cfg!(feature = "floats") {
        0
    } else {
        features::FLOATS
    }
}

const fn without_simd() -> u64 {
    if cfg!(feature = "simd") {
        0
    } else {
        features::SIMD
    }
}

const fn without_gc() -> u64 {
    if cfg!(feature = "gc") {
        0
    } else {
        features::GC
    }
}

const fn without_threads() -> u64 {
    if cfg!(feature = "atomics") {
        0
    } else {
        features::THREADS
    }
}

const fn without_memory64() -> u64 {
    if cfg!(feature = "memory64") {
        0
    } else {
        features::MEMORY64
    }
}

/// A module of a verified image, borrowed from its bytes. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Module<'m> {
    view: ModuleView<'m>,
}

impl<'m> Module<'m> {
    /// Verifies an image and takes its first module. Nothing is copied: the bytes stay where they are, and must be aligned to 16.
    ///
    /// Function bodies are not looked at: each is verified before its first call, and a call of one that breaks a rule traps. Use
    /// [`Module::validate`] to check them all at once.
    ///
    /// # Errors
    /// [`Error::Image`] when the bytes are no image, break a rule, or go over `limits`; [`Error::Invalid`] when it holds no module.
    pub fn load_from_binary(bytes: &'m [u8], limits: &Limits) -> Result<Self, Error> {
        Self::load_number(bytes, 0, limits)
    }

    /// Verifies an image and takes the module of this number.
    ///
    /// # Errors
    /// As [`Module::load_from_binary`].
    pub fn load_number(bytes: &'m [u8], number: u32, limits: &Limits) -> Result<Self, Error> {
        let mut limits = *limits;
        limits.features &= SUPPORTED;
        let image = VerifiedImage::verify(bytes, &limits)?;
        Self::from_image(&image, number).ok_or(Error::Invalid("module number: the image has fewer"))
    }

    /// A module of an image that is verified already. `None` when the image has fewer, or this machine is built without a feature that
    /// the module needs.
    #[must_use]
    pub fn from_image(image: &VerifiedImage<'m>, number: u32) -> Option<Self> {
        let view = (number < image.modules()).then(|| image.module(number))?;
        (view.features() & !SUPPORTED == 0).then_some(Self { view })
    }

    /// Verifies all function bodies.
    ///
    /// # Errors
    /// [`Error::Image`] for the first body that breaks a rule.
    pub fn validate(&self) -> Result<(), Error> {
        for func in 0..self.view.func_count() {
            self.view.verify_func(func)?;
        }
        Ok(())
    }

    /// Makes an instance: checks `imports` against what the module asks for, in its order; allocates and fills globals, tables and
    /// memories; and runs the start function, if there is one, as a metered run that may pause. The instance is
    /// [`Engine::last_instance`].
    ///
    /// Writing the active segments costs no fuel: it is bounded by the size of the image.
    ///
    /// A trap, of an active segment that does not fit or of the start function, leaves what has been written to imported tables and
    /// memories before, as the specification says.
    ///
    /// # Errors
    /// [`Error::ImportCount`] and [`Error::Import`] when the imports do not fit; [`Error::Budget`] when the engine has no room; nothing has
    /// changed then. [`Error::Image`] when the engine verifies eagerly and a body breaks a rule. [`Error::Misuse`] while a run is paused.
    pub fn instantiate(
        &self,
        engine: &mut Engine<'m>,
        imports: &[Extern],
    ) -> Result<Outcome, Error> {
        instance::instantiate(engine, self, imports)
    }

    /// What the module imports, in order.
    pub fn imports(&self) -> impl Iterator<Item = ImportView<'m>> + 'm {
        self.view.imports()
    }

    /// What the module exports.
    pub fn exports(&self) -> impl Iterator<Item = ExportView<'m>> + 'm {
        self.view.exports()
    }

    /// Its name, if the image has it.
    #[must_use]
    pub fn name(&self) -> Option<&'m str> {
        self.view.name()
    }

    /// The module as the image describes it.
    #[must_use]
    pub const fn view(&self) -> &ModuleView<'m> {
        &self.view
    }
}
