//! The pairs of vector instructions.

use super::Src::{First, Other, Second, Zero};
use super::{CHAIN, EITHER, Fuser, Rule, VInst, made, rule, same};
use crate::lower::select::fits16;
use wrt_format::isa::Op;

/// `(a op imm) op b`.
const SHIFTED: &[super::Src] = &[Second(0), First(1), Other, First(2)];
/// `((a op imm) op b) op c`.
const GATHERED: &[super::Src] = &[Second(0), First(1), First(2), Other, First(3)];
/// `a op memory`, in either form of address.
const NEAR: &[super::Src] = &[Second(0), Other, First(1), First(2), Zero];
const WRAP: &[super::Src] = &[Second(0), Other, First(1), First(2), First(3)];
/// `a * memory + c`.
const NEAR_ADD: &[super::Src] = &[Second(0), Other, Second(3), First(1), First(2), Zero];
const WRAP_ADD: &[super::Src] = &[Second(0), Other, Second(3), First(1), First(2), First(3)];
/// A load of less than a vector, in either form of address.
const NARROW: &[super::Src] = &[Second(0), First(1), First(2)];
const NARROW_WRAP: &[super::Src] = &[Second(0), First(1), First(2), First(3)];
/// One of two.
const CHOSEN: &[super::Src] = &[Second(0), Second(2), Second(1)];

