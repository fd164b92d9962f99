//! Functions in the place of calls, written and read back.

use alloc::vec;
use alloc::vec::Vec;

use super::rich;
use crate::image::inlined::{MAX_DEPTH, Row};
use crate::image::write::{ImageSpec, InlinedSpec, align, write};
use crate::verify::{Limits, VerifiedImage};

/// Places of functions in the Wasm binary.
pub(super) fn rich_lines() -> Vec<Vec<(u32, u32)>> {
    let first = vec![(14, 1000), (22, 900), (25, 100_000)];
    vec![first, vec![], vec![(0, 7)]]
}

/// In the third function the first one, and in that the second one.
pub(super) fn rich_copies() -> Vec<InlinedSpec> {
    let third = InlinedSpec {
        end: 6,
        copies: vec![row(0, 300, 1, 2), row(1, 400, 5, 1)],
    };
    vec![InlinedSpec::default(), InlinedSpec::default(), third]
}

const fn row(callee: u32, body: u32, len: u32, back: u32) -> Row {
    Row {
        callee,
        body,
        len,
        back,
    }
}

/// The places that words of functions of the rich module come from, if these are its copies.
fn places(copies: Vec<InlinedSpec>, at: &[(u32, u32)]) -> Vec<Vec<(u32, Option<u32>)>> {
    let mut spec: ImageSpec = rich();
    spec.modules[0].inlined = copies;
    let bytes = align(&write(&spec).unwrap());
    let image = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    let module = image.module(0);
    let places = at.iter().map(|&(func, word)| {
        let positions: Vec<_> = (module.positions(func, word))
            .map(|it| (it.func, it.offset))
            .collect();
        // Both ways to ask agree.
        assert_eq!(module.wasm_offset(func, word), positions[0].1);
        positions
    });
    places.collect()
}

#[test]
fn a_copy_in_a_copy_has_three_places() {
    let found = places(rich_copies(), &[(0, 22), (1, 5), (2, 0)]);
    assert_eq!(found[0], [(0, Some(900))]);
    assert_eq!(found[1], [(1, None)]);
    assert_eq!(found[2], [(1, Some(400)), (0, Some(300)), (2, Some(4))]);
}

#[test]
fn what_makes_no_sense_is_not_found() {
    let third = |end, copies| {
        let third = InlinedSpec { end, copies };
        let all = vec![InlinedSpec::default(), InlinedSpec::default(), third];
        places(all, &[(2, 0)]).remove(0)
    };
    let outside = [(2, Some(7))];
    // No copy has the position.
    assert_eq!(third(6, vec![row(0, 300, 1, 2)]), outside);
    // There is no such function; a call that is where the copy is.
    assert_eq!(third(6, vec![row(99, 300, 5, 2)]), outside);
    assert_eq!(third(6, vec![row(0, 300, 5, 0)]), outside);
    // A call in front of everything.
    assert_eq!(
        third(6, vec![row(0, 300, 5, 7)]),
        [(0, Some(301)), (2, None)]
    );
    // More positions than there are.
    let huge = vec![row(0, 300, u32::MAX, 1), row(0, 300, u32::MAX, 1)];
    assert_eq!(third(6, huge), outside);
    // More copies around one another than anyone looks at.
    let chain: Vec<Row> = (0..20).map(|_| row(0, 300, 1, 1)).collect();
    let mut last = third(0, chain);
    assert_eq!(last.pop().map(|(func, _)| func), Some(2));
    assert!(last.len() <= MAX_DEPTH);
}
