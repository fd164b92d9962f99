//! Writing snapshots, to files above all.
//!
//! Input: an engine between two runs, and what goes into its snapshot. Output: the file, whole or not at all; or the bytes, somewhere else.
//! Invariants: nothing is written when something cannot be captured; the first error is the one that is told.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;

use wrt_vm::{Engine, Sink, SnapshotError, SnapshotId, SnapshotOptions};

use crate::envelope::{Seal, Sealer};
use crate::helper;
use crate::progress::Progress;
use crate::replace::replace;
use crate::status::{Failure, Status};

/// Bytes that are gathered for one write.
const BUFFER_BYTES: usize = 1 << 18;
/// Bytes that are written at once, where they lie together.
const PIECE_BYTES: usize = 1 << 22;
/// Zeros from which on a file gets a hole: a page.
const HOLE_FROM: u64 = 1 << 12;

/// Takes a snapshot as [`Engine::snapshot`] does, the same bytes, with the help of threads if there is much to do.
///
/// # Errors
/// Those of [`Engine::snapshot`].
pub fn take<S: Sink>(
    engine: &Engine<'_>,
    sink: &mut S,
    options: &SnapshotOptions<'_>,
) -> Result<SnapshotId, SnapshotError<S::Error>> {
    helper::snapshot(engine, sink, options)
}

/// Writes a snapshot to an open file.
///
/// # Errors
/// Those of [`Engine::snapshot`], and of writing.
pub fn write_to(
    file: &mut File,
    engine: &Engine<'_>,
    options: &SnapshotOptions<'_>,
) -> Result<(), SnapshotError<io::Error>> {
    write_sealed_to(file, engine, options, &Seal::default())
}

/// Writes a snapshot, whole or not at all.
///
/// # Errors
/// When there is something that cannot be captured, or of writing.
pub fn write(
    path: &Path,
    engine: &Engine<'_>,
    options: &SnapshotOptions<'_>,
) -> Result<(), Failure> {
    write_sealed(path, engine, options, &Seal::default())
}

/// As [`write`], in an envelope.
pub(crate) fn write_sealed(
    path: &Path,
    engine: &Engine<'_>,
    options: &SnapshotOptions<'_>,
    seal: &Seal,
) -> Result<(), Failure> {
    let mut refusal = None;
    let written = replace(path, |file| {
        match write_sealed_to(file, engine, options, seal) {
            Ok(()) => Ok(()),
            Err(SnapshotError::Sink(error)) => Err(error),
            Err(other) => {
                refusal = Some(refused(&other));
                Err(io::ErrorKind::Other.into())
            }
        }
    });
    match (written, refusal) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(failure)) => Err(failure),
        (Err(error), None) => Err(Failure::io(path.display(), &error)),
    }
}

fn write_sealed_to(
    file: &mut File,
    engine: &Engine<'_>,
    options: &SnapshotOptions<'_>,
    seal: &Seal,
) -> Result<(), SnapshotError<io::Error>> {
    // Pipes and devices have no holes, and where something is already, zeros have to be written.
    let has_holes = file.metadata().map(|it| it.is_file() && it.len() == 0)?;
    let mut file = BufWriter::with_capacity(BUFFER_BYTES, file);
    if seal.is_none() {
        let mut file = Plain { file, has_holes };
        fill(&mut file, engine, options)?;
        return Ok(file.flush()?);
    }
    let mut sealer = Sealer::new(&mut file, seal)?;
    fill(&mut sealer, engine, options)?;
    sealer.finish()?;
    Ok(file.flush()?)
}

fn fill(
    file: &mut dyn Place,
    engine: &Engine<'_>,
    options: &SnapshotOptions<'_>,
) -> Result<(), SnapshotError<io::Error>> {
    let stats = engine.stats();
    let mut sink = FileSink {
        file,
        progress: Progress::new("snapshot"),
        written: 0,
        at_most: stats.memory_bytes + stats.heap_bytes,
    };
    take(engine, &mut sink, options).map(drop)
}

/// Where the bytes go.
trait Place: Write {
    /// So many zeros.
    fn zeros(&mut self, count: u64) -> io::Result<()>;
}

fn write_zeros(file: &mut impl Write, count: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(0).take(count), file).map(drop)
}

impl<W: Write> Place for Sealer<'_, W> {
    fn zeros(&mut self, count: u64) -> io::Result<()> {
        write_zeros(self, count)
    }
}

/// Nothing around it.
struct Plain<'f> {
    file: BufWriter<&'f mut File>,
    /// Whether what is passed over is zero.
    has_holes: bool,
}

impl Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Place for Plain<'_> {
    /// Something is always written behind them, so the file gets its length.
    fn zeros(&mut self, count: u64) -> io::Result<()> {
        match i64::try_from(count) {
            Ok(by) if self.has_holes && count >= HOLE_FROM => {
                self.file.seek(SeekFrom::Current(by)).map(drop)
            }
            _ => write_zeros(&mut self.file, count),
        }
    }
}

/// A file that takes the bytes of a snapshot, and says how far it is.
struct FileSink<'f> {
    file: &'f mut dyn Place,
    progress: Progress,
    written: u64,
    /// Bytes that it can come to, nearly: pages that are left out make it less.
    at_most: u64,
}

impl Sink for FileSink<'_> {
    type Error = io::Error;

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(PIECE_BYTES).try_for_each(|piece| {
            self.written += piece.len() as u64;
            self.progress
                .set(self.written.min(self.at_most), self.at_most);
            self.file.write_all(piece)
        })
    }

    fn zeros(&mut self, count: u64) -> io::Result<()> {
        self.written += count;
        self.file.zeros(count)
    }
}

/// The failure that something cannot be captured.
pub(crate) fn refused(error: &dyn core::fmt::Display) -> Failure {
    let text = format!("no snapshot can be taken: {error}");
    Failure::new(Status::Unsupported, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_format::image::types::{MemoryType, PAGE_LOG2};
    use wrt_vm::{Config, Snapshot};

    /// With 15 pages of zeros between the first and the last.
    fn engine() -> Engine<'static> {
        let mut engine = Engine::new(Config::default()).unwrap();
        let ty = MemoryType {
            min: 1,
            max: None,
            is64: false,
            shared: false,
            page_log2: PAGE_LOG2,
        };
        let memory = engine.new_memory(ty).unwrap();
        let bytes = engine.memory_mut(memory).unwrap();
        [bytes[0], bytes[0xffff]] = [1, 2];
        engine
    }

    #[test]
    fn holes_are_zero_whatever_was_there() {
        let (engine, options) = (
            engine(),
            SnapshotOptions {
                holes: true,
                ..SnapshotOptions::default()
            },
        );
        let mut expected = Vec::new();
        engine.snapshot(&mut expected, &options).unwrap();
        assert!(Snapshot::parse(&expected).unwrap().stored_bytes() == 2 << 12);
        let name = format!("wrt-used-{}.wrts", std::process::id());
        let path = std::env::temp_dir().join(name);
        for before in [0, 5, expected.len()] {
            std::fs::write(&path, vec![7; before]).unwrap();
            let mut file = File::options().write(true).open(&path).unwrap();
            write_to(&mut file, &engine, &options).unwrap();
            assert!(std::fs::read(&path).unwrap() == expected, "{before}");
        }
        std::fs::remove_file(path).unwrap();
    }
}
