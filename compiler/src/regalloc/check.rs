//! The checker: proves that an allocation computes what the selected code means. It shares no code with the allocator.
//!
//! An abstract machine runs over the code, knowing for each slot which virtual registers' values it holds, as a set of facts
//! "slot holds register". Where paths meet, only the facts common to all of them stay; blocks are run until nothing changes. Every read
//! must find its register in the slot it reads. Facts only ever disappear, so this ends.

use std::collections::{BTreeSet, VecDeque};

use wrt_format::isa::{Control, Op, Role};

use crate::lower::vcode::{VBlock, VCode, VEdge, VInst, VReg};

use super::{Allocated, MAX_FRAME, Move};

/// Checks that `allocated` is a right allocation of `code`.
///
/// # Errors
/// What is wrong, and where.
pub fn check(code: &VCode, allocated: &Allocated) -> Result<(), String> {
    check_layout(code, allocated)?;
    let moves = moves_by_block(code, allocated)?;
    let count = code.blocks.len();
    let mut entry: Vec<Option<Facts>> = vec![None; count];
    let mut start = Facts::default();
    for (slot, &param) in (0u16..).zip(&code.blocks[0].params) {
        start.add(slot, param);
    }
    entry[0] = Some(start);
    let mut queue = VecDeque::from([0usize]);
    let mut queued = vec![false; count];
    let mut edges_into = vec![0u32; count];
    for edge in code.blocks.iter().flat_map(|block| &block.succs) {
        edges_into[edge.block as usize] += 1;
    }
    while let Some(b) = queue.pop_front() {
        queued[b] = false;
        // Where only one edge leads, what it brings the next time replaces this.
        let known = if edges_into[b] > 1 {
            entry[b].clone()
        } else {
            entry[b].take()
        };
        let Some(mut facts) = known else {
            continue;
        };
        let run = Run {
            code,
            allocated,
            moves: &allocated.moves[moves[b].clone()],
        };
        run.block(&code.blocks[b], &mut facts)
            .map_err(|error| format!("block {b}: {error}"))?;
        for (left, edge) in (0..code.blocks[b].succs.len())
            .rev()
            .zip(&code.blocks[b].succs)
        {
            let mut there = if left > 0 {
                facts.clone()
            } else {
                core::mem::take(&mut facts)
            };
            there.rename(code, edge);
            let target = edge.block as usize;
            let changed = match &mut entry[target] {
                Some(known) => known.meet(&there),
                none => {
                    *none = Some(there);
                    true
                }
            };
            if changed && !core::mem::replace(&mut queued[target], true) {
                queue.push_back(target);
            }
        }
    }
    Ok(())
}

/// Which slots hold which registers, seen from both sides.
#[derive(Clone, Debug, Default)]
struct Facts {
    by_slot: BTreeSet<(u16, u32)>,
    by_vreg: BTreeSet<(u32, u16)>,
}

impl Facts {
    fn add(&mut self, slot: u16, vreg: VReg) {
        self.by_slot.insert((slot, vreg.0));
        self.by_vreg.insert((vreg.0, slot));
    }

    fn holds(&self, slot: u16, vreg: VReg) -> bool {
        self.by_slot.contains(&(slot, vreg.0))
    }

    fn registers(&self, slot: u16) -> Vec<u32> {
        let range = self.by_slot.range((slot, 0)..=(slot, u32::MAX));
        range.map(|&(_, vreg)| vreg).collect()
    }

    /// The slot's contents change to something unknown.
    fn clobber(&mut self, slot: u16) {
        for vreg in self.registers(slot) {
            self.by_slot.remove(&(slot, vreg));
            self.by_vreg.remove(&(vreg, slot));
        }
    }

    /// The contents of all slots from `first` on change.
    fn clobber_from(&mut self, first: u16) {
        for (slot, vreg) in self.by_slot.split_off(&(first, 0)) {
            self.by_vreg.remove(&(vreg, slot));
        }
    }

    /// The register gets a new value: what slots hold of it is an old one.
    fn forget(&mut self, vreg: VReg) {
        let range = self.by_vreg.range((vreg.0, 0)..=(vreg.0, u16::MAX));
        let slots: Vec<u16> = range.map(|&(_, slot)| slot).collect();
        for slot in slots {
            self.by_slot.remove(&(slot, vreg.0));
            self.by_vreg.remove(&(vreg.0, slot));
        }
    }

