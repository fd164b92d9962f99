//! A client of the protocol that gdb talks, and a server to talk to.

use core::time::Duration;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};

use super::Ran;

/// A `wrtd debug` that waits for debuggers. It is killed if a test leaves it.
pub(crate) struct Server {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    pub(crate) address: String,
}

impl Server {
    /// Starts one at a free port with these arguments.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wrtd"))
            .args(["debug", "--gdb", "127.0.0.1:0"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit(' ').next().unwrap().to_owned();
        assert!(
            line.starts_with("wrtd: waiting for gdb: target remote 127.0.0.1:"),
            "{line}"
        );
        Self {
            child,
            stderr,
            address,
        }
    }

    pub(crate) fn connect(&mut self) -> Client {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        let patience = Duration::from_secs(60);
        stream.set_read_timeout(Some(patience)).unwrap();
        Client {
            stream,
            messages: Vec::new(),
        }
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> Ran {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stderr.read_to_string(&mut stderr).unwrap();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        let status = self.child.wait().unwrap().code().unwrap();
        Ran {
            status,
            stdout,
            stderr,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    /// What was to be shown on the console.
    pub(crate) messages: Vec<String>,
}

impl Client {
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        // The other side may have had enough.
        drop(self.stream.write_all(bytes));
    }

    pub(crate) fn send(&mut self, packet: &str) {
        let sum = packet.bytes().fold(0_u8, u8::wrapping_add);
        self.raw(format!("${packet}#{sum:02x}").as_bytes());
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).unwrap();
        byte[0]
    }

    /// The next packet, unpacked, acknowledged.
    fn packet(&mut self) -> String {
        while self.byte() != b'$' {}
        let mut body: Vec<u8> = Vec::new();
        let mut sum = 0_u8;
        loop {
            match self.byte() {
                b'#' => break,
                b'*' => {
                    // Run lengths: the last character so many times more.
                    let count = self.byte();
                    sum = sum.wrapping_add(b'*').wrapping_add(count);
                    let last = *body.last().unwrap();
                    body.extend(core::iter::repeat_n(last, usize::from(count) - 29));
                }
                byte => {
                    sum = sum.wrapping_add(byte);
                    body.push(byte);
                }
            }
        }
        let digits = [self.byte(), self.byte()];
        let digits = core::str::from_utf8(&digits).unwrap();
        assert_eq!(u8::from_str_radix(digits, 16).unwrap(), sum);
        self.raw(b"+");
        String::from_utf8_lossy(&body).into_owned()
    }

    /// The next answer; what comes for the console before it is kept.
    pub(crate) fn reply(&mut self) -> String {
        loop {
            let packet = self.packet();
            match packet.strip_prefix('O') {
                Some(text) if text != "K" => self.messages.push(unhex(text)),
                _ => return packet,
            }
        }
    }

    pub(crate) fn ask(&mut self, packet: &str) -> String {
        self.send(packet);
        self.reply()
    }

    /// What a `monitor` command shows.
    pub(crate) fn monitor(&mut self, command: &str) -> String {
        let hex: String = command.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.messages.clear();
        assert_eq!(self.ask(&format!("qRcmd,{hex}")), "OK");
        self.messages.concat()
    }

    /// `rip` and `rbp`.
    pub(crate) fn place(&mut self) -> (u64, u64) {
        let registers = self.ask("g");
        let register = |number: usize| word_of(&registers[number * 16..][..16]);
        (register(16), register(6))
    }

    /// Eight bytes at an address as a number.
    pub(crate) fn word(&mut self, address: u64) -> u64 {
        word_of(&self.ask(&format!("m{address:x},8")))
    }

    /// Hangs up without a word, once the other side has seen all that was said.
    pub(crate) fn leave(mut self) {
        drop(self.stream.shutdown(Shutdown::Write));
        drop(self.stream.read_to_end(&mut Vec::new()));
    }
}

fn unhex(text: &str) -> String {
    let bytes = text.as_bytes().chunks(2);
    let bytes =
        bytes.map(|two| u8::from_str_radix(core::str::from_utf8(two).unwrap(), 16).unwrap());
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}

fn word_of(hex: &str) -> u64 {
    u64::from_str_radix(hex, 16).map(u64::swap_bytes).unwrap()
}
