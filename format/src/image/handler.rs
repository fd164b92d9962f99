//! Rows of the HANDLERS section: where an exception that comes out of a call, or is thrown, goes on in the function.
//!
//! Rows ascend by the sites that they are for; those for the same sites stand in the order in which they are tried. A site is the word of
//! a call's or throw's window operand: where the callee returns to, so that the frames on the stack name it.

use core::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::func::FuncRecord;
use super::view::ModuleView;

/// One row as it lies in the image. Every field is little-endian whatever the machine: read it through [`RawHandler::decode`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct RawHandler {
    /// First site, as a word of the CODE section.
    pub first: u32,
    /// Last site.
    pub last: u32,
    /// The `fuel` instruction of the handler, as a word of the CODE section.
    pub block: u32,
    /// A [`Clause`].
    pub clause: u32,
}

const _: () = assert!(size_of::<RawHandler>() == 16 && align_of::<RawHandler>() == 4);

/// A row in native byte order. Words count from the start of the CODE section or, where the writer is given it, of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First site.
    pub first: u32,
    /// Last site; those in between are meant too.
    pub last: u32,
    /// The `fuel` instruction of the handler.
    pub block: u32,
    /// What it catches.
    pub clause: Clause,
}

/// What a handler catches, and whether it is given the exception itself behind the values that the exception carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clause {
    /// Tag in the module's tag index space; none: any exception, whose values are not given then.
    pub tag: Option<u32>,
    /// Whether a reference to the exception is given.
    pub with_ref: bool,
}

/// Bit of [`Clause::with_ref`].
const WITH_REF: u32 = 1 << 31;
/// Stands for any exception; tags have lower numbers.
const ANY: u32 = WITH_REF - 1;

impl Clause {
    /// As a field of a row.
    #[must_use]
    pub const fn encode(self) -> u32 {
        let tag = match self.tag {
            Some(tag) => tag,
            None => ANY,
        };
        tag | if self.with_ref { WITH_REF } else { 0 }
    }

    /// From a field of a row.
    #[must_use]
    pub const fn decode(field: u32) -> Self {
        let tag = field & ANY;
        Self {
            tag: if tag == ANY { None } else { Some(tag) },
            with_ref: field & WITH_REF != 0,
        }
    }
}

impl RawHandler {
    /// The row in native byte order.
    #[must_use]
    pub const fn decode(&self) -> Handler {
        Handler {
            first: u32::from_le(self.first),
            last: u32::from_le(self.last),
            block: u32::from_le(self.block),
            clause: Clause::decode(u32::from_le(self.clause)),
        }
    }
}

impl Handler {
    /// The row as it lies in the image.
    #[must_use]
    pub const fn encode(&self) -> RawHandler {
        RawHandler {
            first: self.first.to_le(),
            last: self.last.to_le(),
            block: self.block.to_le(),
            clause: self.clause.encode().to_le(),
        }
    }

    /// The same row with all its words moved.
    #[must_use]
    pub const fn moved(&self, by: u32) -> Self {
        Self {
            first: self.first.wrapping_add(by),
            last: self.last.wrapping_add(by),
            block: self.block.wrapping_add(by),
            clause: self.clause,
        }
    }
}

impl<'a> ModuleView<'a> {
    /// The rows of HANDLERS for the sites in a function.
    pub(crate) fn handlers_of(&self, record: &FuncRecord) -> &'a [RawHandler] {
        let rows = self.parts.handlers;
        let below = |end: u32| rows.partition_point(|row| u32::from_le(row.first) < end);
        let start = below(record.code_word);
        let end = below(record.code_word.saturating_add(record.words));
        rows.get(start..end).unwrap_or_default()
    }

    /// Whether the module catches anything.
    #[must_use]
    pub const fn has_handlers(&self) -> bool {
        !self.parts.handlers.is_empty()
    }

    /// All rows of HANDLERS in order.
    pub fn handlers(&self) -> impl ExactSizeIterator<Item = Handler> + use<'a> {
        self.parts.handlers.iter().map(RawHandler::decode)
    }

    /// What is tried, in order, when an exception comes out of the call or throw whose window operand is at word `site` of the code
    /// section, in a verified function.
    pub fn handlers_at(&self, site: u32) -> impl Iterator<Item = Handler> + use<'a> {
        let func = if self.has_handlers() {
            self.func_at(site)
        } else {
            None
        };
        let rows = func.map_or(&[][..], |func| self.handlers_of(&self.func(func)));
        // Rows of the same sites stand together; the last ones that begin here or before are those.
        let end = rows.partition_point(|row| u32::from_le(row.first) <= site);
        let own = rows.get(..end).unwrap_or_default();
        let first = own.last().map_or(0, |row| row.first);
        let start = own.partition_point(|row| u32::from_le(row.first) < u32::from_le(first));
        let own = own.get(start..).unwrap_or_default();
        (own.iter().map(RawHandler::decode)).filter(move |row| site <= row.last)
    }

    /// Words around `site` of the code section that nothing is said about, by HANDLERS or AROUND: at all sites among them
    /// [`Self::handlers_at`] gives nothing and [`Self::copies_around`] 0, if the functions that they are in are verified. Empty if something
    /// is said about `site` itself.
    #[must_use]
    pub fn quiet_around(&self, site: u32) -> Range<u32> {
        let rows = self.parts.handlers;
        let end = rows.partition_point(|row| u32::from_le(row.first) <= site);
        let before = end.checked_sub(1).and_then(|last| rows.get(last));
        // Rows that begin at one site end at one.
        let start = before.map_or(0, |row| u32::from_le(row.last).saturating_add(1));
        let next = rows
            .get(end)
            .map_or(u32::MAX, |row| u32::from_le(row.first));
        let around = self.not_around(site);
        let quiet = start.max(around.start)..next.min(around.end);
        if quiet.contains(&site) { quiet } else { 0..0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_survive() {
        for tag in [None, Some(0), Some(5), Some(ANY - 1)] {
            for with_ref in [false, true] {
                let clause = Clause { tag, with_ref };
                assert_eq!(Clause::decode(clause.encode()), clause);
            }
        }
    }

    #[test]
    fn rows_survive() {
        let clause = Clause {
            tag: Some(3),
            with_ref: true,
        };
        let row = Handler {
            first: 9,
            last: 20,
            block: 30,
            clause,
        };
        assert_eq!(row.encode().decode(), row);
        let bytes = [9, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 3, 0, 0, 0x80];
        assert_eq!(bytemuck::bytes_of(&row.encode()), bytes);
        assert_eq!(row.moved(8).block, 38);
    }
}
