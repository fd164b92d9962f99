//! The part of the instruction table for typed function references and exceptions, with some more steps, see `ops.rs`.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! ref_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Short forms, and what is read from a global to be used.
            0x04fd global_get_non_null GlobalGetNonNull { dst: DefAcc, global: DefinedGlobal } Next fuel Zero "dst = global, traps if null";
            0x04fe global_get_non_null_short GlobalGetNonNullShort { dst: DefAccByte, global: Global24 } Next fuel Zero "dst = global, traps if null";
            0x04ff ref_as_non_null_short RefAsNonNullShort { dst: DefByte, src: UseByte } Next fuel Zero "dst = src, traps if null";

            // Typed function references.
            0x0500 call_ref CallRef { base: Window, dst: Results, callee: Use, type_idx: Type, wide: Wide } Call fuel Zero "dst.. = callee(base..), checked against type";
            0x0501 return_call_ref ReturnCallRef { base: Window, callee: Use, type_idx: Type } TailCall fuel Zero "return callee(base..), checked against type";
            0x0502 ref_as_non_null RefAsNonNull { dst: Def, src: Use } Next fuel Zero "dst = src, traps if null";

            // Two or three steps, then a comparison of the last.
            0x0503 br_i32_add_add_add_nz BrI32AddAddAddNz { first: ModByte, second: ModByte, third: ModByte, imm: ImmS8, step: ImmS16, label: Label16 } CondBranch fuel Zero "first = i32(first + step); second = i32(second + step); third = i32(third + imm); if i32(third != 0) goto label";
            0x0504 br_i32_add_add_lt_s BrI32AddAddLtS { first: ModByte, second: ModByte, limit: UseByte, imm: ImmS8, imm0: ImmS16, label: Label16 } CondBranch fuel Zero "first = i32(first + imm0); second = i32(second + imm); if i32(second < limit, signed) goto label";
            0x0505 br_i32_add_add_lt_u BrI32AddAddLtU { first: ModByte, second: ModByte, limit: UseByte, imm: ImmS8, imm0: ImmS16, label: Label16 } CondBranch fuel Zero "first = i32(first + imm0); second = i32(second + imm); if i32(second < limit, unsigned) goto label";

            // At an address that is known.
            0x0507 load32_at Load32At { dst: DefAcc, offset: ImmU32 } Next fuel Zero "dst = u64(u32) at mem[offset]";
            0x0508 load32_at_short Load32AtShort { dst: DefAccByte, offset: ImmU24 } Next fuel Zero "dst = u64(u32) at mem[offset]";
            0x0509 store32_at Store32At { src: Use, offset: ImmU32 } Next fuel Zero "mem[offset] = u32(src)";
            0x050a store32_at_short Store32AtShort { src: UseByte, offset: ImmU24 } Next fuel Zero "mem[offset] = u32(src)";
            0x050b store32_at_acc_src Store32AtAccSrc { src: Acc, offset: ImmU32 } Next fuel Zero "mem[offset] = u32(src)";

            // A move or a constant for an argument, then the call, as in `pair_ops.rs`.
            0x050c mov_then_call_indirect_zero_acc_index MovThenCallIndirectZeroAccIndex { base: WindowByte, dst: ResultsByte, to: DefByte, src: UseByte, index: Acc, type_idx: Type16 } Call fuel Zero "index is read; to = src; dst.. = table 0[index](base..), checked against type";
            0x050d const_then_call_indirect_zero ConstThenCallIndirectZero { base: WindowByte, dst: ResultsByte, to: DefByte, imm: ImmU24, index: Use, type_idx: Type16 } Call fuel Zero "index is read; to = u64(imm); dst.. = table 0[index](base..), checked against type";
            0x050e const_then_call_indirect_zero_acc_index ConstThenCallIndirectZeroAccIndex { base: WindowByte, dst: ResultsByte, to: DefByte, imm: ImmU24, index: Acc, type_idx: Type16 } Call fuel Zero "index is read; to = u64(imm); dst.. = table 0[index](base..), checked against type";

            // The offset is part of the opcode.
            0x0510 store32_imm_tiny Store32ImmTiny { addr: UseByte, imm: ImmS8, offset: OffsetAt0510 } Next fuel Zero "mem[addr + offset] = u32(imm)";

            // Exceptions. HANDLERS says where one goes on that comes out of a call or is thrown; what is caught is then in base, base + 1, ...
            0x0520 throw Throw { base: Window, tag: Tag, none: Results, wide: Wide } Throw fuel Zero "throw tag(base..)";
            0x0521 throw_ref ThrowRef { base: Window, exn: Use, none: Results, wide: Wide } Throw fuel Zero "throw the exception exn, traps if null";
        }
    };
}
