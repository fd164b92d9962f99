//! Threads that sleep in `poll_oneoff`: others go on, time passes as it should, and snapshots and recordings know of them.
#![cfg(feature = "compile")]

mod common;

use std::time::Instant;

use common::{Dir, run, wrtd};

/// A guest whose `_start` and whose threads have these bodies. `(call $sleep ms)` sleeps, `(call $put letter)` prints a letter and a newline.
fn guest(start: &str, thread: &str) -> String {
    format!(
        r#"
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 1 2 shared))
  (export "memory" (memory 0))
  ;; Every call has its own place.
  (func $place (result i32)
    (i32.add (i32.const 1024) (i32.shl (i32.atomic.rmw.add (i32.const 512) (i32.const 1)) (i32.const 7))))
  (func $put (param $letter i32) (local $at i32)
    (local.set $at (call $place))
    (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 12)))
    (i32.store offset=4 (local.get $at) (i32.const 2))
    (i32.store offset=12 (local.get $at) (i32.or (local.get $letter) (i32.const 0x0a00)))
    (drop (call $write (i32.const 1) (local.get $at) (i32.const 1) (i32.const 600))))
  (func $sleep (param $ms i32) (local $at i32)
    (local.set $at (call $place))
    (i32.store offset=16 (local.get $at) (i32.const 1))
    (i64.store offset=24 (local.get $at) (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000)))
    (if (call $poll (local.get $at) (i32.add (local.get $at) (i32.const 64)) (i32.const 1) (i32.add (local.get $at) (i32.const 48)))
      (then (call $exit (i32.const 91))))
    ;; One event, of a clock, without an error.
    (if (i32.ne (i32.load offset=48 (local.get $at)) (i32.const 1)) (then (call $exit (i32.const 92))))
    (if (i32.load offset=72 (local.get $at)) (then (call $exit (i32.const 93)))))
  (func $now (result i64)
    (drop (call $time (i32.const 1) (i64.const 1) (i32.const 768)))
    (i64.load (i32.const 768)))
  (func $thread (export "wasi_thread_start") (param $tid i32) (param $arg i32) {thread})
  (func (export "_start") (local $i i32) (local $before i64) {start}))
"#
    )
}

/// So that a guest which never ends fails.
const FUEL: &str = "--fuel=100000000";

/// The first thread sleeps longest, the one with the argument 1 shortest; who wakes says so.
fn sleepers() -> String {
    let start = "(drop (call $spawn (i32.const 2))) (drop (call $spawn (i32.const 1)))
        (call $sleep (i32.const 90)) (call $put (i32.const 0x43))";
    let thread = "(call $sleep (i32.mul (local.get $arg) (i32.const 30)))
        (call $put (i32.add (local.get $arg) (i32.const 0x40)))";
    guest(start, thread)
}

#[test]
fn a_thread_that_sleeps_does_not_hold_up_the_others() {
    let dir = Dir::new("sleep_others");
    // The second thread says that it is there while the first one sleeps, and long before it wakes.
    let start = "(drop (call $spawn (i32.const 0))) (call $sleep (i32.const 60))
        (if (i32.ne (i32.atomic.load (i32.const 256)) (i32.const 10000)) (then (call $exit (i32.const 94))))
        (call $put (i32.const 0x5a))";
    let thread = "(call $put (i32.const 0x59))
        (loop $count
          (br_if $count (i32.lt_u (i32.atomic.rmw.add (i32.const 256) (i32.const 1)) (i32.const 9999))))";
    let image = dir.image("others", &guest(start, thread));
    let before = Instant::now();
    wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]).prints("Y\nZ\n");
    let elapsed = before.elapsed().as_millis();
    assert!(elapsed >= 55, "it sleeps {elapsed} ms");
}

#[test]
fn threads_sleep_at_the_same_time_and_wake_when_their_time_has_come() {
    let dir = Dir::new("sleep_together");
    let image = dir.image("sleepers", &sleepers());
    let before = Instant::now();
    wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]).prints("A\nB\nC\n");
    let elapsed = before.elapsed().as_millis();
    assert!(elapsed >= 85, "they sleep {elapsed} ms");
}

#[test]
fn a_thread_that_computes_all_the_time_lets_a_sleeper_wake() {
    let dir = Dir::new("sleep_spin");
    let start = "(drop (call $spawn (i32.const 0)))
        (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (i32.const 256)))))
        (call $put (i32.const 0x53))";
    let thread = "(call $sleep (i32.const 1)) (i32.atomic.store (i32.const 256) (i32.const 1))";
    let image = dir.image("spin", &guest(start, thread));
    wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]).prints("S\n");
}

