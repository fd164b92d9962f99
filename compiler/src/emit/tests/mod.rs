//! Tests of emission: words, labels, and what the machine does with them.

mod balanced;
mod counted;
pub(crate) mod machine;
mod paired;
mod verified;

use wrt_format::isa::{Control, Op};

use super::*;
use crate::lower::vcode::{VBlock, VEdge, VInst, VReg};
use crate::regalloc::meaning;
use crate::regalloc::random::generate;
use crate::regalloc::{allocate, check};
use machine::{decode, table_labels};

#[test]
fn random_code_means_the_same_before_and_after() {
    let (mut finished, mut events) = (0, 0);
    for seed in 0..2000 {
        let code = generate(seed, 4 + seed as usize % 60);
        let allocated = allocate(&code).unwrap();
        let emitted =
            emit(&code, &allocated).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let (expected, found) = (meaning::run(&code), machine::run(&code, &emitted));
        assert!(
            expected.agrees(&found),
            "seed {seed}\n{expected:?}\n{found:?}\n{}\n{}",
            crate::regalloc::dump(&code, &allocated),
            listing(&emitted)
        );
        finished += usize::from(expected.fuel.is_some() && found.fuel.is_some());
        events += expected.events.len().min(found.events.len());
    }
    assert!(finished > 500, "only {finished} runs came to their end");
    assert!(events > 10_000, "only {events} events");
}

/// One line per instruction: word index, name, operands.
fn listing(code: &Code) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < code.words.len() {
        let it = decode(&code.words, at);
        let fields: Vec<String> = it.fields.iter().map(ToString::to_string).collect();
        out += &format!("{at:>3} {} {}\n", it.op.info().name, fields.join(" "));
        if it.op.info().control == Control::Table {
            for label in table_labels(&code.words, at) {
                out += &format!("    -> {label}\n");
            }
        }
        at += it.words;
    }
    out
}

fn inst(op: Op, fields: &[i64]) -> VInst {
    let mut all = [0; 6];
    all[..fields.len()].copy_from_slice(fields);
    VInst {
        op,
        fields: all,
        args: Vec::new(),
        results: Vec::new(),
        offset: 40,
    }
}

fn block(cost: u32, insts: Vec<VInst>, succs: &[u32]) -> VBlock {
    let edge = |&block| VEdge {
        block,
        args: Vec::new(),
    };
    VBlock {
        params: Vec::new(),
        insts,
        succs: succs.iter().map(edge).collect(),
        cost,
        ..VBlock::default()
    }
}

/// A function of one parameter, register 0, that also has registers 1 and 2.
fn func(mut blocks: Vec<VBlock>) -> VCode {
    blocks[0].params = vec![VReg(0)];
    VCode {
        func_idx: 5,
        blocks,
        vreg_count: 3,
        is_ref: vec![false; 3],
        is_wide: vec![false; 3],
        home_of: Vec::new(),
        home_slots: 0,
        pool: Vec::new(),
        param_count: 1,
        result_count: 0,
    }
}

fn emitted(code: &VCode) -> Code {
    let allocated = allocate(code).unwrap();
    check(code, &allocated).unwrap();
    emit(code, &allocated).unwrap()
}

#[track_caller]
fn check_listing(blocks: Vec<VBlock>, expected: &str) {
    let found = listing(&emitted(&func(blocks)));
    assert_eq!(trimmed(&found), trimmed(expected), "\n{found}");
}

fn trimmed(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).collect()
}

#[test]
fn a_block_that_is_only_fallen_into_is_merged() {
    check_listing(
        vec![
            block(2, vec![inst(Op::GlobalSet, &[0, 1])], &[1]),
            block(
                3,
                vec![inst(Op::GlobalSet, &[0, 2]), inst(Op::Br, &[])],
                &[2],
            ),
            block(4, vec![inst(Op::Ret, &[])], &[]),
        ],
        "0 enter 1 9
         2 global_set 0 1
         4 global_set 0 2
         6 ret",
    );
}

#[test]
fn a_block_that_costs_stays_behind_one_that_shows_fuel() {
    // Were the costs added up, a load that traps would have used more fuel than at another level.
    let load = |to| inst(Op::Load32, &[to, 0, 4]);
    check_listing(
        vec![
            block(2, vec![load(1)], &[1]),
            block(3, vec![load(2)], &[2]),
            block(0, vec![inst(Op::Ret, &[])], &[]),
        ],
        "0 enter 2 2
         2 load32 1 0 4
         4 fuel 3
         5 load32 0 0 4
         7 ret",
    );
}

