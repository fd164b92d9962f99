//! Vector operators, relaxed ones included, whose one result is chosen here: that of the operator without "relaxed" where there is one,
//! rounding after each operation, signed wrapping products.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the operators of other proposals are for others"
)]

use super::{Builder, Inst, Type, Value};
use crate::error::Error;
use crate::ir::ops::{LoadOp, StoreOp};
use crate::ir::simd::SimdOp;
use wasmparser::{MemArg, Operator};

/// The operator of the same name without immediates.
macro_rules! plain {
    ($op:expr; $($name:ident)*) => {
        match $op {
            $(Operator::$name => Some(SimdOp::$name),)*
            _ => None,
        }
    };
}

fn plain(op: &Operator<'_>) -> Option<SimdOp> {
    plain! { op;
        V128Not V128And V128AndNot V128Or V128Xor V128Bitselect V128AnyTrue I8x16AllTrue I8x16Bitmask I16x8AllTrue
        I16x8Bitmask I32x4AllTrue I32x4Bitmask I64x2AllTrue I64x2Bitmask I8x16Swizzle I8x16Splat I16x8Splat I32x4Splat
        I64x2Splat F32x4Splat F64x2Splat I8x16Abs I8x16Neg I8x16Popcnt I8x16Shl I8x16ShrS I8x16ShrU I8x16Add I8x16AddSatS
        I8x16AddSatU I8x16Sub I8x16SubSatS I8x16SubSatU I8x16MinS I8x16MinU I8x16MaxS I8x16MaxU I8x16AvgrU I8x16Eq I8x16Ne
        I8x16LtS I8x16LtU I8x16GtS I8x16GtU I8x16LeS I8x16LeU I8x16GeS I8x16GeU I16x8Abs I16x8Neg I16x8Shl I16x8ShrS
        I16x8ShrU I16x8Add I16x8AddSatS I16x8AddSatU I16x8Sub I16x8SubSatS I16x8SubSatU I16x8Mul I16x8MinS I16x8MinU
        I16x8MaxS I16x8MaxU I16x8AvgrU I16x8Eq I16x8Ne I16x8LtS I16x8LtU I16x8GtS I16x8GtU I16x8LeS I16x8LeU I16x8GeS
        I16x8GeU I32x4Abs I32x4Neg I32x4Shl I32x4ShrS I32x4ShrU I32x4Add I32x4Sub I32x4Mul I32x4MinS I32x4MinU I32x4MaxS
        I32x4MaxU I32x4Eq I32x4Ne I32x4LtS I32x4LtU I32x4GtS I32x4GtU I32x4LeS I32x4LeU I32x4GeS I32x4GeU I64x2Abs I64x2Neg
        I64x2Shl I64x2ShrS I64x2ShrU I64x2Add I64x2Sub I64x2Mul I64x2Eq I64x2Ne I64x2LtS I64x2GtS I64x2LeS I64x2GeS
        I8x16NarrowI16x8S I8x16NarrowI16x8U I16x8NarrowI32x4S I16x8NarrowI32x4U I16x8ExtendLowI8x16S I16x8ExtMulLowI8x16S
        I16x8ExtendLowI8x16U I16x8ExtMulLowI8x16U I16x8ExtendHighI8x16S I16x8ExtMulHighI8x16S I16x8ExtendHighI8x16U
        I16x8ExtMulHighI8x16U I16x8ExtAddPairwiseI8x16S I16x8ExtAddPairwiseI8x16U I32x4ExtendLowI16x8S I32x4ExtMulLowI16x8S
        I32x4ExtendLowI16x8U I32x4ExtMulLowI16x8U I32x4ExtendHighI16x8S I32x4ExtMulHighI16x8S I32x4ExtendHighI16x8U
        I32x4ExtMulHighI16x8U I32x4ExtAddPairwiseI16x8S I32x4ExtAddPairwiseI16x8U I64x2ExtendLowI32x4S I64x2ExtMulLowI32x4S
        I64x2ExtendLowI32x4U I64x2ExtMulLowI32x4U I64x2ExtendHighI32x4S I64x2ExtMulHighI32x4S I64x2ExtendHighI32x4U
        I64x2ExtMulHighI32x4U I16x8Q15MulrSatS I32x4DotI16x8S I16x8RelaxedDotI8x16I7x16S I32x4RelaxedDotI8x16I7x16AddS
        F32x4Abs F32x4Neg F32x4Sqrt F32x4Ceil F32x4Floor F32x4Trunc F32x4Nearest F32x4Add F32x4Sub F32x4Mul F32x4Div
        F32x4Min F32x4Max F32x4PMin F32x4PMax F32x4Eq F32x4Ne F32x4Lt F32x4Gt F32x4Le F32x4Ge F32x4RelaxedMadd
        F32x4RelaxedNmadd F64x2Abs F64x2Neg F64x2Sqrt F64x2Ceil F64x2Floor F64x2Trunc F64x2Nearest F64x2Add F64x2Sub
        F64x2Mul F64x2Div F64x2Min F64x2Max F64x2PMin F64x2PMax F64x2Eq F64x2Ne F64x2Lt F64x2Gt F64x2Le F64x2Ge
        F64x2RelaxedMadd F64x2RelaxedNmadd I32x4TruncSatF32x4S I32x4TruncSatF32x4U I32x4TruncSatF64x2SZero
        I32x4TruncSatF64x2UZero F32x4ConvertI32x4S F32x4ConvertI32x4U F64x2ConvertLowI32x4S F64x2ConvertLowI32x4U
        F32x4DemoteF64x2Zero F64x2PromoteLowF32x4
    }
}

