//! Images changed at random, with the checksum made right again: whatever comes of them, nothing panics, and what is accepted can be
//! read through and through.

use alloc::vec::Vec;

use super::super::{Limits, VerifiedImage};
use super::repair;
use crate::image::section::Kind;
use crate::image::view::{ElemItems, ModuleView};
use crate::image::write::tests::{code, rich};
use crate::image::write::{align, write};
use crate::isa::{Op, disasm};

/// Pseudo-random numbers (splitmix64) from a fixed seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Changes one to four places: a bit, a byte, or a word to something that is often a limit.
fn mutate(bytes: &mut [u8], random: &mut Random, range: core::ops::Range<usize>) {
    for _ in 0..=random.below(4) {
        let at = range.start + random.below(range.len());
        match random.below(4) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes[at] = bytes[at].wrapping_add(1),
            _ => {
                let values = [
                    0,
                    1,
                    u32::MAX,
                    0x7fff_ffff,
                    0x8000_0000,
                    random.next() as u32,
                ];
                let value = values[random.below(values.len())].to_le_bytes();
                let at = (at & !3).min(bytes.len() - 4);
                bytes[at..at + 4].copy_from_slice(&value);
            }
        }
    }
}

struct Nowhere;

impl core::fmt::Write for Nowhere {
    fn write_str(&mut self, _: &str) -> core::fmt::Result {
        Ok(())
    }
}

/// Looks at everything there is.
fn read(module: &ModuleView<'_>) -> usize {
    let mut seen = module
        .imports()
        .map(|import| import.name.len())
        .sum::<usize>();
    seen += module
        .exports()
        .filter(|export| module.export(export.name).is_some())
        .count();
    seen += module.tables().count() + module.memories().count() + module.globals().count();
    for i in 0..module.func_type_count() {
        seen += module.func_type(i).params.len();
    }
    for i in 0..module.elem_count() {
        seen += match module.elem(i).unwrap().items {
            ElemItems::Funcs(items) => items.len(),
            ElemItems::Exprs(items) => (0..items.len()).map(|i| items.expr(i).ops().count()).sum(),
        };
    }
    for i in 0..module.data_count() {
        seen += module.data(i).unwrap().bytes.len();
    }
    for memory in 0..module.memory_count() {
        seen += module
            .cow_runs(memory)
            .map(|run| run.bytes.len())
            .sum::<usize>();
    }
    for func in 0..module.func_count().min(10) {
        let _ = (module.func_name(func), module.wasm_offset(func, 3));
        let _ = module.verify_func(func);
    }
    let words = module.code();
    disasm::function(&mut Nowhere, &words[..words.len().min(64)]).unwrap();
    seen
}

/// The number of mutants accepted.
fn mutants(count: usize, seed: u64, range: core::ops::Range<usize>, image: &[u8]) -> usize {
    let mut random = Random(seed);
    let mut bytes = align(image);
    let mut accepted = 0;
    for _ in 0..count {
        bytes.copy_from_slice(image);
        mutate(&mut bytes, &mut random, range.clone());
        repair(&mut bytes);
        if let Ok(image) = VerifiedImage::verify(&bytes, &Limits::DEFAULT) {
            for module in (0..image.modules()).map(|i| image.module(i)) {
                read(&module);
            }
            accepted += 1;
        }
    }
    accepted
}

/// A rich image without copy-on-write sections, which are large.
fn small() -> Vec<u8> {
    let mut spec = rich();
    spec.modules[0].datas.truncate(2);
    spec.modules[0].datas[0].bytes.truncate(10);
    write(&spec).unwrap()
}

#[test]
fn no_mutant_makes_the_reader_panic() {
    let image = small();
    let table = 112..112 + super::table_units(&image) as usize * 8;
    assert!(mutants(10_000, 1, 0..112, &image) < 6_000);
    let accepted = mutants(15_000, 2, table.clone(), &image);
    assert!(accepted > 10, "{accepted}");
    let root_len = u32::from_le_bytes(image[116..120].try_into().unwrap()) as usize;
    let accepted = mutants(25_000, 3, table.end..table.end + root_len, &image);
    assert!(accepted > 100 && accepted < 20_000, "{accepted}");
    let accepted = mutants(10_000, 4, table.end..image.len(), &image);
    assert!(accepted > 500 && accepted < 9_000, "{accepted}");
}

#[test]
fn no_mutant_of_the_code_makes_the_verifier_panic() {
    // Words like those of real code rather than noise: words of one function exchanged for others of them.
    let image = small();
    let verified = align(&image);
    let verified = VerifiedImage::verify(&verified, &Limits::DEFAULT).unwrap();
    let code_section = verified
        .sections()
        .iter()
        .find(|section| section.kind == Kind::Code as u8)
        .unwrap();
    let start = code_section.offset as usize;
    let len = code_section.len as usize;
    let pool = code(&[
        (Op::BrTable, &[1, 2]),
        (Op::Fuel, &[0]),
        (Op::CallIndirectShort, &[1, 2, 3, 0, 1]),
        (Op::MemoryCopy, &[1, 2, 3, 0, 1]),
        (Op::RetN, &[1, 3]),
    ]);
    let mut random = Random(5);
    let mut bytes = align(&image);
    let mut accepted = 0;
    for _ in 0..20_000 {
        bytes.copy_from_slice(&image);
        for _ in 0..=random.below(3) {
            let at = start + 16 + random.below((len - 16) / 2) * 2;
            let word = match random.below(3) {
                0 => pool[random.below(pool.len())],
                1 => random.below(0x800) as u16,
                _ => random.next() as u16,
            };
            bytes[at..at + 2].copy_from_slice(&word.to_le_bytes());
        }
        accepted += usize::from(VerifiedImage::verify_all(&bytes, &Limits::DEFAULT).is_ok());
    }
    assert!(accepted > 100 && accepted < 15_000, "{accepted}");
}
