//! A copy of a function's body in the place of a call.

use crate::ir::{Block, Edge, Func, Inst, InstData, Terminator, Value};
use wrt_format::trap::Trap;

/// Puts a copy of `body`, which is copy `number` of the function, in the place of the call that is instruction `at` of `block`. Returns the blocks
/// of the copy, in the order of the callee's layout, and the block with what comes behind the call.
pub(super) fn splice(
    func: &mut Func,
    body: &Func,
    block: Block,
    at: usize,
    number: usize,
) -> (Vec<Block>, Block) {
    let (args, rest) = split(func, block, at);
    let mut values = vec![Value(u32::MAX); body.values.len()];
    let mut blocks = vec![Func::ENTRY; body.blocks.len()];
    let copies: Vec<Block> = body.layout.iter().map(|_| func.new_block()).collect();
    for (&old, &new) in body.layout.iter().zip(&copies) {
        blocks[old.index()] = new;
        define(func, body, old, new, number, &mut values);
    }
    let name = |value: &mut Value| *value = values[value.index()];
    for (&old, &new) in body.layout.iter().zip(&copies) {
        for i in 0..func.block(new).insts.len() {
            let idx = func.block(new).insts[i];
            func.insts[idx.index()].inst.for_each_use_mut(name);
        }
        let data = body.block(old);
        let mut terminator = data.terminator.clone();
        terminator.for_each_use_mut(name);
        for edge in terminator.edges_mut() {
            edge.block = blocks[edge.block.index()];
        }
        if let Terminator::Return(args) = terminator {
            terminator = Terminator::Br(Edge { block: rest, args });
        }
        let offset = func.inlined.copies[number].position(data.offset);
        let to = func.block_mut(new);
        to.terminator = terminator;
        to.mostly = data.mostly;
        to.offset = offset;
        to.cost = data.cost;
    }
    func.block_mut(block).terminator = Terminator::Br(Edge {
        block: blocks[Func::ENTRY.index()],
        args,
    });
    (copies, rest)
}

/// Ends `block` in front of its instruction `at`, a call. What comes behind goes to a new block, whose parameters stand for the results.
/// Returns the arguments and that block.
fn split(func: &mut Func, block: Block, at: usize) -> (Vec<Value>, Block) {
    let rest = func.new_block();
    let head = func.block_mut(block);
    let behind = head.insts.split_off(at + 1);
    let call = head.insts.pop();
    let terminator = core::mem::replace(&mut head.terminator, Terminator::Trap(Trap::Unreachable));
    let (mostly, offset, count) = (head.mostly.take(), head.offset, head.count);
    let tail = func.block_mut(rest);
    tail.insts = behind;
    tail.terminator = terminator;
    tail.mostly = mostly;
    tail.offset = offset;
    tail.count = count;
    let call = call.map(|idx| func.insts[idx.index()].clone());
    let Some(InstData {
        inst: Inst::Call { args, .. },
        results,
        offset,
    }) = call
    else {
        unreachable!("what is replaced is a call")
    };
    for &result in &results {
        let param = func.add_param(rest, func.ty(result));
        func.replace(result, param);
    }
    func.block_mut(block).offset = offset;
    (args, rest)
}

/// Gives `new` the parameters and instructions of `old`; the latter's operands are still those of `body`.
fn define(
    func: &mut Func,
    body: &Func,
    old: Block,
    new: Block,
    number: usize,
    values: &mut [Value],
) {
    for &param in &body.block(old).params {
        values[param.index()] = func.add_param(new, body.ty(param));
    }
    for &idx in &body.block(old).insts {
        let data = &body.insts[idx.index()];
        let types: Vec<_> = data.results.iter().map(|&it| body.ty(it)).collect();
        let position = func.inlined.copies[number].position(data.offset);
        let copy = func.new_inst(data.inst.clone(), &types, position);
        func.block_mut(new).insts.push(copy);
        for (old, &new) in data.results.iter().zip(&func.insts[copy.index()].results) {
            values[old.index()] = new;
        }
    }
}
