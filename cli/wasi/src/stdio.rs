//! The standard streams of a guest.
//!
//! Standard output is buffered here unless it is a terminal: it is written out when the buffer is full or a while has passed, and at
//! every point where somebody could be waiting for it (exit, poll, a read of standard input, a write to standard error). Standard
//! error is never buffered. Standard input is read without read-ahead, so that readiness and content agree.

use core::fmt;
use core::time::Duration;
use std::io::{self, IsTerminal as _, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Bytes of standard output that are kept before they are written out.
const BUFFER_BYTES: usize = 64 * 1024;
/// A write to standard output after this long a silence is written out at once: somebody may be watching a pipe.
const QUIET: Duration = Duration::from_millis(50);

/// Where standard input comes from.
pub(crate) enum Input {
    /// Nothing: the end of file.
    Empty,
    /// The host process's standard input.
    Inherit,
    /// This reader. It counts as always ready.
    Reader(Box<dyn Read + Send>),
}

/// Where an output stream goes to.
pub(crate) enum Output {
    /// Nowhere.
    Sink,
    /// The host process's standard output or standard error.
    InheritOut,
    InheritErr,
    /// This writer.
    Writer(Box<dyn Write + Send>),
}

impl Output {
    fn is_terminal(&self) -> bool {
        match self {
            Self::InheritOut => io::stdout().is_terminal(),
            Self::InheritErr => io::stderr().is_terminal(),
            Self::Sink | Self::Writer(_) => false,
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Sink => Ok(()),
            Self::InheritOut => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Self::InheritErr => io::stderr().lock().write_all(bytes),
            Self::Writer(writer) => writer.write_all(bytes).and_then(|()| writer.flush()),
        }
    }
}

/// The three streams.
pub(crate) struct Stdio {
    input: Input,
    output: Output,
    error: Output,
    buffer: Vec<u8>,
    last_flush: Instant,
    /// Bytes of standard input that were read.
    bytes_read: u64,
    /// Whether each of the three is a terminal.
    terminal: [bool; 3],
}

impl Stdio {
    pub(crate) fn new(input: Input, output: Output, error: Output) -> Self {
        let input_terminal = matches!(input, Input::Inherit) && io::stdin().is_terminal();
        let terminal = [input_terminal, output.is_terminal(), error.is_terminal()];
        Self {
            input,
            output,
            error,
            buffer: Vec::new(),
            last_flush: Instant::now(),
            bytes_read: 0,
            terminal,
        }
    }

    /// Whether standard stream 0, 1 or 2 is a terminal.
    pub(crate) fn is_terminal(&self, stream: usize) -> bool {
        self.terminal.get(stream).copied().unwrap_or(false)
    }

    /// Reads what is there, at most the length of `buf`; 0 at the end.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.flush()?;
        let read = match &mut self.input {
            Input::Empty => 0,
            Input::Inherit => read_host(buf)?,
            Input::Reader(reader) => reader.read(buf)?,
        };
        self.bytes_read += read as u64;
        Ok(read)
    }

    /// Bytes of standard input that were read.
    pub(crate) const fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    pub(crate) const fn set_bytes_read(&mut self, bytes: u64) {
        self.bytes_read = bytes;
    }

    /// Standard input, if it is a reader of the embedder's.
    pub(crate) fn reader(&mut self) -> Option<&mut (dyn Read + Send)> {
        match &mut self.input {
            Input::Reader(reader) => Some(reader.as_mut()),
            Input::Empty | Input::Inherit => None,
        }
    }

    /// Writes all of `bytes` to standard output.
    pub(crate) fn write_out(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        if bytes.len() > BUFFER_BYTES {
            return self.output.write_all(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        if self.terminal[1] || self.last_flush.elapsed() > QUIET {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes all of `bytes` to standard error.
    pub(crate) fn write_err(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Where both go to the same place, their order stays the guest's.
        self.flush()?;
        self.error.write_all(bytes)
    }

    /// Writes out what is buffered. What could not be written is dropped, so that the error is reported once.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = self.output.write_all(&self.buffer);
        self.buffer.clear();
        self.last_flush = Instant::now();
        result
    }

    /// Waits until standard input can be read, for at most `timeout` nanoseconds, for ever if that is `None`. Gives whether it can.
    pub(crate) fn wait_readable(&mut self, timeout: Option<u64>) -> io::Result<bool> {
        match self.input {
            Input::Empty | Input::Reader(_) => Ok(true),
            Input::Inherit => wait_host(timeout),
        }
    }
}

impl fmt::Debug for Stdio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdio")
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

#[cfg(unix)]
fn read_host(buf: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(io::stdin(), buf)?)
}

#[cfg(not(unix))]
fn read_host(buf: &mut [u8]) -> io::Result<usize> {
    io::stdin().read(buf)
}

#[cfg(unix)]
fn wait_host(timeout: Option<u64>) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let timeout = timeout.map(|ns| Timespec {
        tv_sec: i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: (ns % 1_000_000_000) as _,
    });
    Ok(poll(&mut fds, timeout.as_ref())? > 0)
}

#[cfg(not(unix))]
fn wait_host(_: Option<u64>) -> io::Result<bool> {
    Ok(true)
}

/// A writer whose content can be looked at while and after a guest writes to it. Clones share the content.
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// A copy of what has been written so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Write for Capture {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
