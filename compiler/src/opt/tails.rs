//! Tail duplication: instead of a jump to a small block that several others jump to, a copy of that block.
//!
//! - [`run`] copies blocks of at most one instruction that leave the function or jump on, into blocks that end in a jump to them. By a profile it
//!   copies more into hot blocks, tests too, and nothing into others.
//! - [`dispatch`] copies the `br_table` of a loop, with what computes its index, behind every arm that jumps back to it: the loop of an
//!   interpreter then goes from one arm to the next without a jump between them.
//!
//! Fuel: a copy has the cost of its original, so every path costs what it did. [`run`] adds it to the block that the copy goes to, and
//! so only copies where that block shows no fuel, or the copy costs nothing.

use super::operands::{resolve_all, shows_fuel};
use super::repair::{self, Users};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::loops::{LoopIdx, Loops};
use crate::ir::{Block, Edge, Func, Inst, InstIdx, Terminator, Value};

/// Instructions of a block that [`run`] copies, at most.
const SMALL: usize = 1;
/// Instructions of a block that [`run`] copies into one that a profile calls hot, at most.
const HOT: usize = 8;
/// Instructions in front of a `br_table` that [`dispatch`] copies, at most.
const INDEX: usize = 10;
/// Instructions and targets that [`dispatch`] adds to a function, at most. It keeps images small, and the pass linear.
const BUDGET: usize = 1024;
/// How many blocks [`dispatch`] copies: the arms of a loop often meet before they jump back, and each meeting is one more.
const STEPS: usize = 6;

/// Copies small blocks; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    // Worked out when there is something to copy, before anything has been.
    let mut outside = None;
    let mut entries = entries(cfg);
    let mut changed = false;
    for &from in cfg.rpo() {
        let Terminator::Br(Edge { block: tail, .. }) = func.block(from).terminator else {
            continue;
        };
        let data = func.block(tail);
        let most = match func.heat(from) {
            None => SMALL,
            Some(0) => continue,
            Some(_) => HOT,
        };
        let leaves = match data.terminator {
            Terminator::Return(_) | Terminator::Br(_) | Terminator::Trap(_) => true,
            // The test at a loop's beginning stays there.
            Terminator::BrIf { .. } => most == HOT && entries[tail.index()] == 0,
            Terminator::BrTable { .. }
            | Terminator::Try { .. }
            | Terminator::Throw { .. }
            | Terminator::ThrowRef { .. }
            | Terminator::ReturnCall { .. }
            | Terminator::ReturnCallIndirect { .. }
            | Terminator::ReturnCallRef { .. } => false,
        };
        let small = data.insts.len() <= most && data.insts.iter().all(|&idx| !calls(func, idx));
        let onward = |edge: &Edge| edge.block == tail || edge.block == from;
        if !leaves
            || !small
            || tail == from
            || entries[tail.index()] > 1
            || cfg.preds(tail).len() == 1
            || data.terminator.edges().any(onward)
            || !joins(func, from, tail)
            || outside.get_or_insert_with(|| used_outside(func, cfg))[tail.index()]
        {
            continue;
        }
        append_copy(func, from, tail);
        for edge in func.block(tail).terminator.edges() {
            let entries = &mut entries[edge.block.index()];
            *entries += u32::from(*entries > 0);
        }
        changed = true;
    }
    changed
}

/// For each loop's header the number of blocks from outside that lead to it, 0 for other blocks. A copy of the header behind one of several
/// would make another way into the loop, which would then be none to what looks for loops.
fn entries(cfg: &Cfg) -> Vec<u32> {
    let loops = cfg.loops();
    let mut entries = vec![0; cfg.block_count()];
    for (i, data) in (0u32..).zip(loops.all()) {
        let mut preds = cfg.preds(data.header).to_vec();
        preds.dedup();
        let outside = |pred: &&Block| !loops.contains(LoopIdx(i), **pred);
        entries[data.header.index()] = preds.iter().filter(outside).count() as u32;
    }
    entries
}

