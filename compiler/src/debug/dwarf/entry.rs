//! Entries and their attributes.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not kept is all the rest, and new ones may come"
)]

use std::collections::HashMap;

use gimli::constants as dw;
use gimli::read::{self, AttributeValue as Read, UnitRef};
use gimli::write::{
    self, Address, AttributeValue as Write, DebugInfoRef, FileId, LocationListId, Range, RangeList,
    StringId, UnitEntryId,
};

use super::{Budget, Bytes, Described, Entries, Job, Places};

/// How deep entries may lie in each other: what is deeper moves up. Writing recurses.
const MOST_NESTED: usize = 128;

/// An entry that is read.
type Entry<'a> = read::DebuggingInformationEntry<Bytes<'a>>;

/// The conversion of one unit.
pub(super) struct Converter<'a, 'b> {
    pub(super) read: UnitRef<'b, Bytes<'a>>,
    pub(super) places: &'b Places,
    pub(super) budget: &'b mut Budget,
    pub(super) unit: &'b mut write::Unit,
    strings: &'b mut write::StringTable,
    pub(super) line_strings: &'b mut write::LineStringTable,
    entries: &'b Entries,
    /// The unit's files by their number in the program that is read.
    pub(super) files: Vec<Option<FileId>>,
    /// Texts that have occurred, by where they are.
    known_strings: HashMap<*const u8, StringId>,
    /// Lists of places that have occurred, by offset.
    pub(super) known_lists: HashMap<usize, Option<LocationListId>>,
}

impl<'a, 'b> Converter<'a, 'b> {
    pub(super) fn new(
        dwarf: &'b read::Dwarf<Bytes<'a>>,
        job: &'b Job<'a>,
        places: &'b Places,
        entries: &'b Entries,
        budget: &'b mut Budget,
        out: &'b mut write::Dwarf,
    ) -> Self {
        Self {
            read: job.read.unit_ref(dwarf),
            places,
            budget,
            unit: out.units.get_mut(job.id),
            strings: &mut out.strings,
            line_strings: &mut out.line_strings,
            entries,
            files: Vec::new(),
            known_strings: HashMap::new(),
            known_lists: HashMap::new(),
        }
    }

