//! Instructions and terminators of the IR.
#![expect(
    missing_docs,
    reason = "the documentation of a variant names its fields"
)]

use super::atomic::AtomicOp;
use super::func::{Edge, Value};
use super::object::ObjectOp;
use super::ops::{BinaryOp, LoadOp, StoreOp, UnaryOp};
use super::simd::SimdOp;
use super::types::Type;
use wrt_format::image::Clause;
use wrt_format::trap::Trap;

/// An instruction. Indices are those of the Wasm module's index spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inst {
    /// A constant of the result's type, which is no vector, as the 64 bits of its slot (i32 and f32 zero-extended; a null reference is 0).
    Const(u64),
    /// A pure operator on one value.
    Unary(UnaryOp, Value),
    /// A pure operator on two values.
    Binary(BinaryOp, Value, Value),
    /// A constant vector; lane 0 has the lowest bits.
    V128Const(u128),
    /// A pure operator on vectors. `lane` is 0 for those without; of `args` as many count as the operator has operands, the others
    /// repeat the first.
    Simd {
        op: SimdOp,
        lane: u8,
        args: [Value; 3],
    },
    /// `cond != 0 ? then : otherwise`.
    Select {
        cond: Value,
        then: Value,
        otherwise: Value,
    },
    /// An operator on structs and arrays, or a cast.
    Object { op: ObjectOp, args: Vec<Value> },
    /// 1 if the reference is null, else 0.
    RefIsNull(Value),
    /// The reference itself; traps if it is null.
    RefAsNonNull(Value),
    /// Reference to a function.
    RefFunc(u32),
    /// Read of a global.
    GlobalGet(u32),
    /// Write of a global.
    GlobalSet(u32, Value),
    /// What a debugger is to see as the value of a local from here on.
    HomeSet(u32, Value),
    /// Read of memory `mem` at `addr + offset`. `addr` is an i32, or an i64 for a 64-bit memory. `offset` < 2^32: larger ones are
    /// added to `addr`, with their overflow check, when the IR is built.
    Load {
        op: LoadOp,
        mem: u32,
        addr: Value,
        offset: u32,
    },
    /// Write of memory `mem` at `addr + offset`.
    Store {
        op: StoreOp,
        mem: u32,
        addr: Value,
        offset: u32,
        value: Value,
    },
    /// Size of a memory in pages.
    MemorySize(u32),
    /// Growth of a memory by `delta` pages; the old size or -1.
    MemoryGrow { mem: u32, delta: Value },
    /// `memory.fill`.
    MemoryFill {
        mem: u32,
        to: Value,
        value: Value,
        n: Value,
    },
    /// `memory.copy`.
    MemoryCopy {
        to_mem: u32,
        from_mem: u32,
        to: Value,
        from: Value,
        n: Value,
    },
    /// `memory.init`.
    MemoryInit {
        mem: u32,
        data: u32,
        to: Value,
        from: Value,
        n: Value,
    },
    /// `data.drop`.
    DataDrop(u32),
    /// `table.get`.
    TableGet { table: u32, index: Value },
    /// `table.set`.
    TableSet {
        table: u32,
        index: Value,
        value: Value,
    },
    /// `table.size`.
    TableSize(u32),
    /// `table.grow`.
    TableGrow {
        table: u32,
        init: Value,
        delta: Value,
    },
    /// `table.fill`.
    TableFill {
        table: u32,
        to: Value,
        value: Value,
        n: Value,
    },
    /// `table.copy`.
    TableCopy {
        to_table: u32,
        from_table: u32,
        to: Value,
        from: Value,
        n: Value,
    },
    /// `table.init`.
    TableInit {
        table: u32,
        elem: u32,
        to: Value,
        from: Value,
        n: Value,
    },
    /// `elem.drop`.
    ElemDrop(u32),
    /// An atomic access. Of `args`, the first of which is the address, as many count as the operator has operands; the others repeat the
    /// first. `offset` is as in `Load`.
    Atomic {
        op: AtomicOp,
        mem: u32,
        offset: u32,
        args: [Value; 3],
    },
    /// `atomic.fence`.
    AtomicFence,
    /// What a handler is given: the values of the exception, if the clause names its tag, then a reference to it, if the clause gives one. It
    /// is the first instruction of a block that edges of handlers lead to, and stands nowhere else.
    Caught(Clause),
    /// `call`.
    Call { func: u32, args: Vec<Value> },
    /// `call_ref`. `type_idx` is canonical, as in `CallIndirect`.
    CallRef {
        type_idx: u32,
        callee: Value,
        args: Vec<Value>,
    },
    /// `call_indirect`. `type_idx` is the canonical index (see `wasm::ValidModule::canonical_type`).
    CallIndirect {
        table: u32,
        type_idx: u32,
        index: Value,
        args: Vec<Value>,
    },
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terminator {
    /// To one block.
    Br(Edge),
    /// `cond != 0` to `then`, else to `otherwise`.
    BrIf {
        cond: Value,
        then: Edge,
        otherwise: Edge,
    },
    /// To `targets[index]`, or to `default` when the index is past the end.
    BrTable {
        index: Value,
        targets: Vec<Edge>,
        default: Edge,
    },
    /// The block's last instruction is a call. When it returns, on to `normal`; an exception that comes out of it goes to the first of
    /// the handlers whose clause fits, or out of the function. The results of the call are there for `normal` only.
    Try { normal: Edge, handlers: Vec<Edge> },
    /// `throw`: to the first handler whose clause fits, or out of the function.
    Throw {
        tag: u32,
        args: Vec<Value>,
        handlers: Vec<Edge>,
    },
    /// `throw_ref`, likewise.
    ThrowRef { exn: Value, handlers: Vec<Edge> },
    /// Back to the caller.
    Return(Vec<Value>),
    /// `return_call`.
    ReturnCall { func: u32, args: Vec<Value> },
    /// `return_call_indirect`.
    ReturnCallIndirect {
        table: u32,
        type_idx: u32,
        index: Value,
        args: Vec<Value>,
    },
    /// `return_call_ref`.
    ReturnCallRef {
        type_idx: u32,
        callee: Value,
        args: Vec<Value>,
    },
    /// A trap.
    Trap(Trap),
}

