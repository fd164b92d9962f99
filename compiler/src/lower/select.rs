//! The walk over a function that selects its instructions.
//!
//! Input: an [`ir::Func`](Func); output: one [`Piece`] per reachable block, and from them [`VCode`].
//!
//! Blocks are walked in postorder and each backwards, so that all uses of a value are selected before its definition is reached. A
//! pattern that takes in an operand's instruction simply does not ask for the operand's register; when the walk comes to an
//! instruction whose result nobody asked for, and which has no effect, nothing is emitted for it. So operands are folded across
//! other pure instructions without any bookkeeping. Only instructions that may not vanish are marked when they are folded.
//!
//! Invariants: instructions with an effect or a trap keep their order, but for loads, which may trade places with each other.

use super::edges::{Piece, Planner};
use super::info::ModuleInfo;
use super::uses::{self, Uses};
use super::vcode::{VCode, VInst, VReg};
use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::loops::Loops;
use crate::ir::{BinaryOp, Block, Func, Inst, InstIdx, Type, UnaryOp, Value};
use wrt_format::isa::Op;

use super::cond::Width;

/// No register yet: nobody has asked for the value.
const UNUSED: u32 = u32::MAX;

/// The state of the walk.
pub(super) struct Selector<'a> {
    pub(super) func: &'a Func,
    pub(super) module: &'a ModuleInfo,
    pub(super) loops: &'a Loops,
    pub(super) uses: Uses,
    /// Shape of the emitted code: layout, edges to split.
    pub(super) planner: Planner<'a>,
    /// Whether several IR instructions may become one.
    pub(super) fuse: bool,
    /// The block being selected.
    pub(super) block: Block,
    /// Register of each root value.
    vregs: Vec<u32>,
    is_ref: Vec<bool>,
    is_wide: Vec<bool>,
    /// Where the home of each local is, counted from that of the first.
    homes: Vec<u32>,
    /// For each register the home that it stands for; none for those at the end.
    home_of: Vec<Option<u32>>,
    /// Instructions that do their work inside another one, although they must not vanish.
    folded: Vec<bool>,
    /// What is selected for the instruction at hand, in order.
    group: Vec<VInst>,
    /// Wasm offset of the instruction at hand.
    offset: u32,
    pool: Vec<u64>,
    pool_index: HashMap<u64, i64>,
    pair_index: HashMap<u128, i64>,
}

/// A load that may be folded into its user.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoldedLoad {
    /// The load.
    pub(super) idx: InstIdx,
    /// Its address.
    pub(super) addr: Value,
    /// Its offset.
    pub(super) offset: u32,
}

/// Selects `func`.
pub(super) fn run(func: &Func, cfg: &Cfg, module: &ModuleInfo, fuse: bool) -> VCode {
    let loops = cfg.loops();
    let mut home_slots = 0;
    let homes = func.homes.iter().map(|ty| {
        home_slots += ty.slots();
        home_slots - ty.slots()
    });
    let homes = homes.collect();
    let mut selector = Selector {
        func,
        module,
        loops,
        uses: Uses::new(func, cfg, module),
        planner: Planner::new(func, cfg),
        fuse,
        block: Func::ENTRY,
        vregs: vec![UNUSED; func.values.len()],
        is_ref: Vec::new(),
        is_wide: Vec::new(),
        homes,
        home_of: Vec::new(),
        folded: vec![false; func.insts.len()],
        group: Vec::new(),
        offset: 0,
        pool: Vec::new(),
        pool_index: HashMap::default(),
        pair_index: HashMap::default(),
    };
    let mut pieces: Vec<Option<Piece>> = (0..func.blocks.len()).map(|_| None).collect();
    for &block in cfg.rpo().iter().rev() {
        pieces[block.index()] = Some(selector.select_block(block));
    }
    let blocks = selector.planner.assemble(pieces, loops);
    VCode {
        func_idx: func.func_idx,
        blocks,
        vreg_count: selector.is_ref.len() as u32,
        is_ref: selector.is_ref,
        is_wide: selector.is_wide,
        home_of: selector.home_of,
        home_slots,
        pool: selector.pool,
        param_count: func.params.iter().map(|ty| ty.slots()).sum(),
        result_count: func.results.iter().map(|ty| ty.slots()).sum(),
    }
}

