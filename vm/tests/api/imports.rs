//! Imports that do not fit: every kind of mismatch is refused, says what it is, and leaves the engine as it was.

use crate::fixture::*;
use wrt_format::image::types::{GlobalType, MemoryType, TableType};
use wrt_format::image::write::ExternSpec;
use wrt_vm::{Error, Extern, Func, ImportMismatch, Memory};

/// Instantiates a module whose one import is `asked` with `given`; the error.
fn mismatch(
    asked: ExternSpec,
    make: impl FnOnce(&mut wrt_vm::Engine<'_>) -> Extern,
) -> (ImportMismatch, String) {
    let image = Spec::new().import("mod", "thing", asked).image();
    let mut engine = engine(0);
    let given = make(&mut engine);
    let before = engine.stats();
    let error = image
        .module()
        .instantiate(&mut engine, &[given])
        .unwrap_err();
    assert_eq!(engine.stats(), before, "an import error changes nothing");
    assert_eq!(engine.last_instance(), None);
    let text = error.to_string();
    match error {
        Error::Import(error) => {
            assert_eq!(error.index, 0);
            assert_eq!(
                (&*error.detail.module, &*error.detail.name),
                ("mod", "thing")
            );
            (error.mismatch, text)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn number_of_imports() {
    let image = Spec::new().import_func("a", "b", &[], &[]).image();
    let mut engine = engine(0);
    let error = image.module().instantiate(&mut engine, &[]).unwrap_err();
    assert!(matches!(
        error,
        Error::ImportCount {
            expected: 1,
            got: 0
        }
    ));
    assert_eq!(error.to_string(), "the module has 1 imports, 0 were given");
}

#[test]
fn kind() {
    let (kind, text) = mismatch(ExternSpec::Memory(memory_type(1, None)), |engine| {
        engine.new_host_func(&[I32], &[]).unwrap().into()
    });
    assert_eq!(kind, ImportMismatch::Kind);
    let wanted =
        "incompatible import type \"mod\" \"thing\": expected (memory 1), got (func (param i32))";
    assert_eq!(text, wanted);
}

#[test]
fn function_types_are_compared_by_structure() {
    let image = Spec::new()
        .import_func("mod", "thing", &[I32, F64], &[I64])
        .image();
    let mut engine = engine(0);
    // Types made before, so that the numbers of equal types differ between the module and the engine.
    engine.new_host_func(&[], &[]).unwrap();
    let good = engine.new_host_func(&[I32, F64], &[I64]).unwrap();
    let bad = engine.new_host_func(&[I32, F64], &[]).unwrap();
    instance(&mut engine, &image.module(), &[good.into()]);
    let error = image
        .module()
        .instantiate(&mut engine, &[bad.into()])
        .unwrap_err();
    let Error::Import(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.mismatch, ImportMismatch::FuncType);
    assert_eq!(error.detail.expected, "(func (param i32 f64) (result i64))");
    assert_eq!(error.detail.got, "(func (param i32 f64))");
}

/// What a machine without 64-bit memories and tables refuses for that.
fn only_wide<T>(case: T) -> Option<T> {
    cfg!(feature = "memory64").then_some(case)
}

#[test]
fn memories() {
    let given = |min, max| {
        move |engine: &mut wrt_vm::Engine<'_>| {
            engine.new_memory(memory_type(min, max)).unwrap().into()
        }
    };
    let asked = |min, max| ExternSpec::Memory(memory_type(min, max));
    let wide = ExternSpec::Memory(MemoryType {
        is64: true,
        ..memory_type(1, None)
    });
    let narrow = [
        (asked(2, None), 1, None),
        (asked(1, Some(2)), 1, None),
        (asked(1, Some(2)), 1, Some(3)),
    ];
    for (asked, min, max) in narrow.into_iter().chain(only_wide((wide, 1, None))) {
        assert_eq!(
            mismatch(asked, given(min, max)).0,
            ImportMismatch::MemoryType
        );
    }
    let (_, text) = mismatch(asked(2, Some(3)), given(1, None));
    assert!(
        text.ends_with("expected (memory 2 3), got (memory 1)"),
        "{text}"
    );
}

#[test]
fn tables() {
    let given = |min, max| {
        move |engine: &mut wrt_vm::Engine<'_>| {
            engine.new_table(table_type(min, max), 0).unwrap().into()
        }
    };
    let asked = |ty: TableType| ExternSpec::Table(ty);
    let externref = TableType {
        elem: EXTERNREF,
        ..table_type(1, None)
    };
    let table64 = TableType {
        is64: true,
        ..table_type(1, None)
    };
    let narrow = [
        (asked(table_type(2, None)), 1, None),
        (asked(table_type(1, Some(2))), 1, None),
        (asked(table_type(1, Some(2))), 1, Some(3)),
        (asked(externref), 1, None),
    ];
    for (asked, min, max) in narrow
        .into_iter()
        .chain(only_wide((asked(table64), 1, None)))
    {
        assert_eq!(
            mismatch(asked, given(min, max)).0,
            ImportMismatch::TableType
        );
    }
}

#[test]
fn globals() {
    let given = |ty, mutable| {
        move |engine: &mut wrt_vm::Engine<'_>| {
            engine
                .new_global(GlobalType { ty, mutable }, 0)
                .unwrap()
                .into()
        }
    };
    for (ty, mutable) in [(I64, false), (I32, true)] {
        let asked = ExternSpec::Global(GlobalType {
            ty: I32,
            mutable: false,
        });
        let (kind, text) = mismatch(asked, given(ty, mutable));
        assert_eq!(kind, ImportMismatch::GlobalType);
        assert!(
            text.contains("expected (global i32), got (global "),
            "{text}"
        );
    }
}

#[test]
fn handles_that_lead_nowhere() {
    let asked = ExternSpec::Memory(memory_type(1, None));
    let (kind, _) = mismatch(asked, |_| Memory::from_number(7).into());
    assert_eq!(kind, ImportMismatch::Handle);
    for bits in [1, 1 << 32, u64::MAX, 5 << 32 | 9, 0xffff_ffff << 32 | 3] {
        let mut spec = Spec::new();
        let ty = spec.ty(&[], &[]);
        let image = spec.import("mod", "thing", ExternSpec::Func(ty)).image();
        let mut engine = engine(0);
        let func = Func::from_bits(bits).unwrap();
        let error = image
            .module()
            .instantiate(&mut engine, &[func.into()])
            .unwrap_err();
        let Error::Import(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.mismatch, ImportMismatch::Handle, "{bits:#x}");
    }
}

#[test]
fn limits_count_the_current_size() {
    let asked = ExternSpec::Memory(memory_type(3, None));
    let image = Spec::new().import("mod", "thing", asked).image();
    let mut engine = engine(0);
    let memory = engine.new_memory(memory_type(1, None)).unwrap();
    assert!(
        image
            .module()
            .instantiate(&mut engine, &[memory.into()])
            .is_err()
    );
    assert_eq!(engine.memory_grow(memory, 2).unwrap(), Some(1));
    instance(&mut engine, &image.module(), &[memory.into()]);
}
