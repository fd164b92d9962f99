//! Random programs of vector operators: every operator there is, in trees deep enough that pairs of them become one instruction, on lanes
//! with NaNs, infinities and extremes. Strict ones give what they give under wasmi, at all levels and in slices; relaxed ones give what is
//! written here for them in strict ones, which is one of the results that the specification allows.
//!
//! `WRT_VECTORS=N` sets the number of programs (default 60), `WRT_SEED=N` the first seed; `WRT_KEEP=DIR` keeps the modules that differ.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use wrt_compiler::OptLevel;
use wrt_compiler::ir::{SimdOp, Type};

use crate::generate::Random;
use crate::ours::{Ours, argument_slots};
use crate::outcome::Seen;
use crate::{CALLS, FUEL, Totals, Way, arguments, number, run_module};

/// Statements of a program.
const STATEMENTS: usize = 24;
/// How deep the operands of a statement are at most.
const DEPTH: u32 = 3;
/// Locals: vectors, then one of each other type.
const VECTORS: u64 = 6;
/// Loads, with the largest number of a lane if they have one.
const LOADS: [(&str, u64); 17] = [
    ("v128.load", 0),
    ("v128.load8x8_s", 0),
    ("v128.load8x8_u", 0),
    ("v128.load16x4_s", 0),
    ("v128.load16x4_u", 0),
    ("v128.load32x2_s", 0),
    ("v128.load32x2_u", 0),
    ("v128.load8_splat", 0),
    ("v128.load16_splat", 0),
    ("v128.load32_splat", 0),
    ("v128.load64_splat", 0),
    ("v128.load32_zero", 0),
    ("v128.load64_zero", 0),
    ("v128.load8_lane", 15),
    ("v128.load16_lane", 7),
    ("v128.load32_lane", 3),
    ("v128.load64_lane", 1),
];
/// Relaxed operators, and the strict ones that stand for them.
const RELAXED: [(&str, &str); 14] = [
    ("i8x16.relaxed_swizzle", "i8x16.swizzle"),
    ("i32x4.relaxed_trunc_f32x4_s", "i32x4.trunc_sat_f32x4_s"),
    ("i32x4.relaxed_trunc_f32x4_u", "i32x4.trunc_sat_f32x4_u"),
    (
        "i32x4.relaxed_trunc_f64x2_s_zero",
        "i32x4.trunc_sat_f64x2_s_zero",
    ),
    (
        "i32x4.relaxed_trunc_f64x2_u_zero",
        "i32x4.trunc_sat_f64x2_u_zero",
    ),
    ("i8x16.relaxed_laneselect", "v128.bitselect"),
    ("i16x8.relaxed_laneselect", "v128.bitselect"),
    ("i32x4.relaxed_laneselect", "v128.bitselect"),
    ("i64x2.relaxed_laneselect", "v128.bitselect"),
    ("f32x4.relaxed_min", "f32x4.min"),
    ("f32x4.relaxed_max", "f32x4.max"),
    ("f64x2.relaxed_min", "f64x2.min"),
    ("f64x2.relaxed_max", "f64x2.max"),
    ("i16x8.relaxed_q15mulr_s", "i16x8.q15mulr_sat_s"),
];

/// A program in the making.
struct Program {
    random: Random,
    /// Whether relaxed operators are used, and if so whether as such or as what stands for them.
    relaxed: Option<bool>,
    seen: BTreeSet<&'static str>,
}

impl Program {
    fn below(&mut self, n: u64) -> u64 {
        self.random.below(n)
    }

    fn vector_constant(&mut self) -> String {
        const LANES: [u32; 10] = [
            0,
            1,
            0x7fff_ffff,
            0x8000_0000,
            0x7fc0_0000,
            0x7f80_0000,
            0xff80_0000,
            0x0000_0001,
            0xffff_ffff,
            0x3f80_0000,
        ];
        let lane = |this: &mut Self| match this.below(3) {
            0 => LANES[this.below(10) as usize],
            1 => this.below(64) as u32 * 0x0101_0101,
            _ => this.random.next() as u32,
        };
        let lanes: [u32; 4] = core::array::from_fn(|_| lane(self));
        format!(
            "(v128.const i32x4 {} {} {} {})",
            lanes[0], lanes[1], lanes[2], lanes[3]
        )
    }

