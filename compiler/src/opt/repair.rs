//! Repair of the SSA form after a block was copied: a value that had one definition has several, and blocks that any of them may
//! reach get it as a parameter.
//!
//! Input: a value and what it is called at the end of each block that defines it; every path to a use passes one of those. Output:
//! uses outside of those blocks renamed. Parameters that turn out to be copies are for the pass `params` to remove.
//!
//! Of several values one may be what another is called at the end of some block. So all of them are made known where they are needed
//! ([`spread`]) before the first is renamed ([`rename`]).

use crate::hash::HashMap;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Func, Value};

/// The blocks outside of its definitions that use each of some values.
#[derive(Debug, Default)]
pub(super) struct Users(HashMap<Value, Vec<Block>>);

impl Users {
    /// Uses of `values` in blocks that `defines` does not hold for. One walk over the function.
    pub(super) fn new(
        func: &Func,
        cfg: &Cfg,
        values: &[Value],
        defines: impl Fn(Block) -> bool,
    ) -> Self {
        let mut users: HashMap<Value, Vec<Block>> =
            values.iter().map(|&value| (value, Vec::new())).collect();
        for &block in cfg.rpo().iter().filter(|&&block| !defines(block)) {
            let mut note = |value: &Value| {
                if let Some(blocks) = users.get_mut(value)
                    && blocks.last() != Some(&block)
                {
                    blocks.push(block);
                }
            };
            let data = func.block(block);
            for idx in &data.insts {
                func.insts[idx.index()].inst.for_each_use(&mut note);
            }
            data.terminator.for_each_use(note);
        }
        Self(users)
    }

    /// Notes that `block` needs one of the values under another name.
    pub(super) fn add(&mut self, value: Value, block: Block) {
        if let Some(blocks) = self.0.get_mut(&value)
            && !blocks.contains(&block)
        {
            blocks.push(block);
        }
    }

    /// The blocks that use `value`.
    pub(super) fn of(&self, value: Value) -> &[Block] {
        self.0.get(&value).map_or(&[], Vec::as_slice)
    }
}

/// Makes `value` known in `users`; returns its name at the start of each of them and of other blocks. `defs` has its name at the end of
/// every block that defines it, itself included.
pub(super) fn spread(
    func: &mut Func,
    cfg: &Cfg,
    value: Value,
    defs: &HashMap<Block, Value>,
    users: &[Block],
) -> HashMap<Block, Value> {
    // Blocks at whose start the value is needed.
    let mut needs: Vec<Block> = users.to_vec();
    let mut seen: HashMap<Block, Option<Value>> = users.iter().map(|&user| (user, None)).collect();
    let mut at = 0;
    while let Some(&block) = needs.get(at) {
        at += 1;
        for &pred in cfg.preds(block) {
            if !defs.contains_key(&pred) && seen.insert(pred, None).is_none() {
                needs.push(pred);
            }
        }
    }
    needs.sort_unstable_by_key(|&block| cfg.rpo_index(block));
    needs.dedup();
    let ty = func.ty(value);
    let mut names: HashMap<Block, Value> = HashMap::default();
    let mut joins = Vec::new();
    for &block in &needs {
        // The one block before comes first in reverse postorder, so its name is known. Another value is no name: that is renamed too.
        let name = match cfg.preds(block) {
            [pred] => match defs.get(pred) {
                Some(&name) => Some(name).filter(|&name| name == value),
                None => names.get(pred).copied(),
            },
            _ => None,
        };
        let name = name.unwrap_or_else(|| {
            joins.push(block);
            func.add_param(block, ty)
        });
        names.insert(block, name);
    }
    for block in joins {
        let mut preds = cfg.preds(block).to_vec();
        preds.dedup();
        for pred in preds {
            let Some(&name) = defs.get(&pred).or_else(|| names.get(&pred)) else {
                continue;
            };
            for edge in func.block_mut(pred).terminator.edges_mut() {
                if edge.block == block {
                    edge.args.push(name);
                }
            }
        }
    }
    names
}

/// Renames the uses of `value` in blocks that have a name for it, from their start on.
pub(super) fn rename(func: &mut Func, value: Value, names: &HashMap<Block, Value>) {
    for (&block, &name) in names {
        let rename = |used: &mut Value| {
            if *used == value {
                *used = name;
            }
        };
        for at in 0..func.block(block).insts.len() {
            let inst = func.block(block).insts[at];
            func.insts[inst.index()].inst.for_each_use_mut(rename);
        }
        func.block_mut(block).terminator.for_each_use_mut(rename);
    }
}
