//! Many guests on one thread: each an engine of its own that is parked as a value between its turns.
//!
//! Input: how many guests, and the fuel of a turn. Output: [`Report`]. Every guest does other work and is checked when it is done.

use core::mem::size_of;
use std::collections::VecDeque;

use wrt_compiler::OptLevel;
use wrt_vm::{Config, Engine, Error, Extern, Limits, Module, Outcome};

/// Fills its memory of 1 KiB with what a generator gives (Numerical Recipes' constants), `rounds` times, and sums it up.
const GUEST: &str = r#"(module
  (memory 1024 1024 (pagesize 1))
  (func (export "run") (param $seed i32) (param $rounds i32) (result i32) (local $at i32) (local $sum i32)
    (loop $round
      (local.set $at (i32.const 0))
      (loop $next
        (local.set $seed (i32.add (i32.mul (local.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
        (i32.store (local.get $at) (local.get $seed))
        (local.set $sum (i32.xor (i32.rotl (local.get $sum) (i32.const 1)) (i32.load (local.get $at))))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 1024))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))"#;
/// Bytes of a guest's memory.
const MEMORY: u64 = 1024;

/// What `count` guests took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Times that one guest paused and the next went on.
    pub switches: u64,
    /// Fuel that all used.
    pub fuel: u64,
    /// Bytes that a guest took beside its memory, at most: its engine, stack, instance and handler table.
    pub bytes: u64,
}

/// What a guest comes to, computed without it.
fn expected(mut seed: u32, rounds: u32) -> u32 {
    (0..rounds * 256).fold(0_u32, |sum, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        sum.rotate_left(1) ^ seed
    })
}

/// A guest at rest.
struct Guest<'m> {
    engine: Engine<'m>,
    number: u32,
    /// What its last turn came to.
    outcome: Outcome,
}

fn guest<'m>(module: &Module<'m>, number: u32, slice: u64) -> Result<Guest<'m>, Error> {
    let config = Config::new()
        .with_stack_slots(64)
        .with_memory_budget(64 * 1024);
    let mut engine = Engine::new(config)?;
    engine.set_fuel(u64::MAX);
    engine.set_time_slice(Some(slice));
    assert_eq!(module.instantiate(&mut engine, &[])?, Outcome::Done);
    let instance = engine.last_instance();
    let Some(Extern::Func(run)) = instance.and_then(|it| engine.export(it, "run")) else {
        return Err(Error::NoExport("run".to_owned()));
    };
    let args = [u64::from(number), u64::from(rounds(number))];
    // The first turn.
    let outcome = engine.execute_func(run, &args)?;
    Ok(Guest {
        engine,
        number,
        outcome,
    })
}

/// Guests differ in what they have to do.
fn rounds(number: u32) -> u32 {
    1 + number % 7
}

/// Runs so many guests in turns of `slice` fuel until all are done.
///
/// # Errors
/// Those of the engine; a guest that comes to something else than it should is a panic.
pub fn run(count: u32, slice: u64) -> Result<Report, Error> {
    let wasm = wat::parse_str(GUEST).unwrap_or_else(|error| panic!("{error}"));
    let image = crate::image(&wasm, OptLevel::O2, false).unwrap_or_else(|error| panic!("{error}"));
    let module = Module::load_from_binary(image.bytes(), &Limits::default())?;
    let mut report = Report::default();
    let mut parked = VecDeque::new();
    for number in 0..count {
        parked.push_back(guest(&module, number, slice)?);
    }
    while let Some(mut guest) = parked.pop_front() {
        match guest.outcome {
            Outcome::Yield => {
                report.switches += 1;
                guest.outcome = guest.engine.resume()?;
                parked.push_back(guest);
            }
            Outcome::Done => {
                let stats = guest.engine.stats();
                let bytes = stats.peak_used_bytes + size_of::<Guest<'_>>() as u64 - MEMORY;
                report.bytes = report.bytes.max(bytes);
                report.fuel += stats.fuel_used;
                let result = expected(guest.number, rounds(guest.number));
                assert_eq!(
                    guest.engine.results(),
                    [u64::from(result)],
                    "guest {}",
                    guest.number
                );
            }
            Outcome::Trap(_)
            | Outcome::Exception(_)
            | Outcome::OutOfFuel
            | Outcome::HostCall(_)
            | Outcome::Wait(_) => panic!("guest {}: {}", guest.number, guest.outcome),
        }
    }
    Ok(report)
}

#[test]
fn guests_that_take_turns_come_to_what_each_alone_does() {
    fn movable<T: Send>() {}
    movable::<Engine<'static>>();
    let report = run(50, 100).unwrap();
    assert!(report.bytes < 32 * 1024, "{report:?}");
    // Each of 256 elements and round takes some thirty operators.
    assert!(report.switches > 50 * 256 * 20 / 100, "{report:?}");
    assert_eq!(report.fuel, run(50, 1_000_000_000).unwrap().fuel);
}
