//! `wrtd replay`: a guest does again what was recorded of it, without files, clocks or input.
//!
//! Input: [`ReplayArgs`]. Output: what the guest printed, and its exit status; or where it goes another way than was recorded.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use wrt_host::MmapProvider;
use wrt_vm::{Engine, Module};
use wrt_wasi::WasiBuilder;

use super::guest::Guest;
use super::keep::Keep;
use super::{StatsFormat, config, ended};
use crate::load::Image;
use crate::status::Failure;
use crate::tape::{Header, Player, Recorder, Tape};
use crate::wasi::SharedTape;

/// Arguments of `wrtd replay`.
#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// What `wrtd run --record` has written.
    #[arg(value_name = "FILE")]
    recording: PathBuf,

    /// The image, or the module that it is made from, if it is no longer where it was.
    #[arg(long, value_name = "IMG")]
    image: Option<PathBuf>,

    /// Print statistics to standard error at the end.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    stats: Option<StatsFormat>,
}

/// Runs the command.
pub(crate) fn run(args: &ReplayArgs) -> Result<u8, Failure> {
    let (player, header) = Player::open(&args.recording)?;
    let place = args.image.as_ref().unwrap_or(&header.image);
    let image = Image::open(place)?;
    let provider = image.known_to(MmapProvider::new());
    let module = image.module(place)?;
    if id_of(&module) != header.image_id {
        let text = format!(
            "{} is not the image that was recorded; name that with --image",
            place.display()
        );
        return Err(Failure::usage(text).at(args.recording.display()));
    }
    let engine = Engine::with_provider(config(header.threads), &provider)?;
    // Nothing is asked of this world.
    let wasi = WasiBuilder::new().build();
    let wasi = wasi.map_err(|error| Failure::usage(error.to_string()))?;
    let mut guest = Guest::new(engine, module, wasi, None, place, Keep::default())?;
    guest.use_tape(Tape::Replay(player))?;
    guest.engine.set_fuel(0);
    guest.grant(header.fuel.unwrap_or(u64::MAX));
    if header.threads.is_some() {
        guest.allow_threads()?;
    }
    let result = match header.invoke {
        Some((name, slots)) => guest.invoke(&name, slots),
        None => guest.start(),
    };
    guest.end_tape()?;
    let status = ended(&mut guest, &result, args.stats);
    result.map(|_| status)
}

/// The id of a module's image in hexadecimal.
fn id_of(module: &Module<'_>) -> String {
    let id = module.view().image_id();
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Guest<'_> {
    /// Has calls of the host noted, or answered from a recording.
    pub(super) fn use_tape(&mut self, tape: Tape) -> Result<(), Failure> {
        let tape = Arc::new(Mutex::new(tape));
        self.linker = crate::wasi::linker_with(Arc::clone(&tape))?;
        self.tape = Some(tape);
        Ok(())
    }

    /// Records all calls of the host, of a guest that is run with so much fuel and so many threads.
    pub(super) fn record(
        &mut self,
        path: &std::path::Path,
        limits: (Option<u64>, Option<u32>),
        invoke: Option<(String, Vec<u64>)>,
    ) -> Result<(), Failure> {
        let header = Header::new(self.image.clone(), id_of(&self.module), invoke, limits);
        self.use_tape(Tape::Record(Recorder::create(path, &header)?))
    }

    /// Whether calls of the host are answered from a recording.
    pub(super) fn is_replay(&self) -> bool {
        let tape = self.tape.as_ref();
        let is_replay = |tape: &SharedTape| {
            let tape = tape.lock().unwrap_or_else(PoisonError::into_inner);
            matches!(*tape, Tape::Replay(_))
        };
        tape.is_some_and(is_replay)
    }

    /// The guest has ended: the recording is complete, or is found to have been followed to its end.
    pub(super) fn end_tape(&mut self) -> Result<(), Failure> {
        let fuel = self.engine.fuel_used();
        let Some(tape) = &self.tape else {
            return Ok(());
        };
        let mut tape = tape.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *tape {
            Tape::Record(recorder) => recorder.finish(fuel),
            Tape::Replay(player) => player.finish(fuel),
            #[cfg(feature = "debug")]
            Tape::Travel(_) => Ok(()),
        }
    }
}
