//! The typing rules of instructions. Without the module, what only it knows is left open.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what no rule knows is an error when it is met"
)]

use super::{Checker, ensure};
use crate::ir::func::{InstData, Value};
use crate::ir::inst::Inst;
use crate::ir::object::ObjectOp;
use crate::ir::ops::{BinaryOp, StoreOp};
use crate::ir::types::Type;
use crate::wasm::{FuncType, ValidModule};
use wrt_format::image::Clause;

/// What a value has to be.
#[derive(Clone, Copy, Debug)]
enum Want {
    Any,
    Is(Type),
    /// A reference.
    Ref,
    /// i32 or i64.
    Int,
    /// Of a type whose values a field of `1 << width` bytes takes.
    Field(u32),
    /// Of a type that stores of this many bytes take.
    Stored(u32),
}

/// Wanted operands, in the order of `for_each_use`, and result.
type Rule = (Vec<Want>, Option<Want>);

use Want::{Any, Field, Int, Is, Ref, Stored};

impl Want {
    fn of_index(is64: Option<bool>) -> Self {
        match is64 {
            None => Int,
            Some(true) => Is(Type::I64),
            Some(false) => Is(Type::I32),
        }
    }

    fn accepts(self, ty: Type) -> bool {
        match self {
            Any => true,
            Is(wanted) => ty == wanted,
            Ref => ty.is_ref(),
            Int => matches!(ty, Type::I32 | Type::I64),
            Field(0 | 1) => ty == Type::I32,
            Field(2) => matches!(ty, Type::I32 | Type::F32),
            Field(3) => ty.slots() == 1 && !matches!(ty, Type::I32 | Type::F32),
            Field(_) => ty == Type::V128,
            Stored(4) => matches!(ty, Type::I32 | Type::F32 | Type::I64),
            Stored(8) => matches!(ty, Type::I64 | Type::F64),
            Stored(16) => ty == Type::V128,
            Stored(_) => matches!(ty, Type::I32 | Type::I64),
        }
    }
}

