//! The module's DWARF, moved to where debuggers expect the guest.
//!
//! Input: the sections `.debug_*` of the module (DWARF 2 to 5, addresses of 4 or 8 bytes that count from the start of the code section). Output: the
//! same units with addresses of 8 bytes, and the bodies that they describe. Sections are nobody's promise: what makes no sense is left
//! out, a unit, an entry or an attribute at a time, and how much work that may be is bounded by [`Budget`].
//!
//! A pointer of the guest stays as long as it is: types say so, and what is read through one in an expression does.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most forms are not those of an offset, and new ones may come"
)]

mod entry;
mod expr;
mod lines;
mod lists;

use core::convert::Infallible;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use gimli::read::{self, DebugAbbrev, EndianSlice, Reader as _, Section as _};
use gimli::write::{self, LineProgram, UnitEntryId, UnitId};
use gimli::{
    Abbreviations, DebugAbbrevOffset, Encoding, LittleEndian, SectionId, UnitSectionOffset,
    UnitType,
};

use super::custom::Custom;
use super::places::Places;
use super::symbols::ADDRESS_BYTES;
use entry::Converter;

/// The most attributes of an entry.
const MOST_ATTRIBUTES: u32 = 64;

/// Bytes of the module.
type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// What may still be done. Sections can refer to the same bytes any number of times; what sensible ones do is a small multiple of their
/// length.
struct Budget(u64);

impl Budget {
    /// Whether anything may be done.
    fn is_left(&self) -> bool {
        self.0 > 0
    }

    /// Whether so much more may be done.
    fn takes(&mut self, work: u64) -> bool {
        let left = self.0.checked_sub(work);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// A unit that is read, and what it becomes.
struct Job<'a> {
    read: read::Unit<Bytes<'a>>,
    id: UnitId,
}

/// Where each entry that is read goes.
type Entries = HashMap<UnitSectionOffset, (UnitId, UnitEntryId)>;

/// What the module's DWARF describes.
#[derive(Debug, Default)]
pub(super) struct Described {
    /// Functions, by their bodies.
    pub(super) bodies: HashSet<u32>,
    /// Variables in memory: name and address.
    pub(super) variables: Vec<(String, u64)>,
}

/// Adds the module's units to `out`.
pub(super) fn convert(custom: &Custom<'_>, places: &Places, out: &mut write::Dwarf) -> Described {
    let section = |id: SectionId| -> Result<Bytes<'_>, Infallible> {
        Ok(EndianSlice::new(custom.section(id.name()), LittleEndian))
    };
    let Ok(dwarf) = read::Dwarf::load(section);
    let bytes: usize = custom.dwarf.values().map(|section| section.len()).sum();
    let mut budget = Budget(bytes as u64 * 16 + (1 << 20));
    let mut entries = Entries::new();
    let mut jobs = Vec::new();
    for read in units(&dwarf, &mut budget) {
        let encoding = Encoding {
            address_size: ADDRESS_BYTES,
            ..read.encoding()
        };
        let id = out
            .units
            .add(write::Unit::new(encoding, LineProgram::none()));
        reserve(&read, out.units.get_mut(id), id, &mut entries);
        jobs.push(Job { read, id });
    }
    let mut described = Described::default();
    for job in &jobs {
        let mut converter = Converter::new(&dwarf, job, places, &entries, &mut budget, out);
        converter.unit(&mut described);
    }
    described
}

/// The units that can be read.
fn units<'a>(dwarf: &read::Dwarf<Bytes<'a>>, budget: &mut Budget) -> Vec<read::Unit<Bytes<'a>>> {
    let mut headers = Vec::new();
    let mut all = dwarf.units();
    // What follows a broken header cannot be found.
    while let Ok(Some(header)) = all.next() {
        let address_size = header.encoding().address_size;
        if header.type_() == UnitType::Compilation && matches!(address_size, 4 | 8) {
            headers.push(header);
        }
    }
    let tables = abbreviations(dwarf, headers.iter().map(|it| it.debug_abbrev_offset()));
    // A unit's name and directory, wherever they are.
    let texts = [dwarf.debug_str.reader(), dwarf.debug_line_str.reader()];
    let texts = texts.map(|section| longest(section.slice()));
    let mut units = Vec::new();
    for header in headers {
        let Some(table) = tables.get(&header.debug_abbrev_offset().0) else {
            continue;
        };
        let lines = line_header_bytes(dwarf, &header, table);
        if !budget.takes(lines + 2 * (texts[0] + texts[1])) {
            break;
        }
        units.extend(read::Unit::new_with_abbreviations(
            dwarf,
            header,
            Arc::clone(table),
        ));
    }
    units
}

