//! What vector instructions compute, written independently of the handlers: lane by lane, by name, in wide integers.

use std::format;
use std::vec::Vec;

use super::reference::operator;

/// The operands of an instruction: vectors by name, one scalar, a lane.
pub(super) struct Operands {
    pub(super) vectors: Vec<u128>,
    pub(super) scalar: u64,
    pub(super) lane: usize,
    /// Immediates, in order.
    pub(super) imms: Vec<u64>,
}

/// What an instruction gives.
#[derive(Debug)]
pub(super) enum Result {
    Vector(u128),
    Slot(u64),
}

const ONES: u128 = u128::MAX;

fn split(value: u128, bits: u32) -> Vec<u64> {
    let mask = u64::MAX >> (64 - bits);
    (0..128 / bits)
        .map(|i| (value >> (i * bits)) as u64 & mask)
        .collect()
}

fn join(lanes: impl IntoIterator<Item = u64>, bits: u32) -> u128 {
    let mask = u64::MAX >> (64 - bits);
    let lanes = lanes.into_iter().zip(0..);
    lanes.fold(0, |all, (lane, i)| {
        all | u128::from(lane & mask) << (i * bits)
    })
}

/// A lane as a number, signed or not.
fn number(lane: u64, bits: u32, signed: bool) -> i128 {
    if signed {
        i128::from(((lane << (64 - bits)) as i64) >> (64 - bits))
    } else {
        i128::from(lane)
    }
}

