//! Pairs of instructions that come one after the other, in one dispatch. The new instruction does both, and writes what the first
//! writes before the second reads, so that nothing has to be known of what else uses it. The forms have slots in bytes, but for vectors.
//!
//! Runs on blocks in their final order, before the accumulator forms are chosen.

use wrt_format::isa::{Control, Op, Role, fits};

use super::acc;
use super::blocks::{Block, End, Inst};
use super::vectors;

use Src::{First, Second, Zero};

/// Where an operand of the new instruction comes from.
#[derive(Clone, Copy, Debug)]
enum Src {
    /// This operand of the first instruction.
    First(usize),
    /// This operand of the second.
    Second(usize),
    /// Nowhere: it is 0.
    Zero,
}

/// A pair and what takes its place.
struct Pair {
    first: Op,
    second: Op,
    /// The operand of the second that must be what the first writes.
    link: Option<usize>,
    /// Whether either must write what it reads first.
    in_place: bool,
    to: Op,
    fields: &'static [Src],
}

const fn pair(first: Op, second: Op, link: Option<usize>, to: Op, fields: &'static [Src]) -> Pair {
    Pair {
        first,
        second,
        link,
        in_place: false,
        to,
        fields,
    }
}

const fn in_place(pair: Pair) -> Pair {
    Pair {
        in_place: true,
        ..pair
    }
}

const STEP_LOAD: &[Src] = &[Second(0), First(0), First(1), First(2), Second(2)];
const STEP_BRANCH: &[Src] = &[First(0), First(1), First(2), Second(1), Zero];
/// The result of a load compared with another slot, and the other way round.
const LOADED_BRANCH: &[Src] = &[First(0), First(1), Second(1), First(2), Zero];
const BRANCH_LOADED: &[Src] = &[First(0), First(1), Second(0), First(2), Zero];
/// Two slots that are stepped, the second being compared with an immediate or another slot.
const STEP_IMM: &[Src] = &[First(0), Second(0), First(2), Second(2), Second(3), Zero];
const STEP_LIMIT: &[Src] = &[First(0), Second(0), Second(2), Second(3), First(2), Zero];
const TEST_BRANCH: &[Src] = &[First(0), First(1), First(2), Zero, Zero];

/// Of instructions of a body; those that are linked first.
#[rustfmt::skip]
const BODY: &[Pair] = &[
    pair(Op::I32AddImm, Op::Load8U, Some(1), Op::I32AddImmThenLoad8U, STEP_LOAD),
    pair(Op::I32AddImm, Op::Load32, Some(1), Op::I32AddImmThenLoad32, STEP_LOAD),
    pair(Op::I32x4Add, Op::I32x4XorRotlImm, Some(1), Op::I32x4AddThenXorRotlImm, &[Second(0), First(0), First(1), First(2), Second(2), Second(3)]),
    pair(Op::I32x4Add, Op::I32x4XorRotlImm, Some(2), Op::I32x4AddThenXorRotlImm, &[Second(0), First(0), First(1), First(2), Second(1), Second(3)]),
    pair(Op::Mov, Op::Call, None, Op::MovThenCall, &[Second(0), Second(1), First(0), First(1), Second(2)]),
    pair(Op::I32AddImm, Op::Call, None, Op::I32AddImmThenCall, &[Second(0), Second(1), First(0), First(1), First(2), Second(2)]),
    pair(Op::Mov, Op::CallIndirectZero, None, Op::MovThenCallIndirectZero, &[Second(0), Second(1), First(0), First(1), Second(2), Second(3)]),
    pair(Op::ConstU32, Op::CallIndirectZero, None, Op::ConstThenCallIndirectZero, &[Second(0), Second(1), First(0), First(1), Second(2), Second(3)]),
    pair(Op::I32AddImm, Op::I32AddImm, None, Op::I32AddImmThenAddImm, &[Second(0), First(0), First(1), Second(1), First(2), Second(2)]),
    pair(Op::Mov, Op::I32AddImm, None, Op::MovThenI32AddImm, &[Second(0), First(0), First(1), Second(1), Second(2)]),
    pair(Op::I32Add, Op::I32AddImm, None, Op::I32AddThenAddImm, &[Second(0), First(0), First(1), First(2), Second(1), Second(2)]),
];

