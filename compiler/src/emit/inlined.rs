//! What an image says of functions that stand in the place of calls.

use wrt_format::image::around::Around;
use wrt_format::image::inlined::Row;
use wrt_format::image::write::InlinedSpec;
use wrt_format::isa::{Control, instructions};

use crate::ir::Inlined;
use crate::lower::ModuleInfo;

/// The calls in `words` that are in copies: an exception that comes out of one leaves the callees, too.
pub(crate) fn around(inlined: &Inlined, words: &[u16], lines: &[(u32, u32)]) -> Vec<Around> {
    if inlined.copies.is_empty() {
        return Vec::new();
    }
    let calls = instructions(words).filter_map(|(at, op, own)| {
        let calls = op.is_some_and(|op| op.info().control == Control::Call);
        calls.then(|| (at as u32, (at + own.len() - 1) as u32))
    });
    let around = calls.filter_map(|(at, site)| {
        let before = lines.partition_point(|&(word, _)| word <= at);
        let (_, position) = *lines.get(before.checked_sub(1)?)?;
        let copies = inlined.depth(position);
        (copies > 0).then_some(Around { site, copies })
    });
    around.collect()
}

/// The copies that `lines` has positions in, and those around them; the others, of which nothing is left that could stop, are left out, and the
/// positions of `lines` follow.
pub(crate) fn inlined(
    inlined: &Inlined,
    lines: &mut [(u32, u32)],
    info: &ModuleInfo,
) -> InlinedSpec {
    let mut used = vec![false; inlined.copies.len()];
    for &(_, position) in lines.iter() {
        if let Some(copy) = inlined.copy_at(position) {
            used[copy] = true;
        }
    }
    // A copy comes behind the one that its call is in.
    for (number, copy) in inlined.copies.iter().enumerate().rev() {
        if used[number]
            && let Some(around) = inlined.copy_at(copy.call)
        {
            used[around] = true;
        }
    }
    let mut first = inlined.body.end;
    let firsts: Vec<u32> = (inlined.copies.iter().zip(&used))
        .map(|(copy, &used)| {
            let this = first;
            first += if used { copy.body.len() as u32 } else { 0 };
            this
        })
        .collect();
    let moved = |position: u32| match inlined.copy_at(position) {
        Some(copy) => firsts[copy] + (position - inlined.copies[copy].first),
        None => position,
    };
    for (_, position) in lines {
        *position = moved(*position);
    }
    let rows = inlined.copies.iter().zip(&firsts).zip(&used);
    let rows = rows.filter(|&(_, &used)| used);
    let rows = rows.map(|((copy, &first), _)| Row {
        callee: copy.func_idx - info.imported_funcs,
        body: copy.body.start,
        len: copy.body.len() as u32,
        back: first - moved(copy.call),
    });
    InlinedSpec {
        end: inlined.body.end,
        copies: rows.collect(),
    }
}
