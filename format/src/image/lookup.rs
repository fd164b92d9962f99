//! Finding exports, function names, source positions and copy-on-write runs of a module.
//!
//! NAMES and LINES are only for people: they are not verified, and what does not make sense in them is not found.
//! - NAMES: `count` words, one per function of the function index space from 0 on: the end of its name; then the names, one after the other.
//!   A function without a name has an empty one.
//! - LINES: `count` words, one per defined function: the end of its part; then the parts. A part is a number for each of the function's
//!   instructions that may stop the machine, in order, but for the beginnings of blocks that such an instruction follows directly: how far the Wasm
//!   byte offset is from the one before. It is made of half bytes, the low half first, see [`Halves::difference`].

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use super::crc::crc32;
use super::header::COW_ALIGN_LOG2;
use super::items::{CowRun, ExportView};
use super::section::Kind;
use super::types::ExternKind;
use super::view::ModuleView;
use crate::isa::{Control, Op, instructions_of};

impl<'a> ModuleView<'a> {
    /// Number of exports.
    #[must_use]
    pub fn export_count(&self) -> u32 {
        self.root.exports.len() as u32
    }

    /// Export `i`.
    #[must_use]
    pub fn export_at(&self, i: u32) -> Option<ExportView<'a>> {
        let row = self.root.exports.get(i as usize)?;
        Some(ExportView {
            name: self.string(row.name),
            kind: ExternKind::from_number(row.kind.to_native())?,
            index: row.index.to_native(),
        })
    }

    /// The exports in the module's order.
    pub fn exports(&self) -> impl Iterator<Item = ExportView<'a>> + 'a {
        let view = *self;
        (0..self.export_count()).filter_map(move |i| view.export_at(i))
    }

    /// The export of this name: its kind and its index in the index space of the kind.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<(ExternKind, u32)> {
        let key = (crc32(&[name.as_bytes()]), name);
        let index = self.parts.export_index;
        let found = index.binary_search_by(|entry| {
            let (hash, export) = self.index_entry(entry);
            (hash, export.map_or("", |export| export.name)).cmp(&key)
        });
        let (_, export) = self.index_entry(index.get(found.ok()?)?);
        export.map(|export| (export.kind, export.index))
    }

    /// Hash and export of an entry of the export index.
    pub(crate) fn index_entry(&self, entry: &[u32; 2]) -> (u32, Option<ExportView<'a>>) {
        let [hash, number] = entry.map(u32::from_le);
        (hash, self.export_at(number))
    }

    /// Name of function `i` of the function index space, if the image has one.
    #[must_use]
    pub fn func_name(&self, i: u32) -> Option<&'a str> {
        let (count, rest) = self.parts.names.split_first_chunk::<4>()?;
        let (start, end, blob) = part_of(*count, rest, i as usize)?;
        let name = core::str::from_utf8(blob.get(start..end)?).ok()?;
        (!name.is_empty()).then_some(name)
    }

    /// Byte offset in the Wasm binary of the operator that word `word` of defined function `func` was made from, if the image knows: of
    /// the last instruction up to there at which the machine may stop.
    #[must_use]
    pub fn wasm_offset(&self, func: u32, word: u32) -> Option<u32> {
        let known = self.wasm_offsets(func);
        let until = known.take_while(|&(at, _)| at <= word);
        until.last().map(|(_, offset)| offset)
    }

    /// The words of all instructions of defined function `func` at which the machine may stop, in order, each with its byte offset in the
    /// Wasm binary; nothing if the image does not know.
    pub fn wasm_offsets(&self, func: u32) -> impl Iterator<Item = (u32, u32)> + 'a {
        let lines = self.parts.lines.split_first_chunk::<4>();
        let part = lines.and_then(|(count, rest)| {
            let (start, end, blob) = part_of(*count, rest, func as usize)?;
            blob.get(start..end)
        });
        let mut part = Halves {
            bytes: part.unwrap_or_default(),
            high: false,
        };
        let record = self.func(func);
        let code = self.parts.code.get(record.code_word as usize..);
        let code = code.and_then(|code| code.get(..record.words as usize));
        let code = instructions_of(code.unwrap_or_default(), u16::from_le);
        let mut offset = 0_u32;
        let numbered = stops(code).map_while(move |(block, at)| {
            offset = offset.wrapping_add(part.difference()?);
            Some((block, at, offset))
        });
        numbered.flat_map(|(block, at, offset)| {
            let block = block.map(|block| (block, offset));
            block.into_iter().chain([(at, offset)])
        })
    }

    /// Initial contents of defined memory `memory`: what is not covered is zero. To be put in place before the data segments.
    pub fn cow_runs(&self, memory: u32) -> impl Iterator<Item = CowRun<'a>> + use<'a> {
        let (image, index) = (self.image, self.index);
        let sections = self.table.iter().filter(move |section| {
            section.kind == Kind::DataCow as u16 && section.index == index && section.aux0 == memory
        });
        sections.map(move |section| CowRun {
            memory_offset: u64::from(section.aux1) << COW_ALIGN_LOG2,
            bytes: section.bytes(image),
            file_offset: section.offset,
        })
    }
}

