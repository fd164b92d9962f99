//! `wrtc compile -g`, and what gdb makes of the symbol file. gdb is asked about the file alone, without a guest: what it shows of one that runs is in
//! the tests of `wrtd debug`.
#![cfg(feature = "compile")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Dir, FUNCTIONS, run, text, wrtc};

/// Lists in C, built without optimisation and with it: see `testsuite/programs/src/debug_list.c`.
const LIST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../testsuite/programs/debug_list.wasm"
);
const LIST_O2: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../testsuite/programs/debug_list_o2.wasm"
);
/// Where their sources are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testsuite/programs/src");

/// The symbol file of a module.
fn symbols(dir: &Dir, module: &Path) -> PathBuf {
    let image = dir.path().join("debug.wrtb");
    let compiled = wrtc(&["compile", "-g", text(module), "-o", text(&image)]);
    assert_eq!(compiled.status, 0, "{}", compiled.stderr);
    let file = dir.path().join("debug.elf");
    let ran = wrtc(&["inspect", text(&image), "--symbols", text(&file)]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    file
}

/// What gdb answers to these commands, without what it says of itself; nothing where there is no gdb, which must not be in CI.
fn gdb(file: &Path, commands: &[&str]) -> Option<String> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-q", "-nx", "-batch", "-cd", SOURCES]);
    gdb.args(["-iex", "set debuginfod enabled off", "-iex", "set width 0"]);
    for command in commands {
        gdb.args(["-ex", command]);
    }
    let output = match gdb.arg(file).output() {
        Ok(output) => output,
        Err(_) if std::env::var_os("CI").is_none() => {
            eprintln!("left out: there is no gdb");
            return None;
        }
        Err(error) => panic!("gdb: {error}"),
    };
    // gdb warns of what it cannot make sense of.
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn debugging_is_without_optimisation_and_says_all() {
    let dir = Dir::new("debug-options");
    let wat = dir.file("f.wat", FUNCTIONS);
    let compile = |options: &[&str]| {
        let out = dir.path().join("out.wrtb");
        let mut args = vec!["compile", text(&wat), "-o", text(&out)];
        args.extend(options);
        (wrtc(&args), out)
    };
    let (ran, image) = compile(&["-g"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let debug = std::fs::read(&image).unwrap();
    let (ran, image) = compile(&["--debug", "-O0"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(std::fs::read(&image).unwrap(), debug);
    // The same results, and fuel to the last unit.
    run(&image, &["--fuel", "601", "--invoke", "count", "100"]).prints("7\n");
    let short = run(&image, &["--fuel", "600", "--invoke", "count", "100"]);
    assert_eq!(short.status, 249);
    has(&wrtc(&["inspect", text(&image)]).stdout, &["DEBUG"]);
    for (level, option) in [("-O1", "-g"), ("-O2", "-g")] {
        let (ran, _) = compile(&[level, option]);
        ran.fails(240, "wrtc: ", "-g compiles without optimisation");
    }
    for other in ["--strip", "--preinit"] {
        let (ran, _) = compile(&["-g", other]);
        assert_eq!(ran.status, 240, "{}", ran.stderr);
        has(&ran.stderr, &["cannot be used with", other]);
    }
}

#[test]
fn only_images_for_debugging_have_symbols() {
    let dir = Dir::new("no-symbols");
    let image = dir.image("f", FUNCTIONS);
    let file = dir.path().join("f.elf");
    let inspected = wrtc(&["inspect", text(&image)]);
    assert!(!inspected.stdout.contains("DEBUG"), "{}", inspected.stdout);
    wrtc(&["inspect", text(&image), "--symbols", text(&file)]).fails(
        251,
        "wrtc: ",
        "compile the module with -g",
    );
    assert!(!file.exists());
}

/// Without DWARF there are the names of the name section, of exports, or numbers, and WebAssembly's types.
#[test]
fn gdb_knows_names_and_types_of_webassembly() {
    let dir = Dir::new("gdb-names");
    let wat = dir.file(
        "f.wat",
        r#"(module
          (global $level (mut i64) (i64.const 3))
          (global (export "limit") f32 (f32.const 1))
          (func $add (param $a i32) (param $b f64) (result i32) (local $sum v128) (local i64)
            (local.get $a))
          (func (export "twice") (param i64) (result i64) (i64.add (local.get 0) (local.get 0)))
          (func (drop (call $add (i32.const 1) (f64.const 2)))))"#,
    );
    let file = symbols(&dir, &wat);
    let commands = [
        "info functions",
        "info scope add",
        "info scope twice",
        "whatis level",
        "print &limit",
        "print sizeof(level)",
        "info line 'func[2]'",
        "break add",
    ];
    let Some(said) = gdb(&file, &commands) else {
        return;
    };
    has(
        &said,
        &[
            "i32 add(i32, f64);",
            "i64 twice(i64);",
            "void func[2](void);",
            "Symbol a is a complex DWARF expression:\n     0: DW_OP_fbreg -32\n, length 4.",
            "Symbol b is a complex DWARF expression:\n     0: DW_OP_fbreg -48\n, length 8.",
            "Symbol sum is a complex DWARF expression:\n     0: DW_OP_fbreg -64\n, length 16.",
            "Symbol local3 is a complex DWARF expression:\n     0: DW_OP_fbreg -80\n, length 8.",
            "Symbol local0 is",
            "type = i64",
            "(f32 *) 0x300000000010 <limit>",
            "= 8",
            "No line number information available for address 0x1000",
            "Breakpoint 1 at 0x1000",
        ],
    );
}

/// The module's own DWARF: lines, types, pointers of four bytes, places of variables.
#[test]
fn gdb_knows_the_source() {
    let dir = Dir::new("gdb-source");
    let file = symbols(&dir, Path::new(LIST));
    let commands = [
        "info line push",
        "info line debug_list.c:30",
        "break debug_list.c:21",
        "ptype struct node",
        "print sizeof(struct node)",
        "print &pool[2].next",
        "print &counter",
        "info scope sum",
        "info address push",
        "list sum",
        "print &__stack_pointer",
        "info scope debug_list.c:30",
    ];
    let Some(said) = gdb(&file, &commands) else {
        return;
    };
    has(
        &said,
        &[
            "Line 11 of \"debug_list.c\" starts at address 0x1000000",
            " <push> and ends at",
            "Line 30 of \"debug_list.c\" starts at address 0x1000000",
            "file debug_list.c, line 21.",
            "    struct node *next;",
            "$1 = 8\n",
            "(struct node **) 0x10024",
            "(int *) 0x10000 <counter>",
            "Symbol list is a complex DWARF expression:\n     0: DW_OP_fbreg",
            "Symbol total is a complex DWARF expression:\n     0: DW_OP_fbreg",
            "Symbol \"push\" is a function at address 0x1000000",
            "static int sum(const struct node *list) {",
            "(i32 *) 0x300000000000 <__stack_pointer>",
            "Symbol i is a complex DWARF expression",
        ],
    );
}

#[test]
fn gdb_knows_the_source_of_optimised_code() {
    let dir = Dir::new("gdb-optimised");
    let file = symbols(&dir, Path::new(LIST_O2));
    let commands = [
        "info scope sum",
        "break sum",
        "info line debug_list.c:32",
        "info variables used",
        "list sum",
        "info source",
    ];
    let Some(said) = gdb(&file, &commands) else {
        return;
    };
    has(
        &said,
        &[
            "Symbol list is multi-location:\n  Range 0x1000000",
            "     0: DW_OP_call_frame_cfa\n     1: DW_OP_consts -32\n     3: DW_OP_plus\n",
            "Breakpoint 1 at 0x1000000",
            "Line 32 of \"./debug_list.c\" starts at address 0x1000000",
            "static int used;",
            "Compiled with DWARF 5",
        ],
    );
}

#[test]
fn what_dwarf_came_to_is_said() {
    let dir = Dir::new("dwarf_said");
    let wasm = std::fs::read(LIST).unwrap();
    let image = dir.path().join("list.wrtb");
    let compile = |module: &Path| {
        let args = ["compile", "-g", "--report", "json", text(module), "-o"];
        let ran = wrtc(&[&args, &[text(&image)][..]].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let number = |name: &str| report[name].as_u64().unwrap();
        (number("dwarf_bytes"), number("dwarf_functions"), ran.stderr)
    };
    let (bytes, functions, said) = compile(Path::new(LIST));
    assert!(
        bytes > 500 && functions > 1 && !said.contains("DWARF"),
        "{said}"
    );
    // The unit's version is one that nobody has heard of.
    let name = b".debug_info";
    let at = wasm.windows(name.len()).position(|it| it == name).unwrap() + name.len();
    let mut broken = wasm;
    broken[at + 4] = 0xee;
    let broken = dir.file("broken.wasm", broken);
    let (_, functions, said) = compile(&broken);
    assert_eq!(functions, 0);
    assert!(said.contains("debuggers will see names only"), "{said}");
    let none = dir.file("none.wat", "(module (func (export \"f\")))");
    let (bytes, functions, said) = compile(&none);
    assert_eq!((bytes, functions), (0, 0));
    assert!(!said.contains("DWARF"), "{said}");
}
