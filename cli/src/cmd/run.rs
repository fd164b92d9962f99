//! `wrtd run`: runs an image, metered.
//!
//! Input: [`RunArgs`]. Output: an exit status; what the guest prints; for `--invoke` the results, one a line. Pauses, failures and
//! statistics go to standard error.

mod checkpoints;
mod guest;
pub(crate) mod keep;
#[cfg(feature = "compile")]
mod profile;
pub(crate) mod replay;
mod restart;
pub(crate) mod resume;
mod stats;
#[cfg(feature = "debug")]
pub(crate) mod stepwise;
mod threads;
pub(crate) mod world;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use wrt_host::MmapProvider;
use wrt_vm::{Config, Engine};

use crate::load::Image;
use crate::status::{self, Failure};
use guest::End;
pub(crate) use guest::Guest;
pub(crate) use keep::Keep;
use keep::KeepArgs;
use restart::{LastCheckpoint, TrapArgs};
use world::{WorldArgs, guest_args};

/// Arguments of `wrtd run`.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// An image; with a compiler in this build also a .wasm or .wat module.
    #[arg(value_name = "IMG")]
    image: PathBuf,

    /// Call this export instead of `_start`; ARGS are its arguments, the results are printed one a line.
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,

    /// Fuel to run with; one WebAssembly operator costs 1. Without it the guest runs as long as it likes.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,

    /// When the fuel is used up, show where the guest paused, add N and resume, until it is done.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    refill: Option<u64>,

    /// Let the guest spawn threads, at most MAX at a time beside the first one. They take turns on one host thread, in the same order
    /// each time. The guest imports its shared memory and `thread-spawn` of the module `wasi`.
    #[arg(long, value_name = "MAX", num_args = 0..=1, require_equals = true, default_missing_value = "64",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    threads: Option<u32>,

    #[command(flatten)]
    threading: ThreadingArgs,

    /// Print statistics to standard error at the end.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    stats: Option<StatsFormat>,

    /// Write where the time goes. FILE.json gets how often each operator ran, for wrtc compile --profile; IMG is then the module, or an image made with
    /// -g and --profile-wasm the module. Any other FILE gets an HTML page of where the fuel goes: calls as a flame graph, and the blocks that took most, Wasm
    /// beside bytecode. Outcome, fuel and statistics stay what they are without; but where operators are counted a run that traps has paid for no more
    /// than those that ran, which may be less.
    #[cfg(feature = "compile")]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["checkpoint_every", "on_signal", "state_hash_every"])]
    profile: Option<PathBuf>,

    /// Fuel from one sample of the page to the next, in the mean. What is counted for FILE.json is exact.
    #[cfg(feature = "compile")]
    #[arg(long, value_name = "N", requires = "profile", default_value_t = 100_000,
          value_parser = clap::value_parser!(u64).range(1..))]
    profile_every: u64,

    /// The module that the image was made from, for the page to show its text, or to say what the counts are of. Not needed when IMG is a module.
    #[cfg(feature = "compile")]
    #[arg(long, value_name = "WASM", requires = "profile")]
    profile_wasm: Option<PathBuf>,

    /// Write all that the guest asks of the host, and the answers, to FILE; `wrtd replay` does the same run again without files, clocks
    /// or input.
    #[arg(long, value_name = "FILE", conflicts_with = "on_trap")]
    record: Option<PathBuf>,

    #[command(flatten)]
    trap: TrapArgs,

    #[command(flatten)]
    keep: KeepArgs,

    #[command(flatten)]
    world: WorldArgs,

    /// The guest's arguments: everything from the first one on; put -- before one that starts with a dash.
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_negative_numbers = true
    )]
    args: Vec<String>,
}

/// How handlers are found.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ThreadingArgs {
    /// Whether the guest is threaded directly once it has used some fuel: faster by a sixth, for four bytes of memory for each byte of
    /// code. Nothing else changes.
    #[arg(long, value_name = "WHETHER", value_enum, default_value_t = Switch::On)]
    direct_threading: Switch,
}

