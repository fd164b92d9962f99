//! Tests of slot allocation: by hand, at random against the checker, and of the checker itself.

use super::meaning;
use super::random::{Rng, generate};
use super::*;
use crate::error::ErrorKind;
use crate::lower::vcode::{VBlock, VEdge};
use wrt_format::isa::Op;

#[test]
fn random_code_is_allocated_right() {
    let (mut gathered, mut moves) = (0, 0);
    for seed in 0..1500 {
        let code = generate(seed, 4 + seed as usize % 60);
        let allocated = allocate(&code).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        if let Err(error) = check(&code, &allocated) {
            panic!("seed {seed}: {error}\n{}", dump(&code, &allocated));
        }
        let all = code.blocks.iter().flat_map(|block| &block.insts);
        gathered += all
            .filter(|inst| is_gathered(&code, inst, &allocated))
            .count();
        moves += allocated.moves.len();
    }
    assert!(gathered > 100 && moves > 5_000);
}

/// Big functions take the other paths: blocks are swept for short-lived values.
#[test]
fn big_random_code_is_allocated_right() {
    for seed in 0..2 {
        let code = generate_big(seed, 5000);
        assert!(code.vreg_count >= 10_000, "{} registers", code.vreg_count);
        let allocated = allocate(&code).unwrap();
        check(&code, &allocated).unwrap();
        assert!(allocated.frame < 2000, "frame {}", allocated.frame);
    }
}

/// Several random functions one after the other, as parts of one.
fn generate_big(seed: u64, size: usize) -> VCode {
    let mut whole = generate(seed, 40);
    let mut more = seed * 1000;
    while (whole.vreg_count as usize) < 2 * size {
        more += 1;
        append(&mut whole, generate(more, 400));
    }
    whole
}

/// Makes every return and tail call of `whole` go on to `part`, whose parameters become constants.
fn append(whole: &mut VCode, part: VCode) {
    let (blocks, vregs) = (whole.blocks.len() as u32, whole.vreg_count);
    for block in &mut whole.blocks {
        if !block.succs.is_empty() {
            continue;
        }
        let last = block.insts.pop().unwrap();
        if last.op == Op::ReturnCall || last.op == Op::Throw {
            let [_, callee, ..] = last.fields;
            let args = last.args;
            block.insts.push(VInst {
                args,
                ..inst(Op::Call, &[0, 0, callee])
            });
        }
        block.insts.push(inst(Op::Br, &[]));
        block.succs = edges(&[(blocks, &[])]);
    }
    for (b, mut block) in part.blocks.into_iter().enumerate() {
        let shift = |it: &mut VReg| it.0 += vregs;
        if b == 0 {
            let params = core::mem::take(&mut block.params);
            let constant = |it: VReg| inst(Op::ConstU32, &[it.0.into(), 3]);
            block.insts.splice(0..0, params.into_iter().map(constant));
        }
        block
            .params
            .iter_mut()
            .chain(&mut block.caught)
            .for_each(shift);
        for it in &mut block.insts {
            it.args.iter_mut().chain(&mut it.results).for_each(shift);
            for (field, value) in it.op.info().fields.iter().zip(&mut it.fields) {
                if field.role.is_register() {
                    *value += i64::from(vregs);
                }
            }
        }
        for edge in &mut block.succs {
            edge.block += blocks;
            edge.args.iter_mut().for_each(shift);
        }
        whole.blocks.push(block);
    }
    whole.vreg_count += part.vreg_count;
    whole.is_ref.extend(part.is_ref);
    whole.is_wide.extend(part.is_wide);
}

/// Wrong allocations are found out. Those that are not found out must be right: they run like the others.
#[test]
fn mutations_are_caught() {
    let mut rng = Rng(17);
    let (mut caught, mut passed) = (0, 0);
    for seed in 0..1000 {
        let code = generate(seed, 4 + seed as usize % 40);
        let good = allocate(&code).unwrap();
        let mut bad = good.clone();
        let what = rng.below(3);
        if what == 0 && !bad.moves.is_empty() {
            bad.moves.remove(rng.below(good.moves.len()));
        } else if what == 1 && !bad.moves.is_empty() {
            let at = rng.below(good.moves.len());
            bad.moves[at].src = rng.below(good.frame.into()) as u16;
        } else if !bad.slots.is_empty() {
            let at = rng.below(good.slots.len());
            bad.slots[at] = rng.below(good.frame.into()) as u16;
        }
        if bad == good {
            continue;
        }
        if check(&code, &bad).is_err() {
            caught += 1;
            continue;
        }
        passed += 1;
        let emitted = crate::emit::emit(&code, &bad).unwrap();
        let found = crate::emit::tests::machine::run(&code, &emitted);
        assert!(
            meaning::run(&code).agrees(&found),
            "seed {seed} is wrong and was passed"
        );
    }
    assert!(
        caught > 500 && passed < caught / 2,
        "{caught} caught, {passed} passed"
    );
}

