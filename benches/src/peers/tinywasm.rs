//! tinywasm, without fuel.

use tinywasm::engine::{Config, StackConfig};
use tinywasm::{Engine, FunctionTyped, ModuleInstance, Store};

use crate::runtime::Program;

/// Frames that a call may open: the default, 1024, is not enough for every program.
const FRAMES: usize = 64 * 1024;

struct Tinywasm {
    store: Store,
    run: FunctionTyped<i32, i32>,
}

impl Program for Tinywasm {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        let result = self.run.call(&mut self.store, n as i32);
        result
            .map(|value| value as u32)
            .map_err(|error| error.to_string())
    }
}

/// tinywasm's interpreter.
pub(crate) fn interpreter(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    let text = |error: tinywasm::Error| error.to_string();
    let module = tinywasm::parse_bytes(wasm).map_err(|error| error.to_string())?;
    let config = Config::new().with_call_stack(StackConfig::fixed(FRAMES));
    let mut store = Store::new(Engine::new(config));
    let instance = ModuleInstance::instantiate(&mut store, &module, None).map_err(text)?;
    let run = instance.func::<i32, i32>(&store, "run").map_err(text)?;
    Ok(Box::new(Tinywasm { store, run }))
}
