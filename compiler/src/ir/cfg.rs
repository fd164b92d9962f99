//! The control flow graph of a function: predecessors, reverse postorder, dominator tree.
//!
//! Input: a [`Func`]; output: a [`Cfg`], a snapshot that is valid until a terminator or the set of blocks changes.
//!
//! Invariants:
//! - only blocks that the entry reaches take part: the others have no predecessors listed, are nobody's predecessor, and have no
//!   number;
//! - everything is near-linear in blocks and edges and nothing recurses: functions with 50 000 blocks are ordinary. That is why
//!   dominators are found with Lengauer-Tarjan: the simpler iterative scheme walks the whole tree once per edge when many blocks
//!   branch to a common exit, which is what `br_if` out of a large block makes.

use super::func::{Block, Edge, Func};
use super::inst::Terminator;

/// No block, no number.
const NONE: u32 = u32::MAX;

impl Terminator {
    /// The edges to other blocks, in order; the default of a `br_table` comes last, handlers behind where else it goes on.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        let (first, rest, last): (Option<&Edge>, &[Edge], Option<&Edge>) = match self {
            Self::Br(edge) => (Some(edge), &[], None),
            Self::BrIf {
                then, otherwise, ..
            } => (Some(then), &[], Some(otherwise)),
            Self::BrTable {
                targets, default, ..
            } => (None, targets, Some(default)),
            Self::Try { normal, handlers } => (Some(normal), handlers, None),
            Self::Throw { handlers, .. } | Self::ThrowRef { handlers, .. } => {
                (None, handlers, None)
            }
            Self::Return(_)
            | Self::ReturnCall { .. }
            | Self::ReturnCallIndirect { .. }
            | Self::ReturnCallRef { .. }
            | Self::Trap(_) => (None, &[], None),
        };
        first.into_iter().chain(rest).chain(last)
    }

    /// The edges to handlers.
    #[must_use]
    pub fn handlers(&self) -> &[Edge] {
        match self {
            Self::Try { handlers, .. }
            | Self::Throw { handlers, .. }
            | Self::ThrowRef { handlers, .. } => handlers,
            Self::Br(_)
            | Self::BrIf { .. }
            | Self::BrTable { .. }
            | Self::Return(_)
            | Self::ReturnCall { .. }
            | Self::ReturnCallIndirect { .. }
            | Self::ReturnCallRef { .. }
            | Self::Trap(_) => &[],
        }
    }

    /// The edges to other blocks, in the same order, to change.
    pub fn edges_mut(&mut self) -> impl Iterator<Item = &mut Edge> {
        let (first, rest, last): (Option<&mut Edge>, &mut [Edge], Option<&mut Edge>) = match self {
            Self::Br(edge) => (Some(edge), &mut [], None),
            Self::BrIf {
                then, otherwise, ..
            } => (Some(then), &mut [], Some(otherwise)),
            Self::BrTable {
                targets, default, ..
            } => (None, targets, Some(default)),
            Self::Try { normal, handlers } => (Some(normal), handlers, None),
            Self::Throw { handlers, .. } | Self::ThrowRef { handlers, .. } => {
                (None, handlers, None)
            }
            Self::Return(_)
            | Self::ReturnCall { .. }
            | Self::ReturnCallIndirect { .. }
            | Self::ReturnCallRef { .. }
            | Self::Trap(_) => (None, &mut [], None),
        };
        first.into_iter().chain(rest).chain(last)
    }
}

/// Lists of blocks, one for each block, in one allocation.
#[derive(Clone, Debug, Default)]
struct Lists {
    start: Vec<u32>,
    items: Vec<Block>,
}

