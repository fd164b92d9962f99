//! Calls through table 0 that are made again and again, while the table changes: what is kept beside it shows in nothing but memory.

use wrt_format::image::write::TableSpec;
use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::calls::{THROUGH_ZERO, through_zero};
use super::*;
use crate::raw::arena::Arena;
use crate::raw::dispatch::Threading;
use crate::raw::store::NULL;

/// Whether this build keeps anything.
const IS_THERE: bool = cfg!(all(wrt_direct, not(debug_assertions)));

/// Elements of the table at first.
const ELEMS: u64 = 4;

/// Functions 0 and 1 call an element with one argument, as type 1 and as type 2; functions 2 and 3 of type 1 double it and triple it, and
/// function 4 of type 2 does nothing with it.
fn program(op: Op) -> ModuleSpec {
    let caller = |type_idx: i64| {
        let mut call = Asm::new(4, 1);
        through_zero(&mut call, op, 7, type_idx);
        call.op(Op::Ret1, &[1]);
        call.func(0)
    };
    let callee = |factor: i64, type_idx: u32| {
        let mut callee = Asm::new(2, 1);
        callee.op(Op::I64MulImm, &[0, 0, factor]).op(Op::Ret1, &[0]);
        callee.func(type_idx)
    };
    let mut longer = longs(1, 1);
    longer.params[0] = val::F64;
    ModuleSpec {
        types: std::vec![longs(2, 1), longs(1, 1), longer],
        funcs: std::vec![
            caller(1),
            caller(2),
            callee(2, 1),
            callee(3, 1),
            callee(1, 2)
        ],
        tables: std::vec![TableSpec {
            ty: table_type(ELEMS, Some(2 * ELEMS)),
            init: None
        }],
        ..ModuleSpec::default()
    }
}

fn set(store: &mut Store<'_>, index: usize, reference: u64) {
    store.table_mut(0).unwrap().elems_mut()[index] = reference;
}

/// Calls an element three times, so that the second call finds what the first one has left; all must end alike.
fn call(store: &mut Store<'_>, core: Core, func: u32, index: u64) -> Result<u64, Trap> {
    let mut call = || {
        let exit = call_on(store, core, func, &[index, 7]);
        if let Exit::Trap(trap) = exit {
            drop_activation(store);
            return Err(trap);
        }
        Ok(results(store, exit)[0])
    };
    let first = call();
    assert_eq!([call(), call()], [first, first]);
    first
}

#[test]
fn calls_go_where_the_table_says_now() {
    for op in THROUGH_ZERO {
        for core in cores() {
            let mut store = alone(program(op));
            store
                .add_instance(load(program(op)), Imports::default())
                .unwrap();
            let mut go = |reference, func| {
                set(&mut store, 1, reference);
                call(&mut store, core, func, 1)
            };
            let mismatch = Err(Trap::IndirectCallTypeMismatch);
            assert_eq!(go(func_ref(0, 2), 0), Ok(14), "{op:?} {core:?}");
            assert_eq!(go(func_ref(0, 2), 1), mismatch);
            assert_eq!(go(func_ref(0, 3), 0), Ok(21));
            assert_eq!(go(func_ref(0, 4), 0), mismatch);
            assert_eq!(go(func_ref(0, 4), 1), Ok(7));
            assert_eq!(go(func_ref(0, 4), 0), mismatch);
            assert_eq!(go(NULL, 1), Err(Trap::UninitializedElement));
            // Of another instance, whose table is another one, too.
            assert_eq!(go(func_ref(1, 3), 0), Ok(21));
            assert_eq!(go(func_ref(0, 2), 0), Ok(14));
            // Bits that are no reference.
            assert_eq!(go(func_ref(9, 2), 0), Err(Trap::InvalidReference));
        }
    }
}

