//! Calls, returns and tail calls, inside an instance and between instances.

use wrt_format::image::write::{ConstExpr, ExternSpec, ImportSpec, TableSpec};
use wrt_format::isa::{Op, Role};
use wrt_format::trap::Trap;

use super::*;

/// An import of a function of module type `ty`.
pub(super) fn import(ty: u32) -> ImportSpec {
    ImportSpec {
        module: "m".into(),
        name: "f".into(),
        ty: ExternSpec::Func(ty),
    }
}

/// `fib(n)`, both ways of the branch and recursion.
fn fib(call: Op) -> ModuleSpec {
    let words = 2 * i64::from(call.info().words);
    let mut asm = Asm::new(8, 3);
    if call == Op::I32AddImmThenCall {
        asm.op(Op::BrI64LtSImm, &[0, 2, 14 + words]);
        asm.block(7);
        // The argument is put where it is read.
        asm.op(Op::Mov, &[4, 0]).op(call, &[4, 1, 4, 4, -1, 0]);
        asm.op(call, &[4, 2, 4, 0, -2, 0]);
    } else if call == Op::MovThenCall {
        asm.op(Op::BrI64LtSImm, &[0, 2, 19 + words]);
        asm.block(7);
        asm.op(Op::I64AddImm, &[3, 0, -1])
            .op(call, &[5, 1, 5, 3, 0]);
        asm.op(Op::I64AddImm, &[3, 0, -2])
            .op(call, &[5, 2, 5, 3, 0]);
    } else {
        asm.op(Op::BrI64LtSImm, &[0, 2, 19 + words]);
        asm.block(7);
        asm.op(Op::I64AddImm, &[4, 0, -1]).op(call, &[4, 1, 0]);
        asm.op(Op::I64AddImm, &[4, 0, -2]).op(call, &[4, 2, 0]);
    }
    asm.op(Op::I64Add, &[0, 1, 2]).op(Op::Ret1, &[0]);
    asm.block(1);
    asm.op(Op::Ret1, &[0]);
    ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0)],
        ..ModuleSpec::default()
    }
}

#[test]
fn recursion() {
    for call in [
        Op::Call,
        Op::CallShort,
        Op::CallTiny,
        Op::MovThenCall,
        Op::I32AddImmThenCall,
    ] {
        let mut store = alone(fib(call));
        for core in cores() {
            let before = store.fuel;
            let exit = call_on(&mut store, core, 0, &[15]);
            assert_eq!(results(&store, exit), [610]);
            // 1973 calls, 987 of which end the recursion.
            if cfg!(not(feature = "no-fuel")) {
                assert_eq!(before - store.fuel, 1973 * 3 + 986 * 7 + 987);
            }
        }
        assert_eq!(store.counters.verified_funcs, 1);
    }
}

#[test]
fn endless_recursion_overflows_the_stack() {
    let mut asm = Asm::new(5, 1);
    asm.op(Op::I64AddImm, &[2, 0, 1])
        .op(Op::CallTiny, &[2, 0, 0])
        .op(Op::Ret1, &[0]);
    let module = ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0)],
        ..ModuleSpec::default()
    };
    let mut store = alone(module);
    for core in cores() {
        assert_eq!(
            call_on(&mut store, core, 0, &[0]),
            Exit::Trap(Trap::StackOverflow)
        );
        // The last frame that fits: 5 slots of record, then 2 for each frame but the last, which has 5.
        assert_eq!(frames(&store).count(), 496);
        let innermost = frames(&store).next().unwrap();
        assert_eq!((innermost.word, innermost.fp), (6, 5 + 2 * 495));
        assert_eq!(store.stack()[innermost.fp as usize], 495);
        drop_activation(&mut store);
        assert_eq!(frames(&store).count(), 0);
    }
    assert_eq!(store.stack_mark(), 1000);
}

#[test]
fn the_stack_mark_follows_the_deepest_frame() {
    let mut store = alone(fib(Op::CallTiny));
    let exit = call_on(&mut store, cores()[0], 0, &[2]);
    results(&store, exit);
    assert_eq!(store.stack_mark(), 32);
    let exit = call_on(&mut store, cores()[0], 0, &[15]);
    results(&store, exit);
    // 14 frames of 4 slots below the last, on top of the record.
    assert_eq!(
        store.stack_mark(),
        (5 + 14 * 4 + 8_usize).next_multiple_of(32)
    );
}

/// `sum(n, acc)`: tail calls itself; `many` passes six arguments on, rotated.
#[test]
fn tail_calls_use_no_stack() {
    for op in [Op::ReturnCall, Op::ReturnCallShort] {
        tail_calls(op);
    }
}