    /// Converts the unit; adds what it describes.
    pub(super) fn unit(&mut self, described: &mut Described) {
        self.lines();
        let Ok(mut all) = self.read.entries_raw(None) else {
            return;
        };
        // The entries around the one at hand, the root first: depth and what they became.
        let mut around: Vec<(isize, UnitEntryId)> = Vec::new();
        let mut entry = Entry::null();
        while !all.is_empty() {
            match all.read_entry(&mut entry) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(_) => break,
            }
            let offset = entry.offset().to_unit_section_offset(&self.read);
            let Some(&(_, id)) = self.entries.get(&offset) else {
                continue;
            };
            while around
                .last()
                .is_some_and(|&(depth, _)| depth >= entry.depth())
            {
                around.pop();
            }
            match around.last() {
                None if id == self.unit.root() => self.root(&entry),
                None => break,
                Some(&(_, parent)) => {
                    self.unit.add_reserved(id, parent, entry.tag());
                    self.attributes(id, &entry, described);
                }
            }
            if entry.has_children() && around.len() < MOST_NESTED {
                around.push((entry.depth(), id));
            }
        }
    }

    /// The root, whose addresses others may count from: here all are said in full.
    fn root(&mut self, entry: &Entry<'a>) {
        let root = self.unit.root();
        self.plain_attributes(root, entry);
        let ranges = self.ranges(entry);
        if self.unit.get(root).get(dw::DW_AT_stmt_list).is_none() && !self.files.is_empty() {
            let lines = Write::LineProgramRef;
            self.unit.get_mut(root).set(dw::DW_AT_stmt_list, lines);
        }
        let ranges = self.unit.ranges.add(RangeList(ranges));
        let root = self.unit.get_mut(root);
        root.set(dw::DW_AT_ranges, Write::RangeListRef(ranges));
        root.set(dw::DW_AT_low_pc, Write::Address(Address::Constant(0)));
    }

    fn attributes(&mut self, id: UnitEntryId, entry: &Entry<'a>, described: &mut Described) {
        self.plain_attributes(id, entry);
        let is_pointer = matches!(
            entry.tag(),
            dw::DW_TAG_pointer_type | dw::DW_TAG_reference_type | dw::DW_TAG_rvalue_reference_type
        );
        if is_pointer && entry.attr(dw::DW_AT_byte_size).is_none() {
            let bytes = Write::Data1(self.read.encoding().address_size);
            self.unit.get_mut(id).set(dw::DW_AT_byte_size, bytes);
        }
        if entry.tag() == dw::DW_TAG_variable
            && let Some(address) = self.variable_address(entry)
        {
            match self.name(entry) {
                Some(name) => described.variables.push((name, address)),
                // gdb wants a symbol for each variable in memory: literals have no names.
                None => self.unit.get_mut(id).delete(dw::DW_AT_location),
            }
        }
        let ranges = self.ranges(entry);
        match ranges[..] {
            [] => {}
            [
                Range::StartEnd {
                    begin: Address::Constant(begin),
                    end: Address::Constant(end),
                },
            ] => {
                let out = self.unit.get_mut(id);
                let low = Write::Address(Address::Constant(begin));
                out.set(dw::DW_AT_low_pc, low);
                out.set(dw::DW_AT_high_pc, Write::Udata(end - begin));
                if entry.tag() == dw::DW_TAG_subprogram {
                    described.bodies.extend(self.places.body_of(begin));
                }
            }
            _ => {
                let ranges = self.unit.ranges.add(RangeList(ranges));
                let ranges = Write::RangeListRef(ranges);
                self.unit.get_mut(id).set(dw::DW_AT_ranges, ranges);
            }
        }
    }

    /// Where a variable is, if that is a place in memory.
    fn variable_address(&self, entry: &Entry<'a>) -> Option<u64> {
        let Read::Exprloc(place) = entry.attr_value(dw::DW_AT_location)? else {
            return None;
        };
        let mut ops = place.operations(self.read.encoding());
        let address = match ops.next().ok()?? {
            read::Operation::Address { address } => address,
            read::Operation::AddressIndex { index } => self.read.address(index).ok()?,
            _ => return None,
        };
        Some(address)
    }

    /// The name of a variable for linkers, or its own.
    fn name(&mut self, entry: &Entry<'a>) -> Option<String> {
        let value = entry.attr_value(dw::DW_AT_linkage_name);
        let value = value.or_else(|| entry.attr_value(dw::DW_AT_name))?;
        let name = self.text(value).filter(|name| !name.is_empty())?;
        Some(String::from_utf8_lossy(name).into_owned())
    }

    /// The ranges of code that an entry is about.
    fn ranges(&mut self, entry: &Entry<'a>) -> Vec<Range> {
        let of_code = |name| entry.attr_value(name).is_some();
        let has_bounds = of_code(dw::DW_AT_low_pc) && of_code(dw::DW_AT_high_pc);
        if !has_bounds && !of_code(dw::DW_AT_ranges) {
            return Vec::new();
        }
        let mut out = Vec::new();
        let Ok(mut ranges) = self.read.die_ranges(entry) else {
            return out;
        };
        while self.budget.takes(4)
            && let Ok(Some(range)) = ranges.next()
        {
            let begin = self.places.begin(range.begin);
            let end = self.places.end(range.end);
            if let (Some(begin), Some(end)) = (begin, end)
                && begin < end
            {
                out.push(Range::StartEnd {
                    begin: Address::Constant(begin),
                    end: Address::Constant(end),
                });
            }
        }
        out
    }

    /// All attributes but ranges of code.
    fn plain_attributes(&mut self, id: UnitEntryId, entry: &Entry<'a>) {
        for attr in entry.attrs() {
            let name = attr.name();
            let handled = matches!(
                name,
                dw::DW_AT_sibling | dw::DW_AT_ranges | dw::DW_AT_high_pc | dw::DW_AT_entry_pc
            );
            let of_range = name == dw::DW_AT_low_pc && entry.attr(dw::DW_AT_high_pc).is_some();
            if handled || of_range || is_base(name) {
                continue;
            }
            if let Some(value) = self.value(name, attr.value()) {
                self.unit.get_mut(id).set(name, value);
            }
        }
    }

    /// The value of an attribute, if it has one here.
    fn value(&mut self, name: gimli::DwAt, value: Read<Bytes<'a>>) -> Option<Write> {
        Some(match value {
            Read::Addr(address) => self.address(address)?,
            Read::DebugAddrIndex(index) => {
                let address = self.read.address(index).ok()?;
                self.address(address)?
            }
            Read::Block(bytes) => Write::Block(bytes.slice().to_vec()),
            Read::Data1(value) => Write::Data1(value),
            Read::Data2(value) => Write::Data2(value),
            Read::Data4(value) => Write::Data4(value),
            Read::Data8(value) => Write::Data8(value),
            Read::Data16(value) => Write::Data16(value),
            Read::Sdata(value) => Write::Sdata(value),
            Read::Udata(value) => Write::Udata(value),
            Read::Exprloc(expression) => self.expression_attribute(name, expression)?,
            Read::Flag(true) => Write::FlagPresent,
            Read::Flag(false) => Write::Flag(false),
            Read::UnitRef(offset) => {
                let offset = offset.to_unit_section_offset(&self.read);
                Write::UnitRef(self.entries.get(&offset)?.1)
            }
            Read::DebugInfoRef(offset) => Write::DebugInfoRef(self.reference(offset)?),
            Read::DebugLineRef(_) if !self.files.is_empty() => Write::LineProgramRef,
            Read::LocationListsRef(_) | Read::DebugLocListsIndex(_) => {
                Write::LocationListRef(self.locations(value)?)
            }
            Read::FileIndex(index) => {
                let file = self.files.get(usize::try_from(index).ok()?)?;
                Write::FileIndex(Some((*file)?))
            }
            Read::String(_)
            | Read::DebugStrRef(_)
            | Read::DebugStrOffsetsIndex(_)
            | Read::DebugLineStrRef(_) => self.string(value)?,
            other => constant(other)?,
        })
    }

    /// An address of code by itself, as labels and call sites have.
    fn address(&self, address: u64) -> Option<Write> {
        let address = self.places.begin(address)?;
        Some(Write::Address(Address::Constant(address)))
    }

    /// What a reference into `.debug_info` has become.
    pub(super) fn reference(&self, offset: gimli::DebugInfoOffset) -> Option<DebugInfoRef> {
        let offset = offset.to_unit_section_offset(&self.read)?;
        let &(unit, entry) = self.entries.get(&offset)?;
        Some(DebugInfoRef::Entry(unit, entry))
    }

    /// What a reference to an entry of this unit has become.
    pub(super) fn own(&self, offset: gimli::UnitOffset) -> Option<UnitEntryId> {
        let offset = offset.to_unit_section_offset(&self.read);
        Some(self.entries.get(&offset)?.1)
    }

    /// A text without the 0 behind it, which is looked for.
    pub(super) fn text(&mut self, value: Read<Bytes<'a>>) -> Option<&'a [u8]> {
        if !self.budget.is_left() {
            return None;
        }
        let text = self.read.attr_string(value).ok()?.slice();
        let pays = self.budget.takes(text.len() as u64 + 1);
        (pays && !text.contains(&0)).then_some(text)
    }

    fn string(&mut self, value: Read<Bytes<'a>>) -> Option<Write> {
        let text = self.text(value)?;
        if let Some(&known) = self.known_strings.get(&text.as_ptr()) {
            return Some(Write::StringRef(known));
        }
        let id = self.strings.add(text);
        self.known_strings.insert(text.as_ptr(), id);
        Some(Write::StringRef(id))
    }
}

