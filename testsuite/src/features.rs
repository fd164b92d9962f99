//! Small modules that measure and test what few interpreters have: garbage collection, exceptions, SIMD, 64-bit addresses. Like the programs they have no
//! imports and export `run: [i32] -> [i32]`.

/// What a module is made from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// A module in `testsuite/programs`, built from C.
    Binary(&'static [u8]),
    /// Text, with a word in it that is replaced.
    Text(&'static str, &'static str, &'static str),
}

/// A module.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// The feature that it is about; "to judge" behind it if nobody looks at where its time goes.
    pub feature: &'static str,
    /// What it does.
    pub kind: &'static str,
    source: Source,
    /// Argument of `run` when it is measured.
    pub n: u32,
    /// A small argument, and the result it gives.
    pub check: (u32, u32),
}

impl Feature {
    /// The module.
    ///
    /// # Errors
    /// The text has become none of a module.
    pub fn wasm(&self) -> Result<Vec<u8>, String> {
        match self.source {
            Source::Binary(wasm) => Ok(wasm.to_vec()),
            Source::Text(text, word, by) => {
                wat::parse_str(text.replace(word, by)).map_err(|error| error.to_string())
            }
        }
    }
}

macro_rules! source {
    (binary $name:literal) => {
        Source::Binary(include_bytes!(concat!("../programs/", $name, ".wasm")))
    };
    ($file:literal) => {
        source!($file, "", "")
    };
    ($file:literal, $word:literal, $by:literal) => {
        Source::Text(
            include_str!(concat!("../programs/features/", $file, ".wat")),
            $word,
            $by,
        )
    };
}

macro_rules! features {
    ($($name:literal $feature:literal $kind:literal ($($source:tt)*) $n:literal, $small:literal => $result:literal;)*) => {
        /// All modules.
        pub const FEATURES: &[Feature] = &[$(Feature {
            name: $name,
            feature: $feature,
            kind: $kind,
            source: source!($($source)*),
            n: $n,
            check: ($small, $result),
        }),*];
    };
}

features! {
    "gc_trees" "GC" "binary trees" ("gc_trees") 100, 9 => 0x8a6e_7dfe;
    "gc_map" "GC" "hash map of boxed values" ("gc_map") 60_000, 500 => 0xf927_bc2b;
    "throw_1" "exceptions" "thrown through 1 frame" ("throw", "FRAMES", "1") 100_000, 50 => 0x0e1a_8907;
    "throw_10" "exceptions" "thrown through 10 frames" ("throw", "FRAMES", "10") 30_000, 50 => 0x0e1a_8907;
    "throw_100" "exceptions" "thrown through 100 frames" ("throw", "FRAMES", "100") 4_000, 50 => 0x0e1a_8907;
    "calls_try" "exceptions" "calls in a try_table, nothing is thrown"
        ("calls", "BODY", "(try_table (result i32) (catch $found $caught) (call $step (local.get $value)))") 500_000, 90 => 0x6739_ce73;
    "calls" "exceptions" "the same calls in none" ("calls", "BODY", "(call $step (local.get $value))") 500_000, 90 => 0x6739_ce73;
    "simd_blake3" "SIMD" "BLAKE3" (binary "simd_blake3") 16, 3 => 0x7ce3_2db0;
    "simd_matrix" "SIMD" "product of matrices" (binary "simd_matrix") 10, 3 => 0x5d7c_d8fc;
    "simd_base64" "SIMD" "base64 and hexadecimal" (binary "simd_base64") 40, 3 => 0x4bac_a162;
    "simd_filter" "SIMD" "image filter" (binary "simd_filter") 60, 3 => 0x1fa2_7974;
    "simd_chacha" "SIMD to judge" "ChaCha20" (binary "simd_chacha") 40, 3 => 0x964a_7ab8;
    "simd_yuv" "SIMD to judge" "pictures to pixels and back" (binary "simd_yuv") 12, 3 => 0xa190_4bb6;
    "simd_signal" "SIMD to judge" "filter, mix and correlation of samples" (binary "simd_signal") 10, 3 => 0xaa10_31fe;
    "simd_text" "SIMD to judge" "lines, capitals and UTF-8" (binary "simd_text") 20, 3 => 0xd9a4_4845;
    "wide_json" "64-bit addresses" "JSON parsing" (binary "wide_json") 12, 1 => 0x4bdd_66e8;
    "wide_btree" "64-bit addresses" "ordered map, templates" (binary "wide_btree") 15_000, 900 => 0x8acc_cc9f;
    "wide_matmul" "64-bit addresses" "dense matrices" (binary "wide_matmul") 96, 12 => 0x0a75_24d2;
    "wide_sort" "64-bit addresses" "sorting" (binary "wide_sort") 20_000, 300 => 0x1d1c_0fd8;
    "wide_hashmap" "64-bit addresses to judge" "hash maps, integer and string keys" (binary "wide_hashmap") 60_000, 900 => 0x6e94_77a5;
    "wide_markdown" "64-bit addresses to judge" "Markdown to HTML" (binary "wide_markdown") 7, 1 => 0xa424_96a7;
}
