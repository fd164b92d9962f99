//! The measured programs: sources in `testsuite/programs/src`, built by `testsuite/programs/build.sh`.

/// A program and how much work to give it.
pub(crate) struct Case {
    /// Name in the table.
    pub(crate) name: &'static str,
    /// What kind of program it is.
    pub(crate) kind: &'static str,
    /// The module.
    pub(crate) wasm: &'static [u8],
    /// Argument of `run`: some 10 to 30 ms under a fast interpreter.
    pub(crate) n: u32,
}

macro_rules! cases {
    ($($name:literal $kind:literal $n:literal;)*) => {
        /// All programs.
        pub(crate) const CASES: &[Case] = &[$(Case {
            name: $name,
            kind: $kind,
            wasm: include_bytes!(concat!("../../testsuite/programs/", $name, ".wasm")),
            n: $n,
        }),*];
    };
}

cases! {
    "sha256" "hash" 2_000;
    "json" "JSON parsing" 12;
    "regex" "regular expressions" 400;
    "bytecode" "switch-driven bytecode loop" 30;
    "virtual" "C++ virtual calls" 2_000;
    "recursion" "recursion" 22;
    "sort" "sorting" 20_000;
    "lz" "LZ compression" 64;
    "nbody" "floating point, structures" 8_000;
    "matmul" "dense matrices" 96;
    "mandelbrot" "floating point, tight loop" 100;
}
