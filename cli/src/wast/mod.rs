//! Runs WebAssembly test scripts (`.wast`) through the whole of WRT: compile, image bytes, verify, run.
//!
//! Input: the text of a script. Output: [`Counts`], with every failed directive and its line. A script is worked through twice: all
//! of its modules are compiled first, so that the images outlive the one engine in which the directives are then run in order.
//!
//! What counts: every directive passes or fails, those in threads of the script too ([`threads`]). Modules in text that must not parse are counted apart, since the parser they test is
//! not ours. A directive that asks for something that is not supported fails.

mod error;
mod modules;
mod run;
mod spectest;
mod threads;
mod values;

use core::fmt;
use std::path::Path;

use wast::lexer::Lexer;
use wast::parser::{ParseBuffer, parse};
use wast::{Wast, WastDirective};
use wrt_compiler::{Features, OptLevel};
use wrt_host::MmapProvider;

use modules::Built;
use run::Runner;

/// How to run a script.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Optimisation.
    pub opt_level: OptLevel,
    /// Compile for debugging instead.
    pub debug: bool,
    /// What modules may use; others are refused.
    pub features: Features,
    /// Let the compiler check its own work after every stage, and the machine collect garbage whenever it allocates.
    pub check: bool,
    /// What to make of each module before it is compiled, unless it is one that must be refused. An error fails its directive.
    pub rewrite: Option<Rewrite>,
}

/// From a binary module to another one, or why there is none.
pub type Rewrite = fn(&[u8]) -> Result<Vec<u8>, String>;

/// What came of the directives of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Directives that passed, without those in `text`.
    pub passed: u32,
    /// Passed directives about modules in text that must not parse.
    pub text: u32,
    /// The directives that failed.
    pub failures: Vec<DirectiveFailure>,
}

/// A directive that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectiveFailure {
    /// Its line in the script, from 1.
    pub line: usize,
    /// Its keyword.
    pub directive: &'static str,
    /// What was expected, and what came.
    pub message: String,
}

/// What came of one directive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Text,
    Fail(String),
}

impl Counts {
    /// Directives that failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.failures.len()
    }

    /// Adds what came of another script.
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.text += other.text;
        self.failures.extend_from_slice(&other.failures);
    }

    fn count(&mut self, line: usize, directive: &'static str, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Text => self.text += 1,
            Verdict::Fail(message) => {
                self.failures.push(DirectiveFailure {
                    line,
                    directive,
                    message,
                });
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, text) = (self.failed(), self.text);
        write!(
            f,
            "{} passed, {failed} failed, {text} text-only",
            self.passed
        )
    }
}

impl fmt::Display for DirectiveFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.line, self.directive, self.message)
    }
}

/// Runs the script in a file.
///
/// # Errors
/// The file cannot be read.
pub fn run_file(path: &Path, options: &Options) -> std::io::Result<Counts> {
    Ok(run_text(&std::fs::read_to_string(path)?, options))
}

/// Runs a script. One that does not parse as a whole counts as one failure.
#[must_use]
pub fn run_text(text: &str, options: &Options) -> Counts {
    let mut counts = Counts::default();
    if let Err((line, message)) = run_script(text, options, &mut counts) {
        counts.count(line, "script", Verdict::Fail(message));
    }
    counts
}

/// The line of the script, and what is wrong with it as a whole.
type ScriptError = (usize, String);

fn run_script(text: &str, options: &Options, counts: &mut Counts) -> Result<(), ScriptError> {
    let place = |error: wast::Error| (error.span().linecol_in(text).0 + 1, error.message());
    let mut lexer = Lexer::new(text);
    // Scripts test names with all that Unicode has.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(place)?;
    let mut script = parse::<Wast<'_>>(&buffer).map_err(place)?;
    let built: Vec<Option<Built>> = script
        .directives
        .iter_mut()
        .map(|directive| modules::build(directive, options))
        .collect();
    let provider = MmapProvider::new();
    let mut runner = Runner::new(&provider, options.check).map_err(|message| (1, message))?;
    for (directive, built) in script.directives.iter().zip(&built) {
        let line = |directive: &WastDirective<'_>| directive.span().linecol_in(text).0 + 1;
        let verdict = runner.directive(directive, built.as_ref());
        for (inner, verdict) in runner.reports.drain(..) {
            counts.count(line(inner), run::keyword(inner), verdict);
        }
        counts.count(line(directive), run::keyword(directive), verdict);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
