//! `wrtc compile`: a module to an image.
//!
//! Input: [`CompileArgs`]. Output: the image in a file, which appears there only when it is complete; a closing line on standard
//! error; with `--report json` the compiler's figures on standard output.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::json;
use wrt_compiler::{OptLevel, Report};

use super::print;
use crate::build::{self, Settings};
use crate::status::Failure;

/// Arguments of `wrtc compile`.
#[derive(Args, Debug)]
pub(crate) struct CompileArgs {
    /// The module, in binary or as text.
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The image to write; by default IN with the extension .wrtb.
    #[arg(short, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Optimisation: 0, 1 or 2. Results, traps and fuel are the same at every level.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", value_parser = build::opt_level)]
    opt_level: OptLevel,

    /// Leave function names and Wasm offsets out; backtraces then show numbers.
    #[arg(long)]
    strip: bool,

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
    let settings = Settings {
        opt_level: args.opt_level,
        strip: args.strip,
        check: false,
    };
    let wasm = build::read_module(&args.input).map_err(|failure| failure.at(&place))?;
    let compiled = build::compile(&wasm, &settings).map_err(|failure| failure.at(&place))?;
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| args.input.with_extension("wrtb"));
    write(&output, &compiled.image)?;
    let elapsed = start.elapsed();
    eprintln!("{}", closing_line(&output, &compiled.report, elapsed));
    if let Some(ReportFormat::Json) = args.report {
        print(&format!("{}\n", report(&compiled.report, elapsed)))?;
    }
    Ok(0)
}

/// Writes the image beside its place and moves it there: a runner that has mapped the old image keeps it whole.
fn write(path: &Path, image: &[u8]) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let special = std::fs::metadata(path).is_ok_and(|data| !data.is_file());
    let written = if special {
        std::fs::write(path, image)
    } else {
        std::fs::write(&beside, image).and_then(|()| std::fs::rename(&beside, path))
    };
    written.map_err(|error| {
        // It may not be there at all.
        drop(std::fs::remove_file(&beside));
        Failure::io(path.display(), &error)
    })
}

fn closing_line(output: &Path, report: &Report, elapsed: Duration) -> String {
    let ratio = report.image_bytes as f64 / report.wasm_bytes.max(1) as f64;
    format!(
        "{}: {} functions, {} bytes of Wasm to {} bytes of image ({ratio:.2}x), {:.3} s",
        output.display(),
        report.functions,
        report.wasm_bytes,
        report.image_bytes,
        elapsed.as_secs_f64()
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
        "words": report.words,
        "max_frame_slots": report.max_frame_slots,
        "seconds": elapsed.as_secs_f64(),
    })
}
