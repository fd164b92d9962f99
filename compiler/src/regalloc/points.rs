//! Program points: the linear order in which live ranges are measured, and the operands of an instruction by what they do there.
//!
//! Each block takes one step for its start, one for each instruction, and one for its end; a step has four points:
//! `+0` operands are read (at a start: parameters appear, and at its `+3` what a handler has caught; at an end: edge arguments are read), `+1..+3` a callee runs, `+3` results
//! are written. So a value that dies at an instruction may share its slot with a value that the instruction defines.

use wrt_format::isa::{Charge, Control, Op};

use crate::lower::vcode::{VCode, VInst, VReg};

/// Points per step.
pub(super) const STEP: u32 = 4;
/// Where in a step a callee starts to run: values that are read no later than at the step's first point are dead by then.
pub(super) const RUN: u32 = 1;
/// Where in a step results are written.
pub(super) const WRITE: u32 = 3;

/// First point of each block, and one past the last point of the function.
#[derive(Debug)]
pub(super) struct Points {
    starts: Vec<u32>,
}

impl Points {
    /// Numbers the blocks of `code`. `None` if they have more points than 32 bits count.
    pub(super) fn new(code: &VCode) -> Option<Self> {
        let mut at = 0u32;
        let mut starts = vec![0];
        for block in &code.blocks {
            let steps = u32::try_from(block.insts.len()).ok()?.checked_add(2)?;
            at = at.checked_add(steps.checked_mul(STEP)?)?;
            starts.push(at);
        }
        Some(Self { starts })
    }

    /// First point of a block.
    pub(super) fn start(&self, block: usize) -> u32 {
        self.starts[block]
    }

    /// First point of the block that follows in layout.
    pub(super) fn limit(&self, block: usize) -> u32 {
        self.starts[block + 1]
    }

    /// Where the arguments of a block's edges are read.
    pub(super) fn end(&self, block: usize) -> u32 {
        self.starts[block + 1] - STEP
    }

    /// The block that a point lies in.
    pub(super) fn block_of(&self, point: u32) -> usize {
        self.starts.partition_point(|&start| start <= point) - 1
    }

    /// Where the operands of an instruction are read.
    pub(super) fn inst(&self, block: usize, inst: usize) -> u32 {
        self.starts[block] + (inst as u32 + 1) * STEP
    }
}

/// What an instruction does with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Read before anything is written.
    Read,
    /// Read when something may have been written already, or overwritten: not to be in the slot of a result.
    ReadLate,
    /// Written.
    Write,
}

/// Calls `f` for every register that an instruction names.
pub(super) fn for_each_operand(inst: &VInst, mut f: impl FnMut(Access, VReg)) {
    let info = inst.op.info();
    let mut reads = 0;
    let mut writes = 0;
    for (field, &value) in info.fields.iter().zip(&inst.fields) {
        let access = if field.role.is_def() {
            writes += 1;
            Access::Write
        } else if field.role.is_mod() {
            Access::ReadLate
        } else if field.role.is_use() {
            reads += 1;
            // A step-compare-branch reads its limit, and `mov2` its second source, after the first write.
            let after_write = writes > 0 && reads > 1;
            if after_write && (info.control == Control::CondBranch || inst.op == Op::Mov2) {
                Access::ReadLate
            } else {
                Access::Read
            }
        } else {
            continue;
        };
        f(access, VReg(value as u32));
    }
    inst.args.iter().for_each(|&arg| f(Access::Read, arg));
    inst.results.iter().for_each(|&it| f(Access::Write, it));
}

/// Whether an instruction needs the outgoing window: calls and tail calls for their arguments, throws and `ret_n` for
/// their values.
pub(super) fn uses_window(op: Op) -> bool {
    matches!(
        op.info().control,
        Control::Call | Control::TailCall | Control::Throw
    ) || op == Op::RetN
}

/// Whether an instruction may collect garbage before it has read its operands: it allocates. (Callees do so too.)
pub(super) fn allocates(op: Op) -> bool {
    op.info().charge == Charge::Heap
}

/// Whether edge moves of a block that ends with this instruction go before it: it only passes control on. (A branch table with one
/// target does not look at its index.)
pub(super) fn is_plain_branch(op: Op) -> bool {
    matches!(op.info().control, Control::Branch | Control::Table)
}
