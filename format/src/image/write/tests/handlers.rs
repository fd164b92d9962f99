//! Handlers of the image that has something of everything.

use alloc::vec;
use alloc::vec::Vec;

use super::rich;
use crate::image::ModuleView;
use crate::image::around::Around;
use crate::image::handler::{Clause, Handler};
use crate::image::write::{ImageSpec, ModuleSpec, align, write};
use crate::verify::{Limits, VerifiedImage, VerifyErrorKind};

/// The calls of the first function are caught in its first block but one.
pub(super) fn rich_handlers() -> Vec<Handler> {
    let row = |tag: Option<u32>| Handler {
        first: 24,
        last: 32,
        block: 10,
        clause: Clause {
            tag,
            with_ref: tag.is_none(),
        },
    };
    [Some(0), None].map(row).to_vec()
}

/// All rows, as those of the first function, if there is one.
fn read_handlers(module: &ModuleView<'_>) -> Vec<Vec<Handler>> {
    let rows = (0..module.func_count().min(1)).map(|i| {
        let start = module.func(i).code_word;
        let rows = module.handlers();
        rows.map(|row| row.moved(start.wrapping_neg())).collect()
    });
    rows.collect()
}

/// The first function's first call is in a copy of a callee that is in three others, its last one in another.
pub(super) fn rich_around() -> Vec<Around> {
    let around = |site, copies| Around { site, copies };
    vec![around(24, 4), around(32, 1)]
}

/// All entries of AROUND, as those of the first function, if there is one.
fn read_around(module: &ModuleView<'_>) -> Vec<Vec<Around>> {
    let rows = (0..module.func_count().min(1)).map(|i| {
        let start = module.func(i).code_word;
        let rows = module.around();
        rows.map(|row| row.moved(start.wrapping_neg())).collect()
    });
    rows.collect()
}

/// What a module says of sites, and nothing else.
pub(super) fn read_sites(module: &ModuleView<'_>) -> ModuleSpec {
    ModuleSpec {
        handlers: read_handlers(module),
        around: read_around(module),
        ..ModuleSpec::default()
    }
}

#[test]
fn calls_in_copies_are_found_by_site() {
    let mut spec: ImageSpec = rich();
    let bytes = align(&write(&spec).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    let start = module.func(0).code_word;
    let found = [0, 23, 24, 25, 31, 32, 33].map(|site| module.copies_around(start + site));
    assert_eq!(found, [0, 0, 4, 0, 0, 1, 0]);
    // Without its handlers something is said of those two calls alone.
    spec.modules[0].handlers[0].clear();
    let without = align(&write(&spec).unwrap());
    let image = VerifiedImage::verify(&without, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    let start = module.func(0).code_word;
    let quiet = [24, 25, 32, 33].map(|site| module.quiet_around(start + site));
    let between = start + 25..start + 32;
    assert_eq!(quiet, [0..0, between, 0..0, start + 33..u32::MAX]);
    spec.modules[0].around[0].swap(0, 1);
    let bytes = align(&write(&spec).unwrap());
    let error = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), VerifyErrorKind::BadAround);
}
