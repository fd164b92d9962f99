//! Header and section table.

use super::super::{Class, Limits, VerifiedImage, VerifyErrorKind as Kind};
use super::{find, repair, verify_all};
use crate::image::features;
use crate::image::section::Kind as SectionKind;
use crate::image::write::tests::rich;
use crate::image::write::{AlignedVec, ImageSpec, ModuleSpec, align, write};
use crate::isa::PROLOGUE;

fn image() -> AlignedVec<16> {
    align(&write(&rich()).unwrap())
}

/// The error after a change whose checksum is right.
fn changed(change: impl Fn(&mut AlignedVec<16>)) -> Result<(), Kind> {
    let mut bytes = image();
    change(&mut bytes);
    repair(&mut bytes);
    verify_all(&bytes, &Limits::DEFAULT)
}

fn set(at: usize, value: u32) -> Result<(), Kind> {
    changed(|bytes| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes()))
}

#[test]
fn what_is_not_an_image() {
    let check = |bytes: &[u8]| verify_all(&align(bytes), &Limits::DEFAULT);
    assert_eq!(check(b""), Err(Kind::NotAnImage));
    assert_eq!(check(b"\0asm\x01\0\0\0"), Err(Kind::NotAnImage));
    assert_eq!(check(&[0; 4096]), Err(Kind::NotAnImage));
    let bytes = image();
    for len in 4..bytes.len() {
        // Every few bytes, and every length of the header and table.
        if len < 300 || len % 97 == 0 {
            assert_eq!(check(&bytes[..len]), Err(Kind::Truncated), "{len}");
        }
    }
    assert_eq!(
        check(&[&bytes[..], &[0]].concat()),
        Err(Kind::TrailingBytes)
    );
    let mut shifted = align(&[0; 8]);
    shifted.extend_from_slice(&bytes);
    assert_eq!(
        verify_all(&shifted[8..], &Limits::DEFAULT),
        Err(Kind::Misaligned)
    );
    assert_eq!(Kind::Truncated.class(), Class::Truncated);
}

#[test]
fn every_header_field_is_checked() {
    assert_eq!(set(120, 0), Ok(()));
    assert_eq!(set(0, 0x4252_0000), Err(Kind::NotAnImage));
    assert_eq!(set(4, 0x0a1a_0a0d), Err(Kind::NotAnImage));
    assert_eq!(changed(|bytes| bytes[8] = 2), Err(Kind::OtherVersion));
    // A later minor version is fine.
    assert_eq!(changed(|bytes| bytes[10] = 9), Ok(()));
    assert_eq!(set(12, 144), Err(Kind::BadHeader));
    assert_eq!(set(16, u32::MAX), Err(Kind::BadHeader));
    assert_eq!(set(16, 1000), Err(Kind::TrailingBytes));
    assert_eq!(set(20, 144), Err(Kind::BadSectionTable));
    assert_eq!(set(24, 1 << 20), Err(Kind::BadSectionTable));
    assert_eq!(set(24, u32::MAX), Err(Kind::BadSectionTable));
    assert_eq!(set(24, 0), Err(Kind::SectionRange));
    assert_eq!(set(28, 0x1234_5678), Err(Kind::OtherIsa));
    assert_eq!(
        set(32, features::RELAXED_SIMD as u32),
        Err(Kind::UnsupportedFeature)
    );
    assert_eq!(set(36, 1 << 31), Err(Kind::UnsupportedFeature));
    assert_eq!(set(32, 0), Err(Kind::FeatureNotDeclared));
    assert_eq!(set(48, 1), Err(Kind::UnsupportedFeature));
    assert_eq!(set(52, 2), Err(Kind::RunnerTooOld));
    assert_eq!(set(56, 6), Err(Kind::BadFuncRecord));
    for budget in [60, 64, 68, 72, 76] {
        assert_eq!(set(budget, 3), Err(Kind::BadBudgets), "{budget}");
    }
    assert_eq!(set(88, 1), Err(Kind::OtherHardware));
    for field in 104..112 {
        assert_eq!(
            changed(|bytes| bytes[field] ^= 0x10),
            Err(Kind::BadHeader),
            "{field}"
        );
    }
    assert_eq!(set(112, 77), Ok(()));
    assert_eq!(set(120, 1), Err(Kind::BadHeader));
    let mut bytes = image();
    bytes[124] ^= 1;
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Err(Kind::BadChecksum));
    assert_eq!(Kind::OtherIsa.class(), Class::OtherVersion);
    assert_eq!(Kind::UnsupportedFeature.class(), Class::Unsupported);
}

