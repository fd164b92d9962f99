//! Type definitions and typed references: what the writer writes and the verifier refuses.

use alloc::vec;
use alloc::vec::Vec;

use super::super::VerifyErrorKind as Kind;
use super::{FuncTypeSpec, ModuleSpec, error_of, func_type};
use crate::image::SubType;
use crate::image::types::{ConstOp, GlobalType, HeapType, TableType, ValType, val};
use crate::image::write::{ConstExpr, ElemItems, ElemMode, ElemSpec, GlobalSpec, TableSpec};

/// A reference to type `index`.
fn of(index: u32, nullable: bool) -> ValType {
    ValType::reference(HeapType::Defined(index), nullable)
}

/// A type that may have subtypes, below `supertype`.
fn open(supertype: Option<u32>, in_group: u32, params: &[ValType]) -> FuncTypeSpec {
    FuncTypeSpec {
        sub: SubType {
            supertype,
            open: true,
            in_group,
        },
        ..func_type(params, &[])
    }
}

fn with_types(types: Vec<FuncTypeSpec>) -> Result<(), Kind> {
    error_of(ModuleSpec {
        types,
        ..ModuleSpec::default()
    })
}

#[test]
fn types_refer_to_earlier_ones_or_their_group() {
    let plain = || open(None, 0, &[]);
    assert_eq!(
        with_types(vec![plain(), open(None, 0, &[of(0, true)])]),
        Ok(())
    );
    assert_eq!(with_types(vec![open(None, 0, &[of(0, false)])]), Ok(()));
    let forward = vec![open(None, 0, &[of(1, true)]), plain()];
    assert_eq!(with_types(forward), Err(Kind::BadType));
    let group = vec![open(None, 0, &[of(1, true)]), open(None, 1, &[])];
    assert_eq!(with_types(group), Ok(()));
    let gap = vec![plain(), open(None, 2, &[])];
    assert_eq!(with_types(gap), Err(Kind::BadType));
    assert_eq!(with_types(vec![open(None, 1, &[])]), Err(Kind::BadType));
}

#[test]
fn supertypes_are_earlier_open_and_match() {
    let top = || open(None, 0, &[of(0, false)]);
    let sub = |supertype, params: &[ValType]| with_types(vec![top(), open(supertype, 0, params)]);
    assert_eq!(sub(Some(0), &[of(0, false)]), Ok(()));
    // Parameters may be less precise than those of the supertype, not more.
    assert_eq!(sub(Some(0), &[val::FUNCREF]), Ok(()));
    assert_eq!(sub(Some(0), &[of(1, false)]), Err(Kind::BadType));
    assert_eq!(sub(Some(0), &[val::EXTERNREF]), Err(Kind::BadType));
    assert_eq!(sub(Some(0), &[]), Err(Kind::BadType));
    assert_eq!(sub(Some(1), &[of(0, false)]), Err(Kind::BadType));
    assert_eq!(sub(Some(7), &[of(0, false)]), Err(Kind::BadType));
    let closed = vec![func_type(&[], &[]), open(Some(0), 0, &[])];
    assert_eq!(with_types(closed), Err(Kind::BadType));
}

#[test]
fn results_of_subtypes_may_be_more_precise() {
    let of_result = |result, supertype| FuncTypeSpec {
        results: vec![result],
        ..open(supertype, 0, &[])
    };
    let check = |sub, sup| with_types(vec![of_result(sup, None), of_result(sub, Some(0))]);
    assert_eq!(check(of(0, false), val::FUNCREF), Ok(()));
    assert_eq!(check(val::FUNCREF, of(0, false)), Err(Kind::BadType));
}

#[test]
fn chains_of_supertypes_are_short() {
    let chain = |n: u32| (0..n).map(|i| open(i.checked_sub(1), 0, &[])).collect();
    assert_eq!(with_types(chain(64)), Ok(()));
    assert_eq!(with_types(chain(65)), Err(Kind::BadType));
}

/// Global, table, segment of these types, with initial values.
fn with_values(ty: ValType, init: ConstOp) -> [Result<(), Kind>; 3] {
    let base = || {
        let mut module = super::rich_module();
        module.features |= crate::image::features::FUNCTION_REFERENCES;
        module
    };
    let expr = || ConstExpr(vec![init]);
    let mut global = base();
    global.globals.push(GlobalSpec {
        ty: GlobalType { ty, mutable: true },
        init: expr(),
    });
    let mut table = base();
    table.tables.push(TableSpec {
        ty: TableType {
            elem: ty,
            is64: false,
            min: 1,
            max: None,
        },
        init: Some(expr()),
    });
    let mut elem = base();
    elem.elems.push(ElemSpec {
        mode: ElemMode::Passive,
        items: ElemItems::Exprs(vec![expr()]),
        ty,
    });
    [global, table, elem].map(error_of)
}

#[test]
fn initial_values_match_their_type() {
    // Function 1 of the rich module, an import, is of type 0.
    let func = ConstOp::RefFunc(1);
    let all = |result| [result; 3];
    assert_eq!(with_values(of(0, false), func), all(Ok(())));
    assert_eq!(with_values(of(0, true), func), all(Ok(())));
    assert_eq!(
        with_values(of(1, true), func),
        all(Err(Kind::ConstExprType))
    );
    let null = ConstOp::Const(0);
    assert_eq!(with_values(of(1, true), null), all(Ok(())));
    assert_eq!(
        with_values(of(1, false), null),
        all(Err(Kind::ConstExprType))
    );
    let some_func = ValType::reference(HeapType::Func, false);
    assert_eq!(with_values(some_func, func), all(Ok(())));
    assert_eq!(with_values(some_func, null), all(Err(Kind::ConstExprType)));
    let none = ValType::reference(HeapType::NoFunc, true);
    assert_eq!(with_values(none, null), all(Ok(())));
    assert_eq!(with_values(none, func), all(Err(Kind::ConstExprType)));
    assert_eq!(with_values(of(3, true), null), all(Err(Kind::BadType)));
}

