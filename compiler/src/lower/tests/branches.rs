//! Conditions of branches and selections, and the tails of counted loops.

use super::{Builder, edge};
use crate::OptLevel::{O0, O2};
use crate::ir::{BinaryOp, Inst, Type, UnaryOp, Value};

/// The branch of a function with two parameters of type `ty` that goes to b2 if `cond` holds, else to b1 behind it.
fn branch_on(ty: Type, cond: impl FnOnce(&mut Builder, Value, Value) -> Value) -> String {
    let mut b = Builder::new(&[ty, ty]);
    let (x, y) = (b.param(0), b.param(1));
    let cond = cond(&mut b, x, y);
    let [behind, away] = [b.new_block(&[]), b.new_block(&[])];
    b.br_if(cond, edge(away, &[]), edge(behind, &[]));
    for block in [behind, away] {
        b.at(block);
        b.ret(&[]);
    }
    b.branch(O2)
}

fn of_compare(op: BinaryOp) -> String {
    branch_on(op.operand_type(), |b, x, y| b.binary(op, x, y))
}

fn of_negated(op: BinaryOp) -> String {
    branch_on(op.operand_type(), |b, x, y| {
        let cond = b.binary(op, x, y);
        b.unary(UnaryOp::I32Eqz, cond)
    })
}

#[test]
fn comparisons_branch_themselves() {
    assert_eq!(of_compare(BinaryOp::I32Eq), "br_i32_eq v0, v1 -> b2, b1");
    assert_eq!(of_compare(BinaryOp::I32GtU), "br_i32_lt_u v1, v0 -> b2, b1");
    assert_eq!(of_compare(BinaryOp::I64GeS), "br_i64_le_s v1, v0 -> b2, b1");
    assert_eq!(of_compare(BinaryOp::F32Ne), "br_f32_ne v0, v1 -> b2, b1");
    assert_eq!(of_compare(BinaryOp::F64Gt), "br_f64_lt v1, v0 -> b2, b1");
}

#[test]
fn negated_comparisons_branch_the_other_way() {
    assert_eq!(of_negated(BinaryOp::I32LtS), "br_i32_le_s v1, v0 -> b2, b1");
    assert_eq!(of_negated(BinaryOp::F32Lt), "br_f32_nlt v0, v1 -> b2, b1");
    assert_eq!(of_negated(BinaryOp::F64Ge), "br_f64_nle v1, v0 -> b2, b1");
    assert_eq!(of_negated(BinaryOp::F64Eq), "br_f64_ne v0, v1 -> b2, b1");
}

#[test]
fn comparisons_with_constants_branch_with_immediates() {
    let with = |op: BinaryOp, value: i64, left: bool| {
        branch_on(op.operand_type(), |b, x, _| {
            let constant = b.value(Inst::Const(value as u64), op.operand_type());
            if left {
                b.binary(op, constant, x)
            } else {
                b.binary(op, x, constant)
            }
        })
    };
    assert_eq!(
        with(BinaryOp::I32LeU, 9, false),
        "br_i32_le_u_imm v0, imm=9 -> b2, b1"
    );
    assert_eq!(
        with(BinaryOp::I32LeU, 9, true),
        "br_i32_ge_u_imm v0, imm=9 -> b2, b1"
    );
    assert_eq!(
        with(BinaryOp::I64GtS, -9, false),
        "br_i64_gt_s_imm v0, imm=-9 -> b2, b1"
    );
    assert_eq!(
        with(BinaryOp::I64GtS, 40_000, false),
        "br_i64_lt_s v2, v0 -> b2, b1"
    );
    assert_eq!(with(BinaryOp::I32Ne, 0, false), "br_nz v0 -> b2, b1");
    assert_eq!(with(BinaryOp::I32Eq, 0, true), "br_z v0 -> b2, b1");
    assert_eq!(with(BinaryOp::I64Ne, 0, false), "br64_nz v0 -> b2, b1");
    assert_eq!(with(BinaryOp::I64Eq, 0, false), "br64_z v0 -> b2, b1");
}

