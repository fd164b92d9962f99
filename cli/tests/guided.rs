//! `wrtd run --profile FILE.json` and `wrtc compile --profile`: exact counts, whatever the image; code that does the same, made by them.
#![cfg(feature = "compile")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};

use common::{Dir, LOG, REPORT, Ran, run, text, wrtc};
use serde_json::Value;

/// `work(n)`: n turns; each third calls `seldom`, which stores at n.
const MODULE: &str = r#"(module (memory 5)
  (func $seldom (param i32) (i32.store (local.get 0) (i32.const 7)))
  (func $never (drop (i32.const 1)))
  (func (export "work") (param i32) (result i32) (local i32)
    (loop $again
      (if (i32.rem_u (local.get 0) (i32.const 3))
        (then (local.set 1 (i32.add (local.get 1) (i32.const 2))))
        (else (call $seldom (local.get 0))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "trap") (call $seldom (i32.const -1)))
  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "_start")))"#;

/// A module, and a file for counts.
fn guest(test: &str) -> (Dir, PathBuf, PathBuf) {
    let dir = Dir::new(test);
    let wat = dir.file("m.wat", MODULE);
    let json = dir.path().join("counts.json");
    (dir, wat, json)
}

/// Runs with counting; what the file says.
#[track_caller]
fn counted(json: &Path, image: &Path, args: &[&str], status: i32) -> String {
    let ran = run(image, &[&["--profile", text(json)], args].concat());
    assert_eq!(ran.status, status, "{}", ran.stderr);
    std::fs::read_to_string(json).unwrap()
}

/// Compiles by a profile.
fn guided(module: &Path, profile: &Path, image: &Path) -> Ran {
    let [module, profile, image] = [module, profile, image].map(text);
    wrtc(&["compile", module, "--profile", profile, "-o", image])
}

/// The counts of the function with this index, without their offsets.
fn blocks(counts: &str, index: u64) -> Vec<u64> {
    let counts: Value = serde_json::from_str(counts).unwrap();
    let functions = counts["functions"].as_array().unwrap();
    let found = functions.iter().find(|it| it["index"] == index);
    let rows = found.map_or(&[][..], |it| it["blocks"].as_array().unwrap());
    rows.iter().map(|row| row[1].as_u64().unwrap()).collect()
}

/// The line of the statistics that says it.
fn fuel_used(stderr: &str) -> &str {
    let line = stderr.lines().find(|line| line.starts_with("fuel_used"));
    line.unwrap_or_else(|| panic!("{stderr}"))
}

#[test]
fn counts_are_exact_whatever_the_image_and_however_often_it_pauses() {
    let (dir, wat, json) = guest("guided_counts");
    let work = ["--invoke", "work", "900"];
    let counts = counted(&json, &wat, &work, 0);
    // `seldom`; the loop of `work` with its ways and what is behind; the others did not run.
    assert_eq!(blocks(&counts, 0), [300], "{counts}");
    assert_eq!(blocks(&counts, 2), [900, 600, 300, 900, 1], "{counts}");
    assert!(!counts.contains("\"index\": 1") && !counts.contains("\"index\": 3"));
    assert_eq!(counts, counted(&json, &wat, &work, 0), "it is the same run");
    // In portions that end anywhere, also within blocks that go on where they were.
    let portions = ["--fuel", "5", "--refill", "7"];
    let paused = counted(&json, &wat, &[&portions[..], &work].concat(), 0);
    assert_eq!(counts, paused);
    let fill = ["--invoke", "fill", "65536"];
    let filled = counted(&json, &wat, &fill, 0);
    assert_eq!(blocks(&filled, 4), [1]);
    let paused = counted(&json, &wat, &[&portions[..], &fill].concat(), 0);
    assert_eq!(filled, paused);
    // From an image for debugging too, of which one has to say where it is from.
    let image = dir.path().join("m.wrtb");
    let compiled = wrtc(&["compile", "-g", text(&wat), "-o", text(&image)]);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    let of = ["--profile-wasm", text(&wat)];
    assert_eq!(
        counts,
        counted(&json, &image, &[&of[..], &work].concat(), 0)
    );
    // What trapped has been counted to there.
    let trapped = counted(&json, &wat, &["--invoke", "trap"], 248);
    assert_eq!(
        (blocks(&trapped, 0), blocks(&trapped, 3)),
        (vec![1], vec![1])
    );
}

