//! Calls and returns. `ARCHITECTURE.md` draws the frames.
//!
//! The handlers do what stays in the instance, is verified, and fits the part of the stack already in use. All else is a slow path,
//! which starts the instruction over.

use wrt_format::isa::{Place, field};
use wrt_format::trap::Trap;

use crate::exec::machine::{Flow, Machine, Step};
use crate::raw::control::Argument;
use crate::raw::ctx::Stop;
use crate::raw::instance::Callee;
use crate::raw::state::Ctl;
use crate::raw::store::NULL;

handlers! {
    fn call(s, at) {
        s.call(at::base, s.callee(s.imm_u32(at::func)), slow_call)
    }
    fn call_short(s, at) {
        s.call(at::base, s.callee(s.imm_u32(at::func)), slow_call_short)
    }
    fn call_tiny(s, at) {
        s.call(at::base, s.callee(s.half(at::func).into()), slow_call_tiny)
    }
    fn mov_then_call(s, at) {
        let argument = Argument::Moved { to: at::to, src: at::src };
        s.call_with(at::base, s.callee(s.half(at::func).into()), argument, slow_mov_then_call)
    }
    fn i32_add_imm_then_call(s, at) {
        let argument = Argument::Stepped { to: at::to, src: at::src, imm: at::imm };
        s.call_with(at::base, s.callee(s.half(at::func).into()), argument, slow_step_then_call)
    }
    fn call_indirect_zero(s, at) {
        let callee = s.first_table_callee(s.get64(at::index), s.imm_u32(at::type_idx));
        s.call(at::base, callee, slow_call_indirect_zero)
    }
    fn call_indirect_zero_short(s, at) {
        let callee = s.first_table_callee(s.get64(at::index), s.imm_u32(at::type_idx));
        s.call(at::base, callee, slow_call_indirect_zero_short)
    }
    fn call_indirect_zero_acc_index(s, at) {
        let callee = s.first_table_callee(s.acc64(at::index), s.imm_u32(at::type_idx));
        s.call(at::base, callee, slow_call_indirect_zero)
    }
    fn call_indirect_zero_acc_index_short(s, at) {
        let callee = s.first_table_callee(s.acc64(at::index), s.imm_u32(at::type_idx));
        s.call(at::base, callee, slow_call_indirect_zero_short)
    }
    fn mov_then_call_indirect_zero(s, at) {
        let callee = s.first_table_callee(s.get64(at::index), s.imm_u32(at::type_idx));
        let argument = Argument::Moved { to: at::to, src: at::src };
        s.call_with(at::base, callee, argument, slow_mov_then_call_indirect_zero)
    }
    fn mov_then_call_indirect_zero_acc_index(s, at) {
        let callee = s.first_table_callee(s.acc64(at::index), s.imm_u32(at::type_idx));
        let argument = Argument::Moved { to: at::to, src: at::src };
        s.call_with(at::base, callee, argument, slow_mov_then_call_indirect_zero)
    }
    fn const_then_call_indirect_zero(s, at) {
        let callee = s.first_table_callee(s.get64(at::index), s.imm_u32(at::type_idx));
        let argument = Argument::Const { to: at::to, imm: at::imm };
        s.call_with(at::base, callee, argument, slow_const_then_call_indirect_zero)
    }
    fn const_then_call_indirect_zero_acc_index(s, at) {
        let callee = s.first_table_callee(s.acc64(at::index), s.imm_u32(at::type_idx));
        let argument = Argument::Const { to: at::to, imm: at::imm };
        s.call_with(at::base, callee, argument, slow_const_then_call_indirect_zero)
    }
    fn call_import(_s, at) {
        Ctl::Slow(slow_call_import)
    }
    fn call_import_short(_s, at) {
        Ctl::Slow(slow_call_import_short)
    }
    fn call_indirect(s, at) {
        let Some(reference) = s.table_get(at::table, s.get64(at::index)) else {
            return Ctl::Slow(slow_call_indirect);
        };
        s.call(at::base, s.own_callee(reference, s.imm_u32(at::type_idx)), slow_call_indirect)
    }
    fn call_indirect_short(s, at) {
        let Some(reference) = s.table_get(at::table, s.get64(at::index)) else {
            return Ctl::Slow(slow_call_indirect_short);
        };
        s.call(at::base, s.own_callee(reference, s.imm_u32(at::type_idx)), slow_call_indirect_short)
    }
    fn return_call | return_call_short(s, at) {
        let func = s.imm_u32(at::func);
        s.tail_call(s.half(at::base), s.entry(func), s.params(func), |m| slow_return_call(m, at::func, at::base))
    }
    fn return_call_import(_s, at) {
        Ctl::Slow(slow_return_call_import)
    }
    fn return_call_indirect(s, at) {
        let Some(reference) = s.table_get(at::table, s.get64(at::index)) else {
            return Ctl::Slow(slow_return_call_indirect);
        };
        match s.own_func(reference, s.imm_u32(at::type_idx)) {
            Some(func) => {
                s.tail_call(s.half(at::base), s.entry(func), s.params(func), slow_return_call_indirect)
            }
            None => Ctl::Slow(slow_return_call_indirect),
        }
    }
    fn call_ref(s, at) {
        s.call(at::base, s.own_callee(s.get64(at::callee), s.imm_u32(at::type_idx)), slow_call_ref)
    }
    fn call_ref_short(s, at) {
        s.call(at::base, s.own_callee(s.get64(at::callee), s.imm_u32(at::type_idx)), slow_call_ref_short)
    }
    fn return_call_ref(s, at) {
        match s.own_func(s.get64(at::callee), s.imm_u32(at::type_idx)) {
            Some(func) => {
                s.tail_call(s.half(at::base), s.entry(func), s.params(func), slow_return_call_ref)
            }
            None => Ctl::Slow(slow_return_call_ref),
        }
    }
    fn ret(s, at) {
        s.ret()
    }
    fn ret1 | ret1_tiny(s, at) {
        s.ret1(s.get64(at::src))
    }
    fn ret1_acc_src | ret1_acc_src_tiny(s, at) {
        s.ret1(s.acc64(at::src))
    }
    fn ret_n(s, at) {
        if s.half(at::n) == 2 { s.ret2(at::src) } else { Ctl::Slow(slow_ret_n) }
    }
    fn halt(_s, at) {
        Ctl::Exit(Stop::Done)
    }
    fn leave(_s, at) {
        Ctl::Slow(slow_leave)
    }
}