fn tail_calls(call: Op) {
    let words = i64::from(call.info().words);
    let mut sum = Asm::new(6, 2);
    sum.op(Op::Br64Z, &[0, 15 + words]);
    sum.block(4);
    sum.op(Op::I64AddImm, &[3, 0, -1])
        .op(Op::I64Add, &[4, 1, 0])
        .op(call, &[3, 0]);
    sum.op(Op::Fuel, &[1]).op(Op::Trap, &[0]);
    sum.block(1);
    sum.op(Op::Ret1, &[1]);
    let mut many = Asm::new(14, 2);
    many.op(Op::Br64Z, &[0, 29 + words]);
    many.block(8);
    many.op(Op::I64AddImm, &[8, 0, -1]);
    for i in 1..6 {
        many.op(Op::Mov, &[8 + i, if i == 5 { 1 } else { i + 1 }]);
    }
    many.op(call, &[8, 1]);
    many.op(Op::Fuel, &[1])
        .op(Op::Trap, &[0])
        .op(Op::Fuel, &[1])
        .op(Op::Trap, &[0]);
    many.block(1);
    many.op(Op::Ret1, &[1]);
    let module = ModuleSpec {
        types: std::vec![longs(2, 1), longs(6, 1)],
        funcs: std::vec![sum.func(0), many.func(1)],
        ..ModuleSpec::default()
    };
    let mut store = alone(module);
    for core in cores() {
        let exit = call_on(&mut store, core, 0, &[100_000, 0]);
        assert_eq!(results(&store, exit), [5_000_050_000]);
        let exit = call_on(&mut store, core, 1, &[7, 11, 12, 13, 14, 15]);
        assert_eq!(results(&store, exit), [13]);
    }
    assert_eq!(store.stack_mark(), 32);
}

#[test]
fn returning_several_values_into_overlapping_slots() {
    // Function `n` returns slots 1.. (its arguments from the second on), into slots that overlap where they are.
    for n in 2..6_usize {
        let mut callee = Asm::new(8, 1);
        callee.op(Op::RetN, &[1, n as i64]);
        let mut caller = Asm::new(20, 1);
        for i in 0..=n as i64 {
            caller.op(Op::ConstU32, &[8 + i, 100 + i]);
        }
        caller
            .op(Op::CallTiny, &[8, 10, 1])
            .op(Op::RetN, &[10, n as i64]);
        let module = ModuleSpec {
            types: std::vec![longs(0, n), longs(n + 1, n)],
            funcs: std::vec![caller.func(0), callee.func(1)],
            ..ModuleSpec::default()
        };
        let mut store = alone(module);
        for core in cores() {
            let exit = call_on(&mut store, core, 0, &[]);
            let expected: Vec<u64> = (1..=n as u64).map(|i| 100 + i).collect();
            assert_eq!(results(&store, exit), expected);
        }
    }
}

#[test]
fn returning_nothing() {
    let mut callee = Asm::new(1, 1);
    callee.op(Op::Ret, &[]);
    let mut caller = Asm::new(3, 1);
    caller.op(Op::CallTiny, &[2, 0, 1]).op(Op::Ret1, &[0]);
    let module = ModuleSpec {
        types: std::vec![longs(1, 1), longs(0, 0)],
        funcs: std::vec![caller.func(0), callee.func(1)],
        ..ModuleSpec::default()
    };
    let mut store = alone(module);
    for core in cores() {
        let exit = call_on(&mut store, core, 0, &[5]);
        assert_eq!(results(&store, exit), [5]);
    }
}

/// Instructions that call through table 0.
pub(super) const THROUGH_ZERO: [Op; 8] = [
    Op::CallIndirectZero,
    Op::CallIndirectZeroShort,
    Op::CallIndirectZeroAccIndex,
    Op::CallIndirectZeroAccIndexShort,
    Op::MovThenCallIndirectZero,
    Op::MovThenCallIndirectZeroAccIndex,
    Op::ConstThenCallIndirectZero,
    Op::ConstThenCallIndirectZeroAccIndex,
];

