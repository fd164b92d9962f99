//! Inlining: a copy of a small callee in the place of its call.
//!
//! ```text
//!    b0(c): x; r = call f(a); y         b0(c): x; br b1(a)
//!                                       b1(f's costs): ... f's code, `return v` being `br b2(v)`
//!                                       b2(0; r): y
//! ```
//!
//! Fuel: `b0` pays for all that it has paid for, the call and what comes behind it included; the copy's blocks pay what the callee's do. So
//! wherever one can look the same has been spent as with the call. What comes behind costs nothing by itself. The verifier wants what
//! calls to cost something, so a call with another one behind it is replaced only if what comes behind becomes part of the callee's last block.
//!
//! Which calls: those of *tiny* callees, whose code is no longer than that of the call; of *small* ones in loops; in small functions that call
//! themselves, all calls as in loops, and those to themselves, once each, so that a recursion of two calls has a third of the calls. By a profile
//! what counts is not loops but how often a call runs. A callee that calls others before it returns saves one call of several, and does not take the
//! place of those that call nothing. Callees that throw, catch or leave by tail calls stay calls, and so do calls that are tried. What is copied into a
//! function is bounded by its size, and so is the work. The copies know where they come from ([`Inlined`]).
//!
//! [`Inlined`]: crate::ir::Inlined

mod splice;
#[cfg(test)]
mod tests;

use super::Passes;
use super::operands::resolve_all;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Inst, Terminator};
use splice::splice;
use wrt_format::image::around::MAX_AROUND;
use wrt_format::image::inlined::{MAX_COPIES, MAX_DEPTH};

/// Size of a callee that is copied into loops, at most.
const SMALL: usize = 20;
/// Size of a function that is copied into itself, at most.
const OWN: usize = 40;
/// Size of a function whose calls count as those of a loop since it calls itself, at most.
const RECURSIVE: usize = 64;
/// What copies of tiny callees may come to in a function, beside half of its size.
const TINY_BUDGET: usize = 128;
/// How many times as large as itself copies of tiny callees may make a small function.
const TIMES: usize = 8;
/// What copies of small callees that call nothing before they return may come to, and as much again those of others. It does not grow with the function: loops of large ones have calls that hardly ever run.
const SMALL_BUDGET: usize = 64;
/// What copies of a function in itself may come to.
const OWN_BUDGET: usize = 160;
/// What a block's heat has to be for it to count as a loop, where there is a profile: it runs once in 2^12 operators.
const HOT: u32 = 9;
/// Copies around one another, at most.
const DEPTH: usize = 4;
const _: () = assert!(DEPTH <= MAX_DEPTH && DEPTH <= MAX_AROUND as usize);

/// Bytes of a body that may be copied anywhere, which is then tiny; one that reads or writes a field has 8 to 12. The copy of what is longer is
/// no shorter than the call, with what the image says of it.
const MAX_TINY_BYTES: usize = 12;
/// Bytes of a body that may be copied into loops.
const MAX_BYTES: usize = 64;
/// Bytes of the body of a function that calls itself.
const MAX_OWN_BYTES: usize = 256;

/// A function that can be copied in the place of calls.
#[derive(Clone, Debug)]
pub(crate) struct Callee {
    func: Func,
    size: usize,
    /// Whether what comes behind a copy always becomes part of a block that costs something.
    joins: bool,
    /// Whether it calls others before it returns.
    calls: bool,
    /// What a call of it takes, in the same measure as `size`: arguments that are moved.
    call_size: usize,
}

impl Callee {
    /// Prepares a function as it was built; none if it has to be called.
    pub(crate) fn new(mut func: Func) -> Option<Self> {
        let mut passes = Passes::new(&func, false);
        passes.run(&mut func, ("canonical", super::merge::canonical));
        for &pass in super::FULL {
            passes.run(&mut func, pass);
        }
        let cfg = passes.into_graph(&func);
        super::layout::plain(&mut func, &cfg);
        resolve_all(&mut func);
        if !func.layout.iter().all(|&block| stays(&func, block)) {
            return None;
        }
        Some(Self {
            size: size(&func),
            joins: joins(&func),
            calls: calls(&func),
            call_size: func.block(Func::ENTRY).params.len(),
            func,
        })
    }
}

