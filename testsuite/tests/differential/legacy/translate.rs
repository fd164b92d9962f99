//! The same programs without the older operators: each `try` a `try_table` with blocks for its clauses, what a clause has caught in a local,
//! `rethrow` a `throw_ref` of it. So engines that have `try_table` alone can run them.
//!
//! Every label has a landing inside: a block that gives an exception and throws it there. A `delegate` catches everything and branches to
//! that of its label.

use super::program::{COUNT_DOWN, Stmt, Try, head, simple, table_clause};
use core::fmt::Write as _;

/// An open label of the program.
struct Label {
    /// The number in its name.
    name: u32,
    /// That of its landing.
    land: u32,
    /// That of the local with what a clause has caught.
    caught: Option<u32>,
}

struct Translator {
    out: String,
    labels: Vec<Label>,
    /// Numbers given out.
    count: u32,
}

/// The text of a program.
pub(crate) fn text(program: &[(Vec<Stmt>, u32)]) -> String {
    let mut out = head();
    for (at, (body, result)) in program.iter().enumerate() {
        let mut translator = Translator {
            out: String::new(),
            labels: Vec::new(),
            count: 1,
        };
        translator.line("block $l0");
        translator.label(0, body, None);
        translator.line("end");
        write!(
            out,
            "(func $f{at} (export \"f{at}\") (param i32 i32) (result i32) (local i32 i32)"
        )
        .unwrap();
        for number in 0..translator.count {
            write!(out, " (local $x{number} exnref)").unwrap();
        }
        writeln!(out, "\n{}local.get {result})", translator.out).unwrap();
    }
    out.push(')');
    out
}

impl Translator {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn number(&mut self) -> u32 {
        self.count += 1;
        self.count - 1
    }

    /// Statements in a label of this name, which has just been opened, with their landing.
    fn label(&mut self, name: u32, body: &[Stmt], caught: Option<u32>) {
        self.landing(name, caught, |it| {
            for stmt in body {
                it.stmt(stmt);
            }
        });
    }

    fn landing(&mut self, name: u32, caught: Option<u32>, inside: impl FnOnce(&mut Self)) {
        let land = self.number();
        self.line(&format!(
            "block $skip{land} block $land{land} (result exnref)"
        ));
        self.labels.push(Label { name, land, caught });
        inside(self);
        self.labels.pop();
        self.line(&format!("br $skip{land} end throw_ref end"));
    }

    fn at(&self, depth: u32) -> &Label {
        &self.labels[self.labels.len() - 1 - depth as usize]
    }

    fn stmt(&mut self, it: &Stmt) {
        match it {
            Stmt::Br(depth) => {
                let name = self.at(*depth).name;
                self.line(&format!("br $l{name}"));
            }
            Stmt::BrIf(depth, cond) => {
                let name = self.at(*depth).name;
                self.line(&format!(
                    "(br_if $l{name} (i32.and (local.get {cond}) (i32.const 1)))"
                ));
            }
            Stmt::Rethrow(depth) => {
                let local = self.at(*depth).caught.expect("a clause");
                self.line(&format!("(throw_ref (local.get $x{local}))"));
            }
            Stmt::Block(body) => {
                let name = self.number();
                self.line(&format!("block $l{name}"));
                self.label(name, body, None);
                self.line("end");
            }
            Stmt::Loop(body) => {
                let name = self.number();
                self.line(&format!("loop $l{name} {COUNT_DOWN}"));
                self.label(name, body, None);
                self.line("end");
            }
            Stmt::If(cond, then, otherwise) => {
                let name = self.number();
                self.line(&format!(
                    "(i32.and (local.get {cond}) (i32.const 1)) if $l{name}"
                ));
                self.label(name, then, None);
                self.line("else");
                self.label(name, otherwise, None);
                self.line("end");
            }
            Stmt::Try(it) => self.try_(it),
            Stmt::Delegate(body, depth) => {
                let to = self.at(*depth).land;
                let name = self.number();
                self.line(&format!(
                    "block $l{name} block $caught{name} (result exnref) try_table (catch_all_ref $caught{name})"
                ));
                self.label(name, body, None);
                self.line(&format!("end br $l{name} end br $land{to} end"));
            }
            Stmt::Table(tag, with_ref, body) => self.table(*tag, *with_ref, body),
            Stmt::Set(..)
            | Stmt::Const(..)
            | Stmt::Note(_)
            | Stmt::Call(..)
            | Stmt::Throw(..)
            | Stmt::Return(_)
            | Stmt::Unreachable => simple(&mut self.out, it),
        }
    }

    fn try_(&mut self, it: &Try) {
        let name = self.number();
        self.line(&format!("block $done{name} (result i32)"));
        let clauses: Vec<_> = it
            .clauses
            .iter()
            .map(|clause| table_clause(clause.tag, true))
            .collect();
        for (at, (_, types)) in clauses.iter().enumerate().rev() {
            self.line(&format!("block $clause{name}_{at} (result {types})"));
        }
        self.line("try_table (result i32)");
        for (at, (clause, _)) in clauses.iter().enumerate() {
            self.line(&format!("({clause} $clause{name}_{at})"));
        }
        self.label(name, &it.body, None);
        self.line(&format!("local.get {} end br $done{name}", it.value));
        for clause in &it.clauses {
            let caught = self.number();
            self.line(&format!("end local.set $x{caught}"));
            for local in &clause.to {
                self.line(&format!("local.set {local}"));
            }
            self.label(name, &clause.body, Some(caught));
            self.line(&format!("local.get {} br $done{name}", clause.value));
        }
        self.line(&format!("end local.set {}", it.to));
    }

    fn table(&mut self, tag: Option<u32>, with_ref: bool, body: &[Stmt]) {
        let (out, caught, name) = (self.number(), self.number(), self.number());
        let (clause, types) = table_clause(tag, with_ref);
        self.line(&format!("block $l{out}"));
        self.landing(out, None, |it| {
            it.line(&format!("block $l{caught} (result {types})"));
            it.landing(caught, None, |it| {
                it.line(&format!("try_table $l{name} ({clause} $l{caught})"));
                it.label(name, body, None);
                it.line(&format!("end br $l{out}"));
            });
            it.line("unreachable end");
            it.line(&"drop ".repeat(types.split_whitespace().count()));
        });
        self.line("end");
    }
}
