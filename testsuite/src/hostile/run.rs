//! Running whatever loads, within small limits: metered in slices, on memory of the allocator and on a slice of ours.
//!
//! The promise that is asserted: no panic; never more fuel used than was given; never more memory than the budget.

use wrt_format::image::features;
use wrt_format::image::inlined::MAX_DEPTH;
use wrt_format::image::types::ExternType;
use wrt_format::verify::VerifiedImage;
use wrt_vm::{
    Config, Engine, Error, Extern, Func, Instance, Limits, Module, Outcome, Trap, ValType, Wake,
    valtype,
};

use super::Draw;

/// Fuel of one call.
const FUEL: u64 = 20_000;
/// Fuel of a slice.
const SLICE: u64 = 1_009;
/// Functions called of one instance.
const CALLS: u32 = 12;
/// Bytes that an engine may take.
const BUDGET_BYTES: usize = 4 << 20;
/// Bytes that the heap may take.
const HEAP_BYTES: u64 = 16 << 10;
/// Linear memory that the memories of an engine may reach together, in pages of 64 KiB.
const MAX_PAGES: u64 = 24;

/// What came of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Images that were accepted, function bodies aside.
    pub loaded: u32,
    /// Images with a function body that is refused.
    pub bad_bodies: u32,
    /// Instances made.
    pub instances: u32,
    /// Calls that returned.
    pub done: u32,
    /// Calls that trapped.
    pub traps: u32,
    /// Runs that have ended with an exception.
    pub exceptions: u32,
    /// Calls of a function whose body is refused.
    pub refused_calls: u32,
    /// Calls that were ended for want of fuel.
    pub out_of_fuel: u32,
    /// Calls of the host by a guest.
    pub host_calls: u32,
    /// Waits of a guest for a notification.
    pub waits: u32,
    /// Engines restored from snapshots.
    pub restored: u32,
    /// Those of them that were of a snapshot based on another one.
    pub chained: u32,
    /// Snapshots with holes that were restored.
    pub holed: u32,
}

impl Seen {
    /// Adds another's counts.
    pub fn add(&mut self, other: Self) {
        let counts = [
            (&mut self.loaded, other.loaded),
            (&mut self.bad_bodies, other.bad_bodies),
            (&mut self.instances, other.instances),
            (&mut self.done, other.done),
            (&mut self.traps, other.traps),
            (&mut self.exceptions, other.exceptions),
            (&mut self.refused_calls, other.refused_calls),
            (&mut self.out_of_fuel, other.out_of_fuel),
            (&mut self.host_calls, other.host_calls),
            (&mut self.waits, other.waits),
            (&mut self.restored, other.restored),
            (&mut self.chained, other.chained),
            (&mut self.holed, other.holed),
        ];
        for (count, more) in counts {
            *count += more;
        }
    }
}

/// What an image may ask for at most.
fn limits() -> Limits {
    Limits {
        image_bytes: 1 << 24,
        sections: 100,
        modules: 4,
        types: 1_000,
        imports: 100,
        exports: 1_000,
        functions: 10_000,
        frame_slots: 4_096,
        tables: 20,
        table_elems: 20_000,
        memories: 10,
        memory_bytes: MAX_PAGES << 16,
        globals: 1_000,
        segments: 1_000,
        ..Limits::default()
    }
}

/// What an engine may take at most.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    config.stack_slots = 8_192;
    config.memory_budget_bytes = BUDGET_BYTES;
    config.max_memory_pages = MAX_PAGES;
    config.max_table_elems = 30_000;
    config.max_threads = 4;
    config.heap_bytes = HEAP_BYTES;
    config
}

/// Loads an image and runs its modules, if it is one.
pub(super) fn image(bytes: &[u8], draw: &mut Draw<'_>) -> Seen {
    let mut seen = Seen::default();
    let Ok(image) = VerifiedImage::verify(bytes, &limits()) else {
        return seen;
    };
    seen.loaded = 1;
    seen.bad_bodies = u32::from(VerifiedImage::verify_all(bytes, &limits()).is_err());
    for module in (0..image.modules()).filter_map(|number| Module::from_image(&image, number)) {
        let on_heap = Engine::new(config()).expect("there is room for a stack");
        run_module(on_heap, &module, &mut draw.clone(), &mut seen);
        let mut memory = vec![0; BUDGET_BYTES / 8];
        let eager = config().with_eager_collection(true);
        let on_slice = Engine::with_memory(&mut memory, eager).expect("there is room");
        run_module(on_slice, &module, &mut draw.clone(), &mut seen);
    }
    seen
}

