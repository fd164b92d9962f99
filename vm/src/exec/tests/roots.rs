//! Roots: what a collection finds on the stack, in globals and in tables, and what it leaves aside.

use wrt_format::image::types::{GlobalType, ValType};
use wrt_format::image::write::{ConstExpr, ExternSpec, GlobalSpec, ImportSpec, TableSpec};
use wrt_format::isa::Op;

use super::*;
use crate::heap::{Kind, What};
use crate::raw::instance::host_ref;
use crate::raw::store::RunState;

/// Function 1 has as parameters an externref and three i64. It moves the third parameter to its slot for references, the fourth to
/// another slot, calls the host with an externref, the second parameter, and 5; and gives back what the slot for references holds.
/// Function 2 clears six slots. Function 3 has an i64 and an externref; it moves the first to another slot and begins a block.
fn module() -> ModuleSpec {
    let mut calls = Asm::new(12, 1);
    calls.refs = 1;
    calls
        .op(Op::RefClear, &[4, 1])
        .op(Op::Mov, &[4, 2])
        .op(Op::Mov, &[5, 3])
        .op(Op::Mov, &[10, 1])
        .op(Op::ConstU32, &[11, 5])
        .op(Op::ConstU32, &[1, 0])
        .op(Op::CallImportShort, &[10, 0, 0])
        .op(Op::Ret1, &[4]);
    let mut clears = Asm::new(8, 1);
    clears
        .op(Op::ConstU32, &[7, 9])
        .op(Op::Mov2, &[1, 7, 6, 7])
        .op(Op::RefClear, &[1, 6])
        .op(Op::I64Add, &[0, 1, 6])
        .op(Op::I64Add, &[0, 0, 7])
        .op(Op::Ret1, &[0]);
    let mut moves = Asm::new(6, 1);
    moves
        .op(Op::Mov, &[4, 0])
        .op(Op::ConstU32, &[0, 0])
        .op(Op::Fuel, &[1])
        .op(Op::Ret1, &[4]);
    let types = |params: &[ValType], results: &[ValType]| FuncTypeSpec {
        params: params.to_vec(),
        results: results.to_vec(),
        ..FuncTypeSpec::default()
    };
    let global = |ty| GlobalSpec {
        ty: GlobalType { ty, mutable: true },
        init: ConstExpr::constant(0),
    };
    let table = |elem| TableSpec {
        ty: TableType {
            elem,
            ..table_type(3, None)
        },
        init: None,
    };
    ModuleSpec {
        types: std::vec![
            types(&[val::EXTERNREF, val::I64], &[]),
            types(&[val::EXTERNREF, val::I64, val::I64, val::I64], &[val::I64]),
            types(&[], &[val::I64]),
            types(&[val::I64, val::EXTERNREF], &[val::I64]),
        ],
        imports: std::vec![ImportSpec {
            module: "m".into(),
            name: "f".into(),
            ty: ExternSpec::Func(0)
        }],
        funcs: std::vec![calls.func(1), clears.func(2), moves.func(3)],
        globals: std::vec![global(val::EXTERNREF), global(val::I64)],
        tables: std::vec![table(val::EXTERNREF), table(val::FUNCREF)],
        ..ModuleSpec::default()
    }
}

fn instantiated() -> Store<'static> {
    let mut store = store(400);
    let ty = store.intern_type(&[val::EXTERNREF, val::I64], &[]).unwrap();
    let host = store.add_host(ty).unwrap();
    let funcs = [host_ref(host)];
    let imports = Imports {
        funcs: &funcs,
        ..Imports::default()
    };
    store.add_instance(load(module()), imports).unwrap();
    let ty = store.intern_type(&[val::EXTERNREF], &[]).unwrap();
    store.add_tag(ty).unwrap();
    store
}

/// An exception that carries `word`.
fn exception(store: &mut Store<'_>, word: u64) -> u64 {
    let slot = store
        .allocate(What::new(Kind::Exception, 0).unwrap(), 8, &[])
        .unwrap();
    let payload = store.heap.payload_mut(slot).unwrap();
    payload.copy_from_slice(&word.to_le_bytes());
    slot
}