/// The way out of a step is a way to end a slow path.
fn flow(step: Step<Flow>) -> Flow {
    step.unwrap_or_else(|out| out)
}

/// Slow paths that differ in nothing but where the operands lie: each with the row whose operands it takes.
macro_rules! slow_paths {
    ($($($slow:ident = $row:ident)|+ ($m:ident, $at:ident) $body:block)*) => {$($(
        fn $slow($m: &mut Machine<'_, '_>) -> Flow {
            use field::$row as $at;
            $body
        }
    )+)*};
}

slow_paths! {
    slow_call = call | slow_call_short = call_short | slow_call_tiny = call_tiny (m, at) {
        flow(call_direct(m, m.imm_u32(at::func), at::base))
    }
    slow_call_import = call_import | slow_call_import_short = call_import_short (m, at) {
        match m.store.func_handle(m.instance, m.imm_u32(at::func)) {
            Some(reference) => flow(m.call_ref(reference, at::base)),
            None => Trap::InvalidReference.into(),
        }
    }
    slow_call_indirect_zero = call_indirect_zero
    | slow_call_indirect_zero_short = call_indirect_zero_short (m, at) {
        flow(call_through_zero(m, m.get(at::index), m.imm_u32(at::type_idx), at::base))
    }
    slow_call_indirect = call_indirect | slow_call_indirect_short = call_indirect_short (m, at) {
        let (table, index) = (m.half(at::table), m.get(at::index));
        flow(
            table_callee(m, table, index, m.imm_u32(at::type_idx))
                .and_then(|reference| m.call_ref(reference, at::base)),
        )
    }
    slow_call_ref = call_ref | slow_call_ref_short = call_ref_short (m, at) {
        flow(
            typed_callee(m, m.get(at::callee), m.imm_u32(at::type_idx))
                .and_then(|reference| m.call_ref(reference, at::base)),
        )
    }
}

