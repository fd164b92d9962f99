//! Handlers of the image that has something of everything.

use alloc::vec::Vec;

use crate::image::ModuleView;
use crate::image::handler::{Clause, Handler};

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
pub(super) fn read_handlers(module: &ModuleView<'_>) -> Vec<Vec<Handler>> {
    let rows = (0..module.func_count().min(1)).map(|i| {
        let start = module.func(i).code_word;
        let rows = module.handlers();
        rows.map(|row| row.moved(start.wrapping_neg())).collect()
    });
    rows.collect()
}