/// Whether each slot still refers to something after a collection.
fn kept<const N: usize>(store: &mut Store<'_>, slots: [u64; N]) -> [bool; N] {
    store.collect(0, &[]);
    slots.map(|slot| store.heap.object(slot).is_some())
}

#[test]
fn a_collection_finds_what_frames_globals_and_tables_hold() {
    for core in cores() {
        let mut store = instantiated();
        let [param, second, third, fourth, far, number, elem, func] =
            [0; 8].map(|_| exception(&mut store, 0));
        let inner = exception(&mut store, far);
        store.set_global(0, [inner, 0]);
        store.set_global(1, [number, 0]);
        store.table_mut(0).unwrap().elems_mut()[2] = elem;
        store.table_mut(1).unwrap().elems_mut()[1] = func;
        let exit = call_on(&mut store, core, 1, &[param, second, third, fourth]);
        assert_eq!(exit, Exit::HostCall);
        // What the host is called with is in the window; the last parameter is in a slot that is not for references.
        let all = [param, second, third, fourth, far, inner, number, elem, func];
        let expected = [true, true, true, false, true, true, false, true, false];
        assert_eq!(kept(&mut store, all), expected);
        // Another run nests in the host call; the frames below count all the same.
        begin(&mut store, 1, &[elem, 0, 0, 0]);
        assert_eq!(run_on(&mut store, core), Ok(Exit::HostCall));
        store.table_mut(0).unwrap().elems_mut()[2] = 0;
        assert_eq!(kept(&mut store, [param, second, third, elem]), [true; 4]);
        finish_host_call(&mut store, &[]).unwrap();
        let exit = run_on(&mut store, core).unwrap();
        assert_eq!(results(&store, exit), [0]);
        finish_host_call(&mut store, &[]).unwrap();
        // The arguments of the answered call are no roots any more.
        let exit = run_on(&mut store, core).unwrap();
        assert_eq!(results(&store, exit), [third]);
        assert_eq!(store.run, RunState::IDLE);
        let all = [param, second, third, elem, inner];
        assert_eq!(kept(&mut store, all), [false, false, false, false, true]);
    }
}

#[test]
fn a_span_of_slots_is_cleared_whole() {
    let mut store = instantiated();
    for core in cores() {
        let exit = call_on(&mut store, core, 2, &[]);
        assert_eq!(results(&store, exit), [9]);
    }
}

/// A thread that waits for its turn stands where nothing allocates: references may be in any of its slots then.
#[test]
fn a_collection_finds_what_other_threads_hold() {
    for core in cores() {
        let mut store = instantiated();
        let [paused, argument, asked, gone] = [0; 4].map(|_| exception(&mut store, 0));
        let threads = [0; 3].map(|_| store.add_thread(200).unwrap());
        store.switch_thread(threads[0]);
        store.fuel = 1;
        begin(&mut store, 3, &[paused, 0]);
        assert_eq!(run_on(&mut store, core), Ok(Exit::OutOfFuel));
        store.switch_thread(threads[1]);
        begin(&mut store, 3, &[0, argument]);
        store.switch_thread(threads[2]);
        store.fuel = 100;
        begin(&mut store, 1, &[asked, gone, 0, gone]);
        assert_eq!(run_on(&mut store, core), Ok(Exit::HostCall));
        store.switch_thread(0);
        let all = [paused, argument, asked];
        assert_eq!(kept(&mut store, all), [true; 3]);
        // The present thread is one that allocates: only what is for references counts.
        store.switch_thread(threads[0]);
        assert_eq!(kept(&mut store, all), [false, true, true]);
        for &thread in &threads[1..] {
            assert!(store.remove_thread(thread));
        }
        assert_eq!(kept(&mut store, [argument, asked]), [false; 2]);
    }
}
