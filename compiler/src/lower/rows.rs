//! The instructions that stand for each operator of the IR: one row per operator, so that a new instruction is one word here.
//!
//! Input: operators of [`crate::ir`]; output: opcodes and how operands go into them. Nothing here looks at a function.

use super::cond::{Compare, FloatCond, IntCond, Width};
use crate::ir::{BinaryOp, LoadOp, StoreOp, UnaryOp};
use wrt_format::isa::Op;

/// How a constant right operand becomes the immediate of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImmRule {
    /// As it is.
    Same,
    /// Its negative: the instruction adds what the operator subtracts.
    Negative,
    /// Modulo this width: a shift distance.
    Distance(u32),
    /// The width minus it, modulo the width: the instruction rotates the other way.
    OtherWay(u32),
}

impl ImmRule {
    /// The immediate for a right operand, given as a signed number of the operator's width.
    pub(super) fn apply(self, value: i64, width: Width) -> i64 {
        match self {
            Self::Same => value,
            Self::Negative => width.signed(value.wrapping_neg() as u64),
            Self::Distance(bits) => value & i64::from(bits - 1),
            Self::OtherWay(bits) => value.wrapping_neg() & i64::from(bits - 1),
        }
    }
}

/// The instructions of an operator that is no comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArithRow {
    /// Both operands in slots.
    pub(super) rr: Op,
    /// The right operand as an immediate.
    pub(super) imm: Option<(Op, ImmRule)>,
    /// Whether the operands may change places.
    pub(super) commutes: bool,
    /// The right operand loaded from memory.
    pub(super) load: Option<Op>,
    /// The result stored to memory.
    pub(super) store: Option<Op>,
    /// `a * b + c`, and the operator that multiplies.
    pub(super) mul_add: Option<(BinaryOp, Op)>,
    /// `a * b - c`, and the operator that multiplies.
    pub(super) mul_sub: Option<(BinaryOp, Op)>,
    /// `c - a * b`, and the operator that multiplies.
    pub(super) sub_mul: Option<(BinaryOp, Op)>,
    /// `a + (b << shift)`, and the operator that shifts.
    pub(super) shl_add: Option<(BinaryOp, Op)>,
    /// Branches if the result is not 0: with the right operand in a slot, and as an immediate.
    pub(super) test: Option<(Op, Op)>,
}

/// The instructions of an operator with two operands.
#[derive(Clone, Copy, Debug)]
pub(super) enum BinaryRow {
    /// A value.
    Arith(ArithRow),
    /// A truth value.
    Compare(Compare),
}

impl ArithRow {
    const fn imm(mut self, op: Op) -> Self {
        self.imm = Some((op, ImmRule::Same));
        self
    }
    const fn imm_as(mut self, op: Op, rule: ImmRule) -> Self {
        self.imm = Some((op, rule));
        self
    }
    const fn commutes(mut self) -> Self {
        self.commutes = true;
        self
    }
    const fn memory(mut self, load: Op, store: Op) -> Self {
        self.load = Some(load);
        self.store = Some(store);
        self
    }
    const fn mul_add(mut self, mul: BinaryOp, op: Op) -> Self {
        self.mul_add = Some((mul, op));
        self
    }
    const fn mul_sub(mut self, mul: BinaryOp, mul_sub: Op, sub_mul: Op) -> Self {
        self.mul_sub = Some((mul, mul_sub));
        self.sub_mul = Some((mul, sub_mul));
        self
    }
    const fn shl_add(mut self, shl: BinaryOp, op: Op) -> Self {
        self.shl_add = Some((shl, op));
        self
    }
    const fn test(mut self, op: Op, imm: Op) -> Self {
        self.test = Some((op, imm));
        self
    }
    const fn row(self) -> BinaryRow {
        BinaryRow::Arith(self)
    }
}

const fn arith(rr: Op) -> ArithRow {
    ArithRow {
        rr,
        imm: None,
        commutes: false,
        load: None,
        store: None,
        mul_add: None,
        mul_sub: None,
        sub_mul: None,
        shl_add: None,
        test: None,
    }
}

