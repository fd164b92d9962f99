//! What becomes of instructions that come one after the other.

use wrt_format::isa::Op;

use super::{VInst, VReg, block, emitted, func, inst, listing};

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
        text.contains("br_table_add 0 0 1 -65\n    -> 9\n"),
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
