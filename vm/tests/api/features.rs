//! What a machine refuses that is built without a part of the instruction set.

use crate::fixture::{Code, F64, Image, Spec, memory_type};
use wrt_format::image::features;
use wrt_format::image::types::{MemoryType, val};
use wrt_format::image::write::{FuncTypeSpec, ImageSpec, ModuleSpec, write};
use wrt_format::isa::Op;
use wrt_format::verify::{VerifiedImage, VerifyErrorKind};
use wrt_vm::{Error, Limits, Module};

fn image(module: ModuleSpec) -> Image {
    let spec = ImageSpec {
        modules: [module].into(),
        ..ImageSpec::default()
    };
    Image::new(&write(&spec).unwrap())
}

/// An image that needs the feature loads on a machine that has it; another one, or one that is told to do without, names it.
fn needs(image: &Image, feature: u64, name: &str, has: bool) {
    let verified = VerifiedImage::verify(image.bytes(), &Limits::default()).unwrap();
    assert_eq!(Module::from_image(&verified, 0).is_some(), has);
    let loaded = Module::load_from_binary(image.bytes(), &Limits::default());
    assert_eq!(loaded.is_ok(), has);
    let without = Limits {
        features: features::KNOWN & !feature,
        ..Limits::default()
    };
    let Err(Error::Image(error)) = Module::load_from_binary(image.bytes(), &without) else {
        panic!("an image was loaded without {name}");
    };
    assert_eq!(error.kind(), VerifyErrorKind::UnsupportedFeature);
    assert_eq!(error.missing_features(), feature);
    let text = error.to_string();
    assert!(text.contains(&format!("does not have: {name} (")), "{text}");
    if let Err(refused) = loaded {
        assert_eq!(format!("{refused:?}"), format!("{:?}", Error::Image(error)));
    }
}

#[test]
fn vectors_need_a_machine_with_vectors() {
    let module = ModuleSpec {
        types: [FuncTypeSpec {
            params: [val::V128].into(),
            ..FuncTypeSpec::default()
        }]
        .into(),
        ..ModuleSpec::default()
    };
    let has = cfg!(feature = "simd");
    needs(&image(module), features::SIMD, "simd", has);
}

#[test]
fn computing_with_floats_needs_a_machine_with_floats() {
    let with = |code: Code| image(Spec::new().func("f", &[F64], &[F64], code).0);
    let sum = Code::enter(3, 1).op(Op::F64Add, &[1, 0, 0]);
    let has = cfg!(feature = "floats");
    needs(
        &with(sum.op(Op::Ret1, &[1])),
        features::FLOATS,
        "floats",
        has,
    );
    // What only goes through is bits.
    let moved = with(Code::enter(3, 1).op(Op::Ret1, &[0]));
    let loaded = Module::load_from_binary(moved.bytes(), &Limits::default());
    loaded.unwrap().validate().unwrap();
}

#[test]
fn shared_memories_need_a_machine_with_atomics() {
    let module = ModuleSpec {
        memories: [MemoryType {
            shared: true,
            ..memory_type(1, Some(1))
        }]
        .into(),
        ..ModuleSpec::default()
    };
    let has = cfg!(feature = "atomics");
    needs(&image(module), features::THREADS, "threads", has);
}

#[test]
fn collected_things_need_a_machine_with_a_collector() {
    let module = ModuleSpec {
        types: [FuncTypeSpec {
            params: [val::ANYREF].into(),
            ..FuncTypeSpec::default()
        }]
        .into(),
        ..ModuleSpec::default()
    };
    let has = cfg!(feature = "gc");
    needs(&image(module), features::GC, "gc", has);
}

#[test]
fn wide_addresses_need_a_machine_with_them() {
    let module = ModuleSpec {
        memories: [MemoryType {
            is64: true,
            ..memory_type(1, Some(1))
        }]
        .into(),
        ..ModuleSpec::default()
    };
    let has = cfg!(feature = "memory64");
    needs(&image(module), features::MEMORY64, "memory64", has);
}
