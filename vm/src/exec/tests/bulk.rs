//! Bulk operations and growth, straight and in slices, against plain slices of Rust.

use wrt_format::image::types::ConstOp;
use wrt_format::image::write::{
    ConstExpr, DataMode, DataSpec, ElemItems, ElemMode, ElemSpec, TableSpec,
};
use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::*;

const BYTES: usize = 65536;

/// Functions of three parameters, each of which carries one operation out and returns its slots.
fn functions() -> Vec<FuncSpec> {
    let bodies: [&[(Op, &[i64])]; 14] = [
        &[(Op::MemoryFill, &[0, 1, 2, 0])],
        &[(Op::MemoryCopy, &[0, 1, 2, 0, 0])],
        &[(Op::MemoryCopy, &[0, 1, 2, 1, 0])],
        &[(Op::MemoryInit, &[0, 1, 2, 0, 0])],
        &[(Op::TableFill, &[0, 1, 2, 0])],
        &[(Op::TableCopy, &[0, 1, 2, 0, 0])],
        &[(Op::TableCopy, &[0, 1, 2, 1, 0])],
        &[(Op::TableInit, &[0, 1, 2, 0, 0])],
        &[(Op::TableInit, &[0, 1, 2, 0, 1])],
        &[(Op::DataDrop, &[0]), (Op::ElemDrop, &[0])],
        &[(Op::MemoryGrow, &[1, 0, 1]), (Op::MemorySize, &[2, 1])],
        &[(Op::TableGrow, &[1, 0, 1, 1]), (Op::TableSize, &[2, 1])],
        &[(Op::TableSet, &[0, 1, 0]), (Op::TableGet, &[2, 0, 0])],
        &[
            (Op::TableSetShort, &[0, 1, 0]),
            (Op::TableGetShort, &[2, 0, 0]),
        ],
    ];
    let function = |body: &&[(Op, &[i64])]| {
        let mut asm = Asm::new(3, 1);
        for (op, operands) in *body {
            asm.op(*op, operands);
        }
        asm.op(Op::RetN, &[0, 3]);
        asm.func(0)
    };
    bodies.iter().map(function).collect()
}

/// A module of [`functions`], with two memories, two tables and segments.
fn module(page_log2: u8) -> ModuleSpec {
    let table = |min, max| TableSpec {
        ty: table_type(min, max),
        init: None,
    };
    let elem = |items| ElemSpec {
        mode: ElemMode::Passive,
        items,
        ty: val::FUNCREF,
    };
    let exprs = std::vec![
        ConstExpr(std::vec![ConstOp::RefFunc(3)]),
        ConstExpr::constant(0)
    ];
    let pages = (BYTES >> page_log2) as u64;
    ModuleSpec {
        types: std::vec![longs(3, 3)],
        funcs: functions(),
        memories: std::vec![
            memory_type(1, None),
            MemoryType {
                page_log2,
                ..memory_type(pages, Some(4 * pages))
            },
        ],
        tables: std::vec![table(100, None), table(100, Some(130))],
        datas: std::vec![DataSpec {
            mode: DataMode::Passive,
            bytes: (0..200).collect()
        }],
        elems: std::vec![
            elem(ElemItems::Funcs((0..12).collect())),
            elem(ElemItems::Exprs(exprs))
        ],
        ..ModuleSpec::default()
    }
}

/// Runs on `core`, in slices of at most `step` units of fuel; gives the end and the fuel it took.
fn run_sliced(
    store: &mut Store<'_>,
    core: Core,
    func: u32,
    args: &[u64],
    step: i64,
) -> (Exit, i64) {
    store.fuel = 0;
    let mut given = 0;
    begin(store, func, args);
    loop {
        store.fuel += step;
        given += step;
        let exit = run_on(store, core).unwrap();
        if exit != Exit::OutOfFuel {
            return (exit, given - store.fuel);
        }
    }
}

/// Steps of fuel to try: without fuel there is only one.
const STEPS: &[i64] = if cfg!(feature = "no-fuel") {
    &[1]
} else {
    &[1, 2, 3, 1_000_000]
};

/// Bytes: what each way to do a short one does, and more.
const LENGTHS: [usize; 22] = [
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 128, 150, 200,
];

fn pattern() -> Vec<u8> {
    (0..BYTES).map(|i| (i * 131 + i / 256 * 7) as u8).collect()
}