#[test]
fn counting_changes_neither_outcome_nor_fuel() {
    let (_dir, wat, json) = guest("guided_same");
    let args = ["--stats", "--fuel", "100000", "--invoke", "work", "900"];
    let plain = run(&wat, &args);
    let counted = run(&wat, &[&["--profile", text(&json)], &args[..]].concat());
    assert_eq!(
        (plain.status, &plain.stdout),
        (counted.status, &counted.stdout)
    );
    assert_eq!(fuel_used(&plain.stderr), fuel_used(&counted.stderr));
}

#[test]
fn an_image_made_by_a_profile_does_the_same() {
    let (dir, wat, json) = guest("guided_compile");
    counted(&json, &wat, &["--invoke", "work", "300000"], 0);
    let image = dir.path().join("guided.wrtb");
    let compile = [
        "compile",
        "--profile",
        text(&json),
        text(&wat),
        "-o",
        text(&image),
    ];
    let compiled = wrtc(&compile);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    let line = compiled
        .stderr
        .lines()
        .find(|line| line.contains("ran in the profile"));
    assert!(
        line.unwrap().contains("of its functions 2 ran"),
        "{}",
        compiled.stderr
    );
    let first = std::fs::read(&image).unwrap();
    assert_eq!(wrtc(&compile).status, 0);
    assert_eq!(first, std::fs::read(&image).unwrap(), "reproducible");
    let plain = dir.image("m", MODULE);
    assert_ne!(first, std::fs::read(&plain).unwrap());
    for call in [&["work", "12345"][..], &["trap"]] {
        let args = [&["--stats", "--fuel", "1000000", "--invoke"], call].concat();
        let (a, b) = (run(&plain, &args), run(&image, &args));
        assert_eq!((a.status, &a.stdout), (b.status, &b.stdout));
        assert_eq!(fuel_used(&a.stderr), fuel_used(&b.stderr));
    }
}

#[test]
fn profiles_add_up() {
    let (dir, wat, json) = guest("guided_sum");
    let counts = counted(&json, &wat, &["--invoke", "work", "900"], 0);
    let other = dir.path().join("other.json");
    let others = counted(&other, &wat, &["--invoke", "work", "900"], 0);
    assert_eq!(counts, others);
    let image = |profiles: &[&Path]| {
        let image = dir.path().join("sum.wrtb");
        let mut args = vec!["compile", text(&wat), "-o", text(&image)];
        profiles
            .iter()
            .for_each(|it| args.extend(["--profile", text(it)]));
        let compiled = wrtc(&args);
        assert_eq!(compiled.status, 0, "{}", compiled.stderr);
        std::fs::read(&image).unwrap()
    };
    let both = image(&[&json, &other]);
    assert_ne!(both, image(&[&json]), "the identity of the build differs");
    // One file with the sums is as good.
    let mut sum: Value = serde_json::from_str(&counts).unwrap();
    for function in sum["functions"].as_array_mut().unwrap() {
        for row in function["blocks"].as_array_mut().unwrap() {
            row[1] = (row[1].as_u64().unwrap() * 2).into();
        }
    }
    let sum = dir.file("sum.json", sum.to_string());
    assert_eq!(both, image(&[&sum]));
}

