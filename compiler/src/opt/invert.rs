//! Loop inversion: `while` loops, whose header tests and leaves, become `do-while` loops behind one test. The header's test is
//! copied to the latch, so a turn takes one branch instead of two.
//!
//! ```text
//!    -> H(c): test ? B : E           -> H(0): test ? B : X
//!       B ... L: br H                   B(+c) ... L: test ? B : X
//!                                       X(+c): br E
//! ```
//!
//! Fuel: the header's cost c moves to both blocks behind it. Every path through the header takes one of them, and the header does
//! nothing in between that could stop, so the same fuel is spent at every point where one could look.
//!
//! Only innermost loops with one latch, but for those that only what is caught leads to, a small pure header, and no value of the header used where both the body and the exit lead
//! to: the body and the exit get such values as parameters. X is E itself if only the header leads there.

use super::apart;
use super::operands::{can_trap, is_value, resolve_all};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::loops::{Loop, Loops};
use crate::ir::{Block, Edge, Func, Inst, InstIdx, Terminator, Value, ValueDef};

/// The most instructions that a header may have.
const SMALL: usize = 6;

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    resolve_all(func);
    let plans = plan(func, cfg);
    if plans.is_empty() {
        return false;
    }
    let old_blocks = func.blocks.len();
    let mut moved: HashMap<Value, Moved> = HashMap::default();
    // For each new block the header it stands behind.
    let mut behind = Vec::new();
    for plan in plans {
        invert(func, plan, &mut moved, &mut behind);
    }
    let dominates = |a: Block, b: Block| {
        let b = behind.get(b.index().wrapping_sub(old_blocks)).unwrap_or(&b);
        cfg.dominates(a, *b)
    };
    for i in 0..func.blocks.len() {
        let block = Block(i as u32);
        let rename = |value: &mut Value| {
            if let Some(moved) = moved.get(value) {
                if dominates(moved.body, block) {
                    *value = moved.in_body;
                } else if moved.exit.is_some_and(|exit| dominates(exit, block)) {
                    *value = moved.in_exit;
                }
            }
        };
        for at in 0..func.blocks[i].insts.len() {
            let inst = func.blocks[i].insts[at];
            func.insts[inst.index()].inst.for_each_use_mut(rename);
        }
        func.blocks[i].terminator.for_each_use_mut(rename);
    }
    true
}

/// A loop that will be inverted.
struct Plan {
    header: Block,
    latch: Block,
    body: Block,
    exit: Block,
    /// Whether only the header leads to `exit`.
    exit_is_private: bool,
    /// Whether the test leads to the body if it is true.
    body_if_true: bool,
    /// The values of the header that are used outside of it, in order.
    used: Vec<Value>,
}

/// What a value of a header is called behind it.
struct Moved {
    body: Block,
    in_body: Value,
    exit: Option<Block>,
    in_exit: Value,
}

/// The loops to invert.
fn plan(func: &Func, cfg: &Cfg) -> Vec<Plan> {
    let loops = cfg.loops();
    let caught = apart::caught(func, cfg);
    let mut has_inner = vec![false; loops.all().len()];
    for data in loops.all() {
        if let Some(parent) = data.parent {
            has_inner[parent.index()] = true;
        }
    }
    let mut plans: Vec<Option<Plan>> = Vec::new();
    // The plan whose header defines a value.
    let mut plan_of: HashMap<Value, usize> = HashMap::default();
    for (data, _) in loops.all().iter().zip(has_inner).filter(|(_, has)| !has) {
        if let Some(plan) = candidate(func, cfg, loops, data, caught.as_deref()) {
            let block = func.block(plan.header);
            let insts = block.insts.iter();
            let results = insts.flat_map(|inst| &func.insts[inst.index()].results);
            for &value in block.params.iter().chain(results) {
                plan_of.insert(value, plans.len());
            }
            plans.push(Some(plan));
        }
    }
    for &block in cfg.rpo() {
        let mut note = |value: &Value| {
            if let Some(&i) = plan_of.get(value)
                && plans[i]
                    .as_mut()
                    .is_some_and(|plan| !plan.note(cfg, block, *value))
            {
                plans[i] = None;
            }
        };
        let data = func.block(block);
        for idx in &data.insts {
            func.insts[idx.index()].inst.for_each_use(&mut note);
        }
        data.terminator.for_each_use(note);
    }
    let mut plans: Vec<Plan> = plans.into_iter().flatten().collect();
    for plan in &mut plans {
        if let Terminator::BrIf {
            then, otherwise, ..
        } = &func.block(plan.header).terminator
        {
            let out = if plan.body_if_true { otherwise } else { then };
            let own = |value: &&Value| is_defined_in(func, plan.header, **value);
            plan.used.extend(out.args.iter().filter(own));
        }
        plan.used.sort_unstable();
        plan.used.dedup();
    }
    plans
}

fn is_defined_in(func: &Func, block: Block, value: Value) -> bool {
    match func.values[value.index()].def {
        ValueDef::Param(owner, _) => owner == block,
        ValueDef::Result(inst, _) => func.block(block).insts.contains(&inst),
        ValueDef::Alias(_) => false,
    }
}

impl Plan {
    /// The branch on `cond` to the body or to `exit`, with the same arguments for both.
    fn test(&self, exit: Block, cond: Value, args: Vec<Value>) -> Terminator {
        let to = |block| Edge {
            block,
            args: args.clone(),
        };
        let (then, otherwise) = if self.body_if_true {
            (self.body, exit)
        } else {
            (exit, self.body)
        };
        Terminator::BrIf {
            cond,
            then: to(then),
            otherwise: to(otherwise),
        }
    }

