//! The figures that WRT reports about itself, each by one command of the program `wrt-benches`: see [`HELP`]. What `cargo bench` measures is in `benches/micro.rs`, by
//! [`kernels`].

mod args;
mod compile;
mod direct;
mod features;
mod fuel;
mod generate;
#[cfg(feature = "profile")]
mod guided;
mod host;
pub mod kernels;
mod large;
mod measure;
mod open;
mod peers;
#[cfg(feature = "profile")]
mod profile;
mod programs;
pub mod runtime;
mod size;
mod snapshot;
mod table;
mod wrt;

/// What can be measured.
const HELP: &str = "\
wrt-benches [table] [--rounds N] [PROGRAM ...]    CPU time of the programs beside that of other runtimes, as ratios
wrt-benches features [--rounds N] [MODULE ...]    the same for garbage collection, exceptions, SIMD and 64-bit addresses
wrt-benches open [--rounds N] [--mb N] [FILE]     from opening an image to its first instruction, page cache warm
wrt-benches compile [--rounds N] [MB|FILE ...]    speed of the compiler at -O2, by size of the module
wrt-benches size [FILE ...]                       image size over module size
wrt-benches fuel [--rounds N] [PROGRAM ...]       CPU time with fuel over that without, and of the looping core over that with fuel
wrt-benches direct [--rounds N] [PROGRAM ...]      CPU time with direct threading over that without
wrt-benches host [--rounds N]                     calls between guest and host, in nanoseconds
wrt-benches large                                 builds Lua, SQLite and QuickJS anew, which table does when they are not there
wrt-benches snapshot [--rounds N] [--mb N] [--dirty N]   taking and restoring snapshots of a memory, as wrtd does; N pages written between two
wrt-benches times [--rounds N] [PROGRAM ...]      CPU time of the programs or modules under this build, in seconds (what fuel runs)
wrt-benches profile [--top N] [--hot N] [PROGRAM ...]   what programs or modules execute; in a build with --features profile
wrt-benches guided [--rounds N] [--profile-n N] [PROGRAM ...]   what compiling by a profile gains; in a build with --features profile
wrt-benches all                                   all of these with their defaults; measure on a quiet machine
PROGRAM may be a module of one's own, FILE.wasm=N: it imports nothing and exports `run`, from one i32, here N, to one";

/// A measurement: its name and what prints it.
type Figure = (&'static str, fn(&[String]) -> Result<(), String>);

const FIGURES: &[Figure] = &[
    ("table", table::run),
    ("features", features::run),
    ("direct", direct::run),
    ("open", open::run),
    ("compile", compile::run),
    ("size", size::run),
    ("fuel", fuel::run),
    ("host", host::run),
    ("snapshot", snapshot::run),
    ("times", fuel::times),
    ("large", large::run),
    #[cfg(feature = "profile")]
    ("profile", profile::run),
    #[cfg(feature = "profile")]
    ("guided", guided::run),
];

/// What `all` runs.
const ALL: &[&str] = &[
    "table", "features", "host", "fuel", "direct", "open", "compile", "size",
];

/// What the program does with the arguments behind its name.
///
/// # Errors
/// An argument makes no sense, a measurement fails, results differ between runtimes, or this is a debug build.
pub fn run(args: &[String]) -> Result<(), String> {
    if cfg!(debug_assertions) {
        return Err("figures of a debug build say nothing: cargo run --release".to_owned());
    }
    let first = args.first().map_or("table", String::as_str);
    match first {
        "--help" | "-h" | "help" => {
            println!("{HELP}");
            return Ok(());
        }
        "all" => return ALL.iter().try_for_each(|name| titled(name)),
        _ => {}
    }
    match FIGURES.iter().find(|(name, _)| *name == first) {
        Some((_, run)) => run(args.get(1..).unwrap_or_default()),
        // Without a name it is the table, with its options.
        None => table::run(args),
    }
}

fn titled(wanted: &str) -> Result<(), String> {
    println!("\n== wrt-benches {wanted}");
    let found = FIGURES.iter().find(|(name, _)| *name == wanted);
    found.map_or(Ok(()), |(_, run)| run(&[]))
}
