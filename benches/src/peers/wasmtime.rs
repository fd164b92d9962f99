//! Wasmtime: Pulley, its interpreter of code that Cranelift has optimised, with and without fuel, and Cranelift's machine code.

use wasmtime::{Config, Engine, Instance, Module, Store, TypedFunc};

use crate::runtime::Program;

struct Wasmtime {
    store: Store<()>,
    run: TypedFunc<i32, i32>,
    fuel: bool,
}

impl Program for Wasmtime {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        if self.fuel {
            let set = self.store.set_fuel(u64::MAX / 4);
            set.map_err(|error| error.to_string())?;
        }
        let result = self.run.call(&mut self.store, n as i32);
        result
            .map(|value| value as u32)
            .map_err(|error| format!("{error:?}"))
    }
}

fn load(wasm: &[u8], target: Option<&str>, fuel: bool) -> Result<Box<dyn Program>, String> {
    let text = |error: wasmtime::Error| format!("{error:?}");
    let mut config = Config::new();
    config.consume_fuel(fuel);
    config.wasm_gc(true).wasm_exceptions(true);
    if let Some(target) = target {
        config.target(target).map_err(text)?;
    }
    let engine = Engine::new(&config).map_err(text)?;
    let module = Module::new(&engine, wasm).map_err(text)?;
    let mut store = Store::new(&engine, ());
    if fuel {
        store.set_fuel(u64::MAX / 4).map_err(text)?;
    }
    let instance = Instance::new(&mut store, &module, &[]).map_err(text)?;
    let run = instance.get_typed_func(&mut store, "run").map_err(text)?;
    Ok(Box::new(Wasmtime { store, run, fuel }))
}

/// Pulley.
pub(crate) fn pulley(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    load(wasm, Some("pulley64"), false)
}

/// Pulley with fuel.
pub(crate) fn pulley_fuel(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    load(wasm, Some("pulley64"), true)
}

/// Machine code.
pub(crate) fn cranelift(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    load(wasm, None, false)
}
