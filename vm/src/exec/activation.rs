//! Activations: what the host starts, pauses, answers and drops.
//!
//! An activation begins with a record of five slots on the stack, which holds what was running before it, as plain data:
//!
//! | slot | contents |
//! |---|---|
//! | `R` | place of the last word of the outer activation's call, and its frame's first slot `<< 32` |
//! | `R + 1` | its instance, and the host function that it waits for `<< 32` |
//! | `R + 2` | first slot of that function's arguments, and the slots of the results of the activation's own function `<< 32` |
//! | `R + 3` | slot of its own record, or [`NO_RECORD`] if there is no outer activation |
//! | `R + 4` | `HALT_STUB * 2`: where the bottom frame returns to |
//!
//! The bottom frame starts at `R + 5`; after it has returned, its results are at `R + 4`.
//!
//! ```text
//! Idle --start--> Starting --run--> Ready --run--> out of fuel: Ready
//!                 (a host function:        |-----> host call: HostCall --finish_host_call--> Ready
//!                  HostCall at once)       |                  HostCall --start--> a nested activation, Starting
//!                                          |                  HostCall --throw_host_call--> Throwing --run--> as Ready
//!                                          |-----> wait: Waiting --woken--> Ready
//!                                          |-----> done: the outer activation's HostCall, or Idle
//!                                          `-----> trap, exception: Trapped --drop_activation--> the outer's HostCall, or Idle
//! ```

use wrt_format::image::types::{ValType, val};
use wrt_format::isa::{HALT_STUB, field};
use wrt_format::trap::Trap;

use super::machine::{Flow, Machine, Step};
#[cfg(test)]
use super::serving::Nobody;
use super::serving::{Answers, Serving, results_at};
use super::unwind::{Thrown, Values};
use crate::raw::ctx::Stop;
use crate::raw::dispatch::{self, Core};
use crate::raw::instance::Callee;
use crate::raw::store::{NO_RECORD, RunState, Status, Store, use_slots};
use crate::val::narrowed;

/// Slots of an activation's record, the return word of the bottom frame included.
pub(crate) const RECORD_SLOTS: usize = 5;

/// Why a run ended. So small that it is handed from function to function in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It has not even been started, and counts as trapped.
    NotStarted(Trap),
    /// The function has returned. Its results are those of `Session::results`, until the next start or run.
    Done,
    /// It has trapped. Its frames stay for a backtrace until the activation is dropped.
    Trap(Trap),
    /// Nobody has caught an exception: `Session::thrown`. Its frames stay like those of a trap.
    Exception,
    /// The fuel does not cover the next block.
    OutOfFuel,
    /// The slice is used up, the fuel is not.
    Yield,
    /// A host function is called: see [`pending_host_call`].
    HostCall,
    /// The thread waits to be woken.
    Wait,
}

/// Why something asked of an activation was refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no function of this reference or no such instance.
    NoFunction,
    /// The number of slots of the arguments or results is not that of the type.
    Arity,
    /// The activation is not in a state in which this makes sense.
    Status,
    /// The stack has no room for the record and the arguments.
    Stack,
}

/// A host function that a paused activation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostCall {
    /// Number of the host function.
    pub(super) host: u32,
    /// The instance that calls it.
    pub(super) instance: u32,
    /// First slot of the arguments on the stack.
    pub(super) first: usize,
    /// Slots of the arguments.
    pub(super) count: usize,
}

/// A function that has been looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// What it is.
    pub(crate) callee: Callee,
    /// Engine-wide number of its type.
    pub(crate) ty: u32,
}

/// What a reference to a function refers to.
#[inline]
pub(crate) fn target(store: &Store<'_>, reference: u64) -> Option<Target> {
    let callee = store.callee(reference)?;
    let ty = store.callee_type(callee)?;
    Some(Target { callee, ty })
}

/// As [`start_target`], of a reference.
#[cfg(test)]
pub(crate) fn start(
    store: &mut Store<'_>,
    instance: u32,
    reference: u64,
    args: &[u64],
) -> Result<(), Refused> {
    let target = target(store, reference).ok_or(Refused::NoFunction)?;
    start_target(store, instance, target, args)
}

