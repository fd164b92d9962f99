//! Selected code: instructions of the image's instruction set over virtual registers.
//!
//! Invariants:
//! - a virtual register holds a value of one slot or, if it is wide, a v128, which takes two, side by side;
//! - a virtual register is defined once: as a parameter of a block or as a `Def` operand or call result; operands of role `Mod` name
//!   a register that is private to the instruction and dead after it (its slot is overwritten);
//! - blocks are in layout order, block 0 is the entry and its parameters are the function's parameters;
//! - the last instruction of a block is its only branch. A conditional branch goes to `succs[0]` when taken and falls through to
//!   `succs[1]`, which is the next block in layout. A block whose last instruction is no terminator falls through to its only
//!   successor, which is the next block in layout;
//! - handlers' successors are those of a call or throw that is the last instruction of its block: what holds when it is entered holds
//!   there, but for the window;
//! - no critical edges where arguments are passed: a block with several successors passes arguments only to targets whose only
//!   predecessor it is. A block with handlers counts as one with several successors.

use wrt_format::image::Clause;
use wrt_format::isa::{Control, Op};

pub use super::validate::validate;

/// A virtual register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VReg(pub u32);

/// An instruction. `fields[i]` is operand `i` of `op`'s row in the table: for roles of slots the number of a virtual
/// register; for `Label16`, `Label32` an index into the block's successors; for `Window`, `Results`, `UseSpan`, `Count`, `Frame` and
/// `Cost` 0, filled in later; for immediates and indices the value, sign-extended to 64 bits.
#[derive(Clone, Debug)]
pub struct VInst {
    /// The opcode.
    pub op: Op,
    /// Operands, in the order of the table.
    pub fields: [i64; 6],
    /// Arguments of a call, or the values of a `ret_n`: in the order of the callee's parameters or the function's results.
    pub args: Vec<VReg>,
    /// Results of a call.
    pub results: Vec<VReg>,
    /// Offset of the Wasm operator in the module, in bytes.
    pub offset: u32,
}

/// An edge: target block and one register for each of its parameters.
#[derive(Clone, Debug)]
pub struct VEdge {
    /// Target: index into [`VCode::blocks`].
    pub block: u32,
    /// Arguments.
    pub args: Vec<VReg>,
}

/// A block.
#[derive(Clone, Debug, Default)]
pub struct VBlock {
    /// Parameters.
    pub params: Vec<VReg>,
    /// Instructions; the last may be a branch or terminator.
    pub insts: Vec<VInst>,
    /// Successors: of a branch the target; of a conditional branch the target, then the fall-through; of `br_table` its targets in
    /// order, the default last.
    pub succs: Vec<VEdge>,
    /// What is caught where handlers catch: those of the call or throw that is the last instruction, whose successors come behind the
    /// others, in the same order.
    pub clauses: Vec<Clause>,
    /// Of a handler: what it has caught, which is at the base of the window when the block starts.
    pub caught: Vec<VReg>,
    /// Fuel.
    pub cost: u32,
    /// If it is a step of a debugger, the offset of its operator in the module, in bytes.
    pub step: Option<u32>,
    /// How hot the block is: the number of loops around it or, by a profile, [`crate::ir::Func::heat`]. What is not 0 is worth time rather than bytes.
    pub loop_depth: u32,
}

/// A function in selected code.
#[derive(Clone, Debug)]
pub struct VCode {
    /// Index in the module's function index space.
    pub func_idx: u32,
    /// Blocks in layout order.
    pub blocks: Vec<VBlock>,
    /// Number of virtual registers.
    pub vreg_count: u32,
    /// For each virtual register whether it holds a reference that the collector follows.
    pub is_ref: Vec<bool>,
    /// For each virtual register whether it holds a v128.
    pub is_wide: Vec<bool>,
    /// For each virtual register the home that it stands for, counted in slots from the first home; those at the end that stand for none may be left
    /// out. Registers of one home have its slots, and nothing else has; no instruction reads them.
    pub home_of: Vec<Option<u32>>,
    /// Slots of all homes.
    pub home_slots: u32,
    /// Constants of the module's pool that `const_pool` and `v128_const` instructions name: `fields[1]` is an index into this list;
    /// emission makes it an index of the module's pool.
    pub pool: Vec<u64>,
    /// Parameters of the function, in slots.
    pub param_count: u32,
    /// Results of the function, in slots.
    pub result_count: u32,
}