#[test]
fn every_field_of_an_entry_is_checked() {
    // The second entry: FUNC of module 0.
    let entry = 128 + 64;
    let set = |at: usize, value: u8| changed(|bytes| bytes[entry + at] = value);
    assert_eq!(set(0, 1), Err(Kind::BadSection));
    assert_eq!(set(0, 200), Err(Kind::UnsupportedSection));
    assert_eq!(set(2, 0), Err(Kind::BadSection));
    assert_eq!(set(2, 9), Err(Kind::BadSection));
    assert_eq!(set(4, 3), Err(Kind::BadSection));
    assert_eq!(set(4, 255), Err(Kind::BadSection));
    assert_eq!(set(5, 1), Err(Kind::BadSection));
    assert_eq!(set(6, 1), Err(Kind::SectionOrder));
    assert_eq!(set(8, 1), Err(Kind::SectionRange));
    assert_eq!(set(12, 40), Err(Kind::BadSection));
    assert_eq!(set(16, 0), Err(Kind::BadSection));
    assert_eq!(set(20, 2), Err(Kind::BadSection));
    assert_eq!(set(24, 1), Err(Kind::BadSection));
    assert_eq!(set(28, 1), Err(Kind::BadSection));
    // The first: ROOT belongs to the image, not to a module.
    assert_eq!(changed(|bytes| bytes[128] = 3), Err(Kind::BadSection));
    assert_eq!(changed(|bytes| bytes[134] = 1), Err(Kind::BadSection));
}

#[test]
fn sections_that_are_not_known() {
    // The function names, made something else: skipped unless required.
    let names = find(&image(), SectionKind::Names).0 * 64 + 128;
    assert_eq!(changed(|bytes| bytes[names] = 15), Ok(()));
    let required = changed(|bytes| {
        bytes[names] = 15;
        bytes[names + 2] = 1;
    });
    assert_eq!(required, Err(Kind::UnsupportedSection));
}

#[test]
fn sections_do_not_overlap_and_padding_is_zero() {
    let bytes = image();
    let (entry, code) = find(&bytes, SectionKind::Code);
    let at = 128 + entry * 64 + 8;
    let moved = |by: i64| {
        changed(|bytes| {
            let offset = (i64::from(code.offset) + by) as u32;
            bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
        })
    };
    assert_eq!(moved(16), Err(Kind::SectionRange));
    assert_eq!(moved(-16), Err(Kind::SectionRange));
    assert_eq!(moved(8), Err(Kind::SectionRange));
    assert_eq!(moved(1 << 30), Err(Kind::SectionRange));
    let (_, root) = find(&bytes, SectionKind::Root);
    let (_, pool) = find(&bytes, SectionKind::Const);
    assert_ne!(
        code.offset + code.len,
        pool.offset,
        "there is padding to change"
    );
    assert_eq!(root.offset % 16, 0);
    let padding = (pool.offset - 1) as usize;
    assert_eq!(changed(|bytes| bytes[padding] = 1), Err(Kind::BadPadding));
}

