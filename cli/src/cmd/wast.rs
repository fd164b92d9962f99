//! `wrtc wast`: runs test scripts and counts.
//!
//! Input: paths of scripts. Output: a line per file, a line per failure behind it, and a sum. A script that
//! cannot be read does not keep the others from running. The status is that of the first of those, else 1 if anything failed.

use std::path::PathBuf;

use clap::Args;
use wrt_compiler::{Features, OptLevel};

use super::print;
use crate::build;
use crate::progress::Progress;
use crate::status::{Failure, Status};
use crate::wast::{Counts, Options, run_file};

/// Arguments of `wrtc wast`.
#[derive(Args, Debug)]
pub(crate) struct WastArgs {
    /// The scripts.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Optimisation: 0, 1 or 2.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", value_parser = build::opt_level)]
    opt_level: OptLevel,

    /// Compile for debugging, as wrtc compile -g does.
    #[arg(short = 'g', long, conflicts_with = "opt_level")]
    debug: bool,

    /// What modules may use, as for wrtc compile: others count as refused.
    #[arg(long, value_name = "LIST", default_value = "all", hide_default_value = true, allow_hyphen_values = true, value_parser = build::features)]
    features: Features,

    /// Let the compiler check its own work after every stage.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) fn run(args: &WastArgs) -> Result<u8, Failure> {
    let options = Options {
        opt_level: args.opt_level,
        debug: args.debug,
        features: args.features,
        check: args.check,
        rewrite: None,
    };
    let bar = Progress::new("running scripts");
    let (mut sum, mut unread) = (Counts::default(), Vec::new());
    for (done, path) in (0_u64..).zip(&args.files) {
        bar.set(done, args.files.len() as u64);
        let place = path.display();
        let counts = match run_file(path, &options) {
            Ok(counts) => counts,
            Err(error) => {
                unread.push(Failure::io(&place, &error));
                continue;
            }
        };
        let mut text = format!("{place}: {counts}\n");
        for failure in &counts.failures {
            text.push_str(&format!("{place}:{failure}\n"));
        }
        print(&text)?;
        sum.add(&counts);
    }
    if args.files.len() > 1 {
        print(&format!("{} files: {sum}\n", args.files.len()))?;
    }
    let mut unread = unread.into_iter();
    if let Some(mut first) = unread.next() {
        first.details.extend(unread.map(|other| other.message));
        return Err(first);
    }
    Ok(if sum.failed() == 0 {
        0
    } else {
        Status::Failed as u8
    })
}
