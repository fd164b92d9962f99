//! gdb itself as the client of `wrtd debug`: a C program, forward and backward. Without gdb on the machine these tests say so and do nothing, but fail
//! where `CI` is set.
#![cfg(all(feature = "compile", feature = "debug"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::process::{Command, Stdio};

use common::gdb::Server;
use common::{Dir, text, wrtc};

/// What is debugged: `cli/tests/debug/shapes.c`, which says how it is compiled.
const SHAPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/debug/shapes.wasm");
/// Where its source is.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/debug");

/// Whether there is a gdb.
fn has_gdb() -> bool {
    let found = Command::new("gdb").arg("--version").output().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "gdb is missing");
    if !found {
        eprintln!("skipped: there is no gdb");
    }
    found
}

/// What gdb shows for commands, the first of which connects it.
fn gdb(commands: &[&str]) -> String {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", "set pagination off"]);
    gdb.args(["-ex", "set width 0", "-ex", &format!("directory {SOURCES}")]);
    for command in commands {
        gdb.args(["-ex", command]);
    }
    let output = gdb
        .env_remove("DEBUGINFOD_URLS")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    format!("{out}\n--\n{}", String::from_utf8_lossy(&output.stderr))
}

/// The parts are there, one behind the other.
#[track_caller]
fn in_order(all: &str, parts: &[&str]) {
    let mut rest = all;
    for part in parts {
        let Some(at) = rest.find(part) else {
            panic!("{part:?} is missing in\n{rest}\nof\n{all}");
        };
        rest = &rest[at + part.len()..];
    }
}

/// What gdb is told.
const THERE_AND_BACK: &[&str] = &[
    "break square",
    "continue",
    "backtrace",
    "info locals",
    "next",
    "print result",
    "finish",
    "delete",
    "watch total",
    "continue",
    "continue",
    "print shapes[1]",
    "reverse-continue",
    "print total",
    "delete",
    "break measure",
    "reverse-continue",
    "info args",
    "reverse-step",
    "delete",
    "break factorial if n == 1",
    "continue",
    "backtrace",
    "finish",
    "reverse-finish",
    "up",
    "delete",
    "continue",
    "continue",
];

/// What it shows, among other things.
const SHOWN: &[&str] = &[
    "_start () at shapes.c",
    "Breakpoint 1 at",
    "Breakpoint 1, square (value=3) at shapes.c",
    "int result = value * value;",
    "#0  square (value=3)",
    "#1  ",
    "in measure (shape=",
    "sides=3)",
    "#2  ",
    "in _start ()",
    "result = 0",
    "return result;",
    "$1 = 9",
    "int area = square(sides);",
    "Value returned is $2 = 9",
    "Hardware watchpoint 2: total",
    "Old value = 0\nNew value = 9\n",
    "Old value = 9\nNew value = 25\n",
    "$3 = {sides = 4, area = 8}",
    // Back over the second change, to the first sum.
    "Old value = 25\nNew value = 9\n",
    "$4 = 9",
    "Breakpoint 3, measure (shape=",
    "sides = 4",
    "_start () at shapes.c",
    "measure(&shapes[i], i + 3);",
    "factorial (n=1) at shapes.c",
    "#0  factorial (n=1)",
    "#4  ",
    "in factorial (n=5)",
    "#5  ",
    "in _start ()",
    "in factorial (n=2)",
    "Value returned is $5 = 1",
    "No more reverse-execution history.",
    "exited with code 07",
    "--",
    "wrtd: the guest ends here with status 7",
];

#[test]
fn a_c_program_is_debugged_forward_and_backward() {
    if !has_gdb() {
        return;
    }
    let mut server = Server::start(&[SHAPES]);
    let connect = format!("target remote {}", server.address);
    let all = gdb(&[&[&*connect], THERE_AND_BACK].concat());
    in_order(&all, SHOWN);
    // Backtraces end where the guest begins.
    assert!(!all.contains("?? ()") && !all.contains("#6  "), "{all}");
    let ran = server.end();
    // However often time was gone over, nothing is printed twice.
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (7, "shape\nshape\nshape\nshape\n")
    );
}

#[test]
fn a_trap_is_looked_at_and_gone_back_from_over_a_pipe() {
    if !has_gdb() {
        return;
    }
    let dir = Dir::new("gdb-trap");
    let image = dir.path().join("shapes.wrtb");
    let compiled = wrtc(&["compile", "-g", SHAPES, "-o", text(&image)]);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    let wrtd = env!("CARGO_BIN_EXE_wrtd");
    let all = gdb(&[
        &format!("target remote | {wrtd} debug --gdb - {} trap", text(&image)),
        "continue",
        "backtrace",
        "print product",
        "monitor where",
        "reverse-next",
        "break square if value == 5",
        "reverse-continue",
        "info locals",
        "print value",
        "monitor fuel",
        "continue",
        "continue",
    ]);
    in_order(
        &all,
        &[
            "Reading /shapes.elf from remote target...",
            "_start () at shapes.c",
            "Program received signal SIGILL, Illegal instruction.",
            "_start () at shapes.c:5",
            "__builtin_trap();",
            "#0  ",
            "_start () at shapes.c",
            "$1 = 120",
            "if (count > 1)",
            "square (value=5) at shapes.c",
            "$2 = 5",
            "Program received signal SIGILL, Illegal instruction.",
            "Program terminated with signal SIGILL, Illegal instruction.",
            "--",
            "wrtd: trap: unreachable",
            "  0: _start (wasm offset 0x",
            "fuel used; ",
        ],
    );
}

/// A function that is called by name is the outermost one, in optimised code too.
#[test]
fn an_export_is_where_backtraces_end() {
    if !has_gdb() {
        return;
    }
    let list = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../testsuite/programs/debug_list_o2.wasm"
    );
    let mut server = Server::start(&["--invoke", "run", list, "5"]);
    let all = gdb(&[
        &format!("target remote {}", server.address),
        "backtrace",
        "next",
        "reverse-next",
        "finish",
        "kill",
    ]);
    in_order(&all, &["run (n=5) at", "#0  run (n=5) at", "--"]);
    assert!(
        all.contains("not meaningful in the outermost frame"),
        "{all}"
    );
    assert!(!all.contains("?? ()"), "{all}");
    assert_eq!(server.end().status, 0);
}

#[test]
fn a_variable_is_set_and_the_guest_let_go() {
    if !has_gdb() {
        return;
    }
    let mut server = Server::start(&[SHAPES]);
    let all = gdb(&[
        &format!("target remote {}", server.address),
        "info functions factorial",
        "info line measure",
        "break measure",
        "continue",
        "set var total = 100",
        "print total",
        "delete",
        "watch total",
        "continue",
        "delete",
        "stepi",
        "reverse-stepi",
        "reverse-continue",
        "detach",
    ]);
    in_order(
        &all,
        &[
            "factorial",
            "Line ",
            "Breakpoint 1, measure",
            "$1 = 100",
            "Old value = 100\nNew value = 109\n",
            // Time begins where the variable was set.
            "No more reverse-execution history.",
            "measure (shape=",
            "detached",
        ],
    );
    let ran = server.end();
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (7, "shape\nshape\nshape\nshape\n")
    );
}
