//! The rest of the part of the instruction table that `fused_ops.rs` begins.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! fused_more_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            0x0760 f64_mul_add_load_wrap_acc_a F64MulAddLoadWrapAccA { dst: DefF64, a: AccF64, c: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(a * mem[wrap(addr + k) + offset] + c)";
            0x0761 f64_mul_add_load_wrap_acc_c F64MulAddLoadWrapAccC { dst: DefF64, a: Use, c: AccF64, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = f64(a * mem[wrap(addr + k) + offset] + c)";
            0x0762 f64_mul_add_load2 F64MulAddLoad2 { dst: DefF64, c: Use, addr: Use, addr2: Use, k: ImmS16, k2: ImmS16 } Next fuel Zero "dst = f64(mem[wrap(addr + k)] * mem[wrap(addr2 + k2)] + c)";
            0x0763 f64_mul_add_load2_acc_c F64MulAddLoad2AccC { dst: DefF64, c: AccF64, addr: Use, addr2: Use, k: ImmS16, k2: ImmS16 } Next fuel Zero "dst = f64(mem[wrap(addr + k)] * mem[wrap(addr2 + k2)] + c)";
            0x0764 i32_mul_add_load I32MulAddLoad { dst: DefAcc, a: Use, c: Use, addr: Use, offset: ImmU16 } Next fuel Zero "dst = i32(a * mem[addr + offset] + c)";
            0x0765 i32_mul_add_load_acc_a I32MulAddLoadAccA { dst: DefAcc, a: Acc, c: Use, addr: Use, offset: ImmU16 } Next fuel Zero "dst = i32(a * mem[addr + offset] + c)";
            0x0766 i32_mul_add_load_acc_c I32MulAddLoadAccC { dst: DefAcc, a: Use, c: Acc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = i32(a * mem[addr + offset] + c)";
            0x0767 i32_mul_add_load_wrap I32MulAddLoadWrap { dst: DefAcc, a: Use, c: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = i32(a * mem[wrap(addr + k) + offset] + c)";
            0x0768 i32_mul_add_load_wrap_acc_a I32MulAddLoadWrapAccA { dst: DefAcc, a: Acc, c: Use, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = i32(a * mem[wrap(addr + k) + offset] + c)";
            0x0769 i32_mul_add_load_wrap_acc_c I32MulAddLoadWrapAccC { dst: DefAcc, a: Use, c: Acc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = i32(a * mem[wrap(addr + k) + offset] + c)";
            0x076a i32_mul_add_load2 I32MulAddLoad2 { dst: DefAcc, c: Use, addr: Use, addr2: Use, k: ImmS16, k2: ImmS16 } Next fuel Zero "dst = i32(mem[wrap(addr + k)] * mem[wrap(addr2 + k2)] + c)";
            0x076b i32_mul_add_load2_acc_c I32MulAddLoad2AccC { dst: DefAcc, c: Acc, addr: Use, addr2: Use, k: ImmS16, k2: ImmS16 } Next fuel Zero "dst = i32(mem[wrap(addr + k)] * mem[wrap(addr2 + k2)] + c)";

            // The word that a pointer in memory leads to.
            0x076c load32_load32 Load32Load32 { dst: DefAcc, addr: Use, offset: ImmU16, offset2: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[mem[addr + offset] + offset2]";
            0x076d load32_load32_acc_addr Load32Load32AccAddr { dst: DefAcc, addr: Acc, offset: ImmU16, offset2: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[mem[addr + offset] + offset2]";
            0x076e load32_load64 Load32Load64 { dst: DefAcc, addr: Use, offset: ImmU16, offset2: ImmU16 } Next fuel Zero "dst = u64 at mem[mem[addr + offset] + offset2]";
            0x076f load32_load64_acc_addr Load32Load64AccAddr { dst: DefAcc, addr: Acc, offset: ImmU16, offset2: ImmU16 } Next fuel Zero "dst = u64 at mem[mem[addr + offset] + offset2]";

            // Updates in place.
            0x0770 i32_add_mem I32AddMem { addr: Use, rhs: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] + rhs)";
            0x0771 i32_add_mem_acc_rhs I32AddMemAccRhs { addr: Use, rhs: Acc, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] + rhs)";
            0x0772 i32_sub_mem I32SubMem { addr: Use, rhs: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] - rhs)";
            0x0773 i32_sub_mem_acc_rhs I32SubMemAccRhs { addr: Use, rhs: Acc, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] - rhs)";
            0x0774 i32_xor_mem I32XorMem { addr: Use, rhs: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] ^ rhs)";
            0x0775 i32_xor_mem_acc_rhs I32XorMemAccRhs { addr: Use, rhs: Acc, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] ^ rhs)";
            0x0776 f64_add_mem F64AddMem { addr: Use, rhs: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(mem[addr + offset] + rhs)";
            0x0777 f64_add_mem_acc_rhs F64AddMemAccRhs { addr: Use, rhs: AccF64, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(mem[addr + offset] + rhs)";
            0x0778 f64_add_mem_wrap F64AddMemWrap { addr: Use, rhs: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(mem[wrap(addr + k) + offset] + rhs)";
            0x0779 f64_add_mem_wrap_acc_rhs F64AddMemWrapAccRhs { addr: Use, rhs: AccF64, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(mem[wrap(addr + k) + offset] + rhs)";
            0x077a f64_sub_mem F64SubMem { addr: Use, rhs: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(mem[addr + offset] - rhs)";
            0x077b f64_sub_mem_acc_rhs F64SubMemAccRhs { addr: Use, rhs: AccF64, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(mem[addr + offset] - rhs)";
            0x077c f64_sub_mem_wrap F64SubMemWrap { addr: Use, rhs: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(mem[wrap(addr + k) + offset] - rhs)";
            0x077d f64_sub_mem_wrap_acc_rhs F64SubMemWrapAccRhs { addr: Use, rhs: AccF64, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(mem[wrap(addr + k) + offset] - rhs)";
            0x077e f64_mul_add_mem F64MulAddMem { addr: Use, a: Use, b: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(a * b + mem[addr + offset])";
            0x077f f64_mul_add_mem_acc_a F64MulAddMemAccA { addr: Use, a: AccF64, b: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(a * b + mem[addr + offset])";
            0x0780 f64_mul_add_mem_wrap F64MulAddMemWrap { addr: Use, a: Use, b: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(a * b + mem[wrap(addr + k) + offset])";
            0x0781 f64_mul_add_mem_wrap_acc_a F64MulAddMemWrapAccA { addr: Use, a: AccF64, b: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(a * b + mem[wrap(addr + k) + offset])";
            0x0782 f64_sub_mul_mem F64SubMulMem { addr: Use, a: Use, b: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(mem[addr + offset] - a * b)";
            0x0783 f64_sub_mul_mem_acc_a F64SubMulMemAccA { addr: Use, a: AccF64, b: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = f64(mem[addr + offset] - a * b)";
            0x0784 f64_sub_mul_mem_wrap F64SubMulMemWrap { addr: Use, a: Use, b: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(mem[wrap(addr + k) + offset] - a * b)";
            0x0785 f64_sub_mul_mem_wrap_acc_a F64SubMulMemWrapAccA { addr: Use, a: AccF64, b: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = f64(mem[wrap(addr + k) + offset] - a * b)";

            // Add, compare and branch.
            0x0786 br_f64_add_lt BrF64AddLt { a: Use, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64((a + b) < rhs) goto label";
            0x0787 br_f64_add_lt_acc_a BrF64AddLtAccA { a: AccF64, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64((a + b) < rhs) goto label";
            0x0788 br_f64_add_le BrF64AddLe { a: Use, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64((a + b) <= rhs) goto label";
            0x0789 br_f64_add_le_acc_a BrF64AddLeAccA { a: AccF64, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64((a + b) <= rhs) goto label";
            0x078a br_f64_add_nlt BrF64AddNlt { a: Use, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(!((a + b) < rhs)) goto label";
            0x078b br_f64_add_nlt_acc_a BrF64AddNltAccA { a: AccF64, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(!((a + b) < rhs)) goto label";
            0x078c br_f64_add_nle BrF64AddNle { a: Use, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(!((a + b) <= rhs)) goto label";
            0x078d br_f64_add_nle_acc_a BrF64AddNleAccA { a: AccF64, b: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(!((a + b) <= rhs)) goto label";

            // Two steps, then a comparison of the second with an immediate.
            0x078e br_i32_add_add_ne_imm BrI32AddAddNeImm { first: ModByte, second: ModByte, imm0: ImmS16, imm: ImmS16, limit: ImmS16, label: Label16 } CondBranch fuel Zero "first = i32(first + imm0); second = i32(second + imm); if i32(second != limit) goto label";
            0x078f br_i32_add_add_lt_u_imm BrI32AddAddLtUImm { first: ModByte, second: ModByte, imm0: ImmS16, imm: ImmS16, limit: ImmS16, label: Label16 } CondBranch fuel Zero "first = i32(first + imm0); second = i32(second + imm); if i32(second < limit, unsigned) goto label";
        }
    };
}
