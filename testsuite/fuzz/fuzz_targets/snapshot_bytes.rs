//! Any bytes as a snapshot: see `wrt_testsuite::hostile::snapshot_bytes`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wrt_testsuite::hostile::snapshot_bytes(bytes);
});
