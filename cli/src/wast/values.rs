//! Values of scripts: arguments read, and results compared with what is expected.

use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};
use wrt_vm::{AnyRef, HeapType, Val, ValType, valtype};

/// The exponent and the highest bit of the fraction of an `f32`: what makes a quiet NaN.
const F32_QUIET: u64 = 0x7fc0_0000;
/// The same of an `f64`.
const F64_QUIET: u64 = 0x7ff8_0000_0000_0000;

/// The value of an argument.
pub(crate) fn argument(arg: &WastArg<'_>) -> Result<Val, String> {
    let WastArg::Core(arg) = arg else {
        return Err("arguments of components are not supported".to_owned());
    };
    match arg {
        WastArgCore::I32(value) => Ok(Val::I32(*value)),
        WastArgCore::I64(value) => Ok(Val::I64(*value)),
        WastArgCore::F32(value) => Ok(Val::F32(value.bits)),
        WastArgCore::F64(value) => Ok(Val::F64(value.bits)),
        WastArgCore::RefNull(_) => Ok(Val::ExternRef(None)),
        WastArgCore::RefExtern(number) => Ok(Val::ExternRef(Some((*number).into()))),
        WastArgCore::V128(value) => Ok(Val::V128(u128::from_le_bytes(value.to_le_bytes()))),
        WastArgCore::RefHost(number) => Ok(Val::AnyRef(AnyRef::from_bits(u64::from(*number) + 1))),
    }
}

/// What an anyref refers to.
pub(crate) type KindOf<'a> = &'a dyn Fn(AnyRef) -> Option<HeapType>;

