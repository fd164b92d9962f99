//! Keeps the way of what is caught apart from the way on which nothing is thrown: where the two meet, the former gets a copy of what
//! comes behind. So the latter goes on as it does where nothing is caught: a call that is tried, and what follows it, stay one block to fuel,
//! and loops keep one way back.
//!
//! ```text
//!    b0: call; try b2, [b1]                     b0: call; try b2, [b1]
//!    b1: catch; br b2(v1)                       b1: catch; br b3(v1)
//!    b2(v2): ...                        ->      b2(v2): ...            what only `b0` leads to
//!                                               b3(v3): ...            the copy
//! ```
//!
//! Part of what "block" means for fuel ([`super::merge::canonical`]), so it runs at every level. A copy has the cost of its original, so every path costs
//! what it did. What is copied is small ([`SMALL`]), so are all copies of a function together, and what starts a loop is not copied.

use super::operands::resolve_all;
use super::repair::{self, Users};
use super::tails::{copy, defined};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, BlockData, Func, Terminator, Value};

/// Instructions, parameters and edges that are copied for one place where the ways meet, at most. The blocks of calls that are tried behind each
/// other count as one, since to copy some of them would gain nothing.
const SMALL: usize = 32;
/// The same for a function, if it is small.
const BUDGET: usize = 256;
/// The share of its instructions that this may be, if it is large.
const SHARE: usize = 16;
/// The same times the blocks of the function: what is copied may have to be made known in every block.
const REPAIR: usize = 1 << 23;

/// Whether anything is caught in the function. Most functions catch nothing, and need no graph to know.
pub(super) fn catches(func: &Func) -> bool {
    let catches = |block: &BlockData| !block.terminator.handlers().is_empty();
    func.blocks.iter().any(catches)
}

/// For each block whether only what is caught leads to it; nothing if nothing is caught.
pub(super) fn caught(func: &Func, cfg: &Cfg) -> Option<Vec<bool>> {
    catches(func).then(|| {
        let mut caught = vec![true; func.blocks.len()];
        let mut work = vec![Func::ENTRY];
        while let Some(block) = work.pop() {
            if func.clause(block).is_none() && core::mem::take(&mut caught[block.index()]) {
                work.extend(cfg.succs(block));
            }
        }
        caught
    })
}

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func) -> bool {
    if !catches(func) {
        return false;
    }
    let cfg = Cfg::new(func);
    let Some(caught) = caught(func, &cfg) else {
        return false;
    };
    let chosen = choose(func, &cfg, &caught);
    if chosen.is_empty() {
        return false;
    }
    resolve_all(func);
    // What the values of a block are called in its copy.
    let mut names = Vec::with_capacity(chosen.len());
    let mut copies = HashMap::default();
    for &block in &chosen {
        let own = func.new_block();
        let params = func.block(block).params.clone();
        let types: Vec<_> = params.iter().map(|&param| func.ty(param)).collect();
        let args: Vec<Value> = (types.into_iter())
            .map(|ty| func.add_param(own, ty))
            .collect();
        names.push(copy(func, block, &args, own));
        func.block_mut(own).cost = func.block(block).cost;
        copies.insert(block, own);
    }
    let ways = cfg.rpo().iter().filter(|block| caught[block.index()]);
    for &from in ways.chain(copies.values()) {
        for edge in func.block_mut(from).terminator.edges_mut() {
            edge.block = *copies.get(&edge.block).unwrap_or(&edge.block);
        }
    }
    rename(func, &chosen, &copies, &names);
    true
}

/// Gives every block behind copies the values that are defined twice now.
fn rename(
    func: &mut Func,
    chosen: &[Block],
    copies: &HashMap<Block, Block>,
    names: &[HashMap<Value, Value>],
) {
    let cfg = Cfg::new(func);
    let values: Vec<Vec<Value>> = chosen
        .iter()
        .map(|&block| defined(func, block).collect())
        .collect();
    let users = Users::new(func, &cfg, &values.concat(), |_| false);
    let mut renamed = Vec::new();
    for ((block, values), names) in chosen.iter().zip(values).zip(names) {
        for value in values {
            let users: Vec<Block> = (users.of(value).iter().copied())
                .filter(|user| user != block)
                .collect();
            if !users.is_empty() {
                let defs = HashMap::from_iter([(*block, value), (copies[block], names[&value])]);
                renamed.push((value, repair::spread(func, &cfg, value, &defs, &users)));
            }
        }
    }
    for (value, names) in renamed {
        repair::rename(func, value, &names);
    }
}

/// The blocks that get a copy, each behind those that lead to it.
fn choose(func: &Func, cfg: &Cfg, caught: &[bool]) -> Vec<Block> {
    let insts = cfg.rpo().iter().map(|&block| func.block(block).insts.len());
    let share = insts.sum::<usize>() / SHARE;
    let mut budget = BUDGET.max(share).min(REPAIR / cfg.rpo().len().max(1));
    let mut chosen = Vec::new();
    let mut is_chosen = vec![false; func.blocks.len()];
    for &block in cfg.rpo() {
        let meets = cfg.preds(block).iter().any(|pred| caught[pred.index()]);
        if !meets || is_chosen[block.index()] {
            continue;
        }
        let (place, size) = place(func, cfg, caught, block);
        if size <= SMALL.min(budget) {
            budget -= size;
            for &block in &place {
                is_chosen[block.index()] = true;
            }
            chosen.extend(place);
        }
    }
    chosen
}

/// `block` and what runs behind it without a block's end in between, as fuel sees it, if there is but one way to it on which nothing is thrown; and
/// the size of all that. What is too large may be left out in the middle.
fn place(func: &Func, cfg: &Cfg, caught: &[bool], block: Block) -> (Vec<Block>, usize) {
    let mut place = Vec::new();
    let mut size = 0;
    let mut next = Some(block);
    while let Some(block) =
        next.filter(|&block| size <= SMALL && is_passed(func, cfg, caught, block))
    {
        let data = func.block(block);
        place.push(block);
        size += data.params.len() + data.insts.len() + data.terminator.edges().count();
        next = normal(&data.terminator);
    }
    (place, size)
}

/// Where a call that is tried goes on if nothing is thrown.
fn normal(terminator: &Terminator) -> Option<Block> {
    let Terminator::Try { normal, .. } = terminator else {
        return None;
    };
    Some(normal.block)
}

/// Whether one way on which nothing is thrown leads to `block`, from one that goes nowhere else; and no way back.
fn is_passed(func: &Func, cfg: &Cfg, caught: &[bool], block: Block) -> bool {
    let preds = cfg.preds(block);
    let mut passing = preds.iter().filter(|pred| !caught[pred.index()]);
    let (Some(&from), None) = (passing.next(), passing.next()) else {
        return false;
    };
    let terminator = &func.block(from).terminator;
    let goes_on = match normal(terminator) {
        Some(normal) => normal == block,
        None => matches!(terminator, Terminator::Br(_)),
    };
    let comes_later = |pred: &Block| cfg.rpo_index(*pred) >= cfg.rpo_index(block);
    goes_on && !preds.iter().any(comes_later)
}
