//! Loop-invariant code motion: cheap pure instructions whose operands do not change in a loop move in front of it, out of as many
//! loops as they can.
//!
//! Only instructions that cannot trap and have no effect move, and only from blocks that run in every turn of the loop on which nothing is
//! thrown, so that nothing is computed that was not before (but for a loop left in its first turn); and vector constants from anywhere, up to
//! [`CONSTANTS`] for a loop, since to make one again and again is what costs. They move to the loop's preheader, which is made if there is
//! none, with cost 0. So fuel stays as it is.
//!
//! Comparisons stay: the machine does them together with the branch.

use super::apart;
use super::operands::{can_trap, is_value};
use crate::ir::cfg::Cfg;
use crate::ir::loops::{LoopIdx, Loops};
use crate::ir::{BinaryOp, Block, Edge, Func, Inst, InstIdx, Terminator, UnaryOp, Value};

/// Out of how many nested loops an instruction moves at most. Keeps the pass linear.
const LEVELS: usize = 8;
/// Vector constants that leave a loop from blocks that do not run in every turn, at most. Each takes two slots of the frame.
const CONSTANTS: usize = 24;

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let loops = cfg.loops();
    if loops.all().is_empty() {
        return false;
    }
    let mut home = homes(func, cfg, loops);
    let every_turn = every_turn(func, cfg, loops);
    let mut constants = vec![0; loops.all().len()];
    let mut moved: Vec<Vec<InstIdx>> = vec![Vec::new(); loops.all().len()];
    let mut changed = false;
    for &block in cfg.rpo() {
        let Some(inner) = loops.innermost(block) else {
            continue;
        };
        let mut insts = core::mem::take(&mut func.block_mut(block).insts);
        insts.retain(|&idx| {
            let inst = &func.insts[idx.index()].inst;
            if !is_worth_moving(func, inst) {
                return true;
            }
            let mut target = None;
            let mut around = Some(inner);
            for _ in 0..LEVELS {
                let Some(idx) = around else {
                    break;
                };
                let runs = cfg.dominates(block, every_turn[idx.index()]);
                if !runs {
                    // Counted for each loop that it leaves.
                    let count = &mut constants[idx.index()];
                    if !matches!(inst, Inst::V128Const(_)) || *count == CONSTANTS {
                        break;
                    }
                    *count += 1;
                }
                if !is_invariant(func, loops, &home, inst, idx) {
                    break;
                }
                target = Some(idx);
                around = loops.get(idx).parent;
            }
            let Some(target) = target else {
                return true;
            };
            moved[target.index()].push(idx);
            // From now on it counts as being where the loop's parent is.
            for result in &func.insts[idx.index()].results {
                home[result.index()] = loops.get(target).parent;
            }
            changed = true;
            false
        });
        func.block_mut(block).insts = insts;
    }
    place(func, cfg, loops, moved);
    changed
}

/// For each loop the block that dominates all latches on whose way nothing is thrown: what dominates it runs in every turn.
fn every_turn(func: &Func, cfg: &Cfg, loops: &Loops) -> Vec<Block> {
    let caught = apart::caught(func, cfg);
    let passes = |latch: &Block| caught.as_ref().is_none_or(|it| !it[latch.index()]);
    loops
        .all()
        .iter()
        .map(|data| {
            let latches = data.latches.iter().copied();
            let passing = latches.clone().filter(passes);
            (passing.reduce(|a, b| cfg.common_dominator(a, b)))
                .or_else(|| latches.reduce(|a, b| cfg.common_dominator(a, b)))
                .unwrap_or(data.header)
        })
        .collect()
}

/// The innermost loop around the definition of each value.
fn homes(func: &Func, cfg: &Cfg, loops: &Loops) -> Vec<Option<LoopIdx>> {
    let mut home = vec![None; func.values.len()];
    for &block in cfg.rpo() {
        let idx = loops.innermost(block);
        let data = func.block(block);
        let results = data
            .insts
            .iter()
            .flat_map(|inst| &func.insts[inst.index()].results);
        for value in data.params.iter().chain(results) {
            home[value.index()] = idx;
        }
    }
    home
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only comparisons are meant")]
fn is_worth_moving(func: &Func, inst: &Inst) -> bool {
    let compares = match inst {
        Inst::Binary(op, ..) => is_compare(*op),
        Inst::Unary(op, _) => matches!(op, UnaryOp::I32Eqz | UnaryOp::I64Eqz),
        _ => matches!(inst, Inst::RefIsNull(_) | Inst::Object { .. }),
    };
    is_value(inst) && !compares && !can_trap(func, inst)
}

/// Whether the operator is a comparison, of integers or floats.
pub(super) fn is_compare(op: BinaryOp) -> bool {
    let int = super::int::split(op).is_some_and(|(op, _)| op.inverse().is_some());
    int || op.operand_type() != op.result_type()
}

fn is_invariant(
    func: &Func,
    loops: &Loops,
    home: &[Option<LoopIdx>],
    inst: &Inst,
    idx: LoopIdx,
) -> bool {
    let mut invariant = true;
    inst.for_each_use(|&value| {
        let value = func.resolve(value);
        if let Some(inner) = home[value.index()] {
            invariant &= !loops.nests(idx, inner);
        }
    });
    invariant
}

/// Puts the instructions where they move to.
fn place(func: &mut Func, cfg: &Cfg, loops: &Loops, moved: Vec<Vec<InstIdx>>) {
    for (i, insts) in moved.into_iter().enumerate() {
        if insts.is_empty() {
            continue;
        }
        let idx = LoopIdx(i as u32);
        let block = preheader(func, cfg, loops, idx);
        func.block_mut(block).insts.extend(insts);
    }
}

/// The preheader of the loop; made if there is none. `cfg` may be older than other loops' new preheaders.
pub(super) fn preheader(func: &mut Func, cfg: &Cfg, loops: &Loops, idx: LoopIdx) -> Block {
    if let Some(block) = loops.preheader(func, cfg, idx) {
        return block;
    }
    let header = loops.get(idx).header;
    let offset = func.block(header).offset;
    let new = func.new_block();
    let params = func.block(header).params.clone();
    let args: Vec<Value> = params
        .iter()
        .map(|&param| func.add_param(new, func.ty(param)))
        .collect();
    let data = func.block_mut(new);
    data.offset = offset;
    data.terminator = Terminator::Br(Edge {
        block: header,
        args,
    });
    // All edges of a block are listed one after the other.
    let mut preds = cfg.preds(header).to_vec();
    preds.dedup();
    for pred in preds {
        if loops.contains(idx, pred) {
            continue;
        }
        for edge in func.block_mut(pred).terminator.edges_mut() {
            if edge.block == header {
                edge.block = new;
            }
        }
    }
    new
}
