//! Forms of addresses, stores, and updates in place.

use super::Builder;
use crate::OptLevel::{O0, O2};
use crate::ir::{BinaryOp, Inst, LoadOp, StoreOp, Type, UnaryOp};

#[test]
fn offsets_are_near_or_far() {
    for (offset, expected) in [
        (65_535, "v1 = load64 v0, offset=65535"),
        (65_536, "v1 = load64_far v0, offset=65536"),
        (u32::MAX, "v1 = load64_far v0, offset=4294967295"),
    ] {
        let mut b = Builder::ints(1);
        let loaded = b.load(LoadOp::I64Load, b.param(0), offset);
        b.ret(&[loaded]);
        assert_eq!(b.body(O0), [expected]);
        assert_eq!(b.body(O2), [expected]);
    }
}

#[test]
fn loads_are_named_by_what_they_do_to_the_slot() {
    for (op, expected) in [
        (LoadOp::I32Load8U, "load8_u"),
        (LoadOp::I64Load8U, "load8_u"),
        (LoadOp::I32Load8S, "load8_s_i32"),
        (LoadOp::I64Load8S, "load8_s_i64"),
        (LoadOp::I32Load16S, "load16_s_i32"),
        (LoadOp::I64Load32U, "load32"),
        (LoadOp::I64Load32S, "load32_s_i64"),
        (LoadOp::F32Load, "load32"),
        (LoadOp::F64Load, "load64"),
    ] {
        let mut b = Builder::ints(1);
        let loaded = b.load(op, b.param(0), 0);
        b.ret(&[loaded]);
        assert_eq!(b.body(O0), [format!("v1 = {expected} v0, offset=0")]);
    }
}

/// A load from `x + k`.
fn load_at_distance(k: i32, offset: u32) -> Builder {
    let mut b = Builder::ints(1);
    let k = b.i32(k);
    let addr = b.binary(BinaryOp::I32Add, b.param(0), k);
    let loaded = b.load(LoadOp::I32Load, addr, offset);
    b.ret(&[loaded]);
    b
}

#[test]
fn an_addition_that_may_wrap_stays_an_addition_that_wraps() {
    let b = load_at_distance(8, 4);
    assert_eq!(b.body(O2), ["v1 = load32_wrap v0, offset=4, k=8"]);
    assert_eq!(
        b.body(O0),
        ["v1 = i32_add_imm v0, imm=8", "v2 = load32 v1, offset=4"]
    );
    let b = load_at_distance(i32::MIN, 0);
    assert_eq!(b.body(O2), ["v1 = load32_wrap v0, offset=0, k=-2147483648"]);
    // That form has only 16 bits for the offset.
    let b = load_at_distance(8, 65_536);
    assert_eq!(
        b.body(O2),
        [
            "v1 = i32_add_imm v0, imm=8",
            "v2 = load32_far v1, offset=65536"
        ]
    );
}

#[test]
fn a_subtraction_wraps_too() {
    let mut b = Builder::ints(1);
    let k = b.i32(16);
    let addr = b.binary(BinaryOp::I32Sub, b.param(0), k);
    let loaded = b.load(LoadOp::I32Load8U, addr, 0);
    b.ret(&[loaded]);
    assert_eq!(b.body(O2), ["v1 = load8_u_wrap v0, offset=0, k=-16"]);
}

#[test]
fn an_addition_that_cannot_wrap_goes_into_the_offset() {
    let masked = |mask: i32, k: i32| {
        let mut b = Builder::ints(1);
        let [mask, k] = [b.i32(mask), b.i32(k)];
        let small = b.binary(BinaryOp::I32And, b.param(0), mask);
        let addr = b.binary(BinaryOp::I32Add, small, k);
        let loaded = b.load(LoadOp::I32Load, addr, 8);
        b.ret(&[loaded]);
        b.body(O2)[1].clone()
    };
    assert_eq!(masked(255, 1024), "v2 = load32 v1, offset=1032");
    assert_eq!(masked(255, 100_000), "v2 = load32_far v1, offset=100008");
    // 255 - 8 wraps below 0 for small values.
    assert_eq!(masked(255, -8), "v2 = load32_wrap v1, offset=8, k=-8");
    // The largest sum that does not wrap, the first that does, and an offset that would no longer fit.
    assert_eq!(masked(255, -256), "v2 = load32_far v1, offset=4294967048");
    assert_eq!(masked(255, -255), "v2 = load32_wrap v1, offset=8, k=-255");
    assert_eq!(masked(3, -8), "v2 = load32_wrap v1, offset=8, k=-8");
}

