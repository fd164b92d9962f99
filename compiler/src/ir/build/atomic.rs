//! Atomic operators.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the operators of other proposals are for others"
)]

use super::{Builder, Inst, Type};
use crate::error::Error;
use crate::ir::atomic::{AtomicOp, RmwOp};
use crate::ir::ops::{LoadOp, StoreOp};
use wasmparser::{MemArg, Operator};

/// Read-modify-write operators: Wasm's, what they do, how wide they are.
macro_rules! rmw {
    ($op:expr; $($name:ident $rmw:ident $load:ident;)*) => {
        match *$op {
            $(Operator::$name { memarg } => Some((AtomicOp::Rmw(RmwOp::$rmw, LoadOp::$load), memarg)),)*
            _ => None,
        }
    };
}

fn rmw(op: &Operator<'_>) -> Option<(AtomicOp, MemArg)> {
    rmw! { op;
        I32AtomicRmwAdd Add I32Load; I32AtomicRmw8AddU Add I32Load8U; I32AtomicRmw16AddU Add I32Load16U;
        I64AtomicRmwAdd Add I64Load; I64AtomicRmw8AddU Add I64Load8U; I64AtomicRmw16AddU Add I64Load16U;
        I64AtomicRmw32AddU Add I64Load32U;
        I32AtomicRmwSub Sub I32Load; I32AtomicRmw8SubU Sub I32Load8U; I32AtomicRmw16SubU Sub I32Load16U;
        I64AtomicRmwSub Sub I64Load; I64AtomicRmw8SubU Sub I64Load8U; I64AtomicRmw16SubU Sub I64Load16U;
        I64AtomicRmw32SubU Sub I64Load32U;
        I32AtomicRmwAnd And I32Load; I32AtomicRmw8AndU And I32Load8U; I32AtomicRmw16AndU And I32Load16U;
        I64AtomicRmwAnd And I64Load; I64AtomicRmw8AndU And I64Load8U; I64AtomicRmw16AndU And I64Load16U;
        I64AtomicRmw32AndU And I64Load32U;
        I32AtomicRmwOr Or I32Load; I32AtomicRmw8OrU Or I32Load8U; I32AtomicRmw16OrU Or I32Load16U;
        I64AtomicRmwOr Or I64Load; I64AtomicRmw8OrU Or I64Load8U; I64AtomicRmw16OrU Or I64Load16U;
        I64AtomicRmw32OrU Or I64Load32U;
        I32AtomicRmwXor Xor I32Load; I32AtomicRmw8XorU Xor I32Load8U; I32AtomicRmw16XorU Xor I32Load16U;
        I64AtomicRmwXor Xor I64Load; I64AtomicRmw8XorU Xor I64Load8U; I64AtomicRmw16XorU Xor I64Load16U;
        I64AtomicRmw32XorU Xor I64Load32U;
        I32AtomicRmwXchg Xchg I32Load; I32AtomicRmw8XchgU Xchg I32Load8U; I32AtomicRmw16XchgU Xchg I32Load16U;
        I64AtomicRmwXchg Xchg I64Load; I64AtomicRmw8XchgU Xchg I64Load8U; I64AtomicRmw16XchgU Xchg I64Load16U;
        I64AtomicRmw32XchgU Xchg I64Load32U;
    }
}

fn other(op: &Operator<'_>) -> Option<(AtomicOp, MemArg)> {
    use AtomicOp::{Cmpxchg, Load, Notify, Store, Wait};
    Some(match *op {
        Operator::I32AtomicLoad8U { memarg } => (Load(LoadOp::I32Load8U), memarg),
        Operator::I32AtomicLoad16U { memarg } => (Load(LoadOp::I32Load16U), memarg),
        Operator::I32AtomicLoad { memarg } => (Load(LoadOp::I32Load), memarg),
        Operator::I64AtomicLoad8U { memarg } => (Load(LoadOp::I64Load8U), memarg),
        Operator::I64AtomicLoad16U { memarg } => (Load(LoadOp::I64Load16U), memarg),
        Operator::I64AtomicLoad32U { memarg } => (Load(LoadOp::I64Load32U), memarg),
        Operator::I64AtomicLoad { memarg } => (Load(LoadOp::I64Load), memarg),
        Operator::I32AtomicStore8 { memarg } => (Store(StoreOp::Store8, Type::I32), memarg),
        Operator::I32AtomicStore16 { memarg } => (Store(StoreOp::Store16, Type::I32), memarg),
        Operator::I32AtomicStore { memarg } => (Store(StoreOp::Store32, Type::I32), memarg),
        Operator::I64AtomicStore8 { memarg } => (Store(StoreOp::Store8, Type::I64), memarg),
        Operator::I64AtomicStore16 { memarg } => (Store(StoreOp::Store16, Type::I64), memarg),
        Operator::I64AtomicStore32 { memarg } => (Store(StoreOp::Store32, Type::I64), memarg),
        Operator::I64AtomicStore { memarg } => (Store(StoreOp::Store64, Type::I64), memarg),
        Operator::I32AtomicRmw8CmpxchgU { memarg } => (Cmpxchg(LoadOp::I32Load8U), memarg),
        Operator::I32AtomicRmw16CmpxchgU { memarg } => (Cmpxchg(LoadOp::I32Load16U), memarg),
        Operator::I32AtomicRmwCmpxchg { memarg } => (Cmpxchg(LoadOp::I32Load), memarg),
        Operator::I64AtomicRmw8CmpxchgU { memarg } => (Cmpxchg(LoadOp::I64Load8U), memarg),
        Operator::I64AtomicRmw16CmpxchgU { memarg } => (Cmpxchg(LoadOp::I64Load16U), memarg),
        Operator::I64AtomicRmw32CmpxchgU { memarg } => (Cmpxchg(LoadOp::I64Load32U), memarg),
        Operator::I64AtomicRmwCmpxchg { memarg } => (Cmpxchg(LoadOp::I64Load), memarg),
        Operator::MemoryAtomicWait32 { memarg } => (Wait(LoadOp::I32Load), memarg),
        Operator::MemoryAtomicWait64 { memarg } => (Wait(LoadOp::I64Load), memarg),
        Operator::MemoryAtomicNotify { memarg } => (Notify, memarg),
        _ => return None,
    })
}

impl Builder<'_> {
    /// Builds the operator. Whether it was one of these.
    pub(super) fn atomic(&mut self, op: &Operator<'_>) -> Result<bool, Error> {
        if matches!(op, Operator::AtomicFence { .. }) {
            self.emit(Inst::AtomicFence, &[]);
            return Ok(true);
        }
        let Some((op, memarg)) = rmw(op).or_else(|| other(op)) else {
            return Ok(false);
        };
        let mut operands = self.pop_n(op.operand_count());
        let (mem, addr, offset) = self.address(&memarg, operands[0])?;
        operands[0] = addr;
        let result = op.result_type();
        self.emit(Inst::atomic(op, mem, offset, &operands), result.as_slice());
        Ok(true)
    }
}