#[test]
fn what_is_no_profile_of_the_module_is_refused_by_name() {
    let (dir, wat, json) = guest("guided_refused");
    let counts = counted(&json, &wat, &["--invoke", "work", "9"], 0);
    let refused = |content: &str, part: &str| {
        let file = dir.file("bad.json", content);
        let image = dir.path().join("bad.wrtb");
        let ran = guided(&wat, &file, &image);
        ran.fails(240, "wrtc: ", part);
        assert!(!image.exists());
    };
    refused(
        "",
        "bad.json: this is no profile of wrtd run: EOF while parsing a value at line 1 column 0",
    );
    refused("{\"wrt_profile\": 1", "at line 1 column 17");
    refused("[]", "this is no profile of wrtd run");
    refused(
        &counts.replace("\"wrt_profile\": 1", "\"wrt_profile\": 2"),
        "is of version 2, and this wrtc knows 1",
    );
    let other = counts.find("\"module\": \"").unwrap() + 11;
    let flipped = if &counts[other..=other] == "0" {
        "1"
    } else {
        "0"
    };
    let mut of_another = counts.clone();
    of_another.replace_range(other..=other, flipped);
    refused(&of_another, "this profile is of another module");
    of_another.replace_range(other..=other, "x");
    refused(&of_another, "its module is no SHA-256");
    let with = |functions: &str| {
        let at = counts.find("[\n{\"index\"").unwrap();
        format!("{}[{functions}]}}", &counts[..at])
    };
    let function =
        |index: &str, blocks: &str| format!("{{\"index\": {index}, \"blocks\": [{blocks}]}}");
    let twice = [function("0", ""), function("0", "")].join(",");
    refused(&with(&twice), "function 0 comes twice or out of order");
    refused(
        &with(&function("77", "")),
        "the module defines no such function, in function 77",
    );
    refused(
        &with(&function("0", "[4000000000, 1]")),
        "there is no operator of the function, in function 0",
    );
    refused(
        &with(&function("0", "[5, 1], [5, 2]")),
        "its offsets do not ascend, in function 0, at offset 0x5",
    );
    for number in ["-1", "1.5", "18446744073709551616", "1e99", "\"1\"", "null"] {
        refused(
            &with(&function("0", &format!("[60, {number}]"))),
            "this is no profile of wrtd run",
        );
        refused(
            &with(&function(number, "")),
            "this is no profile of wrtd run",
        );
    }
}

#[test]
fn a_file_that_is_not_there_and_flags_that_do_not_go_together_are_refused() {
    let (dir, wat, json) = guest("guided_flags");
    counted(&json, &wat, &["--invoke", "work", "9"], 0);
    let none = dir.path().join("none.json");
    wrtc(&["compile", text(&wat), "--profile", text(&none)]).fails(241, "wrtc: ", "none.json");
    let g = ["compile", text(&wat), "--profile", text(&json), "-g"];
    wrtc(&g).fails(240, "wrtc: ", "cannot be used with");
}

#[test]
fn files_of_any_content_do_no_harm() {
    let (dir, wat, json) = guest("guided_hostile");
    let counts = counted(&json, &wat, &["--invoke", "work", "9"], 0);
    let image = dir.path().join("any.wrtb");
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let (mut compiled, mut refused) = (0, 0);
    for _ in 0..60 {
        let mut bytes = counts.clone().into_bytes();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let (place, digit) = (state >> 8, state >> 40);
        let digits: Vec<usize> = (90..bytes.len())
            .filter(|&at| bytes[at].is_ascii_digit())
            .collect();
        // Digits, mostly, or more of them: numbers of all sizes.
        match state % 4 {
            0 => {
                let at = 90 + place as usize % (bytes.len() - 90);
                bytes[at] = digit as u8;
            }
            1 => {
                let at = digits[place as usize % digits.len()];
                bytes.splice(at..at, [b'9'; 12]);
            }
            _ => bytes[digits[place as usize % digits.len()]] = b'0' + digit as u8 % 10,
        }
        let file = dir.file("any.json", bytes);
        let ran = guided(&wat, &file, &image);
        match ran.status {
            0 => compiled += 1,
            240 => refused += 1,
            other => panic!("{other}: {}", ran.stderr),
        }
    }
    assert!(compiled > 5 && refused > 5, "{compiled} {refused}");
}

