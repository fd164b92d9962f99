//! The metadata: descriptions that the writer writes and the verifier refuses.

use alloc::vec;

use super::super::VerifyErrorKind as Kind;
use super::{ImportSpec, Limits, ModuleSpec, error_of, find, repair, rich_module, verify_all};
use crate::image::root::NONE;
use crate::image::section::Kind as SectionKind;
use crate::image::types::{ConstOp, ExternKind, GlobalType, MemoryType, TableType, ValType, val};
use crate::image::write::tests::{MEMORY, TABLE, rich};
use crate::image::write::{
    ConstExpr, DataMode, ElemItems, ElemMode, ExternSpec, ImageSpec, align, write,
};

/// The error of the rich module after a change.
fn changed(change: impl Fn(&mut ModuleSpec)) -> Result<(), Kind> {
    let mut module = rich_module();
    change(&mut module);
    error_of(module)
}

#[test]
fn types() {
    assert_eq!(changed(|_| ()), Ok(()));
    assert_eq!(
        changed(|m| m.types[0].params.push(ValType::from_byte(0x40))),
        Err(Kind::BadType)
    );
    let import = |ty| changed(|m| m.imports[0].ty = ty);
    assert_eq!(import(ExternSpec::Func(3)), Err(Kind::IndexOutOfRange));
    assert_eq!(
        changed(|m| m.imports[3].ty = ExternSpec::Func(u32::MAX)),
        Err(Kind::IndexOutOfRange)
    );
    assert_eq!(
        changed(|m| m.globals[0].ty.ty = ValType::from_byte(0x40)),
        Err(Kind::BadType)
    );
    let odd = ExternSpec::Global(GlobalType {
        ty: ValType::from_byte(0),
        mutable: false,
    });
    assert_eq!(changed(|m| m.imports[1].ty = odd), Err(Kind::BadType));
    assert_eq!(
        changed(|m| m.funcs[0].type_idx = 3),
        Err(Kind::BadFuncRecord)
    );
}

#[test]
fn tables() {
    let table = |ty: TableType| changed(|m| m.tables[1].ty = ty);
    assert_eq!(table(TABLE), Ok(()));
    assert_eq!(
        table(TableType {
            elem: val::I32,
            ..TABLE
        }),
        Err(Kind::BadType)
    );
    assert_eq!(table(TableType { min: 21, ..TABLE }), Err(Kind::BadLimits));
    assert_eq!(
        table(TableType {
            max: Some(u64::from(u32::MAX)),
            ..TABLE
        }),
        Ok(())
    );
    assert_eq!(
        table(TableType {
            max: Some(1 << 32),
            ..TABLE
        }),
        Err(Kind::BadLimits)
    );
    assert_eq!(
        table(TableType {
            is64: true,
            max: Some(1 << 32),
            ..TABLE
        }),
        Ok(())
    );
    assert_eq!(
        table(TableType {
            min: 20_000_000,
            max: None,
            ..TABLE
        }),
        Err(Kind::OverBudget)
    );
    let limited = ExternSpec::Table(TableType {
        min: 2,
        max: Some(1),
        ..TABLE
    });
    assert_eq!(changed(|m| m.imports[2].ty = limited), Err(Kind::BadLimits));
    // An initial value may not get a global that the module defines.
    let init = |ops: &[ConstOp]| changed(|m| m.tables[1].init = Some(ConstExpr(ops.to_vec())));
    assert_eq!(init(&[ConstOp::Const(0)]), Ok(()));
    assert_eq!(init(&[ConstOp::GlobalGet(3)]), Err(Kind::BadConstExpr));
    assert_eq!(init(&[ConstOp::Const(1)]), Err(Kind::ConstExprType));
}

#[test]
fn memories() {
    let memory = |ty: MemoryType| changed(|m| m.memories[1] = ty);
    let m = MemoryType {
        max: None,
        min: 1,
        ..MEMORY
    };
    assert_eq!(memory(m), Ok(()));
    assert_eq!(
        memory(MemoryType {
            min: 3,
            max: Some(2),
            ..m
        }),
        Err(Kind::BadLimits)
    );
    assert_eq!(
        memory(MemoryType {
            max: Some(65_536),
            ..m
        }),
        Ok(())
    );
    assert_eq!(
        memory(MemoryType {
            max: Some(65_537),
            ..m
        }),
        Err(Kind::BadLimits)
    );
    // Of an imported one, which is not budgeted.
    let import = |min| {
        changed(|module| {
            let ty = ExternSpec::Memory(MemoryType { min, ..m });
            let (module_name, name) = ("env".into(), "m".into());
            module.imports.push(ImportSpec {
                module: module_name,
                name,
                ty,
            });
        })
    };
    assert_eq!(import(65_536), Ok(()));
    assert_eq!(import(65_537), Err(Kind::BadLimits));
    assert_eq!(
        memory(MemoryType { min: 65_536, ..m }),
        Err(Kind::OverBudget)
    );
}