/// In the order in which they are tried.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    // Operands in memory first: nothing else would take those loads.
    rule(Op::Load8x8U, Op::I16x8Add, EITHER, Op::I16x8AddLoad8x8UWrap, NEAR),
    rule(Op::Load8x8UWrap, Op::I16x8Add, EITHER, Op::I16x8AddLoad8x8UWrap, WRAP),
    rule(Op::Load128, Op::I32x4Add, EITHER, Op::I32x4AddLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::I32x4Add, EITHER, Op::I32x4AddLoadWrap, WRAP),
    rule(Op::Load128, Op::V128Xor, EITHER, Op::V128XorLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::V128Xor, EITHER, Op::V128XorLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4Add, EITHER, Op::F32x4AddLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F32x4Add, EITHER, Op::F32x4AddLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4Sub, &[2], Op::F32x4SubLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F32x4Sub, &[2], Op::F32x4SubLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4Mul, EITHER, Op::F32x4MulLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F32x4Mul, EITHER, Op::F32x4MulLoadWrap, WRAP),
    rule(Op::Load128, Op::F32x4MulAdd, EITHER, Op::F32x4MulAddLoadWrap, NEAR_ADD),
    rule(Op::Load128Wrap, Op::F32x4MulAdd, EITHER, Op::F32x4MulAddLoadWrap, WRAP_ADD),
    rule(Op::Load128, Op::F64x2Add, EITHER, Op::F64x2AddLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F64x2Add, EITHER, Op::F64x2AddLoadWrap, WRAP),
    rule(Op::Load128, Op::F64x2Mul, EITHER, Op::F64x2MulLoadWrap, NEAR),
    rule(Op::Load128Wrap, Op::F64x2Mul, EITHER, Op::F64x2MulLoadWrap, WRAP),
    rule(Op::Load128, Op::F64x2MulAdd, EITHER, Op::F64x2MulAddLoadWrap, NEAR_ADD),
    rule(Op::Load128Wrap, Op::F64x2MulAdd, EITHER, Op::F64x2MulAddLoadWrap, WRAP_ADD),
    // Halves of vectors become wider lanes where they are loaded; so do quarters.
    rule(Op::Load64Zero, Op::I16x8ExtendLowI8x16S, &[1], Op::Load8x8S, NARROW),
    rule(Op::Load64Zero, Op::I16x8ExtendLowI8x16U, &[1], Op::Load8x8U, NARROW),
    rule(Op::Load64Zero, Op::I32x4ExtendLowI16x8S, &[1], Op::Load16x4S, NARROW),
    rule(Op::Load64Zero, Op::I32x4ExtendLowI16x8U, &[1], Op::Load16x4U, NARROW),
    rule(Op::Load64Zero, Op::I64x2ExtendLowI32x4S, &[1], Op::Load32x2S, NARROW),
    rule(Op::Load64Zero, Op::I64x2ExtendLowI32x4U, &[1], Op::Load32x2U, NARROW),
    rule(Op::Load64ZeroWrap, Op::I16x8ExtendLowI8x16S, &[1], Op::Load8x8SWrap, NARROW_WRAP),
    rule(Op::Load64ZeroWrap, Op::I16x8ExtendLowI8x16U, &[1], Op::Load8x8UWrap, NARROW_WRAP),
    rule(Op::Load64ZeroWrap, Op::I32x4ExtendLowI16x8S, &[1], Op::Load16x4SWrap, NARROW_WRAP),
    rule(Op::Load64ZeroWrap, Op::I32x4ExtendLowI16x8U, &[1], Op::Load16x4UWrap, NARROW_WRAP),
    rule(Op::Load64ZeroWrap, Op::I64x2ExtendLowI32x4S, &[1], Op::Load32x2SWrap, NARROW_WRAP),
    rule(Op::Load64ZeroWrap, Op::I64x2ExtendLowI32x4U, &[1], Op::Load32x2UWrap, NARROW_WRAP),
    rule(Op::I16x8ExtendLowI8x16S, Op::I32x4ExtendLowI16x8S, &[1], Op::I32x4ExtendLowI8x16S, &[Second(0), First(1)]),
    rule(Op::I16x8ExtendLowI8x16U, Op::I32x4ExtendLowI16x8U, &[1], Op::I32x4ExtendLowI8x16U, &[Second(0), First(1)]),
    rule(Op::Load32Zero, Op::I32x4ExtendLowI8x16S, &[1], Op::Load8x4SWrap, &[Second(0), First(1), First(2), Zero]),
    rule(Op::Load32Zero, Op::I32x4ExtendLowI8x16U, &[1], Op::Load8x4UWrap, &[Second(0), First(1), First(2), Zero]),
    rule(Op::Load32ZeroWrap, Op::I32x4ExtendLowI8x16S, &[1], Op::Load8x4SWrap, NARROW_WRAP),
    rule(Op::Load32ZeroWrap, Op::I32x4ExtendLowI8x16U, &[1], Op::Load8x4UWrap, NARROW_WRAP),
    // Tests.
    rule(Op::I8x16AllTrue, Op::BrNz, &[0], Op::BrI8x16AllTrue, &[First(1), Second(1)]),
    rule(Op::I8x16AllTrue, Op::BrZ, &[0], Op::BrI8x16NotAllTrue, &[First(1), Second(1)]),
    rule(Op::I8x16Add, Op::I8x16LtU, &[1], Op::I8x16AddLtU, &[Second(0), First(1), First(2), Second(2)]),
    rule(Op::I8x16Eq, Op::I8x16Bitmask, &[1], Op::I8x16EqBitmask, &[Second(0), First(1), First(2)]),
    rule(Op::V128AnyTrue, Op::BrNz, &[0], Op::BrV128AnyTrue, &[First(1), Second(1)]),
    rule(Op::V128AnyTrue, Op::BrZ, &[0], Op::BrV128NoneTrue, &[First(1), Second(1)]),
    // Shifts and rotations.
    rule(Op::V128Xor, Op::I32x4RotlImm, &[1], Op::I32x4XorRotlImm, &[Second(0), First(1), First(2), Second(2)]),
    rule(Op::V128Xor, Op::I64x2RotlImm, &[1], Op::I64x2XorRotlImm, &[Second(0), First(1), First(2), Second(2)]),
    rule(Op::I32x4ShlImm, Op::V128And, EITHER, Op::I32x4ShlImmAnd, SHIFTED),
    rule(Op::I32x4ShrUImm, Op::V128And, EITHER, Op::I32x4ShrUImmAnd, SHIFTED),
    rule(Op::I32x4ShlImmAnd, Op::V128Or, EITHER, Op::I32x4ShlImmAndOr, GATHERED),
    rule(Op::I32x4ShrUImmAnd, Op::V128Or, EITHER, Op::I32x4ShrUImmAndOr, GATHERED),
    rule(Op::I16x8ShlImm, Op::I16x8Add, EITHER, Op::I16x8ShlImmAdd, SHIFTED),
    rule(Op::I32x4ShlImm, Op::I32x4Add, EITHER, Op::I32x4ShlImmAdd, SHIFTED),
    rule(Op::I32x4ShlImm, Op::I32x4ShrSImm, &[1], Op::I32x4ShlImmShrSImm, &[Second(0), First(1), First(2), Second(2)]),
    // Products and sums.
    rule(Op::I32x4Mul, Op::I32x4Add, EITHER, Op::I32x4MulAdd, CHAIN),
    rule(Op::I16x8Mul, Op::I16x8Add, EITHER, Op::I16x8MulAdd, CHAIN),
    rule(Op::I32x4DotI16x8S, Op::I32x4Add, EITHER, Op::I32x4DotI16x8AddS, CHAIN),
    rule(Op::I32x4Add, Op::I32x4Add, EITHER, Op::I32x4AddAdd, CHAIN),
    rule(Op::I16x8Add, Op::I16x8Add, EITHER, Op::I16x8AddAdd, CHAIN),
    rule(Op::F32x4MulAdd, Op::F32x4MulAdd, &[3], Op::F32x4MulAddMulAdd, &[Second(0), First(1), First(2), First(3), Second(1), Second(2)]),
    rule(Op::F32x4Add, Op::F32x4Add, EITHER, Op::F32x4AddAdd, CHAIN),
    rule(Op::F32x4Sub, Op::F32x4Add, EITHER, Op::F32x4SubAdd, CHAIN),
    rule(Op::F64x2Add, Op::F64x2Add, EITHER, Op::F64x2AddAdd, CHAIN),
    rule(Op::F64x2Sub, Op::F64x2Add, EITHER, Op::F64x2SubAdd, CHAIN),
    // The lesser or the greater of two: not a < b leaves b, also for NaNs and zeros.
    same(rule(Op::F32x4Lt, Op::V128Bitselect, &[3], Op::F32x4PMin, CHOSEN), &[(1, 1), (2, 2)]),
    same(rule(Op::F32x4Lt, Op::V128Bitselect, &[3], Op::F32x4PMax, CHOSEN), &[(1, 2), (2, 1)]),
    same(rule(Op::F64x2Lt, Op::V128Bitselect, &[3], Op::F64x2PMin, CHOSEN), &[(1, 1), (2, 2)]),
    same(rule(Op::F64x2Lt, Op::V128Bitselect, &[3], Op::F64x2PMax, CHOSEN), &[(1, 2), (2, 1)]),
    // Lanes chosen by parts of bytes.
    rule(Op::V128And, Op::I8x16Swizzle, &[2], Op::I8x16SwizzleAnd, &[Second(0), Second(1), First(1), First(2)]),
    rule(Op::I8x16ShrUImm, Op::I8x16Swizzle, &[2], Op::I8x16SwizzleShrUImm, &[Second(0), Second(1), First(1), First(2)]),
    // Bits.
    rule(Op::V128Or, Op::V128Or, EITHER, Op::V128OrOr, CHAIN),
    rule(Op::V128And, Op::V128Or, EITHER, Op::V128AndOr, CHAIN),
    rule(Op::V128And, Op::V128Xor, EITHER, Op::V128AndXor, CHAIN),
    rule(Op::V128Xor, Op::V128Xor, EITHER, Op::V128XorXor, CHAIN),
];

