//! The invariants of a function in SSA form, checked: for tests, and after every pass when asked to.
//!
//! Input: a [`Func`], and the module if indices and signatures are to be checked as well. Output: the first contradiction, in words.

#[cfg(test)]
mod tests;
mod types;

use super::cfg::Cfg;
use super::func::{Block, Edge, Func, Value, ValueDef};
use super::inst::{Inst, Terminator};
use super::types::Type;
use crate::wasm::ValidModule;

/// Checks everything that the function says by itself.
///
/// # Errors
/// The first broken invariant.
pub fn check(func: &Func) -> Result<(), String> {
    Checker::new(func, None)?.run()
}

/// Checks also what the module knows: signatures of callees, types of globals, memories and tables.
///
/// # Errors
/// The first broken invariant.
pub fn check_in(func: &Func, module: &ValidModule<'_>) -> Result<(), String> {
    Checker::new(func, Some(module))?.run()
}

/// Where a value is defined: block, and position in it (0 for parameters, else one more than the instruction's).
type Place = (Block, usize);

struct Checker<'a> {
    func: &'a Func,
    module: Option<&'a ValidModule<'a>>,
    cfg: Cfg,
    places: Vec<Option<Place>>,
}

macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition {
            return Err(format!($($message)*));
        }
    };
}
use ensure;

impl<'a> Checker<'a> {
    fn new(func: &'a Func, module: Option<&'a ValidModule<'a>>) -> Result<Self, String> {
        for (block, data) in func.blocks.iter().enumerate() {
            for edge in data.terminator.edges() {
                let target = edge.block;
                let exists = target.index() < func.blocks.len();
                ensure!(
                    exists,
                    "b{block} branches to {target}, which does not exist"
                );
            }
        }
        Ok(Self {
            func,
            module,
            cfg: Cfg::new(func),
            places: vec![None; func.values.len()],
        })
    }

    fn run(mut self) -> Result<(), String> {
        self.layout()?;
        self.entry()?;
        self.definitions()?;
        for &block in &self.func.layout {
            self.block(block)
                .map_err(|error| format!("{block}: {error}"))?;
        }
        self.cost_cycles()
    }

    /// The layout holds exactly the reachable blocks, each once, the entry first.
    fn layout(&self) -> Result<(), String> {
        let layout = &self.func.layout;
        let starts = layout.first() == Some(&Func::ENTRY);
        ensure!(starts, "the layout does not start with the entry");
        let mut seen = vec![false; self.func.blocks.len()];
        for &block in layout {
            let exists = block.index() < seen.len();
            ensure!(exists, "the layout names {block}, which does not exist");
            let again = core::mem::replace(&mut seen[block.index()], true);
            ensure!(!again, "the layout names {block} twice");
            let reachable = self.cfg.is_reachable(block);
            ensure!(reachable, "the layout names {block}, which is unreachable");
        }
        let missing = self.cfg.rpo().iter().find(|block| !seen[block.index()]);
        missing.map_or(Ok(()), |block| {
            Err(format!("{block} is reachable, but not in the layout"))
        })
    }

    /// The entry has the function's parameters and no predecessors.
    fn entry(&self) -> Result<(), String> {
        let preds = self.cfg.preds(Func::ENTRY);
        ensure!(
            preds.is_empty(),
            "the entry has a predecessor, {}",
            preds[0]
        );
        let params = &self.func.block(Func::ENTRY).params;
        let types: Vec<_> = params.iter().map(|&param| self.func.ty(param)).collect();
        let same = types == self.func.params;
        ensure!(same, "the parameters of the entry are not the function's");
        Ok(())
    }

