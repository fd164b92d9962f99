//! Host calls: leaving the machine, answering, nesting.

use wrt_format::image::write::{ExternSpec, ImportSpec};
use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::*;
use crate::raw::instance::host_ref;
use crate::raw::store::Status;

/// Imports `host(a, b) -> (x, y)`. Function 1 calls it with its arguments and gives the sum of the results; function 2 tail calls it;
/// function 3 calls 2 and gives the difference of the results.
fn module() -> ModuleSpec {
    let mut call = Asm::new(8, 1);
    call.op(Op::Mov2, &[4, 0, 5, 1])
        .op(Op::CallImportShort, &[4, 2, 0])
        .op(Op::I64Add, &[0, 2, 3])
        .op(Op::Ret1, &[0]);
    let mut tail = Asm::new(8, 1);
    tail.op(Op::Mov2, &[4, 0, 5, 1])
        .op(Op::ReturnCallImport, &[4, 0]);
    let mut around = Asm::new(8, 1);
    around
        .op(Op::Mov2, &[4, 0, 5, 1])
        .op(Op::CallTiny, &[4, 2, 1])
        .op(Op::I64Sub, &[0, 2, 3])
        .op(Op::Ret1, &[0]);
    ModuleSpec {
        types: std::vec![longs(2, 2), longs(2, 1)],
        imports: std::vec![ImportSpec {
            module: "m".into(),
            name: "f".into(),
            ty: ExternSpec::Func(0)
        }],
        funcs: std::vec![call.func(1), tail.func(0), around.func(1)],
        ..ModuleSpec::default()
    }
}

fn host_store() -> Store<'static> {
    let mut store = store(200);
    let ty = store.intern_type(&[val::I64; 2], &[val::I64; 2]).unwrap();
    let host = store.add_host(ty).unwrap();
    let funcs = [host_ref(host)];
    store
        .add_instance(
            load(module()),
            Imports {
                funcs: &funcs,
                ..Imports::default()
            },
        )
        .unwrap();
    store
}

/// Arguments of the pending host call.
fn arguments(store: &Store<'_>) -> Vec<u64> {
    let call = pending_host_call(store).unwrap();
    assert_eq!((call.host, call.instance), (0, 0));
    store.stack()[call.first..call.first + call.count].to_vec()
}

#[test]
fn a_host_call_leaves_the_machine_and_comes_back() {
    for core in cores() {
        let mut store = host_store();
        for (func, expected) in [
            (1, std::vec![30]),
            (2, std::vec![50, u64::MAX - 19]),
            (3, std::vec![70]),
        ] {
            assert_eq!(call_on(&mut store, core, func, &[7, 8]), Exit::HostCall);
            assert_eq!(arguments(&store), [7, 8]);
            assert_eq!(run_on(&mut store, core), Err(Refused::Status));
            assert_eq!(finish_host_call(&mut store, &[1]), Err(Refused::Arity));
            assert_eq!(
                frames(&store).count(),
                usize::from(func != 2),
                "function {func}"
            );
            finish_host_call(&mut store, &[50, 20_u64.wrapping_neg()]).unwrap();
            let exit = run_on(&mut store, core).unwrap();
            assert_eq!(results(&store, exit), expected, "function {func}");
        }
        assert_eq!(store.counters.host_calls, 3);
        assert_eq!(store.run.status, Status::Idle);
    }
}

#[test]
fn a_host_function_can_be_called_directly() {
    for core in cores() {
        let mut store = host_store();
        start(&mut store, 0, host_ref(0), &[1, 2]).unwrap();
        assert_eq!(arguments(&store), [1, 2]);
        finish_host_call(&mut store, &[3, 4]).unwrap();
        let exit = run_on(&mut store, core).unwrap();
        assert_eq!(results(&store, exit), [3, 4]);
    }
}

/// While a host call is pending the host runs the same guest again, three deep, and only then answers.
#[test]
fn activations_nest() {
    for core in cores() {
        let mut store = host_store();
        for depth in 0..4 {
            assert_eq!(
                call_on(
                    &mut store,
                    core,
                    if depth % 2 == 0 { 1 } else { 3 },
                    &[depth, 100 + depth]
                ),
                Exit::HostCall
            );
            assert_eq!(arguments(&store), [depth, 100 + depth]);
        }
        assert_eq!(
            frames(&store).map(|frame| frame.func).collect::<Vec<_>>(),
            [2, 0, 2, 0]
        );
        for depth in (0..4).rev() {
            assert_eq!(arguments(&store), [depth, 100 + depth]);
            finish_host_call(&mut store, &[10 * depth, 1]).unwrap();
            let exit = run_on(&mut store, core).unwrap();
            let sum = if depth % 2 == 0 {
                10 * depth + 1
            } else {
                10 * depth - 1
            };
            assert_eq!(results(&store, exit), [sum]);
        }
        assert_eq!(store.run.status, Status::Idle);
    }
}

#[test]
fn a_nested_trap_ends_only_the_inner_activation() {
    for core in cores() {
        let mut store = host_store();
        assert_eq!(call_on(&mut store, core, 1, &[7, 8]), Exit::HostCall);
        assert_eq!(call_on(&mut store, core, 1, &[9, 9]), Exit::HostCall);
        trap_host_call(&mut store).unwrap();
        assert_eq!(frames(&store).count(), 2);
        drop_activation(&mut store);
        assert_eq!(arguments(&store), [7, 8]);
        finish_host_call(&mut store, &[1, 2]).unwrap();
        let exit = run_on(&mut store, core).unwrap();
        assert_eq!(results(&store, exit), [3]);
        assert_eq!(trap_host_call(&mut store), Err(Refused::Status));
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let mut store = host_store();
    let refused = loop {
        if let Err(refused) = start(&mut store, 0, func_ref(0, 1), &[1, 2]) {
            break refused;
        }
        let exit = run_on(&mut store, Core::Loop).unwrap();
        if exit != Exit::HostCall {
            assert_eq!(exit, Exit::Trap(Trap::StackOverflow));
            return;
        }
    };
    assert_eq!(refused, Refused::Stack);
}

#[test]
fn what_cannot_be_started_is_refused() {
    let mut store = host_store();
    for (reference, args, refused) in [
        (func_ref(0, 1), &[1][..], Refused::Arity),
        (func_ref(0, 0), &[1, 2], Refused::NoFunction),
        (func_ref(0, 9), &[], Refused::NoFunction),
        (func_ref(3, 0), &[], Refused::NoFunction),
        (host_ref(5), &[], Refused::NoFunction),
        (0, &[], Refused::NoFunction),
    ] {
        assert_eq!(
            start(&mut store, 0, reference, args),
            Err(refused),
            "{reference:x}"
        );
    }
    assert_eq!(store.run.status, Status::Idle);
}
