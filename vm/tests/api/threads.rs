//! Guest threads: turns, waiting and waking, the clock, and what is refused.

use crate::fixture::*;
use wrt_format::image::types::MemoryType;
use wrt_format::isa::Op;
use wrt_vm::{
    Budget, Config, Engine, Entity, Error, Extern, Instance, Memory, Misuse, Module, Outcome,
    Thread, Trap, Turn, Wake,
};

const NO_TIMEOUT: u64 = u64::MAX;
const STACK: u32 = 256;

/// A module that waits, notifies and counts in its memory, and calls its import.
fn image_with(shared: bool) -> Image {
    let ty = MemoryType {
        shared,
        ..memory_type(1, Some(1))
    };
    let mut spec = Spec::new().import_func("env", "host", &[I32], &[I32]);
    spec.0.memories.push(ty);
    let wait = |op: Op| {
        Code::enter(4, 4)
            .op(op, &[3, 0, 1, 2, 0, 0])
            .op(Op::Ret1, &[3])
    };
    let notify = Code::enter(3, 3)
        .op(Op::AtomicNotify, &[2, 0, 1, 0, 0])
        .op(Op::Ret1, &[2]);
    // (addr, n): adds 1 to the i32 at addr n times.
    let bump = Code::enter(4, 2).op(Op::ConstU32, &[2, 1]);
    let head = bump.here();
    let bump = bump
        .op(Op::Fuel, &[5])
        .op(Op::AtomicRmw32Add, &[3, 0, 2, 0, 0]);
    let back = head - bump.here();
    let bump = bump
        .op(Op::BrI32AddNz, &[1, 1, -1, back])
        .op(Op::Fuel, &[1])
        .op(Op::Ret, &[]);
    spec.exported("memory", wrt_vm::ExternKind::Memory, 0)
        .func("wait32", &[I32, I32, I64], &[I32], wait(Op::AtomicWait32))
        .func("wait64", &[I32, I64, I64], &[I32], wait(Op::AtomicWait64))
        .func("notify", &[I32, I32], &[I32], notify)
        .func("bump", &[I32, I32], &[], bump)
        .func("ask", &[I32], &[I32], call_import(0, 1, 1))
        .image()
}

/// An engine with an instance of it, whose import is the host function.
fn set_up<'m>(module: &Module<'m>) -> (Engine<'m>, Instance) {
    let mut engine = engine(1_000_000);
    let host = engine.new_host_func(&[I32], &[I32]).unwrap();
    let instance = instance(&mut engine, module, &[host.into()]);
    (engine, instance)
}

fn execute(engine: &mut Engine<'_>, instance: Instance, name: &str, args: &[u64]) -> Outcome {
    let func = func(engine, instance, name);
    engine.execute(instance, func, args).unwrap()
}

/// A new thread that has run until it waits; the first thread has the turn again.
fn waiter(engine: &mut Engine<'_>, instance: Instance, address: u64, timeout: u64) -> Thread {
    let thread = engine.add_thread(STACK).unwrap();
    engine.switch_to(thread).unwrap();
    let outcome = execute(engine, instance, "wait32", &[address, 0, timeout]);
    assert_eq!(outcome, Outcome::Wait(engine.waits_for(thread).unwrap()));
    engine.switch_to(Thread::from_number(0)).unwrap();
    thread
}

/// What the wait of a woken thread gives.
fn woken(engine: &mut Engine<'_>, thread: Thread) -> u64 {
    let before = engine.thread();
    engine.switch_to(thread).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    let result = engine.results()[0];
    engine.switch_to(before).unwrap();
    result
}

