//! The engine under test: compile, image bytes, verify, run.

use crate::outcome::{End, Seen, canonical_f32, canonical_f64, hash};
use wrt_vm::{
    Config, Engine, Extern, Instance, Limits, Module, Outcome, SnapshotOptions, Trap, ValType,
    Wake, valtype,
};

/// An instance under WRT.
pub(crate) struct Ours<'m> {
    engine: Engine<'m>,
    instance: Instance,
    module: Module<'m>,
}

fn slot_bits(ty: ValType, slot: u64) -> u64 {
    match ty {
        valtype::F32 => canonical_f32(slot as u32),
        valtype::F64 => canonical_f64(slot),
        _ if ty.is_ref() => u64::from(slot != 0),
        _ => slot,
    }
}

/// Arguments as slots: an i32 and an f32 fill theirs zero-extended, references are null, a vector has two.
pub(crate) fn argument_slots(params: &[ValType], raw: &[u64]) -> Vec<u64> {
    let slots = |(&ty, &bits): (&ValType, &u64)| match ty {
        valtype::I32 | valtype::F32 => vec![bits & 0xffff_ffff],
        valtype::I64 | valtype::F64 => vec![bits],
        valtype::V128 => {
            let vector = crate::peer::vector(bits);
            vec![vector as u64, (vector >> 64) as u64]
        }
        _ => vec![0],
    };
    params.iter().zip(raw).flat_map(slots).collect()
}

/// The bits of values that lie in slots one after the other, a vector in two.
fn all_bits(types: &[ValType], mut slots: &[u64]) -> Vec<u64> {
    let mut bits = Vec::new();
    for &ty in types {
        let (own, rest) = slots.split_at(valtype::slots(ty));
        bits.extend(own.iter().map(|&slot| slot_bits(ty, slot)));
        slots = rest;
    }
    bits
}

fn trap_end(trap: Trap) -> End {
    // wasmi has one code for an index past the end of a table and for other accesses out of its bounds.
    match trap {
        Trap::UndefinedElement => End::Trap(Trap::TableOutOfBounds.message()),
        other => End::Trap(other.message()),
    }
}

/// The end of a run with an exception that nobody has caught.
fn thrown(engine: &Engine<'_>) -> End {
    let (tag, slots) = engine.exception().expect("the run has thrown");
    let types = engine.tag_types(tag).unwrap();
    End::Exception(tag.number(), all_bits(types, slots))
}

impl<'m> Ours<'m> {
    /// Instantiates an image with this much fuel for its start function, adding `slice` fuel at a time.
    pub(crate) fn new(image: &'m [u8], fuel: u64, slice: u64) -> Result<(Self, u64), End> {
        // Half of the ways to run a module are directly threaded.
        let direct = slice.is_multiple_of(2).then_some(0);
        let config = Config::default().with_direct_threading(direct);
        Self::with_config(image, fuel, slice, config)
    }

    /// [`Self::new`], with this configuration.
    pub(crate) fn with_config(
        image: &'m [u8],
        fuel: u64,
        slice: u64,
        config: Config,
    ) -> Result<(Self, u64), End> {
        let refused = |e: wrt_vm::Error| End::Refused(e.to_string());
        let module = Module::load_from_binary(image, &Limits::default()).map_err(refused)?;
        module.validate().map_err(refused)?;
        let mut engine = Engine::new(config).map_err(refused)?;
        engine.set_fuel(slice.min(fuel));
        let mut outcome = module.instantiate(&mut engine, &[]).map_err(refused)?;
        let mut granted = slice.min(fuel);
        while outcome == Outcome::OutOfFuel && granted < fuel {
            let more = slice.min(fuel - granted);
            engine.add_fuel(more);
            granted += more;
            outcome = engine.resume().map_err(refused)?;
        }
        match outcome {
            Outcome::Done => {}
            Outcome::Trap(trap) => return Err(trap_end(trap)),
            Outcome::Exception(_) => return Err(thrown(&engine)),
            Outcome::OutOfFuel => return Err(End::OutOfFuel),
            Outcome::HostCall(_) | Outcome::Yield | Outcome::Wait(_) => {
                return Err(End::Refused(
                    "a module without imports calls the host".into(),
                ));
            }
        }
        let used = engine.fuel_used();
        let instance = engine
            .last_instance()
            .ok_or(End::Refused("no instance".into()))?;
        Ok((
            Self {
                engine,
                instance,
                module,
            },
            used,
        ))
    }