const fn int32(cond: IntCond) -> BinaryRow {
    BinaryRow::Compare(Compare::Int(Width::W32, cond))
}
const fn int64(cond: IntCond) -> BinaryRow {
    BinaryRow::Compare(Compare::Int(Width::W64, cond))
}
const fn float32(cond: FloatCond) -> BinaryRow {
    BinaryRow::Compare(Compare::Float(Width::W32, cond))
}
const fn float64(cond: FloatCond) -> BinaryRow {
    BinaryRow::Compare(Compare::Float(Width::W64, cond))
}

/// The instructions of a binary operator.
#[expect(
    clippy::too_many_lines,
    reason = "a table: one row per operator, nothing to split"
)]
#[rustfmt::skip]
pub(super) const fn binary(op: BinaryOp) -> BinaryRow {
    use BinaryOp as B;
    use ImmRule::{Distance, Negative, OtherWay};
    match op {
        B::I32Add => arith(Op::I32Add).imm(Op::I32AddImm).commutes().memory(Op::I32AddLoad, Op::I32AddStore)
            .mul_add(B::I32Mul, Op::I32MulAdd).shl_add(B::I32Shl, Op::I32ShlAdd).row(),
        B::I32Sub => arith(Op::I32Sub).imm_as(Op::I32AddImm, Negative).memory(Op::I32SubLoad, Op::I32SubStore).row(),
        B::I32Mul => arith(Op::I32Mul).imm(Op::I32MulImm).commutes().memory(Op::I32MulLoad, Op::I32MulStore).row(),
        B::I32DivS => arith(Op::I32DivS).row(),
        B::I32DivU => arith(Op::I32DivU).row(),
        B::I32RemS => arith(Op::I32RemS).row(),
        B::I32RemU => arith(Op::I32RemU).row(),
        B::I32And => arith(Op::I32And).imm(Op::I32AndImm).commutes().memory(Op::I32AndLoad, Op::I32AndStore)
            .test(Op::BrI32AndNz, Op::BrI32AndNzImm).row(),
        B::I32Or => arith(Op::I32Or).imm(Op::I32OrImm).commutes().memory(Op::I32OrLoad, Op::I32OrStore).row(),
        B::I32Xor => arith(Op::I32Xor).imm(Op::I32XorImm).commutes().memory(Op::I32XorLoad, Op::I32XorStore).row(),
        B::I32Shl => arith(Op::I32Shl).imm_as(Op::I32ShlImm, Distance(32)).row(),
        B::I32ShrS => arith(Op::I32ShrS).imm_as(Op::I32ShrSImm, Distance(32)).row(),
        B::I32ShrU => arith(Op::I32ShrU).imm_as(Op::I32ShrUImm, Distance(32)).row(),
        B::I32Rotl => arith(Op::I32Rotl).imm_as(Op::I32RotlImm, Distance(32)).row(),
        B::I32Rotr => arith(Op::I32Rotr).imm_as(Op::I32RotlImm, OtherWay(32)).row(),
        B::I32Eq => int32(IntCond::Eq),
        B::I32Ne => int32(IntCond::Ne),
        B::I32LtS => int32(IntCond::LtS),
        B::I32LtU => int32(IntCond::LtU),
        B::I32GtS => int32(IntCond::GtS),
        B::I32GtU => int32(IntCond::GtU),
        B::I32LeS => int32(IntCond::LeS),
        B::I32LeU => int32(IntCond::LeU),
        B::I32GeS => int32(IntCond::GeS),
        B::I32GeU => int32(IntCond::GeU),
        B::I64Add => arith(Op::I64Add).imm(Op::I64AddImm).commutes().memory(Op::I64AddLoad, Op::I64AddStore)
            .mul_add(B::I64Mul, Op::I64MulAdd).shl_add(B::I64Shl, Op::I64ShlAdd).row(),
        B::I64Sub => arith(Op::I64Sub).imm_as(Op::I64AddImm, Negative).memory(Op::I64SubLoad, Op::I64SubStore).row(),
        B::I64Mul => arith(Op::I64Mul).imm(Op::I64MulImm).commutes().row(),
        B::I64DivS => arith(Op::I64DivS).row(),
        B::I64DivU => arith(Op::I64DivU).row(),
        B::I64RemS => arith(Op::I64RemS).row(),
        B::I64RemU => arith(Op::I64RemU).row(),
        B::I64And => arith(Op::I64And).imm(Op::I64AndImm).commutes().test(Op::BrI64AndNz, Op::BrI64AndNzImm).row(),
        B::I64Or => arith(Op::I64Or).imm(Op::I64OrImm).commutes().row(),
        B::I64Xor => arith(Op::I64Xor).imm(Op::I64XorImm).commutes().memory(Op::I64XorLoad, Op::I64XorStore).row(),
        B::I64Shl => arith(Op::I64Shl).imm_as(Op::I64ShlImm, Distance(64)).row(),
        B::I64ShrS => arith(Op::I64ShrS).imm_as(Op::I64ShrSImm, Distance(64)).row(),
        B::I64ShrU => arith(Op::I64ShrU).imm_as(Op::I64ShrUImm, Distance(64)).row(),
        B::I64Rotl => arith(Op::I64Rotl).imm_as(Op::I64RotlImm, Distance(64)).row(),
        B::I64Rotr => arith(Op::I64Rotr).imm_as(Op::I64RotlImm, OtherWay(64)).row(),
        B::I64MulHighS => arith(Op::I64MulHighS).commutes().row(),
        B::I64MulHighU => arith(Op::I64MulHighU).commutes().row(),
        B::I64Eq | B::RefEq => int64(IntCond::Eq),
        B::I64Ne => int64(IntCond::Ne),
        B::I64LtS => int64(IntCond::LtS),
        B::I64LtU => int64(IntCond::LtU),
        B::I64GtS => int64(IntCond::GtS),
        B::I64GtU => int64(IntCond::GtU),
        B::I64LeS => int64(IntCond::LeS),
        B::I64LeU => int64(IntCond::LeU),
        B::I64GeS => int64(IntCond::GeS),
        B::I64GeU => int64(IntCond::GeU),
        B::F32Add => arith(Op::F32Add).commutes().memory(Op::F32AddLoad, Op::F32AddStore).mul_add(B::F32Mul, Op::F32MulAdd).row(),
        B::F32Sub => arith(Op::F32Sub).memory(Op::F32SubLoad, Op::F32SubStore).mul_sub(B::F32Mul, Op::F32MulSub, Op::F32SubMul).row(),
        B::F32Mul => arith(Op::F32Mul).commutes().memory(Op::F32MulLoad, Op::F32MulStore).row(),
        B::F32Div => arith(Op::F32Div).row(),
        B::F32Min => arith(Op::F32Min).row(),
        B::F32Max => arith(Op::F32Max).row(),
        B::F32Copysign => arith(Op::F32Copysign).row(),
        B::F32Eq => float32(FloatCond::Eq),
        B::F32Ne => float32(FloatCond::Ne),
        B::F32Lt => float32(FloatCond::Lt),
        B::F32Gt => float32(FloatCond::Gt),
        B::F32Le => float32(FloatCond::Le),
        B::F32Ge => float32(FloatCond::Ge),
        B::F64Add => arith(Op::F64Add).commutes().memory(Op::F64AddLoad, Op::F64AddStore).mul_add(B::F64Mul, Op::F64MulAdd).row(),
        B::F64Sub => arith(Op::F64Sub).memory(Op::F64SubLoad, Op::F64SubStore).mul_sub(B::F64Mul, Op::F64MulSub, Op::F64SubMul).row(),
        B::F64Mul => arith(Op::F64Mul).commutes().memory(Op::F64MulLoad, Op::F64MulStore).row(),
        B::F64Div => arith(Op::F64Div).row(),
        B::F64Min => arith(Op::F64Min).row(),
        B::F64Max => arith(Op::F64Max).row(),
        B::F64Copysign => arith(Op::F64Copysign).row(),
        B::F64Eq => float64(FloatCond::Eq),
        B::F64Ne => float64(FloatCond::Ne),
        B::F64Lt => float64(FloatCond::Lt),
        B::F64Gt => float64(FloatCond::Gt),
        B::F64Le => float64(FloatCond::Le),
        B::F64Ge => float64(FloatCond::Ge),
    }
}

