//! Instantiation: what is set up, in which order, what a failure leaves behind, and start functions.

use crate::fixture::*;
use wrt_format::image::types::{ConstOp, ExternKind, GlobalType};
use wrt_format::image::write::{ConstExpr, ElemItems, ElemMode, ElemSpec, ExternSpec};
use wrt_format::isa::Op;
use wrt_vm::{Config, Engine, Error, Extern, Func, Limits, Module, Outcome, Trap};

#[test]
fn globals_are_computed_in_order() {
    let imported = ExternSpec::Global(GlobalType {
        ty: I32,
        mutable: false,
    });
    let image = Spec::new()
        .import("m", "base", imported)
        .func("f", &[], &[I32], constant(1))
        .global(
            "sum",
            I32,
            false,
            vec![
                ConstOp::GlobalGet(0),
                ConstOp::Const(0xffff_fffd),
                ConstOp::I32Add,
            ],
        )
        .global(
            "product",
            I32,
            true,
            vec![ConstOp::GlobalGet(1), ConstOp::Const(3), ConstOp::I32Mul],
        )
        .global(
            "wide",
            I64,
            false,
            vec![ConstOp::Const(5), ConstOp::Const(7), ConstOp::I64Sub],
        )
        .global("ref", FUNCREF, false, vec![ConstOp::RefFunc(0)])
        .global("null", FUNCREF, false, vec![ConstOp::Const(0)])
        .image();
    let mut engine = engine(0);
    let base = engine
        .new_global(
            GlobalType {
                ty: I32,
                mutable: false,
            },
            1,
        )
        .unwrap();
    let instance = instance(&mut engine, &image.module(), &[base.into()]);
    let value = |name| match instance.export(&engine, name) {
        Some(Extern::Global(global)) => engine.global(global).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(value("sum"), 0xffff_fffe);
    assert_eq!(value("product"), 0xffff_fffa);
    assert_eq!(value("wide"), 2_u64.wrapping_neg());
    assert_eq!(value("ref"), func(&engine, instance, "f").bits());
    assert_eq!(value("null"), 0);
}

#[test]
fn tables_and_memories_are_filled() {
    let image = Spec::new()
        .func("one", &[], &[I32], constant(1))
        .func("two", &[], &[I32], constant(2))
        .table("t", 6, Some(6), Some(vec![ConstOp::RefFunc(0)]))
        .memory("mem", 1, None)
        .active_elem(0, 2, &[1, 1])
        .active_data(0, 4, b"abcd")
        .active_data(0, 6, b"XY")
        .active_data(0, 65535, b"!")
        .image();
    let mut engine = engine(0);
    let instance = instance(&mut engine, &image.module(), &[]);
    let (one, two) = (
        func(&engine, instance, "one").bits(),
        func(&engine, instance, "two").bits(),
    );
    let Some(Extern::Table(table)) = instance.export(&engine, "t") else {
        panic!()
    };
    let elems: Vec<_> = (0..6)
        .map(|i| engine.table_get(table, i).unwrap())
        .collect();
    assert_eq!(elems, [one, one, two, two, one, one]);
    assert!(engine.table_get(table, 6).is_err());
    let Some(Extern::Memory(memory)) = instance.export(&engine, "mem") else {
        panic!()
    };
    let bytes = engine.memory(memory).unwrap();
    assert_eq!(bytes.len(), 65536);
    assert_eq!(&bytes[..9], b"\0\0\0\0abXY\0");
    assert_eq!(bytes[65535], b'!');
    assert_eq!(engine.fuel_used(), 0, "initial contents cost nothing");
}

#[test]
fn active_segments_are_dropped_and_passive_ones_stay() {
    // memory.init of segment 0, of one byte, traps when the segment is dropped.
    let init = |data| {
        Code::enter(3, 4)
            .op(Op::ConstU32, &[0, 0])
            .op(Op::ConstU32, &[1, 0])
            .op(Op::ConstU32, &[2, 1])
            .op(Op::MemoryInit, &[0, 1, 2, 0, data])
            .op(Op::Ret, &[])
    };
    let mut spec = Spec::new()
        .func("active", &[], &[], init(0))
        .func("passive", &[], &[], init(1))
        .memory("", 1, None)
        .active_data(0, 0, b"a");
    spec.0.datas.push(wrt_format::image::write::DataSpec {
        mode: wrt_format::image::write::DataMode::Passive,
        bytes: b"p".to_vec(),
    });
    let image = spec.image();
    let mut engine = engine(100);
    let instance = instance(&mut engine, &image.module(), &[]);
    let active = func(&engine, instance, "active");
    let outcome = engine.execute(instance, active, &[]).unwrap();
    assert_eq!(outcome, Outcome::Trap(Trap::MemoryOutOfBounds));
    call(&mut engine, instance, "passive", &[]);
}

#[test]
fn a_segment_that_does_not_fit_traps_and_leaves_the_earlier_ones() {
    let memory = ExternSpec::Memory(memory_type(1, None));
    let table = ExternSpec::Table(table_type(4, None));
    let image = Spec::new()
        .import("m", "mem", memory)
        .import("m", "tab", table)
        .func("f", &[], &[I32], constant(9))
        .active_elem(0, 0, &[0])
        .active_data(0, 10, b"first")
        .active_data(0, 65534, b"far")
        .active_data(0, 20, b"never")
        .image();
    let mut engine = engine(100);
    let memory = engine.new_memory(memory_type(1, None)).unwrap();
    let table = engine.new_table(table_type(4, None), 0).unwrap();
    let imports = [memory.into(), table.into()];
    let outcome = image.module().instantiate(&mut engine, &imports).unwrap();
    assert_eq!(outcome, Outcome::Trap(Trap::MemoryOutOfBounds));
    let bytes = engine.memory(memory).unwrap();
    assert_eq!(&bytes[10..15], b"first");
    assert_eq!(
        bytes[65534..],
        [0, 0],
        "a segment is written whole or not at all"
    );
    assert_eq!(bytes[20], 0);
    // The table was filled first, and its function lives on although no instance was handed out.
    let f = Func::from_bits(engine.table_get(table, 0).unwrap()).unwrap();
    assert_eq!(engine.execute_func(f, &[]).unwrap(), Outcome::Done);
    assert_eq!(engine.results(), [9]);
}

#[test]
fn an_element_segment_that_does_not_fit_traps_before_any_data() {
    let memory = ExternSpec::Memory(memory_type(1, None));
    let image = Spec::new()
        .import("m", "mem", memory)
        .func("f", &[], &[I32], constant(9))
        .table("", 1, None, None)
        .active_elem(0, 1, &[0])
        .active_data(0, 0, b"x")
        .image();
    let mut engine = engine(100);
    let memory = engine.new_memory(memory_type(1, None)).unwrap();
    let outcome = image
        .module()
        .instantiate(&mut engine, &[memory.into()])
        .unwrap();
    assert_eq!(outcome, Outcome::Trap(Trap::TableOutOfBounds));
    assert_eq!(engine.memory(memory).unwrap()[0], 0);
}

#[test]
fn segment_offsets_may_be_computed() {
    let base = ExternSpec::Global(GlobalType {
        ty: I32,
        mutable: false,
    });
    let mut spec = Spec::new()
        .import("m", "base", base)
        .func("f", &[], &[I32], constant(9))
        .memory("mem", 1, None)
        .table("t", 3, None, None)
        .active_data_at(
            0,
            vec![ConstOp::GlobalGet(0), ConstOp::Const(2), ConstOp::I32Add],
            b"z",
        );
    spec.0.elems.push(ElemSpec {
        mode: ElemMode::Active {
            table: 0,
            offset: ConstExpr(vec![ConstOp::GlobalGet(0)]),
        },
        items: ElemItems::Exprs(vec![
            ConstExpr(vec![ConstOp::RefFunc(0)]),
            ConstExpr::constant(0),
        ]),
        ty: FUNCREF,
    });
    let image = spec.image();
    let mut engine = engine(0);
    let base = engine
        .new_global(
            GlobalType {
                ty: I32,
                mutable: false,
            },
            1,
        )
        .unwrap();
    let instance = instance(&mut engine, &image.module(), &[base.into()]);
    let Some(Extern::Memory(memory)) = instance.export(&engine, "mem") else {
        panic!()
    };
    assert_eq!(&engine.memory(memory).unwrap()[..5], b"\0\0\0z\0");
    let Some(Extern::Table(table)) = instance.export(&engine, "t") else {
        panic!()
    };
    assert_ne!(engine.table_get(table, 1).unwrap(), 0);
    assert_eq!(engine.table_get(table, 2).unwrap(), 0);
}

/// A start function that counts down from 10 and then stores 42 in a global.
fn with_start() -> Spec {
    let code = Code::enter(3, 3).op(Op::ConstU32, &[0, 10]);
    let head = code.here();
    let code = code.op(Op::Fuel, &[5]);
    let back = head - code.here();
    let code = code
        .op(Op::BrI32AddNz, &[0, 0, -1, back])
        .op(Op::Fuel, &[2])
        .op(Op::ConstU32, &[1, 42])
        .op(Op::GlobalSet, &[1, 0])
        .op(Op::Ret, &[]);
    Spec::new()
        .func("", &[], &[], code)
        .global("done", I32, true, vec![ConstOp::Const(0)])
        .start(0)
}

#[test]
fn the_start_function_pauses_and_goes_on() {
    let image = with_start().image();
    let module = image.module();
    let mut engine = engine(0);
    let mut outcome = module.instantiate(&mut engine, &[]).unwrap();
    let mut slices = 0;
    while outcome == Outcome::OutOfFuel {
        engine.add_fuel(1);
        slices += 1;
        outcome = engine.resume().unwrap();
    }
    assert_eq!((outcome, slices), (Outcome::Done, 3 + 50 + 2));
    let instance = engine.last_instance().unwrap();
    let Some(Extern::Global(done)) = instance.export(&engine, "done") else {
        panic!()
    };
    assert_eq!(engine.global(done).unwrap(), 42);
    assert_eq!((engine.fuel_used(), engine.remaining_fuel()), (55, 0));
    assert_eq!(engine.results(), [] as [u64; 0]);
}

#[test]
fn the_start_function_may_call_the_host() {
    let image = Spec::new()
        .import_func("host", "hello", &[], &[])
        .exported("again", ExternKind::Func, 0)
        .start(0)
        .image();
    let mut engine = engine(10);
    let host = engine.new_host_func(&[], &[]).unwrap();
    let outcome = image
        .module()
        .instantiate(&mut engine, &[host.into()])
        .unwrap();
    assert!(matches!(outcome, Outcome::HostCall(_)));
    engine.host_return(&[]).unwrap();
    assert_eq!(engine.resume().unwrap(), Outcome::Done);
    let instance = engine.last_instance().unwrap();
    assert_eq!(instance.export(&engine, "again"), Some(host.into()));
}

#[test]
fn functions_are_verified_lazily_or_eagerly_as_asked() {
    // An instruction with a slot outside its frame: only the verifier of the body sees that.
    let bad = Code::enter(1, 1).op(Op::ConstU32, &[5, 1]).op(Op::Ret, &[]);
    let spec = Spec::new()
        .func("bad", &[], &[], bad)
        .func("good", &[], &[I32], constant(3));
    let spec = wrt_format::image::write::ImageSpec {
        modules: vec![spec.0],
        build_id: 0,
    };
    let image = Image::new(&wrt_format::image::write::write(&spec).unwrap());
    let module = Module::load_from_binary(image.bytes(), &Limits::default()).unwrap();
    assert!(matches!(module.validate(), Err(Error::Image(_))));

    let mut lazy = engine(100);
    let one = instance(&mut lazy, &module, &[]);
    assert_eq!(call(&mut lazy, one, "good", &[]), [3]);
    let bad = func(&lazy, one, "bad");
    assert_eq!(
        lazy.execute(one, bad, &[]).unwrap(),
        Outcome::Trap(Trap::InvalidCode)
    );

    let mut eager = Engine::new(Config::default().with_eager_verification(true)).unwrap();
    assert!(matches!(
        module.instantiate(&mut eager, &[]),
        Err(Error::Image(_))
    ));
    assert_eq!(eager.last_instance(), None);
}

#[test]
fn bytes_that_are_no_image() {
    let limits = Limits::default();
    assert!(matches!(
        Module::load_from_binary(&[], &limits),
        Err(Error::Image(_))
    ));
    let junk = Image::new(&[0x5a; 4096]);
    assert!(matches!(
        Module::load_from_binary(junk.bytes(), &limits),
        Err(Error::Image(_))
    ));
    let image = Spec::new().func("", &[], &[I32], constant(3)).image();
    assert!(matches!(
        Module::load_number(image.bytes(), 1, &limits),
        Err(Error::Invalid(_))
    ));
    // An address that is no multiple of 16.
    let mut shifted = vec![0; image.bytes().len() + 32];
    let start = shifted.as_ptr().align_offset(16) + 8;
    shifted[start..start + image.bytes().len()].copy_from_slice(image.bytes());
    let bytes = &shifted[start..start + image.bytes().len()];
    assert!(matches!(
        Module::load_from_binary(bytes, &limits),
        Err(Error::Image(_))
    ));
}
