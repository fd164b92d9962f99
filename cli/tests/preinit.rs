//! `wrtc compile --preinit`: the image begins where the run at build time has ended, and does what a run from the start would do.
#![cfg(feature = "compile")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Dir, Ran, run, wrtc};

/// Everything that has state: memory that grows and is written, dropped segments, tables, globals of all types.
const MODULE: &str = r#"(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (memory (export "memory") 1 10)
  (memory $second i64 1)
  (table $t (export "t") 4 funcref)
  (table $typed 2 (ref null $unary))
  (global $i32 (mut i32) (i32.const 0)) (global $i64 (mut i64) (i64.const 0))
  (global $f32 (mut f32) (f32.const 0)) (global $f64 (mut f64) (f64.const 0))
  (global $v (mut v128) (v128.const i64x2 0 0)) (global $f (mut funcref) (ref.null func))
  (global $fixed i32 (i32.const 77)) (global $e (mut externref) (ref.null extern))
  (data $active (i32.const 100) "active")
  (data $passive "passive")
  (data $kept "kept")
  (elem $on (table $t) (i32.const 0) func $inc)
  (elem $later func $inc $dec)
  (elem $left func $dec)
  (elem declare func $dec $trap)
  (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $dec (type $unary) (i32.sub (local.get 0) (i32.const 1)))
  (func $trap (type $unary) unreachable)
  (func $start
    (drop (memory.grow (i32.const 2)))
    (i32.store8 (i32.const 196607) (i32.const 9))
    (i64.store $second (i64.const 5000) (i64.const 0x1122334455667788))
    (memory.init $passive (i32.const 200) (i32.const 0) (i32.const 7))
    (data.drop $passive)
    (global.set $i32 (i32.const -5)) (global.set $i64 (i64.const -6))
    (global.set $f32 (f32.const -0.5)) (global.set $f64 (f64.const nan:0x4000000000001))
    (global.set $v (v128.const i64x2 1 -1)) (global.set $f (ref.func $dec)))
  (start $start)
  (func (export "init")
    (table.init $t $later (i32.const 2) (i32.const 0) (i32.const 2))
    (elem.drop $later)
    (drop (table.grow $t (ref.null func) (i32.const 3)))
    (table.set $t (i32.const 6) (global.get $f))
    (table.set $typed (i32.const 1) (ref.func $trap))
    (i32.store (i32.const 300) (i32.add (i32.load (i32.const 300)) (i32.const 1))))
  (func (export "call") (param i32 i32) (result i32)
    (call_indirect $t (type $unary) (local.get 1) (local.get 0)))
  (func (export "typed") (result i32) (call_ref $unary (i32.const 1) (table.get $typed (i32.const 1))))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "sizes") (result i32 i32 i32) (memory.size) (table.size $t) (global.get $fixed))
  (func (export "globals") (result i32 i64 i32 i64 i64 i64 i32)
    (global.get $i32) (global.get $i64) (i32.reinterpret_f32 (global.get $f32)) (i64.reinterpret_f64 (global.get $f64))
    (i64x2.extract_lane 0 (global.get $v)) (i64x2.extract_lane 1 (global.get $v))
    (ref.is_null (global.get $e)))
  (func (export "second") (result i64) (i64.load $second (i64.const 5000)))
  (func (export "kept") (result i32) (memory.init $kept (i32.const 0) (i32.const 0) (i32.const 4)) (i32.load (i32.const 0)))
  (func (export "dropped") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "left") (result i32)
    (table.init $t $left (i32.const 1) (i32.const 0) (i32.const 1))
    (call_indirect $t (type $unary) (i32.const 50) (i32.const 1)))
  (func (export "gone") (table.init $t $later (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "random") (result i64) (drop (call $random (i32.const 400) (i32.const 8))) (i64.load (i32.const 400)))
  (func (export "shout") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8))))
  (func (export "forever") (loop (br 0)))
  (func (export "takes") (param i32)))"#;

fn compile(dir: &Dir, name: &str, flags: &[&str]) -> (Ran, std::path::PathBuf) {
    let wat = dir.file("m.wat", MODULE);
    let image = dir.path().join(name);
    let line = [
        &[
            "compile",
            wat.to_str().unwrap(),
            "-o",
            image.to_str().unwrap(),
        ],
        flags,
    ]
    .concat();
    (wrtc(&line), image)
}

