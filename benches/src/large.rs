//! Programs of the size of an application: Lua, SQLite and QuickJS, whose C sources come from packages of the registry (`benches/large`).
//!
//! Nothing of them is in the repository: they are built when they are wanted, with clang-22, lld-22 and wasi-libc, and kept in `target/large`.
//! What cannot be built is named and left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use wrt_testsuite::programs::Purpose;

use crate::programs::Case;

/// How to build a program. Its driver `NAME.c` exports `run`.
struct Recipe {
    name: &'static str,
    kind: &'static str,
    /// The package, and the folder of its sources in it.
    package: &'static str,
    folder: &'static str,
    /// Sources without their `.c`.
    sources: &'static [&'static str],
    flags: &'static [&'static str],
    n: u32,
}

const RECIPES: &[Recipe] = &[
    Recipe {
        name: "lua",
        kind: "C: Lua 5.4",
        package: "lua-src",
        folder: "lua-5.4.9",
        sources: &[
            "lapi", "lcode", "lctype", "ldebug", "ldo", "ldump", "lfunc", "lgc", "llex", "lmem",
            "lobject", "lopcodes", "lparser", "lstate", "lstring", "ltable", "ltm", "lundump",
            "lvm", "lzio", "lauxlib", "lbaselib", "ltablib", "lstrlib", "lmathlib",
        ],
        // Errors trap: `setjmp` needs exceptions. Hashes do not depend on the time.
        flags: &[
            "-DLUAI_TRY(L,c,a)={a}",
            "-DLUAI_THROW(L,c)=__builtin_trap()",
            "-Dluai_jmpbuf=int",
            "-Dluai_makeseed(L)=42",
            "-Dl_signalT=int",
        ],
        n: 1,
    },
    Recipe {
        name: "sqlite",
        kind: "C: SQLite in memory",
        package: "libsqlite3-sys",
        folder: "sqlite3",
        sources: &["sqlite3"],
        flags: &[
            "-DSQLITE_OS_OTHER=1",
            "-DSQLITE_THREADSAFE=0",
            "-DSQLITE_TEMP_STORE=3",
            "-DSQLITE_OMIT_LOAD_EXTENSION",
            "-DSQLITE_OMIT_WAL",
            "-DSQLITE_OMIT_LOCALTIME",
        ],
        n: 1,
    },
    Recipe {
        name: "quickjs",
        kind: "C: QuickJS",
        package: "rquickjs-sys",
        folder: "quickjs",
        sources: &["quickjs", "libregexp", "libunicode", "dtoa", "cutils"],
        flags: &["-D_GNU_SOURCE"],
        n: 1,
    },
];

/// What all of them are compiled and linked with: no start files and no imports, `benches/large/host.c` stands for the host.
const FLAGS: &[&str] = &[
    "--target=wasm32-wasi",
    "--sysroot=/usr",
    "-std=gnu23",
    "-O2",
    "-w",
    "-nostartfiles",
    "-Wl,--no-entry",
    "-Wl,--strip-all",
    "-Wl,--stack-first",
    "-Wl,-z,stack-size=1048576",
];

/// The programs that there are, built if they were not.
pub(crate) fn cases() -> Vec<Case> {
    let cases = RECIPES.iter().filter_map(|recipe| {
        let built = module(recipe);
        let wasm = built.inspect_err(|why| eprintln!("{} is left out: {why}", recipe.name));
        Some(Case {
            name: recipe.name.to_owned(),
            kind: recipe.kind.to_owned(),
            purpose: Purpose::Judge,
            wasm: wasm.ok()?,
            n: recipe.n,
        })
    });
    cases.collect()
}

/// Builds all programs anew. Arguments: none.
///
/// # Errors
/// One of them cannot be built.
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    for recipe in RECIPES {
        let path = output(recipe);
        build(recipe, &path).map_err(|why| format!("{}: {why}", recipe.name))?;
        let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
        println!("{:8} {bytes:9} bytes", recipe.name);
    }
    Ok(())
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("large")
}

fn output(recipe: &Recipe) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/large");
    target.join(recipe.name).with_extension("wasm")
}

fn module(recipe: &Recipe) -> Result<Vec<u8>, String> {
    let path = output(recipe);
    if !path.exists() {
        build(recipe, &path)?;
    }
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

fn build(recipe: &Recipe, path: &Path) -> Result<(), String> {
    let sources = package(recipe.package)?.join(recipe.folder);
    let folder = path.parent().ok_or("a path without a folder")?;
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    eprintln!("building {} ...", recipe.name);
    let mut clang = Command::new("clang-22");
    let driver = Path::new(recipe.name).with_extension("c");
    clang.current_dir(home()).args(FLAGS).args(recipe.flags);
    clang
        .arg("-Iinclude")
        .arg(format!("-I{}", sources.display()));
    clang.arg(driver).arg("host.c").arg("-o").arg(path);
    let files = recipe.sources.iter();
    clang.args(files.map(|name| sources.join(name).with_extension("c")));
    succeeds(&mut clang).map(drop)
}

/// The folder of a package's sources, fetched if it is not there.
fn package(name: &str) -> Result<PathBuf, String> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(home());
    cargo.args(["metadata", "--format-version", "1", "--locked", "--quiet"]);
    let output = succeeds(&mut cargo)?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().ok_or("no packages")?;
    let found = packages.iter().find(|package| package["name"] == name);
    let manifest = found.and_then(|package| package["manifest_path"].as_str());
    let folder = manifest.and_then(|manifest| Path::new(manifest).parent());
    folder
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("no package {name}"))
}

/// Standard output of a command that succeeds; otherwise the first line that it says about why not.
fn succeeds(command: &mut Command) -> Result<Vec<u8>, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines = || errors.lines().map(str::trim);
    let line = lines().find(|line| line.contains("error"));
    Err(format!(
        "{program}: {}",
        line.or_else(|| lines().next()).unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_its_driver() {
        for recipe in RECIPES {
            let driver = home().join(recipe.name).with_extension("c");
            let text = std::fs::read_to_string(driver).unwrap();
            assert!(text.contains("EXPORT uint32_t run(uint32_t n)"));
            let manifest = std::fs::read_to_string(home().join("Cargo.toml")).unwrap();
            assert!(manifest.contains(recipe.package));
        }
    }

    #[test]
    fn what_fails_says_why() {
        let missing = succeeds(&mut Command::new("no-such-compiler")).unwrap_err();
        assert!(missing.starts_with("no-such-compiler: "), "{missing}");
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo note >&2; echo an error >&2; exit 1"]);
        assert_eq!(succeeds(&mut shell).unwrap_err(), "sh: an error");
    }
}
