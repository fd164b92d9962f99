//! The independent engine: wasmi, with fuel.

use crate::outcome::{End, Seen, canonical_f32, canonical_f64, hash};
use wasmi::{
    Config, Engine, Error, Extern, Func, Instance, Linker, Module, Store, TrapCode, Val, ValType,
};

/// An instance under wasmi.
pub(crate) struct Peer {
    store: Store<()>,
    instance: Instance,
    exports: Vec<(String, Extern)>,
}

fn trap_message(error: &Error) -> End {
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => End::Trap("unreachable"),
        Some(TrapCode::MemoryOutOfBounds) => End::Trap("out of bounds memory access"),
        Some(TrapCode::TableOutOfBounds) => End::Trap("out of bounds table access"),
        Some(TrapCode::IndirectCallToNull) => End::Trap("uninitialized element"),
        Some(TrapCode::IntegerDivisionByZero) => End::Trap("integer divide by zero"),
        Some(TrapCode::IntegerOverflow) => End::Trap("integer overflow"),
        Some(TrapCode::BadConversionToInteger) => End::Trap("invalid conversion to integer"),
        Some(TrapCode::StackOverflow) => End::Trap("call stack exhausted"),
        Some(TrapCode::BadSignature) => End::Trap("indirect call type mismatch"),
        Some(TrapCode::OutOfFuel) => End::OutOfFuel,
        other => End::Refused(format!("{other:?}: {error}")),
    }
}

fn bits(value: &Val) -> Vec<u64> {
    vec![match value {
        Val::I32(v) => u64::from(*v as u32),
        Val::I64(v) => *v as u64,
        Val::F32(v) => canonical_f32(v.to_bits()),
        Val::F64(v) => canonical_f64(v.to_bits()),
        Val::FuncRef(r) => u64::from(!r.is_null()),
        Val::ExternRef(r) => u64::from(!r.is_null()),
        Val::V128(v) => {
            let bits = v.as_u128();
            return vec![bits as u64, (bits >> 64) as u64];
        }
    }]
}

/// A value of a type from slot bits; references are null.
fn value(ty: ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(f32::from_bits(bits as u32).into()),
        ValType::F64 => Val::F64(f64::from_bits(bits).into()),
        ValType::V128 => Val::V128(vector(bits).into()),
        ValType::FuncRef | ValType::ExternRef => Val::default_for_ty(ty),
    }
}

/// The vector that an argument stands for.
pub(crate) fn vector(bits: u64) -> u128 {
    u128::from(bits) | u128::from(bits.rotate_left(23)) << 64
}

impl Peer {
    /// Instantiates a module with this much fuel for its start function.
    pub(crate) fn new(wasm: &[u8], fuel: u64) -> Result<(Self, u64), End> {
        let mut config = Config::default();
        config
            .consume_fuel(true)
            .wasm_multi_memory(true)
            .wasm_memory64(true)
            .wasm_tail_call(true)
            .compilation_mode(wasmi::CompilationMode::Eager);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, wasm).map_err(|e| End::Refused(e.to_string()))?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(fuel).unwrap();
        let linker = Linker::new(&engine);
        let instance = linker
            .instantiate_and_start(&mut store, &module)
            .map_err(|e| trap_message(&e))?;
        let used = fuel - store.get_fuel().unwrap();
        let exports = instance
            .exports(&store)
            .map(|e| (e.name().to_owned(), e.into_extern()))
            .collect();
        Ok((
            Self {
                store,
                instance,
                exports,
            },
            used,
        ))
    }

    /// Names of the exported functions with the types of their parameters.
    pub(crate) fn functions(&self) -> Vec<(String, Vec<ValType>)> {
        let of = |e: &Extern| e.into_func().map(|f| f.ty(&self.store).params().to_vec());
        self.exports
            .iter()
            .filter_map(|(name, e)| of(e).map(|params| (name.clone(), params)))
            .collect()
    }

    /// Calls an exported function with slot bits as arguments.
    pub(crate) fn call(&mut self, name: &str, args: &[u64], fuel: u64) -> Seen {
        let func: Func = self.instance.get_func(&self.store, name).unwrap();
        let ty = func.ty(&self.store);
        let args: Vec<Val> = ty
            .params()
            .iter()
            .zip(args)
            .map(|(&ty, &bits)| value(ty, bits))
            .collect();
        let mut results: Vec<Val> = ty
            .results()
            .iter()
            .map(|&ty| Val::default_for_ty(ty))
            .collect();
        self.store.set_fuel(fuel).unwrap();
        let end = match func.call(&mut self.store, &args, &mut results) {
            Ok(()) => End::Done(results.iter().flat_map(bits).collect()),
            Err(error) => trap_message(&error),
        };
        let used = fuel - self.store.get_fuel().unwrap();
        self.seen(end, used)
    }

    /// The state that can be seen from outside.
    pub(crate) fn seen(&self, end: End, fuel: u64) -> Seen {
        let (mut globals, mut memories, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        for (_, export) in &self.exports {
            match export {
                Extern::Global(global) => globals.extend(bits(&global.get(&self.store))),
                Extern::Memory(memory) => {
                    let data = memory.data(&self.store);
                    memories.push((data.len(), hash(data)));
                }
                Extern::Table(table) => tables.push(table.size(&self.store)),
                Extern::Func(_) => {}
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
