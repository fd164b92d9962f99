//! `wrtc compile`: a module to an image.
//!
//! Input: [`CompileArgs`]. Output: the image in a file, which appears there only when it is complete, so that what lay there before
//! stays as it was until then and when anything fails; a closing line on standard error; with `--report json` the compiler's figures on
//! standard output.

use core::time::Duration;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::json;
use wrt_compiler::{Features, OptLevel, Report};

use super::print;
use crate::build::{self, Settings};
use crate::counts;
use crate::load::STDIN;
use crate::preinit;
use crate::replace::replace;
use crate::status::Failure;

/// The output path that stands for standard output.
const STDOUT: &str = "-";

/// Arguments of `wrtc compile`.
#[derive(Args, Debug)]
pub(crate) struct CompileArgs {
    /// The module, in binary or as text; - reads standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The image to write, - for standard output; by default IN with the extension .wrtb.
    #[arg(short, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Optimisation: 0, 1 or 2. Results, traps and fuel are the same at every level.
    /// 2 is the default, 0 with -g.
    #[arg(short = 'O', value_name = "LEVEL", value_parser = build::opt_level)]
    opt_level: Option<OptLevel>,

    /// Compile for debugging, without optimisation: the guest can be paused before each operator and its locals be looked at, and the image holds symbols for
    /// debuggers, from the module's names and DWARF. Such an image is slower and larger, and says all that the module says of its sources: it is for
    /// developers.
    #[arg(short = 'g', long, conflicts_with_all = ["strip", "preinit"])]
    debug: bool,

    /// Leave function names and Wasm offsets out; backtraces then show numbers, and nothing of calls that the compiler has replaced.
    #[arg(long)]
    strip: bool,

    /// What the module may use, by default everything: a list of names as wrtc features prints them, with commas between them, or of wasm1,
    /// wasm2, wasm3, all. A - before a name takes the feature away, if it comes first from everything. A module that uses more is refused
    /// with the feature's name and place.
    #[arg(long, value_name = "LIST", default_value = "all", hide_default_value = true, allow_hyphen_values = true, value_parser = build::features)]
    features: Features,

    /// Let arithmetic give the same NaN on every machine, the canonical one, which costs two more instructions for each operator on floats.
    #[arg(long)]
    canonical_nans: bool,

    /// Compile by a profile that wrtd run --profile FILE.json has counted; several are added up. What runs often is laid out and translated for
    /// speed, the rest for size. Results, traps and fuel are the same as without.
    #[arg(long, value_name = "JSON", conflicts_with = "debug")]
    profile: Vec<PathBuf>,

    /// Run the start function at build time, then EXPORT if one is given, and start images in the state that this has made. EXPORT has neither
    /// parameters nor results, and is gone afterwards.
    #[arg(long, value_name = "EXPORT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    preinit: Option<String>,

    /// Fuel for that.
    #[arg(
        long,
        value_name = "N",
        requires = "preinit",
        default_value_t = 10_000_000_000
    )]
    preinit_fuel: u64,

    /// A function of WASI that may be called at build time, as under wrtd run --deterministic; everything else fails.
    #[arg(long, value_name = "NAME", requires = "preinit")]
    preinit_allow: Vec<String>,

    /// Print the compiler's figures to standard output.
    #[arg(long, value_name = "FORMAT")]
    report: Option<ReportFormat>,
}

/// How figures are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// One JSON object on one line.
    Json,
}

/// Runs the command.
pub(crate) fn run(args: &CompileArgs) -> Result<u8, Failure> {
    let start = Instant::now();
    let place = args.input.display();
    let mut settings = Settings {
        opt_level: opt_level(args)?,
        debug: args.debug,
        strip: args.strip,
        features: args.features,
        canonical_nans: args.canonical_nans,
        offset_shift: 0,
        check: false,
    };
    let output = output(args)?;
    let mut wasm = build::read_module(&args.input).map_err(|failure| failure.at(&place))?;
    // Of the user's own module: one that is made of it has the same code.
    let profile = counts::read_all(&args.profile, &wasm)?;
    if let Some(export) = &args.preinit {
        let request = preinit::Request {
            export: (!export.is_empty()).then(|| export.clone()),
            fuel: args.preinit_fuel,
            allow: args.preinit_allow.clone(),
        };
        let made = preinit::run(&wasm, &settings, &request).map_err(|it| it.at(&place))?;
        eprintln!("{place}: preinitialised with {} fuel", made.fuel_used);
        // The module that is compiled is not the user's: it may use what hers must not.
        settings.features = Features::default();
        settings.offset_shift = -made.shift;
        wasm = made.wasm;
    }
    let compiled = build::compile_by(&wasm, &settings, profile.as_ref());
    let compiled = compiled.map_err(|failure| failure.at(&place))?;
    write(&output, &compiled.image).map_err(|error| Failure::io(output.display(), &error))?;
    let elapsed = start.elapsed();
    eprintln!("{}", closing_line(&output, &compiled.report, elapsed));
    if profile.is_some() {
        eprintln!("{}", profile_line(&place, &compiled.report));
    }
    if compiled.report.dwarf_bytes > 0 && compiled.report.dwarf_functions == 0 {
        eprintln!(
            "{place}: its DWARF describes no function, or makes no sense: debuggers will see names only"
        );
    }
    if let Some(ReportFormat::Json) = args.report {
        print(&format!("{}\n", report(&compiled.report, elapsed)))?;
    }
    Ok(0)
}