/// Of the last instruction of a body and the branch or return behind it.
#[rustfmt::skip]
const ENDS: &[Pair] = &[
    pair(Op::I32AddImm, Op::BrI32EqImm, Some(0), Op::BrI32AddEqImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32NeImm, Some(0), Op::BrI32AddNeImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32LtSImm, Some(0), Op::BrI32AddLtSImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32GeSImm, Some(0), Op::BrI32AddGeSImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32LtUImm, Some(0), Op::BrI32AddLtUImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32GeUImm, Some(0), Op::BrI32AddGeUImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32LeSImm, Some(0), Op::BrI32AddLeSImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32GtSImm, Some(0), Op::BrI32AddGtSImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32LeUImm, Some(0), Op::BrI32AddLeUImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrI32GtUImm, Some(0), Op::BrI32AddGtUImm, STEP_BRANCH),
    pair(Op::I32AddImm, Op::BrTable, Some(0), Op::BrTableAdd, &[First(0), First(1), Second(1), First(2)]),
    pair(Op::Load8U, Op::BrI32EqImm, Some(0), Op::BrLoad8UEqImm, STEP_BRANCH),
    pair(Op::Load8U, Op::BrI32NeImm, Some(0), Op::BrLoad8UNeImm, STEP_BRANCH),
    pair(Op::Load8U, Op::BrZ, Some(0), Op::BrLoad8UEqImm, TEST_BRANCH),
    pair(Op::Load8U, Op::BrNz, Some(0), Op::BrLoad8UNeImm, TEST_BRANCH),
    pair(Op::Load32, Op::BrI32EqImm, Some(0), Op::BrLoad32EqImm, STEP_BRANCH),
    pair(Op::Load32, Op::BrI32NeImm, Some(0), Op::BrLoad32NeImm, STEP_BRANCH),
    pair(Op::Load32, Op::BrZ, Some(0), Op::BrLoad32EqImm, TEST_BRANCH),
    pair(Op::Load32, Op::BrNz, Some(0), Op::BrLoad32NeImm, TEST_BRANCH),
    pair(Op::Load32, Op::BrI32Eq, Some(0), Op::BrLoad32Eq, LOADED_BRANCH),
    pair(Op::Load32, Op::BrI32Eq, Some(1), Op::BrLoad32Eq, BRANCH_LOADED),
    pair(Op::Load32, Op::BrI32Ne, Some(0), Op::BrLoad32Ne, LOADED_BRANCH),
    pair(Op::Load32, Op::BrI32Ne, Some(1), Op::BrLoad32Ne, BRANCH_LOADED),
    pair(Op::Load32, Op::BrI32LtS, Some(0), Op::BrLoad32LtS, LOADED_BRANCH),
    pair(Op::Load32, Op::BrI32LtS, Some(1), Op::BrLoad32GtS, BRANCH_LOADED),
    pair(Op::Load32, Op::BrI32LeS, Some(0), Op::BrLoad32LeS, LOADED_BRANCH),
    pair(Op::Load32, Op::BrI32LeS, Some(1), Op::BrLoad32GeS, BRANCH_LOADED),
    pair(Op::Load32, Op::BrI32LtU, Some(0), Op::BrLoad32LtU, LOADED_BRANCH),
    pair(Op::Load32, Op::BrI32LtU, Some(1), Op::BrLoad32GtU, BRANCH_LOADED),
    pair(Op::Load32, Op::BrI32LeU, Some(0), Op::BrLoad32LeU, LOADED_BRANCH),
    pair(Op::Load32, Op::BrI32LeU, Some(1), Op::BrLoad32GeU, BRANCH_LOADED),
    pair(Op::I8x16Bitmask, Op::BrNz, Some(0), Op::BrI8x16BitmaskNz, &[First(0), First(1), Zero]),
    pair(Op::I8x16Bitmask, Op::BrZ, Some(0), Op::BrI8x16BitmaskZ, &[First(0), First(1), Zero]),
    pair(Op::I8x16EqBitmask, Op::BrNz, Some(0), Op::BrI8x16EqBitmaskNz, &[First(0), First(1), First(2), Zero]),
    pair(Op::I8x16EqBitmask, Op::BrZ, Some(0), Op::BrI8x16EqBitmaskZ, &[First(0), First(1), First(2), Zero]),
    in_place(pair(Op::I32AddImm, Op::BrI32AddNeImm, None, Op::BrI32AddAddNeImm, STEP_IMM)),
    in_place(pair(Op::I32AddImm, Op::BrI32AddLtUImm, None, Op::BrI32AddAddLtUImm, STEP_IMM)),
    in_place(pair(Op::I32AddImm, Op::BrI32AddLtS, None, Op::BrI32AddAddLtS, STEP_LIMIT)),
    in_place(pair(Op::I32AddImm, Op::BrI32AddLtU, None, Op::BrI32AddAddLtU, STEP_LIMIT)),
    in_place(pair(Op::I32AddImm, Op::BrI32AddNe, None, Op::BrI32AddAddNe, STEP_LIMIT)),
    in_place(pair(Op::I32AddImm, Op::BrI32AddNz, None, Op::BrI32AddAddNz, &[First(0), Second(0), First(2), Second(2), Zero])),
    pair(Op::I32Add, Op::Ret1, Some(0), Op::Ret1I32Add, &[First(1), First(2)]),
    pair(Op::ConstU32, Op::Ret1, Some(0), Op::Ret1Const, &[First(1)]),
];