#[test]
fn indexed_addresses() {
    let indexed = |distance: Option<i32>, swapped: bool| {
        let mut b = Builder::ints(2);
        let [base, mut index] = [b.param(0), b.param(1)];
        if let Some(distance) = distance {
            let distance = b.i32(distance);
            index = b.binary(BinaryOp::I32Shl, index, distance);
        }
        let addr = if swapped {
            b.binary(BinaryOp::I32Add, index, base)
        } else {
            b.binary(BinaryOp::I32Add, base, index)
        };
        let loaded = b.load(LoadOp::I64Load16S, addr, 70_000);
        b.ret(&[loaded]);
        b
    };
    let expected = ["v2 = load16_s_i64_index v0, v1, shift=1, offset=70000"];
    assert_eq!(indexed(Some(1), false).body(O2), expected);
    assert_eq!(indexed(Some(1), true).body(O2), expected);
    assert_eq!(
        indexed(None, false).body(O2),
        ["v2 = load16_s_i64_index v0, v1, shift=0, offset=70000"]
    );
    assert_eq!(
        indexed(Some(31), false).body(O2),
        ["v2 = load16_s_i64_index v0, v1, shift=31, offset=70000"]
    );
    assert_eq!(
        indexed(Some(1), false).body(O0).len(),
        3,
        "plain forms only at O0"
    );
}

#[test]
fn an_address_with_other_uses_is_computed_once() {
    let mut b = Builder::ints(2);
    let addr = b.binary(BinaryOp::I32Add, b.param(0), b.param(1));
    let loaded = b.load(LoadOp::I32Load, addr, 0);
    b.ret(&[loaded, addr]);
    assert_eq!(
        b.body(O2),
        ["v2 = i32_add v0, v1", "v3 = load32 v2, offset=0"]
    );
}

#[test]
fn an_address_with_only_address_uses_vanishes() {
    let mut b = Builder::ints(2);
    let addr = b.binary(BinaryOp::I32Add, b.param(0), b.param(1));
    let loaded = b.load(LoadOp::I32Load, addr, 0);
    let inverse = b.unary(UnaryOp::I32Clz, loaded);
    b.store(StoreOp::Store32, addr, 0, inverse);
    b.ret(&[]);
    assert_eq!(
        b.body(O2),
        [
            "v2 = load32_index v0, v1, shift=0, offset=0",
            "v3 = i32_clz v2",
            "store32_index v0, v1, v3, shift=0, offset=0"
        ]
    );
}

#[test]
fn an_address_that_a_later_store_needs_in_a_slot_is_computed_once() {
    let mut b = Builder::ints(2);
    let base = b.load(LoadOp::I32Load, b.param(0), 0);
    let addr = b.binary(BinaryOp::I32Add, base, b.param(1));
    let loaded = b.load(LoadOp::I32Load, addr, 0);
    let zero = b.i32(0);
    b.store(StoreOp::Store32, addr, 4, zero);
    b.ret(&[loaded]);
    assert_eq!(
        b.body(O2),
        [
            "v2 = i32_add_load v1, v0, offset=0",
            "v3 = load32 v2, offset=0",
            "store32_imm v2, imm=0, offset=4"
        ]
    );
}

#[test]
fn a_load_stays_if_the_sum_it_goes_into_is_folded_elsewhere() {
    let mut b = Builder::ints(2);
    let base = b.load(LoadOp::I32Load, b.param(0), 0);
    let addr = b.binary(BinaryOp::I32Add, base, b.param(1));
    let zero = b.i32(0);
    b.store(StoreOp::Store32, addr, 4, zero);
    let loaded = b.load(LoadOp::I32Load, addr, 0);
    b.ret(&[loaded]);
    assert_eq!(
        b.body(O2),
        [
            "v2 = load32 v0, offset=0",
            "v3 = i32_add v2, v1",
            "store32_imm v3, imm=0, offset=4",
            "v4 = load32_index v2, v1, shift=0, offset=0"
        ]
    );
}