    /// An expression of a type that is not a vector's.
    fn scalar(&mut self, ty: Type) -> String {
        let name = match ty {
            Type::I64 => "$l",
            Type::F32 => "$f",
            Type::F64 => "$d",
            _ => "$i",
        };
        // Shifts by constants have instructions of their own.
        if ty == Type::I32 && self.below(3) > 0 {
            return format!("(i32.const {})", self.below(70));
        }
        format!("(local.get {name})")
    }

    /// An address in the first 512 bytes, in one of the forms that have instructions.
    fn address(&mut self) -> String {
        let low = "(i32.and (local.get $i) (i32.const 255))";
        match self.below(3) {
            0 => low.to_owned(),
            1 => format!("(i32.add {low} (i32.const {}))", self.below(200)),
            _ => format!(
                "(i32.add {low} (i32.shl (i32.and (local.get $i) (i32.const 7)) (i32.const 3)))"
            ),
        }
    }

    fn load(&mut self, depth: u32) -> String {
        let (name, lanes) = LOADS[self.below(LOADS.len() as u64) as usize];
        self.seen.insert(name);
        let (offset, address) = (self.below(64), self.address());
        if lanes == 0 {
            return format!("({name} offset={offset} {address})");
        }
        let (lane, vector) = (self.below(lanes + 1), self.vector(depth));
        format!("({name} offset={offset} {lane} {address} {vector})")
    }

    /// Rotations and what else selection looks for as a whole.
    fn idiom(&mut self, depth: u32) -> String {
        let get = format!("(local.get $v{})", self.below(VECTORS));
        let (ty, width) = [("i32x4", 32), ("i64x2", 64)][self.below(2) as usize];
        let by = self.below(width + 1);
        match self.below(4) {
            0 => format!(
                "(v128.or ({ty}.shl {get} (i32.const {by})) ({ty}.shr_u {get} (i32.const {})))",
                width - by
            ),
            1 => {
                let bytes = width / 8;
                let turn = self.below(bytes);
                let lanes = (0..16).map(|i| (i / bytes * bytes + (i + turn) % bytes).to_string());
                let lanes: Vec<String> = lanes.collect();
                format!("(i8x16.shuffle {} {get} {get})", lanes.join(" "))
            }
            2 => {
                let (a, b) = (self.vector(depth), self.vector(depth));
                format!("(i32x4.splat (i8x16.bitmask (i8x16.eq {a} {b})))")
            }
            _ => {
                let (a, b) = (self.vector(depth), self.vector(depth));
                format!("(v128.xor (i32x4.add {a} {get}) {b})")
            }
        }
    }

