//! Host calls: leaving the machine, answering, nesting.

use wrt_format::image::write::{ExternSpec, ImportSpec};
use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::*;
use crate::exec::serving::Answers;
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

/// Answers with difference and sum of the arguments, so many times.
struct Differences {
    times: u32,
    seen: Vec<[u64; 2]>,
}

impl Answers for Differences {
    fn answer(&mut self, host: u32, stack: &mut [u64], args: usize, results: usize) -> bool {
        assert_eq!(host, 0);
        let given = [stack[args], stack[args + 1]];
        self.seen.push(given);
        if self.times == 0 {
            return false;
        }
        self.times -= 1;
        let [a, b] = given;
        (stack[results], stack[results + 1]) = (a.wrapping_sub(b), a.wrapping_add(b));
        true
    }
}

/// A host call that is answered on the spot leaves all as it is when the machine is left for the answer, whatever calls the host function, on
/// all cores: slots that nobody reads again, fuel, and what counts for a time slice.
#[test]
fn answers_on_the_spot_are_like_others() {
    for (core, func) in cores()
        .into_iter()
        .flat_map(|it| [1, 2, 3].map(|f| (it, f)))
    {
        let (mut left, mut stayed) = (host_store(), host_store());
        (left.fuel, stayed.fuel) = (100, 100);
        assert_eq!(call_on(&mut left, core, func, &[70, 8]), Exit::HostCall);
        finish_host_call(&mut left, &[62, 78]).unwrap();
        let exit = run_on(&mut left, core).unwrap();
        let expected = results(&left, exit);

        begin(&mut stayed, func, &[70, 8]);
        let mut answers = Differences {
            times: 1,
            seen: Vec::new(),
        };
        let exit = run_with(&mut stayed, core, &mut answers).unwrap();
        assert_eq!(results(&stayed, exit), expected, "function {func}");
        assert_eq!(answers.seen, [[70, 8]]);
        assert_eq!((stayed.fuel, stayed.stack()), (left.fuel, left.stack()));
        assert_eq!(
            (stayed.counters, stayed.session),
            (left.counters, left.session)
        );
    }
}

/// What nobody answers on the spot waits as ever: with the place, the arguments and the fuel of the call.
#[test]
fn what_is_not_answered_on_the_spot_waits() {
    for core in cores() {
        let (mut left, mut stayed) = (host_store(), host_store());
        (left.fuel, stayed.fuel) = (100, 100);
        assert_eq!(call_on(&mut left, core, 1, &[7, 8]), Exit::HostCall);
        begin(&mut stayed, 1, &[7, 8]);
        let mut nothing = Differences {
            times: 0,
            seen: Vec::new(),
        };
        let exit = run_with(&mut stayed, core, &mut nothing).unwrap();
        assert_eq!((exit, nothing.seen.len()), (Exit::HostCall, 1));
        assert_eq!((stayed.run, stayed.fuel), (left.run, left.fuel));
        assert_eq!(arguments(&stayed), [7, 8]);
        // An answer begins another time slice, so with one there is none on the spot.
        drop_activation(&mut stayed);
        stayed.slice = Some(50);
        begin(&mut stayed, 1, &[7, 8]);
        let mut answers = Differences {
            times: 1,
            seen: Vec::new(),
        };
        let exit = run_with(&mut stayed, core, &mut answers).unwrap();
        assert_eq!((exit, answers.seen.len()), (Exit::HostCall, 0));
    }
}

/// While the host function works the store has all of the call: it is as if the machine had been left.
#[test]
fn a_host_function_that_panics_leaves_a_pending_call() {
    struct Panics;
    impl Answers for Panics {
        fn answer(&mut self, _: u32, _: &mut [u64], _: usize, _: usize) -> bool {
            std::panic::resume_unwind(Box::new(()))
        }
    }
    for core in cores() {
        let (mut left, mut panicked) = (host_store(), host_store());
        (left.fuel, panicked.fuel) = (100, 100);
        assert_eq!(call_on(&mut left, core, 3, &[7, 8]), Exit::HostCall);
        begin(&mut panicked, 3, &[7, 8]);
        let run = core::panic::AssertUnwindSafe(|| run_with(&mut panicked, core, &mut Panics));
        assert!(std::panic::catch_unwind(run).is_err());
        assert_eq!((panicked.run, panicked.fuel), (left.run, left.fuel));
        assert_eq!(arguments(&panicked), [7, 8]);
        finish_host_call(&mut panicked, &[50, 10]).unwrap();
        let exit = run_on(&mut panicked, core).unwrap();
        assert_eq!(results(&panicked, exit), [40]);
    }
}
