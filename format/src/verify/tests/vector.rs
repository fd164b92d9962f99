//! What is special about v128: it takes two slots, in frames, windows and results, and needs the feature.

use alloc::vec::Vec;

use super::super::VerifyErrorKind as Kind;
use super::{Harness, error_of, find, func_type, repair, rich_module, verify_all};
use crate::image::features;
use crate::image::section::Kind as SectionKind;
use crate::image::types::{ConstOp, GlobalType, ValType, val};
use crate::image::write::tests::code;
use crate::image::write::{FuncSpec, GlobalSpec, ImageSpec, ModuleSpec, align, write};
use crate::isa::Op;
use crate::verify::Limits;

/// A module with a function of these types, frame and code.
fn module(
    params: &[ValType],
    results: &[ValType],
    frame: u16,
    body: &[(Op, &[i64])],
) -> ModuleSpec {
    let mut code_words = code(&[(Op::Enter, &[frame.into(), 1])]);
    code_words.extend(code(body));
    ModuleSpec {
        types: [func_type(params, results)].into(),
        funcs: Vec::from([FuncSpec {
            type_idx: 0,
            frame,
            refs: 0,
            code: code_words,
        }]),
        ..ModuleSpec::default()
    }
}

#[test]
fn vector_instructions_must_be_declared() {
    let words = code(&[
        (Op::Enter, &[100, 1]),
        (Op::V128Not, &[0, 2]),
        (Op::Trap, &[0]),
    ]);
    assert_eq!(Harness::rich().check(&words), Err(Kind::FeatureNotDeclared));
    let mut declared = rich_module();
    declared.features |= features::SIMD;
    assert_eq!(Harness::new(declared).check(&words), Ok(()));
}

/// Also where all operands obey their masks, and behind other such instructions.
#[test]
fn float_instructions_must_be_declared() {
    let plain: (Op, &[i64]) = (Op::F64Add, &[0, 1, 2]);
    let loads: (Op, &[i64]) = (Op::F64AddLoad, &[0, 1, 2, 8]);
    let branch: (Op, &[i64]) = (Op::BrF64Lt, &[0, 1, 4]);
    for float in [plain, loads, branch] {
        let words = code(&[
            (Op::Enter, &[100, 1]),
            (Op::Mov, &[0, 1]),
            float,
            (Op::Fuel, &[1]),
            (Op::Trap, &[0]),
        ]);
        assert_eq!(Harness::rich().check(&words), Err(Kind::FeatureNotDeclared));
        let mut declared = rich_module();
        declared.features |= features::FLOATS;
        assert_eq!(Harness::new(declared).check(&words), Ok(()), "{float:?}");
    }
    // What is only moved needs no float.
    let moved = code(&[
        (Op::Enter, &[100, 1]),
        (Op::Mov, &[0, 1]),
        (Op::Load64, &[0, 1, 8]),
        (Op::Trap, &[0]),
    ]);
    assert_eq!(Harness::rich().check(&moved), Ok(()));
}

/// The error of an image whose module says afterwards that it needs no feature.
fn undeclared(module: ModuleSpec) -> Result<(), Kind> {
    let spec = ImageSpec {
        modules: Vec::from([module]),
        build_id: 0,
    };
    let mut bytes = align(&write(&spec).unwrap());
    assert_eq!(verify_all(&bytes, &Limits::DEFAULT), Ok(()));
    let root = find(&bytes, SectionKind::Root).1;
    let declared = features::SIMD.to_le_bytes();
    let section = root.offset as usize..(root.offset + root.len) as usize;
    let at = bytes[section].windows(8).rposition(|it| it == declared);
    let at = root.offset as usize + at.unwrap();
    bytes[at..at + 8].fill(0);
    repair(&mut bytes);
    verify_all(&bytes, &Limits::DEFAULT)
}

#[test]
fn vector_types_must_be_declared() {
    let wrong = Err(Kind::FeatureNotDeclared);
    let trap: &[(Op, &[i64])] = &[(Op::Trap, &[0])];
    assert_eq!(undeclared(module(&[val::V128], &[], 2, trap)), wrong);
    assert_eq!(undeclared(module(&[], &[val::V128], 1, trap)), wrong);
    let mut global = module(&[], &[], 1, trap);
    global.globals.push(GlobalSpec {
        ty: GlobalType {
            ty: val::V128,
            mutable: false,
        },
        init: [ConstOp::Const(1), ConstOp::Const(2), ConstOp::V128]
            .to_vec()
            .into(),
    });
    assert_eq!(undeclared(global), wrong);
}

#[test]
fn a_frame_of_one_slot_has_no_pair() {
    let check = |frame, slot| {
        let body: &[(Op, &[i64])] = &[(Op::V128Not, &[slot, slot]), (Op::Ret, &[])];
        error_of(module(&[], &[], frame, body))
    };
    assert_eq!(check(2, 0), Ok(()));
    assert_eq!(check(2, 1), Err(Kind::SlotOutOfRange));
    assert_eq!(check(1, 0), Err(Kind::SlotOutOfRange));
}

#[test]
fn vectors_count_twice_in_signatures() {
    let v = val::V128;
    // Two parameters of three slots, and a result of two.
    let returns =
        |op: Op, operands: &[i64]| error_of(module(&[v, val::I32], &[v], 3, &[(op, operands)]));
    assert_eq!(returns(Op::RetN, &[1, 2]), Ok(()));
    assert_eq!(returns(Op::RetN, &[2, 2]), Err(Kind::SlotOutOfRange));
    assert_eq!(returns(Op::Ret1, &[0]), Err(Kind::WrongResultCount));
    let frame = |frame| error_of(module(&[v, val::I32], &[], frame, &[(Op::Ret, &[])]));
    assert_eq!([frame(3), frame(2)], [Ok(()), Err(Kind::BadFuncRecord)]);
    // The callee is the function itself.
    let calls = |base: i64, dst: i64| {
        let body: &[(Op, &[i64])] = &[(Op::CallTiny, &[base, dst, 0]), (Op::RetN, &[dst, 2])];
        error_of(module(&[v, val::I32], &[v], 10, body))
    };
    assert_eq!(calls(7, 8), Ok(()));
    assert_eq!(calls(8, 8), Err(Kind::WindowOutOfRange));
    assert_eq!(calls(7, 9), Err(Kind::WindowOutOfRange));
}

#[test]
fn constant_vectors_are_made_of_two_halves() {
    let check = |ty: ValType, ops: &[ConstOp]| {
        let mut module = module(&[], &[], 1, &[(Op::Ret, &[])]);
        module.features |= features::SIMD;
        let ty = GlobalType { ty, mutable: false };
        let init = ops.to_vec().into();
        module.globals.push(GlobalSpec { ty, init });
        error_of(module)
    };
    let halves = [ConstOp::Const(u64::MAX), ConstOp::Const(0), ConstOp::V128];
    assert_eq!(check(val::V128, &halves), Ok(()));
    assert_eq!(check(val::I64, &halves), Err(Kind::ConstExprType));
    assert_eq!(
        check(val::V128, &[ConstOp::Const(0)]),
        Err(Kind::ConstExprType)
    );
    assert_eq!(
        check(val::V128, &[ConstOp::Const(0), ConstOp::V128]),
        Err(Kind::BadConstExpr)
    );
}
