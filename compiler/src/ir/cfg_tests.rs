//! Dominators and loops against their definitions, on random graphs; and that large graphs take no time.

use super::Cfg;
use crate::ir::{Block, Edge, Func, Terminator};

/// A function with these edges and nothing else.
fn graph(succs: &[Vec<u32>]) -> Func {
    let mut func = Func {
        func_idx: 0,
        params: Vec::new(),
        results: Vec::new(),
        values: Vec::new(),
        insts: Vec::new(),
        blocks: Vec::new(),
        layout: Vec::new(),
        hot_from: None,
        steps: false,
        homes: Vec::new(),
        inlined: Default::default(),
        replaced: false,
    };
    for _ in succs {
        func.new_block();
    }
    let edge = |to: u32| Edge {
        block: Block(to),
        args: Vec::new(),
    };
    for (i, succs) in succs.iter().enumerate() {
        func.blocks[i].terminator = match succs.split_last() {
            None => Terminator::Return(Vec::new()),
            Some((&only, [])) => Terminator::Br(edge(only)),
            Some((&last, rest)) => Terminator::BrTable {
                index: crate::ir::Value(0),
                targets: rest.iter().map(|&to| edge(to)).collect(),
                default: edge(last),
            },
        };
    }
    func
}

fn reached(succs: &[Vec<u32>], without: Option<usize>) -> Vec<bool> {
    let mut seen = vec![false; succs.len()];
    let mut work = vec![0usize];
    while let Some(at) = work.pop() {
        if Some(at) != without && !core::mem::replace(&mut seen[at], true) {
            work.extend(succs[at].iter().map(|&to| to as usize));
        }
    }
    seen
}

fn random_graph(seed: u64) -> Vec<Vec<u32>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % n
    };
    let n = 1 + next(14);
    (0..n)
        .map(|_| (0..next(4)).map(|_| next(n) as u32).collect())
        .collect()
}

#[test]
fn dominance_is_what_removing_a_block_says() {
    for seed in 1..400 {
        let succs = random_graph(seed);
        let cfg = Cfg::new(&graph(&succs));
        let reachable = reached(&succs, None);
        assert_eq!(
            cfg.rpo().len(),
            reachable.iter().filter(|&&is| is).count(),
            "seed {seed}"
        );
        for a in 0..succs.len() {
            let rest = reached(&succs, Some(a));
            for b in 0..succs.len() {
                let expected = reachable[a] && reachable[b] && !rest[b];
                let found = cfg.dominates(Block(a as u32), Block(b as u32));
                assert_eq!(found, expected, "seed {seed}: {a} dominates {b}");
            }
        }
        for &block in cfg.rpo() {
            if let Some(idom) = cfg.idom(block) {
                assert!(cfg.dominates(idom, block) && idom != block);
                for &other in cfg.rpo() {
                    let strict = other != block && cfg.dominates(other, block);
                    assert!(!strict || cfg.dominates(other, idom), "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn loops_are_what_reaches_the_latch_without_the_header() {
    for seed in 1..400 {
        let succs = random_graph(seed);
        let func = graph(&succs);
        let cfg = Cfg::new(&func);
        let loops = cfg.loops();
        let mut depth = vec![0; succs.len()];
        for (i, data) in loops.all().iter().enumerate() {
            let mut inside = vec![false; succs.len()];
            inside[data.header.index()] = true;
            let mut work = data.latches.clone();
            while let Some(block) = work.pop() {
                if !core::mem::replace(&mut inside[block.index()], true) {
                    work.extend(cfg.preds(block));
                }
            }
            for (b, &is) in inside.iter().enumerate() {
                let idx = crate::ir::loops::LoopIdx(i as u32);
                assert_eq!(loops.contains(idx, Block(b as u32)), is, "seed {seed}");
                depth[b] += u32::from(is);
            }
            assert!(data.parent.is_none_or(|parent| parent.index() < i));
        }
        for (b, &depth) in depth.iter().enumerate() {
            assert_eq!(loops.depth(Block(b as u32)), depth, "seed {seed} block {b}");
        }
    }
}

#[test]
fn a_chain_with_a_common_exit_and_deep_nests_are_near_linear() {
    let n = 200_000u32;
    // Every block may leave to the last one, or go back to its mirror image in the first half.
    let succs: Vec<Vec<u32>> = (0..n)
        .map(|i| match i {
            _ if i + 1 == n => vec![],
            _ if i < n / 2 => vec![n - 1, i + 1],
            _ => vec![n - 1 - i, n - 1, i + 1],
        })
        .collect();
    let cfg = Cfg::new(&graph(&succs));
    assert_eq!(cfg.idom(Block(n - 1)), Some(Block(0)));
    assert_eq!(cfg.dom_preorder().len(), n as usize);
    let loops = cfg.loops();
    assert_eq!(loops.all().len(), n as usize / 2 - 1 + 1 - 1);
    assert_eq!(loops.depth(Block(n / 2)), loops.all().len() as u32);
}

#[test]
fn preheader_is_the_only_way_in() {
    let func = graph(&[vec![1], vec![1, 2], vec![]]);
    let cfg = Cfg::new(&func);
    let loops = cfg.loops();
    let idx = loops.innermost(Block(1)).unwrap();
    assert_eq!(loops.preheader(&func, &cfg, idx), Some(Block(0)));
    let func = graph(&[vec![1, 2], vec![1, 2], vec![]]);
    let cfg = Cfg::new(&func);
    let loops = cfg.loops();
    let idx = loops.innermost(Block(1)).unwrap();
    assert_eq!(loops.preheader(&func, &cfg, idx), None);
}
