//! Header and section table.

use alloc::vec::Vec;

use super::super::{Class, Limits, VerifiedImage, VerifyError, VerifyErrorKind as Kind};
use super::{find, repair, verify_all};
use crate::image::features;
use crate::image::section::{Kind as SectionKind, Section};
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
        if len < 400 || len % 97 == 0 {
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
    assert_eq!(set(0, 0x4252_0000), Err(Kind::NotAnImage));
    assert_eq!(set(4, 0x0a1a_0a0d), Err(Kind::NotAnImage));
    assert_eq!(changed(|bytes| bytes[8] = 1), Err(Kind::OtherVersion));
    // A later minor version is fine.
    assert_eq!(changed(|bytes| bytes[10] = 9), Ok(()));
    assert_eq!(set(12, u32::MAX), Err(Kind::BadHeader));
    assert_eq!(set(12, 1000), Err(Kind::TrailingBytes));
    assert_eq!(set(16, 0x1234_5678), Err(Kind::OtherIsa));
    assert_eq!(set(20, 1 << 20), Err(Kind::BadSectionTable));
    assert_eq!(set(20, u32::MAX), Err(Kind::BadSectionTable));
    assert_eq!(set(20, 0), Err(Kind::SectionRange));
    assert_eq!(
        set(24, features::RELAXED_SIMD as u32),
        Err(Kind::UnsupportedFeature)
    );
    assert_eq!(set(28, 1 << 31), Err(Kind::UnsupportedFeature));
    assert_eq!(set(24, 0), Err(Kind::FeatureNotDeclared));
    assert_eq!(set(32, 1), Err(Kind::OtherHardware));
    assert_eq!(set(36, 77), Ok(()));
    assert_eq!(
        changed(|bytes| bytes[40] = 1),
        Err(Kind::UnsupportedFeature)
    );
    assert_eq!(changed(|bytes| bytes[42] = 2), Err(Kind::RunnerTooOld));
    assert_eq!(set(44, 6), Err(Kind::BadFuncRecord));
    for budget in [48, 52, 56, 60] {
        assert_eq!(set(budget, 3), Err(Kind::BadBudgets), "{budget}");
    }
    assert_eq!(set(64, 77), Ok(()));
    for field in 104..108 {
        assert_eq!(
            changed(|bytes| bytes[field] ^= 0x10),
            Err(Kind::BadHeader),
            "{field}"
        );
    }
    let mut bytes = image();
    bytes[108] ^= 1;
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Err(Kind::BadChecksum));
    assert_eq!(Kind::OtherIsa.class(), Class::OtherVersion);
    assert_eq!(Kind::UnsupportedFeature.class(), Class::Unsupported);
}

#[test]
fn every_field_of_an_entry_is_checked() {
    let func = find(&image(), SectionKind::Func).0;
    let set = |at: usize, value: u8| changed(|bytes| bytes[at] = value);
    // Words of 8 bytes want another alignment.
    assert_eq!(set(func, 2), Err(Kind::BadSection));
    assert_eq!(set(func, 200), Err(Kind::UnsupportedSection));
    // Not required; unknown flags; another alignment.
    assert_eq!(set(func + 1, 0x20), Err(Kind::BadSection));
    assert_eq!(set(func + 1, 0x23), Err(Kind::BadSection));
    assert_eq!(set(func + 1, 0x11), Err(Kind::BadSection));
    assert_eq!(set(func + 1, 0xf1), Err(Kind::BadSection));
    assert_eq!(set(func + 2, 1), Err(Kind::SectionOrder));
    assert_eq!(set(func + 4, 41), Err(Kind::BadSection));
    // ROOT and HASHES belong to the image, not to a module.
    let root = find(&image(), SectionKind::Root).0;
    assert_eq!(set(root, 2), Err(Kind::BadSection));
    assert_eq!(set(root + 2, 1), Err(Kind::BadSection));
    let hashes = find(&image(), SectionKind::Hashes).0;
    assert_eq!(set(hashes + 2, 1), Err(Kind::BadSection));
    // A copy-on-write section whose second unit is not in the table.
    let mut bytes = align(&write(&of_default_module()).unwrap());
    let code = find(&bytes, SectionKind::Code).0;
    bytes[code..code + 2].copy_from_slice(&[24, 0xc1]);
    repair(&mut bytes);
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Err(Kind::BadSection));
}

#[test]
fn sections_that_are_not_known() {
    // The function names, made something else: skipped unless required.
    let names = find(&image(), SectionKind::Names).0;
    assert_eq!(changed(|bytes| bytes[names] = 17), Ok(()));
    let required = changed(|bytes| {
        bytes[names] = 17;
        bytes[names + 1] = 1;
    });
    assert_eq!(required, Err(Kind::UnsupportedSection));
}

