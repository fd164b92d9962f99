//! The part of the instruction table about things that are collected, see `ops.rs`.
//!
//! `src.type[..]` is what the reference in `src` refers to, which must be of the type named or of one below it: else it traps. Fields and
//! elements are stored little-endian; FORMAT.md says where each field is.

/// The rows given, then those of this file, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! gc_rows {
    ([$($next:tt)*] $($before:tt)*) => {
        $crate::next_rows! { [$($next)*] $($before)*
            // Structs. The type is that of the reference or one above it; a field is named by its place in bytes.
            0x0540 struct_new StructNew { dst: Def, type_idx: StructType } Next fuel Heap "dst = new struct of type, all fields 0 or null, traps without memory";
            0x0541 struct_get8_s StructGet8S { dst: DefAcc, src: Use, type_idx: StructType, offset: Field8 } Next fuel Zero "dst = i32(s8) at src.type[offset], traps if null";
            0x0542 struct_get8_u StructGet8U { dst: DefAcc, src: Use, type_idx: StructType, offset: Field8 } Next fuel Zero "dst = i32(u8) at src.type[offset], traps if null";
            0x0543 struct_get16_s StructGet16S { dst: DefAcc, src: Use, type_idx: StructType, offset: Field16 } Next fuel Zero "dst = i32(s16) at src.type[offset], traps if null";
            0x0544 struct_get16_u StructGet16U { dst: DefAcc, src: Use, type_idx: StructType, offset: Field16 } Next fuel Zero "dst = i32(u16) at src.type[offset], traps if null";
            0x0545 struct_get32 StructGet32 { dst: DefAcc, src: Use, type_idx: StructType, offset: Field32 } Next fuel Zero "dst = u32 at src.type[offset], traps if null";
            0x0546 struct_get64 StructGet64 { dst: DefAcc, src: Use, type_idx: StructType, offset: Field64 } Next fuel Zero "dst = u64 at src.type[offset], traps if null";
            0x0547 struct_get128 StructGet128 { dst: Def128, src: Use, type_idx: StructType, offset: Field128 } Next fuel Zero "dst = 16 bytes at src.type[offset], traps if null";
            0x0548 struct_set8 StructSet8 { src: Use, value: Use, type_idx: StructType, offset: Field8 } Next fuel Zero "src.type[offset] = u8(value), traps if null";
            0x0549 struct_set16 StructSet16 { src: Use, value: Use, type_idx: StructType, offset: Field16 } Next fuel Zero "src.type[offset] = u16(value), traps if null";
            0x054a struct_set32 StructSet32 { src: Use, value: Use, type_idx: StructType, offset: Field32 } Next fuel Zero "src.type[offset] = u32(value), traps if null";
            0x054b struct_set64 StructSet64 { src: Use, value: Use, type_idx: StructType, offset: Field64 } Next fuel Zero "src.type[offset] = u64(value), traps if null";
            0x054c struct_set128 StructSet128 { src: Use, value: Use128, type_idx: StructType, offset: Field128 } Next fuel Zero "src.type[offset] = 16 bytes of value, traps if null";

            // Short forms, for types below 65536.
            0x054d struct_get32_short StructGet32Short { dst: DefAccByte, src: UseByte, type_idx: StructType16, offset: Field32 } Next fuel Zero "dst = u32 at src.type[offset], traps if null";
            0x054e struct_get64_short StructGet64Short { dst: DefAccByte, src: UseByte, type_idx: StructType16, offset: Field64 } Next fuel Zero "dst = u64 at src.type[offset], traps if null";
            0x054f struct_set64_short StructSet64Short { src: UseByte, value: UseByte, type_idx: StructType16, offset: Field64 } Next fuel Zero "src.type[offset] = u64(value), traps if null";

            // Arrays. Accesses name the type of the reference or one above it; its elements have the width of the instruction.
            0x0550 array_new ArrayNew { dst: Def, len: Use, type_idx: ArrayType } Next fuel Heap "dst = new array of type with u32(len) elements, all 0 or null, traps without memory";
            0x0551 array_new_data ArrayNewData { dst: Def, from: Use, n: Use, data: Data, type_idx: ArrayType } Next fuel Heap "dst = new array of type with the u32(n) elements of data from byte u32(from) on, may trap";
            0x0552 array_new_elem ArrayNewElem { dst: Def, from: Use, n: Use, elem: Elem, type_idx: Array64 } Next fuel Heap "dst = new array of type with the u32(n) elements of elem from u32(from) on, may trap";
            0x0553 array_get8_s ArrayGet8S { dst: DefAcc, src: Use, index: Use, type_idx: Array8 } Next fuel Zero "dst = i32(s8) at src.type[u32(index)], traps if null or out of bounds";
            0x0554 array_get8_u ArrayGet8U { dst: DefAcc, src: Use, index: Use, type_idx: Array8 } Next fuel Zero "dst = i32(u8) at src.type[u32(index)], traps if null or out of bounds";
            0x0555 array_get16_s ArrayGet16S { dst: DefAcc, src: Use, index: Use, type_idx: Array16 } Next fuel Zero "dst = i32(s16) at src.type[u32(index)], traps if null or out of bounds";
            0x0556 array_get16_u ArrayGet16U { dst: DefAcc, src: Use, index: Use, type_idx: Array16 } Next fuel Zero "dst = i32(u16) at src.type[u32(index)], traps if null or out of bounds";
            0x0557 array_get32 ArrayGet32 { dst: DefAcc, src: Use, index: Use, type_idx: Array32 } Next fuel Zero "dst = u32 at src.type[u32(index)], traps if null or out of bounds";
            0x0558 array_get64 ArrayGet64 { dst: DefAcc, src: Use, index: Use, type_idx: Array64 } Next fuel Zero "dst = u64 at src.type[u32(index)], traps if null or out of bounds";
            0x0559 array_get128 ArrayGet128 { dst: Def128, src: Use, index: Use, type_idx: Array128 } Next fuel Zero "dst = 16 bytes at src.type[u32(index)], traps if null or out of bounds";
            0x055a array_set8 ArraySet8 { src: Use, index: Use, value: Use, type_idx: Array8 } Next fuel Zero "src.type[u32(index)] = u8(value), traps if null or out of bounds";
            0x055b array_set16 ArraySet16 { src: Use, index: Use, value: Use, type_idx: Array16 } Next fuel Zero "src.type[u32(index)] = u16(value), traps if null or out of bounds";
            0x055c array_set32 ArraySet32 { src: Use, index: Use, value: Use, type_idx: Array32 } Next fuel Zero "src.type[u32(index)] = u32(value), traps if null or out of bounds";
            0x055d array_set64 ArraySet64 { src: Use, index: Use, value: Use, type_idx: Array64 } Next fuel Zero "src.type[u32(index)] = u64(value), traps if null or out of bounds";
            0x055e array_set128 ArraySet128 { src: Use, index: Use, value: Use128, type_idx: Array128 } Next fuel Zero "src.type[u32(index)] = 16 bytes of value, traps if null or out of bounds";
            0x055f array_len ArrayLen { dst: DefAcc, src: Use } Next fuel Zero "dst = elements of src, traps if null";
            0x0560 array_fill ArrayFill { array: Use, index: Mod, value: Use, n: Mod, type_idx: ArrayType } Next fuel Bytes "array.type[u32(index)..][..u32(n)] = value, may trap";
            0x0561 array_fill128 ArrayFill128 { array: Use, index: Mod, value: Use128, n: Mod, type_idx: Array128 } Next fuel Bytes "array.type[u32(index)..][..u32(n)] = value, may trap";
            0x0562 array_copy ArrayCopy { to: Use, to_index: Mod, from: Use, from_index: Mod, n: Mod, type_idx: ArrayType } Next fuel Bytes "to.type[u32(to_index)..][..u32(n)] = from[u32(from_index)..], may trap";
            0x0563 array_init_data ArrayInitData { array: Use, index: Mod, from: Mod, n: Mod, data: Data } Next fuel Bytes "array[u32(index)..][..u32(n)] = elements of data from byte u32(from) on, may trap";
            0x0564 array_init_elem ArrayInitElem { array: Use, index: Mod, from: Mod, n: Mod, elem: Elem } Next fuel Bytes "array[u32(index)..][..u32(n)] = elements of elem from u32(from) on, may trap";

            // Integers of 31 bits. They are no objects: the reference is `0xffff_fffe << 32 | bits`.
            0x0570 ref_i31 RefI31 { dst: Def, src: Use } Next fuel Zero "dst = i31 of the low 31 bits of src";
            0x0571 i31_get_s I31GetS { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(i31 src, signed), traps if null";
            0x0572 i31_get_u I31GetU { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(i31 src, unsigned), traps if null";

            // Casts, to a type or one below it, and to abstract types: the sum of 1 null, 2 i31, 4 structs, 8 arrays, 16 all else.
            0x0578 ref_test RefTest { dst: DefAcc, src: Use, type_idx: CollectedType } Next fuel Zero "dst = src is of type";
            0x0579 ref_test_null RefTestNull { dst: DefAcc, src: Use, type_idx: CollectedType } Next fuel Zero "dst = src is null or of type";
            0x057a ref_test_kind RefTestKind { dst: DefAcc, src: Use, kinds: RefKinds } Next fuel Zero "dst = src is of kinds";
            0x057b ref_cast RefCast { dst: Def, src: Use, type_idx: CollectedType } Next fuel Zero "dst = src, traps unless src is of type";
            0x057c ref_cast_null RefCastNull { dst: Def, src: Use, type_idx: CollectedType } Next fuel Zero "dst = src, traps unless src is null or of type";
            0x057d ref_cast_kind RefCastKind { dst: Def, src: Use, kinds: RefKinds } Next fuel Zero "dst = src, traps unless src is of kinds";
            0x057e ref_cast_short RefCastShort { dst: DefByte, src: UseByte, type_idx: CollectedType16 } Next fuel Zero "dst = src, traps unless src is of type";
            0x057f ref_cast_kind_short RefCastKindShort { dst: DefByte, src: UseByte, kinds: RefKinds } Next fuel Zero "dst = src, traps unless src is of kinds";
            0x0580 br_ref_test BrRefTest { src: Use, type_idx: CollectedType, label: Label16 } CondBranch fuel Zero "if src is of type goto label";
            0x0581 br_ref_test_null BrRefTestNull { src: Use, type_idx: CollectedType, label: Label16 } CondBranch fuel Zero "if src is null or of type goto label";
            0x0582 br_ref_test_kind BrRefTestKind { src: Use, kinds: RefKinds, label: Label16 } CondBranch fuel Zero "if src is of kinds goto label";
            0x0583 br_ref_ntest BrRefNtest { src: Use, type_idx: CollectedType, label: Label16 } CondBranch fuel Zero "if src is not of type goto label";
            0x0584 br_ref_ntest_null BrRefNtestNull { src: Use, type_idx: CollectedType, label: Label16 } CondBranch fuel Zero "if src is neither null nor of type goto label";
            0x0585 br_ref_ntest_kind BrRefNtestKind { src: Use, kinds: RefKinds, label: Label16 } CondBranch fuel Zero "if src is not of kinds goto label";
            0x0586 br_ref_test_short BrRefTestShort { src: Use, type_idx: CollectedType16, label: Label16 } CondBranch fuel Zero "if src is of type goto label";
            0x0587 br_ref_ntest_short BrRefNtestShort { src: Use, type_idx: CollectedType16, label: Label16 } CondBranch fuel Zero "if src is not of type goto label";
            0x0588 ref_test_func RefTestFunc { dst: Def, src: Use, type_idx: Type } Next fuel Zero "dst = function src is of type";
            0x0589 ref_test_func_null RefTestFuncNull { dst: Def, src: Use, type_idx: Type } Next fuel Zero "dst = function src is null or of type";
            0x058a ref_cast_func RefCastFunc { dst: Def, src: Use, type_idx: Type } Next fuel Zero "dst = src, traps unless function src is of type";
            0x058b ref_cast_func_null RefCastFuncNull { dst: Def, src: Use, type_idx: Type } Next fuel Zero "dst = src, traps unless function src is null or of type";

            // More short forms.
            0x058c br_ref_test_kind_short BrRefTestKindShort { src: UseByte, kinds: KindsByte, label: Label16 } CondBranch fuel Zero "if src is of kinds goto label";
            0x058d br_ref_ntest_kind_short BrRefNtestKindShort { src: UseByte, kinds: KindsByte, label: Label16 } CondBranch fuel Zero "if src is not of kinds goto label";
            0x058e ref_i31_short RefI31Short { dst: DefByte, src: UseByte } Next fuel Zero "dst = i31 of the low 31 bits of src";
            0x058f i31_get_s_short I31GetSShort { dst: DefAccByte, src: UseByte } Next fuel Zero "dst = i32(i31 src, signed), traps if null";
        }
    };
}
