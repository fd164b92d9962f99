//! Simplification: folds constants and replaces instructions by cheaper ones that give the same bits. One forward walk; each
//! instruction is tried again until no rule fits, and its operands have been simplified before it.
//!
//! Only operands and pure instructions change. A rule may drop a trap only where the operands rule it out. Blocks and costs stay as
//! they are, so fuel does too.
//!
//! The rules are in [`binary`] (arithmetic), [`compare`] and [`unary`]; each takes an instruction and says what it becomes.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the operators that it is for; all others stay as they are"
)]

mod binary;
mod bits;
mod compare;
mod unary;

use super::operands::{constant, resolve};
use crate::ir::cfg::Cfg;
use crate::ir::{BinaryOp, Block, Func, Inst, StoreOp, Terminator, Type, UnaryOp, Value};

/// How often an instruction may be rewritten in a row. Every rule makes it simpler, so this is a guard, not a tuning knob.
const LIMIT: usize = 16;

/// What an instruction becomes.
enum Step {
    /// A value that is there already: the instruction goes.
    Value(Value),
    /// A constant of the same type.
    Const(u64),
    /// Another instruction with the same type of result.
    Inst(Inst),
}

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let masks = bits::Masks::new(func, cfg);
    let mut simplifier = Simplifier {
        func,
        masks: &masks,
        out: Vec::new(),
        offset: 0,
        changed: false,
    };
    for &block in cfg.rpo() {
        simplifier.block(block);
    }
    let changed = simplifier.changed;
    if changed {
        super::operands::resolve_all(func);
    }
    changed
}

struct Simplifier<'a> {
    func: &'a mut Func,
    masks: &'a bits::Masks,
    /// The instructions of the block so far.
    out: Vec<crate::ir::InstIdx>,
    /// Where new instructions come from.
    offset: u32,
    changed: bool,
}

