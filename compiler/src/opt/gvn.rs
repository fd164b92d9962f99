//! Global value numbering: an instruction equal to one that dominates it is replaced by that one's result, and a branch on a
//! condition that a dominating branch has decided is decided too. Constants move to the entry block, so that each exists once;
//! `consts` later puts them back where they are best.
//!
//! Only instructions whose result depends on their operands alone take part. One that may trap goes only because an equal one ran
//! before it, which has not trapped. Costs stay where they are; a decided branch keeps its block. So fuel stays as it is.
//!
//! The dominator tree is walked in preorder with one table whose changes are undone on the way up: linear, no recursion.

use super::operands::{resolve, resolve_all};
use crate::hash::{Hash, HashMap};
use crate::ir::cfg::Cfg;
use crate::ir::{
    BinaryOp, Block, Edge, Func, Inst, InstIdx, ObjectOp, SimdOp, Terminator, Type, UnaryOp, Value,
};

/// What makes two instructions equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Const(Type, u64),
    Unary(UnaryOp, Value),
    Binary(BinaryOp, Value, Value),
    V128Const(u128),
    Simd(SimdOp, u8, [Value; 3]),
    Select(Value, Value, Value),
    Object(ObjectOp, Value),
    RefIsNull(Value),
    RefAsNonNull(Value),
    RefFunc(u32),
    /// Not an instruction: whether this value is known to be nonzero or zero in the blocks below.
    Truth(Value),
}

/// What the table knows of a key.
#[derive(Clone, Copy)]
enum Entry {
    Value(Value),
    Truth(bool),
}

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    // About half of all instructions have a key.
    let most = func.insts.len() / 2;
    let mut numbering = Numbering {
        func,
        cfg,
        table: HashMap::with_capacity_and_hasher(most, Hash::default()),
        undo: Vec::new(),
        open: Vec::new(),
        consts: Vec::new(),
        changed: false,
    };
    for &block in cfg.dom_preorder() {
        numbering.enter(block);
        numbering.block(block);
    }
    let consts = numbering.consts;
    let changed = numbering.changed;
    func.block_mut(Func::ENTRY).insts.splice(0..0, consts);
    resolve_all(func);
    changed
}

struct Numbering<'a> {
    func: &'a mut Func,
    cfg: &'a Cfg,
    table: HashMap<Key, Entry>,
    /// What the table had before each change below the entry of the open blocks.
    undo: Vec<(Key, Option<Entry>)>,
    /// The blocks from the root of the tree down to the current one, with the length of `undo` when they were entered.
    open: Vec<(Block, usize)>,
    /// The constants, which go to the entry block.
    consts: Vec<InstIdx>,
    changed: bool,
}

impl Numbering<'_> {
    /// Leaves the blocks that do not dominate `block`, and takes up what is known at its start.
    fn enter(&mut self, block: Block) {
        while let Some(&(top, undo)) = self.open.last() {
            if self.cfg.dominates(top, block) {
                break;
            }
            for (key, before) in self.undo.drain(undo..).rev() {
                match before {
                    Some(entry) => self.table.insert(key, entry),
                    None => self.table.remove(&key),
                };
            }
            self.open.pop();
        }
        self.open.push((block, self.undo.len()));
        let [pred] = *self.cfg.preds(block) else {
            return;
        };
        if let Terminator::BrIf { cond, then, .. } = &self.func.block(pred).terminator {
            let (cond, truth) = (*cond, then.block == block);
            let cond = resolve(self.func, cond);
            self.set(Key::Truth(cond), Entry::Truth(truth));
        }
    }

    fn set(&mut self, key: Key, entry: Entry) {
        let before = self.table.insert(key, entry);
        self.undo.push((key, before));
    }

    fn block(&mut self, block: Block) {
        let mut insts = core::mem::take(&mut self.func.block_mut(block).insts);
        insts.retain(|&idx| self.stays(idx));
        self.func.block_mut(block).insts = insts;
        let Terminator::BrIf { cond, .. } = self.func.block(block).terminator else {
            return;
        };
        let cond = resolve(self.func, cond);
        if let Some(&Entry::Truth(truth)) = self.table.get(&Key::Truth(cond)) {
            let terminator = &mut self.func.block_mut(block).terminator;
            if let Terminator::BrIf {
                then, otherwise, ..
            } = terminator
            {
                let taken: &mut Edge = if truth { then } else { otherwise };
                let args = core::mem::take(&mut taken.args);
                let block = taken.block;
                *terminator = Terminator::Br(Edge { block, args });
                self.changed = true;
            }
        }
    }

    /// Numbers an instruction; false if it goes away from its block.
    fn stays(&mut self, idx: InstIdx) -> bool {
        let i = idx.index();
        let mut inst = core::mem::replace(&mut self.func.insts[i].inst, Inst::Const(0));
        inst.for_each_use_mut(|value| *value = resolve(self.func, *value));
        let key = self.key(&inst, idx);
        self.func.insts[i].inst = inst;
        let Some(key) = key else {
            return true;
        };
        let result = self.func.insts[i].results[0];
        match self.table.get(&key) {
            Some(&Entry::Value(value)) => {
                self.func.replace(result, value);
                self.changed = true;
                false
            }
            _ if matches!(key, Key::Const(..)) => {
                // Valid everywhere: never undone.
                self.table.insert(key, Entry::Value(result));
                self.consts.push(idx);
                false
            }
            _ => {
                self.set(key, Entry::Value(result));
                true
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what has a key is decided here alone: an instruction without one stays"
    )]
    fn key(&self, inst: &Inst, idx: InstIdx) -> Option<Key> {
        Some(match *inst {
            Inst::Const(bits) => {
                let result = self.func.insts[idx.index()].results[0];
                Key::Const(self.func.ty(result), bits)
            }
            Inst::Unary(op, a) => Key::Unary(op, a),
            Inst::Binary(op, a, b) if commutes(op) && b < a => Key::Binary(op, b, a),
            Inst::Binary(op, a, b) => Key::Binary(op, a, b),
            Inst::V128Const(bits) => Key::V128Const(bits),
            Inst::Simd { op, lane, args } => {
                let count = op.operand_types().len();
                // What is behind the operands does not count.
                let mut args: [Value; 3] =
                    core::array::from_fn(|i| args[if i < count { i } else { 0 }]);
                if op.commutes() && args[1] < args[0] {
                    args.swap(0, 1);
                    args[2] = args[0];
                }
                Key::Simd(op, lane, args)
            }
            Inst::Select {
                cond,
                then,
                otherwise,
            } => Key::Select(cond, then, otherwise),
            Inst::Object { op, ref args } if op.is_value() => Key::Object(op, args[0]),
            Inst::RefIsNull(a) => Key::RefIsNull(a),
            Inst::RefAsNonNull(a) => Key::RefAsNonNull(a),
            Inst::RefFunc(func) => Key::RefFunc(func),
            _ => return None,
        })
    }
}

/// Whether the operands may be swapped. Float addition and multiplication do not count: which NaN they give may depend on the order.
fn commutes(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::I64MulHighS | BinaryOp::I64MulHighU)
        || super::int::split(op).is_some_and(|(op, _)| op.commutes())
}
