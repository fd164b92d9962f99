//! A function for each invariant that breaks it.

use super::{check, check_in};
use crate::ir::func::{Block, Edge, Func, Value, ValueDef};
use crate::ir::inst::{Inst, Terminator};
use crate::ir::ops::{BinaryOp, LoadOp};
use crate::ir::types::Type;
use crate::ir::{InstIdx, Results, build};
use crate::wasm;

const WAT: &str = "(module (memory 1) (global i64 (i64.const 0)) (table 1 funcref)
    (func (param i32) (result i32) (local i32)
      (loop
        (local.set 1 (i32.add (local.get 1) (i32.load (local.get 0))))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 4)))))
      (call 0 (local.get 1))))";

/// `b0(v0)`: br b1; `b1(v1, v3)`: load, add, const, sub, br_if to itself or b2; `b2`: call, return.
fn sample() -> Func {
    let wasm = wat::parse_str(WAT).unwrap();
    let module = wasm::parse(&wasm).unwrap();
    build(&module, 0).unwrap()
}

/// `change` makes a valid function invalid, in the way that `message` says.
#[track_caller]
fn broken(change: impl FnOnce(&mut Func), message: &str) {
    let wasm = wat::parse_str(WAT).unwrap();
    let module = wasm::parse(&wasm).unwrap();
    let mut func = build(&module, 0).unwrap();
    check_in(&func, &module).unwrap();
    change(&mut func);
    let error = check_in(&func, &module).unwrap_err();
    assert!(error.contains(message), "{error}\n{func}");
}

fn branch(func: &mut Func, block: u32) -> &mut Edge {
    func.block_mut(Block(block))
        .terminator
        .edges_mut()
        .next()
        .unwrap()
}

/// The first instruction that does this.
fn find(func: &Func, is: impl Fn(&Inst) -> bool) -> InstIdx {
    let at = func.insts.iter().position(|data| is(&data.inst));
    InstIdx(at.unwrap() as u32)
}

#[test]
fn the_sample_is_valid_also_without_the_module() {
    check(&sample()).unwrap();
}

#[test]
fn layout() {
    broken(|f| f.layout.swap(0, 1), "does not start with the entry");
    broken(|f| f.layout.push(Block(1)), "twice");
    broken(|f| f.layout.push(Block(77)), "b77, which does not exist");
    broken(|f| f.layout.truncate(2), "not in the layout");
    broken(
        |f| {
            let block = f.new_block();
            f.layout.push(block);
        },
        "unreachable",
    );
    broken(|f| branch(f, 0).block = Block(9), "branches to b9");
}

#[test]
fn entry() {
    broken(|f| f.params[0] = Type::I64, "parameters of the entry");
    broken(
        |f| {
            let edge = Edge {
                block: Func::ENTRY,
                args: vec![Value(0)],
            };
            f.block_mut(Block(2)).terminator = Terminator::Br(edge);
        },
        "entry has a predecessor",
    );
}

#[test]
fn definitions() {
    broken(
        |f| {
            let twice = f.block(Block(1)).insts[0];
            f.block_mut(Block(2)).insts.push(twice);
        },
        "defined twice",
    );
    broken(
        |f| {
            let param = f.block(Block(1)).params[0];
            f.values[param.index()].def = ValueDef::Param(Block(1), 1);
        },
        "but says",
    );
    broken(
        |f| f.block_mut(Block(1)).params.push(Value(1000)),
        "v1000, which does not exist",
    );
    broken(
        |f| f.block_mut(Block(1)).insts.push(InstIdx(1000)),
        "i1000, which does not exist",
    );
}

