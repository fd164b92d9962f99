//! Random Wasm functions for differential tests: structured control flow of every kind, locals, memory, globals, calls.

use core::fmt::Write;

/// A small generator of pseudo-random numbers (xorshift).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

const INT: &[&str] = &[
    "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "add", "sub",
    "add", "div_s", "div_u", "rem_s", "rem_u",
];
const COMPARE: &[&str] = &[
    "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u",
];
const INTERESTING: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3",
    "4",
    "7",
    "8",
    "16",
    "24",
    "31",
    "32",
    "63",
    "64",
    "127",
    "128",
    "255",
    "256",
    "65535",
    "65536",
    "100000",
    "2147483647",
    "-2147483648",
    "-2",
    "-128",
    "48",
];

/// Local variables: 0 and 1 are parameters; 0..4 are i32, 4..6 i64, 6 f64; from 8 on come the counters of loops.
const COUNTERS: usize = 8;
const DEPTH: usize = 5;

struct Writer<'a> {
    random: &'a mut Random,
    out: String,
    /// For each label around: whether it is a loop's.
    labels: Vec<bool>,
    /// Places in `labels` of those that take a value: nothing branches to them.
    valued: Vec<usize>,
    counters: usize,
    budget: usize,
}

/// The text of a module whose only function takes two i32 and gives an i32 and an i64.
pub(super) fn module(random: &mut Random) -> String {
    let budget = 10 + random.below(60) as usize;
    let mut writer = Writer {
        random,
        out: String::new(),
        labels: Vec::new(),
        valued: Vec::new(),
        counters: 0,
        budget,
    };
    writer.statements(0);
    let result = (writer.expr("i32", 2), writer.expr("i64", 2));
    let counters = "i32 ".repeat(writer.counters);
    format!(
        "(module (import \"e\" \"f\" (func $f (param i32) (result i32))) (memory 1) (tag $e (param i32)) (tag $g)
        (global $g (mut i32) (i32.const 5)) (global $h (mut i64) (i64.const 7))
        (func (param i32 i32) (result i32 i64) (local i32 i32 i64 i64 f64 f64 {counters})
        {} {} {}))",
        writer.out, result.0, result.1
    )
}

