//! The loop nest of a function: natural loops, found from the edges that go back to a dominator.
//!
//! Input: a [`Cfg`]; output: [`Loops`], valid as long as the graph is. Loops that share a header are one loop. Cycles that are no
//! natural loop (they cannot come from Wasm) are not found: their blocks count as straight code, which only costs speed.

use super::cfg::Cfg;
use super::func::{Block, Func};
use super::inst::Terminator;

const NONE: u32 = u32::MAX;

/// A loop: an index into [`Loops`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopIdx(pub u32);

impl LoopIdx {
    /// As an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A natural loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The block that dominates all others of the loop, and through which it is entered.
    pub header: Block,
    /// The closest loop around it.
    pub parent: Option<LoopIdx>,
    /// Number of loops around its blocks, itself included: at least 1.
    pub depth: u32,
    /// The sources of the edges back to the header, each once.
    pub latches: Vec<Block>,
    /// Its place in preorder of the loop tree and the place behind its last descendant.
    interval: (u32, u32),
}

/// All loops of a function. A loop comes behind the loops around it.
#[derive(Clone, Debug)]
pub struct Loops {
    loops: Vec<Loop>,
    /// The innermost loop of each block, or [`NONE`].
    of_block: Vec<u32>,
}

impl Cfg {
    /// The loops of the function, worked out when they are first asked for.
    #[must_use]
    pub fn loops(&self) -> &Loops {
        self.loops.get_or_init(|| Loops::new(self))
    }
}

impl Loops {
    fn new(cfg: &Cfg) -> Self {
        let mut finder = Finder {
            loops: Vec::new(),
            of_block: vec![NONE; cfg.block_count()],
            parent: Vec::new(),
            outermost: Vec::new(),
        };
        // Backwards, so that inner loops come before the loops around them: their headers are dominated.
        for &header in cfg.rpo().iter().rev() {
            // What dominates comes first; most edges go forwards, and then there is no need for dominators.
            let at = cfg.rpo_index(header);
            let mut latches: Vec<Block> = cfg
                .preds(header)
                .iter()
                .copied()
                .filter(|&pred| cfg.rpo_index(pred) >= at && cfg.dominates(header, pred))
                .collect();
            latches.sort_unstable();
            latches.dedup();
            if !latches.is_empty() {
                finder.add(cfg, header, latches);
            }
        }
        finder.finish()
    }

    /// All loops, outer ones before inner ones.
    #[must_use]
    pub fn all(&self) -> &[Loop] {
        &self.loops
    }

    /// The loop.
    #[must_use]
    pub fn get(&self, idx: LoopIdx) -> &Loop {
        &self.loops[idx.index()]
    }

    /// The innermost loop around `block`. Blocks made after the analysis are in none.
    #[must_use]
    pub fn innermost(&self, block: Block) -> Option<LoopIdx> {
        match self.of_block.get(block.index()) {
            Some(&idx) if idx != NONE => Some(LoopIdx(idx)),
            _ => None,
        }
    }

    /// The number of loops around `block`.
    #[must_use]
    pub fn depth(&self, block: Block) -> u32 {
        self.innermost(block).map_or(0, |idx| self.get(idx).depth)
    }

    /// Whether `block` is the header of a loop.
    #[must_use]
    pub fn is_header(&self, block: Block) -> bool {
        self.innermost(block)
            .is_some_and(|idx| self.get(idx).header == block)
    }

    /// Whether `inner` is `outer` or nested in it.
    #[must_use]
    pub fn nests(&self, outer: LoopIdx, inner: LoopIdx) -> bool {
        let (from, to) = self.get(outer).interval;
        let at = self.get(inner).interval.0;
        from <= at && at < to
    }

    /// Whether `block` is in the loop.
    #[must_use]
    pub fn contains(&self, idx: LoopIdx, block: Block) -> bool {
        self.innermost(block)
            .is_some_and(|inner| self.nests(idx, inner))
    }

    /// The block that always and only leads into the loop, if there is one: code placed at its end runs once before the loop.
    #[must_use]
    pub fn preheader(&self, func: &Func, cfg: &Cfg, idx: LoopIdx) -> Option<Block> {
        let mut outside = cfg
            .preds(self.get(idx).header)
            .iter()
            .copied()
            .filter(|&pred| !self.contains(idx, pred));
        let pred = outside.next()?;
        let only = outside.next().is_none();
        (only && matches!(func.block(pred).terminator, Terminator::Br(_))).then_some(pred)
    }
}

/// Loops while they are being found, inner ones first.
struct Finder {
    loops: Vec<Loop>,
    of_block: Vec<u32>,
    parent: Vec<u32>,
    /// Some loop around, the outermost when followed to the end: paths are shortened as they are walked.
    outermost: Vec<u32>,
}

impl Finder {
    fn find_outermost(&mut self, idx: u32) -> u32 {
        let mut root = idx;
        while self.outermost[root as usize] != root {
            root = self.outermost[root as usize];
        }
        let mut at = idx;
        while at != root {
            at = core::mem::replace(&mut self.outermost[at as usize], root);
        }
        root
    }

    fn add(&mut self, cfg: &Cfg, header: Block, latches: Vec<Block>) {
        let this = self.loops.len() as u32;
        self.parent.push(NONE);
        self.outermost.push(this);
        self.of_block[header.index()] = this;
        let mut work = latches.clone();
        while let Some(block) = work.pop() {
            let inner = self.of_block[block.index()];
            let from = if inner == NONE {
                self.of_block[block.index()] = this;
                block
            } else {
                let outer = self.find_outermost(inner);
                if outer == this {
                    continue;
                }
                self.parent[outer as usize] = this;
                self.outermost[outer as usize] = this;
                self.loops[outer as usize].header
            };
            work.extend(cfg.preds(from));
        }
        self.loops.push(Loop {
            header,
            parent: None,
            depth: 0,
            latches,
            interval: (0, 0),
        });
    }

    /// Turns the order round, outer loops first, and numbers the tree.
    fn finish(self) -> Loops {
        let count = self.loops.len() as u32;
        let turn = |idx: u32| count - 1 - idx;
        let mut loops: Vec<Loop> = self.loops.into_iter().rev().collect();
        let mut size = vec![1u32; loops.len()];
        for i in (0..count).rev() {
            let parent = self.parent[turn(i) as usize];
            if parent != NONE {
                loops[i as usize].parent = Some(LoopIdx(turn(parent)));
                size[turn(parent) as usize] += size[i as usize];
            }
        }
        // Preorder numbers: every loop takes the next free piece of its parent's interval.
        let mut free = vec![0u32; loops.len()];
        let mut roots = 0;
        for i in 0..loops.len() {
            let (depth, at) = match loops[i].parent {
                Some(parent) => (loops[parent.index()].depth, &mut free[parent.index()]),
                None => (0, &mut roots),
            };
            let start = *at;
            *at += size[i];
            free[i] = start + 1;
            loops[i].depth = depth + 1;
            loops[i].interval = (start, start + size[i]);
        }
        let of_block = self
            .of_block
            .into_iter()
            .map(|idx| if idx == NONE { NONE } else { turn(idx) })
            .collect();
        Loops { loops, of_block }
    }
}
