//! Snapshots that are compressed or encrypted: `--compress`, `--key`.
#![cfg(feature = "compile")]
#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

mod common;

use common::{Dir, run, text, wrtd};
use std::path::{Path, PathBuf};

/// Fills memory with a text, then counts.
const GUEST: &str = r#"(module (memory (export "memory") 4)
    (data (i32.const 0) "a secret that nobody is to read: 1234")
    (func (export "count") (param $n i32) (result i32) (local $sum i32)
      (loop $more
        (memory.copy (i32.mul (i32.rem_u (local.get $n) (i32.const 4000)) (i32.const 50)) (i32.const 0) (i32.const 37))
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))"#;

/// A guest paused half-way, its snapshot written with these arguments.
fn paused(dir: &Dir, name: &str, args: &[&str]) -> PathBuf {
    let image = dir.image("f", GUEST);
    let path = dir.path().join(name);
    let keep = format!("snapshot={}", text(&path));
    let own = ["--on-pause", &keep, "--fuel", "60000"];
    let ran = run(
        &image,
        &[&own[..], args, &["--invoke", "count", "5000"]].concat(),
    );
    assert_eq!(ran.status, 249, "{}", ran.stderr);
    path
}

fn holds_the_secret(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(14).any(|part| part == b"a secret that ")
}

#[test]
fn compressed_and_encrypted_snapshots_go_on() {
    let dir = Dir::new("envelopes");
    let key = dir.file("key", "0f".repeat(32));
    let key = ["--key", text(&key)];
    let compress = ["--compress"];
    let plain = paused(&dir, "plain.wrts", &[]);
    let packed = paused(&dir, "packed.wrts", &compress);
    let secret = paused(&dir, "secret.wrts", &key);
    let both = paused(&dir, "both.wrts", &[&compress[..], &key].concat());
    let bytes = |path: &Path| std::fs::metadata(path).unwrap().len();
    assert!(bytes(&packed) * 5 < bytes(&plain) && bytes(&both) * 5 < bytes(&secret));
    assert!(holds_the_secret(&plain) && !holds_the_secret(&secret) && !holds_the_secret(&both));
    for (path, own) in [(&packed, &[][..]), (&secret, &key), (&both, &key)] {
        let with_key = |args: &[&str]| wrtd(&[args, own].concat());
        with_key(&["resume", text(path)]).prints("12502500\n");
        let shown = with_key(&["snapshot", "inspect", text(path), "--json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!(shown["memories"][0]["bytes"], 4 << 16);
        // Two snapshots of one moment, whose host clocks alone differ.
        let again = with_key(&["snapshot", "diff", text(path), text(path)]);
        assert_eq!(again.status, 0, "{}", again.stderr);
    }
    // Without the envelope, and in another one.
    let flat = dir.path().join("flat.wrts");
    let flatten = ["snapshot", "flatten", text(&packed), "-o", text(&flat)];
    wrtd(&flatten).prints("");
    assert!(holds_the_secret(&flat));
    wrtd(&["resume", text(&flat)]).prints("12502500\n");
}

#[test]
fn encrypted_chains_need_the_key() {
    let dir = Dir::new("envelope_keys");
    let key = dir.file("key", [7; 32]);
    let other = dir.file("other", [8; 32]);
    let short = dir.file("short", [8; 31]);
    let (key, other) = (["--key", text(&key)], ["--key", text(&other)]);
    let first = paused(&dir, "first.wrts", &key);
    let second = dir.path().join("second.wrts");
    let keep = format!("snapshot={}", text(&second));
    let resume = [
        "resume",
        text(&first),
        "--fuel",
        "5000",
        "--on-pause",
        &keep,
    ];
    let based = ["--parent", text(&first), "--compress"];
    let ran = wrtd(&[&resume[..], &key, &based].concat());
    assert_eq!(ran.status, 249, "{}", ran.stderr);
    let again = |args: &[&str]| wrtd(&[&["resume", text(&second)], args].concat());
    again(&key).prints("12502500\n");
    again(&[]).fails(240, "wrtd: ", "is encrypted; name the file with the key");
    again(&other).fails(
        245,
        "wrtd: ",
        "the key is wrong, or the snapshot has been changed",
    );
    again(&["--key", text(&short)]).fails(240, "wrtd: ", "a key is 32 bytes");
    again(&["--key", "/no/such/key"]).fails(241, "wrtd: ", "/no/such/key");
    let mut bytes = std::fs::read(&first).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&first, &bytes).unwrap();
    again(&key).fails(
        245,
        "wrtd: ",
        "the key is wrong, or the snapshot has been changed",
    );
    std::fs::write(&first, &bytes[..middle]).unwrap();
    again(&key).fails(244, "wrtd: ", "cut off");
    // What anybody could have made is not taken for what the owner of the key has made.
    let plain = paused(&dir, "plain.wrts", &[]);
    let ran = wrtd(&[&["resume", text(&plain)], &key[..]].concat());
    ran.fails(240, "wrtd: ", "not encrypted");
}

#[test]
fn checkpoints_in_envelopes_are_based_on_each_other() {
    let dir = Dir::new("envelope_checkpoints");
    let image = dir.image("f", GUEST);
    let key = dir.file("key", [7; 32]);
    let folder = dir.path().join("kept");
    let every = format!("20000={}", text(&folder));
    let args = ["--checkpoint-every", &every, "--checkpoint-full-every", "4"];
    let seal = ["--compress", "--key", text(&key)];
    let invoke = ["--invoke", "count", "5000"];
    run(&image, &[&args[..], &seal, &invoke].concat()).prints("12502500\n");
    let names = std::fs::read_dir(&folder).unwrap();
    let mut paths: Vec<_> = names.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(text(paths.last().unwrap()).contains("-on-"), "{paths:?}");
    for path in paths.iter().rev().take(3) {
        wrtd(&["resume", text(path), "--key", text(&key)]).prints("12502500\n");
    }
}
