//! Block layout: the reachable blocks in the order in which they are emitted. A block comes behind all that lead to it, but for
//! loops' back edges; loops are contiguous; what should follow directly does (the same loop, then the order of the source); blocks
//! that can only end in a trap come last, and before them what only exceptions and branches lead to that hints call unlikely.
//!
//! What a call that is tried goes on with when it returns comes right behind it, so that it is no block of its own in the end.
//!
//! Only the order changes, so fuel stays as it is. For the rule against cycles without cost: every backward branch in this order is
//! the back edge of a loop, or leaves what is unlikely and costs something at one of its ends.

use crate::ir::cfg::Cfg;
use crate::ir::loops::{LoopIdx, Loops};
use crate::ir::{Block, Func, Terminator};

/// The order that correctness needs, and no more: reverse postorder of what can be reached.
pub(super) fn plain(func: &mut Func, cfg: &Cfg) {
    func.layout = behind_calls(func, cfg, cfg.rpo());
}

/// Lays the blocks out.
pub(super) fn run(func: &mut Func, cfg: &Cfg) {
    let loops = cfg.loops();
    let order = source_order(func, cfg, loops);
    let mut layout = by_loops(&order, loops);
    let cold = cold_blocks(func, cfg);
    let unlikely = unlikely_blocks(func, cfg);
    // A stable sort: cold blocks keep their order among themselves.
    layout.sort_by_key(|block| (cold[block.index()], unlikely[block.index()]));
    func.layout = behind_calls(func, cfg, &layout);
}

/// Reverse postorder of a walk that takes last, and so places next, the successor that should follow: the one that a hint does not call
/// unlikely, of those the one in more loops, of those the one that ends first in the source.
fn source_order(func: &Func, cfg: &Cfg, loops: &Loops) -> Vec<Block> {
    let rank = |block: Block| {
        let position = func.block(block).offset;
        let own = func.inlined.own_offset(position);
        (loops.depth(block), u32::MAX - own, u32::MAX - position)
    };
    // The successors that are left to be walked, those of each block of the stack behind those of the one below.
    let mut succs: Vec<Block> = Vec::new();
    let sorted = |succs: &mut Vec<Block>, block: Block| {
        let first = succs.len();
        for &succ in cfg.succs(block) {
            if succs[first..].last() != Some(&succ) {
                succs.push(succ);
            }
        }
        let away = unlikely_succ(func, block);
        // Reversed, because successors are popped from the end: the least rank is walked first.
        succs[first..].sort_by_key(|&succ| core::cmp::Reverse((away != Some(succ), rank(succ))));
        (block, first)
    };
    let mut seen = vec![false; func.blocks.len()];
    seen[Func::ENTRY.index()] = true;
    let mut order = Vec::with_capacity(cfg.rpo().len());
    let mut stack = vec![sorted(&mut succs, Func::ENTRY)];
    while let Some(&(block, first)) = stack.last() {
        if succs.len() == first {
            order.push(block);
            stack.pop();
        } else if let Some(succ) = succs.pop()
            && !core::mem::replace(&mut seen[succ.index()], true)
        {
            stack.push(sorted(&mut succs, succ));
        }
    }
    order.reverse();
    order
}

/// A block, or a loop with all that is in it.
#[derive(Clone, Copy)]
enum Item {
    Block(Block),
    Loop(LoopIdx),
}

/// Makes loops contiguous: a loop takes the place of its header, which comes before the rest of it.
fn by_loops(order: &[Block], loops: &Loops) -> Vec<Block> {
    let mut top = Vec::new();
    let mut inside: Vec<Vec<Item>> = vec![Vec::new(); loops.all().len()];
    for &block in order {
        let Some(idx) = loops.innermost(block) else {
            top.push(Item::Block(block));
            continue;
        };
        let data = loops.get(idx);
        if data.header == block {
            match data.parent {
                Some(parent) => inside[parent.index()].push(Item::Loop(idx)),
                None => top.push(Item::Loop(idx)),
            }
        }
        inside[idx.index()].push(Item::Block(block));
    }
    top.reverse();
    let mut stack = top;
    let mut layout = Vec::with_capacity(order.len());
    while let Some(item) = stack.pop() {
        match item {
            Item::Block(block) => layout.push(block),
            Item::Loop(idx) => stack.extend(inside[idx.index()].iter().rev()),
        }
    }
    layout
}

/// For each block whether every way from it ends in a trap, without a loop in between.
fn cold_blocks(func: &Func, cfg: &Cfg) -> Vec<bool> {
    let mut cold = vec![false; func.blocks.len()];
    for &block in cfg.rpo().iter().rev() {
        let succs = cfg.succs(block);
        cold[block.index()] = if succs.is_empty() {
            matches!(func.block(block).terminator, Terminator::Trap(_))
        } else {
            succs.iter().all(|succ| cold[succ.index()])
        };
    }
    cold[Func::ENTRY.index()] = false;
    cold
}

/// The successor that a hint calls unlikely.
fn unlikely_succ(func: &Func, block: Block) -> Option<Block> {
    let data = func.block(block);
    let Terminator::BrIf {
        then, otherwise, ..
    } = &data.terminator
    else {
        return None;
    };
    let (away, on) = match data.mostly? {
        true => (otherwise.block, then.block),
        false => (then.block, otherwise.block),
    };
    (away != on).then_some(away)
}

/// For each block whether only what is unlikely leads to it: exceptions, ways that hints call so, and what only they go on to. A block from
/// which a branch back to the others could be free is not among them; the way back from a block with several successors may get a block of its
/// own, which is free.
fn unlikely_blocks(func: &Func, cfg: &Cfg) -> Vec<bool> {
    let mut unlikely = vec![true; func.blocks.len()];
    let mut work = vec![Func::ENTRY];
    while let Some(block) = work.pop() {
        if func.clause(block).is_none() && core::mem::take(&mut unlikely[block.index()]) {
            let away = unlikely_succ(func, block);
            work.extend(cfg.succs(block).iter().filter(|&&succ| away != Some(succ)));
        }
    }
    for &block in cfg.rpo().iter().rev() {
        let is_free = |block: Block| func.block(block).cost == 0;
        let succs = cfg.succs(block);
        let leaves_for_free = |&succ: &Block| !unlikely[succ.index()] && is_free(succ);
        if (is_free(block) || succs.len() > 1) && succs.iter().any(leaves_for_free) {
            unlikely[block.index()] = false;
        }
    }
    unlikely
}

/// The same order, but with each block that only a call that is tried returns to right behind that call.
fn behind_calls(func: &Func, cfg: &Cfg, order: &[Block]) -> Vec<Block> {
    let returns_to = |block: Block| {
        let Terminator::Try { normal, .. } = &func.block(block).terminator else {
            return None;
        };
        (cfg.preds(normal.block).len() == 1).then_some(normal.block)
    };
    let mut follows = vec![false; func.blocks.len()];
    for next in order.iter().filter_map(|&block| returns_to(block)) {
        follows[next.index()] = true;
    }
    let mut out = Vec::with_capacity(order.len());
    for &block in order.iter().filter(|block| !follows[block.index()]) {
        let mut at = Some(block);
        while let Some(block) = at {
            out.push(block);
            at = returns_to(block);
        }
    }
    out
}
