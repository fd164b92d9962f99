//! What each operator becomes: fuel, then instructions or control.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most operators and sections belong to refused features, and new ones may come"
)]

use super::{Builder, Value};
use crate::error::Error;
use crate::ir::func::Edge;
use crate::ir::inst::{Inst, Terminator};
use crate::ir::ops::{BinaryOp, LoadOp, StoreOp, UnaryOp};
use crate::ir::types::Type;
use crate::wasm::heap_type;
use wasmparser::{MemArg, MemArgTarget, Operator};
use wrt_format::image::types::ValType;
use wrt_format::trap::Trap;

/// Whether an operator costs fuel.
fn costs(op: &Operator<'_>) -> bool {
    !matches!(
        op,
        Operator::Nop
            | Operator::Drop
            | Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::Unreachable
            | Operator::Return
            | Operator::Else
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
            | Operator::End
    )
}

/// A pure operator.
enum Pure {
    Unary(UnaryOp),
    Binary(BinaryOp),
}

/// The pure operator of the same name.
macro_rules! pure {
    ($op:expr; unary $($unary:ident)*; binary $($binary:ident)*) => {
        match $op {
            $(Operator::$unary => Some(Pure::Unary(UnaryOp::$unary)),)*
            $(Operator::$binary => Some(Pure::Binary(BinaryOp::$binary)),)*
            _ => None,
        }
    };
}

fn pure(op: &Operator<'_>) -> Option<Pure> {
    pure! { op;
        unary
        I32Clz I32Ctz I32Popcnt I32Extend8S I32Extend16S I32Eqz
        I64Clz I64Ctz I64Popcnt I64Extend8S I64Extend16S I64Extend32S I64Eqz
        F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt
        F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt
        I32WrapI64 I64ExtendI32S I64ExtendI32U
        I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U
        I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U
        I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U
        I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U
        F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U
        F64ConvertI32S F64ConvertI32U F64ConvertI64S F64ConvertI64U
        F32DemoteF64 F64PromoteF32
        I32ReinterpretF32 I64ReinterpretF64 F32ReinterpretI32 F64ReinterpretI64
        RefI31 I31GetS I31GetU AnyConvertExtern ExternConvertAny;
        binary
        I32Add I32Sub I32Mul I32DivS I32DivU I32RemS I32RemU
        I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr
        I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU
        I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU
        I64And I64Or I64Xor I64Shl I64ShrS I64ShrU I64Rotl I64Rotr
        I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU
        F32Add F32Sub F32Mul F32Div F32Min F32Max F32Copysign
        F32Eq F32Ne F32Lt F32Gt F32Le F32Ge
        F64Add F64Sub F64Mul F64Div F64Min F64Max F64Copysign
        F64Eq F64Ne F64Lt F64Gt F64Le F64Ge
        RefEq
    }
}

/// A load or store, and its immediate.
enum Access {
    Load(LoadOp, MemArg),
    Store(StoreOp, MemArg),
}