#[test]
fn a_wait_is_a_pause_until_a_notification() {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    let outcome = execute(&mut engine, instance, "wait32", &[64, 0, NO_TIMEOUT]);
    let Outcome::Wait(wait) = outcome else {
        panic!("{outcome}");
    };
    assert_eq!(
        (wait.memory, wait.address, wait.deadline),
        (Memory::from_number(0), 64, None)
    );
    assert_eq!(
        outcome.to_string(),
        "waiting for a notification at address 0x40 of memory 0"
    );
    assert!(!outcome.is_end());
    let refused = |result: Result<Outcome, Error>, misuse: Misuse| match result {
        Err(Error::Misuse(found)) => assert_eq!(found, misuse),
        other => panic!("{other:?}"),
    };
    refused(engine.resume(), Misuse::Waiting);
    let notify = func(&engine, instance, "notify");
    refused(
        engine.execute(instance, notify, &[64, 1]),
        Misuse::RunPaused,
    );
    assert_eq!(engine.backtrace().count(), 1);
    // Another thread does it, or the host.
    assert_eq!(engine.notify(wait.memory, 68, 1).unwrap(), 0);
    assert_eq!(engine.notify(wait.memory, 64, 5).unwrap(), 1);
    assert_eq!(engine.notify(wait.memory, 64, 5).unwrap(), 0);
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [0]);
    let nowhere = engine.notify(Memory::from_number(9), 64, 1);
    assert!(matches!(nowhere, Err(Error::Unknown(Entity::Memory))));
}

#[test]
fn waits_that_do_not_wait() {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    engine.memory_mut(Memory::from_number(0)).unwrap()[8..16].fill(1);
    let mut wait = |name, args: [u64; 3]| match execute(&mut engine, instance, name, &args) {
        Outcome::Done => Ok(engine.results()[0]),
        Outcome::Trap(trap) => Err(trap),
        other => panic!("{other}"),
    };
    assert_eq!(wait("wait32", [8, 0, NO_TIMEOUT]), Ok(1));
    // Only the low half counts.
    assert_eq!(wait("wait32", [8, 0x0101_0101, 0]), Ok(2));
    assert_eq!(wait("wait64", [8, 0x0101_0101, NO_TIMEOUT]), Ok(1));
    assert_eq!(wait("wait64", [8, 0x0101_0101_0101_0101, 0]), Ok(2));
    let unaligned = Err(Trap::UnalignedAtomic);
    assert_eq!(wait("wait32", [6, 0, 0]), unaligned);
    assert_eq!(wait("wait64", [12, 0, 0]), unaligned);
    assert_eq!(wait("wait64", [65_540, 0, 0]), unaligned);
    let outside = Err(Trap::MemoryOutOfBounds);
    assert_eq!(wait("wait32", [65_536, 0, 0]), outside);
    assert_eq!(wait("wait64", [0xffff_fff8, 0, 0]), outside);
    let trap = |engine: &mut Engine<'_>, args: [u64; 2], trap| {
        let outcome = execute(engine, instance, "notify", &args);
        assert_eq!(outcome, Outcome::Trap(trap));
    };
    trap(&mut engine, [2, 1], Trap::UnalignedAtomic);
    trap(&mut engine, [65_536, 1], Trap::MemoryOutOfBounds);
}

#[test]
fn memories_that_are_not_shared() {
    let image = image_with(false);
    let (mut engine, instance) = set_up(&image.module());
    let outcome = execute(&mut engine, instance, "wait32", &[0, 0, NO_TIMEOUT]);
    assert_eq!(outcome, Outcome::Trap(Trap::ExpectedSharedMemory));
    assert_eq!(call(&mut engine, instance, "notify", &[0, 9]), [0]);
    call(&mut engine, instance, "bump", &[0, 3]);
    assert_eq!(engine.memory(Memory::from_number(0)).unwrap()[0], 3);
}

#[test]
fn those_that_have_waited_longest_are_woken_first() {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    let threads: Vec<Thread> = [0, 4, 0, 0, 0]
        .map(|at| waiter(&mut engine, instance, at, NO_TIMEOUT))
        .to_vec();
    assert_eq!(call(&mut engine, instance, "notify", &[0, 0]), [0]);
    assert_eq!(call(&mut engine, instance, "notify", &[0, 2]), [2]);
    let waits: Vec<bool> = (threads.iter())
        .map(|&thread| engine.waits_for(thread).is_some())
        .collect();
    assert_eq!(waits, [false, true, false, true, true]);
    assert_eq!(woken(&mut engine, threads[0]), 0);
    // The first one waits again: behind the others.
    engine.switch_to(threads[0]).unwrap();
    let again = execute(&mut engine, instance, "wait32", &[0, 0, NO_TIMEOUT]);
    assert!(matches!(again, Outcome::Wait(_)));
    engine.switch_to(Thread::from_number(0)).unwrap();
    assert_eq!(call(&mut engine, instance, "notify", &[0, 2]), [2]);
    assert!(engine.waits_for(threads[0]).is_some());
    let all = u64::from(u32::MAX);
    assert_eq!(call(&mut engine, instance, "notify", &[0, all]), [1]);
    assert_eq!(call(&mut engine, instance, "notify", &[4, all]), [1]);
    for &thread in &threads {
        assert_eq!(woken(&mut engine, thread), 0);
    }
}

