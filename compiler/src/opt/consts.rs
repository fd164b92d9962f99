//! Constant placement: decides where each constant is made. Every use gets a constant
//! - of its own, right in front, where the value goes to a place of its own anyway (arguments, results, block parameters);
//! - shared with the uses behind it in the block, where the instruction set takes it as an immediate, and outside of loops;
//! - in front of the outermost loop around it otherwise, so that in the loop it is a slot that is just there.
//!
//! A function has few slots to give away (frames lie on the guest's stack), so only the [`PER_LOOP`] constants that are used most
//! leave each loop. Constants are pure and cost nothing; no block changes its cost.

use super::int::{IntOp, Width, split};
use super::licm::preheader;
use super::operands::constant;
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::loops::{LoopIdx, Loops};
use crate::ir::{Block, Func, Inst, InstIdx, Terminator, Type, Value};

/// How many constants move in front of one outermost loop at most.
const PER_LOOP: usize = 40;

/// A constant, wherever it is made.
type Key = (Type, u64);

/// How an operand takes a constant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Into a place of its own.
    Own,
    /// As an immediate, most likely.
    Immediate,
    /// From a slot.
    Slot,
}

/// Runs the pass; always counts as a change.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    super::operands::resolve_all(func);
    let loops = cfg.loops();
    let first_new = func.insts.len();
    let sums = Sums::of(func, cfg);
    let mut placer = Placer {
        first_new,
        hoisted: hoist(func, &sums, cfg, loops),
        sums,
        func,
        local: HashMap::default(),
        out: Vec::new(),
        offset: 0,
    };
    // New preheaders hold nothing but what has just been put there.
    for &block in cfg.rpo() {
        let outermost = outermost(loops, block);
        placer.block(block, outermost);
    }
    true
}

fn outermost(loops: &Loops, block: Block) -> Option<LoopIdx> {
    let mut at = loops.innermost(block)?;
    while let Some(parent) = loops.get(at).parent {
        at = parent;
    }
    Some(at)
}

/// Makes the constants that are worth it in front of the outermost loops.
fn hoist(func: &mut Func, sums: &Sums, cfg: &Cfg, loops: &Loops) -> HashMap<(LoopIdx, Key), Value> {
    // Outermost loops by loop: parents come first.
    let mut outermost: Vec<LoopIdx> = Vec::new();
    for (i, data) in loops.all().iter().enumerate() {
        let own = LoopIdx(i as u32);
        outermost.push(data.parent.map_or(own, |parent| outermost[parent.index()]));
    }
    let mut place: HashMap<(LoopIdx, Key), usize> = HashMap::default();
    let mut wanted: Vec<(LoopIdx, Key, u64)> = Vec::new();
    for &block in cfg.rpo() {
        let Some(inner) = loops.innermost(block) else {
            continue;
        };
        let idx = outermost[inner.index()];
        // A guess at how often it runs.
        let weight = 1u64 << (3 * loops.get(inner).depth.min(8));
        for inst in &func.block(block).insts {
            each_const(func, sums, &func.insts[inst.index()].inst, |key, need| {
                if need == Need::Slot {
                    let at = *place.entry((idx, key)).or_insert_with(|| {
                        wanted.push((idx, key, 0));
                        wanted.len() - 1
                    });
                    wanted[at].2 = wanted[at].2.saturating_add(weight);
                }
            });
        }
    }
    // Stable: equally good ones stay in the order in which they were found.
    wanted.sort_by_key(|&(idx, _, weight)| (idx, core::cmp::Reverse(weight)));
    let mut hoisted = HashMap::default();
    for group in wanted.chunk_by(|a, b| a.0 == b.0) {
        let idx = group[0].0;
        let block = preheader(func, cfg, loops, idx);
        let offset = func.block(block).offset;
        for &(_, key, _) in group.iter().take(PER_LOOP) {
            let inst = func.new_inst(Inst::Const(key.1), &[key.0], offset);
            func.block_mut(block).insts.push(inst);
            hoisted.insert((idx, key), func.insts[inst.index()].results[0]);
        }
    }
    hoisted
}

/// Calls `f` with each operand of `inst` that is a constant.
fn each_const(func: &Func, sums: &Sums, inst: &Inst, mut f: impl FnMut(Key, Need)) {
    let mut nth = 0;
    inst.for_each_use(|&value| {
        if let Some(bits) = constant(func, value) {
            let key = (func.ty(value), bits);
            f(key, sums.need(inst, nth, key));
        }
        nth += 1;
    });
}

/// Which values are sums or shifts that one instruction alone uses, by value.
struct Sums(Vec<bool>);

impl Sums {
    /// Those of a function.
    fn of(func: &Func, cfg: &Cfg) -> Self {
        let mut uses = vec![0_u8; func.values.len()];
        let mut note = |value: &Value| {
            let uses = &mut uses[value.index()];
            *uses = uses.saturating_add(1);
        };
        for &block in cfg.rpo() {
            let data = func.block(block);
            for idx in &data.insts {
                func.insts[idx.index()].inst.for_each_use(&mut note);
            }
            data.terminator.for_each_use(&mut note);
        }
        let is_sum = |value: Value| {
            let inst = func
                .def_inst(value)
                .map(|idx| &func.insts[idx.index()].inst);
            let &Inst::Binary(op, ..) = inst? else {
                return None;
            };
            let (op, _) = split(op)?;
            Some(matches!(op, IntOp::Add | IntOp::Shl))
        };
        let own = uses.iter().zip(0..);
        Self(
            own.map(|(&uses, i)| uses == 1 && is_sum(Value(i)) == Some(true))
                .collect(),
        )
    }