#[test]
fn an_address_from_another_block_is_not_computed_again() {
    let mut b = Builder::ints(2);
    let addr = b.binary(BinaryOp::I32Add, b.param(0), b.param(1));
    let next = b.new_block(&[]);
    b.br(next, &[]);
    b.at(next);
    let loaded = b.load(LoadOp::I32Load, addr, 0);
    b.ret(&[loaded]);
    let code = b.code(O2);
    assert_eq!(code[2], "v2 = i32_add v0, v1");
    assert_eq!(code[5], "v3 = load32 v2, offset=0");
}

#[test]
fn other_memories_have_one_form() {
    let mut b = Builder::new(&[Type::I32, Type::I64]);
    let [narrow, wide] = [b.param(0), b.param(1)];
    let k = b.i32(8);
    let addr = b.binary(BinaryOp::I32Add, narrow, k);
    let (op, offset) = (LoadOp::F64Load, 5);
    let loaded = b.value(
        Inst::Load {
            op,
            mem: 1,
            addr,
            offset,
        },
        Type::F64,
    );
    let (op, value) = (StoreOp::Store64, loaded);
    b.inst(
        Inst::Store {
            op,
            mem: 2,
            addr: wide,
            offset,
            value,
        },
        &[],
    );
    b.ret(&[]);
    assert_eq!(
        b.body(O2),
        [
            "v2 = i32_add_imm v0, imm=8",
            "v3 = load64_mem v2, mem=1, offset=5",
            "store64_mem v1, v3, mem=2, offset=5"
        ]
    );
}

#[test]
fn stores_in_every_form() {
    for (op, name) in [
        (StoreOp::Store8, "store8"),
        (StoreOp::Store16, "store16"),
        (StoreOp::Store32, "store32"),
    ] {
        let mut b = Builder::ints(3);
        let [p, i, x] = [0, 1, 2].map(|n| b.param(n));
        let two = b.i32(2);
        let shifted = b.binary(BinaryOp::I32Shl, i, two);
        let indexed = b.binary(BinaryOp::I32Add, shifted, p);
        let behind = b.binary(BinaryOp::I32Add, p, two);
        b.store(op, p, 1, x);
        b.store(op, p, 100_000, x);
        b.store(op, indexed, 1, x);
        b.store(op, behind, 1, x);
        b.ret(&[]);
        assert_eq!(
            b.body(O2),
            [
                format!("{name} v0, v2, offset=1"),
                format!("{name}_far v0, v2, offset=100000"),
                format!("{name}_index v0, v1, v2, shift=2, offset=1"),
                format!("{name}_wrap v0, v2, offset=1, k=2")
            ]
        );
    }
}

#[test]
fn a_store_of_low_bytes_needs_no_wrap() {
    let mut b = Builder::new(&[Type::I32, Type::I64]);
    let low = b.unary(UnaryOp::I32WrapI64, b.param(1));
    b.store(StoreOp::Store16, b.param(0), 0, low);
    b.ret(&[]);
    assert_eq!(b.body(O2), ["store16 v0, v1, offset=0"]);
}

#[test]
fn constants_are_stored_as_immediates() {
    let stored = |op: StoreOp, value: i64, offset: u32| {
        let mut b = Builder::ints(1);
        let value = b.i64(value);
        b.store(op, b.param(0), offset, value);
        b.ret(&[]);
        assert_eq!(b.body(O0), b.body(O2));
        b.body(O2)
    };
    assert_eq!(
        stored(StoreOp::Store8, 255, 3),
        ["store8_imm v0, imm=-1, offset=3"]
    );
    assert_eq!(
        stored(StoreOp::Store32, 0xffff_8000, 3),
        ["store32_imm v0, imm=-32768, offset=3"]
    );
    assert_eq!(
        stored(StoreOp::Store64, -7, 3),
        ["store64_imm v0, imm=-7, offset=3"]
    );
    assert_eq!(
        stored(StoreOp::Store64, 0xffff_8000, 3),
        ["v1 = const_u32 imm=4294934528", "store64 v0, v1, offset=3"]
    );
    assert_eq!(
        stored(StoreOp::Store16, 1, 3),
        ["v1 = const_u32 imm=1", "store16 v0, v1, offset=3"]
    );
    assert_eq!(
        stored(StoreOp::Store32, 1, 70_000),
        ["v1 = const_u32 imm=1", "store32_far v0, v1, offset=70000"]
    );
}

