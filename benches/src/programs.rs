//! The measured programs: those of the test suite, and the large ones that could be built.

use std::sync::OnceLock;

use wrt_testsuite::features::{FEATURES, Feature};
use wrt_testsuite::programs::{PROGRAMS, Purpose};

use crate::large;

/// A program and how much work to give it.
pub(crate) struct Case {
    /// Name in the table.
    pub(crate) name: &'static str,
    /// What kind of program it is.
    pub(crate) kind: String,
    /// What its times are for.
    pub(crate) purpose: Purpose,
    /// The module.
    pub(crate) wasm: Vec<u8>,
    /// Argument of `run`.
    pub(crate) n: u32,
}

/// All programs. The first call builds the large ones, and names on stderr those that cannot be built.
pub(crate) fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let small = PROGRAMS.iter().map(|program| Case {
            name: program.name,
            kind: format!("{}: {}", program.language, program.kind),
            purpose: program.purpose,
            wasm: program.wasm.to_vec(),
            n: program.n,
        });
        let mut cases: Vec<Case> = small.collect();
        cases.extend(large::cases());
        cases
    })
}

/// The programs with these names; all of them if there are none.
///
/// # Errors
/// A name is that of no program.
pub(crate) fn named(names: &[String]) -> Result<Vec<&'static Case>, String> {
    pick(cases(), names)
}

/// The programs with these names, and the modules of `features` too, which are none of "all of them".
///
/// # Errors
/// A name is that of none, or the text of a module has become none.
pub(crate) fn or_features(names: &[String]) -> Result<Vec<&'static Case>, String> {
    static MODULES: OnceLock<Result<Vec<Case>, String>> = OnceLock::new();
    let modules = MODULES.get_or_init(|| FEATURES.iter().map(Case::of_feature).collect());
    let modules = modules.as_ref().map_err(String::clone)?;
    let (features, programs): (Vec<_>, Vec<_>) = names
        .iter()
        .cloned()
        .partition(|name| modules.iter().any(|module| module.name == *name));
    let mut chosen = if features.is_empty() || !programs.is_empty() {
        named(&programs)?
    } else {
        Vec::new()
    };
    if !features.is_empty() {
        chosen.extend(pick(modules, &features)?);
    }
    Ok(chosen)
}

impl Case {
    fn of_feature(feature: &Feature) -> Result<Self, String> {
        Ok(Self {
            name: feature.name,
            kind: format!("{}: {}", feature.feature, feature.kind),
            purpose: Purpose::Tune,
            wasm: feature.wasm()?,
            n: feature.n,
        })
    }
}

fn pick<'c>(cases: &'c [Case], names: &[String]) -> Result<Vec<&'c Case>, String> {
    let known = |name: &String| cases.iter().any(|case| case.name == *name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = cases.iter().map(|case| case.name).collect();
        return Err(format!(
            "no program `{unknown}`; there are {}",
            all.join(", ")
        ));
    }
    let wanted = |case: &&Case| names.is_empty() || names.iter().any(|name| name == case.name);
    Ok(cases.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name() {
        let cases = ["json", "lua", "lz"].map(|name| Case {
            name,
            kind: String::new(),
            purpose: Purpose::Tune,
            wasm: Vec::new(),
            n: 1,
        });
        let names = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            pick(&cases, &args).map(|cases| cases.iter().map(|case| case.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["lz", "json"]), Ok(vec!["json", "lz"]));
        assert_eq!(names(&[]), Ok(vec!["json", "lua", "lz"]));
        assert!(names(&["lz", "zip"]).unwrap_err().contains("`zip`"));
    }

    #[test]
    fn modules_of_features_are_found_too() {
        let cases = or_features(&["simd_matrix".to_owned(), "calls".to_owned()]).unwrap();
        let names: Vec<_> = cases.iter().map(|case| case.name).collect();
        assert_eq!(names, ["calls", "simd_matrix"]);
    }
}
