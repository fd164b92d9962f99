//! Snapshots of a running guest: when they are taken, and what is in them beside the engine.
//!
//! Input: a guest that has paused for want of fuel, of all that it was given or of a portion. Output: snapshot files, whole or not at all.
//! Invariants: the guest does the same with and without; nothing is written when something cannot be captured. What a snapshot needs beside
//! the engine's state is in two sections of the host: the world of WASI, and [`Record`].

use core::sync::atomic::{AtomicBool, Ordering};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wrt_vm::{HOST_SECTIONS, MAX_ANCESTORS, Snapshot, SnapshotOptions, Stats};

use super::checkpoints::{self, Checkpoint};
use super::guest::{Guest, Phase};
use super::restart::LastCheckpoint;
use super::threads::ThreadsRecord;
use crate::chain::{Chain, Check};
use crate::envelope::{Key, Seal};
use crate::snapshot_file::{self, refused};
use crate::status::{Failure, Status};

/// The section with the state of WASI.
pub(crate) const WASI_SECTION: u32 = HOST_SECTIONS.start;
/// The section with the [`Record`], as JSON.
pub(crate) const RECORD_SECTION: u32 = HOST_SECTIONS.start + 1;
/// Version of the [`Record`].
const VERSION: u32 = 2;
/// Fuel between two looks at whether a signal has come: some milliseconds.
const LOOK: u64 = 2_000_000;

/// When snapshots are taken.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct KeepArgs {
    /// When the fuel is used up, write a snapshot to FILE; `wrtd resume` goes on from there, on any machine. The exit status is that of a
    /// guest out of fuel.
    #[arg(long, value_name = "snapshot=FILE", value_parser = on_pause, conflicts_with = "refill")]
    on_pause: Option<PathBuf>,

    /// When the process is told to end (SIGTERM, SIGINT), write a snapshot to FILE and end as a guest out of fuel does. It waits until the
    /// guest runs: not in the middle of a call of the host, such as one that reads a terminal.
    #[cfg(unix)]
    #[arg(long, value_name = "snapshot=FILE", value_parser = on_pause)]
    on_signal: Option<PathBuf>,

    /// Each time N more fuel is used write a snapshot to the directory DIR, named by the fuel used so far.
    #[arg(long, value_name = "N=DIR", value_parser = every)]
    checkpoint_every: Option<Every>,

    /// How many of the latest snapshots of --checkpoint-every are kept.
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    checkpoint_keep: u32,

    /// Of N checkpoints let one stand alone and the others hold only what has changed in memory since the one before. Those that a kept one
    /// is based on are kept too.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=MAX_ANCESTORS as i64 + 1))]
    checkpoint_full_every: u32,

    /// Base the snapshots of --on-pause and --on-signal on this one of the same guest: they hold only what has changed in memory since. Going
    /// on takes both files.
    #[arg(long, value_name = "FILE")]
    parent: Option<PathBuf>,

    /// Each time N more fuel is used print a hash of the guest's state to standard error: two runs with --deterministic that print the same are the
    /// same, on two machines too.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) state_hash_every: Option<u64>,

    #[command(flatten)]
    seal: SealArgs,
}

/// What is put around snapshot files.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SealArgs {
    /// Compress snapshots (LZ4).
    #[arg(long)]
    compress: bool,

    /// Encrypt snapshots with the key in FILE, of 32 bytes or 64 hexadecimal digits (XChaCha20-Poly1305). Snapshots that are read have to be
    /// encrypted with it: others are refused, as are changed ones.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Leave holes in snapshot files, which take no room on the disk, where pages of zeros lie between others: `wrtd resume --lazy` is faster then with guests whose memory
    /// is used here and there. Files are as long as what they span, up to 257 times what they hold, and what copies or sends them has to know of
    /// holes to make them no larger.
    #[arg(long, conflicts_with_all = ["compress", "key"])]
    pub(crate) sparse: bool,
}

