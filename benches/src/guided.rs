//! What compiling by a profile gains: dispatches, CPU time, bytes of the image and pages of its code that a run touches, each over that without.
//!
//! The profile is of the same run that is measured, or with `--profile-n N` of one with another argument. Times are the least of some rounds, in which
//! the two images take turns.

use std::collections::BTreeSet;

use wrt_cli::counts::Counts;
use wrt_compiler::{OptLevel, Options, Profile};
use wrt_format::isa::instructions;

use crate::args;
use crate::measure::Mean;
use crate::programs::{self, Case};
use crate::runtime::{Program as _, cpu_seconds};
use crate::wrt;

/// Bytes of a page.
const PAGE: usize = 4096;

/// One image, what it executes, and its least time so far.
struct Side {
    program: wrt::Wrt,
    dispatches: u64,
    bytes: usize,
    pages: usize,
    seconds: f64,
    result: Option<u32>,
}

/// Prints a line per program. Arguments: `[--rounds N] [--profile-n N] [PROGRAM ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut programs = args.to_vec();
    let rounds = args::number(&mut programs, "--rounds", 5)?;
    let other = args::number(&mut programs, "--profile-n", 0)?;
    println!(
        "{:12} {:>10} {:>10} {:>8} {:>10} {:>8} {:>8} {:>14}",
        "program", "ms", "guided ms", "time", "dispatches", "code", "image", "pages of code"
    );
    let mut means = [Mean::default(); 4];
    for case in programs::or_features(&programs)? {
        let profile_n = if other == 0 { case.n } else { other as u32 };
        let profile = profile(&case.wasm, profile_n)?;
        let mut sides = [Side::new(&case, None)?, Side::new(&case, Some(&profile))?];
        for _ in 0..rounds {
            for side in &mut sides {
                side.turn(case.n)?;
            }
        }
        let [plain, guided] = &sides;
        if plain.result != guided.result {
            return Err(format!("{}: the results differ", case.name));
        }
        let over = |of: fn(&Side) -> f64| of(guided) / of(plain);
        let ratios = [
            over(|side| side.seconds),
            over(|side| side.dispatches as f64),
            over(|side| side.program.view().code().len() as f64),
            over(|side| side.bytes as f64),
        ];
        let [time, dispatches, code, image] = ratios;
        println!(
            "{:12} {:10.3} {:10.3} {time:8.3} {dispatches:10.3} {code:8.3} {image:8.3} {:>14}",
            case.name,
            plain.seconds * 1e3,
            guided.seconds * 1e3,
            format!("{} / {}", guided.pages, plain.pages)
        );
        for (mean, ratio) in means.iter_mut().zip(ratios) {
            mean.add(ratio);
        }
    }
    let [time, dispatches, code, image] = means.map(|mean| mean.value().unwrap_or(f64::NAN));
    println!(
        "{:12} {:>10} {:>10} {time:8.3} {dispatches:10.3} {code:8.3} {image:8.3}",
        "geo. mean", "", ""
    );
    Ok(())
}

/// The profile of `run(n)`, as `wrtd run --profile` counts it.
fn profile(wasm: &[u8], n: u32) -> Result<Profile, String> {
    let options = Options {
        opt_level: OptLevel::O0,
        debug: true,
        ..Options::default()
    };
    let mut program = wrt::compiled(wasm, &options)?;
    let blocks = program.count(n)?.1;
    let counts = Counts::of_run(wasm, program.view(), &blocks);
    let counts = counts.ok_or("an image for debugging has no steps")?;
    let mut profile = Profile::new();
    let added = counts.add_to(&mut profile, wasm);
    added.map_err(|failure| failure.to_string())?;
    Ok(profile)
}

impl Side {
    fn new(case: &Case, profile: Option<&Profile>) -> Result<Self, String> {
        let options = Options {
            profile,
            ..Options::default()
        };
        let mut counting = wrt::compiled(&case.wasm, &options)?;
        let (counts, _) = counting.count(case.n)?;
        let (mut dispatches, mut pages) = (0, BTreeSet::new());
        let code: Vec<u16> = counting
            .view()
            .code()
            .iter()
            .map(|w| u16::from_le(*w))
            .collect();
        for func in 0..counting.view().func_count() {
            let record = counting.view().func(func);
            let first = record.code_word as usize;
            for (at, op, _) in instructions(&code[first..first + record.words as usize]) {
                let count = counts[first + at];
                dispatches += count * u64::from(op.is_some());
                if count > 0 {
                    pages.insert((first + at) * 2 / PAGE);
                }
            }
        }
        Ok(Self {
            bytes: counting.image_bytes(),
            program: wrt::compiled(&case.wasm, &options)?,
            dispatches,
            pages: pages.len(),
            seconds: f64::INFINITY,
            result: None,
        })
    }

    fn turn(&mut self, n: u32) -> Result<(), String> {
        let start = cpu_seconds();
        self.result = Some(self.program.run(n)?);
        self.seconds = self.seconds.min(cpu_seconds() - start);
        Ok(())
    }
}
