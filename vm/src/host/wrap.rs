//! Rust closures as host functions: their types become Wasm types.
//!
//! Input: a closure, with or without a [`Caller`] as its first parameter. Output: [`HostCode`], a closure over slots.
//! Invariants: the linker calls it with as many argument and result slots as its types say.

use super::{Caller, HostError};
use crate::error::Error;
use crate::val::{ValType, WasmTy, WasmTys, valtype};
use alloc::boxed::Box;
use core::fmt;

/// A host function over slots: arguments in, results out.
pub(crate) type HostClosure<T> = Box<
    dyn for<'a, 'm> Fn(Caller<'a, 'm, T>, &[u64], &mut [u64]) -> Result<(), HostError>
        + Send
        + Sync,
>;

/// A host function that sees nothing of its caller, over slots of a stack: the first one of the arguments and that of the results. Its results are
/// what their types say, and no references. False, and it has not been called, if these slots are not all there.
pub(crate) type PlainClosure =
    Box<dyn Fn(&mut [u64], usize, usize) -> Result<bool, HostError> + Send + Sync>;

/// A closure as linkers keep it.
pub struct HostCode<T>(pub(crate) Code<T>);

/// What it may do.
pub(crate) enum Code<T> {
    /// It has its arguments and nothing else.
    Plain(PlainClosure),
    /// It may have its caller.
    Caller(HostClosure<T>),
}

impl<T> fmt::Debug for HostCode<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostCode").finish_non_exhaustive()
    }
}

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

    /// The closure as linkers keep it.
    fn into_code(self) -> HostCode<T>
    where
        Self: Sized,
    {
        HostCode(Code::Caller(Box::new(move |caller, args, results| {
            self.call(caller, args, results)
        })))
    }
}

/// A closure that does not look at its caller, as linkers keep it. References among its results have to be looked at, with the engine.
fn plain<T, A: WasmTys, R: HostResult>(
    call: impl Fn(A) -> R + Send + Sync + 'static,
) -> HostCode<T> {
    HostCode(if R::Values::TYPES.iter().any(|ty| ty.is_ref()) {
        Code::Caller(Box::new(move |_, args, results| {
            finish(call(arguments(args)?), results)
        }))
    } else {
        Code::Plain(Box::new(move |stack, args, results| {
            call_on_stack(stack, [args, results], &call)
        }))
    })
}

/// Calls `f` with arguments and room for results on a stack.
#[inline]
fn call_on_stack<A: WasmTys, R: HostResult>(
    stack: &mut [u64],
    [args, results]: [usize; 2],
    f: impl FnOnce(A) -> R,
) -> Result<bool, HostError> {
    let slots = |stack: &[u64], first: usize, count| {
        let end = first.checked_add(count)?;
        (end <= stack.len()).then_some(first..end)
    };
    let given = slots(stack, args, const { valtype::slot_count(A::TYPES) });
    let given = given.and_then(|slots| A::from_slots(stack.get(slots)?));
    let room = slots(
        stack,
        results,
        const { valtype::slot_count(R::Values::TYPES) },
    );
    let (Some(given), Some(room)) = (given, room) else {
        return Ok(false);
    };
    let values = f(given).into_result()?;
    let room = stack.get_mut(room);
    Ok(room.is_some_and(|room| values.to_slots(room)))
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

            fn into_code(self) -> HostCode<T> {
                plain(move |($($value,)*): ($($ty,)*)| self($($value),*))
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