#[test]
fn conditions_are_turned_so_that_the_next_block_is_fallen_into() {
    // The fall-through is an empty block that leads far away, the target is what is laid out next.
    check_listing(
        vec![
            block(2, vec![inst(Op::BrI32LtSImm, &[0, 7, 0])], &[2, 1]),
            block(0, vec![inst(Op::Br, &[])], &[3]),
            block(
                1,
                vec![inst(Op::GlobalSet, &[0, 2]), inst(Op::Ret, &[])],
                &[],
            ),
            block(4, vec![inst(Op::Ret, &[])], &[]),
        ],
        "0 enter 1 2
         2 br_i32_ge_s_imm 0 7 8
         6 fuel 1
         7 global_set 0 2
         9 ret
         10 fuel 4
         11 ret",
    );
}

#[test]
fn a_step_branch_cannot_be_turned_and_gets_a_block_in_between() {
    check_listing(
        vec![
            block(2, vec![inst(Op::BrI32AddNz, &[1, 0, -1, 0])], &[2, 1]),
            block(0, vec![inst(Op::Br, &[])], &[3]),
            block(
                1,
                vec![inst(Op::GlobalSet, &[1, 2]), inst(Op::Ret, &[])],
                &[],
            ),
            block(4, vec![inst(Op::Ret, &[])], &[]),
        ],
        "0 enter 1 2
         2 br_i32_add_nz 0 0 -1 5
         5 fuel 0
         6 br 5
         7 fuel 1
         8 global_set 0 2
         10 ret
         11 fuel 4
         12 ret",
    );
}

#[test]
fn branches_go_past_blocks_that_do_nothing() {
    check_listing(
        vec![
            block(1, vec![inst(Op::BrTable, &[0, 2])], &[1, 2, 3]),
            block(0, vec![inst(Op::Br, &[])], &[2]),
            block(0, vec![], &[3]),
            block(7, vec![inst(Op::Ret, &[])], &[]),
        ],
        "0 enter 1 1
         2 br_table 0 2
         -> 6
         -> 6
         -> 6
         8 fuel 7
         9 ret",
    );
}

#[test]
fn a_branch_whose_ways_are_one_is_left_out() {
    check_listing(
        vec![
            block(3, vec![inst(Op::BrNz, &[0, 0])], &[2, 1]),
            block(0, vec![], &[2]),
            block(7, vec![inst(Op::Ret, &[])], &[]),
        ],
        "0 enter 1 10
         2 ret",
    );
}

#[test]
fn a_cycle_without_fuel_is_refused() {
    let code = func(vec![
        block(1, vec![], &[1]),
        block(
            0,
            vec![inst(Op::GlobalSet, &[0, 0]), inst(Op::Br, &[])],
            &[1],
        ),
    ]);
    let error = emit(&code, &allocate(&code).unwrap()).unwrap_err();
    assert_eq!(error.kind(), &crate::ErrorKind::Internal);
    assert_eq!(error.func_idx(), Some(5));
    let empty = func(vec![
        block(1, vec![], &[1]),
        block(0, vec![], &[2]),
        block(0, vec![inst(Op::Br, &[])], &[1]),
    ]);
    assert!(emit(&empty, &allocate(&empty).unwrap()).is_err());
}

#[test]
fn a_call_without_fuel_is_refused() {
    let call = || inst(Op::Call, &[0, 0, 1]);
    let with = |cost| func(vec![block(cost, vec![call(), inst(Op::Ret, &[])], &[])]);
    let (free, paid) = (with(0), with(1));
    assert!(emit(&free, &allocate(&free).unwrap()).is_err());
    assert_eq!(emitted(&paid).words.len(), 2 + 3 + 1);
}

/// Labels over a block of 32,800 words, forward and back: the forward branch is turned round and skips a wide one; so is the other.
#[test]
fn labels_that_do_not_reach_are_made_wide() {
    let mut long = block(1, vec![inst(Op::GlobalSet, &[0, 0]); 16_400], &[2]);
    long.insts.push(inst(Op::Br, &[]));
    let code = emitted(&func(vec![
        block(1, vec![inst(Op::BrI32LtSImm, &[0, 3, 0])], &[3, 1]),
        long,
        block(1, vec![inst(Op::BrNz, &[0, 0])], &[1, 3]),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]));
    let found = listing(&code);
    let mut lines = trimmed(&found);
    lines.retain(|line| !line.ends_with("global_set 0 0"));
    let expected = "0 enter 1 1
         2 br_i32_ge_s_imm 0 3 8
         6 fuel 0
         7 br_far 32810
         10 fuel 2
         32811 br_z 0 6
         32813 fuel 0
         32814 br_far -32804
         32817 fuel 1
         32818 ret";
    assert_eq!(lines, trimmed(expected));
}