/// The operands of the instruction that does both, if the pair is this one and they fit.
fn joined(pair: &Pair, first: (Op, &[i64; 6]), second: (Op, &[i64; 6])) -> Option<[i64; 6]> {
    let is_pair = (first.0, second.0) == (pair.first, pair.second)
        && pair.link.is_none_or(|link| second.1[link] == first.1[0])
        && (!pair.in_place || first.1[0] == first.1[1] && second.1[0] == second.1[1])
        && (pair.second.info().control != Control::Call || !reads(second, first.1[0]));
    if !is_pair {
        return None;
    }
    let mut fields = [0; 6];
    for (&src, to) in pair.fields.iter().zip(&mut fields) {
        *to = match src {
            First(i) => first.1[i],
            Second(i) => second.1[i],
            Zero => 0,
        };
    }
    fit(pair.to, &fields).then_some(fields)
}

/// Whether an instruction reads a slot. A call does before what it is paired with writes.
fn reads((op, fields): (Op, &[i64; 6]), slot: i64) -> bool {
    let mut operands = op.info().fields.iter().zip(fields);
    operands.any(|(field, &value)| field.role.is_use() && value == slot)
}

pub(super) fn fit(op: Op, fields: &[i64; 6]) -> bool {
    let mut operands = op.info().fields.iter().zip(fields);
    operands.all(|(field, &value)| fits(field, value))
}

/// Joins the pairs of all blocks.
pub(super) fn run(blocks: &mut [Block]) {
    for block in blocks {
        // As many calls are left as there were, in the same order: a pair with a call is a call.
        let caught = !block.catches.is_empty();
        let before = caught.then(|| calls(&block.body));
        end(block);
        end(block);
        third(block);
        squares(&mut block.body);
        steps(&mut block.body);
        for &linked in &[true, false] {
            body(&mut block.body, linked, block.loop_depth > 0);
        }
        moves(&mut block.body);
        vectors::run(&mut block.body);
        let Some(before) = before else {
            continue;
        };
        let after = calls(&block.body);
        debug_assert_eq!(before.len(), after.len());
        for catch in &mut block.catches {
            catch.at = (before.binary_search(&catch.at)).map_or(block.body.len(), |nth| after[nth]);
        }
    }
}

