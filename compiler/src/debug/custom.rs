//! What is read from the module once more: the place of the code, names of locals and globals, DWARF.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most sections and names are of no use here, and new ones may come"
)]

use std::collections::HashMap;

use wasmparser::{KnownCustom, Name, NameSectionReader, Payload};

/// What the module says for people.
#[derive(Debug, Default)]
pub(super) struct Custom<'a> {
    /// Byte offset in the module of the contents of the code section.
    pub(super) code_start: u32,
    /// Names of locals by function and local.
    pub(super) locals: HashMap<(u32, u32), &'a str>,
    /// Names of globals.
    pub(super) globals: HashMap<u32, &'a str>,
    /// Sections whose names begin with `.debug_`.
    pub(super) dwarf: HashMap<&'a str, &'a [u8]>,
}

impl<'a> Custom<'a> {
    /// Reads a valid module.
    pub(super) fn new(wasm: &'a [u8]) -> Self {
        let mut custom = Self::default();
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            match payload {
                Ok(Payload::CodeSectionStart {
                    unchecked_range, ..
                }) => {
                    custom.code_start = u32::try_from(unchecked_range.start).unwrap_or(0);
                }
                Ok(Payload::CustomSection(section)) => {
                    if section.name().starts_with(".debug_") {
                        custom.dwarf.insert(section.name(), section.data());
                    }
                    if let KnownCustom::Name(names) = section.as_known() {
                        // What could be read of a malformed section is kept: at worst a name is missing.
                        let _ = custom.names(names);
                    }
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        custom
    }

    fn names(&mut self, names: NameSectionReader<'a>) -> wasmparser::Result<()> {
        for name in names {
            match name? {
                Name::Local(funcs) => {
                    for func in funcs {
                        let func = func?;
                        for naming in func.names {
                            let naming = naming?;
                            self.locals.insert((func.index, naming.index), naming.name);
                        }
                    }
                }
                Name::Global(globals) => {
                    for naming in globals {
                        let naming = naming?;
                        self.globals.insert(naming.index, naming.name);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The section of DWARF of this name, empty if there is none.
    pub(super) fn section(&self, name: &str) -> &'a [u8] {
        self.dwarf.get(name).copied().unwrap_or_default()
    }
}