/// Accesses without an offset behind the address, by the place of `addr`: that of `offset` is the next, and that of `k`, if there is one, is
/// the one behind that.
const PLACES: &[(Op, usize, bool)] = &[
    (Op::Load128, 1, false),
    (Op::Load128Wrap, 1, true),
    (Op::Load32Splat, 1, false),
    (Op::Load32SplatWrap, 1, true),
    (Op::Load16x4S, 1, false),
    (Op::Load16x4SWrap, 1, true),
    (Op::F32x4MulAddLoadWrap, 3, true),
    (Op::F64x2MulAddLoadWrap, 3, true),
];

/// Where an instruction reads memory: the slot of the address, and what is added to it in the width of addresses.
fn place(inst: &VInst) -> Option<(i64, i64)> {
    let &(_, addr, wraps) = PLACES.iter().find(|it| it.0 == inst.op)?;
    let k = if wraps { inst.fields[addr + 2] } else { 0 };
    (inst.fields[addr + 1] == 0).then_some((inst.fields[addr], k))
}

/// Two places as the operands of an instruction: the slots, what is added to the first, and how much more to the second.
fn apart(first: (i64, i64), second: (i64, i64)) -> Option<[i64; 4]> {
    let more = second.1.wrapping_sub(first.1);
    fits16(more).then_some([first.0, second.0, first.1, more])
}

/// What takes the place of several instructions, and where in the block those before the last are.
type Fused = Option<(VInst, Vec<u32>)>;