/// The level of optimisation that is asked for.
fn opt_level(args: &CompileArgs) -> Result<OptLevel, Failure> {
    match args.opt_level {
        Some(level) if args.debug && level != OptLevel::O0 => Err(Failure::usage(
            "-g compiles without optimisation: leave -O out, or give -O0",
        )),
        Some(level) => Ok(level),
        None if args.debug => Ok(OptLevel::O0),
        None => Ok(OptLevel::O2),
    }
}

/// Where the image goes. Never onto the module: nobody means that, and it could not be undone.
fn output(args: &CompileArgs) -> Result<PathBuf, Failure> {
    let streamed = args.input.as_os_str() == OsStr::new(STDIN);
    let output = match &args.output {
        Some(output) => output.clone(),
        None if streamed => {
            return Err(Failure::usage(
                "standard input has no name to derive the image's from: give one with -o",
            ));
        }
        None => args.input.with_extension("wrtb"),
    };
    if is_stdout(&output) {
        return match args.report {
            Some(_) => Err(Failure::usage(
                "the image and the report cannot both go to standard output",
            )),
            None => Ok(output),
        };
    }
    let same = |input: PathBuf| output.canonicalize().is_ok_and(|output| output == input);
    if !streamed && args.input.canonicalize().is_ok_and(same) {
        return Err(Failure::usage(format!(
            "the image would replace the module {}: give another place with -o",
            output.display()
        )));
    }
    Ok(output)
}

fn is_stdout(output: &Path) -> bool {
    output.as_os_str() == OsStr::new(STDOUT)
}

/// Writes the image: whoever has mapped the old one keeps it whole, and a power failure leaves one of the two.
fn write(path: &Path, image: &[u8]) -> std::io::Result<()> {
    if is_stdout(path) {
        return std::io::stdout().lock().write_all(image);
    }
    replace(path, |file| file.write_all(image))
}

fn closing_line(output: &Path, report: &Report, elapsed: Duration) -> String {
    let ratio = report.image_bytes as f64 / report.wasm_bytes.max(1) as f64;
    let place = if is_stdout(output) {
        "standard output".into()
    } else {
        output.to_string_lossy()
    };
    format!(
        "{place}: {} functions, {} bytes of Wasm to {} bytes of image ({ratio:.2}x), {:.3} s",
        report.functions,
        report.wasm_bytes,
        report.image_bytes,
        elapsed.as_secs_f64()
    )
}

fn profile_line(place: &impl core::fmt::Display, report: &Report) -> String {
    format!(
        "{place}: of its functions {} ran in the profile, of its blocks {} of {}, {} of them often",
        report.profiled_functions, report.profiled_blocks, report.ir_blocks, report.hot_blocks
    )
}

fn report(report: &Report, elapsed: Duration) -> serde_json::Value {
    json!({
        "wasm_bytes": report.wasm_bytes,
        "image_bytes": report.image_bytes,
        "functions": report.functions,
        "ir_insts_built": report.ir_insts_built,
        "ir_insts": report.ir_insts,
        "ir_blocks": report.ir_blocks,
        "profiled_functions": report.profiled_functions,
        "profiled_blocks": report.profiled_blocks,
        "hot_blocks": report.hot_blocks,
        "words": report.words,
        "max_frame_slots": report.max_frame_slots,
        "dwarf_bytes": report.dwarf_bytes,
        "dwarf_functions": report.dwarf_functions,
        "seconds": elapsed.as_secs_f64(),
    })
}