#[test]
fn what_the_run_has_made_is_there_and_the_run_is_not() {
    let dir = Dir::new("preinit");
    let (ran, made) = compile(&dir, "made.wrtb", &["--preinit=init"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("preinitialised with "),
        "{}",
        ran.stderr
    );
    let (_, plain) = compile(&dir, "plain.wrtb", &[]);
    for level in ["-O0", "-O1"] {
        let (ran, other) = compile(&dir, "other.wrtb", &["--preinit=init", level]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        run(&other, &["--invoke", "call", "3", "7"]).prints("6\n");
    }
    let prints = |args: &[&str], out: &str| run(&made, &[&["--invoke"], args].concat()).prints(out);
    prints(&["sizes"], "3\n7\n77\n");
    prints(&["load", "100"], "97\n");
    prints(&["load", "206"], "101\n");
    prints(&["load", "300"], "1\n");
    prints(&["load", "196607"], "9\n");
    prints(&["second"], "1234605616436508552\n");
    prints(&["call", "0", "7"], "8\n");
    prints(&["call", "2", "7"], "8\n");
    prints(&["call", "6", "7"], "6\n");
    prints(&["kept"], "1953523051\n");
    prints(&["left"], "49\n");
    let globals = run(&plain, &["--invoke", "globals"]).stdout;
    prints(&["globals"], &globals);
    // The start function is not run again, so nothing but the call costs fuel.
    let used = |image| {
        let stats = run(image, &["--stats", "--invoke", "load", "0"]).stderr;
        let used = stats
            .lines()
            .find_map(|line| line.strip_prefix("fuel_used"));
        used.unwrap().trim().parse::<u64>().unwrap()
    };
    assert_eq!(used(&made), 2);
    assert!(used(&plain) > 20);
    for (name, text) in [
        ("call", "uninitialized element"),
        ("dropped", "out of bounds memory access"),
        ("gone", "out of bounds table access"),
    ] {
        let args: &[&str] = if name == "call" { &["1", "7"] } else { &[] };
        let trapped = run(&made, &[&["--invoke", name], args].concat());
        assert_eq!(trapped.status, 248, "{name}: {}", trapped.stderr);
        assert!(trapped.stderr.contains(text), "{name}: {}", trapped.stderr);
    }
    // Whoever runs the image must not initialise it twice.
    run(&made, &["--invoke", "init"]).fails(240, "wrtd: ", "exports no function \"init\"");
    // Traps are where they were in the user's module. Only the elements of the typed table differ: before, there are none.
    let place = |image| {
        let trapped = run(image, &["--invoke", "dropped"]).stderr;
        trapped[trapped.find("(wasm offset").unwrap()..].to_owned()
    };
    assert_eq!(place(&made), place(&plain));
    let typed = run(&made, &["--invoke", "typed"]);
    assert!(typed.stderr.contains("unreachable"), "{}", typed.stderr);
}

#[test]
fn the_host_is_closed_but_for_what_is_allowed() {
    let dir = Dir::new("preinit_host");
    let (ran, _) = compile(&dir, "m.wrtb", &["--preinit=shout"]);
    ran.fails(240, "wrtc: ", "--preinit-allow fd_write)");
    let (ran, _) = compile(
        &dir,
        "m.wrtb",
        &["--preinit=shout", "--preinit-allow", "fd_write"],
    );
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

#[test]
fn a_run_that_does_not_end_well_gives_no_image() {
    let dir = Dir::new("preinit_ends");
    let fails = |flags: &[&str], status: i32, part: &str| {
        let (ran, image) = compile(&dir, "m.wrtb", flags);
        assert_eq!(ran.status, status, "{}", ran.stderr);
        assert!(
            ran.stderr.starts_with("wrtc: ") && ran.stderr.contains(part),
            "{}",
            ran.stderr
        );
        assert!(!image.exists(), "{flags:?}");
    };
    fails(
        &["--preinit=forever", "--preinit-fuel", "5000"],
        249,
        "out of fuel in forever",
    );
    fails(
        &["--preinit=gone", "--preinit-fuel", "5"],
        249,
        "out of fuel",
    );
    fails(
        &["--preinit=nothing"],
        240,
        "exports no function \"nothing\"",
    );
    fails(&["--preinit=takes"], 240, "neither parameters nor results");
    fails(&["--preinit-fuel", "5"], 240, "--preinit");
    let module = |text: &str, flags: &[&str], status: i32, part: &str| {
        let wat = dir.file("x.wat", text);
        let ran = wrtc(&[&["compile", wat.to_str().unwrap(), "--preinit"], flags].concat());
        assert_eq!(ran.status, status, "{}", ran.stderr);
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
        assert!(!wat.with_extension("wrtb").exists());
    };
    module(
        "(module (func $f unreachable) (start $f))",
        &[],
        248,
        "trap: unreachable",
    );
    module(
        "(module (tag $t) (func $f (throw $t)) (start $f))",
        &[],
        253,
        "uncaught exception",
    );
    module(
        "(module (import \"a\" \"m\" (memory 1)))",
        &[],
        240,
        "imports \"a\" \"m\", which is no function",
    );
    let object = "(module (type $s (struct)) (global (mut anyref) (ref.null any)) (func $f (global.set 0 (struct.new $s))) (start $f))";
    module(object, &[], 240, "global 0 holds a reference");
    let element = "(module (table 3 anyref) (func $f (table.set (i32.const 2) (ref.i31 (i32.const 1)))) (start $f))";
    module(element, &[], 240, "element 2 of table 0 holds a reference");
    let exits = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
        (func $f (call $exit (i32.const 3))) (start $f))"#;
    module(
        exits,
        &["--preinit-allow", "proc_exit"],
        240,
        "exited with code 3",
    );
}