#[test]
fn tests_for_zero_look_through() {
    let twice = branch_on(Type::I32, |b, x, _| {
        let not = b.unary(UnaryOp::I32Eqz, x);
        b.unary(UnaryOp::I32Eqz, not)
    });
    assert_eq!(twice, "br_nz v0 -> b2, b1");
    let wide = branch_on(Type::I64, |b, x, _| b.unary(UnaryOp::I64Eqz, x));
    assert_eq!(wide, "br64_z v0 -> b2, b1");
    let low = branch_on(Type::I64, |b, x, _| b.unary(UnaryOp::I32WrapI64, x));
    assert_eq!(low, "br_nz v0 -> b2, b1");
    let null = branch_on(Type::AnyRef, |b, x, _| {
        b.value(Inst::RefIsNull(x), Type::I32)
    });
    assert_eq!(null, "br64_z v0 -> b2, b1");
    let not_null = branch_on(Type::FuncRef, |b, x, _| {
        let null = b.value(Inst::RefIsNull(x), Type::I32);
        b.unary(UnaryOp::I32Eqz, null)
    });
    assert_eq!(not_null, "br64_nz v0 -> b2, b1");
}

#[test]
fn masks_are_tested_by_the_branch() {
    let masked = |op: BinaryOp, mask: Option<i64>, zero: Option<UnaryOp>| {
        branch_on(op.operand_type(), |b, x, y| {
            let mask = match mask {
                Some(bits) => b.value(Inst::Const(bits as u64), op.operand_type()),
                None => y,
            };
            let bits = b.binary(op, x, mask);
            zero.map_or(bits, |zero| b.unary(zero, bits))
        })
    };
    let (and, and64) = (BinaryOp::I32And, BinaryOp::I64And);
    assert_eq!(masked(and, None, None), "br_i32_and_nz v0, v1 -> b2, b1");
    assert_eq!(
        masked(and, Some(4), None),
        "br_i32_and_nz_imm v0, imm=4 -> b2, b1"
    );
    assert_eq!(
        masked(and, Some(4), Some(UnaryOp::I32Eqz)),
        "br_i32_and_z_imm v0, imm=4 -> b2, b1"
    );
    assert_eq!(
        masked(and64, None, Some(UnaryOp::I64Eqz)),
        "br_i64_and_z v0, v1 -> b2, b1"
    );
}

#[test]
fn a_condition_with_other_uses_stays_in_its_slot() {
    let mut b = Builder::ints(2);
    let less = b.binary(BinaryOp::I32LtS, b.param(0), b.param(1));
    let [behind, away] = [b.new_block(&[]), b.new_block(&[])];
    b.br_if(less, edge(away, &[]), edge(behind, &[]));
    for block in [behind, away] {
        b.at(block);
        b.ret(&[less]);
    }
    assert_eq!(b.branch(O2), "br_nz v2 -> b2, b1");
}

#[test]
fn at_level_0_branches_test_slots() {
    let mut b = Builder::ints(2);
    let less = b.binary(BinaryOp::I32LtS, b.param(0), b.param(1));
    let not = b.unary(UnaryOp::I32Eqz, less);
    let [behind, away] = [b.new_block(&[]), b.new_block(&[])];
    b.br_if(not, edge(away, &[]), edge(behind, &[]));
    for block in [behind, away] {
        b.at(block);
        b.ret(&[]);
    }
    assert_eq!(
        b.body(O0),
        ["v2 = i32_lt_s v0, v1", "v3 = i32_eq_imm v2, imm=0"]
    );
    assert_eq!(b.branch(O0), "br_nz v3 -> b2, b1");
}

#[test]
fn a_condition_from_another_block_is_folded_unless_that_is_outside_a_loop() {
    for looping in [false, true] {
        let mut b = Builder::ints(2);
        let less = b.binary(BinaryOp::I32LtS, b.param(0), b.param(1));
        let [body, out] = [b.new_block(&[]), b.new_block(&[])];
        b.br(body, &[]);
        b.at(body);
        let last = b.new_block(&[]);
        let back = if looping { body } else { last };
        b.br_if(less, edge(back, &[]), edge(out, &[]));
        for block in [out, last] {
            b.at(block);
            b.ret(&[]);
        }
        let code = b.code(O2).join("\n");
        assert_eq!(code.contains("br_i32_lt_s v0, v1"), !looping, "{code}");
        assert_eq!(code.contains("br_nz v2"), looping, "{code}");
    }
}