/// Appends a call through table 0, element slot 0, with one argument, slot 1, which is `argument`; the result is in slot 1 then. Those that
/// put the argument in place have it where the index is.
pub(super) fn through_zero(asm: &mut Asm, op: Op, argument: i64, type_idx: i64) {
    let fields = op.info().fields;
    let puts = fields.iter().any(|field| field.name == "to");
    let accumulated = fields.iter().any(|field| field.role == Role::Acc);
    if !puts {
        asm.op(Op::Mov, &[2, 1]);
    }
    let index = match (puts, accumulated) {
        (true, _) => 2,
        (false, true) => 3,
        (false, false) => 0,
    };
    if index != 0 {
        asm.op(Op::Mov, &[index, 0]);
    }
    let operands = fields.iter().map(|field| match field.name {
        "base" | "to" => 2,
        "dst" | "src" => 1,
        "imm" => argument,
        "index" => index,
        "type_idx" => type_idx,
        "wide" => 0,
        name => panic!("{name}"),
    });
    asm.op(op, &operands.collect::<Vec<_>>());
}

/// Calls through a table: function 0 calls element `index` with one argument, by call or by tail call (function 1).
fn indirect(op: Op) -> ModuleSpec {
    let mut call = Asm::new(4, 1);
    if matches!(op, Op::CallIndirect | Op::CallIndirectShort) {
        call.op(Op::Mov, &[2, 1]).op(op, &[2, 1, 0, 0, 1]);
    } else {
        through_zero(&mut call, op, 21, 1);
    }
    call.op(Op::Ret1, &[1]);
    let mut tail = Asm::new(4, 1);
    tail.op(Op::Mov, &[2, 1])
        .op(Op::ReturnCallIndirect, &[2, 0, 0, 1]);
    let mut double = Asm::new(1, 1);
    double.op(Op::I64Add, &[0, 0, 0]).op(Op::Ret1, &[0]);
    let mut other = Asm::new(1, 1);
    other.op(Op::Ret1, &[0]);
    ModuleSpec {
        types: std::vec![longs(2, 1), longs(1, 1), longs(0, 1)],
        funcs: std::vec![call.func(0), tail.func(0), double.func(1), other.func(2)],
        tables: std::vec![TableSpec {
            ty: table_type(6, None),
            init: None
        }],
        ..ModuleSpec::default()
    }
}

#[test]
fn indirect_calls_trap_in_the_order_of_the_spec() {
    for op in [Op::CallIndirect, Op::CallIndirectShort]
        .into_iter()
        .chain(THROUGH_ZERO)
    {
        indirect_calls(op);
    }
}

fn indirect_calls(op: Op) {
    let mut store = alone(indirect(op));
    // Another instance of the same module, and bits that are no reference.
    store
        .add_instance(load(indirect(op)), Imports::default())
        .unwrap();
    let host_type = store.intern_type(&[val::I32], &[]).unwrap();
    let host = store.add_host(host_type).unwrap();
    let elems = [
        func_ref(0, 2),
        0,
        func_ref(0, 3),
        func_ref(1, 2),
        func_ref(7, 0),
        crate::raw::instance::host_ref(host),
    ];
    store
        .table_mut(0)
        .unwrap()
        .elems_mut()
        .copy_from_slice(&elems);
    for core in cores() {
        for func in [0, 1] {
            for (index, trap) in [
                (1, Trap::UninitializedElement),
                (2, Trap::IndirectCallTypeMismatch),
                (4, Trap::InvalidReference),
                (5, Trap::IndirectCallTypeMismatch),
                (6, Trap::UndefinedElement),
                (u64::from(u32::MAX), Trap::UndefinedElement),
            ] {
                assert_eq!(
                    call_on(&mut store, core, func, &[index, 21]),
                    Exit::Trap(trap),
                    "element {index}"
                );
                drop_activation(&mut store);
            }
            // The upper half of an i32 does not count.
            for index in [0, 3, 1 << 40, (1 << 40) + 3] {
                let exit = call_on(&mut store, core, func, &[index, 21]);
                assert_eq!(results(&store, exit), [42], "element {index}");
            }
        }
    }
}