/// The comparison that an operator is, if it is one.
pub(super) const fn compare(op: BinaryOp) -> Option<Compare> {
    match binary(op) {
        BinaryRow::Compare(compare) => Some(compare),
        BinaryRow::Arith(_) => None,
    }
}

/// What becomes of an operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnaryRow {
    /// An instruction.
    Op(Op),
    /// Nothing: the result has the slot bits of the operand.
    Alias,
    /// A comparison with 0.
    IsZero(Width),
}

/// What becomes of a unary operator.
#[rustfmt::skip]
pub(super) const fn unary(op: UnaryOp) -> UnaryRow {
    use UnaryOp as U;
    UnaryRow::Op(match op {
        // An i32 or f32 fills its slot zero-extended, so widening without sign and reinterpreting change no bit.
        U::I64ExtendI32U
        | U::I32ReinterpretF32 | U::I64ReinterpretF64 | U::F32ReinterpretI32 | U::F64ReinterpretI64 => return UnaryRow::Alias,
        U::AnyConvertExtern | U::ExternConvertAny => return UnaryRow::Alias,
        U::RefI31 => Op::RefI31,
        U::I31GetS => Op::I31GetS,
        U::I31GetU => Op::I31GetU,
        U::I32Eqz => return UnaryRow::IsZero(Width::W32),
        U::I64Eqz => return UnaryRow::IsZero(Width::W64),
        U::I32WrapI64 => Op::I64ExtendI32U,
        U::I64ExtendI32S | U::I64Extend32S => Op::I64Extend32S,
        U::I32Clz => Op::I32Clz,
        U::I32Ctz => Op::I32Ctz,
        U::I32Popcnt => Op::I32Popcnt,
        U::I32Extend8S => Op::I32Extend8S,
        U::I32Extend16S => Op::I32Extend16S,
        U::I64Clz => Op::I64Clz,
        U::I64Ctz => Op::I64Ctz,
        U::I64Popcnt => Op::I64Popcnt,
        U::I64Extend8S => Op::I64Extend8S,
        U::I64Extend16S => Op::I64Extend16S,
        U::F32Abs => Op::F32Abs,
        U::F32Neg => Op::F32Neg,
        U::F32Ceil => Op::F32Ceil,
        U::F32Floor => Op::F32Floor,
        U::F32Trunc => Op::F32Trunc,
        U::F32Nearest => Op::F32Nearest,
        U::F32Sqrt => Op::F32Sqrt,
        U::F64Abs => Op::F64Abs,
        U::F64Neg => Op::F64Neg,
        U::F64Ceil => Op::F64Ceil,
        U::F64Floor => Op::F64Floor,
        U::F64Trunc => Op::F64Trunc,
        U::F64Nearest => Op::F64Nearest,
        U::F64Sqrt => Op::F64Sqrt,
        U::I32TruncF32S => Op::I32TruncF32S,
        U::I32TruncF32U => Op::I32TruncF32U,
        U::I32TruncF64S => Op::I32TruncF64S,
        U::I32TruncF64U => Op::I32TruncF64U,
        U::I64TruncF32S => Op::I64TruncF32S,
        U::I64TruncF32U => Op::I64TruncF32U,
        U::I64TruncF64S => Op::I64TruncF64S,
        U::I64TruncF64U => Op::I64TruncF64U,
        U::I32TruncSatF32S => Op::I32TruncSatF32S,
        U::I32TruncSatF32U => Op::I32TruncSatF32U,
        U::I32TruncSatF64S => Op::I32TruncSatF64S,
        U::I32TruncSatF64U => Op::I32TruncSatF64U,
        U::I64TruncSatF32S => Op::I64TruncSatF32S,
        U::I64TruncSatF32U => Op::I64TruncSatF32U,
        U::I64TruncSatF64S => Op::I64TruncSatF64S,
        U::I64TruncSatF64U => Op::I64TruncSatF64U,
        U::F32ConvertI32S => Op::F32ConvertI32S,
        U::F32ConvertI32U => Op::F32ConvertI32U,
        U::F32ConvertI64S => Op::F32ConvertI64S,
        U::F32ConvertI64U => Op::F32ConvertI64U,
        U::F64ConvertI32S => Op::F64ConvertI32S,
        U::F64ConvertI32U => Op::F64ConvertI32U,
        U::F64ConvertI64S => Op::F64ConvertI64S,
        U::F64ConvertI64U => Op::F64ConvertI64U,
        U::F32DemoteF64 => Op::F32DemoteF64,
        U::F64PromoteF32 => Op::F64PromoteF32,
    })
}