fn saturate(value: i128, bits: u32, signed: bool) -> u64 {
    let (min, max) = if signed {
        (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
    } else {
        (0, (1_i128 << bits) - 1)
    };
    value.clamp(min, max) as u64
}

/// `i8x16` and the like: whether floats, and bits of a lane.
fn shape(name: &str) -> (bool, u32) {
    let (_, count) = name[1..].split_once('x').unwrap();
    (name.starts_with('f'), 128 / count.parse::<u32>().unwrap())
}

/// `name` without a suffix `_s` or `_u`, and whether that was `_s`.
fn sign(name: &str) -> (&str, bool) {
    match name.strip_suffix("_s") {
        Some(base) => (base, true),
        None => (name.strip_suffix("_u").unwrap_or(name), false),
    }
}

/// An operator on two integer lanes.
fn integers(name: &str, bits: u32, a: u64, b: u64) -> Option<u64> {
    let (base, signed) = sign(name);
    let (x, y) = (number(a, bits, signed), number(b, bits, signed));
    let truth = |holds: bool| if holds { u64::MAX } else { 0 };
    Some(match base {
        "add" => (x + y) as u64,
        "sub" => (x - y) as u64,
        "mul" => x.wrapping_mul(y) as u64,
        "add_sat" => saturate(x + y, bits, signed),
        "sub_sat" => saturate(x - y, bits, signed),
        "min" => x.min(y) as u64,
        "max" => x.max(y) as u64,
        "avgr" => ((x + y + 1) / 2) as u64,
        "q15mulr_sat" => saturate((x * y + 0x4000) >> 15, bits, true),
        "eq" => truth(x == y),
        "ne" => truth(x != y),
        "lt" => truth(x < y),
        "le" => truth(x <= y),
        _ => return None,
    })
}

/// An operator on two float lanes.
fn floats(name: &str, bits: u32, a: u64, b: u64) -> Option<u64> {
    let scalar = |name: &str, a, b| operator(&format!("f{bits}_{name}"), a, b)?.ok();
    match name {
        "pmin" => Some(if scalar("lt", b, a)? == 1 { b } else { a }),
        "pmax" => Some(if scalar("lt", a, b)? == 1 { b } else { a }),
        "eq" | "ne" | "lt" | "le" => Some(scalar(name, a, b)?.wrapping_neg()),
        _ => scalar(name, a, b),
    }
}

/// Instructions whose lanes depend on the same lane of each operand alone.
fn lane_by_lane(name: &str, is_float: bool, bits: u32, operands: &Operands) -> Option<u128> {
    let lanes: Vec<_> = operands.vectors.iter().map(|&v| split(v, bits)).collect();
    let scalar = |name: &str, a, b| operator(&format!("f{bits}_{name}"), a, b)?.ok();
    let one = |i: usize| {
        let lane = |operand: usize| lanes[operand][i];
        let (base, signed) = sign(name);
        Some(match (base, lanes.len()) {
            ("abs", 1) if !is_float => number(lane(0), bits, true).unsigned_abs() as u64,
            ("neg", 1) if !is_float => lane(0).wrapping_neg(),
            ("popcnt", 1) => lane(0).count_ones().into(),
            ("shl", 1) => lane(0) << (operands.scalar % u64::from(bits)),
            ("shr", 1) => {
                (number(lane(0), bits, signed) >> (operands.scalar % u64::from(bits))) as u64
            }
            ("mul_add", 3) => scalar("add", scalar("mul", lane(0), lane(1))?, lane(2))?,
            ("sub_mul", 3) => scalar("sub", lane(2), scalar("mul", lane(0), lane(1))?)?,
            ("trunc_sat_f32x4", 1) => {
                let name = if signed {
                    "i32_trunc_sat_f32_s"
                } else {
                    "i32_trunc_sat_f32_u"
                };
                operator(name, lane(0), 0)?.ok()?
            }
            ("convert_i32x4", 1) => {
                let name = if signed {
                    "f32_convert_i32_s"
                } else {
                    "f32_convert_i32_u"
                };
                operator(name, lane(0), 0)?.ok()?
            }
            (_, 1) if is_float => scalar(name, lane(0), 0)?,
            (_, 2) if is_float => floats(name, bits, lane(0), lane(1))?,
            (_, 2) => integers(name, bits, lane(0), lane(1))?,
            _ => return None,
        })
    };
    let result: Option<Vec<u64>> = (0..128 / bits as usize).map(one).collect();
    Some(join(result?, bits))
}

/// Instructions between lanes of different widths. `bits` is of the result's lanes.
fn between(name: &str, bits: u32, operands: &Operands) -> Option<u128> {
    let (base, signed) = sign(name.trim_end_matches("_zero"));
    let count = 128 / bits as usize;
    let vector = |i: usize, bits: u32| split(operands.vectors[i], bits);
    let convert = |name: &str, lane: u64| operator(name, lane, 0).unwrap().unwrap();
    if base.starts_with("narrow_") {
        let both = [vector(0, 2 * bits), vector(1, 2 * bits)].concat();
        let narrow = |&lane: &u64| saturate(number(lane, 2 * bits, true), bits, signed);
        return Some(join(both.iter().map(narrow), bits));
    }
    let half = |operand: usize, high: bool| {
        let lanes = vector(operand, bits / 2).into_iter();
        let lanes = lanes.skip(if high { count } else { 0 }).take(count);
        lanes
            .map(|lane| number(lane, bits / 2, signed))
            .collect::<Vec<_>>()
    };
    let high = base.contains("_high_");
    let kind = [
        "extend",
        "extmul",
        "extadd",
        "trunc_sat_f64x2",
        "convert_low",
        "demote",
        "promote",
    ];
    let kind = kind.into_iter().find(|kind| base.starts_with(kind))?;
    let lanes: Vec<u64> = match kind {
        "extend" => half(0, high).iter().map(|&lane| lane as u64).collect(),
        "extmul" => {
            let pairs = half(0, high).into_iter().zip(half(1, high));
            pairs.map(|(a, b)| (a * b) as u64).collect()
        }
        "extadd" => {
            let all = [half(0, false), half(0, true)].concat();
            all.chunks(2)
                .map(|pair| (pair[0] + pair[1]) as u64)
                .collect()
        }
        "trunc_sat_f64x2" => {
            let names = ["i32_trunc_sat_f64_u", "i32_trunc_sat_f64_s"];
            let name = names[usize::from(signed)];
            let lanes = vector(0, 64);
            lanes.iter().map(|&lane| convert(name, lane)).collect()
        }
        "convert_low" => {
            let names = ["f64_convert_i32_u", "f64_convert_i32_s"];
            let name = names[usize::from(signed)];
            let lanes = vector(0, 32);
            lanes[..2].iter().map(|&lane| convert(name, lane)).collect()
        }
        "demote" => vector(0, 64)
            .iter()
            .map(|&lane| convert("f32_demote_f64", lane))
            .collect(),
        "promote" => vector(0, 32)[..2]
            .iter()
            .map(|&lane| convert("f64_promote_f32", lane))
            .collect(),
        _ => return None,
    };
    Some(join(lanes, bits))
}

fn dot(a: u128, b: u128, bits: u32) -> Vec<u64> {
    let (a, b) = (split(a, bits), split(b, bits));
    let product = |i: usize| number(a[i], bits, true) * number(b[i], bits, true);
    (0..a.len() / 2)
        .map(|i| (product(2 * i) + product(2 * i + 1)) as u64)
        .collect()
}

fn bitwise(name: &str, operands: &Operands) -> Option<Result> {
    let v = |i: usize| operands.vectors[i];
    Some(Result::Vector(match name {
        "v128_mov" => v(0),
        "v128_not" => v(0) ^ ONES,
        "v128_and" => v(0) & v(1),
        "v128_andnot" => v(0) & (v(1) ^ ONES),
        "v128_or" => v(0) | v(1),
        "v128_xor" => v(0) ^ v(1),
        "v128_bitselect" => (v(0) & v(2)) | (v(1) & (v(2) ^ ONES)),
        "v128_select" => v(usize::from(operands.scalar as u32 == 0)),
        "v128_any_true" => return Some(Result::Slot(u64::from(v(0) != 0))),
        _ => return None,
    }))
}

/// Operators that instructions for several are named after; those whose names begin with another's first.
const OPERATORS: [&str; 10] = [
    "dot_i16x8",
    "add_s",
    "add",
    "mul",
    "and",
    "or",
    "xor",
    "shl",
    "shr_u",
    "shr_s",
];

/// One operator after the other, each on the result before it and the next vector, or the next immediate where `_imm` is behind it.
fn chain(name: &str, operands: &Operands) -> Option<u128> {
    let (ty, mut rest) = name.split_once('_')?;
    // Bits have no lanes of their own.
    let (_, bits) = shape(if ty == "v128" { "i64x2" } else { ty });
    let mut vectors = operands.vectors.iter().copied();
    let mut imms = operands.imms.iter().copied();
    let mut value = vectors.next()?;
    let mut count = 0;
    while !rest.is_empty() {
        let rotl = rest.strip_prefix("rotl");
        let name = match rotl {
            Some(_) => "rotl",
            None => OPERATORS.iter().find(|it| rest.starts_with(**it))?,
        };
        rest = rest[name.len()..].trim_start_matches('_');
        if let Some(behind) = rest.strip_prefix("imm") {
            rest = behind.trim_start_matches('_');
            let distance = (imms.next()? % u64::from(bits)) as u32;
            let shifted = |&lane: &u64| match name {
                "shl" => lane << distance,
                "shr_u" => lane >> distance,
                "shr_s" => (number(lane, bits, true) >> distance) as u64,
                "rotl" => lane << distance | lane.checked_shr(bits - distance).unwrap_or(0),
                _ => panic!("{name} has no immediate"),
            };
            value = join(split(value, bits).iter().map(shifted), bits);
        } else {
            let other = vectors.next()?;
            value = if name == "dot_i16x8" {
                join(dot(value, other, 16), bits)
            } else {
                let lanes = split(value, bits).into_iter().zip(split(other, bits));
                let both = |(a, b): (u64, u64)| match name {
                    "add" | "add_s" => a.wrapping_add(b),
                    "mul" => a.wrapping_mul(b),
                    "and" => a & b,
                    "or" => a | b,
                    "xor" => a ^ b,
                    _ => panic!("{name} of two vectors"),
                };
                join(lanes.map(both), bits)
            };
        }
        count += 1;
    }
    (count > 1 || !operands.imms.is_empty()).then_some(value)
}

/// What the instruction computes.
pub(super) fn vector(name: &str, operands: &Operands) -> Result {
    if let Some(result) = bitwise(name, operands) {
        return result;
    }
    if name == "i8x16_eq_bitmask" {
        let equal = vector("i8x16_eq", operands);
        let Result::Vector(equal) = equal else {
            panic!("a vector");
        };
        let bit = |(i, lane): (usize, &u64)| u64::from(*lane != 0) << i;
        return Result::Slot(split(equal, 8).iter().enumerate().map(bit).sum());
    }
    if !name.starts_with('f')
        && let Some(value) = chain(name, operands)
    {
        return Result::Vector(value);
    }
    let (ty, rest) = name.split_once('_').unwrap();
    let (is_float, bits) = shape(ty);
    let v = |i: usize| operands.vectors[i];
    let lanes = |i: usize| split(v(i), bits);
    let lane = operands.lane;
    let negative = |lane: &u64| number(*lane, bits, true) < 0;
    Result::Vector(match rest {
        "all_true" => return Result::Slot(lanes(0).iter().all(|&lane| lane != 0).into()),
        "bitmask" => {
            let bit = |(i, lane): (usize, &u64)| u64::from(negative(lane)) << i;
            return Result::Slot(lanes(0).iter().enumerate().map(bit).sum());
        }
        "extract_lane_s" => {
            let value = number(lanes(0)[lane], bits, true);
            return Result::Slot(u64::from(value as u32));
        }
        "extract_lane_u" | "extract_lane" => return Result::Slot(lanes(0)[lane]),
        "splat" => join((0..128 / bits).map(|_| operands.scalar), bits),
        "replace_lane" => {
            let mut lanes = lanes(0);
            lanes[lane] = operands.scalar;
            join(lanes, bits)
        }
        "swizzle" => {
            let from = lanes(0);
            let one = |&lane: &u64| from.get(lane as usize).copied().unwrap_or(0);
            join(lanes(1).iter().map(one), bits)
        }
        "shuffle" => {
            let from = [lanes(0), lanes(1)].concat();
            join(lanes(2).iter().map(|&lane| from[lane as usize % 32]), bits)
        }
        "dot_i16x8_s" => join(dot(v(0), v(1), 16), bits),
        "dot_i8x16_s" => join(dot(v(0), v(1), 8), bits),
        "dot_i8x16_add_s" => {
            let halves = join(dot(v(0), v(1), 8), 16);
            let halves = split(halves, 16);
            let sums = halves.chunks(2).zip(lanes(2)).map(|(pair, c)| {
                let [a, b] = [pair[0], pair[1]].map(|half| number(half, 16, true));
                (a + b + number(c, 32, true)) as u64
            });
            join(sums, bits)
        }
        _ => between(rest, bits, operands)
            .or_else(|| lane_by_lane(rest, is_float, bits, operands))
            .unwrap_or_else(|| panic!("no reference for {name}")),
    })
}

/// The canonical NaN for each NaN lane of what an instruction gives whose NaNs are the host's.
pub(super) fn without_payloads(name: &str, value: u128) -> u128 {
    let arithmetic = [
        "add",
        "sub",
        "mul",
        "div",
        "mul_add",
        "sub_mul",
        "mul_add_mul_add",
        "add_add",
        "sub_add",
    ];
    let Some((ty, rest)) = name.split_once('_') else {
        return value;
    };
    let rest = rest.split_once("_load").map_or(rest, |(rest, _)| rest);
    let converts = rest.starts_with("demote") || rest.starts_with("promote");
    if !name.starts_with('f') || !(converts || arithmetic.contains(&rest)) {
        return value;
    }
    let (_, bits) = shape(ty);
    let canonical = |lane: u64| {
        let (is_nan, nan) = if bits == 32 {
            (f32::from_bits(lane as u32).is_nan(), 0x7fc0_0000)
        } else {
            (f64::from_bits(lane).is_nan(), 0x7ff8 << 48)
        };
        if is_nan { nan } else { lane }
    };
    join(split(value, bits).into_iter().map(canonical), bits)
}

/// Bytes that a load reads, and the vector that it makes of them.
type Loaded = (usize, fn(u128) -> u128);

/// What a load of this name does.
pub(super) fn loaded(name: &str) -> Option<Loaded> {
    fn widened(value: u128, bits: u32, signed: bool) -> u128 {
        let lanes = split(value, bits).into_iter().take(64 / bits as usize);
        let lanes = lanes.map(|lane| number(lane, bits, signed) as u64);
        join(lanes, 2 * bits)
    }
    fn splat(value: u128, bits: u32) -> u128 {
        join((0..128 / bits).map(|_| value as u64), bits)
    }
    Some(match name {
        "load128" => (16, |v| v),
        "load8_splat" => (1, |v| splat(v, 8)),
        "load16_splat" => (2, |v| splat(v, 16)),
        "load32_splat" => (4, |v| splat(v, 32)),
        "load64_splat" => (8, |v| splat(v, 64)),
        "load8x8_s" => (8, |v| widened(v, 8, true)),
        "load8x8_u" => (8, |v| widened(v, 8, false)),
        "load16x4_s" => (8, |v| widened(v, 16, true)),
        "load16x4_u" => (8, |v| widened(v, 16, false)),
        "load32x2_s" => (8, |v| widened(v, 32, true)),
        "load32x2_u" => (8, |v| widened(v, 32, false)),
        "load32_zero" => (4, |v| v),
        "load64_zero" => (8, |v| v),
        _ => return None,
    })
}
