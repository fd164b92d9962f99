//! Garbage collection, exceptions and SIMD beside other runtimes: the same table as for the programs, with means by feature. A peer that lacks a
//! feature, or is built without it, has no time.

use wrt_testsuite::features::FEATURES;

use crate::args;
use crate::table::{Means, Row, head};

/// Prints the table. Arguments: `[--rounds N] [MODULE ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut names = args.to_vec();
    let rounds = args::number(&mut names, "--rounds", 15)?;
    let known = |name: &String| FEATURES.iter().any(|feature| feature.name == *name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
        return Err(format!(
            "no module `{unknown}`; there are {}",
            all.join(", ")
        ));
    }
    head();
    let mut group = ("", Means::new());
    for feature in FEATURES {
        if !names.is_empty() && names.iter().all(|name| name != feature.name) {
            continue;
        }
        if group.0 != feature.feature {
            group.1.print(&format!("= {}", group.0));
            group = (feature.feature, Means::new());
        }
        let row = Row::measure(feature.name, &feature.wasm()?, feature.n, rounds)?;
        row.print(feature.name, feature.kind);
        group.1.add(&row);
    }
    group.1.print(&format!("= {}", group.0));
    Ok(())
}
