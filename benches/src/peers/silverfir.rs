//! Silverfir-nano's interpreter, which has no fuel.

use crate::runtime::Program;

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
pub(crate) fn interpreter(wasm: &[u8]) -> Result<Box<dyn Program>, String> {
    let config = sf_nano_core::Config::new().tier(sf_nano_core::Tier::Interp);
    let engine = sf_nano_core::Engine::new(config).map_err(|e| format!("{e:?}"))?;
    let instance = sf_nano_core::Instance::new(&engine, wasm, &[]).map_err(|e| format!("{e:?}"))?;
    let run = instance.get_func("run").ok_or("no export `run`")?;
    Ok(Box::new(Silverfir { instance, run }))
}
