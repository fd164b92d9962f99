//! Scripts whose verdicts are known, right and wrong ones.

use super::*;

fn run(text: &str) -> Counts {
    let mut all = Vec::new();
    for opt_level in [OptLevel::O0, OptLevel::O2] {
        all.push(run_text(
            text,
            &Options {
                opt_level,
                check: true,
                ..Options::default()
            },
        ));
    }
    assert_eq!(all[0], all[1], "the levels agree");
    all.remove(0)
}

#[track_caller]
fn passes(text: &str, passed: u32) {
    let counts = run(text);
    assert_eq!(counts.failures, []);
    assert_eq!(counts.passed, passed);
}

/// The messages of the failures.
fn failures(text: &str) -> Vec<(usize, &'static str)> {
    run(text)
        .failures
        .iter()
        .map(|failure| (failure.line, failure.directive))
        .collect()
}

#[test]
fn every_kind_of_directive_that_can_pass() {
    passes(
        r#"
        (module $m
          (global (export "g") i32 (i32.const 7))
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
          (func $loop (export "loop") (call $loop))
          (func (export "pair") (result i64 f64) (i64.const -1) (f64.const 0.5))
          (func (export "null") (result funcref externref) (ref.null func) (ref.null extern))
          (func (export "echo") (param externref) (result externref) (local.get 0)))
        (invoke "add" (i32.const 1) (i32.const 2))
        (assert_return (invoke "add" (i32.const 1) (i32.const -2)) (i32.const -1))
        (assert_return (invoke $m "add" (i32.const 1) (i32.const 2)) (either (i32.const 4) (i32.const 3)))
        (assert_return (invoke "pair") (i64.const -1) (f64.const 0.5))
        (assert_return (invoke "null") (ref.null func) (ref.null))
        (assert_return (invoke "echo" (ref.extern 5)) (ref.extern 5))
        (assert_return (get "g") (i32.const 7))
        (assert_return (get $m "g") (i32.const 7))
        (assert_trap (invoke "div" (i32.const 1) (i32.const 0)) "integer divide by zero")
        (assert_exhaustion (invoke "loop") "call stack exhausted")
        (register "m" $m)
        (module (import "m" "add" (func $add (param i32 i32) (result i32)))
          (func (export "twice") (param i32) (result i32) (call $add (local.get 0) (local.get 0))))
        (assert_return (invoke "twice" (i32.const 21)) (i32.const 42))
        (assert_trap (module (func $f unreachable) (start $f)) "unreachable")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
        (assert_unlinkable (module (import "m" "none" (func))) "unknown import")
        (assert_unlinkable (module (import "m" "add" (func))) "incompatible import type")
        "#,
        19,
    );
}

#[test]
fn the_test_host_is_there() {
    passes(
        r#"
        (module
          (import "spectest" "global_i32" (global $i i32))
          (import "spectest" "global_i64" (global $j i64))
          (import "spectest" "global_f32" (global $f f32))
          (import "spectest" "global_f64" (global $g f64))
          (import "spectest" "table" (table 10 20 funcref))
          (import "spectest" "table64" (table i64 10 20 funcref))
          (import "spectest" "memory" (memory 1 2))
          (import "spectest" "print" (func $print))
          (import "spectest" "print_i32_f32" (func $print2 (param i32 f32)))
          (func (export "all") (result i32 i64 f32 f64)
            (call $print) (call $print2 (i32.const 1) (f32.const 2))
            (global.get $i) (global.get $j) (global.get $f) (global.get $g)))
        (assert_return (invoke "all")
          (i32.const 666) (i64.const 666) (f32.const 666.6) (f64.const 666.6))
        (assert_unlinkable (module (import "spectest" "memory" (memory 3))) "incompatible import type")
        "#,
        3,
    );
}

#[test]
fn definitions_are_instantiated_by_name() {
    passes(
        r#"
        (module definition $d
          (global $g (mut i32) (i32.const 0))
          (func (export "next") (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
        (module instance $a $d)
        (module instance $b $d)
        (assert_return (invoke $a "next") (i32.const 1))
        (assert_return (invoke $a "next") (i32.const 2))
        (assert_return (invoke $b "next") (i32.const 1))
        "#,
        6,
    );
}

#[test]
fn what_is_wrong_fails_with_its_line() {
    let text = r#"(module (func (export "one") (result i32) (i32.const 1)))
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "one"))
(assert_return (invoke "none") (i32.const 1))
(assert_trap (invoke "one") "unreachable")
(assert_invalid (module) "type mismatch")
(assert_malformed (module quote "(func)") "unexpected token")
(assert_unlinkable (module) "unknown import")
(assert_exception (invoke "one"))
(assert_return (get "one") (i32.const 1))
(register "x" $nobody)
(module (import "nowhere" "f" (func)))
(invoke "one")
"#;
    let lines: Vec<usize> = failures(text).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, (2..=13).collect::<Vec<_>>());
    let counts = run(text);
    assert_eq!(counts.passed, 1);
    let shown = counts.failures[0].to_string();
    assert!(shown.starts_with("2: assert_return: expected"), "{shown}");
}