/// A branch that steps has no opposite, so its label has to reach any distance: 127 words, 32,767, and more.
#[test]
fn labels_of_branches_that_step_reach() {
    let over = |branch: VInst, sets: usize| {
        let mut code = func(vec![
            block(1, vec![branch], &[2, 1]),
            block(1, vec![inst(Op::GlobalSet, &[0, 0]); sets], &[2]),
            block(1, vec![inst(Op::Ret, &[])], &[]),
        ]);
        code.vreg_count = 2;
        code.is_ref.truncate(2);
        code.is_wide.truncate(2);
        Op::from_number(emitted(&code).words[2])
    };
    let zero = |sets| over(inst(Op::BrI32AddNz, &[1, 0, -1, 0]), sets);
    assert_eq!(zero(10), Some(Op::BrI32AddNzShort));
    assert_eq!(zero(100), Some(Op::BrI32AddNz));
    let limit = |sets| over(inst(Op::BrI32AddNe, &[1, 0, 0, -1, 0]), sets);
    assert_eq!(limit(100), Some(Op::BrI32AddNeShort));
    assert_eq!(limit(16_400), Some(Op::BrI32AddNe));
}

/// A label of a byte reaches 127 words on; beyond, the branch takes the form with a word.
#[test]
fn labels_of_a_byte_grow_where_they_do_not_reach() {
    let between = |words: usize| {
        let sets = vec![inst(Op::GlobalSet, &[0, 0]); words / 2];
        let code = emitted(&func(vec![
            block(1, vec![inst(Op::BrNz, &[0, 0])], &[2, 1]),
            block(1, sets, &[2]),
            block(1, vec![inst(Op::Ret, &[])], &[]),
        ]));
        (Op::from_number(code.words[2]), code.words.len())
    };
    // Behind the branch of two words comes a `fuel` of one.
    assert_eq!(between(124), (Some(Op::BrNzShort), 2 + 2 + 1 + 124 + 1 + 1));
    assert_eq!(between(126), (Some(Op::BrNz), 2 + 3 + 1 + 126 + 1 + 1));
}

/// Branches that just reach, each over the next five, but for the last ones: where one grows, the five before it have to, in the next
/// round. After some rounds all labels grow, also one at the start that reaches.
#[test]
fn labels_of_a_byte_do_not_grow_five_at_a_time_for_ever() {
    let first = |count: u32| {
        let mut blocks = vec![
            block(1, vec![inst(Op::BrNz, &[0, 0])], &[2, 1]),
            block(1, vec![], &[2]),
        ];
        let (long, last) = (2 + count, 3 + count);
        for i in 2..long {
            // With its `fuel` and its branch, 25 words.
            let mut insts = vec![inst(Op::GlobalSet, &[0, 0]); 11];
            insts.push(inst(Op::BrNz, &[0, 0]));
            let target = if i + 6 < long { i + 6 } else { last };
            blocks.push(block(1, insts, &[target, i + 1]));
        }
        blocks.push(block(1, vec![inst(Op::GlobalSet, &[0, 0]); 100], &[last]));
        blocks.push(block(1, vec![inst(Op::Ret, &[])], &[]));
        let code = emitted(&func(blocks));
        let found = listing(&code);
        assert_eq!(found.matches("br_nz").count(), 1 + count as usize);
        Op::from_number(code.words[2])
    };
    assert_eq!(first(30), Some(Op::BrNzShort));
    assert_eq!(first(100), Some(Op::BrNz));
}

/// What a block costs beyond what its `fuel` can say is in `fuel_more`.
#[test]
fn large_costs_are_split() {
    let code = emitted(&func(vec![
        block(65_536, vec![inst(Op::BrNz, &[0, 0])], &[2, 1]),
        block(200_000, vec![inst(Op::Ret, &[])], &[]),
        block(65_535, vec![inst(Op::Ret, &[])], &[]),
    ]));
    let lines = listing(&code);
    let lines: Vec<&str> = lines.lines().map(str::trim).collect();
    assert_eq!(lines[..2], ["0 enter 1 62", "2 fuel_more 65474"]);
    let costs: Vec<&str> = lines[3..]
        .iter()
        .copied()
        .filter(|it| it.contains("fuel"))
        .collect();
    assert_eq!(
        costs,
        [
            "6 fuel 62",
            "7 fuel_more 65535",
            "9 fuel_more 65535",
            "11 fuel_more 65535",
            "13 fuel_more 3333",
            "16 fuel 62",
            "17 fuel_more 65473"
        ]
    );
}

#[test]
fn moves_are_paired() {
    let mut code = func(vec![
        block(1, vec![inst(Op::GlobalSet, &[0, 0])], &[1]),
        block(1, vec![inst(Op::BrNz, &[0, 0])], &[3, 2]),
        block(1, vec![inst(Op::Br, &[])], &[1]),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]);
    code.blocks[1].params = vec![VReg(1), VReg(2)];
    code.blocks[0].succs[0].args = vec![VReg(0), VReg(0)];
    code.blocks[2].succs[0].args = vec![VReg(2), VReg(1)];
    let found = emitted(&code);
    assert!(
        listing(&found).contains("mov2 1 0 2 0"),
        "{}",
        listing(&found)
    );
}

