//! Rust closures as host functions: their types become Wasm types.
//!
//! Input: a closure, with or without a [`Caller`] as its first parameter. Output: a [`HostClosure`] over slots.
//! Invariants: the linker calls it with as many argument and result slots as its types say.

use super::{Caller, HostError};
use crate::error::Error;
use crate::val::{ValType, WasmTy, WasmTys, valtype};
use alloc::boxed::Box;

/// A host function over slots: arguments in, results out.
pub(crate) type HostClosure<T> = Box<
    dyn for<'a, 'm> Fn(Caller<'a, 'm, T>, &[u64], &mut [u64]) -> Result<(), HostError>
        + Send
        + Sync,
>;

/// What a wrapped closure may return: nothing, a value, a tuple of values, or a `Result` of these with [`HostError`].
pub trait HostResult {
    /// The values.
    type Values: WasmTys;

    /// The values, or how the function ends instead.
    ///
    /// # Errors
    /// What the closure has returned.
    fn into_result(self) -> Result<Self::Values, HostError>;
}

impl<R: WasmTys> HostResult for R {
    type Values = R;

    fn into_result(self) -> Result<R, HostError> {
        Ok(self)
    }
}

impl<R: WasmTys> HostResult for Result<R, HostError> {
    type Values = R;

    fn into_result(self) -> Self {
        self
    }
}

/// Marks closures that do not look at their caller.
#[derive(Debug)]
pub enum NoCaller {}

/// Marks closures whose first parameter is the [`Caller`].
#[derive(Debug)]
pub enum WithCaller {}

/// A closure that [`Linker::wrap`](crate::Linker::wrap) takes: up to twelve values, with or without a [`Caller`] before them.
/// `Marker` tells the two apart and is always inferred.
pub trait IntoHostFunc<T, Marker>: Send + Sync + 'static {
    /// Its parameter types.
    const PARAMS: &'static [ValType];
    /// Its result types.
    const RESULTS: &'static [ValType];

    /// Calls it with arguments and room for results as its types say.
    ///
    /// # Errors
    /// What the closure has returned; a number of slots that is not that of the types.
    fn call(
        &self,
        caller: Caller<'_, '_, T>,
        args: &[u64],
        results: &mut [u64],
    ) -> Result<(), HostError>;
}

/// Boxes a closure for the linker.
pub(crate) fn boxed<T, M, F: IntoHostFunc<T, M>>(f: F) -> HostClosure<T> {
    Box::new(move |caller, args, results| f.call(caller, args, results))
}

fn arguments<A: WasmTys>(args: &[u64]) -> Result<A, HostError> {
    A::from_slots(args).ok_or_else(|| {
        HostError::from(Error::ArgumentCount {
            expected: valtype::slot_count(A::TYPES),
            got: args.len(),
        })
    })
}

fn finish<R: HostResult>(result: R, slots: &mut [u64]) -> Result<(), HostError> {
    if result.into_result()?.to_slots(slots) {
        Ok(())
    } else {
        Err(HostError::from(Error::ResultCount {
            expected: slots.len(),
            got: valtype::slot_count(R::Values::TYPES),
        }))
    }
}

macro_rules! closures {
    ($($(($ty:ident $value:ident))*;)*) => {$(
        impl<T, Func, Res, $($ty),*> IntoHostFunc<T, (NoCaller, $($ty,)*)> for Func
        where
            Func: Fn($($ty),*) -> Res + Send + Sync + 'static,
            Res: HostResult,
            $($ty: WasmTy,)*
        {
            const PARAMS: &'static [ValType] = <($($ty,)*) as WasmTys>::TYPES;
            const RESULTS: &'static [ValType] = Res::Values::TYPES;

            fn call(&self, _: Caller<'_, '_, T>, args: &[u64], results: &mut [u64]) -> Result<(), HostError> {
                let ($($value,)*) = arguments::<($($ty,)*)>(args)?;
                finish(self($($value),*), results)
            }
        }

        impl<T, Func, Res, $($ty),*> IntoHostFunc<T, (WithCaller, $($ty,)*)> for Func
        where
            Func: for<'a, 'm> Fn(Caller<'a, 'm, T>, $($ty),*) -> Res + Send + Sync + 'static,
            Res: HostResult,
            $($ty: WasmTy,)*
        {
            const PARAMS: &'static [ValType] = <($($ty,)*) as WasmTys>::TYPES;
            const RESULTS: &'static [ValType] = Res::Values::TYPES;

            fn call(&self, caller: Caller<'_, '_, T>, args: &[u64], results: &mut [u64]) -> Result<(), HostError> {
                let ($($value,)*) = arguments::<($($ty,)*)>(args)?;
                finish(self(caller, $($value),*), results)
            }
        }
    )*};
}

closures! {
    ;
    (A a);
    (A a)(B b);
    (A a)(B b)(C c);
    (A a)(B b)(C c)(D d);
    (A a)(B b)(C c)(D d)(E e);
    (A a)(B b)(C c)(D d)(E e)(F f);
    (A a)(B b)(C c)(D d)(E e)(F f)(G g);
    (A a)(B b)(C c)(D d)(E e)(F f)(G g)(H h);
    (A a)(B b)(C c)(D d)(E e)(F f)(G g)(H h)(I i);
    (A a)(B b)(C c)(D d)(E e)(F f)(G g)(H h)(I i)(J j);
    (A a)(B b)(C c)(D d)(E e)(F f)(G g)(H h)(I i)(J j)(K k);
    (A a)(B b)(C c)(D d)(E e)(F f)(G g)(H h)(I i)(J j)(K k)(L l);
}