    /// An operator whose result depends on what a machine may choose, or what stands for it.
    fn relaxed(&mut self, strict: bool, depth: u32) -> String {
        let which = self.below(RELAXED.len() as u64 + 6) as usize;
        let [a, b, c] = core::array::from_fn(|_| self.vector(depth));
        if let Some((name, stands)) = RELAXED.get(which) {
            self.seen.insert(name);
            let name = if strict { stands } else { name };
            let args = match name.split_once('.').unwrap().1 {
                name if name.contains("trunc") => a,
                name if name.contains("select") => format!("{a} {b} {c}"),
                _ => format!("{a} {b}"),
            };
            return format!("({name} {args})");
        }
        let ty = ["f32x4", "f64x2"][which % 2];
        // The second operand's lanes have 7 bits, for which there is one result alone.
        let seven = format!(
            "(v128.and {b} (v128.const i32x4 0x7f7f7f7f 0x7f7f7f7f 0x7f7f7f7f 0x7f7f7f7f))"
        );
        let sums = |a: &str, b: &str| {
            // Sums of products of neighbours: even and odd lanes apart.
            let products = |half: &str| format!("(i16x8.extmul_{half}_i8x16_s {a} {b})");
            let lanes = |first: u32| {
                let lanes =
                    (0..8).map(|i| format!("{} {}", 4 * i + 2 * first, 4 * i + 2 * first + 1));
                lanes.collect::<Vec<_>>().join(" ")
            };
            let part = |first: u32| {
                format!(
                    "(i8x16.shuffle {} {} {})",
                    lanes(first),
                    products("low"),
                    products("high")
                )
            };
            format!("(i16x8.add {} {})", part(0), part(1))
        };
        let (name, own, stands) = match which - RELAXED.len() {
            0 | 1 => (
                "relaxed_madd",
                format!("({ty}.relaxed_madd {a} {b} {c})"),
                format!("({ty}.add ({ty}.mul {a} {b}) {c})"),
            ),
            2 | 3 => (
                "relaxed_nmadd",
                format!("({ty}.relaxed_nmadd {a} {b} {c})"),
                format!("({ty}.sub {c} ({ty}.mul {a} {b}))"),
            ),
            4 => (
                "relaxed_dot",
                format!("(i16x8.relaxed_dot_i8x16_i7x16_s {a} {seven})"),
                sums(&a, &seven),
            ),
            _ => (
                "relaxed_dot_add",
                format!("(i32x4.relaxed_dot_i8x16_i7x16_add_s {a} {seven} {c})"),
                format!(
                    "(i32x4.add (i32x4.extadd_pairwise_i16x8_s {}) {c})",
                    sums(&a, &seven)
                ),
            ),
        };
        self.seen.insert(name);
        let text = if strict { stands } else { own };
        if name.ends_with("madd") {
            canonical(ty, &text)
        } else {
            text
        }
    }

    /// A vector's expression.
    fn vector(&mut self, depth: u32) -> String {
        if depth == 0 {
            return match self.below(5) {
                0 => self.vector_constant(),
                _ => format!("(local.get $v{})", self.below(VECTORS)),
            };
        }
        let below = depth - 1;
        match (self.below(10), self.relaxed) {
            (0, _) => self.load(below),
            (1, _) => self.idiom(below),
            (2, _) => self.vector(0),
            (3 | 4, Some(strict)) => self.relaxed(strict, below),
            _ => {
                let op = loop {
                    let op = SimdOp::ALL[self.below(SimdOp::ALL.len() as u64) as usize];
                    if op.result_type() == Type::V128 && !op.name().contains("relaxed") {
                        break op;
                    }
                };
                self.operator(op, below)
            }
        }
    }

    /// An operator on random operands; a NaN that it gives is the canonical one.
    fn operator(&mut self, op: SimdOp, depth: u32) -> String {
        let name = op.name();
        self.seen.insert(name);
        let mut text = format!("({name}");
        if op == SimdOp::I8x16Shuffle {
            // Its third operand, for us, is what the text has as immediates.
            let within = if self.below(3) == 0 { 16 } else { 32 };
            for _ in 0..16 {
                let lane = self.below(within);
                write!(text, " {lane}").unwrap();
            }
        } else if op.has_lane() {
            let (_, count) = name[1..]
                .split_once('.')
                .unwrap()
                .0
                .split_once('x')
                .unwrap();
            let lane = self.below(count.parse().unwrap());
            write!(text, " {lane}").unwrap();
        }
        let operands = op.operand_types();
        let shown = if op == SimdOp::I8x16Shuffle {
            2
        } else {
            operands.len()
        };
        for &ty in &operands[..shown] {
            let operand = match ty {
                Type::V128 if is_arithmetic(name) && depth > 0 && self.below(2) == 0 => {
                    self.arithmetic(&name[..5], depth - 1)
                }
                Type::V128 => self.vector(depth),
                ty => self.scalar(ty),
            };
            write!(text, " {operand}").unwrap();
        }
        text.push(')');
        let is_float = |ty: &&&str| name.starts_with(**ty);
        match ["f32x4", "f64x2"].iter().find(is_float) {
            Some(ty) if op.result_type() == Type::V128 => canonical(ty, &text),
            Some(_) | None => text,
        }
    }