#[test]
fn the_clock_ends_waits() {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    engine.set_clock(1_000);
    let late = waiter(&mut engine, instance, 0, 500);
    let soon = waiter(&mut engine, instance, 0, 20);
    let never = waiter(&mut engine, instance, 0, NO_TIMEOUT);
    let last = waiter(&mut engine, instance, 0, u64::MAX / 2);
    assert_eq!(engine.waits_for(soon).unwrap().deadline, Some(1_020));
    assert_eq!(engine.next_deadline(), Some(1_020));
    engine.set_clock(1_019);
    assert!(engine.waits_for(soon).is_some());
    engine.set_clock(1_020);
    assert_eq!(woken(&mut engine, soon), 2);
    assert_eq!(engine.next_deadline(), Some(1_500));
    engine.set_clock(u64::MAX);
    assert_eq!(engine.clock(), u64::MAX);
    assert_eq!(woken(&mut engine, late), 2);
    assert_eq!(woken(&mut engine, last), 2);
    assert_eq!(engine.next_deadline(), None);
    let turn = engine.run_turn().unwrap();
    assert_eq!(turn, Turn::Asleep { deadline: None });
    engine.wake(never, Wake::Notified).unwrap();
    assert_eq!(woken(&mut engine, never), 0);
    assert_eq!(engine.run_turn().unwrap(), Turn::Idle);
    let asleep = waiter(&mut engine, instance, 0, NO_TIMEOUT);
    engine.wake(asleep, Wake::TimedOut).unwrap();
    assert_eq!(woken(&mut engine, asleep), 2);
    let again = engine.wake(asleep, Wake::TimedOut);
    assert!(matches!(again, Err(Error::Misuse(Misuse::NotWaiting))));
    let nobody = engine.wake(Thread::from_number(99), Wake::Notified);
    assert!(matches!(nobody, Err(Error::Unknown(Entity::Thread))));
}

#[test]
fn a_run_that_is_cancelled_does_not_wait_any_more() {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    let gone = waiter(&mut engine, instance, 0, NO_TIMEOUT);
    let removed = waiter(&mut engine, instance, 0, NO_TIMEOUT);
    engine.switch_to(gone).unwrap();
    engine.cancel();
    assert_eq!((engine.nesting(), engine.waits_for(gone)), (0, None));
    engine.switch_to(Thread::from_number(0)).unwrap();
    engine.remove_thread(removed).unwrap();
    assert_eq!(call(&mut engine, instance, "notify", &[0, 9]), [0]);
}

#[test]
fn threads_are_bounded_and_give_their_stacks_back() {
    let image = image_with(true);
    let config = Config::default().with_stack_slots(512).with_threads(3);
    let mut engine = Engine::new(config).unwrap();
    let host = engine.new_host_func(&[I32], &[I32]).unwrap();
    let instance = instance(&mut engine, &image.module(), &[host.into()]);
    let first = engine.thread();
    let one = engine.add_thread(STACK).unwrap();
    let two = engine.add_thread(STACK).unwrap();
    let full = engine.add_thread(STACK);
    assert!(matches!(full, Err(Error::Budget(Budget::Threads))));
    assert_eq!(engine.threads().collect::<Vec<_>>(), [first, one, two]);
    engine.switch_to(one).unwrap();
    let own = engine.remove_thread(one);
    assert!(matches!(own, Err(Error::Misuse(Misuse::ThreadHasTurn))));
    let used = engine.stats().used_bytes;
    engine.remove_thread(two).unwrap();
    assert!(engine.stats().used_bytes + u64::from(STACK) * 8 <= used);
    for result in [engine.remove_thread(two), engine.switch_to(two)] {
        assert!(matches!(result, Err(Error::Unknown(Entity::Thread))));
    }
    assert_eq!(engine.add_thread(STACK).unwrap(), two);
    assert_eq!(engine.stats().used_bytes, used);
    engine.remove_thread(first).unwrap();
    assert_eq!(engine.threads().collect::<Vec<_>>(), [one, two]);
    let huge = engine.add_thread(u32::MAX);
    assert!(matches!(huge, Err(Error::Budget(Budget::Memory))));
    // Its stack is its own size.
    engine.switch_to(two).unwrap();
    engine.remove_thread(one).unwrap();
    let small = engine.add_thread(4).unwrap();
    engine.switch_to(small).unwrap();
    engine.set_fuel(100);
    let deep = execute(&mut engine, instance, "notify", &[0, 0]);
    assert_eq!(deep, Outcome::Trap(Trap::StackOverflow));
    // Without another thread the list of waiters has room all the same.
    engine.switch_to(two).unwrap();
    let wait = execute(&mut engine, instance, "wait32", &[0, 0, NO_TIMEOUT]);
    assert!(matches!(wait, Outcome::Wait(_)));
}