/// The instructions of a load or store, by the form of its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemRow {
    /// Slot + 16-bit offset.
    pub(super) plain: Op,
    /// Slot + 32-bit offset.
    pub(super) far: Op,
    /// Wrapping sum of slot and constant, + 16-bit offset.
    pub(super) wrap: Op,
    /// Wrapping sum of slot and shifted slot, + 32-bit offset.
    pub(super) index: Op,
    /// Slot + 32-bit offset in any memory.
    pub(super) mem: Op,
    /// Shifted slot, wrapping, + 32-bit offset, if there is one.
    pub(super) scaled: Option<Op>,
}

impl MemRow {
    /// The instruction for an address that is known, if there is one.
    pub(super) const fn known(&self) -> Option<Op> {
        if matches!(self.plain, Op::Load32) {
            Some(Op::Load32At)
        } else if matches!(self.plain, Op::Store32) {
            Some(Op::Store32At)
        } else {
            None
        }
    }
}

macro_rules! mem_row {
    ($plain:ident $far:ident $wrap:ident $index:ident $mem:ident) => {
        mem_row!($plain $far $wrap $index $mem, None)
    };
    ($plain:ident $far:ident $wrap:ident $index:ident $mem:ident $scaled:ident) => {
        mem_row!($plain $far $wrap $index $mem, Some(Op::$scaled))
    };
    ($plain:ident $far:ident $wrap:ident $index:ident $mem:ident, $scaled:expr) => {
        MemRow {
            plain: Op::$plain,
            far: Op::$far,
            wrap: Op::$wrap,
            index: Op::$index,
            mem: Op::$mem,
            scaled: $scaled,
        }
    };
}

