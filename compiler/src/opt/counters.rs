//! Tests of loop counters: where a loop compares its counter before the step and goes on with the one after it, it compares the one
//! after it instead. So the old one is dead at the branch, both share a slot, and step and test become one instruction.
//!
//! ```text
//!    b1(v1): v2 = add v1, 1                     b1(v1): v2 = add v1, 1
//!            v3 = eq v1, 999             ->             v3 = eq v2, 1000
//!            br_if v3, b2, b1(v2)                       br_if v3, b2, b1(v2)
//! ```
//!
//! That is for equality, which addition modulo 2^32 or 2^64 keeps. With other comparisons the step moves to a block of its own on the way
//! round, behind the branch; there, too, both counters share a slot. New blocks cost 0, so fuel stays as it is.

use super::int::{IntOp, join, split};
use super::operands::constant;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Edge, Func, Inst, InstIdx, Terminator, Type, Value, ValueDef};

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let in_loop = |block: Block| cfg.loops().innermost(block).is_some();
    let may_test = |&block: &Block| in_loop(block) && compares(func, block);
    if !cfg.rpo().iter().any(may_test) {
        return false;
    }
    let mut uses = vec![0_u32; func.values.len()];
    for &block in cfg.rpo() {
        let mut count = |value: &Value| uses[func.resolve(*value).index()] += 1;
        let data = func.block(block);
        for idx in &data.insts {
            func.insts[idx.index()].inst.for_each_use(&mut count);
        }
        data.terminator.for_each_use(count);
    }
    let mut changed = false;
    for &block in cfg.rpo() {
        let Some(test) = test(func, &uses, block) else {
            continue;
        };
        let Some((step, distance)) = step(func, cfg, block, &test) else {
            continue;
        };
        if matches!(split(test.op), Some((IntOp::Eq | IntOp::Ne, _))) {
            rewrite(func, block, &test, step, distance);
            changed = true;
        } else if uses[func.insts[step.index()].results[0].index()] == 1 {
            changed |= put_off(func, block, step);
        }
    }
    changed
}

/// Whether a block may end with a comparison of a parameter of a block with a constant.
fn compares(func: &Func, block: Block) -> bool {
    let Terminator::BrIf { cond, .. } = func.block(block).terminator else {
        return false;
    };
    let inst = func.def_inst(cond).map(|idx| &func.insts[idx.index()].inst);
    let Some(&Inst::Binary(_, a, b)) = inst else {
        return false;
    };
    func.def_inst(a).is_none() && constant(func, b).is_some()
}

/// The comparison that a block ends with.
struct Test {
    inst: InstIdx,
    op: crate::ir::BinaryOp,
    counter: Value,
    limit: u64,
}

/// The block's test, if it compares a parameter of a block with a constant and nothing else uses the result.
fn test(func: &Func, uses: &[u32], block: Block) -> Option<Test> {
    let data = func.block(block);
    let Terminator::BrIf { cond, .. } = data.terminator else {
        return None;
    };
    let inst = func.def_inst(cond)?;
    let Inst::Binary(op, a, b) = func.insts[inst.index()].inst else {
        return None;
    };
    let counter = func.resolve(a);
    let is_param = matches!(func.values[counter.index()].def, ValueDef::Param(..));
    let compares = split(op)?.0.inverse().is_some();
    let own = uses[func.resolve(cond).index()] == 1 && data.insts.contains(&inst);
    Some(Test {
        inst,
        op,
        counter,
        limit: constant(func, b).filter(|_| is_param && compares && own)?,
    })
}

/// The counter after its step, made in the block and passed as the counter's next value, and the step's length.
fn step(func: &Func, cfg: &Cfg, block: Block, test: &Test) -> Option<(InstIdx, u64)> {
    let ValueDef::Param(header, index) = func.values[test.counter.index()].def else {
        return None;
    };
    if !cfg.dominates(header, block) {
        return None;
    }
    // The way round leads over the block's own edges, or over those of a block behind it that only passes on.
    let direct = func.block(block).terminator.edges();
    let passing = cfg
        .succs(block)
        .iter()
        .filter(|way| cfg.preds(**way).len() == 1);
    let passing = passing.flat_map(|way| func.block(*way).terminator.edges());
    let next = direct
        .chain(passing)
        .filter(|edge| edge.block == header)
        .map(|edge| func.resolve(edge.args[index as usize]));
    next.into_iter().find_map(|next| {
        let idx = func.def_inst(next)?;
        let Inst::Binary(op, a, b) = func.insts[idx.index()].inst else {
            return None;
        };
        let steps = func.block(block).insts.contains(&idx)
            && split(op)?.0 == IntOp::Add
            && func.resolve(a) == test.counter;
        Some((idx, constant(func, b).filter(|_| steps)?))
    })
}

/// Lets the test compare the counter after its step.
fn rewrite(func: &mut Func, block: Block, test: &Test, step: InstIdx, distance: u64) {
    let Some((op, width)) = split(test.op) else {
        return;
    };
    let ty = func.ty(test.counter);
    let mask = if ty == Type::I32 {
        u64::from(u32::MAX)
    } else {
        u64::MAX
    };
    let limit = Inst::Const(test.limit.wrapping_add(distance) & mask);
    let limit = func.new_inst(limit, &[ty], func.insts[test.inst.index()].offset);
    let limit_value = func.insts[limit.index()].results[0];
    let stepped = func.insts[step.index()].results[0];
    func.insts[test.inst.index()].inst = Inst::Binary(join(op, width), stepped, limit_value);
    // Both behind the step, which may have come after the test.
    let insts = &mut func.block_mut(block).insts;
    insts.retain(|&idx| idx != test.inst);
    insts.extend([limit, test.inst]);
}

/// Moves a step that only an edge of the block uses to a block on that edge.
fn put_off(func: &mut Func, block: Block, step: InstIdx) -> bool {
    let stepped = func.insts[step.index()].results[0];
    let passes = |edge: &Edge| edge.args.iter().any(|&arg| func.resolve(arg) == stepped);
    let edges = func.block(block).terminator.edges();
    let Some((nth, edge)) = edges.enumerate().find(|(_, edge)| passes(edge)) else {
        return false;
    };
    // A branch back must not be free.
    if func.block(edge.block).cost == 0 {
        return false;
    }
    let offset = func.insts[step.index()].offset;
    let between = func.new_block();
    let mut edges = func.blocks[block.index()].terminator.edges_mut();
    let Some(edge) = edges.nth(nth) else {
        return false;
    };
    let to_between = Edge {
        block: between,
        args: Vec::new(),
    };
    let onward = core::mem::replace(edge, to_between);
    drop(edges);
    func.block_mut(block).insts.retain(|&idx| idx != step);
    let data = func.block_mut(between);
    data.insts.push(step);
    data.offset = offset;
    data.terminator = Terminator::Br(onward);
    true
}
