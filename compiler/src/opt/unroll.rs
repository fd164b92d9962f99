//! Two turns in one, for loops that end a turn with moves: where the value of the next turn is there while that of this turn is still needed, or
//! takes the place of another one, both need a slot, and each turn moves one to the other. What is carried from turn to turn then waits for a slot to
//! be written and read again. In a copy of the loop the two slots change roles, so that two turns take no move, or half as many.
//!
//! ```text
//!    b1(v1): v2 = load; store v1                b1(v1): v2 = load; store v1
//!            br_if v3, b2, b1(v2)       ->              br_if v3, b2, b3(v2)
//!                                               b3(v4): v5 = load; store v4
//!                                                       br_if v6, b2, b1(v5)
//! ```
//!
//! Fuel: a copy costs what its original costs, and every path takes one block for each that it took. So each turn pays for itself, and what
//! stops in it has paid for no other.
//!
//! Only innermost loops that are small and call nothing. Values of the loop that are used behind it become parameters of the blocks that it leaves
//! to, where only the loop leads there; a loop with another such use stays as it is.

use super::operands::{constant, each_terminator_use, resolve_all};
use super::tails::{copy, defined};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::loops::{Loop, Loops};
use crate::ir::{BinaryOp, Block, Edge, Func, Inst, Terminator, Value};

/// Instructions of a loop, at most.
const INSTS: usize = 64;
/// Instructions of a loop for each move, at most.
const PER_MOVE: usize = 24;
/// Blocks of a loop, at most.
const BLOCKS: usize = 8;

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let loops = cfg.loops();
    if loops.all().is_empty() {
        return false;
    }
    resolve_all(func);
    let mut plans = plans(func, cfg, loops);
    if plans.is_empty() {
        return false;
    }
    let old_blocks = func.blocks.len();
    let owner = note_uses(func, cfg, &mut plans);
    let mut originals = Vec::new();
    let mut outside: HashMap<Value, Vec<(Block, Value)>> = HashMap::default();
    for plan in &plans {
        if plan.holds && plan.moves(func) {
            double(func, plan, &mut originals, &mut outside);
        }
    }
    if originals.is_empty() {
        return false;
    }
    let blocks = cfg.rpo().iter().copied();
    let copies = (old_blocks..)
        .zip(&originals)
        .map(|(i, &original)| (Block(i as u32), original));
    for (block, home) in blocks.map(|block| (block, block)).chain(copies) {
        let own = owner.blocks[home.index()];
        let rename = |value: &mut Value| {
            let other = owner
                .values
                .get(value)
                .is_some_and(|&plan| Some(plan) != own);
            let names = outside.get(value).filter(|_| other).into_iter().flatten();
            if let Some((_, name)) = names
                .into_iter()
                .find(|(exit, _)| cfg.dominates(*exit, home))
            {
                *value = *name;
            }
        };
        for at in 0..func.block(block).insts.len() {
            let inst = func.block(block).insts[at];
            func.insts[inst.index()].inst.for_each_use_mut(rename);
        }
        func.block_mut(block).terminator.for_each_use_mut(rename);
    }
    true
}

/// A loop that may be doubled.
struct Plan {
    header: Block,
    latches: Vec<Block>,
    /// In reverse postorder.
    blocks: Vec<Block>,
    /// Where it leaves to and nothing else leads, with its values that are used from there on.
    exits: Vec<(Block, Vec<Value>)>,
    /// Whether all uses behind it are behind one of these.
    holds: bool,
}

/// What belongs to which plan.
struct Owner {
    values: HashMap<Value, usize>,
    blocks: Vec<Option<usize>>,
}

/// The loops whose shape allows it.
fn plans(func: &Func, cfg: &Cfg, loops: &Loops) -> Vec<Plan> {
    let mut inside: Vec<Vec<Block>> = vec![Vec::new(); loops.all().len()];
    for &block in cfg.rpo() {
        if let Some(idx) = loops.innermost(block) {
            inside[idx.index()].push(block);
        }
    }
    for data in loops.all() {
        if let Some(parent) = data.parent {
            inside[parent.index()].clear();
        }
    }
    let loops = loops.all().iter().zip(inside);
    loops
        .filter_map(|(data, blocks)| Plan::new(func, cfg, data, blocks))
        .collect()
}