#[test]
fn waits_and_sleeps_end_in_the_order_of_their_times() {
    let dir = Dir::new("sleep_waits");
    let start = "(drop (call $spawn (i32.const 0)))
        (if (i32.ne (i32.const 2) (memory.atomic.wait32 (i32.const 768) (i32.const 0) (i64.const 20000000)))
          (then (call $exit (i32.const 95))))
        (call $put (i32.const 0x57))
        (drop (memory.atomic.wait32 (i32.const 256) (i32.const 0) (i64.const -1)))
        (call $put (i32.const 0x58))";
    // Nobody but the sleeper can wake the first thread: that is no deadlock.
    let thread = "(call $sleep (i32.const 40)) (call $put (i32.const 0x50))
        (i32.atomic.store (i32.const 256) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 256) (i32.const 1)))";
    let image = dir.image("waits", &guest(start, thread));
    wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]).prints("W\nP\nX\n");
}

#[test]
fn virtual_clocks_go_on_by_what_is_slept_and_the_host_does_not_wait() {
    let dir = Dir::new("sleep_virtual");
    // An hour; the thread's half hour is over on the way.
    let start = "(local.set $before (call $now)) (drop (call $spawn (i32.const 0)))
        (call $sleep (i32.const 3600000))
        (local.set $before (i64.sub (call $now) (local.get $before)))
        (if (i64.lt_u (local.get $before) (i64.const 3600000000000)) (then (call $exit (i32.const 96))))
        (if (i64.gt_u (local.get $before) (i64.const 3600010000000)) (then (call $exit (i32.const 97))))
        (call $put (i32.const 0x48))";
    let thread = "(call $sleep (i32.const 1800000)) (call $put (i32.const 0x47))";
    let image = dir.image("hour", &guest(start, thread));
    let image = image.to_str().unwrap();
    for _ in 0..2 {
        let before = Instant::now();
        wrtd(&["run", "--threads", "--deterministic", FUEL, image]).prints("G\nH\n");
        assert!(
            before.elapsed().as_secs() < 600,
            "an hour is not waited for"
        );
    }
}

#[test]
fn recordings_know_who_sleeps_and_are_replayed_without_waiting() {
    let dir = Dir::new("sleep_replay");
    let image = dir.image("sleepers", &sleepers());
    let tape = dir.path().join("tape");
    let tape = tape.to_str().unwrap();
    let first = run(
        &image,
        &["--threads", FUEL, "--stats=json", "--record", tape],
    );
    assert_eq!(
        (first.status, first.stdout.as_str()),
        (0, "A\nB\nC\n"),
        "{}",
        first.stderr
    );
    let again = wrtd(&["replay", "--stats=json", tape]);
    assert_eq!(
        (again.status, again.stdout),
        (0, first.stdout),
        "{}",
        again.stderr
    );
}

#[test]
fn who_sleeps_goes_on_sleeping_in_another_process() {
    let dir = Dir::new("sleep_snapshot");
    // Paused while the thread sleeps: it wakes when the first one has used a million fuel, however often that was interrupted.
    let start = "(drop (call $spawn (i32.const 0)))
        (loop $spin
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $spin (i32.eqz (i32.atomic.load (i32.const 256)))))
        (if (i32.lt_u (local.get $i) (i32.const 50000)) (then (call $exit (i32.const 98))))
        (call $put (i32.const 0x53))";
    let thread = "(call $sleep (i32.const 1)) (i32.atomic.store (i32.const 256) (i32.const 1))";
    let image = dir.image("spin", &guest(start, thread));
    let used = |stderr: &str| {
        let line = stderr.lines().find(|line| line.starts_with('{'));
        let stats: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
        stats["fuel_used"].as_u64().unwrap()
    };
    let straight = run(&image, &["--threads", "--stats=json"]);
    assert_eq!((straight.status, straight.stdout.as_str()), (0, "S\n"));
    let snapshot = dir.path().join("guest.wrts");
    let snapshot = snapshot.to_str().unwrap();
    let keep = format!("snapshot={snapshot}");
    let own = ["--fuel=300000", "--on-pause", &keep, "--stats=json"];
    let mut ran = run(&image, &[&["--threads"], &own[..]].concat());
    let mut pauses = 0;
    while ran.status == 249 {
        assert_eq!(ran.stdout, "");
        ran = wrtd(&[&["resume", snapshot], &own[..]].concat());
        pauses += 1;
        assert!(pauses < 100);
    }
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (0, "S\n"),
        "{}",
        ran.stderr
    );
    assert!(pauses >= 3, "{pauses}");
    assert_eq!(used(&ran.stderr), used(&straight.stderr));
}
