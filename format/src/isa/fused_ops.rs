//! The part of the instruction table for operators that one instruction does together, see `ops.rs`; it goes on in `fused_more_ops.rs`.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! fused_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Two operators in one: what the first gives is needed by nothing else. Two roundings for floats.
            0x0590 f64_add_add F64AddAdd { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64((a + b) + c)";
            0x0591 f64_add_add_acc_a F64AddAddAccA { dst: DefF64, a: AccF64, b: Use, c: Use } Next fuel Zero "dst = f64((a + b) + c)";
            0x0592 f64_add_add_acc_c F64AddAddAccC { dst: DefF64, a: Use, b: Use, c: AccF64 } Next fuel Zero "dst = f64((a + b) + c)";
            0x0593 f64_add_sub F64AddSub { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64((a + b) - c)";
            0x0594 f64_add_sub_acc_a F64AddSubAccA { dst: DefF64, a: AccF64, b: Use, c: Use } Next fuel Zero "dst = f64((a + b) - c)";
            0x0595 f64_add_sub_acc_c F64AddSubAccC { dst: DefF64, a: Use, b: Use, c: AccF64 } Next fuel Zero "dst = f64((a + b) - c)";
            0x0596 f64_sub_add F64SubAdd { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64((a - b) + c)";
            0x0597 f64_sub_add_acc_a F64SubAddAccA { dst: DefF64, a: AccF64, b: Use, c: Use } Next fuel Zero "dst = f64((a - b) + c)";
            0x0598 f64_sub_add_acc_c F64SubAddAccC { dst: DefF64, a: Use, b: Use, c: AccF64 } Next fuel Zero "dst = f64((a - b) + c)";
            0x0599 f64_sub_sub F64SubSub { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64((a - b) - c)";
            0x059a f64_sub_sub_acc_a F64SubSubAccA { dst: DefF64, a: AccF64, b: Use, c: Use } Next fuel Zero "dst = f64((a - b) - c)";
            0x059b f64_sub_sub_acc_c F64SubSubAccC { dst: DefF64, a: Use, b: Use, c: AccF64 } Next fuel Zero "dst = f64((a - b) - c)";
            0x059c f64_mul_mul F64MulMul { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64((a * b) * c)";
            0x059d f64_mul_mul_acc_a F64MulMulAccA { dst: DefF64, a: AccF64, b: Use, c: Use } Next fuel Zero "dst = f64((a * b) * c)";
            0x059e f64_mul_mul_acc_c F64MulMulAccC { dst: DefF64, a: Use, b: Use, c: AccF64 } Next fuel Zero "dst = f64((a * b) * c)";
            0x059f f64_add_mul_add F64AddMulAdd { dst: DefF64, a: Use, b: Use, c: Use, d: Use } Next fuel Zero "dst = f64((a + b) * c + d)";
            0x05a0 f64_add_mul_add_acc_a F64AddMulAddAccA { dst: DefF64, a: AccF64, b: Use, c: Use, d: Use } Next fuel Zero "dst = f64((a + b) * c + d)";
            0x05a1 i32_add_add I32AddAdd { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32((a + b) + c)";
            0x05a2 i32_add_add_acc_a I32AddAddAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i32((a + b) + c)";
            0x05a3 i32_xor_xor I32XorXor { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32((a ^ b) ^ c)";
            0x05a4 i32_xor_xor_acc_a I32XorXorAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i32((a ^ b) ^ c)";
            0x05a5 i32_and_xor I32AndXor { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32((a & b) ^ c)";
            0x05a6 i32_and_xor_acc_a I32AndXorAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i32((a & b) ^ c)";
            0x05a7 i32_and_xor_acc_c I32AndXorAccC { dst: DefAcc, a: Use, b: Use, c: Acc } Next fuel Zero "dst = i32((a & b) ^ c)";
            0x05a8 i32_xor_mul I32XorMul { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32((a ^ b) * c)";
            0x05a9 i32_xor_mul_acc_a I32XorMulAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i32((a ^ b) * c)";
            0x05aa i32_xor_mul_acc_c I32XorMulAccC { dst: DefAcc, a: Use, b: Use, c: Acc } Next fuel Zero "dst = i32((a ^ b) * c)";
            0x05ab i32_and_not I32AndNot { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs & ~rhs)";
            0x05ac i32_and_not_acc_lhs I32AndNotAccLhs { dst: DefAcc, lhs: Acc, rhs: Use } Next fuel Zero "dst = i32(lhs & ~rhs)";
            0x05ad i32_and_not_acc_rhs I32AndNotAccRhs { dst: DefAcc, lhs: Use, rhs: Acc } Next fuel Zero "dst = i32(lhs & ~rhs)";
            0x05ae i32_xor_rotl_imm I32XorRotlImm { dst: DefAcc, a: Use, b: Use, imm: ImmS16 } Next fuel Zero "dst = i32((a ^ b) rotated left by imm)";
            0x05af i32_xor_rotl_imm_acc_a I32XorRotlImmAccA { dst: DefAcc, a: Acc, b: Use, imm: ImmS16 } Next fuel Zero "dst = i32((a ^ b) rotated left by imm)";
            0x05b0 i32_rotl_imm_xor I32RotlImmXor { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a rotated left by imm) ^ c)";
            0x05b1 i32_rotl_imm_xor_acc_a I32RotlImmXorAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a rotated left by imm) ^ c)";
            0x05b2 i32_rotl_imm_xor_acc_c I32RotlImmXorAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i32((a rotated left by imm) ^ c)";
            0x05b3 i32_shl_imm_xor I32ShlImmXor { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a << imm) ^ c)";
            0x05b4 i32_shl_imm_xor_acc_a I32ShlImmXorAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a << imm) ^ c)";
            0x05b5 i32_shl_imm_xor_acc_c I32ShlImmXorAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i32((a << imm) ^ c)";
            0x05b6 i32_shl_imm_or I32ShlImmOr { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a << imm) | c)";
            0x05b7 i32_shl_imm_or_acc_a I32ShlImmOrAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a << imm) | c)";
            0x05b8 i32_shl_imm_or_acc_c I32ShlImmOrAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i32((a << imm) | c)";
            0x05b9 i32_shr_u_imm_xor I32ShrUImmXor { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a >> imm, unsigned) ^ c)";
            0x05ba i32_shr_u_imm_xor_acc_a I32ShrUImmXorAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i32((a >> imm, unsigned) ^ c)";
            0x05bb i32_shr_u_imm_xor_acc_c I32ShrUImmXorAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i32((a >> imm, unsigned) ^ c)";
            0x05bc i64_add_add I64AddAdd { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i64((a + b) + c)";
            0x05bd i64_add_add_acc_a I64AddAddAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i64((a + b) + c)";
            0x05be i64_xor_xor I64XorXor { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i64((a ^ b) ^ c)";
            0x05bf i64_xor_xor_acc_a I64XorXorAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i64((a ^ b) ^ c)";
            0x05c0 i64_and_xor I64AndXor { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i64((a & b) ^ c)";
            0x05c1 i64_and_xor_acc_a I64AndXorAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i64((a & b) ^ c)";
            0x05c2 i64_and_xor_acc_c I64AndXorAccC { dst: DefAcc, a: Use, b: Use, c: Acc } Next fuel Zero "dst = i64((a & b) ^ c)";
            0x05c3 i64_xor_mul I64XorMul { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i64((a ^ b) * c)";
            0x05c4 i64_xor_mul_acc_a I64XorMulAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i64((a ^ b) * c)";
            0x05c5 i64_xor_mul_acc_c I64XorMulAccC { dst: DefAcc, a: Use, b: Use, c: Acc } Next fuel Zero "dst = i64((a ^ b) * c)";
            0x05c6 i64_and_not I64AndNot { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs & ~rhs)";
            0x05c7 i64_and_not_acc_lhs I64AndNotAccLhs { dst: DefAcc, lhs: Acc, rhs: Use } Next fuel Zero "dst = i64(lhs & ~rhs)";
            0x05c8 i64_and_not_acc_rhs I64AndNotAccRhs { dst: DefAcc, lhs: Use, rhs: Acc } Next fuel Zero "dst = i64(lhs & ~rhs)";
            0x05c9 i64_xor_rotl_imm I64XorRotlImm { dst: DefAcc, a: Use, b: Use, imm: ImmS16 } Next fuel Zero "dst = i64((a ^ b) rotated left by imm)";
            0x05ca i64_xor_rotl_imm_acc_a I64XorRotlImmAccA { dst: DefAcc, a: Acc, b: Use, imm: ImmS16 } Next fuel Zero "dst = i64((a ^ b) rotated left by imm)";
            0x05cb i64_rotl_imm_xor I64RotlImmXor { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a rotated left by imm) ^ c)";
            0x05cc i64_rotl_imm_xor_acc_a I64RotlImmXorAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a rotated left by imm) ^ c)";
            0x05cd i64_rotl_imm_xor_acc_c I64RotlImmXorAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i64((a rotated left by imm) ^ c)";
            0x05ce i64_shl_imm_xor I64ShlImmXor { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a << imm) ^ c)";
            0x05cf i64_shl_imm_xor_acc_a I64ShlImmXorAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a << imm) ^ c)";
            0x05d0 i64_shl_imm_xor_acc_c I64ShlImmXorAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i64((a << imm) ^ c)";
            0x05d1 i64_shl_imm_or I64ShlImmOr { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a << imm) | c)";
            0x05d2 i64_shl_imm_or_acc_a I64ShlImmOrAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a << imm) | c)";
            0x05d3 i64_shl_imm_or_acc_c I64ShlImmOrAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i64((a << imm) | c)";
            0x05d4 i64_shr_u_imm_xor I64ShrUImmXor { dst: DefAcc, a: Use, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a >> imm, unsigned) ^ c)";
            0x05d5 i64_shr_u_imm_xor_acc_a I64ShrUImmXorAccA { dst: DefAcc, a: Acc, imm: ImmS16, c: Use } Next fuel Zero "dst = i64((a >> imm, unsigned) ^ c)";
            0x05d6 i64_shr_u_imm_xor_acc_c I64ShrUImmXorAccC { dst: DefAcc, a: Use, imm: ImmS16, c: Acc } Next fuel Zero "dst = i64((a >> imm, unsigned) ^ c)";
            0x05d7 i32_xor_and I32XorAnd { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32((a ^ b) & c)";
            0x05d8 i32_xor_and_acc_a I32XorAndAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i32((a ^ b) & c)";
            0x05d9 i32_xor_and_acc_c I32XorAndAccC { dst: DefAcc, a: Use, b: Use, c: Acc } Next fuel Zero "dst = i32((a ^ b) & c)";
            0x05da i32_and_add I32AndAdd { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32((a & b) + c)";
            0x05db i32_and_add_acc_a I32AndAddAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i32((a & b) + c)";
            0x05dc i32_and_add_acc_c I32AndAddAccC { dst: DefAcc, a: Use, b: Use, c: Acc } Next fuel Zero "dst = i32((a & b) + c)";
            0x05dd i32_and_or I32AndOr { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32((a & b) | c)";
            0x05de i32_and_or_acc_a I32AndOrAccA { dst: DefAcc, a: Acc, b: Use, c: Use } Next fuel Zero "dst = i32((a & b) | c)";
            0x05df i32_and_or_acc_c I32AndOrAccC { dst: DefAcc, a: Use, b: Use, c: Acc } Next fuel Zero "dst = i32((a & b) | c)";
            0x05e0 i32_add_imm_and_imm I32AddImmAndImm { dst: DefAcc, a: Use, imm: ImmS16, mask: ImmS16 } Next fuel Zero "dst = i32((a + imm) & mask)";
            0x05e1 i32_add_imm_and_imm_acc_a I32AddImmAndImmAccA { dst: DefAcc, a: Acc, imm: ImmS16, mask: ImmS16 } Next fuel Zero "dst = i32((a + imm) & mask)";
            0x05e2 i32_shr_u_imm_and_imm I32ShrUImmAndImm { dst: DefAcc, a: Use, imm: ImmS16, mask: ImmS16 } Next fuel Zero "dst = i32((a >> imm, unsigned) & mask)";
            0x05e3 i32_shr_u_imm_and_imm_acc_a I32ShrUImmAndImmAccA { dst: DefAcc, a: Acc, imm: ImmS16, mask: ImmS16 } Next fuel Zero "dst = i32((a >> imm, unsigned) & mask)";

            // A choice by a comparison.
            0x05e4 select_i32_eq_imm SelectI32EqImm { dst: DefAcc, a: Use, b: Use, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs == imm) ? a : b";
            0x05e5 select_i32_eq_imm_acc_lhs SelectI32EqImmAccLhs { dst: DefAcc, a: Use, b: Use, lhs: Acc, imm: ImmS16 } Next fuel Zero "dst = i32(lhs == imm) ? a : b";
            0x05e6 select_i32_lt_s SelectI32LtS { dst: DefAcc, a: Use, b: Use, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs < rhs, signed) ? a : b";
            0x05e7 select_i32_lt_s_acc_lhs SelectI32LtSAccLhs { dst: DefAcc, a: Use, b: Use, lhs: Acc, rhs: Use } Next fuel Zero "dst = i32(lhs < rhs, signed) ? a : b";
            0x05e8 select_i32_lt_s_acc_rhs SelectI32LtSAccRhs { dst: DefAcc, a: Use, b: Use, lhs: Use, rhs: Acc } Next fuel Zero "dst = i32(lhs < rhs, signed) ? a : b";
            0x05e9 select_i32_lt_u SelectI32LtU { dst: DefAcc, a: Use, b: Use, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs < rhs, unsigned) ? a : b";
            0x05ea select_i32_lt_u_acc_lhs SelectI32LtUAccLhs { dst: DefAcc, a: Use, b: Use, lhs: Acc, rhs: Use } Next fuel Zero "dst = i32(lhs < rhs, unsigned) ? a : b";
            0x05eb select_i32_lt_u_acc_rhs SelectI32LtUAccRhs { dst: DefAcc, a: Use, b: Use, lhs: Use, rhs: Acc } Next fuel Zero "dst = i32(lhs < rhs, unsigned) ? a : b";

            // An operand in memory at an address of other forms.
            0x05ec f64_add_load_wrap F64AddLoadWrap { dst: DefF64, lhs: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(lhs + mem[wrap(addr + k) + offset])";
            0x05ed f64_add_load_wrap_acc_lhs F64AddLoadWrapAccLhs { dst: DefF64, lhs: AccF64, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(lhs + mem[wrap(addr + k) + offset])";
            0x05ee f64_sub_load_wrap F64SubLoadWrap { dst: DefF64, lhs: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(lhs - mem[wrap(addr + k) + offset])";
            0x05ef f64_sub_load_wrap_acc_lhs F64SubLoadWrapAccLhs { dst: DefF64, lhs: AccF64, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(lhs - mem[wrap(addr + k) + offset])";
            0x05f0 f64_mul_load_wrap F64MulLoadWrap { dst: DefF64, lhs: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(lhs * mem[wrap(addr + k) + offset])";
            0x05f1 f64_mul_load_wrap_acc_lhs F64MulLoadWrapAccLhs { dst: DefF64, lhs: AccF64, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(lhs * mem[wrap(addr + k) + offset])";
            0x05f2 i32_add_load_wrap I32AddLoadWrap { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = i32(lhs + mem[wrap(addr + k) + offset])";
            0x05f3 i32_add_load_wrap_acc_lhs I32AddLoadWrapAccLhs { dst: DefAcc, lhs: Acc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = i32(lhs + mem[wrap(addr + k) + offset])";
            0x05f4 i32_add_load_index I32AddLoadIndex { dst: DefAcc, lhs: Use, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs + mem[wrap(addr + (index << shift)) + offset])";
            0x05f5 i32_add_load_index_acc_lhs I32AddLoadIndexAccLhs { dst: DefAcc, lhs: Acc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs + mem[wrap(addr + (index << shift)) + offset])";
            0x05f6 i32_add_load_scaled I32AddLoadScaled { dst: DefAcc, lhs: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs + mem[wrap(index << shift) + offset])";
            0x05f7 i32_add_load_scaled_acc_lhs I32AddLoadScaledAccLhs { dst: DefAcc, lhs: Acc, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs + mem[wrap(index << shift) + offset])";
            0x05f8 i32_add_load_scaled_acc_index I32AddLoadScaledAccIndex { dst: DefAcc, lhs: Use, index: Acc, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs + mem[wrap(index << shift) + offset])";
            0x05f9 i32_xor_load_scaled I32XorLoadScaled { dst: DefAcc, lhs: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs ^ mem[wrap(index << shift) + offset])";
            0x05fa i32_xor_load_scaled_acc_lhs I32XorLoadScaledAccLhs { dst: DefAcc, lhs: Acc, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs ^ mem[wrap(index << shift) + offset])";
            0x05fb i32_xor_load_scaled_acc_index I32XorLoadScaledAccIndex { dst: DefAcc, lhs: Use, index: Acc, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = i32(lhs ^ mem[wrap(index << shift) + offset])";
            0x05fc f64_mul_add_load F64MulAddLoad { dst: DefF64, a: Use, c: Use, addr: Use, offset: ImmU16 } Next fuel Zero "dst = f64(a * mem[addr + offset] + c)";
            0x05fd f64_mul_add_load_acc_a F64MulAddLoadAccA { dst: DefF64, a: AccF64, c: Use, addr: Use, offset: ImmU16 } Next fuel Zero "dst = f64(a * mem[addr + offset] + c)";
            0x05fe f64_mul_add_load_acc_c F64MulAddLoadAccC { dst: DefF64, a: Use, c: AccF64, addr: Use, offset: ImmU16 } Next fuel Zero "dst = f64(a * mem[addr + offset] + c)";
            0x05ff f64_mul_add_load_wrap F64MulAddLoadWrap { dst: DefF64, a: Use, c: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(a * mem[wrap(addr + k) + offset] + c)";
        }
    };
}
