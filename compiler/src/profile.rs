//! How often each operator of a module ran: what decides between speed and size, where a profile says so.
//!
//! Input: counts of runs, by function and byte offset in the Wasm module. Output: for each function [`Counts`], which the IR's builder asks
//! once for each block. Invariants: the offsets of a function ascend and lie in its body, which [`Profile::check`] holds them against; sums
//! saturate; whatever the counts are, they change which code is made and never what it does.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::wasm::ValidModule;

/// A block is hot if it runs at least once for each so many operators that the program runs: thousands of blocks below that are together
/// still few percent of a run.
const OPERATORS: u128 = 1 << 20;

/// Counts of the operators of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// By index in the function index space. Functions that are not here did not run.
    funcs: BTreeMap<u32, Vec<(u32, u64)>>,
}

impl Profile {
    /// A profile of a run of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            funcs: BTreeMap::new(),
        }
    }

    /// Adds the counts of one function of one run. Each row is the byte offset of an operator in the Wasm module, and how often that
    /// operator ran, and those behind it up to the operator of the next row; what comes before the first row did not run.
    ///
    /// # Errors
    /// `Profile` at an offset that is not greater than the one before.
    pub fn add(&mut self, func_idx: u32, rows: &[(u32, u64)]) -> Result<(), Error> {
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            let error = Error::profile("its offsets do not ascend");
            return Err(error.in_func(func_idx, None).at(pair[1].0.into()));
        }
        let sum = match self.funcs.get(&func_idx) {
            Some(known) => sum(known, rows),
            None => rows.to_vec(),
        };
        self.funcs.insert(func_idx, sum);
        Ok(())
    }

    /// Whether all counts are of functions of this module and of places in them. `shift` is how far the module's code is behind that of the
    /// module that ran, in bytes.
    pub(crate) fn check(&self, module: &ValidModule<'_>, shift: i64) -> Result<(), Error> {
        for (&func_idx, rows) in &self.funcs {
            let body_idx = func_idx.checked_sub(module.imported_funcs);
            let Some(body_idx) = body_idx.filter(|&it| it < module.body_count()) else {
                let error = Error::profile("the module defines no such function");
                return Err(error.in_func(func_idx, None));
            };
            let body = module.body_range(body_idx);
            let inside = |&&(offset, _): &&(u32, u64)| {
                let offset = usize::try_from(i64::from(offset) + shift);
                offset.is_ok_and(|offset| body.contains(&offset))
            };
            if let Some(&(offset, _)) = rows.iter().find(|row| !inside(row)) {
                let error = Error::profile("there is no operator of the function");
                let error = error.in_func(func_idx, module.func_name(func_idx));
                return Err(error.at(offset.into()));
            }
        }
        Ok(())
    }

    /// The count from which on a block is hot.
    pub(crate) fn hot_from(&self, module: &ValidModule<'_>, shift: i64) -> u64 {
        let mut total = 0_u128;
        for (&func_idx, rows) in &self.funcs {
            let body_idx = func_idx.saturating_sub(module.imported_funcs);
            let end = module.body_range(body_idx).end as i64 - shift;
            let ends = rows.iter().skip(1).map(|&(offset, _)| i64::from(offset));
            for (&(offset, count), end) in rows.iter().zip(ends.chain([end])) {
                // An operator takes two bytes, about.
                let operators = (end - i64::from(offset)).unsigned_abs().div_ceil(2);
                total = total.saturating_add(u128::from(count) * u128::from(operators));
            }
        }
        u64::try_from(total / OPERATORS).unwrap_or(u64::MAX).max(1)
    }

    /// All there is, as bytes that tell profiles apart.
    pub(crate) fn for_each_row(&self, mut f: impl FnMut([u8; 16])) {
        for (&func_idx, rows) in &self.funcs {
            for &(offset, count) in rows {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&func_idx.to_le_bytes());
                bytes[4..8].copy_from_slice(&offset.to_le_bytes());
                bytes[8..].copy_from_slice(&count.to_le_bytes());
                f(bytes);
            }
        }
    }

    /// The counts of one function.
    pub(crate) fn counts(&self, func_idx: u32, hot_from: u64, shift: i64) -> Counts<'_> {
        Counts {
            rows: self.funcs.get(&func_idx).map_or(&[], Vec::as_slice),
            hot_from,
            shift,
        }
    }
}

/// The sum of the counts of two runs of a function.
fn sum(a: &[(u32, u64)], b: &[(u32, u64)]) -> Vec<(u32, u64)> {
    let mut offsets: Vec<u32> = a.iter().chain(b).map(|row| row.0).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let sum = |offset| count_at(a, offset).saturating_add(count_at(b, offset));
    let rows = offsets.into_iter().map(|offset| (offset, sum(offset)));
    rows.collect()
}

/// What the last row at or before `offset` says.
fn count_at(rows: &[(u32, u64)], offset: u32) -> u64 {
    let behind = rows.partition_point(|row| row.0 <= offset);
    behind.checked_sub(1).map_or(0, |at| rows[at].1)
}

/// How often the operators of one function ran.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts<'p> {
    rows: &'p [(u32, u64)],
    /// The count from which on a block is hot.
    pub(crate) hot_from: u64,
    shift: i64,
}

