//! Cases for the comparison with Wasmtime (`testsuite/real/fuel.py`): modules with control flow and calls, what is called, and our
//! results and fuel totals.
//!
//! `WRT_CASES=DIR` names the folder they are written to; `WRT_CASES_MODULES=N` sets how many (default 40). A module is one line of
//! `cases.jsonl` and two files, `SEED.wasm` and `SEED.entries.wasm`: in the second every function costs 1 more, by which the reader
//! learns how many functions a run has entered, since Wasmtime charges 1 for each and we do not. A module with structs, arrays and i31, or with exceptions, has
//! no second file: what those cost here goes by their size, and by what is searched and left.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wasmparser::{Operator, Parser, Payload};
use wrt_compiler::OptLevel;
use wrt_vm::{ValType, valtype};

use crate::generate::{self, Random};
use crate::ours::Ours;
use crate::outcome::{End, canonical_f32, canonical_f64, is_limit};
use crate::{CALLS, FUEL, arguments, image, number, rewrite};

/// First seed: behind those of the other test.
const FIRST_SEED: u64 = 1_000_000;
/// Of so many seeds one has structs, arrays and i31.
const COLLECTED: u64 = 4;
/// Of so many one has exceptions.
const THROWING: u64 = 9;

/// Whether no instruction of the module charges by length, which Wasmtime does not.
fn charges_by_operator(wasm: &[u8]) -> bool {
    let charged_by_length = |op: &Operator<'_>| {
        matches!(
            op,
            Operator::MemoryGrow { .. }
                | Operator::MemoryFill { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryInit { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
        )
    };
    let payloads = Parser::new(0).parse_all(wasm);
    let mut bodies = payloads.filter_map(|payload| match payload.unwrap() {
        Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    bodies.all(|body| {
        let mut ops = body.get_operators_reader().unwrap().into_iter();
        !ops.any(|op| charged_by_length(&op.unwrap()))
    })
}

/// A value of a type as it is written down: numbers as their bits, NaN canonical, references as whether they are there.
fn written(ty: ValType, slot: u64) -> Value {
    match ty {
        valtype::F32 => json!(["f32", canonical_f32(slot as u32)]),
        valtype::F64 => json!(["f64", canonical_f64(slot)]),
        valtype::I32 => json!(["i32", slot]),
        valtype::I64 => json!(["i64", slot]),
        _ => json!(["ref", u64::from(slot != 0)]),
    }
}

fn slot(ty: ValType, bits: u64) -> u64 {
    match ty {
        valtype::F32 => canonical_f32(bits as u32),
        valtype::F64 => canonical_f64(bits),
        valtype::I32 => bits & 0xffff_ffff,
        valtype::I64 => bits,
        _ => 0,
    }
}

fn end_of(end: &End, results: &[ValType]) -> Value {
    match end {
        End::Done(slots) => {
            let values = results
                .iter()
                .zip(slots)
                .map(|(&ty, &slot)| written(ty, slot));
            json!({ "done": values.collect::<Vec<_>>() })
        }
        End::Trap(message) => json!({ "trap": message }),
        End::Exception(tag, values) => json!({ "exception": [tag, values] }),
        End::OutOfFuel => json!("out of fuel"),
        End::Refused(why) => json!({ "refused": why }),
    }
}

/// What is called of a module and what comes of it, or none when nothing can be. `with_fuel`: and what it costs.
fn case(seed: u64, wasm: &[u8], level: OptLevel, with_fuel: bool) -> Option<Value> {
    let image = image(wasm, level, false).unwrap();
    let (mut ours, _) = Ours::new(image.bytes(), FUEL, FUEL).ok()?;
    let mut random = Random::new(seed ^ 0x5a5a);
    let mut functions = ours.functions();
    // What Wasmtime's Python package has no values for.
    let is_ref = |ty: &ValType| [valtype::FUNCREF, valtype::EXTERNREF].contains(ty);
    let known = |ty: &ValType| *ty != valtype::V128 && (!ty.is_ref() || is_ref(ty));
    functions.retain(|(_, params, results)| params.iter().chain(results).all(known));
    let mut calls = Vec::new();
    let count = if functions.is_empty() { 0 } else { CALLS };
    for (name, params, results) in functions.iter().cycle().take(count) {
        let raw = arguments(&mut random, params.len());
        let args: Vec<u64> = params
            .iter()
            .zip(raw)
            .map(|(&ty, bits)| slot(ty, bits))
            .collect();
        let seen = ours.call(name, &args, FUEL, FUEL);
        // Where an engine's own limit is met, what comes next is that engine's own too.
        if is_limit(&seen.end) {
            break;
        }
        let end = end_of(&seen.end, results);
        let args: Vec<_> = params
            .iter()
            .zip(args)
            .map(|(&ty, slot)| written(ty, slot))
            .collect();
        // A run that does not complete has paid for the whole of its last block, which is more at one level than at the other.
        let fuel = (with_fuel && matches!(seen.end, End::Done(_))).then_some(seen.fuel);
        calls.push(json!({ "name": name, "args": args, "end": end, "fuel": fuel }));
    }
    Some(json!({ "seed": seed, "with_fuel": with_fuel, "calls": calls }))
}

/// The module of a seed, if it can be a case: of each `COLLECTED`, one has collected things and is compared without fuel.
fn module(seed: u64) -> Option<(Vec<u8>, bool)> {
    if seed.is_multiple_of(THROWING) {
        // Of wasm-smith's modules with exceptions hardly one throws.
        match seed % 2 {
            0 => generate::throwing_module(seed).map(|wasm| (wasm, false)),
            _ => Some((crate::legacy::translated(seed), false)),
        }
    } else if seed.is_multiple_of(COLLECTED) {
        generate::collected(seed).map(|wasm| (wasm, false))
    } else {
        // Wasmtime has atomics, too; a wait on a shared memory would keep it waiting.
        let wasm = if seed % 2 == 1 {
            generate::module_with_atomics(seed).map(|wasm| rewrite::unshared(&wasm))
        } else {
            generate::module(seed)
        };
        let wasm = wasm.filter(|wasm| charges_by_operator(wasm));
        wasm.map(|wasm| (wasm, true))
    }
}

/// Writes the cases; how many modules and completed calls they have.
fn write(folder: &Path, modules: u64) -> (u64, usize) {
    let mut list = std::fs::File::create(folder.join("cases.jsonl")).unwrap();
    let (mut written, mut done) = (0, 0);
    for seed in FIRST_SEED.. {
        if written == modules {
            break;
        }
        let Some((wasm, with_fuel)) = module(seed) else {
            continue;
        };
        let Some(case) = case(seed, &wasm, OptLevel::O2, with_fuel) else {
            continue;
        };
        let at_o0 = self::case(seed, &wasm, OptLevel::O0, with_fuel);
        assert_eq!(Some(&case), at_o0.as_ref(), "seed {seed}");
        let calls = case["calls"].as_array().unwrap();
        done += calls
            .iter()
            .filter(|call| call["end"]["done"].is_array())
            .count();
        let put = |name: String, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
        put(format!("{seed}.wasm"), &wasm);
        if with_fuel {
            put(
                format!("{seed}.entries.wasm"),
                &rewrite::with_costlier_functions(&wasm),
            );
        }
        writeln!(list, "{case}").unwrap();
        written += 1;
    }
    (written, done)
}

#[test]
fn cases_for_the_reference_runtime() {
    let own = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("WRT_CASES").map_or(own.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let modules = number("WRT_CASES_MODULES", 40);
    let (written, done) = write(&folder, modules);
    println!(
        "{written} modules with {done} completed calls in {}",
        folder.display()
    );
    assert_eq!(written, modules);
    assert!(
        done as u64 > modules,
        "most modules have calls that complete"
    );
}

#[test]
fn a_costlier_function_costs_one_more_per_entry() {
    let wat = r#"(module (func $leaf) (func (export "f") (call $leaf) (call $leaf)))"#;
    let wasm = wat::parse_str(wat).unwrap();
    let fuel = |wasm: &[u8]| {
        let image = image(wasm, OptLevel::O2, true).unwrap();
        let ours = Ours::new(image.bytes(), FUEL, FUEL);
        let (mut ours, _) = ours.map_err(|e| format!("{e:?}")).unwrap();
        ours.call("f", &[], FUEL, FUEL).fuel
    };
    assert_eq!(fuel(&wasm), 2);
    assert_eq!(fuel(&rewrite::with_costlier_functions(&wasm)), 2 + 3);
}
