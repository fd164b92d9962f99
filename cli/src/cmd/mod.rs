//! The commands: command lines in, exit statuses out.
//!
//! Every failure is one line on standard error, after the command's name; a trap has its backtrace behind it.

#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "debug")]
mod debug;
#[cfg(feature = "compile")]
mod disasm;
#[cfg(feature = "compile")]
mod features;
#[cfg(feature = "compile")]
mod inspect;
mod run;
mod snapshot;
#[cfg(feature = "compile")]
mod wast;

pub(crate) use run::keep::Record;
#[cfg(feature = "debug")]
pub(crate) use run::stepwise;
#[cfg(feature = "compile")]
pub(crate) use run::{Guest, Keep};

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::status::{self, Command, Failure, Status};

/// Runs WRT images: metered by fuel, bounded, pausable.
#[derive(Debug, Parser)]
#[command(name = "wrtd", version, after_help = status::help(Command::Wrtd), subcommand_required = true)]
struct Wrtd {
    #[command(subcommand)]
    command: WrtdCommand,
}

#[derive(Debug, Subcommand)]
enum WrtdCommand {
    /// Run an image: its `_start`, or the export named with --invoke.
    #[command(after_help = status::help(Command::Wrtd))]
    Run(run::RunArgs),
    /// Go on with a guest from a snapshot, on any machine.
    #[command(after_help = status::help(Command::Wrtd))]
    Resume(run::resume::ResumeArgs),
    /// Do a recorded run again, without files, clocks or input.
    #[command(after_help = status::help(Command::Wrtd))]
    Replay(run::replay::ReplayArgs),
    /// Run an image under gdb, with breakpoints and steps, forward and backward.
    #[cfg(feature = "debug")]
    #[command(after_help = status::help(Command::Wrtd))]
    Debug(debug::DebugArgs),
    /// Look at snapshots.
    #[command(subcommand, after_help = status::help(Command::Wrtd))]
    Snapshot(snapshot::SnapshotCommand),
}

/// Runs `wrtd` with a command line.
pub fn wrtd(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_command("wrtd", args, |cli: &Wrtd| match &cli.command {
        WrtdCommand::Run(args) => run::run(args),
        WrtdCommand::Resume(args) => run::resume::run(args),
        WrtdCommand::Replay(args) => run::replay::run(args),
        #[cfg(feature = "debug")]
        WrtdCommand::Debug(args) => debug::run(args),
        WrtdCommand::Snapshot(command) => snapshot::run(command),
    })
}

/// Compiles WebAssembly to WRT images, and looks at images.
#[cfg(feature = "compile")]
#[derive(Debug, Parser)]
#[command(name = "wrtc", version, after_help = status::help(Command::Wrtc), subcommand_required = true)]
struct Wrtc {
    #[command(subcommand)]
    command: WrtcCommand,
}

#[cfg(feature = "compile")]
#[derive(Debug, Subcommand)]
enum WrtcCommand {
    /// Compile a .wasm or .wat module to an image.
    #[command(after_help = status::help(Command::Wrtc))]
    Compile(compile::CompileArgs),
    /// Show what an image holds: sections, features, imports, exports, budgets, hashes.
    #[command(after_help = status::help(Command::Wrtc))]
    Inspect(inspect::InspectArgs),
    /// Show the bytecode of an image beside the Wasm offsets it comes from.
    #[command(after_help = status::help(Command::Wrtc))]
    Disasm(disasm::DisasmArgs),
    /// List what modules may use: the names for --features.
    #[command(after_help = status::help(Command::Wrtc))]
    Features,
    /// Run WebAssembly test scripts.
    #[command(after_help = status::help(Command::Wrtc))]
    Wast(wast::WastArgs),
}

/// Runs `wrtc` with a command line.
#[cfg(feature = "compile")]
pub fn wrtc(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_command("wrtc", args, |cli: &Wrtc| match &cli.command {
        WrtcCommand::Compile(args) => compile::run(args),
        WrtcCommand::Inspect(args) => inspect::run(args),
        WrtcCommand::Disasm(args) => disasm::run(args),
        WrtcCommand::Features => features::run(),
        WrtcCommand::Wast(args) => wast::run(args),
    })
}

fn run_command<C: Parser>(
    name: &str,
    args: impl IntoIterator<Item = OsString>,
    command: impl FnOnce(&C) -> Result<u8, Failure>,
) -> ExitCode {
    let result = match C::try_parse_from(args) {
        Ok(cli) => command(&cli),
        Err(error) => parse_failure(name, &error),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            eprintln!("{name}: {failure}");
            ExitCode::from(failure.status as u8)
        }
    }
}

/// Help and version are no failures; of the others the first line says all.
fn parse_failure(name: &str, error: &clap::Error) -> Result<u8, Failure> {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return match error.print() {
            // A reader that has gone away has read enough.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::io("standard output", &error))
            }
            _ => Ok(0),
        };
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("wrong command line");
    let mut message = first.trim_start_matches("error: ").to_owned();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        || error.kind() == ErrorKind::MissingSubcommand
    {
        message = "a command is missing".to_owned();
    }
    if error.kind() == ErrorKind::MissingRequiredArgument {
        let missing: Vec<&str> = lines
            .take_while(|line| line.starts_with(['<', '-']))
            .collect();
        message = format!("{message} {}", missing.join(" "));
    }
    Err(Failure::new(
        Status::Usage,
        format!("{message} (see {name} --help)"),
    ))
}

/// Writes to standard output; a reader that has gone away is no failure.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::io("standard output", &error))
        }
        _ => Ok(()),
    }
}