#[test]
fn lines_are_of_block_starts_and_of_what_may_stop() {
    let at = |offset, op, fields: &[i64]| VInst {
        offset,
        ..inst(op, fields)
    };
    let code = func(vec![block(
        3,
        vec![
            at(10, Op::I32AddImm, &[1, 0, 1]),
            at(11, Op::I32AddImm, &[2, 1, 1]),
            at(12, Op::I32DivS, &[2 - 1, 0, 0]),
            at(13, Op::Ret, &[]),
        ],
        &[],
    )]);
    let mut code = code;
    code.vreg_count = 4;
    code.is_ref = vec![false; 4];
    code.is_wide = vec![false; 4];
    code.blocks[0].insts[2].fields[0] = 3;
    assert_eq!(emitted(&code).lines, [(0, 10), (6, 12)]);
}

/// Constants that have an instruction of their own, in the slots that its opcodes have room for; negative ones of an i32; any other.
#[test]
fn common_constants_are_one_word() {
    let form = |slot: i64, imm: u32| encode::constant(Op::ConstU32, &[slot, imm.into()]);
    let ones = u32::MAX;
    for (slot, imm, expected) in [
        (31, 0, Some((Op::Const0, [31, 0]))),
        (32, 0, None),
        (18, 1, Some((Op::Const1, [18, 1]))),
        (19, 1, None),
        (7, ones, Some((Op::ConstOnes, [7, -1]))),
        (8, ones, Some((Op::ConstI32, [8, -1]))),
        (0, ones - 127, Some((Op::ConstI32, [0, -128]))),
        (0, ones - 128, None),
        (256, ones, None),
        (0, 2, None),
    ] {
        assert_eq!(form(slot, imm), expected, "{slot} {imm:#x}");
    }
    assert_eq!(encode::constant(Op::ConstS32, &[0, 0]), None);
    assert_eq!(encode::constant(Op::ConstPool, &[0, 0]), None);
    let code = func(vec![block(
        1,
        vec![
            inst(Op::ConstU32, &[1, 0]),
            inst(Op::GlobalSet, &[1, 0]),
            inst(Op::Ret, &[]),
        ],
        &[],
    )]);
    let ops = wrt_format::isa::instructions(&emitted(&code).words)
        .filter_map(|(_, op, _)| op)
        .collect::<Vec<_>>();
    let expected = [Op::Enter, Op::Const0, Op::GlobalSetAccSrcTiny, Op::Ret];
    assert_eq!(ops, expected);
}

#[test]
fn constants_are_relocated() {
    let mut code = func(vec![block(
        1,
        vec![
            inst(Op::ConstPool, &[1, 0]),
            inst(Op::ConstPool, &[2, 1]),
            inst(Op::Ret, &[]),
        ],
        &[],
    )]);
    code.pool = vec![70, 80];
    let mut found = emitted(&code);
    found.relocate(|constant| constant[0] as u32 + 7).unwrap();
    assert_eq!(decode(&found.words, 2).fields[1], 77);
    assert_eq!(decode(&found.words, 5).fields[1], 87);
    assert!(found.pool.is_empty());
}

/// The verifier's rules for words, as far as they can be seen here.
#[test]
fn emitted_words_keep_the_rules() {
    for seed in 0..400 {
        let code = generate(seed, 4 + seed as usize % 60);
        let found = emitted(&code);
        let (mut at, mut last, mut block_cost) = (0, Control::Trap, 0);
        while at < found.words.len() {
            let it = decode(&found.words, at);
            let control = it.op.info().control;
            assert_eq!(control == Control::Enter, at == 0);
            assert!(last != Control::CondBranch || control == Control::Fuel);
            if let Control::Enter | Control::Fuel = control {
                block_cost = it.fields[it.fields.len() - 1];
            }
            let mut labels: Vec<i64> = Vec::new();
            match control {
                Control::Branch | Control::CondBranch => labels.extend(it.fields.last()),
                Control::Table => {
                    labels.extend(table_labels(&found.words, at));
                }
                Control::Call | Control::TailCall | Control::Throw => assert!(block_cost > 0),
                Control::Stub | Control::Enter | Control::Fuel => {}
                Control::Next | Control::Return | Control::Trap => {}
            }
            for label in labels {
                let target = decode(&found.words, (at as i64 + label) as usize);
                assert_eq!(target.op, Op::Fuel);
                assert!(label > 0 || block_cost > 0 || target.fields[0] > 0);
            }
            last = control;
            at += it.words;
        }
        assert!(last.is_terminator());
        assert_eq!(at, found.words.len());
    }
}
