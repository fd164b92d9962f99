//! Branch folding: conditional branches and tables with one possible target become plain branches, a table with one target becomes
//! a conditional branch, and an edge to a block that does nothing but branch on goes straight to where that leads.
//!
//! Fuel: a block's cost is charged when it is entered, whatever edge leads to it, so edges may be dropped but not moved past a
//! cost: only blocks of cost 0 are skipped. A block that only returns is copied into a block that always goes to it, if it costs
//! nothing.

use super::operands::{constant, resolve_all};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Edge, Func, Terminator, Value, ValueDef};

/// How many empty blocks in a row an edge skips.
const HOPS: usize = 8;

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    resolve_all(func);
    let mut changed = decide(func, cfg);
    let private = private_params(func, cfg);
    let mut threaded = false;
    for &block in cfg.rpo() {
        threaded |= thread(func, &private, block);
    }
    if threaded {
        // Edges that had different targets may have the same now.
        decide(func, cfg);
        changed = true;
    }
    changed
}

/// Makes every terminator as simple as its condition allows.
fn decide(func: &mut Func, cfg: &Cfg) -> bool {
    let mut changed = false;
    for &block in cfg.rpo() {
        while let Some(terminator) = decided(func, &func.block(block).terminator) {
            func.block_mut(block).terminator = terminator;
            changed = true;
        }
    }
    changed
}

/// What `terminator` comes to, if that is simpler.
fn decided(func: &Func, terminator: &Terminator) -> Option<Terminator> {
    match terminator {
        Terminator::BrIf {
            cond,
            then,
            otherwise,
        } => match constant(func, *cond) {
            Some(0) => Some(Terminator::Br(otherwise.clone())),
            Some(_) => Some(Terminator::Br(then.clone())),
            None => (then == otherwise).then(|| Terminator::Br(then.clone())),
        },
        Terminator::BrTable {
            index,
            targets,
            default,
        } => table(func, *index, targets, default),
        Terminator::Br(_)
        | Terminator::Try { .. }
        | Terminator::Throw { .. }
        | Terminator::ThrowRef { .. }
        | Terminator::Return(_)
        | Terminator::ReturnCall { .. }
        | Terminator::ReturnCallIndirect { .. }
        | Terminator::ReturnCallRef { .. }
        | Terminator::Trap(_) => None,
    }
}

fn table(func: &Func, index: Value, targets: &[Edge], default: &Edge) -> Option<Terminator> {
    if let Some(i) = constant(func, index) {
        let edge = usize::try_from(i).ok().and_then(|i| targets.get(i));
        return Some(Terminator::Br(edge.unwrap_or(default).clone()));
    }
    // Targets at the end that are the default are not needed.
    let used = targets.iter().rposition(|edge| edge != default);
    match used.map_or(0, |last| last + 1) {
        0 => Some(Terminator::Br(default.clone())),
        1 => Some(Terminator::BrIf {
            cond: index,
            then: default.clone(),
            otherwise: targets[0].clone(),
        }),
        count if count < targets.len() => Some(Terminator::BrTable {
            index,
            targets: targets[..count].to_vec(),
            default: default.clone(),
        }),
        _ => None,
    }
}

/// For each block whether its parameters are used by its own terminator at most, if it has nothing else.
fn private_params(func: &Func, cfg: &Cfg) -> Vec<bool> {
    let mut private: Vec<bool> = func
        .blocks
        .iter()
        .map(|data| data.insts.is_empty() && data.cost == 0)
        .collect();
    let mut all = private.iter().zip(&func.blocks);
    if !all.any(|(private, data)| *private && !data.params.is_empty()) {
        return private;
    }
    for &block in cfg.rpo() {
        let mut seen = |value: &Value| {
            if let ValueDef::Param(owner, _) = func.values[value.index()].def
                && owner != block
            {
                private[owner.index()] = false;
            }
        };
        let data = func.block(block);
        for idx in &data.insts {
            func.insts[idx.index()].inst.for_each_use(&mut seen);
        }
        data.terminator.for_each_use(seen);
    }
    private
}

/// Lets the edges out of `block` skip what does nothing.
fn thread(func: &mut Func, private: &[bool], block: Block) -> bool {
    let mut terminator = core::mem::replace(
        &mut func.block_mut(block).terminator,
        Terminator::Trap(wrt_format::trap::Trap::Unreachable),
    );
    let mut changed = false;
    for edge in terminator.edges_mut() {
        for _ in 0..HOPS {
            if !private[edge.block.index()] || edge.block == block {
                break;
            }
            let Terminator::Br(next) = &func.block(edge.block).terminator else {
                break;
            };
            if next.block == edge.block {
                break;
            }
            let substitute = substitution(func, edge);
            let args = next.args.iter().map(|arg| substitute(*arg)).collect();
            *edge = Edge {
                block: next.block,
                args,
            };
            changed = true;
        }
    }
    if let Terminator::Br(edge) = &terminator
        && private[edge.block.index()]
        && let Terminator::Return(values) = &func.block(edge.block).terminator
    {
        let substitute = substitution(func, edge);
        let values = values.iter().map(|value| substitute(*value)).collect();
        terminator = Terminator::Return(values);
        changed = true;
    }
    func.block_mut(block).terminator = terminator;
    changed
}

/// What the values of the block that `edge` leads to are when they come over this edge.
fn substitution(func: &Func, edge: &Edge) -> impl Fn(Value) -> Value + use<> {
    let params = &func.block(edge.block).params;
    let map: HashMap<Value, Value> = params.iter().copied().zip(edge.args.clone()).collect();
    move |value| map.get(&value).copied().unwrap_or(value)
}