    /// Whether an access to this address can compute it.
    fn folds(&self, addr: Value) -> bool {
        // Constants that this pass has made are no sums.
        self.0.get(addr.index()).copied().unwrap_or(false)
    }

    /// How operand `nth` of `inst` takes the constant `key`.
    fn need(&self, inst: &Inst, nth: usize, (ty, bits): Key) -> Need {
        let small = match ty {
            Type::I32 => i16::try_from(bits as i32).is_ok(),
            Type::I64 => i16::try_from(bits as i64).is_ok(),
            Type::F32
            | Type::F64
            | Type::V128
            | Type::FuncRef
            | Type::ExternRef
            | Type::AnyRef
            | Type::ExnRef => false,
        };
        let immediate = |is| if is { Need::Immediate } else { Need::Slot };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "a slot is right for whatever needs nothing special"
        )]
        match inst {
            Inst::Binary(op, ..) => immediate(nth == 1 && small && takes_immediate(split(*op))),
            // Stores of immediates have no form that computes the address.
            Inst::Store { addr, .. } => immediate(nth == 1 && small && !self.folds(*addr)),
            Inst::CallIndirect { .. } | Inst::CallRef { .. } if nth == 0 => Need::Slot,
            // Arguments go to the callee's window; bulk operations change their operands as they advance.
            Inst::Call { .. }
            | Inst::CallIndirect { .. }
            | Inst::CallRef { .. }
            | Inst::MemoryFill { .. }
            | Inst::MemoryCopy { .. }
            | Inst::MemoryInit { .. }
            | Inst::TableFill { .. }
            | Inst::TableCopy { .. }
            | Inst::TableInit { .. } => Need::Own,
            _ => Need::Slot,
        }
    }
}

/// Whether the instruction set has the operator with a 16-bit immediate on the right.
const fn takes_immediate(op: Option<(IntOp, Width)>) -> bool {
    match op {
        None => false,
        Some((op, _)) => !matches!(
            op,
            IntOp::Sub | IntOp::DivS | IntOp::DivU | IntOp::RemS | IntOp::RemU | IntOp::Rotr
        ),
    }
}

struct Placer<'a> {
    func: &'a mut Func,
    /// Instructions from here on are the pass's own.
    first_new: usize,
    hoisted: HashMap<(LoopIdx, Key), Value>,
    sums: Sums,
    /// The constants made in the block so far, to share.
    local: HashMap<Key, Value>,
    /// The instructions of the block so far.
    out: Vec<InstIdx>,
    offset: u32,
}

impl Placer<'_> {
    fn block(&mut self, block: Block, around: Option<LoopIdx>) {
        self.local.clear();
        let mut insts = core::mem::take(&mut self.func.block_mut(block).insts);
        for idx in insts.drain(..) {
            let i = idx.index();
            if let Inst::Const(_) = self.func.insts[i].inst {
                // Made anew where it is used; unless it is a hoisted one, which is in use as it is.
                if idx.index() >= self.first_new {
                    self.out.push(idx);
                }
                continue;
            }
            self.offset = self.func.insts[i].offset;
            let mut inst = core::mem::replace(&mut self.func.insts[i].inst, Inst::Const(0));
            let before = inst.clone();
            let mut nth = 0;
            inst.for_each_use_mut(|value| {
                if let Some(bits) = constant(self.func, *value) {
                    let key = (self.func.ty(*value), bits);
                    *value = self.place(key, self.sums.need(&before, nth, key), around);
                }
                nth += 1;
            });
            self.func.insts[i].inst = inst;
            self.out.push(idx);
        }
        let mut terminator = core::mem::replace(
            &mut self.func.block_mut(block).terminator,
            Terminator::Trap(wrt_format::trap::Trap::Unreachable),
        );
        self.offset = self.func.block(block).offset;
        // A call that is tried stays last: what its handlers are given is made before.
        let is_tried = matches!(terminator, Terminator::Try { .. });
        let tried = if is_tried { self.out.pop() } else { None };
        terminator.for_each_use_mut(|value| {
            if let Some(bits) = constant(self.func, *value) {
                let key = (self.func.ty(*value), bits);
                *value = self.place(key, Need::Own, around);
            }
        });
        self.out.extend(tried);
        insts.append(&mut self.out);
        let data = self.func.block_mut(block);
        data.terminator = terminator;
        data.insts = insts;
    }

    /// A value for the constant, made in front of the current instruction if need be.
    fn place(&mut self, key: Key, need: Need, around: Option<LoopIdx>) -> Value {
        if need == Need::Slot
            && let Some(idx) = around
            && let Some(&value) = self.hoisted.get(&(idx, key))
        {
            return value;
        }
        if need != Need::Own
            && let Some(&value) = self.local.get(&key)
        {
            return value;
        }
        let idx = self
            .func
            .new_inst(Inst::Const(key.1), &[key.0], self.offset);
        self.out.push(idx);
        let value = self.func.insts[idx.index()].results[0];
        if need != Need::Own {
            self.local.insert(key, value);
        }
        value
    }
}
