//! Ten thousand guests take turns on one thread: how much memory each takes beside its own, and how many switches there are in a second.
//!
//! `cargo run --release -p wrt-testsuite --example guests [COUNT [FUEL_OF_A_TURN]]`

use std::time::Instant;

use wrt_testsuite::guests;

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let mut args = std::env::args().skip(1);
    let count: u32 = args.next().map_or(Ok(10_000), |arg| arg.parse())?;
    let slice: u64 = args.next().map_or(Ok(1_000), |arg| arg.parse())?;
    let start = Instant::now();
    let report = guests::run(count, slice)?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{count} guests: at most {} bytes each beside a memory of their own; {} switches in {seconds:.2} s, {:.0} a second; {} fuel",
        report.bytes,
        report.switches,
        report.switches as f64 / seconds,
        report.fuel
    );
    Ok(())
}
