//! The part of the instruction table for vector instructions that do several operators, see `ops.rs`: each gives what the single ones of
//! `simd_ops.rs` give one after the other.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! simd_fused_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Shifts and rotations by a constant, which counts modulo the width of a lane.
            0x0716 i8x16_shr_u_imm I8x16ShrUImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] >> (imm % 8), unsigned";
            0x0717 i16x8_shl_imm I16x8ShlImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] << (imm % 16)";
            0x0718 i16x8_shr_s_imm I16x8ShrSImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] >> (imm % 16), signed";
            0x0719 i16x8_shr_u_imm I16x8ShrUImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] >> (imm % 16), unsigned";
            0x071a i32x4_shl_imm I32x4ShlImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] << (imm % 32)";
            0x071b i32x4_shr_s_imm I32x4ShrSImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] >> (imm % 32), signed";
            0x071c i32x4_shr_u_imm I32x4ShrUImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] >> (imm % 32), unsigned";
            0x071d i64x2_shl_imm I64x2ShlImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] << (imm % 64)";
            0x071e i64x2_shr_u_imm I64x2ShrUImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] >> (imm % 64), unsigned";
            0x071f i32x4_rotl_imm I32x4RotlImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] rotated left by imm % 32";
            0x0720 i64x2_rotl_imm I64x2RotlImm { dst: Def128, src: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = src[i] rotated left by imm % 64";

            // Two operators, each as the instruction of its own does it.
            0x0721 i32x4_xor_rotl_imm I32x4XorRotlImm { dst: Def128, a: Use128, b: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] ^ b[i]) rotated left by imm % 32";
            0x0722 i64x2_xor_rotl_imm I64x2XorRotlImm { dst: Def128, a: Use128, b: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] ^ b[i]) rotated left by imm % 64";
            0x0723 i32x4_add_then_xor_rotl_imm I32x4AddThenXorRotlImm { dst: Def128, d0: Def128, l0: Use128, r0: Use128, b: Use128, imm: ImmU16 } Next fuel Zero "d0[i] = l0[i] + r0[i]; dst[i] = (d0[i] ^ b[i]) rotated left by imm % 32";
            0x0724 i32x4_add_add I32x4AddAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = a[i] + b[i] + c[i]";
            0x0725 i16x8_add_add I16x8AddAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = a[i] + b[i] + c[i]";
            0x0726 i16x8_mul_add I16x8MulAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = a[i] * b[i] + c[i]";
            0x0727 i32x4_mul_add I32x4MulAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = a[i] * b[i] + c[i]";
            0x0728 i32x4_dot_i16x8_add_s I32x4DotI16x8AddS { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = a[2 i] * b[2 i] + a[2 i + 1] * b[2 i + 1] + c[i], signed";
            0x0729 v128_and_or V128AndOr { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst = (a & b) | c";
            0x072a v128_and_xor V128AndXor { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst = (a & b) ^ c";
            0x072b v128_xor_xor V128XorXor { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst = a ^ b ^ c";
            0x072c i32x4_shl_imm_and I32x4ShlImmAnd { dst: Def128, a: Use128, b: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] << (imm % 32)) & b[i]";
            0x072d i32x4_shr_u_imm_and I32x4ShrUImmAnd { dst: Def128, a: Use128, b: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] >> (imm % 32), unsigned) & b[i]";
            0x072e i32x4_shl_imm_and_or I32x4ShlImmAndOr { dst: Def128, a: Use128, b: Use128, c: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] << (imm % 32)) & b[i] | c[i]";
            0x072f i32x4_shr_u_imm_and_or I32x4ShrUImmAndOr { dst: Def128, a: Use128, b: Use128, c: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] >> (imm % 32), unsigned) & b[i] | c[i]";
            0x0730 i16x8_shl_imm_add I16x8ShlImmAdd { dst: Def128, a: Use128, b: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] << (imm % 16)) + b[i]";
            0x0731 i32x4_shl_imm_add I32x4ShlImmAdd { dst: Def128, a: Use128, b: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = (a[i] << (imm % 32)) + b[i]";
            0x0732 i32x4_shl_imm_shr_s_imm I32x4ShlImmShrSImm { dst: Def128, a: Use128, imm: ImmU16, imm2: ImmU16 } Next fuel Zero "dst[i] = (a[i] << (imm % 32)) >> (imm2 % 32), signed";
            0x0733 i8x16_eq_bitmask I8x16EqBitmask { dst: Def, lhs: Use128, rhs: Use128 } Next fuel Zero "bit i of dst = lhs[i] == rhs[i]";
            0x0734 br_v128_any_true BrV128AnyTrue { src: Use128, label: Label16 } CondBranch fuel Zero "if src != 0 goto label";
            0x0735 br_v128_none_true BrV128NoneTrue { src: Use128, label: Label16 } CondBranch fuel Zero "if src == 0 goto label";

            // The right operand of the first operator is loaded.
            0x0736 i16x8_add_load8x8_u_wrap I16x8AddLoad8x8UWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = lhs[i] + (8 u8, as i16x8, at mem[wrap(addr + k) + offset])[i]";
            0x0737 i32x4_add_load_wrap I32x4AddLoadWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = lhs[i] + (16 bytes at mem[wrap(addr + k) + offset])[i]";
            0x0738 v128_xor_load_wrap V128XorLoadWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = lhs ^ 16 bytes at mem[wrap(addr + k) + offset]";
            0x0739 f32x4_add_load_wrap F32x4AddLoadWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = lhs[i] + (16 bytes at mem[wrap(addr + k) + offset])[i]";
            0x073a f32x4_sub_load_wrap F32x4SubLoadWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = lhs[i] - (16 bytes at mem[wrap(addr + k) + offset])[i]";
            0x073b f32x4_mul_load_wrap F32x4MulLoadWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = lhs[i] * (16 bytes at mem[wrap(addr + k) + offset])[i]";
            0x073c f32x4_mul_add_load_wrap F32x4MulAddLoadWrap { dst: Def128, a: Use128, c: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = a[i] * (16 bytes at mem[wrap(addr + k) + offset])[i] + c[i], rounded twice";
            0x073d f64x2_add_load_wrap F64x2AddLoadWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = lhs[i] + (16 bytes at mem[wrap(addr + k) + offset])[i]";
            0x073e f64x2_mul_load_wrap F64x2MulLoadWrap { dst: Def128, lhs: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = lhs[i] * (16 bytes at mem[wrap(addr + k) + offset])[i]";
            0x073f f64x2_mul_add_load_wrap F64x2MulAddLoadWrap { dst: Def128, a: Use128, c: Use128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst[i] = a[i] * (16 bytes at mem[wrap(addr + k) + offset])[i] + c[i], rounded twice";
        }
    };
}
