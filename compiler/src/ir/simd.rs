//! The vector operators of the IR, named as in Wasm: one row each, with operand and result types and the instruction that it becomes.
//!
//! None of them traps, and each has one result, relaxed ones included: what they compute is in `wrt_format::simd`.

use super::types::Type;
use wrt_format::isa::Op;

macro_rules! operators {
    ($($variant:ident $name:literal [$($from:ident)*] => $to:ident, $row:ident $($swapped:ident)?;)*) => {
        /// Operators of which an operand or the result is a vector.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum SimdOp {
            $(#[doc = $name] $variant,)*
        }

        impl SimdOp {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Name as in the Wasm text format.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Types of the operands: one to three.
            #[must_use]
            pub const fn operand_types(self) -> &'static [Type] {
                match self { $(Self::$variant => &[$(Type::$from),*],)* }
            }

            /// Type of the result.
            #[must_use]
            pub const fn result_type(self) -> Type {
                match self { $(Self::$variant => Type::$to,)* }
            }

            /// The instruction, and whether it takes its two operands the other way round.
            #[must_use]
            pub const fn row(self) -> (Op, bool) {
                match self { $(Self::$variant => (Op::$row, operators!(@swapped $($swapped)?)),)* }
            }
        }
    };
    (@swapped) => { false };
    (@swapped swapped) => { true };
}