impl ThreadingArgs {
    const fn apply_to(self, config: Config) -> Config {
        match self.direct_threading {
            Switch::On => config,
            Switch::Off => config.with_direct_threading(None),
        }
    }
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// How statistics are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatsFormat {
    /// A line per figure.
    Text,
    /// One JSON object on one line.
    Json,
}

impl RunArgs {
    /// What is to be run. Counts are of operators, so a module is compiled with a block for each, as for debugging.
    fn open(&self) -> Result<Image, Failure> {
        #[cfg(feature = "compile")]
        if profile::is_counted(self) {
            return Image::open_for_debugging(&self.image);
        }
        Image::open(&self.image)
    }
}

/// Runs the command.
pub(crate) fn run(args: &RunArgs) -> Result<u8, Failure> {
    let last = LastCheckpoint::default();
    restart::supervise(args.trap, &last, |from| match from {
        None => from_the_beginning(args, &last),
        Some(path) => {
            let from = resume::ResumeArgs::of_run(args, path);
            resume::go_on(&from, args.fuel, &last)
        }
    })
}

fn from_the_beginning(args: &RunArgs, last: &LastCheckpoint) -> Result<u8, Failure> {
    let guest_args = guest_args(args.invoke.as_deref(), &args.args);
    let wasi = args
        .world
        .build(&args.image, guest_args, |builder| builder)?;
    let image = args.open()?;
    let provider = image.known_to(MmapProvider::new());
    let module = image.module(&args.image)?;
    let config = config(args.threads);
    let config = args.threading.apply_to(config);
    let mut engine = Engine::with_provider(config, &provider)?;
    engine.set_fuel(0);
    if args.keep.state_hash_every.is_some() && args.world.deterministic.is_none() {
        let text = "--state-hash-every says nothing without --deterministic: no two runs have the same clocks";
        return Err(Failure::usage(text));
    }
    let keep = Keep::new(&args.keep, 0, last)?;
    let mut guest = Guest::new(engine, module, wasi, args.refill, &args.image, keep)?;
    #[cfg(feature = "compile")]
    let profile = profile::Request::new(args, &mut guest)?;
    guest.grant(args.fuel.or(args.refill).unwrap_or(u64::MAX));
    let invoke = match &args.invoke {
        Some(name) => Some((name.clone(), guest.slots_of(name, &args.args)?)),
        None => None,
    };
    if let Some(path) = &args.record {
        // A guest that is given more fuel whenever it is short has as much as it likes.
        let fuel = args.fuel.filter(|_| args.refill.is_none());
        guest.record(path, (fuel, args.threads), invoke.clone())?;
    }
    if args.threads.is_some() {
        guest.allow_threads()?;
    }
    let result = match invoke {
        Some((name, slots)) => guest.invoke(&name, slots),
        None => guest.start(),
    };
    guest.end_tape()?;
    let status = ended(&mut guest, &result, args.stats);
    #[cfg(feature = "compile")]
    if let Some(profile) = profile {
        profile.finish(&guest)?;
    }
    result.map(|_| status)
}

/// The exit status of a guest that has ended; its statistics are printed if they are asked for.
fn ended(guest: &mut Guest<'_>, result: &Result<End, Failure>, stats: Option<StatsFormat>) -> u8 {
    let status = match result {
        Ok(End::Done) => 0,
        Ok(End::Exit(code)) => guest_status(*code),
        Err(failure) => failure.status as u8,
    };
    if let Some(format) = stats {
        guest.flush();
        eprint!("{}", stats::report(format, &guest.stats(), result, status));
    }
    status
}

/// Budgets of an engine with so many threads beside the first. Each thread that is ever spawned leaves an instance behind.
const fn config(threads: Option<u32>) -> Config {
    let config = Config::new().with_direct_threading(Some(Config::DIRECT_THREADING_AFTER));
    match threads {
        Some(max) => config
            .with_threads(max + 1)
            .with_instances(threads::MAX_SPAWNED),
        None => config.with_threads(1),
    }
}

pub(crate) fn guest_status(code: i32) -> u8 {
    let (status, replaced) = status::of_guest(code);
    if replaced {
        eprintln!("wrtd: the guest exited with code {code}");
    }
    status
}