/// Instantiates a module and calls its functions.
fn run_module<'m>(
    mut engine: Engine<'m>,
    module: &Module<'m>,
    draw: &mut Draw<'_>,
    seen: &mut Seen,
) {
    let Ok(imports) = imports(&mut engine, module) else {
        return;
    };
    engine.set_fuel(SLICE);
    let outcome = module.instantiate(&mut engine, &imports);
    check(&engine);
    let Ok(outcome) = outcome else { return };
    seen.instances += 1;
    finish(&mut engine, outcome, seen);
    let Some(instance) = engine.last_instance() else {
        return;
    };
    let view = module.view();
    let exported: Vec<u32> = view
        .exports()
        .filter_map(|export| match engine.export(instance, export.name) {
            Some(Extern::Func(_)) => Some(export.index),
            Some(Extern::Table(_) | Extern::Memory(_) | Extern::Global(_) | Extern::Tag(_))
            | None => None,
        })
        .collect();
    let all = view.imported_funcs().saturating_add(view.func_count());
    for call in 0..CALLS {
        // The exported functions in turn; every third call is of any function.
        let func = match exported.get(call as usize % exported.len().max(1)) {
            Some(&func) if call % 3 != 2 => func,
            Some(_) | None if all > 0 => draw.below(all as usize) as u32,
            Some(_) | None => return,
        };
        if let Ok(func) = engine.instance_func(instance, func) {
            call_func(&mut engine, instance, func, draw, seen);
        }
        look(&mut engine, instance, module);
    }
    if view.features() & features::THREADS != 0 {
        super::turns::run(&mut engine, instance, all, draw, seen);
        look(&mut engine, instance, module);
    }
}

/// Things of the engine's own for everything that a module imports.
pub(super) fn imports<'m>(
    engine: &mut Engine<'m>,
    module: &Module<'m>,
) -> Result<Vec<Extern>, Error> {
    let imports = module.imports();
    imports
        .map(|import| {
            Ok(match import.ty {
                ExternType::Func(ty) => {
                    let ty = module.view().func_type(ty);
                    Extern::Func(engine.new_host_func(ty.params, ty.results)?.func())
                }
                ExternType::Table(ty) => Extern::Table(engine.new_table(ty, 0)?),
                ExternType::Memory(ty) => Extern::Memory(engine.new_memory(ty)?),
                ExternType::Global(ty) => Extern::Global(engine.new_global(ty, 0)?),
                ExternType::Tag(ty) => {
                    Extern::Tag(engine.new_tag(module.view().func_type(ty).params)?)
                }
            })
        })
        .collect()
}

/// Arguments of these types. References are null: what a host gives must be one that the engine knows.
pub(super) fn arguments(params: &[ValType], draw: &mut Draw<'_>) -> Vec<u64> {
    let mut args = Vec::new();
    for ty in params {
        let slots = valtype::slot_count(&[*ty]);
        args.extend((0..slots).map(|_| match ty.is_ref() {
            true => 0,
            false => u64::from(draw.word()) | u64::from(draw.below(2) as u32) << 63,
        }));
    }
    args
}

fn call_func(
    engine: &mut Engine<'_>,
    instance: Instance,
    func: Func,
    draw: &mut Draw<'_>,
    seen: &mut Seen,
) {
    let Ok(ty) = engine.func_type(func) else {
        return;
    };
    if !ty.params.iter().all(|ty| ty.is_defaultable()) {
        return;
    }
    let args = arguments(ty.params, draw);
    engine.set_fuel(SLICE);
    match engine.execute(instance, func, &args) {
        Ok(outcome) => finish(engine, outcome, seen),
        Err(error) => panic!("a call with arguments of the right types: {error}"),
    }
}

/// Frames of a backtrace, at most: each on the stack takes a slot, and stands for some functions.
fn most_frames() -> usize {
    config().stack_slots as usize * (1 + MAX_DEPTH)
}

