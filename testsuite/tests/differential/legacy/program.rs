//! Random programs of `try`, `catch`, `catch_all`, `delegate` and `rethrow`, with `try_table` and other control around and inside of them.

use crate::generate::Random;
use core::fmt::Write as _;

/// Functions; each calls those before it. All take two i32 and give one.
pub(crate) const FUNCTIONS: u32 = 4;
/// Locals of a function, its parameters included.
pub(crate) const LOCALS: u32 = 4;
/// Values that each tag carries, all i32.
pub(crate) const TAGS: [u32; 3] = [0, 1, 2];
/// Iterations of loops that a call of an export has.
pub(crate) const ITERATIONS: u32 = 60;

/// A statement. Depths are those of labels.
#[derive(Debug)]
pub(crate) enum Stmt {
    /// `to = a * 3 + b`
    Set(u32, u32, u32),
    Const(u32, u32),
    /// Notes a local in a global.
    Note(u32),
    Block(Vec<Self>),
    Loop(Vec<Self>),
    If(u32, Vec<Self>, Vec<Self>),
    Br(u32),
    BrIf(u32, u32),
    /// `to = f(a, b)`
    Call(u32, u32, u32, u32),
    Throw(u32, u32, u32),
    Return(u32),
    Unreachable,
    Try(Try),
    /// Where exceptions of the body go.
    Delegate(Vec<Self>, u32),
    /// A label whose clause is open.
    Rethrow(u32),
    /// A `try_table` in two blocks, the inner one for what it catches, which is dropped. Its tag, or any; whether the clause takes a reference.
    Table(Option<u32>, bool, Vec<Self>),
}

/// A `try`, which gives an i32 to the local `to`: the value of a local behind the body and each clause.
#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) to: u32,
    pub(crate) body: Vec<Stmt>,
    pub(crate) value: u32,
    pub(crate) clauses: Vec<Clause>,
}

/// A `catch` or `catch_all`.
#[derive(Debug)]
pub(crate) struct Clause {
    pub(crate) tag: Option<u32>,
    /// Local for each value that it catches, the last first.
    pub(crate) to: Vec<u32>,
    pub(crate) body: Vec<Stmt>,
    pub(crate) value: u32,
}

/// An open label.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Label {
    /// What takes no operand.
    Plain,
    /// What takes one: the body of a `try`.
    Operand,
    /// A clause of it, which takes one too.
    Clause,
}

struct Generator {
    random: Random,
    labels: Vec<Label>,
    function: u32,
    budget: u32,
}

/// A program: the body of each function, and the local that it gives back.
pub(crate) fn program(seed: u64) -> Vec<(Vec<Stmt>, u32)> {
    let functions = (0..FUNCTIONS).map(|function| {
        let random = Random::new(seed * u64::from(FUNCTIONS) + u64::from(function) + 1);
        let mut generator = Generator {
            random,
            labels: vec![Label::Plain],
            function,
            budget: 45,
        };
        let mut body = Vec::new();
        for _ in 0..6 {
            body.push(generator.stmt());
        }
        (body, generator.local())
    });
    functions.collect()
}

impl Generator {
    fn below(&mut self, n: u32) -> u32 {
        self.random.below(u64::from(n)) as u32
    }

    fn local(&mut self) -> u32 {
        self.below(LOCALS)
    }

    fn body(&mut self, label: Label) -> Vec<Stmt> {
        self.labels.push(label);
        let count = 1 + self.below(4);
        let body = (0..count).map(|_| self.stmt()).collect();
        self.labels.pop();
        body
    }

    /// A label of one of these kinds, if there is one.
    fn label(&mut self, of: &[Label]) -> Option<u32> {
        let count = self.labels.len() as u32;
        let start = self.below(count);
        let mut depths = (0..count).map(|at| (start + at) % count);
        depths.find(|&depth| of.contains(&self.labels[(count - 1 - depth) as usize]))
    }

