//! One NaN for all machines: what arithmetic makes of a NaN is replaced by the canonical one.
//!
//! Input: a function as it was built. Output: the same with a comparison and a selection behind each operator whose NaN WebAssembly leaves
//! to the machine (spec, 4.3.3, "NaN propagation"). Operators that move bits (`neg`, `abs`, `copysign`, loads, `pmin`) have one result
//! anyway. Fuel does not change.

use super::func::{Func, InstIdx, Value, ValueDef};
use super::inst::Inst;
use super::ops::{BinaryOp, UnaryOp};
use super::simd::SimdOp;
use super::types::Type;

/// Lanes of a float result.
#[derive(Clone, Copy)]
enum Floats {
    F32,
    F64,
    F32x4,
    F64x2,
}

/// Replaces every NaN that the machine would choose.
pub fn canonical_nans(func: &mut Func) {
    for block in func.layout.clone() {
        let old = core::mem::take(&mut func.block_mut(block).insts);
        let mut insts = Vec::with_capacity(old.len());
        for idx in old {
            insts.push(idx);
            if let Some(floats) = machine_chooses(&func.insts[idx.index()].inst) {
                canonicalise(func, idx, floats, &mut insts);
            }
        }
        func.block_mut(block).insts = insts;
    }
}

/// Puts the selection behind an instruction. It defines the value that the instruction did, which gets a new one.
fn canonicalise(func: &mut Func, idx: InstIdx, floats: Floats, insts: &mut Vec<InstIdx>) {
    let offset = func.insts[idx.index()].offset;
    let Some(&result) = func.insts[idx.index()].results.first() else {
        return;
    };
    let ty = func.ty(result);
    let raw = func.new_value(ty, ValueDef::Result(idx, 0));
    func.insts[idx.index()].results[0] = raw;
    let mut put = |func: &mut Func, inst: Inst, ty: Type| {
        let idx = func.new_inst(inst, &[ty], offset);
        insts.push(idx);
        func.insts[idx.index()].results[0]
    };
    let scalar = |equal, nan: u64| (Inst::Binary(equal, raw, raw), Inst::Const(nan), Type::I32);
    let vector = |equal, nan: u128| {
        (
            simd(equal, [raw, raw, raw]),
            Inst::V128Const(nan),
            Type::V128,
        )
    };
    let (equal, nan, cond_ty) = match floats {
        Floats::F32 => scalar(BinaryOp::F32Eq, 0x7fc0_0000),
        Floats::F64 => scalar(BinaryOp::F64Eq, 0x7ff8_0000_0000_0000),
        Floats::F32x4 => vector(SimdOp::F32x4Eq, 0x7fc0_0000_7fc0_0000_7fc0_0000_7fc0_0000),
        Floats::F64x2 => vector(SimdOp::F64x2Eq, 0x7ff8_0000_0000_0000_7ff8_0000_0000_0000),
    };
    let cond = put(func, equal, cond_ty);
    let nan = put(func, nan, ty);
    let select = if cond_ty == Type::V128 {
        simd(SimdOp::V128Bitselect, [raw, nan, cond])
    } else {
        Inst::Select {
            cond,
            then: raw,
            otherwise: nan,
        }
    };
    put(func, select, ty);
    // The value that everybody uses is the selection's.
    if let Some(&last) = insts.last() {
        func.insts[last.index()].results[0] = result;
        func.values[result.index()].def = ValueDef::Result(last, 0);
    }
}

fn simd(op: SimdOp, args: [Value; 3]) -> Inst {
    Inst::Simd { op, lane: 0, args }
}

/// Whether the bits of a NaN that the instruction gives are the machine's choice.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of all instructions these are the ones"
)]
fn machine_chooses(inst: &Inst) -> Option<Floats> {
    use {BinaryOp as B, SimdOp as S, UnaryOp as U};
    match inst {
        Inst::Unary(
            U::F32Ceil | U::F32Floor | U::F32Trunc | U::F32Nearest | U::F32Sqrt | U::F32DemoteF64,
            _,
        )
        | Inst::Binary(B::F32Add | B::F32Sub | B::F32Mul | B::F32Div | B::F32Min | B::F32Max, ..) => {
            Some(Floats::F32)
        }
        Inst::Unary(
            U::F64Ceil | U::F64Floor | U::F64Trunc | U::F64Nearest | U::F64Sqrt | U::F64PromoteF32,
            _,
        )
        | Inst::Binary(B::F64Add | B::F64Sub | B::F64Mul | B::F64Div | B::F64Min | B::F64Max, ..) => {
            Some(Floats::F64)
        }
        Inst::Simd { op, .. } => match op {
            S::F32x4Ceil
            | S::F32x4Floor
            | S::F32x4Trunc
            | S::F32x4Nearest
            | S::F32x4Sqrt
            | S::F32x4Add
            | S::F32x4Sub
            | S::F32x4Mul
            | S::F32x4Div
            | S::F32x4Min
            | S::F32x4Max
            | S::F32x4RelaxedMadd
            | S::F32x4RelaxedNmadd
            | S::F32x4DemoteF64x2Zero => Some(Floats::F32x4),
            S::F64x2Ceil
            | S::F64x2Floor
            | S::F64x2Trunc
            | S::F64x2Nearest
            | S::F64x2Sqrt
            | S::F64x2Add
            | S::F64x2Sub
            | S::F64x2Mul
            | S::F64x2Div
            | S::F64x2Min
            | S::F64x2Max
            | S::F64x2RelaxedMadd
            | S::F64x2RelaxedNmadd
            | S::F64x2PromoteLowF32x4 => Some(Floats::F64x2),
            _ => None,
        },
        _ => None,
    }
}
