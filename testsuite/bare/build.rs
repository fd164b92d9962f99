//! Compiles the test programs into images and writes the table of them that `main.rs` includes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// Programs and the argument of their `run`: small enough for an emulated microcontroller.
const PROGRAMS: &[(&str, u32)] = &[
    ("sha256", 20),
    ("json", 1),
    ("regex", 10),
    ("bytecode", 1),
    ("virtual", 10),
    ("recursion", 12),
    ("sort", 500),
    ("lz", 4),
    ("nbody", 50),
    ("matmul", 12),
    ("mandelbrot", 12),
];

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let mut table = String::from("pub static PROGRAMS: &[(&str, &[u8], u32)] = &[\n");
    let mut sources: Vec<(String, Vec<u8>, u32)> = Vec::new();
    for &(name, n) in PROGRAMS {
        let path = format!("../programs/{name}.wasm");
        println!("cargo::rerun-if-changed={path}");
        sources.push((name.to_owned(), fs::read(path).unwrap(), n));
    }
    let traps = "../programs/traps.wasm";
    println!("cargo::rerun-if-changed={traps}");
    for n in 0..8 {
        sources.push((format!("traps_{n}"), fs::read(traps).unwrap(), n));
    }
    for (name, wasm, n) in sources {
        let compiled = wrt_compiler::compile(&wasm, &wrt_compiler::Options::default()).unwrap();
        fs::write(Path::new(&out).join(format!("{name}.wrtb")), compiled.image).unwrap();
        writeln!(table, "    (\"{name}\", &Aligned(*include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wrtb\"))).0, {n}),").unwrap();
    }
    table.push_str("];\n");
    fs::write(Path::new(&out).join("programs.rs"), table).unwrap();
}
