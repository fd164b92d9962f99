//! Redundant loads: a read of memory or of a global whose value is known from an earlier read or write in the same block is replaced
//! by that value.
//!
//! Only inside a block: between blocks the machine may pause, and the host may then change memory. A read is replaced only by one
//! of the same width at the same address, so it cannot trap where the earlier access did not. Memory never shrinks.
//! Costs stay as they are, so fuel does too.

use super::operands::{constant, resolve, resolve_all};
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Inst, LoadOp, StoreOp, Type, Value};

/// How many accesses are remembered; the oldest is forgotten first. Keeps the pass linear.
const REMEMBERED: usize = 32;

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, _: &Cfg) -> bool {
    let mut changed = false;
    let mut known = Vec::new();
    for i in 0..func.blocks.len() {
        known.clear();
        changed |= forward(func, Block(i as u32), &mut known);
    }
    if changed {
        resolve_all(func);
    }
    changed
}

/// What is known to be somewhere.
#[derive(Clone, Copy)]
enum Known {
    /// What `op` reads there.
    Memory {
        op: LoadOp,
        place: Place,
        value: Value,
    },
    Global(u32, Value),
    MemorySize(u32, Value),
    TableSize(u32, Value),
}

/// Bytes in a memory.
#[derive(Clone, Copy)]
struct Place {
    mem: u32,
    /// None if the address is a constant: it is part of `from` then.
    base: Option<Value>,
    from: u64,
    bytes: u64,
}

impl Place {
    fn new(func: &Func, mem: u32, addr: Value, offset: u32, bytes: u32) -> Option<Self> {
        let (base, from) = match constant(func, addr) {
            Some(c) => (None, c.checked_add(u64::from(offset))?),
            None => (Some(addr), u64::from(offset)),
        };
        // So that adding the width below cannot overflow.
        (from <= u64::MAX - 16).then_some(Self {
            mem,
            base,
            from,
            bytes: u64::from(bytes),
        })
    }

    /// Whether the two are known to have no byte in common. Addresses do not wrap when offsets are added to them.
    fn apart(&self, other: &Self) -> bool {
        self.mem != other.mem && self.mem != u32::MAX
            || self.base == other.base
                && (self.from + self.bytes <= other.from || other.from + other.bytes <= self.from)
    }

    fn same(&self, other: &Self) -> bool {
        self.mem == other.mem && self.base == other.base && self.from == other.from
    }
}

fn forward(func: &mut Func, block: Block, known: &mut Vec<Known>) -> bool {
    let mut insts = core::mem::take(&mut func.block_mut(block).insts);
    let before = insts.len();
    insts.retain(|idx| {
        let i = idx.index();
        let mut inst = core::mem::replace(&mut func.insts[i].inst, Inst::Const(0));
        inst.for_each_use_mut(|value| *value = resolve(func, *value));
        let result = func.insts[i].results.first().copied();
        let found = step(func, known, &inst, result);
        func.insts[i].inst = inst;
        if known.len() > REMEMBERED {
            known.remove(0);
        }
        match (found, result) {
            (Some(value), Some(result)) => {
                func.replace(result, value);
                false
            }
            _ => true,
        }
    });
    let changed = insts.len() != before;
    func.block_mut(block).insts = insts;
    changed
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "`forget` names all the others"
)]
/// Takes note of what `inst` does; returns the value that it reads, if that is known.
fn step(func: &Func, known: &mut Vec<Known>, inst: &Inst, result: Option<Value>) -> Option<Value> {
    match *inst {
        Inst::Load {
            op,
            mem,
            addr,
            offset,
        } => {
            let place = Place::new(func, mem, addr, offset, op.bytes())?;
            let found = known.iter().rev().find_map(|known| match known {
                Known::Memory {
                    op: other,
                    place: there,
                    value,
                } if *other == op && there.same(&place) => Some(*value),
                _ => None,
            });
            if found.is_none() {
                let value = result?;
                known.push(Known::Memory { op, place, value });
            }
            found
        }
        Inst::Store {
            op,
            mem,
            addr,
            offset,
            value,
        } => {
            store(func, known, op, (mem, addr, offset), value);
            None
        }
        Inst::GlobalGet(global) => recall(known, Known::Global(global, result?)),
        Inst::GlobalSet(global, value) => {
            known.retain(|known| !matches!(known, Known::Global(other, _) if *other == global));
            known.push(Known::Global(global, value));
            None
        }
        Inst::MemorySize(mem) => recall(known, Known::MemorySize(mem, result?)),
        Inst::TableSize(table) => recall(known, Known::TableSize(table, result?)),
        ref other => {
            forget(known, other);
            None
        }
    }
}