/// Whether something is called on a way that comes back: not just in front of a trap, as where a check has failed.
fn calls(func: &Func) -> bool {
    let trap = |block: &&Block| matches!(func.block(**block).terminator, Terminator::Trap(_));
    let returning = func.layout.iter().filter(|block| !trap(block));
    let mut insts = returning.flat_map(|&block| &func.block(block).insts);
    insts.any(|idx| {
        let inst = &func.insts[idx.index()].inst;
        matches!(
            inst,
            Inst::Call { .. } | Inst::CallIndirect { .. } | Inst::CallRef { .. }
        )
    })
}

/// Whether a block ends by going on in the function, by returning from it, or in a trap.
fn stays(func: &Func, block: Block) -> bool {
    match func.block(block).terminator {
        Terminator::Br(_)
        | Terminator::BrIf { .. }
        | Terminator::BrTable { .. }
        | Terminator::Return(_)
        | Terminator::Trap(_) => true,
        Terminator::Try { .. }
        | Terminator::Throw { .. }
        | Terminator::ThrowRef { .. }
        | Terminator::ReturnCall { .. }
        | Terminator::ReturnCallIndirect { .. }
        | Terminator::ReturnCallRef { .. } => false,
    }
}

/// Whether the function returns in one place, in a block that costs something or that will be part of the caller's.
fn joins(func: &Func) -> bool {
    let returns = |block: &&Block| matches!(func.block(**block).terminator, Terminator::Return(_));
    let mut returning = func.layout.iter().filter(returns);
    match (returning.next(), returning.next()) {
        (Some(&block), None) => block == Func::ENTRY || func.block(block).cost > 0,
        _ => false,
    }
}

/// Instructions but constants, and edges: about what code it comes to.
fn size(func: &Func) -> usize {
    let of_block = |&block: &Block| {
        let data = func.block(block);
        let insts = data.insts.iter();
        let insts = insts.filter(|idx| !matches!(func.insts[idx.index()].inst, Inst::Const(_)));
        insts.count() + data.terminator.edges().count()
    };
    func.layout.iter().map(of_block).sum()
}

/// A block whose calls are to be looked at.
#[derive(Clone, Copy)]
struct Work {
    block: Block,
    /// The copy that it is in.
    copy: Option<usize>,
    /// Whether it is in a loop or a recursion.
    in_loop: bool,
    /// Whether what comes behind it, and becomes part of it, calls.
    calls_behind: bool,
}

/// What may still be copied.
struct Budget {
    tiny: usize,
    small: usize,
    calling: usize,
    own: usize,
}

impl Budget {
    /// The budget that pays for a call of `callee`, if it is worth it.
    fn of(&mut self, callee: &Callee, is_own: bool, in_loop: bool) -> Option<&mut usize> {
        let tiny = callee.size <= callee.call_size;
        let (budget, most) = match (is_own, in_loop) {
            (true, true) => (&mut self.own, OWN),
            (false, true) if tiny => (&mut self.tiny, usize::MAX),
            (false, true) if callee.calls => (&mut self.calling, SMALL),
            (false, true) => (&mut self.small, SMALL),
            (false, false) if tiny && !callee.calls => (&mut self.tiny, usize::MAX),
            (_, _) => return None,
        };
        (callee.size <= most && callee.size <= *budget).then_some(budget)
    }
}

