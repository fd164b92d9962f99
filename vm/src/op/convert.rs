//! Conversions: `R[dst] := convert(R[src])`.

use wrt_format::num;

use crate::raw::float::{f32_from, f64_from};
use crate::raw::state::Ctl;

macro_rules! convert {
    ($($get:ident $set:ident { $($name:ident $(| $short:ident)? = $operation:expr;)* })*) => { handlers! {$($(
        fn $name $(| $short)? (s, at) {
            s.$set(at::dst, $operation(s.$get(at::src)));
            Ctl::Next
        }
    )*)*} };
}

convert! {
    get32 set32 {
        i64_extend_i32_u | i64_extend_i32_u_short = |a| a;
    }
    get_f32 set32 {
        i32_trunc_sat_f32_s = num::i32_trunc_sat_f32_s;
        i32_trunc_sat_f32_u = num::i32_trunc_sat_f32_u;
    }
    get_f64 set32 {
        i32_trunc_sat_f64_s = num::i32_trunc_sat_f64_s;
        i32_trunc_sat_f64_u = num::i32_trunc_sat_f64_u;
    }
    get_f32 set64 {
        i64_trunc_sat_f32_s = num::i64_trunc_sat_f32_s;
        i64_trunc_sat_f32_u = num::i64_trunc_sat_f32_u;
    }
    get_f64 set64 {
        i64_trunc_sat_f64_s = num::i64_trunc_sat_f64_s;
        i64_trunc_sat_f64_u = num::i64_trunc_sat_f64_u;
    }
    get32 set_f32 {
        f32_convert_i32_s = |a: u32| f32_from(i64::from(a as i32));
        f32_convert_i32_u = |a: u32| f32_from(i64::from(a));
    }
    get64 set_f32 {
        f32_convert_i64_s = |a: u64| f32_from(a as i64);
        f32_convert_i64_u = |a: u64| a as f32;
    }
    get32 set_f64 {
        f64_convert_i32_s = |a: u32| f64_from(i64::from(a as i32));
        f64_convert_i32_u = |a: u32| f64_from(i64::from(a));
    }
    get64 set_f64 {
        f64_convert_i64_s = |a: u64| f64_from(a as i64);
        f64_convert_i64_u = |a: u64| a as f64;
    }
    get_f64 set_f32 {
        f32_demote_f64 = |a: f64| a as f32;
    }
    get_f32 set_f64 {
        f64_promote_f32 = |a: f32| f64::from(a);
    }
}

macro_rules! truncate {
    ($($get:ident $set:ident: $($name:ident)*;)*) => { handlers! {$($(
        fn $name(s, at) {
            match num::$name(s.$get(at::src)) {
                Ok(value) => {
                    s.$set(at::dst, value);
                    Ctl::Next
                }
                Err(trap) => Ctl::Trap(trap),
            }
        }
    )*)*} };
}

truncate! {
    get_f32 set32: i32_trunc_f32_s i32_trunc_f32_u;
    get_f64 set32: i32_trunc_f64_s i32_trunc_f64_u;
    get_f32 set64: i64_trunc_f32_s i64_trunc_f32_u;
    get_f64 set64: i64_trunc_f64_s i64_trunc_f64_u;
}

handlers! {
    fn i64_extend_i32_u_acc_src(s, at) {
        s.set64(at::dst, u64::from(s.acc32(at::src)));
        Ctl::Next
    }
}
