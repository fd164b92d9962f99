//! Differential fuzzing: random modules under WRT at -O0 and -O2, whole and in slices of fuel, and compiled for debugging and paused at each
//! operator, against wasmi.
//!
//! Compared are results, traps, globals, memories and table sizes, and fuel totals of runs that complete: between our own levels and
//! slices always; with wasmi where no instruction charges by length and there is no control flow, since wasmi adds 1 for every block it
//! meters and charges code that is never reached. (`testsuite/real/fuel.py` compares totals with Wasmtime's, exactly; [`cases`] writes
//! what it reads.) A fault of wasmi that shows here is in [`known`].
//! Half of the modules have branch hints, which only we look at ([`hints`]).
//! Modules that throw are compared between our own levels and slices alone ([`throwing`]); programs in the older form of exceptions with an
//! evaluator ([`legacy`]).
//! How handlers are found makes no difference, in snapshots neither ([`threading`]).
//! Programs of vector operators, all of them and relaxed ones too, are made apart ([`vectors`]).
//! `WRT_MODULES=N` sets the number of modules (default 300), `WRT_SEED=N` the first seed; `WRT_KEEP=DIR` keeps the modules that differ.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "whatever a test does not expect is a failure"
)]

mod atomics;
mod cases;
mod collected;
mod generate;
mod hints;
mod known;
mod legacy;
mod ours;
mod outcome;
mod peer;
mod rewrite;
mod threading;
mod throwing;
mod vectors;

use generate::Random;
use ours::Ours;
use outcome::{End, Seen};
use peer::Peer;
use wrt_cli::load::Aligned;
use wrt_compiler::{OptLevel, Options};
use wrt_testsuite::{image, image_with};

const FUEL: u64 = 100_000;
/// Calls per module.
const CALLS: usize = 12;

/// Modules that wasmi 2.0.0 runs wrong, where Wasmtime sees what we see. In all of them a `local.get` that waits on the operand stack
/// while a block with parameters is entered, and left by `br_if`, gives 0 later.
const PEER_IS_WRONG: &[u64] = &[2_011_487];
/// Stack of the thread that runs the modules, in bytes: wasmi takes a host frame for every `memory.grow` of a loop.
const HOST_STACK: usize = 256 << 20;

/// What a run of modules came to.
#[derive(Debug, Default)]
struct Totals {
    modules: u32,
    calls: u32,
    done: u32,
    traps: u32,
    fuel_compared: u32,
    /// Modules with vectors.
    vectors: u32,
}

impl Totals {
    /// Takes in what other modules came to.
    const fn add(&mut self, other: &Self) {
        self.modules += other.modules;
        self.calls += other.calls;
        self.done += other.done;
        self.traps += other.traps;
        self.fuel_compared += other.fuel_compared;
        self.vectors += other.vectors;
    }
}

/// Ends that say nothing: an engine's own limits.
fn inconclusive(a: &End, b: &End) -> bool {
    let limited = |end: &End| matches!(end, End::OutOfFuel | End::Trap("call stack exhausted"));
    // A run that completes in one engine within the fuel must complete in the other; but a trap in the middle of a block may come
    // after the block's cost could not be paid.
    let completes = |end: &End| matches!(end, End::Done(_));
    (limited(a) || limited(b)) && !completes(a) && !completes(b)
}

/// The arguments of a call: small, edge and random values.
fn arguments(random: &mut Random, count: usize) -> Vec<u64> {
    const EDGES: [u64; 8] = [
        0,
        1,
        u64::MAX,
        0x8000_0000,
        0x7fff_ffff,
        1 << 63,
        0x7ff8_0000_0000_0000,
        65536,
    ];
    let value = |random: &mut Random| match random.below(3) {
        0 => EDGES[random.below(8) as usize],
        1 => random.below(100),
        _ => random.next(),
    };
    (0..count).map(|_| value(random)).collect()
}