/// Where the calls are.
fn calls(body: &[Inst]) -> Vec<usize> {
    let calls = |(_, inst): &(usize, &Inst)| inst.op.info().control == Control::Call;
    let found = body.iter().enumerate().filter(calls);
    found.map(|(at, _)| at).collect()
}

/// Joins the last instruction with the branch or return behind it.
fn end(block: &mut Block) {
    let Some(last) = block.body.last() else {
        return;
    };
    // An address that has just been worked out is in the accumulator for the load alone.
    let before = block.body.iter().rev().nth(1);
    let at_hand = before.and_then(|it| acc::left(it.op, &it.fields));
    if last.op == Op::Load32
        && at_hand == Some((Role::DefAcc, last.fields[1]))
        && !matches!(&block.end, End::Cond(branch, ..) if has_address_form(branch.op))
    {
        return;
    }
    let first = (last.op, &last.fields);
    let find = |second| {
        ENDS.iter()
            .find_map(|it| Some((it.to, joined(it, first, second)?)))
    };
    let stops = last.op.info().stops.then_some(last.offset);
    let found = match &mut block.end {
        End::Cond(branch, ..) => find((branch.op, &branch.fields)).map(|found| {
            (branch.op, branch.fields) = found;
            branch.offset = stops.unwrap_or(branch.offset);
        }),
        End::Table(inst, _) | End::Leave(inst) => find((inst.op, &inst.fields)).map(|found| {
            (inst.op, inst.fields) = found;
        }),
        End::Next(_) => None,
    };
    if found.is_some() {
        block.body.pop();
    }
}

/// Joins a step with a branch that steps another slot by as much, and a counter that it tests.
fn third(block: &mut Block) {
    let (Some(last), End::Cond(branch, ..)) = (block.body.last(), &mut block.end) else {
        return;
    };
    let ([dst, src, step, ..], [first, second, by, imm, label, _]) = (last.fields, branch.fields);
    let fields = [dst, first, second, imm, step, label];
    let joins = (last.op, branch.op) == (Op::I32AddImm, Op::BrI32AddAddNz)
        && dst == src
        && step == by
        && fit(Op::BrI32AddAddAddNz, &fields);
    if joins {
        (branch.op, branch.fields) = (Op::BrI32AddAddAddNz, fields);
        block.body.pop();
    }
}

/// Whether what loads and then does this branch can take the address from the accumulator.
fn has_address_form(branch: Op) -> bool {
    matches!(branch, Op::BrI32EqImm | Op::BrI32NeImm | Op::BrZ | Op::BrNz)
}

/// Where nothing loops, single steps have forms that are shorter than pairs; a call is shorter with what it takes in.
fn body(body: &mut Vec<Inst>, linked: bool, loops: bool) {
    body.dedup_by(|inst, last| {
        if !loops && inst.op.info().control != Control::Call {
            return false;
        }
        let (first, second) = ((last.op, &last.fields), (inst.op, &inst.fields));
        let mut pairs = BODY.iter().filter(|it| it.link.is_some() == linked);
        let found = pairs.find_map(|it| Some((it.to, joined(it, first, second)?)));
        if let Some((op, fields)) = found {
            (last.op, last.fields) = (op, fields);
            if inst.op.info().stops {
                last.offset = inst.offset;
            }
        }
        found.is_some()
    });
}

/// The product of a number with itself reads it once.
fn squares(body: &mut [Inst]) {
    for inst in body {
        if inst.op == Op::F64Mul && inst.fields[1] == inst.fields[2] {
            inst.op = Op::F64Square;
            inst.fields[2] = 0;
        }
    }
}

/// A global that is read, stepped and written back is stepped in one instruction.
fn steps(body: &mut Vec<Inst>) {
    if body.iter().all(|inst| inst.op != Op::GlobalSet) {
        return;
    }
    let mut kept: Vec<Inst> = Vec::with_capacity(body.len());
    for inst in body.drain(..) {
        let step = match &kept[..] {
            [.., get, add] if inst.op == Op::GlobalSet => step(get, add, &inst),
            _ => None,
        };
        if let Some(fields) = step {
            kept.pop();
            if let Some(last) = kept.last_mut() {
                (last.op, last.fields) = (Op::GlobalStep, fields);
            }
        } else {
            kept.push(inst);
        }
    }
    *body = kept;
}

