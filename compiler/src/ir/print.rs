//! The text of a function, as golden tests and error messages show it. Stable: it depends on nothing but the function.
//!
//! ```text
//! func 1 (i32) -> (i32)
//! b0(v0: i32): cost 2
//!   v1: i32 = i32.const 10
//!   br_if v0, b1(v1), b2
//! ```
//!
//! Values that have been replaced are shown as what they stand for; indices of memory 0 and table 0 are left out.

use super::func::{Block, Edge, Func, Value};
use super::inst::{Inst, Terminator};
use super::simd::SimdOp;
use super::types::Type;
use core::fmt::{Display, Formatter, Result};
use wrt_format::image::Clause;

impl Display for Func {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (params, results) = (List(&self.params), List(&self.results));
        writeln!(f, "func {} ({params}) -> ({results})", self.func_idx)?;
        for &block in &self.layout {
            self.fmt_block(f, block)?;
        }
        Ok(())
    }
}

/// The text of a function: see the module.
#[must_use]
pub fn print(func: &Func) -> String {
    func.to_string()
}

/// Items, separated by commas.
struct List<'a, T>(&'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (at, item) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}

/// Several values, resolved.
struct Values(Vec<Value>);

impl Display for Values {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        List(&self.0).fmt(f)
    }
}

/// ` mem 1`, or nothing for index 0.
struct Index(&'static str, u32);

impl Display for Index {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.1 {
            0 => Ok(()),
            index => write!(f, " {} {index}", self.0),
        }
    }
}

/// The lane of an operator that has one.
struct Lane(SimdOp, u8);

impl Display for Lane {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0.has_lane() {
            write!(f, " {}", self.1)
        } else {
            Ok(())
        }
    }
}

/// An edge: target, then arguments if there are any.
struct EdgeText(Block, Values);

impl Display for EdgeText {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.1.0[..] {
            [] => write!(f, "{}", self.0),
            _ => write!(f, "{}({})", self.0, self.1),
        }
    }
}

/// What is caught.
struct ClauseText(Clause);

impl Display for ClauseText {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let with_ref = if self.0.with_ref { "_ref" } else { "" };
        match self.0.tag {
            Some(tag) => write!(f, "catch{with_ref} {tag}"),
            None => write!(f, "catch_all{with_ref}"),
        }
    }
}

/// A constant: the bits of a slot, read as a value of the type.
struct Const(Type, u64);

impl Display for Const {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(ty, bits) = *self;
        match ty {
            Type::I32 => write!(f, "i32.const {}", (bits as u32).cast_signed()),
            Type::I64 => write!(f, "i64.const {}", bits.cast_signed()),
            Type::F32 => match f32::from_bits(bits as u32) {
                value if value.is_nan() => write!(f, "f32.const nan:{bits:#x}"),
                value => write!(f, "f32.const {value:?}"),
            },
            Type::F64 => match f64::from_bits(bits) {
                value if value.is_nan() => write!(f, "f64.const nan:{bits:#x}"),
                value => write!(f, "f64.const {value:?}"),
            },
            Type::FuncRef | Type::ExternRef | Type::AnyRef | Type::ExnRef => write!(f, "ref.null"),
            Type::V128 => write!(f, "v128.const {bits:#x}"),
        }
    }
}

impl Func {
    fn fmt_block(&self, f: &mut Formatter<'_>, block: Block) -> Result {
        let data = self.block(block);
        write!(f, "{block}")?;
        if !data.params.is_empty() {
            write!(f, "({})", self.typed(&data.params))?;
        }
        writeln!(f, ": cost {}", data.cost)?;
        for &idx in &data.insts {
            let inst = &self.insts[idx.index()];
            write!(f, "  ")?;
            if !inst.results.is_empty() {
                write!(f, "{} = ", self.typed(&inst.results))?;
            }
            let ty = inst.results.first().map_or(Type::I32, |&v| self.ty(v));
            self.fmt_inst(f, &inst.inst, ty)?;
            writeln!(f)?;
        }
        write!(f, "  ")?;
        self.fmt_terminator(f, &data.terminator)?;
        if let (Terminator::BrIf { .. }, Some(mostly)) = (&data.terminator, data.mostly) {
            write!(f, ", mostly {mostly}")?;
        }
        writeln!(f)
    }

    /// Values where they are defined.
    fn typed(&self, values: &[Value]) -> String {
        let typed = |&value: &Value| format!("{value}: {}", self.values[value.index()].ty);
        values.iter().map(typed).collect::<Vec<_>>().join(", ")
    }

