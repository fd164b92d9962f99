//! `wrtc compile` and `wrtc wast`.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, FUNCTIONS, piped, run, wrtc};

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
    compile(
        "d.wat",
        b"(module (memory 1) (func (memory.discard (i32.const 0) (i32.const 0))))",
    )
    .fails(252, "wrtc: ", "offset 0x");
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
fn what_modules_may_use_can_be_restricted() {
    let dir = Dir::new("features");
    let text = "(module (func (export \"f\") (result i32) (i8x16.extract_lane_u 0 (v128.const i64x2 7 0))))";
    let wat = dir.file("f.wat", text);
    let wat = wat.to_str().unwrap();
    let compile = |list: &str| wrtc(&["compile", wat, "--features", list]);
    for list in ["all", "simd", "wasm2", "-threads,-gc"] {
        let ran = compile(list);
        assert_eq!(ran.status, 0, "{list}: {}", ran.stderr);
    }
    let refusal = "simd is not among the accepted features";
    for list in ["wasm1", "-simd", "wasm3,-simd", "threads"] {
        compile(list).fails(252, "wrtc: ", refusal);
    }
    compile("wasm1").fails(252, "wrtc: ", "in function 0, at offset 0x");
    compile("simd,sse").fails(
        240,
        "wrtc: ",
        "there is no feature \"sse\": the features are floats, ",
    );
    let listed = wrtc(&["features"]);
    assert!(
        listed
            .stdout
            .contains("\nsimd                      wasm2\n"),
        "{}",
        listed.stdout
    );
    assert!(
        listed
            .stdout
            .contains("\nthreads                   proposal\n"),
        "{}",
        listed.stdout
    );
    // Every name that is listed is one that the flag takes.
    for line in listed.stdout.lines() {
        let name = line.split(' ').next().unwrap();
        assert_eq!(compile(&format!("simd,{name}")).status, 0, "{name}");
    }
    let script = dir.file(
        "f.wast",
        format!("{text} (assert_return (invoke \"f\") (i32.const 7))"),
    );
    let script = script.to_str().unwrap();
    assert_eq!(wrtc(&["wast", script]).status, 0);
    let ran = wrtc(&["wast", script, "--features", "wasm1"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains(refusal), "{}", ran.stdout);
}

#[test]
fn pipes_work_like_files() {
    let dir = Dir::new("pipes");
    let image = std::fs::read(dir.image("f", FUNCTIONS)).unwrap();
    let (wrtc_path, wrtd_path) = (env!("CARGO_BIN_EXE_wrtc"), env!("CARGO_BIN_EXE_wrtd"));
    let text = FUNCTIONS.as_bytes();
    let (ran, bytes) = piped(wrtc_path, &["compile", "-", "-o", "-"], text);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(bytes == image, "the same image as from a file");
    assert!(
        ran.stderr.starts_with("standard output: 6 functions, "),
        "{}",
        ran.stderr
    );
    for path in ["-", "/dev/stdin"] {
        let (ran, _) = piped(
            wrtd_path,
            &["run", path, "--invoke", "add", "1", "2"],
            &image,
        );
        ran.prints("3\n");
        let (ran, _) = piped(wrtd_path, &["run", path, "--invoke", "add", "1", "2"], text);
        ran.prints("3\n");
        let (ran, _) = piped(wrtc_path, &["inspect", path], &image);
        assert!(ran.stdout.contains(r#""add" (func"#), "{}", ran.stdout);
    }
    let (ran, _) = piped(wrtd_path, &["run", "-"], b"nothing of ours");
    ran.fails(242, "wrtd: -: ", "");
    let (ran, _) = piped(wrtd_path, &["run", "-"], b"");
    ran.fails(242, "wrtd: -: ", "");
    // There is no name to make the image's of, and one standard output is not enough for two things.
    let (ran, _) = piped(wrtc_path, &["compile", "-"], text);
    ran.fails(240, "wrtc: ", "give one with -o");
    let both = ["compile", "-", "-o", "-", "--report", "json"];
    let (ran, bytes) = piped(wrtc_path, &both, text);
    ran.fails(240, "wrtc: ", "cannot both go to standard output");
    assert!(bytes.is_empty());
}

#[test]
fn what_is_no_module_is_named() {
    let dir = Dir::new("no_modules");
    let image = dir.image("f", FUNCTIONS);
    let out = dir.path().join("out.wrtb");
    let compile = |path: &std::path::Path| {
        let (path, out) = (path.to_str().unwrap(), out.to_str().unwrap());
        wrtc(&["compile", path, "-o", out])
    };
    compile(&image).fails(251, "wrtc: ", "f.wrtb: this is a WRT image already");
    let noise = dir.file("noise", [0xff_u8; 100]);
    compile(&noise).fails(
        251,
        "wrtc: ",
        "neither a binary WebAssembly module nor text",
    );
    compile(&dir.file("empty", "")).fails(251, "wrtc: ", "empty: the file is empty");
    compile(dir.path()).fails(241, "wrtc: ", "no_modules: ");
    assert!(!out.exists());
}

#[test]
fn what_was_there_stays_when_compilation_fails() {
    let dir = Dir::new("kept");
    let image = dir.image("f", FUNCTIONS);
    let before = std::fs::read(&image).unwrap();
    let bad = dir.file("f.wat", "(module (func (result i32)))");
    wrtc(&["compile", bad.to_str().unwrap()]).fails(251, "wrtc: ", "");
    assert_eq!(std::fs::read(&image).unwrap(), before);
    // Onto the module itself nothing is written, whatever it is called.
    let wasm = wat::parse_str(FUNCTIONS).unwrap();
    let module = dir.file("module.wrtb", &wasm);
    let path = module.to_str().unwrap();
    let other = dir.path().join("../kept/module.wrtb");
    let message = "the image would replace the module";
    wrtc(&["compile", path]).fails(240, "wrtc: ", message);
    wrtc(&["compile", path, "-o", other.to_str().unwrap()]).fails(240, "wrtc: ", message);
    assert_eq!(std::fs::read(&module).unwrap(), wasm);
    let taken = dir.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    let taken = taken.to_str().unwrap();
    wrtc(&["compile", path, "-o", taken]).fails(241, "wrtc: ", "taken: ");
    let names = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(names, 4, "nothing is left behind");
}

#[cfg(unix)]
#[test]
fn the_new_image_takes_the_place_of_the_old_one() {
    use std::io::Read as _;
    let dir = Dir::new("replaced");
    let image = dir.image("f", FUNCTIONS);
    let before = std::fs::read(&image).unwrap();
    let mut open = std::fs::File::open(&image).unwrap();
    let link = dir.path().join("link.wrtb");
    std::os::unix::fs::symlink(&image, &link).unwrap();
    let other = dir.file("other.wat", "(module (func (export \"f\")))");
    let args = [
        "compile",
        other.to_str().unwrap(),
        "-o",
        link.to_str().unwrap(),
    ];
    assert_eq!(wrtc(&args).status, 0);
    // Through the link the file was replaced; who had opened the old one still has all of it.
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(std::fs::read(&image).unwrap(), before);
    run(&image, &["--invoke", "f"]).prints("");
    let mut old = Vec::new();
    open.read_to_end(&mut old).unwrap();
    assert_eq!(old, before);
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
    wrtc(&["wast", good]).prints(&format!("{good}: 2 passed, 0 failed, 1 text-only\n"));
    let ran = wrtc(&["wast", good, bad, "-O0", "--check"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[1], format!("{bad}: 1 passed, 1 failed, 0 text-only"));
    assert!(
        lines[2].starts_with(&format!("{bad}:2: assert_trap: expected the trap")),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3], "2 files: 3 passed, 1 failed, 1 text-only");
    wrtc(&["wast", "/no/such.wast"]).fails(241, "wrtc: /no/such.wast: ", "");
    let ran = wrtc(&["wast", "/no/such.wast", good, "/nor/this.wast"]);
    assert_eq!(ran.status, 241, "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("wrtc: /no/such.wast: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("\n/nor/this.wast: "), "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with(&format!("{good}: 2 passed")),
        "{}",
        ran.stdout
    );
    let broken = dir.file("broken.wast", "(module) (assert_retur)");
    let ran = wrtc(&["wast", broken.to_str().unwrap()]);
    assert_eq!(ran.status, 1, "a script that is none has failed");
    assert!(ran.stdout.contains(":1: script: "), "{}", ran.stdout);
    wrtc(&["wast"]).fails(240, "wrtc: ", "<FILE>");
}
