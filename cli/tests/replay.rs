//! `wrtd run --record` and `wrtd replay`: a run again, without what it had.
#![cfg(feature = "compile")]
#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

mod common;

use common::{Dir, FUNCTIONS, LOG, QUEUE, REPORT, command, image, run, text, wrtd};
use std::path::PathBuf;

/// The beginning of a log to report on.
fn log(dir: &Dir) -> PathBuf {
    let whole = std::fs::read_to_string(LOG).unwrap();
    let lines: String = whole.split_inclusive('\n').take(60).collect();
    dir.file("log.txt", lines)
}

/// Statistics in the last line of standard error.
fn fuel_used(stderr: &str) -> u64 {
    let stats: serde_json::Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
    stats["fuel_used"].as_u64().unwrap()
}

#[test]
fn a_run_is_done_again_without_its_input() {
    let dir = Dir::new("replayed");
    let image = image(&dir, REPORT);
    let tape = dir.path().join("tape");
    let log = log(&dir);
    let args = [
        "--stdin",
        text(&log),
        "--stats=json",
        "--record",
        text(&tape),
    ];
    let first = run(&image, &args);
    assert_eq!(first.status, 0, "{}", first.stderr);
    // Recording changes nothing.
    let straight = run(&image, &["--stdin", text(&log), "--stats=json"]);
    assert_eq!(fuel_used(&straight.stderr), fuel_used(&first.stderr));
    std::fs::remove_file(&log).unwrap();

    let moved = dir.path().join("moved.wrtb");
    std::fs::rename(&image, &moved).unwrap();
    wrtd(&["replay", text(&tape)]).fails(241, "wrtd: ", "No such file");
    let again = wrtd(&[
        "replay",
        text(&tape),
        "--image",
        text(&moved),
        "--stats=json",
    ]);
    assert_eq!(
        (again.status, &again.stdout),
        (0, &first.stdout),
        "{}",
        again.stderr
    );
    assert_eq!(fuel_used(&again.stderr), fuel_used(&first.stderr));
    let other = dir.image("f", FUNCTIONS);
    let ran = wrtd(&["replay", text(&tape), "--image", text(&other)]);
    ran.fails(240, "wrtd: ", "is not the image that was recorded");
    wrtd(&["replay", text(&moved)]).fails(242, "wrtd: ", "not a recording");
}

#[test]
fn files_random_numbers_codes_and_traps_come_back() {
    let dir = Dir::new("replayed_files");
    let folder = dir.path().join("given");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("file.txt"), "what was in the file\n").unwrap();
    let open = "(drop (call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 8) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
        (call $copy (i32.load (i32.const 32))) (call $put (i32.const 2) (i32.const 600) (i32.const 6))";
    for (name, end, status) in [
        ("done", "", 0),
        ("exit", "(call $exit (i32.const 7))", 7),
        ("trap", "unreachable", 248),
    ] {
        let image = dir.image(name, &command(&format!("{open} {end}")));
        let tape = dir.path().join(name);
        let given = format!("{}::/data", text(&folder));
        let first = run(&image, &["--dir", &given, "--record", text(&tape)]);
        assert_eq!(
            (first.status, first.stdout.as_str()),
            (status, "what was in the file\n")
        );
        assert!(first.stderr.starts_with("hello\n"), "{}", first.stderr);
        std::fs::rename(&folder, dir.path().join("hidden")).unwrap();
        let again = wrtd(&["replay", text(&tape)]);
        std::fs::rename(dir.path().join("hidden"), &folder).unwrap();
        assert_eq!(
            (again.status, again.stdout, again.stderr),
            (status, first.stdout, first.stderr)
        );
    }
}

#[test]
fn fuel_invocations_and_threads_are_part_of_it() {
    let dir = Dir::new("replayed_fuel");
    let functions = dir.image("f", FUNCTIONS);
    let tape = dir.path().join("tape");
    let record = ["--record", text(&tape)];
    let invoke = ["--invoke", "count", "100"];
    run(&functions, &[&record[..], &invoke].concat()).prints("7\n");
    wrtd(&["replay", text(&tape)]).prints("7\n");
    let first = run(
        &functions,
        &[&["--fuel", "50"], &record[..], &invoke].concat(),
    );
    let again = wrtd(&["replay", text(&tape)]);
    assert_eq!((first.status, again.status), (249, 249));
    assert_eq!(first.stderr, again.stderr);
    let args = [&["--fuel", "50", "--refill", "50"], &record[..], &invoke].concat();
    assert_eq!(run(&functions, &args).status, 0);
    wrtd(&["replay", text(&tape)]).prints("7\n");
    let queue = image(&dir, QUEUE);
    let first = run(&queue, &[&["--threads"], &record[..]].concat());
    assert_eq!(first.status, 0, "{}", first.stderr);
    wrtd(&["replay", text(&tape)]).prints(&first.stdout);
}

#[test]
fn a_changed_recording_is_found_out_where_it_is_changed() {
    let dir = Dir::new("replay_differs");
    let image = image(&dir, REPORT);
    let tape = dir.path().join("tape");
    assert_eq!(
        run(&image, &["--stdin", LOG, "--record", text(&tape)]).status,
        0
    );
    let whole = std::fs::read(&tape).unwrap();
    // Input that was another one leads to other calls.
    let place = whole
        .windows(4)
        .position(|part| part == b"GET ")
        .unwrap_or(whole.len() / 2);
    let mut changed = whole.clone();
    changed[place] ^= 0x20;
    let other = dir.file("other", &changed);
    let ran = wrtd(&["replay", text(&other)]);
    assert_ne!(ran.status, 0);
    let cut = dir.file("cut", &whole[..whole.len() / 2]);
    let ran = wrtd(&["replay", text(&cut)]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the recording ends here"),
        "{}",
        ran.stderr
    );
    let cut = dir.file("cut", &whole[..20]);
    wrtd(&["replay", text(&cut)]).fails(244, "wrtd: ", "cut off");
    run(&image, &["--record", "/no/such/place"]).fails(241, "wrtd: ", "/no/such/place");
}
