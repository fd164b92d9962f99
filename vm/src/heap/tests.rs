//! The heap by itself: what is kept, what is freed, that it is deterministic, and that it takes no more than it may.

use std::vec::Vec;

use super::*;

/// Objects whose number is odd hold references in every word, others none.
struct Words;

impl Shapes for Words {
    fn each_ref(&self, what: What, len: usize, visit: &mut dyn FnMut(usize)) {
        if what.number() % 2 == 1 {
            (0..len).step_by(8).for_each(visit);
        }
    }
}

/// A heap with the roots that a test holds.
struct Test<'m> {
    arena: Arena<'m>,
    heap: Heap,
    roots: Vec<u64>,
}

const LEAF: u32 = 0;
const NODE: u32 = 1;

impl Test<'static> {
    fn new(limit: u64) -> Self {
        Self {
            arena: Arena::heap(1 << 30),
            heap: Heap::new(limit),
            roots: Vec::new(),
        }
    }
}

impl Test<'_> {
    fn collect(&mut self, payload: u64) {
        self.roots.iter().for_each(|&root| self.heap.mark(root));
        self.heap.collect(&Words, self.roots.len() as u64, payload);
    }

    fn try_new(&mut self, number: u32, words: &[u64]) -> Result<u64, OutOfMemory> {
        let what = What::new(Kind::Exception, number).unwrap();
        let payload = words.len() as u64 * 8;
        let slot = match self.heap.allocate(&mut self.arena, what, payload) {
            Ok(slot) => slot,
            Err(_) => {
                // What is being put together is needed as well.
                self.roots.extend(words);
                self.collect(payload);
                self.roots.truncate(self.roots.len() - words.len());
                self.heap.allocate(&mut self.arena, what, payload)?
            }
        };
        for (bytes, word) in (self.heap.payload_mut(slot).unwrap().chunks_exact_mut(8)).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Ok(slot)
    }

    fn new_object(&mut self, number: u32, words: &[u64]) -> u64 {
        self.try_new(number, words).unwrap()
    }

    fn word(&self, slot: u64, i: usize) -> u64 {
        let (_, payload) = self.heap.object(slot).unwrap();
        u64::from_le_bytes(bytes_at(payload, i * 8).unwrap())
    }

    /// The table and the arena agree about every object.
    fn check(&self) {
        let (mut at, mut objects) = (0, 0);
        while at < self.heap.used {
            let handle = self.heap.word(at) as usize;
            let [place, what] = self.heap.entries.as_slice()[handle];
            assert_eq!(
                (place as usize * 8, what != 0),
                (at, true),
                "handle {handle}"
            );
            at += (self.heap.word(at + 4) as usize).next_multiple_of(8) + HEADER;
            objects += 1;
        }
        assert_eq!((at, objects), (self.heap.used, self.heap.objects()));
        let entries = self.heap.entries.as_slice();
        let taken = entries.iter().filter(|[_, what]| *what != 0).count();
        assert_eq!(taken, objects as usize);
        let mut free = self.heap.free;
        for _ in taken..entries.len() {
            free = entries[free as usize][0];
        }
        assert_eq!(free, NONE, "every other entry is in the list of free ones");
        let room = &self.heap.room.as_slice()[self.heap.used..];
        assert!(room.iter().all(|&byte| byte == 0), "new objects are zero");
    }
}

#[test]
fn what_roots_reach_stays_and_the_rest_goes() {
    let mut test = Test::new(1 << 20);
    let leaf = test.new_object(LEAF, &[7]);
    let other = test.new_object(LEAF, &[8, 9]);
    let node = test.new_object(NODE, &[leaf, 0, u64::MAX, 5]);
    // Looks like a reference in a thing that has none.
    let decoy = test.new_object(LEAF, &[other]);
    test.roots = [node, decoy, 0, 3, u64::MAX, other & 0xffff_ffff].to_vec();
    test.collect(0);
    test.check();
    assert_eq!(test.heap.objects(), 3);
    assert_eq!(test.heap.object(other), None);
    assert_eq!((test.word(node, 0), test.word(leaf, 0)), (leaf, 7));
    assert_eq!(test.word(decoy, 0), other);
    // The handle comes again, for something else.
    let again = test.new_object(LEAF, &[10]);
    assert_eq!(again, other);
    assert_eq!(test.word(again, 0), 10);
    test.check();
}

