//! The machine that debuggers see. None of them knows WebAssembly, so to them a guest is a program for x86-64: `rip` is the operator,
//! `rbp` the frame, `rsp` its lower end, and all else lies in one address space of 64 bits, which a stub makes up as it is read.
//!
//! | from | what |
//! |---|---|
//! | 0 | memory 0 |
//! | [`CODE_BASE`] | code: an operator is at its byte offset in the Wasm binary, see [`code_address`] |
//! | [`GLOBALS_BASE`] | globals, 16 bytes each, see [`global_address`] |
//! | below [`FRAMES_TOP`] | frames, [`FRAME_BYTES`] each, the outermost first and highest, see [`frame_address`] |
//!
//! A frame's address is that of the byte behind it, its CFA (canonical frame address, DWARF 5, 6.4), which `rbp` is. Below it are, at
//! [`RETURN_ADDRESS`] the address at which the caller goes on, 0 for the outermost frame, at [`CALLER_FRAME`] the caller's `rbp`, and
//! each local in 16 bytes, see [`local_offset`]. All are little-endian and zero-extended; the rest is 0.

/// Where the Wasm binary's first byte would be.
pub const CODE_BASE: u64 = 0x1000_0000_0000;
/// Where global 0 is.
pub const GLOBALS_BASE: u64 = 0x3000_0000_0000;
/// The address of the outermost frame.
pub const FRAMES_TOP: u64 = 0x7000_0000_0000;
/// Bytes from one frame to the next: room for more locals than a function can have, 50,000.
pub const FRAME_BYTES: u64 = 0x10_0000;
/// Where in a frame the return address is, in bytes from its address.
pub const RETURN_ADDRESS: i64 = -8;
/// Where in a frame the caller's frame's address is, in bytes from its address.
pub const CALLER_FRAME: i64 = -16;
/// Where in a frame local 0 is, in bytes from its address.
pub const LOCAL_0: i64 = -32;
/// Bytes from one local to the next, downwards, and from one global to the next, upwards.
pub const VALUE_BYTES: u64 = 16;

/// The address of the operator at a byte offset in the Wasm binary.
#[must_use]
pub const fn code_address(wasm_offset: u32) -> u64 {
    CODE_BASE.wrapping_add(wasm_offset as u64)
}

/// The byte offset in the Wasm binary of the operator at an address, if it is one of code.
#[must_use]
pub const fn wasm_offset(address: u64) -> Option<u32> {
    match address.checked_sub(CODE_BASE) {
        Some(offset) if offset <= u32::MAX as u64 => Some(offset as u32),
        _ => None,
    }
}

/// The address of a global of the global index space.
#[must_use]
pub const fn global_address(global: u32) -> u64 {
    GLOBALS_BASE.wrapping_add((global as u64).wrapping_mul(VALUE_BYTES))
}

/// The address of the frame that has so many around it: the outermost is 0.
#[must_use]
pub const fn frame_address(depth: u32) -> u64 {
    FRAMES_TOP.wrapping_sub((depth as u64).wrapping_mul(FRAME_BYTES))
}

/// Where in a frame a local is, in bytes from the frame's address.
#[must_use]
pub const fn local_offset(local: u32) -> i64 {
    LOCAL_0.wrapping_sub((local as i64).wrapping_mul(VALUE_BYTES as i64))
}
