//! `wrtd run --on-pause`, `--checkpoint-every` and `wrtd resume`: a guest goes on from a file as if nothing had been.
#![cfg(feature = "compile")]
#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

mod common;

use common::{Dir, FUNCTIONS, LOG, QUEUE, REPORT, Ran, image, run, text, wrtd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Statistics in the last line of standard error.
fn stats(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap()
}

/// Runs in portions of fuel, each in a process of its own; all that was printed, the last one, and how many there were.
fn in_portions(dir: &Dir, first: &[&str], fuel: &str, each: &[&str]) -> (String, Ran, u32) {
    let snapshot = dir.path().join("guest.wrts");
    let keep = format!("snapshot={}", text(&snapshot));
    let own = ["--fuel", fuel, "--on-pause", &keep, "--stats=json"];
    let mut ran = wrtd(&[&["run"], &own[..], each, first].concat());
    let (mut out, mut count) = (ran.stdout.clone(), 1);
    while ran.status == 249 {
        assert!(
            ran.stderr.contains("; go on with: wrtd resume "),
            "{}",
            ran.stderr
        );
        ran = wrtd(&[&["resume", text(&snapshot)], &own[..], each].concat());
        out.push_str(&ran.stdout);
        count += 1;
        assert!(count < 1000);
    }
    (out, ran, count)
}

#[test]
fn a_guest_goes_on_in_another_process() {
    let dir = Dir::new("goes_on");
    let image = image(&dir, REPORT);
    let straight = run(&image, &["--stdin", LOG, "--stats=json"]);
    assert_eq!(straight.status, 0, "{}", straight.stderr);
    let (out, last, count) = in_portions(&dir, &[text(&image)], "7000000", &["--stdin", LOG]);
    assert_eq!(
        (last.status, &out),
        (0, &straight.stdout),
        "{}",
        last.stderr
    );
    assert!(count >= 5, "{count}");
    let (one, other) = (stats(&straight), stats(&last));
    for same in [
        "fuel_used",
        "host_calls",
        "grows",
        "peak_memory_bytes",
        "executions",
    ] {
        assert_eq!(one[same], other[same], "{same}");
    }
}

#[test]
fn invoked_functions_print_their_results_at_the_end() {
    let dir = Dir::new("resume_invoke");
    let image = dir.image("f", FUNCTIONS);
    let args = [text(&image), "--invoke", "count", "100"];
    let (out, last, count) = in_portions(&dir, &args, "50", &[]);
    assert_eq!((last.status, out.as_str()), (0, "7\n"), "{}", last.stderr);
    assert!(count >= 5, "{count}");
}

#[test]
fn an_initializer_and_a_start_function_pause_too() {
    let dir = Dir::new("resume_phases");
    let guest = r#"(module (global $n (mut i32) (i32.const 0))
        (func $add (param $times i32)
          (loop $more
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
        (func $start (call $add (i32.const 20)))
        (func (export "_initialize") (call $add (i32.const 300)))
        (func (export "get") (param i32) (result i32) (call $add (local.get 0)) (global.get $n))
        (start $start))"#;
    let image = dir.image("f", guest);
    let args = [text(&image), "--invoke", "get", "4000"];
    for fuel in ["90", "1000"] {
        let (out, last, _) = in_portions(&dir, &args, fuel, &[]);
        assert_eq!(
            (last.status, out.as_str()),
            (0, "4320\n"),
            "{}",
            last.stderr
        );
    }
}

#[test]
fn threads_go_on_in_their_turns() {
    let dir = Dir::new("resume_threads");
    let image = image(&dir, QUEUE);
    let straight = run(&image, &["--threads", "--stats=json"]);
    assert_eq!(straight.status, 0, "{}", straight.stderr);
    let used = stats(&straight)["fuel_used"].as_u64().unwrap();
    let portion = (used / 7).to_string();
    let args = ["--threads", text(&image)];
    let (out, last, count) = in_portions(&dir, &args, &portion, &[]);
    assert_eq!(
        (last.status, &out),
        (0, &straight.stdout),
        "{}",
        last.stderr
    );
    assert!(count >= 7, "{count}");
    assert_eq!(stats(&last)["fuel_used"], used);
}

/// The checkpoints in a directory, oldest first.
fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "wrts"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn checkpoints_change_nothing_and_each_goes_on() {
    let dir = Dir::new("checkpoints");
    let image = image(&dir, REPORT);
    let folder = dir.path().join("kept");
    let every = format!("4000000={}", text(&folder));
    let stdin = ["--stdin", LOG, "--stats=json"];
    let straight = run(&image, &stdin);
    let keeping = [
        &["--checkpoint-every", &every, "--checkpoint-keep", "2"],
        &stdin[..],
    ];
    let other = dir.file("kept_not", "");
    let ran = run(&image, &keeping.concat());
    assert_eq!(
        (ran.status, &ran.stdout),
        (0, &straight.stdout),
        "{}",
        ran.stderr
    );
    let (mut one, mut two) = (stats(&straight), stats(&ran));
    // What the engine's own memory is like may differ.
    for its in ["used_bytes", "peak_used_bytes"] {
        (one[its], two[its]) = (0.into(), 0.into());
    }
    assert_eq!(one, two);
    let kept = checkpoints(&folder);
    assert_eq!(kept.len(), 2);
    assert!(other.exists());
    for path in kept {
        let ran = wrtd(&[&["resume", text(&path)], &stdin[..]].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(straight.stdout.ends_with(&ran.stdout));
        assert_eq!(stats(&ran)["fuel_used"], stats(&straight)["fuel_used"]);
    }
}

#[test]
fn a_kill_at_any_moment_leaves_a_checkpoint_that_goes_on() {
    let dir = Dir::new("killed");
    killed(
        &dir,
        &image(&dir, REPORT),
        &["--stdin", LOG],
        &["--stdin", LOG],
    );
}

#[test]
fn a_kill_at_any_moment_while_threads_help_with_the_checkpoint() {
    let dir = Dir::new("killed_helped");
    let image = dir.image("large", LARGE);
    killed(&dir, &image, &["--invoke", "work"], &[]);
}

/// Kills a run again and again while it takes checkpoints, and goes on from the newest one.
fn killed(dir: &Dir, image: &Path, args: &[&str], resume_args: &[&str]) {
    let folder = dir.path().join("kept");
    let every = format!("300000={}", text(&folder));
    let kills = std::env::var("WRT_KILLS").map_or(8, |n| n.parse().unwrap());
    for i in 0..kills {
        // Some of them in chains.
        let full_every = if i % 2 == 0 { "1" } else { "3" };
        let mut child = Command::new(env!("CARGO_BIN_EXE_wrtd"))
            .args(["run", text(image), "--checkpoint-every", &every])
            .args(["--checkpoint-full-every", full_every])
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pause = |ms| std::thread::sleep(core::time::Duration::from_millis(ms));
        // From the first checkpoint on there is always one.
        while checkpoints(&folder).is_empty() && child.try_wait().unwrap().is_none() {
            pause(1);
        }
        pause(i * 37 % 170);
        child.kill().unwrap();
        child.wait().unwrap();
        let kept = checkpoints(&folder);
        assert!(
            kept.len() <= 10,
            "three, each with two that it is based on, and one that is about to go: {kept:?}"
        );
        let newest = kept.last().unwrap();
        let resume = ["resume", text(newest), "--fuel", "1000"];
        let ran = wrtd(&[&resume[..], resume_args].concat());
        assert_eq!(ran.status, 249, "{}", ran.stderr);
    }
}

/// Fills five megabytes, and writes to all of its pages again and again, for as long as there is fuel.
const LARGE: &str = r#"(module (memory (export "memory") 80)
    (func (export "work") (local $at i32)
      (memory.fill (i32.const 0) (i32.const 5) (i32.const 5000000))
      (loop $more
        (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
        (local.set $at (i32.rem_u (i32.add (local.get $at) (i32.const 4096)) (i32.const 5000000)))
        (br $more))))"#;

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_named_and_nothing_is_left_behind() {
    let dir = Dir::new("full");
    let image = dir.image("large", LARGE);
    let args = ["--fuel", "1000000", "--invoke", "work", "--on-pause"];
    let full = run(&image, &[&args[..], &["snapshot=/dev/full"]].concat());
    full.fails(241, "wrtd: /dev/full: ", "No space left");
    // Files of a few blocks only: the limit is met while pages are hashed and written.
    let folder = dir.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    for (blocks, seal) in [
        (0, "--deterministic"),
        (64, "--deterministic"),
        (4, "--compress"),
    ] {
        let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$@\"");
        let keep = format!("snapshot={}", text(&folder.join("large.wrts")));
        let output = Command::new("sh")
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_wrtd"), "run"])
            .args([text(&image), seal])
            .args(args)
            .arg(keep)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("File too large"), "{stderr}");
        assert_eq!(output.status.code(), Some(241), "{stderr}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }
}

#[test]
fn what_cannot_go_on_is_named() {
    let dir = Dir::new("resume_refused");
    let image = dir.image("f", FUNCTIONS);
    let snapshot = dir.path().join("f.wrts");
    let keep = format!("snapshot={}", text(&snapshot));
    let args = [
        "--fuel",
        "50",
        "--on-pause",
        &keep,
        "--invoke",
        "count",
        "100",
    ];
    assert_eq!(run(&image, &args).status, 249);
    let whole = std::fs::read(&snapshot).unwrap();
    let resume = |path: &Path, args: &[&str]| wrtd(&[&["resume", text(path)], args].concat());
    resume(&snapshot, &[]).prints("7\n");
    let cut = dir.file("cut.wrts", &whole[..whole.len() - 1]);
    resume(&cut, &[]).fails(244, "wrtd: ", "the snapshot is cut off");
    let mut changed = whole.clone();
    changed[200] ^= 1;
    let changed = dir.file("changed.wrts", changed);
    resume(&changed, &[]).fails(245, "wrtd: ", "is damaged");
    resume(&image, &[]).fails(242, "wrtd: ", "not a snapshot");
    let other = dir.image("g", &FUNCTIONS.replace("i32.const 7", "i32.const 8"));
    resume(&snapshot, &["--image", text(&other)]).fails(240, "wrtd: ", "name that with --image");
    let moved = dir.path().join("moved.wrtb");
    std::fs::rename(&image, &moved).unwrap();
    resume(&snapshot, &[]).fails(241, "wrtd: ", "No such file");
    resume(&snapshot, &["--image", text(&moved)]).prints("7\n");
    let fails = |args: &[&str], part: &str| {
        run(&moved, &[args, &["--invoke", "count", "9"]].concat()).fails(240, "wrtd: ", part);
    };
    fails(&["--on-pause", "exit"], "what can be done is snapshot=FILE");
    fails(
        &["--checkpoint-every", "5"],
        "give fuel and a directory as N=DIR",
    );
    fails(&["--checkpoint-every", "x=d"], "is no amount of fuel");
    fails(
        &["--on-pause", &keep, "--refill", "4"],
        "cannot be used with",
    );
    let nowhere = "snapshot=/proc/no/such/file";
    let ran = run(
        &moved,
        &[
            "--fuel",
            "9",
            "--on-pause",
            nowhere,
            "--invoke",
            "count",
            "100",
        ],
    );
    ran.fails(241, "wrtd: ", "/proc/no/such/file");
}

/// A guest that writes to everything, twice, its image, and snapshots of it in between and at the end.
fn two_moments(dir: &Dir) -> (PathBuf, [PathBuf; 2]) {
    let guest = r#"(module
        (memory (export "memory") 2) (global (export "g") (mut i32) (i32.const 5))
        (table (export "t") 3 funcref) (elem declare func $outer)
        (func $inner (param $n i32)
          (loop $more
            (i32.store8 (i32.mul (local.get $n) (i32.const 4096)) (local.get $n))
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func $outer (export "outer")
          (call $inner (i32.const 9))
          (global.set 0 (i32.const 6))
          (table.set 0 (i32.const 1) (ref.func $outer))
          (call $inner (i32.const 12))))"#;
    let image = dir.image("f", guest);
    let moments = ["20", "130"].map(|fuel| {
        let path = dir.path().join(format!("{fuel}.wrts"));
        let keep = format!("snapshot={}", text(&path));
        let ran = run(
            &image,
            &["--fuel", fuel, "--on-pause", &keep, "--invoke", "outer"],
        );
        assert_eq!(ran.status, 249, "{}", ran.stderr);
        path
    });
    (image, moments)
}

fn json_of(args: &[&str]) -> (i32, serde_json::Value) {
    let ran = wrtd(&[&["snapshot"], args, &["--json"]].concat());
    (ran.status, serde_json::from_str(&ran.stdout).unwrap())
}

#[test]
fn snapshots_can_be_looked_at() {
    let dir = Dir::new("inspected");
    let (image, [a, _]) = two_moments(&dir);
    let (status, shown) = json_of(&["inspect", text(&a)]);
    assert_eq!(status, 0);
    assert_eq!(shown["memories"][0]["bytes"], 131_072);
    let names = |shown: &serde_json::Value| -> Vec<String> {
        let frames = shown["threads"][0]["frames"].as_array().unwrap();
        let names = frames.iter().map(|frame| frame["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    assert_eq!(names(&shown), ["inner", "outer"]);
    assert_eq!(shown["threads"][0]["state"], "paused");
    let used = shown["fuel_used"].as_u64().unwrap();
    let left = shown["fuel_left"].as_u64().unwrap();
    assert_eq!(used + left, 20);
    let shown = wrtd(&["snapshot", "inspect", text(&a)]);
    for part in ["fuel_used      ", "MEMORIES", "name inner", "has_turn true"] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    wrtd(&["snapshot", "inspect", text(&image)]).fails(242, "wrtd: ", "not a snapshot");
}

/// Opens `in` of the first directory, reads five bytes of it, and goes on for ever.
const READER: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "in") (data (i32.const 8) "\40\00\00\00\05\00\00\00")
    (func (export "_start")
      (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 1) (i32.const 32)))
      (drop (call $read (i32.load (i32.const 32)) (i32.const 8) (i32.const 1) (i32.const 36)))
      (loop (br 0))))"#;

#[test]
fn what_a_guest_has_open_can_be_looked_at() {
    let dir = Dir::new("handles");
    let image = dir.image("reader", READER);
    dir.file("in", "0123456789");
    let snapshot = dir.path().join("open.wrts");
    let keep = format!("snapshot={}", text(&snapshot));
    let granted = format!("{}::/data", text(dir.path()));
    let args = ["--dir", &granted, "--fuel", "1000", "--on-pause", &keep];
    assert_eq!(run(&image, &args).status, 249);
    // Nothing is opened for that.
    std::fs::remove_file(dir.path().join("in")).unwrap();
    let (_, shown) = json_of(&["inspect", text(&snapshot)]);
    let handles = shown["handles"].as_array().unwrap();
    let kinds: Vec<_> = handles.iter().map(|it| &it["kind"]).collect();
    let streams = ["standard input", "standard output", "standard error"];
    assert_eq!(kinds[..3], streams);
    assert_eq!(kinds[3..], ["preopened directory", "file"]);
    assert_eq!(handles[3]["path"], "/data");
    let file = &handles[4];
    assert_eq!(
        (&file["fd"], &file["path"]),
        (&4.into(), &"/data/in".into())
    );
    assert_eq!(
        (&file["offset"], &file["flags"], &file["rights"]),
        (&5.into(), &1.into(), &2.into())
    );
    let shown = wrtd(&["snapshot", "inspect", text(&snapshot)]).stdout;
    assert!(shown.contains("kind file"), "{shown}");
    assert!(shown.contains("path /data/in"), "{shown}");
}

#[test]
fn snapshots_can_be_compared() {
    let dir = Dir::new("compared");
    let (_, [a, b]) = two_moments(&dir);
    let (status, same) = json_of(&["diff", text(&a), text(&a)]);
    assert_eq!((status, &same["equal"]), (0, &true.into()));
    assert_eq!(same["sections"], serde_json::json!([]));
    let (status, differ) = json_of(&["diff", text(&a), text(&b)]);
    assert_eq!((status, &differ["equal"]), (1, &false.into()));
    let kinds = differ["sections"].as_array().unwrap();
    for kind in ["ENGINE", "MEMORIES", "TABLES", "GLOBALS", "THREADS"] {
        assert!(kinds.contains(&kind.into()), "{kind}: {kinds:?}");
    }
    let pages = differ["memories"][0]["pages"].as_array().unwrap();
    assert!(
        pages.contains(&1.into()) && !pages.contains(&0.into()),
        "{pages:?}"
    );
    assert_eq!(
        differ["globals"][0]["values"],
        serde_json::json!(["5", "6"])
    );
    assert_eq!(differ["tables"][0]["elements"], serde_json::json!([1]));
    let text_of = wrtd(&["snapshot", "diff", text(&a), text(&b)]);
    assert!(
        text_of.stdout.contains("equal          false"),
        "{}",
        text_of.stdout
    );
    wrtd(&["snapshot", "diff", text(&a)]).fails(240, "wrtd: ", "<B>");
}

#[cfg(unix)]
#[test]
fn a_signal_stops_a_guest_that_goes_on_later() {
    let dir = Dir::new("signalled");
    let guest = r#"(module (func (export "count") (param i64) (result i64) (local i64)
        (loop $more
          (local.set 1 (i64.add (local.get 1) (i64.const 3)))
          (br_if $more (i64.ne (i64.const 0) (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
        (local.get 1)))"#;
    let image = dir.image("f", guest);
    let snapshot = dir.path().join("f.wrts");
    let keep = format!("snapshot={}", text(&snapshot));
    for signal in ["TERM", "INT"] {
        let child = Command::new(env!("CARGO_BIN_EXE_wrtd"))
            .args(["run", text(&image), "--on-signal", &keep])
            .args(["--invoke", "count", "9000000000"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(core::time::Duration::from_millis(300));
        let sent = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let message = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(249), "{message}");
        assert!(
            message.contains("stopped by a signal; go on with: wrtd resume"),
            "{message}"
        );
        let ran = wrtd(&["resume", text(&snapshot), "--fuel", "1000"]);
        assert_eq!(ran.status, 249, "{}", ran.stderr);
        let shown = wrtd(&["snapshot", "inspect", text(&snapshot), "--json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert!(shown["fuel_used"].as_u64().unwrap() > 1_000_000);
    }
}