    fn stmt(&mut self) -> Stmt {
        self.budget = self.budget.saturating_sub(1);
        let kinds = if self.budget == 0 { 12 } else { 24 };
        match self.below(kinds) {
            0 | 1 => Stmt::Set(self.local(), self.local(), self.local()),
            2 => Stmt::Const(self.local(), self.below(9)),
            3 => Stmt::Note(self.local()),
            4 | 5 => match self.label(&[Label::Plain]) {
                Some(depth) if self.below(4) == 0 => Stmt::Br(depth),
                Some(depth) => Stmt::BrIf(depth, self.local()),
                None => Stmt::Note(self.local()),
            },
            6 => Stmt::Throw(self.below(3), self.local(), self.local()),
            7 if self.below(8) == 0 => Stmt::Unreachable,
            7 if self.below(3) == 0 => Stmt::Return(self.local()),
            8 | 9 => match self.label(&[Label::Clause]) {
                Some(depth) => Stmt::Rethrow(depth),
                None => Stmt::Throw(self.below(3), self.local(), self.local()),
            },
            7 | 10 | 11 if self.function == 0 => {
                Stmt::Set(self.local(), self.local(), self.local())
            }
            7 | 10 | 11 => {
                let function = self.below(self.function);
                Stmt::Call(self.local(), function, self.local(), self.local())
            }
            12 => Stmt::Block(self.body(Label::Plain)),
            13 | 14 => Stmt::Loop(self.body(Label::Plain)),
            15 | 16 => {
                let then = self.body(Label::Plain);
                let otherwise = match self.below(2) {
                    0 => Vec::new(),
                    _ => self.body(Label::Plain),
                };
                Stmt::If(self.local(), then, otherwise)
            }
            17 => {
                let tag = self.tag();
                self.labels.extend([Label::Plain, Label::Operand]);
                let body = self.body(Label::Plain);
                self.labels.truncate(self.labels.len() - 2);
                Stmt::Table(tag, self.below(2) == 0, body)
            }
            18 | 19 => {
                let body = self.body(Label::Plain);
                let all = [Label::Plain, Label::Operand, Label::Clause];
                Stmt::Delegate(body, self.label(&all).unwrap_or(0))
            }
            _ => Stmt::Try(self.try_()),
        }
    }

    fn tag(&mut self) -> Option<u32> {
        let tag = self.below(4);
        (tag < 3).then_some(tag)
    }

    fn try_(&mut self) -> Try {
        let body = self.body(Label::Operand);
        let mut clauses = Vec::new();
        for _ in 0..self.below(4) {
            let tag = self.tag();
            let count = tag.map_or(0, |tag| TAGS[tag as usize]);
            clauses.push(Clause {
                tag,
                to: (0..count).map(|_| self.local()).collect(),
                body: self.body(Label::Clause),
                value: self.local(),
            });
            if tag.is_none() {
                break;
            }
        }
        Try {
            to: self.local(),
            body,
            value: self.local(),
            clauses,
        }
    }
}

/// How each iteration of a loop starts.
pub(crate) const COUNT_DOWN: &str = "(global.set $left (i32.sub (global.get $left) (i32.const 1))) \
     (if (i32.lt_s (global.get $left) (i32.const 0)) (then (return (i32.const 77))))";

/// What comes before the functions.
pub(crate) fn head() -> String {
    let mut out = String::from(
        "(module (tag $t0) (tag $t1 (param i32)) (tag $t2 (param i32 i32))\n\
         (global $log (export \"log\") (mut i32) (i32.const 0))\n\
         (global $left (export \"left\") (mut i32) (i32.const 0))\n\
         (func (export \"reset\") (global.set $log (i32.const 0))",
    );
    writeln!(out, " (global.set $left (i32.const {ITERATIONS})))").unwrap();
    out
}

/// The text of a program.
pub(crate) fn text(program: &[(Vec<Stmt>, u32)]) -> String {
    let mut out = head();
    for (at, (body, result)) in program.iter().enumerate() {
        writeln!(
            out,
            "(func $f{at} (export \"f{at}\") (param i32 i32) (result i32) (local i32 i32) block"
        )
        .unwrap();
        stmts(&mut out, body);
        writeln!(out, "end local.get {result})").unwrap();
    }
    out.push(')');
    out
}

fn stmts(out: &mut String, body: &[Stmt]) {
    for it in body {
        stmt(out, it);
    }
}

