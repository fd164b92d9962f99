//! Moves, constants, selection, globals, function references, traps.

use wrt_format::isa::field;
use wrt_format::trap::Trap;

use crate::exec::machine::{Flow, Machine};
use crate::raw::state::Ctl;
use crate::raw::store::NULL;

handlers! {
    fn mov | mov_short(s, at) {
        s.set64(at::dst, s.get64(at::src));
        Ctl::Next
    }
    fn mov_acc_src(s, at) {
        s.set64(at::dst, s.acc64(at::src));
        Ctl::Next
    }
    /// One after the other, as two moves would be.
    fn mov2 | mov2_short(s, at) {
        s.set64(at::d0, s.get64(at::s0));
        s.set64(at::d1, s.get64(at::s1));
        Ctl::Next
    }
    fn const_u16 | const_u16_short(s, at) {
        s.set64(at::dst, s.half(at::imm).into());
        Ctl::Next
    }
    fn const_u32 | const_u32_short(s, at) {
        s.set64(at::dst, u64::from(s.imm_u32(at::imm)));
        Ctl::Next
    }
    fn const_0(s, at) {
        s.set64(at::dst, 0);
        Ctl::Next
    }
    fn const_1(s, at) {
        s.set64(at::dst, 1);
        Ctl::Next
    }
    fn const_ones(s, at) {
        s.set64(at::dst, u32::MAX.into());
        Ctl::Next
    }
    fn const_i32(s, at) {
        s.set64(at::dst, u64::from(i32::from(s.imm_s16(at::imm)) as u32));
        Ctl::Next
    }
    fn const_s32 | const_s32_short(s, at) {
        s.set64(at::dst, s.imm_s32(at::imm) as i64 as u64);
        Ctl::Next
    }
    fn const_pool | const_pool_short(s, at) {
        s.set64(at::dst, s.constant(s.imm_u32(at::index)));
        Ctl::Next
    }
    fn select | select_short(s, at) {
        s.choose(at::dst, [at::a, at::b], |s| s.get32(at::cond) != 0);
        Ctl::Next
    }
    fn select_acc_cond | select_acc_cond_short(s, at) {
        s.choose(at::dst, [at::a, at::b], |s| s.acc32(at::cond) != 0);
        Ctl::Next
    }
    fn ref_as_non_null | ref_as_non_null_short(s, at) {
        let reference = s.get64(at::src);
        if reference == NULL {
            return Ctl::Trap(Trap::NullReference);
        }
        s.set64(at::dst, reference);
        Ctl::Next
    }
    fn ref_clear(s, at) {
        if s.clear_slots(at::first, s.half(at::n)) {
            Ctl::Next
        } else {
            Ctl::Slow(slow_ref_clear)
        }
    }
    fn ref_func(_s, at) {
        Ctl::Slow(slow_ref_func)
    }
    fn global_get | global_get_short | global_get_tiny(s, at) {
        s.set64(at::dst, s.global(s.imm_u32(at::global)));
        Ctl::Next
    }
    fn global_get_non_null | global_get_non_null_short(s, at) {
        let reference = s.global(s.imm_u32(at::global));
        if reference == NULL {
            return Ctl::Trap(Trap::NullReference);
        }
        s.set64(at::dst, reference);
        Ctl::Next
    }
    fn global_set | global_set_short | global_set_tiny(s, at) {
        s.set_global(s.imm_u32(at::global), s.get64(at::src));
        Ctl::Next
    }
    fn global_set_acc_src | global_set_acc_src_short | global_set_acc_src_tiny(s, at) {
        s.set_global(s.imm_u32(at::global), s.acc64(at::src));
        Ctl::Next
    }
    fn global_get_import(s, at) {
        s.set64(at::dst, s.global_import(s.imm_u32(at::global)));
        Ctl::Next
    }
    fn global_set_import(s, at) {
        s.set_global_import(s.imm_u32(at::global), s.get64(at::src));
        Ctl::Next
    }
    fn trap(s, at) {
        // The verifier has seen that the number is one.
        Ctl::Trap(Trap::ALL.get(usize::from(s.half(at::code))).copied().unwrap_or(Trap::InvalidCode))
    }
}

fn slow_ref_clear(m: &mut Machine<'_, '_>) -> Flow {
    use field::ref_clear as at;
    let first = m.fp as usize + usize::from(m.half(at::first));
    let end = first + usize::from(m.half(at::n));
    m.store.stack_mut()[first..end].fill(NULL);
    Flow::Next(at::words as u32)
}

fn slow_ref_func(m: &mut Machine<'_, '_>) -> Flow {
    use field::ref_func as at;
    let func = m.imm_u32(at::func);
    match m.store.func_handle(m.instance, func) {
        Some(reference) => {
            m.set(at::dst, reference);
            Flow::Next(at::words as u32)
        }
        None => Trap::InvalidReference.into(),
    }
}