    /// Sums and products of floats below one another: whatever NaN comes of one is none of what comes out in the end.
    fn arithmetic(&mut self, ty: &str, depth: u32) -> String {
        let [a, b] = core::array::from_fn(|_| match (depth, self.below(3)) {
            (0, _) | (_, 0) => self.vector(depth.min(1)),
            (_, 1) => format!("(v128.load offset={} {})", self.below(64), self.address()),
            _ => self.arithmetic(ty, depth - 1),
        });
        let name = ["add", "sub", "mul"][self.below(3) as usize];
        format!("({ty}.{name} {a} {b})")
    }

    fn statement(&mut self, number: usize) -> String {
        let to = self.below(VECTORS);
        match number % 6 {
            0 => {
                let (address, offset) = (self.address(), self.below(64));
                let value = self.vector(DEPTH);
                format!("(v128.store offset={offset} {address} {value})")
            }
            1 => {
                let (name, lanes) =
                    [("8", 16), ("16", 8), ("32", 4), ("64", 2)][self.below(4) as usize];
                let (address, lane, value) = (self.address(), self.below(lanes), self.vector(1));
                format!("(v128.store{name}_lane {lane} {address} {value})")
            }
            2 => {
                let value = self.vector(2);
                let then = self.vector(1);
                format!("(if (v128.any_true {value}) (then (local.set $v{to} {then})))")
            }
            3 => {
                // What gives something else than a vector.
                let op = loop {
                    let op = SimdOp::ALL[self.below(SimdOp::ALL.len() as u64) as usize];
                    if op.result_type() != Type::V128 {
                        break op;
                    }
                };
                let local = match op.result_type() {
                    Type::I64 => "$l",
                    Type::F32 => "$f",
                    Type::F64 => "$d",
                    _ => "$i",
                };
                let value = self.operator(op, 2);
                format!("(local.set {local} {value})")
            }
            _ => {
                let value = self.vector(DEPTH);
                format!("(local.set $v{to} {value})")
            }
        }
    }

    fn text(&mut self) -> String {
        let mut body = String::new();
        for number in 0..STATEMENTS {
            let statement = self.statement(number);
            writeln!(body, "{statement}").unwrap();
        }
        for i in 0..VECTORS {
            writeln!(
                body,
                "(v128.store offset={} (i32.const 1024) (local.get $v{i}))",
                16 * i
            )
            .unwrap();
        }
        format!(
            "(module (memory (export \"m\") 1) (data (i32.const 0) \"{}\") (func (export \"f\") \
             (param $v0 v128) (param $v1 v128) (param $v2 v128) (param $v3 v128) (param $i i32) (param $l i64) \
             (param $f f32) (param $d f64) (result v128 i32 i64) (local $v4 v128) (local $v5 v128) (local $t v128) \
             {body} (local.get $v0) (local.get $i) (local.get $l)))",
            "\\00\\01\\7f\\80\\ff\\c0\\f0\\3f".repeat(64),
        )
    }
}

/// Whether it is an operator that gives a NaN exactly where an operand is one, or where any NaN will do.
fn is_arithmetic(name: &str) -> bool {
    ["add", "sub", "mul", "div"]
        .iter()
        .any(|it| name == format!("f32x4.{it}") || name == format!("f64x2.{it}"))
}

/// `text` with the canonical NaN in place of any.
fn canonical(ty: &str, text: &str) -> String {
    let nan = match ty {
        "f32x4" => "(v128.const i32x4 0x7fc00000 0x7fc00000 0x7fc00000 0x7fc00000)",
        _ => "(v128.const i64x2 0x7ff8000000000000 0x7ff8000000000000)",
    };
    format!("(v128.bitselect (local.tee $t {text}) {nan} ({ty}.eq (local.get $t) (local.get $t)))")
}

