//! Patterns of terminators: fused compare-and-branch, step-compare-and-branch, and the plain ones.

use super::binary::Form;
use super::cond::{Compare, IntCond, Width};
use super::edges::Piece;
use super::rows::{self, BinaryRow};
use super::select::Selector;
use super::vcode::VInst;
use crate::ir::{Edge, Inst, InstIdx, Terminator, UnaryOp, Value};
use wrt_format::isa::Op;

/// A conditional branch that is taken when the condition holds or, if `flipped`, when it does not.
struct Test {
    inst: VInst,
    flipped: bool,
}

/// An addition of a constant that a branch can do itself.
struct Step {
    idx: InstIdx,
    /// The sum.
    sum: Value,
    src: Value,
    imm: i64,
}

/// The step-compare-branches of one width.
struct StepOps {
    nz: Op,
    ne: Op,
    lt_s: Op,
    lt_u: Op,
}

impl<'a> Selector<'a> {
    /// Selects the terminator of the block at hand.
    pub(super) fn terminator(&mut self, terminator: &Terminator) -> Piece {
        match *terminator {
            Terminator::Br(ref edge) => self.jump(edge),
            Terminator::BrIf {
                cond,
                ref then,
                ref otherwise,
            } => self.branch_if(cond, then, otherwise),
            Terminator::BrTable {
                index,
                ref targets,
                ref default,
            } => {
                let index = self.narrow_field(index, Width::W32);
                self.emit(Op::BrTable, &[index, targets.len() as i64]);
                let edges: Vec<&Edge> = targets.iter().chain([default]).collect();
                self.many_way(&edges)
            }
            Terminator::Try {
                ref normal,
                ref handlers,
            } => self.try_call(normal, handlers),
            Terminator::Throw {
                tag,
                ref args,
                ref handlers,
            } => {
                let fields = [0, i64::from(tag), 0, 0];
                self.throw(Op::Throw, &fields, args, handlers)
            }
            Terminator::ThrowRef { exn, ref handlers } => {
                let fields = [0, self.field(exn), 0, 0];
                self.throw(Op::ThrowRef, &fields, &[], handlers)
            }
            Terminator::Return(ref values) => self.give_back(values),
            Terminator::ReturnCall { func, ref args } => {
                match func.checked_sub(self.module.imported_funcs) {
                    Some(defined) => self.tail_call(Op::ReturnCall, &[0, i64::from(defined)], args),
                    None => self.tail_call(Op::ReturnCallImport, &[0, i64::from(func)], args),
                }
            }
            Terminator::ReturnCallIndirect {
                table,
                type_idx,
                index,
                ref args,
            } => {
                let index = self.field(index);
                let fields = [0, index, i64::from(table), i64::from(type_idx)];
                self.tail_call(Op::ReturnCallIndirect, &fields, args)
            }
            Terminator::ReturnCallRef {
                type_idx,
                callee,
                ref args,
            } => {
                let callee = self.field(callee);
                let fields = [0, callee, i64::from(type_idx)];
                self.tail_call(Op::ReturnCallRef, &fields, args)
            }
            Terminator::Trap(trap) => {
                self.emit(Op::Trap, &[trap as i64]);
                Piece::default()
            }
        }
    }

    fn give_back(&mut self, values: &[Value]) -> Piece {
        match *values {
            [] => self.emit(Op::Ret, &[]),
            [value] if self.func.ty(value).slots() == 1 => {
                let src = self.field(value);
                self.emit(Op::Ret1, &[src]);
            }
            [..] => {
                let mut inst = self.make(Op::RetN, &[0, 0]);
                inst.args = self.regs(values);
                self.push(inst);
            }
        }
        Piece::default()
    }

    fn throw(&mut self, op: Op, fields: &[i64], args: &[Value], handlers: &[Edge]) -> Piece {
        let mut inst = self.make(op, fields);
        inst.args = self.regs(args);
        self.push(inst);
        let mut piece = Piece::default();
        self.catch(&mut piece, handlers);
        piece
    }

    fn tail_call(&mut self, op: Op, fields: &[i64], args: &[Value]) -> Piece {
        let mut inst = self.make(op, fields);
        inst.args = self.regs(args);
        self.push(inst);
        Piece::default()
    }

