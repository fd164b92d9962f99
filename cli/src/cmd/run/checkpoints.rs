//! Files of checkpoints: their names, and which of them are kept.
//!
//! Input: a directory. Output: names for new files; files that nobody needs any more are removed. Invariants: what is called otherwise is left
//! alone; no snapshot is removed that one which is kept is based on.

use std::io;
use std::path::{Path, PathBuf};

/// What all names begin with.
const PREFIX: &str = "checkpoint-";
/// What comes before the number of the parent.
const ON: &str = "-on-";
/// What all names end with.
const SUFFIX: &str = ".wrts";
/// Digits of the fuel used, so that names sort as the numbers do.
const DIGITS: usize = 20;

/// A checkpoint, by what its name says: the fuel used so far, and that of the one which it is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Checkpoint {
    pub(super) fuel: u64,
    pub(super) parent: Option<u64>,
}

impl Checkpoint {
    /// The name of its file.
    pub(super) fn name(self) -> String {
        let fuel = self.fuel;
        let on = self.parent.map(|fuel| format!("{ON}{fuel:0DIGITS$}"));
        format!("{PREFIX}{fuel:0DIGITS$}{}{SUFFIX}", on.unwrap_or_default())
    }

    fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        let number = |text: &str| {
            let digits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| digits)
        };
        let (fuel, parent) = match name.split_once(ON) {
            Some((fuel, parent)) => (fuel, Some(number(parent)?)),
            None => (name, None),
        };
        Some(Self {
            fuel: number(fuel)?,
            parent,
        })
    }
}

/// Of a process that was killed while it wrote: `NAME.PID.tmp`.
fn is_left_over(name: &str) -> bool {
    let name = name.strip_suffix(".tmp");
    let name = name.and_then(|name| name.rsplit_once('.'));
    name.is_some_and(|(name, _)| Checkpoint::parse(name).is_some())
}

/// Which of these, in ascending order, are to be kept when one has just been written: the last ones, and those that they are based on. The last
/// one is the new one; others of the same fuel were of an earlier run, and so were those of more fuel, which count as older than all of this run.
fn kept(all: &[Checkpoint], newest: Checkpoint, count: usize) -> Vec<Checkpoint> {
    let (earlier, own): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(|it| it.fuel != newest.fuel)
        .partition(|it| it.fuel > newest.fuel);
    let all: Vec<Checkpoint> = earlier.into_iter().chain(own).copied().collect();
    let mut kept = vec![newest];
    kept.extend(all.iter().rev().take(count.saturating_sub(1)));
    let mut next = 0;
    while let Some(checkpoint) = kept.get(next).copied() {
        let bases = all.iter().filter(|it| checkpoint.parent == Some(it.fuel));
        for base in bases {
            if !kept.contains(base) {
                kept.push(*base);
            }
        }
        next += 1;
    }
    kept
}

/// A checkpoint has been written: removes all but the latest ones, those that these are based on, and what killed processes have left behind.
pub(super) fn forget_old(
    folder: &Path,
    newest: Checkpoint,
    count: usize,
) -> Result<(), (PathBuf, io::Error)> {
    let fail = |error| (folder.to_path_buf(), error);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let Some(name) = name.to_str() else { continue };
        match Checkpoint::parse(name) {
            Some(checkpoint) => all.push(checkpoint),
            None if is_left_over(name) => drop(std::fs::remove_file(folder.join(name))),
            None => {}
        }
    }
    all.sort();
    let kept = kept(&all, newest, count);
    // The last ones first, so that what is left can always be restored.
    for checkpoint in all.iter().rev().filter(|it| !kept.contains(it)) {
        let path = folder.join(checkpoint.name());
        std::fs::remove_file(&path).map_err(|error| (path, error))?;
    }
    Ok(())
}

