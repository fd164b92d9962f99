//! What is done when a guest traps: nothing, another try from the beginning, or from the last checkpoint.
//!
//! Input: [`TrapArgs`], and a way to run the guest. Output: what the last try came to. Invariants: tries are bounded; each is a new engine
//! and a new world, so that nothing of the one that failed is left but what it has written to files.

use core::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, ValueEnum};

use crate::status::{Failure, Status};

/// Where the last checkpoint is, once there is one.
pub(super) type LastCheckpoint = Rc<RefCell<Option<PathBuf>>>;

/// What is done when a guest traps.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct TrapArgs {
    /// What to do when the guest traps, or throws what nobody catches: end, start it again, or go on from the last checkpoint of
    /// --checkpoint-every. Files stay as they are; standard input is at its beginning again, or where it was, only if it is a file.
    #[arg(long, value_name = "ACTION", value_enum, default_value_t = OnTrap::Exit,
          requires_if("restore-last-checkpoint", "checkpoint_every"))]
    on_trap: OnTrap,

    /// How many times --on-trap tries again at most.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    max_restarts: u32,
}

/// See [`TrapArgs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnTrap {
    /// End, with the status of traps.
    Exit,
    /// Start again from the beginning.
    Restart,
    /// Go on from the last checkpoint, or from the beginning if there is none yet.
    RestoreLastCheckpoint,
}

/// Runs a guest, from a checkpoint or from the beginning, as often as it traps and is to be tried again.
pub(super) fn supervise(
    args: TrapArgs,
    last: &LastCheckpoint,
    mut run: impl FnMut(Option<PathBuf>) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    let mut from = None;
    for restart in 1..=args.max_restarts {
        let result = run(from);
        let failure = match result {
            Err(failure)
                if args.on_trap != OnTrap::Exit
                    && matches!(failure.status, Status::Trap | Status::Exception) =>
            {
                failure
            }
            _ => return result,
        };
        from = match args.on_trap {
            OnTrap::RestoreLastCheckpoint => last.borrow().clone(),
            OnTrap::Exit | OnTrap::Restart => None,
        };
        let place = match &from {
            Some(path) => path.display().to_string(),
            None => "the beginning".to_owned(),
        };
        eprintln!("wrtd: {failure}");
        let of = args.max_restarts;
        eprintln!("wrtd: going on from {place}, restart {restart} of {of}");
    }
    run(from)
}
