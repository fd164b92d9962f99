//! What has been put in the place of calls, and the positions of instructions that come from it (`wrt_format::image::inlined`).
//!
//! The offsets of a function's instructions are positions: below the end of its own body they are byte offsets in the module, and behind that
//! every copy of a callee has as many positions as the callee's body has bytes.

use core::ops::Range;

/// A copy of a callee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The callee, in the function index space.
    pub func_idx: u32,
    /// Where its body is in the module, in bytes.
    pub body: Range<u32>,
    /// The position that its first byte has.
    pub first: u32,
    /// The position of the call: in the function's own body, or in an earlier copy.
    pub call: u32,
}

/// The copies in a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inlined {
    /// Where the function's own body is in the module, in bytes.
    pub body: Range<u32>,
    /// The copies, in the order of their positions.
    pub copies: Vec<Copy>,
}

impl Inlined {
    /// Of a function with this body, into which nothing has been copied yet.
    #[must_use]
    pub const fn new(body: Range<u32>) -> Self {
        Self {
            body,
            copies: Vec::new(),
        }
    }

    /// Adds a copy of a callee in the place of the call at `call`; none if there are no positions left for it.
    pub fn add(&mut self, func_idx: u32, body: Range<u32>, call: u32) -> Option<usize> {
        let first = self.copies.last().map_or(self.body.end, Copy::end);
        first.checked_add(body.len() as u32)?;
        self.copies.push(Copy {
            func_idx,
            body,
            first,
            call,
        });
        Some(self.copies.len() - 1)
    }

    /// The copy that a position is in, by number.
    #[must_use]
    pub fn copy_at(&self, position: u32) -> Option<usize> {
        let behind = self
            .copies
            .partition_point(|copy| copy.first <= position)
            .checked_sub(1)?;
        (position < self.copies[behind].end()).then_some(behind)
    }

    /// How many copies a position is in, one in the other.
    #[must_use]
    pub fn depth(&self, mut position: u32) -> u32 {
        let mut depth = 0;
        while let Some(copy) = self.copy_at(position) {
            position = self.copies[copy].call;
            depth += 1;
        }
        depth
    }

    /// The byte offset in the function's own body that a position belongs to: that of the outermost call around it.
    #[must_use]
    pub fn own_offset(&self, mut position: u32) -> u32 {
        while let Some(copy) = self.copy_at(position) {
            position = self.copies[copy].call;
        }
        position
    }
}

impl Copy {
    /// The position in the copy of a byte offset in the callee's body; of what is not there, that of its first byte.
    #[must_use]
    pub fn position(&self, offset: u32) -> u32 {
        match self.body.contains(&offset) {
            true => self.first + (offset - self.body.start),
            false => self.first,
        }
    }

    /// The position behind it.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.first + self.body.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lead_out_to_the_function() {
        let mut inlined = Inlined::new(100..150);
        assert_eq!(inlined.add(7, 10..20, 120), Some(0));
        assert_eq!(inlined.add(8, 30..33, 155), Some(1));
        assert_eq!(inlined.add(9, 0..u32::MAX - 100, 121), None);
        let copies = [149, 150, 159, 160, 162, 163].map(|at| inlined.copy_at(at));
        assert_eq!(copies, [None, Some(0), Some(0), Some(1), Some(1), None]);
        let depths = [149, 150, 159, 160, 162, 163].map(|at| inlined.depth(at));
        assert_eq!(depths, [0, 1, 1, 2, 2, 0]);
        let outside = [149, 150, 159, 160].map(|at| inlined.own_offset(at));
        assert_eq!(outside, [149, 120, 120, 120]);
        let positions = [30, 32, 33, 0].map(|at| inlined.copies[1].position(at));
        assert_eq!(positions, [160, 162, 160, 160]);
    }
}
