//! Operators on values: one instruction each, immediates, and operators that one instruction does together.

use super::{Builder, of_binary};
use crate::OptLevel::{O0, O2};
use crate::ir::{BinaryOp, Inst, LoadOp, StoreOp, Type, UnaryOp};
use crate::lower::select;

#[test]
fn constants_become_immediates_on_either_side() {
    let minus_one = Some(u64::from(u32::MAX));
    assert_eq!(
        of_binary(BinaryOp::I32Add, None, minus_one),
        ["v2 = i32_add_imm v0, imm=-1"]
    );
    assert_eq!(
        of_binary(BinaryOp::I32Mul, Some(7), None),
        ["v2 = i32_mul_imm v1, imm=7"]
    );
    assert_eq!(
        of_binary(BinaryOp::I64Xor, Some(7), None),
        ["v2 = i64_xor_imm v1, imm=7"]
    );
    assert_eq!(
        of_binary(BinaryOp::I32Add, None, None),
        ["v2 = i32_add v0, v1"]
    );
}

#[test]
fn constants_that_do_not_fit_stay_in_slots() {
    let expected = ["v2 = const_u32 imm=32768", "v3 = i32_add v0, v2"];
    assert_eq!(of_binary(BinaryOp::I32Add, None, Some(0x8000)), expected);
    // The low half of this i64 would fit, the whole does not.
    let expected = ["v2 = const_u32 imm=4294967295", "v3 = i64_add v0, v2"];
    assert_eq!(
        of_binary(BinaryOp::I64Add, None, Some(u64::from(u32::MAX))),
        expected
    );
    let expected = ["v2 = const_u32 imm=5", "v3 = i32_sub v2, v1"];
    assert_eq!(of_binary(BinaryOp::I32Sub, Some(5), None), expected);
    let expected = ["v2 = const_u32 imm=5", "v3 = i32_div_s v0, v2"];
    assert_eq!(of_binary(BinaryOp::I32DivS, None, Some(5)), expected);
}

#[test]
fn subtraction_adds_the_negative() {
    assert_eq!(
        of_binary(BinaryOp::I32Sub, None, Some(5)),
        ["v2 = i32_add_imm v0, imm=-5"]
    );
    let min = Some(u64::from(-32768i32 as u32));
    let expected = ["v2 = const_u32 imm=4294934528", "v3 = i32_sub v0, v2"];
    assert_eq!(of_binary(BinaryOp::I32Sub, None, min), expected);
    assert_eq!(
        of_binary(BinaryOp::I64Sub, None, Some(0x8000)),
        ["v2 = i64_add_imm v0, imm=-32768"]
    );
}

#[test]
fn distances_are_taken_modulo_the_width() {
    assert_eq!(
        of_binary(BinaryOp::I32Shl, None, Some(33)),
        ["v2 = i32_shl_imm v0, imm=1"]
    );
    assert_eq!(
        of_binary(BinaryOp::I64ShrU, None, Some(33)),
        ["v2 = i64_shr_u_imm v0, imm=33"]
    );
    assert_eq!(
        of_binary(BinaryOp::I32Rotr, None, Some(8)),
        ["v2 = i32_rotl_imm v0, imm=24"]
    );
    assert_eq!(
        of_binary(BinaryOp::I64Rotr, None, Some(64)),
        ["v2 = i64_rotl_imm v0, imm=0"]
    );
}

#[test]
fn comparisons_take_immediates_and_have_no_greater_with_slots() {
    assert_eq!(
        of_binary(BinaryOp::I32GtS, None, None),
        ["v2 = i32_lt_s v1, v0"]
    );
    assert_eq!(
        of_binary(BinaryOp::F64Ge, None, None),
        ["v2 = f64_le v1, v0"]
    );
    assert_eq!(
        of_binary(BinaryOp::I32GeU, None, Some(3)),
        ["v2 = i32_ge_u_imm v0, imm=3"]
    );
    assert_eq!(
        of_binary(BinaryOp::I64LtS, Some(3), None),
        ["v2 = i64_gt_s_imm v1, imm=3"]
    );
    let expected = ["v2 = const_u32 imm=0", "v3 = f32_eq v0, v2"];
    assert_eq!(of_binary(BinaryOp::F32Eq, None, Some(0)), expected);
}

