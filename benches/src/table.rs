//! One table, program by runtime: CPU time as a ratio to WRT with fuel, and the geometric means.
//!
//! Every round runs every program once under every runtime, so that a change of the machine's speed hits all alike; the minimum over
//! the rounds counts. Results are compared for equality.

use crate::peers;
use crate::programs::{CASES, Case};
use crate::runtime::{Runtime, cpu_seconds};
use crate::wrt;

const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "wrt+fuel",
        load: wrt::fuel,
    },
    Runtime {
        name: "wasmi+fuel",
        load: peers::wasmi_fuel,
    },
    Runtime {
        name: "wasmi",
        load: peers::wasmi_free,
    },
    Runtime {
        name: "silverfir",
        load: peers::silverfir,
    },
];

struct Options {
    rounds: usize,
    programs: Vec<String>,
}

fn options(args: &[String]) -> Result<Options, String> {
    let mut options = Options {
        rounds: 15,
        programs: Vec::new(),
    };
    let mut args = args.iter().cloned();
    while let Some(arg) = args.next() {
        if arg == "--rounds" {
            let number = args.next().ok_or("--rounds takes a number")?;
            options.rounds = number
                .parse()
                .map_err(|_| format!("not a number: {number}"))?;
        } else if CASES.iter().any(|case| case.name == arg) {
            options.programs.push(arg);
        } else {
            return Err(format!(
                "no program `{arg}`; there are {}",
                names().join(", ")
            ));
        }
    }
    Ok(options)
}

fn names() -> Vec<&'static str> {
    CASES.iter().map(|case| case.name).collect()
}

/// The minimum CPU time in seconds of one program under every runtime.
fn measure(case: &Case, rounds: usize) -> Result<Vec<f64>, String> {
    let mut best = vec![f64::INFINITY; RUNTIMES.len()];
    let mut loaded = Vec::new();
    for runtime in RUNTIMES {
        loaded.push(
            (runtime.load)(case.wasm)
                .map_err(|e| format!("{} under {}: {e}", case.name, runtime.name))?,
        );
    }
    let mut expected = None;
    for _ in 0..rounds {
        for (index, program) in loaded.iter_mut().enumerate() {
            let start = cpu_seconds();
            let result = program.run(case.n);
            let time = cpu_seconds() - start;
            let result =
                result.map_err(|e| format!("{} under {}: {e}", case.name, RUNTIMES[index].name))?;
            if *expected.get_or_insert(result) != result {
                return Err(format!(
                    "{}: {} disagrees: {result:#x}",
                    case.name, RUNTIMES[index].name
                ));
            }
            best[index] = best[index].min(time);
        }
    }
    Ok(best)
}

/// Prints the table. Arguments: `[--rounds N] [PROGRAM ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let options = options(args)?;
    print!("{:12} {:>10}", "program", "ms");
    for runtime in RUNTIMES {
        print!(" {:>11}", runtime.name);
    }
    println!();
    let mut logs = vec![0.0; RUNTIMES.len()];
    let mut count = 0.0;
    for case in CASES
        .iter()
        .filter(|c| options.programs.is_empty() || options.programs.iter().any(|p| p == c.name))
    {
        let times = measure(case, options.rounds)?;
        print!("{:12} {:10.2}", case.name, times[0] * 1e3);
        for (index, time) in times.iter().enumerate() {
            logs[index] += (time / times[0]).ln();
            print!(" {:11.2}", time / times[0]);
        }
        println!("  {}", case.kind);
        count += 1.0;
    }
    print!("{:12} {:>10}", "geo. mean", "");
    for log in &logs {
        print!(" {:11.2}", f64::exp(log / count));
    }
    println!(
        "\nTimes are the minimum of {} interleaved rounds, CPU time of the thread; numbers above 1 are slower than WRT.",
        options.rounds
    );
    Ok(())
}
