//! `wrtd` of a target build, which has no compiler in it.
#![cfg(not(feature = "compile"))]

use std::path::Path;
use std::process::Command;

#[test]
fn modules_are_refused_and_the_reason_is_clear() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let wasm = dir.join("module.bin");
    std::fs::write(&wasm, b"\0asm\x01\0\0\0").unwrap();
    let wat = dir.join("module.wat");
    std::fs::write(&wat, "(module)").unwrap();
    for path in [wasm, wat] {
        let output = Command::new(env!("CARGO_BIN_EXE_wrtd"))
            .arg("run")
            .arg(&path)
            .output()
            .unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(242), "{line}");
        assert!(
            line.contains("this build of wrtd has no compiler"),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}
