//! One table, program by runtime: CPU time as a ratio to WRT with fuel, and the geometric means over the programs that are for tuning, over
//! those that judge, and over all.

use wrt_testsuite::programs::Purpose;

use crate::args;
use crate::measure::{Mean, measure};
use crate::peers;
use crate::programs;
use crate::runtime::Runtime;
use crate::wrt;

/// The runtimes. All but the first and the last are other interpreters.
const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "wrt+fuel",
        load: wrt::fuel,
    },
    Runtime {
        name: "wasmi+fuel",
        load: peers::wasmi::fuel,
    },
    Runtime {
        name: "wasmi",
        load: peers::wasmi::free,
    },
    Runtime {
        name: "silverfir",
        load: peers::silverfir::interpreter,
    },
    Runtime {
        name: "tinywasm",
        load: peers::tinywasm::interpreter,
    },
    #[cfg(feature = "wasm3")]
    Runtime {
        name: "wasm3",
        load: peers::wasm3::interpreter,
    },
    #[cfg(feature = "wamr")]
    Runtime {
        name: "wamr",
        load: peers::wamr::interpreter,
    },
    #[cfg(feature = "wasmtime")]
    Runtime {
        name: "pulley+fuel",
        load: peers::wasmtime::pulley_fuel,
    },
    #[cfg(feature = "wasmtime")]
    Runtime {
        name: "pulley",
        load: peers::wasmtime::pulley,
    },
    #[cfg(feature = "wasmtime")]
    Runtime {
        name: NATIVE,
        load: peers::wasmtime::cranelift,
    },
];

/// Machine code, which no interpreter is compared with for being the fastest.
const NATIVE: &str = "cranelift";

/// A row of the table: milliseconds under WRT, ratios to it by runtime, and its ratio to the fastest other interpreter.
pub(crate) struct Row {
    ms: f64,
    ratios: Vec<Option<f64>>,
    best: Option<f64>,
}

impl Row {
    /// Measures a module; what refuses it is left out without a word.
    ///
    /// # Errors
    /// WRT refuses it, a runtime fails to run it, or the results differ.
    pub(crate) fn measure(name: &str, wasm: &[u8], n: u32, rounds: usize) -> Result<Self, String> {
        Self::of(&measure(name, wasm, n, RUNTIMES, rounds)?)
    }

    fn of(times: &[Option<f64>]) -> Result<Self, String> {
        let own = times[0].ok_or("WRT does not run it")?;
        let interpreters = RUNTIMES.iter().zip(times).skip(1);
        let others = interpreters.filter(|(runtime, _)| runtime.name != NATIVE);
        let fastest = others.filter_map(|(_, time)| *time).reduce(f64::min);
        Ok(Self {
            ms: own * 1e3,
            ratios: times
                .iter()
                .map(|time| time.map(|time| time / own))
                .collect(),
            best: fastest.map(|fastest| own / fastest),
        })
    }

    /// Prints it.
    pub(crate) fn print(&self, name: &str, kind: &str) {
        let ratios = [self.ratios.as_slice(), &[self.best]].concat();
        println!("{name:12} {:8.2}{}  {kind}", self.ms, cells(&ratios));
    }
}

/// Means by column, that of WRT beside the fastest other interpreter behind them.
pub(crate) struct Means(Vec<Mean>);

impl Means {
    /// Those of no rows.
    pub(crate) fn new() -> Self {
        Self(vec![Mean::default(); RUNTIMES.len() + 1])
    }

    /// Takes in a row.
    pub(crate) fn add(&mut self, row: &Row) {
        let ratios = row.ratios.iter().copied().chain([row.best]);
        for (mean, ratio) in self.0.iter_mut().zip(ratios) {
            if let Some(ratio) = ratio {
                mean.add(ratio);
            }
        }
    }

    /// Prints them, if there was a row.
    pub(crate) fn print(&self, name: &str) {
        let means: Vec<_> = self.0.iter().map(|mean| mean.value()).collect();
        if means[0].is_some() {
            println!("{name:12} {:>8}{}", "", cells(&means));
        }
    }
}

fn cells(ratios: &[Option<f64>]) -> String {
    let cell = |ratio: &Option<f64>| {
        ratio.map_or_else(|| format!("{:>12}", "-"), |ratio| format!("{ratio:12.2}"))
    };
    ratios.iter().map(cell).collect()
}

/// Prints the names of the columns.
pub(crate) fn head() {
    print!("{:12} {:>8}", "program", "ms");
    for runtime in RUNTIMES {
        print!("{:>12}", runtime.name);
    }
    println!("{:>12}", "of fastest");
}

/// Prints the table. Arguments: `[--rounds N] [PROGRAM ...]`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut names = args.to_vec();
    let rounds = args::number(&mut names, "--rounds", 15)?;
    let cases = programs::named(&names)?;
    head();
    let mut all = Means::new();
    for (purpose, name) in [(Purpose::Tune, "tune"), (Purpose::Judge, "judge")] {
        let mut means = Means::new();
        for case in cases.iter().filter(|case| case.purpose == purpose) {
            let row = Row::measure(&case.name, &case.wasm, case.n, rounds)?;
            row.print(&case.name, &case.kind);
            means.add(&row);
            all.add(&row);
        }
        means.print(&format!("= {name}"));
    }
    all.print("= all");
    println!(
        "CPU time of the thread, minimum of {rounds} interleaved rounds, over that of WRT with fuel: numbers above 1 are slower than WRT.\n\
         `of fastest`: WRT with fuel over the fastest other interpreter of the program. Lines with `=`: geometric means."
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_compare_with_the_fastest_other_interpreter() {
        let mut times = vec![None; RUNTIMES.len()];
        times[..3].copy_from_slice(&[Some(2.0), Some(8.0), Some(4.0)]);
        if RUNTIMES.last().is_some_and(|last| last.name == NATIVE) {
            times[RUNTIMES.len() - 1] = Some(0.1);
        }
        let row = Row::of(&times).unwrap();
        assert_eq!(row.ratios[..4], [Some(1.0), Some(4.0), Some(2.0), None]);
        assert!((row.best.unwrap() - 0.5).abs() < 1e-12);
        assert!(cells(&row.ratios).contains("        2.00           -"));
        times[0] = None;
        assert!(Row::of(&times).is_err());
    }

    #[test]
    fn means_leave_out_what_was_refused() {
        let mut means = Means::new();
        for own in [1.0, 4.0] {
            let mut times = vec![None; RUNTIMES.len()];
            times[..2].copy_from_slice(&[Some(own), Some(4.0)]);
            means.add(&Row::of(&times).unwrap());
        }
        let value = |column: usize| means.0[column].value();
        assert_eq!((value(0), value(2)), (Some(1.0), None));
        assert!((value(1).unwrap() - 2.0).abs() < 1e-12);
        assert!((value(RUNTIMES.len()).unwrap() - 0.5).abs() < 1e-12);
    }
}