#[test]
fn masking_the_low_half_is_an_extension() {
    let low = Some(u64::from(u32::MAX));
    assert_eq!(
        of_binary(BinaryOp::I64And, None, low),
        ["v2 = i64_extend_i32_u v0"]
    );
    assert_eq!(
        of_binary(BinaryOp::I64And, None, Some(0xff)),
        ["v2 = i64_and_imm v0, imm=255"]
    );
}

#[test]
fn constants_take_the_shortest_form() {
    let mut b = Builder::ints(0);
    let wide = [-5, 1 << 40, 0xffff_ffff, 1 << 40].map(|value| b.i64(value));
    let float = b.value(Inst::Const(1.5f64.to_bits()), Type::F64);
    b.ret(&[wide[0], wide[1], wide[2], wide[3], float]);
    for level in [O0, O2] {
        let code = b.code(level);
        assert_eq!(
            code[2..],
            [
                "v0 = const_s32 imm=-5",
                "v1 = const_pool index=1",
                "v2 = const_u32 imm=4294967295",
                "v3 = const_pool index=1",
                "v4 = const_pool index=0",
                "ret_n(v0, v1, v2, v3, v4)",
                "pool 0: 0x3ff8000000000000",
                "pool 1: 0x10000000000",
            ]
        );
    }
}

#[test]
fn what_nobody_needs_is_not_there_unless_it_can_trap() {
    let mut b = Builder::ints(2);
    let [x, y] = [b.param(0), b.param(1)];
    b.binary(BinaryOp::I32Add, x, y);
    b.i32(100_000);
    b.binary(BinaryOp::I32DivU, x, y);
    b.load(LoadOp::I32Load, x, 0);
    b.ret(&[]);
    let expected = ["v2 = i32_div_u v0, v1", "v3 = load32 v0, offset=0"];
    assert_eq!(b.body(O2), expected);
    assert_eq!(b.body(O0), expected);
}

#[test]
fn operators_that_change_no_bit_are_no_instructions() {
    let mut b = Builder::new(&[Type::I32, Type::F64]);
    let [x, y] = [b.param(0), b.param(1)];
    let wide = b.unary(UnaryOp::I64ExtendI32U, x);
    let bits = b.unary(UnaryOp::I64ReinterpretF64, y);
    let sum = b.binary(BinaryOp::I64Add, wide, bits);
    let float = b.unary(UnaryOp::F64ReinterpretI64, sum);
    b.ret(&[float]);
    for level in [O0, O2] {
        assert_eq!(b.body(level), ["v2 = i64_add v0, v1"]);
    }
}

#[test]
fn conversions_have_their_instructions() {
    for (op, ty, expected) in [
        (UnaryOp::I32WrapI64, Type::I64, "v1 = i64_extend_i32_u v0"),
        (UnaryOp::I64ExtendI32S, Type::I32, "v1 = i64_extend32_s v0"),
        (UnaryOp::I32Eqz, Type::I32, "v1 = i32_eq_imm v0, imm=0"),
        (UnaryOp::I64Eqz, Type::I64, "v1 = i64_eq_imm v0, imm=0"),
        (UnaryOp::F32DemoteF64, Type::F64, "v1 = f32_demote_f64 v0"),
    ] {
        let mut b = Builder::new(&[ty]);
        let result = b.unary(op, b.param(0));
        b.ret(&[result]);
        assert_eq!(b.body(O0), [expected]);
        assert_eq!(b.body(O2), [expected]);
    }
}