#[test]
fn memories_of_64_bits() {
    let memory = |ty: MemoryType| changed(|m| m.memories[1] = ty);
    let m = MemoryType {
        max: None,
        min: 1,
        ..MEMORY
    };
    assert_eq!(
        memory(MemoryType {
            is64: true,
            max: Some(1 << 48),
            ..m
        }),
        Ok(())
    );
    assert_eq!(
        memory(MemoryType {
            is64: true,
            max: Some((1 << 48) + 1),
            ..m
        }),
        Err(Kind::BadLimits)
    );
    assert_eq!(
        memory(MemoryType {
            is64: true,
            min: 1 << 48,
            ..m
        }),
        Err(Kind::OverBudget)
    );
}

#[test]
fn memories_with_other_pages() {
    let memory = |ty: MemoryType| changed(|m| m.memories[1] = ty);
    let m = MemoryType {
        max: None,
        min: 1,
        ..MEMORY
    };
    let bytes = MemoryType {
        page_log2: 0,
        min: 5,
        ..m
    };
    assert_eq!(memory(bytes), Ok(()));
    assert_eq!(
        memory(MemoryType {
            max: Some(1 << 32),
            ..bytes
        }),
        Ok(())
    );
    assert_eq!(
        memory(MemoryType {
            max: Some((1 << 32) + 1),
            ..bytes
        }),
        Err(Kind::BadLimits)
    );
    assert_eq!(
        memory(MemoryType { page_log2: 12, ..m }),
        Err(Kind::BadLimits)
    );
    assert_eq!(
        memory(MemoryType {
            page_log2: 255,
            ..m
        }),
        Err(Kind::OverBudget)
    );
    let shared = MemoryType { shared: true, ..m };
    assert_eq!(memory(shared), Err(Kind::BadLimits));
    let max = Some(2);
    assert_eq!(memory(MemoryType { max, ..shared }), Ok(()));
}

#[test]
fn constant_expressions() {
    let of = |ty: ValType, ops: &[ConstOp]| {
        changed(|m| {
            m.globals[3].ty.ty = ty;
            m.globals[3].init = ops.to_vec().into();
        })
    };
    use ConstOp::{Const, GlobalGet, I32Add, I32Mul, I32Sub, I64Add, I64Mul, I64Sub, RefFunc};
    assert_eq!(of(val::I32, &[Const(u64::from(u32::MAX))]), Ok(()));
    assert_eq!(of(val::F32, &[Const(1 << 32)]), Err(Kind::ConstExprType));
    assert_eq!(of(val::I32, &[Const(1 << 32)]), Err(Kind::ConstExprType));
    assert_eq!(of(val::F64, &[Const(u64::MAX)]), Ok(()));
    assert_eq!(of(val::EXTERNREF, &[Const(0)]), Ok(()));
    assert_eq!(of(val::FUNCREF, &[Const(1)]), Err(Kind::ConstExprType));
    assert_eq!(of(val::FUNCREF, &[RefFunc(4)]), Ok(()));
    assert_eq!(of(val::FUNCREF, &[RefFunc(5)]), Err(Kind::IndexOutOfRange));
    assert_eq!(of(val::EXTERNREF, &[RefFunc(0)]), Err(Kind::ConstExprType));
    assert_eq!(of(val::I32, &[]), Err(Kind::BadConstExpr));
    assert_eq!(of(val::I32, &[Const(1), Const(1)]), Err(Kind::BadConstExpr));
    assert_eq!(of(val::I32, &[I32Add]), Err(Kind::BadConstExpr));
    assert_eq!(of(val::I32, &[Const(1), I32Sub]), Err(Kind::BadConstExpr));
    assert_eq!(of(val::I32, &[Const(1), Const(2), I32Mul]), Ok(()));
    assert_eq!(
        of(val::I64, &[Const(1), Const(2), I32Mul]),
        Err(Kind::ConstExprType)
    );
    assert_eq!(
        of(val::I64, &[Const(1), Const(2), I64Mul, Const(9), I64Sub]),
        Ok(())
    );
    assert_eq!(
        of(val::I32, &[Const(1 << 40), Const(2), I32Mul]),
        Err(Kind::ConstExprType)
    );
    assert_eq!(
        of(val::I64, &[GlobalGet(0), Const(2), I64Add]),
        Err(Kind::ConstExprType)
    );
    // Imported and immutable; mutable; earlier; itself; none.
    assert_eq!(of(val::I32, &[GlobalGet(0)]), Ok(()));
    assert_eq!(of(val::I64, &[GlobalGet(1)]), Err(Kind::BadConstExpr));
    assert_eq!(of(val::I32, &[GlobalGet(2)]), Err(Kind::BadConstExpr));
    assert_eq!(of(val::FUNCREF, &[GlobalGet(3)]), Ok(()));
    assert_eq!(of(val::I32, &[GlobalGet(5)]), Err(Kind::BadConstExpr));
    assert_eq!(of(val::I32, &[GlobalGet(6)]), Err(Kind::IndexOutOfRange));
    let deep = |n: usize| {
        let mut ops = vec![Const(1); n];
        ops.extend(vec![I32Add; n - 1]);
        of(val::I32, &ops)
    };
    assert_eq!(deep(64), Ok(()));
    assert_eq!(deep(65), Err(Kind::ConstExprDepth));
}

