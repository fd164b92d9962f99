//! Patterns of loads and stores: forms of addresses, stored constants, operators that write their result to memory, updates in place.
//!
//! Only memory 0 has them; every other goes through the `_mem` instructions. Addresses are as wide as those of memory 0: `i32.add` in one wraps
//! at 2^32, `i64.add` at 2^64, while the offset does not, so an addition goes into the offset only if it is known not to
//! wrap; otherwise the `_wrap` and `_index` forms do the addition exactly as the operator does. `_scaled` forms
//! do the shift of an array's index.

use super::cond::Width;
use super::rows::{self, BinaryRow, MemRow};
use super::select::{FoldedLoad, Selector, fits16};
use crate::ir::{BinaryOp, Inst, InstIdx, LoadOp, StoreOp, Value};
use wrt_format::isa::{MAX_SHIFT, Op};

/// An address in memory 0.
#[derive(Clone, Copy, Debug)]
pub(super) enum Addr {
    /// A slot + offset.
    Slot(Value, u32),
    /// wrap(slot + constant) + offset.
    Wrap(Value, i64, u16),
    /// wrap(slot + (slot << shift)) + offset.
    Index(Value, Value, i64, u32),
    /// wrap(slot << shift) + offset, by an instruction of its own.
    Scaled(Op, Value, i64, u32),
}

/// How deep [`Selector::bound`] looks into an expression.
const BOUND_DEPTH: u32 = 4;