#[test]
fn memory_operations_in_slices() {
    let mut store = alone(module(16));
    let (pattern, nines) = (pattern(), std::vec![9; BYTES]);
    for core in cores() {
        for &step in STEPS {
            for n in LENGTHS {
                for (to, from) in [
                    (0, 0),
                    (10, 0),
                    (0, 10),
                    (70, 3),
                    (3, 70),
                    (BYTES - n, 0),
                    (0, BYTES - n),
                ] {
                    for func in 0..4 {
                        let from = if func == 3 { 200 - n } else { from };
                        store
                            .memory_mut(0)
                            .unwrap()
                            .bytes_mut()
                            .copy_from_slice(&pattern);
                        store.memory_mut(1).unwrap().bytes_mut().fill(9);
                        let args = [
                            to as u64,
                            if func == 0 { 0x1a5 } else { from as u64 },
                            n as u64,
                        ];
                        let (exit, used) = run_sliced(&mut store, core, func, &args, step);
                        assert_eq!(results(&store, exit)[2], 0);
                        let (mut first, mut second) = (pattern.clone(), nines.clone());
                        match func {
                            0 => first[to..to + n].fill(0xa5),
                            1 => first.copy_within(from..from + n, to),
                            2 => second[to..to + n].copy_from_slice(&pattern[from..from + n]),
                            _ => (0..n).for_each(|i| first[to + i] = (from + i) as u8),
                        }
                        assert!(
                            store.memory(0).unwrap().bytes() == first,
                            "{func} {args:?} {step}"
                        );
                        assert!(
                            store.memory(1).unwrap().bytes() == second,
                            "{func} {args:?} {step}"
                        );
                        if cfg!(not(feature = "no-fuel")) {
                            assert_eq!(used, 1 + n.div_ceil(64) as i64, "{func} {args:?} {step}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn table_operations_in_slices() {
    let mut store = alone(module(16));
    let before: Vec<u64> = (0..100).map(|i| 1000 + i).collect();
    for core in cores() {
        for &step in STEPS {
            for n in [0, 1, 7, 8, 9, 12_usize] {
                for (to, from) in [(0, 0), (5, 0), (0, 5), (100 - n, 3), (3, 100 - n)] {
                    for func in 4..8 {
                        let from = if func == 7 { 12 - n } else { from };
                        store
                            .table_mut(0)
                            .unwrap()
                            .elems_mut()
                            .copy_from_slice(&before);
                        store.table_mut(1).unwrap().elems_mut().fill(9);
                        let args = [
                            to as u64,
                            if func == 4 { 77 } else { from as u64 },
                            n as u64,
                        ];
                        let (exit, used) = run_sliced(&mut store, core, func, &args, step);
                        assert_eq!(results(&store, exit)[2], 0);
                        let (mut first, mut second) = (before.clone(), std::vec![9; 100]);
                        match func {
                            4 => first[to..to + n].fill(77),
                            5 => first.copy_within(from..from + n, to),
                            6 => second[to..to + n].copy_from_slice(&before[from..from + n]),
                            _ => {
                                (0..n).for_each(|i| first[to + i] = func_ref(0, (from + i) as u32))
                            }
                        }
                        assert_eq!(
                            store.table(0).unwrap().elems(),
                            first,
                            "{func} {args:?} {step}"
                        );
                        assert_eq!(
                            store.table(1).unwrap().elems(),
                            second,
                            "{func} {args:?} {step}"
                        );
                        if cfg!(not(feature = "no-fuel")) {
                            assert_eq!(used, 1 + n.div_ceil(8) as i64, "{func} {args:?} {step}");
                        }
                    }
                }
            }
        }
    }
    let exit = call_on(&mut store, Core::Loop, 8, &[50, 0, 2]);
    results(&store, exit);
    assert_eq!(store.table(0).unwrap().elems()[50..52], [func_ref(0, 3), 0]);
}

#[test]
fn ranges_are_checked_before_anything_is_written() {
    let mut store = alone(module(16));
    let (bytes, out) = (BYTES as u64, u64::from(u32::MAX));
    let memory = Trap::MemoryOutOfBounds;
    let table = Trap::TableOutOfBounds;
    let cases = [
        (0, [bytes - 3, 1, 4], memory),
        (0, [bytes + 1, 1, 0], memory),
        (0, [1, 1, out], memory),
        (1, [0, bytes - 3, 4], memory),
        (1, [bytes - 3, 0, 4], memory),
        (2, [bytes, 0, 1], memory),
        (3, [0, 198, 3], memory),
        (3, [0, 201, 0], memory),
        (3, [bytes, 0, 1], memory),
        (4, [98, 1, 3], table),
        (5, [0, 98, 3], table),
        (5, [98, 0, 3], table),
        (6, [101, 0, 0], table),
        (7, [0, 10, 3], table),
        (7, [99, 0, 2], table),
        (8, [0, 2, 1], table),
        (12, [100, 5, 0], table),
        (12, [out, 5, 0], table),
        (13, [100, 5, 0], table),
        (13, [out, 5, 0], table),
    ];
    for core in cores() {
        for (func, args, trap) in cases {
            store
                .memory_mut(0)
                .unwrap()
                .bytes_mut()
                .copy_from_slice(&pattern());
            let elems = store.table(0).unwrap().elems().to_vec();
            assert_eq!(
                call_on(&mut store, core, func, &args),
                Exit::Trap(trap),
                "{func} {args:?}"
            );
            drop_activation(&mut store);
            assert!(store.memory(0).unwrap().bytes() == pattern());
            assert_eq!(store.table(0).unwrap().elems(), elems);
        }
    }
}

#[test]
fn dropped_segments_are_empty() {
    for core in cores() {
        let mut store = alone(module(16));
        for (func, trap) in [(3, Trap::MemoryOutOfBounds), (7, Trap::TableOutOfBounds)] {
            assert!(matches!(
                call_on(&mut store, core, func, &[0, 0, 5]),
                Exit::Done
            ));
            store.instance_mut(0).unwrap().drop_elem(1);
            assert!(matches!(
                call_on(&mut store, core, 9, &[0, 0, 0]),
                Exit::Done
            ));
            assert_eq!(
                call_on(&mut store, core, func, &[0, 0, 1]),
                Exit::Trap(trap)
            );
            drop_activation(&mut store);
            assert!(matches!(
                call_on(&mut store, core, func, &[0, 0, 0]),
                Exit::Done
            ));
            store = alone(module(16));
        }
    }
}

#[test]
fn memories_grow_up_to_their_limits() {
    for page_log2 in [16, 0] {
        for core in cores() {
            let mut store = alone(module(page_log2));
            let page = 1_u64 << page_log2;
            let now = BYTES as u64 / page;
            store.memory_mut(1).unwrap().bytes_mut().fill(3);
            let (exit, used) = run_sliced(&mut store, core, 10, &[3 * now, 0, 0], 1);
            assert_eq!(results(&store, exit)[1..], [now, 4 * now]);
            if cfg!(not(feature = "no-fuel")) {
                assert_eq!(used, 1 + 3);
            }
            let bytes = store.memory(1).unwrap().bytes();
            assert!(
                bytes[..BYTES].iter().all(|&b| b == 3) && bytes[BYTES..].iter().all(|&b| b == 0)
            );
            // Beyond its limit it does not, and that costs nothing more than the block.
            for delta in [1, u64::from(u32::MAX)] {
                let (exit, used) = run_sliced(&mut store, core, 10, &[delta, 0, 0], 1);
                assert_eq!(results(&store, exit)[1..], [u64::from(u32::MAX), 4 * now]);
                assert_eq!(used, i64::from(cfg!(not(feature = "no-fuel"))));
            }
            let (exit, _) = run_sliced(&mut store, core, 10, &[0, 0, 0], 1);
            assert_eq!(results(&store, exit)[1..], [4 * now, 4 * now]);
            assert_eq!(store.counters.peak_memory_bytes, 5 * BYTES as u64);
        }
    }
}

#[test]
fn budgets_bound_growth() {
    for core in cores() {
        let mut store = alone(module(16));
        store.max_memory_bytes = 3 * BYTES as u64;
        store.max_table_elems = 210;
        let exit = call_on(&mut store, core, 10, &[2, 0, 0]);
        assert_eq!(results(&store, exit)[1..], [u64::from(u32::MAX), 1]);
        let exit = call_on(&mut store, core, 10, &[1, 0, 0]);
        assert_eq!(results(&store, exit)[1..], [1, 2]);
        let exit = call_on(&mut store, core, 11, &[11, 0, 0]);
        assert_eq!(results(&store, exit)[1..], [u64::from(u32::MAX), 100]);
        let exit = call_on(&mut store, core, 11, &[10, 0, 0]);
        assert_eq!(results(&store, exit)[1..], [100, 110]);
    }
}

/// The arena is out of memory although the type allows more: the guest sees -1, and gets its fuel back.
#[test]
fn a_growth_that_finds_no_memory_is_paid_back() {
    for core in cores() {
        let mut words = std::vec![0; 40_000];
        let mut store = Store::new(Arena::fixed(&mut words), 1000, None).unwrap();
        store
            .add_instance(load(module(16)), Imports::default())
            .unwrap();
        store.fuel = 100;
        let exit = call_on(&mut store, core, 10, &[3, 0, 0]);
        assert_eq!(results(&store, exit)[1..], [u64::from(u32::MAX), 1]);
        assert_eq!(store.fuel, 100 - i64::from(cfg!(not(feature = "no-fuel"))));
    }
}

#[test]
fn tables_grow_up_to_their_limits() {
    for core in cores() {
        let mut store = alone(module(16));
        let (exit, used) = run_sliced(&mut store, core, 11, &[20, 55, 0], 1);
        assert_eq!(results(&store, exit)[1..], [100, 120]);
        if cfg!(not(feature = "no-fuel")) {
            assert_eq!(used, 1 + 3);
        }
        assert_eq!(store.table(1).unwrap().elems()[100..], [55; 20]);
        store.fuel = 1000;
        let exit = call_on(&mut store, core, 11, &[11, 55, 0]);
        assert_eq!(results(&store, exit)[1..], [u64::from(u32::MAX), 120]);
        for (func, value) in [(12, 1 << 40), (13, 1 << 41)] {
            let exit = call_on(&mut store, core, func, &[99, value, 0]);
            assert_eq!(results(&store, exit), [99, value, value]);
        }
    }
}