/// Runs three threads that count in one cell, in turns of so much fuel; the order of the turns, and what the cell holds at the end.
///
/// With `portion` the fuel comes in portions of that size.
fn race(slice: u64, portion: Option<u64>) -> (Vec<u32>, u32, u64) {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    engine.set_time_slice(Some(slice));
    for n in [30, 50, 70] {
        let thread = engine.add_thread(STACK).unwrap();
        engine.switch_to(thread).unwrap();
        let outcome = execute(&mut engine, instance, "bump", &[16, n]);
        assert_eq!(outcome, Outcome::Yield);
    }
    if portion.is_some() {
        engine.set_fuel(0);
    }
    let mut order = Vec::new();
    loop {
        let mut turn = engine.run_turn().unwrap();
        while let (Turn::Outcome(Outcome::OutOfFuel), Some(portion)) = (turn, portion) {
            engine.add_fuel(portion);
            turn = Turn::Outcome(engine.resume().unwrap());
        }
        match turn {
            Turn::Outcome(Outcome::Yield | Outcome::Done) => {}
            Turn::Idle => break,
            other => panic!("{other:?}"),
        }
        order.push(engine.thread().number());
    }
    let cell = &engine.memory(Memory::from_number(0)).unwrap()[16..20];
    let cell = u32::from_le_bytes(cell.try_into().unwrap());
    (order, cell, engine.fuel_used())
}

#[test]
fn turns_go_round_and_are_the_same_each_time() {
    let (order, cell, fuel) = race(20, None);
    assert_eq!(order[..7], [1, 2, 3, 1, 2, 3, 1]);
    assert_eq!(order.last(), Some(&3));
    assert_eq!(cell, 150);
    assert_eq!(race(20, None), (order, cell, fuel));
    // What the turns are does not change what is done and paid.
    for slice in [1, 7, 100] {
        let (_, other, used) = race(slice, None);
        assert_eq!((other, used), (cell, fuel));
    }
    for portion in [1, 3, 10, 33] {
        assert_eq!(race(20, Some(portion)), race(20, None), "{portion}");
    }
}

#[test]
fn whoever_wants_something_has_the_turn() {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    engine.set_time_slice(Some(10));
    let asks = engine.add_thread(STACK).unwrap();
    let waits = waiter(&mut engine, instance, 0, NO_TIMEOUT);
    engine.switch_to(asks).unwrap();
    let outcome = execute(&mut engine, instance, "ask", &[7]);
    assert!(matches!(outcome, Outcome::HostCall(_)));
    // Everybody waits for something, but one for an answer that the host owes.
    engine.switch_to(Thread::from_number(0)).unwrap();
    assert_eq!(engine.run_turn().unwrap(), Turn::Asleep { deadline: None });
    assert_eq!(engine.switch_to_next(), None);
    let outcome = execute(&mut engine, instance, "bump", &[0, 20]);
    assert_eq!(outcome, Outcome::Yield);
    engine.switch_to(asks).unwrap();
    assert_eq!(engine.host_args(), [7]);
    engine.host_return(&[8]).unwrap();
    // The first thread is next after the one that asks.
    let turn = engine.run_turn().unwrap();
    assert_eq!(
        (turn, engine.thread().number()),
        (Turn::Outcome(Outcome::Yield), 0)
    );
    assert_eq!(engine.run_turn().unwrap(), Turn::Outcome(Outcome::Done));
    assert_eq!((engine.thread(), engine.results()), (asks, &[8][..]));
    engine.set_fuel(3);
    let dry = engine.run_turn().unwrap();
    assert_eq!(dry, Turn::Outcome(Outcome::OutOfFuel));
    assert_eq!(engine.thread().number(), 0);
    engine.add_fuel(1_000);
    engine.set_time_slice(None);
    assert_eq!(engine.run_turn().unwrap(), Turn::Outcome(Outcome::Done));
    engine.switch_to(asks).unwrap();
    let outcome = execute(&mut engine, instance, "ask", &[1]);
    assert!(matches!(outcome, Outcome::HostCall(_)));
    engine.host_trap(Trap::HostError).unwrap();
    engine.switch_to(Thread::from_number(0)).unwrap();
    let trapped = Turn::Outcome(Outcome::Trap(Trap::HostError));
    assert_eq!(engine.run_turn().unwrap(), trapped);
    assert_eq!(engine.thread(), asks);
    assert_eq!(engine.backtrace().count(), 1);
    assert!(engine.waits_for(waits).is_some());
}