/// The value of what `asked` names, if it is known; otherwise it is known from now on.
fn recall(known: &mut Vec<Known>, asked: Known) -> Option<Value> {
    let found = known.iter().find_map(|known| match (*known, asked) {
        (Known::Global(a, value), Known::Global(b, _))
        | (Known::MemorySize(a, value), Known::MemorySize(b, _))
        | (Known::TableSize(a, value), Known::TableSize(b, _))
            if a == b =>
        {
            Some(value)
        }
        _ => None,
    });
    if found.is_none() {
        known.push(asked);
    }
    found
}

fn store(
    func: &Func,
    known: &mut Vec<Known>,
    op: StoreOp,
    (mem, addr, offset): (u32, Value, u32),
    value: Value,
) {
    let Some(place) = Place::new(func, mem, addr, offset, op.bytes()) else {
        known.retain(|known| !matches!(known, Known::Memory { .. }));
        return;
    };
    known.retain(|known| match known {
        Known::Memory { place: there, .. } => there.apart(&place),
        Known::Global(..) | Known::MemorySize(..) | Known::TableSize(..) => true,
    });
    // What reads all of the value back, as it is.
    let load = match func.ty(value) {
        Type::I32 => LoadOp::I32Load,
        Type::F32 => LoadOp::F32Load,
        Type::I64 => LoadOp::I64Load,
        Type::F64 => LoadOp::F64Load,
        Type::V128 => LoadOp::V128Load,
        Type::FuncRef | Type::ExternRef | Type::AnyRef | Type::ExnRef => return,
    };
    if load.bytes() == op.bytes() {
        let op = load;
        known.push(Known::Memory { op, place, value });
    }
}

/// Drops what `inst`, which is no load, store or access of a global, may change.
fn forget(known: &mut Vec<Known>, inst: &Inst) {
    match inst {
        Inst::Call { .. } | Inst::CallIndirect { .. } | Inst::CallRef { .. } => known.clear(),
        // Another thread may have written before this, and the module says that it matters. A wait is a pause, too.
        Inst::Atomic { .. } | Inst::AtomicFence => known.clear(),
        // Nothing else than a pause can change what is known here.
        Inst::Object { op, .. } if op.may_pause() => known.clear(),
        // These can pause halfway, and the host may do anything then.
        Inst::MemoryGrow { .. }
        | Inst::MemoryFill { .. }
        | Inst::MemoryCopy { .. }
        | Inst::MemoryInit { .. }
        | Inst::TableGrow { .. }
        | Inst::TableFill { .. }
        | Inst::TableCopy { .. }
        | Inst::TableInit { .. } => known.clear(),
        Inst::Const(_)
        | Inst::Caught(_)
        | Inst::Unary(..)
        | Inst::Binary(..)
        | Inst::V128Const(_)
        | Inst::Simd { .. }
        | Inst::Select { .. }
        | Inst::Object { .. }
        | Inst::RefIsNull(_)
        | Inst::RefAsNonNull(_)
        | Inst::RefFunc(_)
        | Inst::GlobalGet(_)
        | Inst::GlobalSet(..)
        | Inst::HomeSet(..)
        | Inst::Load { .. }
        | Inst::Store { .. }
        | Inst::MemorySize(_)
        | Inst::TableGet { .. }
        | Inst::TableSet { .. }
        | Inst::TableSize(_)
        | Inst::DataDrop(_)
        | Inst::ElemDrop(_) => {}
    }
}
