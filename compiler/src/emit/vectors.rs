//! Vector instructions that come one after the other, in one dispatch. The new instruction does both, and reads before it writes, so those
//! that read what the other writes stay apart.
//!
//! Runs on blocks in their final order, as `pairs` does.

use wrt_format::isa::Op;

use super::blocks::Inst;
use super::pairs::fit;

/// An instruction that does two, and its operands.
type Joined = Option<(Op, [i64; 6])>;

/// Joins the vector instructions of a body.
pub(super) fn run(body: &mut Vec<Inst>) {
    for joined in [loads, both, twice, quad] {
        body.dedup_by(|inst, last| {
            let found = joined(last, inst);
            if let Some((op, fields)) = found {
                (last.op, last.fields) = (op, fields);
            }
            found.is_some()
        });
    }
}

/// Whether two vectors in slots have none in common.
fn is_apart(a: i64, b: i64) -> bool {
    (a - b).abs() > 1
}

/// Whether a slot is none of a vector's.
fn is_beside(slot: i64, vector: i64) -> bool {
    slot != vector && slot != vector + 1
}

/// Two loads. What the first writes the second may have its address from.
fn loads(first: &Inst, second: &Inst) -> Joined {
    // A load without an offset is one of either kind.
    let behind = |inst: &Inst| {
        let [dst, addr, offset, ..] = inst.fields;
        (inst.op == Op::Load128).then_some((dst, addr, offset))
    };
    let near = |inst: &Inst| {
        let [dst, addr, offset, k, ..] = inst.fields;
        let k = if inst.op == Op::Load128Wrap { k } else { 0 };
        let is_load = inst.op == Op::Load128 || inst.op == Op::Load128Wrap;
        (is_load && offset == 0).then_some((dst, addr, k))
    };
    let (op, fields) = if let (Some(first), Some(second)) = (behind(first), behind(second)) {
        let fields = [first.0, second.0, first.1, second.1, first.2, second.2];
        (Op::Load128Twice, fields)
    } else {
        let (first, second) = (near(first)?, near(second)?);
        let more = second.2.wrapping_sub(first.2);
        let fields = [first.0, second.0, first.1, second.1, first.2, more];
        (Op::Load128TwiceWrap, fields)
    };
    fit(op, &fields).then_some((op, fields))
}

/// A product of a vector with what is in memory, added to a sum where that is.
#[derive(Clone, Copy)]
struct Product {
    sum: i64,
    a: i64,
    addr: i64,
    k: i64,
}

impl Product {
    fn of(inst: &Inst) -> Option<Self> {
        let [sum, a, c, addr, offset, k] = inst.fields;
        let is_one = inst.op == Op::F32x4MulAddLoadWrap || inst.op == Op::F64x2MulAddLoadWrap;
        (is_one && sum == c && offset == 0).then_some(Self { sum, a, addr, k })
    }

    /// Whether nothing else that this and the other read is what this one writes.
    fn is_apart(self, other: Self) -> bool {
        self.addr == other.addr
            && is_apart(self.sum, self.a)
            && is_apart(self.sum, other.a)
            && is_beside(self.addr, self.sum)
    }
}

/// Two products of two vectors with what lies in two places from one address on, added to one sum.
fn both(first: &Inst, second: &Inst) -> Joined {
    let (one, other) = (Product::of(first)?, Product::of(second)?);
    let op = if first.op == Op::F32x4MulAddLoadWrap {
        Op::F32x4MulAddLoadBoth
    } else {
        Op::F64x2MulAddLoadBoth
    };
    let more = other.k.wrapping_sub(one.k);
    let fields = [one.sum, one.a, other.a, one.addr, one.k, more];
    let holds = first.op == second.op && one.sum == other.sum && one.is_apart(other);
    (holds && fit(op, &fields)).then_some((op, fields))
}