impl Counts<'_> {
    /// How often the operator at this byte offset in the compiled module ran.
    pub(crate) fn at(&self, offset: u32) -> u64 {
        let offset = i64::from(offset) - self.shift;
        count_at(self.rows, u32::try_from(offset).unwrap_or(0))
    }

    /// Whether the function ran.
    pub(crate) fn ran(&self) -> bool {
        self.rows.iter().any(|row| row.1 > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    /// An import, and one function that it is followed by.
    const MODULE: &str =
        r#"(module (import "a" "b" (func)) (func $f (drop (i32.const 1)) (drop (i32.const 2))))"#;

    fn checked(func_idx: u32, rows: &[(u32, u64)], shift: i64) -> Result<(), Error> {
        let wasm = wat::parse_str(MODULE).unwrap();
        let module = crate::wasm::parse(&wasm).unwrap();
        let mut profile = Profile::new();
        profile.add(func_idx, rows)?;
        profile.check(&module, shift)
    }

    /// Where the body of the function lies.
    fn body() -> core::ops::Range<u32> {
        let wasm = wat::parse_str(MODULE).unwrap();
        let range = crate::wasm::parse(&wasm).unwrap().body_range(0);
        range.start as u32..range.end as u32
    }

    #[test]
    fn a_profile_of_other_places_is_refused_with_the_place() {
        let body = body();
        checked(1, &[(body.start, 1), (body.end - 1, u64::MAX)], 0).unwrap();
        checked(1, &[(body.start + 7, 1)], -7).unwrap();
        let refused = |func_idx, rows: &[(u32, u64)], shift| {
            let error = checked(func_idx, rows, shift).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Profile);
            assert_eq!(error.func_idx(), Some(func_idx));
            (error.message().to_owned(), error.offset())
        };
        let none = |offset: u32| {
            let text = "there is no operator of the function".to_owned();
            (text, Some(u64::from(offset)))
        };
        assert_eq!(refused(1, &[(body.end, 1)], 0), none(body.end));
        assert_eq!(
            refused(1, &[(body.start, 1), (u32::MAX, 1)], 0),
            none(u32::MAX)
        );
        assert_eq!(refused(1, &[(0, 1)], i64::MIN / 2), none(0));
        assert_eq!(refused(1, &[(body.start, 1)], -1), none(body.start));
        for func_idx in [0, 2, u32::MAX] {
            let (text, offset) = refused(func_idx, &[], 0);
            assert_eq!(text, "the module defines no such function");
            assert_eq!(offset, None);
        }
        for second in [4, 5] {
            let (text, offset) = refused(1, &[(5, 1), (second, 2)], 0);
            assert_eq!(text, "its offsets do not ascend");
            assert_eq!(offset, Some(second.into()));
        }
    }

    #[test]
    fn counts_of_runs_add_up() {
        let mut profile = Profile::new();
        profile.add(3, &[(10, 5), (20, 1)]).unwrap();
        profile.add(3, &[(5, 2), (15, 0), (20, u64::MAX)]).unwrap();
        profile.add(4, &[(1, 0)]).unwrap();
        let counts = profile.counts(3, 1, 0);
        let at = [4, 5, 9, 10, 14, 15, 19, 20, 99].map(|offset| counts.at(offset));
        assert_eq!(at, [0, 2, 2, 7, 7, 5, 5, u64::MAX, u64::MAX]);
        assert!(counts.ran());
        assert!(!profile.counts(4, 1, 0).ran() && !profile.counts(5, 1, 0).ran());
        // In a module whose code is 100 bytes further on.
        assert_eq!(profile.counts(3, 1, 100).at(110), 7);
        assert_eq!(profile.counts(3, 1, 100).at(10), 0);
    }

    #[test]
    fn what_is_hot_depends_on_the_whole_run() {
        let wasm = wat::parse_str(MODULE).unwrap();
        let module = crate::wasm::parse(&wasm).unwrap();
        let (start, hot_from) = (body().start, |count| {
            let mut profile = Profile::new();
            profile.add(1, &[(body().start, count)]).unwrap();
            profile.hot_from(&module, 0)
        });
        assert!(start > 0);
        assert_eq!(hot_from(0), 1);
        let operators = u128::from(body().end - start).div_ceil(2) as u64;
        assert_eq!(hot_from(5 << 20), 5 * operators);
        assert!(hot_from(u64::MAX) > 1 << 40);
    }

    #[test]
    fn the_image_names_its_profile() {
        let wasm = wat::parse_str(MODULE).unwrap();
        let image = |rows: &[(u32, u64)]| {
            let mut profile = Profile::new();
            profile.add(1, rows).unwrap();
            let options = crate::Options {
                profile: Some(&profile),
                ..crate::Options::default()
            };
            crate::compile(&wasm, &options).unwrap()
        };
        let one = image(&[(body().start, 1)]);
        assert_eq!(one.image, image(&[(body().start, 1)]).image);
        // The code is the same; the identity of the build is not.
        assert_ne!(one.image, image(&[(body().start, 2)]).image);
        assert_eq!(
            (one.report.profiled_functions, one.report.profiled_blocks),
            (1, 1)
        );
        assert_eq!(one.report.hot_blocks, 1);
        let cold = image(&[(body().start, 0)]).report;
        assert_eq!(
            (
                cold.profiled_functions,
                cold.profiled_blocks,
                cold.hot_blocks
            ),
            (0, 0, 0)
        );
    }
}
