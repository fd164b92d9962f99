//! Style that a machine can check: sizes of files and functions, homes of unsafe code, direction of dependencies, exhaustive matches over
//! opcodes, nothing unfinished.

#![expect(
    clippy::unwrap_used,
    reason = "whatever a test does not expect is a failure"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Longest allowed source file, in lines.
const FILE_LINES: usize = 600;
/// Longest allowed function, in lines from signature to closing brace.
const FUNCTION_LINES: usize = 70;
/// Files whose matches over opcodes may have a wildcard: the interpreter that tests allocation with gives most of them one meaning.
const WILDCARDS: &[&str] = &["compiler/src/regalloc/meaning.rs"];
/// Folders that may contain unsafe code.
const UNSAFE_HOMES: &[&str] = &["vm/src/raw/", "vm/host/src/raw/", "testsuite/bare/"];
/// Which workspace crates each crate may depend on outside of tests.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    ("format", &[]),
    ("compiler", &["wrt-format"]),
    ("vm", &["wrt-format"]),
    ("vm/host", &["wrt-format", "wrt-vm"]),
    ("cli/wasi", &[]),
    (
        "cli",
        &[
            "wrt-format",
            "wrt-compiler",
            "wrt-vm",
            "wrt-host",
            "wrt-wasi",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// All Rust sources of the workspace, with their paths from its root.
fn sources() -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                let short = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                out.push((short, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(out.len() > 40, "found the sources");
    out.sort();
    out
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn fail_if_any(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn files_are_short() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > FILE_LINES)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    fail_if_any("files over the limit", &long);
}

/// Whether a line opens a function: `fn` behind visibility and qualifiers.
fn opens_function(line: &str) -> bool {
    let mut rest = line.trim_start();
    for prefix in [
        "pub(crate) ",
        "pub(super) ",
        "pub ",
        "const ",
        "unsafe ",
        "extern \"C\" ",
        "extern \"sysv64\" ",
    ] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    rest.starts_with("fn ")
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<_> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            if !opens_function(line) {
                continue;
            }
            // A table of one row per operator has nothing to split; its attribute says so.
            let attributes = lines[..start]
                .iter()
                .rev()
                .take_while(|l| !l.trim().is_empty() && l.trim_end() != "}");
            if attributes
                .into_iter()
                .any(|l| l.contains("a table: one row per operator"))
            {
                continue;
            }
            let closing = format!("{}}}", " ".repeat(indent(line)));
            let Some(length) = lines[start..].iter().position(|l| l.trim_end() == closing) else {
                continue;
            };
            if length + 1 > FUNCTION_LINES {
                long.push(format!("{path}:{}: {} lines", start + 1, length + 1));
            }
        }
    }
    fail_if_any("functions over the limit", &long);
}

#[test]
fn unsafe_code_stays_at_home() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        if UNSAFE_HOMES.iter().any(|home| path.starts_with(home))
            || path == "testsuite/tests/tidy.rs"
        {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let is_lint = ["unsafe_code", "unsafe_op", "reason = \""]
                .iter()
                .any(|lint| code.contains(lint));
            let word = code
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|w| w == "unsafe");
            if word && !is_lint && !code.contains("\"unsafe") {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    fail_if_any("unsafe code outside of its homes", &found);
}

#[test]
fn format_and_compiler_forbid_unsafe_code() {
    for path in ["format/src/lib.rs", "compiler/src/lib.rs"] {
        let text = fs::read_to_string(root().join(path)).unwrap();
        assert!(
            text.contains("#![forbid(unsafe_code)]"),
            "{path} forbids unsafe code"
        );
    }
}

#[test]
fn dependencies_point_one_way() {
    let mut wrong = Vec::new();
    for (folder, allowed) in DEPENDENCIES {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let mut section = String::new();
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line.to_string();
            }
            let name = line.split([' ', '.', '=']).next().unwrap_or_default();
            if section == "[dependencies]" && name.starts_with("wrt-") && !allowed.contains(&name) {
                wrong.push(format!("{folder} depends on {name}"));
            }
        }
    }
    fail_if_any("dependencies against the direction", &wrong);
}

/// A `_ =>` arm in a match whose other arms name opcodes hides the opcode that someone adds later.
#[test]
fn matches_over_opcodes_are_exhaustive() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        if WILDCARDS.contains(&path.as_str()) {
            continue;
        }
        let lines: Vec<_> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            if !line.trim_start().starts_with("_ =>") && !line.trim_start().starts_with("_ if ") {
                continue;
            }
            let depth = indent(line);
            let arms = lines[..number]
                .iter()
                .rev()
                .take_while(|l| l.trim().is_empty() || indent(l) >= depth);
            if arms
                .filter(|l| indent(l) == depth)
                .any(|l| l.trim_start().trim_start_matches("| ").starts_with("Op::"))
            {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    fail_if_any("wildcards in matches over opcodes", &found);
}

#[test]
fn nothing_is_left_unfinished() {
    let words = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "todo".to_owned() + "!(",
        "unimplemented".to_owned() + "!(",
        "#[ign".to_owned() + "ore",
    ];
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    fail_if_any("unfinished places", &found);
}

/// Every file says at its top what it is for.
#[test]
fn files_have_a_header() {
    let bare: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    fail_if_any("files without a header comment", &bare);
}
