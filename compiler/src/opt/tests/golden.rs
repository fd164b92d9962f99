//! Golden texts: `testsuite/opt/*.wat`. The first line names the passes to run, `;; passes: simplify dce`, or a level, `;; level: O2`;
//! a second line `;; counts: 3*1 2*5000` says how often its operators ran, here the first three once and two more 5000 times;
//! behind the module comes what they must make of its first function, in comments. `BLESS=1` writes that.

use super::profiled::profiled;
use super::{OptLevel, lay_out, pass};
use crate::Options;
use crate::callees::Callees;
use crate::ir::cfg::Cfg;
use crate::ir::{build, check};
use std::fs;
use std::path::Path;

const MARK: &str = ";; ---\n";

fn after(wat: &str) -> String {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let module = crate::wasm::parse(&wasm).unwrap();
    let callees = Callees::new(&module, &Options::default());
    let mut lines = wat.lines();
    let head = lines.next().unwrap();
    let counts = lines
        .next()
        .and_then(|line| line.strip_prefix(";; counts: "));
    let mut func = match counts {
        Some(counts) => {
            let counts: Vec<u64> = counts.split(' ').flat_map(repeated).collect();
            profiled(wat, |i| counts.get(i).copied().unwrap_or(0))
        }
        None => build(&module, 0).unwrap(),
    };
    let callee = |callee, most| callees.get(callee, most);
    if let Some(level) = head.strip_prefix(";; level: ") {
        let level = match level {
            "O0" => OptLevel::O0,
            "O1" => OptLevel::O1,
            "O2" => OptLevel::O2,
            other => panic!("no level is called {other}"),
        };
        crate::opt::run_with(&mut func, level, true, &callee);
    } else {
        let names = head
            .strip_prefix(";; passes: ")
            .expect("a first line that names the passes");
        for name in names.split_whitespace() {
            let cfg = Cfg::new(&func);
            match name {
                "layout" => crate::opt::layout::run(&mut func, &cfg),
                "weigh" => crate::opt::weigh::run(&mut func),
                "inline" => _ = crate::opt::inline::run(&mut func, &cfg, &callee),
                "canonical" => _ = crate::opt::merge::canonical(&mut func, &cfg),
                _ => _ = pass(name).1(&mut func, &cfg),
            }
            if name != "layout" {
                lay_out(&mut func);
            }
            if let Err(error) = check(&func) {
                panic!("{error}\n{func}");
            }
        }
    }
    func.to_string()
        .lines()
        .map(|line| format!(";; {line}\n"))
        .collect()
}

/// `N*COUNT`: a count N times.
fn repeated(text: &str) -> Vec<u64> {
    let (times, count) = text.split_once('*').unwrap();
    vec![count.parse().unwrap(); times.parse().unwrap()]
}

#[test]
fn golden() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testsuite/opt");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "wat"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 12, "where are the golden files?");
    let mut wrong = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let (wat, expected) = text.split_once(MARK).unwrap_or((&text, ""));
        let found = after(wat);
        if found == expected {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, format!("{}\n{MARK}{found}", wat.trim_end())).unwrap();
        } else {
            wrong.push(format!(
                "{}:\n{found}\ninstead of\n{expected}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
