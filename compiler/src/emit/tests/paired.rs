//! What becomes of instructions that come one after the other.

use wrt_format::image::Clause;
use wrt_format::isa::Op;

use super::{VBlock, VInst, VReg, block, emitted, func, inst, listing};

/// The lines of a function of one block with these instructions, of which the registers from 3 on are new, but for `enter` and `ret`.
fn body(insts: Vec<VInst>, vregs: u32) -> Vec<String> {
    let mut insts = insts;
    insts.push(inst(Op::Ret, &[]));
    let mut code = func(vec![block(3, insts, &[])]);
    code.blocks[0].loop_depth = 1;
    code.vreg_count = vregs;
    code.is_ref = vec![false; vregs as usize];
    code.is_wide = vec![false; vregs as usize];
    code.blocks[0].params = vec![VReg(0), VReg(1), VReg(2)];
    code.param_count = 3;
    let text = listing(&emitted(&code));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let name = |line: &&str| {
        line.split_once(' ')
            .map_or(String::new(), |it| it.1.to_owned())
    };
    lines[1..lines.len() - 1].iter().map(name).collect()
}

#[test]
fn additions_are_paired_whether_or_not_one_needs_the_other() {
    let apart = body(
        vec![
            inst(Op::I32AddImm, &[3, 0, 5]),
            inst(Op::I32AddImm, &[4, 1, -7]),
            inst(Op::Store32, &[3, 4, 0]),
        ],
        5,
    );
    assert_eq!(apart[0], "i32_add_imm_then_add_imm 1 0 0 1 5 -7");
    let chained = body(
        vec![
            inst(Op::I32Add, &[3, 0, 2]),
            inst(Op::I32AddImm, &[4, 3, 9]),
            inst(Op::Store32, &[3, 4, 0]),
        ],
        5,
    );
    assert_eq!(chained[0], "i32_add_then_add_imm 1 0 0 2 0 9");
    // A second immediate that takes two bytes.
    let long = body(
        vec![
            inst(Op::I32Add, &[3, 0, 2]),
            inst(Op::I32AddImm, &[4, 3, 900]),
            inst(Op::Store32, &[3, 4, 0]),
        ],
        5,
    );
    assert_eq!(long[0], "i32_add 0 0 2");
}

#[test]
fn a_number_times_itself_is_read_once() {
    let code = |rhs| {
        body(
            vec![
                inst(Op::F64Add, &[3, 0, 2]),
                inst(Op::F64Mul, &[4, 3, rhs]),
                inst(Op::Store64, &[1, 4, 0]),
            ],
            5,
        )
    };
    assert!(code(3)[1].starts_with("f64_square "), "{:?}", code(3));
    assert!(code(2)[1].starts_with("f64_mul "), "{:?}", code(2));
}

#[test]
fn a_step_is_paired_with_the_load_behind_it() {
    for (load, name) in [(Op::Load8U, "load8_u"), (Op::Load32, "load32")] {
        let code = |addr| {
            body(
                vec![
                    inst(Op::I32AddImm, &[3, 0, 4]),
                    inst(load, &[4, addr, 16]),
                    inst(Op::Store32, &[3, 4, 0]),
                ],
                5,
            )
        };
        assert_eq!(code(3)[0], format!("i32_add_imm_then_{name} 1 0 0 4 16"));
        assert_eq!(code(1).len(), 3, "another address");
    }
}

/// The lines of a block that ends with a conditional branch.
fn body_and_branch(insts: Vec<VInst>, vregs: u32) -> Vec<String> {
    let mut code = func(vec![
        block(1, insts, &[1, 2]),
        block(
            1,
            vec![inst(Op::GlobalSet, &[0, 0]), inst(Op::Ret, &[])],
            &[],
        ),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]);
    code.vreg_count = vregs;
    let text = listing(&emitted(&code));
    let lines = text.lines().skip(1).map(str::to_owned);
    lines.take_while(|line| !line.contains(" fuel ")).collect()
}

/// What a block that ends with a branch becomes, the branch's label left out.
fn ending(first: VInst, branch: VInst) -> String {
    let mut code = func(vec![
        block(1, vec![first, branch], &[1, 2]),
        block(
            1,
            vec![inst(Op::GlobalSet, &[1, 0]), inst(Op::Ret, &[])],
            &[],
        ),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]);
    code.vreg_count = 2;
    code.is_ref.truncate(2);
    code.is_wide.truncate(2);
    let text = listing(&emitted(&code));
    let line = text.lines().nth(1).expect("a branch").trim();
    let words: Vec<&str> = line.split(' ').collect();
    words[1..words.len() - 1].join(" ")
}

