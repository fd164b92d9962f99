//! `wrtd run --threads`: spawning, turns, waiting, and how threads end.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, QUEUE, run, wrtd};

/// A guest whose `_start` and whose threads have these bodies. `$tid` and `$arg` are a thread's; `$put` prints a letter and a newline.
fn guest(start: &str, thread: &str) -> String {
    format!(
        r#"
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 1 2 shared))
  (export "memory" (memory 0))
  (global $own (mut i32) (i32.const 0))
  (func $put (param $letter i32) (local $at i32)
    ;; Every thread has its own place for what it prints.
    (local.set $at (i32.shl (i32.atomic.rmw.add (i32.const 512) (i32.const 1)) (i32.const 5)))
    (i32.store offset=1024 (local.get $at) (i32.add (local.get $at) (i32.const 1036)))
    (i32.store offset=1028 (local.get $at) (i32.const 2))
    (i32.store offset=1036 (local.get $at) (i32.or (local.get $letter) (i32.const 0x0a00)))
    (drop (call $write (i32.const 1) (i32.add (local.get $at) (i32.const 1024)) (i32.const 1) (i32.const 600))))
  (func $thread (export "wasi_thread_start") (param $tid i32) (param $arg i32) {thread})
  (func (export "_start") (local $i i32) {start}))
"#
    )
}

/// Waits until `$done` threads have said that they are done.
fn join(done: u32) -> String {
    format!(
        "(loop $again
           (if (i32.ne (i32.atomic.load (i32.const 256)) (i32.const {done})) (then
             (drop (memory.atomic.wait32 (i32.const 256) (i32.atomic.load (i32.const 256)) (i64.const -1)))
             (br $again))))"
    )
}

/// So that a guest which never ends fails.
const FUEL: &str = "--fuel=100000000";

const DONE: &str = "(drop (i32.atomic.rmw.add (i32.const 256) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 256) (i32.const 1)))";

#[test]
fn producers_and_consumers() {
    let expected = "a share of 2275\na share of 4775\na share of 7275\na share of 9775\nitems 200\ntotal 20100\n";
    for _ in 0..3 {
        wrtd(&["run", "--threads", QUEUE]).prints(expected);
    }
    // Eight threads at once are one too many.
    let few = wrtd(&["run", "--threads=7", QUEUE]);
    assert_eq!((few.status, few.stdout.as_str()), (2, ""), "{}", few.stderr);
    wrtd(&["run", "--threads=8", QUEUE]).prints(expected);
    // Pausing for fuel changes nothing.
    let paused = wrtd(&["run", "--threads", "--refill", "1000", QUEUE]);
    assert_eq!((paused.status, paused.stdout.as_str()), (0, expected));
    assert!(paused.stderr.lines().count() > 20, "{}", paused.stderr);
    let dry = wrtd(&["run", "--threads", "--fuel", "2000", QUEUE]);
    dry.fails(249, "wrtd: out of fuel in ", "used");
}

#[test]
fn threads_take_turns_even_if_none_waits() {
    let dir = Dir::new("threads_turns");
    // The first thread spins until the last one has come by; so each must get its turn.
    let start = "(loop $spawn
          (drop (call $spawn (i32.const 5)))
          (br_if $spawn (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
        (loop $spin (br_if $spin (i32.ne (i32.atomic.load (i32.const 256)) (i32.const 18))))
        (call $put (i32.const 0x41))";
    let thread = "(global.set $own (i32.add (global.get $own) (i32.const 1)))
        ;; The global is the instance's own: 1 in each thread. 5 + 1, three times.
        (drop (i32.atomic.rmw.add (i32.const 256) (i32.add (local.get $arg) (global.get $own))))";
    let image = dir.image("spin", &guest(start, thread));
    let image = image.to_str().unwrap();
    for _ in 0..2 {
        wrtd(&["run", "--threads", FUEL, image]).prints("A\n");
    }
}

#[test]
fn a_thread_that_asks_the_host_in_a_loop_lets_others_run() {
    let dir = Dir::new("threads_yield");
    let start = "(drop (call $spawn (i32.const 0)))
        (loop $spin (drop (call $yield)) (br_if $spin (i32.eqz (i32.atomic.load (i32.const 256)))))
        (call $put (i32.const 0x42))";
    let image = dir.image("yield", &guest(start, DONE));
    wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]).prints("B\n");
}

#[test]
fn numbers_and_arguments() {
    let dir = Dir::new("threads_numbers");
    let start = format!(
        "(if (i32.ne (call $spawn (i32.const 7)) (i32.const 1)) (then (call $exit (i32.const 91))))
         {}
         (if (i32.ne (call $spawn (i32.const 9)) (i32.const 2)) (then (call $exit (i32.const 92))))
         {}",
        join(1),
        join(2)
    );
    let thread = format!(
        "(call $put (i32.add (i32.const 0x60) (i32.add (local.get $tid) (local.get $arg)))) {DONE}"
    );
    let image = dir.image("numbers", &guest(&start, &thread));
    // 7 + 1, 9 + 2: the place of a thread that is gone is free again, its number is not.
    wrtd(&["run", "--threads=1", image.to_str().unwrap()]).prints("h\nk\n");
}

