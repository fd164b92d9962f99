//! Recordings of what a guest asked of the host, and their replay: the guest does again what it did, without files, clocks or input.
//!
//! Input: the calls of WASI, in order, with what came of them; or the bytes of a recording, which may be anybody's. Output: a file; or the
//! answers. Invariants: an answer is given only to the call that it was recorded of, at the same fuel with the same arguments, so that
//! the first difference is found where it is; a recording writes nothing outside of the guest's memory; nothing is allocated in proportion to a
//! number that no bytes of the file are behind.
//!
//! A file is [`MAGIC`], `u32` bytes of a [`Header`] in JSON, the header, and events. An event is `u8` 1 and a call (`u8` function, by its
//! place in [`WasiFunc::ALL`], `u8` layout, `u8` 1 if it ends the guest, 2 if its caller sleeps before it returns, `u8` stream that it writes to, `u32` error code or exit code, `u64` fuel used before it,
//! if its caller sleeps `u64` nanoseconds, `u64` for each argument, `u32` writes, each `u64` address, `u32` length, bytes), or `u8` 2 and the end (`u64` fuel used). Numbers are little-endian.

use core::ops::Range;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wrt_wasi::{Abi, FdKind, Step, WasiFunc};

use crate::status::{Failure, Status};

/// The first bytes of every recording.
const MAGIC: [u8; 8] = [0x89, b'W', b'R', b'T', b'R', 0x0d, 0x0a, 0x1a];
/// Version of the format.
const VERSION: u32 = 2;
/// First byte of a call.
const CALL: u8 = 1;
/// First byte of the end.
const END: u8 = 2;

/// What there is to know of the guest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    version: u32,
    /// Where the image was, and its id in hexadecimal.
    pub(crate) image: PathBuf,
    pub(crate) image_id: String,
    /// The export that is called in place of `_start`, with its arguments as slots.
    pub(crate) invoke: Option<(String, Vec<u64>)>,
    /// Fuel that it was given, if not as much as it liked.
    pub(crate) fuel: Option<u64>,
    /// Threads allowed beside the first.
    pub(crate) threads: Option<u32>,
}

impl Header {
    pub(crate) fn new(
        image: PathBuf,
        image_id: String,
        invoke: Option<(String, Vec<u64>)>,
        (fuel, threads): (Option<u64>, Option<u32>),
    ) -> Self {
        Self {
            version: VERSION,
            image,
            image_id,
            invoke,
            fuel,
            threads,
        }
    }
}

/// A call of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub(crate) func: WasiFunc,
    pub(crate) abi: Abi,
    /// Used before it.
    pub(crate) fuel: u64,
    pub(crate) args: &'a [u64],
}

/// What is done with calls.
#[derive(Debug)]
pub(crate) enum Tape {
    /// They are done and noted.
    Record(Recorder),
    /// They are answered as they were.
    Replay(Player),
    /// Each is done once, and answered from memory when time is run again.
    #[cfg(feature = "debug")]
    Travel(crate::debug::Log),
}

/// A recording being made.
#[derive(Debug)]
pub(crate) struct Recorder {
    out: BufWriter<File>,
    path: PathBuf,
}