#[test]
fn exports_and_start() {
    let last = [
        (ExternKind::Func, 4),
        (ExternKind::Table, 2),
        (ExternKind::Memory, 1),
        (ExternKind::Global, 5),
    ];
    for (kind, index) in last {
        let with = |index| changed(|m| (m.exports[0].kind, m.exports[0].index) = (kind, index));
        assert_eq!(with(index), Ok(()), "{kind:?}");
        assert_eq!(with(index + 1), Err(Kind::IndexOutOfRange), "{kind:?}");
        assert_eq!(with(u32::MAX), Err(Kind::IndexOutOfRange), "{kind:?}");
    }
    let twice = changed(|m| m.exports[0].name = "memory".into());
    assert_eq!(twice, Err(Kind::BadExportIndex));
    assert_eq!(changed(|m| m.start = Some(2)), Err(Kind::BadStart));
    assert_eq!(changed(|m| m.start = Some(5)), Err(Kind::BadStart));
    assert_eq!(changed(|m| m.start = Some(1)), Ok(()));
}

#[test]
fn the_export_index_is_that_of_the_exports() {
    let mut bytes = align(&write(&rich()).unwrap());
    let at = find(&bytes, SectionKind::ExportIndex).1.offset as usize;
    let entries: [u8; 16] = bytes[at..at + 16].try_into().unwrap();
    bytes[at..at + 8].copy_from_slice(&entries[8..]);
    bytes[at + 8..at + 16].copy_from_slice(&entries[..8]);
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::BadExportIndex)
    );
    bytes[at..at + 8].copy_from_slice(&entries[8..]);
    bytes[at + 8..at + 16].copy_from_slice(&entries[8..]);
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::BadExportIndex)
    );
    bytes[at..at + 16].copy_from_slice(&entries);
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Ok(()));
    bytes[at] ^= 1;
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::BadExportIndex)
    );
    bytes[at..at + 8].copy_from_slice(&[0, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::BadExportIndex)
    );
}

