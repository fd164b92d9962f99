//! The older form of exceptions: `try`, `catch`, `catch_all`, `delegate`, `rethrow`. Nothing behind this file knows of it: a `catch` is a clause
//! as that of a `try_table`, with a block that is the start of its own code instead of a branch, so images look alike.
//!
//! What follows a body decides who catches in it, so validation has noted it for each `try` ([`crate::wasm::LegacyTry`]). A clause that a
//! `rethrow` names takes a reference to the exception too, which stays a value of its own until the clause's `end`: `rethrow` is `throw_ref` of it.
//! The clauses in a body that ends with `delegate n` are those right inside of the `n`th frame around it.
//!
//! Locals: a body and its clauses are arms as those of an `if`, but any number. What holds in a clause where nothing has been assigned yet is what
//! holds where its exceptions come from, and never what an arm before it has left. So each arm and all before it are a region that ends where
//! the next clause starts, the one inside the other, and the way out of each leads to that clause's block.
//!
//! Fuel: as `try_table`, a `try` costs 1 and a clause's block 1; `catch`, `catch_all` and `delegate` are free.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators have nothing to do with exceptions"
)]

use super::control::Kind;
use super::regions::{Exit, RegionIdx};
use super::{Block, Builder, Point, Value};
use crate::error::Error;
use crate::ir::inst::Terminator;
use wasmparser::{BlockType, Operator};
use wrt_format::image::Clause;

/// A `try` that is open.
#[derive(Debug)]
pub(super) struct Legacy {
    /// The whole of it.
    pub(super) region: RegionIdx,
    /// For each clause the region that ends where it starts, inside of the next one's.
    arms: Vec<RegionIdx>,
    clauses: Vec<(Clause, Block)>,
    /// Number of clauses that have started.
    started: usize,
    /// Where it starts.
    start: Point,
    /// Number of the operator that ends the body, once there are clauses.
    body_end: u32,
    /// What the current clause has caught, if a `rethrow` may want it.
    exn: Option<Value>,
}

impl Builder<'_> {
    /// Builds the operator. Whether it was one of these.
    pub(super) fn legacy(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        match *op {
            Operator::Try { blockty } => self.try_(blockty)?,
            Operator::Catch { .. } | Operator::CatchAll => self.catch(),
            Operator::Delegate { .. } => self.end(),
            Operator::Rethrow { relative_depth } => {
                let at = self.frames.len() - 1 - relative_depth as usize;
                let Kind::Legacy(Legacy { exn: Some(exn), .. }) = self.frames[at].kind else {
                    return Err(Error::internal("nothing to rethrow"));
                };
                let handlers = self.handlers()?;
                self.terminate(Terminator::ThrowRef { exn, handlers });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn try_(&mut self, ty: BlockType) -> Result<(), Error> {
        let scope = self.next_scope();
        let at = scope.legacy.ok_or_else(|| Error::internal("no such try"))?;
        let body = self.body;
        let noted = &body.tries[at as usize];
        let mut clauses = Vec::with_capacity(noted.clauses.len());
        for clause in &noted.clauses {
            let clause = Clause {
                tag: clause.tag,
                with_ref: clause.rethrown,
            };
            clauses.push((clause, self.new_block()));
        }
        let blocks = match noted.delegate {
            // The label counts from outside of the `try`, whose frame is not there yet.
            Some(depth) => self.catches.inside(self.frames.len() - 1 - depth as usize),
            None => self.with_outer(&clauses)?,
        };
        self.catches.enter(self.frames.len(), blocks);
        let region = self.regions.open(self.region);
        let mut inner = region;
        let mut arms = vec![region; clauses.len()];
        for arm in arms.iter_mut().rev() {
            inner = self.regions.open(inner);
            *arm = inner;
        }
        let legacy = Legacy {
            region,
            arms,
            clauses,
            started: 0,
            start: self.here(),
            body_end: self.op,
            exn: None,
        };
        let (params, results) = self.types(ty)?;
        self.push_frame(Kind::Legacy(legacy), params, results);
        let merge = self.new_block();
        if let Some(frame) = self.frames.last_mut() {
            frame.target = Some(merge);
        }
        self.region = inner;
        Ok(())
    }

    /// Ends the body, or a clause, and starts the next clause, if anything leads there.
    pub(super) fn catch(&mut self) {
        self.fall_through();
        self.catches.leave_body();
        let Some(frame) = self.frames.last_mut() else {
            unreachable!("`catch` outside of the function")
        };
        self.stack.truncate(frame.height);
        let Kind::Legacy(legacy) = &mut frame.kind else {
            unreachable!("`catch` outside of `try`")
        };
        let at = legacy.started;
        legacy.started += 1;
        if at == 0 {
            legacy.body_end = self.op;
        }
        legacy.exn = None;
        let (clause, block) = legacy.clauses[at];
        let from = Point {
            handler: Some(block),
            ..legacy.start
        };
        self.regions
            .close(legacy.arms[at], self.op, Exit::Arm(from));
        self.region = legacy.arms.get(at + 1).map_or(legacy.region, |&arm| arm);
        let info = &mut self.infos[block.index()];
        info.body = Some((legacy.start.op, legacy.body_end));
        if info.preds.is_empty() {
            self.reachable = false;
            return;
        }
        self.start_clause(block, clause);
        let exn = clause.with_ref.then(|| self.pop());
        if let Some(frame) = self.frames.last_mut()
            && let Kind::Legacy(legacy) = &mut frame.kind
        {
            legacy.exn = exn;
        }
    }
}