    /// Values where they are used.
    fn used(&self, values: &[Value]) -> Values {
        Values(values.iter().map(|&value| self.resolve(value)).collect())
    }

    fn edge(&self, edge: &Edge) -> EdgeText {
        EdgeText(edge.block, self.used(&edge.args))
    }

    fn edges(&self, edges: &[Edge]) -> Vec<EdgeText> {
        edges.iter().map(|edge| self.edge(edge)).collect()
    }

    fn operands(&self, inst: &Inst) -> Vec<Value> {
        let mut operands = Vec::new();
        inst.for_each_use(|&value| operands.push(self.resolve(value)));
        operands
    }

    fn fmt_inst(&self, f: &mut Formatter<'_>, inst: &Inst, ty: Type) -> Result {
        let operands = self.operands(inst);
        let values = List(&operands);
        match *inst {
            Inst::Const(bits) => Const(ty, bits).fmt(f),
            Inst::Unary(op, _) => write!(f, "{} {values}", op.name()),
            Inst::Binary(op, ..) => write!(f, "{} {values}", op.name()),
            Inst::V128Const(bits) => write!(f, "v128.const {bits:#034x}"),
            Inst::Simd { op, lane, .. } => write!(f, "{}{} {values}", op.name(), Lane(op, lane)),
            Inst::Select { .. } => write!(f, "select {values}"),
            Inst::Object { op, .. } => write!(f, "{op}({values})"),
            Inst::RefIsNull(_) => write!(f, "ref.is_null {values}"),
            Inst::RefAsNonNull(_) => write!(f, "ref.as_non_null {values}"),
            Inst::RefFunc(func) => write!(f, "ref.func {func}"),
            Inst::GlobalGet(global) => write!(f, "global.get {global}"),
            Inst::GlobalSet(global, _) => write!(f, "global.set {global}, {values}"),
            Inst::HomeSet(local, _) => write!(f, "home.set {local}, {values}"),
            Inst::Load {
                op, mem, offset, ..
            } => fmt_access(f, op.name(), (mem, offset), &operands),
            Inst::Store {
                op, mem, offset, ..
            } => fmt_access(f, op.name(), (mem, offset), &operands),
            Inst::Atomic {
                op, mem, offset, ..
            } => fmt_access(f, &op.name(), (mem, offset), &operands),
            Inst::AtomicFence => write!(f, "atomic.fence"),
            Inst::Caught(clause) => ClauseText(clause).fmt(f),
            Inst::Call { func, .. } => write!(f, "call {func}({values})"),
            Inst::CallIndirect {
                table,
                type_idx,
                index,
                ref args,
            } => {
                let (table, args) = (Index("table", table), self.used(args));
                let index = self.resolve(index);
                write!(f, "call_indirect{table} type {type_idx} {index}({args})")
            }
            Inst::CallRef {
                type_idx,
                callee,
                ref args,
            } => {
                let (callee, args) = (self.resolve(callee), self.used(args));
                write!(f, "call_ref type {type_idx} {callee}({args})")
            }
            Inst::MemorySize(_)
            | Inst::MemoryGrow { .. }
            | Inst::MemoryFill { .. }
            | Inst::MemoryCopy { .. }
            | Inst::MemoryInit { .. }
            | Inst::DataDrop(_)
            | Inst::TableGet { .. }
            | Inst::TableSet { .. }
            | Inst::TableSize(_)
            | Inst::TableGrow { .. }
            | Inst::TableFill { .. }
            | Inst::TableCopy { .. }
            | Inst::TableInit { .. }
            | Inst::ElemDrop(_) => {
                fmt_bulk(f, inst)?;
                let separator = if operands.is_empty() { "" } else { " " };
                write!(f, "{separator}{values}")
            }
        }
    }

    /// A terminator with handlers.
    fn fmt_throwing(&self, f: &mut Formatter<'_>, terminator: &Terminator) -> Result {
        if let Terminator::Try { normal, .. } = terminator {
            write!(f, "try {}", self.edge(normal))?;
        } else if let Terminator::Throw { tag, args, .. } = terminator {
            write!(f, "throw {tag}({})", self.used(args))?;
        } else if let Terminator::ThrowRef { exn, .. } = terminator {
            write!(f, "throw_ref {}", self.resolve(*exn))?;
        }
        write!(f, ", [{}]", List(&self.edges(terminator.handlers())))
    }

