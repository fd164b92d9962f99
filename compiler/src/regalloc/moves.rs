//! Moves: what has to be copied around edges, calls and returns once every register has its slot.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::lower::vcode::{VBlock, VCode, VEdge, VInst, VReg};

use super::live::Preds;
use super::points::{is_plain_branch, uses_window};
use super::{Allocated, Move};

/// Fills `allocated.moves`. The slot below the window, or the one behind the last slot if there is no window, is the scratch slot for
/// cycles. True if that is used.
///
/// # Errors
/// Internal, when a block of several successors passes arguments to a block with several predecessors.
pub(super) fn insert(
    code: &VCode,
    preds: &Preds,
    allocated: &mut Allocated,
    scratch: u32,
) -> Result<bool, Error> {
    let mut builder = Builder {
        code,
        preds,
        slots: &allocated.slots,
        base: allocated.base,
        scratch,
        used_scratch: false,
        moves: Vec::new(),
    };
    for (b, block) in code.blocks.iter().enumerate() {
        builder.block(b, block)?;
    }
    let used = builder.used_scratch;
    allocated.moves = builder.moves;
    Ok(used)
}

struct Builder<'a> {
    code: &'a VCode,
    preds: &'a Preds,
    slots: &'a [u16],
    base: u16,
    scratch: u32,
    used_scratch: bool,
    moves: Vec<Move>,
}

impl Builder<'_> {
    fn block(&mut self, b: usize, block: &VBlock) -> Result<(), Error> {
        if let [first, others @ ..] = self.preds.of(b) {
            self.at_entry(b, *first as usize, others)?;
        }
        self.take_from_window(b, 0, &block.caught);
        for (i, inst) in block.insts.iter().enumerate() {
            self.around(b, i, inst);
        }
        if let [edge] = &block.succs[..]
            && !block.is_fork()
        {
            let ends_in_branch = block.insts.last().is_some_and(|it| is_plain_branch(it.op));
            let before = block.insts.len() - usize::from(ends_in_branch);
            self.edge(b, before, edge);
        }
        Ok(())
    }

    /// Moves for an edge from a block with several successors.
    fn at_entry(&mut self, b: usize, first: usize, others: &[u32]) -> Result<(), Error> {
        let from = &self.code.blocks[first];
        let succs = &from.succs;
        let mut edges = succs.iter().filter(|edge| edge.block as usize == b);
        let Some(edge) = edges.next() else {
            return Ok(());
        };
        if !from.is_fork() || edge.args.is_empty() {
            // From a block of one successor: the moves are there. But another one may still pass arguments in the wrong way.
            let critical = |&pred: &u32| {
                let from = &self.code.blocks[pred as usize];
                from.is_fork() && !self.code.blocks[b].params.is_empty()
            };
            return if others.iter().any(critical) {
                Err(critical_edge(b))
            } else {
                Ok(())
            };
        }
        let same = others.iter().all(|&pred| pred as usize == first);
        if !same || edges.any(|other| other.args != edge.args) {
            return Err(critical_edge(b));
        }
        let edge = edge.clone();
        self.edge(b, 0, &edge);
        Ok(())
    }

    fn edge(&mut self, b: usize, before: usize, edge: &VEdge) {
        let params = &self.code.blocks[edge.block as usize].params;
        let pairs = params.iter().zip(&edge.args);
        let moves = pairs.map(|(to, from)| self.whole(*to, self.slot(*to), self.slot(*from)));
        let moves = moves.collect();
        self.parallel(b, before, moves);
    }

    /// Moves of arguments before an instruction, and of results behind it.
    fn around(&mut self, b: usize, i: usize, inst: &VInst) {
        if !uses_window(inst.op) {
            return;
        }
        let base = self.base;
        let code = self.code;
        if inst.op != wrt_format::isa::Op::RetN || run(code, self.slots, &inst.args).is_none() {
            let args = (base..).zip(code.each_slot(&inst.args));
            let args = args.filter(|(_, (_, second))| !second);
            let moves = args.map(|(to, (from, _))| self.whole(from, to, self.slot(from)));
            let moves = moves.collect();
            self.parallel(b, i, moves);
        }
        if inst.results.len() > 1 {
            self.take_from_window(b, i + 1, &inst.results);
        }
    }

    /// Moves of what is at the base of the window to its places.
    fn take_from_window(&mut self, b: usize, before: usize, vregs: &[VReg]) {
        let code = self.code;
        let slots = (self.base..).zip(code.each_slot(vregs));
        let slots = slots.filter(|(_, (_, second))| !second);
        let moves = slots.map(|(from, (to, _))| self.whole(to, self.slot(to), from));
        let moves: Vec<_> = moves.collect();
        if !moves.is_empty() {
            self.parallel(b, before, moves);
        }
    }

    /// The move of a value like that of `vreg` from one place to another.
    fn whole(&self, vreg: VReg, to: u16, from: u16) -> Whole {
        let wide = self.code.slots(vreg) == 2;
        Whole { to, from, wide }
    }

    fn slot(&self, vreg: VReg) -> u16 {
        self.slots[vreg.0 as usize]
    }

    fn parallel(&mut self, block: usize, before: usize, wholes: Vec<Whole>) {
        if wholes.iter().all(|it| it.to == it.from) {
            return;
        }
        let scratch = self.scratch as u16;
        let at = self.moves.len();
        let moves: Vec<_> = wholes.iter().flat_map(Whole::slots).collect();
        sequence(&moves, scratch, |dst, src| {
            self.moves.push(Move {
                block: block as u32,
                before: before as u32,
                dst,
                src,
                wide: false,
            });
        });
        self.used_scratch |= self.moves[at..].iter().any(|it| it.dst == scratch);
        if wholes.iter().any(|it| it.wide) {
            join_halves(&wholes, &mut self.moves, at);
        }
    }
}

