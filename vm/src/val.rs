//! Values with their types, and Rust types as Wasm values.
//!
//! Input: slots of 64 bits. Output: [`Val`], and the traits that [`TypedFunc`](crate::TypedFunc) and
//! [`Linker::wrap`](crate::Linker::wrap) rest on. Invariants: an i32 or f32 fills its slot zero-extended; floats are carried as their bits,
//! so NaN payloads survive; the null reference is slot 0.

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
    /// A reference to a function, of whatever type.
    FuncRef(Option<Func>),
    /// An `externref`: the host's own number, up to 2^64 - 2.
    ExternRef(Option<u64>),
}

impl Val {
    /// The value that a slot holds; `None` if `ty` is no value type.
    #[must_use]
    pub const fn from_slot(ty: ValType, slot: u64) -> Option<Self> {
        Some(match ty {
            valtype::I32 => Self::I32(slot as u32 as i32),
            valtype::I64 => Self::I64(slot as i64),
            valtype::F32 => Self::F32(slot as u32),
            valtype::F64 => Self::F64(slot),
            _ => match ty.as_ref() {
                Some((HeapType::Func | HeapType::NoFunc | HeapType::Defined(_), _)) => {
                    Self::FuncRef(Func::from_bits(slot))
                }
                Some((HeapType::Extern | HeapType::NoExtern, _)) => {
                    Self::ExternRef(slot.checked_sub(1))
                }
                None => return None,
            },
        })
    }

    /// The slot that holds the value.
    #[must_use]
    pub const fn to_slot(self) -> u64 {
        match self {
            Self::I32(v) => v as u32 as u64,
            Self::I64(v) => v as u64,
            Self::F32(bits) => bits as u64,
            Self::F64(bits) => bits,
            Self::FuncRef(Some(func)) => func.bits(),
            Self::ExternRef(Some(host)) => host.wrapping_add(1),
            Self::FuncRef(None) | Self::ExternRef(None) => 0,
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
            Self::FuncRef(_) => valtype::FUNCREF,
            Self::ExternRef(_) => valtype::EXTERNREF,
        }
    }

    /// Reads a number of type `ty`: decimal or, for integers, `0x` hexadecimal, signed or unsigned; `null` for references, or an
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
            valtype::FUNCREF if text == "null" => Self::FuncRef(None),
            valtype::EXTERNREF if text == "null" => Self::ExternRef(None),
            valtype::EXTERNREF => {
                Self::ExternRef(Some(text.parse().ok().filter(|&v| v != u64::MAX)?))
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
            Self::FuncRef(None) | Self::ExternRef(None) => f.write_str("null"),
            Self::FuncRef(Some(func)) => write!(f, "funcref({:#x})", func.bits()),
            Self::ExternRef(Some(host)) => write!(f, "externref({host})"),
        }
    }
}

/// An `externref` as a Rust value: the host's own number, up to 2^64 - 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExternRef(pub u64);

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that is a Wasm value: `i32 u32 i64 u64 f32 f64 Option<Func> Option<ExternRef>`.
pub trait WasmTy: Copy + sealed::Sealed {
    /// Its value type, of [`valtype`].
    const TYPE: ValType;

    /// From the slot that holds it.
    fn from_slot(slot: u64) -> Self;

    /// The slot that holds it.
    fn to_slot(self) -> u64;
}

macro_rules! wasm_ty {
    ($($ty:ty, $valtype:ident, |$slot:ident| $from:expr, |$v:ident| $to:expr;)*) => {$(
        impl sealed::Sealed for $ty {}
        impl WasmTy for $ty {
            const TYPE: ValType = valtype::$valtype;
            fn from_slot($slot: u64) -> Self {
                $from
            }
            fn to_slot(self) -> u64 {
                let $v = self;
                $to
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
        match slots {
            [slot] => Some(A::from_slot(*slot)),
            _ => None,
        }
    }

    fn to_slots(self, slots: &mut [u64]) -> bool {
        match slots {
            [slot] => {
                *slot = self.to_slot();
                true
            }
            _ => false,
        }
    }
}

macro_rules! tuples {
    ($($(($ty:ident $value:ident))*;)*) => {$(
        impl<$($ty: WasmTy),*> sealed::Sealed for ($($ty,)*) {}
        impl<$($ty: WasmTy),*> WasmTys for ($($ty,)*) {
            const TYPES: &'static [ValType] = &[$($ty::TYPE),*];

            fn from_slots(slots: &[u64]) -> Option<Self> {
                match slots {
                    [$($value),*] => Some(($($ty::from_slot(*$value),)*)),
                    #[allow(unreachable_patterns, reason = "a slice pattern without elements is not exhaustive either")]
                    _ => None,
                }
            }

            fn to_slots(self, slots: &mut [u64]) -> bool {
                let ($($value,)*) = self;
                let values: &[u64] = &[$($value.to_slot()),*];
                if values.len() == slots.len() {
                    slots.copy_from_slice(values);
                }
                values.len() == slots.len()
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
