//! What direct threading gains: CPU time of the programs with handlers from the map beside the code, over that with handlers by opcode. Both are in
//! one build and take turns.

use crate::args;
use crate::measure::{Mean, measure};
use crate::programs;
use crate::runtime::Runtime;
use crate::wrt;

const BOTH: &[Runtime] = &[
    Runtime {
        name: "by opcode",
        load: wrt::by_opcode,
    },
    Runtime {
        name: "direct",
        load: wrt::fuel,
    },
];

/// Prints a line per program with the ratio. Arguments: `[--rounds N] [PROGRAM ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut programs = args.to_vec();
    let rounds = args::number(&mut programs, "--rounds", 10)?;
    let cases = programs::or_features(&programs)?;
    println!(
        "{:12} {:>12} {:>10} {:>8}",
        "program", "by opcode ms", "direct ms", "ratio"
    );
    let mut mean = Mean::default();
    for case in cases {
        let times = measure(&case.name, &case.wasm, case.n, BOTH, rounds)?;
        let &[Some(by_opcode), Some(direct)] = times.as_slice() else {
            return Err(format!("{} was refused", case.name));
        };
        let ratio = direct / by_opcode;
        mean.add(ratio);
        let [by_opcode, direct] = [by_opcode, direct].map(|seconds| seconds * 1e3);
        println!(
            "{:12} {by_opcode:12.2} {direct:10.2} {ratio:8.3}",
            case.name
        );
    }
    let mean = mean.value().unwrap_or(f64::NAN);
    println!("{:12} {:>12} {:>10} {mean:8.3}", "geo. mean", "", "");
    Ok(())
}
