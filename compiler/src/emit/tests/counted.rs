//! What becomes of the counters of a loop and the branch behind them, and of masks that are tested.

use wrt_format::isa::Op;

use super::{VReg, block, emitted, func, inst, listing};

/// The lines of a loop that counts with v1 and v2, of which v2 has a limit, after `filler` instructions.
fn counting(steps: [i64; 2], branch: Op, filler: usize) -> String {
    let edge_args = vec![VReg(3), VReg(4)];
    let mut insts = vec![inst(Op::GlobalSet, &[1, 0]); filler];
    insts.push(inst(Op::I32AddImm, &[3, 1, steps[0]]));
    insts.push(if branch == Op::BrI32AddNe {
        inst(branch, &[4, 2, 0, steps[1], 0])
    } else {
        inst(branch, &[4, 2, steps[1], 0])
    });
    let mut code = func(vec![
        block(1, vec![inst(Op::GlobalSet, &[0, 0])], &[1]),
        block(1, insts, &[3, 2]),
        block(1, vec![inst(Op::Ret, &[])], &[]),
        block(0, vec![inst(Op::Br, &[])], &[1]),
    ]);
    code.blocks[1].params = vec![VReg(1), VReg(2)];
    code.blocks[1].loop_depth = 1;
    code.vreg_count = 5;
    code.is_ref = vec![false; 5];
    code.is_wide = vec![false; 5];
    code.blocks[0].succs[0].args = vec![VReg(0); 2];
    code.blocks[3].succs[0].args = edge_args;
    listing(&emitted(&code))
}

#[test]
fn two_counters_are_stepped_by_the_branch() {
    let text = counting([1000, -7], Op::BrI32AddNe, 1);
    assert!(text.contains("br_i32_add_add_ne 1 2 0 -7 1000 -"), "{text}");
    let text = counting([100, -7], Op::BrI32AddNz, 1);
    assert!(text.contains("br_i32_add_add_nz 0 1 100 -7 -"), "{text}");
    // Steps that take more room.
    let text = counting([1000, -700], Op::BrI32AddNe, 1);
    assert!(text.contains("i32_add_imm 1 1 1000"), "{text}");
    let text = counting([1000, -7], Op::BrI32AddNz, 1);
    assert!(text.contains("i32_add_imm 0 0 1000"), "{text}");
}

/// The lines of a loop that counts with v1, v2 and v3 if there is a third step, with a branch that compares what is last with a number.
fn stepping(steps: &[i64], branch: (Op, i64), filler: usize) -> String {
    let count = steps.len() as i64;
    let last = steps.len() - 1;
    let mut insts = vec![inst(Op::GlobalSet, &[1, 0]); filler];
    for (i, &step) in (0..).zip(steps) {
        insts.push(inst(Op::I32AddImm, &[count + 1 + i, 1 + i, step]));
    }
    if branch.0 == Op::BrI32AddNz {
        insts.pop();
        insts.push(inst(branch.0, &[2 * count, count, steps[last], 0]));
    } else if [Op::BrI32AddLtS, Op::BrI32AddLtU].contains(&branch.0) {
        insts.pop();
        insts.push(inst(branch.0, &[2 * count, count, 0, steps[last], 0]));
    } else {
        insts.push(inst(branch.0, &[2 * count, branch.1, 0]));
    }
    let mut code = func(vec![
        block(1, vec![inst(Op::GlobalSet, &[0, 0])], &[1]),
        block(1, insts, &[3, 2]),
        block(1, vec![inst(Op::Ret, &[])], &[]),
        block(0, vec![inst(Op::Br, &[])], &[1]),
    ]);
    let regs = |from: i64| {
        (from..from + count)
            .map(|it| VReg(it as u32))
            .collect::<Vec<_>>()
    };
    code.blocks[1].params = regs(1);
    code.blocks[1].loop_depth = 1;
    code.vreg_count = 2 * count as u32 + 1;
    code.is_ref = vec![false; code.vreg_count as usize];
    code.is_wide = code.is_ref.clone();
    code.blocks[0].succs[0].args = vec![VReg(0); steps.len()];
    code.blocks[3].succs[0].args = regs(count + 1);
    listing(&emitted(&code))
}

