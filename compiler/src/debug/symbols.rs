//! The symbol file: functions, the way from frame to frame, and DWARF, the module's own or made from its names.
//!
//! Input: the module, and where its steps are. Output: an ELF executable for the machine of [`wrt_format::image::debug::map`], which a
//! debugger takes for the guest's.

use core::ops::Range;

use gimli::write::{
    Address, CallFrameInstruction, CommonInformationEntry, DebugFrame, Dwarf, EndianVec,
    FrameDescriptionEntry, FrameTable, Sections,
};
use gimli::{Encoding, Format, LittleEndian, X86_64};
use wrt_format::image::debug::map::{
    CALLER_FRAME, CODE_BASE, RETURN_ADDRESS, VALUE_BYTES, code_address, global_address,
};

use super::custom::Custom;
use super::dwarf;
use super::elf::{self, Layout, Section, Space, Symbol};
use super::names::{self, Names};
use super::places::Places;
use crate::emit::Code;
use crate::error::Error;
use crate::wasm::{ExternKind, ValidModule};

/// Bytes of an address in the file.
pub(super) const ADDRESS_BYTES: u8 = 8;

/// A symbol file.
pub(crate) struct SymbolFile {
    pub(crate) bytes: Vec<u8>,
    /// Bytes of DWARF that the module has.
    pub(crate) dwarf_bytes: u64,
    /// Functions that are described by it, the others by names alone.
    pub(crate) dwarf_functions: u64,
}

/// Makes the file.
pub(super) fn file(module: &ValidModule<'_>, codes: &[Code]) -> Result<SymbolFile, Error> {
    let custom = Custom::new(module.wasm);
    let places = Places::new(module, codes, custom.code_start);
    let names = Names::new(module, &custom);
    let Described {
        mut sections,
        variables,
        dwarf_functions,
    } = match described(module, &custom, &places, &names)? {
        Some(described) => described,
        // The module's DWARF refers to what cannot be said: then there are names alone.
        None => {
            let without = Custom::default();
            let described = described(module, &without, &places, &names)?;
            described.ok_or_else(|| Error::internal("names cannot be written"))?
        }
    };
    let code = places.code();
    sections.push(frames(code.clone())?);
    let bytes = module.wasm.get(code.start as usize..code.end as usize);
    let memory = module.memories.first().map_or(0, |memory| {
        let bytes = u128::from(memory.min) << memory.page_log2.min(63);
        u64::try_from(bytes).unwrap_or(u64::MAX).min(CODE_BASE)
    });
    let globals = module.globals.len() as u32;
    let layout = Layout {
        text: code_address(code.start),
        code: bytes.unwrap_or_default(),
        memory,
        entry: entry(module, &places),
        globals: global_address(0)..global_address(globals),
    };
    let mut symbols = Vec::new();
    for body in 0..module.body_count() {
        symbols.push(Symbol {
            name: names.func(module.body_func_idx(body)),
            space: Space::Text,
            addresses: places.body(body),
        });
    }
    for global in 0..globals {
        let start = global_address(global);
        symbols.push(Symbol {
            name: names.global(global),
            space: Space::Globals,
            addresses: start..start + VALUE_BYTES,
        });
    }
    for (name, address) in variables {
        if address < memory {
            symbols.push(Symbol {
                name,
                space: Space::Memory,
                // Only the beginning: what a pointer goes to behind it is not the variable.
                addresses: address..address + 1,
            });
        }
    }
    let dwarf = custom.dwarf.values();
    Ok(SymbolFile {
        bytes: elf::write(&layout, &sections, &symbols),
        dwarf_bytes: dwarf.map(|section| section.len() as u64).sum(),
        dwarf_functions,
    })
}

/// Where the guest starts: debuggers look for no frame around that. 0 if the module does not say.
fn entry(module: &ValidModule<'_>, places: &Places) -> u64 {
    let mut exports = module.exports.iter();
    let start = exports.find(|export| export.kind == ExternKind::Func && export.name == "_start");
    let body = start.and_then(|start| start.index.checked_sub(module.imported_funcs));
    body.map_or(0, |body| places.body(body).start)
}

/// What is described.
struct Described {
    /// The sections of DWARF that are not empty.
    sections: Vec<Section>,
    /// Variables in memory: name and address.
    variables: Vec<(String, u64)>,
    /// Functions that the module's own DWARF describes.
    dwarf_functions: u64,
}

/// The sections of DWARF that are not empty, and the variables in memory; nothing if they cannot be written.
fn described(
    module: &ValidModule<'_>,
    custom: &Custom<'_>,
    places: &Places,
    names: &Names<'_>,
) -> Result<Option<Described>, Error> {
    let mut dwarf = Dwarf::new();
    let described = dwarf::convert(custom, places, &mut dwarf);
    names::describe(module, names, places, &described.bodies, &mut dwarf)?;
    let mut written = Sections::new(EndianVec::new(LittleEndian));
    if dwarf.write(&mut written).is_err() {
        return Ok(None);
    }
    let mut sections = Vec::new();
    written.for_each_mut(|id, bytes| {
        let bytes = bytes.take();
        if !bytes.is_empty() {
            let name = id.name();
            sections.push(Section { name, bytes });
        }
        Ok::<(), Error>(())
    })?;
    Ok(Some(Described {
        sections,
        variables: described.variables,
        dwarf_functions: described.bodies.len() as u64,
    }))
}

fn failed(error: gimli::write::Error) -> Error {
    Error::internal(format!("the symbol file: {error}"))
}

/// How a caller's frame is found, the same everywhere in the code: `rbp` is the frame's address.
fn frames(code: Range<u32>) -> Result<Section, Error> {
    let encoding = Encoding {
        format: Format::Dwarf32,
        version: 4,
        address_size: ADDRESS_BYTES,
    };
    let mut cie = CommonInformationEntry::new(encoding, 1, -8, X86_64::RA);
    for instruction in [
        CallFrameInstruction::Cfa(X86_64::RBP, 0),
        CallFrameInstruction::Offset(X86_64::RA, RETURN_ADDRESS as i32),
        CallFrameInstruction::Offset(X86_64::RBP, CALLER_FRAME as i32),
        CallFrameInstruction::ValOffset(X86_64::RSP, 0),
    ] {
        cie.add_instruction(instruction);
    }
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    let start = Address::Constant(code_address(code.start));
    table.add_fde(
        cie,
        FrameDescriptionEntry::new(start, code.end - code.start),
    );
    let mut section = DebugFrame::from(EndianVec::new(LittleEndian));
    table.write_debug_frame(&mut section).map_err(failed)?;
    Ok(Section {
        name: ".debug_frame",
        bytes: section.0.into_vec(),
    })
}
