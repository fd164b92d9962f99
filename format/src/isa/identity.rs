//! A number that tells instruction tables apart, and properties of instructions that follow from their rows.

use super::derive::{INFO, OpInfo};
use super::operand::Role;

/// Identifies the instruction table: a hash over number, name, operands, control and charge of every row. Images carry it, so that
/// code is never run by a table it was not made for.
pub const ISA_ID: u32 = {
    let mut hash = 0x811c_9dc5;
    let mut i = 0;
    while i < INFO.len() {
        hash = row_hash(hash, &INFO[i]);
        i += 1;
    }
    hash
};

/// FNV-1a.
const fn mix(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn row_hash(mut hash: u32, info: &OpInfo) -> u32 {
    let [low, high] = (info.op as u16).to_le_bytes();
    hash = mix(mix(hash, low), high);
    let name = info.name.as_bytes();
    let mut i = 0;
    while i < name.len() {
        hash = mix(hash, name[i]);
        i += 1;
    }
    let mut i = 0;
    while i < info.fields.len() {
        hash = mix(hash, info.fields[i].role as u8 | 0x80);
        i += 1;
    }
    mix(mix(hash, info.control as u8), info.charge as u8)
}

/// Whether an instruction of this formula and these operands works on memory 0 without naming it.
pub(super) const fn uses_memory_zero(formula: &str, roles: &[Role]) -> bool {
    let mut i = 0;
    while i < roles.len() {
        if matches!(roles[i], Role::Mem) {
            return false;
        }
        i += 1;
    }
    let text = formula.as_bytes();
    let mut i = 0;
    while i + 4 <= text.len() {
        if text[i] == b'm' && text[i + 1] == b'e' && text[i + 2] == b'm' && text[i + 3] == b'[' {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::INFO;

    #[test]
    fn memory_zero_is_used_by_what_the_names_say() {
        for info in INFO {
            let name = info.name.split("_acc_").next().unwrap_or_default();
            let name = name.split("_facc_").next().unwrap_or_default();
            let accesses = name.starts_with("load")
                || name.starts_with("store")
                || name.ends_with("_load")
                || name.ends_with("_store")
                || name.ends_with("_mem_imm");
            let named = name.starts_with("load") || name.starts_with("store");
            let expected = accesses && !(named && name.ends_with("_mem"));
            assert_eq!(info.memory_zero, expected, "{}", info.name);
        }
    }
}
