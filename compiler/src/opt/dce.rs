//! Dead code elimination: drops instructions without effect whose results nobody needs, and block parameters that nobody needs,
//! cycles of parameters that only feed each other included. Instructions that may trap stay.
//!
//! Costs belong to blocks, and no block goes, so fuel stays as it is.

use super::edges::{InEdges, retain_params};
use super::operands::{each_terminator_use, is_removable};
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Value, ValueDef};

/// Runs the pass; returns whether anything changed.
pub(super) fn run(func: &mut Func, cfg: &Cfg) -> bool {
    let (live_values, live_insts) = Marker::new(func).mark(cfg);
    let mut changed = false;
    for &block in cfg.rpo() {
        let mut insts = core::mem::take(&mut func.block_mut(block).insts);
        let before = insts.len();
        insts.retain(|inst| live_insts[inst.index()]);
        changed |= insts.len() != before;
        func.block_mut(block).insts = insts;
    }
    let keep: Vec<Vec<bool>> = func
        .blocks
        .iter()
        .enumerate()
        .map(|(i, data)| {
            let keep = data.params.iter().map(|param| live_values[param.index()]);
            if Block(i as u32) == Func::ENTRY || keep.clone().all(|keep| keep) {
                return Vec::new();
            }
            keep.collect()
        })
        .collect();
    if keep.iter().any(|keep| !keep.is_empty()) {
        retain_params(func, &keep);
        changed = true;
    }
    changed
}

struct Marker<'a> {
    func: &'a Func,
    values: Vec<bool>,
    insts: Vec<bool>,
    work: Vec<Value>,
}

impl<'a> Marker<'a> {
    fn new(func: &'a Func) -> Self {
        Self {
            func,
            values: vec![false; func.values.len()],
            insts: vec![false; func.insts.len()],
            work: Vec::new(),
        }
    }

    fn need(&mut self, value: Value) {
        let value = self.func.resolve(value);
        if !core::mem::replace(&mut self.values[value.index()], true) {
            self.work.push(value);
        }
    }

    /// Which values and which instructions are needed.
    fn mark(mut self, cfg: &Cfg) -> (Vec<bool>, Vec<bool>) {
        let func = self.func;
        let edges = InEdges::new(func, cfg);
        for &block in cfg.rpo() {
            for &idx in &func.block(block).insts {
                let inst = &func.insts[idx.index()].inst;
                if !is_removable(func, inst) {
                    self.insts[idx.index()] = true;
                    inst.for_each_use(|&value| self.need(value));
                }
            }
            each_terminator_use(&func.block(block).terminator, |value| self.need(value));
        }
        while let Some(value) = self.work.pop() {
            match func.values[value.index()].def {
                ValueDef::Result(idx, _) => {
                    if !core::mem::replace(&mut self.insts[idx.index()], true) {
                        let inst = &func.insts[idx.index()].inst;
                        inst.for_each_use(|&value| self.need(value));
                    }
                }
                ValueDef::Param(block, i) => {
                    for edge in edges.of(block) {
                        self.need(edge.get(func).args[i as usize]);
                    }
                }
                ValueDef::Alias(_) => {}
            }
        }
        (self.values, self.insts)
    }
}