impl SealArgs {
    pub(crate) fn read(&self) -> Result<Seal, Failure> {
        Ok(Seal {
            compress: self.compress,
            key: self.key.as_deref().map(Key::read).transpose()?,
        })
    }
}

impl KeepArgs {
    /// The key of the snapshots.
    pub(crate) fn key(&self) -> Result<Option<Key>, Failure> {
        Ok(self.seal.read()?.key)
    }
}

fn on_pause(text: &str) -> Result<PathBuf, String> {
    let file = text.strip_prefix("snapshot=").filter(|it| !it.is_empty());
    let file = file.ok_or("what can be done is snapshot=FILE")?;
    Ok(file.into())
}

#[derive(Clone, Debug)]
struct Every {
    fuel: u64,
    folder: PathBuf,
}

fn every(text: &str) -> Result<Every, String> {
    let parts = text
        .split_once('=')
        .filter(|(_, folder)| !folder.is_empty());
    let (fuel, folder) = parts.ok_or("give fuel and a directory as N=DIR")?;
    match fuel.parse() {
        Ok(fuel) if fuel > 0 => Ok(Every {
            fuel,
            folder: folder.into(),
        }),
        _ => Err(format!("{fuel:?} is no amount of fuel")),
    }
}

/// What is being kept of a guest.
#[derive(Debug, Default)]
pub(crate) struct Keep {
    on_pause: Option<PathBuf>,
    every: Option<Every>,
    count: usize,
    /// Checkpoints of which the first stands alone.
    full_every: usize,
    /// The checkpoints that the next one is based on, and the fuel at the nearest.
    checkpoints: (Chain, u64),
    /// The snapshots that those of pauses and signals are based on.
    parents: Chain,
    seal: Seal,
    /// Whether snapshots have holes.
    holes: bool,
    /// Fuel until the next checkpoint.
    until: u64,
    /// Where the last checkpoint is noted.
    last: LastCheckpoint,
    /// Fuel between hashes of the state, and until the next one.
    hash_every: Option<u64>,
    hash_in: u64,
    /// Where the snapshot goes that a signal asks for, and whether one has come.
    on_signal: Option<(PathBuf, Arc<AtomicBool>)>,
    /// Fuel that the guest has been given and the engine has not.
    held_back: u64,
    /// Pauses that the guest has only because of checkpoints.
    pauses: u64,
}

impl Keep {
    /// As the arguments say, for a guest that has used so much fuel; the directory for checkpoints is made.
    pub(super) fn new(args: &KeepArgs, used: u64, last: &LastCheckpoint) -> Result<Self, Failure> {
        if let Some(Every { folder, .. }) = &args.checkpoint_every {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| Failure::io(folder.display(), &error))?;
        }
        let every = args.checkpoint_every.clone();
        let seal = args.seal.read()?;
        Ok(Self {
            on_pause: args.on_pause.clone(),
            until: every.as_ref().map_or(u64::MAX, |every| every.fuel),
            every,
            last: LastCheckpoint::clone(last),
            hash_every: args.state_hash_every,
            hash_in: args
                .state_hash_every
                .map_or(u64::MAX, |every| every - used % every),
            on_signal: watched(args)?,
            count: args.checkpoint_keep as usize,
            full_every: args.checkpoint_full_every as usize,
            checkpoints: (Chain::default(), 0),
            parents: match &args.parent {
                Some(path) => Chain::open(path, None, seal.key.as_ref())?,
                None => Chain::default(),
            },
            seal,
            holes: args.seal.sparse,
            held_back: 0,
            pauses: 0,
        })
    }

    /// Gives the guest fuel; what of it the engine gets now.
    pub(super) fn grant(&mut self, fuel: u64) -> u64 {
        if self.every.is_none() && self.on_signal.is_none() && self.hash_every.is_none() {
            return fuel;
        }
        // An engine holds no more.
        let most = i64::MAX as u64;
        self.held_back = self.held_back.saturating_add(fuel).min(most);
        let look = if self.on_signal.is_some() {
            LOOK
        } else {
            u64::MAX
        };
        let portion = self.until.min(self.hash_in).min(look).min(self.held_back);
        self.held_back -= portion;
        self.until -= portion;
        self.hash_in -= portion;
        portion
    }

    /// Where the snapshot goes that a signal has asked for.
    fn asked(&self) -> Option<PathBuf> {
        let (path, has_come) = self.on_signal.as_ref()?;
        has_come.load(Ordering::Relaxed).then(|| path.clone())
    }

    /// The statistics of a run without checkpoints.
    pub(super) fn correct(&self, mut stats: Stats) -> Stats {
        stats.fuel_granted = stats.fuel_granted.saturating_add(self.held_back);
        stats.fuel_remaining = stats.fuel_remaining.saturating_add(self.held_back);
        stats.pauses = stats.pauses.saturating_sub(self.pauses);
        stats
    }
}

