//! Functions with Rust types.
//!
//! Input: a function handle. Output: [`TypedFunc`], whose type has been checked once. Invariants: parameters and results have as many
//! slots as the function's type says, and a slot of each type is what [`WasmTy`](crate::WasmTy) makes of it.

use crate::engine::Engine;
use crate::error::Error;
use crate::exec::Exit;
use crate::host::Caller;
use crate::instance::types::TypeText;
use crate::linker::Linker;
use crate::outcome::{Extern, Func, Instance, Outcome};
use crate::val::WasmTys;
use crate::val::valtype::slot_count;
use alloc::string::ToString;
use core::marker::PhantomData;

/// Most slots that the parameters of a typed function fill: twelve vectors.
const MAX_PARAMS: usize = 24;

/// Room for the parameters of most: less to clear before each call.
const FEW_PARAMS: usize = 4;

/// A function of parameters `P` and results `R`, checked when it was made.
///
/// `P` and `R` are `()`, one [`WasmTy`](crate::WasmTy), or a tuple of up to twelve.
#[derive(Debug)]
pub struct TypedFunc<P, R> {
    func: Func,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P: WasmTys, R: WasmTys> TypedFunc<P, R> {
    /// Checks that the function has this type.
    ///
    /// # Errors
    /// [`Error::FuncType`] when it has another; [`Error::Unknown`] when there is no such function.
    pub fn new(engine: &Engine<'_>, func: Func) -> Result<Self, Error> {
        let ty = engine.func_type(func)?;
        if ty.params != P::TYPES || ty.results != R::TYPES {
            return Err(Error::FuncType {
                expected: TypeText::Func(P::TYPES, R::TYPES).to_string(),
                got: TypeText::Func(ty.params, ty.results).to_string(),
            });
        }
        Ok(Self {
            func,
            types: PhantomData,
        })
    }

    /// The function that an instance exports by this name.
    ///
    /// # Errors
    /// [`Error::NoExport`] when it exports none, otherwise those of [`TypedFunc::new`].
    pub fn export(engine: &Engine<'_>, instance: Instance, name: &str) -> Result<Self, Error> {
        match engine.export(instance, name) {
            Some(Extern::Func(func)) => Self::new(engine, func),
            Some(Extern::Table(_) | Extern::Memory(_) | Extern::Global(_) | Extern::Tag(_))
            | None => Err(Error::NoExport(name.into())),
        }
    }

    /// The function without its type.
    #[must_use]
    pub const fn func(self) -> Func {
        self.func
    }

    /// Calls it, with a linker that serves its host calls.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the guest traps or pauses; a paused run is continued by [`TypedFunc::resume`]. Otherwise those of
    /// [`Linker::call`].
    pub fn call<T>(
        self,
        linker: &Linker<T>,
        engine: &mut Engine<'_>,
        data: &mut T,
        params: P,
    ) -> Result<R, Error> {
        let exit = if const { slot_count(P::TYPES) <= FEW_PARAMS } {
            let mut slots = [0; FEW_PARAMS];
            linker.run(engine, data, self.func, self.args(params, &mut slots)?)
        } else {
            let mut slots = [0; MAX_PARAMS];
            linker.run(engine, data, self.func, self.args(params, &mut slots)?)
        };
        let exit = exit?;
        if exit == Exit::Done {
            engine.note_done();
            self.results(engine)
        } else {
            Err(Error::Stopped(engine.outcome_of(exit)?))
        }
    }

    /// Continues a paused call.
    ///
    /// # Errors
    /// As [`TypedFunc::call`].
    pub fn resume<T>(
        self,
        linker: &Linker<T>,
        engine: &mut Engine<'_>,
        data: &mut T,
    ) -> Result<R, Error> {
        let outcome = linker.resume(engine, data)?;
        self.finish(engine, outcome)
    }

    /// Calls it from a host function, nested above the call that is pending.
    ///
    /// # Errors
    /// As [`TypedFunc::call`]; a run that has paused is cancelled when the host function returns.
    pub fn call_from<T>(self, caller: &mut Caller<'_, '_, T>, params: P) -> Result<R, Error> {
        let mut slots = [0; MAX_PARAMS];
        let outcome = caller.call(self.func, self.args(params, &mut slots)?)?;
        self.finish(caller.engine(), outcome)
    }

    /// Calls it without a linker: a host call stops it too, and the embedder answers that as after [`Engine::execute`].
    ///
    /// # Errors
    /// [`Error::Stopped`] when the guest traps, pauses or calls the host; otherwise those of [`Engine::execute`].
    pub fn call_alone(self, engine: &mut Engine<'_>, params: P) -> Result<R, Error> {
        let mut slots = [0; MAX_PARAMS];
        let outcome = engine.execute_func(self.func, self.args(params, &mut slots)?)?;
        self.finish(engine, outcome)
    }

    /// The results of a call that is done.
    ///
    /// # Errors
    /// [`Error::ResultCount`] when the engine's last results are not those of this function.
    pub fn results(self, engine: &Engine<'_>) -> Result<R, Error> {
        let slots = engine.results();
        // An error that is not one would have to be dropped.
        match R::from_slots(slots) {
            Some(results) => Ok(results),
            None => Err(Error::ResultCount {
                expected: const { slot_count(R::TYPES) },
                got: slots.len(),
            }),
        }
    }

    fn args(self, params: P, slots: &mut [u64]) -> Result<&[u64], Error> {
        let count = const { slot_count(P::TYPES) };
        let room = slots.get_mut(..count);
        match room.and_then(|room| params.to_slots(room).then_some(room)) {
            Some(room) => Ok(room),
            None => Err(Error::ArgumentCount {
                expected: MAX_PARAMS,
                got: count,
            }),
        }
    }

    fn finish(self, engine: &Engine<'_>, outcome: Outcome) -> Result<R, Error> {
        if outcome == Outcome::Done {
            self.results(engine)
        } else {
            Err(Error::Stopped(outcome))
        }
    }
}