/// Whether `tail` may be charged for together with `from`.
fn joins(func: &Func, from: Block, tail: Block) -> bool {
    let shows = |idx: &InstIdx| shows_fuel(func, &func.insts[idx.index()].inst);
    func.block(tail).cost == 0 || !func.block(from).insts.iter().any(shows)
}

/// Whether the instruction is a call, which makes code larger.
fn calls(func: &Func, idx: InstIdx) -> bool {
    matches!(
        func.insts[idx.index()].inst,
        Inst::Call { .. } | Inst::CallIndirect { .. } | Inst::CallRef { .. }
    )
}

/// The parameters and results of a block.
pub(super) fn defined(func: &Func, block: Block) -> impl Iterator<Item = Value> {
    let data = func.block(block);
    let insts = data.insts.iter();
    let results = insts.flat_map(|idx| func.insts[idx.index()].results.iter());
    data.params.iter().chain(results).copied()
}

/// For each block whether another uses one of its values.
fn used_outside(func: &Func, cfg: &Cfg) -> Vec<bool> {
    let mut home = vec![None; func.values.len()];
    for &block in cfg.rpo() {
        for value in defined(func, block) {
            home[value.index()] = Some(block);
        }
    }
    let mut outside = vec![false; func.blocks.len()];
    for &block in cfg.rpo() {
        let mut note = |value: &Value| {
            if let Some(home) = home[func.resolve(*value).index()].filter(|&home| home != block) {
                outside[home.index()] = true;
            }
        };
        let data = func.block(block);
        for idx in &data.insts {
            func.insts[idx.index()].inst.for_each_use(&mut note);
        }
        data.terminator.for_each_use(note);
    }
    outside
}

/// Copies the instructions and terminator of `tail` to the end of `to`, given the arguments for its parameters; returns what its values
/// are called there.
pub(super) fn copy(
    func: &mut Func,
    tail: Block,
    args: &[Value],
    to: Block,
) -> HashMap<Value, Value> {
    let data = func.block(tail).clone();
    let mut names: HashMap<Value, Value> = (data.params.iter().copied())
        .zip(args.iter().copied())
        .collect();
    for idx in data.insts {
        let original = func.insts[idx.index()].clone();
        let mut inst = original.inst;
        inst.for_each_use_mut(|value| *value = *names.get(value).unwrap_or(value));
        let types: Vec<_> = original.results.iter().map(|&it| func.ty(it)).collect();
        let new = func.new_inst(inst, &types, original.offset);
        let results = func.insts[new.index()].results.iter().copied();
        names.extend(original.results.iter().copied().zip(results));
        func.block_mut(to).insts.push(new);
    }
    let mut terminator = data.terminator;
    terminator.for_each_use_mut(|value| *value = *names.get(value).unwrap_or(value));
    let block = func.block_mut(to);
    block.terminator = terminator;
    block.mostly = data.mostly;
    block.offset = data.offset;
    names
}

/// Puts a copy of `tail` in the place of the jump to it that `from` ends with; returns what its values are called there.
fn append_copy(func: &mut Func, from: Block, tail: Block) -> HashMap<Value, Value> {
    let Terminator::Br(edge) = func.block(from).terminator.clone() else {
        return HashMap::default();
    };
    let cost = func.block(tail).cost;
    let names = copy(func, tail, &edge.args, from);
    let data = func.block_mut(from);
    // No function has 2^32 operators.
    data.cost = data.cost.saturating_add(cost);
    let count = data.count;
    leaves(func, tail, count);
    names
}

/// Lets `from` jump to a copy of `tail` of its own; returns the copy, and what its values are called there.
fn add_copy(func: &mut Func, from: Block, tail: Block) -> (Block, HashMap<Value, Value>) {
    let new = func.new_block();
    let own = Edge {
        block: new,
        args: Vec::new(),
    };
    let jump = core::mem::replace(&mut func.block_mut(from).terminator, Terminator::Br(own));
    let args = jump.edges().next().map_or(&[][..], |edge| &edge.args);
    let names = copy(func, tail, args, new);
    func.block_mut(new).cost = func.block(tail).cost;
    let count = func.block(from).count;
    func.block_mut(new).count = count;
    leaves(func, tail, count);
    (new, names)
}

