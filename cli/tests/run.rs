//! `wrtd run`: every flag, and every way in which a run can end.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, FUNCTIONS, LOG, REPORT, command, image, run, wrtd};

#[test]
fn invoke_reads_arguments_and_prints_results() {
    let dir = Dir::new("invoke");
    let image = dir.image("f", FUNCTIONS);
    run(&image, &["--invoke", "add", "40", "2"]).prints("42\n");
    run(&image, &["--invoke", "add", "-1", "-2"]).prints("-3\n");
    run(&image, &["--invoke", "add", "0xffffffff", "1"]).prints("0\n");
    run(
        &image,
        &[
            "--invoke",
            "all",
            "-5",
            "9223372036854775807",
            "1.5",
            "-0.25",
        ],
    )
    .prints("-5\n9223372036854775807\n1.5\n-0.25\n");
    run(&image, &["--invoke", "all", "1", "2", "nan", "inf"]).prints("1\n2\nNaN\ninf\n");
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let dir = Dir::new("wrong_arguments");
    let image = dir.image("f", FUNCTIONS);
    let fails = |args: &[&str], part: &str| run(&image, args).fails(240, "wrtd: ", part);
    fails(
        &["--invoke", "add", "1"],
        r#""add" takes 2 arguments (i32 i32), 1 were given"#,
    );
    fails(
        &["--invoke", "add", "1", "x"],
        r#"argument 2 of "add" must be of type i32, not "x""#,
    );
    fails(
        &["--invoke", "add", "1", "4294967296"],
        "must be of type i32",
    );
    fails(
        &["--invoke", "nothing"],
        r#"exports no function "nothing"; its functions are add, all"#,
    );
    fails(&["--invoke", "global"], r#"exports no function "global""#);
    fails(&[], r#"exports no function "_start""#);
    fails(
        &["--bogus"],
        "unexpected argument '--bogus' found (see wrtd --help)",
    );
    fails(&["--fuel", "many"], "invalid value 'many' for '--fuel <N>'");
    fails(&["--refill", "0"], "'--refill <N>'");
    fails(&["--stats=xml"], "invalid value 'xml' for '--stats");
    fails(
        &["--invoke", "add", "--env", "NOVALUE"],
        "--env NOVALUE: give a variable as NAME=VALUE",
    );
    fails(
        &["--invoke", "add", "--env", "=x"],
        "cannot be given to a WASI guest",
    );
    wrtd(&["run"]).fails(240, "wrtd: ", "<IMG>");
    wrtd(&[]).fails(240, "wrtd: ", "a command is missing");
    wrtd(&["walk"]).fails(240, "wrtd: ", "unrecognized subcommand 'walk'");
}

#[test]
fn traps_have_a_backtrace() {
    let dir = Dir::new("traps");
    let image = dir.image("f", FUNCTIONS);
    let ran = run(&image, &["--invoke", "outer", "0"]);
    assert_eq!(ran.status, 248);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stderr);
    assert_eq!(lines[0], "wrtd: trap: integer divide by zero");
    assert!(
        lines[1].starts_with("    0: inner (wasm offset 0x"),
        "{}",
        ran.stderr
    );
    assert!(
        lines[2].starts_with("    1: outer (wasm offset 0x"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stdout, "");
    run(&image, &["--invoke", "outer", "1"]).prints("2\n");
    let ran = run(&image, &["--invoke", "deep"]);
    assert_eq!(ran.status, 248);
    assert!(
        ran.stderr
            .starts_with("wrtd: trap: call stack exhausted\n    0: deep"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.lines().count() < 30 && ran.stderr.contains(" more ..."),
        "{}",
        ran.stderr
    );
}

#[test]
fn stripped_images_name_functions_by_export_or_number() {
    let dir = Dir::new("stripped");
    // Large enough to be called.
    let counted = format!("{}(local.get 0){}", "(i32.popcnt ".repeat(9), ")".repeat(9));
    let divides = "(i32.div_u (i32.const 1) ";
    let functions = FUNCTIONS.replace(
        &format!("{divides}(local.get 0))"),
        &format!("{divides}{counted})"),
    );
    assert_ne!(functions, FUNCTIONS);
    let wat = dir.file("f.wat", functions);
    let out = dir.path().join("s.wrtb");
    let (wat, out) = (wat.to_str().unwrap(), out.to_str().unwrap());
    assert_eq!(
        common::wrtc(&["compile", wat, "--strip", "-o", out]).status,
        0
    );
    let ran = wrtd(&["run", out, "--invoke", "outer", "0"]);
    assert_eq!(
        ran.stderr,
        "wrtd: trap: integer divide by zero\n    0: function 3\n    1: outer\n"
    );
}

#[test]
fn fuel_ends_or_pauses() {
    let dir = Dir::new("fuel");
    let image = dir.image("f", FUNCTIONS);
    // A round costs 6, the rest 1.
    run(&image, &["--fuel", "601", "--invoke", "count", "100"]).prints("7\n");
    let ran = run(&image, &["--fuel", "600", "--invoke", "count", "100"]);
    ran.fails(
        249,
        "wrtd: out of fuel in count (wasm offset 0x",
        "600 used, 0 left",
    );
    run(&image, &["--fuel", "0", "--invoke", "count", "1"]).fails(
        249,
        "wrtd: out of fuel in count",
        "0 used",
    );
    let ran = run(
        &image,
        &[
            "--fuel", "102", "--refill", "252", "--invoke", "count", "100",
        ],
    );
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "7\n"));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stderr);
    assert!(
        lines[0].starts_with("wrtd: paused in count (wasm offset 0x"),
        "{}",
        ran.stderr
    );
    assert!(
        lines[0].ends_with("after 102 fuel; adding 252 and resuming"),
        "{}",
        ran.stderr
    );
    assert!(
        lines[1].ends_with("after 354 fuel; adding 252 and resuming"),
        "{}",
        ran.stderr
    );
    // The refill alone is also the first filling.
    let ran = run(&image, &["--refill", "601", "--invoke", "count", "100"]);
    ran.prints("7\n");
    let ran = run(&image, &["--refill", "1", "--invoke", "add", "1", "2"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "3\n"));
    assert!(ran.stderr.contains("paused in add"), "{}", ran.stderr);
}

