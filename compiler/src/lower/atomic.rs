//! Selection of atomic operators.
//!
//! A load or store is the plain one behind a check of the alignment: one check serves every width, memory and form of address, since it
//! looks at low bits only. Everything else has an instruction for its width, which names the memory.

use super::rows;
use super::select::Selector;
use crate::ir::{AtomicOp, LoadOp, RmwOp, Value};
use wrt_format::isa::Op;

impl Selector<'_> {
    /// Selects an atomic operator; `args` are the address and the other operands.
    pub(super) fn atomic(
        &mut self,
        op: AtomicOp,
        mem: u32,
        offset: u32,
        args: &[Value],
        results: &[Value],
    ) {
        let code = match op {
            AtomicOp::Load(load) => {
                self.check_aligned(op, args[0], offset);
                let dst = self.def(results[0]);
                self.plain_access(&rows::load(load), Some(dst), None, (mem, args[0], offset));
                return;
            }
            AtomicOp::Store(store, _) => {
                self.check_aligned(op, args[0], offset);
                let src = self.field(args[1]);
                self.plain_access(&rows::store(store), None, Some(src), (mem, args[0], offset));
                return;
            }
            AtomicOp::Rmw(rmw, load) => rmw_row(rmw, load),
            AtomicOp::Cmpxchg(load) => by_width(
                load,
                [
                    Op::AtomicRmw8Cmpxchg,
                    Op::AtomicRmw16Cmpxchg,
                    Op::AtomicRmw32Cmpxchg,
                    Op::AtomicRmw64Cmpxchg,
                ],
            ),
            AtomicOp::Wait(load) if load.bytes() == 4 => Op::AtomicWait32,
            AtomicOp::Wait(_) => Op::AtomicWait64,
            AtomicOp::Notify => Op::AtomicNotify,
        };
        let mut fields = vec![self.def(results[0])];
        fields.extend(args.iter().map(|&arg| self.field(arg)));
        fields.extend([i64::from(offset), i64::from(mem)]);
        self.emit(code, &fields);
    }

    /// The check that comes before a plain access. A byte is always aligned.
    fn check_aligned(&mut self, op: AtomicOp, addr: Value, offset: u32) {
        let bytes = op.bytes();
        if bytes > 1 {
            let addr = self.field(addr);
            let (offset, shift) = (offset % bytes, bytes.trailing_zeros());
            let fields = [addr, i64::from(offset), i64::from(shift)];
            self.emit(Op::AtomicCheck, &fields);
        }
    }
}

/// The instruction for this width, of those for 1, 2, 4 and 8 bytes.
const fn by_width(load: LoadOp, ops: [Op; 4]) -> Op {
    ops[load.bytes().trailing_zeros() as usize]
}

#[rustfmt::skip]
const fn rmw_row(op: RmwOp, load: LoadOp) -> Op {
    let ops = match op {
        RmwOp::Add => [Op::AtomicRmw8Add, Op::AtomicRmw16Add, Op::AtomicRmw32Add, Op::AtomicRmw64Add],
        RmwOp::Sub => [Op::AtomicRmw8Sub, Op::AtomicRmw16Sub, Op::AtomicRmw32Sub, Op::AtomicRmw64Sub],
        RmwOp::And => [Op::AtomicRmw8And, Op::AtomicRmw16And, Op::AtomicRmw32And, Op::AtomicRmw64And],
        RmwOp::Or => [Op::AtomicRmw8Or, Op::AtomicRmw16Or, Op::AtomicRmw32Or, Op::AtomicRmw64Or],
        RmwOp::Xor => [Op::AtomicRmw8Xor, Op::AtomicRmw16Xor, Op::AtomicRmw32Xor, Op::AtomicRmw64Xor],
        RmwOp::Xchg => [Op::AtomicRmw8Xchg, Op::AtomicRmw16Xchg, Op::AtomicRmw32Xchg, Op::AtomicRmw64Xchg],
    };
    by_width(load, ops)
}
