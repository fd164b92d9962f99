//! What a machine refuses that is built without a part of the instruction set.

use crate::fixture::Image;
use wrt_format::image::features;
use wrt_format::image::types::val;
use wrt_format::image::write::{FuncTypeSpec, ImageSpec, ModuleSpec, write};
use wrt_format::verify::{VerifiedImage, VerifyErrorKind};
use wrt_vm::{Error, Limits, Module};

/// The bytes of an image whose only function type has a parameter of type v128.
fn with_vector() -> Image {
    let module = ModuleSpec {
        types: [FuncTypeSpec {
            params: [val::V128].into(),
            ..FuncTypeSpec::default()
        }]
        .into(),
        ..ModuleSpec::default()
    };
    let spec = ImageSpec {
        modules: [module].into(),
        ..ImageSpec::default()
    };
    Image::new(&write(&spec).unwrap())
}

#[test]
fn vectors_need_a_machine_with_vectors() {
    let image = with_vector();
    let verified = VerifiedImage::verify(image.bytes(), &Limits::default()).unwrap();
    let has = cfg!(feature = "simd");
    assert_eq!(Module::from_image(&verified, 0).is_some(), has);
    let loaded = Module::load_from_binary(image.bytes(), &Limits::default());
    assert_eq!(loaded.is_ok(), has);
    let without = Limits {
        features: features::KNOWN & !features::SIMD,
        ..Limits::default()
    };
    let Err(Error::Image(error)) = Module::load_from_binary(image.bytes(), &without) else {
        panic!("an image with vectors was loaded without them");
    };
    assert_eq!(error.kind(), VerifyErrorKind::UnsupportedFeature);
    if let Err(refused) = loaded {
        assert_eq!(format!("{refused:?}"), format!("{:?}", Error::Image(error)));
    }
}