fn access(op: &Operator<'_>) -> Option<Access> {
    use Access::{Load, Store};
    Some(match *op {
        Operator::I32Load { memarg } => Load(LoadOp::I32Load, memarg),
        Operator::I64Load { memarg } => Load(LoadOp::I64Load, memarg),
        Operator::F32Load { memarg } => Load(LoadOp::F32Load, memarg),
        Operator::F64Load { memarg } => Load(LoadOp::F64Load, memarg),
        Operator::I32Load8S { memarg } => Load(LoadOp::I32Load8S, memarg),
        Operator::I32Load8U { memarg } => Load(LoadOp::I32Load8U, memarg),
        Operator::I32Load16S { memarg } => Load(LoadOp::I32Load16S, memarg),
        Operator::I32Load16U { memarg } => Load(LoadOp::I32Load16U, memarg),
        Operator::I64Load8S { memarg } => Load(LoadOp::I64Load8S, memarg),
        Operator::I64Load8U { memarg } => Load(LoadOp::I64Load8U, memarg),
        Operator::I64Load16S { memarg } => Load(LoadOp::I64Load16S, memarg),
        Operator::I64Load16U { memarg } => Load(LoadOp::I64Load16U, memarg),
        Operator::I64Load32S { memarg } => Load(LoadOp::I64Load32S, memarg),
        Operator::I64Load32U { memarg } => Load(LoadOp::I64Load32U, memarg),
        Operator::V128Load { memarg } => Load(LoadOp::V128Load, memarg),
        Operator::V128Load8x8S { memarg } => Load(LoadOp::V128Load8x8S, memarg),
        Operator::V128Load8x8U { memarg } => Load(LoadOp::V128Load8x8U, memarg),
        Operator::V128Load16x4S { memarg } => Load(LoadOp::V128Load16x4S, memarg),
        Operator::V128Load16x4U { memarg } => Load(LoadOp::V128Load16x4U, memarg),
        Operator::V128Load32x2S { memarg } => Load(LoadOp::V128Load32x2S, memarg),
        Operator::V128Load32x2U { memarg } => Load(LoadOp::V128Load32x2U, memarg),
        Operator::V128Load8Splat { memarg } => Load(LoadOp::V128Load8Splat, memarg),
        Operator::V128Load16Splat { memarg } => Load(LoadOp::V128Load16Splat, memarg),
        Operator::V128Load32Splat { memarg } => Load(LoadOp::V128Load32Splat, memarg),
        Operator::V128Load64Splat { memarg } => Load(LoadOp::V128Load64Splat, memarg),
        Operator::V128Load32Zero { memarg } => Load(LoadOp::V128Load32Zero, memarg),
        Operator::V128Load64Zero { memarg } => Load(LoadOp::V128Load64Zero, memarg),
        Operator::V128Store { memarg } => Store(StoreOp::Store128, memarg),
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => {
            Store(StoreOp::Store8, memarg)
        }
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => {
            Store(StoreOp::Store16, memarg)
        }
        Operator::I32Store { memarg }
        | Operator::F32Store { memarg }
        | Operator::I64Store32 { memarg } => Store(StoreOp::Store32, memarg),
        Operator::I64Store { memarg } | Operator::F64Store { memarg } => {
            Store(StoreOp::Store64, memarg)
        }
        _ => return None,
    })
}

