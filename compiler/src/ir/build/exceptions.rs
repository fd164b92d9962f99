//! `try_table`, throwing, and calls that may throw.
//!
//! A clause has a block of its own, which its label's block follows. In the body every call ends its block, with an edge to each clause
//! that its exceptions are tried against, outer `try_table`s included: so each clause's block is a merge of all places that may throw, and
//! the value of a local there is found as at any other merge. It differs from what holds at the start of the body only if the body assigns
//! the local, and then it is a parameter.
//!
//! Fuel: a clause's block costs 1, so that no way through it is free.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators have nothing to do with exceptions"
)]

use super::control::Kind;
use super::{Block, Builder, Point, Value};
use crate::error::Error;
use crate::ir::func::Edge;
use crate::ir::inst::{Inst, Terminator};
use crate::ir::types::Type;
use crate::wasm::label;
use std::rc::Rc;
use wasmparser::{Catch, Operator, TryTable};
use wrt_format::image::Clause;

/// Most edges to clauses in a function, and most clauses around all of its `try_table`s. A call has one for each clause around it up to the
/// first for any exception, so nested `try_table`s could make more than there are operators.
const MAX_EDGES: u32 = 1 << 22;

/// A clause whose block is built when all places are known that may throw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    clause: Clause,
    /// Label, counted from outside of the `try_table`.
    label: u32,
    block: Block,
}

/// The clauses around the current place.
#[derive(Debug, Default)]
pub(super) struct Catches {
    /// Their blocks, in the order in which they are tried.
    blocks: Clauses,
    /// Edges to clauses so far.
    edges: u32,
    /// Each open `try_table` and `try`: the number of its frame, and the clauses around it.
    open: Vec<(usize, Clauses)>,
}

/// Blocks of clauses, in the order in which they are tried. Places share them.
pub(super) type Clauses = Rc<[Block]>;

impl Catches {
    /// In the body of what opens the frame `frame`: these clauses.
    pub(super) fn enter(&mut self, frame: usize, blocks: Clauses) {
        let outer = core::mem::replace(&mut self.blocks, blocks);
        self.open.push((frame, outer));
    }

    /// In a clause of the innermost `try`: the clauses around that.
    pub(super) fn leave_body(&mut self) {
        if let Some((_, outer)) = self.open.last() {
            self.blocks = Rc::clone(outer);
        }
    }

    /// Behind the innermost `try_table` or `try`: the clauses around it.
    pub(super) fn leave(&mut self) {
        if let Some((_, outer)) = self.open.pop() {
            self.blocks = outer;
        }
    }

    /// The clauses that hold right inside of a frame, outside of what is open in it.
    pub(super) fn inside(&self, frame: usize) -> Clauses {
        let at = self.open.partition_point(|&(open, _)| open <= frame);
        let inner = self.open.get(at).map_or(&self.blocks, |(_, outer)| outer);
        Rc::clone(inner)
    }
}

fn clause(catch: &Catch) -> Clause {
    let (tag, with_ref) = match *catch {
        Catch::One { tag, .. } => (Some(tag), false),
        Catch::OneRef { tag, .. } => (Some(tag), true),
        Catch::All { .. } => (None, false),
        Catch::AllRef { .. } => (None, true),
    };
    Clause { tag, with_ref }
}