#[test]
fn dominance() {
    // A value of the loop used before it, one used before its instruction, one whose instruction is gone, and one that is none.
    broken(
        |f| {
            let late = f.insts[f.block(Block(1)).insts[0].index()].results[0];
            branch(f, 0).args[0] = late;
        },
        "does not dominate",
    );
    broken(
        |f| f.block_mut(Block(1)).insts.reverse(),
        "does not dominate",
    );
    broken(
        |f| f.block_mut(Block(1)).insts.retain(|idx| idx.0 != 1),
        "defined in no block",
    );
    broken(
        |f| f.block_mut(Block(2)).terminator = Terminator::Return(vec![Value(500)]),
        "v500 does not exist",
    );
}

#[test]
fn edges() {
    broken(
        |f| branch(f, 0).args.truncate(1),
        "1 arguments for b1 instead of 2",
    );
    broken(
        |f| {
            let param = f.block(Block(1)).params[0];
            f.values[param.index()].ty = Type::F32;
        },
        "not f32",
    );
}

#[test]
fn instruction_types() {
    broken(
        |f| {
            let add = find(f, |inst| matches!(inst, Inst::Binary(BinaryOp::I32Add, ..)));
            let data = &mut f.insts[add.index()];
            if let Inst::Binary(op, ..) = &mut data.inst {
                *op = BinaryOp::I64Add;
            }
        },
        "operand",
    );
    broken(
        |f| {
            let load = find(f, |inst| matches!(inst, Inst::Load { .. }));
            if let Inst::Load { op, .. } = &mut f.insts[load.index()].inst {
                *op = LoadOp::F64Load;
            }
        },
        "result",
    );
    broken(
        |f| {
            let load = find(f, |inst| matches!(inst, Inst::Load { .. }));
            if let Inst::Load { mem, .. } = &mut f.insts[load.index()].inst {
                *mem = 1;
            }
        },
        "no memory 1",
    );
    broken(
        |f| {
            let constant = find(f, |inst| matches!(inst, Inst::Const(_)));
            f.insts[constant.index()].inst = Inst::Const(1 << 40);
        },
        "none of its type",
    );
    broken(
        |f| {
            let constant = find(f, |inst| matches!(inst, Inst::Const(4)));
            f.insts[constant.index()].inst = Inst::GlobalGet(0);
        },
        "not Is(I64)",
    );
    broken(
        |f| {
            let constant = find(f, |inst| matches!(inst, Inst::Const(4)));
            f.insts[constant.index()].results = Results::Many(Box::default());
        },
        "0 results",
    );
}

#[test]
fn calls() {
    let call = |f: &mut Func, change: fn(&mut u32, &mut Vec<Value>)| {
        let call = find(f, |inst| matches!(inst, Inst::Call { .. }));
        if let Inst::Call { func, args } = &mut f.insts[call.index()].inst {
            change(func, args);
        }
    };
    broken(|f| call(f, |func, _| *func = 5), "no such callee");
    broken(
        |f| call(f, |_, args| args.clear()),
        "0 arguments instead of 1",
    );
}

#[test]
fn terminators() {
    broken(
        |f| f.block_mut(Block(2)).terminator = Terminator::Return(Vec::new()),
        "0 return values",
    );
    broken(
        |f| {
            let wide = f.new_inst(Inst::Const(0), &[Type::I64], 0);
            f.block_mut(Block(1)).insts.push(wide);
            let value = f.insts[wide.index()].results[0];
            if let Terminator::BrIf { cond, .. } = &mut f.block_mut(Block(1)).terminator {
                *cond = value;
            }
        },
        "of type i64, not i32",
    );
    broken(
        |f| {
            f.block_mut(Block(2)).terminator = Terminator::ReturnCallIndirect {
                table: 3,
                type_idx: 0,
                index: Value(0),
                args: vec![Value(0)],
            };
        },
        "no table 3",
    );
    broken(
        |f| {
            f.results.clear();
            let args = vec![Value(0)];
            f.block_mut(Block(2)).terminator = Terminator::ReturnCall { func: 0, args };
        },
        "tail call",
    );
}

#[test]
fn cycles_cost() {
    broken(|f| f.block_mut(Block(1)).cost = 0, "costs nothing");
}
