//! Values with their types, and Rust types as Wasm values.
//!
//! Input: slots of 64 bits, one for each value, two for a v128. Output: [`Val`], and the traits that [`TypedFunc`](crate::TypedFunc) and
//! [`Linker::wrap`](crate::Linker::wrap) rest on. Invariants: an i32 or f32 fills its slot zero-extended; floats are carried as their bits,
//! so NaN payloads survive; the null reference is slot 0.

use crate::heap::{I31_TAG, TAG};
use crate::outcome::Func;
use core::fmt;

/// Value types.
pub use wrt_format::image::types::{HeapType, ValType, val as valtype};

/// A value with its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Val {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A `v128`; lane 0 has the lowest bits.
    V128(u128),
    /// A reference to a function, of whatever type.
    FuncRef(Option<Func>),
    /// An `externref`: the host's own number, up to [`ExternRef::MAX`]. What is above is an `anyref` of a guest that was converted: it may
    /// be given back, and is a number of the engine.
    ExternRef(Option<u64>),
    /// An `anyref`, or a reference below.
    AnyRef(Option<AnyRef>),
    /// A reference to an exception: its number, which says nothing once a guest runs again, since exceptions are collected.
    ExnRef(Option<u32>),
}

impl Val {
    /// The value that a slot holds; `None` if `ty` is no value type, or that of a v128, which fills two.
    #[must_use]
    pub const fn from_slot(ty: ValType, slot: u64) -> Option<Self> {
        Some(match ty {
            valtype::I32 => Self::I32(slot as u32 as i32),
            valtype::I64 => Self::I64(slot as i64),
            valtype::F32 => Self::F32(slot as u32),
            valtype::F64 => Self::F64(slot),
            _ => match ty.as_ref() {
                Some((HeapType::Func | HeapType::NoFunc, _)) => {
                    Self::FuncRef(Func::from_bits(slot))
                }
                // By the bits alone.
                Some((HeapType::Defined(_), _)) if (slot >> 32) as u32 == TAG => {
                    Self::AnyRef(AnyRef::from_bits(slot))
                }
                Some((HeapType::Defined(_), _)) => Self::FuncRef(Func::from_bits(slot)),
                Some((
                    HeapType::Any
                    | HeapType::Eq
                    | HeapType::I31
                    | HeapType::Struct
                    | HeapType::Array
                    | HeapType::None,
                    _,
                )) => Self::AnyRef(AnyRef::from_bits(slot)),
                Some((HeapType::Extern | HeapType::NoExtern, _)) => {
                    Self::ExternRef(slot.checked_sub(1))
                }
                Some((HeapType::Exn | HeapType::NoExn, _)) => Self::ExnRef(match slot {
                    0 => None,
                    _ => Some(slot as u32),
                }),
                None => return None,
            },
        })
    }

    /// The value that these slots hold; `None` if `ty` is no value type, or one of another number of slots.
    #[must_use]
    pub const fn from_slots(ty: ValType, slots: &[u64]) -> Option<Self> {
        match (ty, slots) {
            (valtype::V128, &[low, high]) => Some(Self::V128(low as u128 | (high as u128) << 64)),
            (_, &[slot]) => Self::from_slot(ty, slot),
            _ => None,
        }
    }

    /// The values of these types that lie in slots one after the other, as arguments and results do. Ends where a slot is missing or a
    /// byte is no value type.
    pub fn list(types: &[ValType], mut slots: &[u64]) -> impl Iterator<Item = Self> {
        types.iter().map_while(move |&ty| {
            let (own, rest) = slots.split_at_checked(valtype::slots(ty))?;
            slots = rest;
            Self::from_slots(ty, own)
        })
    }

    /// The slots that hold the value: one, or two for a v128, the low half first.
    pub fn to_slots(self) -> impl Iterator<Item = u64> {
        self.halves().into_iter().take(valtype::slots(self.ty()))
    }

    /// The slot that holds the value, and 0; the two halves of a v128.
    pub(crate) const fn halves(self) -> [u64; 2] {
        if let Self::V128(bits) = self {
            [bits as u64, (bits >> 64) as u64]
        } else {
            [self.to_slot(), 0]
        }
    }

    /// The slot that holds the value; of a v128, which fills two, the low half.
    #[must_use]
    pub const fn to_slot(self) -> u64 {
        match self {
            Self::V128(bits) => bits as u64,
            Self::I32(v) => v as u32 as u64,
            Self::I64(v) => v as u64,
            Self::F32(bits) => bits as u64,
            Self::F64(bits) => bits,
            Self::FuncRef(Some(func)) => func.bits(),
            Self::ExternRef(Some(host)) => host.wrapping_add(1),
            Self::AnyRef(Some(any)) => any.0,
            Self::ExnRef(Some(number)) => (TAG as u64) << 32 | number as u64,
            Self::FuncRef(None)
            | Self::ExternRef(None)
            | Self::AnyRef(None)
            | Self::ExnRef(None) => 0,
        }
    }