#[test]
fn root_is_an_archive_with_a_module() {
    let (_, root) = find(&image(), SectionKind::Root);
    let end = (root.offset + root.len) as usize;
    assert_eq!(
        changed(|bytes| bytes[end - 8..end].fill(0x7f)),
        Err(Kind::BadRoot)
    );
    // No modules: the length of the only vector of the root struct.
    assert_eq!(
        changed(|bytes| bytes[end - 4..end].fill(0)),
        Err(Kind::BadRoot)
    );
}

#[test]
fn what_every_image_has() {
    // Nothing but a header.
    let mut bytes = align(&image()[..128]);
    bytes[16..20].copy_from_slice(&128u32.to_le_bytes());
    bytes[24..28].fill(0);
    repair(&mut bytes);
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::MissingSection)
    );
    // A module whose code is something else, which would be fine by itself.
    let modules = [ModuleSpec::default()].into();
    let mut bytes = align(
        &write(&ImageSpec {
            modules,
            build_id: 0,
        })
        .unwrap(),
    );
    let entry = 128 + 64 * find(&bytes, SectionKind::Code).0;
    bytes[entry] = 200;
    bytes[entry + 2] = 0;
    repair(&mut bytes);
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::MissingSection)
    );
}

#[test]
fn stubs_come_first() {
    let (_, code) = find(&image(), SectionKind::Code);
    let at = code.offset as usize;
    for word in 0..PROLOGUE.len() {
        let broken = changed(|bytes| bytes[at + word * 2] ^= 4);
        assert_eq!(broken, Err(Kind::BadPrologue), "{word}");
    }
}

#[test]
fn hashes_tell_damage() {
    let bytes = image();
    let verified = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
    assert_eq!(verified.check_hashes(), Ok(()));
    for section in verified.sections().iter() {
        let mut damaged = align(&bytes);
        // The last byte of each section, ROOT apart, does not matter to the verifier, or makes it fail by itself.
        damaged[(section.offset + section.len - 1) as usize] ^= 1;
        let Ok(verified) = VerifiedImage::verify(&damaged, &Limits::DEFAULT) else {
            continue;
        };
        let error = verified.check_hashes().unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (Kind::HashMismatch, section.offset)
        );
    }
}

#[test]
fn limits_are_kept() {
    let bytes = image();
    let check = |limits: &Limits| verify_all(&bytes, limits);
    assert_eq!(check(&Limits::DEFAULT), Ok(()));
    let exact = Limits {
        image_bytes: bytes.len() as u64,
        sections: VerifiedImage::verify(&bytes, &Limits::DEFAULT)
            .unwrap()
            .sections()
            .len() as u32,
        modules: 2,
        types: 4,
        imports: 5,
        exports: 4,
        functions: 3,
        frame_slots: 8,
        tables: 2,
        table_elems: 11,
        memories: 2,
        memory_bytes: 5 << 16,
        globals: 4,
        segments: 8,
        features: features::MULTI_MEMORY
            | features::MEMORY64
            | features::EXTENDED_CONST
            | features::EXCEPTIONS,
    };
    assert_eq!(check(&exact), Ok(()));
    let e = exact;
    for less in [
        Limits {
            image_bytes: e.image_bytes - 1,
            ..e
        },
        Limits {
            sections: e.sections - 1,
            ..e
        },
        Limits { modules: 1, ..e },
        Limits { types: 3, ..e },
        Limits { imports: 4, ..e },
        Limits { exports: 3, ..e },
        Limits { functions: 2, ..e },
        Limits {
            frame_slots: 7,
            ..e
        },
        Limits { tables: 1, ..e },
        Limits {
            table_elems: 10,
            ..e
        },
        Limits { memories: 1, ..e },
        Limits {
            memory_bytes: (5 << 16) - 1,
            ..e
        },
        Limits { globals: 3, ..e },
        Limits { segments: 7, ..e },
    ] {
        assert_eq!(check(&less), Err(Kind::OverBudget), "{less:?}");
    }
    let without = Limits {
        features: e.features & !features::MEMORY64,
        ..e
    };
    assert_eq!(check(&without), Err(Kind::UnsupportedFeature));
}