#[test]
fn traps_must_be_the_right_ones() {
    let text = r#"(module (func (export "f") unreachable))
(assert_trap (invoke "f") "unreachable")
(assert_trap (invoke "f") "integer overflow")
(assert_return (invoke "f"))
(assert_exhaustion (invoke "f") "call stack exhausted")"#;
    let lines: Vec<usize> = failures(text).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 4, 5]);
}

#[test]
fn text_that_must_not_parse_is_counted_apart() {
    let counts = run(r#"(assert_malformed (module quote "(func") "unexpected token")"#);
    assert_eq!((counts.passed, counts.text, counts.failed()), (0, 1, 0));
    assert_eq!(counts.to_string(), "0 passed, 0 failed, 1 text-only");
}

#[test]
fn a_script_that_does_not_parse_is_a_failure() {
    let counts = run("(module)\n(assert_nothing)");
    assert_eq!(counts.failures.len(), 1);
    assert_eq!(
        (counts.failures[0].line, counts.failures[0].directive),
        (2, "script")
    );
}

/// A module with a shared memory, and one that uses it.
const SHARED: &str = r#"
(module $m (memory (export "m") 1 1 shared))"#;
const USER: &str = r#"(register "m" $m)
  (module (import "m" "m" (memory 1 1 shared))
    (func (export "wait") (param i32 i64) (result i32)
      (memory.atomic.wait32 (local.get 0) (i32.const 0) (local.get 1)))
    (func (export "notify") (param i32) (result i32)
      (memory.atomic.notify (local.get 0) (i32.const 9)))
    (func (export "set") (param i32) (i32.atomic.store (local.get 0) (i32.const 1)))
    (func (export "spin") (param i32)
      (loop (br_if 0 (i32.eqz (i32.atomic.load (local.get 0)))))))"#;

#[test]
fn threads_take_turns_until_they_are_waited_for() {
    // Each waits for the other: by notifications, then by looking again and again.
    let script = format!(
        r#"{SHARED}
        (thread $a (shared (module $m)) {USER}
          (assert_return (invoke "wait" (i32.const 0) (i64.const -1)) (i32.const 0))
          (invoke "spin" (i32.const 8))
          (invoke "set" (i32.const 16)))
        (thread $b (shared (module $m)) {USER}
          (assert_return (invoke "notify" (i32.const 0)) (i32.const 1))
          (invoke "set" (i32.const 8))
          (invoke "spin" (i32.const 16)))
        (wait $b)
        (wait $a)"#
    );
    passes(&script, 5 + 2 * 5);
    // The script itself waits for one, and a wait may end by time.
    let script = format!(
        r#"{SHARED} {USER}
        (thread $a (shared (module $m)) {USER}
          (assert_return (invoke "notify" (i32.const 0)) (i32.const 1)))
        (assert_return (invoke "wait" (i32.const 0) (i64.const -1)) (i32.const 0))
        (wait $a)
        (assert_return (invoke "wait" (i32.const 0) (i64.const 10)) (i32.const 2))"#
    );
    passes(&script, 7 + 3);
}

#[test]
fn what_goes_wrong_in_threads_is_a_failure() {
    let script = format!(
        r#"{SHARED}
        (thread $a (shared (module $m)) {USER}
          (invoke "wait" (i32.const 0) (i64.const -1)))
        (wait $a)"#
    );
    assert_eq!(failures(&script), [(13, "wait")]);
    assert_eq!(failures("(module) (wait $a)"), [(1, "wait")]);
    assert_eq!(
        failures("(module) (thread $a (shared (module $m)))"),
        [(1, "thread")]
    );
    let script = format!(
        r#"{SHARED}
        (thread $a (shared (module $m)) {USER}
          (assert_return (invoke "notify" (i32.const 0)) (i32.const 1))
          (assert_return (invoke "nothing") (i32.const 1))
          (assert_trap (invoke "set" (i32.const -4)) "out of bounds memory access")
          (module (func (export "f") (unreachable)))
          (invoke "f"))
        (wait $a)"#
    );
    let expected = [(12, "assert_return"), (13, "assert_return"), (16, "invoke")];
    assert_eq!(failures(&script), expected);
}
