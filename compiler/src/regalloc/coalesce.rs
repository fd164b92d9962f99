//! Coalescing: from live ranges to bundles, sets of virtual registers that share one slot because a move would join them.
//!
//! Registers of one bundle are never live at the same point. The hottest moves are considered first.

use wrt_format::isa::Op;

use crate::lower::vcode::{VCode, VReg};

use super::interval::{Interval, intersects, merge};
use super::live::Liveness;

/// Not bound to a slot.
const FREE: u32 = u32::MAX;

/// Bundles over the virtual registers of a function; each is named by one of its registers, its root.
#[derive(Debug)]
pub(super) struct Bundles<'a> {
    live: &'a Liveness,
    parent: Vec<u32>,
    /// Of a root with several registers; otherwise the register's own intervals stand.
    merged: Vec<Vec<Interval>>,
    /// The function's parameter that a root holds: it starts in that slot.
    fixed: Vec<u32>,
    is_ref: &'a [bool],
    is_wide: &'a [bool],
}

impl<'a> Bundles<'a> {
    /// One bundle for each register, then all that can be joined along moves. `work` counts the steps.
    pub(super) fn build(code: &'a VCode, live: &'a Liveness, work: &mut u64) -> Self {
        let count = code.vreg_count;
        let mut bundles = Self {
            live,
            parent: (0..count).collect(),
            merged: vec![Vec::new(); count as usize],
            fixed: vec![FREE; count as usize],
            is_ref: &code.is_ref,
            is_wide: &code.is_wide,
        };
        for (slot, (param, second)) in (0u32..).zip(code.each_slot(&code.blocks[0].params)) {
            if !second {
                bundles.fixed[param.0 as usize] = slot;
            }
        }
        for (a, b) in candidates(code) {
            bundles.join(a.0, b.0, work);
        }
        bundles
    }

    /// The root of a register's bundle.
    pub(super) fn root(&self, mut vreg: u32) -> u32 {
        while self.parent[vreg as usize] != vreg {
            vreg = self.parent[vreg as usize];
        }
        vreg
    }

    /// The points at which a bundle is live.
    pub(super) fn intervals(&self, root: u32) -> &[Interval] {
        let merged = &self.merged[root as usize];
        if merged.is_empty() {
            self.live.of(root)
        } else {
            merged
        }
    }

    /// The slot that a bundle must have, if it holds a parameter of the function.
    pub(super) fn fixed(&self, root: u32) -> Option<u32> {
        Some(self.fixed[root as usize]).filter(|&slot| slot != FREE)
    }

    /// Whether a bundle holds traced references.
    pub(super) fn is_ref(&self, root: u32) -> bool {
        self.is_ref[root as usize]
    }

    /// Whether a bundle holds vectors.
    pub(super) fn is_wide(&self, root: u32) -> bool {
        self.is_wide[root as usize]
    }

    fn find(&mut self, vreg: u32) -> u32 {
        let root = self.root(vreg);
        let mut at = vreg;
        while self.parent[at as usize] != root {
            at = core::mem::replace(&mut self.parent[at as usize], root);
        }
        root
    }

    fn join(&mut self, a: u32, b: u32, work: &mut u64) {
        let (a, b) = (self.find(a), self.find(b));
        let (slot_a, slot_b) = (self.fixed[a as usize], self.fixed[b as usize]);
        let two_slots = slot_a != FREE && slot_b != FREE;
        let alike = self.is_ref(a) == self.is_ref(b) && self.is_wide(a) == self.is_wide(b);
        if a == b || two_slots || !alike {
            return;
        }
        if intersects(self.intervals(a), self.intervals(b), work) {
            return;
        }
        let (large, small) = if self.intervals(a).len() >= self.intervals(b).len() {
            (a, b)
        } else {
            (b, a)
        };
        let mut all = core::mem::take(&mut self.merged[large as usize]);
        if all.is_empty() {
            all.extend_from_slice(self.live.of(large));
        }
        merge(&mut all, self.intervals(small), work);
        self.merged[large as usize] = all;
        self.merged[small as usize] = Vec::new();
        self.parent[small as usize] = large;
        self.fixed[large as usize] = slot_a.min(slot_b);
    }
}

/// The moves that joining saves, hottest first, then in the order of the code.
fn candidates(code: &VCode) -> Vec<(VReg, VReg)> {
    let mut all = Vec::new();
    for block in &code.blocks {
        let coldness = u32::MAX - block.loop_depth;
        for inst in block.insts.iter().filter(|inst| inst.op == Op::Mov) {
            let [dst, src] = [inst.fields[0], inst.fields[1]].map(|it| VReg(it as u32));
            if code.home(dst).is_none() {
                all.push((coldness, src, dst));
            }
        }
        for edge in &block.succs {
            let params = &code.blocks[edge.block as usize].params;
            for (&arg, &param) in edge.args.iter().zip(params) {
                all.push((coldness, arg, param));
            }
        }
    }
    all.sort_by_key(|&(coldness, ..)| coldness);
    all.into_iter().map(|(_, from, to)| (from, to)).collect()
}
