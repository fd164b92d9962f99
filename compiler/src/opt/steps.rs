//! Steps behind calls that are tried: what a block computes from a value and a constant before such a call, and needs only behind it, is
//! computed there, on each way that needs it. So it can become one instruction with what needs it, as behind any other call.
//!
//! ```text
//!    b0: v2 = sub v1, 1; call; try b2, [b1]           b0: call; try b2, [b1]
//!    b1: catch; ... v2 ...                     ->     b1: catch; v3 = sub v1, 1; ... v3 ...
//!    b2: br_if v2, b0(v2), b4                         b2: v4 = sub v1, 1; br_if v4, b0(v4), b4
//! ```
//!
//! Only in loops, and only to where nothing else leads. What moves cannot trap; blocks and costs stay as they are, so fuel does too.

use super::apart;
use super::int::split;
use super::operands::{can_trap, constant, resolve_all};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Inst, InstIdx, Terminator, Value};

/// Ways out of a block that are looked at, at most.
const WAYS: usize = 4;
/// Steps that leave a block, at most.
const STEPS: usize = 8;

/// A step.
#[derive(Debug)]
struct Step {
    inst: InstIdx,
    home: Block,
    /// Whether it is needed only where it can go.
    moves: bool,
    ways: Vec<Way>,
}

/// A way out of the block of a step.
#[derive(Debug)]
struct Way {
    block: Block,
    /// Whether the step is needed there.
    needed: bool,
    /// What its result is called there, once it is there.
    name: Option<Value>,
}

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    if !apart::catches(func) {
        return false;
    }
    let mut steps = candidates(func, cfg);
    if steps.is_empty() {
        return false;
    }
    resolve_all(func);
    for &block in cfg.rpo() {
        let mut note = |value: &Value| {
            if let Some(step) = steps.get_mut(value) {
                match step.way(cfg, block) {
                    Some(way) => way.needed = true,
                    None => step.moves = false,
                }
            }
        };
        let data = func.block(block);
        for idx in &data.insts {
            func.insts[idx.index()].inst.for_each_use(&mut note);
        }
        data.terminator.for_each_use(note);
    }
    steps.retain(|_, step| step.moves);
    if steps.is_empty() {
        return false;
    }
    let mut order: Vec<&mut Step> = steps.values_mut().collect();
    order.sort_unstable_by_key(|step| step.inst);
    for step in order {
        place(func, step);
    }
    for &block in cfg.rpo() {
        let mut rename = |value: &mut Value| {
            let way = (steps.get_mut(value)).and_then(|step| step.way(cfg, block));
            if let Some(name) = way.and_then(|way| way.name) {
                *value = name;
            }
        };
        for at in 0..func.block(block).insts.len() {
            let idx = func.block(block).insts[at];
            func.insts[idx.index()].inst.for_each_use_mut(&mut rename);
        }
        func.block_mut(block).terminator.for_each_use_mut(rename);
    }
    true
}

/// The steps in front of calls that are tried, by their results.
fn candidates(func: &Func, cfg: &Cfg) -> HashMap<Value, Step> {
    let loops = cfg.loops();
    let mut steps = HashMap::default();
    for &home in cfg.rpo() {
        let data = func.block(home);
        let succs = cfg.succs(home);
        let tries = matches!(data.terminator, Terminator::Try { .. });
        if !tries || succs.len() > WAYS || loops.innermost(home).is_none() {
            continue;
        }
        let is_own = |way: &&Block| cfg.preds(**way).len() == 1;
        let is_step = |inst: &&InstIdx| is_step(func, &func.insts[inst.index()].inst);
        for &inst in data.insts.iter().rev().filter(is_step).take(STEPS) {
            let ways = succs.iter().filter(is_own).map(|&block| Way {
                block,
                needed: false,
                name: None,
            });
            let step = Step {
                inst,
                home,
                moves: true,
                ways: ways.collect(),
            };
            steps.insert(func.insts[inst.index()].results[0], step);
        }
    }
    steps
}

/// Whether this computes a number from another one and a constant, and is no comparison.
fn is_step(func: &Func, inst: &Inst) -> bool {
    let Inst::Binary(op, a, b) = *inst else {
        return false;
    };
    let computes = split(op).is_some_and(|(op, _)| op.inverse().is_none());
    computes
        && !can_trap(func, inst)
        && (constant(func, a).is_some() != constant(func, b).is_some())
}

impl Step {
    /// The way that leads to `block`, if one alone does.
    fn way(&mut self, cfg: &Cfg, block: Block) -> Option<&mut Way> {
        let mut ways = self.ways.iter_mut();
        ways.find(|way| cfg.dominates(way.block, block))
    }
}

/// Moves a step to the start of the ways that need it.
fn place(func: &mut Func, step: &mut Step) {
    let data = func.insts[step.inst.index()].clone();
    let ty = func.ty(data.results[0]);
    for way in step.ways.iter_mut().filter(|way| way.needed) {
        let new = func.new_inst(data.inst.clone(), &[ty], data.offset);
        let at = usize::from(func.clause(way.block).is_some());
        func.block_mut(way.block).insts.insert(at, new);
        way.name = Some(func.insts[new.index()].results[0]);
    }
    func.block_mut(step.home)
        .insts
        .retain(|&inst| inst != step.inst);
}