#[test]
fn work_grows_like_the_code() {
    // Values that live through everything, values that live from one part to the next, and loops around parts.
    let part = |count: usize| {
        let mut code = generate_big(1, count);
        let keep: Vec<i64> = (0..200).map(|i| i64::from(code.vreg_count) + i).collect();
        code.vreg_count += 200;
        code.is_ref.extend([false; 200]);
        code.is_wide.extend([false; 200]);
        let define = |&it: &i64| inst(Op::ConstU32, &[it, 1]);
        code.blocks[0].insts.splice(0..0, keep.iter().map(define));
        let last = code.blocks.len() - 1;
        let read = |&it: &i64| inst(Op::GlobalSet, &[it, 0]);
        code.blocks[last].insts.splice(0..0, keep.iter().map(read));
        code
    };
    let (small, large) = (part(2_500), part(20_000));
    let (_, work) = allocate_counted(&small).unwrap();
    let (_, more) = allocate_counted(&large).unwrap();
    let growth = f64::from(large.vreg_count) / f64::from(small.vreg_count);
    let cost = more as f64 / work as f64;
    assert!(
        cost < growth * 2.0,
        "code grows by {growth}, work by {cost}"
    );
}

#[test]
fn too_many_slots_are_refused() {
    let count = 40_000;
    let define = (0..count).map(|it| inst(Op::ConstU32, &[it, 1]));
    let read = (0..count).map(|it| inst(Op::GlobalSet, &[it, 0]));
    let mut insts: Vec<VInst> = define.chain(read).collect();
    insts.push(inst(Op::Ret, &[]));
    let error = allocate(&func(0, count as u32, vec![block(&[], insts, &[], 0)])).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::TooLarge("frame slots", 32_767));
    assert_eq!(error.func_idx(), Some(9));
}

#[test]
fn broken_code_is_refused() {
    let ret = || inst(Op::Ret, &[]);
    let refused = |code: &VCode| {
        let error = allocate(code).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Internal);
        error.message().to_owned()
    };
    let twice = vec![
        inst(Op::ConstU32, &[0, 1]),
        inst(Op::ConstU32, &[0, 1]),
        ret(),
    ];
    let text = refused(&func(0, 1, vec![block(&[], twice, &[], 0)]));
    assert_eq!(text, "v0 is defined twice");
    let never = vec![inst(Op::GlobalSet, &[0, 1]), ret()];
    let text = refused(&func(0, 1, vec![block(&[], never, &[], 0)]));
    assert_eq!(text, "v0 is never defined");
    let early = vec![
        inst(Op::GlobalSet, &[0, 1]),
        inst(Op::ConstU32, &[0, 1]),
        ret(),
    ];
    let text = refused(&func(0, 1, vec![block(&[], early, &[], 0)]));
    assert_eq!(text, "v0 is read before it is defined");
    let one_arm = vec![
        block(
            &[0],
            vec![inst(Op::BrNz, &[0, 0])],
            &[(2, &[]), (1, &[])],
            0,
        ),
        block(&[], vec![inst(Op::ConstU32, &[1, 1])], &[(2, &[])], 0),
        block(&[], vec![inst(Op::GlobalSet, &[1, 1]), ret()], &[], 0),
    ];
    let text = refused(&func(1, 2, one_arm));
    assert_eq!(text, "v1 may be read before it is defined");
    let critical = vec![
        block(
            &[0],
            vec![inst(Op::BrNz, &[0, 0])],
            &[(2, &[0]), (1, &[])],
            0,
        ),
        block(&[], vec![], &[(2, &[0])], 0),
        block(&[1], vec![ret()], &[], 0),
    ];
    let text = refused(&func(1, 2, critical));
    assert_eq!(text, "critical edge with arguments into block 2");
}