/// Compares results with what is expected.
pub(crate) fn compare(
    values: &[Val],
    expected: &[WastRet<'_>],
    kind: KindOf<'_>,
) -> Result<(), String> {
    if values.len() != expected.len() {
        return Err(format!(
            "expected {} results, got {}",
            expected.len(),
            values.len()
        ));
    }
    for (&value, expected) in values.iter().zip(expected) {
        let WastRet::Core(expected) = expected else {
            return Err("results of components are not supported".to_owned());
        };
        if !matches(value, expected, kind) {
            return Err(format!("expected {expected:?}, got {value:?}"));
        }
    }
    Ok(())
}

fn matches(value: Val, expected: &WastRetCore<'_>, kind: KindOf<'_>) -> bool {
    let kind_of = || {
        let Val::AnyRef(Some(any)) = value else {
            return None;
        };
        kind(any)
    };
    let (ty, slot) = (value.ty(), value.to_slot());
    let is_ref = ty.is_ref();
    match expected {
        WastRetCore::I32(value) => ty == valtype::I32 && slot == u64::from(value.cast_unsigned()),
        WastRetCore::I64(value) => ty == valtype::I64 && slot == value.cast_unsigned(),
        WastRetCore::F32(pattern) => {
            ty == valtype::F32 && float(slot, pattern, |f| f.bits.into(), F32_QUIET, 1 << 31)
        }
        WastRetCore::F64(pattern) => {
            ty == valtype::F64 && float(slot, pattern, |f| f.bits, F64_QUIET, 1 << 63)
        }
        WastRetCore::RefNull(_) => is_ref && slot == 0,
        WastRetCore::RefExtern(Some(number)) => is_extern(ty) && slot == u64::from(*number) + 1,
        WastRetCore::RefExtern(None) => is_extern(ty) && slot != 0,
        WastRetCore::RefFunc(_) => is_ref && !is_extern(ty) && !ty.is_exn() && slot != 0,
        WastRetCore::RefAny => is_ref && slot != 0,
        WastRetCore::Either(cases) => cases.iter().any(|case| matches(value, case, kind)),
        WastRetCore::V128(pattern) => matches!(value, Val::V128(bits) if vector(bits, pattern)),
        WastRetCore::RefHost(number) => {
            matches!(value, Val::AnyRef(Some(any)) if any.host() == Some(u64::from(*number)))
        }
        WastRetCore::RefEq => matches!(
            kind_of(),
            Some(HeapType::I31 | HeapType::Struct | HeapType::Array)
        ),
        WastRetCore::RefArray => kind_of() == Some(HeapType::Array),
        WastRetCore::RefStruct => kind_of() == Some(HeapType::Struct),
        WastRetCore::RefI31 => kind_of() == Some(HeapType::I31),
        // Nothing is shared here.
        WastRetCore::RefI31Shared => false,
    }
}

/// Whether it is a reference to a thing of the host.
fn is_extern(ty: ValType) -> bool {
    matches!(
        ty.as_ref(),
        Some((HeapType::Extern | HeapType::NoExtern, _))
    )
}

/// Whether a vector's lanes match.
fn vector(bits: u128, pattern: &V128Pattern) -> bool {
    let bytes = bits.to_le_bytes();
    let halves = [bits as u64, (bits >> 64) as u64];
    let words = halves.map(|half| [half & 0xffff_ffff, half >> 32]);
    match pattern {
        V128Pattern::I8x16(lanes) => lanes.map(i8::cast_unsigned) == bytes,
        V128Pattern::I16x8(lanes) => lanes.map(i16::to_le_bytes).as_flattened() == bytes,
        V128Pattern::I32x4(lanes) => lanes.map(i32::to_le_bytes).as_flattened() == bytes,
        V128Pattern::I64x2(lanes) => lanes.map(i64::cast_unsigned) == halves,
        V128Pattern::F32x4(lanes) => lanes
            .iter()
            .zip(words.as_flattened())
            .all(|(lane, &word)| float(word, lane, |f| f.bits.into(), F32_QUIET, 1 << 31)),
        V128Pattern::F64x2(lanes) => lanes
            .iter()
            .zip(halves)
            .all(|(lane, half)| float(half, lane, |f| f.bits, F64_QUIET, 1 << 63)),
    }
}

/// Whether float bits match: exactly; or as the canonical NaN, whose fraction has its highest bit alone; or as any quiet NaN.
fn float<F>(
    slot: u64,
    pattern: &NanPattern<F>,
    bits: impl Fn(&F) -> u64,
    quiet: u64,
    sign: u64,
) -> bool {
    match pattern {
        NanPattern::Value(value) => slot == bits(value),
        NanPattern::CanonicalNan => slot & !sign == quiet,
        NanPattern::ArithmeticNan => slot & quiet == quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wast::parser::{ParseBuffer, parse};

    fn check(ty: ValType, slot: u64, expected: &str) -> bool {
        let buffer = ParseBuffer::new(expected).unwrap();
        let expected = parse::<WastRetCore<'_>>(&buffer).unwrap();
        matches(Val::from_slot(ty, slot).unwrap(), &expected, &|_| None)
    }

    #[test]
    fn vectors_match_lane_by_lane() {
        let check = |bits: u128, expected: &str| {
            let buffer = ParseBuffer::new(expected).unwrap();
            let expected = parse::<WastRetCore<'_>>(&buffer).unwrap();
            matches(Val::V128(bits), &expected, &|_| None)
        };
        let bits = 0xffff_ffff_7fc0_0001_8000_0000_0000_0002;
        assert!(check(bits, "v128.const i32x4 2 0x80000000 0x7fc00001 -1"));
        assert!(!check(bits, "v128.const i32x4 2 0x80000000 0x7fc00001 1"));
        assert!(check(bits, "v128.const i16x8 2 0 0 0x8000 1 0x7fc0 -1 -1"));
        assert!(!check(bits, "v128.const i16x8 0 2 0 0x8000 1 0x7fc0 -1 -1"));
        assert!(check(
            bits,
            "v128.const i64x2 0x8000000000000002 0xffffffff7fc00001"
        ));
        assert!(check(
            bits,
            "v128.const f32x4 0x1p-148 -0 nan:arithmetic nan:arithmetic"
        ));
        assert!(!check(
            bits,
            "v128.const f32x4 0x1p-148 0 nan:arithmetic nan:arithmetic"
        ));
        assert!(!check(
            bits,
            "v128.const f32x4 0x1p-148 -0 nan:canonical nan:arithmetic"
        ));
        let nan = 0x7ff8 << 112;
        assert!(check(nan, "v128.const f64x2 0 nan:canonical"));
        assert!(check(
            nan,
            "v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -8 127"
        ));
        assert!(!matches(
            Val::I64(0),
            &WastRetCore::V128(V128Pattern::I64x2([0, 0])),
            &|_| None
        ));
    }

    #[test]
    fn nan_patterns() {
        let (f32, f64) = (valtype::F32, valtype::F64);
        assert!(check(f32, 0x7fc0_0000, "f32.const nan:canonical"));
        assert!(check(f32, 0xffc0_0000, "f32.const nan:canonical"));
        assert!(!check(f32, 0x7fc0_0001, "f32.const nan:canonical"));
        assert!(check(f32, 0xffc0_0001, "f32.const nan:arithmetic"));
        assert!(!check(f32, 0x7fa0_0000, "f32.const nan:arithmetic"));
        assert!(!check(f32, 0x7f80_0000, "f32.const nan:arithmetic"));
        assert!(check(f32, 0x7fa0_0000, "f32.const nan:0x200000"));
        assert!(check(f64, 0xfff8_0000_0000_0000, "f64.const nan:canonical"));
        assert!(!check(
            f64,
            0xfff8_0000_0000_0001,
            "f64.const nan:canonical"
        ));
        assert!(check(
            f64,
            0x7ff8_0000_0000_0001,
            "f64.const nan:arithmetic"
        ));
        assert!(!check(
            f64,
            0x7ff0_0000_0000_0001,
            "f64.const nan:arithmetic"
        ));
        assert!(
            !check(f32, 0x8000_0000, "f32.const 0"),
            "the sign of zero counts"
        );
    }

    #[test]
    fn either_and_references() {
        let either = "either (i32.const 1) (i32.const -1)";
        assert!(check(valtype::I32, 1, either) && check(valtype::I32, 0xffff_ffff, either));
        assert!(!check(valtype::I32, 2, either) && !check(valtype::I64, 1, either));
        assert!(check(valtype::EXTERNREF, 8, "ref.extern 7"));
        assert!(!check(valtype::EXTERNREF, 7, "ref.extern 7"));
        assert!(check(valtype::FUNCREF, 0, "ref.null func"));
        assert!(!check(valtype::FUNCREF, 0, "ref.func"));
        assert!(check(valtype::FUNCREF, 9, "ref.func"));
    }
}
