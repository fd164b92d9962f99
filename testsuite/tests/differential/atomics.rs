//! Modules with atomic operators, which wasmi has not: our own levels and slices of fuel against each other, with shared memories, where
//! waits time out, and with memories that are not shared, where they trap. Half of the cases for Wasmtime ([`crate::cases`]) are such
//! modules, too.

use wasmparser::{Operator, Parser, Payload};
use wrt_compiler::OptLevel;

use crate::generate::{self, Random};
use crate::ours::{Ours, argument_slots};
use crate::outcome::{End, Seen};
use crate::{CALLS, FUEL, arguments, image, number, rewrite};

/// What comes of all calls; `None` where an engine's own limit is met, from which on nothing is compared.
fn run(seed: u64, wasm: &[u8], level: OptLevel, slice: u64) -> Option<Vec<Seen>> {
    let image = image(wasm, level, false).unwrap();
    let (mut ours, _) = Ours::new(image.bytes(), FUEL, slice).ok()?;
    let mut random = Random::new(seed ^ 0x3c3c);
    let functions = ours.functions();
    let count = if functions.is_empty() { 0 } else { CALLS };
    let mut all = Vec::new();
    for (name, params, _) in functions.iter().cycle().take(count) {
        let raw = arguments(&mut random, params.len());
        let slots = argument_slots(params, &raw);
        let mut seen = ours.call(name, &slots, FUEL, slice);
        if matches!(seen.end, End::OutOfFuel | End::Trap("call stack exhausted")) {
            break;
        }
        if matches!(seen.end, End::Trap(_)) {
            // The whole of the last block is paid for, which is more at one level than at the other.
            seen.fuel = 0;
        }
        all.push(seen);
    }
    Some(all)
}

/// Whether the module has an atomic operator.
fn has_atomics(wasm: &[u8]) -> bool {
    let payloads = Parser::new(0).parse_all(wasm);
    let mut bodies = payloads.filter_map(|payload| match payload.unwrap() {
        Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    bodies.any(|body| {
        let mut ops = body.get_operators_reader().unwrap().into_iter();
        ops.any(|op| {
            let op = op.unwrap();
            let name = format!("{op:?}");
            matches!(op, Operator::AtomicFence { .. }) || name.contains("Atomic")
        })
    })
}

#[test]
fn atomic_modules_agree_with_themselves() {
    let (first, count) = (number("WRT_SEED", 0), number("WRT_MODULES", 300));
    let (mut modules, mut atomic, mut done, mut traps) = (0, 0, 0, 0);
    for seed in first..first + count {
        let Some(wasm) = generate::module_with_atomics(seed) else {
            continue;
        };
        atomic += u64::from(has_atomics(&wasm));
        for wasm in [rewrite::unshared(&wasm), wasm] {
            let expected = run(seed, &wasm, OptLevel::O0, FUEL);
            for (level, slice) in [(OptLevel::O2, FUEL), (OptLevel::O2, 7), (OptLevel::O1, 50)] {
                let got = run(seed, &wasm, level, slice);
                assert_eq!(got, expected, "seed {seed}, {level:?}, slices of {slice}");
            }
            modules += 1;
            for seen in expected.iter().flatten() {
                done += u64::from(matches!(seen.end, End::Done(_)));
                traps += u64::from(matches!(seen.end, End::Trap(_)));
            }
        }
    }
    println!("{modules} modules, {atomic} with atomics, {done} calls done, {traps} traps");
    assert!(modules > count && atomic * 4 > count, "{modules} {atomic}");
    assert!(done > count && traps > 0, "{done} {traps}");
}
