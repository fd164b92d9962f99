//! Two trees over the body: regions, at whose end the values of locals may merge, and loops, at whose start they do.
//!
//! Both answer "the outermost" or "the innermost enclosing one with a property that holds for a prefix of the ancestors" in
//! logarithmic time: a node has, beside its parent, a jump to an ancestor so far up that the jumps of a path together cover it like
//! the digits of a skew-binary number.

use super::Point;
use crate::ir::func::Block;

/// A region: an index into [`Regions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RegionIdx(pub(super) u32);

impl RegionIdx {
    /// The whole body.
    pub(super) const ROOT: Self = Self(0);
}

/// A loop: an index into [`Loops`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LoopIdx(pub(super) u32);

impl LoopIdx {
    /// Outside of all loops.
    pub(super) const NONE: Self = Self(0);
}

/// Not ended yet.
const OPEN: u32 = u32::MAX;

/// How control leaves a region that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Exit {
    /// It does not, as far as is known: the region is open, or the code behind it is unreachable.
    None,
    /// Through this block, which nothing but the region leads to.
    Merge(Block),
    /// By running off its end, here.
    Through(Point),
    /// The first arm of an `if`, followed by the second one, which starts from the `if`, here.
    Arm(Point),
}

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: u32,
    jump: u32,
    depth: u32,
}

impl Node {
    const ROOT: Self = Self {
        parent: 0,
        jump: 0,
        depth: 0,
    };

    /// A child of `parent`.
    fn child(parent: u32, node: impl Fn(u32) -> Self) -> Self {
        let up = node(parent);
        let jump = node(up.jump);
        let same = up.depth - jump.depth == jump.depth - node(jump.jump).depth;
        Self {
            parent,
            jump: if same { jump.jump } else { parent },
            depth: up.depth + 1,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Region {
    node: Node,
    end: u32,
    exit: Exit,
}

/// The regions: the body, `block`s that are branched to, `if`s, and each arm of an `if`.
#[derive(Debug)]
pub(super) struct Regions(Vec<Region>);

impl Regions {
    pub(super) fn new() -> Self {
        Self(vec![Region {
            node: Node::ROOT,
            end: OPEN,
            exit: Exit::None,
        }])
    }

    /// A new region inside `parent`.
    pub(super) fn open(&mut self, parent: RegionIdx) -> RegionIdx {
        let node = Node::child(parent.0, |idx| self.0[idx as usize].node);
        self.0.push(Region {
            node,
            end: OPEN,
            exit: Exit::None,
        });
        RegionIdx(self.0.len() as u32 - 1)
    }

    /// Ends a region at the operator `end`.
    pub(super) fn close(&mut self, region: RegionIdx, end: u32, exit: Exit) {
        let region = &mut self.0[region.0 as usize];
        region.end = end;
        region.exit = exit;
    }

    pub(super) fn end(&self, region: RegionIdx) -> u32 {
        self.0[region.0 as usize].end
    }

    pub(super) fn exit(&self, region: RegionIdx) -> Exit {
        self.0[region.0 as usize].exit
    }

    /// The outermost region around `region`, itself included, that has ended before the operator `op`.
    pub(super) fn outermost_ended(&self, region: RegionIdx, op: u32) -> Option<RegionIdx> {
        let ended = |idx: u32| self.0[idx as usize].end < op;
        let mut idx = region.0;
        if !ended(idx) {
            return None;
        }
        // The body itself is never ended: the walk stops below it.
        loop {
            let node = self.0[idx as usize].node;
            if ended(node.jump) {
                idx = node.jump;
            } else if ended(node.parent) {
                idx = node.parent;
            } else {
                return Some(RegionIdx(idx));
            }
        }
    }
}

/// A loop with a header of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    node: Node,
    /// Number of the `loop` operator.
    pub(super) start: u32,
    /// Number of its `end` operator.
    end: u32,
    /// Where it starts over.
    pub(super) header: Block,
    /// Whether all edges to the header are known.
    pub(super) sealed: bool,
}

/// The loops that are branched to.
#[derive(Debug)]
pub(super) struct Loops(Vec<Loop>);

impl Loops {
    pub(super) fn new() -> Self {
        Self(vec![Loop {
            node: Node::ROOT,
            start: 0,
            end: OPEN,
            header: Block(0),
            sealed: true,
        }])
    }

    /// A new loop inside `parent`, of the operators `start` to `end`.
    pub(super) fn open(&mut self, parent: LoopIdx, start: u32, end: u32, header: Block) -> LoopIdx {
        let node = Node::child(parent.0, |idx| self.0[idx as usize].node);
        self.0.push(Loop {
            node,
            start,
            end,
            header,
            sealed: false,
        });
        LoopIdx(self.0.len() as u32 - 1)
    }

    pub(super) fn get(&self, idx: LoopIdx) -> &Loop {
        &self.0[idx.0 as usize]
    }

    pub(super) fn seal(&mut self, idx: LoopIdx) {
        self.0[idx.0 as usize].sealed = true;
    }

    /// The innermost loop around `idx`, itself included, that the operator `op`, which comes later than its start, is in.
    pub(super) fn innermost_with(&self, idx: LoopIdx, op: u32) -> Option<LoopIdx> {
        let without = |idx: u32| self.0[idx as usize].end <= op;
        let mut idx = idx.0;
        while without(idx) {
            let node = self.0[idx as usize].node;
            idx = if without(node.jump) {
                node.jump
            } else {
                node.parent
            };
        }
        (idx != LoopIdx::NONE.0).then_some(LoopIdx(idx))
    }
}