/// What stands for a relaxed operator that has no row of its own.
fn relaxed(op: &Operator<'_>) -> Option<SimdOp> {
    Some(match op {
        Operator::I8x16RelaxedSwizzle => SimdOp::I8x16Swizzle,
        Operator::I32x4RelaxedTruncF32x4S => SimdOp::I32x4TruncSatF32x4S,
        Operator::I32x4RelaxedTruncF32x4U => SimdOp::I32x4TruncSatF32x4U,
        Operator::I32x4RelaxedTruncF64x2SZero => SimdOp::I32x4TruncSatF64x2SZero,
        Operator::I32x4RelaxedTruncF64x2UZero => SimdOp::I32x4TruncSatF64x2UZero,
        Operator::I8x16RelaxedLaneselect
        | Operator::I16x8RelaxedLaneselect
        | Operator::I32x4RelaxedLaneselect
        | Operator::I64x2RelaxedLaneselect => SimdOp::V128Bitselect,
        Operator::F32x4RelaxedMin => SimdOp::F32x4Min,
        Operator::F32x4RelaxedMax => SimdOp::F32x4Max,
        Operator::F64x2RelaxedMin => SimdOp::F64x2Min,
        Operator::F64x2RelaxedMax => SimdOp::F64x2Max,
        Operator::I16x8RelaxedQ15mulrS => SimdOp::I16x8Q15MulrSatS,
        _ => return None,
    })
}

/// The operator of the same name that has the number of a lane.
macro_rules! of_lane {
    ($op:expr; $($name:ident)*) => {
        match *$op {
            $(Operator::$name { lane } => Some((SimdOp::$name, lane)),)*
            _ => None,
        }
    };
}

fn of_lane(op: &Operator<'_>) -> Option<(SimdOp, u8)> {
    of_lane! { op;
        I8x16ExtractLaneS I8x16ExtractLaneU I8x16ReplaceLane I16x8ExtractLaneS I16x8ExtractLaneU I16x8ReplaceLane
        I32x4ExtractLane I32x4ReplaceLane I64x2ExtractLane I64x2ReplaceLane F32x4ExtractLane F32x4ReplaceLane
        F64x2ExtractLane F64x2ReplaceLane
    }
}