impl Selector<'_> {
    /// Selects a load.
    pub(super) fn load(&mut self, op: LoadOp, mem: u32, addr: Value, offset: u32, result: Value) {
        let dst = self.def(result);
        let row = rows::load(op);
        if self.module.is_plain(mem) {
            let addr = self.address(addr, offset, row.scaled);
            self.access(&row, Some(dst), None, addr);
        } else {
            let addr = self.field(addr);
            self.emit(row.mem, &[dst, addr, i64::from(mem), i64::from(offset)]);
        }
    }

    /// Selects a plain access of an address as it is.
    pub(super) fn plain_access(
        &mut self,
        row: &MemRow,
        dst: Option<i64>,
        src: Option<i64>,
        (mem, addr, offset): (u32, Value, u32),
    ) {
        if self.module.is_plain(mem) {
            self.access(row, dst, src, Addr::Slot(addr, offset));
            return;
        }
        let mut fields: Vec<i64> = dst.into_iter().collect();
        fields.push(self.field(addr));
        fields.extend(src);
        fields.extend([i64::from(mem), i64::from(offset)]);
        self.emit(row.mem, &fields);
    }

    /// Selects a store.
    pub(super) fn store(
        &mut self,
        idx: InstIdx,
        op: StoreOp,
        mem: u32,
        addr: Value,
        offset: u32,
        value: Value,
    ) {
        let value = if op.bytes() <= 4 {
            self.without_wrap(value)
        } else {
            value
        };
        let row = rows::store(op);
        if !self.module.is_plain(mem) {
            let (addr, src) = (self.field(addr), self.field(value));
            self.emit(row.mem, &[addr, src, i64::from(mem), i64::from(offset)]);
            return;
        }
        let done = self.update(idx, op, addr, offset, value)
            || self.store_constant(op, addr, offset, value)
            || self.store_result(op, addr, offset, value);
        if !done {
            let src = self.field(value);
            let addr = self.address(addr, offset, row.scaled);
            self.access(&row, None, Some(src), addr);
        }
    }

    /// Emits a load (with `dst`) or store (with `src`) in the form of its address.
    fn access(&mut self, row: &MemRow, dst: Option<i64>, src: Option<i64>, addr: Addr) {
        let mut fields = Vec::with_capacity(6);
        fields.extend(dst);
        let op = match addr {
            Addr::Slot(base, offset)
                if let Some((op, at)) = self.known_place(row, base, offset) =>
            {
                fields.extend(src);
                fields.push(at);
                op
            }
            Addr::Slot(base, offset) => {
                fields.push(self.field(base));
                fields.extend(src);
                fields.push(i64::from(offset));
                if u16::try_from(offset).is_ok() {
                    row.plain
                } else {
                    row.far
                }
            }
            Addr::Wrap(base, k, offset) => {
                fields.push(self.narrow_field(base, self.address_width()));
                fields.extend(src);
                fields.extend([i64::from(offset), k]);
                row.wrap
            }
            Addr::Index(base, index, shift, offset) => {
                fields.push(self.narrow_field(base, self.address_width()));
                fields.push(self.narrow_field(index, self.address_width()));
                fields.extend(src);
                fields.extend([shift, i64::from(offset)]);
                row.index
            }
            Addr::Scaled(op, index, shift, offset) => {
                fields.push(self.narrow_field(index, self.address_width()));
                fields.extend(src);
                fields.extend([shift, i64::from(offset)]);
                op
            }
        };
        self.emit(op, &fields);
    }

    /// The instruction for an access at a constant address, and the address; none for a constant that lies in a slot anyhow.
    fn known_place(&self, row: &MemRow, base: Value, offset: u32) -> Option<(Op, i64)> {
        let op = row.known().filter(|_| self.fuse)?;
        let is_here = self.uses.block_of(self.func, self.root(base)) == Some(self.block);
        let bits = self.const_bits(base).filter(|_| is_here)?;
        let at = bits.checked_add(u64::from(offset))?;
        u32::try_from(at).is_ok().then_some((op, at as i64))
    }

    /// The best form for the address `addr + offset` of an access that may have an instruction for a scaled index.
    pub(super) fn address(&self, addr: Value, offset: u32, scaled: Option<Op>) -> Addr {
        self.folded_address(addr, offset, scaled)
            .unwrap_or(Addr::Slot(addr, offset))
    }

    fn folded_address(&self, addr: Value, offset: u32, scaled: Option<Op>) -> Option<Addr> {
        let root = self.root(addr);
        let folds = self.fuse
            && self.uses.is_in(self.func, root, self.block)
            && !self.is_asked_for(root)
            && (self.uses.is_single(root) || self.uses.is_address_only(root));
        let Some(&Inst::Binary(op, a, b)) = self.inst_of(root).filter(|_| folds) else {
            return None;
        };
        let width = self.address_width();
        let [add, sub, shl] = match width {
            Width::W32 => [BinaryOp::I32Add, BinaryOp::I32Sub, BinaryOp::I32Shl],
            Width::W64 => [BinaryOp::I64Add, BinaryOp::I64Sub, BinaryOp::I64Shl],
        };
        if op == sub {
            let k = width.signed(self.const_bits(b)?.wrapping_neg());
            return wrap(a, k, offset);
        }
        if op == shl
            && let Some(scaled) = scaled
            && let Some(shift) = self.const_bits(b)
        {
            let shift = (shift & u64::from(width.bits() - 1)) as i64;
            return (shift <= i64::from(MAX_SHIFT))
                .then_some(Addr::Scaled(scaled, a, shift, offset));
        }
        if op != add {
            return None;
        }
        for (base, shifted) in [(a, b), (b, a)] {
            if let Some((index, shift)) = self.fold_shift(shifted, shl, width) {
                return Some(Addr::Index(base, index, shift, offset));
            }
        }
        for (base, constant) in [(a, b), (b, a)] {
            if let Some(bits) = self.const_bits(constant) {
                return self.constant_distance(base, bits, offset);
            }
        }
        Some(Addr::Index(a, b, 0, offset))
    }

    /// How wide the addresses of memory 0 are.
    fn address_width(&self) -> Width {
        if self.module.is_wide() {
            Width::W64
        } else {
            Width::W32
        }
    }

    /// The form for `wrap(base + k) + offset`.
    fn constant_distance(&self, base: Value, k: u64, offset: u32) -> Option<Addr> {
        let width = self.address_width();
        let last = u64::MAX >> (64 - width.bits());
        let k = k & last;
        let stays = (self.bound(base, BOUND_DEPTH).checked_add(k)).is_some_and(|sum| sum <= last);
        let sum = u64::from(offset).checked_add(k);
        match sum.and_then(|sum| u32::try_from(sum).ok()) {
            Some(sum) if stays => Some(Addr::Slot(base, sum)),
            Some(_) | None => wrap(base, width.signed(k), offset),
        }
    }

    /// An upper bound of an integer, unsigned.
    fn bound(&self, value: Value, depth: u32) -> u64 {
        let root = self.root(value);
        let max = match Width::of(self.func.ty(root)) {
            Width::W32 => u64::from(u32::MAX),
            Width::W64 => u64::MAX,
        };
        let Some(inst) = self.inst_of(root).filter(|_| depth > 0) else {
            return max;
        };
        if let Inst::Const(bits) = *inst {
            return bits & max;
        }
        if let Inst::Load { op, .. } = *inst {
            return loaded_bound(op).min(max);
        }
        let Inst::Binary(op, a, b) = *inst else {
            return max;
        };
        let by = self.const_bits(b);
        by.map_or(max, |by| bound_of(op, self.bound(a, depth - 1), by, max))
    }

    /// `store(p, add(load(p), constant))` as one update in place.
    fn update(
        &mut self,
        idx: InstIdx,
        op: StoreOp,
        addr: Value,
        offset: u32,
        value: Value,
    ) -> bool {
        let Some(&Inst::Binary(add, a, b)) = self.fold(value) else {
            return false;
        };
        let Some((load, imm, code)) = self.update_operands(idx, op, add, (a, b)) else {
            return false;
        };
        let same = self.root(load.addr) == self.root(addr) && load.offset == offset;
        if !same || u16::try_from(offset).is_err() {
            return false;
        }
        self.mark_loaded(load);
        let addr = self.field(addr);
        self.emit(code, &[addr, imm, i64::from(offset)]);
        true
    }

    fn update_operands(
        &self,
        idx: InstIdx,
        op: StoreOp,
        add: BinaryOp,
        (a, b): (Value, Value),
    ) -> Option<(FoldedLoad, i64, Op)> {
        let BinaryRow::Arith(row) = rows::binary(add) else {
            return None;
        };
        let width = Width::of(add.operand_type());
        let (code, adds) = match op {
            StoreOp::Store32 => (Op::I32AddMemImm, Op::I32AddImm),
            StoreOp::Store64 => (Op::I64AddMemImm, Op::I64AddImm),
            StoreOp::Store8 | StoreOp::Store16 | StoreOp::Store128 => return None,
        };
        let orders = [(a, b), (b, a)];
        let mut orders = orders.into_iter().take(if row.commutes { 2 } else { 1 });
        orders.find_map(|(loaded, constant)| {
            let (imm_op, imm) = self.imm_for(&row, width, constant)?;
            let load = self.fold_load(loaded, width, idx)?;
            (imm_op == adds).then_some((load, imm, code))
        })
    }

    /// A store of a constant that fits the instruction.
    fn store_constant(&mut self, op: StoreOp, addr: Value, offset: u32, value: Value) -> bool {
        let (Some((code, bits)), Some(constant)) = (rows::store_imm(op), self.const_bits(value))
        else {
            return false;
        };
        let unused = 64 - bits;
        let imm = (constant << unused) as i64 >> unused;
        if !fits16(imm) {
            return false;
        }
        // A constant that lies in a slot anyhow leaves the better forms of addresses open.
        let in_slot = self.uses.block_of(self.func, self.root(value)) != Some(self.block);
        let Addr::Slot(base, offset) = (match self.address(addr, offset, None) {
            Addr::Wrap(..) | Addr::Index(..) | Addr::Scaled(..) if in_slot => return false,
            Addr::Wrap(..) | Addr::Index(..) | Addr::Scaled(..) => Addr::Slot(addr, offset),
            slot @ Addr::Slot(..) => slot,
        }) else {
            return false;
        };
        if u16::try_from(offset).is_err() {
            return false;
        }
        let base = self.field(base);
        self.emit(code, &[base, imm, i64::from(offset)]);
        true
    }

    /// A store of the result of an operator that has a form which writes to memory.
    fn store_result(&mut self, op: StoreOp, addr: Value, offset: u32, value: Value) -> bool {
        let Some(&Inst::Binary(operator, a, b)) = self.fold(value) else {
            return false;
        };
        let BinaryRow::Arith(row) = rows::binary(operator) else {
            return false;
        };
        let width = Width::of(operator.operand_type());
        let whole = match op {
            StoreOp::Store32 => width == Width::W32,
            StoreOp::Store64 => width == Width::W64,
            StoreOp::Store8 | StoreOp::Store16 | StoreOp::Store128 => false,
        };
        let has_imm = self.imm_for(&row, width, b).is_some()
            || row.commutes && self.imm_for(&row, width, a).is_some();
        let Some(code) = row.store.filter(|_| whole && !has_imm) else {
            return false;
        };
        // The address has only one form here: a store of its own with a better one is as good.
        let Addr::Slot(base, offset) = self.address(addr, offset, None) else {
            return false;
        };
        let base = self.field(base);
        let (lhs, rhs) = (self.narrow_field(a, width), self.narrow_field(b, width));
        self.emit(code, &[base, lhs, rhs, i64::from(offset)]);
        true
    }
}

