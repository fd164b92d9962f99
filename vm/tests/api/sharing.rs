//! Several instances in one engine: what one exports, another one imports and shares.

use crate::fixture::*;
use wrt_format::image::types::{ExternKind, GlobalType};
use wrt_format::image::write::ExternSpec;
use wrt_format::isa::Op;
use wrt_vm::{
    Entity, Error, Extern, Global, Instance, Memory, MemoryType, Misuse, Outcome, Table, TableType,
    Trap,
};

const COUNTER: GlobalType = GlobalType {
    ty: I32,
    mutable: true,
};

/// `(i32 address, i32 value)`: stores and also sets its global 0.
fn store_and_set(global: Op) -> Code {
    Code::enter(2, 5)
        .op(Op::Store32, &[0, 1, 0])
        .op(global, &[1, 0])
        .op(Op::Ret, &[])
}

/// `(i32 address) -> i32`: loads and adds global 0.
fn load_and_add(global: Op) -> Code {
    Code::enter(4, 4)
        .op(Op::Load32, &[1, 0, 0])
        .op(global, &[2, 0])
        .op(Op::I32Add, &[3, 1, 2])
        .op(Op::Ret1, &[3])
}

#[test]
fn memory_table_global_and_functions_are_shared() {
    let owner = Spec::new()
        .func("write", &[I32, I32], &[], store_and_set(Op::GlobalSet))
        .func("answer", &[], &[I32], constant(42))
        .memory("mem", 1, None)
        .table("tab", 2, None, None)
        .global(
            "glob",
            I32,
            true,
            vec![wrt_format::image::types::ConstOp::Const(0)],
        )
        .active_elem(0, 1, &[1])
        .image();
    let call_slot = Code::enter(4, 2)
        .op(Op::Mov, &[1, 0])
        .op(Op::CallIndirectShort, &[3, 2, 1, 0, 1])
        .op(Op::Ret1, &[2]);
    let mut user = Spec::new()
        .import("o", "mem", ExternSpec::Memory(memory_type(1, None)))
        .import("o", "tab", ExternSpec::Table(table_type(2, None)))
        .import("o", "glob", ExternSpec::Global(COUNTER));
    assert_eq!((user.ty(&[I32], &[I32]), user.ty(&[], &[I32])), (0, 1));
    let user = user
        .import_func("o", "answer", &[], &[I32])
        .func("read", &[I32], &[I32], load_and_add(Op::GlobalGetImport))
        .func("indirect", &[I32], &[I32], call_slot)
        .func("direct", &[], &[I32], call_import(0, 0, 1))
        .exported("answer again", ExternKind::Func, 0)
        .exported("mem again", ExternKind::Memory, 0)
        .image();
    let mut engine = engine(1000);
    let owner = instance(&mut engine, &owner.module(), &[]);
    let imports = ["mem", "tab", "glob", "answer"].map(|name| owner.export(&engine, name).unwrap());
    let first = instance(&mut engine, &user.module(), &imports);
    let second = instance(&mut engine, &user.module(), &imports);
    call(&mut engine, owner, "write", &[8, 1000]);
    for user in [first, second] {
        assert_eq!(call(&mut engine, user, "read", &[8]), [2000]);
        assert_eq!(call(&mut engine, user, "indirect", &[1]), [42]);
        assert_eq!(call(&mut engine, user, "direct", &[]), [42]);
        // A re-export is the same thing, not a copy.
        assert_eq!(user.export(&engine, "answer again"), Some(imports[3]));
        assert_eq!(user.export(&engine, "mem again"), Some(imports[0]));
        let indirect = func(&engine, user, "indirect");
        let outcome = engine.execute(user, indirect, &[0]).unwrap();
        assert_eq!(outcome, Outcome::Trap(Trap::UninitializedElement));
    }
    // What the host changes, both see.
    let (Extern::Memory(memory), Extern::Global(global)) = (imports[0], imports[2]) else {
        panic!()
    };
    engine.memory_mut(memory).unwrap()[8..12].copy_from_slice(&7_u32.to_le_bytes());
    engine.set_global(global, 3).unwrap();
    assert_eq!(call(&mut engine, second, "read", &[8]), [10]);
}

