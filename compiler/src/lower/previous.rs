//! Counters whose value before the step is needed behind it. Both values would live at once, in two slots, and each round would end with a
//! move from one to the other. Instead the old value is copied right before the step, which then happens in place:
//!
//! ```text
//!    b1(v1): v2 = add v1, 1                     b1(v1): v3 = v1; v2 = add v1, 1
//!            ... v1 ...                    ->           ... v3 ...
//!            br b1(v2)                                  br b1(v2)
//! ```
//!
//! Copy and step become one instruction (`emit::pairs`), so that a round has one less.
//!
//! Input and output: [`VCode`], at the end of selection. The step is in the loop's first block, so that the copy is before all that needs the
//! old value, and the way round is a block of its own without anything else, which is nothing once it has no move to make. Linear.

use std::collections::BTreeMap;

use crate::hash::HashMap;

use super::vcode::{VBlock, VCode, VEdge, VInst, VReg};
use wrt_format::isa::Op;

/// The step of a counter.
struct Step {
    /// The block, and where in it.
    block: u32,
    at: usize,
    /// The copy of the value before.
    copy: u32,
    /// Whether anything needs that.
    needed: bool,
}

/// Copies the counters that it pays for.
pub(super) fn run(code: &mut VCode) {
    let mut steps = steps(code);
    if steps.is_empty() {
        return;
    }
    let mut next = code.vreg_count;
    for step in steps.values_mut() {
        step.copy = next;
        next += 1;
    }
    rename(code, &mut steps);
    code.is_ref.resize(next as usize, false);
    code.is_wide.resize(next as usize, false);
    code.vreg_count = next;
    let mut copied: Vec<(i64, Step)> = steps.into_iter().collect();
    copied.retain(|(_, step)| step.needed);
    // Later places first, so that the others stay what they are.
    copied.sort_unstable_by_key(|(_, step)| core::cmp::Reverse((step.block, step.at)));
    for (value, step) in copied {
        let insts = &mut code.blocks[step.block as usize].insts;
        let copy = VInst {
            op: Op::Mov,
            fields: [step.copy.into(), value, 0, 0, 0, 0],
            ..insts[step.at].clone()
        };
        insts.insert(step.at, copy);
    }
    code.renumber();
}

/// By the counters, their steps; in order, so that the same code comes of it each time.
fn steps(code: &VCode) -> BTreeMap<i64, Step> {
    let mut steps = BTreeMap::new();
    let back: Vec<&VEdge> = (0..).zip(&code.blocks).filter_map(way_back).collect();
    if back.is_empty() {
        return steps;
    }
    // For each parameter of a block the block.
    let mut home = vec![u32::MAX; code.vreg_count as usize];
    for (block, data) in (0..).zip(&code.blocks) {
        (data.params.iter()).for_each(|param| home[param.0 as usize] = block);
    }
    // By the value behind the step: the counter, and where the step is.
    let mut stepped = HashMap::default();
    for (block, data) in (0..).zip(&code.blocks) {
        for (at, inst) in data.insts.iter().enumerate() {
            let steps = inst.op == Op::I32AddImm && home[inst.fields[1] as usize] == block;
            if steps && !is_address(data.insts.get(at + 1), inst.fields[0]) {
                stepped.insert(VReg(inst.fields[0] as u32), (inst.fields[1], block, at));
            }
        }
    }
    for edge in back {
        let params = &code.blocks[edge.block as usize].params;
        for (param, arg) in params.iter().zip(&edge.args) {
            let Some(&(counter, block, at)) = stepped.get(arg) else {
                continue;
            };
            if counter == i64::from(param.0) {
                let step = Step {
                    block,
                    at,
                    copy: 0,
                    needed: false,
                };
                steps.insert(counter, step);
            }
        }
    }
    steps
}

/// The edge of a block that only goes back to a loop's first block, with what that is given.
fn way_back((at, block): (u32, &VBlock)) -> Option<&VEdge> {
    let [edge] = &block.succs[..] else {
        return None;
    };
    let is_back = edge.block <= at && !edge.args.is_empty();
    let nothing_else = block.insts.iter().all(|inst| inst.op == Op::Br);
    (is_back && nothing_else).then_some(edge)
}

/// Whether the instruction behind a step is a load that becomes one with it: then the step is none for a copy.
fn is_address(next: Option<&VInst>, stepped: i64) -> bool {
    next.is_some_and(|next| matches!(next.op, Op::Load8U | Op::Load32) && next.fields[1] == stepped)
}

/// Lets what reads a counter behind its step read the copy.
fn rename(code: &mut VCode, steps: &mut BTreeMap<i64, Step>) {
    let mut copy = |value: i64, block: u32, at: usize| {
        let step = steps.get_mut(&value)?;
        let behind = block != step.block || at > step.at;
        step.needed |= behind;
        behind.then_some(step.copy)
    };
    for (block, data) in (0..).zip(&mut code.blocks) {
        for (at, inst) in data.insts.iter_mut().enumerate() {
            for (field, value) in inst.op.info().fields.iter().zip(&mut inst.fields) {
                if field.role.is_use() {
                    *value = copy(*value, block, at).map_or(*value, i64::from);
                }
            }
            for arg in &mut inst.args {
                arg.0 = copy(arg.0.into(), block, at).unwrap_or(arg.0);
            }
        }
        for arg in data.succs.iter_mut().flat_map(|edge| &mut edge.args) {
            arg.0 = copy(arg.0.into(), block, usize::MAX).unwrap_or(arg.0);
        }
    }
}
