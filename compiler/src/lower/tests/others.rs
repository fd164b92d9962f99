//! Calls, returns, globals, references, bulk operations: one form each.

use super::Builder;
use crate::OptLevel::{O0, O2};
use crate::ir::{Inst, Terminator, Type};
use crate::lower::{negate, select, vcode};

/// What is selected for one instruction whose operands are the parameters.
fn of_inst(params: &[Type], results: &[Type], inst: impl FnOnce(&Builder) -> Inst) -> Vec<String> {
    let mut b = Builder::new(params);
    let inst = inst(&b);
    let values = b.inst(inst, results);
    b.ret(&values);
    assert_eq!(b.body(O0), b.body(O2));
    b.body(O2)
}

const I32: Type = Type::I32;
const FUNC: Type = Type::FuncRef;

#[test]
fn calls_count_defined_functions_from_the_first_that_is_not_imported() {
    let call = |func| {
        of_inst(&[I32, I32], &[I32, FUNC], |b| {
            let args = vec![b.param(1), b.param(0)];
            Inst::Call { func, args }
        })
    };
    assert_eq!(call(5), ["v2, v3 = call func=3(v1, v0)"]);
    assert_eq!(call(1), ["v2, v3 = call_import func=1(v1, v0)"]);
    let indirect = |table| {
        of_inst(&[I32, I32], &[], |b| Inst::CallIndirect {
            table,
            type_idx: 4,
            index: b.param(0),
            args: vec![b.param(1)],
        })
    };
    assert_eq!(indirect(0), ["call_indirect_zero v0, type_idx=4(v1)"]);
    assert_eq!(indirect(1), ["call_indirect v0, table=1, type_idx=4(v1)"]);
    let by_reference = of_inst(&[FUNC, I32], &[I32], |b| Inst::CallRef {
        type_idx: 4,
        callee: b.param(0),
        args: vec![b.param(1)],
    });
    assert_eq!(by_reference, ["v2 = call_ref v0, type_idx=4(v1)"]);
}

#[test]
fn tail_calls() {
    let tail = |terminator: fn(&Builder) -> Terminator| {
        let mut b = Builder::ints(2);
        let terminator = terminator(&b);
        b.end(terminator);
        b.branch(O2)
    };
    let call = |b: &Builder| Terminator::ReturnCall {
        func: 2,
        args: vec![b.param(1)],
    };
    assert_eq!(tail(call), "return_call func=0(v1)");
    let call = |b: &Builder| Terminator::ReturnCall {
        func: 0,
        args: vec![b.param(1)],
    };
    assert_eq!(tail(call), "return_call_import func=0(v1)");
    let call = |b: &Builder| Terminator::ReturnCallIndirect {
        table: 0,
        type_idx: 1,
        index: b.param(0),
        args: vec![b.param(1)],
    };
    assert_eq!(
        tail(call),
        "return_call_indirect v0, table=0, type_idx=1(v1)"
    );
    let mut b = Builder::new(&[FUNC, I32]);
    let call = Terminator::ReturnCallRef {
        type_idx: 1,
        callee: b.param(0),
        args: vec![b.param(1)],
    };
    b.end(call);
    assert_eq!(b.branch(O2), "return_call_ref v0, type_idx=1(v1)");
}

#[test]
fn returns_by_the_number_of_results() {
    for (count, expected) in [(0, "ret"), (1, "ret1 v0"), (3, "ret_n(v0, v1, v2)")] {
        let mut b = Builder::ints(3);
        let values: Vec<_> = (0..count).map(|i| b.param(i)).collect();
        b.ret(&values);
        assert_eq!(b.branch(O0), expected);
    }
}