#[test]
fn a_constant_in_a_slot_is_stored_to_an_indexed_address() {
    let mut b = Builder::ints(2);
    let [p, i] = [b.param(0), b.param(1)];
    let one = b.i32(1);
    let next = b.new_block(&[]);
    b.br(next, &[]);
    b.at(next);
    let addr = b.binary(BinaryOp::I32Add, p, i);
    b.store(StoreOp::Store8, addr, 0, one);
    b.ret(&[]);
    assert!(
        b.code(O2)
            .contains(&"store8_index v0, v1, v2, shift=0, offset=0".to_owned())
    );
}

#[test]
fn results_are_stored_by_the_operator() {
    let mut b = Builder::new(&[Type::I32, Type::F32, Type::F32]);
    let [p, x, y] = [0, 1, 2].map(|i| b.param(i));
    let product = b.binary(BinaryOp::F32Mul, x, y);
    b.store(StoreOp::Store32, p, 100_000, product);
    b.ret(&[]);
    assert_eq!(b.body(O2), ["f32_mul_store v0, v1, v2, offset=100000"]);
    assert_eq!(b.body(O0).len(), 2, "two instructions at O0");
}

#[test]
fn results_of_another_width_or_with_an_immediate_are_stored_apart() {
    let mut b = Builder::ints(3);
    let [p, x, y] = [0, 1, 2].map(|i| b.param(i));
    let sum = b.binary(BinaryOp::I32Add, x, y);
    b.store(StoreOp::Store16, p, 0, sum);
    b.ret(&[]);
    assert_eq!(
        b.body(O2),
        ["v3 = i32_add v1, v2", "store16 v0, v3, offset=0"]
    );
    let mut b = Builder::ints(2);
    let one = b.i32(1);
    let sum = b.binary(BinaryOp::I32Or, b.param(1), one);
    b.store(StoreOp::Store32, b.param(0), 0, sum);
    b.ret(&[]);
    assert_eq!(
        b.body(O2),
        ["v2 = i32_or_imm v1, imm=1", "store32 v0, v2, offset=0"]
    );
}

#[test]
fn a_result_that_is_used_twice_is_stored_apart() {
    let mut b = Builder::ints(3);
    let [p, x, y] = [0, 1, 2].map(|i| b.param(i));
    let sum = b.binary(BinaryOp::I32Add, x, y);
    b.store(StoreOp::Store32, p, 0, sum);
    b.ret(&[sum]);
    assert_eq!(
        b.body(O2),
        ["v3 = i32_add v1, v2", "store32 v0, v3, offset=0"]
    );
}

/// `store(p + store_offset, load(p + load_offset) op k)`, with `between` in between.
fn update(
    op: BinaryOp,
    k: u64,
    offsets: (u32, u32),
    between: impl FnOnce(&mut Builder),
) -> Vec<String> {
    let wide = op.operand_type() == Type::I64;
    let (load, store) = if wide {
        (LoadOp::I64Load, StoreOp::Store64)
    } else {
        (LoadOp::I32Load, StoreOp::Store32)
    };
    let mut b = Builder::ints(2);
    let loaded = b.load(load, b.param(0), offsets.0);
    let k = b.value(Inst::Const(k), op.operand_type());
    let sum = b.binary(op, loaded, k);
    between(&mut b);
    b.store(store, b.param(0), offsets.1, sum);
    b.ret(&[]);
    assert!(b.body(O0).len() >= 3, "plain forms only at O0");
    b.body(O2)
}

