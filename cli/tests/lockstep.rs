//! `--deterministic --state-hash-every`: runs that do the same have the same hashes, also across snapshots and with other files.
#![cfg(feature = "compile")]
#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

mod common;

use common::{Dir, Ran, run, text, wrtd};
use std::path::{Path, PathBuf};

/// Lists the preopened directory again and again, and adds up what it sees.
const LISTS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_readdir" (func $list (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "one")
  (func (export "_start") (local $n i32) (local $i i32)
    (local.set $n (i32.const 50))
    (loop $more
      (drop (call $list (i32.const 3) (i32.const 1024) (i32.const 2000) (i64.const 0) (i32.const 8)))
      (drop (call $stat (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 3) (i32.const 4096)))
      (drop (call $random (i32.const 5000) (i32.const 8)))
      (drop (call $now (i32.const 0) (i64.const 1) (i32.const 5008)))
      (local.set $i (i32.const 8000))
      (loop $sum
        (i64.store (i32.const 6000) (i64.add
          (i64.mul (i64.load (i32.const 6000)) (i64.const 31))
          (i64.load (local.get $i))))
        (br_if $sum (local.tee $i (i32.sub (local.get $i) (i32.const 8)))))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

/// A directory with these files, made in this order.
fn files(dir: &Dir, name: &str, names: &[&str]) -> PathBuf {
    let folder = dir.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    for name in names {
        std::fs::write(folder.join(name), name).unwrap();
    }
    folder
}

fn hashes(ran: &Ran) -> Vec<String> {
    let lines = ran.stderr.lines().map(str::to_owned);
    lines
        .filter(|line| line.starts_with("wrtd: state after "))
        .collect()
}

#[test]
fn two_runs_have_the_same_hashes() {
    let dir = Dir::new("lockstep");
    let image = dir.image("f", LISTS);
    let one = files(&dir, "one", &["one", "two", "three"]);
    let other = files(&dir, "other", &["three", "two", "one"]);
    let less = files(&dir, "less", &["three", "one"]);
    let hashed = |folder: &Path, args: &[&str]| {
        let given = format!("{}::/data", text(folder));
        let own = ["--state-hash-every", "40000", "--dir", &given];
        let ran = run(&image, &[&own[..], args].concat());
        (hashes(&ran), ran.status)
    };
    let (straight, status) = hashed(&one, &["--deterministic=5"]);
    assert_eq!(status, 0);
    assert!(straight.len() > 10, "{straight:?}");
    assert_eq!(hashed(&other, &["--deterministic=5"]).0, straight);
    assert_ne!(hashed(&other, &["--deterministic=6"]).0, straight);
    assert_ne!(hashed(&less, &["--deterministic=5"]).0, straight);

    // Half of it here, the other half there, in the same directory and in another one with the same files.
    let snapshot = dir.path().join("half.wrts");
    let keep = format!("snapshot={}", text(&snapshot));
    let half = ["--deterministic=5", "--fuel", "250000", "--on-pause", &keep];
    let (first, status) = hashed(&one, &half);
    assert_eq!(status, 249);
    for folder in [&one, &other] {
        let given = format!("{}::/data", text(folder));
        let ran = wrtd(&[
            "resume",
            text(&snapshot),
            "--state-hash-every",
            "40000",
            "--dir",
            &given,
        ]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert_eq!([&first[..], &hashes(&ran)].concat(), straight);
    }
    let given = format!("{}::/data", text(&less));
    let ran = wrtd(&["resume", text(&snapshot), "--dir", &given]);
    ran.fails(
        252,
        "wrtd: ",
        "/data/two: the guest has met it, and it is not there",
    );
}

#[test]
fn hashes_want_a_deterministic_guest() {
    let dir = Dir::new("lockstep_refused");
    let image = dir.image("f", LISTS);
    run(&image, &["--state-hash-every", "5"]).fails(240, "wrtd: ", "--deterministic");
    let args = ["--deterministic", "--state-hash-every", "0"];
    run(&image, &args).fails(240, "wrtd: ", "--state-hash-every");
}
