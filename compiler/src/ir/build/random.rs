//! Random structured programs, run twice: by a direct interpreter of their syntax, and as the IR they are built into. Results and fuel
//! must be the same.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the interpreter knows what the generator makes"
)]

use super::tests::build_wat;
use crate::ir::func::{Edge, Func, Value};
use crate::ir::inst::{Inst, Terminator};
use crate::ir::ops::{BinaryOp, UnaryOp};
use core::fmt::Write;

/// Locals that programs compute with; one more counts down the loops.
const LOCALS: u32 = 4;
const COUNTER: u32 = LOCALS;
/// Iterations of all loops together.
const ITERATIONS: u32 = 50;

/// A statement. Depths are those of labels.
#[derive(Debug)]
enum Stmt {
    /// `to = a * 3 + b`.
    Set(u32, u32, u32),
    Copy(u32, u32),
    Block(Vec<Self>),
    /// `to = a + (block (result i32) ... x)`.
    SetBlock(u32, u32, Vec<Self>, u32),
    /// Whether it counts down first, else its first statement is a loop.
    Loop(bool, Vec<Self>),
    If(u32, Vec<Self>, Option<Vec<Self>>),
    /// Depth, and the operand if the label takes one.
    Br(u32, Option<u32>),
    BrIf(u32, Option<u32>, u32),
    BrTable(u32, Vec<u32>),
    Return,
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 20) % u64::from(n)) as u32
    }
}

/// Makes programs; `labels` are the open ones, the innermost last, with whether they take an operand.
struct Generator {
    random: Random,
    labels: Vec<bool>,
    budget: u32,
}

impl Generator {
    fn local(&mut self) -> u32 {
        self.random.below(LOCALS)
    }

    fn body(&mut self, label: bool) -> Vec<Stmt> {
        self.labels.push(label);
        let count = self.random.below(5);
        let body = (0..count).map(|_| self.stmt()).collect();
        self.labels.pop();
        body
    }

    fn label(&mut self) -> (u32, Option<u32>) {
        let depth = self.random.below(self.labels.len() as u32);
        let takes = self.labels[self.labels.len() - 1 - depth as usize];
        (depth, takes.then(|| self.local()))
    }

    fn stmt(&mut self) -> Stmt {
        self.budget = self.budget.saturating_sub(1);
        let kinds = if self.budget == 0 { 6 } else { 15 };
        match self.random.below(kinds) {
            0..2 => Stmt::Set(self.local(), self.local(), self.local()),
            2 => Stmt::Copy(self.local(), self.local()),
            3 | 6 => {
                let (depth, operand) = self.label();
                Stmt::BrIf(depth, operand, self.local())
            }
            4 => match self.label() {
                (depth, operand) if self.random.below(2) == 0 => Stmt::Br(depth, operand),
                _ => Stmt::Return,
            },
            5 => {
                let targets: Vec<_> = (0..4).map(|_| self.label()).collect();
                let plain = targets.iter().filter(|target| target.1.is_none());
                let depths: Vec<_> = plain.map(|target| target.0).collect();
                match depths[..] {
                    [] => Stmt::Return,
                    _ => Stmt::BrTable(self.local(), depths),
                }
            }
            7 | 8 => Stmt::Block(self.body(false)),
            9 | 10 => Stmt::SetBlock(self.local(), self.local(), self.body(true), self.local()),
            11 | 12 => self.loop_(),
            _ => {
                let otherwise = self.random.below(2) == 0;
                let then = self.body(false);
                Stmt::If(self.local(), then, otherwise.then(|| self.body(false)))
            }
        }
    }

    fn loop_(&mut self) -> Stmt {
        if self.random.below(3) > 0 {
            return Stmt::Loop(true, self.body(false));
        }
        self.labels.push(false);
        let first = self.loop_();
        self.labels.pop();
        let mut body = self.body(false);
        body.insert(0, first);
        Stmt::Loop(false, body)
    }
}

