//! A valid snapshot, changed as the bytes say: see `wrt_testsuite::hostile::snapshot_mutate`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wrt_testsuite::hostile::snapshot_mutate(bytes);
});
