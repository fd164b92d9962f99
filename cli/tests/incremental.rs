//! Snapshots that hold only what has changed since earlier ones: `--parent`, `--checkpoint-full-every`, `wrtd snapshot flatten`; and `--lazy`.
#![cfg(feature = "compile")]
#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

mod common;

use common::{Dir, run, text, wrtd};
use std::path::{Path, PathBuf};

/// Writes to a page after the other, 100 times, and gives a sum of what it reads.
const PAGES: &str = r#"(module (memory (export "memory") 8)
    (func (export "work") (param $n i32) (result i32) (local $sum i32) (local $at i32)
      (memory.fill (i32.const 0) (i32.const 5) (i32.const 400000))
      (loop $more
        (local.set $at (i32.mul (i32.rem_u (local.get $n) (i32.const 100)) (i32.const 4096)))
        (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.mul (local.get $n) (i32.const 8)))))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))"#;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn bytes(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

/// A run up to a pause, and one that goes on from there to the next pause, whose snapshot is based on the first or stands alone.
fn two(dir: &Dir) -> (PathBuf, [PathBuf; 3]) {
    let image = dir.image("f", PAGES);
    let paths = ["first", "second", "alone"].map(|name| dir.path().join(format!("{name}.wrts")));
    let keep = |path: &Path| format!("snapshot={}", text(path));
    let [first, second, alone] = &paths;
    let (keep_first, args) = (keep(first), ["--fuel", "70000", "--invoke", "work", "5000"]);
    // With the host's clocks no two snapshots are alike.
    let first_args = ["--deterministic", "--on-pause", &keep_first];
    let ran = run(&image, &[&first_args, &args[..]].concat());
    assert_eq!(ran.status, 249, "{}", ran.stderr);
    let resume = ["resume", text(first), "--fuel", "200", "--on-pause"];
    let keeps = [keep(second), keep(alone)];
    let more = [&keeps[0], "--parent", text(first)];
    let ran = wrtd(&[&resume[..], &more].concat());
    assert_eq!(ran.status, 249, "{}", ran.stderr);
    let ran = wrtd(&[&resume[..], &[&keeps[1]]].concat());
    assert_eq!(ran.status, 249, "{}", ran.stderr);
    (image, paths)
}

