//! Structs, arrays, i31 and casts. What goes through all of an array is in `array.rs`.
//!
//! Nothing is believed of a slot: whatever is not of the type that the instruction names traps. A module that validates never gets there
//! but by null.

use wrt_format::isa::{Place, field, ref_kind};
#[cfg(feature = "simd")]
use wrt_format::simd::V128;
use wrt_format::trap::Trap;

use crate::exec::machine::{Flow, Machine, Step};
use crate::heap::I31_TAG;
use crate::raw::state::Ctl;
use crate::raw::store::NULL;

macro_rules! gets {
    ($($field:ident [$($short:ident)?] $element:ident $int:ident $set:ident |$value:ident| $extended:expr;)*) => { handlers! {$(
        fn $field $(| $short)?(s, at) {
            match s.get_field(at::src, at::type_idx, at::offset) {
                Ok(bytes) => {
                    let $value = $int::from_le_bytes(bytes);
                    s.$set(at::dst, $extended);
                    Ctl::Next
                }
                Err(trap) => Ctl::Trap(trap),
            }
        }
        fn $element(s, at) {
            match s.get_element(at::src, at::index, at::type_idx) {
                Ok(bytes) => {
                    let $value = $int::from_le_bytes(bytes);
                    s.$set(at::dst, $extended);
                    Ctl::Next
                }
                Err(trap) => Ctl::Trap(trap),
            }
        }
    )*} };
}

gets! {
    struct_get8_s [] array_get8_s i8 set32 |value| value as i32 as u32;
    struct_get8_u [] array_get8_u u8 set32 |value| u32::from(value);
    struct_get16_s [] array_get16_s i16 set32 |value| value as i32 as u32;
    struct_get16_u [] array_get16_u u16 set32 |value| u32::from(value);
    struct_get32 [struct_get32_short] array_get32 u32 set32 |value| value;
    struct_get64 [struct_get64_short] array_get64 u64 set64 |value| value;
}

macro_rules! sets {
    ($($field:ident [$($short:ident)?] $element:ident $int:ident;)*) => { handlers! {$(
        fn $field $(| $short)?(s, at) {
            let bytes = (s.get64(at::value) as $int).to_le_bytes();
            match s.set_field(at::src, at::type_idx, at::offset, bytes) {
                Ok(()) => Ctl::Next,
                Err(trap) => Ctl::Trap(trap),
            }
        }
        fn $element(s, at) {
            let bytes = (s.get64(at::value) as $int).to_le_bytes();
            match s.set_element(at::src, at::index, at::type_idx, bytes) {
                Ok(()) => Ctl::Next,
                Err(trap) => Ctl::Trap(trap),
            }
        }
    )*} };
}

sets! {
    struct_set8 [] array_set8 u8;
    struct_set16 [] array_set16 u16;
    struct_set32 [] array_set32 u32;
    struct_set64 [struct_set64_short] array_set64 u64;
}

#[cfg(feature = "simd")]
handlers! {
    fn struct_get128(s, at) {
        match s.get_field(at::src, at::type_idx, at::offset) {
            Ok(bytes) => {
                s.set128(at::dst, V128::from_bytes(bytes));
                Ctl::Next
            }
            Err(trap) => Ctl::Trap(trap),
        }
    }
    fn array_get128(s, at) {
        match s.get_element(at::src, at::index, at::type_idx) {
            Ok(bytes) => {
                s.set128(at::dst, V128::from_bytes(bytes));
                Ctl::Next
            }
            Err(trap) => Ctl::Trap(trap),
        }
    }
    fn struct_set128(s, at) {
        match s.set_field(at::src, at::type_idx, at::offset, s.get128(at::value).to_bytes()) {
            Ok(()) => Ctl::Next,
            Err(trap) => Ctl::Trap(trap),
        }
    }
    fn array_set128(s, at) {
        match s.set_element(at::src, at::index, at::type_idx, s.get128(at::value).to_bytes()) {
            Ok(()) => Ctl::Next,
            Err(trap) => Ctl::Trap(trap),
        }
    }
}

// Without vectors the verifier lets no type through that has one.
#[cfg(not(feature = "simd"))]
handlers! {
    fn struct_get128(_s, at) {
        Ctl::Exit(crate::raw::ctx::Stop::Illegal)
    }
    fn array_get128(_s, at) {
        Ctl::Exit(crate::raw::ctx::Stop::Illegal)
    }
    fn struct_set128(_s, at) {
        Ctl::Exit(crate::raw::ctx::Stop::Illegal)
    }
    fn array_set128(_s, at) {
        Ctl::Exit(crate::raw::ctx::Stop::Illegal)
    }
}

/// The value of an i31 by its slot, still without sign.
#[inline(always)]
fn i31(slot: u64) -> Result<u32, Trap> {
    if (slot >> 32) as u32 == I31_TAG {
        Ok(slot as u32)
    } else if slot == NULL {
        Err(Trap::NullI31Reference)
    } else {
        Err(Trap::InvalidReference)
    }
}

