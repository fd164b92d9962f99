//! The small functions of a module as inlining takes them: built from their bodies when a caller first asks, and kept.
//!
//! What a function comes to depends on its body alone, so it does not matter which thread is first. Together they are no larger than the bodies, but
//! for a factor: only short ones are kept.

use std::sync::OnceLock;

use crate::ir::build_body;
use crate::ir::{self, Func};
use crate::opt::inline::Callee;
use crate::options::Options;
use crate::wasm::{BodyAllocs, ValidModule};

/// The functions of a module that can be copied in the place of calls.
pub(crate) struct Callees<'a> {
    module: &'a ValidModule<'a>,
    canonical_nans: bool,
    /// By number of the defined function.
    known: Vec<OnceLock<Option<Box<Callee>>>>,
}

impl<'a> Callees<'a> {
    /// Those of a module.
    pub(crate) fn new(module: &'a ValidModule<'a>, options: &Options<'_>) -> Self {
        let bodies = 0..module.body_count();
        Self {
            module,
            canonical_nans: options.canonical_nans,
            known: bodies.map(|_| OnceLock::new()).collect(),
        }
    }

    /// The callee of this index in the function index space, if its body has at most so many bytes.
    pub(crate) fn get(&self, func_idx: u32, most: usize) -> Option<&Callee> {
        let body_idx = func_idx.checked_sub(self.module.imported_funcs)?;
        if self.module.body_range(body_idx).len() > most {
            return None;
        }
        let known = &self.known[body_idx as usize];
        known.get_or_init(|| self.build(body_idx)).as_deref()
    }

    /// Builds it. A body that is not valid is no callee: the error is that of the function itself.
    fn build(&self, body_idx: u32) -> Option<Box<Callee>> {
        let body = self
            .module
            .validate_body(body_idx, &mut BodyAllocs::default());
        let mut func: Func = build_body(self.module, &body.ok()?).ok()?;
        if self.canonical_nans {
            ir::canonical_nans(&mut func);
        }
        Callee::new(func).map(Box::new)
    }
}
