//! Throwing. The way to a handler is long, so all of it is a slow path: `exec::unwind`.

use wrt_format::isa::field;
use wrt_format::trap::Trap;

use crate::exec::machine::{Flow, Machine};
use crate::exec::unwind::{Thrown, Values};
use crate::raw::state::Ctl;
use crate::raw::store::NULL;

handlers! {
    fn throw(_s, at) {
        Ctl::Slow(slow_throw)
    }
    fn throw_ref(_s, at) {
        Ctl::Slow(slow_throw_ref)
    }
}

fn slow_throw(m: &mut Machine<'_, '_>) -> Flow {
    use field::throw as at;
    let Some(tag) = m.data().tag(m.imm_u32(at::tag)) else {
        return Trap::InvalidReference.into();
    };
    let values = Values::Stack(m.fp + u32::from(m.half(at::base)));
    m.throw(m.site(at::base), Thrown { tag, values })
        .unwrap_or_else(|out| out)
}

fn slow_throw_ref(m: &mut Machine<'_, '_>) -> Flow {
    use field::throw_ref as at;
    let exn = m.get(at::exn);
    if exn == NULL {
        return Trap::NullExceptionReference.into();
    }
    let Some((tag, _)) = m.store.exception(exn) else {
        return Trap::InvalidReference.into();
    };
    let values = Values::Heap(exn);
    m.throw(m.site(at::base), Thrown { tag, values })
        .unwrap_or_else(|out| out)
}
