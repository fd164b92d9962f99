//! Where the guest's random numbers come from: the operating system, or a seed, for runs that must repeat.
//!
//! The seeded generator is SplitMix64. It is reproducible and nothing else: not for secrets.

use crate::errno::Errno;

/// A source of random bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Random {
    /// The operating system's.
    System,
    /// SplitMix64 with this state.
    Seeded(u64),
}

impl Random {
    pub(crate) fn fill(&mut self, buf: &mut [u8]) -> Result<(), Errno> {
        match self {
            Self::System => getrandom::fill(buf).map_err(|_| Errno::IO),
            Self::Seeded(state) => {
                for chunk in buf.chunks_mut(8) {
                    chunk.copy_from_slice(&split_mix(state).to_le_bytes()[..chunk.len()]);
                }
                Ok(())
            }
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_repeat_and_the_system_does_not() {
        let fill = |mut random: Random| {
            let mut buf = [0; 19];
            random.fill(&mut buf).unwrap();
            buf
        };
        assert_eq!(fill(Random::Seeded(7)), fill(Random::Seeded(7)));
        assert_ne!(fill(Random::Seeded(7)), fill(Random::Seeded(8)));
        assert_ne!(fill(Random::System), fill(Random::System));
        // The published first output of SplitMix64 for seed 0.
        assert_eq!(split_mix(&mut 0), 0xe220_a839_7b1d_cdaf);
    }
}