#[test]
fn a_step_is_paired_with_the_comparison_behind_it() {
    let opposites = [
        (Op::BrI32EqImm, "ne"),
        (Op::BrI32NeImm, "eq"),
        (Op::BrI32LtSImm, "ge_s"),
        (Op::BrI32GeSImm, "lt_s"),
        (Op::BrI32LtUImm, "ge_u"),
        (Op::BrI32GeUImm, "lt_u"),
        (Op::BrI32LeSImm, "gt_s"),
        (Op::BrI32GtSImm, "le_s"),
        (Op::BrI32LeUImm, "gt_u"),
        (Op::BrI32GtUImm, "le_u"),
    ];
    for (branch, opposite) in opposites {
        let found = ending(inst(Op::I32AddImm, &[1, 0, 2]), inst(branch, &[1, 7, 0]));
        assert_eq!(found, format!("br_i32_add_{opposite}_imm 0 0 2 7"));
    }
    let other = ending(
        inst(Op::I32AddImm, &[1, 0, 2]),
        inst(Op::BrI32EqImm, &[0, 7, 0]),
    );
    assert!(other.starts_with("i32_add_imm"), "{other}");
}

#[test]
fn a_byte_is_loaded_and_tested_at_once() {
    let load = || inst(Op::Load8U, &[1, 0, 3]);
    for (branch, expected) in [
        (
            inst(Op::BrI32EqImm, &[1, 34, 0]),
            "br_load8_u_ne_imm 0 0 3 34",
        ),
        (
            inst(Op::BrI32NeImm, &[1, 34, 0]),
            "br_load8_u_eq_imm 0 0 3 34",
        ),
        (inst(Op::BrZ, &[1, 0]), "br_load8_u_ne_imm 0 0 3 0"),
        (inst(Op::BrNz, &[1, 0]), "br_load8_u_eq_imm 0 0 3 0"),
    ] {
        assert_eq!(ending(load(), branch), expected);
    }
}

#[test]
fn a_number_is_loaded_and_compared_at_once() {
    let load = |offset| inst(Op::Load32, &[1, 0, offset]);
    for (branch, expected) in [
        (
            inst(Op::BrI32EqImm, &[1, 34, 0]),
            "br_load32_ne_imm 0 0 8 34",
        ),
        (
            inst(Op::BrI32NeImm, &[1, 34, 0]),
            "br_load32_eq_imm 0 0 8 34",
        ),
        (inst(Op::BrZ, &[1, 0]), "br_load32_ne_imm 0 0 8 0"),
        (inst(Op::BrNz, &[1, 0]), "br_load32_eq_imm 0 0 8 0"),
    ] {
        assert_eq!(ending(load(8), branch), expected);
    }
    // What is compared with is the address; the opposites are what is found.
    for (op, first, second) in [
        (Op::BrI32Eq, "ne", "ne"),
        (Op::BrI32Ne, "eq", "eq"),
        (Op::BrI32LtS, "ge_s", "le_s"),
        (Op::BrI32LeS, "gt_s", "lt_s"),
        (Op::BrI32LtU, "ge_u", "le_u"),
        (Op::BrI32LeU, "gt_u", "lt_u"),
    ] {
        let found = [[1, 0], [0, 1]].map(|[a, b]| ending(load(8), inst(op, &[a, b, 0])));
        let expected = [first, second].map(|name| format!("br_load32_{name} 1 0 0 8"));
        assert_eq!(found, expected);
    }
    // An address that is in the accumulator stays there.
    let code = |branch| {
        body_and_branch(
            vec![
                inst(Op::I32Add, &[1, 0, 0]),
                inst(Op::Load32, &[2, 1, 8]),
                branch,
            ],
            3,
        )
    };
    let apart = code(inst(Op::BrI32LtU, &[2, 0, 0]));
    assert_eq!(apart.len(), 3, "{apart:?}");
    let at_once = code(inst(Op::BrZ, &[2, 0]));
    assert_eq!(at_once.len(), 2, "{at_once:?}");
    // Offsets and immediates that take two bytes.
    let far = ending(load(256), inst(Op::BrZ, &[1, 0]));
    assert!(far.starts_with("load32"), "{far}");
    let long = ending(load(8), inst(Op::BrI32EqImm, &[1, 200, 0]));
    assert!(long.starts_with("load32"), "{long}");
}

#[test]
fn an_index_is_stepped_by_the_table() {
    let code = func(vec![
        block(
            1,
            vec![
                inst(Op::I32AddImm, &[1, 0, -65]),
                inst(Op::BrTable, &[1, 1]),
            ],
            &[1, 2],
        ),
        block(
            1,
            vec![inst(Op::GlobalSet, &[1, 0]), inst(Op::Ret, &[])],
            &[],
        ),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]);
    let text = listing(&emitted(&code));
    assert!(
        text.contains("br_table_add 0 0 1 -65\n    -> 6\n"),
        "{text}"
    );
}