#[test]
fn two_instances_of_one_module_are_apart() {
    let image = Spec::new()
        .func("write", &[I32, I32], &[], store_and_set(Op::GlobalSet))
        .func("read", &[I32], &[I32], load_and_add(Op::GlobalGet))
        .memory("", 1, None)
        .global(
            "",
            I32,
            true,
            vec![wrt_format::image::types::ConstOp::Const(0)],
        )
        .image();
    let mut engine = engine(1000);
    let one = instance(&mut engine, &image.module(), &[]);
    let two = instance(&mut engine, &image.module(), &[]);
    call(&mut engine, one, "write", &[0, 5]);
    call(&mut engine, two, "write", &[0, 70]);
    assert_eq!(call(&mut engine, one, "read", &[0]), [10]);
    assert_eq!(call(&mut engine, two, "read", &[0]), [140]);
}

#[test]
fn tables_hold_host_functions_too() {
    let mut spec = Spec::new().import("h", "tab", ExternSpec::Table(table_type(2, None)));
    assert_eq!((spec.ty(&[I32], &[I32]), spec.ty(&[], &[I32])), (0, 1));
    let call_slot = Code::enter(4, 2)
        .op(Op::Mov, &[1, 0])
        .op(Op::CallIndirectShort, &[3, 2, 1, 0, 1])
        .op(Op::Ret1, &[2]);
    let image = spec.func("call", &[I32], &[I32], call_slot).image();
    let mut engine = engine(100);
    let table = engine.new_table(table_type(2, None), 0).unwrap();
    let host = engine.new_host_func(&[], &[I32]).unwrap();
    let other = engine.new_host_func(&[], &[I64]).unwrap();
    engine.table_set(table, 0, host.func().bits()).unwrap();
    engine.table_set(table, 1, other.func().bits()).unwrap();
    let instance = instance(&mut engine, &image.module(), &[table.into()]);
    let call = func(&engine, instance, "call");
    let Outcome::HostCall(request) = engine.execute(instance, call, &[0]).unwrap() else {
        panic!()
    };
    assert_eq!((request.host, request.import), (host, u32::MAX));
    engine.host_return(&[11]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [11]);
    let outcome = engine.execute(instance, call, &[1]).unwrap();
    assert_eq!(outcome, Outcome::Trap(Trap::IndirectCallTypeMismatch));
}

#[test]
fn what_the_host_makes_it_can_look_at() {
    let mut engine = engine(0);
    let global = engine.new_global(COUNTER, u64::MAX).unwrap();
    assert_eq!(
        engine.global(global).unwrap(),
        0xffff_ffff,
        "an i32 is zero-extended"
    );
    engine.set_global(global, 5 << 32 | 6).unwrap();
    assert_eq!(engine.global(global).unwrap(), 6);
    assert_eq!(engine.global_type(global).unwrap(), COUNTER);
    let fixed = engine
        .new_global(
            GlobalType {
                mutable: false,
                ..COUNTER
            },
            1,
        )
        .unwrap();
    assert!(matches!(
        engine.set_global(fixed, 2),
        Err(Error::Misuse(Misuse::ImmutableGlobal))
    ));

    let table = engine.new_table(table_type(1, Some(3)), 0).unwrap();
    assert_eq!(engine.table_size(table).unwrap(), 1);
    let host = engine.new_host_func(&[], &[]).unwrap().func().bits();
    assert_eq!(engine.table_grow(table, 2, host).unwrap(), Some(1));
    assert_eq!(engine.table_grow(table, 1, host).unwrap(), None);
    assert_eq!(engine.table_get(table, 2).unwrap(), host);
    // A reference that leads nowhere never gets into a table or a global.
    assert!(matches!(
        engine.table_set(table, 0, 3 << 32),
        Err(Error::Unknown(_))
    ));
    let reference = GlobalType {
        ty: FUNCREF,
        mutable: true,
    };
    assert!(matches!(
        engine.new_global(reference, 3 << 32),
        Err(Error::Unknown(_))
    ));

    let memory = engine.new_memory(memory_type(1, Some(2))).unwrap();
    engine.memory_mut(memory).unwrap()[65535] = 9;
    assert_eq!(engine.memory_grow(memory, 1).unwrap(), Some(1));
    assert_eq!(engine.memory_grow(memory, 1).unwrap(), None);
    let bytes = engine.memory(memory).unwrap();
    assert_eq!((bytes.len(), bytes[65535], bytes[65536]), (2 << 16, 9, 0));
}

