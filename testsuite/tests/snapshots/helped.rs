//! Whoever helps with a snapshot, and with how much of it: the bytes are the same.

use sha2::{Digest as _, Sha256};
use wrt_compiler::OptLevel;
use wrt_format::snapshot::{Kind, PAGE_BYTES, Snapshot};
use wrt_host::MmapProvider;
use wrt_vm::{Compared, Engine, Helper, SnapshotOptions};

use super::world::{Hops, World, compiled, config, taken, taken_with};

/// Hashes, and knows of one group of 64 pages in so many.
struct Eager {
    hash: Sha256,
    step: usize,
    /// Pages that it has found to be unchanged, and memories that it was asked about.
    found: (u32, u32),
}

impl<'e> Helper<'e> for Eager {
    type Known = Box<dyn FnMut(usize) -> Option<u64> + 'e>;

    fn memory(&mut self, mut compared: Compared<'e>) -> Self::Known {
        let mut all = compared;
        let groups = (0..all.pages()).step_by(64);
        self.found.0 += groups.map(|at| all.unchanged(at).count_ones()).sum::<u32>();
        self.found.1 += 1;
        let step = self.step;
        Box::new(move |first| {
            compared.skip_to(first);
            let asked = (first / 64).is_multiple_of(step);
            asked.then(|| compared.unchanged(first))
        })
    }

    fn hash(&mut self, bytes: &'e [u8]) {
        self.hash.update(bytes);
    }

    fn finish(&mut self) -> [u8; 32] {
        self.hash.finalize_reset().into()
    }
}

/// Takes the snapshot again with much help and with less; what the last one has found.
pub(crate) fn is_the_same(
    engine: &Engine<'_>,
    options: &SnapshotOptions<'_>,
    expected: &[u8],
) -> (u32, u32) {
    let found = [1, 2].map(|step| {
        let mut helper = Eager {
            hash: Sha256::new(),
            step,
            found: (0, 0),
        };
        let mut bytes = Vec::new();
        let taken = engine.snapshot_with(&mut bytes, options, &mut helper);
        taken.unwrap();
        assert!(bytes == expected);
        helper.found
    });
    found[1]
}

/// Has more pages than the machine can note, and a memory with a page that is not whole.
const LARGE: &str = r#"(module
    (memory $own 4097)
    (memory $small (export "small") 5000 (pagesize 1))
    (func (export "set") (param $page i32) (param $value i32)
        (i32.store8 $own (i32.mul (local.get $page) (i32.const 4096)) (local.get $value))
        (i32.store8 $small (i32.const 4999) (local.get $value))))"#;

#[test]
fn with_more_pages_than_can_be_noted() {
    let image = compiled(LARGE.as_bytes(), OptLevel::O2);
    // Which says what was never touched.
    let provider = MmapProvider::new();
    let mut world = World::new(image.bytes(), config(), Hops::Never, 1000);
    world.engine = Engine::with_provider(config(), &provider).unwrap();
    let instance = world.instantiate();
    world.engine.set_fuel(1 << 40);
    for page in [1, 70, 200, 65_551] {
        world.call(instance, "set", &[page, 3]);
    }
    let first = taken(&world.engine);
    let parents = [Snapshot::parse(&first).unwrap()];
    world.call(instance, "set", &[70, 4]);
    let options = SnapshotOptions {
        parents: &parents,
        ..SnapshotOptions::default()
    };
    let mut second = Vec::new();
    world.engine.snapshot(&mut second, &options).unwrap();
    let found = is_the_same(&world.engine, &options, &second);
    // Three of the four pages, twice; all of the small memory has changed, and it is noted no more than the large one.
    assert_eq!(found, (6, 4));

    // With holes they are looked at a third time.
    let sparse = taken_with(&world.engine, true);
    let sparse = Snapshot::parse(&sparse).unwrap();
    assert_eq!(sparse.stored_bytes(), 5 * PAGE_BYTES);
    let holes = 68 + 129;
    let pages = sparse.section(Kind::Pages).len();
    assert_eq!(pages, (5 + holes) * PAGE_BYTES);
    let engine = Engine::with_provider(config(), &provider).unwrap();
    let engine = engine.restored(&sparse, &[world.module]).unwrap();
    assert_eq!(engine.state_hash(), world.engine.state_hash());
}
