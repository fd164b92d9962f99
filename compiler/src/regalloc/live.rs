//! Liveness: from selected code to the points at which each virtual register holds a value that is still needed.
//!
//! Registers that live and die in one block take one interval, found in the walk over the code. The others are done 64 at a time, in
//! the order of their definitions: a word per block says which are live at its start, another which at its end, and the words are
//! swept from the last block upwards until nothing changes. Intervals come from the words' changes in layout order, so that a value
//! that lives through thousands of blocks costs a 64th of a step in each.

use crate::error::Error;
use crate::lower::vcode::{VCode, VReg};

use super::interval::{Interval, push};
use super::points::{Access, Points, RUN, STEP, WRITE, for_each_operand};

/// No definition seen.
const NONE: u32 = u32::MAX;

/// For every virtual register the points at which it is live.
#[derive(Debug)]
pub(super) struct Liveness {
    arena: Vec<Interval>,
    spans: Vec<(u32, u32)>,
}

impl Liveness {
    /// The points at which `vreg` is live; empty if it is never defined.
    pub(super) fn of(&self, vreg: u32) -> &[Interval] {
        let (start, len) = self.spans[vreg as usize];
        &self.arena[start as usize..(start + len) as usize]
    }
}

/// Predecessors of every block, one for each edge.
#[derive(Debug)]
pub(super) struct Preds {
    starts: Vec<u32>,
    list: Vec<u32>,
}

impl Preds {
    /// Collects them.
    pub(super) fn new(code: &VCode) -> Self {
        let mut starts = vec![0u32; code.blocks.len() + 1];
        let edges = || code.blocks.iter().flat_map(|block| &block.succs);
        edges().for_each(|edge| starts[edge.block as usize + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut list = vec![0; edges().count()];
        for (from, block) in code.blocks.iter().enumerate() {
            for edge in &block.succs {
                let at = &mut next[edge.block as usize];
                list[*at as usize] = from as u32;
                *at += 1;
            }
        }
        Self { starts, list }
    }

    /// Of one block.
    pub(super) fn of(&self, block: usize) -> &[u32] {
        &self.list[self.starts[block] as usize..self.starts[block + 1] as usize]
    }
}

/// A read of a register outside the block that defines it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FarRead {
    /// Where the register is defined: first, so that sorting puts neighbours in the code together.
    def: u32,
    vreg: u32,
    /// One past the point at which it is read.
    end: u32,
    block: u32,
}

/// What the walk over the code finds.
struct Walk {
    def_point: Vec<u32>,
    def_block: Vec<u32>,
    /// One past the last read in the defining block; at least one past the definition.
    near_end: Vec<u32>,
    far: Vec<FarRead>,
}

/// Finds the points at which every register of `code` is live. `work` counts the steps.
///
/// # Errors
/// Internal, when a register is defined twice or may be read before it is defined.
pub(super) fn analyse(
    code: &VCode,
    points: &Points,
    preds: &Preds,
    work: &mut u64,
) -> Result<Liveness, Error> {
    let mut walk = Walk::definitions(code, points)?;
    walk.reads(code, points)?;
    walk.far.sort_unstable();
    *work += walk.far.len() as u64;

    let mut live = Liveness {
        arena: Vec::new(),
        spans: vec![(0, 0); code.vreg_count as usize],
    };
    let mut sweep = Sweep::new(code.blocks.len());
    let mut rest = &walk.far[..];
    while !rest.is_empty() {
        let chunk = Chunk::take(&mut rest);
        sweep.propagate(&chunk, &walk, preds, work)?;
        sweep.extract(&chunk, &walk, points, &mut live, work);
    }
    for (vreg, span) in live.spans.iter_mut().enumerate() {
        let start = walk.def_point[vreg];
        if span.1 == 0 && start != NONE {
            *span = (live.arena.len() as u32, 1);
            let end = walk.near_end[vreg];
            live.arena.push(Interval { start, end });
        }
    }
    Ok(live)
}

impl Walk {
    fn definitions(code: &VCode, points: &Points) -> Result<Self, Error> {
        let count = code.vreg_count as usize;
        let mut walk = Self {
            def_point: vec![NONE; count],
            def_block: vec![NONE; count],
            near_end: vec![0; count],
            far: Vec::new(),
        };
        for (b, block) in code.blocks.iter().enumerate() {
            for &param in &block.params {
                walk.define(param, b, points.start(b))?;
            }
            for &caught in &block.caught {
                walk.define(caught, b, points.start(b) + WRITE)?;
            }
            for (i, inst) in block.insts.iter().enumerate() {
                let point = points.inst(b, i) + WRITE;
                let mut result = Ok(());
                for_each_operand(inst, |access, vreg| {
                    if access == Access::Write && result.is_ok() {
                        result = walk.define(vreg, b, point);
                    }
                });
                result?;
            }
        }
        Ok(walk)
    }

