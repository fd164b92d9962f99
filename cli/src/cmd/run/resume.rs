//! `wrtd resume`: goes on with a guest from a snapshot.
//!
//! Input: [`ResumeArgs`]. Output: as `wrtd run`, from where the snapshot was taken. The image, and directories for the guest, are granted anew: a
//! snapshot gives no access to anything.

use std::path::{Path, PathBuf};

use clap::Args;
use wrt_vm::{Engine, RestoreError};
use wrt_wasi::WasiBuilder;

use super::guest::Guest;
use super::keep::{Keep, KeepArgs, Record, WASI_SECTION};
use super::restart::{self, LastCheckpoint, TrapArgs};
use super::world::{with_dirs, with_stdin};
use super::{RunArgs, StatsFormat, ThreadingArgs, config, ended};
use crate::chain::{Chain, Check, not_a_chain};
use crate::load::Image;
use crate::status::{Failure, Status};

/// Arguments of `wrtd resume`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ResumeArgs {
    /// The snapshot.
    #[arg(value_name = "FILE")]
    snapshot: PathBuf,

    /// The image, or the module that it is made from, if it is no longer where it was.
    #[arg(long, value_name = "IMG")]
    image: Option<PathBuf>,

    /// Where the snapshots are that FILE is based on, if they are no longer where they were.
    #[arg(long, value_name = "DIR")]
    parents: Option<PathBuf>,

    /// Read the contents of memory when the guest first uses them, and do not check them before: starts in an instant. What is damaged there
    /// is wrong data for the guest, and harms nothing else.
    #[arg(long)]
    lazy: bool,

    /// Fuel to go on with, in place of what was left. Without it the guest runs as long as it likes.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,

    /// When the fuel is used up, show where the guest paused, add N and resume, until it is done.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    refill: Option<u64>,

    /// Print statistics to standard error at the end.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    stats: Option<StatsFormat>,

    #[command(flatten)]
    threading: ThreadingArgs,

    #[command(flatten)]
    keep: KeepArgs,

    #[command(flatten)]
    trap: TrapArgs,

    /// Give the guest a host directory, under the guest's name for it or the same one: all that it had.
    #[arg(long, value_name = "HOST[::GUEST]")]
    dir: Vec<String>,

    /// Read the guest's standard input from a file, from where the guest had read it.
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
}

impl ResumeArgs {
    /// Those that go on with a guest of `wrtd run` from a checkpoint.
    pub(super) fn of_run(args: &RunArgs, snapshot: PathBuf) -> Self {
        Self {
            snapshot,
            image: Some(args.image.clone()),
            parents: None,
            lazy: false,
            fuel: None,
            refill: args.refill,
            stats: args.stats,
            threading: args.threading,
            keep: args.keep.clone(),
            trap: args.trap,
            dir: args.world.dir.clone(),
            stdin: args.world.stdin.clone(),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &ResumeArgs) -> Result<u8, Failure> {
    let last = LastCheckpoint::default();
    restart::supervise(args.trap, &last, |from| match from {
        None => go_on(args, None, &last),
        Some(snapshot) => {
            let from = args.clone();
            go_on(&ResumeArgs { snapshot, ..from }, None, &last)
        }
    })
}

/// Goes on with a guest; `total` is the fuel that it has been given since its beginning, if that is limited.
pub(super) fn go_on(
    args: &ResumeArgs,
    total: Option<u64>,
    last: &LastCheckpoint,
) -> Result<u8, Failure> {
    let place = args.snapshot.display();
    let key = args.keep.key()?;
    let chain = Chain::open(&args.snapshot, args.parents.as_deref(), key.as_ref())?;
    let check = if args.lazy {
        Check::ButPages
    } else {
        Check::All
    };
    let snapshots = chain.snapshots(check)?;
    let Some((snapshot, ancestors)) = snapshots.split_first() else {
        return Err(Failure::new(Status::Internal, "no snapshot"));
    };
    let record = Record::parse(snapshot).map_err(|it| it.at(&place))?;
    let image_path = args.image.as_ref().unwrap_or(&record.image);
    let image = Image::open(image_path)?;
    let provider = image.known_to(chain.provider());
    let module = image.module(image_path)?;
    let config = args.threading.apply_to(config(record.threads.max));
    let engine = Engine::with_provider(config, &provider)?;
    let engine = engine
        .restored_on(snapshot, ancestors, &[module])
        .map_err(|error| restoring(error, image_path).at(&place))?;
    let builder = with_dirs(WasiBuilder::new().inherit_output(), &args.dir)?;
    let wasi = snapshot.numbered(WASI_SECTION).unwrap_or_default();
    let wasi = with_stdin(builder, args.stdin.as_deref())?.restore(wasi);
    let wasi = wasi.map_err(|error| {
        let text = format!("cannot go on: {error}");
        Failure::new(Status::Unsupported, text).at(&place)
    })?;
    let used = engine.fuel_used();
    let keep = Keep::new(&args.keep, used, last)?;
    let mut guest = Guest::new(engine, module, wasi, args.refill, image_path, keep)?;
    guest.restore(record)?;
    let left = total.map(|total| total.saturating_sub(used));
    guest.grant(left.or(args.fuel).or(args.refill).unwrap_or(u64::MAX));
    let result = guest.go_on();
    let status = ended(&mut guest, &result, args.stats);
    result.map(|_| status)
}

impl Guest<'_> {
    /// Takes over what a snapshot says of the guest, once engine and WASI are restored.
    fn restore(&mut self, record: Record) -> Result<(), Failure> {
        self.invoked = record.invoke;
        self.phase = record.phase;
        self.restore_threads(&record.threads)?;
        Ok(self.linker.adopt(&mut self.engine)?)
    }
}

/// Why an engine could not be restored with the image at this place.
pub(crate) fn restoring(error: RestoreError, image: &Path) -> Failure {
    match error {
        RestoreError::Engine(error) => error.into(),
        RestoreError::MissingModule { .. } => {
            let text = format!(
                "{} is not the image that the snapshot was taken of; name that with --image",
                image.display()
            );
            Failure::usage(text)
        }
        RestoreError::Ancestors(fault) => not_a_chain(fault),
        RestoreError::NotNew | RestoreError::Invalid { .. } => {
            Failure::new(Status::Corrupt, error.to_string())
        }
        _ => Failure::new(Status::Corrupt, error.to_string()),
    }
}
