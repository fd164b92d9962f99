//! Any bytes as a module, or a valid module changed as they say: see `wrt_testsuite::hostile::wrtc_bytes`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wrt_testsuite::hostile::wrtc_bytes(bytes);
});
