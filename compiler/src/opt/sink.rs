//! Sinking: a pure instruction whose result only one way out of its block needs moves to the start of that way. The other way does
//! not pay for it, and a loop's next value does not live beside the present one while that is tested.
//!
//! ```text
//!    b0: v2 = add v1, 1; br_if v0, b1, b2       b0: br_if v0, b1, b2
//!    b1: ... v2 ...                        ->   b1: v2 = add v1, 1; ... v2 ...
//! ```
//!
//! Only instructions that cannot trap and have no effect move, and never into a loop. Blocks and costs stay as they are, so fuel
//! does too.

use super::licm::is_compare;
use super::operands::{can_trap, is_value};
use crate::ir::cfg::Cfg;
use crate::ir::loops::Loops;
use crate::ir::{Block, Func, Inst, InstIdx, Terminator, Value};

/// What uses a value: nothing, or blocks of which this is the nearest dominator.
type Users = Vec<Option<Block>>;

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let loops = cfg.loops();
    let mut users: Users = vec![None; func.values.len()];
    for &block in cfg.rpo() {
        let data = func.block(block);
        for idx in &data.insts {
            let inst = &func.insts[idx.index()].inst;
            inst.for_each_use(|&value| note(&mut users, cfg, func.resolve(value), block));
        }
        data.terminator
            .for_each_use(|&value| note(&mut users, cfg, func.resolve(value), block));
    }
    let mut changed = false;
    for &block in cfg.rpo() {
        if matches!(func.block(block).terminator, Terminator::BrIf { .. }) {
            changed |= sink(func, cfg, loops, &users, block);
        }
    }
    changed
}

fn note(users: &mut Users, cfg: &Cfg, value: Value, block: Block) {
    let user = &mut users[value.index()];
    *user = Some(user.map_or(block, |user| cfg.common_dominator(user, block)));
}

/// Moves what it can out of one block. An operand of what moves stays: its use was here.
fn sink(func: &mut Func, cfg: &Cfg, loops: &Loops, users: &Users, block: Block) -> bool {
    let mut insts = core::mem::take(&mut func.block_mut(block).insts);
    let ways = cfg.succs(block);
    let mut moved: Vec<(usize, InstIdx)> = Vec::new();
    insts.retain(|&idx| {
        let data = &func.insts[idx.index()];
        let way = match &data.results[..] {
            &[result] if is_worth_sinking(func, &data.inst) => {
                let user = users[result.index()];
                user.and_then(|user| {
                    ways.iter()
                        .position(|way| takes(cfg, loops, block, *way, user))
                })
            }
            _ => None,
        };
        moved.extend(way.map(|way| (way, idx)));
        way.is_none()
    });
    func.block_mut(block).insts = insts;
    if moved.is_empty() {
        return false;
    }
    for (nth, &way) in ways.iter().enumerate() {
        let insts = moved.iter().filter(|it| it.0 == nth).map(|it| it.1);
        func.block_mut(way).insts.splice(0..0, insts);
    }
    true
}

/// Whether what only `user` needs, or blocks behind it, may move from `block` to its successor `way`.
fn takes(cfg: &Cfg, loops: &Loops, block: Block, way: Block, user: Block) -> bool {
    let innermost = loops.innermost(way);
    cfg.preds(way).len() == 1
        && cfg.dominates(way, user)
        && innermost.is_none_or(|idx| loops.contains(idx, block))
}

/// Constants are placed later, and the machine compares together with a branch.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only what computes is meant"
)]
fn is_worth_sinking(func: &Func, inst: &Inst) -> bool {
    let computes = match inst {
        Inst::Binary(op, ..) => !is_compare(*op),
        Inst::Unary(..) | Inst::Simd { .. } | Inst::Select { .. } => true,
        _ => false,
    };
    computes && is_value(inst) && !can_trap(func, inst)
}
