//! The bridge between the machine and WASI: a linker whose host functions are those of preview 1.
//!
//! Input: nothing. Output: a [`Linker`] over [`Wasi`]. The guest's memory is its export `memory`, or its first memory if it exports
//! none by that name.

use wrt_vm::{Caller, Error, HostError, Linker, ValType};
use wrt_wasi::{Abi, Step, Wasi, WasiFunc};

/// The module names of preview 1.
const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// A linker that defines all functions of WASI preview 1 under both of its names.
///
/// # Errors
/// None in practice: the names differ and their types are value types.
pub fn linker() -> Result<Linker<Wasi>, Error> {
    let mut linker = Linker::new();
    define(&mut linker, |_| true)?;
    Ok(linker)
}

/// Defines those functions whose names `wanted` accepts.
pub(crate) fn define(
    linker: &mut Linker<Wasi>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    for module in MODULES {
        let abi = Abi::from_module(module).unwrap_or_default();
        for &func in WasiFunc::ALL.iter().filter(|func| wanted(func.name())) {
            let call = move |caller: Caller<'_, '_, Wasi>, args: &[u64], results: &mut [u64]| {
                call(abi, func, caller, args, results)
            };
            let types = |bytes: &[u8]| -> Vec<ValType> {
                bytes.iter().copied().map(ValType::from_byte).collect()
            };
            let (params, results) = (types(func.params()), types(func.results()));
            linker.func(module, func.name(), &params, &results, call)?;
        }
    }
    Ok(())
}

fn call(
    abi: Abi,
    func: WasiFunc,
    mut caller: Caller<'_, '_, Wasi>,
    args: &[u64],
    results: &mut [u64],
) -> Result<(), HostError> {
    let memory = caller
        .exported_memory("memory")
        .or_else(|_| caller.memory(0));
    // One unit of fuel is a nanosecond to a guest whose clocks are virtual.
    let time = caller.engine().fuel_used().max(caller.engine().clock());
    caller.data_mut().drive_clock(time);
    let step = match memory {
        Ok(memory) => {
            let (bytes, wasi) = caller.bytes_and_data(memory)?;
            wasi.call_as(abi, func, bytes, args)
        }
        // Without a memory every pointer is a bad one.
        Err(_) => caller.data_mut().call_as(abi, func, &mut [], args),
    };
    match step {
        Step::Errno(errno) => {
            results.fill(errno.into());
            Ok(())
        }
        Step::Exit(code) => Err(HostError::Exit(code.cast_signed())),
    }
}
