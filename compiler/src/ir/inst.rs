//! Instructions and terminators of the IR.

use super::func::{Edge, Value};
use super::ops::{BinaryOp, LoadOp, StoreOp, UnaryOp};
use wrt_format::trap::Trap;

/// An instruction. Indices are those of the Wasm module's index spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inst {
    /// A constant of the result's type, as the 64 bits of its slot (i32 and f32 zero-extended; a null reference is 0).
    Const(u64),
    /// A pure operator on one value.
    Unary(UnaryOp, Value),
    /// A pure operator on two values.
    Binary(BinaryOp, Value, Value),
    /// `cond != 0 ? then : otherwise`.
    Select {
        cond: Value,
        then: Value,
        otherwise: Value,
    },
    /// 1 if the reference is null, else 0.
    RefIsNull(Value),
    /// Reference to a function.
    RefFunc(u32),
    /// Read of a global.
    GlobalGet(u32),
    /// Write of a global.
    GlobalSet(u32, Value),
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
    /// `call`.
    Call { func: u32, args: Vec<Value> },
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
    /// A trap.
    Trap(Trap),
}
