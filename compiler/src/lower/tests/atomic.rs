//! Atomic operators: what each becomes, in plain memory and in others.

use super::Builder;
use crate::OptLevel::{O0, O2};
use crate::ir::{AtomicOp, BinaryOp, Inst, LoadOp, RmwOp, StoreOp, Type};

const I32: Type = Type::I32;
const I64: Type = Type::I64;

/// What is selected for an access of a memory at the address in the first parameter; the other operands are the other parameters.
fn of(op: AtomicOp, mem: u32, offset: u32) -> Vec<String> {
    let mut params = vec![if mem == 2 { I64 } else { I32 }];
    params.extend(op.value_types());
    let mut b = Builder::new(&params);
    let args: Vec<_> = (0..params.len()).map(|i| b.param(i)).collect();
    let inst = Inst::atomic(op, mem, offset, &args);
    let results = b.inst(inst, op.result_type().as_slice());
    b.ret(&results);
    assert_eq!(b.body(O0), b.body(O2));
    b.body(O2)
}

#[test]
fn loads_and_stores_are_plain_ones_behind_a_check() {
    let load = |load, mem, offset| of(AtomicOp::Load(load), mem, offset);
    assert_eq!(
        load(LoadOp::I32Load, 0, 13),
        [
            "atomic_check v0, offset=1, shift=2",
            "v1 = load32 v0, offset=13"
        ]
    );
    assert_eq!(
        load(LoadOp::I64Load, 0, 0x10004),
        [
            "atomic_check v0, offset=4, shift=3",
            "v1 = load64_far v0, offset=65540"
        ]
    );
    assert_eq!(
        load(LoadOp::I64Load16U, 2, 2),
        [
            "atomic_check v0, offset=0, shift=1",
            "v1 = load16_u_mem v0, mem=2, offset=2"
        ]
    );
    assert_eq!(load(LoadOp::I64Load8U, 0, 3), ["v1 = load8_u v0, offset=3"]);
    let store = AtomicOp::Store(StoreOp::Store32, I64);
    assert_eq!(
        of(store, 0, 0),
        [
            "atomic_check v0, offset=0, shift=2",
            "store32 v0, v1, offset=0"
        ]
    );
    assert_eq!(
        of(AtomicOp::Store(StoreOp::Store8, I32), 1, 0),
        ["store8_mem v0, v1, mem=1, offset=0"]
    );
}

#[test]
fn everything_else_names_its_memory() {
    let rmw = AtomicOp::Rmw(RmwOp::Sub, LoadOp::I64Load32U);
    assert_eq!(
        of(rmw, 0, 4),
        ["v2 = atomic_rmw32_sub v0, v1, offset=4, mem=0"]
    );
    let cmpxchg = AtomicOp::Cmpxchg(LoadOp::I32Load8U);
    assert_eq!(
        of(cmpxchg, 1, 0),
        ["v3 = atomic_rmw8_cmpxchg v0, v1, v2, offset=0, mem=1"]
    );
    assert_eq!(
        of(AtomicOp::Wait(LoadOp::I32Load), 0, 0),
        ["v3 = atomic_wait32 v0, v1, v2, offset=0, mem=0"]
    );
    assert_eq!(
        of(AtomicOp::Wait(LoadOp::I64Load), 2, 8),
        ["v3 = atomic_wait64 v0, v1, v2, offset=8, mem=2"]
    );
    assert_eq!(
        of(AtomicOp::Notify, 0, 0),
        ["v2 = atomic_notify v0, v1, offset=0, mem=0"]
    );
}

#[test]
fn every_width_and_operator_has_its_instruction() {
    let loads = [
        LoadOp::I32Load8U,
        LoadOp::I32Load16U,
        LoadOp::I32Load,
        LoadOp::I64Load8U,
        LoadOp::I64Load16U,
        LoadOp::I64Load32U,
        LoadOp::I64Load,
    ];
    let rmws = [
        RmwOp::Add,
        RmwOp::Sub,
        RmwOp::And,
        RmwOp::Or,
        RmwOp::Xor,
        RmwOp::Xchg,
    ];
    for load in loads {
        let bits = load.bytes() * 8;
        for rmw in rmws {
            let name = format!("v2 = atomic_rmw{bits}_{} v0", rmw.name());
            let text = of(AtomicOp::Rmw(rmw, load), 0, 0);
            assert!(text[0].starts_with(&name), "{text:?}");
        }
        let text = of(AtomicOp::Cmpxchg(load), 0, 0);
        let name = format!("v3 = atomic_rmw{bits}_cmpxchg v0");
        assert!(text[0].starts_with(&name), "{text:?}");
    }
}

/// The check reads the address, so an addition stays an instruction of its own, also for plain accesses beside it.
#[test]
fn the_address_of_an_atomic_access_is_not_folded() {
    let mut b = Builder::ints(2);
    let sum = b.binary(BinaryOp::I32Add, b.param(0), b.param(1));
    let op = AtomicOp::Load(LoadOp::I32Load);
    let first = b.inst(Inst::atomic(op, 0, 0, &[sum]), &[I32]);
    b.inst(Inst::AtomicFence, &[]);
    let second = b.load(LoadOp::I32Load, sum, 4);
    b.ret(&[first[0], second]);
    assert_eq!(
        b.body(O2),
        [
            "v2 = i32_add v0, v1",
            "atomic_check v2, offset=0, shift=2",
            "v3 = load32 v2, offset=0",
            "v4 = load32 v2, offset=4"
        ]
    );
}

#[test]
fn a_load_does_not_move_across_an_atomic_access() {
    let mut b = Builder::ints(2);
    let loaded = b.load(LoadOp::I32Load, b.param(0), 0);
    b.inst(Inst::AtomicFence, &[]);
    let sum = b.binary(BinaryOp::I32Add, loaded, b.param(1));
    b.ret(&[sum]);
    assert_eq!(
        b.body(O2),
        ["v2 = load32 v0, offset=0", "v3 = i32_add v2, v1"]
    );
}
