//! Structured control: frames, branches, merges.
//!
//! A block that control merges in is made at the first branch to it and started at the `end`, when all edges to it are known. Only a
//! loop's header starts before: it learns its back edges until the loop ends, then it is sealed.

use super::exceptions::Pending;
use super::legacy::Legacy;
use super::regions::{Exit, LoopIdx, RegionIdx};
use super::{Block, Builder, EdgeRef, Point, Value};
use crate::error::Error;
use crate::ir::func::Edge;
use crate::ir::inst::{Inst, Terminator};
use crate::ir::object::ObjectOp;
use crate::ir::types::Type;
use crate::wasm::{FuncType, Scope, ValidModule, ref_type, value_type};
use wasmparser::{BlockType, BrTable};

/// An argument of an edge back to a loop's header.
#[derive(Clone, Copy, Debug)]
pub(super) enum LoopArg {
    /// Operand of the branch.
    Operand(usize),
    /// Parameter of the header, unchanged: the loop shares it with an outer one, which alone can change it.
    Param(Value),
}

/// What a frame stands for.
#[derive(Debug)]
pub(super) enum Kind {
    Func,
    /// Its region, if it is branched to.
    Block {
        region: Option<RegionIdx>,
    },
    /// Its loop, if it has a header of its own, and where each parameter of the header comes from on a branch.
    Loop {
        own: Option<LoopIdx>,
        args: Vec<LoopArg>,
    },
    /// A `try_table`.
    Try {
        /// Its region, if it is branched to.
        region: Option<RegionIdx>,
        pending: Vec<Pending>,
        /// Where it starts.
        start: Point,
    },
    /// A `try`.
    Legacy(Legacy),
    If {
        /// The whole of it.
        region: RegionIdx,
        /// The current arm.
        arm: RegionIdx,
        /// Block that the condition is in.
        from: Block,
        /// Operands that the arms start with.
        params: Vec<Value>,
        in_else: bool,
    },
}

/// A structured instruction, or the function, that is open.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Operands below its own.
    pub(super) height: usize,
    /// Number of operands that a branch to its label takes.
    label_arity: usize,
    results: Vec<Type>,
    /// Where branches to its label go, once there is one.
    pub(super) target: Option<Block>,
    outer_region: RegionIdx,
    outer_loop: LoopIdx,
}

impl Frame {
    /// The frame of the function itself.
    pub(super) fn of_function(module: &ValidModule<'_>, ty: &FuncType) -> Self {
        Self {
            kind: Kind::Func,
            height: 0,
            label_arity: ty.results.len(),
            results: module.ir_results(ty),
            target: None,
            outer_region: RegionIdx::ROOT,
            outer_loop: LoopIdx::NONE,
        }
    }
}

