//! The shape of the emitted code: which block follows which, where control falls through, and which edges get blocks of their own.
//!
//! Input: the selected instructions of each block ([`Piece`]); output: the blocks of [`super::vcode::VCode`].
//!
//! An edge is split, that is gets a block that ends in `br`, when it carries arguments between a block with several successors and
//! one with several predecessors, or when control should fall through to a block that does not come next. The blocks of split edges
//! come right behind their source, or, for edges to handlers, last of all, and cost nothing. Emission drops those that turn out empty.

use super::negate::negate;
use super::select::Selector;
use super::vcode::{VBlock, VEdge, VInst, VReg};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::loops::Loops;
use crate::ir::{Block, Edge, Func, Value};
use wrt_format::image::Clause;
use wrt_format::isa::Op;

/// Not in the layout.
const NOWHERE: u32 = u32::MAX;

/// Where an edge leads.
#[derive(Clone, Copy, Debug)]
enum Target {
    /// To the block itself.
    Block(Block),
    /// To this one of the source's split edges.
    Split(usize),
    /// To this one of the source's pads.
    Pad(usize),
}

/// An edge out of a block.
#[derive(Clone, Debug)]
struct Succ {
    target: Target,
    args: Vec<VReg>,
}

/// The block of a split edge.
#[derive(Clone, Debug)]
struct Split {
    to: Block,
    /// Constants among the arguments.
    insts: Vec<VInst>,
    args: Vec<VReg>,
}

/// A selected block. By default one without successors.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub(super) params: Vec<VReg>,
    pub(super) insts: Vec<VInst>,
    pub(super) caught: Vec<VReg>,
    clauses: Vec<Clause>,
    succs: Vec<Succ>,
    splits: Vec<Split>,
    /// Split edges to handlers. Nothing falls into them: they come last of all.
    pads: Vec<Split>,
}

/// What is known of the shape before anything is selected.
pub(super) struct Planner<'a> {
    func: &'a Func,
    /// The reachable blocks in layout order.
    layout: Vec<Block>,
    /// Place of each block in `layout`.
    place: Vec<u32>,
    /// Number of edges to each block.
    pred_count: Vec<u32>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(func: &'a Func, cfg: &Cfg) -> Self {
        let layout: Vec<Block> = func
            .layout
            .iter()
            .copied()
            .filter(|&block| cfg.is_reachable(block))
            .collect();
        let mut place = vec![NOWHERE; func.blocks.len()];
        for (i, block) in layout.iter().enumerate() {
            place[block.index()] = i as u32;
        }
        let pred_count = (0..func.blocks.len() as u32)
            .map(|i| cfg.preds(Block(i)).len() as u32)
            .collect();
        Self {
            func,
            layout,
            place,
            pred_count,
        }
    }

    /// The block that comes behind `block`.
    pub(super) fn next(&self, block: Block) -> Option<Block> {
        self.layout
            .get(self.place[block.index()] as usize + 1)
            .copied()
    }

    /// Whether `to` does not come behind `from`.
    pub(super) fn is_backward(&self, from: Block, to: Block) -> bool {
        self.place[to.index()] <= self.place[from.index()]
    }

    /// Whether an edge out of a block with several successors needs a block of its own for its arguments.
    fn needs_split(&self, edge: &Edge) -> bool {
        !edge.args.is_empty() && self.pred_count[edge.block.index()] > 1
    }

    /// How hot a block is: as the profile says, else by the loops around it.
    fn heat(&self, block: Block, loops: &Loops) -> u32 {
        self.func.heat(block).unwrap_or_else(|| loops.depth(block))
    }

    /// The blocks in order.
    pub(super) fn assemble(&self, mut pieces: Vec<Option<Piece>>, loops: &Loops) -> Vec<VBlock> {
        let mut index = vec![NOWHERE; pieces.len()];
        let mut count = 0;
        for &block in &self.layout {
            index[block.index()] = count;
            if let Some(piece) = &pieces[block.index()] {
                count += 1 + piece.splits.len() as u32;
            }
        }
        let mut pads: Vec<(Split, u32)> = Vec::new();
        let mut blocks = Vec::with_capacity(count as usize);
        for &block in &self.layout {
            let Some(piece) = pieces[block.index()].take() else {
                continue;
            };
            let first_split = blocks.len() + 1;
            let first_pad = count as usize + pads.len();
            let depth = self.heat(block, loops);
            let edge = |succ: Succ| VEdge {
                block: match succ.target {
                    Target::Block(to) => index[to.index()],
                    Target::Split(i) => (first_split + i) as u32,
                    Target::Pad(i) => (first_pad + i) as u32,
                },
                args: succ.args,
            };
            blocks.push(VBlock {
                params: piece.params,
                insts: piece.insts,
                succs: piece.succs.into_iter().map(edge).collect(),
                clauses: piece.clauses,
                caught: piece.caught,
                cost: self.func.block(block).cost,
                step: self.func.block(block).step,
                loop_depth: depth,
            });
            let offset = self.func.block(block).offset;
            pads.extend(piece.pads.into_iter().map(|pad| (pad, offset)));
            for mut split in piece.splits {
                let to = index[split.to.index()];
                let falls = to as usize == blocks.len() + 1;
                if !falls {
                    split.insts.push(jump_inst(offset));
                }
                blocks.push(VBlock {
                    params: Vec::new(),
                    insts: split.insts,
                    succs: vec![VEdge {
                        block: to,
                        args: split.args,
                    }],
                    cost: 0,
                    loop_depth: depth.min(self.heat(split.to, loops)),
                    ..VBlock::default()
                });
            }
        }
        for (mut pad, offset) in pads {
            pad.insts.push(jump_inst(offset));
            blocks.push(VBlock {
                insts: pad.insts,
                succs: vec![VEdge {
                    block: index[pad.to.index()],
                    args: pad.args,
                }],
                ..VBlock::default()
            });
        }
        blocks
    }
}

