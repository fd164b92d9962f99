//! Hostile input on fixed seeds: the bodies of the fuzz targets under `testsuite/fuzz`, on bytes from a generator.
//!
//! `WRT_HOSTILE=N` sets how many inputs each of them gets, `WRT_SEED=N` the first seed. Besides keeping its promise, each run must have
//! met enough of what can happen: refusals, calls that return, trap, run out of fuel.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use wrt_testsuite::hostile::{
    Seen, image_bytes, image_mutate, image_mutate_threads, snapshot_bytes, snapshot_mutate,
    wrtc_bytes,
};

/// SplitMix64.
fn random_bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let words = 1 + next() % 40;
    (0..words).flat_map(|_| next().to_le_bytes()).collect()
}

/// Gives a body as many inputs as are asked for; what came of them. A panic names the seed.
fn run(quick: u64, body: fn(&[u8]) -> Seen) -> (u64, Seen) {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let (count, first) = (
        number("WRT_HOSTILE").unwrap_or(quick),
        number("WRT_SEED").unwrap_or(0),
    );
    let threads = std::thread::available_parallelism().map_or(1, core::num::NonZero::get);
    let part = |part: usize| {
        let mut total = Seen::default();
        for seed in (first..first + count).skip(part).step_by(threads) {
            let seen = std::panic::catch_unwind(|| body(&random_bytes(seed)));
            total.add(seen.unwrap_or_else(|_| panic!("seed {seed}")));
        }
        total
    };
    let mut total = Seen::default();
    std::thread::scope(|scope| {
        // All of them are started before the first one is waited for.
        let parts: Vec<_> = (0..threads).map(|i| scope.spawn(move || part(i))).collect();
        for part in parts {
            total.add(part.join().unwrap());
        }
    });
    println!("{count} inputs: {total:?}");
    (count, total)
}

#[test]
fn arbitrary_bytes_are_no_image() {
    let (_, seen) = run(2_000, image_bytes);
    assert_eq!(seen, Seen::default(), "nothing of that can be an image");
}

#[test]
fn mutated_images_are_refused_or_run_within_bounds() {
    let (count, seen) = run(1_000, image_mutate);
    let some = |n: u32, share: u64| u64::from(n) * share > count;
    assert!(
        some(seen.loaded, 3) && u64::from(seen.loaded) < count,
        "{seen:?}"
    );
    assert!(
        some(seen.bad_bodies, 10) && seen.bad_bodies < seen.loaded,
        "{seen:?}"
    );
    assert!(some(seen.done, 1) && some(seen.traps, 4), "{seen:?}");
    assert!(seen.exceptions > 0, "{seen:?}");
    assert!(
        some(seen.refused_calls, 10) && some(seen.out_of_fuel, 10),
        "{seen:?}"
    );
    assert!(some(seen.host_calls, 10), "{seen:?}");
}

#[test]
fn mutated_images_with_threads_are_refused_or_run_within_bounds() {
    let (count, seen) = run(300, image_mutate_threads);
    let some = |n: u32, share: u64| u64::from(n) * share > count;
    assert!(some(seen.loaded, 3) && some(seen.waits, 4), "{seen:?}");
    assert!(some(seen.done, 1) && some(seen.traps, 4), "{seen:?}");
}

#[test]
fn mutated_snapshots_are_refused_or_run_within_bounds() {
    let (count, seen) = run(3_000, snapshot_mutate);
    let some = |n: u32, share: u64| u64::from(n) * share > count;
    assert!(
        some(seen.loaded, 2) && some(seen.restored, 4) && u64::from(seen.restored) < count,
        "{seen:?}"
    );
    assert!(some(seen.done, 4) && some(seen.traps, 20), "{seen:?}");
    assert!(some(seen.host_calls, 50), "{seen:?}");
    assert!(some(seen.chained, 40) && some(seen.holed, 20), "{seen:?}");
    assert_eq!(run(500, snapshot_bytes).1, Seen::default());
}

#[test]
fn mutated_modules_compile_to_images_that_verify_or_do_not_compile() {
    let (count, seen) = run(400, wrtc_bytes);
    let some = |n: u32, share: u64| u64::from(n) * share > count;
    assert!(
        some(seen.loaded, 20) && u64::from(seen.loaded) < count,
        "{seen:?}"
    );
    assert!(some(seen.done, 5), "{seen:?}");
    assert_eq!(
        (seen.bad_bodies, seen.refused_calls),
        (0, 0),
        "what the compiler makes is whole"
    );
}
