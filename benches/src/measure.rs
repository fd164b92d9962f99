//! Times of a module under several runtimes: interleaved rounds of CPU time, the minimum counts, results are compared for equality.
//!
//! Every round runs the module once under every runtime, so that a change of the machine's speed hits all alike.

use crate::runtime::{Runtime, cpu_seconds};

/// Least CPU time in seconds by runtime; none where the runtime refuses the module.
///
/// # Errors
/// A runtime that has loaded the module fails to run it, or gives another result than the first one.
pub(crate) fn measure(
    name: &str,
    wasm: &[u8],
    n: u32,
    runtimes: &[Runtime],
    rounds: usize,
) -> Result<Vec<Option<f64>>, String> {
    let loaded = runtimes.iter().map(|runtime| (runtime.load)(wasm).ok());
    let mut loaded: Vec<_> = loaded.collect();
    let mut best = vec![f64::INFINITY; runtimes.len()];
    let mut expected = None;
    for _ in 0..rounds {
        for ((program, runtime), best) in loaded.iter_mut().zip(runtimes).zip(&mut best) {
            let Some(program) = program else { continue };
            let start = cpu_seconds();
            let result = program.run(n);
            let time = cpu_seconds() - start;
            let result = result.map_err(|e| format!("{name} under {}: {e}", runtime.name))?;
            if *expected.get_or_insert(result) != result {
                return Err(format!("{name}: {} disagrees: {result:#x}", runtime.name));
            }
            *best = best.min(time);
        }
    }
    let times = best.into_iter().zip(&loaded);
    Ok(times
        .map(|(time, program)| program.as_ref().map(|_| time))
        .collect())
}

/// The geometric mean of ratios: the logarithms' sum and how many there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    logs: f64,
    count: u32,
}

impl Mean {
    /// Takes in a ratio.
    pub(crate) fn add(&mut self, ratio: f64) {
        self.logs += ratio.ln();
        self.count += 1;
    }

    /// The mean, if there is anything to have one of.
    pub(crate) fn value(self) -> Option<f64> {
        (self.count > 0).then(|| f64::exp(self.logs / f64::from(self.count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::{silverfir, wasmi};
    use crate::wrt;

    const RUNTIMES: &[Runtime] = &[
        Runtime {
            name: "wrt",
            load: wrt::fuel,
        },
        Runtime {
            name: "wasmi",
            load: wasmi::fuel,
        },
        Runtime {
            name: "nothing",
            load: |_| Err("by design\nalways".to_owned()),
        },
    ];

    #[test]
    fn what_is_refused_has_no_time() {
        let wasm = wat::parse_str(
            r#"(module (func (export "run") (param i32) (result i32) (local.get 0)))"#,
        );
        let times = measure("identity", &wasm.unwrap(), 7, RUNTIMES, 2).unwrap();
        let shown: Vec<bool> = times.iter().map(Option::is_some).collect();
        assert_eq!(shown, [true, true, false]);
    }

    #[test]
    fn results_that_differ_are_an_error() {
        let other: Runtime = Runtime {
            name: "other",
            // The same function of another module.
            load: |_| {
                let wat =
                    r#"(module (func (export "run") (param i32) (result i32) (i32.const 3)))"#;
                silverfir::interpreter(&wat::parse_str(wat).unwrap())
            },
        };
        let first = Runtime {
            name: "wrt",
            load: wrt::fuel,
        };
        let wat = r#"(module (func (export "run") (param i32) (result i32) (local.get 0)))"#;
        let wasm = wat::parse_str(wat).unwrap();
        let error = measure("identity", &wasm, 7, &[first, other], 2).unwrap_err();
        assert_eq!(error, "identity: other disagrees: 0x3");
    }

    #[test]
    fn means_are_geometric() {
        let mut mean = Mean::default();
        assert_eq!(mean.value(), None);
        mean.add(4.0);
        mean.add(0.25);
        assert!((mean.value().unwrap() - 1.0).abs() < 1e-12);
    }
}
