//! More vector instructions that do several operators, see `ops.rs` and `simd_fused_ops.rs`: each gives what the single ones give one after
//! the other, what the first writes being written before the second reads.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! simd_more_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Two loads.
            0x0522 load128_twice Load128Twice { d0: Def128, d1: Def128, addr: Use, addr2: Use, offset: ImmU16, offset2: ImmU16 } Next fuel Zero "d0 = 16 bytes at mem[addr + offset]; d1 = 16 bytes at mem[addr2 + offset2]";
            0x0523 load128_twice_wrap Load128TwiceWrap { d0: Def128, d1: Def128, addr: Use, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "d0 = 16 bytes at mem[wrap(addr + k)]; d1 = 16 bytes at mem[wrap(addr2 + k + d)]";

            // Products and sums, all rounded, of what is in memory: in two places; two with one vector each; numbers in all lanes with vectors, two
            // that lie one behind the other; to be added to what is in memory; four with one vector.
            0x0524 f32x4_mul_add_load2 F32x4MulAddLoad2 { dst: Def128, c: Use128, addr: Use, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "dst[i] = (16 bytes at mem[wrap(addr + k)])[i] * (16 bytes at mem[wrap(addr2 + k + d)])[i] + c[i], rounded twice";
            0x0525 f64x2_mul_add_load2 F64x2MulAddLoad2 { dst: Def128, c: Use128, addr: Use, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "dst[i] = (16 bytes at mem[wrap(addr + k)])[i] * (16 bytes at mem[wrap(addr2 + k + d)])[i] + c[i], rounded twice";
            0x0526 f32x4_mul_add_load_both F32x4MulAddLoadBoth { sum: Mod128, a: Use128, b: Use128, addr: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "sum[i] = b[i] * (16 bytes at mem[wrap(addr + k + d)])[i] + (a[i] * (16 bytes at mem[wrap(addr + k)])[i] + sum[i]), all rounded";
            0x0527 f64x2_mul_add_load_both F64x2MulAddLoadBoth { sum: Mod128, a: Use128, b: Use128, addr: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "sum[i] = b[i] * (16 bytes at mem[wrap(addr + k + d)])[i] + (a[i] * (16 bytes at mem[wrap(addr + k)])[i] + sum[i]), all rounded";
            0x0528 f32x4_mul_add_load_splats F32x4MulAddLoadSplats { dst: Def128, c: Use128, addr: Use, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "dst[i] = (f32 at mem[wrap(addr + k)]) * (16 bytes at mem[wrap(addr2 + k + d)])[i] + c[i], then the same with k + 4 and dst for c; all rounded";
            0x0529 f32x4_mul_add_load_splats_index F32x4MulAddLoadSplatsIndex { dst: Def128, c: Use128, addr: Use, base: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "dst[i] = (f32 at mem[wrap(addr + k)]) * (16 bytes at mem[wrap(addr + base + k + d)])[i] + c[i], then the same with k + 4 and dst for c; all rounded";
            0x052a f32x4_mul_add_mem F32x4MulAddMem { addr: Use, a: Use128, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "the 16 bytes at mem[wrap(addr + k)] = (a[i] * (16 bytes at mem[wrap(addr2 + k + d)])[i] + themselves[i]), rounded twice";
            0x052b f64x2_mul_add_mem F64x2MulAddMem { addr: Use, a: Use128, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "the 16 bytes at mem[wrap(addr + k)] = (a[i] * (16 bytes at mem[wrap(addr2 + k + d)])[i] + themselves[i]), rounded twice";
            0x052c f32x4_mul_add_load_quad F32x4MulAddLoadQuad { s0: Mod128, s1: Mod128, s2: Mod128, s3: Mod128, a: Use128, addr: Use } Next fuel Zero "s0[i] += a[i] * (16 bytes at mem[addr])[i]; s1, s2 and s3 likewise at wrap(addr + 16), wrap(addr + 32) and wrap(addr + 48); rounded twice";
            0x052d i32x4_mul_add_loads16x4_s I32x4MulAddLoads16x4S { dst: Def128, c: Use128, addr: Use, addr2: Use, k: ImmS32, d: ImmS16 } Next fuel Zero "dst[i] = (4 s16 at mem[wrap(addr + k)])[i] * (4 s16 at mem[wrap(addr2 + k + d)])[i] + c[i]";

            // Two operators, each as the instruction of its own does it.
            0x052e f32x4_mul_add_mul_add F32x4MulAddMulAdd { dst: Def128, a: Use128, b: Use128, c: Use128, d: Use128, e: Use128 } Next fuel Zero "dst[i] = d[i] * e[i] + (a[i] * b[i] + c[i]), all rounded";
            0x052f f32x4_add_add F32x4AddAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = (a[i] + b[i]) + c[i], rounded twice";
            0x0530 f32x4_sub_add F32x4SubAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = (a[i] - b[i]) + c[i], rounded twice";
            0x0531 f64x2_add_add F64x2AddAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = (a[i] + b[i]) + c[i], rounded twice";
            0x0532 f64x2_sub_add F64x2SubAdd { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = (a[i] - b[i]) + c[i], rounded twice";
            0x0533 v128_or_or V128OrOr { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst = a | b | c";
            0x0534 i8x16_add_lt_u I8x16AddLtU { dst: Def128, a: Use128, b: Use128, c: Use128 } Next fuel Zero "dst[i] = u(a[i] + b[i]) < u(c[i]) ? -1 : 0";
            0x0535 i8x16_swizzle_and I8x16SwizzleAnd { dst: Def128, lhs: Use128, a: Use128, b: Use128 } Next fuel Zero "dst[i] = (a & b)[i] < 16 ? lhs[(a & b)[i]] : 0";
            0x0536 i8x16_swizzle_shr_u_imm I8x16SwizzleShrUImm { dst: Def128, lhs: Use128, a: Use128, imm: ImmU16 } Next fuel Zero "dst[i] = n < 16 ? lhs[n] : 0, n being a[i] >> (imm % 8), unsigned";

            // Bytes become lanes of 32 bits.
            0x0537 load8x4_u_wrap Load8x4UWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 4 u8, as i32x4, at mem[wrap(addr + k) + offset]";
            0x0538 load8x4_s_wrap Load8x4SWrap { dst: Def128, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = 4 s8, as i32x4, at mem[wrap(addr + k) + offset]";
            0x0539 i32x4_extend_low_i8x16_u I32x4ExtendLowI8x16U { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = u(src[i])";
            0x053a i32x4_extend_low_i8x16_s I32x4ExtendLowI8x16S { dst: Def128, src: Use128 } Next fuel Zero "dst[i] = s(src[i])";

            // Tests.
            0x053b br_i8x16_all_true BrI8x16AllTrue { src: Use128, label: Label16 } CondBranch fuel Zero "if all(src[i] != 0) goto label";
            0x053c br_i8x16_not_all_true BrI8x16NotAllTrue { src: Use128, label: Label16 } CondBranch fuel Zero "if any(src[i] == 0) goto label";
            0x053d br_i8x16_eq_bitmask_nz BrI8x16EqBitmaskNz { dst: Def, lhs: Use128, rhs: Use128, label: Label16 } CondBranch fuel Zero "bit i of dst = lhs[i] == rhs[i]; if dst != 0 goto label";
            0x053e br_i8x16_eq_bitmask_z BrI8x16EqBitmaskZ { dst: Def, lhs: Use128, rhs: Use128, label: Label16 } CondBranch fuel Zero "bit i of dst = lhs[i] == rhs[i]; if dst == 0 goto label";
        }
    };
}
