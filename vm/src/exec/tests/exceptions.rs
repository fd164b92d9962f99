//! Throwing and catching: in a function, through frames, between instances, from the host; and what it costs.

use wrt_format::image::around::Around;
use wrt_format::image::write::{ExternSpec, ImportSpec};
use wrt_format::image::{Clause, Handler};
use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::*;

const fn row(first: u32, last: u32, block: u32, tag: Option<u32>) -> Handler {
    let clause = Clause {
        tag,
        with_ref: false,
    };
    Handler {
        first,
        last,
        block,
        clause,
    }
}

/// `f(n)`: calls itself `n` times, then throws tag 0 with 7.
fn thrower() -> FuncSpec {
    let mut asm = Asm::new(6, 2);
    asm.op(Op::Br64Z, &[0, 13]);
    asm.block(7);
    asm.op(Op::I64AddImm, &[3, 0, -1])
        .op(Op::CallTiny, &[3, 0, 0])
        .op(Op::Ret1, &[0]);
    asm.block(4);
    asm.op(Op::ConstU16, &[3, 7]).op(Op::Throw, &[3, 0, 0, 0]);
    asm.func(0)
}

/// Calls with its argument; gives what the callee returns, or 100 more than what it throws. The site is the call's last word.
fn catcher(call: Op) -> (FuncSpec, Handler) {
    let mut asm = Asm::new(8, 3);
    asm.op(Op::Mov, &[4, 0]).op(call, &[4, 1, 0]);
    let site = asm.code.len() as u32 - 1;
    asm.op(Op::Ret1, &[1]);
    let block = asm.block(5) as u32;
    asm.op(Op::I64AddImm, &[1, 4, 100]).op(Op::Ret1, &[1]);
    (asm.func(0), row(site, site, block, Some(0)))
}

/// Function 0 throws, function 1 catches; the tag is of type 1.
fn module() -> ModuleSpec {
    let (catcher, handler) = catcher(Op::CallTiny);
    ModuleSpec {
        types: std::vec![longs(1, 1), longs(1, 0)],
        tags: std::vec![1],
        funcs: std::vec![thrower(), catcher],
        handlers: std::vec![std::vec![], std::vec![handler]],
        ..ModuleSpec::default()
    }
}

/// What `catcher(n)` costs: itself, the frames it calls, the last of which throws, leaving them, and the handler.
fn cost(n: i64) -> i64 {
    3 + 2 * (n + 1) + 7 * n + 4 + (n + 1) + 5
}

#[test]
fn an_exception_leaves_frames_until_it_is_caught() {
    let mut store = alone(module());
    for core in cores() {
        for n in [0, 1, 10, 100] {
            let before = store.fuel;
            let exit = call_on(&mut store, core, 1, &[n]);
            assert_eq!(results(&store, exit), [107]);
            if cfg!(not(feature = "no-fuel")) {
                assert_eq!(before - store.fuel, cost(n as i64), "{n}");
            }
        }
    }
}

#[test]
#[cfg(not(feature = "no-fuel"))]
fn fuel_in_small_portions_comes_to_the_same() {
    for portion in [1, 2, 3, 5, 11, 64] {
        for core in cores() {
            let mut store = alone(module());
            store.fuel = 0;
            begin(&mut store, 1, &[40]);
            let mut granted = 0;
            let exit = loop {
                let exit = run_on(&mut store, core).unwrap();
                if exit != Exit::OutOfFuel {
                    break exit;
                }
                store.fuel += portion;
                granted += portion;
            };
            assert_eq!(results(&store, exit), [107]);
            assert_eq!(granted - store.fuel, cost(40), "{portion}");
        }
    }
}

/// A search in a table of many clauses is not free.
#[test]
#[cfg(not(feature = "no-fuel"))]
fn comparing_clauses_costs_fuel() {
    let mut module = module();
    module.tags.push(1);
    let handler = module.handlers[1][0];
    module.handlers[1] = std::vec![row(handler.first, handler.last, handler.block, Some(1)); 64];
    module.handlers[1].push(handler);
    let mut store = alone(module);
    let before = store.fuel;
    let exit = call_on(&mut store, cores()[0], 1, &[0]);
    assert_eq!(results(&store, exit), [107]);
    assert_eq!(before - store.fuel, cost(0) + 4);
}

