//! Pauses that a debugger asks for: exactly there, and without changing anything.
#![cfg(not(feature = "no-fuel"))]

use wrt_format::isa::{Op, instructions_le, is_fuel};

use super::*;
use crate::raw::stops::{At, Stops, Watched, Words};

/// `g(n)`: adds up `h(i)` for `i` from `n` down to 1, and writes each sum to address 64; `h(i)` is `3 * i`. All blocks cost 1 but those of
/// entries, which cost nothing.
fn program() -> ModuleSpec {
    let mut h = Asm::new(3, 0);
    h.block(1);
    h.op(Op::I64MulImm, &[0, 0, 3]);
    h.block(1);
    h.op(Op::Ret1, &[0]);
    let mut g = Asm::new(10, 0);
    g.block(1);
    g.op(Op::ConstU32, &[1, 0]).op(Op::ConstU32, &[2, 0]);
    let head = g.block(1);
    g.op(Op::Mov, &[5, 0]).op(Op::CallTiny, &[5, 3, 1]);
    g.block(1);
    g.op(Op::I64Add, &[1, 1, 3]);
    g.block(1);
    g.op(Op::Store64, &[2, 1, 64]);
    g.block(1);
    g.back(Op::BrI64AddNz, &[0, 0, -1], head);
    g.block(1);
    g.op(Op::Ret1, &[1]);
    ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![g.func(0), h.func(0)],
        memories: std::vec![memory_type(1, None)],
        ..ModuleSpec::default()
    }
}

/// Its steps: `fuel` instructions that cost something.
fn steps(store: &Store<'_>) -> Vec<u32> {
    let module = store.instance(0).unwrap().module();
    let code = module.code();
    let mut steps = Vec::new();
    for record in (0..module.func_count()).map(|func| module.func(func)) {
        let first = record.code_word;
        let words = &code[first as usize..][..record.words as usize];
        for (at, op, words) in instructions_le(words) {
            if op == Some(Op::Fuel) && is_fuel(u16::from_le(words[0])) {
                steps.push(first + at as u32);
            }
        }
    }
    steps
}

fn stops(store: &Store<'_>, breaks: &[u32], at: At) -> Stops {
    let len = store.instance(0).unwrap().module().code().len();
    Stops {
        instance: 0,
        steps: Words::new(len, steps(store).into_iter()),
        breaks: Words::new(len, breaks.iter().copied()),
        watched: Vec::new(),
        at,
        leaves: false,
    }
}

/// Runs `g(n)` on; each pause is given to `pause`, which may go on without leaving the step. Gives result and fuel used.
fn run_with(
    store: &mut Store<'_>,
    n: u64,
    mut pause: impl FnMut(&mut Store<'_>) -> bool,
) -> (u64, i64) {
    store.fuel = 1 << 40;
    begin(store, 0, &[n]);
    loop {
        let exit = run_on(store, preferred()).unwrap();
        if exit != Exit::OutOfFuel {
            return (results(store, exit)[0], (1 << 40) - store.fuel);
        }
        let leaves = pause(store);
        if let Some(stops) = &mut store.stops {
            stops.leaves = leaves;
        }
    }
}

#[test]
fn steps_pause_before_each_block_and_change_nothing() {
    let n = 4;
    let mut plain = alone(program());
    let answer = run_with(&mut plain, n, |_| unreachable!());
    // The first block and the last; per round the head, two of the callee, three more.
    assert_eq!(answer, (3 * (4 + 3 + 2 + 1), 2 + 6 * 4));
    let mut store = alone(program());
    store.stops = Some(stops(&store, &[], At::Steps));
    let steps = steps(&store);
    let (mut pauses, mut used) = (0, Vec::new());
    let got = run_with(&mut store, n, |store| {
        pauses += 1;
        assert!(steps.contains(&store.run.pc), "{}", store.run.pc);
        used.push((1 << 40) - store.fuel);
        true
    });
    assert_eq!((got, pauses), (answer, 2 + 6 * 4));
    // A step is paid for when it is left.
    assert_eq!(used, (0..2 + 6 * 4).collect::<Vec<i64>>());
    assert_eq!(store.counters.pauses, 26);
}

#[test]
fn a_step_that_is_not_left_is_paused_at_again() {
    let mut store = alone(program());
    store.stops = Some(stops(&store, &[], At::Steps));
    let mut places = Vec::new();
    run_with(&mut store, 1, |store| {
        places.push((store.run.pc, store.fuel));
        places.len() % 2 == 0
    });
    assert_eq!(places.len(), 2 * (2 + 6));
    for twice in places.chunks(2) {
        assert_eq!(twice[0], twice[1]);
    }
}

#[test]
fn breakpoints_and_changes_pause_where_they_are() {
    let mut store = alone(program());
    let steps = steps(&store);
    // The loop's head, once a round.
    let head = steps[1];
    store.stops = Some(stops(&store, &[head, 3, 99_999], At::Breaks));
    let mut pauses = 0;
    run_with(&mut store, 5, |store| {
        pauses += 1;
        assert_eq!(store.run.pc, head);
        true
    });
    assert_eq!(pauses, 5);
    // What is watched changes with each store; the next step is that of the branch.
    let mut store = alone(program());
    store.stops = Some(stops(&store, &[], At::Breaks));
    let watch = |store: &mut Store<'_>| {
        let now = store.memory(0).unwrap().bytes()[64..72].to_vec();
        let stops = store.stops.as_mut().unwrap();
        // The second range is out of bounds, as it may be before a memory grows.
        let watched = [
            Watched::new(64, &now),
            Watched::new(usize::MAX - 3, &[1; 8]),
        ];
        stops.watched = watched.into();
        now
    };
    watch(&mut store);
    let mut seen = Vec::new();
    run_with(&mut store, 3, |store| {
        assert_eq!(store.run.pc, steps[4]);
        seen.push(u64::from_le_bytes(watch(store).try_into().unwrap()));
        true
    });
    assert_eq!(seen, [9, 15, 18]);
}

#[test]
fn places_that_are_no_steps_are_never_paused_at() {
    let mut plain = alone(program());
    let answer = run_with(&mut plain, 3, |_| unreachable!());
    let mut store = alone(program());
    let len = store.instance(0).unwrap().module().code().len() as u32;
    let real = steps(&store);
    // An image may say anything: all words at once, entries and operands included.
    let all = Words::new(len as usize, 0..len);
    store.stops = Some(Stops {
        steps: all,
        ..stops(&store, &[], At::Steps)
    });
    let mut pauses = 0;
    let got = run_with(&mut store, 3, |store| {
        assert!(real.contains(&store.run.pc));
        pauses += 1;
        true
    });
    assert_eq!((got, pauses), (answer, answer.1));
    // Those of another instance are not those of this one.
    let mut store = alone(program());
    store.stops = Some(Stops {
        instance: 1,
        ..stops(&store, &[], At::Steps)
    });
    assert_eq!(run_with(&mut store, 3, |_| unreachable!()), answer);
}