#[test]
fn a_wrap_before_an_instruction_that_reads_32_bits_is_dropped() {
    let mut b = Builder::new(&[Type::I64, Type::I32]);
    let [x, y] = [b.param(0), b.param(1)];
    let low = b.unary(UnaryOp::I32WrapI64, x);
    let sum = b.binary(BinaryOp::I32Sub, low, y);
    b.ret(&[sum]);
    assert_eq!(b.body(O2), ["v2 = i32_sub v0, v1"]);
    assert_eq!(
        b.body(O0),
        ["v2 = i64_extend_i32_u v0", "v3 = i32_sub v2, v1"]
    );
    // An address is read as a whole slot.
    let mut b = Builder::new(&[Type::I64]);
    let low = b.unary(UnaryOp::I32WrapI64, b.param(0));
    let loaded = b.load(LoadOp::I32Load, low, 0);
    b.ret(&[loaded]);
    assert_eq!(
        b.body(O2),
        ["v1 = i64_extend_i32_u v0", "v2 = load32 v1, offset=0"]
    );
}

#[test]
fn a_negated_integer_comparison_is_one_comparison() {
    let negated = |op: BinaryOp| {
        let ty = op.operand_type();
        let mut b = Builder::new(&[ty, ty]);
        let less = b.binary(op, b.param(0), b.param(1));
        let not = b.unary(UnaryOp::I32Eqz, less);
        b.ret(&[not]);
        b.body(O2)
    };
    assert_eq!(negated(BinaryOp::I32LtS), ["v2 = i32_le_s v1, v0"]);
    // For floats that would be wrong: both are false for NaN.
    assert_eq!(
        negated(BinaryOp::F32Lt),
        ["v2 = f32_lt v0, v1", "v3 = i32_eq_imm v2, imm=0"]
    );
}

/// `outer(inner(x, y), z)` or, if `right`, `outer(z, inner(x, y))`.
fn of_two(inner: BinaryOp, outer: BinaryOp, right: bool) -> Builder {
    let ty = inner.operand_type();
    let mut b = Builder::new(&[ty, ty, ty]);
    let [x, y, z] = [0, 1, 2].map(|i| b.param(i));
    let product = b.binary(inner, x, y);
    let result = if right {
        b.binary(outer, z, product)
    } else {
        b.binary(outer, product, z)
    };
    b.ret(&[result]);
    b
}

#[test]
fn multiply_and_add_is_one_instruction() {
    use BinaryOp as B;
    for (inner, outer, right, expected) in [
        (B::I32Mul, B::I32Add, false, "v3 = i32_mul_add v0, v1, v2"),
        (B::I64Mul, B::I64Add, true, "v3 = i64_mul_add v0, v1, v2"),
        (B::F32Mul, B::F32Add, true, "v3 = f32_mul_add v0, v1, v2"),
        (B::F64Mul, B::F64Add, false, "v3 = f64_mul_add v0, v1, v2"),
        (B::F64Mul, B::F64Sub, false, "v3 = f64_mul_sub v0, v1, v2"),
        (B::F64Mul, B::F64Sub, true, "v3 = f64_sub_mul v0, v1, v2"),
        (B::F32Mul, B::F32Sub, false, "v3 = f32_mul_sub v0, v1, v2"),
        (B::F32Mul, B::F32Sub, true, "v3 = f32_sub_mul v0, v1, v2"),
    ] {
        let b = of_two(inner, outer, right);
        assert_eq!(b.body(O2), [expected]);
        assert_eq!(b.body(O0).len(), 2, "two instructions at O0");
    }
    // There is none for integers that subtracts.
    assert_eq!(
        of_two(B::I32Mul, B::I32Sub, false).body(O2),
        ["v3 = i32_mul v0, v1", "v4 = i32_sub v3, v2"]
    );
}

#[test]
fn a_product_that_is_used_twice_stays() {
    let mut b = Builder::new(&[Type::F64; 3]);
    let [x, y, z] = [0, 1, 2].map(|i| b.param(i));
    let product = b.binary(BinaryOp::F64Mul, x, y);
    let sum = b.binary(BinaryOp::F64Add, product, z);
    b.ret(&[product, sum]);
    assert_eq!(b.body(O2), ["v3 = f64_mul v0, v1", "v4 = f64_add v3, v2"]);
}

#[test]
fn a_product_with_an_immediate_stays() {
    let mut b = Builder::ints(2);
    let [x, z] = [b.param(0), b.param(1)];
    let twelve = b.i32(12);
    let product = b.binary(BinaryOp::I32Mul, x, twelve);
    let sum = b.binary(BinaryOp::I32Add, product, z);
    b.ret(&[sum]);
    assert_eq!(
        b.body(O2),
        ["v2 = i32_mul_imm v0, imm=12", "v3 = i32_add v2, v1"]
    );
}

