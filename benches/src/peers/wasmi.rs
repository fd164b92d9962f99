//! wasmi, with and without fuel.

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

fn load(wasm: &[u8], fuel: bool) -> Result<Box<dyn Program>, String> {
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
pub(crate) fn fuel(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    load(wasm, true)
}

/// wasmi without fuel metering.
pub(crate) fn free(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    load(wasm, false)
}