    fn fmt_terminator(&self, f: &mut Formatter<'_>, terminator: &Terminator) -> Result {
        match terminator {
            Terminator::Br(edge) => write!(f, "br {}", self.edge(edge)),
            Terminator::BrIf {
                cond,
                then,
                otherwise,
            } => {
                let (then, otherwise) = (self.edge(then), self.edge(otherwise));
                write!(f, "br_if {}, {then}, {otherwise}", self.resolve(*cond))
            }
            Terminator::BrTable {
                index,
                targets,
                default,
            } => {
                let targets = self.edges(targets);
                let (index, default) = (self.resolve(*index), self.edge(default));
                write!(f, "br_table {index}, [{}], {default}", List(&targets))
            }
            Terminator::Try { .. } | Terminator::Throw { .. } | Terminator::ThrowRef { .. } => {
                self.fmt_throwing(f, terminator)
            }
            Terminator::Return(values) => match values[..] {
                [] => write!(f, "return"),
                _ => write!(f, "return {}", self.used(values)),
            },
            Terminator::ReturnCall { func, args } => {
                write!(f, "return_call {func}({})", self.used(args))
            }
            Terminator::ReturnCallIndirect {
                table,
                type_idx,
                index,
                args,
            } => {
                let (table, args) = (Index("table", *table), self.used(args));
                let index = self.resolve(*index);
                write!(
                    f,
                    "return_call_indirect{table} type {type_idx} {index}({args})"
                )
            }
            Terminator::ReturnCallRef {
                type_idx,
                callee,
                args,
            } => {
                let (callee, args) = (self.resolve(*callee), self.used(args));
                write!(f, "return_call_ref type {type_idx} {callee}({args})")
            }
            Terminator::Trap(trap) => write!(f, "trap {trap:?}"),
        }
    }
}

/// An access of a memory, at an offset.
fn fmt_access(
    f: &mut Formatter<'_>,
    name: &str,
    (mem, offset): (u32, u32),
    operands: &[Value],
) -> Result {
    let (mem, offset) = (Index("mem", mem), Index("offset", offset));
    write!(f, "{name}{mem} {}{offset}", List(operands))
}

/// Name and indices of an instruction on a memory or table.
fn fmt_bulk(f: &mut Formatter<'_>, inst: &Inst) -> Result {
    match *inst {
        Inst::MemorySize(mem) => write!(f, "memory.size{}", Index("mem", mem)),
        Inst::MemoryGrow { mem, .. } => write!(f, "memory.grow{}", Index("mem", mem)),
        Inst::MemoryFill { mem, .. } => write!(f, "memory.fill{}", Index("mem", mem)),
        Inst::MemoryCopy {
            to_mem, from_mem, ..
        } => {
            let (to, from) = (Index("to mem", to_mem), Index("from mem", from_mem));
            write!(f, "memory.copy{to}{from}")
        }
        Inst::MemoryInit { mem, data, .. } => {
            write!(f, "memory.init{} data {data}", Index("mem", mem))
        }
        Inst::DataDrop(data) => write!(f, "data.drop {data}"),
        Inst::TableGet { table, .. } => write!(f, "table.get{}", Index("table", table)),
        Inst::TableSet { table, .. } => write!(f, "table.set{}", Index("table", table)),
        Inst::TableSize(table) => write!(f, "table.size{}", Index("table", table)),
        Inst::TableGrow { table, .. } => write!(f, "table.grow{}", Index("table", table)),
        Inst::TableFill { table, .. } => write!(f, "table.fill{}", Index("table", table)),
        Inst::TableCopy {
            to_table,
            from_table,
            ..
        } => {
            let (to, from) = (Index("to table", to_table), Index("from table", from_table));
            write!(f, "table.copy{to}{from}")
        }
        Inst::TableInit { table, elem, .. } => {
            write!(f, "table.init{} elem {elem}", Index("table", table))
        }
        Inst::ElemDrop(elem) => write!(f, "elem.drop {elem}"),
        Inst::Const(_)
        | Inst::Unary(..)
        | Inst::Binary(..)
        | Inst::V128Const(_)
        | Inst::Simd { .. }
        | Inst::Select { .. }
        | Inst::Object { .. }
        | Inst::RefIsNull(_)
        | Inst::RefAsNonNull(_)
        | Inst::RefFunc(_)
        | Inst::GlobalGet(_)
        | Inst::GlobalSet(..)
        | Inst::HomeSet(..)
        | Inst::Load { .. }
        | Inst::Store { .. }
        | Inst::Atomic { .. }
        | Inst::AtomicFence
        | Inst::Caught(_)
        | Inst::Call { .. }
        | Inst::CallIndirect { .. }
        | Inst::CallRef { .. } => Ok(()),
    }
}