/// Calls a function of this instance by the instruction at hand, which names it, and notes beside it where that has led.
fn call_direct(m: &mut Machine<'_, '_>, func: u32, base: Place) -> Step<Flow> {
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    let (caller, call) = (m.instance, m.pc);
    let flow = m.call_own(func, base)?;
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    m.store.note_direct_callee(caller, call);
    Ok(flow)
}

fn slow_mov_then_call(m: &mut Machine<'_, '_>) -> Flow {
    use field::mov_then_call as at;
    m.set(at::to, m.get(at::src));
    flow(call_direct(m, m.half(at::func).into(), at::base))
}

/// Where the call pauses, the argument's slot is as it was, for it may be the one that is read.
fn slow_step_then_call(m: &mut Machine<'_, '_>) -> Flow {
    use field::i32_add_imm_then_call as at;
    let before = m.get(at::to);
    let value = (m.get(at::src) as u32).wrapping_add(i32::from(m.half(at::imm) as i16) as u32);
    m.set(at::to, value.into());
    call_direct(m, m.half(at::func).into(), at::base).unwrap_or_else(|out| {
        m.set(at::to, before);
        out
    })
}

fn slow_mov_then_call_indirect_zero(m: &mut Machine<'_, '_>) -> Flow {
    use field::mov_then_call_indirect_zero as at;
    let index = m.get(at::index);
    let argument = (at::to, m.get(at::src));
    call_through_zero_with(m, argument, index, m.imm_u32(at::type_idx), at::base)
}

fn slow_const_then_call_indirect_zero(m: &mut Machine<'_, '_>) -> Flow {
    use field::const_then_call_indirect_zero as at;
    let index = m.get(at::index);
    let argument = (at::to, m.imm_u32(at::imm).into());
    call_through_zero_with(m, argument, index, m.imm_u32(at::type_idx), at::base)
}

/// The same with an argument that is put in place first. Where the call pauses, its slot is as it was.
fn call_through_zero_with(
    m: &mut Machine<'_, '_>,
    (to, argument): (Place, u64),
    index: u64,
    type_idx: u32,
    base: Place,
) -> Flow {
    let before = m.get(to);
    m.set(to, argument);
    call_through_zero(m, index, type_idx, base).unwrap_or_else(|out| {
        m.set(to, before);
        out
    })
}

fn slow_return_call(m: &mut Machine<'_, '_>, func: Place, base: Place) -> Flow {
    let func = m.data().module().imported_funcs() + m.imm_u32(func);
    match m.store.func_handle(m.instance, func) {
        Some(reference) => flow(m.tail_call_ref(reference, base)),
        None => Trap::InvalidReference.into(),
    }
}

fn slow_return_call_import(m: &mut Machine<'_, '_>) -> Flow {
    use field::return_call_import as at;
    match m.store.func_handle(m.instance, m.imm_u32(at::func)) {
        Some(reference) => flow(m.tail_call_ref(reference, at::base)),
        None => Trap::InvalidReference.into(),
    }
}

fn slow_return_call_indirect(m: &mut Machine<'_, '_>) -> Flow {
    use field::return_call_indirect as at;
    flow(
        table_callee(
            m,
            m.half(at::table),
            m.get(at::index),
            m.imm_u32(at::type_idx),
        )
        .and_then(|reference| m.tail_call_ref(reference, at::base)),
    )
}