#[test]
fn handles_that_lead_nowhere_are_errors_everywhere() {
    let image = Spec::new()
        .func("f", &[], &[I32], constant(1))
        .memory("mem", 1, None)
        .table("tab", 1, None, None)
        .image();
    let mut engine = engine(0);
    let one = instance(&mut engine, &image.module(), &[]);
    let nowhere = Instance::from_number(1);
    let (memory, table, global) = (
        Memory::from_number(1),
        Table::from_number(1),
        Global::from_number(0),
    );
    let unknown = |result: Result<(), Error>, entity| match result {
        Err(Error::Unknown(got)) => assert_eq!(got, entity),
        other => panic!("{other:?}"),
    };
    unknown(engine.memory(memory).map(drop), Entity::Memory);
    unknown(engine.memory_mut(memory).map(drop), Entity::Memory);
    unknown(engine.memory_type(memory).map(drop), Entity::Memory);
    unknown(engine.memory_grow(memory, 0).map(drop), Entity::Memory);
    unknown(engine.table_size(table).map(drop), Entity::Table);
    unknown(engine.table_type(table).map(drop), Entity::Table);
    unknown(engine.table_get(table, 0).map(drop), Entity::Table);
    unknown(engine.table_set(table, 0, 0), Entity::Table);
    unknown(engine.table_grow(table, 0, 0).map(drop), Entity::Table);
    unknown(
        engine.table_set(Table::from_number(0), 1, 0),
        Entity::TableElem,
    );
    unknown(engine.global(global).map(drop), Entity::Global);
    unknown(engine.global_val(global).map(drop), Entity::Global);
    unknown(engine.set_global(global, 0), Entity::Global);
    unknown(engine.exports(nowhere).map(drop), Entity::Instance);
    unknown(
        engine.instance_func(nowhere, 0).map(drop),
        Entity::FuncIndex,
    );
    unknown(engine.instance_func(one, 1).map(drop), Entity::FuncIndex);
    unknown(engine.instance_memory(one, 1).map(drop), Entity::Memory);
    unknown(engine.instance_table(one, 1).map(drop), Entity::Table);
    assert_eq!(
        (nowhere.export(&engine, "f"), one.export(&engine, "g")),
        (None, None)
    );
    // What is there is found by name, by index, and in the list.
    let exports: Vec<_> = engine.exports(one).unwrap().collect();
    assert_eq!(exports.len(), 3);
    for (name, item) in exports {
        assert_eq!(one.export(&engine, name), Some(item));
    }
    let f = func(&engine, one, "f");
    assert_eq!(engine.instance_func(one, 0).unwrap(), f);
    assert_eq!(engine.func_type(f).unwrap().results, [I32]);
}

#[test]
fn types_without_a_meaning_are_refused() {
    let mut engine = engine(0);
    let memory = |change: fn(&mut MemoryType)| {
        let mut ty = memory_type(1, None);
        change(&mut ty);
        ty
    };
    for ty in [
        memory(|ty| ty.page_log2 = 12),
        memory(|ty| ty.shared = true),
        memory(|ty| ty.max = Some(0)),
    ] {
        assert!(
            matches!(engine.new_memory(ty), Err(Error::Invalid(_))),
            "{ty:?}"
        );
    }
    let numbers = TableType {
        elem: I32,
        ..table_type(1, None)
    };
    assert!(matches!(
        engine.new_table(numbers, 0),
        Err(Error::Invalid(_))
    ));
    assert!(matches!(
        engine.new_table(table_type(2, Some(1)), 0),
        Err(Error::Invalid(_))
    ));
    assert!(matches!(
        engine.new_global(
            GlobalType {
                ty: wrt_vm::ValType::from_byte(1),
                ..COUNTER
            },
            0
        ),
        Err(Error::Invalid(_))
    ));
    assert!(matches!(
        engine.new_host_func(&[wrt_vm::ValType::from_byte(0x40)], &[]),
        Err(Error::Invalid(_))
    ));
    let bad_tag = engine.new_tag(&[wrt_vm::ValType::from_byte(0x40)]);
    assert!(matches!(bad_tag, Err(Error::Invalid(_))));
    assert!(matches!(
        engine.new_tag(&[I32; 1 << 16]),
        Err(Error::Invalid(_))
    ));
    let tags = [&[I32][..], &[]].map(|params| engine.new_tag(params).unwrap().number());
    assert_eq!(tags, [0, 1]);
    assert!(matches!(
        engine.new_host_func(&[I32; 1 << 16], &[]),
        Err(Error::Invalid(_))
    ));
}
