//! What the tests of the commands share: running the binaries, temporary directories, small guests.
#![allow(dead_code, reason = "every test binary uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "debug")]
pub(crate) mod gdb;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A log analyser in C, see `testsuite/programs/src/report.c`.
pub(crate) const REPORT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../testsuite/programs/report.wasm"
);
/// What it reads.
pub(crate) const LOG: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../testsuite/programs/data/log.txt"
);
/// Producers and consumers in C, with a mutex and condition variables, see `testsuite/programs/src/threads_queue.c`.
pub(crate) const QUEUE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../testsuite/programs/threads_queue.wasm"
);

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The image of a program of the test suite.
pub(crate) fn image(dir: &Dir, wasm: &str) -> PathBuf {
    let image = dir.path().join("guest.wrtb");
    let compiled = wrtc(&["compile", wasm, "-o", text(&image)]);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    image
}

/// A directory of this test's own, empty.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        if path.exists() {
            std::fs::remove_dir_all(&path).unwrap();
        }
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Compiles a module in text; the image's path.
    pub(crate) fn image(&self, name: &str, wat: &str) -> PathBuf {
        let wat = self.file(&format!("{name}.wat"), wat);
        let output = wrtc(&["compile", wat.to_str().unwrap()]);
        assert_eq!(output.status, 0, "{}", output.stderr);
        wat.with_extension("wrtb")
    }
}

/// What a command came to.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// It failed with this status and one line on standard error, which begins like this and holds that.
    #[track_caller]
    pub(crate) fn fails(&self, status: i32, start: &str, part: &str) {
        assert_eq!(self.status, status, "{}", self.stderr);
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "{}", self.stderr);
        assert!(self.stderr.starts_with(start), "{}", self.stderr);
        assert!(self.stderr.contains(part), "{}", self.stderr);
    }

    /// It succeeded and printed this, and nothing to standard error.
    #[track_caller]
    pub(crate) fn prints(&self, stdout: &str) {
        assert_eq!(
            (self.status, self.stderr.as_str()),
            (0, ""),
            "{}",
            self.stdout
        );
        assert_eq!(self.stdout, stdout);
    }
}

fn ran(output: Output) -> Ran {
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub(crate) fn wrtd(args: &[&str]) -> Ran {
    ran(Command::new(env!("CARGO_BIN_EXE_wrtd"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap())
}

pub(crate) fn wrtc(args: &[&str]) -> Ran {
    ran(Command::new(env!("CARGO_BIN_EXE_wrtc"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap())
}

/// A command that is given something on standard input; the bytes of its standard output.
pub(crate) fn piped(binary: &str, args: &[&str], input: &[u8]) -> (Ran, Vec<u8>) {
    let mut child = Command::new(binary)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early may leave its input unread.
    drop(child.stdin.take().unwrap().write_all(input));
    let output = child.wait_with_output().unwrap();
    let stdout = output.stdout.clone();
    (ran(output), stdout)
}

/// `wrtd run` of a file, with more arguments behind it.
pub(crate) fn run(image: &Path, args: &[&str]) -> Ran {
    wrtd(&[&["run", image.to_str().unwrap()], args].concat())
}

/// Functions to invoke.
pub(crate) const FUNCTIONS: &str = r#"
(module
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "all") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3))
  (func $count (export "count") (param i32) (result i32)
    (loop $again
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (i32.const 7))
  (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $outer (export "outer") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
  (func $deep (export "deep") (call $deep))
  (global (export "global") i32 (i32.const 1))
  (memory (export "memory") 1 4))
"#;

/// A WASI command whose `_start` has this body. `$iov` is at 0, results go to 16, data to 1024.
pub(crate) fn command(body: &str) -> String {
    format!(
        r#"
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "file.txt")
  (data (i32.const 600) "hello\n")
  ;; Writes $len bytes at $ptr to $fd.
  (func $put (param $fd i32) (param $ptr i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $ptr))
    (i32.store (i32.const 4) (local.get $len))
    (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16))))
  ;; Copies up to 4096 bytes from $fd to standard output.
  (func $copy (param $fd i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 4096))
    (if (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16))
      (then (call $exit (i32.const 99))))
    (call $put (i32.const 1) (i32.const 1024) (i32.load (i32.const 16))))
  (func $start (export "_start") {body}))
"#
    )
}
