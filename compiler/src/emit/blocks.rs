//! Blocks of resolved instructions: slots in place of virtual registers, inserted moves among the instructions, and how each ends.

use wrt_format::image::Clause;
use wrt_format::isa::{Charge, Control, Op, Role};

use crate::lower::vcode::{VBlock, VCode, VInst, VReg};
use crate::regalloc::{Allocated, Move};

/// An instruction whose operands are final, but for labels.
#[derive(Clone, Debug)]
pub(super) struct Inst {
    pub(super) op: Op,
    pub(super) fields: [i64; 6],
    /// Offset of the Wasm operator in the module, in bytes.
    pub(super) offset: u32,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// On to a block.
    Next(u32),
    /// To the first block if the condition holds, otherwise to the second. The operands of the branch are slots.
    Cond(Box<VInst>, u32, u32),
    /// To one of the blocks, the default last.
    Table(Inst, Vec<u32>),
    /// Nowhere in the function.
    Leave(Inst),
}

impl End {
    /// The Wasm offset of what ends the block, if an instruction does.
    pub(super) fn offset(&self) -> Option<u32> {
        match self {
            Self::Next(_) => None,
            Self::Cond(branch, ..) => Some(branch.offset),
            Self::Table(inst, _) | Self::Leave(inst) => Some(inst.offset),
        }
    }

    /// Calls `f` with each block it goes to.
    pub(super) fn for_each(&self, mut f: impl FnMut(u32)) {
        match self {
            Self::Next(target) => f(*target),
            Self::Cond(_, taken, other) => [*taken, *other].into_iter().for_each(f),
            Self::Table(_, targets) => targets.iter().copied().for_each(f),
            Self::Leave(_) => {}
        }
    }

    /// Replaces each block it goes to.
    pub(super) fn retarget(&mut self, new: impl Fn(u32) -> u32) {
        match self {
            Self::Next(target) => *target = new(*target),
            Self::Cond(_, taken, other) => (*taken, *other) = (new(*taken), new(*other)),
            Self::Table(_, targets) => targets.iter_mut().for_each(|it| *it = new(*it)),
            Self::Leave(_) => {}
        }
    }
}

/// A handler for exceptions of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Catch {
    /// Index of the instruction in the body; the length of the body for what ends the block.
    pub(super) at: usize,
    pub(super) clause: Clause,
    /// The block that it goes on with.
    pub(super) target: u32,
}

/// A block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) body: Vec<Inst>,
    pub(super) end: End,
    /// What catches exceptions of its calls, ascending by instruction.
    pub(super) catches: Vec<Catch>,
    pub(super) cost: u32,
    /// If it is a step of a debugger, the offset of its operator in the module, in bytes. Then it stays a block of its own.
    pub(super) step: Option<u32>,
    pub(super) loop_depth: u32,
}

impl Block {
    /// A block that only goes elsewhere.
    pub(super) fn forward(target: u32, cost: u32, loop_depth: u32) -> Self {
        Self {
            body: Vec::new(),
            end: End::Next(target),
            catches: Vec::new(),
            cost,
            step: None,
            loop_depth,
        }
    }

    /// Calls `f` with each block that it goes to, handlers included.
    pub(super) fn for_each_target(&self, mut f: impl FnMut(u32)) {
        self.end.for_each(&mut f);
        self.catches.iter().for_each(|catch| f(catch.target));
    }

    /// Replaces each block that it goes to, handlers included.
    pub(super) fn retarget(&mut self, new: impl Fn(u32) -> u32) {
        self.end.retarget(&new);
        for catch in &mut self.catches {
            catch.target = new(catch.target);
        }
    }

    /// How often it goes to a block.
    pub(super) fn count(&self, block: u32) -> u32 {
        let mut count = 0;
        self.for_each_target(|target| count += u32::from(target == block));
        count
    }

    /// Whether it may stop, so that one can see what has been paid.
    pub(super) fn shows_fuel(&self) -> bool {
        let branch = match &self.end {
            End::Cond(branch, ..) => branch.op.info().stops,
            End::Next(_) | End::Table(..) | End::Leave(_) => false,
        };
        branch || self.body.iter().any(|inst| inst.op.info().stops)
    }

    /// Whether it calls or throws, which needs fuel of its own.
    pub(super) fn calls(&self) -> bool {
        let leaving = match &self.end {
            End::Leave(inst) => Some(inst),
            End::Next(_) | End::Cond(..) | End::Table(..) => None,
        };
        let calls = |control| matches!(control, Control::Call | Control::TailCall | Control::Throw);
        let mut all = self.body.iter().chain(leaving);
        all.any(|inst| calls(inst.op.info().control))
    }
}

/// Whether blocks are those of a function for debugging.
pub(super) fn is_stepped(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| block.step.is_some())
}