    fn define(&mut self, slot: u16, vreg: VReg) {
        self.clobber(slot);
        self.forget(vreg);
        self.add(slot, vreg);
    }

    fn copy(&mut self, dst: u16, src: u16) {
        let vregs = self.registers(src);
        self.clobber(dst);
        vregs.into_iter().for_each(|vreg| self.add(dst, VReg(vreg)));
    }

    /// Control passes an edge: what holds an argument holds the parameter.
    fn rename(&mut self, code: &VCode, edge: &VEdge) {
        let params = &code.blocks[edge.block as usize].params;
        let mut added = Vec::new();
        for (&param, &arg) in params.iter().zip(&edge.args) {
            let range = self.by_vreg.range((arg.0, 0)..=(arg.0, u16::MAX));
            added.extend(range.map(|&(_, slot)| (slot, param)));
        }
        params.iter().for_each(|&param| self.forget(param));
        added
            .into_iter()
            .for_each(|(slot, vreg)| self.add(slot, vreg));
    }

    /// Keeps what holds in both. True if anything is lost.
    fn meet(&mut self, other: &Self) -> bool {
        let before = self.by_slot.len();
        self.by_slot.retain(|fact| other.by_slot.contains(fact));
        self.by_vreg.retain(|fact| other.by_vreg.contains(fact));
        self.by_slot.len() != before
    }
}

/// One block's run.
struct Run<'a> {
    code: &'a VCode,
    allocated: &'a Allocated,
    moves: &'a [Move],
}

impl Run<'_> {
    fn block(&self, block: &VBlock, facts: &mut Facts) -> Result<(), String> {
        let mut moves = self.moves.iter().peekable();
        for (i, inst) in block.insts.iter().enumerate() {
            while let Some(it) = moves.next_if(|it| it.before as usize <= i) {
                facts.copy(it.dst, it.src);
            }
            self.inst(block, inst, facts)
                .map_err(|error| format!("instruction {i} ({}): {error}", inst.op.info().name))?;
        }
        for it in moves {
            facts.copy(it.dst, it.src);
        }
        for edge in &block.succs {
            let params = self.code.blocks[edge.block as usize].params.len();
            if params != edge.args.len() {
                return Err(format!("edge to block {} has wrong arguments", edge.block));
            }
        }
        Ok(())
    }

    fn inst(&self, block: &VBlock, inst: &VInst, facts: &mut Facts) -> Result<(), String> {
        let info = inst.op.info();
        let operands = || info.fields.iter().map(|it| it.role).zip(inst.fields);
        let with = |wanted: fn(Role) -> bool| {
            let found = operands().filter(move |(role, _)| wanted(*role));
            found
                .map(|(_, value)| VReg(value as u32))
                .collect::<Vec<_>>()
        };
        let (uses, mods, defs) = (
            with(Role::reads),
            with(|role| role == Role::Mod),
            with(Role::writes),
        );
        let read = |facts: &Facts, vreg: VReg, slot: u16| {
            if facts.holds(slot, vreg) {
                Ok(())
            } else {
                Err(format!("slot {slot} does not hold v{}", vreg.0))
            }
        };
        let slot = |vreg: VReg| self.allocated.slots[vreg.0 as usize];
        // A table of one target does not look at its index.
        if info.control != Control::Table || block.succs.len() > 1 {
            uses.iter().try_for_each(|&it| read(facts, it, slot(it)))?;
        }
        mods.iter().try_for_each(|&it| read(facts, it, slot(it)))?;
        self.overlaps(inst, &uses, &mods, &defs)?;
        let first = if inst.op == Op::RetN {
            self.allocated.returned_from(inst)
        } else {
            self.allocated.base
        };
        for (at, &arg) in (first..).zip(&inst.args) {
            read(facts, arg, at)?;
        }
        mods.iter().for_each(|&it| facts.clobber(slot(it)));
        if matches!(info.control, Control::Call | Control::TailCall) {
            facts.clobber_from(self.allocated.base - 1);
        }
        defs.iter().for_each(|&it| facts.define(slot(it), it));
        let first = self.allocated.results_at(inst);
        for (at, &result) in (first..).zip(&inst.results) {
            facts.define(at, result);
        }
        Ok(())
    }

    /// Operands that must not share a slot, because the instruction does not read everything before it writes.
    fn overlaps(
        &self,
        inst: &VInst,
        uses: &[VReg],
        mods: &[VReg],
        defs: &[VReg],
    ) -> Result<(), String> {
        let slot = |vreg: &VReg| self.allocated.slots[vreg.0 as usize];
        for (i, one) in mods.iter().enumerate() {
            let mut others = mods[i + 1..].iter().chain(uses);
            if others.any(|other| slot(other) == slot(one)) {
                return Err(format!("v{} shares its slot with an operand", one.0));
            }
        }
        let two_steps = inst.op.info().control == Control::CondBranch || inst.op == Op::Mov2;
        let late = uses.iter().skip(1).filter(|_| two_steps);
        let first_def = defs.first().map(slot);
        for vreg in late {
            if Some(slot(vreg)) == first_def {
                return Err(format!("v{} is overwritten before it is read", vreg.0));
            }
        }
        Ok(())
    }
}