/// The block runs so many times less than it did.
fn leaves(func: &mut Func, block: Block, count: Option<u64>) {
    let own = &mut func.block_mut(block).count;
    *own = own
        .zip(count)
        .map(|(own, count)| own.saturating_sub(count))
        .or(*own);
}

/// Copies the dispatch of loops; returns whether anything changed.
pub(super) fn dispatch(func: &mut Func, cfg: &Cfg) -> bool {
    let is_dispatch = |block: &&Block| {
        let data = func.block(**block);
        let insts = data.insts.iter();
        matches!(data.terminator, Terminator::BrTable { .. })
            && insts.len() <= INDEX
            && !insts.into_iter().any(|&idx| calls(func, idx))
    };
    let mut tails: Vec<Block> = cfg.rpo().iter().filter(is_dispatch).copied().collect();
    if tails.is_empty() {
        return false;
    }
    // Copies make several ways into a loop, after which it is none to `Loops` any more. So the loops are those of before.
    let loops = cfg.loops();
    tails.retain(|&tail| loops.innermost(tail).is_some());
    resolve_all(func);
    let (mut budget, mut steps) = (BUDGET, 0);
    let mut newer = None;
    while let Some(tail) = tails.pop().filter(|_| steps < STEPS) {
        let cfg = newer.as_ref().unwrap_or(cfg);
        let froms = jumps(func, cfg, loops, tail);
        let targets = cfg.succs(tail).len();
        let size = froms.len() * (func.block(tail).insts.len() + targets);
        // What one block alone jumps to gains if several jump to that block.
        let meets = froms.len() > 1 || froms.iter().any(|&from| cfg.preds(from).len() > 1);
        if !meets || size > budget {
            continue;
        }
        budget -= size;
        steps += 1;
        tails.extend(thread(func, tail, &froms));
        newer = Some(Cfg::new(func));
    }
    steps > 0
}

/// The blocks that jump to `tail` from inside its loop.
fn jumps(func: &Func, cfg: &Cfg, loops: &Loops, tail: Block) -> Vec<Block> {
    let Some(inner) = loops.innermost(tail) else {
        return Vec::new();
    };
    let jumps = |from: &&Block| {
        **from != tail
            && loops.contains(inner, **from)
            && matches!(func.block(**from).terminator, Terminator::Br(_))
    };
    cfg.preds(tail).iter().filter(jumps).copied().collect()
}

/// Gives each of `froms` a copy of `tail` of its own; returns those that end with it now.
fn thread(func: &mut Func, tail: Block, froms: &[Block]) -> Vec<Block> {
    let mut joined = Vec::new();
    let values: Vec<Value> = defined(func, tail).collect();
    let mut defs: HashMap<Value, HashMap<Block, Value>> = (values.iter())
        .map(|&value| (value, HashMap::from_iter([(tail, value)])))
        .collect();
    for &from in froms {
        let (block, names) = if joins(func, from, tail) {
            joined.push(from);
            (from, append_copy(func, from, tail))
        } else {
            add_copy(func, from, tail)
        };
        for value in &values {
            if let (Some(defs), Some(&name)) = (defs.get_mut(value), names.get(value)) {
                defs.insert(block, name);
            }
        }
    }
    let cfg = Cfg::new(func);
    let mut users = Users::new(func, &cfg, &values, |block| block == tail);
    for (&block, &name) in defs.values().flatten().filter(|&(&block, _)| block != tail) {
        users.add(name, block);
    }
    let mut names = Vec::new();
    for value in values {
        let users = users.of(value);
        if !users.is_empty()
            && let Some(defs) = defs.get(&value)
        {
            names.push((value, repair::spread(func, &cfg, value, defs, users)));
        }
    }
    for (value, names) in names {
        repair::rename(func, value, &names);
    }
    joined
}