#[test]
fn updates_in_place() {
    let none = |_: &mut Builder| {};
    let at = (12, 12);
    assert_eq!(
        update(BinaryOp::I32Add, 1, at, none),
        ["i32_add_mem_imm v0, imm=1, offset=12"]
    );
    assert_eq!(
        update(BinaryOp::I32Sub, 1, at, none),
        ["i32_add_mem_imm v0, imm=-1, offset=12"]
    );
    assert_eq!(
        update(BinaryOp::I64Add, 9, at, none),
        ["i64_add_mem_imm v0, imm=9, offset=12"]
    );
}

#[test]
fn what_is_no_update_in_place() {
    let none = |_: &mut Builder| {};
    assert_eq!(
        update(BinaryOp::I32Add, 1, (12, 16), none),
        [
            "v2 = i32_add_imm_load v0, offset=12, imm=1",
            "store32 v0, v2, offset=16"
        ],
        "another place"
    );
    assert_eq!(
        update(BinaryOp::I32Or, 1, (12, 12), none).len(),
        3,
        "another operator"
    );
    assert_eq!(
        update(BinaryOp::I32Add, 1, (70_000, 70_000), none).len(),
        3,
        "too far"
    );
    // A constant that does not fit goes into a slot, and the addition writes its result.
    let kept = update(BinaryOp::I32Add, 40_000, (12, 12), none);
    assert_eq!(kept[1], "i32_add_mem v0, v2, offset=12");
    let between = |b: &mut Builder| {
        let [p, x] = [b.param(0), b.param(1)];
        b.store(StoreOp::Store8, p, 12, x);
    };
    let kept = update(BinaryOp::I32Add, 1, (12, 12), between);
    assert_eq!(
        kept,
        [
            "v2 = i32_add_imm_load v0, offset=12, imm=1",
            "store8 v0, v1, offset=12",
            "store32 v0, v2, offset=12"
        ]
    );
}

/// A load of an element: `mem[(x << distance) + offset]`.
fn load_element(op: LoadOp, distance: i32, offset: u32) -> Builder {
    let mut b = Builder::ints(1);
    let distance = b.i32(distance);
    let addr = b.binary(BinaryOp::I32Shl, b.param(0), distance);
    let loaded = b.load(op, addr, offset);
    b.ret(&[loaded]);
    b
}

#[test]
fn an_element_at_a_constant_address_takes_its_index() {
    for (op, expected) in [
        (LoadOp::I32Load16U, "load16_u_scaled"),
        (LoadOp::I32Load16S, "load16_s_i32_scaled"),
        (LoadOp::I32Load, "load32_scaled"),
        (LoadOp::F32Load, "load32_scaled"),
        (LoadOp::F64Load, "load64_scaled"),
    ] {
        let b = load_element(op, 3, 70_000);
        assert_eq!(
            b.body(O2),
            [format!("v1 = {expected} v0, shift=3, offset=70000")]
        );
        assert_eq!(b.body(O0).len(), 2, "two instructions at O0");
    }
    // No instruction for bytes.
    assert_eq!(load_element(LoadOp::I32Load8U, 1, 0).body(O2).len(), 2);
    assert_eq!(
        load_element(LoadOp::I32Load, 31, 0).body(O2),
        ["v1 = load32_scaled v0, shift=31, offset=0"]
    );
    // As `i32.shl` does, the distance counts modulo 32.
    assert_eq!(
        load_element(LoadOp::I32Load, 34, 0).body(O2),
        ["v1 = load32_scaled v0, shift=2, offset=0"]
    );
}

#[test]
fn an_element_is_stored_by_its_index() {
    for (op, expected) in [
        (StoreOp::Store16, "store16_scaled"),
        (StoreOp::Store32, "store32_scaled"),
        (StoreOp::Store64, "store64_scaled"),
    ] {
        let mut b = Builder::new(&[Type::I32, Type::I64]);
        let distance = b.i32(2);
        let addr = b.binary(BinaryOp::I32Shl, b.param(0), distance);
        b.store(op, addr, 70_000, b.param(1));
        b.ret(&[]);
        assert_eq!(
            b.body(O2),
            [format!("{expected} v0, v1, shift=2, offset=70000")]
        );
    }
}
