//! HANDLERS: rows ascend, begin and end at calls or throws of one function, and lead to blocks that have room for what is caught.

use alloc::vec::Vec;

use super::super::VerifyErrorKind as Kind;
use super::{FRAME, error_of, func_type, rich_module};
use crate::image::handler::{Clause, Handler};
use crate::image::types::val;
use crate::image::write::tests::code;
use crate::image::write::{FuncSpec, ModuleSpec};
use crate::isa::Op;

/// Sites of the function: two calls, and a throw of [`PAIR`] from the last slot it can be thrown from.
const SITES: [u32; 3] = [4, 7, 13];
/// The function's only block but the first.
const BLOCK: u32 = 14;
/// A tag that carries an i32 and a v128: three slots.
const PAIR: u32 = 1;

fn row(first: u32, last: u32, block: u32, tag: Option<u32>, with_ref: bool) -> Handler {
    Handler {
        first,
        last,
        block,
        clause: Clause { tag, with_ref },
    }
}

/// The rich module with two functions that call and throw, the last of which has these rows.
fn module(rows: &[Handler]) -> ModuleSpec {
    let mut module = rich_module();
    module.types.push(func_type(&[val::I32, val::V128], &[]));
    module.tags.push(3);
    let words = code(&[
        (Op::Enter, &[FRAME.into(), 1]),
        (Op::CallTiny, &[10, 0, 0]),
        (Op::CallTiny, &[20, 0, 0]),
        (Op::Throw, &[i64::from(FRAME) - 3, PAIR.into(), 0, 0]),
        (Op::Fuel, &[1]),
        // `fuel` as an operand.
        (Op::ConstU32, &[0, Op::Fuel as i64]),
        (Op::Trap, &[0]),
    ]);
    for _ in 0..2 {
        module.handlers.resize(module.funcs.len(), Vec::new());
        module.funcs.push(FuncSpec {
            type_idx: 0,
            frame: FRAME,
            refs: 0,
            code: words.clone(),
        });
    }
    module.handlers.resize(module.funcs.len() - 1, Vec::new());
    module.handlers.push(rows.to_vec());
    module
}

fn check(rows: &[Handler]) -> Result<(), Kind> {
    error_of(module(rows))
}

#[test]
fn rows_are_for_calls_and_throws_in_order() {
    let [a, b, c] = SITES;
    let any = |first, last| row(first, last, BLOCK, None, false);
    let none = || Vec::new();
    for rows in [
        none(),
        [any(a, a)].to_vec(),
        [any(a, c)].to_vec(),
        [any(a, b), any(c, c)].to_vec(),
        [any(b, c), any(b, c), row(b, c, BLOCK, Some(PAIR), false)].to_vec(),
    ] {
        assert_eq!(check(&rows), Ok(()), "{rows:?}");
    }
    for rows in [
        // No site, at either end.
        [any(a + 1, b)].to_vec(),
        [any(a, b + 1)].to_vec(),
        [any(a, c + 1)].to_vec(),
        [any(a, u32::MAX / 2)].to_vec(),
        [any(a - 1, b)].to_vec(),
        // Backwards, and overlapping.
        [any(b, a)].to_vec(),
        [any(b, b), any(a, a)].to_vec(),
        [any(a, b), any(a, c)].to_vec(),
        [any(a, b), any(b, c)].to_vec(),
        [any(a, c), any(b, b)].to_vec(),
    ] {
        assert_eq!(check(&rows), Err(Kind::BadHandlers), "{rows:?}");
    }
}

#[test]
fn handlers_are_blocks_of_the_function() {
    let to = |block: u32| check(&[row(SITES[0], SITES[1], block, None, false)]);
    assert_eq!(to(BLOCK), Ok(()));
    // Words of the function before, which has the same block; what is no block; an operand; the end, and beyond.
    let words = 21;
    for block in [
        BLOCK.wrapping_sub(words),
        0,
        1,
        2,
        13,
        15,
        17,
        words,
        1 << 20,
    ] {
        assert_eq!(to(block), Err(Kind::BadHandlers), "{block}");
    }
}

#[test]
fn what_is_caught_fits_the_frame() {
    let [a, b, c] = SITES;
    let caught = |first, last, with_ref| check(&[row(first, last, BLOCK, Some(PAIR), with_ref)]);
    assert_eq!(caught(a, b, true), Ok(()));
    assert_eq!(caught(c, c, false), Ok(()));
    assert_eq!(caught(c, c, true), Err(Kind::WindowOutOfRange));
    assert_eq!(caught(a, c, true), Err(Kind::WindowOutOfRange));
    let any = |with_ref| check(&[row(c, c, BLOCK, None, with_ref)]);
    assert_eq!(any(true), Ok(()));
    // The greatest need of several rows counts.
    let rows = [
        row(c, c, BLOCK, Some(PAIR), true),
        row(c, c, BLOCK, None, false),
    ];
    assert_eq!(check(&rows), Err(Kind::WindowOutOfRange));
}

