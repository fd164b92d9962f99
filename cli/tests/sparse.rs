//! Snapshots with holes: `--sparse`.
#![cfg(all(feature = "compile", target_os = "linux"))]
#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

mod common;

use common::{Dir, run, text, wrtd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Writes to every 16th page of eight megabytes, then counts, and ends with a sum over all of them.
const GUEST: &str = r#"(module (memory (export "memory") 128)
    (func (export "work") (param $n i32) (result i32) (local $at i32) (local $sum i32)
      (loop $write
        (i32.store (local.get $at) (i32.const 3))
        (br_if $write (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 65536))) (i32.const 8388608))))
      (loop $count
        (br_if $count (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.set $at (i32.const 0))
      (loop $read
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
        (br_if $read (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4096))) (i32.const 8388608))))
      (local.get $sum)))"#;
const SUM: &str = "384\n";

/// Pauses the guest while it counts.
fn paused(dir: &Dir, to: &str, args: &[&str]) -> common::Ran {
    let image = dir.image("f", GUEST);
    let keep = format!("snapshot={to}");
    let own = ["--on-pause", &keep, "--fuel", "20000"];
    let ran = run(
        &image,
        &[&own[..], args, &["--invoke", "work", "10000"]].concat(),
    );
    assert_eq!(ran.status, 249, "{}", ran.stderr);
    ran
}

/// Bytes of the file, and of what it takes on the disk.
fn sizes(path: &Path) -> [u64; 2] {
    let data = std::fs::metadata(path).unwrap();
    [data.len(), data.blocks() * 512]
}

#[test]
fn holes_take_no_room_and_the_guest_goes_on() {
    let dir = Dir::new("sparse");
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    let (dense, sparse) = (path("dense.wrts"), path("sparse.wrts"));
    paused(&dir, text(&dense), &[]);
    paused(&dir, text(&sparse), &["--sparse"]);
    let [length, room] = sizes(&sparse);
    assert!(length > 8 << 20 && room < 2 << 20, "{length} {room}");
    assert!(sizes(&dense)[0] < 1 << 20);
    for lazy in [&[][..], &["--lazy"]] {
        wrtd(&[&["resume", text(&sparse)], lazy].concat()).prints(SUM);
    }
    let same = wrtd(&["snapshot", "diff", text(&dense), text(&sparse), "--json"]);
    let same: serde_json::Value = serde_json::from_str(&same.stdout).unwrap();
    assert_eq!(same["memories"], serde_json::json!([]));
    // One can be made of the other, either way.
    for (from, holes) in [(&dense, &["--sparse"][..]), (&sparse, &[])] {
        let flat = path("flat.wrts");
        let flatten = ["snapshot", "flatten", text(from), "-o", text(&flat)];
        wrtd(&[&flatten[..], holes].concat()).prints("");
        assert_eq!(sizes(&flat)[0] > 8 << 20, !holes.is_empty());
        wrtd(&["resume", text(&flat), "--lazy"]).prints(SUM);
    }
    // A copy without holes is the same snapshot; one whose holes are filled with something else is found out by whoever looks.
    let mut copy = std::fs::read(&sparse).unwrap();
    let whole = dir.file("copy.wrts", &copy);
    wrtd(&["resume", text(&whole)]).prints(SUM);
    let middle = copy.len() / 2 / 65536 * 65536 + 3 * 4096;
    assert_eq!(copy[middle], 0);
    copy[middle] = 1;
    let damaged = dir.file("damaged.wrts", &copy);
    let ran = wrtd(&["resume", text(&damaged)]);
    ran.fails(245, "wrtd: ", "section PAGES is damaged");
}

#[test]
fn checkpoints_with_holes() {
    let dir = Dir::new("sparse_checkpoints");
    let folder = dir.path().join("folder");
    let image = dir.image("f", GUEST);
    let every = format!("4000={}", text(&folder));
    let args = ["--sparse", "--checkpoint-every", &every];
    let more = ["--checkpoint-full-every", "3", "--invoke", "work", "10000"];
    run(&image, &[&args[..], &more].concat()).prints(SUM);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert!(files.len() >= 3);
    let any = files.pop().unwrap().unwrap().path();
    wrtd(&["resume", text(&any)]).prints(SUM);
}

#[test]
fn a_pipe_gets_zeros() {
    let dir = Dir::new("sparse_pipe");
    let image = dir.image("f", GUEST);
    let script = "\"$0\" run \"$1\" --sparse --on-pause snapshot=/dev/stdout --fuel 20000 --invoke work 10000 | cat > \"$2\"";
    let path = dir.path().join("piped.wrts");
    let piped = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_wrtd")])
        .args([text(&image), text(&path)])
        .output()
        .unwrap();
    assert!(piped.status.success());
    assert!(sizes(&path)[0] > 8 << 20);
    let resume = ["resume", text(&path), "--image", text(&image)];
    wrtd(&resume).prints(SUM);
}

#[test]
fn envelopes_have_no_holes() {
    let dir = Dir::new("sparse_refused");
    let image = dir.image("f", GUEST);
    for args in [&["--sparse", "--compress"][..], &["--sparse", "--key", "k"]] {
        run(&image, args).fails(240, "wrtd: ", "cannot be used with");
    }
}
