//! The instructions that stand for one of `simd_more_ops.rs`, carried out one after the other.

use std::vec;
use std::vec::Vec;

use wrt_format::isa::Op;
use wrt_format::trap::Trap;

use super::ops::{Case, SLOTS, expect};
use super::vector;
use super::world::World;

/// Two slots of the reference alone, for what the instruction does not write; there are two such pairs.
const FIRST: i64 = SLOTS as i64 + 1;
const SECOND: i64 = FIRST + 2;

type Part = (Op, Vec<i64>);

/// Carries the instruction out, if it is one of these.
pub(super) fn carry_out(case: &Case<'_>, world: &mut World) -> Option<Result<(), Trap>> {
    let parts = parts(case, world.is_wide)?;
    let slots = world.slots.len();
    world.slots.resize(slots.max(SECOND as usize + 2), 0);
    let mut done = Ok(());
    for (op, operands) in &parts {
        let part = Case { op: *op, operands };
        done = done.and_then(|()| expect(&part, world));
    }
    world.slots.truncate(slots);
    Some(done)
}

fn parts(case: &Case<'_>, wide_addresses: bool) -> Option<Vec<Part>> {
    let raw = |name: &str| case.raw(name).unwrap();
    let apart = || raw("k") + raw("d");
    let near = |to: i64, addr: &str, k: i64| (Op::Load128Wrap, vec![to, raw(addr), 0, k]);
    let is_wide = case.op.info().name.starts_with("f64x2");
    let mul_add_load = if is_wide {
        Op::F64x2MulAddLoadWrap
    } else {
        Op::F32x4MulAddLoadWrap
    };
    let product = |to: i64, a: i64, c: i64, addr: &str, k: i64| {
        (mul_add_load, vec![to, a, c, raw(addr), 0, k])
    };
    Some(match case.op.info().name {
        "load128_twice" => vec![
            (Op::Load128, vec![raw("d0"), raw("addr"), raw("offset")]),
            (Op::Load128, vec![raw("d1"), raw("addr2"), raw("offset2")]),
        ],
        "load128_twice_wrap" => vec![
            near(raw("d0"), "addr", raw("k")),
            near(raw("d1"), "addr2", apart()),
        ],
        "f32x4_mul_add_load2" | "f64x2_mul_add_load2" => vec![
            near(FIRST, "addr", raw("k")),
            product(raw("dst"), FIRST, raw("c"), "addr2", apart()),
        ],
        "f32x4_mul_add_load_both" | "f64x2_mul_add_load_both" => vec![
            product(FIRST, raw("a"), raw("sum"), "addr", raw("k")),
            product(raw("sum"), raw("b"), FIRST, "addr", apart()),
        ],
        "f32x4_mul_add_load_splats" => splats(case, raw("addr2"), None),
        "f32x4_mul_add_load_splats_index" => {
            let add = if wide_addresses {
                Op::I64Add
            } else {
                Op::I32Add
            };
            splats(case, SECOND, Some((add, raw("base"))))
        }
        "f32x4_mul_add_load_quad" => {
            let sums = [("s0", 0), ("s1", 16), ("s2", 32), ("s3", 48)];
            // What is read by all of them is read before the first.
            let read = [
                (Op::V128Mov, vec![FIRST, raw("a")]),
                (Op::Mov, vec![SECOND, raw("addr")]),
            ];
            let one = |(sum, k)| vec![raw(sum), FIRST, raw(sum), SECOND, 0, k];
            let sums = sums.map(|it| (Op::F32x4MulAddLoadWrap, one(it)));
            read.into_iter().chain(sums).collect()
        }
        "i32x4_mul_add_loads16x4_s" => vec![
            (Op::Load16x4SWrap, vec![FIRST, raw("addr"), 0, raw("k")]),
            (Op::Load16x4SWrap, vec![SECOND, raw("addr2"), 0, apart()]),
            (Op::I32x4MulAdd, vec![raw("dst"), FIRST, SECOND, raw("c")]),
        ],
        "f32x4_mul_add_mem" | "f64x2_mul_add_mem" => vec![
            near(FIRST, "addr", raw("k")),
            product(SECOND, raw("a"), FIRST, "addr2", apart()),
            (Op::Store128Wrap, vec![raw("addr"), SECOND, 0, raw("k")]),
        ],
        _ => return operators(case),
    })
}

/// Two numbers with the vectors at a slot's address, or at the sum of two, which is put into this slot then.
fn splats(case: &Case<'_>, addr2: i64, base: Option<(Op, i64)>) -> Vec<Part> {
    let raw = |name: &str| case.raw(name).unwrap();
    let sum = base.map(|(add, base)| (add, vec![addr2, raw("addr"), base]));
    let one = |to: i64, c: i64, by: i64| {
        let operands = vec![to, c, raw("addr"), addr2, raw("k") + by, raw("d")];
        (Op::F32x4MulAddLoadSplat, operands)
    };
    let both = [one(FIRST, raw("c"), 0), one(raw("dst"), FIRST, 4)];
    sum.into_iter().chain(both).collect()
}