/// The text of statements below `depth` labels.
fn text(out: &mut String, stmts: &[Stmt], depth: u32) {
    for stmt in stmts {
        match stmt {
            Stmt::Set(to, a, b) => write!(
                out,
                "(local.set {to} (i32.add (i32.mul (local.get {a}) (i32.const 3)) (local.get {b})))"
            ),
            Stmt::Copy(to, from) => write!(out, "(local.set {to} (local.get {from}))"),
            Stmt::Block(body) => {
                out.push_str("(block ");
                text(out, body, depth + 1);
                write!(out, ")")
            }
            Stmt::SetBlock(to, a, body, x) => {
                write!(out, "local.get {a} (block (result i32) ").unwrap();
                text(out, body, depth + 1);
                write!(out, "local.get {x}) i32.add local.set {to} ")
            }
            Stmt::Loop(counts, body) => {
                out.push_str("(loop ");
                if *counts {
                    let set = "(local.tee 4 (i32.sub (local.get 4) (i32.const 1)))";
                    write!(out, "(br_if {} (i32.eqz {set}))", depth + 1).unwrap();
                }
                text(out, body, depth + 1);
                write!(out, ")")
            }
            Stmt::If(cond, then, otherwise) => {
                write!(out, "(if (local.get {cond}) (then ").unwrap();
                text(out, then, depth + 1);
                out.push(')');
                if let Some(otherwise) = otherwise {
                    out.push_str("(else ");
                    text(out, otherwise, depth + 1);
                    out.push(')');
                }
                write!(out, ")")
            }
            Stmt::Br(label, None) => write!(out, "(br {label})"),
            Stmt::Br(label, Some(x)) => write!(out, "(br {label} (local.get {x}))"),
            Stmt::BrIf(label, None, cond) => write!(out, "(br_if {label} (local.get {cond}))"),
            Stmt::BrIf(label, Some(x), cond) => {
                write!(
                    out,
                    "(drop (br_if {label} (local.get {x}) (local.get {cond})))"
                )
            }
            Stmt::BrTable(index, labels) => {
                let labels: Vec<_> = labels.iter().map(u32::to_string).collect();
                write!(out, "(br_table {} (local.get {index}))", labels.join(" "))
            }
            Stmt::Return => write!(
                out,
                "(return (local.get 0) (local.get 1) (local.get 2) (local.get 3))"
            ),
        }
        .unwrap();
    }
}

/// What follows a statement.
enum Flow {
    Next,
    /// Label and operand.
    Branch(u32, u32),
    Return,
}

#[derive(Default)]
struct Machine {
    locals: [u32; LOCALS as usize + 1],
    fuel: u64,
}

impl Machine {
    fn get(&self, local: u32) -> u32 {
        self.locals[local as usize]
    }

