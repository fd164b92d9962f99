//! Fuel: exact, and pausing anywhere changes nothing.
#![cfg(not(feature = "no-fuel"))]

use wrt_format::isa::{Op, is_fuel};

use super::*;

/// A loop with an inner branch, a call, memory and a fall-through into a block that costs more than one word can say: function 0 of one
/// argument.
fn program() -> ModuleSpec {
    let mut leaf = Asm::new(3, 2);
    leaf.op(Op::BrI64LtUImm, &[0, 5, 9]);
    leaf.block(1);
    leaf.op(Op::I64MulImm, &[0, 0, 3]);
    leaf.block(3);
    leaf.op(Op::Ret1, &[0]);
    let mut asm = Asm::new(10, 2);
    asm.op(Op::ConstU32, &[1, 0]).op(Op::ConstU32, &[2, 64]);
    let head = asm.block(109);
    asm.op(Op::Mov, &[5, 0])
        .op(Op::CallTiny, &[5, 3, 1])
        .op(Op::I64Add, &[1, 1, 3]);
    asm.op(Op::ConstU32, &[4, 100])
        .op(Op::ConstU32, &[6, 300])
        .op(Op::MemoryFill, &[4, 1, 6, 0]);
    asm.op(Op::Load8U, &[4, 2, 200]).op(Op::I64Add, &[1, 1, 4]);
    asm.back(Op::BrI64AddNz, &[0, 0, -1], head);
    asm.block(1);
    asm.op(Op::Ret1, &[1]);
    ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0), leaf.func(0)],
        memories: std::vec![memory_type(1, None)],
        ..ModuleSpec::default()
    }
}

/// The cost of `program` with argument `n`: per round 109, the fill of 300 bytes, and the leaf.
fn cost(n: i64) -> i64 {
    2 + 1
        + (1..=n)
            .map(|i| 109 + 300_i64.div_euclid(64) + 1 + 2 + 3 + i64::from(i >= 5))
            .sum::<i64>()
}

fn answer() -> u64 {
    let mut store = alone(program());
    let exit = call_on(&mut store, Core::Loop, 0, &[12]);
    assert_eq!(i64::MAX - store.fuel, cost(12));
    results(&store, exit)[0]
}

#[test]
fn pausing_at_every_block_changes_nothing() {
    let answer = answer();
    for core in cores() {
        for step in [1, 2, 3, 7, 10, 50] {
            let mut store = alone(program());
            store.fuel = 0;
            begin(&mut store, 0, &[12]);
            let mut total = 0;
            let exit = loop {
                let exit = run_on(&mut store, core).unwrap();
                if exit != Exit::OutOfFuel {
                    break exit;
                }
                store.fuel += step;
                total += step;
            };
            assert_eq!(results(&store, exit), [answer], "step {step}");
            assert_eq!(total - store.fuel, cost(12), "step {step}");
            assert!(store.counters.pauses as i64 >= cost(12) / step);
        }
    }
}

#[test]
fn just_enough_fuel_is_enough() {
    let answer = answer();
    for core in cores() {
        let mut store = alone(program());
        store.fuel = cost(12);
        let exit = call_on(&mut store, core, 0, &[12]);
        assert_eq!((results(&store, exit), store.fuel), (std::vec![answer], 0));
        let mut store = alone(program());
        store.fuel = cost(12) - 1;
        assert_eq!(call_on(&mut store, core, 0, &[12]), Exit::OutOfFuel);
        // The last block is the one that is missing; its `fuel` is where the machine stands.
        let frame = frames(&store).next().unwrap();
        assert_eq!((store.fuel, frame.func), (0, 0));
        let module = store.instance(0).unwrap().module();
        let word = module.code()[(module.func(0).code_word + frame.word) as usize];
        assert!(is_fuel(u16::from_le(word)));
        store.fuel = 1;
        let exit = run_on(&mut store, core).unwrap();
        assert_eq!(results(&store, exit), [answer]);
    }
}

#[test]
fn a_slice_yields_without_spending_more() {
    let answer = answer();
    for core in cores() {
        // 1 is less than any block costs.
        for slice in [1, 5, 20] {
            let mut store = alone(program());
            store.slice = Some(slice);
            begin(&mut store, 0, &[12]);
            let mut yields = 0;
            let exit = loop {
                let exit = run_on(&mut store, core).unwrap();
                if exit != Exit::Yield {
                    break exit;
                }
                yields += 1;
            };
            assert_eq!(results(&store, exit), [answer]);
            assert_eq!(i64::MAX - store.fuel, cost(12));
            assert!(yields > 5, "{yields}");
        }
    }
}

#[test]
fn a_run_that_has_not_begun_can_wait_for_fuel() {
    for core in cores() {
        let mut store = alone(program());
        store.fuel = 1;
        assert_eq!(call_on(&mut store, core, 0, &[1]), Exit::OutOfFuel);
        assert_eq!((store.fuel, frames(&store).count()), (1, 0));
        assert_eq!(
            start(&mut store, 0, func_ref(0, 0), &[1]),
            Err(Refused::Status)
        );
        store.fuel = 1000;
        assert!(matches!(run_on(&mut store, core), Ok(Exit::Done)));
        assert_eq!(run_on(&mut store, core), Err(Refused::Status));
    }
}

/// The argument of a call is stepped where it is read: a pause at the call must not step it twice.
#[test]
fn a_call_that_pauses_has_not_touched_its_argument() {
    let mut leaf = Asm::new(2, 5);
    leaf.op(Op::I64AddImm, &[0, 0, 100]).op(Op::Ret1, &[0]);
    let mut asm = Asm::new(6, 1);
    asm.op(Op::Mov, &[3, 0])
        .op(Op::I32AddImmThenCall, &[3, 1, 3, 3, 7, 1]);
    asm.op(Op::I64Add, &[0, 0, 1])
        .op(Op::MovThenCall, &[3, 1, 3, 0, 1]);
    asm.op(Op::Ret1, &[1]);
    let module = ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0), leaf.func(0)],
        ..ModuleSpec::default()
    };
    for core in cores() {
        let mut store = alone(module.clone());
        // The first call of the leaf takes the slow path, in every other run the handler's.
        for step in [100, 1, 1] {
            store.fuel = 0;
            begin(&mut store, 0, &[5]);
            let exit = loop {
                let exit = run_on(&mut store, core).unwrap();
                if exit != Exit::OutOfFuel {
                    break exit;
                }
                store.fuel += step;
            };
            assert_eq!(results(&store, exit), [217]);
        }
        let mut store = alone(module.clone());
        store.fuel = 0;
        begin(&mut store, 0, &[5]);
        let exit = loop {
            let exit = run_on(&mut store, core).unwrap();
            if exit != Exit::OutOfFuel {
                break exit;
            }
            store.fuel += 1;
        };
        assert_eq!(results(&store, exit), [217]);
    }
}
