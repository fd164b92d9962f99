//! SSA construction: from a validated function body to a [`Func`] in one pass over the operators.
//!
//! Input: [`ValidModule`] and [`ValidBody`]; output: [`Func`], which passes [`super::check()`]. Unreachable code is dropped.
//!
//! How: the operand stack holds values, structured control is a stack of frames ([`control`]), and locals are looked up on demand
//! ([`locals`]), so that a block has parameters only for values that someone asks for; what turns out to be no choice at all is
//! removed at the end ([`params`]). Every step is constant or logarithmic, nothing recurses, and no branch copies the locals: work
//! and memory are near-linear in the body, whatever its nesting, locals and blocks.
//!
//! Zero-cost loop headers: a `loop` that comes right behind the start of another one's header, with nothing in between that costs
//! fuel or computes, shares that header: it is the same place. With that the header of every loop that is ever branched to costs
//! at least 1, because what a block of the loop can do without cost is only to end. So every cycle pays in its header, also after
//! an edge to it has been split.

mod atomic;
mod bulk;
mod control;
mod exceptions;
mod legacy;
mod locals;
mod object;
mod ops;
mod params;
#[cfg(test)]
mod random;
mod regions;
mod simd;
mod steps;
#[cfg(test)]
mod tests;
mod wide;

use self::control::Frame;
use self::exceptions::Catches;
use self::locals::Locals;
use self::regions::{LoopIdx, Loops, RegionIdx, Regions};
use super::func::{Block, Func, Value, ValueDef};
use super::inlined::Inlined;
use super::inst::{Inst, Terminator};
use super::types::Type;
use crate::error::Error;
use crate::profile::Counts;
use crate::wasm::{BodyAllocs, ValidBody, ValidModule, explain};

/// Validates and builds one defined function. For whole modules see [`crate::compile`], which shares allocations.
///
/// # Errors
/// `Invalid` or `Unsupported` if the body is not valid.
pub fn build(module: &ValidModule<'_>, body_idx: u32) -> Result<Func, Error> {
    let body = module
        .validate_body(body_idx, &mut BodyAllocs::default())
        .map_err(|error| explain(module.wasm, module.features, error))?;
    build_body(module, &body)
}

/// Builds the function of a valid body.
///
/// # Errors
/// `Internal` only: if the body holds what the validator should have refused.
pub fn build_body(module: &ValidModule<'_>, body: &ValidBody<'_>) -> Result<Func, Error> {
    Ok(run(Builder::new(module, body))?.finish())
}

/// Builds the function of a valid body with blocks that know how often they ran.
///
/// # Errors
/// As [`build_body`].
pub(crate) fn build_profiled<'m>(
    module: &'m ValidModule<'m>,
    body: &'m ValidBody<'m>,
    counts: Counts<'m>,
) -> Result<Func, Error> {
    let mut builder = Builder::new(module, body);
    builder.func.hot_from = Some(counts.hot_from);
    builder.counts = Some(counts);
    Ok(run(builder)?.finish())
}

/// Builds the function of a valid body for debugging: each operator that costs fuel begins a block, and, with `homes`, each local has a
/// home in the frame that holds its value.
///
/// # Errors
/// As [`build_body`].
pub fn build_for_debugging(
    module: &ValidModule<'_>,
    body: &ValidBody<'_>,
    homes: bool,
) -> Result<Func, Error> {
    let mut builder = Builder::new(module, body);
    builder.step_from_here(homes);
    Ok(run(builder)?.finish())
}

/// Builds all operators.
fn run(mut builder: Builder<'_>) -> Result<Builder<'_>, Error> {
    let mut ops = builder.body.operators()?;
    while !ops.eof() {
        let (op, offset) = ops
            .read_with_offset()
            .map_err(|error| Error::internal(error.message()).at(error.offset()))?;
        builder.operator(&op, offset as u32)?;
        builder.op += 1;
    }
    Ok(builder)
}

/// A place in the body where the value of a local can be asked for.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// Number of the operator; its own effect is not included.
    op: u32,
    /// Innermost loop around it.
    in_loop: LoopIdx,
    /// The block of a clause: the place is its end, and the rest says where its `try_table` or `try` starts.
    handler: Option<Block>,
}

/// An edge by its place: the block it comes from and its position among that block's edges.
#[derive(Clone, Copy, Debug)]
struct EdgeRef {
    from: Block,
    position: u32,
}

/// What building keeps for each block beside its data.
#[derive(Clone, Debug)]
struct BlockInfo {
    /// The edges to it.
    preds: Vec<EdgeRef>,
    /// The local of each parameter that stands for one; those parameters come last.
    local_params: Vec<u32>,
    /// Where it ends.
    end: Point,
    /// Of the block of a clause: the operators that its `try_table` or `try` and the end of the body are.
    body: Option<(u32, u32)>,
}