/// A chain of instances, each calling the one before with its argument and one more, by calls and by tail calls.
#[test]
fn calls_between_instances() {
    let mut leaf = Asm::new(3, 1);
    leaf.op(Op::I64MulImm, &[2, 0, 10])
        .op(Op::Mov, &[1, 0])
        .op(Op::RetN, &[1, 2]);
    let leaf = ModuleSpec {
        types: std::vec![longs(1, 2)],
        funcs: std::vec![leaf.func(0)],
        ..ModuleSpec::default()
    };
    // Function 1 calls the import; function 2 calls function 1; function 3 tail calls the import; function 4 calls function 3.
    let mut call = Asm::new(6, 2);
    call.op(Op::I64AddImm, &[3, 0, 1])
        .op(Op::CallImportShort, &[3, 0, 0])
        .op(Op::I64AddImm, &[0, 0, 1]);
    call.op(Op::RetN, &[0, 2]);
    let mut outer = Asm::new(6, 2);
    outer
        .op(Op::Mov, &[4, 0])
        .op(Op::CallTiny, &[4, 1, 0])
        .op(Op::RetN, &[1, 2]);
    let mut tail = Asm::new(6, 2);
    tail.op(Op::I64AddImm, &[3, 0, 1])
        .op(Op::ReturnCallImport, &[3, 0]);
    let mut around = Asm::new(6, 2);
    around
        .op(Op::Mov, &[4, 0])
        .op(Op::CallTiny, &[4, 1, 2])
        .op(Op::I64AddImm, &[1, 1, 100])
        .op(Op::RetN, &[1, 2]);
    let middle = ModuleSpec {
        types: std::vec![longs(1, 2)],
        imports: std::vec![import(0)],
        funcs: std::vec![call.func(0), outer.func(0), tail.func(0), around.func(0)],
        ..ModuleSpec::default()
    };
    for core in cores() {
        let mut store = store(1000);
        store
            .add_instance(load(leaf.clone()), Imports::default())
            .unwrap();
        for instance in 0..6 {
            // Odd instances are called by their `outer`, even ones by their `around`.
            let func = if instance == 0 {
                0
            } else {
                2 + 2 * (instance % 2)
            };
            let imports = Imports {
                funcs: &[func_ref(instance, func)],
                ..Imports::default()
            };
            store.add_instance(load(middle.clone()), imports).unwrap();
        }
        let run = |store: &mut Store<'_>, instance, func| {
            start(store, 0, func_ref(instance, func), &[5]).unwrap();
            let exit = run_on(store, core).unwrap();
            results(store, exit)
        };
        assert_eq!(run(&mut store, 1, 1), [6 + 1, 60]);
        assert_eq!(run(&mut store, 1, 2), [6 + 1, 60]);
        assert_eq!(run(&mut store, 1, 3), [6, 60]);
        assert_eq!(run(&mut store, 1, 4), [6 + 100, 60]);
        // Instance 6 calls 5's `around`, that 4's `outer` ...: +1 on the way down everywhere, +1 or +100 on the way back.
        assert_eq!(run(&mut store, 6, 1), [5 + 6 + 1 + 3 * 100 + 2, 110]);
        assert_eq!(run(&mut store, 6, 3), [5 + 6 + 3 * 100 + 2, 110]);
        assert!(store.counters.cross_calls >= 6 * 2);
    }
}

/// Two instances that tail call each other for a long time, first entered by a plain call: one leave frame is enough.
#[test]
fn tail_calls_between_instances_use_no_stack() {
    let mut ping = Asm::new(6, 2);
    ping.op(Op::Br64Z, &[0, 17]);
    ping.block(2);
    ping.op(Op::I64AddImm, &[3, 0, -1])
        .op(Op::ReturnCallIndirect, &[3, 1, 0, 0]);
    ping.op(Op::Fuel, &[1]).op(Op::Trap, &[0]);
    ping.block(1);
    ping.op(Op::Ret1, &[1]);
    // Function 1 enters by a plain call, with the index of the other instance's function.
    let mut enter = Asm::new(6, 2);
    enter
        .op(Op::Mov2, &[3, 0, 4, 1])
        .op(Op::CallTiny, &[3, 0, 0])
        .op(Op::Ret1, &[0]);
    let module = ModuleSpec {
        types: std::vec![longs(2, 1)],
        funcs: std::vec![ping.func(0), enter.func(0)],
        tables: std::vec![TableSpec {
            ty: table_type(1, None),
            init: Some(ConstExpr::constant(0))
        }],
        ..ModuleSpec::default()
    };
    for core in cores() {
        let mut store = store(64);
        for other in [1, 0] {
            let instance = store
                .add_instance(load(module.clone()), Imports::default())
                .unwrap();
            store.table_mut(instance).unwrap().elems_mut()[0] = func_ref(other, 0);
        }
        let exit = call_on(&mut store, core, 1, &[10_001, 0]);
        assert_eq!(results(&store, exit), [0]);
        assert_eq!(store.counters.cross_calls, 10_001);
        let exit = call_on(&mut store, core, 0, &[9_999, 0]);
        assert_eq!(results(&store, exit), [0]);
    }
}

