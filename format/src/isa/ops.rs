//! THE instruction table: one row per instruction, the single source of encoder, decoder, disassembler, verifier walk,
//! handler tables and `ISA.md`. It goes on in `acc_ops.rs`, `ref_ops.rs`, `fused_ops.rs`, `fused_more_ops.rs` and `pair_ops.rs`. The parts that a small runner leaves out are in `gc_ops.rs`,
//! `simd_ops.rs`, `simd_fused_ops.rs`, `simd_more_ops.rs` and `atomic_ops.rs`; `wide_ops.rs` has what comes behind them.
//!
//! A row reads `number name Variant { operand: Role, ... } Control fuel Charge "formula";`.
//! - `number` is explicit and never reused: images outlive releases.
//! - `name` is `<type>_<verb>[_<width>][_s|_u][_imm]`, after the Wasm operator it mostly stands for.
//! - Operands follow the opcode in 16-bit words, see [`super::operand`]; [`super::Role`] says what each means.
//! - `Control` is a [`super::Control`]; `Charge` a [`super::Charge`], what the instruction debits beyond its block's cost.
//! - `formula` is the meaning, in terms of the operand names.
//!
//! Slots are 64 bits wide. `i32(..)` and `f32(..)` compute on the low 32 bits and store the result zero-extended.

/// Calls `$callback!` with every row of the instruction table.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => {
        $crate::scalar_rows! { [[$crate::simd_more_rows] [$crate::gc_rows] [$crate::fused_rows] [$crate::simd_rows] [$crate::simd_fused_rows] [$crate::atomic_rows] [$crate::fused_more_rows] [$crate::pair_rows] [$crate::wide_rows] [$callback]] }
    };
}

/// Hands rows to the first of the macros in brackets, which adds its own and does the same; the last one gets the rows alone.
#[doc(hidden)]
#[macro_export]
macro_rules! next_rows {
    ([[$($callback:tt)*]] $($rows:tt)*) => {
        $($callback)*! { $($rows)* }
    };
    ([[$($next:tt)*] $($rest:tt)+] $($rows:tt)*) => {
        $($next)*! { [$($rest)+] $($rows)* }
    };
}

