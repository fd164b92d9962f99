//! The value of a local at a place, found on demand.
//!
//! The last assignment before the place decides. If it lies in a region that has ended since, the value is what that region's exit
//! brings: a parameter of the block at its end, or, where only one edge leads there, whatever holds at that edge. If a loop around
//! the place has started since, and the loop assigns the local (validation has listed where), the value is a parameter of the
//! loop's header. Where an exception has been caught, it is a parameter of the clause's block if the body assigns the local, else what it is
//! in front of the body. A block where no path changes the local is never visited, however many lie in between, and what is found at a
//! region or a header is kept, so that it is found once.
//!
//! Finding a parameter does not wait for its arguments: they are looked up afterwards, from a queue. Invariant: while the queue is
//! empty, every edge to a block has its arguments for all parameters, but for edges back to loops that are not sealed.

use super::regions::{Exit, LoopIdx, RegionIdx};
use super::{Block, Builder, Inst, Point, Type, Value, ValueDef};
use crate::hash::HashMap;
use crate::ir::func::{Func, InstIdx};
use std::collections::VecDeque;

/// An assignment in reachable code.
#[derive(Clone, Copy, Debug)]
struct Assign {
    /// Number of the operator.
    op: u32,
    region: RegionIdx,
    block: Block,
    value: Value,
}

/// Where a value of a local is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// Behind a region.
    Behind(RegionIdx, u32),
    /// In the header of a loop.
    Header(LoopIdx, u32),
    /// In the block of a clause.
    Clause(Block, u32),
}

/// Arguments to be looked up: those for the parameter `param` of `block`, which stands for `local`.
#[derive(Clone, Copy, Debug)]
struct Fill {
    block: Block,
    local: u32,
    /// Only for the edge that enters the loop: the others follow when it is sealed.
    entry_only: bool,
}

/// What is known of the locals of a function.
#[derive(Debug)]
pub(super) struct Locals {
    /// The assignments so far of each local; of several in one block only the last.
    assigns: Vec<Vec<Assign>>,
    /// The value of each local in the block where it was last asked for or assigned, valid while that block is the current one.
    cache: Vec<(Block, Value)>,
    found: HashMap<Place, Value>,
    queue: VecDeque<Fill>,
    /// Places that the current search has come past.
    trail: Vec<Place>,
    /// The zero of each type, once used, and its instruction.
    zeros: Vec<(Type, Value, InstIdx)>,
    /// Steps that searches have taken.
    pub(super) steps: u64,
}

impl Locals {
    pub(super) fn new(count: usize) -> Self {
        Self {
            assigns: vec![Vec::new(); count],
            cache: vec![(Block(u32::MAX), Value(0)); count],
            found: HashMap::default(),
            queue: VecDeque::new(),
            trail: Vec::new(),
            zeros: Vec::new(),
            steps: 0,
        }
    }

    /// The instructions that make the zeros.
    pub(super) fn zero_insts(&self) -> Vec<InstIdx> {
        self.zeros.iter().map(|&(.., inst)| inst).collect()
    }
}

