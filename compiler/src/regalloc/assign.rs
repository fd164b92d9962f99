//! Slot assignment: from bundles to the lowest slots that are free while they live.
//!
//! Bundles that live in several blocks are placed first, hottest first, each into the first slot whose intervals leave room for all of
//! its own. In big functions the others, which live in one block each, are then placed by a sweep over the code that keeps a bit set of
//! the slots that are busy in the block. If the first part takes too long, the bundles that remain go by their hulls to fresh slots.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use super::interval::{Interval, Taken};
use super::points::Points;

/// Up to this many bundles all are placed with full precision.
const SMALL: usize = 4096;
/// Look-ups that the precise part may take, and how many more for each bundle.
const BUDGET: (u64, u64) = (1 << 24, 256);

/// A bundle to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// Its root.
    pub(super) root: u32,
    /// Most loops around a point at which it is read or written.
    pub(super) heat: u32,
    /// Where it lives; not empty.
    pub(super) intervals: &'a [Interval],
}

impl Item<'_> {
    fn start(&self) -> u32 {
        self.intervals[0].start
    }

    fn end(&self) -> u32 {
        self.intervals[self.intervals.len() - 1].end
    }
}

/// The slots of one class. Slots are numbered from 0.
#[derive(Debug, Default)]
pub(super) struct Slots(Vec<Taken>);

impl Slots {
    /// Slots used so far.
    pub(super) fn count(&self) -> u32 {
        self.0.len() as u32
    }

    /// Takes a slot at the given points, whoever else may have it there.
    pub(super) fn reserve(&mut self, slot: u32, intervals: &[Interval]) {
        if self.0.len() <= slot as usize {
            self.0.resize(slot as usize + 1, Taken::default());
        }
        self.0[slot as usize].add(intervals);
    }

    /// Places all items; calls `set` with each root and its slot. `work` counts the steps.
    pub(super) fn assign(
        &mut self,
        mut items: Vec<Item<'_>>,
        points: &Points,
        work: &mut u64,
        mut set: impl FnMut(u32, u32),
    ) {
        items.sort_by_key(|item| (Reverse(item.heat), item.start(), item.root));
        let mut locals = Vec::new();
        if items.len() > SMALL {
            (locals, items) = items
                .into_iter()
                .partition(|item| points.block_of(item.start()) == points.block_of(item.end() - 1));
        }
        let budget = BUDGET.0 + BUDGET.1 * items.len() as u64;
        let mut spent = 0;
        let mut rest = Vec::new();
        for item in items {
            if spent > budget {
                rest.push(item);
            } else {
                let slot = self.first_fit(item.intervals, &mut spent);
                self.reserve(slot, item.intervals);
                set(item.root, slot);
            }
        }
        *work += spent;
        self.by_hull(rest, work, &mut set);
        self.by_block(locals, points, work, &mut set);
    }

    fn first_fit(&self, intervals: &[Interval], work: &mut u64) -> u32 {
        let fits = self.0.iter().position(|it| !it.intersects(intervals, work));
        fits.unwrap_or(self.0.len()) as u32
    }

    /// Linear scan over hulls, in slots that nothing else has.
    fn by_hull(
        &mut self,
        mut items: Vec<Item<'_>>,
        work: &mut u64,
        set: &mut impl FnMut(u32, u32),
    ) {
        items.sort_by_key(|item| (item.start(), item.root));
        let mut active = BinaryHeap::new();
        let mut free = BinaryHeap::new();
        for item in items {
            *work += 1;
            while let Some(&Reverse((end, slot))) = active.peek()
                && end <= item.start()
            {
                active.pop();
                free.push(Reverse(slot));
            }
            let slot = free.pop().map_or(self.count(), |Reverse(slot)| slot);
            let (start, end) = (item.start(), item.end());
            self.reserve(slot, &[Interval { start, end }]);
            active.push(Reverse((end, slot)));
            set(item.root, slot);
        }
    }

