//! Ten thousand guests on one thread of the host, each a value that can be moved, kept, and copied.
//!
//! One guest is run to a pause in the middle of its work and put into a snapshot; all others are copies of that moment, each told a number of its
//! own. They take turns of a few thousand units of fuel until all are done. `cargo run --release -p wrt-testsuite --example many_guests [N]`
//! prints what a guest takes beside its own memory, and how many turns there are in a second.

use std::collections::VecDeque;
use std::time::Instant;

use wrt_compiler::OptLevel;
use wrt_testsuite::image;
use wrt_vm::{
    Config, Engine, Error, Extern, Limits, Memory, Module, Outcome, Snapshot, SnapshotOptions,
};

/// Fills a table of squares, then adds up as many of them as the host has put at address 0.
const GUEST: &str = r#"(module (memory (export "memory") 1)
    (func (export "run") (result i64) (local $i i32) (local $sum i64)
        (loop $fill
            (i64.store offset=8 (i32.shl (local.get $i) (i32.const 3)) (i64.extend_i32_u (i32.mul (local.get $i) (local.get $i))))
            (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
        (local.set $i (i32.load (i32.const 0)))
        (loop $add
            (local.set $i (i32.sub (local.get $i) (i32.const 1)))
            (local.set $sum (i64.add (local.get $sum) (i64.load offset=8 (i32.shl (local.get $i) (i32.const 3)))))
            (br_if $add (local.get $i)))
        (local.get $sum)))"#;
/// Fuel of a turn.
const TURN: u64 = 2_000;
/// Linear memory of a guest.
const MEMORY_BYTES: u64 = 1 << 16;

/// A paused guest: plain data, which may go to another thread of the host.
struct Guest<'m> {
    engine: Engine<'m>,
    /// How many squares it adds up.
    count: u64,
}

fn main() -> Result<(), Box<dyn core::error::Error>> {
    fn may_move<T: Send>(_: &T) {}

    let wanted = std::env::args()
        .nth(1)
        .map_or(Ok(10_000), |n| n.parse::<u64>())?;
    let image = image(&wat::parse_str(GUEST)?, OptLevel::O2, false)?;
    let module = Module::load_from_binary(image.bytes(), &Limits::default())?;
    let config = Config::default().with_stack_slots(128);
    let first = Instant::now();
    let moment = snapshot(&module, config)?;
    let snapshot = Snapshot::parse(&moment).map_err(|fault| fault.to_string())?;
    let mut guests = VecDeque::new();
    for number in 0..wanted {
        let engine = Engine::new(config)?.restored(&snapshot, &[module])?;
        let count = 1 + number % 999;
        let mut guest = Guest { engine, count };
        let memory = guest.engine.memory_mut(Memory::from_number(0))?;
        memory[..8].copy_from_slice(&count.to_le_bytes());
        guests.push_back(guest);
    }
    may_move(&guests);
    let made = first.elapsed();
    let beside = guests.front().map_or(0, |it| it.engine.stats().used_bytes) - MEMORY_BYTES;
    let (begin, mut turns, mut fuel) = (Instant::now(), 0_u64, 0_u64);
    while let Some(mut guest) = guests.pop_front() {
        guest.engine.set_fuel(TURN);
        turns += 1;
        match guest.engine.resume()? {
            Outcome::OutOfFuel => guests.push_back(guest),
            Outcome::Done => {
                let n = guest.count - 1;
                let sum = n * (n + 1) * (2 * n + 1) / 6;
                assert_eq!(guest.engine.results(), [sum]);
                fuel += guest.engine.fuel_used();
            }
            other @ (Outcome::Trap(_)
            | Outcome::Exception(_)
            | Outcome::HostCall(_)
            | Outcome::Yield
            | Outcome::Wait(_)) => return Err(other.to_string().into()),
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{wanted} guests: {beside} bytes each beside a memory of {MEMORY_BYTES}; made in {:.1} us each",
        made.as_secs_f64() * 1e6 / wanted.max(1) as f64
    );
    println!(
        "{turns} turns, {fuel} fuel: {:.0} turns in a second",
        turns as f64 / seconds
    );
    Ok(())
}

/// The guest in the middle of its work.
fn snapshot(module: &Module<'_>, config: Config) -> Result<Vec<u8>, Error> {
    let mut engine = Engine::new(config)?;
    engine.set_fuel(TURN);
    let _ = module.instantiate(&mut engine, &[])?;
    let instance = engine.last_instance().ok_or(Error::Invalid("instance"))?;
    let Some(Extern::Func(run)) = engine.export(instance, "run") else {
        return Err(Error::NoExport("run".to_owned()));
    };
    if engine.execute(instance, run, &[])? != Outcome::OutOfFuel {
        return Err(Error::Invalid("turn: the guest is done already"));
    }
    let mut bytes = Vec::new();
    let taken = engine.snapshot(&mut bytes, &SnapshotOptions::default());
    taken.map_err(|_| Error::Invalid("snapshot"))?;
    Ok(bytes)
}
