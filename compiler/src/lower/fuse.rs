//! Pairs of selected instructions that one instruction does: where the second is all that needs what the first gives.
//!
//! Input and output: [`VCode`]. Selection has chosen the forms of addresses and immediates by then, so a rule is a pair of instructions and
//! says where the operands of the new one come from. The first instruction moves down to the second: it has no effect, and what it
//! reads is defined once. A load moves only past what could not tell, as in `uses`.

mod vector;

use std::sync::LazyLock;

use super::vcode::{VBlock, VCode, VInst};
use wrt_format::isa::{Charge, Control, Op};

use Src::{First, Minus, Other, OtherSide, Second, Zero};

/// Where an operand of the new instruction comes from.
#[derive(Clone, Copy, Debug)]
enum Src {
    /// This operand of the first instruction.
    First(usize),
    /// This operand of the second.
    Second(usize),
    /// The operand of the second that is neither its result nor the first's.
    Other,
    /// The operand of the second, a branch, that is not the first's.
    OtherSide,
    /// Nowhere: it is 0.
    Zero,
    /// Nowhere, and the rule holds only where this operand of the first is -1.
    Minus(usize),
}

/// A pair and what takes its place.
#[derive(Clone, Copy, Debug)]
struct Rule {
    first: Op,
    second: Op,
    /// Operands of the second that may be the result of the first.
    at: &'static [usize],
    to: Op,
    fields: &'static [Src],
    check: Check,
    /// Whether it holds only where addresses of memory 0 have 32 bits.
    narrow: bool,
}

