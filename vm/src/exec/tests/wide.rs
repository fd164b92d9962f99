//! Instances whose memories have addresses of different widths, calling each other: on every core, each has its own.

use wrt_format::trap::Trap;

use super::calls::import;
use super::*;

/// An address whose low half alone is in the memory.
const BEYOND: u64 = (1 << 32) + 8;

/// A module of one function and a memory.
fn module(is64: bool, func: FuncSpec, imports: Vec<write::ImportSpec>) -> ModuleSpec {
    ModuleSpec {
        types: std::vec![longs(1, 1), longs(2, 1)],
        imports,
        funcs: std::vec![func],
        memories: std::vec![MemoryType {
            is64,
            ..memory_type(1, None)
        }],
        ..ModuleSpec::default()
    }
}

/// Its function loads 8 bytes at its argument.
fn loads(is64: bool) -> ModuleSpec {
    let mut load = Asm::new(3, 1);
    load.op(Op::Load64, &[1, 0, 0]).op(Op::Ret1, &[1]);
    module(is64, load.func(0), Vec::new())
}

/// Its function calls the import with its second argument, loads at its first one, and adds.
fn adds(is64: bool) -> ModuleSpec {
    let mut both = Asm::new(8, 3);
    both.op(Op::Mov, &[5, 1])
        .op(Op::CallImportShort, &[5, 2, 0])
        .op(Op::Load64, &[3, 0, 0])
        .op(Op::I64Add, &[3, 3, 2])
        .op(Op::Ret1, &[3]);
    module(is64, both.func(1), std::vec![import(0)])
}

#[test]
fn each_instance_has_addresses_of_its_own_width() {
    for core in cores_and_levels() {
        let mut store = store(1000);
        for is64 in [false, true] {
            let instance = load(loads(is64));
            store.add_instance(instance, Imports::default()).unwrap();
        }
        // Instances 2 and 3, each importing the function of the other width.
        for (is64, other) in [(false, 1), (true, 0)] {
            let imports = Imports {
                funcs: &[func_ref(other, 0)],
                ..Imports::default()
            };
            store.add_instance(load(adds(is64)), imports).unwrap();
        }
        for memory in 0..4 {
            let bytes = store.memory_mut(memory).unwrap().bytes_mut();
            bytes[8..16].copy_from_slice(&(1_u64 << memory).to_le_bytes());
        }
        let out = Err(Trap::MemoryOutOfBounds);
        for (instance, first, second, expected) in [
            (2, 8, 8, Ok(4 + 2)),
            (3, 8, 8, Ok(8 + 1)),
            (2, BEYOND, 8, Ok(4 + 2)),
            (3, 8, BEYOND, Ok(8 + 1)),
            (2, 8, BEYOND, out),
            (3, BEYOND, 8, out),
        ] {
            start(&mut store, 0, func_ref(instance, 1), &[first, second]).unwrap();
            let exit = run_on(&mut store, core).unwrap();
            match expected {
                Ok(sum) => assert_eq!(results(&store, exit), [sum], "{core:?} {instance}"),
                Err(trap) => {
                    assert_eq!(exit, Exit::Trap(trap), "{core:?} {instance}");
                    drop_activation(&mut store);
                }
            }
        }
        assert!(store.counters.cross_calls >= 6);
    }
}