/// Two products of one vector with what lies in two places from one address on, added to two sums.
fn twice(first: &Inst, second: &Inst) -> Joined {
    let (one, other) = (Product::of(first)?, Product::of(second)?);
    let op = if first.op == Op::F32x4MulAddLoadWrap {
        Op::F32x4MulAddLoadTwice
    } else {
        Op::F64x2MulAddLoadTwice
    };
    let more = other.k.wrapping_sub(one.k);
    let fields = [one.sum, other.sum, one.a, one.addr, one.k, more];
    let holds = first.op == second.op
        && one.a == other.a
        && is_apart(one.sum, other.sum)
        && one.is_apart(other);
    (holds && fit(op, &fields)).then_some((op, fields))
}

/// Four products of one vector with what lies from an address on, vector by vector, added to four sums.
fn quad(first: &Inst, second: &Inst) -> Joined {
    let sums = |inst: &Inst| {
        let [sum, sum2, _, _, k, d] = inst.fields;
        [(k, sum), (k.wrapping_add(d), sum2)]
    };
    let [_, _, a, addr, ..] = first.fields;
    let is_twice =
        |inst: &Inst| inst.op == Op::F32x4MulAddLoadTwice && inst.fields[2..4] == [a, addr];
    if !is_twice(first) || !is_twice(second) {
        return None;
    }
    let ([w, x], [y, z]) = (sums(first), sums(second));
    let mut all = [w, x, y, z];
    all.sort_unstable();
    let follow = all.iter().zip([0, 16, 32, 48]).all(|(it, k)| it.0 == k);
    let beside = all
        .iter()
        .all(|it| is_apart(it.1, a) && is_beside(addr, it.1));
    let apart = all.iter().enumerate();
    let apart = apart
        .into_iter()
        .all(|(i, it)| all[..i].iter().all(|other| is_apart(it.1, other.1)));
    let fields = [all[0].1, all[1].1, all[2].1, all[3].1, a, addr];
    let holds = follow && beside && apart && fit(Op::F32x4MulAddLoadQuad, &fields);
    holds.then_some((Op::F32x4MulAddLoadQuad, fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(op: Op, fields: [i64; 6]) -> Inst {
        Inst {
            op,
            fields,
            offset: 7,
        }
    }

    /// What instructions become.
    fn joined<const N: usize>(insts: [Inst; N]) -> Vec<(Op, [i64; 6])> {
        let mut body = insts.to_vec();
        run(&mut body);
        body.iter().map(|it| (it.op, it.fields)).collect()
    }

    fn near(dst: i64, a: i64, c: i64, addr: i64, offset: i64, k: i64) -> Inst {
        one(Op::F32x4MulAddLoadWrap, [dst, a, c, addr, offset, k])
    }

    #[test]
    fn products_of_one_vector_added_in_place_are_two_in_one() {
        let first = || near(10, 2, 10, 5, 0, 16);
        let both = joined([first(), near(12, 2, 12, 5, 0, -48)]);
        assert_eq!(both, [(Op::F32x4MulAddLoadTwice, [10, 12, 2, 5, 16, -64])]);
        // Another sum, vector, address, offset; a sum elsewhere; one that overlaps; a place that is far; lanes that are wider.
        for other in [
            near(12, 2, 14, 5, 0, 0),
            near(12, 4, 12, 5, 0, 0),
            near(12, 2, 12, 6, 0, 0),
            near(12, 2, 12, 5, 16, 0),
            near(11, 2, 11, 5, 0, 0),
            near(12, 2, 12, 5, 0, 40_000),
            one(Op::F64x2MulAddLoadWrap, [12, 2, 12, 5, 0, 0]),
        ] {
            assert_eq!(joined([first(), other]).len(), 2);
        }
        // The second reads what the first writes.
        for first in [
            near(2, 2, 2, 5, 0, 0),
            near(5, 2, 5, 5, 0, 0),
            near(4, 2, 4, 5, 0, 0),
        ] {
            let [_, a, _, addr, ..] = first.fields;
            assert_eq!(joined([first, near(12, a, 12, addr, 0, 0)]).len(), 2);
        }
        let wide = |sum: i64, k: i64| one(Op::F64x2MulAddLoadWrap, [sum, 2, sum, 5, 0, k]);
        let both = joined([wide(10, 70_000), wide(12, 70_016)]);
        assert_eq!(
            both,
            [(Op::F64x2MulAddLoadTwice, [10, 12, 2, 5, 70_000, 16])]
        );
    }

    #[test]
    fn products_added_to_one_sum_are_two_in_one() {
        for (op, to) in [
            (Op::F32x4MulAddLoadWrap, Op::F32x4MulAddLoadBoth),
            (Op::F64x2MulAddLoadWrap, Op::F64x2MulAddLoadBoth),
        ] {
            let product =
                |a: i64, addr: i64, offset: i64, k: i64| one(op, [10, a, 10, addr, offset, k]);
            let both = joined([product(2, 5, 0, 16), product(7, 5, 0, 20)]);
            assert_eq!(both, [(to, [10, 2, 7, 5, 16, 4])]);
            // A vector that is the sum, another address, an offset, a place that is far.
            for other in [
                product(10, 5, 0, 0),
                product(11, 5, 0, 0),
                product(7, 6, 0, 0),
                product(7, 5, 4, 0),
                product(7, 5, 0, 40_000),
            ] {
                assert_eq!(joined([product(2, 5, 0, 0), other]).len(), 2);
            }
            // The address is a half of the sum.
            assert_eq!(
                joined([product(2, 11, 0, 0), product(7, 11, 0, 4)]).len(),
                2
            );
        }
    }

    #[test]
    fn four_products_with_what_lies_side_by_side_are_one() {
        let sum = |sum: i64, k: i64| near(sum, 2, sum, 5, 0, k);
        let all = joined([sum(10, 0), sum(12, 48), sum(14, 32), sum(16, 16)]);
        assert_eq!(all, [(Op::F32x4MulAddLoadQuad, [10, 16, 14, 12, 2, 5])]);
        // Behind something, with a gap, of another vector, to one sum twice.
        for other in [
            [sum(10, 16), sum(12, 32), sum(14, 48), sum(16, 64)],
            [sum(10, 0), sum(12, 16), sum(14, 32), sum(16, 64)],
            [
                sum(10, 0),
                sum(12, 16),
                near(14, 8, 14, 5, 0, 32),
                near(16, 8, 16, 5, 0, 48),
            ],
            [sum(10, 0), sum(12, 16), sum(10, 32), sum(14, 48)],
        ] {
            assert_eq!(joined(other).len(), 2);
        }
    }

    #[test]
    fn loads_are_two_in_one() {
        let behind =
            |dst: i64, addr: i64, offset: i64| one(Op::Load128, [dst, addr, offset, 0, 0, 0]);
        let near = |dst: i64, addr: i64, offset: i64, k: i64| {
            one(Op::Load128Wrap, [dst, addr, offset, k, 0, 0])
        };
        let two = joined([behind(10, 3, 16), behind(12, 4, 32)]);
        assert_eq!(two, [(Op::Load128Twice, [10, 12, 3, 4, 16, 32])]);
        let two = joined([near(10, 3, 0, 70_000), near(12, 4, 0, 70_100)]);
        assert_eq!(two, [(Op::Load128TwiceWrap, [10, 12, 3, 4, 70_000, 100])]);
        // A load without an offset is one of both kinds, in either place.
        let two = joined([behind(10, 3, 0), near(12, 4, 0, -5)]);
        assert_eq!(two, [(Op::Load128TwiceWrap, [10, 12, 3, 4, 0, -5])]);
        let two = joined([near(12, 4, 0, -5), behind(10, 3, 0)]);
        assert_eq!(two, [(Op::Load128TwiceWrap, [12, 10, 4, 3, -5, 5])]);
        // Two kinds, an offset, a place that is far.
        assert_eq!(joined([behind(10, 3, 16), near(12, 4, 0, 16)]).len(), 2);
        assert_eq!(joined([near(10, 3, 0, 0), near(12, 4, 8, 0)]).len(), 2);
        assert_eq!(joined([near(10, 3, 0, 0), near(12, 4, 0, 40_000)]).len(), 2);
    }
}
