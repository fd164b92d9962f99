//! The vector part of the instruction table, see `ops.rs`.
//!
//! `i8x16_..` and the like say how the 16 bytes of a v128 are divided into lanes; `[i]` is lane `i`, lane 0 having the lowest bytes. Every
//! result is determined, on every machine: relaxed operators are lowered to these rows too.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! simd_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Moves, constants, globals. A v128 lies in two slots, the low half in the first.
            0x0600 v128_mov V128Mov { dst: Def128, src: Use128 } Next fuel Zero "dst = src, both halves read first";
            0x0601 v128_select V128Select { dst: Def128, a: Use128, b: Use128, cond: Use } Next fuel Zero "dst = u32(cond) != 0 ? a : b";
            0x0602 v128_const V128Const { dst: Def128, index: Const128 } Next fuel Zero "dst = pool[index], pool[index + 1]";
            0x0603 v128_global_get V128GlobalGet { dst: Def128, global: DefinedGlobal } Next fuel Zero "dst = global";
            0x0604 v128_global_set V128GlobalSet { src: Use128, global: DefinedGlobal } Next fuel Zero "global = src";
            0x0605 v128_global_get_import V128GlobalGetImport { dst: Def128, global: ImportGlobal } Next fuel Zero "dst = imported global";
            0x0606 v128_global_set_import V128GlobalSetImport { src: Use128, global: ImportGlobal } Next fuel Zero "imported global = src";

            // Bits.
            0x0607 v128_not V128Not { dst: Def128, src: Use128 } Next fuel Zero "dst = ~src";
            0x0608 v128_and V128And { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lhs & rhs";
            0x0609 v128_andnot V128AndNot { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lhs & ~rhs";
            0x060a v128_or V128Or { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lhs | rhs";
            0x060b v128_xor V128Xor { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lhs ^ rhs";
            0x060c v128_bitselect V128Bitselect { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst = (a & c) | (b & ~c)";
            0x060d v128_any_true V128AnyTrue { dst: Def, src: Use128 } Next fuel Zero "dst = src != 0";
            0x060e i8x16_all_true I8x16AllTrue { dst: Def, src: Use128 } Next fuel Zero "dst = all(lane != 0)";
            0x060f i16x8_all_true I16x8AllTrue { dst: Def, src: Use128 } Next fuel Zero "dst = all(lane != 0)";
            0x0610 i32x4_all_true I32x4AllTrue { dst: Def, src: Use128 } Next fuel Zero "dst = all(lane != 0)";
            0x0611 i64x2_all_true I64x2AllTrue { dst: Def, src: Use128 } Next fuel Zero "dst = all(lane != 0)";
            0x0612 i8x16_bitmask I8x16Bitmask { dst: Def, src: Use128 } Next fuel Zero "dst = bit i set where lane i < 0";
            0x0613 i16x8_bitmask I16x8Bitmask { dst: Def, src: Use128 } Next fuel Zero "dst = bit i set where lane i < 0";
            0x0614 i32x4_bitmask I32x4Bitmask { dst: Def, src: Use128 } Next fuel Zero "dst = bit i set where lane i < 0";
            0x0615 i64x2_bitmask I64x2Bitmask { dst: Def, src: Use128 } Next fuel Zero "dst = bit i set where lane i < 0";

            // Lanes.
            0x0616 i8x16_swizzle I8x16Swizzle { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = rhs[i] < 16 ? lhs[rhs[i]] : 0";
            0x0617 i8x16_shuffle I8x16Shuffle { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = (a, b)[c[i] % 32]";
            0x0618 i8x16_splat I8x16Splat { dst: Def128, src: Use } Next fuel Zero "dst[i] = lane(src)";
            0x0619 i16x8_splat I16x8Splat { dst: Def128, src: Use } Next fuel Zero "dst[i] = lane(src)";
            0x061a i32x4_splat I32x4Splat { dst: Def128, src: Use } Next fuel Zero "dst[i] = lane(src)";
            0x061b i64x2_splat I64x2Splat { dst: Def128, src: Use } Next fuel Zero "dst[i] = lane(src)";
            0x061c i8x16_extract_lane_s I8x16ExtractLaneS { dst: Def, src: Use128, lane: Lane16 } Next fuel Zero "dst = i32(s(src[lane]))";
            0x061d i8x16_extract_lane_u I8x16ExtractLaneU { dst: Def, src: Use128, lane: Lane16 } Next fuel Zero "dst = u64(src[lane])";
            0x061e i16x8_extract_lane_s I16x8ExtractLaneS { dst: Def, src: Use128, lane: Lane8 } Next fuel Zero "dst = i32(s(src[lane]))";
            0x061f i16x8_extract_lane_u I16x8ExtractLaneU { dst: Def, src: Use128, lane: Lane8 } Next fuel Zero "dst = u64(src[lane])";
            0x0620 i32x4_extract_lane I32x4ExtractLane { dst: Def, src: Use128, lane: Lane4 } Next fuel Zero "dst = u64(src[lane])";
            0x0621 i64x2_extract_lane I64x2ExtractLane { dst: Def, src: Use128, lane: Lane2 } Next fuel Zero "dst = u64(src[lane])";
            0x0622 i8x16_replace_lane I8x16ReplaceLane { dst: Def128, src: Use128, value: Use, lane: Lane16 } Next fuel Zero "dst = src, but dst[lane] = lane(value)";
            0x0623 i16x8_replace_lane I16x8ReplaceLane { dst: Def128, src: Use128, value: Use, lane: Lane8 } Next fuel Zero "dst = src, but dst[lane] = lane(value)";
            0x0624 i32x4_replace_lane I32x4ReplaceLane { dst: Def128, src: Use128, value: Use, lane: Lane4 } Next fuel Zero "dst = src, but dst[lane] = lane(value)";
            0x0625 i64x2_replace_lane I64x2ReplaceLane { dst: Def128, src: Use128, value: Use, lane: Lane2 } Next fuel Zero "dst = src, but dst[lane] = lane(value)";

            // Integers.
            0x0626 i8x16_abs I8x16Abs { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = abs(src[i]), the least number stays";
            0x0627 i8x16_neg I8x16Neg { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = -src[i]";
            0x0628 i8x16_popcnt I8x16Popcnt { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = number of bits set";
            0x0629 i8x16_shl I8x16Shl { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] << distance % 8";
            0x062a i8x16_shr_s I8x16ShrS { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> signed distance % 8";
            0x062b i8x16_shr_u I8x16ShrU { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> unsigned distance % 8";
            0x062c i8x16_add I8x16Add { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] + rhs[i]";
            0x062d i8x16_add_sat_s I8x16AddSatS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated s(lhs[i] + rhs[i])";
            0x062e i8x16_add_sat_u I8x16AddSatU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated u(lhs[i] + rhs[i])";
            0x062f i8x16_sub I8x16Sub { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] - rhs[i]";
            0x0630 i8x16_sub_sat_s I8x16SubSatS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated s(lhs[i] - rhs[i])";
            0x0631 i8x16_sub_sat_u I8x16SubSatU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated u(lhs[i] - rhs[i])";
            0x0632 i8x16_min_s I8x16MinS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(s(lhs[i]), s(rhs[i]))";
            0x0633 i8x16_min_u I8x16MinU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(u(lhs[i]), u(rhs[i]))";
            0x0634 i8x16_max_s I8x16MaxS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(s(lhs[i]), s(rhs[i]))";
            0x0635 i8x16_max_u I8x16MaxU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(u(lhs[i]), u(rhs[i]))";
            0x0636 i8x16_avgr_u I8x16AvgrU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = (u(lhs[i]) + u(rhs[i]) + 1) / 2";
            0x0637 i8x16_eq I8x16Eq { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] == rhs[i] ? -1 : 0";
            0x0638 i8x16_ne I8x16Ne { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] != rhs[i] ? -1 : 0";
            0x0639 i8x16_lt_s I8x16LtS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) < s(rhs[i]) ? -1 : 0";
            0x063a i8x16_lt_u I8x16LtU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(lhs[i]) < u(rhs[i]) ? -1 : 0";
            0x063b i8x16_le_s I8x16LeS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) <= s(rhs[i]) ? -1 : 0";
            0x063c i8x16_le_u I8x16LeU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(lhs[i]) <= u(rhs[i]) ? -1 : 0";
            0x063d i16x8_abs I16x8Abs { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = abs(src[i]), the least number stays";
            0x063e i16x8_neg I16x8Neg { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = -src[i]";
            0x063f i16x8_shl I16x8Shl { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] << distance % 16";
            0x0640 i16x8_shr_s I16x8ShrS { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> signed distance % 16";
            0x0641 i16x8_shr_u I16x8ShrU { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> unsigned distance % 16";
            0x0642 i16x8_add I16x8Add { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] + rhs[i]";
            0x0643 i16x8_add_sat_s I16x8AddSatS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated s(lhs[i] + rhs[i])";
            0x0644 i16x8_add_sat_u I16x8AddSatU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated u(lhs[i] + rhs[i])";
            0x0645 i16x8_sub I16x8Sub { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] - rhs[i]";
            0x0646 i16x8_sub_sat_s I16x8SubSatS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated s(lhs[i] - rhs[i])";
            0x0647 i16x8_sub_sat_u I16x8SubSatU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated u(lhs[i] - rhs[i])";
            0x0648 i16x8_mul I16x8Mul { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] * rhs[i]";
            0x0649 i16x8_min_s I16x8MinS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(s(lhs[i]), s(rhs[i]))";
            0x064a i16x8_min_u I16x8MinU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(u(lhs[i]), u(rhs[i]))";
            0x064b i16x8_max_s I16x8MaxS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(s(lhs[i]), s(rhs[i]))";
            0x064c i16x8_max_u I16x8MaxU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(u(lhs[i]), u(rhs[i]))";
            0x064d i16x8_avgr_u I16x8AvgrU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = (u(lhs[i]) + u(rhs[i]) + 1) / 2";
            0x064e i16x8_eq I16x8Eq { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] == rhs[i] ? -1 : 0";
            0x064f i16x8_ne I16x8Ne { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] != rhs[i] ? -1 : 0";
            0x0650 i16x8_lt_s I16x8LtS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) < s(rhs[i]) ? -1 : 0";
            0x0651 i16x8_lt_u I16x8LtU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(lhs[i]) < u(rhs[i]) ? -1 : 0";
            0x0652 i16x8_le_s I16x8LeS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) <= s(rhs[i]) ? -1 : 0";
            0x0653 i16x8_le_u I16x8LeU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(lhs[i]) <= u(rhs[i]) ? -1 : 0";
            0x0654 i32x4_abs I32x4Abs { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = abs(src[i]), the least number stays";
            0x0655 i32x4_neg I32x4Neg { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = -src[i]";
            0x0656 i32x4_shl I32x4Shl { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] << distance % 32";
            0x0657 i32x4_shr_s I32x4ShrS { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> signed distance % 32";
            0x0658 i32x4_shr_u I32x4ShrU { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> unsigned distance % 32";
            0x0659 i32x4_add I32x4Add { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] + rhs[i]";
            0x065a i32x4_sub I32x4Sub { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] - rhs[i]";
            0x065b i32x4_mul I32x4Mul { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] * rhs[i]";
            0x065c i32x4_min_s I32x4MinS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(s(lhs[i]), s(rhs[i]))";
            0x065d i32x4_min_u I32x4MinU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(u(lhs[i]), u(rhs[i]))";
            0x065e i32x4_max_s I32x4MaxS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(s(lhs[i]), s(rhs[i]))";
            0x065f i32x4_max_u I32x4MaxU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(u(lhs[i]), u(rhs[i]))";
            0x0660 i32x4_eq I32x4Eq { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] == rhs[i] ? -1 : 0";
            0x0661 i32x4_ne I32x4Ne { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] != rhs[i] ? -1 : 0";
            0x0662 i32x4_lt_s I32x4LtS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) < s(rhs[i]) ? -1 : 0";
            0x0663 i32x4_lt_u I32x4LtU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(lhs[i]) < u(rhs[i]) ? -1 : 0";
            0x0664 i32x4_le_s I32x4LeS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) <= s(rhs[i]) ? -1 : 0";
            0x0665 i32x4_le_u I32x4LeU { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(lhs[i]) <= u(rhs[i]) ? -1 : 0";
            0x0666 i64x2_abs I64x2Abs { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = abs(src[i]), the least number stays";
            0x0667 i64x2_neg I64x2Neg { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = -src[i]";
            0x0668 i64x2_shl I64x2Shl { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] << distance % 64";
            0x0669 i64x2_shr_s I64x2ShrS { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> signed distance % 64";
            0x066a i64x2_shr_u I64x2ShrU { dst: Def128, src: Use128, distance: Use } Next fuel Zero "dst[i] = src[i] >> unsigned distance % 64";
            0x066b i64x2_add I64x2Add { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] + rhs[i]";
            0x066c i64x2_sub I64x2Sub { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] - rhs[i]";
            0x066d i64x2_mul I64x2Mul { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] * rhs[i]";
            0x066e i64x2_eq I64x2Eq { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] == rhs[i] ? -1 : 0";
            0x066f i64x2_ne I64x2Ne { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] != rhs[i] ? -1 : 0";
            0x0670 i64x2_lt_s I64x2LtS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) < s(rhs[i]) ? -1 : 0";
            0x0671 i64x2_le_s I64x2LeS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(lhs[i]) <= s(rhs[i]) ? -1 : 0";

            // Between widths.
            0x0672 i8x16_narrow_i16x8_s I8x16NarrowI16x8S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lanes of lhs, then of rhs, saturated s";
            0x0673 i8x16_narrow_i16x8_u I8x16NarrowI16x8U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lanes of lhs, then of rhs, saturated u";
            0x0674 i16x8_narrow_i32x4_s I16x8NarrowI32x4S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lanes of lhs, then of rhs, saturated s";
            0x0675 i16x8_narrow_i32x4_u I16x8NarrowI32x4U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst = lanes of lhs, then of rhs, saturated u";
            0x0676 i16x8_extend_low_i8x16_s I16x8ExtendLowI8x16S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(low half of src)[i]";
            0x0677 i16x8_extend_low_i8x16_u I16x8ExtendLowI8x16U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(low half of src)[i]";
            0x0678 i16x8_extend_high_i8x16_s I16x8ExtendHighI8x16S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(high half of src)[i]";
            0x0679 i16x8_extend_high_i8x16_u I16x8ExtendHighI8x16U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(high half of src)[i]";
            0x067a i16x8_extmul_low_i8x16_s I16x8ExtMulLowI8x16S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(low half of lhs)[i] * s(low half of rhs)[i]";
            0x067b i16x8_extmul_low_i8x16_u I16x8ExtMulLowI8x16U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(low half of lhs)[i] * u(low half of rhs)[i]";
            0x067c i16x8_extmul_high_i8x16_s I16x8ExtMulHighI8x16S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(high half of lhs)[i] * s(high half of rhs)[i]";
            0x067d i16x8_extmul_high_i8x16_u I16x8ExtMulHighI8x16U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(high half of lhs)[i] * u(high half of rhs)[i]";
            0x067e i16x8_extadd_pairwise_i8x16_s I16x8ExtAddPairwiseI8x16S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(src[2 * i]) + s(src[2 * i + 1])";
            0x067f i16x8_extadd_pairwise_i8x16_u I16x8ExtAddPairwiseI8x16U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(src[2 * i]) + u(src[2 * i + 1])";
            0x0680 i32x4_extend_low_i16x8_s I32x4ExtendLowI16x8S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(low half of src)[i]";
            0x0681 i32x4_extend_low_i16x8_u I32x4ExtendLowI16x8U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(low half of src)[i]";
            0x0682 i32x4_extend_high_i16x8_s I32x4ExtendHighI16x8S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(high half of src)[i]";
            0x0683 i32x4_extend_high_i16x8_u I32x4ExtendHighI16x8U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(high half of src)[i]";
            0x0684 i32x4_extmul_low_i16x8_s I32x4ExtMulLowI16x8S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(low half of lhs)[i] * s(low half of rhs)[i]";
            0x0685 i32x4_extmul_low_i16x8_u I32x4ExtMulLowI16x8U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(low half of lhs)[i] * u(low half of rhs)[i]";
            0x0686 i32x4_extmul_high_i16x8_s I32x4ExtMulHighI16x8S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(high half of lhs)[i] * s(high half of rhs)[i]";
            0x0687 i32x4_extmul_high_i16x8_u I32x4ExtMulHighI16x8U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(high half of lhs)[i] * u(high half of rhs)[i]";
            0x0688 i32x4_extadd_pairwise_i16x8_s I32x4ExtAddPairwiseI16x8S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(src[2 * i]) + s(src[2 * i + 1])";
            0x0689 i32x4_extadd_pairwise_i16x8_u I32x4ExtAddPairwiseI16x8U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(src[2 * i]) + u(src[2 * i + 1])";
            0x068a i64x2_extend_low_i32x4_s I64x2ExtendLowI32x4S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(low half of src)[i]";
            0x068b i64x2_extend_low_i32x4_u I64x2ExtendLowI32x4U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(low half of src)[i]";
            0x068c i64x2_extend_high_i32x4_s I64x2ExtendHighI32x4S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(high half of src)[i]";
            0x068d i64x2_extend_high_i32x4_u I64x2ExtendHighI32x4U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(high half of src)[i]";
            0x068e i64x2_extmul_low_i32x4_s I64x2ExtMulLowI32x4S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(low half of lhs)[i] * s(low half of rhs)[i]";
            0x068f i64x2_extmul_low_i32x4_u I64x2ExtMulLowI32x4U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(low half of lhs)[i] * u(low half of rhs)[i]";
            0x0690 i64x2_extmul_high_i32x4_s I64x2ExtMulHighI32x4S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = s(high half of lhs)[i] * s(high half of rhs)[i]";
            0x0691 i64x2_extmul_high_i32x4_u I64x2ExtMulHighI32x4U { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = u(high half of lhs)[i] * u(high half of rhs)[i]";
            0x0692 i16x8_q15mulr_sat_s I16x8Q15MulrSatS { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = saturated s((lhs[i] * rhs[i] + 0x4000) >> 15)";
            0x0693 i32x4_dot_i16x8_s I32x4DotI16x8S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[2 * i] * rhs[2 * i] + lhs[2 * i + 1] * rhs[2 * i + 1]";
            0x0694 i16x8_dot_i8x16_s I16x8DotI8x16S { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = i16(lhs[2 * i] * rhs[2 * i] + lhs[2 * i + 1] * rhs[2 * i + 1])";
            0x0695 i32x4_dot_i8x16_add_s I32x4DotI8x16AddS { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = c[i] + pairwise sum of i16x8_dot_i8x16_s(a, b)";

            // Floats. What they do to NaNs is what the scalar operators do.
            0x0696 f32x4_abs F32x4Abs { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = abs(src[i])";
            0x0697 f32x4_neg F32x4Neg { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = -src[i]";
            0x0698 f32x4_sqrt F32x4Sqrt { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = sqrt(src[i])";
            0x0699 f32x4_ceil F32x4Ceil { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = ceil(src[i])";
            0x069a f32x4_floor F32x4Floor { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = floor(src[i])";
            0x069b f32x4_trunc F32x4Trunc { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = trunc(src[i])";
            0x069c f32x4_nearest F32x4Nearest { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = nearest(src[i]), ties to even";
            0x069d f32x4_add F32x4Add { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] + rhs[i]";
            0x069e f32x4_sub F32x4Sub { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] - rhs[i]";
            0x069f f32x4_mul F32x4Mul { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] * rhs[i]";
            0x06a0 f32x4_div F32x4Div { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] / rhs[i]";
            0x06a1 f32x4_min F32x4Min { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(lhs[i], rhs[i])";
            0x06a2 f32x4_max F32x4Max { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(lhs[i], rhs[i])";
            0x06a3 f32x4_pmin F32x4PMin { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = rhs[i] < lhs[i] ? rhs[i] : lhs[i]";
            0x06a4 f32x4_pmax F32x4PMax { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] < rhs[i] ? rhs[i] : lhs[i]";
            0x06a5 f32x4_eq F32x4Eq { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] == rhs[i] ? -1 : 0";
            0x06a6 f32x4_ne F32x4Ne { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] != rhs[i] ? -1 : 0";
            0x06a7 f32x4_lt F32x4Lt { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] < rhs[i] ? -1 : 0";
            0x06a8 f32x4_le F32x4Le { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] <= rhs[i] ? -1 : 0";
            0x06a9 f32x4_mul_add F32x4MulAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = a[i] * b[i] + c[i], rounded twice";
            0x06aa f32x4_sub_mul F32x4SubMul { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = c[i] - a[i] * b[i], rounded twice";
            0x06ab f64x2_abs F64x2Abs { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = abs(src[i])";
            0x06ac f64x2_neg F64x2Neg { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = -src[i]";
            0x06ad f64x2_sqrt F64x2Sqrt { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = sqrt(src[i])";
            0x06ae f64x2_ceil F64x2Ceil { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = ceil(src[i])";
            0x06af f64x2_floor F64x2Floor { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = floor(src[i])";
            0x06b0 f64x2_trunc F64x2Trunc { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = trunc(src[i])";
            0x06b1 f64x2_nearest F64x2Nearest { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = nearest(src[i]), ties to even";
            0x06b2 f64x2_add F64x2Add { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] + rhs[i]";
            0x06b3 f64x2_sub F64x2Sub { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] - rhs[i]";
            0x06b4 f64x2_mul F64x2Mul { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] * rhs[i]";
            0x06b5 f64x2_div F64x2Div { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] / rhs[i]";
            0x06b6 f64x2_min F64x2Min { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = min(lhs[i], rhs[i])";
            0x06b7 f64x2_max F64x2Max { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = max(lhs[i], rhs[i])";
            0x06b8 f64x2_pmin F64x2PMin { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = rhs[i] < lhs[i] ? rhs[i] : lhs[i]";
            0x06b9 f64x2_pmax F64x2PMax { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] < rhs[i] ? rhs[i] : lhs[i]";
            0x06ba f64x2_eq F64x2Eq { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] == rhs[i] ? -1 : 0";
            0x06bb f64x2_ne F64x2Ne { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] != rhs[i] ? -1 : 0";
            0x06bc f64x2_lt F64x2Lt { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] < rhs[i] ? -1 : 0";
            0x06bd f64x2_le F64x2Le { dst: Def128, lhs: Use128, rhs: Use128 } Next fuel Zero "dst[i] = lhs[i] <= rhs[i] ? -1 : 0";
            0x06be f64x2_mul_add F64x2MulAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = a[i] * b[i] + c[i], rounded twice";
            0x06bf f64x2_sub_mul F64x2SubMul { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = c[i] - a[i] * b[i], rounded twice";

            // Conversions.
            0x06c0 i32x4_trunc_sat_f32x4_s I32x4TruncSatF32x4S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = saturated s(trunc(src[i])), 0 for NaN";
            0x06c1 i32x4_trunc_sat_f32x4_u I32x4TruncSatF32x4U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = saturated u(trunc(src[i])), 0 for NaN";
            0x06c2 i32x4_trunc_sat_f64x2_s_zero I32x4TruncSatF64x2SZero { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = saturated s(trunc(src[i])), 0 for NaN; dst[2] = dst[3] = 0";
            0x06c3 i32x4_trunc_sat_f64x2_u_zero I32x4TruncSatF64x2UZero { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = saturated u(trunc(src[i])), 0 for NaN; dst[2] = dst[3] = 0";
            0x06c4 f32x4_convert_i32x4_s F32x4ConvertI32x4S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(src[i])";
            0x06c5 f32x4_convert_i32x4_u F32x4ConvertI32x4U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(src[i])";
            0x06c6 f64x2_convert_low_i32x4_s F64x2ConvertLowI32x4S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(src[i])";
            0x06c7 f64x2_convert_low_i32x4_u F64x2ConvertLowI32x4U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(src[i])";
            0x06c8 f32x4_demote_f64x2_zero F32x4DemoteF64x2Zero { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = f32(src[i]); dst[2] = dst[3] = 0";
            0x06c9 f64x2_promote_low_f32x4 F64x2PromoteLowF32x4 { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = f64(src[i])";

            // Products with what is in memory, and sums: of two places with one vector, and with one number in all lanes. As the single ones.
            0x06ca f32x4_mul_add_load_twice F32x4MulAddLoadTwice { first: Mod128, second: Mod128, a: Use128, addr: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "first[i] += a[i] * (16 bytes at mem[wrap(addr + k)])[i]; second likewise at k + d; rounded twice";
            0x06cb f64x2_mul_add_load_twice F64x2MulAddLoadTwice { first: Mod128, second: Mod128, a: Use128, addr: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "first[i] += a[i] * (16 bytes at mem[wrap(addr + k)])[i]; second likewise at k + d; rounded twice";
            0x06cc f32x4_mul_add_load_splat F32x4MulAddLoadSplat { dst: Def128, c: Use128, addr: Use, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "dst[i] = (f32 at mem[wrap(addr + k)]) * (16 bytes at mem[wrap(addr2 + k + d)])[i] + c[i], rounded twice";

            // Tests of the sign of bytes.
            0x06cd br_i8x16_bitmask_nz BrI8x16BitmaskNz { dst: Def, src: Use128, label: Label16 } CondBranch fuel Zero "dst = bit i set where lane i < 0; if dst != 0 goto label";
            0x06ce br_i8x16_bitmask_z BrI8x16BitmaskZ { dst: Def, src: Use128, label: Label16 } CondBranch fuel Zero "dst = bit i set where lane i < 0; if dst == 0 goto label";

            // Loads and stores, in the forms of the scalar ones.
            0x06d0 load128 Load128 { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = 16 bytes at mem[addr + offset]";
            0x06d1 load128_far Load128Far { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = 16 bytes at mem[addr + offset]";
            0x06d2 load128_wrap Load128Wrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 16 bytes at mem[wrap(addr + k) + offset]";
            0x06d3 load128_index Load128Index { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = 16 bytes at mem[wrap(addr + (index << shift)) + offset]";
            0x06d4 load128_mem Load128Mem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = 16 bytes at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06d5 load8_splat Load8Splat { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u8 in all lanes at mem[addr + offset]";
            0x06d6 load8_splat_far Load8SplatFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u8 in all lanes at mem[addr + offset]";
            0x06d7 load8_splat_wrap Load8SplatWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u8 in all lanes at mem[wrap(addr + k) + offset]";
            0x06d8 load8_splat_index Load8SplatIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u8 in all lanes at mem[wrap(addr + (index << shift)) + offset]";
            0x06d9 load8_splat_mem Load8SplatMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u8 in all lanes at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06da load16_splat Load16Splat { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u16 in all lanes at mem[addr + offset]";
            0x06db load16_splat_far Load16SplatFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u16 in all lanes at mem[addr + offset]";
            0x06dc load16_splat_wrap Load16SplatWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u16 in all lanes at mem[wrap(addr + k) + offset]";
            0x06dd load16_splat_index Load16SplatIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u16 in all lanes at mem[wrap(addr + (index << shift)) + offset]";
            0x06de load16_splat_mem Load16SplatMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u16 in all lanes at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06df load32_splat Load32Splat { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u32 in all lanes at mem[addr + offset]";
            0x06e0 load32_splat_far Load32SplatFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u32 in all lanes at mem[addr + offset]";
            0x06e1 load32_splat_wrap Load32SplatWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u32 in all lanes at mem[wrap(addr + k) + offset]";
            0x06e2 load32_splat_index Load32SplatIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u32 in all lanes at mem[wrap(addr + (index << shift)) + offset]";
            0x06e3 load32_splat_mem Load32SplatMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u32 in all lanes at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06e4 load64_splat Load64Splat { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64 in all lanes at mem[addr + offset]";
            0x06e5 load64_splat_far Load64SplatFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64 in all lanes at mem[addr + offset]";
            0x06e6 load64_splat_wrap Load64SplatWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64 in all lanes at mem[wrap(addr + k) + offset]";
            0x06e7 load64_splat_index Load64SplatIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64 in all lanes at mem[wrap(addr + (index << shift)) + offset]";
            0x06e8 load64_splat_mem Load64SplatMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64 in all lanes at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06e9 load8x8_s Load8x8S { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = 8 s8, as i16x8, at mem[addr + offset]";
            0x06ea load8x8_s_far Load8x8SFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = 8 s8, as i16x8, at mem[addr + offset]";
            0x06eb load8x8_s_wrap Load8x8SWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 8 s8, as i16x8, at mem[wrap(addr + k) + offset]";
            0x06ec load8x8_s_index Load8x8SIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = 8 s8, as i16x8, at mem[wrap(addr + (index << shift)) + offset]";
            0x06ed load8x8_s_mem Load8x8SMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = 8 s8, as i16x8, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06ee load8x8_u Load8x8U { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = 8 u8, as i16x8, at mem[addr + offset]";
            0x06ef load8x8_u_far Load8x8UFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = 8 u8, as i16x8, at mem[addr + offset]";
            0x06f0 load8x8_u_wrap Load8x8UWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 8 u8, as i16x8, at mem[wrap(addr + k) + offset]";
            0x06f1 load8x8_u_index Load8x8UIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = 8 u8, as i16x8, at mem[wrap(addr + (index << shift)) + offset]";
            0x06f2 load8x8_u_mem Load8x8UMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = 8 u8, as i16x8, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06f3 load16x4_s Load16x4S { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = 4 s16, as i32x4, at mem[addr + offset]";
            0x06f4 load16x4_s_far Load16x4SFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = 4 s16, as i32x4, at mem[addr + offset]";
            0x06f5 load16x4_s_wrap Load16x4SWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 4 s16, as i32x4, at mem[wrap(addr + k) + offset]";
            0x06f6 load16x4_s_index Load16x4SIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = 4 s16, as i32x4, at mem[wrap(addr + (index << shift)) + offset]";
            0x06f7 load16x4_s_mem Load16x4SMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = 4 s16, as i32x4, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06f8 load16x4_u Load16x4U { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = 4 u16, as i32x4, at mem[addr + offset]";
            0x06f9 load16x4_u_far Load16x4UFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = 4 u16, as i32x4, at mem[addr + offset]";
            0x06fa load16x4_u_wrap Load16x4UWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 4 u16, as i32x4, at mem[wrap(addr + k) + offset]";
            0x06fb load16x4_u_index Load16x4UIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = 4 u16, as i32x4, at mem[wrap(addr + (index << shift)) + offset]";
            0x06fc load16x4_u_mem Load16x4UMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = 4 u16, as i32x4, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x06fd load32x2_s Load32x2S { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = 2 s32, as i64x2, at mem[addr + offset]";
            0x06fe load32x2_s_far Load32x2SFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = 2 s32, as i64x2, at mem[addr + offset]";
            0x06ff load32x2_s_wrap Load32x2SWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 2 s32, as i64x2, at mem[wrap(addr + k) + offset]";
            0x0700 load32x2_s_index Load32x2SIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = 2 s32, as i64x2, at mem[wrap(addr + (index << shift)) + offset]";
            0x0701 load32x2_s_mem Load32x2SMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = 2 s32, as i64x2, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x0702 load32x2_u Load32x2U { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = 2 u32, as i64x2, at mem[addr + offset]";
            0x0703 load32x2_u_far Load32x2UFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = 2 u32, as i64x2, at mem[addr + offset]";
            0x0704 load32x2_u_wrap Load32x2UWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 2 u32, as i64x2, at mem[wrap(addr + k) + offset]";
            0x0705 load32x2_u_index Load32x2UIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = 2 u32, as i64x2, at mem[wrap(addr + (index << shift)) + offset]";
            0x0706 load32x2_u_mem Load32x2UMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = 2 u32, as i64x2, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x0707 load32_zero Load32Zero { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u32, then zeros, at mem[addr + offset]";
            0x0708 load32_zero_far Load32ZeroFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u32, then zeros, at mem[addr + offset]";
            0x0709 load32_zero_wrap Load32ZeroWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u32, then zeros, at mem[wrap(addr + k) + offset]";
            0x070a load32_zero_index Load32ZeroIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u32, then zeros, at mem[wrap(addr + (index << shift)) + offset]";
            0x070b load32_zero_mem Load32ZeroMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u32, then zeros, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x070c load64_zero Load64Zero { dst: Def128, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64, then zeros, at mem[addr + offset]";
            0x070d load64_zero_far Load64ZeroFar { dst: Def128, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64, then zeros, at mem[addr + offset]";
            0x070e load64_zero_wrap Load64ZeroWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64, then zeros, at mem[wrap(addr + k) + offset]";
            0x070f load64_zero_index Load64ZeroIndex { dst: Def128, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64, then zeros, at mem[wrap(addr + (index << shift)) + offset]";
            0x0710 load64_zero_mem Load64ZeroMem { dst: Def128, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64, then zeros, at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x0711 store128 Store128 { addr: Use, src: Use128, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = src, 16 bytes";
            0x0712 store128_far Store128Far { addr: Use, src: Use128, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = src, 16 bytes";
            0x0713 store128_wrap Store128Wrap { addr: Use, src: Use128, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = src, 16 bytes";
            0x0714 store128_index Store128Index { addr: Use, index: Use, src: Use128, shift: Shift, offset: ImmU32 } Next fuel Zero "mem[wrap(addr + (index << shift)) + offset] = src, 16 bytes";
            0x0715 store128_mem Store128Mem { addr: Use, src: Use128, mem: Mem, offset: ImmU32 } Next fuel Zero "mem[addr + offset in the named memory, 32- or 64-bit] = src, 16 bytes";
        }
    };
}
