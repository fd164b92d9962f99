//! `ISA.md`, generated from the instruction table; the test keeps it fresh, and `BLESS=1` rewrites it.

use alloc::format;
use alloc::string::String;

use super::{Charge, Control, INFO, OpInfo, Role, row_number, site_word};

const HEAD: &str = "# The instructions of WRT

Generated from `src/isa/ops.rs` by a test: run `BLESS=1 cargo test -p wrt-format manual` after a change there.

Code is a stream of 16-bit little-endian words. An instruction is its opcode, word 0, and its operands: a 16-bit operand is in the
word named with it, a 32-bit operand in that word and the next, low half first. Operands of short forms are in the low or the high byte
of a word, sign-extended where others of their role are signed, or in a high byte and the next word. `FORMAT.md` says what the verifier
demands.

The operand of some is part of the opcode, which therefore has many numbers. `fuel` is 0x0300 for cost 0 and 0x0800 less the cost for 1 to 62: in
either case the low byte is minus the cost. `br_short` is 0x0300 plus the low byte of its label, which is not 0. `enter` is 0x8000 plus the frame size, and
its second word is a `fuel`. Of others the first and the last number are given: the operand `in opcode` is what its range says, in steps, for one number
after the other.

Slots are 64 bits wide. `i32(..)` and `f32(..)` compute on the low 32 bits and store the result zero-extended. Labels count words
from the instruction's opcode.

An address in `mem[..]` is in memory 0 and as wide as that memory's addresses: of an operand it is the low 32 bits, or the whole slot where
they have 64; `wrap(..)` is what is left of the sum or the shift in as many bits; an offset that is added outside of it does not wrap, so that
a sum beyond the last address is out of bounds. An address that the instruction has computed or loaded itself has the width that is said there.

Roles: `Def` is a slot written, `Use` a slot read, `Mod` a slot read and advanced; `DefAcc`, `DefF32` and `DefF64` are written to an
accumulator too, and `Acc`, `AccF32` and `AccF64` are the slot that the instruction just before has so written. `Imm`, `Label` and the
names of index spaces speak for themselves.

| number | instruction | operands | control | also charges | meaning |
|---|---|---|---|---|---|
";

fn row(info: &OpInfo) -> String {
    let operands: String = (info.fields.iter().enumerate())
        .map(|(i, field)| {
            let separator = if i == 0 { "" } else { ", " };
            let (name, role, at) = (field.name, field.role, field.place.word());
            let part = match (field.place.bits, field.place.shift()) {
                (8, 0) => " low",
                (8, _) => " high",
                (24, _) => " high, and the next",
                _ => "",
            };
            if let Some(own) = field.place.counted() {
                let value = |byte: u8| (i32::from(byte) - i32::from(own.zero)) << own.shift;
                let (first, last) = (value(own.first), value(own.last));
                return format!("{separator}{name}: {role:?} in opcode, {first} to {last}");
            }
            format!("{separator}{name}: {role:?} {at}{part}")
        })
        .collect();
    let charge = match info.charge {
        Charge::Zero => "",
        Charge::Bytes => "1 per 64 bytes",
        Charge::Pages => "1 per page",
        Charge::Elems => "1 per 8 elements",
        Charge::Heap => "1 per whole 64 bytes",
    };
    let formula = info.formula.replace('|', "\\|");
    let (number, name, control) = (info.op as u16, info.name, info.control);
    let numbers = (number..).take_while(|&it| row_number(it) == Some(number));
    let numbers = match numbers.last() {
        Some(last) if last > number => format!("{number:#06x} to {last:#06x}"),
        _ => format!("{number:#06x}"),
    };
    format!("| {numbers} | `{name}` | {operands} | {control:?} | {charge} | {formula} |\n")
}

#[test]
fn isa_md_is_fresh() {
    let text: String = core::iter::once(String::from(HEAD))
        .chain(INFO.iter().map(row))
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ISA.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let file = std::fs::read_to_string(path).unwrap();
    assert!(file == text, "ISA.md is stale: run this test with BLESS=1");
}

/// What the rest of the machine relies on when it reads operands without the table.
#[test]
fn the_table_is_as_the_machine_expects() {
    for info in INFO {
        let at = |role| {
            let field = info.fields.iter().find(|it| it.role == role);
            field.map(|it| it.place.word())
        };
        let name = info.name;
        // The verifier looks no further for what an instruction leaves in an accumulator.
        for role in [Role::DefAcc, Role::DefF32, Role::DefF64] {
            assert!(at(role).is_none_or(|word| word <= 1), "{name}");
        }
        match info.control {
            // Calls end with base and dst, in two bytes or in two words before a 0: `ret` reads them. A throw does as if it were one.
            Control::Call | Control::Stub | Control::Throw if !info.fields.is_empty() => {
                let places = (at(Role::Window), at(Role::Results), at(Role::Wide));
                let last = usize::from(info.words) - 1;
                let words = [2, 1, 0].map(|behind| last.checked_sub(behind));
                let wide = words.into();
                let bytes = (Some(last), Some(last), None);
                assert!(places == wide || places == bytes, "{name}");
                let window = info.fields.iter().find(|it| it.role == Role::Window);
                let window = window.unwrap().place;
                let one_byte = window.bits == 8;
                assert!(
                    one_byte == (places == bytes) && window.shift() == 0,
                    "{name}"
                );
                assert_eq!(site_word(window), last, "{name}");
            }
            // A branch, and a call, read the cost without looking at the instruction.
            Control::Enter => assert_eq!(at(Role::BlockCost), Some(1), "{name}"),
            Control::Fuel => assert_eq!(at(Role::BlockCost), Some(0), "{name}"),
            Control::Table => assert_eq!(at(Role::TargetCount), Some(2), "{name}"),
            Control::Branch | Control::CondBranch => {
                let labels = [at(Role::Label16), at(Role::Label32)];
                assert_eq!(labels.iter().flatten().count(), 1, "{name}");
            }
            Control::Call
            | Control::Throw
            | Control::Stub
            | Control::Next
            | Control::TailCall
            | Control::Return
            | Control::Trap => {}
        }
    }
}