#[test]
fn segments() {
    let table = |index| {
        changed(|m| {
            let offset = ConstExpr::constant(0);
            m.elems[0].mode = ElemMode::Active {
                table: index,
                offset,
            };
        })
    };
    assert_eq!(table(2), Ok(()));
    // Externref elements; no such table.
    assert_eq!(table(1), Err(Kind::TypeMismatch));
    assert_eq!(table(3), Err(Kind::IndexOutOfRange));
    assert_eq!(changed(|m| m.elems[0].ty = val::I32), Err(Kind::BadType));
    assert_eq!(
        changed(|m| m.elems[2].ty = val::EXTERNREF),
        Err(Kind::TypeMismatch)
    );
    let funcs = |func| changed(|m| m.elems[0].items = ElemItems::Funcs(vec![func]));
    assert_eq!(funcs(4), Ok(()));
    assert_eq!(funcs(5), Err(Kind::IndexOutOfRange));
    let item = ConstExpr(vec![ConstOp::RefFunc(0)]);
    let items = changed(|m| m.elems[3].items = ElemItems::Exprs(vec![item.clone()]));
    assert_eq!(items, Err(Kind::ConstExprType));
    let wide = changed(|m| {
        let offset = ConstExpr::constant(1 << 32);
        m.elems[0].mode = ElemMode::Active { table: 0, offset };
    });
    assert_eq!(wide, Err(Kind::ConstExprType));
    let data = |mem, offset| {
        changed(|m| {
            let offset = ConstExpr::constant(offset);
            m.datas[3].mode = DataMode::Active { mem, offset };
        })
    };
    // The 64-bit memory takes a 64-bit offset, the other does not.
    assert_eq!(data(1, 1 << 32), Ok(()));
    assert_eq!(data(0, 1 << 32), Err(Kind::ConstExprType));
    assert_eq!(data(2, 0), Err(Kind::IndexOutOfRange));
}

/// Changes bytes of the ROOT archive of the rich image that hold `from`, the `nth` time they do.
fn with_root(nth: usize, from: &[u8], to: &[u8]) -> Result<(), Kind> {
    let mut bytes = align(&write(&rich()).unwrap());
    let root = find(&bytes, SectionKind::Root).1;
    let (start, end) = (root.offset as usize, (root.offset + root.len) as usize);
    let found = bytes[start..end].windows(from.len()).enumerate();
    let at = found
        .filter(|(_, window)| *window == from)
        .nth(nth)
        .unwrap()
        .0
        + start;
    bytes[at..at + to.len()].copy_from_slice(to);
    verify_all(&bytes, &Limits::DEFAULT)
}

#[test]
fn names_and_lists_in_the_archive() {
    // Names of the rich module: "rich", "env", "a", "g", and so on: the name "a" is at 7, one byte long.
    let name = |start: u32, len: u32| [start, len].map(u32::to_le_bytes).as_flattened().to_vec();
    assert_eq!(with_root(0, &name(7, 1), &name(7, 1)), Ok(()));
    assert_eq!(
        with_root(0, &name(7, 1), &name(70, 100)),
        Err(Kind::BadName)
    );
    assert_eq!(
        with_root(0, &name(7, 1), &name(u32::MAX, 2)),
        Err(Kind::BadName)
    );
    // Half of the two bytes of "é".
    assert_eq!(with_root(0, &name(11, 2), &name(11, 1)), Err(Kind::BadName));
    assert_eq!(with_root(0, "é".as_bytes(), &[0xff]), Err(Kind::BadRoot));
    // Imports by kind: functions 0 and 3, table 2, globals 1 and 4.
    let by_kind = [0u32, 3, 2, 1, 4].map(u32::to_le_bytes);
    let swapped = [3u32, 0, 2, 1, 4].map(u32::to_le_bytes);
    let found = with_root(0, by_kind.as_flattened(), swapped.as_flattened());
    assert_eq!(found, Err(Kind::BadImport));
    let counts = [2u32, 1, 0, 2, 0].map(u32::to_le_bytes);
    for wrong in [
        [3, 1, 0, 2, 0],
        [2, 0, 0, 3, 0],
        [2, 1, 0, u32::MAX, 0],
        [2, 1, 0, 1, 1],
        [0, 0, 0, 0, 0],
    ] {
        let wrong = wrong.map(u32::to_le_bytes);
        let found = with_root(0, counts.as_flattened(), wrong.as_flattened());
        assert_eq!(found, Err(Kind::BadImport), "{wrong:?}");
    }
    // A name for a module that has none must be empty.
    let none = [NONE, 0].map(u32::to_le_bytes);
    let some = [NONE, 1].map(u32::to_le_bytes);
    assert_eq!(
        // The first three are types without supertype.
        with_root(3, none.as_flattened(), some.as_flattened()),
        Err(Kind::BadName)
    );
}

