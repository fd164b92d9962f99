//! Functions of a hostile module on several guest threads, in turns.
//!
//! Input: an engine with an instance. Invariants: the threads are bounded, none waits without being known to wait, and all of them
//! end or can be ended.

use wrt_vm::{Engine, HostCall, Instance, Outcome, Thread, Turn, Wake, valtype};

use super::Draw;
use super::run::{Seen, arguments};

/// Slots of a thread's stack.
const STACK: u32 = 2_048;
/// Fuel of a turn.
const TURN: u64 = 60;
/// Turns after which threads are ended.
const TURNS: u32 = 120;

/// Starts a function on each of a few threads and lets them take turns.
pub(super) fn run(
    engine: &mut Engine<'_>,
    instance: Instance,
    funcs: u32,
    draw: &mut Draw<'_>,
    seen: &mut Seen,
) {
    engine.set_time_slice(Some(TURN));
    engine.set_fuel(TURN * u64::from(TURNS));
    let first = engine.thread();
    while let Ok(thread) = engine.add_thread(STACK) {
        engine.switch_to(thread).expect("a thread just made");
        begin(engine, instance, funcs, draw);
    }
    assert_eq!(engine.threads().count(), 4, "as many as the budget says");
    for _ in 0..TURNS {
        match engine.run_turn().expect("a ready thread goes on") {
            Turn::Outcome(Outcome::Done) => seen.done += 1,
            Turn::Outcome(Outcome::Trap(_)) => seen.traps += 1,
            Turn::Outcome(Outcome::Exception(_)) => seen.exceptions += 1,
            Turn::Outcome(Outcome::Yield) => {}
            Turn::Outcome(Outcome::Wait(wait)) => {
                assert_eq!(engine.waits_for(engine.thread()), Some(wait));
                seen.waits += 1;
            }
            Turn::Outcome(Outcome::HostCall(call)) => answer(engine, call),
            Turn::Outcome(Outcome::OutOfFuel) => break,
            Turn::Asleep {
                deadline: Some(deadline),
            } => engine.set_clock(deadline),
            Turn::Asleep { deadline: None } => wake_all(engine),
            Turn::Idle => break,
        }
    }
    engine.switch_to(first).expect("the first thread is there");
    let others: Vec<Thread> = engine.threads().filter(|&it| it != first).collect();
    for thread in others {
        engine.remove_thread(thread).expect("it has not the turn");
    }
    assert_eq!(engine.next_deadline(), None, "nobody waits any more");
    engine.set_time_slice(None);
}

fn begin(engine: &mut Engine<'_>, instance: Instance, funcs: u32, draw: &mut Draw<'_>) {
    let func = draw.below(funcs.max(1) as usize) as u32;
    let Ok(func) = engine.instance_func(instance, func) else {
        return;
    };
    let Ok(ty) = engine.func_type(func) else {
        return;
    };
    if !ty.params.iter().all(|ty| ty.is_defaultable()) {
        return;
    }
    let args = arguments(ty.params, draw);
    match engine.execute(instance, func, &args) {
        Ok(Outcome::HostCall(call)) => answer(engine, call),
        Ok(_) => {}
        Err(error) => panic!("a call with arguments of the right types: {error}"),
    }
}

fn answer(engine: &mut Engine<'_>, call: HostCall) {
    let results = engine.func_type(call.host.func());
    let slots = results.map_or(0, |ty| valtype::slot_count(ty.results));
    let answered = engine.host_return(&vec![0; slots]);
    answered.expect("the answer that was asked for");
}

fn wake_all(engine: &mut Engine<'_>) {
    let threads: Vec<Thread> = engine.threads().collect();
    let mut woken = 0;
    for thread in threads {
        if engine.waits_for(thread).is_some() {
            engine.wake(thread, Wake::Notified).expect("it waits");
            woken += 1;
        }
    }
    assert!(woken > 0, "somebody is asleep");
}
