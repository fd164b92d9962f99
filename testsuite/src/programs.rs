//! The programs that are measured and tested: modules without imports that export `run: [i32] -> [i32]`, whose argument says how much to do
//! and whose result is a checksum of what was computed.
//!
//! Sources lie in `testsuite/programs/src`; `testsuite/programs/build.sh` builds them.

/// What the times of a program are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Whoever makes WRT faster may look at it.
    Tune,
    /// It says what that was worth on other programs: nobody looks at where its time goes.
    Judge,
}

/// A program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name, that of its source.
    pub name: &'static str,
    /// The language it is written in.
    pub language: &'static str,
    /// What kind of program it is.
    pub kind: &'static str,
    /// What its times are for.
    pub purpose: Purpose,
    /// The module.
    pub wasm: &'static [u8],
    /// Argument of `run` when it is measured: some 10 to 30 ms under a fast interpreter.
    pub n: u32,
    /// A small argument, and the result it gives.
    pub check: (u32, u32),
}

macro_rules! programs {
    ($($name:literal $language:literal $purpose:ident $kind:literal $n:literal, $small:literal => $result:literal;)*) => {
        /// All programs.
        pub const PROGRAMS: &[Program] = &[$(Program {
            name: $name,
            language: $language,
            kind: $kind,
            purpose: Purpose::$purpose,
            wasm: include_bytes!(concat!("../programs/", $name, ".wasm")),
            n: $n,
            check: ($small, $result),
        }),*];
    };
}

programs! {
    "sha256" "C" Tune "hash" 2_000, 3 => 0x7e03_99a1;
    "json" "C" Tune "JSON parsing" 12, 1 => 0x4bdd_66e8;
    "regex" "C" Tune "regular expressions" 400, 2 => 0x3951_90cf;
    "bytecode" "C" Tune "switch-driven bytecode loop" 30, 1 => 0x8670_d1dc;
    "virtual" "C++" Tune "virtual calls" 2_000, 9 => 0xdff5_7d19;
    "recursion" "C" Tune "recursion" 29, 9 => 0x8649_ee20;
    "sort" "C" Tune "sorting" 20_000, 300 => 0x1d1c_0fd8;
    "lz" "C" Tune "LZ compression" 64, 2 => 0xc8e8_0fc4;
    "nbody" "C" Tune "floating point, structures" 8_000, 50 => 0xf5e9_021a;
    "matmul" "C" Tune "dense matrices" 96, 12 => 0x0a75_24d2;
    "mandelbrot" "C" Tune "floating point, tight loop" 100, 9 => 0x144a_c7ba;
    "blake3" "C" Tune "hash, tree of chunks" 16, 3 => 0x7ce3_2db0;
    "hashmap" "C" Tune "hash maps, integer and string keys" 60_000, 900 => 0x6e94_77a5;
    "markdown" "C" Tune "Markdown to HTML" 7, 1 => 0xa424_96a7;
    "btree" "C++" Tune "ordered map, templates" 15_000, 900 => 0x8acc_cc9f;
    "rust_graph" "Rust" Tune "shortest paths, heap, sets" 7, 1 => 0xda5e_56ce;
    "blake2" "C" Judge "hash, 64 bits" 500, 3 => 0xc175_e64d;
    "keccak" "C" Judge "SHA-3" 130, 3 => 0xce5c_aa16;
    "gimli" "C" Judge "hash" 250, 5 => 0x449b_73a2;
    "inflate" "C" Judge "decompression, Huffman and LZ" 8, 1 => 0x6129_228d;
    "spectral" "C" Judge "floating point, division" 130, 9 => 0x4bc3_ab18;
    "prng" "C" Judge "random generators" 100_000, 300 => 0x6b0a_66e0;
    "fannkuch" "C" Judge "permutations" 8, 5 => 0x000a_ae6b;
    "edit" "C" Judge "dynamic programming" 400, 30 => 0x23cc_4978;
    "life" "C" Judge "bit-parallel automaton" 2_000, 8 => 0xbb65_6865;
    "richards" "C++" Judge "scheduler, virtual calls" 30, 1 => 0x6276_8f42;
    "script" "C" Judge "script language with collector" 2, 1 => 0xbf08_0851;
    "rust_words" "Rust" Judge "strings, maps, formatting" 8, 1 => 0xa622_e593;
    "rust_bignum" "Rust" Judge "big numbers" 4, 1 => 0xc130_d6ec;
    "rust_lisp" "Rust" Judge "evaluator, counted references" 4, 1 => 0x3066_248b;
    "rust_rays" "Rust" Judge "ray tracer, single precision" 80, 4 => 0x8d71_0ec7;
}