/// Goes on until the run has ended, giving fuel by slices.
fn finish(engine: &mut Engine<'_>, mut outcome: Outcome, seen: &mut Seen) {
    let mut given = SLICE;
    loop {
        check(engine);
        match outcome {
            Outcome::Done => seen.done += 1,
            Outcome::Trap(Trap::InvalidCode) => seen.refused_calls += 1,
            Outcome::Trap(_) => {
                seen.traps += 1;
                assert!(engine.backtrace().count() <= most_frames());
            }
            Outcome::Exception(tag) => {
                seen.exceptions += 1;
                assert_eq!(engine.exception().map(|(thrown, _)| thrown), Some(tag));
                assert!(engine.backtrace().count() <= most_frames());
            }
            Outcome::OutOfFuel if given >= FUEL => {
                seen.out_of_fuel += 1;
                assert!(engine.backtrace().count() <= most_frames());
                engine.cancel();
            }
            Outcome::OutOfFuel | Outcome::Yield => {
                given += SLICE;
                engine.add_fuel(SLICE);
                outcome = engine.resume().expect("a paused run goes on");
                continue;
            }
            Outcome::Wait(wait) => {
                seen.waits += 1;
                match wait.deadline {
                    Some(deadline) => engine.set_clock(deadline),
                    None => engine
                        .wake(engine.thread(), Wake::Notified)
                        .expect("a thread that waits"),
                }
                outcome = engine.resume().expect("a woken run goes on");
                continue;
            }
            Outcome::HostCall(call) => {
                seen.host_calls += 1;
                let ty = engine.func_type(call.host.func()).expect("it is called");
                if !ty.results.iter().all(|ty| ty.is_defaultable()) {
                    engine.cancel();
                    return;
                }
                let results = vec![0; valtype::slot_count(ty.results)];
                engine
                    .host_return(&results)
                    .expect("the answer that was asked for");
                outcome = engine.resume().expect("an answered run goes on");
                continue;
            }
        }
        return;
    }
}

/// Goes on with whatever runs a thread has, the innermost first.
pub(super) fn continued(engine: &mut Engine<'_>, seen: &mut Seen) {
    for _ in 0..=engine.nesting() {
        engine.set_fuel(SLICE);
        let outcome = if let Some(call) = engine.pending_host_call() {
            Outcome::HostCall(call)
        } else if let Some(wait) = engine.waits_for(engine.thread()) {
            Outcome::Wait(wait)
        } else if let Ok(outcome) = engine.resume() {
            outcome
        } else {
            return;
        };
        finish(engine, outcome, seen);
    }
}

/// The promise about fuel and memory.
pub(super) fn check(engine: &Engine<'_>) {
    let stats = engine.stats();
    assert!(stats.fuel_used <= stats.fuel_granted, "{stats:?}");
    assert_eq!(
        stats.fuel_used + stats.fuel_remaining,
        stats.fuel_granted,
        "{stats:?}"
    );
    assert!(stats.peak_used_bytes <= BUDGET_BYTES as u64, "{stats:?}");
    assert!(stats.peak_memory_bytes <= MAX_PAGES << 16, "{stats:?}");
    assert!(stats.peak_stack_slots <= stats.stack_slots, "{stats:?}");
    assert!(stats.heap_bytes <= HEAP_BYTES, "{stats:?}");
}

/// Looks at everything that an embedder can see of an instance.
fn look(engine: &mut Engine<'_>, instance: Instance, module: &Module<'_>) {
    for export in module.exports() {
        match engine.export(instance, export.name) {
            Some(Extern::Memory(memory)) => {
                let bytes = engine.memory(memory).expect("an exported memory is there");
                assert!(bytes.len() as u64 <= MAX_PAGES << 16);
            }
            Some(Extern::Table(table)) => {
                let size = engine
                    .table_size(table)
                    .expect("an exported table is there");
                let last = size.checked_sub(1);
                assert!(last.is_none_or(|last| engine.table_get(table, last).is_ok()));
                assert!(engine.table_get(table, size).is_err());
            }
            Some(Extern::Global(global)) => {
                let value = engine.global_val(global);
                assert!(value.is_ok() || matches!(value, Err(Error::Unknown(_))));
            }
            Some(Extern::Func(_) | Extern::Tag(_)) | None => {}
        }
    }
}
