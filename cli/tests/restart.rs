//! `--on-trap`: what is done when a guest traps.
#![cfg(feature = "compile")]
#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

mod common;

use common::{Dir, run, text, wrtd};

/// Counts, says so, and traps unless the file that it is given has three bytes; adds one to it at the trap.
const FLAKY: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\80\00\00\00\01\00\00\00")
  (data (i32.const 16) "\00\04\00\00\00\04\00\00")
  (data (i32.const 64) "triesstart\n...done\n")
  (data (i32.const 128) "x")
  (func $say (param $at i32) (param $len i32)
    (i32.store (i32.const 32) (local.get $at)) (i32.store (i32.const 36) (local.get $len))
    (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 40))))
  (func $count (param $n i32)
    (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "_start")
    (call $say (i32.const 69) (i32.const 6))
    (call $count (i32.const 5000))
    (call $say (i32.const 75) (i32.const 3))
    ;; Appending, so that each try adds a byte.
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 5) (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 1) (i32.const 48)))
    (drop (call $read (i32.load (i32.const 48)) (i32.const 16) (i32.const 1) (i32.const 52)))
    (if (i32.lt_u (i32.load (i32.const 52)) (i32.const 2))
      (then (drop (call $write (i32.load (i32.const 48)) (i32.const 0) (i32.const 1) (i32.const 56))) unreachable))
    (call $say (i32.const 78) (i32.const 5))))"#;

/// What the guest prints, the status, and the lines about restarts, with fresh files.
fn tried(dir: &Dir, name: &str, args: &[&str]) -> (String, i32, Vec<String>) {
    let image = dir.image(name, FLAKY);
    let folder = dir.path().join(format!("{name}-files"));
    std::fs::create_dir(&folder).unwrap();
    let given = format!("{}::/data", text(&folder));
    let ran = run(&image, &[&["--dir", &given], args].concat());
    let lines = ran
        .stderr
        .lines()
        .filter(|line| line.contains("going on from"));
    (ran.stdout, ran.status, lines.map(str::to_owned).collect())
}

#[test]
fn a_guest_is_started_again() {
    let dir = Dir::new("restarted");
    let (out, status, restarts) = tried(&dir, "exit", &["--on-trap", "exit"]);
    assert_eq!(
        (out.as_str(), status, restarts.len()),
        ("start\n...", 248, 0)
    );
    let (out, status, restarts) = tried(&dir, "restart", &["--on-trap", "restart"]);
    assert_eq!(
        (out.as_str(), status),
        ("start\n...start\n...start\n...done\n", 0)
    );
    assert_eq!(restarts.len(), 2);
    assert_eq!(
        restarts[1],
        "wrtd: going on from the beginning, restart 2 of 3"
    );
    let args = ["--on-trap", "restart", "--max-restarts", "1"];
    let (out, status, restarts) = tried(&dir, "once", &args);
    assert_eq!(
        (out.as_str(), status, restarts.len()),
        ("start\n...start\n...", 248, 1)
    );
}

#[test]
fn a_guest_goes_on_from_its_last_checkpoint() {
    let dir = Dir::new("restored_at_trap");
    let kept = dir.path().join("kept");
    let every = format!("3000={}", text(&kept));
    let args = [
        "--on-trap",
        "restore-last-checkpoint",
        "--checkpoint-every",
        &every,
        "--fuel",
        "100000",
    ];
    let (out, status, restarts) = tried(&dir, "f", &args);
    // What it said before the checkpoint is not said again.
    assert_eq!((out.as_str(), status), ("start\n.........done\n", 0));
    assert!(restarts[0].contains("kept/checkpoint-"), "{restarts:?}");
    // Before there is a checkpoint it starts again; fuel is not given twice.
    let every = format!("90000={}", text(&kept));
    let args = [
        "--on-trap",
        "restore-last-checkpoint",
        "--checkpoint-every",
        &every,
    ];
    let (out, status, _) = tried(&dir, "early", &args);
    assert_eq!(
        (out.as_str(), status),
        ("start\n...start\n...start\n...done\n", 0)
    );
    let refused = ["--on-trap", "restore-last-checkpoint"];
    let image = dir.image("refused", FLAKY);
    run(&image, &refused).fails(240, "wrtd: ", "--checkpoint-every");
    run(&image, &["--on-trap", "retry"]).fails(240, "wrtd: ", "'retry'");
    run(&image, &["--on-trap", "restart", "--record", "f"]).fails(
        240,
        "wrtd: ",
        "cannot be used with",
    );
}

#[test]
fn a_resumed_guest_is_tried_again_too() {
    let dir = Dir::new("resumed_tries");
    let snapshot = dir.path().join("f.wrts");
    let keep = format!("snapshot={}", text(&snapshot));
    let (_, status, _) = tried(&dir, "f", &["--on-pause", &keep, "--fuel", "9000"]);
    assert_eq!(status, 249);
    let given = format!("{}::/data", text(&dir.path().join("f-files")));
    let ran = wrtd(&[
        "resume",
        text(&snapshot),
        "--dir",
        &given,
        "--on-trap",
        "restart",
    ]);
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (0, ".........done\n"),
        "{}",
        ran.stderr
    );
}
