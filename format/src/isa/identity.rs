//! A number that tells instruction tables apart, and properties of instructions that follow from their rows.

use super::derive::{Charge, Control, INFO, OpInfo};
use super::operand::Role;

/// Identifies the instruction table: a hash over number, name, operands, control, charge and what it may do of every row. Images carry it, so that
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

const fn mix_number(hash: u32, number: u16) -> u32 {
    let [low, high] = number.to_le_bytes();
    mix(mix(hash, low), high)
}

const fn row_hash(mut hash: u32, info: &OpInfo) -> u32 {
    hash = mix_number(hash, info.op as u16);
    let name = info.name.as_bytes();
    let mut i = 0;
    while i < name.len() {
        hash = mix(hash, name[i]);
        i += 1;
    }
    let mut i = 0;
    while i < info.fields.len() {
        hash = mix(hash, info.fields[i].role as u8 | 0x80);
        let place = info.fields[i].place;
        hash = mix(mix(hash, place.bits), place.byte);
        if let Some(own) = place.counted() {
            hash = mix(mix(hash, own.first), own.last);
            hash = mix(mix(hash, own.zero), own.shift);
        }
        i += 1;
    }
    hash = mix(mix(hash, info.control as u8), info.charge as u8);
    mix(hash, info.stops as u8 | (info.floats as u8) << 1)
}

/// Whether an instruction of this name computes with f32 or f64 that are not in a vector: what it is named after is in the name, as in
/// `br_f64_lt` and `i32_trunc_f32_s`.
#[must_use]
pub const fn computes_floats(name: &str) -> bool {
    let name = name.as_bytes();
    let mut start = 0;
    while start + 3 <= name.len() {
        let begins = start == 0 || name[start - 1] == b'_';
        let ends = start + 3 == name.len() || name[start + 3] == b'_';
        let bits = [name[start + 1], name[start + 2]];
        if begins && ends && name[start] == b'f' && matches!(&bits, b"32" | b"64") {
            return true;
        }
        start += 1;
    }
    false
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
    contains(formula, "mem[")
}

/// Whether the machine can stop at an instruction. The formulas are exact about what may trap: every access to memory or tables.
pub(super) const fn may_stop(formula: &str, control: Control, charge: Charge) -> bool {
    let always = matches!(
        control,
        Control::Enter
            | Control::Fuel
            | Control::Call
            | Control::TailCall
            | Control::Throw
            | Control::Trap
    );
    always
        || !matches!(charge, Charge::Zero)
        || contains(formula, "trap")
        || contains(formula, "mem[")
        || contains(formula, "table[")
}

const fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut start = 0;
    while start + part.len() <= text.len() {
        let mut i = 0;
        while i < part.len() && text[start + i] == part[i] {
            i += 1;
        }
        if i == part.len() {
            return true;
        }
        start += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::INFO;

    #[test]
    fn memory_zero_is_used_by_what_the_names_say() {
        for info in INFO {
            let name = info.name.strip_suffix("_short").unwrap_or(info.name);
            let name = name.strip_suffix("_tiny").unwrap_or(name);
            let name = name.split("_acc_").next().unwrap_or_default();
            let name = name.split("_facc_").next().unwrap_or_default();
            let accesses = name.starts_with("load")
                || name.starts_with("store")
                || name.contains("_load")
                || name.contains("_store")
                || name.ends_with("_mem")
                || name.ends_with("_mem_wrap")
                || name.ends_with("_mem_imm");
            // Of loads and stores that is the form that names its memory.
            let named = name.starts_with("load") || name.starts_with("store");
            let named = named || !info.floats && info.feature() != 0;
            let expected = accesses && !(named && name.ends_with("_mem"));
            assert_eq!(info.memory_zero, expected, "{}", info.name);
        }
    }

    /// What has floats for operands or results says so in its formula, but for what only moves them.
    #[test]
    fn floats_are_computed_by_what_the_formulas_say() {
        let mut found = 0;
        for info in INFO {
            let vector = info.fields.iter().any(|field| field.role.is_pair());
            let text = info.formula;
            let says = ["f32", "f64"].iter().any(|ty| text.contains(ty));
            assert_eq!(info.floats, says && !vector, "{}: {text}", info.name);
            found += usize::from(info.floats);
        }
        assert!(found > 150, "{found}");
    }

    /// It starts over when the run goes on, and nothing is left of an accumulator then. Calls find the integer accumulator anew in its slot.
    #[test]
    fn what_can_pause_reads_no_accumulator_but_calls_do() {
        use super::super::{Charge, Control, Role};
        let mut calls = 0;
        for info in INFO {
            let leaves = matches!(
                info.control,
                Control::Fuel | Control::Call | Control::TailCall | Control::Throw
            );
            let mut fields = info.fields.iter();
            let read = fields.find(|it| it.role.defined_by().is_some());
            let pauses = leaves || info.charge != Charge::Zero;
            if info.control == Control::Call && read.is_some_and(|it| it.role == Role::Acc) {
                calls += 1;
            } else {
                assert!(!(pauses && read.is_some()), "{}", info.name);
            }
        }
        assert_eq!(calls, 4);
    }

    #[test]
    fn what_stops_are_blocks_calls_traps_and_accesses() {
        let stops = |name: &str| {
            let info = INFO.iter().find(|info| info.name == name);
            info.map(|info| info.stops)
        };
        for name in [
            "enter",
            "fuel",
            "call",
            "return_call",
            "trap",
            "i32_div_s",
            "load8_u",
            "store64_imm",
        ] {
            assert_eq!(stops(name), Some(true), "{name}");
        }
        for name in [
            "memory_fill",
            "memory_grow",
            "table_get",
            "i32_add_load",
            "call_indirect",
        ] {
            assert_eq!(stops(name), Some(true), "{name}");
        }
        for name in [
            "br",
            "mov",
            "i32_add",
            "global_set",
            "ret",
            "i32_trunc_sat_f64_s",
        ] {
            assert_eq!(stops(name), Some(false), "{name}");
        }
    }
}