#[test]
fn moves_go_by_three() {
    // Two values change places in a loop, and a third is moved.
    let mut code = func(vec![
        block(1, vec![inst(Op::GlobalSet, &[0, 0])], &[1]),
        block(1, vec![inst(Op::BrNz, &[0, 0])], &[3, 2]),
        block(1, vec![inst(Op::Br, &[])], &[1]),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]);
    code.blocks[1].params = vec![VReg(1), VReg(2), VReg(3), VReg(4)];
    code.vreg_count = 5;
    code.is_ref = vec![false; 5];
    code.is_wide = vec![false; 5];
    code.blocks[0].succs[0].args = vec![VReg(0); 4];
    code.blocks[2].succs[0].args = vec![VReg(2), VReg(3), VReg(4), VReg(1)];
    let text = listing(&emitted(&code));
    let found: Vec<&str> = text.lines().filter(|line| line.contains("mov")).collect();
    assert_eq!(found.len(), 4, "{text}");
    assert!(found[0].contains("mov3 1 0 2 0 3 0"), "{text}");
    assert!(found[2].contains("mov3"), "{text}");
    assert!(found[3].contains("br_mov2"), "{text}");
}

/// The lines of a function that calls something with one argument, and needs its own afterwards.
fn calling(first: Option<VInst>, call: VInst, arg: u32) -> Vec<String> {
    let call = VInst {
        args: vec![VReg(arg)],
        ..call
    };
    let kept = inst(Op::Store32, &[0, 1, 0]);
    body(first.into_iter().chain([call, kept]).collect(), 4)
}

#[test]
fn arguments_are_moved_and_stepped_by_the_call() {
    let call = || inst(Op::Call, &[0, 0, 1]);
    let moved = calling(None, call(), 0);
    assert_eq!(moved[0], "mov_then_call 4 0 4 0 1");
    let stepped = calling(Some(inst(Op::I32AddImm, &[3, 0, -1])), call(), 3);
    assert_eq!(stepped[0], "i32_add_imm_then_call 4 0 4 0 -1 1");
    let indirect = |index| inst(Op::CallIndirectZero, &[0, 0, index, 0]);
    let moved = calling(None, indirect(1), 0);
    assert_eq!(moved[0], "mov_then_call_indirect_zero 4 0 4 0 1 0");
    let constant = |value| calling(Some(inst(Op::ConstU32, &[3, value])), indirect(1), 3);
    assert_eq!(
        constant(0xff_ffff)[0],
        "const_then_call_indirect_zero 4 0 4 16777215 1 0"
    );
    assert_eq!(constant(0x100_0000).len(), 3);
    // What is stepped is the index too, which the call reads first.
    let index = calling(Some(inst(Op::I32AddImm, &[3, 0, -1])), indirect(3), 3);
    assert_eq!(index.len(), 3, "{index:?}");
}

#[test]
fn a_sum_of_vectors_is_paired_with_the_rotation_that_takes_it() {
    let lines = |xor: [i64; 2]| {
        let wide = vec![
            inst(Op::I32x4Splat, &[3, 0]),
            inst(Op::I32x4Splat, &[4, 1]),
            inst(Op::I32x4Add, &[5, 3, 4]),
            inst(Op::I32x4XorRotlImm, &[6, xor[0], xor[1], 7]),
            inst(Op::Store128, &[0, 5, 0]),
            inst(Op::Store128, &[0, 6, 16]),
        ];
        let mut insts = wide;
        insts.push(inst(Op::Ret, &[]));
        let mut code = func(vec![block(3, insts, &[])]);
        code.blocks[0].loop_depth = 1;
        code.vreg_count = 7;
        code.is_ref = vec![false; 7];
        code.is_wide = [false, false, false, true, true, true, true].to_vec();
        code.blocks[0].params = vec![VReg(0), VReg(1), VReg(2)];
        code.param_count = 3;
        listing(&emitted(&code))
    };
    for text in [lines([5, 4]), lines([4, 5])] {
        assert!(text.contains("i32x4_add_then_xor_rotl_imm"), "{text}");
        assert!(!text.contains("i32x4_add "), "{text}");
    }
    // One that takes something else.
    let apart = lines([3, 4]);
    assert!(apart.contains("i32x4_xor_rotl_imm"), "{apart}");
    assert!(!apart.contains("then"), "{apart}");
}