/// The frame as a whole: sizes, the window, and where references are.
fn check_layout(code: &VCode, allocated: &Allocated) -> Result<(), String> {
    let Allocated {
        base,
        frame,
        ref_base,
        ref_count,
        ..
    } = *allocated;
    let sized = frame >= 1 && u32::from(frame) <= MAX_FRAME && code.param_count <= frame.into();
    if !sized || allocated.slots.len() != code.vreg_count as usize {
        return Err(format!("a frame of {frame} slots"));
    }
    if allocated.slots.iter().any(|&slot| slot >= frame) {
        return Err("a slot outside the frame".to_owned());
    }
    let mut moves = allocated.moves.iter();
    if moves.any(|it| it.dst >= frame || it.src >= frame) {
        return Err("a move outside the frame".to_owned());
    }
    let refs = ref_base..ref_base + ref_count;
    for vreg in defined(code) {
        let (slot, is_ref) = (allocated.slot(vreg), code.is_ref[vreg.0 as usize]);
        if refs.contains(&slot) && !is_ref {
            return Err(format!("slot {slot} for references holds something else"));
        }
        let window = base != 0 && slot >= base;
        let elsewhere = window || u32::from(slot) < code.param_count || refs.contains(&slot);
        if is_ref && !elsewhere {
            return Err(format!("a reference in slot {slot}"));
        }
    }
    for inst in code.blocks.iter().flat_map(|block| &block.insts) {
        let control = inst.op.info().control;
        let calls = matches!(control, Control::Call | Control::TailCall);
        let span = inst.args.len().max(inst.results.len());
        let gathers = inst.op == Op::RetN && allocated.returned_from(inst) == base;
        let too_long = usize::from(base) + span > usize::from(frame);
        if (calls || gathers) && (base == 0 || too_long) {
            return Err(format!("the window at {base} does not fit the frame"));
        }
    }
    Ok(())
}

/// All registers that the code defines.
fn defined(code: &VCode) -> impl Iterator<Item = VReg> {
    let of_inst = |inst: &VInst| {
        let operands = inst.op.info().fields.iter().zip(inst.fields);
        let defs = operands.filter(|(field, _)| field.role.writes());
        let defs: Vec<VReg> = defs.map(|(_, value)| VReg(value as u32)).collect();
        defs.into_iter().chain(inst.results.clone())
    };
    code.blocks.iter().flat_map(move |block| {
        let defs = block.insts.iter().flat_map(of_inst);
        block.params.iter().copied().chain(defs)
    })
}

/// The range of moves of each block, which are in order.
fn moves_by_block(
    code: &VCode,
    allocated: &Allocated,
) -> Result<Vec<core::ops::Range<usize>>, String> {
    let moves = &allocated.moves;
    if !moves.is_sorted_by_key(|it| (it.block, it.before)) {
        return Err("moves are out of order".to_owned());
    }
    let mut ranges = Vec::new();
    let mut at = 0;
    for b in 0..code.blocks.len() {
        let count = moves[at..].partition_point(|it| it.block as usize <= b);
        ranges.push(at..at + count);
        at += count;
    }
    let outside = |it: &Move| match code.blocks.get(it.block as usize) {
        Some(block) => it.before as usize > block.insts.len(),
        None => true,
    };
    if moves.iter().any(outside) {
        return Err("a move outside the code".to_owned());
    }
    Ok(ranges)
}