    /// Places items that live in one block each.
    fn by_block(
        &mut self,
        mut items: Vec<Item<'_>>,
        points: &Points,
        work: &mut u64,
        set: &mut impl FnMut(u32, u32),
    ) {
        items.sort_by_key(|item| (item.start(), item.root));
        let mut taken: Vec<(u32, u32, u32)> = (0u32..)
            .zip(&self.0)
            .flat_map(|(slot, it)| it.intervals().map(move |it| (it.start, it.end, slot)))
            .collect();
        taken.sort_unstable();
        let mut taken = taken.into_iter().peekable();
        let mut busy = Busy::default();
        let mut items = items.into_iter().peekable();
        while let Some(first) = items.peek() {
            let block = points.block_of(first.start());
            let limit = points.limit(block);
            busy.expire(points.start(block), work);
            while let Some((_, end, slot)) = taken.next_if(|&(start, ..)| start < limit) {
                busy.take(slot, end, work);
            }
            // Slots that the block's own items free are free again within the block.
            let mut local = Busy::default();
            while let Some(item) = items.next_if(|item| item.start() < limit) {
                local.expire(item.start(), work);
                let slot = busy.first_free(&local);
                local.take(slot, item.end(), work);
                self.reserve(slot, &[]);
                set(item.root, slot);
            }
        }
    }
}

/// Slots that are taken now, with the points at which they become free.
#[derive(Default)]
struct Busy {
    bits: Vec<u64>,
    /// Intervals that are open, per slot: two of them may meet one block.
    open: Vec<u32>,
    ends: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Busy {
    fn take(&mut self, slot: u32, end: u32, work: &mut u64) {
        *work += 1;
        let (word, at) = (slot as usize / 64, slot as usize);
        self.bits.resize(self.bits.len().max(word + 1), 0);
        self.open.resize(self.open.len().max(at + 1), 0);
        self.bits[word] |= 1 << (slot % 64);
        self.open[at] += 1;
        self.ends.push(Reverse((end, slot)));
    }

    fn expire(&mut self, now: u32, work: &mut u64) {
        while let Some(&Reverse((end, slot))) = self.ends.peek()
            && end <= now
        {
            *work += 1;
            self.ends.pop();
            self.open[slot as usize] -= 1;
            if self.open[slot as usize] == 0 {
                self.bits[slot as usize / 64] &= !(1 << (slot % 64));
            }
        }
    }

    /// The lowest slot that neither of two sets has.
    fn first_free(&self, other: &Self) -> u32 {
        let word = |bits: &[u64], i: usize| bits.get(i).copied().unwrap_or(0);
        let mut i = 0;
        loop {
            let free = !(word(&self.bits, i) | word(&other.bits, i));
            if free != 0 {
                return i as u32 * 64 + free.trailing_zeros();
            }
            i += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_slot_stays_busy_until_its_last_interval_ends() {
        let (mut work, mut busy) = (0, Busy::default());
        busy.take(0, 10, &mut work);
        busy.take(0, 20, &mut work);
        busy.take(1, 15, &mut work);
        busy.expire(15, &mut work);
        assert_eq!(busy.first_free(&Busy::default()), 1);
        busy.expire(20, &mut work);
        assert_eq!(busy.first_free(&Busy::default()), 0);
    }

    #[test]
    fn first_fit_uses_holes() {
        let (mut work, mut slots) = (0, Slots::default());
        let span = |start, end| [Interval { start, end }];
        slots.reserve(0, &span(0, 4));
        slots.reserve(0, &span(8, 12));
        assert_eq!(slots.first_fit(&span(4, 8), &mut work), 0);
        assert_eq!(slots.first_fit(&span(4, 9), &mut work), 1);
    }

    #[test]
    fn hulls_go_to_fresh_slots() {
        let (mut work, mut slots) = (0, Slots::default());
        let spans: Vec<[Interval; 1]> = [(0, 4), (2, 6), (4, 8)]
            .map(|(start, end)| [Interval { start, end }])
            .to_vec();
        slots.reserve(0, &[]);
        let items = (0u32..).zip(&spans).map(|(root, intervals)| Item {
            root,
            heat: 0,
            intervals,
        });
        let mut placed = Vec::new();
        slots.by_hull(items.collect(), &mut work, &mut |root, slot| {
            placed.push((root, slot))
        });
        assert_eq!(placed, [(0, 1), (1, 2), (2, 1)]);
    }
}
