//! The part of the instruction table for pairs of instructions that come one after the other, see `ops.rs`.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! pair_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Two instructions one after the other: the second may read what the first has written.
            0x0790 i32_add_imm_then_add_imm I32AddImmThenAddImm { d1: DefAccByte, d0: DefByte, s0: UseByte, s1: UseByte, imm0: ImmS16, imm1: ImmS16 } Next fuel Zero "d0 = i32(s0 + imm0); d1 = i32(s1 + imm1)";
            0x0791 i32_add_then_add_imm I32AddThenAddImm { d1: DefAccByte, d0: DefByte, l0: UseByte, r0: UseByte, s1: UseByte, imm1: ImmS8 } Next fuel Zero "d0 = i32(l0 + r0); d1 = i32(s1 + imm1)";
            0x0792 i32_add_imm_then_load8_u I32AddImmThenLoad8U { dst: DefAccByte, d0: DefByte, s0: UseByte, imm0: ImmS8, offset: ImmU16 } Next fuel Zero "d0 = i32(s0 + imm0); dst = u64(u8) at mem[d0 + offset]";
            0x0793 i32_add_imm_then_load32 I32AddImmThenLoad32 { dst: DefAccByte, d0: DefByte, s0: UseByte, imm0: ImmS8, offset: ImmU16 } Next fuel Zero "d0 = i32(s0 + imm0); dst = u64(u32) at mem[d0 + offset]";
            0x0794 mov3 Mov3 { d0: DefByte, s0: UseByte, d1: DefByte, s1: UseByte, d2: DefByte, s2: UseByte } Next fuel Zero "d0 = s0; d1 = s1; d2 = s2";
            0x0795 br_mov BrMov { dst: DefByte, src: UseByte, label: Label16 } Branch fuel Zero "dst = src; goto label";
            0x0796 br_mov2 BrMov2 { d0: DefByte, s0: UseByte, d1: DefByte, s1: UseByte, label: Label16 } Branch fuel Zero "d0 = s0; d1 = s1; goto label";
            0x0797 br_table_add BrTableAdd { dst: DefByte, src: UseByte, n: TargetCount, imm: ImmS16 } Table fuel Zero "dst = i32(src + imm); goto targets[min(dst, n)]; n + 1 labels follow, relative to this instruction, each as wide as half of n";
            0x0798 br_table_add_acc_src BrTableAddAccSrc { dst: DefByte, src: AccByte, n: TargetCount, imm: ImmS16 } Table fuel Zero "dst = i32(src + imm); goto targets[min(dst, n)]; n + 1 labels follow, relative to this instruction, each as wide as half of n";

            // Step, compare with an immediate and branch.
            0x0799 br_i32_add_eq_imm BrI32AddEqImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst == imm) goto label";
            0x079a br_i32_add_eq_imm_acc_src BrI32AddEqImmAccSrc { dst: DefByte, src: AccByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst == imm) goto label";
            0x079b br_i32_add_ne_imm BrI32AddNeImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst != imm) goto label";
            0x079c br_i32_add_ne_imm_acc_src BrI32AddNeImmAccSrc { dst: DefByte, src: AccByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst != imm) goto label";
            0x079d br_i32_add_lt_s_imm BrI32AddLtSImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst < imm, signed) goto label";
            0x079e br_i32_add_ge_s_imm BrI32AddGeSImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst >= imm, signed) goto label";
            0x079f br_i32_add_lt_u_imm BrI32AddLtUImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst < imm, unsigned) goto label";
            0x07a0 br_i32_add_lt_u_imm_acc_src BrI32AddLtUImmAccSrc { dst: DefByte, src: AccByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst < imm, unsigned) goto label";
            0x07a1 br_i32_add_ge_u_imm BrI32AddGeUImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst >= imm, unsigned) goto label";
            0x07a2 br_i32_add_ge_u_imm_acc_src BrI32AddGeUImmAccSrc { dst: DefByte, src: AccByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst >= imm, unsigned) goto label";
            0x07a3 br_i32_add_le_s_imm BrI32AddLeSImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst <= imm, signed) goto label";
            0x07a4 br_i32_add_gt_s_imm BrI32AddGtSImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst > imm, signed) goto label";
            0x07a5 br_i32_add_le_u_imm BrI32AddLeUImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst <= imm, unsigned) goto label";
            0x07a6 br_i32_add_le_u_imm_acc_src BrI32AddLeUImmAccSrc { dst: DefByte, src: AccByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst <= imm, unsigned) goto label";
            0x07a7 br_i32_add_gt_u_imm BrI32AddGtUImm { dst: DefByte, src: UseByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst > imm, unsigned) goto label";
            0x07a8 br_i32_add_gt_u_imm_acc_src BrI32AddGtUImmAccSrc { dst: DefByte, src: AccByte, step: ImmS16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if i32(dst > imm, unsigned) goto label";

            // Load, compare with an immediate and branch.
            0x07a9 br_load8_u_eq_imm BrLoad8UEqImm { dst: DefByte, addr: UseByte, offset: ImmU16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = u64(u8) at mem[addr + offset]; if i32(dst == imm) goto label";
            0x07aa br_load8_u_eq_imm_acc_addr BrLoad8UEqImmAccAddr { dst: DefByte, addr: AccByte, offset: ImmU16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = u64(u8) at mem[addr + offset]; if i32(dst == imm) goto label";
            0x07ab br_load8_u_ne_imm BrLoad8UNeImm { dst: DefByte, addr: UseByte, offset: ImmU16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = u64(u8) at mem[addr + offset]; if i32(dst != imm) goto label";
            0x07ac br_load8_u_ne_imm_acc_addr BrLoad8UNeImmAccAddr { dst: DefByte, addr: AccByte, offset: ImmU16, imm: ImmS16, label: Label16 } CondBranch fuel Zero "dst = u64(u8) at mem[addr + offset]; if i32(dst != imm) goto label";

            // A move or a step of an argument, then the call. Where the call pauses, nothing has happened.
            0x07ad mov_then_call MovThenCall { base: WindowByte, dst: ResultsByte, to: DefByte, src: UseByte, func: NearFunc } Call fuel Zero "to = src; dst.. = func(base..)";
            0x07ae i32_add_imm_then_call I32AddImmThenCall { base: WindowByte, dst: ResultsByte, to: DefByte, src: UseByte, imm: ImmS16, func: NearFunc } Call fuel Zero "to = i32(src + imm); dst.. = func(base..)";

            // Calls through table 0, whose elements the machine has at hand.
            0x07af call_indirect_zero CallIndirectZero { base: Window, dst: Results, index: Use, type_idx: Type, wide: Wide } Call fuel Zero "dst.. = table 0[index](base..), checked against type";
            0x07b0 mov_then_call_indirect_zero MovThenCallIndirectZero { base: WindowByte, dst: ResultsByte, to: DefByte, src: UseByte, index: Use, type_idx: Type16 } Call fuel Zero "index is read; to = src; dst.. = table 0[index](base..), checked against type";

            // A constant, or a sum, before a branch or before the block that follows.
            0x07b1 br_const BrConst { dst: DefByte, imm: ImmU8, label: Label16 } Branch fuel Zero "dst = u64(imm); goto label";
            0x07b2 br_i32_add_imm BrI32AddImm { dst: DefByte, src: UseByte, imm: ImmS16, label: Label16 } Branch fuel Zero "dst = i32(src + imm); goto label";

            // Two counters of a loop at its end.
            0x07b3 br_i32_add_add_ne BrI32AddAddNe { first: ModByte, second: ModByte, limit: UseByte, imm: ImmS8, imm0: ImmS16, label: Label16 } CondBranch fuel Zero "first = i32(first + imm0); second = i32(second + imm); if i32(second != limit) goto label";
            0x07b4 br_i32_add_add_nz BrI32AddAddNz { first: ModByte, second: ModByte, imm0: ImmS8, imm: ImmS8, label: Label16 } CondBranch fuel Zero "first = i32(first + imm0); second = i32(second + imm); if i32(second != 0) goto label";

            // What a function returns is a sum or a constant.
            0x07b5 ret1_i32_add Ret1I32Add { lhs: UseByte, rhs: UseByte } Return fuel Zero "return i32(lhs + rhs)";
            0x07b6 ret1_const Ret1Const { imm: ImmU16 } Return fuel Zero "return u64(imm)";

            // The stack pointer of a C function at its start.
            0x07b7 global_step GlobalStep { d1: DefAccByte, d0: DefByte, imm: ImmS16, global: DefinedGlobal } Next fuel Zero "d0 = global; d1 = i32(d0 + imm); global = d1";

            // As in `fused_more_ops.rs`: a product of numbers in memory, one of them in an array of arrays, and a sum.
            0x07b8 f64_mul_add_load2_index F64MulAddLoad2Index { dst: DefF64, c: Use, addr: Use, index: Use, addr2: Use, k2: ImmS16 } Next fuel Zero "dst = f64(mem[wrap(addr + index)] * mem[wrap(addr2 + k2)] + c)";
            0x07b9 f64_mul_add_load2_index_acc_c F64MulAddLoad2IndexAccC { dst: DefF64, c: AccF64, addr: Use, index: Use, addr2: Use, k2: ImmS16 } Next fuel Zero "dst = f64(mem[wrap(addr + index)] * mem[wrap(addr2 + k2)] + c)";
            0x07ba i32_mul_add_load2_index I32MulAddLoad2Index { dst: DefAcc, c: Use, addr: Use, index: Use, addr2: Use, k2: ImmS16 } Next fuel Zero "dst = i32(mem[wrap(addr + index)] * mem[wrap(addr2 + k2)] + c)";
            0x07bb i32_mul_add_load2_index_acc_c I32MulAddLoad2IndexAccC { dst: DefAcc, c: Acc, addr: Use, index: Use, addr2: Use, k2: ImmS16 } Next fuel Zero "dst = i32(mem[wrap(addr + index)] * mem[wrap(addr2 + k2)] + c)";

            // From memory to memory.
            0x07bc load32_store Load32Store { addr2: Use, addr: Use, offset2: ImmU16, offset: ImmU16 } Next fuel Zero "mem[addr2 + offset2] = u32 at mem[addr + offset]";
            0x07bd load32_store_short Load32StoreShort { addr2: UseByte, addr: UseByte, offset2: ImmU16, offset: ImmU16 } Next fuel Zero "mem[addr2 + offset2] = u32 at mem[addr + offset]";
            0x07be load64_store Load64Store { addr2: Use, addr: Use, offset2: ImmU16, offset: ImmU16 } Next fuel Zero "mem[addr2 + offset2] = u64 at mem[addr + offset]";
            0x07bf load64_store_short Load64StoreShort { addr2: UseByte, addr: UseByte, offset2: ImmU16, offset: ImmU16 } Next fuel Zero "mem[addr2 + offset2] = u64 at mem[addr + offset]";
        }
    };
}
