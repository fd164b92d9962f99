//! The symbol file: an ELF executable for x86-64 that holds what debuggers read, and the module's code where they expect it.
//!
//! Input: sections and symbols. Output: the bytes (System V ABI, gABI 4.1; AMD64 supplement).

use core::ops::Range;

/// A section beside the code.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// The parts of the address space that symbols lie in, each a section. Debuggers look for a symbol of data only where a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Functions.
    Text = 1,
    /// Variables in memory 0.
    Memory = 2,
    /// Globals.
    Globals = 3,
}

/// A function or variable.
#[derive(Debug)]
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) space: Space,
    pub(super) addresses: Range<u64>,
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    /// Address of the code.
    pub(super) text: u64,
    /// The code.
    pub(super) code: &'a [u8],
    /// Bytes of memory 0 at the start.
    pub(super) memory: u64,
    /// Address at which the guest starts, or 0.
    pub(super) entry: u64,
    /// Addresses of the globals.
    pub(super) globals: Range<u64>,
}

const HEADER_BYTES: usize = 64;
const SECTION_HEADER_BYTES: usize = 64;
const SYMBOL_BYTES: usize = 24;
/// e_machine of x86-64.
const EM_X86_64: u16 = 62;
const SHT_PROGBITS: u32 = 1;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHT_NOBITS: u32 = 8;
const SHF_WRITE: u64 = 1;
const SHF_ALLOC: u64 = 2;
const SHF_EXECINSTR: u64 = 4;

/// Names one after the other, each ended by 0.
struct Strings(Vec<u8>);

impl Strings {
    /// Puts a name; gives its place. What is behind a 0 would be lost, so a 0 is left out.
    fn add(&mut self, name: &str) -> u32 {
        let at = self.0.len() as u32;
        self.0.extend(name.bytes().filter(|&byte| byte != 0));
        self.0.push(0);
        at
    }
}

/// A row of the section header table.
#[derive(Default)]
struct Header {
    name: u32,
    kind: u32,
    flags: u64,
    address: u64,
    offset: u64,
    len: u64,
    link: u32,
    info: u32,
    align: u64,
    entry: u64,
}

impl Header {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.name.to_le_bytes());
        out.extend(self.kind.to_le_bytes());
        for word in [self.flags, self.address, self.offset, self.len] {
            out.extend(word.to_le_bytes());
        }
        out.extend(self.link.to_le_bytes());
        out.extend(self.info.to_le_bytes());
        out.extend(self.align.to_le_bytes());
        out.extend(self.entry.to_le_bytes());
    }
}

/// A file under construction.
struct File {
    bytes: Vec<u8>,
    /// Names of sections.
    names: Strings,
    headers: Vec<Header>,
}

impl File {
    /// Puts a section.
    fn put(&mut self, name: &str, bytes: &[u8], header: Header) {
        let len = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(len, 0);
        self.headers.push(Header {
            name: self.names.add(name),
            offset: len as u64,
            len: bytes.len() as u64,
            align: header.align.max(1),
            ..header
        });
        self.bytes.extend_from_slice(bytes);
    }

    /// Puts the sections that are spaces, in their order.
    fn put_spaces(&mut self, layout: &Layout<'_>) {
        let text = Header {
            kind: SHT_PROGBITS,
            flags: SHF_ALLOC | SHF_EXECINSTR,
            address: layout.text,
            ..Header::default()
        };
        self.put(".text", layout.code, text);
        let memory = 0..layout.memory;
        for (name, addresses) in [(".memory", &memory), (".globals", &layout.globals)] {
            let header = Header {
                kind: SHT_NOBITS,
                flags: SHF_ALLOC | SHF_WRITE,
                address: addresses.start,
                ..Header::default()
            };
            self.put(name, &[], header);
            if let Some(header) = self.headers.last_mut() {
                header.len = addresses.end - addresses.start;
            }
        }
    }
}

/// Writes the file: the spaces, then the other sections and the symbols.
pub(super) fn write(layout: &Layout<'_>, sections: &[Section], symbols: &[Symbol]) -> Vec<u8> {
    let mut file = File {
        bytes: vec![0; HEADER_BYTES],
        names: Strings(vec![0]),
        headers: vec![Header::default()],
    };
    file.put_spaces(layout);
    let of_kind = |kind| Header {
        kind,
        ..Header::default()
    };
    for section in sections {
        file.put(section.name, &section.bytes, of_kind(SHT_PROGBITS));
    }
    let (table, symbol_names) = symbol_table(symbols);
    let header = Header {
        kind: SHT_SYMTAB,
        // The names follow.
        link: file.headers.len() as u32 + 1,
        // The first that is not local.
        info: 1,
        align: 8,
        entry: SYMBOL_BYTES as u64,
        ..Header::default()
    };
    file.put(".symtab", &table, header);
    file.put(".strtab", &symbol_names, of_kind(SHT_STRTAB));
    let mut names = file.names.0.clone();
    names.extend(b".shstrtab\0");
    file.put(".shstrtab", &names, of_kind(SHT_STRTAB));
    let len = file.bytes.len().next_multiple_of(8);
    file.bytes.resize(len, 0);
    for header in &file.headers {
        header.put(&mut file.bytes);
    }
    let start = file_header(layout.entry, len as u64, file.headers.len() as u16);
    file.bytes[..HEADER_BYTES].copy_from_slice(&start);
    file.bytes
}

/// The symbols' table and their names.
fn symbol_table(symbols: &[Symbol]) -> (Vec<u8>, Vec<u8>) {
    let mut names = Strings(vec![0]);
    let mut table = vec![0; SYMBOL_BYTES];
    for symbol in symbols {
        table.extend(names.add(&symbol.name).to_le_bytes());
        // Global; a function or an object; of default visibility.
        let kind = if symbol.space == Space::Text { 2 } else { 1 };
        table.extend([1 << 4 | kind, 0]);
        table.extend((symbol.space as u16).to_le_bytes());
        table.extend(symbol.addresses.start.to_le_bytes());
        let len = symbol.addresses.end.saturating_sub(symbol.addresses.start);
        table.extend(len.to_le_bytes());
    }
    (table, names.0)
}

fn file_header(entry: u64, table: u64, sections: u16) -> Vec<u8> {
    let mut out = b"\x7fELF".to_vec();
    // 64 bits, little-endian, version 1, System V.
    out.extend([2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // An executable.
    out.extend(2_u16.to_le_bytes());
    out.extend(EM_X86_64.to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    // There are no program headers.
    for word in [entry, 0, table] {
        out.extend(word.to_le_bytes());
    }
    out.extend(0_u32.to_le_bytes());
    for half in [HEADER_BYTES as u16, 56, 0, SECTION_HEADER_BYTES as u16] {
        out.extend(half.to_le_bytes());
    }
    out.extend(sections.to_le_bytes());
    out.extend((sections - 1).to_le_bytes());
    out
}
