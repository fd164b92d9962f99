//! Tests of instruction selection: functions built by hand, and the text of what is selected for them.

mod arith;
mod atomic;
mod branches;
mod fused;
mod memory;
mod others;
mod previous;
mod shape;
mod vector;
mod wide;

use super::{MemoryInfo, ModuleInfo, TableInfo, select, vcode};
use crate::OptLevel;
use crate::ir::{
    BinaryOp, Block, Edge, Func, Inst, LoadOp, StoreOp, Terminator, Type, UnaryOp, Value,
};
use wrt_format::trap::Trap;

/// A function under construction.
struct Builder {
    func: Func,
    block: Block,
    module: ModuleInfo,
}

impl Builder {
    /// A function with an empty entry block, in a module with one plain memory.
    fn new(params: &[Type]) -> Self {
        let mut func = Func {
            func_idx: 0,
            params: params.to_vec(),
            results: Vec::new(),
            values: Vec::new(),
            insts: Vec::new(),
            blocks: Vec::new(),
            layout: Vec::new(),
            hot_from: None,
            steps: false,
            homes: Vec::new(),
            inlined: Default::default(),
            replaced: false,
        };
        let block = func.new_block();
        for &ty in params {
            func.add_param(block, ty);
        }
        func.layout.push(block);
        let memory = |is64| MemoryInfo { is64 };
        let module = ModuleInfo {
            imported_funcs: 2,
            imported_globals: 1,
            memories: vec![memory(false), memory(false), memory(true)],
            tables: vec![TableInfo { is64: false }],
            ..ModuleInfo::default()
        };
        Self {
            func,
            block,
            module,
        }
    }

    fn ints(count: usize) -> Self {
        Self::new(&vec![Type::I32; count])
    }

    fn param(&self, index: usize) -> Value {
        self.func.block(self.block).params[index]
    }

    /// A new block at the end of the layout, with parameters of these types.
    fn new_block(&mut self, params: &[Type]) -> Block {
        let block = self.func.new_block();
        self.func.layout.push(block);
        for &ty in params {
            self.func.add_param(block, ty);
        }
        block
    }

    /// Goes on in `block`.
    fn at(&mut self, block: Block) {
        self.block = block;
    }

    fn inst(&mut self, inst: Inst, results: &[Type]) -> Vec<Value> {
        let idx = self.func.new_inst(inst, results, 0);
        self.func.block_mut(self.block).insts.push(idx);
        self.func.insts[idx.index()].results.to_vec()
    }

    fn value(&mut self, inst: Inst, ty: Type) -> Value {
        self.inst(inst, &[ty])[0]
    }

    fn i32(&mut self, value: i32) -> Value {
        self.value(Inst::Const(u64::from(value as u32)), Type::I32)
    }

    fn i64(&mut self, value: i64) -> Value {
        self.value(Inst::Const(value as u64), Type::I64)
    }

    fn unary(&mut self, op: UnaryOp, a: Value) -> Value {
        self.value(Inst::Unary(op, a), op.result_type())
    }

    fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        self.value(Inst::Binary(op, a, b), op.result_type())
    }

    fn load(&mut self, op: LoadOp, addr: Value, offset: u32) -> Value {
        let mem = 0;
        let inst = Inst::Load {
            op,
            mem,
            addr,
            offset,
        };
        self.value(inst, op.result_type())
    }

    fn store(&mut self, op: StoreOp, addr: Value, offset: u32, value: Value) {
        let mem = 0;
        let inst = Inst::Store {
            op,
            mem,
            addr,
            offset,
            value,
        };
        self.inst(inst, &[]);
    }

    fn end(&mut self, terminator: Terminator) {
        self.func.block_mut(self.block).terminator = terminator;
    }

    fn ret(&mut self, values: &[Value]) {
        self.func.results = values.iter().map(|&value| self.func.ty(value)).collect();
        self.end(Terminator::Return(values.to_vec()));
    }

    fn br(&mut self, block: Block, args: &[Value]) {
        self.end(Terminator::Br(edge(block, args)));
    }

    fn br_if(&mut self, cond: Value, then: Edge, otherwise: Edge) {
        self.end(Terminator::BrIf {
            cond,
            then,
            otherwise,
        });
    }

    /// All selected code, line by line.
    fn code(&self, level: OptLevel) -> Vec<String> {
        let code = select(&self.func, &self.module, level);
        assert_eq!(vcode::validate(&code), Ok(()), "\n{code}");
        let text = code.to_string();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    /// The instructions of the entry block but for its last.
    fn body(&self, level: OptLevel) -> Vec<String> {
        let code = select(&self.func, &self.module, level);
        assert_eq!(vcode::validate(&code), Ok(()), "\n{code}");
        let insts = &code.blocks[0].insts;
        insts[..insts.len() - 1]
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// The last instruction of the entry block, with its successors.
    fn branch(&self, level: OptLevel) -> String {
        let code = self.code(level);
        let end = code.iter().position(|line| line.starts_with("b1("));
        code[end.unwrap_or(code.len()) - 1].clone()
    }
}

fn edge(block: Block, args: &[Value]) -> Edge {
    Edge {
        block,
        args: args.to_vec(),
    }
}

/// What is selected for `op(param, param)` or, with `right`, `op(param, right)`, and returned.
fn of_binary(op: BinaryOp, left: Option<u64>, right: Option<u64>) -> Vec<String> {
    let ty = op.operand_type();
    let mut b = Builder::new(&[ty, ty]);
    let [mut x, mut y] = [b.param(0), b.param(1)];
    if let Some(bits) = left {
        x = b.value(Inst::Const(bits), ty);
    }
    if let Some(bits) = right {
        y = b.value(Inst::Const(bits), ty);
    }
    let result = b.binary(op, x, y);
    b.ret(&[result]);
    let slow = b.body(OptLevel::O0);
    assert_eq!(slow, b.body(OptLevel::O2), "one instruction at every level");
    slow
}

#[test]
fn the_trap_of_a_block_is_its_number() {
    let mut b = Builder::ints(0);
    b.end(Terminator::Trap(Trap::Unreachable));
    let expected = format!("trap code={}", Trap::Unreachable as i64);
    assert_eq!(b.branch(OptLevel::O2), expected);
}