#[test]
fn counters_are_stepped_and_compared_by_the_branch() {
    let ne = stepping(&[16, 4], (Op::BrI32NeImm, 2044), 1);
    assert!(ne.contains("br_i32_add_add_ne_imm 0 1 16 4 2044 -"), "{ne}");
    let lt = stepping(&[-1000, 256], (Op::BrI32LtUImm, 16_384), 1);
    assert!(
        lt.contains("br_i32_add_add_lt_u_imm 0 1 -1000 256 16384 -"),
        "{lt}"
    );
    for (branch, name) in [(Op::BrI32AddLtS, "lt_s"), (Op::BrI32AddLtU, "lt_u")] {
        let text = stepping(&[1000, 8], (branch, 0), 1);
        assert!(
            text.contains(&format!("br_i32_add_add_{name} 1 2 0 8 1000 -")),
            "{text}"
        );
    }
    let nz = stepping(&[16, 16, -4], (Op::BrI32AddNz, 0), 1);
    assert!(nz.contains("br_i32_add_add_add_nz 0 1 2 -4 16 -"), "{nz}");
    // Two steps that are not the same.
    let apart = stepping(&[16, 8, -4], (Op::BrI32AddNz, 0), 1);
    assert!(apart.contains("br_i32_add_add_nz 1 2 8 -4 -"), "{apart}");
}

#[test]
fn counters_are_stepped_apart_where_the_label_is_far() {
    for (steps, branch, lines) in [
        (
            &[16, 4][..],
            (Op::BrI32NeImm, 2044),
            ["i32_add_imm 0 0 16", "br_i32_add_eq_imm 1 1 4 2044 "],
        ),
        (
            &[16, 4],
            (Op::BrI32LtUImm, 2044),
            ["i32_add_imm 0 0 16", "br_i32_add_ge_u_imm 1 1 4 2044 "],
        ),
        (
            &[16, 4],
            (Op::BrI32AddLtS, 0),
            ["i32_add_imm 1 1 16", "br_i32_add_lt_s 2 2 0 4 -"],
        ),
        (
            &[16, 4],
            (Op::BrI32AddLtU, 0),
            ["i32_add_imm 1 1 16", "br_i32_add_lt_u 2 2 0 4 -"],
        ),
        (
            &[16, 16, -4],
            (Op::BrI32AddNz, 0),
            ["i32_add_imm 0 0 16", "br_i32_add_nz 2 2 -4 -"],
        ),
    ] {
        let text = stepping(steps, branch, 17_000);
        let end: Vec<&str> = text.lines().rev().take(6).collect();
        assert!(lines.iter().all(|line| text.contains(line)), "{end:?}");
        assert!(!text.contains("add_add"), "{end:?}");
    }
}

#[test]
fn masks_are_tested_where_they_are_made() {
    for (mask, fields, name) in [
        (Op::I8x16Bitmask, &[4, 3][..], "br_i8x16_bitmask"),
        (Op::I8x16EqBitmask, &[4, 3, 3], "br_i8x16_eq_bitmask"),
    ] {
        for (branch, opposite) in [(Op::BrNz, "z"), (Op::BrZ, "nz")] {
            let mut code = func(vec![
                block(
                    1,
                    vec![
                        inst(Op::I32x4Splat, &[3, 0]),
                        inst(mask, fields),
                        inst(branch, &[4, 0]),
                    ],
                    &[1, 2],
                ),
                block(
                    1,
                    vec![inst(Op::GlobalSet, &[4, 0]), inst(Op::Ret, &[])],
                    &[],
                ),
                block(1, vec![inst(Op::Ret, &[])], &[]),
            ]);
            code.vreg_count = 5;
            code.is_ref = vec![false; 5];
            code.is_wide = [false, false, false, true, false].to_vec();
            let text = listing(&emitted(&code));
            assert!(text.contains(&format!("{name}_{opposite} ")), "{text}");
            assert!(!text.contains(" br_z"), "{text}");
        }
    }
}

#[test]
fn two_counters_are_stepped_apart_where_the_label_is_far() {
    for (branch, name, step) in [
        (
            Op::BrI32AddNe,
            "br_i32_add_ne 2 2 0 -7 -",
            "i32_add_imm 1 1 100",
        ),
        (
            Op::BrI32AddNz,
            "br_i32_add_nz 1 1 -7 -",
            "i32_add_imm 0 0 100",
        ),
    ] {
        let text = counting([100, -7], branch, 17_000);
        let end: Vec<&str> = text.lines().rev().take(4).collect();
        assert!(text.contains(name), "{end:?}");
        assert!(text.contains(step), "{end:?}");
        assert!(!text.contains("add_add"), "{end:?}");
    }
}
