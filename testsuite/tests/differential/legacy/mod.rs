//! The older form of exceptions: random programs against an evaluator that knows nothing of compilation ([`evaluate`]). Ends, values of
//! exceptions and a log of what was done on the way must be the same at every level and in slices of any size, and fuel between those. So must those of the same program in terms of `try_table`
//! ([`translate`]), which `testsuite/real/fuel.py` gives to Wasmtime, too.

mod evaluate;
mod program;
mod translate;

use crate::ours::Ours;
use crate::outcome::{self, Seen};
use crate::{Random, number};
use evaluate::{End, Machine};
use wrt_compiler::OptLevel;
use wrt_testsuite::image;

const FUEL: u64 = 10_000_000;

/// A call of ours, as the evaluator would put it, and its log.
fn ends(seen: &Seen) -> (End, u32) {
    let end = match &seen.end {
        outcome::End::Done(values) => End::Result(values[0] as u32),
        outcome::End::Exception(tag, values) => End::Exception(evaluate::Exception {
            tag: *tag,
            values: values.iter().map(|&value| value as u32).collect(),
        }),
        outcome::End::Trap("unreachable") => End::Unreachable,
        other => panic!("{other:?}"),
    };
    // By name: "left" comes first.
    (end, seen.globals[1] as u32)
}

/// What came of all programs.
#[derive(Debug, Default)]
struct Totals {
    results: u32,
    exceptions: u32,
    traps: u32,
    machine: Machine,
}

fn run_seed(seed: u64, totals: &mut Totals) {
    let program = program::program(seed);
    let text = program::text(&program);
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let wasm = crate::hints::with_hints(&wasm, seed);
    let mut random = Random::new(seed ^ 0x5a5a);
    let calls: Vec<(u32, [u32; 2])> = (0..8)
        .map(|at| {
            (
                at % program::FUNCTIONS,
                [random.below(6) as u32, random.below(6) as u32],
            )
        })
        .collect();
    let machine = &mut totals.machine;
    let expected: Vec<_> = calls
        .iter()
        .map(|&(at, args)| (machine.call(&program, at, args), machine.log))
        .collect();
    for (end, _) in &expected {
        match end {
            End::Result(_) => totals.results += 1,
            End::Exception(_) => totals.exceptions += 1,
            End::Unreachable => totals.traps += 1,
        }
    }
    run_translated(seed, &program, &calls, &expected);
    let mut fuel = Vec::new();
    for (level, slice) in [
        (OptLevel::O0, FUEL),
        (OptLevel::O1, FUEL),
        (OptLevel::O2, FUEL),
        (OptLevel::O2, 3),
    ] {
        let place = || format!("seed {seed}, {level:?}, slices of {slice}:\n{text}");
        let image = image(&wasm, level, seed.is_multiple_of(4))
            .unwrap_or_else(|error| panic!("{error}\n{}", place()));
        let (mut ours, _) = Ours::new(image.bytes(), FUEL, slice).unwrap();
        let mut used = Vec::new();
        for (&(at, args), expected) in calls.iter().zip(&expected) {
            ours.call("reset", &[], FUEL, FUEL);
            let seen = ours.call(&format!("f{at}"), &args.map(u64::from), FUEL, slice);
            assert_eq!(&ends(&seen), expected, "f{at}{args:?}: {}", place());
            used.push(seen.fuel);
        }
        fuel.push(used);
    }
    assert!(
        fuel.iter().all(|used| *used == fuel[0]),
        "seed {seed}: {fuel:?}\n{text}"
    );
}

/// The program without the older operators does the same.
fn run_translated(
    seed: u64,
    program: &[(Vec<program::Stmt>, u32)],
    calls: &[(u32, [u32; 2])],
    expected: &[(End, u32)],
) {
    let text = translate::text(program);
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    let image = image(&wasm, OptLevel::O2, seed.is_multiple_of(4)).unwrap();
    let (mut ours, _) = Ours::new(image.bytes(), FUEL, FUEL).unwrap();
    for (&(at, args), expected) in calls.iter().zip(expected) {
        ours.call("reset", &[], FUEL, FUEL);
        let seen = ours.call(&format!("f{at}"), &args.map(u64::from), FUEL, FUEL);
        assert_eq!(&ends(&seen), expected, "seed {seed}: f{at}{args:?}: {text}");
    }
}

/// A program as a module without the older operators, for engines that have none of them.
pub(crate) fn translated(seed: u64) -> Vec<u8> {
    wat::parse_str(translate::text(&program::program(seed))).unwrap()
}

#[test]
fn random_programs_of_legacy_exceptions_do_what_they_say() {
    let (first, count) = (number("WRT_SEED", 0), number("WRT_MODULES", 120));
    let mut totals = Totals::default();
    for seed in first..first + count {
        run_seed(seed, &mut totals);
    }
    println!("{totals:?}");
    let Totals { machine, .. } = &totals;
    for many in [
        totals.results,
        totals.exceptions,
        totals.traps,
        machine.caught,
        machine.rethrown,
        machine.delegated,
    ] {
        assert!(u64::from(many) > count / 8, "{totals:?}");
    }
}