impl Checker<'_> {
    /// Types of operands, number and types of results, range of indices.
    pub(super) fn inst(&self, data: &InstData) -> Result<(), String> {
        let inst = &data.inst;
        match inst {
            Inst::Call { func, args } => {
                let callee = self.callee(|module| {
                    let exists = (*func as usize) < module.funcs.len();
                    exists.then(|| module.func_type(*func))
                })?;
                self.call(args, callee, &data.results)
            }
            Inst::CallIndirect {
                table,
                type_idx,
                index,
                args,
            } => {
                self.index_of_table(*table, *index)?;
                let callee = self.callee(|module| module.types.get(*type_idx as usize))?;
                self.call(args, callee, &data.results)
            }
            Inst::CallRef {
                type_idx,
                callee,
                args,
            } => {
                self.callee_ref(*callee)?;
                let callee = self.callee(|module| module.types.get(*type_idx as usize))?;
                self.call(args, callee, &data.results)
            }
            Inst::Caught(clause) => self.caught(*clause, &data.results),
            _ => {
                let mut operands = Vec::new();
                inst.for_each_use(|&value| operands.push(value));
                let (wants, result) = match (self.bulk_rule(inst)?, inst) {
                    (Some(rule), _) => rule,
                    (None, Inst::Object { op, .. }) => object_rule(*op, &self.types(&data.results)),
                    (None, _) => self.rule(inst, data)?,
                };
                self.fit("operand", &operands, &wants)?;
                self.fit("result", &data.results, result.as_slice())
            }
        }
    }

    fn types(&self, values: &[Value]) -> Vec<Type> {
        values.iter().map(|&value| self.func.ty(value)).collect()
    }

    /// What a handler is given.
    fn caught(&self, clause: Clause, results: &[Value]) -> Result<(), String> {
        let mut types = match (clause.tag, self.module) {
            (Some(_), None) => return Ok(()),
            (Some(tag), Some(module)) => self.values_of_tag(module, tag)?,
            (None, _) => Vec::new(),
        };
        types.extend(clause.with_ref.then_some(Type::ExnRef));
        self.are("results", results, &types)
    }

    fn values_of_tag(&self, module: &ValidModule<'_>, tag: u32) -> Result<Vec<Type>, String> {
        self.exists("tag", tag, |module| module.tags.len())?;
        Ok(module.ir_params(module.tag_type(tag)))
    }

    /// The values that an exception is thrown with.
    pub(super) fn thrown(&self, tag: u32, args: &[Value]) -> Result<(), String> {
        let Some(module) = self.module else {
            return Ok(());
        };
        self.are("values", args, &self.values_of_tag(module, tag)?)
    }

    fn fit(&self, what: &str, values: &[Value], wants: &[Want]) -> Result<(), String> {
        let (found, wanted) = (values.len(), wants.len());
        ensure!(found == wanted, "{found} {what}s instead of {wanted}");
        for (&value, want) in values.iter().zip(wants) {
            let ty = self.func.ty(value);
            ensure!(
                want.accepts(ty),
                "{what} {value} is of type {ty}, not {want:?}"
            );
        }
        Ok(())
    }

    /// The rule for what is no call and nothing of [`Self::bulk_rule`].
    fn rule(&self, inst: &Inst, data: &InstData) -> Result<Rule, String> {
        let result = data.results.first().map(|&value| self.func.ty(value));
        Ok(match *inst {
            Inst::Const(bits) => {
                let fits = match result {
                    Some(Type::I32 | Type::F32) => bits >> 32 == 0,
                    Some(Type::FuncRef | Type::ExternRef | Type::AnyRef | Type::ExnRef) => {
                        bits == 0
                    }
                    // These have constants of their own.
                    Some(Type::V128) => false,
                    Some(Type::I64 | Type::F64) | None => true,
                };
                ensure!(fits, "the constant {bits:#x} is none of its type");
                (Vec::new(), Some(Any))
            }
            Inst::Unary(op, _) => (vec![Is(op.operand_type())], Some(Is(op.result_type()))),
            Inst::Binary(op, ..) => binary_rule(op),
            Inst::V128Const(_) => (Vec::new(), Some(Is(Type::V128))),
            Inst::Simd { op, .. } => {
                let operands = op.operand_types().iter().map(|&ty| Is(ty));
                (operands.collect(), Some(Is(op.result_type())))
            }
            Inst::Select { then, .. } => {
                let ty = Is(self.func.ty(then));
                (vec![Is(Type::I32), ty, ty], Some(ty))
            }
            Inst::RefIsNull(_) => (vec![Ref], Some(Is(Type::I32))),
            Inst::RefAsNonNull(value) => (vec![Ref], Some(Is(self.func.ty(value)))),
            Inst::RefFunc(func) => {
                self.exists("function", func, |module| module.funcs.len())?;
                (Vec::new(), Some(Is(Type::FuncRef)))
            }
            Inst::GlobalGet(global) => (Vec::new(), Some(self.global(global)?)),
            Inst::GlobalSet(global, _) => (vec![self.global(global)?], None),
            Inst::HomeSet(local, _) => {
                let home = self.func.homes.get(local as usize);
                let home = home.ok_or_else(|| format!("local {local} has no home"))?;
                (vec![Is(*home)], None)
            }
            Inst::Load { op, mem, .. } => (vec![self.memory(mem)?], Some(Is(op.result_type()))),
            Inst::Store { op, mem, .. } => (vec![self.memory(mem)?, store_want(op)], None),
            Inst::Atomic { op, mem, .. } => {
                let mut operands = vec![self.memory(mem)?];
                operands.extend(op.value_types().into_iter().map(Is));
                (operands, op.result_type().map(Is))
            }
            Inst::AtomicFence => (Vec::new(), None),
            _ => return Err("an instruction without a typing rule".to_owned()),
        })
    }

    /// The same for instructions on whole memories, tables and segments.
    fn bulk_rule(&self, inst: &Inst) -> Result<Option<Rule>, String> {
        let i32 = Is(Type::I32);
        Ok(Some(match *inst {
            Inst::MemorySize(mem) => (Vec::new(), Some(self.memory(mem)?)),
            Inst::MemoryGrow { mem, .. } => (vec![self.memory(mem)?], Some(self.memory(mem)?)),
            Inst::MemoryFill { mem, .. } => {
                let index = self.memory(mem)?;
                (vec![index, i32, index], None)
            }
            Inst::MemoryCopy {
                to_mem, from_mem, ..
            } => {
                let (to, from) = (self.memory(to_mem)?, self.memory(from_mem)?);
                (vec![to, from, narrower(to, from)], None)
            }
            Inst::MemoryInit { mem, data, .. } => {
                self.exists("data segment", data, |module| module.datas.len())?;
                (vec![self.memory(mem)?, i32, i32], None)
            }
            Inst::DataDrop(data) => {
                self.exists("data segment", data, |module| module.datas.len())?;
                (Vec::new(), None)
            }
            Inst::TableGet { table, .. } => (vec![self.table(table)?], Some(self.elem(table))),
            Inst::TableSet { table, .. } => (vec![self.table(table)?, self.elem(table)], None),
            Inst::TableSize(table) => (Vec::new(), Some(self.table(table)?)),
            Inst::TableGrow { table, .. } => {
                let index = self.table(table)?;
                (vec![self.elem(table), index], Some(index))
            }
            Inst::TableFill { table, .. } => {
                let index = self.table(table)?;
                (vec![index, self.elem(table), index], None)
            }
            Inst::TableCopy {
                to_table,
                from_table,
                ..
            } => {
                let (to, from) = (self.table(to_table)?, self.table(from_table)?);
                (vec![to, from, narrower(to, from)], None)
            }
            Inst::TableInit { table, elem, .. } => {
                self.exists("element segment", elem, |module| module.elems.len())?;
                (vec![self.table(table)?, i32, i32], None)
            }
            Inst::ElemDrop(elem) => {
                self.exists("element segment", elem, |module| module.elems.len())?;
                (Vec::new(), None)
            }
            _ => return Ok(None),
        }))
    }

    fn exists(
        &self,
        what: &str,
        index: u32,
        count: impl Fn(&ValidModule<'_>) -> usize,
    ) -> Result<(), String> {
        let exists = self
            .module
            .is_none_or(|module| (index as usize) < count(module));
        ensure!(exists, "there is no {what} {index}");
        Ok(())
    }

    /// The type of a global.
    fn global(&self, global: u32) -> Result<Want, String> {
        self.exists("global", global, |module| module.globals.len())?;
        Ok(self.module.map_or(Any, |module| {
            Is(module.ir_type(module.globals[global as usize].ty))
        }))
    }

    /// The type of a memory's addresses.
    fn memory(&self, mem: u32) -> Result<Want, String> {
        self.exists("memory", mem, |module| module.memories.len())?;
        let is64 = self.module.map(|module| module.memories[mem as usize].is64);
        Ok(Want::of_index(is64))
    }

    /// The type of a table's indices.
    fn table(&self, table: u32) -> Result<Want, String> {
        self.exists("table", table, |module| module.tables.len())?;
        let is64 = self.module.map(|module| module.tables[table as usize].is64);
        Ok(Want::of_index(is64))
    }

    /// The type of the elements of a table, which exists.
    fn elem(&self, table: u32) -> Want {
        self.module.map_or(Ref, |module| {
            Is(module.ir_type(module.tables[table as usize].elem))
        })
    }

    /// The callee of a tail call by reference.
    pub(super) fn callee_ref(&self, callee: Value) -> Result<(), String> {
        self.fit("callee", &[callee], &[Is(Type::FuncRef)])
    }

    pub(super) fn index_of_table(&self, table: u32, index: Value) -> Result<(), String> {
        self.fit("index", &[index], &[self.table(table)?])
    }

    /// The type of a callee, if the module is known.
    fn callee(
        &self,
        ty: impl for<'m> Fn(&'m ValidModule<'m>) -> Option<&'m FuncType>,
    ) -> Result<Option<FuncType>, String> {
        let Some(module) = self.module else {
            return Ok(None);
        };
        let ty = ty(module).ok_or("there is no such callee")?;
        Ok(Some(ty.clone()))
    }

    fn call(&self, args: &[Value], ty: Option<FuncType>, results: &[Value]) -> Result<(), String> {
        let (Some(ty), Some(module)) = (ty, self.module) else {
            return Ok(());
        };
        self.are("arguments", args, &module.ir_params(&ty))?;
        self.are("results", results, &module.ir_results(&ty))
    }

    pub(super) fn tail_call(
        &self,
        args: &[Value],
        ty: impl for<'m> Fn(&'m ValidModule<'m>) -> Option<&'m FuncType>,
    ) -> Result<(), String> {
        let (Some(ty), Some(module)) = (self.callee(ty)?, self.module) else {
            return Ok(());
        };
        self.are("arguments", args, &module.ir_params(&ty))?;
        let same = module.ir_results(&ty) == self.func.results;
        ensure!(same, "the results of a tail call are not the function's");
        Ok(())
    }
}