/// The tables of abbreviations at these offsets. A table ends where the next one begins, so that all together are no longer than the section.
fn abbreviations(
    dwarf: &read::Dwarf<Bytes<'_>>,
    offsets: impl Iterator<Item = DebugAbbrevOffset>,
) -> HashMap<usize, Arc<Abbreviations>> {
    let offsets: BTreeSet<usize> = offsets.map(|offset| offset.0).collect();
    let whole = dwarf.debug_abbrev.reader().slice();
    let ends = offsets.iter().skip(1).copied().chain([whole.len()]);
    let mut tables = HashMap::new();
    for (&start, end) in offsets.iter().zip(ends) {
        let Some(bytes) = whole.get(start..end.min(whole.len())) else {
            continue;
        };
        let section = DebugAbbrev::new(bytes, LittleEndian);
        if !is_sensible(bytes) {
            continue;
        }
        if let Ok(table) = section.abbreviations(DebugAbbrevOffset(0)) {
            tables.insert(start, Arc::new(table));
        }
    }
    tables
}

/// Whether no abbreviation of a table stands for more than [`MOST_ATTRIBUTES`]: they may take no bytes in the entries, which can be as many as bytes.
fn is_sensible(table: &[u8]) -> bool {
    let mut bytes = EndianSlice::new(table, LittleEndian);
    let mut number = || bytes.read_uleb128().ok();
    // A code, a tag, whether there are children.
    while let Some(1..) = number()
        && number().is_some()
        && number().is_some()
    {
        for count in 0.. {
            let (Some(name), Some(form)) = (number(), number()) else {
                return true;
            };
            if name == 0 && form == 0 {
                break;
            }
            if form == u64::from(gimli::DW_FORM_implicit_const.0) && number().is_none() {
                return true;
            }
            if count == MOST_ATTRIBUTES {
                return false;
            }
        }
    }
    true
}

/// Bytes of the longest text of a section.
fn longest(section: &[u8]) -> u64 {
    let texts = section.split(|&byte| byte == 0);
    texts.map(|text| text.len() as u64 + 1).max().unwrap_or(0)
}

/// Bytes of the header of a unit's line program, which is gone through when the unit is read.
fn line_header_bytes(
    dwarf: &read::Dwarf<Bytes<'_>>,
    header: &read::UnitHeader<Bytes<'_>>,
    table: &Abbreviations,
) -> u64 {
    let root = header.entries(table).next_dfs().ok().flatten().cloned();
    let offset = root.and_then(|root| match root.attr_value(gimli::DW_AT_stmt_list)? {
        read::AttributeValue::DebugLineRef(offset) => Some(offset.0),
        read::AttributeValue::SecOffset(offset) => Some(offset),
        _ => None,
    });
    let lines = dwarf.debug_line.reader().slice();
    let rest = offset.and_then(|offset| lines.get(offset..));
    // The header's length is at 6 or 8 in 32-bit DWARF; that of the program is an upper bound in any format.
    let start = rest.and_then(|rest| rest.first_chunk::<4>());
    let program = start.map_or(0, |start| u64::from(u32::from_le_bytes(*start)));
    let left = rest.map_or(0, |rest| rest.len() as u64);
    program.min(left).saturating_add(16)
}

/// Gives each entry of a unit one to become.
fn reserve(
    read: &read::Unit<Bytes<'_>>,
    unit: &mut write::Unit,
    id: UnitId,
    entries: &mut Entries,
) {
    let Ok(mut all) = read.entries_raw(None) else {
        return;
    };
    let mut is_root = true;
    let mut entry = read::DebuggingInformationEntry::null();
    while !all.is_empty() {
        match all.read_entry(&mut entry) {
            // A unit has one root.
            Ok(true) if !is_root && entry.depth() == 0 => break,
            Ok(true) => {
                let offset = entry.offset().to_unit_section_offset(read);
                let to = match core::mem::take(&mut is_root) {
                    true => unit.root(),
                    false => unit.reserve(),
                };
                entries.insert(offset, (id, to));
            }
            Ok(false) => {}
            Err(_) => break,
        }
    }
}

#[cfg(test)]
mod tests;
