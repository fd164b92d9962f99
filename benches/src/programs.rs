//! The measured programs: those of the test suite, the large ones that could be built, and modules from files.

use std::path::Path;
use std::sync::OnceLock;

use wrt_testsuite::features::{FEATURES, Feature};
use wrt_testsuite::programs::{PROGRAMS, Purpose};

use crate::large;

/// A program and how much work to give it.
#[derive(Clone)]
pub(crate) struct Case {
    /// Name in the table.
    pub(crate) name: String,
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
            name: program.name.to_owned(),
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

/// The programs with these names, and modules from files; all programs if nothing is named. Files are named `FILE.wasm=N`: modules as those of
/// `wrt_testsuite::programs`, whose `run` gets `N`.
///
/// # Errors
/// A name is that of no program, a file cannot be read, or it is named without a number.
pub(crate) fn named(names: &[String]) -> Result<Vec<Case>, String> {
    let (files, programs) = files(names)?;
    let mut chosen = if files.is_empty() || !programs.is_empty() {
        pick(cases(), &programs)?
    } else {
        Vec::new()
    };
    chosen.extend(files);
    Ok(chosen)
}

/// The programs with these names, and the modules of `features` too, which are none of "all of them".
///
/// # Errors
/// As [`named`], or the text of a module has become none.
pub(crate) fn or_features(names: &[String]) -> Result<Vec<Case>, String> {
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

/// Reads those names that are files, and returns the others.
fn files(names: &[String]) -> Result<(Vec<Case>, Vec<String>), String> {
    let (files, programs): (Vec<_>, Vec<_>) = names
        .iter()
        .cloned()
        .partition(|name| name.contains(".wasm"));
    let files = files.iter().map(|name| Case::of_file(name));
    Ok((files.collect::<Result<_, _>>()?, programs))
}

impl Case {
    fn of_feature(feature: &Feature) -> Result<Self, String> {
        Ok(Self {
            name: feature.name.to_owned(),
            kind: format!("{}: {}", feature.feature, feature.kind),
            purpose: Purpose::Tune,
            wasm: feature.wasm()?,
            n: feature.n,
        })
    }

    fn of_file(name: &str) -> Result<Self, String> {
        let (path, n) = name.rsplit_once('=').unwrap_or((name, ""));
        let n = n.parse().map_err(|_| {
            format!("`{name}`: modules are named FILE.wasm=N, with the argument of their `run`")
        })?;
        let stem = Path::new(path).file_stem().unwrap_or_default();
        Ok(Self {
            name: stem.to_string_lossy().into_owned(),
            kind: "file".to_owned(),
            purpose: Purpose::Judge,
            wasm: std::fs::read(path).map_err(|error| format!("{path}: {error}"))?,
            n,
        })
    }
}

fn pick(cases: &[Case], names: &[String]) -> Result<Vec<Case>, String> {
    let known = |name: &String| cases.iter().any(|case| case.name == *name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        return Err(format!(
            "no program `{unknown}`; there are {}",
            all.join(", ")
        ));
    }
    let wanted = |case: &&Case| names.is_empty() || names.contains(&case.name);
    Ok(cases.iter().filter(wanted).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name() {
        let cases = ["json", "lua", "lz"].map(|name| Case {
            name: name.to_owned(),
            kind: String::new(),
            purpose: Purpose::Tune,
            wasm: Vec::new(),
            n: 1,
        });
        let names = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            pick(&cases, &args).map(|cases| {
                let names: Vec<_> = cases.into_iter().map(|case| case.name).collect();
                names.join(" ")
            })
        };
        assert_eq!(names(&["lz", "json"]).as_deref(), Ok("json lz"));
        assert_eq!(names(&[]).as_deref(), Ok("json lua lz"));
        assert!(names(&["lz", "zip"]).unwrap_err().contains("`zip`"));
    }

    #[test]
    fn modules_of_features_are_found_too() {
        let cases = or_features(&["simd_matrix".to_owned(), "calls".to_owned()]).unwrap();
        let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["calls", "simd_matrix"]);
    }

    #[test]
    fn modules_come_from_files() {
        let path = std::env::temp_dir().join(format!("wrt-benches-{}.wasm", std::process::id()));
        std::fs::write(&path, b"module").unwrap();
        let name = path.to_string_lossy().into_owned();
        let chosen = named(&[format!("{name}=7")]).unwrap();
        let without = named(core::slice::from_ref(&name)).err().unwrap();
        std::fs::remove_file(&path).unwrap();
        let [case] = chosen.as_slice() else {
            panic!("only the file was asked for");
        };
        assert_eq!((case.n, case.wasm.as_slice()), (7, b"module".as_slice()));
        assert!(without.contains("FILE.wasm=N"));
        let gone = named(&[format!("{name}=7")]).err().unwrap();
        assert!(gone.starts_with(&name));
    }
}