/// Calls through table 0, and notes where there is room for it what that has led to.
fn call_through_zero(
    m: &mut Machine<'_, '_>,
    index: u64,
    type_idx: u32,
    base: Place,
) -> Step<Flow> {
    let reference = table_callee(m, 0, index, type_idx)?;
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    let caller = m.instance;
    let flow = m.call_ref(reference, base)?;
    #[cfg(all(wrt_direct, not(debug_assertions)))]
    m.store.note_callee(caller, index, type_idx, reference);
    Ok(flow)
}

/// The function in a table, checked in the order of the spec: bounds, null, type.
fn table_callee(m: &Machine<'_, '_>, table: u16, index: u64, type_idx: u32) -> Step<u64> {
    let data = m.data();
    let table = data
        .table(u32::from(table))
        .and_then(|number| m.store.table(number));
    let table = table.ok_or(Trap::UndefinedElement)?;
    let index = if table.ty().is64 {
        index
    } else {
        u64::from(index as u32)
    };
    let element = usize::try_from(index)
        .ok()
        .and_then(|index| table.elems().get(index));
    let &reference = element.ok_or(Trap::UndefinedElement)?;
    if reference == NULL {
        return Err(Trap::UninitializedElement.into());
    }
    let callee = m.store.callee(reference).ok_or(Trap::InvalidReference)?;
    check_type(m, callee, type_idx, Trap::IndirectCallTypeMismatch)?;
    Ok(reference)
}

/// A callee is of type `type_idx` of the running instance's module, or of a subtype.
fn check_type(m: &Machine<'_, '_>, callee: Callee, type_idx: u32, trap: Trap) -> Step<()> {
    let (own, asked) = (m.store.callee_type(callee), m.data().type_id(type_idx));
    let matches = own
        .zip(asked)
        .is_some_and(|(own, asked)| m.store.types.matches(own, asked));
    if matches { Ok(()) } else { Err(trap.into()) }
}

fn slow_return_call_ref(m: &mut Machine<'_, '_>) -> Flow {
    use field::return_call_ref as at;
    flow(
        typed_callee(m, m.get(at::callee), m.imm_u32(at::type_idx))
            .and_then(|reference| m.tail_call_ref(reference, at::base)),
    )
}

/// The function that a typed reference refers to. A module that validates has one of the type in the slot, or null; but that slots
/// hold what their types say is not known of an image, so the type is checked.
fn typed_callee(m: &Machine<'_, '_>, reference: u64, type_idx: u32) -> Step<u64> {
    if reference == NULL {
        return Err(Trap::NullFunctionReference.into());
    }
    let callee = m.store.callee(reference).ok_or(Trap::InvalidReference)?;
    check_type(m, callee, type_idx, Trap::InvalidReference)?;
    Ok(reference)
}

/// Returns any number of values.
fn slow_ret_n(m: &mut Machine<'_, '_>) -> Flow {
    use field::ret_n as at;
    let from = m.fp as usize + usize::from(m.half(at::src));
    let count = usize::from(m.half(at::n));
    let return_word = m.store.stack()[m.fp as usize - 1];
    let to = m.return_to((return_word / 2) as u32, m.fp);
    m.store.stack_mut().copy_within(from..from + count, to);
    Flow::Jump
}

/// Back in the caller's instance: the leave frame is at `fp`, the results follow its first slot.
fn slow_leave(m: &mut Machine<'_, '_>) -> Flow {
    let here = m.fp as usize;
    let (caller, return_word) = (m.store.stack()[here], m.store.stack()[here - 1]);
    let results = (caller >> 32) as usize;
    m.instance = caller as u32;
    let to = m.return_to((return_word / 2) as u32, m.fp);
    m.store
        .stack_mut()
        .copy_within(here + 1..here + 1 + results, to);
    Flow::Jump
}
