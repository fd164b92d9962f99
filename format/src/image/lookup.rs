//! Finding exports, function names, source positions and copy-on-write runs of a module.
//!
//! NAMES, LINES and INLINED (`inlined.rs`) are only for people: they are not verified, and what does not make sense in them is not found.
//! They have a part for each function: NAMES for those of the function index space, its name; the others for those that are defined.
//! - Parts follow one another, each behind its length as a LEB128 number, and begin anew every [`GROUP`] functions; where each group but
//!   the first begins is said by a word for each, in front of all. Parts at the end that would be empty may be left out.
//! - A part of LINES is a number for each of the function's instructions that may stop the machine, see `lines.rs`.

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use core::cmp::Ordering;

use super::header::COW_ALIGN_LOG2;
use super::items::{CowRun, ExportView};
use super::lines::{Numbers, stops};
use super::section::Kind;
use super::types::ExternKind;
use super::view::ModuleView;
use crate::isa::instructions_of;

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
            kind: row.what.kind()?,
            index: row.what.index(),
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
        let (mut low, mut high) = (0, self.export_count());
        while low < high {
            let middle = low.midpoint(high);
            let export = self.export_by_name(middle)?;
            match export.name.cmp(name) {
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Equal => return Some((export.kind, export.index)),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Export `i` in the order of their names.
    pub(crate) fn export_by_name(&self, i: u32) -> Option<ExportView<'a>> {
        match self.parts.export_index {
            [] => self.export_at(i),
            index => {
                let number = index.get(i as usize).copied()?;
                self.export_at(u32::from_le(number))
            }
        }
    }

    /// Name of function `i` of the function index space, if the image has one.
    #[must_use]
    pub fn func_name(&self, i: u32) -> Option<&'a str> {
        let count = self.imported_funcs().saturating_add(self.func_count());
        let name = part_of(self.parts.names, count, i)?;
        let name = core::str::from_utf8(name).ok()?;
        (!name.is_empty()).then_some(name)
    }

    /// Byte offset in the Wasm binary of the operator that word `word` of defined function `func` was made from, if the image knows: of
    /// the last instruction up to there at which the machine may stop.
    #[must_use]
    pub fn wasm_offset(&self, func: u32, word: u32) -> Option<u32> {
        let position = self.position(func, word)?;
        Some(self.copies(func).offset(position))
    }

    /// The position of word `word` of defined function `func`, see `inlined.rs`.
    pub(super) fn position(&self, func: u32, word: u32) -> Option<u32> {
        let known = self.known_positions(func);
        let until = known.take_while(|&(at, _)| at <= word);
        until.last().map(|(_, position)| position)
    }

    /// The words of all instructions of defined function `func` at which the machine may stop, in order, each with its byte offset in the
    /// Wasm binary; nothing if the image does not know.
    pub fn wasm_offsets(&self, func: u32) -> impl Iterator<Item = (u32, u32)> + 'a {
        let copies = self.copies(func);
        let known = self.known_positions(func);
        known.map(move |(at, position)| (at, copies.offset(position)))
    }

    /// The same with positions.
    fn known_positions(&self, func: u32) -> impl Iterator<Item = (u32, u32)> + 'a {
        let part = part_of(self.parts.lines, self.func_count(), func);
        let mut part = Numbers::new(part.unwrap_or_default());
        let record = self.func(func);
        let code = self.parts.code.get(record.code_word as usize..);
        let code = code.and_then(|code| code.get(..record.words as usize));
        let code = instructions_of(code.unwrap_or_default(), u16::from_le);
        let mut offset = 0_u32;
        let numbered = stops(code).map_while(move |stop| {
            offset = offset.wrapping_add(part.next(stop.context)?);
            Some((stop, offset))
        });
        numbered.flat_map(|(stop, offset)| {
            let block = stop.block.map(|block| (block, offset));
            block.into_iter().chain([(stop.at, offset)])
        })
    }

    /// Initial contents of defined memory `memory`: what is not covered is zero. To be put in place before the data segments.
    pub fn cow_runs(&self, memory: u32) -> impl Iterator<Item = CowRun<'a>> + use<'a> {
        let (image, index) = (self.image, self.index);
        let sections = self
            .table
            .iter()
            .filter(move |section| section.kind == Kind::DataCow as u8 && section.index == index);
        sections.filter_map(move |section| {
            let (number, page) = section.place?;
            (number == memory).then(|| CowRun {
                memory_offset: u64::from(page) << COW_ALIGN_LOG2,
                bytes: section.bytes(image),
                file_offset: section.offset,
            })
        })
    }
}

/// Functions whose parts of NAMES, LINES or INLINED lie one behind the other, without a word that says where.
pub(super) const GROUP: u32 = 32;

/// Part `i` of NAMES, LINES or INLINED of a module with `count` functions.
pub(super) fn part_of(section: &[u8], count: u32, i: u32) -> Option<&[u8]> {
    let groups = count.div_ceil(GROUP);
    let words = (groups.saturating_sub(1) as usize).checked_mul(4)?;
    let (starts, blob) = section.split_at_checked(words)?;
    let start = match (i / GROUP).checked_sub(1) {
        Some(before) => {
            let start = starts.as_chunks::<4>().0.get(before as usize)?;
            u32::from_le_bytes(*start)
        }
        None => 0,
    };
    let mut rest = blob.get(start as usize..)?;
    let mut part = &[][..];
    for _ in 0..=i % GROUP {
        let len = length(&mut rest)?;
        (part, rest) = rest.split_at_checked(len as usize)?;
    }
    (i < count).then_some(part)
}

/// Takes a LEB128 number.
pub(super) fn length(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