impl Fuser<'_> {
    /// The instructions that read memory in two places.
    pub(super) fn places(&self, insts: &[VInst], last: &VInst, at: usize) -> Fused {
        self.product(insts, last, at)
            .or_else(|| self.numbers(insts, last, at))
            .or_else(|| self.base(insts, last, at))
            .or_else(|| self.words(insts, last, at))
            .or_else(|| self.stored(insts, last, at))
    }

    /// A load that gives this register, with its place.
    fn load<'i>(
        &self,
        insts: &'i [VInst],
        vreg: i64,
        ops: [Op; 2],
        at: usize,
    ) -> Option<(u32, &'i VInst, (i64, i64))> {
        let (from, load) = ops.iter().find_map(|&op| self.first(insts, vreg, op, at))?;
        Some((from, load, place(load)?))
    }

    /// `memory * memory + c`, the first being a vector or a number in all lanes.
    fn product(&self, insts: &[VInst], last: &VInst, at: usize) -> Fused {
        let vectors = [Op::Load128, Op::Load128Wrap];
        let products = [
            (
                Op::F32x4MulAddLoadWrap,
                [Op::Load32Splat, Op::Load32SplatWrap],
                Op::F32x4MulAddLoadSplat,
            ),
            (Op::F32x4MulAddLoadWrap, vectors, Op::F32x4MulAddLoad2),
            (Op::F64x2MulAddLoadWrap, vectors, Op::F64x2MulAddLoad2),
        ];
        let of = products.iter().filter(|it| it.0 == last.op);
        of.filter_map(|&(_, loads, to)| {
            let (from, load, first) = self.load(insts, last.fields[1], loads, at)?;
            let [addr, addr2, k, d] = apart(first, place(last)?)?;
            let fields = [last.fields[0], last.fields[2], addr, addr2, k, d];
            Some((made(to, fields, load, last), vec![from]))
        })
        .next()
    }

    /// Two numbers, one behind the other, each in all lanes, times what begins at the one and at the other lane.
    fn numbers(&self, insts: &[VInst], last: &VInst, at: usize) -> Fused {
        if last.op != Op::F32x4MulAddLoadSplat {
            return None;
        }
        let [dst, c, addr, addr2, k, d] = last.fields;
        let (from, first) = self.first(insts, c, last.op, at)?;
        let follows = first.fields[2..] == [addr, addr2, k.wrapping_sub(4), d];
        let fields = [dst, first.fields[1], addr, addr2, k.wrapping_sub(4), d];
        follows.then(|| {
            let both = made(Op::F32x4MulAddLoadSplats, fields, first, last);
            (both, vec![from])
        })
    }

    /// The same where the vectors lie at the sum of the numbers' address and another slot.
    fn base(&self, insts: &[VInst], last: &VInst, at: usize) -> Fused {
        if last.op != Op::F32x4MulAddLoadSplats {
            return None;
        }
        let [dst, c, addr, addr2, k, d] = last.fields;
        let add = if self.is_wide { Op::I64Add } else { Op::I32Add };
        let (from, sum) = self.first(insts, addr2, add, at)?;
        let base = match sum.fields {
            [_, x, y, ..] if x == addr => y,
            [_, x, y, ..] if y == addr => x,
            _ => return None,
        };
        let fields = [dst, c, addr, base, k, d];
        let indexed = made(Op::F32x4MulAddLoadSplatsIndex, fields, sum, last);
        Some((indexed, vec![from]))
    }

    /// Products of numbers of 16 bits.
    fn words(&self, insts: &[VInst], last: &VInst, at: usize) -> Fused {
        if last.op != Op::I32x4MulAdd {
            return None;
        }
        let loads = [Op::Load16x4S, Op::Load16x4SWrap];
        let (from, load, first) = self.load(insts, last.fields[1], loads, at)?;
        let (from2, _, second) = self.load(insts, last.fields[2], loads, at)?;
        let [addr, addr2, k, d] = apart(first, second)?;
        let fields = [last.fields[0], last.fields[3], addr, addr2, k, d];
        let product = made(Op::I32x4MulAddLoads16x4S, fields, load, last);
        Some((product, vec![from, from2]))
    }

    /// `memory += a * memory`.
    fn stored(&self, insts: &[VInst], last: &VInst, at: usize) -> Fused {
        let k = if last.op == Op::Store128 {
            0
        } else if last.op == Op::Store128Wrap {
            last.fields[3]
        } else {
            return None;
        };
        let to = (last.fields[0], k);
        let products = [
            (Op::F32x4MulAddLoadWrap, Op::F32x4MulAddMem),
            (Op::F64x2MulAddLoadWrap, Op::F64x2MulAddMem),
        ];
        let (middle, product, op) = products.iter().find_map(|&(product, op)| {
            let (middle, product) = self.first(insts, last.fields[1], product, at)?;
            Some((middle, product, op))
        })?;
        let vectors = [Op::Load128, Op::Load128Wrap];
        let (from, load, sum) = self.load(insts, product.fields[2], vectors, at)?;
        let [addr, addr2, k, d] = apart(to, place(product)?)?;
        let fields = [addr, product.fields[1], addr2, k, d, 0];
        (sum == to && last.fields[2] == 0)
            .then(|| (made(op, fields, load, last), vec![from, middle]))
    }
}
