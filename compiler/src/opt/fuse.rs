//! Brings comparisons to the branches that use them: the machine compares and branches in one instruction, but only if the
//! comparison is the branch's own. A comparison that is used elsewhere too, or made in another block, is made again in front of the
//! branch; if nothing else needs it, dead code elimination takes the first one away.
//!
//! Comparisons are pure and cost nothing; no block changes its cost.

use super::licm::is_compare;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Inst, Terminator, Type, UnaryOp, Value};

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let mut uses = vec![0u32; func.values.len()];
    for &block in cfg.rpo() {
        let mut count = |value: &Value| uses[func.resolve(*value).index()] += 1;
        let data = func.block(block);
        for idx in &data.insts {
            func.insts[idx.index()].inst.for_each_use(&mut count);
        }
        data.terminator.for_each_use(count);
    }
    let mut changed = false;
    for &block in cfg.rpo() {
        changed |= fuse(func, &uses, block);
    }
    changed
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only comparisons are meant")]
fn fuse(func: &mut Func, uses: &[u32], block: Block) -> bool {
    let data = func.block(block);
    let Terminator::BrIf { cond, .. } = data.terminator else {
        return false;
    };
    let Some(idx) = func.def_inst(cond) else {
        return false;
    };
    let inst = &func.insts[idx.index()].inst;
    let fusible = match inst {
        Inst::Binary(op, ..) => is_compare(*op),
        Inst::Unary(op, _) => matches!(op, UnaryOp::I64Eqz),
        Inst::RefIsNull(_) => true,
        _ => false,
    };
    // In its own block, a comparison with one use is the branch's already.
    let own = uses[func.resolve(cond).index()] == 1 && data.insts.contains(&idx);
    if !fusible || own {
        return false;
    }
    let (inst, offset) = (inst.clone(), data.offset);
    let copy = func.new_inst(inst, &[Type::I32], offset);
    let result = func.insts[copy.index()].results[0];
    let data = func.block_mut(block);
    data.insts.push(copy);
    if let Terminator::BrIf { cond, .. } = &mut data.terminator {
        *cond = result;
    }
    true
}