    fn branch_if(&mut self, cond: Value, then: &Edge, otherwise: &Edge) -> Piece {
        if then == otherwise {
            return self.jump(then);
        }
        let test = match self.step(cond, then, otherwise) {
            Some(test) => test,
            None => self.test(cond),
        };
        if test.flipped {
            self.two_way(test.inst, otherwise, then)
        } else {
            self.two_way(test.inst, then, otherwise)
        }
    }

    /// The instruction of a condition if the branch may compute it instead. Unlike other operands it may also come from another
    /// block, as long as that does not bring it into a loop.
    fn fold_condition(&self, value: Value) -> Option<&'a Inst> {
        let root = self.root(value);
        let from = self.uses.block_of(self.func, root)?;
        let folds = self.fuse
            && self.uses.is_single(root)
            && (from == self.block || self.loops.depth(from) == self.loops.depth(self.block));
        if folds { self.inst_of(root) } else { None }
    }

    /// The i32 behind all questions whether it is (not) 0, and whether the answer is turned round.
    fn condition(&self, cond: Value) -> (Value, bool) {
        let (mut value, mut flipped) = (cond, false);
        while let Some((inner, turned)) = self.peel(self.fold_condition(value)) {
            value = inner;
            flipped ^= turned;
        }
        (value, flipped)
    }

    /// The branch on a condition.
    fn test(&mut self, cond: Value) -> Test {
        let (value, flipped) = self.condition(cond);
        let folded = self.fold_condition(value);
        if let Some(inst) = self.test_type(folded) {
            return Test { inst, flipped };
        }
        let found = match folded {
            Some(&(Inst::Unary(UnaryOp::I64Eqz, a) | Inst::RefIsNull(a))) => Some(Test {
                inst: self.test_wide(a),
                flipped: !flipped,
            }),
            Some(&Inst::Unary(UnaryOp::I32WrapI64, a)) => {
                let a = self.field(a);
                Some(Test {
                    inst: self.make(Op::BrNz, &[a, 0]),
                    flipped,
                })
            }
            Some(&Inst::Binary(op, a, b)) => match rows::binary(op) {
                BinaryRow::Compare(compare) => self.test_compare(compare, a, b, flipped),
                BinaryRow::Arith(_) => None,
            },
            Some(_) | None => None,
        };
        found.unwrap_or_else(|| Test {
            inst: self.test_bits(value, Width::W32),
            flipped,
        })
    }

    fn test_compare(
        &mut self,
        compare: Compare,
        a: Value,
        b: Value,
        flipped: bool,
    ) -> Option<Test> {
        for (value, zero) in [(a, b), (b, a)] {
            let turned = match compare {
                Compare::Int(Width::W64, IntCond::Ne) => false,
                Compare::Int(Width::W64, IntCond::Eq) => true,
                Compare::Int(..) | Compare::Float(..) => break,
            };
            if self.const_bits(zero) == Some(0) {
                return Some(Test {
                    inst: self.test_wide(value),
                    flipped: flipped ^ turned,
                });
            }
        }
        // The opposite of a float comparison has a branch, but not the branch whose opposite it is: negate first.
        let compare = if flipped { compare.negated() } else { compare };
        let (form, lhs, rhs) = self.compare_form(compare, a, b);
        let op = match form {
            Form::Imm(compare) => compare.ops().branch_imm?,
            Form::Slots => compare.ops().branch,
        };
        Some(Test {
            inst: self.make(op, &[lhs, rhs, 0]),
            flipped: false,
        })
    }

    fn test_wide(&mut self, value: Value) -> VInst {
        self.test_bits(value, Width::W64)
    }

    /// Branches if `value` is not 0, doing an `and` on the way.
    fn test_bits(&mut self, value: Value, width: Width) -> VInst {
        if let Some(&Inst::Binary(op, a, b)) = self.fold_condition(value)
            && let BinaryRow::Arith(row) = rows::binary(op)
            && let Some((slots, imm)) = row.test
        {
            let orders = [(a, b), (b, a)];
            for (lhs, rhs) in orders {
                if let Some(mask) = self.imm16(rhs, width) {
                    let lhs = self.narrow_field(lhs, width);
                    return self.make(imm, &[lhs, mask, 0]);
                }
            }
            let (lhs, rhs) = (self.narrow_field(a, width), self.narrow_field(b, width));
            return self.make(slots, &[lhs, rhs, 0]);
        }
        let cond = self.narrow_field(value, width);
        let op = match width {
            Width::W32 => Op::BrNz,
            Width::W64 => Op::Br64Nz,
        };
        self.make(op, &[cond, 0])
    }

    /// The tail of a counted loop: step, compare and branch in one.
    fn step(&mut self, cond: Value, then: &Edge, otherwise: &Edge) -> Option<Test> {
        let (value, flipped) = self.condition(cond);
        let (width, step, compare, limit) = self.step_operands(value)?;
        let ops = StepOps::of(width);
        let (op, turned) = match compare {
            IntCond::Ne => (ops.ne, false),
            IntCond::Eq => (ops.ne, true),
            IntCond::LtS => (ops.lt_s, false),
            IntCond::GeS => (ops.lt_s, true),
            IntCond::LtU => (ops.lt_u, false),
            IntCond::GeU => (ops.lt_u, true),
            IntCond::LeS | IntCond::LeU | IntCond::GtS | IntCond::GtU => return None,
        };
        let flipped = flipped ^ turned;
        // These branches have no opposites: worth it where the loop goes on at the label, or nothing has to be turned round.
        let (taken, fall) = if flipped {
            (otherwise, then)
        } else {
            (then, otherwise)
        };
        let fits = self.planner.is_backward(self.block, taken.block)
            || self.planner.next(self.block) == Some(fall.block);
        if !fits {
            return None;
        }
        self.mark_folded(step.idx);
        let (dst, src) = (self.field(step.sum), self.narrow_field(step.src, width));
        let inst = match limit {
            None => self.make(ops.nz, &[dst, src, step.imm, 0]),
            Some(limit) => {
                let limit = self.narrow_field(limit, width);
                self.make(op, &[dst, src, limit, step.imm, 0])
            }
        };
        Some(Test { inst, flipped })
    }

    /// What a branch on `value` that may do a step first compares: the step, the condition, the limit (0 if there is none).
    fn step_operands(&self, value: Value) -> Option<(Width, Step, IntCond, Option<Value>)> {
        if !self.fuse {
            return None;
        }
        if let Some(step) = self.step_of(value, Width::W32, 0) {
            return Some((Width::W32, step, IntCond::Ne, None));
        }
        let Some(&Inst::Binary(op, a, b)) = self.fold(value) else {
            return None;
        };
        let compare = rows::compare(op)?;
        let width = compare.int_width()?;
        for (compare, sum, limit) in [(compare, a, b), (compare.swapped(), b, a)] {
            let (Some(step), Compare::Int(_, cond)) = (self.step_of(sum, width, 1), compare) else {
                continue;
            };
            if self.root(sum) == self.root(limit) {
                continue;
            }
            let equality = matches!(cond, IntCond::Eq | IntCond::Ne);
            if equality && self.const_bits(limit) == Some(0) {
                return Some((width, step, cond, None));
            }
            // A limit that would need an instruction here is better an immediate of a comparison of its own.
            let here = self.uses.is_in(self.func, self.root(limit), self.block);
            if !(here && self.imm16(limit, width).is_some()) {
                return Some((width, step, cond, Some(limit)));
            }
        }
        None
    }

    /// `sum` as an addition of a constant in this block that `local` instructions of the block use, and else only the terminator
    /// and later blocks: so it may be done as late as in the branch.
    fn step_of(&self, sum: Value, width: Width, local: u32) -> Option<Step> {
        let sum = self.root(sum);
        let in_place = self.uses.is_in(self.func, sum, self.block) && self.uses.local(sum) == local;
        let Some(&Inst::Binary(op, a, b)) = self.inst_of(sum).filter(|_| in_place) else {
            return None;
        };
        let BinaryRow::Arith(row) = rows::binary(op) else {
            return None;
        };
        let adds = match width {
            Width::W32 => Op::I32AddImm,
            Width::W64 => Op::I64AddImm,
        };
        let (code, imm) = self.imm_for(&row, width, b)?;
        let idx = self.func.def_inst(sum)?;
        (code == adds).then_some(Step {
            idx,
            sum,
            src: a,
            imm,
        })
    }
}

impl StepOps {
    const fn of(width: Width) -> Self {
        match width {
            Width::W32 => Self {
                nz: Op::BrI32AddNz,
                ne: Op::BrI32AddNe,
                lt_s: Op::BrI32AddLtS,
                lt_u: Op::BrI32AddLtU,
            },
            Width::W64 => Self {
                nz: Op::BrI64AddNz,
                ne: Op::BrI64AddNe,
                lt_s: Op::BrI64AddLtS,
                lt_u: Op::BrI64AddLtU,
            },
        }
    }
}
