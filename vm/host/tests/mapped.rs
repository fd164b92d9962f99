//! Images and memories on virtual memory: what is mapped is what the image says, and no write reaches the file.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use std::fs;
use std::path::{Path, PathBuf};
use wrt_format::image::types::{ExternKind, MemoryType};
use wrt_format::image::write::{
    ConstExpr, DataMode, DataSpec, ExportSpec, ImageSpec, ModuleSpec, write,
};
use wrt_host::{MappedImage, MmapProvider};
use wrt_vm::{Config, Engine, Extern, Limits, Memory, MemoryProvider as _, Module, Outcome};

/// A file that is removed when the test is over.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("wrt-host-{}-{name}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const PAGES: u64 = 8;
const DATA_AT: usize = 4096 + 100;

/// Initial data that is large enough to be laid out for mapping: it starts and ends inside a page.
fn data() -> Vec<u8> {
    (0..200_000_u32).map(|i| (i % 251) as u8 + 1).collect()
}

fn image() -> Vec<u8> {
    let module = ModuleSpec {
        memories: vec![MemoryType {
            is64: false,
            shared: false,
            page_log2: 16,
            min: PAGES,
            max: Some(PAGES + 4),
        }],
        exports: vec![ExportSpec {
            name: "memory".into(),
            kind: ExternKind::Memory,
            index: 0,
        }],
        datas: vec![DataSpec {
            mode: DataMode::Active {
                mem: 0,
                offset: ConstExpr::constant(DATA_AT as u64),
            },
            bytes: data(),
        }],
        ..ModuleSpec::default()
    };
    let spec = ImageSpec {
        modules: vec![module],
        build_id: 0,
    };
    write(&spec).unwrap()
}

fn expected() -> Vec<u8> {
    let mut bytes = vec![0; (PAGES << 16) as usize];
    bytes[DATA_AT..DATA_AT + 200_000].copy_from_slice(&data());
    bytes
}

fn instantiate<'m>(engine: &mut Engine<'m>, image: &'m MappedImage) -> Memory {
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    assert_eq!(module.instantiate(engine, &[]).unwrap(), Outcome::Done);
    let instance = engine.last_instance().unwrap();
    match instance.export(engine, "memory") {
        Some(Extern::Memory(memory)) => memory,
        other => panic!("{other:?}"),
    }
}

fn config() -> Config {
    Config::default().with_stack_slots(1024)
}

/// Writable private mappings of the file in this process.
#[cfg(target_os = "linux")]
fn writable_mappings(path: &Path) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let lines = maps
        .lines()
        .filter(|line| line.ends_with(path.to_str().unwrap()));
    lines.filter(|line| line.contains(" rw-p ")).count()
}

