//! Blocks and edges: order, falling through, split edges, tables, and the size from which labels are far.

use super::{Builder, edge};
use crate::OptLevel::{O0, O2};
use crate::ir::{Block, Edge, Terminator, Type, Value};
use crate::lower::select;

/// A function whose block b1 branches on its parameter by `edges` to blocks that have `params` parameters and lie behind it. A block
/// at the end leads to the blocks in `others` too.
fn two_way(
    params: [usize; 3],
    edges: impl FnOnce(&[Block; 3], Value) -> (Edge, Edge),
    others: &[usize],
) -> Vec<String> {
    let mut b = Builder::ints(1);
    let x = b.param(0);
    let source = b.new_block(&[]);
    let blocks = params.map(|count| b.new_block(&vec![Type::I32; count]));
    let last = b.new_block(&[]);
    b.end(Terminator::BrTable {
        index: x,
        targets: vec![edge(source, &[])],
        default: edge(last, &[]),
    });
    b.at(source);
    let (then, otherwise) = edges(&blocks, x);
    b.br_if(x, then, otherwise);
    for block in blocks {
        b.at(block);
        b.ret(&[]);
    }
    b.at(last);
    let mut targets: Vec<Edge> = others
        .iter()
        .map(|&i| edge(blocks[i], &vec![x; params[i]]))
        .collect();
    if let Some(default) = targets.pop() {
        b.end(Terminator::BrTable {
            index: x,
            targets,
            default,
        });
    }
    let code = b.code(O0);
    assert_eq!(code[3], "b1() cost 0 depth 0:");
    code[4..].to_vec()
}

#[test]
fn the_way_to_the_next_block_falls_through() {
    let code = two_way([0, 0, 0], |b, _| (edge(b[1], &[]), edge(b[0], &[])), &[]);
    assert_eq!(code[0], "br_nz v0 -> b3, b2");
    let code = two_way([0, 0, 0], |b, _| (edge(b[0], &[]), edge(b[1], &[])), &[]);
    assert_eq!(code[0], "br_z v0 -> b3, b2");
}

#[test]
fn unreachable_blocks_are_left_out() {
    let mut b = Builder::ints(1);
    let [skipped, last] = [b.new_block(&[]), b.new_block(&[])];
    b.br(last, &[]);
    for block in [skipped, last] {
        b.at(block);
        b.ret(&[]);
    }
    let expected = [
        "func 0 params 1 results 0",
        "b0(v0) cost 0 depth 0:",
        "-> b1",
        "b1() cost 0 depth 0:",
        "ret",
    ];
    assert_eq!(b.code(O2), expected);
}

#[test]
fn a_branch_between_two_distant_blocks_falls_into_a_block_that_goes_on() {
    let mut b = Builder::ints(1);
    let x = b.param(0);
    let [next, far, farther] = [0; 3].map(|_| b.new_block(&[]));
    b.br_if(x, edge(far, &[]), edge(farther, &[]));
    b.at(far);
    b.br(next, &[]);
    b.at(next);
    b.ret(&[]);
    b.at(farther);
    b.ret(&[]);
    let code = b.code(O2);
    assert_eq!(
        code[2..5],
        ["br_nz v0 -> b3, b1", "b1() cost 0 depth 0:", "br -> b4"]
    );
}

#[test]
fn arguments_to_a_block_with_one_predecessor_need_no_split() {
    let code = two_way([1, 0, 0], |b, x| (edge(b[1], &[]), edge(b[0], &[x])), &[]);
    assert_eq!(code[0], "br_nz v0 -> b3, b2(v0)");
}

#[test]
fn a_critical_edge_with_arguments_is_split_on_the_way_that_falls_through() {
    let code = two_way([0, 1, 0], |b, x| (edge(b[1], &[x]), edge(b[0], &[])), &[1]);
    assert_eq!(
        code[..3],
        ["br_z v0 -> b3, b2", "b2() cost 0 depth 0:", "br -> b4(v0)"]
    );
    // Where the target comes next, the block of the edge falls through as well.
    let code = two_way([1, 0, 0], |b, x| (edge(b[0], &[x]), edge(b[1], &[])), &[0]);
    assert_eq!(
        code[..3],
        ["br_z v0 -> b4, b2", "b2() cost 0 depth 0:", "-> b3(v0)"]
    );
    // Without arguments there is nothing to split for.
    let code = two_way(
        [0, 0, 0],
        |b, _| (edge(b[1], &[]), edge(b[0], &[])),
        &[0, 1, 2],
    );
    assert_eq!(code[0], "br_nz v0 -> b3, b2");
}

