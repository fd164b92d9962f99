//! Puts a [`Wasi`] together: what the guest gets, and nothing else.
//!
//! The default guest has no arguments, environment or directories; its input is empty and its output goes nowhere.

use core::fmt;
use std::io::{self, Read, Write};
use std::path::Path;

use cap_std::fs::Dir;

use crate::abi::{Abi, rights};
use crate::clock::{Clock, ClockState};
use crate::fds::{Fd, FdTable, Handle};
use crate::fileids::FileIds;
use crate::random::Random;
use crate::stdio::{Input, Output, Stdio};
use crate::wasi::Wasi;

/// The most descriptors a guest can have open unless the builder says otherwise.
const DEFAULT_FD_LIMIT: usize = 1024;

/// An argument, environment variable or guest path that WASI cannot pass on: it holds a NUL, or a name is empty or holds `=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot be given to a WASI guest", self.0)
    }
}

impl core::error::Error for BuildError {}

/// Makes a [`Wasi`].
#[must_use = "a builder does nothing until `build`"]
pub struct WasiBuilder {
    args: Vec<String>,
    env: Vec<(String, String)>,
    pub(crate) preopens: Vec<(Dir, String, bool)>,
    pub(crate) input: Input,
    pub(crate) output: Output,
    pub(crate) error: Output,
    random: Random,
    clock: Clock,
    files: FileIds,
    pub(crate) fd_limit: usize,
}

impl WasiBuilder {
    /// A guest that can reach nothing.
    pub fn new() -> Self {
        Self {
            args: Vec::new(),
            env: Vec::new(),
            preopens: Vec::new(),
            input: Input::Empty,
            output: Output::Sink,
            error: Output::Sink,
            random: Random::System,
            clock: Clock::Host,
            files: FileIds::Host,
            fd_limit: DEFAULT_FD_LIMIT,
        }
    }

    /// Adds an argument. The first one is by convention the program's name.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.env.retain(|(other, _)| *other != name);
        self.env.push((name, value.into()));
        self
    }

    /// Gives the guest a directory under the name `guest_path`. A read-only one lets it read files and list directories below, and
    /// change nothing.
    pub fn preopen_dir(mut self, dir: Dir, guest_path: impl Into<String>, read_only: bool) -> Self {
        self.preopens.push((dir, guest_path.into(), read_only));
        self
    }

    /// Gives the guest the directory at `host_path` of the host under the name `guest_path`.
    ///
    /// # Errors
    /// Those of opening the directory.
    pub fn preopen_host_dir(
        self,
        host_path: impl AsRef<Path>,
        guest_path: impl Into<String>,
        read_only: bool,
    ) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(host_path, cap_std::ambient_authority())?;
        Ok(self.preopen_dir(dir, guest_path, read_only))
    }

    /// Standard input from a reader. A read that gives 0 bytes is the end of file.
    pub fn stdin(mut self, reader: Box<dyn Read + Send>) -> Self {
        self.input = Input::Reader(reader);
        self
    }

    /// Standard output to a writer.
    pub fn stdout(mut self, writer: Box<dyn Write + Send>) -> Self {
        self.output = Output::Writer(writer);
        self
    }

    /// Standard error to a writer.
    pub fn stderr(mut self, writer: Box<dyn Write + Send>) -> Self {
        self.error = Output::Writer(writer);
        self
    }

    /// Standard input from the host process's.
    pub fn inherit_stdin(mut self) -> Self {
        self.input = Input::Inherit;
        self
    }

    /// Standard output and standard error to the host process's.
    pub fn inherit_output(mut self) -> Self {
        self.output = Output::InheritOut;
        self.error = Output::InheritErr;
        self
    }

    /// Random numbers that repeat from run to run, instead of the operating system's.
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random = Random::Seeded(seed);
        self
    }

    /// Which clocks the guest sees.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Hides what differs between file systems and from run to run: files are numbered in the order in which the guest meets them, all on
    /// device 0, their times are [`crate::STABLE_TIME_NS`], the sizes of directories 0, and each of these has one link.
    pub fn stable_files(mut self) -> Self {
        self.files = FileIds::Stable {
            known: std::collections::HashMap::new(),
            last: 0,
        };
        self
    }

    /// The most descriptors the guest can have open at once, the standard streams and preopens included.
    pub fn fd_limit(mut self, limit: usize) -> Self {
        self.fd_limit = limit;
        self
    }

    /// Makes the `Wasi`.
    ///
    /// # Errors
    /// A string holds a NUL, or the name of an environment variable is empty or holds `=`.
    pub fn build(self) -> Result<Wasi, BuildError> {
        let names = self.env.iter().map(|(name, _)| name);
        if let Some(bad) = names
            .clone()
            .find(|name| name.is_empty() || name.contains('='))
        {
            return Err(BuildError(bad.clone()));
        }
        let values = self.env.iter().map(|(_, value)| value);
        let paths = self.preopens.iter().map(|(_, path, _)| path);
        let strings = self.args.iter().chain(names).chain(values).chain(paths);
        if let Some(bad) = strings.into_iter().find(|text| text.contains('\0')) {
            return Err(BuildError(bad.clone()));
        }
        let mut fds = vec![
            Fd::stdio(Handle::Stdin, rights::STDIN),
            Fd::stdio(Handle::Stdout, rights::STDOUT),
            Fd::stdio(Handle::Stderr, rights::STDOUT),
        ];
        let preopens = self.preopens.into_iter();
        fds.extend(preopens.map(|(dir, path, read_only)| Fd::preopen(dir, path, read_only)));
        let env = self
            .env
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"));
        Ok(Wasi {
            args: self.args,
            env: env.collect(),
            fds: FdTable::new(fds, self.fd_limit),
            stdio: Stdio::new(self.input, self.output, self.error),
            clock: ClockState::new(self.clock),
            random: self.random,
            files: self.files,
            abi: Abi::Preview1,
            parks: false,
            parked: None,
        })
    }
}

impl Default for WasiBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WasiBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiBuilder")
            .field("args", &self.args)
            .field("env", &self.env)
            .field("preopens", &self.preopens)
            .finish_non_exhaustive()
    }
}
