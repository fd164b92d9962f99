//! Random structured programs, run twice: by a direct interpreter of their syntax, and as the IR they are built into. Results and fuel
//! must be the same.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the interpreter knows what the generator makes"
)]

use super::tests::build_wat;
use crate::ir::func::{BlockData, Edge, Func, Value};
use crate::ir::inst::{Inst, Terminator};
use crate::ir::ops::{BinaryOp, UnaryOp};
use core::fmt::Write;
use wrt_format::image::Clause;

/// What programs return.
const RESULTS: &str = "(local.get 0) (local.get 1) (local.get 2) (local.get 3)";
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
    /// `to = f(a)`, which throws `e(7 * a)` if `a` is a multiple of 3.
    Call(u32, u32),
    /// `e(a)`, or an exception without values.
    Throw(Option<u32>),
    /// What `e` carries goes to the local, if nothing is thrown a third one.
    Catch(u32, Vec<Self>, u32),
    CatchAll(Vec<Self>),
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
        let kinds = if self.budget == 0 { 6 } else { 19 };
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
            15 => Stmt::Call(self.local(), self.local()),
            16 => match self.random.below(4) {
                0 => Stmt::Throw(None),
                1 => Stmt::Throw(Some(self.local())),
                _ => Stmt::Call(self.local(), self.local()),
            },
            17 => {
                self.labels.push(true);
                let body = self.body(false);
                self.labels.pop();
                Stmt::Catch(self.local(), body, self.local())
            }
            18 => {
                self.labels.push(false);
                let body = self.body(false);
                self.labels.pop();
                Stmt::CatchAll(body)
            }
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
            Stmt::Call(to, a) => write!(out, "(local.set {to} (call $f (local.get {a})))"),
            Stmt::Throw(Some(a)) => write!(out, "(throw $e (local.get {a}))"),
            Stmt::Throw(None) => write!(out, "(throw $g)"),
            Stmt::Catch(to, body, x) => {
                write!(out, "(block (result i32) (try_table (catch $e 0) ").unwrap();
                text(out, body, depth + 2);
                write!(out, ") local.get {x}) local.set {to} ")
            }
            Stmt::CatchAll(body) => {
                out.push_str("(block (try_table (catch_all 0) ");
                text(out, body, depth + 2);
                write!(out, "))")
            }
            Stmt::Return => write!(out, "(return {RESULTS})"),
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
    /// What `e` carries, or an exception without values.
    Throw(Option<u32>),
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
            Flow::Throw(value) => Err(Flow::Throw(value)),
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
            Stmt::Call(..) | Stmt::Throw(_) | Stmt::Catch(..) | Stmt::CatchAll(_) => {
                return self.exceptional(stmt, depth);
            }
            Stmt::Return => {
                self.fuel += u64::from(LOCALS);
                return Flow::Return;
            }
        }
        Flow::Next
    }

    /// Statements that throw or catch.
    fn exceptional(&mut self, stmt: &Stmt, depth: u32) -> Flow {
        match stmt {
            Stmt::Call(to, a) => {
                self.fuel += 2;
                match callee(self.get(*a)) {
                    Ok(result) => self.locals[*to as usize] = result,
                    Err(value) => return Flow::Throw(Some(value)),
                }
                self.fuel += 1;
            }
            Stmt::Throw(value) => {
                self.fuel += 1 + u64::from(value.is_some());
                return Flow::Throw(value.map(|local| self.get(local)));
            }
            Stmt::Catch(to, body, x) => {
                self.fuel += 1;
                let operand = match self.run(body, depth + 2) {
                    Flow::Throw(Some(value)) => {
                        self.fuel += 1;
                        value
                    }
                    flow => match Self::leave(flow).map_err(Self::leave) {
                        Ok(_) => {
                            self.fuel += 1;
                            self.get(*x)
                        }
                        Err(Ok(operand)) => operand.unwrap_or(0),
                        Err(Err(flow)) => return flow,
                    },
                };
                self.fuel += 1;
                self.locals[*to as usize] = operand;
            }
            Stmt::CatchAll(body) => {
                self.fuel += 1;
                match self.run(body, depth + 2) {
                    Flow::Throw(_) => self.fuel += 1,
                    flow => {
                        if let Err(Err(flow)) = Self::leave(flow).map_err(Self::leave) {
                            return flow;
                        }
                    }
                }
            }
            other => panic!("{other:?} is none of these"),
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

/// The function that is called: its result, or what it throws.
fn callee(a: u32) -> Result<u32, u32> {
    match a % 3 {
        0 => Err(a.wrapping_mul(7)),
        _ => Ok(a.wrapping_add(1)),
    }
}

/// A run of IR that does nothing but i32 arithmetic, calls and exceptions.
struct Interpreter<'a> {
    func: &'a Func,
    values: Vec<u32>,
    /// What has been caught and not yet been given to its handler.
    caught: Option<u32>,
}

/// What is thrown: the value of `e`, or an exception without values.
type Thrown = Option<u32>;

impl Interpreter<'_> {
    fn read(&self, value: Value) -> u32 {
        self.values[self.func.resolve(value).index()]
    }

    fn read_all(&self, values: &[Value]) -> Vec<u32> {
        values.iter().map(|&value| self.read(value)).collect()
    }

    /// Runs the instructions of a block; what is thrown, and whether the block's terminator has to do with it.
    fn insts(&mut self, data: &BlockData) -> Option<(Thrown, bool)> {
        for &idx in &data.insts {
            let inst = &self.func.insts[idx.index()];
            let result = match inst.inst {
                Inst::Const(bits) => bits as u32,
                Inst::Unary(UnaryOp::I32Eqz, a) => u32::from(self.read(a) == 0),
                Inst::Binary(op, a, b) => {
                    let (a, b) = (self.read(a), self.read(b));
                    match op {
                        BinaryOp::I32Add => a.wrapping_add(b),
                        BinaryOp::I32Sub => a.wrapping_sub(b),
                        BinaryOp::I32Mul => a.wrapping_mul(b),
                        _ => panic!("{op:?}"),
                    }
                }
                Inst::Call { ref args, .. } => match callee(self.read(args[0])) {
                    Ok(result) => result,
                    Err(value) => {
                        let last = Some(&idx) == data.insts.last();
                        let tried = matches!(data.terminator, Terminator::Try { .. });
                        return Some((Some(value), last && tried));
                    }
                },
                Inst::Caught(Clause { tag: None, .. }) => continue,
                Inst::Caught(_) => Option::take(&mut self.caught).unwrap(),
                _ => panic!("{:?}", inst.inst),
            };
            self.values[inst.results[0].index()] = result;
        }
        let Terminator::Throw { tag, args, .. } = &data.terminator else {
            return None;
        };
        assert_eq!(args.is_empty(), *tag == 1);
        Some((args.first().map(|&arg| self.read(arg)), true))
    }

    /// The edge to take, or the results of the function.
    fn next<'b>(&self, terminator: &'b Terminator) -> Result<&'b Edge, Vec<u32>> {
        Ok(match terminator {
            Terminator::Br(edge) => edge,
            Terminator::Try { normal, .. } => normal,
            Terminator::BrIf {
                cond,
                then,
                otherwise,
            } => match self.read(*cond) {
                0 => otherwise,
                _ => then,
            },
            Terminator::BrTable {
                index,
                targets,
                default,
            } => targets.get(self.read(*index) as usize).unwrap_or(default),
            Terminator::Return(results) => return Err(self.read_all(results)),
            other => panic!("{other:?}"),
        })
    }
}

