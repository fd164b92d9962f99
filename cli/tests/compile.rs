//! `wrtc compile` and `wrtc wast`.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, FUNCTIONS, run, wrtc};

#[test]
fn compile_writes_an_image_and_says_so() {
    let dir = Dir::new("compile");
    let wat = dir.file("f.wat", FUNCTIONS);
    let wasm = dir.file("f.wasm", wat::parse_str(FUNCTIONS).unwrap());
    let ran = wrtc(&["compile", wat.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1);
    assert!(
        ran.stderr.contains("f.wrtb: 6 functions, "),
        "{}",
        ran.stderr
    );
    let first = std::fs::read(dir.path().join("f.wrtb")).unwrap();
    // From text and from binary, to another place, again: the same bytes.
    let out = dir.path().join("other.img");
    let ran = wrtc(&[
        "compile",
        wasm.to_str().unwrap(),
        "-o",
        out.to_str().unwrap(),
        "--report",
        "json",
    ]);
    assert_eq!(std::fs::read(&out).unwrap(), first);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&report["functions"], &report["image_bytes"]),
        (&6.into(), &first.len().into())
    );
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 4, "nothing is left behind: {names:?}");
}

#[test]
fn levels_agree_and_strip_shrinks() {
    let dir = Dir::new("levels");
    let wat = dir.file("f.wat", FUNCTIONS);
    let wat = wat.to_str().unwrap();
    for level in ["-O0", "-O1", "-O2"] {
        let out = dir.path().join(level);
        assert_eq!(
            wrtc(&["compile", wat, level, "-o", out.to_str().unwrap()]).status,
            0
        );
        run(&out, &["--fuel", "601", "--invoke", "count", "100"]).prints("7\n");
        assert_eq!(
            run(&out, &["--fuel", "600", "--invoke", "count", "100"]).status,
            249
        );
    }
    let out = dir.path().join("stripped");
    assert_eq!(
        wrtc(&["compile", wat, "--strip", "-o", out.to_str().unwrap()]).status,
        0
    );
    let size = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().len();
    assert!(size("stripped") < size("-O2"));
    run(&out, &["--invoke", "add", "1", "2"]).prints("3\n");
}

#[test]
fn what_does_not_compile_says_why() {
    let dir = Dir::new("refused");
    let compile = |name: &str, content: &[u8]| {
        let path = dir.file(name, content);
        wrtc(&["compile", path.to_str().unwrap()])
    };
    compile("a.wat", b"(module (func (result i32)))").fails(
        251,
        "wrtc: ",
        "a.wat: invalid module: type mismatch",
    );
    compile("b.wat", b"(module\n  (fnc))").fails(251, "wrtc: ", "(line 2:4)");
    compile("c.wasm", b"\0asm\x02\0\0\0").fails(251, "wrtc: ", "c.wasm: ");
    compile("d.wat", b"(module (func (drop (v128.const i64x2 0 0))))").fails(
        252,
        "wrtc: ",
        "offset 0x",
    );
    wrtc(&["compile", "/no/such/file.wasm"]).fails(241, "wrtc: /no/such/file.wasm: ", "");
    let wat = dir.file("ok.wat", "(module)");
    let wat = wat.to_str().unwrap();
    wrtc(&["compile", wat, "-o", "/no/such/dir/out"]).fails(241, "wrtc: /no/such/dir/out: ", "");
    wrtc(&["compile", wat, "-O3"]).fails(240, "wrtc: ", "the levels are 0, 1 and 2");
    wrtc(&["compile", wat, "--fast"]).fails(240, "wrtc: ", "unexpected argument '--fast'");
    wrtc(&["compile"]).fails(240, "wrtc: ", "<IN>");
    assert!(!dir.path().join("a.wrtb").exists());
}

#[test]
fn wast_counts_and_fails() {
    let dir = Dir::new("wast");
    let good = dir.file(
        "good.wast",
        r#"(module (func (export "f") (result i32) (i32.const 1)))
           (assert_return (invoke "f") (i32.const 1))
           (assert_malformed (module quote "(") "x")"#,
    );
    let bad = dir.file(
        "bad.wast",
        "(module (func (export \"f\")))\n(assert_trap (invoke \"f\") \"unreachable\")",
    );
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    wrtc(&["wast", good]).prints(&format!(
        "{good}: 2 passed, 0 failed, 0 skipped, 1 text-only\n"
    ));
    let ran = wrtc(&["wast", good, bad, "-O0", "--check"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines[1],
        format!("{bad}: 1 passed, 1 failed, 0 skipped, 0 text-only")
    );
    assert!(
        lines[2].starts_with(&format!("{bad}:2: assert_trap: expected the trap")),
        "{}",
        lines[2]
    );
    assert_eq!(
        lines[3],
        "2 files: 3 passed, 1 failed, 0 skipped, 1 text-only"
    );
    wrtc(&["wast", "/no/such.wast"]).fails(241, "wrtc: /no/such.wast: ", "");
}
