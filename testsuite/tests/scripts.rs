//! The scripts in `testsuite/wast`: of what the official suite has no files for. Every directive passes, at every level.

use core::fmt::Write as _;
use std::path::Path;

use wrt_cli::wast::{Options, run_file};
use wrt_compiler::OptLevel;

#[test]
fn our_own_scripts_pass_at_every_level() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wast");
    let mut scripts = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        passes(&entry.expect("an entry").path());
        scripts += 1;
    }
    assert!(scripts > 0);
}

/// Every directive of a script passes at every level, and for debugging.
fn passes(path: &Path) {
    let levels = [OptLevel::O0, OptLevel::O1, OptLevel::O2];
    let ways = levels.map(|level| (level, false));
    for (opt_level, debug) in ways.into_iter().chain([(OptLevel::O0, true)]) {
        let options = Options {
            opt_level,
            debug,
            check: true,
            ..Options::default()
        };
        let counts = run_file(path, &options).expect("a readable script");
        let place = path.display();
        assert_eq!(counts.failures, [], "{place} at {opt_level:?}, -g: {debug}");
        assert!(counts.passed > 0, "{counts}");
    }
}

/// Parameters of a function all of which it needs behind what it calls: so what it calls has its frame behind slot 255, and the place of
/// that does not fit the last two bytes of the call.
const MANY: i32 = 300;

/// What is called from a large frame, each with the name of a function, the text, and what it gives.
const CALLS: [(&str, &str, i32); 8] = [
    ("direct", "(call $step (local.get 7))", 8),
    (
        "indirect",
        "(call_indirect $other (type $step) (local.get 8) (i32.const 0))",
        9,
    ),
    (
        "zero",
        "(call_indirect $zero (type $step) (local.get 9) (i32.const 0))",
        10,
    ),
    (
        "reference",
        "(call_ref $step (local.get 10) (ref.func $step))",
        11,
    ),
    ("import", "(call $print (local.get 11)) (i32.const 11)", 11),
    ("several", "(call $two (local.get 12)) i32.add", 36),
    (
        "caught",
        "(block $h (result i32) (try_table (catch $e $h) (call $fail (local.get 13))) (i32.const 0))",
        13,
    ),
    (
        "thrown",
        "(block $h (result i32) (try_table (catch $e $h) (throw $e (local.get 14))) (i32.const 0))",
        14,
    ),
];

#[test]
fn calls_from_large_frames() {
    let mut text = String::from(
        "(module
          (import \"spectest\" \"print_i32\" (func $print (param i32)))
          (type $step (func (param i32) (result i32)))
          (tag $e (param i32))
          (table $zero 1 funcref)
          (table $other 1 funcref)
          (elem (table $zero) (i32.const 0) func $step)
          (elem (table $other) (i32.const 0) func $step)
          (func $step (type $step) (i32.add (local.get 0) (i32.const 1)))
          (func $fail (param i32) (throw $e (local.get 0)))
          (func $two (param i32) (result i32 i32) (local.get 0) (i32.mul (local.get 0) (i32.const 2)))",
    );
    for (name, call, _) in CALLS {
        let sum: String = (0..MANY)
            .map(|i| format!(" local.get {i} i32.add"))
            .collect();
        let args: String = (0..MANY).map(|i| format!(" (i32.const {i})")).collect();
        let params = " i32".repeat(MANY as usize);
        write!(
            text,
            "(func ${name} (param{params}) (result i32) {call}{sum})
             (func (export \"{name}\") (result i32) (call ${name}{args}))"
        )
        .unwrap();
    }
    text.push(')');
    for (name, _, given) in CALLS {
        let expected = given + (0..MANY).sum::<i32>();
        write!(
            text,
            "(assert_return (invoke \"{name}\") (i32.const {expected}))"
        )
        .unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.wast");
    std::fs::write(&path, text).unwrap();
    passes(&path);
}