/// Frames whose call is in copies of callees stand for these, too.
#[test]
#[cfg(not(feature = "no-fuel"))]
fn copies_of_callees_are_left_as_frames_are() {
    let mut module = module();
    let site = 12;
    module.around = std::vec![std::vec![Around { site, copies: 3 }]];
    let mut store = alone(module);
    for core in cores() {
        for n in [0, 1, 10] {
            let before = store.fuel;
            let args = [n];
            let exit = call_on(&mut store, core, 1, &args);
            assert_eq!(results(&store, exit), [107]);
            // The innermost frame is at its `throw`, the others are at their calls.
            let n = n as i64;
            assert_eq!(before - store.fuel, cost(n) + 3 * n);
            // Nobody catches: the outermost frame stays, but not the callees in it.
            let before = store.fuel;
            let exit = call_on(&mut store, core, 0, &args);
            assert_eq!(exit, Exit::Exception);
            assert_eq!(before - store.fuel, 2 * (n + 1) + 7 * n + 4 + n + 3 * n);
            drop_activation(&mut store);
        }
    }
}

#[test]
fn nobody_catches() {
    let mut store = alone(module());
    for core in cores() {
        let before = store.fuel;
        assert_eq!(call_on(&mut store, core, 0, &[2]), Exit::Exception);
        let (tag, first, count) = store.session.thrown.unwrap();
        assert_eq!((tag, &store.stack()[first..first + count]), (0, &[7][..]));
        // All frames are there, the innermost at its `throw`, the others at their calls.
        let words: Vec<u32> = frames(&store).map(|frame| frame.word).collect();
        assert_eq!(words, [19, 12, 12]);
        if cfg!(not(feature = "no-fuel")) {
            assert_eq!(before - store.fuel, 3 * 2 + 2 * 7 + 4 + 2);
        }
        drop_activation(&mut store);
        assert_eq!(frames(&store).count(), 0);
    }
}

/// Throws tag `n` of two in a function that catches: one clause for its values, then one for all.
#[test]
fn the_first_clause_that_fits_catches() {
    let thrown = |tag: i64| {
        let mut asm = Asm::new(8, 3);
        asm.op(Op::ConstU16, &[4, 1])
            .op(Op::ConstU16, &[5, 2])
            .op(Op::Throw, &[4, tag, 0, 0]);
        let site = asm.code.len() as u32 - 1;
        let values = asm.block(1) as u32;
        asm.op(Op::I64Sub, &[0, 5, 4]).op(Op::Ret1, &[0]);
        let others = asm.block(1) as u32;
        // What is in the window is what was there: no values are given.
        asm.op(Op::I64AddImm, &[0, 4, 20]).op(Op::Ret1, &[0]);
        let rows = std::vec![
            row(site, site, values, Some(1)),
            row(site, site, others, None),
            row(site, site, values, Some(0)),
        ];
        (asm.func(0), rows)
    };
    let (funcs, handlers) = [thrown(0), thrown(1)].into_iter().unzip();
    let mut store = alone(ModuleSpec {
        types: std::vec![longs(0, 1), longs(2, 0)],
        tags: std::vec![1, 1],
        funcs,
        handlers,
        ..ModuleSpec::default()
    });
    for core in cores() {
        let exit = call_on(&mut store, core, 0, &[]);
        assert_eq!(results(&store, exit), [21]);
        let exit = call_on(&mut store, core, 1, &[]);
        assert_eq!(results(&store, exit), [1]);
    }
}