#[test]
fn selections_take_conditions_apart() {
    let selected = |cond: fn(&mut Builder, Value) -> Value| {
        let mut b = Builder::ints(3);
        let [x, then, otherwise] = [0, 1, 2].map(|i| b.param(i));
        let cond = cond(&mut b, x);
        let inst = Inst::Select {
            cond,
            then,
            otherwise,
        };
        let result = b.value(inst, Type::I32);
        b.ret(&[result]);
        b.body(O2)
    };
    assert_eq!(selected(|_, x| x), ["v3 = select v1, v2, v0"]);
    assert_eq!(
        selected(|b, x| b.unary(UnaryOp::I32Eqz, x)),
        ["v3 = select v2, v1, v0"]
    );
    let not_zero = |b: &mut Builder, x| {
        let zero = b.i32(0);
        b.binary(BinaryOp::I32Ne, x, zero)
    };
    assert_eq!(selected(not_zero), ["v3 = select v1, v2, v0"]);
    let small = |b: &mut Builder, x| {
        let ten = b.i32(10);
        b.binary(BinaryOp::I32LtU, x, ten)
    };
    assert_eq!(
        selected(small),
        ["v3 = i32_lt_u_imm v0, imm=10", "v4 = select v1, v2, v3"]
    );
}

/// A loop `do { i += step } while (cond(i, limit))` whose body computes nothing else but `extra`.
fn counted(
    ty: Type,
    step: i64,
    cond: impl FnOnce(&mut Builder, Value, Value) -> Value,
    extra: impl FnOnce(&mut Builder, Value),
) -> Builder {
    let mut b = Builder::new(&[ty, ty]);
    let [start, limit] = [b.param(0), b.param(1)];
    let body = b.new_block(&[ty]);
    b.br(body, &[start]);
    b.at(body);
    let i = b.param(0);
    let step = b.value(Inst::Const(step as u64), ty);
    let add = if ty == Type::I32 {
        BinaryOp::I32Add
    } else {
        BinaryOp::I64Add
    };
    let next = b.binary(add, i, step);
    extra(&mut b, next);
    let again = cond(&mut b, next, limit);
    let out = b.new_block(&[]);
    b.br_if(again, edge(body, &[next]), edge(out, &[]));
    b.at(out);
    b.ret(&[next]);
    b
}

/// The branch at the end of the loop.
fn tail(b: &Builder) -> String {
    let code = b.code(O2);
    code.into_iter()
        .find(|line| line.contains("br_") && line.contains(" -> "))
        .expect("a branch")
}

#[test]
fn the_tail_of_a_counted_loop_is_one_instruction() {
    for (op, expected) in [
        (
            BinaryOp::I32Ne,
            "v3 = br_i32_add_ne v2, v1, step=4 -> b3, b2",
        ),
        (
            BinaryOp::I32LtS,
            "v3 = br_i32_add_lt_s v2, v1, step=4 -> b3, b2",
        ),
        (
            BinaryOp::I32LtU,
            "v3 = br_i32_add_lt_u v2, v1, step=4 -> b3, b2",
        ),
        (
            BinaryOp::I64LtS,
            "v3 = br_i64_add_lt_s v2, v1, step=4 -> b3, b2",
        ),
        (
            BinaryOp::I64LtU,
            "v3 = br_i64_add_lt_u v2, v1, step=4 -> b3, b2",
        ),
    ] {
        let cond = |b: &mut Builder, i, limit| b.binary(op, i, limit);
        let b = counted(op.operand_type(), 4, cond, |_, _| ());
        assert_eq!(tail(&b), expected);
        assert!(!b.code(O0).join("\n").contains("_add_ne"), "not at O0");
    }
    let swapped = counted(
        Type::I32,
        -1,
        |b, i, n| b.binary(BinaryOp::I32GtS, n, i),
        |_, _| (),
    );
    assert_eq!(
        tail(&swapped),
        "v3 = br_i32_add_lt_s v2, v1, step=-1 -> b3, b2"
    );
    let down = counted(Type::I32, -1, |_, i, _| i, |_, _| ());
    assert_eq!(tail(&down), "v3 = br_i32_add_nz v2, step=-1 -> b3, b2");
    let zero = |b: &mut Builder, i, _| {
        let zero = b.i64(0);
        b.binary(BinaryOp::I64Ne, i, zero)
    };
    assert_eq!(
        tail(&counted(Type::I64, -1, zero, |_, _| ())),
        "v3 = br_i64_add_nz v2, step=-1 -> b3, b2"
    );
}

