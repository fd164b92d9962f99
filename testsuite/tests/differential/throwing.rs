//! Random modules that throw and catch. The peer has no exceptions, so what is compared are our own levels and slices: ends with tags and
//! values, all that can be seen, and fuel.

use crate::generate::{self, Random};
use crate::ours::{Ours, argument_slots};
use crate::outcome::{End, Seen, is_limit};
use crate::{CALLS, FUEL, Way, arguments, number};
use wrt_compiler::OptLevel;
use wrt_testsuite::image;

/// What a run of modules came to.
#[derive(Debug, Default)]
struct Totals {
    modules: u32,
    done: u32,
    traps: u32,
    /// Calls that nobody's handler kept from ending with an exception.
    exceptions: u32,
    /// Modules with a handler.
    catching: u32,
}

/// What each call of a module comes to, up to the first that a limit ends; or why there is no instance.
fn calls(seed: u64, wasm: &[u8], way: Way, slice: u64) -> Result<Vec<Seen>, End> {
    let image = way
        .image(wasm, seed.is_multiple_of(8))
        .map_err(|error| End::Refused(format!("compile: {error}")))?;
    let (mut ours, _) = Ours::new(image.bytes(), FUEL, slice)?;
    let functions = ours.functions();
    let mut random = Random::new(seed ^ 0xa5a5);
    let mut all = Vec::new();
    for (name, params, _) in functions
        .iter()
        .cycle()
        .take(CALLS.min(functions.len() * 3))
    {
        let raw = arguments(&mut random, params.len());
        let slots = argument_slots(params, &raw);
        let seen = ours.call(name, &slots, FUEL, slice);
        if is_limit(&seen.end) {
            break;
        }
        all.push(seen);
    }
    Ok(all)
}

fn run_seed(seed: u64, totals: &mut Totals) -> Result<(), String> {
    let Some(wasm) = generate::throwing_module(seed) else {
        return Ok(());
    };
    let expected = calls(seed, &wasm, Way::At(OptLevel::O0), FUEL);
    for (way, slice) in [
        (Way::At(OptLevel::O0), 7),
        (Way::At(OptLevel::O1), FUEL),
        (Way::At(OptLevel::O2), FUEL),
        (Way::At(OptLevel::O2), 7),
        (Way::ForDebugging, 1),
    ] {
        let mut got = calls(seed, &wasm, way, slice);
        if let (Way::ForDebugging, Ok(expected), Ok(got)) = (way, &expected, &mut got) {
            // What is behind a throw in its block has not been paid for.
            for (expected, got) in expected.iter().zip(got) {
                let paid = got.fuel;
                got.fuel = expected.fuel;
                assert!(paid <= expected.fuel, "seed {seed}: {paid} > {expected:?}");
            }
        }
        let same = match (&expected, &got) {
            // One level may reach a limit of the stack that another does not.
            (Ok(expected), Ok(got)) => expected.iter().zip(got).all(|(a, b)| a == b),
            (Err(expected), Err(got)) => expected == got || is_limit(expected) && is_limit(got),
            (Ok(_), Err(end)) | (Err(end), Ok(_)) => is_limit(end),
        };
        if !same {
            return Err(format!(
                "seed {seed}, {way:?}, slices of {slice}: expected {expected:#?}\ngot {got:#?}"
            ));
        }
    }
    if let Err(End::Refused(reason)) = &expected {
        return Err(format!("seed {seed}: {reason}"));
    }
    let image = image(&wasm, OptLevel::O2, false).map_err(|error| error.to_string())?;
    let module = wrt_vm::Module::load_from_binary(image.bytes(), &wrt_vm::Limits::default());
    let view = module.map_err(|error| error.to_string())?;
    totals.modules += 1;
    totals.catching += u32::from(view.view().has_handlers());
    for seen in expected.unwrap_or_default() {
        match seen.end {
            End::Done(_) => totals.done += 1,
            End::Trap(_) => totals.traps += 1,
            End::Exception(..) => totals.exceptions += 1,
            End::OutOfFuel | End::Refused(_) => {}
        }
    }
    Ok(())
}

#[test]
fn random_modules_that_throw_agree_between_levels() {
    let (first, count) = (number("WRT_SEED", 0), number("WRT_MODULES", 300));
    let mut totals = Totals::default();
    for seed in first..first + count {
        run_seed(seed, &mut totals).unwrap_or_else(|problem| panic!("{problem}"));
    }
    println!("{totals:?}");
    assert!(
        totals.done > 0 && totals.traps > 0 && totals.exceptions > 0 && totals.catching > 0,
        "{totals:?}"
    );
}