/// The instructions of a load.
#[rustfmt::skip]
pub(super) const fn load(op: LoadOp) -> MemRow {
    match op {
        LoadOp::I32Load8U | LoadOp::I64Load8U => mem_row!(Load8U Load8UFar Load8UWrap Load8UIndex Load8UMem),
        LoadOp::I32Load8S => mem_row!(Load8SI32 Load8SI32Far Load8SI32Wrap Load8SI32Index Load8SI32Mem),
        LoadOp::I64Load8S => mem_row!(Load8SI64 Load8SI64Far Load8SI64Wrap Load8SI64Index Load8SI64Mem),
        LoadOp::I32Load16U | LoadOp::I64Load16U => mem_row!(Load16U Load16UFar Load16UWrap Load16UIndex Load16UMem Load16UScaled),
        LoadOp::I32Load16S => mem_row!(Load16SI32 Load16SI32Far Load16SI32Wrap Load16SI32Index Load16SI32Mem Load16SI32Scaled),
        LoadOp::I64Load16S => mem_row!(Load16SI64 Load16SI64Far Load16SI64Wrap Load16SI64Index Load16SI64Mem),
        LoadOp::I32Load | LoadOp::I64Load32U | LoadOp::F32Load => mem_row!(Load32 Load32Far Load32Wrap Load32Index Load32Mem Load32Scaled),
        LoadOp::I64Load32S => mem_row!(Load32SI64 Load32SI64Far Load32SI64Wrap Load32SI64Index Load32SI64Mem),
        LoadOp::I64Load | LoadOp::F64Load => mem_row!(Load64 Load64Far Load64Wrap Load64Index Load64Mem Load64Scaled),
        LoadOp::V128Load => mem_row!(Load128 Load128Far Load128Wrap Load128Index Load128Mem),
        LoadOp::V128Load8x8S => mem_row!(Load8x8S Load8x8SFar Load8x8SWrap Load8x8SIndex Load8x8SMem),
        LoadOp::V128Load8x8U => mem_row!(Load8x8U Load8x8UFar Load8x8UWrap Load8x8UIndex Load8x8UMem),
        LoadOp::V128Load16x4S => mem_row!(Load16x4S Load16x4SFar Load16x4SWrap Load16x4SIndex Load16x4SMem),
        LoadOp::V128Load16x4U => mem_row!(Load16x4U Load16x4UFar Load16x4UWrap Load16x4UIndex Load16x4UMem),
        LoadOp::V128Load32x2S => mem_row!(Load32x2S Load32x2SFar Load32x2SWrap Load32x2SIndex Load32x2SMem),
        LoadOp::V128Load32x2U => mem_row!(Load32x2U Load32x2UFar Load32x2UWrap Load32x2UIndex Load32x2UMem),
        LoadOp::V128Load8Splat => mem_row!(Load8Splat Load8SplatFar Load8SplatWrap Load8SplatIndex Load8SplatMem),
        LoadOp::V128Load16Splat => mem_row!(Load16Splat Load16SplatFar Load16SplatWrap Load16SplatIndex Load16SplatMem),
        LoadOp::V128Load32Splat => mem_row!(Load32Splat Load32SplatFar Load32SplatWrap Load32SplatIndex Load32SplatMem),
        LoadOp::V128Load64Splat => mem_row!(Load64Splat Load64SplatFar Load64SplatWrap Load64SplatIndex Load64SplatMem),
        LoadOp::V128Load32Zero => mem_row!(Load32Zero Load32ZeroFar Load32ZeroWrap Load32ZeroIndex Load32ZeroMem),
        LoadOp::V128Load64Zero => mem_row!(Load64Zero Load64ZeroFar Load64ZeroWrap Load64ZeroIndex Load64ZeroMem),
    }
}

