//! Types of structs and arrays, and constant expressions that make such things.

use alloc::vec;
use alloc::vec::Vec;

use super::super::{Limits, VerifyErrorKind as Kind};
use super::{FuncTypeSpec, ModuleSpec, error_of, func_type, repair, verify_all};
use crate::image::SubType;
use crate::image::features;
use crate::image::types::{Composite, ConstOp, FieldType, GlobalType, HeapType, ValType, val};
use crate::image::write::tests::code;
use crate::image::write::{
    ConstExpr, ExternSpec, FuncSpec, GlobalSpec, ImageSpec, ImportSpec, align, write,
};
use crate::isa::Op;

use ConstOp::{
    AnyConvertExtern, ArrayFill, ArrayNew, ArraySet, Const, ExternConvertAny, GlobalGet, RefI31,
    StructNew, StructSet,
};

fn of(index: u32, nullable: bool) -> ValType {
    ValType::reference(HeapType::Defined(index), nullable)
}

fn fields(composite: Composite, fields: &[(ValType, bool)]) -> FuncTypeSpec {
    let field = |&(ty, mutable): &(ValType, bool)| FieldType { ty, mutable };
    FuncTypeSpec {
        composite,
        fields: fields.iter().map(field).collect(),
        ..FuncTypeSpec::default()
    }
}

fn structs(list: &[(ValType, bool)]) -> FuncTypeSpec {
    fields(Composite::Struct, list)
}

fn array(ty: ValType, mutable: bool) -> FuncTypeSpec {
    fields(Composite::Array, &[(ty, mutable)])
}

/// The same type, open and below another.
fn below(supertype: Option<u32>, ty: FuncTypeSpec) -> FuncTypeSpec {
    FuncTypeSpec {
        sub: SubType {
            supertype,
            open: true,
            in_group: 0,
        },
        ..ty
    }
}

fn with_types(types: Vec<FuncTypeSpec>) -> Result<(), Kind> {
    error_of(ModuleSpec {
        types,
        ..ModuleSpec::default()
    })
}

#[test]
fn fields_are_of_storage_types() {
    let one = |ty| with_types(vec![structs(&[(ty, true)])]);
    for ty in [
        val::I8,
        val::I16,
        val::I32,
        val::V128,
        val::ANYREF,
        of(0, true),
    ] {
        assert_eq!(one(ty), Ok(()), "{ty}");
        assert_eq!(with_types(vec![array(ty, false)]), Ok(()), "{ty}");
    }
    assert_eq!(one(of(1, true)), Err(Kind::BadType));
    assert_eq!(one(ValType::from_byte(0x76)), Err(Kind::BadType));
    assert_eq!(with_types(vec![structs(&[])]), Ok(()));
    // Packed types are those of fields alone.
    assert_eq!(
        with_types(vec![func_type(&[val::I8], &[])]),
        Err(Kind::BadType)
    );
    // An array has one type of elements.
    let pair = [(val::I32, true), (val::I32, true)];
    assert_eq!(
        with_types(vec![fields(Composite::Array, &pair)]),
        Err(Kind::BadType)
    );
    assert_eq!(
        with_types(vec![fields(Composite::Array, &[])]),
        Err(Kind::BadType)
    );
}

#[test]
fn subtypes_continue_their_supertype() {
    let top = below(None, structs(&[(val::ANYREF, false), (val::I32, true)]));
    let sub = |ty| with_types(vec![top.clone(), below(Some(0), ty)]);
    let eq = ValType::reference(HeapType::Eq, true);
    assert_eq!(
        sub(structs(&[(val::ANYREF, false), (val::I32, true)])),
        Ok(())
    );
    assert_eq!(
        sub(structs(&[(eq, false), (val::I32, true), (val::I8, true)])),
        Ok(())
    );
    for wrong in [
        structs(&[(val::ANYREF, false)]),
        structs(&[(val::ANYREF, true), (val::I32, true)]),
        structs(&[(val::ANYREF, false), (val::I64, true)]),
        structs(&[(val::ANYREF, false), (val::I32, false)]),
        structs(&[(val::EXTERNREF, false), (val::I32, true)]),
        array(val::ANYREF, false),
        func_type(&[], &[]),
    ] {
        assert_eq!(sub(wrong), Err(Kind::BadType));
    }
    let array = |super_elem, elem, mutable| {
        let above = below(None, array(super_elem, mutable));
        with_types(vec![above, below(Some(0), array(elem, mutable))])
    };
    assert_eq!(array(val::ANYREF, eq, false), Ok(()));
    assert_eq!(array(val::ANYREF, eq, true), Err(Kind::BadType));
    let empty = below(None, func_type(&[], &[]));
    let under_func = vec![empty, below(Some(0), structs(&[]))];
    assert_eq!(with_types(under_func), Err(Kind::BadType));
}