#[test]
fn tables_may_become_longer_and_shorter() {
    for op in THROUGH_ZERO {
        for core in cores() {
            let mut store = alone(program(op));
            set(&mut store, 0, func_ref(0, 2));
            assert_eq!(call(&mut store, core, 0, 0), Ok(14), "{op:?} {core:?}");
            store.grow_table(0, ELEMS, func_ref(0, 3)).unwrap();
            let last = 2 * ELEMS - 1;
            assert_eq!(call(&mut store, core, 0, last), Ok(21));
            assert_eq!(call(&mut store, core, 0, 0), Ok(14));
            let undefined = Err(Trap::UndefinedElement);
            assert_eq!(call(&mut store, core, 0, last + 1), undefined);
            store.table_mut(0).unwrap().renew(ELEMS);
            assert_eq!(call(&mut store, core, 0, last), undefined);
            let uninitialized = Err(Trap::UninitializedElement);
            assert_eq!(call(&mut store, core, 0, 0), uninitialized);
            set(&mut store, 0, func_ref(0, 3));
            assert_eq!(call(&mut store, core, 0, 0), Ok(21));
        }
    }
}

/// A call that pauses has done nothing, and finds its index again where it goes on, whichever core that is.
#[cfg(not(feature = "no-fuel"))]
#[test]
fn calls_pause_and_go_on() {
    for op in THROUGH_ZERO {
        let mut store = alone(program(op));
        set(&mut store, 1, func_ref(0, 2));
        let all = cores();
        // The first call takes the slow path, later ones the handler's.
        for first in 0..3 * all.len() {
            store.fuel = 1;
            begin(&mut store, 0, &[1, 7]);
            for nth in 0..5 {
                let core = all[(first + nth) % all.len()];
                assert_eq!(run_on(&mut store, core), Ok(Exit::OutOfFuel), "{op:?}");
                assert_eq!(store.fuel, 0);
                let frame = frames(&store).next().unwrap();
                let module = store.instance(0).unwrap().module();
                let word = module.code()[(module.func(0).code_word + frame.word) as usize];
                assert_eq!(u16::from_le(word), op as u16);
            }
            store.fuel = 1;
            let exit = run_on(&mut store, all[first % all.len()]).unwrap();
            assert_eq!((results(&store, exit), store.fuel), (std::vec![14], 0));
        }
    }
}

/// Calls by element 0 under direct threading; gives the bytes in use after each.
fn direct_calls(store: &mut Store<'_>, calls: usize) -> Vec<usize> {
    set(store, 0, func_ref(0, 2));
    let one = |_| {
        let exit = call_on(store, preferred(), 0, &[0, 7]);
        assert_eq!(results(store, exit), [14]);
        store.arena().used_bytes()
    };
    (0..calls).map(one).collect()
}

#[test]
fn sixteen_bytes_are_kept_for_each_element_once() {
    for threading in [Threading::ByOpcode, Threading::Direct] {
        let mut store = store(1000);
        store.threading = threading;
        let module = load(program(Op::CallIndirectZeroShort));
        store.add_instance(module, Imports::default()).unwrap();
        let before = store.arena().used_bytes();
        let used = direct_calls(&mut store, 3);
        let kept = if IS_THERE && threading == Threading::Direct {
            16 * ELEMS as usize
        } else {
            0
        };
        assert_eq!(used[0], used[2], "{threading:?}");
        assert!((kept..=2 * kept).contains(&(used[0] - before)), "{used:?}");
    }
}

#[test]
fn without_room_calls_are_slower_but_the_same() {
    let module = load(program(Op::CallIndirectZeroShort));
    let new = |budget| {
        let mut store = Store::new(Arena::heap(budget), 100, None).unwrap();
        (store.threading, store.fuel) = (Threading::Direct, i64::MAX);
        let added = store.add_instance(module, Imports::default());
        added.map(|_| store)
    };
    let mut store = new(1 << 26).unwrap();
    let before = store.arena().used_bytes();
    let most = *direct_calls(&mut store, 2).last().unwrap();
    for budget in before..=most {
        let used = direct_calls(&mut new(budget).unwrap(), 3);
        // One of the two parts of the rows may have had room.
        assert_eq!(used[2] >= most, budget >= most, "{budget}");
    }
}
