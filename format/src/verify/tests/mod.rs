//! Hostile images: each rule of the verifier has a case that only that rule refuses, with the error expected.

mod atomic;
mod collected;
mod container;
mod decoys;
mod func;
mod handlers;
mod metadata;
mod mutate;
mod operands;
mod rows;
mod types;
mod vector;

use alloc::vec::Vec;

use super::{Limits, VerifiedImage, VerifyErrorKind};
use crate::image::Signature;
use crate::image::features;
use crate::image::header::{CRC_OFFSET, HEADER_LEN, Header};
use crate::image::section::{Kind, Section, SectionTable};
use crate::image::types::ValType;
use crate::image::write::tests::rich_module;
use crate::image::write::{
    AlignedVec, FuncSpec, FuncTypeSpec, ImageSpec, ImportSpec, ModuleSpec, align, write,
};
use crate::isa::Op;

/// Units of the section table, as the header says.
fn table_units(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes[20..24].try_into().unwrap())
}

/// Makes the checksum right again after the image was changed.
fn repair(bytes: &mut [u8]) {
    let table = SectionTable::of(bytes, table_units(bytes));
    let table = table.map_or(&[][..], SectionTable::bytes);
    let crc = Header::checksum(bytes, table).to_le_bytes();
    bytes[CRC_OFFSET as usize..HEADER_LEN as usize].copy_from_slice(&crc);
}

/// Where the entry of a section of module 0 begins, and the section.
fn find(bytes: &[u8], kind: Kind) -> (usize, Section) {
    let table = SectionTable::of(bytes, table_units(bytes)).unwrap();
    let mut sections = table.iter();
    let mut at = HEADER_LEN as usize;
    loop {
        let before = sections.units_left();
        let section = sections.next().unwrap();
        if section.kind == kind as u8 && section.index == 0 {
            return (at, section);
        }
        at += 8 * (before - sections.units_left());
    }
}

fn verify_all(bytes: &[u8], limits: &Limits) -> Result<(), VerifyErrorKind> {
    let verified = VerifiedImage::verify_all(bytes, limits);
    verified.map(drop).map_err(|error| error.kind())
}

/// The error of the image of one module.
fn error_of(module: ModuleSpec) -> Result<(), VerifyErrorKind> {
    let modules = [module].into();
    let bytes = write(&ImageSpec {
        modules,
        build_id: 0,
    })
    .unwrap();
    verify_all(&align(&bytes), &Limits::DEFAULT)
}

/// Frame of the function that [`Harness`] checks.
const FRAME: u16 = 100;
/// Words that it can have.
const ROOM: usize = 64;

/// An image with a function whose words can be exchanged.
struct Harness {
    bytes: AlignedVec<16>,
    func: u32,
}

impl Harness {
    /// The function follows those of [`rich_module`], with type 1: two parameters, one result. Behind it is one more, so that it ends.
    fn new(module: ModuleSpec) -> Self {
        let mut module = module;
        module.features |= features::FUNCTION_REFERENCES;
        let func = module.funcs.len() as u32;
        for words in [ROOM, 1] {
            module.funcs.push(FuncSpec {
                type_idx: 1,
                frame: FRAME,
                refs: 0,
                code: [0].repeat(words),
            });
        }
        let modules = [module].into();
        let bytes = write(&ImageSpec {
            modules,
            build_id: 0,
        })
        .unwrap();
        let bytes = align(&bytes);
        Self { bytes, func }
    }

    fn rich() -> Self {
        Self::new(rich_module())
    }

    /// Gives the function the type whose results `op` returns.
    fn set_type_for(&mut self, op: Op) {
        if op == Op::Ret {
            self.set_type(0, 0, 0);
        } else if op == Op::RetN {
            self.set_type(2, 1, 2);
        } else {
            self.set_type(1, 2, 1);
        }
    }

    /// Gives the function another type.
    fn set_type(&mut self, type_idx: u16, params: u16, results: u16) {
        let at = self.record_at();
        let signature = Signature::new(type_idx.into(), params, results);
        self.bytes[at + 4..at + 8].copy_from_slice(&signature.0.to_le_bytes());
    }

    /// Where the function's record is in the image.
    fn record_at(&self) -> usize {
        find(&self.bytes, Kind::Func).1.offset as usize + self.func as usize * 8
    }

    /// Verifies the function with these words.
    fn check(&mut self, words: &[u16]) -> Result<(), VerifyErrorKind> {
        assert!(words.len() <= ROOM);
        let record = self.record_at();
        let code = find(&self.bytes, Kind::Code).1;
        let start = (code.offset + code.len) as usize - (ROOM + 1) * 2;
        for (i, word) in words.iter().enumerate() {
            self.bytes[start + i * 2..][..2].copy_from_slice(&word.to_le_bytes());
        }
        let end = code.len / 2 - (ROOM as u32 + 1) + words.len() as u32;
        self.bytes[record + 8..record + 12].copy_from_slice(&end.to_le_bytes());
        let image = VerifiedImage::verify(&self.bytes, &Limits::DEFAULT).unwrap();
        let verified = image.module(0).verify_func(self.func);
        verified.map_err(|error| error.kind())
    }
}

fn func_type(params: &[ValType], results: &[ValType]) -> FuncTypeSpec {
    FuncTypeSpec {
        params: params.to_vec(),
        results: results.to_vec(),
        ..FuncTypeSpec::default()
    }
}

/// Every kind of error has a text that is one clause, and belongs to some class.
#[test]
fn errors_explain_themselves() {
    let manual = include_str!("../../../FORMAT.md");
    let mut texts = Vec::new();
    for kind in VerifyErrorKind::ALL {
        let text = kind.message();
        assert!(text.len() > 15 && !text.ends_with('.'), "{text}");
        texts.push(text);
        let name = std::format!("*{kind:?}*");
        assert!(manual.contains(&name), "FORMAT.md names {name}");
    }
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), VerifyErrorKind::ALL.len());
    let error = super::VerifyError::new(VerifyErrorKind::BadLabel, 0x40);
    let expected = "a branch does not lead to a block of its function (at byte 0x40)";
    assert_eq!(std::format!("{error}"), expected);
}
