//! Runs the linked-in images in memory that the program hands to the machine, in slices of fuel, and prints what each came to: result or
//! trap, fuel used, and how often it paused. On the way each program goes through snapshots: the machine is thrown away and another one
//! restored. The output is the same on every machine, the ids of the snapshots included, which are hashes of all that is in them: so the
//! bytes are the same, and what goes on here goes on everywhere.
#![no_std]
#![no_main]

#[cfg_attr(all(target_os = "none", target_arch = "arm"), path = "plat/arm.rs")]
#[cfg_attr(bare_kernel, path = "plat/x86.rs")]
#[cfg_attr(all(target_os = "linux", not(bare_kernel)), path = "plat/linux.rs")]
mod plat;

use core::fmt::Write;
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome, Sink, Snapshot, SnapshotOptions};

/// Gives an image the alignment that the verifier demands.
#[repr(align(16))]
struct Aligned<const N: usize>([u8; N]);

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// Everything the machine owns: stack, instances, linear memories.
const WORDS: usize = 3 << 17;
static mut MEMORY: [u64; WORDS] = [0; WORDS];
/// Room for a snapshot.
const SNAPSHOT_BYTES: usize = 3 << 18;
static mut SNAPSHOT: [u8; SNAPSHOT_BYTES] = [0; SNAPSHOT_BYTES];
/// Fuel of a slice.
const SLICE: u64 = 10_000;

/// Takes the bytes of a snapshot as long as there is room.
struct Room<'r> {
    room: &'r mut [u8],
    used: usize,
}

impl Sink for Room<'_> {
    type Error = ();

    fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let room = self.room.get_mut(self.used..).and_then(|room| room.get_mut(..bytes.len()));
        room.ok_or(())?.copy_from_slice(bytes);
        self.used += bytes.len();
        Ok(())
    }
}

/// Mixes the id of a snapshot into those before.
fn mixed(ids: u64, id: [u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = id;
    ids.rotate_left(7) ^ u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn config() -> Config {
    Config::default().with_stack_slots(1 << 14)
}

/// Throws an engine away and restores it from its snapshot, whose id is given.
fn hop(engine: Engine<'static>, module: &Module<'static>) -> (Engine<'static>, [u8; 32]) {
    // SAFETY: one hop is done at a time.
    let room = unsafe { &mut *(&raw mut SNAPSHOT) };
    let mut sink = Room { room, used: 0 };
    let taken = engine.snapshot(&mut sink, &SnapshotOptions::default()).expect("there is room");
    let fuel = engine.remaining_fuel();
    drop(engine);
    let bytes = &sink.room[..sink.used];
    let snapshot = Snapshot::parse(bytes).expect("a snapshot just taken");
    // SAFETY: the engine that had borrowed the memory is gone.
    let memory = unsafe { &mut *(&raw mut MEMORY) };
    let engine = Engine::with_memory(memory, config()).expect("there was room before");
    let mut engine = engine.restored(&snapshot, &[*module]).expect("a snapshot just taken");
    engine.set_fuel(fuel);
    (engine, taken.id)
}

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        plat::put(text);
        Ok(())
    }
}

/// What a program came to.
struct Ran {
    outcome: Outcome,
    result: u64,
    fuel: u64,
    pauses: u64,
    /// Of the ids of its snapshots.
    ids: u64,
}

/// One program: `run(n)` to its end, in slices.
fn run(image: &'static [u8], n: u32) -> Result<Ran, wrt_vm::Error> {
    // SAFETY: one program runs at a time and the engine that borrows the memory is gone before the next one starts.
    let memory = unsafe { &mut *(&raw mut MEMORY) };
    let module = Module::load_from_binary(image, &Limits::default())?;
    module.validate()?;
    let mut engine = Engine::with_memory(memory, config())?;
    engine.set_fuel(SLICE);
    let mut outcome = module.instantiate(&mut engine, &[])?;
    let (mut pauses, mut ids) = (0_u64, 0);
    if let (Some(instance), Outcome::Done) = (engine.last_instance(), outcome)
        && let Some(Extern::Func(func)) = instance.export(&engine, "run")
    {
        outcome = engine.execute(instance, func, &[n.into()])?;
    }
    while outcome == Outcome::OutOfFuel {
        pauses += 1;
        // Often in the beginning, when a program makes its data, and seldom later.
        if pauses.is_power_of_two() {
            let id;
            (engine, id) = hop(engine, &module);
            ids = mixed(ids, id);
        }
        engine.add_fuel(SLICE);
        outcome = engine.resume()?;
    }
    // What has ended, too; a trap with its frames.
    let (engine, id) = hop(engine, &module);
    Ok(Ran {
        outcome,
        result: engine.results().first().copied().unwrap_or(0),
        fuel: engine.fuel_used(),
        pauses,
        ids: mixed(ids, id),
    })
}

/// Runs all programs.
pub fn app() {
    let mut console = Console;
    // What firmware has printed before may not end its line.
    plat::put("\n");
    for (name, image, n) in PROGRAMS {
        let written = match run(image, *n) {
            Ok(Ran { outcome: Outcome::Done, result, fuel, pauses, ids }) => {
                writeln!(console, "{name} {n}: {result:#010x}, fuel {fuel}, {pauses} pauses, snapshots {ids:016x}")
            }
            Ok(Ran { outcome, fuel, pauses, ids, .. }) => {
                writeln!(console, "{name} {n}: {outcome:?}, fuel {fuel}, {pauses} pauses, snapshots {ids:016x}")
            }
            Err(error) => writeln!(console, "{name} {n}: error: {error}"),
        };
        if written.is_err() {
            plat::exit(1);
        }
    }
}

#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Console, "PANIC {info}");
    plat::exit(101)
}
