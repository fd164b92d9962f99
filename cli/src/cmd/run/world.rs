//! What a guest sees of the host: arguments, environment, directories, streams, clocks.
//!
//! Input: [`WorldArgs`]. Output: a [`Wasi`]. Nothing is granted that the command line does not name, but for standard streams.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use wrt_wasi::{Clock, Wasi, WasiBuilder};

use crate::status::Failure;

/// What the guest is given.
#[derive(Args, Clone, Debug)]
pub(crate) struct WorldArgs {
    /// Let the guest do the same in every run and on every machine: clocks start at the year 2000 and go on by a nanosecond for each unit
    /// of fuel and by what is waited for, random numbers come from SEED, files show neither times nor the host's numbers. Input must be
    /// the same; take it from a file.
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub(super) deterministic: Option<u64>,

    /// Give the guest a host directory, under the guest's name for it or the same one.
    #[arg(long, value_name = "HOST[::GUEST]")]
    pub(super) dir: Vec<String>,

    /// Call the guest by this name: its first argument, which is the name of IMG otherwise.
    #[arg(long, value_name = "NAME")]
    argv0: Option<String>,

    /// Set a variable of the guest's environment.
    #[arg(long, value_name = "K=V")]
    env: Vec<String>,

    /// Read the guest's standard input from a file.
    #[arg(long, value_name = "FILE")]
    pub(super) stdin: Option<PathBuf>,
}

impl WorldArgs {
    /// The world of a guest of this image with these arguments. Its streams are those of this process unless `streams` sets others.
    pub(crate) fn build(
        &self,
        image: &Path,
        args: &[String],
        streams: impl FnOnce(WasiBuilder) -> WasiBuilder,
    ) -> Result<Wasi, Failure> {
        let name = self.argv0.clone();
        let mut builder = WasiBuilder::new()
            .inherit_output()
            .inherit_stdin()
            .arg(name.unwrap_or_else(|| program_name(image)))
            .args(args);
        for pair in &self.env {
            let pair = pair.split_once('=').ok_or_else(|| {
                Failure::usage(format!("--env {pair}: give a variable as NAME=VALUE"))
            });
            let (name, value) = pair?;
            builder = builder.env(name, value);
        }
        builder = with_dirs(streams(builder), &self.dir)?;
        if let Some(seed) = self.deterministic {
            builder = builder
                .random_seed(seed)
                .stable_files()
                .clock(Clock::Virtual {
                    realtime_ns: wrt_wasi::STABLE_TIME_NS,
                    monotonic_ns: 0,
                    step_ns: 0,
                });
        }
        if self.stdin.is_some() {
            builder = with_stdin(builder, self.stdin.as_deref())?;
        }
        builder
            .build()
            .map_err(|error| Failure::usage(error.to_string()))
    }
}

/// Arguments of the command line that are the guest's: those of an export that is called go to that.
pub(crate) fn guest_args<'a>(invoke: Option<&str>, args: &'a [String]) -> &'a [String] {
    match invoke {
        None => args,
        Some(_) => &[],
    }
}

/// Directories of the host, each under the guest's name for it.
pub(super) fn with_dirs(mut builder: WasiBuilder, dirs: &[String]) -> Result<WasiBuilder, Failure> {
    for dir in dirs {
        let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
        let opened = builder.preopen_host_dir(host, guest, false);
        builder = opened.map_err(|error| Failure::io(format!("--dir {host}"), &error))?;
    }
    Ok(builder)
}

/// Standard input, of a file or of this process.
pub(super) fn with_stdin(
    builder: WasiBuilder,
    file: Option<&Path>,
) -> Result<WasiBuilder, Failure> {
    let Some(path) = file else {
        return Ok(builder.inherit_stdin());
    };
    let file = File::open(path).map_err(|error| Failure::io(path.display(), &error))?;
    Ok(builder.stdin(Box::new(file)))
}

/// The guest's first argument when none is given: the name of its file.
pub(super) fn program_name(image: &Path) -> String {
    image
        .file_name()
        .unwrap_or(image.as_os_str())
        .to_string_lossy()
        .into_owned()
}
