//! Debugging: a guest's time, forward and backward, and gdb as its client.
//!
//! Input: a guest whose image was made with `-g`. Output: what a debugger wants to see of it at any moment.
//!
//! - `log`: what the host has answered. `moments`: snapshots. `timeline`: both together are time that can be gone over.
//! - `steps`: where the machine pauses. `space`: the address space. `watch`: what is watched in it.
//! - `target`, `arch`, `files`, `monitor`: the guest as gdbstub asks for it. `serve`: a session.

mod arch;
mod files;
mod log;
mod moments;
mod monitor;
mod serve;
mod space;
mod steps;
mod target;
#[cfg(test)]
mod tests;
mod timeline;
mod watch;

pub(crate) use log::Log;

use std::io::{self, Read, Write};

use wrt_format::image::debug::map::code_address;
use wrt_vm::{Config, MemoryProvider};

use crate::cmd::stepwise::{Ending, Guest, Stepwise};
use crate::status::{Failure, Status};
use crate::tape::Tape;
use serve::Left;
use steps::Steps;
use target::Target;
use timeline::{Maker, Timeline};

/// How a guest has ended under a debugger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With this code.
    Exit(i32),
    /// The debugger has ended it.
    Killed,
}

/// A guest that waits for debuggers.
pub(crate) struct Session<'m>(Target<'m>);

impl<'m> Session<'m> {
    /// Takes a guest that has not begun to its first step. `name` is what the symbol file is called; snapshots take so many bytes.
    pub(crate) fn new(
        guest: Guest<'m>,
        invoke: Option<(&str, &[String])>,
        (provider, config): (&'m dyn MemoryProvider, Config),
        name: String,
        budget: usize,
    ) -> Result<Self, Failure> {
        let steps = Steps::new(*guest.module.view()).ok_or_else(|| {
            let text = "the image says nothing for debuggers: compile it with wrtc compile -g";
            Failure::new(Status::Unsupported, text)
        })?;
        let export = invoke.and_then(|(name, _)| guest.module.view().export(name));
        let entry = export.and_then(|(_, func)| steps.first_of(func));
        let machine = Stepwise::new(guest, Tape::Travel(Log::default()), invoke)?;
        let maker = Maker { provider, config };
        let timeline = Timeline::begin(machine, steps, maker, budget)?;
        Ok(Self(Target::new(timeline, name, entry.map(code_address))))
    }

    /// Serves one debugger. Gives how the guest has ended; nothing, but why, if the debugger has gone away from a guest that is still there.
    pub(crate) fn serve(
        &mut self,
        from: impl Read + Send + 'static,
        to: impl Write,
    ) -> Result<Result<Ended, String>, Failure> {
        let target = &mut self.0;
        target.timeline.machine.guest.flush();
        let ending = match serve::serve(target, from, to)? {
            Left::Lost(why) => {
                target.forget_breakpoints();
                return Ok(Err(why));
            }
            Left::Killed => return Ok(Ok(Ended::Killed)),
            Left::Detached => target.run_out()?,
            Left::Exited(_) | Left::Terminated => match target.timeline.ended() {
                Some(ending) => ending,
                None => return Ok(Ok(Ended::Killed)),
            },
        };
        self.ended(ending).map(Ok)
    }

    fn ended(&mut self, ending: Ending) -> Result<Ended, Failure> {
        let target = &mut self.0;
        target.look();
        target.timeline.machine.guest.flush();
        let status = match ending {
            Ending::Exit(code) => {
                if code == 0 {
                    let results = target.timeline.machine.results()?;
                    let written = io::stdout().lock().write_all(results.as_bytes());
                    written.map_err(|error| Failure::io("standard output", &error))?;
                }
                return Ok(Ended::Exit(code));
            }
            Ending::Trap(_) | Ending::Deadlock => Status::Trap,
            Ending::Exception(_) => Status::Exception,
        };
        let mut failure = Failure::new(status, target.describe(ending).1);
        failure.details = target
            .backtrace()
            .lines()
            .map(|line| format!("  {line}"))
            .collect();
        Err(failure)
    }
}