impl Recorder {
    pub(crate) fn create(path: &Path, header: &Header) -> Result<Self, Failure> {
        let fail = |error: io::Error| Failure::io(path.display(), &error);
        let mut recorder = Self {
            out: BufWriter::new(File::create(path).map_err(fail)?),
            path: path.to_path_buf(),
        };
        let header = serde_json::to_vec(header);
        let header = header.map_err(|error| Failure::new(Status::Internal, error.to_string()))?;
        recorder.put(&MAGIC).map_err(fail)?;
        recorder.u32(header.len() as u32).map_err(fail)?;
        recorder.put(&header).map_err(fail)?;
        Ok(recorder)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    fn u32(&mut self, value: u32) -> io::Result<()> {
        self.put(&value.to_le_bytes())
    }

    fn u64(&mut self, value: u64) -> io::Result<()> {
        self.put(&value.to_le_bytes())
    }

    /// Notes a call, what came of it and for how many nanoseconds its caller sleeps first, the stream it wrote to, and what it has changed in the guest's memory.
    pub(crate) fn note(
        &mut self,
        call: Call<'_>,
        (step, sleeps): (Step, Option<u64>),
        stream: Option<FdKind>,
        memory: &[u8],
        writes: &[Range<usize>],
    ) -> io::Result<()> {
        let func = WasiFunc::ALL.iter().position(|&func| func == call.func);
        let func = func.ok_or(io::ErrorKind::InvalidInput)?;
        let stream = match stream {
            Some(FdKind::Stdout) => 1,
            Some(FdKind::Stderr) => 2,
            Some(FdKind::Stdin | FdKind::File | FdKind::Dir) | None => 0,
        };
        let (ends, value) = match step {
            Step::Errno(errno) if sleeps.is_some() => (2, errno.into()),
            Step::Errno(errno) => (0, errno.into()),
            Step::Exit(code) => (1, code),
        };
        let abi = u8::from(call.abi == Abi::Unstable);
        self.put(&[CALL, func as u8, abi, ends, stream])?;
        self.u32(value)?;
        self.u64(call.fuel)?;
        if let Some(ns) = sleeps.filter(|_| ends == 2) {
            self.u64(ns)?;
        }
        call.args.iter().try_for_each(|&arg| self.u64(arg))?;
        self.u32(writes.len() as u32)?;
        for range in writes {
            let bytes = memory.get(range.clone());
            let bytes = bytes.ok_or(io::ErrorKind::InvalidInput)?;
            self.u64(range.start as u64)?;
            self.u32(bytes.len() as u32)?;
            self.put(bytes)?;
        }
        Ok(())
    }

    /// The guest has ended, or has paused for good.
    pub(crate) fn finish(&mut self, fuel: u64) -> Result<(), Failure> {
        let written = self.put(&[END]).and_then(|()| self.u64(fuel));
        let written = written.and_then(|()| self.out.flush());
        written.map_err(|error| Failure::io(self.path.display(), &error))
    }
}

/// An answer to a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) step: Step,
    /// For how many nanoseconds the caller sleeps first, if it does.
    pub(crate) sleeps: Option<u64>,
    /// 1 for standard output, 2 for standard error: what the call has written there is shown again.
    pub(crate) stream: u8,
}

/// A recording being replayed.
#[derive(Debug)]
pub(crate) struct Player {
    bytes: Vec<u8>,
    /// Where the next event begins.
    at: usize,
    /// Calls so far.
    count: u64,
    /// What went another way than it was recorded.
    fault: Option<String>,
}

/// Reads from the bytes from a place on.
struct Fields<'b> {
    rest: &'b [u8],
}

impl<'b> Fields<'b> {
    fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.take(8)?.first_chunk()?))
    }
}

impl Player {
    /// Reads a recording.
    pub(crate) fn open(path: &Path) -> Result<(Self, Header), Failure> {
        let bytes = std::fs::read(path).map_err(|error| Failure::io(path.display(), &error))?;
        Self::parse(bytes).map_err(|failure| failure.at(path.display()))
    }

    fn parse(bytes: Vec<u8>) -> Result<(Self, Header), Failure> {
        let cut = || Failure::new(Status::Truncated, "the recording is cut off");
        if !bytes.starts_with(&MAGIC) {
            return Err(Failure::new(Status::NotAnImage, "not a recording"));
        }
        let mut fields = Fields {
            rest: &bytes[MAGIC.len()..],
        };
        let len = fields.u32().ok_or_else(cut)?;
        let header = fields.take(len as usize).ok_or_else(cut)?;
        let header: Header = serde_json::from_slice(header).map_err(|error| {
            let text = format!("the recording does not say what was recorded: {error}");
            Failure::new(Status::Corrupt, text)
        })?;
        if header.version != VERSION {
            let text = format!("a recording of version {}", header.version);
            return Err(Failure::new(Status::OtherVersion, text));
        }
        let at = bytes.len() - fields.rest.len();
        let player = Self {
            bytes,
            at,
            count: 0,
            fault: None,
        };
        Ok((player, header))
    }

