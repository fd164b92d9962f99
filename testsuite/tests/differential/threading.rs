//! Direct threading, from the beginning or from somewhere in the midst of it: results, traps, fuel, all that can be seen, and snapshots at each
//! pause are what they are without.

use crate::generate::{self, Random};
use crate::ours::{Ours, argument_slots};
use crate::outcome::{End, Seen};
use crate::{CALLS, FUEL, arguments, number};
use wrt_compiler::OptLevel;
use wrt_testsuite::image;
use wrt_vm::Config;

/// What each call came to, and the snapshots after it.
type Run = Result<Vec<(Seen, Vec<u8>)>, End>;

/// Calls the functions of an image one after the other, with `slice` fuel at a time.
fn run(image: &[u8], seed: u64, slice: u64, direct: Option<u64>) -> Run {
    let config = Config::default()
        .with_stack_slots(4096)
        .with_direct_threading(direct);
    let (mut ours, _) = Ours::with_config(image, FUEL, slice, config)?;
    let functions = ours.functions();
    let mut random = Random::new(seed ^ 0x5a5a);
    let mut calls = Vec::new();
    for (name, params, _) in functions
        .iter()
        .cycle()
        .take(CALLS.min(functions.len() * CALLS))
    {
        let raw = arguments(&mut random, params.len());
        // Some of them pause for good.
        let fuel = FUEL >> random.below(12);
        let seen = ours.call(name, &argument_slots(params, &raw), fuel, slice);
        calls.push((seen, ours.snapshot()));
    }
    Ok(calls)
}

#[test]
fn how_handlers_are_found_cannot_be_seen() {
    let (first, count) = (number("WRT_SEED", 0), number("WRT_MODULES", 150));
    let mut calls = 0;
    for seed in first..first + count {
        let Some(wasm) = generate::module(seed) else {
            continue;
        };
        let image = image(&wasm, OptLevel::O2, false).unwrap();
        for slice in [FUEL, 11] {
            let expected = run(image.bytes(), seed, slice, None);
            let mut random = Random::new(seed);
            for after in [0, 1 + random.below(50), 1 + random.below(5000)] {
                let got = run(image.bytes(), seed, slice, Some(after));
                assert!(
                    got == expected,
                    "seed {seed}, after {after}, slices of {slice}"
                );
            }
            calls += expected.map_or(0, |calls| calls.len());
        }
    }
    assert!(calls as u64 > count, "{calls} calls");
}