#[test]
fn a_negated_condition_leaves_the_loop_by_falling_through() {
    let mut b = counted(
        Type::I32,
        1,
        |b, i, n| b.binary(BinaryOp::I32GeS, i, n),
        |_, _| (),
    );
    // Leave when the limit is reached: exchange the edges.
    let body = b.func.layout[1];
    let crate::ir::Terminator::BrIf {
        cond,
        then,
        otherwise,
    } = b.func.block(body).terminator.clone()
    else {
        panic!("a branch")
    };
    b.at(body);
    b.br_if(cond, otherwise, then);
    assert_eq!(tail(&b), "v3 = br_i32_add_lt_s v2, v1, step=1 -> b3, b2");
}

#[test]
fn the_blocks_of_both_edges_follow_a_step() {
    let b = counted(
        Type::I32,
        1,
        |b, i, n| b.binary(BinaryOp::I32Ne, i, n),
        |_, _| (),
    );
    assert_eq!(
        b.code(O2)[1..],
        [
            "b0(v0, v1) cost 0 depth 0:",
            "-> b1(v0)",
            "b1(v2) cost 0 depth 1:",
            "v3 = br_i32_add_ne v2, v1, step=1 -> b3, b2",
            "b2() cost 0 depth 0:",
            "br -> b4",
            "b3() cost 0 depth 1:",
            "br -> b1(v3)",
            "b4() cost 0 depth 0:",
            "ret1 v3"
        ]
    );
}

#[test]
fn a_step_that_the_body_uses_stays() {
    let cond = |b: &mut Builder, i, limit| b.binary(BinaryOp::I32LtS, i, limit);
    let b = counted(Type::I32, 1, cond, |b, next| {
        b.store(crate::ir::StoreOp::Store32, next, 0, next);
    });
    assert!(
        b.code(O2)
            .contains(&"v3 = i32_add_imm v2, imm=1".to_owned())
    );
    assert!(
        tail(&b).starts_with("br_i32_le_s v1, v3"),
        "turned round: {}",
        tail(&b)
    );
}

#[test]
fn a_step_or_limit_that_does_not_suit_stays() {
    let less = |b: &mut Builder, i, limit| b.binary(BinaryOp::I32LtS, i, limit);
    let b = counted(Type::I32, 40_000, less, |_, _| ());
    assert!(
        !tail(&b).contains("_add_"),
        "the step does not fit: {}",
        tail(&b)
    );
    let greater = |b: &mut Builder, i, limit| b.binary(BinaryOp::I32GtS, i, limit);
    let b = counted(Type::I32, 1, greater, |_, _| ());
    assert!(
        !tail(&b).contains("_add_"),
        "no such condition: {}",
        tail(&b)
    );
    let fixed = |b: &mut Builder, i, _| {
        let hundred = b.i32(100);
        b.binary(BinaryOp::I32LtS, i, hundred)
    };
    let b = counted(Type::I32, 1, fixed, |_, _| ());
    assert_eq!(tail(&b), "br_i32_ge_s_imm v3, imm=100 -> b3, b2");
    let same = |b: &mut Builder, i, _| b.binary(BinaryOp::I32LtS, i, i);
    let b = counted(Type::I32, 1, same, |_, _| ());
    assert!(
        !tail(&b).contains("_add_"),
        "the limit is the sum itself: {}",
        tail(&b)
    );
}
