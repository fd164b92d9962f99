//! The ratchet: how many directives of each file pass, in `testsuite/counts`.
//!
//! Input: the counts of a run. Output: where they differ from the file. `BLESS=1` writes the file instead; it is for whoever has made
//! more pass, or has a newer suite.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The counts of a script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Group and file.
    pub(crate) name: String,
    /// Directives that passed.
    pub(crate) passed: u32,
    /// Assertions that no longer hold.
    pub(crate) outdated: u32,
    /// Directives about text that must not parse.
    pub(crate) text: u32,
}

impl Row {
    fn line(&self) -> String {
        let Self {
            name,
            passed,
            outdated,
            text,
        } = self;
        format!("{passed:6} {outdated:3} {text:4} {name}")
    }
}

fn path(what: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("counts").join(what).with_extension("txt")
}

/// The differences to the file about `what`, or none after it has been written.
pub(crate) fn compare(what: &str, rows: &[Row], may_write: bool) -> Vec<String> {
    let path = path(what);
    if std::env::var_os("BLESS").is_some() {
        let mut text = "passed, outdated, text only, script\n".to_owned();
        rows.iter().for_each(|row| {
            text.push_str(&row.line());
            text.push('\n');
        });
        // Every level has the same counts, so one of them writes.
        if may_write {
            std::fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
        return Vec::new();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let name = |line: &str| {
        line.split_whitespace()
            .nth(3)
            .unwrap_or_default()
            .to_owned()
    };
    let mut known: BTreeMap<String, &str> = known
        .lines()
        .skip(1)
        .map(|line| (name(line), line))
        .collect();
    let mut problems = Vec::new();
    for row in rows {
        match known.remove(&row.name) {
            Some(line) if line == row.line() => {}
            Some(line) => problems.push(format!(
                "was {line:?}, is {:?} (BLESS=1 if that is right)",
                row.line()
            )),
            None => problems.push(format!("{}: not counted before (BLESS=1)", row.name)),
        }
    }
    problems.extend(
        known
            .into_keys()
            .map(|name| format!("{name}: is gone (BLESS=1)")),
    );
    problems
}

#[test]
fn fewer_more_and_other_scripts_are_told() {
    let row = |name: &str| Row {
        name: name.to_owned(),
        passed: 1,
        outdated: 0,
        text: 0,
    };
    let rows = [row("wasm-v3/address.wast"), row("wasm-v3/new.wast")];
    if std::env::var_os("BLESS").is_some() {
        return;
    }
    let problems = compare("twins", &rows, false);
    let told = |part: &str| problems.iter().any(|problem| problem.contains(part));
    assert!(told("wasm-v3/address.wast\", is \"     1"), "{problems:?}");
    assert!(told("wasm-v3/new.wast: not counted before"), "{problems:?}");
    assert!(told("wasm-v3/align.wast: is gone"), "{problems:?}");
}