impl Writer<'_> {
    fn statements(&mut self, depth: usize) {
        for _ in 0..1 + self.random.below(5) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement(depth);
        }
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn statement(&mut self, depth: usize) {
        let nested = if depth < DEPTH { 17 } else { 9 };
        match self.random.below(nested) {
            0..=2 => {
                let local = self.random.below(4);
                let value = self.expr("i32", 3);
                self.put(&format!("(local.set {local} {value})"));
            }
            3 => {
                let local = 4 + self.random.below(2);
                let value = self.expr("i64", 3);
                self.put(&format!("(local.set {local} {value})"));
            }
            4 => {
                let value = self.expr("f64", 2);
                self.put(&format!("(local.set 6 {value})"));
            }
            5 => self.memory(),
            6 => {
                let value = self.expr("i32", 2);
                self.put(&format!("(global.set $g {value})"));
            }
            7 => {
                let value = self.expr("i32", 2);
                self.put(&format!("(local.set 2 (call $f {value}))"));
            }
            8 => self.branch(),
            9 => self.nest("block", false, depth),
            10 | 11 => self.choice(depth),
            12 => self.counted(depth),
            13 => self.catching(depth),
            14 => self.throwing(),
            _ => self.guarded(depth),
        }
    }

    /// Stores that may overlap, and what is there then.
    fn memory(&mut self) {
        let (place, other) = (self.random.below(3) * 4, self.random.below(2));
        self.store();
        self.put(&format!(
            "(i32.store offset={place} (local.get {other}) (i32.add (i32.load offset={place} (local.get {other})) (local.get 2)))"
        ));
        self.store();
        self.put(&format!(
            "(local.set 2 (i32.load offset={place} (local.get {other})))"
        ));
    }

    fn store(&mut self) {
        let addr = self.address();
        let (ty, ops): (_, &[&str]) = match self.random.below(3) {
            0 => ("i32", &["i32.store", "i32.store8", "i32.store16"]),
            1 => ("i64", &["i64.store", "i64.store32", "i64.store8"]),
            _ => ("f64", &["f64.store"]),
        };
        let op = self.random.pick(ops);
        let offset = 4 * self.random.below(5);
        let value = self.expr(ty, 2);
        self.put(&format!("({op} offset={offset} {addr} {value})"));
    }

    fn address(&mut self) -> String {
        match self.random.below(3) {
            0 => format!("(i32.const {})", 4 * self.random.below(12)),
            // The parameters are often equal or close.
            1 => format!("(local.get {})", self.random.below(2)),
            _ => format!("(i32.and {} (i32.const 127))", self.expr("i32", 1)),
        }
    }

    fn branch(&mut self) {
        let Some(count) = (self.labels.len() as u64).checked_sub(1) else {
            return;
        };
        let label = self.random.below(count + 1);
        let other = self.random.below(count + 1);
        let takes_value = |label: u64| self.valued.contains(&((count - label) as usize));
        let others = [label, other];
        if others.into_iter().any(takes_value) {
            return self.put("(nop)");
        }

        match self.random.below(4) {
            0 => {
                let cond = self.expr("i32", 2);
                self.put(&format!("(br_if {label} {cond})"));
            }
            1 => {
                let index = self.expr("i32", 1);
                self.put(&format!(
                    "(br_table {label} {other} {label} (i32.and {index} (i32.const 3)))"
                ));
            }
            2 => self.put("(return (i32.const 9) (local.get 4))"),
            // Not back to a loop, which would hardly ever end.
            _ if !self.labels[self.labels.len() - 1 - label as usize] => {
                self.put(&format!("(br {label})"));
            }
            _ => self.put("(nop)"),
        }
    }

    fn nest(&mut self, kind: &str, is_loop: bool, depth: usize) {
        self.put(&format!("({kind}"));
        self.labels.push(is_loop);
        self.statements(depth + 1);
        self.labels.pop();
        self.put(")");
    }

    /// What catches one tag, whose value goes to a local, or everything, or one tag before all others.
    fn catching(&mut self, depth: usize) {
        let (clauses, results) = match self.random.below(3) {
            0 => ("(catch $e 0)", " (result i32)"),
            1 => ("(catch_all 0)", ""),
            _ => ("(catch $e 0) (catch_all 1)", " (result i32)"),
        };
        self.put("(block");
        self.put(&format!("(block{results} (try_table {clauses}"));
        self.labels.extend([false; 3]);
        if !results.is_empty() {
            self.valued.push(self.labels.len() - 2);
        }
        self.statements(depth + 1);
        self.labels.truncate(self.labels.len() - 3);
        self.valued.retain(|&at| at < self.labels.len());
        self.put(")");
        if results.is_empty() {
            self.put("))");
        } else {
            let value = self.expr("i32", 1);
            self.put(&format!("{value}) (local.set 3))"));
        }
    }

    fn throwing(&mut self) {
        let cond = self.expr("i32", 2);
        let value = self.expr("i32", 1);
        let thrown = if self.random.below(4) == 0 {
            "(throw $g)".to_owned()
        } else {
            format!("(throw $e {value})")
        };
        self.put(&format!("(if {cond} (then {thrown}))"));
    }

    fn choice(&mut self, depth: usize) {
        let cond = self.expr("i32", 2);
        self.put(&format!("(if {cond}"));
        self.nest_arm("then", depth);
        if self.random.below(2) == 0 {
            self.nest_arm("else", depth);
        }
        self.put(")");
    }

    fn nest_arm(&mut self, arm: &str, depth: usize) {
        self.nest(arm, false, depth);
    }

    fn counter(&mut self) -> usize {
        self.counters += 1;
        let counter = COUNTERS + self.counters - 1;
        let turns = 1 + self.random.below(5);
        self.put(&format!("(local.set {counter} (i32.const {turns}))"));
        counter
    }

    /// `do { … } while (--counter)`
    fn counted(&mut self, depth: usize) {
        let counter = self.counter();
        self.put("(loop");
        self.labels.push(true);
        self.statements(depth + 1);
        self.put(&format!(
            "(br_if 0 (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1))))"
        ));
        self.labels.pop();
        self.put(")");
    }

    /// `while (counter) { …; --counter }`
    fn guarded(&mut self, depth: usize) {
        let counter = self.counter();
        self.put("(block (loop");
        self.labels.extend([false, true]);
        self.put(&format!("(br_if 1 (i32.eqz (local.get {counter})))"));
        self.statements(depth + 1);
        self.put(&format!(
            "(local.set {counter} (i32.sub (local.get {counter}) (i32.const 1))) (br 0)"
        ));
        self.labels.truncate(self.labels.len() - 2);
        self.put("))");
    }

    fn expr(&mut self, ty: &str, depth: usize) -> String {
        let mut out = String::new();
        if depth == 0 || self.random.below(4) == 0 {
            let leaf = self.random.below(5);
            let result = match (ty, leaf) {
                ("i32" | "i64", 0) => write!(out, "({ty}.const {})", self.random.pick(INTERESTING)),
                ("i32", 1) => write!(out, "(global.get $g)"),
                ("i32", _) => write!(out, "(local.get {})", self.random.below(4)),
                ("i64", 1) => write!(out, "(global.get $h)"),
                ("i64", _) => write!(out, "(local.get {})", 4 + self.random.below(2)),
                (_, 0) => write!(out, "(f64.const {}.5)", self.random.below(9)),
                _ => write!(out, "(local.get 6)"),
            };
            result.unwrap();
            return out;
        }
        match ty {
            "i32" => self.i32_expr(depth - 1),
            "i64" => self.i64_expr(depth - 1),
            _ => self.f64_expr(depth - 1),
        }
    }

    fn i32_expr(&mut self, depth: usize) -> String {
        match self.random.below(12) {
            0..=3 => self.two_of("i32", INT, depth),
            4 | 5 => self.two_of("i32", COMPARE, depth),
            6 => self.two_of("i64", COMPARE, depth),
            7 => {
                let ops = ["f64.eq", "f64.ne", "f64.lt", "f64.ge"];
                let op = self.random.pick(&ops);
                self.two(op, "f64", depth)
            }
            8 => {
                let ops = [
                    "i32.eqz",
                    "i32.clz",
                    "i32.ctz",
                    "i32.popcnt",
                    "i32.extend8_s",
                    "i32.extend16_s",
                ];
                let op = self.random.pick(&ops);
                format!("({op} {})", self.expr("i32", depth))
            }
            9 => {
                let op = self.random.pick(&["i32.wrap_i64", "i64.eqz"]);
                format!("({op} {})", self.expr("i64", depth))
            }
            10 => {
                let ops = [
                    "i32.load",
                    "i32.load8_u",
                    "i32.load8_s",
                    "i32.load16_u",
                    "i32.load16_s",
                ];
                let op = self.random.pick(&ops);
                let offset = 8 * self.random.below(4);
                format!("({op} offset={offset} {})", self.address())
            }
            _ => self.select("i32", depth),
        }
    }

    fn i64_expr(&mut self, depth: usize) -> String {
        match self.random.below(10) {
            0..=3 => self.two_of("i64", INT, depth),
            4 | 5 => {
                let op = self.random.pick(&["i64.extend_i32_s", "i64.extend_i32_u"]);
                format!("({op} {})", self.expr("i32", depth))
            }
            6 => {
                let ops = [
                    "i64.clz",
                    "i64.popcnt",
                    "i64.extend8_s",
                    "i64.extend16_s",
                    "i64.extend32_s",
                ];
                let op = self.random.pick(&ops);
                format!("({op} {})", self.expr("i64", depth))
            }
            7 | 8 => {
                let ops = ["i64.load", "i64.load32_u", "i64.load32_s", "i64.load8_u"];
                let op = self.random.pick(&ops);
                let offset = 8 * self.random.below(4);
                format!("({op} offset={offset} {})", self.address())
            }
            _ => self.select("i64", depth),
        }
    }

    fn f64_expr(&mut self, depth: usize) -> String {
        match self.random.below(7) {
            0..=2 => {
                let ops = [
                    "f64.add",
                    "f64.sub",
                    "f64.mul",
                    "f64.div",
                    "f64.min",
                    "f64.copysign",
                ];
                let op = self.random.pick(&ops);
                self.two(op, "f64", depth)
            }
            3 => {
                let ops = ["f64.neg", "f64.abs", "f64.sqrt", "f64.floor"];
                let op = self.random.pick(&ops);
                format!("({op} {})", self.expr("f64", depth))
            }
            4 => format!("(f64.convert_i32_s {})", self.expr("i32", depth)),
            5 => format!("(f64.reinterpret_i64 {})", self.expr("i64", depth)),
            _ => format!("(f64.load {})", self.address()),
        }
    }

    fn two_of(&mut self, ty: &str, ops: &[&str], depth: usize) -> String {
        let op = format!("{ty}.{}", self.random.pick(ops));
        self.two(&op, ty, depth)
    }

    fn two(&mut self, op: &str, ty: &str, depth: usize) -> String {
        let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
        format!("({op} {a} {b})")
    }

    fn select(&mut self, ty: &str, depth: usize) -> String {
        let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
        format!("(select {a} {b} {})", self.expr("i32", depth))
    }
}