/// Runs IR: results, or what is thrown, and fuel.
fn interpret(func: &Func, args: &[u32]) -> (Result<Vec<u32>, Thrown>, u64) {
    let mut run = Interpreter {
        func,
        values: vec![0_u32; func.values.len()],
        caught: None,
    };
    let mut fuel = 0;
    let mut block = Func::ENTRY;
    let mut args = args.to_vec();
    loop {
        let data = func.block(block);
        fuel += u64::from(data.cost);
        for (param, arg) in data.params.iter().zip(&args) {
            run.values[param.index()] = *arg;
        }
        let edge = if let Some((value, tried)) = run.insts(data) {
            let tag = if value.is_some() { 0 } else { 1 };
            let clause = |edge: &Edge| func.clause(edge.block).unwrap();
            let catches = |edge: &&Edge| clause(edge).tag.is_none_or(|it| it == tag);
            let mut handlers = data.terminator.handlers().iter().filter(|_| tried);
            let Some(edge) = handlers.find(catches) else {
                return (Err(value), fuel);
            };
            run.caught = value;
            edge
        } else {
            match run.next(&data.terminator) {
                Ok(edge) => edge,
                Err(results) => return (Ok(results), fuel),
            }
        };
        args = run.read_all(&edge.args);
        block = edge.block;
    }
}

#[test]
fn random_programs_compute_and_cost_the_same_in_ssa_form() {
    let (mut branches, mut throws, mut catches) = (0, 0, 0);
    for seed in 1..1500_u64 {
        let mut generator = Generator {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            labels: vec![false],
            budget: 40,
        };
        let body: Vec<_> = (0..6).map(|_| generator.stmt()).collect();
        let mut wat = format!(
            "(module (import \"m\" \"f\" (func $f (param i32) (result i32))) (tag $e (param i32)) (tag $g) \
             (func (param i32 i32) (result i32 i32 i32 i32) (local i32 i32 i32) \
             (local.set {COUNTER} (i32.const {ITERATIONS})) (block "
        );
        text(&mut wat, &body, 0);
        wat.push_str(") (local.get 0) (local.get 1) (local.get 2) (local.get 3)))");
        let func = build_wat(&wat, 0);
        branches += func.layout.len();
        let handlers = func.layout.iter();
        catches += handlers
            .filter(|&&block| func.clause(block).is_some())
            .count();
        for args in [[0, 0], [1, 0], [0, 7], [3, 1]] {
            let mut machine = Machine::default();
            machine.locals[..2].copy_from_slice(&args);
            machine.locals[COUNTER as usize] = ITERATIONS;
            machine.fuel = 2;
            let flow = machine.run(&body, 0);
            if !matches!(flow, Flow::Return | Flow::Throw(_)) {
                machine.fuel += u64::from(LOCALS);
            }
            let expected = match flow {
                Flow::Throw(value) => Err(value),
                _ => Ok(machine.locals[..LOCALS as usize].to_vec()),
            };
            throws += usize::from(expected.is_err());
            let (results, fuel) = interpret(&func, &args);
            let context = || format!("seed {seed}, {args:?}\n{wat}\n{func}");
            assert_eq!(results, expected, "{}", context());
            // A block whose call nobody tries has been paid as a whole when that throws.
            if results.is_ok() {
                assert_eq!(fuel, machine.fuel, "{}", context());
            }
        }
    }
    assert!(branches > 10_000, "the programs are too simple: {branches}");
    assert!(throws > 100 && catches > 100, "{throws} {catches}");
}
