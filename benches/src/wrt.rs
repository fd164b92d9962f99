//! WRT itself: compiled at -O2, run from its image with fuel on.

use crate::runtime::Program;
use wrt_compiler::Options;
use wrt_vm::{Config, Engine, Extern, Func, Instance, Limits, Module, Outcome};

struct Wrt {
    engine: Engine<'static>,
    instance: Instance,
    run: Func,
}

impl Program for Wrt {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        self.engine.set_fuel(u64::MAX / 4);
        match self
            .engine
            .execute(self.instance, self.run, &[n.into()])
            .map_err(|e| e.to_string())?
        {
            Outcome::Done => Ok(self.engine.results()[0] as u32),
            other @ (Outcome::Trap(_)
            | Outcome::OutOfFuel
            | Outcome::HostCall(_)
            | Outcome::Yield) => Err(format!("{other:?}")),
        }
    }
}

/// The image of a module, for as long as the process lives.
fn image(wasm: &[u8]) -> Result<&'static [u8], String> {
    let compiled = wrt_compiler::compile(wasm, &Options::default()).map_err(|e| e.to_string())?;
    Ok(Box::leak(Box::new(wrt_cli::load::Aligned::new(&compiled.image))).bytes())
}

/// WRT with fuel metering.
pub(crate) fn fuel(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    let text = |e: wrt_vm::Error| e.to_string();
    let module = Module::load_from_binary(image(wasm)?, &Limits::default()).map_err(text)?;
    let mut engine = Engine::new(Config::default()).map_err(text)?;
    engine.set_fuel(u64::MAX / 4);
    match module.instantiate(&mut engine, &[]).map_err(text)? {
        Outcome::Done => {}
        other @ (Outcome::Trap(_) | Outcome::OutOfFuel | Outcome::HostCall(_) | Outcome::Yield) => {
            return Err(format!("instantiation: {other:?}"));
        }
    }
    let instance = engine.last_instance().ok_or("no instance")?;
    match instance.export(&engine, "run") {
        Some(Extern::Func(run)) => Ok(Box::new(Wrt {
            engine,
            instance,
            run,
        })),
        _ => Err("no export `run`".into()),
    }
}