#[test]
fn a_nested_run_waits_too() {
    let image = image_with(true);
    let (mut engine, instance) = set_up(&image.module());
    let thread = engine.add_thread(STACK).unwrap();
    engine.switch_to(thread).unwrap();
    let outcome = execute(&mut engine, instance, "ask", &[7]);
    assert!(matches!(outcome, Outcome::HostCall(_)));
    let nested = execute(&mut engine, instance, "wait32", &[4, 0, NO_TIMEOUT]);
    assert!(matches!(nested, Outcome::Wait(_)));
    assert_eq!((engine.nesting(), engine.backtrace().count()), (2, 2));
    engine.switch_to(Thread::from_number(0)).unwrap();
    assert_eq!((engine.nesting(), engine.pending_host_call()), (0, None));
    assert_eq!(call(&mut engine, instance, "notify", &[4, 1]), [1]);
    assert_eq!(engine.run_turn().unwrap(), Turn::Outcome(Outcome::Done));
    assert_eq!(engine.results(), [0]);
    engine.host_return(&[9]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [9]);
}

#[cfg(feature = "alloc")]
mod linked {
    use super::*;
    use wrt_vm::{Caller, Linker};

    #[test]
    fn a_linker_serves_threads_and_each_call_ends_a_turn() {
        let image = image_with(true);
        let module = image.module();
        let mut engine = engine(1_000_000);
        let mut linker = Linker::new();
        let host = |mut caller: Caller<'_, '_, Vec<u32>>, value: i32| {
            let thread = caller.engine().thread();
            caller.data_mut().push(thread.number());
            // Whoever it gives the turn to: the answer goes to the caller.
            caller
                .engine_mut()
                .switch_to(Thread::from_number(0))
                .unwrap();
            value + 1
        };
        linker.wrap("env", "host", host).unwrap();
        let mut calls = Vec::new();
        let done = linker.instantiate(&mut engine, &mut calls, &module);
        assert_eq!(done.unwrap(), Outcome::Done);
        let instance = engine.last_instance().unwrap();
        let Some(Extern::Func(ask)) = instance.export(&engine, "ask") else {
            panic!("no export");
        };
        for _ in 0..2 {
            let thread = engine.add_thread(STACK).unwrap();
            engine.switch_to(thread).unwrap();
            let outcome = engine.execute(instance, ask, &[40]).unwrap();
            assert!(matches!(outcome, Outcome::HostCall(_)));
            // As if its slice had ended just before the call.
            engine.cancel();
            engine.set_fuel(0);
            let outcome = engine.execute(instance, ask, &[40]).unwrap();
            assert_eq!(outcome, Outcome::OutOfFuel);
            engine.set_fuel(1_000);
        }
        let outcomes = [Outcome::Yield, Outcome::Yield, Outcome::Done, Outcome::Done];
        for (number, outcome) in [1, 2, 1, 2].into_iter().zip(outcomes) {
            let turn = linker.run_turn(&mut engine, &mut calls).unwrap();
            assert_eq!(turn, Turn::Outcome(outcome));
            assert_eq!(engine.thread().number(), number);
            if outcome == Outcome::Done {
                assert_eq!(engine.results(), [41]);
            }
        }
        // Both have called before one of them has gone on.
        assert_eq!(calls, [1, 2]);
        let idle = linker.run_turn(&mut engine, &mut calls).unwrap();
        assert_eq!(idle, Turn::Idle);
    }
}