    /// Answers a call as it was answered, with what it wrote to memory. `None` if it is another call than was recorded; see [`Self::finish`].
    pub(crate) fn answer(&mut self, call: Call<'_>, memory: &mut [u8]) -> Option<Answer> {
        if self.fault.is_some() {
            return None;
        }
        let bytes = core::mem::take(&mut self.bytes);
        let mut fields = Fields {
            rest: &bytes[self.at..],
        };
        let answer = event(&mut fields, call, memory);
        let left = fields.rest.len();
        self.at = bytes.len() - left;
        self.bytes = bytes;
        match answer {
            Ok(answer) => {
                self.count += 1;
                Some(answer)
            }
            Err(what) => {
                let (count, name) = (self.count, call.func.name());
                let text = format!("call {count}, {name} after {} fuel: {what}", call.fuel);
                self.fault = Some(text);
                None
            }
        }
    }

    /// The guest has ended: whether all was as it was recorded.
    pub(crate) fn finish(&mut self, fuel: u64) -> Result<(), Failure> {
        let failed = |text: String| Err(Failure::new(Status::Failed, text));
        if let Some(fault) = self.fault.take() {
            return failed(format!(
                "the guest goes another way than was recorded: {fault}"
            ));
        }
        let mut fields = Fields {
            rest: &self.bytes[self.at..],
        };
        match (fields.u8(), fields.u64()) {
            (Some(END), Some(recorded)) if recorded == fuel && fields.rest.is_empty() => Ok(()),
            (None, _) | (Some(END), None) => {
                failed("the recording is cut off at its end".to_owned())
            }
            _ => failed(format!(
                "the guest has ended after {fuel} fuel and {} calls, and was recorded to go on",
                self.count
            )),
        }
    }
}

