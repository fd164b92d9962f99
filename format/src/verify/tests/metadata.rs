//! The metadata: descriptions that the writer writes and the verifier refuses.

use alloc::vec;

use super::super::VerifyErrorKind as Kind;
use super::{ImportSpec, Limits, ModuleSpec, error_of, find, repair, rich_module, verify_all};
use crate::image::root::Item;
use crate::image::section::{Kind as SectionKind, Section, SectionTable};
use crate::image::types::{ConstOp, ExternKind, GlobalType, MemoryType, TableType, ValType, val};
use crate::image::write::tests::{MEMORY, TABLE, rich};
use crate::image::write::{
    ConstExpr, DataMode, ElemItems, ElemMode, ExternSpec, FuncTypeSpec, ImageSpec, align, write,
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
    let many = |params, results| {
        changed(|m| {
            m.types.push(FuncTypeSpec {
                params: vec![val::I32; params],
                results: vec![val::I32; results],
                ..FuncTypeSpec::default()
            });
        })
    };
    assert_eq!(many(1000, 1000), Ok(()));
    assert_eq!(many(1001, 0), Err(Kind::BadType));
    assert_eq!(many(0, 1001), Err(Kind::BadType));
    let import = |ty| changed(|m| m.imports[0].ty = ty);
    assert_eq!(import(ExternSpec::Func(3)), Err(Kind::IndexOutOfRange));
    assert_eq!(
        changed(|m| m.imports[3].ty = ExternSpec::Func(Item::LIMIT - 1)),
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
        let greatest = Item::LIMIT - 1;
        assert_eq!(with(greatest), Err(Kind::IndexOutOfRange), "{kind:?}");
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
    let section = find(&bytes, SectionKind::ExportIndex).1;
    assert_eq!(section.len, 4 * 4);
    let at = section.offset as usize;
    // "", "global", "memory", "run".
    let mut check = |numbers: [u32; 4]| {
        bytes[at..at + 16].copy_from_slice(numbers.map(u32::to_le_bytes).as_flattened());
        verify_all(&bytes, &Limits::DEFAULT)
    };
    assert_eq!(check([2, 3, 1, 0]), Ok(()));
    for wrong in [[3, 2, 1, 0], [2, 2, 1, 0], [2, 3, 1, 1], [2, 3, 1, 4]] {
        assert_eq!(check(wrong), Err(Kind::BadExportIndex), "{wrong:?}");
    }
    // Without it, the exports stand in the order of their names.
    let mut module = rich_module();
    module.exports.sort_by_key(|export| export.name.clone());
    let image = ImageSpec {
        modules: vec![module],
        build_id: 0,
    };
    let sorted = align(&write(&image).unwrap());
    assert_eq!(verify_all(&sorted, &Limits::DEFAULT), Ok(()));
    let kinds = SectionTable::of(&sorted, super::table_units(&sorted)).unwrap();
    let is_index = |section: Section| section.kind == SectionKind::ExportIndex as u8;
    assert!(!kinds.iter().any(is_index));
    // "memory" and "global" become "nemory" and "olobal".
    for (name, renamed) in [("memory", b's'), ("global", b'A' - 1)] {
        let mut wrong = align(&sorted);
        let found = wrong.windows(6).position(|it| it == name.as_bytes());
        wrong[found.unwrap()] = renamed;
        let expected = match name {
            "memory" => Err(Kind::BadExportIndex),
            _ => Ok(()),
        };
        assert_eq!(verify_all(&wrong, &Limits::DEFAULT), expected);
    }
    // An index that is not whole.
    let entry = find(&bytes, SectionKind::ExportIndex).0;
    bytes[entry + 4] = 12;
    repair(&mut bytes);
    assert!(verify_all(&bytes, &Limits::DEFAULT).is_err());
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

#[test]
fn copy_on_write_sections_fit_their_memory() {
    let image = write(&rich()).unwrap();
    let (entry, run) = find(&image, SectionKind::DataCow);
    assert_eq!(run.place, Some((0, 0)));
    let patched = |at: usize, value: u32| {
        let mut bytes = align(&image);
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        repair(&mut bytes);
        verify_all(&bytes, &Limits::DEFAULT)
    };
    // The second unit of the entry: memory, and place in it.
    let (memory, page) = (entry + 8, entry + 12);
    assert_eq!(patched(page, 0), Ok(()));
    assert_eq!(patched(page, 30), Ok(()));
    // It would overlap the second; pass the end of the memory; be in no memory.
    assert_eq!(patched(page, 31), Err(Kind::BadCowRun));
    assert_eq!(patched(page, u32::MAX), Err(Kind::SectionOrder));
    assert_eq!(patched(memory, 1), Err(Kind::SectionOrder));
    let (second_memory, second_page) = (memory + 16, page + 16);
    assert_eq!(patched(second_page, 64), Err(Kind::BadCowRun));
    assert_eq!(patched(second_memory, 2), Err(Kind::BadCowRun));
    assert_eq!(run.len % 4096, 0);
    assert_eq!(patched(entry + 4, run.len + 1), Err(Kind::BadSection));
    // An empty one, where the last one was.
    let end = image.len() - 4096;
    let mut bytes = align(&image[..end]);
    bytes[12..16].copy_from_slice(&(end as u32).to_le_bytes());
    bytes[entry + 16 + 4..entry + 16 + 8].fill(0);
    repair(&mut bytes);
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Err(Kind::BadCowRun));
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
