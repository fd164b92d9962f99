//! Merges a block into the only block that leads to it and leads nowhere else. Costs add.
//!
//! Fuel: the merged block charges both costs at once, when the first is entered. That can be seen only if the first can stop in
//! between, by a trap or a call. So there are two forms:
//! - [`canonical`] merges every such pair, once more when what is caught has been kept apart. It runs first at every level, on the graph as
//!   Wasm has it; the result is what "block" means for fuel, the same at every level;
//! - [`run`] merges pairs that came about later, and only if nothing in the first block shows fuel, or the second costs nothing.

use super::apart;
use super::operands::{resolve_all, shows_fuel};
use crate::ir::cfg::Cfg;
use crate::ir::{Block, BlockData, Edge, Func, Terminator};

/// Merges whatever can be merged; returns whether anything changed.
pub(super) fn canonical(func: &mut Func, cfg: &Cfg) -> bool {
    let mut changed = merge(func, cfg, true);
    if apart::run(func) {
        merge(func, &Cfg::new(func), true);
        changed = true;
    }
    pay_before_calls(func);
    changed
}

/// Merges where nobody can see the difference; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    merge(func, cfg, false)
}

fn merge(func: &mut Func, cfg: &Cfg, canonical: bool) -> bool {
    let mut merged = vec![false; func.blocks.len()];
    let mut changed = false;
    for &block in cfg.rpo() {
        if merged[block.index()] {
            continue;
        }
        // How far `block` has been searched for instructions that show fuel, and whether there was one.
        let (mut seen, mut shows) = (0, false);
        while let Some(next) = sole_successor(func, cfg, block) {
            let insts = &func.block(block).insts;
            shows |= insts[seen..]
                .iter()
                .any(|idx| shows_fuel(func, &func.insts[idx.index()].inst));
            seen = insts.len();
            if shows && !canonical && func.block(next).cost > 0 {
                break;
            }
            absorb(func, block, next);
            merged[next.index()] = true;
            changed = true;
        }
    }
    if changed {
        resolve_all(func);
    }
    changed
}

/// Charges what comes behind a call that is tried together with what comes before it, as for any other call: such a call is no end of a
/// block, as far as fuel is concerned. What comes behind it is free from now on.
fn pay_before_calls(func: &mut Func) {
    let tries = |data: &BlockData| matches!(data.terminator, Terminator::Try { .. });
    if !func.blocks.iter().any(tries) {
        return;
    }
    let cfg = Cfg::new(func);
    // Backwards, so that what comes behind several calls goes to the first of them.
    for &block in cfg.rpo().iter().rev() {
        let Terminator::Try { normal, .. } = &func.block(block).terminator else {
            continue;
        };
        let next = normal.block;
        if cfg.preds(next).len() == 1 {
            let cost = core::mem::take(&mut func.block_mut(next).cost);
            let cost_before = &mut func.block_mut(block).cost;
            *cost_before = cost_before.saturating_add(cost);
        }
    }
}

/// The block behind `block`, if the two always run one after the other.
fn sole_successor(func: &Func, cfg: &Cfg, block: Block) -> Option<Block> {
    let Terminator::Br(Edge { block: next, .. }) = func.block(block).terminator else {
        return None;
    };
    (next != block && next != Func::ENTRY && cfg.preds(next).len() == 1).then_some(next)
}

fn absorb(func: &mut Func, block: Block, next: Block) {
    let tail = func.block_mut(next);
    let insts = core::mem::take(&mut tail.insts);
    let params = core::mem::take(&mut tail.params);
    let terminator = core::mem::replace(
        &mut tail.terminator,
        Terminator::Trap(wrt_format::trap::Trap::Unreachable),
    );
    let (cost, offset, mostly) = (tail.cost, tail.offset, tail.mostly);
    let count = tail.count;
    let head = func.block_mut(block);
    head.insts.extend(insts);
    head.offset = offset;
    head.mostly = mostly;
    head.count = head.count.or(count);
    // No function has 2^32 operators.
    head.cost = head.cost.saturating_add(cost);
    if let Terminator::Br(edge) = core::mem::replace(&mut head.terminator, terminator) {
        for (param, arg) in params.into_iter().zip(edge.args) {
            func.replace(param, arg);
        }
    }
}