/// Those of these, in ascending order, that are based on what was used at this fuel.
fn based_on(all: &[Checkpoint], fuel: u64) -> Vec<Checkpoint> {
    let mut found: Vec<Checkpoint> = Vec::new();
    for checkpoint in all {
        let on = |parent| parent == fuel || found.iter().any(|it| it.fuel == parent);
        if checkpoint.parent.is_some_and(on) {
            found.push(*checkpoint);
        }
    }
    found
}

/// Removes what an earlier run has based on a checkpoint of this fuel, before another one takes that one's place.
pub(super) fn forget_based_on(folder: &Path, fuel: u64) -> Result<(), (PathBuf, io::Error)> {
    let fail = |error| (folder.to_path_buf(), error);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        all.extend(name.to_str().and_then(Checkpoint::parse));
    }
    all.sort();
    // The last ones first, so that what is left can always be restored.
    for checkpoint in based_on(&all, fuel).iter().rev() {
        let path = folder.join(checkpoint.name());
        std::fs::remove_file(&path).map_err(|error| (path, error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn alone(fuel: u64) -> Checkpoint {
        Checkpoint { fuel, parent: None }
    }

    const fn on(fuel: u64, parent: u64) -> Checkpoint {
        Checkpoint {
            fuel,
            parent: Some(parent),
        }
    }

    #[test]
    fn names_say_what_a_checkpoint_is() {
        assert_eq!(alone(17).name(), "checkpoint-00000000000000000017.wrts");
        for checkpoint in [alone(0), alone(u64::MAX), on(u64::MAX, 3)] {
            assert_eq!(Checkpoint::parse(&checkpoint.name()), Some(checkpoint));
            assert!(is_left_over(&format!("{}.123.tmp", checkpoint.name())));
        }
        for other in [
            "checkpoint-17.wrts",
            "mine.wrts",
            "checkpoint-99999999999999999999.wrts",
        ] {
            assert_eq!(Checkpoint::parse(other), None);
            assert!(!is_left_over(&format!("{other}.123.tmp")));
        }
    }

    #[test]
    fn what_is_based_on_another_run_is_found() {
        let all = [alone(1), alone(2), on(3, 2), on(4, 3), on(5, 1)];
        assert_eq!(based_on(&all, 2), [on(3, 2), on(4, 3)]);
        assert_eq!(based_on(&all, 4), []);
    }

    #[test]
    fn what_others_are_based_on_is_kept() {
        let all = [alone(1), alone(2), on(3, 2), on(4, 3), alone(5), on(6, 5)];
        let left = |newest, count| {
            let mut kept = kept(&all, newest, count);
            kept.sort();
            kept.iter().map(|it| it.fuel).collect::<Vec<_>>()
        };
        assert_eq!(left(on(6, 5), 1), [5, 6]);
        assert_eq!(left(on(6, 5), 2), [5, 6]);
        assert_eq!(left(on(6, 5), 3), [2, 3, 4, 5, 6]);
        assert_eq!(left(on(6, 5), 9), [1, 2, 3, 4, 5, 6]);
        // A file that is based on itself keeps nobody busy.
        assert_eq!(kept(&[on(1, 1)], on(1, 1), 1), [on(1, 1)]);
    }

    #[test]
    fn those_of_an_earlier_run_that_got_further_are_older() {
        let all = [alone(1), on(2, 1), alone(3), on(3, 2), alone(7), on(8, 7)];
        let left = |newest, count| {
            let mut kept = kept(&all, newest, count);
            kept.sort();
            kept
        };
        assert_eq!(left(alone(1), 1), [alone(1)]);
        assert_eq!(left(alone(1), 2), [alone(1), alone(7), on(8, 7)]);
        assert_eq!(left(on(2, 1), 2), [alone(1), on(2, 1)]);
        // One of the same fuel is not what was written now.
        assert_eq!(left(alone(3), 2), [alone(1), on(2, 1), alone(3)]);
        assert_eq!(left(on(3, 2), 1), [alone(1), on(2, 1), on(3, 2)]);
    }
}