#[cold]
fn critical_edge(block: usize) -> Error {
    Error::internal(format!("critical edge with arguments into block {block}"))
}

/// The move of a value.
#[derive(Clone, Copy, Debug)]
struct Whole {
    to: u16,
    from: u16,
    wide: bool,
}

impl Whole {
    /// The moves of its slots.
    fn slots(&self) -> impl Iterator<Item = (u16, u16)> + use<> {
        let Self { to, from, wide } = *self;
        (0..=u16::from(wide)).map(move |half| (to + half, from + half))
    }
}

/// Makes one move of the two halves of a vector where they come one after the other and the second does not read what the first writes.
fn join_halves(wholes: &[Whole], moves: &mut Vec<Move>, from: usize) {
    let wide: BTreeMap<u16, u16> = wholes
        .iter()
        .filter(|it| it.wide)
        .map(|it| (it.to, it.from))
        .collect();
    let mut kept = from;
    for at in from..moves.len() {
        let this = moves[at];
        if kept > from {
            let last = moves[kept - 1];
            let low = if last.dst < this.dst { last } else { this };
            let halves = last.dst.abs_diff(this.dst) == 1
                && last.src.abs_diff(this.src) == 1
                && (last.dst < this.dst) == (last.src < this.src)
                && wide.get(&low.dst) == Some(&low.src);
            if halves && !last.wide && this.src != last.dst {
                moves[kept - 1] = Move { wide: true, ..low };
                continue;
            }
        }
        moves[kept] = this;
        kept += 1;
    }
    moves.truncate(kept);
}

/// The first slot, if registers lie in consecutive slots.
pub(super) fn run(code: &VCode, slots: &[u16], vregs: &[VReg]) -> Option<u16> {
    let first = slots[vregs.first()?.0 as usize];
    let mut expected = u32::from(first);
    vregs
        .iter()
        .all(|vreg| {
            let here = expected == u32::from(slots[vreg.0 as usize]);
            expected += code.slots(*vreg);
            here
        })
        .then_some(first)
}

/// Orders moves `(to, from)` that are meant to happen at once, each slot being written once at most.
fn sequence(moves: &[(u16, u16)], scratch: u16, mut emit: impl FnMut(u16, u16)) {
    // Mostly there is one, and then there is no order to be found.
    let mut moving = moves.iter().filter(|(to, from)| to != from);
    if let (Some(&(to, from)), None) = (moving.next(), moving.next()) {
        return emit(to, from);
    }
    let mut pending: BTreeMap<u16, u16> = moves
        .iter()
        .copied()
        .filter(|(to, from)| to != from)
        .collect();
    let mut readers: BTreeMap<u16, u32> = BTreeMap::new();
    for &from in pending.values() {
        *readers.entry(from).or_default() += 1;
    }
    let mut ready: Vec<u16> = pending
        .keys()
        .copied()
        .filter(|to| !readers.contains_key(to))
        .rev()
        .collect();
    loop {
        while let Some(to) = ready.pop() {
            let Some(from) = pending.remove(&to) else {
                continue;
            };
            emit(to, from);
            let left = readers.entry(from).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 && pending.contains_key(&from) {
                ready.push(from);
            }
        }
        // Only cycles are left, in which every slot is read once: save one slot of a cycle, then it may be written.
        let Some((&to, _)) = pending.first_key_value() else {
            return;
        };
        emit(scratch, to);
        for from in pending.values_mut().filter(|from| **from == to) {
            *from = scratch;
        }
        ready.push(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the ordered moves on slots that hold their own numbers, and returns what the slots hold then.
    fn run_moves(moves: &[(u16, u16)]) -> (Vec<u16>, usize) {
        let mut slots: Vec<u16> = (0..16).collect();
        let mut count = 0;
        sequence(moves, 15, |to, from| {
            slots[usize::from(to)] = slots[usize::from(from)];
            count += 1;
        });
        (slots, count)
    }

    #[test]
    fn moves_happen_as_if_at_once() {
        let cases: &[(&[(u16, u16)], usize)] = &[
            (&[(0, 1), (1, 2), (2, 3)], 3),
            (&[(3, 2), (2, 1), (1, 0)], 3),
            (&[(0, 1), (1, 0)], 3),
            (&[(0, 1), (1, 2), (2, 0), (5, 0), (6, 6)], 5),
            (&[(0, 1), (1, 0), (2, 3), (3, 4), (4, 2)], 7),
            (&[(0, 1), (1, 0), (4, 1), (5, 0)], 5),
        ];
        for &(moves, expected) in cases {
            let (slots, count) = run_moves(moves);
            for &(to, from) in moves {
                assert_eq!(slots[usize::from(to)], from, "{moves:?}");
            }
            assert_eq!(count, expected, "{moves:?}");
        }
    }
}