#[test]
fn two_critical_edges_are_split_in_the_order_that_lets_one_fall_through() {
    let code = two_way(
        [1, 1, 0],
        |b, x| (edge(b[1], &[x]), edge(b[0], &[x])),
        &[0, 1],
    );
    assert_eq!(code[0], "br_z v0 -> b3, b2");
    assert_eq!([&code[2], &code[4]], ["br -> b5(v0)", "-> b4(v0)"]);
    let code = two_way(
        [1, 1, 0],
        |b, x| (edge(b[0], &[x]), edge(b[1], &[x])),
        &[0, 1],
    );
    assert_eq!(code[0], "br_nz v0 -> b3, b2");
    assert_eq!([&code[2], &code[4]], ["br -> b5(v0)", "-> b4(v0)"]);
}

#[test]
fn constants_are_made_on_the_edge_that_passes_them() {
    let mut b = Builder::ints(1);
    let x = b.param(0);
    let seven = b.i32(7);
    let join = b.new_block(&[Type::I32]);
    b.br_if(x, edge(join, &[seven]), edge(join, &[x]));
    b.at(join);
    let result = b.param(0);
    b.ret(&[result]);
    let expected = [
        "br_z v0 -> b2, b1",
        "b1() cost 0 depth 0:",
        "v1 = const_u32 imm=7",
        "br -> b3(v1)",
        "b2() cost 0 depth 0:",
        "-> b3(v0)",
    ];
    assert_eq!(b.code(O2)[2..8], expected);
    assert_eq!(b.code(O0)[2], "v1 = const_u32 imm=7");
}

#[test]
fn two_edges_to_one_block_are_told_apart_by_their_arguments() {
    let mut b = Builder::ints(2);
    let [x, y] = [b.param(0), b.param(1)];
    let join = b.new_block(&[Type::I32]);
    b.br_if(x, edge(join, &[x]), edge(join, &[y]));
    b.at(join);
    let result = b.param(0);
    b.ret(&[result]);
    let code = b.code(O2);
    assert_eq!(code[2], "br_z v0 -> b2, b1");
    assert_eq!([&code[4], &code[6]], ["br -> b3(v0)", "-> b3(v1)"]);
    // Equal edges are no choice.
    b.at(crate::ir::Func::ENTRY);
    b.br_if(x, edge(join, &[y]), edge(join, &[y]));
    assert_eq!(b.code(O2)[2], "-> b1(v1)");
}

#[test]
fn tables_share_the_blocks_of_equal_edges() {
    let mut b = Builder::ints(2);
    let [index, x] = [b.param(0), b.param(1)];
    let [plain, join] = [b.new_block(&[]), b.new_block(&[Type::I32])];
    b.end(Terminator::BrTable {
        index,
        targets: vec![
            edge(join, &[x]),
            edge(plain, &[]),
            edge(join, &[index]),
            edge(join, &[x]),
        ],
        default: edge(plain, &[]),
    });
    for block in [plain, join] {
        b.at(block);
        b.ret(&[]);
    }
    let expected = [
        "br_table v0 -> b1, b3, b2, b1, b3",
        "b1() cost 0 depth 0:",
        "br -> b4(v1)",
        "b2() cost 0 depth 0:",
        "br -> b4(v0)",
        "b3() cost 0 depth 0:",
    ];
    assert_eq!(b.code(O2)[2..8], expected);
}

#[test]
fn costs_and_depths_go_with_the_blocks() {
    let mut b = Builder::ints(1);
    let x = b.param(0);
    let [body, out] = [b.new_block(&[Type::I32]), b.new_block(&[])];
    b.br(body, &[x]);
    b.at(body);
    let i = b.param(0);
    b.br_if(i, edge(body, &[x]), edge(out, &[]));
    b.at(out);
    b.ret(&[]);
    for (block, cost) in [(0, 3), (1, 5), (2, 7)] {
        b.func.blocks[block].cost = cost;
    }
    let code = select(&b.func, &b.module, O2);
    let shape: Vec<(u32, u32)> = code
        .blocks
        .iter()
        .map(|it| (it.cost, it.loop_depth))
        .collect();
    assert_eq!(shape, [(3, 0), (5, 1), (0, 1), (7, 0)]);
}