operators! {
    // Bits.
    V128Not "v128.not" [V128] => V128, V128Not;
    V128And "v128.and" [V128 V128] => V128, V128And;
    V128AndNot "v128.andnot" [V128 V128] => V128, V128AndNot;
    V128Or "v128.or" [V128 V128] => V128, V128Or;
    V128Xor "v128.xor" [V128 V128] => V128, V128Xor;
    V128Bitselect "v128.bitselect" [V128 V128 V128] => V128, V128Bitselect;
    V128AnyTrue "v128.any_true" [V128] => I32, V128AnyTrue;
    I8x16AllTrue "i8x16.all_true" [V128] => I32, I8x16AllTrue;
    I8x16Bitmask "i8x16.bitmask" [V128] => I32, I8x16Bitmask;
    I16x8AllTrue "i16x8.all_true" [V128] => I32, I16x8AllTrue;
    I16x8Bitmask "i16x8.bitmask" [V128] => I32, I16x8Bitmask;
    I32x4AllTrue "i32x4.all_true" [V128] => I32, I32x4AllTrue;
    I32x4Bitmask "i32x4.bitmask" [V128] => I32, I32x4Bitmask;
    I64x2AllTrue "i64x2.all_true" [V128] => I32, I64x2AllTrue;
    I64x2Bitmask "i64x2.bitmask" [V128] => I32, I64x2Bitmask;
    // Lanes. The third operand of `i8x16.shuffle` is its lanes.
    I8x16Swizzle "i8x16.swizzle" [V128 V128] => V128, I8x16Swizzle;
    I8x16Shuffle "i8x16.shuffle" [V128 V128 V128] => V128, I8x16Shuffle;
    I8x16Splat "i8x16.splat" [I32] => V128, I8x16Splat;
    I8x16ExtractLaneS "i8x16.extract_lane_s" [V128] => I32, I8x16ExtractLaneS;
    I8x16ExtractLaneU "i8x16.extract_lane_u" [V128] => I32, I8x16ExtractLaneU;
    I8x16ReplaceLane "i8x16.replace_lane" [V128 I32] => V128, I8x16ReplaceLane;
    I16x8Splat "i16x8.splat" [I32] => V128, I16x8Splat;
    I16x8ExtractLaneS "i16x8.extract_lane_s" [V128] => I32, I16x8ExtractLaneS;
    I16x8ExtractLaneU "i16x8.extract_lane_u" [V128] => I32, I16x8ExtractLaneU;
    I16x8ReplaceLane "i16x8.replace_lane" [V128 I32] => V128, I16x8ReplaceLane;
    I32x4Splat "i32x4.splat" [I32] => V128, I32x4Splat;
    I32x4ExtractLane "i32x4.extract_lane" [V128] => I32, I32x4ExtractLane;
    I32x4ReplaceLane "i32x4.replace_lane" [V128 I32] => V128, I32x4ReplaceLane;
    I64x2Splat "i64x2.splat" [I64] => V128, I64x2Splat;
    I64x2ExtractLane "i64x2.extract_lane" [V128] => I64, I64x2ExtractLane;
    I64x2ReplaceLane "i64x2.replace_lane" [V128 I64] => V128, I64x2ReplaceLane;
    F32x4Splat "f32x4.splat" [F32] => V128, I32x4Splat;
    F32x4ExtractLane "f32x4.extract_lane" [V128] => F32, I32x4ExtractLane;
    F32x4ReplaceLane "f32x4.replace_lane" [V128 F32] => V128, I32x4ReplaceLane;
    F64x2Splat "f64x2.splat" [F64] => V128, I64x2Splat;
    F64x2ExtractLane "f64x2.extract_lane" [V128] => F64, I64x2ExtractLane;
    F64x2ReplaceLane "f64x2.replace_lane" [V128 F64] => V128, I64x2ReplaceLane;
    // Integers. The instruction set compares in one direction.
    I8x16Abs "i8x16.abs" [V128] => V128, I8x16Abs;
    I8x16Neg "i8x16.neg" [V128] => V128, I8x16Neg;
    I8x16Popcnt "i8x16.popcnt" [V128] => V128, I8x16Popcnt;
    I8x16Shl "i8x16.shl" [V128 I32] => V128, I8x16Shl;
    I8x16ShrS "i8x16.shr_s" [V128 I32] => V128, I8x16ShrS;
    I8x16ShrU "i8x16.shr_u" [V128 I32] => V128, I8x16ShrU;
    I8x16Add "i8x16.add" [V128 V128] => V128, I8x16Add;
    I8x16AddSatS "i8x16.add_sat_s" [V128 V128] => V128, I8x16AddSatS;
    I8x16AddSatU "i8x16.add_sat_u" [V128 V128] => V128, I8x16AddSatU;
    I8x16Sub "i8x16.sub" [V128 V128] => V128, I8x16Sub;
    I8x16SubSatS "i8x16.sub_sat_s" [V128 V128] => V128, I8x16SubSatS;
    I8x16SubSatU "i8x16.sub_sat_u" [V128 V128] => V128, I8x16SubSatU;
    I8x16MinS "i8x16.min_s" [V128 V128] => V128, I8x16MinS;
    I8x16MinU "i8x16.min_u" [V128 V128] => V128, I8x16MinU;
    I8x16MaxS "i8x16.max_s" [V128 V128] => V128, I8x16MaxS;
    I8x16MaxU "i8x16.max_u" [V128 V128] => V128, I8x16MaxU;
    I8x16AvgrU "i8x16.avgr_u" [V128 V128] => V128, I8x16AvgrU;
    I8x16Eq "i8x16.eq" [V128 V128] => V128, I8x16Eq;
    I8x16Ne "i8x16.ne" [V128 V128] => V128, I8x16Ne;
    I8x16LtS "i8x16.lt_s" [V128 V128] => V128, I8x16LtS;
    I8x16LtU "i8x16.lt_u" [V128 V128] => V128, I8x16LtU;
    I8x16GtS "i8x16.gt_s" [V128 V128] => V128, I8x16LtS swapped;
    I8x16GtU "i8x16.gt_u" [V128 V128] => V128, I8x16LtU swapped;
    I8x16LeS "i8x16.le_s" [V128 V128] => V128, I8x16LeS;
    I8x16LeU "i8x16.le_u" [V128 V128] => V128, I8x16LeU;
    I8x16GeS "i8x16.ge_s" [V128 V128] => V128, I8x16LeS swapped;
    I8x16GeU "i8x16.ge_u" [V128 V128] => V128, I8x16LeU swapped;
    I16x8Abs "i16x8.abs" [V128] => V128, I16x8Abs;
    I16x8Neg "i16x8.neg" [V128] => V128, I16x8Neg;
    I16x8Shl "i16x8.shl" [V128 I32] => V128, I16x8Shl;
    I16x8ShrS "i16x8.shr_s" [V128 I32] => V128, I16x8ShrS;
    I16x8ShrU "i16x8.shr_u" [V128 I32] => V128, I16x8ShrU;
    I16x8Add "i16x8.add" [V128 V128] => V128, I16x8Add;
    I16x8AddSatS "i16x8.add_sat_s" [V128 V128] => V128, I16x8AddSatS;
    I16x8AddSatU "i16x8.add_sat_u" [V128 V128] => V128, I16x8AddSatU;
    I16x8Sub "i16x8.sub" [V128 V128] => V128, I16x8Sub;
    I16x8SubSatS "i16x8.sub_sat_s" [V128 V128] => V128, I16x8SubSatS;
    I16x8SubSatU "i16x8.sub_sat_u" [V128 V128] => V128, I16x8SubSatU;
    I16x8Mul "i16x8.mul" [V128 V128] => V128, I16x8Mul;
    I16x8MinS "i16x8.min_s" [V128 V128] => V128, I16x8MinS;
    I16x8MinU "i16x8.min_u" [V128 V128] => V128, I16x8MinU;
    I16x8MaxS "i16x8.max_s" [V128 V128] => V128, I16x8MaxS;
    I16x8MaxU "i16x8.max_u" [V128 V128] => V128, I16x8MaxU;
    I16x8AvgrU "i16x8.avgr_u" [V128 V128] => V128, I16x8AvgrU;
    I16x8Eq "i16x8.eq" [V128 V128] => V128, I16x8Eq;
    I16x8Ne "i16x8.ne" [V128 V128] => V128, I16x8Ne;
    I16x8LtS "i16x8.lt_s" [V128 V128] => V128, I16x8LtS;
    I16x8LtU "i16x8.lt_u" [V128 V128] => V128, I16x8LtU;
    I16x8GtS "i16x8.gt_s" [V128 V128] => V128, I16x8LtS swapped;
    I16x8GtU "i16x8.gt_u" [V128 V128] => V128, I16x8LtU swapped;
    I16x8LeS "i16x8.le_s" [V128 V128] => V128, I16x8LeS;
    I16x8LeU "i16x8.le_u" [V128 V128] => V128, I16x8LeU;
    I16x8GeS "i16x8.ge_s" [V128 V128] => V128, I16x8LeS swapped;
    I16x8GeU "i16x8.ge_u" [V128 V128] => V128, I16x8LeU swapped;
    I32x4Abs "i32x4.abs" [V128] => V128, I32x4Abs;
    I32x4Neg "i32x4.neg" [V128] => V128, I32x4Neg;
    I32x4Shl "i32x4.shl" [V128 I32] => V128, I32x4Shl;
    I32x4ShrS "i32x4.shr_s" [V128 I32] => V128, I32x4ShrS;
    I32x4ShrU "i32x4.shr_u" [V128 I32] => V128, I32x4ShrU;
    I32x4Add "i32x4.add" [V128 V128] => V128, I32x4Add;
    I32x4Sub "i32x4.sub" [V128 V128] => V128, I32x4Sub;
    I32x4Mul "i32x4.mul" [V128 V128] => V128, I32x4Mul;
    I32x4MinS "i32x4.min_s" [V128 V128] => V128, I32x4MinS;
    I32x4MinU "i32x4.min_u" [V128 V128] => V128, I32x4MinU;
    I32x4MaxS "i32x4.max_s" [V128 V128] => V128, I32x4MaxS;
    I32x4MaxU "i32x4.max_u" [V128 V128] => V128, I32x4MaxU;
    I32x4Eq "i32x4.eq" [V128 V128] => V128, I32x4Eq;
    I32x4Ne "i32x4.ne" [V128 V128] => V128, I32x4Ne;
    I32x4LtS "i32x4.lt_s" [V128 V128] => V128, I32x4LtS;
    I32x4LtU "i32x4.lt_u" [V128 V128] => V128, I32x4LtU;
    I32x4GtS "i32x4.gt_s" [V128 V128] => V128, I32x4LtS swapped;
    I32x4GtU "i32x4.gt_u" [V128 V128] => V128, I32x4LtU swapped;
    I32x4LeS "i32x4.le_s" [V128 V128] => V128, I32x4LeS;
    I32x4LeU "i32x4.le_u" [V128 V128] => V128, I32x4LeU;
    I32x4GeS "i32x4.ge_s" [V128 V128] => V128, I32x4LeS swapped;
    I32x4GeU "i32x4.ge_u" [V128 V128] => V128, I32x4LeU swapped;
    I64x2Abs "i64x2.abs" [V128] => V128, I64x2Abs;
    I64x2Neg "i64x2.neg" [V128] => V128, I64x2Neg;
    I64x2Shl "i64x2.shl" [V128 I32] => V128, I64x2Shl;
    I64x2ShrS "i64x2.shr_s" [V128 I32] => V128, I64x2ShrS;
    I64x2ShrU "i64x2.shr_u" [V128 I32] => V128, I64x2ShrU;
    I64x2Add "i64x2.add" [V128 V128] => V128, I64x2Add;
    I64x2Sub "i64x2.sub" [V128 V128] => V128, I64x2Sub;
    I64x2Mul "i64x2.mul" [V128 V128] => V128, I64x2Mul;
    I64x2Eq "i64x2.eq" [V128 V128] => V128, I64x2Eq;
    I64x2Ne "i64x2.ne" [V128 V128] => V128, I64x2Ne;
    I64x2LtS "i64x2.lt_s" [V128 V128] => V128, I64x2LtS;
    I64x2GtS "i64x2.gt_s" [V128 V128] => V128, I64x2LtS swapped;
    I64x2LeS "i64x2.le_s" [V128 V128] => V128, I64x2LeS;
    I64x2GeS "i64x2.ge_s" [V128 V128] => V128, I64x2LeS swapped;
    // Between widths.
    I8x16NarrowI16x8S "i8x16.narrow_i16x8_s" [V128 V128] => V128, I8x16NarrowI16x8S;
    I8x16NarrowI16x8U "i8x16.narrow_i16x8_u" [V128 V128] => V128, I8x16NarrowI16x8U;
    I16x8NarrowI32x4S "i16x8.narrow_i32x4_s" [V128 V128] => V128, I16x8NarrowI32x4S;
    I16x8NarrowI32x4U "i16x8.narrow_i32x4_u" [V128 V128] => V128, I16x8NarrowI32x4U;
    I16x8ExtendLowI8x16S "i16x8.extend_low_i8x16_s" [V128] => V128, I16x8ExtendLowI8x16S;
    I16x8ExtMulLowI8x16S "i16x8.extmul_low_i8x16_s" [V128 V128] => V128, I16x8ExtMulLowI8x16S;
    I16x8ExtendLowI8x16U "i16x8.extend_low_i8x16_u" [V128] => V128, I16x8ExtendLowI8x16U;
    I16x8ExtMulLowI8x16U "i16x8.extmul_low_i8x16_u" [V128 V128] => V128, I16x8ExtMulLowI8x16U;
    I16x8ExtendHighI8x16S "i16x8.extend_high_i8x16_s" [V128] => V128, I16x8ExtendHighI8x16S;
    I16x8ExtMulHighI8x16S "i16x8.extmul_high_i8x16_s" [V128 V128] => V128, I16x8ExtMulHighI8x16S;
    I16x8ExtendHighI8x16U "i16x8.extend_high_i8x16_u" [V128] => V128, I16x8ExtendHighI8x16U;
    I16x8ExtMulHighI8x16U "i16x8.extmul_high_i8x16_u" [V128 V128] => V128, I16x8ExtMulHighI8x16U;
    I16x8ExtAddPairwiseI8x16S "i16x8.extadd_pairwise_i8x16_s" [V128] => V128, I16x8ExtAddPairwiseI8x16S;
    I16x8ExtAddPairwiseI8x16U "i16x8.extadd_pairwise_i8x16_u" [V128] => V128, I16x8ExtAddPairwiseI8x16U;
    I32x4ExtendLowI16x8S "i32x4.extend_low_i16x8_s" [V128] => V128, I32x4ExtendLowI16x8S;
    I32x4ExtMulLowI16x8S "i32x4.extmul_low_i16x8_s" [V128 V128] => V128, I32x4ExtMulLowI16x8S;
    I32x4ExtendLowI16x8U "i32x4.extend_low_i16x8_u" [V128] => V128, I32x4ExtendLowI16x8U;
    I32x4ExtMulLowI16x8U "i32x4.extmul_low_i16x8_u" [V128 V128] => V128, I32x4ExtMulLowI16x8U;
    I32x4ExtendHighI16x8S "i32x4.extend_high_i16x8_s" [V128] => V128, I32x4ExtendHighI16x8S;
    I32x4ExtMulHighI16x8S "i32x4.extmul_high_i16x8_s" [V128 V128] => V128, I32x4ExtMulHighI16x8S;
    I32x4ExtendHighI16x8U "i32x4.extend_high_i16x8_u" [V128] => V128, I32x4ExtendHighI16x8U;
    I32x4ExtMulHighI16x8U "i32x4.extmul_high_i16x8_u" [V128 V128] => V128, I32x4ExtMulHighI16x8U;
    I32x4ExtAddPairwiseI16x8S "i32x4.extadd_pairwise_i16x8_s" [V128] => V128, I32x4ExtAddPairwiseI16x8S;
    I32x4ExtAddPairwiseI16x8U "i32x4.extadd_pairwise_i16x8_u" [V128] => V128, I32x4ExtAddPairwiseI16x8U;
    I64x2ExtendLowI32x4S "i64x2.extend_low_i32x4_s" [V128] => V128, I64x2ExtendLowI32x4S;
    I64x2ExtMulLowI32x4S "i64x2.extmul_low_i32x4_s" [V128 V128] => V128, I64x2ExtMulLowI32x4S;
    I64x2ExtendLowI32x4U "i64x2.extend_low_i32x4_u" [V128] => V128, I64x2ExtendLowI32x4U;
    I64x2ExtMulLowI32x4U "i64x2.extmul_low_i32x4_u" [V128 V128] => V128, I64x2ExtMulLowI32x4U;
    I64x2ExtendHighI32x4S "i64x2.extend_high_i32x4_s" [V128] => V128, I64x2ExtendHighI32x4S;
    I64x2ExtMulHighI32x4S "i64x2.extmul_high_i32x4_s" [V128 V128] => V128, I64x2ExtMulHighI32x4S;
    I64x2ExtendHighI32x4U "i64x2.extend_high_i32x4_u" [V128] => V128, I64x2ExtendHighI32x4U;
    I64x2ExtMulHighI32x4U "i64x2.extmul_high_i32x4_u" [V128 V128] => V128, I64x2ExtMulHighI32x4U;
    I16x8Q15MulrSatS "i16x8.q15mulr_sat_s" [V128 V128] => V128, I16x8Q15MulrSatS;
    I32x4DotI16x8S "i32x4.dot_i16x8_s" [V128 V128] => V128, I32x4DotI16x8S;
    I16x8RelaxedDotI8x16I7x16S "i16x8.relaxed_dot_i8x16_i7x16_s" [V128 V128] => V128, I16x8DotI8x16S;
    I32x4RelaxedDotI8x16I7x16AddS "i32x4.relaxed_dot_i8x16_i7x16_add_s" [V128 V128 V128] => V128, I32x4DotI8x16AddS;
    // Floats.
    F32x4Abs "f32x4.abs" [V128] => V128, F32x4Abs;
    F32x4Neg "f32x4.neg" [V128] => V128, F32x4Neg;
    F32x4Sqrt "f32x4.sqrt" [V128] => V128, F32x4Sqrt;
    F32x4Ceil "f32x4.ceil" [V128] => V128, F32x4Ceil;
    F32x4Floor "f32x4.floor" [V128] => V128, F32x4Floor;
    F32x4Trunc "f32x4.trunc" [V128] => V128, F32x4Trunc;
    F32x4Nearest "f32x4.nearest" [V128] => V128, F32x4Nearest;
    F32x4Add "f32x4.add" [V128 V128] => V128, F32x4Add;
    F32x4Sub "f32x4.sub" [V128 V128] => V128, F32x4Sub;
    F32x4Mul "f32x4.mul" [V128 V128] => V128, F32x4Mul;
    F32x4Div "f32x4.div" [V128 V128] => V128, F32x4Div;
    F32x4Min "f32x4.min" [V128 V128] => V128, F32x4Min;
    F32x4Max "f32x4.max" [V128 V128] => V128, F32x4Max;
    F32x4PMin "f32x4.pmin" [V128 V128] => V128, F32x4PMin;
    F32x4PMax "f32x4.pmax" [V128 V128] => V128, F32x4PMax;
    F32x4Eq "f32x4.eq" [V128 V128] => V128, F32x4Eq;
    F32x4Ne "f32x4.ne" [V128 V128] => V128, F32x4Ne;
    F32x4Lt "f32x4.lt" [V128 V128] => V128, F32x4Lt;
    F32x4Gt "f32x4.gt" [V128 V128] => V128, F32x4Lt swapped;
    F32x4Le "f32x4.le" [V128 V128] => V128, F32x4Le;
    F32x4Ge "f32x4.ge" [V128 V128] => V128, F32x4Le swapped;
    F32x4RelaxedMadd "f32x4.relaxed_madd" [V128 V128 V128] => V128, F32x4MulAdd;
    F32x4RelaxedNmadd "f32x4.relaxed_nmadd" [V128 V128 V128] => V128, F32x4SubMul;
    F64x2Abs "f64x2.abs" [V128] => V128, F64x2Abs;
    F64x2Neg "f64x2.neg" [V128] => V128, F64x2Neg;
    F64x2Sqrt "f64x2.sqrt" [V128] => V128, F64x2Sqrt;
    F64x2Ceil "f64x2.ceil" [V128] => V128, F64x2Ceil;
    F64x2Floor "f64x2.floor" [V128] => V128, F64x2Floor;
    F64x2Trunc "f64x2.trunc" [V128] => V128, F64x2Trunc;
    F64x2Nearest "f64x2.nearest" [V128] => V128, F64x2Nearest;
    F64x2Add "f64x2.add" [V128 V128] => V128, F64x2Add;
    F64x2Sub "f64x2.sub" [V128 V128] => V128, F64x2Sub;
    F64x2Mul "f64x2.mul" [V128 V128] => V128, F64x2Mul;
    F64x2Div "f64x2.div" [V128 V128] => V128, F64x2Div;
    F64x2Min "f64x2.min" [V128 V128] => V128, F64x2Min;
    F64x2Max "f64x2.max" [V128 V128] => V128, F64x2Max;
    F64x2PMin "f64x2.pmin" [V128 V128] => V128, F64x2PMin;
    F64x2PMax "f64x2.pmax" [V128 V128] => V128, F64x2PMax;
    F64x2Eq "f64x2.eq" [V128 V128] => V128, F64x2Eq;
    F64x2Ne "f64x2.ne" [V128 V128] => V128, F64x2Ne;
    F64x2Lt "f64x2.lt" [V128 V128] => V128, F64x2Lt;
    F64x2Gt "f64x2.gt" [V128 V128] => V128, F64x2Lt swapped;
    F64x2Le "f64x2.le" [V128 V128] => V128, F64x2Le;
    F64x2Ge "f64x2.ge" [V128 V128] => V128, F64x2Le swapped;
    F64x2RelaxedMadd "f64x2.relaxed_madd" [V128 V128 V128] => V128, F64x2MulAdd;
    F64x2RelaxedNmadd "f64x2.relaxed_nmadd" [V128 V128 V128] => V128, F64x2SubMul;
    // Conversions.
    I32x4TruncSatF32x4S "i32x4.trunc_sat_f32x4_s" [V128] => V128, I32x4TruncSatF32x4S;
    I32x4TruncSatF32x4U "i32x4.trunc_sat_f32x4_u" [V128] => V128, I32x4TruncSatF32x4U;
    I32x4TruncSatF64x2SZero "i32x4.trunc_sat_f64x2_s_zero" [V128] => V128, I32x4TruncSatF64x2SZero;
    I32x4TruncSatF64x2UZero "i32x4.trunc_sat_f64x2_u_zero" [V128] => V128, I32x4TruncSatF64x2UZero;
    F32x4ConvertI32x4S "f32x4.convert_i32x4_s" [V128] => V128, F32x4ConvertI32x4S;
    F32x4ConvertI32x4U "f32x4.convert_i32x4_u" [V128] => V128, F32x4ConvertI32x4U;
    F64x2ConvertLowI32x4S "f64x2.convert_low_i32x4_s" [V128] => V128, F64x2ConvertLowI32x4S;
    F64x2ConvertLowI32x4U "f64x2.convert_low_i32x4_u" [V128] => V128, F64x2ConvertLowI32x4U;
    F32x4DemoteF64x2Zero "f32x4.demote_f64x2_zero" [V128] => V128, F32x4DemoteF64x2Zero;
    F64x2PromoteLowF32x4 "f64x2.promote_low_f32x4" [V128] => V128, F64x2PromoteLowF32x4;
}