/// Attributes about the form of what is read.
fn is_base(name: gimli::DwAt) -> bool {
    matches!(
        name,
        dw::DW_AT_str_offsets_base
            | dw::DW_AT_addr_base
            | dw::DW_AT_rnglists_base
            | dw::DW_AT_loclists_base
            | dw::DW_AT_dwo_name
            | dw::DW_AT_GNU_addr_base
            | dw::DW_AT_GNU_ranges_base
            | dw::DW_AT_GNU_dwo_name
            | dw::DW_AT_GNU_dwo_id
    )
}

/// A constant of a class of its own. Others refer to sections that are not kept: macros, types of their own, other files.
fn constant(value: Read<Bytes<'_>>) -> Option<Write> {
    Some(match value {
        Read::Encoding(value) => Write::Encoding(value),
        Read::DecimalSign(value) => Write::DecimalSign(value),
        Read::Endianity(value) => Write::Endianity(value),
        Read::Accessibility(value) => Write::Accessibility(value),
        Read::Visibility(value) => Write::Visibility(value),
        Read::Virtuality(value) => Write::Virtuality(value),
        Read::Language(value) => Write::Language(value),
        Read::AddressClass(value) => Write::AddressClass(value),
        Read::IdentifierCase(value) => Write::IdentifierCase(value),
        Read::CallingConvention(value) => Write::CallingConvention(value),
        Read::Inline(value) => Write::Inline(value),
        Read::Ordering(value) => Write::Ordering(value),
        _ => return None,
    })
}