#[test]
fn start_functions_are_metered_and_pause_too() {
    let dir = Dir::new("start");
    let image = dir.image(
        "s",
        r#"(module (global $g (mut i32) (i32.const 0))
           (func $init (loop $l (global.set $g (i32.add (global.get $g) (i32.const 1)))
             (br_if $l (i32.lt_u (global.get $g) (i32.const 100)))))
           (start $init)
           (func (export "get") (result i32) (global.get $g)))"#,
    );
    let ran = run(&image, &["--fuel", "50", "--invoke", "get"]);
    ran.fails(249, "wrtd: out of fuel in init", "");
    let ran = run(
        &image,
        &["--fuel", "50", "--refill", "50", "--invoke", "get"],
    );
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "100\n"));
    assert!(
        ran.stderr.lines().count() > 10 && ran.stderr.contains("paused in init"),
        "{}",
        ran.stderr
    );
}

#[test]
fn statistics_in_both_forms() {
    let dir = Dir::new("stats");
    let image = dir.image("f", FUNCTIONS);
    let ran = run(
        &image,
        &["--stats", "--fuel", "700", "--invoke", "count", "100"],
    );
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "7\n"));
    assert!(
        ran.stderr.contains("fuel_used          601\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("fuel_remaining     99\n"),
        "{}",
        ran.stderr
    );
    let ran = run(
        &image,
        &[
            "--stats=json",
            "--fuel",
            "102",
            "--refill",
            "252",
            "--invoke",
            "count",
            "100",
        ],
    );
    let json = ran.stderr.lines().last().unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        (&json["outcome"], &json["status"]),
        (&"done".into(), &0.into())
    );
    assert_eq!(
        (&json["fuel_used"], &json["pauses"]),
        (&601.into(), &2.into())
    );
    assert_eq!(json["memory_bytes"], 65536);
    let ran = run(&image, &["--stats=json", "--invoke", "outer", "0"]);
    assert_eq!(ran.status, 248);
    assert!(
        ran.stderr.starts_with(r#"{"outcome":"trap""#)
            || ran.stderr.contains(r#""outcome":"trap""#)
    );
}

#[test]
fn modules_run_without_compiling_first() {
    let dir = Dir::new("modules");
    let wat = dir.file("f.wat", FUNCTIONS);
    run(&wat, &["--invoke", "add", "1", "2"]).prints("3\n");
    let wasm = dir.file("f.bin", wat::parse_str(FUNCTIONS).unwrap());
    run(&wasm, &["--invoke", "add", "1", "2"]).prints("3\n");
    let bad = dir.file("bad.wat", "(module (func (result i32)))");
    run(&bad, &["--invoke", "f"]).fails(251, "wrtd: ", "bad.wat: invalid module: type mismatch");
    let bad = dir.file("text.wat", "(module (fnc))");
    run(&bad, &["--invoke", "f"]).fails(251, "wrtd: ", "(line 1:10)");
    let switching = dir.file(
        "switching.wat",
        "(module (type $f (func)) (type (cont $f)))",
    );
    run(&switching, &["--invoke", "f"]).fails(252, "wrtd: ", "offset 0x");
}

#[test]
fn exceptions_that_nobody_catches_have_a_backtrace_and_a_status() {
    let dir = Dir::new("exceptions");
    let image = dir.image(
        "x",
        r#"(module (tag $e (export "e") (param i32 f64)) (tag $hidden)
           (func $thrower (throw $e (i32.const -3) (f64.const 1.5)))
           (func $through (export "f") (call $thrower))
           (func (export "g") (throw $hidden)))"#,
    );
    let ran = run(&image, &["--invoke", "f"]);
    assert_eq!(ran.status, 253);
    let mut lines = ran.stderr.lines();
    assert_eq!(
        lines.next(),
        Some(r#"wrtd: uncaught exception: tag "e"(-3, 1.5)"#)
    );
    assert!(
        lines.next().unwrap().contains("0: thrower"),
        "{}",
        ran.stderr
    );
    assert!(
        lines.next().unwrap().contains("1: through"),
        "{}",
        ran.stderr
    );
    let ran = run(&image, &["--invoke", "g"]);
    assert_eq!(ran.status, 253);
    assert!(
        ran.stderr
            .starts_with("wrtd: uncaught exception: tag 1()\n")
    );
}

#[test]
fn libraries_are_initialized_first() {
    let dir = Dir::new("initialize");
    let image = dir.image(
        "l",
        r#"(module (global $g (mut i32) (i32.const 1))
           (func (export "_initialize") (global.set $g (i32.mul (global.get $g) (i32.const 2))))
           (func (export "get") (result i32) (global.get $g)))"#,
    );
    run(&image, &["--invoke", "get"]).prints("2\n");
    run(&image, &["--invoke", "_initialize"]).prints("");
}

