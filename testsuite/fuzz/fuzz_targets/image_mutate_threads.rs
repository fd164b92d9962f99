//! A valid image of a module with atomics, changed as the bytes say: see `wrt_testsuite::hostile::image_mutate_threads`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wrt_testsuite::hostile::image_mutate_threads(bytes);
});
