//! gdb's `monitor`: what a guest is beside what gdb knows of, and places in time by their number.
//!
//! Input: a command line. Output: text for gdb's console. Invariants: a command that is not understood says which there are, and changes nothing.

use std::path::Path;

use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, outputln};

use super::target::Target;
use super::timeline::INSTANCE;
use crate::status::Failure;

/// Frames that `where` shows from the innermost on.
const SHOWN_FRAMES: usize = 100;

const HELP: &str = "\
monitor where          frames with function names and byte offsets in the Wasm binary
monitor locals [N]     locals of frame N, the innermost being 0, by number
monitor globals        globals by number
monitor fuel           the position in time: the fuel used, and the furthest position so far
monitor goto N         goes to where N fuel was used, back or forth
monitor history        what is remembered of the past
monitor snapshot FILE  writes a snapshot that `wrtd resume` goes on from";

/// What a command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command<'c> {
    Where,
    Locals(usize),
    Globals,
    Fuel,
    GoTo(u64),
    History,
    Snapshot(&'c str),
    Help,
}

fn parse(line: &str) -> Option<Command<'_>> {
    let line = line.trim();
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    Some(match (name, argument) {
        ("where", "") => Command::Where,
        ("locals", "") => Command::Locals(0),
        ("locals", number) => Command::Locals(number.parse().ok()?),
        ("globals", "") => Command::Globals,
        ("fuel", "") => Command::Fuel,
        ("goto", number) => Command::GoTo(number.parse().ok()?),
        ("history", "") => Command::History,
        ("snapshot", file) if !file.is_empty() => Command::Snapshot(file),
        ("help", "") => Command::Help,
        _ => return None,
    })
}

impl MonitorCmd for Target<'_> {
    fn handle_monitor_cmd(
        &mut self,
        line: &[u8],
        mut out: ConsoleOutput<'_>,
    ) -> Result<(), Failure> {
        let line = String::from_utf8_lossy(line);
        let text = match parse(&line) {
            Some(command) => self.answer(command)?,
            None => format!("{line:?} is no command; these are:\n{HELP}"),
        };
        outputln!(out, "{}", text.trim_end());
        Ok(())
    }
}

impl Target<'_> {
    fn answer(&mut self, command: Command<'_>) -> Result<String, Failure> {
        Ok(match command {
            Command::Where => self.backtrace(),
            Command::Locals(frame) => self.locals(frame),
            Command::Globals => self.globals(),
            Command::Fuel => {
                let (position, frontier) = (self.timeline.position(), self.timeline.frontier());
                format!("{position} fuel used; {frontier} at the furthest so far")
            }
            Command::GoTo(position) => {
                self.timeline.go_near(position)?;
                self.timeline.machine.guest.flush();
                self.look();
                let position = self.timeline.position();
                let where_ = self.backtrace();
                format!("{position} fuel used\n{where_}\ngdb learns of it with: maintenance flush register-cache")
            }
            Command::History => {
                let (moments, bytes) = self.timeline.moments();
                let (calls, noted) = self.timeline.machine.with_log(|log| log.size());
                format!(
                    "{moments} snapshots in {bytes} bytes; {calls} calls of the host in {noted} bytes"
                )
            }
            Command::Snapshot(file) if self.timeline.may_change() => {
                match self.timeline.machine.write(Path::new(file)) {
                    Ok(()) => format!("written; go on from it with: wrtd resume {file}"),
                    Err(failure) => failure.to_string(),
                }
            }
            Command::Snapshot(_) => {
                "no snapshot can be taken here: files and streams are what they were at the furthest position".to_owned()
            }
            Command::Help => HELP.to_owned(),
        })
    }

    /// The frames, a line each.
    pub(super) fn backtrace(&self) -> String {
        let shown = self.frames.iter().take(SHOWN_FRAMES);
        let lines = shown.map(|frame| {
            let offset = self.offset(frame);
            let guest = &self.timeline.machine.guest;
            let place = guest.describe(frame.frame.func, offset);
            format!("{:3}: {place}\n", frame.number)
        });
        let text: String = lines.collect();
        match self.frames.len() {
            0 => "no frames".to_owned(),
            count if count > SHOWN_FRAMES => {
                format!("{text}... {} more ...", count - SHOWN_FRAMES)
            }
            _ => text,
        }
    }

    fn locals(&self, number: usize) -> String {
        let Some(frame) = self.frames.get(number) else {
            return format!("there are {} frames", self.frames.len());
        };
        let space = self.space();
        let locals = space.locals(frame).enumerate();
        let lines: String = locals
            .map(|(number, (home, value))| match value {
                Some(value) => format!("{number}: {} {value}\n", home.ty),
                None => format!("{number}: {} not in the frame\n", home.ty),
            })
            .collect();
        if lines.is_empty() {
            "no locals".to_owned()
        } else {
            lines
        }
    }

    fn globals(&self) -> String {
        let engine = &self.timeline.machine.guest.engine;
        let globals = (0..).map_while(|i| engine.instance_global(INSTANCE, i).ok());
        let values = globals.enumerate();
        let lines: String = values
            .map(|(i, global)| match engine.global_val(global) {
                Ok(value) => format!("{i}: {} {value}\n", value.ty()),
                Err(error) => format!("{i}: {error}\n"),
            })
            .collect();
        if lines.is_empty() {
            "no globals".to_owned()
        } else {
            lines
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_read() {
        assert_eq!(parse("where"), Some(Command::Where));
        assert_eq!(parse(" locals 3 "), Some(Command::Locals(3)));
        assert_eq!(parse("locals"), Some(Command::Locals(0)));
        assert_eq!(parse("globals"), Some(Command::Globals));
        assert_eq!(parse("goto 17"), Some(Command::GoTo(17)));
        assert_eq!(parse("history"), Some(Command::History));
        assert_eq!(
            parse("snapshot a b.wrts"),
            Some(Command::Snapshot("a b.wrts"))
        );
        for wrong in [
            "", "goto", "goto x", "goto -1", "where 2", "snapshot", "locals x", "\0",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
        // All that the help names is understood.
        for line in HELP.lines() {
            let line = line.strip_prefix("monitor ").unwrap();
            let example = line.split("  ").next().unwrap();
            let example = example.replace("[N]", "1").replace(" N", " 1");
            assert!(parse(&example).is_some(), "{example}");
        }
    }
}