/// Runs the pass, given the callees by index of the function index space; returns whether anything changed.
pub(crate) fn run<'c>(
    func: &mut Func,
    cfg: &Cfg,
    callee: &dyn Fn(u32, usize) -> Option<&'c Callee>,
) -> bool {
    let (mut calls, mut recurs) = (false, false);
    for idx in func
        .layout
        .iter()
        .flat_map(|&block| &func.block(block).insts)
    {
        if let Inst::Call { func: callee, .. } = func.insts[idx.index()].inst {
            (calls, recurs) = (true, recurs || callee == func.func_idx);
        }
    }
    if !calls {
        return false;
    }
    let own_size = size(func);
    let recurs = recurs && own_size <= RECURSIVE;
    let mut budget = Budget {
        tiny: TINY_BUDGET.min(own_size * TIMES) + own_size / 2,
        small: SMALL_BUDGET,
        calling: SMALL_BUDGET,
        own: OWN_BUDGET,
    };
    let loops = cfg.loops();
    let mut work: Vec<Work> = (func.layout.iter())
        .map(|&block| Work {
            block,
            copy: None,
            in_loop: match func.heat(block) {
                Some(heat) => heat >= HOT,
                None => recurs || loops.depth(block) > 0,
            },
            calls_behind: false,
        })
        .collect();
    // Those that are around others come first, so that these get what is left.
    let mut next = 0;
    while let Some(&at) = work.get(next) {
        next += 1;
        calls_of(func, callee, at, &mut budget, &mut work);
    }
    let changed = !func.inlined.copies.is_empty();
    if changed {
        resolve_all(func);
    }
    changed
}

/// Looks at the calls of a block, the last first: what is behind a call is known when the call is reached.
fn calls_of<'c>(
    func: &mut Func,
    callee: &dyn Fn(u32, usize) -> Option<&'c Callee>,
    at: Work,
    budget: &mut Budget,
    work: &mut Vec<Work>,
) {
    let Work {
        block,
        copy,
        in_loop,
        ..
    } = at;
    let mut calls_behind = at.calls_behind || !stays(func, block);
    let tried = matches!(func.block(block).terminator, Terminator::Try { .. });
    let count = func.block(block).insts.len();
    for i in (0..count).rev() {
        let idx = func.block(block).insts[i];
        let inst = &func.insts[idx.index()].inst;
        let Inst::Call { func: func_idx, .. } = *inst else {
            calls_behind |= matches!(inst, Inst::CallIndirect { .. } | Inst::CallRef { .. });
            continue;
        };
        let may = !(tried && i + 1 == count) && may_nest(func, copy, func_idx);
        let is_own = func_idx == func.func_idx;
        let most = match (is_own, in_loop) {
            (true, _) => MAX_OWN_BYTES,
            (false, true) => MAX_BYTES,
            (false, false) => MAX_TINY_BYTES,
        };
        let body = may.then(|| callee(func_idx, most)).flatten();
        let body = body.filter(|body| body.joins || !calls_behind);
        let paid = body.and_then(|body| Some((body, budget.of(body, is_own, in_loop)?)));
        let position = func.insts[idx.index()].offset;
        let added = paid.and_then(|(body, budget)| {
            let range = body.func.inlined.body.clone();
            let number = func.inlined.add(func_idx, range, position)?;
            *budget -= body.size;
            Some((body, number))
        });
        let Some((body, number)) = added else {
            calls_behind = true;
            continue;
        };
        let (blocks, rest) = splice(func, &body.func, block, i, number);
        for new in blocks {
            let mut edges = func.block(new).terminator.edges();
            let returns = edges.any(|edge| edge.block == rest);
            work.push(Work {
                block: new,
                copy: Some(number),
                in_loop,
                calls_behind: calls_behind && returns,
            });
        }
        calls_behind = false;
    }
}

/// Whether a callee may be copied into a copy: if it is not in one of itself already, and not too deep.
fn may_nest(func: &Func, mut copy: Option<usize>, func_idx: u32) -> bool {
    let copies = &func.inlined.copies;
    let mut depth = 0;
    while let Some(number) = copy {
        if copies[number].func_idx == func_idx {
            return false;
        }
        depth += 1;
        copy = func.inlined.copy_at(copies[number].call);
    }
    depth < DEPTH && copies.len() < MAX_COPIES
}