/// Lets the signals that end a process be noted instead, if that is wanted.
#[cfg(unix)]
fn watched(args: &KeepArgs) -> Result<Option<(PathBuf, Arc<AtomicBool>)>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let Some(path) = &args.on_signal else {
        return Ok(None);
    };
    let has_come = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        let registered = signal_hook::flag::register(signal, Arc::clone(&has_come));
        registered.map_err(|error| Failure::io("--on-signal", &error))?;
    }
    Ok(Some((path.clone(), has_come)))
}

#[cfg(not(unix))]
fn watched(_: &KeepArgs) -> Result<Option<(PathBuf, Arc<AtomicBool>)>, Failure> {
    Ok(None)
}

/// What there is to know of a guest beside engine and WASI.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    /// Where the image was.
    pub(crate) image: PathBuf,
    /// Where the snapshot was that this one is based on, seen from this one's directory.
    pub(crate) parent: Option<PathBuf>,
    /// The export that is called in place of `_start`, with its arguments as slots.
    pub(crate) invoke: Option<(String, Vec<u64>)>,
    /// What the first thread is at.
    pub(crate) phase: Phase,
    /// The number of threads allowed beside the first, and where they stand.
    pub(crate) threads: ThreadsRecord,
}

impl Record {
    /// Reads the section of a snapshot.
    pub(crate) fn parse(snapshot: &Snapshot<'_>) -> Result<Self, Failure> {
        let bytes = snapshot.numbered(RECORD_SECTION);
        let bytes = bytes.ok_or("it was not made by wrtd".to_owned());
        let record: Result<Self, String> =
            bytes.and_then(|bytes| serde_json::from_slice(bytes).map_err(|e| e.to_string()));
        match record {
            Ok(record) if record.version == VERSION => Ok(record),
            Ok(record) => {
                let text = format!("a snapshot of a guest of version {}", record.version);
                Err(Failure::new(Status::OtherVersion, text))
            }
            Err(error) => {
                let text = format!("the snapshot does not say what to go on with: {error}");
                Err(Failure::new(Status::Corrupt, text))
            }
        }
    }
}

impl Record {
    /// The section of the same guest in a snapshot that is based on none.
    pub(crate) fn standing_alone(mut self) -> Result<Vec<u8>, Failure> {
        self.parent = None;
        let bytes = serde_json::to_vec(&self);
        bytes.map_err(|error| Failure::new(Status::Internal, error.to_string()))
    }
}

