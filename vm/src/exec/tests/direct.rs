//! Direct threading: when it begins, and what it costs. That it does the same as the other cores is shown by all tests that go over the cores.

use wrt_format::isa::Op;

use super::*;
use crate::raw::dispatch::Threading;

/// Whether this build has handlers for it.
const IS_THERE: bool = cfg!(all(wrt_direct, not(debug_assertions)));

/// Rounds of 4 fuel and a call of a function that costs 1: function 0 of one argument.
fn program() -> ModuleSpec {
    let mut leaf = Asm::new(2, 1);
    leaf.op(Op::I64MulImm, &[0, 0, 3]).op(Op::Ret1, &[0]);
    let mut asm = Asm::new(8, 2);
    asm.op(Op::ConstU32, &[1, 0]);
    let head = asm.block(4);
    asm.op(Op::Mov, &[5, 0])
        .op(Op::CallTiny, &[5, 3, 1])
        .op(Op::I64Add, &[1, 1, 3]);
    asm.back(Op::BrI64AddNz, &[0, 0, -1], head);
    asm.block(1);
    asm.op(Op::Ret1, &[1]);
    ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0), leaf.func(0)],
        ..ModuleSpec::default()
    }
}

const ROUNDS: u64 = 40;
const COST: u64 = 2 + ROUNDS * 5 + 1;
/// The part of it that counts towards the change: the first block is paid when the activation starts.
const COUNTED: u64 = COST - 2;
const ANSWER: u64 = 3 * ROUNDS * (ROUNDS + 1) / 2;

/// Runs the program with so much fuel at a time; gives the number of pauses.
fn run_in_portions(store: &mut Store<'_>, portion: u64) -> u64 {
    store.fuel = 0;
    begin(store, 0, &[ROUNDS]);
    let mut granted = 0;
    let exit = loop {
        let exit = run_on(store, preferred()).unwrap();
        if exit != Exit::OutOfFuel {
            break exit;
        }
        store.fuel += portion as i64;
        granted += portion;
    };
    assert_eq!(results(store, exit), [ANSWER]);
    assert_eq!(granted - store.fuel as u64, COST);
    store.counters.pauses
}

#[cfg(not(feature = "no-fuel"))]
#[test]
fn nobody_sees_when_it_begins() {
    for portion in [5, 7, 60, COST, 10_000] {
        let pauses = run_in_portions(&mut alone(program()), portion);
        for after in 0..COST + 20 {
            let mut store = alone(program());
            store.threading = Threading::after(Some(after));
            let paused = run_in_portions(&mut store, portion);
            assert_eq!(paused, pauses, "after {after}, in portions of {portion}");
            // Where the fuel is short of what a block costs, or of what is left of the run.
            let expected = match after.checked_sub(COUNTED) {
                Some(left) => Threading::DirectAfter(left),
                None if IS_THERE || after == 0 => Threading::Direct,
                None => Threading::ByOpcode,
            };
            assert_eq!(
                store.threading, expected,
                "after {after}, portions of {portion}"
            );
        }
    }
}

#[cfg(not(feature = "no-fuel"))]
#[test]
fn it_begins_in_the_midst_of_a_run() {
    let mut store = alone(program());
    store.threading = Threading::after(Some(COUNTED / 2));
    let before = store.arena().used_bytes();
    begin(&mut store, 0, &[ROUNDS]);
    assert!(matches!(run_on(&mut store, preferred()), Ok(Exit::Done)));
    assert_eq!(store.threading == Threading::Direct, IS_THERE);
    assert_eq!(store.arena().used_bytes() > before, IS_THERE);
}

/// Bytes that a first and a second instance of a module take.
fn two(threading: Threading) -> [usize; 2] {
    let module = load(program());
    let mut store = store(100);
    store.threading = threading;
    [0, 1].map(|_| {
        let before = store.arena().used_bytes();
        store.add_instance(module, Imports::default()).unwrap();
        store.arena().used_bytes() - before
    })
}

#[test]
fn instances_of_a_module_share_a_map_of_four_times_its_code() {
    let words = load(program()).code().len();
    let [first, second] = two(Threading::ByOpcode);
    let [direct_first, direct_second] = two(Threading::Direct);
    // Beside the map there is the list of maps.
    let map = direct_first - first;
    assert_eq!((map >= words * 8, map < words * 8 + 256), (IS_THERE, true));
    assert_eq!(direct_second, second);
}

