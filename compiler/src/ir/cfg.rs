//! The control flow graph of a function: predecessors, reverse postorder, dominator tree.
//!
//! Input: a [`Func`]; output: a [`Cfg`], a snapshot that is valid until a terminator or the set of blocks changes, which [`Cfg::holds`] tells.
//!
//! Invariants:
//! - only blocks that the entry reaches take part: the others have no predecessors listed, are nobody's predecessor, and have no
//!   number;
//! - everything is near-linear in blocks and edges and nothing recurses: functions with 50 000 blocks are ordinary. That is why
//!   dominators are found with Lengauer-Tarjan: the simpler iterative scheme walks the whole tree once per edge when many blocks
//!   branch to a common exit, which is what `br_if` out of a large block makes.

use core::cell::OnceCell;

use super::func::{Block, BlockData, Edge, Func};
use super::inst::Terminator;
use super::loops::Loops;

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
    /// Where the terminators of all blocks go.
    fn successors(func: &Func) -> Self {
        let mut start = Vec::with_capacity(func.blocks.len() + 1);
        let mut items = Vec::with_capacity(func.blocks.len() * 2);
        start.push(0);
        for data in &func.blocks {
            items.extend(data.terminator.edges().map(|edge| edge.block));
            start.push(items.len() as u32);
        }
        Self { start, items }
    }

    /// The list `from -> to` for each pair, in the order of the pairs.
    fn new(blocks: usize, pairs: impl Iterator<Item = (Block, Block)> + Clone) -> Self {
        // `start[b + 2]` counts first, so that `start[b + 1]` can be where the next item of `b` goes, and in the end where they end.
        let mut start = vec![0u32; blocks + 2];
        for (from, _) in pairs.clone() {
            start[from.index() + 2] += 1;
        }
        for i in 2..blocks + 2 {
            start[i] += start[i - 1];
        }
        let mut items = vec![Func::ENTRY; start[blocks + 1] as usize];
        for (from, to) in pairs {
            let at = &mut start[from.index() + 1];
            items[*at as usize] = to;
            *at += 1;
        }
        Self { start, items }
    }

    fn of(&self, block: Block) -> &[Block] {
        let i = block.index();
        &self.items[self.start[i] as usize..self.start[i + 1] as usize]
    }
}

/// The control flow graph of a function. Its dominator tree is worked out when it is first asked for.
#[derive(Clone, Debug)]
pub struct Cfg {
    succs: Lists,
    preds: Lists,
    walk: Walk,
    tree: OnceCell<Tree>,
    pub(super) loops: OnceCell<Loops>,
}

/// The dominator tree.
#[derive(Clone, Debug)]
struct Tree {
    /// Immediate dominator by block, or [`NONE`] for the entry and unreachable blocks.
    idom: Vec<u32>,
    /// Blocks in preorder of the tree.
    preorder: Vec<Block>,
    /// For each block its place in `preorder`, and the place behind the last block it dominates.
    interval: Vec<(u32, u32)>,
}

impl Cfg {
    /// The graph of `func` as it is now.
    #[must_use]
    pub fn new(func: &Func) -> Self {
        let succs = Lists::successors(func);
        let walk = Walk::new(func.blocks.len(), &succs);
        let from = |&block: &Block| succs.of(block).iter().map(move |&to| (to, block));
        let preds = Lists::new(func.blocks.len(), walk.rpo.iter().flat_map(from));
        Self {
            succs,
            preds,
            walk,
            tree: OnceCell::new(),
            loops: OnceCell::new(),
        }
    }

    /// Whether this is the graph of `func` as it is now.
    #[must_use]
    pub fn holds(&self, func: &Func) -> bool {
        let same = |(i, data): (usize, &BlockData)| {
            let edges = data.terminator.edges().map(|edge| &edge.block);
            edges.eq(self.succs(Block(i as u32)))
        };
        self.block_count() == func.blocks.len() && func.blocks.iter().enumerate().all(same)
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
        &self.walk.rpo
    }

    /// The number of blocks of the function, unreachable ones included.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.walk.number.len()
    }

    /// The place of `block` in [`Cfg::rpo`], if it is reachable.
    #[must_use]
    pub fn rpo_index(&self, block: Block) -> Option<usize> {
        let number = self.walk.number[block.index()];
        (number != NONE).then_some(number as usize)
    }

    /// Whether the entry reaches `block`.
    #[must_use]
    pub fn is_reachable(&self, block: Block) -> bool {
        self.walk.number[block.index()] != NONE
    }

    /// The closest block other than `block` that every path to `block` passes. None for the entry and unreachable blocks.
    #[must_use]
    pub fn idom(&self, block: Block) -> Option<Block> {
        let idom = self.tree().idom[block.index()];
        (idom != NONE).then_some(Block(idom))
    }

    /// Whether every path from the entry to `b` passes `a`; a reachable block dominates itself. False if either is unreachable.
    #[must_use]
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let interval = &self.tree().interval;
        let (from, to) = interval[a.index()];
        let at = interval[b.index()].0;
        from <= at && at < to
    }

    /// The reachable blocks in preorder of the dominator tree: a block comes after its dominators, and the blocks that it dominates
    /// follow it without a gap.
    #[must_use]
    pub fn dom_preorder(&self) -> &[Block] {
        &self.tree().preorder
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

    fn tree(&self) -> &Tree {
        self.tree
            .get_or_init(|| Tree::new(dominators(&self.walk, &self.preds), &self.walk.rpo))
    }
}

impl Tree {
    /// Numbers the tree. Children are visited in reverse postorder.
    fn new(idom: Vec<u32>, rpo: &[Block]) -> Self {
        let n = idom.len();
        // Reversed, so that the stack below pops them in order.
        let pairs = rpo.iter().rev().filter_map(|&block| {
            let idom = idom[block.index()];
            (idom != NONE).then_some((Block(idom), block))
        });
        let children = Lists::new(n, pairs);
        let mut preorder = Vec::with_capacity(rpo.len());
        let mut interval = vec![(NONE, 0); n];
        let mut stack = vec![Func::ENTRY];
        while let Some(block) = stack.pop() {
            let at = preorder.len() as u32;
            interval[block.index()] = (at, at + 1);
            preorder.push(block);
            stack.extend(children.of(block));
        }
        // Children come behind their parents, so going backwards their ends are known.
        for &block in preorder.iter().rev() {
            if idom[block.index()] != NONE {
                let end = interval[block.index()].1;
                let parent = &mut interval[idom[block.index()] as usize];
                parent.1 = parent.1.max(end);
            }
        }
        Self {
            idom,
            preorder,
            interval,
        }
    }
}

/// A depth-first walk from the entry.
#[derive(Clone, Debug)]
struct Walk {
    rpo: Vec<Block>,
    /// Position in `rpo`, or [`NONE`].
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