/// The instructions of a store.
#[rustfmt::skip]
pub(super) const fn store(op: StoreOp) -> MemRow {
    match op {
        StoreOp::Store8 => mem_row!(Store8 Store8Far Store8Wrap Store8Index Store8Mem),
        StoreOp::Store16 => mem_row!(Store16 Store16Far Store16Wrap Store16Index Store16Mem Store16Scaled),
        StoreOp::Store32 => mem_row!(Store32 Store32Far Store32Wrap Store32Index Store32Mem Store32Scaled),
        StoreOp::Store64 => mem_row!(Store64 Store64Far Store64Wrap Store64Index Store64Mem Store64Scaled),
        StoreOp::Store128 => mem_row!(Store128 Store128Far Store128Wrap Store128Index Store128Mem),
    }
}

/// The store of a constant, and the width in which the constant counts. There is none of 16 bits.
pub(super) const fn store_imm(op: StoreOp) -> Option<(Op, u32)> {
    match op {
        StoreOp::Store8 => Some((Op::Store8Imm, 8)),
        StoreOp::Store16 => None,
        StoreOp::Store32 => Some((Op::Store32Imm, 32)),
        StoreOp::Store64 => Some((Op::Store64Imm, 64)),
        StoreOp::Store128 => None,
    }
}
