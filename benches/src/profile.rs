//! What a program executes: dispatches per Wasm operator, the most frequent instructions, adjacent pairs and triples, and the hottest
//! code. It says which instruction or pass is worth having.
//!
//! Counts are exact, from the loop core (feature `profile`), and the same on every machine. Two instructions are adjacent when the
//! first always goes on to the second; branches and what lies behind them are not.

use std::collections::BTreeMap;

use wrt_format::isa::{Control, Op, disasm, instructions};
use wrt_testsuite::programs::Purpose;

use crate::args;
use crate::programs;
use crate::wrt;

/// Arguments: `[--top N] [--hot N] [PROGRAM ...]`; without programs those that are for tuning.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let mut programs = args.to_vec();
    let top = args::number(&mut programs, "--top", 20)?;
    let hot = args::number(&mut programs, "--hot", 40)?;
    let mut chosen = programs::or_features(&programs)?;
    // Those that judge what was gained are not looked at unless someone asks for them.
    chosen.retain(|case| case.purpose == Purpose::Tune || !programs.is_empty());
    let mut all = Sums::default();
    for case in chosen {
        let counts = wrt::counts(&case.wasm, case.n)?;
        let sums = Sums::of(&counts);
        println!("\n== {}: {}", case.name, sums.line());
        if !programs.is_empty() {
            sums.print(top);
            hottest(&counts, hot)?;
        }
        all.add(&sums);
    }
    println!("\n== together: {}", all.line());
    all.print(top);
    Ok(())
}

/// How often each instruction of one instance ran, and what it used.
pub(crate) struct Counts {
    /// Code section, in the host's byte order.
    pub(crate) code: Vec<u16>,
    /// A count per word.
    pub(crate) counts: Vec<u64>,
    /// First word, number of words and number in the function index space of every function.
    pub(crate) funcs: Vec<(usize, usize, u32)>,
    /// Fuel used: one per Wasm operator that costs anything.
    pub(crate) fuel: u64,
}

/// Dispatches by instruction, pair and triple.
#[derive(Default)]
struct Sums {
    fuel: u64,
    dispatches: u64,
    runs: [BTreeMap<Vec<Op>, u64>; 3],
}

impl Sums {
    fn of(counts: &Counts) -> Self {
        let mut sums = Self {
            fuel: counts.fuel,
            ..Self::default()
        };
        for &(first, words, _) in &counts.funcs {
            // The instructions before this one that always go on to it, with the count of the first of the last two.
            let mut before: Vec<(Op, u64)> = Vec::new();
            for (at, op, _) in instructions(&counts.code[first..first + words]) {
                let Some(op) = op else { break };
                let count = counts.counts[first + at];
                sums.dispatches += count;
                before.push((op, count));
                for (len, runs) in (1..).zip(&mut sums.runs) {
                    let Some(start) = before.len().checked_sub(len) else {
                        break;
                    };
                    let run = &before[start..];
                    // A label in between may be reached from elsewhere: what ran first ran on.
                    let count = run[0].1;
                    if count > 0 {
                        *runs.entry(run.iter().map(|r| r.0).collect()).or_default() += count;
                    }
                }
                if op.info().control == Control::Next || op.info().control == Control::Fuel {
                    before.drain(..before.len().saturating_sub(2));
                } else {
                    before.clear();
                }
            }
        }
        sums
    }

    fn add(&mut self, other: &Self) {
        self.fuel += other.fuel;
        self.dispatches += other.dispatches;
        for (sum, more) in self.runs.iter_mut().zip(&other.runs) {
            for (run, count) in more {
                // Every program counts the same, however long it runs.
                let share =
                    u128::from(*count) * 1_000_000_000 / u128::from(other.dispatches.max(1));
                *sum.entry(run.clone()).or_default() += share as u64;
            }
        }
    }

    fn line(&self) -> String {
        format!(
            "{} dispatches, {} fuel, {:.3} dispatches per operator",
            self.dispatches,
            self.fuel,
            self.dispatches as f64 / self.fuel.max(1) as f64
        )
    }

    /// The most frequent runs of one, two and three instructions, as shares of all dispatches.
    fn print(&self, top: usize) {
        let all: u64 = self.runs[0].values().sum();
        for (title, runs) in ["instructions", "pairs", "triples"].iter().zip(&self.runs) {
            println!("-- {title}");
            let mut sorted: Vec<_> = runs.iter().collect();
            sorted.sort_by_key(|(run, count)| (core::cmp::Reverse(**count), (*run).clone()));
            for (run, count) in sorted.into_iter().take(top) {
                let names: Vec<&str> = run.iter().map(|op| op.info().name).collect();
                let share = *count as f64 * 100.0 / all.max(1) as f64;
                println!("{share:6.2} %  {}", names.join(" + "));
            }
        }
    }
}

/// Prints the `limit` instructions that run most, in the order of the code, with what lies between two of a block.
fn hottest(counts: &Counts, limit: usize) -> Result<(), String> {
    let mut sorted: Vec<u64> = counts.counts.iter().copied().filter(|&c| c > 0).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let least = sorted.get(limit).or(sorted.last()).copied().unwrap_or(1);
    println!("-- hottest instructions");
    for &(first, words, func) in &counts.funcs {
        let code = &counts.code[first..first + words];
        let mut shown = false;
        for (at, _, _) in instructions(code) {
            let count = counts.counts[first + at];
            if count < least.max(1) {
                continue;
            }
            if !shown {
                println!("func {func}");
                shown = true;
            }
            let mut text = String::new();
            disasm::instruction(&mut text, code, at).map_err(|e| e.to_string())?;
            println!("{count:12} {at:6}  {text}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_instructions_are_counted_up_to_a_branch() {
        let wat = r#"(module (func (export "run") (param i32) (result i32) (local i32)
            (loop
                (local.set 1 (i32.mul (i32.add (local.get 1) (local.get 0)) (local.get 0)))
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1)))"#;
        let counts = wrt::counts(&wat::parse_str(wat).unwrap(), 10).unwrap();
        let sums = Sums::of(&counts);
        let of = |len: usize, first: Op| -> u64 {
            let runs = sums.runs[len - 1].iter();
            runs.filter(|(run, _)| run[0] == first)
                .map(|(_, n)| n)
                .sum()
        };
        assert_eq!(of(1, Op::I32Add), 10);
        assert_eq!(of(2, Op::I32Add), 10);
        let dispatches: u64 = counts.counts.iter().sum();
        assert_eq!(sums.dispatches, dispatches);
        assert!(sums.fuel >= 80, "{}", sums.fuel);
        // Nothing is adjacent over the branch back.
        assert!(
            sums.runs[1]
                .keys()
                .all(|run| run[0].info().control != Control::CondBranch)
        );
    }
}