impl Plan {
    fn new(func: &Func, cfg: &Cfg, data: &Loop, blocks: Vec<Block>) -> Option<Self> {
        let count = |block: &Block| func.block(*block).insts.len();
        let fits = !blocks.is_empty()
            && blocks.len() <= BLOCKS
            && blocks.iter().map(count).sum::<usize>() <= INSTS
            && func.block(data.header).params.len() <= INSTS
            && blocks.iter().all(|&block| is_plain(func, block));
        if !fits {
            return None;
        }
        let mut exits: Vec<(Block, Vec<Value>)> = Vec::new();
        for &block in &blocks {
            for &succ in cfg.succs(block) {
                let only = cfg.preds(succ).iter().all(|pred| blocks.contains(pred));
                let new = exits.iter().all(|exit| exit.0 != succ);
                if only && new && !blocks.contains(&succ) {
                    exits.push((succ, Vec::new()));
                }
            }
        }
        Some(Self {
            header: data.header,
            latches: data.latches.clone(),
            blocks,
            exits,
            holds: true,
        })
    }

    /// Whether a turn ends with moves that two turns in one save, enough of them for the size of the loop: a parameter of the loop gets the value
    /// of another one, or of what is there before the parameter is used last.
    fn moves(&self, func: &Func) -> bool {
        let params = &func.block(self.header).params;
        let (made, used) = self.places(func);
        let moves = |edge: &Edge| {
            let args = params.iter().zip(&edge.args).filter(|(param, arg)| {
                let rotates = params.contains(arg) && arg != param;
                let overlaps = made.get(arg).zip(used.get(param));
                rotates
                    || overlaps.is_some_and(|(made, used)| made < used)
                        && !is_step(func, **param, **arg)
            });
            args.count()
        };
        let latches = self.latches.iter();
        let back = latches
            .flat_map(|latch| func.block(*latch).terminator.edges())
            .filter(|edge| edge.block == self.header);
        let moves = back.map(moves).max().unwrap_or(0);
        let insts = self
            .blocks
            .iter()
            .map(|block| func.block(*block).insts.len());
        moves > 0 && insts.sum::<usize>() <= moves * PER_MOVE
    }

    /// Where in the loop each value is made, but for the header's parameters, and where it is used last, but for what the next turn gets: numbers
    /// that grow in the order of the blocks.
    fn places(&self, func: &Func) -> (HashMap<Value, usize>, HashMap<Value, usize>) {
        let (mut made, mut used) = (HashMap::default(), HashMap::default());
        let mut at = 0;
        for &block in &self.blocks {
            let data = func.block(block);
            at += 1;
            if block != self.header {
                made.extend(data.params.iter().map(|&param| (param, at)));
            }
            for idx in &data.insts {
                at += 1;
                let inst = &func.insts[idx.index()];
                inst.inst.for_each_use(|&value| _ = used.insert(value, at));
                made.extend(inst.results.iter().map(|&result| (result, at)));
            }
            at += 1;
            each_terminator_use(&data.terminator, |value| _ = used.insert(value, at));
            let edges = data.terminator.edges();
            for edge in edges.filter(|edge| edge.block != self.header) {
                used.extend(edge.args.iter().map(|&arg| (arg, at)));
                let behind = self.exits.iter().filter(|exit| exit.0 == edge.block);
                used.extend(behind.flat_map(|exit| &exit.1).map(|&value| (value, at)));
            }
        }
        (made, used)
    }
}

/// Whether `next` is an i32 and a constant step behind `counter`: then it steps in place behind a copy, which is one instruction
/// (`lower::previous`).
fn is_step(func: &Func, counter: Value, next: Value) -> bool {
    func.def_inst(next).is_some_and(|idx| {
        matches!(func.insts[idx.index()].inst, Inst::Binary(BinaryOp::I32Add, a, b)
            if a == counter && constant(func, b).is_some())
    })
}