impl Builder<'_> {
    pub(super) fn edge_mut(&mut self, edge: EdgeRef) -> &mut Edge {
        let position = edge.position as usize;
        match (&mut self.func.block_mut(edge.from).terminator, position) {
            (Terminator::Br(edge), _) => edge,
            (Terminator::BrIf { then, .. }, 0) => then,
            (Terminator::BrIf { otherwise, .. }, _) => otherwise,
            (
                Terminator::BrTable {
                    targets, default, ..
                },
                _,
            ) => targets.get_mut(position).unwrap_or(default),
            (Terminator::Try { normal, .. }, 0) => normal,
            (Terminator::Try { handlers, .. }, _) => &mut handlers[position - 1],
            (Terminator::Throw { handlers, .. } | Terminator::ThrowRef { handlers, .. }, _) => {
                &mut handlers[position]
            }
            _ => unreachable!("an edge of a terminator without edges"),
        }
    }

    pub(super) fn types(&self, ty: BlockType) -> Result<(usize, Vec<Type>), Error> {
        Ok(match ty {
            BlockType::Empty => (0, Vec::new()),
            BlockType::Type(ty) => (0, vec![self.module.ir_type(value_type(ty)?)]),
            BlockType::FuncType(idx) => {
                let ty = &self.module.types[idx as usize];
                (ty.params.len(), self.module.ir_results(ty))
            }
        })
    }

    pub(super) fn next_scope(&mut self) -> Scope {
        self.next_scope += 1;
        self.body.scopes[self.next_scope - 1]
    }

    /// Skips a structured instruction in unreachable code.
    pub(super) fn skip_scope(&mut self) {
        self.next_scope += 1;
        self.dead_depth += 1;
    }

    pub(super) fn push_frame(&mut self, kind: Kind, params: usize, results: Vec<Type>) {
        self.frames.push(Frame {
            height: self.stack.len() - params,
            label_arity: match kind {
                Kind::Loop { .. } => params,
                Kind::Func
                | Kind::Block { .. }
                | Kind::Try { .. }
                | Kind::Legacy(_)
                | Kind::If { .. } => results.len(),
            },
            kind,
            results,
            target: None,
            outer_region: self.region,
            outer_loop: self.in_loop,
        });
    }

    pub(super) fn block(&mut self, ty: BlockType) -> Result<(), Error> {
        self.scoped(ty, |region| Kind::Block { region })
    }

    /// Opens what has a label at its end, and a region if that is branched to.
    pub(super) fn scoped(
        &mut self,
        ty: BlockType,
        kind: impl FnOnce(Option<RegionIdx>) -> Kind,
    ) -> Result<(), Error> {
        let scope = self.next_scope();
        let (params, results) = self.types(ty)?;
        let region = scope.targeted.then(|| self.regions.open(self.region));
        self.push_frame(kind(region), params, results);
        self.region = region.unwrap_or(self.region);
        Ok(())
    }

    pub(super) fn loop_(&mut self, ty: BlockType) -> Result<(), Error> {
        let scope = self.next_scope();
        let (params, results) = self.types(ty)?;
        let (mut own, mut args, mut target) = (None, Vec::new(), None);
        if scope.targeted {
            args = (0..params).map(LoopArg::Operand).collect();
            if self.at_loop_header() {
                args = self.shared_args(params);
            } else {
                own = Some(self.open_header(scope, params));
            }
            target = Some(self.current);
        }
        self.push_frame(Kind::Loop { own, args }, params, results);
        if let (Some(target), Some(frame)) = (target, self.frames.last_mut()) {
            frame.target = Some(target);
        }
        self.in_loop = own.unwrap_or(self.in_loop);
        Ok(())
    }

    /// Whether nothing has happened since the header of the innermost loop started.
    fn at_loop_header(&self) -> bool {
        let block = self.func.block(self.current);
        self.in_loop != LoopIdx::NONE
            && self.loops.get(self.in_loop).header == self.current
            && block.cost == 0
            && block.insts.is_empty()
    }

    /// Where the arguments of edges to the current block, a header, come from for a loop that shares it. As nothing has been
    /// computed since, the operands that the loop takes are parameters of the header, each at most once.
    fn shared_args(&self, params: usize) -> Vec<LoopArg> {
        let operands = &self.stack[self.stack.len() - params..];
        let info = &self.infos[self.current.index()];
        let values = &self.func.block(self.current).params;
        let of_stack = values.len() - info.local_params.len();
        let arg = |&value: &Value| match operands.iter().position(|&operand| operand == value) {
            Some(at) => LoopArg::Operand(at),
            None => LoopArg::Param(value),
        };
        values[..of_stack].iter().map(arg).collect()
    }

    /// Starts a loop's header.
    fn open_header(&mut self, scope: Scope, params: usize) -> LoopIdx {
        let header = self.new_block();
        let args = self.pop_n(params);
        for &arg in &args {
            let ty = self.func.ty(arg);
            let param = self.func.add_param(header, ty);
            self.stack.push(param);
        }
        self.terminate(Terminator::Br(Edge {
            block: header,
            args,
        }));
        self.start(header);
        self.loops.open(self.in_loop, self.op, scope.end, header)
    }

    pub(super) fn if_(&mut self, ty: BlockType) -> Result<(), Error> {
        self.next_scope();
        let (params, results) = self.types(ty)?;
        let cond = self.pop();
        let values = self.stack[self.stack.len() - params..].to_vec();
        let from = self.current;
        let (then, merge) = (self.new_block(), self.new_block());
        // Without an `else`, the parameters are the results.
        self.terminate(Terminator::BrIf {
            cond,
            then: Edge {
                block: then,
                args: Vec::new(),
            },
            otherwise: Edge {
                block: merge,
                args: values.clone(),
            },
        });
        self.func.block_mut(from).mostly = self.hint();
        let region = self.regions.open(self.region);
        let arm = self.regions.open(region);
        let kind = Kind::If {
            region,
            arm,
            from,
            params: values,
            in_else: false,
        };
        self.push_frame(kind, params, results);
        if let Some(frame) = self.frames.last_mut() {
            frame.target = Some(merge);
        }
        self.region = arm;
        self.start(then);
        Ok(())
    }

    pub(super) fn else_(&mut self) {
        self.fall_through();
        let otherwise = self.new_block();
        let Some(Frame {
            kind:
                Kind::If {
                    region,
                    arm,
                    from,
                    params,
                    in_else,
                },
            height,
            target: Some(merge),
            ..
        }) = self.frames.last_mut()
        else {
            unreachable!("`else` outside of `if`")
        };
        let edge = EdgeRef {
            from: *from,
            position: 1,
        };
        *in_else = true;
        self.stack.truncate(*height);
        self.stack.append(params);
        // The edge for a false condition, the first one to the merge, goes to the second arm instead.
        self.infos[merge.index()].preds.remove(0);
        self.infos[otherwise.index()].preds.push(edge);
        self.regions
            .close(*arm, self.op, Exit::Arm(self.infos[from.index()].end));
        *arm = self.regions.open(*region);
        self.region = *arm;
        *self.edge_mut(edge) = Edge {
            block: otherwise,
            args: Vec::new(),
        };
        self.start(otherwise);
    }

    /// From the end of the innermost frame to the block behind it, if there is one and the end is reachable.
    pub(super) fn fall_through(&mut self) {
        let frame = &self.frames[self.frames.len() - 1];
        if let (true, Some(block)) = (self.reachable, frame.target) {
            let args = self.pop_n(frame.results.len());
            self.terminate(Terminator::Br(Edge { block, args }));
        }
    }

    pub(super) fn end(&mut self) {
        let last = self.frames.len() - 1;
        if let Kind::Loop { own, .. } = self.frames[last].kind {
            if let Some(own) = own {
                self.seal(own);
            }
            self.in_loop = self.frames[last].outer_loop;
        } else {
            self.fall_through();
        }
        let end = self.here();
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        self.region = frame.outer_region;
        match &mut frame.kind {
            Kind::Try { pending, start, .. } => {
                self.catches.leave();
                let (pending, start) = (core::mem::take(pending), *start);
                self.build_clauses(pending, start);
            }
            Kind::Legacy(_) => self.catches.leave(),
            Kind::Func | Kind::Block { .. } | Kind::Loop { .. } | Kind::If { .. } => {}
        }
        let exit = self.merge(&frame, end);
        match frame.kind {
            Kind::Func => {
                if self.reachable {
                    self.return_();
                }
            }
            Kind::Block { region } | Kind::Try { region, .. } => {
                if let Some(region) = region {
                    self.regions.close(region, self.op, exit);
                }
            }
            Kind::If {
                region,
                arm,
                from,
                in_else,
                ..
            } => {
                let arm_exit = match in_else {
                    true => Exit::None,
                    false => Exit::Arm(self.infos[from.index()].end),
                };
                self.regions.close(arm, self.op, arm_exit);
                self.regions.close(region, self.op, exit);
            }
            Kind::Legacy(legacy) => self.regions.close(legacy.region, self.op, exit),
            Kind::Loop { .. } => {}
        }
    }

    /// Continues behind a frame: in the block where control merges, if anything leads there.
    fn merge(&mut self, frame: &Frame, end: Point) -> Exit {
        let merge = match frame.kind {
            Kind::Loop { .. } => None,
            Kind::Func
            | Kind::Block { .. }
            | Kind::Try { .. }
            | Kind::Legacy(_)
            | Kind::If { .. } => frame.target,
        };
        match merge {
            Some(merge) if !self.infos[merge.index()].preds.is_empty() => {
                self.stack.truncate(frame.height);
                for &ty in &frame.results {
                    let param = self.func.add_param(merge, ty);
                    self.stack.push(param);
                }
                self.start(merge);
                Exit::Merge(merge)
            }
            _ if self.reachable => Exit::Through(end),
            _ => {
                self.stack.truncate(frame.height);
                Exit::None
            }
        }
    }

    /// An edge to the label `depth`, with its operands, which stay on the stack.
    fn edge(&mut self, depth: u32) -> Edge {
        let at = self.frames.len() - 1 - depth as usize;
        let block = match self.frames[at].target {
            Some(block) => block,
            None => self.new_block(),
        };
        let frame = &mut self.frames[at];
        frame.target = Some(block);
        let operands = &self.stack[self.stack.len() - frame.label_arity..];
        let args = match &frame.kind {
            Kind::Loop { args, .. } => args
                .iter()
                .map(|&arg| match arg {
                    LoopArg::Operand(at) => operands[at],
                    LoopArg::Param(value) => value,
                })
                .collect(),
            Kind::Func
            | Kind::Block { .. }
            | Kind::Try { .. }
            | Kind::Legacy(_)
            | Kind::If { .. } => operands.to_vec(),
        };
        Edge { block, args }
    }

    pub(super) fn br(&mut self, depth: u32) {
        if depth as usize == self.frames.len() - 1 {
            self.return_();
        } else {
            let edge = self.edge(depth);
            self.terminate(Terminator::Br(edge));
        }
    }

    pub(super) fn br_if(&mut self, depth: u32) {
        let cond = self.pop();
        let then = self.edge(depth);
        self.func.block_mut(self.current).mostly = self.hint();
        self.split(|block| Terminator::BrIf {
            cond,
            then,
            otherwise: Edge {
                block,
                args: Vec::new(),
            },
        });
    }

    /// What a hint says about the current operator.
    fn hint(&self) -> Option<bool> {
        let offset = self.offset - self.body.offset as u32;
        self.module.hint(self.body.func_idx, offset)
    }

    /// Branches if the reference on the stack is null, without it; else it stays there.
    pub(super) fn br_on_null(&mut self, depth: u32) {
        let reference = self.pop();
        let cond = self.value(Inst::RefIsNull(reference), Type::I32);
        let then = self.edge(depth);
        self.split(|block| Terminator::BrIf {
            cond,
            then,
            otherwise: Edge {
                block,
                args: Vec::new(),
            },
        });
        self.stack.push(reference);
    }

    /// Branches if the reference on the stack is not null, with it; else it goes.
    pub(super) fn br_on_non_null(&mut self, depth: u32) {
        let reference = self.stack[self.stack.len() - 1];
        let cond = self.value(Inst::RefIsNull(reference), Type::I32);
        let otherwise = self.edge(depth);
        self.pop();
        self.split(|block| Terminator::BrIf {
            cond,
            then: Edge {
                block,
                args: Vec::new(),
            },
            otherwise,
        });
    }

    /// Branches if the reference on the stack is of a type, or, unless `on_yes`, if it is not; it stays there.
    pub(super) fn br_on_cast(
        &mut self,
        depth: u32,
        ty: wasmparser::RefType,
        on_yes: bool,
    ) -> Result<(), Error> {
        let reference = self.stack[self.stack.len() - 1];
        let op = ObjectOp::RefTest(self.target(ref_type(ty)?));
        let args = vec![reference];
        let cond = self.value(Inst::Object { op, args }, Type::I32);
        let away = self.edge(depth);
        self.split(|block| {
            let on = Edge {
                block,
                args: Vec::new(),
            };
            let (then, otherwise) = if on_yes { (away, on) } else { (on, away) };
            Terminator::BrIf {
                cond,
                then,
                otherwise,
            }
        });
        Ok(())
    }

    /// Ends the current block with a terminator that continues in a new one.
    pub(super) fn split(&mut self, terminator: impl FnOnce(Block) -> Terminator) {
        let next = self.new_block();
        self.terminate(terminator(next));
        self.start(next);
    }

    pub(super) fn br_table(&mut self, table: &BrTable<'_>) -> Result<(), Error> {
        let index = self.pop();
        let mut targets = Vec::with_capacity(table.len() as usize);
        for depth in table.targets() {
            let depth = depth.map_err(|error| Error::internal(error.message()))?;
            targets.push(self.edge(depth));
        }
        let default = self.edge(table.default());
        self.terminate(Terminator::BrTable {
            index,
            targets,
            default,
        });
        Ok(())
    }

    pub(super) fn return_(&mut self) {
        let results = self.pop_n(self.body.ty.results.len());
        self.terminate(Terminator::Return(results));
    }
}
