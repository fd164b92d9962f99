//! wasm3, which has no fuel.

use wasm3x::{CompilationMode, Config, Engine, Linker, Module, Store, TypedFunc};

use crate::runtime::Program;

struct Wasm3 {
    store: Store<()>,
    run: TypedFunc<i32, i32>,
}

impl Program for Wasm3 {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        let result = self.run.call(&mut self.store, n as i32);
        result
            .map(|value| value as u32)
            .map_err(|error| error.to_string())
    }
}

/// wasm3's interpreter.
pub(crate) fn interpreter(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    let text = |error: wasm3x::Error| error.to_string();
    let mut config = Config::new();
    config.compilation_mode(CompilationMode::Eager);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, wasm).map_err(text)?;
    let instance = Linker::new(&engine)
        .instantiate_and_start(&mut store, &module)
        .map_err(text)?;
    let run = instance.get_typed_func(&store, "run").map_err(text)?;
    Ok(Box::new(Wasm3 { store, run }))
}