/// What else must hold.
#[derive(Clone, Copy, Debug)]
enum Check {
    /// Nothing.
    Always,
    /// These operands, each of the first or second, are 0, and the others fit 16 bits.
    Zeros(&'static [Src], &'static [Src]),
    /// These operands of the first and second are equal in pairs: an update of what was loaded.
    Same(&'static [(usize, usize)]),
}

const fn rule(first: Op, second: Op, at: &'static [usize], to: Op, fields: &'static [Src]) -> Rule {
    Rule {
        first,
        second,
        at,
        to,
        fields,
        check: Check::Always,
        narrow: false,
    }
}

/// A sum of 32 bits is one of addresses only where these have 32 bits too.
const fn narrow(rule: Rule) -> Rule {
    Rule {
        narrow: true,
        ..rule
    }
}

const fn zeros(rule: Rule, zero: &'static [Src], fit: &'static [Src]) -> Rule {
    Rule {
        check: Check::Zeros(zero, fit),
        ..rule
    }
}

const fn same(rule: Rule, same: &'static [(usize, usize)]) -> Rule {
    Rule {
        check: Check::Same(same),
        ..rule
    }
}

/// Operands of an operator on two slots that does not care about their order.
const EITHER: &[usize] = &[1, 2];
/// `(a op b) op c`.
const CHAIN: &[Src] = &[Second(0), First(1), First(2), Other];
/// `memory` at a sum.
const SUM: &[Src] = &[Second(0), First(1), First(2), Second(3)];
/// `a op memory`, by the number of operands of the address.
const LOAD3: &[Src] = &[Second(0), Other, First(1), First(2), First(3)];
const LOAD4: &[Src] = &[Second(0), Other, First(1), First(2), First(3), First(4)];
/// `a * memory + c`.
const MUL_ADD: &[Src] = &[Second(0), Other, Second(3), First(1), First(2)];
const MUL_ADD_WRAP: &[Src] = &[Second(0), Other, Second(3), First(1), First(2), First(3)];
/// `memory * memory + c`, of loads in either form of address.
const NEAR_NEAR: &[Src] = &[Second(0), Second(2), First(1), Second(3), Zero, Zero];
const WRAP_NEAR: &[Src] = &[Second(0), Second(2), First(1), Second(3), First(3), Zero];
const NEAR_WRAP: &[Src] = &[Second(0), Second(2), First(1), Second(3), Zero, Second(5)];
const WRAP_WRAP: &[Src] = &[
    Second(0),
    Second(2),
    First(1),
    Second(3),
    First(3),
    Second(5),
];
/// The same, of a first load at the sum of two slots.
const INDEX_NEAR: &[Src] = &[Second(0), Second(2), First(1), First(2), Second(3), Zero];
const INDEX_WRAP: &[Src] = &[
    Second(0),
    Second(2),
    First(1),
    First(2),
    Second(3),
    Second(5),
];
const NO_PLACE: &[Src] = &[First(3), First(4), Second(4)];
/// `memory = memory`.
const COPY: &[Src] = &[Second(0), First(1), Second(2), First(2)];
const NO_OFFSETS: &[Src] = &[First(2), Second(4)];
/// A choice by a comparison, as it is and turned round.
const CHOICE: &[Src] = &[Second(0), Second(1), Second(2), First(1), First(2)];
const CHOICE_NOT: &[Src] = &[Second(0), Second(2), Second(1), First(1), First(2)];
const CHOICE_NOT_SWAPPED: &[Src] = &[Second(0), Second(2), Second(1), First(2), First(1)];
/// `memory = memory op a`.
const UPDATE: &[Src] = &[Second(0), Other, Second(3)];
const SAME_PLACE: &[(usize, usize)] = &[(1, 0), (2, 3)];
/// `memory = memory op (a * b)`.
const UPDATE_MUL: &[Src] = &[Second(0), First(1), First(2), Second(2)];
/// An immediate of each.
const IMMS: &[Src] = &[Second(0), First(1), First(2), Second(2)];
const BRANCH: &[Src] = &[First(1), First(2), Second(1), Second(2)];

/// In the order in which they are tried.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    // Operands in memory first: nothing else would take those loads.
    rule(Op::Load64Wrap, Op::F64Add, EITHER, Op::F64AddLoadWrap, LOAD3),
    rule(Op::Load64Wrap, Op::F64Sub, &[2], Op::F64SubLoadWrap, LOAD3),
    rule(Op::Load64Wrap, Op::F64Mul, EITHER, Op::F64MulLoadWrap, LOAD3),
    rule(Op::Load32Wrap, Op::I32Add, EITHER, Op::I32AddLoadWrap, LOAD3),
    rule(Op::Load32Index, Op::I32Add, EITHER, Op::I32AddLoadIndex, LOAD4),
    rule(Op::Load32Scaled, Op::I32Add, EITHER, Op::I32AddLoadScaled, LOAD3),
    rule(Op::Load32Scaled, Op::I32Xor, EITHER, Op::I32XorLoadScaled, LOAD3),
    rule(Op::I32AndImm, Op::Load32Scaled, &[1], Op::Load32Masked, &[Second(0), First(1), First(2), Second(2), Second(3)]),
    rule(Op::Load32, Op::I32AddImm, &[1], Op::I32AddImmLoad, &[Second(0), First(1), First(2), Second(2)]),
    rule(Op::I32AddImm, Op::Store32, &[1], Op::I32AddImmStore, &[Second(0), First(1), First(2), Second(2)]),
    zeros(rule(Op::Load8UWrap, Op::I32ShlImm, &[1], Op::Load8UWrapShlImm, &[Second(0), First(1), First(3), Second(2)]), &[First(2)], &[]),
    zeros(rule(Op::Load8UWrap, Op::BrI32Eq, &[0, 1], Op::BrLoad8UWrapEq, &[First(1), OtherSide, First(3), Second(2)]), &[First(2)], &[]),
    zeros(rule(Op::Load8UWrap, Op::BrI32Ne, &[0, 1], Op::BrLoad8UWrapNe, &[First(1), OtherSide, First(3), Second(2)]), &[First(2)], &[]),
    zeros(rule(Op::Load8UIndex, Op::BrI32Eq, &[0, 1], Op::BrLoad8UIndexEq, &[First(1), First(2), OtherSide, Second(2)]), &[First(3), First(4)], &[]),
    zeros(rule(Op::Load8UIndex, Op::BrI32Ne, &[0, 1], Op::BrLoad8UIndexNe, &[First(1), First(2), OtherSide, Second(2)]), &[First(3), First(4)], &[]),
    narrow(zeros(rule(Op::I32Add, Op::Load8UWrap, &[1], Op::Load8USum, SUM), &[Second(2)], &[])),
    zeros(rule(Op::I64Add, Op::Load8UWrap, &[1], Op::Load8USum, SUM), &[Second(2)], &[]),
    narrow(zeros(rule(Op::I32Add, Op::Load32Wrap, &[1], Op::Load32Sum, SUM), &[Second(2)], &[])),
    zeros(rule(Op::I64Add, Op::Load32Wrap, &[1], Op::Load32Sum, SUM), &[Second(2)], &[]),
    narrow(zeros(rule(Op::I32Add, Op::Load64Wrap, &[1], Op::Load64Sum, SUM), &[Second(2)], &[])),
    zeros(rule(Op::I64Add, Op::Load64Wrap, &[1], Op::Load64Sum, SUM), &[Second(2)], &[]),
    rule(Op::Load64, Op::F64MulAdd, EITHER, Op::F64MulAddLoad, MUL_ADD),
    rule(Op::Load64Wrap, Op::F64MulAdd, EITHER, Op::F64MulAddLoadWrap, MUL_ADD_WRAP),
    rule(Op::Load32, Op::I32MulAdd, EITHER, Op::I32MulAddLoad, MUL_ADD),
    rule(Op::Load32Wrap, Op::I32MulAdd, EITHER, Op::I32MulAddLoadWrap, MUL_ADD_WRAP),
    zeros(rule(Op::Load64, Op::F64MulAddLoad, &[1], Op::F64MulAddLoad2, NEAR_NEAR), NO_OFFSETS, &[]),
    zeros(rule(Op::Load64Wrap, Op::F64MulAddLoad, &[1], Op::F64MulAddLoad2, WRAP_NEAR), NO_OFFSETS, &[First(3)]),
    zeros(rule(Op::Load64, Op::F64MulAddLoadWrap, &[1], Op::F64MulAddLoad2, NEAR_WRAP), NO_OFFSETS, &[Second(5)]),
    zeros(rule(Op::Load64Wrap, Op::F64MulAddLoadWrap, &[1], Op::F64MulAddLoad2, WRAP_WRAP), NO_OFFSETS, &[First(3), Second(5)]),
    zeros(rule(Op::Load32, Op::I32MulAddLoad, &[1], Op::I32MulAddLoad2, NEAR_NEAR), NO_OFFSETS, &[]),
    zeros(rule(Op::Load32Wrap, Op::I32MulAddLoad, &[1], Op::I32MulAddLoad2, WRAP_NEAR), NO_OFFSETS, &[First(3)]),
    zeros(rule(Op::Load32, Op::I32MulAddLoadWrap, &[1], Op::I32MulAddLoad2, NEAR_WRAP), NO_OFFSETS, &[Second(5)]),
    zeros(rule(Op::Load32Wrap, Op::I32MulAddLoadWrap, &[1], Op::I32MulAddLoad2, WRAP_WRAP), NO_OFFSETS, &[First(3), Second(5)]),
    rule(Op::GlobalGet, Op::RefAsNonNull, &[1], Op::GlobalGetNonNull, &[Second(0), First(1)]),
    zeros(rule(Op::Load64Index, Op::F64MulAddLoad, &[1], Op::F64MulAddLoad2Index, INDEX_NEAR), NO_PLACE, &[]),
    zeros(rule(Op::Load64Index, Op::F64MulAddLoadWrap, &[1], Op::F64MulAddLoad2Index, INDEX_WRAP), NO_PLACE, &[Second(5)]),
    zeros(rule(Op::Load32Index, Op::I32MulAddLoad, &[1], Op::I32MulAddLoad2Index, INDEX_NEAR), NO_PLACE, &[]),
    zeros(rule(Op::Load32Index, Op::I32MulAddLoadWrap, &[1], Op::I32MulAddLoad2Index, INDEX_WRAP), NO_PLACE, &[Second(5)]),
    rule(Op::Load32, Op::Store32, &[1], Op::Load32Store, COPY),
    rule(Op::Load64, Op::Store64, &[1], Op::Load64Store, COPY),
    rule(Op::Load32, Op::Load32, &[1], Op::Load32Load32, IMMS),
    rule(Op::Load32, Op::Load64, &[1], Op::Load32Load64, IMMS),
    same(rule(Op::Load32, Op::I32AddStore, EITHER, Op::I32AddMem, UPDATE), SAME_PLACE),
    same(rule(Op::Load32, Op::I32SubStore, &[1], Op::I32SubMem, UPDATE), SAME_PLACE),
    same(rule(Op::Load32, Op::I32XorStore, EITHER, Op::I32XorMem, UPDATE), SAME_PLACE),
    same(rule(Op::Load64, Op::F64AddStore, EITHER, Op::F64AddMem, UPDATE), SAME_PLACE),
    same(rule(Op::Load64, Op::F64SubStore, &[1], Op::F64SubMem, UPDATE), SAME_PLACE),
    same(rule(Op::F64AddLoadWrap, Op::Store64Wrap, &[1], Op::F64AddMemWrap, &[Second(0), First(1), Second(2), Second(3)]), &[(2, 0), (3, 2), (4, 3)]),
    rule(Op::F64Mul, Op::F64AddMem, &[1], Op::F64MulAddMem, UPDATE_MUL),
    rule(Op::F64Mul, Op::F64SubMem, &[1], Op::F64SubMulMem, UPDATE_MUL),
    // Comparisons.
    rule(Op::I32EqImm, Op::Select, &[3], Op::SelectI32EqImm, CHOICE),
    rule(Op::I32NeImm, Op::Select, &[3], Op::SelectI32EqImm, CHOICE_NOT),
    rule(Op::I32LtS, Op::Select, &[3], Op::SelectI32LtS, CHOICE),
    rule(Op::I32LeS, Op::Select, &[3], Op::SelectI32LtS, CHOICE_NOT_SWAPPED),
    rule(Op::I32LtU, Op::Select, &[3], Op::SelectI32LtU, CHOICE),
    rule(Op::I32LeU, Op::Select, &[3], Op::SelectI32LtU, CHOICE_NOT_SWAPPED),
    rule(Op::F64Add, Op::BrF64Lt, &[0], Op::BrF64AddLt, BRANCH),
    rule(Op::F64Add, Op::BrF64Le, &[0], Op::BrF64AddLe, BRANCH),
    rule(Op::F64Add, Op::BrF64Nlt, &[0], Op::BrF64AddNlt, BRANCH),
    rule(Op::F64Add, Op::BrF64Nle, &[0], Op::BrF64AddNle, BRANCH),
    // Floats.
    rule(Op::F64Add, Op::F64MulAdd, EITHER, Op::F64AddMulAdd, &[Second(0), First(1), First(2), Other, Second(3)]),
    rule(Op::F64Add, Op::F64Add, EITHER, Op::F64AddAdd, CHAIN),
    rule(Op::F64Add, Op::F64Sub, &[1], Op::F64AddSub, CHAIN),
    rule(Op::F64Sub, Op::F64Add, EITHER, Op::F64SubAdd, CHAIN),
    rule(Op::F64Sub, Op::F64Sub, &[1], Op::F64SubSub, CHAIN),
    rule(Op::F64Mul, Op::F64Mul, EITHER, Op::F64MulMul, CHAIN),
    rule(Op::F64ConvertI32U, Op::F64Div, &[2], Op::F64DivConvertI32U, &[Second(0), Second(1), First(1)]),
    // Integers.
    rule(Op::I32XorImm, Op::I32And, EITHER, Op::I32AndNot, &[Second(0), Other, First(1), Minus(2)]),
    rule(Op::I64XorImm, Op::I64And, EITHER, Op::I64AndNot, &[Second(0), Other, First(1), Minus(2)]),
    rule(Op::I32RotlImm, Op::I32Xor, EITHER, Op::I32RotlImmXor, CHAIN),
    rule(Op::I64RotlImm, Op::I64Xor, EITHER, Op::I64RotlImmXor, CHAIN),
    rule(Op::I32ShlImm, Op::I32Xor, EITHER, Op::I32ShlImmXor, CHAIN),
    rule(Op::I64ShlImm, Op::I64Xor, EITHER, Op::I64ShlImmXor, CHAIN),
    rule(Op::I32ShrUImm, Op::I32Xor, EITHER, Op::I32ShrUImmXor, CHAIN),
    rule(Op::I64ShrUImm, Op::I64Xor, EITHER, Op::I64ShrUImmXor, CHAIN),
    rule(Op::I32ShlImm, Op::I32Or, EITHER, Op::I32ShlImmOr, CHAIN),
    rule(Op::I64ShlImm, Op::I64Or, EITHER, Op::I64ShlImmOr, CHAIN),
    rule(Op::I32Mul, Op::I32ShrUImm, &[1], Op::I32MulShrUImm, IMMS),
    rule(Op::I32ShrUImm, Op::I32Add, EITHER, Op::I32ShrUImmAdd, CHAIN),
    rule(Op::I32Xor, Op::I32RotlImm, &[1], Op::I32XorRotlImm, IMMS),
    rule(Op::I64Xor, Op::I64RotlImm, &[1], Op::I64XorRotlImm, IMMS),
    rule(Op::I32AddImm, Op::I32AndImm, &[1], Op::I32AddImmAndImm, IMMS),
    rule(Op::I32ShrUImm, Op::I32AndImm, &[1], Op::I32ShrUImmAndImm, IMMS),
    rule(Op::I32Xor, Op::I32Mul, EITHER, Op::I32XorMul, CHAIN),
    rule(Op::I64Xor, Op::I64Mul, EITHER, Op::I64XorMul, CHAIN),
    rule(Op::I32Xor, Op::I32And, EITHER, Op::I32XorAnd, CHAIN),
    rule(Op::I32And, Op::I32Add, EITHER, Op::I32AndAdd, CHAIN),
    rule(Op::I32And, Op::I32Or, EITHER, Op::I32AndOr, CHAIN),
    rule(Op::I32And, Op::I32Xor, EITHER, Op::I32AndXor, CHAIN),
    rule(Op::I64And, Op::I64Xor, EITHER, Op::I64AndXor, CHAIN),
    rule(Op::I64And, Op::I64And, EITHER, Op::I64AndAnd, CHAIN),
    rule(Op::I64And, Op::I64Or, EITHER, Op::I64AndOr, CHAIN),
    rule(Op::I64Or, Op::I64And, EITHER, Op::I64OrAnd, CHAIN),
    rule(Op::I32Xor, Op::I32Xor, EITHER, Op::I32XorXor, CHAIN),
    rule(Op::I64Xor, Op::I64Xor, EITHER, Op::I64XorXor, CHAIN),
    rule(Op::I32Add, Op::I32Add, EITHER, Op::I32AddAdd, CHAIN),
    rule(Op::I64Add, Op::I64Add, EITHER, Op::I64AddAdd, CHAIN),
];