/// Operators that work on slots alone.
fn operators(case: &Case<'_>) -> Option<Vec<Part>> {
    let raw = |name: &str| case.raw(name).unwrap();
    let chain = |first: Op, second: Op| {
        vec![
            (first, vec![FIRST, raw("a"), raw("b")]),
            (second, vec![raw("dst"), FIRST, raw("c")]),
        ]
    };
    let extended = |first: Op, second: Op| {
        vec![
            (first, vec![FIRST, raw("src")]),
            (second, vec![raw("dst"), FIRST]),
        ]
    };
    let bytes = |first: Op, second: Op| {
        vec![
            (
                Op::Load32ZeroWrap,
                vec![FIRST, raw("addr"), raw("offset"), raw("k")],
            ),
            (first, vec![FIRST, FIRST]),
            (second, vec![raw("dst"), FIRST]),
        ]
    };
    let unsigned = (Op::I16x8ExtendLowI8x16U, Op::I32x4ExtendLowI16x8U);
    let signed = (Op::I16x8ExtendLowI8x16S, Op::I32x4ExtendLowI16x8S);
    Some(match case.op.info().name {
        "f32x4_mul_add_mul_add" => vec![
            (Op::F32x4MulAdd, vec![FIRST, raw("a"), raw("b"), raw("c")]),
            (Op::F32x4MulAdd, vec![raw("dst"), raw("d"), raw("e"), FIRST]),
        ],
        "f32x4_add_add" => chain(Op::F32x4Add, Op::F32x4Add),
        "f32x4_sub_add" => chain(Op::F32x4Sub, Op::F32x4Add),
        "f64x2_add_add" => chain(Op::F64x2Add, Op::F64x2Add),
        "f64x2_sub_add" => chain(Op::F64x2Sub, Op::F64x2Add),
        "v128_or_or" => chain(Op::V128Or, Op::V128Or),
        "i8x16_add_lt_u" => chain(Op::I8x16Add, Op::I8x16LtU),
        "i8x16_swizzle_and" => vec![
            (Op::V128And, vec![FIRST, raw("a"), raw("b")]),
            (Op::I8x16Swizzle, vec![raw("dst"), raw("lhs"), FIRST]),
        ],
        "i8x16_swizzle_shr_u_imm" => vec![
            (Op::I8x16ShrUImm, vec![FIRST, raw("a"), raw("imm")]),
            (Op::I8x16Swizzle, vec![raw("dst"), raw("lhs"), FIRST]),
        ],
        "i32x4_extend_low_i8x16_u" => extended(unsigned.0, unsigned.1),
        "i32x4_extend_low_i8x16_s" => extended(signed.0, signed.1),
        "load8x4_u_wrap" => bytes(unsigned.0, unsigned.1),
        "load8x4_s_wrap" => bytes(signed.0, signed.1),
        _ => return branches(case),
    })
}

/// Tests and the branches behind them.
fn branches(case: &Case<'_>) -> Option<Vec<Part>> {
    let raw = |name: &str| case.raw(name).unwrap();
    let all_true = |branch: Op| {
        vec![
            (Op::I8x16AllTrue, vec![FIRST, raw("src")]),
            (branch, vec![FIRST, 0]),
        ]
    };
    let mask = |branch: Op| {
        vec![
            (Op::I8x16Bitmask, vec![raw("dst"), raw("src")]),
            (branch, vec![raw("dst"), 0]),
        ]
    };
    let equal = |branch: Op| {
        vec![
            (Op::I8x16EqBitmask, vec![raw("dst"), raw("lhs"), raw("rhs")]),
            (branch, vec![raw("dst"), 0]),
        ]
    };
    Some(match case.op.info().name {
        "br_i8x16_all_true" => all_true(Op::BrNz),
        "br_i8x16_not_all_true" => all_true(Op::BrZ),
        "br_i8x16_bitmask_nz" => mask(Op::BrNz),
        "br_i8x16_bitmask_z" => mask(Op::BrZ),
        "br_i8x16_eq_bitmask_nz" => equal(Op::BrNz),
        "br_i8x16_eq_bitmask_z" => equal(Op::BrZ),
        _ => return None,
    })
}

/// Takes payloads of NaNs that are the host's out of what an instruction has stored.
pub(super) fn without_payloads(case: &Case<'_>, before: &World, memory: &mut [u8]) {
    let name = case.op.info().name;
    if !["f32x4_mul_add_mem", "f64x2_mul_add_mem"].contains(&name) {
        return;
    }
    let at = case.address(before) as usize;
    if let Some(bytes) = memory.get_mut(at..at.saturating_add(16)) {
        let value = u128::from_le_bytes(bytes.try_into().unwrap());
        bytes.copy_from_slice(
            &vector::without_payloads(name.trim_end_matches("_mem"), value).to_le_bytes(),
        );
    }
}