#[test]
#[cfg(target_os = "linux")]
fn initial_data_is_mapped_and_writes_never_reach_the_file() {
    let bytes = image();
    let file = TempFile::new("cow", &bytes);
    let image = MappedImage::open(&file.0).unwrap();
    let provider = MmapProvider::new().with_image(&image);
    let mut engine = Engine::with_provider(config(), &provider).unwrap();
    let (one, two) = (
        instantiate(&mut engine, &image),
        instantiate(&mut engine, &image),
    );
    assert_eq!(
        writable_mappings(&file.0),
        2,
        "the data is mapped, not copied"
    );
    assert_eq!(engine.memory(one).unwrap(), expected());
    // Every page is written, by one of the two.
    engine.memory_mut(one).unwrap().fill(0xee);
    assert_eq!(engine.memory(two).unwrap(), expected());
    assert_eq!(fs::read(&file.0).unwrap(), bytes);
    assert_eq!(image.bytes(), bytes);
    drop(engine);
    assert_eq!(
        writable_mappings(&file.0),
        0,
        "memories go with their engine"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn few_pages_are_left_to_be_copied() {
    let file = TempFile::new("few", &image());
    let image = MappedImage::open(&file.0).unwrap();
    let provider = MmapProvider::new().with_image(&image);
    let region = provider.reserve(1 << 18, 1 << 18).unwrap();
    let page = rustix::param::page_size();
    let pages = |count: usize| &image.bytes()[..count * page];
    let few = 8192 / page;
    assert!(!provider.map(region, 0, pages(few)));
    assert_eq!(writable_mappings(&file.0), 0);
    assert!(provider.map(region, 0, pages(few + 1)));
    assert_eq!(writable_mappings(&file.0), 1);
    provider.release(region);
    assert_eq!(writable_mappings(&file.0), 0);
}

#[test]
fn memories_grow_in_place_up_to_their_maximum() {
    let file = TempFile::new("grow", &image());
    let image = MappedImage::open(&file.0).unwrap();
    let provider = MmapProvider::new().with_image(&image);
    let mut engine = Engine::with_provider(config(), &provider).unwrap();
    let memory = instantiate(&mut engine, &image);
    let before = engine.memory(memory).unwrap().as_ptr();
    assert_eq!(engine.memory_grow(memory, 4).unwrap(), Some(PAGES));
    assert_eq!(engine.memory_grow(memory, 1).unwrap(), None);
    let bytes = engine.memory(memory).unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(bytes.as_ptr(), before);
    }
    let (old, new) = bytes.split_at((PAGES << 16) as usize);
    assert_eq!(old, expected());
    assert_eq!(new.len(), 4 << 16);
    assert!(new.iter().all(|&b| b == 0));
}

#[test]
fn the_budget_covers_provided_memories() {
    let provider = MmapProvider::new();
    let config = config().with_memory_budget(5 << 16);
    let mut engine = Engine::with_provider(config, &provider).unwrap();
    let ty = |min| MemoryType {
        is64: false,
        shared: false,
        page_log2: 16,
        min,
        max: None,
    };
    assert!(engine.new_memory(ty(5)).is_err());
    let memory = engine.new_memory(ty(3)).unwrap();
    assert_eq!(engine.memory_grow(memory, 2).unwrap(), None);
    assert_eq!(engine.memory_grow(memory, 1).unwrap(), Some(3));
}

#[test]
fn an_image_that_was_read_is_copied() {
    let bytes = image();
    let file = TempFile::new("read", &bytes);
    let image = MappedImage::read(&file.0).unwrap();
    assert!(image.is_immutable());
    fs::write(&file.0, b"something else").unwrap();
    assert_eq!(image.bytes(), bytes);
    let provider = MmapProvider::new().with_image(&image);
    let mut engine = Engine::with_provider(config(), &provider).unwrap();
    let memory = instantiate(&mut engine, &image);
    assert_eq!(engine.memory(memory).unwrap(), expected());
}

#[test]
fn an_image_runs_without_a_provider_too() {
    let file = TempFile::new("plain", &image());
    let image = MappedImage::open(&file.0).unwrap();
    let mut engine = Engine::new(config()).unwrap();
    let memory = instantiate(&mut engine, &image);
    assert_eq!(engine.memory(memory).unwrap(), expected());
}

#[test]
fn only_regular_files_with_something_in_them_are_opened() {
    let empty = TempFile::new("empty", b"");
    let kind = |path: &Path| {
        let kinds = [
            MappedImage::open(path).map(|_| ()),
            MappedImage::read(path).map(|_| ()),
        ];
        kinds.map(|result| result.unwrap_err().kind())
    };
    assert_eq!(kind(&empty.0), [std::io::ErrorKind::InvalidInput; 2]);
    assert_eq!(
        kind(&std::env::temp_dir()),
        [std::io::ErrorKind::InvalidInput; 2]
    );
    let missing = std::env::temp_dir().join("wrt-host-no-such-file");
    assert_eq!(kind(&missing), [std::io::ErrorKind::NotFound; 2]);
    #[cfg(unix)]
    assert_eq!(
        kind(Path::new("/dev/null")),
        [std::io::ErrorKind::InvalidInput; 2]
    );
    #[cfg(target_os = "linux")]
    {
        // Nobody writes to it, so whoever waited for that would wait for ever.
        let pipe = std::env::temp_dir().join(format!("wrt-host-pipe-{}", std::process::id()));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let kinds = kind(&pipe);
        fs::remove_file(&pipe).unwrap();
        assert_eq!(kinds, [std::io::ErrorKind::InvalidInput; 2]);
    }
}