/// Two thousand threads, one after the other: each finds its own global as a new instance has it, and no more is needed than for one.
#[test]
fn threads_that_have_ended_leave_nothing_behind() {
    let dir = Dir::new("threads_many");
    let start = "(loop $next
          (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then (call $exit (i32.const 91))))
          (loop $spin (drop (call $yield)) (br_if $spin (i32.le_u (i32.atomic.load (i32.const 256)) (local.get $i))))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
        (loop $wait (br_if $wait (i32.ne (i32.atomic.load (i32.const 256)) (local.get $i))))";
    let thread = format!(
        "(if (global.get $own) (then (call $exit (i32.const 92)))) (global.set $own (i32.const 1)) {DONE}"
    );
    let image = dir.image("many", &guest(start, &thread));
    let snapshot = dir.path().join("many.wrts");
    let (image, file) = (image.to_str().unwrap(), snapshot.to_str().unwrap());
    let ran = wrtd(&["run", "--threads", FUEL, image]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    // Late in the run there are two instances still.
    let on_pause = format!("snapshot={file}");
    let paused = wrtd(&[
        "run",
        "--threads",
        "--fuel=40000",
        "--on-pause",
        &on_pause,
        image,
    ]);
    assert_eq!(paused.status, 249, "{}", paused.stderr);
    let shown = wrtd(&["snapshot", "inspect", file]);
    assert!(
        shown.stdout.contains("\ninstances      2\n"),
        "{}",
        shown.stdout
    );
    let resumed = wrtd(&["resume", FUEL, file]);
    assert_eq!((resumed.status, resumed.stderr.as_str()), (0, ""));
}

#[test]
fn an_exit_or_a_trap_in_one_thread_ends_all() {
    let dir = Dir::new("threads_end");
    let start = format!("(drop (call $spawn (i32.const 0))) {}", join(9));
    let exit = dir.image("exit", &guest(&start, "(call $exit (i32.const 17))"));
    let ran = wrtd(&["run", "--threads", exit.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stderr.as_str()), (17, ""));
    let trap = dir.image("trap", &guest(&start, "(unreachable)"));
    let ran = wrtd(&["run", "--threads", trap.to_str().unwrap()]);
    assert_eq!(ran.status, 248);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines[0], "wrtd: trap in thread 1: unreachable");
    assert!(lines[1].contains("0: thread (wasm offset "), "{lines:?}");
    assert_eq!(lines.len(), 2, "{lines:?}");
    // The end of the first thread is the end of all.
    let start = "(drop (call $spawn (i32.const 0))) (call $put (i32.const 0x43))";
    let left = dir.image("left", &guest(start, "(loop (br 0))"));
    wrtd(&["run", "--threads", left.to_str().unwrap()]).prints("C\n");
}

#[test]
fn deadlocks_are_reported_with_the_place_of_each_thread() {
    let dir = Dir::new("threads_deadlock");
    let start = format!("(drop (call $spawn (i32.const 0))) {}", join(2));
    let thread =
        "(drop (memory.atomic.wait64 (i32.const 768) (i64.const 0) (i64.const -1)))".to_owned();
    let image = dir.image("deadlock", &guest(&start, &(thread + DONE)));
    let ran = wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (248, ""));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(
        lines[0],
        "wrtd: deadlock: all 2 threads wait for notifications"
    );
    assert_eq!(lines[1], "  thread 0 waits at address 0x100");
    assert!(lines[2].contains("0: _start (wasm offset "), "{lines:?}");
    assert_eq!(lines[3], "  thread 1 waits at address 0x300");
    assert!(lines[4].contains("0: thread (wasm offset "), "{lines:?}");
    assert_eq!(lines.len(), 5, "{lines:?}");
    let alone = "(module (memory 1 1 shared) (func (export \"_start\")
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))";
    let image = dir.image("alone", alone);
    let ran = run(&image, &[]);
    assert_eq!(ran.status, 248);
    let start =
        "wrtd: deadlock: the guest waits for a notification, and there is no other thread\n";
    assert!(ran.stderr.starts_with(start), "{}", ran.stderr);
}

#[test]
fn waits_time_out() {
    let dir = Dir::new("threads_timeout");
    // 2 is "timed out". The second thread's time is over first.
    let wait = |milliseconds: u32| {
        format!(
            "(if (i32.ne (i32.const 2) (memory.atomic.wait32 (i32.const 768) (i32.const 0)
                   (i64.const {milliseconds}000000)))
               (then (call $exit (i32.const 93))))"
        )
    };
    let start = format!(
        "(drop (call $spawn (i32.const 0))) {} (call $put (i32.const 0x44))",
        wait(40)
    );
    let thread = format!("{} (call $put (i32.const 0x45))", wait(20));
    let image = dir.image("timeout", &guest(&start, &thread));
    let before = std::time::Instant::now();
    wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]).prints("E\nD\n");
    assert!(before.elapsed().as_millis() >= 40, "it really sleeps");
    // A thread that computes all the time does not keep another one from waking: the clock goes by fuel, too.
    let start = format!("(drop (call $spawn (i32.const 0))) {}", join(1));
    let spin = format!(
        "(drop (call $spawn (i32.const 0))) (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (i32.const 256))))) {start}"
    );
    let thread = format!("{} {DONE}", wait(1));
    let image = dir.image("spin", &guest(&spin, &thread));
    wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]).prints("");
}

#[test]
fn what_a_module_with_threads_needs() {
    let dir = Dir::new("threads_needs");
    let image = dir.image("needs", &guest("", ""));
    let ran = run(&image, &[]);
    assert_eq!(ran.status, 247);
    let hint = "  the module wants threads: run it with --threads";
    assert_eq!(ran.stderr.lines().last(), Some(hint), "{}", ran.stderr);
    let no_start = "(module
        (import \"wasi\" \"thread-spawn\" (func (param i32) (result i32)))
        (func (export \"_start\")))";
    let image = dir.image("no_start", no_start);
    let ran = wrtd(&["run", "--threads", FUEL, image.to_str().unwrap()]);
    ran.fails(240, "wrtd: ", "exports no function \"wasi_thread_start\"");
    let ran = wrtd(&["run", "--threads=0", image.to_str().unwrap()]);
    ran.fails(240, "wrtd: ", "--threads");
}