#[test]
fn only_operators_of_a_known_module_are_counted() {
    let (dir, wat, json) = guest("guided_unknown");
    let plain = dir.image("m", MODULE);
    let profile = ["--profile", text(&json)];
    run(&plain, &profile).fails(240, "wrtd: ", "does not tell operators apart");
    let debug = dir.path().join("g.wrtb");
    assert_eq!(
        wrtc(&["compile", "-g", text(&wat), "-o", text(&debug)]).status,
        0
    );
    run(&debug, &profile).fails(240, "wrtd: ", "name it with --profile-wasm");
    assert!(!json.exists(), "nothing was written");
}

#[test]
fn figures_say_what_the_profile_covered() {
    let (_dir, wat, json) = guest("guided_report");
    counted(&json, &wat, &["--invoke", "work", "300000"], 0);
    let ran = wrtc(&[
        "compile",
        text(&wat),
        "--profile",
        text(&json),
        "--report",
        "json",
    ]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["profiled_functions"], 2);
    let blocks = ["profiled_blocks", "hot_blocks"].map(|it| report[it].as_u64().unwrap());
    assert!(blocks[1] > 0 && blocks[0] > blocks[1], "{report}");
    assert!(
        report["ir_blocks"].as_u64().unwrap() > blocks[0],
        "{report}"
    );
    let ran = wrtc(&["compile", text(&wat), "--report", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&report["profiled_functions"], &report["hot_blocks"]),
        (&0.into(), &0.into())
    );
}

/// A program in C that reads its standard input.
#[test]
fn a_real_program_runs_by_its_own_profile() {
    let dir = Dir::new("guided_program");
    let json = dir.path().join("report.json");
    // A part of its input, since a build without optimisation is slow.
    let log = std::fs::read_to_string(LOG).unwrap();
    let log: String = log.split_inclusive('\n').take(20).collect();
    let log = dir.file("log.txt", log);
    let input = ["--stdin", text(&log), "--stats"];
    let counting = run(
        Path::new(REPORT),
        &[&["--profile", text(&json)], &input[..]].concat(),
    );
    assert_eq!(counting.status, 0, "{}", counting.stderr);
    let image = dir.path().join("report.wrtb");
    let compiled = wrtc(&[
        "compile",
        REPORT,
        "--profile",
        text(&json),
        "-o",
        text(&image),
    ]);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    let guided = run(&image, &input);
    assert_eq!((guided.status, &guided.stdout), (0, &counting.stdout));
    assert_eq!(fuel_used(&guided.stderr), fuel_used(&counting.stderr));
    assert!(!guided.stdout.is_empty());
}

/// The module that comes out of a beginning at build time has its code elsewhere; the profile is of the one that the user has.
#[test]
fn a_profile_goes_with_a_beginning_at_build_time() {
    let dir = Dir::new("guided_preinit");
    let start = r#"(start $begin) (global $g (mut i32) (i32.const 0))
      (func $begin (global.set $g (i32.const 77)) (i32.store (i32.const 100) (i32.const 5)))
      (func (export "_start")))"#;
    let wat = dir.file(
        "m.wat",
        MODULE.replace("(func (export \"_start\")))", start),
    );
    let json = dir.path().join("m.json");
    counted(&json, &wat, &["--invoke", "work", "300000"], 0);
    let image = dir.path().join("m.wrtb");
    let args = [
        "compile",
        "--preinit",
        text(&wat),
        "--profile",
        text(&json),
        "-o",
        text(&image),
    ];
    let compiled = wrtc(&args);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    // `work` and `seldom`, which the profile would not name if it were of other places; the start function is gone.
    assert!(
        compiled.stderr.contains("of its functions 3 ran"),
        "{}",
        compiled.stderr
    );
    assert!(
        !compiled.stderr.contains(" 0 of them often"),
        "{}",
        compiled.stderr
    );
    run(&image, &["--invoke", "work", "900"]).prints("1200\n");
}