#[test]
fn shift_and_add_is_one_instruction() {
    let shifted = |distance: i64, wide: bool| {
        let (ty, add, shl) = if wide {
            (Type::I64, BinaryOp::I64Add, BinaryOp::I64Shl)
        } else {
            (Type::I32, BinaryOp::I32Add, BinaryOp::I32Shl)
        };
        let mut b = Builder::new(&[ty, ty]);
        let [x, y] = [b.param(0), b.param(1)];
        let distance = b.value(Inst::Const(distance as u64), ty);
        let index = b.binary(shl, y, distance);
        let sum = b.binary(add, x, index);
        b.ret(&[sum]);
        b.body(O2)
    };
    assert_eq!(shifted(2, false), ["v2 = i32_shl_add v0, v1, shift=2"]);
    assert_eq!(shifted(35, false), ["v2 = i32_shl_add v0, v1, shift=3"]);
    assert_eq!(shifted(3, true), ["v2 = i64_shl_add v0, v1, shift=3"]);
    assert_eq!(shifted(31, false), ["v2 = i32_shl_add v0, v1, shift=31"]);
    assert_eq!(shifted(31, true), ["v2 = i64_shl_add v0, v1, shift=31"]);
    assert_eq!(
        shifted(32, true),
        ["v2 = i64_shl_imm v1, imm=32", "v3 = i64_add v0, v2"]
    );
}

#[test]
fn operands_are_loaded_by_the_operator() {
    let mut b = Builder::ints(2);
    let [x, p] = [b.param(0), b.param(1)];
    let loaded = b.load(LoadOp::I32Load, p, 70_000);
    let sum = b.binary(BinaryOp::I32Add, loaded, x);
    b.ret(&[sum]);
    assert_eq!(b.body(O2), ["v2 = i32_add_load v0, v1, offset=70000"]);
    assert_eq!(
        b.body(O0),
        ["v2 = load32_far v1, offset=70000", "v3 = i32_add v2, v0"]
    );
}

#[test]
fn an_operator_that_loads_traps_where_the_load_is() {
    let mut b = Builder::ints(2);
    let loaded = b.load(LoadOp::I32Load, b.param(1), 0);
    let sum = b.binary(BinaryOp::I32Add, b.param(0), loaded);
    b.ret(&[sum]);
    for (i, inst) in b.func.insts.iter_mut().enumerate() {
        inst.offset = 100 + i as u32;
    }
    let code = select(&b.func, &b.module, O2);
    assert_eq!(code.blocks[0].insts[0].offset, 100);
}

#[test]
fn only_right_operands_of_subtractions_are_loaded() {
    let sub = |left: bool| {
        let mut b = Builder::new(&[Type::F64, Type::I32]);
        let [x, p] = [b.param(0), b.param(1)];
        let loaded = b.load(LoadOp::F64Load, p, 8);
        let (x, y) = if left { (loaded, x) } else { (x, loaded) };
        let result = b.binary(BinaryOp::F64Sub, x, y);
        b.ret(&[result]);
        b.body(O2)
    };
    assert_eq!(sub(false), ["v2 = f64_sub_load v0, v1, offset=8"]);
    assert_eq!(
        sub(true),
        ["v2 = load64 v1, offset=8", "v3 = f64_sub v2, v0"]
    );
}

#[test]
fn a_load_of_less_than_a_slot_stays() {
    let mut b = Builder::ints(2);
    let [x, p] = [b.param(0), b.param(1)];
    let loaded = b.load(LoadOp::I32Load16U, p, 0);
    let sum = b.binary(BinaryOp::I32Add, x, loaded);
    b.ret(&[sum]);
    assert_eq!(
        b.body(O2),
        ["v2 = load16_u v1, offset=0", "v3 = i32_add v0, v2"]
    );
    // The result fills an i64, what is read does not.
    let mut b = Builder::new(&[Type::I64, Type::I32]);
    let [x, p] = [b.param(0), b.param(1)];
    let loaded = b.load(LoadOp::I64Load32U, p, 0);
    let sum = b.binary(BinaryOp::I64Add, x, loaded);
    b.ret(&[sum]);
    assert_eq!(
        b.body(O2),
        ["v2 = load32 v1, offset=0", "v3 = i64_add v0, v2"]
    );
}

