//! DWARF made from names: functions that the module's own DWARF does not describe, with their parameters and locals, and all globals.
//!
//! Input: the module and what is described already. Output: one unit more, without lines. Names are those of the name section, else of
//! exports and imports, else `func[3]`, `local2`, `global1`; types are those of WebAssembly.

use std::collections::{HashMap, HashSet};

use gimli::constants as dw;
use gimli::write::{
    Address, AttributeValue, Dwarf, Expression, LineProgram, Range, RangeList, Unit, UnitEntryId,
    UnitId,
};
use gimli::{Encoding, Format};
use wrt_format::image::debug::map::{global_address, local_offset};
use wrt_format::image::types::{ValType, val};

use super::custom::Custom;
use super::places::Places;
use super::symbols::ADDRESS_BYTES;
use crate::error::Error;
use crate::wasm::{ExternKind, ExternType, ValidModule};

/// The best names there are.
#[derive(Debug)]
pub(super) struct Names<'a> {
    funcs: HashMap<u32, &'a str>,
    globals: HashMap<u32, &'a str>,
    /// By function and local.
    locals: &'a HashMap<(u32, u32), &'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn new(module: &ValidModule<'a>, custom: &'a Custom<'a>) -> Self {
        let exports = |kind| {
            let exports = module.exports.iter();
            let exports = exports.filter(move |export| export.kind == kind);
            exports.map(|export| (export.index, export.name))
        };
        let imports = module.imports.iter();
        let imports = imports.filter(|import| matches!(import.ty, ExternType::Global(_)));
        let mut globals: HashMap<_, _> = (0..).zip(imports.map(|import| import.name)).collect();
        globals.extend(exports(ExternKind::Global));
        globals.extend(custom.globals.iter().map(|(&index, &name)| (index, name)));
        let mut funcs: HashMap<_, _> = exports(ExternKind::Func).collect();
        funcs.extend(module.func_names.iter().copied());
        let is_name = |name: &str| name.bytes().next().is_some_and(|first| first != 0);
        funcs.retain(|_, name| is_name(name));
        globals.retain(|_, name| is_name(name));
        Self {
            funcs,
            globals,
            locals: &custom.locals,
        }
    }

    /// The name of a function of the index space.
    pub(super) fn func(&self, func: u32) -> String {
        let name = self.funcs.get(&func);
        name.map_or_else(|| format!("func[{func}]"), |name| (*name).to_owned())
    }

    /// The name of a global of the index space.
    pub(super) fn global(&self, global: u32) -> String {
        let name = self.globals.get(&global);
        name.map_or_else(|| format!("global{global}"), |name| (*name).to_owned())
    }

    /// The name of a local.
    fn local(&self, func: u32, local: u32) -> String {
        let name = self.locals.get(&(func, local));
        name.map_or_else(|| format!("local{local}"), |name| (*name).to_owned())
    }
}

/// A unit under construction.
struct Writer<'a> {
    dwarf: &'a mut Dwarf,
    unit: UnitId,
    /// The types that have occurred.
    types: HashMap<ValType, UnitEntryId>,
}

/// Adds the unit. `described` are the bodies that the module's own DWARF is about.
pub(super) fn describe(
    module: &ValidModule<'_>,
    names: &Names<'_>,
    places: &Places,
    described: &HashSet<u32>,
    dwarf: &mut Dwarf,
) -> Result<(), Error> {
    let encoding = Encoding {
        format: Format::Dwarf32,
        version: 4,
        address_size: ADDRESS_BYTES,
    };
    let unit = dwarf.units.add(Unit::new(encoding, LineProgram::none()));
    let mut writer = Writer {
        dwarf,
        unit,
        types: HashMap::new(),
    };
    let root = writer.unit().root();
    let name = module.module_name.unwrap_or("WebAssembly module");
    writer.set_name(root, name);
    writer.set(root, dw::DW_AT_producer, text("wrtc"));
    // The expressions of C are the ones that people know.
    let language = AttributeValue::Language(dw::DW_LANG_C99);
    writer.set(root, dw::DW_AT_language, language);
    let mut ranges = Vec::new();
    for body in (0..module.body_count()).filter(|body| !described.contains(body)) {
        let addresses = places.body(body);
        let begin = Address::Constant(addresses.start);
        let length = addresses.end - addresses.start;
        ranges.push(Range::StartLength { begin, length });
        writer.function(module, names, places, body)?;
    }
    for (global, ty) in (0..).zip(&module.globals) {
        let name = names.global(global);
        let mut place = Expression::new();
        place.op_addr(Address::Constant(global_address(global)));
        writer.variable(root, dw::DW_TAG_variable, &name, ty.ty, place);
    }
    ranges.retain(|range| !matches!(range, Range::StartLength { length: 0, .. }));
    if !ranges.is_empty() {
        let ranges = writer.unit().ranges.add(RangeList(ranges));
        let ranges = AttributeValue::RangeListRef(ranges);
        writer.set(root, dw::DW_AT_ranges, ranges);
        // Ranges count from here.
        let base = AttributeValue::Address(Address::Constant(0));
        writer.set(root, dw::DW_AT_low_pc, base);
    }
    Ok(())
}

