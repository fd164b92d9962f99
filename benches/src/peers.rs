//! The peers: wasmi with and without fuel, and Silverfir-nano's interpreter (which has no fuel).

use crate::runtime::Program;

struct Wasmi {
    store: wasmi::Store<()>,
    run: wasmi::TypedFunc<i32, i32>,
    fuel: bool,
}

impl Program for Wasmi {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        if self.fuel {
            self.store
                .set_fuel(u64::MAX / 4)
                .map_err(|e| e.to_string())?;
        }
        self.run
            .call(&mut self.store, n as i32)
            .map(|r| r as u32)
            .map_err(|e| e.to_string())
    }
}

fn load_wasmi(wasm: &[u8], fuel: bool) -> Result<Box<dyn Program>, String> {
    let text = |e: wasmi::Error| e.to_string();
    let mut config = wasmi::Config::default();
    config
        .consume_fuel(fuel)
        .compilation_mode(wasmi::CompilationMode::Eager);
    let engine = wasmi::Engine::new(&config);
    let module = wasmi::Module::new(&engine, wasm).map_err(text)?;
    let mut store = wasmi::Store::new(&engine, ());
    if fuel {
        store.set_fuel(u64::MAX / 4).map_err(text)?;
    }
    let instance = wasmi::Linker::new(&engine)
        .instantiate_and_start(&mut store, &module)
        .map_err(text)?;
    let run = instance.get_typed_func(&store, "run").map_err(text)?;
    Ok(Box::new(Wasmi { store, run, fuel }))
}

/// wasmi with fuel metering.
pub(crate) fn wasmi_fuel(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    load_wasmi(wasm, true)
}

/// wasmi without fuel metering.
pub(crate) fn wasmi_free(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    load_wasmi(wasm, false)
}

struct Silverfir {
    instance: sf_nano_core::Instance,
    run: sf_nano_core::Func,
}

impl Program for Silverfir {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        let mut results = [sf_nano_core::Value::I32(0)];
        self.instance
            .call(
                &self.run,
                &[sf_nano_core::Value::I32(n as i32)],
                &mut results,
            )
            .map_err(|e| format!("{e:?}"))?;
        match results[0] {
            sf_nano_core::Value::I32(value) => Ok(value as u32),
            ref other @ (sf_nano_core::Value::I64(_)
            | sf_nano_core::Value::F32(_)
            | sf_nano_core::Value::F64(_)
            | sf_nano_core::Value::V128(_)
            | sf_nano_core::Value::Ref(..)
            | sf_nano_core::Value::Unknown) => Err(format!("not an i32: {other:?}")),
        }
    }
}

/// Silverfir-nano's interpreter.
pub(crate) fn silverfir(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    let config = sf_nano_core::Config::new().tier(sf_nano_core::Tier::Interp);
    let engine = sf_nano_core::Engine::new(config).map_err(|e| format!("{e:?}"))?;
    let instance = sf_nano_core::Instance::new(&engine, wasm, &[]).map_err(|e| format!("{e:?}"))?;
    let run = instance.get_func("run").ok_or("no export `run`")?;
    Ok(Box::new(Silverfir { instance, run }))
}
