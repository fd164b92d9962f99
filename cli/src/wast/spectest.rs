//! The module `spectest`, which scripts import from: the interpreter's test host.
//!
//! Input: an engine. Output: handles by name. Its functions take what they are given and do nothing.

use wrt_vm::{Engine, Error, Extern, GlobalType, MemoryType, TableType, ValType, valtype};

use valtype::{F32, F64, FUNCREF, I32, I64};

/// Parameters of the print functions.
const FUNCTIONS: [(&str, &[ValType]); 7] = [
    ("print", &[]),
    ("print_i32", &[I32]),
    ("print_i64", &[I64]),
    ("print_f32", &[F32]),
    ("print_f64", &[F64]),
    ("print_i32_f32", &[I32, F32]),
    ("print_f64_f64", &[F64, F64]),
];

/// Log2 of the size of a page.
const PAGE_LOG2: u8 = 16;

/// Makes everything in an engine.
pub(crate) fn define(engine: &mut Engine<'_>) -> Result<Vec<(&'static str, Extern)>, Error> {
    let globals = [
        ("global_i32", I32, 666),
        ("global_i64", I64, 666),
        ("global_f32", F32, u64::from(666.6_f32.to_bits())),
        ("global_f64", F64, 666.6_f64.to_bits()),
    ];
    let mut items = Vec::new();
    for (name, params) in FUNCTIONS {
        items.push((name, engine.new_host_func(params, &[])?.into()));
    }
    for (name, ty, value) in globals {
        let ty = GlobalType { ty, mutable: false };
        items.push((name, engine.new_global(ty, value)?.into()));
    }
    for (name, is64) in [("table", false), ("table64", true)] {
        let ty = TableType {
            elem: FUNCREF,
            is64,
            min: 10,
            max: Some(20),
        };
        items.push((name, engine.new_table(ty, 0)?.into()));
    }
    for (name, shared) in [("memory", false), ("shared_memory", true)] {
        let ty = MemoryType {
            is64: false,
            shared,
            page_log2: PAGE_LOG2,
            min: 1,
            max: Some(2),
        };
        items.push((name, engine.new_memory(ty)?.into()));
    }
    Ok(items)
}