impl Builder<'_> {
    /// Builds the operator. Whether it was one of these.
    pub(super) fn exception(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        match op {
            Operator::TryTable { try_table } => self.try_table(try_table)?,
            Operator::Throw { tag_index } => {
                let count = self.module.tag_type(*tag_index).params.len();
                let args = self.pop_n(count);
                let handlers = self.handlers()?;
                self.terminate(Terminator::Throw {
                    tag: *tag_index,
                    args,
                    handlers,
                });
            }
            Operator::ThrowRef => {
                let exn = self.pop();
                let handlers = self.handlers()?;
                self.terminate(Terminator::ThrowRef { exn, handlers });
            }
            _ => return self.legacy(op),
        }
        Ok(true)
    }

    /// Ends the current block behind a call, if anything around catches.
    pub(super) fn tried(&mut self) -> Result<(), Error> {
        let handlers = self.handlers()?;
        if !handlers.is_empty() {
            self.split(|block| Terminator::Try {
                normal: Edge {
                    block,
                    args: Vec::new(),
                },
                handlers,
            });
        }
        Ok(())
    }

    /// Edges to the clauses around the current place.
    pub(super) fn handlers(&mut self) -> Result<Vec<Edge>, Error> {
        self.count_edges(self.catches.blocks.len())?;
        let edge = |&block: &Block| Edge {
            block,
            args: Vec::new(),
        };
        Ok(self.catches.blocks.iter().map(edge).collect())
    }

    fn count_edges(&mut self, more: usize) -> Result<(), Error> {
        self.catches.edges = self.catches.edges.saturating_add(more as u32);
        if self.catches.edges > MAX_EDGES {
            let limit = u64::from(MAX_EDGES);
            return Err(Error::too_large(
                "clauses around calls of a function",
                limit,
            ));
        }
        Ok(())
    }

    fn try_table(&mut self, try_table: &TryTable) -> Result<(), Error> {
        let mut pending = Vec::with_capacity(try_table.catches.len());
        for catch in &try_table.catches {
            pending.push(Pending {
                clause: clause(catch),
                label: label(catch),
                block: self.new_block(),
            });
        }
        let own: Vec<_> = pending.iter().map(|p| (p.clause, p.block)).collect();
        let blocks = self.with_outer(&own)?;
        self.catches.enter(self.frames.len(), blocks);
        let start = self.here();
        self.scoped(try_table.ty, |region| Kind::Try {
            region,
            pending,
            start,
        })
    }

    /// The clauses in a body with these of its own: they are tried first, then, unless one of them is for any exception, those around it.
    pub(super) fn with_outer(&mut self, own: &[(Clause, Block)]) -> Result<Clauses, Error> {
        let all = own.iter().position(|(clause, _)| clause.tag.is_none());
        // What comes behind a clause for any exception is never tried.
        let count = all.map_or(own.len(), |at| at + 1);
        let mut blocks: Vec<Block> = own[..count].iter().map(|&(_, block)| block).collect();
        if all.is_none() {
            self.count_edges(self.catches.blocks.len())?;
            blocks.extend_from_slice(&self.catches.blocks);
        }
        Ok(blocks.into())
    }

    /// At the end of a `try_table`, whose frame is gone: builds the blocks of its clauses that anything leads to.
    pub(super) fn build_clauses(&mut self, pending: Vec<Pending>, start: Point) {
        let (current, reachable, height) = (self.current, self.reachable, self.stack.len());
        for Pending {
            clause,
            label,
            block,
        } in pending
        {
            if self.infos[block.index()].preds.is_empty() {
                continue;
            }
            self.start_clause(block, clause);
            self.br(label);
            self.stack.truncate(height);
            let info = &mut self.infos[block.index()];
            info.end = Point {
                handler: Some(block),
                ..start
            };
            info.body = Some((start.op, self.op));
        }
        (self.current, self.reachable) = (current, reachable);
    }

    /// Starts the block of a clause: what it has caught goes to the stack.
    pub(super) fn start_clause(&mut self, block: Block, clause: Clause) {
        self.start(block);
        self.func.block_mut(block).cost = 1;
        self.mark_step();
        let types = self.caught_types(clause);
        self.emit(Inst::Caught(clause), &types);
    }

    fn caught_types(&self, clause: Clause) -> Vec<Type> {
        let mut types = match clause.tag {
            Some(tag) => self.module.ir_params(self.module.tag_type(tag)),
            None => Vec::new(),
        };
        types.extend(clause.with_ref.then_some(Type::ExnRef));
        types
    }

    /// The value of a local in the block of a clause, if that is another than at the start of the body.
    pub(super) fn caught_local(&mut self, block: Block, local: u32) -> Option<Value> {
        let (start, end) = self.infos[block.index()].body?;
        let assigns = self.body.assigns(local);
        let first = assigns.partition_point(|&op| op <= start);
        assigns.get(first).filter(|&&op| op < end)?;
        Some(self.clause_param(block, local))
    }
}
