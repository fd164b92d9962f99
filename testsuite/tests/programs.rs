//! The measured programs compute what they should: the pinned results, which wasmi gives as well, at -O0, -O2 and -g with the same fuel; and
//! so do the modules that measure features.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use wrt_cli::counts::Counts;
use wrt_compiler::{OptLevel, Options, Profile};
use wrt_testsuite::features::FEATURES;
use wrt_testsuite::image_with;
use wrt_testsuite::programs::{PROGRAMS, Purpose};
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome};

const FUEL: u64 = 10_000_000_000;

/// Result and fuel of `run(n)`.
fn ours(name: &str, wasm: &[u8], options: &Options<'_>, n: u32) -> (u32, u64) {
    let image = image_with(wasm, options).unwrap();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    module.validate().unwrap();
    let mut engine = Engine::new(Config::default()).unwrap();
    engine.set_fuel(FUEL);
    assert_eq!(module.instantiate(&mut engine, &[]).unwrap(), Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Func(run)) = instance.export(&engine, "run") else {
        panic!("{name} has no export `run`");
    };
    let outcome = engine.execute(instance, run, &[n.into()]).unwrap();
    assert_eq!(outcome, Outcome::Done, "{name} with {options:?}");
    (engine.results()[0] as u32, engine.fuel_used())
}

/// At this level, with the compiler's self-checks.
fn at(opt_level: OptLevel) -> Options<'static> {
    Options {
        opt_level,
        check: true,
        ..Options::default()
    }
}

/// For debugging.
fn debug() -> Options<'static> {
    Options {
        debug: true,
        ..at(OptLevel::O0)
    }
}

/// How often the operators run in `run(n)`, as `wrtd run --profile` counts it.
fn profile(wasm: &[u8], n: u32) -> Profile {
    let image = image_with(wasm, &debug()).unwrap();
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = Engine::new(Config::default()).unwrap();
    engine.set_fuel(FUEL);
    engine.count_instructions(&module);
    assert_eq!(module.instantiate(&mut engine, &[]).unwrap(), Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Func(run)) = instance.export(&engine, "run") else {
        panic!("no export `run`");
    };
    let outcome = engine.execute(instance, run, &[n.into()]).unwrap();
    assert_eq!(outcome, Outcome::Done);
    let counts = Counts::of_run(wasm, module.view(), engine.block_counts()).unwrap();
    let mut profile = Profile::new();
    counts.add_to(&mut profile, wasm).unwrap();
    profile
}

/// By a profile of the same run or, of half of the programs, one of another: the same results and the same fuel.
#[test]
fn programs_give_their_results_by_a_profile() {
    let mut covered = 0;
    for program in PROGRAMS {
        let (n, expected) = program.check;
        let ours = |options: &Options<'_>| ours(program.name, program.wasm, options, n);
        let plain = ours(&at(OptLevel::O2));
        assert_eq!(plain.0, expected, "{}", program.name);
        let counted = match program.purpose {
            Purpose::Tune => n,
            Purpose::Judge => n.div_ceil(2),
        };
        let profile = profile(program.wasm, counted);
        let guided = Options {
            profile: Some(&profile),
            ..at(OptLevel::O2)
        };
        assert_eq!(plain, ours(&guided), "{} by {counted}", program.name);
        let report = wrt_compiler::compile(program.wasm, &guided).unwrap().report;
        covered += usize::from(report.hot_blocks > 0);
    }
    assert_eq!(covered, PROGRAMS.len());
}

fn wasmi(wasm: &[u8], n: u32) -> u32 {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wasm).unwrap();
    let mut store = wasmi::Store::new(&engine, ());
    let linker = wasmi::Linker::new(&engine);
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    run.call(&mut store, n as i32).unwrap() as u32
}

#[test]
fn programs_give_their_results() {
    let mut wrong = String::new();
    for program in PROGRAMS {
        let (n, expected) = program.check;
        let ours = |options| ours(program.name, program.wasm, &options, n);
        let (plain, optimised) = (ours(at(OptLevel::O0)), ours(at(OptLevel::O2)));
        let debug = ours(debug());
        assert_eq!(plain.1, optimised.1, "fuel of {}", program.name);
        assert_eq!(plain.1, debug.1, "fuel of {} with -g", program.name);
        let results = [wasmi(program.wasm, n), plain.0, optimised.0, debug.0];
        if results != [expected; 4] {
            wrong += &format!("{}: wasmi, -O0, -O2, -g: {results:#010x?}\n", program.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Both halves are of all kinds, so that one says something about the other.
#[test]
fn half_of_the_programs_judge() {
    let of = |purpose| PROGRAMS.iter().filter(move |p| p.purpose == purpose);
    let (tune, judge) = (of(Purpose::Tune).count(), of(Purpose::Judge).count());
    assert!(tune + judge >= 25 && tune.abs_diff(judge) <= 2);
    for language in ["C", "C++", "Rust"] {
        for purpose in [Purpose::Tune, Purpose::Judge] {
            assert!(of(purpose).any(|p| p.language == language));
        }
    }
}

/// With vectors, what is computed without; collected, what Wasmtime's collector gives too; thrown through many frames, what is through one.
#[test]
fn features_give_their_results() {
    for feature in FEATURES {
        let (n, expected) = feature.check;
        let wasm = feature.wasm().unwrap();
        let ours = |options| ours(feature.name, &wasm, &options, n);
        let (plain, optimised) = (ours(at(OptLevel::O0)), ours(at(OptLevel::O2)));
        let debug = ours(debug());
        assert_eq!(debug.0, expected, "{} with -g", feature.name);
        // An exception out of a block has paid for all of it, and here each operator is a block.
        match feature.name.starts_with("throw_") {
            true => assert!(debug.1 <= plain.1, "{} with -g", feature.name),
            false => assert_eq!(debug.1, plain.1, "{} with -g", feature.name),
        }
        assert_eq!(plain, optimised, "{}", feature.name);
        assert_eq!(plain.0, expected, "{}", feature.name);
        // Of the features wasmi has these.
        if ["SIMD", "64-bit"]
            .iter()
            .any(|it| feature.feature.starts_with(it))
        {
            assert_eq!(wasmi(&wasm, n), expected, "{}", feature.name);
        }
    }
}

/// Nor does the width of addresses.
#[test]
fn vectors_change_no_result() {
    let of = |name| PROGRAMS.iter().find(|program| program.name == name);
    let mut compared = 0;
    for feature in FEATURES {
        let name = feature
            .name
            .trim_start_matches("simd_")
            .trim_start_matches("wide_");
        if let Some(scalar) = of(name) {
            assert_eq!(feature.check, scalar.check, "{}", feature.name);
            compared += 1;
        }
    }
    assert!(compared >= 7, "{compared}");
}