/// A load or store of one lane: how it accesses memory, and the operator that puts the lane in or takes it out.
fn lane_access(op: &Operator<'_>) -> Option<(Access, SimdOp, MemArg, u8)> {
    use Access::{Load, Store};
    Some(match *op {
        Operator::V128Load8Lane { memarg, lane } => (
            Load(LoadOp::I32Load8U),
            SimdOp::I8x16ReplaceLane,
            memarg,
            lane,
        ),
        Operator::V128Load16Lane { memarg, lane } => (
            Load(LoadOp::I32Load16U),
            SimdOp::I16x8ReplaceLane,
            memarg,
            lane,
        ),
        Operator::V128Load32Lane { memarg, lane } => (
            Load(LoadOp::I32Load),
            SimdOp::I32x4ReplaceLane,
            memarg,
            lane,
        ),
        Operator::V128Load64Lane { memarg, lane } => (
            Load(LoadOp::I64Load),
            SimdOp::I64x2ReplaceLane,
            memarg,
            lane,
        ),
        Operator::V128Store8Lane { memarg, lane } => (
            Store(StoreOp::Store8),
            SimdOp::I8x16ExtractLaneU,
            memarg,
            lane,
        ),
        Operator::V128Store16Lane { memarg, lane } => (
            Store(StoreOp::Store16),
            SimdOp::I16x8ExtractLaneU,
            memarg,
            lane,
        ),
        Operator::V128Store32Lane { memarg, lane } => (
            Store(StoreOp::Store32),
            SimdOp::I32x4ExtractLane,
            memarg,
            lane,
        ),
        Operator::V128Store64Lane { memarg, lane } => (
            Store(StoreOp::Store64),
            SimdOp::I64x2ExtractLane,
            memarg,
            lane,
        ),
        _ => return None,
    })
}

enum Access {
    Load(LoadOp),
    Store(StoreOp),
}

impl Builder<'_> {
    /// Builds the operator. Whether it was one of these.
    pub(super) fn vector(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        if let Some(op) = plain(op).or_else(|| relaxed(op)) {
            let args = self.pop_n(op.operand_types().len());
            self.simd(op, 0, &args);
        } else if let Some((op, lane)) = of_lane(op) {
            let args = self.pop_n(op.operand_types().len());
            self.simd(op, lane, &args);
        } else if let Operator::V128Const { value } = *op {
            let bits = value.i128().cast_unsigned();
            self.emit(Inst::V128Const(bits), &[Type::V128]);
        } else if let Operator::I8x16Shuffle { lanes } = *op {
            let (b, a) = (self.pop(), self.pop());
            let lanes = self.value(Inst::V128Const(u128::from_le_bytes(lanes)), Type::V128);
            self.simd(SimdOp::I8x16Shuffle, 0, &[a, b, lanes]);
        } else if let Some((access, op, memarg, lane)) = lane_access(op) {
            let (vector, addr) = (self.pop(), self.pop());
            self.lane(&access, op, &memarg, lane, (vector, addr))?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn simd(&mut self, op: SimdOp, lane: u8, args: &[Value]) {
        self.emit(Inst::simd(op, lane, args), &[op.result_type()]);
    }

    /// A lane loaded or stored: two instructions, which trap and cost as one.
    fn lane(
        &mut self,
        access: &Access,
        op: SimdOp,
        memarg: &MemArg,
        lane: u8,
        (vector, addr): (Value, Value),
    ) -> Result<(), Error> {
        match *access {
            Access::Load(load) => {
                let (mem, addr, offset) = self.address(memarg, addr)?;
                let load_inst = Inst::Load {
                    op: load,
                    mem,
                    addr,
                    offset,
                };
                let value = self.value(load_inst, load.result_type());
                self.simd(op, lane, &[vector, value]);
            }
            Access::Store(store) => {
                let value = self.value(Inst::simd(op, lane, &[vector]), op.result_type());
                let (mem, addr, offset) = self.address(memarg, addr)?;
                let store = Inst::Store {
                    op: store,
                    mem,
                    addr,
                    offset,
                    value,
                };
                self.emit(store, &[]);
            }
        }
        Ok(())
    }
}
