//! How often the operators of a module ran: counted by a run, kept in a file, added up for the compiler.
//!
//! Input: the blocks that a machine has counted in an image for debugging, where each operator is a block of its own; or a file. Output: that
//! file, or what the compiler takes. Invariants: counts are by function and byte offset in the Wasm binary, so they are the same whatever the
//! image; the same run gives the same file; whatever a file holds is refused with its place, or does no harm.
//!
//! The file is JSON:
//!
//! ```json
//! {"wrt_profile": 1, "module": "<SHA-256 of the binary module, 64 hex digits>",
//!  "functions": [{"index": 7, "blocks": [[75, 1], [80, 1000], [98, 1]]}]}
//! ```
//!
//! `index` counts in the function index space, and ascends; functions that did not run are not there. Each of `blocks` is the byte offset
//! of an operator in the module, and how often it ran, and those behind it up to the next offset; offsets ascend. What comes before the first did not
//! run. Other fields are skipped.

use core::fmt::Write as _;
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wrt_compiler::Profile;
use wrt_format::image::ModuleView;

use crate::load;
use crate::status::Failure;

/// Version of the file.
const VERSION: u32 = 1;

/// Counts of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    wrt_profile: u32,
    /// SHA-256 of the binary module, in hexadecimal digits.
    module: String,
    functions: Vec<Function>,
}

/// Counts of one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Function {
    index: u32,
    blocks: Vec<(u32, u64)>,
}

impl Counts {
    /// What a run of the module `wasm` has counted: `blocks` has an element per word of the code of `image`, which was compiled from that
    /// module for debugging. None if it was not.
    #[must_use]
    pub fn of_run(wasm: &[u8], image: &ModuleView<'_>, blocks: &[u64]) -> Option<Self> {
        let debug = image.debug()?;
        let mut steps = (0..debug.step_count())
            .filter_map(|i| debug.step(i))
            .peekable();
        let mut functions = Vec::new();
        for func in 0..image.func_count() {
            let record = image.func(func);
            let end = record.code_word.saturating_add(record.words);
            // Where an operator has several blocks, it ran as often as all of them.
            let mut sums: BTreeMap<u32, u64> = BTreeMap::new();
            while let Some((word, offset)) = steps.next_if(|&(word, _)| word < end) {
                let count = blocks.get(word as usize).copied().unwrap_or(0);
                *sums.entry(offset).or_default() += count;
            }
            if sums.values().all(|&count| count == 0) {
                continue;
            }
            let mut before = 0;
            let mut rows: Vec<(u32, u64)> = sums.into_iter().collect();
            rows.retain(|&(_, count)| core::mem::replace(&mut before, count) != count);
            functions.push(Function {
                index: image.imported_funcs() + func,
                blocks: rows,
            });
        }
        Some(Self {
            wrt_profile: VERSION,
            module: hash(wasm),
            functions,
        })
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = format!(
            "{{\"wrt_profile\": {}, \"module\": \"{}\", \"functions\": [",
            self.wrt_profile, self.module
        );
        for (i, function) in self.functions.iter().enumerate() {
            let rows: Vec<String> = (function.blocks.iter())
                .map(|(offset, count)| format!("[{offset}, {count}]"))
                .collect();
            // Formatting into a string does not fail.
            let _ = write!(
                text,
                "{}\n{{\"index\": {}, \"blocks\": [{}]}}",
                if i == 0 { "" } else { "," },
                function.index,
                rows.join(", ")
            );
        }
        text + "\n]}\n"
    }

    /// The counts in a text.
    fn parse(text: &[u8]) -> Result<Self, String> {
        let counts: Self = serde_json::from_slice(text)
            .map_err(|error| format!("this is no profile of wrtd run: {error}"))?;
        if counts.wrt_profile != VERSION {
            return Err(format!(
                "this profile is of version {}, and this wrtc knows {VERSION}",
                counts.wrt_profile
            ));
        }
        if counts.module.len() != 64 || !counts.module.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err("this is no profile of wrtd run: its module is no SHA-256".to_owned());
        }
        let pairs = counts.functions.windows(2);
        let unordered = pairs
            .into_iter()
            .find(|pair| pair[0].index >= pair[1].index);
        if let Some(pair) = unordered {
            return Err(format!(
                "function {} comes twice or out of order",
                pair[1].index
            ));
        }
        Ok(counts)
    }

    /// Adds these counts to a profile of `wasm`.
    ///
    /// # Errors
    /// They are of another module, or offsets of a function do not ascend.
    pub fn add_to(&self, profile: &mut Profile, wasm: &[u8]) -> Result<(), Failure> {
        let own = hash(wasm);
        if !self.module.eq_ignore_ascii_case(&own) {
            let text = format!(
                "this profile is of another module: of the one whose SHA-256 is {}, which of this one is {own}",
                self.module
            );
            return Err(Failure::usage(text));
        }
        for function in &self.functions {
            profile.add(function.index, &function.blocks)?;
        }
        Ok(())
    }
}

/// The sum of the profiles in some files, which are all of `wasm`; none if there are no files.
///
/// # Errors
/// A file cannot be read, is no profile, or is of another module.
pub fn read_all(paths: &[impl AsRef<Path>], wasm: &[u8]) -> Result<Option<Profile>, Failure> {
    let mut profile = Profile::new();
    let mut add = |path: &Path| {
        let counts = Counts::parse(&load::read(path)?).map_err(Failure::usage)?;
        counts.add_to(&mut profile, wasm)
    };
    for path in paths.iter().map(AsRef::as_ref) {
        add(path).map_err(|failure| failure.at(path.display()))?;
    }
    Ok((!paths.is_empty()).then_some(profile))
}

/// SHA-256 in hexadecimal digits.
fn hash(wasm: &[u8]) -> String {
    let digest = Sha256::digest(wasm);
    digest.iter().fold(String::new(), |mut text, byte| {
        // Formatting into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