#[test]
fn functions_and_tags_are_of_function_types() {
    let import = |ty| {
        error_of(ModuleSpec {
            types: vec![func_type(&[], &[]), structs(&[])],
            imports: vec![ImportSpec {
                module: "m".into(),
                name: "n".into(),
                ty,
            }],
            ..ModuleSpec::default()
        })
    };
    assert_eq!(import(ExternSpec::Func(0)), Ok(()));
    assert_eq!(import(ExternSpec::Func(1)), Err(Kind::BadType));
    assert_eq!(import(ExternSpec::Tag(1)), Err(Kind::BadType));
    let func = |type_idx| {
        error_of(ModuleSpec {
            types: vec![func_type(&[], &[]), structs(&[])],
            funcs: vec![FuncSpec {
                type_idx,
                frame: 1,
                refs: 0,
                code: code(&[(Op::Enter, &[1, 1]), (Op::Ret, &[])]),
            }],
            ..ModuleSpec::default()
        })
    };
    assert_eq!(func(0), Ok(()));
    assert_eq!(func(1), Err(Kind::BadFuncRecord));
    let tags = ModuleSpec {
        types: vec![structs(&[])],
        tags: vec![0],
        ..ModuleSpec::default()
    };
    assert_eq!(error_of(tags), Err(Kind::BadType));
}

/// The image of one type of structs with the first `from` in it replaced.
fn patched(from: &[u8], to: &[u8]) -> Result<(), Kind> {
    let module = ModuleSpec {
        types: vec![structs(&[(val::I8, true), (val::I64, false)])],
        ..ModuleSpec::default()
    };
    let mut bytes = align(
        &write(&ImageSpec {
            modules: vec![module],
            build_id: 0,
        })
        .unwrap(),
    );
    let at = bytes.windows(from.len()).position(|it| it == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    repair(&mut bytes);
    verify_all(&bytes, &Limits::DEFAULT)
}

#[test]
fn rows_of_types_and_fields_have_meaning() {
    // Start, fields, size in units of 8.
    let row = [0, 0, 0, 0, 2, 0, 2, 0];
    // No supertype, place, flags, depth.
    let sub = [255, 255, 255, 255, 0, 0, 0, 0, 2, 0, 0, 0];
    assert_eq!(patched(&row, &row), Ok(()));
    assert_eq!(patched(&sub, &sub), Ok(()));
    for (at, value, expected) in [
        (6, 1, Kind::BadType),
        (6, 3, Kind::BadType),
        (0, 1, Kind::BadType),
        (4, 3, Kind::Overlap),
        (4, 1, Kind::BadType),
    ] {
        let mut wrong = row;
        wrong[at] = value;
        assert_eq!(patched(&row, &wrong), Err(expected), "{at} {value}");
    }
    for (at, value) in [(4, 1), (8, 6), (8, 4), (8, 8), (10, 1)] {
        let mut wrong = sub;
        wrong[at] = value;
        assert_eq!(patched(&sub, &wrong), Err(Kind::BadType), "{at} {value}");
    }
    let field = [0x78, 0, 0, 0, 1, 0, 0, 0, 0x7e];
    assert_eq!(patched(&field, &[0x78, 0, 0, 0, 0]), Ok(()));
    assert_eq!(patched(&field, &[0x78, 0, 0, 0, 2]), Err(Kind::BadType));
    assert_eq!(patched(&field, &[0x78, 1, 0, 0, 1]), Err(Kind::BadType));
}

#[test]
fn the_feature_is_declared() {
    // The writer declares what it sees: take it away again.
    let without = |module: ModuleSpec| {
        let image = ImageSpec {
            modules: vec![module],
            build_id: 0,
        };
        let mut bytes = align(&write(&image).unwrap());
        let root = bytes.windows(8).rposition(|it| {
            let word = u64::from_le_bytes(it.try_into().unwrap());
            word & features::GC != 0 && word & !features::KNOWN == 0
        });
        let at = root.unwrap();
        let word = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) & !features::GC;
        bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        repair(&mut bytes);
        verify_all(&bytes, &Limits::DEFAULT)
    };
    let missing = Err(Kind::FeatureNotDeclared);
    let of_types = |types| ModuleSpec {
        types,
        ..ModuleSpec::default()
    };
    assert_eq!(without(of_types(vec![structs(&[])])), missing);
    assert_eq!(
        without(of_types(vec![func_type(&[val::ANYREF], &[])])),
        missing
    );
    let global = GlobalSpec {
        ty: GlobalType {
            ty: val::EXTERNREF,
            mutable: false,
        },
        init: ConstExpr(vec![Const(0), AnyConvertExtern, ExternConvertAny]),
    };
    let globals = ModuleSpec {
        globals: vec![global],
        ..ModuleSpec::default()
    };
    assert_eq!(without(globals), missing);
}