impl Builder<'_> {
    /// The value of a local here.
    pub(super) fn get_local(&mut self, local: u32) -> Value {
        let (block, value) = self.locals.cache[local as usize];
        if block == self.current {
            return value;
        }
        let value = self.find(local, self.here());
        self.fill_queued();
        self.locals.cache[local as usize] = (self.current, value);
        value
    }

    /// Assigns a local here.
    pub(super) fn set_local(&mut self, local: u32, value: Value) {
        let assign = Assign {
            op: self.op,
            region: self.region,
            block: self.current,
            value,
        };
        self.locals.cache[local as usize] = (self.current, value);
        let assigns = &mut self.locals.assigns[local as usize];
        match assigns.last_mut() {
            // Places that are asked about later lie at the ends of blocks, behind both.
            Some(last) if last.block == assign.block && last.region == assign.region => {
                *last = assign;
            }
            _ => assigns.push(assign),
        }
    }

    /// Gives the edges back to a loop's header their arguments, now that all are known.
    pub(super) fn seal(&mut self, in_loop: LoopIdx) {
        let header = self.loops.get(in_loop).header.index();
        let mut at = 0;
        // The searches may add parameters.
        while let Some(&local) = self.infos[header].local_params.get(at) {
            for pred in 1..self.infos[header].preds.len() {
                self.fill(Block(header as u32), pred, local);
            }
            self.fill_queued();
            at += 1;
        }
        self.loops.seal(in_loop);
    }

    fn fill_queued(&mut self) {
        while let Some(fill) = self.locals.queue.pop_front() {
            let preds = match fill.entry_only {
                true => 1,
                false => self.infos[fill.block.index()].preds.len(),
            };
            for pred in 0..preds {
                self.fill(fill.block, pred, fill.local);
            }
        }
    }

    /// Adds the next argument to the edge `pred` to `block`: the local's value there.
    fn fill(&mut self, block: Block, pred: usize, local: u32) {
        let edge = self.infos[block.index()].preds[pred];
        let value = self.find(local, self.infos[edge.from.index()].end);
        self.edge_mut(edge).args.push(value);
    }

    /// The value of a local at a place. May add parameters whose arguments are then queued.
    fn find(&mut self, local: u32, mut at: Point) -> Value {
        let value = loop {
            self.locals.steps += 1;
            if let Some(block) = at.handler.take()
                && let Some(value) = self.caught_local(block, local)
            {
                break value;
            }
            let assign = self.last_assign(local, at.op);
            let ended = assign.and_then(|a| self.regions.outermost_ended(a.region, at.op));
            let since = ended.map(|r| self.regions.end(r)).or(assign.map(|a| a.op));
            if let Some(header) = self.loop_that_assigns(local, at, since) {
                break self.header_param(header, local);
            }
            let Some(region) = ended else {
                break match assign {
                    Some(assign) => assign.value,
                    None => self.initial(local),
                };
            };
            let place = Place::Behind(region, local);
            if let Some(&value) = self.locals.found.get(&place) {
                break value;
            }
            at = match self.regions.exit(region) {
                Exit::Arm(point) => point,
                Exit::Through(point) => {
                    self.locals.trail.push(place);
                    point
                }
                Exit::Merge(block) => {
                    self.locals.trail.push(place);
                    match self.infos[block.index()].preds[..] {
                        [only] => self.infos[only.from.index()].end,
                        _ => break self.local_param(block, local, false),
                    }
                }
                Exit::None => unreachable!("reachable code behind a region that nothing leaves"),
            };
        };
        for place in self.locals.trail.drain(..) {
            self.locals.found.insert(place, value);
        }
        value
    }

    /// The last assignment to a local before the operator `op`.
    fn last_assign(&self, local: u32, op: u32) -> Option<Assign> {
        let assigns = &self.locals.assigns[local as usize];
        if let Some(last) = assigns.last().filter(|last| last.op < op) {
            return Some(*last);
        }
        let count = assigns.partition_point(|assign| assign.op < op);
        count.checked_sub(1).map(|at| assigns[at])
    }

    /// The innermost loop around `at` that has started behind the operator `since` and assigns the local. As no assignment lies
    /// between the two, it is the next one that must be in the loop.
    fn loop_that_assigns(&self, local: u32, at: Point, since: Option<u32>) -> Option<LoopIdx> {
        let is_later = |idx: LoopIdx| since.is_none_or(|op| self.loops.get(idx).start > op);
        if at.in_loop == LoopIdx::NONE || !is_later(at.in_loop) {
            return None;
        }
        let assigns = self.body.assigns(local);
        let next = assigns.partition_point(|&op| op < at.op);
        let idx = self.loops.innermost_with(at.in_loop, *assigns.get(next)?)?;
        is_later(idx).then_some(idx)
    }

    /// The parameter for a local of a loop's header.
    fn header_param(&mut self, in_loop: LoopIdx, local: u32) -> Value {
        let place = Place::Header(in_loop, local);
        if let Some(&value) = self.locals.found.get(&place) {
            return value;
        }
        let data = *self.loops.get(in_loop);
        let value = self.local_param(data.header, local, !data.sealed);
        self.locals.found.insert(place, value);
        value
    }

    /// The parameter for a local of a clause's block.
    pub(super) fn clause_param(&mut self, block: Block, local: u32) -> Value {
        let place = Place::Clause(block, local);
        if let Some(&value) = self.locals.found.get(&place) {
            return value;
        }
        let value = self.local_param(block, local, false);
        self.locals.found.insert(place, value);
        value
    }

    /// A new parameter for a local.
    fn local_param(&mut self, block: Block, local: u32, entry_only: bool) -> Value {
        self.infos[block.index()].local_params.push(local);
        self.locals.queue.push_back(Fill {
            block,
            local,
            entry_only,
        });
        let ty = self.body.locals[local as usize];
        self.func.add_param(block, ty)
    }

    /// The value of a local that is not assigned yet: the function's parameter, or zero.
    pub(super) fn initial(&mut self, local: u32) -> Value {
        let params = &self.func.block(Func::ENTRY).params;
        if let Some(&param) = params.get(local as usize) {
            return param;
        }
        let ty = self.body.locals[local as usize];
        if let Some(&(_, zero, _)) = self.locals.zeros.iter().find(|zero| zero.0 == ty) {
            return zero;
        }
        let offset = self.body.offset as u32;
        let inst = self.func.new_inst(Inst::zero(ty), &[ty], offset);
        let zero = self.func.insts[inst.index()].results[0];
        debug_assert_eq!(
            self.func.values[zero.index()].def,
            ValueDef::Result(inst, 0)
        );
        self.locals.zeros.push((ty, zero, inst));
        zero
    }
}