    /// Its type; of a reference the most general one.
    #[must_use]
    pub const fn ty(self) -> ValType {
        match self {
            Self::I32(_) => valtype::I32,
            Self::I64(_) => valtype::I64,
            Self::F32(_) => valtype::F32,
            Self::F64(_) => valtype::F64,
            Self::V128(_) => valtype::V128,
            Self::FuncRef(_) => valtype::FUNCREF,
            Self::ExternRef(_) => valtype::EXTERNREF,
            Self::AnyRef(_) => valtype::ANYREF,
            Self::ExnRef(_) => valtype::EXNREF,
        }
    }

    /// Reads a number of type `ty`: decimal or, for integers, `0x` hexadecimal, signed or unsigned; a v128 in `0x` hexadecimal; `null` for references, or an
    /// `externref`'s number. `None` if the text is no such value.
    #[must_use]
    pub fn parse(ty: ValType, text: &str) -> Option<Self> {
        Some(match ty {
            valtype::I32 => {
                let v = parse_int(text)?;
                let fits = (i128::from(i32::MIN)..=i128::from(u32::MAX)).contains(&v);
                Self::I32(fits.then_some(v as i32)?)
            }
            valtype::I64 => {
                let v = parse_int(text)?;
                let fits = (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&v);
                Self::I64(fits.then_some(v as i64)?)
            }
            valtype::F32 => Self::F32(text.parse::<f32>().ok()?.to_bits()),
            valtype::F64 => Self::F64(text.parse::<f64>().ok()?.to_bits()),
            valtype::V128 => {
                let digits = text.strip_prefix("0x").filter(|it| !it.starts_with('+'))?;
                Self::V128(u128::from_str_radix(digits, 16).ok()?)
            }
            valtype::FUNCREF if text == "null" => Self::FuncRef(None),
            valtype::EXTERNREF if text == "null" => Self::ExternRef(None),
            valtype::EXNREF if text == "null" => Self::ExnRef(None),
            valtype::EXTERNREF => {
                Self::ExternRef(Some(text.parse().ok().filter(|&v| v <= ExternRef::MAX)?))
            }
            _ => return None,
        })
    }
}

/// An integer of up to 64 bits with an optional sign, in decimal or hexadecimal.
fn parse_int(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => digits.parse::<u64>(),
    };
    // A second sign behind the first one is no digit.
    if digits.trim_start_matches("0x").starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from(magnitude.ok()?);
    Some(if negative { -value } else { value })
}

impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(v) => write!(f, "{v}"),
            Self::I64(v) => write!(f, "{v}"),
            Self::F32(bits) => write!(f, "{}", f32::from_bits(*bits)),
            Self::F64(bits) => write!(f, "{}", f64::from_bits(*bits)),
            Self::V128(bits) => write!(f, "{bits:#034x}"),
            Self::FuncRef(None)
            | Self::ExternRef(None)
            | Self::AnyRef(None)
            | Self::ExnRef(None) => f.write_str("null"),
            Self::AnyRef(Some(any)) => match (any.i31(), any.host()) {
                (Some(value), _) => write!(f, "i31({value})"),
                (None, Some(host)) => write!(f, "externref({host})"),
                (None, None) => write!(f, "anyref({:#x})", any.0),
            },
            Self::ExnRef(Some(number)) => write!(f, "exnref({number})"),
            Self::FuncRef(Some(func)) => write!(f, "funcref({:#x})", func.bits()),
            Self::ExternRef(Some(host)) => write!(f, "externref({host})"),
        }
    }
}

/// An `externref` as a Rust value: the host's own number, up to [`Self::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExternRef(pub u64);

impl ExternRef {
    /// The greatest number that a host may use.
    pub const MAX: u64 = ((TAG as u64) << 32) - 2;
}

/// An `anyref` that is not null, as a number of the engine: an integer of 31 bits, a struct or array of a guest, or an `externref` that
/// was converted. A struct or array lasts while something of the engine refers to it: see [`Engine::keep`](crate::Engine::keep).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnyRef(u64);

impl AnyRef {
    /// The reference that a slot holds; none if it is null.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    /// The slot that holds it.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The integer of the low 31 bits of `value`.
    #[must_use]
    pub const fn from_i31(value: i32) -> Self {
        Self((I31_TAG as u64) << 32 | (value as u32 & 0x7fff_ffff) as u64)
    }

    /// Its value, if it is an integer of 31 bits.
    #[must_use]
    pub const fn i31(self) -> Option<i32> {
        if (self.0 >> 32) as u32 == I31_TAG {
            Some(((self.0 as u32) << 1).cast_signed() >> 1)
        } else {
            None
        }
    }

