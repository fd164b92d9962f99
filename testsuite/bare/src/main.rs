//! Runs the linked-in images in memory that the program hands to the machine, in slices of fuel, and prints what each came to: result or
//! trap, fuel used, and how often it paused. The output is the same on every machine.
#![no_std]
#![no_main]

#[cfg_attr(all(target_os = "none", target_arch = "arm"), path = "plat/arm.rs")]
#[cfg_attr(bare_kernel, path = "plat/x86.rs")]
#[cfg_attr(all(target_os = "linux", not(bare_kernel)), path = "plat/linux.rs")]
mod plat;

use core::fmt::Write;
use wrt_vm::{Config, Engine, Extern, Limits, Module, Outcome};

/// Gives an image the alignment that the verifier demands.
#[repr(align(16))]
struct Aligned<const N: usize>([u8; N]);

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// Everything the machine owns: stack, instances, linear memories.
const WORDS: usize = 3 << 17;
static mut MEMORY: [u64; WORDS] = [0; WORDS];
/// Fuel of a slice.
const SLICE: u64 = 10_000;

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        plat::put(text);
        Ok(())
    }
}

/// One program: `run(n)` to its end, in slices.
fn run(image: &'static [u8], n: u32) -> Result<(Outcome, u64, u64, u64), wrt_vm::Error> {
    // SAFETY: one program runs at a time and the engine that borrows the memory is gone before the next one starts.
    let memory = unsafe { &mut *(&raw mut MEMORY) };
    let module = Module::load_from_binary(image, &Limits::default())?;
    module.validate()?;
    let config = Config::default().with_stack_slots(1 << 14);
    let mut engine = Engine::with_memory(memory, config)?;
    engine.set_fuel(SLICE);
    let mut outcome = module.instantiate(&mut engine, &[])?;
    let mut pauses = 0;
    if let (Some(instance), Outcome::Done) = (engine.last_instance(), outcome)
        && let Some(Extern::Func(func)) = instance.export(&engine, "run")
    {
        outcome = engine.execute(instance, func, &[n.into()])?;
    }
    while outcome == Outcome::OutOfFuel {
        pauses += 1;
        engine.add_fuel(SLICE);
        outcome = engine.resume()?;
    }
    let result = engine.results().first().copied().unwrap_or(0);
    Ok((outcome, result, engine.fuel_used(), pauses))
}

/// Runs all programs.
pub fn app() {
    let mut console = Console;
    // What firmware has printed before may not end its line.
    plat::put("\n");
    for (name, image, n) in PROGRAMS {
        let written = match run(image, *n) {
            Ok((Outcome::Done, result, fuel, pauses)) => {
                writeln!(console, "{name} {n}: {result:#010x}, fuel {fuel}, {pauses} pauses")
            }
            Ok((outcome, _, fuel, pauses)) => {
                writeln!(console, "{name} {n}: {outcome:?}, fuel {fuel}, {pauses} pauses")
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