#[test]
fn cycles_are_freed_and_kept_as_a_whole() {
    let mut test = Test::new(1 << 20);
    let ring = |test: &mut Test<'_>| {
        let first = test.new_object(NODE, &[0, 0]);
        let last = (0..10).fold(first, |next, _| test.new_object(NODE, &[next, first]));
        let payload = test.heap.payload_mut(first).unwrap();
        payload[..8].copy_from_slice(&last.to_le_bytes());
        last
    };
    let kept = ring(&mut test);
    ring(&mut test);
    test.roots.push(kept);
    assert_eq!(test.heap.objects(), 22);
    test.collect(0);
    test.check();
    assert_eq!(test.heap.objects(), 11);
    test.roots.clear();
    test.collect(0);
    assert_eq!((test.heap.objects(), test.heap.used_bytes()), (0, 0));
}

#[test]
fn a_million_nodes_deep_and_a_million_wide() {
    let mut test = Test::new(1 << 30);
    let mut list = 0;
    for i in 0..1_000_000 {
        test.roots = [list].to_vec();
        list = test.new_object(NODE, &[list, i]);
    }
    test.roots = [list].to_vec();
    test.collect(0);
    assert_eq!(test.heap.objects(), 1_000_000);
    let mut at = list;
    for i in (0..1_000_000).rev() {
        assert_eq!(test.word(at, 1), i);
        at = test.word(at, 0);
    }
    assert_eq!(at, 0);
    test.roots.clear();
    test.collect(0);
    for i in 0..100_000 {
        let leaf = test.new_object(LEAF, &[i]);
        test.roots.push(leaf);
    }
    let leaves = test.roots.clone();
    let wide = test.new_object(NODE, &leaves);
    test.roots = [wide].to_vec();
    test.collect(0);
    assert_eq!(test.heap.objects(), 100_001);
    test.check();
}

#[test]
fn a_thousand_times_the_limit_is_allocated_in_it() {
    const LIMIT: u64 = 64 << 10;
    let mut test = Test::new(LIMIT);
    test.roots = std::vec![0; 16];
    let mut allocated = 0;
    let mut state = 1_u64;
    while allocated < 1000 * LIMIT {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let (len, keep) = ((state >> 33) as usize % 40, (state >> 40) as usize % 16);
        let mut words = std::vec![0; len];
        if let Some(first) = words.first_mut() {
            *first = test.roots[(state >> 50) as usize % 16];
        }
        let slot = test.new_object(NODE, &words);
        // Chains are cut now and then.
        test.roots[keep] = if state >> 60 == 0 { 0 } else { slot };
        if state >> 59 == 0 {
            test.roots.fill(0);
        }
        allocated += Heap::cost(len as u64 * 8);
        assert!(test.heap.used_bytes() <= LIMIT);
    }
    assert!(test.heap.room.len() as u64 <= LIMIT);
    test.check();
    // Work in proportion: an eighth of the limit at least lies between two collections.
    assert!(
        test.heap.collections <= 1000 * 8 + 1,
        "{}",
        test.heap.collections
    );
}