impl Inst {
    /// The constant 0, or null, of a type.
    #[must_use]
    pub const fn zero(ty: Type) -> Self {
        match ty {
            Type::V128 => Self::V128Const(0),
            Type::I32
            | Type::I64
            | Type::F32
            | Type::F64
            | Type::FuncRef
            | Type::ExternRef
            | Type::AnyRef
            | Type::ExnRef => Self::Const(0),
        }
    }

    /// An atomic access with its operands.
    ///
    /// # Panics
    /// Without operands.
    #[must_use]
    pub fn atomic(op: AtomicOp, mem: u32, offset: u32, operands: &[Value]) -> Self {
        let mut args = [operands[0]; 3];
        args[..operands.len()].copy_from_slice(operands);
        Self::Atomic {
            op,
            mem,
            offset,
            args,
        }
    }

    /// An operator on vectors with its operands.
    ///
    /// # Panics
    /// Without operands.
    #[must_use]
    pub fn simd(op: SimdOp, lane: u8, operands: &[Value]) -> Self {
        let mut args = [operands[0]; 3];
        args[..operands.len()].copy_from_slice(operands);
        Self::Simd { op, lane, args }
    }
}

/// The two visitors of an instruction's or terminator's operands, of which only the borrow differs.
macro_rules! visitors {
    ($inst_name:ident, $terminator_name:ident, $($mutability:ident)?) => {
        impl Inst {
            /// Calls `f` with each value that the instruction reads, in the order of the fields.
            pub fn $inst_name(&$($mutability)? self, mut f: impl FnMut(&$($mutability)? Value)) {
                match self {
                    Self::Const(_)
                    | Self::V128Const(_)
                    | Self::RefFunc(_)
                    | Self::GlobalGet(_)
                    | Self::MemorySize(_)
                    | Self::TableSize(_)
                    | Self::Caught(_)
                    | Self::DataDrop(_)
                    | Self::ElemDrop(_)
                    | Self::AtomicFence => {}
                    Self::Unary(_, a) | Self::RefIsNull(a) | Self::RefAsNonNull(a) | Self::GlobalSet(_, a)
                    | Self::HomeSet(_, a) => f(a),
                    Self::Load { addr, .. } => f(addr),
                    Self::MemoryGrow { delta, .. } => f(delta),
                    Self::TableGet { index, .. } => f(index),
                    Self::Binary(_, a, b)
                    | Self::Store { addr: a, value: b, .. }
                    | Self::TableSet { index: a, value: b, .. }
                    | Self::TableGrow { init: a, delta: b, .. } => {
                        f(a);
                        f(b);
                    }
                    Self::Select { cond: a, then: b, otherwise: c }
                    | Self::MemoryFill { to: a, value: b, n: c, .. }
                    | Self::TableFill { to: a, value: b, n: c, .. }
                    | Self::MemoryCopy { to: a, from: b, n: c, .. }
                    | Self::MemoryInit { to: a, from: b, n: c, .. }
                    | Self::TableCopy { to: a, from: b, n: c, .. }
                    | Self::TableInit { to: a, from: b, n: c, .. } => {
                        f(a);
                        f(b);
                        f(c);
                    }
                    Self::Simd { op, args, .. } => {
                        let count = op.operand_types().len();
                        args.into_iter().take(count).for_each(&mut f);
                    }
                    Self::Atomic { op, args, .. } => {
                        let count = op.operand_count();
                        args.into_iter().take(count).for_each(&mut f);
                    }
                    Self::Call { args, .. } | Self::Object { args, .. } => args.into_iter().for_each(f),
                    Self::CallIndirect { index, args, .. }
                    | Self::CallRef { callee: index, args, .. } => {
                        f(index);
                        args.into_iter().for_each(f);
                    }
                }
            }
        }

        impl Terminator {
            /// Calls `f` with each value that the terminator reads: its own operands, then the arguments of its edges.
            pub fn $terminator_name(&$($mutability)? self, mut f: impl FnMut(&$($mutability)? Value)) {
                match self {
                    Self::Br(edge) => (&$($mutability)? edge.args).into_iter().for_each(f),
                    Self::BrIf { cond, then, otherwise } => {
                        f(cond);
                        (&$($mutability)? then.args).into_iter().for_each(&mut f);
                        (&$($mutability)? otherwise.args).into_iter().for_each(f);
                    }
                    Self::BrTable { index, targets, default } => {
                        f(index);
                        for edge in targets {
                            (&$($mutability)? edge.args).into_iter().for_each(&mut f);
                        }
                        (&$($mutability)? default.args).into_iter().for_each(f);
                    }
                    Self::Try { normal, handlers } => {
                        (&$($mutability)? normal.args).into_iter().for_each(&mut f);
                        for edge in handlers {
                            (&$($mutability)? edge.args).into_iter().for_each(&mut f);
                        }
                    }
                    Self::Throw { args, handlers, .. } => {
                        args.into_iter().for_each(&mut f);
                        for edge in handlers {
                            (&$($mutability)? edge.args).into_iter().for_each(&mut f);
                        }
                    }
                    Self::ThrowRef { exn, handlers } => {
                        f(exn);
                        for edge in handlers {
                            (&$($mutability)? edge.args).into_iter().for_each(&mut f);
                        }
                    }
                    Self::Return(args) | Self::ReturnCall { args, .. } => {
                        args.into_iter().for_each(f);
                    }
                    Self::ReturnCallIndirect { index, args, .. }
                    | Self::ReturnCallRef { callee: index, args, .. } => {
                        f(index);
                        args.into_iter().for_each(f);
                    }
                    Self::Trap(_) => {}
                }
            }
        }
    };
}
visitors!(for_each_use, for_each_use,);
visitors!(for_each_use_mut, for_each_use_mut, mut);