/// Resolves all blocks of a function.
pub(super) fn resolve(code: &VCode, allocated: &Allocated) -> Vec<Block> {
    let mut moves = allocated.moves.iter().peekable();
    let mut blocks = Vec::with_capacity(code.blocks.len());
    for (b, block) in code.blocks.iter().enumerate() {
        let mut body = Vec::with_capacity(block.insts.len());
        if b == 0 {
            body.extend(clear(code, allocated));
        }
        let mut end = None;
        for i in 0..=block.insts.len() {
            let here = (b as u32, i as u32);
            while let Some(it) = moves.next_if(|it| (it.block, it.before) == here) {
                push_move(&mut body, it);
            }
            let Some(inst) = block.insts.get(i) else {
                continue;
            };
            let control = inst.op.info().control;
            if control.is_terminator() || control == Control::CondBranch {
                end = Some(ending(code, block, inst, allocated));
            } else if inst.op == Op::Mov {
                let [dst, src] = [inst.fields[0], inst.fields[1]].map(|it| slot(allocated, it));
                push_moved(&mut body, dst, src);
            } else {
                body.push(resolved(code, inst, allocated, 0));
            }
        }
        // The last instruction of the body, or what ends the block, is what throws; moves may follow a call.
        let last = block.insts.last().filter(|_| !block.clauses.is_empty());
        let at = match last {
            Some(inst) if end.is_none() => body.iter().rposition(|it| it.op == inst.op),
            _ => Some(body.len()),
        };
        let catches = block.handlers().map(|(clause, edge)| Catch {
            at: at.unwrap_or(body.len()),
            clause,
            target: edge.block,
        });
        blocks.push(Block {
            catches: catches.collect(),
            body,
            end: end.unwrap_or_else(|| End::Next(block.succs[0].block)),
            cost: block.cost,
            step: block.step,
            loop_depth: block.loop_depth,
        });
    }
    blocks
}

/// Slots behind the parameters that the collector has to look at: none where it never finds the function at work.
pub(super) fn roots(code: &VCode, allocated: &Allocated) -> u16 {
    let collects = |inst: &VInst| {
        let info = inst.op.info();
        let leaves = matches!(info.control, Control::Call | Control::Throw);
        info.charge == Charge::Heap || leaves
    };
    let mut insts = code.blocks.iter().flat_map(|block| &block.insts);
    if insts.any(collects) {
        allocated.refs
    } else {
        0
    }
}

/// The instruction that empties these slots. What earlier calls left there would be kept for nothing until it is overwritten.
fn clear(code: &VCode, allocated: &Allocated) -> Option<Inst> {
    let count = roots(code, allocated);
    (count > 0).then(|| Inst {
        op: Op::RefClear,
        fields: [code.param_count.into(), count.into(), 0, 0, 0, 0],
        offset: 0,
    })
}

fn ending(code: &VCode, block: &VBlock, inst: &VInst, allocated: &Allocated) -> End {
    match (inst.op.info().control, &block.succs[..]) {
        (Control::CondBranch, [taken, other]) => {
            let Inst { op, fields, offset } = resolved(code, inst, allocated, 0);
            let branch = VInst {
                op,
                fields,
                args: Vec::new(),
                results: Vec::new(),
                offset,
            };
            End::Cond(Box::new(branch), taken.block, other.block)
        }
        // A table of one target does not look at its index.
        (Control::Branch | Control::Table, [target]) => End::Next(target.block),
        (Control::Table, succs) => {
            let targets: Vec<u32> = succs.iter().map(|edge| edge.block).collect();
            let others = targets.len() as i64 - 1;
            End::Table(resolved(code, inst, allocated, others), targets)
        }
        _ => End::Leave(resolved(code, inst, allocated, 0)),
    }
}

fn slot(allocated: &Allocated, vreg: i64) -> u16 {
    allocated.slot(VReg(vreg as u32))
}

/// `inst` with slots for registers; labels 0, and `targets` for the size of a branch table.
fn resolved(code: &VCode, inst: &VInst, allocated: &Allocated, targets: i64) -> Inst {
    let info = inst.op.info();
    let mut fields = [0; 6];
    for ((field, &value), out) in info.fields.iter().zip(&inst.fields).zip(&mut fields) {
        *out = if field.role.is_register() {
            slot(allocated, value).into()
        } else if field.role == Role::Window {
            allocated.base.into()
        } else if field.role == Role::Results {
            allocated.results_at(inst).into()
        } else if field.role == Role::UseSpan {
            allocated.returned_from(code, inst).into()
        } else if field.role == Role::Count {
            code.slot_count(&inst.args).into()
        } else if field.role == Role::TargetCount {
            targets
        } else if matches!(field.role, Role::Label16 | Role::Label32) {
            0
        } else {
            value
        };
    }
    Inst {
        op: inst.op,
        fields,
        offset: inst.offset,
    }
}

/// Appends a move.
fn push_move(body: &mut Vec<Inst>, it: &Move) {
    if !it.wide {
        return push_moved(body, it.dst, it.src);
    }
    if it.dst != it.src {
        body.push(Inst {
            op: Op::V128Mov,
            fields: [it.dst.into(), it.src.into(), 0, 0, 0, 0],
            offset: 0,
        });
    }
}

/// Appends a move of one slot, or pairs it with the one before: `mov2` is two moves in a row, in one dispatch.
fn push_moved(body: &mut Vec<Inst>, dst: u16, src: u16) {
    if dst == src {
        return;
    }
    let [dst, src] = [dst, src].map(i64::from);
    if let Some(last) = body.last_mut()
        && last.op == Op::Mov
    {
        last.op = Op::Mov2;
        last.fields[2] = dst;
        last.fields[3] = src;
        return;
    }
    body.push(Inst {
        op: Op::Mov,
        fields: [dst, src, 0, 0, 0, 0],
        offset: 0,
    });
}