/// `x + load(p)` with `between` between the load and the addition.
fn load_then(between: impl FnOnce(&mut Builder)) -> Vec<String> {
    let mut b = Builder::ints(2);
    let [x, p] = [b.param(0), b.param(1)];
    let loaded = b.load(LoadOp::I32Load, p, 0);
    between(&mut b);
    let sum = b.binary(BinaryOp::I32Add, x, loaded);
    b.ret(&[sum]);
    b.body(O2)
}

#[test]
fn a_load_does_not_move_across_effects() {
    let across_store = load_then(|b| {
        let [x, p] = [b.param(0), b.param(1)];
        b.store(StoreOp::Store32, p, 0, x);
    });
    assert_eq!(
        across_store,
        [
            "v2 = load32 v1, offset=0",
            "store32 v1, v0, offset=0",
            "v3 = i32_add v0, v2"
        ]
    );
    let across_call = load_then(|b| {
        b.inst(
            Inst::Call {
                func: 2,
                args: vec![],
            },
            &[],
        );
    });
    assert_eq!(across_call[0], "v2 = load32 v1, offset=0");
    let across_global = load_then(|b| {
        b.inst(Inst::GlobalSet(1, b.param(0)), &[]);
    });
    assert_eq!(across_global[0], "v2 = load32 v1, offset=0");
    // A division may trap first.
    let across_trap = load_then(|b| {
        b.binary(BinaryOp::I32DivU, b.param(0), b.param(1));
    });
    assert_eq!(across_trap[0], "v2 = load32 v1, offset=0");
}

#[test]
fn a_load_moves_across_pure_operators_and_other_loads() {
    let moved = load_then(|b| {
        let other = b.load(LoadOp::I32Load, b.param(1), 4);
        b.binary(BinaryOp::I32Add, other, other);
    });
    assert_eq!(
        moved,
        [
            "v2 = load32 v1, offset=4",
            "v3 = i32_add_load v0, v1, offset=0"
        ]
    );
}

#[test]
fn a_load_that_is_used_twice_stays() {
    let mut b = Builder::ints(1);
    let loaded = b.load(LoadOp::I32Load, b.param(0), 0);
    let sum = b.binary(BinaryOp::I32Add, loaded, loaded);
    b.ret(&[sum]);
    assert_eq!(
        b.body(O2),
        ["v1 = load32 v0, offset=0", "v2 = i32_add v1, v1"]
    );
}

#[test]
fn a_load_from_another_memory_stays() {
    let mut b = Builder::ints(2);
    let [x, addr] = [b.param(0), b.param(1)];
    let (op, mem, offset) = (LoadOp::I32Load, 1, 0);
    let inst = Inst::Load {
        op,
        mem,
        addr,
        offset,
    };
    let loaded = b.value(inst, Type::I32);
    let sum = b.binary(BinaryOp::I32Add, x, loaded);
    b.ret(&[sum]);
    assert_eq!(
        b.body(O2),
        ["v2 = load32_mem v1, mem=1, offset=0", "v3 = i32_add v0, v2"]
    );
}

#[test]
fn the_high_half_of_a_product_is_an_instruction_beside_the_low_one() {
    let mut b = Builder::new(&[Type::I64; 2]);
    let (x, y) = (b.param(0), b.param(1));
    let values = [
        b.binary(BinaryOp::I64Mul, x, y),
        b.binary(BinaryOp::I64MulHighS, x, y),
        b.binary(BinaryOp::I64MulHighU, x, y),
    ];
    b.ret(&values);
    assert_eq!(
        b.body(O2),
        [
            "v2 = i64_mul v0, v1",
            "v3 = i64_mul_high_s v0, v1",
            "v4 = i64_mul_high_u v0, v1"
        ]
    );
}