impl Simplifier<'_> {
    fn block(&mut self, block: Block) {
        let mut insts = core::mem::take(&mut self.func.block_mut(block).insts);
        for idx in insts.drain(..) {
            self.offset = self.func.insts[idx.index()].offset;
            if self.inst(idx) {
                self.out.push(idx);
            }
        }
        let mut terminator = core::mem::replace(
            &mut self.func.block_mut(block).terminator,
            Terminator::Trap(wrt_format::trap::Trap::Unreachable),
        );
        terminator.for_each_use_mut(|value| *value = resolve(self.func, *value));
        if let Terminator::BrIf {
            cond,
            then,
            otherwise,
        } = &mut terminator
        {
            for _ in 0..LIMIT {
                let Some((simpler, swap)) = unary::condition(self.func, *cond) else {
                    break;
                };
                *cond = simpler;
                if swap {
                    core::mem::swap(then, otherwise);
                    let mostly = &mut self.func.block_mut(block).mostly;
                    *mostly = mostly.map(|it| !it);
                }
                self.changed = true;
            }
        }
        // Back to where they were, which mostly has the room.
        insts.append(&mut self.out);
        let data = self.func.block_mut(block);
        data.terminator = terminator;
        data.insts = insts;
    }

    /// Simplifies one instruction; returns whether it is still there.
    fn inst(&mut self, idx: crate::ir::InstIdx) -> bool {
        let i = idx.index();
        let mut inst = core::mem::replace(&mut self.func.insts[i].inst, Inst::Const(0));
        inst.for_each_use_mut(|value| *value = resolve(self.func, *value));
        let mut stays = true;
        for _ in 0..LIMIT {
            let Some(step) = self.step(&inst) else {
                break;
            };
            self.changed = true;
            match step {
                Step::Inst(other) => inst = other,
                Step::Const(bits) => inst = Inst::Const(bits),
                Step::Value(value) => {
                    let result = self.func.insts[i].results[0];
                    self.func.replace(result, value);
                    stays = false;
                    break;
                }
            }
        }
        self.func.insts[i].inst = inst;
        stays
    }

    fn step(&mut self, inst: &Inst) -> Option<Step> {
        match *inst {
            Inst::Unary(op, a) => self.unary(op, a),
            Inst::Binary(op, a, b) => self.binary(op, a, b),
            Inst::Select {
                cond,
                then,
                otherwise,
            } => self.select(cond, then, otherwise),
            Inst::RefIsNull(a) => match self.func.insts[self.func.def_inst(a)?.index()].inst {
                Inst::Const(bits) => Some(Step::Const(u64::from(bits == 0))),
                Inst::RefFunc(_) | Inst::RefAsNonNull(_) => Some(Step::Const(0)),
                _ => None,
            },
            Inst::RefAsNonNull(a) => match self.func.insts[self.func.def_inst(a)?.index()].inst {
                Inst::RefFunc(_) | Inst::RefAsNonNull(_) => Some(Step::Value(a)),
                _ => None,
            },
            Inst::Store {
                op,
                mem,
                addr,
                offset,
                value,
            } => Some(Step::Inst(Inst::Store {
                op,
                mem,
                addr,
                offset,
                value: self.stored(op, value)?,
            })),
            _ => None,
        }
    }

    fn select(&mut self, cond: Value, then: Value, otherwise: Value) -> Option<Step> {
        if then == otherwise {
            return Some(Step::Value(then));
        }
        if let Some(bits) = self.constant(cond) {
            return Some(Step::Value(if bits != 0 { then } else { otherwise }));
        }
        if let Some((cond, swap)) = unary::condition(self.func, cond) {
            let (then, otherwise) = if swap {
                (otherwise, then)
            } else {
                (then, otherwise)
            };
            return Some(Step::Inst(Inst::Select {
                cond,
                then,
                otherwise,
            }));
        }
        // A choice between 1 and 0 is the condition itself.
        if self.func.ty(then) != Type::I32 || bits::possible(self.func, self.masks, cond) != 1 {
            return None;
        }
        match (self.constant(then)?, self.constant(otherwise)?) {
            (1, 0) => Some(Step::Value(cond)),
            (0, 1) => Some(Step::Inst(Inst::Unary(UnaryOp::I32Eqz, cond))),
            _ => None,
        }
    }

    /// A simpler value with the same low bytes.
    fn stored(&self, op: StoreOp, value: Value) -> Option<Value> {
        let bits = u64::from(op.bytes()) * 8;
        if bits > 64 {
            return None;
        }
        let mask = u64::MAX >> (64 - bits);
        match self.func.insts[self.func.def_inst(value)?.index()].inst {
            Inst::Binary(BinaryOp::I32And | BinaryOp::I64And, a, b) if bits < 64 => {
                (self.constant(b)? & mask == mask).then_some(a)
            }
            Inst::Unary(
                UnaryOp::I32WrapI64 | UnaryOp::I64ExtendI32S | UnaryOp::I64ExtendI32U,
                a,
            ) if bits <= 32 => Some(a),
            Inst::Unary(UnaryOp::I32Extend8S | UnaryOp::I64Extend8S, a) if bits == 8 => Some(a),
            Inst::Unary(UnaryOp::I32Extend16S | UnaryOp::I64Extend16S, a) if bits <= 16 => Some(a),
            Inst::Unary(UnaryOp::I64Extend32S, a) if bits <= 32 => Some(a),
            _ => None,
        }
    }

    fn constant(&self, value: Value) -> Option<u64> {
        constant(self.func, value)
    }

    /// The operator and operands that define `value`, if they are those of a binary operator.
    fn as_binary(&self, value: Value) -> Option<(BinaryOp, Value, Value)> {
        match self.func.insts[self.func.def_inst(value)?.index()].inst {
            Inst::Binary(op, a, b) => Some((op, a, b)),
            _ => None,
        }
    }

    /// The operator and operand that define `value`, if they are those of a unary operator.
    fn as_unary(&self, value: Value) -> Option<(UnaryOp, Value)> {
        match self.func.insts[self.func.def_inst(value)?.index()].inst {
            Inst::Unary(op, a) => Some((op, a)),
            _ => None,
        }
    }

    /// A new constant in front of the current instruction.
    fn new_const(&mut self, ty: Type, bits: u64) -> Value {
        self.new_value(Inst::Const(bits), ty)
    }

    /// The result of a new instruction in front of the current one.
    fn new_value(&mut self, inst: Inst, ty: Type) -> Value {
        let idx = self.func.new_inst(inst, &[ty], self.offset);
        self.out.push(idx);
        self.func.insts[idx.index()].results[0]
    }
}