    fn run(&mut self, stmts: &[Stmt], depth: u32) -> Flow {
        for stmt in stmts {
            let flow = self.step(stmt, depth);
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    /// Flow out of a label: what `Next` is, or a branch to it, is the operand; the rest goes on outwards.
    fn leave(flow: Flow) -> Result<Option<u32>, Flow> {
        match flow {
            Flow::Next => Ok(None),
            Flow::Branch(0, operand) => Ok(Some(operand)),
            Flow::Branch(depth, operand) => Err(Flow::Branch(depth - 1, operand)),
            Flow::Return => Err(Flow::Return),
        }
    }

    fn branch(&mut self, label: u32, operand: Option<u32>) -> Flow {
        Flow::Branch(label, operand.map_or(0, |local| self.get(local)))
    }

    fn step(&mut self, stmt: &Stmt, depth: u32) -> Flow {
        match stmt {
            Stmt::Set(to, a, b) => {
                self.fuel += 6;
                let value = self.get(*a).wrapping_mul(3).wrapping_add(self.get(*b));
                self.locals[*to as usize] = value;
            }
            Stmt::Copy(to, from) => {
                self.fuel += 2;
                self.locals[*to as usize] = self.get(*from);
            }
            Stmt::Block(body) => {
                let flow = self.run(body, depth + 1);
                return Self::leave(flow).err().unwrap_or(Flow::Next);
            }
            Stmt::SetBlock(to, a, body, x) => {
                self.fuel += 1;
                let a = self.get(*a);
                let flow = self.run(body, depth + 1);
                let b = match Self::leave(flow) {
                    Ok(Some(operand)) => operand,
                    Ok(None) => {
                        self.fuel += 1;
                        self.get(*x)
                    }
                    Err(flow) => return flow,
                };
                self.fuel += 2;
                self.locals[*to as usize] = a.wrapping_add(b);
            }
            Stmt::Loop(counts, body) => return self.loop_(*counts, body, depth),
            Stmt::If(cond, then, otherwise) => {
                self.fuel += 2;
                let arm = match (self.get(*cond), otherwise) {
                    (0, None) => return Flow::Next,
                    (0, Some(otherwise)) => otherwise,
                    _ => then,
                };
                let flow = self.run(arm, depth + 1);
                return Self::leave(flow).err().unwrap_or(Flow::Next);
            }
            Stmt::Br(label, operand) => {
                self.fuel += 1 + u64::from(operand.is_some());
                return self.branch(*label, *operand);
            }
            Stmt::BrIf(label, operand, cond) => {
                self.fuel += 2 + u64::from(operand.is_some());
                if self.get(*cond) != 0 {
                    return self.branch(*label, *operand);
                }
            }
            Stmt::BrTable(index, labels) => {
                self.fuel += 2;
                let at = (self.get(*index) as usize).min(labels.len() - 1);
                return Flow::Branch(labels[at], 0);
            }
            Stmt::Return => {
                self.fuel += u64::from(LOCALS);
                return Flow::Return;
            }
        }
        Flow::Next
    }

    fn loop_(&mut self, counts: bool, body: &[Stmt], depth: u32) -> Flow {
        loop {
            if counts {
                self.fuel += 6;
                self.locals[COUNTER as usize] -= 1;
                if self.get(COUNTER) == 0 {
                    return Flow::Branch(depth, 0);
                }
            }
            let flow = self.run(body, depth + 1);
            match Self::leave(flow) {
                Ok(None) => return Flow::Next,
                Ok(Some(_)) => {}
                Err(flow) => return flow,
            }
        }
    }
}

/// Runs IR that does nothing but i32 arithmetic: results and fuel.
fn interpret(func: &Func, args: &[u32]) -> (Vec<u32>, u64) {
    let mut values = vec![0_u32; func.values.len()];
    let mut fuel = 0;
    let mut block = Func::ENTRY;
    let mut args = args.to_vec();
    loop {
        let data = func.block(block);
        fuel += u64::from(data.cost);
        for (param, arg) in data.params.iter().zip(&args) {
            values[param.index()] = *arg;
        }
        let read = |values: &[u32], value: Value| values[func.resolve(value).index()];
        for &idx in &data.insts {
            let inst = &func.insts[idx.index()];
            let result = match inst.inst {
                Inst::Const(bits) => bits as u32,
                Inst::Unary(UnaryOp::I32Eqz, a) => u32::from(read(&values, a) == 0),
                Inst::Binary(op, a, b) => {
                    let (a, b) = (read(&values, a), read(&values, b));
                    match op {
                        BinaryOp::I32Add => a.wrapping_add(b),
                        BinaryOp::I32Sub => a.wrapping_sub(b),
                        BinaryOp::I32Mul => a.wrapping_mul(b),
                        _ => panic!("{op:?}"),
                    }
                }
                _ => panic!("{:?}", inst.inst),
            };
            values[inst.results[0].index()] = result;
        }
        let edge: &Edge = match &data.terminator {
            Terminator::Br(edge) => edge,
            Terminator::BrIf {
                cond,
                then,
                otherwise,
            } => match read(&values, *cond) {
                0 => otherwise,
                _ => then,
            },
            Terminator::BrTable {
                index,
                targets,
                default,
            } => targets
                .get(read(&values, *index) as usize)
                .unwrap_or(default),
            Terminator::Return(results) => {
                return (results.iter().map(|&v| read(&values, v)).collect(), fuel);
            }
            other => panic!("{other:?}"),
        };
        args = edge.args.iter().map(|&v| read(&values, v)).collect();
        block = edge.block;
    }
}

#[test]
fn random_programs_compute_and_cost_the_same_in_ssa_form() {
    let mut branches = 0;
    for seed in 1..1500_u64 {
        let mut generator = Generator {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            labels: vec![false],
            budget: 40,
        };
        let body: Vec<_> = (0..6).map(|_| generator.stmt()).collect();
        let mut wat = format!(
            "(module (func (param i32 i32) (result i32 i32 i32 i32) (local i32 i32 i32) \
             (local.set {COUNTER} (i32.const {ITERATIONS})) (block "
        );
        text(&mut wat, &body, 0);
        wat.push_str(") (local.get 0) (local.get 1) (local.get 2) (local.get 3)))");
        let func = build_wat(&wat, 0);
        branches += func.layout.len();
        for args in [[0, 0], [1, 0], [0, 7], [3, 1]] {
            let mut machine = Machine::default();
            machine.locals[..2].copy_from_slice(&args);
            machine.locals[COUNTER as usize] = ITERATIONS;
            machine.fuel = 2;
            if !matches!(machine.run(&body, 0), Flow::Return) {
                machine.fuel += u64::from(LOCALS);
            }
            let (results, fuel) = interpret(&func, &args);
            let context = || format!("seed {seed}, {args:?}\n{wat}\n{func}");
            assert_eq!(results, machine.locals[..LOCALS as usize], "{}", context());
            assert_eq!(fuel, machine.fuel, "{}", context());
        }
    }
    assert!(branches > 10_000, "the programs are too simple: {branches}");
}