#[test]
fn tags_exist() {
    let tag = |tag| check(&[row(SITES[0], SITES[0], BLOCK, Some(tag), false)]);
    assert_eq!(tag(PAIR), Ok(()));
    assert_eq!(tag(PAIR + 1), Err(Kind::IndexOutOfRange));
    assert_eq!(tag((1 << 31) - 2), Err(Kind::IndexOutOfRange));
}

#[test]
fn throwing_needs_the_feature_and_fuel() {
    let mut module = rich_module();
    let words = |cost: i64| {
        code(&[
            (Op::Enter, &[FRAME.into(), cost]),
            (Op::Throw, &[1, 0, 0, 0]),
        ])
    };
    let func = |cost| FuncSpec {
        type_idx: 0,
        frame: FRAME,
        refs: 0,
        code: words(cost),
    };
    module.funcs.push(func(1));
    assert_eq!(error_of(module.clone()), Ok(()));
    module.funcs.push(func(0));
    assert_eq!(error_of(module.clone()), Err(Kind::FreeCycle));
    module.funcs.pop();
    module.funcs.push(FuncSpec {
        code: code(&[
            (Op::Enter, &[FRAME.into(), 1]),
            (Op::Throw, &[FRAME.into(), 0, 0, 0]),
        ]),
        ..func(1)
    });
    assert_eq!(error_of(module.clone()), Ok(()));
    // Without values it may be thrown from the frame's end, but not from where a callee's frame cannot be.
    module.funcs.push(FuncSpec {
        code: code(&[(Op::Enter, &[FRAME.into(), 1]), (Op::Throw, &[0, 0, 0, 0])]),
        ..func(1)
    });
    assert_eq!(error_of(module), Err(Kind::WindowOutOfRange));
}

/// Where functions are in no order, a site would not say whose it is, even before they are verified.
#[test]
fn functions_with_handlers_ascend() {
    use super::{align, find, write};
    use crate::image::section::Kind as SectionKind;
    use crate::image::write::ImageSpec;
    use crate::verify::{Limits, VerifiedImage};
    let image = |rows: &[Handler]| {
        let mut module = module(rows);
        module.handlers.retain(|_| !rows.is_empty());
        let modules = [module].into();
        let bytes = write(&ImageSpec {
            modules,
            build_id: 0,
        });
        align(&bytes.unwrap())
    };
    let any = row(SITES[0], SITES[0], BLOCK, None, false);
    for (rows, expected) in [(&[][..], Ok(())), (&[any], Err(Kind::BadFuncRecord))] {
        let mut bytes = image(rows);
        let check = |bytes: &[u8]| {
            let image = VerifiedImage::verify(bytes, &Limits::DEFAULT);
            image.map(|_| ()).map_err(|error| error.kind())
        };
        assert_eq!(check(&bytes), Ok(()));
        let funcs = find(&bytes, SectionKind::Func).1;
        // The function before the last begins behind where the last does.
        let last = (funcs.offset + funcs.len) as usize - 8;
        let place = u32::from_le_bytes(bytes[last..last + 4].try_into().unwrap());
        bytes[last - 8..last - 4].copy_from_slice(&(place + 1).to_le_bytes());
        assert_eq!(check(&bytes), expected);
    }
}

#[test]
fn handlers_are_found_by_site() {
    use super::{align, write};
    use crate::image::write::ImageSpec;
    use crate::verify::{Limits, VerifiedImage};
    let [a, b, c] = SITES;
    let rows = [
        row(a, b, BLOCK, Some(PAIR), true),
        row(a, b, BLOCK, None, false),
        row(c, c, BLOCK, Some(0), false),
    ];
    let modules = [module(&rows)].into();
    let bytes = write(&ImageSpec {
        modules,
        build_id: 0,
    });
    let bytes = align(&bytes.unwrap());
    let image = VerifiedImage::verify_all(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    let start = module.func(module.func_count() - 1).code_word;
    let at = |site: u32| {
        let found = module.handlers_at(start.wrapping_add(site));
        let found = found.map(|row| row.clause).collect::<Vec<_>>();
        let quiet = module.quiet_around(start.wrapping_add(site));
        assert_eq!(quiet.is_empty(), !found.is_empty(), "{site}");
        found
    };
    assert!(module.has_handlers());
    for site in [a, b] {
        assert_eq!(at(site), [rows[0].clause, rows[1].clause]);
    }
    assert_eq!(at(c), [rows[2].clause]);
    for other in [a - 1, c - 1, c + 1, 1000, a.wrapping_sub(21)] {
        assert_eq!(at(other), [], "{other}");
    }
    // As far as nothing is said, and no further.
    let quiet = |site: u32| module.quiet_around(start + site);
    assert_eq!(quiet(a - 1).end, start + a);
    assert_eq!(quiet(c - 1), start + b + 1..start + c);
    assert_eq!(quiet(c + 1), start + c + 1..u32::MAX);
}