/// The operands of the instruction that does these three.
fn step(get: &Inst, add: &Inst, set: &Inst) -> Option<[i64; 6]> {
    let ([before, global, ..], [after, from, imm, ..]) = (get.fields, add.fields);
    let steps = (get.op, add.op) == (Op::GlobalGet, Op::I32AddImm)
        && from == before
        && set.fields[..2] == [after, global];
    let fields = [after, before, imm, global, 0, 0];
    (steps && fit(Op::GlobalStep, &fields)).then_some(fields)
}

/// Three moves in one instruction as long as there are as many.
fn moves(body: &mut Vec<Inst>) {
    let is_move = |inst: &Inst| matches!(inst.op, Op::Mov | Op::Mov2);
    if !body.windows(2).any(|two| two.iter().all(is_move)) {
        return;
    }
    let mut kept: Vec<Inst> = Vec::with_capacity(body.len());
    for inst in body.drain(..) {
        let Some(last) = kept.last_mut() else {
            kept.push(inst);
            continue;
        };
        let [a, b, c, d, ..] = last.fields;
        let [e, f, g, h, ..] = inst.fields;
        let (three, rest) = match (last.op, inst.op) {
            (Op::Mov2, Op::Mov) => ([a, b, c, d, e, f], None),
            (Op::Mov2, Op::Mov2) => ([a, b, c, d, e, f], Some([g, h, 0, 0, 0, 0])),
            _ => ([0; 6], None),
        };
        let is_run = last.op == Op::Mov2 && matches!(inst.op, Op::Mov | Op::Mov2);
        if is_run && fit(Op::Mov3, &three) {
            (last.op, last.fields) = (Op::Mov3, three);
            kept.extend(rest.map(|fields| Inst {
                op: Op::Mov,
                fields,
                ..inst
            }));
            continue;
        }
        // What is left of the pair before, and this one: two again, and one.
        match (last.op, inst.op) {
            (Op::Mov, Op::Mov) => {
                (last.op, last.fields) = (Op::Mov2, [a, b, e, f, 0, 0]);
            }
            (Op::Mov, Op::Mov2) if fit(Op::Mov3, &[a, b, e, f, g, h]) => {
                (last.op, last.fields) = (Op::Mov3, [a, b, e, f, g, h]);
            }
            _ => kept.push(inst),
        }
    }
    *body = kept;
}

/// The branch that does what comes before it too: a move or two, a constant, or a sum. `last` may be an accumulator form.
pub(super) fn moving_branch(last: &Inst) -> Option<Inst> {
    let [a, b, c, d, ..] = last.fields;
    let plain = acc::plain(last.op);
    let (op, fields) = if plain == Op::Mov {
        (Op::BrMov, [a, b, 0, 0, 0, 0])
    } else if plain == Op::Mov2 {
        (Op::BrMov2, [a, b, c, d, 0, 0])
    } else if last.op == Op::ConstU32 {
        (Op::BrConst, [a, b, 0, 0, 0, 0])
    } else if last.op == Op::I32AddImm {
        (Op::BrI32AddImm, [a, b, c, 0, 0, 0])
    } else {
        return None;
    };
    fit(op, &fields).then_some(Inst {
        op,
        fields,
        offset: last.offset,
    })
}

