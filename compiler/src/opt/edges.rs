//! The edges into each block, and the removal of block parameters with the arguments that go with them.

use crate::ir::cfg::Cfg;
use crate::ir::{Block, Edge, Func, Terminator, ValueDef};

/// An edge, named by where it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct EdgeRef {
    /// The block it leaves.
    pub(super) from: Block,
    /// Its place in the order of [`Terminator::edges`].
    nth: u32,
}

impl EdgeRef {
    /// The edge.
    pub(super) fn get(self, func: &Func) -> &Edge {
        match &func.block(self.from).terminator {
            Terminator::Br(edge) => edge,
            Terminator::BrIf {
                then, otherwise, ..
            } => [then, otherwise][self.nth as usize],
            Terminator::BrTable {
                targets, default, ..
            } => targets.get(self.nth as usize).unwrap_or(default),
            Terminator::Try { normal, handlers } => match self.nth.checked_sub(1) {
                None => normal,
                Some(nth) => &handlers[nth as usize],
            },
            Terminator::Throw { handlers, .. } | Terminator::ThrowRef { handlers, .. } => {
                &handlers[self.nth as usize]
            }
            Terminator::Return(_)
            | Terminator::ReturnCall { .. }
            | Terminator::ReturnCallIndirect { .. }
            | Terminator::ReturnCallRef { .. }
            | Terminator::Trap(_) => unreachable!("no edge leaves this block"),
        }
    }
}

/// The edges into each block from blocks that can be reached. Valid until a terminator changes its targets.
#[derive(Debug)]
pub(super) struct InEdges {
    start: Vec<u32>,
    edges: Vec<EdgeRef>,
}

impl InEdges {
    pub(super) fn new(func: &Func, cfg: &Cfg) -> Self {
        let mut start = vec![0u32; func.blocks.len() + 1];
        for &block in cfg.rpo() {
            start[block.index() + 1] = cfg.preds(block).len() as u32;
        }
        for i in 0..func.blocks.len() {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let blank = EdgeRef {
            from: Func::ENTRY,
            nth: 0,
        };
        let mut edges = vec![blank; *start.last().unwrap_or(&0) as usize];
        for &from in cfg.rpo() {
            for (nth, to) in cfg.succs(from).iter().enumerate() {
                let at = &mut next[to.index()];
                edges[*at as usize] = EdgeRef {
                    from,
                    nth: nth as u32,
                };
                *at += 1;
            }
        }
        Self { start, edges }
    }

    /// The edges into `block`.
    pub(super) fn of(&self, block: Block) -> &[EdgeRef] {
        let i = block.index();
        &self.edges[self.start[i] as usize..self.start[i + 1] as usize]
    }
}

/// Drops the parameters for which `keep` is false from every block, and the arguments for them. `keep[b]` is as long as block `b`
/// has parameters, or empty if it keeps all.
pub(super) fn retain_params(func: &mut Func, keep: &[Vec<bool>]) {
    for (i, keep) in keep.iter().enumerate() {
        if keep.is_empty() {
            continue;
        }
        let block = Block(i as u32);
        let mut params = core::mem::take(&mut func.block_mut(block).params);
        retain_by(&mut params, keep);
        for (index, param) in params.iter().enumerate() {
            func.values[param.index()].def = ValueDef::Param(block, index as u32);
        }
        func.block_mut(block).params = params;
    }
    for data in &mut func.blocks {
        for edge in data.terminator.edges_mut() {
            let keep = &keep[edge.block.index()];
            if !keep.is_empty() {
                retain_by(&mut edge.args, keep);
            }
        }
    }
}

fn retain_by<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    items.retain(|_| *keep.next().unwrap_or(&true));
}