impl<'a> Selector<'a> {
    fn select_block(&mut self, block: Block) -> Piece {
        self.block = block;
        let data = self.func.block(block);
        let mut reversed = Vec::with_capacity(data.insts.len() + 1);
        self.offset = data.offset;
        let mut piece = self.terminator(&data.terminator);
        reversed.extend(self.group.drain(..).rev());
        for &idx in data.insts.iter().rev() {
            self.select_inst(idx);
            reversed.extend(self.group.drain(..).rev());
        }
        reversed.reverse();
        if let Some(first) = data.insts.first().map(|idx| &self.func.insts[idx.index()])
            && let Inst::Caught(_) = first.inst
        {
            let caught = first.results.iter();
            piece.caught = caught.map(|&result| self.def_reg(result)).collect();
        }
        piece.params = data.params.iter().map(|&param| self.reg(param)).collect();
        piece.insts = reversed;
        piece
    }

    /// Selects one instruction, unless nobody needs it.
    fn select_inst(&mut self, idx: InstIdx) {
        let data = &self.func.insts[idx.index()];
        if self.folded[idx.index()] || uses::is_alias(&data.inst) {
            return;
        }
        let needed = data
            .results
            .iter()
            .any(|&result| self.vregs[result.index()] != UNUSED);
        if needed || uses::must_stay(&data.inst) {
            self.offset = data.offset;
            self.inst(idx, &data.inst, &data.results);
        }
    }

    /// The register of a value. Asking for it makes its definition necessary.
    pub(super) fn reg(&mut self, value: Value) -> VReg {
        let root = self.root(value);
        if self.vregs[root.index()] == UNUSED {
            self.vregs[root.index()] = self.fresh(self.func.ty(root)).0;
        }
        VReg(self.vregs[root.index()])
    }

    /// The register that an instruction's result is written to. A result that another value has replaced has one all the same.
    pub(super) fn def_reg(&mut self, result: Value) -> VReg {
        if self.vregs[result.index()] == UNUSED {
            let ty = self.func.values[result.index()].ty;
            self.vregs[result.index()] = self.fresh(ty).0;
        }
        VReg(self.vregs[result.index()])
    }

    /// The register that an instruction's result is written to, as a field.
    pub(super) fn def(&mut self, result: Value) -> i64 {
        i64::from(self.def_reg(result).0)
    }

    /// The register of a value, as a field of an instruction.
    pub(super) fn field(&mut self, value: Value) -> i64 {
        i64::from(self.reg(value).0)
    }

    /// The register of a value of which the instruction reads only the bits of `width`: an `i32.wrap_i64` is unnecessary then.
    pub(super) fn narrow_field(&mut self, value: Value, width: Width) -> i64 {
        let value = match width {
            Width::W32 => self.without_wrap(value),
            Width::W64 => value,
        };
        self.field(value)
    }

    /// The operand of a foldable `i32.wrap_i64`, or the value itself.
    pub(super) fn without_wrap(&self, value: Value) -> Value {
        match self.fold_unary(value, UnaryOp::I32WrapI64) {
            Some(wide) => wide,
            None => value,
        }
    }

    /// Whether anything selected so far reads the register of the value.
    pub(super) fn is_asked_for(&self, value: Value) -> bool {
        self.vregs[self.root(value).index()] != UNUSED
    }

    /// A register for values of a type.
    pub(super) fn fresh(&mut self, ty: Type) -> VReg {
        self.is_ref.push(ty.is_traced());
        self.is_wide.push(ty.slots() == 2);
        VReg(self.is_ref.len() as u32 - 1)
    }

    /// A register that is the home of a local, as a field. Nothing reads it, and the collector does not look there: a home may be out of date where the local
    /// is not used any more.
    pub(super) fn home(&mut self, local: u32) -> i64 {
        let VReg(vreg) = self.fresh(self.func.homes[local as usize]);
        self.is_ref[vreg as usize] = false;
        self.home_of.resize(vreg as usize, None);
        self.home_of.push(Some(self.homes[local as usize]));
        vreg.into()
    }

    /// Adds an instruction to those selected for the instruction at hand.
    pub(super) fn emit(&mut self, op: Op, fields: &[i64]) {
        let inst = self.make(op, fields);
        self.group.push(inst);
    }

    /// Adds a made instruction.
    pub(super) fn push(&mut self, inst: VInst) {
        self.group.push(inst);
    }

    /// An instruction at the Wasm offset of the one at hand.
    pub(super) fn make(&self, op: Op, fields: &[i64]) -> VInst {
        debug_assert_eq!(fields.len(), op.info().fields.len(), "{}", op.info().name);
        let mut all = [0; 6];
        all[..fields.len()].copy_from_slice(fields);
        VInst {
            op,
            fields: all,
            args: Vec::new(),
            results: Vec::new(),
            offset: self.offset,
        }
    }