fn stmt(out: &mut String, it: &Stmt) {
    match it {
        Stmt::Br(depth) => writeln!(out, "br {depth}").unwrap(),
        Stmt::BrIf(depth, cond) => {
            writeln!(
                out,
                "(br_if {depth} (i32.and (local.get {cond}) (i32.const 1)))"
            )
            .unwrap();
        }
        Stmt::Rethrow(depth) => writeln!(out, "rethrow {depth}").unwrap(),
        Stmt::Block(_)
        | Stmt::Loop(_)
        | Stmt::If(..)
        | Stmt::Try(_)
        | Stmt::Delegate(..)
        | Stmt::Table(..) => structured(out, it),
        Stmt::Set(..)
        | Stmt::Const(..)
        | Stmt::Note(_)
        | Stmt::Call(..)
        | Stmt::Throw(..)
        | Stmt::Return(_)
        | Stmt::Unreachable => simple(out, it),
    }
}

/// A statement that has to do with no label.
pub(crate) fn simple(out: &mut String, it: &Stmt) {
    match it {
        Stmt::Set(to, a, b) => writeln!(
            out,
            "(local.set {to} (i32.add (i32.mul (local.get {a}) (i32.const 3)) (local.get {b})))"
        )
        .unwrap(),
        Stmt::Const(to, value) => writeln!(out, "(local.set {to} (i32.const {value}))").unwrap(),
        Stmt::Note(local) => writeln!(
            out,
            "(global.set $log (i32.add (i32.mul (global.get $log) (i32.const 31)) (local.get {local})))"
        )
        .unwrap(),
        Stmt::Call(to, f, a, b) => writeln!(
            out,
            "(local.set {to} (call $f{f} (local.get {a}) (local.get {b})))"
        )
        .unwrap(),
        Stmt::Throw(tag, a, b) => {
            for local in [a, b].iter().take(TAGS[*tag as usize] as usize) {
                write!(out, "local.get {local} ").unwrap();
            }
            writeln!(out, "throw $t{tag}").unwrap();
        }
        Stmt::Return(local) => writeln!(out, "(return (local.get {local}))").unwrap(),
        Stmt::Unreachable => out.push_str("unreachable\n"),
        other => panic!("{other:?} has to do with labels"),
    }
}

fn structured(out: &mut String, it: &Stmt) {
    match it {
        Stmt::Block(body) => {
            out.push_str("block\n");
            stmts(out, body);
        }
        Stmt::Loop(body) => {
            writeln!(out, "loop {COUNT_DOWN}").unwrap();
            stmts(out, body);
        }
        Stmt::If(cond, then, otherwise) => {
            writeln!(out, "(i32.and (local.get {cond}) (i32.const 1)) if").unwrap();
            stmts(out, then);
            if !otherwise.is_empty() {
                out.push_str("else\n");
                stmts(out, otherwise);
            }
        }
        Stmt::Try(it) => {
            out.push_str("try (result i32)\n");
            stmts(out, &it.body);
            writeln!(out, "local.get {}", it.value).unwrap();
            for clause in &it.clauses {
                match clause.tag {
                    Some(tag) => writeln!(out, "catch $t{tag}").unwrap(),
                    None => out.push_str("catch_all\n"),
                }
                for local in &clause.to {
                    writeln!(out, "local.set {local}").unwrap();
                }
                stmts(out, &clause.body);
                writeln!(out, "local.get {}", clause.value).unwrap();
            }
            writeln!(out, "end local.set {}", it.to).unwrap();
            return;
        }
        Stmt::Delegate(body, depth) => {
            out.push_str("try\n");
            stmts(out, body);
            writeln!(out, "delegate {depth}").unwrap();
            return;
        }
        Stmt::Table(tag, with_ref, body) => {
            let (clause, types) = table_clause(*tag, *with_ref);
            writeln!(out, "block block (result {types}) try_table ({clause} 0)").unwrap();
            stmts(out, body);
            out.push_str("end br 1 end\n");
            out.push_str(&"drop ".repeat(types.split_whitespace().count()));
        }
        other => panic!("{other:?} has no body"),
    }
    out.push_str("end\n");
}

/// The clause of a `try_table`, without its label, and the types of what it catches.
pub(crate) fn table_clause(tag: Option<u32>, with_ref: bool) -> (String, String) {
    let suffix = if with_ref { "_ref" } else { "" };
    let (clause, values) = match tag {
        Some(tag) => (format!("catch{suffix} $t{tag}"), TAGS[tag as usize]),
        None => (format!("catch_all{suffix}"), 0),
    };
    let exn = if with_ref { "exnref" } else { "" };
    (clause, "i32 ".repeat(values as usize) + exn)
}
