//! Snapshots of a guest's past, in memory: many of what has just been, fewer of what lies further back, within a budget.
//!
//! Input: moments, by the fuel used at them. Output: the last one at or before a position. Invariants: the first moment is never given up; all others
//! together take no more bytes than the budget but for the latest one; which are given up depends on positions alone.

use std::collections::BTreeMap;

/// A moment of the past.
#[derive(Debug)]
pub(super) struct Moment<S> {
    /// The state.
    pub(super) state: S,
    /// Bytes that it takes.
    pub(super) bytes: usize,
}

/// Moments by position.
#[derive(Debug)]
pub(super) struct Moments<S> {
    all: BTreeMap<u64, Moment<S>>,
    budget: usize,
    bytes: usize,
}

impl<S> Moments<S> {
    /// None yet; `budget` is in bytes.
    pub(super) const fn new(budget: usize) -> Self {
        Self {
            all: BTreeMap::new(),
            budget,
            bytes: 0,
        }
    }

    /// How many there are, and the bytes that they take.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.all.len(), self.bytes)
    }

    /// Whether there is one at this position.
    pub(super) fn has(&self, position: u64) -> bool {
        self.all.contains_key(&position)
    }

    /// The last one at or before a position.
    pub(super) fn at_or_before(&self, position: u64) -> Option<(u64, &S)> {
        let (at, moment) = self.all.range(..=position).next_back()?;
        Some((*at, &moment.state))
    }

    /// The position of the next one behind a position.
    pub(super) fn behind(&self, position: u64) -> Option<u64> {
        let from = position.checked_add(1)?;
        self.all.range(from..).next().map(|(at, _)| *at)
    }

    /// Gives up everything.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.bytes = 0;
    }

    /// Adds one. If that takes too much, others are given up.
    pub(super) fn add(&mut self, position: u64, moment: Moment<S>) {
        self.bytes += moment.bytes;
        if let Some(before) = self.all.insert(position, moment) {
            self.bytes -= before.bytes;
        }
        while self.bytes > self.budget {
            let Some(victim) = self.least_missed(position) else {
                return;
            };
            if let Some(gone) = self.all.remove(&victim) {
                self.bytes -= gone.bytes;
            }
        }
    }

    /// The moment whose loss costs least: the gap that it leaves is smallest for how far it lies back from the latest. So gaps grow in
    /// proportion to the distance, and there are as many moments in each doubling of it.
    fn least_missed(&self, present: u64) -> Option<u64> {
        let positions: Vec<u64> = self.all.keys().copied().collect();
        let latest = positions.last().copied()?.max(present);
        let gaps = positions.windows(3).filter_map(|three| {
            let &[before, at, behind] = three else {
                return None;
            };
            if at == present {
                return None;
            }
            let back = latest.saturating_sub(at).max(1);
            Some((u128::from(behind - before), u128::from(back), at))
        });
        gaps.min_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)))
            .map(|(_, _, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(bytes: usize) -> Moment<u64> {
        Moment { state: 7, bytes }
    }

    #[test]
    fn the_last_one_before_a_position_is_found() {
        let mut moments = Moments::new(100);
        assert!(moments.at_or_before(9).is_none());
        for at in [0, 10, 20] {
            let state = at + 1;
            moments.add(at, Moment { state, bytes: 1 });
        }
        let before = |at| moments.at_or_before(at).map(|(at, &state)| (at, state));
        assert_eq!(before(9), Some((0, 1)));
        assert_eq!(before(10), Some((10, 11)));
        assert_eq!(before(u64::MAX), Some((20, 21)));
        assert_eq!(moments.behind(10), Some(20));
        assert_eq!(moments.behind(20), None);
        assert_eq!(moments.behind(u64::MAX), None);
        assert_eq!(moments.size(), (3, 3));
        assert!(moments.has(10) && !moments.has(11));
        moments.clear();
        assert_eq!(moments.size(), (0, 0));
    }

    #[test]
    fn gaps_grow_with_the_distance_within_the_budget() {
        let mut moments = Moments::new(3000);
        for at in 0..1000 {
            moments.add(at * 100, moment(100));
            assert!(moments.size().1 <= 3000);
        }
        assert_eq!(moments.size().0, 30);
        assert!(moments.has(0) && moments.has(99_900));
        let positions: Vec<u64> = moments.all.keys().copied().collect();
        let gap = |at: usize| positions[at + 1] - positions[at];
        // Close ones where it is now, wide ones where it began, and nowhere a hole.
        assert!(gap(28) <= 400, "{positions:?}");
        assert!(gap(1) > 5 * gap(25), "{positions:?}");
        assert!((0..29).all(|at| gap(at) < 45_000), "{positions:?}");
    }

    #[test]
    fn the_first_and_the_present_one_stay_whatever_they_take() {
        let mut moments = Moments::new(10);
        moments.add(0, moment(50));
        moments.add(5, moment(50));
        moments.add(9, moment(50));
        let positions: Vec<u64> = moments.all.keys().copied().collect();
        assert_eq!(positions, [0, 9]);
        // In the middle, where time is run again.
        moments.add(4, moment(50));
        assert!(moments.has(0) && moments.has(4));
        moments.add(4, moment(2));
        assert_eq!(moments.size(), (3, 102));
    }
}
