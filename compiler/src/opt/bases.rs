//! Bases of static data: in loops, accesses of memory 0 at constant addresses whose offset has more than 16 bits are made to share a
//! constant near all of them, from which 16 bits reach. Compilers put a program's variables behind its stack, often at 1 MiB and more,
//! and write their addresses as offsets from 0; the instructions for such offsets are longer, and have none of the forms that are part
//! of a branch, or of an update in place. The sum stays what it was, so what is accessed and what traps does too.
//!
//! Runs before `consts`, which puts the shared constants in front of their loops. Outside of loops an address that is known is an
//! operand of its own.

use super::operands::constant;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Inst, Type, Value};

/// How far an offset of 16 bits reaches.
const REACH: u64 = 0xffff;

/// Runs the pass; says whether it changed anything.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    super::operands::resolve_all(func);
    let loops = cfg.loops();
    let in_loop = |block: &&Block| loops.innermost(**block).is_some();
    let mut places = Vec::new();
    for &block in cfg.rpo().iter().filter(in_loop) {
        let insts = &func.block(block).insts;
        places.extend(
            insts
                .iter()
                .filter_map(|idx| far(func, &func.insts[idx.index()].inst))
                .map(|(_, at)| at),
        );
    }
    let bases = bases(places);
    if bases.is_empty() {
        return false;
    }
    for &block in cfg.rpo().iter().filter(in_loop) {
        rewrite(func, block, &bases);
    }
    true
}

/// The lowest of each group of places that one base reaches, ascending.
fn bases(mut places: Vec<u64>) -> Vec<u64> {
    places.sort_unstable();
    let mut bases: Vec<u64> = Vec::new();
    for at in places {
        if bases.last().is_none_or(|base| at - base > REACH) {
            bases.push(at);
        }
    }
    bases
}

/// The type of the address and the place of an access of memory 0, if the place is known and the offset is long.
fn far(func: &Func, inst: &Inst) -> Option<(Type, u64)> {
    let (addr, offset) = access(inst)?;
    let at = constant(func, addr)?.checked_add(offset.into())?;
    // Behind 4 GiB a 32-bit base does not reach.
    let reached = u64::from(offset) > REACH && u32::try_from(at).is_ok();
    reached.then_some((func.ty(addr), at))
}

/// Address and offset of an access of memory 0.
fn access(inst: &Inst) -> Option<(Value, u32)> {
    if let &(Inst::Load {
        mem: 0,
        addr,
        offset,
        ..
    }
    | Inst::Store {
        mem: 0,
        addr,
        offset,
        ..
    }) = inst
    {
        Some((addr, offset))
    } else {
        None
    }
}

/// Gives the accesses of a block their bases, each a constant of its own: `consts` shares them.
fn rewrite(func: &mut Func, block: Block, bases: &[u64]) {
    let insts = core::mem::take(&mut func.block_mut(block).insts);
    let mut out = Vec::with_capacity(insts.len());
    for idx in insts {
        let i = idx.index();
        if let Some((ty, at)) = far(func, &func.insts[i].inst) {
            let base = bases[bases.partition_point(|&base| base <= at) - 1];
            let constant = func.new_inst(Inst::Const(base), &[ty], func.insts[i].offset);
            out.push(constant);
            let value = func.insts[constant.index()].results[0];
            if let Inst::Load { addr, offset, .. } | Inst::Store { addr, offset, .. } =
                &mut func.insts[i].inst
            {
                (*addr, *offset) = (value, (at - base) as u32);
            }
        }
        out.push(idx);
    }
    func.block_mut(block).insts = out;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_reaches_16_bits() {
        assert!(bases(Vec::new()).is_empty());
        let places: Vec<u64> = vec![0x2_0000, 0x1_0001, 0x2_0000, 0x2_0001, 0x9_0000];
        assert_eq!(bases(places), [0x1_0001_u64, 0x2_0001, 0x9_0000]);
    }
}