/// Starts an activation of a function. `instance` is where a host function is called from; a guest function runs in its own. Arguments
/// lose what is beyond their types. Nothing is executed yet, but a guest function's first block is debited by [`run`].
///
/// While a host call is pending the new activation nests in it.
pub(crate) fn start_target(
    store: &mut Store<'_>,
    instance: u32,
    Target { callee, ty }: Target,
    args: &[u64],
) -> Result<(), Refused> {
    if !matches!(store.run.status, Status::Idle | Status::HostCall) {
        return Err(Refused::Status);
    }
    let sig = store.func_sig(ty).ok_or(Refused::NoFunction)?;
    let (results, has_vectors) = (sig.result_slots(), sig.has_vectors);
    if sig.param_slots() != args.len() {
        return Err(Refused::Arity);
    }
    let instance = match callee {
        Callee::Guest { instance, .. } => instance,
        Callee::Host(_) => instance,
    };
    if store.instance(instance).is_none() {
        return Err(Refused::NoFunction);
    }
    let record = free_slot(store);
    let fp = record + RECORD_SLOTS;
    if !store.use_stack(fp + args.len().max(results)) {
        return Err(Refused::Stack);
    }
    let RunState {
        pc,
        fp: outer_fp,
        instance: outer_instance,
        callee: outer_callee,
        window,
        record: outer_record,
        ..
    } = store.run;
    // The type was found above.
    let params = store.types.func_sig(ty).map_or(&[][..], |sig| sig.params);
    let stack = &mut store.stack.as_mut_slice()[record..fp + args.len()];
    let (own, slots) = stack.split_at_mut(RECORD_SLOTS);
    own.copy_from_slice(&[
        pair(pc, outer_fp),
        pair(outer_instance, outer_callee),
        pair(window, results as u32),
        u64::from(outer_record),
        u64::from(HALT_STUB) * 2,
    ]);
    narrow_into(slots, params, args, has_vectors);
    let (status, callee) = match callee {
        Callee::Host(host) => (Status::HostCall, host),
        Callee::Guest { func, .. } => (Status::Starting, func),
    };
    if status == Status::HostCall {
        store.counters.host_calls += 1;
    }
    // Until a function has been entered the place is the stub's call, whose window is `fp`.
    let (pc, below, window) = (HALT_STUB, fp as u32 - 1, fp as u32);
    store.run = RunState {
        status,
        instance,
        pc,
        fp: below,
        record: record as u32,
        callee,
        window,
    };
    Ok(())
}

/// Writes values of these types, as many as there are slots, without what is beyond the types.
#[inline]
fn narrow_into(slots: &mut [u64], types: &[ValType], values: &[u64], has_vectors: bool) {
    let both = slots.iter_mut().zip(values);
    if has_vectors {
        for ((slot, &value), ty) in both.zip(val::slot_types(types)) {
            *slot = narrowed(ty, value);
        }
    } else {
        for ((slot, &value), &ty) in both.zip(types) {
            *slot = narrowed(ty, value);
        }
    }
}