    /// Marks an instruction as done within another one.
    pub(super) fn mark_folded(&mut self, idx: InstIdx) {
        self.folded[idx.index()] = true;
    }

    /// Marks a load as done within the instruction at hand, which takes its place in the Wasm module: that is where it can trap.
    pub(super) fn mark_loaded(&mut self, load: FoldedLoad) {
        self.mark_folded(load.idx);
        self.offset = self.func.insts[load.idx.index()].offset;
    }

    /// The value whose slot holds `value`.
    pub(super) fn root(&self, value: Value) -> Value {
        uses::root(self.func, value)
    }

    /// The instruction that computes the slot of `value`.
    pub(super) fn inst_of(&self, value: Value) -> Option<&'a Inst> {
        let idx = self.func.def_inst(self.root(value))?;
        Some(&self.func.insts[idx.index()].inst)
    }

    /// The slot bits of `value` if it is a constant.
    pub(super) fn const_bits(&self, value: Value) -> Option<u64> {
        match self.inst_of(value) {
            Some(&Inst::Const(bits)) => Some(bits),
            Some(_) | None => None,
        }
    }

    /// The value as a signed number of this width, if it is a constant that fits 16 bits.
    pub(super) fn imm16(&self, value: Value, width: Width) -> Option<i64> {
        let value = width.signed(self.const_bits(value)?);
        fits16(value).then_some(value)
    }

    /// The instruction of `value` if it may be folded into the user at hand: the only use, in the same block.
    pub(super) fn fold(&self, value: Value) -> Option<&'a Inst> {
        let root = self.root(value);
        let folds =
            self.fuse && self.uses.is_single(root) && self.uses.is_in(self.func, root, self.block);
        if folds { self.inst_of(root) } else { None }
    }

    /// The operand of `value` if it is a foldable `op`.
    pub(super) fn fold_unary(&self, value: Value, op: UnaryOp) -> Option<Value> {
        match self.fold(value) {
            Some(&Inst::Unary(found, a)) if found == op => Some(a),
            Some(_) | None => None,
        }
    }

    /// The operands of `value` if it is a foldable `op`.
    pub(super) fn fold_binary(&self, value: Value, op: BinaryOp) -> Option<(Value, Value)> {
        match self.fold(value) {
            Some(&Inst::Binary(found, a, b)) if found == op => Some((a, b)),
            Some(_) | None => None,
        }
    }

    /// `value` as a load from plain memory of a whole slot of this width that may move to `user`.
    pub(super) fn fold_load(
        &self,
        value: Value,
        width: Width,
        user: InstIdx,
    ) -> Option<FoldedLoad> {
        let Some(&Inst::Load {
            op,
            mem,
            addr,
            offset,
        }) = self.fold(value)
        else {
            return None;
        };
        let idx = self.func.def_inst(self.root(value))?;
        let whole = super::rows::load(op).plain
            == match width {
                Width::W32 => Op::Load32,
                Width::W64 => Op::Load64,
            };
        // The only user may itself have been taken into several others, which then ask for the loaded value.
        let folds = whole
            && self.module.is_plain(mem)
            && self.uses.is_clear(idx, user)
            && !self.is_asked_for(value);
        folds.then_some(FoldedLoad { idx, addr, offset })
    }

    /// The instruction that puts a constant into a register.
    pub(super) fn constant_inst(&mut self, dst: i64, bits: u64) -> VInst {
        if let Ok(imm) = u32::try_from(bits) {
            return self.make(Op::ConstU32, &[dst, i64::from(imm)]);
        }
        if let Ok(imm) = i32::try_from(bits as i64) {
            return self.make(Op::ConstS32, &[dst, i64::from(imm)]);
        }
        let pool = &mut self.pool;
        let index = *self.pool_index.entry(bits).or_insert_with(|| {
            pool.push(bits);
            pool.len() as i64 - 1
        });
        self.make(Op::ConstPool, &[dst, index])
    }

    /// Index in the pool of the first of the two halves of a vector.
    pub(super) fn pool_pair(&mut self, bits: u128) -> i64 {
        let pool = &mut self.pool;
        *self.pair_index.entry(bits).or_insert_with(|| {
            pool.extend([bits as u64, (bits >> 64) as u64]);
            pool.len() as i64 - 2
        })
    }
}

/// Whether a number fits a signed 16-bit immediate.
pub(super) fn fits16(value: i64) -> bool {
    i16::try_from(value).is_ok()
}