/// The instructions that have a number in LINES, by their words, each behind the word of the beginning of a block that it directly follows and
/// that has the same. Nothing is known behind what is no instruction.
pub(super) fn stops<'c>(
    code: impl Iterator<Item = (usize, Option<Op>, &'c [u16])>,
) -> impl Iterator<Item = (Option<u32>, u32)> {
    let mut block = None;
    let code = code.map_while(|(at, op, _)| Some((at as u32, op?.info())));
    code.chain([(0, Op::Halt.info())])
        .flat_map(move |(at, info)| {
            let begins = matches!(info.control, Control::Enter | Control::Fuel);
            let before = block.take();
            if begins {
                block = Some(at);
            }
            let one = (info.stops && !begins).then_some(at);
            match (before, one) {
                (Some(before), Some(one)) => Some((Some(before), one)),
                (Some(before), None) => Some((None, before)),
                (None, one) => one.map(|one| (None, one)),
            }
        })
}

/// Where part `i` begins and ends in the bytes that follow `count` ends of parts, and those bytes.
fn part_of(count: [u8; 4], rest: &[u8], i: usize) -> Option<(usize, usize, &[u8])> {
    let index_len = (u32::from_le_bytes(count) as usize).checked_mul(4)?;
    let (index, blob) = rest.split_at_checked(index_len)?;
    let (index, _) = index.as_chunks::<4>();
    let end_of = |i: usize| index.get(i).map(|end| u32::from_le_bytes(*end) as usize);
    let start = match i.checked_sub(1) {
        Some(before) => end_of(before)?,
        None => 0,
    };
    Some((start, end_of(i)?, blob))
}

/// Half bytes of a part of LINES.
struct Halves<'a> {
    bytes: &'a [u8],
    /// Whether the low half of the first byte has been taken.
    high: bool,
}

impl Halves<'_> {
    fn next(&mut self) -> Option<u32> {
        let (&byte, rest) = self.bytes.split_first()?;
        let half = if self.high {
            self.bytes = rest;
            byte >> 4
        } else {
            byte & 15
        };
        self.high = !self.high;
        Some(half.into())
    }

    /// So many halves as a number, the lowest first.
    fn number(&mut self, halves: u32) -> Option<u32> {
        let mut value = 0;
        for i in 0..halves {
            value |= self.next()? << i.wrapping_mul(4);
        }
        Some(value)
    }

    /// A difference modulo 2^32: a half of 0 to 12 is one. After a half of 13 or 14 come one or two halves, and it is 13 or 29 more than they
    /// say. After 15 comes a half that says how many others follow, less 1, and 8 more if the difference is minus what those say.
    fn difference(&mut self) -> Option<u32> {
        match self.next()? {
            13 => self.number(1)?.checked_add(13),
            14 => self.number(2)?.checked_add(29),
            15 => {
                let how = self.next()?;
                let number = self.number((how & 7).saturating_add(1))?;
                Some(if how & 8 == 0 {
                    number
                } else {
                    number.wrapping_neg()
                })
            }
            small => Some(small),
        }
    }
}