pub(super) fn inst(op: Op, fields: &[i64]) -> VInst {
    let mut all = [0; 6];
    all[..fields.len()].copy_from_slice(fields);
    VInst {
        op,
        fields: all,
        args: Vec::new(),
        results: Vec::new(),
        offset: 0,
    }
}

pub(super) fn call(args: &[u32], results: &[u32]) -> VInst {
    VInst {
        args: args.iter().copied().map(VReg).collect(),
        results: results.iter().copied().map(VReg).collect(),
        ..inst(Op::Call, &[0, 0, 7])
    }
}

fn edges(list: &[(u32, &[u32])]) -> Vec<VEdge> {
    let edge = |&(block, args): &(u32, &[u32])| VEdge {
        block,
        args: args.iter().copied().map(VReg).collect(),
    };
    list.iter().map(edge).collect()
}

pub(super) fn block(
    params: &[u32],
    insts: Vec<VInst>,
    succs: &[(u32, &[u32])],
    loop_depth: u32,
) -> VBlock {
    VBlock {
        params: params.iter().copied().map(VReg).collect(),
        insts,
        succs: edges(succs),
        cost: 1,
        loop_depth,
        ..VBlock::default()
    }
}

pub(super) fn func(param_count: u32, vreg_count: u32, blocks: Vec<VBlock>) -> VCode {
    VCode {
        func_idx: 9,
        blocks,
        vreg_count,
        is_ref: vec![false; vreg_count as usize],
        is_wide: vec![false; vreg_count as usize],
        home_of: Vec::new(),
        home_slots: 0,
        pool: Vec::new(),
        param_count,
        result_count: 0,
    }
}

#[track_caller]
pub(super) fn check_dump(code: &VCode, expected: &str) {
    let allocated = allocate(code).unwrap();
    check(code, &allocated).unwrap();
    let found = dump(code, &allocated);
    let lines = |text: &str| {
        text.lines()
            .map(|it| it.trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&found), lines(expected), "\n{found}");
}

#[test]
fn no_move_is_left_in_a_loop() {
    // for (i = n, sum = 0; i != 0; i -= 1) sum += i
    let code = func(
        1,
        7,
        vec![
            block(&[0], vec![inst(Op::ConstU32, &[1, 0])], &[(1, &[0, 1])], 0),
            block(
                &[2, 3],
                vec![
                    inst(Op::I32Add, &[4, 3, 2]),
                    inst(Op::BrI32AddNz, &[5, 2, -1, 0]),
                ],
                &[(3, &[]), (2, &[])],
                1,
            ),
            block(&[], vec![inst(Op::Ret1, &[4])], &[], 0),
            block(&[], vec![inst(Op::Br, &[])], &[(1, &[5, 4])], 1),
        ],
    );
    check_dump(
        &code,
        "frame 2 base 0
         b0(s0) cost 1:
         const_u32 s1, 0
         b1(s0, s1) cost 1:
         i32_add s1, s1, s0
         br_i32_add_nz s0, s0, -1, b3
         b2() cost 1:
         ret1 s1
         b3() cost 1:
         br b1",
    );
}

#[test]
fn a_swap_goes_through_the_scratch_slot() {
    let code = func(
        2,
        5,
        vec![
            block(&[0, 1], vec![], &[(1, &[0, 1])], 0),
            block(
                &[2, 3],
                vec![inst(Op::BrNz, &[2, 0])],
                &[(3, &[]), (2, &[])],
                1,
            ),
            block(&[], vec![inst(Op::Ret1, &[3])], &[], 0),
            block(&[], vec![inst(Op::Br, &[])], &[(1, &[3, 2])], 1),
        ],
    );
    check_dump(
        &code,
        "frame 3 base 0
         b0(s0, s1) cost 1:
         b1(s0, s1) cost 1:
         br_nz s0, b3
         b2() cost 1:
         ret1 s1
         b3() cost 1:
         * s2 = s0
         * s0 = s1
         * s1 = s2
         br b1",
    );
}

#[test]
fn arguments_are_computed_into_the_window() {
    // f(f(a + 1, a), a * 3): the inner result is the outer's first argument.
    let code = func(
        1,
        6,
        vec![block(
            &[0],
            vec![
                inst(Op::I32AddImm, &[1, 0, 1]),
                call(&[1, 0], &[2]),
                inst(Op::I32MulImm, &[3, 0, 3]),
                call(&[2, 3], &[4]),
                inst(Op::Ret1, &[4]),
            ],
            &[],
            0,
        )],
    );
    check_dump(
        &code,
        "frame 4 base 2
         b0(s0) cost 1:
         i32_add_imm s2, s0, 1
         * s3 = s0
         call s2+2, s2+1, 7
         i32_mul_imm s3, s0, 3
         call s2+2, s0+1, 7
         ret1 s0",
    );
}

