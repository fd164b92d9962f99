//! WASI through `wrtd run`: arguments, environment, standard streams, directories.
#![cfg(feature = "compile")]

mod common;

use std::io::Write as _;
use std::process::{Command, Stdio};

use common::{Dir, command, run, wrtd};

/// Prints the strings that `sizes` and `get` give, NULs and all.
fn strings(sizes: &str, get: &str) -> String {
    command(&format!(
        "(drop (call {sizes} (i32.const 16) (i32.const 20)))
         (drop (call {get} (i32.const 64) (i32.const 1024)))
         (call $put (i32.const 1) (i32.const 1024) (i32.load (i32.const 20)))"
    ))
}

#[test]
fn arguments() {
    let dir = Dir::new("arguments");
    let image = dir.image("args", &strings("$args_sizes", "$args"));
    run(&image, &[]).prints("args.wrtb\0");
    run(&image, &["a b", "", "c"]).prints("args.wrtb\0a b\0\0c\0");
    // Behind the first argument everything is the guest's, our own flags too.
    run(&image, &["x", "--fuel", "1", "-q"]).prints("args.wrtb\0x\0--fuel\x001\0-q\0");
    run(&image, &["--", "--help"]).prints("args.wrtb\0--help\0");
    run(&image, &["--fuel", "1000", "-5"]).prints("args.wrtb\0-5\0");
}

#[test]
fn argument_zero() {
    let dir = Dir::new("argument_zero");
    let image = dir.image("args", &strings("$args_sizes", "$args"));
    let image = image.to_str().unwrap();
    wrtd(&["run", "--argv0", "/bin/tool", image, "a"]).prints("/bin/tool\0a\0");
    wrtd(&["run", "--argv0=", image]).prints("\0");
    // Behind the image it is the guest's.
    wrtd(&["run", image, "x", "--argv0", "y"]).prints("args.wrtb\0x\0--argv0\0y\0");
    wrtd(&["run", image, "--argv0"]).fails(240, "wrtd: ", "'--argv0 <NAME>'");
}

#[test]
fn environment() {
    let dir = Dir::new("environment");
    let image = dir.image("env", &strings("$env_sizes", "$env"));
    run(&image, &[]).prints("");
    run(&image, &["--env", "A=1", "--env", "B=x=y", "--env", "C="]).prints("A=1\0B=x=y\0C=\0");
}

#[test]
fn standard_streams() {
    let dir = Dir::new("streams");
    let image = dir.image("copy", &command("(call $copy (i32.const 0))"));
    let input = dir.file("input", "from a file");
    run(&image, &["--stdin", input.to_str().unwrap()]).prints("from a file");
    run(&image, &[]).prints("");
    let missing = dir.path().join("missing");
    run(&image, &["--stdin", missing.to_str().unwrap()]).fails(241, "wrtd: ", "missing: ");
    let mut child = Command::new(env!("CARGO_BIN_EXE_wrtd"))
        .arg("run")
        .arg(&image)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"through a pipe")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"through a pipe");
    let image = dir.image("both", &command("(call $put (i32.const 1) (i32.const 600) (i32.const 6)) (call $put (i32.const 2) (i32.const 600) (i32.const 5))"));
    let ran = run(&image, &[]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("hello\n", "hello")
    );
}

/// Opens `file.txt` below descriptor 3 and prints it; ends with the error code if that fails.
const READ_FILE: &str = "
    (local $errno i32)
    (local.set $errno (call $open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const 8) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
    (if (local.get $errno) (then (call $exit (local.get $errno))))
    (call $copy (i32.load (i32.const 32)))";

#[test]
fn directories() {
    let dir = Dir::new("directories");
    let image = dir.image("read", &command(READ_FILE));
    let host = dir.path().join("host");
    std::fs::create_dir(&host).unwrap();
    std::fs::write(host.join("file.txt"), "content").unwrap();
    let host = host.to_str().unwrap();
    run(&image, &["--dir", host]).prints("content");
    run(&image, &["--dir", &format!("{host}::/guest")]).prints("content");
    // Without a directory there is no descriptor 3; with another one there is no such file.
    assert_eq!(run(&image, &[]).status, 8);
    let other = dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    assert_eq!(run(&image, &["--dir", other.to_str().unwrap()]).status, 44);
    run(&image, &["--dir", "/no/such/dir"]).fails(241, "wrtd: --dir /no/such/dir: ", "");
}

#[cfg(unix)]
#[test]
fn no_way_out_of_a_directory() {
    let dir = Dir::new("no_way_out");
    let image = dir.image("read", &command(READ_FILE));
    let inside = dir.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(dir.path().join("file.txt"), "secret").unwrap();
    std::os::unix::fs::symlink("../file.txt", inside.join("file.txt")).unwrap();
    let ran = run(&image, &["--dir", inside.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (63, ""));
}

#[test]
fn pauses_do_not_disturb_a_command() {
    let dir = Dir::new("pauses");
    let image = dir.image(
        "copy",
        &command("(call $copy (i32.const 0)) (call $exit (i32.const 5))"),
    );
    let input = dir.file("input", "text");
    let ran = run(
        &image,
        &[
            "--fuel",
            "3",
            "--refill",
            "3",
            "--stdin",
            input.to_str().unwrap(),
        ],
    );
    assert_eq!((ran.status, ran.stdout.as_str()), (5, "text"));
    assert!(
        ran.stderr.contains("wrtd: paused in copy"),
        "{}",
        ran.stderr
    );
}
