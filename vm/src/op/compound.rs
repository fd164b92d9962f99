//! Arithmetic with memory 0 as an operand or as the destination.

use super::int::{widen32, widen64};
use super::memory::OUT;
use crate::raw::state::Ctl;

macro_rules! load_op {
    ($($get:ident $acc:ident $set:ident $raw:ty { $($name:ident $(| $name_short:ident)? [$($lhs:ident $(| $lhs_short:ident)?)?] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name $(| $name_short)? (s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
            let Some(bytes) = s.load(ea) else { return OUT };
            s.$set(at::dst, $operation(s.$get(at::lhs), <$raw>::from_le_bytes(bytes)));
            Ctl::Next
        }
        $(fn $lhs $(| $lhs_short)? (s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
            let Some(bytes) = s.load(ea) else { return OUT };
            s.$set(at::dst, $operation(s.$acc(at::lhs), <$raw>::from_le_bytes(bytes)));
            Ctl::Next
        })?
    )*)*} };
}

load_op! {
    get32 acc32 set32 u32 {
        i32_add_load | i32_add_load_short [i32_add_load_acc_lhs | i32_add_load_acc_lhs_short] = u32::wrapping_add;
        i32_sub_load [] = u32::wrapping_sub;
        i32_mul_load [] = u32::wrapping_mul;
        i32_and_load [i32_and_load_acc_lhs] = |a, b| a & b;
        i32_or_load [] = |a, b| a | b;
        i32_xor_load [i32_xor_load_acc_lhs] = |a, b| a ^ b;
    }
    get64 acc64 set64 u64 {
        i64_add_load [i64_add_load_acc_lhs] = u64::wrapping_add;
        i64_sub_load [] = u64::wrapping_sub;
        i64_xor_load [] = |a, b| a ^ b;
    }
    get_f64 acc_f64 set_f64 f64 {
        f64_add_load [f64_add_load_acc_lhs] = |a, b| a + b;
        f64_sub_load [f64_sub_load_acc_lhs] = |a, b| a - b;
        f64_mul_load [f64_mul_load_acc_lhs] = |a, b| a * b;
    }
    get_f32 acc_f32 set_f32 f32 {
        f32_add_load [f32_add_load_acc_lhs] = |a, b| a + b;
        f32_sub_load [f32_sub_load_acc_lhs] = |a, b| a - b;
        f32_mul_load [f32_mul_load_acc_lhs] = |a, b| a * b;
    }
}

macro_rules! op_store {
    ($($get:ident $acc:ident { $($name:ident [$($lhs:ident)?] = $operation:expr;)* })*) => { handlers! {$($(
        fn $name(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
            let value = $operation(s.$get(at::lhs), s.$get(at::rhs));
            if s.store(ea, value.to_le_bytes()) { Ctl::Next } else { OUT }
        }
        $(fn $lhs(s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.imm_u32(at::offset)));
            let value = $operation(s.$acc(at::lhs), s.$get(at::rhs));
            if s.store(ea, value.to_le_bytes()) { Ctl::Next } else { OUT }
        })?
    )*)*} };
}

op_store! {
    get32 acc32 {
        i32_add_store [i32_add_store_acc_lhs] = u32::wrapping_add;
        i32_sub_store [] = u32::wrapping_sub;
        i32_mul_store [] = u32::wrapping_mul;
        i32_and_store [] = |a: u32, b: u32| a & b;
        i32_or_store [] = |a: u32, b: u32| a | b;
        i32_xor_store [] = |a: u32, b: u32| a ^ b;
    }
    get64 acc64 {
        i64_add_store [i64_add_store_acc_lhs] = u64::wrapping_add;
        i64_sub_store [] = u64::wrapping_sub;
        i64_xor_store [] = |a: u64, b: u64| a ^ b;
    }
    get_f64 acc_f64 {
        f64_add_store [] = |a: f64, b: f64| a + b;
        f64_sub_store [] = |a: f64, b: f64| a - b;
        f64_mul_store [] = |a: f64, b: f64| a * b;
    }
    get_f32 acc_f32 {
        f32_add_store [] = |a: f32, b: f32| a + b;
        f32_sub_store [] = |a: f32, b: f32| a - b;
        f32_mul_store [] = |a: f32, b: f32| a * b;
    }
}

macro_rules! update {
    ($($name:ident $(| $short:ident)? $raw:ty, $widen:ident;)*) => { handlers! {$(
        fn $name $(| $short)? (s, at) {
            let ea = s.beyond(s.address(at::addr), u64::from(s.half(at::offset)));
            let Some(bytes) = s.load(ea) else { return OUT };
            let value = <$raw>::from_le_bytes(bytes).wrapping_add($widen(s.imm_s16(at::imm)));
            // In bounds, as the load was.
            s.store(ea, value.to_le_bytes());
            Ctl::Next
        }
    )*} };
}

update! { i32_add_mem_imm | i32_add_mem_imm_short u32, widen32; i64_add_mem_imm u64, widen64; }
