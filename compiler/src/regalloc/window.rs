//! Values that live in the outgoing window: arguments that are computed straight into a callee's frame, and results that stay where a
//! callee of several results left them.
//!
//! A bundle of vectors takes two positions. The collector does not look at the window: a bundle of traced references is in it only where
//! nothing allocates. A bundle may take position `p` of the window if no callee runs while it is live, and if, wherever it is live when a call's
//! arguments are put in place, it is itself that call's argument `p` and dies there.

use std::collections::BTreeMap;

use crate::lower::vcode::{VCode, VReg};

use super::coalesce::Bundles;
use super::interval::Taken;
use super::points::{Points, RUN, WRITE, allocates, uses_window};

/// An instruction that uses the window, or the start of a handler, which finds there what it has caught.
#[derive(Debug)]
struct Site<'a> {
    /// Point at which its operands are read.
    point: u32,
    /// The arguments by their slots: at the second slot of a vector nothing.
    args: Vec<Option<VReg>>,
    results: &'a [VReg],
}

/// The uses of the window in a function, in order.
#[derive(Debug)]
pub(super) struct Window<'a> {
    sites: Vec<Site<'a>>,
    /// Points at which something is allocated, in order.
    allocations: Vec<u32>,
    /// Most slots that one of them takes.
    pub(super) slots: u32,
    code: &'a VCode,
}

impl<'a> Window<'a> {
    /// Finds them.
    pub(super) fn new(code: &'a VCode, points: &Points) -> Self {
        let mut sites = Vec::new();
        let mut allocations = Vec::new();
        let mut slots = 0;
        for (b, block) in code.blocks.iter().enumerate() {
            if !block.caught.is_empty() {
                slots = slots.max(code.slot_count(&block.caught));
                sites.push(Site {
                    point: points.start(b),
                    args: Vec::new(),
                    results: &block.caught,
                });
            }
            for (i, inst) in block.insts.iter().enumerate() {
                if allocates(inst.op) {
                    allocations.push(points.inst(b, i));
                }
                if !uses_window(inst.op) {
                    continue;
                }
                // A single result goes to any slot.
                let several = inst.results.len() > 1;
                let results = if several { &inst.results[..] } else { &[] };
                let args = code.each_slot(&inst.args);
                let args: Vec<_> = args.map(|(it, second)| (!second).then_some(it)).collect();
                // The callee's frame holds its results, too.
                let result_slots = code.slot_count(&inst.results);
                slots = slots.max(args.len() as u32).max(result_slots);
                sites.push(Site {
                    point: points.inst(b, i),
                    args,
                    results,
                });
            }
        }
        Self {
            sites,
            allocations,
            slots,
            code,
        }
    }

    /// Whether the function uses its window at all.
    pub(super) fn is_used(&self) -> bool {
        !self.sites.is_empty()
    }

    /// The bundles that go to the window, each with its position.
    pub(super) fn place(&self, bundles: &Bundles<'_>, work: &mut u64) -> BTreeMap<u32, u32> {
        let mut wishes = Vec::new();
        for site in &self.sites {
            let args = (0u32..).zip(&site.args);
            let args = args.filter_map(|(at, vreg)| Some(((*vreg)?, at)));
            let results = (0u32..).zip(self.code.each_slot(site.results));
            let results =
                results.filter_map(|(at, (vreg, second))| (!second).then_some((vreg, at)));
            let placed = args.chain(results);
            wishes.extend(placed.map(|(vreg, at)| (bundles.root(vreg.0), at)));
        }
        wishes.sort_unstable();
        wishes.dedup();
        let mut taken = vec![Taken::default(); self.slots as usize];
        let mut places = BTreeMap::new();
        for (root, at) in wishes {
            let last = if bundles.is_wide(root) { at + 1 } else { at };
            let taken = &mut taken[at as usize..=last as usize];
            let intervals = bundles.intervals(root);
            if !places.contains_key(&root)
                && bundles.fixed(root).is_none()
                && self.allows(bundles, root, at, work)
                && !taken.iter().any(|it| it.intersects(intervals, work))
            {
                taken.iter_mut().for_each(|it| it.add(intervals));
                places.insert(root, at);
            }
        }
        places
    }

    fn allows(&self, bundles: &Bundles<'_>, root: u32, at: u32, work: &mut u64) -> bool {
        bundles.intervals(root).iter().all(|interval| {
            let from = |&point: &u32| point < interval.start;
            let next = self.allocations.get(self.allocations.partition_point(from));
            if bundles.is_ref(root) && next.is_some_and(|&point| point < interval.end) {
                return false;
            }
            let first = self
                .sites
                .partition_point(|site| site.point + WRITE <= interval.start);
            let meets = self.sites[first..]
                .iter()
                .take_while(|site| site.point < interval.end);
            meets.into_iter().all(|site| {
                *work += 1;
                let arg = site.args.get(at as usize).copied().flatten();
                interval.end <= site.point + RUN && arg.is_some_and(|it| bundles.root(it.0) == root)
            })
        })
    }
}