/// A text, up to its first 0.
fn text(text: &str) -> AttributeValue {
    let text = text.bytes().take_while(|&byte| byte != 0);
    AttributeValue::String(text.collect())
}

impl Writer<'_> {
    fn unit(&mut self) -> &mut Unit {
        self.dwarf.units.get_mut(self.unit)
    }

    fn set(&mut self, entry: UnitEntryId, name: gimli::DwAt, value: AttributeValue) {
        self.unit().get_mut(entry).set(name, value);
    }

    fn set_name(&mut self, entry: UnitEntryId, name: &str) {
        self.set(entry, dw::DW_AT_name, text(name));
    }

    fn function(
        &mut self,
        module: &ValidModule<'_>,
        names: &Names<'_>,
        places: &Places,
        body: u32,
    ) -> Result<(), Error> {
        let func = module.body_func_idx(body);
        let addresses = places.body(body);
        let root = self.unit().root();
        let entry = self.unit().add(root, dw::DW_TAG_subprogram);
        self.set_name(entry, &names.func(func));
        self.set(entry, dw::DW_AT_external, AttributeValue::FlagPresent);
        self.set(entry, dw::DW_AT_prototyped, AttributeValue::FlagPresent);
        let low = AttributeValue::Address(Address::Constant(addresses.start));
        self.set(entry, dw::DW_AT_low_pc, low);
        let len = AttributeValue::Udata(addresses.end - addresses.start);
        self.set(entry, dw::DW_AT_high_pc, len);
        let mut frame = Expression::new();
        frame.op(dw::DW_OP_call_frame_cfa);
        self.set(entry, dw::DW_AT_frame_base, AttributeValue::Exprloc(frame));
        if let Some(&result) = module.func_type(func).results.first() {
            let ty = AttributeValue::UnitRef(self.ty(result));
            self.set(entry, dw::DW_AT_type, ty);
        }
        let params = module.func_type(func).params.len();
        for (local, ty) in (0..).zip(module.local_types(body)?) {
            let tag = match (local as usize) < params {
                true => dw::DW_TAG_formal_parameter,
                false => dw::DW_TAG_variable,
            };
            let name = names.local(func, local);
            let mut place = Expression::new();
            place.op_fbreg(local_offset(local));
            self.variable(entry, tag, &name, ty, place);
        }
        Ok(())
    }

    fn variable(
        &mut self,
        parent: UnitEntryId,
        tag: gimli::DwTag,
        name: &str,
        ty: ValType,
        place: Expression,
    ) {
        let ty = AttributeValue::UnitRef(self.ty(ty));
        let entry = self.unit().add(parent, tag);
        self.set_name(entry, name);
        self.set(entry, dw::DW_AT_type, ty);
        self.set(entry, dw::DW_AT_location, AttributeValue::Exprloc(place));
    }

    /// The entry of a value type: what a debugger shows its values as. A reference is a handle of 64 bits.
    fn ty(&mut self, ty: ValType) -> UnitEntryId {
        if let Some(&entry) = self.types.get(&ty) {
            return entry;
        }
        let (encoding, bytes) = match ty {
            val::I32 => (dw::DW_ATE_signed, 4),
            val::I64 => (dw::DW_ATE_signed, 8),
            val::F32 => (dw::DW_ATE_float, 4),
            val::F64 => (dw::DW_ATE_float, 8),
            val::V128 => (dw::DW_ATE_unsigned, 16),
            _ => (dw::DW_ATE_unsigned, 8),
        };
        let root = self.unit().root();
        let entry = self.unit().add(root, dw::DW_TAG_base_type);
        self.set_name(entry, &ty.to_string());
        let encoding = AttributeValue::Encoding(encoding);
        self.set(entry, dw::DW_AT_encoding, encoding);
        let bytes = AttributeValue::Udata(bytes);
        self.set(entry, dw::DW_AT_byte_size, bytes);
        self.types.insert(ty, entry);
        entry
    }
}