fn program(seed: u64, relaxed: Option<bool>) -> (Vec<u8>, BTreeSet<&'static str>) {
    let mut program = Program {
        random: Random::new(seed ^ 0x51d),
        relaxed,
        seen: BTreeSet::new(),
    };
    let text = program.text();
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (wasm, program.seen)
}

fn keep(seed: u64, wasm: &[u8], problems: &[String]) {
    if let (Some(folder), false) = (std::env::var_os("WRT_KEEP"), problems.is_empty()) {
        let file = std::path::Path::new(&folder).join(format!("vectors{seed}.wasm"));
        std::fs::write(file, wasm).unwrap();
    }
}

/// Levels and slices.
const WAYS: [(Way, u64); 4] = [
    (Way::At(OptLevel::O0), FUEL),
    (Way::At(OptLevel::O2), FUEL),
    (Way::At(OptLevel::O2), 7),
    (Way::ForDebugging, 1),
];

fn programs() -> core::ops::Range<u64> {
    let first = number("WRT_SEED", 0);
    first..first + number("WRT_VECTORS", 60)
}

#[test]
fn vector_programs_run_as_under_wasmi() {
    let mut totals = Totals::default();
    let mut seen = BTreeSet::new();
    let mut failures = Vec::new();
    for seed in programs() {
        let (wasm, operators) = program(seed, None);
        seen.extend(operators);
        let mut problems = Vec::new();
        for (way, slice) in WAYS {
            if let Err(message) = run_module(seed, &wasm, way, slice, &mut totals) {
                problems.push(format!(
                    "seed {seed}, {way:?}, slices of {slice}: {message}"
                ));
            }
        }
        keep(seed, &wasm, &problems);
        failures.extend(problems);
        assert!(failures.len() < 5, "{}", failures.join("\n"));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{totals:?}, {} operators", seen.len());
    assert!(totals.done > 0 && totals.done == totals.calls, "{totals:?}");
    let all = SimdOp::ALL.iter().map(|op| op.name());
    let strict = all.filter(|name| !name.contains("relaxed"));
    let missing: Vec<_> = strict
        .chain(LOADS.map(|load| load.0))
        .filter(|name| !seen.contains(name))
        .collect();
    assert!(missing.is_empty(), "never used: {missing:?}");
}

/// What calls of a program give.
fn calls(wasm: &[u8], seed: u64, (way, slice): (Way, u64)) -> Vec<Seen> {
    let image = way.image(wasm, false).unwrap();
    let (mut ours, _) = Ours::new(image.bytes(), FUEL, slice).unwrap();
    let mut random = Random::new(seed ^ 0xa5a5);
    let functions = ours.functions();
    let (name, params, _) = &functions[0];
    let one = |_| {
        let args = argument_slots(params, &arguments(&mut random, params.len()));
        let seen = ours.call(name, &args, FUEL, slice);
        // What stands for an operator may be several.
        Seen { fuel: 0, ..seen }
    };
    (0..CALLS).map(one).collect()
}

#[test]
fn relaxed_operators_have_the_results_that_are_promised() {
    let mut seen = BTreeSet::new();
    for seed in programs() {
        let (own, operators) = program(seed, Some(false));
        seen.extend(operators);
        let (strict, _) = program(seed, Some(true));
        let expected = calls(&strict, seed, (Way::At(OptLevel::O0), FUEL));
        for way in WAYS {
            let got = calls(&own, seed, way);
            if got != expected {
                keep(seed, &own, &[String::new()]);
                panic!("seed {seed}, {way:?}: {expected:?}\n   but {got:?}");
            }
        }
    }
    let sums = [
        "relaxed_madd",
        "relaxed_nmadd",
        "relaxed_dot",
        "relaxed_dot_add",
    ];
    let names = RELAXED.iter().map(|it| it.0).chain(sums);
    let missing: Vec<_> = names.filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "never used: {missing:?}");
}
