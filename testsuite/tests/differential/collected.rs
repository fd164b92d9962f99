//! Random modules with structs, arrays, i31 and casts, which wasmi has not: what they do must be the same at -O0 and -O2, in slices, and
//! with a collection before every allocation, which finds any root that is not known.
//!
//! `WRT_COLLECTED=N` sets the number of modules (default 200), `WRT_SEED=N` the first seed; `WRT_KEEP=DIR` keeps the modules that differ.

use wasmparser::{Operator, Parser, Payload};
use wrt_compiler::OptLevel;
use wrt_vm::Config;

use crate::generate::{self, Random};
use crate::ours::{Ours, argument_slots};
use crate::outcome::{End, Seen, is_limit};
use crate::{CALLS, Way, arguments, number};

/// Fuel of a call.
const FUEL: u64 = 10_000;
/// Bytes that the heap may take: few, so that collections happen.
const HEAP_BYTES: u64 = 16 << 10;

/// What a run of modules came to.
#[derive(Debug, Default)]
struct Totals {
    modules: u64,
    /// Modules that make objects.
    allocate: u64,
    done: u64,
    traps: u64,
    collections: u64,
}

/// Whether a function of the module makes an object.
fn allocates(wasm: &[u8]) -> bool {
    let payloads = Parser::new(0).parse_all(wasm);
    let mut bodies = payloads.filter_map(|payload| match payload.unwrap() {
        Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    bodies.any(|body| {
        let mut ops = body.get_operators_reader().unwrap().into_iter();
        ops.any(|op| {
            matches!(
                op.unwrap(),
                Operator::StructNew { .. }
                    | Operator::StructNewDefault { .. }
                    | Operator::ArrayNew { .. }
                    | Operator::ArrayNewDefault { .. }
                    | Operator::ArrayNewFixed { .. }
                    | Operator::ArrayNewData { .. }
                    | Operator::ArrayNewElem { .. }
            )
        })
    })
}

/// What the calls of a module do, up to the first one that meets a limit; an `Err` is why there is no instance.
fn run(
    seed: u64,
    wasm: &[u8],
    (way, slice, eager): (Way, u64, bool),
    totals: &mut Totals,
) -> Result<Vec<Seen>, End> {
    let image = way
        .image(wasm, seed.is_multiple_of(8))
        .map_err(|e| End::Refused(format!("compile: {e}")))?;
    let config = Config::default()
        .with_heap_bytes(HEAP_BYTES)
        .with_eager_collection(eager);
    let (mut ours, _) = Ours::with_config(image.bytes(), FUEL, slice, config)?;
    let mut random = Random::new(seed ^ 0xa5a5);
    let mut functions = ours.functions();
    // References that are given are null.
    functions.retain(|(_, params, _)| params.iter().all(|ty| ty.is_defaultable()));
    let calls = if functions.is_empty() { 0 } else { CALLS };
    let mut seen = Vec::new();
    for (name, params, _) in functions.iter().cycle().take(calls) {
        let raw = arguments(&mut random, params.len());
        let args = argument_slots(params, &raw);
        let call = ours.call(name, &args, FUEL, slice);
        let last = is_limit(&call.end);
        seen.push(call);
        if last {
            break;
        }
    }
    totals.collections += ours.collections();
    Ok(seen)
}

/// What differs between two runs: ends, globals, memories, tables, and the fuel of the calls before the first that met a limit.
fn difference(first: &[Seen], second: &[Seen]) -> Option<String> {
    for (number, (a, b)) in first.iter().zip(second).enumerate() {
        let completes = |seen: &Seen| matches!(seen.end, End::Done(_));
        if (is_limit(&a.end) || is_limit(&b.end)) && !completes(a) && !completes(b) {
            return None;
        }
        if a != b {
            return Some(format!("call {number}: {a:?}\n    but {b:?}"));
        }
    }
    (first.len() != second.len()).then(|| format!("{} and {} calls", first.len(), second.len()))
}

/// What differs between the ways to run one module.
fn run_seed(seed: u64, totals: &mut Totals) -> Vec<String> {
    let Some(wasm) = generate::collected(seed) else {
        return Vec::new();
    };
    let ways = [
        (Way::At(OptLevel::O0), FUEL, false),
        (Way::At(OptLevel::O0), FUEL, true),
        (Way::At(OptLevel::O2), FUEL, false),
        (Way::At(OptLevel::O2), 7, true),
        (Way::ForDebugging, 1, true),
    ];
    let [first, mut others @ ..] = ways.map(|way| run(seed, &wasm, way, totals));
    if let (Ok(first), [.., Ok(debug)]) = (&first, &mut others) {
        // What is behind a trap in its block has not been paid for.
        let traps = |seen: &Seen| matches!(seen.end, End::Trap(_));
        let pairs = first.iter().zip(debug).filter(|(seen, _)| traps(seen));
        pairs.for_each(|(first, debug)| debug.fuel = first.fuel);
    }
    let mut problems = Vec::new();
    for (other, way) in others.iter().zip(&ways[1..]) {
        let problem = match (&first, other) {
            (Ok(first), Ok(other)) => difference(first, other),
            (Err(a), Err(b)) if a == b && !matches!(a, End::Refused(_)) => None,
            (Err(a), Err(b)) if is_limit(a) && is_limit(b) => None,
            (a, b) => Some(format!("{a:?} but {b:?}")),
        };
        problems.extend(problem.map(|problem| format!("seed {seed}, {way:?}: {problem}")));
    }
    if let Ok(calls) = first {
        totals.modules += 1;
        totals.allocate += u64::from(allocates(&wasm));
        let count = |of: fn(&End) -> bool| calls.iter().filter(|call| of(&call.end)).count() as u64;
        totals.done += count(|end| matches!(end, End::Done(_)));
        totals.traps += count(|end| matches!(end, End::Trap(_)));
    }
    if let (Some(folder), false) = (std::env::var_os("WRT_KEEP"), problems.is_empty()) {
        let file = std::path::Path::new(&folder).join(format!("{seed}.wasm"));
        std::fs::write(file, &wasm).unwrap();
    }
    problems
}

#[test]
fn collected_things_do_the_same_at_all_levels() {
    let (first, count) = (number("WRT_SEED", 0), number("WRT_COLLECTED", 200));
    let mut totals = Totals::default();
    let mut failures = Vec::new();
    for seed in first..first + count {
        failures.extend(run_seed(seed, &mut totals));
        assert!(failures.len() < 20, "{}", failures.join("\n"));
    }
    println!("{totals:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        totals.modules * 2 > count && totals.allocate * 4 > count,
        "most modules run and make objects: {totals:?}"
    );
    assert!(
        totals.done > count && totals.traps > 0 && totals.collections > count,
        "{totals:?}"
    );
}
