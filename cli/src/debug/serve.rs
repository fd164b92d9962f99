//! One debugger's session: bytes in, bytes out, and time that passes in between.
//!
//! Input: a connection, as bytes of one thread and a place to write to. Output: [`Left`]. Invariants: a guest that runs looks for bytes every millisecond
//! or two, so that gdb's interrupt is heard; whatever comes over the connection ends at worst the session.
//!
//! ```text
//!   idle --continue, step, back--> running --stop--> idle
//!     |                               | interrupt: stopped at the next step
//!     `--detach, kill, gone-----------`--------> left
//! ```

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use gdbstub::common::Signal;
use gdbstub::conn::Connection;
use gdbstub::stub::state_machine::GdbStubStateMachine;
use gdbstub::stub::{DisconnectReason, GdbStub, SingleThreadStopReason};

use super::target::Target;
use crate::status::{Failure, Status};

/// Bytes of a packet at most: gdb reads memory and the symbol file in pieces of this.
const PACKET_BYTES: usize = 1 << 16;
/// Bytes that are read at once.
const READ_BYTES: usize = 4096;
/// Pieces that wait to be looked at.
const PIECES: usize = 64;

/// Why a session is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The guest is to run on by itself.
    Detached,
    /// The guest is to end.
    Killed,
    /// The guest has ended with this status.
    Exited(u8),
    /// The guest has ended by a trap or an exception.
    Terminated,
    /// The connection has broken, or what came over it was not gdb's protocol.
    Lost(String),
}

/// Where answers go to.
pub(super) struct Wire<W>(W);

impl<W: Write> Connection for Wire<W> {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.0.write_all(&[byte])
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Bytes that have come and were not looked at.
struct Inbox {
    pieces: Receiver<Vec<u8>>,
    waiting: VecDeque<u8>,
    is_closed: bool,
}

impl Inbox {
    /// Starts a thread that reads. It ends when the connection does.
    fn new(from: impl Read + Send + 'static) -> Self {
        let (to, pieces) = sync_channel(PIECES);
        std::thread::spawn(move || pass_on(from, &to));
        Self {
            pieces,
            waiting: VecDeque::new(),
            is_closed: false,
        }
    }

    /// The next byte; waits for one. None when the connection is closed.
    fn next(&mut self) -> Option<u8> {
        while self.waiting.is_empty() {
            match self.pieces.recv() {
                Ok(piece) => self.waiting.extend(piece),
                Err(_) => return None,
            }
        }
        self.waiting.pop_front()
    }

    /// Whether there is a byte, or will never be one.
    fn has_news(&mut self) -> bool {
        if self.waiting.is_empty() {
            match self.pieces.try_recv() {
                Ok(piece) => self.waiting.extend(piece),
                Err(TryRecvError::Disconnected) => self.is_closed = true,
                Err(TryRecvError::Empty) => {}
            }
        }
        self.is_closed || !self.waiting.is_empty()
    }
}

fn pass_on(mut from: impl Read, to: &SyncSender<Vec<u8>>) {
    let mut bytes = [0; READ_BYTES];
    loop {
        match from.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(count) => {
                if to.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        }
    }
}

/// Serves a debugger until the session is over.
pub(super) fn serve(
    target: &mut Target<'_>,
    from: impl Read + Send + 'static,
    to: impl Write,
) -> Result<Left, Failure> {
    let mut inbox = Inbox::new(from);
    let mut buffer = vec![0; PACKET_BYTES];
    let stub = GdbStub::builder(Wire(io::BufWriter::new(to)))
        .with_packet_buffer(&mut buffer)
        .build();
    let stub = stub.map_err(|error| Failure::new(Status::Internal, error.to_string()))?;
    let mut gdb = match stub.run_state_machine(target) {
        Ok(gdb) => gdb,
        Err(error) => return Ok(Left::Lost(error.to_string())),
    };
    loop {
        let next = match gdb {
            GdbStubStateMachine::Idle(state) => match inbox.next() {
                Some(byte) => state.incoming_data(target, byte),
                None => return Ok(Left::Lost("the connection is closed".to_owned())),
            },
            GdbStubStateMachine::Running(mut state) => {
                if inbox.has_news() {
                    match inbox.waiting.pop_front() {
                        Some(byte) => state.incoming_data(target, byte),
                        None => return Ok(Left::Lost("the connection is closed".to_owned())),
                    }
                } else {
                    match target.go(&mut || inbox.has_news())? {
                        None => Ok(state.into()),
                        Some(reason) => {
                            for text in core::mem::take(&mut target.messages) {
                                // Whoever does not listen does not miss it.
                                drop(show(state.borrow_conn(), &text));
                            }
                            state.report_stop(target, reason)
                        }
                    }
                }
            }
            GdbStubStateMachine::CtrlCInterrupt(state) => {
                let reason = SingleThreadStopReason::Signal(Signal::SIGINT);
                state.interrupt_handled(target, Some(reason))
            }
            GdbStubStateMachine::Disconnected(state) => return Ok(left(state.get_reason())),
        };
        gdb = match next {
            Ok(gdb) => gdb,
            Err(error) => {
                let text = error.to_string();
                return match error.into_target_error() {
                    Some(failure) => Err(failure),
                    None => Ok(Left::Lost(text)),
                };
            }
        };
    }
}

fn left(reason: DisconnectReason) -> Left {
    match reason {
        DisconnectReason::TargetExited(status) => Left::Exited(status),
        DisconnectReason::TargetTerminated(_) => Left::Terminated,
        DisconnectReason::Disconnect => Left::Detached,
        DisconnectReason::Kill => Left::Killed,
    }
}

/// Has gdb show a line on its console, while the guest runs as far as gdb knows.
fn show(to: &mut impl Connection<Error = io::Error>, text: &str) -> io::Result<()> {
    let mut packet = String::from("O");
    for byte in format!("wrtd: {text}\n").bytes() {
        packet.push_str(&format!("{byte:02x}"));
    }
    let sum = packet.bytes().fold(0_u8, u8::wrapping_add);
    to.write_all(format!("${packet}#{sum:02x}").as_bytes())?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_passed_on_in_order_and_the_end_is_seen() {
        let bytes: Vec<u8> = (0..20_000_u32).map(|i| i as u8).collect();
        let mut inbox = Inbox::new(io::Cursor::new(bytes.clone()));
        let got: Vec<u8> = core::iter::from_fn(|| inbox.next()).collect();
        assert_eq!(got, bytes);
        assert!(inbox.has_news() && inbox.is_closed);
    }

    #[test]
    fn a_line_is_a_packet() {
        let mut wire = Wire(Vec::new());
        show(&mut wire, "!").unwrap();
        // "wrtd: !\n" in hexadecimal, and the sum of the characters.
        assert_eq!(wire.0, b"$O777274643a20210a#e5");
    }
}
