//! What is no image, or not one of ours: each has its own status and one line.
#![cfg(feature = "compile")]

mod common;

use common::{Dir, FUNCTIONS, command, run, wrtc};

#[test]
fn files_that_cannot_be_run() {
    let dir = Dir::new("no_images");
    let missing = dir.path().join("missing.wrtb");
    run(&missing, &[]).fails(241, "wrtd: ", "missing.wrtb: ");
    run(dir.path(), &[]).fails(241, "wrtd: ", "no_images: ");
    let text = dir.file(
        "text.wrtb",
        "this is some text and certainly not an image at all\n".repeat(9),
    );
    run(&text, &[]).fails(242, "wrtd: ", "text.wrtb: ");
    run(&dir.file("empty.wrtb", ""), &[]).fails(242, "wrtd: ", "the file is empty");
    run(&dir.file("short.wrtb", "short"), &[]).fails(242, "wrtd: ", "short.wrtb: ");
}

#[test]
fn damaged_images() {
    let dir = Dir::new("damaged");
    let image = dir.image("f", FUNCTIONS);
    let bytes = std::fs::read(&image).unwrap();
    let with = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        run(&dir.file(name, bytes), &["--invoke", "add", "1", "2"])
    };
    with("same.wrtb", &|_| {}).prints("3\n");
    with("half.wrtb", &|bytes| bytes.truncate(bytes.len() / 2)).fails(244, "wrtd: ", "shorter");
    with("head.wrtb", &|bytes| bytes.truncate(100)).fails(244, "wrtd: ", "head.wrtb: ");
    with("major.wrtb", &|bytes| bytes[8] += 1).fails(243, "wrtd: ", "version");
    with("crc.wrtb", &|bytes| bytes[124] ^= 1).fails(245, "wrtd: ", "checksum");
    with("longer.wrtb", &|bytes| bytes.push(0)).fails(245, "wrtd: ", "longer");
}

#[test]
fn imports_that_are_not_there() {
    let dir = Dir::new("imports");
    let image = dir.image(
        "i",
        r#"(module (import "env" "f" (func (param i32))) (func (export "_start")))"#,
    );
    run(&image, &[]).fails(247, "wrtd: ", r#"unknown import "env" "f""#);
    let image = dir.image(
        "w",
        r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (func (export "_start")))"#,
    );
    run(&image, &[]).fails(247, "wrtd: ", r#""wasi_snapshot_preview1" "fd_close""#);
    let image = dir.image(
        "m",
        r#"(module (import "wasi_snapshot_preview1" "fd_dup" (func)) (func (export "_start")))"#,
    );
    run(&image, &[]).fails(247, "wrtd: ", "fd_dup");
    let image = dir.image(
        "many",
        r#"(module (import "env" "f" (func)) (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
             (import "env" "g" (func)) (import "a" "m" (memory 1)) (func (export "_start")))"#,
    );
    let ran = run(&image, &[]);
    assert_eq!(ran.status, 247);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        lines[0].contains(r#"unknown import "env" "f""#),
        "{lines:?}"
    );
    assert_eq!(
        lines[1..],
        [
            r#"  unknown import "env" "g""#,
            r#"  unknown import "a" "m""#
        ]
    );
    let image = dir.image("ok", &command(""));
    run(&image, &[]).prints("");
}

#[test]
fn inspect_shows_what_is_there() {
    let dir = Dir::new("inspect");
    let image = dir.image("f", FUNCTIONS);
    let path = image.to_str().unwrap();
    let ran = wrtc(&["inspect", path, "--json", "--verify"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["bytes"], std::fs::metadata(&image).unwrap().len());
    let module = &json["modules"][0];
    assert_eq!(
        (&module["functions"], &module["memories"]),
        (&6.into(), &1.into())
    );
    let exports = module["exports"].as_array().unwrap();
    let ty = |name: &str| {
        let export = exports
            .iter()
            .find(|export| export["name"] == name)
            .unwrap();
        export["type"].as_str().unwrap().to_owned()
    };
    assert_eq!(ty("add"), "(func (param i32 i32) (result i32))");
    assert_eq!(ty("memory"), "(memory 1 4)");
    assert_eq!(ty("global"), "(global i32)");
    assert_eq!(ty("deep"), "(func)");
    let sections = json["sections"].as_array().unwrap();
    assert!(
        sections
            .iter()
            .any(|s| s["kind"] == "CODE" && s["sha256"].as_str().unwrap().len() == 64)
    );
    let text = wrtc(&["inspect", path]);
    assert!(
        text.stdout
            .contains("\"add\" (func (param i32 i32) (result i32))\n"),
        "{}",
        text.stdout
    );
    for part in ["  max_frame_slots ", "  4 types", " 6 functions", "  CODE "] {
        assert!(text.stdout.contains(part), "{part}: {}", text.stdout);
    }
    let mut bytes = std::fs::read(&image).unwrap();
    let code = sections.iter().find(|s| s["kind"] == "NAMES").unwrap()["offset"]
        .as_u64()
        .unwrap();
    bytes[code as usize + 9] ^= 0x40;
    let damaged = dir.file("damaged.wrtb", bytes);
    wrtc(&["inspect", damaged.to_str().unwrap()]).fails(245, "wrtc: ", "hash");
}

#[test]
fn disasm_shows_code_beside_offsets() {
    let dir = Dir::new("disasm");
    let image = dir.image("f", FUNCTIONS);
    let path = image.to_str().unwrap();
    let all = wrtc(&["disasm", path]);
    assert_eq!(all.status, 0, "{}", all.stderr);
    let headings = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("func "))
            .count()
    };
    assert_eq!(headings(&all.stdout), 6, "{}", all.stdout);
    // A function without a name is called by that of its export.
    assert!(all.stdout.contains("func 1 all(i32 i64 f32 f64) ->"));
    for wanted in ["count", "2"] {
        let one = wrtc(&["disasm", path, "--func", wanted]);
        assert!(
            one.stdout.starts_with("func 2 count(i32) -> (i32)  frame "),
            "{}",
            one.stdout
        );
        assert_eq!(headings(&one.stdout), 1);
        assert!(
            one.stdout.contains("enter ") && one.stdout.contains("0x"),
            "{}",
            one.stdout
        );
    }
    let deep = wrtc(&["disasm", path, "--func", "deep"]);
    assert!(deep.stdout.contains("  ; func 5 deep\n"), "{}", deep.stdout);
    let none = "defines no function none; indices end at 5";
    wrtc(&["disasm", path, "--func", "none"]).fails(240, "wrtc: ", none);
    let command = dir.image("command", &command("(call $exit (i32.const 0))"));
    let command = command.to_str().unwrap();
    let imported = "function 0 is imported and has no code here";
    wrtc(&["disasm", command, "--func", "0"]).fails(240, "wrtc: ", imported);
    let start = wrtc(&["disasm", command, "--func", "_start"]);
    assert!(start.stdout.contains("; func 0 exit\n"), "{}", start.stdout);
    let text = dir.file(
        "text.wrtb",
        "no image, and long enough to hold a header if it were one. ".repeat(4),
    );
    wrtc(&["disasm", text.to_str().unwrap()]).fails(242, "wrtc: ", "text.wrtb: ");
}