/// Rules by the number of their second instruction, as far as there are any.
static BY_SECOND: LazyLock<Vec<Vec<&'static Rule>>> = LazyLock::new(|| {
    let mut by_second = Vec::new();
    for rule in RULES.iter().chain(vector::RULES) {
        let number = rule.second as usize;
        by_second.resize(by_second.len().max(number + 1), Vec::new());
        by_second[number].push(rule);
    }
    by_second
});

/// Arithmetic whose result is stored where an operand was loaded: load, operator, the operand that is loaded, store, and what does all three,
/// with the operands of the operator that it keeps.
struct Update {
    load: Op,
    operator: Op,
    at: &'static [usize],
    store: Op,
    to: Op,
    /// Operands of the load and of the store that must be the same.
    place: &'static [(usize, usize)],
}

const NEAR_PLACE: &[(usize, usize)] = &[(1, 0), (2, 2)];
const WRAP_PLACE: &[(usize, usize)] = &[(1, 0), (2, 2), (3, 3)];

#[rustfmt::skip]
const UPDATES: &[Update] = &[
    Update { load: Op::Load64, operator: Op::F64MulAdd, at: &[3], store: Op::Store64, to: Op::F64MulAddMem, place: NEAR_PLACE },
    Update { load: Op::Load64, operator: Op::F64SubMul, at: &[3], store: Op::Store64, to: Op::F64SubMulMem, place: NEAR_PLACE },
    Update { load: Op::Load64Wrap, operator: Op::F64MulAdd, at: &[3], store: Op::Store64Wrap, to: Op::F64MulAddMemWrap, place: WRAP_PLACE },
    Update { load: Op::Load64Wrap, operator: Op::F64SubMul, at: &[3], store: Op::Store64Wrap, to: Op::F64SubMulMemWrap, place: WRAP_PLACE },
    Update { load: Op::Load64Wrap, operator: Op::F64Sub, at: &[1], store: Op::Store64Wrap, to: Op::F64SubMemWrap, place: WRAP_PLACE },
];