    /// Every value is defined once, where it says.
    fn definitions(&mut self) -> Result<(), String> {
        let func = self.func;
        for &block in &func.layout {
            let data = func.block(block);
            for (at, &param) in data.params.iter().enumerate() {
                self.define(param, ValueDef::Param(block, at as u32), (block, 0))?;
            }
            for (position, &idx) in data.insts.iter().enumerate() {
                let exists = idx.index() < func.insts.len();
                ensure!(exists, "{block} has {idx}, which does not exist");
                for (at, &result) in func.insts[idx.index()].results.iter().enumerate() {
                    let def = ValueDef::Result(idx, at as u32);
                    self.define(result, def, (block, position + 1))?;
                }
            }
        }
        Ok(())
    }

    fn define(&mut self, value: Value, def: ValueDef, place: Place) -> Result<(), String> {
        let block = place.0;
        let data = self.func.values.get(value.index());
        let Some(data) = data else {
            return Err(format!("{block} defines {value}, which does not exist"));
        };
        // A replaced value may still stand where it was defined, as long as nobody asks for it there.
        if matches!(data.def, ValueDef::Alias(_)) {
            return Ok(());
        }
        let same = data.def == def;
        ensure!(
            same,
            "{value} is defined by {def:?} in {block}, but says {:?}",
            data.def
        );
        let again = self.places[value.index()].replace(place);
        ensure!(
            again.is_none(),
            "{value} is defined twice, the second time in {block}"
        );
        Ok(())
    }

    fn block(&self, block: Block) -> Result<(), String> {
        self.tried(block)?;
        let data = self.func.block(block);
        for (position, &idx) in data.insts.iter().enumerate() {
            let inst = &self.func.insts[idx.index()];
            let mut result = Ok(());
            inst.inst.for_each_use(|&value| {
                if result.is_ok() {
                    result = self.used(value, (block, position + 1));
                }
            });
            result
                .and_then(|()| self.inst(inst))
                .map_err(|error| format!("{idx}: {error}"))?;
        }
        let mut result = Ok(());
        data.terminator.for_each_use(|&value| {
            if result.is_ok() {
                result = self.used(value, (block, usize::MAX));
            }
        });
        result
            .and_then(|()| self.terminator(&data.terminator))
            .map_err(|error| format!("terminator: {error}"))
    }

    /// The definition of an operand dominates its use.
    fn used(&self, value: Value, at: Place) -> Result<(), String> {
        let exists = value.index() < self.func.values.len();
        ensure!(exists, "{value} does not exist");
        let value = self.func.resolve(value);
        let Some((block, position)) = self.places[value.index()] else {
            return Err(format!(
                "{value} is used, but defined in no block of the layout"
            ));
        };
        let dominates = match block == at.0 {
            true => position < at.1,
            false => self.cfg.dominates(block, at.0),
        };
        ensure!(
            dominates,
            "{value} is used where its definition in {block} does not dominate"
        );
        Ok(())
    }

    fn terminator(&self, terminator: &Terminator) -> Result<(), String> {
        for edge in terminator.edges() {
            self.edge(edge)?;
        }
        self.handlers(terminator)?;
        match terminator {
            Terminator::Br(_) | Terminator::Trap(_) | Terminator::Try { .. } => Ok(()),
            Terminator::Throw { tag, args, .. } => self.thrown(*tag, args),
            Terminator::ThrowRef { exn, .. } => self.is(*exn, Type::ExnRef),
            Terminator::BrIf { cond: value, .. } | Terminator::BrTable { index: value, .. } => {
                self.is(*value, Type::I32)
            }
            Terminator::Return(values) => self.are("return values", values, &self.func.results),
            Terminator::ReturnCall { func, args } => self.tail_call(args, |module| {
                let idx = *func as usize;
                let exists = idx < module.funcs.len();
                exists.then(|| module.func_type(*func))
            }),
            Terminator::ReturnCallIndirect {
                table,
                type_idx,
                index,
                args,
            } => {
                self.index_of_table(*table, *index)?;
                self.tail_call(args, |module| module.types.get(*type_idx as usize))
            }
            Terminator::ReturnCallRef {
                type_idx,
                callee,
                args,
            } => {
                self.callee_ref(*callee)?;
                self.tail_call(args, |module| module.types.get(*type_idx as usize))
            }
        }
    }