/// The rows of this file, of `acc_ops.rs` and `ref_ops.rs`, which no runner leaves out, for the macros in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! scalar_rows {
    ([$($next:tt)*]) => {
        $crate::next_rows! { [[$crate::acc_rows] [$crate::ref_rows] $($next)*]
            // Structure. `fuel`, the first instruction of a block, is in `wide_ops.rs`; the words of `enter` are no opcodes of others.
            0x0001 enter Enter { frame: Frame, cost: BlockCost } Enter fuel Zero "first instruction of a function: frame size in slots; then the `fuel` of its first block";
            0x0003 trap Trap { code: TrapCode } Trap fuel Zero "trap with this code";
            0x0004 stub_call StubCall { base: WindowByte, dst: ResultsByte } Stub fuel Zero "call of a frame that no guest code called: never executed";
            0x0005 halt Halt {} Stub fuel Zero "the bottom frame has returned: leave the run loop";
            0x0006 leave Leave {} Stub fuel Zero "a callee in another instance has returned: switch back and hand its results on";

            // Control. Labels count words from the branch's opcode to a `fuel` instruction, whose cost the branch debits.
            0x0008 br Br { label: Label16 } Branch fuel Zero "goto label";
            0x0009 br_nz BrNz { cond: Use, label: Label16 } CondBranch fuel Zero "if u32(cond) != 0 goto label";
            0x000a br_z BrZ { cond: Use, label: Label16 } CondBranch fuel Zero "if u32(cond) == 0 goto label";
            0x000b br64_nz Br64Nz { cond: Use, label: Label16 } CondBranch fuel Zero "if cond != 0 goto label";
            0x000c br64_z Br64Z { cond: Use, label: Label16 } CondBranch fuel Zero "if cond == 0 goto label";
            0x000d br_table BrTable { index: Use, n: TargetCount } Table fuel Zero "goto targets[min(u32(index), n)]; n + 1 labels follow, relative to this instruction, each as wide as half of n";

            // Calls. The callee frame starts at fp + base; its arguments are in place there, its results go to dst, dst + 1, ...
            0x0010 call Call { base: Window, dst: Results, func: DefinedFunc, wide: Wide } Call fuel Zero "dst.. = func(base..)";
            0x0011 call_import CallImport { base: Window, dst: Results, func: ImportFunc, wide: Wide } Call fuel Zero "dst.. = import(base..)";
            0x0012 call_indirect CallIndirect { base: Window, dst: Results, index: Use, table: Table, type_idx: Type, wide: Wide } Call fuel Zero "dst.. = table[index](base..), checked against type";
            0x0013 return_call ReturnCall { base: Window, func: DefinedFunc } TailCall fuel Zero "return func(base..)";
            0x0014 return_call_import ReturnCallImport { base: Window, func: ImportFunc } TailCall fuel Zero "return import(base..)";
            0x0015 return_call_indirect ReturnCallIndirect { base: Window, index: Use, table: Table, type_idx: Type } TailCall fuel Zero "return table[index](base..), checked against type";

            // Returns.
            // Short forms of what works on globals and tables with many neighbours.
            0x0016 global_get_short GlobalGetShort { dst: DefAccByte, global: Global24 } Next fuel Zero "dst = global";
            0x0017 global_set_short GlobalSetShort { src: UseByte, global: Global24 } Next fuel Zero "global = src";
            0x0018 global_set_acc_src_short GlobalSetAccSrcShort { src: AccByte, global: Global24 } Next fuel Zero "global = src";
            0x0019 table_get_short TableGetShort { dst: DefByte, index: UseByte, table: Table } Next fuel Zero "dst = table[index]";
            0x001a table_set_short TableSetShort { index: UseByte, src: UseByte, table: Table } Next fuel Zero "table[index] = src";
            0x001b return_call_short ReturnCallShort { base: Window, func: NearFunc } TailCall fuel Zero "return func(base..)";

            0x001c ret Ret {} Return fuel Zero "return";
            0x001d ret1 Ret1 { src: Use } Return fuel Zero "return src";
            0x001e ret_n RetN { src: UseSpan, n: Count } Return fuel Zero "return src, src + 1, ..., src + n - 1";

            // Moves and constants. An i32 or f32 fills its slot zero-extended to 64 bits.
            0x0020 mov Mov { dst: DefAcc, src: Use } Next fuel Zero "dst = src";
            0x0021 mov2 Mov2 { d0: Def, s0: Use, d1: Def, s1: Use } Next fuel Zero "d0 = s0; d1 = s1";
            0x0022 const_u32 ConstU32 { dst: DefAcc, imm: ImmU32 } Next fuel Zero "dst = u64(imm)";
            0x0023 const_s32 ConstS32 { dst: DefAcc, imm: ImmS32 } Next fuel Zero "dst = s64(imm)";
            0x0024 const_pool ConstPool { dst: DefAcc, index: Const } Next fuel Zero "dst = pool[index]";
            0x0025 select Select { dst: DefAcc, a: Use, b: Use, cond: Use } Next fuel Zero "dst = u32(cond) != 0 ? a : b";
            0x0026 ref_func RefFunc { dst: Def, func: Func } Next fuel Zero "dst = reference to func";
            0x0027 global_get GlobalGet { dst: DefAcc, global: DefinedGlobal } Next fuel Zero "dst = global";
            0x0028 global_set GlobalSet { src: Use, global: DefinedGlobal } Next fuel Zero "global = src";
            0x0029 global_get_import GlobalGetImport { dst: DefAcc, global: ImportGlobal } Next fuel Zero "dst = imported global";
            0x002a global_set_import GlobalSetImport { src: Use, global: ImportGlobal } Next fuel Zero "imported global = src";

            0x002b ref_clear RefClear { first: DefSpan, n: SpanLen } Next fuel Zero "first = first + 1 = ... = first + n - 1 = null";

            // i32 arithmetic.
            0x0030 i32_add I32Add { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs + rhs)";
            0x0031 i32_sub I32Sub { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs - rhs)";
            0x0032 i32_mul I32Mul { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs * rhs)";
            0x0033 i32_div_s I32DivS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs / rhs, signed, may trap)";
            0x0034 i32_div_u I32DivU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs / rhs, unsigned, may trap)";
            0x0035 i32_rem_s I32RemS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs % rhs, signed, may trap)";
            0x0036 i32_rem_u I32RemU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs % rhs, unsigned, may trap)";
            0x0037 i32_and I32And { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs & rhs)";
            0x0038 i32_or I32Or { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs | rhs)";
            0x0039 i32_xor I32Xor { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs ^ rhs)";
            0x003a i32_shl I32Shl { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs << rhs)";
            0x003b i32_shr_s I32ShrS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs >> rhs, signed)";
            0x003c i32_shr_u I32ShrU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs >> rhs, unsigned)";
            0x003d i32_rotl I32Rotl { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs rotated left by rhs)";
            0x003e i32_rotr I32Rotr { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs rotated right by rhs)";
            0x003f i32_add_imm I32AddImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs + imm)";
            0x0040 i32_mul_imm I32MulImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs * imm)";
            0x0041 i32_and_imm I32AndImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs & imm)";
            0x0042 i32_or_imm I32OrImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs | imm)";
            0x0043 i32_xor_imm I32XorImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs ^ imm)";
            0x0044 i32_shl_imm I32ShlImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs << imm)";
            0x0045 i32_shr_s_imm I32ShrSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs >> imm, signed)";
            0x0046 i32_shr_u_imm I32ShrUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs >> imm, unsigned)";
            0x0047 i32_rotl_imm I32RotlImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs rotated left by imm)";
            0x0048 i32_eq I32Eq { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs == rhs)";
            0x0049 i32_ne I32Ne { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs != rhs)";
            0x004a i32_lt_s I32LtS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs < rhs, signed)";
            0x004b i32_lt_u I32LtU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs < rhs, unsigned)";
            0x004c i32_le_s I32LeS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs <= rhs, signed)";
            0x004d i32_le_u I32LeU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i32(lhs <= rhs, unsigned)";
            0x004e i32_eq_imm I32EqImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs == imm)";
            0x004f i32_ne_imm I32NeImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs != imm)";
            0x0050 i32_lt_s_imm I32LtSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs < imm, signed)";
            0x0051 i32_lt_u_imm I32LtUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs < imm, unsigned)";
            0x0052 i32_le_s_imm I32LeSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs <= imm, signed)";
            0x0053 i32_le_u_imm I32LeUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs <= imm, unsigned)";
            0x0054 i32_gt_s_imm I32GtSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs > imm, signed)";
            0x0055 i32_gt_u_imm I32GtUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs > imm, unsigned)";
            0x0056 i32_ge_s_imm I32GeSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs >= imm, signed)";
            0x0057 i32_ge_u_imm I32GeUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i32(lhs >= imm, unsigned)";
            0x0058 i32_clz I32Clz { dst: DefAcc, src: Use } Next fuel Zero "dst = i32: leading zero bits of src";
            0x0059 i32_ctz I32Ctz { dst: DefAcc, src: Use } Next fuel Zero "dst = i32: trailing zero bits of src";
            0x005a i32_popcnt I32Popcnt { dst: DefAcc, src: Use } Next fuel Zero "dst = i32: bits set of src";
            0x005b i32_extend8_s I32Extend8S { dst: DefAcc, src: Use } Next fuel Zero "dst = i32: low 8 bits, sign-extended of src";
            0x005c i32_extend16_s I32Extend16S { dst: DefAcc, src: Use } Next fuel Zero "dst = i32: low 16 bits, sign-extended of src";

            // A family, see `family.rs`: an operand is part of the opcode.
            0x005d const_1 Const1 { dst: DefAccAt5d } Next fuel Zero "dst = 1";

            // i64 arithmetic.
            0x0070 i64_add I64Add { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs + rhs)";
            0x0071 i64_sub I64Sub { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs - rhs)";
            0x0072 i64_mul I64Mul { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs * rhs)";
            0x0073 i64_div_s I64DivS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs / rhs, signed, may trap)";
            0x0074 i64_div_u I64DivU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs / rhs, unsigned, may trap)";
            0x0075 i64_rem_s I64RemS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs % rhs, signed, may trap)";
            0x0076 i64_rem_u I64RemU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs % rhs, unsigned, may trap)";
            0x0077 i64_and I64And { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs & rhs)";
            0x0078 i64_or I64Or { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs | rhs)";
            0x0079 i64_xor I64Xor { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs ^ rhs)";
            0x007a i64_shl I64Shl { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs << rhs)";
            0x007b i64_shr_s I64ShrS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs >> rhs, signed)";
            0x007c i64_shr_u I64ShrU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs >> rhs, unsigned)";
            0x007d i64_rotl I64Rotl { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs rotated left by rhs)";
            0x007e i64_rotr I64Rotr { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs rotated right by rhs)";
            0x007f i64_add_imm I64AddImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs + imm)";
            0x0080 i64_mul_imm I64MulImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs * imm)";
            0x0081 i64_and_imm I64AndImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs & imm)";
            0x0082 i64_or_imm I64OrImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs | imm)";
            0x0083 i64_xor_imm I64XorImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs ^ imm)";
            0x0084 i64_shl_imm I64ShlImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs << imm)";
            0x0085 i64_shr_s_imm I64ShrSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs >> imm, signed)";
            0x0086 i64_shr_u_imm I64ShrUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs >> imm, unsigned)";
            0x0087 i64_rotl_imm I64RotlImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs rotated left by imm)";
            0x0088 i64_eq I64Eq { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs == rhs)";
            0x0089 i64_ne I64Ne { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs != rhs)";
            0x008a i64_lt_s I64LtS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs < rhs, signed)";
            0x008b i64_lt_u I64LtU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs < rhs, unsigned)";
            0x008c i64_le_s I64LeS { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs <= rhs, signed)";
            0x008d i64_le_u I64LeU { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = i64(lhs <= rhs, unsigned)";
            0x008e i64_eq_imm I64EqImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs == imm)";
            0x008f i64_ne_imm I64NeImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs != imm)";
            0x0090 i64_lt_s_imm I64LtSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs < imm, signed)";
            0x0091 i64_lt_u_imm I64LtUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs < imm, unsigned)";
            0x0092 i64_le_s_imm I64LeSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs <= imm, signed)";
            0x0093 i64_le_u_imm I64LeUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs <= imm, unsigned)";
            0x0094 i64_gt_s_imm I64GtSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs > imm, signed)";
            0x0095 i64_gt_u_imm I64GtUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs > imm, unsigned)";
            0x0096 i64_ge_s_imm I64GeSImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs >= imm, signed)";
            0x0097 i64_ge_u_imm I64GeUImm { dst: DefAcc, lhs: Use, imm: ImmS16 } Next fuel Zero "dst = i64(lhs >= imm, unsigned)";
            0x0098 i64_clz I64Clz { dst: DefAcc, src: Use } Next fuel Zero "dst = i64: leading zero bits of src";
            0x0099 i64_ctz I64Ctz { dst: DefAcc, src: Use } Next fuel Zero "dst = i64: trailing zero bits of src";
            0x009a i64_popcnt I64Popcnt { dst: DefAcc, src: Use } Next fuel Zero "dst = i64: bits set of src";
            0x009b i64_extend8_s I64Extend8S { dst: DefAcc, src: Use } Next fuel Zero "dst = i64: low 8 bits, sign-extended of src";
            0x009c i64_extend16_s I64Extend16S { dst: DefAcc, src: Use } Next fuel Zero "dst = i64: low 16 bits, sign-extended of src";
            0x009d i64_extend32_s I64Extend32S { dst: DefAcc, src: Use } Next fuel Zero "dst = i64: low 32 bits, sign-extended, of src";

            // Families, see `family.rs`: the slot is part of the opcode.
            0x009e ret1_tiny Ret1Tiny { src: UseAt9e } Return fuel Zero "return src";
            0x00a6 ret1_acc_src_tiny Ret1AccSrcTiny { src: AccAtA6 } Return fuel Zero "return src";
            0x00a8 const_ones ConstOnes { dst: DefAccAtA8 } Next fuel Zero "dst = u32(-1)";

            // Multiply-add and shift-add, two roundings for floats.
            0x00b0 i32_mul_add I32MulAdd { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i32(a * b + c)";
            0x00b1 i64_mul_add I64MulAdd { dst: DefAcc, a: Use, b: Use, c: Use } Next fuel Zero "dst = i64(a * b + c)";
            0x00b2 f32_mul_add F32MulAdd { dst: DefF32, a: Use, b: Use, c: Use } Next fuel Zero "dst = f32(a * b + c)";
            0x00b3 f64_mul_add F64MulAdd { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64(a * b + c)";
            0x00b4 f32_mul_sub F32MulSub { dst: DefF32, a: Use, b: Use, c: Use } Next fuel Zero "dst = f32(a * b - c)";
            0x00b5 f64_mul_sub F64MulSub { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64(a * b - c)";
            0x00b6 f32_sub_mul F32SubMul { dst: DefF32, a: Use, b: Use, c: Use } Next fuel Zero "dst = f32(c - a * b)";
            0x00b7 f64_sub_mul F64SubMul { dst: DefF64, a: Use, b: Use, c: Use } Next fuel Zero "dst = f64(c - a * b)";
            0x00b8 i32_shl_add I32ShlAdd { dst: DefAcc, a: Use, b: Use, shift: Shift } Next fuel Zero "dst = i32(a + (b << shift))";
            0x00b9 i64_shl_add I64ShlAdd { dst: DefAcc, a: Use, b: Use, shift: Shift } Next fuel Zero "dst = i64(a + (b << shift))";

            // Calls whose window and results fit two bytes.
            0x00ba call_tiny CallTiny { base: WindowByte, dst: ResultsByte, func: NearFunc } Call fuel Zero "dst.. = func(base..)";
            0x00bb call_short CallShort { base: WindowByte, dst: ResultsByte, func: DefinedFunc } Call fuel Zero "dst.. = func(base..)";
            0x00bc call_import_short CallImportShort { base: WindowByte, dst: ResultsByte, func: ImportFunc16 } Call fuel Zero "dst.. = import(base..)";
            0x00bd call_indirect_short CallIndirectShort { base: WindowByte, dst: ResultsByte, index: Use, table: Table, type_idx: Type16 } Call fuel Zero "dst.. = table[index](base..), checked against type";
            0x00be call_indirect_zero_short CallIndirectZeroShort { base: WindowByte, dst: ResultsByte, index: Use, type_idx: Type16 } Call fuel Zero "dst.. = table 0[index](base..), checked against type";
            0x00bf call_ref_short CallRefShort { base: WindowByte, dst: ResultsByte, callee: Use, type_idx: Type16 } Call fuel Zero "dst.. = callee(base..), checked against type";

            // Float arithmetic (IEEE 754).
            0x00c0 f32_add F32Add { dst: DefF32, lhs: Use, rhs: Use } Next fuel Zero "dst = f32(lhs + rhs)";
            0x00c1 f32_sub F32Sub { dst: DefF32, lhs: Use, rhs: Use } Next fuel Zero "dst = f32(lhs - rhs)";
            0x00c2 f32_mul F32Mul { dst: DefF32, lhs: Use, rhs: Use } Next fuel Zero "dst = f32(lhs * rhs)";
            0x00c3 f32_div F32Div { dst: DefF32, lhs: Use, rhs: Use } Next fuel Zero "dst = f32(lhs / rhs)";
            0x00c4 f32_min F32Min { dst: DefF32, lhs: Use, rhs: Use } Next fuel Zero "dst = f32(min(lhs, rhs))";
            0x00c5 f32_max F32Max { dst: DefF32, lhs: Use, rhs: Use } Next fuel Zero "dst = f32(max(lhs, rhs))";
            0x00c6 f32_copysign F32Copysign { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = f32(copysign(lhs, rhs))";
            0x00c7 f32_abs F32Abs { dst: DefF32, src: Use } Next fuel Zero "dst = f32(abs(src))";
            0x00c8 f32_neg F32Neg { dst: DefF32, src: Use } Next fuel Zero "dst = f32(neg(src))";
            0x00c9 f32_ceil F32Ceil { dst: DefF32, src: Use } Next fuel Zero "dst = f32(ceil(src))";
            0x00ca f32_floor F32Floor { dst: DefF32, src: Use } Next fuel Zero "dst = f32(floor(src))";
            0x00cb f32_trunc F32Trunc { dst: DefF32, src: Use } Next fuel Zero "dst = f32(trunc(src))";
            0x00cc f32_nearest F32Nearest { dst: DefF32, src: Use } Next fuel Zero "dst = f32(nearest(src))";
            0x00cd f32_sqrt F32Sqrt { dst: DefF32, src: Use } Next fuel Zero "dst = f32(sqrt(src))";
            0x00ce f32_eq F32Eq { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f32(lhs == rhs))";
            0x00cf f32_ne F32Ne { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f32(lhs != rhs))";
            0x00d0 f32_lt F32Lt { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f32(lhs < rhs))";
            0x00d1 f32_le F32Le { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f32(lhs <= rhs))";
            0x00d2 f64_add F64Add { dst: DefF64, lhs: Use, rhs: Use } Next fuel Zero "dst = f64(lhs + rhs)";
            0x00d3 f64_sub F64Sub { dst: DefF64, lhs: Use, rhs: Use } Next fuel Zero "dst = f64(lhs - rhs)";
            0x00d4 f64_mul F64Mul { dst: DefF64, lhs: Use, rhs: Use } Next fuel Zero "dst = f64(lhs * rhs)";
            0x00d5 f64_div F64Div { dst: DefF64, lhs: Use, rhs: Use } Next fuel Zero "dst = f64(lhs / rhs)";
            0x00d6 f64_min F64Min { dst: DefF64, lhs: Use, rhs: Use } Next fuel Zero "dst = f64(min(lhs, rhs))";
            0x00d7 f64_max F64Max { dst: DefF64, lhs: Use, rhs: Use } Next fuel Zero "dst = f64(max(lhs, rhs))";
            0x00d8 f64_copysign F64Copysign { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = f64(copysign(lhs, rhs))";
            0x00d9 f64_abs F64Abs { dst: DefF64, src: Use } Next fuel Zero "dst = f64(abs(src))";
            0x00da f64_neg F64Neg { dst: DefF64, src: Use } Next fuel Zero "dst = f64(neg(src))";
            0x00db f64_ceil F64Ceil { dst: DefF64, src: Use } Next fuel Zero "dst = f64(ceil(src))";
            0x00dc f64_floor F64Floor { dst: DefF64, src: Use } Next fuel Zero "dst = f64(floor(src))";
            0x00dd f64_trunc F64Trunc { dst: DefF64, src: Use } Next fuel Zero "dst = f64(trunc(src))";
            0x00de f64_nearest F64Nearest { dst: DefF64, src: Use } Next fuel Zero "dst = f64(nearest(src))";
            0x00df f64_sqrt F64Sqrt { dst: DefF64, src: Use } Next fuel Zero "dst = f64(sqrt(src))";
            0x00e0 f64_eq F64Eq { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f64(lhs == rhs))";
            0x00e1 f64_ne F64Ne { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f64(lhs != rhs))";
            0x00e2 f64_lt F64Lt { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f64(lhs < rhs))";
            0x00e3 f64_le F64Le { dst: DefAcc, lhs: Use, rhs: Use } Next fuel Zero "dst = u32(f64(lhs <= rhs))";

            // Branch tables whose labels take a word each.
            0x00e4 br_table_short BrTableShort { index: Use, n: TargetCount16 } Table fuel Zero "goto targets[min(u32(index), n)]; n + 1 labels follow, relative to this instruction, each as wide as half of n";
            0x00e5 br_table_acc_index_short BrTableAccIndexShort { index: Acc, n: TargetCount16 } Table fuel Zero "goto targets[min(u32(index), n)]; n + 1 labels follow, relative to this instruction, each as wide as half of n";
            0x00e6 br_table_add_short BrTableAddShort { dst: DefByte, src: UseByte, n: TargetCount16, imm: ImmS16 } Table fuel Zero "dst = i32(src + imm); goto targets[min(dst, n)]; n + 1 labels follow, relative to this instruction, each as wide as half of n";
            0x00e7 br_table_add_acc_src_short BrTableAddAccSrcShort { dst: DefByte, src: AccByte, n: TargetCount16, imm: ImmS16 } Table fuel Zero "dst = i32(src + imm); goto targets[min(dst, n)]; n + 1 labels follow, relative to this instruction, each as wide as half of n";

            // Conversions.
            0x00f0 i64_extend_i32_u I64ExtendI32U { dst: DefAcc, src: Use } Next fuel Zero "dst = u64(u32(src)); also i32.wrap_i64";
            0x00f1 i32_trunc_f32_s I32TruncF32S { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f32(src))), may trap";
            0x00f2 i32_trunc_f32_u I32TruncF32U { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f32(src))), may trap";
            0x00f3 i32_trunc_f64_s I32TruncF64S { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f64(src))), may trap";
            0x00f4 i32_trunc_f64_u I32TruncF64U { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f64(src))), may trap";
            0x00f5 i64_trunc_f32_s I64TruncF32S { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f32(src))), may trap";
            0x00f6 i64_trunc_f32_u I64TruncF32U { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f32(src))), may trap";
            0x00f7 i64_trunc_f64_s I64TruncF64S { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f64(src))), may trap";
            0x00f8 i64_trunc_f64_u I64TruncF64U { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f64(src))), may trap";
            0x00f9 i32_trunc_sat_f32_s I32TruncSatF32S { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f32(src))), saturating";
            0x00fa i32_trunc_sat_f32_u I32TruncSatF32U { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f32(src))), saturating";
            0x00fb i32_trunc_sat_f64_s I32TruncSatF64S { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f64(src))), saturating";
            0x00fc i32_trunc_sat_f64_u I32TruncSatF64U { dst: DefAcc, src: Use } Next fuel Zero "dst = i32(trunc(f64(src))), saturating";
            0x00fd i64_trunc_sat_f32_s I64TruncSatF32S { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f32(src))), saturating";
            0x00fe i64_trunc_sat_f32_u I64TruncSatF32U { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f32(src))), saturating";
            0x00ff i64_trunc_sat_f64_s I64TruncSatF64S { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f64(src))), saturating";
            0x0100 i64_trunc_sat_f64_u I64TruncSatF64U { dst: DefAcc, src: Use } Next fuel Zero "dst = i64(trunc(f64(src))), saturating";
            0x0101 f32_convert_i32_s F32ConvertI32S { dst: DefF32, src: Use } Next fuel Zero "dst = f32(i32(src))";
            0x0102 f32_convert_i32_u F32ConvertI32U { dst: DefF32, src: Use } Next fuel Zero "dst = f32(i32(src))";
            0x0103 f32_convert_i64_s F32ConvertI64S { dst: DefF32, src: Use } Next fuel Zero "dst = f32(i64(src))";
            0x0104 f32_convert_i64_u F32ConvertI64U { dst: DefF32, src: Use } Next fuel Zero "dst = f32(i64(src))";
            0x0105 f64_convert_i32_s F64ConvertI32S { dst: DefF64, src: Use } Next fuel Zero "dst = f64(i32(src))";
            0x0106 f64_convert_i32_u F64ConvertI32U { dst: DefF64, src: Use } Next fuel Zero "dst = f64(i32(src))";
            0x0107 f64_convert_i64_s F64ConvertI64S { dst: DefF64, src: Use } Next fuel Zero "dst = f64(i64(src))";
            0x0108 f64_convert_i64_u F64ConvertI64U { dst: DefF64, src: Use } Next fuel Zero "dst = f64(i64(src))";
            0x0109 f32_demote_f64 F32DemoteF64 { dst: DefF32, src: Use } Next fuel Zero "dst = f32(f64(src))";
            0x010a f64_promote_f32 F64PromoteF32 { dst: DefF64, src: Use } Next fuel Zero "dst = f64(f32(src))";

            // A family, see `family.rs`: an operand is part of the opcode.
            0x010b i32_add_imm_acc_lhs_tiny I32AddImmAccLhsTiny { dst: DefAccByte, lhs: AccByte, imm: ImmAt1b } Next fuel Zero "dst = i32(lhs + imm)";

            // Compare and branch.
            0x0120 br_i32_eq BrI32Eq { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs == rhs) goto label";
            0x0121 br_i32_ne BrI32Ne { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs != rhs) goto label";
            0x0122 br_i32_lt_s BrI32LtS { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs < rhs, signed) goto label";
            0x0123 br_i32_lt_u BrI32LtU { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs < rhs, unsigned) goto label";
            0x0124 br_i32_le_s BrI32LeS { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs <= rhs, signed) goto label";
            0x0125 br_i32_le_u BrI32LeU { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs <= rhs, unsigned) goto label";
            0x0126 br_i32_eq_imm BrI32EqImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs == imm) goto label";
            0x0127 br_i32_ne_imm BrI32NeImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs != imm) goto label";
            0x0128 br_i32_lt_s_imm BrI32LtSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs < imm, signed) goto label";
            0x0129 br_i32_lt_u_imm BrI32LtUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs < imm, unsigned) goto label";
            0x012a br_i32_le_s_imm BrI32LeSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs <= imm, signed) goto label";
            0x012b br_i32_le_u_imm BrI32LeUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs <= imm, unsigned) goto label";
            0x012c br_i32_gt_s_imm BrI32GtSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs > imm, signed) goto label";
            0x012d br_i32_gt_u_imm BrI32GtUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs > imm, unsigned) goto label";
            0x012e br_i32_ge_s_imm BrI32GeSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs >= imm, signed) goto label";
            0x012f br_i32_ge_u_imm BrI32GeUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs >= imm, unsigned) goto label";
            0x0130 br_i32_and_nz BrI32AndNz { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs & rhs) != 0 goto label";
            0x0131 br_i32_and_z BrI32AndZ { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(lhs & rhs) == 0 goto label";
            0x0132 br_i32_and_nz_imm BrI32AndNzImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs & imm) != 0 goto label";
            0x0133 br_i32_and_z_imm BrI32AndZImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i32(lhs & imm) == 0 goto label";
            0x0134 br_i64_eq BrI64Eq { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs == rhs) goto label";
            0x0135 br_i64_ne BrI64Ne { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs != rhs) goto label";
            0x0136 br_i64_lt_s BrI64LtS { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs < rhs, signed) goto label";
            0x0137 br_i64_lt_u BrI64LtU { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs < rhs, unsigned) goto label";
            0x0138 br_i64_le_s BrI64LeS { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs <= rhs, signed) goto label";
            0x0139 br_i64_le_u BrI64LeU { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs <= rhs, unsigned) goto label";
            0x013a br_i64_eq_imm BrI64EqImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs == imm) goto label";
            0x013b br_i64_ne_imm BrI64NeImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs != imm) goto label";
            0x013c br_i64_lt_s_imm BrI64LtSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs < imm, signed) goto label";
            0x013d br_i64_lt_u_imm BrI64LtUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs < imm, unsigned) goto label";
            0x013e br_i64_le_s_imm BrI64LeSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs <= imm, signed) goto label";
            0x013f br_i64_le_u_imm BrI64LeUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs <= imm, unsigned) goto label";
            0x0140 br_i64_gt_s_imm BrI64GtSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs > imm, signed) goto label";
            0x0141 br_i64_gt_u_imm BrI64GtUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs > imm, unsigned) goto label";
            0x0142 br_i64_ge_s_imm BrI64GeSImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs >= imm, signed) goto label";
            0x0143 br_i64_ge_u_imm BrI64GeUImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs >= imm, unsigned) goto label";
            0x0144 br_i64_and_nz BrI64AndNz { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs & rhs) != 0 goto label";
            0x0145 br_i64_and_z BrI64AndZ { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i64(lhs & rhs) == 0 goto label";
            0x0146 br_i64_and_nz_imm BrI64AndNzImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs & imm) != 0 goto label";
            0x0147 br_i64_and_z_imm BrI64AndZImm { lhs: Use, imm: ImmS16, label: Label16 } CondBranch fuel Zero "if i64(lhs & imm) == 0 goto label";
            0x0148 br_f32_eq BrF32Eq { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f32(lhs == rhs) goto label";
            0x0149 br_f32_ne BrF32Ne { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f32(lhs != rhs) goto label";
            0x014a br_f32_lt BrF32Lt { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f32(lhs < rhs) goto label";
            0x014b br_f32_le BrF32Le { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f32(lhs <= rhs) goto label";
            0x014c br_f32_nlt BrF32Nlt { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f32(!(lhs < rhs)) goto label";
            0x014d br_f32_nle BrF32Nle { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f32(!(lhs <= rhs)) goto label";
            0x014e br_f64_eq BrF64Eq { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(lhs == rhs) goto label";
            0x014f br_f64_ne BrF64Ne { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(lhs != rhs) goto label";
            0x0150 br_f64_lt BrF64Lt { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(lhs < rhs) goto label";
            0x0151 br_f64_le BrF64Le { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(lhs <= rhs) goto label";
            0x0152 br_f64_nlt BrF64Nlt { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(!(lhs < rhs)) goto label";
            0x0153 br_f64_nle BrF64Nle { lhs: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if f64(!(lhs <= rhs)) goto label";

            // A counter whose value before the step is needed too.
            0x0154 mov_then_i32_add_imm MovThenI32AddImm { d1: DefAccByte, d0: DefByte, s0: UseByte, s1: UseByte, imm1: ImmS16 } Next fuel Zero "d0 = s0; d1 = i32(s1 + imm1)";

            // As in `fused_ops.rs`: what is loaded, or worked out of an immediate, is needed by nothing else.
            0x0155 load8_u_wrap_shl_imm Load8UWrapShlImm { dst: DefAcc, addr: Use, k: ImmS32, imm: ImmS16 } Next fuel Zero "dst = i32(u8 at mem[wrap(addr + k)] << imm)";
            0x0156 i32_mul_shr_u_imm I32MulShrUImm { dst: DefAcc, a: Use, b: Use, imm: ImmS16 } Next fuel Zero "dst = i32((a * b) >> imm, unsigned)";
            0x0157 i32_mul_shr_u_imm_acc_a I32MulShrUImmAccA { dst: DefAcc, a: Acc, b: Use, imm: ImmS16 } Next fuel Zero "dst = i32((a * b) >> imm, unsigned)";
            0x0158 i32_add_imm_load I32AddImmLoad { dst: DefAcc, addr: Use, offset: ImmU16, imm: ImmS16 } Next fuel Zero "dst = i32(mem[addr + offset] + imm)";
            0x0159 i32_add_imm_load_acc_addr I32AddImmLoadAccAddr { dst: DefAcc, addr: Acc, offset: ImmU16, imm: ImmS16 } Next fuel Zero "dst = i32(mem[addr + offset] + imm)";
            0x015a i32_add_imm_store I32AddImmStore { addr: Use, lhs: Use, imm: ImmS16, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(lhs + imm)";
            0x015b i32_add_imm_store_acc_lhs I32AddImmStoreAccLhs { addr: Use, lhs: Acc, imm: ImmS16, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(lhs + imm)";
            0x015c br_load8_u_wrap_eq BrLoad8UWrapEq { addr: Use, rhs: Use, k: ImmS32, label: Label16 } CondBranch fuel Zero "if i32(u8 at mem[wrap(addr + k)] == rhs) goto label";
            0x015d br_load8_u_wrap_ne BrLoad8UWrapNe { addr: Use, rhs: Use, k: ImmS32, label: Label16 } CondBranch fuel Zero "if i32(u8 at mem[wrap(addr + k)] != rhs) goto label";
            0x015e br_load8_u_index_eq BrLoad8UIndexEq { addr: Use, index: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(u8 at mem[wrap(addr + index)] == rhs) goto label";
            0x015f br_load8_u_index_ne BrLoad8UIndexNe { addr: Use, index: Use, rhs: Use, label: Label16 } CondBranch fuel Zero "if i32(u8 at mem[wrap(addr + index)] != rhs) goto label";

            // Step, compare and branch: the tail of a counted loop.
            0x0160 br_i32_add_nz BrI32AddNz { dst: Def, src: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i32(src + step); if dst != 0 goto label";
            0x0161 br_i32_add_ne BrI32AddNe { dst: Def, src: Use, limit: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i32(src + step); if dst != limit goto label";
            0x0162 br_i32_add_lt_s BrI32AddLtS { dst: Def, src: Use, limit: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i32(src + step); if dst < limit, signed goto label";
            0x0163 br_i32_add_lt_u BrI32AddLtU { dst: Def, src: Use, limit: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i32(src + step); if dst < limit, unsigned goto label";
            0x0164 br_i64_add_nz BrI64AddNz { dst: Def, src: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i64(src + step); if dst != 0 goto label";
            0x0165 br_i64_add_ne BrI64AddNe { dst: Def, src: Use, limit: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i64(src + step); if dst != limit goto label";
            0x0166 br_i64_add_lt_s BrI64AddLtS { dst: Def, src: Use, limit: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i64(src + step); if dst < limit, signed goto label";
            0x0167 br_i64_add_lt_u BrI64AddLtU { dst: Def, src: Use, limit: Use, step: ImmS16, label: Label32 } CondBranch fuel Zero "dst = i64(src + step); if dst < limit, unsigned goto label";

            // A family, see `family.rs`: an operand is part of the opcode.
            0x0168 load64_tiny Load64Tiny { dst: DefAccByte, addr: UseByte, offset: OffsetAt68 } Next fuel Zero "dst = u64 at mem[addr + offset]";

            // Loads from memory 0; `_mem` forms reach every memory. Addresses are checked.
            0x0180 load8_u Load8U { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64(u8) at mem[addr + offset]";
            0x0181 load8_s_i32 Load8SI32 { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64(u32(s8)) at mem[addr + offset]";
            0x0182 load8_s_i64 Load8SI64 { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = s64(s8) at mem[addr + offset]";
            0x0183 load16_u Load16U { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64(u16) at mem[addr + offset]";
            0x0184 load16_s_i32 Load16SI32 { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64(u32(s16)) at mem[addr + offset]";
            0x0185 load16_s_i64 Load16SI64 { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = s64(s16) at mem[addr + offset]";
            0x0186 load32 Load32 { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[addr + offset]";
            0x0187 load32_s_i64 Load32SI64 { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = s64(s32) at mem[addr + offset]";
            0x0188 load64 Load64 { dst: DefAcc, addr: Use, offset: ImmU16 } Next fuel Zero "dst = u64 at mem[addr + offset]";
            0x0189 load8_u_far Load8UFar { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64(u8) at mem[addr + offset]";
            0x018a load8_s_i32_far Load8SI32Far { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64(u32(s8)) at mem[addr + offset]";
            0x018b load8_s_i64_far Load8SI64Far { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = s64(s8) at mem[addr + offset]";
            0x018c load16_u_far Load16UFar { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64(u16) at mem[addr + offset]";
            0x018d load16_s_i32_far Load16SI32Far { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64(u32(s16)) at mem[addr + offset]";
            0x018e load16_s_i64_far Load16SI64Far { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = s64(s16) at mem[addr + offset]";
            0x018f load32_far Load32Far { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64(u32) at mem[addr + offset]";
            0x0190 load32_s_i64_far Load32SI64Far { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = s64(s32) at mem[addr + offset]";
            0x0191 load64_far Load64Far { dst: DefAcc, addr: Use, offset: ImmU32 } Next fuel Zero "dst = u64 at mem[addr + offset]";
            0x0192 load8_u_wrap Load8UWrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64(u8) at mem[wrap(addr + k) + offset]";
            0x0193 load8_s_i32_wrap Load8SI32Wrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64(u32(s8)) at mem[wrap(addr + k) + offset]";
            0x0194 load8_s_i64_wrap Load8SI64Wrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = s64(s8) at mem[wrap(addr + k) + offset]";
            0x0195 load16_u_wrap Load16UWrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64(u16) at mem[wrap(addr + k) + offset]";
            0x0196 load16_s_i32_wrap Load16SI32Wrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64(u32(s16)) at mem[wrap(addr + k) + offset]";
            0x0197 load16_s_i64_wrap Load16SI64Wrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = s64(s16) at mem[wrap(addr + k) + offset]";
            0x0198 load32_wrap Load32Wrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64(u32) at mem[wrap(addr + k) + offset]";
            0x0199 load32_s_i64_wrap Load32SI64Wrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = s64(s32) at mem[wrap(addr + k) + offset]";
            0x019a load64_wrap Load64Wrap { dst: DefAcc, addr: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "dst = u64 at mem[wrap(addr + k) + offset]";
            0x019b load8_u_index Load8UIndex { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64(u8) at mem[wrap(addr + (index << shift)) + offset]";
            0x019c load8_s_i32_index Load8SI32Index { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64(u32(s8)) at mem[wrap(addr + (index << shift)) + offset]";
            0x019d load8_s_i64_index Load8SI64Index { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = s64(s8) at mem[wrap(addr + (index << shift)) + offset]";
            0x019e load16_u_index Load16UIndex { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64(u16) at mem[wrap(addr + (index << shift)) + offset]";
            0x019f load16_s_i32_index Load16SI32Index { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64(u32(s16)) at mem[wrap(addr + (index << shift)) + offset]";
            0x01a0 load16_s_i64_index Load16SI64Index { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = s64(s16) at mem[wrap(addr + (index << shift)) + offset]";
            0x01a1 load32_index Load32Index { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64(u32) at mem[wrap(addr + (index << shift)) + offset]";
            0x01a2 load32_s_i64_index Load32SI64Index { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = s64(s32) at mem[wrap(addr + (index << shift)) + offset]";
            0x01a3 load64_index Load64Index { dst: DefAcc, addr: Use, index: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "dst = u64 at mem[wrap(addr + (index << shift)) + offset]";
            0x01a4 load8_u_mem Load8UMem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64(u8) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01a5 load8_s_i32_mem Load8SI32Mem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64(u32(s8)) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01a6 load8_s_i64_mem Load8SI64Mem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = s64(s8) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01a7 load16_u_mem Load16UMem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64(u16) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01a8 load16_s_i32_mem Load16SI32Mem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64(u32(s16)) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01a9 load16_s_i64_mem Load16SI64Mem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = s64(s16) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01aa load32_mem Load32Mem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64(u32) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01ab load32_s_i64_mem Load32SI64Mem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = s64(s32) at mem[addr + offset in the named memory, 32- or 64-bit]";
            0x01ac load64_mem Load64Mem { dst: DefAcc, addr: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "dst = u64 at mem[addr + offset in the named memory, 32- or 64-bit]";

            // Stores.
            0x01ad load32_sum Load32Sum { dst: DefAcc, addr: Use, index: Use, k: ImmS32 } Next fuel Zero "dst = u64(u32) at mem[wrap(addr + index + k)]";
            0x01ae load64_sum Load64Sum { dst: DefAcc, addr: Use, index: Use, k: ImmS32 } Next fuel Zero "dst = u64 at mem[wrap(addr + index + k)]";
            0x01b0 store8 Store8 { addr: Use, src: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u8(src)";
            0x01b1 store16 Store16 { addr: Use, src: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u16(src)";
            0x01b2 store32 Store32 { addr: Use, src: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u32(src)";
            0x01b3 store64 Store64 { addr: Use, src: Use, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u64(src)";
            0x01b4 store8_far Store8Far { addr: Use, src: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = u8(src)";
            0x01b5 store16_far Store16Far { addr: Use, src: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = u16(src)";
            0x01b6 store32_far Store32Far { addr: Use, src: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = u32(src)";
            0x01b7 store64_far Store64Far { addr: Use, src: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = u64(src)";
            0x01b8 store8_wrap Store8Wrap { addr: Use, src: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = u8(src)";
            0x01b9 store16_wrap Store16Wrap { addr: Use, src: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = u16(src)";
            0x01ba store32_wrap Store32Wrap { addr: Use, src: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = u32(src)";
            0x01bb store64_wrap Store64Wrap { addr: Use, src: Use, offset: ImmU16, k: ImmS32 } Next fuel Zero "mem[wrap(addr + k) + offset] = u64(src)";
            0x01bc store8_index Store8Index { addr: Use, index: Use, src: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "mem[wrap(addr + (index << shift)) + offset] = u8(src)";
            0x01bd store16_index Store16Index { addr: Use, index: Use, src: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "mem[wrap(addr + (index << shift)) + offset] = u16(src)";
            0x01be store32_index Store32Index { addr: Use, index: Use, src: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "mem[wrap(addr + (index << shift)) + offset] = u32(src)";
            0x01bf store64_index Store64Index { addr: Use, index: Use, src: Use, shift: Shift, offset: ImmU32 } Next fuel Zero "mem[wrap(addr + (index << shift)) + offset] = u64(src)";
            0x01c0 store8_mem Store8Mem { addr: Use, src: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "mem[addr + offset in the named memory, 32- or 64-bit] = u8(src)";
            0x01c1 store16_mem Store16Mem { addr: Use, src: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "mem[addr + offset in the named memory, 32- or 64-bit] = u16(src)";
            0x01c2 store32_mem Store32Mem { addr: Use, src: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "mem[addr + offset in the named memory, 32- or 64-bit] = u32(src)";
            0x01c3 store64_mem Store64Mem { addr: Use, src: Use, mem: Mem, offset: ImmU32 } Next fuel Zero "mem[addr + offset in the named memory, 32- or 64-bit] = u64(src)";

            // Load-operate, operate-store and update in memory 0.
            0x01d0 i32_add_load I32AddLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i32(lhs + mem[addr + offset])";
            0x01d1 i32_sub_load I32SubLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i32(lhs - mem[addr + offset])";
            0x01d2 i32_mul_load I32MulLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i32(lhs * mem[addr + offset])";
            0x01d3 i32_and_load I32AndLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i32(lhs & mem[addr + offset])";
            0x01d4 i32_or_load I32OrLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i32(lhs | mem[addr + offset])";
            0x01d5 i32_xor_load I32XorLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i32(lhs ^ mem[addr + offset])";
            0x01d6 i64_add_load I64AddLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i64(lhs + mem[addr + offset])";
            0x01d7 i64_sub_load I64SubLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i64(lhs - mem[addr + offset])";
            0x01d8 i64_xor_load I64XorLoad { dst: DefAcc, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = i64(lhs ^ mem[addr + offset])";
            0x01d9 f64_add_load F64AddLoad { dst: DefF64, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = f64(lhs + mem[addr + offset])";
            0x01da f64_sub_load F64SubLoad { dst: DefF64, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = f64(lhs - mem[addr + offset])";
            0x01db f64_mul_load F64MulLoad { dst: DefF64, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = f64(lhs * mem[addr + offset])";
            0x01dc f32_add_load F32AddLoad { dst: DefF32, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = f32(lhs + mem[addr + offset])";
            0x01dd f32_sub_load F32SubLoad { dst: DefF32, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = f32(lhs - mem[addr + offset])";
            0x01de f32_mul_load F32MulLoad { dst: DefF32, lhs: Use, addr: Use, offset: ImmU32 } Next fuel Zero "dst = f32(lhs * mem[addr + offset])";
            0x01df i32_add_store I32AddStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i32(lhs + rhs)";
            0x01e0 i32_sub_store I32SubStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i32(lhs - rhs)";
            0x01e1 i32_mul_store I32MulStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i32(lhs * rhs)";
            0x01e2 i32_and_store I32AndStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i32(lhs & rhs)";
            0x01e3 i32_or_store I32OrStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i32(lhs | rhs)";
            0x01e4 i32_xor_store I32XorStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i32(lhs ^ rhs)";
            0x01e5 i64_add_store I64AddStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i64(lhs + rhs)";
            0x01e6 i64_sub_store I64SubStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i64(lhs - rhs)";
            0x01e7 i64_xor_store I64XorStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = i64(lhs ^ rhs)";
            0x01e8 f64_add_store F64AddStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = f64(lhs + rhs)";
            0x01e9 f64_sub_store F64SubStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = f64(lhs - rhs)";
            0x01ea f64_mul_store F64MulStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = f64(lhs * rhs)";
            0x01eb f32_add_store F32AddStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = f32(lhs + rhs)";
            0x01ec f32_sub_store F32SubStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = f32(lhs - rhs)";
            0x01ed f32_mul_store F32MulStore { addr: Use, lhs: Use, rhs: Use, offset: ImmU32 } Next fuel Zero "mem[addr + offset] = f32(lhs * rhs)";
            0x01ee i32_add_mem_imm I32AddMemImm { addr: Use, imm: ImmS16, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] + imm)";
            0x01ef i64_add_mem_imm I64AddMemImm { addr: Use, imm: ImmS16, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i64(mem[addr + offset] + imm)";
            0x01f0 store32_imm Store32Imm { addr: Use, imm: ImmS16, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u32(imm)";
            0x01f1 store8_imm Store8Imm { addr: Use, imm: ImmS16, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u8(imm)";
            0x01f2 store64_imm Store64Imm { addr: Use, imm: ImmS16, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = s64(imm)";

            // Short forms of the tests for null.
            0x01f4 br64_nz_short Br64NzShort { cond: UseByte, label: Label8 } CondBranch fuel Zero "if cond != 0 goto label";
            0x01f5 br64_z_short Br64ZShort { cond: UseByte, label: Label8 } CondBranch fuel Zero "if cond == 0 goto label";

            // Memories. The bulk operations charge 1 fuel per 64 bytes, work in slices, and advance their `Mod` operands so that they can pause.
            0x0200 memory_size MemorySize { dst: Def, mem: Mem } Next fuel Zero "dst = pages of mem";
            0x0201 memory_grow MemoryGrow { dst: Def, delta: Use, mem: Mem } Next fuel Pages "dst = pages of mem before growing by delta, or -1";
            0x0202 memory_fill MemoryFill { to: Mod, value: Use, n: Mod, mem: Mem } Next fuel Bytes "mem[to .. to + n] = u8(value)";
            0x0203 memory_copy MemoryCopy { to: Mod, from: Mod, n: Mod, to_mem: Mem, from_mem: Mem } Next fuel Bytes "to_mem[to .. to + n] = from_mem[from .. from + n]";
            0x0204 memory_init MemoryInit { to: Mod, from: Mod, n: Mod, mem: Mem, data: Data } Next fuel Bytes "mem[to .. to + n] = data[from .. from + n]";
            0x0205 data_drop DataDrop { data: Data } Next fuel Zero "data segment becomes empty";

            // Tables. The bulk operations charge 1 fuel per 8 elements.
            0x0208 table_get TableGet { dst: Def, index: Use, table: Table } Next fuel Zero "dst = table[index]";
            0x0209 table_set TableSet { index: Use, src: Use, table: Table } Next fuel Zero "table[index] = src";
            0x020a table_size TableSize { dst: Def, table: Table } Next fuel Zero "dst = elements of table";
            0x020b table_grow TableGrow { dst: Def, delta: Use, init: Use, table: Table } Next fuel Elems "dst = elements of table before growing by delta, or -1";
            0x020c table_fill TableFill { to: Mod, value: Use, n: Mod, table: Table } Next fuel Elems "table[to .. to + n] = value";
            0x020d table_copy TableCopy { to: Mod, from: Mod, n: Mod, to_table: Table, from_table: Table } Next fuel Elems "to_table[to .. to + n] = from_table[from .. from + n]";
            0x020e table_init TableInit { to: Mod, from: Mod, n: Mod, table: Table, elem: Elem } Next fuel Elems "table[to .. to + n] = elem[from .. from + n]";
            0x020f elem_drop ElemDrop { elem: Elem } Next fuel Zero "element segment becomes empty";

            // Families, see `family.rs`: the offset is part of the opcode.
            0x0210 store32_tiny Store32Tiny { addr: UseByte, src: UseByte, offset: OffsetAt10 } Next fuel Zero "mem[addr + offset] = u32(src)";
            0x0230 store32_acc_src_tiny Store32AccSrcTiny { addr: UseByte, src: AccByte, offset: OffsetAt30 } Next fuel Zero "mem[addr + offset] = u32(src)";

            // Forms for what rarely needs as much room, or rarely as little.
            0x0240 br_far BrFar { label: Label32 } Branch fuel Zero "goto label";
            0x0242 const_u16 ConstU16 { dst: DefAcc, imm: ImmU16 } Next fuel Zero "dst = u64(imm)";

            // Families, see `family.rs`: an operand is part of the opcode.
            0x0243 const_0 Const0 { dst: DefAccAt43 } Next fuel Zero "dst = 0";
            0x0263 load32_tiny Load32Tiny { dst: DefAccByte, addr: UseByte, offset: OffsetAt63 } Next fuel Zero "dst = u64(u32) at mem[addr + offset]";
            0x0293 i32_add_imm_tiny I32AddImmTiny { dst: DefAccByte, lhs: UseByte, imm: ImmAtA3 } Next fuel Zero "dst = i32(lhs + imm)";
            0x02ac load8_u_tiny Load8UTiny { dst: DefAccByte, addr: UseByte, offset: OffsetAtAc } Next fuel Zero "dst = u64(u8) at mem[addr + offset]";

            // Short forms: operands of a byte where an instruction above has 16 bits or more. Each has that one's operands and meaning; a byte
            // costs a handler no more than a word does.
            0x02c0 br_nz_short BrNzShort { cond: UseByte, label: Label8 } CondBranch fuel Zero "if u32(cond) != 0 goto label";
            0x02c1 br_z_short BrZShort { cond: UseByte, label: Label8 } CondBranch fuel Zero "if u32(cond) == 0 goto label";
            0x02c2 mov_short MovShort { dst: DefAccByte, src: UseByte } Next fuel Zero "dst = src";
            0x02c3 mov2_short Mov2Short { d0: DefByte, s0: UseByte, d1: DefByte, s1: UseByte } Next fuel Zero "d0 = s0; d1 = s1";
            0x02c4 const_u32_short ConstU32Short { dst: DefAccByte, imm: ImmU24 } Next fuel Zero "dst = u64(imm)";
            0x02c5 const_pool_short ConstPoolShort { dst: DefAccByte, index: Const24 } Next fuel Zero "dst = pool[index]";
            0x02c6 select_short SelectShort { dst: DefAccByte, a: UseByte, b: UseByte, cond: UseByte } Next fuel Zero "dst = u32(cond) != 0 ? a : b";
            0x02c7 global_get_tiny GlobalGetTiny { dst: DefAccByte, global: GlobalByte } Next fuel Zero "dst = global";
            0x02c8 global_set_tiny GlobalSetTiny { src: UseByte, global: GlobalByte } Next fuel Zero "global = src";
            0x02c9 i32_add_short I32AddShort { dst: DefAccByte, lhs: UseByte, rhs: Use } Next fuel Zero "dst = i32(lhs + rhs)";
            0x02ca i32_sub_short I32SubShort { dst: DefAccByte, lhs: UseByte, rhs: Use } Next fuel Zero "dst = i32(lhs - rhs)";
            0x02cb i32_add_imm_short I32AddImmShort { dst: DefAccByte, lhs: UseByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs + imm)";
            0x02cc i32_mul_imm_short I32MulImmShort { dst: DefAccByte, lhs: UseByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs * imm)";
            0x02cd i32_and_imm_short I32AndImmShort { dst: DefAccByte, lhs: UseByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs & imm)";
            0x02ce i32_shl_imm_short I32ShlImmShort { dst: DefAccByte, lhs: UseByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs << imm)";
            0x02cf i32_shr_u_imm_short I32ShrUImmShort { dst: DefAccByte, lhs: UseByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs >> imm, unsigned)";
            0x02d0 i64_extend_i32_u_short I64ExtendI32UShort { dst: DefAccByte, src: UseByte } Next fuel Zero "dst = u64(u32(src)); also i32.wrap_i64";
            0x02d1 br_i32_eq_imm_short BrI32EqImmShort { lhs: UseByte, imm: ImmS8, label: Label16 } CondBranch fuel Zero "if i32(lhs == imm) goto label";
            0x02d2 br_i32_ne_imm_short BrI32NeImmShort { lhs: UseByte, imm: ImmS8, label: Label16 } CondBranch fuel Zero "if i32(lhs != imm) goto label";
            0x02d3 br_i32_gt_s_imm_short BrI32GtSImmShort { lhs: UseByte, imm: ImmS8, label: Label16 } CondBranch fuel Zero "if i32(lhs > imm, signed) goto label";
            0x02d4 br_i32_add_nz_short BrI32AddNzShort { dst: DefByte, src: UseByte, step: ImmS8, label: Label8 } CondBranch fuel Zero "dst = i32(src + step); if dst != 0 goto label";
            0x02d5 br_i32_add_ne_short BrI32AddNeShort { dst: DefByte, src: UseByte, limit: UseByte, step: ImmS8, label: Label16 } CondBranch fuel Zero "dst = i32(src + step); if dst != limit goto label";
            0x02d6 load8_u_short Load8UShort { dst: DefAccByte, addr: UseByte, offset: ImmU16 } Next fuel Zero "dst = u64(u8) at mem[addr + offset]";
            0x02d7 load32_short Load32Short { dst: DefAccByte, addr: UseByte, offset: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[addr + offset]";
            0x02d8 load64_short Load64Short { dst: DefAccByte, addr: UseByte, offset: ImmU16 } Next fuel Zero "dst = u64 at mem[addr + offset]";
            0x02d9 load8_u_wrap_short Load8UWrapShort { dst: DefAccByte, addr: UseByte, offset: ImmU8, k: ImmS8 } Next fuel Zero "dst = u64(u8) at mem[wrap(addr + k) + offset]";
            0x02da load32_wrap_short Load32WrapShort { dst: DefAccByte, addr: UseByte, offset: ImmU8, k: ImmS8 } Next fuel Zero "dst = u64(u32) at mem[wrap(addr + k) + offset]";
            0x02db load64_wrap_short Load64WrapShort { dst: DefAccByte, addr: UseByte, offset: ImmU8, k: ImmS8 } Next fuel Zero "dst = u64 at mem[wrap(addr + k) + offset]";
            0x02dc load32_index_short Load32IndexShort { dst: DefAccByte, addr: UseByte, index: UseByte, shift: ShiftByte, offset: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[wrap(addr + (index << shift)) + offset]";
            0x02dd store32_short Store32Short { addr: UseByte, src: UseByte, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u32(src)";
            0x02de store64_short Store64Short { addr: UseByte, src: UseByte, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u64(src)";
            0x02df store32_wrap_short Store32WrapShort { addr: UseByte, src: UseByte, offset: ImmU8, k: ImmS8 } Next fuel Zero "mem[wrap(addr + k) + offset] = u32(src)";
            0x02e0 store64_wrap_short Store64WrapShort { addr: UseByte, src: UseByte, offset: ImmU8, k: ImmS8 } Next fuel Zero "mem[wrap(addr + k) + offset] = u64(src)";
            0x02e1 store32_index_short Store32IndexShort { addr: UseByte, index: UseByte, src: UseByte, shift: ShiftByte, offset: ImmU16 } Next fuel Zero "mem[wrap(addr + (index << shift)) + offset] = u32(src)";
            0x02e2 i32_add_load_short I32AddLoadShort { dst: DefAccByte, lhs: UseByte, addr: UseByte, offset: ImmU8 } Next fuel Zero "dst = i32(lhs + mem[addr + offset])";
            0x02e3 i32_add_mem_imm_short I32AddMemImmShort { addr: UseByte, imm: ImmS8, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = i32(mem[addr + offset] + imm)";
            0x02e4 store32_imm_short Store32ImmShort { addr: UseByte, imm: ImmS8, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u32(imm)";
            0x02e5 store8_imm_short Store8ImmShort { addr: UseByte, imm: ImmS8, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u8(imm)";
            0x02e6 store64_imm_short Store64ImmShort { addr: UseByte, imm: ImmS8, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = s64(imm)";
            0x02e7 const_u16_short ConstU16Short { dst: DefAccByte, imm: ImmU8 } Next fuel Zero "dst = u64(imm)";
            0x02e8 i32_add_acc_lhs_short I32AddAccLhsShort { dst: DefAccByte, lhs: AccByte, rhs: Use } Next fuel Zero "dst = i32(lhs + rhs)";
            0x02e9 i32_and_acc_lhs_short I32AndAccLhsShort { dst: DefAccByte, lhs: AccByte, rhs: Use } Next fuel Zero "dst = i32(lhs & rhs)";
            0x02ea i32_or_acc_lhs_short I32OrAccLhsShort { dst: DefAccByte, lhs: AccByte, rhs: Use } Next fuel Zero "dst = i32(lhs | rhs)";
            0x02eb i32_add_imm_acc_lhs_short I32AddImmAccLhsShort { dst: DefAccByte, lhs: AccByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs + imm)";
            0x02ec i32_and_imm_acc_lhs_short I32AndImmAccLhsShort { dst: DefAccByte, lhs: AccByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs & imm)";
            0x02ed i32_shl_imm_acc_lhs_short I32ShlImmAccLhsShort { dst: DefAccByte, lhs: AccByte, imm: ImmS16 } Next fuel Zero "dst = i32(lhs << imm)";
            0x02ee i64_and_acc_lhs_short I64AndAccLhsShort { dst: DefAccByte, lhs: AccByte, rhs: Use } Next fuel Zero "dst = i64(lhs & rhs)";
            0x02ef load32_acc_addr_short Load32AccAddrShort { dst: DefAccByte, addr: AccByte, offset: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[addr + offset]";
            0x02f0 load32_index_acc_index_short Load32IndexAccIndexShort { dst: DefAccByte, addr: UseByte, index: AccByte, shift: ShiftByte, offset: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[wrap(addr + (index << shift)) + offset]";
            0x02f1 load32_index_acc_addr_short Load32IndexAccAddrShort { dst: DefAccByte, addr: AccByte, index: UseByte, shift: ShiftByte, offset: ImmU16 } Next fuel Zero "dst = u64(u32) at mem[wrap(addr + (index << shift)) + offset]";
            0x02f2 store32_acc_src_short Store32AccSrcShort { addr: UseByte, src: AccByte, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u32(src)";
            0x02f3 store64_acc_src_short Store64AccSrcShort { addr: UseByte, src: AccByte, offset: ImmU16 } Next fuel Zero "mem[addr + offset] = u64(src)";
            0x02f4 i32_add_load_acc_lhs_short I32AddLoadAccLhsShort { dst: DefAccByte, lhs: AccByte, addr: UseByte, offset: ImmU8 } Next fuel Zero "dst = i32(lhs + mem[addr + offset])";
            0x02f5 select_acc_cond_short SelectAccCondShort { dst: DefAccByte, a: UseByte, b: UseByte, cond: AccByte } Next fuel Zero "dst = u32(cond) != 0 ? a : b";
            0x02f6 global_set_acc_src_tiny GlobalSetAccSrcTiny { src: AccByte, global: GlobalByte } Next fuel Zero "global = src";
            0x02f7 br_nz_acc_cond_short BrNzAccCondShort { cond: AccByte, label: Label8 } CondBranch fuel Zero "if u32(cond) != 0 goto label";
            0x02f8 br_z_acc_cond_short BrZAccCondShort { cond: AccByte, label: Label8 } CondBranch fuel Zero "if u32(cond) == 0 goto label";
            0x02f9 br_i32_eq_acc_lhs_short BrI32EqAccLhsShort { lhs: AccByte, rhs: UseByte, label: Label16 } CondBranch fuel Zero "if i32(lhs == rhs) goto label";
            0x02fa br_i32_ne_acc_lhs_short BrI32NeAccLhsShort { lhs: AccByte, rhs: UseByte, label: Label16 } CondBranch fuel Zero "if i32(lhs != rhs) goto label";
            0x02fb br_i32_eq_imm_acc_lhs_short BrI32EqImmAccLhsShort { lhs: AccByte, imm: ImmS8, label: Label16 } CondBranch fuel Zero "if i32(lhs == imm) goto label";
            0x02fc br_i32_ne_imm_acc_lhs_short BrI32NeImmAccLhsShort { lhs: AccByte, imm: ImmS8, label: Label16 } CondBranch fuel Zero "if i32(lhs != imm) goto label";
            0x02fe const_i32 ConstI32 { dst: DefAccByte, imm: ImmS8 } Next fuel Zero "dst = u32(imm)";
            0x02ff const_s32_short ConstS32Short { dst: DefAccByte, imm: ImmS8 } Next fuel Zero "dst = s64(imm)";

            // A label in the low byte of the opcode.
            0x03ff br_short BrShort { label: OwnLabel } Branch fuel Zero "goto label";
        }
    };
}
