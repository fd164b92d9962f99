//! Facts about a function that decide which operands may be folded into their users.
//!
//! Input: a [`Func`]; output: [`Uses`], valid while the function does not change.
//!
//! Invariants: everything is counted by *root*: the value behind replacements and behind operators that change no slot bit
//! (`i64.extend_i32_u`, the reinterpretations). Those operators are no users themselves. Only reachable blocks count.

use super::info::ModuleInfo;
use super::rows::{self, UnaryRow};
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Inst, InstIdx, Value};

/// No block: the instruction is dead.
const NOWHERE: u32 = u32::MAX;

/// Where an instruction is.
#[derive(Clone, Copy, Debug)]
struct Place {
    block: u32,
    /// Number of barriers before it in its block.
    barriers: u32,
}

/// How often a value is used.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// In all.
    all: u32,
    /// By instructions of the block that defines it, its terminator not counted.
    local: u32,
    /// Of those, as the address of a load or store that has indexed forms.
    address: u32,
}

/// Facts about the uses and places of values.
#[derive(Debug)]
pub(super) struct Uses {
    counts: Vec<Count>,
    places: Vec<Place>,
}

/// The value whose slot holds `value`: see the invariants of the module.
pub(super) fn root(func: &Func, value: Value) -> Value {
    let mut value = func.resolve(value);
    loop {
        let Some(def) = func.def_inst(value) else {
            return value;
        };
        let Inst::Unary(op, from) = func.insts[def.index()].inst else {
            return value;
        };
        if rows::unary(op) != UnaryRow::Alias {
            return value;
        }
        value = func.resolve(from);
    }
}

impl Uses {
    /// The facts about `func`.
    pub(super) fn new(func: &Func, cfg: &Cfg, module: &ModuleInfo) -> Self {
        let mut uses = Self {
            counts: vec![Count::default(); func.values.len()],
            places: vec![
                Place {
                    block: NOWHERE,
                    barriers: 0,
                };
                func.insts.len()
            ],
        };
        for &block in cfg.rpo() {
            let mut barriers = 0;
            for &idx in &func.block(block).insts {
                uses.places[idx.index()] = Place {
                    block: block.0,
                    barriers,
                };
                barriers += u32::from(is_barrier(&func.insts[idx.index()].inst));
            }
        }
        for &block in cfg.rpo() {
            for &idx in &func.block(block).insts {
                uses.count_inst(func, module, block, idx);
            }
            func.block(block).terminator.for_each_use(|&value| {
                uses.counts[root(func, value).index()].all += 1;
            });
        }
        uses
    }

    fn count_inst(&mut self, func: &Func, module: &ModuleInfo, block: Block, idx: InstIdx) {
        let inst = &func.insts[idx.index()].inst;
        if is_alias(inst) {
            return;
        }
        inst.for_each_use(|&value| {
            let value = root(func, value);
            let local = self.is_in(func, value, block);
            let count = &mut self.counts[value.index()];
            count.all += 1;
            count.local += u32::from(local);
        });
        if let Inst::Load { mem, addr, .. } | Inst::Store { mem, addr, .. } = *inst
            && module.is_plain(mem)
        {
            let addr = root(func, addr);
            if self.is_in(func, addr, block) {
                self.counts[addr.index()].address += 1;
            }
        }
    }

    /// Whether an instruction of `block` defines `value`.
    pub(super) fn is_in(&self, func: &Func, value: Value, block: Block) -> bool {
        self.block_of(func, value) == Some(block)
    }

    /// The block of the instruction that defines `value`, if it is one.
    pub(super) fn block_of(&self, func: &Func, value: Value) -> Option<Block> {
        let block = self.places[func.def_inst(value)?.index()].block;
        (block != NOWHERE).then_some(Block(block))
    }

    /// Whether the root `value` has exactly one use.
    pub(super) fn is_single(&self, value: Value) -> bool {
        self.counts[value.index()].all == 1
    }

    /// Number of uses of the root `value` by instructions of its own block.
    pub(super) fn local(&self, value: Value) -> u32 {
        self.counts[value.index()].local
    }

    /// Whether all uses of the root `value` are addresses of loads and stores of its own block, and few.
    pub(super) fn is_address_only(&self, value: Value) -> bool {
        let count = self.counts[value.index()];
        count.all == count.address && count.all <= 3
    }

    /// Whether nothing between the instructions `from` and `to` of one block (both exclusive) has an effect or can trap otherwise
    /// than a load does.
    pub(super) fn is_clear(&self, from: InstIdx, to: InstIdx) -> bool {
        let (from, to) = (self.places[from.index()], self.places[to.index()]);
        from.block == to.block && from.barriers == to.barriers
    }
}

/// Whether a load may not move across the instruction. Loads may cross each other: they trap alike and change nothing.
fn is_barrier(inst: &Inst) -> bool {
    match inst {
        Inst::Const(_)
        | Inst::V128Const(_)
        | Inst::Simd { .. }
        | Inst::Select { .. }
        | Inst::RefIsNull(_)
        | Inst::RefFunc(_)
        | Inst::GlobalGet(_)
        | Inst::Load { .. }
        | Inst::MemorySize(_)
        | Inst::TableSize(_) => false,
        Inst::Unary(op, _) => op.can_trap(),
        Inst::Object { op, .. } => op.can_trap(),
        Inst::Binary(op, _, _) => op.can_trap(),
        Inst::GlobalSet(..)
        | Inst::HomeSet(..)
        | Inst::Store { .. }
        | Inst::MemoryGrow { .. }
        | Inst::MemoryFill { .. }
        | Inst::MemoryCopy { .. }
        | Inst::MemoryInit { .. }
        | Inst::DataDrop(_)
        | Inst::TableGet { .. }
        | Inst::TableSet { .. }
        | Inst::TableGrow { .. }
        | Inst::TableFill { .. }
        | Inst::TableCopy { .. }
        | Inst::TableInit { .. }
        | Inst::ElemDrop(_)
        | Inst::RefAsNonNull(_)
        | Inst::Atomic { .. }
        | Inst::AtomicFence
        | Inst::Caught(_)
        | Inst::Call { .. }
        | Inst::CallIndirect { .. }
        | Inst::CallRef { .. } => true,
    }
}

/// Whether the instruction changes no slot bit, so that its result lives in the slot of its operand.
pub(super) fn is_alias(inst: &Inst) -> bool {
    matches!(inst, Inst::Unary(op, _) if rows::unary(*op) == UnaryRow::Alias)
}

/// Whether the instruction must be there even if nobody uses its results.
pub(super) fn must_stay(inst: &Inst) -> bool {
    matches!(inst, Inst::Load { .. }) || is_barrier(inst)
}