#[test]
fn help_documents_the_statuses() {
    for args in [&["--help"][..], &["run", "--help"]] {
        let ran = wrtd(args);
        assert_eq!(ran.status, 0);
        for part in [
            "239",
            "248  the guest trapped",
            "249  the guest ran out of fuel",
            "253  the guest threw an exception that nobody caught",
            "247",
            "wrtd snapshot diff has found differences",
        ] {
            assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
        }
    }
    for args in [
        &["--help"][..],
        &["compile", "--help"],
        &["inspect", "--help"],
        &["disasm", "--help"],
        &["wast", "--help"],
    ] {
        let ran = common::wrtc(args);
        assert_eq!(ran.status, 0);
        assert!(
            ran.stdout.contains("251  the module is not valid"),
            "{}",
            ran.stdout
        );
        assert!(
            !ran.stdout.contains("an import is missing"),
            "{}",
            ran.stdout
        );
    }
    assert!(wrtd(&["--version"]).stdout.starts_with("wrtd "));
}

#[test]
fn commands_end_with_their_code() {
    let dir = Dir::new("exit");
    for (code, status) in [
        (0, 0),
        (7, 7),
        (255, 255),
        (-1, 255),
        (238, 238),
        (254, 254),
        (256 + 3, 3),
    ] {
        let image = dir.image("e", &command(&format!("(call $exit (i32.const {code}))")));
        let ran = run(&image, &[]);
        assert_eq!((ran.status, ran.stderr.as_str()), (status, ""), "{code}");
    }
    for code in [239, 240, 248, 253] {
        let image = dir.image("e", &command(&format!("(call $exit (i32.const {code}))")));
        let line = format!("wrtd: the guest exited with code {code}");
        run(&image, &[]).fails(239, &line, "");
    }
    let image = dir.image("e", &command("(call $exit (i32.const 3))"));
    let ran = run(&image, &["--stats=json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(
        (&json["outcome"], &json["exit_code"]),
        (&"exit".into(), &3.into())
    );
    let image = dir.image(
        "e",
        &command("(call $put (i32.const 1) (i32.const 600) (i32.const 6)) unreachable"),
    );
    let ran = run(&image, &[]);
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (248, "hello\n"),
        "what was printed before the trap is there"
    );
}

