//! The fast interpreter of WAMR, which has no fuel.

use wamrx::{Engine, Instance, InstanceConfig, Linker, Module, Val};

use crate::runtime::Program;

/// Bytes of the interpreter's own stack.
const STACK: u32 = 1 << 20;

struct Wamr(Instance);

impl Program for Wamr {
    fn run(&mut self, n: u32) -> Result<u32, String> {
        let text = |error: wamrx::Error| error.to_string();
        let mut results = [Val::I32(0)];
        let run = self.0.get_func("run").map_err(text)?;
        run.call(&[Val::I32(n as i32)], &mut results)
            .map_err(text)?;
        match results[0] {
            Val::I32(value) => Ok(value as u32),
            other @ (Val::I64(_) | Val::F32(_) | Val::F64(_)) => {
                Err(format!("not an i32: {other:?}"))
            }
        }
    }
}

/// WAMR's fast interpreter.
pub(crate) fn interpreter(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    let text = |error: wamrx::Error| error.to_string();
    let engine = Engine::new().map_err(text)?;
    let module = Module::new(&engine, wasm).map_err(text)?;
    let mut config = InstanceConfig::new();
    config.exec_stack_size(STACK);
    let instance = Linker::new(&engine).instantiate_with(module, &config);
    Ok(Box::new(Wamr(instance.map_err(text)?)))
}