#[test]
fn what_does_not_fit_is_refused_and_costs_nothing_lasting() {
    let mut test = Test::new(64 << 10);
    let mut kept = 0;
    while let Ok(slot) = test.try_new(LEAF, &[0; 100]) {
        test.roots.push(slot);
        kept += 1;
    }
    // Each with its header and entry. After a collection, an eighth of the limit would have to be free.
    assert_eq!(kept, (64 << 10) / (800 + 16));
    assert!(test.try_new(LEAF, &[]).is_err());
    test.roots.truncate(kept * 7 / 8 - 1);
    assert!(test.try_new(LEAF, &[]).is_ok());
    assert!(test.try_new(LEAF, &[0; 9000]).is_err());
    test.roots.truncate(1);
    assert!(test.try_new(LEAF, &[0; 5000]).is_ok());
    test.check();
    let huge = What::new(Kind::Exception, 0).unwrap();
    let (arena, heap) = (&mut test.arena, &mut test.heap);
    assert_eq!(heap.allocate(arena, huge, u64::MAX), Err(OutOfMemory));
    assert_eq!(heap.allocate(arena, huge, 1 << 32), Err(OutOfMemory));
    assert_eq!(What::new(Kind::Exception, 1 << 23), None);
}

#[test]
fn memory_of_the_embedder_is_enough_and_is_given_back() {
    let mut words = [0; 2000];
    let mut test = Test {
        arena: Arena::fixed(&mut words),
        heap: Heap::new(1 << 20),
        roots: Vec::new(),
    };
    let mut last = 0;
    for i in 0..10_000 {
        last = test.new_object(NODE, &[last, i, 0]);
        test.roots = [last].to_vec();
        if i % 20 == 19 {
            last = 0;
        }
    }
    test.check();
    assert!(test.heap.collections > 10);
    // Then there is too much alive.
    let mut kept = 0;
    while let Ok(slot) = test.try_new(LEAF, &[1; 20]) {
        test.roots.push(slot);
        kept += 1;
    }
    assert!((20..100).contains(&kept), "{kept}");
    test.check();
    test.heap.release(&mut test.arena);
    assert_eq!(test.arena.used_bytes(), 0);
}

#[test]
fn what_is_at_hand_is_what_would_be_allocated() {
    let (mut by_hand, mut other) = (Test::new(1 << 16), Test::new(1 << 16));
    let what = What::new(Kind::Struct, 5).unwrap();
    let (mut at_hand, mut not) = (0, 0);
    for i in 0..6000_u32 {
        // Bytes that are no whole word are there for arrays.
        let payload = i * 7 % 90;
        let expected = other.heap.allocate(&mut other.arena, what, payload.into());
        let used = by_hand.heap.used_bytes();
        let found = by_hand.heap.allocate_at_hand(what.0, payload);
        let slot = match found {
            Some(slot) => {
                at_hand += 1;
                slot
            }
            None => {
                not += 1;
                assert_eq!(by_hand.heap.used_bytes(), used, "nothing has changed");
                match by_hand
                    .heap
                    .allocate(&mut by_hand.arena, what, payload.into())
                {
                    Ok(slot) => slot,
                    Err(_) => {
                        assert_eq!(expected, Err(OutOfMemory));
                        by_hand.collect(payload.into());
                        other.collect(payload.into());
                        continue;
                    }
                }
            }
        };
        assert_eq!(expected, Ok(slot));
        // What the guest leaves there is gone when there is something new.
        for test in [&mut by_hand, &mut other] {
            let bytes = test.heap.payload_mut(slot).unwrap();
            assert!(bytes.len() == payload as usize && bytes.iter().all(|&byte| byte == 0));
            bytes.fill(0xff);
            if i % 11 == 0 && test.roots.len() < 100 {
                test.roots.push(slot);
            }
        }
        assert_eq!(by_hand.heap.saved_contents(), other.heap.saved_contents());
    }
    by_hand.check();
    // Growing of table and arena, and collections, are all that was not.
    assert!(by_hand.heap.collections() > 3 && not < 40, "{not}");
    assert!(at_hand > 5900, "{at_hand}");
    by_hand.heap.eager = true;
    assert_eq!(by_hand.heap.allocate_at_hand(what.0, 8), None);
}