/// Module 1 imports the thrower and its tag, calls it and catches; `call` may be a tail call in between.
#[test]
fn exceptions_go_from_one_instance_to_another() {
    let import = |name: &str, ty| ImportSpec {
        module: "m".into(),
        name: name.into(),
        ty,
    };
    let mut store = store(1000);
    let first = store
        .add_instance(load(module()), Imports::default())
        .unwrap();
    let tag = store.instance(first).unwrap().tag(0).unwrap();
    let (catcher, handler) = catcher(Op::CallImportShort);
    // Calls function 1 of its module, which tail calls the import.
    let mut through = Asm::new(8, 3);
    through.op(Op::Mov, &[4, 0]).op(Op::CallTiny, &[4, 1, 1]);
    through.op(Op::Ret1, &[1]);
    let block = through.block(5) as u32;
    through.op(Op::I64AddImm, &[1, 4, 200]).op(Op::Ret1, &[1]);
    let mut tail = Asm::new(4, 2);
    tail.op(Op::Mov, &[2, 0]).op(Op::ReturnCallImport, &[2, 0]);
    let module = ModuleSpec {
        types: std::vec![longs(1, 1), longs(1, 0)],
        imports: std::vec![
            import("f", ExternSpec::Func(0)),
            import("t", ExternSpec::Tag(1)),
        ],
        // Another tag of the same type is another tag.
        tags: std::vec![1],
        funcs: std::vec![catcher, tail.func(0), through.func(0)],
        handlers: std::vec![
            std::vec![
                row(handler.first, handler.last, handler.block, Some(1)),
                handler
            ],
            std::vec![],
            std::vec![row(7, 7, block, Some(0))],
        ],
        ..ModuleSpec::default()
    };
    let imports = Imports {
        funcs: &[func_ref(first, 0)],
        tags: &[tag],
        ..Imports::default()
    };
    let second = store.add_instance(load(module), imports).unwrap();
    for core in cores() {
        for (func, expected) in [(1, 107), (3, 207)] {
            start(&mut store, second, func_ref(second, func), &[3]).unwrap();
            let exit = run_on(&mut store, core).unwrap();
            assert_eq!(results(&store, exit), [expected]);
        }
    }
}

#[test]
fn a_host_function_throws() {
    let (catcher, handler) = catcher(Op::CallImportShort);
    let mut direct = Asm::new(8, 3);
    direct
        .op(Op::Mov, &[4, 0])
        .op(Op::ReturnCallImport, &[4, 0]);
    let module = ModuleSpec {
        types: std::vec![longs(1, 1), longs(1, 0)],
        imports: std::vec![ImportSpec {
            module: "m".into(),
            name: "f".into(),
            ty: ExternSpec::Func(0),
        }],
        tags: std::vec![1],
        funcs: std::vec![catcher, direct.func(0)],
        handlers: std::vec![std::vec![handler]],
        ..ModuleSpec::default()
    };
    let mut store = store(1000);
    let ty = store.intern_type(&[val::I64], &[val::I64]).unwrap();
    let host = store.add_host(ty).unwrap();
    let imports = Imports {
        funcs: &[crate::raw::instance::host_ref(host)],
        ..Imports::default()
    };
    store.add_instance(load(module), imports).unwrap();
    let tag = store.instance(0).unwrap().tag(0).unwrap();
    for core in cores() {
        assert_eq!(call_on(&mut store, core, 1, &[1]), Exit::HostCall);
        assert_eq!(throw_host_call(&mut store, tag, &[]), Err(Refused::Arity));
        assert_eq!(throw_host_call(&mut store, 9, &[]), Err(Refused::Arity));
        throw_host_call(&mut store, tag, &[55]).unwrap();
        assert_eq!(
            throw_host_call(&mut store, tag, &[55]),
            Err(Refused::Status)
        );
        let exit = run_on(&mut store, core).unwrap();
        assert_eq!(results(&store, exit), [155]);
        // Tail called by the bottom frame, and called by nobody: there is no call that could catch.
        for func in [func_ref(0, 2), crate::raw::instance::host_ref(host)] {
            start(&mut store, 0, func, &[1]).unwrap();
            if func == func_ref(0, 2) {
                assert_eq!(run_on(&mut store, core).unwrap(), Exit::HostCall);
            }
            throw_host_call(&mut store, tag, &[56]).unwrap();
            let exit = run_on(&mut store, core).unwrap();
            assert_eq!(exit, Exit::Exception);
            let (_, first, count) = store.session.thrown.unwrap();
            assert_eq!(&store.stack()[first..first + count], [56]);
            drop_activation(&mut store);
        }
    }
}

#[test]
fn references_that_are_no_exceptions() {
    let mut asm = Asm::new(3, 1);
    asm.op(Op::ThrowRef, &[1, 0, 0, 0]);
    let mut store = alone(ModuleSpec {
        types: std::vec![longs(1, 0)],
        funcs: std::vec![asm.func(0)],
        ..ModuleSpec::default()
    });
    for core in cores() {
        for (exn, trap) in [
            (0, Trap::NullExceptionReference),
            (5, Trap::InvalidReference),
        ] {
            assert_eq!(call_on(&mut store, core, 0, &[exn]), Exit::Trap(trap));
            drop_activation(&mut store);
        }
    }
}