/// Arguments as slots: an i32 and an f32 fill theirs zero-extended, references are null.
fn slots(types: &[wasmi::ValType], args: &[u64]) -> Vec<u64> {
    let slot = |(ty, &bits): (&wasmi::ValType, &u64)| match ty {
        wasmi::ValType::I32 | wasmi::ValType::F32 => vec![bits & 0xffff_ffff],
        wasmi::ValType::I64 | wasmi::ValType::F64 => vec![bits],
        wasmi::ValType::V128 => {
            let vector = peer::vector(bits);
            vec![vector as u64, (vector >> 64) as u64]
        }
        wasmi::ValType::FuncRef | wasmi::ValType::ExternRef => vec![0],
    };
    types.iter().zip(args).flat_map(slot).collect()
}

/// Whether the two engines saw the same; `None` when nothing can be said and the module is to be left.
fn compare(expected: &Seen, got: &Seen, with_fuel: bool) -> Option<Result<(), String>> {
    if inconclusive(&expected.end, &got.end) {
        return None;
    }
    let mut expected = expected.clone();
    if with_fuel && matches!(expected.end, End::Done(_)) {
        // wasmi charges 1 for entering the function.
        expected.fuel -= 1;
    } else {
        expected.fuel = got.fuel;
    }
    Some(if expected == *got {
        Ok(())
    } else {
        Err(format!("expected {expected:?}\n     got {got:?}"))
    })
}

/// How a module is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    At(OptLevel),
    /// By a profile of random counts.
    Guided(u64),
    ForDebugging,
}

impl Way {
    /// Compiles a module, with the compiler's self-checks or without.
    fn image(self, wasm: &[u8], check: bool) -> Result<Aligned, String> {
        match self {
            Self::At(level) => image(wasm, level, check),
            Self::Guided(seed) => {
                let profile = generate::profile(seed, wasm);
                let options = Options {
                    profile: Some(&profile),
                    check,
                    ..Options::default()
                };
                image_with(wasm, &options)
            }
            Self::ForDebugging => {
                let options = Options {
                    debug: true,
                    check,
                    ..Options::default()
                };
                image_with(wasm, &options)
            }
        }
    }
}

/// One module compiled in one way, at one slice size, against the peer; the fuel of the runs that complete or trap, which all levels must agree
/// on. In an image for debugging nothing behind a trap in its block has been paid for: of runs that trap it is left out there.
fn run_module(
    seed: u64,
    wasm: &[u8],
    way: Way,
    slice: u64,
    totals: &mut Totals,
) -> Result<Vec<Option<u64>>, String> {
    let mut fuel = Vec::new();
    let image = way
        .image(wasm, seed.is_multiple_of(8))
        .map_err(|e| format!("compile: {e}"))?;
    let for_peer = rewrite::around_the_peers_fault(wasm);
    let (mut peer, mut ours) = match (
        Peer::new(&for_peer, FUEL),
        Ours::new(image.bytes(), FUEL, slice),
    ) {
        (Ok((peer, _)), Ok((ours, _))) => (peer, ours),
        (Err(a), Err(b)) if a == b || inconclusive(&a, &b) => return Ok(fuel),
        (Err(End::Refused(_)), Err(_)) => return Ok(fuel),
        (Err(a), Err(b)) => return Err(format!("instantiation: expected {a:?}, got {b:?}")),
        (Err(a), Ok(_)) => return Err(format!("instantiation: expected {a:?}, got an instance")),
        (Ok(_), Err(b)) => return Err(format!("instantiation: got {b:?}, expected an instance")),
    };
    let with_fuel = generate::is_straight(wasm) && for_peer == wasm;
    totals.modules += 1;
    totals.vectors += u32::from(generate::has_vectors(wasm));
    let functions = peer.functions();
    let mut random = Random::new(seed ^ 0xa5a5);
    for (name, params) in
        functions
            .iter()
            .cycle()
            .take(if functions.is_empty() { 0 } else { CALLS })
    {
        let raw = arguments(&mut random, params.len());
        let expected = peer.call(name, &raw, FUEL);
        let got = ours.call(name, &slots(params, &raw), FUEL, slice);
        let Some(verdict) = compare(&expected, &got, with_fuel) else {
            return Ok(fuel);
        };
        verdict.map_err(|e| format!("{name}({raw:x?}): {e}"))?;
        totals.calls += 1;
        match got.end {
            End::Done(_) => {
                totals.done += 1;
                fuel.push(Some(got.fuel));
                totals.fuel_compared += u32::from(with_fuel);
            }
            End::Trap(_) => {
                totals.traps += 1;
                fuel.push((way != Way::ForDebugging).then_some(got.fuel));
            }
            End::OutOfFuel | End::Exception(..) | End::Refused(_) => {}
        }
    }
    Ok(fuel)
}