impl Lists {
    /// The list `from -> to` for each pair, in the order of the pairs.
    fn new(blocks: usize, pairs: &[(Block, Block)]) -> Self {
        let mut start = vec![0u32; blocks + 1];
        for (from, _) in pairs {
            start[from.index() + 1] += 1;
        }
        for i in 0..blocks {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let mut items = vec![Func::ENTRY; pairs.len()];
        for (from, to) in pairs {
            let at = &mut next[from.index()];
            items[*at as usize] = *to;
            *at += 1;
        }
        Self { start, items }
    }

    fn of(&self, block: Block) -> &[Block] {
        let i = block.index();
        &self.items[self.start[i] as usize..self.start[i + 1] as usize]
    }
}

/// The control flow graph of a function, with its dominator tree.
#[derive(Clone, Debug)]
pub struct Cfg {
    succs: Lists,
    preds: Lists,
    rpo: Vec<Block>,
    /// Position in `rpo`, or [`NONE`].
    number: Vec<u32>,
    /// Immediate dominator by block, or [`NONE`] for the entry and unreachable blocks.
    idom: Vec<u32>,
    /// Blocks in preorder of the dominator tree.
    dom_preorder: Vec<Block>,
    /// For each block its place in `dom_preorder`, and the place behind the last block it dominates.
    interval: Vec<(u32, u32)>,
}

impl Cfg {
    /// The graph of `func` as it is now.
    #[must_use]
    pub fn new(func: &Func) -> Self {
        let n = func.blocks.len();
        let mut pairs = Vec::with_capacity(n * 2);
        for (i, data) in func.blocks.iter().enumerate() {
            let from = Block(i as u32);
            pairs.extend(data.terminator.edges().map(|edge| (from, edge.block)));
        }
        let succs = Lists::new(n, &pairs);
        let walk = Walk::new(n, &succs);
        pairs.clear();
        for &block in &walk.rpo {
            pairs.extend(succs.of(block).iter().map(|&to| (to, block)));
        }
        let preds = Lists::new(n, &pairs);
        let idom = dominators(&walk, &preds);
        let mut cfg = Self {
            succs,
            preds,
            number: walk.number,
            rpo: walk.rpo,
            idom,
            dom_preorder: Vec::new(),
            interval: vec![(NONE, 0); n],
        };
        cfg.number_tree();
        cfg
    }

    /// The blocks that branch to `block`, once for each edge.
    #[must_use]
    pub fn preds(&self, block: Block) -> &[Block] {
        self.preds.of(block)
    }

    /// The blocks that `block` branches to, once for each edge, in the order of [`Terminator::edges`].
    #[must_use]
    pub fn succs(&self, block: Block) -> &[Block] {
        self.succs.of(block)
    }

    /// The reachable blocks in reverse postorder; the entry first.
    #[must_use]
    pub fn rpo(&self) -> &[Block] {
        &self.rpo
    }

    /// The number of blocks of the function, unreachable ones included.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.number.len()
    }

    /// The place of `block` in [`Cfg::rpo`], if it is reachable.
    #[must_use]
    pub fn rpo_index(&self, block: Block) -> Option<usize> {
        let number = self.number[block.index()];
        (number != NONE).then_some(number as usize)
    }

    /// Whether the entry reaches `block`.
    #[must_use]
    pub fn is_reachable(&self, block: Block) -> bool {
        self.number[block.index()] != NONE
    }

    /// The closest block other than `block` that every path to `block` passes. None for the entry and unreachable blocks.
    #[must_use]
    pub fn idom(&self, block: Block) -> Option<Block> {
        let idom = self.idom[block.index()];
        (idom != NONE).then_some(Block(idom))
    }

    /// Whether every path from the entry to `b` passes `a`; a reachable block dominates itself. False if either is unreachable.
    #[must_use]
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (from, to) = self.interval[a.index()];
        let at = self.interval[b.index()].0;
        from <= at && at < to
    }

    /// The reachable blocks in preorder of the dominator tree: a block comes after its dominators, and the blocks that it dominates
    /// follow it without a gap.
    #[must_use]
    pub fn dom_preorder(&self) -> &[Block] {
        &self.dom_preorder
    }

    /// The closest block that dominates both, which must be reachable.
    #[must_use]
    pub fn common_dominator(&self, a: Block, b: Block) -> Block {
        let mut at = a;
        while !self.dominates(at, b) {
            match self.idom(at) {
                Some(up) => at = up,
                None => break,
            }
        }
        at
    }

    /// Fills `dom_preorder` and `interval`. Children are visited in reverse postorder.
    fn number_tree(&mut self) {
        let n = self.idom.len();
        // Reversed, so that the stack below pops them in order.
        let pairs: Vec<(Block, Block)> = self
            .rpo
            .iter()
            .rev()
            .filter_map(|&block| self.idom(block).map(|idom| (idom, block)))
            .collect();
        let children = Lists::new(n, &pairs);
        let mut stack = vec![Func::ENTRY];
        while let Some(block) = stack.pop() {
            self.interval[block.index()].0 = self.dom_preorder.len() as u32;
            self.dom_preorder.push(block);
            stack.extend(children.of(block));
        }
        // Children come behind their parents, so going backwards the sizes below are known.
        let mut size = vec![1u32; n];
        for &block in self.dom_preorder.iter().rev() {
            let own = size[block.index()];
            let interval = &mut self.interval[block.index()];
            interval.1 = interval.0 + own;
            if let Some(idom) = self.idom(block) {
                size[idom.index()] += own;
            }
        }
    }
}

