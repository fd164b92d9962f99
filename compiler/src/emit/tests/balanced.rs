//! Backward branches that would be free: fuel moves, or a block is copied.

use wrt_format::isa::Op;

use super::*;

/// Block 1 starts a loop with another loop, block 2; block 4 goes back to block 1 with a move that cannot be avoided. Block 3 is given.
fn free_way_back(block_3: Vec<VInst>) -> VCode {
    let mut code = func(vec![
        block(1, vec![inst(Op::GlobalSet, &[0, 0])], &[1]),
        block(0, vec![inst(Op::GlobalSet, &[1, 0])], &[2]),
        block(5, vec![inst(Op::BrNz, &[1, 0])], &[2, 3]),
        block(6, block_3, &[5, 4]),
        block(0, vec![inst(Op::Br, &[])], &[1]),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]);
    code.blocks[1].params = vec![VReg(1)];
    code.blocks[0].succs[0].args = vec![VReg(0)];
    code.blocks[4].succs[0].args = vec![VReg(0)];
    code
}

#[test]
fn fuel_moves_behind_a_branch_where_a_backward_branch_would_be_free() {
    let code = free_way_back(vec![inst(Op::BrNz, &[0, 0])]);
    let expected = "0 enter 2 1
         2 global_set 0 0
         4 mov 1 0
         6 fuel 0
         7 global_set 1 0
         9 fuel 5
         10 br_nz 1 -1
         12 fuel 5
         13 br_nz 0 6
         15 fuel 1
         16 br_mov 1 0 -10
         19 fuel 2
         20 ret";
    assert_eq!(trimmed(&listing(&emitted(&code))), trimmed(expected));
}

/// As above, but block 3 may trap: what it has paid then may not depend on where the branch leads.
#[test]
fn fuel_that_shows_stays_where_a_backward_branch_would_be_free() {
    let body = vec![inst(Op::Load32, &[2, 0, 0]), inst(Op::BrNz, &[0, 0])];
    let code = free_way_back(body);
    let expected = "0 enter 2 1
         2 global_set 0 0
         4 mov 1 0
         6 fuel 0
         7 global_set 1 0
         9 fuel 5
         10 br_nz 1 -1
         12 fuel 6
         13 load32 1 0 0
         15 br_nz 0 8
         17 fuel 0
         18 mov 1 0
         20 global_set 1 0
         22 br -13
         23 fuel 1
         24 ret";
    assert_eq!(trimmed(&listing(&emitted(&code))), trimmed(expected));
}

#[test]
fn fuel_moves_from_all_blocks_before_a_backward_branch_that_would_be_free() {
    // Two tables lead to block 4, one of them twice; it costs nothing and goes back to block 1, which costs nothing either.
    let table = |to: &[u32]| {
        let mut table = block(5, vec![inst(Op::BrTable, &[0, to.len() as i64 - 1])], to);
        table.succs.iter_mut().for_each(|edge| edge.args.clear());
        table
    };
    let code = func(vec![
        block(1, vec![], &[1]),
        block(0, vec![inst(Op::GlobalSet, &[0, 0])], &[2]),
        table(&[3, 4, 4, 5]),
        table(&[2, 4]),
        block(
            0,
            vec![inst(Op::GlobalSet, &[0, 1]), inst(Op::Br, &[])],
            &[1],
        ),
        block(1, vec![inst(Op::Ret, &[])], &[]),
    ]);
    // Block 3 gets one unit from block 2 and gives one away; the way from it to block 2 pays in a block in between.
    let expected = "0 enter 1 1
         2 fuel 0
         3 global_set 0 0
         5 fuel 4
         6 br_table 0 3
         -> 7
         -> 15
         -> 15
         -> 19
         13 fuel 5
         14 br_table 0 1
         -> 5
         -> 7
         19 fuel 1
         20 br -15
         21 fuel 1
         22 global_set 0 1
         24 br -22
         25 fuel 2
         26 ret";
    assert_eq!(trimmed(&listing(&emitted(&code))), trimmed(expected));
}