#[cfg(all(wrt_direct, not(debug_assertions)))]
#[test]
fn calls_have_their_callees_behind_them() {
    let ops = [
        (Op::Call, std::vec![5, 3, 1]),
        (Op::CallShort, std::vec![5, 3, 1]),
        (Op::CallTiny, std::vec![5, 3, 1]),
        (Op::MovThenCall, std::vec![5, 3, 5, 0, 1]),
        (Op::I32AddImmThenCall, std::vec![5, 3, 5, 0, 0, 1]),
    ];
    for (op, operands) in ops {
        let mut leaf = Asm::new(2, 1);
        leaf.op(Op::Ret1, &[0]);
        let mut asm = Asm::new(8, 1);
        asm.op(Op::Mov, &[5, 0]);
        let at = asm.code.len();
        asm.op(op, &operands).op(Op::Ret1, &[3]);
        let mut store = store(100);
        store.threading = Threading::Direct;
        let module = load(ModuleSpec {
            types: std::vec![longs(1, 1)],
            funcs: std::vec![asm.func(0), leaf.func(0)],
            ..ModuleSpec::default()
        });
        store.add_instance(module, Imports::default()).unwrap();
        let [caller, callee] = [0, 1].map(|func| module.func(func).code_word as usize);
        // The caller is verified, the callee is not.
        store.verify_func(0, 0).unwrap();
        assert_eq!(store.noted(0, caller + at + 1), None, "{op:?}");
        let exit = call_on(&mut store, preferred(), 0, &[9]);
        assert_eq!(results(&store, exit), [9], "{op:?}");
        assert_eq!(store.noted(0, caller + at + 1), Some(callee), "{op:?}");
        // By what is noted now.
        let exit = call_on(&mut store, preferred(), 0, &[8]);
        assert_eq!(results(&store, exit), [8], "{op:?}");
    }
}

#[cfg(all(wrt_direct, not(debug_assertions)))]
#[test]
fn callees_that_are_verified_when_it_begins_are_noted_then() {
    let mut store = alone(program());
    store.fuel = i64::MAX;
    let exit = call_on(&mut store, preferred(), 0, &[ROUNDS]);
    assert_eq!(results(&store, exit), [ANSWER]);
    store.thread_directly();
    let module = store.instance(0).unwrap().module();
    let [caller, callee] = [0, 1].map(|func| module.func(func).code_word as usize);
    let mut code = wrt_format::isa::instructions_le(&module.code()[caller..callee]);
    let call = code.find(|&(_, op, _)| op == Some(Op::CallTiny)).unwrap().0;
    assert_eq!(store.noted(0, caller + call + 1), Some(callee));
}

#[cfg(all(wrt_direct, not(debug_assertions)))]
#[test]
fn labels_have_their_places_noted() {
    let mut asm = Asm::new(8, 1);
    asm.op(Op::Mov, &[5, 0]);
    let head = asm.block(2);
    // Word, and the place behind the block that the label there leads to.
    let mut expected = Vec::new();
    for (op, operands) in [
        (Op::BrZShort, &[5][..]),
        (Op::BrZ, &[5]),
        (Op::BrI32LtUImm, &[5, 0]),
    ] {
        expected.push((asm.code.len() + 1, head + 1));
        asm.back(op, operands, head);
        asm.block(1);
    }
    let ways = [asm.code.len() - 1, head];
    for op in [Op::BrTableShort, Op::BrTable] {
        let (at, own) = (asm.code.len(), usize::from(op.info().words));
        let width = wrt_format::isa::label_words(wrt_format::isa::table_of(op).unwrap().place);
        asm.op(op, &[5, 1]);
        for (i, way) in ways.into_iter().enumerate() {
            let label = way as i32 - at as i32;
            asm.code
                .extend(&wrt_format::isa::table_label(label)[..width]);
            expected.push((at + own + i * width, way + 1));
        }
        asm.block(1);
    }
    expected.push((asm.code.len() + 1, head + 1));
    asm.back(Op::Br, &[], head);
    let module = load(ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0)],
        ..ModuleSpec::default()
    });
    let mut store = store(100);
    store.threading = Threading::Direct;
    store.add_instance(module, Imports::default()).unwrap();
    // Round and round, until the fuel is used up.
    store.fuel = 100;
    start(&mut store, 0, func_ref(0, 0), &[0]).unwrap();
    run_on(&mut store, preferred()).unwrap();
    let first = module.func(0).code_word as usize;
    for (word, place) in expected {
        assert_eq!(store.noted(0, first + word), Some(first + place), "{word}");
    }
}

#[test]
fn another_instance_of_a_module_verifies_for_itself() {
    let module = load(program());
    let mut store = store(100);
    store.threading = Threading::Direct;
    for instance in 0..2 {
        store.add_instance(module, Imports::default()).unwrap();
        store.fuel = i64::MAX;
        start(&mut store, instance, func_ref(instance, 0), &[ROUNDS]).unwrap();
        let exit = run_on(&mut store, preferred()).unwrap();
        assert_eq!(results(&store, exit), [ANSWER]);
        assert_eq!(store.counters.verified_funcs, u64::from(instance + 1) * 2);
    }
}

#[test]
fn without_room_a_module_goes_without() {
    let module = load(program());
    let needed = |threading| {
        let mut store = store(100);
        store.threading = threading;
        store.add_instance(module, Imports::default()).unwrap();
        store.arena().used_bytes()
    };
    let (least, most) = (needed(Threading::ByOpcode), needed(Threading::Direct));
    assert_eq!(most > least, IS_THERE);
    for budget in (least..most).step_by(16).chain([most]) {
        let mut store = Store::new(Arena::heap(budget), 100, None).unwrap();
        store.threading = Threading::Direct;
        store.add_instance(module, Imports::default()).unwrap();
        let used = store.arena().used_bytes();
        assert!(budget > least || used == least);
        assert!(budget < most || used == most);
        store.fuel = i64::MAX;
        begin(&mut store, 0, &[ROUNDS]);
        let exit = run_on(&mut store, preferred()).unwrap();
        assert_eq!(results(&store, exit), [ANSWER], "{budget} bytes");
    }
}