handlers! {
    fn struct_new(s, at) {
        match s.new_struct(at::type_idx) {
            Some(slot) => {
                s.set64(at::dst, slot);
                Ctl::Next
            }
            None => Ctl::Slow(|m| slow_struct_new(m).unwrap_or_else(|out| out)),
        }
    }
    fn array_len(s, at) {
        match s.array_len(s.get64(at::src)) {
            Ok(len) => {
                s.set32(at::dst, len);
                Ctl::Next
            }
            Err(trap) => Ctl::Trap(trap),
        }
    }
    fn ref_i31 | ref_i31_short(s, at) {
        let bits = s.get64(at::src) & 0x7fff_ffff;
        s.set64(at::dst, u64::from(I31_TAG) << 32 | bits);
        Ctl::Next
    }
    fn i31_get_s | i31_get_s_short(s, at) {
        match i31(s.get64(at::src)) {
            Ok(bits) => {
                s.set32(at::dst, ((bits << 1) as i32 >> 1) as u32);
                Ctl::Next
            }
            Err(trap) => Ctl::Trap(trap),
        }
    }
    fn i31_get_u(s, at) {
        match i31(s.get64(at::src)) {
            Ok(bits) => {
                s.set32(at::dst, bits & 0x7fff_ffff);
                Ctl::Next
            }
            Err(trap) => Ctl::Trap(trap),
        }
    }
}

/// For each way to say what is wanted: a test, a cast, and the branches on yes and on no.
macro_rules! casts {
    ($($test:ident $cast:ident $branch:ident $not:ident [$($cast_short:ident $branch_short:ident $not_short:ident)?] |$s:ident, $at:ident, $slot:ident| $is:expr;)*) => { handlers! {$(
        fn $test($s, $at) {
            let $slot = $s.get64($at::src);
            $s.set32($at::dst, u32::from($is));
            Ctl::Next
        }
        fn $cast $(| $cast_short)?($s, $at) {
            let $slot = $s.get64($at::src);
            if $is {
                $s.set64($at::dst, $slot);
                Ctl::Next
            } else {
                Ctl::Trap(Trap::CastFailure)
            }
        }
        fn $branch $(| $branch_short)?($s, $at) {
            let $slot = $s.get64($at::src);
            $s.branch_if($is, $s.imm_s16($at::label).into(), $at::words)
        }
        fn $not $(| $not_short)?($s, $at) {
            let $slot = $s.get64($at::src);
            $s.branch_if(!$is, $s.imm_s16($at::label).into(), $at::words)
        }
    )*} };
}

casts! {
    ref_test ref_cast br_ref_test br_ref_ntest [ref_cast_short br_ref_test_short br_ref_ntest_short]
        |s, at, slot| s.is_of_type(slot, at::type_idx);
    ref_test_null ref_cast_null br_ref_test_null br_ref_ntest_null []
        |s, at, slot| slot == NULL || s.is_of_type(slot, at::type_idx);
    ref_test_kind ref_cast_kind br_ref_test_kind br_ref_ntest_kind [ref_cast_kind_short br_ref_test_kind_short br_ref_ntest_kind_short]
        |s, at, slot| s.is_of_kinds(slot, s.half(at::kinds) & ref_kind::ALL);
}

handlers! {
    fn ref_test_func(_s, at) {
        Ctl::Slow(|m| slow_test_func(m, false))
    }
    fn ref_test_func_null(_s, at) {
        Ctl::Slow(|m| slow_test_func(m, true))
    }
    fn ref_cast_func(_s, at) {
        Ctl::Slow(|m| slow_cast_func(m, false))
    }
    fn ref_cast_func_null(_s, at) {
        Ctl::Slow(|m| slow_cast_func(m, true))
    }
}

fn slow_struct_new(m: &mut Machine<'_, '_>) -> Step<Flow> {
    use field::struct_new as at;
    let number = m.data().type_id(m.imm_u32(at::type_idx));
    let number = number.ok_or(Trap::InvalidReference)?;
    let what = m.store.types.what(number).ok_or(Trap::InvalidReference)?;
    let payload = m.store.types.struct_bytes(number);
    let slot = m.allocate(what, payload)?;
    m.set(at::dst, slot);
    Ok(Flow::Next(at::words as u32))
}

/// Whether the slot of operand `src` refers to a function of type `ty` of the module or of one below, or is null and may be.
fn is_func_of(m: &Machine<'_, '_>, src: Place, ty: Place, nullable: bool) -> bool {
    let slot = m.get(src);
    if slot == NULL {
        return nullable;
    }
    let callee = m.store.callee(slot);
    let own = callee.and_then(|callee| m.store.callee_type(callee));
    let wanted = m.data().type_id(m.imm_u32(ty));
    own.zip(wanted)
        .is_some_and(|(own, wanted)| m.store.types.matches(own, wanted))
}

fn slow_test_func(m: &mut Machine<'_, '_>, nullable: bool) -> Flow {
    use field::ref_test_func as at;
    let is = is_func_of(m, at::src, at::type_idx, nullable);
    m.set(at::dst, is.into());
    Flow::Next(at::words as u32)
}

fn slow_cast_func(m: &mut Machine<'_, '_>, nullable: bool) -> Flow {
    use field::ref_cast_func as at;
    if !is_func_of(m, at::src, at::type_idx, nullable) {
        return Trap::CastFailure.into();
    }
    m.set(at::dst, m.get(at::src));
    Flow::Next(at::words as u32)
}