#[test]
fn several_results_stay_in_the_window_or_are_moved_out() {
    // The first result lives over the second call, the second is its argument in the same place.
    let code = func(
        0,
        6,
        vec![block(
            &[],
            vec![
                inst(Op::ConstU32, &[0, 5]),
                call(&[0], &[1, 2]),
                call(&[0, 2], &[3]),
                inst(Op::I32Add, &[4, 1, 3]),
                inst(Op::Ret1, &[4]),
            ],
            &[],
            0,
        )],
    );
    check_dump(
        &code,
        "frame 5 base 3
         b0() cost 1:
         const_u32 s0, 5
         * s3 = s0
         call s3+1, s3+2, 7
         * s1 = s3
         * s3 = s0
         call s3+2, s0+1, 7
         i32_add s0, s1, s0
         ret1 s0",
    );
}

#[test]
fn arguments_of_table_edges_are_moved_at_the_targets() {
    let code = func(
        1,
        5,
        vec![
            block(
                &[0],
                vec![inst(Op::BrTable, &[0, 1])],
                &[(1, &[0]), (2, &[])],
                0,
            ),
            block(
                &[1],
                vec![inst(Op::GlobalSet, &[0, 0]), inst(Op::Ret1, &[1])],
                &[],
                0,
            ),
            block(&[], vec![inst(Op::Ret1, &[0])], &[], 0),
        ],
    );
    check_dump(
        &code,
        "frame 2 base 0
         b0(s0) cost 1:
         br_table s0, [b1 b2]
         b1(s1) cost 1:
         * s1 = s0
         global_set s0, 0
         ret1 s1
         b2() cost 1:
         ret1 s0",
    );
}

#[test]
fn a_limit_is_not_overwritten_by_the_step() {
    let code = func(
        2,
        4,
        vec![
            block(
                &[0, 1],
                vec![inst(Op::BrI32AddLtS, &[2, 0, 1, 1, 0])],
                &[(2, &[]), (1, &[])],
                0,
            ),
            block(&[], vec![inst(Op::Ret1, &[2])], &[], 0),
            block(&[], vec![inst(Op::Ret, &[])], &[], 0),
        ],
    );
    let allocated = allocate(&code).unwrap();
    assert_eq!(allocated.slots[..3], [0, 1, 0]);
    let mut wrong = allocated.clone();
    wrong.slots[2] = 1;
    assert!(check(&code, &wrong).unwrap_err().contains("overwritten"));
}

#[test]
fn references_have_slots_of_their_own() {
    let mut code = func(
        1,
        4,
        vec![block(
            &[0],
            vec![
                inst(Op::TableGet, &[1, 0, 0]),
                inst(Op::TableGet, &[2, 0, 0]),
                inst(Op::ConstU32, &[3, 1]),
                inst(Op::TableSet, &[3, 1, 0]),
                inst(Op::TableSet, &[0, 2, 0]),
                inst(Op::Ret, &[]),
            ],
            &[],
            0,
        )],
    );
    code.is_ref[1] = true;
    code.is_ref[2] = true;
    let allocated = allocate(&code).unwrap();
    check(&code, &allocated).unwrap();
    assert_eq!(allocated.refs, 2);
    assert_eq!(allocated.slots, [0, 1, 2, 3]);
}

#[test]
fn returned_values_are_gathered_unless_they_lie_side_by_side() {
    let ret_n = |args: &[u32]| VInst {
        op: Op::RetN,
        ..call(args, &[])
    };
    let two = |args: &[u32]| func(2, 2, vec![block(&[0, 1], vec![ret_n(args)], &[], 0)]);
    let (straight, crossed) = (two(&[0, 1]), two(&[1, 0]));
    let allocated = allocate(&straight).unwrap();
    assert_eq!(allocated.moves, []);
    assert_eq!(
        allocated.returned_from(&straight, &straight.blocks[0].insts[0]),
        0
    );
    let allocated = allocate(&crossed).unwrap();
    assert_eq!(allocated.moves.len(), 2);
    assert_eq!(
        allocated.returned_from(&crossed, &crossed.blocks[0].insts[0]),
        3
    );
}
