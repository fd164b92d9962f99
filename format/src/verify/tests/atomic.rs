//! Atomic instructions and shared memories: they need the feature, and what names it is the error.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::super::VerifyErrorKind as Kind;
use super::{Harness, find, repair, rich_module, verify_all};
use crate::image::features;
use crate::image::section::Kind as SectionKind;
use crate::image::types::MemoryType;
use crate::image::write::tests::{MEMORY, code};
use crate::image::write::{AlignedVec, ImageSpec, ModuleSpec, align, write};
use crate::isa::{INFO, Op};
use crate::verify::{Limits, VerifiedImage};

#[test]
fn atomic_instructions_must_be_declared() {
    let words = |offset: i64, shift: i64| {
        code(&[
            (Op::Enter, &[100, 1]),
            (Op::AtomicCheck, &[0, offset, shift]),
            (Op::Trap, &[0]),
        ])
    };
    assert_eq!(
        Harness::rich().check(&words(7, 3)),
        Err(Kind::FeatureNotDeclared)
    );
    let mut declared = rich_module();
    declared.features |= features::THREADS;
    let mut harness = Harness::new(declared);
    assert_eq!(harness.check(&words(7, 3)), Ok(()));
    assert_eq!(harness.check(&words(7, 32)), Err(Kind::BadImmediate));
    let rmw = |memory: i64| {
        code(&[
            (Op::Enter, &[100, 1]),
            (Op::AtomicRmw8Cmpxchg, &[0, 1, 2, 99, 8, memory]),
            (Op::Trap, &[0]),
        ])
    };
    assert_eq!(harness.check(&rmw(1)), Ok(()));
    assert_eq!(harness.check(&rmw(9)), Err(Kind::IndexOutOfRange));
    for info in INFO.iter().filter(|info| info.name.starts_with("atomic_")) {
        assert_eq!(info.feature(), features::THREADS, "{}", info.name);
        assert!(info.stops && !info.memory_zero, "{}", info.name);
    }
}

/// An image with one shared memory.
fn shared() -> AlignedVec {
    let memory = MemoryType {
        shared: true,
        min: 1,
        max: Some(3),
        ..MEMORY
    };
    let spec = ImageSpec {
        modules: Vec::from([ModuleSpec {
            memories: Vec::from([memory]),
            ..ModuleSpec::default()
        }]),
        build_id: 0,
    };
    align(&write(&spec).unwrap())
}

#[test]
fn shared_memories_must_be_declared() {
    let mut bytes = shared();
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Ok(()));
    let root = find(&bytes, SectionKind::Root).1;
    let declared = features::THREADS.to_le_bytes();
    let section = root.offset as usize..(root.offset + root.len) as usize;
    let at = bytes[section].windows(8).rposition(|it| it == declared);
    let at = root.offset as usize + at.unwrap();
    bytes[at..at + 8].fill(0);
    repair(&mut bytes);
    let refused = verify_all(&bytes, &Limits::DEFAULT);
    assert_eq!(refused, Err(Kind::FeatureNotDeclared));
}

#[test]
fn a_missing_feature_is_named() {
    let bytes = shared();
    let without = Limits {
        features: features::KNOWN & !features::THREADS,
        ..Limits::DEFAULT
    };
    let error = VerifiedImage::verify(&bytes, &without).unwrap_err();
    assert_eq!(error.kind(), Kind::UnsupportedFeature);
    assert_eq!(error.missing_features(), features::THREADS);
    let text = "the image needs a feature that this runner does not have: threads (at byte 0x18)";
    assert_eq!(error.to_string(), text);
    let mut strange = bytes;
    strange[24..32]
        .copy_from_slice(&(features::STACK_SWITCHING | features::THREADS | 1 << 40).to_le_bytes());
    repair(&mut strange);
    let error = VerifiedImage::verify(&strange, &Limits::DEFAULT).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("have: stack-switching, number 40 (at"),
        "{text}"
    );
}