/// The rule for an operator on structs or arrays that has results of these types.
fn object_rule(op: ObjectOp, results: &[Type]) -> Rule {
    let (i32, object) = (Is(Type::I32), Is(Type::AnyRef));
    match op {
        ObjectOp::StructNew(_) => (Vec::new(), Some(object)),
        ObjectOp::StructGet(access) => (vec![object], Some(Field(access.width))),
        ObjectOp::StructSet(access) => (vec![object, Field(access.width)], None),
        ObjectOp::ArrayNew(_) => (vec![i32], Some(object)),
        ObjectOp::ArrayNewData(..) | ObjectOp::ArrayNewElem(..) => (vec![i32; 2], Some(object)),
        ObjectOp::ArrayGet(access) => (vec![object, i32], Some(Field(access.width))),
        ObjectOp::ArraySet(access) => (vec![object, i32, Field(access.width)], None),
        ObjectOp::ArrayLen => (vec![object], Some(i32)),
        ObjectOp::ArrayFill(access) => (vec![object, i32, Field(access.width), i32], None),
        ObjectOp::ArrayCopy(_) => (vec![object, i32, object, i32, i32], None),
        ObjectOp::ArrayInitData(_) | ObjectOp::ArrayInitElem(_) => {
            (vec![object, i32, i32, i32], None)
        }
        ObjectOp::RefTest(_) => (vec![Ref], Some(i32)),
        // Of the hierarchy of its operand, which the result shows.
        ObjectOp::RefCast(_) => {
            let same = results.first().map_or(Ref, |&ty| Is(ty));
            (vec![same], Some(Ref))
        }
    }
}

fn binary_rule(op: BinaryOp) -> Rule {
    let operand = Is(op.operand_type());
    (vec![operand, operand], Some(Is(op.result_type())))
}

fn store_want(op: StoreOp) -> Want {
    Stored(op.bytes())
}

/// The length of a copy has the narrower of the two index types.
fn narrower(a: Want, b: Want) -> Want {
    match (a, b) {
        (Is(Type::I64), Is(Type::I64)) => a,
        (Int, _) | (_, Int) => Int,
        _ => Is(Type::I32),
    }
}
