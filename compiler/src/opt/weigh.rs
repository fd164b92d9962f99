//! What the counts of blocks say of the ways between them.
//!
//! The builder knows how often a block ran by its first operator that costs fuel. [`run`] works out the rest, where a profile is at hand:
//! how often blocks without one ran, and which way each `br_if` mostly goes, in place of what hints of the module say. A way is as frequent as the
//! block that only it leads to, or else what the others leave over, of those out of the same block or into the same block.
//!
//! Only heuristics look at counts, so any numbers will do: those of other runs, or of nothing at all.

use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Terminator};

/// How often all ways are gone over. Structured code needs two; each one takes time in proportion to the ways.
const ROUNDS: usize = 3;

/// Fills in what blocks and branches lack.
pub(super) fn run(func: &mut Func) {
    let Some(hot_from) = func.hot_from else {
        return;
    };
    let cfg = Cfg::new(func);
    let flows = Flows::new(func, &cfg);
    for &block in cfg.rpo() {
        func.block_mut(block).count = flows.counts[block.index()];
        let Terminator::BrIf {
            then, otherwise, ..
        } = &func.block(block).terminator
        else {
            continue;
        };
        // What is hot follows, and what is not lies behind it; of two ways that are hot none is in the way. What never ran keeps its hint.
        let is_hot = |to: Block| flows.between(&cfg, block, to) >= hot_from;
        let (then, otherwise) = (is_hot(then.block), is_hot(otherwise.block));
        if func.block(block).count > Some(0) {
            func.block_mut(block).mostly = (then != otherwise).then_some(then);
        }
    }
}

/// Fills in how often blocks ran that passes have made.
pub(super) fn fill(func: &mut Func) {
    if func.hot_from.is_none() || func.blocks.iter().all(|block| block.count.is_some()) {
        return;
    }
    let cfg = Cfg::new(func);
    let flows = Flows::new(func, &cfg);
    for &block in cfg.rpo() {
        func.block_mut(block).count = flows.counts[block.index()];
    }
}

/// How often control goes each way. A way is a successor of a block, once for each edge.
struct Flows {
    /// Of each block; none where nothing is known.
    counts: Vec<Option<u64>>,
    ways: Vec<Option<u64>>,
    /// For each block the first of its ways out, and where the last ones end.
    starts: Vec<usize>,
    /// For each block its ways in.
    into: Vec<Vec<usize>>,
}

impl Flows {
    fn new(func: &Func, cfg: &Cfg) -> Self {
        let mut starts = vec![0; func.blocks.len() + 1];
        for &block in cfg.rpo() {
            starts[block.index() + 1] = cfg.succs(block).len();
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut into = vec![Vec::new(); func.blocks.len()];
        for &block in cfg.rpo() {
            for (way, to) in (starts[block.index()]..).zip(cfg.succs(block)) {
                into[to.index()].push(way);
            }
        }
        let mut flows = Self {
            counts: func.blocks.iter().map(|block| block.count).collect(),
            ways: vec![None; starts[func.blocks.len()]],
            starts,
            into,
        };
        for _ in 0..ROUNDS {
            for &block in cfg.rpo() {
                flows.settle(block);
            }
        }
        for &block in cfg.rpo() {
            flows.guess(block);
        }
        flows
    }

    /// Works out what of a block and the ways in and out of it follows from the rest.
    fn settle(&mut self, block: Block) {
        let out = self.starts[block.index()]..self.starts[block.index() + 1];
        let sides = [self.into[block.index()].clone(), out.collect()];
        for side in &sides {
            let whole = !side.is_empty() && side.iter().all(|&way| self.ways[way].is_some());
            if whole {
                let sum = self.sum(side);
                self.counts[block.index()].get_or_insert(sum);
            }
        }
        let Some(count) = self.counts[block.index()] else {
            return;
        };
        for side in sides {
            let mut unknown = side.iter().filter(|&&way| self.ways[way].is_none());
            if let (Some(&way), None) = (unknown.next(), unknown.next()) {
                self.ways[way] = Some(count.saturating_sub(self.sum(&side)));
            }
        }
    }

    /// Settles what of a block and the ways out of it nothing is known about.
    fn guess(&mut self, block: Block) {
        let known = self.sum(&self.into[block.index()]);
        let count = *self.counts[block.index()].get_or_insert(known);
        let out: Vec<usize> =
            (self.starts[block.index()]..self.starts[block.index() + 1]).collect();
        let left = count.saturating_sub(self.sum(&out));
        let unknown = out.into_iter().filter(|&way| self.ways[way].is_none());
        let unknown: Vec<usize> = unknown.collect();
        for &way in &unknown {
            self.ways[way] = Some(left / unknown.len() as u64);
        }
    }

    fn sum(&self, ways: &[usize]) -> u64 {
        let known = ways.iter().filter_map(|&way| self.ways[way]);
        known.fold(0, u64::saturating_add)
    }

    /// How often control goes from `block` to `to`.
    fn between(&self, cfg: &Cfg, block: Block, to: Block) -> u64 {
        let ways = (self.starts[block.index()]..).zip(cfg.succs(block));
        let ways = ways.filter(|&(_, &succ)| succ == to).map(|(way, _)| way);
        self.sum(&ways.collect::<Vec<_>>())
    }
}
