//! Selection of the instructions that have exactly one form each, and the dispatch to those that have patterns.

use super::cond::{Compare, IntCond, Width};
use super::rows::{self, UnaryRow};
use super::select::Selector;
use super::vcode::VReg;
use crate::ir::{BinaryOp, Inst, InstIdx, Type, UnaryOp, Value};
use wrt_format::isa::Op;

impl Selector<'_> {
    /// Selects an instruction that is needed.
    pub(super) fn inst(&mut self, idx: InstIdx, inst: &Inst, results: &[Value]) {
        match *inst {
            Inst::Const(bits) => self.constant(bits, results[0]),
            Inst::Unary(op, a) => self.unary(op, a, results[0]),
            Inst::Binary(op, a, b) => self.binary(idx, op, a, b, results[0]),
            Inst::V128Const(bits) => self.vector_const(bits, results[0]),
            Inst::Simd { op, lane, args } => self.vector(op, lane, args, results[0]),
            Inst::Select {
                cond,
                then,
                otherwise,
            } => self.select(cond, then, otherwise, results[0]),
            Inst::Object { op, ref args } => self.object(op, args, results),
            Inst::RefIsNull(a) => self.of_one(Op::I64EqImm, a, &[0], results),
            Inst::RefAsNonNull(a) => self.of_one(Op::RefAsNonNull, a, &[], results),
            Inst::RefFunc(func) => {
                let dst = self.def(results[0]);
                self.emit(Op::RefFunc, &[dst, i64::from(func)]);
            }
            Inst::GlobalGet(global) => self.global_get(global, results[0]),
            Inst::GlobalSet(global, value) => self.global_set(global, value),
            Inst::HomeSet(local, value) => self.home_set(local, value),
            Inst::Load {
                op,
                mem,
                addr,
                offset,
            } => self.load(op, mem, addr, offset, results[0]),
            Inst::Store {
                op,
                mem,
                addr,
                offset,
                value,
            } => self.store(idx, op, mem, addr, offset, value),
            Inst::MemorySize(_)
            | Inst::MemoryGrow { .. }
            | Inst::MemoryFill { .. }
            | Inst::MemoryCopy { .. }
            | Inst::MemoryInit { .. }
            | Inst::DataDrop(_) => self.memory_inst(inst, results),
            Inst::TableGet { .. }
            | Inst::TableSet { .. }
            | Inst::TableSize(_)
            | Inst::TableGrow { .. }
            | Inst::TableFill { .. }
            | Inst::TableCopy { .. }
            | Inst::TableInit { .. }
            | Inst::ElemDrop(_) => self.table_inst(inst, results),
            Inst::Atomic {
                op,
                mem,
                offset,
                args,
            } => self.atomic(op, mem, offset, &args[..op.operand_count()], results),
            // All that it orders is in order. What is caught is there when the block starts.
            Inst::AtomicFence | Inst::Caught(_) => {}
            Inst::Call { .. } | Inst::CallIndirect { .. } | Inst::CallRef { .. } => {
                self.call_inst(inst, results);
            }
        }
    }

    /// Selects an instruction with one operand, and behind it immediates.
    fn of_one(&mut self, op: Op, a: Value, rest: &[i64], results: &[Value]) {
        let mut fields = vec![self.def(results[0]), self.field(a)];
        fields.extend(rest);
        self.emit(op, &fields);
    }

    fn home_set(&mut self, local: u32, value: Value) {
        let home = self.home(local);
        if let Some(bits) = self.const_bits(value) {
            let inst = self.constant_inst(home, bits);
            return self.push(inst);
        }
        let op = match self.func.ty(value).slots() {
            2 => Op::V128Mov,
            _ => Op::Mov,
        };
        let value = self.field(value);
        self.emit(op, &[home, value]);
    }

    fn constant(&mut self, bits: u64, result: Value) {
        let dst = self.def(result);
        let inst = self.constant_inst(dst, bits);
        self.push(inst);
    }

    /// Selects a call.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only calls come here")]
    fn call_inst(&mut self, inst: &Inst, results: &[Value]) {
        match *inst {
            Inst::Call { func, ref args } => self.call(func, args, results),
            Inst::CallIndirect {
                table,
                type_idx,
                index,
                ref args,
            } => {
                let (index, type_idx) = (self.field(index), i64::from(type_idx));
                if table == 0 {
                    let fields = [0, 0, index, type_idx, 0];
                    self.call_with(Op::CallIndirectZero, &fields, args, results);
                } else {
                    let fields = [0, 0, index, i64::from(table), type_idx, 0];
                    self.call_with(Op::CallIndirect, &fields, args, results);
                }
            }
            Inst::CallRef {
                type_idx,
                callee,
                ref args,
            } => {
                let callee = self.field(callee);
                let fields = [0, 0, callee, i64::from(type_idx), 0];
                self.call_with(Op::CallRef, &fields, args, results);
            }
            _ => {}
        }
    }

    fn unary(&mut self, op: UnaryOp, a: Value, result: Value) {
        let dst = self.def(result);
        match rows::unary(op) {
            UnaryRow::Op(code) => {
                let width = Width::of(op.operand_type());
                let src = self.narrow_field(a, width);
                self.emit(code, &[dst, src]);
            }
            UnaryRow::IsZero(width) => {
                // not (a < b) is an instruction of its own for integers.
                if width == Width::W32
                    && let Some((compare @ Compare::Int(..), a, b)) = self.fold_compare(a)
                {
                    self.compare(compare.negated(), a, b, dst);
                    return;
                }
                let src = self.narrow_field(a, width);
                let ops = Compare::Int(width, IntCond::Eq).ops();
                if let Some(code) = ops.slot_imm {
                    self.emit(code, &[dst, src, 0]);
                }
            }
            // Never selected: its uses are uses of its operand.
            UnaryRow::Alias => {}
        }
    }

    /// The comparison that computes `value`, if it is one that may be folded.
    fn fold_compare(&self, value: Value) -> Option<(Compare, Value, Value)> {
        match self.fold(value) {
            Some(&Inst::Binary(op, a, b)) => rows::compare(op).map(|compare| (compare, a, b)),
            Some(_) | None => None,
        }
    }

    fn select(&mut self, cond: Value, mut then: Value, mut otherwise: Value, result: Value) {
        let mut cond = cond;
        while let Some((inner, flipped)) = self.peel(self.fold(cond)) {
            cond = inner;
            if flipped {
                core::mem::swap(&mut then, &mut otherwise);
            }
        }
        let dst = self.def(result);
        let (a, b) = (self.field(then), self.field(otherwise));
        let cond = self.narrow_field(cond, Width::W32);
        let op = match self.func.ty(result) {
            Type::V128 => Op::V128Select,
            Type::I32
            | Type::I64
            | Type::F32
            | Type::F64
            | Type::FuncRef
            | Type::ExternRef
            | Type::AnyRef
            | Type::ExnRef => Op::Select,
        };
        self.emit(op, &[dst, a, b, cond]);
    }

    /// If the instruction only asks whether an i32 is (not) 0: that i32, and whether the answer is turned round.
    pub(super) fn peel(&self, inst: Option<&Inst>) -> Option<(Value, bool)> {
        match inst {
            Some(&Inst::Unary(UnaryOp::I32Eqz, a)) => Some((a, true)),
            Some(&Inst::Binary(op @ (BinaryOp::I32Eq | BinaryOp::I32Ne), a, b)) => {
                let other = if self.const_bits(b) == Some(0) {
                    a
                } else if self.const_bits(a) == Some(0) {
                    b
                } else {
                    return None;
                };
                Some((other, op == BinaryOp::I32Eq))
            }
            Some(_) | None => None,
        }
    }

    fn global_get(&mut self, global: u32, result: Value) {
        let dst = self.def(result);
        let (own, import) = match self.func.ty(result).slots() {
            2 => (Op::V128GlobalGet, Op::V128GlobalGetImport),
            _ => (Op::GlobalGet, Op::GlobalGetImport),
        };
        match global.checked_sub(self.module.imported_globals) {
            Some(defined) => self.emit(own, &[dst, i64::from(defined)]),
            None => self.emit(import, &[dst, i64::from(global)]),
        }
    }

    fn global_set(&mut self, global: u32, value: Value) {
        let src = self.field(value);
        let (own, import) = match self.func.ty(value).slots() {
            2 => (Op::V128GlobalSet, Op::V128GlobalSetImport),
            _ => (Op::GlobalSet, Op::GlobalSetImport),
        };
        match global.checked_sub(self.module.imported_globals) {
            Some(defined) => self.emit(own, &[src, i64::from(defined)]),
            None => self.emit(import, &[src, i64::from(global)]),
        }
    }

    fn call(&mut self, func: u32, args: &[Value], results: &[Value]) {
        match func.checked_sub(self.module.imported_funcs) {
            Some(defined) => {
                self.call_with(Op::Call, &[0, 0, i64::from(defined), 0], args, results);
            }
            None => self.call_with(Op::CallImport, &[0, 0, i64::from(func), 0], args, results),
        }
    }

    fn call_with(&mut self, op: Op, fields: &[i64], args: &[Value], results: &[Value]) {
        let mut inst = self.make(op, fields);
        inst.results = results.iter().map(|&result| self.def_reg(result)).collect();
        inst.args = self.regs(args);
        self.push(inst);
    }

    /// The registers of some values.
    pub(super) fn regs(&mut self, values: &[Value]) -> Vec<VReg> {
        values.iter().map(|&value| self.reg(value)).collect()
    }

    /// A copy of a value in a register of its own: for operands that the instruction advances.
    pub(super) fn private(&mut self, value: Value) -> i64 {
        let src = self.field(value);
        let copy = i64::from(self.fresh(Type::I64).0);
        self.emit(Op::Mov, &[copy, src]);
        copy
    }

    fn memory_inst(&mut self, inst: &Inst, results: &[Value]) {
        if let Inst::MemorySize(mem) = *inst {
            let dst = self.def(results[0]);
            self.emit(Op::MemorySize, &[dst, i64::from(mem)]);
        } else if let Inst::MemoryGrow { mem, delta } = *inst {
            let (dst, delta) = (self.def(results[0]), self.field(delta));
            self.emit(Op::MemoryGrow, &[dst, delta, i64::from(mem)]);
        } else if let Inst::MemoryFill { mem, to, value, n } = *inst {
            self.fill(Op::MemoryFill, mem, to, value, n);
        } else if let Inst::MemoryCopy {
            to_mem,
            from_mem,
            to,
            from,
            n,
        } = *inst
        {
            self.copy(Op::MemoryCopy, [to_mem, from_mem], [to, from, n]);
        } else if let Inst::MemoryInit {
            mem,
            data,
            to,
            from,
            n,
        } = *inst
        {
            self.copy(Op::MemoryInit, [mem, data], [to, from, n]);
        } else if let Inst::DataDrop(data) = *inst {
            self.emit(Op::DataDrop, &[i64::from(data)]);
        }
    }

    fn table_inst(&mut self, inst: &Inst, results: &[Value]) {
        if let Inst::TableGet { table, index } = *inst {
            let (dst, index) = (self.def(results[0]), self.field(index));
            self.emit(Op::TableGet, &[dst, index, i64::from(table)]);
        } else if let Inst::TableSet {
            table,
            index,
            value,
        } = *inst
        {
            let (index, src) = (self.field(index), self.field(value));
            self.emit(Op::TableSet, &[index, src, i64::from(table)]);
        } else if let Inst::TableSize(table) = *inst {
            let dst = self.def(results[0]);
            self.emit(Op::TableSize, &[dst, i64::from(table)]);
        } else if let Inst::TableGrow { table, init, delta } = *inst {
            let dst = self.def(results[0]);
            let (delta, init) = (self.field(delta), self.field(init));
            self.emit(Op::TableGrow, &[dst, delta, init, i64::from(table)]);
        } else if let Inst::TableFill {
            table,
            to,
            value,
            n,
        } = *inst
        {
            self.fill(Op::TableFill, table, to, value, n);
        } else if let Inst::TableCopy {
            to_table,
            from_table,
            to,
            from,
            n,
        } = *inst
        {
            self.copy(Op::TableCopy, [to_table, from_table], [to, from, n]);
        } else if let Inst::TableInit {
            table,
            elem,
            to,
            from,
            n,
        } = *inst
        {
            self.copy(Op::TableInit, [table, elem], [to, from, n]);
        } else if let Inst::ElemDrop(elem) = *inst {
            self.emit(Op::ElemDrop, &[i64::from(elem)]);
        }
    }

    fn fill(&mut self, op: Op, place: u32, to: Value, value: Value, n: Value) {
        let value = self.field(value);
        let (to, n) = (self.private(to), self.private(n));
        self.emit(op, &[to, value, n, i64::from(place)]);
    }

    fn copy(&mut self, op: Op, places: [u32; 2], operands: [Value; 3]) {
        let [to, from, n] = operands.map(|operand| self.private(operand));
        let [to_place, from_place] = places.map(i64::from);
        self.emit(op, &[to, from, n, to_place, from_place]);
    }
}
