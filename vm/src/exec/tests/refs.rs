//! Typed function references: calls by reference, null checks, and types that are equal or match across modules.

use wrt_format::image::SubType;
use wrt_format::image::types::{GlobalType, HeapType, ValType};
use wrt_format::image::write::{ConstExpr, GlobalSpec};
use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::*;

/// Function 0 calls its first argument, of type 1, with the second, function 1 does so in its place; function 2 gives back its argument
/// unless that is null; function 3 doubles its argument; function 4 has another type; function 5, of a type below type 1, triples it. Functions
/// 6 to 8 do as function 2, by a short form and by way of a global.
fn module() -> ModuleSpec {
    let mut call = Asm::new(8, 1);
    call.op(Op::Mov, &[5, 1])
        .op(Op::CallRefShort, &[5, 2, 0, 1])
        .op(Op::Ret1, &[2]);
    let mut tail = Asm::new(8, 1);
    tail.op(Op::Mov, &[5, 1]).op(Op::ReturnCallRef, &[5, 0, 1]);
    let check = |op| {
        let mut asm = Asm::new(4, 1);
        asm.op(op, &[2, 0]).op(Op::Ret1, &[2]);
        asm.func(2)
    };
    let of_global = |op| {
        let mut asm = Asm::new(4, 1);
        asm.op(Op::GlobalSet, &[0, 0])
            .op(op, &[2, 0])
            .op(Op::Ret1, &[2]);
        asm.func(2)
    };
    let times = |factor| {
        let mut asm = Asm::new(4, 1);
        asm.op(Op::I64MulImm, &[0, 0, factor]).op(Op::Ret1, &[0]);
        asm
    };
    let open = FuncTypeSpec {
        sub: SubType {
            open: true,
            ..SubType::default()
        },
        ..longs(1, 1)
    };
    let below = FuncTypeSpec {
        sub: SubType {
            supertype: Some(1),
            ..SubType::default()
        },
        ..longs(1, 1)
    };
    ModuleSpec {
        types: std::vec![longs(2, 1), open, longs(1, 1), below],
        funcs: std::vec![
            call.func(0),
            tail.func(0),
            check(Op::RefAsNonNull),
            times(2).func(1),
            times(2).func(2),
            times(3).func(3),
            check(Op::RefAsNonNullShort),
            of_global(Op::GlobalGetNonNull),
            of_global(Op::GlobalGetNonNullShort),
        ],
        globals: std::vec![GlobalSpec {
            ty: GlobalType {
                ty: val::I64,
                mutable: true
            },
            init: ConstExpr::constant(0),
        }],
        ..ModuleSpec::default()
    }
}

/// Two instances of the module, and a host function of type 2.
fn two() -> (Store<'static>, u64) {
    let mut store = alone(module());
    store
        .add_instance(load(module()), Imports::default())
        .unwrap();
    let ty = store.intern_type(&[val::I64], &[val::I64]).unwrap();
    let host = store.add_host(ty).unwrap();
    (store, crate::raw::instance::host_ref(host))
}

#[test]
fn calls_go_where_the_reference_leads() {
    let (mut store, _) = two();
    for core in cores() {
        for caller in [0, 1] {
            // In the instance and in another one; of the type itself and of a subtype.
            for (callee, expected) in [
                (func_ref(0, 3), 42),
                (func_ref(1, 3), 42),
                (func_ref(0, 5), 63),
                (func_ref(1, 5), 63),
            ] {
                let exit = call_on(&mut store, core, caller, &[callee, 21]);
                assert_eq!(results(&store, exit), [expected]);
            }
        }
    }
}

#[test]
fn what_is_not_of_the_type_is_not_called() {
    let (mut store, host) = two();
    for core in cores() {
        for caller in [0, 1] {
            for (callee, trap) in [
                (0, Trap::NullFunctionReference),
                // The same parameters and results, but a type that is final.
                (func_ref(0, 4), Trap::InvalidReference),
                (func_ref(1, 4), Trap::InvalidReference),
                (host, Trap::InvalidReference),
                // Bits that are no reference: an image may put anything into a slot.
                (func_ref(0, 9), Trap::InvalidReference),
                (func_ref(9, 3), Trap::InvalidReference),
                (u64::MAX, Trap::InvalidReference),
            ] {
                let exit = call_on(&mut store, core, caller, &[callee, 21]);
                assert_eq!(exit, Exit::Trap(trap), "{callee:#x}");
                drop_activation(&mut store);
            }
        }
    }
}