impl VInst {
    /// Whether it can only be the last of its block.
    #[must_use]
    pub fn ends_block(&self) -> bool {
        let control = self.op.info().control;
        control == Control::CondBranch || control.is_terminator()
    }

    /// Calls `f` with every virtual register that the instruction names, to change.
    fn each_vreg_mut(&mut self, mut f: impl FnMut(&mut u32)) {
        for (field, value) in self.op.info().fields.iter().zip(&mut self.fields) {
            if field.role.is_register() {
                let mut vreg = *value as u32;
                f(&mut vreg);
                *value = i64::from(vreg);
            }
        }
        for vreg in self.args.iter_mut().chain(&mut self.results) {
            f(&mut vreg.0);
        }
    }
}

impl VBlock {
    /// Whether moves for an edge cannot be made at the block's end: there are several, or the edge is left in the middle of a call.
    pub(crate) fn is_fork(&self) -> bool {
        self.succs.len() > 1 || !self.clauses.is_empty()
    }

    /// The handlers: what each catches, and where it goes.
    pub(crate) fn handlers(&self) -> impl Iterator<Item = (Clause, &VEdge)> {
        let first = self.succs.len().saturating_sub(self.clauses.len());
        let edges = self.succs.iter().skip(first);
        self.clauses.iter().copied().zip(edges)
    }
}

impl VCode {
    /// Numbers the virtual registers in the order in which the code names them, and drops those that it does not.
    pub(super) fn renumber(&mut self) {
        let mut new = vec![u32::MAX; self.is_ref.len()];
        let mut is_ref = Vec::with_capacity(new.len());
        let mut is_wide = Vec::with_capacity(new.len());
        let mut home_of = Vec::new();
        let (old_is_ref, old_is_wide) = (&self.is_ref, &self.is_wide);
        let old_home_of = &self.home_of;
        let mut rename = |vreg: &mut u32| {
            let old = *vreg as usize;
            if new[old] == u32::MAX {
                new[old] = is_ref.len() as u32;
                is_ref.push(old_is_ref[old]);
                is_wide.push(old_is_wide[old]);
                if !old_home_of.is_empty() {
                    home_of.push(old_home_of.get(old).copied().flatten());
                }
            }
            *vreg = new[old];
        };
        for block in &mut self.blocks {
            let start = block.params.iter_mut().chain(&mut block.caught);
            start.for_each(|vreg| rename(&mut vreg.0));
            for inst in &mut block.insts {
                inst.each_vreg_mut(&mut rename);
            }
            for edge in &mut block.succs {
                edge.args.iter_mut().for_each(|vreg| rename(&mut vreg.0));
            }
        }
        self.vreg_count = is_ref.len() as u32;
        self.is_ref = is_ref;
        self.is_wide = is_wide;
        self.home_of = home_of;
    }

    /// The home that a register stands for, counted in slots from the first home.
    pub(crate) fn home(&self, vreg: VReg) -> Option<u32> {
        self.home_of.get(vreg.0 as usize).copied().flatten()
    }

    /// Slots that a register takes.
    pub(crate) fn slots(&self, vreg: VReg) -> u32 {
        if self.is_wide[vreg.0 as usize] { 2 } else { 1 }
    }

    /// The slots that registers take one after the other: for each its register, and whether it is the second slot of that.
    pub(crate) fn each_slot<'a>(
        &'a self,
        vregs: &'a [VReg],
    ) -> impl Iterator<Item = (VReg, bool)> + 'a {
        let each = |&vreg: &VReg| (0..self.slots(vreg)).map(move |half| (vreg, half == 1));
        vregs.iter().flat_map(each)
    }

    /// Slots that registers take together.
    pub(crate) fn slot_count(&self, vregs: &[VReg]) -> u32 {
        vregs.iter().map(|&vreg| self.slots(vreg)).sum()
    }
}