/// A depth-first walk from the entry.
struct Walk {
    rpo: Vec<Block>,
    number: Vec<u32>,
    /// Blocks in the order of the first visit.
    preorder: Vec<Block>,
    /// Place in `preorder`, by block.
    pre: Vec<u32>,
    /// Place of the parent in the depth-first tree, by place in `preorder`.
    parent: Vec<u32>,
}

impl Walk {
    fn new(n: usize, succs: &Lists) -> Self {
        let mut walk = Self {
            rpo: Vec::with_capacity(n),
            number: vec![NONE; n],
            preorder: Vec::with_capacity(n),
            pre: vec![NONE; n],
            parent: Vec::with_capacity(n),
        };
        walk.visit(Func::ENTRY, 0);
        let mut stack = vec![(Func::ENTRY, 0usize)];
        while let Some((block, next)) = stack.last_mut() {
            let block = *block;
            if let Some(&succ) = succs.of(block).get(*next) {
                *next += 1;
                if walk.pre[succ.index()] == NONE {
                    let parent = walk.pre[block.index()];
                    walk.visit(succ, parent);
                    stack.push((succ, 0));
                }
            } else {
                walk.rpo.push(block);
                stack.pop();
            }
        }
        walk.rpo.reverse();
        for (i, block) in walk.rpo.iter().enumerate() {
            walk.number[block.index()] = i as u32;
        }
        walk
    }

    fn visit(&mut self, block: Block, parent: u32) {
        self.pre[block.index()] = self.preorder.len() as u32;
        self.preorder.push(block);
        self.parent.push(parent);
    }
}

/// The forest of Lengauer and Tarjan; everything is a place in preorder.
struct Forest {
    /// The tree parent once linked, shortened by path compression; [`NONE`] before.
    ancestor: Vec<u32>,
    /// The vertex of least semidominator on the compressed path.
    label: Vec<u32>,
    semi: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    /// The vertex with the least semidominator on the path from `v` up to, but without, the root of its tree.
    fn eval(&mut self, v: u32) -> u32 {
        if self.ancestor[v as usize] == NONE {
            return v;
        }
        let mut at = v;
        while self.ancestor[self.ancestor[at as usize] as usize] != NONE {
            self.path.push(at);
            at = self.ancestor[at as usize];
        }
        // `at` is right below the root; from there down every vertex takes over what is better above it.
        let mut above = at;
        while let Some(below) = self.path.pop() {
            let (a, b) = (self.label[above as usize], self.label[below as usize]);
            if self.semi[a as usize] < self.semi[b as usize] {
                self.label[below as usize] = a;
            }
            self.ancestor[below as usize] = self.ancestor[above as usize];
            above = below;
        }
        self.label[v as usize]
    }
}

/// Immediate dominators by block (Lengauer and Tarjan 1979, the O(m log n) form).
fn dominators(walk: &Walk, preds: &Lists) -> Vec<u32> {
    let n = walk.preorder.len();
    let identity: Vec<u32> = (0..n as u32).collect();
    let mut forest = Forest {
        ancestor: vec![NONE; n],
        label: identity.clone(),
        semi: identity,
        path: Vec::new(),
    };
    let mut idom = vec![0u32; n];
    // The vertices whose semidominator is `s`, as a list from `bucket[s]` through `next`.
    let mut bucket = vec![NONE; n];
    let mut next = vec![NONE; n];
    for w in (1..n).rev() {
        for &pred in preds.of(walk.preorder[w]) {
            let u = forest.eval(walk.pre[pred.index()]);
            forest.semi[w] = forest.semi[w].min(forest.semi[u as usize]);
        }
        let semi = forest.semi[w] as usize;
        next[w] = bucket[semi];
        bucket[semi] = w as u32;
        let parent = walk.parent[w];
        forest.ancestor[w] = parent;
        let mut v = core::mem::replace(&mut bucket[parent as usize], NONE);
        while v != NONE {
            let u = forest.eval(v);
            let better = forest.semi[u as usize] < forest.semi[v as usize];
            idom[v as usize] = if better { u } else { parent };
            v = next[v as usize];
        }
    }
    let mut result = vec![NONE; walk.pre.len()];
    for w in 1..n {
        if idom[w] != forest.semi[w] {
            idom[w] = idom[idom[w] as usize];
        }
        result[walk.preorder[w].index()] = walk.preorder[idom[w] as usize].0;
    }
    result
}

#[cfg(test)]
#[path = "cfg_tests.rs"]
mod tests;
