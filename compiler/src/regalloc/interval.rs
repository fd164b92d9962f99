//! Sets of program points, as sorted lists of half-open intervals.
//!
//! Invariant of every list: intervals are not empty, ascending, and do not touch or overlap.

use std::collections::BTreeMap;

/// The points `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    /// First point.
    pub(super) start: u32,
    /// One past the last point.
    pub(super) end: u32,
}

/// When one list is this many times longer than the other, the shorter one is looked up in the longer one.
const GALLOP: usize = 8;

/// Whether two lists share a point. `work` counts the steps.
pub(super) fn intersects(a: &[Interval], b: &[Interval], work: &mut u64) -> bool {
    let (small, large) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if small.len() * GALLOP < large.len() {
        return small.iter().any(|interval| {
            *work += 1;
            let at = large.partition_point(|other| other.end <= interval.start);
            large.get(at).is_some_and(|it| it.start < interval.end)
        });
    }
    let (mut i, mut j) = (0, 0);
    while let (Some(x), Some(y)) = (small.get(i), large.get(j)) {
        *work += 1;
        if x.end <= y.start {
            i += 1;
        } else if y.end <= x.start {
            j += 1;
        } else {
            return true;
        }
    }
    false
}

/// Adds the points of `small` to `large`; the two share none. `work` counts the steps.
pub(super) fn merge(large: &mut Vec<Interval>, small: &[Interval], work: &mut u64) {
    if small.len() * GALLOP < large.len() {
        for &interval in small {
            *work += 1;
            insert(large, interval);
        }
        return;
    }
    let mut all = Vec::with_capacity(large.len() + small.len());
    let (mut i, mut j) = (0, 0);
    loop {
        let next = match (large.get(i), small.get(j)) {
            (None, None) => break,
            (Some(x), Some(y)) if x.start < y.start => {
                i += 1;
                *x
            }
            (Some(x), None) => {
                i += 1;
                *x
            }
            (_, Some(y)) => {
                j += 1;
                *y
            }
        };
        *work += 1;
        push(&mut all, next);
    }
    *large = all;
}

/// Appends an interval that starts at or behind the end of the list.
pub(super) fn push(list: &mut Vec<Interval>, interval: Interval) {
    match list.last_mut() {
        Some(last) if last.end == interval.start => last.end = interval.end,
        _ => list.push(interval),
    }
}

fn insert(list: &mut Vec<Interval>, new: Interval) {
    let at = list.partition_point(|it| it.end < new.start);
    let joins_left = list.get(at).is_some_and(|it| it.end == new.start);
    let right = if joins_left { at + 1 } else { at };
    let joins_right = list.get(right).is_some_and(|it| it.start == new.end);
    match (joins_left, joins_right) {
        (true, true) => {
            list[at].end = list[right].end;
            list.remove(right);
        }
        (true, false) => list[at].end = new.end,
        (false, true) => list[right].start = new.start,
        (false, false) => list.insert(at, new),
    }
}

/// The points at which one slot is taken: a set that grows in any order.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// The ends of the intervals, by their starts.
    ends: BTreeMap<u32, u32>,
    /// Where the last one ends.
    last: u32,
}

impl Taken {
    /// Whether a list shares a point with the set. `work` counts the look-ups.
    pub(super) fn intersects(&self, list: &[Interval], work: &mut u64) -> bool {
        // Most lists come in the order of the code, behind all that is there.
        if list.first().is_none_or(|first| first.start >= self.last) {
            *work += list.len() as u64;
            return false;
        }
        list.iter().any(|interval| {
            *work += 1;
            let before = self.ends.range(..interval.end).next_back();
            before.is_some_and(|(_, &end)| end > interval.start)
        })
    }

    /// Adds a list that shares no point with the set.
    pub(super) fn add(&mut self, list: &[Interval]) {
        for interval in list {
            self.ends.insert(interval.start, interval.end);
            self.last = self.last.max(interval.end);
        }
    }

    /// The intervals, ascending; neighbours may touch.
    pub(super) fn intervals(&self) -> impl Iterator<Item = Interval> {
        self.ends
            .iter()
            .map(|(&start, &end)| Interval { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(spans: &[(u32, u32)]) -> Vec<Interval> {
        let interval = |&(start, end)| Interval { start, end };
        spans.iter().map(interval).collect()
    }

    #[test]
    fn touching_lists_do_not_intersect() {
        let mut work = 0;
        let a = list(&[(0, 4), (8, 12)]);
        assert!(!intersects(&a, &list(&[(4, 8), (12, 13)]), &mut work));
        assert!(intersects(&a, &list(&[(4, 8), (11, 13)]), &mut work));
    }

    #[test]
    fn short_lists_are_looked_up_in_long_ones() {
        let long: Vec<Interval> = (0..100)
            .map(|i| Interval {
                start: i * 10,
                end: i * 10 + 5,
            })
            .collect();
        let mut work = 0;
        assert!(!intersects(&long, &list(&[(505, 510)]), &mut work));
        assert!(intersects(&list(&[(504, 505)]), &long, &mut work));
        assert_eq!(work, 2);
    }

    #[test]
    fn both_ways_of_merging_give_maximal_intervals() {
        let long: Vec<Interval> = (0..20)
            .map(|i| Interval {
                start: i * 10,
                end: i * 10 + 5,
            })
            .collect();
        for small in [
            list(&[(15, 20)]),
            list(&[(16, 19)]),
            list(&[(15, 18)]),
            list(&[(17, 20)]),
        ] {
            let mut work = 0;
            let mut inserted = long.clone();
            merge(&mut inserted, &small, &mut work);
            let mut zipped = small.clone();
            merge(&mut zipped, &long, &mut work);
            assert_eq!(inserted, zipped);
        }
    }
}
