//! From opening an image to its first instruction, the page cache being warm: the start-up time of a guest.
//!
//! Each round opens the file as a runner does (map, verify header and metadata, make an engine, instantiate, verify and enter the first
//! function) and takes the time after each step. Medians over the rounds, in microseconds. A file is an image or a module that is
//! compiled first; without one a module is generated whose image has about 10 MB.

use std::path::{Path, PathBuf};
use std::time::Instant;

use wrt_compiler::Options;
use wrt_host::{MappedImage, MmapProvider};
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome};
use wrt_wasi::WasiBuilder;

use crate::args;
use crate::generate;

const MB: usize = 1_000_000;
/// Fuel for the first call: enough for its first block whatever the function, and soon used up.
const FIRST_FUEL: u64 = 1000;
const STEPS: [&str; 5] = ["map", "verify", "engine", "instantiate", "first call"];

/// Prints the medians. Arguments: `[--rounds N] [--mb N] [FILE]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut files = args.to_vec();
    let rounds = args::number(&mut files, "--rounds", 1000)?;
    let megabytes = args::number(&mut files, "--mb", 10)?;
    let image = match files.as_slice() {
        [] => generated(megabytes * MB)?,
        [file] => read(Path::new(file))?,
        _ => return Err("one file at a time".to_owned()),
    };
    let path = std::env::temp_dir().join(format!("wrt-benches-open-{}.wrtb", std::process::id()));
    let place = |error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::write(&path, &image).map_err(place)?;
    let times = measure(&path, rounds);
    std::fs::remove_file(&path).map_err(place)?;
    let mut times = times?;
    let mut total: Vec<f64> = times.iter().map(|steps| steps.iter().sum()).collect();
    println!(
        "image of {:.2} MB, {rounds} rounds",
        image.len() as f64 / MB as f64
    );
    println!("{:12} {:>10} {:>10}", "step", "median us", "90 % us");
    for (step, name) in STEPS.iter().enumerate() {
        let mut column: Vec<f64> = times.iter_mut().map(|steps| steps[step]).collect();
        line(name, &mut column);
    }
    line("together", &mut total);
    Ok(())
}

fn line(name: &str, seconds: &mut [f64]) {
    seconds.sort_by(f64::total_cmp);
    let at = |share: usize| seconds.get(seconds.len() * share / 100).copied();
    let [median, most] = [50, 90].map(|share| at(share).unwrap_or(f64::NAN) * 1e6);
    println!("{name:12} {median:10.1} {most:10.1}");
}

/// An image of about this many bytes.
fn generated(bytes: usize) -> Result<Vec<u8>, String> {
    let image =
        |copies| -> Result<Vec<u8>, String> { compile(&generate::module(generate::BASE, copies)?) };
    let one = image(1)?.len();
    let further = image(2)?.len() - one;
    let copies = 1 + bytes.saturating_sub(one) / further;
    image(u32::try_from(copies).map_err(|error| error.to_string())?)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let image = wrt_cli::load::Image::open(path).map_err(|failure| failure.to_string())?;
    Ok(image.bytes().to_vec())
}

fn compile(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let compiled = wrt_compiler::compile(wasm, &Options::default());
    compiled.map(|c| c.image).map_err(|error| error.to_string())
}

fn measure(path: &PathBuf, rounds: usize) -> Result<Vec<[f64; STEPS.len()]>, String> {
    let rounds = 0..rounds + 1;
    // The first round warms the cache.
    let times = rounds.map(|_| round(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(times.into_iter().skip(1).collect())
}

/// Seconds that each step took.
fn round(path: &PathBuf) -> Result<[f64; STEPS.len()], String> {
    let text = |error: wrt_vm::Error| error.to_string();
    let mut linker = wrt_cli::wasi::linker().map_err(text)?;
    let mut wasi = WasiBuilder::new().build().map_err(|e| e.to_string())?;
    let mut marks = [Instant::now(); STEPS.len() + 1];
    let mapped = MappedImage::open(path).map_err(|error| error.to_string())?;
    marks[1] = Instant::now();
    let module = Module::load_from_binary(mapped.bytes(), &Limits::default()).map_err(text)?;
    marks[2] = Instant::now();
    let provider = MmapProvider::new().with_image(&mapped);
    let config = Config::default().with_direct_threading(Some(Config::DIRECT_THREADING_AFTER));
    let mut engine = Engine::with_provider(config, &provider).map_err(text)?;
    marks[3] = Instant::now();
    engine.set_fuel(u64::MAX);
    let outcome = linker.instantiate(&mut engine, &mut wasi, &module);
    if outcome.map_err(text)? != Outcome::Done {
        return Err("the start function did not end".to_owned());
    }
    marks[4] = Instant::now();
    let instance = engine.last_instance().ok_or("no instance")?;
    let export = |name| instance.export(&engine, name);
    let Some(Extern::Func(func)) = export(generate::FIRST).or_else(|| export("_start")) else {
        return Err(format!(
            "the image exports neither {} nor _start",
            generate::FIRST
        ));
    };
    engine.set_fuel(FIRST_FUEL);
    let outcome = engine.execute(instance, func, &[]).map_err(text)?;
    marks[5] = Instant::now();
    if outcome == Outcome::Done && engine.results() != [generate::FIRST_RESULT as u64] {
        return Err("the first function gave something else".to_owned());
    }
    if engine.fuel_used() == 0 {
        return Err("no instruction was run".to_owned());
    }
    let mut steps = [0.0; STEPS.len()];
    for (step, pair) in steps.iter_mut().zip(marks.windows(2)) {
        *step = (pair[1] - pair[0]).as_secs_f64();
    }
    Ok(steps)
}