#[test]
fn globals_and_references() {
    assert_eq!(
        of_inst(&[], &[I32], |_| Inst::GlobalGet(0)),
        ["v0 = global_get_import global=0"]
    );
    assert_eq!(
        of_inst(&[], &[I32], |_| Inst::GlobalGet(3)),
        ["v0 = global_get global=2"]
    );
    let set = |index| of_inst(&[I32], &[], |b| Inst::GlobalSet(index, b.param(0)));
    assert_eq!(set(0), ["global_set_import v0, global=0"]);
    assert_eq!(set(1), ["global_set v0, global=0"]);
    assert_eq!(
        of_inst(&[], &[FUNC], |_| Inst::RefFunc(7)),
        ["v0 = ref_func func=7"]
    );
    let is_null = of_inst(&[FUNC], &[I32], |b| Inst::RefIsNull(b.param(0)));
    assert_eq!(is_null, ["v1 = i64_eq_imm v0, imm=0"]);
    let non_null = of_inst(&[FUNC], &[FUNC], |b| Inst::RefAsNonNull(b.param(0)));
    assert_eq!(non_null, ["v1 = ref_as_non_null v0"]);
    let mut b = Builder::new(&[]);
    let got = b.value(Inst::GlobalGet(3), FUNC);
    let known = b.value(Inst::RefAsNonNull(got), FUNC);
    b.ret(&[known]);
    assert_eq!(b.body(O2), ["v0 = global_get_non_null global=2"]);
}

#[test]
fn references_that_are_traced_are_known_as_such() {
    let mut b = Builder::new(&[FUNC, I32]);
    let [reference, index] = [b.param(0), b.param(1)];
    b.inst(
        Inst::TableSet {
            table: 0,
            index,
            value: reference,
        },
        &[],
    );
    let got = b.value(Inst::TableGet { table: 0, index }, Type::ExternRef);
    b.ret(&[got, index]);
    let code = select(&b.func, &b.module, O2);
    assert_eq!(code.is_ref, [false, false, true]);
}

#[test]
fn bulk_operations_advance_copies_of_their_operands() {
    let three = [I32; 3];
    let fill = of_inst(&three, &[], |b| Inst::MemoryFill {
        mem: 0,
        to: b.param(0),
        value: b.param(1),
        n: b.param(2),
    });
    assert_eq!(
        fill,
        [
            "v3 = mov v0",
            "v4 = mov v2",
            "memory_fill v3, v1, v4, mem=0"
        ]
    );
    // Also where one value is two operands.
    let copy = of_inst(&three, &[], |b| Inst::MemoryCopy {
        to_mem: 1,
        from_mem: 2,
        to: b.param(0),
        from: b.param(0),
        n: b.param(2),
    });
    assert_eq!(
        copy,
        [
            "v3 = mov v0",
            "v4 = mov v0",
            "v5 = mov v2",
            "memory_copy v3, v4, v5, to_mem=1, from_mem=2"
        ]
    );
    let init = of_inst(&three, &[], |b| Inst::TableInit {
        table: 0,
        elem: 6,
        to: b.param(0),
        from: b.param(1),
        n: b.param(2),
    });
    assert_eq!(init[3], "table_init v3, v4, v5, table=0, elem=6");
}

#[test]
fn sizes_and_growth() {
    assert_eq!(
        of_inst(&[], &[I32], |_| Inst::MemorySize(1)),
        ["v0 = memory_size mem=1"]
    );
    let grow = of_inst(&[I32], &[I32], |b| Inst::MemoryGrow {
        mem: 0,
        delta: b.param(0),
    });
    assert_eq!(grow, ["v1 = memory_grow v0, mem=0"]);
    assert_eq!(
        of_inst(&[], &[I32], |_| Inst::TableSize(0)),
        ["v0 = table_size table=0"]
    );
    let grow = of_inst(&[FUNC, I32], &[I32], |b| Inst::TableGrow {
        table: 0,
        init: b.param(0),
        delta: b.param(1),
    });
    assert_eq!(grow, ["v2 = table_grow v1, v0, table=0"]);
    assert_eq!(
        of_inst(&[], &[], |_| Inst::DataDrop(3)),
        ["data_drop data=3"]
    );
    assert_eq!(
        of_inst(&[], &[], |_| Inst::ElemDrop(3)),
        ["elem_drop elem=3"]
    );
}