/// A global of type `ty` with this value, in a module with types of structs, of arrays of references to them, and of functions.
fn global(ty: ValType, ops: &[ConstOp]) -> Result<(), Kind> {
    let i31 = ValType::reference(HeapType::I31, false);
    let global = |ty, init| GlobalSpec {
        ty: GlobalType { ty, mutable: false },
        init,
    };
    error_of(ModuleSpec {
        types: vec![
            structs(&[(val::I8, true), (i31, false)]),
            array(of(0, true), true),
            func_type(&[], &[]),
        ],
        globals: vec![
            global(of(1, true), ConstExpr::constant(0)),
            global(ty, ConstExpr(ops.to_vec())),
        ],
        ..ModuleSpec::default()
    })
}

/// The same for a global of type `anyref`.
fn anyref(ops: &[ConstOp]) -> Result<(), Kind> {
    global(val::ANYREF, ops)
}

const MISMATCH: Result<(), Kind> = Err(Kind::ConstExprType);

#[test]
fn constant_expressions_make_what_their_types_say() {
    let object = [
        StructNew(0),
        Const(5),
        StructSet(0),
        Const(6),
        RefI31,
        StructSet(1),
    ];
    assert_eq!(global(of(0, false), &object), Ok(()));
    assert_eq!(anyref(&object), Ok(()));
    assert_eq!(global(of(1, false), &object), MISMATCH);
    assert_eq!(global(val::EXTERNREF, &object), MISMATCH);
    let list = [
        Const(2),
        ArrayNew(1),
        StructNew(0),
        ArraySet(1),
        Const(0),
        ArrayFill,
    ];
    assert_eq!(global(of(1, false), &list), Ok(()));
    // Types that are none, or of another kind.
    let out = Err(Kind::IndexOutOfRange);
    for op in [StructNew(1), StructNew(2), StructNew(9)] {
        assert_eq!(anyref(&[op]), out);
    }
    for op in [ArrayNew(0), ArrayNew(2), ArrayNew(9)] {
        assert_eq!(anyref(&[Const(1), op]), out);
    }
}

#[test]
fn operators_of_constant_expressions_find_their_operands() {
    let bad = Err(Kind::BadConstExpr);
    for ops in [
        &[ArrayNew(1)][..],
        &[RefI31],
        &[StructSet(0)],
        &[Const(0), Const(0), StructSet(0)],
        &[AnyConvertExtern],
    ] {
        assert_eq!(anyref(ops), bad, "{ops:?}");
    }
    for ops in [
        &[Const(1 << 32), ArrayNew(1)][..],
        &[StructNew(0), RefI31],
        &[StructNew(0), Const(1 << 32), StructSet(0)],
        &[StructNew(0), Const(0), StructSet(1)],
        &[StructNew(0), Const(0), ArraySet(0)],
        &[StructNew(0), Const(0), ArrayFill],
        &[Const(1), ArrayNew(1), Const(0), StructSet(0)],
        // What may be null has no elements.
        &[GlobalGet(0), Const(0), ArraySet(0)],
        &[StructNew(0), AnyConvertExtern],
    ] {
        assert_eq!(anyref(ops), MISMATCH, "{ops:?}");
    }
    let no_field = [StructNew(0), Const(0), StructSet(2)];
    assert_eq!(anyref(&no_field), Err(Kind::IndexOutOfRange));
    // Conversions keep what is known of null.
    let some = ValType::reference(HeapType::Extern, false);
    assert_eq!(global(some, &[StructNew(0), ExternConvertAny]), Ok(()));
    assert_eq!(global(some, &[Const(0), ExternConvertAny]), MISMATCH);
    assert_eq!(anyref(&[Const(0), AnyConvertExtern]), Ok(()));
}