#[test]
fn a_body_that_breaks_a_rule_traps_on_its_first_call() {
    let mut module = fib(Op::CallTiny);
    // A slot beyond the frame.
    let mut bad = Asm::new(2, 1);
    bad.op(Op::Ret1, &[7]);
    let mut caller = Asm::new(4, 1);
    caller.op(Op::CallTiny, &[2, 1, 1]).op(Op::Ret1, &[1]);
    module.funcs.extend([bad.func(0), caller.func(0)]);
    let mut store = alone(module);
    for core in cores() {
        assert_eq!(
            call_on(&mut store, core, 2, &[0]),
            Exit::Trap(Trap::InvalidCode)
        );
        assert_eq!(frames(&store).next().map(|frame| frame.func), Some(2));
        drop_activation(&mut store);
        assert_eq!(
            call_on(&mut store, core, 1, &[0]),
            Exit::Trap(Trap::InvalidCode)
        );
        drop_activation(&mut store);
        let exit = call_on(&mut store, core, 0, &[3]);
        assert_eq!(results(&store, exit), [2]);
    }
    assert!(store.verify_all(0).is_err());
}

#[cfg(all(any(wrt_tail6, wrt_tail4), not(debug_assertions), feature = "std"))]
#[test]
fn ten_million_instructions_on_a_small_host_stack() {
    let run = || {
        let mut asm = Asm::new(3, 1);
        let head = asm.block(4);
        asm.op(Op::I64Add, &[1, 1, 0])
            .op(Op::I64Xor, &[2, 2, 1])
            .op(Op::I64AddImm, &[2, 2, 3]);
        asm.back(Op::BrI64AddNz, &[0, 0, -1], head);
        asm.block(1);
        asm.op(Op::Ret1, &[1]);
        let module = ModuleSpec {
            types: std::vec![longs(1, 1)],
            funcs: std::vec![asm.func(0)],
            ..ModuleSpec::default()
        };
        let mut store = alone(module);
        let exit = call_on(&mut store, Core::Tail, 0, &[2_500_000]);
        results(&store, exit)[0]
    };
    let thread = std::thread::Builder::new()
        .stack_size(64 << 10)
        .spawn(run)
        .unwrap();
    assert_eq!(thread.join().unwrap(), 2_500_000 * 2_500_001 / 2);
    assert_eq!(preferred(), Core::Tail);
}

/// Function 0 calls function 1, which calls function 2 and then goes on with it in its own place. That counts its argument down, each round a block, and
/// returns what it was.
fn callee_in_place_of_its_caller() -> ModuleSpec {
    let mut last = Asm::new(3, 2);
    last.op(Op::Mov, &[1, 0]);
    let head = last.block(1);
    last.back(Op::BrI64AddNz, &[0, 0, -1], head);
    last.block(1);
    last.op(Op::Ret1, &[1]);
    let mut middle = Asm::new(8, 2);
    middle
        .op(Op::Mov, &[4, 0])
        .op(Op::CallTiny, &[4, 2, 2])
        .op(Op::I64Add, &[4, 2, 0])
        .op(Op::ReturnCall, &[4, 2]);
    let mut asm = Asm::new(8, 2);
    asm.op(Op::Mov, &[5, 0])
        .op(Op::CallTiny, &[5, 3, 1])
        .op(Op::I64MulImm, &[3, 3, 10])
        .op(Op::Ret1, &[3]);
    ModuleSpec {
        types: std::vec![longs(1, 1)],
        funcs: std::vec![asm.func(0), middle.func(0), last.func(0)],
        ..ModuleSpec::default()
    }
}

#[test]
fn a_function_returns_to_whoever_called_what_it_took_the_place_of() {
    for core in cores() {
        let mut store = alone(callee_in_place_of_its_caller());
        let exit = call_on(&mut store, core, 0, &[6]);
        assert_eq!(results(&store, exit), [120], "{core:?}");
        // Called by the host.
        let exit = call_on(&mut store, core, 2, &[6]);
        assert_eq!(results(&store, exit), [6], "{core:?}");
    }
}

#[cfg(not(feature = "no-fuel"))]
#[test]
fn a_function_returns_after_any_pause() {
    for core in cores() {
        let mut store = alone(callee_in_place_of_its_caller());
        store.fuel = 0;
        begin(&mut store, 0, &[6]);
        let exit = loop {
            let exit = run_on(&mut store, core).unwrap();
            if exit != Exit::OutOfFuel {
                break exit;
            }
            store.fuel += 2;
        };
        assert_eq!(results(&store, exit), [120], "{core:?}");
        assert!(store.counters.pauses > 8, "{}", store.counters.pauses);
    }
}