/// `br` to the only successor.
fn jump_inst(offset: u32) -> VInst {
    VInst {
        op: Op::Br,
        fields: [0; 6],
        args: Vec::new(),
        results: Vec::new(),
        offset,
    }
}

impl Selector<'_> {
    /// The block at hand goes on at `edge`.
    pub(super) fn jump(&mut self, edge: &Edge) -> Piece {
        if self.planner.next(self.block) != Some(edge.block) {
            self.emit(Op::Br, &[0]);
        }
        let mut piece = Piece::default();
        piece.succs.push(Succ {
            target: Target::Block(edge.block),
            args: self.regs(&edge.args),
        });
        piece
    }

    /// The block at hand ends in the conditional branch `inst`, which goes to `taken` or falls through to `fall`.
    pub(super) fn two_way(&mut self, mut inst: VInst, taken: &Edge, fall: &Edge) -> Piece {
        let (mut taken, mut fall) = (taken, fall);
        let next = self.planner.next(self.block);
        let is_next = |edge: &Edge| Some(edge.block) == next;
        let turn = match (
            self.planner.needs_split(taken),
            self.planner.needs_split(fall),
        ) {
            (false, false) => !is_next(fall) && is_next(taken),
            // The block of the split edge can only lie on the way that falls through, if the other is to need no block.
            (true, false) => true,
            (false, true) => false,
            // The second of the two blocks falls through.
            (true, true) => is_next(fall),
        };
        if turn && let Some(opposite) = negate(&inst) {
            inst = opposite;
            core::mem::swap(&mut taken, &mut fall);
        }
        self.push(inst);
        let split_taken = self.planner.needs_split(taken);
        let split_fall = split_taken || self.planner.needs_split(fall) || !is_next(fall);
        let mut piece = Piece::default();
        let fall = self.succ(&mut piece, fall, split_fall);
        let taken = self.succ(&mut piece, taken, split_taken);
        piece.succs = vec![taken, fall];
        piece
    }

    /// The block at hand ends in a `br_table` to `edges`. Equal edges share a block, if they need one.
    pub(super) fn many_way(&mut self, edges: &[&Edge]) -> Piece {
        let mut piece = Piece::default();
        let mut known: HashMap<(Block, Vec<Value>), Succ> = HashMap::default();
        for edge in edges {
            let args: Vec<Value> = edge.args.iter().map(|&arg| self.root(arg)).collect();
            let key = (edge.block, args);
            let succ = match known.get(&key) {
                Some(succ) => succ.clone(),
                None => {
                    let split = self.planner.needs_split(edge);
                    let succ = self.succ(&mut piece, edge, split);
                    known.insert(key, succ.clone());
                    succ
                }
            };
            piece.succs.push(succ);
        }
        piece
    }

    /// The block at hand ends in a call that goes on at `normal` or, by an exception, at one of the handlers.
    pub(super) fn try_call(&mut self, normal: &Edge, handlers: &[Edge]) -> Piece {
        let is_next = self.planner.next(self.block) == Some(normal.block);
        let split = self.planner.needs_split(normal) || !is_next;
        let mut piece = Piece::default();
        let succ = self.succ(&mut piece, normal, split);
        piece.succs.push(succ);
        self.catch(&mut piece, handlers);
        piece
    }

    /// Adds the handlers of the call or throw that the block at hand ends in.
    pub(super) fn catch(&mut self, piece: &mut Piece, handlers: &[Edge]) {
        for edge in handlers {
            // A constant is better made when it is needed, too.
            let makes = |arg: &Value| self.fuse && self.const_bits(*arg).is_some();
            let split = self.planner.needs_split(edge) || edge.args.iter().any(makes);
            let mut of_edge = Piece::default();
            let mut succ = self.succ(&mut of_edge, edge, split);
            if split {
                succ.target = Target::Pad(piece.pads.len());
                piece.pads.append(&mut of_edge.splits);
            }
            piece.succs.push(succ);
            piece.clauses.extend(self.func.clause(edge.block));
        }
    }

    fn succ(&mut self, piece: &mut Piece, edge: &Edge, split: bool) -> Succ {
        if !split {
            return Succ {
                target: Target::Block(edge.block),
                args: self.regs(&edge.args),
            };
        }
        let mut insts = Vec::new();
        let mut args = Vec::with_capacity(edge.args.len());
        for &arg in &edge.args {
            // Made here, a constant costs nothing on the other ways, and no more than a move on this one.
            match self.const_bits(arg).filter(|_| self.fuse) {
                Some(bits) => {
                    let reg = self.fresh(self.func.ty(arg));
                    insts.push(self.constant_inst(i64::from(reg.0), bits));
                    args.push(reg);
                }
                None => args.push(self.reg(arg)),
            }
        }
        piece.splits.push(Split {
            to: edge.block,
            insts,
            args,
        });
        Succ {
            target: Target::Split(piece.splits.len() - 1),
            args: Vec::new(),
        }
    }
}
