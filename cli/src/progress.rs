//! A progress bar on a terminal, for work that takes long enough to wonder.
//!
//! Input: how much is done of how much, from any thread. Output: a bar on standard error if that is a terminal and the work has taken
//! longer than [`QUIET`]; nothing otherwise.

use core::time::Duration;
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

/// Work that is done sooner shows no bar.
const QUIET: Duration = Duration::from_millis(300);
/// How the bar looks.
const TEMPLATE: &str = "{msg} [{bar:40}] {percent}% {eta}";

/// A bar that appears when it is worth it, and vanishes when dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    start: Instant,
    terminal: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// For work described by one word or two.
    pub(crate) fn new(what: &'static str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            what,
            start: Instant::now(),
            terminal,
            bar: OnceLock::new(),
        }
    }

    /// So much is done of so much.
    pub(crate) fn set(&self, done: u64, total: u64) {
        if !self.terminal || self.start.elapsed() < QUIET {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let style = ProgressStyle::with_template(TEMPLATE);
            let bar = ProgressBar::new(total).with_message(self.what);
            style.map_or(bar.clone(), |style| {
                bar.with_style(style.progress_chars("=> "))
            })
        });
        bar.set_length(total);
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_work_and_files_see_nothing() {
        let mut quick = Progress::new("test");
        quick.terminal = true;
        quick.set(1, 2);
        assert!(quick.bar.get().is_none());
        let mut no_terminal = Progress::new("test");
        no_terminal.terminal = false;
        no_terminal.start -= 2 * QUIET;
        no_terminal.set(1, 2);
        assert!(no_terminal.bar.get().is_none());
    }

    #[test]
    fn long_work_on_a_terminal_shows_how_far_it_is() {
        let mut long = Progress::new("test");
        long.terminal = true;
        long.start -= 2 * QUIET;
        long.set(1, 3);
        long.set(2, 3);
        let bar = long.bar.get().unwrap();
        assert_eq!((bar.position(), bar.length()), (2, Some(3)));
    }
}