/// No place in the block.
const NOWHERE: u32 = u32::MAX;

/// Fuses what can be fused in every block. `is_wide`: whether addresses of memory 0 have 64 bits.
pub(super) fn run(code: &mut VCode, is_wide: bool) {
    let mut uses = count_uses(code);
    let mut def = vec![NOWHERE; code.vreg_count as usize];
    let mut fuser = Fuser {
        uses: &mut uses,
        def: &mut def,
        is_wide,
        barriers: Vec::new(),
    };
    for block in &mut code.blocks {
        fuser.block(block);
    }
    code.renumber();
}

/// How often each register is read.
fn count_uses(code: &VCode) -> Vec<u32> {
    let mut uses = vec![0; code.vreg_count as usize];
    for block in &code.blocks {
        for inst in &block.insts {
            for (field, &value) in inst.op.info().fields.iter().zip(&inst.fields) {
                if field.role.is_register() && !field.role.is_def() {
                    uses[value as usize] += 1;
                }
            }
            inst.args.iter().for_each(|vreg| uses[vreg.0 as usize] += 1);
        }
        let args = block.succs.iter().flat_map(|edge| &edge.args);
        args.for_each(|vreg| uses[vreg.0 as usize] += 1);
    }
    uses
}

/// Whether a load may not move past the instruction: it has an effect, or may trap otherwise than a load does.
fn is_barrier(op: Op) -> bool {
    let info = op.info();
    let gives = info.fields.iter().any(|field| field.role.is_def());
    let only_loads =
        info.memory_zero && (info.floats || info.feature() == 0) && info.formula.starts_with("dst");
    let quiet = info.control == Control::Next && info.charge == Charge::Zero && gives;
    !quiet || info.stops && !only_loads
}

