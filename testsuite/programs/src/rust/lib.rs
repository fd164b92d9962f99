//! What the programs share: a small random generator and a checksum, as in `rt.h`.

/// A generator of pseudo-random numbers (xorshift).
pub struct Random(pub u32);

impl Random {
    /// The next number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % limit
    }
}

/// A checksum with one more word.
pub fn mix(sum: u32, word: u32) -> u32 {
    (sum ^ word).wrapping_mul(0x0100_0193)
}