/// Makes two instructions again of the branch of a block whose label does not reach, if it does something before it and has no opposite:
/// the label of the branch alone reaches everywhere. False if it is no such branch.
pub(super) fn split(block: &mut Block) -> bool {
    let End::Cond(branch, ..) = &mut block.end else {
        return false;
    };
    let [first, second, c, d, e, _] = branch.fields;
    let (step, op, fields) = if branch.op == Op::BrI32AddAddNe {
        (e, Op::BrI32AddNe, [second, second, c, d, 0, 0])
    } else if branch.op == Op::BrI32AddAddLtS {
        (e, Op::BrI32AddLtS, [second, second, c, d, 0, 0])
    } else if branch.op == Op::BrI32AddAddLtU {
        (e, Op::BrI32AddLtU, [second, second, c, d, 0, 0])
    } else if branch.op == Op::BrI32AddAddNeImm {
        (c, Op::BrI32AddNeImm, [second, second, d, e, 0, 0])
    } else if branch.op == Op::BrI32AddAddLtUImm {
        (c, Op::BrI32AddLtUImm, [second, second, d, e, 0, 0])
    } else if branch.op == Op::BrI32AddAddAddNz {
        (e, Op::BrI32AddAddNz, [second, c, e, d, 0, 0])
    } else if branch.op == Op::BrI32AddAddNz {
        (c, Op::BrI32AddNz, [second, second, d, 0, 0, 0])
    } else {
        return false;
    };
    (branch.op, branch.fields) = (op, fields);
    block.body.push(Inst {
        op: Op::I32AddImm,
        fields: [first, first, step, 0, 0, 0],
        offset: branch.offset,
    });
    true
}

/// An instruction and its operands.
#[cfg(test)]
type Part = (Op, Vec<i64>);

/// The instructions that a pair was made of.
#[cfg(test)]
pub(super) fn parts(op: Op, fields: &[i64]) -> Option<Vec<Part>> {
    let moves = |count: usize| {
        let moves = fields[..2 * count].chunks(2);
        moves
            .map(|pair| (Op::Mov, pair.to_vec()))
            .collect::<Vec<_>>()
    };
    let jump = |count: usize| (Op::Br, vec![fields[2 * count]]);
    let moving = if op == Op::Mov3 {
        Some(moves(3))
    } else if op == Op::BrMov {
        Some(moves(1).into_iter().chain([jump(1)]).collect())
    } else if let (true, &[first, second, third, imm, step, label]) =
        (op == Op::BrI32AddAddAddNz, fields)
    {
        Some(vec![
            (Op::I32AddImm, vec![first, first, step]),
            (Op::I32AddImm, vec![second, second, step]),
            (Op::BrI32AddNz, vec![third, third, imm, label]),
        ])
    } else if op == Op::BrMov2 {
        Some(moves(2).into_iter().chain([jump(2)]).collect())
    } else if op == Op::BrConst {
        Some(vec![
            (Op::ConstU32, fields[..2].to_vec()),
            (Op::Br, vec![fields[2]]),
        ])
    } else if op == Op::BrI32AddImm {
        Some(vec![
            (Op::I32AddImm, fields[..3].to_vec()),
            (Op::Br, vec![fields[3]]),
        ])
    } else if let (true, &[after, before, imm, global]) = (op == Op::GlobalStep, fields) {
        Some(vec![
            (Op::GlobalGet, vec![before, global]),
            (Op::I32AddImm, vec![after, before, imm]),
            (Op::GlobalSet, vec![after, global]),
        ])
    } else {
        None
    };
    moving.or_else(|| two(op, fields))
}

/// The two that a pair of the tables was made of.
#[cfg(test)]
fn two(op: Op, fields: &[i64]) -> Option<Vec<Part>> {
    let pair = BODY.iter().chain(ENDS).find(|it| it.to == op)?;
    let mut parts = [pair.first, pair.second].map(|op| (op, vec![0; op.info().fields.len()]));
    for (&src, &value) in pair.fields.iter().zip(fields) {
        match src {
            First(i) => parts[0].1[i] = value,
            Second(i) => parts[1].1[i] = value,
            Zero => {}
        }
    }
    if let Some(link) = pair.link {
        parts[1].1[link] = parts[0].1[0];
    }
    if pair.in_place {
        parts
            .iter_mut()
            .for_each(|(_, fields)| fields[1] = fields[0]);
    }
    // The label comes last in either.
    if let (Some(to), Some(&label), true) = (
        parts[1].1.last_mut(),
        fields.last(),
        pair.fields.last().is_some_and(|it| matches!(it, Zero)),
    ) {
        *to = label;
    }
    Some(parts.to_vec())
}
