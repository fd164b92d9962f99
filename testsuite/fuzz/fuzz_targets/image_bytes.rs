//! Any bytes as an image: see `wrt_testsuite::hostile::image_bytes`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wrt_testsuite::hostile::image_bytes(bytes);
});