#[test]
fn rows_have_meaning() {
    // The kind, type and flags of the memory with a maximum.
    let memory = [2u8, 16, 4, 0, 0, 0, 0, 0, 4, 0];
    assert_eq!(with_root(0, &memory, &[2, 16, 5, 0]), Err(Kind::BadType));
    assert_eq!(with_root(0, &memory, &[2, 16, 0, 0]), Err(Kind::BadType));
    assert_eq!(with_root(0, &memory, &[0, 16, 4, 0]), Err(Kind::BadType));
    assert_eq!(with_root(0, &memory, &[2, 16, 4, 0, 1]), Err(Kind::BadType));
    // The export of global 5.
    let export = [3u32, 5].map(u32::to_le_bytes);
    let kind = [5u32, 5].map(u32::to_le_bytes);
    assert_eq!(
        with_root(0, export.as_flattened(), kind.as_flattened()),
        Err(Kind::BadExport)
    );
    // The passive data segment: its bytes are the first 7 of DATA.
    let passive = [0u32, 0, 0, 0, 0, 7].map(u32::to_le_bytes);
    for (at, value, expected) in [
        (0, 2, Kind::BadSegment),
        (1, 1, Kind::BadSegment),
        (3, 1, Kind::BadSegment),
        (5, 100, Kind::BadSegment),
    ] {
        let mut wrong = passive;
        wrong[at] = u32::to_le_bytes(value);
        let found = with_root(0, passive.as_flattened(), wrong.as_flattened());
        assert_eq!(found, Err(expected), "{at}");
    }
    // An operator that there is not, and one with an operand that it does not take.
    let seven = [0u32, 0, 7, 0].map(u32::to_le_bytes);
    for wrong in [[9u32, 0, 0, 0], [0, 1, 7, 0], [3, 0, 7, 0], [1, 0, 7, 0]] {
        let wrong = wrong.map(u32::to_le_bytes);
        let found = with_root(1, seven.as_flattened(), wrong.as_flattened());
        assert_eq!(found, Err(Kind::BadConstExpr), "{wrong:?}");
    }
}

#[test]
fn ranges_do_not_share_what_takes_time_to_check() {
    // The items of the fourth segment, externref constants, become those of the second, which are as many as there are.
    let row = |items: [u32; 2]| {
        let [start, len] = items;
        let words = [0x6f, 0x0001_0000, 0, 0, 0, start, len].map(u32::to_le_bytes);
        words.as_flattened().to_vec()
    };
    let found = with_root(0, &row([2, 1]), &row([0, 1]));
    assert_eq!(found, Ok(()));
    let found = with_root(0, &row([2, 1]), &row([0, 3]));
    assert_eq!(found, Err(Kind::Overlap));
}

#[test]
fn copy_on_write_sections_fit_their_memory() {
    let image = write(&rich()).unwrap();
    let (entry, run) = find(&image, SectionKind::DataCow);
    let at = 128 + entry * 64;
    let patched = |field: usize, value: u32| {
        let mut bytes = align(&image);
        bytes[at + field..at + field + 4].copy_from_slice(&value.to_le_bytes());
        repair(&mut bytes);
        verify_all(&bytes, &Limits::DEFAULT)
    };
    assert_eq!(patched(28, 0), Ok(()));
    assert_eq!(patched(28, 30), Ok(()));
    // It would overlap the second; pass the end of the memory; be in no memory.
    assert_eq!(patched(28, 31), Err(Kind::BadCowRun));
    assert_eq!(patched(28, u32::MAX), Err(Kind::SectionOrder));
    assert_eq!(patched(24, 1), Err(Kind::SectionOrder));
    let second = at + 64;
    let mut bytes = align(&image);
    bytes[second + 28..second + 32].copy_from_slice(&64u32.to_le_bytes());
    repair(&mut bytes);
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Err(Kind::BadCowRun));
    bytes[second + 24] = 2;
    repair(&mut bytes);
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Err(Kind::BadCowRun));
    assert_eq!(run.len % 4096, 0);
}

#[test]
fn images_are_whole() {
    let none = ImageSpec {
        modules: vec![],
        build_id: 0,
    };
    let bytes = align(&write(&none).unwrap());
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Err(Kind::BadRoot));
    // Features that are not those of Wasm 2.0 have to be declared in the module too.
    let mut module = ModuleSpec::default();
    module.imports.push(ImportSpec {
        module: "m".into(),
        name: "n".into(),
        ty: ExternSpec::Memory(MemoryType {
            is64: true,
            ..MEMORY
        }),
    });
    assert_eq!(error_of(module), Ok(()));
}