    /// Edges of handlers, and no others, lead to what catches.
    fn handlers(&self, terminator: &Terminator) -> Result<(), String> {
        let handlers = terminator.handlers().len();
        let plain = terminator.edges().count() - handlers;
        let catches = |edge: &Edge| self.func.clause(edge.block).is_some();
        let mut edges = terminator.edges();
        ensure!(
            !edges.by_ref().take(plain).any(catches) && edges.take(handlers).all(catches),
            "handlers are not what catches"
        );
        Ok(())
    }

    /// A call that is tried is the last instruction of its block, and its results are not for the handlers; what is caught is the first.
    fn tried(&self, block: Block) -> Result<(), String> {
        let data = self.func.block(block);
        for &idx in data.insts.iter().skip(1) {
            let caught = matches!(self.func.insts[idx.index()].inst, Inst::Caught(_));
            ensure!(!caught, "{idx} is not the first instruction");
        }
        let Terminator::Try { handlers, .. } = &data.terminator else {
            return Ok(());
        };
        let last = data.insts.last().map(|idx| &self.func.insts[idx.index()]);
        let call = last.filter(|data| {
            matches!(
                data.inst,
                Inst::Call { .. } | Inst::CallIndirect { .. } | Inst::CallRef { .. }
            )
        });
        let Some(call) = call else {
            return Err("what is tried is no call".to_owned());
        };
        for arg in handlers.iter().flat_map(|edge| &edge.args) {
            let arg = self.func.resolve(*arg);
            let result = call.results.contains(&arg);
            ensure!(!result, "{arg} is given to a handler before it is there");
        }
        Ok(())
    }

    fn edge(&self, edge: &Edge) -> Result<(), String> {
        let params = &self.func.block(edge.block).params;
        let types: Vec<_> = params.iter().map(|&param| self.func.ty(param)).collect();
        let what = format!("arguments for {}", edge.block);
        self.are(&what, &edge.args, &types)
    }

    fn is(&self, value: Value, ty: Type) -> Result<(), String> {
        let found = self.func.ty(value);
        ensure!(found == ty, "{value} is of type {found}, not {ty}");
        Ok(())
    }

    fn are(&self, what: &str, values: &[Value], types: &[Type]) -> Result<(), String> {
        let (found, wanted) = (values.len(), types.len());
        ensure!(found == wanted, "{found} {what} instead of {wanted}");
        values
            .iter()
            .zip(types)
            .try_for_each(|(&value, &ty)| self.is(value, ty))
            .map_err(|error| format!("{what}: {error}"))
    }

    /// Every cycle passes an edge whose source or target costs at least 1: the blocks that cost nothing make no cycle among themselves.
    /// They are taken away one after the other, each when nothing free leads to it any more.
    fn cost_cycles(&self) -> Result<(), String> {
        let is_free = |block: Block| self.func.block(block).cost == 0;
        let mut left = vec![0_u32; self.func.blocks.len()];
        let mut ready = Vec::new();
        for &block in self.func.layout.iter().filter(|&&block| is_free(block)) {
            let preds = self.cfg.preds(block).iter();
            left[block.index()] = preds.filter(|&&pred| is_free(pred)).count() as u32;
            if left[block.index()] == 0 {
                ready.push(block);
            }
        }
        while let Some(block) = ready.pop() {
            for &succ in self.cfg.succs(block).iter().filter(|&&succ| is_free(succ)) {
                left[succ.index()] -= 1;
                if left[succ.index()] == 0 {
                    ready.push(succ);
                }
            }
        }
        let stuck = self
            .func
            .layout
            .iter()
            .find(|block| left[block.index()] > 0);
        stuck.map_or(Ok(()), |block| {
            Err(format!(
                "{block} is in or behind a cycle that costs nothing"
            ))
        })
    }
}