    /// Takes note of a use of a value of the header in `block`; false if the plan fails by it.
    fn note(&mut self, cfg: &Cfg, block: Block, value: Value) -> bool {
        if block == self.header {
            return true;
        }
        self.used.push(value);
        cfg.dominates(self.body, block) || self.exit_is_private && cfg.dominates(self.exit, block)
    }
}

/// The plan for a loop, if its shape allows one.
fn candidate(
    func: &Func,
    cfg: &Cfg,
    loops: &Loops,
    data: &Loop,
    caught: Option<&[bool]>,
) -> Option<Plan> {
    let header = data.header;
    // What is caught may go back to the header, as before, if that is not free: there is nothing in the header that costs any more.
    let is_caught = |latch: &Block| caught.is_some_and(|caught| caught[latch.index()]);
    let pays = |latch: &Block| !is_caught(latch) || func.block(*latch).cost > 0;
    let mut latches = data.latches.iter().filter(|latch| !is_caught(latch));
    let (Some(&latch), None, true) = (
        latches.next(),
        latches.next(),
        data.latches.iter().all(pays),
    ) else {
        return None;
    };
    let block = func.block(header);
    let Terminator::BrIf {
        then, otherwise, ..
    } = &block.terminator
    else {
        return None;
    };
    let inside = |edge: &Edge| {
        let idx = loops.innermost(header);
        idx.is_some_and(|idx| loops.contains(idx, edge.block))
    };
    let (body, exit, body_if_true) = match (inside(then), inside(otherwise)) {
        (true, false) => (then, otherwise, true),
        (false, true) => (otherwise, then, false),
        _ => return None,
    };
    let simple = block.insts.len() <= SMALL
        && block.insts.iter().all(|inst| {
            let inst = &func.insts[inst.index()].inst;
            is_value(inst) && !can_trap(func, inst)
        });
    let exit_is_private = cfg.preds(exit.block).len() == 1;
    let fits = simple
        && latch != header
        && body.block != header
        && header != Func::ENTRY
        && matches!(func.block(latch).terminator, Terminator::Br(_))
        && cfg.preds(body.block).len() == 1
        && body.args.is_empty()
        && (!exit_is_private || exit.args.is_empty())
        // The new back edge must not be free.
        && (block.cost > 0 || func.block(latch).cost > 0);
    fits.then(|| Plan {
        header,
        latch,
        body: body.block,
        exit: exit.block,
        exit_is_private,
        body_if_true,
        used: Vec::new(),
    })
}

/// Carries out a plan, but for the uses behind the header: what they become goes to `moved`.
fn invert(func: &mut Func, plan: Plan, moved: &mut HashMap<Value, Moved>, behind: &mut Vec<Block>) {
    let cost = core::mem::take(&mut func.block_mut(plan.header).cost);
    let head = func.block(plan.header).clone();
    let Terminator::BrIf {
        cond,
        then,
        otherwise,
    } = head.terminator
    else {
        return;
    };
    let out = if plan.body_if_true { otherwise } else { then };
    let exit = if plan.exit_is_private {
        plan.exit
    } else {
        let exit = func.new_block();
        behind.push(plan.header);
        let often = head.count.zip(func.block(plan.body).count);
        let data = func.block_mut(exit);
        data.offset = head.offset;
        data.count = often.map(|(head, body)| head.saturating_sub(body));
        exit
    };
    for &value in &plan.used {
        let ty = func.ty(value);
        let to = Moved {
            body: plan.body,
            in_body: func.add_param(plan.body, ty),
            exit: plan.exit_is_private.then_some(exit),
            in_exit: func.add_param(exit, ty),
        };
        moved.insert(value, to);
    }
    func.block_mut(plan.body).cost += cost;
    func.block_mut(exit).cost += cost;
    if !plan.exit_is_private {
        let behind = |arg: &Value| match moved.get(arg) {
            Some(to) if to.body == plan.body => to.in_exit,
            _ => *arg,
        };
        let args = out.args.iter().map(behind).collect();
        let block = out.block;
        func.block_mut(exit).terminator = Terminator::Br(Edge { block, args });
    }
    func.block_mut(plan.header).terminator = plan.test(exit, cond, plan.used.clone());
    // The copy of the test in the latch.
    let Terminator::Br(back) = func.block(plan.latch).terminator.clone() else {
        return;
    };
    let mut copy: HashMap<Value, Value> = head.params.iter().copied().zip(back.args).collect();
    for idx in head.insts {
        let (inst, offset) = copy_inst(func, idx, &copy);
        let result = func.insts[idx.index()].results[0];
        let new = func.new_inst(inst, &[func.ty(result)], offset);
        copy.insert(result, func.insts[new.index()].results[0]);
        func.block_mut(plan.latch).insts.push(new);
    }
    let of = |value: &Value| *copy.get(value).unwrap_or(value);
    let args = plan.used.iter().map(of).collect();
    let latch = func.block_mut(plan.latch);
    latch.terminator = plan.test(exit, of(&cond), args);
    latch.mostly = head.mostly;
    let repeats = latch.count;
    let entered = head.count.zip(repeats);
    let entered = entered.map(|(head, repeats)| head.saturating_sub(repeats));
    func.block_mut(plan.header).count = entered.or(head.count);
}

/// The instruction with its operands replaced as `copy` says.
fn copy_inst(func: &Func, idx: InstIdx, copy: &HashMap<Value, Value>) -> (Inst, u32) {
    let data = &func.insts[idx.index()];
    let mut inst = data.inst.clone();
    inst.for_each_use_mut(|value| *value = *copy.get(value).unwrap_or(value));
    (inst, data.offset)
}
