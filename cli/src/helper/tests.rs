//! Tests of the threads: what they know is right, whoever comes first, and the snapshot has the same bytes.

use wrt_host::MmapProvider;
use wrt_vm::{Config, Extern, Limits, Memory, Module, Outcome, Snapshot};

use super::comparing::{Chunks, go_back};
use super::*;
use crate::load::Aligned;

const PAGE: usize = 4096;
/// Of the guest below.
const PAGES: usize = 320 * 16;

fn image() -> Aligned {
    let text = r#"(module (memory (export "m") 320))"#;
    let wasm = crate::build::parse_module(text.as_bytes()).unwrap();
    let compiled = wrt_compiler::compile(&wasm, &wrt_compiler::Options::default());
    Aligned::new(&compiled.unwrap().image)
}

/// A guest with 20 MiB in use.
fn guest<'m>(image: &'m Aligned, provider: &'m MmapProvider<'_>) -> (Engine<'m>, Memory) {
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    let mut engine = Engine::with_provider(Config::default(), provider).unwrap();
    engine.set_fuel(100);
    let done = module.instantiate(&mut engine, &[]).unwrap();
    assert_eq!(done, Outcome::Done);
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Memory(memory)) = engine.export(instance, "m") else {
        panic!("no memory");
    };
    let bytes = engine.memory_mut(memory).unwrap();
    for (i, page) in bytes.chunks_mut(PAGE).enumerate() {
        page.fill(i as u8 | 1);
    }
    (engine, memory)
}

/// Changes one page in so many.
fn change(engine: &mut Engine<'_>, memory: Memory, step: usize) {
    let bytes = engine.memory_mut(memory).unwrap();
    bytes
        .iter_mut()
        .step_by(step * PAGE)
        .for_each(|byte| *byte ^= 0xf0);
}

fn plain(engine: &Engine<'_>, options: &SnapshotOptions<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.snapshot(&mut bytes, options).unwrap();
    bytes
}

fn based_on<'a>(parents: &'a [Snapshot<'a>]) -> SnapshotOptions<'a> {
    SnapshotOptions {
        parents,
        ..SnapshotOptions::default()
    }
}

#[test]
fn the_bytes_are_the_same() {
    let (image, provider) = (image(), MmapProvider::new());
    let (mut engine, memory) = guest(&image, &provider);
    let alone = SnapshotOptions::default();
    let first = plain(&engine, &alone);
    let mut bytes = Vec::new();
    helped(&engine, &mut bytes, &alone).unwrap();
    assert!(bytes == first);
    let parents = [Snapshot::parse(&first).unwrap()];
    for step in [2 * PAGES, 700, 70, 3, 1] {
        change(&mut engine, memory, step);
        let options = based_on(&parents);
        let expected = plain(&engine, &options);
        for _ in 0..5 {
            bytes.clear();
            let id = helped(&engine, &mut bytes, &options).unwrap();
            assert!(bytes == expected, "{step}");
            assert_eq!(id.id, expected[expected.len() - 32..]);
        }
    }
}

/// How far the thread comes before the engine begins.
#[derive(Clone, Copy)]
enum Thread {
    HasDoneAll,
    HasFailed,
    IsLate,
}

/// Compares as a thread does, but in a known order, and counts what is known.
struct Ordered(Thread, Hashing<'static, 'static>);

impl Helper<'_> for Ordered {
    type Known = comparing::Known;

    fn memory(&mut self, compared: Compared<'_>) -> Self::Known {
        let chunks = Chunks::of(&compared);
        let count = PAGES / 64;
        let mut known = chunks.clone().front();
        let unchanged = |known: &mut comparing::Known| -> Vec<Option<u64>> {
            (0..count).map(|group| known(group * 64)).collect()
        };
        match self.0 {
            Thread::HasDoneAll => {
                go_back(compared, &chunks);
                let found = unchanged(&mut known);
                // Every second page was changed.
                assert!(found.iter().all(|&it| it == Some(0xaaaa_aaaa_aaaa_aaaa)));
            }
            Thread::HasFailed => {
                chunks.fail();
                assert!(unchanged(&mut known).iter().all(Option::is_none));
            }
            Thread::IsLate => {
                assert!(unchanged(&mut known).iter().all(Option::is_none));
                go_back(compared, &chunks);
                assert!(chunks.found_nothing());
            }
        }
        // Whoever knows is gone: a thread has nothing more to do.
        let chunks = Chunks::of(&compared);
        drop(chunks.clone().front());
        go_back(compared, &chunks);
        assert!(chunks.found_nothing());
        Box::new(|_| None)
    }

    fn hash(&mut self, _: &[u8]) {}

    fn finish(&mut self) -> [u8; 32] {
        core::mem::take(&mut self.1).finish()
    }
}

#[test]
fn the_thread_may_do_all_or_nothing() {
    let (image, provider) = (image(), MmapProvider::new());
    let (mut engine, memory) = guest(&image, &provider);
    let first = plain(&engine, &SnapshotOptions::default());
    let parents = [Snapshot::parse(&first).unwrap()];
    change(&mut engine, memory, 2);
    for thread in [Thread::HasDoneAll, Thread::HasFailed, Thread::IsLate] {
        let mut helper = Ordered(thread, Hashing::default());
        let taken = engine.snapshot_with(&mut Vec::new(), &based_on(&parents), &mut helper);
        taken.unwrap();
    }
}

/// Takes so many bytes.
struct Room(usize);

impl Sink for Room {
    type Error = &'static str;

    fn write(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let left = self.0.checked_sub(bytes.len());
        self.0 = left.ok_or("full")?;
        Ok(())
    }
}

#[test]
fn a_sink_that_is_full_ends_the_threads() {
    let (image, provider) = (image(), MmapProvider::new());
    let (mut engine, memory) = guest(&image, &provider);
    let first = plain(&engine, &SnapshotOptions::default());
    let parents = [Snapshot::parse(&first).unwrap()];
    change(&mut engine, memory, 2);
    let options = based_on(&parents);
    let len = plain(&engine, &options).len();
    for room in [0, 10_000, len / 2, len - 1] {
        let refused = helped(&engine, &mut Room(room), &options);
        assert_eq!(refused.unwrap_err(), SnapshotError::Sink("full"));
    }
    assert!(helped(&engine, &mut Room(len), &options).is_ok());
}