#[test]
fn a_result_that_another_value_has_replaced_keeps_its_own_register() {
    let mut b = Builder::ints(2);
    let [x, y] = [b.param(0), b.param(1)];
    let first = b.binary(crate::ir::BinaryOp::I32DivU, x, y);
    let second = b.binary(crate::ir::BinaryOp::I32DivU, x, y);
    b.func.replace(second, first);
    b.ret(&[second]);
    assert_eq!(
        b.code(O2)[2..],
        ["v2 = i32_div_u v0, v1", "v3 = i32_div_u v0, v1", "ret1 v2"]
    );
}

/// Valid code with a branch, a call and a bulk operation, to be broken.
fn sample() -> vcode::VCode {
    let mut b = Builder::ints(2);
    let [x, y] = [b.param(0), b.param(1)];
    b.inst(
        Inst::MemoryFill {
            mem: 0,
            to: x,
            value: y,
            n: y,
        },
        &[],
    );
    let less = b.binary(crate::ir::BinaryOp::I32LtS, x, y);
    let join = b.new_block(&[I32]);
    b.br_if(less, super::edge(join, &[x]), super::edge(join, &[y]));
    b.at(join);
    let result = b.param(0);
    b.ret(&[result]);
    select(&b.func, &b.module, O2)
}

#[test]
fn validation_finds_what_is_broken() {
    type Break = fn(&mut vcode::VCode);
    let cases: [(Break, &str); 10] = [
        (
            |c| c.blocks[0].insts[1].fields[0] = 2,
            "v2 is defined twice",
        ),
        (
            |c| c.blocks[0].insts[0].fields[1] = 99,
            "v99 is out of range",
        ),
        (
            |c| c.blocks[0].insts[2].fields[3] = 1 << 16,
            "mem does not fit",
        ),
        (|c| c.blocks[0].insts[2].fields[0] = 0, "v0 is not its own"),
        (
            |c| c.blocks[1].succs[0].args.clear(),
            "b3 has the wrong number of arguments",
        ),
        (
            |c| c.blocks[0].succs.swap(0, 1),
            "does not fall through to the next block",
        ),
        (
            |c| c.blocks[3].params.clear(),
            "b3(v0) has the wrong number of arguments",
        ),
        (|c| c.is_ref[4] = true, "are not of one kind"),
        (
            |c| c.param_count = 3,
            "the entry's parameters are not the function's",
        ),
        (
            |c| {
                let first = c.blocks[0].insts.pop().expect("a branch");
                c.blocks[0].insts.insert(0, first);
            },
            "a branch before the end",
        ),
    ];
    assert_eq!(vcode::validate(&sample()), Ok(()));
    for (break_it, expected) in cases {
        let mut code = sample();
        break_it(&mut code);
        let message = vcode::validate(&code).expect_err(expected);
        assert!(
            message.contains(expected),
            "{message} is not {expected}\n{code}"
        );
    }
}

#[test]
fn validation_finds_critical_edges_with_arguments() {
    let mut code = sample();
    // Past the blocks of the split edges, straight to their target.
    let target = code.blocks[1].succs[0].clone();
    code.blocks[0].succs[0] = target;
    let message = vcode::validate(&code).expect_err("a critical edge");
    assert!(
        message.contains("is critical and has arguments"),
        "{message}"
    );
}

#[test]
fn a_selected_branch_can_be_turned() {
    let code = sample();
    let branch = code.blocks[0].insts.last().expect("a branch");
    let opposite = negate(branch).expect("an opposite");
    assert_ne!(opposite.op, branch.op);
    assert_eq!(negate(&opposite).expect("an opposite").op, branch.op);
}
