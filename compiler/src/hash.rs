//! Hash maps for what the passes look up by numbers: several times as fast as the standard ones, whose hash stands up to whoever chooses the keys. Here it
//! starts from a number that is another one in each process, so that a module cannot be made for collisions. Nothing depends on the order of what a map has.

use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;
use std::sync::LazyLock;

/// A map with [`Mix`].
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, Seeded>;

/// The golden ratio, odd.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// What hashes of this process start from.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));

/// Makes hashers that start from [`SEED`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Self(*SEED)
    }
}

impl BuildHasher for Seeded {
    type Hasher = Mix;

    fn build_hasher(&self) -> Mix {
        Mix(self.0)
    }
}

/// Folds in a number by a multiplication, whose upper half goes back to where the next one and the map look.
#[derive(Debug)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * u128::from(FACTOR);
        self.0 = (product as u64) ^ (product >> 64) as u64;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_that_follow_one_another_are_spread() {
        let seeded = Seeded::default();
        for step in [1_u64, 8, 1 << 20, 1 << 32, 1 << 52] {
            // What a map looks at: the lowest bits, and the highest seven.
            let hashes = (0..2048).map(|i| seeded.hash_one(i * step));
            let places: HashSet<u64> = hashes.clone().map(|hash| hash & 0xfff).collect();
            let tags: HashSet<u64> = hashes.map(|hash| hash >> 57).collect();
            assert!(places.len() > 1200 && tags.len() == 128, "{step:#x}");
        }
    }

    #[test]
    fn the_order_of_numbers_counts() {
        let seeded = Seeded::default();
        assert_ne!(
            seeded.hash_one((1_u32, 2_u32)),
            seeded.hash_one((2_u32, 1_u32))
        );
        assert_ne!(seeded.hash_one([0_u8; 3]), seeded.hash_one([0_u8; 4]));
    }
}