const fn pair(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// First slot above all that the present activation needs.
#[inline]
fn free_slot(store: &Store<'_>) -> usize {
    match pending_host_call(store) {
        Some(call) => call.first + call.count,
        None => 0,
    }
}

/// The host function that the activation waits for.
pub(super) fn pending_host_call(store: &Store<'_>) -> Option<HostCall> {
    let run = store.run;
    if run.status != Status::HostCall {
        return None;
    }
    let sig = store.func_sig(store.host_type(run.callee)?)?;
    Some(HostCall {
        host: run.callee,
        instance: run.instance,
        first: run.window as usize,
        count: sig.param_slots(),
    })
}

/// Runs the activation until it ends or pauses. The core is the best that this build has.
pub(crate) fn run<A: Answers>(store: &mut Store<'_>, answers: &mut A) -> Result<Exit, Refused> {
    run_with(store, dispatch::preferred(), answers)
}

/// Runs the activation on one of the cores; every host call leaves it.
#[cfg(test)]
pub(crate) fn run_on(store: &mut Store<'_>, core: Core) -> Result<Exit, Refused> {
    run_with(store, core, &mut Nobody)
}

/// Runs the activation on one of the cores. A host call that `answers` answers does not leave it.
pub(crate) fn run_with<A: Answers>(
    store: &mut Store<'_>,
    core: Core,
    answers: &mut A,
) -> Result<Exit, Refused> {
    if !matches!(
        store.run.status,
        Status::Starting | Status::Ready | Status::Throwing
    ) {
        return Err(Refused::Status);
    }
    let slice = store
        .slice
        .map_or(i64::MAX, |slice| i64::try_from(slice).unwrap_or(i64::MAX));
    // A pause for want of fuel does not end the slice, so that turns do not depend on how the fuel is portioned.
    let begun = core::mem::take(&mut store.session.slice_used);
    let mut grant = slice.saturating_sub(begun).clamp(0, store.fuel);
    loop {
        let mut serving = Serving::new(answers, store, grant);
        let (stop, left) = advance(store, grant, core, &mut serving);
        serving.account(store, left);
        if stop == Stop::OutOfFuel && left == grant && begun == 0 && grant < store.fuel {
            // A block that costs more than a slice: it may have more than one.
            grant = grant.max(1).saturating_mul(2).min(store.fuel);
            continue;
        }
        let used = serving.used_since(begun, left);
        let exit = left_with(store, stop, left < store.fuel);
        if exit == Exit::OutOfFuel {
            store.session.slice_used = used;
        }
        return Ok(exit);
    }
}

/// Runs with a grant of fuel; gives the reason for stopping, and what is left of the grant.
fn advance<A: Answers>(
    store: &mut Store<'_>,
    grant: i64,
    core: Core,
    serving: &mut Serving<'_, A>,
) -> (Stop, i64) {
    let mut fuel = grant;
    if store.run.status != Status::Ready {
        match begin(store, &mut fuel) {
            Ok(()) => store.run.status = Status::Ready,
            Err(Flow::Stop(stop)) => return (stop, fuel),
            Err(Flow::Next(_) | Flow::Jump) => return (Stop::Illegal, fuel),
        }
    }
    dispatch::run(store, fuel, core, serving)
}

/// Sets the place to run from: the start of the activation's function, or the handler for what its host call has thrown.
fn begin(store: &mut Store<'_>, fuel: &mut i64) -> Step<()> {
    let RunState {
        status,
        instance,
        callee,
        window,
        pc,
        fp,
        ..
    } = store.run;
    let mut machine = Machine {
        store,
        pc,
        fp,
        fuel: *fuel,
        instance,
    };
    if status == Status::Throwing {
        let values = Values::Stack(window);
        machine.throw(
            pc,
            Thrown {
                tag: callee,
                values,
            },
        )?;
    } else {
        let entry = machine.prepare(instance, callee, window)?;
        machine.pc = entry + field::enter::words as u32;
        machine.fp = window;
    }
    let Machine {
        pc,
        fp,
        fuel: left,
        instance,
        ..
    } = machine;
    *fuel = left;
    (store.run.pc, store.run.fp, store.run.instance) = (pc, fp, instance);
    Ok(())
}

/// Sets the status that a run leaves behind. `more` says whether fuel is left beyond the grant.
fn left_with(store: &mut Store<'_>, stop: Stop, more: bool) -> Exit {
    match stop {
        Stop::Done => {
            let first = store.run.fp as usize;
            let count = (store.stack()[store.run.record as usize + 2] >> 32) as usize;
            drop_activation(store);
            store.session.results = (first, count);
            Exit::Done
        }
        Stop::OutOfFuel => {
            store.counters.pauses += 1;
            if more { Exit::Yield } else { Exit::OutOfFuel }
        }
        Stop::HostCall => {
            store.run.status = Status::HostCall;
            Exit::HostCall
        }
        Stop::Wait => {
            store.run.status = Status::Waiting;
            Exit::Wait
        }
        Stop::Exception => {
            store.run.status = Status::Trapped;
            let (tag, first) = (store.run.callee, store.run.window as usize);
            let sig = store.tag_type(tag).and_then(|ty| store.func_sig(ty));
            let count = sig.map_or(0, |sig| sig.param_slots());
            store.session.thrown = Some((tag, first, count));
            Exit::Exception
        }
        Stop::Trap(trap) => {
            store.run.status = Status::Trapped;
            Exit::Trap(trap)
        }
        Stop::Illegal => {
            store.run.status = Status::Trapped;
            Exit::Trap(Trap::InvalidCode)
        }
    }
}

/// Gives a pending host call its results, which lose what is beyond their types; the activation may go on.
pub(crate) fn finish_host_call(store: &mut Store<'_>, results: &[u64]) -> Result<(), Refused> {
    if store.run.status != Status::HostCall {
        return Err(Refused::Status);
    }
    let to = results_at(store).ok_or(Refused::NoFunction)?;
    let ty = store.host_type(store.run.callee).ok_or(Refused::Arity)?;
    let sig = store.types.func_sig(ty).ok_or(Refused::Arity)?;
    if sig.result_slots() != results.len() {
        return Err(Refused::Arity);
    }
    let end = to + results.len();
    if !use_slots(&mut store.stack, end) {
        return Err(Refused::Stack);
    }
    let slots = &mut store.stack.as_mut_slice()[to..end];
    narrow_into(slots, sig.results, results, sig.has_vectors);
    store.run.pc += 1;
    store.run.status = Status::Ready;
    Ok(())
}

/// Makes a pending host call trap: the activation has ended, its frames stay for a backtrace.
pub(crate) fn trap_host_call(store: &mut Store<'_>) -> Result<(), Refused> {
    if store.run.status != Status::HostCall {
        return Err(Refused::Status);
    }
    store.run.status = Status::Trapped;
    Ok(())
}

/// Makes a pending host call throw an exception of a tag with values of the tag's type; the activation may go on.
pub(crate) fn throw_host_call(
    store: &mut Store<'_>,
    tag: u32,
    values: &[u64],
) -> Result<(), Refused> {
    if store.run.status != Status::HostCall {
        return Err(Refused::Status);
    }
    let sig = store.tag_type(tag).and_then(|ty| store.func_sig(ty));
    if sig.map(|sig| sig.param_slots()) != Some(values.len()) {
        return Err(Refused::Arity);
    }
    // The arguments of the call are not needed any more.
    let first = store.run.window as usize;
    if !store.use_stack(first + values.len()) {
        return Err(Refused::Stack);
    }
    store.stack_mut()[first..first + values.len()].copy_from_slice(values);
    store.run.callee = tag;
    store.run.status = Status::Throwing;
    Ok(())
}

/// The same with `count` values that are on the stack, from slot `first` on, where a nested activation has left them.
pub(crate) fn rethrow_host_call(
    store: &mut Store<'_>,
    tag: u32,
    first: usize,
    count: usize,
) -> Result<(), Refused> {
    if store.run.status != Status::HostCall {
        return Err(Refused::Status);
    }
    let to = store.run.window as usize;
    if !store.use_stack(to + count) {
        return Err(Refused::Stack);
    }
    store.stack_mut().copy_within(first..first + count, to);
    store.run.callee = tag;
    store.run.status = Status::Throwing;
    Ok(())
}

/// Ends the activation, whatever its state; the one that it is nested in, if any, waits again for its host call.
pub(crate) fn drop_activation(store: &mut Store<'_>) {
    if store.run.status == Status::Waiting {
        store.stop_waiting(store.thread());
    }
    store.run = outer(store).unwrap_or(RunState::IDLE);
}

/// The activation that waits for a host call in which the present one is nested.
pub(crate) fn outer(store: &Store<'_>) -> Option<RunState> {
    outer_of(store.stack(), store.run.record)
}

/// The activation outside of the one whose record this is.
pub(crate) fn outer_of(stack: &[u64], record: u32) -> Option<RunState> {
    let slots = stack
        .get(record as usize..)?
        .first_chunk::<RECORD_SLOTS>()?;
    let [place, instance, window, outer, _] = *slots;
    (outer as u32 != NO_RECORD).then_some(RunState {
        status: Status::HostCall,
        instance: instance as u32,
        pc: place as u32,
        fp: (place >> 32) as u32,
        record: outer as u32,
        callee: (instance >> 32) as u32,
        window: window as u32,
    })
}