#[test]
fn a_snapshot_is_based_on_another() {
    let dir = Dir::new("based_on");
    let (image, [first, second, alone]) = two(&dir);
    let straight = run(&image, &["--invoke", "work", "5000"]);
    assert!(bytes(&first) > 400_000 && bytes(&alone) > 400_000);
    assert!(bytes(&second) < 100_000, "{}", bytes(&second));
    wrtd(&["resume", text(&second)]).prints(&straight.stdout);

    let shown = wrtd(&["snapshot", "inspect", text(&second), "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let other = wrtd(&["snapshot", "inspect", text(&first), "--json"]);
    let other: serde_json::Value = serde_json::from_str(&other.stdout).unwrap();
    assert_eq!(shown["parent"], other["id"]);
    assert_eq!(shown["based_on"], serde_json::json!([text(&first)]));
    assert_eq!(other["parent"], serde_json::Value::Null);
    let differ = wrtd(&["snapshot", "diff", text(&second), text(&alone), "--json"]);
    let differ: serde_json::Value = serde_json::from_str(&differ.stdout).unwrap();
    assert_eq!(differ["memories"], serde_json::json!([]));

    // As one that stands alone it is what it would have been.
    let flat = dir.path().join("flat.wrts");
    wrtd(&["snapshot", "flatten", text(&second), "-o", text(&flat)]).prints("");
    assert!(std::fs::read(&flat).unwrap() == std::fs::read(&alone).unwrap());
    std::fs::remove_file(&first).unwrap();
    wrtd(&["resume", text(&flat)]).prints(&straight.stdout);
}

#[test]
fn what_it_is_based_on_must_be_there() {
    let dir = Dir::new("parent_missing");
    let (image, [first, second, alone]) = two(&dir);
    let straight = run(&image, &["--invoke", "work", "5000"]);
    let folder = dir.path().join("elsewhere");
    std::fs::create_dir(&folder).unwrap();
    let moved = folder.join("first.wrts");
    std::fs::rename(&first, &moved).unwrap();
    wrtd(&["resume", text(&second)]).fails(241, "wrtd: ", "first.wrts: No such file");
    let parents = ["--parents", text(&folder)];
    wrtd(&[&["resume", text(&second)], &parents[..]].concat()).prints(&straight.stdout);
    for command in [&["inspect"][..], &["flatten", "-o", "/dev/null"]] {
        let args = [&["snapshot"], command, &[text(&second)]].concat();
        wrtd(&args).fails(241, "wrtd: ", "first.wrts: No such file");
        assert_eq!(wrtd(&[&args[..], &parents].concat()).status, 0);
    }
    // Another one in its place, one that is based on nothing, and itself.
    for (other, part) in [
        (&alone, "it is based on the snapshot"),
        (&second, "based on more than 8 snapshots"),
    ] {
        std::fs::copy(other, &first).unwrap();
        let ran = wrtd(&["resume", text(&second)]);
        ran.fails(240, "wrtd: ", part);
    }
    let keep = "snapshot=/dev/null";
    let args = ["--on-pause", keep, "--parent", text(&image)];
    run(&image, &[&args[..], &["--invoke", "work", "9"]].concat()).fails(
        242,
        "wrtd: ",
        "not a snapshot",
    );
}

#[test]
fn checkpoints_are_based_on_those_before() {
    let dir = Dir::new("checkpoint_chains");
    let image = dir.image("f", PAGES);
    let straight = run(&image, &["--invoke", "work", "5000"]);
    let folder = dir.path().join("c");
    let every = format!("10000={}", text(&folder));
    let ran = run(
        &image,
        &[
            "--checkpoint-every",
            &every,
            "--checkpoint-full-every",
            "3",
            "--checkpoint-keep",
            "2",
            "--invoke",
            "work",
            "5000",
        ],
    );
    ran.prints(&straight.stdout);
    let names = names(&folder);
    // The last two, and at most the two that the first of them is based on.
    assert!((2..=4).contains(&names.len()), "{names:?}");
    let alone = names.iter().filter(|name| !name.contains("-on-")).count();
    assert!((1..=2).contains(&alone), "{names:?}");
    assert!(names.iter().any(|name| name.contains("-on-")), "{names:?}");
    for name in names.iter().rev().take(2) {
        wrtd(&["resume", text(&folder.join(name))]).prints(&straight.stdout);
    }
    for wrong in ["0", "10"] {
        let args = ["--checkpoint-full-every", wrong, "--invoke", "work", "9"];
        run(&image, &args).fails(240, "wrtd: ", "--checkpoint-full-every");
    }
}

#[test]
fn memory_is_checked_unless_it_is_to_be_read_lazily() {
    let dir = Dir::new("lazily");
    let (image, [first, ..]) = two(&dir);
    let straight = run(&image, &["--invoke", "work", "5000"]);
    wrtd(&["resume", text(&first), "--lazy"]).prints(&straight.stdout);
    let mut whole = std::fs::read(&first).unwrap();
    // In the middle of the pages.
    let middle = whole.len() / 2;
    whole[middle] ^= 1;
    let damaged = dir.file("damaged.wrts", &whole);
    wrtd(&["resume", text(&damaged)]).fails(245, "wrtd: ", "section PAGES is damaged");
    assert_eq!(wrtd(&["resume", text(&damaged), "--lazy"]).status, 0);
    // All else is checked.
    whole[100] ^= 1;
    let damaged = dir.file("damaged.wrts", &whole);
    wrtd(&["resume", text(&damaged), "--lazy"]).fails(245, "wrtd: ", "is damaged");
}