#[test]
fn null_is_caught() {
    let mut store = alone(module());
    for core in cores() {
        for func in [2, 6, 7, 8] {
            let exit = call_on(&mut store, core, func, &[7]);
            assert_eq!(results(&store, exit), [7]);
            let exit = call_on(&mut store, core, func, &[0]);
            assert_eq!(exit, Exit::Trap(Trap::NullReference));
            drop_activation(&mut store);
        }
    }
}

#[test]
fn types_are_the_engines() {
    let of = |index| ValType::reference(HeapType::Defined(index), true);
    let member = |in_group, open, other| FuncTypeSpec {
        sub: SubType {
            in_group,
            open,
            supertype: None,
        },
        params: std::vec![of(other)],
        ..FuncTypeSpec::default()
    };
    // The same group at different places, a reference to its first type, and a group that differs in its second member.
    let types = |shift: usize, second_open| {
        let mut types: Vec<_> = (0..shift).map(|i| longs(i + 7, 0)).collect();
        let first = shift as u32;
        types.push(member(0, false, first + 1));
        types.push(member(1, second_open, first));
        types.push(member(0, false, first));
        ModuleSpec {
            types,
            globals: std::vec![GlobalSpec {
                ty: GlobalType {
                    ty: of(first + 2),
                    mutable: false,
                },
                init: ConstExpr::constant(0),
            }],
            ..ModuleSpec::default()
        }
    };
    let mut store = store(100);
    for spec in [types(0, false), types(2, false), types(2, true)] {
        store.add_instance(load(spec), Imports::default()).unwrap();
    }
    let id = |instance, ty| store.instance(instance).unwrap().type_id(ty).unwrap();
    assert_eq!([0, 1, 2].map(|ty| id(0, ty)), [2, 3, 4].map(|ty| id(1, ty)));
    for ty in 2..5 {
        assert_ne!(id(1, ty), id(2, ty));
    }
    assert_ne!(id(0, 0), id(0, 1));
    assert_eq!(store.global_type(0), store.global_type(1));
    assert_ne!(store.global_type(0), store.global_type(2));
    // Three types of two groups, two longs, three again.
    assert_eq!(store.types.len(), 8);
    // A type that refers to itself is not one that refers to it.
    let own = ModuleSpec {
        types: std::vec![member(0, false, 0)],
        ..ModuleSpec::default()
    };
    store.add_instance(load(own), Imports::default()).unwrap();
    let own = store.instance(3).unwrap().type_id(0).unwrap();
    assert_ne!(store.intern_type(&[of(own)], &[]).unwrap(), own);
}

#[test]
fn tags_are_shared_and_of_one_type() {
    use crate::error::{Error, ImportMismatch};
    use crate::instance::imports::check;
    use crate::outcome::{Extern, Tag};
    use wrt_format::image::write::{ExternSpec, ImportSpec};

    let defining = ModuleSpec {
        types: std::vec![longs(1, 0), longs(2, 0)],
        tags: std::vec![1, 0],
        ..ModuleSpec::default()
    };
    let mut store = alone(defining);
    let importing = load(ModuleSpec {
        types: std::vec![longs(2, 0)],
        imports: std::vec![ImportSpec {
            module: "m".into(),
            name: "t".into(),
            ty: ExternSpec::Tag(0),
        }],
        tags: std::vec![0],
        ..ModuleSpec::default()
    });
    let mut types = store.intern_types(&importing).unwrap();
    let mismatch =
        |store: &Store<'_>, item| match check(store, &importing, types.as_slice(), &[item]) {
            Ok(()) => None,
            Err(Error::Import(error)) => Some(error.mismatch),
            Err(error) => panic!("{error}"),
        };
    assert_eq!(mismatch(&store, Extern::Tag(Tag(0))), None);
    let other_type = mismatch(&store, Extern::Tag(Tag(1)));
    assert_eq!(other_type, Some(ImportMismatch::TagType));
    assert_eq!(
        mismatch(&store, Extern::Tag(Tag(2))),
        Some(ImportMismatch::Handle)
    );
    store.scratch_release(&mut types);
    // What memory safety needs is checked again when the instance is added.
    let with = |tags: &'static [u32]| Imports {
        tags,
        ..Imports::default()
    };
    assert!(store.add_instance(importing, with(&[])).is_err());
    assert!(store.add_instance(importing, with(&[2])).is_err());
    store.add_instance(importing, with(&[0])).unwrap();
    let data = store.instance(1).unwrap();
    assert_eq!(
        (data.tag(0), data.tag(1), data.tag(2)),
        (Some(0), Some(2), None)
    );
    assert_eq!(store.tag_type(0), store.tag_type(2));
    assert_ne!(store.tag_type(0), store.tag_type(1));
}