#[test]
fn what_falls_into_a_loop_pays_for_it() {
    let first = |first: VInst| {
        let mut code = func(vec![
            block(1, vec![inst(Op::GlobalSet, &[0, 0]), first], &[1]),
            block(1, vec![inst(Op::BrI32AddNz, &[2, 1, -1, 0])], &[3, 2]),
            block(1, vec![inst(Op::Ret, &[])], &[]),
            block(0, vec![inst(Op::Br, &[])], &[1]),
        ]);
        code.blocks[1].params = vec![VReg(1)];
        code.blocks[1].loop_depth = 1;
        code.vreg_count = 4;
        code.is_ref = vec![false; 4];
        code.is_wide = vec![false; 4];
        code.blocks[0].succs[0].args = vec![VReg(3)];
        code.blocks[3].succs[0].args = vec![VReg(2)];
        let text = listing(&emitted(&code));
        let line = text.lines().nth(2).expect("a third line").trim();
        line.split_once(' ').map(|it| it.1.to_owned())
    };
    let is = |text: &str| Some(text.to_owned());
    assert_eq!(first(inst(Op::ConstU32, &[3, 200])), is("br_const 0 200 3"));
    let sum = first(inst(Op::I32AddImm, &[3, 0, 900]));
    assert_eq!(sum, is("br_i32_add_imm 0 0 900 4"));
    let long = first(inst(Op::ConstU32, &[3, 256]));
    assert_eq!(long, is("const_u16 0 256"));
}

#[test]
fn sums_and_constants_are_returned_at_once() {
    let lines = |insts: Vec<VInst>| {
        let text = listing(&emitted(&func(vec![block(1, insts, &[])])));
        let lines = text.lines().skip(1).map(|line| line.trim()[2..].to_owned());
        lines.collect::<Vec<_>>()
    };
    let sum = |ret| vec![inst(Op::I32Add, &[1, 0, 0]), inst(Op::Ret1, &[ret])];
    assert_eq!(lines(sum(1)), ["ret1_i32_add 0 0"]);
    assert_eq!(lines(sum(0)).len(), 2, "another value");
    let constant = |imm| vec![inst(Op::ConstU32, &[1, imm]), inst(Op::Ret1, &[1])];
    assert_eq!(lines(constant(65535)), ["ret1_const 65535"]);
    assert_eq!(lines(constant(65536)).len(), 2, "a long one");
}

#[test]
fn a_stack_pointer_is_stepped_at_once() {
    let code = |to| {
        body(
            vec![
                inst(Op::GlobalGet, &[3, 7]),
                inst(Op::I32AddImm, &[4, 3, -80]),
                inst(Op::GlobalSet, &[4, to]),
                inst(Op::Store32, &[4, 3, 0]),
            ],
            5,
        )
    };
    assert_eq!(code(7)[0], "global_step 1 0 -80 7");
    assert_eq!(code(8).len(), 4, "another global");
}

#[test]
fn a_copy_is_paired_with_the_step_behind_it() {
    let code = |imm| {
        body(
            vec![
                inst(Op::Mov, &[3, 0]),
                inst(Op::I32AddImm, &[4, 0, imm]),
                inst(Op::Store32, &[3, 4, 0]),
                inst(Op::Store32, &[3, 0, 0]),
            ],
            5,
        )
    };
    assert_eq!(code(-9)[0], "mov_then_i32_add_imm 2 1 0 0 -9");
}

#[test]
fn where_exceptions_are_caught_instructions_are_paired_as_well_and_handlers_still_name_the_calls() {
    let tried = |before: Vec<VInst>, next: u32| {
        let call = VInst {
            args: vec![VReg(0)],
            ..inst(Op::Call, &[0, 0, 1])
        };
        let insts = before.into_iter().chain([call]).collect();
        let clause = Clause {
            tag: Some(0),
            with_ref: false,
        };
        VBlock {
            clauses: vec![clause],
            ..block(3, insts, &[next, 3])
        }
    };
    let stores = |value| {
        vec![
            inst(Op::I32AddImm, &[value, 0, 5]),
            inst(Op::Store32, &[0, value, 0]),
        ]
    };
    let last = vec![inst(Op::Store32, &[0, 0, 0]), inst(Op::Ret, &[])];
    let mut code = func(vec![
        tried(stores(1), 1),
        VBlock {
            cost: 0,
            ..tried(stores(2), 2)
        },
        block(0, last.clone(), &[]),
        block(1, last, &[]),
    ]);
    code.blocks
        .iter_mut()
        .for_each(|block| block.loop_depth = 1);
    let code = emitted(&code);
    let text = listing(&code);
    let calls = text.lines().filter(|line| line.contains("mov_then_call"));
    let starts: Vec<u32> = calls
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect();
    assert_eq!(starts.len(), 2, "{text}");
    let words = u32::from(Op::MovThenCall.info().words);
    let [row] = &code.handlers[..] else {
        panic!("one row for neighbours: {:?}", code.handlers)
    };
    assert_eq!(
        (row.first, row.last),
        (starts[0] + words - 1, starts[1] + words - 1),
        "{text}"
    );
}
