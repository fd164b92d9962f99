//! What is mutated: valid modules that use much of the instruction set and of the container, and their images.

use std::sync::OnceLock;

use crate::image;
use wrt_compiler::OptLevel;

/// Programs of the test suite: real code, with data, tables and memories.
const PROGRAMS: [&[u8]; 5] = [
    include_bytes!("../../programs/json.wasm"),
    include_bytes!("../../programs/lz.wasm"),
    include_bytes!("../../programs/sort.wasm"),
    include_bytes!("../../programs/traps.wasm"),
    include_bytes!("../../programs/virtual.wasm"),
];
/// Modules with a little of everything that the programs do not have, of what is collected, and of exceptions.
const RICH: [&str; 3] = [
    include_str!("rich.wat"),
    include_str!("collected.wat"),
    include_str!("throwing.wat"),
];

/// Modules with atomic instructions.
const ATOMICS: &str = include_str!("atomics.wat");
const QUEUE: &[u8] = include_bytes!("../../programs/threads_queue.wasm");

/// The modules.
pub(super) fn modules() -> &'static [Vec<u8>] {
    static MODULES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    MODULES.get_or_init(|| {
        let rich = RICH.map(|text| wat::parse_str(text).expect("a valid module"));
        let mut modules = rich.to_vec();
        modules.extend(PROGRAMS.map(<[u8]>::to_vec));
        modules
    })
}

/// Images of modules with atomic instructions, optimised and not.
pub(super) fn images_with_threads() -> &'static [Vec<u8>] {
    static IMAGES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let atomics = wat::parse_str(ATOMICS).expect("a valid module");
        let of = |module: &[u8], level| {
            let image = image(module, level, false).expect("it compiles");
            image.bytes().to_vec()
        };
        let levels = [OptLevel::O0, OptLevel::O2];
        let mut images: Vec<_> = levels.map(|level| of(&atomics, level)).into();
        images.push(of(QUEUE, OptLevel::O2));
        images
    })
}

/// Their images, optimised and not; the modules with a little of everything come more often.
pub(super) fn images() -> &'static [Vec<u8>] {
    static IMAGES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let levels = [OptLevel::O0, OptLevel::O2];
        let of = |module: &Vec<u8>, level| {
            let image = image(module, level, false).expect("it compiles");
            image.bytes().to_vec()
        };
        let (rich, programs) = modules().split_at(RICH.len());
        let mut images: Vec<_> = programs
            .iter()
            .flat_map(|module| levels.map(|level| of(module, level)))
            .collect();
        for module in rich {
            for _ in 0..programs.len() {
                images.extend(levels.map(|level| of(module, level)));
            }
        }
        images
    })
}