/// The next event, if it is the call: writes what it wrote. Otherwise what is wrong.
fn event(fields: &mut Fields<'_>, call: Call<'_>, memory: &mut [u8]) -> Result<Answer, String> {
    const CUT: &str = "the recording ends here";
    let cut = || CUT.to_owned();
    match fields.u8().ok_or_else(cut)? {
        CALL => {}
        END => return Err("it was recorded to have ended".to_owned()),
        _ => return Err("the recording is damaged here".to_owned()),
    }
    let [func, abi, ends, stream] = *fields
        .take(4)
        .ok_or_else(cut)?
        .first_chunk()
        .ok_or_else(cut)?;
    let func = WasiFunc::ALL.get(usize::from(func)).copied();
    let func = func.ok_or("the recording is damaged here")?;
    let (value, fuel) = (fields.u32().ok_or_else(cut)?, fields.u64().ok_or_else(cut)?);
    if func != call.func || (abi != 0) != (call.abi == Abi::Unstable) {
        return Err(format!("recorded was {} after {fuel} fuel", func.name()));
    }
    if fuel != call.fuel {
        return Err(format!("recorded was the same after {fuel} fuel"));
    }
    let sleeps = match ends {
        2 => Some(fields.u64().ok_or_else(cut)?),
        _ => None,
    };
    for (number, &arg) in call.args.iter().enumerate() {
        let recorded = fields.u64().ok_or_else(cut)?;
        if recorded != arg {
            return Err(format!(
                "argument {number} is {arg}, recorded was {recorded}"
            ));
        }
    }
    for _ in 0..fields.u32().ok_or_else(cut)? {
        let (start, len) = (fields.u64().ok_or_else(cut)?, fields.u32().ok_or_else(cut)?);
        let bytes = fields.take(len as usize).ok_or_else(cut)?;
        let place = usize::try_from(start)
            .ok()
            .and_then(|start| memory.get_mut(start..));
        let place = place.and_then(|place| place.get_mut(..bytes.len()));
        place
            .ok_or("the recording writes outside of the guest's memory")?
            .copy_from_slice(bytes);
    }
    let step = match ends {
        0 | 2 => Step::Errno(value as u16),
        _ => Step::Exit(value),
    };
    Ok(Answer {
        step,
        sleeps,
        stream,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARGS: [u64; 2] = [5, 64];

    fn call(func: WasiFunc, fuel: u64) -> Call<'static> {
        Call {
            func,
            abi: Abi::Preview1,
            fuel,
            args: &ARGS,
        }
    }

    /// Two calls, the first of which writes three bytes.
    fn recording() -> Vec<u8> {
        let path = std::env::temp_dir().join(format!(
            "wrt-tape-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let header = Header::new("f.wrtb".into(), "00".to_owned(), None, (None, None));
        let mut recorder = Recorder::create(&path, &header).unwrap();
        let memory = [1, 2, 3, 4, 5];
        let (first, second) = (
            call(WasiFunc::RandomGet, 10),
            call(WasiFunc::ArgsSizesGet, 20),
        );
        recorder
            .note(
                first,
                (Step::Errno(0), Some(77)),
                None,
                &memory,
                &[1..3, 4..5],
            )
            .unwrap();
        recorder
            .note(
                second,
                (Step::Exit(7), None),
                Some(FdKind::Stderr),
                &memory,
                &[],
            )
            .unwrap();
        recorder.finish(30).unwrap();
        drop(recorder);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        bytes
    }

    fn player(bytes: Vec<u8>) -> Player {
        Player::parse(bytes).unwrap().0
    }

    #[test]
    fn calls_are_answered_as_they_were() {
        let (mut player, header) = Player::parse(recording()).unwrap();
        assert_eq!(header.image, Path::new("f.wrtb"));
        let mut memory = [0; 5];
        let answer = player.answer(call(WasiFunc::RandomGet, 10), &mut memory);
        let expected = Answer {
            step: Step::Errno(0),
            sleeps: Some(77),
            stream: 0,
        };
        assert_eq!(answer, Some(expected));
        assert_eq!(memory, [0, 2, 3, 0, 5]);
        let answer = player.answer(call(WasiFunc::ArgsSizesGet, 20), &mut memory);
        let expected = Answer {
            step: Step::Exit(7),
            sleeps: None,
            stream: 2,
        };
        assert_eq!(answer, Some(expected));
        player.finish(30).unwrap();
    }

    #[test]
    fn the_first_difference_is_named() {
        let differs = |call: Call<'_>, part: &str| {
            let mut player = player(recording());
            assert_eq!(player.answer(call, &mut [0; 5]), None);
            let failure = player.finish(30).unwrap_err();
            assert_eq!(failure.status, Status::Failed);
            assert!(failure.message.contains(part), "{failure}");
        };
        differs(
            call(WasiFunc::FdClose, 10),
            "call 0, fd_close after 10 fuel: recorded was random_get after 10 fuel",
        );
        differs(
            call(WasiFunc::RandomGet, 11),
            "recorded was the same after 10 fuel",
        );
        let other = Call {
            args: &[5, 65],
            ..call(WasiFunc::RandomGet, 10)
        };
        differs(other, "argument 1 is 65, recorded was 64");
        let other = Call {
            abi: Abi::Unstable,
            ..call(WasiFunc::RandomGet, 10)
        };
        differs(other, "recorded was random_get");
        let mut early = player(recording());
        assert!(
            early
                .finish(30)
                .unwrap_err()
                .message
                .contains("recorded to go on")
        );
        let mut memory = [0; 4];
        assert_eq!(
            early.answer(call(WasiFunc::RandomGet, 10), &mut memory),
            None
        );
        let failure = early.finish(30).unwrap_err();
        assert!(
            failure.message.contains("outside of the guest's memory"),
            "{failure}"
        );
    }

    #[test]
    fn what_is_cut_off_or_damaged_is_found() {
        let whole = recording();
        for len in 0..whole.len() {
            let Ok((mut player, _)) = Player::parse(whole[..len].to_vec()) else {
                continue;
            };
            let mut memory = [0; 5];
            player.answer(call(WasiFunc::RandomGet, 10), &mut memory);
            player.answer(call(WasiFunc::ArgsSizesGet, 20), &mut memory);
            assert!(player.finish(30).is_err(), "{len}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                let Ok((mut player, _)) = Player::parse(changed) else {
                    continue;
                };
                let mut memory = [0; 5];
                player.answer(call(WasiFunc::RandomGet, 10), &mut memory);
                player.answer(call(WasiFunc::ArgsSizesGet, 20), &mut memory);
                drop(player.finish(30));
            }
        }
        let mut longer = whole;
        longer.push(0);
        let mut player = player(longer);
        player.answer(call(WasiFunc::RandomGet, 10), &mut [0; 5]);
        player.answer(call(WasiFunc::ArgsSizesGet, 20), &mut [0; 5]);
        assert!(player.finish(30).is_err());
    }
}
