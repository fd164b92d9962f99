//! Decides which dispatch the machine is built with: `wrt_tail6`, `wrt_tail4`, or neither, which leaves the loop core alone.
//!
//! Tail-threaded handlers are only sound where the compiler turns their last call into a jump: it does at every optimisation level
//! above 0 as long as all arguments travel in caller-saved registers, which decides how many there may be. Debug assertions break it
//! too, but a build script cannot see them: the code asks for `not(debug_assertions)` beside the names set here.
//!
//! `wrt_direct`: tail-threaded, and there is a second set of handlers for direct threading.
//!
//! `wrt_levels`: tail-threaded, and vector instructions and some others have handlers for processors of several levels.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(wrt_tail6, wrt_tail4, wrt_direct, wrt_levels)");
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let optimised = env::var("OPT_LEVEL").is_ok_and(|level| level != "0");
    let has = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    // A checked build panics in the middle of handlers, and is not meant to be fast.
    if !optimised || has("LOOP_CORE") || has("CHECKED") {
        return;
    }
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    if arch == "x86_64" && has("SIMD") && features.split(',').any(|it| it == "sse2") {
        println!("cargo::rustc-cfg=wrt_levels");
    }
    match arch.as_str() {
        "x86_64" | "aarch64" | "riscv64" => {
            println!("cargo::rustc-cfg=wrt_tail6");
            if has("DIRECT_THREADING") {
                println!("cargo::rustc-cfg=wrt_direct");
            }
        }
        "arm" | "riscv32" | "s390x" => println!("cargo::rustc-cfg=wrt_tail4"),
        _ => {}
    }
}
