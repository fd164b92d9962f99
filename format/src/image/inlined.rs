//! INLINED: which instructions of a function come from the bodies of others that the compiler has put in the place of calls.
//!
//! A function has *positions*. Below `end`, the end of its own body in the Wasm binary, a position is a byte offset there. Behind that
//! each copy of a callee, in order, has as many positions as the callee's body has bytes; so a position says which copy it is in, and a
//! copy where its call is, by a position again: in the function's own body, or in a copy before. LINES gives positions.
//!
//! A part of INLINED is `end` and a [`Row`] for each copy, all LEB128 numbers. As LINES it is only for people: nothing is verified, and
//! what does not make sense is not found.

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use super::lookup::{length, part_of};
use super::view::ModuleView;

/// Copies of a function that are looked at; so looking for one takes bounded time.
pub const MAX_COPIES: usize = 1024;
/// Copies around one another that are looked at.
pub const MAX_DEPTH: usize = 8;

/// A place in the Wasm binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the function whose body it is in, among the defined ones.
    pub func: u32,
    /// Byte offset in the binary; none if the image does not know.
    pub offset: Option<u32>,
}

/// A copy of a callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number of the callee, among the defined functions.
    pub callee: u32,
    /// Byte offset of its body.
    pub body: u32,
    /// Bytes of its body.
    pub len: u32,
    /// How far the position of the call is before the first one of the copy.
    pub back: u32,
}

/// A copy with its positions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy {
    pub(super) first: u32,
    pub(super) row: Row,
}

/// The copies in a function, in order.
#[derive(Clone, Debug)]
pub(super) struct Copies<'a> {
    rest: &'a [u8],
    next: u32,
    left: usize,
    /// Functions that the module defines.
    funcs: u32,
}

impl<'a> Copies<'a> {
    /// Those of a part, and where the positions begin that are in copies.
    fn new(mut part: &'a [u8], funcs: u32) -> Self {
        let end = length(&mut part);
        Self {
            rest: part,
            next: end.unwrap_or(u32::MAX),
            left: end.map_or(0, |_| MAX_COPIES),
            funcs,
        }
    }

    /// The copy that a position is in.
    fn at(&self, position: u32) -> Option<Copy> {
        if position < self.next {
            return None;
        }
        let mut copies = self.clone();
        let found = copies.find(|copy| position.wrapping_sub(copy.first) < copy.row.len);
        found.filter(|copy| copy.row.callee < self.funcs && copy.row.back > 0)
    }

    /// The byte offset in the binary that a position means.
    pub(super) fn offset(&self, position: u32) -> u32 {
        self.at(position).map_or(position, |copy| {
            let within = position.wrapping_sub(copy.first);
            copy.row.body.wrapping_add(within)
        })
    }
}

impl Iterator for Copies<'_> {
    type Item = Copy;

    fn next(&mut self) -> Option<Copy> {
        self.left = self.left.checked_sub(1)?;
        let row = Row {
            callee: length(&mut self.rest)?,
            body: length(&mut self.rest)?,
            len: length(&mut self.rest)?,
            back: length(&mut self.rest)?,
        };
        let first = self.next;
        self.next = first.checked_add(row.len)?;
        Some(Copy { first, row })
    }
}

/// Where an instruction comes from: the place itself, then the calls around it that are not there any more, innermost first.
#[derive(Clone, Debug)]
pub struct Positions<'a> {
    copies: Copies<'a>,
    func: u32,
    /// The next place, if there is one.
    next: Option<Option<u32>>,
    left: usize,
}

impl Iterator for Positions<'_> {
    type Item = Position;

    fn next(&mut self) -> Option<Position> {
        let position = self.next.take()?;
        let copy = position.and_then(|position| self.copies.at(position));
        let (Some(position), Some(Copy { first, row }), Some(left)) =
            (position, copy, self.left.checked_sub(1))
        else {
            return Some(Position {
                func: self.func,
                offset: position,
            });
        };
        self.left = left;
        self.next = Some(first.checked_sub(row.back));
        Some(Position {
            func: row.callee,
            offset: Some(self.copies.offset(position)),
        })
    }
}

impl<'a> ModuleView<'a> {
    /// Where word `word` of defined function `func` comes from: at least one place, the last of which is in the function itself. Those before
    /// are in functions that have been put in the place of calls; each one's call is the next.
    #[must_use]
    pub fn positions(&self, func: u32, word: u32) -> Positions<'a> {
        Positions {
            copies: self.copies(func),
            func,
            next: Some(self.position(func, word)),
            left: MAX_DEPTH,
        }
    }

    /// The copies of other functions in defined function `func`.
    pub(super) fn copies(&self, func: u32) -> Copies<'a> {
        let funcs = self.func_count();
        let part = part_of(self.parts.inlined, funcs, func);
        Copies::new(part.unwrap_or_default(), funcs)
    }
}