impl Builder<'_> {
    /// Builds the next operator.
    pub(super) fn operator(&mut self, op: &Operator<'_>, offset: u32) -> Result<(), Error> {
        let built = self.build_operator(op, offset);
        built.map_err(|error| error.at(u64::from(offset)))
    }

    fn build_operator(&mut self, op: &Operator<'_>, offset: u32) -> Result<(), Error> {
        self.offset = offset;
        if !self.reachable {
            self.skip(op);
            return Ok(());
        }
        if costs(op) {
            self.begin_step();
            let count = self.counts.map(|counts| counts.at(offset));
            let block = self.func.block_mut(self.current);
            block.cost += 1;
            block.count = block.count.or(count);
        }
        if let Some(pure) = pure(op) {
            self.pure(&pure);
            Ok(())
        } else if let Some(access) = access(op) {
            self.access(&access)
        } else if self.control(op)?
            || self.exception(op)?
            || self.call(op)?
            || self.simple(op)?
            || self.bulk(op)
            || self.vector(op)?
            || self.atomic(op)?
            || self.wide(op)
            || self.object(op)?
        {
            Ok(())
        } else {
            Err(Error::internal(
                "the validator accepted an unknown operator",
            ))
        }
    }

    /// In unreachable code only the structure counts.
    fn skip(&mut self, op: &Operator<'_>) {
        match op {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. } => {
                self.skip_scope();
            }
            Operator::End | Operator::Delegate { .. } if self.dead_depth > 0 => {
                self.dead_depth -= 1;
            }
            Operator::End | Operator::Delegate { .. } => self.end(),
            Operator::Else if self.dead_depth == 0 => self.else_(),
            Operator::Catch { .. } | Operator::CatchAll if self.dead_depth == 0 => self.catch(),
            // Everything else would compute.
            _ => {}
        }
    }

    fn pure(&mut self, op: &Pure) {
        match *op {
            Pure::Unary(op) => {
                let a = self.pop();
                self.emit(Inst::Unary(op, a), &[op.result_type()]);
            }
            Pure::Binary(op) => {
                let (b, a) = (self.pop(), self.pop());
                self.emit(Inst::Binary(op, a, b), &[op.result_type()]);
            }
        }
    }

    fn access(&mut self, access: &Access) -> Result<(), Error> {
        match *access {
            Access::Load(op, memarg) => {
                let addr = self.pop();
                let (mem, addr, offset) = self.address(&memarg, addr)?;
                let load = Inst::Load {
                    op,
                    mem,
                    addr,
                    offset,
                };
                self.emit(load, &[op.result_type()]);
            }
            Access::Store(op, memarg) => {
                let (value, addr) = (self.pop(), self.pop());
                let (mem, addr, offset) = self.address(&memarg, addr)?;
                let store = Inst::Store {
                    op,
                    mem,
                    addr,
                    offset,
                    value,
                };
                self.emit(store, &[]);
            }
        }
        Ok(())
    }

    /// Memory, address and offset. An offset that is no u32, which only 64-bit memories have, is added to the address here, with a
    /// branch to a trap if the sum overflows.
    pub(super) fn address(
        &mut self,
        memarg: &MemArg,
        addr: Value,
    ) -> Result<(u32, Value, u32), Error> {
        let MemArgTarget::Memory(mem) = memarg.target else {
            return Err(Error::internal("an access to something not a memory"));
        };
        if let Ok(offset) = u32::try_from(memarg.offset) {
            return Ok((mem, addr, offset));
        }
        let offset = self.value(Inst::Const(memarg.offset), Type::I64);
        let sum = self.value(Inst::Binary(BinaryOp::I64Add, addr, offset), Type::I64);
        let less = Inst::Binary(BinaryOp::I64LtU, sum, offset);
        let cond = self.value(less, Type::I32);
        let block = match self.overflow {
            Some(block) => block,
            None => self.new_block(),
        };
        self.overflow = Some(block);
        let data = self.func.block_mut(block);
        data.terminator = Terminator::Trap(Trap::MemoryOutOfBounds);
        data.offset = self.offset;
        let edge = |block| Edge {
            block,
            args: Vec::new(),
        };
        self.split(|next| Terminator::BrIf {
            cond,
            then: edge(block),
            otherwise: edge(next),
        });
        Ok((mem, sum, 0))
    }

    /// Control. Whether it was one.
    fn control(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        match *op {
            Operator::Nop => {}
            Operator::Block { blockty } => self.block(blockty)?,
            Operator::Loop { blockty } => self.loop_(blockty)?,
            Operator::If { blockty } => self.if_(blockty)?,
            Operator::Else => self.else_(),
            Operator::End => self.end(),
            Operator::Br { relative_depth } => self.br(relative_depth),
            Operator::BrIf { relative_depth } => self.br_if(relative_depth),
            Operator::BrOnNull { relative_depth } => self.br_on_null(relative_depth),
            Operator::BrOnNonNull { relative_depth } => self.br_on_non_null(relative_depth),
            Operator::BrOnCast {
                relative_depth,
                to_ref_type,
                ..
            } => self.br_on_cast(relative_depth, to_ref_type, true)?,
            Operator::BrOnCastFail {
                relative_depth,
                to_ref_type,
                ..
            } => self.br_on_cast(relative_depth, to_ref_type, false)?,
            Operator::BrTable { ref targets } => self.br_table(targets)?,
            Operator::Return => self.return_(),
            Operator::Unreachable => self.terminate(Terminator::Trap(Trap::Unreachable)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Calls. Whether it was one.
    fn call(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        match *op {
            Operator::Call { function_index } => {
                let (args, results) = self.callee(self.module.funcs[function_index as usize]);
                let func = function_index;
                self.emit(Inst::Call { func, args }, &results);
                self.tried()?;
            }
            Operator::ReturnCall { function_index } => {
                let (args, _) = self.callee(self.module.funcs[function_index as usize]);
                let func = function_index;
                self.terminate(Terminator::ReturnCall { func, args });
            }
            Operator::CallIndirect {
                type_index,
                table_index,
            } => {
                let index = self.pop();
                let (args, results) = self.callee(type_index);
                let call = Inst::CallIndirect {
                    table: table_index,
                    type_idx: self.module.canonical_type(type_index),
                    index,
                    args,
                };
                self.emit(call, &results);
                self.tried()?;
            }
            Operator::ReturnCallIndirect {
                type_index,
                table_index,
            } => {
                let index = self.pop();
                let (args, _) = self.callee(type_index);
                self.terminate(Terminator::ReturnCallIndirect {
                    table: table_index,
                    type_idx: self.module.canonical_type(type_index),
                    index,
                    args,
                });
            }
            Operator::CallRef { type_index } => {
                let callee = self.pop();
                let (args, results) = self.callee(type_index);
                let call = Inst::CallRef {
                    type_idx: self.module.canonical_type(type_index),
                    callee,
                    args,
                };
                self.emit(call, &results);
                self.tried()?;
            }
            Operator::ReturnCallRef { type_index } => {
                let callee = self.pop();
                let (args, _) = self.callee(type_index);
                self.terminate(Terminator::ReturnCallRef {
                    type_idx: self.module.canonical_type(type_index),
                    callee,
                    args,
                });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Arguments, popped, and result types of a call of a function of this type.
    fn callee(&mut self, type_idx: u32) -> (Vec<Value>, Vec<Type>) {
        let ty = &self.module.types[type_idx as usize];
        (self.pop_n(ty.params.len()), self.module.ir_results(ty))
    }

    /// Constants, locals, globals and the like. Whether it was one.
    fn simple(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        match *op {
            Operator::I32Const { value } => {
                let bits = u64::from(value.cast_unsigned());
                self.emit(Inst::Const(bits), &[Type::I32]);
            }
            Operator::I64Const { value } => {
                self.emit(Inst::Const(value.cast_unsigned()), &[Type::I64]);
            }
            Operator::F32Const { value } => {
                self.emit(Inst::Const(u64::from(value.bits())), &[Type::F32]);
            }
            Operator::F64Const { value } => self.emit(Inst::Const(value.bits()), &[Type::F64]),
            Operator::LocalGet { local_index } => {
                let value = self.get_local(local_index);
                self.stack.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.assign(local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.assign(local_index, value);
                self.stack.push(value);
            }
            Operator::Drop => {
                self.pop();
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                let (cond, otherwise, then) = (self.pop(), self.pop(), self.pop());
                let ty = self.func.ty(then);
                let select = Inst::Select {
                    cond,
                    then,
                    otherwise,
                };
                self.emit(select, &[ty]);
            }
            Operator::GlobalGet { global_index } => {
                let ty = self.module.globals[global_index as usize].ty;
                let ty = self.module.ir_type(ty);
                self.emit(Inst::GlobalGet(global_index), &[ty]);
            }
            Operator::GlobalSet { global_index } => {
                let value = self.pop();
                self.emit(Inst::GlobalSet(global_index, value), &[]);
            }
            Operator::RefNull { hty } => {
                let ty = ValType::reference(heap_type(hty)?, true);
                let ty = self.module.ir_type(ty);
                self.emit(Inst::Const(0), &[ty]);
            }
            Operator::RefIsNull => {
                let value = self.pop();
                self.emit(Inst::RefIsNull(value), &[Type::I32]);
            }
            Operator::RefFunc { function_index } => {
                self.emit(Inst::RefFunc(function_index), &[Type::FuncRef]);
            }
            Operator::RefAsNonNull => {
                let value = self.pop();
                let ty = self.func.ty(value);
                self.emit(Inst::RefAsNonNull(value), &[ty]);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
