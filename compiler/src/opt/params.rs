//! Copy propagation: removes block parameters that get the same value over every edge (or themselves, around a loop), and makes
//! their uses uses of that value.
//!
//! Blocks and costs stay as they are, so fuel does too.
//!
//! Sweeps go forwards and backwards over the blocks in turn: forwards settles chains, backwards settles inner loops before the
//! loops around them. A bounded number of sweeps keeps this linear; what a deep nest leaves over, the next round finds.

use super::edges::{InEdges, retain_params};
use super::operands::{resolve, resolve_all};
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Value};

const SWEEPS: usize = 6;

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let edges = InEdges::new(func, cfg);
    // For each block which parameters it keeps; empty for all.
    let mut keep: Vec<Vec<bool>> = vec![Vec::new(); func.blocks.len()];
    let mut changed = false;
    for sweep in 0..SWEEPS {
        let mut again = false;
        for i in 0..cfg.rpo().len() {
            let at = if sweep % 2 == 0 {
                i
            } else {
                cfg.rpo().len() - 1 - i
            };
            let block = cfg.rpo()[at];
            again |= settle(func, &edges, block, &mut keep[block.index()]);
        }
        changed |= again;
        if !again {
            break;
        }
    }
    if changed {
        retain_params(func, &keep);
        resolve_all(func);
    }
    changed
}

/// Replaces the parameters of `block` that are copies of one value.
fn settle(func: &mut Func, edges: &InEdges, block: Block, keep: &mut Vec<bool>) -> bool {
    if edges.of(block).is_empty() {
        return false;
    }
    let mut changed = false;
    for i in 0..func.block(block).params.len() {
        if !*keep.get(i).unwrap_or(&true) {
            continue;
        }
        let param = func.block(block).params[i];
        if let Some(value) = only_value(func, edges, block, i, param) {
            func.replace(param, value);
            keep.resize(func.block(block).params.len(), true);
            keep[i] = false;
            changed = true;
        }
    }
    changed
}

/// The one value other than itself that parameter `i` of `block` gets.
fn only_value(
    func: &mut Func,
    edges: &InEdges,
    block: Block,
    i: usize,
    param: Value,
) -> Option<Value> {
    let mut only = None;
    for edge in edges.of(block) {
        let arg = edge.get(func).args[i];
        let arg = resolve(func, arg);
        if arg == param || only == Some(arg) {
            continue;
        }
        if only.is_some() {
            return None;
        }
        only = Some(arg);
    }
    only
}
