//! README's first command does what README says.
#![cfg(feature = "compile")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::Dir;

/// The arguments of the commands behind `--` in README's first shell block, one list per command.
fn first_commands(readme: &str) -> Vec<(String, Vec<String>)> {
    let block = readme.split("```sh\n").nth(1).unwrap();
    let line = block.lines().next().unwrap();
    line.split(" && ")
        .map(|command| {
            let (cargo, args) = command.split_once(" -- ").unwrap();
            let binary = cargo.split(' ').next_back().unwrap();
            (
                binary.to_owned(),
                args.split(' ').map(str::to_owned).collect(),
            )
        })
        .collect()
}

#[test]
fn the_first_command_pauses_twice_and_prints_the_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let dir = Dir::new("readme");
    let image = dir.path().join("report.wrtb");
    let commands = first_commands(&readme);
    assert_eq!(commands.len(), 2);
    let mut outputs = Vec::new();
    for (binary, args) in commands {
        let path = match binary.as_str() {
            "wrtc" => env!("CARGO_BIN_EXE_wrtc"),
            "wrtd" => env!("CARGO_BIN_EXE_wrtd"),
            other => panic!("README runs {other}"),
        };
        let args = args.iter().map(|arg| match arg.as_str() {
            "target/report.wrtb" => image.to_str().unwrap(),
            other => other,
        });
        let output = Command::new(path)
            .args(args)
            .current_dir(&root)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        outputs.push(output);
    }
    let stdout = String::from_utf8_lossy(&outputs[1].stdout);
    let stderr = String::from_utf8_lossy(&outputs[1].stderr);
    assert!(
        stdout.starts_with("name ") && stdout.contains("\nbattery_mv "),
        "{stdout}"
    );
    assert_eq!(stderr.matches("wrtd: paused in ").count(), 2, "{stderr}");
    assert!(stderr.contains("fuel_used "), "{stderr}");
}