    /// What a snapshot of it is.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = self
            .engine
            .snapshot(&mut bytes, &SnapshotOptions::default());
        written.map_or_else(|refused| panic!("{refused:?}"), |_| bytes)
    }

    /// Collections so far.
    pub(crate) fn collections(&self) -> u64 {
        self.engine.stats().collections
    }

    /// Names of the exported functions with the types of their parameters and results.
    pub(crate) fn functions(&self) -> Vec<(String, Vec<ValType>, Vec<ValType>)> {
        let exports = self.module.exports();
        let functions = exports.filter(|export| export.kind == wrt_vm::ExternKind::Func);
        let view = self.module.view();
        let described = functions.map(|export| {
            let ty = view.func_type(view.func_type_idx(export.index));
            let name = export.name.to_owned();
            (name, ty.params.to_vec(), ty.results.to_vec())
        });
        described.collect()
    }

    /// Calls an exported function, adding `slice` fuel at a time up to `fuel`.
    pub(crate) fn call(&mut self, name: &str, args: &[u64], fuel: u64, slice: u64) -> Seen {
        let Some(Extern::Func(func)) = self.instance.export(&self.engine, name) else {
            panic!("no function {name}");
        };
        let mut granted = slice.min(fuel);
        self.engine.set_fuel(granted);
        let outcome = self.engine.execute(self.instance, func, args).unwrap();
        let mut outcome = self.go_on(outcome, &mut granted, fuel, slice);
        while let Outcome::Wait(_) = outcome {
            // Nobody is there to notify it.
            let thread = self.engine.thread();
            self.engine.wake(thread, Wake::TimedOut).unwrap();
            outcome = self.engine.resume().unwrap();
            outcome = self.go_on(outcome, &mut granted, fuel, slice);
        }
        let end = match outcome {
            Outcome::Done => {
                let ty = self.engine.func_type(func).unwrap();
                End::Done(all_bits(ty.results, self.engine.results()))
            }
            Outcome::Trap(trap) => trap_end(trap),
            Outcome::Exception(_) => thrown(&self.engine),
            Outcome::OutOfFuel => {
                self.engine.cancel();
                End::OutOfFuel
            }
            Outcome::HostCall(_) | Outcome::Yield | Outcome::Wait(_) => panic!("no imports"),
        };
        let used = granted - self.engine.remaining_fuel();
        self.seen(end, used)
    }

    /// Adds `slice` fuel at a time, up to `fuel`, until something else stops the run.
    fn go_on(&mut self, mut outcome: Outcome, granted: &mut u64, fuel: u64, slice: u64) -> Outcome {
        while outcome == Outcome::OutOfFuel && *granted < fuel {
            let more = slice.min(fuel - *granted);
            *granted += more;
            self.engine.add_fuel(more);
            outcome = self.engine.resume().unwrap();
        }
        outcome
    }

    /// The state that can be seen from outside.
    pub(crate) fn seen(&self, end: End, fuel: u64) -> Seen {
        let (mut globals, mut memories, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        let mut names: Vec<_> = self.module.exports().map(|export| export.name).collect();
        names.sort_unstable();
        for name in names {
            match self.instance.export(&self.engine, name).unwrap() {
                Extern::Global(global) => {
                    let ty = self.engine.global_type(global).unwrap().ty;
                    let value = self.engine.global_val(global).unwrap();
                    let slots: Vec<u64> = value.to_slots().collect();
                    globals.extend(all_bits(&[ty], &slots));
                }
                Extern::Memory(memory) => {
                    let data = self.engine.memory(memory).unwrap();
                    memories.push((data.len(), hash(data)));
                }
                Extern::Table(table) => tables.push(self.engine.table_size(table).unwrap()),
                Extern::Func(_) | Extern::Tag(_) => {}
            }
        }
        Seen {
            end,
            fuel,
            globals,
            memories,
            tables,
        }
    }
}