struct Fuser<'a> {
    /// How often each register is read.
    uses: &'a mut [u32],
    /// Where in the block each register is defined.
    def: &'a mut [u32],
    /// Whether addresses of memory 0 have 64 bits.
    is_wide: bool,
    /// Number of barriers before each instruction of the block.
    barriers: Vec<u32>,
}

impl Fuser<'_> {
    fn block(&mut self, block: &mut VBlock) {
        let insts = &mut block.insts;
        let mut barriers = 0;
        let mut gone = Vec::new();
        for at in 0..insts.len() {
            loop {
                let inst = &insts[at];
                self.barriers.truncate(at);
                self.barriers.push(barriers);
                let Some((fused, taken)) = self
                    .update(insts, inst, at)
                    .or_else(|| self.places(insts, inst, at))
                    .or_else(|| self.pair(insts, inst, at))
                else {
                    break;
                };
                self.count(inst, -1);
                self.count(&fused, 1);
                for from in taken {
                    self.count(&insts[from as usize], -1);
                    gone.push(from as usize);
                }
                insts[at] = fused;
            }
            let inst = &insts[at];
            barriers += u32::from(is_barrier(inst.op));
            for (field, &value) in inst.op.info().fields.iter().zip(&inst.fields) {
                if field.role.is_def() {
                    self.def[value as usize] = at as u32;
                }
            }
        }
        // What is taken is not found again: nothing reads what it defined any more.
        gone.sort_unstable();
        for inst in insts.iter() {
            for (field, &value) in inst.op.info().fields.iter().zip(&inst.fields) {
                if field.role.is_def() {
                    self.def[value as usize] = NOWHERE;
                }
            }
        }
        let mut at = 0;
        insts.retain(|_| {
            at += 1;
            gone.binary_search(&(at - 1)).is_err()
        });
    }

    /// Adds to how often the registers are read that an instruction reads.
    fn count(&mut self, inst: &VInst, by: i32) {
        for (field, &value) in inst.op.info().fields.iter().zip(&inst.fields) {
            if field.role.is_register() && !field.role.is_def() {
                let uses = &mut self.uses[value as usize];
                *uses = uses.saturating_add_signed(by);
            }
        }
    }

    /// The instruction of this block that defines a register, if it is `op`, can move to `at`, and gives the register to nobody else.
    fn first<'i>(
        &self,
        insts: &'i [VInst],
        vreg: i64,
        op: Op,
        at: usize,
    ) -> Option<(u32, &'i VInst)> {
        let from = self.def[vreg as usize];
        if from == NOWHERE || self.uses[vreg as usize] != 1 {
            return None;
        }
        let first = &insts[from as usize];
        if first.op != op {
            return None;
        }
        // What is loaded, or read of a global, may have changed behind a barrier.
        let reads = op.info().stops || op == Op::GlobalGet;
        let stays = reads && self.barriers[from as usize] != self.barriers[at];
        (!stays).then_some((from, first))
    }

    fn pair(&self, insts: &[VInst], second: &VInst, at: usize) -> Option<(VInst, Vec<u32>)> {
        let rules = BY_SECOND.get(second.op as usize)?.iter();
        for rule in rules.filter(|rule| !(rule.narrow && self.is_wide)) {
            for &operand in rule.at {
                let Some((from, first)) = self.first(insts, second.fields[operand], rule.first, at)
                else {
                    continue;
                };
                if let Some(fields) = combine(rule, operand, first, second) {
                    return Some((made(rule.to, fields, first, second), vec![from]));
                }
            }
        }
        None
    }

    fn update(&self, insts: &[VInst], store: &VInst, at: usize) -> Option<(VInst, Vec<u32>)> {
        for update in UPDATES.iter().filter(|it| it.store == store.op) {
            let Some((middle, operator)) = self.first(insts, store.fields[1], update.operator, at)
            else {
                continue;
            };
            for &operand in update.at {
                let Some((from, load)) =
                    self.first(insts, operator.fields[operand], update.load, at)
                else {
                    continue;
                };
                if !update
                    .place
                    .iter()
                    .all(|&(a, b)| load.fields[a] == store.fields[b])
                {
                    continue;
                }
                let kept = (1..operator.op.info().fields.len()).filter(|&i| i != operand);
                let kept = kept.map(|i| operator.fields[i]);
                let all = store.fields[..1]
                    .iter()
                    .copied()
                    .chain(kept)
                    .chain(store.fields[2..].iter().copied());
                let mut fields = [0; 6];
                for (to, value) in fields.iter_mut().zip(all) {
                    *to = value;
                }
                return Some((made(update.to, fields, load, store), vec![from, middle]));
            }
        }
        None
    }
}