/// Whether a block may be copied.
fn is_plain(func: &Func, block: Block) -> bool {
    let data = func.block(block);
    let jumps = matches!(data.terminator, Terminator::Br(_) | Terminator::BrIf { .. });
    let calls = data.insts.iter().any(|idx| {
        matches!(
            func.insts[idx.index()].inst,
            Inst::Call { .. } | Inst::CallIndirect { .. } | Inst::CallRef { .. } | Inst::Caught(_)
        )
    });
    jumps && !calls && block != Func::ENTRY
}

/// Finds the uses of the loops' values behind them.
fn note_uses(func: &Func, cfg: &Cfg, plans: &mut [Plan]) -> Owner {
    let mut owner = Owner {
        values: HashMap::default(),
        blocks: vec![None; func.blocks.len()],
    };
    for (i, plan) in plans.iter().enumerate() {
        for &block in &plan.blocks {
            owner.blocks[block.index()] = Some(i);
            owner
                .values
                .extend(defined(func, block).map(|value| (value, i)));
        }
    }
    for &block in cfg.rpo() {
        let mut note = |value: &Value| {
            let plan = owner.values.get(value).copied();
            let Some(i) = plan.filter(|_| plan != owner.blocks[block.index()]) else {
                return;
            };
            let plan = &mut plans[i];
            let mut exits = plan.exits.iter_mut();
            // An exit around the loop is none: what it dominates may be in front of the loop.
            match exits
                .find(|exit| cfg.dominates(exit.0, block) && !cfg.dominates(exit.0, plan.header))
            {
                Some((_, values)) if values.contains(value) => {}
                Some((_, values)) => values.push(*value),
                None => plan.holds = false,
            }
        };
        let data = func.block(block);
        for idx in &data.insts {
            func.insts[idx.index()].inst.for_each_use(&mut note);
        }
        data.terminator.for_each_use(note);
    }
    owner
}

/// Puts a copy of a loop between the end of its turn and the next. `originals` gets the block that each new one is a copy of, `outside` what
/// values are called behind the loop.
fn double(
    func: &mut Func,
    plan: &Plan,
    originals: &mut Vec<Block>,
    outside: &mut HashMap<Value, Vec<(Block, Value)>>,
) {
    let mut to: HashMap<Block, Block> = HashMap::default();
    let mut names: HashMap<Value, Value> = HashMap::default();
    for &block in &plan.blocks {
        let new = func.new_block();
        originals.push(block);
        for value in func.block(block).params.clone() {
            let ty = func.ty(value);
            names.insert(value, func.add_param(new, ty));
        }
        to.insert(block, new);
    }
    for &block in &plan.blocks {
        let new = to[&block];
        let params = func.block(new).params.clone();
        names.extend(copy(func, block, &params, new));
        func.block_mut(new).cost = func.block(block).cost;
    }
    for &(exit, ref values) in &plan.exits {
        for &value in values {
            let ty = func.ty(value);
            let name = func.add_param(exit, ty);
            outside.entry(value).or_default().push((exit, name));
        }
    }
    for &block in &plan.blocks {
        let new = to[&block];
        for edge in func
            .block_mut(new)
            .terminator
            .edges_mut()
            .filter(|edge| edge.block != plan.header)
        {
            edge.block = *to.get(&edge.block).unwrap_or(&edge.block);
        }
        for edge in func
            .block_mut(block)
            .terminator
            .edges_mut()
            .filter(|edge| edge.block == plan.header)
        {
            edge.block = to[&plan.header];
        }
        for block in [block, new] {
            for edge in func.block_mut(block).terminator.edges_mut() {
                let behind = plan.exits.iter().filter(|exit| exit.0 == edge.block);
                edge.args.extend(behind.flat_map(|exit| &exit.1));
            }
        }
        // Copies were made block by block, so what another block of the loop defines has its old name yet.
        let rename = |value: &mut Value| *value = *names.get(value).unwrap_or(value);
        for at in 0..func.block(new).insts.len() {
            let inst = func.block(new).insts[at];
            func.insts[inst.index()].inst.for_each_use_mut(rename);
        }
        func.block_mut(new).terminator.for_each_use_mut(rename);
    }
}