/// The state of building one function.
struct Builder<'m> {
    module: &'m ValidModule<'m>,
    body: &'m ValidBody<'m>,
    func: Func,
    infos: Vec<BlockInfo>,
    /// The block that operators go to.
    current: Block,
    /// Whether the current place is reachable.
    reachable: bool,
    /// Structured instructions opened since the code became unreachable.
    dead_depth: u32,
    /// Number of the current operator.
    op: u32,
    /// Offset of the current operator in the module, in bytes.
    offset: u32,
    /// Number of the next structured instruction.
    next_scope: usize,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    regions: Regions,
    region: RegionIdx,
    loops: Loops,
    in_loop: LoopIdx,
    catches: Catches,
    locals: Locals,
    /// Where addresses that overflow go.
    overflow: Option<Block>,
    /// How often operators ran, if a profile says so.
    counts: Option<Counts<'m>>,
}

impl<'m> Builder<'m> {
    fn new(module: &'m ValidModule<'m>, body: &'m ValidBody<'m>) -> Self {
        // What most bodies come to, so that little is moved while they grow.
        let bytes = body.range().len();
        let mut builder = Self {
            module,
            body,
            func: Func {
                func_idx: body.func_idx,
                params: module.ir_params(body.ty),
                results: module.ir_results(body.ty),
                values: Vec::with_capacity(bytes / 4),
                insts: Vec::with_capacity(bytes / 4),
                blocks: Vec::with_capacity(bytes / 16),
                layout: Vec::new(),
                hot_from: None,
                steps: false,
                homes: Vec::new(),
                inlined: Inlined::new(body.range()),
                replaced: false,
            },
            infos: Vec::new(),
            current: Func::ENTRY,
            reachable: true,
            dead_depth: 0,
            op: 0,
            offset: body.offset as u32,
            next_scope: 0,
            stack: Vec::new(),
            frames: Vec::new(),
            regions: Regions::new(),
            region: RegionIdx::ROOT,
            loops: Loops::new(),
            in_loop: LoopIdx::NONE,
            catches: Catches::default(),
            locals: Locals::new(body.locals.len()),
            overflow: None,
            counts: None,
        };
        let entry = builder.new_block();
        for ty in module.ir_params(body.ty) {
            builder.func.add_param(entry, ty);
        }
        builder.start(entry);
        builder.frames.push(Frame::of_function(module, body.ty));
        builder
    }

    /// Ends building: constants that stand for locals never assigned go first, replaced values disappear.
    fn finish(mut self) -> Func {
        let zeros = self.locals.zero_insts();
        self.func.block_mut(Func::ENTRY).insts.splice(0..0, zeros);
        self.func.layout.extend(self.overflow);
        params::remove_trivial(&mut self.func, &self.infos);
        self.func
    }

    /// The current place.
    fn here(&self) -> Point {
        Point {
            op: self.op,
            in_loop: self.in_loop,
            handler: None,
        }
    }

    fn new_block(&mut self) -> Block {
        let end = self.here();
        self.infos.push(BlockInfo {
            preds: Vec::new(),
            local_params: Vec::new(),
            end,
            body: None,
        });
        self.func.new_block()
    }

    /// Makes `block` the current one and gives it its place in the layout.
    fn start(&mut self, block: Block) {
        self.func.layout.push(block);
        self.current = block;
        self.reachable = true;
    }

    /// Ends the current block. Its edges become known to their targets.
    fn terminate(&mut self, terminator: Terminator) {
        let from = self.current;
        for (position, edge) in terminator.edges().enumerate() {
            self.infos[edge.block.index()].preds.push(EdgeRef {
                from,
                position: position as u32,
            });
        }
        self.infos[from.index()].end = self.here();
        let data = self.func.block_mut(from);
        data.terminator = terminator;
        data.offset = self.offset;
        self.reachable = false;
    }

    /// Adds an instruction to the current block.
    fn emit(&mut self, inst: Inst, types: &[Type]) {
        let idx = self.func.new_inst(inst, types, self.offset);
        self.func.block_mut(self.current).insts.push(idx);
        self.stack
            .extend_from_slice(&self.func.insts[idx.index()].results);
    }

    /// Adds an instruction with one result to the current block, whose result does not go to the stack.
    fn value(&mut self, inst: Inst, ty: Type) -> Value {
        self.emit(inst, &[ty]);
        self.pop()
    }

    /// The top of the operand stack, which the validator has proved to be there.
    fn pop(&mut self) -> Value {
        self.stack.pop().expect("a valid body has its operands")
    }

    /// The `n` topmost operands, the first one pushed first.
    fn pop_n(&mut self, n: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len() - n)
    }
}