/// The form for `wrap(base + k) + offset`, if it has room for both.
fn wrap(base: Value, k: i64, offset: u32) -> Option<Addr> {
    let fits = i32::try_from(k).is_ok();
    let offset = u16::try_from(offset).ok().filter(|_| fits)?;
    Some(Addr::Wrap(base, k, offset))
}

/// An upper bound of what is loaded, unsigned.
const fn loaded_bound(op: LoadOp) -> u64 {
    match op {
        LoadOp::I32Load8U | LoadOp::I64Load8U => 0xff,
        LoadOp::I32Load16U | LoadOp::I64Load16U => 0xffff,
        LoadOp::I64Load32U => u32::MAX as u64,
        LoadOp::I32Load8S
        | LoadOp::I32Load16S
        | LoadOp::I32Load
        | LoadOp::I64Load8S
        | LoadOp::I64Load16S
        | LoadOp::I64Load32S
        | LoadOp::I64Load
        | LoadOp::F32Load
        | LoadOp::F64Load
        | LoadOp::V128Load
        | LoadOp::V128Load8x8S
        | LoadOp::V128Load8x8U
        | LoadOp::V128Load16x4S
        | LoadOp::V128Load16x4U
        | LoadOp::V128Load32x2S
        | LoadOp::V128Load32x2U
        | LoadOp::V128Load8Splat
        | LoadOp::V128Load16Splat
        | LoadOp::V128Load32Splat
        | LoadOp::V128Load64Splat
        | LoadOp::V128Load32Zero
        | LoadOp::V128Load64Zero => u64::MAX,
    }
}

/// An upper bound of `left op by`, unsigned, where `left` is at most that and `max` is the greatest number of the type.
fn bound_of(op: BinaryOp, left: u64, by: u64, max: u64) -> u64 {
    let distance = (by & u64::from(max.count_ones() - 1)) as u32;
    let is = |ops: [BinaryOp; 2]| ops.contains(&op);
    if is([BinaryOp::I32And, BinaryOp::I64And]) {
        left.min(by & max)
    } else if is([BinaryOp::I32ShrU, BinaryOp::I64ShrU]) {
        left >> distance
    } else if is([BinaryOp::I32Shl, BinaryOp::I64Shl]) && left <= max >> distance {
        left << distance
    } else if is([BinaryOp::I32RemU, BinaryOp::I64RemU]) && by & max != 0 {
        (by & max) - 1
    } else {
        max
    }
}