/// The operands of what takes the place of a pair, if the rule holds for it.
fn combine(rule: &Rule, operand: usize, first: &VInst, second: &VInst) -> Option<[i64; 6]> {
    let value = |src: Src| match src {
        First(i) | Minus(i) => first.fields[i],
        Second(i) => second.fields[i],
        Other => second.fields[3 - operand],
        OtherSide => second.fields[1 - operand],
        Zero => 0,
    };
    let holds = match rule.check {
        Check::Always => true,
        Check::Zeros(zero, fit) => {
            zero.iter().all(|&src| value(src) == 0)
                && fit.iter().all(|&src| super::select::fits16(value(src)))
        }
        Check::Same(pairs) => pairs
            .iter()
            .all(|&(a, b)| first.fields[a] == second.fields[b]),
    };
    let mut fields = [0; 6];
    let mut out = fields.iter_mut();
    for &src in rule.fields {
        if let Minus(i) = src {
            if first.fields[i] != -1 {
                return None;
            }
        } else {
            *out.next()? = value(src);
        }
    }
    holds.then_some(fields)
}

/// What takes the place of two instructions. Where the first can trap, that is where the new one can.
fn made(op: Op, fields: [i64; 6], first: &VInst, second: &VInst) -> VInst {
    VInst {
        op,
        fields,
        offset: if first.op.info().stops {
            first.offset
        } else {
            second.offset
        },
        ..second.clone()
    }
}