#[test]
fn a_table_of_references_that_are_never_null_needs_an_initial_value() {
    let table = |elem, init| {
        let mut module = super::rich_module();
        let ty = TableType {
            elem,
            is64: false,
            min: 1,
            max: None,
        };
        module.tables.push(TableSpec { ty, init });
        error_of(module)
    };
    assert_eq!(table(of(0, true), None), Ok(()));
    assert_eq!(table(of(0, false), None), Err(Kind::ConstExprType));
}

#[test]
fn a_segment_fits_its_table_by_subtyping() {
    let with = |elem, ty| {
        let mut module = super::rich_module();
        let tables = module.tables.len() as u32;
        let imported = module.imports.iter();
        let imported =
            imported.filter(|import| import.ty.kind() == crate::image::types::ExternKind::Table);
        let index = imported.count() as u32 + tables;
        module.tables.push(TableSpec {
            ty: TableType {
                elem,
                is64: false,
                min: 1,
                max: None,
            },
            init: None,
        });
        module.elems.push(ElemSpec {
            mode: ElemMode::Active {
                table: index,
                offset: ConstExpr::constant(0),
            },
            items: ElemItems::Exprs(vec![]),
            ty,
        });
        error_of(module)
    };
    assert_eq!(with(val::FUNCREF, of(0, false)), Ok(()));
    assert_eq!(with(of(0, true), of(0, false)), Ok(()));
    assert_eq!(with(of(0, true), val::FUNCREF), Err(Kind::TypeMismatch));
    assert_eq!(with(val::EXTERNREF, of(0, true)), Err(Kind::TypeMismatch));
}

/// Whatever goes beyond Wasm 2.0 is declared in the module, also when nobody writes it with the writer.
#[test]
fn the_feature_is_declared() {
    use super::{ImageSpec, align, repair, verify_all, write};
    use crate::image::features::FUNCTION_REFERENCES;
    use crate::verify::Limits;
    for types in [
        vec![func_type(&[of(0, true)], &[])],
        vec![open(None, 0, &[])],
    ] {
        let module = ModuleSpec {
            types,
            ..ModuleSpec::default()
        };
        let modules = vec![module];
        let image = write(&ImageSpec {
            modules,
            build_id: 0,
        });
        let mut bytes = align(&image.unwrap());
        assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Ok(()));
        let small = Limits {
            features: Limits::DEFAULT.features & !FUNCTION_REFERENCES,
            ..Limits::DEFAULT
        };
        assert_eq!(verify_all(&bytes, &small), Err(Kind::UnsupportedFeature));
        // The module's own word of features lies at the start of its row.
        let word = FUNCTION_REFERENCES.to_le_bytes();
        let root = super::find(&bytes, crate::image::section::Kind::Root).1;
        let (start, end) = (root.offset as usize, (root.offset + root.len) as usize);
        let places: Vec<usize> = (start..end - 8)
            .filter(|&at| bytes[at..at + 8] == word)
            .collect();
        assert_eq!(places.len(), 1);
        bytes[places[0]..places[0] + 8].fill(0);
        repair(&mut bytes);
        assert_eq!(
            verify_all(&bytes, &Limits::DEFAULT),
            Err(Kind::FeatureNotDeclared)
        );
    }
}

#[test]
fn tags_have_types_without_results() {
    let with = |tag| {
        error_of(ModuleSpec {
            types: vec![func_type(&[val::I32], &[]), func_type(&[], &[val::I32])],
            tags: vec![tag],
            ..ModuleSpec::default()
        })
    };
    assert_eq!(with(0), Ok(()));
    assert_eq!(with(1), Err(Kind::BadType));
    assert_eq!(with(2), Err(Kind::IndexOutOfRange));
    let import = |tag| {
        let mut module = super::rich_module();
        module.imports[0].ty = crate::image::write::ExternSpec::Tag(tag);
        error_of(module)
    };
    // Type 0 of the rich module has no results; one function less makes others of its indices dangle.
    assert_eq!(import(1), Err(Kind::BadType));
    assert_eq!(import(9), Err(Kind::IndexOutOfRange));
}

#[test]
fn tags_need_their_feature() {
    use super::{ImageSpec, align, repair, verify_all, write};
    use crate::image::features::EXCEPTIONS;
    use crate::verify::Limits;
    let module = ModuleSpec {
        types: vec![func_type(&[], &[])],
        tags: vec![0],
        ..ModuleSpec::default()
    };
    let modules = vec![module];
    let image = write(&ImageSpec {
        modules,
        build_id: 0,
    });
    let mut bytes = align(&image.unwrap());
    let small = Limits {
        features: Limits::DEFAULT.features & !EXCEPTIONS,
        ..Limits::DEFAULT
    };
    assert_eq!(verify_all(&bytes, &small), Err(Kind::UnsupportedFeature));
    let word = EXCEPTIONS.to_le_bytes();
    let root = super::find(&bytes, crate::image::section::Kind::Root).1;
    let (start, end) = (root.offset as usize, (root.offset + root.len) as usize);
    let places: Vec<usize> = (start..end - 8)
        .filter(|&at| bytes[at..at + 8] == word)
        .collect();
    assert_eq!(places.len(), 1);
    bytes[places[0]..places[0] + 8].fill(0);
    repair(&mut bytes);
    assert_eq!(
        verify_all(&bytes, &Limits::DEFAULT),
        Err(Kind::FeatureNotDeclared)
    );
}