/// One module at all levels and slice sizes; what differed.
fn run_seed(seed: u64, totals: &mut Totals) -> Vec<String> {
    let Some(wasm) = generate::module(seed) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut fuel: Option<Vec<Option<u64>>> = None;
    for (way, slice) in [
        (Way::At(OptLevel::O0), FUEL),
        (Way::At(OptLevel::O2), FUEL),
        (Way::At(OptLevel::O2), 7),
        (Way::Guided(seed), FUEL),
        (Way::ForDebugging, 1),
    ] {
        let place = format!("seed {seed}, {way:?}, slices of {slice}");
        match run_module(seed, &wasm, way, slice, totals) {
            Ok(used) => {
                let first = fuel.get_or_insert(used.clone());
                let both = first.iter().zip(&used).filter(|(_, used)| used.is_some());
                if first.len() != used.len() || both.into_iter().any(|(a, b)| a != b) {
                    problems.push(format!("{place}: fuel {used:?}, at first {fuel:?}"));
                }
            }
            Err(message) => problems.push(format!("{place}: {message}")),
        }
    }
    if let (Some(folder), false) = (std::env::var_os("WRT_KEEP"), problems.is_empty()) {
        let file = std::path::Path::new(&folder).join(format!("{seed}.wasm"));
        std::fs::write(file, &wasm).unwrap();
    }
    if PEER_IS_WRONG.contains(&seed) {
        return match problems.len() {
            0 => vec![format!(
                "seed {seed} no longer differs: take it off the list"
            )],
            _ => Vec::new(),
        };
    }
    problems
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Runs the modules of these seeds; gives what they came to, and what differs, up to a score.
fn compare_random_modules(seeds: impl Iterator<Item = u64>) -> (Totals, Vec<String>) {
    let mut totals = Totals::default();
    let mut failures = Vec::new();
    for seed in seeds {
        failures.extend(run_seed(seed, &mut totals));
        if failures.len() >= 20 {
            break;
        }
    }
    (totals, failures)
}

#[test]
fn random_modules_run_as_under_wasmi() {
    let (first, count) = (number("WRT_SEED", 0), number("WRT_MODULES", 300));
    let threads = std::thread::available_parallelism().map_or(1, core::num::NonZero::get);
    let parts = (0..threads).map(|part| {
        let seeds = (first..first + count).skip(part).step_by(threads);
        let thread = std::thread::Builder::new().stack_size(HOST_STACK);
        thread.spawn(|| compare_random_modules(seeds)).unwrap()
    });
    let (mut totals, mut failures) = (Totals::default(), Vec::new());
    // All of them are started before the first one is waited for.
    for part in parts.collect::<Vec<_>>() {
        let part = part.join();
        let (part, differ) = part.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        totals.add(&part);
        failures.extend(differ);
    }
    println!("{totals:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        u64::from(totals.modules) > count,
        "most modules ran: {totals:?}"
    );
    assert!(
        totals.done > 0 && totals.traps > 0 && totals.fuel_compared > 0 && totals.vectors > 0,
        "{totals:?}"
    );
}

#[test]
fn what_the_peer_gets_wrong_is_still_wrong() {
    let mut totals = Totals::default();
    for &seed in PEER_IS_WRONG {
        assert_eq!(run_seed(seed, &mut totals), Vec::<String>::new());
    }
    assert!(totals.modules > 0);
}