    fn define(&mut self, vreg: VReg, block: usize, point: u32) -> Result<(), Error> {
        let v = vreg.0 as usize;
        match self.def_point.get(v) {
            Some(&NONE) => {}
            Some(_) => return Err(Error::internal(format!("v{v} is defined twice"))),
            None => return Err(Error::internal(format!("v{v} is out of range"))),
        }
        self.def_point[v] = point;
        self.def_block[v] = block as u32;
        self.near_end[v] = point + 1;
        Ok(())
    }

    fn reads(&mut self, code: &VCode, points: &Points) -> Result<(), Error> {
        for (b, block) in code.blocks.iter().enumerate() {
            for (i, inst) in block.insts.iter().enumerate() {
                let point = points.inst(b, i);
                let mut result = Ok(());
                for_each_operand(inst, |access, vreg| {
                    let end = match access {
                        Access::Read => point + RUN,
                        Access::ReadLate => point + STEP,
                        Access::Write => return,
                    };
                    if result.is_ok() {
                        result = self.read(vreg, b, point, end);
                    }
                });
                result?;
            }
            for edge in &block.succs {
                for &arg in &edge.args {
                    self.read(arg, b, points.end(b), points.end(b) + RUN)?;
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, vreg: VReg, block: usize, point: u32, end: u32) -> Result<(), Error> {
        let v = vreg.0 as usize;
        let def = self.def_point.get(v).copied().unwrap_or(NONE);
        if def == NONE {
            return Err(Error::internal(format!("v{v} is never defined")));
        }
        if self.def_block[v] != block as u32 {
            self.far.push(FarRead {
                def,
                vreg: vreg.0,
                end,
                block: block as u32,
            });
        } else if def > point {
            return Err(Error::internal(format!(
                "v{v} is read before it is defined"
            )));
        } else {
            self.near_end[v] = self.near_end[v].max(end);
        }
        Ok(())
    }
}

/// Up to 64 registers and their reads: register `i` has the reads `bounds[i]..bounds[i + 1]`, ascending.
struct Chunk<'a> {
    reads: &'a [FarRead],
    bounds: Vec<usize>,
}

impl<'a> Chunk<'a> {
    fn take(rest: &mut &'a [FarRead]) -> Self {
        let mut bounds = Vec::with_capacity(65);
        let mut at = 0;
        let mut last = None;
        for (i, read) in rest.iter().enumerate() {
            if last != Some(read.vreg) {
                if bounds.len() == 64 {
                    break;
                }
                bounds.push(i);
                last = Some(read.vreg);
            }
            at = i + 1;
        }
        bounds.push(at);
        let (reads, others) = rest.split_at(at);
        *rest = others;
        Self { reads, bounds }
    }

    fn vregs(&self) -> impl Iterator<Item = (usize, u32)> {
        let starts = &self.bounds[..self.bounds.len() - 1];
        starts
            .iter()
            .enumerate()
            .map(|(bit, &at)| (bit, self.reads[at].vreg))
    }

    /// One past the last read of register `bit` before the point `limit`.
    fn last_read(&self, bit: usize, limit: u32) -> u32 {
        let reads = &self.reads[self.bounds[bit]..self.bounds[bit + 1]];
        let after = reads.partition_point(|read| read.end <= limit);
        reads[after - 1].end
    }
}

/// Per block one bit for each register of a chunk. All zero between chunks.
struct Sweep {
    live_in: Vec<u64>,
    live_out: Vec<u64>,
    defs: Vec<u64>,
    dirty: Vec<bool>,
    /// Blocks with bits: `low..=high`.
    low: usize,
    high: usize,
}

impl Sweep {
    fn new(blocks: usize) -> Self {
        Self {
            live_in: vec![0; blocks],
            live_out: vec![0; blocks],
            defs: vec![0; blocks],
            dirty: vec![false; blocks],
            low: blocks,
            high: 0,
        }
    }

    fn touch(&mut self, block: usize) {
        self.low = self.low.min(block);
        self.high = self.high.max(block);
    }

    /// Fills the words for a chunk.
    fn propagate(
        &mut self,
        chunk: &Chunk<'_>,
        walk: &Walk,
        preds: &Preds,
        work: &mut u64,
    ) -> Result<(), Error> {
        for (bit, vreg) in chunk.vregs() {
            let block = walk.def_block[vreg as usize] as usize;
            self.defs[block] |= 1 << bit;
            self.touch(block);
            for read in &chunk.reads[chunk.bounds[bit]..chunk.bounds[bit + 1]] {
                self.live_in[read.block as usize] |= 1 << bit;
                self.dirty[read.block as usize] = true;
                self.touch(read.block as usize);
            }
        }
        let mut at = self.high;
        loop {
            *work += 1;
            let mut next = at.checked_sub(1);
            if core::mem::take(&mut self.dirty[at]) {
                for &pred in preds.of(at) {
                    *work += 1;
                    let pred = pred as usize;
                    let bits = self.live_in[at];
                    self.live_out[pred] |= bits;
                    let new = bits & !self.defs[pred] & !self.live_in[pred];
                    self.touch(pred);
                    if new != 0 {
                        self.live_in[pred] |= new;
                        self.dirty[pred] = true;
                        // A loop's back edge: sweep the loop again.
                        next = next.max(Some(pred));
                    }
                }
            }
            match next {
                Some(block) if block >= self.low => at = block,
                _ => break,
            }
        }
        if self.live_in[0] != 0 {
            let vreg = chunk.reads[chunk.bounds[self.live_in[0].trailing_zeros() as usize]].vreg;
            let text = format!("v{vreg} may be read before it is defined");
            return Err(Error::internal(text));
        }
        Ok(())
    }

    /// Makes intervals of the words, and clears them.
    fn extract(
        &mut self,
        chunk: &Chunk<'_>,
        walk: &Walk,
        points: &Points,
        live: &mut Liveness,
        work: &mut u64,
    ) {
        let mut lists: Vec<Vec<Interval>> = vec![Vec::new(); chunk.bounds.len() - 1];
        let mut starts = [0u32; 64];
        let mut open = 0u64;
        for block in self.low..=self.high {
            *work += 1;
            let live_in = core::mem::take(&mut self.live_in[block]);
            let live_out = core::mem::take(&mut self.live_out[block]);
            let defs = core::mem::take(&mut self.defs[block]);
            let here = points.start(block);
            for bit in bits(open & !live_in) {
                let start = starts[bit];
                push(&mut lists[bit], Interval { start, end: here });
            }
            bits(live_in & !open).for_each(|bit| starts[bit] = here);
            for bit in bits(defs) {
                let vreg = chunk.reads[chunk.bounds[bit]].vreg;
                starts[bit] = walk.def_point[vreg as usize];
            }
            for bit in bits((live_in | defs) & !live_out) {
                let start = starts[bit];
                let end = if defs >> bit & 1 == 1 {
                    walk.near_end[chunk.reads[chunk.bounds[bit]].vreg as usize]
                } else {
                    chunk.last_read(bit, points.limit(block))
                };
                push(&mut lists[bit], Interval { start, end });
            }
            open = live_out & (live_in | defs);
        }
        for bit in bits(open) {
            let (start, end) = (starts[bit], points.limit(self.high));
            push(&mut lists[bit], Interval { start, end });
        }
        for (bit, vreg) in chunk.vregs() {
            let start = live.arena.len() as u32;
            live.spans[vreg as usize] = (start, lists[bit].len() as u32);
            live.arena.append(&mut lists[bit]);
        }
        self.low = self.live_in.len();
        self.high = 0;
    }
}

/// The numbers of the bits that are set, ascending.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        (word != 0).then(|| {
            word &= word - 1;
            bit as usize
        })
    })
}