    /// The host's number, if it was an `externref`.
    #[must_use]
    pub const fn host(self) -> Option<u64> {
        if self.0 - 1 <= ExternRef::MAX {
            Some(self.0 - 1)
        } else {
            None
        }
    }
}

/// The slot without what is beyond its type.
#[inline]
pub(crate) const fn narrowed(ty: ValType, slot: u64) -> u64 {
    match ty {
        valtype::I32 | valtype::F32 => slot & 0xffff_ffff,
        _ => slot,
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that is a Wasm value: `i32 u32 i64 u64 f32 f64 u128 Option<Func> Option<ExternRef>`; a `u128` is a v128, lane 0 having
/// its lowest bits.
pub trait WasmTy: Copy + sealed::Sealed {
    /// Its value type, of [`valtype`].
    const TYPE: ValType;

    /// From the next slots, as many as it fills.
    fn take(slots: &mut core::slice::Iter<'_, u64>) -> Option<Self>;

    /// Into the next slots, as many as it fills; false if there are fewer.
    #[must_use]
    fn put(self, slots: &mut core::slice::IterMut<'_, u64>) -> bool;
}

macro_rules! wasm_ty {
    ($($ty:ty, $valtype:ident, |$slot:ident| $from:expr, |$v:ident| $to:expr;)*) => {$(
        impl sealed::Sealed for $ty {}
        impl WasmTy for $ty {
            const TYPE: ValType = valtype::$valtype;
            fn take(slots: &mut core::slice::Iter<'_, u64>) -> Option<Self> {
                let $slot = *slots.next()?;
                Some($from)
            }
            fn put(self, slots: &mut core::slice::IterMut<'_, u64>) -> bool {
                let $v = self;
                slots.next().map(|slot| *slot = $to).is_some()
            }
        }
    )*};
}

wasm_ty! {
    i32, I32, |slot| slot as u32 as i32, |v| u64::from(v as u32);
    u32, I32, |slot| slot as u32, |v| u64::from(v);
    i64, I64, |slot| slot as i64, |v| v as u64;
    u64, I64, |slot| slot, |v| v;
    f32, F32, |slot| f32::from_bits(slot as u32), |v| u64::from(v.to_bits());
    f64, F64, |slot| f64::from_bits(slot), |v| v.to_bits();
    Option<Func>, FUNCREF, |slot| Func::from_bits(slot), |v| v.map_or(0, Func::bits);
    Option<ExternRef>, EXTERNREF, |slot| slot.checked_sub(1).map(ExternRef), |v| v.map_or(0, |r| r.0.wrapping_add(1));
}

impl sealed::Sealed for u128 {}
impl WasmTy for u128 {
    const TYPE: ValType = valtype::V128;

    fn take(slots: &mut core::slice::Iter<'_, u64>) -> Option<Self> {
        let (low, high) = (*slots.next()?, *slots.next()?);
        Some(Self::from(low) | Self::from(high) << 64)
    }

    fn put(self, slots: &mut core::slice::IterMut<'_, u64>) -> bool {
        (self as u64).put(slots) && ((self >> 64) as u64).put(slots)
    }
}

/// No value, one, or a tuple of up to twelve: the parameters or results of a typed function.
pub trait WasmTys: Copy + sealed::Sealed {
    /// Their value types, in order.
    const TYPES: &'static [ValType];

    /// From their slots; `None` if their number differs.
    fn from_slots(slots: &[u64]) -> Option<Self>;

    /// Writes their slots; false, with nothing written, if their number differs.
    #[must_use]
    fn to_slots(self, slots: &mut [u64]) -> bool;
}

impl<A: WasmTy> WasmTys for A {
    const TYPES: &'static [ValType] = &[A::TYPE];

    fn from_slots(slots: &[u64]) -> Option<Self> {
        let mut slots = slots.iter();
        A::take(&mut slots).filter(|_| slots.len() == 0)
    }

    fn to_slots(self, slots: &mut [u64]) -> bool {
        slots.len() == valtype::slots(A::TYPE) && self.put(&mut slots.iter_mut())
    }
}

macro_rules! tuples {
    ($($(($ty:ident $value:ident))*;)*) => {$(
        impl<$($ty: WasmTy),*> sealed::Sealed for ($($ty,)*) {}
        impl<$($ty: WasmTy),*> WasmTys for ($($ty,)*) {
            const TYPES: &'static [ValType] = &[$($ty::TYPE),*];

            fn from_slots(slots: &[u64]) -> Option<Self> {
                #[allow(unused_mut, reason = "there may be no value")]
                let mut slots = slots.iter();
                let values = ($($ty::take(&mut slots)?,)*);
                (slots.len() == 0).then_some(values)
            }

            fn to_slots(self, slots: &mut [u64]) -> bool {
                if slots.len() != const { valtype::slot_count(Self::TYPES) } {
                    return false;
                }
                let ($($value,)*) = self;
                #[allow(unused_mut, unused_variables, reason = "there may be no value")]
                let mut slots = slots.iter_mut();
                true $(&& $value.put(&mut slots))*
            }
        }
    )*};
}

tuples! {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_their_slots() {
        for (ty, slot) in [
            (valtype::I32, 0xffff_fffe),
            (valtype::I64, u64::MAX),
            (valtype::F32, 0x7fa0_0001),
            (valtype::F64, 0x7ff0_0000_0000_0001),
            (valtype::FUNCREF, 0x1_0000_0002),
            (valtype::EXTERNREF, 5),
            (valtype::EXTERNREF, 0),
        ] {
            let val = Val::from_slot(ty, slot).unwrap();
            assert_eq!((val.ty(), val.to_slot()), (ty, slot));
        }
        assert_eq!(Val::from_slot(ValType::from_byte(0x40), 0), None);
        assert_eq!(
            Val::from_slot(valtype::EXTERNREF, 5),
            Some(Val::ExternRef(Some(4)))
        );
    }

    #[test]
    fn parses_what_fits_the_type_and_nothing_else() {
        let i32 = |text| Val::parse(valtype::I32, text);
        assert_eq!(i32("-1"), Some(Val::I32(-1)));
        assert_eq!(i32("4294967295"), Some(Val::I32(-1)));
        assert_eq!(i32("-0x80000000"), Some(Val::I32(i32::MIN)));
        for wrong in [
            "",
            "-",
            "4294967296",
            "-2147483649",
            "1.5",
            "--1",
            "0x-1",
            "+-1",
            "0x",
        ] {
            assert_eq!(i32(wrong), None, "{wrong}");
        }
        let max = Val::parse(valtype::I64, "18446744073709551615");
        assert_eq!(max, Some(Val::I64(-1)));
        assert_eq!(
            Val::parse(valtype::F64, "-0.5"),
            Some(Val::F64((-0.5f64).to_bits()))
        );
        assert_eq!(
            Val::parse(valtype::FUNCREF, "null"),
            Some(Val::FuncRef(None))
        );
        assert_eq!(
            Val::parse(valtype::EXTERNREF, "7"),
            Some(Val::ExternRef(Some(7)))
        );
    }

    #[test]
    fn vectors_fill_two_slots() {
        let bits = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100_u128;
        let slots = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let val = Val::from_slots(valtype::V128, &slots).unwrap();
        assert_eq!((val, val.ty()), (Val::V128(bits), valtype::V128));
        assert!(val.to_slots().eq(slots));
        assert_eq!(Val::from_slots(valtype::V128, &slots[1..]), None);
        assert_eq!(Val::from_slots(valtype::I64, &slots), None);
        assert_eq!(Val::from_slot(valtype::V128, 1), None);
        let types = [valtype::I32, valtype::V128, valtype::I64];
        let all = [7, slots[0], slots[1], 8];
        assert!(Val::list(&types, &all).eq([Val::I32(7), val, Val::I64(8)]));
        assert_eq!(Val::list(&types, &all[..2]).count(), 1);
        let text = "0x0f0e0d0c0b0a09080706050403020100";
        assert_eq!(Val::parse(valtype::V128, text), Some(val));
        assert_eq!(std::string::ToString::to_string(&val), text);
        assert_eq!(Val::parse(valtype::V128, "12"), None);
        assert_eq!(Val::parse(valtype::V128, "0x+1"), None);

        assert_eq!(<(i32, u128, u64)>::TYPES, types);
        let mut out = [0; 4];
        assert!((7_i32, bits, 8_u64).to_slots(&mut out));
        assert_eq!(out, all);
        assert_eq!(<(i32, u128, u64)>::from_slots(&all), Some((7, bits, 8)));
        assert_eq!(u128::from_slots(&slots), Some(bits));
        assert_eq!(u128::from_slots(&all), None);
        assert!(!bits.to_slots(&mut out));
    }

    #[test]
    fn tuples_have_one_slot_per_value() {
        type Three = (i32, f64, u64);
        assert_eq!(Three::TYPES, [valtype::I32, valtype::F64, valtype::I64]);
        let mut slots = [0; 3];
        assert!((-1, 0.5, 9_u64).to_slots(&mut slots));
        assert_eq!(slots, [0xffff_ffff, 0.5f64.to_bits(), 9]);
        assert_eq!(Three::from_slots(&slots), Some((-1, 0.5, 9)));
        assert!(Three::from_slots(&slots[1..]).is_none());
        assert_eq!(<()>::from_slots(&[]), Some(()));
        assert!(!7_i32.to_slots(&mut []));
    }
}