impl SimdOp {
    /// Whether it has the number of a lane as an immediate.
    #[must_use]
    pub fn has_lane(self) -> bool {
        let last = self.row().0.info().fields.last();
        last.is_some_and(|field| field.role.lanes().is_some())
    }

    /// Whether the two operands may change places without changing a bit of the result.
    #[must_use]
    pub const fn commutes(self) -> bool {
        matches!(
            self,
            Self::V128And
                | Self::V128Or
                | Self::V128Xor
                | Self::I8x16Add
                | Self::I8x16AddSatS
                | Self::I8x16AddSatU
                | Self::I8x16MinS
                | Self::I8x16MinU
                | Self::I8x16MaxS
                | Self::I8x16MaxU
                | Self::I8x16AvgrU
                | Self::I8x16Eq
                | Self::I8x16Ne
                | Self::I16x8Add
                | Self::I16x8AddSatS
                | Self::I16x8AddSatU
                | Self::I16x8Mul
                | Self::I16x8MinS
                | Self::I16x8MinU
                | Self::I16x8MaxS
                | Self::I16x8MaxU
                | Self::I16x8AvgrU
                | Self::I16x8Eq
                | Self::I16x8Ne
                | Self::I32x4Add
                | Self::I32x4Mul
                | Self::I32x4MinS
                | Self::I32x4MinU
                | Self::I32x4MaxS
                | Self::I32x4MaxU
                | Self::I32x4Eq
                | Self::I32x4Ne
                | Self::I64x2Add
                | Self::I64x2Mul
                | Self::I64x2Eq
                | Self::I64x2Ne
                | Self::I16x8ExtMulLowI8x16S
                | Self::I16x8ExtMulLowI8x16U
                | Self::I16x8ExtMulHighI8x16S
                | Self::I16x8ExtMulHighI8x16U
                | Self::I32x4ExtMulLowI16x8S
                | Self::I32x4ExtMulLowI16x8U
                | Self::I32x4ExtMulHighI16x8S
                | Self::I32x4ExtMulHighI16x8U
                | Self::I64x2ExtMulLowI32x4S
                | Self::I64x2ExtMulLowI32x4U
                | Self::I64x2ExtMulHighI32x4S
                | Self::I64x2ExtMulHighI32x4U
                | Self::I16x8Q15MulrSatS
                | Self::I32x4DotI16x8S
                | Self::I16x8RelaxedDotI8x16I7x16S
        )
    }
}