impl Guest<'_> {
    /// The fuel that the guest was given is used up: if a snapshot is wanted, it is taken. Gives its place.
    pub(super) fn keep_for_later(&mut self) -> Result<Option<PathBuf>, Failure> {
        let Some(path) = self.keep.on_pause.clone() else {
            return Ok(None);
        };
        self.write_based(&path)?;
        Ok(Some(path))
    }

    /// A portion of fuel is used up. Takes a checkpoint if it is time for one; the fuel to go on with, none when all that was granted is used.
    pub(super) fn checkpoint(&mut self) -> Result<Option<u64>, Failure> {
        // Without portions nothing is held back.
        if self.keep.held_back == 0 {
            return Ok(None);
        }
        self.keep.pauses += 1;
        if let Some(path) = self.keep.asked() {
            self.write_based(&path)?;
            let path = path.display();
            let text = format!("stopped by a signal; go on with: wrtd resume {path}");
            return Err(Failure::new(Status::OutOfFuel, text));
        }
        if self.keep.hash_in == 0
            && let Some(every) = self.keep.hash_every
        {
            self.print_hash()?;
            self.keep.hash_in = every;
        }
        if self.keep.until == 0
            && let Some(Every { folder, fuel }) = self.keep.every.clone()
        {
            self.write_checkpoint(&folder)?;
            self.keep.until = fuel;
        }
        Ok(Some(self.keep.grant(0)))
    }

    /// Prints a hash of the engine's state and of the guest's world.
    fn print_hash(&mut self) -> Result<(), Failure> {
        let mut hash = Sha256::new();
        hash.update(self.engine.state_hash());
        let world = self.wasi.state().map_err(|error| {
            let text = format!("no hash of the state can be taken: {error}");
            Failure::new(Status::Unsupported, text)
        })?;
        hash.update(world);
        let hash: String = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        eprintln!("wrtd: state after {} fuel: {hash}", self.engine.fuel_used());
        Ok(())
    }

    /// Writes a checkpoint, based on those before it if it is not its turn to stand alone.
    fn write_checkpoint(&mut self, folder: &Path) -> Result<(), Failure> {
        let (mut chain, before) = core::mem::take(&mut self.keep.checkpoints);
        if chain.len() >= self.keep.full_every {
            chain = Chain::default();
        }
        let checkpoint = Checkpoint {
            fuel: self.engine.fuel_used(),
            parent: (!chain.is_empty()).then_some(before),
        };
        let path = folder.join(checkpoint.name());
        let forgotten = checkpoints::forget_based_on(folder, checkpoint.fuel);
        forgotten.map_err(|(path, error)| Failure::io(path.display(), &error))?;
        self.write_snapshot(&path, &chain)?;
        self.keep.last.replace(Some(path.clone()));
        if self.keep.full_every > 1 {
            chain.push(&path, self.keep.seal.key.as_ref())?;
            self.keep.checkpoints = (chain, checkpoint.fuel);
        }
        let forgotten = checkpoints::forget_old(folder, checkpoint, self.keep.count);
        forgotten.map_err(|(path, error)| Failure::io(path.display(), &error))
    }

    /// Writes a snapshot that is based on what `--parent` says.
    pub(super) fn write_based(&mut self, path: &Path) -> Result<(), Failure> {
        let parents = core::mem::take(&mut self.keep.parents);
        let written = self.write_snapshot(path, &parents);
        self.keep.parents = parents;
        written
    }

    /// Writes a snapshot, whole or not at all.
    fn write_snapshot(&mut self, path: &Path, parents: &Chain) -> Result<(), Failure> {
        // Fuel that the engine has not been given yet is in the snapshot too.
        let wasi = self.wasi.state().map_err(|error| refused(&error))?;
        let record = Record {
            version: VERSION,
            image: self.image.clone(),
            parent: parents.first_seen_from(path),
            invoke: self.invoked.clone(),
            phase: self.phase,
            threads: self.threads.record(&self.engine),
        };
        let record = serde_json::to_vec(&record);
        let record = record.map_err(|error| Failure::new(Status::Internal, error.to_string()))?;
        let sections: [(u32, &[u8]); 2] = [(WASI_SECTION, &wasi), (RECORD_SECTION, &record)];
        let parents = parents.snapshots(Check::ButPages)?;
        let options = SnapshotOptions {
            sections: &sections,
            parents: &parents,
            holes: self.keep.holes,
            ..SnapshotOptions::default()
        };
        snapshot_file::write_sealed(path, &self.engine, &options, &self.keep.seal)
    }
}