#[test]
fn sections_fill_the_image_and_padding_is_zero() {
    let bytes = image();
    let (entry, code) = find(&bytes, SectionKind::Code);
    let len =
        |len: u32| changed(|bytes| bytes[entry + 4..entry + 8].copy_from_slice(&len.to_le_bytes()));
    assert_eq!(len(code.len), Ok(()));
    assert_eq!(len(1 << 30), Err(Kind::SectionRange));
    assert_eq!(len(u32::MAX - 1), Err(Kind::SectionRange));
    // The last section, a page shorter and longer.
    let end = bytes.len() - 4096;
    let mut shorter = align(&bytes[..end]);
    shorter[12..16].copy_from_slice(&(end as u32).to_le_bytes());
    repair(&mut shorter);
    let refused = Err(Kind::SectionRange);
    assert_eq!(verify_all(&shorter, &Limits::DEFAULT), refused);
    let mut longer = align(&bytes);
    longer.extend_from_slice(&[0; 4096]);
    longer[12..16].copy_from_slice(&(bytes.len() as u32 + 4096).to_le_bytes());
    repair(&mut longer);
    assert_eq!(verify_all(&longer, &Limits::DEFAULT), refused);
    let (_, cow) = find(&bytes, SectionKind::DataCow);
    let (_, hashes) = find(&bytes, SectionKind::Hashes);
    assert_ne!(hashes.end(), cow.offset, "there is padding to change");
    let padding = (cow.offset - 1) as usize;
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
    let mut bytes = align(&image()[..112]);
    bytes[12..16].copy_from_slice(&112u32.to_le_bytes());
    bytes[20..24].fill(0);
    repair(&mut bytes);
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::MissingSection)
    );
    // A module whose code is something else, which would be fine by itself.
    let mut bytes = align(&write(&of_default_module()).unwrap());
    let entry = find(&bytes, SectionKind::Code).0;
    bytes[entry] = 200;
    bytes[entry + 1] = 0;
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
    let small = align(&write(&of_default_module()).unwrap());
    for (bytes, one_by_one) in [(image(), true), (small, false)] {
        let verified = VerifiedImage::verify(&bytes, &Limits::DEFAULT).unwrap();
        assert_eq!(verified.check_hashes(), Ok(()));
        let sections: Vec<_> = verified.sections().iter().collect();
        let has = |section: &Section| section.kind == SectionKind::Hashes as u8;
        assert_eq!(sections.iter().any(has), one_by_one);
        for section in &sections {
            assert_eq!(verified.check_hash(section), Ok(()));
            let mut damaged = align(&bytes);
            // The last byte of each section, ROOT apart, does not matter to the verifier, or makes it fail by itself.
            damaged[section.end() as usize - 1] ^= 1;
            let Ok(verified) = VerifiedImage::verify(&damaged, &Limits::DEFAULT) else {
                continue;
            };
            let refused = |checked: Result<(), VerifyError>| {
                let error = checked.unwrap_err();
                assert_eq!(error.kind(), Kind::HashMismatch);
                error.offset()
            };
            // Of HASHES the last one is damaged: that of the last section.
            let hashes = has(section);
            let last = sections.last().unwrap();
            let place = match (one_by_one, hashes) {
                (true, false) => section.offset,
                (true, true) => last.offset,
                (false, _) => 72,
            };
            assert_eq!(refused(verified.check_hashes()), place);
            assert_eq!(refused(verified.check_hash(section)), place);
            // Others can be used, if they have hashes of their own.
            let other = sections
                .iter()
                .find(|it| *it != section && !has(it))
                .unwrap();
            let alone = verified.check_hash(other).is_ok();
            assert_eq!(alone, one_by_one && !hashes);
        }
        let mut damaged = align(&bytes);
        damaged[72] ^= 1;
        repair(&mut damaged);
        let verified = VerifiedImage::verify(&damaged, &Limits::DEFAULT).unwrap();
        assert_eq!(verified.check_hashes().unwrap_err().offset(), 72);
        assert!(verified.check_hash(&sections[0]).is_err());
    }
}

fn of_default_module() -> ImageSpec {
    ImageSpec {
        modules: [ModuleSpec::default()].into(),
        build_id: 0,
    }
}

#[test]
fn there_are_as_many_hashes_as_sections() {
    let bytes = image();
    let (entry, hashes) = find(&bytes, SectionKind::Hashes);
    // One more, out of the padding before the copy-on-write sections.
    let longer = changed(|bytes| {
        bytes[entry + 4..entry + 8].copy_from_slice(&(hashes.len + 32).to_le_bytes());
    });
    assert_eq!(longer, Err(Kind::BadSection));
}

#[test]
fn limits_are_kept() {
    let bytes = image();
    let check = |limits: &Limits| verify_all(&bytes, limits);
    assert_eq!(check(&Limits::DEFAULT), Ok(()));
    let exact = Limits {
        image_bytes: bytes.len() as u64,
        sections: super::table_units(&bytes),
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