/// A guest that writes what must not differ: both clocks twice, 16 random bytes, the attributes of `/d/a` and the listing of `/d`.
const CURIOUS: &str = r#"
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $list (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "a")
  (func (export "_start") (local $spin i32)
    (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 100)))
    (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 108)))
    (loop (br_if 0 (i32.lt_u (local.tee $spin (i32.add (local.get $spin) (i32.const 1))) (i32.const 1000))))
    (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 116)))
    (drop (call $random (i32.const 124) (i32.const 16)))
    (drop (call $stat (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 144)))
    (drop (call $list (i32.const 3) (i32.const 208) (i32.const 200) (i64.const 0) (i32.const 0)))
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 308))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 500)))))"#;

#[test]
fn deterministic_guests_cannot_tell_runs_apart() {
    let dir = Dir::new("deterministic");
    let image = dir.image("g", CURIOUS);
    let run = |flags: &[&str], names: &[&str]| {
        let files = dir.path().join("files");
        drop(std::fs::remove_dir_all(&files));
        std::fs::create_dir(&files).unwrap();
        for name in names {
            std::fs::write(files.join(name), "x").unwrap();
        }
        let preopen = format!("{}::/d", files.display());
        let image = image.to_str().unwrap();
        let args = [&["run", "--dir", &preopen], flags, &[image]].concat();
        let (ran, out) = common::piped(env!("CARGO_BIN_EXE_wrtd"), &args, b"");
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        out
    };
    let first = run(&["--deterministic"], &["a", "b"]);
    assert_eq!(first, run(&["--deterministic"], &["b", "a"]));
    assert_eq!(first, run(&["--deterministic=0"], &["b", "a"]));
    let time = |out: &[u8], at: usize| u64::from_le_bytes(out[at..at + 8].try_into().unwrap());
    assert!(
        time(&first, 0) - 946_684_800_000_000_000 < 100,
        "the year 2000"
    );
    // Seven operators of each of a thousand rounds, and those around them.
    assert!((7000..7100).contains(&(time(&first, 16) - time(&first, 8))));
    let seeded = run(&["--deterministic=1"], &["a", "b"]);
    assert_eq!(
        first[..24],
        seeded[..24],
        "the seed has nothing to do with time"
    );
    assert_ne!(first[24..40], seeded[24..40]);
    assert_ne!(run(&[], &["a", "b"])[24..40], run(&[], &["a", "b"])[24..40]);
}

#[test]
fn direct_threading_shows_in_memory_alone() {
    let dir = Dir::new("direct_threading");
    let image = image(&dir, REPORT);
    let [on, off, usual] = [
        &["--direct-threading", "on"][..],
        &["--direct-threading", "off"],
        &[],
    ]
    .map(|flags| {
        let ran = run(&image, &[flags, &["--stats=json", "--stdin", LOG]].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let json = ran.stderr.lines().last().unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        (ran.stdout, json)
    });
    let bytes = |(_, json): &(String, serde_json::Value)| json["used_bytes"].as_u64().unwrap();
    assert_eq!((&on.0, &on.0), (&off.0, &usual.0));
    assert_eq!(on.1["fuel_used"], off.1["fuel_used"]);
    assert_eq!(bytes(&on), bytes(&usual));
    // Builds that are not optimised have nothing of it.
    let is_there = cfg!(all(
        feature = "direct-threading",
        not(debug_assertions),
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        )
    ));
    assert_eq!(bytes(&on) > bytes(&off), is_there);
    run(&image, &["--direct-threading", "perhaps"]).fails(
        240,
        "wrtd: ",
        "invalid value 'perhaps' for '--direct-threading <WHETHER>'",
    );
}
