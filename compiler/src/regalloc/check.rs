//! The checker: proves that an allocation computes what the selected code means. It shares no code with the allocator.
//!
//! An abstract machine runs over the code, knowing for each slot which virtual registers' values it holds, as a set of facts
//! "slot holds register", for a vector "slot holds this half of the register". Where paths meet, only the facts common to all of them stay; blocks are run until nothing changes. Every read
//! must find its register in the slot it reads. Facts only ever disappear, so this ends.
//!
//! Where a collection can happen, at instructions that allocate and at calls, what slots hold of traced references is forgotten unless the
//! collector looks at the slot: it may have been freed.

use std::collections::{BTreeSet, VecDeque};

use wrt_format::isa::{Charge, Control, Op, Role};

use crate::lower::vcode::{VBlock, VCode, VEdge, VInst, VReg};

use super::{Allocated, MAX_FRAME, Move};

/// Checks that `allocated` is a right allocation of `code`.
///
/// # Errors
/// What is wrong, and where.
pub fn check(code: &VCode, allocated: &Allocated) -> Result<(), String> {
    check_layout(code, allocated)?;
    check_homes(code, allocated)?;
    check_pads(code, allocated)?;
    let moves = moves_by_block(code, allocated)?;
    let count = code.blocks.len();
    let traces = code.is_ref.contains(&true);
    let mut entry: Vec<Option<Facts>> = vec![None; count];
    let mut start = Facts::default();
    for (slot, (param, second)) in (0u16..).zip(code.each_slot(&code.blocks[0].params)) {
        start.add(slot, Half::of(param, second));
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
            traces,
        };
        let thrown = run
            .block(&code.blocks[b], &mut facts)
            .map_err(|error| format!("block {b}: {error}"))?;
        let block = &code.blocks[b];
        let handlers = block.clauses.len();
        for (left, edge) in (0..block.succs.len()).rev().zip(&block.succs) {
            let mut there = if left < handlers {
                thrown.clone()
            } else if left > handlers {
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

/// What a slot can hold: a register, or a half of a wide one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Half(u64);

impl Half {
    const MIN: Self = Self(0);
    const MAX: Self = Self(u64::MAX);

    fn of(vreg: VReg, second: bool) -> Self {
        Self(u64::from(vreg.0) * 2 + u64::from(second))
    }

    /// Whether it is a reference that the collector follows.
    fn is_traced(self, code: &VCode) -> bool {
        code.is_ref[(self.0 / 2) as usize]
    }
}

/// Which slots hold which registers, seen from both sides.
#[derive(Clone, Debug, Default)]
struct Facts {
    by_slot: BTreeSet<(u16, Half)>,
    by_half: BTreeSet<(Half, u16)>,
}

impl Facts {
    fn add(&mut self, slot: u16, half: Half) {
        self.by_slot.insert((slot, half));
        self.by_half.insert((half, slot));
    }

    fn holds(&self, slot: u16, half: Half) -> bool {
        self.by_slot.contains(&(slot, half))
    }

    fn contents(&self, slot: u16) -> Vec<Half> {
        let range = self.by_slot.range((slot, Half::MIN)..=(slot, Half::MAX));
        range.map(|&(_, half)| half).collect()
    }

    /// The slot's contents change to something unknown.
    fn clobber(&mut self, slot: u16) {
        for half in self.contents(slot) {
            self.by_slot.remove(&(slot, half));
            self.by_half.remove(&(half, slot));
        }
    }

    /// A collection: traced references in slots that are no roots may be freed.
    fn collect(&mut self, code: &VCode, is_root: impl Fn(u16) -> bool) {
        let freed = |slot: u16, half: Half| half.is_traced(code) && !is_root(slot);
        self.by_slot.retain(|&(slot, half)| !freed(slot, half));
        self.by_half.retain(|&(half, slot)| !freed(slot, half));
    }

    /// The contents of all slots from `first` on change.
    fn clobber_from(&mut self, first: u16) {
        for (slot, half) in self.by_slot.split_off(&(first, Half::MIN)) {
            self.by_half.remove(&(half, slot));
        }
    }

    /// The register gets a new value: what slots hold of it is an old one.
    fn forget(&mut self, half: Half) {
        let range = self.by_half.range((half, 0)..=(half, u16::MAX));
        let slots: Vec<u16> = range.map(|&(_, slot)| slot).collect();
        for slot in slots {
            self.by_slot.remove(&(slot, half));
            self.by_half.remove(&(half, slot));
        }
    }

    fn define(&mut self, slot: u16, half: Half) {
        self.clobber(slot);
        self.forget(half);
        self.add(slot, half);
    }

    /// A move: reads everything, then writes.
    fn copy(&mut self, it: &Move) {
        let slots = 0..=u16::from(it.wide);
        let read: Vec<_> = slots
            .map(|i| (it.dst + i, self.contents(it.src + i)))
            .collect();
        read.iter().for_each(|(dst, _)| self.clobber(*dst));
        for (dst, halves) in read {
            halves.into_iter().for_each(|half| self.add(dst, half));
        }
    }

    /// Control passes an edge: what holds an argument holds the parameter.
    fn rename(&mut self, code: &VCode, edge: &VEdge) {
        let params = &code.blocks[edge.block as usize].params;
        let mut added = Vec::new();
        let pairs = code.each_slot(params).zip(code.each_slot(&edge.args));
        for ((param, second), (arg, second_of_arg)) in pairs {
            let arg = Half::of(arg, second_of_arg);
            let range = self.by_half.range((arg, 0)..=(arg, u16::MAX));
            added.extend(range.map(|&(_, slot)| (slot, Half::of(param, second))));
        }
        for (param, second) in code.each_slot(params) {
            self.forget(Half::of(param, second));
        }
        added
            .into_iter()
            .for_each(|(slot, half)| self.add(slot, half));
    }

    /// Keeps what holds in both. True if anything is lost.
    fn meet(&mut self, other: &Self) -> bool {
        let before = self.by_slot.len();
        self.by_slot.retain(|fact| other.by_slot.contains(fact));
        self.by_half.retain(|fact| other.by_half.contains(fact));
        self.by_slot.len() != before
    }
}

/// One block's run.
struct Run<'a> {
    code: &'a VCode,
    allocated: &'a Allocated,
    moves: &'a [Move],
    /// Whether the function has traced references at all.
    traces: bool,
}

impl Run<'_> {
    /// Gives also what holds when an exception leaves the block.
    fn block(&self, block: &VBlock, facts: &mut Facts) -> Result<Facts, String> {
        let mut moves = self.moves.iter().peekable();
        let mut thrown = Facts::default();
        for (at, (vreg, second)) in (self.allocated.base..).zip(self.code.each_slot(&block.caught))
        {
            facts.define(at, Half::of(vreg, second));
        }
        for (i, inst) in block.insts.iter().enumerate() {
            while let Some(it) = moves.next_if(|it| it.before as usize <= i) {
                self.copy(it, facts)?;
            }
            if !block.clauses.is_empty() && i + 1 == block.insts.len() {
                thrown = facts.clone();
                thrown.clobber_from(self.allocated.base - 1);
                if self.traces {
                    thrown.collect(self.code, |slot| self.is_root(slot));
                }
            }
            self.inst(block, inst, facts)
                .map_err(|error| format!("instruction {i} ({}): {error}", inst.op.info().name))?;
        }
        for it in moves {
            self.copy(it, facts)?;
        }
        for edge in &block.succs {
            let params = &self.code.blocks[edge.block as usize].params;
            let widths = |vregs: &[VReg]| -> Vec<u32> {
                vregs.iter().map(|&it| self.code.slots(it)).collect()
            };
            if widths(params) != widths(&edge.args) {
                return Err(format!("edge to block {} has wrong arguments", edge.block));
            }
        }
        Ok(thrown)
    }

    /// A move, which must bring no other value to a slot that the collector looks at.
    fn copy(&self, it: &Move, facts: &mut Facts) -> Result<(), String> {
        facts.copy(it);
        if !self.traces {
            return Ok(());
        }
        for slot in (it.dst..).take(1 + usize::from(it.wide)) {
            let mut contents = facts.contents(slot).into_iter();
            if self.is_root(slot) && contents.any(|half| !half.is_traced(self.code)) {
                return Err(format!("slot {slot} for references gets something else"));
            }
        }
        Ok(())
    }

    fn is_root(&self, slot: u16) -> bool {
        is_root(self.code, self.allocated, slot)
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
        let (uses, defs) = (with(Role::is_use), with(Role::is_def));
        let mods = with(Role::is_mod);
        let code = self.code;
        let read = |facts: &Facts, vreg: VReg, slot: u16| {
            let halves = code.each_slot(core::slice::from_ref(&vreg));
            let mut slots = (slot..).zip(halves);
            match slots.find(|&(at, (vreg, second))| !facts.holds(at, Half::of(vreg, second))) {
                None => Ok(()),
                Some((at, _)) => Err(format!("slot {at} does not hold v{}", vreg.0)),
            }
        };
        let slot = |vreg: VReg| self.allocated.slots[vreg.0 as usize];
        if self.traces && info.charge == Charge::Heap {
            facts.collect(code, |slot| self.is_root(slot));
        }
        // A table of one target does not look at its index.
        if info.control != Control::Table || block.succs.len() > 1 {
            uses.iter().try_for_each(|&it| read(facts, it, slot(it)))?;
        }
        mods.iter().try_for_each(|&it| read(facts, it, slot(it)))?;
        self.overlaps(inst, &uses, &mods, &defs)?;
        let first = if inst.op == Op::RetN {
            self.allocated.returned_from(code, inst)
        } else {
            self.allocated.base
        };
        for (at, (arg, second)) in (first..).zip(code.each_slot(&inst.args)) {
            if !second {
                read(facts, arg, at)?;
            }
        }
        mods.iter().for_each(|&it| facts.clobber(slot(it)));
        let leaves = matches!(
            info.control,
            Control::Call | Control::TailCall | Control::Throw
        );
        if leaves {
            facts.clobber_from(self.allocated.base - 1);
            if self.traces {
                facts.collect(code, |slot| self.is_root(slot));
            }
        }
        for &it in &defs {
            for (at, (vreg, second)) in (slot(it)..).zip(code.each_slot(&[it])) {
                facts.define(at, Half::of(vreg, second));
            }
        }
        let first = self.allocated.results_at(inst);
        for (at, (result, second)) in (first..).zip(code.each_slot(&inst.results)) {
            facts.define(at, Half::of(result, second));
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

/// Homes are where they should be, in front of the window, and nothing else is written there.
fn check_homes(code: &VCode, allocated: &Allocated) -> Result<(), String> {
    let Some(first) = allocated.homes.map(u32::from) else {
        let mut all = defined(code);
        return match all.find(|&vreg| code.home(vreg).is_some()) {
            Some(vreg) => Err(format!("v{} has no home", vreg.0)),
            None => Ok(()),
        };
    };
    let end = first + code.home_slots;
    let limit = match allocated.base {
        0 => allocated.frame,
        base => base - 1,
    };
    if end > limit.into() {
        return Err(format!("homes up to slot {end}"));
    }
    let inside = |slot: u16, slots: u32| u32::from(slot) < end && first < u32::from(slot) + slots;
    for vreg in defined(code) {
        let (slot, slots) = (allocated.slot(vreg), code.slots(vreg));
        let right = match code.home(vreg) {
            Some(home) => u32::from(slot) == first + home && home + slots <= code.home_slots,
            None => !inside(slot, slots),
        };
        if !right {
            return Err(format!(
                "v{} in slot {slot}, with homes from {first}",
                vreg.0
            ));
        }
    }
    let mut moves = allocated.moves.iter();
    match moves.find(|it| inside(it.dst, 1 + u32::from(it.wide))) {
        Some(it) => Err(format!("a move to slot {}, a home", it.dst)),
        None => Ok(()),
    }
}

/// The frame as a whole: sizes, the window, and where references are.
fn check_layout(code: &VCode, allocated: &Allocated) -> Result<(), String> {
    let Allocated {
        base, frame, refs, ..
    } = *allocated;
    let fixed = code.param_count + u32::from(refs);
    let sized = frame >= 1 && u32::from(frame) <= MAX_FRAME && fixed <= frame.into();
    if !sized || allocated.slots.len() != code.vreg_count as usize {
        return Err(format!("a frame of {frame} slots"));
    }
    let is_outside = |slot: u16, wide: bool| u32::from(slot) + u32::from(wide) >= frame.into();
    let mut slots = allocated.slots.iter().zip(&code.is_wide);
    if slots.any(|(&slot, &wide)| is_outside(slot, wide)) {
        return Err("a slot outside the frame".to_owned());
    }
    let mut moves = allocated.moves.iter();
    if moves.any(|it| is_outside(it.dst, it.wide) || is_outside(it.src, it.wide)) {
        return Err("a move outside the frame".to_owned());
    }
    let is_root = |slot: u16| is_root(code, allocated, slot);
    for vreg in defined(code) {
        let (slot, is_ref) = (allocated.slot(vreg), code.is_ref[vreg.0 as usize]);
        let last = slot + code.slots(vreg) as u16 - 1;
        if (is_root(slot) || is_root(last)) && !is_ref {
            return Err(format!("slot {slot} for references holds something else"));
        }
        let window = base != 0 && slot >= base;
        if is_ref && !window && !is_root(slot) {
            return Err(format!("a reference in slot {slot}"));
        }
    }
    for inst in code.blocks.iter().flat_map(|block| &block.insts) {
        let control = inst.op.info().control;
        let calls = matches!(control, Control::Call | Control::TailCall | Control::Throw);
        let span = code
            .slot_count(&inst.args)
            .max(code.slot_count(&inst.results));
        let gathers = inst.op == Op::RetN && allocated.returned_from(code, inst) == base;
        let too_long = u32::from(base) + span > u32::from(frame);
        if (calls || gathers) && (base == 0 || too_long) {
            return Err(format!("the window at {base} does not fit the frame"));
        }
    }
    Ok(())
}

/// Whether the collector looks at a slot: behind the parameters there are as many as the allocation says, and among the parameters it
/// goes by their types.
fn is_root(code: &VCode, allocated: &Allocated, slot: u16) -> bool {
    let mut params = code.each_slot(&code.blocks[0].params);
    match u32::from(slot).checked_sub(code.param_count) {
        Some(behind) => behind < allocated.refs.into(),
        None => params
            .nth(slot.into())
            .is_some_and(|(param, _)| code.is_ref[param.0 as usize]),
    }
}

/// Between a throw and a handler nothing is written to the window, where the handler finds what it has caught; and that fits.
fn check_pads(code: &VCode, allocated: &Allocated) -> Result<(), String> {
    let mut is_pad = vec![false; code.blocks.len()];
    let handlers = code.blocks.iter().flat_map(VBlock::handlers);
    for (_, edge) in handlers {
        let block = &code.blocks[edge.block as usize];
        is_pad[edge.block as usize] = block.caught.is_empty() && block.clauses.is_empty();
    }
    let written = |b: usize, slot: u16| {
        let goes_on = code.blocks[b].succs.iter();
        let mut to = goes_on.map(|edge| &code.blocks[edge.block as usize].caught);
        is_pad[b] && slot >= allocated.base && to.any(|caught| !caught.is_empty())
    };
    for (b, block) in code.blocks.iter().enumerate() {
        let slots = defined_by(&block.insts).map(|vreg| allocated.slot(vreg));
        let moved = allocated.moves.iter().filter(|it| it.block as usize == b);
        if is_pad[b]
            && slots
                .chain(moved.map(|it| it.dst))
                .any(|slot| written(b, slot))
        {
            return Err(format!("block {b} overwrites what a handler is given"));
        }
        let end = u32::from(allocated.base) + code.slot_count(&block.caught);
        if !block.caught.is_empty() && (allocated.base == 0 || end > allocated.frame.into()) {
            return Err(format!("what block {b} catches does not fit the frame"));
        }
    }
    Ok(())
}

/// All registers that instructions define.
fn defined_by(insts: &[VInst]) -> impl Iterator<Item = VReg> {
    insts.iter().flat_map(|inst| {
        let operands = inst.op.info().fields.iter().zip(inst.fields);
        let defs = operands.filter(|(field, _)| field.role.is_def());
        let defs: Vec<VReg> = defs.map(|(_, value)| VReg(value as u32)).collect();
        defs.into_iter().chain(inst.results.clone())
    })
}

/// All registers that the code defines.
fn defined(code: &VCode) -> impl Iterator<Item = VReg> {
    code.blocks.iter().flat_map(|block| {
        let start = block.params.iter().chain(&block.caught);
        start.copied().chain(defined_by(&block.insts))
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
